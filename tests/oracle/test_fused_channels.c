// Turns by rows and by channels against brute force (support_fusionbrute.h): generated
// chains (support_channels.h).
//
//     test_fused_channels [NETWORKS [FIRST_SEED]]    (default 80 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "oracle/support_channels.h"
#include "oracle/support_seeds.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 10 : 160, .first = 81};
static struct compared seen;

static bool make_problem(uint64_t seed, struct brute_problem *p) {
    *p = (struct brute_problem){.arena = sdse_arena_new()};
    channels_make(seed, p);
    return true;
}

static void test_networks(void **state) {
    (void)state;
    compare_problems(make_problem, seeds.first, seeds.count, &seeds.current, &seen);
    compare_print("fused channels", seeds.count, &seen);
    printf(", %llu by channels; %llu keep weights, %llu buffer, %llu retain; %llu "
           "functions and %llu pools take turns, %llu kinds of nests add maps\n",
           (unsigned long long)seen.channels, (unsigned long long)seen.kept,
           (unsigned long long)seen.buffered, (unsigned long long)seen.retained,
           (unsigned long long)seen.functions, (unsigned long long)seen.pools,
           (unsigned long long)seen.adding);
    assert_true(seeds.count < 160 ||
                (seen.channels && seen.kept && seen.buffered && seen.retained &&
                 seen.functions && seen.pools && seen.adding));
}

// Of what the second of a gated pair reads, the map that it multiplies with is all that
// is in the memory: it reads its inputs and writes outside. That takes fewer words from
// there than if that map were outside, too, which bounds and answers must not say.
static void test_nothing_but_an_addend_is_there(void **state) {
    (void)state;
    const uint64_t added_before = seen.added_there;
    for (unsigned bytes = 12; bytes <= 36; bytes += 4) {
        struct brute_problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
        const char *arch = sdse_arena_printf(
            p.arena,
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8, "
            "shared_bits_per_cycle: 8}}, {level: GLB, memory: {class: sram, shares: "
            "[activations], capacity_bytes: %u, pj_per_bit: 1}}], compute: "
            "{pj_per_mac: 1}, vector: {below: GLB, pj_per_op: 0.25, ops_per_cycle: "
            "4}}",
            bytes);
        brute_read(arch,
                   "{name: n, source: s, layers: ["
                   "{name: up, kind: conv, in: [1, 2, 2], out_channels: 3, kernel: 1}, "
                   "{name: gate, kind: conv, in: [1, 2, 2], out_channels: 3, kernel: "
                   "1, addends: 1}], "
                   "edges: [{from: up, to: gate, as: addend, via: product}]}",
                   &p);
        compare_with_brute_force(&p, &seen);
        sdse_arena_free(p.arena);
    }
    assert_true(seen.added_there > added_before);
}

// A block of a residual network: windows of both layers overlap from tile to tile, the
// last one adds what the first reads, and channels come in parts of any size. That is
// more ways to keep what is there, of every size of tiles, than a chain has.
static void test_a_residual_block(void **state) {
    (void)state;
    for (unsigned bytes = 24; bytes <= 40; bytes += 8) {
        struct brute_problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_ALL, .depth = 2};
        const char *arch = sdse_arena_printf(
            p.arena,
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
            "memory: {class: sram, shares: [activations], capacity_bytes: %u, "
            "pj_per_bit: 1}}], compute: {pj_per_mac: 1}, vector: {below: GLB, "
            "pj_per_op: 0.25, ops_per_cycle: 4}}",
            bytes);
        brute_read(arch,
                   "{name: n, source: s, layers: ["
                   "{name: x, kind: conv, in: [1, 6, 1], out_channels: 1, kernel: 1}, "
                   "{name: a, kind: conv, in: [1, 6, 1], out_channels: 8, kernel: [3, "
                   "1], pad: [1, 0]}, "
                   "{name: b, kind: conv, in: [8, 6, 1], out_channels: 1, kernel: [3, "
                   "1], pad: [1, 0], addends: 1}], "
                   "edges: [{from: x, to: a}, {from: a, to: b}, {from: x, to: b, as: "
                   "addend}]}",
                   &p);
        compare_with_brute_force(&p, &seen);
        sdse_arena_free(p.arena);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_but_an_addend_is_there),
        cmocka_unit_test(test_a_residual_block), SEEDED_TEST(test_networks, &seeds)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
