#include "import/onnx/maker.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "import/onnx/constant.h"
#include "import/onnx/edges.h"
#include "import/onnx/expand.h"
#include "import/onnx/heads.h"
#include "import/onnx/infer.h"
#include "import/onnx/moves.h"
#include "import/onnx/names.h"
#include "import/onnx/ops.h"
#include "import/onnx/parameters.h"
#include "import/onnx/quantized.h"
#include "import/onnx/unseen.h"

__attribute__((format(printf, 3, 4))) bool sdse_maker_refuse(struct sdse_maker *maker,
                                                             const char *check,
                                                             const char *format, ...) {
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
const struct sdse_onnx_shape *sdse_maker_shape(struct sdse_maker *maker, uint32_t id) {
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

// Rows that are not the batch's: what was taken for the batch is none, and layers are
// made with a batch of 1, unless the user said it.
static bool batch_misses(struct sdse_maker *maker, uint64_t rows) {
    maker->odd_batch = true;
    return sdse_maker_refuse(maker, "onnx-batch",
                             "its %" PRIu64
                             " rows are no multiple of the batch of %" PRIu64,
                             rows, maker->graph->batch);
}

// The batch of the workload, and what is left of `rows` for each of its elements.
bool sdse_maker_split_batch(struct sdse_maker *maker, uint64_t rows, uint64_t *each) {
    *each = rows / maker->graph->batch;
    return rows % maker->graph->batch == 0 || batch_misses(maker, rows);
}

void sdse_maker_set_bounds(struct sdse_maker *maker, uint64_t g, uint64_t k, uint64_t c,
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

// A pointwise convolution of what set_bounds took for its map.
void sdse_maker_set_map(struct sdse_layer *layer) {
    layer->nest.map[0] = layer->in_height;
    layer->nest.map[1] = layer->in_width;
}

void sdse_maker_set_weights(struct sdse_maker *maker,
                            const struct sdse_onnx_value *value, bool swap,
                            uint64_t batch, uint64_t rows, uint64_t columns) {
    maker->weights.constant = sdse_onnx_is_constant(value);
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

void sdse_maker_set_weight_shape(struct sdse_maker *maker, unsigned rank, uint64_t a,
                                 uint64_t b, uint64_t c, uint64_t d) {
    const uint64_t shape[4] = {a, b, c, d};
    maker->weights.rank = rank;
    memcpy(maker->weights.shape, shape, sizeof shape);
}

bool sdse_maker_fc(struct sdse_maker *maker, const struct sdse_onnx_value *weights,
                   bool swap, uint64_t k, uint64_t c, uint64_t rows) {
    uint64_t each;
    if (!sdse_maker_split_batch(maker, rows, &each))
        return false;
    sdse_maker_set_bounds(maker, 1, k, c, each, 1, 1, 1);
    maker->layer.kind = SDSE_FC;
    sdse_maker_set_weights(maker, weights, swap, 1, swap ? c : k, swap ? k : c);
    sdse_maker_set_weight_shape(maker, 2, k, c, 1, 1);
    return true;
}

// `operands` right operands, each of c x k, for `sharing` left ones of m x c each.
static bool make_products(struct sdse_maker *maker, uint64_t operands, uint64_t sharing,
                          uint64_t m, uint64_t c, uint64_t k) {
    uint64_t batch = maker->graph->batch;
    // A file says the operands of one sample, or those that all samples share.
    if (operands % batch != 0 && sharing % batch != 0)
        return batch_misses(maker, operands * sharing);
    sdse_maker_set_bounds(maker, operands, k, c, m, 1, 1, 1);
    maker->layer.nest.bound[SDSE_N] = sharing;
    maker->layer.kind = SDSE_MATMUL;
    return true;
}

static bool is_weights(const struct sdse_onnx_value *value) {
    return sdse_onnx_is_constant(value);
}

static bool make_gemm(struct sdse_maker *maker) {
    const struct sdse_onnx_node *node = maker->node;
    const struct sdse_onnx_value *a = sdse_onnx_in(maker->graph, node, 0);
    const struct sdse_onnx_value *b = sdse_onnx_in(maker->graph, node, 1);
    bool ta = sdse_onnx_int(node, "transA", 0) != 0;
    bool tb = sdse_onnx_int(node, "transB", 0) != 0;
    uint64_t m = a->shape.dim[ta], inner = a->shape.dim[!ta], n = b->shape.dim[!tb];
    if (is_weights(b))
        return sdse_maker_fc(maker, b, !tb, n, inner, m);
    if (is_weights(a))
        return sdse_maker_fc(maker, a, ta, m, inner, n);
    return make_products(maker, 1, 1, m, inner, n);
}

// A stack of weight matrices [g][c][k], one for each group of activations.
static bool make_grouped_fc(struct sdse_maker *maker,
                            const struct sdse_onnx_value *weights, uint64_t groups,
                            uint64_t k, uint64_t c, uint64_t rows) {
    uint64_t each, filters;
    if (!sdse_maker_split_batch(maker, rows / groups, &each))
        return false;
    if (!sdse_mul_u64(groups, k, &filters))
        return sdse_maker_refuse(maker, "onnx-shape", "it is absurdly large");
    sdse_maker_set_bounds(maker, groups, k, c, each, 1, 1, 1);
    maker->layer.kind = SDSE_CONV1X1;
    sdse_maker_set_map(&maker->layer);
    sdse_maker_set_weights(maker, weights, true, groups, c, k);
    sdse_maker_set_weight_shape(maker, 4, filters, c, 1, 1);
    return true;
}

static bool make_matmul(struct sdse_maker *maker) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(maker->node->op);
    const struct sdse_onnx_value *a = sdse_onnx_in(maker->graph, maker->node, at.a);
    const struct sdse_onnx_value *b = sdse_onnx_in(maker->graph, maker->node, at.b);
    const struct sdse_onnx_shape *sa = &a->shape, *sb = &b->shape;
    const struct sdse_onnx_shape *out = sdse_maker_shape(maker, maker->node->output[0]);
    uint64_t inner = sa->dim[sa->rank - 1];
    uint64_t m = sa->rank > 1 ? sa->dim[sa->rank - 2] : 1;
    uint64_t n = sb->rank > 1 ? sb->dim[sb->rank - 1] : 1;
    if (!out || m == 0 || n == 0)
        return out && sdse_maker_refuse(maker, "onnx-shape", "it computes nothing");
    uint64_t heads = sdse_onnx_product(out, 0, out->rank) / m / n;
    uint64_t stacked = sb->rank > 2 ? sdse_onnx_product(sb, 0, sb->rank - 2) : 1;
    if (is_weights(b) && stacked == 1)
        return sdse_maker_fc(maker, b, true, n, inner, heads * m);
    if (is_weights(b) && stacked > 0 && heads % stacked == 0 &&
        b->view == SDSE_ONNX_AS_STORED)
        return make_grouped_fc(maker, b, stacked, n, inner, heads * m);
    if (is_weights(a) && sa->rank <= 2)
        return sdse_maker_fc(maker, a, false, m, inner, heads * n);
    struct sdse_onnx_heads shared = sdse_onnx_heads_of(maker->graph, maker->node, at);
    return shared.swapped
               ? make_products(maker, shared.operands, shared.sharing, n, inner, m)
               : make_products(maker, shared.operands, shared.sharing, m, inner, n);
}

static bool is_same_form(const struct sdse_onnx_weights *a,
                         const struct sdse_onnx_weights *b) {
    return a->quant.scale == b->quant.scale && a->quant.zero == b->quant.zero &&
           a->swap == b->swap && a->part == b->part && a->rank == b->rank &&
           a->norm == b->norm && a->scale.scale == b->scale.scale &&
           a->scale.without == b->scale.without &&
           memcmp(a->shape, b->shape, sizeof a->shape) == 0 &&
           memcmp(a->taps, b->taps, sizeof a->taps) == 0;
}

// The file of the layer's weights: that of the first layer with the same in this form.
static const char *name_weights(struct sdse_maker *maker) {
    enum { MOST_FORMS = 64 }; // looked through
    struct sdse_onnx_value *value = &maker->graph->value[maker->weights.value];
    size_t at = maker->weights.before = value->layer;
    value->layer = maker->out->count + 1;
    maker->weights.first =
        at > 0 ? maker->out->weights[at - 1].first : maker->out->count;
    for (unsigned i = 0; at > 0 && i < MOST_FORMS; i++) {
        const struct sdse_onnx_weights *other = &maker->out->weights[at - 1];
        if (is_same_form(other, &maker->weights)) {
            maker->weights.same_as = other->same_as;
            return maker->out->layer[at - 1].weights_file;
        }
        at = other->before;
    }
    return sdse_arena_printf(maker->graph->arena, "weights/%s.npy", maker->layer.name);
}

// Sizes that a workload's file can say, and MACs that 64 bits count.
static bool is_sane(struct sdse_maker *maker) {
    const uint64_t largest = (uint64_t)1 << 30; // of one size in a workload file
    const uint64_t *bounds = maker->layer.nest.bound;
    uint64_t macs = 1,
             wide = bounds[SDSE_K] > bounds[SDSE_C] ? bounds[SDSE_K] : bounds[SDSE_C];
    if (!sdse_mul_u64(wide, bounds[SDSE_G], &wide) || wide > largest ||
        maker->layer.in_height > largest || maker->layer.in_width > largest)
        return sdse_maker_refuse(maker, "onnx-shape", "one of its sizes exceeds 2^30");
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (bounds[d] == 0)
            return sdse_maker_refuse(maker, "onnx-shape", "it computes nothing");
        if (bounds[d] > largest || !sdse_mul_u64(macs, bounds[d], &macs))
            return sdse_maker_refuse(maker, "onnx-shape",
                                     "a size exceeds 2^30, or its MACs exceed 64 bits");
    }
    const int64_t steps = sdse_onnx_int(maker->node, SDSE_ONNX_STEPS, 1);
    if (steps < 1 || (uint64_t)steps > largest || maker->steps > largest ||
        !sdse_mul_u64(macs, maker->steps, &macs) ||
        !sdse_mul_u64(macs, (uint64_t)steps, &macs))
        return sdse_maker_refuse(maker, "onnx-shape", "it has too many steps");
    const struct sdse_move *move = &maker->layer.move;
    const uint64_t operands = sdse_layer_operands(&maker->layer);
    uint64_t most = move->operations > operands ? move->operations : operands;
    if (sdse_layer_moves(&maker->layer) &&
        (!sdse_mul_u64(macs, most, &macs) || !sdse_mul_u64(macs, 64, &macs)))
        return sdse_maker_refuse(maker, "onnx-shape", "its words exceed 64 bits");
    return true;
}

// Room for one more layer.
static bool make_room(struct sdse_maker *maker) {
    struct sdse_onnx_layers *out = maker->out;
    if (out->count < maker->room)
        return true;
    size_t room = maker->room ? 2 * maker->room : 64;
    struct sdse_layer *layer =
        SDSE_ARENA_ARRAY(maker->graph->arena, struct sdse_layer, room);
    struct sdse_onnx_weights *weights =
        SDSE_ARENA_ARRAY(maker->graph->arena, struct sdse_onnx_weights, room);
    if (!layer || !weights)
        return false;
    if (out->count > 0) {
        memcpy(layer, out->layer, out->count * sizeof *layer);
        memcpy(weights, out->weights, out->count * sizeof *weights);
    }
    out->layer = layer;
    out->weights = weights;
    maker->room = room;
    return true;
}

// How often the layer is executed: what a loop repeats is so with the same weights.
static void set_steps(struct sdse_maker *maker) {
    const int64_t steps = sdse_onnx_int(maker->node, SDSE_ONNX_STEPS, 1);
    struct sdse_layer *layer = &maker->layer;
    layer->repeat = maker->steps * (uint64_t)(steps > 1 ? steps : 1);
    layer->steps = sdse_layer_moves(layer) ? 0 : layer->repeat;
}

bool sdse_maker_add(struct sdse_maker *maker, const char *suffix) {
    if (maker->probing)
        return true;
    if (!is_sane(maker))
        return false;
    const Onnx__TensorProto *tensor = maker->weights.tensor;
    const Onnx__NodeProto *proto = maker->node->proto;
    struct sdse_layer *layer = &maker->layer;
    const char *name = proto->name && proto->name[0] ? maker->node->name
                       : tensor && tensor->name      ? tensor->name
                                                     : maker->node->name;
    name = sdse_arena_printf(maker->graph->arena, "%s%s", name, suffix);
    layer->name = name ? sdse_names_make(&maker->names, name, "layer") : NULL;
    set_steps(maker);
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = 1;
    layer->loc = (struct sdse_loc){.file = maker->graph->file};
    maker->weights.same_as = maker->out->count;
    if (!sdse_layer_moves(layer))
        sdse_moves_scale(maker);
    bool constant = maker->weights.constant;
    layer->weights_file = layer->name && constant ? name_weights(maker) : NULL;
    if (!layer->name || (constant && !layer->weights_file) || !make_room(maker)) {
        maker->out_of_memory = true;
        return false;
    }
    maker->out->layer[maker->out->count] = *layer;
    maker->out->weights[maker->out->count++] = maker->weights;
    return true;
}

static bool (*find_make(const char *op))(struct sdse_maker *) {
    static const struct {
        const char *op;
        bool (*make)(struct sdse_maker *);
    } table[] = {
        {"Conv", sdse_maker_conv},
        {"FusedConv", sdse_maker_conv},
        {"DeformConv", sdse_maker_conv},
        {"ConvInteger", sdse_maker_conv},
        {"QLinearConv", sdse_maker_conv},
        {"Gemm", make_gemm},
        {"FusedGemm", make_gemm},
        {"MatMul", make_matmul},
        {"MatMulInteger", make_matmul},
        {"QLinearMatMul", make_matmul},
        {"ConvTranspose", sdse_maker_deconv},
        {"LSTM", sdse_maker_recurrent},
        {"GRU", sdse_maker_recurrent},
        {"RNN", sdse_maker_recurrent},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(op, table[i].op) == 0)
            return table[i].make;
    return NULL;
}

bool sdse_onnx_makes_layers(const Onnx__NodeProto *node) {
    return sdse_onnx_is_expanded(node) || sdse_onnx_is_branching(node) ||
           (sdse_onnx_has_rule(node) && find_make(node->op_type) != NULL);
}

// Both operands have known shapes, agree, and are not both constants.
static bool is_ready(struct sdse_maker *maker) {
    struct sdse_onnx_operands at = sdse_onnx_operands_of(maker->node->op);
    const struct sdse_onnx_node *node = maker->node;
    if (node->reported || at.b >= node->input_count)
        return false;
    const struct sdse_onnx_shape *a = sdse_maker_shape(maker, node->input[at.a]);
    const struct sdse_onnx_shape *b = sdse_maker_shape(maker, node->input[at.b]);
    const bool recurrent = sdse_onnx_is_recurrent(node->op);
    if (!a || !b || node->output_count == 0 ||
        (node->output[0] == SDSE_ONNX_NONE && !recurrent))
        return false;
    const struct sdse_onnx_value *va = &maker->graph->value[node->input[at.a]];
    const struct sdse_onnx_value *vb = &maker->graph->value[node->input[at.b]];
    return !(is_weights(va) && is_weights(vb)) &&
           (recurrent || sdse_maker_shape(maker, node->output[0]));
}

static bool make_layer(struct sdse_maker *maker, struct sdse_onnx_node *node) {
    bool (*make)(struct sdse_maker *) =
        sdse_onnx_has_rule(node->proto) ? find_make(node->op) : NULL;
    maker->node = node;
    maker->layer = (struct sdse_layer){0};
    maker->weights = (struct sdse_onnx_weights){
        .node = node, .scale = {SDSE_ONNX_NONE, SDSE_ONNX_NONE}};
    maker->added = false;
    maker->steps = 1;
    return make && is_ready(maker) && make(maker) &&
           (maker->added || sdse_maker_add(maker, ""));
}

// Whether the batch divides the rows of every layer.
static bool divides_all(struct sdse_maker *maker) {
    const struct sdse_onnx_graph *graph = maker->graph;
    maker->probing = true;
    maker->odd_batch = false;
    for (uint32_t i = 0; i < graph->order_count && !maker->odd_batch; i++)
        make_layer(maker, &graph->node[graph->order[i]]);
    maker->probing = false;
    return !maker->odd_batch;
}

enum sdse_status sdse_onnx_layers_make(struct sdse_onnx_graph *graph,
                                       struct sdse_onnx_guesses *guesses,
                                       struct sdse_onnx_layers *out) {
    *out = (struct sdse_onnx_layers){0};
    struct sdse_maker maker = {
        .graph = graph, .out = out, .names.arena = graph->arena, .steps = 1};
    out->not_modelled =
        SDSE_ARENA_ARRAY(graph->arena, struct sdse_not_modelled, graph->node_count + 1);
    if (!out->not_modelled)
        return SDSE_NO_MEMORY;
    while (sdse_onnx_batch_guess(graph, guesses) && !divides_all(&maker))
        ;
    if (!sdse_moves_begin(&maker))
        return SDSE_NO_MEMORY;
    struct sdse_onnx_edges *edges =
        sdse_onnx_edges_begin(graph, sdse_moves_regions(&maker));
    if (!edges)
        return SDSE_NO_MEMORY;
    size_t products = 0;
    for (uint32_t i = 0; i < graph->order_count; i++) {
        maker.node = &graph->node[graph->order[i]];
        size_t before = out->count;
        bool product = make_layer(&maker, maker.node) && out->count > before;
        products += product;
        if (product)
            sdse_onnx_say_approximation(graph, maker.node);
        if (!product &&
            sdse_onnx_is_unseen(graph, maker.node,
                                &out->not_modelled[out->not_modelled_count]))
            out->not_modelled_count++;
        if (product && sdse_moves_unknown_weights(
                           &maker, &out->not_modelled[out->not_modelled_count]))
            out->not_modelled_count++;
        sdse_moves_node(&maker, product);
        if (maker.out_of_memory ||
            !sdse_onnx_edges_node(edges, out, maker.node, before))
            return SDSE_NO_MEMORY;
    }
    if (products == 0 && graph->diags->errors == 0)
        sdse_diag_add(graph->diags, SDSE_ERROR, (struct sdse_loc){.file = graph->file},
                      "onnx-no-layers",
                      "nothing in the model multiplies and accumulates");
    sdse_moves_end(&maker);
    if (graph->diags->errors == 0 &&
        !sdse_onnx_edges_end(edges, out, &out->edge, &out->edge_count))
        return SDSE_NO_MEMORY;
    if (!sdse_onnx_count_other_parameters(graph, out, &out->other_parameters))
        return SDSE_NO_MEMORY;
    return SDSE_OK;
}
