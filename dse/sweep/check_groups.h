// What the configuration of every stored group says of its nests, and the places of
// tensors of layers, beside what is stored of them.
#ifndef SDSE_DSE_SWEEP_CHECK_GROUPS_H
#define SDSE_DSE_SWEEP_CHECK_GROUPS_H

#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"

// Of every point that has groups, or tensors that are moved, from the accelerator, the
// network and the weight forms in the file:
//     groups   lists the nests of each again, from its configuration and the places of
//              the point's tensors: rows, how often each runs, what it brings in, where
//              its tensors are and what is held beside them. What differs in a nest, or
//              in what the group reads and makes, is a diagnostic (verify-group)
//     places   lists the rows again from what they say, and what they mean to every
//              layer by itself, which its mapping says. What differs is a diagnostic
//              (verify-place)
// SDSE_OK, SDSE_INVALID, or what kept it from looking.
enum sdse_status sdse_check_groups(struct sdse_reader *reader,
                                   struct sdse_diags *diags);

#endif
