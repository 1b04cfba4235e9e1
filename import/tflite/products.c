// Fully connected layers and products of two maps as layers.
#include <inttypes.h>

#include "import/tflite/reading.h"

// Fields of the products' options in schema.fbs.
enum { MATMUL_TURN_X = 0, MATMUL_TURN_Y = 1 };

void sdse_tflite_end_product(struct sdse_tflite_reader *r, uint64_t in, uint64_t out,
                             uint64_t rows, uint64_t steps) {
    FILE *file = r->layers.out;
    fprintf(file,
            ", kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64 ", rows: %" PRIu64,
            in, out, rows);
    if (steps > 1)
        fprintf(file, ", steps: %" PRIu64, steps);
    fputs("}\n", file);
}

bool sdse_tflite_add_connected(struct sdse_tflite_reader *r,
                               const struct tflite_operator *op, const char *name) {
    static const unsigned as_it_is[] = {0, 1};
    const struct tflite_tensor *x = sdse_tflite_input(&r->m, op, 0),
                               *w = sdse_tflite_input(&r->m, op, 1),
                               *y = sdse_tflite_output(&r->m, op, 0);
    if (!x || !x->known || !w || !w->known || w->rank != 2 || !y || !y->known)
        return sdse_tflite_bad_shape(
            r, name, "known shapes and weights of two extents are needed");
    const uint64_t words = sdse_tflite_count(x, x->rank), rows = words / w->shape[1];
    if (!words || words % w->shape[1] ||
        sdse_tflite_count(y, y->rank) != rows * w->shape[0])
        return sdse_tflite_bad_shape(r, name,
                                     "extents of input, weights and result disagree");
    if (rows % r->m.batch)
        return sdse_tflite_has_batch(r, name, rows);
    sdse_tflite_begin_layer(r, name);
    sdse_tflite_end_product(r, w->shape[1], w->shape[0], rows / r->m.batch, 1);
    return sdse_tflite_add_weights(r, name, "fc", w, 2, as_it_is);
}

bool sdse_tflite_add_matmul(struct sdse_tflite_reader *r,
                            const struct tflite_operator *op, const char *name) {
    struct sdse_flat *flat = &r->m.flat;
    const struct tflite_tensor *x = sdse_tflite_input(&r->m, op, 0),
                               *y = sdse_tflite_input(&r->m, op, 1),
                               *z = sdse_tflite_output(&r->m, op, 0);
    if (!x || !x->known || x->rank < 2 || !y || !y->known || y->rank < 2 || !z ||
        !z->known || z->rank < 2)
        return sdse_tflite_bad_shape(r, name,
                                     "known shapes of two extents or more are needed");
    const bool turn_x = sdse_flat_u64(flat, op->options, MATMUL_TURN_X, 1, 0),
               turn_y = sdse_flat_u64(flat, op->options, MATMUL_TURN_Y, 1, 0);
    const uint64_t *xs = x->shape + x->rank - 2, *ys = y->shape + y->rank - 2,
                   *zs = z->shape + z->rank - 2;
    const uint64_t m = xs[turn_x], k = xs[!turn_x], n = ys[!turn_y];
    const uint64_t products = sdse_tflite_count(z, z->rank - 2),
                   rights = sdse_tflite_count(y, y->rank - 2);
    if (ys[turn_y] != k || zs[0] != m || zs[1] != n || !products || !rights ||
        products % rights)
        return sdse_tflite_bad_shape(r, name,
                                     "extents of operands and result disagree");
    const struct tflite_tensor *constant = sdse_tflite_constant(&r->m, y);
    if (constant && rights == 1 && (products * m) % r->m.batch == 0) {
        const unsigned last = y->rank - 1;
        const unsigned from[2] = {turn_y ? last - 1 : last, turn_y ? last : last - 1};
        sdse_tflite_begin_layer(r, name);
        sdse_tflite_end_product(r, k, n, products * m / r->m.batch, 1);
        return sdse_tflite_add_weights(r, name, "fc", y, 2, from);
    }
    if (products % r->m.batch || rights % r->m.batch)
        return sdse_tflite_refuse(r, "tflite-batch", name,
                                  "%" PRIu64 " products by %" PRIu64
                                  " matrices are no multiples of the %" PRIu64
                                  " samples",
                                  products, rights, r->m.batch);
    sdse_tflite_begin_layer(r, name);
    fprintf(r->layers.out,
            ", kind: matmul, heads: %" PRIu64 ", kv_heads: %" PRIu64 ", m: %" PRIu64
            ", k: %" PRIu64 ", n: %" PRIu64 "}\n",
            products / r->m.batch, rights / r->m.batch, m, k, n);
    return true;
}
