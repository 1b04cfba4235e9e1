#include "base/arena_grow.h"

#include <assert.h>
#include <string.h>

void *sdse_arena_grow(struct sdse_arena *arena, void *items, size_t count, size_t *room,
                      size_t size) {
    assert(count <= *room);
    if (count < *room)
        return items;
    const size_t more = 2 * *room + 16;
    void *larger = sdse_arena_alloc(arena, more, size);
    if (!larger)
        return NULL;
    if (count)
        memcpy(larger, items, count * size);
    *room = more;
    return larger;
}
