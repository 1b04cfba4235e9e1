#include "dse/refusal/demand_text.h"

#include <inttypes.h>

// " (file:line:column)", or nothing for an accelerator that no file describes.
static const char *place(struct sdse_loc loc, bool places, struct sdse_arena *arena) {
    if (!places || !loc.file || !loc.line)
        return "";
    return sdse_arena_printf(arena, " (%s:%u:%u)", loc.file, loc.line, loc.column);
}

static const char *letters(unsigned dims, struct sdse_arena *arena) {
    const char *text = "";
    for (int d = 0; text && d < SDSE_DIMS; d++)
        if (dims >> d & 1u)
            text = sdse_arena_printf(arena, "%s%s%c", text, *text ? ", " : "",
                                     sdse_dim_letters[d]);
    return text;
}

static const char *key_of(enum sdse_constraint_kind kind) {
    static const char *const keys[] = {
        "factors",       "factors_at_most", "factors_at_least",
        "spatial",       "spatial_at_most", "spatial_at_least",
        "temporal_dims", "spatial_x_dims",  "spatial_y_dims",
        "stationary",    "order",           "utilization_at_least"};
    return keys[kind];
}

static const char *order_text(const struct sdse_constraint *constraint,
                              struct sdse_arena *arena) {
    const char *text = sdse_arena_printf(arena, "%s: [", key_of(constraint->kind));
    for (unsigned i = 0; text && i < constraint->order_count; i++)
        text = sdse_arena_printf(arena, "%s%s%c", text, i ? ", " : "",
                                 sdse_dim_letters[constraint->order[i]]);
    return text ? sdse_arena_printf(arena, "%s]", text) : NULL;
}

static const char *constraint_text(const struct sdse_problem *problem,
                                   const struct sdse_constraint *constraint,
                                   bool places, struct sdse_arena *arena) {
    const char *key = key_of(constraint->kind);
    const char *dims = letters(constraint->dims, arena);
    const char *where = place(constraint->loc, places, arena);
    const char *what;
    if (!dims || !where)
        return NULL;
    switch (constraint->kind) {
    case SDSE_TEMPORAL_DIMS:
    case SDSE_SPATIAL_X_DIMS:
    case SDSE_SPATIAL_Y_DIMS:
        what = sdse_arena_printf(arena, "%s: [%s]", key, dims);
        break;
    case SDSE_STATIONARY:
        what = sdse_arena_printf(arena, "%s: %s", key,
                                 sdse_tensor_name(constraint->tensor));
        break;
    case SDSE_LOOP_ORDER:
        what = order_text(constraint, arena);
        break;
    case SDSE_UTILIZATION_AT_LEAST:
        what = sdse_arena_printf(arena, "%s: %g", key, constraint->fraction);
        break;
    default:
        what = constraint->value == UINT64_MAX
                   ? sdse_arena_printf(arena, "%s: {%s: all}", key, dims)
                   : sdse_arena_printf(arena, "%s: {%s: %" PRIu64 "}", key, dims,
                                       constraint->value);
    }
    if (!what)
        return NULL;
    return sdse_arena_printf(arena, "'%s' of level '%s'%s", what,
                             problem->arch->level[constraint->level].name, where);
}

static const char *bits_text(uint64_t bits, struct sdse_arena *arena) {
    if (bits < 8192)
        return sdse_arena_printf(arena, "%" PRIu64 " bits", bits);
    return sdse_arena_printf(arena, "%" PRIu64 " bits (%.6g KiB)", bits,
                             (double)bits / 8192);
}

const char *sdse_demand_text(const struct sdse_problem *problem,
                             const struct sdse_demand *demand, bool places,
                             struct sdse_arena *arena) {
    if (!demand->capacity)
        return constraint_text(
            problem, &problem->rules.dataflow->constraints[demand->constraint], places,
            arena);
    const struct sdse_level *level = &problem->arch->level[demand->level];
    const char *bits = bits_text(level->capacity_bits, arena);
    const char *where = place(level->loc, places, arena);
    return bits && where ? sdse_arena_printf(arena, "the %s of level '%s'%s", bits,
                                             level->name, where)
                         : NULL;
}

static const char *level_change(const struct sdse_problem *problem,
                                const struct sdse_change *change, bool places,
                                struct sdse_arena *arena) {
    const struct sdse_level *level = &problem->arch->level[change->level];
    const char axis = change->axis ? 'Y' : 'X';
    const char *where =
        place(change->kind == SDSE_CHANGE_CAPACITY ? level->loc : level->fanout_loc,
              places, arena);
    if (!where)
        return NULL;
    if (change->kind == SDSE_CHANGE_CAPACITY) {
        const char *bits = bits_text(change->value, arena);
        return bits ? sdse_arena_printf(arena,
                                        "%s in level '%s', not %" PRIu64
                                        "%s: %.4g times as many",
                                        bits, level->name, level->capacity_bits, where,
                                        change->measure)
                    : NULL;
    }
    if (change->kind == SDSE_CHANGE_FANOUT) {
        return sdse_arena_printf(arena,
                                 "%" PRIu64 " instances on %c below level '%s', not "
                                 "%" PRIu32 "%s: %.4g times as many",
                                 change->value, axis, level->name,
                                 change->axis ? level->fanout_y : level->fanout_x,
                                 where, change->measure);
    }
    const char *dims = letters(change->dims, arena);
    return dims ? sdse_arena_printf(arena, "%s spatial on %c below level '%s'%s", dims,
                                    axis, level->name, where)
                : NULL;
}

const char *sdse_change_text(const struct sdse_problem *problem,
                             const struct sdse_change *change, bool places,
                             struct sdse_arena *arena) {
    if (change->kind >= SDSE_CHANGE_CAPACITY)
        return level_change(problem, change, places, arena);
    const struct sdse_constraint *constraint =
        &problem->rules.dataflow->constraints[change->constraint];
    const char *text = constraint_text(problem, constraint, places, arena);
    const char *dims = letters(change->dims, arena);
    if (!text || !dims)
        return NULL;
    switch (change->kind) {
    case SDSE_CHANGE_VALUE:
        return sdse_arena_printf(arena, "%s with %" PRIu64 " for %" PRIu64, text,
                                 change->value, constraint->value);
    case SDSE_CHANGE_FRACTION:
        return sdse_arena_printf(arena, "%s with %.6g for %g", text, change->fraction,
                                 constraint->fraction);
    case SDSE_CHANGE_DIMS:
        return sdse_arena_printf(arena, "%s with %s as well", text, dims);
    default:
        return sdse_arena_printf(arena, "%s dropped", text);
    }
}
