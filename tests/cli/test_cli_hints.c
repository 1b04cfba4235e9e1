// Hints: said where another space, or another fan-out, maps a layer much better, with
// a figure that the option reaches; not said where nothing would be won.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"

#define ARCH(fanout)                                                                  \
    "name: a\nsource: own words\nnode_nm: 45\nclock_ghz: 1\nword_bits: 16\nlevels:\n" \
    "  - level: Main\n    memory: {class: dram, pj_per_bit: 8}\n"                     \
    "  - level: Buf\n"                                                                \
    "    memory: {class: sram, capacity_kib: 64, port_bits: 16, access_pj: 10, "      \
    "area_um2: 1}\n"                                                                  \
    "    fanout: {" fanout "}\n"                                                      \
    "    network: {topology: systolic, multicast: [inputs], reduce: true, "           \
    "pj_per_bit: 0.1}\n"                                                              \
    "compute: {class: parallel, pj_per_mac: 1, area_um2: 1}\n"

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void write_layer(const char *text) {
    char whole[256];
    snprintf(whole, sizeof whole,
             "name: w\nsource: own words\nlayers:\n  - {name: l, %s}\n", text);
    write_text("w.yaml", whole);
}

static char *output(const char *line) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    free(ran.err);
    return ran.out;
}

static double number_in(const char *text, const char *key) {
    const char *at = strstr(text, key);
    assert_non_null(at);
    return strtod(at + strlen(key), NULL);
}

static double edp_of(const char *json) {
    return number_in(json, "\"energy_pj\":") * number_in(json, "\"latency_cycles\":");
}

// The hint says the option, and a gain that the option reaches.
static void hint_is_kept(const char *line, const char *option, const char *said) {
    char with[256];
    char *without = output(line);
    assert_non_null(strstr(without, said));
    const double gain = number_in(strstr(without, said), "EDP ");
    assert_true(gain > 1.1);
    snprintf(with, sizeof with, "%s %s", line, option);
    char *better = output(with);
    assert_true(edp_of(without) >= 0.99 * gain * edp_of(better));
    assert_null(strstr(better, said)); // nothing is left of it
    free(without);
    free(better);
}

static bool has_hint(const char *line, const char *said) {
    char *text = output(line);
    const bool null = strstr(text, "\"hint\": null") != NULL;
    const bool found = strstr(text, said) != NULL;
    assert_true(null || strstr(text, "\"hint\": \"") != NULL);
    free(text);
    return found;
}

#define MAP "map -a @a.yaml -w @w.yaml -f json"

static void test_prime_bounds(void **state) {
    (void)state;
    write_text("a.yaml", ARCH("x: 14, y: 1, dims_x: [K]"));
    write_layer("kind: fc, in: 64, out_channels: 197");
    hint_is_kept(MAP, "--imperfect 10", "--imperfect 10: ");
    write_layer("kind: fc, in: 64, out_channels: 196"); // 14 x 14
    assert_false(has_hint(MAP, "imperfect"));
    // Who asked for less padding is told nothing of more.
    write_layer("kind: fc, in: 64, out_channels: 197");
    assert_false(has_hint(MAP " --imperfect 1", "imperfect"));
    write_text("a.yaml", ARCH("x: 6, y: 1, dims_x: [K]"));
    write_layer("kind: fc, in: 64, out_channels: 11"); // 12 is 9 % more
    assert_true(has_hint(MAP, "--imperfect 10: "));
    assert_false(has_hint(MAP " --imperfect 1", "imperfect"));
    // Many multipliers, few of them used, but not for the bound.
    write_text("a.yaml", ARCH("x: 64, y: 128, dims_x: [K], dims_y: [K, C]"));
    write_layer("kind: fc, in: 64, out_channels: 257");
    hint_is_kept(MAP, "--imperfect 10", "--imperfect 10: ");
    write_layer("kind: fc, in: 1, out_channels: 8");
    assert_false(has_hint(MAP, "imperfect"));
}

static void test_dimensions_no_fanout_takes(void **state) {
    (void)state;
    write_layer("kind: dwconv, in: [64, 8, 8], kernel: 3, pad: 1");
    write_text("a.yaml", ARCH("x: 8, y: 32, dims_x: [K], dims_y: [C]"));
    char *text = output(MAP);
    assert_non_null(strstr(text,
                           "no fan-out takes G for this kind of layer: with it 64 "
                           "of 256 multipliers work, not 1, EDP "));
    const double gain = number_in(strstr(text, "no fan-out"), "EDP ");
    write_text("a.yaml", ARCH("x: 8, y: 32, dims_x: [K, G], dims_y: [C, G]"));
    char *wider = output(MAP);
    assert_true(edp_of(text) >= 0.99 * gain * edp_of(wider));
    assert_null(strstr(wider, "no fan-out"));
    free(text);
    free(wider);
    // One multiplier of 32 is very few, one of 16 is not.
    write_text("a.yaml", ARCH("x: 4, y: 8, dims_x: [K], dims_y: [C]"));
    assert_true(has_hint(MAP, "no fan-out takes G"));
    write_text("a.yaml", ARCH("x: 4, y: 4, dims_x: [K], dims_y: [C]"));
    assert_false(has_hint(MAP, "no fan-out takes G"));
    // One that takes it on Y is one, however few it takes.
    write_text("a.yaml", ARCH("x: 32, y: 2, dims_x: [K], dims_y: [G]"));
    assert_false(has_hint(MAP, "no fan-out takes G"));
    write_text("a.yaml", ARCH("x: 32, y: 8, dims_x: [K], dims_y: [G]"));
    write_layer("kind: dwconv, in: [3, 8, 8], kernel: 3, pad: 1");
    assert_false(has_hint(MAP, "no fan-out takes G"));
    // Fan-outs that take it, but not for this kind of layer.
    text = output("map -a simba -w vit_b16 -l l0.qk -f json");
    assert_non_null(strstr(text,
                           "no fan-out takes G for this kind of layer: with it 128 "
                           "of 1024 multipliers work, not 32, EDP "));
    free(text);
    // A layer that has the dimension only once.
    write_text("a.yaml", ARCH("x: 8, y: 32, dims_x: [G], dims_y: [G]"));
    write_layer("kind: fc, in: 1, out_channels: 1");
    assert_false(has_hint(MAP, "no fan-out"));
}

// A buffer dearer than what it saves.
static void test_bypass(void **state) {
    (void)state;
#define DEAR "-w mlp1_mnist -l fc3 --objective energy -f json"
    static const char arch[] =
        "name: a\nsource: s\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
        "  - level: DRAM\n    memory: {class: dram, pj_per_bit: 8}\n"
        "  - level: buffer\n    memory: {class: sram, capacity_kib: 1024, "
        "port_bits: 64, pj_per_bit: %s, area_um2: 1}\n"
        "compute: {class: parallel, pj_per_mac: 0.2, area_um2: 1}\n";
    char text[512];
    snprintf(text, sizeof text, arch, "9");
    write_text("a.yaml", text);
    char *without = output("map -a @a.yaml " DEAR);
    char *with = output("map -a @a.yaml --free-bypass " DEAR);
    const char *hint = strstr(without, "--free-bypass: energy ");
    assert_non_null(hint);
    assert_non_null(strstr(hint, " past buffer"));
    assert_null(strstr(with, "--free-bypass"));
    const double gain = number_in(hint, "energy ");
    assert_true(number_in(without, "\"energy_pj\":") >=
                0.99 * gain * number_in(with, "\"energy_pj\":"));
    free(without);
    free(with);
    snprintf(text, sizeof text, arch, "0.01");
    write_text("a.yaml", text);
    assert_false(has_hint("map -a @a.yaml " DEAR, "bypass"));
    // It would win something, but less than a tenth.
    snprintf(text, sizeof text, arch, "0.5");
    write_text("a.yaml", text);
    without = output("map -a @a.yaml " DEAR);
    with = output("map -a @a.yaml --free-bypass " DEAR);
    const double kept = number_in(with, "\"energy_pj\":");
    assert_true(number_in(without, "\"energy_pj\":") > 1.05 * kept);
    assert_non_null(strstr(without, "\"hint\": null"));
    free(without);
    free(with);
}

// People read one line; the file of a sweep has the same text, also once it continued.
static void test_lines_and_rows(void **state) {
    (void)state;
    write_text("a.yaml", ARCH("x: 14, y: 1, dims_x: [K]"));
    write_layer("kind: fc, in: 64, out_channels: 197");
    char *layer = output("map -a @a.yaml -w @w.yaml -l l");
    assert_non_null(strstr(layer, "\nhint         --imperfect 10: EDP "));
    char *network = output("map -a @a.yaml -w @w.yaml");
    assert_non_null(strstr(network, "\nhint: l: --imperfect 10: EDP "));
    // Layers of one shape share a line.
    write_text("three.yaml", "name: w\nsource: own words\nlayers:\n"
                             "  - {name: l, kind: fc, in: 64, out_channels: 197}\n"
                             "  - {name: m, kind: fc, in: 64, out_channels: 197}\n"
                             "  - {name: n, kind: fc, in: 64, out_channels: 197}\n");
    char *three = output("map -a @a.yaml -w @three.yaml");
    assert_non_null(strstr(three, "\nhint: l and 2 more: --imperfect 10: EDP "));
    free(three);
    write_text("s.yaml", "name: s\nworkloads: [w.yaml]\narchs: [a.yaml]\n"
                         "objective: energy\n");
    free(output("sweep @s.yaml -o @s.db"));
    // Another point of the same layer: its front and its hint are read from the file.
    write_text("s.yaml", "name: s\nworkloads: [w.yaml]\narchs: [a.yaml]\n"
                         "objective: edp\n");
    free(output("sweep @s.yaml -o @s.db"));
    char *rows = output("query @s.db -f csv SELECT~hint~FROM~v_layer");
    const char *first = strstr(rows, "--imperfect 10: EDP ");
    assert_non_null(first);
    assert_non_null(strstr(first + 1, "--imperfect 10: EDP "));
    char *file = output("export @s.db");
    assert_non_null(strstr(file, "\"hint\":\"--imperfect 10: EDP "));
    free(layer);
    free(network);
    free(rows);
    free(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prime_bounds),
        cmocka_unit_test(test_dimensions_no_fanout_takes),
        cmocka_unit_test(test_bypass),
        cmocka_unit_test(test_lines_and_rows),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
