#include "import/onnx/layers.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "import/onnx/heads.h"
#include "import/onnx/infer.h"
#include "import/onnx/names.h"
#include "import/onnx/ops.h"
#include "import/onnx/quantized.h"
#include "import/onnx/unseen.h"

struct maker {
    struct sdse_onnx_graph *graph;
    struct sdse_onnx_layers *out;
    struct sdse_names names;
    struct sdse_onnx_node *node; // being turned into a layer
    struct sdse_layer layer;
    struct sdse_onnx_weights weights;
    bool probing;   // only to see whether the batch divides everything: nothing is said
    bool odd_batch; // it does not
};

__attribute__((format(printf, 3, 4))) static bool
refuse(struct maker *maker, const char *check, const char *format, ...) {
    char text[256];
    if (maker->probing)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sdse_diag_add(maker->graph->diags, SDSE_ERROR,
                  (struct sdse_loc){.file = maker->graph->file}, check,
                  "node '%s' (%s): %s", maker->node->name, maker->node->op, text);
    return false;
}

// The shape of a value, or a diagnostic about the node that hides it, once per node.
static const struct sdse_onnx_shape *known_shape(struct maker *maker, uint32_t id) {
    struct sdse_onnx_graph *graph = maker->graph;
    if (id == SDSE_ONNX_NONE)
        return NULL;
    const struct sdse_onnx_value *value = &graph->value[id];
    if (value->shape.known)
        return &value->shape;
    if (value->blame == SDSE_ONNX_NONE || maker->probing)
        return NULL; // an input: reported
    struct sdse_onnx_node *culprit = &graph->node[value->blame];
    if (!culprit->reported && culprit->why) {
        sdse_diag_add(graph->diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                      culprit->unknown_op ? "onnx-unknown-op" : "onnx-unknown-shape",
                      "node '%s' (%s): %s; node '%s' needs the shape of its output",
                      culprit->name, culprit->op, culprit->why, maker->node->name);
    }
    culprit->reported = true;
    return NULL;
}

// Rows that are not the batch's: the leading dimension of the model's first input was
// no batch, and layers are made with a batch of 1.
static bool batch_misses(struct maker *maker, uint64_t rows) {
    maker->odd_batch = true;
    return refuse(maker, "onnx-batch",
                  "%" PRIu64 " rows are not a multiple of the batch %" PRIu64, rows,
                  maker->graph->batch);
}

// The batch of the workload, and what is left of `rows` for each of its elements.
static bool split_batch(struct maker *maker, uint64_t rows, uint64_t *each) {
    *each = rows / maker->graph->batch;
    return rows % maker->graph->batch == 0 || batch_misses(maker, rows);
}

static void set_bounds(struct maker *maker, uint64_t g, uint64_t k, uint64_t c,
                       uint64_t p, uint64_t q, uint64_t r, uint64_t s) {
    struct sdse_nest *nest = &maker->layer.nest;
    const uint64_t bound[SDSE_DIMS] = {[SDSE_N] = maker->graph->batch,
                                       [SDSE_K] = k,
                                       [SDSE_C] = c,
                                       [SDSE_P] = p,
                                       [SDSE_Q] = q,
                                       [SDSE_R] = r,
                                       [SDSE_S] = s,
                                       [SDSE_G] = g};
    memcpy(nest->bound, bound, sizeof bound);
    nest->stride[0] = nest->stride[1] = nest->dilation[0] = nest->dilation[1] = 1;
    maker->layer.in_height = p;
    maker->layer.in_width = q;
}

// A layer pads both sides alike. Finds a pad with the same number of outputs, or makes
// the padding part of the input.
static void set_padding(struct sdse_layer *layer, unsigned axis, uint64_t in,
                        uint64_t pads, uint64_t extent, uint64_t out) {
    assert(layer->nest.stride[axis] > 0);
    uint64_t *extent_in = axis == 0 ? &layer->in_height : &layer->in_width;
    layer->nest.map[axis] = in + pads;
    for (uint64_t pad = (pads + 1) / 2 + 1; pad-- > 0;) {
        if (in + 2 * pad < extent)
            break;
        if ((in + 2 * pad - extent) / layer->nest.stride[axis] + 1 == out) {
            layer->nest.pad[axis] = (int64_t)pad;
            layer->nest.map[axis] = *extent_in = in;
            return;
        }
        if (pad < pads / 2)
            break;
    }
    *extent_in = in + pads;
}

// A pointwise convolution of what set_bounds took for its map.
static void set_map(struct sdse_layer *layer) {
    layer->nest.map[0] = layer->in_height;
    layer->nest.map[1] = layer->in_width;
}

static void set_weights(struct maker *maker, const struct sdse_onnx_value *value,
                        bool swap, uint64_t batch, uint64_t rows, uint64_t columns) {
    maker->weights.tensor = value->tensor;
    maker->weights.value = (uint32_t)(value - maker->graph->value);
    maker->weights.swap = swap != (value->view == SDSE_ONNX_TRANSPOSED);
    const struct sdse_onnx_node *node = maker->node;
    struct sdse_onnx_operands at = sdse_onnx_operands_of(node->op);
    maker->weights.quant = sdse_onnx_quant_in(
        maker->graph, node, value, node->input[at.b] != maker->weights.value);
    maker->weights.batch = batch;
    maker->weights.rows = maker->weights.swap == swap ? rows : columns;
    maker->weights.columns = maker->weights.swap == swap ? columns : rows;
}

static void set_weight_shape(struct maker *maker, unsigned rank, uint64_t a, uint64_t b,
                             uint64_t c, uint64_t d) {
    const uint64_t shape[4] = {a, b, c, d};
    maker->weights.rank = rank;
    memcpy(maker->weights.shape, shape, sizeof shape);
}

static bool make_conv(struct maker *maker) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(maker->node->op);
    const struct sdse_onnx_shape *x = known_shape(maker, maker->node->input[at.a]);
    const struct sdse_onnx_shape *w = known_shape(maker, maker->node->input[at.b]);
    struct sdse_onnx_window window;
    if (!x || !w ||
        !sdse_onnx_window_of(maker->graph, maker->node, x, w->dim + 2, &window))
        return false;
    if (window.axes > 2)
        return refuse(maker, "onnx-rank",
                      "a convolution over %u spatial dimensions is no loop nest here",
                      window.axes);
    uint64_t groups = (uint64_t)sdse_onnx_int(maker->node, "group", 1), images;
    if (!split_batch(maker, x->dim[0], &images))
        return false;
    unsigned first = 2 - window.axes; // one spatial dimension: columns
    uint64_t out[2] = {1, 1}, kernel[2] = {1, 1}, in[2] = {1, 1}, pads[2] = {0, 0};
    uint32_t stride[2] = {1, 1}, dilation[2] = {1, 1};
    for (unsigned i = 0; i < window.axes; i++) {
        out[first + i] = window.out[i];
        kernel[first + i] = window.kernel[i];
        in[first + i] = x->dim[2 + i];
        pads[first + i] = window.pad_begin[i] + window.pad_end[i];
        stride[first + i] = (uint32_t)window.stride[i];
        dilation[first + i] = (uint32_t)window.dilation[i];
    }
    bool pointwise = kernel[0] == 1 && kernel[1] == 1;
    // Several images for each input of the model: rows if nothing lies between them.
    bool rows = pointwise && stride[0] == 1 && pads[0] == 0;
    uint64_t samples = rows ? 1 : images;
    images = rows ? images : 1;
    set_bounds(maker, groups, w->dim[0] / groups, w->dim[1], out[0] * images, out[1],
               kernel[0], kernel[1]);
    maker->layer.nest.bound[SDSE_N] *= samples;
    memcpy(maker->layer.nest.stride, stride, sizeof stride);
    memcpy(maker->layer.nest.dilation, dilation, sizeof dilation);
    for (unsigned axis = 0; axis < 2; axis++)
        set_padding(&maker->layer, axis, in[axis] * (axis ? 1 : images), pads[axis],
                    (kernel[axis] - 1) * dilation[axis] + 1,
                    maker->layer.nest.bound[axis ? SDSE_Q : SDSE_P]);
    maker->layer.kind = groups > 1 && w->dim[1] == 1 ? SDSE_DWCONV
                        : pointwise                  ? SDSE_CONV1X1
                                                     : SDSE_CONV;
    set_weights(maker, &maker->graph->value[maker->node->input[at.b]], false, 1, 1, 1);
    set_weight_shape(maker, 4, w->dim[0], w->dim[1], kernel[0], kernel[1]);
    return true;
}

// Each input pixel gives a kernel's worth of outputs: a 1 x 1 convolution to K R S
// channels, whose overlapping results are added. Exact in MACs and weights; outputs
// count before they are added (kernel > stride) or cropped (pads).
static bool make_conv_transpose(struct maker *maker) {
    const struct sdse_onnx_shape *x = known_shape(maker, maker->node->input[0]);
    const struct sdse_onnx_shape *w = known_shape(maker, maker->node->input[1]);
    if (!x || !w || !known_shape(maker, maker->node->output[0]))
        return false;
    if (x->rank > 4)
        return refuse(maker, "onnx-rank",
                      "a convolution over %u spatial dimensions is no loop nest here",
                      x->rank - 2);
    uint64_t groups = (uint64_t)sdse_onnx_int(maker->node, "group", 1), images, rows;
    uint64_t filters = sdse_onnx_product(w, 1, w->rank), channels = w->dim[0] / groups;
    uint64_t all_filters;
    if (!split_batch(maker, x->dim[0], &images))
        return false;
    if (!sdse_mul_u64(x->rank == 4 ? x->dim[2] : 1, images, &rows) ||
        !sdse_mul_u64(groups, filters, &all_filters))
        return refuse(maker, "onnx-shape", "it is absurdly large");
    set_bounds(maker, groups, filters, channels, rows, x->dim[x->rank - 1], 1, 1);
    maker->layer.kind = SDSE_CONV1X1;
    set_map(&maker->layer);
    set_weights(maker, &maker->graph->value[maker->node->input[1]], true, groups,
                channels, filters);
    set_weight_shape(maker, 4, all_filters, channels, 1, 1);
    return true;
}

// out[rows][k] += in[rows][c] * w[k][c]; `swap`: the weights are stored as [c][k].
static bool make_fc(struct maker *maker, const struct sdse_onnx_value *weights,
                    bool swap, uint64_t k, uint64_t c, uint64_t rows) {
    uint64_t each;
    if (!split_batch(maker, rows, &each))
        return false;
    set_bounds(maker, 1, k, c, each, 1, 1, 1);
    maker->layer.kind = SDSE_FC;
    set_weights(maker, weights, swap, 1, swap ? c : k, swap ? k : c);
    set_weight_shape(maker, 2, k, c, 1, 1);
    return true;
}

// `operands` right operands, each of c x k, for `sharing` left ones of m x c each.
static bool make_products(struct maker *maker, uint64_t operands, uint64_t sharing,
                          uint64_t m, uint64_t c, uint64_t k) {
    uint64_t batch = maker->graph->batch;
    // A file says the operands of one sample, or those that all samples share.
    if (operands % batch != 0 && sharing % batch != 0)
        return batch_misses(maker, operands * sharing);
    set_bounds(maker, operands, k, c, m, 1, 1, 1);
    maker->layer.nest.bound[SDSE_N] = sharing;
    maker->layer.kind = SDSE_MATMUL;
    return true;
}

static bool make_gemm(struct maker *maker) {
    const struct sdse_onnx_node *node = maker->node;
    const struct sdse_onnx_value *a = sdse_onnx_in(maker->graph, node, 0);
    const struct sdse_onnx_value *b = sdse_onnx_in(maker->graph, node, 1);
    bool ta = sdse_onnx_int(node, "transA", 0) != 0;
    bool tb = sdse_onnx_int(node, "transB", 0) != 0;
    uint64_t m = a->shape.dim[ta], inner = a->shape.dim[!ta], n = b->shape.dim[!tb];
    if (b->tensor)
        return make_fc(maker, b, !tb, n, inner, m);
    if (a->tensor)
        return make_fc(maker, a, ta, m, inner, n);
    return make_products(maker, 1, 1, m, inner, n);
}

// A stack of weight matrices [g][c][k], one for each group of activations.
static bool make_grouped_fc(struct maker *maker, const struct sdse_onnx_value *weights,
                            uint64_t groups, uint64_t k, uint64_t c, uint64_t rows) {
    uint64_t each, filters;
    if (!split_batch(maker, rows / groups, &each))
        return false;
    if (!sdse_mul_u64(groups, k, &filters))
        return refuse(maker, "onnx-shape", "it is absurdly large");
    set_bounds(maker, groups, k, c, each, 1, 1, 1);
    maker->layer.kind = SDSE_CONV1X1;
    set_map(&maker->layer);
    set_weights(maker, weights, true, groups, c, k);
    set_weight_shape(maker, 4, filters, c, 1, 1);
    return true;
}

static bool make_matmul(struct maker *maker) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(maker->node->op);
    const struct sdse_onnx_value *a = sdse_onnx_in(maker->graph, maker->node, at.a);
    const struct sdse_onnx_value *b = sdse_onnx_in(maker->graph, maker->node, at.b);
    const struct sdse_onnx_shape *sa = &a->shape, *sb = &b->shape;
    const struct sdse_onnx_shape *out = known_shape(maker, maker->node->output[0]);
    uint64_t inner = sa->dim[sa->rank - 1];
    uint64_t m = sa->rank > 1 ? sa->dim[sa->rank - 2] : 1;
    uint64_t n = sb->rank > 1 ? sb->dim[sb->rank - 1] : 1;
    if (!out || m == 0 || n == 0)
        return out && refuse(maker, "onnx-shape", "it computes nothing");
    uint64_t heads = sdse_onnx_product(out, 0, out->rank) / m / n;
    uint64_t stacked = sb->rank > 2 ? sdse_onnx_product(sb, 0, sb->rank - 2) : 1;
    if (b->tensor && stacked == 1)
        return make_fc(maker, b, true, n, inner, heads * m);
    if (b->tensor && stacked > 0 && heads % stacked == 0 &&
        b->view == SDSE_ONNX_AS_STORED)
        return make_grouped_fc(maker, b, stacked, n, inner, heads * m);
    if (a->tensor && sa->rank <= 2)
        return make_fc(maker, a, false, m, inner, heads * n);
    struct sdse_onnx_heads shared = sdse_onnx_heads_of(maker->graph, maker->node, at);
    return shared.swapped
               ? make_products(maker, shared.operands, shared.sharing, n, inner, m)
               : make_products(maker, shared.operands, shared.sharing, m, inner, n);
}

// The file of the layer's weights: the first layer's, where several use the same.
static const char *name_weights(struct maker *maker) {
    struct sdse_onnx_value *value = &maker->graph->value[maker->weights.value];
    if (value->layer) {
        const struct sdse_onnx_weights *first = &maker->out->weights[value->layer - 1];
        if (first->quant.scale == maker->weights.quant.scale &&
            first->quant.zero == maker->weights.quant.zero &&
            first->swap == maker->weights.swap && first->rank == maker->weights.rank &&
            memcmp(first->shape, maker->weights.shape, sizeof first->shape) == 0) {
            maker->weights.same_as = value->layer - 1;
            return maker->out->layer[value->layer - 1].weights_file;
        }
    } else {
        value->layer = maker->out->count + 1;
    }
    return sdse_arena_printf(maker->graph->arena, "weights/%s.npy", maker->layer.name);
}

// Fills in what all kinds share and checks that the nest makes sense.
static bool finish_layer(struct maker *maker) {
    const uint64_t largest = (uint64_t)1 << 30; // of one size in a workload file
    const uint64_t *bounds = maker->layer.nest.bound;
    uint64_t macs = 1,
             wide = bounds[SDSE_K] > bounds[SDSE_C] ? bounds[SDSE_K] : bounds[SDSE_C];
    if (!sdse_mul_u64(wide, bounds[SDSE_G], &wide) || wide > largest ||
        maker->layer.in_height > largest || maker->layer.in_width > largest)
        return refuse(maker, "onnx-shape", "one of its sizes exceeds 2^30");
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        uint64_t bound = maker->layer.nest.bound[d];
        if (bound == 0)
            return refuse(maker, "onnx-shape", "it computes nothing");
        if (bound > largest || !sdse_mul_u64(macs, bound, &macs))
            return refuse(maker, "onnx-shape",
                          "a size exceeds 2^30, or its MACs exceed 64 bits");
    }
    const Onnx__TensorProto *tensor = maker->weights.tensor;
    struct sdse_layer *layer = &maker->layer;
    layer->name = sdse_names_make(
        &maker->names,
        maker->node->proto->name && maker->node->proto->name[0] ? maker->node->name
        : tensor                                                ? tensor->name
                                                                : maker->node->name,
        "layer");
    layer->repeat = 1;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = 1;
    layer->loc = (struct sdse_loc){.file = maker->graph->file};
    if (layer->name && tensor)
        layer->weights_file = name_weights(maker);
    return layer->name && (!tensor || layer->weights_file);
}

static bool (*find_make(const char *op))(struct maker *) {
    static const struct {
        const char *op;
        bool (*make)(struct maker *);
    } table[] = {
        {"Conv", make_conv},
        {"FusedConv", make_conv},
        {"ConvInteger", make_conv},
        {"QLinearConv", make_conv},
        {"Gemm", make_gemm},
        {"FusedGemm", make_gemm},
        {"MatMul", make_matmul},
        {"MatMulInteger", make_matmul},
        {"QLinearMatMul", make_matmul},
        {"ConvTranspose", make_conv_transpose},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(op, table[i].op) == 0)
            return table[i].make;
    return NULL;
}

// Both operands have known shapes, agree, and are not both constants.
static bool is_ready(struct maker *maker) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(maker->node->op);
    const struct sdse_onnx_node *node = maker->node;
    if (node->reported || at.b >= node->input_count)
        return false;
    const struct sdse_onnx_shape *a = known_shape(maker, node->input[at.a]);
    const struct sdse_onnx_shape *b = known_shape(maker, node->input[at.b]);
    if (!a || !b || node->output_count == 0 || node->output[0] == SDSE_ONNX_NONE)
        return false;
    const struct sdse_onnx_value *va = &maker->graph->value[node->input[at.a]];
    const struct sdse_onnx_value *vb = &maker->graph->value[node->input[at.b]];
    return !(va->tensor && vb->tensor) && known_shape(maker, node->output[0]);
}

static bool make_layer(struct maker *maker, struct sdse_onnx_node *node) {
    bool (*make)(struct maker *) =
        sdse_onnx_has_rule(node->proto) ? find_make(node->op) : NULL;
    maker->node = node;
    maker->layer = (struct sdse_layer){0};
    maker->weights = (struct sdse_onnx_weights){.same_as = maker->out->count};
    return make && is_ready(maker) && make(maker);
}

// Real numbers in constants: those of layers are counted by their layers.
static void count_other_parameters(struct sdse_onnx_graph *graph,
                                   const struct sdse_onnx_layers *layers,
                                   uint64_t *out) {
    *out = 0;
    uint64_t weights = 0, all = 0;
    for (uint32_t i = 0; i < graph->value_count; i++) {
        const struct sdse_onnx_value *value = &graph->value[i];
        bool stored =
            value->tensor && (value->producer == SDSE_ONNX_NONE ||
                              strcmp(graph->node[value->producer].op, "Constant") == 0);
        if (stored && sdse_onnx_tensor_is_real(value->tensor))
            all += sdse_onnx_product(&value->shape, 0, value->shape.rank);
    }
    for (size_t i = 0; i < layers->count; i++) {
        if (layers->weights[i].tensor && layers->weights[i].same_as == i &&
            sdse_onnx_tensor_is_real(layers->weights[i].tensor))
            weights += layers->weights[i].shape[0] * layers->weights[i].shape[1] *
                       layers->weights[i].shape[2] * layers->weights[i].shape[3];
    }
    *out = all > weights ? all - weights : 0;
}

enum sdse_status sdse_onnx_layers_make(struct sdse_onnx_graph *graph,
                                       struct sdse_onnx_layers *out) {
    *out = (struct sdse_onnx_layers){0};
    struct maker maker = {.graph = graph, .out = out, .names.arena = graph->arena};
    out->layer =
        SDSE_ARENA_ARRAY(graph->arena, struct sdse_layer, graph->node_count + 1);
    out->weights =
        SDSE_ARENA_ARRAY(graph->arena, struct sdse_onnx_weights, graph->node_count + 1);
    out->not_modelled =
        SDSE_ARENA_ARRAY(graph->arena, struct sdse_not_modelled, graph->node_count + 1);
    if (!out->layer || !out->weights || !out->not_modelled)
        return SDSE_NO_MEMORY;
    for (uint32_t i = 0; i < graph->order_count && graph->batch > 1; i++) {
        maker.probing = true;
        make_layer(&maker, &graph->node[graph->order[i]]);
    }
    if (maker.odd_batch)
        graph->batch = 1;
    maker.probing = false;
    for (uint32_t i = 0; i < graph->order_count; i++) {
        maker.node = &graph->node[graph->order[i]];
        if (!make_layer(&maker, maker.node) || !finish_layer(&maker)) {
            if (sdse_onnx_is_unseen(graph, maker.node,
                                    &out->not_modelled[out->not_modelled_count]))
                out->not_modelled_count++;
            continue;
        }
        out->layer[out->count] = maker.layer;
        out->weights[out->count++] = maker.weights;
    }
    if (out->count == 0 && graph->diags->errors == 0)
        sdse_diag_add(graph->diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                      "onnx-no-layers",
                      "nothing in the model multiplies and accumulates");
    count_other_parameters(graph, out, &out->other_parameters);
    return SDSE_OK;
}
