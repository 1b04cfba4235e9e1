// Files of tensors for tests, written byte by byte or by libzip.
#ifndef SDSE_TESTS_TENSOR_FILES_H
#define SDSE_TESTS_TENSOR_FILES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

struct file_bytes {
    unsigned char at[1 << 16];
    size_t length;
};

static inline void put(struct file_bytes *bytes, const void *data, size_t length) {
    assert_true(bytes->length + length <= sizeof bytes->at);
    memcpy(bytes->at + bytes->length, data, length);
    bytes->length += length;
}

// A number in `size` bytes, the lowest first.
static inline void put_number(struct file_bytes *bytes, uint64_t number,
                              unsigned size) {
    for (unsigned i = 0; i < size; i++) {
        const unsigned char byte = (unsigned char)(number >> 8 * i);
        put(bytes, &byte, 1);
    }
}

static inline void put_f32(struct file_bytes *bytes, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(bytes, bits, 4);
}

// The header of a safetensors file, as it is.
static inline void put_safetensors_header(struct file_bytes *bytes, const char *json) {
    put_number(bytes, strlen(json), 8);
    put(bytes, json, strlen(json));
}

// A .npy file's beginning, version 1.
static inline void put_npy_header(struct file_bytes *bytes, const char *header) {
    put(bytes, "\x93NUMPY\1\0", 8);
    put_number(bytes, strlen(header), 2);
    put(bytes, header, strlen(header));
}

static inline void save(const char *path, const struct file_bytes *bytes) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->at, 1, bytes->length, file), bytes->length);
    assert_int_equal(fclose(file), 0);
}

// An entry of the archive that is being written; `bytes` live until it is closed.
static inline void zip_put(zip_t *archive, const char *name,
                           const struct file_bytes *bytes, int method) {
    zip_source_t *source = zip_source_buffer(archive, bytes->at, bytes->length, 0);
    const zip_int64_t entry = zip_file_add(archive, name, source, ZIP_FL_ENC_UTF_8);
    assert_true(entry >= 0);
    assert_int_equal(zip_set_file_compression(archive, (zip_uint64_t)entry, method, 0),
                     0);
}

static inline zip_t *zip_create(const char *path) {
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
    assert_non_null(archive);
    return archive;
}

#endif
