// The mapper: the best mapping of one layer on one accelerator, proved.
//
// The space is every perfect factorisation over all levels, every loop order, every
// place on X and Y that the accelerator admits, under the constraints of its dataflow
// for the layer's kind. Which level keeps what is fixed by the accelerator, but in a
// memory split into positions (spec/split.h) each tensor may stand at any of them
// (uneven mapping), and a memory may be bypassed where the accelerator leaves that open
// or `free_bypass` does. With `padding_percent` a factor need not divide what it splits
// (imperfect factors, dse/variants.h).
#ifndef SDSE_DSE_MAPPER_H
#define SDSE_DSE_MAPPER_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/status.h"
#include "costmodel/evaluate.h"
#include "dse/refusal.h"

enum sdse_map_objective {
    SDSE_MAP_ENERGY,  // ties by cycles
    SDSE_MAP_LATENCY, // ties by energy
    SDSE_MAP_EDP,     // energy x cycles; ties by energy
    SDSE_MAP_ED2P,    // energy x cycles^2; ties by energy
    SDSE_MAP_FRONT    // every (energy, cycles) that no other mapping beats in both
};

struct sdse_map_request {
    const struct sdse_arch *arch; // costs resolved
    const struct sdse_layer *layer;
    const struct sdse_weight_form *form; // NULL = raw
    enum sdse_map_objective objective;
    bool free_bypass;         // any memory but the outermost may be bypassed
    unsigned padding_percent; // bounds padded by at most this much; 0 = none [<= 100]
    double seconds_limit;     // 0 = none
    uint64_t node_limit;      // 0 = none
    const atomic_bool *stop;  // set by another thread or a signal; NULL = never
    // A search that ends before it found anything answers with any valid mapping.
    bool any_mapping;
};

enum sdse_map_status {
    SDSE_MAP_OPTIMAL,     // proved
    SDSE_MAP_LIMIT,       // a limit was reached: the best so far, with bound and gap
    SDSE_MAP_INTERRUPTED, // stopped: the same
    SDSE_MAP_NONE         // no valid mapping exists: `reason` says why
};

struct sdse_map_point {
    struct sdse_totals totals;
    struct sdse_mapping mapping;
};

struct sdse_map_answer {
    enum sdse_map_status status;
    // The best points: one, or the front by rising energy. Empty if nothing was found.
    size_t point_count;
    struct sdse_map_point *point;
    double lower_bound; // of the objective's value; of the front: of the last point's
                        // energy
    double gap;         // value / lower bound - 1; 0 when proved
    const char *reason; // SDSE_MAP_NONE: the level and tensor or the constraint at
                        // fault, and the smallest change that admits a mapping
    struct sdse_refusal refusal; // SDSE_MAP_NONE: all of it
    size_t variants;             // of keepers and padded bounds
    double log10_mappings;       // in the space (sdse_mapper_space)
    uint64_t nodes, evaluations;
    double seconds;
};

// Maps the layer. The answer lives in `arena`; scratch memory is released.
//
// Deterministic: the same request gives the same answer, unless a limit of time or a
// stop ends it. Returns SDSE_OK whatever the answer's status; SDSE_OVERFLOW,
// SDSE_INVALID (a SmartDeal form without a rebuild engine), SDSE_NO_MEMORY.
// Source: docs/mapper.md; oracle: tests/oracle/test_mapper_oracle.c.
enum sdse_status sdse_map(const struct sdse_map_request *request,
                          struct sdse_arena *arena, struct sdse_map_answer *answer);

// Decimal logarithm of the number of mappings in one variant of the space before
// capacities: factors x places x orders. An upper estimate: orders are counted as if
// every dimension had a loop at every level that may carry it. Variants add to it, as
// if each were as large (answer->log10_mappings).
enum sdse_status sdse_mapper_space(const struct sdse_map_request *request,
                                   double *log10_mappings);

// "optimal", "limit", "interrupted", "none".
const char *sdse_map_status_name(enum sdse_map_status status);

#endif
