#include "dse/lint/crossing.h"

#include <math.h>
#include <string.h>

#include "costmodel/model.h"
#include "dse/lint/array.h"
#include "spec/load.h"
#include "spec/types/touched.h"

uint64_t sdse_used_words(const struct sdse_layer *layer, enum sdse_tensor tensor) {
    return tensor == SDSE_INPUTS
               ? sdse_nest_input_words(&layer->nest)
               : sdse_tile_words(&layer->nest, tensor, layer->nest.bound);
}

// The least share of a tensor's words that engines leave anywhere.
static double least_share(const struct sdse_model *model, unsigned tensor) {
    double share = 1;
    for (unsigned l = 0; l < model->arch->level_count; l++)
        share = fmin(share, model->effects.word_share[l][tensor]);
    return share;
}

static void find_at(const struct sdse_model *model, unsigned l,
                    struct sdse_least_crossing *least) {
    const struct sdse_arch *arch = model->arch;
    const struct sdse_level *level = &arch->level[l];
    const unsigned sure = sdse_level_tensors(level) & ~level->may_bypass;
    double read[SDSE_PORT_USERS] = {0}, write[SDSE_PORT_USERS] = {0};
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        double bits = model->bits[l][t];
        if (t == SDSE_OUTPUTS)
            bits = fmin(bits, model->partial_bits[l]);
        least->word_bits[l][t] = model->bits[l][t];
        // A memory that keeps parts of weights alone keeps nothing of plain ones.
        if (!(sure >> t & 1u) || !(level->keeps >> t & 1u))
            continue;
        const double moved = bits * least_share(model, t) *
                             (double)sdse_used_words(model->layer, (enum sdse_tensor)t);
        const bool sums = t == SDSE_OUTPUTS;
        const unsigned in = sums ? sdse_level_port_up(level, SDSE_PORT_WRITE) : t,
                       out = sums ? sdse_level_port_up(level, SDSE_PORT_READ) : t;
        if (sums || l > 0)
            write[in] = moved;
        if (!sums || (l > 0 && arch->count_drain_reads))
            read[out] = moved;
        least->bits[l] += read[out] + write[in];
    }
    least->cycles[l] = sdse_transfer_cycles(
        level, read, write, sdse_arch_instances(arch, l), &least->port[l]);
}

// Whether engines may find something to leave out of the layer.
static bool says_zeros(const struct sdse_layer *layer) {
    bool zeros = layer->activations || layer->weight_digits;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        zeros |= layer->density[t] < 1;
    return zeros;
}

enum sdse_status sdse_find_least_crossing(const struct sdse_arch *arch,
                                          const struct sdse_layer *layer,
                                          struct sdse_arena *arena,
                                          struct sdse_least_crossing *least) {
    struct sdse_model *model;
    struct sdse_effects effects;
    struct sdse_layer plain = *layer;
    memset(least, 0, sizeof *least);
    least->known = layer->effects || !arch->engine_count || !says_zeros(layer);
    enum sdse_status status = SDSE_OK;
    if (!layer->effects) {
        struct sdse_layer dense = *layer;
        dense.activations = NULL;
        dense.weight_digits = NULL;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            dense.density[t] = 1;
        status = sdse_effects_find(arch, &dense, NULL, &effects);
        plain.effects = &effects;
    }
    if (status == SDSE_OK)
        status = sdse_model_new(arch, &plain, NULL, arena, &model);
    if (status != SDSE_OK)
        return status;
    const double steps =
        ceil((double)model->macs / sdse_most_multipliers(arch, layer) * (1 - 1e-12));
    least->compute_cycles = sdse_model_compute_cycles(model, (uint64_t)steps);
    for (unsigned l = 0; l < arch->level_count; l++)
        find_at(model, l, least);
    return SDSE_OK;
}
