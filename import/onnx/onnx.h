// ONNX models in: convolutions, Gemm and MatMul become a workload, their constants its
// weights.
//
// The shapes of all values follow from those of the graph's inputs (docs/import.md
// lists the operators). A layer whose shape cannot be found is a diagnostic that names
// the node at fault.
#ifndef SDSE_IMPORT_ONNX_ONNX_H
#define SDSE_IMPORT_ONNX_ONNX_H

#include "base/diag.h"
#include "base/output.h"
#include "base/status.h"
#include "smartdeal/array.h"
#include "spec/types/workload.h"

// The shape of a graph input, for dimensions that the file leaves open; of rank 1 it
// may be the extent of all dimensions of that name, "batch=1".
struct sdse_import_input {
    const char *name; // NULL: of the only one that the model has
    bool runs;        // the leading extent may be a multiple of the file's: several
                      // runs; where the file leaves it open, each has 1
    unsigned rank;    // [1 … SDSE_ARRAY_MAX_RANK]
    uint64_t shape[SDSE_ARRAY_MAX_RANK];
};

// Which axis of an input is the batch; a negative one counts from the end.
struct sdse_import_batch {
    const char *input; // NULL: of the first one
    int64_t axis;
};

struct sdse_import_options {
    size_t input_count;
    const struct sdse_import_input *inputs;
    bool follow_links;  // external data outside the model's folder, that links lead to
    bool shapes_only;   // no external data is read, and no weights: it may be absent
    size_t batch_count; // inputs whose batch is said; those that name the extent alike
    const struct sdse_import_batch
        *batch;          // have it too. 0: import/onnx/batch.h guesses
    bool no_batch;       // samples are one
    bool no_weight_bits; // layers do not say how wide their weights are stored
};

// Parses "NAME=1x3x224x224" (the name ends at the last '='). Returns false, leaving
// *out alone, if the text is not of that form, a dimension is 0 or above 2^32, or there
// are more than 8. `arena` owns the name.
bool sdse_import_input_parse(const char *text, struct sdse_arena *arena,
                             struct sdse_import_input *out);

// Parses "NAME=AXIS" or "AXIS". Returns false, leaving *out alone, if the text is not
// of that form, or the axis is not of -8 … 7. `arena` owns the name.
bool sdse_import_batch_parse(const char *text, struct sdse_arena *arena,
                             struct sdse_import_batch *out);

// A network read from another tool's file. Owns its workload and the file's tensors.
struct sdse_imported;

// Reads the model at `path` (which must outlive *out). `options` may be NULL. Checks
// are listed in docs/import.md; all problems found are reported. On success *out is the
// caller's: sdse_imported_free. Returns SDSE_OK, SDSE_INVALID, SDSE_NO_MEMORY, SDSE_IO.
enum sdse_status sdse_import_onnx(const char *path,
                                  const struct sdse_import_options *options,
                                  struct sdse_imported **out, struct sdse_diags *diags);

// Like sdse_import_onnx, for a file in memory; `name` stands for its path.
enum sdse_status sdse_import_onnx_bytes(const void *bytes, size_t length,
                                        const char *name,
                                        const struct sdse_import_options *options,
                                        struct sdse_imported **out,
                                        struct sdse_diags *diags);

// Names the files of external data that the model needs: they are inputs of whoever
// writes what was imported. `arena` holds the names. False when memory is out.
bool sdse_imported_name_inputs(const struct sdse_imported *imported,
                               struct sdse_output_rules *rules,
                               struct sdse_arena *arena);

void sdse_imported_free(struct sdse_imported *imported);

// The layers, in the order of the graph. Lives as long as `imported`.
const struct sdse_workload *
sdse_imported_workload(const struct sdse_imported *imported);

// The weights of one layer, [filters, channels per group, rows, columns] for
// convolutions, [out, in] for fully connected layers. The caller owns *out. Returns
// SDSE_INVALID without a diagnostic if the layer has none (activation x activation), or
// they are not read (shapes_only).
enum sdse_status sdse_imported_weights(const struct sdse_imported *imported,
                                       size_t layer, struct sdse_array *out,
                                       struct sdse_diags *diags);

#endif
