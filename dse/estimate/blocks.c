// The sample: blocks of consecutive points, as a run gathers them in batches. Problems
// are drawn from a block and solved with the lines that they are in, and what is solved
// is written.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_grow.h"
#include "base/clock.h"
#include "base/pool.h"
#include "dse/estimate/estimating.h"
#include "dse/sweep/batch.h"
#include "dse/sweep/lines.h"

enum { MOST_BLOCKS = 16, KEPT_DRAWS = (SDSE_MOST_DRAWN - 1) / 2 };

// A point of a block; forms NULL: it is refused.
struct member {
    struct sdse_point point;
    struct sdse_weight_form *forms; // [layers]
    const struct sdse_measured **measured;
};

// A problem of a block, and which of its layers has it first.
struct gathered {
    struct sdse_layer_problem *problem;
    const struct member *of;
    size_t layer;
};

struct block {
    struct sdse_estimating *e;
    struct sdse_arena *arena; // of it
    const struct sdse_draws *draws;
    uint64_t first;
    size_t size;                          // points
    struct member *members;               // [size]
    size_t count, capacity;               // of problems
    struct gathered *gathered;            // [count]
    struct sdse_layer_problem **problems; // [count], in lines
    size_t line_count;
    struct sdse_line *lines;
    bool *drawn;               // [line_count]
    double *seconds;           // [line_count]: CPU time of those that are drawn
    double *values;            // [draws->count]: of a problem, by draw
    struct sdse_trial_sum all; // of every problem of every block, where all are drawn
};

// --- Gathering ---

static bool add_problem(struct block *b, struct gathered gathered) {
    struct gathered *grown =
        sdse_arena_grow(b->arena, b->gathered, b->count, &b->capacity, sizeof *grown);
    if (!grown)
        return false;
    b->gathered = grown;
    b->gathered[b->count++] = gathered;
    return true;
}

// What stands in the trial's database is of a block before.
static enum sdse_status gather_problems(struct block *b, const struct member *member,
                                        struct sdse_layer_problem_table *table) {
    const struct sdse_point *point = &member->point;
    const struct sdse_workload *workload =
        b->e->plan->networks[point->network].workload;
    const struct sdse_variant *variant = point->variant;
    for (size_t i = 0; i < workload->layer_count; i++) {
        bool is_new;
        struct sdse_layer_problem *problem =
            sdse_layer_problem_get(table, variant->arch, variant->search,
                                   &workload->layers[i], &member->forms[i], &is_new);
        if (!problem)
            return SDSE_NO_MEMORY;
        if (!is_new || sdse_store_has_front(b->e->store, problem->hash))
            continue;
        problem->arch_text = variant->text;
        problem->alike = variant->alike;
        if (!add_problem(b, (struct gathered){problem, member, i}))
            return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

static enum sdse_status gather_member(struct block *b, uint64_t position,
                                      const struct sdse_variant **variant,
                                      struct sdse_layer_problem_table *table,
                                      struct member *member) {
    struct sdse_estimating *e = b->e;
    enum sdse_status status =
        sdse_plan_point(e->plan, position, b->arena, variant, &member->point);
    if (status || member->point.refused)
        return status;
    const size_t layers =
        e->plan->networks[member->point.network].workload->layer_count;
    member->forms = SDSE_ARENA_ARRAY(b->arena, struct sdse_weight_form, layers);
    member->measured = SDSE_ARENA_ARRAY(b->arena, const struct sdse_measured *, layers);
    if (!member->forms || !member->measured)
        return SDSE_NO_MEMORY;
    status = sdse_walk_point(&e->walk, &member->point, member->forms, member->measured);
    return status ? status : gather_problems(b, member, table);
}

static enum sdse_status gather(struct block *b) {
    struct sdse_estimating *e = b->e;
    struct sdse_layer_problem_table *table = sdse_layer_problem_table_new(b->arena);
    b->members = SDSE_ARENA_ARRAY(b->arena, struct member, b->size);
    b->count = b->capacity = 0;
    if (!table || !b->members)
        return SDSE_NO_MEMORY;
    const size_t forms = e->walk.form_count;
    const struct sdse_variant *variant = NULL;
    const double began = sdse_cpu_seconds_now();
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; !status && i < b->size; i++)
        status = gather_member(b, b->first + i, &variant, table, &b->members[i]);
    e->made.seconds += sdse_cpu_seconds_now() - began;
    e->made.count += b->size;
    if (e->walk.form_count > forms)
        sdse_estimate_late_forms(e);
    return status;
}

// The forms of what was gathered become what the layers' are taken for.
static enum sdse_status assume_forms(struct block *b) {
    struct sdse_walk *walk = &b->e->walk;
    enum sdse_status status = SDSE_OK;
    if (!walk->form_count)
        return SDSE_OK;
    sdse_walk_assume_forms(walk);
    for (size_t i = 0; !status && i < b->size; i++) {
        const struct member *member = &b->members[i];
        if (member->forms)
            status =
                sdse_walk_point(walk, &member->point, member->forms, member->measured);
    }
    sdse_walk_name_forms(walk);
    for (size_t i = 0; i < b->count; i++)
        b->gathered[i].problem->form = b->gathered[i].of->forms[b->gathered[i].layer];
    return status;
}

// --- Drawing ---

static bool list_lines(struct block *b) {
    b->problems = SDSE_ARENA_ARRAY(b->arena, struct sdse_layer_problem *, b->count);
    b->lines = SDSE_ARENA_ARRAY(b->arena, struct sdse_line, b->count);
    b->drawn = SDSE_ARENA_ARRAY(b->arena, bool, b->count);
    b->seconds = SDSE_ARENA_ARRAY(b->arena, double, b->count);
    if (!b->problems || !b->lines || !b->drawn || !b->seconds)
        return false;
    for (size_t i = 0; i < b->count; i++)
        b->problems[i] = b->gathered[i].problem;
    b->line_count = sdse_lines_list(b->problems, b->count, b->lines);
    return true;
}

// The line of the problem at a place.
static size_t line_at(const struct block *b, size_t place) {
    size_t line = 0;
    while (b->lines[line].problems + b->lines[line].count <= b->problems + place)
        line++;
    return line;
}

// Keeps a drawn problem with a point and an accelerator that stay.
static enum sdse_status keep_drawn(struct block *b,
                                   const struct sdse_layer_problem *problem) {
    struct sdse_estimating *e = b->e;
    const struct gathered *of = b->gathered;
    while (of->problem != problem)
        of++;
    for (size_t i = 0; i < e->drawn_count; i++)
        if (sdse_hash_same(e->drawn[i].problem.hash, problem->hash))
            return SDSE_OK;
    if (e->drawn_count == SDSE_MOST_DRAWN * e->plan->network_count)
        return SDSE_OK;
    const struct sdse_variant *variant = NULL;
    struct sdse_drawn *drawn = &e->drawn[e->drawn_count];
    *drawn = (struct sdse_drawn){.layer = of->layer, .problem = *problem};
    const enum sdse_status status = sdse_plan_point(e->plan, of->of->point.position,
                                                    e->arena, &variant, &drawn->point);
    if (status)
        return status;
    drawn->problem.arch = variant->arch;
    drawn->problem.next = NULL;
    e->drawn_count++;
    return SDSE_OK;
}

// --- Solving and writing ---

static void solve_line(void *context, unsigned worker, size_t index) {
    struct block *b = context;
    struct sdse_estimating *e = b->e;
    if (!b->drawn[index] || sdse_estimating_stopped(e))
        return;
    const double began = sdse_cpu_seconds_now();
    sdse_line_solve(&b->lines[index], &e->solvers[worker], &e->plan->sweep->mapper,
                    e->request->stop);
    b->seconds[index] = sdse_cpu_seconds_now() - began;
}

static enum sdse_status write_variant(struct sdse_estimating *e, const void *what,
                                      size_t i) {
    const struct member *members = what;
    return sdse_batch_write_variant(members[i].point.variant, e->store);
}

static enum sdse_status write_problem(struct sdse_estimating *e, const void *what,
                                      size_t i) {
    struct sdse_layer_problem *const *problems = what;
    return problems[i]->state == SDSE_LAYER_PROBLEM_SOLVED
               ? sdse_batch_write_problem(e->plan, problems[i], e->store, e->scratch)
               : SDSE_OK;
}

static enum sdse_status write_block(struct block *b) {
    struct sdse_estimating *e = b->e;
    uint64_t variants = 0;
    for (size_t i = 0; i < b->size; i++)
        variants +=
            !i || b->members[i].point.variant != b->members[i - 1].point.variant;
    enum sdse_status status = sdse_trial_write(
        e, &(struct sdse_trial_task){write_variant, b->members, b->size}, variants,
        &e->variants);
    size_t solved = 0; // the lines that were, side by side
    struct sdse_layer_problem **problems =
        SDSE_ARENA_ARRAY(b->arena, struct sdse_layer_problem *, b->count);
    if (!problems)
        return SDSE_NO_MEMORY;
    for (size_t l = 0; l < b->line_count; l++)
        for (size_t i = 0; b->drawn[l] && i < b->lines[l].count; i++)
            problems[solved++] = b->lines[l].problems[i];
    for (size_t i = 0; i < solved; i++)
        if (problems[i]->state == SDSE_LAYER_PROBLEM_OPEN)
            return sdse_estimating_stopped(e) ? SDSE_INTERRUPTED : SDSE_NO_MEMORY;
    e->estimate->solved += solved;
    if (!status)
        status = sdse_trial_write(
            e, &(struct sdse_trial_task){write_problem, problems, solved}, solved,
            &e->solutions);
    return status;
}

static enum sdse_status solve_drawn(struct block *b) {
    const enum sdse_status status =
        sdse_parallel_for(b->line_count, b->e->threads, solve_line, b);
    return status ? status : write_block(b);
}

// The block takes every `step`-th draw from `first_draw` on. Draws go through the
// problems in the order of what they ask, which is the same in every block.
static enum sdse_status take_draws(struct block *b, size_t first_draw, size_t step) {
    const size_t draws = b->draws->count, kept = draws / KEPT_DRAWS + 1;
    size_t *place = SDSE_ARENA_ARRAY(b->arena, size_t, draws);
    if (!place)
        return SDSE_NO_MEMORY;
    for (size_t d = first_draw; d < draws; d += step) {
        const double share = ((double)d + sdse_estimating_draw(b->e)) / (double)draws;
        place[d] = (size_t)(share * (double)b->count);
        b->drawn[line_at(b, place[d])] = true;
    }
    enum sdse_status status = solve_drawn(b);
    for (size_t d = first_draw; !status && d < draws; d += step) {
        const size_t line = line_at(b, place[d]);
        b->values[d] = b->seconds[line] / (double)b->lines[line].count;
        if (d / step % kept == 0)
            status = keep_drawn(b, b->problems[place[d]]);
    }
    return status;
}

static enum sdse_status take_all(struct block *b) {
    const size_t kept = b->draws->count / KEPT_DRAWS + 1;
    for (size_t l = 0; l < b->line_count; l++)
        b->drawn[l] = true;
    enum sdse_status status = solve_drawn(b);
    for (size_t l = 0; l < b->line_count; l++)
        b->all.seconds += b->seconds[l];
    for (size_t i = 0; !status && i < b->count; i++)
        if (b->all.count++ % kept == 0)
            status = keep_drawn(b, b->problems[i]);
    return status;
}

static enum sdse_status sample_block(struct block *b, size_t first_draw, size_t step) {
    enum sdse_status status = gather(b);
    if (!status)
        status = assume_forms(b);
    if (!status && !list_lines(b))
        status = SDSE_NO_MEMORY;
    if (status || !b->count)
        return status;
    return b->draws->all ? take_all(b) : take_draws(b, first_draw, step);
}

// --- A network ---

// Mean of the draws, and its standard error from the differences of neighbours. What is
// drawn of all has no error; one of many may be off by as much as it is. NAN: a block
// had no problem of its own.
static double mean_of(const struct block *b, uint64_t solved, double *error) {
    const double all = b->draws->problems;
    double sum = 0, square = 0, last = (double)NAN;
    size_t count = 0;
    for (size_t d = 0; d < b->draws->count; d++) {
        if (isnan(b->values[d]))
            continue;
        sum += b->values[d];
        if (count++)
            square += (b->values[d] - last) * (b->values[d] - last);
        last = b->values[d];
    }
    const double mean = count ? sum / (double)count : 0;
    const double rest = fmax(0, 1 - (double)solved / all);
    *error = count < 2 ? mean * (rest > 0)
                       : sqrt(square / 2 / (double)(count - 1) / (double)count * rest);
    return mean;
}

enum sdse_status sdse_estimate_network(struct sdse_estimating *e,
                                       const struct sdse_draws *draws, double *mean,
                                       double *error) {
    const uint64_t points = e->plan->point_count / e->plan->network_count,
                   first = draws->network * points, solved = e->estimate->solved;
    const double each = fmax(draws->problems / (double)points, 1e-9);
    const uint64_t size = (uint64_t)fmin(
        fmin(ceil(SDSE_MOST_PROBLEMS / each), SDSE_BATCH_POINTS), (double)points);
    const uint64_t blocks = (points + size - 1) / size;
    uint64_t taken = draws->count < MOST_BLOCKS ? draws->count : MOST_BLOCKS;
    taken = draws->all || blocks < taken ? blocks : taken;
    struct block b = {.e = e,
                      .draws = draws,
                      .arena = sdse_arena_new(),
                      .values = SDSE_ARENA_ARRAY(e->arena, double, draws->count)};
    enum sdse_status status = b.arena && b.values ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t d = 0; !status && d < draws->count; d++)
        b.values[d] = (double)NAN;
    for (uint64_t i = 0; !status && i < taken; i++) {
        const double drawn = taken == blocks ? 0 : sdse_estimating_draw(e);
        const uint64_t at =
            (uint64_t)(((double)i + drawn) / (double)taken * (double)blocks + 1e-6);
        b.first = first + at * size;
        b.size = (size_t)(points - at * size < size ? points - at * size : size);
        status = sample_block(&b, (size_t)i, (size_t)taken);
        sdse_arena_reset(b.arena);
    }
    *mean = mean_of(&b, e->estimate->solved - solved, error);
    if (draws->all) {
        *mean = b.all.count ? b.all.seconds / (double)b.all.count : 0;
        *error = 0;
    }
    sdse_arena_free(b.arena);
    return status;
}
