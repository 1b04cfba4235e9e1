// Sixteen shards of a sweep, killed at random moments and continued, then merged in any
// order: the export of one run. Arguments: how many kills, and a seed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/sanitized.h"
#include "support_program.h"

// Few points, of which a shard has one batch; for long runs many, of which it has
// several.
#define FEW "sweep tests/data/cli/kill_sweep.yaml -q -j 1 "
#define MANY "sweep @many.yaml -q -j 1 "

enum { SHARDS = 16, FEW_POINTS = 64, MANY_POINTS = 768, MANY_KILLS = 100 };

static const char many[] =
    "name: kill-test\n"
    "workloads: [" SDSE_SOURCE_DIR "/tests/data/cli/kill_net.yaml]\n"
    "archs: [" SDSE_SOURCE_DIR "/tests/data/cli/arch.yaml]\n"
    "override:\n"
    "  buffer.capacity_kib: [1, 2, 3, 4, 6, 8]\n"
    "  buffer.fanout.x: [1, 2, 4, 8]\n"
    "  buffer.fanout.y: [1, 4]\n"
    "  DRAM.shared_bits_per_cycle: [16, 24, 32, 48, 64, 96, 128, 192]\n"
    "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5, row_density: 0.6}]\n"
    "constraints: {max_area_mm2: 0.065}\n";

static unsigned long kills_wanted = SANITIZED ? 3 : 10;
static uint64_t random_state = 1;

static const char *sweep(void) { return kills_wanted < MANY_KILLS ? FEW : MANY; }
static long shard_points(void) {
    return (kills_wanted < MANY_KILLS ? FEW_POINTS : MANY_POINTS) / SHARDS;
}

static uint64_t draw(uint64_t below) {
    random_state += 0x9e3779b97f4a7c15u; // splitmix64
    uint64_t z = random_state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % below;
}

static void shard_line(char line[128], int shard) {
    snprintf(line, 128, "%s-o @s%d.db --shard %d/%d", sweep(), shard, shard, SHARDS);
}

static void remove_file(const char *name) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", name, ends[i]);
        unlink(scratch(path));
    }
}

static void remove_shard(int shard) {
    char name[64];
    snprintf(name, sizeof name, "s%d.db", shard);
    remove_file(name);
}

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

// The points that a file has; 0 if there is none yet.
static long stored(int shard) {
    char line[128];
    snprintf(line, sizeof line, "query @s%d.db -f csv SELECT~count(*)~FROM~sweep_point",
             shard);
    struct ran ran = run_program(line);
    const char *second = ran.status == 0 ? strchr(ran.out, '\n') : NULL;
    const long points = second ? strtol(second + 1, NULL, 10) : 0;
    free_ran(&ran);
    return points;
}

// Merges all in a drawn order and compares.
static void merged_is(const char *whole) {
    int order[SHARDS];
    char line[512] = "merge @all.db";
    for (int i = 0; i < SHARDS; i++)
        order[i] = i + 1;
    for (int i = SHARDS - 1; i > 0; i--) {
        const int other = (int)draw((uint64_t)i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    for (int i = 0; i < SHARDS; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), " @s%d.db", order[i]);
    remove_file("all.db");
    free(run_text(0, line));
    char *merged = run_text(0, "export @all.db");
    if (strcmp(merged, whole) != 0)
        fail_msg("%s: not the export of one run", line);
    free(merged);
    free(run_text(0, "verify @all.db"));
}

// A kill loses no committed point of its shard.
static void kills_lose_nothing(void **state) {
    (void)state;
    char line[128];
    write_scratch("many.yaml", many);
    snprintf(line, sizeof line, "%s-o @whole.db", sweep());
    free(run_text(0, line));
    char *whole = run_text(0, "export @whole.db");
    const double began = now_us();
    shard_line(line, 1);
    free(run_text(0, line));
    const double longest_us = now_us() - began;
    remove_shard(1);
    unsigned long kills = 0, ended = 0, merges = 0, lost = 0, midway = 0;
    while (kills < kills_wanted) {
        const int shard = 1 + (int)draw(SHARDS);
        const long before = stored(shard);
        shard_line(line, shard);
        const pid_t pid = start_program(line);
        const long wait_us = (long)(longest_us * (double)draw(1000) / 1000);
        nanosleep(&(struct timespec){wait_us / 1000000, wait_us % 1000000 * 1000},
                  NULL);
        kill(pid, SIGKILL);
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        const long after = stored(shard);
        lost += after < before;
        if (WIFSIGNALED(status)) {
            kills++;
            midway += after > 0 && after < shard_points();
            continue;
        }
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(after, shard_points());
        // Now and then all are completed, compared, and begun anew.
        if (++ended % SHARDS)
            continue;
        for (int i = 1; i <= SHARDS; i++) {
            shard_line(line, i);
            free(run_text(0, line));
        }
        merged_is(whole);
        merges++;
        for (int i = 1; i <= SHARDS; i++)
            remove_shard(i);
    }
    for (int i = 1; i <= SHARDS; i++) {
        shard_line(line, i);
        free(run_text(0, line));
    }
    merged_is(whole);
    merged_is(whole);
    printf(
        "## shards: %lu kills (%lu with some of the points stored), %lu points lost; "
        "16 shards merged in %lu shuffled orders, each the export of one run\n",
        kills, midway, lost, merges + 2);
    assert_int_equal(lost, 0);
    free(whole);
}

int main(int argc, char **argv) {
    if (argc > 1)
        kills_wanted = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        random_state = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kills_lose_nothing),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
