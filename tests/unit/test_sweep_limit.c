// A time limit of a sweep: what it left open is said, and solved again as soon as more
// time is allowed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/sanitized.h"
#include "support_sweep.h"

static const char *const less = "0.1", *const some = SANITIZED ? "4.5" : "0.3",
                         *const more = SANITIZED ? "5.5" : "0.4";

// Padded bounds of a thousand classes: the narrow space is searched at once, proving
// takes minutes.
static size_t reused_with(const char *seconds) {
    char text[300];
    snprintf(text, sizeof text,
             "name: s\nworkloads: [fc.yaml]\narchs: [" SDSE_SOURCE_DIR
             "/archs/simba.yaml]\nmapper: {imperfect_percent: 10, seconds: %s}\n",
             seconds);
    sweep_write("s.yaml", text);
    return sweep_run("s.yaml", "l.db").points_reused;
}

static void says(const char *database, const char *sql, const char *wanted) {
    char *answer = sweep_ask(database, sql);
    assert_string_equal(answer, wanted);
    free(answer);
}

static void more_time_solves_again(void **state) {
    (void)state;
    sweep_write("fc.yaml", "name: n\nsource: s\nlayers:\n"
                           "  - {name: f, kind: fc, in: 768, out_channels: 1000}\n");
    const char *limits = "SELECT proof, seconds_limit FROM layer_front ORDER BY 2";
    const char *answer =
        "SELECT status, mapper_status, mapper_gap > 0, superseded FROM v_point";
    char wanted[100];
    assert_int_equal(reused_with(some), 0);
    says("l.db", answer, "ok,limit,1,0\n");
    snprintf(wanted, sizeof wanted, "limit,%s\n", some);
    says("l.db", limits, wanted);
    // The same or less is no reason to ask again; more is.
    assert_int_equal(reused_with(some), 1);
    assert_int_equal(reused_with(less), 1);
    assert_int_equal(reused_with(more), 0);
    says("l.db", answer, "ok,limit,1,0\n");
    assert_true(sweep_number("l.db", "SELECT max(seconds_limit) FROM layer_front") ==
                strtod(more, NULL));
    assert_int_equal(reused_with(some), 1);
}

// What is proved stays, whatever limit is asked for later.
static void a_proof_stays(void **state) {
    (void)state;
    sweep_write("p.yaml", "name: p\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                          "mapper: {seconds: 1000}\n");
    assert_int_equal(sweep_run("p.yaml", "p.db").points_reused, 0);
    sweep_write("p.yaml", "name: p\nworkloads: [net.yaml]\narchs: [arch.yaml]\n");
    assert_int_equal(sweep_run("p.yaml", "p.db").points_reused, 1);
    says("p.db", "SELECT count(*) FROM layer_front WHERE seconds_limit IS NOT NULL",
         "0\n");
    sweep_write("p.yaml", "name: p\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                          "mapper: {seconds: 0.001}\n");
    assert_int_equal(sweep_run("p.yaml", "p.db").points_reused, 1);
    says("p.db", "SELECT status, mapper_status FROM v_point", "ok,optimal\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_time_solves_again),
        cmocka_unit_test(a_proof_stays),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
