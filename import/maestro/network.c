// What becomes of the layers of a network.
#include <inttypes.h>
#include <stdio.h>

#include "import/maestro/reading.h"
#include "spec/flow.h"

// --- What a layer is ---

#define SAYS(d) (1u << (d))
enum {
    MAP = SAYS(Y) | SAYS(X) | SAYS(Y_OUT) | SAYS(X_OUT),
    CONVOLUTION = SAYS(K) | SAYS(C) | SAYS(R) | SAYS(S),
    PRODUCT = SAYS(M) | SAYS(N) | SAYS(K)
};

enum kind { CONV, DSCONV, NGCONV, TRCONV, FC, GEMM, BMM, KINDS };
static const struct {
    const char *name;
    unsigned needs, may;
} kinds[KINDS] = {
    [CONV] = {"CONV", CONVOLUTION, CONVOLUTION | MAP | SAYS(N)},
    [DSCONV] = {"DSCONV", SAYS(C) | SAYS(R) | SAYS(S), CONVOLUTION | MAP | SAYS(N)},
    [NGCONV] = {"NGCONV", CONVOLUTION | SAYS(G), CONVOLUTION | MAP | SAYS(N) | SAYS(G)},
    [TRCONV] = {"TRCONV", CONVOLUTION, CONVOLUTION | MAP | SAYS(N)},
    [FC] = {"FC", SAYS(K) | SAYS(C), CONVOLUTION | MAP | SAYS(N)},
    [GEMM] = {"GEMM", PRODUCT, PRODUCT},
    [BMM] = {"BMM", PRODUCT | SAYS(B), PRODUCT | SAYS(B)},
};

static bool find_kind(const struct sdse_maestro_layer *layer, enum kind *kind) {
    for (unsigned k = 0; k < KINDS; k++) {
        if (sdse_maestro_says(layer->type, kinds[k].name)) {
            *kind = (enum kind)k;
            return true;
        }
    }
    return false;
}

// Rows (axis 0) or columns of the input: as said, or what the outputs need.
static uint64_t find_extent(struct sdse_maestro_reading *r,
                            const struct sdse_maestro_layer *layer, unsigned axis,
                            enum kind kind) {
    const enum sdse_maestro_dim in = axis ? X : Y, out = axis ? X_OUT : Y_OUT,
                                taps = axis ? S : R;
    const bool has_in = layer->said >> in & 1u, has_out = layer->said >> out & 1u;
    const uint64_t kernel = layer->size[taps], stride = layer->stride[axis];
    if (has_in == has_out && !(kind == FC && !has_in)) {
        sdse_foreign_refuse(&r->foreign, layer->name.loc, false, "maestro-layer",
                            "'%s' needs %s or %s, one of them", layer->name.text,
                            sdse_maestro_dim_names[in], sdse_maestro_dim_names[out]);
        return 1;
    }
    if (kind == TRCONV && has_out)
        sdse_foreign_refuse(&r->foreign, layer->name.loc, false, "maestro-layer",
                            "'%s' is transposed and says %s: give %s", layer->name.text,
                            sdse_maestro_dim_names[out], sdse_maestro_dim_names[in]);
    const uint64_t extent = has_in    ? layer->size[in]
                            : has_out ? (layer->size[out] - 1) * stride + kernel
                                      : kernel;
    if (extent < kernel && kind != TRCONV)
        sdse_foreign_refuse(&r->foreign, layer->name.loc, false, "maestro-layer",
                            "'%s' has %" PRIu64 " %s for a kernel of %" PRIu64,
                            layer->name.text, extent, axis ? "columns" : "rows",
                            kernel);
    return extent;
}

// Whether it says what its kind needs and no more.
static bool check_layer(struct sdse_maestro_reading *r,
                        struct sdse_maestro_layer *layer, enum kind kind) {
    const unsigned lacks = kinds[kind].needs & ~layer->said,
                   odd = layer->said & ~kinds[kind].may;
    for (unsigned d = 0; d < DIMS; d++) {
        if (lacks >> d & 1u)
            sdse_foreign_refuse(&r->foreign, layer->name.loc, false, "maestro-layer",
                                "'%s' lacks %s", layer->name.text,
                                sdse_maestro_dim_names[d]);
        if (odd >> d & 1u)
            sdse_foreign_refuse(&r->foreign, layer->name.loc, false, "maestro-layer",
                                "'%s' says %s, which a %s has not", layer->name.text,
                                sdse_maestro_dim_names[d], kinds[kind].name);
        if (!(layer->said >> d & 1u))
            layer->size[d] = 1;
    }
    const bool strides = layer->stride[0] > 1 || layer->stride[1] > 1;
    if (strides && (kind == TRCONV || kind == GEMM || kind == BMM))
        sdse_foreign_refuse(&r->foreign, layer->name.loc, false, "maestro-layer",
                            "'%s' says a stride, which a %s has not", layer->name.text,
                            kinds[kind].name);
    if (kind == NGCONV && !lacks && layer->size[C] % layer->size[G])
        sdse_foreign_refuse(&r->foreign, layer->name.loc, false, "maestro-layer",
                            "'%s' has %" PRIu64 " channels for %" PRIu64 " groups",
                            layer->name.text, layer->size[C], layer->size[G]);
    return !lacks && !odd;
}

// --- Nests ---

// Which loops of ours a layer of a kind has, by MAESTRO's names.
static const struct {
    enum sdse_maestro_dim dim;
    enum sdse_dim is[3]; // of a convolution, DSCONV, a product; SDSE_DIMS: none
} loops[] = {
    {N, {SDSE_N, SDSE_N, SDSE_K}},       {K, {SDSE_K, SDSE_K, SDSE_C}},
    {C, {SDSE_C, SDSE_G, SDSE_DIMS}},    {M, {SDSE_DIMS, SDSE_DIMS, SDSE_P}},
    {B, {SDSE_DIMS, SDSE_DIMS, SDSE_G}}, {R, {SDSE_R, SDSE_R, SDSE_DIMS}},
    {S, {SDSE_S, SDSE_S, SDSE_DIMS}},
};

bool sdse_maestro_find_nest(const struct sdse_maestro_layer *layer,
                            struct sdse_maestro_nest *nest) {
    enum kind kind;
    *nest = (struct sdse_maestro_nest){.stride = {layer->stride[0], layer->stride[1]}};
    if (!find_kind(layer, &kind) || kind == NGCONV || kind == TRCONV)
        return false;
    const unsigned column = kind == GEMM || kind == BMM ? 2 : kind == DSCONV;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        nest->bound[d] = 1;
    for (size_t l = 0; l < sizeof loops / sizeof *loops; l++) {
        const enum sdse_dim is = loops[l].is[column];
        if (is == SDSE_DIMS)
            continue;
        nest->moves[loops[l].dim] = true;
        nest->dim[loops[l].dim] = is;
        nest->bound[is] = layer->size[loops[l].dim];
    }
    for (unsigned axis = 0; axis < 2 && column < 2; axis++) {
        const enum sdse_maestro_dim in = axis ? X : Y, out = axis ? X_OUT : Y_OUT;
        const uint64_t kernel = layer->size[axis ? S : R];
        const enum sdse_dim is = axis ? SDSE_Q : SDSE_P;
        nest->moves[in] = nest->moves[out] = true;
        nest->dim[in] = nest->dim[out] = is;
        if (layer->said >> out & 1u)
            nest->bound[is] = layer->size[out];
        else if (layer->said >> in & 1u && layer->size[in] >= kernel)
            nest->bound[is] = (layer->size[in] - kernel) / layer->stride[axis] + 1;
    }
    return true;
}

// --- Writing ---

static void print_convolution(struct sdse_maestro_reading *r, FILE *out,
                              const struct sdse_maestro_layer *layer, enum kind kind) {
    static const char *const names[KINDS] = {[CONV] = "conv",
                                             [DSCONV] = "dwconv",
                                             [NGCONV] = "conv",
                                             [TRCONV] = "deconv",
                                             [FC] = "conv"};
    const uint64_t *size = layer->size;
    const uint64_t outputs = kind == DSCONV   ? size[C] * size[K]
                             : kind == NGCONV ? size[G] * size[K]
                                              : size[K];
    fprintf(out,
            "kind: %s, in: [%" PRIu64 ", %" PRIu64 ", %" PRIu64
            "], out_channels: %" PRIu64 ", kernel: [%" PRIu64 ", %" PRIu64 "]",
            names[kind], size[C], find_extent(r, layer, 0, kind),
            find_extent(r, layer, 1, kind), outputs, size[R], size[S]);
    if (kind == TRCONV)
        fputs(", stride: 2", out);
    else if (layer->stride[0] > 1 || layer->stride[1] > 1)
        fprintf(out, ", stride: [%" PRIu64 ", %" PRIu64 "]", layer->stride[0],
                layer->stride[1]);
    if (kind == NGCONV)
        fprintf(out, ", groups: %" PRIu64, size[G]);
    if (size[N] > 1)
        fprintf(out, ", batch: %" PRIu64, size[N]);
}

// How many layers before have this name.
static size_t count_same(const struct sdse_maestro_reading *r, size_t index) {
    size_t same = 0;
    for (size_t l = 0; l < index; l++)
        same += strcmp(r->layer[l].name.text, r->layer[index].name.text) == 0;
    return same;
}

void sdse_maestro_print_name(FILE *out, const struct sdse_maestro_reading *r,
                             size_t index) {
    const struct sdse_maestro_layer *layer = &r->layer[index];
    const size_t same = count_same(r, index);
    char name[SDSE_MAESTRO_WORD + 24];
    snprintf(name, sizeof name, same ? "%s.%zu" : "%s", layer->name.text, same + 1);
    sdse_print_word(out, name);
}

static void print_layer(struct sdse_maestro_reading *r, FILE *out, size_t index) {
    struct sdse_maestro_layer *layer = &r->layer[index];
    enum kind kind;
    if (!find_kind(layer, &kind)) {
        sdse_foreign_refuse(&r->foreign, layer->type.loc, true, "maestro-layer",
                            "'%s' is of type '%s', which has no counterpart: it is "
                            "left out",
                            layer->name.text, layer->type.text);
        return;
    }
    if (!check_layer(r, layer, kind))
        return;
    fputs("  - {name: ", out);
    sdse_maestro_print_name(out, r, index);
    fputs(", ", out);
    if (kind == GEMM)
        fprintf(out,
                "kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64 ", rows: %" PRIu64,
                layer->size[K], layer->size[N], layer->size[M]);
    else if (kind == FC && !(layer->said & (MAP | SAYS(R) | SAYS(S))))
        fprintf(out,
                "kind: fc, in: %" PRIu64 ", out_channels: %" PRIu64 ", batch: %" PRIu64,
                layer->size[C], layer->size[K], layer->size[N]);
    else if (kind == BMM)
        fprintf(out,
                "kind: matmul, heads: %" PRIu64 ", m: %" PRIu64 ", k: %" PRIu64
                ", n: %" PRIu64,
                layer->size[B], layer->size[M], layer->size[K], layer->size[N]);
    else
        print_convolution(r, out, layer, kind);
    fputs("}\n", out);
}

void sdse_maestro_print_network(struct sdse_maestro_reading *r, FILE *out) {
    fputs("name: ", out);
    sdse_print_word(out, r->name);
    fputs("\nsource: network file of MAESTRO\nlayers:\n", out);
    for (size_t l = 0; l < r->layer_count; l++)
        print_layer(r, out, l);
}
