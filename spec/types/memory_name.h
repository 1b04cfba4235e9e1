// What files and databases call a memory of several positions (spec/split.h).
#ifndef SDSE_SPEC_TYPES_MEMORY_NAME_H
#define SDSE_SPEC_TYPES_MEMORY_NAME_H

#include <string.h>

#include "spec/types/arch.h"

// How many bytes of a level's name are the memory's whose outermost level it is: of the
// first position of a split memory not the last two, ".1".
static inline int sdse_memory_name_bytes(const struct sdse_arch *arch, unsigned level) {
    const size_t bytes = strlen(arch->level[level].name);
    const bool split = sdse_arch_memory_last(arch, level) > level;
    return (int)(split && bytes > 2 ? bytes - 2 : bytes);
}

#endif
