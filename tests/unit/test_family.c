// A family of networks with shared weights: its choices, its round, what is stored.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/load.h"
#include "spec/write.h"
#include "support/close.h"
#include "support/network_text.h"
#include "support_sweep.h"

#define FAMILY(mix)                                          \
    "family:\n  mix: " mix "\n  choices:\n"                  \
    "    - {name: narrow, share: 3, widths: {A: 4, B: 6}}\n" \
    "    - {name: wide, widths: {A: 8, B: 12}}\n"            \
    "    - {name: middle, share: 2, widths: {A: 8, B: 6}}\n"
#define LAYERS                                                                        \
    "layers:\n"                                                                       \
    "  - {name: in, kind: conv, in: [3, 8, 8], out_channels: A, kernel: 3, pad: 1}\n" \
    "  - {name: A, kind: dwconv, in: [A, 8, 8], kernel: 3, pad: 1, repeat: 2}\n"      \
    "  - {name: pw, kind: conv, in: [A, 8, 8], out_channels: B, kernel: 1}\n"         \
    "  - {name: pool, kind: avgpool, in: [B, 8, 8], kernel: 8}\n"                     \
    "  - {name: fc, kind: fc, in: B, out_channels: 10}\n"

// "name:kind-independent K and C:repeat", and whose weights, of each layer.
static void expect(const struct sdse_workload *net, const char *wanted) {
    char text[2048] = "";
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *l = &net->layers[i];
        snprintf(text + strlen(text), sizeof text - strlen(text),
                 "%s%s %llu,%llu,%llu x%llu%s%s", i ? "; " : "", l->name,
                 (unsigned long long)l->nest.bound[SDSE_G],
                 (unsigned long long)l->nest.bound[SDSE_K],
                 (unsigned long long)l->nest.bound[SDSE_C],
                 (unsigned long long)l->repeat, l->shares_weights ? " of " : "",
                 l->shares_weights ? l->shares_weights : "");
    }
    assert_string_equal(text, wanted);
}

static void reads_back(struct sdse_arena *arena, const struct sdse_workload *net) {
    const char *text = sdse_workload_text(arena, net);
    const struct sdse_workload *again = network_of_text(arena, text);
    assert_string_equal(sdse_workload_text(arena, again), text);
    assert_int_equal(again->round, net->round);
}

static void a_round_has_every_choice(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_workload *net =
        network_of_text(arena, "name: n\nsource: s\n" FAMILY("sum") LAYERS);
    assert_int_equal(net->round, 6);
    expect(net, "wide/in 1,8,3 x1; wide/A 8,1,1 x2; wide/pw 1,12,8 x1; wide/pool "
                "12,1,1 x1; wide/fc 1,10,12 x1; "
                "narrow/in 1,4,3 x3 of wide/in; narrow/A 4,1,1 x6 of wide/A; narrow/pw "
                "1,6,4 x3 of wide/pw; narrow/pool 6,1,1 x3; narrow/fc 1,10,6 x3 of "
                "wide/fc; "
                "middle/in 1,8,3 x2 of wide/in; middle/A 8,1,1 x4 of wide/A; middle/pw "
                "1,6,8 x2 of wide/pw; middle/pool 6,1,1 x2; middle/fc 1,10,6 x2 of "
                "wide/fc");
    reads_back(arena, net);
    net = network_of_text(arena, "name: n\nsource: s\n" FAMILY("max") LAYERS);
    assert_int_equal(net->round, 6);
    expect(net, "wide/in 1,8,3 x1; wide/A 8,1,1 x2; wide/pw 1,12,8 x1; wide/pool "
                "12,1,1 x1; wide/fc 1,10,12 x1; wide.again/in 1,8,3 x5 of wide/in; "
                "wide.again/A 8,1,1 x10 of wide/A; wide.again/pw 1,12,8 x5 of wide/pw; "
                "wide.again/pool 12,1,1 x5; wide.again/fc 1,10,12 x5 of wide/fc");
    reads_back(arena, net);
    net = network_of_text(arena,
                          "name: n\nsource: s\nchoice: middle\n" FAMILY("sum") LAYERS);
    assert_int_equal(net->round, 0);
    expect(net, "in 1,8,3 x1; A 8,1,1 x2; pw 1,6,8 x1; pool 6,1,1 x1; fc 1,10,6 x1");
    reads_back(arena, net);
    sdse_arena_free(arena);
}

// Layers that share weights within each choice share the widest one's; of two widest
// choices the first is stored; a file is the widest one's.
static void shared_within_and_across(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_workload *net = network_of_text(
        arena, "name: n\nsource: s\nfamily: {choices: [{name: x, widths: {A: 2}}, "
               "{name: y, widths: {A: 4}}, {name: z, widths: {A: 4}}]}\nlayers:\n"
               "  - {name: a, kind: fc, in: A, out_channels: 3, weights: a.npy}\n"
               "  - {name: b, kind: fc, in: A, out_channels: 3, shares_weights: "
               "a}\n");
    expect(net,
           "y/a 1,3,4 x1; y/b 1,3,4 x1 of y/a; x/a 1,3,2 x1 of y/a; x/b 1,3,2 x1 of "
           "y/a; z/a 1,3,4 x1 of y/a; z/b 1,3,4 x1 of y/a");
    assert_string_equal(net->layers[0].weights_file, "a.npy");
    for (size_t i = 1; i < net->layer_count; i++)
        assert_null(net->layers[i].weights_file);
    sdse_arena_free(arena);
}

// The round's energy and time are the choices' own, each as often as its share; weights
// are those of the widest.
static void a_round_is_the_expectation(void **state) {
    (void)state;
    sweep_write("f.yaml", "name: family\nsource: s\n" FAMILY("sum") LAYERS);
    sweep_write(
        "a.yaml",
        SWEEP_ARCH("a", "8", "100") "vector: {pj_per_op: 0.1, ops_per_cycle: 16}\n");
    sweep_write("s.yaml", "name: s\nworkloads:\n  - f.yaml\n"
                          "  - {path: f.yaml, network: {name: n1, choice: narrow}}\n"
                          "  - {path: f.yaml, network: {name: n2, choice: wide}}\n"
                          "  - {path: f.yaml, network: {name: n3, choice: middle}}\n"
                          "archs: [a.yaml]\nweight_forms: [raw]\nobjective: energy\n");
    sweep_run("s.yaml", "s.db");
    static const char *const columns[] = {"energy_pj", "latency_cycles"};
    for (int i = 0; i < 2; i++) {
        char sql[256];
        const char *const format =
            "SELECT sum(%s * CASE workload WHEN 'n1' THEN 3 WHEN 'n2' THEN 1 ELSE 2 "
            "END) FROM v_point WHERE workload <> 'family'";
        snprintf(sql, sizeof sql, format, columns[i]);
        const double parts = sweep_number("s.db", sql);
        snprintf(sql, sizeof sql, "SELECT %s FROM v_point WHERE workload = 'family'",
                 columns[i]);
        assert_double_within(sweep_number("s.db", sql), parts, 1e-12);
    }
    char *bits = sweep_ask("s.db", "SELECT count(DISTINCT weight_bits) FROM v_point "
                                   "WHERE workload IN ('n2', 'family')");
    assert_string_equal(bits, "1\n");
    free(bits);
}

// Published: 133, 153 … 565 million multiplications and additions, gates included.
static void ds_net(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net = NULL;
    assert_int_equal(sdse_workload_load(arena,
                                        SDSE_SOURCE_DIR "/workloads/dsnet_mbnet.yaml",
                                        &diags, &net),
                     SDSE_OK);
    static const unsigned published[] = {133, 153, 175, 200, 226, 255, 286,
                                         319, 355, 393, 433, 475, 519, 565};
    uint64_t macs[14] = {0}, weights = 0;
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        macs[strtoul(layer->name + 1, NULL, 10)] += sdse_layer_macs(layer);
        if (sdse_layer_stores_weights(layer))
            weights += sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
    }
    for (int i = 0; i < 14; i++)
        assert_double_within((double)macs[i], published[i] * 1e6, 0.0145);
    assert_int_equal(weights, 5392384);
    assert_int_equal(net->round, 14);
    sdse_arena_free(arena);
}

// Shapes agree from one choice to the next; but each is a network of its own, and so is
// a further time of one.
static void chains_end_with_their_choice(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    static const char *const mixes[] = {"sum", "max"};
    for (int mix = 0; mix < 2; mix++)
        for (int block = 0; block < 2; block++) {
            char text[1024], edges[256] = "";
            snprintf(text, sizeof text,
                     "name: n\nsource: s\nedges: chain\n%sfamily:\n  mix: %s\n  "
                     "choices:\n    - {name: wide, widths: {A: 8}}\n"
                     "    - {name: narrow, widths: {A: 4}}\nlayers:\n"
                     "  - {name: a, kind: conv, in: [3, 8, 8], out_channels: A, "
                     "kernel: 1}\n"
                     "  - {name: b, kind: conv, in: [A, 8, 8], out_channels: 3, "
                     "kernel: 1}\n",
                     block ? "shared_block: {after: conv1x1}\n" : "", mixes[mix]);
            const struct sdse_workload *net = network_of_text(arena, text);
            for (size_t e = 0; e < net->edge_count; e++)
                snprintf(edges + strlen(edges), sizeof edges - strlen(edges), "%s>%s ",
                         net->layers[net->edges[e].from].name,
                         net->layers[net->edges[e].to].name);
            const char *second = mix ? "wide.again" : "narrow";
            char wanted[256] = "";
            for (int c = 0; c < 2; c++) {
                const char *n = c ? second : "wide";
                snprintf(wanted + strlen(wanted), sizeof wanted - strlen(wanted),
                         block ? "%s/a>%s/a.shared %s/a.shared>%s/b %s/b>%s/b.shared "
                               : "%s/a>%s/b ",
                         n, n, n, n, n, n);
            }
            assert_string_equal(edges, wanted);
            reads_back(arena, net);
        }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_round_has_every_choice),
        cmocka_unit_test(shared_within_and_across),
        cmocka_unit_test(a_round_is_the_expectation),
        cmocka_unit_test(ds_net),
        cmocka_unit_test(chains_end_with_their_choice),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
