#include "import/onnx/heads.h"

#include <string.h>

// Extent of leading dimension i, counted from the last one before the matrix; 1 where
// there is none.
static uint64_t lead(const struct sdse_onnx_shape *shape, unsigned i) {
    return shape->rank > 2 + i ? shape->dim[shape->rank - 3 - i] : 1;
}

static uint64_t matrix_words(const struct sdse_onnx_shape *shape) {
    return sdse_onnx_product(shape, shape->rank > 2 ? shape->rank - 2 : 0, shape->rank);
}

// A Transpose that keeps the last two dimensions the last two.
static bool keeps_matrices(const struct sdse_onnx_graph *graph,
                           const struct sdse_onnx_node *node, unsigned rank) {
    struct sdse_onnx_list perm = sdse_onnx_list_of(graph, node, "perm", SDSE_ONNX_NONE);
    if (perm.given != SDSE_ONNX_GIVEN || perm.count != rank || rank < 2)
        return false;
    int64_t first = (int64_t)rank - 2;
    return perm.value[rank - 2] >= first && perm.value[rank - 1] >= first;
}

// How often an Expand or Tile repeats its input before the last two dimensions; 0 if
// it repeats those too.
static uint64_t repeated(const struct sdse_onnx_shape *in,
                         const struct sdse_onnx_shape *out) {
    if (matrix_words(in) != matrix_words(out) || in->rank < 2)
        return 0;
    uint64_t before = sdse_onnx_product(in, 0, in->rank - 2);
    uint64_t after = sdse_onnx_product(out, 0, out->rank - 2);
    return before ? after / before : 0;
}

// How many equal copies of each matrix a value holds: it is followed back through what
// only moves whole matrices.
static uint64_t copies_of(const struct sdse_onnx_graph *graph,
                          const struct sdse_onnx_value *value) {
    uint64_t copies = 1, words = matrix_words(&value->shape);
    while (value->producer != SDSE_ONNX_NONE) {
        const struct sdse_onnx_node *node = &graph->node[value->producer];
        const struct sdse_onnx_value *in = sdse_onnx_in(graph, node, 0);
        if (!in || !in->shape.known || in->shape.rank < 2 || node->output_count != 1 ||
            matrix_words(&in->shape) != words)
            return copies;
        if (strcmp(node->op, "Expand") == 0 || strcmp(node->op, "Tile") == 0) {
            uint64_t times = repeated(&in->shape, &value->shape);
            copies *= times ? times : 1;
        } else if (strcmp(node->op, "Transpose") == 0) {
            if (!keeps_matrices(graph, node, in->shape.rank))
                return copies;
        } else if (strcmp(node->op, "Reshape") != 0 &&
                   strcmp(node->op, "Unsqueeze") != 0 &&
                   strcmp(node->op, "Squeeze") != 0 &&
                   strcmp(node->op, "Identity") != 0 && strcmp(node->op, "Cast") != 0) {
            return copies;
        }
        value = in;
    }
    return copies;
}

struct sdse_onnx_heads sdse_onnx_heads_of(const struct sdse_onnx_graph *graph,
                                          const struct sdse_onnx_node *node,
                                          struct sdse_onnx_operands at) {
    const struct sdse_onnx_value *a = sdse_onnx_in(graph, node, at.a);
    const struct sdse_onnx_value *b = sdse_onnx_in(graph, node, at.b);
    uint64_t both = 1, only_a = 1, only_b = 1;
    for (unsigned i = 0; i < SDSE_ARRAY_MAX_RANK; i++) {
        uint64_t in_a = lead(&a->shape, i), in_b = lead(&b->shape, i);
        if (in_a == in_b)
            both *= in_a;
        else if (in_b == 1)
            only_a *= in_a;
        else
            only_b *= in_b;
    }
    struct sdse_onnx_heads heads = {.operands = both * only_b, .sharing = only_a};
    if (only_b > 1 && only_a == 1) { // it is the first input that is shared
        heads = (struct sdse_onnx_heads){both, only_b, true};
        b = a;
    }
    uint64_t copies = copies_of(graph, b);
    if (heads.operands % copies == 0) {
        heads.operands /= copies;
        heads.sharing *= copies;
    }
    return heads;
}
