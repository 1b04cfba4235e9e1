// The optimum of networks whose layers may take turns against brute force
// (support_fusionbrute.h): generated chains of convolutions, with functions and pools
// between them, and what is added to their outputs; networks with branches, additions
// and maps that are put together.
//
//     test_fusion [NETWORKS [FIRST_SEED]]    (default 1000 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "costmodel/evaluate.h"
#include "oracle/support_branches.h"
#include "oracle/support_cases.h"
#include "oracle/support_fusionbrute.h"
#include "oracle/support_problems.h"
#include "oracle/support_seeds.h"
#include "spec/load.h"
#include "support/close.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 30 : 1000, .first = 1};
static struct compared seen;

// --- Generated ---

static bool make_problem(uint64_t seed, struct brute_problem *p) {
    uint64_t state = seed * 2 + 1;
    *p = (struct brute_problem){.arena = sdse_arena_new(), .overlap = seed / 2 % 4 > 0};
    const char *arch = brute_make_arch(&state, p->arena);
    p->tiles = oracle_below(&state, 2) ? SDSE_TILES_ALL : SDSE_TILES_BALANCED;
    p->depth = 2 + (size_t)oracle_below(&state, 2);
    if (seed % 2) {
        p->depth += oracle_below(&state, 2);
        brute_read(arch, branches_network(&state, p->arena), p);
    } else {
        brute_read(arch, chain_network(&state, p->arena), p);
    }
    return p->net->layer_count <= 5;
}

static void test_addends_of_one_size(void **state) {
    (void)state;
    static const char network[] =
        "{name: n, source: s, layers: ["
        "{name: a, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: b, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: c, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: d, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: e, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1, addends: 1}, "
        "{name: f, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1, addends: "
        "1}], "
        "edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}, {from: d, to: "
        "e}, "
        "{from: e, to: f}, {from: a, to: %s, as: addend}, {from: b, to: %s, as: "
        "addend}]}";
    for (int swapped = 0; swapped < 2; swapped++) {
        for (unsigned bytes = 8; bytes <= 14; bytes++) {
            struct brute_problem p = {
                .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
            const char *arch = sdse_arena_printf(
                p.arena,
                "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
                "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
                "memory: {class: sram, shares: [activations], capacity_bytes: %u, "
                "pj_per_bit: 1}}], compute: {pj_per_mac: 1}, vector: {below: GLB, "
                "free: "
                "true}}",
                bytes);
            brute_read(arch,
                       sdse_arena_printf(p.arena, network, swapped ? "f" : "e",
                                         swapped ? "e" : "f"),
                       &p);
            compare_with_brute_force(&p, &seen);
            sdse_arena_free(p.arena);
        }
    }
}

// Eight words of four rows of two, and of two rows of four: functions of them are
// written alike, and a row of each is not. What needs more than a word at once, or has
// more words, is not taken row by row.
static void test_functions_written_alike(void **state) {
    (void)state;
    static const struct {
        const char *second;
        size_t groups; // possible
    } cases[] = {{"act, in: 8", 3}, {"norm, in: 8", 2}, {"act, in: 16", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct brute_problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
        brute_read(
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
            "memory: {class: sram, shares: [activations], capacity_bytes: 9, "
            "pj_per_bit: 0.1}}], compute: {pj_per_mac: 1}, vector: {below: GLB, "
            "pj_per_op: 3, ops_per_cycle: 1}}",
            sdse_arena_printf(
                p.arena,
                "{name: n, source: s, layers: ["
                "{name: a, kind: conv, in: [1, 4, 1], out_channels: 2, kernel: 1}, "
                "{name: a.f, kind: act, in: 8, fused: true}, "
                "{name: b, kind: conv, in: [2, 4, 1], out_channels: 1, kernel: 1}, "
                "{name: c, kind: conv, in: [1, 4, 1], out_channels: 4, kernel: 1, "
                "stride: 2}, "
                "{name: c.f, kind: %s, fused: true}, "
                "{name: d, kind: conv, in: [4, 2, 1], out_channels: 1, kernel: 1}], "
                "edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}]}",
                cases[i].second),
            &p);
        compare_with_brute_force(&p, &seen);
        assert_int_equal(seen.counts.groups, cases[i].groups);
        sdse_arena_free(p.arena);
    }
}

// More elements are faster, and further away: nests of a group have fronts of several
// corners, of which a middle one is wanted.
static void test_fast_and_far(void **state) {
    (void)state;
    const uint64_t points_before = seen.points, groups_before = seen.groups;
    for (unsigned bytes = 20; bytes <= 44; bytes += 8) {
        struct brute_problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
        const char *arch = sdse_arena_printf(
            p.arena,
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
            "memory: {class: sram, shares: [activations], capacity_bytes: %u, "
            "pj_per_bit: 1}, fanout: {x: 8, dims_x: [K, C]}, network: {topology: mesh, "
            "hop_pj_per_bit: 0.5}}], compute: {pj_per_mac: 1}, vector: {below: GLB, "
            "free: true}}",
            bytes);
        brute_read(arch,
                   "{name: n, source: s, layers: ["
                   "{name: a, kind: conv, in: [2, 4, 1], out_channels: 8, kernel: 1}, "
                   "{name: b, kind: conv, in: [8, 4, 1], out_channels: 4, kernel: "
                   "1}], edges: chain}",
                   &p);
        compare_with_brute_force(&p, &seen);
        sdse_arena_free(p.arena);
    }
    printf("## fusion: fast and far: %llu points, %llu groups\n",
           (unsigned long long)(seen.points - points_before),
           (unsigned long long)(seen.groups - groups_before));
    assert_true(seen.points > points_before + 4 && seen.groups > groups_before);
}

static void test_networks(void **state) {
    (void)state;
    compare_problems(make_problem, seeds.first, seeds.count, &seeds.current, &seen);
    compare_print("fusion", seeds.count, &seen);
    printf(
        ", %llu retain, %llu keep weights, %llu buffer; %llu kinds of their nests add "
        "maps, %llu from on chip\n",
        (unsigned long long)seen.retained, (unsigned long long)seen.kept,
        (unsigned long long)seen.buffered, (unsigned long long)seen.adding,
        (unsigned long long)seen.added_there);
    printf("## fusion: of %llu configurations %llu cannot fit, %llu are cut, %llu "
           "summed; of %llu answers %llu took a search\n",
           (unsigned long long)seen.counts.configurations,
           (unsigned long long)seen.counts.too_big, (unsigned long long)seen.counts.cut,
           (unsigned long long)seen.counts.summed,
           (unsigned long long)seen.counts.asked,
           (unsigned long long)seen.counts.searches);
    printf(
        "## fusion: with branches: %llu groups with a tensor of several readers, %llu "
        "that add, %llu that put together, %llu inputs buffered for several; nests of "
        "%llu groups overlap, where those of three networks of four may\n",
        (unsigned long long)seen.branching, (unsigned long long)seen.additions,
        (unsigned long long)seen.together, (unsigned long long)seen.for_all,
        (unsigned long long)seen.overlapped);
    assert_true(seeds.count < 1000 ||
                (seen.retained && seen.recomputed && seen.kept && seen.buffered &&
                 seen.again && seen.adding && seen.added_there &&
                 brute_seen()->functions_of_other_rows && seen.functions &&
                 seen.pools && seen.branching && seen.additions && seen.together &&
                 seen.for_all && seen.overlapped));
}

// Tight, and double buffered: tiles come again and again. Small networks, as every move
// of every tensor is tried between all layers.
static bool make_moved(uint64_t seed, struct brute_problem *p) {
    if (!make_problem(seed, p) || p->net->layer_count > 4)
        return false;
    struct sdse_arch *tight = SDSE_ARENA_NEW(p->arena, struct sdse_arch);
    *tight = *p->arch;
    tight->level[1].capacity_bits = 8 * (6 + seed % 24);
    tight->level[1].buffering = 2 + (uint32_t)(seed % 3);
    p->arch = tight;
    p->moves = true;
    p->overlap = seed % 4 > 0;
    p->depth = 2;
    return true;
}

// Tensors are moved between layers and groups.
static void test_moved(void **state) {
    (void)state;
    const uint64_t networks = seeds.count / 8;
    const uint64_t copies_before = seen.copies, brought_before = seen.brought,
                   ways_before = brute_seen()->ways;
    compare_problems(make_moved, seeds.first, networks, &seeds.current, &seen);
    printf("## fusion: %llu networks whose tensors are moved equal brute force over "
           "%llu ways; %llu copies, of which %llu are brought in\n",
           (unsigned long long)networks,
           (unsigned long long)(brute_seen()->ways - ways_before),
           (unsigned long long)(seen.copies - copies_before),
           (unsigned long long)(seen.brought - brought_before));
    assert_true(seeds.count < 1000 || (seen.copies > copies_before + networks / 20 &&
                                       seen.brought > brought_before));
}

// A word of some rows of a layer takes what one of the whole layer does, as it is
// stored with it: csc's starts of columns are those of the whole map.
static void test_parts_are_stored_with_the_whole(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_arch *arch = sdse_written_arch(
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
        "[{level: "
        "D, memory: {class: dram, pj_per_bit: 8, format: {inputs: {compression: "
        "csc}}}}], compute: "
        "{pj_per_mac: 0.5}}",
        arena);
    assert_non_null(arch);
    const struct sdse_layer whole = {.kind = SDSE_CONV1X1,
                                     .repeat = 1,
                                     .density = {1, 0.5, 1},
                                     .nest = {.bound = {1, 2, 4, 8, 8, 1, 1, 1},
                                              .stride = {1, 1},
                                              .dilation = {1, 1}}};
    struct sdse_layer part = whole;
    const struct sdse_row_run run = {.first = 2, .count = 3, .step = 1};
    sdse_nest_part(&whole.nest, &run, &part.nest);
    double bits[3];
    for (int i = 0; i < 3; i++) {
        struct sdse_model *model;
        struct sdse_mapping mapping;
        struct sdse_cost cost;
        part.whole = i == 1 ? &whole : NULL;
        assert_int_equal(sdse_model_new(arch, i ? &part : &whole, NULL, arena, &model),
                         SDSE_OK);
        sdse_mapping_init(arch, &mapping);
        for (int d = 0; d < SDSE_DIMS; d++) {
            struct sdse_loops *loops = &mapping.level[0].temporal;
            loops->loop[loops->count++] = (struct sdse_loop){
                (enum sdse_dim)d, (i ? &part : &whole)->nest.bound[d]};
        }
        assert_true(sdse_evaluate_full(model, &mapping, &cost));
        const struct sdse_flow_cost *flow = &cost.level[0].flow[SDSE_PART_INPUTS];
        bits[i] = flow->read_bits / (double)flow->reads;
    }
    assert_double_within(bits[0], bits[1], 1e-9);
    assert_true(bits[2] != bits[0]); // by itself it is another map
    sdse_arena_free(arena);
}

// The search of a group of so many tiles that listing them takes a while, told to end
// meanwhile: it says so, or it was done.
static void *stop_soon(void *stop) {
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    atomic_store((atomic_bool *)stop, true);
    return NULL;
}

static void test_stopped_while_listing(void **state) {
    (void)state;
    struct brute_problem p = {.arena = sdse_arena_new()};
    struct sdse_residency_layer layer[2];
    struct sdse_map_answer alone[2];
    atomic_bool stop = false;
    brute_read("{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
               "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
               "memory: {class: sram, shares: [activations], capacity_bytes: 99, "
               "pj_per_bit: 1}}], compute: {pj_per_mac: 1}}",
               "{name: n, source: s, layers: ["
               "{name: a, kind: conv, in: [1, 999983, 1], out_channels: 1, kernel: [3, "
               "1], pad: [1, 0]}, "
               "{name: b, kind: conv, in: [1, 999983, 1], out_channels: 1, kernel: [3, "
               "1], pad: [1, 0]}], edges: chain}",
               &p);
    for (size_t l = 0; l < 2; l++) {
        const struct sdse_map_request request = {
            .arch = p.arch, .layer = &p.net->layers[l], .objective = SDSE_MAP_ENERGY};
        assert_int_equal(sdse_map(&request, p.arena, &alone[l]), SDSE_OK);
        layer[l] = (struct sdse_residency_layer){.layer = &p.net->layers[l],
                                                 .unshared = &alone[l]};
    }
    const struct sdse_fusion_request request = {
        .residency = {.arch = p.arch,
                      .workload = p.net,
                      .layer = layer,
                      .objective = SDSE_MAP_ENERGY,
                      .goal = SDSE_PLACES_ENERGY,
                      .stop = &stop,
                      .threads = 1},
        .depth = 2};
    pthread_t thread;
    struct sdse_fusion fusion;
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, &stop), 0);
    const enum sdse_status status = sdse_fusion_find(&request, p.arena, &fusion);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(status, SDSE_OK);
    assert_true(fusion.residency.stopped || fusion.counts.configurations > 0);
    assert_true(!fusion.residency.stopped || fusion.residency.places.count == 0);
    sdse_fusion_free(&fusion);
    sdse_arena_free(p.arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        SEEDED_TEST(test_networks, &seeds),
        SEEDED_TEST(test_moved, &seeds),
        cmocka_unit_test(test_addends_of_one_size),
        cmocka_unit_test(test_fast_and_far),
        cmocka_unit_test(test_functions_written_alike),
        cmocka_unit_test(test_parts_are_stored_with_the_whole),
        cmocka_unit_test(test_stopped_while_listing)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
