// Uneven mapping as an accelerator: a memory split into positions.
//
// Where a memory keeps several tensors, an even mapping gives all of them tiles at one
// place of the loop nest. Split, the memory is as many levels in series, its
// *positions*, as it keeps tensors: "GLB" becomes "GLB.1", "GLB.2", ... A mapping says
// which position keeps which tensor, each at most at one of them; loops may stand
// between.
//
//     GLB  [inputs, outputs]          GLB.1 [inputs]
//     | for ...                       | for ...        inputs are tiled here,
//       | spread on X: ...            GLB.2 [outputs]
//                                       | for ...      outputs further inside
//                                         | spread on X: ...
//
// Every mapping of the accelerator is one of the split accelerator too: all its tensors
// kept at the first position, its loops there, the others empty (source: docs/model.md,
// section 10; test: tests/oracle/test_uneven_oracle.c).
#ifndef SDSE_SPEC_SPLIT_H
#define SDSE_SPEC_SPLIT_H

#include "base/arena.h"
#include "base/status.h"
#include "spec/tree.h"
#include "spec/types/arch.h"

// Whether the memory of a level can be split: it is not the outermost, carries loops,
// keeps two or three tensors, has a capacity, shares its memory with no other level,
// and no dataflow fixes or limits the factors of its loops by numbers other than 1
// (that would be a condition on all positions together); "all" may be asked for.
bool sdse_level_may_split(const struct sdse_arch *arch, unsigned level);

// Its positions when split: as many as it keeps tensors.
unsigned sdse_level_positions(const struct sdse_arch *arch, unsigned level);

// The levels whose memories can be split, and those of them whose file says `uneven`,
// as sets of SDSE_BIT(level).
unsigned sdse_arch_may_split(const struct sdse_arch *arch);
unsigned sdse_arch_uneven(const struct sdse_arch *arch);

// Splits memories of an accelerator.
//
// levels   set of SDSE_BIT(level); levels that may not be split stay whole
// split    out: the accelerator with a level per position, named "<memory>.<n>", n from
//          1, outermost first. Every position may keep what the memory keeps. The
//          fan-out, its network and a rebuild engine stay behind the last position;
//          limits of the dataflow on places and factors of "all" hold there, lists of
//          temporal dimensions, stationary tensors, orders and factors of 1 at every
//          position by itself. Lives in `arena`, refers to `arch`.
//
// Returns SDSE_OK, SDSE_INVALID if that makes more than SDSE_MAX_LEVELS levels or a
// name that is taken, or SDSE_NO_MEMORY; *split is untouched then.
enum sdse_status sdse_arch_split(const struct sdse_arch *arch, unsigned levels,
                                 struct sdse_arena *arena, struct sdse_arch **split);

// The accelerator that a mapping's file is written for: `arch`, or, where a line names
// a position (`level: GLB.2`), the one with those memories split.
//
// root   the parsed file, of one mapping or of those of a network's layers; what is wrong
//        with it is not looked at
// out    out: `arch` itself or a new one in `arena`
//
// Returns SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_arch_of_mapping(struct sdse_arch *arch,
                                      const struct sdse_node *root,
                                      struct sdse_arena *arena, struct sdse_arch **out);

#endif
