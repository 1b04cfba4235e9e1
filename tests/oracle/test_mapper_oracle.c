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

#include "dse/map.h"
#include "oracle/support_enumerate.h"
#include "oracle/support_problems.h"
#include "spec/write.h"
#include "support/close.h"
#include "support/sanitized.h"

static const double TOLERANCE = 1e-9;

// --- The truth ---

struct truth {
    const struct sdse_model *model;
    uint64_t valid, too_long; // of those that fit, tiles of the latter live too long
    size_t capacity;
    struct sdse_totals *list;
};

static void note(void *context, const struct sdse_mapping *mapping) {
    struct truth *truth = context;
    const struct sdse_totals totals = sdse_evaluate(truth->model, mapping);
    if (totals.strain > 1) {
        truth->too_long++;
        return;
    }
    if (truth->valid == truth->capacity) {
        truth->capacity = truth->capacity ? 2 * truth->capacity : 1024;
        truth->list = realloc(truth->list, truth->capacity * sizeof *truth->list);
        assert_non_null(truth->list);
    }
    truth->list[truth->valid++] = totals;
}

static double first_key(enum sdse_map_objective objective,
                        const struct sdse_totals *totals) {
    return objective == SDSE_MAP_LATENCY ? totals->latency_cycles
           : objective == SDSE_MAP_EDP   ? totals->energy_pj * totals->latency_cycles
           : objective == SDSE_MAP_ED2P
               ? totals->energy_pj * totals->latency_cycles * totals->latency_cycles
           : objective == SDSE_MAP_LIFETIME ? totals->lifetime_cycles
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

// --- Comparison ---

static uint64_t current_seed;

static void check_point(const struct sdse_generated_problem *problem,
                        const struct truth *truth, const struct sdse_map_point *point) {
    const struct sdse_totals again = sdse_evaluate(truth->model, &point->mapping);
    assert_true(again.energy_pj == point->totals.energy_pj);
    assert_true(again.latency_cycles == point->totals.latency_cycles);
    assert_int_equal(sdse_mapping_verdict(truth->model, &point->mapping, NULL),
                     SDSE_VALID);
    assert_true(
        sdse_enumerate_allows(&problem->arch, &problem->layer, &point->mapping));
}

static void compare_point(const struct sdse_generated_problem *problem,
                          const struct truth *truth, enum sdse_map_objective objective,
                          double most_cycles, const struct sdse_map_point *point) {
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

static struct sdse_map_request request_of(const struct sdse_generated_problem *problem,
                                          enum sdse_map_objective objective) {
    return (struct sdse_map_request){.arch = &problem->arch,
                                     .layer = &problem->layer,
                                     .form = &problem->form,
                                     .free_bypass = problem->space.free_bypass,
                                     .padding_percent = problem->space.padding_percent,
                                     .objective = objective};
}

// A descent before the search is over moves no answer: the same mappings are proved.
static void compare_descended(const struct sdse_map_request *request,
                              struct sdse_arena *arena,
                              const struct sdse_map_answer *answer) {
    struct sdse_map_request soon = *request;
    struct sdse_map_answer after;
    soon.descend_after = 1;
    assert_int_equal(sdse_map(&soon, arena, &after), SDSE_OK);
    assert_int_equal(after.status, answer->status);
    assert_int_equal(after.point_count, answer->point_count);
    for (size_t i = 0; i < after.point_count; i++) {
        const char *const text[2] = {
            sdse_mapping_text(arena, request->arch, &request->layer->nest,
                              &answer->point[i].mapping),
            sdse_mapping_text(arena, request->arch, &request->layer->nest,
                              &after.point[i].mapping)};
        assert_string_equal(text[0], text[1]);
    }
}

// The number of points found.
static size_t compare(const struct sdse_generated_problem *problem,
                      const struct truth *truth, enum sdse_map_objective objective) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_map_request request = request_of(problem, objective);
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    if (current_seed % 4 == 1)
        compare_descended(&request, arena, &answer);
    if (!truth->valid) {
        // Nobody asks why where tensors are at home.
        if (answer.status != SDSE_MAP_NONE ||
            !answer.reason != (problem->layer.residence != NULL))
            fail_msg("seed %llu: a mapping where there is none",
                     (unsigned long long)current_seed);
        sdse_arena_free(arena);
        return 0;
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
    return answer.point_count;
}

// --- Both sides of the outermost memory ---

static struct { uint64_t problems, points, traded; } sides;

static bool is_no_more(const struct sdse_totals *a, const struct sdse_totals *b,
                       double energy) {
    return a->energy_pj <= b->energy_pj * energy &&
           a->outer_cycles <= b->outer_cycles && a->inner_cycles <= b->inner_cycles;
}

// The front of energy, outer and inner cycles: every mapping is matched or beaten by a
// point, no point is beaten by a mapping, none is there twice; and the larger side is
// the latency. plane_count: points of the front of energy and latency.
static void compare_sides(const struct sdse_generated_problem *problem,
                          const struct truth *truth, size_t plane_count) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_map_request request = request_of(problem, SDSE_MAP_SIDES);
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, truth->valid ? SDSE_MAP_OPTIMAL : SDSE_MAP_NONE);
    for (size_t i = 0; i < answer.point_count; i++) {
        const struct sdse_totals *at = &answer.point[i].totals;
        check_point(problem, truth, &answer.point[i]);
        assert_true(i == 0 || at->energy_pj >= answer.point[i - 1].totals.energy_pj);
        assert_true(fmax(at->outer_cycles, at->inner_cycles) == at->latency_cycles);
        for (size_t j = 0; j < answer.point_count; j++)
            if (j != i && is_no_more(&answer.point[j].totals, at, 1 + 1e-12))
                fail_msg("seed %llu: a point beats another",
                         (unsigned long long)current_seed);
    }
    for (uint64_t m = 0; m < truth->valid; m++) {
        const struct sdse_totals *at = &truth->list[m];
        bool found = false;
        for (size_t i = 0; i < answer.point_count; i++) {
            const struct sdse_totals *point = &answer.point[i].totals;
            found |= is_no_more(point, at, 1 + TOLERANCE);
            if (is_no_more(at, point, 1 - TOLERANCE) ||
                (is_no_more(at, point, 1 + 1e-12) &&
                 (at->outer_cycles < point->outer_cycles ||
                  at->inner_cycles < point->inner_cycles)))
                fail_msg("seed %llu: a mapping beats a point",
                         (unsigned long long)current_seed);
        }
        if (!found)
            fail_msg("seed %llu: no point for %.17g pJ, %g and %g cycles",
                     (unsigned long long)current_seed, at->energy_pj, at->outer_cycles,
                     at->inner_cycles);
    }
    sides.problems++;
    sides.points += answer.point_count;
    sides.traded += answer.point_count > plane_count;
    sdse_arena_free(arena);
}

// --- Answers without a search ---

struct soon {
    uint64_t answers, twice; // and of these more than twice the optimum
    double worst;
};

// A search that ends at its first node answers with a mapping of the space, no better
// than the optimum, and a bound no worse; its gap says how much is between them.
static void check_soon(const struct sdse_generated_problem *problem,
                       const struct truth *truth, enum sdse_map_objective objective,
                       struct soon *soon) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_map_request request = request_of(problem, objective);
    request.any_mapping = true;
    request.node_limit = 1;
    struct sdse_map_answer answer;
    double first, second;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    if (answer.status == SDSE_MAP_LIMIT) {
        assert_true(optimum(truth, objective, (double)INFINITY, &first, &second));
        // Any mapping will do, unless its tiles live too long.
        assert_true(answer.point_count > 0 || truth->too_long);
        for (size_t i = 0; i < answer.point_count; i++)
            check_point(problem, truth, &answer.point[i]);
        if (!answer.point_count) {
            sdse_arena_free(arena);
            return;
        }
        const double got = first_key(objective, &answer.point[0].totals);
        assert_true(got >= first * (1 - TOLERANCE));
        assert_true(answer.lower_bound <= first * (1 + TOLERANCE));
        if (objective != SDSE_MAP_FRONT && answer.lower_bound > 0)
            assert_true(got <= answer.lower_bound * (1 + answer.gap) * (1 + TOLERANCE));
        soon->answers++;
        soon->twice += got > 2 * first;
        soon->worst = fmax(soon->worst, got / first);
    }
    sdse_arena_free(arena);
}

// Problems with memories that forget, or limit lives; mappings whose tiles live too
// long; problems that have no others.
static struct { uint64_t problems, too_long, refused; } lives;

// All objectives of a problem; the number of valid mappings.
static uint64_t check_problem(const struct sdse_generated_problem *problem,
                              struct soon *soon) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    assert_int_equal(
        sdse_model_new(&problem->arch, &problem->layer, &problem->form, arena, &model),
        SDSE_OK);
    struct truth truth = {.model = model};
    sdse_enumerate(&problem->arch, &problem->layer, model, &problem->space, note,
                   &truth);
    bool lives_count = false;
    for (unsigned l = 1; l < problem->arch.level_count; l++)
        lives_count |= problem->arch.level[l].memory_class == SDSE_EDRAM ||
                       problem->arch.level[l].max_lifetime_us.given;
    size_t points[SDSE_MAP_LIFETIME + 1];
    for (int o = 0; o <= (lives_count ? SDSE_MAP_LIFETIME : SDSE_MAP_FRONT); o++)
        points[o] = compare(problem, &truth, (enum sdse_map_objective)o);
    if (problem->layer.residence || current_seed % 8 == 3)
        compare_sides(problem, &truth, points[SDSE_MAP_FRONT]);
    lives.problems += lives_count;
    lives.too_long += truth.too_long;
    lives.refused += truth.too_long && !truth.valid;
    if (truth.valid && current_seed % 4 == 0)
        check_soon(problem, &truth,
                   (enum sdse_map_objective)(current_seed / 4 % (SDSE_MAP_FRONT + 1)),
                   soon);
    free(truth.list);
    sdse_arena_free(arena);
    return truth.valid;
}

static uint64_t problem_count = SANITIZED ? 250 : 2000, first_seed = 1;

static void test_equals_enumeration(void **state) {
    (void)state;
    uint64_t mappings = 0, none = 0;
    struct soon soon = {0, 0, 1};
    for (uint64_t i = 0; i < problem_count; i++) {
        current_seed = first_seed + i;
        struct sdse_generated_problem problem;
        sdse_make_problem(current_seed, true, &problem);
        const uint64_t valid = check_problem(&problem, &soon);
        mappings += valid;
        none += valid == 0;
    }
    print_message("## mapper: %llu problems equal exhaustive enumeration of %llu valid "
                  "mappings, %llu "
                  "have none\n",
                  (unsigned long long)problem_count, (unsigned long long)mappings,
                  (unsigned long long)none);
    print_message(
        "## mapper: lives of tiles count in %llu problems; they are too long in "
        "%llu mappings, and in all of %llu problems\n",
        (unsigned long long)lives.problems, (unsigned long long)lives.too_long,
        (unsigned long long)lives.refused);
    print_message(
        "## mapper: %llu searches that end at once answer with a valid mapping, "
        "%llu above 2 x the optimum, at most %.3g x\n",
        (unsigned long long)soon.answers, (unsigned long long)soon.twice, soon.worst);
}

// --- Tensors at home in a shared memory ---

static void test_homes_equal_enumeration(void **state) {
    (void)state;
    uint64_t homes = 0, mappings = 0, none = 0, through = 0, continued = 0, two = 0;
    struct soon soon = {0, 0, 1};
    for (uint64_t i = 0; homes < problem_count / 5; i++) {
        current_seed = first_seed + 5000000 + i;
        struct sdse_generated_problem problem;
        sdse_make_problem(current_seed, true, &problem);
        if (!sdse_give_home(current_seed, &problem))
            continue;
        const uint64_t valid = check_problem(&problem, &soon);
        homes++;
        two += problem.residence.also != NULL;
        for (const struct sdse_residence *at = &problem.residence; at; at = at->also) {
            through += at->writes_through;
            continued += at->continues || at->unfinished;
        }
        mappings += valid;
        none += valid == 0;
    }
    print_message("## mapper: %llu problems with tensors at home in a shared memory, "
                  "%llu in two, equal exhaustive enumeration of %llu valid mappings, "
                  "%llu written through, %llu continue or are continued, %llu have "
                  "none\n",
                  (unsigned long long)homes, (unsigned long long)two,
                  (unsigned long long)mappings, (unsigned long long)through,
                  (unsigned long long)continued, (unsigned long long)none);
    assert_true(none > 0 && none < homes / 2);
    print_message("## mapper: fronts of energy, outer and inner cycles equal "
                  "enumeration in %llu problems: %llu points; in %llu more than of "
                  "energy and latency\n",
                  (unsigned long long)sides.problems, (unsigned long long)sides.points,
                  (unsigned long long)sides.traded);
    assert_true(sides.traded > 0 || problem_count < 2000);
}

// --- Problems that few seeds would make ---

// The levels of an accelerator and what comes after them; of every dimension of the
// layer that `dims` names so many iterations as the digit behind it says, or two.
static void check_case(const char *levels, const char *rest, const char *dims,
                       const struct sdse_weight_form *form) {
    struct sdse_arena *arena = sdse_arena_new();
    const char *text =
        sdse_arena_printf(arena,
                          "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: "
                          "8, compute: {free: true}, levels: [%s], %s}",
                          levels, rest);
    const struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    struct sdse_generated_problem problem = {
        .arch = *arch,
        .layer = {.kind = SDSE_CONV,
                  .nest = {.stride = {1, 1}, .dilation = {1, 1}},
                  .repeat = 1,
                  .density = {1, 1, 1}},
        .form = *form,
        .space.whole_filters = form->smartdeal};
    for (int d = 0; d < SDSE_DIMS; d++) {
        const char *at = strchr(dims, sdse_dim_letters[d]);
        problem.layer.nest.bound[d] = !at ? 1
                                      : at[1] >= '2' && at[1] <= '9'
                                          ? (uint64_t)(at[1] - '0')
                                          : 2;
    }
    current_seed = 0;
    assert_true(check_problem(&problem, &(struct soon){0, 0, 1}) > 0);
    sdse_arena_free(arena);
}

static const struct sdse_weight_form raw, two_rows = {.smartdeal = true,
                                                      .basis_size = 2,
                                                      .rows = 2,
                                                      .rows_per_block = 2,
                                                      .blocks = 1,
                                                      .density = 1,
                                                      .row_density = 1,
                                                      .coefficient_bits_total = 32,
                                                      .basis_bits_total = 32,
                                                      .index_bits_total = 2};

// Inputs whose window moves by P and R, and an order that puts K in between: the best
// place of K where any order may be taken is none of those that are left.
static void test_order_inside_a_chain(void **state) {
    (void)state;
    check_case("{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
               "{level: window, memory: {class: dram, keeps: [inputs], pj_per_bit: 1}}",
               "dataflow: [{name: d, constraints: [{level: DRAM, order: [P, K, R]},"
               " {level: window, temporal_dims: []}]}]",
               "NKPR", &raw);
}

// Rows along S are rebuilt whole if S is the innermost loop that moves weights; it is
// so inside R, for N is to stand inside S.
static void test_order_of_rebuilding(void **state) {
    (void)state;
    check_case("{level: DRAM, memory: {class: dram, pj_per_bit: 8}}",
               "engines: [{kind: rebuild, below: DRAM, pj_per_shift_add: 1,"
               " pj_per_basis_read: 1, pj_per_basis_write: 1, rows_per_cycle: 0.5}],"
               "dataflow: [{name: d, constraints: [{level: DRAM, order: [S, N]}]}]",
               "NRS", &two_rows);
}

// A memory that keeps the basis alone: it rests in N as weights would.
static void test_bases_rest_without_coefficients(void **state) {
    (void)state;
    check_case(
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: bases, memory: {class: dram, keeps: [weights.basis],"
        " pj_per_bit: 1}}",
        "engines: [{kind: rebuild, below: bases, pj_per_shift_add: 1,"
        " pj_per_basis_read: 1, pj_per_basis_write: 1, rows_per_cycle: 1}],"
        "dataflow: [{name: d, constraints: [{level: bases, temporal_dims: []}]}]",
        "NRS", &two_rows);
}

// Loops over C move nothing of the sums that GLB keeps, and might as well stand at one
// level as at the other: not where a rule asks for one of them, nor where K's loop
// stands between.
static void test_loops_that_stay(void **state) {
    (void)state;
    static const char *const rules[] = {
        "{level: DRAM, factors_at_least: {C: 2}}", "{level: DRAM, factors: {C: all}}",
        "{level: GLB, factors_at_most: {C: 1}}",   "{level: GLB, order: [K, C]}",
        "{level: GLB, stationary: outputs}",       "{level: GLB, temporal_dims: [C]}"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char rest[200];
        snprintf(rest, sizeof rest, "dataflow: [{name: d, constraints: [%s]}]",
                 rules[i]);
        check_case("{level: DRAM, memory: {class: dram, bits: {inputs: 32}, "
                   "pj_per_bit: 8}}, "
                   "{level: GLB, memory: {class: sram, capacity_bits: 16, "
                   "keeps: [outputs], pj_per_bit: 1}}, "
                   "{level: pads, memory: {class: regfile, capacity_bits: 24, "
                   "pj_per_bit: 0.1}}",
                   rest, "KC", &raw);
    }
}

// A loop that moves what a level keeps makes passes of it, wherever it stands: outputs
// of K, which GLB must not divide.
static void test_loops_that_move_outputs(void **state) {
    (void)state;
    check_case(
        "{level: DRAM, memory: {class: dram, bits: {inputs: 32}, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, capacity_bits: 16, keeps: [outputs], "
        "pj_per_bit: 1}}, {level: pads, memory: {class: regfile, capacity_bits: "
        "24, keeps: [weights], pj_per_bit: 0.1}}",
        "dataflow: [{name: d, constraints: [{level: GLB, factors: {K: 1}}]}]", "N4K4G",
        &raw);
    check_case("{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
               "memory: {class: sram, capacity_bits: 32, keeps: [outputs], pj_per_bit: "
               "1}}, {level: pads, memory: {class: regfile, capacity_bits: 24, keeps: "
               "[weights], pj_per_bit: 0.1}}",
               "count_drain_reads: false", "NQ4R", &raw);
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_enumeration),
        cmocka_unit_test(test_homes_equal_enumeration),
        cmocka_unit_test(test_order_inside_a_chain),
        cmocka_unit_test(test_order_of_rebuilding),
        cmocka_unit_test(test_bases_rest_without_coefficients),
        cmocka_unit_test(test_loops_that_stay),
        cmocka_unit_test(test_loops_that_move_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
