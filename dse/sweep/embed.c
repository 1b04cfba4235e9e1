#include "dse/sweep/embed.h"

#include <stdlib.h>

#include "dse/sweep/weights.h"
#include "results/store/tensor.h"

static size_t words_of(const struct sdse_layer *layer) {
    return (size_t)sdse_tile_words(&layer->nest, SDSE_WEIGHTS, layer->nest.bound);
}

static bool is_embedded(const struct sdse_network_input *network, size_t layer) {
    return network->weights &&
           sdse_layer_has_weights(&network->workload->layers[layer]) &&
           sdse_layer_has_weight_file(&network->workload->layers[layer]);
}

static enum sdse_status embed_tensor(const struct sdse_network_input *network,
                                     size_t index, struct sdse_store *store,
                                     struct sdse_diags *diags) {
    const struct sdse_layer *layer = &network->workload->layers[index];
    const struct sdse_hash planned = network->weights[index];
    const size_t words = words_of(layer);
    float *values = NULL;
    if (sdse_store_has_tensor(store, planned))
        return SDSE_OK;
    enum sdse_status status =
        sdse_layer_weights_load(network->workload, layer, diags, &values);
    if (!status &&
        !sdse_hash_same(sdse_hash_bytes(values, words * sizeof *values), planned)) {
        sdse_diag_add(diags, SDSE_ERROR, layer->loc, "weights-changed",
                      "layer '%s': %s has changed since the sweep began", layer->name,
                      layer->weights_file);
        status = SDSE_INVALID;
    }
    if (!status)
        status = sdse_store_add_tensor(store, planned, values, words);
    free(values);
    return status;
}

enum sdse_status sdse_embed_weights(const struct sdse_plan *plan,
                                    struct sdse_store *store,
                                    struct sdse_diags *diags) {
    enum sdse_status status = SDSE_OK;
    for (size_t n = 0; n < plan->network_count; n++) {
        const struct sdse_network_input *network = &plan->networks[n];
        for (size_t i = 0; !status && i < network->workload->layer_count; i++) {
            if (!is_embedded(network, i))
                continue;
            status = embed_tensor(network, i, store, diags);
            if (!status)
                status = sdse_store_add_layer_weights(store, plan->hash, network->hash,
                                                      network->workload->layers[i].name,
                                                      network->weights[i]);
        }
    }
    return status;
}

// Whether an earlier layer of the plan has the same values.
static bool is_known(const struct sdse_plan *plan, size_t network, size_t layer) {
    for (size_t n = 0; n <= network; n++) {
        const struct sdse_network_input *other = &plan->networks[n];
        const size_t end = n == network ? layer : other->workload->layer_count;
        for (size_t i = 0; i < end; i++)
            if (is_embedded(other, i) &&
                sdse_hash_same(other->weights[i],
                               plan->networks[network].weights[layer]))
                return true;
    }
    return false;
}

uint64_t sdse_embed_bytes(const struct sdse_plan *plan) {
    uint64_t bytes = 0;
    for (size_t n = 0; n < plan->network_count; n++)
        for (size_t i = 0; i < plan->networks[n].workload->layer_count; i++)
            if (is_embedded(&plan->networks[n], i) && !is_known(plan, n, i))
                bytes +=
                    words_of(&plan->networks[n].workload->layers[i]) * sizeof(float);
    return bytes;
}
