#include "dse/mapper/rules.h"

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
    case SDSE_LOOP_ORDER:
        for (unsigned i = 0; i < constraint->order_count; i++)
            for (unsigned j = i + 1; j < constraint->order_count; j++)
                level->inside[constraint->order[i]] |= SDSE_BIT(constraint->order[j]);
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

void sdse_rules_close_empty(struct sdse_rules *rules, const struct sdse_arch *arch,
                            const unsigned *keeps) {
    for (unsigned l = 0; l < arch->level_count; l++)
        for (int d = 0; d < SDSE_DIMS; d++)
            if (arch->level[l].shares_memory && !keeps[l])
                rules->level[l].temporal_max[d] = 1;
}

unsigned sdse_rules_innermost(const struct sdse_level_rules *level, unsigned dims) {
    unsigned innermost = dims;
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const unsigned resting = dims & ~sdse_tensor_dims((enum sdse_tensor)t);
        if (level->stationary >> t & 1u && resting)
            innermost &= resting;
    }
    for (int d = 0; d < SDSE_DIMS; d++)
        if (level->inside[d] & dims)
            innermost &= ~SDSE_BIT(d);
    return innermost;
}
