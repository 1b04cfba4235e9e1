// Points of (energy, latency): their order, which of many are beaten, the corners of
// their hull. Of many each begins an element of an array, `bytes` from one to the next.
#ifndef SDSE_DSE_NETWORK_TRADEOFF_H
#define SDSE_DSE_NETWORK_TRADEOFF_H

#include <stddef.h>

struct sdse_tradeoff {
    double energy_pj;
    double latency_cycles; // integer values
};

// By energy, then by latency: negative, 0 or positive, as qsort has it.
static inline int sdse_tradeoff_order(const struct sdse_tradeoff *a,
                                      const struct sdse_tradeoff *b) {
    if (a->energy_pj != b->energy_pj)
        return a->energy_pj < b->energy_pj ? -1 : 1;
    return a->latency_cycles < b->latency_cycles
               ? -1
               : a->latency_cycles > b->latency_cycles;
}

// How many points of a front by rising energy take no more energy, if those before
// `low` do and those from `high` on do not.
static inline size_t sdse_tradeoffs_cheaper(const struct sdse_tradeoff *front,
                                            double energy_pj, size_t low, size_t high) {
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (front[middle].energy_pj <= energy_pj)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Of elements in that order moves those to the front that no other beats, of equal ones
// the first. Returns how many: by rising energy, falling latency.
size_t sdse_tradeoffs_keep_unbeaten(void *elements, size_t bytes, size_t count);

// Of such elements: the corners of the hull below them, both ends too. A product of
// powers of the two is least at one. corner: out, rising indices, room for [count].
// Returns how many.
size_t sdse_tradeoffs_corners(const void *elements, size_t bytes, size_t count,
                              size_t *corner);

// Moves the corners to the front. corner: scratch [count]. Returns how many.
size_t sdse_tradeoffs_keep_corners(void *elements, size_t bytes, size_t count,
                                   size_t *corner);

// Drops every second of them but both ends and the corners of the hull, of which the
// hull of more keeps its own. corner: scratch [count]. Returns how many stay.
size_t sdse_tradeoffs_thin(void *elements, size_t bytes, size_t count, size_t *corner);

// What may be missing beside such elements, if nothing lies below their hull: whatever
// point that leaves possible, some element is at most 1 + gap times its energy and at
// most 1 + gap times its latency. Relative, the least that holds; 0 of fewer than two.
// corner: scratch [count].
double sdse_tradeoffs_gap(const void *elements, size_t bytes, size_t count,
                          size_t *corner);

#endif
