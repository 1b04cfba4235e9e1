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
#include <sys/resource.h>

#include "cli/support_program.h"
#include "support/sanitized.h"

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
    static const char *const wrong[] = {"0", "-5", "101", "1000", "5%x", "%", "1.5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char line[96], said[160];
        snprintf(line, sizeof line, "map " PRIME " --imperfect %s", wrong[i]);
        snprintf(said, sizeof said,
                 "sdse map: --imperfect %s: expected a whole percentage from 1 to 100\n"
                 "`sdse map --help` explains it.\n",
                 wrong[i]);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 2);
        assert_string_equal(ran.err, said);
        free_ran(&ran);
    }
}

static void test_takes_a_percent_sign(void **state) {
    (void)state;
    assert_true(
        number_of("map " PRIME " --objective latency --imperfect 5% -f json",
                  "latency_cycles") ==
        number_of("eval " PRIME " -m @i.yaml --only totals -f json", "latency_cycles"));
}

// The optimum that explain finds by itself is the one map finds in the same space.
static void test_explains_wider_spaces(void **state) {
    (void)state;
    static const char *const options[] = {"--imperfect 5", "--free-bypass", "--uneven"};
    static const char *const refused[] = {
        "explain_imperfect_given", "explain_bypass_given", "explain_uneven_given"};
    for (int i = 0; i < 3; i++) {
        char line[192];
#define LAYER " -a eyeriss -w resnet50 -l layer2.0.conv2 --objective energy"
        snprintf(line, sizeof line, "map" LAYER " %s", options[i]);
        struct ran map = run_program(line);
        snprintf(line, sizeof line, "explain" LAYER " %s", options[i]);
        struct ran explain = run_program(line);
        assert_int_equal(map.status, 0);
        assert_int_equal(explain.status, 0);
        const char *proof = strstr(map.out, "mapping ");
        assert_non_null(proof);
        assert_memory_equal(map.out, explain.out, (size_t)(proof - map.out));
        assert_non_null(strstr(explain.out, "exactly the evaluator's energy"));
        free_ran(&map);
        free_ran(&explain);
        snprintf(line, sizeof line, "explain" LAYER " %s -m none.yaml", options[i]);
        golden_err(refused[i], 2, line);
    }
}

// Thousands of variants, a quarter of a MiB each while one is searched.
static void test_memory_is_flat(void **state) {
    (void)state;
    struct ran ran = run_program("map " PRIME " --uneven --free-bypass --imperfect 10 "
                                 "--objective energy");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "proved optimal"));
    free_ran(&ran);
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    if (!SANITIZED)
        assert_true(usage.ru_maxrss < 256L * 1024); // [KiB], of the largest so far
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imperfect_there_and_back),
        cmocka_unit_test(test_bypass_where_the_file_says),
        cmocka_unit_test(test_refuses_percentages),
        cmocka_unit_test(test_takes_a_percent_sign),
        cmocka_unit_test(test_explains_wider_spaces),
        cmocka_unit_test(test_memory_is_flat),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
