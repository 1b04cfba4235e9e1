// Recurrent networks with quantized weights: those dequantized, and turned as LSTM has
// them.
#include "import/onnx/expand/rewrite.h"

// [directions][inputs][gates * hidden] of integers as real [directions][gates *
// hidden][inputs]; a scale and a zero point for each direction, or for each of its
// filters. NULL: they do not fit.
static const char *turned(struct sdse_rewrite *w, uint32_t weights, uint32_t scale,
                          uint32_t zero) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, weights);
    const char *x = sdse_rewrite_in(w, weights);
    const uint32_t parts[2] = {scale, zero};
    const char *name[2];
    if (!x || !shape || shape->rank != 3)
        return NULL;
    for (unsigned i = 0; i < 2; i++) {
        const struct sdse_onnx_shape *own = sdse_rewrite_shape(w, parts[i]);
        name[i] = sdse_rewrite_in(w, parts[i]);
        if (!name[i] || !own || own->rank < 1 || own->rank > 2 ||
            own->dim[0] != shape->dim[0] ||
            (own->rank == 2 && own->dim[1] != shape->dim[2]))
            return NULL;
        const int64_t wide[3] = {(int64_t)own->dim[0], 1,
                                 own->rank == 2 ? (int64_t)own->dim[1] : 1};
        name[i] = sdse_rewrite_reshape(w, name[i], 3, wide);
        name[i] = sdse_rewrite_cast(w, name[i], ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    }
    x = sdse_rewrite_cast(w, x, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    x = sdse_rewrite_node(w, "Sub", NULL, x, name[1], NULL);
    x = sdse_rewrite_node(w, "Mul", NULL, x, name[0], NULL);
    return sdse_rewrite_transpose(w, x, 3, (int64_t[]){0, 2, 1});
}

// X, W, R, B, lengths, states, P; then scales and zero points of W and of R. What the
// operator rounds of its inputs as it runs stays real here.
static bool expand_dynamic_lstm(struct sdse_rewrite *w) {
    const char *in[8], *out[3];
    for (uint32_t i = 0; i < 8; i++)
        in[i] = sdse_rewrite_in(w, i);
    in[1] = turned(w, 1, 8, 9);
    in[2] = turned(w, 2, 10, 11);
    if (!in[0] || !in[1] || !in[2])
        return false;
    const uint32_t outputs = w->node->output_count;
    if (outputs > 3)
        return false;
    sdse_rewrite_approximate(w, "its inputs are taken as they are, not rounded");
    sdse_rewrite_wide(w, "LSTM", "", 8, in, outputs, out);
    sdse_rewrite_keep_attributes(w, NULL);
    for (uint32_t i = 0; i < outputs; i++)
        sdse_rewrite_give(w, i, out[i]);
    return true;
}

// ---- AttnLSTM ----------------------------------------------------------------

static int64_t extent(const struct sdse_onnx_shape *shape, unsigned d) {
    return (int64_t)shape->dim[d];
}

// `a`, which is nothing that is known before, of this shape, times weights; executed as
// often as there are steps.
static const char *each_step(struct sdse_rewrite *w, const char *suffix, const char *a,
                             const int64_t *dims, const char *weights, int64_t steps) {
    const size_t first = w->node_count;
    a = sdse_rewrite_stand_in_as(w, a, 3, dims);
    const char *y = sdse_rewrite_node(w, "MatMul", suffix, a, weights, NULL);
    sdse_rewrite_steps(w, first, steps);
    return y;
}

// X, W, R, B, lengths, states, P of an LSTM whose input has what it attended to behind
// its own; then the weights of queries [D][H][A], memory [D][M][A], alignment [D][A],
// the memory [B][T][M], its lengths, and the attention's weights [D][M + H][O].
static bool expand_attending_lstm(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *in = sdse_rewrite_shape(w, 1),
                                 *query = sdse_rewrite_shape(w, 8),
                                 *memory = sdse_rewrite_shape(w, 9),
                                 *kept = sdse_rewrite_shape(w, 11),
                                 *last = sdse_rewrite_shape(w, 13);
    const uint32_t outputs = w->node->output_count;
    const char *lstm[8], *out[3];
    if (!x || !in || !query || !memory || !kept || x->rank != 3 || in->rank != 3 ||
        query->rank != 3 || memory->rank != 3 || kept->rank != 3 || outputs > 3 ||
        !sdse_rewrite_in(w, 10) ||
        (sdse_rewrite_in(w, 13) && (!last || last->rank != 3)))
        return false;
    const int64_t steps = extent(x, 0), batch = extent(x, 1), ways = extent(in, 0);
    const int64_t hidden = extent(query, 1), aligned = extent(query, 2),
                  rows = extent(kept, 1), depth = extent(kept, 2);
    if (extent(query, 0) != ways || extent(memory, 0) != ways ||
        extent(memory, 1) != depth || extent(memory, 2) != aligned ||
        extent(kept, 0) != batch || steps < 1 ||
        (last && (extent(last, 0) != ways || extent(last, 1) != depth + hidden)))
        return false;
    for (uint32_t i = 0; i < 8; i++)
        lstm[i] = sdse_rewrite_in(w, i);
    lstm[0] = sdse_rewrite_stand_in_as(w, lstm[0], 3,
                                       (int64_t[]){steps, batch, extent(in, 2)});
    sdse_rewrite_wide(w, "LSTM", "", 8, lstm, outputs, out);
    sdse_rewrite_keep_attributes(w, NULL);
    for (uint32_t i = 0; i < outputs; i++)
        sdse_rewrite_give(w, i, out[i]);
    const char *keys = sdse_rewrite_node(
        w, "MatMul", ".memory",
        sdse_rewrite_stand_in_as(w, sdse_rewrite_in(w, 11), 3,
                                 (int64_t[]){ways, batch * rows, depth}),
        sdse_rewrite_in(w, 9), NULL);
    each_step(w, ".query", lstm[0], (int64_t[]){ways, batch, hidden},
              sdse_rewrite_in(w, 8), steps);
    const char *by = sdse_rewrite_reshape(w, sdse_rewrite_in(w, 10), 3,
                                          (int64_t[]){ways, aligned, 1});
    const char *found = each_step(w, ".align", keys,
                                  (int64_t[]){ways, batch * rows, aligned}, by, steps);
    const char *values = sdse_rewrite_stand_in_as(
        w, sdse_rewrite_in(w, 11), 3, (int64_t[]){ways * batch, rows, depth});
    const char *seen = each_step(w, ".context", found,
                                 (int64_t[]){ways * batch, 1, rows}, values, steps);
    if (last)
        each_step(w, ".attention", seen, (int64_t[]){ways, batch, depth + hidden},
                  sdse_rewrite_in(w, 13), steps);
    sdse_rewrite_approximate(w, "what it attends to is taken as a part of all steps' "
                                "inputs, which come at once");
    return true;
}

sdse_expander sdse_expander_cells(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "com.microsoft", "DynamicQuantizeLSTM")
               ? expand_dynamic_lstm
           : sdse_expand_is(node, "com.microsoft", "AttnLSTM") ? expand_attending_lstm
                                                               : NULL;
}
