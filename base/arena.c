#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_BLOCK_BYTES = 16 * 1024 };

struct block {
    struct block *next;
    size_t capacity;
    size_t used;
    size_t padding; // keeps the payload 16-byte aligned behind this header
};

struct sdse_arena {
    struct block *first;
    struct block *current;
    size_t used_bytes;
    bool failed;
};

static unsigned char *payload(struct block *block) {
    return (unsigned char *)(block + 1);
}

static struct block *new_block(size_t capacity) {
    struct block *block = malloc(sizeof *block + capacity);
    if (!block)
        return NULL;
    block->next = NULL;
    block->capacity = capacity;
    block->used = 0;
    return block;
}

struct sdse_arena *sdse_arena_new(void) {
    return calloc(1, sizeof(struct sdse_arena));
}

void sdse_arena_free(struct sdse_arena *arena) {
    if (!arena)
        return;
    for (struct block *block = arena->first, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

void sdse_arena_reset(struct sdse_arena *arena) {
    for (struct block *block = arena->first; block; block = block->next)
        block->used = 0;
    arena->current = arena->first;
    arena->used_bytes = 0;
}

bool sdse_arena_failed(const struct sdse_arena *arena) { return arena->failed; }

size_t sdse_arena_used_bytes(const struct sdse_arena *arena) {
    return arena->used_bytes;
}

// A block with room for `bytes`, reusing blocks kept by a reset before asking malloc.
static struct block *block_with_room(struct sdse_arena *arena, size_t bytes) {
    struct block *block = arena->current;
    while (block && block->capacity - block->used < bytes) {
        if (!block->next)
            break;
        block = block->next;
        arena->current = block;
    }
    if (block && block->capacity - block->used >= bytes)
        return block;
    size_t capacity = block ? block->capacity * 2 : FIRST_BLOCK_BYTES;
    if (capacity < bytes)
        capacity = bytes;
    struct block *fresh = new_block(capacity);
    if (!fresh)
        return NULL;
    if (block)
        block->next = fresh;
    else
        arena->first = fresh;
    arena->current = fresh;
    return fresh;
}

void *sdse_arena_alloc(struct sdse_arena *arena, size_t count, size_t size) {
    size_t bytes;
    struct block *block = NULL;
    if (!__builtin_mul_overflow(count, size, &bytes) && bytes <= SIZE_MAX / 4) {
        bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        block = block_with_room(arena, bytes);
    }
    if (!block) {
        arena->failed = true;
        return NULL;
    }
    void *result = payload(block) + block->used;
    block->used += bytes;
    arena->used_bytes += bytes;
    memset(result, 0, bytes);
    return result;
}

char *sdse_arena_copy(struct sdse_arena *arena, const char *text, size_t length) {
    char *copy = sdse_arena_alloc(arena, length + 1, 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

char *sdse_arena_strdup(struct sdse_arena *arena, const char *text) {
    return text ? sdse_arena_copy(arena, text, strlen(text)) : NULL;
}

char *sdse_arena_vprintf(struct sdse_arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = length < 0 ? NULL : sdse_arena_alloc(arena, (size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *sdse_arena_printf(struct sdse_arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    char *text = sdse_arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
