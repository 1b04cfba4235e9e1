// What a sweep names is loaded step by step, and each step hashes what the points of
// the next are told apart by.
#include "dse/sweep/plan.h"

#include <string.h>

#include "base/checked.h"
#include "dse/sweep/making.h"
#include "dse/sweep/searching.h"
#include "dse/sweep/variants.h"
#include "dse/sweep/weights.h"
#include "spec/flow.h"
#include "spec/load.h"
#include "spec/network_changes.h"
#include "spec/sweep_overrides.h"
#include "spec/sweep_stays.h"
#include "spec/write.h"

// Most points of one sweep: a typing error should not fill the disk.
enum { MOST_POINTS = 10 * 1000 * 1000 };
#define MOST_DESIGNS (UINT64_C(1) << 62)

struct loading {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_plan *plan;
    bool follow_links;
};

static enum sdse_status worse(enum sdse_status a, enum sdse_status b) {
    return a ? a : b;
}

// --- Networks and forms ---

// The network's text without the paths of its weights: their values are in the hashes
// of the points that measure them; its edges are only of points whose tensors may stay.
static const char *pathless_text(struct sdse_arena *arena,
                                 const struct sdse_workload *workload, bool edges) {
    struct sdse_workload copy = *workload;
    copy.edge_count = edges ? workload->edge_count : 0;
    copy.layers = SDSE_ARENA_ARRAY(arena, struct sdse_layer, workload->layer_count);
    if (!copy.layers)
        return NULL;
    for (size_t i = 0; i < workload->layer_count; i++) {
        copy.layers[i] = workload->layers[i];
        copy.layers[i].weights_file = NULL;
        copy.layers[i].weights_unread = false;
    }
    return sdse_workload_text(arena, &copy);
}

// Edges between layers that stay, by their new numbers. False: memory is out.
static bool keep_edges(struct loading *l, const bool *chosen,
                       struct sdse_workload *workload) {
    struct sdse_workload_edge *edges =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_workload_edge, workload->edge_count + 1);
    size_t *number = SDSE_ARENA_ARRAY(l->arena, size_t, workload->layer_count + 1);
    size_t count = 0, next = 0;
    if (!edges || !number)
        return false;
    for (size_t i = 0; i < workload->layer_count; i++)
        number[i] = chosen[i] ? next++ : 0;
    for (size_t e = 0; e < workload->edge_count; e++) {
        const struct sdse_workload_edge *edge = &workload->edges[e];
        if (!chosen[edge->from] || !chosen[edge->to])
            continue;
        edges[count] = *edge;
        edges[count].from = number[edge->from];
        edges[count++].to = number[edge->to];
    }
    workload->edges = edges;
    workload->edge_count = count;
    return true;
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
    if (!keep_edges(l, chosen, workload))
        return SDSE_NO_MEMORY;
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
        network->text = pathless_text(l->arena, network->workload, false);
        if (!network->text || !name_sizes(l, &sweep->networks[i], network))
            return SDSE_NO_MEMORY;
        network->hash = sdse_hash_of_text(network->text);
        if (!sdse_sweep_stays(sweep))
            continue;
        network->resident_text = pathless_text(l->arena, network->workload, true);
        if (!network->resident_text)
            return SDSE_NO_MEMORY;
        network->resident_hash = sdse_hash_of_text(network->resident_text);
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
        form->setting = sdse_hash_of_text(form->text);
        form->hash = sdse_hash_join(form->setting, sdse_hash_of_text(form->form->name));
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

// The embedded weights of a layer; NULL: none.
static const struct sdse_hash *find_embedded(const struct sdse_stored_weights *embedded,
                                             size_t count, const char *layer) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(embedded[i].layer, layer) == 0)
            return &embedded[i].tensor;
    return NULL;
}

enum sdse_status sdse_plan_hash_weights(struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        const struct sdse_stored_weights *embedded,
                                        size_t embedded_count,
                                        struct sdse_network_input *network) {
    const struct sdse_workload *workload = network->workload;
    network->weights = SDSE_ARENA_ARRAY(arena, struct sdse_hash, workload->layer_count);
    if (!network->weights)
        return SDSE_NO_MEMORY;
    network->all_weights = sdse_hash_of_text("weights");
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; i < workload->layer_count; i++) {
        if (!sdse_layer_has_weights(&workload->layers[i]))
            continue;
        const struct sdse_layer *layer = &workload->layers[i];
        const struct sdse_hash *known =
            find_embedded(embedded, embedded_count, layer->name);
        if (known)
            network->weights[i] = *known;
        else
            status = worse(status, sdse_layer_weights_hash(workload, layer, diags,
                                                           &network->weights[i]));
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
        status = worse(status, inside ? inside
                                      : sdse_plan_hash_weights(l->arena, l->diags, NULL,
                                                               0, network));
    }
    return status;
}

// --- Accelerator variants ---

static enum sdse_status count_variants(struct loading *l) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    const bool searched = sweep->search.method != SDSE_ALL_POINTS;
    uint64_t count = 0, designs = 0, points;
    bool fits = true;
    l->plan->arch_count = sweep->arch_count;
    l->plan->archs =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_plan_arch, sweep->arch_count + 1);
    if (!l->plan->archs)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; fits && i < sweep->arch_count; i++) {
        struct sdse_plan_arch *arch = &l->plan->archs[i];
        arch->first_variant = count;
        fits = sdse_sweep_combinations(sweep, i, &arch->combinations) &&
               sdse_add_u64(count, arch->combinations, &count);
    }
    fits = fits && sdse_mul_u64(count, sweep->workload_count, &designs) &&
           sdse_mul_u64(designs, sweep->form_count, &designs) &&
           designs <= (searched ? MOST_DESIGNS : MOST_POINTS);
    points = designs;
    if (fits && searched && count * sweep->form_count > sweep->search.evaluations)
        fits =
            sdse_mul_u64(sweep->search.evaluations, sweep->workload_count, &points) &&
            points <= MOST_POINTS;
    if (fits) {
        l->plan->variant_count = count;
        l->plan->design_count = designs;
        l->plan->point_count = points;
        return SDSE_OK;
    }
    sdse_diag_add(l->diags, SDSE_ERROR, sweep->loc, "sweep-too-large",
                  "the sweep has more than %d points%s", MOST_POINTS,
                  searched ? ", or more than 2^62 designs" : "");
    return SDSE_INVALID;
}

static enum sdse_status load_archs(struct loading *l, struct sdse_plan_looks **looks) {
    const struct sdse_sweep *sweep = l->plan->sweep;
    enum sdse_status status = count_variants(l);
    if (status)
        return status;
    for (size_t i = 0; i < sweep->arch_count; i++) {
        struct sdse_node *root;
        const enum sdse_status parsed =
            sdse_tree_parse_file(l->arena, sweep->archs[i], l->diags, &root);
        status = worse(status, parsed);
        if (parsed)
            continue;
        status =
            worse(status, sdse_sweep_paths_differ(l->arena, sweep, i, root, l->diags));
        // What memories share moves no point whose tensors stay nowhere.
        const char *text = sdse_node_flow_text_without(
            l->arena, root, sdse_sweep_stays(sweep) ? NULL : "shares");
        if (!text)
            return SDSE_NO_MEMORY;
        l->plan->archs[i].root = root;
        l->plan->archs[i].source = sdse_hash_of_text(text);
    }
    const enum sdse_status looked = sdse_plan_look(l->plan, l->arena, l->diags, looks);
    return looked == SDSE_NO_MEMORY ? looked : worse(status, looked);
}

// --- Names ---

// What a path of the sweep leads to: the name in that file.
static const char *network_name(const struct sdse_plan *plan, size_t i) {
    return plan->networks[i].workload->name;
}
static const char *arch_name(const struct sdse_plan *plan, size_t i) {
    return plan->archs[i].name;
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

// --- The sweep itself ---

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

// What the sweep is made of, beside its text. It stands for its points: a changed file
// makes another sweep.
static struct sdse_hash hash_factors(const struct sdse_plan *plan) {
    struct sdse_hash hash = sdse_hash_of_text("model " SDSE_MODEL_VERSION);
    const bool measured = any_form_measured(plan);
    for (size_t i = 0; i < plan->network_count; i++) {
        const struct sdse_network_input *network = &plan->networks[i];
        hash = sdse_hash_join(hash, network->hash);
        if (network->resident_text)
            hash = sdse_hash_join(hash, network->resident_hash);
        hash = sdse_hash_join(hash, sdse_network_hash_sizes(network));
        if (network->outputs)
            hash = sdse_hash_join(hash, sdse_network_outputs_hash(network->outputs));
        if (measured)
            hash = sdse_hash_join(hash, network->all_weights);
    }
    for (size_t i = 0; i < plan->arch_count; i++)
        hash = sdse_hash_join(hash, plan->archs[i].source);
    for (size_t i = 0; i < plan->form_count; i++)
        hash = sdse_hash_join(hash, plan->forms[i].hash);
    return hash;
}

bool sdse_plan_name(struct sdse_arena *arena, struct sdse_plan *plan,
                    struct sdse_hash made_of) {
    char hash[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(made_of, hash);
    plan->text = sdse_arena_printf(arena, "%s# made of %s\n", plan->text, hash);
    if (plan->text)
        plan->hash = sdse_hash_of_text(plan->text);
    return plan->text != NULL;
}

enum sdse_status sdse_plan_load(struct sdse_arena *arena, const char *sweep_path,
                                bool follow_links, const struct sdse_shipped *shipped,
                                struct sdse_diags *diags, struct sdse_plan **plan) {
    struct loading l = {arena, diags, SDSE_ARENA_NEW(arena, struct sdse_plan),
                        follow_links};
    if (!l.plan)
        return SDSE_NO_MEMORY;
    enum sdse_status status = sdse_sweep_load(arena, sweep_path, diags, &l.plan->sweep);
    if (!status && shipped)
        status = sdse_shipped_find(arena, shipped, l.plan->sweep, diags);
    if (status)
        return status;
    status = load_networks(&l);
    status = worse(status, load_forms(&l));
    struct sdse_plan_looks *looks = NULL;
    status = worse(status, load_archs(&l, &looks));
    if (!status)
        status = load_weights(&l);
    if (!status)
        status = check_names(&l);
    if (!status)
        status = load_outputs(&l);
    if (!status)
        status = sdse_plan_judge_points(looks);
    if (!status && l.plan->sweep->search.method != SDSE_ALL_POINTS)
        status = sdse_plan_list_visits(l.plan, arena);
    if (!status &&
        !(write_sweep(&l) && sdse_plan_name(arena, l.plan, hash_factors(l.plan))))
        status = SDSE_NO_MEMORY;
    if (status) {
        sdse_plan_free(l.plan);
        return status;
    }
    *plan = l.plan;
    return SDSE_OK;
}
