#include "import/onnx/parameters.h"

#include <string.h>

#include "import/onnx/operators.h"
#include "import/onnx/ops.h"

static bool is_stored(const struct sdse_onnx_graph *graph,
                      const struct sdse_onnx_value *value) {
    return value->tensor && (value->producer == SDSE_ONNX_NONE ||
                             strcmp(graph->node[value->producer].op, "Constant") == 0);
}

static uint64_t count_of(const struct sdse_onnx_value *value) {
    return sdse_onnx_product(&value->shape, 0, value->shape.rank);
}

static uint64_t reals_in(const struct sdse_onnx_graph *graph,
                         const struct sdse_onnx_value *value) {
    return is_stored(graph, value) && sdse_onnx_tensor_is_real(value->tensor)
               ? count_of(value)
               : 0;
}

// Real numbers that are stored behind what a node puts out: of an element-wise operator
// those of the largest input, of what is joined those of all, of what is quantized not
// the scales.
static uint64_t behind_node(const struct sdse_onnx_node *node, const uint64_t *behind) {
    static const char *const scaled[] = {"DequantizeLinear", "QuantizeLinear"};
    const bool joined = strcmp(node->op, "Concat") == 0,
               first = SDSE_ONNX_AMONG(node->op, scaled);
    uint64_t all = 0, most = 0;
    for (uint32_t i = 0; i < node->input_count && !(first && i > 0); i++) {
        if (node->input[i] == SDSE_ONNX_NONE)
            continue;
        const uint64_t here = behind[node->input[i]];
        all = all > UINT64_MAX - here ? UINT64_MAX : all + here;
        most = here > most ? here : most;
    }
    return joined ? all : most;
}

// Of each value; NULL: memory is out.
static const uint64_t *find_behind(const struct sdse_onnx_graph *graph) {
    uint64_t *behind = SDSE_ARENA_ARRAY(graph->arena, uint64_t, graph->value_count);
    if (!behind)
        return NULL;
    for (uint32_t i = 0; i < graph->value_count; i++)
        behind[i] = reals_in(graph, &graph->value[i]);
    for (uint32_t i = 0; i < graph->order_count; i++) {
        const struct sdse_onnx_node *node = &graph->node[graph->order[i]];
        const uint64_t of = behind_node(node, behind);
        for (uint32_t o = 0; o < node->output_count; o++)
            if (node->output[o] != SDSE_ONNX_NONE &&
                !is_stored(graph, &graph->value[node->output[o]]))
                behind[node->output[o]] = of;
    }
    return behind;
}

bool sdse_onnx_count_other_parameters(const struct sdse_onnx_graph *graph,
                                      const struct sdse_onnx_layers *layers,
                                      uint64_t *out) {
    const uint64_t *behind = find_behind(graph);
    uint64_t weights = 0, all = 0;
    if (!behind)
        return false;
    for (uint32_t i = 0; i < graph->value_count; i++)
        all += reals_in(graph, &graph->value[i]);
    for (size_t i = 0; i < layers->count; i++) {
        const struct sdse_onnx_weights *at = &layers->weights[i];
        if (!at->constant || (at->tensor && !sdse_onnx_tensor_is_real(at->tensor)))
            continue;
        // Those of the first node that uses them: forms differ, numbers do not.
        if (layers->weights[at->first].node != at->node)
            continue;
        const uint64_t count =
            at->shape[0] * at->shape[1] * at->shape[2] * at->shape[3];
        const uint64_t stored = at->tensor ? count : behind[at->value];
        weights += count < stored ? count : stored;
    }
    *out = all > weights ? all - weights : 0;
    return true;
}
