// Mappings outside the perfect factors under fixed keepers: from the mapper to a file
// and back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"

// 197 positions, a prime: no perfect factor fills its places.
#define PRIME "-a eyeriss -w vit_b16 -l l0.qk"

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

static void test_imperfect_there_and_back(void **state) {
    (void)state;
    const double perfect =
        number_of("map " PRIME " --objective latency -f json", "latency_cycles");
    const double imperfect =
        number_of("map " PRIME " --objective latency --imperfect 5 -o @i.yaml -f json",
                  "latency_cycles");
    assert_true(4 * imperfect < perfect);
    assert_true(number_of("eval " PRIME " -m @i.yaml --only totals -f json",
                          "latency_cycles") == imperfect);
    struct ran ran = run_program("check " PRIME " @i.yaml");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

// A buffer dearer than what it saves: it pays only where it is passed by.
#define ARCH(bypass)                                                               \
    "name: small\nsource: made up\nnode_nm: 28\nclock_ghz: 1\n"                    \
    "tensors: {weights: {bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, "         \
    "partial_bits: 16}}\n"                                                         \
    "levels:\n"                                                                    \
    "  - level: DRAM\n"                                                            \
    "    memory: {class: dram, pj_per_bit: 8}\n"                                   \
    "  - level: buffer\n"                                                          \
    "    memory: {class: sram, capacity_kib: 1024, port_bits: 64, pj_per_bit: 9, " \
    "area_um2: 1" bypass "}\n"                                                     \
    "compute: {class: parallel, pj_per_mac: 0.2, area_um2: 1}\n"

static void test_bypass_where_the_file_says(void **state) {
    (void)state;
    write_text("fixed.yaml", ARCH(""));
    write_text("open.yaml", ARCH(", may_bypass: [weights, inputs]"));
#define SMALL " -w mlp1_mnist --objective energy -f json -l fc3"
    const double fixed = number_of("map -a @fixed.yaml" SMALL, "energy_pj");
    const double open = number_of("map -a @open.yaml" SMALL, "energy_pj");
    const double all =
        number_of("map -a @fixed.yaml --free-bypass -o @all.yaml" SMALL, "energy_pj");
    assert_true(open < fixed);
    assert_true(all <= open);
    struct ran ran = run_program("show mapping -a @fixed.yaml @all.yaml");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "\nbuffer (bypassed)\n"));
    free_ran(&ran);
}

static void test_refuses_percentages(void **state) {
    (void)state;
    struct ran ran = run_program("map " PRIME " --imperfect 101");
    assert_int_equal(ran.status, 2);
    free_ran(&ran);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imperfect_there_and_back),
        cmocka_unit_test(test_bypass_where_the_file_says),
        cmocka_unit_test(test_refuses_percentages),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
