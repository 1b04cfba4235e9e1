// Which extent of the model's inputs is the batch: samples that nothing mixes.
//
// The user says it, or it is the leading extent of the first input whose samples can be
// followed through the graph, and whose number divides the rows of every layer: every
// product reads them, none sums over them, no node takes some of them, weighs them
// against one another or runs through them one after the other. Sequences, states and
// weights that are inputs fail that.
//
//     onnx-batch-axis  an axis said for an input that does not have it, or an extent
//                      that other inputs contradict
//     onnx-batch       a node that mixes what is said to be samples
#ifndef SDSE_IMPORT_ONNX_BATCH_H
#define SDSE_IMPORT_ONNX_BATCH_H

#include "import/onnx/graph.h"

// Where the samples of the batch are among a value's elements in C order:
// [before][batch][after].
struct sdse_onnx_samples {
    enum sdse_onnx_hold {
        SDSE_ONNX_NO_SAMPLES,   // the value is the same for all
        SDSE_ONNX_HAS_SAMPLES,  // as above
        SDSE_ONNX_ALL_SAMPLES,  // each number is made of all of them
        SDSE_ONNX_LOST_SAMPLES, // not known
    } hold;
    uint64_t before, after; // [elements]
};

// The node that mixes samples, and what it does; node NONE: none does.
struct sdse_onnx_mixed {
    uint32_t node;
    const char *what;
};

// Follows `batch` samples of the graph's inputs, as at[value] says of them, through all
// nodes; at[value] of the others is set. [value_count] Shapes must be inferred.
struct sdse_onnx_mixed sdse_onnx_samples_follow(const struct sdse_onnx_graph *graph,
                                                uint64_t batch,
                                                struct sdse_onnx_samples *at);

// Inputs that are looked through for one whose leading extent is the batch.
enum { SDSE_ONNX_MOST_GUESSES = 8 };
struct sdse_onnx_guesses {
    struct sdse_onnx_samples *at; // NULL: nothing is guessed
    uint32_t next;                // value to look at
    unsigned count;
    uint64_t tried[SDSE_ONNX_MOST_GUESSES];
};

// Sets graph->batch and graph->batch_said to what the options say; if they say nothing,
// begins to guess. Shapes must be inferred. False when memory is out.
bool sdse_onnx_batch_take(struct sdse_onnx_graph *graph,
                          const struct sdse_import_options *options,
                          struct sdse_onnx_guesses *guesses);

// Sets graph->batch to the next guess; false, and to 1 unless it was said, if there is
// none.
bool sdse_onnx_batch_guess(struct sdse_onnx_graph *graph,
                           struct sdse_onnx_guesses *guesses);

#endif
