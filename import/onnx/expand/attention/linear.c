// Attention without a softmax: a state of keys times values, changed by each token.
//
//     S' = decay · S + update · k' (v - decay · k S),      o = q S'
//
// without `decay` and the term that is taken off v where the rule has them not.
#include "import/onnx/expand/attention/attention.h"
#include "import/onnx/expand/shapes.h"

#include <string.h>

// Queries [B][…][heads][K], keys [B][…][keyed][K], values [B][…][valued][V]; states are
// those of `states` heads, the outputs of `outputs`.
struct recurrence {
    int64_t batch, steps, heads, keyed, valued, width, values, states, outputs;
    bool decays, delta;
};

static int64_t most_of(int64_t a, int64_t b) { return a > b ? a : b; }

static bool read_rule(const struct sdse_onnx_node *node, struct recurrence *r) {
    const bool gated = sdse_onnx_text_is(node, "update_rule", "gated"),
               delta = sdse_onnx_text_is(node, "update_rule", "delta"),
               linear = sdse_onnx_text_is(node, "update_rule", "linear"),
               both = !sdse_onnx_attribute(node, "update_rule") ||
                      sdse_onnx_text_is(node, "update_rule", "gated_delta");
    r->decays = gated || both;
    r->delta = delta || both;
    return gated || delta || linear || both;
}

// The heads that there are states of, and outputs: the most of any.
static bool finish(struct recurrence *r) {
    r->states = most_of(r->keyed, r->valued);
    r->outputs = most_of(r->heads, r->states);
    return r->batch > 0 && r->steps > 0 && r->heads > 0 && r->keyed > 0 &&
           r->valued > 0 && r->width > 0 && r->values > 0 &&
           r->outputs % r->heads == 0 && r->outputs % r->states == 0 &&
           r->states % r->keyed == 0 && r->states % r->valued == 0;
}

// LinearAttention: heads side by side, as attributes say.
static bool read_packed(const struct sdse_onnx_graph *graph,
                        const struct sdse_onnx_node *node, struct recurrence *r) {
    const struct sdse_onnx_value *q = sdse_onnx_in(graph, node, 0),
                                 *k = sdse_onnx_in(graph, node, 1),
                                 *v = sdse_onnx_in(graph, node, 2);
    const int64_t heads = sdse_onnx_int(node, "q_num_heads", 0),
                  shared = sdse_onnx_int(node, "kv_num_heads", 0), most = 1 << 30;
    if (!q || !k || !v || !q->shape.known || !k->shape.known || !v->shape.known ||
        q->shape.rank != 3 || k->shape.rank != 3 || v->shape.rank != 3 || heads < 1 ||
        heads > most || shared < 1 || shared > most ||
        sdse_onnx_int(node, "state_window", 0))
        return false;
    r->batch = extent(&q->shape, 0);
    r->steps = extent(&q->shape, 1);
    r->heads = heads;
    r->valued = shared;
    r->width = extent(&q->shape, 2) / heads;
    r->values = extent(&v->shape, 2) / shared;
    r->keyed = r->width ? extent(&k->shape, 2) / r->width : 0;
    return extent(&q->shape, 2) == heads * r->width &&
           extent(&v->shape, 2) == shared * r->values &&
           extent(&k->shape, 2) == r->keyed * r->width &&
           extent(&k->shape, 1) == r->steps && extent(&v->shape, 1) == r->steps;
}

// GatedDeltaNet: heads are an axis; tokens of all sequences, or [B][tokens].
static bool read_tokens(const struct sdse_onnx_graph *graph,
                        const struct sdse_onnx_node *node, struct recurrence *r) {
    const struct sdse_onnx_value *in[3], *ends = sdse_onnx_in(graph, node, 3),
                                         *state = sdse_onnx_in(graph, node, 6);
    for (uint32_t i = 0; i < 3; i++) {
        in[i] = sdse_onnx_in(graph, node, i);
        if (!in[i] || !in[i]->shape.known || in[i]->shape.rank < 3 ||
            in[i]->shape.rank > 4 || in[i]->shape.rank != in[0]->shape.rank)
            return false;
    }
    const struct sdse_onnx_shape *q = &in[0]->shape, *k = &in[1]->shape,
                                 *v = &in[2]->shape;
    const unsigned at = q->rank - 2;
    int64_t tokens = extent(q, 0);
    if (at == 2) {
        r->batch = extent(q, 0);
        tokens *= extent(q, 1);
    } else if (ends && ends->shape.known && ends->shape.rank == 1) {
        r->batch = extent(&ends->shape, 0) - 1;
    } else if (!ends && state && state->shape.known && state->shape.rank == 4) {
        r->batch = extent(&state->shape, 0);
    }
    if (r->batch < 1)
        return false;
    r->steps = (tokens + r->batch - 1) / r->batch;
    r->heads = extent(q, at);
    r->keyed = extent(k, at);
    r->valued = extent(v, at);
    r->width = extent(q, at + 1);
    r->values = extent(v, at + 1);
    return extent(k, at + 1) == r->width && extent(k, 0) == extent(q, 0) &&
           extent(v, 0) == extent(q, 0);
}

static bool is_net(const struct sdse_onnx_node *node) {
    return strcmp(node->op, "GatedDeltaNet") == 0;
}

static bool read_recurrence(const struct sdse_onnx_graph *graph,
                            const struct sdse_onnx_node *node, struct recurrence *r) {
    *r = (struct recurrence){0};
    return read_rule(node, r) &&
           (is_net(node) ? read_tokens(graph, node, r) : read_packed(graph, node, r)) &&
           finish(r);
}

bool sdse_attention_infer_linear(struct sdse_onnx_graph *graph,
                                 struct sdse_onnx_node *node) {
    struct recurrence r;
    if (!read_recurrence(graph, node, &r))
        return sdse_onnx_unknown(node, "its operands are not known, or do not match");
    struct sdse_onnx_shape out = sdse_onnx_in(graph, node, 0)->shape;
    if (is_net(node)) {
        out.dim[out.rank - 2] = (uint64_t)r.outputs;
        out.dim[out.rank - 1] = (uint64_t)r.values;
    } else {
        out.dim[2] = (uint64_t)(r.outputs * r.values);
    }
    const uint64_t keys = (uint64_t)r.width, values = (uint64_t)r.values;
    return sdse_onnx_set(graph, node, 0, out.rank, out.dim) &&
           sdse_onnx_set(graph, node, 1, 4,
                         (uint64_t[]){(uint64_t)r.batch, (uint64_t)r.states,
                                      is_net(node) ? values : keys,
                                      is_net(node) ? keys : values});
}

// One token's part of what the node reads. NULL reads nothing.
static const char *token(struct sdse_rewrite *w, const char *x, const int64_t *dims) {
    return sdse_rewrite_stand_in_as(w, x, 4, dims);
}

// One token after the other: each changes the state, and reads it.
static bool expand_recurrence(struct sdse_rewrite *w) {
    struct recurrence r;
    if (!read_recurrence(w->graph, w->node, &r))
        return false;
    const uint32_t kept = is_net(w->node) ? 6 : 3, decay = 4;
    const int64_t group = r.outputs / r.states;
    const int64_t key[4] = {r.batch, r.states, 1, r.width},
                  turned[4] = {r.batch, r.states, r.width, 1},
                  value[4] = {r.batch, r.states, 1, r.values},
                  query[4] = {r.batch, r.states, group, r.width},
                  square[4] = {r.batch, r.states, r.width, r.values};
    const char *in[3], *past = sdse_rewrite_in(w, kept);
    for (uint32_t i = 0; i < 3; i++)
        in[i] = sdse_rewrite_in(w, i);
    const size_t first = w->node_count;
    const char *state = token(w, past ? past : in[1], square);
    const char *k = token(w, in[1], key), *v = token(w, in[2], value);
    if (r.decays)
        state = sdse_rewrite_node(
            w, "Mul", ".decay", state,
            token(w, sdse_rewrite_in(w, decay) ? sdse_rewrite_in(w, decay) : in[1],
                  turned),
            NULL);
    if (r.delta) {
        const char *seen = sdse_rewrite_node(w, "MatMul", ".retrieve", k, state, NULL);
        v = sdse_rewrite_node(w, "Sub", ".delta", v, seen, NULL);
    }
    const char *more =
        sdse_rewrite_node(w, "MatMul", ".update", token(w, in[1], turned), v, NULL);
    state = sdse_rewrite_node(w, "Add", ".state", state, more, NULL);
    const char *y =
        sdse_rewrite_node(w, "MatMul", ".read", token(w, in[0], query), state, NULL);
    sdse_rewrite_steps(w, first, r.steps);
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    int64_t dims[4];
    for (unsigned d = 0; d < x->rank; d++)
        dims[d] = extent(x, d);
    if (is_net(w->node)) {
        dims[x->rank - 2] = r.outputs;
        dims[x->rank - 1] = r.values;
    } else {
        dims[2] = r.outputs * r.values;
    }
    sdse_rewrite_give(w, 0, sdse_rewrite_stand_in_as(w, y, x->rank, dims));
    if (sdse_rewrite_gives(w, 1)) {
        const int64_t as[4] = {r.batch, r.states, is_net(w->node) ? r.values : r.width,
                               is_net(w->node) ? r.width : r.values};
        sdse_rewrite_give(w, 1, sdse_rewrite_stand_in_as(w, state, 4, as));
    }
    sdse_rewrite_approximate(w, "one token after the other, each of which fetches the "
                                "state anew; tokens that are taken together multiply "
                                "more and fetch less");
    return !sdse_rewrite_gives(w, 2);
}

sdse_expander sdse_expander_linear(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "com.microsoft", "LinearAttention") ||
                   sdse_expand_is(node, "com.microsoft", "GatedDeltaNet")
               ? expand_recurrence
               : NULL;
}
