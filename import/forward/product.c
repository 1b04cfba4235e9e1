// Matrix products: Gemm and MatMul.
#include <stdlib.h>
#include <string.h>

#include "import/forward/dot.h"
#include "import/forward/step.h"

// out[m][n] += sum over k of left[m][k] right[k][n], for a stack of such.
struct stack {
    const double *left, *right;
    double *out;
    uint64_t m, n, k;
    uint64_t left_row, left_tap, out_row, out_column; // steps
    const uint64_t *offset;                      // of each tap in the right operand
    const uint64_t *left_at, *right_at, *out_at; // of each member
    bool out_of_memory;
};

static void multiply_rows(void *context, uint64_t task) {
    struct stack *s = context;
    uint64_t blocks = (s->m + SDSE_DOT_FILTERS - 1) / SDSE_DOT_FILTERS;
    uint64_t member = task / blocks, row = task % blocks * SDSE_DOT_FILTERS;
    uint64_t rows = s->m - row < SDSE_DOT_FILTERS ? s->m - row : SDSE_DOT_FILTERS;
    double *packed = malloc((size_t)(s->k + 1) * SDSE_DOT_FILTERS * sizeof *packed);
    if (!packed) {
        s->out_of_memory = true;
        return;
    }
    sdse_dot_pack(s->left + s->left_at[member] + row * s->left_row, rows, s->left_row,
                  s->k, s->left_tap, packed);
    sdse_dot(packed, rows, s->k, s->offset, s->right + s->right_at[member], 1, s->n,
             s->out + s->out_at[member] + row * s->out_row, s->out_row, s->out_column);
    free(packed);
}

// The right operand, [k][n] or stored as [n][k], with room behind it.
static double *copy_right(const double *from, uint64_t count, uint64_t k, uint64_t n,
                          bool swapped) {
    double *copy = calloc((size_t)count + SDSE_DOT_OUTPUTS, sizeof *copy);
    if (!copy)
        return NULL;
    if (!swapped)
        memcpy(copy, from, (size_t)count * sizeof *copy);
    for (uint64_t i = 0; swapped && i < n; i++)
        for (uint64_t j = 0; j < k; j++)
            copy[j * n + i] = from[i * k + j];
    return copy;
}

static bool run_stack(struct sdse_step *step, struct stack *s, uint64_t members) {
    uint64_t *offset = malloc((size_t)(s->k + 1) * sizeof *offset);
    if (!offset)
        return sdse_step_no_memory(step);
    for (uint64_t t = 0; t < s->k; t++)
        offset[t] = t * s->n;
    s->offset = offset;
    uint64_t blocks = (s->m + SDSE_DOT_FILTERS - 1) / SDSE_DOT_FILTERS;
    bool good = sdse_step_parallel(
        step, members * blocks,
        (double)members * (double)s->m * (double)s->n * (double)s->k, multiply_rows, s);
    free(offset);
    return good && (!s->out_of_memory || sdse_step_no_memory(step));
}

// The place of member i of a stack of `shape`'s leading dimensions, broadcast to those
// of the result.
static uint64_t member_at(const struct sdse_onnx_shape *result, unsigned lead,
                          const struct sdse_onnx_shape *shape, unsigned own,
                          uint64_t i) {
    uint64_t at[SDSE_ARRAY_MAX_RANK], place = 0;
    for (unsigned d = lead; d-- > 0; i /= result->dim[d])
        at[d] = i % result->dim[d];
    for (unsigned d = 0; d < own; d++)
        place = place * shape->dim[d] + (shape->dim[d] == 1 ? 0 : at[lead - own + d]);
    return place;
}

bool sdse_step_multiply(struct sdse_step *step, const struct sdse_onnx_numbers *a,
                        const struct sdse_onnx_numbers *b) {
    const struct sdse_onnx_shape *sa = &a->shape, *sb = &b->shape;
    bool row = sa->rank == 1, column = sb->rank == 1;
    unsigned own_a = row ? 0 : sa->rank - 2, own_b = column ? 0 : sb->rank - 2;
    unsigned lead = own_a > own_b ? own_a : own_b;
    struct stack s = {.left = a->data,
                      .out = step->out[0].data,
                      .m = row ? 1 : sa->dim[sa->rank - 2],
                      .k = sa->dim[sa->rank - 1],
                      .n = column ? 1 : sb->dim[sb->rank - 1],
                      .left_tap = 1,
                      .out_column = 1};
    s.left_row = s.k;
    s.out_row = s.n;
    uint64_t members = sdse_onnx_product(&step->out[0].shape, 0, lead);
    uint64_t *at = malloc((size_t)(3 * members + 1) * sizeof *at);
    double *right = copy_right(b->data, b->count, s.k, s.n, false);
    if (!at || !right) {
        free(at);
        free(right);
        return sdse_step_no_memory(step);
    }
    for (uint64_t i = 0; i < members; i++) {
        at[i] = member_at(&step->out[0].shape, lead, sa, own_a, i) * s.m * s.k;
        at[members + i] =
            member_at(&step->out[0].shape, lead, sb, own_b, i) * s.k * s.n;
        at[2 * members + i] = i * s.m * s.n;
    }
    s.right = right;
    s.left_at = at;
    s.right_at = at + members;
    s.out_at = at + 2 * members;
    bool good = run_stack(step, &s, members);
    free(at);
    free(right);
    return good;
}

static bool run_matmul(struct sdse_step *step) {
    return sdse_step_multiply(step, &step->in[0], &step->in[1]);
}

// alpha op(A) op(B) + beta C. With B transposed its rows, which are many, are the
// filters: out' = B A'.
static bool run_gemm(struct sdse_step *step) {
    const struct sdse_onnx_numbers *a = &step->in[0], *b = &step->in[1];
    struct sdse_onnx_numbers *out = &step->out[0];
    bool ta = sdse_onnx_int(step->node, "transA", 0) != 0;
    bool tb = sdse_onnx_int(step->node, "transB", 0) != 0;
    uint64_t m = out->shape.dim[0], n = out->shape.dim[1], k = a->shape.dim[!ta];
    const uint64_t zero = 0;
    double alpha = sdse_step_real(step, "alpha", 1),
           beta = sdse_step_real(step, "beta", 1);
    struct stack s = {
        .out = out->data, .k = k, .left_at = &zero, .right_at = &zero, .out_at = &zero};
    if (tb) {
        s.left = b->data;
        s.m = n;
        s.n = m;
        s.left_row = k;
        s.left_tap = 1;
        s.out_row = 1;
        s.out_column = n;
    } else {
        s.left = a->data;
        s.m = m;
        s.n = n;
        s.left_row = ta ? 1 : k;
        s.left_tap = ta ? m : 1;
        s.out_row = n;
        s.out_column = 1;
    }
    double *right = tb ? copy_right(a->data, a->count, k, m, !ta)
                       : copy_right(b->data, b->count, k, n, false);
    if (!right)
        return sdse_step_no_memory(step);
    s.right = right;
    bool good = run_stack(step, &s, 1);
    free(right);
    const struct sdse_onnx_numbers *c = sdse_step_has(step, 2) ? &step->in[2] : NULL;
    uint64_t rows = c && c->shape.rank > 1 ? c->shape.dim[0] : 1;
    uint64_t columns = c && c->shape.rank > 0 ? c->shape.dim[c->shape.rank - 1] : 1;
    if (c && (c->shape.rank > 2 || (rows != 1 && rows != m) ||
              (columns != 1 && columns != n)))
        return sdse_step_fail(step, "what it adds does not broadcast to its output");
    for (uint64_t i = 0; i < out->count && good; i++) {
        out->data[i] *= alpha;
        if (c)
            out->data[i] +=
                beta *
                c->data[(rows == 1 ? 0 : i / n) * columns + (columns == 1 ? 0 : i % n)];
    }
    return good;
}

// FusedGemm: the function that is named is applied too.
static bool run_fused_gemm(struct sdse_step *step) {
    return run_gemm(step) && sdse_step_activate(step);
}

sdse_step_rule sdse_step_rule_product(const char *op) {
    return strcmp(op, "MatMul") == 0      ? run_matmul
           : strcmp(op, "Gemm") == 0      ? run_gemm
           : strcmp(op, "FusedGemm") == 0 ? run_fused_gemm
                                          : NULL;
}
