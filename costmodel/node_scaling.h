// Moving an energy or an area from one process node to another.
#ifndef SDSE_COSTMODEL_NODE_SCALING_H
#define SDSE_COSTMODEL_NODE_SCALING_H

#include <stdbool.h>

// Dynamic energy at (to_nm, to_v) over that at (from_nm, from_v).
//
//     factor = E(to_nm, to_v) / E(from_nm, from_v),    E(node, V) = a V^2 + b V + c
//
// The coefficients a, b, c are tabulated at 130 90 65 45 32 20 16 14 10 7 nm; between
// two of them E is linear in the node.
//
// from_nm, to_nm   process nodes                         [7 .. 130 nm]
// from_v, to_v     supply voltages where E rises with V  [V]
// factor           out: multiply an energy by it
//
// Returns false, leaving *factor alone, outside those domains.
// Source: Stillmaker & Baas, Integration 58, 2017, table of energy polynomials.
bool sdse_node_energy_factor(double from_nm, double from_v, double to_nm, double to_v,
                             double *factor);

// Area at to_nm over that at from_nm, the same circuit.
//
// The source tabulates 130 90 65 45 32 20 16 14 10 7 nm relative to 45 nm; between two
// of them the logarithm of the area is linear in the logarithm of the node. Factors
// between other pairs follow from these to within the two digits the source prints.
//
// from_nm, to_nm   process nodes   [7 .. 130 nm]
// factor           out: multiply an area by it
//
// Returns false, leaving *factor alone, outside that domain.
// Source: Stillmaker & Baas, Integration 58, 2017, table of area factors.
bool sdse_node_area_factor(double from_nm, double to_nm, double *factor);

#endif
