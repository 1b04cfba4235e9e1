#include "import/onnx/moves.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "import/onnx/constant.h"
#include "import/onnx/infer.h"
#include "import/onnx/operators.h"
#include "import/onnx/regions.h"

struct sdse_moves {
    struct sdse_onnx_regions regions;
    size_t *layer; // of each value: 1 + the layer that gave it; 0: none did
    const char *unknown;
    uint64_t unknown_count;
};

bool sdse_moves_begin(struct sdse_maker *maker) {
    struct sdse_moves *moves = SDSE_ARENA_NEW(maker->graph->arena, struct sdse_moves);
    if (!moves)
        return false;
    *moves = (struct sdse_moves){
        .layer = SDSE_ARENA_ARRAY(maker->graph->arena, size_t,
                                  (size_t)maker->graph->value_count + 1)};
    maker->moves = moves;
    return moves->layer && sdse_onnx_regions_find(maker->graph, &moves->regions);
}

const struct sdse_onnx_regions *sdse_moves_regions(const struct sdse_maker *maker) {
    return &maker->moves->regions;
}

void sdse_moves_end(struct sdse_maker *maker) {
    const struct sdse_moves *moves = maker->moves;
    if (moves->unknown_count > 0 && maker->graph->diags->errors == 0)
        sdse_diag_add(maker->graph->diags, SDSE_WARNING,
                      (struct sdse_loc){.file = maker->graph->file}, "onnx-moves",
                      "%" PRIu64
                      " nodes that move words are no layers: their shapes are "
                      "not known, that of '%s' first",
                      moves->unknown_count, moves->unknown);
}

static struct sdse_onnx_value *out_of(const struct sdse_maker *maker) {
    return &maker->graph->value[maker->node->output[0]];
}

static uint64_t count_of(const struct sdse_onnx_value *value) {
    return sdse_onnx_product(&value->shape, 0, value->shape.rank);
}

// N samples, a multiple of the batch, and the channels of each; where they cannot be
// told apart, rounded up.
static void set_samples(struct sdse_maker *maker, uint64_t samples, uint64_t channels) {
    uint64_t batch = maker->graph->batch, all = samples * channels;
    uint64_t *bound = maker->layer.nest.bound;
    bool whole = samples % batch == 0;
    bound[SDSE_N] = whole ? samples : batch;
    bound[SDSE_G] = whole ? channels : (all + batch - 1) / batch;
}

static void begin_layer(struct sdse_maker *maker, enum sdse_layer_kind kind,
                        uint64_t operations) {
    maker->layer = (struct sdse_layer){.kind = kind};
    maker->weights = (struct sdse_onnx_weights){0};
    sdse_maker_set_bounds(maker, 1, 1, 1, 1, 1, 1, 1);
    maker->layer.move = (struct sdse_move){
        .fused = kind == SDSE_NORM || kind == SDSE_ACT,
        .addends = 1,
        .passes = 1,
        .operations = operations < UINT32_MAX ? (uint32_t)operations : UINT32_MAX};
}

// A map of any shape: channels, rows, columns.
static void set_words(struct sdse_maker *maker, const struct sdse_onnx_shape *shape) {
    uint64_t *bound = maker->layer.nest.bound, batch = maker->graph->batch;
    uint64_t first = shape->rank > 0 ? shape->dim[0] : 1;
    if (first % batch != 0 || shape->rank < 2) { // rows of samples are not told apart
        set_samples(maker, first % batch == 0 ? batch : 1,
                    sdse_onnx_product(shape, 0, shape->rank) /
                        (first % batch == 0 ? batch : 1));
    } else if (shape->rank == 2) {
        bool row = first == batch;
        set_samples(maker, batch, row ? shape->dim[1] : first / batch);
        bound[SDSE_Q] = row ? 1 : shape->dim[1];
    } else {
        set_samples(maker, first, shape->dim[1]);
        bound[SDSE_P] = sdse_onnx_product(shape, 2, shape->rank - 1);
        bound[SDSE_Q] = shape->dim[shape->rank - 1];
    }
    maker->layer.in_height = bound[SDSE_P];
    maker->layer.in_width = bound[SDSE_Q];
    sdse_maker_set_map(&maker->layer);
}

static bool add(struct sdse_maker *maker, const char *suffix) {
    if (!sdse_maker_add(maker, suffix))
        return false;
    maker->moves->layer[maker->node->output[0]] = maker->out->count;
    return true;
}

static bool add_words(struct sdse_maker *maker, enum sdse_layer_kind kind,
                      uint64_t operations, const char *suffix) {
    begin_layer(maker, kind, operations);
    set_words(maker, &out_of(maker)->shape);
    return add(maker, suffix);
}

// ---- pools ------------------------------------------------------------------

// Windows of `taps` words in a row, none of which two windows share.
static bool add_sums(struct sdse_maker *maker, uint64_t outputs, uint64_t taps) {
    uint64_t batch = maker->graph->batch;
    begin_layer(maker, SDSE_POOL, taps);
    if (outputs % batch != 0 && taps % batch == 0) { // over the samples too
        taps /= batch;
        set_samples(maker, batch, outputs);
    } else {
        set_samples(maker, outputs % batch == 0 ? batch : 1,
                    outputs % batch == 0 ? outputs / batch : outputs);
    }
    maker->layer.nest.bound[SDSE_S] = taps;
    maker->layer.in_height = 1;
    maker->layer.in_width = taps;
    sdse_maker_set_map(&maker->layer);
    return add(maker, "");
}

static bool add_reduction(struct sdse_maker *maker) {
    const struct sdse_onnx_value *in = sdse_onnx_in(maker->graph, maker->node, 0);
    uint64_t outputs = count_of(out_of(maker)), words = count_of(in);
    return outputs == 0 || words <= outputs ||
           add_sums(maker, outputs, words / outputs);
}

// Over the whole map of each channel.
static bool add_global_pool(struct sdse_maker *maker) {
    const struct sdse_onnx_shape *x =
        &sdse_onnx_in(maker->graph, maker->node, 0)->shape;
    uint64_t rows = sdse_onnx_product(x, 2, x->rank - 1);
    uint64_t columns = x->dim[x->rank - 1], taps;
    if (!sdse_mul_u64(rows, columns, &taps))
        taps = UINT64_MAX;
    begin_layer(maker, SDSE_POOL, taps);
    set_samples(maker, x->dim[0], x->dim[1]);
    maker->layer.nest.bound[SDSE_R] = maker->layer.in_height = rows;
    maker->layer.nest.bound[SDSE_S] = maker->layer.in_width = columns;
    sdse_maker_set_map(&maker->layer);
    return add(maker, "");
}

// Of three dimensions each output slice is a sample, and reads a map for each tap of
// the depth.
static bool add_pool(struct sdse_maker *maker) {
    const struct sdse_onnx_shape *x =
        &sdse_onnx_in(maker->graph, maker->node, 0)->shape;
    struct sdse_onnx_window window;
    if (x->rank > 5 ||
        !sdse_onnx_window_of(maker->graph, maker->node, x, NULL, &window))
        return true;
    uint64_t taps = 1, slices = 1, depth = 1;
    for (unsigned i = 0; i < window.axes; i++)
        if (!sdse_mul_u64(taps, window.kernel[i], &taps))
            taps = UINT32_MAX;
    if (window.axes == 3) {
        slices = window.out[0];
        depth = window.kernel[0];
    }
    begin_layer(maker, SDSE_POOL, taps);
    set_samples(maker, x->dim[0] * slices, x->dim[1]);
    struct sdse_nest *nest = &maker->layer.nest;
    maker->layer.move.addends = depth < UINT32_MAX ? (uint32_t)depth : UINT32_MAX;
    maker->layer.in_height = maker->layer.in_width = 1;
    for (unsigned axis = window.axes == 1; axis < 2; axis++) {
        unsigned at = window.axes + axis - 2;
        nest->bound[SDSE_P + axis] = window.out[at];
        nest->bound[SDSE_R + axis] = window.kernel[at];
        nest->stride[axis] = (uint32_t)window.stride[at];
        nest->dilation[axis] = (uint32_t)window.dilation[at];
        nest->pad[axis] = (int64_t)window.pad_begin[at];
        *(axis ? &maker->layer.in_width : &maker->layer.in_height) = x->dim[2 + at];
    }
    sdse_maker_set_map(&maker->layer);
    return add(maker, "");
}

// ---- word by word -----------------------------------------------------------

// Which inputs of a node that works number by number depend on the model's inputs.
struct operands {
    uint32_t moving; // of more than a few numbers
    uint32_t id;     // the last moving one
};

static struct operands operands_of(const struct sdse_maker *maker) {
    struct operands operands = {.id = SDSE_ONNX_NONE};
    for (uint32_t i = 0; i < maker->node->input_count; i++) {
        uint32_t id = maker->node->input[i];
        if (id == SDSE_ONNX_NONE || maker->moves->regions.few[id])
            continue;
        operands.moving++;
        operands.id = id;
    }
    return operands;
}

// A smaller map that numpy's rules repeat over the output, as set_words lays that out.
static struct sdse_broadcast broadcast_of(const struct sdse_maker *maker,
                                          const struct sdse_onnx_shape *map) {
    const struct sdse_onnx_shape *out = &out_of(maker)->shape;
    const uint64_t *bound = maker->layer.nest.bound, batch = maker->graph->batch;
    const unsigned rank = out->rank, missing = rank - map->rank;
    struct sdse_onnx_shape wide = {.rank = rank}; // with the axes that it lacks
    for (unsigned i = 0; i < rank; i++)
        wide.dim[i] = i < missing ? 1 : map->dim[i - missing];
    struct sdse_broadcast small = {.size = {1, 1, 1}};
    small.shared = bound[SDSE_N] > 1 && wide.dim[0] == 1;
    if (rank < 2 || out->dim[0] % batch != 0) {
        small.size[0] = sdse_onnx_product(&wide, 0, rank);
    } else if (rank == 2) {
        const bool row = out->dim[0] == batch;
        small.size[0] = row ? wide.dim[1] : wide.dim[0] == 1 ? 1 : bound[SDSE_G];
        small.size[2] = row ? 1 : wide.dim[1];
    } else {
        small.size[0] = wide.dim[1];
        small.size[1] = sdse_onnx_product(&wide, 2, rank - 1);
        small.size[2] = wide.dim[rank - 1];
    }
    return small;
}

// An addition of the first `count` inputs: maps as large as the output, and smaller
// ones.
static bool add_maps(struct sdse_maker *maker, uint32_t count, uint64_t operations,
                     const char *suffix) {
    begin_layer(maker, SDSE_ADD, operations);
    set_words(maker, &out_of(maker)->shape);
    struct sdse_move *move = &maker->layer.move;
    struct sdse_broadcast *maps =
        SDSE_ARENA_ARRAY(maker->graph->arena, struct sdse_broadcast, count + 1);
    if (!maps) {
        maker->out_of_memory = true;
        return false;
    }
    move->addends = 0;
    move->broadcasts = maps;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t id = maker->node->input[i];
        if (id == SDSE_ONNX_NONE || maker->moves->regions.few[id])
            continue;
        const struct sdse_onnx_value *map = &maker->graph->value[id];
        if (!map->shape.known || map->shape.rank > out_of(maker)->shape.rank ||
            count_of(map) == count_of(out_of(maker)))
            move->addends++;
        else
            maps[move->broadcast_count++] = broadcast_of(maker, &map->shape);
    }
    return add(maker, suffix);
}

// Of one map and constants: a bias is part of the product before it; scale and shift
// of a normalisation are in its operations; others are one more operation of the layer
// before it, or a function of each word.
static bool add_constant_operation(struct sdse_maker *maker, uint32_t map) {
    size_t before = maker->moves->layer[map];
    struct sdse_layer *layer = before ? &maker->out->layer[before - 1] : NULL;
    static const char *const sums[] = {"Add", "Sub", "Sum", "QLinearAdd"};
    bool sum = SDSE_ONNX_AMONG(maker->node->op, sums);
    if (!layer || !(sdse_layer_moves(layer) || sum) ||
        count_of(&maker->graph->value[map]) != count_of(out_of(maker)) ||
        strcmp(maker->node->op, "PRelu") == 0)
        return add_words(maker, SDSE_ACT, 1, "");
    maker->moves->layer[maker->node->output[0]] = before;
    if (sdse_layer_moves(layer) && layer->kind != SDSE_NORM &&
        layer->move.operations < UINT32_MAX)
        layer->move.operations++;
    return true;
}

static bool add_binary(struct sdse_maker *maker) {
    const struct sdse_onnx_regions *regions = &maker->moves->regions;
    if (sdse_onnx_region_ends(maker->graph, regions, maker->node)) {
        struct sdse_onnx_region region =
            sdse_onnx_region_of(maker->graph, regions, maker->node);
        enum sdse_layer_kind kind = !region.sums          ? SDSE_ACT
                                    : region.exponentials ? SDSE_SOFTMAX
                                                          : SDSE_NORM;
        return add_words(maker, kind, region.operations, "");
    }
    struct operands operands = operands_of(maker);
    if (operands.moving == 1)
        return add_constant_operation(maker, operands.id);
    return add_maps(maker, maker->node->input_count, operands.moving - 1, "");
}

static bool is_kind(const char *op, enum sdse_layer_kind *kind, uint64_t *operations) {
    static const struct {
        const char *op;
        enum sdse_layer_kind kind;
        uint64_t operations; // as in a workload's file
    } table[] = {
        {"BatchNormalization", SDSE_NORM, 2},
        {"GroupNormalization", SDSE_NORM, 2},
        {"InstanceNormalization", SDSE_NORM, 2},
        {"LRN", SDSE_NORM, 2},
        {"LayerNormalization", SDSE_NORM, 2},
        {"LpNormalization", SDSE_NORM, 2},
        {"MeanVarianceNormalization", SDSE_NORM, 2},
        {"RMSNormalization", SDSE_NORM, 2},
        {"SimplifiedLayerNormalization", SDSE_NORM, 2},
        {"SkipLayerNormalization", SDSE_NORM, 2},
        {"SkipSimplifiedLayerNormalization", SDSE_NORM, 2},
        {"Softmax", SDSE_SOFTMAX, 5},
        {"QLinearSoftmax", SDSE_SOFTMAX, 5},
        {"LogSoftmax", SDSE_SOFTMAX, 5},
        {"Hardmax", SDSE_SOFTMAX, 5},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(op, table[i].op) == 0) {
            *kind = table[i].kind;
            *operations = table[i].operations;
            return true;
        }
    }
    return false;
}

// What scales the layer's filters becomes part of its weights.
void sdse_moves_scale(struct sdse_maker *maker) {
    const struct sdse_onnx_regions *regions = &maker->moves->regions;
    struct sdse_onnx_weights *weights = &maker->weights;
    const struct sdse_onnx_node *node = maker->node;
    if (!weights->constant || sdse_onnx_is_recurrent(node->op))
        return;
    weights->norm = sdse_onnx_norm_after(maker->graph, regions, node, weights->value,
                                         weights->shape[0]);
    if ((strcmp(node->op, "MatMulInteger") == 0 ||
         strcmp(node->op, "ConvInteger") == 0) &&
        !sdse_onnx_scale_after(maker->graph, regions, node, weights->shape[0],
                               &weights->scale))
        sdse_diag_add(maker->graph->diags, SDSE_WARNING,
                      (struct sdse_loc){.file = maker->graph->file}, "onnx-unscaled",
                      "node '%s' (%s): no constant scale follows it: its weights are "
                      "written as integers, without one",
                      node->name, node->op);
}

bool sdse_moves_unknown_weights(const struct sdse_maker *maker,
                                struct sdse_not_modelled *out) {
    const struct sdse_onnx_node *node = maker->node;
    const struct sdse_onnx_operands at = sdse_onnx_operands_of(node->op);
    const uint32_t operands[2] = {node->input[at.b], node->input[at.a]};
    bool convolution = strstr(node->op, "Conv") != NULL;
    for (unsigned i = 0; i < 2; i++) {
        const struct sdse_onnx_value *value = &maker->graph->value[operands[i]];
        bool fixed = maker->moves->regions.fixed[operands[i]];
        if (sdse_onnx_is_constant(value) || !(fixed || (convolution && i == 0)))
            continue;
        *out = (struct sdse_not_modelled){
            .name = node->name,
            .op = node->op,
            .reason = fixed ? "weights computed from constants by operators that are "
                              "not worked out"
                            : "weights computed while it runs",
            .weights = count_of(value)};
        sdse_diag_add(maker->graph->diags, SDSE_WARNING,
                      (struct sdse_loc){.file = maker->graph->file}, "onnx-left-out",
                      "node '%s' (%s): %s: its layer has no values of weights, and "
                      "moves them as activations if it is a matmul",
                      node->name, node->op, out->reason);
        return true;
    }
    return false;
}

// Folded already, or a layer of its own.
static bool add_norm(struct sdse_maker *maker, enum sdse_layer_kind kind,
                     uint64_t operations) {
    uint32_t in = maker->node->input[0];
    size_t before = in == SDSE_ONNX_NONE ? 0 : maker->moves->layer[in];
    if (before && maker->out->weights[before - 1].norm == maker->node) {
        maker->moves->layer[maker->node->output[0]] = before;
        return true;
    }
    if (strncmp(maker->node->op, "Skip", 4) == 0) { // the sum of two maps first
        if (!add_maps(maker, 2, maker->node->input_count > 4 ? 2 : 1, ".add"))
            return false;
        return add_words(maker, kind, operations, ".norm");
    }
    return add_words(maker, kind, operations, "");
}

static bool is_pool(const char *op) {
    static const char *const pools[] = {"MaxPool", "AveragePool", "LpPool",
                                        "QLinearAveragePool"};
    return SDSE_ONNX_AMONG(op, pools);
}

static bool is_global_pool(const char *op) {
    static const char *const pools[] = {"GlobalMaxPool", "GlobalAveragePool",
                                        "GlobalLpPool", "QLinearGlobalAveragePool"};
    return SDSE_ONNX_AMONG(op, pools);
}

// The map that FusedConv adds to what it multiplies.
static bool add_fused_map(struct sdse_maker *maker) {
    const struct sdse_onnx_node *node = maker->node;
    if (strcmp(node->op, "FusedConv") != 0 || node->input_count < 4 ||
        node->input[3] == SDSE_ONNX_NONE || maker->moves->regions.few[node->input[3]] ||
        !out_of(maker)->shape.known)
        return true;
    begin_layer(maker, SDSE_ADD, 1);
    maker->layer.move.addends = 2;
    set_words(maker, &out_of(maker)->shape);
    return add(maker, ".add");
}

// The function that is named in an attribute of FusedConv and FusedGemm.
static bool add_activation(struct sdse_maker *maker) {
    const Onnx__AttributeProto *named = sdse_onnx_attribute(maker->node, "activation");
    return strncmp(maker->node->op, "Fused", 5) != 0 || !named || !named->has_s ||
           named->s.len == 0 || add_words(maker, SDSE_ACT, 1, ".act");
}

bool sdse_moves_node(struct sdse_maker *maker, bool product) {
    const struct sdse_onnx_node *node = maker->node;
    struct sdse_moves *moves = maker->moves;
    enum sdse_layer_kind kind = SDSE_NORM;
    uint64_t operations = 1;
    if (node->output_count == 0 || node->output[0] == SDSE_ONNX_NONE)
        return true;
    if (product) {
        moves->layer[node->output[0]] = maker->out->count;
        return add_fused_map(maker) && add_activation(maker);
    }
    enum sdse_onnx_role role = sdse_onnx_role_of(node);
    bool known = sdse_onnx_has_rule(node->proto), pool = known && is_pool(node->op);
    bool global = known && is_global_pool(node->op);
    bool named = known && is_kind(node->op, &kind, &operations);
    if (moves->regions.fixed[node->output[0]] ||
        (role == SDSE_ONNX_OTHER && !pool && !global && !named))
        return true;
    uint32_t in = node->input_count > 0 ? node->input[0] : SDSE_ONNX_NONE;
    if (role == SDSE_ONNX_COPY) {
        moves->layer[node->output[0]] = in == SDSE_ONNX_NONE ? 0 : moves->layer[in];
        return true;
    }
    if (moves->regions.inside[node - maker->graph->node])
        return true;
    if (!out_of(maker)->shape.known) {
        moves->unknown = moves->unknown ? moves->unknown : node->name;
        moves->unknown_count++;
        return true;
    }
    if (moves->regions.few[node->output[0]] && role != SDSE_ONNX_REDUCE && !pool &&
        !global)
        return true; // as scales are
    if (count_of(out_of(maker)) == 0)
        return true;
    switch (role) {
    case SDSE_ONNX_POINT:
        return add_words(maker, SDSE_ACT, 1, "");
    case SDSE_ONNX_BINARY:
        return add_binary(maker);
    case SDSE_ONNX_REDUCE:
        return add_reduction(maker);
    default:
        return pool     ? add_pool(maker)
               : global ? add_global_pool(maker)
                        : add_norm(maker, kind, operations);
    }
}
