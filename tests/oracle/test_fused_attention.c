// Attention by rows, by heads and by keys against brute force (support_fusionbrute.h):
// generated networks (support_attention.h), and some by hand.
//
//     test_fused_attention [NETWORKS [FIRST_SEED]]    (default 200 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "oracle/support_attention.h"
#include "oracle/support_seeds.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 20 : 200, .first = 1};
static struct compared seen;

static bool make_problem(uint64_t seed, struct brute_problem *p) {
    *p = (struct brute_problem){.arena = sdse_arena_new()};
    attention_make(seed, p);
    p->overlap = seed % 3 == 0;
    return true;
}

static void test_networks(void **state) {
    (void)state;
    compare_problems(make_problem, seeds.first, seeds.count, &seeds.current, &seen);
    compare_print("fused attention", seeds.count, &seen);
    printf(", %llu by heads, %llu by keys, %llu kinds of their nests read weights that "
           "are there, %llu keep weights, %llu buffer, %llu functions take turns; %llu "
           "overlap\n",
           (unsigned long long)seen.heads, (unsigned long long)seen.keys,
           (unsigned long long)seen.weights_there, (unsigned long long)seen.kept,
           (unsigned long long)seen.buffered, (unsigned long long)seen.functions,
           (unsigned long long)seen.overlapped);
    assert_true(seeds.count < 200 || (seen.heads && seen.keys && seen.weights_there &&
                                      seen.kept && seen.buffered && seen.functions &&
                                      brute_seen()->functions_of_other_rows == 0));
}

// What is read in rows that are not the maker's, or is no row by itself, takes no
// turns; beside each what nearly is the same and does.
static void test_what_takes_turns(void **state) {
    (void)state;
#define CONV(name, in, out) \
    "{name: " name ", kind: conv, in: " in ", out_channels: " out ", kernel: 1}, "
#define ROW "{name: a, kind: matmul, m: 1, k: 1, n: 16}, "
#define MIXED "{name: b, kind: matmul, m: 1, k: 16, n: 1}, "
#define SCORES "{name: a, kind: matmul, heads: 2, m: 4, k: 1, n: 2}, "
    static const struct {
        const char *layers, *edges;
        size_t groups;
    } cases[] = {
        {CONV("a", "[1, 4, 4]", "1") CONV("b", "[1, 4, 4]", "1"), "{from: a, to: b}",
         1},
        {CONV("a", "[1, 4, 4]", "1") CONV("b", "[1, 4, 4]", "1"),
         "{from: a, to: b, via: pool, kernel: 3, pad: 1, free: true}", 0},
        {CONV("a", "[1, 4, 4]", "1") CONV("b", "[1, 4, 4]", "1"),
         "{from: a, to: b, via: softmax, free: true}", 0},
        {CONV("o", "[1, 4, 4]", "1") CONV("a", "[1, 4, 4]", "1")
             CONV("b", "[1, 4, 4]", "1"),
         "{from: o, to: a, via: pool, kernel: 3, pad: 1, free: true}, {from: a, to: b}",
         0},
        {SCORES "{name: b, kind: matmul, heads: 2, m: 4, k: 2, n: 1}, ",
         "{from: a, to: b, via: softmax, free: true}", 1},
        {SCORES "{name: b, kind: fc, in: 4, out_channels: 1, rows: 4}, ",
         "{from: a, to: b, via: softmax, free: true}", 0},
        {"{name: a, kind: fc, in: 1, out_channels: 2, rows: 4}, "
         "{name: b, kind: matmul, m: 4, k: 2, n: 1}, ",
         "{from: a, to: b, via: softmax, free: true}", 0},
        {"{name: a, kind: fc, in: 1, out_channels: 2, rows: 4}, "
         "{name: b, kind: matmul, m: 4, k: 2, n: 1}, ",
         "{from: a, to: b}", 1},
        {SCORES "{name: b, kind: fc, in: 4, out_channels: 1, rows: 4}, ",
         "{from: a, to: b, reshape: heads}", 1},
        // The same words in other rows.
        {SCORES "{name: b, kind: fc, in: 8, out_channels: 1, rows: 2}, ",
         "{from: a, to: b, reshape: heads}", 0},
        {"{name: a, kind: fc, in: 1, out_channels: 8, rows: 4}, "
         "{name: b, kind: conv, in: [2, 4, 4], out_channels: 1, kernel: 1}, ",
         "{from: a, to: b, reshape: heads}", 1},
        {"{name: a, kind: fc, in: 1, out_channels: 8, rows: 4}, "
         "{name: b, kind: conv, in: [2, 4, 4], out_channels: 1, kernel: 3, pad: 1}, ",
         "{from: a, to: b, reshape: heads}", 0},
        // A row of scores that M has no room for: in parts, if each is a function of
        // its own words.
        {ROW "{name: f, kind: act, in: [1, 1, 16], fused: true}, " MIXED,
         "{from: a, to: b}", 1},
        {ROW "{name: f, kind: norm, in: [1, 1, 16], fused: true}, " MIXED,
         "{from: a, to: b}", 1},
        // Two right operands, then one.
        {SCORES "{name: b, kind: matmul, m: 4, k: 4, n: 1}, ",
         "{from: a, to: b, reshape: heads}", 1},
        // As many right operands, of other numbers of heads.
        {"{name: a, kind: matmul, heads: 4, kv_heads: 2, m: 4, k: 1, n: 2}, "
         "{name: b, kind: matmul, heads: 2, kv_heads: 2, m: 4, k: 4, n: 1}, ",
         "{from: a, to: b, reshape: heads}", 1},
        // What the first reads is added by the second: buffered for both, or by heads.
        {"{name: x, kind: fc, in: 1, out_channels: 4, rows: 4}, "
         "{name: a, kind: matmul, heads: 2, m: 4, k: 2, n: 3}, "
         "{name: b, kind: matmul, heads: 2, m: 4, k: 3, n: 2, addends: 1}, ",
         "{from: x, to: a}, {from: a, to: b}, {from: x, to: b, as: addend}", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct brute_problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_ALL, .depth = 2};
        brute_read("{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                   "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
                   "{level: GLB, memory: {class: sram, shares: [activations, weights], "
                   "capacity_bytes: 14, pj_per_bit: 0.1}}], compute: {pj_per_mac: 1}, "
                   "vector: {below: GLB, pj_per_op: 3, ops_per_cycle: 1}}",
                   sdse_arena_printf(p.arena,
                                     "{name: n, source: s, layers: [%s], edges: [%s]}",
                                     cases[i].layers, cases[i].edges),
                   &p);
        seeds.current = i;
        compare_with_brute_force(&p, &seen);
        if (seen.counts.groups != cases[i].groups)
            fail_msg("case %zu: %llu groups", i,
                     (unsigned long long)seen.counts.groups);
        sdse_arena_free(p.arena);
    }
#undef CONV
#undef SCORES
#undef ROW
#undef MIXED
}

// Keys and values take as many bits, so that beside either in M as much is held, but
// the products that read them do not cost the same: answers are of one of them.
static void test_operands_of_one_size(void **state) {
    (void)state;
    static const struct {
        unsigned k, n, m, keys_in, values_in, values_first, capacity_bytes, dram_pj;
    } cases[] = {{2, 1, 2, 5, 5, 0, 8, 8},
                 {2, 3, 2, 4, 3, 0, 14, 8},
                 {1, 2, 4, 5, 2, 1, 5, 3},
                 {1, 3, 4, 3, 4, 1, 6, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const unsigned k = cases[i].k, n = cases[i].n, m = cases[i].m;
        struct brute_problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
        const char *arch = sdse_arena_printf(
            p.arena,
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: %u}}, {level: GLB, "
            "memory: {class: sram, shares: [activations, weights], capacity_bytes: %u, "
            "pj_per_bit: 1}}], compute: {pj_per_mac: 1}}",
            cases[i].dram_pj, cases[i].capacity_bytes);
        const char *keys = sdse_arena_printf(
                       p.arena,
                       "{name: keys, kind: fc, in: %u, out_channels: %u, rows: %u}, ",
                       cases[i].keys_in, k, n),
                   *values = sdse_arena_printf(
                       p.arena,
                       "{name: values, kind: fc, in: %u, out_channels: %u, rows: %u}, ",
                       cases[i].values_in, k, n);
        brute_read(arch,
                   sdse_arena_printf(
                       p.arena,
                       "{name: n, source: s, layers: [%s%s"
                       "{name: qk, kind: matmul, m: %u, k: %u, n: %u}, "
                       "{name: av, kind: matmul, m: %u, k: %u, n: %u}], edges: ["
                       "{from: keys, to: qk, as: weights}, "
                       "{from: values, to: av, as: weights}, {from: qk, to: av}]}",
                       cases[i].values_first ? values : keys,
                       cases[i].values_first ? keys : values, m, k, n, m, n, k),
                   &p);
        seeds.current = i;
        compare_with_brute_force(&p, &seen);
        sdse_arena_free(p.arena);
    }
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {SEEDED_TEST(test_networks, &seeds),
                                       SEEDED_TEST(test_what_takes_turns, &seeds),
                                       SEEDED_TEST(test_operands_of_one_size, &seeds)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
