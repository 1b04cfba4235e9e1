// What each level may keep: the choices an accelerator leaves to a mapping.
//
// In a memory split into positions (spec/split.h) every tensor stands at one of them.
// A memory that may be bypassed keeps a tensor or lets it pass by. Every choice is a
// mapping problem of its own; the mapper searches them against one best.
#ifndef SDSE_DSE_MAPPER_KEEPS_H
#define SDSE_DSE_MAPPER_KEEPS_H

#include "base/arena.h"
#include "base/status.h"
#include "spec/types/arch.h"

struct sdse_keeps {
    unsigned level[SDSE_MAX_LEVELS]; // set of SDSE_BIT(tensor)
};

// Lists the choices; the first is that of sdse_mapping_init(), every tensor at the
// outermost level of its memory that may keep it. An accelerator without split memories
// and memories that may be bypassed has one.
//
// Positions that may keep the same are filled from the outermost on: one that keeps
// nothing has none that keeps something behind it (and carries no loops,
// dse/mapper/problem.c: they would be the loops of the position outside). But for the
// first choice every tensor has a position of its own: two at one are two in a row
// without loops in between. A memory of two tensors has 1 + 2 choices, of three tensors
// 1 + 6.
//
// free_bypass  every memory but the outermost may leave out any tensor, not only what
//              the accelerator says (may_bypass). All parts of weights go together
// smartdeal    weights are in SmartDeal form: raw ones have no parts to leave out
// list         out: in `arena`
//
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_keeps_list(const struct sdse_arch *arch, bool free_bypass,
                                 bool smartdeal, struct sdse_arena *arena,
                                 struct sdse_keeps **list, size_t *count);

#endif
