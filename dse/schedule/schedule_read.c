// A network's mapping: which layer stands where, and where tensors are; groups are read
// in group_read.c.
#include <stdlib.h>
#include <string.h>

#include "dse/schedule/reading.h"
#include "spec/reading.h"
#include "spec/value.h"

// What is said of one layer.
struct layer_said {
    const struct sdse_node *node; // item of `mappings` or `groups`; NULL: nothing
    bool grouped;
    struct sdse_placement placement;
    const struct sdse_mapping *mapping; // by itself
};

struct said {
    struct layer_said *layer; // [layer_count]
    size_t group_count;
    struct sdse_group_said *group;
};

bool sdse_schedule_layer(struct sdse_schedule_reader *r, const struct sdse_node *node,
                         const char *check, size_t *layer) {
    const char *name;
    const char **names =
        SDSE_ARENA_ARRAY(r->arena, const char *, r->net->layer_count + 1);
    if (!sdse_read_text(node, r->diags, &name))
        return false;
    for (size_t l = 0; l < r->net->layer_count; l++) {
        if (strcmp(r->net->layers[l].name, name) == 0) {
            *layer = l;
            return true;
        }
        if (names)
            names[l] = r->net->layers[l].name;
    }
    const char *nearest = names ? sdse_nearest(name, names, r->net->layer_count) : NULL;
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, check,
                  "%.60s has no layer '%.60s'%s%s%s", r->net->name, name,
                  nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "");
    return false;
}

unsigned sdse_schedule_memory(const struct sdse_schedule_reader *r, const char *name) {
    unsigned m = 0;
    while (m < r->memory_count && strcmp(r->name[m], name) != 0)
        m++;
    return m;
}

// --- What the file says ---

static bool take_layer(struct sdse_schedule_reader *r, struct said *said, size_t layer,
                       const struct sdse_node *node, const struct sdse_node *item,
                       bool grouped) {
    struct layer_said *at = &said->layer[layer];
    if (at->node) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "schedule-layer",
                      "layer '%.60s' has a mapping already, in line %u",
                      r->net->layers[layer].name, (unsigned)at->node->loc.line);
        return false;
    }
    at->node = item;
    at->grouped = grouped;
    return true;
}

static void read_alone(struct sdse_schedule_reader *r, struct said *said,
                       const struct sdse_node *item) {
    size_t layer;
    struct sdse_mapping *mapping;
    const struct sdse_node *name = sdse_node_get(item, "layer");
    if (!sdse_expect_kind(item, SDSE_NODE_MAPPING, r->diags))
        return;
    if (!name) {
        sdse_report_missing(item, "layer", r->diags);
        return;
    }
    if (!sdse_schedule_layer(r, name, "schedule-layer", &layer) ||
        !take_layer(r, said, layer, name, item, false))
        return;
    const enum sdse_status status = sdse_placed_mapping_from_tree(
        r->arena, item, r->arch, &r->net->layers[layer], r->diags,
        &said->layer[layer].placement, &mapping);
    if (status == SDSE_OK)
        said->layer[layer].mapping = mapping;
    else if (status != SDSE_INVALID)
        r->status = status;
}

static void read_group(struct sdse_schedule_reader *r, struct said *said,
                       const struct sdse_node *item) {
    struct sdse_group_said *group = &said->group[said->group_count];
    if (!sdse_group_read(r, item, group))
        return;
    const struct sdse_node *names = sdse_node_get(item, "layers");
    bool fresh = true;
    for (size_t l = group->first; l <= group->last; l++)
        fresh &=
            take_layer(r, said, l, sdse_node_at(names, l - group->first), item, true);
    said->group_count += fresh;
}

// Layers that only move words need no mapping.
static void report_missing_layers(struct sdse_schedule_reader *r,
                                  const struct said *said,
                                  const struct sdse_node *root) {
    for (size_t l = 0; l < r->net->layer_count; l++)
        if (!said->layer[l].node && !sdse_layer_moves(&r->net->layers[l]))
            sdse_diag_add(r->diags, SDSE_ERROR, root->loc, "schedule-layer",
                          "layer '%.60s' has no mapping, nor is it in a group",
                          r->net->layers[l].name);
}

static void read_file(struct sdse_schedule_reader *r, struct said *said,
                      const struct sdse_node *root) {
    static const char *const keys[] = {"mappings", "groups",   "copies",
                                       "arch",     "workload", "form"};
    const struct sdse_node *mappings = sdse_node_get(root, "mappings"),
                           *groups = sdse_node_get(root, "groups");
    if (!sdse_expect_kind(root, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(root, keys, sizeof keys / sizeof *keys, r->diags);
    const size_t errors = r->diags->errors;
    if (mappings && sdse_expect_kind(mappings, SDSE_NODE_SEQUENCE, r->diags))
        sdse_for_each_child (item, mappings)
            read_alone(r, said, item);
    if (groups && sdse_expect_kind(groups, SDSE_NODE_SEQUENCE, r->diags))
        sdse_for_each_child (item, groups)
            read_group(r, said, item);
    // A layer that could not be read is not missing.
    if (r->diags->errors == errors)
        report_missing_layers(r, said, root);
}

// --- Places ---

// Where a layer's or a group's outputs are said to be; *node: the place that says so.
static enum sdse_place outputs_said(const struct said *said, size_t layer,
                                    const struct sdse_group_said *group) {
    const struct sdse_residence *part = said->layer[layer].placement.residence;
    if (group)
        return group->output;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        if (part[m].tensors & SDSE_BIT(SDSE_OUTPUTS))
            return sdse_place_in(m, part[m].writes_through);
    return SDSE_PLACE_OUTERMOST;
}

static void settle_outputs(struct sdse_schedule_reader *r, const struct said *said,
                           size_t layer, enum sdse_place outputs) {
    const struct sdse_handed_tensor *made =
        sdse_handed_by(&r->schedule->placing, layer);
    const struct sdse_node *node = said->layer[layer].node;
    const unsigned memory =
        outputs == SDSE_PLACE_OUTERMOST ? 0 : sdse_place_memory(outputs);
    if (outputs != SDSE_PLACE_OUTERMOST && !(made && made->may_share_in[memory]))
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "schedule-place",
                      "the outputs of layer '%.60s' cannot stay in %.40s: %s",
                      r->net->layers[layer].name, r->name[memory],
                      made ? "a layer that makes or reads them does not reach it, or "
                             "reads them as weights, which it does not share"
                           : "no layer reads them");
    if (made)
        r->schedule->place[made - r->schedule->placing.tensor] = outputs;
}

// The question about each layer and group; false: it does not follow.
static bool settle_places(struct sdse_schedule_reader *r, const struct said *said,
                          const struct sdse_node *copies,
                          struct sdse_place_question *question) {
    const struct sdse_placing *placing = &r->schedule->placing;
    for (size_t l = 0; l < placing->layer_count; l++)
        question[l] = (struct sdse_place_question){.layer = l};
    for (size_t g = 0; g < said->group_count; g++) {
        const struct sdse_group_said *group = &said->group[g];
        question[group->first].more = group->last - group->first;
        for (size_t l = group->first; l <= group->last; l++) {
            question[l].inside = l > group->first;
            if (l == group->last)
                settle_outputs(r, said, l, group->output);
            else
                settle_outputs(r, said, l,
                               sdse_handed_by(placing, l)
                                   ? sdse_place_in(group->config.memory, false)
                                   : SDSE_PLACE_OUTERMOST);
        }
        question[group->first].outputs = group->output;
    }
    for (size_t l = 0; l < placing->layer_count; l++) {
        if (said->layer[l].grouped)
            continue;
        question[l].outputs = outputs_said(said, l, NULL);
        settle_outputs(r, said, l, question[l].outputs);
    }
    bool *inside = SDSE_ARENA_ARRAY(r->arena, bool, placing->layer_count + 1);
    if (!inside) {
        r->status = SDSE_NO_MEMORY;
        return false;
    }
    for (size_t l = 0; l < placing->layer_count; l++)
        inside[l] = question[l].inside;
    if (!sdse_schedule_read_copies(r, copies, inside))
        return false;
    sdse_placing_questions(placing, r->schedule->place, &r->schedule->copies, question);
    return true;
}

// --- Layers by themselves ---

static uint32_t parts_of(const struct sdse_workload *net, size_t layer) {
    uint32_t parts = 0;
    for (size_t e = 0; e < net->edge_count; e++)
        parts += net->edges[e].to == layer && net->edges[e].use == SDSE_EDGE_CONCAT;
    return parts;
}

static void settle_alone(struct sdse_schedule_reader *r, const struct said *said,
                         const struct sdse_place_question *question,
                         const struct sdse_node *root) {
    const size_t l = question->layer;
    struct sdse_resident_layer *layer = &r->schedule->layer[l];
    const struct sdse_node *item = said->layer[l].node ? said->layer[l].node : root;
    struct sdse_held_term held[SDSE_MOST_SHARED];
    const size_t errors = r->diags->errors;
    size_t terms = 0;
    const uint32_t parts = parts_of(r->net, l);
    sdse_question_residence(r->arch, &r->net->layers[l], question, layer->residence);
    layer->layer.residence = layer->residence;
    for (unsigned m = 0; m < r->memory_count; m++) {
        const struct sdse_place_found *in = &question->in[m];
        if (in->reserved_bits > 0)
            held[terms++] = (struct sdse_held_term){.what = SDSE_HELD_TENSORS,
                                                    .layer = l,
                                                    .bits = in->reserved_bits,
                                                    .memory = m};
        if (parts && in->operands && in->operands < parts)
            sdse_diag_add(r->diags, SDSE_ERROR, item->loc, "schedule-place",
                          "layer '%.60s' reads maps that are put together: all of them "
                          "are in %.40s, or none is",
                          r->net->layers[l].name, r->name[m]);
    }
    if (said->layer[l].node)
        sdse_schedule_compare_place(r, item, "schedule-place", layer->residence, held,
                                    terms);
    if (r->diags->errors != errors)
        return;
    struct sdse_mapping *streamed = SDSE_ARENA_NEW(r->arena, struct sdse_mapping);
    struct sdse_map_point *point = SDSE_ARENA_NEW(r->arena, struct sdse_map_point);
    if (!streamed || !point) {
        r->status = SDSE_NO_MEMORY;
        return;
    }
    if (!said->layer[l].node) {
        sdse_mapping_init(r->arch, streamed);
        streamed->streamed = true;
    }
    if (sdse_schedule_cost(r, item, &layer->layer, l, held, terms,
                           said->layer[l].node ? said->layer[l].mapping : streamed,
                           point))
        layer->point = point;
}

// --- The whole ---

static enum sdse_status begin(struct sdse_schedule_reader *r, struct said *said,
                              size_t groups) {
    const size_t layers = r->net->layer_count;
    struct sdse_schedule *schedule = r->schedule;
    schedule->level = sdse_shared_level(r->arch);
    r->memory_count = sdse_shared_levels(r->arch, r->level);
    for (unsigned m = 0; m < r->memory_count; m++) {
        const char *name = sdse_memory_name(r->arena, r->arch, r->level[m]);
        r->name[m] = name;
        r->memory =
            m && name ? sdse_arena_printf(r->arena, "%s or %s", r->memory, name) : name;
        if (!r->memory)
            return SDSE_NO_MEMORY;
    }
    const enum sdse_status status =
        sdse_residency_placing(&r->request->residency, r->arena, &schedule->placing);
    if (status != SDSE_OK)
        return status;
    schedule->place =
        SDSE_ARENA_ARRAY(r->arena, enum sdse_place, schedule->placing.tensor_count + 1);
    schedule->layer =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_resident_layer, layers + 1);
    schedule->group = SDSE_ARENA_ARRAY(r->arena, struct sdse_fused_group, groups + 1);
    said->layer = SDSE_ARENA_ARRAY(r->arena, struct layer_said, layers + 1);
    said->group = SDSE_ARENA_ARRAY(r->arena, struct sdse_group_said, groups + 1);
    if (!schedule->place || !schedule->layer || !schedule->group || !said->layer ||
        !said->group)
        return SDSE_NO_MEMORY;
    for (size_t l = 0; l < layers; l++)
        schedule->layer[l].layer = *r->request->residency.layer[l].layer;
    return SDSE_OK;
}

static int by_first(const void *a, const void *b) {
    const struct sdse_group_said *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

static void add_up(struct sdse_schedule *schedule) {
    size_t next = 0; // group
    schedule->at = (struct sdse_tradeoff){0, 0};
    for (size_t l = 0; l < schedule->placing.layer_count; l++) {
        const struct sdse_resident_layer *layer = &schedule->layer[l];
        double times = 1;
        struct sdse_tradeoff more;
        if (layer->question.inside)
            continue;
        sdse_copies_add_cost(&schedule->placing, &schedule->copies, l, &schedule->at);
        if (layer->question.more) {
            more = schedule->group[next++].at;
        } else {
            times = (double)schedule->placing.repeat[l];
            more = (struct sdse_tradeoff){layer->point->totals.energy_pj,
                                          layer->point->totals.latency_cycles};
        }
        schedule->at.energy_pj += times * more.energy_pj;
        schedule->at.latency_cycles += times * more.latency_cycles;
    }
}

enum sdse_status sdse_schedule_read(const struct sdse_fusion_request *request,
                                    const struct sdse_node *root,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_schedule *out) {
    const size_t errors = diags->errors;
    const struct sdse_node *groups = sdse_node_get(root, "groups");
    struct sdse_schedule schedule = {0};
    struct said said = {0};
    struct sdse_schedule_reader r = {.request = request,
                                     .arch = request->residency.arch,
                                     .net = request->residency.workload,
                                     .arena = arena,
                                     .diags = diags,
                                     .schedule = &schedule};
    const enum sdse_status begun = begin(&r, &said, groups ? groups->count : 0);
    if (begun != SDSE_OK)
        return begun;
    read_file(&r, &said, root);
    struct sdse_place_question *question =
        SDSE_ARENA_ARRAY(arena, struct sdse_place_question, r.net->layer_count + 1);
    if (r.status != SDSE_OK || diags->errors != errors || !question)
        return r.status ? r.status : !question ? SDSE_NO_MEMORY : SDSE_INVALID;
    if (said.group_count)
        qsort(said.group, said.group_count, sizeof *said.group, by_first);
    if (!settle_places(&r, &said, sdse_node_get(root, "copies"), question))
        return r.status ? r.status : SDSE_INVALID;
    for (size_t l = 0, g = 0; l < r.net->layer_count && !r.status; l++) {
        schedule.layer[l].question = question[l];
        if (question[l].more) {
            sdse_group_read_nests(&r, &said.group[g], &question[l], &schedule.group[g]);
            g++;
        } else if (!question[l].inside) {
            settle_alone(&r, &said, &question[l], root);
        }
    }
    if (r.status != SDSE_OK || diags->errors != errors)
        return r.status ? r.status : SDSE_INVALID;
    schedule.group_count = said.group_count;
    add_up(&schedule);
    *out = schedule;
    return SDSE_OK;
}
