// Edges of a network's file: which layers they join once read, and which are refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "spec/load.h"
#include "support/group_arena.h"

#define CONV "kind: conv, kernel: 1, "
#define MAP "in: [4, 8, 8], out_channels: 4"

struct asked {
    const char *layers, *edges;
    const char *says; // "a>b b>c …", or "[check]", or more of one diagnostic
};

static enum sdse_status read_network(const struct asked *ask, struct sdse_diags *said,
                                     struct sdse_workload **net) {
    struct sdse_node *root = NULL;
    char *text =
        sdse_arena_printf(arena, "name: n\nsource: s\nlayers: [%s]\nedges: %s\n",
                          ask->layers, ask->edges);
    sdse_diags_init(said, arena);
    assert_int_equal(
        sdse_tree_parse_memory(arena, "net", text, strlen(text), said, &root), SDSE_OK);
    return sdse_workload_from_tree(arena, root, said, net);
}

static void expect(const struct asked *ask) {
    struct sdse_workload *net = NULL;
    struct sdse_diags said;
    char text[512] = "";
    if (read_network(ask, &said, &net) == SDSE_OK) {
        for (size_t e = 0; e < net->edge_count; e++) {
            const struct sdse_workload_edge *edge = &net->edges[e];
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s>%s%s%s",
                     e ? " " : "", net->layers[edge->from].name,
                     net->layers[edge->to].name, edge->use ? " " : "",
                     edge->use ? sdse_edge_use_name(edge->use) : "");
        }
        assert_string_equal(text, ask->says);
        return;
    }
    assert_int_equal(said.errors, 1);
    for (const struct sdse_diag *diag = said.first; diag; diag = diag->next)
        if (diag->severity == SDSE_ERROR)
            snprintf(text, sizeof text, "%s [%s]", diag->message, diag->check);
    if (!strstr(text, ask->says))
        fail_msg("%s\n%s\nsaid: %s\nnot: %s", ask->layers, ask->edges, text, ask->says);
}

static void expect_all(const struct asked *ask, size_t count) {
    for (size_t i = 0; i < count; i++)
        expect(&ask[i]);
}
#define EXPECT(list) expect_all(list, sizeof list / sizeof *list)

// What is fused is part of the layer before it, in a list as elsewhere.
static void lists_are_of_hosts(void **state) {
    (void)state;
#define PAIR                                                               \
    "{name: gate, " CONV MAP "}, {name: silu, kind: act, in: [4, 8, 8]}, " \
    "{name: up, " CONV MAP ", addends: 1}, {name: relu, kind: act, in: [4, 8, 8]}, "
    static const struct asked asked[] = {
        {PAIR "{name: down, " CONV MAP "}",
         "[{from: [silu, relu], to: down, via: product}]", "gate>up addend up>down"},
        {PAIR "{name: down, " CONV "in: [8, 8, 8], out_channels: 4}",
         "[{from: [silu, relu], to: down, as: concat}]",
         "gate>down concat up>down concat"},
        // Channels of a layer with groups are those of all of them.
        {"{name: a, kind: dwconv, kernel: 1, in: [4, 8, 8]}, {name: b, " CONV MAP
         "}, {name: c, " CONV "in: [8, 8, 8], out_channels: 4}",
         "[{from: [a, b], to: c, as: concat}]", "a>c concat b>c concat"},
        // The parts of one list are one map; of two lists on one line they are two.
        {"{name: a, " CONV MAP "}, {name: b, " CONV MAP "}, {name: c, " CONV
         "in: [8, 8, 8], out_channels: 4}",
         "[{from: [a, b], to: c, as: concat}, {from: [b, a], to: c, as: concat}]",
         "'c' reads 1 map, and is given more [edge-twice]"},
        {"{name: a, " CONV MAP "}, {name: b, " CONV
         "in: [4, 4, 16], out_channels: 4}, {name: c, " CONV
         "in: [8, 8, 8], out_channels: 4}",
         "[{from: [a, b], to: c, as: concat}]", "[edge-shape]"}};
    EXPECT(asked);
}

// Keys that go with nothing that the edge says.
static void keys_of_other_kinds(void **state) {
    (void)state;
#define THREE                                                                        \
    "{name: a, " CONV MAP "}, {name: b, " CONV MAP ", addends: 1}, {name: c, " CONV  \
    "in: [8, 8, 8], out_channels: 4}, {name: qk, kind: matmul, heads: 2, m: 64, k: " \
    "2, "                                                                            \
    "n: 64}"
    static const struct asked asked[] = {
        {THREE, "[{from: a, to: b, free: true}]", "`free` goes with `via: pool`"},
        {THREE, "[{from: a, to: b, as: addend, via: product, free: true}]",
         "`free` goes with"},
        {THREE,
         "[{from: a, to: qk, as: weights, via: softmax, free: true, reshape: heads}]",
         "on the way are inputs [edge-kind]"},
        {THREE, "[{from: a, to: b, via: softmax, free: false}]", "[edge-free]"},
        {THREE, "[{from: [a, b], to: c, as: concat, reshape: heads}]",
         "`reshape` goes with inputs"},
        {THREE, "[{from: a, to: b, channels: [0, 0]}]", "no channel is one too few"},
        {THREE, "[{from: a, to: b}]", "a>b"}};
    EXPECT(asked);
}

static void ends(void **state) {
    (void)state;
    static const struct asked asked[] = {
        {"{name: a, " CONV MAP ", repeat: 2}, {name: b, " CONV MAP "}",
         "[{from: a, to: b}]", "'a' is executed 2 times"},
        {"{name: a, kind: dwconv, kernel: 1, in: [4, 8, 8]}, {name: b, " CONV
         "in: [2, 8, 8], out_channels: 4}",
         "[{from: a, to: b, channels: [2, 2]}]", "a>b"},
        {"{name: a, " CONV MAP "}, {name: b, " CONV "in: [2, 8, 8], out_channels: 4}",
         "[{from: a, to: b, channels: [3, 2]}]", "there are none from 3 to 4 ["},
        {"{name: a, " CONV MAP "}, {name: qk, kind: matmul, heads: 2, m: 64, k: 2, n: "
         "64, bits: {weights: 4}}",
         "[{from: a, to: qk, as: weights, reshape: heads}]", "weights of 4 bits"}};
    EXPECT(asked);
}

// Only where all words of both ends are the same ones do densities contradict.
static void densities(void **state) {
    (void)state;
#define HALF "{name: a, " CONV MAP ", density: {outputs: 0.5}}, "
    static const struct asked asked[] = {
        {HALF "{name: b, " CONV
              "in: [2, 8, 8], out_channels: 4, density: {inputs: 0.4}}",
         "[{from: a, to: b, channels: [0, 2]}]", "a>b"},
        {HALF "{name: b, " CONV
              "in: [4, 4, 4], out_channels: 4, density: {inputs: 0.4}}",
         "[{from: a, to: b, via: pool, kernel: 2, stride: 2, free: true}]", "a>b"},
        {HALF "{name: b, kind: add, in: [4, 8, 8], density: {inputs: 0.4}}",
         "[{from: a, to: b}]", "a>b"},
        {HALF
         "{name: qk, kind: matmul, heads: 2, m: 64, k: 2, n: 64, density: {weights: "
         "0.4, inputs: 0.5}}",
         "[{from: a, to: qk, as: weights, reshape: heads}]",
         "but 0.4 of what 'qk' reads as weights [edge-density]"},
        {HALF
         "{name: qk, kind: matmul, heads: 2, m: 64, k: 2, n: 64, density: {weights: "
         "0.5, inputs: 0.4}}",
         "[{from: a, to: qk, as: weights, reshape: heads}]", "a>qk weights"}};
    EXPECT(asked);
}

// As many words are not the same map.
static void shapes(void **state) {
    (void)state;
    static const struct asked asked[] = {
        {"{name: a, " CONV MAP
         "}, {name: p, kind: pool, in: [4, 8, 8], kernel: 2, stride: "
         "2}, {name: b, " CONV "in: [4, 2, 8], out_channels: 4}",
         "[{from: p, to: b}]", "[edge-shape]"},
        {"{name: a, " CONV MAP "}, {name: s, kind: add, in: [4, 8, 8]}, {name: b, " CONV
         "in: [4, 4, 16], out_channels: 4}",
         "[{from: s, to: b}]", "s>b"},
        {"{name: a, " CONV MAP
         "}, {name: f, kind: fc, in: 4, rows: 64, out_channels: 4}",
         "[{from: a, to: f}]", "[edge-shape]"},
        {"{name: a, " CONV MAP "}, {name: f, kind: fc, in: 256, out_channels: 4}",
         "[{from: a, to: f}]", "a>f"},
        {"{name: a, " CONV
         "in: [4, 1, 1], out_channels: 4, batch: 2}, {name: f, kind: fc, "
         "in: 8, out_channels: 4}",
         "[{from: a, to: f}]", "[edge-shape]"},
        // A group for each sample is none without heads.
        {"{name: k, kind: fc, in: 4, rows: 12, out_channels: 2, batch: 2}, {name: qk, "
         "kind: matmul, heads: 2, m: 1, k: 2, n: 12}",
         "[{from: k, to: qk, as: weights}]", "[edge-shape]"},
        // Keys of two heads: 12 rows of a token's 4 channels are a head's 2 by 12.
        {"{name: k, kind: fc, in: 4, rows: 12, out_channels: 4}, {name: qk, kind: "
         "matmul, "
         "heads: 2, m: 1, k: 2, n: 12}",
         "[{from: k, to: qk, as: weights, reshape: heads}]", "k>qk weights"},
        {"{name: k, kind: fc, in: 4, rows: 6, out_channels: 4}, {name: qk, kind: "
         "matmul, "
         "heads: 1, m: 1, k: 2, n: 12}",
         "[{from: k, to: qk, as: weights, reshape: heads}]", "[edge-shape]"}};
    EXPECT(asked);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_of_hosts),
        cmocka_unit_test(keys_of_other_kinds),
        cmocka_unit_test(ends),
        cmocka_unit_test(densities),
        cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, begin_arena, end_arena);
}
