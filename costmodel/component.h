// What parts of an accelerator cost: the library of tech/components.csv.
#ifndef SDSE_COSTMODEL_COMPONENT_H
#define SDSE_COSTMODEL_COMPONENT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/status.h"
#include "spec/types/number.h"

// One figure of one component.
struct sdse_component {
    const char *name;
    const char *part;      // what it can be: a memory class, compute, vector, rebuild,
                           // network
    const char *quantity;  // the accelerator's key that it stands for
    const char *formula;   // over the sizes below
    double node_nm;        // at which it holds; 0 = it does not change with the node
    double voltage_v;      // as node_nm
    const char *range;     // "kib=0:1 w=1:32": sizes for which it is known
    const char *mark_text; // as files write a mark
    const char *source;
};

// What formulas are over. A figure may use those that its part has.
struct sdse_component_sizes {
    double bits;    // memory: of one access; network: of a word that crosses it
    double kib;     // memory: capacity of one instance [KiB]
    double w, i, p; // bits of a weight, an input, a partial sum
    double mm;      // network: length of its wires
    double v;       // supply, 0.9 where the accelerator gives none [V]
};

// The i-th figure; those of one component stand together. NULL past the last.
const struct sdse_component *sdse_component_at(size_t i);

// The value of a figure at the given sizes, moved to a node and a supply (energies and
// areas by costmodel/node_scaling.h; both sides at 0.9 V where voltage_v is 0). Leakage
// is moved as dynamic energy is, as public component libraries do for want of a law of
// its own.
//
// arena   receives the origin, or the reason
// number  out: value, and an origin that says formula, sizes, source and scaling; its
//         place is left alone. Untouched unless SDSE_OK
// why     out: the reason when SDSE_INVALID (a size beyond the range; a node that the
//         scaling does not reach), else untouched
//
// Returns SDSE_OK, SDSE_INVALID or SDSE_NO_MEMORY.
// Source: each row's own (tech/components.csv).
enum sdse_status sdse_component_value(const struct sdse_component *figure,
                                      const struct sdse_component_sizes *sizes,
                                      double node_nm, double voltage_v,
                                      struct sdse_arena *arena,
                                      struct sdse_number *number, const char **why);

#endif
