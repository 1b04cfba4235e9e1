// Claims: one owner for each part, who loses it when he gives it back, ends, expires or
// is killed; results do not show them.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "results/store/claim.h"
#include "support/results_fixture.h"

static struct sdse_arena *arena;
static struct sdse_diags diags;
static char folder[] = "/tmp/sdse-claim-XXXXXX";
static char path[64];
static const struct sdse_hash sweep = {0x1234567890abcdefu, 7}, other = {1, 2};

static int make_folder(void **state) {
    (void)state;
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    return arena && mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state) {
    (void)state;
    char line[128];
    snprintf(line, sizeof line, "rm -rf '%s'", folder);
    sdse_arena_free(arena);
    return system(line);
}

static int new_file(void **state) {
    static unsigned number;
    (void)state;
    snprintf(path, sizeof path, "%s/%u.db", folder, number++);
    return 0;
}

static struct sdse_store *open_store(void) {
    struct sdse_store *store = NULL;
    assert_int_equal(sdse_store_open(path, FIXTURE_MODEL, &diags, &store), SDSE_OK);
    return store;
}

static bool takes(struct sdse_store *store, const struct sdse_claimant *who,
                  struct sdse_hash what, uint64_t part) {
    bool taken;
    assert_int_equal(sdse_claim_take(store, who, what, part, &taken), SDSE_OK);
    return taken;
}

// The one integer of `sql`; other statements run as well.
static int64_t ask(const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    const int64_t value =
        sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    assert_int_equal(sqlite3_finalize(row), SQLITE_OK);
    sqlite3_close(db);
    return value;
}

static void one_owner_at_a_time(void **state) {
    (void)state;
    struct sdse_store *a = open_store(), *b = open_store();
    struct sdse_claimant ann, bob;
    assert_int_equal(sdse_claim_begin(a, &ann), SDSE_OK);
    assert_int_equal(sdse_claim_begin(b, &bob), SDSE_OK);
    assert_string_not_equal(ann.token, bob.token);
    assert_true(takes(a, &ann, sweep, 0) && takes(a, &ann, sweep, 1));
    assert_true(takes(a, &ann, sweep, 0)); // her own, again
    assert_false(takes(b, &bob, sweep, 0));
    assert_true(takes(b, &bob, sweep, 2) && takes(b, &bob, other, 0));
    assert_false(takes(a, &ann, sweep, 2));
    // What is given back in a batch is free when that is in, and not before.
    assert_int_equal(sdse_store_begin(a), SDSE_OK);
    assert_int_equal(sdse_claim_release(a, &ann, sweep, 0), SDSE_OK);
    sdse_store_rollback(a);
    assert_false(takes(b, &bob, sweep, 0));
    assert_int_equal(sdse_store_begin(a), SDSE_OK);
    assert_int_equal(sdse_claim_release(a, &ann, sweep, 0), SDSE_OK);
    assert_int_equal(sdse_store_commit(a), SDSE_OK);
    assert_true(takes(b, &bob, sweep, 0));
    assert_false(takes(b, &bob, sweep, 1)); // that she has kept
    // Nobody gives back what is another's.
    assert_int_equal(sdse_store_begin(a), SDSE_OK);
    assert_int_equal(sdse_claim_release(a, &ann, sweep, 100), SDSE_OK);
    assert_int_equal(sdse_store_commit(a), SDSE_OK);
    assert_false(takes(a, &ann, sweep, 2));
    sdse_claim_end(b, &bob);
    assert_true(takes(a, &ann, sweep, 2) && takes(a, &ann, other, 0));
    sdse_claim_end(a, &ann);
    assert_int_equal(ask("SELECT count(*) FROM claimant"), 0);
    assert_int_equal(ask("SELECT count(*) FROM claim"), 0);
    sdse_store_close(a);
    sdse_store_close(b);
}

// A claimant that is elsewhere lives as long as its heartbeat; who was taken for dead
// may claim again.
static void expired_claims_fall_to_others(void **state) {
    (void)state;
    struct sdse_store *a = open_store(), *b = open_store();
    struct sdse_claimant ann, bob;
    assert_int_equal(sdse_claim_begin(a, &ann), SDSE_OK);
    assert_int_equal(sdse_claim_begin(b, &bob), SDSE_OK);
    assert_true(takes(a, &ann, sweep, 0));
    assert_true(
        ask("SELECT min(expires) - CAST(strftime('%s') AS INTEGER) FROM claimant") >=
        SDSE_CLAIM_SECONDS - 5);
    char line[160];
    snprintf(line, sizeof line,
             "UPDATE claimant SET host = 'far', pid = 999999999 WHERE token = '%s'",
             ann.token);
    ask(line);
    assert_false(takes(b, &bob, sweep, 0));
    ask("UPDATE claimant SET expires = 1 WHERE host = 'far'");
    assert_true(sdse_claim_beat(path, &ann)); // just in time
    assert_false(takes(b, &bob, sweep, 0));
    // So is taking a part: whoever works lives.
    ask("UPDATE claimant SET expires = CAST(strftime('%s') AS INTEGER) + 2");
    assert_true(takes(a, &ann, sweep, 7));
    assert_true(ask("SELECT expires - CAST(strftime('%s') AS INTEGER) FROM claimant "
                    "WHERE host = 'far'") >= SDSE_CLAIM_SECONDS - 5);
    ask("UPDATE claimant SET expires = 1 WHERE host = 'far'");
    assert_true(takes(b, &bob, sweep, 0));
    assert_false(takes(a, &ann, sweep, 0));
    assert_true(takes(a, &ann, sweep, 1));
    sdse_claim_end(a, &ann);
    sdse_claim_end(b, &bob);
    sdse_store_close(a);
    sdse_store_close(b);
}

// Of this host the process is asked after: also one that its parent has not noticed,
// and one whose number another has now.
static void killed_owners_lose_at_once(void **state) {
    (void)state;
    struct sdse_store *b = open_store();
    struct sdse_claimant bob;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct sdse_store *a = open_store();
        struct sdse_claimant ann;
        bool taken;
        if (sdse_claim_begin(a, &ann) != SDSE_OK ||
            sdse_claim_take(a, &ann, sweep, 0, &taken) != SDSE_OK || !taken ||
            write(ends[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(sdse_claim_begin(b, &bob), SDSE_OK);
    assert_false(takes(b, &bob, sweep, 0));
    assert_int_equal(kill(child, SIGKILL), 0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_true(takes(b, &bob, sweep, 0)); // not noticed yet
    assert_int_equal(waitpid(child, NULL, 0), child);
    // This process has the number, but not since then.
    char line[200];
    snprintf(line, sizeof line,
             "INSERT INTO claimant SELECT 'old', host, pid, began - 1, expires FROM "
             "claimant WHERE token = '%s'",
             bob.token);
    ask(line);
    snprintf(line, sizeof line,
             "INSERT INTO claim VALUES('1234567890abcdef0000000000000007', 5, 'old')");
    ask(line);
    assert_true(takes(b, &bob, sweep, 5));
    sdse_claim_end(b, &bob);
    sdse_store_close(b);
    close(ends[0]);
    close(ends[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_owner_at_a_time, new_file),
        cmocka_unit_test_setup(expired_claims_fall_to_others, new_file),
        cmocka_unit_test_setup(killed_owners_lose_at_once, new_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
