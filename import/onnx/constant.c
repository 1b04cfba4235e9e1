#include "import/onnx/constant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/constant_rules.h"

bool sdse_onnx_is_constant(const struct sdse_onnx_value *value) {
    return value->tensor || value->folded || value->computed;
}

static const uint32_t most_steps = 200; // to work out one constant
static const uint64_t most_numbers = (uint64_t)1 << 31;
// Of any step towards a constant that shapes may depend on: it is worked out at once.
static const uint64_t most_at_once = (uint64_t)1 << 20;

void sdse_onnx_constant_mark(struct sdse_onnx_graph *graph,
                             const struct sdse_onnx_node *node) {
    uint32_t steps = 1;
    uint64_t widest = 0;
    bool unread = false;
    if (!sdse_onnx_constant_rule(node) || node->input_count == 0 ||
        node->input_count > SDSE_ONNX_MOST_CONSTANTS)
        return;
    for (uint32_t i = 0; i < node->input_count; i++) {
        const struct sdse_onnx_value *in = sdse_onnx_in(graph, node, i);
        if (!in)
            continue;
        if (!sdse_onnx_is_constant(in) || !in->shape.known)
            return;
        const uint64_t numbers = sdse_onnx_product(&in->shape, 0, in->shape.rank);
        const uint64_t most = in->widest > numbers ? in->widest : numbers;
        widest = most > widest ? most : widest;
        steps += in->steps;
        unread |= in->unread;
    }
    const struct sdse_onnx_value *first = sdse_onnx_in(graph, node, 0);
    if (!first || steps > most_steps)
        return;
    for (uint32_t i = 0; i < node->output_count; i++) {
        if (node->output[i] == SDSE_ONNX_NONE)
            continue;
        struct sdse_onnx_value *out = &graph->value[node->output[i]];
        uint64_t count = sdse_onnx_product(&out->shape, 0, out->shape.rank);
        if (!out->shape.known || out->folded || count > most_numbers)
            continue;
        out->steps = steps;
        out->widest = widest;
        out->computed = true;
        out->unread = unread;
        out->real = first->real || strcmp(node->op, "QuantizeLinear") == 0;
        if (strcmp(node->op, "DequantizeLinear") == 0)
            out->real = false;
        struct sdse_onnx_numbers numbers;
        struct sdse_diags unheard;
        sdse_diags_init(&unheard, graph->arena);
        if (count > SDSE_ONNX_FOLD_LIMIT || widest > most_at_once || unread)
            continue;
        if (sdse_onnx_constant_read(graph, node->output[i], &numbers, &unheard) !=
            SDSE_OK) {
            out->computed = false;
            continue;
        }
        double *folded = SDSE_ARENA_ARRAY(graph->arena, double, (size_t)count + 1);
        if (folded && count > 0)
            memcpy(folded, numbers.data, (size_t)count * sizeof *folded);
        free(numbers.data);
        out->folded = folded;
        out->integer = first->integer;
    }
}

static enum sdse_status allocate(const struct sdse_onnx_shape *shape,
                                 struct sdse_onnx_numbers *out) {
    *out = (struct sdse_onnx_numbers){
        .shape = *shape, .count = sdse_onnx_product(shape, 0, shape->rank)};
    out->data = calloc(out->count ? (size_t)out->count : 1, sizeof *out->data);
    return out->data ? SDSE_OK : SDSE_NO_MEMORY;
}

// Numbers that are stored in the file as they are.
static enum sdse_status read_stored(const struct sdse_onnx_graph *graph,
                                    const struct sdse_onnx_value *value,
                                    struct sdse_onnx_numbers *out,
                                    struct sdse_diags *diags) {
    enum sdse_status status = allocate(&value->shape, out);
    struct sdse_array array = {0};
    double *folded = NULL;
    bool narrow = status == SDSE_OK && !value->folded &&
                  sdse_onnx_tensor_is_weights(value->tensor) &&
                  value->tensor->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    if (status == SDSE_OK && !value->folded &&
        (narrow || // floats hold its numbers
         !(folded = sdse_onnx_tensor_fold(value->tensor, graph->file,
                                          (size_t)out->count, graph->arena, NULL))))
        status = sdse_onnx_tensor_read(value->tensor, graph->file, &array, diags);
    const double *from = value->folded ? value->folded : folded;
    for (uint64_t i = 0; i < out->count && status == SDSE_OK; i++)
        out->data[i] = from ? from[i] : (double)array.data[i];
    sdse_array_free(&array);
    if (status != SDSE_OK) {
        free(out->data);
        out->data = NULL;
    }
    return status;
}

static enum sdse_status work_out(const struct sdse_onnx_graph *graph, uint32_t id,
                                 struct sdse_onnx_numbers *out,
                                 struct sdse_diags *diags) {
    const struct sdse_onnx_value *value = &graph->value[id];
    const struct sdse_onnx_node *node = &graph->node[value->producer];
    struct sdse_onnx_numbers in[SDSE_ONNX_MOST_CONSTANTS];
    struct sdse_onnx_sum sum = {.graph = graph, .node = node, .in = in};
    enum sdse_status status = SDSE_OK;
    memset(in, 0, sizeof in);
    while (node->output[sum.which] != id)
        sum.which++;
    for (; sum.inputs < node->input_count && status == SDSE_OK; sum.inputs++)
        if (node->input[sum.inputs] != SDSE_ONNX_NONE)
            status = sdse_onnx_constant_read(graph, node->input[sum.inputs],
                                             &in[sum.inputs], diags);
    if (status == SDSE_OK)
        status = allocate(&value->shape, out);
    if (status == SDSE_OK) {
        sum.whole = true;
        for (uint32_t i = 0; i < 2 && i < node->input_count; i++)
            sum.whole &=
                sdse_onnx_in(graph, node, i) && sdse_onnx_in(graph, node, i)->integer;
        sum.out = out;
        if (!sdse_onnx_constant_rule(node)(&sum)) {
            sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                          "onnx-constant",
                          "node '%s' (%s): its constants could not be worked out",
                          node->name, node->op);
            free(out->data);
            out->data = NULL;
            status = SDSE_INVALID;
        }
    }
    for (uint32_t i = 0; i < node->input_count; i++)
        free(in[i].data);
    return status;
}

enum sdse_status sdse_onnx_constant_read(const struct sdse_onnx_graph *graph,
                                         uint32_t id, struct sdse_onnx_numbers *out,
                                         struct sdse_diags *diags) {
    const struct sdse_onnx_value *value = &graph->value[id];
    bool stored = value->producer == SDSE_ONNX_NONE || value->folded ||
                  strcmp(graph->node[value->producer].op, "Constant") == 0;
    *out = (struct sdse_onnx_numbers){0};
    if (!sdse_onnx_is_constant(value)) { // a scale of weights that is computed
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                      "onnx-constant", "value '%s' is no constant", value->name);
        return SDSE_INVALID;
    }
    return stored ? read_stored(graph, value, out, diags)
                  : work_out(graph, id, out, diags); // at most 200 deep
}
