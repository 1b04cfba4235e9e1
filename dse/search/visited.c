#include "dse/search/visited.h"

#include <stdlib.h>

// Where a number is, or would be.
static size_t find(const uint64_t *slots, size_t capacity, uint64_t number) {
    size_t at = (size_t)((number * UINT64_C(0x9e3779b97f4a7c15)) >> 20);
    for (at &= capacity - 1; slots[at] && slots[at] != number + 1;)
        at = (at + 1) & (capacity - 1);
    return at;
}

bool sdse_visited_has(const struct sdse_visited *visited, uint64_t number) {
    return visited->capacity &&
           visited->slots[find(visited->slots, visited->capacity, number)] != 0;
}

bool sdse_visited_add(struct sdse_visited *visited, uint64_t number) {
    if (2 * (visited->count + 1) > visited->capacity) {
        const size_t capacity = visited->capacity ? 2 * visited->capacity : 256;
        uint64_t *slots = calloc(capacity, sizeof *slots);
        if (!slots)
            return false;
        for (size_t i = 0; i < visited->capacity; i++)
            if (visited->slots[i])
                slots[find(slots, capacity, visited->slots[i] - 1)] = visited->slots[i];
        free(visited->slots);
        visited->slots = slots;
        visited->capacity = capacity;
    }
    visited->slots[find(visited->slots, visited->capacity, number)] = number + 1;
    visited->count++;
    return true;
}

void sdse_visited_free(struct sdse_visited *visited) {
    free(visited->slots);
    *visited = (struct sdse_visited){0};
}
