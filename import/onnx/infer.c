#include "import/onnx/infer.h"

#include <string.h>

#include "import/onnx/expand.h"
#include "import/onnx/rules.h"

// Where the rules know nothing, the shapes the file itself gives for the outputs; only
// if they are complete.
static bool take_declared(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    bool all = node->output_count > 0;
    for (uint32_t i = 0; i < node->output_count; i++) {
        if (node->output[i] == SDSE_ONNX_NONE)
            continue;
        const Onnx__TensorShapeProto *found = graph->value[node->output[i]].declared;
        uint64_t dims[SDSE_ARRAY_MAX_RANK];
        bool complete = found && found->n_dim <= SDSE_ARRAY_MAX_RANK;
        for (size_t j = 0; complete && j < found->n_dim; j++) {
            complete = found->dim[j]->value_case ==
                           ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE &&
                       found->dim[j]->dim_value > 0;
            dims[j] = complete ? (uint64_t)found->dim[j]->dim_value : 0;
        }
        all = complete && sdse_onnx_set(graph, node, i, (unsigned)found->n_dim, dims) &&
              all;
    }
    return all;
}

static sdse_onnx_rule find_rule(const Onnx__NodeProto *node) {
    const sdse_onnx_rule expanded = sdse_onnx_rule_expanded(node);
    if (expanded)
        return expanded;
    static const char *const domains[] = {"", "ai.onnx", "com.microsoft",
                                          "com.microsoft.nchwc"};
    const char *op = node->op_type ? node->op_type : "";
    // Of a pool whose channels come last (com.microsoft) the file must give the shape.
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name &&
            strcmp(node->attribute[i]->name, "channels_last") == 0 &&
            node->attribute[i]->i)
            return NULL;
    bool standard = !node->domain;
    for (size_t i = 0; i < sizeof domains / sizeof *domains && !standard; i++)
        standard = strcmp(node->domain, domains[i]) == 0;
    if (!standard)
        return NULL;
    sdse_onnx_rule rule = sdse_onnx_rule_window(op);
    if (!rule)
        rule = sdse_onnx_rule_layout(op);
    return rule ? rule : sdse_onnx_rule_math(op);
}

bool sdse_onnx_has_rule(const Onnx__NodeProto *node) { return find_rule(node) != NULL; }

static bool reads_unread(const struct sdse_onnx_graph *graph,
                         const struct sdse_onnx_node *node) {
    for (uint32_t i = 0; i < node->input_count; i++) {
        const struct sdse_onnx_value *value = sdse_onnx_in(graph, node, i);
        if (value && value->unread)
            return true;
    }
    return false;
}

void sdse_onnx_infer_shapes(struct sdse_onnx_graph *graph) {
    for (uint32_t i = 0; i < graph->order_count; i++) {
        struct sdse_onnx_node *node = &graph->node[graph->order[i]];
        sdse_onnx_rule rule = find_rule(node->proto);
        if (node->reported)
            continue;
        if (!rule) {
            node->unknown_op = true;
            if (!take_declared(graph, node))
                sdse_onnx_unknown(node, "the operator is not known here");
            continue;
        }
        if (rule(graph, node))
            sdse_onnx_fold(graph, node);
        else if (!node->reported && sdse_onnx_is_expanded(node->proto) &&
                 take_declared(graph, node))
            continue; // it was left as it is
        else if (node->why && reads_unread(graph, node))
            node->why = "it needs numbers that are in external data, which is not read";
    }
}
