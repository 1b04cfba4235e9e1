// sdse costs: the words that a layer's maps take, layer kinds apart; limits to the last
// bit; files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

static int begin(void **state) {
    if (enter_scratch(state) != 0)
        return 1;
    write_scratch("arch.yaml",
                  "name: a\nsource: s\nnode_nm: 45\nclock_ghz: 1\ntensors:\n"
                  "  weights: {bits: 4}\n  inputs: {bits: 8}\n  outputs: {bits: 16}\n"
                  "levels:\n  - level: DRAM\n    memory: {class: dram, pj_per_bit: 1}\n"
                  "compute: {pj_per_mac: 1}\n"
                  "vector: {below: DRAM, pj_per_op: 1, ops_per_cycle: 1}\n");
    write_scratch(
        "net.yaml",
        "name: n\nsource: s\nlayers:\n"
        "  - {name: fc, kind: fc, in: 6, out_channels: 10}\n"
        "  - {name: product, kind: matmul, heads: 2, m: 3, k: 4, n: 5}\n"
        "  - {name: add, kind: add, in: [4, 3, 2]}\n"
        "  - {name: gate, kind: add, in: [4, 3, 2], broadcast: [[4, 1, 1]]}\n");
    write_scratch("s.yaml", "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n");
    free(run_text(0, "sweep @s.yaml -o @r.db -q"));
    return 0;
}

static void expect_row(const char *csv, const char *layer, const char *bits) {
    char name[40];
    snprintf(name, sizeof name, ",%s,", layer);
    const char *row = strstr(csv, name);
    assert_non_null(row);
    char *line = strndup(row, strcspn(row, "\n"));
    if (!strstr(line, bits))
        fail_msg("%s: no %s in %s", layer, bits, line);
    free(line);
}

// Both operands of a product of activations, all addends and what is repeated over
// them.
static void maps_are_counted_whole(void **state) {
    (void)state;
    char *csv = run_text(0, "costs @r.db -f csv");
    expect_row(csv, "fc", ",60,240,48,160,optimal");
    expect_row(csv, "product", ",120,,512,480,optimal");
    expect_row(csv, "add", ",0,,384,384,");
    expect_row(csv, "gate", ",0,,224,384,");
    free(csv);
    free(run_text(0, "costs @r.db -o @costs.json -f json"));
    char *file = read_whole(scratch("costs.json"));
    assert_int_equal(strncmp(file, "{\"schema\": \"sdse.costs/1\",", 26), 0);
    free(file);
    free(run_text(0, "costs @r.db -o @costs.json")); // what it wrote may be replaced
    file = read_whole(scratch("costs.json"));
    assert_int_equal(strncmp(file, "network,layer_index,", 20), 0);
    free(file);
    write_scratch("mine.txt", "a letter\n");
    free(run_text(1, "costs @r.db -o @mine.txt"));
}

// 240 bits are within 30 B, and 8 x 1024 times as many within so many KiB.
static void limits_hold_to_the_bit(void **state) {
    (void)state;
    static const struct {
        const char *limit;
        int status;
    } tries[] = {{"storage<=30B", 0},
                 {"storage<=29.999B", 1},
                 {"storage<=0.029296875KiB", 0},
                 {"storage<=0.0292KiB", 1},
                 {"storage<=0.03kB", 0},
                 {"cycles<=1e9,storage<=29B", 1},
                 {"storage<=30B,cycles<=1", 1},
                 {"storage<=30B,cycles<=1e9", 0}};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        char line[100];
        snprintf(line, sizeof line, "costs @r.db --limit %s", tries[i].limit);
        free(run_text(tries[i].status, line));
    }
    free(run_text(1, "costs @r.db --where form='none' --limit storage<=30B"));
    // plot draws what is within.
    free(run_text(1, "plot front @r.db --limit storage<=29B -o @plots"));
}

static unsigned lines_of(const char *line) {
    char *out = run_text(0, line);
    unsigned lines = 0;
    for (const char *at = out; *at; at++)
        lines += *at == '\n';
    free(out);
    return lines;
}

// What a changed accelerator replaced is shown when it is asked for; each version of a
// sweep has its own.
static void replaced_points_are_there_for_who_asks(void **state) {
    (void)state;
    free(run_text(0, "sweep @s.yaml -o @v.db -q"));
    char *arch = read_whole(scratch("arch.yaml"));
    memcpy(strstr(arch, "pj_per_mac: 1"), "pj_per_mac: 2", strlen("pj_per_mac: 2"));
    write_scratch("arch.yaml", arch);
    free(arch);
    free(run_text(0, "sweep @s.yaml -o @v.db -q"));
    const unsigned one = lines_of("costs @v.db -f csv");
    assert_int_equal(one, 5);
    assert_int_equal(lines_of("costs @v.db -f csv --superseded"), 2 * one - 1);
    assert_int_equal(lines_of("pareto @v.db -f csv --superseded -O energy,cycles"),
                     lines_of("pareto @v.db -f csv -O energy,cycles"));
    char *old = run_text(0, "costs @v.db -f csv --sweep s --sweep-version 1");
    char *now = run_text(0, "costs @v.db -f csv --sweep s");
    char *newest = run_text(0, "costs @v.db -f csv --sweep s --sweep-version 2");
    assert_string_equal(now, newest);
    assert_string_not_equal(now, old);
    free(old);
    free(now);
    free(newest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_are_counted_whole),
        cmocka_unit_test(limits_hold_to_the_bit),
        cmocka_unit_test(replaced_points_are_there_for_who_asks),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
