#include "costmodel/rebuild.h"

#include "base/checked.h"
#include "costmodel/form.h"

// Elements of one filter, in the order in which rows of Ce take them, per input
// channel.
static uint64_t channel_elements(const struct sdse_model *model) {
    const uint64_t *bound = model->layer->nest.bound;
    return bound[SDSE_R] * bound[SDSE_S];
}

static uint64_t block_elements(const struct sdse_model *model) {
    return model->form.rows_per_block * model->form.basis_size;
}

// Blocks touched per filter by all tiles of `channels` input channels that cover the
// layer, and the number of those tiles.
static uint64_t blocks_touched(const struct sdse_model *model, uint64_t channels,
                               uint64_t *tiles) {
    const uint64_t total = model->layer->nest.bound[SDSE_C],
                   each = channel_elements(model);
    *tiles = sdse_ceil_div_u64(total, channels);
    return sdse_blocks_touched(total * each, channels * each, block_elements(model));
}

static uint64_t basis_area(const struct sdse_model *model) {
    return (uint64_t)model->form.basis_size * model->form.basis_size;
}

uint64_t sdse_basis_words(const struct sdse_model *model, const struct sdse_view *view,
                          unsigned level, uint64_t visits) {
    const uint64_t *tile = view->tile[level];
    uint64_t tiles;
    const uint64_t touched = blocks_touched(model, tile[SDSE_C], &tiles);
    return sdse_ceil_div_u64(visits * touched, tiles) * tile[SDSE_G] * tile[SDSE_K] *
           basis_area(model);
}

// Whether a run of `channels` input channels never leaves the block it starts in.
static bool divides_block(const struct sdse_model *model, uint64_t channels) {
    return block_elements(model) % (channels * channel_elements(model)) == 0;
}

uint64_t sdse_basis_loads(const struct sdse_model *model, const struct sdse_view *view,
                          unsigned engine, unsigned child) {
    uint64_t filters = view->tile[child][SDSE_G] * view->tile[child][SDSE_K];
    uint64_t channels = view->tile[child][SDSE_C];
    for (unsigned l = engine; l < child; l++) {
        filters *= view->spatial_factor[l][SDSE_G] * view->spatial_factor[l][SDSE_K];
        channels *= view->spatial_factor[l][SDSE_C];
    }
    uint64_t passes = view->outside[child];
    unsigned i = view->first[child];
    // A memory keeps its tile while innermost loops do not move weights: nothing is
    // rebuilt then. Multipliers take their words again in every step.
    for (; child < model->arch->level_count && i < view->loop_count &&
           !(sdse_tensor_dims(SDSE_WEIGHTS) >> view->loop[i].dim & 1u);
         i++)
        passes /= view->loop[i].factor;
    // The innermost loops that stay in the block: taps, loops that do not move weights,
    // and channels while they divide the block. The first loop of channels that leaves
    // it walks through whole blocks, one after the other; what is outside of that
    // starts over.
    bool stays = divides_block(model, channels);
    for (; stays && i < view->loop_count; i++) {
        const struct sdse_view_loop *loop = &view->loop[i];
        if (loop->dim == SDSE_G || loop->dim == SDSE_K)
            break;
        passes /= loop->factor;
        if (loop->dim != SDSE_C)
            continue;
        channels *= loop->factor;
        stays = divides_block(model, channels);
    }
    uint64_t tiles;
    const uint64_t touched = blocks_touched(model, channels, &tiles);
    return sdse_ceil_div_u64(passes * view->used[engine] * touched, tiles) * filters *
           basis_area(model);
}

uint64_t sdse_rebuilt_rows(const struct sdse_model *model, const struct sdse_view *view,
                           unsigned child, uint64_t words) {
    const uint64_t *bound = model->layer->nest.bound;
    const enum sdse_dim along = bound[SDSE_S] > 1 ? SDSE_S : SDSE_C;
    uint64_t piece = view->tile[child][along];
    const unsigned weight_dims = sdse_tensor_dims(SDSE_WEIGHTS);
    for (unsigned i = view->first[child]; i < view->loop_count; i++) {
        if (!(weight_dims >> view->loop[i].dim & 1u))
            continue;
        if (view->loop[i].dim == along)
            piece *= view->loop[i].factor;
        break;
    }
    if (piece > model->form.basis_size)
        piece = model->form.basis_size;
    return sdse_ceil_div_u64(words, piece);
}
