// How wide the place of an output is: as wide as what arrives there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support_program.h"

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

#define FANOUT \
    "    fanout: {x: 2}\n    network: {topology: bus, pj_per_bit: 1, reduce: "
#define MID                                                                          \
    "  - level: Mid\n    keeps: [weights]\n    memory: {class: sram, capacity_kib: " \
    "64, "                                                                           \
    "port_bits: 8, access_pj: 1, area_um2: 1}\n"
// Glb keeps 8-bit outputs and 24-bit sums of a fully connected layer: 16 to 8, 4 rows.
static void write_problem(unsigned bits, const char *main_fanout,
                          const char *glb_fanout, const char *mapping) {
    char text[1500];
    snprintf(text, sizeof text,
             "name: a\nsource: own words\nnode_nm: 45\nclock_ghz: 1\ntensors:\n"
             "  weights: {bits: 8}\n  inputs: {bits: 8}\n"
             "  outputs: {bits: 8, partial_bits: 24}\nlevels:\n"
             "  - level: Main\n    memory: {class: dram, pj_per_bit: 1}\n%s"
             "  - level: Glb\n    keeps: [outputs]\n"
             "    memory: {class: sram, capacity_bits: %u, port_bits: 8, access_pj: 1, "
             "area_um2: 1}\n%s"
             "  - level: Rf\n    memory: {class: regfile, capacity_kib: 64, port_bits: "
             "8, access_pj: 1, area_um2: 1}\n"
             "compute: {class: parallel, pj_per_mac: 1, area_um2: 1}\n",
             main_fanout, bits, glb_fanout);
    write_text("arch.yaml", text);
    snprintf(text, sizeof text, "mapping:\n%s", mapping);
    write_text("map.yaml", text);
    write_text("net.yaml", "name: w\nsource: own words\nlayers:\n  - {name: g, kind: "
                           "fc, in: 16, out_channels: 8, rows: 4}\n");
}

static void places_are_as_wide_as_what_arrives(void **state) {
    (void)state;
    static const struct {
        const char *main_fanout, *glb_fanout, *mapping;
        unsigned bits; // of the tile in Glb
    } cases[] = {
        // Channels inside: the register hands over what is finished, though it holds
        // 8 of 16 channels.
        {"", "",
         "  - {level: Glb, temporal: K2 P4 C2}\n  - {level: Rf, temporal: C8 K4}\n",
         32 * 8},
        // Outside: every sum comes twice.
        {"", "",
         "  - {level: Glb, temporal: C2 K2 P4}\n  - {level: Rf, temporal: C8 K4}\n",
         32 * 24},
        {"", "",
         "  - {level: Glb, temporal: K2 C2 P4}\n  - {level: Rf, temporal: C8 K4}\n",
         32 * 24},
        // The loop stands at another memory: with outputs that move inside it, without.
        {"", "",
         "  - {level: Main, temporal: C2}\n  - {level: Glb, temporal: K2 P4}\n"
         "  - {level: Rf, temporal: C8 K4}\n",
         32 * 24},
        {"", "",
         "  - {level: Main, temporal: C2}\n  - {level: Rf, temporal: K8 P4 C8}\n",
         32 * 8},
        {"", "",
         "  - {level: Main, temporal: K2 C2}\n  - {level: Rf, temporal: K4 P4 C8}\n",
         16 * 8},
        {"", "",
         "  - {level: Main, temporal: C2 K2}\n  - {level: Rf, temporal: K4 P4 C8}\n",
         16 * 24},
        // The network adds the halves of two registers, or does not.
        {"", FANOUT "true}\n",
         "  - {level: Glb, temporal: K2 P4, spatial_x: C2}\n"
         "  - {level: Rf, temporal: C8 K4}\n",
         32 * 8},
        {"", FANOUT "false}\n",
         "  - {level: Glb, temporal: K2 P4, spatial_x: C2}\n"
         "  - {level: Rf, temporal: C8 K4}\n",
         32 * 24},
        {"", FANOUT "true}\n",
         "  - {level: Glb, temporal: C2 P4, spatial_x: C2}\n"
         "  - {level: Rf, temporal: C4 K8}\n",
         32 * 24},
        // Halves held by two buffers stay halves.
        {FANOUT "true}\n", "",
         "  - {level: Main, spatial_x: C2}\n  - {level: Glb, temporal: K2 P4}\n"
         "  - {level: Rf, temporal: C8 K4}\n",
         32 * 24},
        {FANOUT "true}\n", "",
         "  - {level: Main, spatial_x: K2}\n  - {level: Glb, temporal: P4}\n"
         "  - {level: Rf, temporal: C16 K4}\n",
         16 * 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned less = 0; less < 2; less++) {
            char said[80];
            write_problem(cases[i].bits - less, cases[i].main_fanout,
                          cases[i].glb_fanout, cases[i].mapping);
            struct ran ran =
                run_program("eval -a @arch.yaml -w @net.yaml -m @map.yaml");
            snprintf(said, sizeof said, "the tiles in Glb take %u bits, but %u fit\n",
                     cases[i].bits, cases[i].bits - 1);
            if (ran.status != (less ? 1 : 0) || (less && !strstr(ran.err, said)))
                fail_msg("case %zu less %u: %d %s", i, less, ran.status, ran.err);
            free_ran(&ran);
        }
    }
}

// The search and the refusal know it too. All 32 outputs must stand in Glb.
static void the_search_knows(void **state) {
    (void)state;
    static const char *const rules[] = {
        // Registers may sum: finished words are enough.
        "      - {level: Main, temporal_dims: []}\n",
        // They sum one channel, and outputs move inside the loop over channels.
        "      - {level: Main, temporal_dims: []}\n"
        "      - {level: Glb, order: [C, K], factors_at_least: {K: 2}}\n"
        "      - {level: Rf, temporal_dims: [K, P]}\n",
        // As before, but channels stand inside.
        "      - {level: Main, temporal_dims: []}\n"
        "      - {level: Rf, temporal_dims: []}\n",
        // Outputs move in Glb, and channels outside of it.
        "      - {level: Main, temporal_dims: [C], factors_at_least: {C: 2}}\n"
        "      - {level: Glb, factors_at_least: {K: 2}}\n",
        // Each of two buffers sums half of the channels.
        "      - {level: Main, temporal_dims: [], spatial: {C: 2}}\n",
        // Outputs move in a memory between, and channels outside of it.
        "      - {level: Main, temporal_dims: [C], factors_at_least: {C: 2}}\n"
        "      - {level: Mid, temporal_dims: [K], factors: {K: 2}}\n"
        "      - {level: Glb, temporal_dims: []}\n",
        // Halves of two registers that the network adds.
        "      - {level: Main, temporal_dims: []}\n"
        "      - {level: Glb, spatial: {C: 2}}\n",
    };
    static const unsigned bits[] = {32 * 8,  32 * 24, 32 * 8, 32 * 24,
                                    32 * 24, 16 * 24, 32 * 8};
    static const char *const outside[] = {"", "", "", "", FANOUT "true}\n", MID, ""};
    for (unsigned i = 0; i < 14; i++) {
        const unsigned rule = i / 2, less = i % 2;
        write_problem(bits[rule] - less, outside[rule],
                      rule == 6 ? FANOUT "true}\n" : "", "");
        FILE *file = fopen(scratch("arch.yaml"), "a");
        assert_non_null(file);
        fprintf(file, "dataflow:\n  - name: d\n    constraints:\n%s", rules[rule]);
        assert_int_equal(fclose(file), 0);
        struct ran ran = run_program("map -a @arch.yaml -w @net.yaml");
        char said[80];
        snprintf(said, sizeof said,
                 "smallest change that admits one: %u bits in level 'Glb', not %u",
                 bits[rule], bits[rule] - 1);
        if (ran.status != (less ? 4 : 0) || (less && !strstr(ran.err, said)))
            fail_msg("rule %u, less %u: %d %s", rule, less, ran.status, ran.err);
        free_ran(&ran);
    }
}

// Sixteen multipliers whose network adds all channels hand over finished words.
static void multipliers_may_sum_all(void **state) {
    (void)state;
    for (unsigned less = 0; less < 2; less++) {
        char text[1000];
        write_problem(256, "", "", "");
        snprintf(
            text, sizeof text,
            "name: a\nsource: own words\nnode_nm: 45\nclock_ghz: 1\ntensors:\n"
            "  weights: {bits: 8}\n  inputs: {bits: 8}\n"
            "  outputs: {bits: 8, partial_bits: 24}\nlevels:\n"
            "  - level: Main\n    memory: {class: dram, pj_per_bit: 1}\n"
            "  - level: Glb\n    keeps: [outputs]\n"
            "    memory: {class: sram, capacity_bits: %u, port_bits: 8, access_pj: "
            "1, area_um2: 1}\n    fanout: {x: 16}\n    network: {topology: bus, "
            "pj_per_bit: 1, reduce: true}\n"
            "compute: {class: parallel, pj_per_mac: 1, area_um2: 1}\n"
            "dataflow:\n  - name: d\n    constraints:\n"
            "      - {level: Main, temporal_dims: []}\n"
            "      - {level: Glb, spatial: {C: 16}}\n",
            256 - less);
        write_text("arch.yaml", text);
        struct ran ran = run_program("map -a @arch.yaml -w @net.yaml");
        if (ran.status != (less ? 4 : 0) ||
            (less && !strstr(ran.err, "256 bits in level 'Glb', not 255")))
            fail_msg("less %u: %d %s", less, ran.status, ran.err);
        free_ran(&ran);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_as_wide_as_what_arrives),
        cmocka_unit_test(the_search_knows),
        cmocka_unit_test(multipliers_may_sum_all),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
