// AccelForge's files as ours: expressions, sets, chains of nodes, einsums; a product
// against arithmetic by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/whole_file.h"
#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "import/accelforge/accelforge.h"
#include "spec/load.h"
#include "support/close.h"

struct read {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    enum sdse_status status;
    const char *arch_text, *net_text;
    struct sdse_arch *arch;
    struct sdse_workload *net;
};

static struct sdse_node *parse(struct read *r, const char *text) {
    struct sdse_node *root = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(r->arena, "out", text, strlen(text), &r->diags, &root),
        SDSE_OK);
    return root;
}

static struct read read_texts(const char *first, const char *second, bool lossy) {
    struct read r = {.arena = sdse_arena_new()};
    const char *texts[2] = {first, second}, *arch = NULL, *net = NULL;
    const struct sdse_node *roots[2];
    sdse_diags_init(&r.diags, r.arena);
    size_t count = 0;
    for (size_t i = 0; i < 2 && texts[i]; i++) {
        struct sdse_node *root = NULL;
        assert_int_equal(sdse_tree_parse_decorated(r.arena, "in", texts[i],
                                                   strlen(texts[i]), &r.diags, &root),
                         SDSE_OK);
        roots[count++] = root;
    }
    r.status =
        sdse_accelforge_import(roots, count, lossy, r.arena, &r.diags, &arch, &net);
    assert_int_equal(r.status == SDSE_OK, r.diags.errors == 0);
    r.arch_text = arch;
    r.net_text = net;
    if (r.status == SDSE_OK && arch) {
        r.status =
            sdse_arch_from_tree(r.arena, parse(&r, arch), NULL, 0, &r.diags, &r.arch);
        if (r.status == SDSE_OK)
            r.status = sdse_arch_resolve_costs(r.arch, r.arena, &r.diags);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
    }
    if (r.status == SDSE_OK && net) {
        r.status = sdse_workload_from_tree(r.arena, parse(&r, net), &r.diags, &r.net);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
    }
    return r;
}

static char *data(const char *name) {
    char path[512];
    size_t length;
    snprintf(path, sizeof path, SDSE_SOURCE_DIR "/tests/data/accelforge/%s.yaml", name);
    char *text = sdse_read_file(path, 1 << 20, &length);
    assert_non_null(text);
    return text;
}

static bool fired(const struct read *r, const char *check, const char *part) {
    for (const struct sdse_diag *d = r->diags.first; d; d = d->next)
        if (d->check && strcmp(d->check, check) == 0 && strstr(d->message, part))
            return true;
    return false;
}

// A memory, and multipliers that cost X; what X comes to is read back.
#define ARCH(size, keep, spatial, compute)                                          \
    "variables: {a: 2, b: a ** 3, c: 1, loop: loop + 1}\narch:\n  nodes:\n"         \
    "  - !Memory\n    name: top\n    size: inf\n    actions:\n"                     \
    "    - {name: read, energy: 2e-12, throughput: inf}\n"                          \
    "    - {name: write, energy: 6e-12, bits_per_action: 2}\n    tensors: {keep: "  \
    "All}\n  - !Memory\n    name: low\n    size: " size                             \
    "\n    component_class: Dummy\n    tensors: {keep: " keep "}\n" spatial         \
    "  - !Compute\n    name: mac\n    actions:\n    - {name: compute, throughput: " \
    "2e9, energy: " compute "}\n"
#define NET                                                                            \
    "workload:\n  rank_sizes: {M: 2, N: 2, K: 2}\n  bits_per_value: {All: 8, weight: " \
    "4}\n  einsums:\n  - 'O[m, n] = I[m, k] * W[n, k]'\n"

// A tensor's own width counts, before All or behind it.
static void own_widths_count(void **state) {
    (void)state;
    static const char *const orders[] = {"All: 8, weight: 4", "weight: 4, All: 8"};
    for (size_t i = 0; i < 2; i++) {
        char net[400];
        snprintf(net, sizeof net,
                 "workload:\n  rank_sizes: {M: 2, N: 2, K: 2}\n  bits_per_value: "
                 "{%s}\n  einsums:\n  - 'O[m, n] = I[m, k] * W[n, k]'\n",
                 orders[i]);
        struct read r = read_texts(ARCH("64", "weight", "", "1e-12"), net, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_int_equal(r.arch->bits[SDSE_WEIGHTS], 4);
        assert_int_equal(r.arch->bits[SDSE_INPUTS], 8);
        assert_int_equal(r.arch->bits[SDSE_OUTPUTS], 8);
        sdse_arena_free(r.arena);
    }
}

// Words are so many times as wide in a memory, where it keeps them.
static void scaled_widths_are_the_memory_s(void **state) {
    (void)state;
    static const struct {
        const char *scale;
        unsigned weights, inputs, outputs;
    } cases[] = {{"{weight: 2}", 8, 8, 8},
                 {"{All: 3}", 12, 24, 24},
                 {"{output: 0.5, ~output: 1.5}", 6, 12, 4},
                 {"{input | weight: 2, weight: 2 ** -1}", 2, 16, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 ARCH("64\n    bits_per_value_scale: %s", "All", "", "1e-12"),
                 cases[i].scale);
        struct read r = read_texts(text, NET, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_int_equal(sdse_arch_word_bits(r.arch, 1, SDSE_WEIGHTS),
                         cases[i].weights);
        assert_int_equal(sdse_arch_word_bits(r.arch, 1, SDSE_INPUTS), cases[i].inputs);
        assert_int_equal(sdse_arch_word_bits(r.arch, 1, SDSE_OUTPUTS),
                         cases[i].outputs);
        assert_int_equal(sdse_arch_partial_bits(r.arch, 1), cases[i].outputs);
        assert_int_equal(sdse_arch_word_bits(r.arch, 0, SDSE_INPUTS), 8);
        sdse_arena_free(r.arena);
    }
    struct read r = read_texts(
        ARCH("64\n    bits_per_value_scale: {weight: 2}", "input", "", "1e-12"), NET,
        false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.arch->level[1].word_bits[SDSE_WEIGHTS], 0);
    sdse_arena_free(r.arena);
}

static void expressions_are_worked_out(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"3", 3},
                 {"1 + 2 * 3", 7},
                 {"(1 + 2) * 3", 9},
                 {"2 ** 3 ** 2", 512},
                 {"10 - 4 - 3", 3},
                 {"24 / 4 / 3", 2},
                 {"17 // 5", 3},
                 {"17 % 5", 2},
                 {"-3 + 5", 2},
                 {"2 ** -1 * 8", 4},
                 {"a * b", 16},
                 {"variables.b", 8},
                 {"max(3, a, b)", 8},
                 {"min(3, a, b)", 2},
                 {"ceil(2.1) + floor(2.9)", 5},
                 {"sqrt(16) + log2(8)", 7},
                 {"weight.bits_per_value if weight else 1", 4},
                 {"5 if not weight else input.bits_per_value", 8},
                 {"5 if a > 2 else 6", 6},
                 {"5 if a >= 2 else 6", 5},
                 {"5 if a < 3 and c else 6", 5},
                 {"5 if a == 3 or c != 1 else 6", 6},
                 {"5 if a <= 1 else 6 if c else 7", 6},
                 {"5 if a <= 2 else 6", 5},
                 {"len(All)", 3},
                 {"1e3 * 0.008", 8},
                 {"1_0 if False else 9", 9}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000], value[200];
        snprintf(value, sizeof value, "(%s) * 1e-12", cases[i].text);
        snprintf(text, sizeof text, ARCH("64", "weight", "", "\"%s\""), value);
        struct read r = read_texts(text, NET, false);
        if (i + 1 == sizeof cases / sizeof *cases) {
            // Python's digits may have strokes between; ours not.
            assert_true(fired(&r, "accelforge-expression", "is not closed"));
        } else {
            if (r.status != SDSE_OK)
                sdse_diags_print(&r.diags, stderr, false);
            assert_int_equal(r.status, SDSE_OK);
            assert_double_within(r.arch->compute.pj_per_mac.value, cases[i].value,
                                 1e-12);
        }
        sdse_arena_free(r.arena);
    }
}

static void faults_of_expressions_have_a_place(void **state) {
    (void)state;
    static const struct {
        const char *size, *part;
        unsigned column;
    } cases[] = {{"64 * nothing", "no such name: nothing", 23},
                 {"64 +", "expected a number, a name", 15},
                 {"(64", "a bracket is not closed", 14},
                 {"64 64", "not expected: 64", 14},
                 {"1 / (a - 2)", "a division by zero", 22},
                 {"sin(1)", "no such function: sin", 15},
                 {"ceil(1, 2)", "one argument is expected by ceil", 20},
                 {"1 if 2", "an if without else", 17},
                 {"0x10", "expected a decimal number", 11},
                 {"loop", "nested too deeply", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        snprintf(text, sizeof text, ARCH("%s", "weight", "", "1"), cases[i].size);
        struct read r = read_texts(text, NULL, true);
        assert_int_equal(r.status, SDSE_INVALID);
        if (!fired(&r, "accelforge-expression", cases[i].part)) {
            sdse_diags_print(&r.diags, stderr, false);
            fail_msg("case %zu", i);
        }
        if (cases[i].column && r.diags.first->loc.column != cases[i].column)
            fail_msg("'%s': column %u", cases[i].size, r.diags.first->loc.column);
        sdse_arena_free(r.arena);
    }
}

static void sets_are_those_of_tensors(void **state) {
    (void)state;
    enum {
        W = SDSE_BIT(SDSE_WEIGHTS),
        I = SDSE_BIT(SDSE_INPUTS),
        O = SDSE_BIT(SDSE_OUTPUTS)
    };
    static const struct {
        const char *keep;
        unsigned set;
    } cases[] = {{"weight", W},
                 {"input | output", I | O},
                 {"~weight", I | O},
                 {"~(weight | input)", O},
                 {"All - weight", I | O},
                 {"All & ~output", W | I},
                 {"~Intermediates", W | I | O},
                 {"Inputs - weight | output", I | O},
                 {"weight | input & output", W},
                 {"top - Outputs", W | I},
                 {"top.tensors & weight", W}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        snprintf(text, sizeof text, ARCH("64", "\"%s\"", "", "1e-12"), cases[i].keep);
        struct read r = read_texts(text, NULL, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_int_equal(sdse_level_tensors(&r.arch->level[1]), cases[i].set);
        sdse_arena_free(r.arena);
    }
    char text[1000];
    snprintf(text, sizeof text, ARCH("64", "other", "", "1e-12"));
    struct read r = read_texts(text, NULL, true);
    assert_true(fired(&r, "accelforge-expression", "no such set of tensors: other"));
    sdse_arena_free(r.arena);
}

static void nodes_become_levels(void **state) {
    (void)state;
    struct read r = read_texts(ARCH("64", "weight", "", "4e-12"), NET, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_double_within(r.arch->clock_ghz, 2, 1e-12);
    assert_double_within(r.arch->level[0].read_pj.value, 2, 1e-12);
    assert_double_within(r.arch->level[0].fill_pj.value, 3, 1e-12);
    assert_int_equal(r.arch->level[1].capacity_bits, 64);
    assert_int_equal(r.arch->bits[SDSE_WEIGHTS], 4);
    assert_int_equal(r.arch->bits[SDSE_OUTPUTS], 8);
    sdse_arena_free(r.arena);
    char *nvdla = data("nvdla_like");
    r = read_texts(nvdla, NULL, false);
    free(nvdla);
    assert_int_equal(r.status, SDSE_OK);
    const struct sdse_level *buffer = &r.arch->level[1];
    assert_int_equal(r.arch->level_count, 3);
    assert_int_equal(buffer->capacity_bits, 64 * 1024 * 8);
    assert_int_equal(buffer->fanout_x, 32);
    assert_int_equal(buffer->fanout_y, 192);
    assert_double_within(buffer->read_bits_per_cycle.value, 4096, 1e-12);
    assert_double_within(buffer->write_bits_per_cycle.value, 1024, 1e-12);
    assert_double_within(r.arch->level[0].shared_bits_per_cycle.value, 307.2, 1e-12);
    sdse_arena_free(r.arena);
}

// Metres, watts and seconds; shares of places; what may be kept.
static void units_are_those_of_the_file(void **state) {
    (void)state;
    static const char text[] =
        "arch:\n  extra_attributes_for_all_component_models: {tech_node: 65e-9}\n"
        "  nodes:\n  - !Memory {name: top, size: inf, tensors: {keep: output, "
        "may_keep: "
        "All}, actions: [{name: read, energy: 1e-12, latency: 1e-9, bits_per_action: "
        "8}, {name: write, energy: 1e-12, latency: 1e-9, bits_per_action: 8}]}\n"
        "  - !Memory {name: low, size: 64, area: 2e-6, leak_power: 3e-3, "
        "component_class: Dummy, tensors: {keep: weight, may_keep: input | weight}}\n"
        "  - !Container {name: c, spatial: [{fanout: 4, may_reuse: input | weight, "
        "min_usage: 0.5}, {fanout: 2, may_reuse: weight | input, min_usage: 0.5}]}\n"
        "  - !Compute {name: mac, area: 9e-11, leak_power: 2e-6, actions: [{name: "
        "compute, energy: 1e-12, throughput: 2e9}]}\n";
    struct read r = read_texts(text, NULL, false);
    if (r.status != SDSE_OK)
        sdse_diags_print(&r.diags, stderr, false);
    assert_int_equal(r.status, SDSE_OK);
    const struct sdse_level *top = &r.arch->level[0], *low = &r.arch->level[1];
    assert_double_within(r.arch->node_nm, 65, 1e-12);
    assert_double_within(top->shared_bits_per_cycle.value, 4, 1e-12);
    assert_double_within(low->area_um2.value, 2e6, 1e-12);
    assert_double_within(low->leakage_mw.value, 3, 1e-12);
    assert_double_within(r.arch->compute.area_um2.value, 90, 1e-12);
    assert_double_within(r.arch->compute.leakage_mw.value, 2e-3, 1e-12);
    assert_int_equal(sdse_level_tensors(low),
                     SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS));
    assert_non_null(strstr(r.arch_text, "may_bypass: [inputs]"));
    assert_non_null(strstr(r.arch_text, "multicast: [weights, inputs], reduce: false"));
    assert_non_null(strstr(r.arch_text, "utilization_at_least: 0.25}"));
    sdse_arena_free(r.arena);
}

// Sums of what actions take share a port, maxima do not; what is neither is refused.
static void latencies_are_worked_out_of_counts(void **state) {
    (void)state;
    static const char frame[] =
        "arch:\n  nodes:\n  - !Memory {name: top, size: inf, tensors: {keep: All}, "
        "total_latency: '%s', actions: [{name: read, energy: 1e-12, bits_per_action: "
        "64, latency: 2e-9}, {name: write, energy: 1e-12, bits_per_action: 32, "
        "latency: "
        "1e-9}]}\n"
        "  - !Compute {name: mac, total_latency: '%s', actions: [{name: compute, "
        "energy: "
        "1e-12, latency: 3e-9}]}\n";
    static const struct {
        const char *total, *compute;
        double clock_ghz, bits[3]; // a cycle of each port: reads, writes, both
    } cases[] = {
        {"(2 * read_actions + write_actions) / 4 / 200e6",
         "compute_actions / 200e6",
         0.2,
         {0, 0, 128}},
        {"max(read_actions / 2, write_actions) / 1e9",
         "compute_actions / 1e9",
         1,
         {128, 32, 0}},
        {"max(read_latency, write_latency)", "compute_latency / 3", 1, {32, 32, 0}},
        {"read_latency + write_latency", "compute_latency / 3", 1, {0, 0, 32}},
        {"max(read_latency, 0)", "compute_latency", 1. / 3, {96, 0, 0}},
        {"write_latency", "compute_latency / 3", 1, {0, 32, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1000];
        snprintf(text, sizeof text, frame, cases[i].total, cases[i].compute);
        struct read r = read_texts(text, NULL, false);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_double_within(r.arch->clock_ghz, cases[i].clock_ghz, 1e-9);
        const struct sdse_level *top = &r.arch->level[0];
        const struct sdse_number *ports[3] = {&top->read_bits_per_cycle,
                                              &top->write_bits_per_cycle,
                                              &top->shared_bits_per_cycle};
        for (unsigned p = 0; p < 3; p++) {
            assert_int_equal(ports[p]->given, cases[i].bits[p] > 0);
            if (ports[p]->given)
                assert_double_within(ports[p]->value, cases[i].bits[p], 1e-9);
        }
        sdse_arena_free(r.arena);
    }
    static const char *const odd[] = {"read_actions * write_actions",
                                      "1e-9",
                                      "read_actions ** 2 + write_actions",
                                      "max(read_actions, 5) + write_actions",
                                      "read_actions / width",
                                      "max(read_actions, min(write_actions, 3))"};
    for (size_t i = 0; i < 2 * sizeof odd / sizeof *odd; i++) {
        char text[1000];
        snprintf(text, sizeof text, frame, i % 2 ? "read_latency" : odd[i / 2],
                 i % 2 ? odd[i / 2] : "compute_latency");
        struct read r = read_texts(text, NULL, i % 4 < 2);
        assert_int_equal(r.status == SDSE_OK, i % 4 < 2);
        assert_true(fired(&r, "accelforge-latency", "neither a sum nor a maximum"));
        sdse_arena_free(r.arena);
    }
}

// The operand that is made is the left one, wherever it stands; of two the first.
static void made_operands_are_left(void **state) {
    (void)state;
    struct read r = read_texts("workload:\n  rank_sizes: {M: 3, N: 5, K: 7, H: 2}\n"
                               "  einsums:\n  - 'A[m, k] = I[m, n] * V[n, k]'\n"
                               "  - 'B[m, n] = W[n, k] * A[m, k]'\n"
                               "  - 'C[h, m, n] = X[h, m, k] * Y[h, k, n]'\n"
                               "  - 'D[k, n] = A[m, k] * B[m, n]'\n",
                               NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->layers[1].nest.bound[SDSE_P], 3);
    assert_int_equal(r.net->layers[1].nest.bound[SDSE_K], 5);
    assert_int_equal(r.net->layers[1].nest.bound[SDSE_C], 7);
    assert_int_equal(r.net->layers[3].nest.bound[SDSE_P], 7);
    assert_int_equal(r.net->layers[3].nest.bound[SDSE_K], 5);
    assert_int_equal(r.net->layers[3].nest.bound[SDSE_C], 3);
    assert_non_null(strstr(r.net_text, "n: 5, role: parameter}"));
    sdse_arena_free(r.arena);
}

// Axes that share the same tensors are one of ours; of others each dimension may be
// spatial along one of them that one of both lets be.
static void further_fan_outs_share_an_axis(void **state) {
    (void)state;
    static const struct {
        const char *spatial;
        unsigned x, y, x_dims, y_dims, multicast;
        bool reduce, exact;
    } cases[] = {
        {"{fanout: 2, reuse: input}, {fanout: 3, reuse: output}, {fanout: 5, reuse: "
         "input}",
         10, 3, SDSE_BIT(SDSE_K),
         SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S),
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, true},
        // What may be the same of tensors that move in any case does not matter.
        {"{fanout: 2, reuse: input, may_reuse: input}, {fanout: 3, reuse: output}, "
         "{fanout: 5, reuse: output, may_reuse: output}, {fanout: 7, reuse: output}",
         2, 105, SDSE_BIT(SDSE_K),
         SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S),
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, true},
        {"{fanout: 2, reuse: input}, {fanout: 3, reuse: output}, {fanout: 5, reuse: "
         "weight}",
         2, 15, SDSE_BIT(SDSE_K),
         SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S) | SDSE_BIT(SDSE_N) |
             SDSE_BIT(SDSE_P) | SDSE_BIT(SDSE_Q),
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, false},
        {"{fanout: 2}, {fanout: 3}, {fanout: 5, may_reuse: input}", 2, 15,
         SDSE_BIT(SDSE_DIMS) - 1, SDSE_BIT(SDSE_DIMS) - 1, SDSE_BIT(SDSE_INPUTS), false,
         false},
        {"{fanout: 2, reuse: input}, {fanout: 3, reuse: output}, {fanout: 5}", 2, 15,
         SDSE_BIT(SDSE_K), SDSE_BIT(SDSE_DIMS) - 1,
         SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS), true, false},
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        char fanouts[400], text[2000];
        snprintf(fanouts, sizeof fanouts, "  - !Fanout\n    spatial: [%s]\n",
                 cases[i / 2].spatial);
        snprintf(text, sizeof text, ARCH("64", "weight", "%s", "1e-12"), fanouts);
        struct read r = read_texts(text, NULL, i % 2 == 1);
        assert_int_equal(r.status == SDSE_OK, cases[i / 2].exact || i % 2);
        if (r.status == SDSE_OK) {
            const struct sdse_level *level = &r.arch->level[1];
            assert_int_equal(r.arch->dataflow_count, 0); // no share is asked for
            assert_int_equal(level->fanout_x, cases[i / 2].x);
            assert_int_equal(level->fanout_y, cases[i / 2].y);
            assert_int_equal(level->dims_x, cases[i / 2].x_dims);
            assert_int_equal(level->dims_y, cases[i / 2].y_dims);
            for (unsigned t = 0; t < SDSE_OUTPUTS; t++)
                assert_int_equal(level->network[t].multicast,
                                 cases[i / 2].multicast >> t & 1u);
            assert_int_equal(level->network[SDSE_OUTPUTS].reduce, cases[i / 2].reduce);
        }
        sdse_arena_free(r.arena);
    }
}

#define VECTOR(enabled, more)                                                      \
    "  - !Compute {name: scalar, enabled: " enabled ", actions: [{name: compute, " \
    "energy: 3e-12, latency: 1e-9}]" more "}\n"

// What computes einsums of two tensors: so many operations a cycle, of all instances,
// at the innermost memory of which there is one.
static void units_of_two_tensors_are_the_vector_unit(void **state) {
    (void)state;
    struct read r =
        read_texts(ARCH("64", "weight",
                        "    spatial: [{fanout: 4}]\n"
                        "  - !Container {name: c, spatial: [{fanout: 3}]}\n" VECTOR(
                            "len(All) == 2", ", spatial: [{fanout: 5}], area: 1e-6, "
                                             "support_concurrent_binding: True"),
                        "1e-12"),
                   NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_true(fired(&r, "accelforge-vector",
                      "'scalar' is one vector unit here, at "
                      "'top'"));
    assert_true(r.arch->vector.present);
    assert_int_equal(r.arch->vector.below_level, 0);
    assert_double_within(r.arch->vector.pj_per_op.value, 3, 1e-12);
    // 4 * 3 * 5 of them, each a thousand million times a second, at 2 GHz.
    assert_double_within(r.arch->vector.ops_per_cycle.value, 30, 1e-12);
    assert_double_within(r.arch->other_area_um2.value, 60e6, 1e-12);
    // Its own fan-out is not that of the multipliers.
    assert_int_equal(r.arch->level[0].fanout_x, 4);
    assert_int_equal(r.arch->level[1].fanout_x, 3);
    sdse_arena_free(r.arena);
    // Where there is one memory of each kind it is where it stands.
    r = read_texts(ARCH("64", "weight", VECTOR("len(All) < 3", ""), "1e-12"), NULL,
                   false);
    assert_int_equal(r.status, SDSE_OK);
    assert_false(fired(&r, "accelforge-vector", ""));
    assert_int_equal(r.arch->vector.below_level, 1);
    assert_double_within(r.arch->vector.ops_per_cycle.value, 0.5, 1e-12);
    sdse_arena_free(r.arena);
    // Without a rate it takes no time; without energy it costs nothing.
    r = read_texts(ARCH("64", "weight",
                        "  - !Compute {name: s, enabled: len(All) == 2, actions: "
                        "[{name: compute, energy: 0}]}\n",
                        "1e-12"),
                   NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_false(r.arch->vector.ops_per_cycle.given);
    sdse_arena_free(r.arena);
}

// Functions of each word are layers; copies are where layers find them.
static void einsums_of_one_operand_are_functions(void **state) {
    (void)state;
    struct read r = read_texts(
        "workload:\n  rank_sizes: {M: 3, N: 5, K: 7}\n  einsums:\n"
        "  - 'X[m, k] = copy( X_in[m, k] )'\n"
        "  - {einsum: 'Y[m, k] = X[m, k]', is_copy_operation: True}\n"
        "  - 'O[m, n] = W[n, k] * Y[m, k]'\n"
        "  - 'S[n, m] = O[m, n]'\n"
        "  - {name: F, tensor_accesses: [{name: S, projection: [n, m]}, {name: F, "
        "projection: {M: m, Q: n}, output: True}]}\n",
        NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->layer_count, 3);
    // Y is made, though by a copy: it is the left operand.
    assert_int_equal(r.net->layers[0].kind, SDSE_FC);
    assert_int_equal(r.net->layers[0].nest.bound[SDSE_P], 3);
    for (unsigned l = 1; l < 3; l++) {
        assert_int_equal(r.net->layers[l].kind, SDSE_ACT);
        assert_false(r.net->layers[l].move.fused);
        uint64_t words = 1;
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            words *= r.net->layers[l].nest.bound[d];
        assert_int_equal(words, 15);
    }
    assert_string_equal(r.net->layers[1].name, "S");
    sdse_arena_free(r.arena);
}

// A node's attributes stand for themselves in its values, before variables.
static void attributes_are_names(void **state) {
    (void)state;
    struct read r = read_texts(
        "variables: {width: 1, b: 8, f: 2}\narch:\n  nodes:\n  - !Memory\n    name: "
        "top\n    size: b * depth\n    component_class: Dummy\n    "
        "extra_attributes_for_component_model: {width: width * 32, depth: width * f}\n"
        "    total_latency: (read_actions + write_actions) * width / 64e9\n    "
        "actions: [{name: read, bits_per_action: width}, {name: write, "
        "bits_per_action: width}]\n  - !Compute {name: mac, component_class: Dummy, "
        "actions: [{name: compute, throughput: 1e9 * width}]}\n",
        NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.arch->level[0].capacity_bits, 8 * 32 * 2);
    // 32 bits in 0.5 ns; a MAC takes 1 ns, with the variable's width.
    assert_double_within(r.arch->clock_ghz, 1, 1e-12);
    assert_double_within(r.arch->level[0].shared_bits_per_cycle.value, 64, 1e-12);
    // What is named so costs nothing.
    assert_true(r.arch->compute.free);
    sdse_arena_free(r.arena);
}

// Places that must be taken, of all axes together; memories above the largest macro.
static void shares_and_macros_are_whole(void **state) {
    (void)state;
    static const struct {
        const char *size, *part;
    } sizes[] = {{"8 * 2 ** 23", "port_bits: 64}"},
                 {"2 ** 26 + 1", "port_bits: 64, banks: 5}"},
                 {"60 * 8 * 2 ** 20", "port_bits: 64, banks: 8}"}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[2000];
        snprintf(
            text, sizeof text,
            ARCH("64", "weight",
                 "  - !Fanout\n    spatial: [{fanout: 2, min_usage: 0.5}, {fanout: "
                 "3, min_usage: 1, reuse: output}, {fanout: 4, min_usage: 0.25}]\n"
                 "  - !Memory {name: x, component_class: SRAM, size: %s}\n",
                 "1e-12"),
            sizes[i].size);
        struct read r = read_texts(text, NULL, true);
        assert_int_equal(r.status, SDSE_OK);
        if (!strstr(r.arch_text, sizes[i].part))
            fail_msg("%s", r.arch_text);
        assert_non_null(strstr(r.arch_text, "utilization_at_least: 0.125}"));
        sdse_arena_free(r.arena);
    }
    // More places than there are are not asked for.
    struct read r = read_texts(
        ARCH("64", "weight",
             "  - !Fanout\n    spatial: [{fanout: 2, min_usage: 1.5}]\n", "1e-12"),
        NULL, true);
    assert_int_equal(r.status, SDSE_OK);
    assert_null(strstr(r.arch_text, "utilization_at_least"));
    sdse_arena_free(r.arena);
}

// Attributes with a leading _, arguments and constraints are what newer files say of
// the node itself.
#define OLDER(more, limits, scalar)                                                   \
    "arch:\n  nodes:\n"                                                               \
    "  - !Memory {name: top, component_class: Dummy, attributes: {_size: 800 * 8, "   \
    "_datawidth: 16, width: 4}, constraints: {tensors: {keep: All}}, actions: "       \
    "[{name: "                                                                        \
    "read, arguments: {_bits_per_action: width}}, {name: write, arguments: "          \
    "{_bits_per_action: width}}], total_latency: (read_actions + write_actions) * "   \
    "1e-9}"                                                                           \
    "\n  - !Memory {name: unit, component_class: Dummy, spatial: [{name: X, fanout: " \
    "3}], "                                                                           \
    "constraints: {tensors: {keep: Nothing}, spatial: [{name: X, reuse: output, "     \
    "min_usage: 1}]" limits "}}\n"                                                    \
    "  - !Fanout {name: f, spatial: [{name: a, fanout: 5, may_reuse: input}], "       \
    "constraints: {tensors: {keep: Nothing}, spatial: [{name: a, reuse: input}]}}\n"  \
    "  - !Memory {name: low, component_class: Dummy, attributes: {_size: 64" more     \
    "}, "                                                                             \
    "constraints: {tensors: {keep: weight | output}}, bits_per_value: {output: 2 * "  \
    "output.bits_per_value}}\n"                                                       \
    "  - !Compute {name: scalar, attributes: {_energy: 2e-12, _area: 1e-6" scalar     \
    "}, "                                                                             \
    "constraints: {misc: {enabled: len(All) == 2}}}\n"                                \
    "  - !Compute {name: mac, attributes: {_energy: 1e-12, _total_latency: "          \
    "compute_actions / 2e9}, constraints: {misc: {enabled: len(All) == 3}}}\n"
static void older_nodes_are_read(void **state) {
    (void)state;
    struct read r = read_texts(OLDER("", "", ""), NULL, false);
    if (r.status != SDSE_OK)
        sdse_diags_print(&r.diags, stderr, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.arch->level_count, 2);
    const struct sdse_level *top = &r.arch->level[0], *low = &r.arch->level[1];
    assert_int_equal(top->capacity_bits, 6400);
    // 4 bits in a nanosecond, at 2 GHz.
    assert_double_within(top->shared_bits_per_cycle.value, 2, 1e-12);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        assert_int_equal(sdse_arch_word_bits(r.arch, 0, (enum sdse_tensor)t), 16);
    assert_int_equal(sdse_arch_word_bits(r.arch, 1, SDSE_WEIGHTS), 8);
    assert_int_equal(sdse_arch_word_bits(r.arch, 1, SDSE_OUTPUTS), 16);
    assert_int_equal(low->capacity_bits, 64);
    // What keeps nothing is a fan-out alone, of sums, beside one of inputs.
    assert_int_equal(top->fanout_x, 3);
    assert_int_equal(top->fanout_y, 5);
    assert_int_equal(top->dims_x,
                     SDSE_BIT(SDSE_C) | SDSE_BIT(SDSE_R) | SDSE_BIT(SDSE_S));
    assert_int_equal(top->dims_y, SDSE_BIT(SDSE_K));
    // All three places of X, and one of the five beside them.
    assert_non_null(strstr(r.arch_text, "utilization_at_least: 0.20"));
    assert_double_within(r.arch->compute.pj_per_mac.value, 1, 1e-12);
    assert_double_within(r.arch->clock_ghz, 2, 1e-12);
    assert_double_within(r.arch->vector.pj_per_op.value, 2, 1e-12);
    assert_int_equal(r.arch->vector.below_level, 0);
    assert_double_within(r.arch->other_area_um2.value, 15e6, 1e-12);
    sdse_arena_free(r.arena);
    static const struct {
        const char *text, *check, *part;
    } losses[] = {
        {OLDER(", _leak_power_scale: 2", "", ""), "accelforge-key",
         "'_leak_power_scale' has no counterpart"},
        {OLDER("", ", dataflow: {a: 1}", ""), "accelforge-key", "'dataflow'"},
        {OLDER("", ", misc: {b: 1}", ""), "accelforge-key", "'b'"},
        {OLDER("", "", ", _cells: 1"), "accelforge-key", "'_cells'"},
    };
    for (size_t i = 0; i < 2 * sizeof losses / sizeof *losses; i++) {
        r = read_texts(losses[i / 2].text, NULL, i % 2 == 1);
        assert_int_equal(r.status == SDSE_OK, i % 2);
        if (!fired(&r, losses[i / 2].check, losses[i / 2].part))
            fail_msg("case %zu: no '%s'", i / 2, losses[i / 2].part);
        sdse_arena_free(r.arena);
    }
}

#define TOLL(direction, keep, energy)                                                 \
    "  - !Toll\n    name: t\n    direction: " direction "\n    tensors: {keep: " keep \
    "}\n    actions: [{name: read, energy: " energy "}]\n"

// Words pay a part that they pass as often as they do: 6 rows of 5 inputs times 5 x 8
// weights, the 5 inputs in places beside each other below a memory of weights alone.
static void words_pay_what_they_pass(void **state) {
    (void)state;
    static const struct {
        const char *outside, *inside, *below; // before the fan-out, behind it, and
                                              // below the memory
        double bits[3]; // that pay, of outputs, inputs and weights, of 1, 10 and 100 pJ
    } rows[] = {
        // Sums of 5 places are added up on their way: 6 x 8 leave, 5 times as many
        // come.
        {TOLL("up", "output", "1e-12"), "", "", {48 * 8, 0, 0}},
        {"", TOLL("up_and_down", "output", "1e-12"), "", {5 * 48 * 8, 0, 0}},
        {"", "", TOLL("up", "output", "1e-12"), {5 * 48 * 8, 0, 0}},
        // An input is 8 times a row's; its places do not share it.
        {TOLL("down", "input", "1e-11"), "", "", {0, 240 * 8, 0}},
        {TOLL("down", "input | output", "1e-11"), "", "", {0, 240 * 8, 0}},
        {TOLL("up", "output", "1e-12") TOLL("up", "output", "3e-12"),
         "",
         "",
         {4 * 48 * 8, 0, 0}},
        // Energies of several bits, of the action or of the node.
        {TOLL("up", "output", "8e-12, bits_per_action: 8"), "", "", {48 * 8, 0, 0}},
        {TOLL("up", "output", "4e-12") "    bits_per_action: 4\n",
         "",
         "",
         {48 * 8, 0, 0}},
        {"  - !Toll {name: t, direction: down, tensors: {keep: All}, component_class: "
         "Dummy}\n",
         "",
         "",
         {0, 0, 0}},
        {"", "", TOLL("down", "input", "1e-11"), {0, 240 * 8, 0}},
        {TOLL("up", "input", "1e-11"), "", "", {0, 0, 0}},
        // A weight is fetched once; below its memory each product asks for it.
        {TOLL("down", "weight", "1e-10"), "", "", {0, 0, 40 * 8}},
        {"", TOLL("up_and_down", "weight", "1e-10"), "", {0, 0, 40 * 8}},
        {"", "", TOLL("down", "weight", "1e-10"), {0, 0, 240 * 8}},
        // All at once, and one twice.
        {TOLL("up", "output", "1e-12") TOLL("down", "weight", "1e-10"),
         TOLL("down", "input", "1e-11"),
         TOLL("up", "output", "1e-12"),
         {6 * 48 * 8, 240 * 8, 40 * 8}},
    };
    static const char net[] =
        "workload:\n  rank_sizes: {M: 6, K: 5, N: 8}\n  bits_per_value: {All: 8}\n"
        "  einsums:\n  - 'O[m, n] = I[m, k] * W[k, n]'\n";
    static const char mapping[] =
        "mapping:\n- {level: dram, temporal: K8 P6, spatial_x: C5}\n- {level: reg}\n";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 "arch:\n  nodes:\n  - !Memory {name: dram, size: inf, tensors: {keep: "
                 "All}, component_class: Dummy}\n%s"
                 "  - !Fanout {name: x, spatial: [{fanout: 5, reuse: output}]}\n%s"
                 "  - !Memory {name: reg, size: 4096, tensors: {keep: weight}, "
                 "component_class: Dummy}\n%s"
                 "  - !Compute {name: mac, actions: [{name: compute, energy: 0, "
                 "throughput: 1e9}]}\n",
                 rows[i].outside, rows[i].inside, rows[i].below);
        struct read r = read_texts(text, net, strstr(rows[i].outside, "| output"));
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
        struct sdse_mapping *read = NULL;
        struct sdse_model *model = NULL;
        const struct sdse_layer *layer = &r.net->layers[0];
        assert_int_equal(sdse_mapping_from_tree(r.arena, parse(&r, mapping), r.arch,
                                                layer, &r.diags, &read),
                         SDSE_OK);
        assert_int_equal(sdse_model_new(r.arch, layer, NULL, r.arena, &model), SDSE_OK);
        struct sdse_cost cost;
        sdse_evaluate_full(model, read, &cost);
        const double pj =
            rows[i].bits[0] + 10 * rows[i].bits[1] + 100 * rows[i].bits[2];
        if (fabs(cost.energy_pj - pj) > 1e-9 * (1 + pj))
            fail_msg("case %zu: %g pJ, not %g\n%s", i, cost.energy_pj, pj, r.arch_text);
        sdse_arena_free(r.arena);
    }
}

// Words that have come apart where a part stands, and sums that it charges twice.
static void words_that_no_network_prices(void **state) {
    (void)state;
#define SHARES(tensors) "{fanout: 2, may_reuse: " tensors "}"
#define FANOUT(axes) "  - !Fanout {name: x, spatial: [" axes "]}\n"
    static const struct {
        const char *between, *tensors, *says; // "": it is imported
    } rows[] = {
        {FANOUT(SHARES("input")) TOLL("down", "input", "1e-12"), "keep: input",
         "apart"},
        {FANOUT(SHARES("input")) TOLL("down", "input", "1e-12"),
         "keep: weight, may_keep: input", "apart"},
        {FANOUT(SHARES("input")) TOLL("down", "input", "1e-12"), "keep: weight", ""},
        {FANOUT(SHARES("input")) TOLL("down", "weight", "1e-12"), "keep: weight", ""},
        {FANOUT(SHARES("input") ", " SHARES("Nothing")) TOLL("down", "input", "1e-12"),
         "keep: input", "apart"},
        {FANOUT(SHARES("input")) TOLL("down", "input", "1e-12") FANOUT(SHARES("input")),
         "keep: weight", "apart"},
        {FANOUT(SHARES("Nothing")) TOLL("down", "input", "1e-12")
             FANOUT(SHARES("input")),
         "keep: input", ""},
        {FANOUT(SHARES("weight | input")) TOLL("down", "input", "1e-12")
             FANOUT(SHARES("input")) FANOUT(SHARES("Nothing")),
         "keep: weight", "apart"},
        {TOLL("up", "output", "1e-12"), "keep: output", "on the way up alone"},
        {TOLL("up", "output", "1e-12"), "keep: weight, may_keep: output",
         "on the way up alone"},
        {TOLL("up_and_down", "output", "1e-12"), "keep: output", ""},
        {TOLL("up", "output", "1e-12"), "keep: weight", ""},
        {TOLL("up", "output", "1e-12") "    total_latency: read_actions * 1e-9\n",
         "keep: weight", "takes no time here"},
        {TOLL("up", "output", "1") TOLL("up", "output", "1") TOLL("up", "output", "1")
             TOLL("up", "output", "1") TOLL("up", "output", "1")
                 TOLL("up", "output", "1") TOLL("up", "output", "1")
                     TOLL("up", "output", "1") TOLL("up", "output", "1"),
         "keep: weight", "more than 8 nodes without memory"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[2600];
        snprintf(text, sizeof text,
                 "arch:\n  nodes:\n  - !Memory {name: dram, size: inf, tensors: {keep: "
                 "All}, component_class: Dummy}\n%s"
                 "  - !Memory {name: reg, size: 4096, tensors: {%s}, component_class: "
                 "Dummy}\n"
                 "  - !Compute {name: mac, actions: [{name: compute, energy: 0}]}\n",
                 rows[i].between, rows[i].tensors);
        struct read r = read_texts(text, NULL, false);
        bool found = r.status == SDSE_OK && !*rows[i].says;
        for (const struct sdse_diag *d = r.diags.first; d && *rows[i].says; d = d->next)
            found |= strstr(d->message, rows[i].says) != NULL;
        if (!found) {
            sdse_diags_print(&r.diags, stderr, false);
            fail_msg("case %zu: not '%s'", i, rows[i].says);
        }
        sdse_arena_free(r.arena);
    }
    // Areas of all instances, of parts and of the vector unit.
    static const char *const areas[] = {"", "area: 5e-6, "};
    for (size_t i = 0; i < 2; i++) {
        char text[1200];
        snprintf(
            text, sizeof text,
            "arch:\n  nodes:\n  - !Memory {name: dram, size: inf, tensors: {keep: "
            "All}, component_class: Dummy}\n"
            "  - !Compute {name: v, %scomponent_class: Dummy, enabled: len(All) == "
            "2}\n"
            "  - !Toll {name: a, direction: up, tensors: {keep: output}, area: "
            "1e-6, component_class: Dummy}\n" FANOUT(
                "{fanout: 3}") "  - !Toll {name: b, direction: up, tensors: {keep: "
                               "output}, area: "
                               "1e-6, component_class: Dummy}\n"
                               "  - !Memory {name: reg, size: 4096, tensors: {keep: "
                               "weight}, "
                               "component_class: Dummy}\n" FANOUT(
                                   "{fanout: 7}") "  - !Toll {name: c, direction: up, "
                                                  "tensors: {keep: output}, area: "
                                                  "1e-6, component_class: Dummy}\n"
                                                  "  - !Compute {name: mac, enabled: "
                                                  "len(All) == 3, actions: [{name: "
                                                  "compute, energy: 0}]}\n",
            areas[i]);
        struct read r = read_texts(text, NULL, false);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
        const double mm2 = 1 + 3 + 21 + (i ? 5 : 0);
        assert_double_within(r.arch->other_area_um2.value, mm2 * 1e6, 1e-12);
        sdse_arena_free(r.arena);
    }
}

static void what_has_no_counterpart_is_refused(void **state) {
    (void)state;
#define PRICED(bits)                                                             \
    "  - !Memory\n    name: x\n    actions:\n    - {name: read, energy: 1e-12, " \
    "bits_per_action: " bits "}\n    - {name: write, energy: 1e-12}\n"
    static const struct {
        const char *text, *check, *part;
        bool goes_on;
    } cases[] = {
        {ARCH("64", "weight", TOLL("sideways", "output", "1e-12"), "1e-12"),
         "accelforge-toll", "`direction` is 'sideways'", false},
        {ARCH("64", "weight", TOLL("down", "output", "1e-12"), "1e-12"),
         "accelforge-toll", "sums that come back alone", true},
        {ARCH("64", "weight", TOLL("up", "output", "1e-12, latency: 1"), "1e-12"),
         "accelforge-latency", "takes no time here", true},
        {ARCH("64", "weight",
              "  - !Toll {name: t, direction: up, tensors: {keep: output}, "
              "component_class: ADC}\n",
              "1e-12"),
         "accelforge-component", "what passes it costs nothing", true},
        {ARCH("64", "weight",
              "  - !Toll {name: t, direction: up, tensors: {keep: output, may_keep: "
              "All}, component_class: Dummy, leak_power: 1}\n",
              "1e-12"),
         "accelforge-key", "leaks nothing", true},
        {ARCH("64", "weight",
              "  - !Toll {name: t, direction: up, tensors: {may_keep: output}, "
              "component_class: Dummy}\n",
              "1e-12"),
         "accelforge-key", "'may_keep'", true},
        {ARCH("64", "weight",
              "  - !Fanout\n    spatial: [{fanout: 2, may_reuse: input}]\n" TOLL(
                  "down", "input", "1e-12"),
              "1e-12"),
         "accelforge-toll", "come apart", true},
        {"arch:\n  nodes:\n" TOLL("up", "output", "1e-12"), "accelforge-toll",
         "before the outermost memory", false},
        {ARCH("64", "weight", "  - !Container\n    spatal: [{fanout: 2}]\n", "1e-12"),
         "accelforge-key", "'spatal'", true},
        {ARCH("64", "weight", "  - !Hierarchical\n    spatial: [{fanout: 2}]\n",
              "1e-12"),
         "accelforge-key", "'spatial'", true},
        {ARCH("64", "weight",
              "  - !Memory\n    name: x\n    component_class: Dummy\n    actions: "
              "[{name: refresh, energy: 1e-12}]\n",
              "1e-12"),
         "accelforge-key", "'refresh' is no action", true},
        {ARCH("64", "weight", "  - !Fork\n    name: f\n", "1e-12"), "accelforge-node",
         "!Fork has no counterpart", false},
        {ARCH("64.5", "weight", "", "1e-12"), "accelforge-value", "whole bits", false},
        {ARCH("64", "weight", "", "-1"), "accelforge-value", "expected 0 or more",
         false},
        {ARCH("64", "weight", PRICED("0"), "1e-12"), "accelforge-value",
         "'bits_per_action' is 0: expected a number above 0", false},
        {ARCH("64", "weight", PRICED("inf"), "1e-12"), "accelforge-value",
         "'bits_per_action' is inf", false},
        {ARCH("64", "weight", "  - !Fanout\n    spatial: [{fanout: 2.5}]\n", "1e-12"),
         "accelforge-fanout", "whole number", false},
        {ARCH(
             "64", "weight",
             "  - !Fanout\n    spatial: [{fanout: 2, reuse: input}, {fanout: 3, reuse: "
             "output}, {fanout: 4, reuse: weight}]\n",
             "1e-12"),
         "accelforge-fanout", "a third fan-out, which shares other tensors", true},
        {ARCH("64", "weight",
              "  - !Fanout\n    spatial: [{fanout: 256}, {fanout: 2}, {fanout: 512}]\n",
              "1e-12"),
         "accelforge-fanout", "more than 65536 places", false},
        {ARCH("64", "weight",
              "  - !Fanout\n    spatial: [{fanout: 2, may_reuse: input}, {fanout: 3, "
              "may_reuse: output}]\n",
              "1e-12"),
         "accelforge-fanout", "shares other tensors along one axis", true},
        {ARCH("64", "weight",
              "  - !Fanout\n    spatial: [{fanout: 2, reuse: input | output}]\n",
              "1e-12"),
         "accelforge-fanout", "several tensors must be the same", true},
        {ARCH("64", "weight", "", "1e-12}\n    extra: {a: 1"), "accelforge-key",
         "'extra'", true},
        {ARCH("64", "weight", "", "1e-12, latency: 3"), "accelforge-latency",
         "beside a throughput", true},
        {ARCH("64", "weight",
              "  - !Compute\n    name: scalar\n    enabled: len(All) "
              "== 4\n",
              "1e-12"),
         "accelforge-node", "neither three nor two tensors", true},
        {ARCH("64", "weight", VECTOR("len(All) == 2", ", leak_power: 1"), "1e-12"),
         "accelforge-key", "leaks nothing", true},
        {ARCH("64", "weight", VECTOR("len(All) == 2", "") VECTOR("len(All) != 3", ""),
              "1e-12"),
         "accelforge-node", "second kind of vector units", true},
        {ARCH("64", "weight",
              "  - !Compute {name: v, enabled: len(All) == 2, component_class: Alu}\n",
              "1e-12"),
         "accelforge-component", "its operations cost nothing", true},
        {ARCH("64", "weight",
              "  - !Compute\n    name: other\n    actions: [{name: "
              "compute, energy: 0}]\n",
              "1e-12"),
         "accelforge-node", "second kind of multipliers", true},
        {ARCH("64}\n    component_class: {a: 1", "weight", "", "1e-12"), "", "", false},
        {"arch:\n  nodes: []\nworkload: {einsums: []}\n", "accelforge-node",
         "keeps all tensors", false},
        {"arch:\n  nodes:\n  - !Compute {name: v, enabled: len(All) == 2}\n",
         "accelforge-node", "keeps all tensors", false},
        {NET "  - 'O2[m] = I[m, k]'\n", "accelforge-einsum", "puts out other words",
         true},
        {NET "  - 'O2[m] = I[2 * m]'\n", "accelforge-einsum", "puts out other words",
         true},
        {NET "  - 'O2[m, q] = I[m, q]'\n", "accelforge-einsum", "'q' has no size",
         false},
        {NET "  - 'O2[m] = copy(I[m]'\n", "accelforge-einsum", "no product", true},
        {NET "  - 'O2[m] = copy(I[m] * J[m])'\n", "accelforge-einsum", "no product",
         true},
        {NET "  - {einsum: 'O2[m, n] = I[m] * J[n]', is_copy_operation: True}\n",
         "accelforge-einsum", "copies more than one tensor", false},
        {NET "  - 'O2[m] = I[m] * J[m] * K[m]'\n", "accelforge-einsum", "no product",
         true},
        {NET "  - 'O2[m] = I[m, q] * W[m]'\n", "accelforge-einsum", "'q' has no size",
         false},
        {NET "  - 'O2[m] = I[m, n] * W[m]'\n", "accelforge-einsum",
         "'n' moves one tensor alone", true},
        {NET "  - 'O2[m, n] = I[m, m, k] * W[k, n]'\n", "accelforge-einsum",
         "no product", true},
        {NET "  - {name: O2, tensor_accesses: [{name: I, projection: [m, k], bits_per_"
             "value: 4}, {name: W, projection: [k, n]}, {name: O2, projection: [m, n], "
             "output: True}]}\n",
         "accelforge-width", "widths of single accesses are lost", true},
        {NET "  - 'O2[m, n] = I[2 * q + m] * W[n]'\n", "accelforge-einsum",
         "'q' is no tap of the other operand", true},
        {NET "  - 'O2[m, n] = I[q + n] * W[q, m]'\n", "accelforge-einsum",
         "'q' has no size", false},
        {NET "  - 'O2[m + n] = I[m] * W[n]'\n", "accelforge-einsum",
         "has windows over what is no input", true},
        {NET "  - 'O2[m, n] = I[3 * m] * W[m, n]'\n", "accelforge-einsum",
         "'m' steps through no window of outputs", true},
        {NET "  - 'O2[m] = I[m + n + n] * W[n]'\n", "accelforge-einsum", "no product",
         true},
        {NET "  - 'O2[m] = I[0 * m + n] * W[n]'\n", "accelforge-einsum", "no product",
         true},
        {NET "  - 'O2[m] = I[2 * m * 3 + n] * W[n]'\n", "accelforge-einsum",
         "no product", true},
        {NET "  - 'O2[m] = I[n + 2 * n, m] * W[n]'\n", "accelforge-einsum",
         "no product", true},
        {NET
         "  - {name: O2, tensor_accesses: [{name: I, projection: {H: m + n}}, {name: "
         "W, projection: [n]}, {name: O2, projection: [m], output: True}], "
         "iteration_space_shape: [0 <= m < 3]}\n",
         "accelforge-einsum", "'m' has two sizes, 2 and 3", false},
        {NET "  iteration_space_shape: {m: 0 <= m < 3}\n", "accelforge-einsum",
         "'m' has two sizes, 2 and 3", false},
        {"workload: {rank_sizes: [2], einsums: ['O[m] = I[m] * W[m]']}\n",
         "accelforge-einsum", "expected RANK: SIZE", false},
        {"workload: {rank_sizes: {M: 2}, bits_per_value: [8], einsums: ['O[m] = I[m] * "
         "W[m]']}\n",
         "accelforge-width", "expected TENSOR: BITS", false},
        {NET "  - 'O2[m = I[m] * W[m]'\n", "accelforge-einsum", "no product", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!*cases[i].check)
            continue;
        for (int lossy = 0; lossy < 2; lossy++) {
            struct read r = read_texts(cases[i].text, NULL, lossy);
            const bool good = r.status == SDSE_OK;
            if (good != (lossy && cases[i].goes_on) ||
                !fired(&r, cases[i].check, cases[i].part)) {
                sdse_diags_print(&r.diags, stderr, false);
                fail_msg("case %zu, lossy %d", i, lossy);
            }
            sdse_arena_free(r.arena);
        }
    }
}

static void einsums_become_products(void **state) {
    (void)state;
    char *text = data("products");
    struct read r = read_texts(text, NULL, false);
    free(text);
    assert_int_equal(r.status, SDSE_OK);
    static const struct {
        const char *name;
        uint64_t bound[SDSE_DIMS]; // N K C P Q R S G
    } layers[] = {{"Q", {1, 128, 192, 128, 1, 1, 1, 1}},
                  {"K", {1, 128, 192, 128, 1, 1, 1, 1}},
                  {"QK", {1, 64, 32, 64, 1, 1, 1, 8}},
                  {"Z", {1, 64, 256, 128, 1, 1, 1, 1}}};
    assert_int_equal(r.net->layer_count, 4);
    for (size_t l = 0; l < 4; l++) {
        assert_string_equal(r.net->layers[l].name, layers[l].name);
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            if (r.net->layers[l].nest.bound[d] != layers[l].bound[d])
                fail_msg("%s: %c is %llu", layers[l].name, sdse_dim_letters[d],
                         (unsigned long long)r.net->layers[l].nest.bound[d]);
    }
    sdse_arena_free(r.arena);
    // Windows: a stride, a dilation, groups, padding where a rank is short of them;
    // taps that an einsum has of its own; widths that all accesses state.
    r = read_texts(
        "workload:\n  rank_sizes: {N: 2, M: 128, C: 64, P: 24, Q: 20, R: 3, S: 5, T: "
        "7, "
        "H: 40}\n  einsums:\n"
        "  - {name: Conv, tensor_accesses: [{name: I, bits_per_value: 4, projection: "
        "{N: "
        "n, C: c, H: 2*p+r, W: q + s * 3}}, {name: F, projection: [m, c, r, s], "
        "bits_per_value: 4}, {name: O, projection: [n, m, p, q], output: True, "
        "bits_per_value: 4}]}\n"
        "  - {name: Depthwise, tensor_accesses: [{name: F2, projection: [t, u], "
        "bits_per_value: 4}, {name: O, projection: {T: t, X: 3 * u + p * 2}, "
        "bits_per_value: "
        "4},"
        " {name: O2, projection: [t, p], output: true, bits_per_value: 4}], "
        "iteration_space_shape: [0 <= u < 9]}\n"
        "  - {name: Again, tensor_accesses: [{name: F4, projection: [t, u], "
        "bits_per_value: 4}, {name: O4, projection: {T: t, X: u + p}, bits_per_value: "
        "4}, {name: O5, projection: [t, p], output: true, bits_per_value: 4}], "
        "iteration_space_shape: [0 <= u < 5]}\n"
        "  - {name: Step, tensor_accesses: [{name: A, projection: {C: c, Y: 3 * p}, "
        "bits_per_value: 4}, {name: B, projection: [c, m], bits_per_value: 4}, {name: "
        "O3, "
        "projection: [m, p], output: True, bits_per_value: 4}]}\n"
        "  - {name: Grouped, tensor_accesses: [{name: A2, projection: {T: t, C: c, Y: "
        "p + r}, bits_per_value: 4}, {name: B2, projection: [t, c, m, r], "
        "bits_per_value: 4}, {name: O6, projection: [t, m, p], output: True, "
        "bits_per_value: 4}]}\n",
        NULL, false);
    if (r.status != SDSE_OK)
        sdse_diags_print(&r.diags, stderr, false);
    assert_int_equal(r.status, SDSE_OK);
    static const struct {
        uint64_t bound[SDSE_DIMS], stride[2], dilation[2], map[2];
    } windows[] = {
        {{2, 128, 64, 24, 20, 3, 5, 1}, {2, 1}, {1, 3}, {40, 32}},
        {{1, 1, 1, 24, 1, 9, 1, 7}, {2, 1}, {3, 1}, {71, 1}},
        {{1, 1, 1, 24, 1, 5, 1, 7}, {1, 1}, {1, 1}, {28, 1}},
        {{1, 128, 64, 24, 1, 1, 1, 1}, {3, 1}, {1, 1}, {70, 1}},
        {{1, 128, 64, 24, 1, 3, 1, 7}, {1, 1}, {1, 1}, {26, 1}},
    };
    assert_int_equal(r.net->layer_count, 5);
    for (size_t l = 0; l < 5; l++) {
        const struct sdse_nest *nest = &r.net->layers[l].nest;
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            if (nest->bound[d] != windows[l].bound[d])
                fail_msg("%zu: %c is %llu", l, sdse_dim_letters[d],
                         (unsigned long long)nest->bound[d]);
        for (unsigned axis = 0; axis < 2; axis++) {
            assert_int_equal(nest->stride[axis], windows[l].stride[axis]);
            assert_int_equal(nest->dilation[axis], windows[l].dilation[axis]);
            if (nest->map[axis])
                assert_int_equal(nest->map[axis], windows[l].map[axis]);
        }
    }
    sdse_arena_free(r.arena);
    // Ranges of variables, counted from their beginning.
    r = read_texts(
        "workload:\n  iteration_space_shape: {m: 0 <= m < 2 * 4, n: 1 <= n < "
        "4, k: 0 <= k < 5}\n  einsums:\n  - 'O[m, n] = I[m, k] * W[n, k]'\n",
        NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->layers[0].nest.bound[SDSE_P], 8);
    assert_int_equal(r.net->layers[0].nest.bound[SDSE_K], 3);
    assert_int_equal(r.net->layers[0].nest.bound[SDSE_C], 5);
    sdse_arena_free(r.arena);
}

// 16 rows of 192 inputs times 192 x 32 weights fill the NVDLA-like array.
static void a_product_on_the_nvdla_is_charged_as_by_hand(void **state) {
    (void)state;
    static const char net[] = "workload:\n  rank_sizes: {M: 16, K: 192, N: 32}\n"
                              "  einsums:\n  - 'O[m, n] = I[m, k] * W[k, n]'\n";
    static const char mapping[] =
        "mapping:\n- {level: dram}\n- {level: buffer, temporal: P16, spatial_x: K32, "
        "spatial_y: C192}\n- {level: register}\n";
    char *text = data("nvdla_like");
    struct read r = read_texts(text, net, false);
    free(text);
    assert_int_equal(r.status, SDSE_OK);
    struct sdse_mapping *read = NULL;
    struct sdse_model *model = NULL;
    const struct sdse_layer *layer = &r.net->layers[0];
    assert_int_equal(sdse_mapping_from_tree(r.arena, parse(&r, mapping), r.arch, layer,
                                            &r.diags, &read),
                     SDSE_OK);
    assert_int_equal(sdse_model_new(r.arch, layer, NULL, r.arena, &model), SDSE_OK);
    struct sdse_cost cost;
    sdse_evaluate_full(model, read, &cost);
    // Every word crosses both memories once, inputs for all columns at a time, and sums
    // arrive added up.
    const double words = 192 * 32 + 16 * 192 + 16 * 32, bits = 8 * words;
    assert_double_within(cost.energy_pj,
                         bits * (7.03 + 0.249 + 0.293) + 16. * 192 * 32 * 0.084, 1e-12);
    assert_int_equal(cost.latency_cycles, 254); // 77,824 bits at 307.2 a cycle
    assert_int_equal(cost.compute_cycles, 16);
    sdse_arena_free(r.arena);
}

// Writes of 2 ns: 40 weights, 240 inputs and 240 sums in 4 places take 260 cycles, not
// one more for the last digit of a rate.
static void latencies_are_whole_cycles(void **state) {
    (void)state;
    static const char text[] =
        "arch:\n  nodes:\n"
        "  - !Memory {name: dram, size: inf, tensors: {keep: All}, actions: [{name: "
        "read, energy: 1e-11}, {name: write, energy: 1e-11}]}\n"
        "  - !Fanout {name: x, spatial: [{fanout: 4, may_reuse: input}]}\n"
        "  - !Memory {name: reg, size: 4096, tensors: {keep: All}, actions: [{name: "
        "read, energy: 1e-12, bits_per_action: 8, latency: 1e-9}, {name: write, "
        "energy: 2e-12, bits_per_action: 8, latency: 2e-9}], total_latency: "
        "'max(read_latency, write_latency)'}\n"
        "  - !Compute {name: mac, actions: [{name: compute, energy: 1e-12, throughput: "
        "1e9}]}\n";
    static const char net[] =
        "workload:\n  rank_sizes: {M: 6, K: 5, N: 8}\n  bits_per_value: {All: 8}\n"
        "  einsums:\n  - 'O[m, n] = I[m, k] * W[k, n]'\n";
    static const char mapping[] = "mapping:\n- {level: dram, temporal: K2 P6, "
                                  "spatial_x: K4}\n- {level: reg, temporal: C5}\n";
    struct read r = read_texts(text, net, false);
    assert_int_equal(r.status, SDSE_OK);
    struct sdse_mapping *read = NULL;
    struct sdse_model *model = NULL;
    const struct sdse_layer *layer = &r.net->layers[0];
    assert_int_equal(sdse_mapping_from_tree(r.arena, parse(&r, mapping), r.arch, layer,
                                            &r.diags, &read),
                     SDSE_OK);
    assert_int_equal(sdse_model_new(r.arch, layer, NULL, r.arena, &model), SDSE_OK);
    struct sdse_cost cost;
    sdse_evaluate_full(model, read, &cost);
    assert_int_equal(cost.latency_cycles, 260);
    sdse_arena_free(r.arena);
}

static void files_are_told_by_their_keys(void **state) {
    (void)state;
    assert_true(sdse_accelforge_is("# a\narch:\n  nodes:\n  - !Memory\n"));
    assert_true(sdse_accelforge_is("workload:\n  einsums:\n"));
    assert_false(sdse_accelforge_is("arch:\n  levels:\n"));
    assert_false(sdse_accelforge_is("architecture:\n  nodes:\n"));
    assert_false(sdse_accelforge_is("nodes:\narch: 1\n"));
    assert_false(sdse_accelforge_is(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_widths_count),
        cmocka_unit_test(scaled_widths_are_the_memory_s),
        cmocka_unit_test(expressions_are_worked_out),
        cmocka_unit_test(faults_of_expressions_have_a_place),
        cmocka_unit_test(sets_are_those_of_tensors),
        cmocka_unit_test(nodes_become_levels),
        cmocka_unit_test(units_are_those_of_the_file),
        cmocka_unit_test(latencies_are_worked_out_of_counts),
        cmocka_unit_test(made_operands_are_left),
        cmocka_unit_test(further_fan_outs_share_an_axis),
        cmocka_unit_test(units_of_two_tensors_are_the_vector_unit),
        cmocka_unit_test(einsums_of_one_operand_are_functions),
        cmocka_unit_test(attributes_are_names),
        cmocka_unit_test(older_nodes_are_read),
        cmocka_unit_test(shares_and_macros_are_whole),
        cmocka_unit_test(words_pay_what_they_pass),
        cmocka_unit_test(words_that_no_network_prices),
        cmocka_unit_test(what_has_no_counterpart_is_refused),
        cmocka_unit_test(einsums_become_products),
        cmocka_unit_test(a_product_on_the_nvdla_is_charged_as_by_hand),
        cmocka_unit_test(latencies_are_whole_cycles),
        cmocka_unit_test(files_are_told_by_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
