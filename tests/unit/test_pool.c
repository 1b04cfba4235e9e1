// The thread pool: every index is given to one worker, once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/pool.h"

enum { INDICES = 1000000, THREADS = 8 };

struct marks {
    atomic_uchar *times; // how often each index was run
    atomic_uint strange; // workers out of range
    atomic_size_t after; // one more than the largest index
};

static void mark(void *context, unsigned worker, size_t index) {
    struct marks *marks = context;
    if (worker >= THREADS)
        atomic_fetch_add(&marks->strange, 1);
    if (index >= INDICES)
        atomic_store(&marks->after, index + 1);
    else
        atomic_fetch_add(&marks->times[index], 1);
}

static void runs_each_index_once(void **state) {
    (void)state;
    struct marks marks = {.times = calloc(INDICES, sizeof *marks.times)};
    assert_non_null(marks.times);
    for (unsigned threads = 0; threads <= THREADS; threads += 4) {
        for (size_t i = 0; i < INDICES; i++)
            atomic_store(&marks.times[i], 0);
        // 0 threads are as many as the machine has, which may be more than are marked.
        const unsigned asked = threads || sdse_processors() <= THREADS ? threads : 1;
        assert_int_equal(sdse_parallel_for(INDICES, asked, mark, &marks), SDSE_OK);
        for (size_t i = 0; i < INDICES; i++)
            if (atomic_load(&marks.times[i]) != 1)
                fail_msg("index %zu was run %d times by %u threads", i,
                         atomic_load(&marks.times[i]), asked);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_each_index_once),
        cmocka_unit_test(takes_more_threads_than_indices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
