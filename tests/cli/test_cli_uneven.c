// An uneven mapping from the mapper to a file and back: what it costs, how it is drawn.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"

#define LAYER "-a eyeriss -w resnet50 -l layer2.0.conv2"

// The number behind a key of JSON.
static double number_of(const char *line, const char *key) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(ran.out, quoted);
    assert_non_null(at);
    const double value = strtod(at + strlen(quoted), NULL);
    free_ran(&ran);
    return value;
}

static void test_there_and_back(void **state) {
    (void)state;
    const double even =
        number_of("map " LAYER " --objective energy -f json", "energy_pj");
    const double uneven = number_of(
        "map " LAYER " --objective energy --uneven -o @u.yaml -f json", "energy_pj");
    assert_true(uneven < even);
    assert_true(number_of("eval " LAYER " -m @u.yaml --only totals -f json",
                          "energy_pj") == uneven);
    // explain derives every line again and exits with an error if one disagrees.
    struct ran ran = run_program("explain " LAYER " -m @u.yaml");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "exactly the evaluator's energy"));
    assert_non_null(strstr(ran.out, "GLB.1 + GLB.2"));
    free_ran(&ran);
    ran = run_program("check -a eyeriss -w resnet50 -l layer2.0.conv2 @u.yaml");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
}

static void test_drawn_with_its_buffers(void **state) {
    (void)state;
    struct ran ran =
        run_program("map " LAYER " --objective energy --uneven -o @u.yaml");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    golden_out("show-uneven", 0, "show mapping @u.yaml " LAYER);
}

static void test_too_big_together(void **state) {
    (void)state;
    FILE *file = fopen(scratch("big.yaml"), "w");
    assert_non_null(file);
    fputs("mapping:\n"
          "  - {level: DRAM, keeps: [weights, inputs, outputs]}\n"
          "  - {level: GLB.1, temporal: C8 Q4 P28, keeps: [outputs]}\n"
          "  - {level: GLB.2, temporal: Q7, spatial_x: K8, spatial_y: C4 R3}\n"
          "  - {level: psum, temporal: K16 C4 S3}\n",
          file);
    fclose(file);
    golden_err("eval-uneven-too-big", 1, "eval " LAYER " -m @big.yaml");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_drawn_with_its_buffers),
        cmocka_unit_test(test_too_big_together),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
