// Mappings that are there twice. In a split memory (spec/split.h) positions are where
// tiles of one tensor each begin, so one nest of loops can be written in many ways:
//
//     (T) loops (U)  =  loops (U) (T)   the loops, or none, move nothing of T
//     d (U)          =  (U) d           d moves nothing of U
//
// A search leaves out the one that it would meet later: of variants the one that is
// ranked behind the other, of loops those further out. The other costs no more, so no
// answer depends on it. docs/mapper.md; oracle: tests/oracle/test_uneven_oracle.c,
// which enumerates both.
#ifndef SDSE_DSE_MAPPER_TWINS_H
#define SDSE_DSE_MAPPER_TWINS_H

#include "dse/mapper/problem.h"

// The dimension of the innermost loop outside level l if it moves nothing that is kept
// there and might as well stand at level l, outside its other loops: it need not be
// looked at, unless level l has another loop of it further inside. -1: there is none.
//
// path  decided at the levels outside l
int sdse_twin_dim(const struct sdse_problem *problem, const struct sdse_choice *path,
                  unsigned l);

// Whether loops `dims` of the position at level l of a split memory move nothing that
// it keeps and might as well stand outside: with them there, what it keeps and what the
// position behind it keeps can change places.
//
// path  decided at the levels outside l
bool sdse_are_twin_loops(const struct sdse_problem *problem,
                         const struct sdse_choice *path, unsigned l, unsigned dims);

// Of a choice of keepers and of each level l, a position of a split memory: the number
// of the choice that exchanges what it and the position behind it, at l + 1, keep; its
// own where there is none.
struct sdse_swaps {
    size_t with[SDSE_MAX_LEVELS];
};

// keeps  [count] all different
// swaps  out: [count] in `arena`
//
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_swaps_find(const struct sdse_arch *arch,
                                 const struct sdse_keeps *const *keeps, size_t count,
                                 struct sdse_arena *arena, struct sdse_swaps **swaps);

#endif
