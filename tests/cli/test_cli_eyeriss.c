// Eyeriss with the mapping that was published for AlexNet (Chen et al., JSSC 52(1),
// 2017, Table V; batch 4): multipliers at work and words of DRAM are those of the
// chip's closed forms with real maps; its measured times and buffer traffic are printed
// beside ours.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"

#define DATA "tests/data/eyeriss/"

enum { LAYERS = 5 };

// Words: of DRAM, weights and inputs read, outputs written. channel_passes: times that
// partial sums of an output go to the buffer. Measured on the chip: ms and buffer MB.
static const struct layer {
    double multipliers, weights, inputs, outputs, channel_passes;
    double chip_ms, chip_buffer_mb;
    bool buffer_is_alike; // conv3's is not: an outlier of the measurement
} layers[LAYERS] = {
    {154, 1115136, 751824, 1161600, 3, 16.5, 18.5, true},
    {135, 1228800, 559872, 746496, 24, 39.2, 77.6, true},
    {156, 884736, 1038336, 259584, 64, 21.8, 50.2, false},
    {156, 663552, 778752, 259584, 32, 16.0, 37.4, true},
    {156, 442368, 519168, 173056, 32, 10.0, 24.9, true},
};

static struct ran evaluate(int layer, const char *section) {
    char line[300];
    snprintf(line, sizeof line,
             "eval -a " DATA "rs.yaml -w " DATA "alexnet.yaml -l conv%d -m " DATA
             "m_conv%d.yaml --only %s -f csv",
             layer, layer, section);
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    assert_string_equal(ran.err, "");
    return ran;
}

// The cell in the row that starts with `row` ("" = the first below the head) under a
// head.
static double cell(const char *csv, const char *row, const char *head) {
    const char *name = strstr(csv, head);
    assert_non_null(name);
    unsigned column = 0;
    for (const char *at = csv; at < name; at++)
        column += *at == ',';
    const char *at = strchr(csv, '\n');
    while (at && strncmp(at + 1, row, strlen(row)) != 0)
        at = strchr(at + 1, '\n');
    assert_non_null(at);
    for (at++; column; column--) {
        at = strchr(at, ',');
        assert_non_null(at);
        at++;
    }
    return strtod(at, NULL);
}

static void repeats_the_chip(void **state) {
    (void)state;
    printf(
        "## Eyeriss, AlexNet, batch 4   ms: model, chip      buffer MB: model, chip\n");
    for (int i = 0; i < LAYERS; i++) {
        const struct layer *chip = &layers[i];
        struct ran totals = evaluate(i + 1, "totals"),
                   counts = evaluate(i + 1, "counts");
        const char *csv = counts.out;
        assert_true(cell(totals.out, "", "multipliers_used") == chip->multipliers);
        assert_true(cell(csv, "DRAM,weights,", "reads_words") == chip->weights);
        assert_true(cell(csv, "DRAM,inputs,", "reads_words") == chip->inputs);
        assert_true(cell(csv, "DRAM,outputs,", "updates_words") == chip->outputs);
        assert_true(cell(csv, "DRAM,outputs,", "reads_words") == 0);
        // Each pass writes the sums; all but the first read them back.
        const double sums = cell(csv, "GLB.1,outputs,", "updates_words") +
                            cell(csv, "GLB.1,outputs,", "reads_words");
        assert_true(sums == chip->outputs * (2 * chip->channel_passes - 1));
        const double mb = 2e-6 * (sums + cell(csv, "GLB.2,inputs,", "reads_words"));
        const double ms = 1e3 * cell(totals.out, "", "latency_s");
        printf("   conv%d %30.1f, %.1f (%+.0f %%) %17.1f, %.1f (%+.0f %%)%s\n", i + 1,
               ms, chip->chip_ms, 100 * (ms / chip->chip_ms - 1), mb,
               chip->chip_buffer_mb, 100 * (mb / chip->chip_buffer_mb - 1),
               chip->buffer_is_alike ? "" : " not compared");
        // Within a fifth: a chip fills and drains its array, a model may not undercut
        // it by more, nor take longer.
        assert_true(ms < chip->chip_ms && ms > 0.8 * chip->chip_ms);
        if (chip->buffer_is_alike)
            assert_true(fabs(mb / chip->chip_buffer_mb - 1) < 0.15);
        free_ran(&totals);
        free_ran(&counts);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(repeats_the_chip)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
