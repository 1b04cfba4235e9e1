// Accelerators whose costs come from the library of components: shown, mapped, swept.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

static const char arch[] =
    "name: parts\nsource: made up\nnode_nm: 45\nclock_ghz: 1\nword_bits: 16\n"
    "levels:\n"
    "  - level: DRAM\n"
    "    memory: {class: dram, component: lpddr4}\n"
    "  - level: GLB\n"
    "    memory: {class: sram, depth: 4096, width_bits: 64, banks: 2}\n"
    "    fanout: {x: 4, y: 4}\n"
    "    network: {topology: bus, multicast: true, component: wire, length_mm: 1}\n"
    "  - level: pads\n"
    "    memory: {class: regfile, capacity_words: 16, component: register}\n"
    "compute: {component: mac_int}\n";
static const char net[] =
    "name: net\nsource: made up\nlayers:\n"
    "  - {name: l, kind: conv, in: [8, 8, 8], out_channels: 8, kernel: 3, pad: 1}\n";

// The value beside a component's number in a list of costs.
static double cost(const char *text, const char *component, const char *number) {
    char line[64];
    snprintf(line, sizeof line, "\n  %-14s %-22s", component, number);
    const char *at = strstr(text, line);
    if (!at)
        fail_msg("no %s of %s in %s", number, component, text);
    return strtod(at + strlen(line), NULL);
}

// What is seen in a file is said as it was written there.
static void what_is_seen_is_said(void **state) {
    (void)state;
    write_scratch("seen.yaml",
                  "{name: a, source: s, node_nm: 45, clock_ghz: 1, word_bits: 8, "
                  "levels: [{level: DRAM, memory: {class: dram, component: \"\"}}, "
                  "{level: GLB, memory: {class: sram, capacity_kib: 0.01, pj_per_bit: "
                  "\"\"}}], compute: {component: mac_int}}");
    run_says(1, "check @seen.yaml", "component: expected text, got an empty text [");
    run_says(1, "check @seen.yaml", "expected a number, got an empty text [");
    write_scratch("bits.yaml",
                  "{name: a, source: s, node_nm: 45, clock_ghz: 1, word_bits: 8, "
                  "levels: [{level: DRAM, memory: {class: dram, component: ddr4}}, "
                  "{level: GLB, memory: {class: sram, capacity_kib: 0.01, pj_per_bit: "
                  "1}}], compute: {component: mac_int}}");
    run_says(1, "check @bits.yaml", "memory 'GLB': 81.92 bits is not a whole number");
}

// The longest name of a number has room in its column.
static void numbers_stand_in_columns(void **state) {
    (void)state;
    write_scratch("ports.yaml",
                  "{name: a, source: s, node_nm: 45, clock_ghz: 1, word_bits: 8, "
                  "levels: [{level: DRAM, memory: {class: dram, component: ddr4, "
                  "shared_bits_per_cycle: {outputs: 64}, "
                  "write_bits_per_cycle: {outputs: 64}}}], "
                  "compute: {component: mac_int}}");
    char *text = run_text(0, "show arch @ports.yaml --costs");
    const size_t mark = (size_t)(strstr(text, "mark") - text);
    size_t lines = 0;
    for (char *line = strchr(text, '\n'); line && line[1];
         line = strchr(line + 1, '\n')) {
        if (line[mark] != ' ' || line[mark + 1] == ' ')
            fail_msg("%s", text);
        lines++;
    }
    assert_true(lines >= 6);
    free(text);
}

static void costs_are_shown_at_any_node(void **state) {
    (void)state;
    write_scratch("arch.yaml", arch);
    char *own = run_text(0, "show arch @arch.yaml --costs");
    char *small = run_text(0, "show arch @arch.yaml --costs --node 28");
    char *whole = run_text(0, "show arch @arch.yaml --node 28");
    assert_null(strstr(own, "Source:"));
    assert_non_null(strstr(whole, small));
    assert_non_null(strstr(whole, "parts: 28 nm"));
    assert_true(cost(own, "DRAM", "read") == 8);
    assert_true(cost(small, "DRAM", "read") == 8);
    assert_true(cost(own, "multiplier", "MAC") > 0.859 &&
                cost(own, "multiplier", "MAC") < 0.861);
    // 0.507: between the energies at 32 and 20 nm.
    const double ratio =
        cost(small, "multiplier", "MAC") / cost(own, "multiplier", "MAC");
    assert_true(ratio > 0.50 && ratio < 0.51);
    assert_true(cost(small, "GLB", "read") < 0.6 * cost(own, "GLB", "read"));
    assert_true(cost(small, "GLB", "network, inputs") ==
                cost(own, "GLB", "network, inputs"));
    free(own);
    free(small);
    free(whole);
    run_says(1, "show arch @arch.yaml --node 5", "component-lookup");
    run_says(2, "show workload mobilenetv2 --costs", "--costs is for accelerators");
    run_says(2, "show workload mobilenetv2 --node 28", "--node is for accelerators");
    run_says(2, "show arch", "which arch?");
    run_says(2, "show component", "cannot show 'component': expected arch,");
    run_says(2, "show arch eyeriss -w resnet50", "--workload is for mappings");
    run_says(2, "show workload resnet50 -l conv1", "--layer is for mappings");
    run_says(2, "show components -a eyeriss", "--arch is for mappings");
}

static void the_library_is_listed_whole(void **state) {
    (void)state;
    char *text = run_text(0, "show components");
    static const char *const names[] = {"\nddr5 ",     "\nhbm4 ",      "\nregister ",
                                        "\nfifo ",     "\nmac_int ",   "\nmac_fp32 ",
                                        "\nalu_int ",  "\nshift_add ", "\nwire ",
                                        "\ncrossbar ", "\nadc ",       "\ndac "};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strstr(text, names[i]))
            fail_msg("no %s in %s", names[i], text);
    free(text);
    run_says(2, "show components more", "'more' is one more");
}

// Components leak where the file asks for it, at any node; what is given wins, and what
// is not known is refused.
static void leakage_is_counted_on_request(void **state) {
    (void)state;
    char leaking[sizeof arch + 64];
    snprintf(leaking, sizeof leaking, "component_leakage: true\n%s", arch);
    write_scratch("quiet.yaml", arch);
    write_scratch("leaking.yaml", leaking);
    write_scratch("net.yaml", net);
    char *quiet = run_text(0, "show arch @quiet.yaml --costs"),
         *own = run_text(0, "show arch @leaking.yaml --costs"),
         *small = run_text(0, "show arch @leaking.yaml --costs --node 28");
    assert_null(strstr(quiet, "component register: 0.000074"));
    // 16 words of 16 bits at 45 nm, one multiplier: as energy moves from 40 to 45 nm.
    const double pads = cost(own, "pads", "leakage"),
                 multiplier = cost(own, "multiplier", "leakage");
    assert_true(pads > 256 * 7.4e-5 * 1.1 && pads < 256 * 7.4e-5 * 1.2);
    assert_true(multiplier > 0.0146 && multiplier < 0.0148); // 1200 um2
    assert_true(cost(small, "pads", "leakage") < 0.52 * pads);
    assert_non_null(strstr(small, "as dynamic energy, Stillmaker"));
    // DRAM has none; the buffer's is that of its table, with and without.
    assert_null(strstr(own, "component lpddr4: 0."));
    assert_true(cost(own, "GLB", "leakage") == cost(quiet, "GLB", "leakage"));
    free(quiet);
    free(own);
    free(small);
    // 16 register files and multipliers leak, all the time.
    write_scratch("leaks.yaml", "name: s\nworkloads: [net.yaml]\nobjective: energy\n"
                                "archs:\n  - path: quiet.yaml\n    override:\n"
                                "      component_leakage: [false, true]\n");
    free(run_text(0, "sweep @leaks.yaml -q -o @leaks.db"));
    char line[128];
    snprintf(line, sizeof line, "\n%.3f\n", 16 * (pads + multiplier));
    run_says(0,
             "query @leaks.db "
             "select~printf('%.3f',(max(energy_pj)-min(energy_pj))/(max(latency_s)*1e9)"
             ")~from~v_point -f csv",
             line);
    write_scratch("scratch.yaml",
                  "{name: a, source: s, node_nm: 65, clock_ghz: 1, word_bits: 16, "
                  "component_leakage: true, levels: [{level: DRAM, memory: {class: "
                  "dram, component: ddr4}}, {level: pads, memory: {class: regfile, "
                  "capacity_words: 16, component: scratchpad}}], "
                  "compute: {component: mac_int_28nm, leakage_mw: 0.5}}");
    run_says(1, "check @scratch.yaml",
             "memory 'pads': what component 'scratchpad' leaks is not known, and "
             "`component_leakage: true` counts it: say leakage_mw [component-lookup]");
    run_says(1, "check @scratch.yaml", "1 error, ");
}

// A component is an axis like any other, and what it cannot do is said with its place.
static void a_sweep_varies_components(void **state) {
    (void)state;
    write_scratch("arch.yaml", arch);
    write_scratch("net.yaml", net);
    write_scratch("s.yaml", "name: s\nworkloads: [net.yaml]\nobjective: energy\n"
                            "archs:\n  - path: arch.yaml\n    override:\n"
                            "      DRAM.component: [lpddr4, hbm4]\n"
                            "      compute.component: [mac_int, mac_fp16]\n"
                            "      GLB.depth: [4096, =2 * 2^12]\n");
    free(run_text(0, "sweep @s.yaml -q -o @r.db"));
    run_says(0, "query @r.db select~count(distinct~energy_pj)~from~v_point -f csv",
             "\n8\n");
    // 9 * 8 * 8 * 64 MACs at 0.86 and 1.5 pJ.
    run_says(0,
             "query @r.db select~printf('%.1f',max(m)-min(m))~from~(select~"
             "sum(energy_pj)~m~from~v_energy~where~component='MAC'~group~by~"
             "point_id) -f csv",
             "\n23593.0"); // 36864 * 0.64 = 23592.96
    write_scratch("wrong.yaml", "name: s\nworkloads: [net.yaml]\nobjective: energy\n"
                                "archs:\n  - path: arch.yaml\n    override:\n"
                                "      compute.component: [mac_int, mac_fp32]\n");
    run_says(0, "sweep @wrong.yaml -q -o @w.db", "");
    run_says(0, "query @w.db select~reason~from~v_point~where~reason~not~null -f csv",
             "mac_fp32");
}

static void both_names_of_a_width_are_one_too_many(void **state) {
    (void)state;
    char text[sizeof arch + 32];
    const char *at = strstr(arch, ", banks: 2");
    snprintf(text, sizeof text, "%.*s, port_bits: 64%s", (int)(at - arch), arch, at);
    write_scratch("arch.yaml", text);
    run_says(1, "check @arch.yaml", "[width-twice]");
    at = strstr(arch, "width_bits: 64, ");
    snprintf(text, sizeof text, "%.*s%s", (int)(at - arch), arch, at + 16);
    write_scratch("arch.yaml", text);
    run_says(1, "check @arch.yaml", "'depth' counts rows of 'width_bits'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_seen_is_said),
        cmocka_unit_test(numbers_stand_in_columns),
        cmocka_unit_test(costs_are_shown_at_any_node),
        cmocka_unit_test(leakage_is_counted_on_request),
        cmocka_unit_test(the_library_is_listed_whole),
        cmocka_unit_test(a_sweep_varies_components),
        cmocka_unit_test(both_names_of_a_width_are_one_too_many),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
