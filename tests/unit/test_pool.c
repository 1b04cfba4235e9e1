// The thread pool: every index is given to one worker, once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

enum { INDICES = 200000, THREADS = 8, ROUNDS = 90 };

struct marks {
    atomic_uchar *times;          // how often each index was run
    atomic_uint strange;          // workers out of range
    atomic_size_t after;          // one more than the largest index
    atomic_uint arrived, awaited; // workers in their first task
    unsigned char seen[THREADS];  // each worker's own: it has arrived
};

static void mark(void *context, unsigned worker, size_t index) {
    struct marks *marks = context;
    if (worker >= THREADS) {
        atomic_fetch_add(&marks->strange, 1);
    } else if (!marks->seen[worker]) {
        // They start together, so that they do compete; one that was not started is
        // not waited for without end.
        marks->seen[worker] = 1;
        atomic_fetch_add(&marks->arrived, 1);
        for (int i = 0;
             i < 20000 && atomic_load(&marks->arrived) < atomic_load(&marks->awaited);
             i++)
            sched_yield();
    }
    if (index >= INDICES)
        atomic_store(&marks->after, index + 1);
    else
        atomic_fetch_add(&marks->times[index], 1);
}

static void runs_each_index_once(void **state) {
    (void)state;
    struct marks marks = {.times = calloc(INDICES, sizeof *marks.times)};
    assert_non_null(marks.times);
    for (int round = 0; round < ROUNDS; round++) {
        const unsigned threads = round % 3 == 0 ? 1 : round % 3 == 1 ? 2 : THREADS;
        for (size_t i = 0; i < INDICES; i++)
            atomic_store_explicit(&marks.times[i], 0, memory_order_relaxed);
        memset(marks.seen, 0, sizeof marks.seen);
        atomic_store(&marks.arrived, 0);
        atomic_store(&marks.awaited, threads);
        assert_int_equal(sdse_parallel_for(INDICES, threads, mark, &marks), SDSE_OK);
        for (size_t i = 0; i < INDICES; i++)
            if (atomic_load(&marks.times[i]) != 1)
                fail_msg("index %zu was run %d times by %u threads", i,
                         atomic_load(&marks.times[i]), threads);
    }
    assert_int_equal(atomic_load(&marks.strange), 0);
    assert_int_equal(atomic_load(&marks.after), 0);
    free(marks.times);
}

static void takes_more_threads_than_indices(void **state) {
    (void)state;
    struct marks marks = {.times = calloc(3, sizeof *marks.times)};
    assert_non_null(marks.times);
    assert_int_equal(sdse_parallel_for(0, THREADS, mark, &marks), SDSE_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(atomic_load(&marks.times[i]), 0);
    assert_int_equal(sdse_parallel_for(3, THREADS, mark, &marks), SDSE_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(atomic_load(&marks.times[i]), 1);
    free(marks.times);
}

static void count_one(void *context, unsigned worker, size_t index) {
    (void)worker;
    (void)index;
    atomic_fetch_add((atomic_size_t *)context, 1);
}

// Begun and ended in two steps, all of it is done, whatever happens in between; by one
// thread only in the end.
static void ends_what_it_begins(void **state) {
    (void)state;
    sdse_parallel_end(NULL);
    for (unsigned threads = 1; threads <= THREADS; threads++)
        for (size_t count = 0; count < 40; count += 13) {
            atomic_size_t done = 0, other = 0;
            struct sdse_parallel *loop = NULL, *second = NULL;
            assert_int_equal(
                sdse_parallel_begin(count, threads, count_one, &done, &loop), SDSE_OK);
            assert_non_null(loop);
            if (threads == 1)
                assert_int_equal(atomic_load(&done), 0);
            assert_int_equal(
                sdse_parallel_begin(7, threads, count_one, &other, &second), SDSE_OK);
            sdse_parallel_end(second);
            assert_int_equal(atomic_load(&other), 7);
            sdse_parallel_end(loop);
            assert_int_equal(atomic_load(&done), count);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_each_index_once),
        cmocka_unit_test(takes_more_threads_than_indices),
        cmocka_unit_test(ends_what_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
