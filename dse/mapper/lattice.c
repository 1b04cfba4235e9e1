#include "dse/mapper/lattice.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static unsigned count_divisors(uint64_t bound, uint64_t *out) {
    unsigned count = 0;
    for (uint64_t i = 1; i <= bound / i; i++) {
        if (bound % i)
            continue;
        if (out)
            out[count] = i;
        count++;
        if (i != bound / i) {
            if (out)
                out[count] = bound / i;
            count++;
        }
    }
    return count;
}

unsigned sdse_lattice_find(const struct sdse_lattice *lattice, int d, uint64_t value) {
    unsigned low = 0, high = lattice->count[d];
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (lattice->value[d][middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lattice->count[d] && lattice->value[d][low] == value
               ? low
               : SDSE_NO_QUOTIENT;
}

enum sdse_status sdse_lattice_init(struct sdse_lattice *lattice,
                                   const struct sdse_nest *nest,
                                   struct sdse_arena *arena) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        const unsigned count = count_divisors(nest->bound[d], NULL);
        if (count >= SDSE_NO_QUOTIENT)
            return SDSE_OVERFLOW;
        lattice->count[d] = count;
        lattice->value[d] = SDSE_ARENA_ARRAY(arena, uint64_t, count);
        lattice->quotient[d] = SDSE_ARENA_ARRAY(arena, uint16_t, (size_t)count * count);
        if (!lattice->value[d] || !lattice->quotient[d])
            return SDSE_NO_MEMORY;
        count_divisors(nest->bound[d], lattice->value[d]);
        qsort(lattice->value[d], count, sizeof lattice->value[d][0], by_value);
        for (unsigned i = 0; i < count; i++) {
            for (unsigned j = 0; j < count; j++) {
                const uint64_t a = lattice->value[d][i], b = lattice->value[d][j];
                lattice->quotient[d][i * count + j] =
                    (uint16_t)(a % b ? SDSE_NO_QUOTIENT
                                     : sdse_lattice_find(lattice, d, a / b));
            }
        }
    }
    return SDSE_OK;
}
