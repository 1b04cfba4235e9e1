// What groups may do, and what keeps layers from being one, as docs/fusion.md says it:
// beside each refusal what nearly is the same and may. Nothing is searched.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "dse/fusion/configured.h"
#include "oracle/support_fusionbrute.h"

#define LAYER(name, what) "{name: " name ", " what "}, "
#define CONV(name, in, out, more) \
    LAYER(name, "kind: conv, in: " in ", out_channels: " out ", kernel: 1" more)
#define FC(name, in, out, more) \
    LAYER(name, "kind: fc, in: " in ", out_channels: " out ", rows: 4" more)
#define ADDS ", addends: 1"

enum { MOST_LAYERS = 72 };

static const struct sdse_weight_form raw = {.smartdeal = false},
                                     deal = {.smartdeal = true,
                                             .basis_size = 2,
                                             .rows = 2,
                                             .rows_per_block = 2,
                                             .blocks = 1,
                                             .density = 0.5,
                                             .row_density = 1,
                                             .coefficient_bits = 4,
                                             .basis_bits = 8},
                                     unique = {.first = SDSE_UNIQUE_FIRST,
                                               .density = 1,
                                               .row_density = 1};

// An accelerator whose second memory is shared, what stands beside it, and what it may
// hold.
struct chip {
    const char *shares, *vector, *engine;
};
static const struct chip plain = {"activations, weights", "GLB", ""};

struct answer {
    struct sdse_arena *arena;
    struct sdse_group_limits limits;
    struct sdse_fused_group group;
    struct sdse_group_refusal refusal;
};

// Asks about layers first ... last of a network, the first of which finds so many maps
// in the shared memory; the caller frees answer->arena.
static void ask(const struct chip *chip, const char *layers, const char *edges,
                size_t first, size_t last, const struct sdse_weight_form *form,
                const struct sdse_fusion_config *config, uint32_t operands,
                struct answer *answer) {
    struct brute_problem p = {.arena = sdse_arena_new()};
    struct sdse_residency_layer layer[MOST_LAYERS];
    struct sdse_placing placing;
    *answer = (struct answer){.arena = p.arena};
    brute_read(
        sdse_arena_printf(
            p.arena,
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
            "memory: {class: sram, shares: [%s], capacity_bytes: 64, pj_per_bit: "
            "1}}, {level: RF, memory: {class: regfile, capacity_bytes: 64, pj_per_bit: "
            "1}}], compute: {pj_per_mac: 1}, vector: {below: %s, free: true}%s}",
            chip->shares, chip->vector, chip->engine),
        sdse_arena_printf(p.arena, "{name: n, source: s, layers: [%s], edges: [%s]}",
                          layers, edges),
        &p);
    assert_true(p.net->layer_count <= MOST_LAYERS);
    for (size_t l = 0; l < p.net->layer_count; l++)
        layer[l] = (struct sdse_residency_layer){
            .layer = &p.net->layers[l], .form = form, .shape = l};
    const struct sdse_fusion_request request = {
        .residency = {.arch = p.arch, .workload = p.net, .layer = layer},
        .depth = SDSE_FUSED_MOST};
    assert_int_equal(sdse_residency_placing(&request.residency, p.arena, &placing),
                     SDSE_OK);
    const struct sdse_place_question question = {
        .layer = first, .more = last - first, .operands = operands};
    assert_int_equal(sdse_fusion_configure(&request, &placing, &question, config,
                                           p.arena, &answer->limits, &answer->group,
                                           &answer->refusal),
                     SDSE_OK);
}

static const struct sdse_fusion_config one_row = {.tile_rows = 1};

// --- Parts ---

// All of them at a time, or more than there are, are no parts.
static bool may_take(const char *layers, const char *edges, size_t first, size_t last,
                     const struct sdse_fusion_config *config) {
    struct answer answer;
    ask(&plain, layers, edges, first, last, &raw, config, 0, &answer);
    const bool may = !answer.refusal.reason;
    sdse_arena_free(answer.arena);
    return may;
}

// Channels, or keys, that may come in parts, heads, and columns: of a network's layers
// from the first on.
static void test_parts(void **state) {
    (void)state;
#define QK "kind: matmul, heads: 2, m: 4, k: 2, n: 2"
    static const struct {
        const char *layers, *edges;
        size_t first;
        uint64_t channels, heads, columns;
    } cases[] = {
        {CONV("a", "[2, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "2", ""),
         "{from: a, to: b}", 0, 4, 1, 2},
        // A depth-wise layer that adds what it reads makes as many channels in groups.
        {CONV("a", "[2, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", ", groups: 4" ADDS)
             CONV("c", "[4, 4, 2]", "2", ""),
         "{from: a, to: b}, {from: a, to: b, as: addend}, {from: b, to: c}", 0, 4, 1,
         0},
        // Sums that are not finished have nothing added to them by channels.
        {CONV("a", "[2, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", ADDS),
         "{from: a, to: b}, {from: a, to: b, as: addend}", 0, 0, 1, 0},
        // What works on each word ends no group in parts, nor does it begin one.
        {CONV("a", "[2, 4, 2]", "4", "")
             LAYER("b", "kind: act, in: [4, 4, 2], fused: false"),
         "{from: a, to: b}", 0, 0, 1, 0},
        {LAYER("a", "kind: act, in: [4, 4, 2], fused: false")
             CONV("b", "[4, 4, 2]", "4", ""),
         "{from: a, to: b}", 0, 0, 1, 0},
        // Words of a map in another shape are in its channels.
        {CONV("a", "[2, 4, 2]", "4", "") LAYER("f", "kind: act, in: 32, fused: false")
             CONV("b", "[4, 4, 2]", "2", ""),
         "{from: a, to: f}, {from: f, to: b}", 0, 4, 1, 0},
        // A function of whole rows between.
        {CONV("a", "[2, 4, 2]", "4", "")
             LAYER("f", "kind: act, in: [4, 4, 2], fused: true")
                 CONV("b", "[4, 4, 2]", "2", ""),
         "{from: a, to: b}", 0, 4, 1, 2},
        {CONV("a", "[2, 4, 2]", "4", "")
             LAYER("f", "kind: norm, in: [4, 4, 2], fused: true")
                 CONV("b", "[4, 4, 2]", "2", ""),
         "{from: a, to: b}", 0, 0, 1, 0},
        // Groups of a layer that reads nothing of the group are not those of the first.
        {CONV("a", "[2, 4, 2]", "4", "") CONV("b", "[2, 4, 2]", "4", ADDS)
             CONV("c", "[4, 4, 2]", "2", ""),
         "{from: a, to: b, as: addend}, {from: b, to: c}", 0, 4, 1, 0},
        {CONV("a", "[2, 4, 2]", "4", "") CONV("b", "[2, 4, 2]", "4", ", groups: 2" ADDS)
             CONV("c", "[4, 4, 2]", "2", ""),
         "{from: a, to: b, as: addend}, {from: b, to: c}", 0, 0, 1, 0},
        // Two groups of what comes before, and all of it.
        {CONV("a", "[4, 4, 2]", "4", ", groups: 2") CONV("b", "[4, 4, 2]", "2", ""),
         "{from: a, to: b}", 0, 4, 1, 2},
        // A softmax on the way is over all channels of a row.
        {FC("a", "1", "4", "") LAYER("b", QK)
             LAYER("c", "kind: matmul, m: 4, k: 4, n: 1"),
         "{from: a, to: b}, {from: b, to: c, reshape: heads}", 0, 4, 1, 0},
        {FC("a", "1", "4", "") LAYER("b", QK)
             LAYER("c", "kind: matmul, m: 4, k: 4, n: 1"),
         "{from: a, to: b}, {from: b, to: c, via: softmax, free: true, reshape: heads}",
         0, 0, 1, 0},
        // Keys of two products with the same right operands, and of other samples.
        {LAYER("a", QK) LAYER("b", QK), "{from: a, to: b}", 0, 2, 2, 0},
        {LAYER("a", "kind: matmul, heads: 4, kv_heads: 2, m: 4, k: 1, n: 2")
             LAYER("b", "kind: matmul, heads: 2, kv_heads: 2, m: 4, k: 4, n: 1"),
         "{from: a, to: b, reshape: heads}", 0, 0, 1, 0},
        // A map that is added to the second's sums.
        {CONV("o", "[1, 4, 1]", "4", "") LAYER("a", QK) LAYER("b", QK ADDS),
         "{from: a, to: b}", 1, 0, 2, 0},
        // Maps are read in the columns in which they were made.
        {FC("a", "1", "8", "") CONV("b", "[2, 4, 4]", "1", ""),
         "{from: a, to: b, reshape: heads}", 0, 0, 1, 0},
        {CONV("a", "[1, 4, 4]", "2", "") CONV("b", "[2, 4, 4]", "1", ""),
         "{from: a, to: b}", 0, 2, 1, 4}};
#undef QK
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        const size_t last = cases[i].first + 1 +
                            (strstr(cases[i].layers, "name: c") != NULL) +
                            (strstr(cases[i].layers, "name: f") != NULL);
        ask(&plain, cases[i].layers, cases[i].edges, cases[i].first, last, &raw,
            &one_row, 0, &answer);
        if (answer.refusal.reason || answer.limits.channels != cases[i].channels ||
            answer.limits.heads != cases[i].heads ||
            answer.limits.columns != cases[i].columns)
            fail_msg("case %zu: %s; %llu channels, %llu heads, %llu columns", i,
                     answer.refusal.reason ? answer.refusal.reason : "a group",
                     (unsigned long long)answer.limits.channels,
                     (unsigned long long)answer.limits.heads,
                     (unsigned long long)answer.limits.columns);
        sdse_arena_free(answer.arena);
        const uint64_t channels = cases[i].channels, heads = cases[i].heads;
        const struct sdse_fusion_config all[] = {
            {.tile_rows = 1, .tile_heads = heads},
            {.tile_rows = 1, .tile_columns = cases[i].columns},
            {.tile_rows = 1, .tile_channels = channels},
            {.tile_rows = 1, .tile_keys = channels, .tile_heads = heads > 1}};
        const uint64_t some[] = {heads, cases[i].columns, channels, channels};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if (some[k] && may_take(cases[i].layers, cases[i].edges, cases[i].first,
                                    last, &all[k]))
                fail_msg("case %zu: part %zu of all of them", i, k);
        const struct sdse_fusion_config less = {.tile_rows = 1,
                                                .tile_heads = heads - 1};
        if (!may_take(cases[i].layers, cases[i].edges, cases[i].first, last, &less))
            fail_msg("case %zu: one head less", i);
    }
}

// Parts that a file may name, beside those that it may not: which may be buffered for
// several layers, and how keys and channels are cut.
static void test_parts_named(void **state) {
    (void)state;
#define QK "kind: matmul, heads: 2, m: 4, k: 2, n: 2"
#define SHARED(groups)                  \
    CONV("x", "[1, 4, 2]", "4", "")     \
    CONV("a", "[4, 4, 2]", "4", groups) \
    CONV("b", "[4, 4, 2]", "4", ", groups: 4" ADDS) CONV("c", "[4, 4, 2]", "2", "")
#define READS                                                                      \
    "{from: x, to: a}, {from: a, to: b}, {from: x, to: b, as: addend}, {from: b, " \
    "to: c}"
    static const struct {
        const char *layers, *edges;
        size_t first, last;
        struct sdse_fusion_config config;
        const char *reason; // NULL: none
    } cases[] = {
        {SHARED(""), READS, 1, 3, {.buffered = true, .for_all = true}, NULL},
        {SHARED(""),
         READS,
         1,
         3,
         {.buffered = true, .for_all = true, .tile_channels = 2},
         NULL},
        {SHARED(", groups: 4"),
         READS,
         1,
         3,
         {.buffered = true, .for_all = true, .tile_channels = 2},
         "by whole rows alone"},
        {LAYER("a", QK) LAYER("b", QK),
         "{from: a, to: b}",
         0,
         1,
         {.tile_keys = 1, .tile_heads = 1},
         NULL},
        {LAYER("a", QK) LAYER("b", QK),
         "{from: a, to: b}",
         0,
         1,
         {.tile_keys = 1},
         "of one head at a time"},
        {LAYER("a", QK) LAYER("b", QK),
         "{from: a, to: b}",
         0,
         1,
         {.tile_channels = 1},
         "not reached channel by channel"},
        {CONV("a", "[4, 4, 2]", "4", ", groups: 2") CONV("b", "[4, 4, 2]", "2", ""),
         "{from: a, to: b}",
         0,
         1,
         {.tile_channels = 2},
         NULL},
        {CONV("a", "[4, 4, 2]", "4", ", groups: 2") CONV("b", "[4, 4, 2]", "2", ""),
         "{from: a, to: b}",
         0,
         1,
         {.tile_channels = 1},
         "that such a part would cut"}};
#undef QK
#undef SHARED
#undef READS
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        struct sdse_fusion_config config = cases[i].config;
        config.tile_rows = 1;
        ask(&plain, cases[i].layers, cases[i].edges, cases[i].first, cases[i].last,
            &raw, &config, 0, &answer);
        const char *reason = answer.refusal.reason;
        if (cases[i].reason ? !reason || !strstr(reason, cases[i].reason)
                            : reason != NULL)
            fail_msg("case %zu: %s", i, reason ? reason : "it may");
        sdse_arena_free(answer.arena);
    }
    // Rows are those of the last layer.
    struct answer answer;
    ask(&plain,
        CONV("a", "[1, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", ", stride: [2, 1]"),
        "{from: a, to: b}", 0, 1, &raw, &one_row, 0, &answer);
    assert_int_equal(answer.limits.rows, 2);
    sdse_arena_free(answer.arena);
}

// Blocks of a form are not cut, and what an engine rebuilds further out is not what is
// stored there: its weights are not kept.
static void test_forms(void **state) {
    (void)state;
    static const char layers[] =
        CONV("a", "[2, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "2", "");
#define REBUILD(below)                                      \
    {                                                       \
        "activations, weights", "GLB",                      \
            ", engines: [{kind: rebuild, below: " below     \
            ", pj_per_shift_add: 1, pj_per_basis_read: 1, " \
            "pj_per_basis_write: 1, rows_per_cycle: 1}]"    \
    }
    static const struct {
        struct chip chip;
        const struct sdse_weight_form *form;
        uint64_t channels;
        unsigned may_keep;
    } cases[] = {{{"activations, weights", "GLB", ""}, &raw, 4, 3},
                 {{"activations", "GLB", ""}, &raw, 4, 0},
                 {REBUILD("GLB"), &raw, 4, 3},
                 {REBUILD("GLB"), &deal, 0, 3},
                 {REBUILD("DRAM"), &deal, 0, 0},
                 {{"activations, weights", "GLB",
                   ", engines: [{kind: products_first, below: GLB, multipliers: 1, "
                   "pj_per_product: 1, pj_per_sum: 1}]"},
                  &unique,
                  0,
                  0}};
#undef REBUILD
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        ask(&cases[i].chip, layers, "{from: a, to: b}", 0, 1, cases[i].form, &one_row,
            0, &answer);
        if (answer.refusal.reason || answer.limits.channels != cases[i].channels ||
            answer.limits.may_keep != cases[i].may_keep)
            fail_msg("case %zu: %llu channels, weights of set %u", i,
                     (unsigned long long)answer.limits.channels,
                     answer.limits.may_keep);
        sdse_arena_free(answer.arena);
    }
}

// --- One map, buffered for several ---

// Whether others than the first may find the map that it reads.
static void test_a_map_of_several(void **state) {
    (void)state;
#define MAP CONV("x", "[1, 4, 2]", "4", "")
#define READS "{from: x, to: a}, {from: a, to: b}, "
    static const struct {
        const char *layers, *edges;
        bool may;
    } cases[] = {
        {MAP CONV("a", "[4, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", ADDS),
         READS "{from: x, to: b, as: addend}", true},
        {MAP CONV("a", "[4, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", ""), READS,
         false},
        // A map has the rows of the first one's windows, not of what it makes.
        {MAP LAYER("a", "kind: conv, in: [4, 4, 2], out_channels: 4, kernel: [2, 1]")
             LAYER("b", "kind: conv, in: [4, 3, 2], out_channels: 4, kernel: [2, 1], "
                        "pad: [1, 0]" ADDS),
         READS "{from: x, to: b, as: addend}", true},
        // Of another map.
        {CONV("y", "[1, 4, 2]", "4", "") MAP CONV("a", "[4, 4, 2]", "4", "")
             CONV("b", "[4, 4, 2]", "4", ADDS),
         READS "{from: y, to: b, as: addend}", false},
        // Of some channels, and of all.
        {MAP CONV("a", "[2, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", ADDS),
         "{from: x, to: a, channels: [0, 2]}, {from: a, to: b}, {from: x, to: b, as: "
         "addend}",
         false},
        {CONV("x", "[1, 4, 2]", "8", "") CONV("a", "[8, 4, 2]", "4", "")
             CONV("b", "[4, 4, 2]", "4", ADDS),
         READS "{from: x, to: b, as: addend, channels: [0, 4]}", false},
        // Cut into heads, and not.
        {FC("x", "1", "4", "") LAYER("a", "kind: matmul, heads: 2, m: 4, k: 2, n: 2")
             FC("b", "4", "4", ADDS),
         "{from: x, to: a, reshape: heads}, {from: a, to: b, reshape: heads}, {from: "
         "x, to: b, as: addend}",
         false},
        {FC("x", "1", "4", "") FC("a", "4", "4", "")
             LAYER("b", "kind: matmul, heads: 2, m: 4, k: 2, n: 2" ADDS),
         "{from: x, to: a}, {from: x, to: b, reshape: heads}, {from: a, to: b, as: "
         "addend}",
         false},
        {FC("x", "1", "4", "") FC("a", "4", "4", "") FC("b", "4", "4", ADDS),
         "{from: x, to: a}, {from: x, to: b}, {from: a, to: b, as: addend}", true},
        // A function's rows are those of its file, whatever its words are.
        {MAP LAYER("a", "kind: act, in: [4, 4, 2], fused: false")
             CONV("b", "[4, 4, 2]", "4", ADDS),
         READS "{from: x, to: b, as: addend}", false},
        {MAP CONV("a", "[4, 4, 2]", "4", "")
             LAYER("b", "kind: add, in: [4, 4, 2], fused: false"),
         READS "{from: x, to: b}", true},
        {MAP LAYER("a", "kind: conv, in: [4, 4, 2], out_channels: 8, kernel: 1, "
                        "stride: [2, 1]")
             LAYER("b", "kind: add, in: [4, 4, 2], fused: false"),
         READS "{from: x, to: b}", false}};
#undef MAP
#undef READS
    const struct sdse_fusion_config config = {
        .tile_rows = 1, .buffered = true, .for_all = true};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        const size_t first = strstr(cases[i].layers, "name: y") ? 2 : 1;
        ask(&plain, cases[i].layers, cases[i].edges, first, first + 1, &raw, &config, 0,
            &answer);
        const char *reason = answer.refusal.reason;
        if (cases[i].may ? reason != NULL
                         : !reason || !strstr(reason, "no other layer of the group"))
            fail_msg("case %zu: %s", i, reason ? reason : "it may");
        sdse_arena_free(answer.arena);
    }
}

// For the first layer alone the rows and the words of each are brought in that its
// windows touch; for several layers, whose windows leave out others, all that any
// needs.
static void test_words_brought_in(void **state) {
    (void)state;
    static const struct {
        const char *layers;
        uint64_t alone, several; // words
    } cases[] = {{CONV("x", "[1, 4, 3]", "4", "")
                      LAYER("a", "kind: conv, in: [4, 4, 3], out_channels: 4, kernel: "
                                 "1, stride: [1, 2]")
                          LAYER("b", "kind: conv, in: [4, 4, 2], out_channels: 4, "
                                     "kernel: [1, 2], pad: [0, 1]" ADDS),
                  4 * 4 * 2, 4 * 4 * 3},
                 {CONV("x", "[1, 4, 1]", "4", "")
                      LAYER("a", "kind: conv, in: [4, 4, 1], out_channels: 4, kernel: "
                                 "1, stride: [2, 1]")
                          LAYER("b", "kind: conv, in: [4, 2, 1], out_channels: 4, "
                                     "kernel: [3, 1], pad: [2, 0]" ADDS),
                  4 * 2, 4 * 4}};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        const struct sdse_fusion_config config = {
            .tile_rows = 4, .buffered = true, .for_all = i % 2};
        ask(&plain, cases[i / 2].layers,
            "{from: x, to: a}, {from: a, to: b}, {from: x, to: b, as: addend}", 1, 2,
            &raw, &config, 0, &answer);
        assert_null(answer.refusal.reason);
        uint64_t words = 0;
        for (size_t k = 0; k < answer.group.kind_count; k++)
            words += answer.group.kind[k].times *
                     answer.group.kind[k].residence->loaded_inputs;
        assert_int_equal(words, i % 2 ? cases[i / 2].several : cases[i / 2].alone);
        sdse_arena_free(answer.arena);
    }
}

// --- Refusals ---

static void test_refusals(void **state) {
    (void)state;
    static const struct chip outside = {"activations", "DRAM", ""};
#define AB CONV("a", "[1, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", "")
    static const struct {
        const struct chip *chip;
        const char *layers, *edges;
        size_t first, last, layer; // it is said of
        const char *reason;        // NULL: none
    } cases[] = {
        {&plain, AB, "{from: a, to: b}", 0, 1, 0, NULL},
        {&plain, AB, "", 0, 1, 0, "puts out what no layer reads"},
        {&outside, AB, "{from: a, to: b}", 0, 1, 0, NULL},
        {&outside,
         CONV("a", "[1, 4, 2]", "4", "") CONV("b", "[4, 4, 2]", "4", "")
             CONV("c", "[4, 4, 2]", "4", ADDS),
         "{from: a, to: b}, {from: b, to: c}, {from: a, to: c, as: addend}", 0, 2, 0,
         "puts out what may not stay on chip"},
        {&plain, AB CONV("c", "[4, 4, 2]", "4", ""),
         "{from: a, to: b}, {from: a, to: c}", 0, 1, 0,
         "puts out what a layer behind the group reads"},
        // Of two products' maps one is the other's right operand.
        {&plain, FC("a", "1", "4", "") LAYER("b", "kind: matmul, m: 4, k: 4, n: 4"),
         "{from: a, to: b}, {from: a, to: b, as: weights}", 0, 1, 0,
         "puts out what a layer of the group reads as weights"},
        {&plain, AB CONV("c", "[4, 4, 2]", "4", ", addends: 2"),
         "{from: a, to: b}, {from: b, to: c}, {from: a, to: c, as: addend}", 0, 2, 2,
         "adds more than one map to its outputs"},
        {&plain, AB CONV("c", "[4, 4, 2]", "4", ", repeat: 2"), "{from: a, to: b}", 1,
         2, 2, "is executed several times (`repeat`)"},
        {&plain,
         AB LAYER("c", "kind: add, in: [4, 4, 2], broadcast: [[4, 1, 1]], fused: "
                       "false"),
         "{from: a, to: b}, {from: b, to: c}", 1, 2, 2,
         "only moves words, and not row by row of maps of its size"},
        {&plain,
         AB LAYER("c", "kind: add, in: [4, 4, 2], addends: 3, fused: false")
             CONV("d", "[4, 4, 2]", "1", ""),
         "{from: a, to: b}, {from: b, to: c}, {from: a, to: c}, {from: c, to: d}", 2, 3,
         0, NULL},
        {&plain,
         CONV("x", "[1, 4, 2]", "4", "") CONV("y", "[1, 4, 2]", "4", "")
             CONV("a", "[4, 4, 2]", "4", "")
                 LAYER("b", "kind: add, in: [4, 4, 2], addends: 3, fused: false"),
         "{from: x, to: a}, {from: x, to: b}, {from: y, to: b}, {from: a, to: b}", 2, 3,
         3, "reads several maps that are made before the group"},
        {&plain,
         CONV("x", "[1, 4, 2]", "4", "") CONV("y", "[1, 4, 2]", "4", "")
             CONV("a", "[4, 4, 2]", "4", "") CONV("b", "[8, 4, 2]", "4", ADDS),
         "{from: x, to: a}, {from: [x, y], to: b, as: concat}, {from: a, to: b, as: "
         "addend}",
         2, 3, 3, "reads several maps that are made before the group"},
        // Rows that are there, and rows that are not; windows and steps.
        {&plain, FC("a", "1", "8", "") CONV("b", "[2, 4, 4]", "1", ""),
         "{from: a, to: b, reshape: heads}", 0, 1, 0, NULL},
        {&plain,
         FC("a", "1", "8", "")
             LAYER("b", "kind: conv, in: [2, 4, 4], out_channels: 1, kernel: [1, 2]"),
         "{from: a, to: b, reshape: heads}", 0, 1, 1,
         "does not read row by row what a layer of the group before it puts out"},
        {&plain,
         FC("a", "1", "8", "") LAYER("b", "kind: conv, in: [2, 4, 4], out_channels: 1, "
                                          "kernel: 1, stride: [1, 2]"),
         "{from: a, to: b, reshape: heads}", 0, 1, 1,
         "does not read row by row what a layer of the group before it puts out"},
        {&plain,
         AB LAYER("c", "kind: add, in: [4, 8, 1], fused: false")
             CONV("d", "[4, 4, 2]", "1", ""),
         "{from: a, to: b}, {from: b, to: c}, {from: a, to: c}, {from: c, to: d}", 0, 3,
         0, NULL},
        // As many channels as it has, cut into heads: rows of samples are none of it.
        {&plain,
         LAYER("a", "kind: conv, in: [1, 4, 2], out_channels: 4, kernel: 1")
             LAYER("b", "kind: matmul, heads: 2, kv_heads: 1, m: 4, k: 4, n: 1"),
         "{from: a, to: b, reshape: heads}", 0, 1, 0, NULL},
        // As many words of a row in the same shape, cut into heads: no windows on them.
        {&plain,
         FC("a", "1", "4", "")
             LAYER("b", "kind: conv, in: [4, 4, 1], out_channels: 1, kernel: [3, 1], "
                        "pad: [1, 0]"),
         "{from: a, to: b}", 0, 1, 0, NULL},
        {&plain,
         FC("a", "1", "4", "")
             LAYER("b", "kind: conv, in: [4, 4, 1], out_channels: 1, kernel: [3, 1], "
                        "pad: [1, 0]"),
         "{from: a, to: b, reshape: heads}", 0, 1, 1,
         "does not read row by row what a layer of the group before it puts out"},
        // A function has the rows of what it reads, however its file writes them: to
        // what has those of the file nothing is added row by row.
        {&plain,
         CONV("a", "[1, 4, 2]", "4", "")
             LAYER("f", "kind: act, in: [4, 4, 2], fused: false")
                 CONV("b", "[1, 4, 2]", "4", ADDS),
         "{from: a, to: f}, {from: f, to: b, as: addend}", 0, 2, 0, NULL},
        {&plain,
         CONV("a", "[1, 4, 2]", "4", "")
             LAYER("f", "kind: act, in: [4, 2, 4], fused: false")
                 CONV("b", "[1, 2, 4]", "4", ADDS),
         "{from: a, to: f}, {from: f, to: b, as: addend}", 0, 2, 2,
         "does not read row by row what a layer of the group before it puts out"},
        // Of maps that are put together a function has all channels.
        {&plain,
         CONV("a", "[1, 4, 2]", "2", "") CONV("b", "[1, 4, 2]", "2", "")
             LAYER("c", "kind: act, in: [4, 4, 2], fused: false")
                 CONV("d", "[4, 4, 2]", "1", ""),
         "{from: [a, b], to: c, as: concat}, {from: c, to: d}", 0, 3, 0, NULL},
        // A softmax on the way is between products.
        {&plain,
         LAYER("a", "kind: matmul, m: 4, k: 1, n: 4")
             LAYER("b", "kind: matmul, m: 4, k: 4, n: 1"),
         "{from: a, to: b, via: softmax, free: true}", 0, 1, 0, NULL},
        {&plain, FC("a", "1", "4", "") LAYER("b", "kind: matmul, m: 4, k: 4, n: 1"),
         "{from: a, to: b, via: softmax, free: true}", 0, 1, 1,
         "does not read row by row what a layer of the group before it puts out"},
        // Two maps of other rows in one addition of words.
        {&plain,
         CONV("a", "[1, 4, 2]", "4", "") CONV("b", "[1, 2, 2]", "8", "")
             LAYER("c", "kind: add, in: [4, 4, 2], fused: false"),
         "{from: a, to: c}, {from: b, to: c}", 0, 2, 2,
         "does not read row by row what a layer of the group before it puts out"},
        // Functions between: of a word in any shape, others of the maker's rows.
        {&plain,
         CONV("a", "[1, 4, 2]", "4", "") LAYER("f", "kind: act, in: 32, fused: true")
             CONV("b", "[4, 4, 2]", "4", ""),
         "{from: a, to: b}", 0, 2, 0, NULL},
        {&plain,
         CONV("a", "[1, 4, 2]", "4", "") LAYER(
             "f", "kind: softmax, in: 32, fused: true") CONV("b", "[4, 4, 2]", "4", ""),
         "{from: a, to: b}", 0, 2, 1, "does not work on the rows of the layer before"},
        {&plain,
         CONV("a", "[1, 4, 2]", "4", "")
             LAYER("f", "kind: act, in: [4, 4, 2], fused: true, repeat: 2")
                 CONV("b", "[4, 4, 2]", "4", ""),
         "{from: a, to: b}", 0, 2, 1, "does not work on the rows of the layer before"},
        // From before the group, with a pool on the way.
        {&plain,
         CONV("x", "[1, 8, 2]", "4", "") CONV("a", "[4, 4, 2]", "4", "")
             CONV("b", "[4, 4, 2]", "4", ""),
         "{from: x, to: a, via: pool, kernel: [2, 1], stride: [2, 1], free: true}, "
         "{from: a, to: b}",
         1, 2, 1, "reads a map that is pooled on the way"}};
#undef AB
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer answer;
        ask(cases[i].chip, cases[i].layers, cases[i].edges, cases[i].first,
            cases[i].last, &raw, &one_row, 0, &answer);
        const char *reason = answer.refusal.reason;
        if (cases[i].reason ? !reason || !strstr(reason, cases[i].reason) ||
                                  answer.refusal.layer != cases[i].layer
                            : reason != NULL)
            fail_msg("case %zu: %s, of %zu", i, reason ? reason : "a group",
                     answer.refusal.layer);
        sdse_arena_free(answer.arena);
    }
}

// Ranges of channels that are put together are one map to what reads them, whether the
// group makes them or finds them in the shared memory.
static void test_ranges_are_one_map(void **state) {
    (void)state;
    static const char layers[] =
        CONV("a", "[1, 4, 2]", "2", "") CONV("b", "[1, 4, 2]", "2", "")
            LAYER("c", "kind: pool, in: [4, 4, 2], kernel: 1")
                CONV("d", "[4, 4, 2]", "1", "");
    for (size_t first = 0; first < 3; first += 2) {
        struct answer answer;
        ask(&plain, layers, "{from: [a, b], to: c, as: concat}, {from: c, to: d}",
            first, 3, &raw, &one_row, first ? 2 : 0, &answer);
        assert_null(answer.refusal.reason);
        size_t kinds = 0;
        for (size_t k = 0; k < answer.group.kind_count; k++) {
            const struct sdse_fused_kind *kind = &answer.group.kind[k];
            assert_true(kind->residence->operands <= 1);
            kinds += kind->layer == 2 && kind->residence->operands == 1 &&
                     kind->residence->tensors >> SDSE_INPUTS & 1u;
        }
        assert_true(kinds > 0);
        sdse_arena_free(answer.arena);
    }
}

// Two layers with functions between: 64 in all are a group, and no more.
static void test_long_groups(void **state) {
    (void)state;
    for (size_t count = 64; count <= 70; count++) {
        struct answer answer;
        char layers[8192] = CONV("a", "[1, 4, 2]", "4", "");
        for (size_t f = 2; f < count; f++)
            sprintf(layers + strlen(layers),
                    "{name: f%zu, kind: act, in: 32, fused: true}, ", f);
        strcat(layers, CONV("b", "[4, 4, 2]", "4", ADDS));
        ask(&plain, layers, "{from: a, to: b}, {from: a, to: b, as: addend}", 0,
            count - 1, &raw, &one_row, 0, &answer);
        const char *reason = answer.refusal.reason;
        assert_true(count > 64 ? reason && strstr(reason, "too many layers") : !reason);
        sdse_arena_free(answer.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts),
                                       cmocka_unit_test(test_parts_named),
                                       cmocka_unit_test(test_forms),
                                       cmocka_unit_test(test_a_map_of_several),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_words_brought_in),
                                       cmocka_unit_test(test_ranges_are_one_map),
                                       cmocka_unit_test(test_long_groups)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
