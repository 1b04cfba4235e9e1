// Points per second of the sweep, two threads against one, and what sharing layer
// problems saves: the architecture demo, each into a fresh database.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "dse/sweep/sweep.h"

static double run(const char *sweep, unsigned threads,
                  struct sdse_sweep_progress *progress) {
    char path[] = "/tmp/sdse-bench-XXXXXX";
    const int file = mkstemp(path);
    if (file < 0)
        return -1;
    close(file);
    unlink(path);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_sweep_request request = {
        .sweep_path = sweep, .database_path = path, .threads = threads};
    const enum sdse_status status = sdse_sweep_run(&request, &diags, progress);
    sdse_diags_print(&diags, stderr, false);
    sdse_arena_free(arena);
    unlink(path);
    return status ? -1 : progress->seconds;
}

int main(int argc, char **argv) {
    const char *sweep = argc > 1 ? argv[1] : SDSE_SOURCE_DIR "/sweeps/demo_archs.yaml";
    struct sdse_sweep_progress one, two;
    const double one_s = run(sweep, 1, &one), two_s = run(sweep, 2, &two);
    if (one_s < 0 || two_s < 0)
        return 1;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("ratio 2 threads to 1: %.2f   points per second: %.2f and %.2f   (%zu "
           "points, %zu "
           "distinct layer problems, peak memory %ld MiB)\n",
           one_s / two_s, (double)one.points_total / one_s,
           (double)two.points_total / two_s, one.points_total, one.problems_total,
           usage.ru_maxrss / 1024);
    return 0;
}
