// Words that a strided 1 x 1 window steps over are not fetched: it costs what the layer
// of stride 1 on the sampled input costs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"

static const char *const pairs[][2] = {{"s2", "s2x"}, {"v16", "v16x"}, {"row", "rowx"}};

// What the program says; the caller frees it.
static char *said(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *said(const char *format, ...) {
    char line[300];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    char *text = strdup(ran.out);
    assert_non_null(text);
    free_ran(&ran);
    return text;
}

// From `key` to the end of what JSON says behind it.
static double number_in(const char *json, const char *key) {
    const char *at = strstr(json, key);
    assert_non_null(at);
    return strtod(at + strlen(key), NULL);
}

static void sampled_layers_cost_the_same(void **state) {
    (void)state;
    static const char *const archs[] = {"eyeriss", "diannao", "smartexchange", "simba",
                                        "tpu"};
    for (size_t a = 0; a < sizeof archs / sizeof *archs; a++) {
        for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
            double energy[2], cycles[2];
            for (int i = 0; i < 2; i++) {
                char *json = said("map -a %s -w tests/data/strided/pairs.yaml -l %s "
                                  "--objective energy -f json",
                                  archs[a], pairs[p][i]);
                energy[i] = number_in(json, "\"energy_pj\":");
                cycles[i] = number_in(json, "\"latency_cycles\":");
                free(json);
            }
            assert_true(energy[0] == energy[1] && energy[0] > 0);
            assert_true(cycles[0] == cycles[1] && cycles[0] > 0);
        }
    }
}

// The same words at every memory, under one mapping; explain agrees with the evaluator.
static void words_are_those_of_the_sampled_input(void **state) {
    (void)state;
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
        free(said("map -a %s -w tests/data/strided/pairs.yaml -l %s -o @m.yaml",
                  "eyeriss", pairs[p][0]));
        char *counts[2];
        for (int i = 0; i < 2; i++) {
            counts[i] = said("eval -a %s -w tests/data/strided/pairs.yaml -l %s -m "
                             "@m.yaml --only counts -f csv",
                             "eyeriss", pairs[p][i]);
            char *why = said("explain -a %s -w tests/data/strided/pairs.yaml -l %s -m "
                             "@m.yaml",
                             "eyeriss", pairs[p][i]);
            assert_non_null(strstr(why, "exactly the evaluator's energy"));
            free(why);
        }
        assert_string_equal(counts[0], counts[1]);
        free(counts[0]);
        free(counts[1]);
        remove(scratch("m.yaml"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sampled_layers_cost_the_same),
        cmocka_unit_test(words_are_those_of_the_sampled_input),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
