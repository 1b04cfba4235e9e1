// The evaluator: one mapping of one layer on one accelerator, counted and costed.
//
// Prepare a model once per (accelerator, layer, weight form), then evaluate as many
// mappings as you like: a model is read-only and may be shared by threads. The formulas
// are in docs/model.md; counts are exact integers.
#ifndef SDSE_COSTMODEL_EVALUATE_H
#define SDSE_COSTMODEL_EVALUATE_H

#include "base/arena.h"
#include "base/status.h"
#include "costmodel/types/cost.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"

struct sdse_model;
struct sdse_residence;

// Prepares the cost of `layer` on `arch` with weights in `form` (NULL = raw).
//
// arch    every cost resolved (costmodel/resolve.h); kept by pointer
// layer   kept by pointer
// model   out: lives in `arena`
//
// Returns SDSE_OVERFLOW if a count of some mapping could exceed 62 bits,
// SDSE_NO_MEMORY; *model is untouched then.
enum sdse_status sdse_model_new(const struct sdse_arch *arch,
                                const struct sdse_layer *layer,
                                const struct sdse_weight_form *form,
                                struct sdse_arena *arena, struct sdse_model **model);

// The mapping that has every loop at level 0 and keeps what the accelerator keeps: a
// start. In a memory with several levels every tensor is kept at the outermost that
// may.
void sdse_mapping_init(const struct sdse_arch *arch, struct sdse_mapping *mapping);

// Takes from keeps[level] the tensors that no tile of which is there, as they are at
// home (spec/types/residence.h). residence: NULL changes nothing.
void sdse_residence_keeps(const struct sdse_arch *arch,
                          const struct sdse_residence *residence, unsigned *keeps);

// Why a mapping is not valid.
enum sdse_verdict {
    SDSE_VALID,
    SDSE_TOO_BIG,     // the tiles of a level exceed its capacity
    SDSE_NOT_COVERED, // the factors do not cover the layer's bounds
    SDSE_FANOUT       // more spatial iterations than instances
};

// Whether the mapping covers the layer, fits the fan-outs and the capacities.
// level: out: the level at fault, may be NULL. The tiles of all levels of one memory
// count together, at the outermost of them.
enum sdse_verdict sdse_mapping_verdict(const struct sdse_model *model,
                                       const struct sdse_mapping *mapping,
                                       unsigned *level);

// Bits that a mapping takes of the memory at `level`, its outermost: of all copies of
// its tiles, and of the place of outputs at home there. What is reserved is not in it.
double sdse_mapping_taken_bits(const struct sdse_model *model,
                               const struct sdse_mapping *mapping, unsigned level);

// Energy and latency alone: the fast question a search asks.
struct sdse_totals {
    double energy_pj;
    double latency_cycles; // an integer value
    // Of two sides, the larger of which is the latency, as long as each is by itself:
    // what crosses at the outermost memory; and all else, with what crosses there and
    // may not do so while another nest runs (residence->ahead). What overlaps with
    // nothing is in both.
    double outer_cycles, inner_cycles;
    double lifetime_cycles; // longest life of a tile in a memory of class edram
    double strain; // longest life over the one its memory allows (max_lifetime_us);
                   // above 1 the mapping is no answer. 0: no memory has a limit
};

// Totals of a valid mapping; both NAN when memory is out. Perfect factors take the
// closed forms; imperfect factors are walked (costmodel/walk.h) and are slower.
struct sdse_totals sdse_evaluate(const struct sdse_model *model,
                                 const struct sdse_mapping *mapping);

// The same, faster for many mappings of one model: what was worked out for one is kept
// in *memo (costmodel/memo.h), which belongs to this model and one thread.
struct sdse_reach_memo;
struct sdse_totals sdse_evaluate_next(const struct sdse_model *model,
                                      const struct sdse_mapping *mapping,
                                      struct sdse_reach_memo *memo);

// The same with everything itemised. cost->energy_pj and cost->latency_cycles equal the
// totals. False when memory is out; *cost is then incomplete.
bool sdse_evaluate_full(const struct sdse_model *model,
                        const struct sdse_mapping *mapping, struct sdse_cost *cost);

// Area of an accelerator by component; needs no layer. Source: sum of marked numbers.
void sdse_arch_area(const struct sdse_arch *arch, struct sdse_area *area);

// Area of a design with weights in a form: raw weights need no rebuild engines. [um^2]
double sdse_design_area_um2(const struct sdse_area *area, bool smartdeal);

#endif
