// Private to import/accelforge/: einsums as their text says them.
#ifndef SDSE_IMPORT_ACCELFORGE_EINSUM_H
#define SDSE_IMPORT_ACCELFORGE_EINSUM_H

#include "import/accelforge/reading.h"

enum { SDSE_AF_NAME = 40, SDSE_AF_RANKS = 10, SDSE_AF_TERMS = 2 };

// A rank of a tensor and what indexes it: one variable, or a sum, 2 * p + r.
struct sdse_af_rank {
    char name[SDSE_AF_NAME]; // "" = that of its variable
    unsigned terms;
    char variable[SDSE_AF_TERMS][SDSE_AF_NAME];
    uint32_t times[SDSE_AF_TERMS];
};

struct sdse_af_access {
    char name[SDSE_AF_NAME];
    unsigned count;
    struct sdse_af_rank rank[SDSE_AF_RANKS];
};

struct sdse_af_einsum {
    char name[SDSE_AF_NAME];
    struct sdse_loc loc;
    struct sdse_af_access out, in[2];
    unsigned in_count;
    bool copies;                    // its one operand, unchanged
    const struct sdse_node *ranges; // of its own variables; NULL: none
};

// Whether some rank is indexed by the variable.
bool sdse_af_has(const struct sdse_af_access *access, const char *variable);

// Letters of the name that a text begins with.
size_t sdse_af_name_length(const char *text);

// Reads "V[b, m, h] = I[b, m, d] * WV[h, d]" or a mapping with `tensor_accesses`. Ranks
// are a list of what indexes them, or a mapping. False where it is no such product;
// keys that are not known are reported.
bool sdse_af_read_einsum(struct sdse_foreign *foreign, const struct sdse_node *node,
                         struct sdse_af_einsum *einsum);

#endif
