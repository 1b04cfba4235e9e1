#include "dse/lint/array.h"

#include <math.h>

#include "dse/mapper/rules.h"

unsigned sdse_kind_dims(enum sdse_layer_kind kind) {
    const unsigned all = SDSE_BIT(SDSE_DIMS) - 1;
    const unsigned taps = SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S);
    switch (kind) {
    case SDSE_CONV1X1:
        return all & ~taps;
    case SDSE_DWCONV:
        return all & ~(SDSE_BIT(SDSE_K) | SDSE_BIT(SDSE_C));
    case SDSE_FC:
        return SDSE_BIT(SDSE_N) | SDSE_BIT(SDSE_K) | SDSE_BIT(SDSE_C) |
               SDSE_BIT(SDSE_P);
    case SDSE_MATMUL:
        return all & ~(taps | SDSE_BIT(SDSE_Q));
    default:
        return all;
    }
}

uint32_t sdse_axis_length(const struct sdse_level *level, unsigned axis) {
    return axis ? level->fanout_y : level->fanout_x;
}

// Of a layer whose bounds are known: what it may spread over an axis.
static unsigned axis_dims_of(const struct sdse_rules *rules,
                             const struct sdse_layer *layer, unsigned l,
                             unsigned axis) {
    const struct sdse_level_rules *level = &rules->level[l];
    unsigned dims = level->axis_dims[axis];
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (layer->nest.bound[d] <= 1 || level->spatial_max[d] <= 1)
            dims &= ~SDSE_BIT(d);
    return dims;
}

unsigned sdse_axis_dims(const struct sdse_arch *arch, enum sdse_layer_kind kind,
                        unsigned l, unsigned axis) {
    enum { PLENTY = 1 << 20 };
    if (sdse_axis_length(&arch->level[l], axis) <= 1)
        return 0;
    struct sdse_layer any = {.kind = kind, .repeat = 1};
    const unsigned dims = sdse_kind_dims(kind);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        any.nest.bound[d] = dims >> d & 1u ? PLENTY : 1;
    struct sdse_rules rules;
    sdse_rules_init(&rules, arch, &any);
    return axis_dims_of(&rules, &any, l, axis);
}

unsigned sdse_axis_dims_of_any(const struct sdse_arch *arch, unsigned l,
                               unsigned axis) {
    unsigned dims = 0;
    for (unsigned kind = 0; kind < SDSE_MAPPED_KINDS; kind++)
        dims |= sdse_axis_dims(arch, (enum sdse_layer_kind)kind, l, axis);
    return dims;
}

double sdse_most_multipliers(const struct sdse_arch *arch,
                             const struct sdse_layer *layer) {
    struct sdse_rules rules;
    sdse_rules_init(&rules, arch, layer);
    unsigned count = 0, dims[2 * SDSE_MAX_LEVELS];
    double length[2 * SDSE_MAX_LEVELS];
    for (unsigned l = 0; l < arch->level_count; l++)
        for (unsigned axis = 0; axis < 2; axis++) {
            const unsigned taken = axis_dims_of(&rules, layer, l, axis);
            if (sdse_axis_length(&arch->level[l], axis) <= 1 || !taken)
                continue;
            length[count] = sdse_axis_length(&arch->level[l], axis);
            dims[count++] = taken;
        }
    double least = (double)INFINITY;
    for (unsigned cut = 0; cut < 1u << count; cut++) {
        double used = 1;
        unsigned open = 0; // dimensions of the axes that are not cut
        for (unsigned a = 0; a < count; a++) {
            if (cut >> a & 1u)
                used *= length[a];
            else
                open |= dims[a];
        }
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            used *= open >> d & 1u ? (double)layer->nest.bound[d] : 1;
        least = fmin(least, used);
    }
    return least;
}
