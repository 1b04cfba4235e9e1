// What is written loads back to the same text: every shipped accelerator and workload,
// and mappings with imperfect factors. The drawings are compared with what they should
// look like.
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/load.h"
#include "spec/place.h"
#include "spec/show.h"
#include "spec/sweep_stays.h"
#include "spec/write.h"

static struct sdse_node *parse(struct sdse_diags *diags, const char *text) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_memory(diags->arena, "t.yaml", text,
                                                     strlen(text), diags, &root);
    if (status != SDSE_OK)
        sdse_diags_print(diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    return root;
}

static void assert_clean(const struct sdse_diags *diags) {
    if (diags->errors)
        sdse_diags_print(diags, stderr, false);
    assert_int_equal(diags->errors, 0);
}

// Writes a network, reads that, and finds the same text for it.
static const struct sdse_workload *read_back(struct sdse_arena *arena,
                                             struct sdse_diags *diags,
                                             const struct sdse_workload *net) {
    struct sdse_workload *again = NULL;
    const char *text = sdse_workload_text(arena, net);
    sdse_workload_from_tree(arena, parse(diags, text), diags, &again);
    assert_clean(diags);
    assert_string_equal(sdse_workload_text(arena, again), text);
    return again;
}

static void arch_round_trip(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch = NULL, *again = NULL;
    sdse_arch_load(arena, path, &diags, &arch);
    assert_clean(&diags);
    const char *text = sdse_arch_text(arena, arch);
    sdse_arch_from_tree(arena, parse(&diags, text), NULL, 0, &diags, &again);
    assert_clean(&diags);
    assert_string_equal(sdse_arch_text(arena, again), text);
    assert_null(strstr(text, SDSE_SOURCE_DIR)); // no place, no machine
    sdse_arena_free(arena);
}

static void workload_round_trip(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net = NULL;
    sdse_workload_load(arena, path, &diags, &net);
    assert_clean(&diags);
    const struct sdse_workload *again = read_back(arena, &diags, net);
    for (size_t i = 0; i < net->layer_count; i++)
        assert_string_equal(sdse_layer_shape_text(arena, &net->layers[i]),
                            sdse_layer_shape_text(arena, &again->layers[i]));
    sdse_arena_free(arena);
}

static void each_file(const char *pattern, void (*visit)(const char *)) {
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        visit(found.gl_pathv[i]);
    globfree(&found);
}

static void shipped_accelerators_round_trip(void **state) {
    (void)state;
    each_file(SDSE_SOURCE_DIR "/archs/*.yaml", arch_round_trip);
}

static void shipped_workloads_round_trip(void **state) {
    (void)state;
    each_file(SDSE_SOURCE_DIR "/workloads/*.yaml", workload_round_trip);
}

// What memories do not code of a layer is written, and is another problem.
static void uncoded_tensors_round_trip(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net = NULL;
    sdse_workload_from_tree(
        arena,
        parse(
            &diags,
            "name: n\nsource: s\nlayers:\n"
            "- {name: a, kind: conv, in: [4, 9, 9], out_channels: 4, kernel: 3}\n"
            "- {name: b, kind: conv, in: [4, 9, 9], out_channels: 4, kernel: 3, "
            "uncoded: [inputs, outputs]}\n"
            "- {name: c, kind: pool, in: [4, 9, 9], kernel: 3, uncoded: [outputs]}\n"),
        &diags, &net);
    assert_clean(&diags);
    const struct sdse_workload *again = read_back(arena, &diags, net);
    static const unsigned sets[] = {0, SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS),
                                    SDSE_BIT(SDSE_OUTPUTS)};
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(again->layers[i].uncoded, sets[i]);
    struct sdse_arch arch = {.engine_count = 1};
    assert_string_not_equal(sdse_layer_problem_text(arena, &arch, &net->layers[0]),
                            sdse_layer_problem_text(arena, &arch, &net->layers[1]));
    sdse_arena_free(arena);
}

// Digits of weights are written, each number of them, and another problem each.
static void digits_of_weights_round_trip(void **state) {
    (void)state;
    static const char *const said[] = {
        "", ", weight_digits: {mark: assumed, digits: {booth4: [1, 2, 3]}}",
        ", weight_digits: {mark: assumed, bits: 6, digits: {booth4: [1, 2, 3]}}",
        ", weight_digits: {mark: assumed, digits: {csd: [1, 2, 3]}}",
        ", weight_digits: {mark: assumed, digits: {csd: [1, 2, 3.5]}}",
        (", weight_digits: {mark: assumed, digits: {csd: [1, 1]}, channels: [0.25, "
         "0.75, 0.5, 0.5]}"),
        (", weight_digits: {mark: assumed, digits: {csd: [1, 1]}, channels: [0.75, "
         "0.25, 0.5, 0.5]}"),
        // One text: clang asks whether a comma is missing.
        (", weight_digits: {mark: measured, source: \"a, b\", bits: 16, digits: "
         "{plain: [0.1, 0, 0, 7], csd: [1, 3]}}")};
    enum { SAID = sizeof said / sizeof *said };
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_arch arch = {.engine_count = 1};
    const char *problem[SAID];
    for (unsigned i = 0; i < SAID; i++) {
        struct sdse_workload *net = NULL;
        const char *file = sdse_arena_printf(
            arena,
            "name: n\nsource: s\nlayers:\n- {name: a, kind: fc, in: 4, out_channels: "
            "4%s}\n",
            said[i]);
        sdse_workload_from_tree(arena, parse(&diags, file), &diags, &net);
        assert_clean(&diags);
        const struct sdse_workload *again = read_back(arena, &diags, net);
        problem[i] = sdse_layer_problem_text(arena, &arch, &again->layers[0]);
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(problem[k], problem[i]);
        const struct sdse_weight_digits *w = again->layers[0].weight_digits;
        assert_true(!w == !i);
        if (i + 1 < SAID)
            continue;
        assert_string_equal(w->mark, "measured");
        assert_string_equal(w->source, "a, b");
        assert_true(w->bits == 16 && w->digits[SDSE_ENCODING_PLAIN][0] == 0.1);
        assert_int_equal(w->bins[SDSE_ENCODING_PLAIN], 4);
        assert_int_equal(w->bins[SDSE_ENCODING_BOOTH4], 0);
        assert_int_equal(w->bins[SDSE_ENCODING_CSD], 2);
    }
    sdse_arena_free(arena);
}

// Each kind of edge, with every key it may have; none is another after it.
static void kinds_of_edges_round_trip(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net = NULL;
    sdse_workload_from_tree(
        arena,
        parse(&diags,
              "name: n\nsource: s\nlayers:\n"
              "- {name: a, kind: conv, in: [3, 9, 8], out_channels: 4, kernel: 1}\n"
              "- {name: b, kind: conv, in: [4, 4, 5], out_channels: 4, kernel: 1}\n"
              "- {name: c, kind: conv, in: [4, 4, 5], out_channels: 4, kernel: 1, "
              "addends: 2}\n"
              "- {name: act, kind: act, in: [4, 4, 5], fused: true}\n"
              "- {name: d, kind: conv, in: [8, 4, 5], out_channels: 6, kernel: 1}\n"
              "- {name: qkv, kind: fc, in: 10, out_channels: 12, rows: 4}\n"
              "- {name: qk, kind: matmul, heads: 2, m: 4, k: 2, n: 4}\n"
              "- {name: av, kind: matmul, heads: 2, m: 4, k: 4, n: 2}\n"
              "- {name: up, kind: fc, in: 4, out_channels: 4, rows: 4, addends: 1}\n"
              "- {name: down, kind: fc, in: 4, out_channels: 4, rows: 4}\n"
              "edges:\n"
              "- {from: a, to: b, via: pool, kernel: [3, 6], stride: [2, 1], pad: [0, "
              "1], "
              "free: true}\n"
              "- {from: b, to: c}\n- {from: b, to: c, as: addend, via: product}\n"
              "- {from: b, to: c, as: addend}\n"
              "- {from: [b, act], to: d, as: concat}\n"
              "- {from: c, to: qkv, reshape: heads, channels: [1, 2]}\n"
              "- {from: qkv, to: qk, channels: [0, 4]}\n"
              "- {from: qkv, to: qk, as: weights, channels: [4, 4], reshape: heads}\n"
              "- {from: qkv, to: av, as: weights, channels: [8, 4], reshape: heads}\n"
              "- {from: qk, to: av, via: softmax, free: true}\n"
              "- {from: [av, up], to: down, via: product}\n"),
        &diags, &net);
    assert_clean(&diags);
    const struct sdse_workload *again = read_back(arena, &diags, net);
    static const struct sdse_workload_edge edges[] = {
        {0, 1, SDSE_EDGE_INPUTS, SDSE_VIA_POOL, {3, 6}, {2, 1}, {0, 1}, .heads = false},
        {1, 2, .use = SDSE_EDGE_INPUTS},
        {1, 2, .use = SDSE_EDGE_ADDEND, .via = SDSE_VIA_PRODUCT},
        {1, 2, .use = SDSE_EDGE_ADDEND},
        {1, 4, .use = SDSE_EDGE_CONCAT},
        {2, 4, .use = SDSE_EDGE_CONCAT}, // act is part of c
        {2, 5, .first_channel = 1, .channels = 2, .heads = true},
        {5, 6, .channels = 4},
        {5, 6, SDSE_EDGE_WEIGHTS, .first_channel = 4, .channels = 4, .heads = true},
        {5, 7, SDSE_EDGE_WEIGHTS, .first_channel = 8, .channels = 4, .heads = true},
        {6, 7, .via = SDSE_VIA_SOFTMAX},
        {7, 8, .use = SDSE_EDGE_ADDEND, .via = SDSE_VIA_PRODUCT},
        {8, 9, .use = SDSE_EDGE_INPUTS}};
    assert_int_equal(again->edge_count, sizeof edges / sizeof *edges);
    for (size_t e = 0; e < again->edge_count; e++) {
        const struct sdse_workload_edge *a = &edges[e], *b = &again->edges[e];
        assert_true(a->from == b->from && a->to == b->to && a->use == b->use &&
                    a->via == b->via && a->heads == b->heads);
        assert_true(a->first_channel == b->first_channel && a->channels == b->channels);
        assert_true(a->via != SDSE_VIA_POOL ||
                    (memcmp(a->kernel, b->kernel, sizeof a->kernel) == 0 &&
                     memcmp(a->stride, b->stride, sizeof a->stride) == 0 &&
                     memcmp(a->pad, b->pad, sizeof a->pad) == 0));
    }
    assert_int_equal(again->layers[2].addends, 2);
    sdse_arena_free(arena);
}

// What layers hand over, and the memory that may hold it.
static void edges_and_shares_round_trip(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net = NULL;
    sdse_workload_from_tree(
        arena,
        parse(&diags, "name: n\nsource: s\nlayers:\n"
                      "- {name: a, kind: fc, in: 4, out_channels: 4}\n"
                      "- {name: f, kind: act, in: 4, fused: true}\n"
                      "- {name: b, kind: fc, in: 4, out_channels: 4}\n"
                      "- {name: s, kind: add, in: 4, fused: false}\n"
                      "edges:\n- {from: f, to: [b, s]}\n- {from: b, to: s}\n"),
        &diags, &net);
    assert_clean(&diags);
    const struct sdse_workload *again = read_back(arena, &diags, net);
    static const size_t ends[3][2] = {{0, 2}, {0, 3}, {2, 3}}; // f is part of a
    assert_int_equal(again->edge_count, 3);
    for (size_t e = 0; e < 3; e++) {
        assert_int_equal(again->edges[e].from, ends[e][0]);
        assert_int_equal(again->edges[e].to, ends[e][1]);
    }
    struct sdse_arch *arch = NULL, *second = NULL;
    sdse_arch_from_tree(
        arena,
        parse(&diags, "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                      "levels: [{level: D, memory: {class: dram, pj_per_bit: 8}}, "
                      "{level: M, memory: {class: sram, capacity_kib: 1, pj_per_bit: "
                      "1, shares: [activations, weights]}}], compute: {free: true}}"),
        NULL, 0, &diags, &arch);
    assert_clean(&diags);
    const char *text = sdse_arch_text(arena, arch);
    sdse_arch_from_tree(arena, parse(&diags, text), NULL, 0, &diags, &second);
    assert_clean(&diags);
    assert_true(!second->level[0].shares_activations &&
                second->level[1].shares_activations && second->level[1].shares_weights);
    assert_string_equal(sdse_arch_text(arena, second), text);
    sdse_arena_free(arena);
}

// Layers that a network's batch or a recurrence makes different from their entry.
static void layers_made_of_others_round_trip(void **state) {
    (void)state;
    static const char *const said[] = {
        "{name: u, kind: update, in: 10, read_words: 1, read_bits: 8, write_bits: 16, "
        "ops_per_word: 3}",
        "{name: l, kind: lstm, in: 4, hidden: 3, steps: 2, weight_digits: {mark: "
        "assumed, digits: {csd: [1, 2]}}}",
    };
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct sdse_workload *net = NULL;
        const char *file = sdse_arena_printf(
            arena, "name: n\nsource: s\nbatch: 2\nlayers:\n- %s\n", said[i]);
        sdse_workload_from_tree(arena, parse(&diags, file), &diags, &net);
        assert_clean(&diags);
        const struct sdse_workload *again = read_back(arena, &diags, net);
        assert_int_equal(again->layer_count, net->layer_count);
        for (size_t l = 0; l < net->layer_count; l++) {
            assert_memory_equal(&again->layers[l].nest, &net->layers[l].nest,
                                sizeof net->layers[l].nest);
            // Digits are of weights: gates and updates have none.
            assert_int_equal(net->layers[l].weight_digits != NULL,
                             i == 1 && net->layers[l].kind == SDSE_FC);
        }
    }
    sdse_arena_free(arena);
}

static const char small_arch[] =
    "name: small\nsource: made up\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\n"
    "levels:\n"
    "  - level: DRAM\n"
    "    memory: {class: dram, pj_per_bit: {value: 8, mark: Q, source: \"a "
    "\\\"b\\\"\"}}\n"
    "  - level: GLB\n"
    "    memory: {class: sram, capacity_kib: 4, access_pj: 2, port_bits: 32}\n"
    "    fanout: {x: 16, dims_x: [K]}\n"
    "    network: {topology: bus, pj_per_bit: 0.01, multicast: true}\n"
    "  - level: RF\n"
    "    memory: {class: regfile, capacity_words: 64, access_pj: 0.1}\n"
    "compute: {pj_per_mac: 0.2}\n";

// Imperfect K: 20 channels as two passes of 16, the last of 4.
static const struct sdse_layer layer = {
    .kind = SDSE_CONV,
    .nest = {.bound = {1, 20, 3, 8, 1, 3, 1, 1}, .stride = {1, 1}, .dilation = {1, 1}}};
static const char small_mapping[] = "mapping:\n"
                                    "  - {level: DRAM, temporal: K2 P4}\n"
                                    "  - {level: GLB, spatial_x: K16/4}\n"
                                    "  - {level: RF, temporal: C3 R3 P2}\n";

struct small {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch;
    struct sdse_mapping *mapping;
};

static struct small load_small(void) {
    struct small s = {.arena = sdse_arena_new()};
    sdse_diags_init(&s.diags, s.arena);
    sdse_arch_from_tree(s.arena, parse(&s.diags, small_arch), NULL, 0, &s.diags,
                        &s.arch);
    assert_clean(&s.diags);
    sdse_mapping_from_tree(s.arena, parse(&s.diags, small_mapping), s.arch, &layer,
                           &s.diags, &s.mapping);
    assert_clean(&s.diags);
    return s;
}

// Which operand is serial is written where it is not the inputs.
static void the_serial_operand_round_trips(void **state) {
    (void)state;
    static const char *const said[] = {"", ", serial: inputs", ", serial: weights"};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const char *text[3];
    for (unsigned i = 0; i < 3; i++) {
        struct sdse_arch *arch = NULL;
        const char *file =
            sdse_arena_printf(arena,
                              "%.*s, cycles_per_mac: 4}\nengines: [{kind: bit_serial, "
                              "encoding: csd, lanes: 2, pj_per_digit: 1%s}]\n",
                              (int)strlen(small_arch) - 2, small_arch, said[i]);
        for (unsigned k = 0; k < 2; k++, file = text[i]) {
            sdse_arch_from_tree(arena, parse(&diags, file), NULL, 0, &diags, &arch);
            assert_clean(&diags);
            assert_int_equal(arch->engine[0].operands,
                             i == 2 ? SDSE_OPERANDS_WEIGHTS : SDSE_OPERANDS_INPUTS);
            text[i] = sdse_arch_text(arena, arch);
        }
    }
    assert_string_equal(text[0], text[1]);
    assert_null(strstr(text[0], "serial: "));
    assert_non_null(strstr(text[2], "serial: weights"));
    sdse_arena_free(arena);
}

static void a_mapping_round_trips(void **state) {
    (void)state;
    struct small s = load_small();
    s.mapping->keeps[1] = SDSE_BIT(SDSE_INPUTS);
    const char *text = sdse_mapping_text(s.arena, s.arch, &layer.nest, s.mapping);
    assert_string_equal(
        text,
        "mapping:\n"
        "  - {level: DRAM, temporal: K2 P4, keeps: [weights, inputs, outputs]}\n"
        "  - {level: GLB, spatial_x: K16/4, keeps: [inputs]}\n"
        "  - {level: RF, temporal: C3 R3 P2, keeps: [weights, inputs, outputs]}\n");
    struct sdse_mapping *again = NULL;
    sdse_mapping_from_tree(s.arena, parse(&s.diags, text), s.arch, &layer, &s.diags,
                           &again);
    assert_clean(&s.diags);
    assert_string_equal(sdse_mapping_text(s.arena, s.arch, &layer.nest, again), text);
    assert_int_equal(again->keeps[1], SDSE_BIT(SDSE_INPUTS));
    assert_non_null(
        strstr(sdse_mapping_text(s.arena, s.arch, NULL, s.mapping), "K16,"));
    sdse_arena_free(s.arena);
}

static const struct sdse_residence residences[] = {
    {.level = 1, .tensors = SDSE_BIT(SDSE_INPUTS), .operands = 1, .reserved_bits = 96},
    {.level = 1, .tensors = SDSE_BIT(SDSE_OUTPUTS), .reserved_bits = 0.125},
    {.level = 1,
     .tensors = SDSE_BIT(SDSE_INPUTS) | SDSE_BIT(SDSE_OUTPUTS),
     .operands = 1,
     .writes_through = true,
     .reserved_bits = 12345678901234},
    {.level = 1, .reserved_bits = 7}};

// Of two memories each is named.
static void places_in_two_memories(void **state) {
    (void)state;
    struct small s = load_small();
    const struct sdse_residence inner = {.level = 2,
                                         .tensors = SDSE_BIT(SDSE_INPUTS) |
                                                    SDSE_BIT(SDSE_OUTPUTS),
                                         .operands = 1,
                                         .writes_through = true,
                                         .reserved_bits = 6},
                                outer = {.level = 1,
                                         .tensors = SDSE_BIT(SDSE_INPUTS),
                                         .operands = 2,
                                         .addends = 1,
                                         .reserved_bits = 5,
                                         .also = &inner};
    s.arch->level[1].shares_activations = s.arch->level[2].shares_activations = true;
    const char *text =
        sdse_placed_mapping_text(s.arena, s.arch, &layer.nest, s.mapping, &outer);
    const char *a = s.arch->level[1].name, *b = s.arch->level[2].name;
    const char *place = sdse_arena_printf(
        s.arena,
        "place: {inputs: [%s, %s], outputs: [%s, outer], operands: {%s: 2, %s: 1}, "
        "addends: {%s: 1}, reserved_bits: {%s: 5, %s: 6}}\n",
        a, b, b, a, b, a, a, b);
    assert_memory_equal(text, place, strlen(place));
    sdse_arena_free(s.arena);
}

static void places_round_trip(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof residences / sizeof *residences; i++) {
        const struct sdse_residence *at = &residences[i];
        struct small s = load_small();
        s.arch->level[1].shares_activations = true;
        s.mapping->keeps[0] &= ~at->tensors; // at home further in
        const char *text =
            sdse_placed_mapping_text(s.arena, s.arch, &layer.nest, s.mapping, at);
        struct sdse_mapping *again = NULL;
        struct sdse_placement placement;
        sdse_placed_mapping_from_tree(s.arena, parse(&s.diags, text), s.arch, &layer,
                                      &s.diags, &placement, &again);
        assert_clean(&s.diags);
        assert_true(placement.placed);
        assert_int_equal(placement.residence->level, 1);
        assert_int_equal(placement.residence->tensors, at->tensors);
        assert_int_equal(placement.residence->operands, at->operands);
        assert_int_equal(placement.residence->writes_through, at->writes_through);
        assert_true(placement.residence->reserved_bits == at->reserved_bits);
        assert_int_equal(again->keeps[0], s.mapping->keeps[0]);
        assert_string_equal(sdse_placed_mapping_text(s.arena, s.arch, &layer.nest,
                                                     again, placement.residence),
                            text);
        // Who takes no places refuses them.
        again = NULL;
        assert_int_equal(sdse_mapping_from_tree(s.arena, parse(&s.diags, text), s.arch,
                                                &layer, &s.diags, &again),
                         SDSE_INVALID);
        assert_string_equal(s.diags.last->check, "place-taken");
        assert_null(again);
        sdse_arena_free(s.arena);
    }
    // Nothing held is nothing said.
    struct small s = load_small();
    assert_string_equal(sdse_placed_mapping_text(s.arena, s.arch, &layer.nest,
                                                 s.mapping,
                                                 &(struct sdse_residence){.level = 1}),
                        sdse_mapping_text(s.arena, s.arch, &layer.nest, s.mapping));
    sdse_arena_free(s.arena);
}

static void what_costs_changes_the_text(void **state) {
    (void)state;
    static const char *const sets[][2] = {
        {"clock_ghz", "2"},
        {"node_nm", "65"},
        {"word_bits", "16"},
        {"GLB.capacity_kib", "8"},
        {"GLB.port_bits", "64"},
        {"GLB.access_bits", "64"},
        {"GLB.access_bits", "{read: 16}"},
        {"GLB.access_bits", "{write: 16}"},
        {"GLB.access_bits", "{read: 16, write: 64}"},
        {"GLB.banks", "2"},
        {"GLB.buffering", "2"},
        {"GLB.overlap", "false"},
        {"GLB.read_bits_per_cycle", "32"},
        {"GLB.write_bits_per_cycle", "32"},
        {"GLB.shared_bits_per_cycle", "32"},
        {"GLB.read_bits_per_cycle", "{outputs: 32}"},
        {"GLB.read_bits_per_cycle", "{others: 32, drains: 16}"},
        {"GLB.write_bits_per_cycle", "{updates: 16}"},
        {"GLB.write_bits_per_cycle", "{inputs: 32, others: 8}"},
        {"GLB.shared_bits_per_cycle", "{weights: {value: 32, mark: D, source: s}}"},
        {"GLB.read_pj", "3"},
        {"GLB.fill_pj", "3"},
        {"GLB.update_pj", "3"},
        {"GLB.leakage_mw", "1"},
        {"GLB.partial_bits", "8"},
        {"GLB.bits", "{outputs: 7}"},
        {"GLB.bits", "{weights: 4, inputs: 9}"},
        {"GLB.area_mm2", "1"},
        {"GLB.table", "sram"},
        {"GLB.format", "{inputs: bitmap}"},
        {"GLB.format", "{inputs: {compression: bitmap, occupancy: worst}}"},
        {"GLB.format", "{inputs: {compression: bitmap, only_if_smaller: true}}"},
        {"GLB.format", "{inputs: {compression: bitmap, for: [conv, fc]}}"},
        {"GLB.format", "{inputs: {compression: bitmap, for: []}}"},
        {"GLB.format", "{inputs: {compression: run_length, run_bits: 5}}"},
        {"GLB.format", "{outputs: coo}"},
        {"GLB.format", "{inputs: {compression: coo, rows: 8}}"},
        {"GLB.format", "{inputs: {compression: coo, columns: 8}}"},
        {"GLB.format", "{weights: csc}"},
        {"GLB.format", "{weights: {compression: csc_run, run_bits: 4, rows: 3}}"},
        {"GLB.format", "{weights: {compression: nm, n: 2, m: 4}}"},
        {"GLB.format", "{weights: {compression: nm, n: 1, m: 4}}"},
        {"GLB.keeps", "[inputs]"},
        {"GLB.may_bypass", "[outputs]"},
        {"GLB.fanout.x", "8"},
        {"GLB.fanout.y", "2"},
        {"GLB.fanout.dims_x", "[K, C]"},
        {"GLB.network.topology", "tree"},
        {"GLB.network.multicast", "false"},
        {"GLB.network.reduce", "true"},
        {"GLB.network.window_sharing", "true"},
        {"GLB.network.pj_per_bit", "1"},
        {"GLB.network", "{topology: mesh, multicast: true, hop_pj_per_bit: 1}"},
        {"GLB.network", "{topology: mesh, multicast: true, router_pj_per_bit: 1}"},
        {"GLB.network",
         "{topology: tree, multicast: true, reduce: true, pj_per_bit: 0.01, "
         "pj_per_add: 1}"},
        {"GLB.uneven", "true"},
        {"GLB.pass", "{start_cycles: 3}"},
        {"GLB.pass", "{skew_cycles: 0.5}"},
        {"compute.pj_per_mac", "1"},
        {"compute.cycles_per_mac", "4"},
        {"compute.cycles_per_mac", "1.36"},
        {"GLB.clock_mw", "1"},
        {"GLB.static_mw", "1"},
        {"GLB.control_percent", "15"},
        {"compute.clock_mw", "1"},
        {"chip", "{clock_mw: 106.3}"},
        {"chip", "{static_mw: 3}"},
        {"chip", "{control_percent: 15}"},
        {"chip", "{clock_mw: 106.3, gated: true}"},
        {"compute.leakage_mw", "4"},
        {"compute.area_um2", "4"},
        {"area", "{other_um2: 5}"},
        {"count_drain_reads", "false"},
        {"count_return_transfers", "false"},
        {"count_fill_drain", "true"},
        {"component_leakage", "true"},
        {"engines", "[{kind: rebuild, below: GLB, free: true, rows_per_cycle: 1}]"},
        {"dataflow", "[{constraints: [{level: RF, stationary: weights}]}]"},
        {"dataflow", "[{constraints: [{level: RF, order: [Q, K, P]}]}]"},
    };
    struct small s = load_small();
    const char *before = sdse_arch_text(s.arena, s.arch);
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        struct sdse_set set = {.path = sets[i][0], .value = sets[i][1]};
        struct sdse_arch *arch = NULL, *again = NULL;
        sdse_arch_from_tree(s.arena, parse(&s.diags, small_arch), &set, 1, &s.diags,
                            &arch);
        assert_clean(&s.diags);
        const char *after = sdse_arch_text(s.arena, arch);
        if (strcmp(before, after) == 0)
            fail_msg("%s changes nothing", set.path);
        sdse_arch_from_tree(s.arena, parse(&s.diags, after), NULL, 0, &s.diags, &again);
        assert_clean(&s.diags);
        assert_string_equal(sdse_arch_text(s.arena, again), after);
        for (unsigned l = 0; l < arch->level_count; l++) {
            const struct sdse_level *a = &arch->level[l], *b = &again->level[l];
            assert_int_equal(a->least_read_bits, b->least_read_bits);
            assert_int_equal(a->least_write_bits, b->least_write_bits);
            assert_int_equal(a->partial_bits, b->partial_bits);
            assert_memory_equal(a->word_bits, b->word_bits, sizeof a->word_bits);
        }
    }
    sdse_arena_free(s.arena);
}

// One number is of both ways; a way that is not said has no least access.
static void least_accesses_are_of_their_way(void **state) {
    (void)state;
    static const struct {
        const char *value;
        uint32_t read, write;
    } cases[] = {{"64", 64, 64}, {"{read: 16}", 16, 0}, {"{write: 16}", 0, 16}};
    struct small s = load_small();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sdse_set set = {.path = "GLB.access_bits",
                                     .value = cases[i].value};
        struct sdse_arch *arch = NULL;
        sdse_arch_from_tree(s.arena, parse(&s.diags, small_arch), &set, 1, &s.diags,
                            &arch);
        assert_clean(&s.diags);
        assert_int_equal(arch->level[1].least_read_bits, cases[i].read);
        assert_int_equal(arch->level[1].least_write_bits, cases[i].write);
    }
    sdse_arena_free(s.arena);
}

// A format that names layers leaves all others plain, those that multiply nothing too.
static void formats_name_their_layers(void **state) {
    (void)state;
    struct small s = load_small();
    const struct sdse_set set = {
        .path = "GLB.format",
        .value =
            "{inputs: {compression: bitmap, for: [conv, pool]}, outputs: {compression: "
            "bitmap, for: []}, weights: bitmap}"};
    struct sdse_arch *arch = NULL;
    sdse_arch_from_tree(s.arena, parse(&s.diags, small_arch), &set, 1, &s.diags, &arch);
    assert_clean(&s.diags);
    const struct sdse_format *format = arch->level[1].format;
    const unsigned all = SDSE_BIT(SDSE_LAYER_KINDS) - 1;
    assert_int_equal(format[SDSE_INPUTS].other_layers,
                     all & ~(SDSE_BIT(SDSE_CONV) | SDSE_BIT(SDSE_POOL)));
    assert_int_equal(format[SDSE_OUTPUTS].other_layers, all);
    assert_int_equal(format[SDSE_WEIGHTS].other_layers, 0);
    const struct sdse_set pass = {.path = "GLB.pass",
                                  .value = "{start_cycles: 3, skew_cycles: 0.5}"};
    sdse_arch_from_tree(s.arena, parse(&s.diags, small_arch), &pass, 1, &s.diags,
                        &arch);
    assert_clean(&s.diags);
    assert_true(arch->level[1].pass_start_cycles.value == 3);
    assert_true(arch->level[1].pass_skew_cycles.value == 0.5);
    sdse_arena_free(s.arena);
}

// A number that differs by one step of the last digit, at each place that has one: both
// texts differ, and each loads back as the number that was given.
static void every_number_is_in_the_text(void **state) {
    (void)state;
    static const struct {
        const char *path, *one, *other;
    } sets[] = {
#define MESH(key, v) "{topology: mesh, " key ": " v "}"
        {"GLB.network", MESH("hop_pj_per_bit", "0.1"), MESH("hop_pj_per_bit", "0.2")},
        {"GLB.network", MESH("router_pj_per_bit", "0.1"),
         MESH("router_pj_per_bit", "0.2")},
        {"GLB.pass", "{start_cycles: 3, skew_cycles: 4}",
         "{start_cycles: 4, skew_cycles: 3}"},
#define TREE(v) "{topology: tree, reduce: true, pj_per_bit: 0.01, pj_per_add: " v "}"
        {"GLB.network", TREE("0.1"), TREE("0.2")},
#define ENGINE(add, read, write, rows, area)                                           \
    "[{kind: rebuild, below: GLB, pj_per_shift_add: " add ", pj_per_basis_read: " read \
    ", pj_per_basis_write: " write ", rows_per_cycle: " rows ", area_um2: " area "}]"
        {"engines", ENGINE("1", "2", "3", "4", "5"), ENGINE("6", "2", "3", "4", "5")},
        {"engines", ENGINE("1", "2", "3", "4", "5"), ENGINE("1", "6", "3", "4", "5")},
        {"engines", ENGINE("1", "2", "3", "4", "5"), ENGINE("1", "2", "6", "4", "5")},
        {"engines", ENGINE("1", "2", "3", "4", "5"), ENGINE("1", "2", "3", "6", "5")},
        {"engines", ENGINE("1", "2", "3", "4", "5"), ENGINE("1", "2", "3", "4", "6")},
#define RULE(text) "[{constraints: [{level: " text "}]}]"
        {"GLB.format", "{weights: {compression: nm, n: 2, m: 4}}",
         "{weights: {compression: nm, n: 2, m: 8}}"},
        {"GLB.format", "{weights: {compression: csc_run, run_bits: 4}}",
         "{weights: {compression: csc_run, run_bits: 5}}"},
        {"GLB.format", "{inputs: {compression: coo, rows: 8, columns: 4}}",
         "{inputs: {compression: coo, rows: 4, columns: 8}}"},
        {"GLB.format", "{inputs: {compression: coo, rows: 8, columns: 4}}",
         "{inputs: {compression: coo, rows: 8, columns: 5}}"},
        {"GLB.format", "{inputs: {compression: csc, occupancy: expected}}",
         "{inputs: {compression: csc, occupancy: worst}}"},
        {"GLB.format", "{inputs: {compression: csc, for: [pool]}}",
         "{inputs: {compression: csc, for: [conv]}}"},
        {"dataflow", RULE("GLB, spatial: {K: 4}"), RULE("GLB, spatial: {K: 8}")},
        {"dataflow", RULE("GLB, spatial_at_least: {K: 4}"),
         RULE("GLB, spatial_at_least: {K: 8}")},
        {"dataflow", RULE("GLB, spatial_at_most: {K: 4}"),
         RULE("GLB, spatial_at_most: {K: 8}")},
        {"dataflow", RULE("GLB, spatial_at_most: {K: 4}"),
         RULE("GLB, spatial_at_least: {K: 4}")},
        {"dataflow", RULE("GLB, utilization_at_least: 0.5"),
         RULE("GLB, utilization_at_least: 0.25")},
        {"dataflow", RULE("RF, stationary: weights"), RULE("RF, stationary: outputs")},
        {"dataflow", RULE("RF, order: [Q, K]"), RULE("RF, order: [K, Q]")},
        {"dataflow",
         "[{when: {layer: [conv]}, constraints: [{level: RF, order: [Q, K]}]}]",
         "[{when: {layer: [fc]}, constraints: [{level: RF, order: [Q, K]}]}]"},
    };
    struct small s = load_small();
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const char *text[2] = {NULL, NULL};
        for (int j = 0; j < 2; j++) {
            struct sdse_set set = {.path = sets[i].path,
                                   .value = j ? sets[i].other : sets[i].one};
            struct sdse_arch *arch = NULL, *again = NULL;
            sdse_arch_from_tree(s.arena, parse(&s.diags, small_arch), &set, 1, &s.diags,
                                &arch);
            assert_clean(&s.diags);
            text[j] = sdse_arch_text(s.arena, arch);
            sdse_arch_from_tree(s.arena, parse(&s.diags, text[j]), NULL, 0, &s.diags,
                                &again);
            assert_clean(&s.diags);
            assert_string_equal(sdse_arch_text(s.arena, again), text[j]);
        }
        if (strcmp(text[0], text[1]) == 0)
            fail_msg("%s and %s are written alike", sets[i].one, sets[i].other);
    }
    sdse_arena_free(s.arena);
}

static void a_sweep_round_trips(void **state) {
    (void)state;
    static const char sweep_text[] =
        "name: s\nworkloads: [a.yaml, /b c.yaml]\narchs: [x.yaml]\n"
        "override: {GLB.capacity_kib: [64, 128], GLB.fanout: {x: 2}, "
        "GLB.fanout.dims_x: [[K, C], [P]], compute.free: true}\n"
        "weight_forms: [raw, {name: sd, basis_size: [3, 5], density: [0.1, 0.25]}]\n"
        "objective: latency\nconstraints: {max_area_mm2: 2.5, max_class_loss: 0}\n"
        "mapper: {seconds: 3, uneven: true, free_bypass: true, imperfect_percent: 7}\n";
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_sweep *sweep = NULL, *again = NULL;
    sdse_sweep_from_tree(arena, parse(&diags, sweep_text), &diags, &sweep);
    assert_clean(&diags);
    assert_int_equal(sweep->form_count, 5);
    assert_string_equal(sweep->forms[4].name, "sd basis_size=5 density=0.25");
    assert_true(sweep->forms[3].setting.density == 0.1);
    assert_int_equal(sweep->override_count, 4);
    assert_int_equal(sweep->overrides[2].value_count, 2);
    assert_string_equal(sweep->overrides[2].values[0], "[K, C]");
    assert_string_equal(sweep->overrides[1].values[0], "{\"x\": 2}");
    assert_int_equal(sweep->objective, SDSE_LATENCY);
    assert_int_equal(sweep->limits.set,
                     1u << SDSE_LIMIT_AREA | 1u << SDSE_LIMIT_CLASS_LOSS);
    assert_true(sweep->limits.most[SDSE_LIMIT_AREA] == 2.5);
    assert_true(sweep->mapper.seconds == 3 && sweep->mapper.uneven &&
                sweep->mapper.free_bypass && sweep->mapper.imperfect_percent == 7);
    assert_string_equal(sdse_form_setting_text(arena, &sweep->forms[0].setting), "raw");
    assert_string_equal(
        sdse_form_setting_text(arena, &sweep->forms[4].setting),
        "{basis_size: 5, rows_per_slice: 0, density: 0.25, row_density: 1, "
        "coefficient_bits: 4, basis_bits: 8, scale_bits: 8, index: row, "
        "depthwise: false}");
    const char *text = sdse_sweep_text(arena, sweep, sweep->workloads, sweep->archs);
    sdse_sweep_from_tree(arena, parse(&diags, text), &diags, &again);
    assert_clean(&diags);
    assert_string_equal(sdse_sweep_text(arena, again, again->workloads, again->archs),
                        text);
    assert_int_equal(again->limits.set, sweep->limits.set);
    assert_true(again->mapper.seconds == 3 && again->mapper.uneven &&
                again->mapper.free_bypass && again->mapper.imperfect_percent == 7);
    sdse_arena_free(arena);
}

// Where tensors may stay: the axis that is read back is the one that was written.
static void stays_round_trip(void **state) {
    (void)state;
    static const char *const mappers[] = {
        "resident: true",
        "resident: [true, false]",
        "resident: true, fuse_depth: 3",
        "resident: true, fuse_depth: 3, tiles: all",
        "resident: true, fuse_depth: 3, columns: true",
        "resident: true, fuse_depth: [1, 3], tiles: [balanced, all], columns: [true]",
        "resident: [false, true], fuse_depth: [1, 4, 2], tiles: all",
        "resident: true, fuse_depth: [2, 1], tiles: [all, balanced]",
        "resident: true, copies: true",
        "resident: [true, false], copies: [true, false]",
        "resident: true, fuse_depth: [1, 3], overlap: [none, outer], copies: true",
        "resident: true, fuse_depth: [1, 3], copies: [false, true], overlap: outer"};
    for (size_t i = 0; i < sizeof mappers / sizeof *mappers; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        struct sdse_sweep *sweep = NULL, *again = NULL;
        char text[256];
        sdse_diags_init(&diags, arena);
        snprintf(text, sizeof text,
                 "name: s\nworkloads: [a.yaml]\narchs: [x.yaml]\nweight_forms: [raw]\n"
                 "mapper: {%s}\n",
                 mappers[i]);
        sdse_sweep_from_tree(arena, parse(&diags, text), &diags, &sweep);
        const char *written =
            sdse_sweep_text(arena, sweep, sweep->workloads, sweep->archs);
        sdse_sweep_from_tree(arena, parse(&diags, written), &diags, &again);
        assert_clean(&diags);
        const struct sdse_override *is = sdse_sweep_stays(again),
                                   *was = sdse_sweep_stays(sweep);
        assert_non_null(is);
        assert_int_equal(is->value_count, was->value_count);
        for (size_t v = 0; v < was->value_count; v++)
            if (is->stays[v].resident != was->stays[v].resident ||
                is->stays[v].fuse_depth != was->stays[v].fuse_depth ||
                is->stays[v].all_tiles != was->stays[v].all_tiles ||
                is->stays[v].columns != was->stays[v].columns ||
                is->stays[v].overlap != was->stays[v].overlap ||
                is->stays[v].copies != was->stays[v].copies)
                fail_msg("%s: choice %zu is another in %s", mappers[i], v, written);
        sdse_arena_free(arena);
    }
}

static void a_measured_form_round_trips(void **state) {
    (void)state;
    static const char sweep_text[] = "name: s\nworkloads: [a.yaml]\narchs: [x.yaml]\n"
                                     "weight_forms: [smartdeal, {name: m, sparsity: "
                                     "[0.25, 0.5], row_sparsity: true, "
                                     "scale: true, iterations: 7, prune: energy, "
                                     "prune_amount: 0.75, prune_group: 4}, "
                                     "{name: r, relative_threshold: 0.125}]\n";
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_sweep *sweep = NULL, *again = NULL;
    sdse_sweep_from_tree(arena, parse(&diags, sweep_text), &diags, &sweep);
    assert_clean(&diags);
    assert_int_equal(sweep->form_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(sweep->forms[i].setting.measured);
    assert_string_equal(
        sdse_form_setting_text(arena, &sweep->forms[0].setting),
        "{basis_size: 0, rows_per_slice: 0, coefficient_bits: 4, basis_bits: 8, "
        "scale_bits: 8, index: row, depthwise: false, threshold: "
        "0.0040000000000000001, row_sparsity: false, scale: false, iterations: 30}");
    assert_string_equal(
        sdse_form_setting_text(arena, &sweep->forms[2].setting),
        "{basis_size: 0, rows_per_slice: 0, coefficient_bits: 4, basis_bits: 8, "
        "scale_bits: 8, index: row, depthwise: false, sparsity: 0.5, row_sparsity: "
        "true, scale: true, iterations: 7, prune: energy, prune_amount: 0.75, "
        "prune_group: 4}");
    assert_string_equal(sweep->forms[2].name, "m sparsity=0.5");
    const char *text = sdse_sweep_text(arena, sweep, sweep->workloads, sweep->archs);
    sdse_sweep_from_tree(arena, parse(&diags, text), &diags, &again);
    assert_clean(&diags);
    assert_string_equal(sdse_sweep_text(arena, again, again->workloads, again->archs),
                        text);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(sdse_form_setting_text(arena, &again->forms[i].setting),
                            sdse_form_setting_text(arena, &sweep->forms[i].setting));
    sdse_arena_free(arena);
}

static void paths_of_a_sweep_are_beside_its_file(void **state) {
    (void)state;
    static const char text[] =
        "name: s\nworkloads: [../w/a.yaml, /b.yaml]\narchs: [x]\n";
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_node *root = NULL;
    struct sdse_sweep *sweep = NULL;
    sdse_tree_parse_memory(arena, "sweeps/s.yaml", text, strlen(text), &diags, &root);
    sdse_sweep_from_tree(arena, root, &diags, &sweep);
    assert_clean(&diags);
    assert_string_equal(sweep->workloads[0], "sweeps/../w/a.yaml");
    assert_string_equal(sweep->workloads[1], "/b.yaml");
    assert_string_equal(sweep->archs[0], "sweeps/x");
    assert_int_equal(sweep->form_count, 1);
    assert_string_equal(sweep->forms[0].name, "raw");
    sdse_arena_free(arena);
}

static void draws_the_loop_nest(void **state) {
    (void)state;
    struct small s = load_small();
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    sdse_show_mapping(out, s.arch, &layer, s.mapping);
    fclose(out);
    assert_string_equal(text, "DRAM [weights 180, inputs 30, outputs 160] words\n"
                              "|  for K in 0..1\n"
                              "|    for P in 0..3\n"
                              "GLB [weights 144, inputs 12, outputs 32] words\n"
                              "|      spread on X: K in 0..15 (last pass 0..3)\n"
                              "RF [weights 9, inputs 12, outputs 2] words\n"
                              "|        for C in 0..2\n"
                              "|          for R in 0..2\n"
                              "|            for P in 0..1\n"
                              "|              MAC\n");
    free(text);
    sdse_arena_free(s.arena);
}

static void shows_hierarchy_and_sources(void **state) {
    (void)state;
    struct small s = load_small();
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    sdse_show_arch(out, s.arch);
    fclose(out);
    assert_non_null(strstr(text,
                           "GLB          1 x sram, 4 KiB, keeps weights inputs "
                           "outputs\n             read 2, fill 2, update 2 pJ per "
                           "access of 32 bit\n"));
    assert_non_null(strstr(text,
                           "   |  fan-out   X 16 [K]\n"
                           "   |           weights  bus, multicast, 0.01 pJ/bit\n"));
    assert_non_null(strstr(text, "RF           16 x regfile, 64 B"));
    assert_non_null(strstr(text, "multipliers  16, 1 cycle per MAC, 0.2 pJ per MAC"));
    assert_non_null(strstr(text, "pJ/bit      Q           a \"b\"\n"));
    free(text);
    sdse_arena_free(s.arena);
}

// What a file says of a memory's cells moves results, so it is shown.
static void shows_cells(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    static const struct sdse_set sets[] = {
        {"buffer.v_over_vmin", "0.875", {.file = "test"}},
        {"cells.sigma_verified", "0.02", {.file = "test"}}};
    struct sdse_node *root = NULL;
    struct sdse_arch *arch = NULL;
    sdse_tree_parse_file(arena, SDSE_SOURCE_DIR "/archs/tsb.yaml", &diags, &root);
    sdse_arch_from_tree(arena, root, sets, 2, &diags, &arch);
    assert_non_null(arch);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    sdse_show_arch(out, arch);
    fclose(out);
    assert_non_null(strstr(
        text, "\n             supply 0.875 of the least at which no cell fails\n"));
    assert_non_null(strstr(text, "\n             0.004 of the weights verified in 10 "
                                 "pulses; they deviate by 0.1 of the largest, verified "
                                 "ones by 0.02\n"));
    free(text);
    sdse_arena_free(arena);
}

static void shows_layers_with_macs_and_parameters(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net = NULL;
    sdse_workload_from_tree(
        arena,
        parse(&diags, "name: n\nsource: s\nparameters_not_in_layers: 7\nlayers:\n"
                      "- {name: c, kind: conv, in: [3, 8, 8], out_channels: 4, kernel: "
                      "3, pad: 1, "
                      "repeat: 2}\n"
                      "- {name: m, kind: matmul, heads: 2, m: 3, k: 4, n: 5}\n"),
        &diags, &net);
    assert_clean(&diags);
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    sdse_show_workload(out, net);
    fclose(out);
    // 8 * 8 * 4 * 27 = 6912 MACs twice, 2 * 3 * 4 * 5 = 120; 108 weights twice
    assert_non_null(strstr(text, "3 layers, 13944 MACs, 216 weights in layers, 7 other "
                                 "parameters, 408 input words"));
    assert_non_null(strstr(text, "40*"));
    free(text);
    sdse_arena_free(arena);
}

// Models and inputs of a sweep, by the names of their files.
static void outputs_of_sweeps_read_back(void **state) {
    (void)state;
    static const char *const outputs[] = {
        "{model: a/m.onnx, inputs: b/x.npy}",
        "[{workload: n, model: m.onnx, inputs: [x.npy, y.npy]}]",
        "{model: m.onnx, inputs: {u: x.npy, v: [y.npy, z.npy]}}"};
    static const char *const written[] = {
        "  - {model: \"m.onnx\", inputs: [\"x.npy\"]}\n",
        "  - {workload: n, model: \"m.onnx\", inputs: [\"x.npy\", \"y.npy\"]}\n",
        ("  - {model: \"m.onnx\", inputs: {\"u\": [\"x.npy\"], \"v\": [\"y.npy\", "
         "\"z.npy\"]}}\n")};
    for (size_t i = 0; i < 3; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_sweep *sweep = NULL, *again = NULL;
        const char *const paths[] = {"n"};
        const char *text = sdse_arena_printf(
            arena, "name: s\nworkloads: [n]\narchs: [n]\noutputs: %s\n", outputs[i]);
        sdse_sweep_from_tree(arena, parse(&diags, text), &diags, &sweep);
        assert_clean(&diags);
        const char *first = sdse_sweep_text(arena, sweep, paths, paths);
        assert_non_null(strstr(first, written[i]));
        sdse_sweep_from_tree(arena, parse(&diags, first), &diags, &again);
        assert_clean(&diags);
        assert_string_equal(sdse_sweep_text(arena, again, paths, paths), first);
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_accelerators_round_trip),
        cmocka_unit_test(shipped_workloads_round_trip),
        cmocka_unit_test(uncoded_tensors_round_trip),
        cmocka_unit_test(digits_of_weights_round_trip),
        cmocka_unit_test(kinds_of_edges_round_trip),
        cmocka_unit_test(edges_and_shares_round_trip),
        cmocka_unit_test(layers_made_of_others_round_trip),
        cmocka_unit_test(the_serial_operand_round_trips),
        cmocka_unit_test(a_mapping_round_trips),
        cmocka_unit_test(places_in_two_memories),
        cmocka_unit_test(places_round_trip),
        cmocka_unit_test(what_costs_changes_the_text),
        cmocka_unit_test(every_number_is_in_the_text),
        cmocka_unit_test(least_accesses_are_of_their_way),
        cmocka_unit_test(formats_name_their_layers),
        cmocka_unit_test(a_sweep_round_trips),
        cmocka_unit_test(stays_round_trip),
        cmocka_unit_test(a_measured_form_round_trips),
        cmocka_unit_test(paths_of_a_sweep_are_beside_its_file),
        cmocka_unit_test(draws_the_loop_nest),
        cmocka_unit_test(shows_hierarchy_and_sources),
        cmocka_unit_test(shows_cells),
        cmocka_unit_test(shows_layers_with_macs_and_parameters),
        cmocka_unit_test(outputs_of_sweeps_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
