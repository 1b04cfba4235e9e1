// A sweep whose database cannot grow: what it says it did is what is there, and the
// same command goes on where it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_reported_is_stored)};
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
