// What sdse lint is certain of, against every mapping of generated small problems:
// bounds that none beats, keys without effect that change no cost, capacity that none
// uses.
//
//     test_lint_oracle [PROBLEMS [FIRST_SEED]]    (default 400 problems)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/coded.h"
#include "dse/lint/array.h"
#include "dse/lint/crossing.h"
#include "dse/lint/feed.h"
#include "dse/lint/lint.h"
#include "oracle/support_problems.h"
#include "support/sanitized.h"

static uint64_t problem_count = SANITIZED ? 120 : 400, first_seed = 7000001;

// How often each claim was put to the test, and how often it was as near as can be.
static unsigned long long mappings, full_levels, tight_tiles, tight_steps, tight_cycles,
    tight_places;
static unsigned long long idle_keys, idle_mappings, unused_capacities;

static double places_at(const struct sdse_mapping *mapping, unsigned level) {
    double places = 1;
    for (unsigned a = 0; a < 2; a++)
        for (unsigned i = 0; i < mapping->level[level].spatial[a].count; i++)
            places *= (double)mapping->level[level].spatial[a].loop[i].factor;
    return places;
}

static double steps_of(const struct sdse_mapping *mapping) {
    double steps = 1;
    for (unsigned l = 0; l < mapping->level_count; l++)
        for (unsigned i = 0; i < mapping->level[l].temporal.count; i++)
            steps *= (double)mapping->level[l].temporal.loop[i].factor;
    return steps;
}

// --- Bounds ---

struct bounds {
    uint64_t seed;
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    const struct sdse_model *model;
    bool perfect, unpadded, engines;
    double most;
    struct sdse_least_crossing least;
    double tile[SDSE_MAX_LEVELS], step[SDSE_MAX_LEVELS][SDSE_PORTS];
};

static void fail_at(const struct bounds *b, const char *what, unsigned l, double found,
                    double bound) {
    fail_msg("seed %llu, %s of level %u: %.12g, bound %.12g",
             (unsigned long long)b->seed, what, l, found, bound);
}

// Bits of plain words that cross in each step; of one instance.
static void check_steps(const struct bounds *b, const struct sdse_mapping *mapping,
                        const struct sdse_cost *cost, unsigned l, double instances) {
    const struct sdse_flow_cost *flow = cost->level[l].flow;
    const double steps = steps_of(mapping) * instances;
    const double read = (flow[SDSE_WEIGHTS].read_bits + flow[SDSE_INPUTS].read_bits) /
                        steps,
                 write = flow[SDSE_OUTPUTS].update_bits / steps;
    const double *least = b->step[l];
    if (least[SDSE_PORT_READ] > read * (1 + 1e-9))
        fail_at(b, "bits read in a step", l, read, least[SDSE_PORT_READ]);
    if (least[SDSE_PORT_WRITE] > write * (1 + 1e-9))
        fail_at(b, "bits written in a step", l, write, least[SDSE_PORT_WRITE]);
    if (least[SDSE_PORT_SHARED] > (read + write) * (1 + 1e-9))
        fail_at(b, "bits moved in a step", l, read + write, least[SDSE_PORT_SHARED]);
    tight_steps += least[SDSE_PORT_READ] > 0 && least[SDSE_PORT_READ] == read;
    tight_steps += least[SDSE_PORT_WRITE] > 0 && least[SDSE_PORT_WRITE] == write;
}

static void visit_bounds(void *context, const struct sdse_mapping *mapping) {
    const struct bounds *b = context;
    mappings++;
    double places = 1, instances[SDSE_MAX_LEVELS + 1];
    for (unsigned l = 0; l < b->arch->level_count; l++) {
        instances[l] = places;
        places *= places_at(mapping, l);
    }
    instances[b->arch->level_count] = places;
    struct sdse_cost cost;
    assert_true(sdse_evaluate_full(b->model, mapping, &cost));
    // Places of imperfect factors may never have work.
    const double used = (double)cost.multipliers_used;
    if (used > b->most * (1 + 1e-9))
        fail_at(b, "multipliers at work", 0, used, b->most);
    tight_places += used == b->most;
    if (cost.latency_cycles < b->least.compute_cycles)
        fail_at(b, "latency, least compute", 0, (double)cost.latency_cycles,
                (double)b->least.compute_cycles);
    for (unsigned l = 0; l < b->arch->level_count; l++) {
        if (cost.level[l].cycles < b->least.cycles[l])
            fail_at(b, "cycles", l, (double)cost.level[l].cycles,
                    (double)b->least.cycles[l]);
        tight_cycles +=
            b->least.cycles[l] && cost.level[l].cycles == b->least.cycles[l];
        const double below =
            (double)(sdse_arch_instances(b->arch, b->arch->level_count) /
                     sdse_arch_instances(b->arch, l));
        if (places / instances[l] != below)
            continue; // not all of them work
        full_levels++;
        const double tile = cost.level[l].stored_bits;
        if (b->tile[l] > tile * (1 + 1e-9))
            fail_at(b, "bits of tiles", l, tile, b->tile[l]);
        tight_tiles += below > 1 && b->tile[l] == tile;
        if (b->unpadded && b->perfect && !b->engines)
            check_steps(b, mapping, &cost, l, instances[l]);
    }
}

// Whether no MAC reads padding.
static bool is_unpadded(const struct sdse_nest *nest) {
    for (unsigned axis = 0; axis < 2; axis++)
        if (nest->pad[axis] > 0 ||
            (nest->map[axis] &&
             (int64_t)sdse_window_extent(nest->bound[SDSE_P + axis],
                                         nest->bound[SDSE_R + axis], nest->stride[axis],
                                         nest->dilation[axis]) -
                     nest->pad[axis] >
                 (int64_t)nest->map[axis]))
            return false;
    return true;
}

// Few enough mappings; memories as lint sees them, before they are split; layers that
// read anything but padding.
static bool is_meant(const struct sdse_generated_problem *problem) {
    enum { MOST_MAPPINGS = 4000 };
    for (unsigned l = 0; l < problem->arch.level_count; l++)
        if (problem->arch.level[l].shares_memory)
            return false;
    return sdse_used_words(&problem->layer, SDSE_INPUTS) > 0 &&
           sdse_enumerate_count(&problem->arch, &problem->layer, &problem->space,
                                MOST_MAPPINGS) < MOST_MAPPINGS;
}

static void no_mapping_beats_a_bound(void **state) {
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + problem_count; seed++) {
        struct sdse_generated_problem problem;
        sdse_make_problem(seed, seed % 4 == 0, &problem);
        if (!is_meant(&problem))
            continue;
        if (seed % 3 == 0)
            problem.layer.weight_bits = 1 + (uint32_t)(seed % 40);
        const uint32_t weight_bits =
            sdse_word_bits(&problem.arch, &problem.layer, SDSE_WEIGHTS);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_model *model;
        assert_int_equal(
            sdse_model_new(&problem.arch, &problem.layer, NULL, arena, &model),
            SDSE_OK);
        struct bounds b = {.seed = seed,
                           .arch = &problem.arch,
                           .layer = &problem.layer,
                           .model = model,
                           .perfect = !problem.space.padding_percent,
                           .unpadded = is_unpadded(&problem.layer.nest),
                           .engines = problem.layer.effects != NULL};
        b.most = sdse_most_multipliers(b.arch, b.layer);
        assert_int_equal(sdse_find_least_crossing(b.arch, b.layer, arena, &b.least),
                         SDSE_OK);
        for (unsigned l = 0; l < b.arch->level_count; l++) {
            b.tile[l] = sdse_least_tile_bits(b.arch, l, weight_bits);
            for (unsigned port = 0; port < SDSE_PORTS; port++)
                b.step[l][port] =
                    sdse_least_step_bits(b.arch, l, (enum sdse_port)port, -1,
                                         weight_bits);
        }
        struct sdse_enumerate_space space = problem.space;
        space.free_bypass = false; // bounds are for what the accelerator keeps
        sdse_enumerate(b.arch, b.layer, model, &space, visit_bounds, &b);
        sdse_arena_free(arena);
    }
    print_message("## lint: bounds beaten by none of %llu mappings; met by tiles %llu, "
                  "steps %llu, cycles %llu, multipliers %llu times\n",
                  mappings, tight_tiles, tight_steps, tight_cycles, tight_places);
    assert_true(full_levels > 10 * problem_count && tight_tiles > problem_count &&
                tight_steps > problem_count && tight_cycles > problem_count &&
                tight_places > problem_count);
}

// --- Keys without effect ---

struct twins {
    uint64_t seed;
    const char *check;
    const struct sdse_model *model, *other;
};

static void visit_twins(void *context, const struct sdse_mapping *mapping) {
    const struct twins *twins = context;
    const struct sdse_totals a = sdse_evaluate(twins->model, mapping),
                             b = sdse_evaluate(twins->other, mapping);
    idle_mappings++;
    if (a.energy_pj != b.energy_pj || a.latency_cycles != b.latency_cycles)
        fail_msg("seed %llu: %s, but without it energy is %.17g instead of %.17g pJ, "
                 "latency %g instead of %g",
                 (unsigned long long)twins->seed, twins->check, b.energy_pj,
                 a.energy_pj, b.latency_cycles, a.latency_cycles);
}

// The accelerator without what a finding says has no effect. False: not of this kind.
static bool take_out(const struct sdse_diag *diag, struct sdse_arch *arch) {
    struct sdse_level *level = &arch->level[diag->loc.line];
    if (strcmp(diag->check, "multicast-idle") == 0) {
        if (strstr(diag->message, "of weights"))
            level->network[SDSE_WEIGHTS].multicast = false;
        if (strstr(diag->message, " inputs reaches"))
            level->network[SDSE_INPUTS].multicast = false;
    } else if (strcmp(diag->check, "reduce-idle") == 0) {
        level->network[SDSE_OUTPUTS].reduce = false;
    } else if (strcmp(diag->check, "window-sharing-idle") == 0) {
        level->network[SDSE_INPUTS].window_sharing = false;
    } else if (strcmp(diag->check, "gaps-idle") == 0) {
        level->fetch_gaps = false;
    } else if (strcmp(diag->check, "buffering-unlimited") == 0) {
        level->buffering = 1;
    } else if (strcmp(diag->check, "overlap-idle") == 0) {
        level->overlap = true;
    } else if (strcmp(diag->check, "format-idle") == 0) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (strstr(diag->message, sdse_tensor_name((enum sdse_tensor)t)))
                level->format[t] =
                    (struct sdse_format){.compression = SDSE_UNCOMPRESSED};
    } else if (strcmp(diag->check, "capacity-unused") == 0) {
        const char *most = strstr(diag->message, "at most ");
        assert_non_null(most);
        level->capacity_bits = strtoull(most + 8, NULL, 10) * level->buffering;
        unused_capacities++;
    } else {
        return false;
    }
    idle_keys++;
    return true;
}

// Keys that a generated accelerator has where they do nothing, more often than chance
// makes them.
static void add_idle_keys(uint64_t seed, struct sdse_arch *arch) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        const uint64_t draw = seed * 2654435761u >> (5 * l);
        level->fanout_loc.line = level->loc.line = l;
        level->network[SDSE_WEIGHTS].multicast |= draw & 1u;
        level->network[SDSE_OUTPUTS].reduce |= draw >> 1 & 1u;
        level->network[SDSE_INPUTS].window_sharing |= draw >> 2 & 1u;
        level->fetch_gaps |= draw >> 3 & 1u;
        level->buffering = draw >> 4 & 1u && !level->capacity_bits ? 2 : 1;
        if (l > 1 && level->capacity_bits && seed % 3 == 0) {
            level->keeps &= level[-1].keeps;
            level->capacity_bits += level[-1].capacity_bits;
            level[-1].may_bypass = 0;
        }
    }
}

static void keys_without_effect_have_none(void **state) {
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + problem_count; seed++) {
        struct sdse_generated_problem problem;
        sdse_make_problem(seed, false, &problem);
        if (!is_meant(&problem))
            continue;
        add_idle_keys(seed, &problem.arch);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags found;
        sdse_diags_init(&found, arena);
        assert_int_equal(sdse_lint_arch(&problem.arch, NULL, &found), SDSE_OK);
        struct sdse_model *model, *other;
        assert_int_equal(
            sdse_model_new(&problem.arch, &problem.layer, NULL, arena, &model),
            SDSE_OK);
        for (const struct sdse_diag *diag = found.first; diag; diag = diag->next) {
            struct sdse_arch without = problem.arch;
            if (!take_out(diag, &without))
                continue;
            assert_int_equal(
                sdse_model_new(&without, &problem.layer, NULL, arena, &other), SDSE_OK);
            struct twins twins = {seed, diag->message, model, other};
            sdse_enumerate(&problem.arch, &problem.layer, model,
                           &(struct sdse_enumerate_space){.free_bypass = false},
                           visit_twins, &twins);
        }
        sdse_arena_free(arena);
    }
    assert_true(idle_keys > problem_count / 2 && idle_mappings > 100 * problem_count);
    assert_true(unused_capacities > problem_count / 100);
    print_message("## lint: %llu keys without effect (%llu capacities beyond use) move "
                  "none of %llu mappings\n",
                  idle_keys, unused_capacities, idle_mappings);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_mapping_beats_a_bound),
        cmocka_unit_test(keys_without_effect_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
