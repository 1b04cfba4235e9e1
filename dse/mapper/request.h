// What is asked of the mapper: the layer, the accelerator, the space and the limits.
#ifndef SDSE_DSE_MAPPER_REQUEST_H
#define SDSE_DSE_MAPPER_REQUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "spec/types/arch.h"
#include "spec/types/form.h"
#include "spec/types/mapping.h"
#include "spec/types/workload.h"

enum sdse_map_objective {
    SDSE_MAP_ENERGY,  // ties by cycles
    SDSE_MAP_LATENCY, // ties by energy
    SDSE_MAP_EDP,     // energy x cycles; ties by energy
    SDSE_MAP_ED2P,    // energy x cycles^2; ties by energy
    SDSE_MAP_FRONT,   // every (energy, cycles) that no other mapping beats in both
    // The longest life of a tile in a memory of class edram; ties by energy. Without
    // such a memory every life is 0.
    SDSE_MAP_LIFETIME,
    SDSE_MAP_STRAIN, // the longest life over what its memory allows (max_lifetime_us)
    // Every (energy, outer cycles, inner cycles) that no other mapping beats in all
    // three (struct sdse_totals), by rising energy: where nests overlap.
    SDSE_MAP_SIDES
};

struct sdse_map_request {
    const struct sdse_arch *arch; // costs resolved
    const struct sdse_layer *layer;
    const struct sdse_weight_form *form; // NULL = raw
    enum sdse_map_objective objective;
    bool free_bypass;         // any memory but the outermost may be bypassed
    unsigned padding_percent; // bounds padded by at most this much; 0 = none [<= 100]
    double max_lifetime_us;   // of tiles in memories of class edram; 0 = any
    double seconds_limit;     // 0 = none
    uint64_t node_limit;      // 0 = none
    uint64_t descend_after;  // nodes after which a descent looks for good mappings; 0 =
                             // 200,000. Moves no answer that is proved
    const atomic_bool *stop; // set by another thread or a signal; NULL = never
    // A search that ends before it found anything answers with any valid mapping.
    bool any_mapping;
    // Mappings of problems that differ in prices, capacities and bandwidths alone: of a
    // front, what is worse than those of them that are valid here is cut from the
    // start. [start_count] Moves no answer that is proved.
    size_t start_count;
    const struct sdse_mapping *start;
    struct sdse_spreads_known *known; // of this thread; NULL: nothing is kept. Moves no
                                      // answer
};

#endif
