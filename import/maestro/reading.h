// Private to import/maestro/: what a text says, before it is a network of ours.
#ifndef SDSE_IMPORT_MAESTRO_READING_H
#define SDSE_IMPORT_MAESTRO_READING_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "import/foreign/foreign.h"
#include "import/maestro/words.h"
#include "spec/types/mapping.h"

enum { SDSE_MAESTRO_CONSTANTS = 64 };

// Dimensions, as bits of what a layer says and as places of their numbers.
enum sdse_maestro_dim { K, C, R, S, Y, X, Y_OUT, X_OUT, N, G, M, B, DIMS };
extern const char *const sdse_maestro_dim_names[DIMS];

// "64", or "Sz(R)": the size of a dimension of the layer.
struct sdse_maestro_extent {
    uint64_t value; // 0: that of `dim`
    enum sdse_maestro_dim dim;
};

// Parts of a dataflow, from outside.
enum sdse_maestro_act { TEMPORAL, SPATIAL, CLUSTER };
struct sdse_maestro_directive {
    enum sdse_maestro_act act;
    enum sdse_maestro_dim dim;               // not of a cluster
    struct sdse_maestro_extent size, offset; // of a cluster: its units, nothing
    struct sdse_loc loc;
};

struct sdse_maestro_layer {
    struct sdse_maestro_word name, type;
    unsigned said; // dimensions, by bit
    uint64_t size[DIMS];
    uint64_t stride[2]; // Y, X
    bool has_stride[2]; // said
    bool has_dataflow;
    struct sdse_loc dataflow;
    size_t first_directive, directive_count;
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
    size_t directive_count, directive_room;
    struct sdse_maestro_directive *directive; // of all layers
};

static inline bool sdse_maestro_says(struct sdse_maestro_word word, const char *text) {
    return strcmp(word.text, text) == 0;
}

// Reads the whole text; what is wrong is reported, and `broken` where reading ended.
void sdse_maestro_read(struct sdse_maestro_reading *r);

// --- hardware.c ---

struct sdse_maestro_hardware {
    uint64_t elements;                  // processing elements
    uint64_t l1_bytes, l2_bytes;        // of an element; of all
    uint64_t noc_words, off_chip_words; // a cycle; 0: not limited
};

// Whether a text begins with a key of an accelerator's file.
bool sdse_maestro_is_hardware(const char *text);
// Reads the text; false after diagnostics [maestro-hardware].
bool sdse_maestro_read_hardware(struct sdse_maestro_reading *r,
                                struct sdse_maestro_hardware *hardware);
void sdse_maestro_print_arch(FILE *out, const struct sdse_maestro_hardware *hardware);

// --- network.c ---

// A layer as a nest, and which of its loops each dimension of MAESTRO's is.
struct sdse_maestro_nest {
    uint64_t bound[SDSE_DIMS], stride[2];
    bool moves[DIMS]; // the dimension is one of the layer's
    enum sdse_dim dim[DIMS];
};

// The network; what has no counterpart is reported.
void sdse_maestro_print_network(struct sdse_maestro_reading *r, FILE *out);
// The name of a layer, of its own in the network.
void sdse_maestro_print_name(FILE *out, const struct sdse_maestro_reading *r,
                             size_t index);
// After that: the nest of a layer whose network is good. False where the dataflows of
// its kind are not translated: NGCONV, TRCONV.
bool sdse_maestro_find_nest(const struct sdse_maestro_layer *layer,
                            struct sdse_maestro_nest *nest);

// --- dataflow.c ---

// The mapping that a layer's dataflow is on so many elements; false after diagnostics
// [maestro-dataflow].
bool sdse_maestro_map(struct sdse_maestro_reading *r,
                      const struct sdse_maestro_layer *layer,
                      const struct sdse_maestro_nest *nest, uint64_t elements,
                      struct sdse_mapping *mapping);
void sdse_maestro_print_mapping(FILE *out, const struct sdse_mapping *mapping,
                                const char *indent);

#endif
