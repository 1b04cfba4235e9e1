// What is legal in a description and unwise: found before anything is computed, said
// with the numbers that show it and what to do.
//
// A finding is certain: it follows from the descriptions by arithmetic, or from a bound
// that no mapping beats (dse/lint/array.h, feed.h, crossing.h), or from mappings that
// were proved (axes.h); it says which. Findings go to a list of their own, as warnings
// under the names of docs/checks.md, in no order. They refuse nothing.
//
// Bounds are those of mappings that keep what the accelerator keeps: it may say
// `may_bypass`, a search may not ask for free bypass.
//
// All of them: what is given has been read without errors; `root` is the tree it was
// read from, for places of keys. Texts live in the arena of `found`. SDSE_OK, or
// SDSE_NO_MEMORY.
#ifndef SDSE_DSE_LINT_LINT_H
#define SDSE_DSE_LINT_LINT_H

#include "base/diag.h"
#include "base/status.h"
#include "spec/tree.h"
#include "spec/types/arch.h"
#include "spec/types/workload.h"

// The name of the i-th check of the table; NULL when i is past the last.
const char *sdse_lint_check_name(size_t i);

// Of an accelerator alone. arch: costs resolved.
enum sdse_status sdse_lint_arch(const struct sdse_arch *arch, struct sdse_node *root,
                                struct sdse_diags *found);

// Of a network alone; its weight files are read.
enum sdse_status sdse_lint_workload(const struct sdse_workload *net,
                                    struct sdse_node *root, struct sdse_diags *found);

// Of an accelerator that is to run a network, with plain weights. root: the
// accelerator's.
enum sdse_status sdse_lint_pair(const struct sdse_arch *arch, struct sdse_node *root,
                                const struct sdse_workload *net,
                                struct sdse_diags *found);

// Of a sweep, and of its accelerators, without overrides, that are to run its networks,
// if some points have plain weights. root: the sweep's. May take seconds: axes are
// looked at by solving layers (dse/lint/axes.h).
struct sdse_plan;
enum sdse_status sdse_lint_sweep(const struct sdse_plan *plan, struct sdse_node *root,
                                 struct sdse_diags *found);

#endif
