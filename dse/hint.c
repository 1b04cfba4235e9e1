#include "dse/hint.h"

#include <math.h>
#include <string.h>

#include "costmodel/effects.h"
#include "dse/mapper/descent.h"
#include "dse/mapper/search.h"
#include "dse/mapper/variants.h"
#include "dse/refusal/feasible.h"

enum { PADDING_PERCENT = 10, MOST_TRIED = 2, MOST_KEEPS = 64, NODES = 1000 };
static const double WORTH = 0.9;        // of the objective: more is no hint
static const double FEW = 0.25;         // of the multipliers: a look is worth it
static const double VERY_FEW = 0.05;    // the same for what the accelerator takes
static const double BYPASS_PAYS = 0.95; // of the objective, with the same loops

struct looking {
    const struct sdse_map_request *request;
    enum sdse_goal goal;
    double value; // of the answer
    struct sdse_mapping mapping;
    uint64_t used, all;     // multipliers
    double least;           // value of the best that was tried
    struct sdse_hint *hint; // about it
    struct sdse_arena *arena, *scratch;
    struct sdse_arena *one;     // of the try under way
    struct sdse_effort *effort; // of the try under way
    enum sdse_status status;
};

static const char *goal_text(enum sdse_goal goal) {
    static const char *const texts[] = {
        [SDSE_GOAL_ENERGY] = "energy",     [SDSE_GOAL_CYCLES] = "cycles",
        [SDSE_GOAL_EDP] = "EDP",           [SDSE_GOAL_ED2P] = "ED2P",
        [SDSE_GOAL_LIFETIME] = "lifetime", [SDSE_GOAL_STRAIN] = "strain",
        [SDSE_GOAL_FRONT] = "EDP"};
    return texts[goal];
}

static enum sdse_goal goal_of(enum sdse_map_objective objective) {
    static const enum sdse_goal goals[] = {
        [SDSE_MAP_ENERGY] = SDSE_GOAL_ENERGY, [SDSE_MAP_LATENCY] = SDSE_GOAL_CYCLES,
        [SDSE_MAP_EDP] = SDSE_GOAL_EDP,       [SDSE_MAP_ED2P] = SDSE_GOAL_ED2P,
        [SDSE_MAP_FRONT] = SDSE_GOAL_EDP,     [SDSE_MAP_LIFETIME] = SDSE_GOAL_LIFETIME,
        [SDSE_MAP_STRAIN] = SDSE_GOAL_STRAIN};
    return goals[objective];
}

static double value_of(const struct looking *looking, const struct sdse_totals *at) {
    return sdse_goal_value(looking->goal, at);
}

static uint64_t places_of(const struct sdse_mapping *mapping) {
    uint64_t places = 1;
    for (unsigned l = 0; l < mapping->level_count; l++)
        for (int axis = 0; axis < 2; axis++)
            for (unsigned i = 0; i < mapping->level[l].spatial[axis].count; i++)
                places *= mapping->level[l].spatial[axis].loop[i].factor;
    return places;
}

// --- One try ---

struct one_try {
    struct sdse_problem *problem;
    struct sdse_searcher *searcher;
    struct sdse_effort *effort;
    struct sdse_arena *arena;
};

static struct sdse_totals root_of(void *context, size_t i) {
    (void)i;
    return sdse_searcher_root(((struct one_try *)context)->searcher);
}

static struct sdse_searcher *open_it(void *context, size_t i) {
    (void)i;
    return ((struct one_try *)context)->searcher;
}

static void close_it(void *context, size_t i) { (void)context, (void)i; }

// A descent from any mapping. A padded bound is left to the search.
static void help(void *context, struct sdse_best *best) {
    enum { EFFORT = 200000, TRIES = 500 };
    struct one_try *one = context;
    struct sdse_problem *problem = one->problem;
    struct sdse_feasibility questions;
    struct sdse_mapping mapping;
    const struct sdse_variant_space space = {.arch = problem->arch,
                                             .layer = problem->layer};
    if (problem->padding.present)
        return;
    sdse_feasibility_init(&questions, &space, &one->problem, 1, EFFORT, one->arena);
    if (sdse_feasible_mapping(&questions, &mapping) == SDSE_FEASIBLE)
        sdse_descend(problem, &mapping, best->goal, TRIES, one->effort, best, &mapping);
}

// One at a time. False: memory is out, or counts are too large.
static bool prepare(const struct looking *looking, const struct sdse_arch *arch,
                    const struct sdse_variant *variant, struct one_try *one) {
    sdse_arena_reset(looking->one);
    one->effort = looking->effort;
    one->arena = looking->one;
    one->problem = SDSE_ARENA_NEW(one->arena, struct sdse_problem);
    if (!one->problem ||
        sdse_problem_init_known(one->problem, arch, looking->request->layer,
                                looking->request->form, variant,
                                looking->request->known, one->arena) != SDSE_OK)
        return false;
    one->searcher = sdse_searcher_new(one->problem, one->effort);
    return one->searcher != NULL;
}

// The least value found that is below the best so far; INFINITY: none. *mapping: of it.
static double search_one(const struct looking *looking, struct one_try *one,
                         struct sdse_mapping *mapping) {
    const struct sdse_search_space space = {.count = 1,
                                            .context = one,
                                            .root = root_of,
                                            .open = open_it,
                                            .close = close_it,
                                            .help = help};
    struct sdse_best best;
    sdse_best_init(&best, looking->goal, (double)INFINITY);
    best.found = true; // what is not worth a hint is excluded
    best.first = looking->least;
    sdse_effort_renew(one->effort);
    sdse_search_run(&space, one->effort, &best);
    const double value = best.first < looking->least ? best.first : (double)INFINITY;
    *mapping = best.mapping;
    sdse_best_free(&best);
    return value;
}

// Tries a variant on an accelerator; whether it is the best so far.
static bool try_variant(struct looking *looking, const struct sdse_arch *arch,
                        const struct sdse_variant *variant,
                        struct sdse_mapping *mapping) {
    struct one_try one;
    if (!prepare(looking, arch, variant, &one))
        return false;
    const double value = search_one(looking, &one, mapping);
    if (isinf(value))
        return false;
    looking->least = value;
    return true;
}

// What was tried, and what is said before and behind how much lower it is.
static void say(struct looking *looking, const struct sdse_mapping *mapping,
                const char *before, const char *after) {
    *looking->hint = (struct sdse_hint){true, *mapping, before, after};
    if (!before || !after)
        looking->status = SDSE_NO_MEMORY;
}

// --- Imperfect factors ---

// Places of a dimension at a level that divide its bound, at most.
static uint64_t most_dividing(const struct looking *looking,
                              const struct sdse_padding *padding) {
    const struct sdse_level *level = &looking->request->arch->level[padding->level];
    const uint64_t units =
        looking->request->layer->nest.bound[padding->dim] / padding->inner;
    const uint64_t most_x = level->dims_x >> padding->dim & 1u ? level->fanout_x : 1;
    const uint64_t most_y = level->dims_y >> padding->dim & 1u ? level->fanout_y : 1;
    uint64_t most = 1;
    for (uint64_t x = 1; x <= most_x; x++)
        for (uint64_t y = 1; units % x == 0 && y <= most_y; y++)
            if (units / x % y == 0 && x * y > most)
                most = x * y;
    return most;
}

// How many times more places work on average with a padding than without.
static double promise_of(const struct looking *looking,
                         const struct sdse_padding *padding) {
    const uint64_t units =
        looking->request->layer->nest.bound[padding->dim] / padding->inner;
    if (padding->temporal)
        return 0;
    return (double)units / (double)padding->outer /
           (double)most_dividing(looking, padding);
}

static struct sdse_variant_space space_of(const struct looking *looking) {
    const struct sdse_map_request *request = looking->request;
    return (struct sdse_variant_space){.arch = request->arch,
                                       .layer = looking->request->layer,
                                       .smartdeal =
                                           request->form && request->form->smartdeal,
                                       .free_bypass = request->free_bypass,
                                       .padding_percent = PADDING_PERCENT};
}

static void try_padding(struct looking *looking, const struct sdse_keeps *keeps) {
    const struct sdse_variant_space space = space_of(looking);
    struct sdse_padding *padding;
    struct sdse_mapping mapping;
    size_t count;
    if (sdse_paddings_list(&space, looking->scratch, &padding, &count) != SDSE_OK)
        return;
    for (int tried = 0; tried < MOST_TRIED && count; tried++) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            if (promise_of(looking, &padding[i]) > promise_of(looking, &padding[best]))
                best = i;
        if (promise_of(looking, &padding[best]) < 1 / WORTH)
            return;
        const struct sdse_variant variant = {.keeps = *keeps, .padding = padding[best]};
        if (try_variant(looking, looking->request->arch, &variant, &mapping))
            say(looking, &mapping,
                sdse_arena_printf(looking->arena, "--imperfect %d: ", PADDING_PERCENT),
                sdse_arena_printf(
                    looking->arena, ", %c = %llu as %llu passes of %llu places of %s",
                    sdse_dim_letters[padding[best].dim],
                    (unsigned long long)
                        looking->request->layer->nest.bound[padding[best].dim],
                    (unsigned long long)padding[best].outer,
                    (unsigned long long)padding[best].factor,
                    looking->request->arch->level[padding[best].level].name));
        padding[best] = padding[--count];
    }
}

// --- Dimensions of fan-outs ---

// The accelerator with a dimension admitted on every fan-out; NULL: it is on one, or
// there is none.
static struct sdse_arch *admit(struct looking *looking, int d) {
    const struct sdse_arch *arch = looking->request->arch;
    struct sdse_rules rules;
    bool fans_out = false;
    sdse_rules_init(&rules, arch, looking->request->layer);
    for (unsigned l = 0; l < arch->level_count; l++) {
        const unsigned dims = rules.level[l].axis_dims[0] | rules.level[l].axis_dims[1];
        const uint64_t places =
            (uint64_t)arch->level[l].fanout_x * arch->level[l].fanout_y;
        if (places > 1 && dims >> d & 1u)
            return NULL;
        fans_out |= places > 1;
    }
    struct sdse_arch *wider = SDSE_ARENA_NEW(looking->scratch, struct sdse_arch);
    if (!wider || !fans_out)
        return NULL;
    *wider = *arch;
    for (unsigned l = 0; l < arch->level_count; l++) {
        wider->level[l].dims_x |= SDSE_BIT(d);
        wider->level[l].dims_y |= SDSE_BIT(d);
    }
    struct sdse_dataflow *flows = SDSE_ARENA_ARRAY(
        looking->scratch, struct sdse_dataflow, arch->dataflow_count + 1);
    if (!flows)
        return NULL;
    for (size_t i = 0; i < arch->dataflow_count; i++) {
        flows[i] = arch->dataflows[i];
        struct sdse_constraint *own = SDSE_ARENA_ARRAY(
            looking->scratch, struct sdse_constraint, flows[i].constraint_count + 1);
        if (!own)
            return NULL;
        for (size_t k = 0; k < flows[i].constraint_count; k++) {
            own[k] = arch->dataflows[i].constraints[k];
            if (own[k].kind == SDSE_SPATIAL_X_DIMS ||
                own[k].kind == SDSE_SPATIAL_Y_DIMS)
                own[k].dims |= SDSE_BIT(d);
        }
        flows[i].constraints = own;
    }
    wider->dataflows = flows;
    return wider;
}

static void try_dims(struct looking *looking, const struct sdse_keeps *keeps) {
    const struct sdse_variant variant = {.keeps = *keeps};
    struct sdse_mapping mapping;
    for (int d = 0; d < SDSE_DIMS; d++) {
        const struct sdse_arch *wider =
            looking->request->layer->nest.bound[d] > 1 ? admit(looking, d) : NULL;
        if (wider && try_variant(looking, wider, &variant, &mapping))
            say(looking, &mapping,
                sdse_arena_printf(
                    looking->arena,
                    "no fan-out takes %c for this kind of layer: with it %llu of "
                    "%llu multipliers work, not %llu, ",
                    sdse_dim_letters[d], (unsigned long long)places_of(&mapping),
                    (unsigned long long)looking->all,
                    (unsigned long long)looking->used),
                "");
    }
}

// --- Free bypass ---

// "weights past GLB, inputs past SPad": what `keeps` leaves out of what the answer has.
static const char *left_out(const struct looking *looking,
                            const struct sdse_keeps *keeps) {
    const char *text = "";
    for (unsigned l = 0; text && l < looking->mapping.level_count; l++)
        for (int t = 0; t < SDSE_TENSORS && text; t++)
            if (looking->mapping.keeps[l] & ~keeps->level[l] & SDSE_BIT(t))
                text = sdse_arena_printf(looking->scratch, "%s%s%s past %s", text,
                                         *text ? ", " : "",
                                         sdse_tensor_name((enum sdse_tensor)t),
                                         looking->request->arch->level[l].name);
    return text;
}

// The answer's own loops with one tensor less: whether that pays.
static bool loops_pay_without(const struct looking *looking,
                              const struct sdse_keeps *list, size_t count) {
    struct sdse_model *model;
    if (sdse_model_new(looking->request->arch, looking->request->layer,
                       looking->request->form, looking->scratch, &model) != SDSE_OK)
        return false;
    for (size_t i = 1; i < count; i++) {
        struct sdse_mapping mapping = looking->mapping;
        memcpy(mapping.keeps, list[i].level, sizeof mapping.keeps);
        if (sdse_mapping_verdict(model, &mapping, NULL) != SDSE_VALID)
            continue;
        const struct sdse_totals totals = sdse_evaluate(model, &mapping);
        if (value_of(looking, &totals) < BYPASS_PAYS * looking->value)
            return true;
    }
    return false;
}

static void try_bypass(struct looking *looking, const struct sdse_keeps *list,
                       size_t count) {
    double promise[MOST_KEEPS];
    struct one_try one;
    struct sdse_mapping mapping;
    if (count > MOST_KEEPS)
        count = MOST_KEEPS;
    for (size_t i = 1; i < count; i++) {
        const struct sdse_variant variant = {.keeps = list[i]};
        promise[i] = (double)INFINITY;
        if (!prepare(looking, looking->request->arch, &variant, &one))
            continue;
        const struct sdse_totals root = sdse_searcher_root(one.searcher);
        promise[i] = value_of(looking, &root);
    }
    for (int tried = 0; tried < MOST_TRIED; tried++) {
        size_t best = 0;
        for (size_t i = 1; i < count; i++)
            if (!isinf(promise[i]) && (!best || promise[i] < promise[best]))
                best = i;
        if (!best)
            return;
        promise[best] = (double)INFINITY;
        const struct sdse_variant variant = {.keeps = list[best]};
        if (try_variant(looking, looking->request->arch, &variant, &mapping))
            say(looking, &mapping, "--free-bypass: ",
                sdse_arena_printf(looking->arena, ", %s",
                                  left_out(looking, &list[best])));
    }
}

// --- The answer ---

static void choose_point(struct looking *looking,
                         const struct sdse_map_answer *answer) {
    looking->value = (double)INFINITY;
    for (size_t i = 0; i < answer->point_count; i++) {
        const double value = value_of(looking, &answer->point[i].totals);
        if (value < looking->value) {
            looking->value = value;
            looking->mapping = answer->point[i].mapping;
        }
    }
    looking->least = WORTH * looking->value;
    looking->used = places_of(&looking->mapping);
    looking->all = 1;
    for (unsigned l = 0; l < looking->request->arch->level_count; l++)
        looking->all *= (uint64_t)looking->request->arch->level[l].fanout_x *
                        looking->request->arch->level[l].fanout_y;
}

static void look(struct looking *looking) {
    const struct sdse_map_request *request = looking->request;
    const bool smartdeal = request->form && request->form->smartdeal;
    const double share = (double)looking->used / (double)looking->all;
    struct sdse_keeps *list;
    size_t count;
    looking->status = sdse_keeps_list(request->arch, true, smartdeal, looking->scratch,
                                      &list, &count);
    if (looking->status != SDSE_OK)
        return;
    if (share <= FEW && !request->padding_percent)
        try_padding(looking, &list[0]);
    if (share < VERY_FEW)
        try_dims(looking, &list[0]);
    if (!request->free_bypass &&
        (share <= FEW || loops_pay_without(looking, list, count)))
        try_bypass(looking, list, count);
}

static void prepare_and_look(struct looking *looking,
                             const struct sdse_map_answer *answer) {
    struct sdse_layer known;
    struct sdse_map_request asked = *looking->request;
    sdse_effects_know(asked.arch, asked.layer, asked.form, NULL, looking->scratch,
                      &known);
    asked.layer = &known;
    looking->request = &asked;
    const struct sdse_search_limits limits = {.nodes = NODES, .stop = asked.stop};
    looking->effort = SDSE_ARENA_NEW(looking->scratch, struct sdse_effort);
    if (!looking->effort)
        return;
    sdse_effort_init(looking->effort, &limits);
    choose_point(looking, answer);
    look(looking);
}

enum sdse_status sdse_hint_look(const struct sdse_map_request *request,
                                const struct sdse_map_answer *answer,
                                struct sdse_arena *arena, struct sdse_hint *hint) {
    *hint = (struct sdse_hint){.found = false};
    // Past a memory that forgets nothing lives there: no hint for lives.
    if (!answer->point_count || sdse_layer_moves(request->layer) ||
        request->objective == SDSE_MAP_LIFETIME)
        return SDSE_OK;
    struct looking looking = {.request = request,
                              .goal = goal_of(request->objective),
                              .arena = arena,
                              .scratch = sdse_arena_new(),
                              .one = sdse_arena_new(),
                              .hint = hint,
                              .status = SDSE_NO_MEMORY};
    if (looking.scratch && looking.one)
        prepare_and_look(&looking, answer);
    sdse_arena_free(looking.scratch);
    sdse_arena_free(looking.one);
    return looking.status;
}

enum sdse_status sdse_hint_text(const struct sdse_hint *hint,
                                const struct sdse_map_request *request,
                                const struct sdse_map_answer *answer,
                                struct sdse_arena *arena, const char **text) {
    *text = NULL;
    if (!hint->found)
        return SDSE_OK;
    const enum sdse_goal goal = goal_of(request->objective);
    double value = (double)INFINITY;
    for (size_t i = 0; i < answer->point_count; i++)
        value = fmin(value, sdse_goal_value(goal, &answer->point[i].totals));
    struct sdse_model *model;
    const enum sdse_status status =
        sdse_model_new(request->arch, request->layer, request->form, arena, &model);
    if (status != SDSE_OK)
        return status;
    if (sdse_mapping_verdict(model, &hint->mapping, NULL) != SDSE_VALID)
        return SDSE_OK;
    const struct sdse_totals totals = sdse_evaluate(model, &hint->mapping);
    if (isnan(totals.energy_pj))
        return SDSE_NO_MEMORY;
    const double tried = sdse_goal_value(goal, &totals);
    if (totals.strain > 1 || !(tried < WORTH * value))
        return SDSE_OK;
    *text = sdse_arena_printf(arena, "%s%s %.3g times lower (tried)%s", hint->before,
                              goal_text(goal), value / tried, hint->after);
    return *text ? SDSE_OK : SDSE_NO_MEMORY;
}

enum sdse_status sdse_hint_find(const struct sdse_map_request *request,
                                const struct sdse_map_answer *answer,
                                struct sdse_arena *arena, const char **text) {
    struct sdse_hint hint;
    const enum sdse_status status = sdse_hint_look(request, answer, arena, &hint);
    *text = NULL;
    return status ? status : sdse_hint_text(&hint, request, answer, arena, text);
}
