// Public bug reports of other tools, each with the value that is right: what stands in
// the report's `want` file. Reports on kinds of layers are in test_cli_layers.c, on
// strided windows in test_cli_strided.c, on messages in test_cli_edges.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

#define REPORTS "tests/data/cli/reports/"
// The report's accelerator, network and mapping.
#define PROBLEM(number) \
    "-a " REPORTS number "/arch.yaml -w " REPORTS number "/work.yaml"
#define EVAL(number) "eval " PROBLEM(number) " -m " REPORTS number "/map.yaml -f csv"

// The program ends well and prints each of these texts.
static void shows(const char *line, const char *const *wanted) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    for (; *wanted; wanted++)
        if (!strstr(ran.out, *wanted))
            fail_msg("sdse %s: no '%s' in\n%s", line, *wanted, ran.out);
    free_ran(&ran);
}
#define SHOWS(line, ...) shows(line, (const char *const[]){__VA_ARGS__, NULL})

// Report 3: an outermost memory that keeps weights alone.
static void outermost_memory_keeps_all(void **state) {
    (void)state;
    static const char *const lines[] = {
        "check " REPORTS "03/arch.yaml",
        "eval " PROBLEM("03") " -m " REPORTS "03/map.yaml",
    };
    for (int i = 0; i < 2; i++) {
        struct ran ran = run_program(lines[i]);
        assert_int_equal(ran.status, 1);
        assert_non_null(strstr(
            ran.err, "03/arch.yaml:8:5: error: the outermost memory 'Main' must keep "
                     "everything; it lacks inputs [outermost-keeps-all]\n"));
        assert_non_null(strstr(ran.err, "it lacks outputs [outermost-keeps-all]\n"));
        assert_null(strstr(ran.err, "it lacks weights"));
        assert_string_equal(i ? ran.out : "", "");
        free_ran(&ran);
    }
}

// Report 11: the last pass of K6/2 fills a part of the places: 2 passes of 96 steps.
static void unfilled_places_multiply_nothing(void **state) {
    (void)state;
    SHOWS(EVAL("11") " --only totals", "a,w,g,fc,raw,768,18105.6,192,",
          ",0.6666666666666666,6,compute,");
    SHOWS(EVAL("11") " --only cycles", "\ncompute,192,1,");
    SHOWS(EVAL("11") " --only counts", "\nMain,weights,1,96,96,0,0,0,",
          "\nMain,inputs,1,96,96,0,0,0,", "\nBuf,weights,6,12,768,96,0,0,",
          "\nBuf,inputs,6,96,768,576,0,0,", "\nBuf,outputs,6,8,704,0,768,64,");
}

// Report 15: strided rows and columns with gaps, by columns and by rows. Words are
// distinct indices, and padding is none: the report's 3105 and 1785 words are those of
// the same map with its three rows of padding in it.
static void windows_with_gaps_take_distinct_words(void **state) {
    (void)state;
    static const struct {
        const char *network, *mapping, *main_inputs, *buffer_inputs;
    } cases[] = {
        {REPORTS "15/work.yaml", "map", "\nMain,inputs,1,1020,2700,",
         "\nBuf,inputs,1,45,17280,2700,"},
        {REPORTS "15/work.yaml", "map2", "\nMain,inputs,1,1020,1632,",
         "\nBuf,inputs,1,45,17280,1632,"},
        {"@in.yaml", "map", "\nMain,inputs,1,1173,3105,",
         "\nBuf,inputs,1,45,18900,3105,"},
        {"@in.yaml", "map2", "\nMain,inputs,1,1173,1785,",
         "\nBuf,inputs,1,45,18900,1785,"},
    };
    FILE *file = fopen(scratch("in.yaml"), "w");
    assert_non_null(file);
    fputs(
        "name: s\nsource: own words\nlayers:\n  - {name: mix, kind: conv, in: [3, 23, "
        "33], out_channels: 4, kernel: [5, 3], stride: [3, 2], dilation: [1, 2]}\n",
        file);
    assert_int_equal(fclose(file), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[300];
        snprintf(line, sizeof line,
                 "eval -a " REPORTS "15/arch.yaml -w %s -l mix -m " REPORTS
                 "15/%s.yaml --only counts -f csv",
                 cases[i].network, cases[i].mapping);
        SHOWS(line, cases[i].main_inputs, cases[i].buffer_inputs,
              "\nMain,weights,1,180,18900,", "\nMain,outputs,1,420,0,0,420,");
    }
    SHOWS("show workload " REPORTS "15/work.yaml",
          "\nmix   conv        1     4     3     7    15     5     3     1  3,2     1  "
          "    "
          "   18900 ");
}

// Report 16: padding is not fetched: 512 x 7 x 7 words, not 512 x 9 x 9.
static void padding_is_not_fetched(void **state) {
    (void)state;
    SHOWS(EVAL("16") " -l late --only counts", "\nMain,inputs,1,25088,25088,0,0,0,",
          "\nGlb,inputs,1,25088,94633984,25088,");
    SHOWS(EVAL("16") " -l nopad --only counts", "\nMain,inputs,1,41472,41472,0,0,0,");
    static const char *const archs[] = {"eyeriss", "tpu"};
    for (int i = 0; i < 2; i++) {
        char line[200];
        double energy[2] = {0, 0};
        for (int pad = 0; pad < 2; pad++) {
            snprintf(line, sizeof line,
                     "map -a %s -w " REPORTS
                     "16/work.yaml -l %s --objective energy -f json",
                     archs[i], pad ? "late" : "nopad");
            struct ran ran = run_program(line);
            assert_int_equal(ran.status, 0);
            const char *at = strstr(ran.out, "\"energy_pj\":");
            assert_non_null(at);
            energy[pad] = strtod(at + strlen("\"energy_pj\":"), NULL);
            free_ran(&ran);
        }
        assert_true(energy[1] > 0 && energy[1] < energy[0]);
    }
}

// Report 22: rows that slide over an array: windows that are equal share one read.
static void windows_on_an_array(void **state) {
    (void)state;
    SHOWS(EVAL("22") " --only counts", "\nMain,inputs,1,196,196,0,0,0,",
          "\nRf,inputs,224,7,1568,1568,0,0,", "\nRf,weights,224,7,1568,1568,0,0,",
          "\nMain,outputs,1,16,0,0,16,0,");
    SHOWS(EVAL("22") " --only networks", "\nMain,outputs,16,208,14,",
          "\nMain,inputs,196,0,8,");
}

// Report 25: a port for both directions and one for each; 500.25 us of leakage.
static void ports_and_leakage(void **state) {
    (void)state;
    static const char *const arch[] = {"arch", "arch2"};
    static const char *const main_cycles[] = {"\nMain,42000,", "\nMain,22000,"};
    for (int i = 0; i < 2; i++) {
        char line[300];
        snprintf(line, sizeof line,
                 "eval -a " REPORTS "25/%s.yaml -w " REPORTS "25/work.yaml -m " REPORTS
                 "25/map.yaml -f csv --only ",
                 arch[i]);
        char *end = line + strlen(line);
        snprintf(end, 20, "cycles");
        SHOWS(line, main_cycles[i], "\nGlb,1000500,1,160,", ",bottleneck\n");
        snprintf(end, 20, "energy");
        SHOWS(line, "\nleakage,,,,2001000,");
        snprintf(end, 20, "totals");
        SHOWS(line, ",10000000,71569000,1000500,0.00050025,");
        snprintf(line, sizeof line,
                 "map -a " REPORTS "25/%s.yaml -w " REPORTS "25/work.yaml -f csv",
                 arch[i]);
        SHOWS(line, "\ng,fc,3,optimal,0,30250000,150000,");
    }
}

// Report 34: a pointwise window of stride 2, row by row and pixel by pixel.
static void strided_windows_fetch_no_gaps(void **state) {
    (void)state;
    static const char *const mapping[] = {"row", "pix"};
    for (int i = 0; i < 2; i++) {
        char line[300];
        snprintf(line, sizeof line,
                 "eval " PROBLEM("34") " -m " REPORTS "34/%s.yaml -f csv --only counts",
                 mapping[i]);
        SHOWS(line, "\nMain,inputs,1,784,784,0,0,0,",
              i ? "\nBuf,inputs,1,4,3136,784,0,0," : "\nBuf,inputs,1,56,3136,784,0,0,");
    }
}

// Report 39: an array of 4 x 4 whose columns add: counts alone, no skew.
static void a_systolic_array_counts_its_words(void **state) {
    (void)state;
    SHOWS(EVAL("39") " --only counts", "\nMain,weights,1,16,16,0,0,0,",
          "\nBuf,weights,1,16,16,16,0,0,", "\nBuf,inputs,1,16,16,16,0,0,",
          "\nBuf,outputs,1,16,0,0,16,16,", "\nPe,weights,16,1,64,16,0,0,");
    SHOWS(EVAL("39") " --only networks", "\nBuf,inputs,16,0,4,",
          "\nBuf,outputs,16,48,4,");
    SHOWS(EVAL("39") " --only cycles", "\ncompute,4,1,");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outermost_memory_keeps_all),
        cmocka_unit_test(unfilled_places_multiply_nothing),
        cmocka_unit_test(windows_with_gaps_take_distinct_words),
        cmocka_unit_test(padding_is_not_fetched),
        cmocka_unit_test(windows_on_an_array),
        cmocka_unit_test(ports_and_leakage),
        cmocka_unit_test(strided_windows_fetch_no_gaps),
        cmocka_unit_test(a_systolic_array_counts_its_words),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
