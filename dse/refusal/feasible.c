#include "dse/refusal/feasible.h"

#include <math.h>
#include <string.h>

#include "dse/refusal/feasible_walk.h"

void sdse_feasibility_init(struct sdse_feasibility *questions,
                           const struct sdse_variant_space *space,
                           struct sdse_problem *const *variants, size_t variant_count,
                           uint64_t effort, struct sdse_arena *arena) {
    *questions = (struct sdse_feasibility){.problem = variants[0],
                                           .space = *space,
                                           .variant_count = variant_count,
                                           .variants = variants,
                                           .effort = effort,
                                           .arena = arena};
}

// The paddings that an accelerator admits; entry 0 is none of them.
static struct sdse_padding *list_paddings(struct sdse_feasibility *questions,
                                          const struct sdse_arch *arch,
                                          struct sdse_arena *arena, size_t *count) {
    struct sdse_variant_space space = questions->space;
    struct sdse_padding *listed = NULL, *all = NULL;
    space.arch = arch;
    if (arena && sdse_paddings_list(&space, arena, &listed, count) == SDSE_OK)
        all = SDSE_ARENA_ARRAY(arena, struct sdse_padding, *count + 1);
    if (!all) {
        questions->out_of_memory = true;
        return NULL;
    }
    if (*count)
        memcpy(all + 1, listed, *count * sizeof *all);
    ++*count;
    return all;
}

static struct sdse_feasible_walk *new_search(struct sdse_feasibility *questions,
                                             const struct sdse_arch *arch,
                                             size_t variant,
                                             const struct sdse_padding *padding,
                                             struct sdse_arena *arena) {
    struct sdse_feasible_walk *s =
        arena ? SDSE_ARENA_NEW(arena, struct sdse_feasible_walk) : NULL;
    if (s)
        s->failed = sdse_arena_alloc(arena, arch->level_count, sizeof *s->failed);
    if (!s || !s->failed) {
        questions->out_of_memory = true;
        return NULL;
    }
    s->questions = questions;
    s->problem = questions->variants[variant];
    s->arch = arch;
    s->padding = *padding;
    s->measured = questions->problem->levels;
    s->best_bits = (double)INFINITY;
    s->arena = arena;
    return s;
}

// One variant; *bits: the least so far at level `measured`.
static enum sdse_feasible ask_one(struct sdse_feasibility *questions,
                                  const struct sdse_arch *arch, size_t variant,
                                  const struct sdse_padding *padding, unsigned measured,
                                  double *bits) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct sdse_feasible_walk *s =
        new_search(questions, arch, variant, padding, scratch);
    enum sdse_feasible answer = SDSE_UNDECIDED;
    if (s) {
        s->measured = measured;
        s->best_bits = *bits;
        answer = sdse_feasible_walk_run(s);
        if (answer == SDSE_FEASIBLE && s->guess)
            answer = SDSE_UNDECIDED;
        *bits = s->best_bits;
    }
    sdse_arena_free(scratch);
    return answer;
}

static enum sdse_feasible ask(struct sdse_feasibility *questions,
                              const struct sdse_arch *arch, unsigned measured,
                              double *bits) {
    const bool any = measured == questions->problem->levels;
    struct sdse_arena *scratch = sdse_arena_new();
    size_t count = 0;
    const struct sdse_padding *padding =
        list_paddings(questions, arch, scratch, &count);
    enum sdse_feasible answer = padding ? SDSE_INFEASIBLE : SDSE_UNDECIDED;
    bool decided = padding != NULL;
    *bits = (double)INFINITY;
    for (size_t i = 0; i < count * questions->variant_count && decided; i++) {
        const enum sdse_feasible here =
            ask_one(questions, arch, i % questions->variant_count,
                    &padding[i / questions->variant_count], measured, bits);
        decided = here != SDSE_UNDECIDED;
        if (here != SDSE_INFEASIBLE)
            answer = here;
        if (any && here == SDSE_FEASIBLE)
            break;
    }
    sdse_arena_free(scratch);
    return answer;
}

enum sdse_feasible sdse_feasible(struct sdse_feasibility *questions,
                                 const struct sdse_arch *arch) {
    double bits;
    return ask(questions, arch, questions->problem->levels, &bits);
}

enum sdse_feasible sdse_feasible_least_bits(struct sdse_feasibility *questions,
                                            const struct sdse_arch *arch,
                                            unsigned level, double *bits) {
    return ask(questions, arch, level, bits);
}

// The order that lets sums run on furthest, or the first of them.
static const struct sdse_order *choose_order(const struct sdse_orders *orders) {
    const struct sdse_order *best = &orders->order[0];
    unsigned longest = 0;
    for (size_t i = 0; i < orders->count; i++) {
        const struct sdse_order *order = &orders->order[i];
        unsigned run = 0;
        while (run < order->count &&
               sdse_feasible_summing_dims() >> order->dim[run] & 1u)
            run++;
        if (run > longest) {
            longest = run;
            best = order;
        }
    }
    return best;
}

// The mapping that was found, each level's loops in an order that its rules admit.
static bool write_mapping(const struct sdse_feasible_walk *s,
                          struct sdse_problem *problem, struct sdse_mapping *mapping) {
    *mapping = problem->start;
    for (unsigned l = 0; l < problem->levels; l++) {
        unsigned dims = 0;
        for (int d = 0; d < SDSE_DIMS; d++)
            if (s->tile[l][d] != s->spread_tile[l][d])
                dims |= SDSE_BIT(d);
        const struct sdse_orders *orders = sdse_problem_orders(problem, l, dims);
        if (!orders || !orders->count)
            return false;
        struct sdse_loops *loops = &mapping->level[l].temporal;
        const struct sdse_order *order = choose_order(orders);
        for (unsigned i = order->count; i-- > 0;) {
            const int d = order->dim[i];
            const uint64_t *value = s->lattice->value[d];
            loops->loop[loops->count++] = (struct sdse_loop){
                (enum sdse_dim)d, value[s->tile[l][d]] / value[s->spread_tile[l][d]]};
        }
        memcpy(mapping->level[l].spatial,
               s->spreads[l]->layout[s->spread[l]->first_layout].axis,
               sizeof mapping->level[l].spatial);
    }
    return sdse_mapping_verdict(problem->model, mapping, NULL) == SDSE_VALID;
}

static enum sdse_feasible map_one(struct sdse_feasibility *questions, size_t variant,
                                  const struct sdse_padding *padding,
                                  struct sdse_mapping *mapping) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct sdse_feasible_walk *s =
        new_search(questions, questions->problem->arch, variant, padding, scratch);
    enum sdse_feasible answer = s ? sdse_feasible_walk_run(s) : SDSE_UNDECIDED;
    if (answer == SDSE_FEASIBLE &&
        !write_mapping(s, questions->variants[variant], mapping))
        answer = SDSE_UNDECIDED;
    sdse_arena_free(scratch);
    return answer;
}

enum sdse_feasible sdse_feasible_mapping(struct sdse_feasibility *questions,
                                         struct sdse_mapping *mapping) {
    struct sdse_arena *scratch = sdse_arena_new();
    size_t count = 0;
    const struct sdse_padding *padding =
        list_paddings(questions, questions->problem->arch, scratch, &count);
    enum sdse_feasible answer = padding ? SDSE_INFEASIBLE : SDSE_UNDECIDED;
    count *= questions->variant_count;
    for (size_t i = 0; i < count && !questions->out_of_memory; i++) {
        const uint64_t left = questions->effort;
        const uint64_t share = i + 1 < count ? left / 2 : left;
        questions->effort = share;
        const enum sdse_feasible here =
            map_one(questions, i % questions->variant_count,
                    &padding[i / questions->variant_count], mapping);
        questions->effort += left - share;
        if (here != SDSE_INFEASIBLE)
            answer = here;
        if (here == SDSE_FEASIBLE)
            break;
    }
    sdse_arena_free(scratch);
    return answer;
}
