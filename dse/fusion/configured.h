// A group in a configuration that is given, not searched for: which nests it runs, and
// what each of them finds held.
#ifndef SDSE_DSE_FUSION_CONFIGURED_H
#define SDSE_DSE_FUSION_CONFIGURED_H

#include "dse/fusion/fusion.h"

// Why layers cannot be a group: what is said of one of them, after its name.
struct sdse_group_refusal {
    size_t layer;
    const char *reason; // NULL: they can
};

// What a group may be, whatever its configuration.
struct sdse_group_limits {
    unsigned may_keep; // members whose weights may be kept [set of SDSE_BIT(i)]
    uint64_t heads;    // parts that work on right operands of their own [>= 1]
    uint64_t channels; // or keys, that may come in parts; 0: they may not
    uint64_t rows;     // of the last layer
    uint64_t columns;  // likewise, if tiles may be of some [> 1]; 0: they may not
};

// Lists the kinds of nests of a group, in the order in which they are summed up,
// whether or not what is held fits; they have no points.
//
// placing   of sdse_residency_placing
// question  the group's layers (`more` >= 1), and the places of what it reads and makes
// config    tile_rows [>= 1], tile_columns [0, or < columns], tile_heads [0, or <
//           heads], tile_keys [0, or < keys, of one head], tile_channels [0, or <
//           channels, whole groups, of whole rows]; weights that may not be kept are
//           listed as if they might
// limits    out, where there is such a group
// group     out, in `arena`: `at` is 0
//
// refusal->reason: why there is no such group, or tile_columns, tile_heads, tile_keys
// or tile_channels are none that it can take (then limits are set); *group is untouched
// then. SDSE_OVERFLOW: tiles without number (dse/fusion/rows.h). SDSE_NO_MEMORY.
enum sdse_status sdse_fusion_configure(
    const struct sdse_fusion_request *request, const struct sdse_placing *placing,
    const struct sdse_place_question *question, const struct sdse_fusion_config *config,
    struct sdse_arena *arena, struct sdse_group_limits *limits,
    struct sdse_fused_group *group, struct sdse_group_refusal *refusal);

#endif
