// Why there is no mapping, and what would admit one, in words.
#ifndef SDSE_DSE_REFUSAL_REFUSAL_H
#define SDSE_DSE_REFUSAL_REFUSAL_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/mapper/answer.h"

struct sdse_problem;
struct sdse_variant_space;

// Explains why none of the variants of a problem (what levels keep) [>= 1] has a valid
// mapping, nor any padding of them that the mapper's `space` admits. Bounded effort:
// what was not decided is said to be so. Lives in `arena`. SDSE_NO_MEMORY. Measures of
// changes: struct sdse_change; docs/mapper.md.
enum sdse_status sdse_refusal_explain(const struct sdse_variant_space *space,
                                      struct sdse_problem *const *variants,
                                      size_t variant_count, struct sdse_arena *arena,
                                      struct sdse_refusal *refusal);

#endif
