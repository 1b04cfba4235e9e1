// A bump allocator: a spec lives in one arena and dies at once.
#ifndef SDSE_BASE_ARENA_H
#define SDSE_BASE_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct sdse_arena;

// Returns an empty arena owned by the caller, or NULL when memory is out.
struct sdse_arena *sdse_arena_new(void);
// Frees the arena and everything allocated from it. NULL is fine.
void sdse_arena_free(struct sdse_arena *arena);
// Forgets every allocation but keeps the memory for the next round.
void sdse_arena_reset(struct sdse_arena *arena);
// Whether it was ever out of memory, or asked for more than there can be: something
// that is missing may be what the caller could do without, and the answer not whole.
bool sdse_arena_failed(const struct sdse_arena *arena);
// Bytes handed out since the arena was made or reset. [bytes]
size_t sdse_arena_used_bytes(const struct sdse_arena *arena);

// count * size zeroed bytes, aligned for any type; NULL when memory is out or the
// product overflows. The arena owns the result.
void *sdse_arena_alloc(struct sdse_arena *arena, size_t count, size_t size);
// Copy of `text` (length bytes) with a terminating NUL; NULL when memory is out.
char *sdse_arena_copy(struct sdse_arena *arena, const char *text, size_t length);
// Copy of a C string; NULL when memory is out or text is NULL.
char *sdse_arena_strdup(struct sdse_arena *arena, const char *text);
// printf into the arena; NULL when memory is out.
char *sdse_arena_printf(struct sdse_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *sdse_arena_vprintf(struct sdse_arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#define SDSE_ARENA_NEW(arena, type) ((type *)sdse_arena_alloc((arena), 1, sizeof(type)))
#define SDSE_ARENA_ARRAY(arena, type, count) \
    ((type *)sdse_arena_alloc((arena), (count), sizeof(type)))

#endif
