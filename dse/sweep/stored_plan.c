#include "dse/sweep/stored_plan.h"

#include <stdlib.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/making.h"
#include "dse/sweep/variants.h"
#include "dse/sweep/weights.h"
#include "spec/load.h"
#include "spec/sweep_forms.h"
#include "spec/sweep_stays.h"
#include "spec/write.h"

struct loading {
    struct sdse_arena *arena;
    const char *path; // of the database
    const struct sdse_stored_point *point;
    struct sdse_diags *diags;
    struct sdse_diags quiet; // what loaders say of texts that no one wrote by hand
    struct sdse_plan *plan;
    struct sdse_point *made;
};

static enum sdse_status complain(struct loading *l, const char *check, const char *what,
                                 const char *name) {
    char hash[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(l->point->hash, hash);
    const struct sdse_diag *why = l->quiet.first;
    sdse_diag_add(l->diags, SDSE_ERROR, (struct sdse_loc){.file = l->path}, check,
                  "point %s: %s '%.80s'%s%s", hash, what, name, why ? ": " : "",
                  why ? why->message : "");
    return SDSE_INVALID;
}

// Parses a stored text, or a list with it alone; NULL if it cannot be.
static struct sdse_node *parse(struct loading *l, const char *text, bool list) {
    struct sdse_node *root = NULL;
    const char *copy = list ? sdse_arena_printf(l->arena, "[%s]", text)
                            : sdse_arena_strdup(l->arena, text);
    return copy && sdse_tree_parse_memory(l->arena, "stored", copy, strlen(copy),
                                          &l->quiet, &root) == SDSE_OK
               ? root
               : NULL;
}

// ---- what it is made of ----

// Parameters that the mapper's space added say what it was.
static void read_mapper(const struct sdse_stored_point *point,
                        struct sdse_sweep_mapper *mapper) {
    mapper->seconds = point->seconds;
    for (size_t i = 0; i < point->parameter_count; i++) {
        const struct sdse_parameter *parameter = &point->parameters[i];
        if (strcmp(parameter->path, "mapper.uneven") == 0)
            mapper->uneven = true;
        else if (strcmp(parameter->path, "mapper.free_bypass") == 0)
            mapper->free_bypass = true;
        else if (strcmp(parameter->path, "mapper.imperfect_percent") == 0)
            mapper->imperfect_percent = (uint32_t)strtoul(parameter->value, NULL, 10);
    }
}

static uint32_t read_depth(const char *text) {
    const unsigned long depth = strtoul(text, NULL, 10);
    return depth < SDSE_MOST_FUSE_DEPTH ? (uint32_t)depth : SDSE_MOST_FUSE_DEPTH;
}

static struct sdse_stay stay_of(const struct sdse_stored_point *point) {
    struct sdse_stay stay = {.fuse_depth = 1};
    for (size_t i = 0; i < point->parameter_count; i++) {
        const struct sdse_parameter *parameter = &point->parameters[i];
        if (strcmp(parameter->path, "mapper.resident") == 0)
            stay.resident = true;
        else if (strcmp(parameter->path, "mapper.fuse_depth") == 0)
            stay.fuse_depth = read_depth(parameter->value);
        else if (strcmp(parameter->path, "mapper.tiles") == 0)
            stay.all_tiles = strcmp(parameter->value, sdse_tiles_words()[true]) == 0;
        else if (strcmp(parameter->path, "mapper.columns") == 0)
            stay.columns = true;
        else if (strcmp(parameter->path, "mapper.overlap") == 0)
            stay.overlap = strcmp(parameter->value, sdse_overlap_words()[true]) == 0;
        else if (strcmp(parameter->path, "mapper.copies") == 0)
            stay.copies = true;
    }
    return stay;
}

// A size of the network, which its text has already.
static bool is_size(const struct sdse_parameter *parameter) {
    return strncmp(parameter->path, SDSE_NETWORK_SIZE, strlen(SDSE_NETWORK_SIZE)) == 0;
}

static enum sdse_status load_arch(struct loading *l) {
    const struct sdse_stored_point *point = l->point;
    struct sdse_variant *variant = SDSE_ARENA_NEW(l->arena, struct sdse_variant);
    if (!variant)
        return SDSE_NO_MEMORY;
    variant->parameters =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_parameter,
                         point->parameter_count + SDSE_SPACE_PARAMETERS);
    if (!variant->parameters)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < point->parameter_count; i++)
        if (strncmp(point->parameters[i].path, "mapper.", 7) != 0 &&
            !is_size(&point->parameters[i]))
            variant->parameters[variant->parameter_count++] = point->parameters[i];
    const struct sdse_stay stay = stay_of(point);
    variant->resident = stay.resident;
    variant->fuse_depth = stay.fuse_depth;
    variant->all_tiles = stay.all_tiles;
    variant->columns = stay.columns;
    variant->overlap = stay.overlap;
    variant->copies = stay.copies;
    struct sdse_node *root = parse(l, point->arch_text, false);
    enum sdse_status status = SDSE_INVALID;
    if (root)
        status =
            sdse_arch_from_tree(l->arena, root, NULL, 0, &l->quiet, &variant->arch);
    if (!status)
        status = sdse_arch_resolve_costs(variant->arch, l->arena, &l->quiet);
    const bool refused = point->reason && strncmp(point->reason, SDSE_REFUSED,
                                                  strlen(SDSE_REFUSED)) == 0;
    if (!status && refused)
        status = sdse_variant_refuse(variant, &l->plan->sweep->mapper, l->arena,
                                     point->reason);
    else if (!status)
        status = sdse_variant_finish(variant, &l->plan->sweep->mapper, l->arena,
                                     (struct sdse_loc){.file = l->path}, &l->quiet);
    if (status == SDSE_NO_MEMORY)
        return status;
    if (status || !sdse_hash_same(variant->hash, point->arch))
        return complain(l, "stored-input", "the text does not load of accelerator",
                        point->arch_name);
    l->made->variant = variant;
    l->plan->variant_count = 1;
    return SDSE_OK;
}

static enum sdse_status load_network(struct loading *l) {
    const struct sdse_stored_point *point = l->point;
    struct sdse_network_input *network =
        SDSE_ARENA_NEW(l->arena, struct sdse_network_input);
    if (!network)
        return SDSE_NO_MEMORY;
    struct sdse_node *root = parse(l, point->workload_text, false);
    const enum sdse_status status =
        root ? sdse_workload_from_tree(l->arena, root, &l->quiet, &network->workload)
             : SDSE_INVALID;
    if (status == SDSE_NO_MEMORY)
        return status;
    network->parameters =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_parameter, point->parameter_count + 1);
    if (!network->parameters)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < point->parameter_count; i++)
        if (is_size(&point->parameters[i]))
            network->parameters[network->parameter_count++] = point->parameters[i];
    network->text = point->workload_text;
    network->hash = sdse_hash_of_text(network->text);
    network->resident_text = network->text;
    network->resident_hash = network->hash;
    if (status || !sdse_hash_same(network->hash, point->workload))
        return complain(l, "stored-input", "the text does not load of network",
                        point->workload_name);
    l->plan->networks = network;
    l->plan->network_count = 1;
    return SDSE_OK;
}

static enum sdse_status load_form(struct loading *l) {
    const struct sdse_stored_point *point = l->point;
    struct sdse_sweep *sweep = l->plan->sweep;
    struct sdse_form_input *form = SDSE_ARENA_NEW(l->arena, struct sdse_form_input);
    struct sdse_node *root = form ? parse(l, point->form_text, true) : NULL;
    if (!form || (root && !sdse_read_forms(l->arena, root, &l->quiet, sweep)))
        return SDSE_NO_MEMORY;
    if (root && sweep->form_count == 1) {
        sweep->forms[0].name = point->form_name;
        form->form = &sweep->forms[0];
        form->text = sdse_form_setting_text(l->arena, &form->form->setting);
        if (!form->text)
            return SDSE_NO_MEMORY;
        form->setting = sdse_hash_of_text(form->text);
        form->hash = sdse_hash_join(form->setting, sdse_hash_of_text(point->form_name));
    }
    if (!form->form || !sdse_hash_same(form->hash, point->form))
        return complain(l, "stored-input", "the text does not load of weight form",
                        point->form_name);
    l->plan->forms = form;
    l->plan->form_count = 1;
    return SDSE_OK;
}

// ---- what the database has in place of files ----

// Whether the point is made of the weights that are embedded with one of its sweeps.
static enum sdse_status try_embedded(struct loading *l, struct sdse_stored_plan *out) {
    const struct sdse_stored_point *point = l->point;
    size_t end = 0;
    for (size_t first = 0; first < point->embedded_count; first = end) {
        const struct sdse_stored_weights *weights = &point->embedded[first];
        while (end < point->embedded_count &&
               point->embedded[end].sweep_id == weights->sweep_id)
            end++;
        const enum sdse_status status = sdse_plan_hash_weights(
            l->arena, &l->quiet, weights, end - first, l->plan->networks);
        if (status == SDSE_NO_MEMORY)
            return status;
        out->proven = !status && sdse_hash_same(sdse_plan_point_hash(l->plan, l->made),
                                                point->hash);
        if (!out->proven)
            continue;
        out->embedded = weights;
        out->embedded_count = end - first;
        break;
    }
    return SDSE_OK;
}

static enum sdse_status take_stored(struct loading *l, struct sdse_stored_plan *out) {
    const struct sdse_stored_point *point = l->point;
    struct sdse_network_input *network = l->plan->networks;
    const bool measured = l->plan->forms->form->setting.measured;
    enum sdse_status status = measured ? try_embedded(l, out) : SDSE_OK;
    if (!status && measured && !out->proven)
        status = sdse_plan_hash_weights(l->arena, &l->quiet, NULL, 0, network);
    if (status)
        return status;
    out->hash = sdse_plan_point_hash(l->plan, l->made);
    out->proven = sdse_hash_same(out->hash, point->hash);
    if (!sdse_plan_refusal(l->arena, l->plan, l->made, &l->made->refused))
        return SDSE_NO_MEMORY;
    if (point->outputs_known && !out->proven) {
        struct sdse_output_error *outputs =
            SDSE_ARENA_NEW(l->arena, struct sdse_output_error);
        if (!outputs)
            return SDSE_NO_MEMORY;
        *outputs = (struct sdse_output_error){.relative = point->output_error,
                                              .sqnr_db = point->output_sqnr_db,
                                              .best_class_agreement =
                                                  point->best_class_agreement};
        network->stored_outputs = outputs;
    }
    if (!measured || out->proven || l->made->refused)
        return SDSE_OK;
    if (point->layer_count != network->workload->layer_count)
        return complain(
            l, "stored-weights",
            "its weights came from files, and it has not the layers to take "
            "their forms from: network",
            point->workload_name);
    struct sdse_hash *forms =
        SDSE_ARENA_ARRAY(l->arena, struct sdse_hash, point->layer_count);
    if (!forms)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < point->layer_count; i++)
        forms[i] = point->layers[i].form;
    network->stored_forms = forms;
    return SDSE_OK;
}

// ---- the sweep of one point ----

static enum sdse_status begin(struct loading *l) {
    struct sdse_sweep *sweep = SDSE_ARENA_NEW(l->arena, struct sdse_sweep);
    l->made = SDSE_ARENA_NEW(l->arena, struct sdse_point);
    l->plan = SDSE_ARENA_NEW(l->arena, struct sdse_plan);
    if (!sweep || !l->made || !l->plan)
        return SDSE_NO_MEMORY;
    sweep->name = "reproduced";
    sweep->objective = l->point->objective;
    sweep->workload_count = sweep->arch_count = 1;
    read_mapper(l->point, &sweep->mapper);
    const struct sdse_stay stay = stay_of(l->point);
    if (stay.resident && !sdse_sweep_add_stay(l->arena, stay, sweep))
        return SDSE_NO_MEMORY;
    l->plan->sweep = sweep;
    l->plan->listed = l->made;
    l->plan->design_count = l->plan->point_count = 1;
    return SDSE_OK;
}

static enum sdse_status name_sweep(struct loading *l) {
    struct sdse_plan *plan = l->plan;
    plan->text = sdse_sweep_text(l->arena, plan->sweep, &l->point->workload_name,
                                 &l->point->arch_name);
    l->made->hash = l->point->hash;
    return plan->text && sdse_plan_name(l->arena, plan, l->point->hash)
               ? SDSE_OK
               : SDSE_NO_MEMORY;
}

enum sdse_status sdse_plan_stored(struct sdse_arena *arena, const char *database_path,
                                  const struct sdse_stored_point *point,
                                  struct sdse_diags *diags,
                                  struct sdse_stored_plan *out) {
    struct loading l = {
        .arena = arena, .path = database_path, .point = point, .diags = diags};
    sdse_diags_init(&l.quiet, arena);
    *out = (struct sdse_stored_plan){0};
    enum sdse_status status = begin(&l);
    if (!status)
        status = load_arch(&l);
    if (!status)
        status = load_network(&l);
    if (!status)
        status = load_form(&l);
    if (!status)
        status = take_stored(&l, out);
    if (!status)
        status = name_sweep(&l);
    if (!status)
        out->plan = l.plan;
    return status;
}

struct sdse_plan *sdse_plan_join(struct sdse_arena *arena,
                                 struct sdse_plan *const *plans, size_t count) {
    struct sdse_plan *all = SDSE_ARENA_NEW(arena, struct sdse_plan);
    if (!all)
        return NULL;
    *all = *plans[0];
    all->network_count = all->variant_count = all->form_count = all->point_count =
        count;
    all->networks = SDSE_ARENA_ARRAY(arena, struct sdse_network_input, count);
    all->forms = SDSE_ARENA_ARRAY(arena, struct sdse_form_input, count);
    struct sdse_point *points = SDSE_ARENA_ARRAY(arena, struct sdse_point, count);
    if (!all->networks || !all->forms || !points)
        return NULL;
    struct sdse_hash hash = {0};
    for (size_t i = 0; i < count; i++) {
        all->networks[i] = plans[i]->networks[0];
        all->forms[i] = plans[i]->forms[0];
        points[i] = plans[i]->listed[0];
        points[i].position = points[i].network = points[i].form = i;
        hash = sdse_hash_join(hash, points[i].hash);
    }
    all->listed = points;
    return sdse_plan_name(arena, all, hash) ? all : NULL;
}
