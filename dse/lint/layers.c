// Checks of a network alone.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dse/lint/checks.h"
#include "dse/sweep/weights.h"
#include "spec/flow.h"

// --- Equal layers ---

enum { LEAST_RUN = 3 };

// Whether equal layers could as well be one: nothing calls them by name.
static bool may_repeat(const struct sdse_node *root) {
    static const char *const keys[] = {"edges", "family", "shared_block", "training"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (sdse_node_get(root, keys[i]))
            return false;
    sdse_for_each_child (layer, sdse_node_get(root, "layers"))
        if (sdse_node_get(layer, "shares_weights"))
            return false;
    return true;
}

static const char *name_of(const struct sdse_node *layer) {
    const struct sdse_node *name = sdse_node_get(layer, "name");
    return name && name->text ? name->text : "?";
}

static void say_run(struct sdse_lint *lint, const struct sdse_node *first,
                    const struct sdse_node *last, size_t length) {
    if (length >= LEAST_RUN)
        sdse_lint_say(lint, first->loc,
                      "%zu layers in a row, '%s' to '%s', are equal but for their "
                      "names: one with repeat: %zu would say so",
                      length, name_of(first), name_of(last), length);
}

void sdse_lint_layer_repeat(struct sdse_lint *lint) {
    if (!may_repeat(lint->root))
        return;
    const struct sdse_node *first = NULL, *last = NULL;
    const char *text = NULL;
    size_t length = 0;
    sdse_for_each_child (layer, sdse_node_get(lint->root, "layers")) {
        const char *own = sdse_node_flow_text_without(lint->arena, layer, "name");
        if (!own) {
            lint->status = SDSE_NO_MEMORY;
            return;
        }
        if (text && strcmp(text, own) == 0) {
            length++;
        } else {
            say_run(lint, first, last, length);
            first = layer;
            length = 1;
            text = own;
        }
        last = layer;
    }
    say_run(lint, first, last, length);
}

void sdse_lint_conv_depthwise(struct sdse_lint *lint) {
    size_t count = 0;
    const struct sdse_layer *first = NULL;
    for (size_t i = 0; i < lint->net->layer_count; i++) {
        const struct sdse_layer *layer = &lint->net->layers[i];
        const uint64_t *bound = layer->nest.bound;
        if ((layer->kind != SDSE_CONV && layer->kind != SDSE_CONV1X1) ||
            bound[SDSE_G] == 1 || bound[SDSE_C] > 1)
            continue;
        first = first ? first : layer;
        count++;
    }
    if (first)
        sdse_lint_say(lint, first->loc,
                      "%zu convolution%s, the first '%s', %s one input channel in each "
                      "of %" PRIu64 " groups: a dataflow and a weight form take %s for "
                      "depth-wise only as kind: dwconv",
                      count, count == 1 ? "" : "s", first->name,
                      count == 1 ? "has" : "have", first->nest.bound[SDSE_G],
                      count == 1 ? "it" : "them");
}

// --- Densities ---

// Share of a layer's weights in its file that are not zero. False: they cannot be read
// (who computes with them says why), or memory is out.
static bool measure_density(struct sdse_lint *lint, const struct sdse_layer *layer,
                            double *density) {
    const uint64_t words =
        sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
    struct sdse_diags said;
    float *values = NULL;
    sdse_diags_init(&said, lint->arena);
    const enum sdse_status status =
        sdse_layer_weights_load(lint->net, layer, &said, &values);
    if (status == SDSE_NO_MEMORY)
        lint->status = status;
    if (status != SDSE_OK)
        return false;
    uint64_t present = 0;
    for (uint64_t i = 0; i < words; i++)
        present += values[i] != 0;
    free(values);
    *density = (double)present / (double)words;
    return true;
}

void sdse_lint_density_weights(struct sdse_lint *lint) {
    size_t files = 0, count = 0;
    const struct sdse_layer *worst = NULL;
    double gap = 0.01, of_worst = 1;
    for (size_t i = 0; i < lint->net->layer_count; i++) {
        const struct sdse_layer *layer = &lint->net->layers[i];
        double density;
        if (!sdse_layer_has_weights(layer) || !sdse_layer_has_weight_file(layer) ||
            !measure_density(lint, layer, &density))
            continue;
        files++;
        const double off = density < layer->density[SDSE_WEIGHTS]
                               ? layer->density[SDSE_WEIGHTS] - density
                               : density - layer->density[SDSE_WEIGHTS];
        count += off > 0.01;
        if (off <= gap)
            continue;
        gap = off;
        worst = layer;
        of_worst = density;
    }
    if (worst)
        sdse_lint_say(lint, worst->loc,
                      "%zu of %zu layers with weight files declare another density of "
                      "weights than the files have, '%s' most: %.3g declared, %.3g in "
                      "%s; raw points take the declared one",
                      count, files, worst->name, worst->density[SDSE_WEIGHTS], of_worst,
                      worst->weights_file);
}

void sdse_lint_activations_assumed(struct sdse_lint *lint) {
    size_t known = 0, assumed = 0;
    const struct sdse_layer *first = NULL;
    for (size_t i = 0; i < lint->net->layer_count; i++) {
        const struct sdse_layer *layer = &lint->net->layers[i];
        if (!layer->activations)
            continue;
        known++;
        if (strcmp(layer->activations->mark, "assumed") != 0)
            continue;
        assumed++;
        first = first ? first : layer;
    }
    if (first)
        sdse_lint_say(lint, first->loc,
                      "activations of %zu of %zu layers that say any are assumed, the "
                      "first '%s'; `sdse trace` measures them on inputs",
                      assumed, known, first->name);
}
