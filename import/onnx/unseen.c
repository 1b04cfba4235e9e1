#include "import/onnx/unseen.h"

#include <inttypes.h>
#include <string.h>

#include "import/onnx/expand.h"
#include "import/onnx/infer.h"
#include "import/onnx/operators.h"
#include "import/onnx/ops.h"

// Operators that multiply and are not layers here.
static const char *const multiplying[] = {
    "LSTM", "GRU", "RNN", "STFT", "DFT", "Det", "Inverse", "Rfft", "Irfft",
};

// Operators without a rule of their own that read tables or several maps and have no
// weights to multiply with.
static const char *const harmless[] = {
    "ArrayFeatureExtractor",
    "Bernoulli",
    "BiasAdd",
    "BiasDropout",
    "BiasGelu",
    "BiasSoftmax",
    "BiasSplitGelu",
    "BifurcationDetector",
    "BitwiseAnd",
    "BitwiseNot",
    "BitwiseOr",
    "BitwiseXor",
    "CenterCropPad",
    "Col2Im",
    "ComplexMul",
    "ComplexMulConj",
    "Compress",
    "ConcatFromSequence",
    "CropAndResize",
    "DequantizeWithOrder",
    "DynamicQuantizeLinear",
    "EmbedLayerNormalization",
    "EyeLike",
    "GatedAdd",
    "GatedRMSNorm",
    "GatherBlockQuantized",
    "GatherElements",
    "GatherND",
    "GemmaRotaryEmbedding",
    "GridSample",
    "GroupNorm",
    "ImageScaler",
    "LinearAttentionGate",
    "MRotaryEmbedding",
    "MaxRoiPool",
    "MaxUnpool",
    "MelWeightMatrix",
    "NhwcMaxPool",
    "NonMaxSuppression",
    "NonZero",
    "OneHot",
    "Optional",
    "OptionalGetElement",
    "OptionalHasElement",
    "QLinearAveragePool",
    "QLinearGlobalAveragePool",
    "QLinearReduceMean",
    "QLinearWhere",
    "QOrderedGelu",
    "QOrderedLayerNormalization",
    "QuantizeWithOrder",
    "QuickGelu",
    "RMSNormalization",
    "RandomNormalLike",
    "RandomUniformLike",
    "RelativePositionBias",
    "RemovePadding",
    "RestorePadding",
    "ReverseSequence",
    "RoiAlign",
    "RotaryEmbedding",
    "Scatter",
    "SequenceAt",
    "SequenceConstruct",
    "SequenceInsert",
    "SkipGroupNorm",
    "SkipSimplifiedLayerNormalization",
    "SplitToSequence",
    "Swish",
    "TensorScatter",
    "TorchEmbedding",
    "UnfoldTensor",
    "Unique",
};

// If, Loop, Scan, the searches of com.microsoft.
static bool has_graphs(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->g)
            return true;
    return sdse_onnx_is_branching(node);
}

// Two extents or more, or a long row of packed numbers.
static bool is_weight_sized(const uint64_t *dims, size_t rank) {
    const uint64_t long_row = 4096;
    unsigned wide = 0;
    for (size_t i = 0; i < rank; i++)
        wide += dims[i] > 1;
    return wide >= 2 || (wide == 1 && rank == 1 && dims[0] >= long_row);
}

static uint64_t weights_of_tensor(const Onnx__TensorProto *tensor) {
    uint64_t dims[SDSE_ARRAY_MAX_RANK] = {0}, count = 1;
    if (!tensor || tensor->n_dims > SDSE_ARRAY_MAX_RANK)
        return 0;
    for (size_t i = 0; i < tensor->n_dims; i++)
        dims[i] = tensor->dims[i] > 0 ? (uint64_t)tensor->dims[i] : 0;
    return is_weight_sized(dims, tensor->n_dims) &&
                   sdse_shape_count(dims, (unsigned)tensor->n_dims, &count)
               ? count
               : 0;
}

static uint64_t weights_of_value(const struct sdse_onnx_value *value) {
    if (!value->tensor || !value->shape.known ||
        !is_weight_sized(value->shape.dim, value->shape.rank))
        return 0;
    return sdse_onnx_product(&value->shape, 0, value->shape.rank);
}

static void add(uint64_t *sum, uint64_t count) {
    if (__builtin_add_overflow(*sum, count, sum))
        *sum = UINT64_MAX;
}

// Constants that a node of an inner graph reads from the outer one.
static uint64_t weights_outside(const struct sdse_onnx_graph *graph, const char *name) {
    enum { MOST_VALUES = 100000 }; // the search is along all of them
    for (uint32_t i = 0; i < graph->value_count && graph->value_count < MOST_VALUES;
         i++)
        if (graph->value[i].name && strcmp(graph->value[i].name, name) == 0)
            return weights_of_value(&graph->value[i]);
    return 0;
}

static bool graphs_multiply(const struct sdse_onnx_graph *graph,
                            const Onnx__NodeProto *node, uint64_t *weights);

// A node of an inner graph: there are no shapes there.
static bool inner_multiplies(const struct sdse_onnx_graph *graph,
                             const Onnx__NodeProto *node, uint64_t *weights) {
    const char *op = node->op_type ? node->op_type : "";
    bool product = strstr(op, "Conv") || strstr(op, "MatMul") || strstr(op, "Gemm");
    bool unknown = !sdse_onnx_has_rule(node) && !SDSE_ONNX_AMONG(op, harmless);
    bool multiplies = has_graphs(node)
                          ? graphs_multiply(graph, node, weights)
                          : product || unknown || SDSE_ONNX_AMONG(op, multiplying) ||
                                sdse_onnx_is_expanded(node);
    for (size_t i = 0; i < node->n_input && multiplies; i++)
        add(weights, weights_outside(graph, node->input[i]));
    return multiplies;
}

static bool graph_multiplies(const struct sdse_onnx_graph *graph,
                             const Onnx__GraphProto *inner, uint64_t *weights) {
    bool any = false;
    for (size_t i = 0; i < inner->n_node; i++)
        any |= inner_multiplies(graph, inner->node[i], weights);
    for (size_t i = 0; i < inner->n_initializer && any; i++)
        add(weights, weights_of_tensor(inner->initializer[i]));
    return any;
}

static bool graphs_multiply(const struct sdse_onnx_graph *graph,
                            const Onnx__NodeProto *node, uint64_t *weights) {
    bool any = false;
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->g)
            any |= graph_multiplies(graph, node->attribute[i]->g, weights);
    return any;
}

// What a node reads that it could multiply.
struct reads {
    uint64_t weights; // in constants of weight size [numbers]
    unsigned matrices;
};

static struct reads reads_of(const struct sdse_onnx_graph *graph,
                             const struct sdse_onnx_node *node) {
    struct reads reads = {0};
    for (uint32_t i = 0; i < node->input_count; i++) {
        const struct sdse_onnx_value *value = sdse_onnx_in(graph, node, i);
        if (!value)
            continue;
        add(&reads.weights, weights_of_value(value));
        reads.matrices += !value->shape.known || value->shape.rank >= 2;
    }
    for (size_t i = 0; i < node->proto->n_attribute; i++)
        add(&reads.weights, weights_of_tensor(node->proto->attribute[i]->t));
    // Packed numbers say how many weights they are (MatMulNBits).
    int64_t k = sdse_onnx_int(node, "K", 0), n = sdse_onnx_int(node, "N", 0);
    const int64_t most = (int64_t)1 << 30;
    if (reads.weights > 0 && k > 0 && n > 0 && k <= most && n <= most)
        reads.weights = (uint64_t)k * (uint64_t)n;
    return reads;
}

bool sdse_onnx_is_unseen(struct sdse_onnx_graph *graph,
                         const struct sdse_onnx_node *node,
                         struct sdse_not_modelled *out) {
    struct reads reads = reads_of(graph, node);
    const char *reason = NULL;
    bool known = sdse_onnx_has_rule(node->proto);
    if (sdse_onnx_is_stand_in(node->proto))
        return false; // what it is a part of is written out
    if (has_graphs(node->proto)) {
        if (graphs_multiply(graph, node->proto, &reads.weights))
            reason = "its graphs multiply";
    } else if (SDSE_ONNX_AMONG(node->op, multiplying) ||
               sdse_onnx_is_expanded(node->proto)) {
        reason = "known to multiply";
    } else if (!known && !SDSE_ONNX_AMONG(node->op, harmless)) {
        reason = reads.weights > 0     ? "unknown operator that reads weights"
                 : reads.matrices >= 2 ? "unknown operator that reads two matrices"
                                       : NULL;
    }
    if (!reason)
        return false;
    *out = (struct sdse_not_modelled){
        .name = node->name, .op = node->op, .reason = reason, .weights = reads.weights};
    sdse_diag_add(graph->diags, SDSE_WARNING, (struct sdse_loc){.file = graph->file},
                  "onnx-left-out",
                  "node '%s' (%s): %s, %" PRIu64
                  " weights: its multiplications are not in the workload's layers",
                  node->name, node->op, reason, reads.weights);
    return true;
}

void sdse_onnx_say_approximation(const struct sdse_onnx_graph *graph,
                                 const struct sdse_onnx_node *node) {
    if (strcmp(node->op, "DeformConv") == 0)
        sdse_diag_add(
            graph->diags, SDSE_WARNING, (struct sdse_loc){.file = graph->file},
            "onnx-approximated",
            "node '%s' (DeformConv): a convolution that reads its map where a "
            "plain one does",
            node->name);
}
