// Sums over the kinds of a configuration whose nests overlap. Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_OVERLAP_SUMS_H
#define SDSE_DSE_FUSION_OVERLAP_SUMS_H

#include "dse/fusion/kinds.h"

struct sdse_overlap_point {
    struct sdse_tradeoff at; // the first member, as tradeoff.h has it
    const uint32_t *choice;  // element of each kind's answer
};

// Whether something that takes no less may be of use; false: it is left out.
typedef bool (*sdse_overlap_may_help)(const void *context,
                                      const struct sdse_tradeoff *least);

// The front of energy and latency of kinds that are all answered, what is of no use
// left out, by rising energy. point: out, [*count]; in `arena`.
enum sdse_status sdse_overlap_sum(const struct sdse_kinds *kinds,
                                  sdse_overlap_may_help may_help, const void *context,
                                  struct sdse_arena *arena, size_t *count,
                                  struct sdse_overlap_point **point);

#endif
