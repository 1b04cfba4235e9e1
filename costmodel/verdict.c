// Whether a mapping is valid (costmodel/evaluate.h): loops, fan-outs, capacities.

#include <math.h>
#include <string.h>

#include "costmodel/edge.h"
#include "costmodel/evaluate.h"
#include "costmodel/model.h"
#include "costmodel/rebuild.h"
#include "costmodel/stream.h"
#include "costmodel/traffic.h"

void sdse_mapping_init(const struct sdse_arch *arch, struct sdse_mapping *mapping) {
    memset(mapping, 0, sizeof *mapping);
    mapping->level_count = arch->level_count;
    unsigned kept = 0; // in this memory, further out
    for (unsigned l = 0; l < arch->level_count; l++) {
        const unsigned parts = arch->level[l].keeps;
        mapping->keeps[l] = parts & (SDSE_BIT(SDSE_TENSORS) - 1);
        if (parts & SDSE_SMARTDEAL_PARTS)
            mapping->keeps[l] |= SDSE_BIT(SDSE_WEIGHTS);
        kept = arch->level[l].shares_memory ? kept : 0;
        mapping->keeps[l] &= ~kept;
        kept |= mapping->keeps[l];
    }
    mapping->keeps[0] = SDSE_BIT(SDSE_TENSORS) - 1;
}

void sdse_residence_keeps(const struct sdse_arch *arch,
                          const struct sdse_residence *residence, unsigned *keeps) {
    for (; residence; residence = residence->also)
        for (unsigned l = 1; l <= sdse_arch_memory_last(arch, residence->level); l++)
            keeps[l] &= ~residence->tensors;
}

// The next level inside `l` that keeps the flow, or level_count.
static unsigned next_keeper(const struct sdse_model *model, const unsigned *keeps,
                            const struct sdse_flow *flow, unsigned l) {
    for (l++; l < model->arch->level_count && !sdse_model_keeps(model, keeps, flow, l);)
        l++;
    return l;
}

// Bits of an output's place at level `l`: those of the words that arrive there.
static double place_bits(const struct sdse_model *model, const struct sdse_view *view,
                         unsigned l, unsigned child) {
    const double finished = model->place_bits[l][SDSE_PART_OUTPUTS],
                 partial = model->partial_bits[l];
    struct sdse_edge edge;
    if (finished == partial)
        return partial;
    const bool counted = sdse_edge_count(view, SDSE_OUTPUTS, l, child, false, &edge);
    return counted && edge.arrive_finished ? finished : partial;
}

// Stored bits of one instance's tiles at level `l`.
static double stored_bits(const struct sdse_model *model, const unsigned *keeps,
                          const struct sdse_view *view, unsigned l) {
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
    double bits = l == 0 && residence && residence->writes_through
                      ? (double)sdse_model_output_words(model) *
                            model->place_bits[0][SDSE_PART_OUTPUTS]
                      : 0;
    for (unsigned f = 0; f < model->flow_count; f++) {
        const struct sdse_flow *flow = &model->flow[f];
        if (l == 0)
            bits += (double)sdse_model_brought_words(model, flow) *
                    model->place_bits[0][flow->part];
        const bool gone = model->form.smartdeal && flow->ends_in_engine &&
                          l > model->arch->rebuild.below_level;
        if (gone || !sdse_model_keeps(model, keeps, flow, l))
            continue;
        if (l > 0 && l == sdse_model_home(model, flow->tensor))
            continue; // reserved
        if (flow->tensor == SDSE_OUTPUTS) {
            const unsigned child = next_keeper(model, keeps, flow, l);
            bits += (double)sdse_view_tile_words(view, SDSE_OUTPUTS, l) *
                    place_bits(model, view, l, child);
        } else if (flow->part == SDSE_PART_BASIS) {
            bits += (double)sdse_basis_words(model, view, l, 1) *
                    model->bits[l][flow->part];
        } else {
            bits += (double)sdse_view_tile_words(view, flow->tensor, l) *
                    model->place_bits[l][sdse_model_part_at(model, flow, l)];
        }
    }
    return bits;
}

// Bits that outputs at home take above what sdse_model_room_bits provides for them.
static double beyond_least(const struct sdse_model *model, const unsigned *keeps,
                           const struct sdse_view *view) {
    const unsigned home = sdse_model_home(model, SDSE_OUTPUTS);
    const struct sdse_flow outputs = {SDSE_OUTPUTS, SDSE_PART_OUTPUTS, false};
    if (home == 0)
        return 0;
    const double least =
        fmin(model->place_bits[home][SDSE_PART_OUTPUTS], model->partial_bits[home]);
    return (double)sdse_model_output_words(model) *
           (place_bits(model, view, home, next_keeper(model, keeps, &outputs, home)) -
            least);
}

// Bits of the tiles of one copy of the memory that starts at level `l`.
static double memory_bits(const struct sdse_model *model, const unsigned *keeps,
                          const struct sdse_view *view, unsigned l) {
    double bits = 0;
    for (unsigned i = l; i <= sdse_arch_memory_last(model->arch, l); i++)
        bits += stored_bits(model, keeps, view, i);
    return bits;
}

double sdse_mapping_taken_bits(const struct sdse_model *model,
                               const struct sdse_mapping *mapping, unsigned level) {
    const bool home = level > 0 && sdse_model_home(model, SDSE_OUTPUTS) == level;
    const double outputs = home ? (double)sdse_model_output_words(model) : 0;
    if (sdse_layer_moves(model->layer))
        return outputs * model->place_bits[level][SDSE_PART_OUTPUTS];
    const struct sdse_flow flow = {SDSE_OUTPUTS, SDSE_PART_OUTPUTS, false};
    struct sdse_view view;
    sdse_view_init(&view, model->arch, &model->layer->nest, mapping);
    double bits = memory_bits(model, mapping->keeps, &view, level) *
                  model->arch->level[level].buffering;
    if (home)
        bits += outputs * place_bits(model, &view, level,
                                     next_keeper(model, mapping->keeps, &flow, level));
    return bits;
}

static enum sdse_verdict fanout_verdict(const struct sdse_arch *arch,
                                        const struct sdse_mapping *mapping,
                                        unsigned *level) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        const uint32_t limit[2] = {arch->level[l].fanout_x, arch->level[l].fanout_y};
        for (int axis = 0; axis < 2; axis++) {
            double used = 1;
            for (unsigned i = 0; i < mapping->level[l].spatial[axis].count; i++)
                used *= (double)mapping->level[l].spatial[axis].loop[i].factor;
            if (used <= limit[axis])
                continue;
            if (level)
                *level = l;
            return SDSE_FANOUT;
        }
    }
    return SDSE_VALID;
}

// A layer that is streamed keeps no tiles: what is reserved must fit.
static enum sdse_verdict streamed_verdict(const struct sdse_model *model,
                                          unsigned *level) {
    const struct sdse_residence *residence = model->layer->residence;
    while (residence && sdse_model_room_bits(model, model->arch, residence->level) >= 0)
        residence = residence->also;
    if (!residence)
        return SDSE_VALID;
    if (level)
        *level = residence->level;
    return SDSE_TOO_BIG;
}

enum sdse_verdict sdse_mapping_verdict(const struct sdse_model *model,
                                       const struct sdse_mapping *mapping,
                                       unsigned *level) {
    const struct sdse_arch *arch = model->arch;
    if (sdse_layer_moves(model->layer))
        return streamed_verdict(model, level);
    const enum sdse_verdict fanout = fanout_verdict(arch, mapping, level);
    if (fanout != SDSE_VALID)
        return fanout;
    struct sdse_view view;
    sdse_view_init(&view, arch, &model->layer->nest, mapping);
    for (int d = 0; d < SDSE_DIMS; d++) {
        if (view.tile[0][d] < view.nest->bound[d]) {
            if (level)
                *level = 0;
            return SDSE_NOT_COVERED;
        }
    }
    for (unsigned l = 0; l < arch->level_count; l++) {
        if (!arch->level[l].capacity_bits || arch->level[l].shares_memory)
            continue;
        double limit = sdse_model_room_bits(model, arch, l);
        if (l == sdse_model_home(model, SDSE_OUTPUTS))
            limit -=
                beyond_least(model, mapping->keeps, &view) / arch->level[l].buffering;
        if (memory_bits(model, mapping->keeps, &view, l) <= limit)
            continue;
        if (level)
            *level = l;
        return SDSE_TOO_BIG;
    }
    return SDSE_VALID;
}
