// The divisors of a layer's bounds: every perfect tile size along every dimension.
#ifndef SDSE_DSE_MAPPER_LATTICE_H
#define SDSE_DSE_MAPPER_LATTICE_H

#include "base/arena.h"
#include "base/status.h"
#include "spec/types/nest.h"

enum { SDSE_NO_QUOTIENT = 0xffff };

// Sizes are named by their index among the divisors of the bound, in rising order:
// index 0 is 1, the last index is the bound.
struct sdse_lattice {
    unsigned count[SDSE_DIMS];
    uint64_t *value[SDSE_DIMS];
    // quotient[d][i * count[d] + j]: index of value[i] / value[j], or SDSE_NO_QUOTIENT.
    uint16_t *quotient[SDSE_DIMS];
};

// Fills *lattice for the bounds of `nest`; tables live in `arena`. SDSE_NO_MEMORY, or
// SDSE_OVERFLOW when a bound has more than 65534 divisors.
enum sdse_status sdse_lattice_init(struct sdse_lattice *lattice,
                                   const struct sdse_nest *nest,
                                   struct sdse_arena *arena);

// Index of value[i] / value[j] along dimension d, or SDSE_NO_QUOTIENT.
static inline unsigned sdse_lattice_divide(const struct sdse_lattice *lattice, int d,
                                           unsigned i, unsigned j) {
    return lattice->quotient[d][i * lattice->count[d] + j];
}

// Index of a divisor of the bound, or SDSE_NO_QUOTIENT.
unsigned sdse_lattice_find(const struct sdse_lattice *lattice, int d, uint64_t value);

#endif
