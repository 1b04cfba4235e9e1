// Cycles by hand: transfers, first fills and last drains, rows of the rebuild engine.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/effects.h"
#include "costmodel/evaluate.h"
#include "costmodel/latency.h"

static struct sdse_number number(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static void set_level(struct sdse_level *level, const char *name) {
    *level = (struct sdse_level){.name = name,
                                 .keeps = SDSE_BIT(SDSE_TENSORS) - 1,
                                 .carries_loops = true,
                                 .buffering = 1,
                                 .overlap = true,
                                 .read_pj = number(1),
                                 .fill_pj = number(1),
                                 .update_pj = number(1),
                                 .fanout_x = 1,
                                 .fanout_y = 1};
    for (int t = 0; t < SDSE_TENSORS; t++)
        level->network[t] = (struct sdse_network){.multicast = true, .reduce = true};
}

// DRAM that reads a word and writes an eighth of one per cycle, a buffer, a multiplier.
static void two_levels(struct sdse_arch *arch) {
    *arch =
        (struct sdse_arch){.clock_ghz = 1,
                           .bits = {8, 8, 8},
                           .partial_bits = 8,
                           .level_count = 2,
                           .compute = {.cycles_per_mac = 1, .pj_per_mac = number(1)}};
    set_level(&arch->level[0], "DRAM");
    set_level(&arch->level[1], "buffer");
    arch->level[0].read_bits_per_cycle = number(8);
    arch->level[0].write_bits_per_cycle = number(1);
}

static struct sdse_layer fully_connected(uint64_t k, uint64_t c) {
    return (struct sdse_layer){.kind = SDSE_FC,
                               .nest = {.bound = {1, k, c, 1, 1, 1, 1, 1},
                                        .stride = {1, 1},
                                        .dilation = {1, 1}},
                               .repeat = 1,
                               .density = {1, 1, 1}};
}

static void add(struct sdse_mapping *mapping, unsigned level, enum sdse_dim dim,
                uint64_t factor) {
    struct sdse_loops *loops = &mapping->level[level].temporal;
    loops->loop[loops->count++] = (struct sdse_loop){dim, factor};
}

static struct sdse_totals evaluate(const struct sdse_arch *arch,
                                   const struct sdse_layer *layer,
                                   const struct sdse_weight_form *form,
                                   const struct sdse_mapping *mapping,
                                   struct sdse_cost *cost) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, layer, form, arena, &model), SDSE_OK);
    assert_int_equal(sdse_mapping_verdict(model, mapping, NULL), SDSE_VALID);
    sdse_evaluate_full(model, mapping, cost);
    const struct sdse_totals totals = sdse_evaluate(model, mapping);
    sdse_arena_free(arena);
    return totals;
}

// K4 outside, C2 inside: four weight tiles of two words, one input tile of two, four
// outputs.
static void fills_and_drains(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    const struct sdse_layer layer = fully_connected(4, 2);
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add(&mapping, 0, SDSE_K, 4);
    add(&mapping, 1, SDSE_C, 2);
    struct sdse_cost cost;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.compute_cycles, 8);
    assert_int_equal(cost.level[0].cycles, 32); // 4 outputs of 8 bits, a bit a cycle
    assert_int_equal(cost.latency_cycles, 32);
    assert_int_equal(cost.bottleneck_level, 0);
    assert_int_equal(cost.fill_cycles + cost.drain_cycles, 0);

    arch.count_fill_drain = true;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.fill_cycles, 2 + 2);
    assert_int_equal(cost.drain_cycles, 8);
    assert_int_equal(cost.latency_cycles, 32 + 4 + 8);
}

// Ports of single tensors: each moves its words beside the others'.
static void a_tensor_has_its_own_port(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    struct sdse_level *dram = &arch.level[0];
    const struct sdse_layer layer = fully_connected(4, 2);
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add(&mapping, 0, SDSE_K, 4);
    add(&mapping, 1, SDSE_C, 2);
    struct sdse_cost cost;
    // 8 weights and 2 inputs of 8 bits through one port, 4 outputs through another.
    dram->write_bits_per_cycle = (struct sdse_number){0};
    dram->read_bits_per_cycle = number(4);
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.latency_cycles, 80 / 4);
    assert_string_equal(sdse_bottleneck_name(&arch, &cost).text, "DRAM");
    // Weights by themselves: the inputs keep what the weights leave.
    dram->own_bits_per_cycle[SDSE_PORT_READ][SDSE_WEIGHTS] = number(2);
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.latency_cycles, 64 / 2);
    assert_string_equal(sdse_bottleneck_name(&arch, &cost).text, "DRAM weights reads");
    dram->own_bits_per_cycle[SDSE_PORT_READ][SDSE_WEIGHTS] = number(32);
    dram->read_bits_per_cycle = number(1);
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.latency_cycles, 16);
    assert_string_equal(sdse_bottleneck_name(&arch, &cost).text, "DRAM");
    // Two links: outputs and inputs over one, weights over the other, both ways.
    memset(dram->own_bits_per_cycle, 0, sizeof dram->own_bits_per_cycle);
    dram->read_bits_per_cycle = (struct sdse_number){0};
    dram->own_bits_per_cycle[SDSE_PORT_SHARED][SDSE_WEIGHTS] = number(8);
    dram->shared_bits_per_cycle = number(3);
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.latency_cycles, (16 + 32) / 3);
    assert_string_equal(sdse_bottleneck_name(&arch, &cost).text, "DRAM");
    // First fills and last drains go through the same ports.
    arch.count_fill_drain = true;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.fill_cycles, 16 / 8 + 6); // 16 bits of inputs / 3, rounded up
    assert_int_equal(cost.drain_cycles, 3);
}

// Where both take the same time, computing is what limits.
static void a_tie_is_computing(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    const struct sdse_layer layer = fully_connected(4, 2);
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add(&mapping, 0, SDSE_K, 4);
    add(&mapping, 1, SDSE_C, 2);
    arch.level[0].write_bits_per_cycle = number(4); // 32 bits of outputs
    arch.level[0].read_bits_per_cycle = number(10); // 80 of weights and inputs
    arch.level[1].read_bits_per_cycle = number(32);
    struct sdse_cost cost;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.compute_cycles, 8);
    assert_int_equal(cost.level[0].cycles, 8);
    assert_int_equal(cost.latency_cycles, 8);
    assert_int_equal(cost.bottleneck_level, -1);
    assert_string_equal(sdse_bottleneck_name(&arch, &cost).text, "compute");
}

// Fractions of a cycle add up, and are rounded up once, at the end.
static void cycles_per_mac_may_be_a_fraction(void **state) {
    (void)state;
    assert_int_equal(sdse_compute_cycles(10, 1.1), 11); // 11.000000000000002 in binary
    assert_int_equal(sdse_compute_cycles(1000000, 1.1), 1100000);
    assert_int_equal(sdse_compute_cycles(7, 1.36), 10); // 9.52
    assert_int_equal(sdse_compute_cycles(7, 0.5), 4);
    assert_int_equal(sdse_compute_cycles(1, 1.0 / 1024), 1);
    assert_int_equal(sdse_compute_cycles(((uint64_t)1 << 60) + 1, 3),
                     ((uint64_t)3 << 60) + 3);
    struct sdse_arch arch;
    two_levels(&arch);
    arch.level[0].read_bits_per_cycle = arch.level[0].write_bits_per_cycle =
        (struct sdse_number){0};
    arch.compute.cycles_per_mac = 1.36;
    const struct sdse_layer layer = fully_connected(4, 2);
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add(&mapping, 0, SDSE_K, 4);
    add(&mapping, 1, SDSE_C, 2);
    struct sdse_cost cost;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.latency_cycles, 11); // 8 x 1.36 = 10.88
    assert_true(fabs(cost.utilization - 10.88 / 11) < 1e-12);
}

// A row of Ce gives three weights. Where the loops bring two channels of it at a time,
// every row is rebuilt for two of its weights; where they bring three, once.
static void a_cut_row_is_rebuilt_again(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    arch.rebuild = (struct sdse_rebuild){.present = true,
                                         .below_level = 1,
                                         .pj_per_shift_add = number(1),
                                         .pj_per_basis_read = number(1),
                                         .pj_per_basis_write = number(1),
                                         .rows_per_cycle = number(0.5)};
    // Nothing else takes as long.
    arch.level[0].read_bits_per_cycle = arch.level[0].write_bits_per_cycle =
        (struct sdse_number){0};
    arch.compute.cycles_per_mac = 0.5;
    const struct sdse_layer layer = fully_connected(1, 12);
    const struct sdse_weight_form form = {.smartdeal = true,
                                          .basis_size = 3,
                                          .rows = 4,
                                          .rows_per_block = 4,
                                          .blocks = 1,
                                          .density = 1,
                                          .row_density = 1,
                                          .coefficient_bits_total = 48,
                                          .basis_bits_total = 72,
                                          .index_bits_total = 4};
    static const struct {
        uint64_t inside, rows;
    } cases[] = {{1, 4}, {2, 6}, {3, 4}, {6, 4}}; // 1: the outer loop continues the row
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_mapping mapping;
        sdse_mapping_init(&arch, &mapping);
        add(&mapping, 0, SDSE_C, 12 / cases[i].inside);
        add(&mapping, 1, SDSE_C, cases[i].inside);
        struct sdse_cost cost;
        const struct sdse_totals totals =
            evaluate(&arch, &layer, &form, &mapping, &cost);
        assert_int_equal(cost.rebuild_cycles, 2 * cases[i].rows);
        assert_int_equal(cost.latency_cycles, 2 * cases[i].rows);
        assert_true(totals.outer_cycles == 0);
        assert_true(totals.inner_cycles == (double)cost.rebuild_cycles);
    }
}

// What may cross ahead of a nest, or behind it, is on the outer side alone. 64 bits of
// weights and 16 of inputs come, 8 a cycle, 32 of outputs go, one a cycle; with C
// outside K 64 go, and 32 come back: these wait for nothing else, they are computed on.
static void sides_of_what_crosses_ahead(void **state) {
    (void)state;
    enum {
        W = SDSE_BIT(SDSE_WEIGHTS),
        I = SDSE_BIT(SDSE_INPUTS),
        O = SDSE_BIT(SDSE_OUTPUTS)
    };
    static const struct {
        bool sums;
        unsigned ahead;
        double outer_cycles, inner_cycles;
    } cases[] = {{false, 0, 32, 32},    {false, O, 32, 10},       {false, W, 32, 32},
                 {false, I | O, 32, 8}, {false, W | O, 32, 8},    {true, 0, 64, 64},
                 {true, O, 64, 64},     {true, W | I | O, 64, 64}};
    struct sdse_arch arch;
    two_levels(&arch);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_layer layer = fully_connected(4, 2);
        const struct sdse_residence residence = {.level = 1, .ahead = cases[i].ahead};
        layer.residence = &residence;
        struct sdse_mapping mapping;
        sdse_mapping_init(&arch, &mapping);
        if (cases[i].sums)
            add(&mapping, 0, SDSE_C, 2);
        add(&mapping, 0, SDSE_K, 4);
        if (!cases[i].sums)
            add(&mapping, 1, SDSE_C, 2);
        struct sdse_cost cost;
        const struct sdse_totals totals =
            evaluate(&arch, &layer, NULL, &mapping, &cost);
        assert_true(totals.outer_cycles == cases[i].outer_cycles);
        assert_true(totals.inner_cycles == cases[i].inner_cycles);
        assert_true(totals.latency_cycles == cases[i].outer_cycles);
    }
}

static void add_spatial(struct sdse_mapping *mapping, unsigned level, enum sdse_dim dim,
                        uint64_t factor) {
    struct sdse_loops *loops = &mapping->level[level].spatial[0];
    loops->loop[loops->count++] = (struct sdse_loop){dim, factor};
}

// Passes of the buffer are steps of DRAM's loops, those of DRAM are one, those of the
// pads all but their own; hops are those of the array at the level or outside it.
static void passes_lose_cycles(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    arch.level_count = 3;
    set_level(&arch.level[2], "pad");
    arch.level[1].fanout_x = 5;
    arch.level[1].fanout_y = 3;
    arch.level[1].dims_x = arch.level[1].dims_y = 255;
    arch.level[0].read_bits_per_cycle = arch.level[0].write_bits_per_cycle =
        number(1e6);
    const struct sdse_layer layer = fully_connected(8, 6);
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add(&mapping, 0, SDSE_K, 2);
    add(&mapping, 0, SDSE_C, 3);
    add(&mapping, 1, SDSE_K, 2);
    add(&mapping, 2, SDSE_C, 2);
    add_spatial(&mapping, 1, SDSE_K, 2);
    struct sdse_cost cost;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.latency_cycles, 24);
    assert_int_equal(cost.pass_cycles, 0);
    static const struct {
        unsigned level;
        double start, skew;
        uint64_t cycles;
    } cases[] = {{0, 7, 0, 7},
                 {0, 0, 2, 0}, // no array outside DRAM
                 {1, 7, 0, 6 * 7},
                 {1, 0, 2, 6 * 2 * (5 + 3 - 2)},
                 {2, 7, 0, 12 * 7},
                 {2, 7, 1, 12 * (7 + 6)},
                 {2, 0.3, 0, 4 /* 3.6 */},
                 {1, 0.5, 0, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_level *level = &arch.level[cases[i].level];
        level->pass_start_cycles = number(cases[i].start);
        level->pass_skew_cycles = number(cases[i].skew);
        evaluate(&arch, &layer, NULL, &mapping, &cost);
        assert_int_equal(cost.pass_cycles, cases[i].cycles);
        assert_int_equal(cost.latency_cycles, 24 + cases[i].cycles);
        assert_int_equal(cost.compute_cycles, 24);
        level->pass_start_cycles = level->pass_skew_cycles = (struct sdse_number){0};
    }
    // An array of one row or one column; the pads' own array, if they have one.
    arch.level[1].pass_skew_cycles = number(1);
    arch.level[1].fanout_y = 1;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.pass_cycles, 6 * 4);
    arch.level[1].pass_skew_cycles = number(0);
    arch.level[2].pass_skew_cycles = number(1);
    arch.level[2].fanout_x = 2;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.pass_cycles, 12 * 1);
    // A sibling that carries no loops has no passes of its own.
    arch.level[2].fanout_x = 1;
    arch.level[2].pass_skew_cycles = number(0);
    arch.level[1].carries_loops = false;
    arch.level[1].pass_start_cycles = number(7);
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.pass_cycles, 0);
}

// Imperfect factors: 7 as 2 x 2 x 2, and 5 as 3 x 2: passes are those with work.
static void passes_that_exist(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    arch.level_count = 3;
    set_level(&arch.level[2], "pad");
    arch.level[0].read_bits_per_cycle = arch.level[0].write_bits_per_cycle =
        number(1e6);
    for (uint64_t k = 1; k <= 8; k++)
        for (uint64_t c = 1; c <= 6; c++) {
            const struct sdse_layer layer = fully_connected(k, c);
            struct sdse_mapping mapping;
            sdse_mapping_init(&arch, &mapping);
            add(&mapping, 0, SDSE_K, 2);
            add(&mapping, 1, SDSE_K, 2);
            add(&mapping, 2, SDSE_K, 2);
            add(&mapping, 0, SDSE_C, 3);
            add(&mapping, 2, SDSE_C, 2);
            for (unsigned l = 0; l < 3; l++) {
                uint64_t passes = 0;
                const uint64_t inner_k[] = {8, 4, 2}, inner_c[] = {6, 2, 2};
                for (uint64_t at = 0; at < k; at += inner_k[l])
                    for (uint64_t row = 0; row < c; row += inner_c[l])
                        passes++;
                struct sdse_cost cost;
                for (unsigned i = 0; i < 3; i++)
                    arch.level[i].pass_start_cycles = number(i == l ? 10 : 0);
                evaluate(&arch, &layer, NULL, &mapping, &cost);
                assert_int_equal(cost.pass_cycles, 10 * passes);
            }
        }
}

// Whole accesses of each of two buffers that fill their pads: weights and inputs, two
// words each, in 64 bits; sums, one word, in 32.
static void first_tiles_are_whole_accesses(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    arch.level_count = 3;
    arch.count_fill_drain = true;
    set_level(&arch.level[2], "pad");
    arch.level[0].read_bits_per_cycle = arch.level[0].write_bits_per_cycle =
        (struct sdse_number){0};
    arch.level[0].fanout_x = 2;
    arch.level[0].dims_x = 255;
    arch.level[1].read_bits_per_cycle = arch.level[1].write_bits_per_cycle = number(1);
    arch.level[1].least_read_bits = 64;
    arch.level[1].least_write_bits = 32;
    const struct sdse_layer layer = fully_connected(4, 2);
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add_spatial(&mapping, 0, SDSE_K, 2);
    add(&mapping, 1, SDSE_K, 2);
    add(&mapping, 2, SDSE_C, 2);
    struct sdse_cost cost;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    assert_int_equal(cost.fill_cycles, 64 + 64);
    assert_int_equal(cost.drain_cycles, 32);
}

// Four transfers of two weights, of which an engine leaves one each: 8 bits in an
// access of 16. The first tile is counted whole, as without the engine.
static void engines_leave_less_of_each_transfer(void **state) {
    (void)state;
    struct sdse_arch arch;
    two_levels(&arch);
    arch.count_fill_drain = true;
    arch.level[0].least_read_bits = 16;
    struct sdse_layer layer = fully_connected(4, 2);
    struct sdse_effects effects;
    assert_int_equal(sdse_effects_find(&arch, &layer, NULL, &effects), SDSE_OK);
    effects.word_share[0][SDSE_WEIGHTS] = 0.5;
    layer.effects = &effects;
    struct sdse_mapping mapping;
    sdse_mapping_init(&arch, &mapping);
    add(&mapping, 0, SDSE_K, 4);
    add(&mapping, 1, SDSE_C, 2);
    struct sdse_cost cost;
    evaluate(&arch, &layer, NULL, &mapping, &cost);
    const struct sdse_flow_cost *weights = &cost.level[0].flow[SDSE_PART_WEIGHTS];
    assert_int_equal(weights->reads, 4);
    assert_true(weights->read_bits == 4 * 16);
    assert_int_equal(cost.fill_cycles, 2 + 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_and_drains),
        cmocka_unit_test(a_tensor_has_its_own_port),
        cmocka_unit_test(a_tie_is_computing),
        cmocka_unit_test(cycles_per_mac_may_be_a_fraction),
        cmocka_unit_test(a_cut_row_is_rebuilt_again),
        cmocka_unit_test(sides_of_what_crosses_ahead),
        cmocka_unit_test(passes_lose_cycles),
        cmocka_unit_test(passes_that_exist),
        cmocka_unit_test(first_tiles_are_whole_accesses),
        cmocka_unit_test(engines_leave_less_of_each_transfer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
