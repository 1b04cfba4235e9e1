#include "import/onnx/edges.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena_grow.h"
#include "import/onnx/heads.h"
#include "import/onnx/operators.h"
#include "spec/edge_shape.h"

enum { MOST_PARTS = 16 }; // of channels put together

// Where a value comes from: what one layer puts out, or several put together.
struct origin {
    uint32_t count; // 0: from no layer, or from several of one node
    size_t part[MOST_PARTS];
    // The node whose layers from `first` to before `end` make a part each, that no edge
    // says; NULL: it has none.
    const struct sdse_onnx_node *apart;
    size_t first, end;
};

// Why what a layer puts out has no edge.
struct refusal {
    const struct sdse_onnx_node *node; // NULL: it may have one
    bool leaves;                       // the model, which is no more to say
};

struct sdse_onnx_edges {
    const struct sdse_onnx_graph *graph;
    const struct sdse_onnx_regions *regions;
    struct origin *origin;           // of each value
    struct sdse_workload_edge *edge; // in the order of the nodes
    size_t count, room;
    struct refusal *refused; // of each layer
    size_t *host;            // of each: the layer that it is fused into, or itself
    size_t layers, hosts;    // room for them; layers whose host is known
};

struct sdse_onnx_edges *sdse_onnx_edges_begin(const struct sdse_onnx_graph *graph,
                                              const struct sdse_onnx_regions *regions) {
    struct sdse_onnx_edges *edges =
        SDSE_ARENA_NEW(graph->arena, struct sdse_onnx_edges);
    if (!edges)
        return NULL;
    *edges = (struct sdse_onnx_edges){
        .graph = graph,
        .regions = regions,
        .origin = SDSE_ARENA_ARRAY(graph->arena, struct origin,
                                   (size_t)graph->value_count + 1)};
    return edges->origin ? edges : NULL;
}

// --- Memory ---

static bool make_layer_room(struct sdse_onnx_edges *edges, size_t count) {
    if (count <= edges->layers)
        return true;
    const size_t room = 2 * count;
    struct refusal *refused =
        SDSE_ARENA_ARRAY(edges->graph->arena, struct refusal, room);
    size_t *host = SDSE_ARENA_ARRAY(edges->graph->arena, size_t, room);
    if (!refused || !host)
        return false;
    if (edges->layers) {
        memcpy(refused, edges->refused, edges->layers * sizeof *refused);
        memcpy(host, edges->host, edges->layers * sizeof *host);
    }
    edges->refused = refused;
    edges->host = host;
    edges->layers = room;
    return true;
}

static bool keep(struct sdse_onnx_edges *edges, const struct sdse_workload_edge *edge) {
    struct sdse_workload_edge *more = sdse_arena_grow(
        edges->graph->arena, edges->edge, edges->count, &edges->room, sizeof *more);
    if (!more)
        return false;
    edges->edge = more;
    edges->edge[edges->count++] = *edge;
    return true;
}

// --- One node ---

static bool is_fused(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->move.fused;
}

// Of the layers that have come since the last node.
static void find_hosts(struct sdse_onnx_edges *edges,
                       const struct sdse_onnx_layers *layers) {
    for (size_t l = edges->hosts; l < layers->count; l++)
        edges->host[l] = l > 0 && is_fused(&layers->layer[l]) ? edges->host[l - 1] : l;
    edges->hosts = layers->count;
}

static void refuse_layer(struct sdse_onnx_edges *edges, size_t layer,
                         struct refusal why) {
    if (!edges->refused[layer].node)
        edges->refused[layer] = why;
}

// What is made in parts was never to have an edge: that is its maker's account.
static void refuse(struct sdse_onnx_edges *edges, const struct sdse_onnx_layers *layers,
                   const struct origin *origin, struct refusal why) {
    for (uint32_t i = 0; i < origin->count; i++)
        refuse_layer(edges, origin->part[i], why);
    if (!origin->apart)
        return;
    why.node = origin->apart;
    for (size_t l = origin->first; l < origin->end; l++)
        if (!is_fused(&layers->layer[l]))
            refuse_layer(edges, l, why);
}

// A map that depends on the model's inputs.
static bool is_map(const struct sdse_onnx_edges *edges, uint32_t value) {
    return value != SDSE_ONNX_NONE && !edges->regions->fixed[value] &&
           !edges->regions->few[value];
}

static bool same(const struct origin *a, const struct origin *b) {
    return a->count == b->count && a->apart == b->apart &&
           memcmp(a->part, b->part, a->count * sizeof *a->part) == 0;
}

// What a node whose inputs all come from one place reads; false: from several.
static bool one_origin(const struct sdse_onnx_edges *edges,
                       const struct sdse_onnx_node *node, struct origin *out) {
    bool found = false;
    *out = (struct origin){.count = 0};
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!is_map(edges, node->input[i]))
            continue;
        const struct origin *here = &edges->origin[node->input[i]];
        if (found && !same(out, here))
            return false;
        *out = *here;
        found = true;
    }
    return true;
}

static void refuse_inputs(struct sdse_onnx_edges *edges,
                          const struct sdse_onnx_layers *layers, struct refusal why) {
    for (uint32_t i = 0; i < why.node->input_count; i++)
        if (is_map(edges, why.node->input[i]))
            refuse(edges, layers, &edges->origin[why.node->input[i]], why);
}

static bool passes_on(const struct sdse_onnx_node *node) {
    static const char *const views[] = {"Reshape",  "Transpose",         "Flatten",
                                        "Squeeze",  "Unsqueeze",         "Dropout",
                                        "Identity", "BatchNormalization"};
    const enum sdse_onnx_role role = sdse_onnx_role_of(node);
    return SDSE_ONNX_AMONG(node->op, views) || role == SDSE_ONNX_COPY ||
           role == SDSE_ONNX_POINT || role == SDSE_ONNX_BINARY;
}

// Channels put together: behind a leading dimension of samples.
static bool join(const struct sdse_onnx_edges *edges, const struct sdse_onnx_node *node,
                 struct origin *out) {
    static const char *const names[] = {"Concat", "QLinearConcat"};
    *out = (struct origin){.count = 0};
    if (!SDSE_ONNX_AMONG(node->op, names) || sdse_onnx_int(node, "axis", 0) != 1)
        return false;
    for (uint32_t i = 0; i < node->input_count; i++) {
        if (!is_map(edges, node->input[i]))
            continue; // if it is channels, they will be too few
        const struct origin *here = &edges->origin[node->input[i]];
        if (here->count != 1 || out->count == MOST_PARTS)
            return false;
        out->part[out->count++] = here->part[0];
    }
    return out->count > 1;
}

// Whether the model puts out what a node does.
static bool leaves(const struct sdse_onnx_edges *edges,
                   const struct sdse_onnx_node *node) {
    for (uint32_t i = 0; i < node->output_count; i++)
        if (node->output[i] != SDSE_ONNX_NONE &&
            edges->graph->value[node->output[i]].output)
            return true;
    return false;
}

// A node that has become no layer: it passes on what it reads, or reads it where no
// edge says so.
static void note_silent(struct sdse_onnx_edges *edges,
                        const struct sdse_onnx_layers *layers,
                        const struct sdse_onnx_node *node) {
    struct origin origin;
    const bool whole = node->output_count == 1 && node->output[0] != SDSE_ONNX_NONE &&
                       (join(edges, node, &origin) ||
                        (passes_on(node) && one_origin(edges, node, &origin)));
    if (whole) {
        edges->origin[node->output[0]] = origin;
        return;
    }
    // Sizes are computed from shapes: nobody reads the words.
    bool counts = node->output_count > 0;
    for (uint32_t i = 0; i < node->output_count; i++)
        counts &= node->output[i] == SDSE_ONNX_NONE ||
                  edges->regions->few[node->output[i]] ||
                  edges->regions->fixed[node->output[i]];
    if (!counts || strcmp(node->op, "Shape") != 0)
        refuse_inputs(edges, layers, (struct refusal){node, leaves(edges, node)});
}

// Whether the second operand of a product is the right one: a stack for heads that
// share it may be the first.
static bool is_right(const struct sdse_onnx_edges *edges,
                     const struct sdse_onnx_node *node, uint32_t input) {
    const struct sdse_onnx_operands at = sdse_onnx_operands_of(node->op);
    const bool swapped = strstr(node->op, "MatMul") &&
                         sdse_onnx_heads_of(edges->graph, node, at).swapped;
    return input == (swapped ? at.a : at.b);
}

// The edges of one input into a layer; refuses it where there can be none. False:
// memory is out.
static bool connect(struct sdse_onnx_edges *edges,
                    const struct sdse_onnx_layers *layers,
                    const struct sdse_onnx_node *node, uint32_t input, size_t to) {
    const struct origin *from = &edges->origin[node->input[input]];
    const struct sdse_workload net = {.layer_count = layers->count,
                                      .layers = layers->layer};
    const bool product = layers->layer[to].kind == SDSE_MATMUL;
    struct sdse_workload_edge edge = {
        .to = to, .stride = {1, 1}, .loc = layers->layer[to].loc};
    uint64_t channels = 0;
    edge.use = from->count > 1                           ? SDSE_EDGE_CONCAT
               : product && is_right(edges, node, input) ? SDSE_EDGE_WEIGHTS
                                                         : SDSE_EDGE_INPUTS;
    const uint64_t *bound = layers->layer[to].nest.bound;
    bool fits = from->count > 0;
    for (uint32_t i = 0; i < from->count && fits; i++) {
        struct sdse_map_shape shape;
        edge.from = from->part[i];
        fits = edge.from < to && sdse_edge_carries(&net, &edge, &shape);
        channels += shape.channels;
        edge.heads = fits && !sdse_edge_fits(&net, &edge, &shape);
        fits = fits && (!edge.heads || (edge.use != SDSE_EDGE_CONCAT &&
                                        sdse_edge_fits(&net, &edge, &shape)));
    }
    if (edge.use == SDSE_EDGE_CONCAT)
        fits = fits && channels == bound[SDSE_G] * bound[SDSE_C] &&
               layers->layer[to].kind != SDSE_ADD;
    if (!fits) {
        refuse(edges, layers, from, (struct refusal){node, false});
        return true;
    }
    for (uint32_t i = 0; i < from->count; i++) {
        edge.from = from->part[i];
        if (!keep(edges, &edge))
            return false;
    }
    return true;
}

// A node that has become one layer that reads, and functions fused behind it.
static bool note_layer(struct sdse_onnx_edges *edges,
                       const struct sdse_onnx_layers *layers,
                       const struct sdse_onnx_node *node, size_t to) {
    const struct sdse_layer *layer = &layers->layer[to];
    uint64_t maps = 0;
    // Of a region: one map, however many of the node's inputs it is.
    const bool normal = sdse_layer_moves(layer) && layer->kind != SDSE_ADD;
    struct origin origin;
    if (normal && !one_origin(edges, node, &origin)) {
        refuse_inputs(edges, layers, (struct refusal){node, false});
        return true;
    }
    for (uint32_t i = 0; i < node->input_count && !(normal && maps); i++) {
        if (!is_map(edges, node->input[i]))
            continue;
        maps++;
        if (i > 0 && strcmp(node->op, "DeformConv") == 0) { // where it reads, not what
            refuse(edges, layers, &edges->origin[node->input[i]],
                   (struct refusal){node, false});
            continue;
        }
        // A smaller map, that is repeated over the others, does not fit.
        if (!connect(edges, layers, node, i, to))
            return false;
    }
    return true;
}

// Whether a value is what a layer, or the layers of one node that it is the last of,
// put out, and nothing else.
static bool is_of(const struct origin *origin, size_t layer) {
    return origin->apart ? layer >= origin->first && layer < origin->end
                         : origin->count == 1 && origin->part[0] == layer;
}

// Where what a node puts out comes from that has become layers from `first` on, of
// which `read` are not fused.
static struct origin made_by(const struct sdse_onnx_edges *edges,
                             const struct sdse_onnx_layers *layers,
                             const struct sdse_onnx_node *node, size_t first,
                             size_t read) {
    if (read > 1)
        return (struct origin){.apart = node, .first = first, .end = layers->count};
    return (struct origin){.count = read == 1,
                           .part = {edges->host[layers->count - 1]}};
}

bool sdse_onnx_edges_node(struct sdse_onnx_edges *edges,
                          const struct sdse_onnx_layers *layers,
                          const struct sdse_onnx_node *node, size_t before) {
    size_t read = 0, target = 0;
    struct origin origin;
    if (!make_layer_room(edges, layers->count + 1))
        return false;
    find_hosts(edges, layers);
    if (layers->count == before) {
        note_silent(edges, layers, node);
    } else {
        for (size_t l = before; l < layers->count; l++)
            if (!is_fused(&layers->layer[l]) && read++ == 0)
                target = l;
        const bool host = before > 0 && one_origin(edges, node, &origin) &&
                          is_of(&origin, edges->host[before - 1]);
        if (read == 1 && target == before) {
            if (!note_layer(edges, layers, node, target))
                return false;
        } else if (read || !host) { // several that read, or fused into another layer
            refuse_inputs(edges, layers, (struct refusal){node, false});
        }
        // What is made of another layer's words is not what the host puts out.
        if (node->output_count > 0 && node->output[0] != SDSE_ONNX_NONE)
            edges->origin[node->output[0]] =
                read == 0 && host ? origin : made_by(edges, layers, node, before, read);
    }
    for (uint32_t i = 0; i < node->output_count; i++)
        if (node->output[i] != SDSE_ONNX_NONE &&
            edges->graph->value[node->output[i]].output)
            refuse(edges, layers, &edges->origin[node->output[i]],
                   (struct refusal){node, true});
    return true;
}

// --- The whole ---

static bool alike(const struct refusal *a, const struct refusal *b) {
    return a->node && b->node && strcmp(a->node->op, b->node->op) == 0;
}

// Once for each operator: of how many layers, and the first. What leaves the model has
// no edge for that alone.
static void warn(const struct sdse_onnx_edges *edges,
                 const struct sdse_onnx_layers *layers) {
    for (size_t l = 0; l < layers->count; l++) {
        const struct refusal *why = &edges->refused[l];
        const struct sdse_onnx_node *node = why->node;
        size_t count = 0;
        bool said = !node || why->leaves;
        for (size_t i = 0; i < layers->count && !said; i++) {
            if (edges->refused[i].leaves || !alike(&edges->refused[i], why))
                continue;
            said = i < l;
            count++;
        }
        if (said)
            continue;
        sdse_diag_add(
            edges->graph->diags, SDSE_WARNING,
            (struct sdse_loc){.file = edges->graph->file}, "onnx-edges",
            "what %zu layer%s put%s out has no edge, that of '%s' first: node "
            "'%s' (%s) reads it, or makes it, in a way that edges do not say",
            count, count == 1 ? "" : "s", count == 1 ? "s" : "", layers->layer[l].name,
            node->name, node->op);
    }
}

bool sdse_onnx_edges_end(struct sdse_onnx_edges *edges,
                         const struct sdse_onnx_layers *layers,
                         const struct sdse_workload_edge **edge, size_t *count) {
    bool *broken = SDSE_ARENA_ARRAY(edges->graph->arena, bool, layers->count + 1);
    if (!broken || !make_layer_room(edges, layers->count + 1))
        return false;
    for (size_t l = 0; l < layers->count; l++)
        broken[l] = edges->refused[l].node || layers->layer[l].repeat > 1;
    // A map of which a part has no edge has none: its other parts neither.
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < edges->count; i++)
            for (size_t j = 0; broken[edges->edge[i].from] && j < edges->count; j++) {
                const struct sdse_workload_edge *a = &edges->edge[i],
                                                *b = &edges->edge[j];
                if (a->use != SDSE_EDGE_CONCAT || b->use != SDSE_EDGE_CONCAT ||
                    a->to != b->to || broken[b->from])
                    continue;
                broken[b->from] = more = true;
                edges->refused[b->from] = edges->refused[a->from];
                edges->refused[b->from].leaves = false;
            }
    }
    size_t kept = 0;
    for (size_t i = 0; i < edges->count; i++)
        if (!broken[edges->edge[i].from])
            edges->edge[kept++] = edges->edge[i];
    *edge = edges->edge;
    *count = kept;
    warn(edges, layers);
    return true;
}
