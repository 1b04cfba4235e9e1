// A file of validation/: its cases, and what it is made of. Anchors are read in
// validation_anchor.c.
#include <string.h>

#include "spec/beside.h"
#include "spec/checks.h"
#include "spec/flow.h"
#include "spec/network_changes.h"
#include "spec/path.h"
#include "spec/sweep_forms.h"
#include "spec/validation_reader.h"
#include "spec/value.h"

bool sdse_find_case(struct sdse_validation_reader *r, const struct sdse_node *node,
                    bool before, size_t *index) {
    const struct sdse_validation *validation = r->validation;
    const size_t count = validation->case_count;
    const char *text;
    if (!sdse_read_text(node, r->diags, &text))
        return false;
    const char **names = SDSE_ARENA_ARRAY(r->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(validation->cases[i].name, text) == 0)
            return *index = i, true;
        if (names)
            names[i] = validation->cases[i].name;
    }
    r->out_of_memory |= !names;
    const char *nearest = names ? sdse_nearest(text, names, count) : NULL;
    sdse_diag_add(
        r->diags, SDSE_ERROR, node->loc, "case-unknown", "no case '%.80s' %s%s%s%s",
        text, before ? "before this one" : "in this file",
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return false;
}

// Room for `more` elements behind those that a case took over from another.
static void *grow(struct sdse_validation_reader *r, const void *old, size_t count,
                  size_t more, size_t size) {
    void *fresh = sdse_arena_alloc(r->arena, count + more + 1, size);
    if (fresh && count)
        memcpy(fresh, old, count * size);
    r->out_of_memory |= !fresh;
    return fresh;
}

static void read_path(struct sdse_validation_reader *r, const struct sdse_node *map,
                      const char *key, const char **path, struct sdse_loc *loc) {
    const struct sdse_node *node = sdse_node_get(map, key);
    const char *text;
    if (!node || !sdse_read_text(node, r->diags, &text))
        return;
    *path = sdse_beside(r->arena, r->root->loc.file, text);
    *loc = node->loc;
    r->out_of_memory |= !*path;
}

static const struct sdse_node *section(struct sdse_validation_reader *r,
                                       const struct sdse_node *map, const char *key) {
    const struct sdse_node *node = sdse_node_get(map, key);
    return node && sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags) ? node : NULL;
}

static void read_overrides(struct sdse_validation_reader *r,
                           const struct sdse_node *map, struct sdse_case *out) {
    const struct sdse_node *list = section(r, map, "override");
    if (!list)
        return;
    out->overrides = grow(r, out->overrides, out->override_count, list->count,
                          sizeof *out->overrides);
    if (!out->overrides)
        return;
    sdse_for_each_child (node, list) {
        if (sdse_node_is_null(node)) {
            sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "override-empty",
                          "'%.80s' lists no value", node->key);
            continue;
        }
        const char *text = sdse_node_flow_text(r->arena, node);
        r->out_of_memory |= !text;
        out->overrides[out->override_count++] =
            (struct sdse_set){node->key, text ? text : "", node->key_loc};
    }
}

static void read_changes(struct sdse_validation_reader *r, const struct sdse_node *map,
                         struct sdse_case *out) {
    const struct sdse_node *list = sdse_node_get(map, "network");
    if (list && !sdse_read_network_changes(r->arena, list, r->diags, &out->network))
        r->out_of_memory = true;
}

static void read_mappings(struct sdse_validation_reader *r, const struct sdse_node *map,
                          struct sdse_case *out) {
    const struct sdse_node *list = section(r, map, "mappings");
    if (!list)
        return;
    out->mappings =
        grow(r, out->mappings, out->mapping_count, list->count, sizeof *out->mappings);
    if (!out->mappings)
        return;
    sdse_for_each_child (node, list) {
        const char *text;
        if (!sdse_read_text(node, r->diags, &text))
            continue;
        const char *path = sdse_beside(r->arena, r->root->loc.file, text);
        r->out_of_memory |= !path;
        out->mappings[out->mapping_count++] =
            (struct sdse_case_mapping){node->key, path, node->loc};
    }
}

// `search: energy`, or with what widens it: {objective: energy, uneven: true}.
static void read_search(struct sdse_validation_reader *r, const struct sdse_node *map,
                        struct sdse_case *out) {
    static const char *const keys[] = {"objective", "uneven", "free_bypass",
                                       "imperfect_percent"};
    const struct sdse_node *node = sdse_node_get(map, "search"), *child = node;
    if (!node)
        return;
    out->searched = true;
    out->objective = SDSE_EDP;
    out->uneven = out->free_bypass = false;
    out->imperfect_percent = 0;
    if (node->kind != SDSE_NODE_SCALAR) {
        if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
            return;
        sdse_refuse_unknown_keys(node, keys, sizeof keys / sizeof *keys, r->diags);
        if (!(child = sdse_node_get(node, "objective")))
            sdse_report_missing(node, "objective", r->diags);
    }
    unsigned word;
    uint32_t percent;
    if (child &&
        sdse_read_word(child, sdse_objective_words(), SDSE_OBJECTIVES, r->diags, &word))
        out->objective = (enum sdse_objective)word;
    if ((child = sdse_node_get(node, "uneven")))
        sdse_read_bool(child, r->diags, &out->uneven);
    if ((child = sdse_node_get(node, "free_bypass")))
        sdse_read_bool(child, r->diags, &out->free_bypass);
    if ((child = sdse_node_get(node, "imperfect_percent")) &&
        sdse_read_u32(child, 0, 100, r->diags, &percent))
        out->imperfect_percent = percent;
}

// One form; a measured one would need weights, which nothing published comes with.
static void read_form(struct sdse_validation_reader *r, const struct sdse_node *map,
                      struct sdse_case *out) {
    const struct sdse_node *node = sdse_node_get(map, "form");
    if (!node)
        return;
    struct sdse_node *item = sdse_tree_copy(r->arena, node);
    if (!item) {
        r->out_of_memory = true;
        return;
    }
    item->parent = node->parent;
    item->next = NULL;
    const struct sdse_node list = {.kind = SDSE_NODE_SEQUENCE,
                                   .count = 1,
                                   .loc = node->loc,
                                   .first = item,
                                   .last = item};
    struct sdse_sweep sweep = {0};
    const size_t errors = r->diags->errors;
    r->out_of_memory |= !sdse_read_forms(r->arena, &list, r->diags, &sweep);
    if (r->diags->errors != errors || r->out_of_memory)
        return;
    if (sweep.form_count != 1 || sweep.forms[0].setting.measured)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "case-form",
                      "one form with declared densities is needed here");
    else
        out->form = sweep.forms[0].setting;
}

static void read_case(struct sdse_validation_reader *r, const struct sdse_node *map) {
    static const char *const keys[] = {"like",     "arch",    "override",
                                       "workload", "network", "mappings",
                                       "search",   "form",    "layers"};
    struct sdse_validation *validation = r->validation;
    struct sdse_case *out = &validation->cases[validation->case_count];
    *out = (struct sdse_case){.name = map->key, .loc = map->key_loc};
    if (sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags)) {
        sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, r->diags);
        const struct sdse_node *like = sdse_node_get(map, "like");
        size_t index;
        bool broken = false;
        if (like) {
            broken = !sdse_find_case(r, like, true, &index);
            if (!broken) {
                *out = validation->cases[index];
                out->name = map->key;
                out->loc = map->key_loc;
            }
        }
        read_path(r, map, "arch", &out->arch, &out->arch_loc);
        read_path(r, map, "workload", &out->workload, &out->workload_loc);
        if (!out->arch && !broken && !sdse_node_get(map, "arch"))
            sdse_report_missing(map, "arch", r->diags);
        read_overrides(r, map, out);
        read_changes(r, map, out);
        read_mappings(r, map, out);
        read_search(r, map, out);
        read_form(r, map, out);
        const struct sdse_node *layers = sdse_node_get(map, "layers");
        if (layers)
            out->layers = sdse_read_names(r, layers, &out->layer_count);
    }
    validation->case_count++;
}

void sdse_read_cases(struct sdse_validation_reader *r, const struct sdse_node *map) {
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    r->validation->cases = SDSE_ARENA_ARRAY(r->arena, struct sdse_case, map->count + 1);
    r->out_of_memory |= !r->validation->cases;
    for
        SDSE_EACH_CHILD(node, map) {
            if (!r->out_of_memory)
                read_case(r, node);
        }
}

enum sdse_status sdse_validation_from_tree(struct sdse_arena *arena,
                                           const struct sdse_node *root,
                                           struct sdse_diags *diags,
                                           struct sdse_validation **out) {
    static const char *const keys[] = {"name", "source", "cases", "anchors"};
    const struct sdse_diag *since = diags->last;
    const size_t errors = diags->errors;
    if (!sdse_expect_kind(root, SDSE_NODE_MAPPING, diags))
        return SDSE_INVALID;
    struct sdse_validation *validation = SDSE_ARENA_NEW(arena, struct sdse_validation);
    if (!validation)
        return SDSE_NO_MEMORY;
    *validation = (struct sdse_validation){.file = root->loc.file, .loc = root->loc};
    struct sdse_validation_reader r = {arena, diags, root, validation, false};
    sdse_refuse_unknown_keys(root, keys, sizeof keys / sizeof *keys, diags);
    const struct sdse_node *node;
    if (!(node = sdse_node_get(root, "name")))
        sdse_report_missing(root, "name", diags);
    else
        sdse_read_text(node, diags, &validation->name);
    sdse_read_cases(&r, sdse_node_get(root, "cases"));
    if (!(node = sdse_node_get(root, "anchors")))
        sdse_report_missing(root, "anchors", diags);
    else if (!r.out_of_memory)
        sdse_read_anchors(&r, node);
    if (r.out_of_memory)
        return SDSE_NO_MEMORY;
    struct sdse_subject subject = {
        .diags = diags, .validation = validation, .root = root};
    sdse_checks_run(&subject, SDSE_CHECK_VALIDATION, since);
    if (diags->errors != errors)
        return SDSE_INVALID;
    *out = validation;
    return SDSE_OK;
}
