// Why there is no mapping: tiles live longer than a memory allows.
#ifndef SDSE_DSE_REFUSAL_TOO_LONG_H
#define SDSE_DSE_REFUSAL_TOO_LONG_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/mapper/answer.h"

// Fills *refusal, in `arena`, where the limits of lives (max_lifetime_us) of `arch` are
// the cause. strain: the least that the longest life over its limit can be, > 1;
// proved: it is known, else only that some mapping has it. SDSE_NO_MEMORY.
enum sdse_status sdse_refusal_too_long(const struct sdse_arch *arch, double strain,
                                       bool proved, struct sdse_arena *arena,
                                       struct sdse_refusal *refusal);

#endif
