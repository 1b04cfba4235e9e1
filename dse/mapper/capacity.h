// Which tiles fit their memories.
#ifndef SDSE_DSE_MAPPER_CAPACITY_H
#define SDSE_DSE_MAPPER_CAPACITY_H

#include "dse/mapper/partial.h"

// Whether a tile fits level `open` and the levels inside that hold the same tile,
// beside those of the positions outside in the same memory (entered[l]: the node at
// level l).
//
// smallest: the tile can still grow. Sums of which it is not known whether they are
// finished take what they take at least.
bool sdse_tiles_fit(const struct sdse_problem *problem,
                    const struct sdse_partial *entered, unsigned open,
                    const uint16_t *index, bool smallest);

// Whether the sums of the keeper outside `level` fit it, now that the node stands at
// `level`: if it keeps sums too, those that arrive outside are finished, or are not.
// And whether outputs at home do, as soon as parts of sums surely arrive there.
bool sdse_sums_fit(const struct sdse_problem *problem, const struct sdse_choice *path,
                   const struct sdse_partial *entered, unsigned level);

// Tensors whose tile the next keeper inside level l cannot hold in all its instances,
// so that a loop that moves them must come in between: nothing outside stays open.
unsigned sdse_tile_closes(const struct sdse_problem *problem, unsigned l,
                          const uint16_t *index);

#endif
