// Which layer reads what which other layer puts out: `edges`.
#include <inttypes.h>
#include <string.h>

#include "base/arena_grow.h"
#include "spec/edge_shape.h"
#include "spec/family.h"
#include "spec/value.h"
#include "spec/workload_reader.h"

struct edges_reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_workload *net;
    const struct sdse_layer_list *list; // the network's layers
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

// --- Edges into one layer ---

// Edges of a use into a layer that are more than it reads.
static bool check_operands(struct edges_reader *r,
                           const struct sdse_workload_edge *edge) {
    static const char *const verbs[SDSE_EDGE_USES] = {"reads", "reads", "adds",
                                                      "reads"},
                             *const tails[SDSE_EDGE_USES] = {
                                 "", "", " to what it puts out", " as weights"};
    const struct sdse_layer *reader = &r->net->layers[edge->to];
    const bool concat = edge->use == SDSE_EDGE_CONCAT;
    const uint64_t most = edge->use == SDSE_EDGE_ADDEND ? reader->addends
                          : edge->use == SDSE_EDGE_INPUTS && sdse_layer_moves(reader)
                              ? reader->move.addends
                              : 1;
    uint64_t already = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct sdse_workload_edge *other = &r->edge[i];
        const bool inputs = other->use <= SDSE_EDGE_CONCAT,
                   same = other->use == edge->use ||
                          (inputs && edge->use <= SDSE_EDGE_CONCAT);
        // The parts of one list are one map.
        const bool of_list = concat && other->use == SDSE_EDGE_CONCAT &&
                             other->loc.line == edge->loc.line &&
                             other->loc.column == edge->loc.column;
        already += other->to == edge->to && same && !of_list;
    }
    if (already < most)
        return true;
    sdse_edge_report(edge, r->diags, "edge-twice",
                     "layer '%.60s' %s %" PRIu64 " map%s%s, and is given more%s",
                     reader->name, verbs[edge->use], most, most == 1 ? "" : "s",
                     tails[edge->use],
                     edge->use == SDSE_EDGE_ADDEND ? ": say `addends:` in it" : "");
    return false;
}

// What a site of a shared block puts out is worked on there before others read it.
static bool check_site(struct edges_reader *r, const struct sdse_workload_edge *edge) {
    if (!r->list->site || !r->list->site[edge->from] || edge->to <= edge->from + 1)
        return true;
    const struct sdse_layer *layer = &r->net->layers[edge->from];
    sdse_edge_report(edge, r->diags, "shared-block",
                     "what layer '%.60s' puts out is read by its block alone: say "
                     "`from: %.60s`",
                     layer->name, layer[1].name);
    return false;
}

static void add_edge(struct edges_reader *r, const struct sdse_workload_edge *edge) {
    if (!check_site(r, edge) || !sdse_edge_agrees(r->net, edge, r->arena, r->diags) ||
        !check_operands(r, edge))
        return;
    struct sdse_workload_edge *more =
        sdse_arena_grow(r->arena, r->edge, r->count, &r->room, sizeof *more);
    if (!more) {
        r->out_of_memory = true;
        return;
    }
    r->edge = more;
    r->edge[r->count++] = *edge;
}

// --- Reading ---

// A layer that has edges into it; layer_count after a diagnostic.
static size_t find_reader(struct edges_reader *r, const struct sdse_node *node) {
    const size_t to = find_layer(r, node);
    if (to == r->net->layer_count || !is_fused(&r->net->layers[to]))
        return to;
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "edge-fused",
                  "layer '%.60s' is fused: it reads nothing but what the layer before "
                  "it makes",
                  r->net->layers[to].name);
    return r->net->layer_count;
}

// One number for rows and columns, or both.
static bool read_pair(struct edges_reader *r, const struct sdse_node *node,
                      uint64_t least, uint64_t out[2]) {
    if (node->kind == SDSE_NODE_SCALAR) {
        const bool good =
            sdse_read_u64(node, least, SDSE_LARGEST_SIZE, r->diags, &out[0]);
        out[1] = out[0];
        return good;
    }
    struct sdse_layer_reader list = {.arena = r->arena, .diags = r->diags};
    return sdse_layer_list(&list, node, 2, least, "a number or [rows, columns]", out);
}

// The keys of an edge beside its ends.
enum { KERNEL, STRIDE, PAD, CHANNELS, RESHAPE, FREE, MORE_KEYS };
static const char *const more_keys[MORE_KEYS] = {"kernel",   "stride",  "pad",
                                                 "channels", "reshape", "free"};

// Reports a key that goes with nothing that the edge says.
static bool refuse_stray(struct edges_reader *r, const struct sdse_node *map,
                         const struct sdse_workload_edge *edge, bool list) {
    const bool pool = edge->via == SDSE_VIA_POOL;
    const bool with[MORE_KEYS] = {pool,
                                  pool,
                                  pool,
                                  !list,
                                  edge->use == SDSE_EDGE_INPUTS ||
                                      edge->use == SDSE_EDGE_WEIGHTS,
                                  pool || edge->via == SDSE_VIA_SOFTMAX};
    static const char *const needed[MORE_KEYS] = {"`via: pool`",
                                                  "`via: pool`",
                                                  "`via: pool`",
                                                  "one maker",
                                                  "inputs or `as: weights`",
                                                  "`via: pool` or `via: softmax`"};
    bool good = true;
    for (unsigned i = 0; i < MORE_KEYS; i++) {
        const struct sdse_node *node = sdse_node_get(map, more_keys[i]);
        if (!node || with[i])
            continue;
        sdse_diag_add(r->diags, SDSE_ERROR, node->key_loc, "edge-kind",
                      "`%s` goes with %s", more_keys[i], needed[i]);
        good = false;
    }
    return good;
}

static bool read_window(struct edges_reader *r, const struct sdse_node *map,
                        struct sdse_workload_edge *edge) {
    const struct sdse_node *node = sdse_node_get(map, "kernel");
    if (!node) {
        sdse_report_missing(map, "kernel", r->diags);
        return false;
    }
    bool good = read_pair(r, node, 1, edge->kernel);
    if ((node = sdse_node_get(map, "stride")))
        good &= read_pair(r, node, 1, edge->stride);
    if ((node = sdse_node_get(map, "pad")))
        good &= read_pair(r, node, 0, edge->pad);
    return good;
}

// What is worked on the way costs nothing, which must be said.
static bool check_free(struct edges_reader *r, const struct sdse_node *map,
                       const struct sdse_workload_edge *edge) {
    const struct sdse_node *node = sdse_node_get(map, "free");
    bool is_free = false;
    if (node && !sdse_read_bool(node, r->diags, &is_free))
        return false;
    if (is_free)
        return true;
    sdse_diag_add(r->diags, SDSE_ERROR, node ? node->loc : map->loc, "edge-free",
                  "the %s on the way costs nothing: say `free: true`, or make it a "
                  "layer",
                  sdse_edge_via_name(edge->via));
    return false;
}

// What an edge is, but for its ends. list: `from` is one.
static bool read_kind(struct edges_reader *r, const struct sdse_node *map, bool list,
                      struct sdse_workload_edge *edge) {
    static const char *const uses[] = {"inputs", "concat", "addend", "weights"},
                             *const vias[] = {"pool", "softmax", "product"},
                             *const shapes[] = {"heads"};
    unsigned word = 0;
    const struct sdse_node *node;
    *edge = (struct sdse_workload_edge){.stride = {1, 1}};
    if ((node = sdse_node_get(map, "as"))) {
        if (!sdse_read_word(node, uses, SDSE_EDGE_USES, r->diags, &word))
            return false;
        edge->use = (enum sdse_edge_use)word;
    }
    if ((node = sdse_node_get(map, "via"))) {
        if (!sdse_read_word(node, vias, SDSE_EDGE_VIAS - 1, r->diags, &word))
            return false;
        edge->via = (enum sdse_edge_via)(word + 1);
    }
    const struct sdse_loc loc = node ? node->loc : map->loc;
    const bool product = edge->via == SDSE_VIA_PRODUCT,
               concat = edge->use == SDSE_EDGE_CONCAT;
    const char *why = NULL;
    if (list && !concat && !(product && edge->use == SDSE_EDGE_INPUTS))
        why = "several makers are put together `as: concat`, or multiplied `via: "
              "product`";
    else if (product && !list && edge->use != SDSE_EDGE_ADDEND)
        why = "a product is of a list of makers, or of `as: addend`";
    else if (edge->via && !product && edge->use != SDSE_EDGE_INPUTS)
        why = "what is pooled or normalised on the way are inputs";
    if (why) {
        sdse_diag_add(r->diags, SDSE_ERROR, loc, "edge-kind", "%s", why);
        return false;
    }
    if (!refuse_stray(r, map, edge, list))
        return false;
    bool good = true;
    if ((node = sdse_node_get(map, "reshape")))
        good = edge->heads = sdse_read_word(node, shapes, 1, r->diags, &word);
    if ((node = sdse_node_get(map, "channels"))) {
        uint64_t range[2] = {0, 0};
        struct sdse_layer_reader reader = {.arena = r->arena, .diags = r->diags};
        good &= sdse_layer_list(&reader, node, 2, 0, "[first, count]", range);
        edge->first_channel = range[0];
        edge->channels = range[1];
        if (good && !edge->channels) {
            sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "edge-shape",
                          "no channel is one too few");
            good = false;
        }
    }
    if (edge->via == SDSE_VIA_POOL)
        good &= read_window(r, map, edge);
    if (edge->via && !product)
        good &= check_free(r, map, edge);
    return good;
}

// The channels of a list of makers are those that the reader reads, in this order.
static void read_concat(struct edges_reader *r, const struct sdse_node *from,
                        const struct sdse_node *to, struct sdse_workload_edge edge) {
    const size_t errors = r->diags->errors;
    uint64_t channels = 0;
    edge.to = find_reader(r, to);
    edge.loc = to->loc;
    if (edge.to == r->net->layer_count || !sdse_edge_may_be(r->net, &edge, r->diags))
        return;
    sdse_for_each_child (node, from) {
        edge.from = find_layer(r, node);
        if (edge.from == r->net->layer_count)
            continue;
        edge.from = host_of(r->net, edge.from);
        const uint64_t *bound = r->net->layers[edge.from].nest.bound;
        channels += bound[SDSE_G] * bound[SDSE_K];
        add_edge(r, &edge);
    }
    const uint64_t *bound = r->net->layers[edge.to].nest.bound;
    if (r->diags->errors == errors && channels != bound[SDSE_G] * bound[SDSE_C])
        sdse_diag_add(r->diags, SDSE_ERROR, to->loc, "edge-shape",
                      "%" PRIu64 " channels are put together, but layer '%.60s' reads "
                      "%" PRIu64,
                      channels, r->net->layers[edge.to].name,
                      bound[SDSE_G] * bound[SDSE_C]);
}

// The last maker of a list multiplies its outputs with those of the others; the product
// is what the reader reads.
static void read_product(struct edges_reader *r, const struct sdse_node *from,
                         const struct sdse_node *to) {
    struct sdse_workload_edge edge = {.stride = {1, 1}};
    const struct sdse_node *end = from->last;
    const size_t last = find_layer(r, end), reader = find_reader(r, to);
    if (last == r->net->layer_count || reader == r->net->layer_count)
        return;
    edge.use = SDSE_EDGE_ADDEND;
    edge.via = SDSE_VIA_PRODUCT;
    edge.to = host_of(r->net, last);
    edge.loc = end->loc;
    sdse_for_each_child (node, from) {
        if (node == end)
            break;
        edge.from = find_layer(r, node);
        if (edge.from == r->net->layer_count)
            return;
        edge.from = host_of(r->net, edge.from);
        add_edge(r, &edge);
    }
    edge = (struct sdse_workload_edge){
        .from = edge.to, .to = reader, .stride = {1, 1}, .loc = to->loc};
    add_edge(r, &edge);
}

static void read_list(struct edges_reader *r, const struct sdse_node *from,
                      const struct sdse_node *to,
                      const struct sdse_workload_edge *edge) {
    if (from->count < 2 || to->kind == SDSE_NODE_SEQUENCE) {
        sdse_diag_add(r->diags, SDSE_ERROR, from->count < 2 ? from->loc : to->loc,
                      "edge-kind",
                      "a list of makers is of two or more, and of one reader");
        return;
    }
    if (edge->use == SDSE_EDGE_CONCAT)
        read_concat(r, from, to, *edge);
    else
        read_product(r, from, to);
}

static void read_target(struct edges_reader *r, size_t from,
                        const struct sdse_node *node, struct sdse_workload_edge edge) {
    edge.to = find_reader(r, node);
    if (edge.to == r->net->layer_count || from == r->net->layer_count)
        return;
    edge.from = host_of(r->net, from);
    edge.loc = node->loc;
    add_edge(r, &edge);
}

static void read_edge(struct edges_reader *r, const struct sdse_node *map) {
    static const char *const keys[] = {"from",   "to",  "as",       "via",     "kernel",
                                       "stride", "pad", "channels", "reshape", "free"};
    const struct sdse_node *end[2];
    struct sdse_workload_edge edge;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, sizeof keys / sizeof *keys, r->diags);
    for (unsigned i = 0; i < 2; i++)
        if (!(end[i] = sdse_node_get(map, keys[i])))
            sdse_report_missing(map, keys[i], r->diags);
    if (!end[0] || !end[1])
        return;
    const bool list = end[0]->kind == SDSE_NODE_SEQUENCE;
    if (!read_kind(r, map, list, &edge))
        return;
    if (list) {
        read_list(r, end[0], end[1], &edge);
        return;
    }
    const size_t from = find_layer(r, end[0]);
    if (end[1]->kind != SDSE_NODE_SEQUENCE) {
        read_target(r, from, end[1], edge);
        return;
    }
    if (!end[1]->count)
        sdse_diag_add(r->diags, SDSE_ERROR, end[1]->loc, "edge-unknown",
                      "a list of readers is of one or more");
    sdse_for_each_child (node, end[1])
        read_target(r, from, node, edge);
}

// Each layer reads what the one before it in the file puts out; of the networks of a
// round the first reads none.
static void chain(struct edges_reader *r, struct sdse_loc loc) {
    const size_t *choice = r->list->choice;
    for (size_t to = 1; to < r->net->layer_count && !r->out_of_memory; to++) {
        if (choice && choice[to] != choice[to - 1])
            continue;
        const struct sdse_workload_edge edge = {
            .from = host_of(r->net, to - 1), .to = to, .stride = {1, 1}, .loc = loc};
        if (!is_fused(&r->net->layers[to]))
            add_edge(r, &edge);
    }
}

bool sdse_read_edges(struct sdse_arena *arena, const struct sdse_node *root,
                     const struct sdse_layer_list *layers, struct sdse_workload *net,
                     struct sdse_diags *diags) {
    static const char *const words[] = {"chain"};
    const struct sdse_node *node = sdse_node_get(root, "edges");
    struct edges_reader r = {
        .arena = arena, .diags = diags, .net = net, .list = layers};
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
