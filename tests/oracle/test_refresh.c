// Cells that forget, by hand: one weight that stays all layer, read in every
// step, so that it lives as long as the layer takes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/map.h"
#include "oracle/support_problems.h"

static const char *const forgetful = "class: edram, retention_us: 3.35, "
                                     "refresh_pj_per_bit: 0.5, refresh_row_bits: 4, "
                                     "refresh_cycles_per_row: 3";

// `steps` outputs of one weight of 8 bits, kept in a buffer of so many cells.
static struct sdse_cost run(const char *cells, uint64_t steps) {
    struct sdse_arena *arena = sdse_arena_new();
    const char *text =
        sdse_arena_printf(arena,
                          "{name: a, source: s, node_nm: 16, clock_ghz: 0.5, "
                          "word_bits: 8, compute: "
                          "{pj_per_mac: 1}, levels: [{level: DRAM, memory: "
                          "{class: dram, pj_per_bit: "
                          "8}}, {level: B, keeps: [weights], memory: "
                          "{capacity_bits: 8, pj_per_bit: 1, "
                          "%s}}]}",
                          cells);
    const struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    const struct sdse_layer layer = {.kind = SDSE_CONV,
                                     .nest = {.bound = {1, 1, 1, steps, 1, 1, 1, 1},
                                              .stride = {1, 1},
                                              .dilation = {1, 1}},
                                     .repeat = 1,
                                     .density = {1, 1, 1}};
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, &layer, NULL, arena, &model), SDSE_OK);
    struct sdse_mapping mapping;
    sdse_mapping_init(arch, &mapping);
    mapping.level[1].temporal =
        (struct sdse_loops){.count = 1, .loop = {{SDSE_P, steps}}};
    struct sdse_cost cost;
    assert_true(sdse_evaluate_full(model, &mapping, &cost));
    sdse_arena_free(arena);
    return cost;
}

// CAMEL's lifetimes against its worst retention: 2.66 to 3.10 us take no
// refresh, 3.40 to 4.13 us one (second hand).
static void published_lifetimes(void **state) {
    (void)state;
    const struct {
        double us;
        uint64_t refreshes;
    } lives[] = {{2.66, 0}, {3.10, 0}, {3.40, 1}, {4.13, 1}};
    for (int i = 0; i < 4; i++) {
        const struct sdse_cost cost =
            run(forgetful, (uint64_t)lround(lives[i].us * 500));
        const struct sdse_flow_cost *flow = &cost.level[1].flow[SDSE_WEIGHTS];
        assert_true(fabs(flow->lifetime_us - lives[i].us) < 1e-9);
        assert_int_equal(flow->refreshes, lives[i].refreshes);
        assert_true(fabs(cost.level[1].refresh_pj - 4.0 * (double)lives[i].refreshes) <
                    1e-9);
    }
}

// Refreshes, their energy and the cycles they take grow with the time kept.
static void refreshes_grow_with_the_time_kept(void **state) {
    (void)state;
    for (uint64_t n = 1; n <= 20; n++) {
        const struct sdse_cost before = run(forgetful, 1675 * n - 1);
        const struct sdse_cost cost = run(forgetful, 1675 * n);
        assert_int_equal(before.level[1].flow[SDSE_WEIGHTS].refreshes, n - 1);
        assert_int_equal(cost.level[1].flow[SDSE_WEIGHTS].refreshes, n);
        assert_true(cost.level[1].refresh_pj == 4.0 * (double)n);
        assert_int_equal(cost.level[1].refresh_cycles, 6 * n);
    }
}

// Cells that hold for ever are those of an SRAM of the same prices.
static void retention_without_end_is_an_sram(void **state) {
    (void)state;
    const char *patient = "class: edram, retention_us: 1e12, refresh_pj_per_bit: 0.5, "
                          "refresh_row_bits: 4, refresh_cycles_per_row: 3";
    for (uint64_t steps = 1; steps < 100000; steps = 3 * steps + 1) {
        const struct sdse_cost a = run(patient, steps), b = run("class: sram", steps);
        assert_true(a.energy_pj == b.energy_pj);
        assert_int_equal(a.latency_cycles, b.latency_cycles);
    }
}

// Between two temperatures the logarithm of the time is linear.
static void a_ladder_is_read_at_a_temperature(void **state) {
    (void)state;
    const char *cells = "class: edram, refresh_pj_per_bit: 0.5, refresh_row_bits: 4, "
                        "refresh_cycles_per_row: 0, retention: [{at_c: 25, us: 100}, "
                        "{at_c: 75, us: 1}, {at_c: 100, us: 0.5}], temperature_c: 35";
    // 100 us to the power of 0.8: 19,905 cycles.
    assert_int_equal(run(cells, 19890).level[1].flow[SDSE_WEIGHTS].refreshes, 0);
    assert_int_equal(run(cells, 19920).level[1].flow[SDSE_WEIGHTS].refreshes, 1);
}

// All that fills a memory of cells that forget is refreshed, each part of
// weights by its own count: optima of generated problems.
static void what_fills_is_refreshed(void **state) {
    (void)state;
    unsigned refreshed[SDSE_PARTS] = {0};
    for (uint64_t seed = 1; seed <= 700; seed++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_generated_problem problem;
        struct sdse_map_answer answer;
        struct sdse_model *model;
        struct sdse_cost cost;
        sdse_make_problem(seed, false, &problem);
        const struct sdse_map_request request = {.arch = &problem.arch,
                                                 .layer = &problem.layer,
                                                 .form = &problem.form,
                                                 .objective = SDSE_MAP_ENERGY};
        bool forgets = false;
        for (unsigned l = 0; l < problem.arch.level_count; l++) {
            forgets |= problem.arch.level[l].memory_class == SDSE_EDRAM;
            // What is kept is refreshed, not the rest of the accesses that brought it.
            problem.arch.level[l].least_write_bits = 0;
            for (int t = 0; t < SDSE_TENSORS; t++)
                problem.arch.level[l].format[t].worst = false;
        }
        if (forgets && sdse_map(&request, arena, &answer) == SDSE_OK &&
            answer.point_count) {
            assert_int_equal(sdse_model_new(&problem.arch, &problem.layer,
                                            &problem.form, arena, &model),
                             SDSE_OK);
            assert_true(sdse_evaluate_full(model, &answer.point[0].mapping, &cost));
            for (unsigned l = 1; l < cost.level_count; l++)
                for (int part = 0; part < SDSE_PARTS; part++) {
                    const struct sdse_flow_cost *flow = &cost.level[l].flow[part];
                    if (part == SDSE_PART_OUTPUTS || !flow->refreshes)
                        continue;
                    refreshed[part]++;
                    const double expected = flow->fill_bits * (double)flow->refreshes;
                    assert_true(fabs(flow->refresh_bits - expected) <= 1e-9 * expected);
                }
        }
        sdse_arena_free(arena);
    }
    for (int part = 0; part < SDSE_PARTS; part++)
        assert_true(part == SDSE_PART_OUTPUTS || refreshed[part] > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_lifetimes),
        cmocka_unit_test(refreshes_grow_with_the_time_kept),
        cmocka_unit_test(retention_without_end_is_an_sram),
        cmocka_unit_test(a_ladder_is_read_at_a_temperature),
        cmocka_unit_test(what_fills_is_refreshed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
