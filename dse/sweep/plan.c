// One file, though long: what a sweep names is loaded step by step, and each step
// hashes what the points of the next are told apart by.
#include "dse/sweep/plan.h"

#include <string.h>

#include "base/checked.h"
#include "costmodel/resolve.h"
#include "costmodel/stream.h"
#include "dse/sweep/variants.h"
#include "dse/sweep/weights.h"
#include "spec/load.h"
#include "spec/network_changes.h"
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
        if (!network->text)
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

static enum sdse_status hash_weights(struct loading *l,
                                     struct sdse_network_input *network) {
    const struct sdse_workload *workload = network->workload;
    network->weights =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_hash, workload->layer_count);
    if (!network->weights)
        return SDSE_NO_MEMORY;
    network->all_weights = hash_text("weights");
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < workload->layer_count; i++) {
        if (!sdse_layer_has_weights(&workload->layers[i]))
            continue;
        status = worse(status, sdse_layer_weights_hash(workload, &workload->layers[i],
                                                       l->diags, &network->weights[i]));
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
        status = worse(status, inside ? inside : hash_weights(l, network));
    }
    return status;
}

// --- Accelerator variants ---

// The overrides of combination `number`: the last override varies fastest.
static enum sdse_status combine_overrides(struct loading *l, size_t number,
                                          struct sdse_set *sets,
                                          struct sdse_variant *variant) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    variant->parameter_count = sweep->override_count;
    variant->parameters = SDSE_ARENA_ARRAY(
        l->arena, struct sdse_parameter, sweep->override_count + SDSE_SPACE_PARAMETERS);
    if (!variant->parameters)
        return SDSE_NO_MEMORY;
    for (size_t i = sweep->override_count; i-- > 0;) {
        const struct sdse_override *override = &sweep->overrides[i];
        const char *value = override->values[number % override->value_count];
        number /= override->value_count;
        sets[i] = (struct sdse_set){override->path, value, override->loc};
        variant->parameters[i] = (struct sdse_parameter){override->path, value};
    }
    return SDSE_OK;
}

static enum sdse_status make_variant(struct loading *l, const struct sdse_node *root,
                                     size_t number, struct sdse_variant *variant) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    struct sdse_set *sets =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_set, sweep->override_count + 1);
    if (!sets)
        return SDSE_NO_MEMORY;
    enum sdse_status status = combine_overrides(l, number, sets, variant);
    if (!status)
        status = sdse_arch_from_tree(l->arena, root, sets, variant->parameter_count,
                                     l->diags, &variant->arch);
    if (!status)
        status = sdse_arch_resolve_costs(variant->arch, l->arena, l->diags);
    return status ? status
                  : sdse_variant_finish(variant, &sweep->mapper, l->arena, sweep->loc,
                                        l->diags);
}

static enum sdse_status count_variants(struct loading *l, size_t *combinations) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    uint64_t count = 1, points;
    bool fits = true;
    for (size_t i = 0; i < sweep->override_count; i++)
        fits &= sdse_mul_u64(count, sweep->overrides[i].value_count, &count);
    *combinations = (size_t)count;
    fits = fits && sdse_mul_u64(count, sweep->arch_count, &points) &&
           sdse_mul_u64(points, sweep->workload_count, &points) &&
           sdse_mul_u64(points, sweep->form_count, &points) && points <= MOST_POINTS;
    if (fits)
        return SDSE_OK;
    sdse_diag_add(l->diags, SDSE_ERROR, sweep->loc, "sweep-too-large",
                  "the sweep has more than %d points", MOST_POINTS);
    return SDSE_INVALID;
}

static enum sdse_status load_variants(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    size_t combinations;
    enum sdse_status status = count_variants(l, &combinations);
    if (status)
        return status;
    l->plan->variant_count = sweep->arch_count * combinations;
    l->plan->variants =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_variant, l->plan->variant_count);
    if (!l->plan->variants)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < sweep->arch_count; i++) {
        struct sdse_node *root;
        const enum sdse_status parsed =
            sdse_tree_parse_file(l->arena, sweep->archs[i], l->diags, &root);
        status = worse(status, parsed);
        if (parsed)
            continue;
        for (size_t j = 0; j < combinations; j++) {
            const enum sdse_status made =
                make_variant(l, root, j, &l->plan->variants[i * combinations + j]);
            status = worse(status, made);
            if (made)
                break; // the other combinations would say the same again
        }
    }
    return status;
}

// A SmartDeal point needs an engine that rebuilds the weights.
static enum sdse_status check_engines(struct loading *l) {
    const struct sdse_sweep_form *wants = NULL;
    for (size_t i = 0; i < l->plan->form_count; i++)
        if (l->plan->forms[i].form->setting.smartdeal)
            wants = l->plan->forms[i].form;
    if (!wants)
        return SDSE_OK;
    enum sdse_status status = SDSE_OK;
    const struct sdse_arch *last = NULL;
    for (size_t i = 0; i < l->plan->variant_count; i++) {
        const struct sdse_arch *arch = l->plan->variants[i].arch;
        if (arch->rebuild.present || (last && !strcmp(last->name, arch->name)))
            continue;
        last = arch;
        sdse_diag_add(
            l->diags, SDSE_ERROR, wants->loc, "rebuild-engine",
            "weight form '%s' needs a rebuild engine, and accelerator '%s' declares "
            "none under `engines:`",
            wants->name, arch->name);
        status = SDSE_INVALID;
    }
    return status;
}

// Layers that multiply nothing need an accelerator with a vector unit.
static enum sdse_status check_vector_units(struct loading *l) {
    enum sdse_status status = SDSE_OK;
    const struct sdse_arch *last = NULL;
    for (size_t i = 0; i < l->plan->variant_count; i++) {
        const struct sdse_arch *arch = l->plan->variants[i].arch;
        if (last && !strcmp(last->name, arch->name))
            continue;
        last = arch;
        for (size_t n = 0; n < l->plan->network_count; n++) {
            const struct sdse_workload *net = l->plan->networks[n].workload;
            for (size_t k = 0; k < net->layer_count; k++)
                if (!sdse_stream_admits(arch, &net->layers[k], l->diags))
                    status = SDSE_INVALID;
        }
    }
    return status;
}

// --- Names ---

static size_t variants_of_each(const struct sdse_plan *plan) {
    return plan->variant_count / plan->sweep->arch_count;
}

// What a path of the sweep leads to: the name in that file.
static const char *network_name(const struct sdse_plan *plan, size_t i) {
    return plan->networks[i].workload->name;
}
static const char *arch_name(const struct sdse_plan *plan, size_t i) {
    return plan->variants[i * variants_of_each(plan)].arch->name;
}

static void refuse_twins(struct loading *l, const char *what, size_t count,
                         const char *(*name)(const struct sdse_plan *, size_t),
                         const char *const *paths, const struct sdse_loc *locs) {
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            if (strcmp(name(l->plan, i), name(l->plan, j)) != 0)
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
                 sweep->workload_locs);
    refuse_twins(l, "accelerators", sweep->arch_count, arch_name, sweep->archs,
                 sweep->arch_locs);
    return l->diags->errors == errors ? SDSE_OK : SDSE_INVALID;
}

// --- Models ---

// The network that a model is of; NULL after a diagnostic.
static struct sdse_network_input *modelled(struct loading *l,
                                           const struct sdse_sweep_outputs *spec) {
    struct sdse_plan *plan = l->plan;
    for (size_t i = 0; i < plan->network_count; i++) {
        struct sdse_network_input *network = &plan->networks[i];
        if (spec->workload ? strcmp(network->workload->name, spec->workload) != 0
                           : plan->network_count > 1)
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
    return status;
}

void sdse_plan_free(struct sdse_plan *plan) {
    for (size_t i = 0; plan && i < plan->network_count; i++) {
        sdse_network_outputs_free(plan->networks[i].outputs);
        plan->networks[i].outputs = NULL;
    }
}

// --- Points ---

struct sdse_hash sdse_plan_point_hash(const struct sdse_plan *plan,
                                      const struct sdse_point *point) {
    struct sdse_hash hash = hash_text("model " SDSE_MODEL_VERSION);
    hash = sdse_hash_join(hash, plan->networks[point->network].hash);
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
        status =
            worse(worse(check_engines(&l), check_vector_units(&l)), load_weights(&l));
    if (!status)
        status = check_names(&l);
    if (!status)
        status = load_outputs(&l);
    if (!status)
        status = enumerate(&l);
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
