// Convolutions that keep a state, whose padding is computed, or that look their map up.
#include "import/onnx/expand/shapes.h"

#include <string.h>

static int64_t extent(const struct sdse_onnx_shape *shape, unsigned d) {
    return (int64_t)shape->dim[d];
}

// x, or x · sigmoid(x), as `activation` says. NULL: another function.
static const char *gated(struct sdse_rewrite *w, const char *x) {
    const Onnx__AttributeProto *named = sdse_onnx_attribute(w->node, "activation");
    if (!named || sdse_onnx_text_is(w->node, "activation", "none"))
        return x;
    if (!sdse_onnx_text_is(w->node, "activation", "silu") &&
        !sdse_onnx_text_is(w->node, "activation", "swish"))
        return NULL;
    const char *gate = sdse_rewrite_node(w, "Sigmoid", NULL, x, NULL, NULL);
    return sdse_rewrite_node(w, "Mul", ".act", x, gate, NULL);
}

// ---- CausalConvWithState -----------------------------------------------------

static bool infer_first(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    return x && sdse_onnx_set(graph, node, 0, x->rank, x->dim);
}

// Taps further apart, of [channels][1][taps]: how much of what came before they see.
// False: no such weights, or an absurd dilation.
static bool reach(const struct sdse_rewrite *w, int64_t channels, int64_t *dilation,
                  int64_t *before) {
    const struct sdse_onnx_shape *k = sdse_rewrite_shape(w, 1);
    *dilation = sdse_onnx_int(w->node, "dilation", 1);
    if (!k || k->rank != 3 || extent(k, 1) != 1 || extent(k, 0) != channels ||
        *dilation < 1 || *dilation > (1 << 20))
        return false;
    *before = (extent(k, 2) - 1) * *dilation;
    return true;
}

// The depth-wise convolution of `in` and its function. NULL: see gated().
static const char *causal(struct sdse_rewrite *w, const char *in, uint32_t bias,
                          int64_t channels, int64_t dilation, int64_t padded) {
    const char *y = sdse_rewrite_node(w, "Conv", "", in, sdse_rewrite_in(w, 1),
                                      sdse_rewrite_in(w, bias));
    sdse_rewrite_set_int(w, "group", channels);
    if (dilation > 1)
        sdse_rewrite_set_ints(w, "dilations", 1, &dilation);
    if (padded > 0)
        sdse_rewrite_set_ints(w, "pads", 2, (int64_t[]){padded, 0});
    return gated(w, y);
}

// A depth-wise convolution of a row that sees what came before: the last of an earlier
// one, or nothing.
static bool expand_causal(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    const char *in = sdse_rewrite_in(w, 0), *past = sdse_rewrite_in(w, 3);
    int64_t dilation, before;
    if (!x || x->rank != 3 || sdse_onnx_int(w->node, "ndim", 1) != 1 ||
        sdse_onnx_int(w->node, "channels_last", 0) ||
        sdse_onnx_int(w->node, "state_window", 0) ||
        !reach(w, extent(x, 1), &dilation, &before))
        return false;
    if (past)
        in = sdse_rewrite_concat(w, past, in, 2);
    const char *y = causal(w, in, 2, extent(x, 1), dilation, past ? 0 : before);
    if (!y)
        return false;
    sdse_rewrite_give(w, 0, y);
    if (sdse_rewrite_gives(w, 1))
        sdse_rewrite_give(
            w, 1,
            sdse_rewrite_stand_in_as(w, in, 3,
                                     (int64_t[]){extent(x, 0), extent(x, 1), before}));
    return true;
}

// Tokens of several sequences one behind the other, [tokens][channels]; what came
// before each is [B][channels][…].
static bool expand_varlen(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *state = sdse_rewrite_shape(w, 4);
    int64_t dilation, before;
    if (!x || !state || x->rank != 2 || state->rank != 3 || extent(state, 0) < 1 ||
        !reach(w, extent(x, 1), &dilation, &before) || extent(state, 2) != before ||
        extent(state, 1) != extent(x, 1) || sdse_rewrite_gives(w, 2))
        return false;
    const int64_t batch = extent(state, 0), channels = extent(x, 1);
    const int64_t row[3] = {batch, channels, (extent(x, 0) + batch - 1) / batch};
    const char *in = sdse_rewrite_stand_in_as(w, sdse_rewrite_in(w, 0), 3, row);
    in = sdse_rewrite_concat(w, sdse_rewrite_in(w, 4), in, 2);
    const char *y = causal(w, in, 3, channels, dilation, 0);
    if (!y)
        return false;
    sdse_rewrite_give(
        w, 0, sdse_rewrite_stand_in_as(w, y, 2, (int64_t[]){extent(x, 0), channels}));
    if (sdse_rewrite_gives(w, 1))
        sdse_rewrite_give(
            w, 1,
            sdse_rewrite_stand_in_as(w, in, 3, (int64_t[]){batch, channels, before}));
    sdse_rewrite_approximate(w, "all sequences are taken to be as long");
    return true;
}

// ---- ConvTransposeWithDynamicPads --------------------------------------------

// Pads of `axes` axes, none if they are left out. False: not known, or not as many.
static bool read_pads(const struct sdse_onnx_graph *graph,
                      const struct sdse_onnx_node *node, unsigned axes, int64_t *pads) {
    const struct sdse_onnx_list list = sdse_onnx_list_of(graph, node, NULL, 2);
    for (unsigned i = 0; i < 2 * axes; i++)
        pads[i] = list.given == SDSE_ONNX_ABSENT ? 0 : list.value[i];
    return list.given == SDSE_ONNX_ABSENT ||
           (list.given == SDSE_ONNX_GIVEN && list.count == 2 * axes);
}

static bool infer_padded(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    int64_t pads[2 * SDSE_ARRAY_MAX_RANK];
    if (!x || node->output_count == 0 || node->output[0] == SDSE_ONNX_NONE)
        return false;
    if (x->rank < 3 || !read_pads(graph, node, x->rank - 2, pads))
        return sdse_onnx_unknown(node, "its padding is not known");
    if (!sdse_onnx_rule_window("ConvTranspose")(graph, node))
        return false;
    struct sdse_onnx_shape *y = &graph->value[node->output[0]].shape;
    const unsigned axes = y->rank - 2;
    for (unsigned d = 0; d < axes; d++) {
        const int64_t left = (int64_t)y->dim[d + 2] - pads[d] - pads[d + axes];
        y->known = y->known && pads[d] >= 0 && pads[d + axes] >= 0 && left >= 1;
        y->dim[d + 2] = (uint64_t)left;
    }
    return y->known || sdse_onnx_unknown(node, "its padding leaves nothing");
}

static bool expand_padded(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    int64_t pads[2 * SDSE_ARRAY_MAX_RANK];
    if (!x || x->rank < 3 || !sdse_rewrite_in(w, 1) ||
        !read_pads(w->graph, w->node, x->rank - 2, pads))
        return false;
    const char *y = sdse_rewrite_node(w, "ConvTranspose", "", sdse_rewrite_in(w, 0),
                                      sdse_rewrite_in(w, 1), sdse_rewrite_in(w, 3));
    sdse_rewrite_keep_attributes(w, "pads");
    sdse_rewrite_set_ints(w, "pads", 2 * (size_t)(x->rank - 2), pads);
    sdse_rewrite_give(w, 0, y);
    return true;
}

// ---- WordConvEmbedding -------------------------------------------------------

static bool infer_words(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *k = x ? sdse_expand_need(graph, node, 1) : NULL;
    if (!x || !k)
        return false;
    if (x->rank != 2 || k->rank != 4)
        return sdse_onnx_unknown(node, "its words or weights do not fit");
    return sdse_onnx_set(graph, node, 0, 2, (uint64_t[]){x->dim[0], k->dim[0]});
}

// Characters [words][length] are looked up, windows of them multiplied; the largest of
// each filter is the word's.
static bool expand_words(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *k = sdse_rewrite_shape(w, 1),
                                 *table = sdse_rewrite_shape(w, 3);
    if (!x || !k || !table || x->rank != 2 || k->rank != 4 || table->rank != 2 ||
        extent(k, 1) != 1 || extent(k, 3) != extent(table, 1) ||
        extent(k, 2) > extent(x, 1))
        return false;
    const char *y = sdse_rewrite_node(w, "Gather", NULL, sdse_rewrite_in(w, 3),
                                      sdse_rewrite_in(w, 0), NULL);
    y = sdse_rewrite_reshape(
        w, y, 4, (int64_t[]){extent(x, 0), 1, extent(x, 1), extent(table, 1)});
    y = sdse_rewrite_stand_in(w, y); // characters that end a word
    y = sdse_rewrite_node(w, "Conv", "", y, sdse_rewrite_in(w, 1),
                          sdse_rewrite_in(w, 2));
    y = sdse_rewrite_node(w, "Tanh", ".act", y, NULL, NULL);
    y = sdse_rewrite_node(w, "GlobalMaxPool", ".largest", y, NULL, NULL);
    y = sdse_rewrite_reshape(w, y, 2, (int64_t[]){extent(x, 0), extent(k, 0)});
    sdse_rewrite_give(w, 0, y);
    sdse_rewrite_approximate(w, "all words are taken to be as long as the longest");
    return true;
}

static const struct {
    const char *op;
    sdse_expander expand;
    sdse_onnx_rule rule;
} table[] = {
    {"CausalConvWithState", expand_causal, infer_first},
    {"VarlenCausalConvWithState", expand_varlen, infer_first},
    {"ConvTransposeWithDynamicPads", expand_padded, infer_padded},
    {"WordConvEmbedding", expand_words, infer_words},
};

sdse_expander sdse_expander_convolution(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].expand;
    return NULL;
}

sdse_onnx_rule sdse_expand_rule_convolution(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, "com.microsoft", table[i].op))
            return table[i].rule;
    return NULL;
}
