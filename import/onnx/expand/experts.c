// Mixtures of experts: each token goes to some of them.
#include "import/onnx/expand/packed.h"

#include <string.h>

static int64_t extent(const struct sdse_onnx_shape *shape, unsigned d) {
    return (int64_t)shape->dim[d];
}

// Weights [experts][out][in], real, by name; or [experts][in][out], `turned`.
struct experts {
    const char *name;
    int64_t out;
    bool turned;
};

static const char *stacked(struct sdse_rewrite *w, const struct experts *e) {
    return e->turned ? e->name
                     : sdse_rewrite_transpose(w, e->name, 3, (int64_t[]){0, 2, 1});
}

// What the router says, and what goes in: [tokens][width], `rows` for each expert.
struct mixture {
    int64_t count, width, rows;
};

// Each token goes to `k` experts, evenly: each expert has as many, rounded up.
static bool read_mixture(const struct sdse_rewrite *w, struct mixture *out) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0),
                                 *routed = sdse_rewrite_shape(w, 1);
    const int64_t k = sdse_onnx_int(w->node, "k", 1), most = (int64_t)1 << 30;
    if (!x || !routed || x->rank < 2 || routed->rank != 2 || k < 1)
        return false;
    const int64_t tokens = (int64_t)sdse_onnx_product(x, 0, x->rank - 1);
    *out =
        (struct mixture){.count = extent(routed, 1), .width = extent(x, x->rank - 1)};
    if (out->count < 1 || out->count > most || k > out->count || tokens < 1 ||
        tokens > most)
        return false;
    out->rows = (tokens * k + out->count - 1) / out->count;
    return true;
}

// first, a function, perhaps times third, and second; `kept` are left of the first's.
static void write_mixture(struct sdse_rewrite *w, const struct mixture *m,
                          const struct experts *first, const struct experts *second,
                          const struct experts *third, int64_t kept) {
    const struct sdse_onnx_shape *x = sdse_rewrite_shape(w, 0);
    int64_t dims[SDSE_ARRAY_MAX_RANK];
    const char *each = sdse_rewrite_stand_in_as(
        w, sdse_rewrite_in(w, 0), 3, (int64_t[]){m->count, m->rows, m->width});
    const char *h =
        sdse_rewrite_node(w, "MatMul", ".fc1", each, stacked(w, first), NULL);
    if (third) {
        const char *gate =
            sdse_rewrite_node(w, "MatMul", ".fc3", each, stacked(w, third), NULL);
        h = sdse_rewrite_node(w, "Mul", ".gate", h, gate, NULL);
    }
    h = sdse_rewrite_node(
        w, "Relu", ".act",
        sdse_rewrite_stand_in_as(w, h, 3, (int64_t[]){m->count, m->rows, kept}), NULL,
        NULL);
    h = sdse_rewrite_node(w, "MatMul", ".fc2", h, stacked(w, second), NULL);
    for (unsigned d = 0; d < x->rank; d++)
        dims[d] = extent(x, d);
    sdse_rewrite_approximate(w, "its tokens are spread over the experts evenly");
    sdse_rewrite_give(w, 0, sdse_rewrite_stand_in_as(w, h, x->rank, dims));
}

// Gates and values in one: what is left is half as wide.
static bool is_kept(int64_t inner, int64_t kept) {
    return kept == inner || 2 * kept == inner;
}

// ---- MoE ---------------------------------------------------------------------

// A stack of weights, whichever of the two extents is stored last.
static bool read_experts(const struct sdse_rewrite *w, uint32_t input, int64_t count,
                         int64_t in, struct experts *out) {
    const struct sdse_onnx_shape *shape = sdse_rewrite_shape(w, input);
    out->name = sdse_rewrite_in(w, input);
    if (!out->name || !shape || shape->rank != 3 || extent(shape, 0) != count)
        return false;
    out->turned = extent(shape, 2) != in; // as older versions store them
    out->out = extent(shape, out->turned ? 2 : 1);
    return !out->turned || extent(shape, 1) == in;
}

static bool expand_experts(struct sdse_rewrite *w) {
    const struct sdse_onnx_shape *down = sdse_rewrite_shape(w, 4);
    const bool gated = sdse_rewrite_in(w, 6) != NULL;
    struct mixture m;
    struct experts first, second, third;
    if (!read_mixture(w, &m) || !read_experts(w, 2, m.count, m.width, &first) ||
        !down || down->rank != 3)
        return false;
    const int64_t kept = extent(down, extent(down, 1) == m.width ? 2 : 1);
    if (!is_kept(first.out, kept) || !read_experts(w, 4, m.count, kept, &second) ||
        second.out != m.width ||
        (gated &&
         (!read_experts(w, 6, m.count, m.width, &third) || third.out != first.out)))
        return false;
    write_mixture(w, &m, &first, &second, gated ? &third : NULL, kept);
    return true;
}

// ---- QMoE --------------------------------------------------------------------

// How the weights of all experts are stored.
struct quantized {
    int32_t type;
    int64_t bits;  // of a number [2, 4, 8]
    int64_t block; // numbers of a row that share a scale; 0: all do
    int32_t scale; // type of the scales where they are bytes; 0: they are real
    bool real;     // there is no zero point, but one more scale for each expert
};

static bool read_quantized(const struct sdse_rewrite *w, struct quantized *out) {
    const Onnx__AttributeProto *type = sdse_onnx_attribute(w->node, "quant_type");
    const int64_t bits = sdse_onnx_int(w->node, "expert_weight_bits", 4);
    const struct sdse_onnx_node *node = w->node;
    *out = (struct quantized){.bits = 4, .type = SDSE_NBITS_E2M1, .real = true};
    if (sdse_onnx_text_is(node, "quant_type", "fp4") ||
        sdse_onnx_text_is(node, "quant_type", "wfp4afp8")) {
        out->block = 32;
        out->scale = SDSE_NBITS_E8M0;
        return true;
    }
    if (sdse_onnx_text_is(node, "quant_type", "nvfp4")) {
        out->block = 16;
        out->scale = SDSE_NBITS_E4M3;
        return true;
    }
    if (sdse_onnx_text_is(node, "quant_type", "fp8")) {
        out->bits = 8;
        out->type = SDSE_NBITS_E4M3;
        return true;
    }
    *out = (struct quantized){.bits = bits,
                              .type = bits == 8   ? ONNX__TENSOR_PROTO__DATA_TYPE__UINT8
                                      : bits == 4 ? SDSE_NBITS_UINT4
                                                  : SDSE_NBITS_UINT2,
                              .block = sdse_onnx_int(node, "block_size", 0)};
    return (!type || sdse_onnx_text_is(node, "quant_type", "int")) &&
           (bits == 2 || bits == 4 || bits == 8) && out->block >= 0 &&
           sdse_onnx_int(node, "weights_prepacked", -1) < 1;
}

// Inputs of one of the three stacks, by their places.
struct places {
    uint32_t weights, scales, zeros, global;
};

// A stored constant of so many numbers, seen as one of this type and shape; NULL: it is
// none.
static const char *seen_as(struct sdse_rewrite *w, uint32_t i, int32_t type,
                           uint64_t per_element, size_t rank, const int64_t *dims) {
    const struct sdse_onnx_value *value = sdse_onnx_in(w->graph, w->node, i);
    uint64_t count = 1;
    for (size_t d = 0; d < rank; d++)
        count *= (uint64_t)dims[d];
    return value && value->tensor && value->view == SDSE_ONNX_AS_STORED &&
                   value->shape.known &&
                   sdse_onnx_product(&value->shape, 0, value->shape.rank) *
                           per_element ==
                       count
               ? sdse_rewrite_view(w, value->tensor, type, rank, dims)
               : NULL;
}

// Zero points are in numbers of the weights' type, packed like those; in the middle
// where they are left out. NULL: they do not fit.
static const char *zeros_of(struct sdse_rewrite *w, const struct quantized *q,
                            uint32_t at, const int64_t *scales) {
    if (!sdse_rewrite_in(w, at))
        return sdse_rewrite_real(w, (double)((int64_t)1 << (q->bits - 1)));
    return seen_as(w, at, q->type, (uint64_t)(8 / q->bits), 3, scales);
}

// [experts][out][in] of packed numbers, as real ones.
static bool read_packed_experts(struct sdse_rewrite *w, const struct quantized *q,
                                struct places at, int64_t count, int64_t in,
                                struct experts *out) {
    const struct sdse_onnx_shape *stored = sdse_rewrite_shape(w, at.weights);
    const struct sdse_onnx_shape *scale = sdse_rewrite_shape(w, at.scales);
    const char *scales = NULL, *zero = NULL;
    if (!stored || stored->rank != 3 || extent(stored, 0) != count ||
        extent(stored, 2) * (8 / q->bits) != in)
        return false;
    const int64_t dims[3] = {count, extent(stored, 1), in};
    const int64_t block = q->block ? q->block : in;
    const int64_t parts[3] = {count, dims[1], (in + block - 1) / block};
    const uint64_t all = (uint64_t)parts[0] * (uint64_t)parts[1] * (uint64_t)parts[2];
    *out = (struct experts){
        .name = seen_as(w, at.weights, q->type, (uint64_t)(8 / q->bits), 3, dims),
        .out = dims[1]};
    if (!out->name)
        return false;
    if (q->scale) {
        scales = seen_as(w, at.scales, q->scale, 1, 3, parts);
    } else if (!q->real && scale && sdse_onnx_product(scale, 0, scale->rank) == all) {
        scales = sdse_rewrite_reshape(w, sdse_rewrite_in(w, at.scales), 3, parts);
        zero = zeros_of(w, q, at.zeros, parts);
    }
    if ((!q->real && (!scales || !zero)) || (q->scale && !scales))
        return false;
    if (!scales) // eight floating bits: one scale for each expert
        scales = sdse_rewrite_real(w, 1);
    out->name = sdse_rewrite_node(w, "DequantizeLinear", NULL, out->name, scales, zero);
    sdse_rewrite_set_int(w, "axis", 2);
    sdse_rewrite_set_int(w, "block_size", block);
    if (!q->real)
        return true;
    const struct sdse_onnx_shape *global = sdse_rewrite_shape(w, at.global);
    if (!global || sdse_onnx_product(global, 0, global->rank) != (uint64_t)count)
        return false;
    out->name = sdse_rewrite_node(w, "Mul", NULL, out->name,
                                  sdse_rewrite_reshape(w, sdse_rewrite_in(w, at.global),
                                                       3, (int64_t[]){count, 1, 1}),
                                  NULL);
    return true;
}

static bool expand_packed_experts(struct sdse_rewrite *w) {
    const struct places places[3] = {{2, 3, 11, 15}, {5, 6, 12, 16}, {8, 9, 13, 15}};
    const struct sdse_onnx_shape *down = sdse_rewrite_shape(w, 5);
    const bool gated = sdse_rewrite_in(w, 8) != NULL;
    struct quantized q;
    struct mixture m;
    struct experts first, second, third;
    if (!read_quantized(w, &q) || !read_mixture(w, &m) || !down || down->rank != 3)
        return false;
    const int64_t kept = extent(down, 2) * (8 / q.bits);
    if (!read_packed_experts(w, &q, places[0], m.count, m.width, &first) ||
        !is_kept(first.out, kept) ||
        !read_packed_experts(w, &q, places[1], m.count, kept, &second) ||
        second.out != m.width)
        return false;
    if (gated && (!read_packed_experts(w, &q, places[2], m.count, m.width, &third) ||
                  third.out != first.out))
        return false;
    write_mixture(w, &m, &first, &second, gated ? &third : NULL, kept);
    return true;
}

sdse_expander sdse_expander_experts(const Onnx__NodeProto *node) {
    return sdse_expand_is(node, "com.microsoft", "MoE")    ? expand_experts
           : sdse_expand_is(node, "com.microsoft", "QMoE") ? expand_packed_experts
                                                           : NULL;
}
