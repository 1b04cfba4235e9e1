// A folder of weight files: manifest.tsv names them, one layer a line.
//
//     layer<TAB>kind<TAB>file<TAB>shape
//     conv1<TAB>conv<TAB>weights/conv1.npy<TAB>64x3x7x7
//     fc<TAB>fc<TAB>weights/fc.npy<TAB>1000x2048
//
// The first line is the header, exactly. Kinds are those of a workload: conv, dwconv
// and fc; layers without weights are not listed. Files are .npy files, relative to the
// folder and inside it. Two layers may share a file.
//
//     manifest-open     manifest.tsv cannot be opened, is not a regular file, or is
//                       larger than 16 MiB
//     manifest-header   the first line is not the header
//     manifest-columns  not four columns, or an empty one
//     manifest-layer    a layer's name appears twice
//     manifest-kind     a kind that has no weights
//     manifest-file     an absolute path, one with "..", or one that a link leads out
//                       of the folder
//     manifest-shape    not extents with 'x' between them, or not what the .npy file
//     has
#ifndef SDSE_SMARTDEAL_MANIFEST_H
#define SDSE_SMARTDEAL_MANIFEST_H

#include "base/diag.h"
#include "base/output.h"
#include "base/status.h"
#include "smartdeal/array.h"

struct sdse_manifest_entry {
    const char *layer;
    const char *kind; // "conv", "dwconv", "fc"
    const char *file; // as written
    const char *path; // folder and file: what sdse_npy_read wants
    unsigned rank;
    uint64_t shape[SDSE_ARRAY_MAX_RANK];
    struct sdse_loc loc;
};

struct sdse_manifest {
    size_t count;
    struct sdse_manifest_entry *entries; // in file order
};

// Reads `folder`/manifest.tsv and compares every line with its .npy file's header. All
// problems are reported, with line and column. The arena owns the result. Returns
// SDSE_OK, SDSE_INVALID, SDSE_NO_MEMORY, or SDSE_IO; on failure *out is left alone.
enum sdse_status sdse_manifest_read(const char *folder, struct sdse_arena *arena,
                                    struct sdse_manifest *out,
                                    struct sdse_diags *diags);

// The same, with files permitted that links lead to outside the folder.
enum sdse_status sdse_manifest_read_links(const char *folder, bool follow_links,
                                          struct sdse_arena *arena,
                                          struct sdse_manifest *out,
                                          struct sdse_diags *diags);

// Writes `folder`/manifest.tsv (the folder exists). `path` and `loc` of the entries are
// not used; names hold no tabs or newlines. What may be replaced is base/output.h's to
// say, and so are its diagnostics. Returns SDSE_OK, SDSE_INVALID, SDSE_IO or
// SDSE_NO_MEMORY.
enum sdse_status sdse_manifest_write(const struct sdse_output_rules *rules,
                                     const char *folder,
                                     const struct sdse_manifest *manifest,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags);

// Whether one may be written to the file `path`: base/output.h's sdse_output_check.
enum sdse_status sdse_manifest_check(const struct sdse_output_rules *rules,
                                     const char *path, struct sdse_diags *diags);

// The files that `folder`/manifest.tsv names, as written, each inside the folder; they
// need not be there, nor be what it says of them. NULL: there is no manifest, or
// something else. Returns SDSE_OK, SDSE_IO with a diagnostic, or SDSE_NO_MEMORY.
enum sdse_status sdse_manifest_files(const char *folder, struct sdse_arena *arena,
                                     const char ***out, size_t *count,
                                     struct sdse_diags *diags);

#endif
