#include "import/onnx/widths.h"

#include <string.h>

#include "import/onnx/lent.h"
#include "import/onnx/operators.h"
#include "import/onnx/ops.h"

// Of ONNX's element types; those above 16 are newer than the onnx.proto we build with.
static uint32_t bits_of_type(int32_t type) {
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
    case 17: // float8e4m3fn
    case 18: // float8e4m3fnuz
    case 19: // float8e5m2
    case 20: // float8e5m2fnuz
    case 24: // float8e8m0
        return 8;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        return 16;
    case 21: // uint4
    case 22: // int4
    case 23: // float4e2m1
        return 4;
    case 25: // uint2
    case 26: // int2
        return 2;
    default:
        return 0;
    }
}

// Of a stored tensor, or of the file that it was made of.
static uint32_t bits_of_tensor(const Onnx__TensorProto *tensor) {
    const struct sdse_onnx_lender *lender = sdse_onnx_lender(tensor);
    if (lender)
        return lender->bits < 32 ? lender->bits : 0;
    return bits_of_type(tensor->data_type);
}

static uint64_t count_of(const struct sdse_onnx_value *value) {
    return value->shape.known ? sdse_onnx_product(&value->shape, 0, value->shape.rank)
                              : 0;
}

// What follows the numbers that a node reads: the input with the most of them, the
// first of such; of a table that is looked up, the places.
static uint32_t followed(const struct sdse_onnx_graph *graph,
                         const struct sdse_onnx_node *node) {
    static const char *const first[] = {"DequantizeLinear", "QuantizeLinear"};
    uint32_t most = 0;
    if (SDSE_ONNX_AMONG(node->op, first))
        return 0;
    for (uint32_t i = 1; i < node->input_count; i++) {
        const struct sdse_onnx_value *value = sdse_onnx_in(graph, node, i),
                                     *so_far = sdse_onnx_in(graph, node, most);
        if (value && (!so_far || count_of(value) > count_of(so_far)))
            most = i;
    }
    return most;
}

static uint32_t quantized_bits(const struct sdse_onnx_graph *graph,
                               const struct sdse_onnx_node *node) {
    const struct sdse_onnx_value *zero = sdse_onnx_in(graph, node, 2);
    const int64_t type = sdse_onnx_int(node, "output_dtype", 0);
    if (zero && zero->tensor)
        return bits_of_type(zero->tensor->data_type);
    return type > 0 && type < 64 ? bits_of_type((int32_t)type) : 8; // uint8
}

uint32_t sdse_onnx_stored_bits(const struct sdse_onnx_graph *graph, uint32_t value) {
    enum { MOST_STEPS = 200 }; // as deep as constants are worked out
    for (int step = 0; step < MOST_STEPS && value != SDSE_ONNX_NONE; step++) {
        const struct sdse_onnx_value *at = &graph->value[value];
        const struct sdse_onnx_node *node =
            at->producer == SDSE_ONNX_NONE ? NULL : &graph->node[at->producer];
        if (!node || strcmp(node->op, "Constant") == 0)
            return at->tensor ? bits_of_tensor(at->tensor) : 0;
        if (strcmp(node->op, "QuantizeLinear") == 0)
            return quantized_bits(graph, node);
        if (strcmp(node->op, "Concat") == 0) { // the widest of all
            uint32_t widest = 0;
            for (uint32_t i = 0; i < node->input_count; i++) {
                const uint32_t bits = sdse_onnx_stored_bits(graph, node->input[i]);
                if (bits == 0)
                    return 0;
                widest = bits > widest ? bits : widest;
            }
            return widest;
        }
        const uint32_t next = followed(graph, node);
        value = next < node->input_count ? node->input[next] : SDSE_ONNX_NONE;
    }
    return 0;
}
