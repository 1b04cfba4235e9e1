// The designs that a search chooses from: vectors of small numbers, one for each axis.
// Axis 0 may own others, which count only while it has one value: the overrides of one
// accelerator of several.
#ifndef SDSE_DSE_SEARCH_SPACE_H
#define SDSE_DSE_SEARCH_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sdse_search_axis {
    uint64_t length; // values 0 … length - 1 [1 to 2^32]
    bool ordered;    // neighbouring values are alike; else they are names
    uint64_t owner;  // it counts only while axis 0 has the value owner - 1; 0 = always
};

struct sdse_search_space {
    size_t axis_count;                   // >= 1
    const struct sdse_search_axis *axes; // [axis_count]; axis 0 has no owner
};

// Whether an axis counts in the design `value` [axis_count].
bool sdse_search_counts(const struct sdse_search_space *space, const uint64_t *value,
                        size_t axis);

// How many designs differ: the sum over the values of axis 0 of the product of the
// lengths of the axes that count. False, leaving *designs alone: more than 2^62.
bool sdse_search_designs(const struct sdse_search_space *space, uint64_t *designs);

// The number of a design below sdse_search_designs, in mixed radix, axis 0 slowest and
// the last axis fastest. Axes that do not count do not matter.
uint64_t sdse_search_number(const struct sdse_search_space *space,
                            const uint64_t *value);
// The design of a number; axes that do not count are 0. value: [axis_count]
void sdse_search_design(const struct sdse_search_space *space, uint64_t number,
                        uint64_t *value);

#endif
