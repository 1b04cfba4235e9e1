#include "dse/fusion/tile_runs.h"

#include <string.h>

#include "base/arena_grow.h"

bool sdse_tile_runs_add(struct sdse_tile_runs *runs, size_t kind) {
    size_t *open = sdse_arena_grow(runs->arena, runs->open, runs->open_count,
                                   &runs->open_room, sizeof *open);
    if (!open)
        return false;
    runs->open = open;
    runs->open[runs->open_count++] = kind;
    return true;
}

bool sdse_tile_runs_end(struct sdse_tile_runs *runs, uint64_t times) {
    const size_t count = runs->open_count;
    struct sdse_tile_run *last = runs->count ? &runs->run[runs->count - 1] : NULL;
    runs->open_count = 0;
    if (!count)
        return true;
    if (last && last->count == count &&
        memcmp(last->nest, runs->open, count * sizeof *runs->open) == 0) {
        last->times += times;
        return true;
    }
    size_t *nest = SDSE_ARENA_ARRAY(runs->arena, size_t, count);
    struct sdse_tile_run *run =
        sdse_arena_grow(runs->arena, runs->run, runs->count, &runs->room, sizeof *run);
    if (!nest || !run)
        return false;
    memcpy(nest, runs->open, count * sizeof *nest);
    runs->run = run;
    runs->run[runs->count++] = (struct sdse_tile_run){times, count, nest};
    return true;
}
