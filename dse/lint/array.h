// Which multipliers can work at all: what the fan-outs admit, against what layers have.
#ifndef SDSE_DSE_LINT_ARRAY_H
#define SDSE_DSE_LINT_ARRAY_H

#include "spec/types/arch.h"

// Dimensions that a layer of a kind may have above 1, as a set. K and C are per group:
// a depth-wise layer has neither (K: of one filter for each channel).
unsigned sdse_kind_dims(enum sdse_layer_kind kind);

// Children along axis X (0) or Y (1) of a fan-out.
uint32_t sdse_axis_length(const struct sdse_level *level, unsigned axis);

// Dimensions that layers of a kind may spread over axis X (0) or Y (1) of the fan-out
// of level `l` by more than 1: what the fan-out admits, the dataflow of the kind allows
// and the kind has. 0 where the axis is 1 long, or nothing fills it.
unsigned sdse_axis_dims(const struct sdse_arch *arch, enum sdse_layer_kind kind,
                        unsigned l, unsigned axis);
// The same of all kinds that multiply, together.
unsigned sdse_axis_dims_of_any(const struct sdse_arch *arch, unsigned l, unsigned axis);

// The most multipliers that any mapping of the layer can have at work in one step,
// perfect or not.
//
//     min over the sets A of axes that are filled of
//         product of the lengths of A x product of the bounds of the dimensions that
//         the axes outside A take
//
// An axis uses at most its length, and all axes together at most the bound of each
// dimension: the least cut between the two, in logarithms. Exact only up to whole
// factors: a bound, never too low.
// Source: derived here (max flow = min cut); oracle: tests/oracle/test_lint_oracle.c.
double sdse_most_multipliers(const struct sdse_arch *arch,
                             const struct sdse_layer *layer);

#endif
