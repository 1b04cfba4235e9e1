// A stream into memory that notices when memory is out. (open_memstream of the C
// library drops what it has no room for without setting the stream's error.)
#ifndef SDSE_BASE_MEMORY_STREAM_H
#define SDSE_BASE_MEMORY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sdse_memory {
    char *text; // ends with a NUL that length does not count; freed by the caller
    size_t length, room;
};

// Opens one. `memory` must stay where it is until the stream is closed; only then is it
// whole. NULL when memory is out: nothing is to be freed then.
FILE *sdse_memory_open(struct sdse_memory *memory);

// Closes it. False, and nothing is left to be freed, if any byte was lost.
bool sdse_memory_close(struct sdse_memory *memory, FILE *stream);

#endif
