// Private to costmodel/: costs that an accelerator's file leaves to the library of
// components.
#ifndef SDSE_COSTMODEL_PRICED_H
#define SDSE_COSTMODEL_PRICED_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "spec/types/arch.h"

// Fills the costs that are not given of every memory, network, multiplier, vector unit
// and rebuild engine that names a component, at the accelerator's node and supply.
//
// Reports [component-lookup] at the part's place: a component that is not there, or not
// for such a part; a size, node or supply beyond what is known of it; one that is to
// leak (component_leakage) and of which no leakage is known or given.
//
// Returns SDSE_OK, also after reports, or SDSE_NO_MEMORY.
enum sdse_status sdse_arch_price_components(struct sdse_arch *arch,
                                            struct sdse_arena *arena,
                                            struct sdse_diags *diags);

#endif
