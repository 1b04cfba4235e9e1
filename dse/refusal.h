// Why there is no mapping, and what would admit one, in words.
#ifndef SDSE_DSE_REFUSAL_H
#define SDSE_DSE_REFUSAL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"

struct sdse_problem;
struct sdse_variant_space;

struct sdse_refusal {
    // The level and constraint, or the level and tensors, that cannot be met, the
    // smallest tile and how far off it is; or the demands that contradict each other.
    const char *cause;
    // The same and the smallest change that admits a mapping, without places in files.
    const char *reason;
    // Lines without line ends: all changes, smallest first, and the demands that
    // contradict each other.
    size_t line_count;
    const char **line;
};

// Explains why none of the variants of a problem (what levels keep) [>= 1] has a valid
// mapping, nor any padding of them that the mapper's `space` admits. Bounded effort:
// what was not decided is said to be so. Lives in `arena`. SDSE_NO_MEMORY. Measures of
// changes: struct sdse_change; docs/mapper.md.
enum sdse_status sdse_refusal_explain(const struct sdse_variant_space *space,
                                      struct sdse_problem *const *variants,
                                      size_t variant_count, struct sdse_arena *arena,
                                      struct sdse_refusal *refusal);

#endif
