// What an imported network gives on given inputs, with its own weights and with others.
#ifndef SDSE_IMPORT_FORWARD_OUTPUTS_H
#define SDSE_IMPORT_FORWARD_OUTPUTS_H

#include "import/forward/inputs.h"

// The outputs of all runs.
struct sdse_forward_outputs;

// Runs the network. `values`: of each layer, weights in place of its own, shaped as
// sdse_imported_weights gives them; NULL, or NULL for a layer: those of the file.
//
// Weights go back through what made them the layer's: the folded normalisation or scale
// (a filter that it makes 0 keeps its weights), the phases of a transposed convolution,
// transposition; those of integer operators become stored numbers, not rounded.
//
// Returns SDSE_OK; SDSE_INVALID with diagnostics (import/forward/run.h, inputs.h; also
// onnx-forward if the model has no outputs); SDSE_NO_MEMORY; SDSE_IO. *out is the
// caller's: sdse_forward_outputs_free.
enum sdse_status sdse_forward_outputs_run(const struct sdse_imported *imported,
                                          const struct sdse_forward_inputs *inputs,
                                          const float *const *values, unsigned threads,
                                          struct sdse_forward_outputs **out,
                                          struct sdse_diags *diags);

// Whether it can be run, and gives something: all that is wrong is said.
enum sdse_status sdse_forward_outputs_check(const struct sdse_imported *imported,
                                            struct sdse_diags *diags);

void sdse_forward_outputs_free(struct sdse_forward_outputs *outputs);

// The first output's shape in one run. [rank]
unsigned sdse_forward_outputs_shape(const struct sdse_forward_outputs *outputs,
                                    const uint64_t **shape);

struct sdse_output_error {
    // 10 log10(sum of y^2 / sum of (y - y')^2) over all outputs and runs;
    // infinite if nothing differs. [dB]
    double sqnr_db;
    // Of the places of the first output, those with the same largest class: along
    // dimension 1 where there are 2 or, as in images, 4 or more, else along the last.
    uint64_t places, agreeing;
    double best_class_agreement; // agreeing / places
    double relative;             // root of noise over signal; 0 if nothing differs
};

// What `other` spoils of `reference`: outputs of the same network and inputs.
struct sdse_output_error
sdse_forward_outputs_compare(const struct sdse_forward_outputs *reference,
                             const struct sdse_forward_outputs *other);

#endif
