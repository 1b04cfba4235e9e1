// Checks of a network.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "spec/check_list.h"

void sdse_check_layers_present(struct sdse_subject *s) {
    const struct sdse_node *list = sdse_node_get(s->root, "layers");
    if (list && list->kind == SDSE_NODE_SEQUENCE && !list->count)
        sdse_check_report(s, list->key_loc, "the list of layers is empty");
}

static int by_name_then_place(const void *left, const void *right) {
    const struct sdse_layer *a = *(const struct sdse_layer *const *)left;
    const struct sdse_layer *b = *(const struct sdse_layer *const *)right;
    int order = strcmp(a->name, b->name);
    return order ? order : (a > b) - (a < b);
}

void sdse_check_layer_names(struct sdse_subject *s) {
    const struct sdse_workload *net = s->workload;
    if (net->layer_count < 2)
        return;
    const struct sdse_layer **sorted =
        SDSE_ARENA_ARRAY(s->diags->arena, const struct sdse_layer *, net->layer_count);
    if (!sorted) {
        s->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < net->layer_count; i++)
        sorted[i] = &net->layers[i];
    qsort(sorted, net->layer_count, sizeof(struct sdse_layer *), by_name_then_place);
    for (size_t i = 1; i < net->layer_count; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 &&
            strcmp(sorted[i]->name, "?") != 0)
            sdse_check_report(s, sorted[i]->loc, "two layers are called '%.60s'",
                              sorted[i]->name);
    }
}

// Padding after the map that the windows reach along one axis; what no window reads
// counts as none.
static int64_t reached_pad(const struct sdse_nest *nest, unsigned axis) {
    uint64_t reach =
        sdse_window_extent(nest->bound[SDSE_P + axis], nest->bound[SDSE_R + axis],
                           nest->stride[axis], nest->dilation[axis]);
    return (int64_t)reach - nest->pad[axis] - (int64_t)nest->map[axis];
}

void sdse_check_pad_absurd(struct sdse_subject *s) {
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i];
        const struct sdse_nest *nest = &layer->nest;
        const struct sdse_node *pad = sdse_node_get(s->layer_nodes[i], "pad");
        for (unsigned axis = 0; pad && axis < 2 && nest->map[axis]; axis++) {
            int64_t window =
                (int64_t)(nest->dilation[axis] * (nest->bound[SDSE_R + axis] - 1));
            int64_t after = reached_pad(nest, axis);
            int64_t most = nest->pad[axis] > after ? nest->pad[axis] : after;
            if (most > window) {
                sdse_check_report(s, pad->key_loc,
                                  "layer '%s': padding of %" PRId64
                                  " reaches beyond the kernel",
                                  layer->name, most);
                break;
            }
        }
    }
}

static bool product(const uint64_t bound[], unsigned dims, uint64_t *out) {
    *out = 1;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if ((dims >> d & 1u) && !sdse_mul_u64(*out, bound[d], out))
            return false;
    return true;
}

static bool extent(const struct sdse_nest *nest, unsigned axis, uint64_t *out) {
    uint64_t steps, taps;
    return sdse_mul_u64(nest->bound[SDSE_P + axis] - 1, nest->stride[axis], &steps) &&
           sdse_mul_u64(nest->bound[SDSE_R + axis] - 1, nest->dilation[axis], &taps) &&
           sdse_add_u64(steps, taps, out) && sdse_add_u64(*out, 1, out);
}

// Words of every tensor and MACs, with repeats; also the bits, so 2^6 must be left.
static bool counts_fit(const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    uint64_t macs, inputs, rows, columns;
    unsigned all = SDSE_BIT(SDSE_DIMS) - 1;
    unsigned rest = SDSE_BIT(SDSE_N) | SDSE_BIT(SDSE_G) | SDSE_BIT(SDSE_C);
    // Operations and repeated reads of a layer that multiplies nothing.
    uint64_t most = sdse_layer_operands(layer);
    if (layer->move.operations > most)
        most = layer->move.operations;
    if (sdse_layer_moves(layer) &&
        !(sdse_mul_u64(most, layer->move.passes, &most) &&
          product(nest->bound, all, &macs) && sdse_mul_u64(macs, most, &macs) &&
          sdse_mul_u64(macs, layer->repeat, &macs) && sdse_mul_u64(macs, 64, &macs)))
        return false;
    return product(nest->bound, all, &macs) &&
           sdse_mul_u64(macs, layer->repeat, &macs) && sdse_mul_u64(macs, 64, &macs) &&
           product(nest->bound, rest, &inputs) && extent(nest, 0, &rows) &&
           extent(nest, 1, &columns) && sdse_mul_u64(inputs, rows, &inputs) &&
           sdse_mul_u64(inputs, columns, &inputs) &&
           sdse_mul_u64(inputs, layer->repeat, &inputs) &&
           sdse_mul_u64(inputs, 64, &inputs);
}

void sdse_check_words_absurd(struct sdse_subject *s) {
    uint64_t total = 0;
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i];
        uint64_t macs;
        if (!counts_fit(layer)) {
            sdse_check_report(
                s, layer->loc,
                "layer '%s': its MACs or words times 64 bits exceed 64-bit "
                "counts",
                layer->name);
            return;
        }
        macs = sdse_layer_macs(layer);
        if (!sdse_add_u64(total, macs * layer->repeat, &total)) {
            sdse_check_report(s, layer->loc, "the network's MACs exceed 64 bits");
            return;
        }
    }
}

static uint64_t stored_words(const struct sdse_layer *layer) {
    return sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
}

// One residue of a gradient reads some of the weights.
void sdse_check_shares_weights(struct sdse_subject *s) {
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i], *of = NULL;
        if (!layer->shares_weights || !sdse_layer_has_weights(layer))
            continue;
        for (size_t j = 0; j < i && !of; j++)
            if (strcmp(s->workload->layers[j].name, layer->shares_weights) == 0)
                of = &s->workload->layers[j];
        const struct sdse_node *key =
            sdse_node_get(s->layer_nodes[i], "shares_weights");
        const struct sdse_loc loc = key ? key->key_loc : layer->loc;
        if (!of || !sdse_layer_stores_weights(of))
            sdse_check_report(s, loc,
                              "layer '%s': no layer before it called '%s' stores "
                              "weights",
                              layer->name, layer->shares_weights);
        else if (stored_words(layer) > stored_words(of))
            sdse_check_report(s, loc, "layer '%s' reads more weights than '%s' has",
                              layer->name, of->name);
        else if (layer->weights_file || layer->weights_unread)
            sdse_check_report(s, loc,
                              "layer '%s': a file of weights beside those it shares",
                              layer->name);
    }
}

void sdse_check_axis_too_long(struct sdse_subject *s) {
    for (size_t i = 0; i < s->workload->layer_count; i++) {
        const struct sdse_layer *layer = &s->workload->layers[i];
        for (unsigned axis = 0; axis < 2; axis++) {
            uint64_t reach;
            if (sdse_axis_is_short(&layer->nest, axis) ||
                !extent(&layer->nest, axis, &reach))
                continue;
            sdse_check_report(s, layer->loc,
                              "layer '%s': its windows reach over %" PRIu64
                              " %s; at most %d can be listed: split the layer",
                              layer->name, reach, axis ? "columns" : "rows",
                              SDSE_LONGEST_AXIS);
            break;
        }
    }
}
