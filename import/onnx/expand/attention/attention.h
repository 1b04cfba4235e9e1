// Private to import/onnx/expand/attention: what all forms of attention share.
#ifndef SDSE_IMPORT_ONNX_EXPAND_ATTENTION_ATTENTION_H
#define SDSE_IMPORT_ONNX_EXPAND_ATTENTION_ATTENTION_H

#include "import/onnx/expand/rewrite.h"

// The lowest number of f32: softmax makes 0 of it.
static const double sdse_attention_lowest = -3.4028234663852886e38;

// What all of them come to: q [B][heads][S][H], k [B][shared][T][H], v
// [B][shared][T][V].
struct attention {
    int64_t batch, heads, shared, queries, keys, width, values;
    const char *q, *k, *v;
    double scale;         // of the products; 0: 1 / sqrt(H)
    double cap;           // they are cap · tanh(product / cap); 0: no
    bool causal;          // query i sees the keys up to i + keys - queries
    int64_t window;       // and of these the last so many; 0: all
    const char *bias;     // added, broadcast to [B][heads][S][T]; NULL: none
    const char *mask;     // likewise, where it is 0 nothing is seen; NULL: none
    double masked;        // what is added there
    const char *products; // out: the products as softmax reads them
};

static inline int64_t extent(const struct sdse_onnx_shape *shape, unsigned d) {
    return (int64_t)shape->dim[d];
}

// softmax(scale · q k' …) v, [B][heads][S][V].
const char *sdse_attention_write(struct sdse_rewrite *w, struct attention *a);

// [B][S][heads * H] as [B][heads][S][H], and back.
const char *sdse_attention_split(struct sdse_rewrite *w, const char *x, int64_t batch,
                                 int64_t rows, int64_t heads, int64_t width);
const char *sdse_attention_join(struct sdse_rewrite *w, const char *x, int64_t batch,
                                int64_t rows, int64_t all);
// x from *from on along an axis, so many; *from moves on.
const char *sdse_attention_part(struct sdse_rewrite *w, const char *x, int64_t axis,
                                int64_t *from, int64_t count);

// Whether what is kept has room for what comes now, at a place that a number says: as
// many keys as there is room for.
bool sdse_attention_is_buffer(const struct sdse_rewrite *w);
// What was kept, of so many rows, and `now` further ones: [B][heads][rows][…].
const char *sdse_attention_extended(struct sdse_rewrite *w, const char *past,
                                    int64_t rows, const char *x, int64_t now);
// Keys or values *x, *keys of them, behind those of input `past`, if there are any;
// they are output `present`. False: they do not fit.
bool sdse_attention_kept(struct sdse_rewrite *w, uint32_t past, uint32_t present,
                         struct attention *a, int64_t width, const char **x,
                         int64_t *keys);

// Whether what is added broadcasts to [B][heads][S][T].
bool sdse_attention_fits(const struct attention *a,
                         const struct sdse_onnx_shape *shape);
// Input i, 1 for what is seen: [B][T] or [B][S][T], as the attention's mask; of others,
// lengths of sequences and starts, *later is true. False: its shape is not known.
bool sdse_attention_mask(struct sdse_rewrite *w, uint32_t i, struct attention *a,
                         bool *later);

// Shapes of operators that a file of this folder writes out.
bool sdse_attention_infer_pages(struct sdse_onnx_graph *graph,
                                struct sdse_onnx_node *node);
bool sdse_attention_infer_linear(struct sdse_onnx_graph *graph,
                                 struct sdse_onnx_node *node);

#endif
