#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool sdse_text_begin(struct sdse_text *text) {
    *text = (struct sdse_text){.out = NULL};
    text->out = sdse_memory_open(&text->memory);
    return text->out;
}

char *sdse_text_end(struct sdse_text *text, struct sdse_arena *arena) {
    if (!sdse_memory_close(&text->memory, text->out))
        return NULL;
    char *copy = sdse_arena_copy(arena, text->memory.text, text->memory.length);
    free(text->memory.text);
    return copy;
}

bool sdse_text_ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}
