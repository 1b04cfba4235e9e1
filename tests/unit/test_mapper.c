// How the mapper ends: proved, at a limit, stopped, or with the reason why there is no
// mapping; and what its answer must be whatever the order of events.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "dse/map.h"
#include "spec/write.h"

struct fixture {
    struct sdse_arena *arena;
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_dataflow dataflow;
    struct sdse_constraint constraint[2];
};

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static void set_level(struct sdse_level *level, const char *name, double pj,
                      uint64_t capacity_words) {
    level->name = level->group = name;
    level->keeps = 7;
    level->carries_loops = true;
    level->capacity_bits = capacity_words * 16;
    level->buffering = 1;
    level->overlap = true;
    level->read_pj = level->fill_pj = level->update_pj = given(pj);
    level->fanout_x = level->fanout_y = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        level->network[t].multicast = level->network[t].reduce = true;
}

// DRAM, a buffer below which 4 x 4 elements lie, and their registers; a 3x3 conv.
static int make(void **state) {
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    fixture.arena = sdse_arena_new();
    struct sdse_arch *arch = &fixture.arch;
    arch->clock_ghz = 1;
    arch->level_count = 3;
    set_level(&arch->level[0], "DRAM", 12.5, 0);
    set_level(&arch->level[1], "buffer", 0.4, 2048);
    set_level(&arch->level[2], "registers", 0.02, 32);
    arch->level[1].fanout_x = arch->level[1].fanout_y = 4;
    arch->level[1].dims_x = arch->level[1].dims_y = SDSE_BIT(SDSE_DIMS) - 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = 16;
    arch->partial_bits = 16;
    arch->compute.cycles_per_mac = 1;
    arch->compute.pj_per_mac = given(1);
    const uint64_t bound[SDSE_DIMS] = {1, 8, 8, 4, 4, 3, 3, 1};
    memcpy(fixture.layer.nest.bound, bound, sizeof bound);
    for (int axis = 0; axis < 2; axis++)
        fixture.layer.nest.stride[axis] = fixture.layer.nest.dilation[axis] = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        fixture.layer.density[t] = 1;
    *state = &fixture;
    return fixture.arena ? 0 : -1;
}

static int drop(void **state) {
    struct fixture *fixture = *state;
    sdse_arena_free(fixture->arena);
    return 0;
}

static struct sdse_map_request ask(const struct fixture *fixture,
                                   enum sdse_map_objective objective) {
    return (struct sdse_map_request){
        .arch = &fixture->arch, .layer = &fixture->layer, .objective = objective};
}

static void constrain(struct fixture *fixture, size_t count) {
    fixture->dataflow.kinds = SDSE_BIT(SDSE_MAPPED_KINDS) - 1;
    fixture->dataflow.constraints = fixture->constraint;
    fixture->dataflow.constraint_count = count;
    fixture->arch.dataflows = &fixture->dataflow;
    fixture->arch.dataflow_count = 1;
}

static const char *text_of(const struct fixture *fixture,
                           const struct sdse_mapping *mapping) {
    return sdse_mapping_text(fixture->arena, &fixture->arch, NULL, mapping);
}

static void test_proved_and_repeatable(void **state) {
    struct fixture *fixture = *state;
    const struct sdse_map_request request = ask(fixture, SDSE_MAP_EDP);
    struct sdse_map_answer first, second;
    assert_int_equal(sdse_map(&request, fixture->arena, &first), SDSE_OK);
    assert_int_equal(sdse_map(&request, fixture->arena, &second), SDSE_OK);
    assert_int_equal(first.status, SDSE_MAP_OPTIMAL);
    assert_int_equal(first.point_count, 1);
    assert_true(first.gap == 0);
    assert_string_equal(text_of(fixture, &first.point[0].mapping),
                        text_of(fixture, &second.point[0].mapping));
    assert_int_equal(first.nodes, second.nodes);
}

static void test_front_spans_energy_and_latency(void **state) {
    struct fixture *fixture = *state;
    struct sdse_map_answer energy, latency, front;
    struct sdse_map_request request = ask(fixture, SDSE_MAP_ENERGY);
    assert_int_equal(sdse_map(&request, fixture->arena, &energy), SDSE_OK);
    request = ask(fixture, SDSE_MAP_LATENCY);
    assert_int_equal(sdse_map(&request, fixture->arena, &latency), SDSE_OK);
    request = ask(fixture, SDSE_MAP_FRONT);
    assert_int_equal(sdse_map(&request, fixture->arena, &front), SDSE_OK);
    const struct sdse_totals *first = &front.point[0].totals;
    const struct sdse_totals *last = &front.point[front.point_count - 1].totals;
    assert_true(first->energy_pj == energy.point[0].totals.energy_pj);
    assert_true(last->latency_cycles == latency.point[0].totals.latency_cycles);
    assert_true(last->energy_pj == latency.point[0].totals.energy_pj);
    for (size_t i = 1; i < front.point_count; i++) {
        assert_true(front.point[i].totals.energy_pj >
                    front.point[i - 1].totals.energy_pj);
        assert_true(front.point[i].totals.latency_cycles <
                    front.point[i - 1].totals.latency_cycles);
    }
}

static void test_node_limit_gives_bound_and_gap(void **state) {
    struct fixture *fixture = *state;
    struct sdse_map_request request = ask(fixture, SDSE_MAP_ENERGY);
    struct sdse_map_answer proved, limited;
    assert_int_equal(sdse_map(&request, fixture->arena, &proved), SDSE_OK);
    request.node_limit = 1;
    assert_int_equal(sdse_map(&request, fixture->arena, &limited), SDSE_OK);
    assert_int_equal(limited.status, SDSE_MAP_LIMIT);
    assert_true(limited.lower_bound > 0);
    assert_true(limited.lower_bound <= proved.point[0].totals.energy_pj);
    assert_true(limited.gap >= 0);
}

static double key(enum sdse_map_objective objective, const struct sdse_totals *totals) {
    const double pj = totals->energy_pj, cycles = totals->latency_cycles;
    return objective == SDSE_MAP_LATENCY ? cycles
           : objective == SDSE_MAP_EDP   ? pj * cycles
           : objective == SDSE_MAP_ED2P  ? pj * cycles * cycles
                                         : pj;
}

// Searches that end after any part of the effort: no answer is better than its bound
// says or worse than that of a search that ended earlier, and no bound above `optimum`.
static void check_limits(const struct fixture *fixture, struct sdse_map_request request,
                         const struct sdse_map_answer *proved) {
    // Two searches for the least latency, the second a short one.
    const uint64_t parts = request.objective == SDSE_MAP_LATENCY ? 25 : 8;
    const double optimum = key(request.objective, &proved->point[0].totals);
    struct sdse_totals last = {.energy_pj = (double)INFINITY,
                               .latency_cycles = (double)INFINITY};
    for (uint64_t part = 0; part <= parts; part++) {
        struct sdse_map_answer answer;
        request.node_limit = 1 + proved->nodes * part / parts;
        assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
        assert_true(part == parts || answer.status == SDSE_MAP_OPTIMAL ||
                    answer.status == SDSE_MAP_LIMIT);
        assert_int_equal(answer.point_count, 1);
        assert_true(answer.lower_bound <= optimum * (1 + 1e-12));
        assert_true(answer.gap >= 0);
        const struct sdse_totals *now = &answer.point[0].totals;
        const double value = key(request.objective, now),
                     before = key(request.objective, &last);
        assert_true(value < before ||
                    (value == before && now->energy_pj <= last.energy_pj));
        last = *now;
    }
    assert_true(key(request.objective, &last) == optimum);
}

// Over the space of the accelerator, with bypass, with padding (sizes that are primes
// fit 4 x 4 places in no other way), and with one bypass that does not pay.
static void test_limits_only_lose(void **state) {
    static const uint64_t bound[][SDSE_DIMS] = {{1, 5, 12, 10, 12, 3, 3, 1},
                                                {1, 5, 12, 10, 12, 3, 3, 1},
                                                {1, 5, 11, 7, 7, 3, 1, 1},
                                                {1, 5, 12, 10, 12, 3, 3, 1}};
    struct fixture *fixture = *state;
    for (int space = 0; space < 4; space++) {
        memcpy(fixture->layer.nest.bound, bound[space], sizeof bound[space]);
        fixture->arch.level[1].may_bypass = space == 3 ? SDSE_BIT(SDSE_INPUTS) : 0;
        for (int o = 0; o < SDSE_MAP_FRONT; o++) {
            struct sdse_map_request request = ask(fixture, (enum sdse_map_objective)o);
            struct sdse_map_answer proved;
            request.free_bypass = space == 1;
            request.padding_percent = space == 2 ? 20 : 0;
            request.any_mapping = true;
            assert_int_equal(sdse_map(&request, fixture->arena, &proved), SDSE_OK);
            assert_int_equal(proved.status, SDSE_MAP_OPTIMAL);
            check_limits(fixture, request, &proved);
        }
    }
}

// A search that ends with the narrow space, before a wider one that is worse: what was
// found is the bound, too.
static void test_bound_at_the_end_of_the_narrow_space(void **state) {
    struct fixture *fixture = *state;
    struct sdse_map_request request = ask(fixture, SDSE_MAP_ENERGY);
    struct sdse_map_answer narrow, answer;
    // Inputs that pass by the buffer come from DRAM for every multiplication.
    fixture->arch.level[2].keeps = SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_OUTPUTS);
    fixture->arch.level[1].network[SDSE_INPUTS].multicast = false;
    assert_int_equal(sdse_map(&request, fixture->arena, &narrow), SDSE_OK);
    fixture->arch.level[1].may_bypass = SDSE_BIT(SDSE_INPUTS);
    request.node_limit = narrow.nodes;
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_LIMIT);
    assert_true(answer.point[0].totals.energy_pj == narrow.point[0].totals.energy_pj);
    assert_true(answer.lower_bound <= narrow.point[0].totals.energy_pj * (1 + 1e-12));
}

// All that is summed lies at places whose networks add, five times five: sums arrive
// finished, though 25 x (1/5 x 1/5) is more than 1 in floating point.
static void test_sums_of_places_arrive_finished(void **state) {
    struct fixture *fixture = *state;
    struct sdse_arch *arch = &fixture->arch;
    const uint64_t bound[SDSE_DIMS] = {1, 1, 25, 4, 1, 1, 1, 1};
    memcpy(fixture->layer.nest.bound, bound, sizeof bound);
    arch->partial_bits = 64;
    arch->level[1].fanout_x = arch->level[2].fanout_x = 5;
    arch->level[1].fanout_y = arch->level[2].fanout_y = 1;
    arch->level[1].dims_x = arch->level[2].dims_x = SDSE_BIT(SDSE_C);
    arch->level[2].keeps &= ~SDSE_BIT(SDSE_OUTPUTS);
    for (int l = 0; l < 3; l++)
        arch->level[l].network[SDSE_OUTPUTS].reduce = true;
    struct sdse_map_answer answer;
    const struct sdse_map_request request = {
        .arch = arch, .layer = &fixture->layer, .objective = SDSE_MAP_ENERGY};
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    const struct sdse_mapping *mapping = &answer.point[0].mapping;
    assert_int_equal(mapping->level[1].spatial[0].count, 1);
    assert_int_equal(mapping->level[2].spatial[0].count, 1);
    struct sdse_model *model;
    struct sdse_cost cost;
    assert_int_equal(
        sdse_model_new(arch, &fixture->layer, NULL, fixture->arena, &model), SDSE_OK);
    sdse_evaluate_full(model, mapping, &cost);
    const struct sdse_flow_cost *sums = &cost.level[1].flow[SDSE_PART_OUTPUTS];
    assert_int_equal(sums->updates, 4);
    assert_true(sums->update_bits == 4 * 16);
}

static void test_stop_interrupts(void **state) {
    struct fixture *fixture = *state;
    atomic_bool stop = true;
    struct sdse_map_request request = ask(fixture, SDSE_MAP_FRONT);
    request.stop = &stop;
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_INTERRUPTED);
}

static void test_capacity_is_named(void **state) {
    struct fixture *fixture = *state;
    fixture->arch.level[2].capacity_bits = 40; // three words of 16 bits do not fit
    const struct sdse_map_request request = ask(fixture, SDSE_MAP_ENERGY);
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_NONE);
    assert_non_null(strstr(answer.reason, "registers"));
    assert_non_null(strstr(answer.reason, "48 bits"));
    assert_non_null(strstr(answer.reason, "40 bits fit"));
    assert_non_null(strstr(answer.reason, "a mapping exists with 48 bits"));
    fixture->arch.level[2].capacity_bits = 48;
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
}

static void test_impossible_factor_is_named(void **state) {
    struct fixture *fixture = *state;
    fixture->constraint[0] = (struct sdse_constraint){
        .kind = SDSE_FACTOR_EQUAL, .level = 1, .dims = SDSE_BIT(SDSE_K), .value = 5};
    constrain(fixture, 1);
    const struct sdse_map_request request = ask(fixture, SDSE_MAP_ENERGY);
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_NONE);
    assert_non_null(strstr(answer.reason, "buffer"));
    assert_non_null(strstr(answer.reason, "K = 8"));
}

static void test_contradiction_is_named(void **state) {
    struct fixture *fixture = *state;
    fixture->constraint[0] = (struct sdse_constraint){
        .kind = SDSE_FACTOR_AT_LEAST, .level = 0, .dims = SDSE_BIT(SDSE_C), .value = 8};
    fixture->constraint[1] = (struct sdse_constraint){
        .kind = SDSE_FACTOR_AT_MOST, .level = 0, .dims = SDSE_BIT(SDSE_C), .value = 4};
    constrain(fixture, 2);
    const struct sdse_map_request request = ask(fixture, SDSE_MAP_ENERGY);
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_NONE);
    assert_non_null(strstr(answer.reason, "contradict"));
}

// 8 filters in the registers need 8 weights, 8 sums and an input: 17 words of 16.
static void test_contradicting_pairs_are_named(void **state) {
    struct fixture *fixture = *state;
    fixture->constraint[0] = (struct sdse_constraint){
        .kind = SDSE_FACTOR_AT_LEAST, .level = 2, .dims = SDSE_BIT(SDSE_K), .value = 8};
    fixture->constraint[1] = (struct sdse_constraint){
        .kind = SDSE_FACTOR_AT_LEAST, .level = 2, .dims = SDSE_BIT(SDSE_P), .value = 2};
    constrain(fixture, 2);
    fixture->arch.level[2].capacity_bits = 256;
    const struct sdse_map_request request = ask(fixture, SDSE_MAP_ENERGY);
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, fixture->arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_NONE);
    bool named = false;
    for (size_t i = 0; i < answer.refusal.line_count; i++)
        named |= strstr(answer.refusal.line[i], "{K: 8}") &&
                 strstr(answer.refusal.line[i], "256 bits") &&
                 strstr(answer.refusal.line[i], "contradict each other");
    assert_true(named);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_proved_and_repeatable, make, drop),
        cmocka_unit_test_setup_teardown(test_front_spans_energy_and_latency, make,
                                        drop),
        cmocka_unit_test_setup_teardown(test_node_limit_gives_bound_and_gap, make,
                                        drop),
        cmocka_unit_test_setup_teardown(test_limits_only_lose, make, drop),
        cmocka_unit_test_setup_teardown(test_bound_at_the_end_of_the_narrow_space, make,
                                        drop),
        cmocka_unit_test_setup_teardown(test_stop_interrupts, make, drop),
        cmocka_unit_test_setup_teardown(test_sums_of_places_arrive_finished, make,
                                        drop),
        cmocka_unit_test_setup_teardown(test_capacity_is_named, make, drop),
        cmocka_unit_test_setup_teardown(test_impossible_factor_is_named, make, drop),
        cmocka_unit_test_setup_teardown(test_contradiction_is_named, make, drop),
        cmocka_unit_test_setup_teardown(test_contradicting_pairs_are_named, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
