// Private to import/zigzag/: a layer's equation, and what its loops are.
#ifndef SDSE_IMPORT_ZIGZAG_EQUATION_H
#define SDSE_IMPORT_ZIGZAG_EQUATION_H

#include "import/foreign/foreign.h"
#include "spec/types/nest.h"

enum { SDSE_ZZ_LOOPS = 12, SDSE_ZZ_NAME = 12 };

// "O[b][k]": a tensor and its indices.
struct sdse_zz_term {
    char tensor; // 'O', 'W', 'I'
    unsigned count;
    char index[SDSE_ZZ_LOOPS][SDSE_ZZ_NAME];
};

// "ix=2*ox+1*fx".
struct sdse_zz_relation {
    char index[SDSE_ZZ_NAME], of[2][SDSE_ZZ_NAME];
    uint32_t times[2];
};

struct sdse_zz_equation {
    struct sdse_zz_term outputs, weights, inputs;
    bool multiplies; // else it adds
    unsigned relation_count;
    struct sdse_zz_relation relation[2]; // as the inputs have them: rows, columns
};

// A layer as a loop nest.
struct sdse_zz_layer {
    const char *name;
    struct sdse_loc loc;
    uint64_t id;
    bool multiplies, pools;
    struct sdse_nest nest; // pad and map unset
    uint64_t batch;        // of a layer that adds or pools; else bound[N]
    unsigned size_count;   // of one that adds:
    uint64_t size[3];      // its map, channels first
    int64_t pad[2][2];     // rows, columns: before, after
    uint64_t map[2];       // rows and columns that are there
    bool weights_computed; // another layer makes them
    int64_t source[2];     // ids of the makers of I and W, -1: none
    struct sdse_loc source_loc[2];
};

// Reads `equation` and `dimension_relations`; false after a diagnostic.
bool sdse_zz_read_equation(struct sdse_foreign *foreign, const struct sdse_node *layer,
                           struct sdse_zz_equation *equation);

// Works out what the loops are, from `loop_dims`, `loop_sizes` and the equation; false
// after a diagnostic.
bool sdse_zz_read_loops(struct sdse_foreign *foreign, const struct sdse_node *node,
                        const struct sdse_zz_equation *equation,
                        struct sdse_zz_layer *layer);

#endif
