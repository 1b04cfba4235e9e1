// One operator on random tensors: a graph of one node, run by import/forward.
#ifndef SDSE_TESTS_SUPPORT_FORWARD_CASE_H
#define SDSE_TESTS_SUPPORT_FORWARD_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/forward/run.h"
#include "import/onnx/batch.h"
#include "import/onnx/expand.h"
#include "import/onnx/infer.h"
#include "import/onnx/layers.h"
#include "support/onnx_builder.h"

enum { MOST_INPUTS_OF_CASE = 20, MOST_OUTPUTS_OF_CASE = 4 };

struct tensor {
    int32_t type; // of ONNX; 0: float
    unsigned rank;
    int64_t dim[SDSE_ARRAY_MAX_RANK];
    size_t count;
    double *data; // owned
    bool stored;  // an initializer; else an input of the model
};

struct forward_case {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct onnx_builder b;
    unsigned inputs, outputs;
    struct tensor in[MOST_INPUTS_OF_CASE];
    bool left_out[MOST_INPUTS_OF_CASE];
    const char *inputs_text; // the names that the node reads; NULL: all, in their order
    bool first_left_out;     // the node's first output is nobody's: outputs follow it
    struct sdse_onnx_numbers out[MOST_OUTPUTS_OF_CASE];
    Onnx__NodeProto *node;
    enum sdse_status status;
};

static uint64_t case_random = 1;

static inline uint64_t random_bits(void) {
    case_random = case_random * 6364136223846793005u + 1442695040888963407u;
    return case_random >> 33;
}
static inline int64_t pick(int64_t least, int64_t most) {
    return least + (int64_t)(random_bits() % (uint64_t)(most - least + 1));
}
static inline double pick_real(void) {
    return (double)(float)((double)pick(-4000, 4000) / 1024);
}

static inline struct tensor make_tensor(unsigned rank, const int64_t *dims) {
    struct tensor t = {.rank = rank, .count = 1};
    for (unsigned d = 0; d < rank; d++)
        t.count *= (size_t)(t.dim[d] = dims[d]);
    t.data = calloc(t.count + 1, sizeof *t.data);
    return t;
}
static inline struct tensor random_tensor(unsigned rank, const int64_t *dims) {
    struct tensor t = make_tensor(rank, dims);
    for (size_t i = 0; i < t.count; i++)
        t.data[i] = pick_real();
    t.stored = pick(0, 1);
    return t;
}
static inline struct tensor integer_tensor(int32_t type, unsigned rank,
                                           const int64_t *dims, int64_t least,
                                           int64_t most) {
    struct tensor t = make_tensor(rank, dims);
    for (size_t i = 0; i < t.count; i++)
        t.data[i] = (double)pick(least, most);
    t.type = type;
    t.stored = true;
    return t;
}
static inline struct tensor list_tensor(size_t count, const int64_t *values) {
    struct tensor t = make_tensor(1, (int64_t[]){(int64_t)count});
    for (size_t i = 0; i < count; i++)
        t.data[i] = (double)values[i];
    t.type = ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    t.stored = true;
    return t;
}

// Begins a case; the node's attributes may be set before it is run.
static inline void case_begin(struct forward_case *c, const char *op) {
    memset(c, 0, sizeof *c);
    c->arena = sdse_arena_new();
    sdse_diags_init(&c->diags, c->arena);
    onnx_begin(&c->b, c->arena);
    c->node = onnx_node(&c->b, op, "node", "", "y");
    c->outputs = 1;
}
static inline void case_add(struct forward_case *c, struct tensor t) {
    c->in[c->inputs++] = t;
}
static inline void case_skip(struct forward_case *c) {
    c->left_out[c->inputs++] = true;
}

static inline void case_end(struct forward_case *c) {
    for (unsigned i = 0; i < c->inputs; i++)
        free(c->in[i].data);
    for (unsigned i = 0; i < c->outputs; i++)
        free(c->out[i].data);
    sdse_arena_free(c->arena);
}

// The graph with shapes inferred; outputs of the node are the model's.
static inline void case_graph(struct forward_case *c, struct sdse_onnx_graph *graph) {
    char text[256] = "", name[32];
    static const char *const outs[] = {"y", "y,y1", "y,y1,y2", "y,y1,y2,y3"};
    for (unsigned i = 0; i < c->inputs; i++) {
        struct tensor *t = &c->in[i];
        snprintf(name, sizeof name, "i%u", i);
        strcat(text, i ? "," : "");
        if (c->left_out[i])
            continue;
        strcat(text, name);
        if (!t->stored) {
            onnx_input(&c->b, name, t->rank, t->dim);
            continue;
        }
        int32_t type = t->type ? t->type : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
        Onnx__TensorProto *tensor = onnx_tensor(&c->b, name, type, t->rank, t->dim);
        bool wide = type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
        bool real = type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
        tensor->n_int64_data = wide ? t->count : 0;
        tensor->n_float_data = real ? t->count : 0;
        tensor->n_int32_data = real || wide ? 0 : t->count;
        tensor->int64_data = SDSE_ARENA_ARRAY(c->arena, int64_t, t->count + 1);
        tensor->float_data = SDSE_ARENA_ARRAY(c->arena, float, t->count + 1);
        tensor->int32_data = SDSE_ARENA_ARRAY(c->arena, int32_t, t->count + 1);
        for (size_t j = 0; j < t->count; j++) {
            tensor->int64_data[j] = (int64_t)t->data[j];
            tensor->float_data[j] = (float)t->data[j];
            tensor->int32_data[j] = real || wide ? 0 : (int32_t)t->data[j];
        }
        onnx_initializer(&c->b, tensor);
    }
    c->node->n_input =
        onnx_names(&c->b, c->inputs_text ? c->inputs_text : text, &c->node->input);
    c->node->n_output = onnx_names(
        &c->b, c->first_left_out ? ",y1" : outs[c->outputs - 1], &c->node->output);
    Onnx__ValueInfoProto **infos =
        SDSE_ARENA_ARRAY(c->arena, Onnx__ValueInfoProto *, c->outputs);
    for (unsigned i = 0; i < c->outputs; i++) {
        infos[i] = SDSE_ARENA_NEW(c->arena, Onnx__ValueInfoProto);
        onnx__value_info_proto__init(infos[i]);
        infos[i]->name = c->node->output[i + c->first_left_out];
    }
    c->b.graph.n_output = c->outputs;
    c->b.graph.output = infos;
    const Onnx__ModelProto *model;
    assert_int_equal(
        sdse_onnx_expand(&c->b.model, "m.onnx", NULL, c->arena, &c->diags, &model),
        SDSE_OK);
    assert_int_equal(
        sdse_onnx_graph_build(model, "m.onnx", NULL, c->arena, &c->diags, graph),
        SDSE_OK);
    sdse_onnx_infer_shapes(graph);
}

static inline void case_make_layers(struct sdse_onnx_graph *graph,
                                    struct sdse_onnx_layers *layers) {
    struct sdse_onnx_guesses guesses;
    assert_true(sdse_onnx_batch_take(graph, NULL, &guesses));
    assert_int_equal(sdse_onnx_layers_make(graph, &guesses, layers), SDSE_OK);
}

// MACs and weights of the layers that a case's graph becomes, which is none that is
// run.
struct case_layers {
    uint64_t macs, weights;
    struct sdse_onnx_layers layers;
};
static inline struct case_layers case_layers(struct forward_case *c) {
    struct sdse_onnx_graph graph;
    struct case_layers sum = {0};
    case_graph(c, &graph);
    case_make_layers(&graph, &sum.layers);
    for (size_t i = 0; i < sum.layers.count; i++) {
        const struct sdse_layer *layer = &sum.layers.layer[i];
        sum.macs += sdse_layer_macs(layer) * layer->repeat;
        if (sdse_layer_has_weights(layer) && !sdse_layer_moves(layer))
            sum.weights +=
                sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound) *
                sdse_layer_copies(layer);
    }
    if (sum.layers.not_modelled_count > 0)
        fail_msg("%s", sum.layers.not_modelled[0].reason);
    return sum;
}

static inline enum sdse_status case_run(struct forward_case *c) {
    struct sdse_onnx_graph graph;
    case_graph(c, &graph);
    struct sdse_onnx_numbers *given =
        SDSE_ARENA_ARRAY(c->arena, struct sdse_onnx_numbers, graph.value_count + 1);
    for (uint32_t id = 0; id < graph.value_count; id++)
        for (unsigned i = 0; i < c->inputs; i++) {
            char name[32];
            snprintf(name, sizeof name, "i%u", i);
            if (c->in[i].stored || strcmp(graph.value[id].name, name) != 0)
                continue;
            given[id].shape = graph.value[id].shape;
            given[id].count = c->in[i].count;
            given[id].data = c->in[i].data;
        }
    struct sdse_forward_request request = {.graph = &graph, .given = given};
    request.threads = (unsigned)pick(1, 2);
    c->status = c->diags.errors ? SDSE_INVALID : sdse_forward_check(&graph, &c->diags);
    if (c->status == SDSE_OK)
        c->status = sdse_forward_run(&request, c->out, &c->diags);
    return c->status;
}

static inline void case_expect_run(struct forward_case *c) {
    if (case_run(c) != SDSE_OK)
        sdse_diags_print(&c->diags, stderr, false);
    assert_int_equal(c->status, SDSE_OK);
    bool real = true; // then what comes out is rounded to f32
    for (unsigned i = 0; i < c->inputs; i++)
        real &= c->in[i].type == 0;
    for (unsigned i = 0; i < c->outputs && real; i++)
        for (uint64_t j = 0; c->out[i].data && j < c->out[i].count; j++)
            assert_true(isnan(c->out[i].data[j]) ||
                        (double)(float)c->out[i].data[j] == c->out[i].data[j]);
}

static inline void expect_near(double got, double wanted) {
    double room = 2e-6 * (fabs(wanted) > 1 ? fabs(wanted) : 1);
    if (!(fabs(got - wanted) <= room) && !(isnan(got) && isnan(wanted)) &&
        got != wanted)
        fail_msg("got %.9g, wanted %.9g", got, wanted);
}

static inline void expect_shape(const struct sdse_onnx_numbers *out, unsigned rank,
                                const int64_t *dims) {
    assert_int_equal(out->shape.rank, rank);
    for (unsigned d = 0; d < rank; d++)
        assert_int_equal(out->shape.dim[d], dims[d]);
}

// Coordinates of element i, and the element at coordinates.
static inline void place_to_at(unsigned rank, const int64_t *dims, size_t i,
                               int64_t *at) {
    for (unsigned d = rank; d-- > 0; i /= (size_t)dims[d])
        at[d] = (int64_t)(i % (size_t)dims[d]);
}
static inline size_t at_to_place(unsigned rank, const int64_t *dims,
                                 const int64_t *at) {
    size_t i = 0;
    for (unsigned d = 0; d < rank; d++)
        i = i * (size_t)dims[d] + (size_t)at[d];
    return i;
}
// The number that is broadcast to coordinates of a larger shape.
static inline double broadcast_at(const struct tensor *t, unsigned rank,
                                  const int64_t *at) {
    int64_t own[SDSE_ARRAY_MAX_RANK];
    for (unsigned d = 0; d < t->rank; d++)
        own[d] = t->dim[d] == 1 ? 0 : at[rank - t->rank + d];
    return t->data[at_to_place(t->rank, t->dim, own)];
}

#endif
