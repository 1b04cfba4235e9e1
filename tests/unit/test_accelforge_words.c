// AccelForge's expressions: numbers, sets of tensors, latencies of counts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/close.h"
#include "support_accelforge.h"

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
        snprintf(text, sizeof text, FORGE_ARCH("64", "weight", "", "\"%s\""), value);
        struct forge_read r = forge_read(text, FORGE_NET, false);
        if (i + 1 == sizeof cases / sizeof *cases) {
            // Python's digits may have strokes between; ours not.
            assert_true(forge_fired(&r, "accelforge-expression", "is not closed"));
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
        snprintf(text, sizeof text, FORGE_ARCH("%s", "weight", "", "1"), cases[i].size);
        struct forge_read r = forge_read(text, NULL, true);
        assert_int_equal(r.status, SDSE_INVALID);
        if (!forge_fired(&r, "accelforge-expression", cases[i].part)) {
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
        snprintf(text, sizeof text, FORGE_ARCH("64", "\"%s\"", "", "1e-12"),
                 cases[i].keep);
        struct forge_read r = forge_read(text, NULL, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_int_equal(sdse_level_tensors(&r.arch->level[1]), cases[i].set);
        sdse_arena_free(r.arena);
    }
    char text[1000];
    snprintf(text, sizeof text, FORGE_ARCH("64", "other", "", "1e-12"));
    struct forge_read r = forge_read(text, NULL, true);
    assert_true(
        forge_fired(&r, "accelforge-expression", "no such set of tensors: other"));
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
        struct forge_read r = forge_read(text, NULL, false);
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
        struct forge_read r = forge_read(text, NULL, i % 4 < 2);
        assert_int_equal(r.status == SDSE_OK, i % 4 < 2);
        assert_true(
            forge_fired(&r, "accelforge-latency", "neither a sum nor a maximum"));
        sdse_arena_free(r.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_are_worked_out),
        cmocka_unit_test(faults_of_expressions_have_a_place),
        cmocka_unit_test(sets_are_those_of_tensors),
        cmocka_unit_test(latencies_are_worked_out_of_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
