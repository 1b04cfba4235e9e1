// The mapper: the best mapping of one layer on one accelerator, proved.
//
// The space is every perfect factorisation over all levels, every loop order, every
// place on X and Y that the accelerator admits, under the constraints of its dataflow
// for the layer's kind. Which level keeps what is fixed by the accelerator, but in a
// memory split into positions (spec/split.h) each tensor may stand at any of them
// (uneven mapping), and a memory may be bypassed where the accelerator leaves that open
// or `free_bypass` does. With `padding_percent` a factor need not divide what it splits
// (imperfect factors, dse/mapper/variants.h).
#ifndef SDSE_DSE_MAP_H
#define SDSE_DSE_MAP_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/mapper/answer.h"
#include "dse/mapper/request.h"

// Maps the layer; one that multiplies nothing is streamed, which is no choice. The
// answer lives in `arena`; scratch memory is released.
//
// Deterministic: the same request gives the same answer, unless a limit of time or a
// stop ends it. Returns SDSE_OK whatever the answer's status; SDSE_OVERFLOW,
// SDSE_INVALID (a SmartDeal form without a rebuild engine), SDSE_NO_MEMORY.
// Source: docs/mapper.md; oracle: tests/oracle/test_mapper_oracle.c.
enum sdse_status sdse_map(const struct sdse_map_request *request,
                          struct sdse_arena *arena, struct sdse_map_answer *answer);

// What no mapping of the layer stays below, in energy, in latency and in the cycles of
// either side: the bounds at the roots of its search, which is not begun. Lives in
// nothing. Returns as sdse_map.
enum sdse_status sdse_map_bound(const struct sdse_map_request *request,
                                struct sdse_totals *least);

// Whether the layer may have a mapping: a look at capacities, fan-outs and constraints
// with bounded effort. *may false: it has none, which is proved; with padding that is
// not tried. Returns as sdse_map.
enum sdse_status sdse_map_may_exist(const struct sdse_map_request *request, bool *may);

// Decimal logarithm of the number of mappings in one variant of the space before
// capacities: factors x places x orders. An upper estimate: orders are counted as if
// every dimension had a loop at every level that may carry it. Variants add to it, as
// if each were as large (answer->log10_mappings).
enum sdse_status sdse_mapper_space(const struct sdse_map_request *request,
                                   double *log10_mappings);

// "optimal", "limit", "interrupted", "none".
const char *sdse_map_status_name(enum sdse_map_status status);

#endif
