// What a memory must hold, and bring in every step, where all multipliers below it
// work: bounds that hold for every mapping of every layer whose words are as wide as
// the accelerator's. A layer may say that its weights are narrower, or how wide the
// right operand of a product is: weight_bits, of a plain word, >= 1.
//
// An axis of a fan-out that is used in full is laid out with loops whose factors
// multiply to its length. Each loop either gives the children words of their own of a
// tensor or not; of all ways to choose the dimensions, the least sum over the tensors
// counts. Inputs of windows are counted as if all windows were one: fewer than there
// are, so that the bound holds whatever strides and padding do.
// Source: derived here; oracle: tests/oracle/test_lint_oracle.c.
#ifndef SDSE_DSE_LINT_FEED_H
#define SDSE_DSE_LINT_FEED_H

#include "spec/types/arch.h"

// Bits of the tiles that one instance of level `l` holds, at least, while all the
// multipliers below it work. Tensors that it may leave out, or that are in a format or
// in parts there, count nothing. 0: it keeps none; INFINITY: they cannot all work.
double sdse_least_tile_bits(const struct sdse_arch *arch, unsigned l,
                            uint32_t weight_bits);

// Bits that cross a port of one instance of level `l` in each step in which all
// multipliers below it work, at least, on layers without padding: words of the tensors
// that no memory inside keeps. tensor: that has the port of its own; -1: of the others.
// 0: none need to; also where an engine leaves words out. INFINITY: they cannot all
// work.
double sdse_least_step_bits(const struct sdse_arch *arch, unsigned l,
                            enum sdse_port port, int tensor, uint32_t weight_bits);

// Whether a memory inside level `l` keeps the tensor, or a part of it.
bool sdse_is_kept_inside(const struct sdse_arch *arch, unsigned l,
                         enum sdse_tensor tensor);

// Whether weights are stored as plain words at level `l`, whatever their form: no
// engine takes another form there.
bool sdse_weights_are_plain(const struct sdse_arch *arch, unsigned l);

#endif
