#include "dse/rules.h"

#include <string.h>

static void open_level(struct sdse_level_rules *level, const struct sdse_level *arch) {
    memset(level, 0, sizeof *level);
    for (int d = 0; d < SDSE_DIMS; d++) {
        level->temporal_min[d] = level->spatial_min[d] = 1;
        level->temporal_max[d] = arch->carries_loops ? UINT64_MAX : 1;
        level->spatial_max[d] = (uint64_t)arch->fanout_x * arch->fanout_y;
    }
    level->axis_dims[0] = arch->dims_x;
    level->axis_dims[1] = arch->dims_y;
}

static void raise_to(uint64_t *limit, uint64_t value) {
    if (*limit < value)
        *limit = value;
}

static void lower_to(uint64_t *limit, uint64_t value) {
    if (*limit > value)
        *limit = value;
}

// bound: of the layer; a floor asks for no more than that.
static void apply_to_dim(struct sdse_level_rules *level, int d, uint64_t bound,
                         const struct sdse_constraint *constraint) {
    const uint64_t value = constraint->value;
    const uint64_t floor = value < bound ? value : bound;
    switch (constraint->kind) {
    case SDSE_FACTOR_EQUAL:
        if (value == UINT64_MAX) {
            level->all_of |= SDSE_BIT(d);
            break;
        }
        raise_to(&level->temporal_min[d], value);
        lower_to(&level->temporal_max[d], value);
        break;
    case SDSE_FACTOR_AT_MOST:
        lower_to(&level->temporal_max[d], value);
        break;
    case SDSE_FACTOR_AT_LEAST:
        raise_to(&level->temporal_min[d], floor);
        break;
    case SDSE_SPATIAL_EQUAL:
        raise_to(&level->spatial_min[d], value);
        lower_to(&level->spatial_max[d], value);
        break;
    case SDSE_SPATIAL_AT_MOST:
        lower_to(&level->spatial_max[d], value);
        break;
    case SDSE_SPATIAL_AT_LEAST:
        raise_to(&level->spatial_min[d], floor);
        break;
    default:
        break;
    }
}

static void apply(struct sdse_level_rules *level, const struct sdse_nest *nest,
                  const struct sdse_constraint *constraint) {
    switch (constraint->kind) {
    case SDSE_TEMPORAL_DIMS:
        for (int d = 0; d < SDSE_DIMS; d++)
            if (!(constraint->dims >> d & 1u))
                lower_to(&level->temporal_max[d], 1);
        break;
    case SDSE_SPATIAL_X_DIMS:
        level->axis_dims[0] &= constraint->dims;
        break;
    case SDSE_SPATIAL_Y_DIMS:
        level->axis_dims[1] &= constraint->dims;
        break;
    case SDSE_STATIONARY:
        level->stationary |= SDSE_BIT(constraint->tensor);
        break;
    case SDSE_UTILIZATION_AT_LEAST:
        if (level->utilization < constraint->fraction)
            level->utilization = constraint->fraction;
        break;
    default:
        for (int d = 0; d < SDSE_DIMS; d++)
            if (constraint->dims >> d & 1u)
                apply_to_dim(level, d, nest->bound[d], constraint);
    }
}

void sdse_rules_init(struct sdse_rules *rules, const struct sdse_arch *arch,
                     const struct sdse_layer *layer) {
    memset(rules, 0, sizeof *rules);
    for (unsigned l = 0; l < arch->level_count; l++)
        open_level(&rules->level[l], &arch->level[l]);
    for (size_t i = 0; i < arch->dataflow_count && !rules->dataflow; i++)
        if (arch->dataflows[i].kinds >> layer->kind & 1u)
            rules->dataflow = &arch->dataflows[i];
    if (!rules->dataflow)
        return;
    for (size_t i = 0; i < rules->dataflow->constraint_count; i++) {
        const struct sdse_constraint *constraint = &rules->dataflow->constraints[i];
        apply(&rules->level[constraint->level], &layer->nest, constraint);
    }
}

static bool admit_order(unsigned stationary, const struct sdse_loops *loops) {
    for (int t = 0; t < SDSE_TENSORS; t++) {
        if (!(stationary >> t & 1u))
            continue;
        bool resting = false;
        for (unsigned i = 0; i < loops->count; i++) {
            if (loops->loop[i].factor == 1)
                continue;
            const bool moves = sdse_dim_moves(loops->loop[i].dim, (enum sdse_tensor)t);
            if (resting && moves)
                return false;
            resting |= !moves;
        }
    }
    return true;
}

static bool admit_level(const struct sdse_level_rules *rules,
                        const struct sdse_level *arch,
                        const struct sdse_mapping_level *level) {
    uint64_t temporal[SDSE_DIMS], spatial[SDSE_DIMS], used[2] = {1, 1};
    for (int d = 0; d < SDSE_DIMS; d++)
        temporal[d] = spatial[d] = 1;
    for (unsigned i = 0; i < level->temporal.count; i++)
        temporal[level->temporal.loop[i].dim] *= level->temporal.loop[i].factor;
    for (int axis = 0; axis < 2; axis++)
        for (unsigned i = 0; i < level->spatial[axis].count; i++) {
            const struct sdse_loop loop = level->spatial[axis].loop[i];
            if (loop.factor > 1 && !(rules->axis_dims[axis] >> loop.dim & 1u))
                return false;
            spatial[loop.dim] *= loop.factor;
            used[axis] *= loop.factor;
        }
    if (used[0] > arch->fanout_x || used[1] > arch->fanout_y)
        return false;
    if ((double)(used[0] * used[1]) <
        rules->utilization * (double)arch->fanout_x * (double)arch->fanout_y)
        return false;
    for (int d = 0; d < SDSE_DIMS; d++)
        if (temporal[d] < rules->temporal_min[d] ||
            temporal[d] > rules->temporal_max[d] ||
            spatial[d] < rules->spatial_min[d] || spatial[d] > rules->spatial_max[d])
            return false;
    return admit_order(rules->stationary, &level->temporal);
}

bool sdse_rules_admit(const struct sdse_rules *rules, const struct sdse_arch *arch,
                      const struct sdse_mapping *mapping) {
    unsigned closed = 0; // dims of which nothing may remain
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_mapping_level *level = &mapping->level[l];
        if (!admit_level(&rules->level[l], &arch->level[l], level))
            return false;
        const struct sdse_loops *loops[3] = {&level->temporal, &level->spatial[0],
                                             &level->spatial[1]};
        for (int k = 0; k < 3; k++)
            for (unsigned i = 0; i < loops[k]->count; i++)
                if (loops[k]->loop[i].factor > 1 &&
                    closed >> loops[k]->loop[i].dim & 1u)
                    return false;
        closed |= rules->level[l].all_of;
    }
    return true;
}
