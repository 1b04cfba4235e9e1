// decompose and import: weights in, measures and files out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_program.h"

#define NET "tests/data/cli/net.yaml"

// The columns of a CSV line that do not depend on the clock: all but the last.
static void drop_times(char *text) {
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n');
        char *comma = end;
        while (comma > line && *comma != ',')
            comma--;
        memmove(comma, end, strlen(end) + 1);
        line = comma + 1;
    }
}

static char *measure(const char *options) {
    char line[256];
    snprintf(line, sizeof line, "decompose %s -f csv %s", NET, options);
    struct ran ran = run_program(line);
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    free(ran.err);
    drop_times(ran.out);
    return ran.out;
}

static size_t lines_of(const char *text) {
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void measures_a_grid(void **state) {
    (void)state;
    char *one = measure("-j 1"), *two = measure("-j 2");
    assert_string_equal(one, two);
    assert_int_equal(lines_of(one), 1 + 5 + 1); // header, layers, sum
    char *grid = measure("--sparsity 0.3,0.6 -n 3,4 -c 3,4,5 --total");
    assert_int_equal(lines_of(grid), 1 + 2 * 2 * 3);
    free(one);
    free(two);
    free(grid);
}

// More zeros take fewer bits and make a larger error.
static void sparsity_trades_bits_for_error(void **state) {
    (void)state;
    double error[2], bits[2];
    static const char *const settings[] = {"-l conv3 --sparsity 0.3 --store element",
                                           "-l conv3 --sparsity 0.7 --store element"};
    for (int i = 0; i < 2; i++) {
        char *text = measure(settings[i]);
        char *row = strchr(text, '\n') + 1;
        char *cell = strtok(row, ",");
        for (int column = 0; cell; column++, cell = strtok(NULL, ",")) {
            if (column == 8)
                error[i] = strtod(cell, NULL);
            if (column == 13)
                bits[i] = strtod(cell, NULL);
        }
        free(text);
    }
    assert_true(error[0] < error[1]);
    assert_true(bits[0] > bits[1]);
}

static void writes_the_stored_form(void **state) {
    (void)state;
    char *text = measure("-o @net.sdse");
    free(text);
    FILE *file = fopen(scratch("net.sdse"), "rb");
    char magic[8];
    assert_non_null(file);
    assert_int_equal(fread(magic, 1, 8, file), 8);
    assert_memory_equal(magic, "SDSEFORM", 8);
    fclose(file);
}

// What import writes is a network that checks, and a folder that decomposes.
static void imports_a_model(void **state) {
    (void)state;
    struct ran ran = run_program("import tests/fuzz/corpus/onnx/small.onnx -o @model "
                                 "--input x=1x3x16x16");
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    assert_non_null(strstr(ran.out, "MACs"));
    free_ran(&ran);
    ran = run_program("check @model/workload.yaml");
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    free_ran(&ran);
    ran = run_program("decompose @model --total -f csv");
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    assert_int_equal(lines_of(ran.out), 2);
    free_ran(&ran);
}

static void refuses_what_is_wrong(void **state) {
    (void)state;
    golden_err("decompose_out_grid", 2, "decompose " NET " -o @x -n 3,4");
    golden_err("decompose_number", 2, "decompose " NET " -n three");
    golden_err("decompose_domain", 2, "decompose " NET " -c 9");
    golden_err("decompose_layer", 1, "decompose " NET " -l conv9");
    golden_err("decompose_no_file", 1, "decompose @no.npy");
    golden_err("decompose_no_manifest", 1, "decompose tests/data/cli");
    golden_err("import_no_file", 1, "import @no.onnx -o @x");
    golden_err("import_input", 2, "import @no.onnx -o @x --input x=axb");
    struct ran ran = run_program("import tests/data/cli/net.yaml -o @x");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "tests/data/cli/net.yaml"));
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(measures_a_grid),
        cmocka_unit_test(sparsity_trades_bits_for_error),
        cmocka_unit_test(writes_the_stored_form),
        cmocka_unit_test(imports_a_model),
        cmocka_unit_test(refuses_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
