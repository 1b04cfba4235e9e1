// Files that hold tensors and no network: safetensors, NumPy's archives and folders,
// PyTorch's state_dicts, TensorFlow.js's weights.
//
// Every tensor is a name, a type, a shape and a place in a file; numbers are read one
// tensor at a time. A malformed file is a diagnostic at the file, never a crash, and
// nothing of a tensor's size is allocated before the file has been found to hold it.
//
//     tensors-open     cannot be opened, is not a regular file, or ends too early
//     tensors-kind     is something else, which is named
//     tensors-header   the description of the tensors is broken, or too large
//     tensors-shape    more than 8 dimensions, more elements than can be counted, or
//                      more than its place holds
//     tensors-place    a tensor is not where the file ends, begins or says
//     tensors-shard    an index names a file that is not below its folder, or a tensor
//                      that the file does not have
//     tensors-zip      the archive is broken, encrypted, or packed in another way
//     tensors-pickle   PyTorch's description would run a program, is cut off, or is
//     none
//                      of tensors
//     tensors-range    f64 numbers beyond the range of f32
//     tensors-none     not one tensor
#ifndef SDSE_IMPORT_TENSORS_TENSORS_H
#define SDSE_IMPORT_TENSORS_TENSORS_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "smartdeal/array.h"

struct zip;
struct sdse_blob; // bytes of a file, or of an entry of an archive:
                  // import/tensors/blob.h

// What files of tensors are.
#define SDSE_TENSOR_FORMAT_MAP(X)                                       \
    X(SAFETENSORS, "safetensors")                                       \
    X(SHARDS, "safetensors in several files")                           \
    X(NPZ, "an archive of NumPy's (.npz)")                              \
    X(TORCH, "a state_dict of PyTorch's (.pt)")                         \
    X(TFJS, "weights of TensorFlow.js")                                 \
    X(TFLITE, "a TensorFlow Lite model") /* a network: import/tflite */ \
    X(NPY_FOLDER, "a folder of .npy files")

enum sdse_tensor_format {
    SDSE_TENSORS_NONE, // something else
#define SDSE_TENSOR_FORMAT_ENUM(name, text) SDSE_TENSORS_##name,
    SDSE_TENSOR_FORMAT_MAP(SDSE_TENSOR_FORMAT_ENUM)
#undef SDSE_TENSOR_FORMAT_ENUM
        SDSE_TENSOR_FORMATS
};

// "safetensors", …; static storage.
const char *sdse_tensor_format_name(enum sdse_tensor_format format);

// Stored numbers that stand for others: number n of slice c along `axis` for
// (n - zero[c]) * scale[c] + least.
struct sdse_tensor_scale {
    unsigned axis;
    size_t count; // slices; 1: the same for all
    const double *scale, *zero;
    double least;
};

struct sdse_stored_tensor {
    const char *name;      // as in the file; bytes that no text has are '?'
    enum sdse_dtype dtype; // SDSE_DTYPES: not read; it has a shape then, and no place
    const char *type;      // as the file calls it
    uint32_t bits;         // that the file stores of each number; 0: those of `dtype`
    bool big_endian;
    bool keras_order; // filters last: [rows, columns, inputs, outputs]
    unsigned rank;
    uint64_t shape[SDSE_ARRAY_MAX_RANK];
    uint64_t stride[SDSE_ARRAY_MAX_RANK]; // from one to the next [elements]
    uint64_t count;                       // product of the shape [elements]
    unsigned folded; // dimensions 1 … folded are one in what is read; 0, 1: none
    const struct sdse_tensor_scale *scale; // NULL: numbers are what they are
    const struct sdse_blob *blob;
    uint64_t offset; // of the first element in the blob [bytes]
};

struct sdse_tensors {
    enum sdse_tensor_format format;
    struct sdse_arena *arena; // of names and blobs
    size_t count, room;
    struct sdse_stored_tensor *tensor; // in the file's order
    size_t archive_count;
    struct zip *archive[1]; // open as long as tensors are read
};

// What is at `path`. Files of other tools that hold no tensors that are read here (a
// pickle, HDF5, a web page, a pointer of git-lfs …) are SDSE_TENSORS_NONE, and *is is
// what they are, with what may be done; NULL: not known. A folder is looked into.
// Returns SDSE_OK, or SDSE_IO or SDSE_NO_MEMORY with a diagnostic; what cannot be
// opened is not known.
enum sdse_status sdse_tensors_look(const char *path, struct sdse_arena *arena,
                                   enum sdse_tensor_format *format, const char **is,
                                   struct sdse_diags *diags);

// Lists the tensors of what sdse_tensors_look has found at `path`, sorted by name where
// the format has no order. Shards must be below the folder of their index, links
// followed unless `follow_links`. Returns SDSE_OK; SDSE_INVALID, SDSE_IO with
// diagnostics; SDSE_NO_MEMORY. `path` is kept; *out is to be freed in any case.
enum sdse_status sdse_tensors_open(const char *path, enum sdse_tensor_format format,
                                   bool follow_links, struct sdse_arena *arena,
                                   struct sdse_tensors *out, struct sdse_diags *diags);

// The same for a file in memory, which must stay there: not of shards or folders.
enum sdse_status sdse_tensors_parse(const void *bytes, size_t length, const char *name,
                                    enum sdse_tensor_format format,
                                    struct sdse_arena *arena, struct sdse_tensors *out,
                                    struct sdse_diags *diags);

// The file that a tensor is in, as it was named.
const char *sdse_tensor_file(const struct sdse_stored_tensor *tensor);

void sdse_tensors_free(struct sdse_tensors *tensors);

// The tensor's numbers as f32 in C order. Memory is at most twice that of the result.
// Returns SDSE_OK; SDSE_INVALID (also [tensors-range]) or SDSE_IO with a diagnostic;
// SDSE_NO_MEMORY. On failure *out is left alone.
enum sdse_status sdse_tensor_values(const struct sdse_stored_tensor *tensor,
                                    struct sdse_array *out, struct sdse_diags *diags);

#endif
