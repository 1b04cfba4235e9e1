// Generated mapping problems, small enough to enumerate: layers with halo, strides and
// groups, two to four levels with bypass, fan-out, bandwidths, meshes and constraints,
// raw weights and SmartDeal.
#ifndef SDSE_TESTS_SUPPORT_PROBLEMS_H
#define SDSE_TESTS_SUPPORT_PROBLEMS_H

#include "costmodel/effects.h"
#include "oracle/support_enumerate.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"
#include "spec/types/residence.h"
#include "spec/types/workload.h"

// Pointers inside lead to its own fields: not to be copied.
struct sdse_generated_problem {
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_weight_form form;
    struct sdse_effects effects; // of engines, in a third of the problems
    struct sdse_dataflow dataflow;
    struct sdse_constraint constraint[4];
    struct sdse_enumerate_space space;
    struct sdse_residence residence, residence_also; // of sdse_give_home
};

// The problem of a seed, with at least 20 and at most 100,000 mappings before
// capacities. wide: free bypass, imperfect factors and orders of loops, each in a
// part of the problems.
void sdse_make_problem(uint64_t seed, bool wide,
                       struct sdse_generated_problem *problem);

// Puts its inputs, its outputs or both at home in a memory of one instance, of which so
// much is reserved that capacities matter. False if it has none.
bool sdse_give_home(uint64_t seed, struct sdse_generated_problem *problem);

// Adds to its constraints that the temporal loops of `level` over `count` dims stand in
// their order, outermost first. Once.
void sdse_add_order(struct sdse_generated_problem *problem, unsigned level,
                    const uint8_t *dims, unsigned count);

// The accelerator a text describes; what is wrong with the text is printed, and NULL
// returned. Lives in `arena`.
struct sdse_arch *sdse_written_arch(const char *text, struct sdse_arena *arena);

#endif
