// Products with stored matrices, tables, and normalisation.
#include "import/tfjs/reading.h"

bool sdse_tfjs_dense(struct tfjs_layer *l) {
    static const unsigned turned[] = {1, 0};
    struct sdse_rewrite *w = &l->r->w;
    struct tfjs_weights kernel;
    const unsigned rank = l->in[0]->rank;
    int64_t units = 0;
    if (rank < 2)
        return sdse_tfjs_has_rank(l, 0, 2);
    if (!sdse_tfjs_weights(l, "kernel", 2, turned, &kernel) ||
        !sdse_tfjs_ints(l, "units", 1, 1, &units))
        return false;
    if (units && (uint64_t)units != kernel.shape[1])
        return sdse_tfjs_wrong(l, "tfjs-weights", "units",
                               "the weights are not of so many");
    const char *x = sdse_tfjs_plain(l, l->in[0]), *out,
               *bias = sdse_tfjs_bias(l, kernel.shape[1]);
    if (rank == 2) {
        out = sdse_rewrite_node(w, "Gemm", "", x, kernel.name, bias);
        sdse_rewrite_set_int(w, "transB", 1);
    } else {
        const char *matrix =
            sdse_rewrite_transpose(w, kernel.name, 2, (const int64_t[]){1, 0});
        out = sdse_rewrite_node(w, "MatMul", "", x, matrix, NULL);
        if (bias)
            out = sdse_rewrite_node(w, "Add", ".bias", out, bias, NULL);
    }
    out = sdse_tfjs_activated(l, "activation", out, rank, false);
    l->out[0] = sdse_tfjs_value(out, rank, false);
    l->out_count = 1;
    return out != NULL;
}

bool sdse_tfjs_embedding(struct tfjs_layer *l) {
    struct tfjs_weights table;
    const unsigned rank = l->in[0]->rank;
    if (rank == TFJS_MOST_RANK)
        return sdse_tfjs_has_rank(l, 0, 2);
    if (!sdse_tfjs_weights(l, "embeddings", 2, NULL, &table))
        return false;
    const char *out = sdse_rewrite_node(&l->r->w, "Gather", "", table.name,
                                        sdse_tfjs_plain(l, l->in[0]), NULL);
    l->out[0] = sdse_tfjs_value(out, rank + 1, false);
    l->out_count = 1;
    return true;
}

// Numbers of a channel each that a flag may leave out: `otherwise` of them then.
static const char *numbers(struct tfjs_layer *l, const char *flag, const char *role,
                           int64_t count,
                           const char *(*otherwise)(struct tfjs_layer *, int64_t)) {
    return sdse_tfjs_flag(l, flag, true) ? sdse_tfjs_row(l, role, (uint64_t)count)
                                         : otherwise(l, count);
}

bool sdse_tfjs_batch_norm(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    struct tfjs_weights mean;
    struct tfjs_value *x = l->in[0];
    unsigned axis;
    if (x->rank < 2)
        return sdse_tfjs_has_rank(l, 0, 2);
    if (!sdse_tfjs_axis(l, "axis", -1, x->rank, &axis) ||
        !sdse_tfjs_weights(l, "moving_mean", 1, NULL, &mean))
        return false;
    const bool last = axis + 1 == x->rank, planes = last && x->rank > 2;
    if (!last && axis != 1)
        return sdse_tfjs_wrong(l, "tfjs-config", "axis",
                               "channels are the last axis, or the first behind the "
                               "samples");
    const int64_t count = (int64_t)mean.shape[0];
    const char *const in[5] = {planes ? sdse_tfjs_planes(l, x) : sdse_tfjs_plain(l, x),
                               numbers(l, "scale", "gamma", count, sdse_tfjs_ones),
                               numbers(l, "center", "beta", count, sdse_tfjs_zeros),
                               mean.name,
                               sdse_tfjs_row(l, "moving_variance", mean.shape[0])};
    const char *out = NULL;
    if (!in[1] || !in[2] || !in[4])
        return false;
    sdse_rewrite_wide(w, "BatchNormalization", "", 5, in, 1, &out);
    sdse_rewrite_set_real(w, "epsilon", sdse_tfjs_real(l, "epsilon", 1e-3));
    l->out[0] = sdse_tfjs_value(out, x->rank, planes);
    l->out_count = 1;
    return true;
}

bool sdse_tfjs_layer_norm(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    struct tfjs_value *x = l->in[0];
    struct tfjs_weights own;
    unsigned axis;
    if (!sdse_tfjs_axis(l, "axis", -1, x->rank, &axis))
        return false;
    if (axis + 1 != x->rank)
        return sdse_tfjs_wrong(l, "tfjs-config", "axis", "only the last axis is read");
    const bool scale = sdse_tfjs_flag(l, "scale", true),
               center = sdse_tfjs_flag(l, "center", true);
    const char *gamma = NULL, *beta = NULL;
    if (center && sdse_tfjs_weights(l, "beta", 1, NULL, &own))
        beta = own.name;
    if (scale && sdse_tfjs_weights(l, "gamma", 1, NULL, &own))
        gamma = own.name;
    else if (!scale)
        gamma = center && beta ? sdse_tfjs_ones(l, (int64_t)own.shape[0])
                               : sdse_rewrite_real(w, 1);
    if ((center && !beta) || !gamma)
        return false;
    const char *out = sdse_rewrite_node(w, "LayerNormalization", "",
                                        sdse_tfjs_plain(l, x), gamma, beta);
    sdse_rewrite_set_int(w, "axis", -1);
    sdse_rewrite_set_real(w, "epsilon", sdse_tfjs_real(l, "epsilon", 1e-3));
    l->out[0] = sdse_tfjs_value(out, x->rank, false);
    l->out_count = 1;
    return true;
}

bool sdse_tfjs_group_norm(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    struct tfjs_value *x = l->in[0];
    struct tfjs_weights gamma, beta;
    int64_t groups = 32;
    unsigned axis;
    if (!sdse_tfjs_axis(l, "axis", -1, x->rank, &axis) ||
        !sdse_tfjs_ints(l, "groups", 1, 1, &groups))
        return false;
    if (axis + 1 != x->rank || x->rank < 3)
        return sdse_tfjs_wrong(l, "tfjs-config", "axis",
                               "only the last axis of a map is read");
    if (!sdse_tfjs_weights(l, "gamma", 1, NULL, &gamma) ||
        !sdse_tfjs_weights(l, "beta", 1, NULL, &beta))
        return false;
    const char *out = sdse_rewrite_node(w, "GroupNormalization", "",
                                        sdse_tfjs_planes(l, x), gamma.name, beta.name);
    sdse_rewrite_set_int(w, "num_groups", groups);
    sdse_rewrite_set_real(w, "epsilon", sdse_tfjs_real(l, "epsilon", 1e-3));
    l->out[0] = sdse_tfjs_value(out, x->rank, true);
    l->out_count = 1;
    return true;
}
