// Which layers read what others put out, by the tensors that they share: the same rules
// as those of ONNX models (import/onnx/edges.h).
#include <string.h>

#include "base/arena_grow.h"
#include "import/tflite/operators.h"
#include "import/tflite/reading.h"
#include "spec/edge_shape.h"
#include "spec/load.h"
#include "spec/write.h"

enum { MOST_PARTS = 16 }; // of channels put together
enum { CONCATENATION_AXIS = 0 };
#define NO_LAYER SIZE_MAX

// Where a tensor comes from: what one layer puts out, or several put together.
struct origin {
    size_t count; // 0: from no layer
    size_t part[MOST_PARTS];
};

// Why what a layer puts out has no edge; op NULL: it may have one.
struct refusal {
    const struct tflite_operator *op;
    bool leaves; // the model, which is no more to say
};

struct edges {
    struct sdse_tflite_reader *r;
    struct sdse_workload *net;
    struct origin *origin;   // of each tensor
    size_t *layer;           // of each operator: which reads; NO_LAYER
    size_t *last;            // which puts out what it does; NO_LAYER
    struct refusal *refused; // of each layer
    struct sdse_workload_edge *edge;
    size_t count, room;
};

static bool is_fused(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->move.fused;
}

static const struct tflite_tensor *input(struct edges *e,
                                         const struct tflite_operator *op, size_t i) {
    return sdse_tflite_input(&e->r->m, op, i);
}

// Words that depend on the model's inputs: of numbers that are one word nobody asks.
static bool is_map(const struct tflite_tensor *tensor) {
    if (!tensor || !tensor->moving)
        return false;
    bool one = tensor->known;
    for (unsigned i = 0; i < tensor->rank; i++)
        one &= tensor->shape[i] == 1;
    return !one;
}

static struct origin *origin_of(struct edges *e, const struct tflite_tensor *tensor) {
    return &e->origin[tensor - e->r->m.tensor];
}

static void refuse(struct edges *e, const struct origin *origin, struct refusal why) {
    for (size_t i = 0; i < origin->count; i++)
        if (!e->refused[origin->part[i]].op)
            e->refused[origin->part[i]] = why;
}

static void refuse_inputs(struct edges *e, const struct tflite_operator *op) {
    for (size_t i = 0; i < op->inputs.count; i++)
        if (is_map(input(e, op, i)))
            refuse(e, origin_of(e, input(e, op, i)), (struct refusal){op, false});
}

static bool keep(struct edges *e, const struct sdse_workload_edge *edge) {
    struct sdse_workload_edge *more =
        sdse_arena_grow(e->r->m.arena, e->edge, e->count, &e->room, sizeof *more);
    if (!more)
        return false;
    e->edge = more;
    e->edge[e->count++] = *edge;
    return true;
}

// --- Operators that are no layer ---

// What an operator whose maps all come from one place reads; false: from several.
static bool one_origin(struct edges *e, const struct tflite_operator *op,
                       struct origin *out) {
    bool found = false;
    *out = (struct origin){0};
    for (size_t i = 0; i < op->inputs.count; i++) {
        if (!is_map(input(e, op, i)))
            continue;
        const struct origin *here = origin_of(e, input(e, op, i));
        if (found && memcmp(out, here, sizeof *out) != 0)
            return false;
        *out = *here;
        found = true;
    }
    return true;
}

// Channels, which are last, put together.
static bool join(struct edges *e, const struct tflite_operator *op,
                 struct origin *out) {
    const struct tflite_tensor *y = sdse_tflite_output(&e->r->m, op, 0);
    const int64_t axis =
        sdse_flat_i64(&e->r->m.flat, op->options, CONCATENATION_AXIS, 4, 0);
    *out = (struct origin){0};
    if (!y || !y->known || y->rank < 2 || (axis != -1 && axis != (int64_t)y->rank - 1))
        return false;
    for (size_t i = 0; i < op->inputs.count; i++) {
        if (!is_map(input(e, op, i)))
            continue; // if it is channels, they will be too few
        const struct origin *here = origin_of(e, input(e, op, i));
        if (here->count != 1 || out->count == MOST_PARTS)
            return false;
        out->part[out->count++] = here->part[0];
    }
    return out->count > 1;
}

static void note_silent(struct edges *e, const struct tflite_operator *op) {
    const struct tflite_tensor *y = sdse_tflite_output(&e->r->m, op, 0);
    const enum tflite_role role = sdse_tflite_role(op->code);
    struct origin origin;
    const bool whole =
        y && op->outputs.count == 1 &&
        (role == TFLITE_JOIN ? join(e, op, &origin)
                             : role == TFLITE_VIEW && one_origin(e, op, &origin));
    if (whole)
        *origin_of(e, y) = origin;
    else if (role != TFLITE_COUNT)
        refuse_inputs(e, op);
}

// --- Operators that are one ---

// The edges of one map into a layer; refuses it where there can be none.
static bool connect(struct edges *e, const struct tflite_operator *op, size_t at,
                    size_t to) {
    const struct origin *from = origin_of(e, input(e, op, at));
    const struct sdse_layer *reader = &e->net->layers[to];
    struct sdse_workload_edge edge = {.to = to, .stride = {1, 1}, .loc = reader->loc};
    uint64_t channels = 0;
    edge.use = from->count > 1                          ? SDSE_EDGE_CONCAT
               : reader->kind == SDSE_MATMUL && at == 1 ? SDSE_EDGE_WEIGHTS
                                                        : SDSE_EDGE_INPUTS;
    bool fits = from->count > 0 && reader->repeat == 1;
    for (size_t i = 0; i < from->count && fits; i++) {
        struct sdse_map_shape shape;
        edge.from = from->part[i];
        fits = edge.from < to && sdse_edge_carries(e->net, &edge, &shape);
        channels += shape.channels;
        edge.heads = fits && !sdse_edge_fits(e->net, &edge, &shape);
        fits = fits && (!edge.heads || (edge.use != SDSE_EDGE_CONCAT &&
                                        sdse_edge_fits(e->net, &edge, &shape)));
    }
    if (edge.use == SDSE_EDGE_CONCAT)
        fits = fits && reader->kind != SDSE_ADD &&
               channels == reader->nest.bound[SDSE_G] * reader->nest.bound[SDSE_C];
    if (!fits) {
        refuse(e, from, (struct refusal){op, false});
        return true;
    }
    for (size_t i = 0; i < from->count; i++) {
        edge.from = from->part[i];
        if (!keep(e, &edge))
            return false;
    }
    return true;
}

// Of a layer that reads: its maps are inputs 0 and, of products of two and of sums,
// those behind; weights that the model makes are read where no edge says so.
static bool note_reader(struct edges *e, const struct tflite_operator *op, size_t to) {
    const enum sdse_layer_kind kind = e->net->layers[to].kind;
    for (size_t i = 0; i < op->inputs.count; i++) {
        const struct tflite_tensor *map = input(e, op, i);
        if (!is_map(map))
            continue;
        if (i > 0 && kind != SDSE_ADD && kind != SDSE_MATMUL)
            refuse(e, origin_of(e, map), (struct refusal){op, false});
        else if (!connect(e, op, i, to))
            return false;
    }
    return true;
}

// A function in the layer before: what it works on must be that layer's.
static void note_fused(struct edges *e, const struct tflite_operator *op, size_t to) {
    const struct tflite_tensor *y = sdse_tflite_output(&e->r->m, op, 0);
    struct origin origin;
    size_t host = to;
    while (host > 0 && is_fused(&e->net->layers[host]))
        host--;
    if (one_origin(e, op, &origin) && origin.count == 1 && origin.part[0] == host) {
        *origin_of(e, y) = origin;
        return;
    }
    refuse_inputs(e, op);
    *origin_of(e, y) = (struct origin){0};
}

static bool note(struct edges *e, size_t index) {
    const struct tflite_operator *op = &e->r->m.op[index];
    const size_t layer = e->layer[index];
    if (layer == NO_LAYER) {
        note_silent(e, op);
    } else if (is_fused(&e->net->layers[layer])) {
        note_fused(e, op, layer);
    } else {
        if (!note_reader(e, op, layer))
            return false;
        *origin_of(e, sdse_tflite_output(&e->r->m, op, 0)) =
            e->last[index] == NO_LAYER ? (struct origin){0}
                                       : (struct origin){1, {e->last[index]}};
    }
    for (size_t i = 0; i < op->outputs.count; i++) {
        const struct tflite_tensor *out = sdse_tflite_output(&e->r->m, op, i);
        if (out && out->leaves)
            refuse(e, origin_of(e, out), (struct refusal){op, true});
    }
    return true;
}

// --- The whole ---

// A layer of this name, with this behind it, from *next on, which is then behind it.
static size_t find(const struct edges *e, const char *name, const char *behind,
                   size_t *next) {
    const size_t length = strlen(name);
    for (size_t l = *next; l < e->net->layer_count; l++) {
        const char *own = e->net->layers[l].name;
        if (strncmp(own, name, length) != 0 || strcmp(own + length, behind) != 0)
            continue;
        *next = l + 1;
        return l;
    }
    return NO_LAYER;
}

// Which layer each operator is. Phases of a transposed convolution are several, which
// read, and put out, what no edge says; so does what a recurrent operator puts out.
static void find_layers(struct edges *e) {
    const struct tflite_model *m = &e->r->m;
    size_t next = 0;
    for (size_t i = 0; i < m->operator_count; i++) {
        const char *name = e->r->name[i];
        e->layer[i] = e->last[i] = name ? find(e, name, "", &next) : NO_LAYER;
        if (!name || e->layer[i] != NO_LAYER || !sdse_tflite_recurs(&m->op[i]))
            continue;
        e->layer[i] = find(e, name, ".in", &next);
        if (e->layer[i] != NO_LAYER)
            continue;
        e->layer[i] = find(e, name, ".feature", &next);
        e->last[i] = find(e, name, ".time", &next);
    }
}

// A map of which a part has no edge has none: its other parts neither.
static void break_lists(struct edges *e) {
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < e->count; i++)
            for (size_t j = 0; e->refused[e->edge[i].from].op && j < e->count; j++) {
                const struct sdse_workload_edge *a = &e->edge[i], *b = &e->edge[j];
                if (a->use != SDSE_EDGE_CONCAT || b->use != SDSE_EDGE_CONCAT ||
                    a->to != b->to || e->refused[b->from].op)
                    continue;
                e->refused[b->from] = (struct refusal){e->refused[a->from].op, false};
                more = true;
            }
    }
}

// Once for each operator: of how many layers, and the first.
static void warn(struct edges *e) {
    const struct sdse_loc loc = {.file = e->r->m.file};
    for (size_t l = 0; l < e->net->layer_count; l++) {
        const struct refusal *why = &e->refused[l];
        size_t count = 0;
        bool said = !why->op || why->leaves;
        for (size_t i = 0; i < e->net->layer_count && !said; i++) {
            const struct refusal *other = &e->refused[i];
            if (!other->op || other->leaves || other->op->code != why->op->code)
                continue;
            said = i < l;
            count++;
        }
        if (said)
            continue;
        const char *name = sdse_tflite_operator_name(why->op->code);
        sdse_diag_add(e->r->m.diags, SDSE_WARNING, loc, "tflite-edges",
                      "what %zu layer%s put%s out has no edge, that of '%s' first: %s "
                      "(operator %u) reads it in a way that edges do not say",
                      count, count == 1 ? "" : "s", count == 1 ? "s" : "",
                      e->net->layers[l].name, name ? name : "another", why->op->code);
    }
}

static bool begin(struct edges *e) {
    struct sdse_arena *arena = e->r->m.arena;
    e->origin = SDSE_ARENA_ARRAY(arena, struct origin, e->r->m.tensor_count + 1);
    e->layer = SDSE_ARENA_ARRAY(arena, size_t, e->r->m.operator_count + 1);
    e->last = SDSE_ARENA_ARRAY(arena, size_t, e->r->m.operator_count + 1);
    e->refused = SDSE_ARENA_ARRAY(arena, struct refusal, e->net->layer_count + 1);
    return e->origin && e->layer && e->last && e->refused;
}

const char *sdse_tflite_edges(struct sdse_tflite_reader *r, const char *yaml) {
    struct edges e = {.r = r};
    struct sdse_diags said; // by whoever loads the network, too
    struct sdse_node *root = NULL;
    sdse_diags_init(&said, r->m.arena);
    enum sdse_status status =
        sdse_tree_parse_memory(r->m.arena, r->m.file, yaml, strlen(yaml), &said, &root);
    if (status == SDSE_OK)
        status = sdse_workload_from_tree(r->m.arena, root, &said, &e.net);
    if (status != SDSE_OK)
        return status == SDSE_NO_MEMORY ? NULL : "";
    if (!begin(&e))
        return NULL;
    find_layers(&e);
    for (size_t i = 0; i < r->m.operator_count; i++)
        if (!note(&e, i))
            return NULL;
    break_lists(&e);
    size_t kept = 0;
    for (size_t i = 0; i < e.count; i++)
        if (!e.refused[e.edge[i].from].op)
            e.edge[kept++] = e.edge[i];
    e.net->edges = e.edge;
    e.net->edge_count = kept;
    warn(&e);
    return sdse_edges_text(r->m.arena, e.net);
}
