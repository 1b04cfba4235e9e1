#include "spec/text.h"

#include <stdlib.h>

bool sdse_text_begin(struct sdse_text *text) {
    *text = (struct sdse_text){.out = NULL};
    text->out = open_memstream(&text->bytes, &text->length);
    return text->out;
}

char *sdse_text_end(struct sdse_text *text, struct sdse_arena *arena) {
    bool good = !ferror(text->out);
    good &= fclose(text->out) == 0;
    char *copy = good ? sdse_arena_copy(arena, text->bytes, text->length) : NULL;
    free(text->bytes);
    return copy;
}
