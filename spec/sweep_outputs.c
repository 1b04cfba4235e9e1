// The models behind a sweep's networks, and the inputs to run them on.
#include <string.h>

#include "spec/beside.h"
#include "spec/sweep_outputs.h"
#include "spec/value.h"

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const char *file; // of the sweep
    bool out_of_memory;
};

static const char *read_path(struct reader *r, const struct sdse_node *node) {
    const char *path;
    if (!sdse_read_text(node, r->diags, &path))
        return NULL;
    path = sdse_beside(r->arena, r->file, path);
    r->out_of_memory |= !path;
    return path;
}

static void add_file(struct reader *r, const char *name, const struct sdse_node *node,
                     struct sdse_sweep_outputs *out) {
    const char *path = read_path(r, node);
    if (path)
        out->files[out->file_count++] = (struct sdse_sweep_file){name, path};
}

// A path, a list of paths, or either for each input's name.
static size_t count_files(const struct sdse_node *node) {
    size_t count = 0;
    if (node->kind == SDSE_NODE_SCALAR)
        return 1;
    sdse_for_each_child (child, node)
        count += child->kind == SDSE_NODE_SEQUENCE ? child->count : 1;
    return count;
}

static void read_files(struct reader *r, const struct sdse_node *node,
                       struct sdse_sweep_outputs *out) {
    out->files =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_sweep_file, count_files(node) + 1);
    if (!out->files) {
        r->out_of_memory = true;
        return;
    }
    if (node->kind == SDSE_NODE_SCALAR) {
        add_file(r, NULL, node, out);
        return;
    }
    sdse_for_each_child (child, node) {
        const char *name = node->kind == SDSE_NODE_MAPPING ? child->key : NULL;
        if (!name || child->kind != SDSE_NODE_SEQUENCE) {
            add_file(r, name, child, out);
            continue;
        }
        sdse_for_each_child (item, child)
            add_file(r, name, item, out);
    }
}

static void read_one(struct reader *r, const struct sdse_node *map,
                     struct sdse_sweep_outputs *out) {
    static const char *const keys[] = {"workload", "model", "inputs"};
    const struct sdse_node *node;
    *out = (struct sdse_sweep_outputs){.loc = map->loc};
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 3, r->diags);
    if ((node = sdse_node_get(map, "workload")))
        sdse_read_text(node, r->diags, &out->workload);
    if ((node = sdse_node_get(map, "model")))
        out->model = read_path(r, node);
    else
        sdse_report_missing(map, "model", r->diags);
    if ((node = sdse_node_get(map, "inputs")))
        read_files(r, node, out);
    else
        sdse_report_missing(map, "inputs", r->diags);
    if (node && out->files && out->file_count == 0 && count_files(node) == 0)
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "outputs-inputs",
                      "no file of inputs is named");
}

bool sdse_read_outputs(struct sdse_arena *arena, const struct sdse_node *node,
                       struct sdse_diags *diags, struct sdse_sweep *sweep) {
    struct reader r = {arena, diags, sweep->file, false};
    if (!node)
        return true;
    bool list = node->kind == SDSE_NODE_SEQUENCE;
    size_t count = list ? node->count : 1;
    sweep->outputs = SDSE_ARENA_ARRAY(arena, struct sdse_sweep_outputs, count + 1);
    if (!sweep->outputs)
        return false;
    if (!list)
        read_one(&r, node, &sweep->outputs[sweep->output_count++]);
    else
        sdse_for_each_child (item, node)
            read_one(&r, item, &sweep->outputs[sweep->output_count++]);
    return !r.out_of_memory;
}
