// The designs that a search has asked for, by their numbers. Memory: 16 to 32 bytes for
// each. Private to dse/search/.
#ifndef SDSE_DSE_SEARCH_VISITED_H
#define SDSE_DSE_SEARCH_VISITED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sdse_visited {
    size_t count, capacity; // a power of two, or 0
    uint64_t *slots;        // number + 1; 0 = free
};

bool sdse_visited_has(const struct sdse_visited *visited, uint64_t number);
// Adds a number that is not there. False: memory is out, nothing is changed.
bool sdse_visited_add(struct sdse_visited *visited, uint64_t number);
void sdse_visited_free(struct sdse_visited *visited);

#endif
