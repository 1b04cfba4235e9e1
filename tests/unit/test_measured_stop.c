// A stop is seen before a layer is measured, and within its decomposition.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "dse/sweep/measured.h"
#include "smartdeal/npy.h"
#include "smartdeal/synthetic.h"
#include "spec/load.h"
#include "support_sweep.h"

// Its decomposition takes many seconds, unless it is stopped.
enum { INPUTS = 1536, OUTPUTS = 4096 };

static struct sdse_arena *arena;
static struct sdse_workload *net;

static const struct sdse_form_setting setting = {.smartdeal = true,
                                                 .measured = true,
                                                 .coefficient_bits = 4,
                                                 .basis_bits = 8,
                                                 .scale_bits = 8,
                                                 .iterations = 30,
                                                 .threshold_kind = SDSE_FORM_SPARSITY,
                                                 .threshold = 0.3,
                                                 .prune_group = 1};

static int make_inputs(void **state) {
    if (sweep_begin(state) != 0 || !(arena = sdse_arena_new()))
        return -1;
    static const uint64_t shape[] = {OUTPUTS, INPUTS};
    static float values[(size_t)INPUTS * OUTPUTS];
    uint64_t random = 7;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        values[i] = (float)(sdse_random_u64(&random) >> 40) * 0x1p-24F - 0.5F;
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    if (sdse_npy_write(NULL, sweep_path("f.npy"), 2, shape, values, &diags) != SDSE_OK)
        return -1;
    sweep_write("large.yaml", "name: large\nsource: made up for this test\nlayers:\n"
                              "  - {name: f, kind: fc, in: 1536, out_channels: 4096, "
                              "weights: f.npy}\n");
    const char *path = sdse_arena_strdup(arena, sweep_path("large.yaml"));
    return sdse_workload_load(arena, path, &diags, &net) == SDSE_OK ? 0 : -1;
}

static int free_inputs(void **state) {
    sdse_arena_free(arena);
    return sweep_end(state);
}

static struct sdse_measured entry_of_the_layer(void) {
    return (struct sdse_measured){
        .workload = net, .layer = &net->layers[0], .setting = &setting, .word_bits = 8};
}

static void a_stop_before_measures_nothing(void **state) {
    (void)state;
    struct sdse_measured entry = entry_of_the_layer(), *entries[] = {&entry};
    const atomic_bool stop = true;
    double seconds = -1;
    sdse_measure_alike(entries, 1, 1, arena, &stop, &seconds);
    assert_false(entry.known);
    assert_int_equal(entry.status, SDSE_OK);
    assert_true(seconds == -1); // not begun
    assert_int_equal(sdse_measure_all(entries, 1, 1, &arena, &stop), SDSE_OK);
    assert_false(entry.known);
}

struct watch {
    int events;
    atomic_bool stop;
};

// Stops once the weights have been read: their header is read first, then all.
static void *stop_once_read(void *context) {
    struct watch *watch = context;
    for (int closed = 0; closed < 2; closed++) {
        struct inotify_event event; // of a file: without a name
        if (read(watch->events, &event, sizeof event) != (ssize_t)sizeof event)
            abort();
    }
    atomic_store(&watch->stop, true);
    return NULL;
}

static void a_stop_ends_a_decomposition(void **state) {
    (void)state;
    struct watch watch = {.events = inotify_init1(IN_CLOEXEC)};
    assert_true(watch.events >= 0);
    assert_true(
        inotify_add_watch(watch.events, sweep_path("f.npy"), IN_CLOSE_NOWRITE) >= 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stop_once_read, &watch), 0);
    struct sdse_measured entry = entry_of_the_layer(), *entries[] = {&entry};
    double seconds = -1;
    sdse_measure_alike(entries, 1, 1, arena, &watch.stop, &seconds);
    pthread_join(thread, NULL);
    close(watch.events);
    assert_true(seconds >= 0); // begun
    assert_false(entry.known);
    assert_int_equal(entry.status, SDSE_OK);
    assert_null(entry.reason);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stop_before_measures_nothing),
        cmocka_unit_test(a_stop_ends_a_decomposition),
    };
    return cmocka_run_group_tests(tests, make_inputs, free_inputs);
}
