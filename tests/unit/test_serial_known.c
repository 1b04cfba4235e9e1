// What is kept of bit-serial multipliers is what they are expected to take, whatever
// was asked before.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "costmodel/serial_known.h"
#include "engines/expect/serial.h"

struct question {
    struct sdse_serial engine;
    struct sdse_serial_stats stats;
};

// One that differs from the first in its i-th key; false: there are no more.
static bool vary(unsigned i, struct question *q) {
    *q = (struct question){.engine = {.operand = {SDSE_RECODE_PLAIN, 8, false},
                                      .first_stage_bits = 2,
                                      .lanes = 4,
                                      .columns = 3,
                                      .registers = 1,
                                      .barrier_steps = 0},
                           .stats = {.digits = {{0.5, 0.25, 0.125, 0.125}},
                                     .values = 4 * 3 * 64,
                                     .least_cycles = 1,
                                     .places = 0}};
    switch (i) {
    case 0:
        return true;
    case 1:
        q->engine.operand.recoding = SDSE_RECODE_CSD;
        return true;
    case 2:
        q->engine.operand.bits = 12;
        return true;
    case 3: // the same cycles
        q->engine.operand.is_signed = true;
        return true;
    case 4:
        q->engine.first_stage_bits = 1;
        return true;
    case 5:
        q->engine.lanes = 5;
        return true;
    case 6:
        q->engine.columns = 4;
        return true;
    case 7:
        q->engine.registers = 2;
        return true;
    case 8:
        q->engine.barrier_steps = 16;
        return true;
    case 9:
        q->stats.digits.share[2] = 0.25;
        q->stats.digits.share[3] = 0;
        return true;
    case 10:
        q->stats.values = 4 * 3 * 65;
        return true;
    case 11:
        q->stats.least_cycles = 2;
        return true;
    case 12:
        q->stats.places = 6;
        return true;
    default:
        return false;
    }
}

static void each_question_has_its_own_answer(void **state) {
    (void)state;
    struct sdse_serial_known *known = sdse_serial_known_new();
    assert_non_null(known);
    for (int round = 0; round < 2; round++) { // found out, then remembered
        struct question q;
        for (unsigned i = 0; vary(i, &q); i++) {
            struct sdse_serial_means fresh, kept, without;
            assert_int_equal(sdse_serial_expect(&q.engine, &q.stats, &fresh), SDSE_OK);
            assert_int_equal(
                sdse_serial_known_expect(known, &q.engine, &q.stats, &kept), SDSE_OK);
            assert_int_equal(
                sdse_serial_known_expect(NULL, &q.engine, &q.stats, &without), SDSE_OK);
            assert_memory_equal(&kept, &fresh, sizeof fresh);
            assert_memory_equal(&without, &fresh, sizeof fresh);
        }
    }
    sdse_serial_known_free(known);
}

static void a_fault_is_told_each_time(void **state) {
    (void)state;
    struct sdse_serial_known *known = sdse_serial_known_new();
    struct sdse_serial_means means;
    struct question q;
    assert_true(vary(0, &q));
    q.engine.lanes = 0;
    for (int round = 0; round < 2; round++)
        assert_int_equal(sdse_serial_known_expect(known, &q.engine, &q.stats, &means),
                         SDSE_INVALID);
    sdse_serial_known_free(known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_question_has_its_own_answer),
        cmocka_unit_test(a_fault_is_told_each_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
