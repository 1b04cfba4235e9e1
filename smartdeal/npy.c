#include "smartdeal/npy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checked.h"
#include "smartdeal/npy_header.h"

static const unsigned char magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};

// NumPy pads headers to 64 bytes; even eight 20-digit dimensions fit in 512.
enum { LONGEST_HEADER_BYTES = 65536, CHUNK_BYTES = 65536, ALIGNMENT = 64 };

// An open file with its length, and where to complain.
struct source {
    FILE *file;
    const char *name;
    uint64_t length;
    struct sdse_diags *diags;
};

static enum sdse_status refuse(const struct source *source, const char *check,
                               const char *message) {
    sdse_diag_add(source->diags, SDSE_ERROR, (struct sdse_loc){.file = source->name},
                  check, "%s", message);
    return SDSE_INVALID;
}

static enum sdse_status fail(const struct source *source, int error) {
    return sdse_diag_errno(source->diags, (struct sdse_loc){.file = source->name},
                           "npy-open", NULL, error);
}

// Reads exactly `size` bytes. The length was checked, so a short read is the machine's
// fault, or somebody is cutting the file.
static enum sdse_status read_bytes(const struct source *source, void *out,
                                   size_t size) {
    if (fread(out, 1, size, source->file) == size)
        return SDSE_OK;
    return ferror(source->file)
               ? fail(source, errno)
               : refuse(source, "npy-open", "it was cut while it was being read");
}

// Magic, version and the header's length. *data_at: offset of the data [bytes].
static enum sdse_status read_preamble(const struct source *source, size_t *header_bytes,
                                      uint64_t *data_at) {
    unsigned char head[12];
    if (source->length < 10)
        return refuse(source, "npy-magic", "too short to be a .npy file");
    enum sdse_status status = read_bytes(source, head, 10);
    if (status != SDSE_OK)
        return status;
    if (memcmp(head, magic, sizeof magic) != 0)
        return refuse(source, "npy-magic", "not a .npy file: the magic is missing");
    if (head[6] < 1 || head[6] > 3 || head[7] != 0)
        return refuse(source, "npy-version",
                      "a format version other than 1.0, 2.0 and 3.0");
    size_t preamble = head[6] == 1 ? 10 : 12;
    size_t length = (size_t)head[8] | (size_t)head[9] << 8;
    if (preamble == 12) {
        if (source->length < 12)
            return refuse(source, "npy-header", "the header is cut off");
        if ((status = read_bytes(source, head + 10, 2)) != SDSE_OK)
            return status;
        length |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    }
    if (length > LONGEST_HEADER_BYTES)
        return refuse(source, "npy-header", "the header's length is absurd");
    if (length > source->length - preamble)
        return refuse(source, "npy-header", "the header is cut off");
    *header_bytes = length;
    *data_at = preamble + length;
    return SDSE_OK;
}

// The header, checked against the file's length.
static enum sdse_status read_header(const struct source *source,
                                    struct sdse_npy_header *header, uint64_t *count) {
    size_t header_bytes = 0;
    uint64_t data_at = 0, needed;
    enum sdse_status status = read_preamble(source, &header_bytes, &data_at);
    if (status != SDSE_OK)
        return status;
    char *text = malloc(header_bytes + 1);
    if (!text)
        return SDSE_NO_MEMORY;
    status = read_bytes(source, text, header_bytes);
    if (status == SDSE_OK &&
        !sdse_npy_header_parse(text, header_bytes, source->name, header, source->diags))
        status = SDSE_INVALID;
    free(text);
    if (status != SDSE_OK)
        return status;
    if (!sdse_shape_count(header->shape, header->rank, count) ||
        !sdse_mul_u64(*count, sdse_dtype_bytes(header->dtype), &needed) ||
        *count > SIZE_MAX / sizeof(float))
        return refuse(source, "npy-shape", "the shape has more elements than fit");
    if (needed != source->length - data_at) {
        sdse_diag_add(source->diags, SDSE_ERROR,
                      (struct sdse_loc){.file = source->name}, "npy-length",
                      "the shape needs %" PRIu64
                      " bytes of data, the file has %" PRIu64,
                      needed, source->length - data_at);
        return SDSE_INVALID;
    }
    return SDSE_OK;
}

// Walks a Fortran-ordered array: the C-order position of each element in file order.
struct fortran_walk {
    unsigned rank;
    uint64_t shape[SDSE_ARRAY_MAX_RANK], stride[SDSE_ARRAY_MAX_RANK];
    uint64_t index[SDSE_ARRAY_MAX_RANK], position;
};

static struct fortran_walk start_walk(const struct sdse_npy_header *header) {
    struct fortran_walk walk = {.rank = header->rank};
    uint64_t stride = 1;
    for (unsigned i = header->rank; i-- > 0; stride *= header->shape[i]) {
        walk.shape[i] = header->shape[i];
        walk.stride[i] = stride;
    }
    return walk;
}

static void step_walk(struct fortran_walk *walk) {
    for (unsigned i = 0; i < walk->rank; i++) {
        walk->position += walk->stride[i];
        if (++walk->index[i] < walk->shape[i])
            return;
        walk->position -= walk->stride[i] * walk->shape[i];
        walk->index[i] = 0;
    }
}

// Streams the data through one chunk, so that memory holds the floats and little else.
static enum sdse_status read_data(const struct source *source,
                                  const struct sdse_npy_header *header, uint64_t count,
                                  float *data) {
    size_t size = sdse_dtype_bytes(header->dtype);
    unsigned char *chunk = malloc(CHUNK_BYTES);
    float *values = malloc(CHUNK_BYTES * sizeof *values);
    enum sdse_status status = chunk && values ? SDSE_OK : SDSE_NO_MEMORY;
    struct fortran_walk walk = start_walk(header);
    uint64_t out_of_range = 0;
    for (uint64_t done = 0; done < count && status == SDSE_OK;) {
        size_t n = CHUNK_BYTES / size;
        if (n > count - done)
            n = (size_t)(count - done);
        status = read_bytes(source, chunk, n * size);
        if (status != SDSE_OK)
            break;
        float *target = header->fortran_order ? values : data + done;
        out_of_range +=
            sdse_decode_f32(header->dtype, header->big_endian, chunk, n, target);
        for (size_t i = 0; header->fortran_order && i < n; i++, step_walk(&walk))
            data[walk.position] = values[i];
        done += n;
    }
    free(values);
    free(chunk);
    if (status == SDSE_OK && out_of_range > 0)
        return refuse(source, "npy-range", "values beyond the range of f32");
    return status;
}

static enum sdse_status read_array(const struct source *source, bool with_data,
                                   struct sdse_array *out) {
    struct sdse_npy_header header;
    uint64_t count;
    enum sdse_status status = read_header(source, &header, &count);
    if (status != SDSE_OK)
        return status;
    struct sdse_array array = {
        .source = header.dtype, .rank = header.rank, .count = count};
    memcpy(array.shape, header.shape, sizeof array.shape);
    if (with_data) {
        array.data = malloc(count ? (size_t)count * sizeof *array.data : 1);
        if (!array.data)
            return SDSE_NO_MEMORY;
        status = read_data(source, &header, count, array.data);
    }
    if (status == SDSE_OK)
        *out = array;
    else
        free(array.data);
    return status;
}

static enum sdse_status read_path(const char *path, bool with_data,
                                  struct sdse_array *out, struct sdse_diags *diags) {
    struct source source = {.name = path, .diags = diags};
    struct stat info;
    // Asked before opening: opening a FIFO would wait for a writer.
    if (stat(path, &info) != 0)
        return fail(&source, errno);
    if (!S_ISREG(info.st_mode))
        return refuse(&source, "npy-open", "not a regular file");
    source.file = fopen(path, "rb");
    if (!source.file)
        return fail(&source, errno);
    source.length = (uint64_t)info.st_size;
    enum sdse_status status = read_array(&source, with_data, out);
    fclose(source.file);
    return status;
}

enum sdse_status sdse_npy_read(const char *path, struct sdse_array *out,
                               struct sdse_diags *diags) {
    return read_path(path, true, out, diags);
}

enum sdse_status sdse_npy_read_shape(const char *path, struct sdse_array *out,
                                     struct sdse_diags *diags) {
    return read_path(path, false, out, diags);
}

enum sdse_status sdse_npy_parse(const void *bytes, size_t length, const char *name,
                                struct sdse_array *out, struct sdse_diags *diags) {
    struct source source = {.name = name, .length = length, .diags = diags};
    if (length == 0)
        return refuse(&source, "npy-magic", "the file is empty");
    // Opened for reading only, but fmemopen has no const.
    source.file = fmemopen(
        (void *)(uintptr_t)bytes, // NOLINT(performance-no-int-to-ptr): drops a const
        length, "r");
    if (!source.file)
        return SDSE_NO_MEMORY;
    enum sdse_status status = read_array(&source, true, out);
    fclose(source.file);
    return status;
}

static bool write_header(FILE *file, unsigned rank, const uint64_t *shape) {
    char text[512];
    int used = snprintf(text, sizeof text,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': (");
    for (unsigned i = 0; i < rank; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%" PRIu64,
                         i ? ", " : "", shape[i]);
    used += snprintf(text + used, sizeof text - (size_t)used, "%s), }",
                     rank == 1 ? "," : "");
    size_t total = 10 + (size_t)used + 1;
    size_t padding = (ALIGNMENT - total % ALIGNMENT) % ALIGNMENT;
    size_t length = total + padding - 10;
    unsigned char head[10] = {0};
    memcpy(head, magic, sizeof magic);
    head[6] = 1;
    head[8] = (unsigned char)(length & 0xff);
    head[9] = (unsigned char)(length >> 8);
    return fwrite(head, 1, sizeof head, file) == sizeof head &&
           fprintf(file, "%s%*s\n", text, (int)padding, "") >= 0;
}

static bool write_data(FILE *file, const float *data, uint64_t count) {
    unsigned char chunk[4096] = {0};
    for (uint64_t done = 0; done < count;) {
        size_t n = sizeof chunk / 4;
        if (n > count - done)
            n = (size_t)(count - done);
        for (size_t i = 0; i < n; i++) {
            uint32_t bits;
            memcpy(&bits, &data[done + i], sizeof bits);
            for (size_t byte = 0; byte < 4; byte++)
                chunk[i * 4 + byte] = (unsigned char)(bits >> 8 * byte & 0xff);
        }
        if (fwrite(chunk, 4, n, file) != n)
            return false;
        done += n;
    }
    return true;
}

static const struct sdse_output_kind npy_kind = {"a .npy file", {"\x93NUMPY"}};

enum sdse_status sdse_npy_check(const struct sdse_output_rules *rules, const char *path,
                                struct sdse_diags *diags) {
    return sdse_output_check(path, &npy_kind, rules, diags);
}

enum sdse_status sdse_npy_write(const struct sdse_output_rules *rules, const char *path,
                                unsigned rank, const uint64_t *shape, const float *data,
                                struct sdse_diags *diags) {
    uint64_t count;
    if (rank > SDSE_ARRAY_MAX_RANK || !sdse_shape_count(shape, rank, &count))
        return SDSE_OVERFLOW;
    struct sdse_output output;
    const enum sdse_status status =
        sdse_output_open(&output, path, &npy_kind, rules, diags);
    if (status != SDSE_OK)
        return status;
    // A write that fails leaves its mark on the stream.
    if (write_header(output.file, rank, shape))
        write_data(output.file, data, count);
    return sdse_output_close(&output, SDSE_OK, diags);
}
