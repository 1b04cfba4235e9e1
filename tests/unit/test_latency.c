// Cycles by hand: transfers, first fills and last drains, rows of the rebuild engine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "costmodel/evaluate.h"

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

static void evaluate(const struct sdse_arch *arch, const struct sdse_layer *layer,
                     const struct sdse_weight_form *form,
                     const struct sdse_mapping *mapping, struct sdse_cost *cost) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, layer, form, arena, &model), SDSE_OK);
    assert_int_equal(sdse_mapping_verdict(model, mapping, NULL), SDSE_VALID);
    sdse_evaluate_full(model, mapping, cost);
    sdse_arena_free(arena);
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
        evaluate(&arch, &layer, &form, &mapping, &cost);
        assert_int_equal(cost.rebuild_cycles, 2 * cases[i].rows);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fills_and_drains),
                                       cmocka_unit_test(a_cut_row_is_rebuilt_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
