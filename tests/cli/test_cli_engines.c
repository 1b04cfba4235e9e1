// Engines in an accelerator, from the file to the point: what a network's statistics
// make of a layer, in map, explain, show and a sweep's database.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char arch[] =
    "name: a\nsource: own words\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
    "  - level: Main\n    memory: {class: dram, pj_per_bit: 8}\n"
    "  - level: Glb\n    memory: {class: sram, capacity_kib: 64, port_bits: 8, "
    "access_pj: 1, area_um2: 1}\n"
    "    fanout: {x: 16, dims_x: [K, C]}\n"
    "    network: {topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}\n"
    "compute: {class: bit_serial, cycles_per_mac: 4, pj_per_mac: 1, area_um2: 1}\n"
    "engines:\n"
    "  - {name: digits, kind: bit_serial, encoding: booth4, lanes: 8, columns: 2, "
    "registers: inf, pj_per_digit: 0.5, area_um2: 10}\n"
    "  - {name: zeros, kind: gate, operands: inputs, pj_per_test: 0.125}\n";

// Three layers of one shape: many digits, few, none known.
static const char net[] =
    "name: n\nsource: own words\nlayers:\n"
    "  - {name: many, kind: fc, in: 64, out_channels: 32, rows: 8, activations: {mark: "
    "assumed, source: own, bits: 8, signed: false, density: 0.9, digits: {booth4: [10, "
    "10, 20, 30, 20, 10]}}}\n"
    "  - {name: few, kind: fc, in: 64, out_channels: 32, rows: 8, activations: {mark: "
    "assumed, source: own, bits: 8, signed: false, density: 0.4, digits: {booth4: [60, "
    "30, 10]}}}\n"
    "  - {name: unknown, kind: fc, in: 64, out_channels: 32, rows: 8}\n";

static char *run(const char *line, int status) {
    struct ran ran = run_program(line);
    if (ran.status != status)
        fail_msg("%s: %d %s%s", line, ran.status, ran.out, ran.err);
    char *out = strdup(ran.out);
    assert_non_null(out);
    free_ran(&ran);
    return out;
}

static double query_of(const char *file, const char *sql) {
    char words[600], line[700];
    snprintf(words, sizeof words, "%s", sql);
    for (char *c = words; (c = strchr(c, ' '));)
        *c = '~';
    snprintf(line, sizeof line, "query @%s %s -f csv", file, words);
    char *out = run(line, 0);
    const double value = strtod(strchr(out, '\n') + 1, NULL);
    free(out);
    return value;
}

static double query(const char *sql) { return query_of("r.db", sql); }

static void write_files(void) {
    write_text("arch.yaml", arch);
    write_text("net.yaml", net);
}

// Each layer is mapped for itself, and every line of explain is the evaluator's.
static void explains_what_is_left(void **state) {
    (void)state;
    static const char *const names[] = {"many", "few", "unknown"};
    char *text[3];
    write_files();
    for (int i = 0; i < 3; i++) {
        char line[200];
        snprintf(line, sizeof line,
                 "map -a @arch.yaml -w @net.yaml -l %s --objective energy -o @%s.yaml "
                 "--force",
                 names[i], names[i]);
        free(run(line, 0));
        snprintf(line, sizeof line,
                 "explain -a @arch.yaml -w @net.yaml -l %s -m @%s.yaml", names[i],
                 names[i]);
        text[i] = run(line, 0);
        assert_non_null(strstr(text[i], "exactly the evaluator's energy"));
    }
    assert_non_null(strstr(text[0], "engines leave 0.9 of the MACs"));
    assert_non_null(strstr(text[1], "engines leave 0.4 of the MACs"));
    assert_non_null(strstr(text[2], "no histogram of its inputs' digits is known"));
    assert_non_null(strstr(text[2], "has all 5 digits"));
    assert_non_null(strstr(text[2], "steps x 4 cycles per MAC"));
    for (int i = 0; i < 3; i++)
        free(text[i]);
}

static void shows_and_writes_them(void **state) {
    (void)state;
    write_files();
    write_text(
        "wide.yaml",
        "name: wide\nsource: s\nnode_nm: 45\nclock_ghz: 1\nword_bits: 9\nlevels:\n"
        "  - level: DRAM\n    memory: {class: dram, pj_per_bit: 10}\n"
        "compute: {pj_per_mac: 1}\nengines:\n"
        "  - {kind: products_first, below: DRAM, free: true, multipliers: 1}\n");
    free(run("map -a @wide.yaml -w @net.yaml -l many --form kind:~unique", 0));
    free(run("map -a @wide.yaml -w @net.yaml -l many --form "
             "kind:~unique,range_sigmas:~9",
             1));
    char *out = run("show arch @arch.yaml", 0);
    assert_non_null(strstr(out, "digits (bit_serial)"));
    assert_non_null(strstr(out, "zeros (gate)"));
    free(out);
}

// A digit is paid where its MAC is done, a test for each MAC; parts add up to the
// whole.
static void stores_each_engine(void **state) {
    (void)state;
    write_files();
    write_text("s.yaml", "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                         "objective: energy\n");
    free(run("sweep @s.yaml -q -o @r.db", 0));
    const double macs = 64.0 * 32 * 8;
    assert_true(
        fabs(query("select sum(energy_pj) from v_energy where component = 'zeros'") -
             3 * 0.125 * macs) < 1e-6);
    // Mean digits 2.7 and 0.5, zeros counted; all 5 where none are known.
    assert_true(
        fabs(query("select sum(energy_pj) from v_energy where component = 'digits'") -
             0.5 * macs * (2.7 + 0.5 + 5)) < 1e-6);
    assert_true(
        fabs(query("select sum(energy_pj) from v_energy where component = 'MAC'") -
             macs * (0.9 + 0.4 + 1)) < 1e-6);
    assert_true(query("select count(distinct latency_cycles) from v_layer") == 3);
    assert_true(
        query("select max(latency_cycles) from v_layer where layer = 'unknown'") >
        query("select max(latency_cycles) from v_layer where layer = 'few'"));
    // One of the digits below the only fan-out's memory, 16 multipliers.
    assert_true(fabs(query("select area_mm2 from v_point") * 1e6 - (1 + 16 + 10)) <
                1e-6);
}

// Less than half a digit on the whole is energy too.
static void stores_what_rounds_to_nothing(void **state) {
    (void)state;
    write_files();
    write_text(
        "one.yaml",
        "name: one\nsource: own words\nlayers:\n"
        "  - {name: one, kind: fc, in: 1, out_channels: 1, rows: 1, activations: "
        "{mark: assumed, source: own, bits: 8, signed: false, density: 0.4, "
        "digits: {booth4: [60, 40]}}}\n");
    write_text("one_s.yaml", "name: s\nworkloads: [one.yaml]\narchs: [arch.yaml]\n"
                             "objective: energy\n");
    remove(scratch("r.db"));
    free(run("sweep @one_s.yaml -q -o @r.db", 0));
    assert_true(
        fabs(query("select sum(energy_pj) from v_energy where component = 'digits'") -
             0.5 * 0.4) < 1e-9);
}

// A layer of which an engine cannot know what to leave out is dense, and said to be.
static void explains_layers_taken_as_dense(void **state) {
    (void)state;
    static const char *const engines[] = {
        "{name: other, kind: index_selector, operands: inputs, slices: 4, group: 2, "
        "lines: 2, sync: tile, pj_per_row: 0.5}",
        "{name: other, kind: cartesian, grid_rows: 2, grid_columns: 2, weight_vector: "
        "2, "
        "input_vector: 2, accumulators: 64, pj_per_product: 0.5}"};
    write_text(
        "dilated.yaml",
        "name: d\nsource: own words\nlayers:\n"
        "  - {name: l, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 3, pad: "
        "2, dilation: 2, density: {inputs: 0.5, weights: 0.5}}\n");
    for (int i = 0; i < 2; i++) {
        char *text = strdup(arch);
        assert_non_null(text);
        char *from = strstr(text, "  - {name: digits");
        assert_non_null(from);
        *from = '\0';
        char whole[2000];
        snprintf(whole, sizeof whole, "%s  - %s\n", text, engines[i]);
        free(text);
        write_text("dense.yaml", whole);
        free(run("map -a @dense.yaml -w @dilated.yaml -l l --objective energy -o "
                 "@l.yaml --force",
                 0));
        char *out = run("explain -a @dense.yaml -w @dilated.yaml -l l -m @l.yaml", 0);
        assert_non_null(strstr(out, "other takes this layer as dense"));
        assert_non_null(strstr(out, "exactly the evaluator's energy"));
        free(out);
    }
}

// Other statistics are another problem: a continued file holds both.
static void statistics_are_part_of_a_point(void **state) {
    (void)state;
    write_files();
    write_text("s.yaml", "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                         "objective: energy\n");
    free(run("sweep @s.yaml -q -o @again.db", 0));
    char *changed = strdup(net);
    assert_non_null(changed);
    memcpy(strstr(changed, "density: 0.4"), "density: 0.3", 12);
    memcpy(strstr(changed, "[60, 30"), "[70, 20", 7);
    write_text("net.yaml", changed);
    free(changed);
    char *out = run("sweep @s.yaml -o @again.db", 0);
    free(out);
    out = run("query @again.db "
              "select~count(distinct~energy_pj)~from~v_layer~where~layer='few' "
              "-f csv",
              0);
    assert_true(strtod(strchr(out, '\n') + 1, NULL) == 2);
    free(out);
}

// Rows that filters leave out together are measured for the very groups of the
// selector, and only there.
static void rows_of_sharing_groups_are_measured(void **state) {
    (void)state;
    write_text(
        "rows.yaml",
        "name: r\nsource: own words\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
        "  - level: Main\n    memory: {class: dram, pj_per_bit: 8}\n"
        "  - level: Glb\n    memory: {class: sram, capacity_kib: 64, port_bits: 8, "
        "access_pj: 1}\n"
        "compute: {pj_per_mac: 1}\n"
        "engines:\n"
        "  - {kind: rebuild, below: Glb, rows_per_cycle: 1, free: true}\n"
        "  - {name: rows, kind: index_selector, slices: 64, group: 32, lines: 4, sync: "
        "tile, pj_per_row: 1}\n");
    write_text("conv.yaml",
               "name: c\nsource: own words\nlayers:\n  - {name: a, kind: conv, in: [4, "
               "6, 6], out_channels: 64, kernel: 3, pad: 1}\n");
    write_text(
        "g.yaml",
        "name: g\nworkloads: [conv.yaml]\narchs: [rows.yaml]\nobjective: energy\n"
        "override: {engines.rows.group: [1, 3, 32, 64], engines.rows.operands: [both, "
        "inputs, weights]}\n"
        "weight_forms: [{name: m, sparsity: 0.8, row_sparsity: true, prune: "
        "population, "
        "prune_amount: 0.5, prune_group: 4}]\n");
    free(run("sweep @g.yaml -q -o @g.db", 0));
    free(run("sweep @g.yaml -q -o @g.db", 0)); // what is measured is found again
    assert_true(
        query_of("g.db",
                 "select count(*) from v_layer where joint_row_density not null") == 8);
    assert_true(
        query_of("g.db", "select count(*) from v_layer where sharing_group is 3") == 2);
    assert_true(query_of("g.db",
                         "select joint_row_density = row_density from v_layer where "
                         "sharing_group = 1") == 1);
    assert_true(query_of("g.db",
                         "select joint_row_density = joint_row_density_32 from v_layer "
                         "where sharing_group = 32") == 1);
    assert_true(query_of("g.db",
                         "select joint_row_density = joint_row_density_64 from v_layer "
                         "where sharing_group = 64") == 1);
    // Pruned in fours, the rows of three live more often than one's, not as often as
    // those of independent filters.
    assert_true(
        query_of("g.db",
                 "select joint_row_density between 1.01 * row_density and 0.95 * (1 "
                 "- (1 - row_density) * (1 - row_density) * (1 - row_density)) "
                 "from v_layer where sharing_group = 3") == 1);
    char *out;
    static const char *const forms[] = {
        "basis_size:~3,~sparsity:~0.8",
        "basis_size:~3,~density:~0.2,~row_density:~0.5"};
    static const char *const words[] = {"measured on the weights",
                                        "as if filters were independent"};
    for (int i = 0; i < 2; i++) {
        char line[300];
        snprintf(line, sizeof line,
                 "map -a @rows.yaml -w @conv.yaml -l a --form %s --objective energy -o "
                 "@m.yaml --force",
                 forms[i]);
        free(run(line, 0));
        snprintf(line, sizeof line,
                 "explain -a @rows.yaml -w @conv.yaml -l a --form %s -m @m.yaml",
                 forms[i]);
        out = run(line, 0);
        static const char needed[] = "rows that some of 32 filters needs: ";
        const char *rows = strstr(out, needed);
        assert_non_null(rows);
        const double share = strtod(rows + strlen(needed), NULL);
        assert_true(i == 0 ? share > 0 && share <= 1
                           : fabs(share - (1 - ldexp(1, -32))) < 1e-12);
        assert_non_null(strstr(out, words[i]));
        free(out);
    }
}

// Weights that are taken one by one: measured in each form, once; a layer whose plain
// words say nothing takes the cycles declared.
static void digits_of_weights_are_measured(void **state) {
    (void)state;
    write_text(
        "serial.yaml",
        "name: r\nsource: own words\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
        "  - level: Main\n    memory: {class: dram, pj_per_bit: 8}\n"
        "  - level: Glb\n    memory: {class: sram, capacity_kib: 64, port_bits: 8, "
        "access_pj: 1}\n"
        "compute: {class: bit_serial, cycles_per_mac: 8, pj_per_mac: 1}\n"
        "engines:\n"
        "  - {kind: rebuild, below: Glb, rows_per_cycle: 1, free: true}\n"
        "  - {name: digits, kind: bit_serial, serial: weights, encoding: csd, lanes: "
        "4, "
        "pj_per_digit: 0.5}\n");
    write_text("conv.yaml",
               "name: c\nsource: own words\nlayers:\n"
               "  - {name: a, kind: conv, in: [4, 6, 6], out_channels: 16, kernel: 3}\n"
               "  - {name: b, kind: conv, in: [4, 6, 6], out_channels: 16, kernel: 3, "
               "weight_digits: {mark: assumed, digits: {csd: [1, 1]}}}\n");
    write_text("w.yaml",
               "name: w\nworkloads: [conv.yaml]\narchs: [serial.yaml]\nobjective: "
               "energy\noverride: {engines.digits.encoding: [csd, booth4], "
               "engines.digits.serial: [weights, inputs]}\n"
               "weight_forms: [raw, {name: m, sparsity: [0.2, 0.8]}, {name: d, "
               "density: 0.5, row_density: 0.9}]\n");
    free(run("sweep @w.yaml -q -o @w.db", 0));
    free(run("sweep @w.yaml -q -o @w.db", 0)); // what is measured is found again
    assert_true(query_of("w.db", "select count(*) from v_layer where digits_per_weight "
                                 "not null") == 8);
    assert_true(query_of("w.db", "select count(distinct digits_per_weight) from "
                                 "v_layer") == 8);
    assert_true(query_of("w.db", "select min(digit_encoding = 'csd') = 0 and "
                                 "max(digit_encoding = 'csd') = 1 from v_layer") == 1);
    // Zeros take a cycle, too; others at most four digits.
    assert_true(query_of("w.db",
                         "select max(digits_per_weight <= compute_cycles * 1.0 / "
                         "macs and compute_cycles <= 4 * macs) from v_layer "
                         "where digits_per_weight not null") == 1);
    // A digit is paid in the form, and in b's plain words.
    assert_true(
        fabs(query_of("w.db",
                      "select max(abs(e.energy_pj - 0.5 * l.macs * "
                      "l.digits_per_weight)) from v_energy e join v_layer l "
                      "using (point_id, layer_index) where e.component = 'digits' "
                      "and l.digits_per_weight not null")) < 1e-6);
    static const char *const forms[] = {"raw", "raw", "sparsity:~0.8",
                                        "density:~0.5,~row_density:~0.9"};
    static const char *const words[] = {"no histogram of its weights' digits is known",
                                        "has 0.5 digits (csd, assumed)",
                                        "digits (csd, measured on the rebuilt words)",
                                        "no histogram of its weights' digits is known"};
    for (int i = 0; i < 4; i++) {
        char line[300];
        snprintf(line, sizeof line,
                 "map -a @serial.yaml -w @conv.yaml -l %s --form %s --objective energy "
                 "-o @m.yaml --force",
                 i ? "b" : "a", forms[i]);
        free(run(line, 0));
        snprintf(line, sizeof line,
                 "explain -a @serial.yaml -w @conv.yaml -l %s --form %s -m @m.yaml",
                 i ? "b" : "a", forms[i]);
        char *out = run(line, 0);
        assert_non_null(strstr(out, words[i]));
        assert_non_null(strstr(out, "exactly the evaluator's energy"));
        free(out);
    }
}

// Pairs that are not zero, by channel where both operands say theirs.
static void explains_pairs_of_channels(void **state) {
    (void)state;
    write_text("pairs.yaml",
               "name: r\nsource: own words\nnode_nm: 28\nclock_ghz: 1\nword_bits: "
               "8\nlevels:\n"
               "  - level: Main\n    memory: {class: dram, pj_per_bit: 8}\n"
               "compute: {class: parallel, cycles_per_mac: 1, pj_per_mac: 1}\n"
               "engines:\n"
               "  - {name: zeros, kind: gate, operands: both, free: true}\n");
    write_text("channels.yaml",
               "name: c\nsource: own words\nlayers:\n"
               "  - {name: a, kind: conv, in: [2, 6, 6], out_channels: 4, kernel: 1, "
               "activations: {mark: assumed, density: 0.5, channels: [0.25, 0.75]}, "
               "weight_digits: {mark: assumed, digits: {csd: [1, 1]}, channels: [0.75, "
               "0.25]}}\n"
               "  - {name: b, kind: conv, in: [2, 6, 6], out_channels: 4, kernel: 1, "
               "activations: {mark: assumed, density: 0.5, channels: [0.25, 0.75]}, "
               "density: {weights: 0.5}}\n");
    static const char *const names[] = {"a", "b"};
    static const char *const words[] = {
        "both not zero: 0.1875, by the densities of each channel",
        "both not zero: 0.25, the product of the means"};
    for (int i = 0; i < 2; i++) {
        char line[160];
        snprintf(line, sizeof line,
                 "map -a @pairs.yaml -w @channels.yaml -l %s --objective energy -o "
                 "@pair.yaml --force",
                 names[i]);
        free(run(line, 0));
        snprintf(line, sizeof line,
                 "explain -a @pairs.yaml -w @channels.yaml -l %s -m @pair.yaml",
                 names[i]);
        char *out = run(line, 0);
        assert_non_null(strstr(out, words[i]));
        assert_non_null(strstr(out, i ? "engines leave 0.25 of the MACs"
                                      : "engines leave 0.1875 of the MACs"));
        free(out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explains_what_is_left),
        cmocka_unit_test(shows_and_writes_them),
        cmocka_unit_test(stores_each_engine),
        cmocka_unit_test(stores_what_rounds_to_nothing),
        cmocka_unit_test(explains_layers_taken_as_dense),
        cmocka_unit_test(explains_pairs_of_channels),
        cmocka_unit_test(statistics_are_part_of_a_point),
        cmocka_unit_test(rows_of_sharing_groups_are_measured),
        cmocka_unit_test(digits_of_weights_are_measured),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
