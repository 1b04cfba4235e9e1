#include "dse/fusion/steady.h"

#include <string.h>

#include "base/arena_grow.h"
#include "dse/fusion/tile_runs.h"

bool sdse_steady_note(struct sdse_steady *steady, size_t tile, size_t kind,
                      struct sdse_arena *arena) {
    struct sdse_steady_nest *nest = sdse_arena_grow(arena, steady->nest, steady->count,
                                                    &steady->room, sizeof *nest);
    if (!nest)
        return false;
    steady->nest = nest;
    steady->nest[steady->count++] = (struct sdse_steady_nest){tile, kind};
    return true;
}

// Two kinds change places.
static void swap_kinds(struct sdse_steady *steady, size_t a, size_t b,
                       struct sdse_fused_nest *kind) {
    const struct sdse_fused_nest swapped = kind[a];
    kind[a] = kind[b];
    kind[b] = swapped;
    for (size_t i = 0; i < steady->count; i++) {
        size_t *at = &steady->nest[i].kind;
        *at = *at == a ? b : *at == b ? a : *at;
    }
}

// Kinds stand as they were met, which may be in another order than in this tile: puts
// those of it into the same places by rising index. order: their indices in the tile.
static void put_in_order(struct sdse_steady *steady, size_t *order, size_t count,
                         struct sdse_fused_nest *kind) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            if (order[j] > order[i])
                continue;
            swap_kinds(steady, order[i], order[j], kind);
            const size_t index = order[i];
            order[i] = order[j];
            order[j] = index;
        }
}

// Kinds of tile t, in order: kinds[begin[t]] ... kinds[begin[t + 1] - 1]. In `arena`;
// false: memory is out.
static bool sort_by_tile(const struct sdse_steady *steady, size_t tiles,
                         struct sdse_arena *arena, size_t **begin, size_t **kinds) {
    size_t *from = SDSE_ARENA_ARRAY(arena, size_t, tiles + 2),
           *kind = SDSE_ARENA_ARRAY(arena, size_t, steady->count + 1);
    if (!from || !kind)
        return false;
    for (size_t i = 0; i < steady->count; i++)
        from[steady->nest[i].tile + 2]++;
    for (size_t t = 0; t < tiles; t++)
        from[t + 2] += from[t + 1];
    for (size_t i = 0; i < steady->count; i++)
        kind[from[steady->nest[i].tile + 1]++] = steady->nest[i].kind;
    *begin = from;
    *kinds = kind;
    return true;
}

bool sdse_steady_order(const struct sdse_steady *steady, size_t tiles, size_t alike,
                       uint64_t omitted, struct sdse_arena *arena,
                       struct sdse_fused_rows *rows) {
    struct sdse_tile_runs runs = {.arena = arena};
    size_t *begin, *kinds;
    bool good = sort_by_tile(steady, tiles, arena, &begin, &kinds);
    for (size_t t = 0; t < tiles && good; t++) {
        for (size_t i = begin[t]; i < begin[t + 1] && good; i++)
            good = sdse_tile_runs_add(&runs, kinds[i]);
        good = good && sdse_tile_runs_end(&runs, t == alike ? 1 + omitted : 1);
    }
    rows->run = runs.run;
    rows->run_count = runs.count;
    return good;
}

bool sdse_steady_find(struct sdse_steady *steady, size_t tiles, size_t alike,
                      uint64_t omitted, struct sdse_arena *arena,
                      struct sdse_fused_nest *kind) {
    size_t *begin, *kinds;
    if (!sort_by_tile(steady, tiles, arena, &begin, &kinds))
        return false;
    size_t best = 0;
    uint64_t most = 0;
    for (size_t first = 0, next; first < tiles; first = next) {
        const size_t count = begin[first + 1] - begin[first];
        uint64_t length = 0;
        for (next = first; next < tiles && begin[next + 1] - begin[next] == count &&
                           memcmp(&kinds[begin[next]], &kinds[begin[first]],
                                  count * sizeof *kinds) == 0;
             next++)
            length += next == alike ? 1 + omitted : 1;
        if (length > most) {
            best = first;
            most = length;
        }
    }
    bool once = true;
    for (size_t i = begin[best]; i < begin[best + 1]; i++)
        for (size_t j = i + 1; j < begin[best + 1]; j++)
            once &= kinds[i] != kinds[j];
    if (!once)
        return true;
    for (size_t i = begin[best]; i < begin[best + 1]; i++) {
        kind[kinds[i]].turn = 1;
        kind[kinds[i]].steady = most - 1;
    }
    put_in_order(steady, &kinds[begin[best]], begin[best + 1] - begin[best], kind);
    return true;
}
