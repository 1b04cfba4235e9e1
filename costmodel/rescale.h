// Costs given at one process node and supply voltage, moved to another.
#ifndef SDSE_COSTMODEL_RESCALE_H
#define SDSE_COSTMODEL_RESCALE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "spec/types/arch.h"

// Scales every cost that the accelerator's file gives from its own node and voltage
// (written_node_nm, written_voltage_v) to those asked for (node_nm, voltage_v):
// energies and clocks by sdse_node_energy_factor, areas by sdse_node_area_factor.
// What belongs to a DRAM is not scaled, nor what an override gave. Afterwards the
// written node is the one asked for: doing it twice changes nothing.
//
// Reports [node-scaling] a leakage or static power, which the source's tables do not
// have; a node or voltage outside them; a voltage where the file gives none.
//
// table_factor  out: for energies looked up at node_nm: of the voltage alone
//
// Returns SDSE_OK, also after reports, or SDSE_NO_MEMORY.
enum sdse_status sdse_arch_rescale(struct sdse_arch *arch, struct sdse_arena *arena,
                                   struct sdse_diags *diags, double *table_factor);

#endif
