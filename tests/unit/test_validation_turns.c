// Published figures of layers that take turns row by row, counted by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/close.h"
#include "support/scratch_folder.h"
#include "support/validation_world.h"

// a: 9 x 10 maps of 2 channels -> 3; b: a pool to 4 x 5; c: 3 -> 4, padded; d: stride
// 2, one tap, reads rows 0 and 2 alone; e: of other columns; f: twice; g:
// of other rows than d.
static const char network[] =
    "{name: n, source: s, batch: 1, layers: ["
    "{name: a, kind: conv, in: [2, 10, 12], out_channels: 3, kernel: [2, 3]}, "
    "{name: a.act, kind: act, in: [3, 9, 10], fused: true}, "
    "{name: b, kind: pool, in: [3, 9, 10], kernel: [3, 2], stride: 2, fused: false}, "
    "{name: c, kind: conv, in: [3, 4, 5], out_channels: 4, kernel: 3, pad: 1}, "
    "{name: d, kind: conv, in: [4, 4, 5], out_channels: 2, kernel: 1, stride: 2}, "
    "{name: e, kind: conv, in: [2, 2, 4], out_channels: 5, kernel: 1}, "
    "{name: f, kind: conv, in: [4, 4, 5], out_channels: 4, kernel: 1, repeat: 2}, "
    "{name: g, kind: conv, in: [2, 3, 3], out_channels: 1, kernel: 1}], "
    "edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}]}\n";

static const char accelerator[] =
    "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: 4}, "
    "inputs: {bits: 8}, outputs: {bits: 16}}, levels: [{level: DRAM, memory: {class: "
    "dram, pj_per_bit: 1}}, {level: GLB, memory: {class: sram, capacity_kib: 64, "
    "pj_per_bit: 0.01, shares: [activations, weights]}}], vector: {below: GLB, free: "
    "true}, compute: {pj_per_mac: 1, area_um2: 1}}\n";

static const char cases[] = "name: turns\nsource: here\ncases:\n"
                            "  ab: {arch: a.yaml, workload: n.yaml, layers: [a, b]}\n"
                            "  abc: {like: ab, layers: [a, b, c]}\n"
                            "  abcd: {like: ab, layers: [a, b, c, d]}\n"
                            "  alone: {like: ab, layers: [d]}\n"
                            "  two: {like: abc, network: {batch: 2}}\n"
                            "  sizes: {like: ab, layers: [d, e]}\n"
                            "  gap: {like: ab, layers: [a, c]}\n"
                            "  rows: {like: ab, layers: [d, g]}\n"
                            "  often: {like: ab, layers: [c, f]}\n"
                            "  all: {like: ab, layers: [all]}\n"
                            "  no_network: {arch: a.yaml}\n"
                            "anchors:\n";

#define A(id, rest) "  - {id: " id ", mark: published, published: 1, " rest "}\n"

// Maps: inputs 2 x 10 x 12, a's 3 x 9 x 10, b's 3 x 4 x 5, c's 4 x 4 x 5, d's 2 x 2
// x 3.
enum {
    IN = 240,
    B = 60,
    C = 80,
    D = 12,
    WEIGHTS_A = 36,
    WEIGHTS_C = 108,
    WEIGHTS_D = 8
};

static void words_over_the_border(void **state) {
    (void)state;
    // clang-format off
    struct world w = world_run(at("v.yaml"), cases,
        A("ab", "quantity: fused_words, case: ab, unit: words")
        A("abc", "quantity: fused_words, case: abc, unit: words")
        A("abc.in", "quantity: fused_words, of: {tensor: inputs}, case: abc, unit: words")
        A("abc.maps", "quantity: fused_words, of: {tensor: [inputs, outputs]}, case: abc, unit: words")
        A("abc.bits", "quantity: fused_bytes, case: abc, unit: bit")
        A("abc.w", "quantity: fused_bytes, of: {tensor: weights}, case: abc, unit: B")
        A("both", "quantity: fused_words, case: [ab, abc], unit: words")
        A("mean", "quantity: fused_words, case: [ab, abc], combine: mean, unit: words")
        A("chosen", "quantity: fused_words, layers: [c, d], case: ab, unit: words")
        A("ratio", "quantity: fused_words, case: abc, over: {of: {tensor: outputs}}, unit: x")
        A("two", "quantity: fused_words, case: two, unit: words"));
    // clang-format on
    const double ab = IN + B + WEIGHTS_A, abc = IN + C + WEIGHTS_A + WEIGHTS_C;
    expect(&w, "ab", IN + B + WEIGHTS_A);
    expect(&w, "abc", IN + C + WEIGHTS_A + WEIGHTS_C);
    expect(&w, "abc.in", IN);
    expect(&w, "abc.maps", IN + C);
    expect(&w, "abc.bits", 8 * IN + 16 * C + 4 * (WEIGHTS_A + WEIGHTS_C));
    expect(&w, "abc.w", (WEIGHTS_A + WEIGHTS_C) / 2.0);
    expect(&w, "both", ab + abc);
    expect(&w, "mean", (ab + abc) / 2);
    expect(&w, "chosen", B + D + WEIGHTS_C + WEIGHTS_D);
    expect(&w, "ratio", (IN + C + WEIGHTS_A + WEIGHTS_C) / (double)C);
    expect(&w, "two", 2 * (IN + C) + WEIGHTS_A + WEIGHTS_C);
    sdse_arena_free(w.arena);
}

// R - stride rows wait where windows meet: one of a's inputs (2 taps), one of b's (3
// taps, stride 2), two of c's; d needs every second row of c's outputs, which none
// keeps. Of two layers those of the second's inputs never wait while another is at
// work.
static void rows_that_wait(void **state) {
    (void)state;
    // clang-format off
    struct world w = world_run(at("v.yaml"), cases,
        A("ab", "quantity: line_words, case: ab, unit: words")
        A("abc", "quantity: line_words, case: abc, unit: words")
        A("abcd", "quantity: line_words, case: abcd, unit: words")
        A("bits", "quantity: line_bytes, case: abc, unit: bit")
        A("two", "quantity: line_words, case: two, unit: words"));
    // clang-format on
    const double a = 2 * 12, b = 3 * 10, c = 2 * 3 * 5;
    expect(&w, "ab", a);
    expect(&w, "abc", a + b + c);
    // A row of d needs one of c's, and the next that is needed all but one of b's
    // three.
    expect(&w, "abcd", a + b + c / 2);
    expect(&w, "bits", 8 * (a + b + c));
    expect(&w, "two", 2 * (a + b + c));
    sdse_arena_free(w.arena);
}

static void what_is_no_group(void **state) {
    (void)state;
    static const char *const none[] = {"sizes", "gap", "rows", "often", "all", "alone"};
    static const char *const said[] = {"layer d puts out what no layer reads",
                                       "layer b is not chosen",
                                       "layer e is not chosen",
                                       "layer d is not chosen",
                                       "executed several times",
                                       "fewer than two layers"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char anchor[200];
        snprintf(anchor, sizeof anchor,
                 A("x", "quantity: fused_words, case: %s, unit: words"), none[i]);
        struct world w = world_run(at("v.yaml"), cases, anchor);
        assert_int_equal(w.result[0].verdict, SDSE_VERDICT_FAILED);
        assert_non_null(strstr(w.result[0].failure, none[i]));
        assert_non_null(strstr(w.result[0].failure, said[i]));
        sdse_arena_free(w.arena);
    }
    struct world w;
    assert_int_equal(
        world_prepare(&w, at("v.yaml"), cases,
                      A("x", "quantity: line_words, case: no_network, unit: words")),
        SDSE_INVALID);
    assert_true(sdse_diags_fired(&w.diags, "case-workload"));
    sdse_arena_free(w.arena);
    assert_int_equal(
        world_prepare(
            &w, at("v.yaml"), cases,
            A("x",
              "quantity: line_words, of: {tensor: inputs}, case: ab, unit: words")),
        SDSE_INVALID);
    assert_true(sdse_diags_fired(&w.diags, "quantity-filter"));
    sdse_arena_free(w.arena);
}

static int make_files(void **state) {
    const int status = make_folder(state);
    make("n.yaml", network);
    make("a.yaml", accelerator);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_over_the_border),
                                       cmocka_unit_test(rows_that_wait),
                                       cmocka_unit_test(what_is_no_group)};
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
