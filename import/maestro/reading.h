// Private to import/maestro/: what a text says, before it is a network of ours.
#ifndef SDSE_IMPORT_MAESTRO_READING_H
#define SDSE_IMPORT_MAESTRO_READING_H

#include <stdint.h>
#include <string.h>

#include "import/foreign/foreign.h"
#include "import/maestro/words.h"

enum { SDSE_MAESTRO_CONSTANTS = 64 };

// Dimensions, as bits of what a layer says and as places of their numbers.
enum sdse_maestro_dim { K, C, R, S, Y, X, Y_OUT, X_OUT, N, G, M, B, DIMS };
extern const char *const sdse_maestro_dim_names[DIMS];

struct sdse_maestro_layer {
    struct sdse_maestro_word name, type;
    unsigned said; // dimensions, by bit
    uint64_t size[DIMS];
    uint64_t stride[2]; // Y, X
    bool has_stride[2]; // said
    bool has_dataflow;
    struct sdse_loc dataflow;
};

struct sdse_maestro_constant {
    char name[SDSE_MAESTRO_WORD];
    uint64_t value;
};

struct sdse_maestro_reading {
    struct sdse_foreign foreign;
    struct sdse_maestro_words words;
    bool broken; // no further word makes sense
    char name[SDSE_MAESTRO_WORD];
    size_t constant_count, layer_count, room;
    struct sdse_maestro_constant constant[SDSE_MAESTRO_CONSTANTS];
    struct sdse_maestro_layer *layer;
};

static inline bool sdse_maestro_says(struct sdse_maestro_word word, const char *text) {
    return strcmp(word.text, text) == 0;
}

// Reads the whole text; what is wrong is reported, and `broken` where reading ended.
void sdse_maestro_read(struct sdse_maestro_reading *r);

#endif
