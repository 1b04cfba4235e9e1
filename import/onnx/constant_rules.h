// Private to import/onnx: how each operator's constants are worked out.
#ifndef SDSE_IMPORT_ONNX_CONSTANT_RULES_H
#define SDSE_IMPORT_ONNX_CONSTANT_RULES_H

#include "import/onnx/constant.h"

enum { SDSE_ONNX_MOST_CONSTANTS = 64 }; // inputs of one node

// One node: the numbers that it reads, those without data left out, and output `which`
// to fill in (its shape is set, its numbers are 0).
struct sdse_onnx_sum {
    const struct sdse_onnx_graph *graph;
    const struct sdse_onnx_node *node;
    uint32_t inputs, which;
    const struct sdse_onnx_numbers *in;
    struct sdse_onnx_numbers *out;
    bool whole;   // the numbers that it reads are integers
    bool running; // these are the numbers of a run (import/forward): quantization has
                  // rounded them, whatever weights are taken for
};

typedef bool (*sdse_onnx_constant_rule_fn)(const struct sdse_onnx_sum *);

// NULL if the operator is not worked out.
sdse_onnx_constant_rule_fn sdse_onnx_constant_rule(const struct sdse_onnx_node *node);

#endif
