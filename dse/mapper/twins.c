#include "dse/mapper/twins.h"

#include <stdlib.h>
#include <string.h>

// --- Loops ---

// Whether nothing is asked of a level's loops over d, nor of their order.
static bool is_free(const struct sdse_problem *problem, unsigned l, int d) {
    const struct sdse_level_rules *rules = &problem->rules.level[l];
    bool ordered = rules->stationary;
    for (int i = 0; i < SDSE_DIMS; i++)
        ordered |= rules->inside[i];
    return !ordered && rules->temporal_min[d] == 1 &&
           rules->temporal_max[d] == UINT64_MAX;
}

static bool moves_any(unsigned tensors, int d) {
    bool moves = false;
    for (int t = 0; t < SDSE_TENSORS; t++)
        moves |=
            tensors >> t & 1u && sdse_dim_moves((enum sdse_dim)d, (enum sdse_tensor)t);
    return moves;
}

// Whether a loop over d may stand at level l in place of l - 1, or the other way round.
static bool may_move(const struct sdse_problem *problem, unsigned l, int d) {
    const bool padded = problem->padding.present && (int)problem->padding.dim == d;
    return !padded && is_free(problem, l, d) && is_free(problem, l - 1, d) &&
           !(problem->rules.level[l - 1].all_of >> d & 1u);
}

// Whether loops at level l and at l - 1 stand in a row and all that counts is what they
// move.
static bool are_in_a_row(const struct sdse_problem *problem,
                         const struct sdse_choice *path, unsigned l) {
    return l > 0 && !problem->rebuilt_at && !problem->life_count &&
           !problem->arch->count_fill_drain && path[l - 1].spread->used == 1;
}

int sdse_twin_dim(const struct sdse_problem *problem, const struct sdse_choice *path,
                  unsigned l) {
    if (!are_in_a_row(problem, path, l) || !path[l - 1].order->count ||
        !problem->start.keeps[l])
        return -1;
    const int d = path[l - 1].order->dim[0];
    return !moves_any(problem->start.keeps[l], d) && may_move(problem, l, d) ? d : -1;
}

// Whether a loop costs more further out, as it makes more passes of some level.
static bool do_passes_cost(const struct sdse_problem *problem) {
    bool cost = false;
    for (unsigned l = 0; l < problem->levels; l++)
        cost |= problem->model->pass_cycles[l] > 0;
    return cost;
}

bool sdse_are_twin_loops(const struct sdse_problem *problem,
                         const struct sdse_choice *path, unsigned l, unsigned dims) {
    bool twins = !dims || (are_in_a_row(problem, path, l) && !do_passes_cost(problem));
    for (int d = 0; d < SDSE_DIMS && twins; d++)
        if (dims >> d & 1u)
            twins = !path[l - 1].factor[d] && may_move(problem, l, d) &&
                    !moves_any(problem->start.keeps[l], d);
    return twins;
}

// --- Keepers ---

struct numbered {
    const struct sdse_keeps *keeps;
    size_t number;
};

static int by_keeps(const void *a, const void *b) {
    const struct numbered *x = a, *y = b;
    return memcmp(x->keeps, y->keeps, sizeof *x->keeps);
}

// Whether tensors may change places with those behind: nothing stands between.
static bool may_exchange(const struct sdse_arch *arch, unsigned l) {
    const struct sdse_level *level = &arch->level[l];
    bool free = level->fanout_x == 1 && level->fanout_y == 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        free &= level->network[t].free;
    return free && level[1].shares_memory && level[1].keeps == level->keeps;
}

static struct sdse_keeps exchange(const struct sdse_keeps *keeps, unsigned l) {
    struct sdse_keeps other = *keeps;
    other.level[l] = keeps->level[l + 1];
    other.level[l + 1] = keeps->level[l];
    return other;
}

enum sdse_status sdse_swaps_find(const struct sdse_arch *arch,
                                 const struct sdse_keeps *const *keeps, size_t count,
                                 struct sdse_arena *arena, struct sdse_swaps **swaps) {
    struct numbered *sorted = SDSE_ARENA_ARRAY(arena, struct numbered, count);
    *swaps = SDSE_ARENA_ARRAY(arena, struct sdse_swaps, count);
    if (!sorted || !*swaps)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct numbered){keeps[i], i};
    qsort(sorted, count, sizeof *sorted, by_keeps);
    for (size_t i = 0; i < count; i++)
        for (unsigned l = 0; l < SDSE_MAX_LEVELS; l++) {
            (*swaps)[i].with[l] = i;
            if (l + 1 >= arch->level_count || !may_exchange(arch, l))
                continue;
            const struct sdse_keeps other = exchange(keeps[i], l);
            const struct numbered key = {&other, 0},
                                  *found = bsearch(&key, sorted, count, sizeof key,
                                                   by_keeps);
            if (found)
                (*swaps)[i].with[l] = found->number;
        }
    return SDSE_OK;
}
