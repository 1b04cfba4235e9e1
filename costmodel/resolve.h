// Every cost of an accelerator, before anything is evaluated on it: numbers given in
// its file stay, numbers left to a component or to an SRAM table are looked up, missing
// ones are reported.
#ifndef SDSE_COSTMODEL_RESOLVE_H
#define SDSE_COSTMODEL_RESOLVE_H

#include "base/diag.h"
#include "base/status.h"
#include "spec/types/arch.h"

// Fills, in every level with a `table`, the costs its file does not give:
//
//     read_pj             = slices * read energy of one macro
//     fill_pj, update_pj  = slices * write energy of one macro
//     leakage_mw          = macro_count * slices * leakage of one macro
//     area_um2            = macro_count * slices * area of one macro
//
// of a macro of capacity_bits / macro_count / slices bits, port_bits / slices wide, at
// the accelerator's node. A port wider than the tables' 256 bits is built of the fewest
// equal slices side by side, all of which are accessed at once. Origins (mark `table`)
// name the table, its rows and the scaling. Costs of what names a component come from
// tech/components.csv (costmodel/component.h), each with its row's mark and source.
//
// Reports, all of them, at the place of the level, fan-out or component:
//   [missing-cost]   an energy that is neither given, nor in a table, nor declared
//   free;
//                    a given energy of zero that is not declared free
//   [table-lookup]   an unknown table, or a macro outside its range
//   [component-lookup] a component that is unknown, not for this part, or known for
//                    other sizes only
//   [cost-names]     two costs of one name (costmodel/cost_names.h)
//   [missing-area]   (warning) an on-chip memory or multiplier whose area is unknown
//
// arch    its numbers are completed in place; resolving twice changes nothing
// arena   receives the origins; must outlive arch
//
// Returns SDSE_OK (warnings possible), SDSE_INVALID after errors, or SDSE_NO_MEMORY.
enum sdse_status sdse_arch_resolve_costs(struct sdse_arch *arch,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags);

#endif
