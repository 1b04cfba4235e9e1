// What the mapper answers: the best points with their proof, or why there is none.
#ifndef SDSE_DSE_MAPPER_ANSWER_H
#define SDSE_DSE_MAPPER_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "costmodel/evaluate.h"

// Why there is no mapping; made by dse/refusal.
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

enum sdse_map_status {
    SDSE_MAP_OPTIMAL,     // proved
    SDSE_MAP_LIMIT,       // a limit was reached: the best so far, with bound and gap
    SDSE_MAP_INTERRUPTED, // stopped: the same
    SDSE_MAP_NONE         // no valid mapping exists: `reason` says why
};

struct sdse_map_point {
    struct sdse_totals totals;
    struct sdse_mapping mapping;
};

struct sdse_map_answer {
    enum sdse_map_status status;
    // The best points: one, or the front by rising energy. Empty if nothing was found.
    size_t point_count;
    struct sdse_map_point *point;
    double lower_bound; // of the objective's value; of a front: of the energy of
                        // mappings that are not found
    // value / lower bound - 1; 0 when proved. Of a front: every mapping is within
    // 1 + gap of a point found, in energy and in latency.
    double gap;
    const char *reason; // SDSE_MAP_NONE: the level and tensor or the constraint at
                        // fault, and the smallest change that admits a mapping
    struct sdse_refusal refusal; // SDSE_MAP_NONE: all of it
    size_t variants;             // of keepers and padded bounds
    double log10_mappings;       // in the space (sdse_mapper_space)
    uint64_t nodes, evaluations;
    double seconds;
};

#endif
