#include "import/forward/trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engines/digits.h"
#include "import/forward/runs.h"
#include "import/onnx/heads.h"

_Static_assert((int)SDSE_ENCODING_PLAIN == (int)SDSE_RECODE_PLAIN &&
                   (int)SDSE_ENCODING_BOOTH4 == (int)SDSE_RECODE_BOOTH4 &&
                   (int)SDSE_ENCODING_CSD == (int)SDSE_RECODE_CSD,
               "encodings in one order");

// How an operand's numbers lie: [outer][groups][between][channels][rows][width].
struct layout {
    uint64_t outer, groups, between, channels, rows, width;
    bool channels_known;
};

// What has been counted of one node's operand, over all runs.
struct counter {
    bool met;             // the node has run
    bool real;            // it has no grid: quantised by its largest magnitude
    double largest;       // magnitude
    double least, most;   // of its grid's integers
    struct layout layout; // of one run
    uint64_t words, nonzeros, rows, live_rows;
    uint64_t *channel_nonzeros; // [groups * channels]
    uint64_t *values;           // how often each integer was met, from `offset` on
    int64_t offset;
    size_t value_count;
};

struct trace {
    struct sdse_imported *imported;
    struct counter *counter; // [node_count]
    uint32_t bits;
    bool again; // the second time: real operands, whose scale is known now
};

// ---- the operand ------------------------------------------------------------

// The first layer of a node; NULL if it has none.
static const struct sdse_layer *layer_of(const struct sdse_imported *imported,
                                         const struct sdse_onnx_node *node) {
    for (size_t i = 0; i < imported->layers.count; i++)
        if (imported->layers.weights[i].node == node)
            return &imported->layers.layer[i];
    return NULL;
}

// Which of a node's inputs is what its layer calls inputs.
static uint32_t operand_at(const struct sdse_imported *imported,
                           const struct sdse_onnx_node *node,
                           const struct sdse_layer *layer) {
    const struct sdse_onnx_graph *graph = &imported->graph;
    struct sdse_onnx_operands at = sdse_onnx_operands_of(node->op);
    bool swapped;
    if (layer->kind != SDSE_MATMUL)
        swapped = sdse_forward_weights_at(graph, node) == at.a;
    else
        swapped =
            strstr(node->op, "MatMul") && sdse_onnx_heads_of(graph, node, at).swapped;
    return swapped ? at.b : at.a;
}

static struct layout layout_of(const struct sdse_onnx_node *node,
                               const struct sdse_layer *layer,
                               const struct sdse_onnx_shape *shape, bool left) {
    const unsigned rank = shape->rank;
    struct layout layout = {1, 1, 1, 1, 1, 1, layer->kind != SDSE_MATMUL};
    if (strstr(node->op, "Conv")) {
        layout.outer = shape->dim[0];
        layout.channels = shape->dim[1];
        layout.rows = sdse_onnx_product(shape, 2, rank - 1);
        layout.width = shape->dim[rank - 1];
        return layout;
    }
    bool gemm = strstr(node->op, "Gemm") != NULL;
    // Channels are what the product sums over: the last dimension of a left operand.
    bool last = gemm ? (sdse_onnx_int(node, left ? "transA" : "transB", 0) != 0) != left
                     : left || rank == 1;
    if (last || rank < 2) {
        layout.channels = rank ? shape->dim[rank - 1] : 1;
        layout.outer = sdse_onnx_product(shape, 0, rank ? rank - 1 : 0);
    } else {
        layout.outer = sdse_onnx_product(shape, 0, rank - 2);
        layout.channels = shape->dim[rank - 2];
        layout.rows = shape->dim[rank - 1];
    }
    // A stack of matrices: a group of channels for each.
    uint64_t groups = layer->nest.bound[SDSE_G];
    if (layout.channels_known && last && groups > 1 && rank > 2) {
        layout.between = shape->dim[rank - 2];
        layout.outer /= layout.between;
        layout.channels_known = layout.outer % groups == 0;
        layout.groups = layout.channels_known ? groups : 1;
        layout.outer /= layout.groups;
    }
    return layout;
}

// ---- counting ---------------------------------------------------------------

static bool begin_counting(struct counter *c, double least, double most) {
    uint64_t channels = c->layout.groups * c->layout.channels;
    if (!c->channel_nonzeros)
        c->channel_nonzeros = calloc((size_t)channels + 1, sizeof *c->channel_nonzeros);
    int64_t first = (int64_t)least, last = (int64_t)most;
    if (c->values && first >= c->offset && last < c->offset + (int64_t)c->value_count)
        return c->channel_nonzeros != NULL;
    if (c->values) { // a grid of a run that reaches farther
        first = first < c->offset ? first : c->offset;
        int64_t old = c->offset + (int64_t)c->value_count - 1;
        last = last > old ? last : old;
    }
    size_t count = (size_t)(last - first + 1);
    uint64_t *values = calloc(count, sizeof *values);
    if (!values || !c->channel_nonzeros) {
        free(values);
        return false;
    }
    if (c->values)
        memcpy(values + (c->offset - first), c->values,
               c->value_count * sizeof *values);
    free(c->values);
    c->values = values;
    c->offset = first;
    c->value_count = count;
    return true;
}

// One run's numbers, each a multiple of `scale` or rounded to one.
static void count_numbers(struct counter *c, const double *data, double scale) {
    const struct layout *l = &c->layout;
    const double last = (double)(c->offset + (int64_t)c->value_count - 1);
    for (uint64_t outer = 0; outer < l->outer; outer++)
        for (uint64_t group = 0; group < l->groups; group++)
            for (uint64_t between = 0; between < l->between; between++)
                for (uint64_t channel = 0; channel < l->channels; channel++)
                    for (uint64_t row = 0; row < l->rows; row++) {
                        uint64_t live = 0;
                        for (uint64_t w = 0; w < l->width; w++) {
                            double value = nearbyint(*data++ / scale);
                            value = value > last                ? last
                                    : value < (double)c->offset ? (double)c->offset
                                                                : value;
                            value = isnan(value) ? 0 : value;
                            c->values[(int64_t)value - c->offset]++;
                            live += value != 0;
                        }
                        c->rows++;
                        c->live_rows += live > 0;
                        c->words += l->width;
                        c->nonzeros += live;
                        c->channel_nonzeros[group * l->channels + channel] += live;
                    }
}

// The fewest bits that hold integers from least to most.
static uint32_t bits_for(double least, double most, bool *is_signed) {
    uint32_t bits = 1;
    *is_signed = least < 0;
    while (bits < 33 && (most >= ldexp(1, (int)(bits - *is_signed)) ||
                         least < -ldexp(1, (int)bits - 1)))
        bits++;
    return bits;
}

static enum sdse_status watch(void *context, struct sdse_step *step,
                              const struct sdse_grid *grids) {
    struct trace *trace = context;
    const struct sdse_imported *imported = trace->imported;
    const struct sdse_onnx_node *node = step->node;
    const struct sdse_layer *layer = layer_of(imported, node);
    if (!layer)
        return SDSE_OK;
    struct counter *c = &trace->counter[node - imported->graph.node];
    uint32_t at = operand_at(imported, node, layer);
    bool left = at == sdse_onnx_operands_of(node->op).a, is_signed;
    bool integers = sdse_step_is_integer_product(node->op);
    struct sdse_onnx_numbers numbers = step->in[at];
    struct sdse_grid grid = grids[at];
    if (!integers && trace->again && !c->real)
        return SDSE_OK;
    if (integers && trace->again)
        return SDSE_OK;
    if (integers && !sdse_step_operand(step, left, &numbers, &grid))
        return step->status != SDSE_OK ? step->status : SDSE_INVALID;
    bool good = true;
    c->met = true;
    c->layout = layout_of(node, layer, &numbers.shape, left);
    if (!trace->again && grid.known &&
        bits_for(grid.least, grid.most, &is_signed) <= SDSE_ACTIVATION_BITS &&
        !c->real) {
        c->least = fmin(c->least, grid.least);
        c->most = fmax(c->most, grid.most);
        good = begin_counting(c, grid.least, grid.most);
        if (good)
            count_numbers(c, numbers.data, grid.scale);
    } else if (!trace->again) {
        c->real = true;
        for (uint64_t i = 0; i < numbers.count; i++)
            c->largest = fmax(c->largest, fabs(numbers.data[i]));
    } else {
        double top = ldexp(1, (int)trace->bits - 1) - 1;
        double scale = c->largest > 0 && isfinite(c->largest) ? c->largest / top : 1;
        c->least = -top;
        c->most = top;
        good = begin_counting(c, -top, top);
        if (good)
            count_numbers(c, numbers.data, scale);
    }
    if (integers)
        free(numbers.data);
    return good ? SDSE_OK : SDSE_NO_MEMORY;
}

// ---- what comes out ---------------------------------------------------------

static void fill_digits(const struct counter *c, struct sdse_activations *out) {
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++) {
        const struct sdse_operand operand = {
            .recoding = (enum sdse_recoding)e, .bits = 32, .is_signed = true};
        for (size_t i = 0; i < c->value_count; i++) {
            uint64_t offsets =
                sdse_digit_offsets(&operand, (int32_t)(c->offset + (int64_t)i));
            unsigned digits = (unsigned)__builtin_popcountll(offsets);
            out->digits[e][digits] += (double)c->values[i];
            if (c->values[i] > 0 && digits >= out->bins[e])
                out->bins[e] = digits + 1;
        }
    }
}

// Densities of channels in millionths: more digits say nothing, and files are long.
static bool fill_channels(const struct counter *c, const struct sdse_layer *layer,
                          struct sdse_arena *arena, struct sdse_activations *out) {
    uint64_t found = c->layout.groups * c->layout.channels;
    uint64_t wanted = layer->nest.bound[SDSE_G] * layer->nest.bound[SDSE_C];
    if (!c->layout.channels_known || found == 0 || wanted % found != 0)
        return true;
    double *density = SDSE_ARENA_ARRAY(arena, double, (size_t)wanted);
    if (!density)
        return false;
    double words = (double)c->words / (double)found; // of each channel
    for (uint64_t i = 0; i < wanted; i++) // taps of the depth follow their channel
        density[i] =
            round(1e6 * (double)c->channel_nonzeros[i / (wanted / found)] / words) /
            1e6;
    out->channels = (size_t)wanted;
    out->channel_density = density;
    return true;
}

static enum sdse_status fill(const struct trace *trace, uint64_t runs, const char *hash,
                             size_t index) {
    struct sdse_imported *imported = trace->imported;
    const struct sdse_onnx_node *node = imported->layers.weights[index].node;
    struct sdse_layer *layer = &imported->layers.layer[index];
    if (!node || sdse_layer_moves(layer) || imported->layers.weights[index].state)
        return SDSE_OK;
    const struct counter *c = &trace->counter[node - imported->graph.node];
    if (!c->met || c->words == 0)
        return SDSE_OK;
    struct sdse_activations *out =
        SDSE_ARENA_NEW(imported->arena, struct sdse_activations);
    if (!out)
        return SDSE_NO_MEMORY;
    *out = (struct sdse_activations){.measured = true,
                                     .mark = "measured",
                                     .inputs = runs,
                                     .inputs_hash = hash,
                                     .density = (double)c->nonzeros / (double)c->words,
                                     .rows_known = true,
                                     .row_density =
                                         (double)c->live_rows / (double)c->rows};
    out->bits = bits_for(c->least, c->most, &out->is_signed);
    if (c->real) {
        out->bits = trace->bits;
        out->is_signed = true;
    }
    fill_digits(c, out);
    if (!fill_channels(c, layer, imported->arena, out))
        return SDSE_NO_MEMORY;
    layer->activations = out;
    return SDSE_OK;
}

enum sdse_status sdse_forward_trace(struct sdse_imported *imported,
                                    const struct sdse_forward_inputs *inputs,
                                    uint32_t bits, unsigned threads,
                                    struct sdse_diags *diags) {
    const uint32_t nodes = imported->graph.node_count;
    struct trace trace = {.imported = imported, .bits = bits};
    struct sdse_forward_request request = {
        .threads = threads, .watch = watch, .context = &trace};
    char text[SDSE_HASH_TEXT_BYTES];
    uint64_t runs = 0;
    bool any_real = false;
    trace.counter = calloc((size_t)nodes + 1, sizeof *trace.counter);
    if (!trace.counter)
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        sdse_forward_runs(imported, inputs, &request, NULL, NULL, diags);
    for (uint32_t i = 0; i < nodes; i++)
        any_real |= trace.counter[i].real;
    for (uint32_t i = 0; i < nodes; i++) { // grids that came and went: start afresh
        struct counter *c = &trace.counter[i];
        if (!c->real)
            continue;
        free(c->values);
        free(c->channel_nonzeros);
        *c = (struct counter){.met = true, .real = true, .largest = c->largest};
    }
    trace.again = true;
    if (status == SDSE_OK && any_real)
        status = sdse_forward_runs(imported, inputs, &request, NULL, NULL, diags);
    if (status == SDSE_OK)
        status = sdse_forward_inputs_runs(imported, inputs, &runs, diags);
    const char *hash = NULL;
    if (status == SDSE_OK) {
        sdse_hash_text(sdse_forward_inputs_hash(imported, inputs), text);
        hash = sdse_arena_strdup(imported->arena, text);
        status = hash ? SDSE_OK : SDSE_NO_MEMORY;
    }
    for (size_t i = 0; i < imported->layers.count && status == SDSE_OK; i++)
        status = fill(&trace, runs, hash, i);
    for (uint32_t i = 0; i < nodes; i++) {
        free(trace.counter[i].channel_nonzeros);
        free(trace.counter[i].values);
    }
    free(trace.counter);
    return status;
}
