// Descriptions as text that people read: `sdse show`.
#ifndef SDSE_SPEC_SHOW_H
#define SDSE_SPEC_SHOW_H

#include <stdio.h>

#include "spec/place.h"
#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/workload.h"

// The hierarchy with sizes, costs, fan-outs and networks, then every number with its
// mark and source. Write errors show in ferror(out), as with printf.
void sdse_show_arch(FILE *out, const struct sdse_arch *arch);

// Every number with its unit, mark and source, a line each under a line of headings.
void sdse_show_numbers(FILE *out, const struct sdse_arch *arch);

// Words and work of one execution of a layer. Weights: of the second operand, stored or
// not; inputs: as often as they are read by a layer that only moves words.
struct sdse_layer_work {
    uint64_t macs, vector_operations, weights, inputs, outputs;
};
struct sdse_layer_work sdse_layer_work(const struct sdse_layer *layer);

// The layer table: loop bounds, MACs, parameters, input and output words of one of the
// repeated layers; totals count repeats.
void sdse_show_workload(FILE *out, const struct sdse_workload *net);

// The loop nest with the buffers drawn in: before a level's loops, the words of the
// tile each tensor keeps there. Positions of one memory (spec/split.h) are drawn where
// they stand in the nest. layer NULL: as far as the loops reach.
void sdse_show_mapping(FILE *out, const struct sdse_arch *arch,
                       const struct sdse_layer *layer,
                       const struct sdse_mapping *mapping);

// Draws where a mapping's file says that tensors are: a line each; nothing without
// places.
void sdse_show_places(FILE *out, const struct sdse_arch *arch,
                      const struct sdse_placement *placement);

#endif
