#include "dse/fusion/tile_runs.h"

#include <string.h>

// Room for one more item of so many bytes each; false: memory is out.
static bool grow(struct sdse_arena *arena, void **items, size_t count, size_t *room,
                 size_t bytes) {
    if (count < *room)
        return true;
    const size_t more = 2 * *room + 16;
    void *larger = sdse_arena_alloc(arena, more, bytes);
    if (!larger)
        return false;
    if (count)
        memcpy(larger, *items, count * bytes);
    *items = larger;
    *room = more;
    return true;
}

bool sdse_tile_runs_add(struct sdse_tile_runs *runs, size_t kind) {
    void *open = runs->open;
    if (!grow(runs->arena, &open, runs->open_count, &runs->open_room,
              sizeof *runs->open))
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
    void *run = runs->run;
    size_t *nest = SDSE_ARENA_ARRAY(runs->arena, size_t, count);
    if (!nest || !grow(runs->arena, &run, runs->count, &runs->room, sizeof *runs->run))
        return false;
    memcpy(nest, runs->open, count * sizeof *nest);
    runs->run = run;
    runs->run[runs->count++] = (struct sdse_tile_run){times, count, nest};
    return true;
}
