// Whether any mapping is valid: capacities, fan-outs and constraints, no costs.
//
// Built from the innermost level outwards, so tiles only grow and a level's capacity
// decides at once. What can follow depends on the tile alone: a tile that failed at a
// stage fails again (memo over the lattice of tiles), so an answer "no" is a proof.
#ifndef SDSE_DSE_REFUSAL_FEASIBLE_H
#define SDSE_DSE_REFUSAL_FEASIBLE_H

#include "dse/mapper/problem.h"
#include "dse/mapper/variants.h"

enum sdse_feasible {
    SDSE_FEASIBLE,
    SDSE_INFEASIBLE, // proved
    SDSE_UNDECIDED   // the effort ran out
};

struct sdse_padded_lattice;

// Questions about one layer: the lists they share and the effort they have left.
struct sdse_feasibility {
    const struct sdse_problem *problem; // the first: layer, lattice
    struct sdse_variant_space space;    // which paddings there are
    // What may be kept where: a mapping of any variant will do, with any padding.
    size_t variant_count;
    struct sdse_problem *const *variants;
    uint64_t effort; // steps that may still be taken
    bool out_of_memory;
    struct sdse_padded_lattice *lattices; // made so far
    struct sdse_arena *arena;
};

// Prepares questions about a layer on an accelerator; variants [>= 1] have no padding
// and differ in what levels keep. They must outlive the questions; lists live in
// `arena`.
// space   of the mapper: says how far bounds are padded
// effort  steps of all questions together (some 10 ns each)
void sdse_feasibility_init(struct sdse_feasibility *questions,
                           const struct sdse_variant_space *space,
                           struct sdse_problem *const *variants, size_t variant_count,
                           uint64_t effort, struct sdse_arena *arena);

// Whether the layer has a valid mapping on `arch`: the problem's accelerator
// with other capacities, fan-outs or constraints (same levels, words and keeps). Bounds
// are padded as `arch` admits: a wider fan-out has more paddings.
enum sdse_feasible sdse_feasible(struct sdse_feasibility *questions,
                                 const struct sdse_arch *arch);

// The least bits that the tiles of level `level` take over all mappings that are valid
// but for that level's capacity. SDSE_FEASIBLE: *bits is exact.
enum sdse_feasible sdse_feasible_least_bits(struct sdse_feasibility *questions,
                                            const struct sdse_arch *arch,
                                            unsigned level, double *bits);

// Any valid mapping on the problem's own accelerator: the first that is found, without
// padding first, small tiles first. No variant takes more than half the effort left.
// SDSE_FEASIBLE: *mapping is valid.
enum sdse_feasible sdse_feasible_mapping(struct sdse_feasibility *questions,
                                         struct sdse_mapping *mapping);

#endif
