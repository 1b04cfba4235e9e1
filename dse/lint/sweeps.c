// Checks of a sweep: axes, forms and limits that tell no points apart.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "dse/lint/axes.h"
#include "dse/lint/checks.h"
#include "dse/lint/crossing.h"
#include "dse/sweep/forms.h"
#include "spec/flow.h"
#include "spec/load.h"
#include "spec/path.h"
#include "spec/sweep_overrides.h"

static const struct sdse_sweep *sweep_of(const struct sdse_lint *lint) {
    return lint->plan->sweep;
}

static bool is_expression(const struct sdse_override *override) {
    return override->value_count > 0 && override->values[0][0] == '=';
}

// --- Axes ---

// The value that was read at a place, somewhere below a node.
static const struct sdse_node *written_at(const struct sdse_node *node,
                                          struct sdse_loc place) {
    sdse_for_each_child (child, node) {
        if (child->key && child->key_loc.line == place.line &&
            child->key_loc.column == place.column)
            return child;
        const struct sdse_node *found = written_at(child, place);
        if (found)
            return found;
    }
    return NULL;
}

// One value that is no list sets something, and means to.
void sdse_lint_axis_single(struct sdse_lint *lint) {
    for (size_t i = 0; i < sweep_of(lint)->override_count; i++) {
        const struct sdse_override *override = &sweep_of(lint)->overrides[i];
        const struct sdse_node *written = written_at(lint->root, override->loc);
        if (override->value_count == 1 && written &&
            written->kind == SDSE_NODE_SEQUENCE && !is_expression(override))
            sdse_lint_say(lint, override->loc,
                          "the axis '%s' has one value, %s: it sets, and varies "
                          "nothing; write it without [ ], or add values",
                          override->path, override->values[0]);
    }
}

static bool same_value(const char *a, const char *b) {
    char *end_a, *end_b;
    const double x = strtod(a, &end_a), y = strtod(b, &end_b);
    const bool numbers = *a && *b && !*end_a && !*end_b;
    return numbers ? x == y : strcmp(a, b) == 0;
}

// What an accelerator's file has at a path, as text; NULL: nothing is written there.
static const char *own_value(struct sdse_lint *lint, size_t arch, const char *path,
                             struct sdse_loc loc) {
    struct sdse_path_target targets[SDSE_PATH_TARGETS];
    struct sdse_node *root = sdse_tree_copy(lint->arena, lint->plan->archs[arch].root);
    if (!root) {
        lint->status = SDSE_NO_MEMORY;
        return NULL;
    }
    const size_t count = sdse_path_resolve(root, path, loc, NULL, targets);
    const char *text = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct sdse_node *node = targets[i].node;
        const struct sdse_node *value = sdse_node_get(node, "value");
        const char *own =
            node ? sdse_node_flow_text(lint->arena, value ? value : node) : NULL;
        if (!own || (text && strcmp(text, own) != 0))
            return NULL;
        text = own;
    }
    return text;
}

// Whether the values of an override are what every accelerator that it is of has.
static bool is_own(struct sdse_lint *lint, const struct sdse_override *override) {
    bool own = !is_expression(override);
    for (size_t a = 0; a < lint->plan->arch_count && own; a++) {
        if (!sdse_override_is_of(override, a))
            continue;
        const char *value = own_value(lint, a, override->path, override->loc);
        own = value != NULL;
        for (size_t v = 0; v < override->value_count && own; v++)
            own = same_value(override->values[v], value);
    }
    return own;
}

// In step with others a value may be the file's own and be needed.
void sdse_lint_axis_own(struct sdse_lint *lint) {
    for (size_t i = 0; i < sweep_of(lint)->override_count; i++) {
        const struct sdse_override *override = &sweep_of(lint)->overrides[i];
        if (override->value_count == 1 && !sdse_override_in_step(sweep_of(lint), i) &&
            is_own(lint, override))
            sdse_lint_say(lint, override->loc,
                          "'%s' is set to %s, which is what the file%s: nothing "
                          "changes; leave it out",
                          override->path, override->values[0],
                          lint->plan->arch_count == 1 || override->arch
                              ? " of the accelerator has"
                              : "s of all accelerators have");
    }
}

// The proof for all accelerators that an override is of; the weakest counts.
static enum sdse_axis_proof
prove(struct sdse_lint *lint, const struct sdse_override *override, size_t *solved) {
    enum sdse_axis_proof weakest = SDSE_AXIS_EQUAL;
    for (size_t a = 0; a < lint->plan->arch_count && weakest; a++) {
        size_t axis = 1, of_this;
        if (!sdse_override_is_of(override, a))
            continue;
        for (const struct sdse_override *o = sweep_of(lint)->overrides; o < override;
             o++)
            axis += sdse_override_is_of(o, a) && !o->with_previous;
        enum sdse_axis_proof proof;
        const enum sdse_status status =
            sdse_axis_find_proof(lint->plan, a, axis, &proof, &of_this);
        if (status != SDSE_OK) {
            lint->status = status;
            return SDSE_AXIS_MOVES;
        }
        *solved += of_this;
        if (proof != SDSE_AXIS_EQUAL)
            weakest = proof;
    }
    return weakest;
}

void sdse_lint_axis_idle(struct sdse_lint *lint) {
    for (size_t i = 0; i < sweep_of(lint)->override_count; i++) {
        const struct sdse_override *override = &sweep_of(lint)->overrides[i];
        // What is asked of the mapper is no part of an accelerator: nothing is proved.
        if (override->with_previous || override->value_count < 2 || override->stays)
            continue;
        size_t solved = 0;
        const enum sdse_axis_proof proof = prove(lint, override, &solved);
        if (proof == SDSE_AXIS_EQUAL)
            sdse_lint_say(lint, override->loc,
                          "the axis '%s' moves nothing: its %zu values make the same "
                          "accelerator; leave it out",
                          override->path, override->value_count);
        else if (proof == SDSE_AXIS_SOLVED)
            sdse_lint_say(lint, override->loc,
                          "the axis '%s' moves nothing: energy, latency and area are "
                          "the same at its %zu values (%zu distinct layers solved, the "
                          "other axes at their first); leave it out",
                          override->path, override->value_count, solved);
    }
}

// --- Forms ---

static bool changes_words(const struct sdse_lint *lint,
                          const struct sdse_form_setting *setting) {
    for (size_t n = 0; n < lint->plan->network_count; n++) {
        const struct sdse_workload *net = lint->plan->networks[n].workload;
        for (size_t i = 0; i < net->layer_count; i++)
            if (!sdse_layer_moves(&net->layers[i]) &&
                !sdse_layer_stays_raw(&net->layers[i], setting))
                return true;
    }
    return false;
}

void sdse_lint_form_raw(struct sdse_lint *lint) {
    for (size_t f = 0; f < lint->plan->form_count; f++) {
        const struct sdse_sweep_form *form = lint->plan->forms[f].form;
        if (!sdse_form_is_raw(&form->setting) && !changes_words(lint, &form->setting))
            sdse_lint_say(lint, form->loc,
                          "form '%s' leaves every layer of every network raw: its "
                          "points are those of raw words; leave it out",
                          form->name);
    }
}

void sdse_lint_form_twin(struct sdse_lint *lint) {
    for (size_t f = 1; f < lint->plan->form_count; f++)
        for (size_t g = 0; g < f; g++) {
            const struct sdse_hash *one = &lint->plan->forms[f].setting,
                                   *other = &lint->plan->forms[g].setting;
            if (one->high != other->high || one->low != other->low)
                continue;
            sdse_lint_say(lint, lint->plan->forms[f].form->loc,
                          "forms '%s' and '%s' say the same: each of their points is "
                          "there twice, under two names; leave one out",
                          lint->plan->forms[g].form->name,
                          lint->plan->forms[f].form->name);
            break;
        }
}

// --- How many ---

void sdse_lint_points_many(struct sdse_lint *lint) {
    enum { MANY = 1000000 };
    if (lint->plan->design_count > MANY && !lint->plan->visits)
        sdse_lint_say(lint, sweep_of(lint)->loc,
                      "%" PRIu64
                      " points, all of which are evaluated: say search, which looks "
                      "at some of them, or take fewer values",
                      lint->plan->design_count);
}

void sdse_lint_search_all(struct sdse_lint *lint) {
    const struct sdse_plan *plan = lint->plan;
    if (plan->visits && plan->network_count &&
        plan->visits_each >= plan->design_count / plan->network_count)
        sdse_lint_say(lint, sweep_of(lint)->search.loc,
                      "the search evaluates all %" PRIu64
                      " designs of each network: without it the front is exact",
                      plan->design_count / plan->network_count);
}

// --- Limits ---

// The least and the most of a figure over all points; false: not known.
struct range {
    double least, most;
};

static bool all_raw(const struct sdse_plan *plan) {
    for (size_t f = 0; f < plan->form_count; f++)
        if (!sdse_form_is_raw(&plan->forms[f].form->setting))
            return false;
    return true;
}

// The least cycles of a network on an accelerator; 0 if that cannot be said.
static double least_cycles(struct sdse_lint *lint, const struct sdse_arch *arch,
                           const struct sdse_workload *net, struct sdse_arena *arena) {
    double cycles = 0;
    for (size_t i = 0; i < net->layer_count && lint->status == SDSE_OK; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        struct sdse_least_crossing least;
        if (sdse_layer_moves(layer))
            continue;
        const enum sdse_status status =
            sdse_find_least_crossing(arch, layer, arena, &least);
        if (status == SDSE_NO_MEMORY)
            lint->status = status;
        if (status != SDSE_OK || !least.known)
            return 0;
        // Of memories the outermost alone: others might be bypassed.
        const uint64_t most = least.cycles[0] > least.compute_cycles
                                  ? least.cycles[0]
                                  : least.compute_cycles;
        cycles += (double)layer->repeat * (double)most;
    }
    return cycles;
}

// Widens the ranges of areas [mm2], cycles and seconds by what one accelerator makes of
// every network in every form.
static void take_in(struct sdse_lint *lint, const struct sdse_variant *variant,
                    struct sdse_arena *arena, struct range ranges[SDSE_LIMITS]) {
    const struct sdse_plan *plan = lint->plan;
    for (size_t f = 0; f < plan->form_count; f++) {
        const double area =
            1e-6 * sdse_design_area_um2(&variant->area,
                                        plan->forms[f].form->setting.smartdeal);
        struct range *of = &ranges[SDSE_LIMIT_AREA];
        of->least = fmin(of->least, area);
        of->most = fmax(of->most, area);
    }
    for (size_t n = 0; n < plan->network_count && all_raw(plan); n++) {
        const double cycles =
            least_cycles(lint, variant->arch, plan->networks[n].workload, arena);
        ranges[SDSE_LIMIT_CYCLES].least = fmin(ranges[SDSE_LIMIT_CYCLES].least, cycles);
        ranges[SDSE_LIMIT_LATENCY].least =
            fmin(ranges[SDSE_LIMIT_LATENCY].least,
                 cycles / (variant->arch->clock_ghz * 1e9));
    }
}

// What is known of the figures of all points. False: nothing is said of so many.
static bool find_ranges(struct sdse_lint *lint, struct range ranges[SDSE_LIMITS]) {
    const struct sdse_plan *plan = lint->plan;
    for (unsigned i = 0; i < SDSE_LIMITS; i++)
        ranges[i] = (struct range){0, (double)INFINITY};
    if (plan->variant_count > SDSE_PLAN_LOOKS)
        return false;
    ranges[SDSE_LIMIT_AREA] = (struct range){(double)INFINITY, 0};
    if (all_raw(plan)) {
        ranges[SDSE_LIMIT_CYCLES].least = ranges[SDSE_LIMIT_LATENCY].least =
            (double)INFINITY;
        ranges[SDSE_LIMIT_ERROR].most = 0;
    }
    if (!sweep_of(lint)->output_count)
        ranges[SDSE_LIMIT_OUTPUT_ERROR].most = ranges[SDSE_LIMIT_CLASS_LOSS].most = 0;
    struct sdse_arena *arena = sdse_arena_new();
    if (!arena)
        lint->status = SDSE_NO_MEMORY;
    for (uint64_t v = 0; v < plan->variant_count && lint->status == SDSE_OK; v++) {
        const struct sdse_variant *variant;
        lint->status = sdse_plan_variant(plan, v, arena, &variant);
        if (lint->status == SDSE_OK && !variant->refused)
            take_in(lint, variant, arena, ranges);
        sdse_arena_reset(arena);
    }
    sdse_arena_free(arena);
    return lint->status == SDSE_OK;
}

static struct sdse_loc limit_place(const struct sdse_lint *lint, unsigned limit) {
    const struct sdse_node *node = sdse_node_get(
        sdse_node_get(lint->root, "constraints"), sdse_limit_keys()[limit]);
    return node ? node->key_loc : sweep_of(lint)->loc;
}

void sdse_lint_limit_impossible(struct sdse_lint *lint) {
    struct range ranges[SDSE_LIMITS];
    const struct sdse_limits *limits = &sweep_of(lint)->limits;
    if (!limits->set || !find_ranges(lint, ranges))
        return;
    for (unsigned i = 0; i < SDSE_LIMITS; i++)
        if ((limits->set >> i & 1u) && ranges[i].least > limits->most[i] * (1 + 1e-9))
            sdse_lint_say(
                lint, limit_place(lint, i),
                "%s: %.6g: no point can have that little: the least is %.6g%s",
                sdse_limit_keys()[i], limits->most[i], ranges[i].least,
                i == SDSE_LIMIT_AREA
                    ? ""
                    : ", a bound (all multipliers that can work, each word of "
                      "the outermost memory once)");
}

void sdse_lint_limit_idle(struct sdse_lint *lint) {
    struct range ranges[SDSE_LIMITS];
    const struct sdse_limits *limits = &sweep_of(lint)->limits;
    if (!limits->set || !find_ranges(lint, ranges))
        return;
    for (unsigned i = 0; i < SDSE_LIMITS; i++)
        if ((limits->set >> i & 1u) && ranges[i].most <= limits->most[i] &&
            ranges[i].most >= ranges[i].least)
            sdse_lint_say(
                lint, limit_place(lint, i), "%s: %.6g: every point meets it: %s",
                sdse_limit_keys()[i], limits->most[i],
                i == SDSE_LIMIT_AREA    ? "no accelerator is as large"
                : i == SDSE_LIMIT_ERROR ? "raw words have no error"
                                        : "the sweep has no outputs, and what "
                                          "is not known breaks nothing");
}
