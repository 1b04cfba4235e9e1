// Whose leakage and overhead a memory's are, where costs are told apart by names.
#ifndef SDSE_COSTMODEL_TYPES_COST_OWNER_H
#define SDSE_COSTMODEL_TYPES_COST_OWNER_H

#include <string.h>

#include "spec/types/arch.h"

// The memory's name, or "memory MAC", "memory chip" of one that is called as what is
// none.
static inline const char *sdse_cost_owner(const struct sdse_level *memory) {
    if (strcmp(memory->name, "MAC") == 0)
        return "memory MAC";
    return strcmp(memory->name, "chip") == 0 ? "memory chip" : memory->name;
}

#endif
