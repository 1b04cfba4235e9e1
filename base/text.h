// Text built through a stream, ending in an arena; how a text ends.
#ifndef SDSE_BASE_TEXT_H
#define SDSE_BASE_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/memory_stream.h"

struct sdse_text {
    FILE *out; // NULL when memory is out; the finish then returns NULL
    struct sdse_memory memory;
};

// Opens *text, which must stay where it is, and returns whether it may be written to.
bool sdse_text_begin(struct sdse_text *text);
// Closes the stream; the text moves into `arena`. NULL when memory is or was out.
char *sdse_text_end(struct sdse_text *text, struct sdse_arena *arena);

bool sdse_text_ends_with(const char *text, const char *end);

#endif
