// Which layer reads what which other layer puts out: `edges`.
#include <inttypes.h>
#include <string.h>

#include "spec/value.h"
#include "spec/workload_reader.h"

struct edges_reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_workload *net;
    struct sdse_workload_edge *edge;
    size_t count, room;
    bool out_of_memory;
};

static bool is_fused(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->move.fused;
}

// A fused layer is part of the one before it: that one puts out what it makes.
static size_t host_of(const struct sdse_workload *net, size_t layer) {
    while (layer > 0 && is_fused(&net->layers[layer]))
        layer--;
    return layer;
}

// The layer that a name is; layer_count after a diagnostic.
static size_t find_layer(struct edges_reader *r, const struct sdse_node *node) {
    const char *name;
    if (!sdse_read_text(node, r->diags, &name))
        return r->net->layer_count;
    for (size_t i = 0; i < r->net->layer_count; i++)
        if (strcmp(r->net->layers[i].name, name) == 0)
            return i;
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "edge-unknown",
                  "no layer is called '%.60s'", name);
    return r->net->layer_count;
}

static uint64_t words_out(const struct sdse_layer *layer) {
    return sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound);
}

// Of one of the maps that it reads, whole.
static uint64_t words_in(const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    return bound[SDSE_N] * bound[SDSE_G] * bound[SDSE_C] * layer->in_height *
           layer->in_width;
}

// Whether the layer works word by word: in what order its sizes are does not matter.
static bool is_wordwise(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->kind != SDSE_POOL;
}

// Samples, rows and columns agree, or the words of a sample where they have no order.
static bool shapes_agree(const struct sdse_layer *from, const struct sdse_layer *to) {
    const uint64_t *out = from->nest.bound;
    const bool vector = to->kind == SDSE_FC && to->in_height == 1;
    const bool words = vector || is_wordwise(from) || is_wordwise(to);
    return words_out(from) == words_in(to) && out[SDSE_N] == to->nest.bound[SDSE_N] &&
           (words || (out[SDSE_P] == to->in_height && out[SDSE_Q] == to->in_width));
}

static bool check_ends(struct edges_reader *r, size_t from, size_t to,
                       struct sdse_loc loc) {
    const struct sdse_layer *maker = &r->net->layers[from],
                            *reader = &r->net->layers[to];
    if (from >= to) {
        sdse_diag_add(r->diags, SDSE_ERROR, loc, "edge-cycle",
                      "layer '%.60s' reads what '%.60s' puts out, which stands behind "
                      "it: layers are executed in the file's order",
                      reader->name, maker->name);
        return false;
    }
    if (maker->repeat > 1 || reader->repeat > 1) {
        sdse_diag_add(r->diags, SDSE_ERROR, loc, "edge-repeat",
                      "layer '%.60s' is executed %" PRIu64
                      " times: edges are between layers that are executed once",
                      maker->repeat > 1 ? maker->name : reader->name,
                      maker->repeat > 1 ? maker->repeat : reader->repeat);
        return false;
    }
    if (!shapes_agree(maker, reader)) {
        const uint64_t *out = maker->nest.bound;
        sdse_diag_add(r->diags, SDSE_ERROR, loc, "edge-shape",
                      "layer '%.60s' puts out %" PRIu64 " x %" PRIu64 " x %" PRIu64
                      ", but '%.60s' reads %" PRIu64 " x %" PRIu64 " x %" PRIu64,
                      maker->name, out[SDSE_G] * out[SDSE_K], out[SDSE_P], out[SDSE_Q],
                      reader->name,
                      reader->nest.bound[SDSE_G] * reader->nest.bound[SDSE_C],
                      reader->in_height, reader->in_width);
        return false;
    }
    return true;
}

// Edges into a layer that are more than the maps it reads.
static bool check_operands(struct edges_reader *r, size_t to, struct sdse_loc loc) {
    const struct sdse_layer *reader = &r->net->layers[to];
    const uint64_t most = sdse_layer_moves(reader) ? reader->move.addends : 1;
    uint64_t already = 0;
    for (size_t i = 0; i < r->count; i++)
        already += r->edge[i].to == to;
    if (already < most)
        return true;
    sdse_diag_add(r->diags, SDSE_ERROR, loc, "edge-twice",
                  "layer '%.60s' reads %" PRIu64 " map%s, and is given more",
                  reader->name, most, most == 1 ? "" : "s");
    return false;
}

static void add_edge(struct edges_reader *r, size_t from, size_t to,
                     struct sdse_loc loc) {
    if (!check_ends(r, from, to, loc) || !check_operands(r, to, loc))
        return;
    if (r->count == r->room) {
        const size_t room = r->room ? 2 * r->room : 64;
        struct sdse_workload_edge *edge =
            SDSE_ARENA_ARRAY(r->arena, struct sdse_workload_edge, room);
        if (!edge) {
            r->out_of_memory = true;
            return;
        }
        if (r->count)
            memcpy(edge, r->edge, r->count * sizeof *edge);
        r->edge = edge;
        r->room = room;
    }
    r->edge[r->count++] = (struct sdse_workload_edge){from, to, loc};
}

static void read_target(struct edges_reader *r, size_t from,
                        const struct sdse_node *node) {
    const size_t to = find_layer(r, node);
    if (to == r->net->layer_count || from == r->net->layer_count)
        return;
    if (is_fused(&r->net->layers[to])) {
        sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "edge-fused",
                      "layer '%.60s' is fused: it reads nothing but what the layer "
                      "before it makes",
                      r->net->layers[to].name);
        return;
    }
    add_edge(r, host_of(r->net, from), to, node->loc);
}

static void read_edge(struct edges_reader *r, const struct sdse_node *map) {
    static const char *const keys[] = {"from", "to"};
    const struct sdse_node *end[2];
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 2, r->diags);
    for (unsigned i = 0; i < 2; i++)
        if (!(end[i] = sdse_node_get(map, keys[i])))
            sdse_report_missing(map, keys[i], r->diags);
    if (!end[0] || !end[1])
        return;
    const size_t from = find_layer(r, end[0]);
    if (end[1]->kind != SDSE_NODE_SEQUENCE) {
        read_target(r, from, end[1]);
        return;
    }
    sdse_for_each_child (node, end[1])
        read_target(r, from, node);
}

// Each layer reads what the one before it in the file puts out.
static void chain(struct edges_reader *r, struct sdse_loc loc) {
    for (size_t to = 1; to < r->net->layer_count && !r->out_of_memory; to++)
        if (!is_fused(&r->net->layers[to]))
            add_edge(r, host_of(r->net, to - 1), to, loc);
}

bool sdse_read_edges(struct sdse_arena *arena, const struct sdse_node *root,
                     struct sdse_workload *net, struct sdse_diags *diags) {
    static const char *const words[] = {"chain"};
    const struct sdse_node *node = sdse_node_get(root, "edges");
    struct edges_reader r = {.arena = arena, .diags = diags, .net = net};
    unsigned word;
    if (!node)
        return true;
    if (node->kind == SDSE_NODE_SCALAR) {
        if (sdse_read_word(node, words, 1, diags, &word))
            chain(&r, node->loc);
    } else if (sdse_expect_kind(node, SDSE_NODE_SEQUENCE, diags)) {
        sdse_for_each_child (map, node)
            read_edge(&r, map);
    }
    net->edge_count = r.count;
    net->edges = r.edge;
    return !r.out_of_memory;
}
