#include "dse/refusal.h"

#include <inttypes.h>
#include <math.h>

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
            const double part =
                fmin(problem->tile_bits[l][t][0], problem->tile_bits[l][t][1]) *
                (double)sdse_tile_words(&problem->layer->nest, (enum sdse_tensor)t,
                                        size);
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

const char *sdse_refusal(const struct sdse_problem *problem, struct sdse_arena *arena) {
    const char *text = refuse_limits(problem, arena);
    if (text && !*text)
        text = refuse_coverage(problem, arena);
    if (text && !*text)
        text = refuse_capacity(problem, arena);
    if (text && !*text)
        text = sdse_arena_strdup(
            arena, "each constraint and each level can be met alone, but no perfect "
                   "factorisation meets all of them together");
    return text;
}
