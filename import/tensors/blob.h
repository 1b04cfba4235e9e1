// Bytes that tensors are in: a file, a file's bytes in memory, an entry of a zip
// archive, which is unpacked as it is read, or several of these one after the other.
// Read from the front, so that memory holds no more than is asked for.
#ifndef SDSE_IMPORT_TENSORS_BLOB_H
#define SDSE_IMPORT_TENSORS_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <zip.h>

#include "base/diag.h"
#include "base/status.h"

struct sdse_blob {
    const char *name;            // of the file, in diagnostics
    uint64_t length;             // [bytes]
    uint64_t start;              // in the file `name`, where they are in it [bytes]
    const unsigned char *memory; // its bytes; NULL: in the file, or the archive
    zip_t *archive;              // NULL: in the file `name`
    zip_uint64_t entry;
    bool seekable;                 // the entry is stored as it is
    const struct sdse_blob *parts; // of several, none of which has parts; NULL
    size_t part_count;
};

struct sdse_blob_reader {
    const struct sdse_blob *blob;
    struct sdse_diags *diags;
    uint64_t at; // [bytes]
    FILE *file;
    zip_file_t *entry;
};

// The file at `path`, which must be a regular one: [tensors-open]. `path` is kept.
enum sdse_status sdse_blob_of_file(const char *path, struct sdse_blob *out,
                                   struct sdse_diags *diags);

// Begins to read at a byte that is not behind the end; on failure there is nothing to
// close. Returns SDSE_OK; SDSE_INVALID, SDSE_IO or SDSE_NO_MEMORY, with a diagnostic
// [tensors-open] or [tensors-zip].
enum sdse_status sdse_blob_open(const struct sdse_blob *blob, uint64_t at,
                                struct sdse_blob_reader *reader,
                                struct sdse_diags *diags);

// The next `bytes` bytes, all of them, or a failure as above: the file is shorter than
// it was, or an archive's entry is not what it says (its checksum is looked at where
// its end is read).
enum sdse_status sdse_blob_read(struct sdse_blob_reader *reader, void *out,
                                size_t bytes);
void sdse_blob_close(struct sdse_blob_reader *reader);

// `bytes` bytes from `at` on, at once.
enum sdse_status sdse_blob_take(const struct sdse_blob *blob, uint64_t at, void *out,
                                size_t bytes, struct sdse_diags *diags);

#endif
