// Private to import/maestro/: the words of a text, with their places.
#ifndef SDSE_IMPORT_MAESTRO_WORDS_H
#define SDSE_IMPORT_MAESTRO_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum { SDSE_MAESTRO_WORD = 64 };

struct sdse_maestro_word {
    char text[SDSE_MAESTRO_WORD]; // empty at the end; longer ones are cut off
    bool cut;
    struct sdse_loc loc;
};

struct sdse_maestro_words {
    const char *at, *line_start; // what is not read yet, and the line that it is in
    unsigned line;
    const char *path;
};

// The words of a text, from its beginning.
struct sdse_maestro_words sdse_maestro_words(const char *path, const char *text);

// The next word: a brace or bracket, or letters, digits, '_', '.', '-' and "'". Blanks,
// commas, colons, semicolons and comments (to the end of the line) stand between.
struct sdse_maestro_word sdse_maestro_next(struct sdse_maestro_words *words);

// The same without going on.
struct sdse_maestro_word sdse_maestro_peek(const struct sdse_maestro_words *words);

#endif
