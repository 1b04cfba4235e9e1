// Which layers of an imported network read what others put out: edges of its workload.
//
// What a layer puts out has edges only if every node that reads it is a layer that can
// have one, or passes it on; else the file could say that a tensor stays on the chip
// while somebody who is not said reads it elsewhere.
//
//     onnx-edges  (warning) what some layers put out has no edge, once for each
//     operator
//                 that is why
#ifndef SDSE_IMPORT_ONNX_EDGES_H
#define SDSE_IMPORT_ONNX_EDGES_H

#include "import/onnx/layers.h"
#include "import/onnx/regions.h"

struct sdse_onnx_edges;

// NULL: memory is out. Everything is in the graph's arena.
struct sdse_onnx_edges *sdse_onnx_edges_begin(const struct sdse_onnx_graph *graph,
                                              const struct sdse_onnx_regions *regions);

// Notes what a node reads and puts out, whose layers are those from `before` on (none:
// it is part of others, or computes nothing that moves words). Nodes come in their
// order. False: memory is out.
bool sdse_onnx_edges_node(struct sdse_onnx_edges *edges,
                          const struct sdse_onnx_layers *layers,
                          const struct sdse_onnx_node *node, size_t before);

// The edges, by their readers; warns of what has none. False: memory is out.
bool sdse_onnx_edges_end(struct sdse_onnx_edges *edges,
                         const struct sdse_onnx_layers *layers,
                         const struct sdse_workload_edge **edge, size_t *count);

#endif
