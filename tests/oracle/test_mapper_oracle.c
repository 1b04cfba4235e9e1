// The mapper against exhaustive enumeration: on generated small problems the optimum of
// every objective and the front equal those over all factors, all places and all loop
// orders, and the evaluator scores every answer again to the last bit.
//
//     test_mapper_oracle [PROBLEMS [FIRST_SEED]]    (default 2000 problems)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/mapper.h"
#include "oracle/support_enumerate.h"
#include "support/close.h"

enum { MOST_MAPPINGS = 100000, FEWEST_MAPPINGS = 20 };
static const double TOLERANCE = 1e-9;

// --- Generated problems -----------------------------------------------------------

struct problem {
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_weight_form form;
    struct sdse_dataflow dataflow;
    struct sdse_constraint constraint[4];
};

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned below(uint64_t *state, unsigned n) {
    return (unsigned)(next_random(state) >> 33) % n;
}

static bool chance(uint64_t *state, unsigned percent) {
    return below(state, 100) < percent;
}

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static double cost(uint64_t *state) { return 0.25 * (1 + below(state, 40)); }

static void make_layer(uint64_t *state, struct sdse_layer *layer) {
    static const uint64_t sizes[] = {1, 1, 1, 2, 2, 3, 4, 6};
    layer->name = "generated";
    layer->repeat = 1;
    layer->kind = (enum sdse_layer_kind)below(state, SDSE_LAYER_KINDS);
    for (int d = 0; d < SDSE_DIMS; d++)
        layer->nest.bound[d] = sizes[below(state, 8)];
    if (chance(state, 60)) // halo
        layer->nest.bound[SDSE_R] = 2 + below(state, 2);
    if (chance(state, 40))
        layer->nest.bound[SDSE_G] = 1;
    if (chance(state, 60))
        layer->nest.bound[SDSE_N] = 1;
    for (int axis = 0; axis < 2; axis++) {
        layer->nest.stride[axis] = 1 + below(state, 3) % 3;
        layer->nest.dilation[axis] = chance(state, 80) ? 1 : 2;
    }
    for (int t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = chance(state, 80) ? 1 : 0.5;
}

static void make_network(uint64_t *state, struct sdse_network *network) {
    network->multicast = chance(state, 75);
    network->reduce = chance(state, 75);
    network->window_sharing = chance(state, 15);
    network->free = true;
    if (chance(state, 50))
        network->pj_per_bit = given(0.01 * below(state, 20));
    if (chance(state, 30)) {
        network->topology = SDSE_MESH;
        network->hop_pj_per_bit = given(0.02 * below(state, 10));
        network->router_pj_per_bit = given(0.01 * below(state, 10));
    } else {
        network->topology = SDSE_TREE;
        network->pj_per_add = given(0.1 * below(state, 10));
    }
}

static void make_level(uint64_t *state, unsigned l, unsigned levels,
                       struct sdse_level *level) {
    static const char *const names[] = {"DRAM", "A", "B", "C"};
    level->name = level->group = names[l];
    level->keeps = l ? below(state, 8) : 7;
    level->carries_loops = l + 1 == levels || l == 0 || chance(state, 80);
    level->port_bits = chance(state, 50) ? 0 : 16u << below(state, 3);
    level->buffering = chance(state, 80) ? 1 : 2;
    level->overlap = chance(state, 85);
    level->read_pj = given(cost(state) * (l ? 1 : 8));
    level->fill_pj = given(cost(state) * (l ? 1 : 8));
    level->update_pj = given(cost(state) * (l ? 1 : 8));
    level->leakage_mw = given(chance(state, 30) ? 0.5 : 0);
    if (l && chance(state, 70))
        level->capacity_bits = 16 + 8 * below(state, l == 1 ? 120 : 40);
    if (chance(state, 35))
        level->read_bits_per_cycle = given(1 + below(state, 64));
    if (chance(state, 35))
        level->write_bits_per_cycle = given(1 + below(state, 64));
    if (chance(state, 20))
        level->shared_bits_per_cycle = given(1 + below(state, 64));
    level->fanout_x = level->fanout_y = 1;
    if (level->carries_loops && chance(state, 50)) {
        level->fanout_x = 1 + below(state, 6);
        level->fanout_y = chance(state, 50) ? 1 : 1 + below(state, 4);
        level->dims_x = below(state, 256);
        level->dims_y = below(state, 256);
    }
    for (int t = 0; t < SDSE_TENSORS; t++) {
        make_network(state, &level->network[t]);
        if (chance(state, 10))
            level->format[t].compression = SDSE_BITMAP;
    }
}

static void make_arch(uint64_t *state, struct sdse_arch *arch) {
    arch->name = "generated";
    arch->clock_ghz = 0.5;
    for (int t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = chance(state, 50) ? 8 : 16;
    arch->partial_bits = arch->bits[SDSE_OUTPUTS] + 8 * below(state, 3);
    arch->count_drain_reads = chance(state, 50);
    arch->count_return_transfers = chance(state, 50);
    arch->count_fill_drain = chance(state, 20);
    arch->level_count = 2 + below(state, 3);
    for (unsigned l = 0; l < arch->level_count; l++)
        make_level(state, l, arch->level_count, &arch->level[l]);
    arch->compute.cycles_per_mac = chance(state, 80) ? 1 : 4;
    arch->compute.pj_per_mac = given(1);
    arch->compute.leakage_mw = given(chance(state, 30) ? 0.1 : 0);
}

static void make_constraint(uint64_t *state, const struct problem *problem,
                            struct sdse_constraint *constraint) {
    const uint64_t values[] = {1, 2, 2, 3, 4, UINT64_MAX};
    constraint->kind = (enum sdse_constraint_kind)below(state, 11);
    constraint->level = below(state, problem->arch.level_count);
    const bool list = constraint->kind >= SDSE_TEMPORAL_DIMS;
    constraint->dims =
        list ? below(state, 256) | below(state, 256) : SDSE_BIT(below(state, 8));
    constraint->value = values[below(state, 5)];
    if (constraint->kind == SDSE_FACTOR_EQUAL)
        constraint->value = values[below(state, 6)];
    if (constraint->kind == SDSE_FACTOR_AT_LEAST && chance(state, 70))
        constraint->value = 1;
    constraint->fraction = 0.25 * below(state, 3);
    constraint->tensor = (enum sdse_tensor)below(state, 3);
}

static void make_constraints(uint64_t *state, struct problem *problem) {
    if (chance(state, 55))
        return;
    problem->dataflow.name = "generated";
    problem->dataflow.kinds = SDSE_BIT(SDSE_LAYER_KINDS) - 1;
    problem->dataflow.constraint_count = 1 + below(state, 3);
    problem->dataflow.constraints = problem->constraint;
    for (size_t i = 0; i < problem->dataflow.constraint_count; i++)
        make_constraint(state, problem, &problem->constraint[i]);
    problem->arch.dataflows = &problem->dataflow;
    problem->arch.dataflow_count = 1;
}

// A rebuild engine, and weights in the form it takes.
static void make_smartdeal(uint64_t *state, struct problem *problem) {
    struct sdse_arch *arch = &problem->arch;
    const uint64_t *bound = problem->layer.nest.bound;
    const unsigned all = SDSE_BIT(SDSE_PARTS) - 1;
    arch->level[0].keeps = all;
    if (chance(state, 75))
        return;
    arch->rebuild.present = true;
    arch->rebuild.below_level = below(state, arch->level_count);
    arch->rebuild.pj_per_shift_add = given(0.1 * below(state, 5));
    arch->rebuild.pj_per_basis_read = given(0.1 * below(state, 3));
    arch->rebuild.pj_per_basis_write = given(0.1 * below(state, 10));
    if (chance(state, 50))
        arch->rebuild.rows_per_cycle = given(0.5 * (1 + below(state, 4)));
    for (unsigned l = 1; l <= arch->rebuild.below_level; l++)
        if (arch->level[l].keeps & SDSE_BIT(SDSE_WEIGHTS) && chance(state, 60)) {
            arch->level[l].keeps &= ~SDSE_BIT(SDSE_WEIGHTS);
            arch->level[l].keeps |= (1 + below(state, 7)) << SDSE_PART_COEFFICIENTS;
        }
    struct sdse_weight_form *form = &problem->form;
    form->smartdeal = true;
    form->basis_size = 2 + below(state, 2);
    const uint64_t elements = bound[SDSE_C] * bound[SDSE_R] * bound[SDSE_S];
    form->rows = (elements + form->basis_size - 1) / form->basis_size;
    form->rows_per_block = 1 + below(state, (unsigned)form->rows);
    const uint64_t filters = bound[SDSE_G] * bound[SDSE_K];
    form->blocks =
        filters * ((form->rows + form->rows_per_block - 1) / form->rows_per_block);
    form->density = form->row_density = 0.5;
    form->coefficient_bits = 4;
    form->basis_bits = 8;
    form->index = SDSE_INDEX_ROW;
    const double rows = (double)(filters * form->rows);
    form->coefficient_bits_total = rows * form->basis_size * 4 * 0.5;
    form->index_bits_total = rows;
    form->basis_bits_total =
        (double)form->blocks * (form->basis_size * form->basis_size * 8);
}

static void make_problem(uint64_t seed, struct problem *problem) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    for (;;) {
        memset(problem, 0, sizeof *problem);
        make_layer(&state, &problem->layer);
        make_arch(&state, &problem->arch);
        make_smartdeal(&state, problem);
        make_constraints(&state, problem);
        // Most problems small, a few as large as may be.
        const uint64_t most = chance(&state, 3)    ? MOST_MAPPINGS
                              : chance(&state, 30) ? MOST_MAPPINGS / 10
                                                   : MOST_MAPPINGS / 50;
        const uint64_t count =
            sdse_enumerate_count(&problem->arch, &problem->layer, most);
        if (count >= FEWEST_MAPPINGS && count <= most)
            return;
    }
}

// --- The truth ----------------------------------------------------------------------

struct truth {
    const struct sdse_model *model;
    uint64_t valid;
    size_t capacity;
    struct sdse_totals *list;
};

static void note(void *context, const struct sdse_mapping *mapping) {
    struct truth *truth = context;
    if (truth->valid == truth->capacity) {
        truth->capacity = truth->capacity ? 2 * truth->capacity : 1024;
        truth->list = realloc(truth->list, truth->capacity * sizeof *truth->list);
        assert_non_null(truth->list);
    }
    truth->list[truth->valid++] = sdse_evaluate(truth->model, mapping);
}

static double first_key(enum sdse_map_objective objective,
                        const struct sdse_totals *totals) {
    return objective == SDSE_MAP_LATENCY ? totals->latency_cycles
           : objective == SDSE_MAP_EDP   ? totals->energy_pj * totals->latency_cycles
                                         : totals->energy_pj;
}

static double second_key(enum sdse_map_objective objective,
                         const struct sdse_totals *totals) {
    return objective == SDSE_MAP_ENERGY || objective == SDSE_MAP_FRONT
               ? totals->latency_cycles
               : totals->energy_pj;
}

// Least first key within `most_cycles`, and the least second key among its ties.
static bool optimum(const struct truth *truth, enum sdse_map_objective objective,
                    double most_cycles, double *first, double *second) {
    *first = *second = (double)INFINITY;
    for (uint64_t i = 0; i < truth->valid; i++)
        if (truth->list[i].latency_cycles <= most_cycles)
            *first = fmin(*first, first_key(objective, &truth->list[i]));
    for (uint64_t i = 0; i < truth->valid; i++)
        if (truth->list[i].latency_cycles <= most_cycles &&
            first_key(objective, &truth->list[i]) <= *first * (1 + 1e-12))
            *second = fmin(*second, second_key(objective, &truth->list[i]));
    return !isinf(*first);
}

// --- Comparison ---------------------------------------------------------------------

static uint64_t current_seed;

static void check_point(const struct problem *problem, const struct truth *truth,
                        const struct sdse_map_point *point) {
    const struct sdse_totals again = sdse_evaluate(truth->model, &point->mapping);
    assert_true(again.energy_pj == point->totals.energy_pj);
    assert_true(again.latency_cycles == point->totals.latency_cycles);
    assert_int_equal(sdse_mapping_verdict(truth->model, &point->mapping, NULL),
                     SDSE_VALID);
    assert_true(
        sdse_enumerate_allows(&problem->arch, &problem->layer, &point->mapping));
}

static void compare_point(const struct problem *problem, const struct truth *truth,
                          enum sdse_map_objective objective, double most_cycles,
                          const struct sdse_map_point *point) {
    double first, second;
    assert_true(optimum(truth, objective, most_cycles, &first, &second));
    const double got_first = first_key(objective, &point->totals);
    const double got_second = second_key(objective, &point->totals);
    if (fabs(got_first - first) > TOLERANCE * first ||
        fabs(got_second - second) > TOLERANCE * second)
        fail_msg("seed %llu objective %d: enumeration finds %.17g (%.17g), the mapper "
                 "%.17g (%.17g)",
                 (unsigned long long)current_seed, (int)objective, first, second,
                 got_first, got_second);
    check_point(problem, truth, point);
}

static void compare(const struct problem *problem, const struct truth *truth,
                    enum sdse_map_objective objective) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_map_request request = {.arch = &problem->arch,
                                             .layer = &problem->layer,
                                             .form = &problem->form,
                                             .objective = objective};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    if (!truth->valid) {
        if (answer.status != SDSE_MAP_NONE || !answer.reason)
            fail_msg("seed %llu: a mapping where there is none",
                     (unsigned long long)current_seed);
        sdse_arena_free(arena);
        return;
    }
    if (answer.status != SDSE_MAP_OPTIMAL)
        fail_msg("seed %llu objective %d: %s %s", (unsigned long long)current_seed,
                 (int)objective, sdse_map_status_name(answer.status),
                 answer.reason ? answer.reason : "");
    double most_cycles = (double)INFINITY, first, second;
    for (size_t i = 0; i < answer.point_count; i++) {
        compare_point(problem, truth, objective, most_cycles, &answer.point[i]);
        most_cycles = answer.point[i].totals.latency_cycles - 1;
    }
    if (objective == SDSE_MAP_FRONT)
        assert_false(optimum(truth, objective, most_cycles, &first, &second));
    else
        assert_int_equal(answer.point_count, 1);
    sdse_arena_free(arena);
}

static uint64_t problem_count = 2000, first_seed = 1;

static void test_equals_enumeration(void **state) {
    (void)state;
    uint64_t mappings = 0, none = 0;
    for (uint64_t i = 0; i < problem_count; i++) {
        current_seed = first_seed + i;
        struct problem problem;
        make_problem(current_seed, &problem);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_model *model;
        assert_int_equal(
            sdse_model_new(&problem.arch, &problem.layer, &problem.form, arena, &model),
            SDSE_OK);
        struct truth truth = {.model = model};
        sdse_enumerate(&problem.arch, &problem.layer, model, note, &truth);
        mappings += truth.valid;
        none += truth.valid == 0;
        for (int o = 0; o < 4; o++)
            compare(&problem, &truth, (enum sdse_map_objective)o);
        free(truth.list);
        sdse_arena_free(arena);
    }
    print_message("## mapper: %llu problems equal exhaustive enumeration of %llu valid "
                  "mappings, %llu "
                  "have none\n",
                  (unsigned long long)problem_count, (unsigned long long)mappings,
                  (unsigned long long)none);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_enumeration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
