#include "dse/fusion/steady.h"

#include <string.h>

bool sdse_steady_note(struct sdse_steady *steady, size_t tile, size_t kind,
                      struct sdse_arena *arena) {
    if (steady->count == steady->room) {
        const size_t room = 2 * steady->room + 16;
        struct sdse_steady_nest *more =
            SDSE_ARENA_ARRAY(arena, struct sdse_steady_nest, room);
        if (!more)
            return false;
        if (steady->count)
            memcpy(more, steady->nest, steady->count * sizeof *more);
        steady->nest = more;
        steady->room = room;
    }
    steady->nest[steady->count++] = (struct sdse_steady_nest){tile, kind};
    return true;
}

// Kinds stand as they were met, which may be in another order than in this tile: puts
// those of it into the same places by rising index. order: their indices in the tile.
static void put_in_order(size_t *order, size_t count, struct sdse_fused_nest *kind) {
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            if (order[j] > order[i])
                continue;
            const struct sdse_fused_nest swapped = kind[order[i]];
            kind[order[i]] = kind[order[j]];
            kind[order[j]] = swapped;
            const size_t index = order[i];
            order[i] = order[j];
            order[j] = index;
        }
}

bool sdse_steady_find(const struct sdse_steady *steady, size_t tiles, size_t alike,
                      uint64_t omitted, struct sdse_arena *arena,
                      struct sdse_fused_nest *kind) {
    // Kinds of tile t, in order: kinds[begin[t]] ... kinds[begin[t + 1] - 1].
    size_t *begin = SDSE_ARENA_ARRAY(arena, size_t, tiles + 2),
           *kinds = SDSE_ARENA_ARRAY(arena, size_t, steady->count + 1);
    if (!begin || !kinds)
        return false;
    for (size_t i = 0; i < steady->count; i++)
        begin[steady->nest[i].tile + 2]++;
    for (size_t t = 0; t < tiles; t++)
        begin[t + 2] += begin[t + 1];
    for (size_t i = 0; i < steady->count; i++)
        kinds[begin[steady->nest[i].tile + 1]++] = steady->nest[i].kind;
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
    put_in_order(&kinds[begin[best]], begin[best + 1] - begin[best], kind);
    return true;
}
