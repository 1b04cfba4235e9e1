// What a few lines of a grid of prices say that all take, against the whole sample:
// ratios of CPU time near 1. A sweep is the first argument, or a made-up one.
//   bench_estimate [SWEEP [SAMPLE]]
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dse/estimate/estimate.h"

static int estimate(const char *sweep, size_t sample, struct sdse_estimate *out) {
    struct sdse_arena *arena = sdse_arena_new();
    if (!arena)
        return 1;
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status =
        sdse_estimate_sweep(&(struct sdse_estimate_request){.sweep_path = sweep,
                                                            .threads = 1,
                                                            .sample = sample,
                                                            .seed = 7,
                                                            .folder = "/tmp"},
                            &diags, out);
    sdse_diags_print(&diags, stderr, false);
    sdse_arena_free(arena);
    return status != SDSE_OK;
}

static int write_grid(char *path) {
    const int file = mkstemp(path);
    if (file < 0)
        return 1;
    FILE *text = fdopen(file, "w");
    if (!text)
        return 1;
    fprintf(text,
            "name: grid\nworkloads: [%s/tests/data/cli/net.yaml]\n"
            "archs: [%s/tests/data/cli/arch.yaml]\n"
            "override:\n  DRAM.shared_bits_per_cycle: [8..32 +8]\n"
            "  DRAM.pj_per_bit: [0.5..32 +0.5]\nweight_forms: [raw]\n",
            SDSE_SOURCE_DIR, SDSE_SOURCE_DIR);
    return fclose(text) != 0;
}

int main(int argc, char **argv) {
    char grid[] = "/tmp/sdse-bench-XXXXXX";
    if (argc < 2 && write_grid(grid)) {
        perror(grid);
        return 1;
    }
    const char *sweep = argc > 1 ? argv[1] : grid;
    const size_t sample = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 8;
    struct sdse_estimate few, all;
    const int failed = estimate(sweep, sample, &few) || estimate(sweep, 1000000, &all);
    if (argc < 2)
        unlink(grid);
    if (failed)
        return 1;
    printf("%zu of %zu problems against all: solving %.2f, writing %.2f, bytes %.2f "
           "(all: %.2f s, %.2f s, %.0f bytes)\n",
           few.solved, all.solved, few.solve_s / all.solve_s, few.write_s / all.write_s,
           few.database_bytes / all.database_bytes, all.solve_s, all.write_s,
           all.database_bytes);
    return 0;
}
