// Which demands contradict each other: see dse/refusal/relax.h.
#include "dse/refusal/relax.h"

#include <string.h>

struct trial {
    struct sdse_feasibility *questions;
    struct sdse_conflicts *found;
};

// Whether a mapping meets exactly these demands.
static enum sdse_feasible meets(struct trial *trial, const struct sdse_demand *demand,
                                size_t count) {
    struct sdse_feasibility *questions = trial->questions;
    const struct sdse_arch *arch =
        sdse_demanding_arch(questions->problem, demand, count, questions->arena);
    if (!arch) {
        questions->out_of_memory = true;
        return SDSE_UNDECIDED;
    }
    const enum sdse_feasible answer = sdse_feasible(questions, arch);
    trial->found->decided &= answer != SDSE_UNDECIDED;
    return answer;
}

static size_t list_demands(const struct sdse_problem *problem,
                           struct sdse_demand *demand) {
    size_t count = 0;
    const struct sdse_dataflow *flow = problem->rules.dataflow;
    for (size_t i = 0; flow && i < flow->constraint_count; i++)
        demand[count++] = (struct sdse_demand){.constraint = i};
    for (unsigned l = 0; l < problem->levels; l++)
        if (problem->arch->level[l].capacity_bits &&
            !problem->arch->level[l].shares_memory)
            demand[count++] = (struct sdse_demand){.capacity = true, .level = l};
    return count;
}

// Demands that nothing meets move to `single`; those that can be met stay.
static size_t find_singles(struct trial *trial, struct sdse_demand *demand,
                           size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const enum sdse_feasible alone = meets(trial, &demand[i], 1);
        if (alone == SDSE_INFEASIBLE)
            trial->found->single[trial->found->single_count++] = demand[i];
        else if (alone == SDSE_FEASIBLE)
            demand[kept++] = demand[i];
    }
    return kept;
}

static void find_pairs(struct trial *trial, const struct sdse_demand *demand,
                       size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            const struct sdse_demand both[2] = {demand[i], demand[j]};
            if (meets(trial, both, 2) == SDSE_INFEASIBLE)
                memcpy(trial->found->pair[trial->found->pair_count++], both,
                       sizeof both);
        }
    }
}

// Leaves demands out while the rest still cannot be met.
static void find_group(struct trial *trial, const struct sdse_demand *demand,
                       size_t count) {
    struct sdse_demand *group = trial->found->group;
    memcpy(group, demand, count * sizeof *group);
    for (size_t i = 0; i < count;) {
        const struct sdse_demand out = group[i];
        memmove(&group[i], &group[i + 1], (count - i - 1) * sizeof *group);
        if (meets(trial, group, count - 1) == SDSE_INFEASIBLE) {
            count--;
            continue;
        }
        memmove(&group[i + 1], &group[i], (count - i - 1) * sizeof *group);
        group[i++] = out;
    }
    trial->found->group_count = count;
}

bool sdse_find_conflicts(struct sdse_feasibility *questions,
                         struct sdse_conflicts *conflicts) {
    const struct sdse_problem *problem = questions->problem;
    const struct sdse_dataflow *flow = problem->rules.dataflow;
    const size_t most = problem->levels + (flow ? flow->constraint_count : 0);
    struct sdse_arena *arena = questions->arena;
    struct sdse_demand *demand = SDSE_ARENA_ARRAY(arena, struct sdse_demand, most);
    *conflicts = (struct sdse_conflicts){.decided = true};
    conflicts->single = SDSE_ARENA_ARRAY(arena, struct sdse_demand, most);
    conflicts->group = SDSE_ARENA_ARRAY(arena, struct sdse_demand, most);
    conflicts->pair =
        sdse_arena_alloc(arena, most * most / 2 + 1, sizeof conflicts->pair[0]);
    if (!demand || !conflicts->single || !conflicts->group || !conflicts->pair)
        return false;
    struct trial trial = {questions, conflicts};
    size_t count = list_demands(problem, demand);
    count = find_singles(&trial, demand, count);
    find_pairs(&trial, demand, count);
    if (!conflicts->single_count && !conflicts->pair_count && conflicts->decided)
        find_group(&trial, demand, count);
    return !questions->out_of_memory;
}
