// A network's file as loop nests.
#include <math.h>
#include <string.h>

#include "spec/checks.h"
#include "spec/load.h"
#include "spec/value.h"

enum { LARGEST = 1u << 30 }; // of one size of a layer

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const struct sdse_node *map; // of the layer
    struct sdse_layer *layer;
    bool sizes_broken; // some size could not be read: nothing to compare
};

// Layers as written; a conv with a 1 x 1 kernel becomes SDSE_CONV1X1.
enum { WRITTEN_CONV, WRITTEN_DWCONV, WRITTEN_FC, WRITTEN_MATMUL, WRITTEN_KINDS };
static const char *const kind_words[] = {"conv", "dwconv", "fc", "matmul"};

// Which layers have which key, as sets of SDSE_BIT(WRITTEN_…).
static const struct {
    const char *key;
    unsigned kinds;
} layer_keys[] = {
    {"name", 15},  {"kind", 15},        {"repeat", 15},  {"density", 15},
    {"in", 7},     {"out_channels", 7}, {"weights", 7},  {"kernel", 3},
    {"stride", 3}, {"pad", 3},          {"dilation", 3}, {"groups", 1},
    {"rows", 4},   {"heads", 8},        {"m", 8},        {"k", 8},
    {"n", 8},
};
enum { LAYER_KEYS = sizeof layer_keys / sizeof *layer_keys };

static void refuse_keys(struct reader *r, unsigned kind) {
    const char *names[LAYER_KEYS];
    for (size_t i = 0; i < LAYER_KEYS; i++)
        names[i] = layer_keys[i].key;
    sdse_refuse_unknown_keys(r->map, names, LAYER_KEYS, r->diags);
    for (size_t i = 0; i < LAYER_KEYS; i++) {
        const struct sdse_node *node = sdse_node_get(r->map, layer_keys[i].key);
        if (node && !(layer_keys[i].kinds & SDSE_BIT(kind))) {
            sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "key-kind",
                          "%s: layers of kind '%s' have no '%s'",
                          sdse_node_path(r->arena, node), kind_words[kind],
                          layer_keys[i].key);
        }
    }
}

// A count under `key`; `fallback` 0 makes the key required.
static uint64_t read_count(struct reader *r, const char *key, uint64_t fallback) {
    const struct sdse_node *node = sdse_node_get(r->map, key);
    uint64_t value = fallback ? fallback : 1;
    if (!node && !fallback) {
        sdse_report_missing(r->map, key, r->diags);
        r->sizes_broken = true;
    }
    if (node && !sdse_read_u64(node, 1, LARGEST, r->diags, &value))
        r->sizes_broken = true;
    return value;
}

// A list of exactly `count` whole numbers from `least`.
static bool read_list(struct reader *r, const struct sdse_node *list, size_t count,
                      uint64_t least, const char *meaning, uint64_t *out) {
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return false;
    if (list->count != count) {
        sdse_diag_add(r->diags, SDSE_ERROR, list->loc, "wrong-type",
                      "%s: expected %s, got %zu values", sdse_node_path(r->arena, list),
                      meaning, list->count);
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good &= sdse_read_u64(sdse_node_at(list, i), least, LARGEST, r->diags, &out[i]);
    return good;
}

// One number for both axes, or [rows, columns].
static void read_pair(struct reader *r, const char *key, uint64_t least, bool required,
                      uint64_t pair[2]) {
    const struct sdse_node *node = sdse_node_get(r->map, key);
    bool good = true;
    if (!node) {
        if (required)
            sdse_report_missing(r->map, key, r->diags);
        good = !required;
    } else if (node->kind == SDSE_NODE_SCALAR) {
        good = sdse_read_u64(node, least, LARGEST, r->diags, &pair[0]);
        pair[1] = pair[0];
    } else {
        good = read_list(r, node, 2, least, "a number or [rows, columns]", pair);
    }
    r->sizes_broken |= !good;
}

// out = floor((in + 2 pad - dilation (kernel - 1) - 1) / stride) + 1; false if the
// kernel does not fit.
static bool output_size(uint64_t in, uint64_t pad, uint64_t dilation, uint64_t kernel,
                        uint64_t stride, uint64_t *out) {
    uint64_t window = dilation * (kernel - 1) + 1;
    if (window > in + 2 * pad)
        return false;
    *out = (in + 2 * pad - window) / stride + 1;
    return true;
}

static struct sdse_loc place(const struct reader *r, const char *key) {
    const struct sdse_node *node = sdse_node_get(r->map, key);
    return node ? node->key_loc : r->map->loc;
}

static void divide_groups(struct reader *r, const char *what, uint64_t channels,
                          uint64_t groups, uint64_t *per_group) {
    *per_group = channels / groups;
    if (channels % groups) {
        sdse_diag_add(r->diags, SDSE_ERROR,
                      place(r, groups > 1 && sdse_node_get(r->map, "groups")
                                   ? "groups"
                                   : "out_channels"),
                      "groups-divide", "layer '%s': %llu groups do not divide %llu %s",
                      r->layer->name, (unsigned long long)groups,
                      (unsigned long long)channels, what);
    }
}

static void read_conv(struct reader *r, bool depthwise) {
    struct sdse_layer *layer = r->layer;
    struct sdse_nest *nest = &layer->nest;
    uint64_t in[3] = {1, 1, 1}, kernel[2] = {1, 1}, stride[2] = {1, 1};
    uint64_t dilation[2] = {1, 1}, pad[2] = {0, 0};
    const struct sdse_node *list = sdse_node_get(r->map, "in");
    if (!list)
        sdse_report_missing(r->map, "in", r->diags);
    if (!list || !read_list(r, list, 3, 1, "[channels, rows, columns]", in))
        r->sizes_broken = true;
    read_pair(r, "kernel", 1, true, kernel);
    read_pair(r, "stride", 1, false, stride);
    read_pair(r, "dilation", 1, false, dilation);
    read_pair(r, "pad", 0, false, pad);
    uint64_t groups = depthwise ? in[0] : read_count(r, "groups", 1);
    uint64_t outs = read_count(r, "out_channels", depthwise ? in[0] : 0);
    if (r->sizes_broken)
        return;
    divide_groups(r, "input channels", in[0], groups, &nest->bound[SDSE_C]);
    divide_groups(r, "output channels", outs, groups, &nest->bound[SDSE_K]);
    nest->bound[SDSE_G] = groups;
    nest->bound[SDSE_R] = kernel[0];
    nest->bound[SDSE_S] = kernel[1];
    layer->in_height = in[1];
    layer->in_width = in[2];
    for (unsigned axis = 0; axis < 2; axis++) {
        nest->stride[axis] = (uint32_t)stride[axis];
        nest->dilation[axis] = (uint32_t)dilation[axis];
        layer->pad[axis] = (uint32_t)pad[axis];
        nest->pad[axis] = (int64_t)pad[axis];
        nest->map[axis] = in[1 + axis];
        if (!output_size(in[1 + axis], pad[axis], dilation[axis], kernel[axis],
                         stride[axis], &nest->bound[axis ? SDSE_Q : SDSE_P]))
            sdse_diag_add(r->diags, SDSE_ERROR, place(r, "kernel"), "kernel-fits",
                          "layer '%s': the kernel's %s exceed the padded input",
                          layer->name, axis ? "columns" : "rows");
    }
    if (kernel[0] == 1 && kernel[1] == 1 && !depthwise)
        layer->kind = SDSE_CONV1X1;
}

static void read_fc(struct reader *r) {
    uint64_t *bound = r->layer->nest.bound;
    bound[SDSE_C] = read_count(r, "in", 0);
    bound[SDSE_K] = read_count(r, "out_channels", 0);
    bound[SDSE_P] = read_count(r, "rows", 1);
    r->layer->in_height = bound[SDSE_P];
}

static void read_matmul(struct reader *r) {
    uint64_t *bound = r->layer->nest.bound;
    bound[SDSE_G] = read_count(r, "heads", 1);
    bound[SDSE_P] = read_count(r, "m", 0);
    bound[SDSE_C] = read_count(r, "k", 0);
    bound[SDSE_K] = read_count(r, "n", 0);
    r->layer->in_height = bound[SDSE_P];
}

static void read_density(struct reader *r) {
    static const char *const keys[] = {"weights", "inputs", "outputs", "source"};
    struct sdse_layer *layer = r->layer;
    const struct sdse_node *map = sdse_node_get(r->map, "density");
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 4, r->diags);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_node *node = sdse_node_get(map, keys[t]);
        if (node)
            sdse_read_double(node, 1e-9, 1, r->diags, &layer->density[t]);
    }
    layer->density_source = "declared";
    const struct sdse_node *source = sdse_node_get(map, "source");
    if (source)
        sdse_read_text(source, r->diags, &layer->density_source);
}

static void read_layer(struct reader *r, uint64_t batch) {
    static const enum sdse_layer_kind kinds[] = {SDSE_CONV, SDSE_DWCONV, SDSE_FC,
                                                 SDSE_MATMUL};
    struct sdse_layer *layer = r->layer;
    *layer = (struct sdse_layer){.name = "?",
                                 .repeat = 1,
                                 .in_height = 1,
                                 .in_width = 1,
                                 .density = {1, 1, 1},
                                 .loc = r->map->loc,
                                 .nest = {.bound = {batch, 1, 1, 1, 1, 1, 1, 1},
                                          .stride = {1, 1},
                                          .dilation = {1, 1}}};
    if (!sdse_expect_kind(r->map, SDSE_NODE_MAPPING, r->diags))
        return;
    const struct sdse_node *node;
    unsigned kind = 0;
    if (!(node = sdse_node_get(r->map, "name")))
        sdse_report_missing(r->map, "name", r->diags);
    else
        sdse_read_text(node, r->diags, &layer->name);
    if (!(node = sdse_node_get(r->map, "kind"))) {
        sdse_report_missing(r->map, "kind", r->diags);
        return;
    }
    if (!sdse_read_word(node, kind_words, WRITTEN_KINDS, r->diags, &kind))
        return;
    layer->kind = kinds[kind];
    refuse_keys(r, kind);
    layer->repeat = read_count(r, "repeat", 1);
    if ((node = sdse_node_get(r->map, "weights")))
        sdse_read_text(node, r->diags, &layer->weights_file);
    read_density(r);
    if (kind == WRITTEN_FC)
        read_fc(r);
    else if (kind == WRITTEN_MATMUL)
        read_matmul(r);
    else
        read_conv(r, kind == WRITTEN_DWCONV);
}

static void read_head(const struct sdse_node *root, struct sdse_workload *net,
                      struct sdse_diags *diags) {
    static const char *const keys[] = {"name", "source", "batch", "layers",
                                       "parameters_not_in_layers"};
    const struct sdse_node *node;
    sdse_refuse_unknown_keys(root, keys, 5, diags);
    if (!(node = sdse_node_get(root, "name")))
        sdse_report_missing(root, "name", diags);
    else
        sdse_read_text(node, diags, &net->name);
    if (!(node = sdse_node_get(root, "source")))
        sdse_report_missing(root, "source", diags);
    else
        sdse_read_text(node, diags, &net->source);
    if ((node = sdse_node_get(root, "batch")))
        sdse_read_u64(node, 1, LARGEST, diags, &net->batch);
    if ((node = sdse_node_get(root, "parameters_not_in_layers")))
        sdse_read_u64(node, 0, UINT64_MAX, diags, &net->parameters_not_in_layers);
}

enum sdse_status sdse_workload_from_tree(struct sdse_arena *arena,
                                         const struct sdse_node *root,
                                         struct sdse_diags *diags,
                                         struct sdse_workload **out) {
    const struct sdse_diag *since = diags->last;
    size_t errors = diags->errors;
    if (!sdse_expect_kind(root, SDSE_NODE_MAPPING, diags))
        return SDSE_INVALID;
    struct sdse_workload *net = SDSE_ARENA_NEW(arena, struct sdse_workload);
    if (!net)
        return SDSE_NO_MEMORY;
    *net = (struct sdse_workload){.file = root->loc.file, .batch = 1, .loc = root->loc};
    read_head(root, net, diags);
    const struct sdse_node *list = sdse_node_get(root, "layers");
    const struct sdse_node **nodes = NULL;
    if (!list) {
        sdse_report_missing(root, "layers", diags);
    } else if (sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags) && list->count) {
        net->layers = SDSE_ARENA_ARRAY(arena, struct sdse_layer, list->count);
        nodes = SDSE_ARENA_ARRAY(arena, const struct sdse_node *, list->count);
        if (!net->layers || !nodes)
            return SDSE_NO_MEMORY;
        sdse_for_each_child (map, list) {
            struct reader r = {arena, diags, map, &net->layers[net->layer_count],
                               false};
            nodes[net->layer_count++] = map;
            read_layer(&r, net->batch);
        }
    }
    struct sdse_subject subject = {
        .diags = diags, .workload = net, .layer_nodes = nodes, .root = root};
    sdse_checks_run(&subject, SDSE_CHECK_WORKLOAD, since);
    if (subject.out_of_memory)
        return SDSE_NO_MEMORY;
    if (diags->errors != errors)
        return SDSE_INVALID;
    *out = net;
    return SDSE_OK;
}

enum sdse_status sdse_workload_load(struct sdse_arena *arena, const char *path,
                                    struct sdse_diags *diags,
                                    struct sdse_workload **out) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    return sdse_workload_from_tree(arena, root, diags, out);
}
