// Words of a layer that adds maps where some of its tensors are at home in a shared
// memory, counted by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "dse/map.h"
#include "oracle/support_problems.h"
#include "spec/load.h"

enum { WORDS = 6 * 5 * 4 };

struct moved {
    uint64_t dram_reads, dram_updates, fills, reads, updates, drains;
};

// Two maps of WORDS words, added up.
static struct sdse_layer sum_of_two(const struct sdse_residence *at) {
    return (struct sdse_layer){.kind = SDSE_ADD,
                               .nest = {.bound = {1, 1, 1, 5, 4, 1, 1, 6},
                                        .stride = {1, 1},
                                        .dilation = {1, 1},
                                        .map = {5, 4}},
                               .repeat = 1,
                               .move = {.addends = 2, .passes = 1, .operations = 1},
                               .density = {1, 1, 1},
                               .residence = at};
}

static void check_passes(uint32_t passes, const struct sdse_residence *at,
                         struct moved expected) {
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch = sdse_written_arch(
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, capacity_kib: 1, pj_per_bit: 1, shares: "
        "[activations]}}], compute: {free: true}, vector: {below: GLB, free: true}}",
        arena);
    assert_non_null(arch);
    struct sdse_layer layer = sum_of_two(at);
    layer.move.passes = passes;
    assert_int_equal(sdse_tile_words(&layer.nest, SDSE_OUTPUTS, layer.nest.bound),
                     WORDS);
    struct sdse_model *model;
    struct sdse_mapping mapping;
    struct sdse_cost cost;
    assert_int_equal(sdse_model_new(arch, &layer, NULL, arena, &model), SDSE_OK);
    sdse_mapping_init(arch, &mapping);
    assert_true(sdse_evaluate_full(model, &mapping, &cost));
    const struct sdse_flow_cost *in[2] = {&cost.level[0].flow[SDSE_PART_INPUTS],
                                          &cost.level[1].flow[SDSE_PART_INPUTS]},
                                *out[2] = {&cost.level[0].flow[SDSE_PART_OUTPUTS],
                                           &cost.level[1].flow[SDSE_PART_OUTPUTS]};
    assert_int_equal(in[0]->reads, expected.dram_reads * WORDS);
    assert_int_equal(in[1]->fills, expected.fills * WORDS);
    assert_int_equal(in[1]->reads, expected.reads * WORDS);
    assert_int_equal(out[1]->updates, expected.updates * WORDS);
    assert_int_equal(out[1]->drain_reads, expected.drains * WORDS);
    assert_int_equal(out[0]->updates, expected.dram_updates * WORDS);
    sdse_arena_free(arena);
}

static void check(const struct sdse_residence *at, struct moved expected) {
    check_passes(1, at, expected);
}

static void counts_by_hand(void **state) {
    (void)state;
    const unsigned inputs = SDSE_BIT(SDSE_INPUTS), outputs = SDSE_BIT(SDSE_OUTPUTS);
    check(NULL, (struct moved){2, 1, 2, 2, 1, 1});
    check(&(struct sdse_residence){.level = 1, .tensors = inputs, .operands = 1},
          (struct moved){1, 1, 1, 2, 1, 1});
    check_passes(2,
                 &(struct sdse_residence){.level = 1, .tensors = inputs, .operands = 1},
                 (struct moved){2, 1, 2, 4, 1, 1});
    check(&(struct sdse_residence){.level = 1, .tensors = inputs, .operands = 2},
          (struct moved){0, 1, 0, 2, 1, 1});
    check(&(struct sdse_residence){.level = 1, .tensors = outputs},
          (struct moved){2, 0, 2, 2, 1, 0});
    check(&(struct sdse_residence){.level = 1,
                                   .tensors = outputs,
                                   .writes_through = true},
          (struct moved){2, 1, 2, 2, 1, 1});
    check(&(struct sdse_residence){.level = 1,
                                   .tensors = inputs | outputs,
                                   .operands = 2},
          (struct moved){0, 0, 0, 2, 1, 0});
}

// One of three maps in each memory of a chain, outputs in the second and written
// through: what is further out passes the others, what is further in does not come
// back.
static void two_memories_by_hand(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch = sdse_written_arch(
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
        "count_drain_reads: true, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: L2, memory: {class: sram, capacity_bytes: 240, pj_per_bit: 1}}, "
        "{level: GLB, memory: {class: sram, capacity_bytes: 120, pj_per_bit: 1}}], "
        "compute: {free: true}, vector: {below: GLB, free: true}}",
        arena);
    assert_non_null(arch);
    const struct sdse_residence inner = {.level = 2,
                                         .tensors = SDSE_BIT(SDSE_INPUTS),
                                         .operands = 1,
                                         .reserved_bits = 8 * WORDS},
                                outer = {.level = 1,
                                         .tensors = SDSE_BIT(SDSE_INPUTS) |
                                                    SDSE_BIT(SDSE_OUTPUTS),
                                         .operands = 1,
                                         .writes_through = true,
                                         .reserved_bits = 8 * WORDS,
                                         .also = &inner};
    struct sdse_layer layer = sum_of_two(&outer);
    layer.move.addends = 3;
    struct sdse_model *model;
    struct sdse_mapping mapping;
    struct sdse_cost cost;
    assert_int_equal(sdse_model_new(arch, &layer, NULL, arena, &model), SDSE_OK);
    sdse_mapping_init(arch, &mapping);
    assert_true(sdse_evaluate_full(model, &mapping, &cost));
    static const unsigned fills[] = {0, 1, 2}, reads[] = {1, 2, 3},
                          updates[] = {1, 1, 1}, drains[] = {0, 1, 1};
    for (unsigned l = 0; l < 3; l++) {
        const struct sdse_flow_cost *in = &cost.level[l].flow[SDSE_PART_INPUTS],
                                    *out = &cost.level[l].flow[SDSE_PART_OUTPUTS];
        assert_int_equal(in->fills, fills[l] * WORDS);
        assert_int_equal(in->reads, reads[l] * WORDS);
        assert_int_equal(out->updates, updates[l] * WORDS);
        assert_int_equal(out->drain_reads, drains[l] * WORDS);
    }
    unsigned level = 0;
    assert_int_equal(sdse_mapping_verdict(model, &mapping, &level), SDSE_VALID);
    struct sdse_residence more = inner;
    struct sdse_residence first = outer;
    first.also = &more;
    layer.residence = &first;
    more.reserved_bits += 1; // either memory is full to the last bit
    assert_int_equal(sdse_mapping_verdict(model, &mapping, &level), SDSE_TOO_BIG);
    assert_int_equal(level, 2);
    more.reserved_bits -= 1;
    first.reserved_bits += 1;
    assert_int_equal(sdse_mapping_verdict(model, &mapping, &level), SDSE_TOO_BIG);
    assert_int_equal(level, 1);
    sdse_arena_free(arena);
}

// What is reserved and the place of its outputs must fit, exactly.
static void capacity_of_streams(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_arch *arch = sdse_written_arch(
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, capacity_bytes: 200, buffering: 2, "
        "pj_per_bit: 1}}], compute: {free: true}, vector: {below: GLB, free: true}}",
        arena);
    assert_non_null(arch);
    for (int more = 0; more < 2; more++) {
        const struct sdse_residence at = {.level = 1,
                                          .tensors = SDSE_BIT(SDSE_OUTPUTS),
                                          .reserved_bits = 8 * (200 - WORDS) + more};
        const struct sdse_layer layer = sum_of_two(&at);
        struct sdse_model *model;
        struct sdse_mapping mapping;
        unsigned level = 0;
        assert_int_equal(sdse_model_new(arch, &layer, NULL, arena, &model), SDSE_OK);
        sdse_mapping_init(arch, &mapping);
        assert_int_equal(sdse_mapping_verdict(model, &mapping, &level),
                         more ? SDSE_TOO_BIG : SDSE_VALID);
        assert_int_equal(level, more);
    }
    sdse_arena_free(arena);
}

// Outputs at home that have room as finished words, not as parts of sums: mappings that
// bring parts are left out before all of their levels are walked, which takes 112,039
// nodes in place of 4,191,939.
static void wide_places_are_left_out_early(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_arch *simba;
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    assert_int_equal(
        sdse_arch_load(arena, SDSE_SOURCE_DIR "/archs/simba.yaml", &diags, &simba),
        SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(simba, arena, &diags), SDSE_OK);
    const struct sdse_residence at = {
        .level = 1, .tensors = SDSE_BIT(SDSE_OUTPUTS), .ahead = SDSE_BIT(SDSE_INPUTS)};
    const struct sdse_layer layer = {.kind = SDSE_CONV1X1,
                                     .nest = {.bound = {1, 512, 2048, 7, 7, 1, 1, 1},
                                              .stride = {1, 1},
                                              .dilation = {1, 1},
                                              .map = {7, 7}},
                                     .repeat = 1,
                                     .density = {1, 1, 1},
                                     .residence = &at};
    const struct sdse_map_request request = {
        .arch = simba, .layer = &layer, .objective = SDSE_MAP_SIDES};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
    assert_int_equal(answer.point_count, 1);
    assert_true(answer.nodes < 200000);
    sdse_arena_free(arena);
}

// Multipliers give up parts of sums: two outputs of 24 bits each, and one input word, or
// two where a tile has two copies, is what a mapping takes at least.
static void wide_places_fit_to_the_word(void **state) {
    (void)state;
    const struct sdse_residence at = {.level = 1, .tensors = SDSE_BIT(SDSE_OUTPUTS)};
    const struct sdse_layer layer = {.kind = SDSE_CONV1X1,
                                     .nest = {.bound = {1, 1, 2, 2, 1, 1, 1, 1},
                                              .stride = {1, 1},
                                              .dilation = {1, 1},
                                              .map = {2, 1}},
                                     .repeat = 1,
                                     .density = {1, 1, 1},
                                     .residence = &at};
    for (unsigned copies = 1; copies <= 2; copies++)
        for (unsigned less = 0; less < 2; less++) {
            struct sdse_arena *arena = sdse_arena_new();
            const struct sdse_arch *arch = sdse_written_arch(
                sdse_arena_printf(
                    arena,
                    "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: "
                    "{bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: "
                    "24}}, levels: [{level: DRAM, memory: {class: dram, pj_per_bit: "
                    "8}}, {level: GLB, keeps: [inputs, outputs], memory: {class: sram, "
                    "shares: [activations], capacity_bytes: %u, buffering: %u, "
                    "pj_per_bit: 1}}], compute: {free: true}, vector: {below: GLB, "
                    "free: true}}",
                    6 + copies - less, copies),
                arena);
            assert_non_null(arch);
            const struct sdse_map_request request = {
                .arch = arch, .layer = &layer, .objective = SDSE_MAP_ENERGY};
            struct sdse_map_answer answer;
            assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
            assert_int_equal(answer.status, less ? SDSE_MAP_NONE : SDSE_MAP_OPTIMAL);
            sdse_arena_free(arena);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_by_hand), cmocka_unit_test(two_memories_by_hand),
        cmocka_unit_test(capacity_of_streams),
        cmocka_unit_test(wide_places_are_left_out_early),
                                       cmocka_unit_test(wide_places_fit_to_the_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
