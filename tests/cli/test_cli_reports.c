// Public bug reports of other tools, each with the value that is right: what stands in
// the report's `want` file. Reports on kinds of layers are in test_cli_layers.c, on
// strided windows in test_cli_strided.c, on messages in test_cli_edges.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
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
        cmocka_unit_test(windows_on_an_array),
        cmocka_unit_test(ports_and_leakage),
        cmocka_unit_test(strided_windows_fetch_no_gaps),
        cmocka_unit_test(a_systolic_array_counts_its_words),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
