#include <inttypes.h>
#include <string.h>

#include "spec/activations.h"
#include "spec/reading.h"
#include "spec/show.h"
#include "spec/types/touched.h"

// Of all executions of several layers.
struct sums {
    uint64_t macs, weights, inputs, outputs;
    uint64_t layers, operations; // of those that multiply nothing
};

struct sdse_layer_work sdse_layer_work(const struct sdse_layer *layer) {
    const uint64_t *bound = layer->nest.bound;
    struct sdse_layer_work work = {.macs = sdse_layer_macs(layer)};
    if (!sdse_layer_moves(layer))
        work.weights = sdse_tile_words(&layer->nest, SDSE_WEIGHTS, bound);
    work.inputs = sdse_nest_input_words(&layer->nest);
    if (sdse_layer_moves(layer))
        work.inputs = layer->move.passes * (work.inputs * layer->move.addends +
                                            sdse_layer_broadcast_words(layer));
    work.outputs = sdse_tile_words(&layer->nest, SDSE_OUTPUTS, bound);
    work.vector_operations = work.outputs * layer->move.operations;
    return work;
}

static int name_width(const struct sdse_workload *net) {
    size_t width = 5;
    for (size_t i = 0; i < net->layer_count; i++)
        if (strlen(net->layers[i].name) > width)
            width = strlen(net->layers[i].name);
    return width > 40 ? 40 : (int)width;
}

static void show_layer(FILE *out, int width, const struct sdse_layer *layer,
                       const struct sdse_layer_work *words) {
    fprintf(out, "%-*.*s %-7s", width, width, layer->name,
            sdse_layer_kind_words[layer->kind]);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, " %5" PRIu64, layer->nest.bound[d]);
    fprintf(out, " %2" PRIu32 ",%-2" PRIu32 " %4" PRIu64, layer->nest.stride[0],
            layer->nest.stride[1], layer->repeat);
    fprintf(out, " %13" PRIu64 " %11" PRIu64 "%c %11" PRIu64 " %11" PRIu64 "%s\n",
            words->macs, words->weights,
            layer->weights_unread                                         ? '?'
            : sdse_layer_moves(layer) || sdse_layer_stores_weights(layer) ? ' '
            : layer->shares_weights                                       ? '+'
                                                                          : '*',
            words->inputs, words->outputs,
            sdse_layer_moves(layer) && layer->move.fused ? " fused" : "");
}

static void add(struct sums *total, const struct sdse_layer *layer,
                const struct sdse_layer_work *words) {
    total->layers += sdse_layer_copies(layer);
    total->macs += words->macs * layer->repeat;
    total->inputs += words->inputs * layer->repeat;
    total->outputs += words->outputs * layer->repeat;
    if (sdse_layer_stores_weights(layer))
        total->weights += words->weights * sdse_layer_copies(layer);
    total->operations += words->vector_operations * layer->repeat;
}

static void show_replay(FILE *out, const struct sdse_training_step *step,
                        uint64_t macs) {
    fprintf(out,
            "a replay of %" PRIu64 " samples: %.6g bytes as stored, %.6g as frames: "
            "%.6g times as many fit\n",
            step->replay_samples, (double)step->replay_bits / 8,
            (double)step->replay_frame_bits / 8,
            (double)step->replay_frame_bits / (double)step->replay_bits);
    fprintf(out,
            "a step that trains and runs every layer: %" PRIu64
            " MACs, %.6g times as many\n",
            step->whole_macs, (double)step->whole_macs / (double)macs);
}

// How wide weights are stored where layers say so.
static void show_widths(FILE *out, const struct sdse_workload *net) {
    uint32_t least = UINT32_MAX, most = 0;
    uint64_t weights = 0;
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        if (!layer->weight_bits || !sdse_layer_stores_weights(layer))
            continue;
        least = layer->weight_bits < least ? layer->weight_bits : least;
        most = layer->weight_bits > most ? layer->weight_bits : most;
        weights += sdse_layer_work(layer).weights * sdse_layer_copies(layer);
    }
    if (weights && least == most)
        fprintf(out, "%" PRIu64 " weights are stored in %" PRIu32 " bits\n", weights,
                most);
    else if (weights)
        fprintf(out,
                "%" PRIu64 " weights are stored in %" PRIu32 " to %" PRIu32 " bits\n",
                weights, least, most);
}

void sdse_show_workload(FILE *out, const struct sdse_workload *net) {
    int width = name_width(net);
    struct sums total = {0}, moved = {0}, fused = {0};
    bool products = false, shared = false, unread = false;
    fprintf(out, "%s\nSource: %s\n\n", net->name, net->source);
    fprintf(out, "%-*s %-7s", width, "layer", "kind");
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, " %5c", sdse_dim_letters[d]);
    fprintf(out, " stride rep %13s %12s %11s %11s\n", "MACs", "weights ", "inputs",
            "outputs");
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        const struct sdse_layer_work words = sdse_layer_work(layer);
        show_layer(out, width, layer, &words);
        add(!sdse_layer_moves(layer) ? &total
            : layer->move.fused      ? &fused
                                     : &moved,
            layer, &words);
        const bool none = !sdse_layer_moves(layer) && !sdse_layer_stores_weights(layer);
        products |= none && !layer->shares_weights;
        shared |= none && layer->shares_weights;
        unread |= layer->weights_unread;
    }
    fprintf(out,
            "\n%" PRIu64 " layer%s, %" PRIu64 " MACs, %" PRIu64
            " weights in layers, %" PRIu64 " other parameters, %" PRIu64
            " input words, %" PRIu64 " output words\n",
            total.layers, total.layers == 1 ? "" : "s", total.macs, total.weights,
            net->parameters_not_in_layers, total.inputs, total.outputs);
    if (moved.layers)
        fprintf(out,
                "%" PRIu64 " layer%s words: %" PRIu64 " words in, %" PRIu64
                " out, %" PRIu64 " vector operations\n",
                moved.layers,
                moved.layers == 1 ? " that only moves" : "s that only move",
                moved.inputs, moved.outputs, moved.operations);
    if (fused.layers)
        fprintf(out,
                "%" PRIu64 " fused into the layer before: %" PRIu64
                " vector operations\n",
                fused.layers, fused.operations);
    if (net->not_modelled_count)
        fprintf(out, "%zu not modelled, though they multiply or may:\n",
                net->not_modelled_count);
    for (size_t i = 0; i < net->not_modelled_count; i++)
        fprintf(out, "  %s (%s): %s, %" PRIu64 " weights\n", net->not_modelled[i].name,
                net->not_modelled[i].op, net->not_modelled[i].reason,
                net->not_modelled[i].weights);
    show_widths(out, net);
    for (int role = SDSE_ROLE_CACHE; role < SDSE_OPERAND_ROLES; role++) {
        uint64_t words = 0;
        for (size_t i = 0; i < net->layer_count; i++)
            if ((int)net->layers[i].role == role)
                words +=
                    net->layers[i].repeat * sdse_layer_work(&net->layers[i]).weights;
        if (words)
            fprintf(out, "%" PRIu64 " words of right operands are %s\n", words,
                    role == SDSE_ROLE_CACHE ? "a cache" : "parameters");
    }
    if (products)
        fputs("* activations, not stored weights\n", out);
    if (shared)
        fputs("+ the weights of an earlier layer, stored there\n", out);
    if (unread)
        fputs("? weights that its model has and import did not read\n", out);
    if (net->round)
        fprintf(out, "all of this is a round of %" PRIu64 " x %" PRIu64 " images\n",
                net->round, net->batch);
    if (net->training)
        fprintf(out,
                "a step of training: %" PRIu64 " images, %" PRIu64
                " words of activations kept for the gradients\n",
                net->training->images, net->training->kept_words);
    if (net->training && net->training->epoch_images)
        fprintf(out, "an epoch: %" PRIu64 " images, %.6g steps\n",
                net->training->epoch_images,
                (double)net->training->epoch_images / (double)net->training->images);
    if (net->training && net->training->replay_samples)
        show_replay(out, net->training, total.macs);
    sdse_show_activations(out, width, net);
}
