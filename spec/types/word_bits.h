// How wide the words of a layer are on an accelerator.
#ifndef SDSE_SPEC_TYPES_WORD_BITS_H
#define SDSE_SPEC_TYPES_WORD_BITS_H

#include "spec/types/arch.h"
#include "spec/types/workload.h"

// Bits of a plain word of a layer's tensor that would have `bits`: those, unless the
// layer says how wide its right operand is, or that its weights are stored narrower.
static inline uint32_t sdse_layer_word_bits(const struct sdse_layer *layer,
                                            enum sdse_tensor tensor, uint32_t bits) {
    const uint32_t own =
        tensor == SDSE_WEIGHTS && layer->kind <= SDSE_MATMUL ? layer->weight_bits : 0;
    return own && (layer->kind == SDSE_MATMUL || own < bits) ? own : bits;
}

// The same as wide as the accelerator has them.
static inline uint32_t sdse_word_bits(const struct sdse_arch *arch,
                                      const struct sdse_layer *layer,
                                      enum sdse_tensor tensor) {
    return sdse_layer_word_bits(layer, tensor, arch->bits[tensor]);
}

#endif
