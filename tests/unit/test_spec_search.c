// What a sweep says of its search: read, with what it leaves out filled in, written and
// read again; the edges of what is allowed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/load.h"
#include "spec/tree.h"
#include "spec/write.h"

// Reads a sweep with such a search; the diagnostics as text go to *said.
static struct sdse_sweep *read_search(struct sdse_arena *arena, const char *more,
                                      char **said) {
    struct sdse_diags diags;
    struct sdse_node *root = NULL;
    struct sdse_sweep *sweep = NULL;
    sdse_diags_init(&diags, arena);
    const char *text = sdse_arena_printf(
        arena, "name: s\nworkloads: [w.yaml]\narchs: [a.yaml]\n%s\n", more);
    assert_int_equal(
        sdse_tree_parse_memory(arena, "s.yaml", text, strlen(text), &diags, &root),
        SDSE_OK);
    sdse_sweep_from_tree(arena, root, &diags, &sweep);
    size_t length;
    FILE *out = open_memstream(said, &length);
    assert_non_null(out);
    sdse_diags_print(&diags, out, false);
    assert_int_equal(fclose(out), 0);
    return sweep;
}

// The line that is written for it.
static const char *written(struct sdse_arena *arena, const char *search) {
    char *said;
    const struct sdse_sweep *sweep = read_search(arena, search, &said);
    if (*said)
        fail_msg("%s: %s", search, said);
    free(said);
    char *line = strstr(sdse_sweep_text(arena, sweep, sweep->workloads, sweep->archs),
                        "\nsearch: ");
    assert_non_null(line);
    line[1 + strcspn(line + 1, "\n")] = '\0';
    return line + 1;
}

static void a_search_round_trips(void **state) {
    (void)state;
    static const struct {
        const char *read, *written; // behind "search: "
    } cases[] = {
        {"{method: random, evaluations: 1}",
         "{method: random, evaluations: 1, seed: 1, objectives: [energy, latency, "
         "area]}"},
        {"{method: sobol, evaluations: 10000000, seed: 0}",
         "{method: sobol, evaluations: 10000000, seed: 0, objectives: [energy, "
         "latency, "
         "area]}"},
        {"{method: nsga2, evaluations: 100, seed: 9223372036854775807}",
         "{method: nsga2, evaluations: 100, seed: 9223372036854775807, population: 64, "
         "objectives: [energy, latency, area]}"},
        {"{method: nsga2, evaluations: 7, population: 7, objectives: [area, energy]}",
         "{method: nsga2, evaluations: 7, seed: 1, population: 7, objectives: [energy, "
         "area]}"},
        {"{method: nsga2, evaluations: 7, population: 2, objectives: [area, latency],"
         " reference: {area_mm2: 0.5, latency_cycles: 4096}}",
         "{method: nsga2, evaluations: 7, seed: 1, population: 2, objectives: "
         "[latency, "
         "area], reference: {latency_cycles: 4096, area_mm2: 0.5}}"},
        {"{method: sobol, evaluations: 7, reference: {area_mm2: 3, energy_pj: 1.5,"
         " latency_cycles: 2}}",
         "{method: sobol, evaluations: 7, seed: 1, objectives: [energy, latency, area],"
         " reference: {energy_pj: 1.5, latency_cycles: 2, area_mm2: 3}}"},
    };
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *line =
            written(arena, sdse_arena_printf(arena, "search: %s", cases[i].read));
        assert_string_equal(line + strlen("search: "), cases[i].written);
        assert_string_equal(written(arena, line), line);
    }
    sdse_arena_free(arena);
}

static void what_is_just_beyond_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *search, *said;
    } cases[] = {
        {"method: sobol, evaluations: 0", "[out-of-range]"},
        {"method: sobol, evaluations: 10000001", "[out-of-range]"},
        {"method: sobol, evaluations: 9, seed: 9223372036854775808", "[out-of-range]"},
        {"method: nsga2, evaluations: 9, population: 1", "[out-of-range]"},
        {"method: nsga2, evaluations: 99999, population: 10001", "[out-of-range]"},
        {"method: nsga2, evaluations: 9, population: 10", "[search-population]"},
        {"method: random, evaluations: 9, population: 9", "[search-population]"},
        {"method: sobol, evaluations: 9, objectives: [area, area]",
         "two or three objectives, and 1 is listed"},
        {"method: sobol, evaluations: 9, objectives: []", "and 0 are listed"},
        {"method: sobol, evaluations: 9, objectives: [area, energy], reference:"
         " {area_mm2: 0, energy_pj: 1}",
         "[out-of-range]"},
    };
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *said;
        read_search(arena, sdse_arena_printf(arena, "search: {%s}", cases[i].search),
                    &said);
        if (!strstr(said, cases[i].said))
            fail_msg("%s: no '%s' in '%s'", cases[i].search, cases[i].said, said);
        free(said);
    }
    sdse_arena_free(arena);
}

// A sequence goes where it goes, whatever time leaves unproved.
static void only_nsga2_refuses_a_time_limit(void **state) {
    (void)state;
    static const char *const methods[] = {"random", "sobol", "nsga2"};
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < 3; i++) {
        char *said;
        read_search(arena,
                    sdse_arena_printf(arena,
                                      "mapper: {seconds: 2}\nsearch: {method: %s,"
                                      " evaluations: 99}",
                                      methods[i]),
                    &said);
        assert_int_equal(strstr(said, "[search-time-limit]") != NULL, i == 2);
        free(said);
    }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_search_round_trips),
        cmocka_unit_test(what_is_just_beyond_is_refused),
        cmocka_unit_test(only_nsga2_refuses_a_time_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
