// The oracle is itself checked: the simulator reproduces the reference counts of every
// case that is short enough to be run step by step.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "oracle/support_casefile.h"
#include "oracle/support_costing.h"

static const uint64_t most_work = 200000; // steps x multipliers

// Mismatches of one file, or -1 if it is too long.
static int simulate_case(const char *path, unsigned *compared) {
    struct sdse_arena *arena = sdse_arena_new();
    assert_non_null(arena);
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct count_case subject;
    enum sdse_status status = count_case_read(arena, path, &diags, &subject);
    sdse_diags_print(&diags, stdout, false);
    assert_int_equal(status, SDSE_OK);
    int mismatches = -1;
    if (simulation_work(&subject.mapping) <= most_work) {
        struct simulation run;
        struct sdse_cost cost;
        assert_int_equal(
            simulate(&subject.arch, &subject.layer.nest, &subject.mapping, 0, &run),
            SDSE_OK);
        cost_simulation(&subject.arch, &run, &cost);
        mismatches = (int)count_case_compare(&subject, &cost, &run, compared, stdout);
    }
    sdse_arena_free(arena);
    return mismatches;
}

static void test_reference_counts(void **state) {
    (void)state;
    DIR *folder = opendir(SDSE_SOURCE_DIR "/tests/data/counts");
    assert_non_null(folder);
    unsigned cases = 0, compared = 0, wrong = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[1024];
        if (!strstr(entry->d_name, ".json"))
            continue;
        snprintf(path, sizeof path, "%s/tests/data/counts/%s", SDSE_SOURCE_DIR,
                 entry->d_name);
        int mismatches = simulate_case(path, &compared);
        if (mismatches < 0)
            continue;
        cases++;
        wrong += (unsigned)mismatches;
    }
    closedir(folder);
    printf("%u cases simulated, %u expectations compared, %u mismatches\n", cases,
           compared, wrong);
    assert_true(cases >= 25);
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reference_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
