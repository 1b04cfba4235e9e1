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
    sdse_rewrite_wide(w, "LSTM", "", 8, in, outputs, out);
    sdse_rewrite_keep_attributes(w, NULL);
    for (uint32_t i = 0; i < outputs; i++)
        sdse_rewrite_give(w, i, out[i]);
    return true;
}

sdse_expander sdse_expander_cells(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "com.microsoft", "DynamicQuantizeLSTM")
               ? expand_dynamic_lstm
               : NULL;
}
