// A committed batch survives kill -9 of the writer; readers work while it writes; two
// writers share a file.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/look/query.h"
#include "support/results_fixture.h"
#include "support_sweep.h"

static void pause_us(long us) {
    struct timespec time = {.tv_nsec = us * 1000};
    nanosleep(&time, NULL);
}

// Writes up to `most` points, one batch each, and says over the pipe which are
// committed; then closes it and holds a batch open that is never committed. Never
// returns.
static void write_until_killed(const char *path, int pipe_end, unsigned most) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_store *store = NULL;
    if (sdse_store_open(path, FIXTURE_MODEL, &diags, &store) != SDSE_OK)
        _exit(3);
    uint64_t i = 0;
    for (; i < FIXTURE_POINTS && most > 0; i++) {
        if (sdse_store_has_point(store, fixture_point_hash(i)))
            continue;
        most--;
        if (sdse_store_begin(store) != SDSE_OK ||
            fixture_add_point(store, i) != SDSE_OK ||
            sdse_store_commit(store) != SDSE_OK)
            _exit(4);
        unsigned char byte = (unsigned char)i;
        if (write(pipe_end, &byte, 1) != 1)
            _exit(5);
        pause_us(300);
    }
    close(pipe_end);
    sdse_store_begin(store);
    if (i < FIXTURE_POINTS)
        fixture_add_point(store, i);
    for (;;)
        pause();
}

// Starts the writer, lets it commit `wanted` points or what is left of them, kills it;
// every one it told of must be there. True when everything has been written, which a
// writer killed between its last commit and its word of it never told.
static bool round_of_killing(const char *path, unsigned wanted, long wait_us) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_until_killed(path, ends[1], wanted + 3);
    }
    close(ends[1]);
    unsigned char told[FIXTURE_POINTS];
    unsigned count = 0;
    while (count < wanted && read(ends[0], &told[count], 1) == 1)
        count++;
    pause_us(wait_us);
    assert_int_equal(kill(child, SIGKILL), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    // What it said after we stopped counting was committed too.
    while (count < FIXTURE_POINTS && read(ends[0], &told[count], 1) == 1)
        count++;
    close(ends[0]);
    struct sdse_store *store = fixture_open(path);
    for (unsigned i = 0; i < count; i++)
        assert_true(sdse_store_has_point(store, fixture_point_hash(told[i])));
    bool complete = true;
    for (unsigned i = 0; i < FIXTURE_POINTS; i++)
        complete &= sdse_store_has_point(store, fixture_point_hash(i));
    sdse_store_close(store);
    return complete;
}

// The round that finds nothing left to write must end like any other.
static void a_complete_file_is_complete(void **state) {
    (void)state;
    char path[128];
    fixture_path("kill-complete", path, sizeof path);
    fixture_fill(path, 100, 1);
    assert_true(round_of_killing(path, 1, 100));
    fixture_remove(path);
}

static void committed_batches_survive_kill_9(void **state) {
    (void)state;
    char path[128];
    fixture_path("kill-plain", path, sizeof path);
    fixture_fill(path, 100, 1);
    char *expected = database_export(path);
    fixture_remove(path);
    sdse_store_close(fixture_open(path));
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    sdse_store_close(store);
    unsigned rounds = 0;
    bool complete = false;
    while (!complete) {
        complete = round_of_killing(path, 1 + rounds % 4, (long)(rounds * 137 % 900));
        rounds++;
        assert_true(rounds < 100);
    }
    assert_true(rounds >= 5);
    char *text = database_export(path);
    assert_string_equal(text, expected);
    free(text);
    free(expected);
    fixture_remove(path);
}

// Number of points a fresh reader sees; every one of them must be whole.
static int64_t whole_points(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_reader *reader = NULL;
    struct sdse_table *table = NULL;
    assert_int_equal(sdse_reader_open(path, &diags, &reader), SDSE_OK);
    assert_int_equal(
        sdse_query_run(reader,
                       "SELECT * FROM v_point p WHERE status <> 'ok' OR abs((SELECT"
                       " sum(energy_pj) FROM v_energy e WHERE e.point_id = p.point_id)"
                       " - energy_pj) <= 1e-9 * energy_pj",
                       arena, &diags, &table),
        SDSE_OK);
    size_t whole = sdse_table_rows(table);
    assert_int_equal(
        sdse_query_run(reader, "SELECT point_id FROM point", arena, &diags, &table),
        SDSE_OK);
    assert_true(sdse_table_rows(table) >= whole); // the second look is later
    sdse_reader_close(reader);
    sdse_arena_free(arena);
    return (int64_t)whole;
}

static void readers_work_while_it_is_written(void **state) {
    (void)state;
    char path[128];
    fixture_path("kill-readers", path, sizeof path);
    struct sdse_store *store = fixture_open(path);
    fixture_add_inputs(store);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    // In this process: an open batch hides its points until it is committed.
    assert_int_equal(sdse_store_begin(store), SDSE_OK);
    assert_int_equal(fixture_add_point(store, 0), SDSE_OK);
    assert_int_equal(whole_points(path), 0);
    assert_int_equal(sdse_store_commit(store), SDSE_OK);
    assert_int_equal(whole_points(path), 1);
    sdse_store_close(store);
    // Another process writes while we read.
    pid_t child = fork();
    if (child == 0)
        write_until_killed(path, ends[1], FIXTURE_POINTS);
    close(ends[1]);
    unsigned char byte = 0;
    while (byte != FIXTURE_POINTS - 1) {
        assert_int_equal(read(ends[0], &byte, 1), 1);
        assert_true(whole_points(path) > byte);
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    fixture_remove(path);
}

static void two_writers_share_a_file(void **state) {
    (void)state;
    char path[128];
    fixture_path("kill-two", path, sizeof path);
    fixture_fill(path, 100, 1);
    char *expected = database_export(path);
    fixture_remove(path);
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            // Both may create the file at the same moment.
            fixture_fill(path, 2, i ? 5 : 1);
            _exit(0);
        }
    }
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    char *text = database_export(path);
    assert_string_equal(text, expected);
    free(text);
    free(expected);
    fixture_remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_complete_file_is_complete),
        cmocka_unit_test(committed_batches_survive_kill_9),
        cmocka_unit_test(readers_work_while_it_is_written),
        cmocka_unit_test(two_writers_share_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
