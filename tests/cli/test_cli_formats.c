// Formats of memories, from the file to the point: explain, what a layer leaves plain,
// overrides, and what makes another problem of it.
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
    "  - level: Main\n    memory: {class: dram, pj_per_bit: 8, format: {inputs: "
    "{compression: csc_run, run_bits: 4, occupancy: worst}, outputs: {compression: "
    "bitmap, only_if_smaller: true, for: [fc]}}}\n"
    "  - level: Glb\n    memory: {class: sram, capacity_kib: 64, port_bits: 8, "
    "access_pj: 1}\n"
    "  - level: Pad\n    memory: {class: regfile, capacity_words: 64, pj_per_bit: 0.1, "
    "keeps: [weights], format: {weights: bitmap}}\n"
    "compute: {pj_per_mac: 1}\n"
    "engines:\n  - {kind: rebuild, below: Glb, rows_per_cycle: 1, pj_per_shift_add: 1, "
    "pj_per_basis_read: 1, pj_per_basis_write: 1}\n";

static const char net[] =
    "name: n\nsource: own words\nlayers:\n"
    "  - {name: coded, kind: fc, in: 64, out_channels: 32, rows: 8, density: {inputs: "
    "0.25, outputs: 0.5}}\n"
    "  - {name: plain, kind: fc, in: 64, out_channels: 32, rows: 8, density: {inputs: "
    "0.25, outputs: 0.5}, uncoded: [inputs]}\n"
    "  - {name: dense, kind: fc, in: 64, out_channels: 32, rows: 8}\n";

static char *run(const char *line, int status) {
    struct ran ran = run_program(line);
    if (ran.status != status)
        fail_msg("%s: %d %s%s", line, ran.status, ran.out, ran.err);
    char *out = strdup(ran.out);
    assert_non_null(out);
    free_ran(&ran);
    return out;
}

static double query(const char *file, const char *sql) {
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

static void explains_what_a_word_takes(void **state) {
    (void)state;
    static const char *const names[] = {"coded", "plain", "dense"};
    char *text[3];
    write_text("arch.yaml", arch);
    write_text("net.yaml", net);
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
    // 9 pointers of 10 bits beside 512 words: dense ones take 8 + 4 bits each.
    assert_non_null(strstr(text[0], "Main inputs, csc_run, runs of 4 bits: 0.25 of the "
                                    "words are not zero"));
    assert_non_null(strstr(text[0], "its place 12.1757"));
    assert_non_null(strstr(text[0], "Main outputs, bitmap: 0.5 of the words are not "
                                    "zero, 5 bits of a word of 8\n"));
    assert_non_null(
        strstr(text[1], "not of this layer's words (the layer says so), 8 bits"));
    assert_non_null(
        strstr(text[2], "not of this layer's words (they would be longer), 8 bits"));
    for (int i = 0; i < 3; i++)
        free(text[i]);
}

static void what_a_point_is_made_of(void **state) {
    (void)state;
    write_text("arch.yaml", arch);
    write_text("net.yaml", net);
    write_text("s.yaml",
               "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\nobjective: energy\n"
               "override: {Main.format: [{inputs: uncompressed}, {inputs: bitmap}, "
               "{inputs: coo}]}\n");
    free(run("sweep @s.yaml -q -o @r.db", 0));
    // Bits of 512 inputs that DRAM gives up, in the three formats: 8; 0.25 x 8 + 1;
    // 0.25 x (8 + 3 + 6).
    const double plain =
        query("r.db", "select min(energy_pj) from v_layer where layer = 'plain'");
    assert_true(
        plain ==
        query("r.db", "select max(energy_pj) from v_layer where layer = 'plain'"));
    const double bitmap =
        query("r.db", "select min(energy_pj) from v_layer where layer = 'coded'");
    assert_true(fabs(plain - bitmap - 8 * 512 * (8 - 3)) < 1e-6);
    assert_true(query("r.db", "select count(distinct energy_pj) from v_layer where "
                              "layer = 'coded'") == 3);
    assert_true(
        fabs(query("r.db", "select max(energy_pj) from v_layer where layer = 'coded'") -
             plain) < 1e-6);
}

// A tile that fits in the mean, but not whatever its words are, is refused with what it
// takes.
static void refuses_what_may_not_fit(void **state) {
    (void)state;
    static const char *const ends[] = {
        "19", ", occupancy: worst", "18", ", occupancy: worst", "18", ""};
    write_text("four.yaml",
               "name: n\nsource: own words\nlayers:\n  - {name: l, kind: fc, "
               "in: 4, out_channels: 4, density: {inputs: 0.25, weights: "
               "0.25}}\n");
    for (int i = 0; i < 3; i++) {
        char text[1000];
        snprintf(
            text, sizeof text,
            "name: a\nsource: own words\nnode_nm: 28\nclock_ghz: 1\nword_bits: "
            "8\nlevels:\n  - level: Main\n    memory: {class: dram, pj_per_bit: 8}\n"
            "  - level: Pad\n    memory: {class: regfile, capacity_bits: %s, "
            "pj_per_bit: 0.1, keeps: [inputs, weights], format: {inputs: "
            "{compression: bitmap%s}, weights: {compression: csc, rows: 1, columns: "
            "1%s}}}\ncompute: {pj_per_mac: 1}\n",
            ends[2 * i], ends[2 * i + 1], ends[2 * i + 1]);
        write_text("small.yaml", text);
        struct ran ran = run_program("map -a @small.yaml -w @four.yaml -l l -o @s.yaml "
                                     "--force");
        // 9 bits for an input; 8 for a weight and two pointers of a bit.
        assert_int_equal(ran.status, i == 1 ? 4 : 0);
        if (i == 1)
            assert_non_null(strstr(ran.err, "19 bits in level 'Pad', not 18"));
        free_ran(&ran);
    }
}

// Two operations for each MAC, over the bytes that DRAM moves; of one occurrence.
static void operations_per_byte(void **state) {
    (void)state;
    write_text("arch.yaml", arch);
    write_text("net.yaml",
               "name: n\nsource: own words\nlayers:\n"
               "  - {name: one, kind: fc, in: 64, out_channels: 32, rows: 8, "
               "repeat: 3}\n");
    write_text("o.yaml", "name: o\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                         "objective: energy\n"
                         "override: {Main.format: [{inputs: uncompressed}]}\n");
    free(run("sweep @o.yaml -q -o @o.db", 0));
    // Every word crosses once: 512 inputs, 2048 weights and 256 outputs of a byte.
    assert_true(fabs(query("o.db", "select ops_per_dram_byte from v_layer") -
                     2.0 * 64 * 32 * 8 / (512 + 2048 + 256)) < 1e-9);
}

// What passes lose is in the latency, in its table and its database, and explained.
static void passes(void **state) {
    (void)state;
    write_text("net.yaml", net);
    char *text = strdup(arch);
    assert_non_null(text);
    char *at = strstr(text, "  - level: Glb\n");
    char pass[4000];
    snprintf(pass, sizeof pass, "%.*s  - level: Glb\n    pass: {start_cycles: 100}\n%s",
             (int)(at - text), text, at + strlen("  - level: Glb\n"));
    write_text("arch.yaml", pass);
    free(text);
    free(run("map -a @arch.yaml -w @net.yaml -l dense --objective latency -o @p.yaml "
             "--force",
             0));
    char *out = run("explain -a @arch.yaml -w @net.yaml -l dense -m @p.yaml", 0);
    assert_non_null(strstr(out, "Glb: 1 pass of the loops outside x 100 cycles (start "
                                "100, skew 0 a hop) add to the latency"));
    free(out);
    write_text("p.yaml", "name: p\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                         "objective: latency\noverride: {Glb.pass.start_cycles: [0, "
                         "50]}\n");
    free(run("sweep @p.yaml -q -o @p.db", 0));
    assert_true(query("p.db", "select max(pass_cycles) from v_layer where layer = "
                              "'dense'") == 50);
    assert_true(query("p.db", "select max(latency_cycles) - min(latency_cycles) from "
                              "v_layer where layer = 'dense'") == 50);
    write_text("arch.yaml", arch);
}

// Two forms of the same bits whose rows are zero in other places: the words below the
// engine are not the same problem.
static void rows_of_a_form(void **state) {
    (void)state;
    write_text("arch.yaml", arch);
    write_text("net.yaml", net);
    write_text("f.yaml",
               "name: f\nworkloads: [net.yaml]\narchs: [arch.yaml]\nobjective: energy\n"
               "weight_forms: [{name: a, basis_size: 4, density: 0.25, row_density: "
               "0.75, index: element_bitmap}, {name: b, basis_size: 4, density: 0.25, "
               "row_density: 0.5, index: element_bitmap}]\n");
    free(run("sweep @f.yaml -q -o @f.db", 0));
    assert_true(query("f.db", "select count(distinct energy_pj) from v_layer where "
                              "layer = 'dense'") == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explains_what_a_word_takes),
        cmocka_unit_test(what_a_point_is_made_of),
        cmocka_unit_test(refuses_what_may_not_fit),
        cmocka_unit_test(operations_per_byte),
        cmocka_unit_test(passes),
        cmocka_unit_test(rows_of_a_form),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
