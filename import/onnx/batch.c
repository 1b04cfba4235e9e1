#include "import/onnx/batch.h"

#include <inttypes.h>
#include <string.h>

#include "import/onnx/constant.h"
#include "import/onnx/infer.h"
#include "import/onnx/inputs.h"
#include "import/onnx/operators.h"
#include "import/onnx/ops.h"

static bool is_input(const struct sdse_onnx_value *value) {
    return value->defined && value->producer == SDSE_ONNX_NONE && !value->tensor &&
           value->shape.known;
}

// Marks the samples of an input along an axis.
static void mark(const struct sdse_onnx_value *value, unsigned axis,
                 struct sdse_onnx_samples *at) {
    *at = (struct sdse_onnx_samples){
        SDSE_ONNX_HAS_SAMPLES, sdse_onnx_product(&value->shape, 0, axis),
        sdse_onnx_product(&value->shape, axis + 1, value->shape.rank)};
}

static const char *name_of(const struct sdse_onnx_value *value, unsigned axis) {
    return sdse_onnx_dimension_name(value->declared, axis);
}

// Nodes of these are layers that multiply.
static bool is_product(const struct sdse_onnx_node *node) {
    static const char *const ops[] = {
        "Conv",   "FusedConv",     "ConvInteger",   "QLinearConv", "ConvTranspose",
        "MatMul", "MatMulInteger", "QLinearMatMul", "Gemm",        "FusedGemm",
        "LSTM",   "GRU",           "RNN",           "DeformConv"};
    return SDSE_ONNX_AMONG(node->op, ops) && sdse_onnx_has_rule(node->proto);
}

static bool lacks(const struct sdse_onnx_samples *at) {
    return at->hold == SDSE_ONNX_NO_SAMPLES || at->hold == SDSE_ONNX_ALL_SAMPLES;
}

// Whether no product is the same for all samples.
static bool products_have_samples(const struct sdse_onnx_graph *graph,
                                  const struct sdse_onnx_samples *at) {
    for (uint32_t i = 0; i < graph->node_count; i++) {
        const struct sdse_onnx_node *node = &graph->node[i];
        if (!is_product(node))
            continue;
        const struct sdse_onnx_operands operands = sdse_onnx_operands_of(node->op);
        const struct sdse_onnx_value *a = sdse_onnx_in(graph, node, operands.a);
        const struct sdse_onnx_value *b = sdse_onnx_in(graph, node, operands.b);
        if (a && b && !(sdse_onnx_is_constant(a) && sdse_onnx_is_constant(b)) &&
            lacks(&at[a - graph->value]) && lacks(&at[b - graph->value]))
            return false;
    }
    return true;
}

// Whether the leading extent of one input is that of another, as far as names tell.
static bool leads_alike(const struct sdse_onnx_value *a,
                        const struct sdse_onnx_value *b) {
    const char *one = name_of(a, 0), *other = name_of(b, 0);
    return b->shape.rank > 0 && a->shape.dim[0] == b->shape.dim[0] &&
           (!one || !other || strcmp(one, other) == 0);
}

// The leading extent of this input and of those that have the same.
static bool is_batch(const struct sdse_onnx_graph *graph, uint32_t first,
                     struct sdse_onnx_samples *at) {
    const struct sdse_onnx_value *value = graph->value;
    memset(at, 0, graph->value_count * sizeof *at);
    for (uint32_t i = 0; i < graph->value_count; i++)
        if (is_input(&value[i]) && leads_alike(&value[first], &value[i]))
            mark(&value[i], 0, &at[i]);
    const struct sdse_onnx_mixed mixed =
        sdse_onnx_samples_follow(graph, value[first].shape.dim[0], at);
    return mixed.node == SDSE_ONNX_NONE && products_have_samples(graph, at);
}

bool sdse_onnx_batch_guess(struct sdse_onnx_graph *graph,
                           struct sdse_onnx_guesses *guesses) {
    for (; guesses->at && guesses->next < graph->value_count; guesses->next++) {
        const struct sdse_onnx_value *value = &graph->value[guesses->next];
        if (!is_input(value) || value->shape.rank < 2 || value->shape.dim[0] < 2 ||
            guesses->count == SDSE_ONNX_MOST_GUESSES)
            continue;
        const uint64_t extent = value->shape.dim[0];
        bool again = false;
        for (unsigned i = 0; i < guesses->count; i++)
            again |= guesses->tried[i] == extent;
        guesses->tried[guesses->count++] = extent;
        if (again || !is_batch(graph, guesses->next, guesses->at))
            continue;
        guesses->next++;
        graph->batch = extent;
        return true;
    }
    graph->batch = graph->batch_said ? graph->batch : 1;
    return false;
}

// The input that is meant, or NONE and a diagnostic.
static uint32_t find_input(const struct sdse_onnx_graph *graph,
                           const struct sdse_import_batch *said) {
    for (uint32_t i = 0; i < graph->value_count; i++)
        if (is_input(&graph->value[i]) &&
            (!said->input || strcmp(graph->value[i].name, said->input) == 0))
            return i;
    sdse_onnx_complain(graph, "onnx-batch-axis",
                       "the batch is said to be axis %" PRId64
                       " of input '%.200s', which the model does not have",
                       said->axis, said->input ? said->input : "");
    return SDSE_ONNX_NONE;
}

// What is said of one input; *batch is the extent so far, 0 if there is none.
static void take_said(struct sdse_onnx_graph *graph,
                      const struct sdse_import_batch *said,
                      struct sdse_onnx_samples *at, uint64_t *batch) {
    const uint32_t id = find_input(graph, said);
    unsigned axis;
    if (id == SDSE_ONNX_NONE)
        return;
    const struct sdse_onnx_value *value = &graph->value[id];
    if (!sdse_onnx_axis(said->axis, value->shape.rank, &axis)) {
        sdse_onnx_complain(graph, "onnx-batch-axis",
                           "the batch is said to be axis %" PRId64
                           " of input '%.200s', which has %u dimensions",
                           said->axis, value->name, value->shape.rank);
        return;
    }
    const uint64_t extent = value->shape.dim[axis];
    if (*batch && *batch != extent) {
        sdse_onnx_complain(graph, "onnx-batch-axis",
                           "axis %u of input '%.200s' is %" PRIu64
                           ", but the batch said before is %" PRIu64,
                           axis, value->name, extent, *batch);
        return;
    }
    *batch = extent;
    mark(value, axis, &at[id]);
    const char *name = name_of(value, axis);
    for (uint32_t i = 0; name && i < graph->value_count; i++) {
        const struct sdse_onnx_value *other = &graph->value[i];
        for (unsigned d = 0; is_input(other) && d < other->shape.rank; d++)
            if (name_of(other, d) && strcmp(name_of(other, d), name) == 0 &&
                other->shape.dim[d] == extent && at[i].hold == SDSE_ONNX_NO_SAMPLES)
                mark(other, d, &at[i]);
    }
}

bool sdse_onnx_batch_take(struct sdse_onnx_graph *graph,
                          const struct sdse_import_options *options,
                          struct sdse_onnx_guesses *guesses) {
    graph->batch = 1;
    *guesses = (struct sdse_onnx_guesses){0};
    if (options && options->no_batch)
        return true;
    struct sdse_onnx_samples *at = SDSE_ARENA_ARRAY(
        graph->arena, struct sdse_onnx_samples, graph->value_count + 1);
    if (!at)
        return false;
    if (!options || options->batch_count == 0) {
        guesses->at = at;
        return true;
    }
    uint64_t batch = 0;
    const size_t errors = graph->diags->errors;
    for (size_t i = 0; i < options->batch_count; i++)
        take_said(graph, &options->batch[i], at, &batch);
    if (graph->diags->errors > errors || batch <= 1)
        return true;
    graph->batch = batch;
    graph->batch_said = true;
    const struct sdse_onnx_mixed mixed = sdse_onnx_samples_follow(graph, batch, at);
    if (mixed.node == SDSE_ONNX_NONE)
        return true;
    graph->batch = 1; // what it does not divide is no news
    const struct sdse_onnx_node *node = &graph->node[mixed.node];
    const struct sdse_import_batch *first = &options->batch[0];
    const char *input = graph->value[find_input(graph, first)].name;
    sdse_onnx_complain(graph, "onnx-batch",
                       "node '%.100s' (%.40s): it %s: axis %" PRId64
                       " of input '%.100s' is no batch",
                       node->name, node->op, mixed.what, first->axis, input);
    return true;
}
