// Names of layers, which become file names too: unique, and made of letters, digits,
// '_', '.' and '-'.
#ifndef SDSE_IMPORT_ONNX_NAMES_H
#define SDSE_IMPORT_ONNX_NAMES_H

#include <stdint.h>

#include "base/arena.h"

// The names given out so far. Zero-initialise, and set the arena.
struct sdse_names {
    struct sdse_arena *arena;
    const char **slot; // open addressing, at most half full
    size_t slots, used;
};

// A name after `text`: other characters become '_', it starts with a letter or digit,
// has at most 100 characters, and "_2", "_3", … is appended where it was given before.
// If nothing of the text is left, `otherwise` is used. NULL when memory is out; the
// arena owns the name.
const char *sdse_names_make(struct sdse_names *names, const char *text,
                            const char *otherwise);

#endif
