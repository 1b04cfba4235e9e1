// Every allocation of every engine and expectation fails in turn: out of memory is
// reported, what was to be filled stays as it was, and nothing leaks (sanitizers).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engines/expect/cartesian.h"
#include "engines/expect/gather.h"
#include "engines/expect/selector.h"
#include "engines/expect/serial.h"
#include "engines/expect/skip.h"
#include "engines/expect/structured.h"

static unsigned long countdown; // the allocation that fails; 0: none

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);

static bool fails(void) { return countdown > 0 && --countdown == 0; }

void *__wrap_malloc(size_t bytes) { return fails() ? NULL : __real_malloc(bytes); }
void *__wrap_calloc(size_t count, size_t bytes) {
    return fails() ? NULL : __real_calloc(count, bytes);
}

enum { MOST = 2048 };
static int32_t acts[MOST], weights[MOST];

// What a call fills.
union filled {
    unsigned char bytes[512];
    struct sdse_serial_counts serial;
    struct sdse_selector_counts selector;
    struct sdse_skip_counts skip;
    struct sdse_gather_counts gather;
    struct sdse_cartesian_counts cartesian;
    struct sdse_serial_means serial_means;
    struct sdse_selector_means selector_means;
    struct sdse_skip_means skip_means;
    struct sdse_gather_means gather_means;
    struct sdse_cartesian_means cartesian_means;
    struct sdse_structured_means structured_means;
};

static const struct sdse_serial SERIAL = {
    .operand = {SDSE_RECODE_BOOTH4, 8, true}, .lanes = 4, .columns = 3, .registers = 1};
static const struct sdse_selector SELECTOR = {.stride = 1,
                                              .pad = 1,
                                              .slices = 4,
                                              .group = 2,
                                              .lines = 2,
                                              .skip_weight_rows = true,
                                              .skip_act_rows = true,
                                              .cost = SDSE_SELECTOR_LINE,
                                              .kernel_width = 3,
                                              .lanes = 4,
                                              .pad_w = 1};
static const struct sdse_selector_shape ROWS = {5, 3, 3, 3, 5, 6};
static const struct sdse_skip SKIP = {
    .mode = SDSE_SKIP_BOTH, .grid = {2, 3}, .simd = 2, .bubble = 1, .tile_cols = 2};
static const struct sdse_skip_shape COLUMNS = {7, 9, 8};
static const struct sdse_gather GATHER = {.pes = 3, .width = 4, .tile_inputs = 7};
static const struct sdse_cartesian SCNN = {.stride = 2,
                                           .pad = 1,
                                           .grid = {2, 2},
                                           .weight_vector = 4,
                                           .act_vector = 4,
                                           .banks = 8,
                                           .queue = 8,
                                           .acc_entries = 40};
static const struct sdse_cartesian_shape LAYER = {2, 5, 6, 3, 3, 2};

static enum sdse_status count_serial(union filled *out) {
    return sdse_serial_count(&SERIAL, acts, 100, &out->serial);
}
static enum sdse_status count_selector(union filled *out) {
    return sdse_selector_count(&SELECTOR, &ROWS, weights, acts, &out->selector);
}
static enum sdse_status count_skip(union filled *out) {
    return sdse_skip_count(&SKIP, &COLUMNS, acts, weights, &out->skip);
}
static enum sdse_status count_gather(union filled *out) {
    return sdse_gather_count(&GATHER, weights, 20, 30, &out->gather);
}
static enum sdse_status count_cartesian(union filled *out) {
    return sdse_cartesian_count(&SCNN, &LAYER, acts, weights, &out->cartesian);
}

static const struct sdse_digit_shares DIGITS = {{0.4, 0.2, 0.2, 0.1, 0.1}};

static enum sdse_status expect_serial(const struct sdse_serial *engine,
                                      union filled *out) {
    const struct sdse_serial_stats stats = {DIGITS, 95, 1, 8};
    return sdse_serial_expect(engine, &stats, &out->serial_means);
}
static enum sdse_status expect_ahead(union filled *out) {
    struct sdse_serial engine = SERIAL;
    engine.first_stage_bits = SDSE_UNLIMITED;
    return expect_serial(&engine, out);
}
static enum sdse_status expect_free(union filled *out) {
    struct sdse_serial engine = SERIAL;
    engine.first_stage_bits = engine.registers = SDSE_UNLIMITED;
    engine.barrier_steps = 3;
    return expect_serial(&engine, out);
}
static enum sdse_status expect_pallet(union filled *out) {
    struct sdse_serial engine = SERIAL;
    engine.first_stage_bits = 1;
    engine.registers = 0;
    return expect_serial(&engine, out);
}
static enum sdse_status expect_selector(union filled *out) {
    const struct sdse_selector_stats stats = {ROWS, 1, 1, 1, {{0, 1}}};
    return sdse_selector_expect(&SELECTOR, &stats, &out->selector_means);
}
static enum sdse_status expect_skip(union filled *out) {
    static const uint64_t nnz[] = {3, 1, 4, 1, 5, 2, 6};
    const struct sdse_skip_stats stats = {COLUMNS, 0.5, 0.5, nnz, nnz, NULL, NULL};
    return sdse_skip_expect(&SKIP, &stats, &out->skip_means);
}
static enum sdse_status expect_gather(union filled *out) {
    const struct sdse_gather_stats stats = {20, 30, 0.4, NULL};
    return sdse_gather_expect(&GATHER, &stats, &out->gather_means);
}
static enum sdse_status expect_uneven(union filled *out) {
    static const uint64_t nnz[] = {3, 1, 4, 1, 5};
    const struct sdse_gather_stats stats = {5, 30, 0, nnz};
    return sdse_gather_expect(&GATHER, &stats, &out->gather_means);
}
static enum sdse_status expect_structured(union filled *out) {
    const struct sdse_structured engine = {2, 4, 4, 2, 8};
    const struct sdse_structured_stats stats = {3, 10, 0.3, false};
    return sdse_structured_expect(&engine, &stats, &out->structured_means);
}
// Tensors without zeros are executed once, so that allocations are few.
static enum sdse_status expect_group(union filled *out) {
    const struct sdse_cartesian_stats stats = {LAYER, 1, 1, NULL, NULL};
    return sdse_cartesian_expect(&SCNN, &stats, &out->cartesian_means);
}
static enum sdse_status expect_channel(union filled *out) {
    static const uint64_t act_nnz[] = {30, 30}, weight_nnz[] = {18, 18};
    struct sdse_cartesian engine = SCNN;
    const struct sdse_cartesian_stats stats = {LAYER, 0, 0, act_nnz, weight_nnz};
    engine.stride = 1;
    engine.barrier = SDSE_CARTESIAN_CHANNEL;
    return sdse_cartesian_expect(&engine, &stats, &out->cartesian_means);
}
static enum sdse_status expect_channels(union filled *out) {
    static const uint64_t act_nnz[] = {30, 30}, weight_nnz[] = {18, 18};
    const struct sdse_cartesian_stats stats = {LAYER, 0, 0, act_nnz, weight_nnz};
    return sdse_cartesian_expect(&SCNN, &stats, &out->cartesian_means);
}

static void every_allocation_fails(void **state) {
    static enum sdse_status (*const calls[])(union filled *) = {
        count_serial,      count_selector, count_skip,     count_gather,
        count_cartesian,   expect_ahead,   expect_free,    expect_pallet,
        expect_selector,   expect_skip,    expect_gather,  expect_uneven,
        expect_structured, expect_group,   expect_channel, expect_channels,
    };
    for (unsigned i = 0; i < MOST; i++)
        acts[i] = weights[i] = (int32_t)(i % 3);
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        union filled before, out;
        enum sdse_status status = SDSE_NO_MEMORY;
        unsigned long nth = 1;
        memset(&before, 0x5a, sizeof before);
        for (; status != SDSE_OK; nth++) {
            assert_true(nth < 5000);
            memcpy(&out, &before, sizeof out);
            countdown = nth;
            status = calls[c](&out);
            const bool reached = countdown == 0;
            countdown = 0;
            if (status == SDSE_OK) {
                assert_false(reached);
                break;
            }
            assert_int_equal(status, SDSE_NO_MEMORY);
            assert_memory_equal(&out, &before, sizeof out);
        }
        assert_true(nth > 1);
    }
    (void)state;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
