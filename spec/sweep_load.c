// A sweep's file: what to vary.
#include <string.h>

#include "spec/beside.h"
#include "spec/checks.h"
#include "spec/load.h"
#include "spec/network_changes.h"
#include "spec/sweep_forms.h"
#include "spec/sweep_networks.h"
#include "spec/sweep_outputs.h"
#include "spec/sweep_overrides.h"
#include "spec/sweep_search.h"
#include "spec/sweep_stays.h"
#include "spec/value.h"

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const struct sdse_node *root;
    struct sdse_sweep *sweep;
    bool out_of_memory;
};

// The list under a key that must be there; NULL if it is not, or is empty.
static const struct sdse_node *paths_of(struct reader *r, const char *key) {
    const struct sdse_node *list = sdse_node_get(r->root, key);
    if (!list)
        sdse_report_missing(r->root, key, r->diags);
    return list && sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags) && list->count
               ? list
               : NULL;
}

// A path beside the sweep's file. False: not one, or memory is out.
static bool read_path(struct reader *r, const struct sdse_node *node, const char **path,
                      struct sdse_loc *loc) {
    const char *text;
    if (!sdse_read_text(node, r->diags, &text))
        return false;
    *loc = node->loc;
    *path = sdse_beside(r->arena, r->root->loc.file, text);
    r->out_of_memory |= !*path;
    return *path != NULL;
}

// A path, or {path: …, override: …, zip: …}: NULL if it has none.
static const struct sdse_node *read_arch(struct reader *r,
                                         const struct sdse_node *item) {
    static const char *const keys[] = {"path", "override", "zip"};
    if (item->kind != SDSE_NODE_MAPPING)
        return item;
    const struct sdse_node *path = sdse_node_get(item, "path");
    sdse_refuse_unknown_keys(item, keys, sizeof keys / sizeof *keys, r->diags);
    if (!path)
        sdse_report_missing(item, "path", r->diags);
    if (!sdse_read_overrides(r->arena, item, r->sweep->arch_count + 1, r->diags,
                             r->sweep))
        r->out_of_memory = true;
    return path;
}

static void read_archs(struct reader *r) {
    struct sdse_sweep *sweep = r->sweep;
    const struct sdse_node *list = paths_of(r, "archs");
    if (!list)
        return;
    sweep->archs = SDSE_ARENA_ARRAY(r->arena, const char *, list->count);
    sweep->arch_locs = SDSE_ARENA_ARRAY(r->arena, struct sdse_loc, list->count);
    if (!sweep->archs || !sweep->arch_locs) {
        r->out_of_memory = true;
        return;
    }
    sdse_for_each_child (item, list) {
        const size_t i = sweep->arch_count;
        const struct sdse_node *path = read_arch(r, item);
        sweep->arch_count +=
            path && read_path(r, path, &sweep->archs[i], &sweep->arch_locs[i]);
    }
}

// Words that choose layers.
static void read_layers(struct reader *r, const struct sdse_node *list,
                        struct sdse_sweep_network *out) {
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return;
    if (!list->count)
        sdse_diag_add(r->diags, SDSE_ERROR, list->key_loc, "override-empty",
                      "'layers' lists no layer");
    out->layers = SDSE_ARENA_ARRAY(r->arena, struct sdse_named, list->count + 1);
    if (!out->layers) {
        r->out_of_memory = true;
        return;
    }
    sdse_for_each_child (item, list) {
        const char *word;
        if (sdse_read_text(item, r->diags, &word))
            out->layers[out->layer_count++] = (struct sdse_named){word, item->loc};
    }
}

// A path, or {path: …, network: …, layers: …}: NULL if it has none.
static const struct sdse_node *read_workload(struct reader *r,
                                             const struct sdse_node *item,
                                             struct sdse_sweep_network *out) {
    static const char *const keys[] = {"path", "network", "layers"};
    if (item->kind != SDSE_NODE_MAPPING)
        return item;
    const struct sdse_node *path = sdse_node_get(item, "path"), *node;
    sdse_refuse_unknown_keys(item, keys, sizeof keys / sizeof *keys, r->diags);
    if (!path)
        sdse_report_missing(item, "path", r->diags);
    if ((node = sdse_node_get(item, "network")) &&
        !sdse_read_network_changes(r->arena, node, r->diags, &out->changes))
        r->out_of_memory = true;
    if ((node = sdse_node_get(item, "layers")))
        read_layers(r, node, out);
    return path;
}

// Room for `more` networks.
static bool grow_workloads(struct reader *r, size_t more) {
    struct sdse_sweep *sweep = r->sweep;
    const size_t count = sweep->workload_count, room = count + more + 1;
    const char **paths = SDSE_ARENA_ARRAY(r->arena, const char *, room);
    struct sdse_loc *locs = SDSE_ARENA_ARRAY(r->arena, struct sdse_loc, room);
    struct sdse_sweep_network *networks =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_sweep_network, room);
    if (!paths || !locs || !networks) {
        r->out_of_memory = true;
        return false;
    }
    if (count) {
        memcpy(paths, sweep->workloads, count * sizeof *paths);
        memcpy(locs, sweep->workload_locs, count * sizeof *locs);
        memcpy(networks, sweep->networks, count * sizeof *networks);
    }
    sweep->workloads = paths;
    sweep->workload_locs = locs;
    sweep->networks = networks;
    return true;
}

// One entry: as many networks as its sizes have values.
static void add_workload(struct reader *r, const struct sdse_node *item) {
    struct sdse_sweep *sweep = r->sweep;
    struct sdse_sweep_network network = {.changes = sweep->changes}, *all = NULL;
    const struct sdse_node *path = read_workload(r, item, &network);
    const char *file;
    struct sdse_loc loc;
    size_t count = 0;
    if (!path || !read_path(r, path, &file, &loc))
        return;
    if (!sdse_expand_networks(r->arena, &network, sweep->changes.count, r->diags, &all,
                              &count)) {
        r->out_of_memory = true;
        return;
    }
    if (!grow_workloads(r, count))
        return;
    for (size_t i = 0; i < count; i++) {
        const size_t at = sweep->workload_count++;
        sweep->workloads[at] = file;
        sweep->workload_locs[at] = loc;
        sweep->networks[at] = all[i];
    }
}

static void read_workloads(struct reader *r) {
    const struct sdse_node *list = paths_of(r, "workloads");
    const struct sdse_node *all = sdse_node_get(r->root, "network");
    if (!list)
        return;
    if (all && !sdse_read_network_changes(r->arena, all, r->diags, &r->sweep->changes))
        r->out_of_memory = true;
    sdse_for_each_child (item, list)
        add_workload(r, item);
}

// The mapping under a key of the sweep; NULL if there is none, or something else.
static const struct sdse_node *section(struct reader *r, const char *key,
                                       const char *const *keys, size_t key_count) {
    const struct sdse_node *map = sdse_node_get(r->root, key);
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return NULL;
    sdse_refuse_unknown_keys(map, keys, key_count, r->diags);
    return map;
}

static void read_constraints(struct reader *r) {
    const char *const *keys = sdse_limit_keys();
    const struct sdse_node *map = section(r, "constraints", keys, SDSE_LIMITS), *node;
    struct sdse_limits *limits = &r->sweep->limits;
    for (unsigned i = 0; map && i < SDSE_LIMITS; i++)
        if ((node = sdse_node_get(map, keys[i])) &&
            sdse_read_double(node, 0, 1e300, r->diags, &limits->most[i]))
            limits->set |= 1u << i;
}

static void read_mapper(struct reader *r) {
    static const char *const keys[] = {
        "seconds",    "uneven", "free_bypass", "imperfect_percent", "resident",
        "fuse_depth", "tiles",  "columns",     "overlap",           "copies"};
    struct sdse_sweep_mapper *mapper = &r->sweep->mapper;
    const struct sdse_node *map =
                               section(r, "mapper", keys, sizeof keys / sizeof *keys),
                           *node;
    if (!map)
        return;
    if ((node = sdse_node_get(map, "seconds")))
        sdse_read_double(node, 1e-9, 1e12, r->diags, &mapper->seconds);
    if ((node = sdse_node_get(map, "uneven")))
        sdse_read_bool(node, r->diags, &mapper->uneven);
    if ((node = sdse_node_get(map, "free_bypass")))
        sdse_read_bool(node, r->diags, &mapper->free_bypass);
    if ((node = sdse_node_get(map, "imperfect_percent")))
        sdse_read_u32(node, 0, 100, r->diags, &mapper->imperfect_percent);
    if (!sdse_read_stays(r->arena, map, r->diags, r->sweep))
        r->out_of_memory = true;
}

static void read_sweep(struct reader *r) {
    static const char *const keys[] = {
        "name",        "workloads", "archs",   "override", "weight_forms", "objective",
        "constraints", "mapper",    "outputs", "network",  "zip",          "search"};
    struct sdse_sweep *sweep = r->sweep;
    const struct sdse_node *node;
    sdse_refuse_unknown_keys(r->root, keys, sizeof keys / sizeof *keys, r->diags);
    if (!(node = sdse_node_get(r->root, "name")))
        sdse_report_missing(r->root, "name", r->diags);
    else
        sdse_read_text(node, r->diags, &sweep->name);
    read_workloads(r);
    if (!sdse_read_overrides(r->arena, r->root, 0, r->diags, sweep))
        r->out_of_memory = true;
    read_archs(r);
    unsigned word;
    if ((node = sdse_node_get(r->root, "objective")) &&
        sdse_read_word(node, sdse_objective_words(), SDSE_OBJECTIVES, r->diags, &word))
        sweep->objective = (enum sdse_objective)word;
    read_constraints(r);
    read_mapper(r);
    sdse_read_search(sdse_node_get(r->root, "search"), r->diags, sweep);
    if (!sdse_read_outputs(r->arena, sdse_node_get(r->root, "outputs"), r->diags,
                           sweep))
        r->out_of_memory = true;
    if (!sdse_read_forms(r->arena, sdse_node_get(r->root, "weight_forms"), r->diags,
                         sweep))
        r->out_of_memory = true;
}

enum sdse_status sdse_sweep_from_tree(struct sdse_arena *arena,
                                      const struct sdse_node *root,
                                      struct sdse_diags *diags,
                                      struct sdse_sweep **out) {
    const struct sdse_diag *since = diags->last;
    size_t errors = diags->errors;
    if (!sdse_expect_kind(root, SDSE_NODE_MAPPING, diags))
        return SDSE_INVALID;
    struct sdse_sweep *sweep = SDSE_ARENA_NEW(arena, struct sdse_sweep);
    if (!sweep)
        return SDSE_NO_MEMORY;
    *sweep = (struct sdse_sweep){
        .file = root->loc.file, .objective = SDSE_EDP, .loc = root->loc};
    struct reader r = {arena, diags, root, sweep, false};
    read_sweep(&r);
    if (r.out_of_memory)
        return SDSE_NO_MEMORY;
    struct sdse_subject subject = {.diags = diags, .sweep = sweep, .root = root};
    sdse_checks_run(&subject, SDSE_CHECK_SWEEP, since);
    if (diags->errors != errors)
        return SDSE_INVALID;
    *out = sweep;
    return SDSE_OK;
}

enum sdse_status sdse_sweep_load(struct sdse_arena *arena, const char *path,
                                 struct sdse_diags *diags, struct sdse_sweep **out) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    return sdse_sweep_from_tree(arena, root, diags, out);
}

enum sdse_file_kind sdse_tree_kind(const struct sdse_node *root) {
    if (sdse_node_get(root, "anchors"))
        return SDSE_FILE_VALIDATION;
    if (sdse_node_get(root, "mapping"))
        return SDSE_FILE_MAPPING;
    if (sdse_node_get(root, "mappings") || sdse_node_get(root, "groups"))
        return SDSE_FILE_SCHEDULE;
    if (sdse_node_get(root, "workloads") || sdse_node_get(root, "archs"))
        return SDSE_FILE_SWEEP;
    if (sdse_node_get(root, "levels") || sdse_node_get(root, "compute"))
        return SDSE_FILE_ARCH;
    if (sdse_node_get(root, "layers"))
        return SDSE_FILE_WORKLOAD;
    return SDSE_FILE_UNKNOWN;
}
