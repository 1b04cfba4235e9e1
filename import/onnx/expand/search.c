// Searches for a text: a decoder that is executed for each word, perhaps behind an
// encoder or a first run of its own. Layers are those of all runs.
#include "import/onnx/expand/inline.h"
#include "import/onnx/expand/shapes.h"

#include <string.h>

// What a search is told, of which each text has `beams`.
struct search {
    int64_t batch, beams, returned; // texts, and how many come out of each
    int64_t prompt, most;           // words given; words in the end
    int64_t heard;                  // what an encoder puts out for each text; 0: none
    const Onnx__GraphProto *decoder, *encoder, *first;
};

static const Onnx__GraphProto *graph_of(const struct sdse_onnx_node *node,
                                        const char *name) {
    const Onnx__AttributeProto *attribute = sdse_onnx_attribute(node, name);
    return attribute ? attribute->g : NULL;
}

// A number that an input gives; false if it is no constant.
static bool number(const struct sdse_onnx_graph *graph,
                   const struct sdse_onnx_node *node, uint32_t i, int64_t *out) {
    const struct sdse_onnx_list list = sdse_onnx_list_of(graph, node, NULL, i);
    *out = list.value[0];
    return list.given == SDSE_ONNX_GIVEN && list.count == 1 && *out >= 1 &&
           *out <= 1 << 20;
}

static bool has_beams(const struct sdse_onnx_node *node) {
    return strcmp(node->op, "BeamSearch") == 0 ||
           strcmp(node->op, "WhisperBeamSearch") == 0;
}

static bool read_search(const struct sdse_onnx_graph *graph,
                        const struct sdse_onnx_node *node, struct search *s) {
    const struct sdse_onnx_value *given = sdse_onnx_in(graph, node, 0);
    *s = (struct search){.beams = 1,
                         .returned = 1,
                         .decoder = graph_of(node, "decoder"),
                         .encoder = graph_of(node, "encoder"),
                         .first = graph_of(node, "init_decoder")};
    if (!given || !given->shape.known || given->shape.rank < 2 ||
        given->shape.rank > 3 || !s->decoder || !number(graph, node, 1, &s->most) ||
        (has_beams(node) &&
         (!number(graph, node, 3, &s->beams) || !number(graph, node, 4, &s->returned))))
        return false;
    const struct sdse_onnx_shape *x = &given->shape;
    s->batch = (int64_t)x->dim[0];
    s->prompt = s->encoder ? 1 : (int64_t)x->dim[1];
    // Frames of sound [B][bins][frames], of which an encoder makes half as many.
    s->heard = !s->encoder ? 0 : (int64_t)(x->rank == 3 ? x->dim[2] / 2 : x->dim[1]);
    return s->batch >= 1 && s->prompt >= 1 && s->most > s->prompt &&
           (x->rank == 2 || s->encoder) && (!s->encoder || s->heard >= 1);
}

static bool infer_search(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    struct search s;
    if (!sdse_expand_need(graph, node, 0))
        return false;
    if (!read_search(graph, node, &s))
        return sdse_onnx_unknown(node, "how many words it makes is not known");
    const uint64_t batch = (uint64_t)s.batch, most = (uint64_t)s.most;
    if (!has_beams(node))
        return sdse_onnx_set(graph, node, 0, 2, (uint64_t[]){batch, most});
    const uint64_t returned = (uint64_t)s.returned;
    return sdse_onnx_set(graph, node, 0, 3, (uint64_t[]){batch, returned, most}) &&
           sdse_onnx_set(graph, node, 1, 2, (uint64_t[]){batch, returned});
}

// One kind of run: so many texts, words of each now, and words before.
struct run {
    const Onnx__GraphProto *graph;
    int64_t texts, words, before, times;
    bool encodes;
};

// What an open extent of an input is, by its name and its place. Negative: no idea.
static int64_t extent_of(const struct search *s, const struct run *run,
                         const char *name, size_t rank, size_t axis) {
    const bool heard = strstr(name, "cross") || strstr(name, "encoder");
    const bool mask = strstr(name, "mask") != NULL;
    if (rank < 2)
        return 1;
    if (axis == (rank == 5)) // of five the first is keys, or values
        return run->texts;
    if (run->encodes) // words of a decoder's beginning, or what is heard
        return rank == 2 && axis == 1 ? (strstr(name, "decoder") ? s->prompt : s->heard)
                                      : -1;
    if (rank == 2)
        return s->encoder && (heard || mask) ? s->heard
               : mask                        ? run->before + run->words
                                             : run->words;
    if (rank == 3)
        return axis == 1 && s->encoder ? s->heard : -1;
    return axis == rank - 2 ? (heard ? s->heard : run->before) : -1;
}

// A value in the place of an input of a graph. NULL: its shape is not known.
static const char *input_of(struct sdse_rewrite *w, const struct search *s,
                            const struct run *run, const Onnx__ValueInfoProto *info) {
    const Onnx__TypeProto *type = info->type;
    if (!info->name || !type || !type->tensor_type || !type->tensor_type->shape ||
        type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return NULL;
    const Onnx__TensorShapeProto *shape = type->tensor_type->shape;
    const struct sdse_onnx_shape *given = sdse_rewrite_shape(w, 0);
    int64_t dims[SDSE_ARRAY_MAX_RANK];
    if (shape->n_dim > SDSE_ARRAY_MAX_RANK)
        return NULL;
    for (size_t d = 0; d < shape->n_dim; d++) {
        const bool fixed = shape->dim[d]->value_case ==
                           ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
        dims[d] = fixed ? shape->dim[d]->dim_value
                  : run->encodes && shape->n_dim == 3 && given->rank == 3
                      ? (int64_t)given->dim[d]
                      : extent_of(s, run, info->name, shape->n_dim, d);
        if (dims[d] < 0 || (fixed && dims[d] < 1))
            return NULL;
    }
    return sdse_rewrite_stand_in_as(w, sdse_rewrite_in(w, 0), shape->n_dim, dims);
}

// All that a graph names gets other names: it may be written more than once.
static bool always(void *context, const char *name) {
    (void)context;
    return name[0] != '\0';
}

// Writes the nodes of a run. NULL: an input's shape is not known; else its first
// output.
static const char *write_run(struct sdse_rewrite *w, const struct search *s,
                             const struct run *run) {
    struct sdse_renames names = {0};
    if (run->graph->n_output < 1 || !run->graph->output[0]->name)
        return NULL;
    for (size_t i = 0; i < run->graph->n_input; i++) {
        const char *value = input_of(w, s, run, run->graph->input[i]);
        if (!value)
            return NULL;
        sdse_rename(w, &names, run->graph->input[i]->name, value);
    }
    sdse_inline_graph(w, run->graph, &names, always, NULL, run->times);
    return w->failed ? NULL : sdse_renamed(&names, run->graph->output[0]->name);
}

// Whether the encoder's graph also makes the first word.
static bool begins_text(const struct search *s) {
    for (size_t i = 0; s->encoder && i < s->encoder->n_input; i++)
        if (s->encoder->input[i]->name && strstr(s->encoder->input[i]->name, "decoder"))
            return true;
    return !s->encoder;
}

// The encoder, or the words that are given, once; then word by word. Of the words
// before each there are as many as in the middle of these runs: the sum of their
// products is that of all, rounded up.
static bool expand_search(struct sdse_rewrite *w) {
    struct search s;
    if (!read_search(w->graph, w->node, &s))
        return false;
    const bool begun = begins_text(&s);
    const int64_t texts = s.batch * s.beams, later = s.most - s.prompt - begun;
    const struct run begin = {.graph = s.encoder ? s.encoder
                                       : s.first ? s.first
                                                 : s.decoder,
                              .texts = s.encoder ? s.batch : texts,
                              .words = s.prompt,
                              .times = 1,
                              .encodes = s.encoder != NULL};
    const struct run each = {.graph = s.decoder,
                             .texts = texts,
                             .words = 1,
                             .before = (begun ? s.prompt : 0) + later / 2,
                             .times = later};
    const char *y = write_run(w, &s, &begin);
    if (!y)
        return false;
    if (later > 0)
        y = write_run(w, &s, &each);
    if (!y)
        return false;
    const int64_t out[3] = {s.batch, s.returned, s.most}, one[2] = {s.batch, s.most};
    const bool beams = has_beams(w->node);
    for (uint32_t i = 2; i < w->node->output_count; i++)
        if (sdse_rewrite_gives(w, i))
            return false;
    if (sdse_rewrite_gives(w, 1))
        sdse_rewrite_give(w, 1, sdse_rewrite_stand_in_as(w, y, 2, out));
    sdse_rewrite_give(w, 0,
                      sdse_rewrite_stand_in_as(w, y, beams ? 3 : 2, beams ? out : one));
    sdse_rewrite_approximate(w,
                             "all words that it may make are made, each with as many "
                             "words before it as in the middle");
    return true;
}

static bool is_search(const Onnx__NodeProto *node) {
    static const char *const ops[] = {"BeamSearch", "GreedySearch", "Sampling",
                                      "WhisperBeamSearch"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (sdse_expand_is(node, "com.microsoft", ops[i]))
            return true;
    return false;
}

sdse_expander sdse_expander_search(const Onnx__NodeProto *node) {
    return is_search(node) ? expand_search : NULL;
}

sdse_onnx_rule sdse_expand_rule_search(const Onnx__NodeProto *node) {
    return is_search(node) ? infer_search : NULL;
}
