#include "dse/sweep/lines.h"

#include <stdlib.h>
#include <string.h>

// ---- lines ----

static int compare(const void *a, const void *b) {
    const struct sdse_layer_problem *p = *(struct sdse_layer_problem *const *)a,
                                    *q = *(struct sdse_layer_problem *const *)b;
    int order = sdse_hash_compare(p->question, q->question);
    if (!order && (!p->alike || !q->alike))
        order = (p->alike != NULL) - (q->alike != NULL);
    else if (!order)
        order = sdse_alike_compare(p->alike, q->alike);
    return order ? order : sdse_hash_compare(p->hash, q->hash);
}

typedef bool between(const struct sdse_alike *a, const struct sdse_alike *b,
                     const struct sdse_alike *c);

// Whether b lies between a and c. *way: how, once that is known.
static bool goes_on(const struct sdse_layer_problem *a,
                    const struct sdse_layer_problem *b,
                    const struct sdse_layer_problem *c, between **way) {
    if (!a->alike || !b->alike || !c->alike ||
        !sdse_hash_same(a->question, b->question) ||
        !sdse_hash_same(b->question, c->question))
        return false;
    if (*way)
        return (*way)(a->alike, b->alike, c->alike);
    if (sdse_alike_price_between(a->alike, b->alike, c->alike))
        *way = sdse_alike_price_between;
    else if (sdse_alike_limit_between(a->alike, b->alike, c->alike))
        *way = sdse_alike_limit_between;
    return *way != NULL;
}

static bool may_start_from(const struct sdse_layer_problem *a,
                           const struct sdse_layer_problem *b) {
    return a->alike && b->alike && sdse_hash_same(a->question, b->question) &&
           sdse_hash_same(a->alike->rest, b->alike->rest);
}

size_t sdse_lines_list(struct sdse_layer_problem **problems, size_t count,
                       struct sdse_line *lines) {
    size_t listed = 0;
    if (count)
        qsort(problems, count, sizeof(struct sdse_layer_problem *), compare);
    for (size_t first = 0, end; first < count; first = end) {
        between *way = NULL;
        end = first + 1;
        if (end < count && may_start_from(problems[first], problems[end]))
            end++;
        while (end < count && end > first + 1 && end - first < SDSE_LINE_PROBLEMS &&
               goes_on(problems[first], problems[end - 1], problems[end], &way))
            end++;
        lines[listed++] = (struct sdse_line){problems + first, end - first};
    }
    return listed;
}

// ---- solving ----

struct solving {
    const struct sdse_line *line;
    struct sdse_solver *solver;
    const struct sdse_sweep_mapper *mapper;
    const atomic_bool *stop;
};

// Whether both have the same mappings for their front; *same_pj: at the same energies.
static bool agree(const struct sdse_layer_problem *a,
                  const struct sdse_layer_problem *b, bool *same_pj) {
    *same_pj = true;
    if (a->state != SDSE_LAYER_PROBLEM_SOLVED ||
        b->state != SDSE_LAYER_PROBLEM_SOLVED || a->proof != SDSE_PROOF_OPTIMAL ||
        b->proof != SDSE_PROOF_OPTIMAL || a->variants != 1 || b->variants != 1 ||
        a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        *same_pj &= a->elements[i].energy_pj == b->elements[i].energy_pj;
        if (strcmp(a->mappings[i], b->mappings[i]) != 0 ||
            a->elements[i].latency_cycles != b->elements[i].latency_cycles)
            return false;
    }
    return true;
}

static void solve(const struct solving *s, size_t at, size_t start) {
    struct sdse_layer_problem **problems = s->line->problems;
    sdse_layer_problem_solve(problems[at], s->solver, s->mapper,
                             start == at ? NULL : problems[start], s->stop);
}

// Solves what lies between two that are solved.
static void fill(const struct solving *s, size_t low, size_t high) {
    struct sdse_layer_problem **problems = s->line->problems;
    if (high - low < 2)
        return;
    bool same_pj;
    if (agree(problems[low], problems[high], &same_pj)) {
        const struct sdse_alike *a = problems[low]->alike, *c = problems[high]->alike;
        for (size_t i = low + 1; i < high; i++) {
            const struct sdse_alike *b = problems[i]->alike;
            if (sdse_alike_price_between(a, b, c) ||
                (same_pj && sdse_alike_limit_between(a, b, c)))
                sdse_layer_problem_take(problems[i], problems[low], s->solver,
                                        s->mapper, s->stop);
            else
                solve(s, i, low);
        }
        return;
    }
    const size_t middle = low + (high - low) / 2;
    solve(s, middle, low);
    fill(s, low, middle);
    fill(s, middle, high);
}

// Keeps what was found for the next line.
static void keep_recent(struct sdse_solver *solver,
                        const struct sdse_layer_problem *problem) {
    if (!problem->alike || problem->state != SDSE_LAYER_PROBLEM_SOLVED ||
        !problem->found)
        return;
    sdse_arena_reset(solver->recent);
    struct sdse_mapping *mappings =
        SDSE_ARENA_ARRAY(solver->recent, struct sdse_mapping, problem->count);
    solver->recent_of = (struct sdse_hash){0};
    if (!mappings)
        return; // it only helps
    memcpy(mappings, problem->found, problem->count * sizeof *mappings);
    solver->recent_of = sdse_layer_problem_kind(problem);
    solver->recent_count = problem->count;
    solver->recent_mappings = mappings;
}

void sdse_line_solve(const struct sdse_line *line, struct sdse_solver *solver,
                     const struct sdse_sweep_mapper *mapper, const atomic_bool *stop) {
    const struct solving s = {line, solver, mapper, stop};
    const size_t last = line->count - 1;
    solve(&s, 0, 0);
    if (last)
        solve(&s, last, 0);
    fill(&s, 0, last);
    keep_recent(solver, line->problems[last]);
    for (size_t i = 0; i < line->count; i++)
        line->problems[i]->found = NULL;
    sdse_arena_reset(solver->line);
}
