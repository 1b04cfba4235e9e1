// AccelForge's parts that words pay on their way: energies by hand, areas, and what no
// network prices.
#include <math.h>
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
        {FORGE_TOLL("up", "output", "1e-12"), "", "", {48 * 8, 0, 0}},
        {"", FORGE_TOLL("up_and_down", "output", "1e-12"), "", {5 * 48 * 8, 0, 0}},
        {"", "", FORGE_TOLL("up", "output", "1e-12"), {5 * 48 * 8, 0, 0}},
        // An input is 8 times a row's; its places do not share it.
        {FORGE_TOLL("down", "input", "1e-11"), "", "", {0, 240 * 8, 0}},
        {FORGE_TOLL("down", "input | output", "1e-11"), "", "", {0, 240 * 8, 0}},
        {FORGE_TOLL("up", "output", "1e-12") FORGE_TOLL("up", "output", "3e-12"),
         "",
         "",
         {4 * 48 * 8, 0, 0}},
        // Energies of several bits, of the action or of the node.
        {FORGE_TOLL("up", "output", "8e-12, bits_per_action: 8"),
         "",
         "",
         {48 * 8, 0, 0}},
        {FORGE_TOLL("up", "output", "4e-12") "    bits_per_action: 4\n",
         "",
         "",
         {48 * 8, 0, 0}},
        {"  - !Toll {name: t, direction: down, tensors: {keep: All}, component_class: "
         "Dummy}\n",
         "",
         "",
         {0, 0, 0}},
        {"", "", FORGE_TOLL("down", "input", "1e-11"), {0, 240 * 8, 0}},
        {FORGE_TOLL("up", "input", "1e-11"), "", "", {0, 0, 0}},
        // A weight is fetched once; below its memory each product asks for it.
        {FORGE_TOLL("down", "weight", "1e-10"), "", "", {0, 0, 40 * 8}},
        {"", FORGE_TOLL("up_and_down", "weight", "1e-10"), "", {0, 0, 40 * 8}},
        {"", "", FORGE_TOLL("down", "weight", "1e-10"), {0, 0, 240 * 8}},
        // All at once, and one twice.
        {FORGE_TOLL("up", "output", "1e-12") FORGE_TOLL("down", "weight", "1e-10"),
         FORGE_TOLL("down", "input", "1e-11"),
         FORGE_TOLL("up", "output", "1e-12"),
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
        struct forge_read r =
            forge_read(text, net, strstr(rows[i].outside, "| output"));
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
        const struct sdse_cost cost = forge_cost(&r, mapping);
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
        {FANOUT(SHARES("input")) FORGE_TOLL("down", "input", "1e-12"), "keep: input",
         "apart"},
        {FANOUT(SHARES("input")) FORGE_TOLL("down", "input", "1e-12"),
         "keep: weight, may_keep: input", "apart"},
        {FANOUT(SHARES("input")) FORGE_TOLL("down", "input", "1e-12"), "keep: weight",
         ""},
        {FANOUT(SHARES("input")) FORGE_TOLL("down", "weight", "1e-12"), "keep: weight",
         ""},
        {FANOUT(SHARES("input") ", " SHARES("Nothing"))
             FORGE_TOLL("down", "input", "1e-12"),
         "keep: input", "apart"},
        {FANOUT(SHARES("input")) FORGE_TOLL("down", "input", "1e-12")
             FANOUT(SHARES("input")),
         "keep: weight", "apart"},
        {FANOUT(SHARES("Nothing")) FORGE_TOLL("down", "input", "1e-12")
             FANOUT(SHARES("input")),
         "keep: input", ""},
        {FANOUT(SHARES("weight | input")) FORGE_TOLL("down", "input", "1e-12")
             FANOUT(SHARES("input")) FANOUT(SHARES("Nothing")),
         "keep: weight", "apart"},
        {FORGE_TOLL("up", "output", "1e-12"), "keep: output", "on the way up alone"},
        {FORGE_TOLL("up", "output", "1e-12"), "keep: weight, may_keep: output",
         "on the way up alone"},
        {FORGE_TOLL("up_and_down", "output", "1e-12"), "keep: output", ""},
        {FORGE_TOLL("up", "output", "1e-12"), "keep: weight", ""},
        {FORGE_TOLL("up", "output", "1e-12") "    total_latency: read_actions * 1e-9\n",
         "keep: weight", "takes no time here"},
        {FORGE_TOLL("up", "output", "1") FORGE_TOLL("up", "output", "1")
             FORGE_TOLL("up", "output", "1") FORGE_TOLL("up", "output", "1")
                 FORGE_TOLL("up", "output", "1") FORGE_TOLL("up", "output", "1")
                     FORGE_TOLL("up", "output", "1") FORGE_TOLL("up", "output", "1")
                         FORGE_TOLL("up", "output", "1"),
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
        struct forge_read r = forge_read(text, NULL, false);
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
        struct forge_read r = forge_read(text, NULL, false);
        if (r.status != SDSE_OK)
            sdse_diags_print(&r.diags, stderr, false);
        assert_int_equal(r.status, SDSE_OK);
        const double mm2 = 1 + 3 + 21 + (i ? 5 : 0);
        assert_double_within(r.arch->other_area_um2.value, mm2 * 1e6, 1e-12);
        sdse_arena_free(r.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_pay_what_they_pass),
        cmocka_unit_test(words_that_no_network_prices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
