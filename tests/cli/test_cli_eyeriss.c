// Eyeriss with the mapping that was published for AlexNet (Chen et al., JSSC 52(1),
// 2017, Tables III and V; batch 4): multipliers at work and words are those of the
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

enum { LAYERS = 5 };

// Measured on the chip.
static const struct layer {
    double chip_ms, chip_buffer_mb;
    bool buffer_is_alike; // conv3's is not: an outlier of the measurement
} layers[LAYERS] = {{16.5, 18.5, true},
                    {39.2, 77.6, true},
                    {21.8, 50.2, false},
                    {16.0, 37.4, true},
                    {10.0, 24.9, true}};

// Words of each tensor from DRAM, and of partial sums in the buffer, exactly.
static void moves_the_words_of_the_closed_forms(void **state) {
    (void)state;
    struct ran ran = run_program("validate tests/data/eyeriss/words.yaml --strict");
    if (ran.status != 0)
        fail_msg("%s%s", ran.out, ran.err);
    assert_string_equal(ran.err, "");
    assert_non_null(strstr(ran.out, "20 anchors: 20 judged: 20 within their bands"));
    free_ran(&ran);
}

// A cell of a csv without quoted commas before it: `column` of the row of an anchor.
static double cell(const char *csv, const char *anchor, const char *column) {
    char row[64];
    snprintf(row, sizeof row, "\n%s,", anchor);
    const char *at = strstr(csv, row);
    const char *name = strstr(csv, column);
    assert_non_null(at);
    assert_non_null(name);
    unsigned commas = 0;
    for (const char *c = csv; c < name; c++)
        commas += *c == ',';
    bool quoted = false;
    for (at++; commas; at++) {
        quoted ^= *at == '"';
        commas -= *at == ',' && !quoted;
    }
    return strtod(at, NULL);
}

static void repeats_the_chip(void **state) {
    (void)state;
    struct ran ran = run_program("validate eyeriss -f csv");
    assert_int_equal(ran.status, 0);
    const char *csv = ran.out;
    static const double multipliers[LAYERS] = {154, 135, 156, 156, 156};
    printf(
        "## Eyeriss, AlexNet, batch 4   ms: model, chip      buffer MB: model, chip\n");
    for (int i = 0; i < LAYERS; i++) {
        const struct layer *chip = &layers[i];
        char id[64];
        snprintf(id, sizeof id, "eyeriss.conv%d.multipliers", i + 1);
        assert_true(cell(csv, id, "ours") == multipliers[i]);
        snprintf(id, sizeof id, "eyeriss.conv%d.time", i + 1);
        const double ms = cell(csv, id, "ours");
        assert_true(cell(csv, id, "published_low") == chip->chip_ms);
        snprintf(id, sizeof id, "eyeriss.conv%d.buffer", i + 1);
        const double mb = cell(csv, id, "ours");
        assert_true(cell(csv, id, "published_low") == chip->chip_buffer_mb);
        printf("   conv%d %30.1f, %.1f (%+.0f %%) %17.1f, %.1f (%+.0f %%)%s\n", i + 1,
               ms, chip->chip_ms, 100 * (ms / chip->chip_ms - 1), mb,
               chip->chip_buffer_mb, 100 * (mb / chip->chip_buffer_mb - 1),
               chip->buffer_is_alike ? "" : " not compared");
        // Within a fifth: a chip fills and drains its array, a model may not undercut
        // it by more, nor take longer.
        assert_true(ms < chip->chip_ms && ms > 0.8 * chip->chip_ms);
        if (chip->buffer_is_alike)
            assert_true(fabs(mb / chip->chip_buffer_mb - 1) < 0.15);
    }
    // Run-length coded, 15.4 MB on the chip: with real maps 14.5, with padded
    // ones 15.3.
    assert_true(fabs(cell(csv, "eyeriss.conv.dram", "ours") - 14.5) < 0.05);
    assert_true(fabs(cell(csv, "eyeriss.conv.dram", "alternative") - 15.27) < 0.01);
    free_ran(&ran);
}

// conv4 moves 663,552 weights, 778,752 inputs and 259,584 outputs of two bytes.
static void counts_operations_per_byte_of_dram(void **state) {
    (void)state;
    FILE *file = fopen(scratch("net.yaml"), "w");
    assert_non_null(file);
    fputs("name: net\nsource: conv4 of AlexNet\nbatch: 4\nlayers:\n"
          "  - {name: conv4, kind: conv, in: [384, 13, 13], out_channels: 384, "
          "kernel: 3, pad: 1, groups: 2}\n"
          "  - {name: relu, kind: act, in: [384, 13, 13]}\n",
          file);
    fclose(file);
    struct ran ran = run_program("eval -a eyeriss -w @net.yaml -l conv4 -m "
                                 "validation/eyeriss/conv4.yaml --only totals -f json");
    assert_int_equal(ran.status, 0);
    const char *at = strstr(ran.out, "\"ops_per_dram_byte\": ");
    assert_non_null(at);
    const double seen = strtod(at + strlen("\"ops_per_dram_byte\": "), NULL);
    const double macs = 4 * 112140288.0, words = 663552 + 778752 + 259584;
    assert_true(fabs(seen / (2 * macs / (2 * words)) - 1) < 1e-12);
    free_ran(&ran);
    // What moves no word has none.
    ran = run_program("eval -a eyeriss -w @net.yaml -l relu --only totals -f json");
    assert_non_null(strstr(ran.out, "\"ops_per_dram_byte\": null"));
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_the_words_of_the_closed_forms),
        cmocka_unit_test(repeats_the_chip),
        cmocka_unit_test(counts_operations_per_byte_of_dram)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
