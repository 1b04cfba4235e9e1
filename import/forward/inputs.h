// Inputs for an imported network, from arrays: their shapes for the import, and the
// runs they amount to.
//
//     onnx-input-shape  arrays that do not fit the model's inputs, or one another
//     onnx-input-name   an input without array, or an array that does not say for which
//
// An array holds several runs if its leading extent is a multiple of the input's in the
// file; where the file leaves that open, each run has one sample. An array of one run
// is the same for all.
#ifndef SDSE_IMPORT_FORWARD_INPUTS_H
#define SDSE_IMPORT_FORWARD_INPUTS_H

#include "base/diag.h"
#include "base/hash.h"
#include "import/onnx/onnx.h"
#include "smartdeal/array.h"

struct sdse_forward_input {
    const char *name; // of the model's input; NULL: it has only one
    struct sdse_array array;
};

struct sdse_forward_inputs {
    size_t count;
    struct sdse_forward_input *input;
};

// A .npy file, and the model's input that it is for (NULL: the only one).
struct sdse_forward_file {
    const char *name, *path;
};

// Reads files; those of one name follow one another along the leading extent. Returns
// SDSE_OK; SDSE_INVALID with diagnostics (smartdeal/npy.h; inputs-shape: files of one
// name that do not fit together); SDSE_NO_MEMORY; SDSE_IO. `out` is to be freed in any
// case; names and places are kept by pointer.
enum sdse_status sdse_forward_inputs_read(const struct sdse_forward_file *files,
                                          size_t count, struct sdse_arena *arena,
                                          struct sdse_forward_inputs *out,
                                          struct sdse_diags *diags);
void sdse_forward_inputs_free(struct sdse_forward_inputs *inputs);

// What the import is told of them: out [count], as options.inputs.
void sdse_forward_inputs_shapes(const struct sdse_forward_inputs *inputs,
                                struct sdse_import_input *out);

// How many runs they are. SDSE_OK, or SDSE_INVALID with diagnostics.
enum sdse_status sdse_forward_inputs_runs(const struct sdse_imported *imported,
                                          const struct sdse_forward_inputs *inputs,
                                          uint64_t *runs, struct sdse_diags *diags);

// Of the names, shapes and numbers, in the order of the model's inputs; they fit it.
struct sdse_hash sdse_forward_inputs_hash(const struct sdse_imported *imported,
                                          const struct sdse_forward_inputs *inputs);

#endif
