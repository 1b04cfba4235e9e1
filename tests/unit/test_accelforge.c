// AccelForge's files as ours: chains of nodes, units, widths, older files; what has no
// counterpart.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import/accelforge/accelforge.h"
#include "support/close.h"
#include "support/data_text.h"
#include "support_accelforge.h"

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
        struct forge_read r =
            forge_read(FORGE_ARCH("64", "weight", "", "1e-12"), net, false);
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
                 FORGE_ARCH("64\n    bits_per_value_scale: %s", "All", "", "1e-12"),
                 cases[i].scale);
        struct forge_read r = forge_read(text, FORGE_NET, false);
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
    struct forge_read r = forge_read(
        FORGE_ARCH("64\n    bits_per_value_scale: {weight: 2}", "input", "", "1e-12"),
        FORGE_NET, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.arch->level[1].word_bits[SDSE_WEIGHTS], 0);
    sdse_arena_free(r.arena);
}

static void nodes_become_levels(void **state) {
    (void)state;
    struct forge_read r =
        forge_read(FORGE_ARCH("64", "weight", "", "4e-12"), FORGE_NET, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_double_within(r.arch->clock_ghz, 2, 1e-12);
    assert_double_within(r.arch->level[0].read_pj.value, 2, 1e-12);
    assert_double_within(r.arch->level[0].fill_pj.value, 3, 1e-12);
    assert_int_equal(r.arch->level[1].capacity_bits, 64);
    assert_int_equal(r.arch->bits[SDSE_WEIGHTS], 4);
    assert_int_equal(r.arch->bits[SDSE_OUTPUTS], 8);
    sdse_arena_free(r.arena);
    char *nvdla = data_text("accelforge", "nvdla_like");
    r = forge_read(nvdla, NULL, false);
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
    struct forge_read r = forge_read(text, NULL, false);
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

// A node's attributes stand for themselves in its values, before variables.
static void attributes_are_names(void **state) {
    (void)state;
    struct forge_read r = forge_read(
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
    struct forge_read r = forge_read(OLDER("", "", ""), NULL, false);
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
        r = forge_read(losses[i / 2].text, NULL, i % 2 == 1);
        assert_int_equal(r.status == SDSE_OK, i % 2);
        if (!forge_fired(&r, losses[i / 2].check, losses[i / 2].part))
            fail_msg("case %zu: no '%s'", i / 2, losses[i / 2].part);
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
        {FORGE_ARCH("64", "weight", FORGE_TOLL("sideways", "output", "1e-12"), "1e-12"),
         "accelforge-toll", "`direction` is 'sideways'", false},
        {FORGE_ARCH("64", "weight", FORGE_TOLL("down", "output", "1e-12"), "1e-12"),
         "accelforge-toll", "sums that come back alone", true},
        {FORGE_ARCH("64", "weight", FORGE_TOLL("up", "output", "1e-12, latency: 1"),
                    "1e-12"),
         "accelforge-latency", "takes no time here", true},
        {FORGE_ARCH("64", "weight",
                    "  - !Toll {name: t, direction: up, tensors: {keep: output}, "
                    "component_class: ADC}\n",
                    "1e-12"),
         "accelforge-component", "what passes it costs nothing", true},
        {FORGE_ARCH(
             "64", "weight",
             "  - !Toll {name: t, direction: up, tensors: {keep: output, may_keep: "
             "All}, component_class: Dummy, leak_power: 1}\n",
             "1e-12"),
         "accelforge-key", "leaks nothing", true},
        {FORGE_ARCH("64", "weight",
                    "  - !Toll {name: t, direction: up, tensors: {may_keep: output}, "
                    "component_class: Dummy}\n",
                    "1e-12"),
         "accelforge-key", "'may_keep'", true},
        {FORGE_ARCH(
             "64", "weight",
             "  - !Fanout\n    spatial: [{fanout: 2, may_reuse: input}]\n" FORGE_TOLL(
                 "down", "input", "1e-12"),
             "1e-12"),
         "accelforge-toll", "come apart", true},
        {"arch:\n  nodes:\n" FORGE_TOLL("up", "output", "1e-12"), "accelforge-toll",
         "before the outermost memory", false},
        {FORGE_ARCH("64", "weight", "  - !Container\n    spatal: [{fanout: 2}]\n",
                    "1e-12"),
         "accelforge-key", "'spatal'", true},
        {FORGE_ARCH("64", "weight", "  - !Hierarchical\n    spatial: [{fanout: 2}]\n",
                    "1e-12"),
         "accelforge-key", "'spatial'", true},
        {FORGE_ARCH(
             "64", "weight",
             "  - !Memory\n    name: x\n    component_class: Dummy\n    actions: "
             "[{name: refresh, energy: 1e-12}]\n",
             "1e-12"),
         "accelforge-key", "'refresh' is no action", true},
        {FORGE_ARCH("64", "weight", "  - !Fork\n    name: f\n", "1e-12"),
         "accelforge-node", "!Fork has no counterpart", false},
        {FORGE_ARCH("64.5", "weight", "", "1e-12"), "accelforge-value", "whole bits",
         false},
        {FORGE_ARCH("64", "weight", "", "-1"), "accelforge-value", "expected 0 or more",
         false},
        {FORGE_ARCH("64", "weight", PRICED("0"), "1e-12"), "accelforge-value",
         "'bits_per_action' is 0: expected a number above 0", false},
        {FORGE_ARCH("64", "weight", PRICED("inf"), "1e-12"), "accelforge-value",
         "'bits_per_action' is inf", false},
        {FORGE_ARCH("64", "weight", "  - !Fanout\n    spatial: [{fanout: 2.5}]\n",
                    "1e-12"),
         "accelforge-fanout", "whole number", false},
        {FORGE_ARCH(
             "64", "weight",
             "  - !Fanout\n    spatial: [{fanout: 2, reuse: input}, {fanout: 3, reuse: "
             "output}, {fanout: 4, reuse: weight}]\n",
             "1e-12"),
         "accelforge-fanout", "a third fan-out, which shares other tensors", true},
        {FORGE_ARCH(
             "64", "weight",
             "  - !Fanout\n    spatial: [{fanout: 256}, {fanout: 2}, {fanout: 512}]\n",
             "1e-12"),
         "accelforge-fanout", "more than 65536 places", false},
        {FORGE_ARCH(
             "64", "weight",
             "  - !Fanout\n    spatial: [{fanout: 2, may_reuse: input}, {fanout: 3, "
             "may_reuse: output}]\n",
             "1e-12"),
         "accelforge-fanout", "shares other tensors along one axis", true},
        {FORGE_ARCH("64", "weight",
                    "  - !Fanout\n    spatial: [{fanout: 2, reuse: input | output}]\n",
                    "1e-12"),
         "accelforge-fanout", "several tensors must be the same", true},
        {FORGE_ARCH("64", "weight", "", "1e-12}\n    extra: {a: 1"), "accelforge-key",
         "'extra'", true},
        {FORGE_ARCH("64", "weight", "", "1e-12, latency: 3"), "accelforge-latency",
         "beside a throughput", true},
        {FORGE_ARCH("64", "weight",
                    "  - !Compute\n    name: scalar\n    enabled: len(All) "
                    "== 4\n",
                    "1e-12"),
         "accelforge-node", "neither three nor two tensors", true},
        {FORGE_ARCH("64", "weight", FORGE_VECTOR("len(All) == 2", ", leak_power: 1"),
                    "1e-12"),
         "accelforge-key", "leaks nothing", true},
        {FORGE_ARCH("64", "weight",
                    FORGE_VECTOR("len(All) == 2", "") FORGE_VECTOR("len(All) != 3", ""),
                    "1e-12"),
         "accelforge-node", "second kind of vector units", true},
        {FORGE_ARCH(
             "64", "weight",
             "  - !Compute {name: v, enabled: len(All) == 2, component_class: Alu}\n",
             "1e-12"),
         "accelforge-component", "its operations cost nothing", true},
        {FORGE_ARCH("64", "weight",
                    "  - !Compute\n    name: other\n    actions: [{name: "
                    "compute, energy: 0}]\n",
                    "1e-12"),
         "accelforge-node", "second kind of multipliers", true},
        {FORGE_ARCH("64}\n    component_class: {a: 1", "weight", "", "1e-12"), "", "",
         false},
        {"arch:\n  nodes: []\nworkload: {einsums: []}\n", "accelforge-node",
         "keeps all tensors", false},
        {"arch:\n  nodes:\n  - !Compute {name: v, enabled: len(All) == 2}\n",
         "accelforge-node", "keeps all tensors", false},
        {FORGE_NET "  - 'O2[m] = I[m, k]'\n", "accelforge-einsum",
         "puts out other words", true},
        {FORGE_NET "  - 'O2[m] = I[2 * m]'\n", "accelforge-einsum",
         "puts out other words", true},
        {FORGE_NET "  - 'O2[m, q] = I[m, q]'\n", "accelforge-einsum", "'q' has no size",
         false},
        {FORGE_NET "  - 'O2[m] = copy(I[m]'\n", "accelforge-einsum", "no product",
         true},
        {FORGE_NET "  - 'O2[m] = copy(I[m] * J[m])'\n", "accelforge-einsum",
         "no product", true},
        {FORGE_NET "  - {einsum: 'O2[m, n] = I[m] * J[n]', is_copy_operation: True}\n",
         "accelforge-einsum", "copies more than one tensor", false},
        {FORGE_NET "  - 'O2[m] = I[m] * J[m] * K[m]'\n", "accelforge-einsum",
         "no product", true},
        {FORGE_NET "  - 'O2[m] = I[m, q] * W[m]'\n", "accelforge-einsum",
         "'q' has no size", false},
        {FORGE_NET "  - 'O2[m] = I[m, n] * W[m]'\n", "accelforge-einsum",
         "'n' moves one tensor alone", true},
        {FORGE_NET "  - 'O2[m, n] = I[m, m, k] * W[k, n]'\n", "accelforge-einsum",
         "no product", true},
        {FORGE_NET
         "  - {name: O2, tensor_accesses: [{name: I, projection: [m, k], bits_per_"
         "value: 4}, {name: W, projection: [k, n]}, {name: O2, projection: [m, n], "
         "output: True}]}\n",
         "accelforge-width", "widths of single accesses are lost", true},
        {FORGE_NET "  - 'O2[m, n] = I[2 * q + m] * W[n]'\n", "accelforge-einsum",
         "'q' is no tap of the other operand", true},
        {FORGE_NET "  - 'O2[m, n] = I[q + n] * W[q, m]'\n", "accelforge-einsum",
         "'q' has no size", false},
        {FORGE_NET "  - 'O2[m + n] = I[m] * W[n]'\n", "accelforge-einsum",
         "has windows over what is no input", true},
        {FORGE_NET "  - 'O2[m, n] = I[3 * m] * W[m, n]'\n", "accelforge-einsum",
         "'m' steps through no window of outputs", true},
        {FORGE_NET "  - 'O2[m] = I[m + n + n] * W[n]'\n", "accelforge-einsum",
         "no product", true},
        {FORGE_NET "  - 'O2[m] = I[0 * m + n] * W[n]'\n", "accelforge-einsum",
         "no product", true},
        {FORGE_NET "  - 'O2[m] = I[2 * m * 3 + n] * W[n]'\n", "accelforge-einsum",
         "no product", true},
        {FORGE_NET "  - 'O2[m] = I[n + 2 * n, m] * W[n]'\n", "accelforge-einsum",
         "no product", true},
        {FORGE_NET
         "  - {name: O2, tensor_accesses: [{name: I, projection: {H: m + n}}, {name: "
         "W, projection: [n]}, {name: O2, projection: [m], output: True}], "
         "iteration_space_shape: [0 <= m < 3]}\n",
         "accelforge-einsum", "'m' has two sizes, 2 and 3", false},
        {FORGE_NET "  iteration_space_shape: {m: 0 <= m < 3}\n", "accelforge-einsum",
         "'m' has two sizes, 2 and 3", false},
        {"workload: {rank_sizes: [2], einsums: ['O[m] = I[m] * W[m]']}\n",
         "accelforge-einsum", "expected RANK: SIZE", false},
        {"workload: {rank_sizes: {M: 2}, bits_per_value: [8], einsums: ['O[m] = I[m] * "
         "W[m]']}\n",
         "accelforge-width", "expected TENSOR: BITS", false},
        {FORGE_NET "  - 'O2[m = I[m] * W[m]'\n", "accelforge-einsum", "no product",
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!*cases[i].check)
            continue;
        for (int lossy = 0; lossy < 2; lossy++) {
            struct forge_read r = forge_read(cases[i].text, NULL, lossy);
            const bool good = r.status == SDSE_OK;
            if (good != (lossy && cases[i].goes_on) ||
                !forge_fired(&r, cases[i].check, cases[i].part)) {
                sdse_diags_print(&r.diags, stderr, false);
                fail_msg("case %zu, lossy %d", i, lossy);
            }
            sdse_arena_free(r.arena);
        }
    }
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
        cmocka_unit_test(nodes_become_levels),
        cmocka_unit_test(units_are_those_of_the_file),
        cmocka_unit_test(attributes_are_names),
        cmocka_unit_test(older_nodes_are_read),
        cmocka_unit_test(what_has_no_counterpart_is_refused),
        cmocka_unit_test(files_are_told_by_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
