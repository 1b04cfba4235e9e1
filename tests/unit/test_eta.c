// The time left, from given times.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/eta.h"

static void unknown_before_the_first_batch(void **state) {
    (void)state;
    struct sdse_eta eta;
    sdse_eta_begin(&eta, 1000);
    assert_true(isinf(sdse_eta_s(&eta, 5)));
    sdse_eta_add(&eta, 0, 1003); // spent on something else
    assert_true(isinf(sdse_eta_s(&eta, 5)));
    sdse_eta_add(&eta, 1, 1005);
    assert_true(sdse_eta_s(&eta, 5) == 10);
    assert_true(sdse_eta_s(&eta, 0) == 0);
}

static void is_the_median(void **state) {
    (void)state;
    struct sdse_eta eta;
    sdse_eta_begin(&eta, 0);
    // A slow start, an even number: the mean of the middle two.
    sdse_eta_add(&eta, 1, 100);
    sdse_eta_add(&eta, 1, 101);
    assert_true(sdse_eta_s(&eta, 2) == 101);
    sdse_eta_add(&eta, 1, 103);
    assert_true(sdse_eta_s(&eta, 7) == 14); // 100, 1, 2
    sdse_eta_add(&eta, 1, 107);
    assert_true(sdse_eta_s(&eta, 1) == 3); // 100, 1, 2, 4
    sdse_eta_add(&eta, 1, 999);
    assert_true(sdse_eta_s(&eta, 1) == 4); // one that is hard moves it little
}

static void batches_share_their_time(void **state) {
    (void)state;
    struct sdse_eta eta;
    sdse_eta_begin(&eta, 50);
    sdse_eta_add(&eta, 10, 70);
    assert_true(sdse_eta_s(&eta, 30) == 60);
    // A batch is one measurement, however many items it has.
    sdse_eta_add(&eta, 100, 70 + 500);
    sdse_eta_add(&eta, 4, 570 + 12);
    assert_true(sdse_eta_s(&eta, 10) == 30); // 2, 5, 3
    sdse_eta_add(&eta, 0, 5000);
    sdse_eta_add(&eta, 1, 5004);
    assert_true(sdse_eta_s(&eta, 10) == 35); // 2, 5, 3, 4
}

static void forgets_what_is_long_ago(void **state) {
    (void)state;
    struct sdse_eta eta;
    double now = 0;
    sdse_eta_begin(&eta, now);
    for (int i = 0; i < SDSE_ETA_RECENT; i++)
        sdse_eta_add(&eta, 1, now += 8);
    assert_true(sdse_eta_s(&eta, 1) == 8);
    // The median turns when more than half of the latest are fast.
    for (int i = 0; i < SDSE_ETA_RECENT / 2; i++)
        sdse_eta_add(&eta, 1, now += 1);
    assert_true(sdse_eta_s(&eta, 1) == 8);
    sdse_eta_add(&eta, 1, now += 1);
    assert_true(sdse_eta_s(&eta, 1) == 1);
    // Every old one is replaced: these alone decide.
    for (int i = 0; i < SDSE_ETA_RECENT; i++)
        sdse_eta_add(&eta, 1, now += i + 1);
    assert_true(sdse_eta_s(&eta, 1) == (SDSE_ETA_RECENT + 1) / 2);
}

static void durations(void **state) {
    (void)state;
    const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0:00"},          {0.49, "0:00"},    {0.5, "0:01"},
                 {59.4, "0:59"},       {59.6, "1:00"},    {123, "2:03"},
                 {3599, "59:59"},      {3600, "1:00:00"}, {3723, "1:02:03"},
                 {359999, "99:59:59"}, {360000, "?"},     {(double)INFINITY, "?"},
                 {(double)NAN, "?"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[16];
        sdse_duration_text(cases[i].seconds, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_before_the_first_batch),
        cmocka_unit_test(is_the_median),
        cmocka_unit_test(batches_share_their_time),
        cmocka_unit_test(forgets_what_is_long_ago),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
