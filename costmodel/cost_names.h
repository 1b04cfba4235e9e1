// Names that costs of a solution are told apart by: what is charged, and whose it is or
// for what.
#ifndef SDSE_COSTMODEL_COST_NAMES_H
#define SDSE_COSTMODEL_COST_NAMES_H

#include "base/diag.h"
#include "spec/types/arch.h"

// Reports [cost-names] where two costs that the accelerator may be charged have one
// name: at the engine or memory whose it is, with a note where the other is. An engine
// that is called `leakage` has the name of the leakage of a memory that is called
// `product`. Costs of the accelerator are resolved: what costs nothing has no name.
void sdse_cost_names_check(const struct sdse_arch *arch, struct sdse_diags *diags);

#endif
