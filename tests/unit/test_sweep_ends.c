// A sweep that ends early, because its database cannot grow or because it is stopped:
// what it says it did is what is there, and the same command goes on where it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support_sweep.h"

// Runs the sweep in a process that may write files of `most` bytes; what it reports.
static enum sdse_status run_limited(rlim_t most, const char *database,
                                    struct sdse_sweep_progress *progress) {
    struct {
        enum sdse_status status;
        struct sdse_sweep_progress progress;
    } told;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){most, most});
        char *said = NULL;
        memset(&told, 0, sizeof told);
        told.status = sweep_try(
            &(struct sdse_sweep_request){.sweep_path = sweep_path("s.yaml"),
                                         .database_path = sweep_path(database),
                                         .threads = 1},
            &told.progress, &said);
        if (told.status != SDSE_OK && !strlen(said))
            _exit(2); // an end without a word
        _exit(write(ends[1], &told, sizeof told) != sizeof told);
    }
    close(ends[1]);
    int ended;
    assert_int_equal(read(ends[0], &told, sizeof told), sizeof told);
    close(ends[0]);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    *progress = told.progress;
    return told.status;
}

static void what_is_reported_is_stored(void **state) {
    (void)state;
    sweep_write("s.yaml", "name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                          "override: {GLB.capacity_kib: [4, 6, 8, 12, 16, 24]}\n"
                          "constraints: {max_area_mm2: 0.0001}\n");
    unsigned failed = 0, finished = 0;
    for (rlim_t most = 64 << 10; !finished; most += 48 << 10) {
        char database[32];
        struct sdse_sweep_progress progress;
        snprintf(database, sizeof database, "%u.db", failed);
        if (run_limited(most, database, &progress) == SDSE_OK) {
            finished++;
            assert_int_equal(progress.points_done, 6);
            assert_int_equal(progress.infeasible, 6);
            continue;
        }
        failed++;
        assert_true(failed < 60);
        // Nothing half-told: the one batch is there or not.
        assert_int_equal(progress.points_done, 0);
        assert_int_equal(progress.infeasible, 0);
        assert_int_equal(progress.front_size, 0);
        // The same command, without the limit, does all of it.
        const struct sdse_sweep_progress again = sweep_run("s.yaml", database);
        assert_int_equal(again.points_done, 6);
        assert_int_equal(again.points_reused, 0);
        assert_int_equal(sweep_number(database, "SELECT count(*) FROM v_point"), 6);
    }
    assert_true(failed > 0);
    printf("## sweeps: %u databases that could not grow told what they held\n", failed);
}

static void *stop_later(void *stop) {
    const struct timespec two_seconds = {.tv_sec = 2};
    nanosleep(&two_seconds, NULL);
    atomic_store((atomic_bool *)stop, true);
    return NULL;
}

// Two points of one batch, the first done in no time, the second after a minute
// (imperfect factors of a thousand classes): stopped in between, the first is stored.
static void what_was_solved_before_a_stop_is_stored(void **state) {
    (void)state;
    sweep_write("quick.yaml", "name: quick\nsource: s\nlayers:\n"
                              "  - {name: f, kind: fc, in: 8, out_channels: 4}\n");
    sweep_write("slow.yaml", "name: slow\nsource: s\nlayers:\n"
                             "  - {name: f, kind: fc, in: 768, out_channels: 1000}\n");
    sweep_write("t.yaml", "name: t\nworkloads: [quick.yaml, slow.yaml]\n"
                          "archs: [" SDSE_SOURCE_DIR "/archs/simba.yaml]\n"
                          "mapper: {imperfect_percent: 10}\n");
    atomic_bool stop = false;
    pthread_t thread;
    struct sdse_sweep_progress progress;
    char *said = NULL;
    assert_int_equal(pthread_create(&thread, NULL, stop_later, &stop), 0);
    assert_int_equal(
        sweep_try(&(struct sdse_sweep_request){.sweep_path = sweep_path("t.yaml"),
                                               .database_path = sweep_path("t.db"),
                                               .threads = 2,
                                               .stop = &stop},
                  &progress, &said),
        SDSE_INTERRUPTED);
    free(said);
    pthread_join(thread, NULL);
    assert_int_equal(progress.points_done, 1);
    char *stored = sweep_ask("t.db", "SELECT workload, mapper_status FROM v_point");
    assert_string_equal(stored, "quick,optimal\n");
    free(stored);
}

#define MEASURED "SELECT count(*) FROM weight_form WHERE measured"
struct watch {
    atomic_bool stop;
    char database[32];
};

static void stop_once_measured(void *context,
                               const struct sdse_sweep_progress *progress) {
    (void)progress;
    struct watch *watch = context;
    if (sweep_number(watch->database, MEASURED) > 0)
        atomic_store(&watch->stop, true);
}

// Weights are measured for some points ahead, and stored, before the first is solved:
// no more than was asked for are under way at a time.
static void measuring_ahead_has_an_end(void **state) {
    (void)state;
    static const struct {
        uint64_t words;
        int forms; // of three layers each: 288, 192 and 960 words
    } cases[] = {{1, 3}, {288 + 192 + 960, 3}, {288 + 192 + 961, 6}, {0, 9}};
    sweep_write("m.yaml",
                "name: m\nworkloads: [net.yaml]\narchs: [arch.yaml]\nweight_forms:\n"
                "  - {name: m, basis_size: 3, sparsity: [0.1, 0.2, 0.3]}\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *said = NULL;
        struct watch watch = {.stop = false};
        struct sdse_sweep_progress progress;
        snprintf(watch.database, sizeof watch.database, "ahead%zu.db", i);
        assert_int_equal(
            sweep_try(&(struct sdse_sweep_request){.sweep_path = sweep_path("m.yaml"),
                                                   .database_path =
                                                       sweep_path(watch.database),
                                                   .threads = 2,
                                                   .stop = &watch.stop,
                                                   .progress = stop_once_measured,
                                                   .context = &watch,
                                                   .ahead_words = cases[i].words},
                      &progress, &said),
            SDSE_INTERRUPTED);
        free(said);
        assert_int_equal(sweep_number(watch.database, MEASURED), cases[i].forms);
        assert_int_equal(progress.points_done, 0);
        assert_int_equal(sweep_run("m.yaml", watch.database).points_done, 3);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_reported_is_stored),
        cmocka_unit_test(what_was_solved_before_a_stop_is_stored),
        cmocka_unit_test(measuring_ahead_has_an_end),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
