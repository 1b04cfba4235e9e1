// Lists in an arena that grow by one item at a time.
#ifndef SDSE_BASE_ARENA_GROW_H
#define SDSE_BASE_ARENA_GROW_H

#include "base/arena.h"

// Room for one more item behind a list of `count`.
//
// items  the list; NULL if `room` is 0
// count  items in it                          [<= *room]
// room   items that there is room for; grows  [items]
// size   of an item                           [bytes]
//
// Returns the list, which is another than `items` if it had to grow: then the arena
// keeps both. NULL, *room as it was: memory is out.
void *sdse_arena_grow(struct sdse_arena *arena, void *items, size_t count, size_t *room,
                      size_t size);

#endif
