// What an SRAM macro costs: interpolation in the tables of tech/.
#ifndef SDSE_COSTMODEL_TECHNOLOGY_H
#define SDSE_COSTMODEL_TECHNOLOGY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "costmodel/node_scaling.h"

// Outside the tables' nodes energies are scaled at this supply voltage on both sides.
#define SDSE_NODE_SCALING_V 0.9

// One single-bank macro.
struct sdse_sram_cost {
    double read_pj;    // of one access of the full width
    double write_pj;   // of one access of the full width
    double leakage_mw; // subthreshold and gate
    double area_um2;
    double access_ns;
    const char *origin; // table, rows, node: everything that made these numbers
};

// The i-th table's name, in alphabetical order; NULL when i is past the last.
const char *sdse_sram_table_name(size_t i);

// Energy, leakage, area and access time of one macro, from a named table.
//
//     log y = interpolation, linear in log capacity, log width and log node,
//             of the log y of the (up to eight) rows around the query
//
// At a table's row the row itself is returned. At a node the capacities used are those
// whose rows reach width_bits on both sides, so a width that CACTI could not build at
// a small capacity moves the smallest capacity up. Nodes between the table's (22 32 45
// 65 90 nm) are interpolated; from 7 nm and up to 130 nm the nearest table node is
// scaled by Stillmaker & Baas at SDSE_NODE_SCALING_V on both sides (energies and area;
// leakage and access time of the table node are kept, and the origin says so).
// Nothing is extrapolated: a capacity or width outside the table is refused. Smaller
// memories are register files, whose costs an accelerator's file must give itself.
//
// table           e.g. "sram_itrs-hp_ed2"
// node_nm         process node                        [7 .. 130 nm]
// capacity_bits   of the macro                        [bits]
// width_bits      of one access                       [bits]
// arena           receives the origin, or the reason
// cost            out: untouched unless SDSE_OK
// why             out, may be NULL: the reason when SDSE_INVALID, else untouched
//
// Returns SDSE_OK, SDSE_INVALID (unknown table or outside its range) or
// SDSE_NO_MEMORY.
// Source: CACTI 7 outputs (tech/README.md); the interpolation is ours, test:
// tests/unit/test_technology.c.
enum sdse_status sdse_sram_lookup(const char *table, double node_nm,
                                  uint64_t capacity_bits, uint32_t width_bits,
                                  struct sdse_arena *arena, struct sdse_sram_cost *cost,
                                  const char **why);

#endif
