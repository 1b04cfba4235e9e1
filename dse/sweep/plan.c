// One file, though long: what a sweep names is loaded step by step, and each step
// hashes what the points of the next are told apart by.
#include "dse/sweep/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "costmodel/resolve.h"
#include "costmodel/stream.h"
#include "dse/sweep/variants.h"
#include "dse/sweep/weights.h"
#include "spec/expression.h"
#include "spec/load.h"
#include "spec/network_changes.h"
#include "spec/sweep_overrides.h"
#include "spec/write.h"

// Most points of one sweep: a typing error should not fill the disk.
enum { MOST_POINTS = 10 * 1000 * 1000 };

struct loading {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_plan *plan;
    bool follow_links;
};

static struct sdse_hash hash_text(const char *text) {
    return sdse_hash_bytes(text, strlen(text));
}

static enum sdse_status worse(enum sdse_status a, enum sdse_status b) {
    return a ? a : b;
}

// --- Networks and forms ---

// The network's text without the paths of its weights: their values are in the hashes
// of the points that measure them.
static const char *pathless_text(struct sdse_arena *arena,
                                 const struct sdse_workload *workload) {
    struct sdse_workload copy = *workload;
    copy.layers = SDSE_ARENA_ARRAY(arena, struct sdse_layer, workload->layer_count);
    if (!copy.layers)
        return NULL;
    for (size_t i = 0; i < workload->layer_count; i++) {
        copy.layers[i] = workload->layers[i];
        copy.layers[i].weights_file = NULL;
    }
    return sdse_workload_text(arena, &copy);
}

// Leaves the layers that the sweep chooses.
static enum sdse_status choose_layers(struct loading *l,
                                      const struct sdse_sweep_network *from,
                                      struct sdse_workload *workload) {
    if (!from->layer_count)
        return SDSE_OK;
    bool *chosen = SDSE_ARENA_ARRAY(l->arena, bool, workload->layer_count);
    if (!chosen)
        return SDSE_NO_MEMORY;
    memset(chosen, 0, workload->layer_count * sizeof *chosen);
    enum sdse_status status = SDSE_OK;
    for (size_t w = 0; w < from->layer_count; w++) {
        bool found = false;
        for (size_t i = 0; i < workload->layer_count; i++) {
            const bool meant = sdse_word_means_layer(workload, from->layers[w].text,
                                                     &workload->layers[i]);
            found |= meant;
            chosen[i] |= meant;
        }
        if (found || sdse_word_is_layer_kind(from->layers[w].text))
            continue;
        sdse_diag_add(l->diags, SDSE_ERROR, from->layers[w].loc, "unknown-layer",
                      "the network '%.80s' has no layer '%.80s'", workload->name,
                      from->layers[w].text);
        status = SDSE_INVALID;
    }
    size_t count = 0;
    for (size_t i = 0; i < workload->layer_count; i++)
        if (chosen[i])
            workload->layers[count++] = workload->layers[i];
    workload->layer_count = count;
    // Weights of a layer that is left out are those of whom shares them.
    for (size_t i = 0; i < count; i++)
        if (sdse_layer_weights_of(workload, &workload->layers[i]) ==
            &workload->layers[i])
            workload->layers[i].shares_weights = NULL;
    if (!count && status == SDSE_OK) {
        sdse_diag_add(l->diags, SDSE_ERROR, from->layers[0].loc, "unknown-layer",
                      "the network '%.80s' has none of these layers", workload->name);
        status = SDSE_INVALID;
    }
    return status;
}

// Sizes that the sweep varies are parameters of the points.
static bool name_sizes(struct loading *l, const struct sdse_sweep_network *from,
                       struct sdse_network_input *network) {
    network->parameters =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_parameter, from->parameter_count + 1);
    for (size_t i = 0; network->parameters && i < from->parameter_count; i++) {
        const struct sdse_network_parameter *size = &from->parameters[i];
        const char *path =
            size->layer
                ? sdse_arena_printf(l->arena, SDSE_NETWORK_SIZE "layers.%s.%s",
                                    size->layer, size->key)
                : sdse_arena_printf(l->arena, SDSE_NETWORK_SIZE "%s", size->key);
        if (!path)
            return false;
        network->parameters[network->parameter_count++] =
            (struct sdse_parameter){path, size->value};
    }
    return network->parameters != NULL;
}

static enum sdse_status load_networks(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    l->plan->networks =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_network_input, sweep->workload_count);
    if (!l->plan->networks)
        return SDSE_NO_MEMORY;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < sweep->workload_count; i++) {
        struct sdse_network_input *network = &l->plan->networks[i];
        enum sdse_status loaded = sdse_workload_load_changed(
            l->arena, sweep->workloads[i], &sweep->networks[i].changes, l->diags,
            &network->workload);
        if (loaded == SDSE_OK)
            loaded = choose_layers(l, &sweep->networks[i], network->workload);
        status = worse(status, loaded);
        if (loaded)
            continue;
        network->text = pathless_text(l->arena, network->workload);
        if (!network->text || !name_sizes(l, &sweep->networks[i], network))
            return SDSE_NO_MEMORY;
        network->hash = hash_text(network->text);
    }
    l->plan->network_count = sweep->workload_count;
    return status;
}

static enum sdse_status load_forms(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    l->plan->form_count = sweep->form_count;
    l->plan->forms =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_form_input, sweep->form_count);
    if (!l->plan->forms)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < sweep->form_count; i++) {
        struct sdse_form_input *form = &l->plan->forms[i];
        form->form = &sweep->forms[i];
        form->text = sdse_form_setting_text(l->arena, &sweep->forms[i].setting);
        if (!form->text)
            return SDSE_NO_MEMORY;
        form->setting = hash_text(form->text);
        form->hash = sdse_hash_join(form->setting, hash_text(form->form->name));
    }
    return SDSE_OK;
}

// --- Weights ---

static bool any_form_measured(const struct sdse_plan *plan) {
    for (size_t i = 0; i < plan->form_count; i++)
        if (plan->forms[i].form->setting.measured)
            return true;
    return false;
}

enum sdse_status sdse_plan_hash_weights(struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_network_input *network) {
    const struct sdse_workload *workload = network->workload;
    network->weights = SDSE_ARENA_ARRAY(arena, struct sdse_hash, workload->layer_count);
    if (!network->weights)
        return SDSE_NO_MEMORY;
    network->all_weights = hash_text("weights");
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < workload->layer_count; i++) {
        if (!sdse_layer_has_weights(&workload->layers[i]))
            continue;
        status = worse(status, sdse_layer_weights_hash(workload, &workload->layers[i],
                                                       diags, &network->weights[i]));
        network->all_weights =
            sdse_hash_join(network->all_weights, network->weights[i]);
    }
    return status;
}

// Reads every weight file once: all that is wrong with them is said before anything is
// computed.
static enum sdse_status load_weights(struct loading *l) {
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; any_form_measured(l->plan) && i < l->plan->network_count; i++) {
        struct sdse_network_input *network = &l->plan->networks[i];
        const enum sdse_status inside =
            sdse_weights_stay_inside(network->workload, l->follow_links, l->diags);
        status =
            worse(status, inside ? inside
                                 : sdse_plan_hash_weights(l->arena, l->diags, network));
    }
    return status;
}

// --- Accelerator variants ---

// What is said of many variants: each cause once, with how many say it.
struct cause {
    struct cause *next;
    const struct sdse_diag *diag; // the first; its notes follow it
    uint64_t count;
    bool refuses;
};
struct causes {
    struct cause *first, **end;
};

static bool same_place(struct sdse_loc a, struct sdse_loc b) {
    return a.line == b.line && a.column == b.column &&
           (a.file == b.file || (a.file && b.file && strcmp(a.file, b.file) == 0));
}

// A cause is a check and the place that it is about. False: memory is out.
static bool note_cause(struct loading *l, struct causes *causes,
                       const struct sdse_diag *diag, bool refuses) {
    for (struct cause *cause = causes->first; cause; cause = cause->next) {
        if (strcmp(cause->diag->check, diag->check) != 0 ||
            !same_place(cause->diag->loc, diag->loc) || cause->refuses != refuses)
            continue;
        cause->count++;
        return true;
    }
    struct cause *cause = SDSE_ARENA_NEW(l->arena, struct cause);
    if (!cause)
        return false;
    *cause = (struct cause){.diag = diag, .count = 1, .refuses = refuses};
    *causes->end = cause;
    causes->end = &cause->next;
    return true;
}

// `what`: of which there are so many.
static void say_causes(struct loading *l, const struct causes *causes,
                       const char *what) {
    for (const struct cause *cause = causes->first; cause; cause = cause->next) {
        char more[64] = "";
        if (cause->refuses || cause->count > 1)
            snprintf(more, sizeof more, " (%" PRIu64 " %s%s%s)", cause->count, what,
                     cause->count == 1 ? "" : "s",
                     cause->refuses ? ": infeasible" : "");
        sdse_diag_add(l->diags, SDSE_WARNING, cause->diag->loc, cause->diag->check,
                      "%s%s", cause->diag->message, more);
        for (const struct sdse_diag *note = cause->diag->next;
             note && note->severity == SDSE_NOTE; note = note->next)
            sdse_diag_add(l->diags, SDSE_NOTE, note->loc, NULL, "%s", note->message);
    }
}

// The overrides of combination `number` of accelerator `arch`, as sets and parameters;
// expressions as what they come to.
static enum sdse_status combine_overrides(struct loading *l, size_t arch,
                                          struct sdse_node *root, size_t number,
                                          struct sdse_set *sets,
                                          struct sdse_variant *variant,
                                          struct sdse_diags *said) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    const size_t most = sweep->override_count;
    const struct sdse_override **overrides =
        SDSE_ARENA_ARRAY(l->arena, const struct sdse_override *, most + 1);
    size_t *values = SDSE_ARENA_ARRAY(l->arena, size_t, most + 1);
    variant->parameters =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_parameter, most + SDSE_SPACE_PARAMETERS);
    if (!overrides || !values || !variant->parameters)
        return SDSE_NO_MEMORY;
    const size_t count = sdse_sweep_combination(sweep, arch, number, overrides, values);
    for (size_t i = 0; i < count; i++)
        sets[i] = (struct sdse_set){overrides[i]->path, overrides[i]->values[values[i]],
                                    overrides[i]->loc};
    const enum sdse_status status =
        sdse_expressions_resolve(l->arena, root, sets, count, said);
    variant->parameter_count = count;
    for (size_t i = 0; i < count; i++)
        variant->parameters[i] = (struct sdse_parameter){sets[i].path, sets[i].value};
    return status;
}

static enum sdse_status make_variant(struct loading *l, size_t arch,
                                     struct sdse_node *root, size_t number,
                                     struct sdse_variant *variant,
                                     struct sdse_diags *said) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    struct sdse_set *sets =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_set, sweep->override_count + 1);
    if (!sets)
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        combine_overrides(l, arch, root, number, sets, variant, said);
    if (!status)
        status = sdse_arch_from_tree(l->arena, root, sets, variant->parameter_count,
                                     said, &variant->arch);
    if (!status)
        status = sdse_arch_resolve_costs(variant->arch, l->arena, said);
    return status ? status
                  : sdse_variant_finish(variant, &sweep->mapper, l->arena, sweep->loc,
                                        said);
}

static enum sdse_status count_variants(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    uint64_t count = 0, combinations, points;
    bool fits = true;
    l->plan->first_variant = SDSE_ARENA_ARRAY(l->arena, size_t, sweep->arch_count + 1);
    if (!l->plan->first_variant)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; fits && i < sweep->arch_count; i++) {
        l->plan->first_variant[i] = (size_t)count;
        fits = sdse_sweep_combinations(sweep, i, &combinations) &&
               sdse_add_u64(count, combinations, &count);
    }
    l->plan->first_variant[sweep->arch_count] = (size_t)count;
    fits = fits && sdse_mul_u64(count, sweep->workload_count, &points) &&
           sdse_mul_u64(points, sweep->form_count, &points) && points <= MOST_POINTS;
    if (fits)
        return SDSE_OK;
    sdse_diag_add(l->diags, SDSE_ERROR, sweep->loc, "sweep-too-large",
                  "the sweep has more than %d points", MOST_POINTS);
    return SDSE_INVALID;
}

// The accelerator as its file has it; NULL if that needs the overrides.
static enum sdse_status load_base(struct loading *l, const struct sdse_node *root,
                                  struct sdse_arch **base) {
    struct sdse_diags quiet;
    sdse_diags_init(&quiet, l->arena);
    *base = NULL;
    enum sdse_status status =
        sdse_arch_from_tree(l->arena, root, NULL, 0, &quiet, base);
    if (!status)
        status = sdse_arch_resolve_costs(*base, l->arena, &quiet);
    if (status)
        *base = NULL;
    return status == SDSE_INVALID ? SDSE_OK : status;
}

// What keeps variants of one accelerator from being.
struct refusals {
    size_t count;
    const struct sdse_diags *first; // what was said of the first
};

static const struct sdse_diag *first_error(const struct sdse_diags *said) {
    const struct sdse_diag *diag = said->first;
    while (diag && diag->severity != SDSE_ERROR)
        diag = diag->next;
    return diag;
}

static enum sdse_status keep_refused(struct loading *l, struct sdse_variant *variant,
                                     const struct sdse_diags *said,
                                     struct refusals *refusals) {
    const struct sdse_diag *error = first_error(said);
    struct sdse_diags *kept = SDSE_ARENA_NEW(l->arena, struct sdse_diags);
    if (!kept || !error)
        return SDSE_NO_MEMORY;
    *kept = *said;
    if (!refusals->count++)
        refusals->first = kept;
    variant->arch = NULL;
    variant->refused = sdse_arena_printf(l->arena, SDSE_REFUSED "%s [%s]",
                                         error->message, error->check);
    return variant->refused ? SDSE_OK : SDSE_NO_MEMORY;
}

static enum sdse_status make_variants(struct loading *l, size_t arch,
                                      struct sdse_node *root, struct causes *causes,
                                      struct refusals *refusals) {
    const size_t first = l->plan->first_variant[arch],
                 end = l->plan->first_variant[arch + 1];
    for (size_t i = first; i < end; i++) {
        struct sdse_diags said;
        sdse_diags_init(&said, l->arena);
        struct sdse_variant *variant = &l->plan->variants[i];
        enum sdse_status status =
            make_variant(l, arch, root, i - first, variant, &said);
        if (status == SDSE_INVALID && !said.fault)
            status = keep_refused(l, variant, &said, refusals);
        if (status)
            return status;
        const struct sdse_diag *error = variant->refused ? first_error(&said) : NULL;
        for (const struct sdse_diag *diag = said.first; diag; diag = diag->next)
            if ((diag == error || (!error && diag->severity == SDSE_WARNING)) &&
                !note_cause(l, causes, diag, error != NULL))
                return SDSE_NO_MEMORY;
    }
    return SDSE_OK;
}

// Gives refused variants the accelerator that they are named after. False: none is.
static enum sdse_status name_refused(struct loading *l, size_t arch,
                                     const struct sdse_node *root, bool *named) {
    const size_t first = l->plan->first_variant[arch],
                 end = l->plan->first_variant[arch + 1];
    struct sdse_arch *base;
    enum sdse_status status = load_base(l, root, &base);
    for (size_t i = first; i < end && !base; i++)
        base = l->plan->variants[i].arch;
    *named = base != NULL;
    for (size_t i = first; !status && base && i < end; i++) {
        struct sdse_variant *variant = &l->plan->variants[i];
        if (!variant->refused)
            continue;
        variant->arch = base;
        status = sdse_variant_refuse(variant, &l->plan->sweep->mapper, l->arena,
                                     variant->refused);
    }
    return status;
}

static enum sdse_status load_variants(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    enum sdse_status status = count_variants(l), worst = SDSE_OK;
    if (status)
        return status;
    l->plan->variant_count = l->plan->first_variant[sweep->arch_count];
    l->plan->variants =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_variant, l->plan->variant_count);
    struct refusals *refusals =
        SDSE_ARENA_ARRAY(l->arena, struct refusals, sweep->arch_count);
    struct causes causes = {NULL, &causes.first};
    if (!l->plan->variants || !refusals)
        return SDSE_NO_MEMORY;
    size_t refused = 0;
    for (size_t i = 0; i < sweep->arch_count; i++) {
        struct sdse_node *root;
        bool named = true;
        refusals[i] = (struct refusals){0};
        status = sdse_tree_parse_file(l->arena, sweep->archs[i], l->diags, &root);
        if (!status)
            status = make_variants(l, i, root, &causes, &refusals[i]);
        if (!status && refusals[i].count)
            status = name_refused(l, i, root, &named);
        if (!status && !named) { // no override admits it, and its file alone is none
            sdse_diags_pass_on(l->diags, refusals[i].first);
            status = SDSE_INVALID;
        }
        refused += refusals[i].count;
        worst = worse(worst, status);
    }
    for (size_t i = 0;
         !worst && refused == l->plan->variant_count && i < sweep->arch_count; i++)
        if (refusals[i].first)
            sdse_diags_pass_on(l->diags, refusals[i].first);
    if (!worst && refused == l->plan->variant_count)
        return SDSE_INVALID;
    if (!worst)
        say_causes(l, &causes, "accelerator");
    return worst;
}

// --- Points that cannot be ---

// Form and accelerator, or a layer of the network and accelerator, do not go together.
static const struct sdse_diag *mismatch(const struct sdse_plan *plan,
                                        const struct sdse_point *point,
                                        struct sdse_diags *said) {
    const struct sdse_arch *arch = plan->variants[point->variant].arch;
    const struct sdse_sweep_form *form = plan->forms[point->form].form;
    const struct sdse_workload *net = plan->networks[point->network].workload;
    if (form->setting.smartdeal && !arch->rebuild.present)
        sdse_diag_add(
            said, SDSE_ERROR, form->loc, "rebuild-engine",
            "weight form '%s' needs a rebuild engine, and accelerator '%s' declares "
            "none under `engines:`",
            form->name, arch->name);
    if (form->setting.first && !sdse_arch_makes_products(arch))
        sdse_diag_add(said, SDSE_ERROR, form->loc, "products-engine",
                      "weight form '%s' needs an engine of kind products_first, and "
                      "accelerator '%s' declares none under `engines:`",
                      form->name, arch->name);
    for (size_t i = 0; !said->first && i < net->layer_count; i++)
        sdse_stream_admits(arch, &net->layers[i], said);
    return said->first;
}

bool sdse_plan_refusal(struct sdse_arena *arena, const struct sdse_plan *plan,
                       const struct sdse_point *point, const char **reason) {
    *reason = plan->variants[point->variant].refused;
    if (*reason)
        return true;
    struct sdse_diags said;
    sdse_diags_init(&said, arena);
    const struct sdse_diag *diag = mismatch(plan, point, &said);
    if (diag)
        *reason = diag->message;
    return !said.fault;
}

// Marks points that cannot be: an error where none can, else a warning for each cause.
// Variants of one accelerator agree in their engines, mostly: each asks for itself.
static enum sdse_status refuse_points(struct loading *l) {
    struct sdse_plan *plan = l->plan;
    struct causes causes = {NULL, &causes.first};
    size_t refused = 0;
    for (size_t i = 0; i < plan->point_count; i++) {
        struct sdse_point *point = &plan->points[i];
        struct sdse_diags said;
        sdse_diags_init(&said, l->arena);
        point->refused = plan->variants[point->variant].refused;
        const struct sdse_diag *diag =
            point->refused ? NULL : mismatch(plan, point, &said);
        if (said.fault || (diag && !note_cause(l, &causes, diag, true)))
            return SDSE_NO_MEMORY;
        if (diag)
            point->refused = diag->message;
        refused += point->refused != NULL;
    }
    if (refused < plan->point_count) {
        say_causes(l, &causes, "point");
        return SDSE_OK;
    }
    for (const struct cause *cause = causes.first; cause; cause = cause->next)
        sdse_diag_add(l->diags, SDSE_ERROR, cause->diag->loc, cause->diag->check, "%s",
                      cause->diag->message);
    return SDSE_INVALID;
}

// --- Names ---

// What a path of the sweep leads to: the name in that file.
static const char *network_name(const struct sdse_plan *plan, size_t i) {
    return plan->networks[i].workload->name;
}
static const char *arch_name(const struct sdse_plan *plan, size_t i) {
    return plan->variants[plan->first_variant[i]].arch->name;
}

// Of one name and one entry's sizes.
static bool differ_in_size(const struct sdse_network_input *a,
                           const struct sdse_network_input *b) {
    bool same = a->parameter_count == b->parameter_count;
    for (size_t i = 0; same && i < a->parameter_count; i++)
        same = strcmp(a->parameters[i].path, b->parameters[i].path) == 0 &&
               strcmp(a->parameters[i].value, b->parameters[i].value) == 0;
    return !same;
}

// `networks`: whose sizes tell them apart; or NULL.
static void refuse_twins(struct loading *l, const char *what, size_t count,
                         const char *(*name)(const struct sdse_plan *, size_t),
                         const char *const *paths, const struct sdse_loc *locs,
                         const struct sdse_network_input *networks) {
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            if (strcmp(name(l->plan, i), name(l->plan, j)) != 0 ||
                (networks && differ_in_size(&networks[i], &networks[j])))
                continue;
            sdse_diag_add(l->diags, SDSE_ERROR, locs[i], "duplicate-name",
                          "two %s are called '%.80s': this one and %s", what,
                          name(l->plan, i), paths[j]);
            break;
        }
}

// Two designs of one name cannot be told apart in any table.
static enum sdse_status check_names(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    const size_t errors = l->diags->errors;
    refuse_twins(l, "networks", sweep->workload_count, network_name, sweep->workloads,
                 sweep->workload_locs, l->plan->networks);
    refuse_twins(l, "accelerators", sweep->arch_count, arch_name, sweep->archs,
                 sweep->arch_locs, NULL);
    return l->diags->errors == errors ? SDSE_OK : SDSE_INVALID;
}

// --- Models ---

// Whether there are networks of several names.
static bool has_several(const struct sdse_plan *plan) {
    for (size_t i = 1; i < plan->network_count; i++)
        if (strcmp(network_name(plan, i), network_name(plan, 0)) != 0)
            return true;
    return false;
}

// The network that a model is of; NULL after a diagnostic.
static struct sdse_network_input *modelled(struct loading *l,
                                           const struct sdse_sweep_outputs *spec) {
    struct sdse_plan *plan = l->plan;
    for (size_t i = 0; i < plan->network_count; i++) {
        struct sdse_network_input *network = &plan->networks[i];
        if (spec->workload ? strcmp(network->workload->name, spec->workload) != 0
                           : has_several(plan))
            continue;
        if (!network->outputs)
            return network;
        sdse_diag_add(l->diags, SDSE_ERROR, spec->loc, "outputs-workload",
                      "two models are given for network '%.80s'",
                      network->workload->name);
        return NULL;
    }
    sdse_diag_add(l->diags, SDSE_ERROR, spec->loc, "outputs-workload",
                  spec->workload ? "the sweep has no network '%.80s'"
                                 : "the sweep has several networks: say which with "
                                   "'workload: %s'",
                  spec->workload ? spec->workload : "NAME");
    return NULL;
}

static enum sdse_status load_outputs(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < sweep->output_count; i++) {
        struct sdse_network_input *network = modelled(l, &sweep->outputs[i]);
        status = worse(status, !network ? SDSE_INVALID
                                        : sdse_network_outputs_load(
                                              &sweep->outputs[i], network->workload,
                                              l->follow_links, l->arena, l->diags,
                                              &network->outputs));
    }
    // Weights do not depend on sizes.
    struct sdse_network_input *networks = l->plan->networks;
    for (size_t i = 1; i < l->plan->network_count; i++)
        for (size_t j = 0; j < i && !networks[i].outputs; j++)
            if (strcmp(network_name(l->plan, i), network_name(l->plan, j)) == 0)
                networks[i].outputs = networks[j].outputs;
    return status;
}

void sdse_plan_free(struct sdse_plan *plan) {
    for (size_t i = 0; plan && i < plan->network_count; i++) {
        struct sdse_network_outputs *outputs = plan->networks[i].outputs;
        for (size_t j = i; outputs && j < plan->network_count; j++)
            if (plan->networks[j].outputs == outputs)
                plan->networks[j].outputs = NULL;
        sdse_network_outputs_free(outputs);
    }
}

// --- Points ---

// Of a network's sizes, in any order.
static struct sdse_hash hash_sizes(const struct sdse_network_input *network) {
    struct sdse_hash sum = {0};
    for (size_t i = 0; i < network->parameter_count; i++) {
        const struct sdse_parameter *size = &network->parameters[i];
        const struct sdse_hash hash =
            sdse_hash_join(hash_text(size->path), hash_text(size->value));
        sum.low += hash.low;
        sum.high += hash.high;
    }
    return sum;
}

struct sdse_hash sdse_plan_point_hash(const struct sdse_plan *plan,
                                      const struct sdse_point *point) {
    struct sdse_hash hash = hash_text("model " SDSE_MODEL_VERSION);
    hash = sdse_hash_join(hash, plan->networks[point->network].hash);
    if (plan->networks[point->network].parameter_count)
        hash = sdse_hash_join(hash, hash_sizes(&plan->networks[point->network]));
    hash = sdse_hash_join(hash, plan->variants[point->variant].search);
    hash = sdse_hash_join(hash, plan->variants[point->variant].names);
    hash = sdse_hash_join(hash, plan->forms[point->form].hash);
    if (plan->networks[point->network].outputs)
        hash = sdse_hash_join(
            hash, sdse_network_outputs_hash(plan->networks[point->network].outputs));
    if (plan->forms[point->form].form->setting.measured)
        hash = sdse_hash_join(hash, plan->networks[point->network].all_weights);
    return sdse_hash_join(hash,
                          hash_text(sdse_objective_words()[plan->sweep->objective]));
}

static enum sdse_status enumerate(struct loading *l) {
    struct sdse_plan *plan = l->plan;
    plan->point_count = plan->network_count * plan->variant_count * plan->form_count;
    plan->points = SDSE_ARENA_ARRAY(l->arena, struct sdse_point, plan->point_count);
    if (!plan->points)
        return SDSE_NO_MEMORY;
    size_t next = 0;
    for (size_t n = 0; n < plan->network_count; n++) {
        for (size_t v = 0; v < plan->variant_count; v++) {
            for (size_t f = 0; f < plan->form_count; f++) {
                struct sdse_point *point = &plan->points[next++];
                *point = (struct sdse_point){.network = n, .variant = v, .form = f};
                point->hash = sdse_plan_point_hash(plan, point);
            }
        }
    }
    return SDSE_OK;
}

// The sweep's text: names in place of paths. What they stand for is in the points.
static bool write_sweep(struct loading *l) {
    struct sdse_plan *plan = l->plan;
    const size_t arch_count = plan->sweep->arch_count;
    const char **networks =
        SDSE_ARENA_ARRAY(l->arena, const char *, plan->network_count);
    const char **archs = SDSE_ARENA_ARRAY(l->arena, const char *, arch_count);
    for (size_t i = 0; networks && i < plan->network_count; i++)
        networks[i] = network_name(plan, i);
    for (size_t i = 0; archs && i < arch_count; i++)
        archs[i] = arch_name(plan, i);
    if (networks && archs)
        plan->text = sdse_sweep_text(l->arena, plan->sweep, networks, archs);
    return plan->text != NULL;
}

// The sweep's own hash: its text, name and all, and its points in order. A changed file
// makes another sweep.
static void hash_sweep(struct sdse_plan *plan) {
    plan->hash = hash_text(plan->text);
    for (size_t i = 0; i < plan->point_count; i++)
        plan->hash = sdse_hash_join(plan->hash, plan->points[i].hash);
}

enum sdse_status sdse_plan_load(struct sdse_arena *arena, const char *sweep_path,
                                bool follow_links, struct sdse_diags *diags,
                                struct sdse_plan **plan) {
    struct loading l = {arena, diags, SDSE_ARENA_NEW(arena, struct sdse_plan),
                        follow_links};
    if (!l.plan)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_sweep_load(arena, sweep_path, diags, &l.plan->sweep);
    if (status)
        return status;
    status = load_networks(&l);
    status = worse(status, load_forms(&l));
    status = worse(status, load_variants(&l));
    if (!status)
        status = load_weights(&l);
    if (!status)
        status = check_names(&l);
    if (!status)
        status = load_outputs(&l);
    if (!status)
        status = enumerate(&l);
    if (!status)
        status = refuse_points(&l);
    if (!status && !write_sweep(&l))
        status = SDSE_NO_MEMORY;
    if (status) {
        sdse_plan_free(l.plan);
        return status;
    }
    hash_sweep(l.plan);
    *plan = l.plan;
    return SDSE_OK;
}
