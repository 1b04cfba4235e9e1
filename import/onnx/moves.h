// Nodes that move words and multiply nothing, as layers: pools, sums of maps,
// normalisation, softmax and functions of each word.
//
//     onnx-moves  (warning) such nodes whose shapes are not known are no layers
#ifndef SDSE_IMPORT_ONNX_MOVES_H
#define SDSE_IMPORT_ONNX_MOVES_H

#include "import/onnx/maker.h"

// Finds out what is a constant, what one function; false if memory is out.
bool sdse_moves_begin(struct sdse_maker *maker);

struct sdse_onnx_regions;
const struct sdse_onnx_regions *sdse_moves_regions(const struct sdse_maker *maker);

// Makes the layers of maker->node, or adds its operations to the layer before it.
// `product`: the node has become a layer that multiplies. False if memory is out, or a
// size is refused with a diagnostic.
bool sdse_moves_node(struct sdse_maker *maker, bool product);

// Before a layer that multiplies is added: batch normalisation, and the scale of
// integer products, become part of its weights.
void sdse_moves_scale(struct sdse_maker *maker);

// Whether the product that maker->node has become reads weights whose numbers are not
// known: computed from constants by operators that are not worked out, or, of a
// convolution, while the model runs. Then says so, and fills in *out.
bool sdse_moves_unknown_weights(const struct sdse_maker *maker,
                                struct sdse_not_modelled *out);

// Says how many nodes had no known shape.
void sdse_moves_end(struct sdse_maker *maker);

#endif
