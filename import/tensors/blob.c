#include "import/tensors/blob.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static enum sdse_status refuse(const struct sdse_blob *blob, struct sdse_diags *diags,
                               const char *check, const char *message) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = blob->name}, check, "%s",
                  message);
    return SDSE_INVALID;
}

static enum sdse_status fail(const char *path, struct sdse_diags *diags, int error) {
    return sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "tensors-open", NULL,
                           error);
}

// What libzip says: of the archive's bytes, or of the system that reads them.
static enum sdse_status fail_zip(const struct sdse_blob *blob, zip_error_t *error,
                                 struct sdse_diags *diags) {
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY)
        return SDSE_NO_MEMORY;
    if (zip_error_system_type(error) == ZIP_ET_SYS)
        return fail(blob->name, diags, zip_error_code_system(error));
    return refuse(blob, diags, "tensors-zip", zip_error_strerror(error));
}

enum sdse_status sdse_blob_of_file(const char *path, struct sdse_blob *out,
                                   struct sdse_diags *diags) {
    struct stat info;
    // Asked before opening: opening a FIFO would wait for a writer.
    if (stat(path, &info) != 0)
        return fail(path, diags, errno);
    *out = (struct sdse_blob){.name = path, .length = (uint64_t)info.st_size};
    return S_ISREG(info.st_mode)
               ? SDSE_OK
               : refuse(out, diags, "tensors-open", "not a regular file");
}

// What is before a place is read as well, so that the checksum can be compared; where
// that is more [bytes], entries that are not packed are entered in their middle.
enum { READ_THROUGH = 1 << 20 };

static enum sdse_status skip(struct sdse_blob_reader *reader, uint64_t bytes) {
    unsigned char chunk[4096];
    while (bytes > 0) {
        const size_t n = bytes < sizeof chunk ? (size_t)bytes : sizeof chunk;
        const enum sdse_status status = sdse_blob_read(reader, chunk, n);
        if (status != SDSE_OK)
            return status;
        bytes -= n;
    }
    return SDSE_OK;
}

static enum sdse_status open_entry(struct sdse_blob_reader *reader, uint64_t at) {
    const struct sdse_blob *blob = reader->blob;
    reader->entry = zip_fopen_index(blob->archive, blob->entry, 0);
    if (!reader->entry)
        return fail_zip(blob, zip_get_error(blob->archive), reader->diags);
    if (at == 0)
        return SDSE_OK;
    if (blob->seekable && at > READ_THROUGH && at <= INT64_MAX &&
        zip_fseek(reader->entry, (zip_int64_t)at, SEEK_SET) == 0) {
        reader->at = at;
        return SDSE_OK;
    }
    const enum sdse_status status = skip(reader, at);
    if (status != SDSE_OK)
        sdse_blob_close(reader);
    return status;
}

// The next bytes of several blobs, each opened for its own.
static enum sdse_status read_parts(struct sdse_blob_reader *reader, void *out,
                                   size_t bytes) {
    unsigned char *to = out;
    uint64_t start = 0;
    for (size_t i = 0; i < reader->blob->part_count && bytes > 0; i++) {
        const struct sdse_blob *part = &reader->blob->parts[i];
        const uint64_t end = start + part->length;
        if (reader->at < end) {
            const uint64_t rest = end - reader->at;
            const size_t n = rest < bytes ? (size_t)rest : bytes;
            const enum sdse_status status =
                sdse_blob_take(part, reader->at - start, to, n, reader->diags);
            if (status != SDSE_OK)
                return status;
            to += n;
            bytes -= n;
            reader->at += n;
        }
        start = end;
    }
    return SDSE_OK;
}

enum sdse_status sdse_blob_open(const struct sdse_blob *blob, uint64_t at,
                                struct sdse_blob_reader *reader,
                                struct sdse_diags *diags) {
    *reader = (struct sdse_blob_reader){.blob = blob, .diags = diags};
    if (blob->archive)
        return open_entry(reader, at);
    reader->at = at;
    if (blob->memory || blob->parts)
        return SDSE_OK;
    reader->file = fopen(blob->name, "rb");
    if (reader->file && fseeko(reader->file, (off_t)(blob->start + at), SEEK_SET) == 0)
        return SDSE_OK;
    const enum sdse_status status = fail(blob->name, diags, errno);
    sdse_blob_close(reader);
    return status;
}

static enum sdse_status read_entry(struct sdse_blob_reader *reader, void *out,
                                   size_t bytes) {
    unsigned char *to = out, beyond;
    while (bytes > 0) {
        const zip_int64_t got = zip_fread(reader->entry, to, bytes);
        if (got < 0)
            return fail_zip(reader->blob, zip_file_get_error(reader->entry),
                            reader->diags);
        if (got == 0)
            return refuse(reader->blob, reader->diags, "tensors-zip",
                          "an entry is shorter than the archive says");
        to += got;
        bytes -= (size_t)got;
        reader->at += (uint64_t)got;
    }
    // The checksum is compared where nothing more is there.
    const zip_int64_t more =
        reader->at == reader->blob->length ? zip_fread(reader->entry, &beyond, 1) : 0;
    if (more < 0)
        return fail_zip(reader->blob, zip_file_get_error(reader->entry), reader->diags);
    return more == 0 ? SDSE_OK
                     : refuse(reader->blob, reader->diags, "tensors-zip",
                              "an entry is longer than the archive says");
}

enum sdse_status sdse_blob_read(struct sdse_blob_reader *reader, void *out,
                                size_t bytes) {
    const struct sdse_blob *blob = reader->blob;
    if (reader->at > blob->length || bytes > blob->length - reader->at)
        return refuse(blob, reader->diags, "tensors-open", "it ends too early");
    if (reader->entry)
        return read_entry(reader, out, bytes);
    if (blob->parts)
        return read_parts(reader, out, bytes);
    if (blob->memory && bytes > 0)
        memcpy(out, blob->memory + reader->at, bytes);
    else if (!blob->memory && fread(out, 1, bytes, reader->file) != bytes)
        return ferror(reader->file) ? fail(blob->name, reader->diags, errno)
                                    : refuse(blob, reader->diags, "tensors-open",
                                             "it was cut while it was being read");
    reader->at += bytes;
    return SDSE_OK;
}

void sdse_blob_close(struct sdse_blob_reader *reader) {
    if (reader->file)
        fclose(reader->file);
    if (reader->entry)
        zip_fclose(reader->entry);
    reader->file = NULL;
    reader->entry = NULL;
}

enum sdse_status sdse_blob_take(const struct sdse_blob *blob, uint64_t at, void *out,
                                size_t bytes, struct sdse_diags *diags) {
    struct sdse_blob_reader reader;
    enum sdse_status status = sdse_blob_open(blob, at, &reader, diags);
    if (status != SDSE_OK)
        return status;
    status = sdse_blob_read(&reader, out, bytes);
    sdse_blob_close(&reader);
    return status;
}
