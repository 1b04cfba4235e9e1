// What of a graph is one function of one map, though written with several nodes: GELU,
// SiLU or a normalisation in parts.
#ifndef SDSE_IMPORT_ONNX_REGIONS_H
#define SDSE_IMPORT_ONNX_REGIONS_H

#include "import/onnx/ops.h"

enum sdse_onnx_role {
    SDSE_ONNX_OTHER,
    SDSE_ONNX_COPY,   // the same numbers: Identity, Cast, quantization
    SDSE_ONNX_POINT,  // a function of each number
    SDSE_ONNX_BINARY, // of several maps, number by number, with broadcasting
    SDSE_ONNX_REDUCE  // along some dimensions
};
enum sdse_onnx_role sdse_onnx_role_of(const struct sdse_onnx_node *node);

struct sdse_onnx_regions {
    bool *fixed;    // of each value: it depends on no input of the model
    bool *few;      // of each value: of one number, or computed from such and constants
    uint32_t *root; // of each value: the map that it is a function of, number by number
                    // or by sums along dimensions; itself if of none
    bool *sum; // of each value: it is smaller than its root, a sum or maximum of it
    uint32_t *uses; // of each value: how many inputs of nodes, and outputs, it is
    uint32_t *user; // of each value: the last node that reads it
    bool *inside;   // of each node: part of the region that a later node ends
};

// Finds them; shapes are known as far as they can be. Arrays are in the graph's arena.
// False if memory is out.
bool sdse_onnx_regions_find(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_regions *out);

// Whether a node ends a region: its inputs are functions of one map, and come together.
bool sdse_onnx_region_ends(const struct sdse_onnx_graph *graph,
                           const struct sdse_onnx_regions *regions,
                           const struct sdse_onnx_node *node);

// What is in the region that a node ends.
struct sdse_onnx_region {
    uint32_t operations; // for each word of the map, that of the node among them
    bool sums, exponentials;
};
struct sdse_onnx_region sdse_onnx_region_of(const struct sdse_onnx_graph *graph,
                                            const struct sdse_onnx_regions *regions,
                                            const struct sdse_onnx_node *node);

#endif
