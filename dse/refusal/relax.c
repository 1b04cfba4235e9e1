#include "dse/refusal/relax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WIDENING = 16, MOST_INSTANCES = 4096, MOST_CHANGES = 256 };

// --- Changed accelerators ---

// A copy whose constraints are its own.
static struct sdse_arch *copy_arch(const struct sdse_problem *problem,
                                   struct sdse_arena *arena) {
    struct sdse_arch *arch = SDSE_ARENA_NEW(arena, struct sdse_arch);
    if (!arch)
        return NULL;
    *arch = *problem->arch;
    arch->dataflow_count = 0;
    const struct sdse_dataflow *from = problem->rules.dataflow;
    if (!from)
        return arch;
    struct sdse_dataflow *flow = SDSE_ARENA_NEW(arena, struct sdse_dataflow);
    struct sdse_constraint *constraints =
        SDSE_ARENA_ARRAY(arena, struct sdse_constraint, from->constraint_count + 1);
    if (!flow || !constraints)
        return NULL;
    *flow = *from;
    if (from->constraint_count)
        memcpy(constraints, from->constraints,
               from->constraint_count * sizeof *constraints);
    flow->constraints = constraints;
    arch->dataflows = flow;
    arch->dataflow_count = 1;
    return arch;
}

static void drop_constraint(struct sdse_arch *arch, size_t index) {
    struct sdse_dataflow *flow = &arch->dataflows[0];
    flow->constraint_count--;
    memmove(&flow->constraints[index], &flow->constraints[index + 1],
            (flow->constraint_count - index) * sizeof flow->constraints[0]);
}

struct sdse_arch *sdse_changed_arch(const struct sdse_problem *problem,
                                    const struct sdse_change *change,
                                    struct sdse_arena *arena) {
    struct sdse_arch *arch = copy_arch(problem, arena);
    if (!arch)
        return NULL;
    struct sdse_level *level = &arch->level[change->level];
    switch (change->kind) {
    case SDSE_CHANGE_VALUE:
        arch->dataflows[0].constraints[change->constraint].value = change->value;
        break;
    case SDSE_CHANGE_FRACTION:
        arch->dataflows[0].constraints[change->constraint].fraction = change->fraction;
        break;
    case SDSE_CHANGE_DIMS:
        arch->dataflows[0].constraints[change->constraint].dims |= change->dims;
        break;
    case SDSE_CHANGE_DROP:
        drop_constraint(arch, change->constraint);
        break;
    case SDSE_CHANGE_CAPACITY:
        level->capacity_bits = change->value;
        break;
    case SDSE_CHANGE_FANOUT:
        *(change->axis ? &level->fanout_y : &level->fanout_x) = (uint32_t)change->value;
        break;
    case SDSE_CHANGE_SPATIAL:
        *(change->axis ? &level->dims_y : &level->dims_x) |= change->dims;
        break;
    }
    return arch;
}

struct sdse_arch *sdse_demanding_arch(const struct sdse_problem *problem,
                                      const struct sdse_demand *demand, size_t count,
                                      struct sdse_arena *arena) {
    struct sdse_arch *arch = copy_arch(problem, arena);
    if (!arch)
        return NULL;
    for (unsigned l = 0; l < arch->level_count; l++)
        arch->level[l].capacity_bits = 0;
    struct sdse_dataflow *flow = arch->dataflow_count ? &arch->dataflows[0] : NULL;
    if (flow)
        flow->constraint_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (demand[i].capacity)
            arch->level[demand[i].level].capacity_bits =
                problem->arch->level[demand[i].level].capacity_bits;
        else if (flow)
            flow->constraints[flow->constraint_count++] =
                problem->rules.dataflow->constraints[demand[i].constraint];
    }
    return arch;
}

// --- Trying changes ---

struct trial {
    struct sdse_feasibility *questions;
    struct sdse_relaxations *found;
};

// Whether one change admits a mapping.
static bool admits(struct trial *trial, const struct sdse_change *change) {
    struct sdse_feasibility *questions = trial->questions;
    const struct sdse_arch *arch =
        sdse_changed_arch(questions->problem, change, questions->arena);
    if (!arch) {
        questions->out_of_memory = true;
        return false;
    }
    const enum sdse_feasible answer = sdse_feasible(questions, arch);
    if (answer == SDSE_UNDECIDED)
        trial->found->changes_decided = false;
    return answer == SDSE_FEASIBLE;
}

static void keep(struct trial *trial, const struct sdse_change *change) {
    if (trial->found->change_count < MOST_CHANGES)
        trial->found->change[trial->found->change_count++] = *change;
}

static double ratio(double a, double b) { return a > b ? a / b : b / a; }

static bool is_factor(enum sdse_constraint_kind kind) {
    return kind < SDSE_TEMPORAL_DIMS;
}

// Factors of one dimension that a constraint may ask for instead of what it asks.
struct nearer {
    uint64_t asked, last, next; // 0 = none yet
    uint64_t most;              // the bound: no factor of a padded one is larger
    bool floor, ceiling;
};

// next: the nearest factor beyond the last by rising ratio to what is asked for, the
// smaller of two first.
static void consider(struct nearer *nearer, uint64_t value) {
    const double asked = (double)nearer->asked, at = ratio((double)value, asked);
    const double last = nearer->last ? ratio((double)nearer->last, asked) : 0;
    const double next =
        nearer->next ? ratio((double)nearer->next, asked) : (double)INFINITY;
    const bool again = at < last || (at <= last && value <= nearer->last);
    const bool weaker = (value > nearer->asked && !nearer->floor) ||
                        (value < nearer->asked && !nearer->ceiling);
    if (value <= nearer->most && weaker && !again &&
        (!nearer->next || at < next || (at <= next && value < nearer->next)))
        nearer->next = value;
}

static void consider_divisors(struct nearer *nearer, uint64_t bound) {
    for (uint64_t i = 1; i <= bound / i; i++) {
        if (bound % i)
            continue;
        consider(nearer, i);
        consider(nearer, bound / i);
    }
}

// The nearest factor that admits a mapping, if one does: divisors of the dimension and
// of what it is padded to.
static bool relax_value(struct trial *trial, const struct sdse_constraint *constraint,
                        struct sdse_change *change) {
    struct sdse_feasibility *questions = trial->questions;
    struct sdse_padding *padding;
    size_t padding_count;
    int d = 0;
    while (!(constraint->dims >> d & 1u))
        d++;
    const uint64_t bound = questions->problem->layer->nest.bound[d];
    // What the constraint forbids now may be a factor that the change admits.
    struct sdse_arch unconstrained = *questions->space.arch;
    unconstrained.dataflow_count = 0;
    struct sdse_variant_space space = questions->space;
    space.arch = &unconstrained;
    if (sdse_paddings_list(&space, questions->arena, &padding, &padding_count) !=
        SDSE_OK) {
        questions->out_of_memory = true;
        return false;
    }
    struct nearer nearer = {
        .asked = constraint->value,
        .most = bound,
        .floor = constraint->kind == SDSE_FACTOR_AT_LEAST ||
                 constraint->kind == SDSE_SPATIAL_AT_LEAST,
        .ceiling = constraint->kind == SDSE_FACTOR_AT_MOST ||
                   constraint->kind == SDSE_SPATIAL_AT_MOST,
    };
    if (nearer.floor && nearer.asked > bound)
        nearer.asked = bound;
    for (;;) {
        nearer.next = 0;
        consider_divisors(&nearer, bound);
        for (size_t i = 0; i < padding_count; i++)
            if ((int)padding[i].dim == d)
                consider_divisors(&nearer, sdse_padded_bound(&padding[i]));
        if (!nearer.next)
            return false;
        nearer.last = change->value = nearer.next;
        change->measure = ratio((double)nearer.next, (double)nearer.asked);
        if (admits(trial, change))
            return true;
    }
}

// The largest used fraction that admits a mapping.
static bool relax_fraction(struct trial *trial,
                           const struct sdse_constraint *constraint,
                           struct sdse_change *change) {
    const struct sdse_level *level =
        &trial->questions->problem->arch->level[constraint->level];
    const double places = (double)level->fanout_x * level->fanout_y;
    double low = 1, high = ceil(constraint->fraction * places) - 1;
    if (constraint->fraction <= 0)
        return false;
    bool found = false;
    while (low <= high) {
        const double middle = floor((low + high) / 2);
        struct sdse_change attempt = *change;
        attempt.fraction = middle / places;
        if (attempt.fraction * places > middle)
            attempt.fraction = nextafter(attempt.fraction, 0);
        attempt.measure = constraint->fraction / attempt.fraction;
        if (admits(trial, &attempt)) {
            *change = attempt;
            found = true;
            low = middle + 1;
        } else {
            high = middle - 1;
        }
    }
    return found;
}

static unsigned count_dims(unsigned dims) {
    unsigned count = 0;
    for (; dims; dims &= dims - 1)
        count++;
    return count;
}

// The fewest dims to add to a list.
static bool relax_dims(struct trial *trial, const struct sdse_constraint *constraint,
                       struct sdse_change *change) {
    for (unsigned count = 1; count <= SDSE_DIMS; count++) {
        for (unsigned dims = 1; dims < 1u << SDSE_DIMS; dims++) {
            if (dims & constraint->dims || count_dims(dims) != count)
                continue;
            change->dims = dims;
            change->measure = 1 + count;
            if (admits(trial, change))
                return true;
        }
    }
    return false;
}

static void relax_constraint(struct trial *trial, size_t index) {
    const struct sdse_constraint *constraint =
        &trial->questions->problem->rules.dataflow->constraints[index];
    struct sdse_change change = {.kind = SDSE_CHANGE_DROP,
                                 .level = constraint->level,
                                 .constraint = index,
                                 .measure = 2};
    if (!admits(trial, &change))
        return; // then nothing weaker does
    struct sdse_change weaker = change;
    bool found = false;
    if (is_factor(constraint->kind) && constraint->value != UINT64_MAX) {
        weaker.kind = SDSE_CHANGE_VALUE;
        found = relax_value(trial, constraint, &weaker);
    } else if (constraint->kind == SDSE_UTILIZATION_AT_LEAST) {
        weaker.kind = SDSE_CHANGE_FRACTION;
        found = relax_fraction(trial, constraint, &weaker);
    } else if (constraint->kind >= SDSE_TEMPORAL_DIMS &&
               constraint->kind <= SDSE_SPATIAL_Y_DIMS) {
        weaker.kind = SDSE_CHANGE_DIMS;
        found = relax_dims(trial, constraint, &weaker);
    }
    keep(trial, found ? &weaker : &change);
}

static void relax_capacity(struct trial *trial, unsigned l) {
    const struct sdse_problem *problem = trial->questions->problem;
    const struct sdse_level *level = &problem->arch->level[l];
    double bits = 0;
    if (!level->capacity_bits || level->shares_memory)
        return;
    const enum sdse_feasible answer =
        sdse_feasible_least_bits(trial->questions, problem->arch, l, &bits);
    if (answer == SDSE_UNDECIDED)
        trial->found->changes_decided = false;
    const double needed = ceil(bits * level->buffering);
    if (answer != SDSE_FEASIBLE || needed <= (double)level->capacity_bits)
        return;
    keep(trial,
         &(struct sdse_change){.kind = SDSE_CHANGE_CAPACITY,
                               .level = l,
                               .value = (uint64_t)needed,
                               .measure = needed / (double)level->capacity_bits});
}

// The fewest instances on one axis: more of them admit all that fewer do.
static void relax_fanout(struct trial *trial, unsigned l, int axis) {
    const struct sdse_level *level = &trial->questions->problem->arch->level[l];
    const uint64_t here = axis ? level->fanout_y : level->fanout_x;
    const uint64_t other = axis ? level->fanout_x : level->fanout_y;
    if (!(axis ? level->dims_y : level->dims_x) || !here || !other)
        return;
    uint64_t low = here + 1, high = here * MOST_WIDENING;
    if (high * other > MOST_INSTANCES)
        high = MOST_INSTANCES / other;
    struct sdse_change change = {.kind = SDSE_CHANGE_FANOUT, .level = l, .axis = axis};
    bool found = false;
    for (uint64_t at = high; low <= high; at = low + (high - low) / 2) {
        struct sdse_change attempt = change;
        attempt.value = at;
        attempt.measure = (double)at / (double)here;
        if (admits(trial, &attempt)) {
            found = true;
            change = attempt;
            high = at - 1;
        } else if (!found) {
            return; // not even the widest
        } else {
            low = at + 1;
        }
    }
    if (found)
        keep(trial, &change);
}

// One more dim that may be spatial.
static void relax_spatial(struct trial *trial, unsigned l, int axis) {
    const struct sdse_problem *problem = trial->questions->problem;
    const struct sdse_level *level = &problem->arch->level[l];
    const unsigned dims = axis ? level->dims_y : level->dims_x;
    if ((axis ? level->fanout_y : level->fanout_x) < 2)
        return;
    for (int d = 0; d < SDSE_DIMS; d++) {
        const struct sdse_change change = {.kind = SDSE_CHANGE_SPATIAL,
                                           .level = l,
                                           .axis = axis,
                                           .dims = SDSE_BIT(d),
                                           .measure = 2};
        if (dims >> d & 1u || problem->layer->nest.bound[d] == 1 ||
            !admits(trial, &change))
            continue;
        keep(trial, &change);
        return;
    }
}

static int by_measure(const void *a, const void *b) {
    const struct sdse_change *x = a, *y = b;
    if (x->measure != y->measure)
        return x->measure < y->measure ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->constraint != y->constraint)
        return x->constraint < y->constraint ? -1 : 1;
    return x->level != y->level ? (x->level < y->level ? -1 : 1) : x->axis - y->axis;
}

bool sdse_find_relaxations(struct sdse_feasibility *questions,
                           struct sdse_relaxations *relaxations) {
    const struct sdse_problem *problem = questions->problem;
    *relaxations = (struct sdse_relaxations){
        .changes_decided = true,
        .change = SDSE_ARENA_ARRAY(questions->arena, struct sdse_change, MOST_CHANGES)};
    if (!relaxations->change)
        return false;
    struct trial trial = {questions, relaxations};
    for (unsigned l = 0; l < problem->levels; l++)
        relax_capacity(&trial, l);
    const struct sdse_dataflow *flow = problem->rules.dataflow;
    for (size_t i = 0; flow && i < flow->constraint_count; i++)
        relax_constraint(&trial, i);
    for (unsigned l = 0; l < problem->levels; l++) {
        for (int axis = 0; axis < 2; axis++) {
            relax_fanout(&trial, l, axis);
            relax_spatial(&trial, l, axis);
        }
    }
    qsort(relaxations->change, relaxations->change_count, sizeof(struct sdse_change),
          by_measure);
    return !questions->out_of_memory;
}
