// An imported graph executed on given inputs, as ONNX has it: node by node.
//
//     onnx-forward  a node that is not executed here, whose shapes are not known, or
//                   whose numbers contradict it
//
// Numbers are doubles; real ones are rounded to f32 after each node, whatever real type
// the model says; sums inside a node are not rounded, and run in a fixed order: any
// number of threads gives the same bytes. Integers are exact.
#ifndef SDSE_IMPORT_FORWARD_RUN_H
#define SDSE_IMPORT_FORWARD_RUN_H

#include "import/forward/quantized.h"

// Says of every node that cannot be executed why, all at once. SDSE_OK, or SDSE_INVALID
// with diagnostics.
enum sdse_status sdse_forward_check(const struct sdse_onnx_graph *graph,
                                    struct sdse_diags *diags);

struct sdse_forward_request {
    const struct sdse_onnx_graph *graph;
    // Of each value: the numbers of an input of the model; no data: it is computed, or
    // stored. [value_count]
    const struct sdse_onnx_numbers *given;
    // Of each node: numbers in place of its constant operand's; then again of each: in
    // place of those that multiply its state. No data: as the file has them. NULL: of
    // none. [2 · node_count]
    const struct sdse_onnx_numbers *weights;
    unsigned threads; // 0: as many as processors
    // Called for each node before it is run, with what is known of its inputs' grids
    // [step->inputs]; may be NULL. Anything but SDSE_OK ends the run.
    enum sdse_status (*watch)(void *context, struct sdse_step *step,
                              const struct sdse_grid *grids);
    void *context;
};

// Which input of a product holds its weights, if one is constant: the second, or else
// the first.
uint32_t sdse_forward_weights_at(const struct sdse_onnx_graph *graph,
                                 const struct sdse_onnx_node *node);

// Runs a graph that sdse_forward_check has accepted. `outputs`: the numbers of the
// model's outputs, in its order; the caller frees each data. On failure there are none.
// Returns SDSE_OK, SDSE_INVALID with a diagnostic, SDSE_NO_MEMORY, SDSE_IO, or what
// `watch` returned.
enum sdse_status sdse_forward_run(const struct sdse_forward_request *request,
                                  struct sdse_onnx_numbers *outputs,
                                  struct sdse_diags *diags);

#endif
