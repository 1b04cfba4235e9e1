// AccelForge's files as ours: its architecture is an accelerator, its einsums of two
// operands a network.
#ifndef SDSE_IMPORT_ACCELFORGE_ACCELFORGE_H
#define SDSE_IMPORT_ACCELFORGE_ACCELFORGE_H

#include "spec/tree.h"

// Whether a text is one of AccelForge's: `arch:` with `nodes`, or `workload:` with
// `einsums`, at its left edge.
bool sdse_accelforge_is(const char *text);

// The accelerator of a file with `arch`, the network of one with `workload`; either may
// be missing, and both may be one file. `variables` of all of them are known to all.
//
// Nodes are a chain: a Memory is a level, fan-outs before it are those of the level
// outside, a Compute ends it. Energies, sizes, throughputs and areas are expressions in
// SI units (J, bit, 1/s, m^2). The clock is the rate of the multipliers.
//
// roots    [count] of decorated trees (spec/tree.h): tags are the kinds of nodes
// lossy    what cannot be translated is a warning instead of an error
// arch     out: the accelerator's file, or NULL where no root has one; in `arena`
// network  out: the same of the network
//
// Reports all of it, at its place; docs/import.md lists the checks. Returns SDSE_OK,
// SDSE_INVALID or SDSE_NO_MEMORY; what is out only if SDSE_OK.
// Source: AccelForge's published architectures and workloads.
enum sdse_status sdse_accelforge_import(const struct sdse_node *const *roots,
                                        size_t count, bool lossy,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags, const char **arch,
                                        const char **network);

#endif
