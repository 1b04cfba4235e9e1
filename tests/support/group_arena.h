// An arena and its diagnostics that the tests of a group share.
#ifndef SDSE_TESTS_GROUP_ARENA_H
#define SDSE_TESTS_GROUP_ARENA_H

#include "base/arena.h"
#include "base/diag.h"

static struct sdse_arena *arena;
static struct sdse_diags diags;

static inline int begin_arena(void **state) {
    (void)state;
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    return arena ? 0 : -1;
}

static inline int end_arena(void **state) {
    (void)state;
    sdse_arena_free(arena);
    return 0;
}

#endif
