// Operators of whole matrices: distances, inverses, determinants, sparse operands.
#include "import/onnx/expand/shapes.h"

#include <string.h>

// ---- CDist -------------------------------------------------------------------

static bool infer_distances(struct sdse_onnx_graph *graph,
                            struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *a = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *b = a ? sdse_expand_need(graph, node, 1) : NULL;
    if (!a || !b)
        return false;
    if (a->rank != 2 || b->rank != 2 || a->dim[1] != b->dim[1])
        return sdse_onnx_unknown(node, "its points are not two matrices as wide");
    return sdse_onnx_set(graph, node, 0, 2, (uint64_t[]){a->dim[0], b->dim[0]});
}

// The sum of squares of each row, [rows][1].
static const char *squares(struct sdse_rewrite *w, const char *x) {
    const char *y = sdse_rewrite_node(w, "ReduceSumSquare", ".squares", x, NULL, NULL);
    sdse_rewrite_set_ints(w, "axes", 1, (int64_t[]){1});
    sdse_rewrite_set_int(w, "keepdims", 1);
    return y;
}

// |a - b|² = |a|² + |b|² - 2 a b', of each a and each b; or its root.
static bool expand_distances(struct sdse_rewrite *w) {
    const char *a = sdse_rewrite_in(w, 0), *b = sdse_rewrite_in(w, 1);
    const Onnx__AttributeProto *metric = sdse_onnx_attribute(w->node, "metric");
    const bool plain = sdse_onnx_text_is(w->node, "metric", "euclidean");
    if (!a || !b ||
        (metric && !plain && !sdse_onnx_text_is(w->node, "metric", "sqeuclidean")))
        return false;
    const int64_t turn[2] = {1, 0};
    const char *y = sdse_rewrite_node(w, "MatMul", "", a,
                                      sdse_rewrite_transpose(w, b, 2, turn), NULL);
    y = sdse_rewrite_node(w, "Mul", NULL, y, sdse_rewrite_real(w, -2), NULL);
    y = sdse_rewrite_node(w, "Add", ".left", y, squares(w, a), NULL);
    y = sdse_rewrite_node(w, "Add", ".right", y,
                          sdse_rewrite_transpose(w, squares(w, b), 2, turn), NULL);
    y = sdse_rewrite_node(w, "Max", ".least", y, sdse_rewrite_real(w, 0), NULL);
    if (plain)
        y = sdse_rewrite_node(w, "Sqrt", ".root", y, NULL, NULL);
    sdse_rewrite_give(w, 0, y);
    return true;
}

// ---- Inverse, Det ------------------------------------------------------------

static bool is_square(const struct sdse_onnx_shape *x) {
    return x->rank >= 2 && x->dim[x->rank - 1] == x->dim[x->rank - 2];
}

static bool infer_square(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *x = sdse_expand_need(graph, node, 0);
    if (!x)
        return false;
    if (!is_square(x))
        return sdse_onnx_unknown(node, "its matrices are not square");
    return sdse_onnx_set(graph, node, 0,
                         strcmp(node->op, "Det") == 0 ? x->rank - 2 : x->rank, x->dim);
}

// Gauss-Jordan elimination multiplies n rows of n numbers for each of n pivots.
static bool expand_inverse(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    const char *in = sdse_rewrite_in(w, 0);
    if (!x || !is_square(x))
        return false;
    sdse_rewrite_approximate(w, "elimination as a product of as many multiplications, "
                                "n³ of a matrix of n rows");
    const char *y = sdse_rewrite_node(w, "MatMul", "", in, in, NULL);
    sdse_rewrite_give(w, 0, sdse_rewrite_stand_in(w, y));
    return true;
}

// Multiplications and divisions of an elimination, and of the diagonal's product:
// the sum over k < n of k² + k + 1.
static uint64_t eliminated(uint64_t n) {
    return (n - 1) * n * (2 * n - 1) / 6 + (n - 1) * n / 2 + (n - 1);
}

static bool expand_determinant(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    const char *in = sdse_rewrite_in(w, 0);
    const uint64_t most = 1 << 20;
    int64_t perm[SDSE_ARRAY_MAX_RANK];
    if (!x || !is_square(x) || x->dim[x->rank - 1] < 1 || x->dim[x->rank - 1] > most)
        return false;
    const unsigned rank = x->rank;
    const uint64_t n = x->dim[rank - 1], square = n * n;
    const uint64_t inner = n == 1 ? 1 : (eliminated(n) + square - 1) / square;
    for (unsigned d = 0; d < rank; d++)
        perm[d] = d + 2 < rank ? d : d + 2 == rank ? d + 1 : d - 1;
    const char *part = sdse_rewrite_slice(w, in, rank - 1, 0, (int64_t)inner);
    const char *y = sdse_rewrite_node(
        w, "MatMul", "", part, sdse_rewrite_transpose(w, part, rank, perm), NULL);
    int64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned d = 0; d + 2 < rank; d++)
        dims[d] = (int64_t)x->dim[d];
    if (rank == 2) // one number: sums of all give that
        y = sdse_rewrite_node(w, "ReduceSum", NULL, y, NULL, NULL);
    if (rank == 2)
        sdse_rewrite_set_int(w, "keepdims", 0);
    y = rank == 2 ? sdse_rewrite_stand_in(w, y)
                  : sdse_rewrite_stand_in_as(w, y, rank - 2, dims);
    sdse_rewrite_approximate(w, "elimination as a product of as many multiplications, "
                                "n³ / 3 of a matrix of n rows, rounded up");
    sdse_rewrite_give(w, 0, y);
    return true;
}

// ---- SparseToDenseMatMul -----------------------------------------------------

static bool is_turned(const struct sdse_onnx_node *node, unsigned which) {
    return sdse_onnx_int(node, which ? "transB" : "transA", 0) != 0;
}

static bool infer_sparse(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *a = sdse_expand_need(graph, node, 0);
    const struct sdse_onnx_shape *b = a ? sdse_expand_need(graph, node, 1) : NULL;
    const unsigned ta = is_turned(node, 0), tb = is_turned(node, 1);
    if (!a || !b)
        return false;
    if (a->rank != 2 || b->rank != 2 || a->dim[!ta] != b->dim[tb])
        return sdse_onnx_unknown(node, "the two matrices do not match");
    return sdse_onnx_set(graph, node, 0, 2, (uint64_t[]){a->dim[ta], b->dim[!tb]});
}

static bool expand_sparse(struct sdse_rewrite *w) {
    const char *a = sdse_rewrite_in(w, 0), *b = sdse_rewrite_in(w, 1);
    const double alpha = sdse_rewrite_attribute(w, "alpha", 1);
    const int64_t turn[2] = {1, 0};
    if (!a || !b)
        return false;
    if (is_turned(w->node, 0))
        a = sdse_rewrite_transpose(w, a, 2, turn);
    if (is_turned(w->node, 1))
        b = sdse_rewrite_transpose(w, b, 2, turn);
    const char *y = sdse_rewrite_node(w, "MatMul", "", a, b, NULL);
    if (alpha != 1)
        y = sdse_rewrite_node(w, "Mul", ".scale", y, sdse_rewrite_real(w, alpha), NULL);
    sdse_rewrite_approximate(w, "its sparse operand is taken as dense");
    sdse_rewrite_give(w, 0, y);
    return true;
}

// ---- AffineGrid --------------------------------------------------------------

// The extents that a constant gives: [N][C][H][W] or [N][C][D][H][W].
static bool read_grid(const struct sdse_onnx_graph *graph,
                      const struct sdse_onnx_node *node,
                      const struct sdse_onnx_shape *theta, unsigned *axes,
                      int64_t *extents) {
    const struct sdse_onnx_list size = sdse_onnx_list_of(graph, node, NULL, 1);
    const int64_t most = (int64_t)1 << 20;
    int64_t all = 1;
    *axes = size.count - 2;
    if (size.given != SDSE_ONNX_GIVEN || size.count < 4 || size.count > 5 ||
        theta->rank != 3 || theta->dim[1] != *axes || theta->dim[2] != *axes + 1 ||
        (int64_t)theta->dim[0] != size.value[0])
        return false;
    for (unsigned d = 0; d < *axes; d++) {
        extents[d] = size.value[d + 2];
        if (extents[d] < 1 || extents[d] > most || (all *= extents[d]) > most)
            return false;
    }
    return true;
}

static bool infer_grid(struct sdse_onnx_graph *graph, struct sdse_onnx_node *node) {
    const struct sdse_onnx_shape *theta = sdse_expand_need(graph, node, 0);
    uint64_t dims[5] = {0};
    int64_t extents[3];
    unsigned axes;
    if (!theta)
        return false;
    if (!read_grid(graph, node, theta, &axes, extents))
        return sdse_onnx_unknown(node, "its size is not known, or does not fit");
    dims[0] = theta->dim[0];
    for (unsigned d = 0; d < axes; d++)
        dims[d + 1] = (uint64_t)extents[d];
    dims[axes + 1] = axes;
    return sdse_onnx_set(graph, node, 0, axes + 2, dims);
}

// Places of the map from -1 to 1, the last axis first, and a 1; times each theta'.
static bool expand_grid(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *theta = sdse_rewrite_shape(w, 0);
    const bool corners = sdse_onnx_int(w->node, "align_corners", 0) != 0;
    int64_t extents[3], points = 1, dims[5] = {0};
    unsigned axes;
    const char *name;
    if (!theta || !read_grid(w->graph, w->node, theta, &axes, extents))
        return false;
    dims[0] = (int64_t)theta->dim[0];
    dims[axes + 1] = axes;
    for (unsigned d = 0; d < axes; d++)
        points *= dims[d + 1] = extents[d];
    float *data = sdse_rewrite_floats(w, 2, (int64_t[]){points, axes + 1}, &name);
    for (int64_t p = 0; data && p < points; p++, data += axes + 1) {
        int64_t rest = p;
        for (unsigned d = axes; d-- > 0; rest /= extents[d]) {
            const double at = (double)(rest % extents[d]), n = (double)extents[d];
            data[axes - 1 - d] = (float)(!corners ? (2 * at + 1) / n - 1
                                         : n == 1 ? 0
                                                  : 2 * at / (n - 1) - 1);
        }
        data[axes] = 1;
    }
    const char *turned =
        sdse_rewrite_transpose(w, sdse_rewrite_in(w, 0), 3, (int64_t[]){0, 2, 1});
    const char *y = sdse_rewrite_node(w, "MatMul", "", name, turned, NULL);
    sdse_rewrite_give(w, 0, sdse_rewrite_reshape(w, y, axes + 2, dims));
    return true;
}

static const struct {
    const char *domain, *op;
    sdse_expander expand;
    sdse_onnx_rule rule;
} table[] = {
    {"com.microsoft", "CDist", expand_distances, infer_distances},
    {"com.microsoft", "Inverse", expand_inverse, infer_square},
    {"", "Det", expand_determinant, infer_square},
    {"com.microsoft", "SparseToDenseMatMul", expand_sparse, infer_sparse},
    {"", "AffineGrid", expand_grid, infer_grid},
};

sdse_expander sdse_expander_matrix(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, table[i].domain, table[i].op))
            return table[i].expand;
    return NULL;
}

sdse_onnx_rule sdse_expand_rule_matrix(const Onnx__NodeProto *node) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (sdse_expand_is(node, table[i].domain, table[i].op))
            return table[i].rule;
    return NULL;
}
