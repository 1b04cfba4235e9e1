// The optimum of networks whose layers may take turns where several memories share,
// against brute force (support_fusionbrute.h): every partition, every memory of every
// group, every configuration and every place in each of the memories.
//
//     test_fused_memories [NETWORKS [FIRST_SEED]]    (default 300 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dse/schedule/schedule.h"
#include "oracle/support_attention.h"
#include "oracle/support_branches.h"
#include "oracle/support_cases.h"
#include "oracle/support_channels.h"
#include "oracle/support_seeds.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 20 : 300, .first = 1};
static struct compared seen;

// --- Generated ---

static const char *make_memory(uint64_t *state, struct sdse_arena *arena,
                               const char *name, unsigned least_bytes, unsigned some,
                               unsigned pj) {
    static const char *const kinds[] = {
        "shares: [activations]", "shares: [activations, weights]",
        "keeps: [inputs, outputs], shares: [activations]"};
    return sdse_arena_printf(
        arena,
        "{level: %s, memory: {class: sram, %s, %scapacity_bytes: %u, buffering: %u, "
        "pj_per_bit: %u, shared_bits_per_cycle: %u}, network: {topology: bus, "
        "multicast: true, reduce: true, pj_per_bit: 0.1}}",
        name, kinds[oracle_below(state, 3)],
        oracle_below(state, 4) ? "" : "bits: {inputs: 16, outputs: 12}, ",
        least_bytes + (unsigned)oracle_below(state, some),
        1 + (unsigned)(oracle_below(state, 3) == 0), pj,
        oracle_below(state, 2) ? 12 : 128);
}

// Two memories that share, one of six has three; a fourth of them has words of its own
// width.
static const char *make_arch(uint64_t *state, struct sdse_arena *arena) {
    static const char *const units[] = {"GLB", "GLB", "GLB", "GLB", "L2"},
                             *const partial[] = {"8", "20"},
                             *const inputs[] = {"8", "8", "12"};
    const bool three = oracle_below(state, 6) == 0;
    const char *outer = make_memory(state, arena, "L2", 16, 80,
                                    1 + (unsigned)oracle_below(state, 4)),
               *middle = make_memory(state, arena, "L1", 12, 40,
                                     1 + (unsigned)oracle_below(state, 3)),
               *inner = make_memory(state, arena, "GLB", 10, 30,
                                    1 + (unsigned)oracle_below(state, 2));
    return sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: 8}, "
        "inputs: {bits: %s}, outputs: {bits: 8, partial_bits: %s}}, count_drain_reads: "
        "%s, levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8, "
        "shared_bits_per_cycle: %u}}, %s, %s%s%s], compute: {pj_per_mac: 0.5}, vector: "
        "{below: %s, pj_per_op: 0.25, ops_per_cycle: 4}}",
        inputs[oracle_below(state, 3)], partial[oracle_below(state, 2)],
        oracle_below(state, 2) ? "true" : "false",
        oracle_below(state, 3) ? 4 + 8 * (unsigned)oracle_below(state, 4) : 256, outer,
        three ? middle : "", three ? ", " : "", inner, units[oracle_below(state, 5)]);
}

// Attentions, chains by channels, networks with branches, and other chains; small ones,
// as every tensor has five places, or seven.
static bool make_problem(uint64_t seed, struct brute_problem *p) {
    uint64_t state = seed * 2 + 1;
    *p = (struct brute_problem){.arena = sdse_arena_new()};
    const char *arch = make_arch(&state, p->arena);
    switch (seed % 16) {
    case 0:
        attention_make(seed / 16, p);
        break;
    case 1:
        channels_make(seed / 16, p);
        break;
    default:
        p->tiles = oracle_below(&state, 6) ? SDSE_TILES_BALANCED : SDSE_TILES_ALL;
        brute_read(arch,
                   seed % 2 ? branches_network(&state, p->arena)
                            : chain_network(&state, p->arena),
                   p);
    }
    p->overlap = false;
    p->columns = seed % 5 == 0;
    p->depth = 2 + (oracle_below(&state, 4) == 0);
    struct sdse_workload *net = p->net;
    brute_read(arch,
               "{name: n, source: s, layers: [{name: a, kind: fc, in: 1, "
               "out_channels: 1}]}",
               p);
    p->net = net;
    return net->layer_count <= (seed % 3 ? 3 : 4);
}

static void test_networks(void **state) {
    (void)state;
    compare_problems(make_problem, seeds.first, seeds.count, &seeds.current, &seen);
    compare_print("fused memories", seeds.count, &seen);
    printf(", %llu not in the outermost memory that shares; of %llu groups inputs, "
           "outputs or right operands are in another one; %llu keep weights, %llu "
           "buffer; %llu by channels, %llu by keys, %llu of columns; sums of %llu wait "
           "elsewhere\n",
           (unsigned long long)seen.inner, (unsigned long long)seen.elsewhere,
           (unsigned long long)seen.kept, (unsigned long long)seen.buffered,
           (unsigned long long)seen.channels, (unsigned long long)seen.keys,
           (unsigned long long)seen.columns, (unsigned long long)seen.sums_elsewhere);
    assert_true(seeds.count < 300 ||
                (seen.inner && seen.elsewhere && seen.kept && seen.buffered &&
                 seen.channels && seen.sums_elsewhere));
}

// The outermost memory works ahead of the nests of groups, by way of their memory.
static bool make_overlapped(uint64_t seed, struct brute_problem *p) {
    if (!make_problem(seed, p) || p->net->layer_count > 3 || seed % 16 < 2)
        return false;
    uint64_t state = seed * 2 + 1;
    struct sdse_arch *slow = SDSE_ARENA_NEW(p->arena, struct sdse_arch);
    *slow = *p->arch;
    slow->level[0].shared_bits_per_cycle.value = 4 + (double)oracle_below(&state, 12);
    for (unsigned l = 1; l < slow->level_count; l++) {
        struct sdse_level *level = &slow->level[l];
        level->capacity_bits = 8 * (40 + oracle_below(&state, 80));
        level->shared_bits_per_cycle.value = 12 + (double)oracle_below(&state, 24);
        // Weights may wait further in.
        if (l + 1 < slow->level_count && seed % 4)
            level->keeps = SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS);
        level->shares_weights &= level->keeps & SDSE_BIT(SDSE_WEIGHTS);
    }
    p->arch = slow;
    p->overlap = true;
    p->columns = false;
    p->moves = seed % 3 == 0;
    return true;
}

static void test_overlapped(void **state) {
    (void)state;
    const uint64_t networks = seeds.count / 3;
    const struct compared before = seen;
    compare_problems(make_overlapped, seeds.first, networks, &seeds.current, &seen);
    printf(
        "## fused memories: nests of %llu groups overlap, of %llu networks where they "
        "may; %llu of these not in the outermost memory that shares\n",
        (unsigned long long)(seen.overlapped - before.overlapped),
        (unsigned long long)networks,
        (unsigned long long)(seen.overlapped_inside - before.overlapped_inside));
    assert_true(seeds.count < 300 ||
                (seen.overlapped > before.overlapped &&
                 seen.overlapped_inside > before.overlapped_inside));
}

// Tight: what is made does not stay where it is read. Few layers, as every move of
// every tensor is tried between all of them.
static bool make_moved(uint64_t seed, struct brute_problem *p) {
    if (!make_problem(seed, p) || p->net->layer_count > 3 || seed % 16 < 2)
        return false;
    uint64_t state = seed * 2 + 1;
    struct sdse_arch *tight = SDSE_ARENA_NEW(p->arena, struct sdse_arch);
    *tight = *p->arch;
    for (unsigned l = 1; l < tight->level_count; l++)
        tight->level[l].capacity_bits = 8 * (6 + oracle_below(&state, 30));
    p->arch = tight;
    p->moves = true;
    p->columns = false;
    p->depth = 2;
    return true;
}

static void test_moved(void **state) {
    (void)state;
    const uint64_t networks = seeds.count / 5;
    const struct compared before = seen;
    const uint64_t ways_before = brute_seen()->ways;
    compare_problems(make_moved, seeds.first, networks, &seeds.current, &seen);
    printf("## fused memories: %llu networks whose tensors are moved equal brute force "
           "over %llu ways; %llu copies, %llu brought in, %llu from one memory to "
           "another\n",
           (unsigned long long)networks,
           (unsigned long long)(brute_seen()->ways - ways_before),
           (unsigned long long)(seen.copies - before.copies),
           (unsigned long long)(seen.brought - before.brought),
           (unsigned long long)(seen.passed - before.passed));
    assert_true(seeds.count < 300 ||
                (seen.brought > before.brought && seen.passed > before.passed));
}

// --- By hand ---

// A group of some layers on two memories, the vector unit at the inner one. Returns why
// there is no such group; NULL: *group is set.
static const char *configure_of(struct sdse_arena *arena, const char *network,
                                const struct sdse_place_question *question,
                                const struct sdse_fusion_config *config,
                                struct sdse_fused_group *group,
                                struct brute_problem *p) {
    *p = (struct brute_problem){.arena = arena};
    brute_read("{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
               "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: L2, "
               "memory: {class: sram, shares: [activations], capacity_bytes: 99, "
               "pj_per_bit: 2}}, {level: GLB, memory: {class: sram, shares: "
               "[activations], capacity_bytes: 99, pj_per_bit: 1}}], compute: "
               "{pj_per_mac: 1}, vector: {below: GLB, free: true}}",
               network, p);
    struct sdse_residency_layer *layer =
        SDSE_ARENA_ARRAY(arena, struct sdse_residency_layer, p->net->layer_count);
    for (size_t l = 0; l < p->net->layer_count; l++)
        layer[l] =
            (struct sdse_residency_layer){.layer = &p->net->layers[l], .shape = l};
    const struct sdse_fusion_request request = {
        .residency = {.arch = p->arch, .workload = p->net, .layer = layer},
        .depth = SDSE_FUSED_MOST};
    struct sdse_placing placing;
    struct sdse_group_limits limits;
    struct sdse_group_refusal refusal;
    assert_int_equal(sdse_residency_placing(&request.residency, arena, &placing),
                     SDSE_OK);
    assert_int_equal(sdse_fusion_configure(&request, &placing, question, config, arena,
                                           &limits, group, &refusal),
                     SDSE_OK);
    return refusal.reason;
}

// Two products with a softmax between.
static const char *configure(struct sdse_arena *arena,
                             const struct sdse_fusion_config *config,
                             enum sdse_place outputs, struct sdse_fused_group *group,
                             struct brute_problem *p) {
    const struct sdse_place_question question = {.more = 2, .outputs = outputs};
    return configure_of(
        arena,
        "{name: n, source: s, layers: [{name: qk, kind: matmul, m: 4, k: 2, n: "
        "4}, {name: f, kind: softmax, in: [4, 4], fused: true}, {name: av, kind: "
        "matmul, m: 4, k: 4, n: 2}, {name: c, kind: fc, in: 2, out_channels: 2, "
        "rows: 4}, {name: d, kind: fc, in: 2, out_channels: 2, rows: 4}], edges: "
        "[{from: qk, to: av}, {from: av, to: c}, {from: av, to: d}]}",
        &question, config, group, p);
}

// The last nest writes through from the memory that the outputs go to, and no other.
static void test_outputs_elsewhere_and_outside(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct brute_problem p;
    struct sdse_fused_group group;
    struct sdse_map_point point;
    const struct sdse_fusion_config rows = {.memory = 0, .tile_rows = 2, .retained = 2};
    assert_null(configure(arena, &rows, sdse_place_in(1, true), &group, &p));
    sdse_mapping_init(p.arch, &point.mapping);
    for (size_t k = 0; k < group.kind_count; k++) {
        const struct sdse_residence *at = group.kind[k].residence;
        const bool last = group.kind[k].layer == 2;
        group.kind[k].point = &point;
        assert_false(at[0].writes_through);
        assert_int_equal(at[1].writes_through, last);
        assert_int_equal(at[1].tensors >> SDSE_OUTPUTS & 1u, last);
    }
    assert_non_null(strstr(sdse_fused_group_text(arena, p.arch, p.net, &group),
                           "    output: [GLB, outer]\n"));
    sdse_arena_free(arena);
}

// By keys sums are rescaled beside the vector unit: outputs go to its memory or
// outside.
static void test_sums_that_are_rescaled(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct brute_problem p;
    struct sdse_fused_group group;
    const struct sdse_fusion_config inner = {.memory = 1,
                                             .tile_rows = 2,
                                             .tile_keys = 2},
                                    outer = {
                                        .memory = 0, .tile_rows = 2, .tile_keys = 2};
    assert_null(configure(arena, &inner, SDSE_PLACE_OUTERMOST, &group, &p));
    assert_null(configure(arena, &inner, sdse_place_in(1, false), &group, &p));
    assert_non_null(configure(arena, &inner, sdse_place_in(0, false), &group, &p));
    assert_non_null(configure(arena, &outer, SDSE_PLACE_OUTERMOST, &group, &p));
    sdse_arena_free(arena);
}

// What comes ahead of the nests of a layer that a map is added to, and of a product
// behind it, whose group is in L2: sets of tensors.
static void come_ahead(const struct sdse_place_question *question, unsigned first,
                       unsigned second) {
    struct sdse_arena *arena = sdse_arena_new();
    struct brute_problem p;
    struct sdse_fused_group group;
    const struct sdse_fusion_config rows = {.tile_rows = 1, .overlaps = true};
    unsigned ahead[2] = {0, 0};
    assert_null(configure_of(
        arena,
        "{name: n, source: s, layers: [{name: a, kind: conv, in: [2, 4, 1], "
        "out_channels: 2, kernel: 1, addends: 1}, {name: b, kind: matmul, m: 4, k: 2, "
        "n: 2}, {name: c, kind: fc, in: 2, out_channels: 2, rows: 4}], edges: chain}",
        question, &rows, &group, &p));
    for (size_t k = 0; k < group.kind_count; k++) {
        ahead[group.kind[k].layer] |= group.kind[k].residence[0].ahead;
        assert_int_equal(group.kind[k].residence[1].ahead, 0);
    }
    assert_int_equal(ahead[0], first);
    assert_int_equal(ahead[1], second);
    sdse_arena_free(arena);
}

// What a nest has in another memory that shares does not come, or go, ahead; nor do
// inputs beside which maps are added, unless these are on chip.
static void test_elsewhere_is_not_ahead(void **state) {
    (void)state;
    const unsigned inputs = SDSE_BIT(SDSE_INPUTS), weights = SDSE_BIT(SDSE_WEIGHTS),
                   outputs = SDSE_BIT(SDSE_OUTPUTS);
    struct sdse_place_question question = {.more = 1};
    come_ahead(&question, weights, weights | outputs);
    question.in[1].group_addends = SDSE_BIT(0);
    come_ahead(&question, weights | inputs, weights | outputs);
    question.in[1].operands = 1;
    come_ahead(&question, weights, weights | outputs);
    question.in[1].operands = 0;
    question.in[1].group_weights = SDSE_BIT(1);
    come_ahead(&question, weights | inputs, outputs);
    question.in[1].group_weights = 0;
    question.outputs = sdse_place_in(1, false);
    come_ahead(&question, weights | inputs, weights);
    question.outputs = sdse_place_in(1, true);
    come_ahead(&question, weights | inputs, weights);
    // Written through from the group's own they do.
    question.outputs = sdse_place_in(0, true);
    come_ahead(&question, weights | inputs, weights | outputs);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outputs_elsewhere_and_outside),
        cmocka_unit_test(test_sums_that_are_rescaled),
        cmocka_unit_test(test_elsewhere_is_not_ahead),
        SEEDED_TEST(test_networks, &seeds),
        SEEDED_TEST(test_moved, &seeds),
        SEEDED_TEST(test_overlapped, &seeds)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
