// Graphs of TensorFlow's as JSON: nodes that name what they read.
//
//     {"name": "conv1", "op": "Conv2D", "input": ["x", "conv1/kernel"], "attr":
//      {"strides": {"list": {"i": ["1", "2", "2", "1"]}}, "padding": {"s":
//      "U0FNRQ=="}}}
//
// Whole numbers are texts, texts are in base 64; "x:1" is the second output of x, "^x"
// only comes before. The numbers of Const nodes are weights of their name. Source:
// TensorFlow's graph.proto and attr_value.proto, in the JSON of protocol buffers.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "import/tensors/list.h"
#include "import/tfjs/reading.h"

enum { MOST_NUMBERS = 16 };

// --- Attributes ---

static json_t *attribute(const struct tfjs_layer *l, const char *name,
                         const char *kind) {
    return json_object_get(json_object_get(l->config, name), kind);
}

// A whole number, as itself or as a text.
static bool whole(const json_t *value, int64_t *out) {
    const char *text = json_string_value(value);
    char *end = NULL;
    if (json_is_integer(value))
        *out = json_integer_value(value);
    else if (text)
        *out = strtoll(text, &end, 10);
    return json_is_integer(value) || (text && end != text && *end == '\0');
}

bool sdse_tfjs_attribute_flag(const struct tfjs_layer *l, const char *name) {
    return json_is_true(attribute(l, name, "b"));
}

double sdse_tfjs_attribute_real(const struct tfjs_layer *l, const char *name,
                                double absent) {
    const json_t *value = attribute(l, name, "f");
    return json_is_number(value) ? json_number_value(value) : absent;
}

bool sdse_tfjs_attribute_ints(const struct tfjs_layer *l, const char *name, size_t most,
                              int64_t *out, size_t *count) {
    const json_t *list = json_object_get(attribute(l, name, "list"), "i"),
                 *one = attribute(l, name, "i");
    *count = one ? 1 : json_array_size(list);
    if (*count > most)
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!whole(one ? one : json_array_get(list, i), &out[i]) ||
            out[i] < -(1 << 30) || out[i] > 1 << 30)
            return false;
    return true;
}

static int digit(char c) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

const char *sdse_tfjs_attribute_text(const struct tfjs_layer *l, const char *name,
                                     size_t i) {
    const json_t *list = json_object_get(attribute(l, name, "list"), "s");
    const char *text = json_string_value(list ? json_array_get(list, i)
                                         : i  ? NULL
                                              : attribute(l, name, "s"));
    if (!text)
        return "";
    char *out = sdse_arena_alloc(l->r->arena, strlen(text) + 1, 1);
    size_t used = 0;
    unsigned bits = 0, held = 0;
    for (const char *at = text; out && digit(*at) >= 0; at++) {
        bits = (bits << 6 | (unsigned)digit(*at)) & 0xffffff;
        held += 6;
        if (held >= 8)
            out[used++] = (char)(bits >> (held -= 8) & 0xff);
    }
    l->r->w.failed |= !out;
    return out ? out : "";
}

bool sdse_tfjs_graph_order(struct tfjs_layer *l, bool *last) {
    const char *format = sdse_tfjs_attribute_text(l, "data_format", 0);
    *last = strcmp(format, "NCHW") != 0 && strcmp(format, "NCDHW") != 0;
    return !*last || !format[0] || strcmp(format, "NHWC") == 0 ||
           strcmp(format, "NDHWC") == 0 ||
           sdse_tfjs_wrong(l, "tfjs-config", "data_format",
                           "'%.20s' is neither NHWC nor NCHW", format);
}

bool sdse_tfjs_numbers(struct tfjs_layer *l, size_t input, int64_t out[16],
                       size_t *count) {
    const size_t stored = input < l->in_count ? l->in[input]->stored : 0;
    struct sdse_array array;
    const struct sdse_stored_tensor *tensor =
        stored ? &l->r->tensors.tensor[stored - 1] : NULL;
    if (!tensor || tensor->dtype == SDSE_DTYPES || tensor->count > MOST_NUMBERS)
        return sdse_tfjs_wrong(l, "tfjs-config", NULL,
                               "its input %zu is no constant of at most %d numbers",
                               input, MOST_NUMBERS);
    const enum sdse_status status = sdse_tensor_values(tensor, &array, l->r->diags);
    l->r->w.failed |= status == SDSE_NO_MEMORY;
    l->r->broken |= status != SDSE_OK;
    if (status != SDSE_OK)
        return false;
    *count = (size_t)array.count;
    for (size_t i = 0; i < *count; i++) {
        const float number = array.data[i];
        out[i] = number > -2e9f && number < 2e9f ? (int64_t)number : INT32_MAX;
    }
    sdse_array_free(&array);
    return true;
}

// --- Nodes ---

struct node {
    const char *name, *op, *path;
    json_t *inputs, *attributes;
    size_t ready, in_count; // of its inputs; those of them that are values
    struct tfjs_value **in;
    bool done, read;
    size_t count;
    struct tfjs_value out[3];
};

struct graph {
    struct tfjs_reader *r;
    size_t count;
    struct node *node;
    json_t *place;  // 1 + that of each node, by name
    json_t *weight; // 1 + that of each weight, by name
};

static bool wrong(struct tfjs_reader *r, const char *check, const char *text) {
    const char *said = text ? sdse_tensors_plain(r->arena, text) : NULL;
    r->broken = true;
    r->w.failed |= !said;
    if (said)
        sdse_diag_add(r->diags, SDSE_ERROR, (struct sdse_loc){.file = r->file}, check,
                      "%s", said);
    return false;
}

static bool wrong_node(struct graph *g, const struct node *n, const char *what) {
    return wrong(g->r, "tfjs-json",
                 sdse_arena_printf(g->r->arena, "%s: %s", n->path, what));
}

static bool put(json_t *map, const char *name, size_t place) {
    return json_object_set_new_nocheck(map, name,
                                       json_integer((json_int_t)place + 1)) == 0;
}

// 1 + the place; 0: none.
static size_t look(const json_t *map, const char *name) {
    return (size_t)json_integer_value(json_object_get(map, name));
}

static bool take_nodes(struct graph *g, json_t *nodes) {
    struct tfjs_reader *r = g->r;
    bool good = true;
    g->count = json_array_size(nodes);
    g->place = json_object();
    g->weight = json_object();
    g->node = SDSE_ARENA_ARRAY(r->arena, struct node, g->count + 1);
    r->w.failed |= !g->place || !g->weight || !g->node;
    for (size_t i = 0; i < r->tensors.count && !r->w.failed; i++)
        r->w.failed |= !put(g->weight, r->tensors.tensor[i].name, i);
    for (size_t i = 0; i < g->count && !r->w.failed; i++) {
        struct node *n = &g->node[i];
        const json_t *json = json_array_get(nodes, i);
        *n = (struct node){
            .name = json_string_value(json_object_get(json, "name")),
            .op = json_string_value(json_object_get(json, "op")),
            .path = sdse_arena_printf(r->arena, "modelTopology.node[%zu]", i),
            .inputs = json_object_get(json, "input"),
            .attributes = json_object_get(json, "attr")};
        r->w.failed |= !n->path;
        if (r->w.failed)
            break;
        if (!n->name || !n->op)
            good = wrong_node(g, n, "a node needs a name and an op");
        else if (look(g->place, n->name))
            good = wrong_node(g, n, "another node has this name");
        else
            r->w.failed |= !put(g->place, n->name, i);
    }
    return good && !r->w.failed;
}

static tfjs_class operator_of(const char *op) {
    tfjs_class found = sdse_tfjs_window_operator(op);
    found = found ? found : sdse_tfjs_math_operator(op);
    return found ? found : sdse_tfjs_shape_operator(op);
}

static bool is_source(const char *op) {
    return strcmp(op, "Placeholder") == 0 || strcmp(op, "Const") == 0;
}

// Operators that are not translated: all of them, each with how many nodes it has.
static bool all_known(struct graph *g) {
    char text[400] = "";
    size_t kinds = 0;
    const struct node *first = NULL;
    for (size_t i = 0; i < g->count; i++) {
        const char *op = g->node[i].op;
        size_t count = 0;
        bool said = is_source(op) || strcmp(op, "NoOp") == 0 || operator_of(op);
        for (size_t k = 0; k < g->count && !said; k++) {
            said = k < i && strcmp(g->node[k].op, op) == 0;
            count += strcmp(g->node[k].op, op) == 0;
        }
        if (said)
            continue;
        first = first ? first : &g->node[i];
        const size_t used = strlen(text);
        if (kinds++ < 12)
            snprintf(text + used, sizeof text - used, "%s%.24s (%zu)", used ? ", " : "",
                     op, count);
    }
    return !kinds || wrong(g->r, "tfjs-class",
                           sdse_arena_printf(
                               g->r->arena,
                               "%s: operators that are not translated, with their "
                               "nodes: %s%s; --like NETWORK reads the weights alone",
                               first->path, text, kinds > 12 ? " …" : ""));
}

static bool take_placeholder(struct graph *g, struct node *n) {
    json_t *shape = json_object_get(
        json_object_get(json_object_get(n->attributes, "shape"), "shape"), "dim");
    json_t *extents = json_array();
    bool good = extents != NULL;
    for (size_t i = 0; i < json_array_size(shape) && good; i++) {
        int64_t extent = -1;
        const bool said =
            whole(json_object_get(json_array_get(shape, i), "size"), &extent);
        good = json_array_append_new(extents, said && extent >= 0 ? json_integer(extent)
                                                                  : json_null()) == 0;
    }
    g->r->w.failed |= !good;
    good = good && sdse_tfjs_add_input(g->r, n->name, extents, n->path, &n->out[0]);
    n->count = 1;
    json_decref(extents);
    return good;
}

static bool take_constant(struct graph *g, struct node *n) {
    const size_t at = look(g->weight, n->name);
    if (!at)
        return wrong(g->r, "tfjs-weights",
                     sdse_arena_printf(g->r->arena,
                                       "%s: weightsManifest has no '%.100s'", n->path,
                                       n->name));
    const struct sdse_stored_tensor *stored = &g->r->tensors.tensor[at - 1];
    n->out[0] = (struct tfjs_value){.rank = stored->rank, .stored = at};
    n->out[0].length = stored->rank == 1 ? (size_t)stored->shape[0] : 0;
    n->count = 1;
    return true;
}

// The next of what a node reads; false: it is not there, which is reported. NULL in
// *from: it only comes before.
static bool take_input(struct graph *g, const struct node *n, size_t i,
                       struct node **from, size_t *output) {
    struct tfjs_reader *r = g->r;
    const char *text = json_string_value(json_array_get(n->inputs, i));
    const char *colon = text ? strrchr(text, ':') : NULL;
    *from = NULL;
    if (!text)
        return wrong_node(g, n, "an input is no text");
    if (text[0] == '^')
        return true;
    const char *name =
        colon ? sdse_arena_copy(r->arena, text, (size_t)(colon - text)) : text;
    const size_t place = name ? look(g->place, name) : 0;
    *output = colon ? strtoul(colon + 1, NULL, 10) : 0;
    r->w.failed |= !name;
    if (!place)
        return wrong_node(g, n, "an input is none of the graph's nodes");
    *from = &g->node[place - 1];
    return true;
}

static bool waits_for(void *owner, size_t item, size_t *on) {
    struct graph *g = owner;
    struct tfjs_reader *r = g->r;
    struct node *n = &g->node[item];
    const size_t all = json_array_size(n->inputs);
    if (!n->in)
        n->in = SDSE_ARENA_ARRAY(r->arena, struct tfjs_value *, all + 1);
    r->w.failed |= !n->in;
    for (; n->ready < all && !r->w.failed; n->ready++) {
        struct node *from;
        size_t output;
        if (!take_input(g, n, n->ready, &from, &output))
            return false;
        if (!from)
            continue;
        from->read = true;
        if (!from->done) {
            *on = (size_t)(from - g->node);
            return true;
        }
        if (output >= from->count)
            return wrong_node(g, n, "it reads an output that a node does not have");
        n->in[n->in_count++] = &from->out[output];
        if (from->out[output].stored)
            r->used[from->out[output].stored - 1] = true;
    }
    return !r->w.failed;
}

static bool run(void *owner, size_t item) {
    struct graph *g = owner;
    struct node *n = &g->node[item];
    struct tfjs_reader *r = g->r;
    n->done = true;
    if (strcmp(n->op, "NoOp") == 0)
        return true;
    if (is_source(n->op))
        return n->op[0] == 'P' ? take_placeholder(g, n) : take_constant(g, n);
    if (n->in_count == 0)
        return wrong_node(g, n, "it reads nothing");
    struct tfjs_layer l = {.r = r,
                           .class_name = n->op,
                           .name = n->name,
                           .path = n->path,
                           .prefix = "",
                           .config = n->attributes,
                           .in_count = n->in_count,
                           .in = n->in};
    if (!sdse_tfjs_write(&l, operator_of(n->op)))
        return false;
    n->count = l.out_count;
    memcpy(n->out, l.out, sizeof n->out);
    return true;
}

static bool refuse_circle(void *owner, size_t item) {
    struct graph *g = owner;
    return wrong_node(g, &g->node[item],
                      "what it reads is never there: nodes wait for each other");
}

static bool run_all(struct graph *g) {
    const struct tfjs_steps steps = {g, g->count, waits_for, run, refuse_circle};
    return sdse_tfjs_run_in_order(g->r, &steps);
}

bool sdse_tfjs_graph(struct tfjs_reader *r, json_t *nodes, struct tfjs_value **out,
                     size_t *out_count) {
    struct graph g = {.r = r};
    bool good = take_nodes(&g, nodes) && all_known(&g) && run_all(&g);
    *out_count = 0;
    *out = good ? SDSE_ARENA_ARRAY(r->arena, struct tfjs_value, g.count + 1) : NULL;
    r->w.failed |= good && !*out;
    for (size_t i = 0; i < g.count && *out; i++)
        if (!g.node[i].read && !is_source(g.node[i].op) && g.node[i].count)
            (*out)[(*out_count)++] = g.node[i].out[0];
    json_decref(g.place);
    json_decref(g.weight);
    return good && *out;
}
