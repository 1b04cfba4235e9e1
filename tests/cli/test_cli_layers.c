// Kinds of layers from the command line: inputs of public bug reports.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support_program.h"

#define REPORTS "tests/data/cli/reports/"

// Four samples have four sets of keys: each of them is read once.
static void batched_products_have_all_their_keys(void **state) {
    (void)state;
    static const char *const wanted[] = {"Main,weights,1,256,256,",
                                         "Main,weights,1,1024,1024,"};
    static const char *const net[] = {"b1", "b4"};
    for (int i = 0; i < 2; i++) {
        char line[512];
        snprintf(line, sizeof line,
                 "map -a " REPORTS "21/arch.yaml -w " REPORTS
                 "21/%s.yaml -l qk -o @m%d.yaml --objective energy",
                 net[i], i);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 0);
        free_ran(&ran);
        snprintf(line, sizeof line,
                 "eval -a " REPORTS "21/arch.yaml -w " REPORTS
                 "21/%s.yaml -m @m%d.yaml -l qk --only counts -f csv",
                 net[i], i);
        ran = run_program(line);
        assert_int_equal(ran.status, 0);
        if (!strstr(ran.out, wanted[i]))
            fail_msg("%s", ran.out);
        free_ran(&ran);
    }
}

// Kinds that exist are read; one that does not is answered with those that do, and with
// no word that only looks like it.
static void kinds_are_known(void **state) {
    (void)state;
    struct ran ran = run_program("check " REPORTS "20/work.yaml");
    assert_int_equal(ran.status, 1); // a map with a depth is a conv3d
    assert_non_null(strstr(ran.err, "got 4 values: that is a 'conv3d'"));
    assert_null(strstr(ran.err, "unknown-word"));
    assert_null(strstr(ran.err, "did you mean"));
    free_ran(&ran);
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void unknown_kinds_get_the_list(void **state) {
    (void)state;
    static const struct {
        const char *kind, *meant;
    } cases[] = {{"attend", NULL},       {"upsample", NULL}, {"relu", NULL},
                 {"soft", NULL},         {"ad", "add"},      {"dconv", "conv"},
                 {"softmaxx", "softmax"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(
            text, sizeof text,
            "name: n\nsource: s\nlayers:\n  - {name: a, kind: %s, in: [1, 2, 3]}\n",
            cases[i].kind);
        write_text("kind.yaml", text);
        struct ran ran = run_program("check @kind.yaml");
        assert_int_equal(ran.status, 1);
        assert_non_null(strstr(ran.err,
                               "is not one of conv, dwconv, fc, matmul, deconv, "
                               "conv1d, conv3d, pool, add, norm, softmax, act, "
                               "wgrad, update, lstm, gru"));
        if (cases[i].meant)
            assert_non_null(strstr(ran.err, "did you mean"));
        else
            assert_null(strstr(ran.err, "did you mean"));
        free_ran(&ran);
    }
}

#define ARCH                                                                    \
    "name: small\nsource: made up\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\n"   \
    "levels:\n"                                                                 \
    "  - level: DRAM\n"                                                         \
    "    memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: 16}\n"     \
    "  - level: GLB\n"                                                          \
    "    memory: {class: sram, capacity_kib: 64, port_bits: 32, access_pj: 4, " \
    "area_um2: 1}\n"                                                            \
    "compute: {class: parallel, pj_per_mac: 0.2, area_um2: 1}\n"
#define VECTOR                                                            \
    "vector: {pj_per_op: {value: 0.5, mark: assumed, source: an adder}, " \
    "ops_per_cycle: 2}\n"
#define NET "-w tests/data/cli/moving_net.yaml"

static void without_a_vector_unit_they_are_refused(void **state) {
    (void)state;
    write_text("plain.yaml", ARCH);
    write_text("free.yaml", ARCH "vector: {free: true}\n");
    write_text("sweep.yaml", "name: s\nworkloads: [moving_net.yaml]\narchs: "
                             "[plain.yaml]\nweight_forms: [raw]\nobjective: edp\n");
    struct ran ran = run_program("map -a @plain.yaml " NET);
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "tests/data/cli/moving_net.yaml:7:5: error: layer "
                                    "'pool' (pool) needs a vector unit"));
    assert_non_null(strstr(ran.err, "'sum'"));
    assert_null(strstr(ran.err, "'relu'")); // fused: part of the layer before
    free_ran(&ran);
    ran = run_program("eval -a @plain.yaml " NET " -l softmax");
    assert_int_equal(ran.status, 1);
    free_ran(&ran);
    ran = run_program("map -a @plain.yaml " NET " -l conv");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("map -a @plain.yaml " NET " -l relu");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("map -a @free.yaml " NET);
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
}

static void expect_out(const char *line, const char *wanted) {
    struct ran ran = run_program(line);
    if (ran.status != 0 || !strstr(ran.out, wanted))
        fail_msg("%s: %d\n%s%s", line, ran.status, ran.out, ran.err);
    free_ran(&ran);
}

// 2 x 8 maps of 16 x 16 are pooled: 4096 words in, 1024 out, four taps each.
static void streamed_in_every_verb(void **state) {
    (void)state;
    write_text("vector.yaml", ARCH VECTOR);
    expect_out("show workload tests/data/cli/moving_net.yaml",
               "3 layers, 129024 MACs, 5400 weights in layers");
    expect_out("show workload tests/data/cli/moving_net.yaml",
               "6 layers that only move words: 11284 words in, 5140 out, 12388 vector "
               "operations\n1 fused into the layer before: 4096 vector operations\n");
    expect_out("show arch @vector.yaml", "vector unit");
    expect_out("map -a @vector.yaml " NET " -l pool -o @pool.yaml",
               "mapping: streamed");
    expect_out("eval -a @vector.yaml " NET
               " -l pool -m @pool.yaml --only counts -f csv",
               "GLB,inputs,1,0,4096,4096,0,0,");
    expect_out("eval -a @vector.yaml " NET " -l pool --only counts -f csv",
               "DRAM,outputs,1,0,0,0,1024,0,");
    expect_out("eval -a @vector.yaml " NET " -l pool --only energy -f csv",
               "vector unit,,,,2048,");
    expect_out("eval -a @vector.yaml " NET " -l relu --only energy -f csv",
               "vector unit,,,,2048,1\n");
    // 5120 words of 8 bit over 16 bit per cycle.
    expect_out("eval -a @vector.yaml " NET " -l pool --only totals -f csv", ",2560,");
    static const char *const layers[] = {"relu", "pool", "sum", "norm", "softmax"};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        char line[256];
        snprintf(line, sizeof line, "explain -a @vector.yaml " NET " -l %s", layers[i]);
        expect_out(line, "exactly the evaluator's energy");
    }
    expect_out("map -a @vector.yaml " NET " --uneven -l pool", "mapping: streamed");
    expect_out("map -a @vector.yaml " NET " --objective pareto", "cycles");
    struct ran ran = run_program("eval -a @vector.yaml " NET " -l conv");
    assert_int_equal(ran.status, 2);
    assert_non_null(strstr(ran.err, "--mapping"));
    free_ran(&ran);
    ran = run_program("eval -a @vector.yaml " NET " -l conv -m @pool.yaml");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "[streamed]"));
    free_ran(&ran);
}

// A sweep's point is the sum of all layers; every picojoule has an origin.
static void streamed_in_a_sweep(void **state) {
    (void)state;
    write_text("vector.yaml", ARCH VECTOR);
    write_text("sweep.yaml",
               "name: s\nworkloads: [" SDSE_SOURCE_DIR "/tests/data/cli/"
               "moving_net.yaml]\narchs: [vector.yaml]\nweight_forms: [raw]\n"
               "objective: edp\n");
    struct ran ran = run_program("sweep @sweep.yaml -o @moving.db");
    if (ran.status)
        fail_msg("%s", ran.err);
    free_ran(&ran);
    expect_out("query @moving.db SELECT~count(*)~AS~n~FROM~v_layer -f csv", "n\n8\n");
    expect_out("query @moving.db SELECT~count(*)~AS~n~FROM~v_layer~WHERE~mapping~LIKE~"
               "'%streamed%'~AND~macs=0~AND~mapper_status='optimal' -f csv",
               "n\n5\n");
    expect_out("query @moving.db SELECT~abs(sum(e.energy_pj)-max(p.energy_pj))<1e-6*"
               "max(p.energy_pj)~AS~ok~FROM~v_energy~e~JOIN~v_point~p~USING(point_id) "
               "-f csv",
               "ok\n1\n");
    expect_out("query @moving.db SELECT~sum(energy_pj)~AS~pj,max(origin_mark)~AS~mark,"
               "max(origin)~AS~origin~FROM~v_energy~WHERE~component='vector' -f csv",
               "pj,mark,origin\n8242,assumed,an adder\n");
    expect_out(
        "query @moving.db SELECT~sum(latency_cycles)=(SELECT~latency_cycles~FROM~"
        "v_point)~AS~ok~FROM~v_layer -f csv",
        "ok\n1\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batched_products_have_all_their_keys),
        cmocka_unit_test(kinds_are_known),
        cmocka_unit_test(unknown_kinds_get_the_list),
        cmocka_unit_test(without_a_vector_unit_they_are_refused),
        cmocka_unit_test(streamed_in_every_verb),
        cmocka_unit_test(streamed_in_a_sweep),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
