#include "dse/refusal/refusal.h"

#include <inttypes.h>
#include <math.h>

#include "costmodel/pattern.h"
#include "dse/mapper/problem.h"
#include "dse/refusal/demand_text.h"

// A limit on one dimension that no divisor of its bound meets.
static const char *refuse_factor(const struct sdse_problem *problem, unsigned l, int d,
                                 const char *what, uint64_t low, uint64_t high,
                                 struct sdse_arena *arena) {
    const uint64_t bound = problem->layer->nest.bound[d];
    for (unsigned i = 0; i < problem->lattice.count[d]; i++) {
        const uint64_t value = problem->lattice.value[d][i];
        if (value >= low && value <= high)
            return "";
    }
    if (low > high) {
        return sdse_arena_printf(
            arena,
            "level '%s': constraints on the %s factor of %c "
            "contradict each other: at least %" PRIu64 " and at most %" PRIu64,
            problem->arch->level[l].name, what, sdse_dim_letters[d], low, high);
    }
    return sdse_arena_printf(arena,
                             "level '%s': no divisor of %c = %" PRIu64
                             " is a %s factor of at least %" PRIu64,
                             problem->arch->level[l].name, sdse_dim_letters[d], bound,
                             what, low);
}

static const char *refuse_limits(const struct sdse_problem *problem,
                                 struct sdse_arena *arena) {
    for (unsigned l = 0; l < problem->levels; l++) {
        const struct sdse_level_rules *rules = &problem->rules.level[l];
        for (int d = 0; d < SDSE_DIMS; d++) {
            const char *text =
                refuse_factor(problem, l, d, "temporal", rules->temporal_min[d],
                              rules->temporal_max[d], arena);
            if (text && !*text)
                text = refuse_factor(problem, l, d, "spatial", rules->spatial_min[d],
                                     rules->spatial_max[d], arena);
            if (!text || *text)
                return text;
        }
        if (!problem->spreads[l].count) {
            return sdse_arena_printf(
                arena,
                "level '%s': no spatial factors on its %" PRIu32 " x %" PRIu32
                " fan-out meet its constraints (least used fraction %g)",
                problem->arch->level[l].name, problem->arch->level[l].fanout_x,
                problem->arch->level[l].fanout_y, rules->utilization);
        }
    }
    return "";
}

// Dimensions that no level may step through or place.
static const char *refuse_coverage(const struct sdse_problem *problem,
                                   struct sdse_arena *arena) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        const uint64_t bound = problem->layer->nest.bound[d];
        const bool anywhere =
            problem->later[0] >> d & 1u || problem->rules.level[0].temporal_max[d] > 1;
        if (bound > 1 && !anywhere)
            return sdse_arena_printf(arena, "no level admits a loop over %c = %" PRIu64,
                                     sdse_dim_letters[d], bound);
    }
    return "";
}

// The smallest tile of a level: what constraints force inside it, else one iteration.
static void smallest_tile(const struct sdse_problem *problem, unsigned level,
                          uint64_t size[SDSE_DIMS]) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        size[d] = 1;
        for (unsigned l = level; l < problem->levels; l++) {
            const struct sdse_level_rules *rules = &problem->rules.level[l];
            size[d] *= rules->temporal_min[d] * rules->spatial_min[d];
        }
        uint64_t outside = 1; // what can be taken outside at most
        bool open = false;
        for (unsigned l = 0; l < level; l++) {
            const struct sdse_level_rules *rules = &problem->rules.level[l];
            open |= rules->temporal_max[d] > 1;
            uint64_t most = 1;
            for (size_t i = 0; i < problem->spreads[l].count; i++)
                if (problem->spreads[l].spread[i].factor[d] > most)
                    most = problem->spreads[l].spread[i].factor[d];
            outside *= most;
        }
        const uint64_t bound = problem->layer->nest.bound[d];
        if (!open && bound / outside > size[d])
            size[d] = bound / outside;
    }
}

static const char *refuse_capacity(const struct sdse_problem *problem,
                                   struct sdse_arena *arena) {
    for (unsigned l = 0; l < problem->levels; l++) {
        if (isinf(problem->capacity_bits[l]))
            continue;
        uint64_t size[SDSE_DIMS];
        smallest_tile(problem, l, size);
        double bits = problem->basis_bits[l] * (double)(size[SDSE_G] * size[SDSE_K]);
        double largest = bits;
        const char *tensor = "basis";
        for (int t = 0; t < SDSE_TENSORS; t++) {
            uint64_t words;
            if (!sdse_largest_tile_words(&problem->model->layer->nest,
                                         (enum sdse_tensor)t, size,
                                         problem->arch->level[l].fetch_gaps, &words))
                return NULL;
            const double part =
                fmin(problem->tile_bits[l][t][0], problem->tile_bits[l][t][1]) *
                (double)words;
            bits += part;
            if (part > largest) {
                largest = part;
                tensor = sdse_tensor_name((enum sdse_tensor)t);
            }
        }
        if (bits > problem->capacity_bits[l]) {
            return sdse_arena_printf(
                arena,
                "level '%s': its smallest tile takes %.0f bits (most of them %s) but "
                "%.0f bits fit: %.3g times too small",
                problem->arch->level[l].name, bits, tensor, problem->capacity_bits[l],
                bits / problem->capacity_bits[l]);
        }
    }
    return "";
}

static const char *find_cause(const struct sdse_problem *problem,
                              struct sdse_arena *arena) {
    const char *text = refuse_limits(problem, arena);
    if (text && !*text)
        text = refuse_coverage(problem, arena);
    if (text && !*text)
        text = refuse_capacity(problem, arena);
    return text;
}

// The first variant's, if every variant has one.
static const char *common_cause(struct sdse_problem *const *variants, size_t count,
                                struct sdse_arena *arena) {
    const char *text = find_cause(variants[0], arena);
    for (size_t i = 1; text && *text && i < count; i++) {
        const char *other = find_cause(variants[i], arena);
        if (!other || !*other)
            text = other;
    }
    return text;
}

// --- What would admit a mapping ---

enum {
    EFFORT = 20000000, // steps for changes, and again for contradictions
    MOST_LINES = 24,
    MOST_CHANGES_SHOWN = 6,
    MOST_PAIRS_SHOWN = 8
};

static bool add_line(struct sdse_refusal *refusal, const char *line) {
    if (line && refusal->line_count < MOST_LINES)
        refusal->line[refusal->line_count++] = line;
    return line;
}

static bool add_changes(const struct sdse_problem *problem,
                        const struct sdse_relaxations *found, struct sdse_arena *arena,
                        struct sdse_refusal *refusal) {
    const bool decided = found->changes_decided;
    if (!found->change_count)
        return add_line(refusal, decided ? "no single change admits a mapping"
                                         : "not decided whether a single change admits "
                                           "a mapping: the search was given up");
    for (size_t i = 0; i < found->change_count; i++) {
        if (i == MOST_CHANGES_SHOWN)
            return add_line(refusal, sdse_arena_printf(arena, "or one of %zu more",
                                                       found->change_count - i));
        const char *text = sdse_change_text(problem, &found->change[i], true, arena);
        if (!text)
            return false;
        const char *first = decided
                                ? "smallest change that admits one: "
                                : "a change that admits one (not all were decided): ";
        if (!add_line(refusal,
                      sdse_arena_printf(arena, "%s%s", i ? "or: " : first, text)))
            return false;
    }
    return true;
}

// "A and B contradict each other", and the like.
static const char *conflict_text(const struct sdse_problem *problem,
                                 const struct sdse_demand *demand, size_t count,
                                 bool places, struct sdse_arena *arena) {
    const char *joined = "";
    for (size_t i = 0; joined && i < count; i++) {
        const char *text = sdse_demand_text(problem, &demand[i], places, arena);
        const char *glue = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        joined = text ? sdse_arena_printf(arena, "%s%s%s", joined, glue, text) : NULL;
    }
    const char *verdict = count == 1   ? "cannot be met by any mapping"
                          : count == 2 ? "contradict each other"
                                       : "cannot be met together";
    return joined ? sdse_arena_printf(arena, "%s %s", joined, verdict) : NULL;
}

static bool add_conflicts(const struct sdse_problem *problem,
                          const struct sdse_conflicts *found, struct sdse_arena *arena,
                          struct sdse_refusal *refusal) {
    for (size_t i = 0; i < found->single_count; i++)
        if (!add_line(refusal,
                      conflict_text(problem, &found->single[i], 1, true, arena)))
            return false;
    for (size_t i = 0; i < found->pair_count; i++) {
        if (i == MOST_PAIRS_SHOWN) {
            add_line(refusal, sdse_arena_printf(arena, "and %zu more pairs contradict",
                                                found->pair_count - i));
            break;
        }
        if (!add_line(refusal, conflict_text(problem, found->pair[i], 2, true, arena)))
            return false;
    }
    if (found->group_count &&
        !add_line(refusal, conflict_text(problem, found->group, found->group_count,
                                         true, arena)))
        return false;
    return found->decided ||
           add_line(refusal, "not all contradictions were decided: the search was "
                             "given up");
}

// What stands for a cause when no level and no limit is at fault alone.
static const char *main_conflict(const struct sdse_problem *problem,
                                 const struct sdse_conflicts *found,
                                 struct sdse_arena *arena) {
    if (found->single_count)
        return conflict_text(problem, &found->single[0], 1, false, arena);
    if (found->pair_count)
        return conflict_text(problem, found->pair[0], 2, false, arena);
    if (found->group_count)
        return conflict_text(problem, found->group, found->group_count, false, arena);
    return "its constraints and capacities cannot be met together";
}

enum sdse_status sdse_refusal_explain(const struct sdse_variant_space *space,
                                      struct sdse_problem *const *variants,
                                      size_t variant_count, struct sdse_arena *arena,
                                      struct sdse_refusal *refusal) {
    const struct sdse_problem *problem = variants[0];
    *refusal = (struct sdse_refusal){
        .cause = common_cause(variants, variant_count, arena),
        .line = SDSE_ARENA_ARRAY(arena, const char *, MOST_LINES)};
    // It speaks of divisors: padded bounds have others.
    if (refusal->cause && *refusal->cause && space->padding_percent)
        refusal->cause =
            sdse_arena_printf(arena, "with perfect factors, %s", refusal->cause);
    struct sdse_arena *scratch = sdse_arena_new();
    enum sdse_status status = SDSE_NO_MEMORY;
    if (!scratch || !refusal->cause || !refusal->line)
        goto done;
    struct sdse_feasibility questions;
    struct sdse_relaxations changes;
    struct sdse_conflicts conflicts;
    sdse_feasibility_init(&questions, space, variants, variant_count, EFFORT, scratch);
    if (!sdse_find_relaxations(&questions, &changes) ||
        !add_changes(problem, &changes, arena, refusal))
        goto done;
    questions.effort = EFFORT;
    if (!sdse_find_conflicts(&questions, &conflicts) ||
        !add_conflicts(problem, &conflicts, arena, refusal))
        goto done;
    if (!*refusal->cause)
        refusal->cause = main_conflict(problem, &conflicts, arena);
    const char *change =
        changes.change_count
            ? sdse_change_text(problem, &changes.change[0], false, arena)
            : NULL;
    refusal->reason = refusal->cause;
    if (change)
        refusal->reason = sdse_arena_printf(arena, "%s; a mapping exists with %s",
                                            refusal->cause, change);
    if (refusal->cause && refusal->reason)
        status = SDSE_OK;
done:
    sdse_arena_free(scratch);
    return status;
}
