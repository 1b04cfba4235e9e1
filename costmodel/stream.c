#include "costmodel/stream.h"

#include <assert.h>
#include <math.h>

#include "spec/types/residence.h"
#include "spec/types/touched.h"

const struct sdse_nest sdse_stream_nest = {
    .bound = {1, 1, 1, 1, 1, 1, 1, 1}, .stride = {1, 1}, .dilation = {1, 1}};

struct sdse_stream sdse_stream_of(const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    const uint64_t *bound = nest->bound;
    const uint64_t maps = bound[SDSE_N] * bound[SDSE_G];
    struct sdse_stream stream = {.out = maps * bound[SDSE_P] * bound[SDSE_Q]};
    stream.operations = stream.out * layer->move.operations;
    if (layer->move.fused) {
        stream.out = 0;
        return stream;
    }
    stream.in =
        layer->move.passes * (sdse_nest_input_words(nest) * layer->move.addends +
                              sdse_layer_broadcast_words(layer));
    return stream;
}

struct sdse_stream sdse_stream_on(const struct sdse_arch *arch,
                                  const struct sdse_layer *layer) {
    struct sdse_stream stream = sdse_stream_of(layer);
    if (layer->kind != SDSE_UPDATE || layer->move.fused)
        return stream;
    const struct sdse_update *update = &layer->move.update;
    const double weights = (double)stream.out;
    const uint32_t width = sdse_arch_word_bits(arch, 0, SDSE_WEIGHTS),
                   in = sdse_arch_word_bits(arch, 0, SDSE_INPUTS),
                   out = sdse_arch_word_bits(arch, 0, SDSE_OUTPUTS);
    const double copy = width < update->copy_below_bits ? width : 0;
    stream.in =
        (uint64_t)ceil(weights * (update->read_words * in + update->read_bits) / in);
    stream.out = (uint64_t)ceil(weights * (update->write_bits + copy) / out);
    return stream;
}

// The next memory inside level `l` in which the tensor is at home; 0: there is none.
static unsigned next_home(const struct sdse_layer *layer, enum sdse_tensor tensor,
                          unsigned l) {
    unsigned home = 0;
    for (const struct sdse_residence *at = layer->residence; at; at = at->also)
        if (at->tensors >> tensor & 1u && at->level > l && (!home || at->level < home))
            home = at->level;
    return home;
}

// The next level inside `l`, down to the unit's, that keeps the tensor; below + 1 if
// there is none. home: the next where it is at home; 0 = none.
static unsigned next_keeper(const unsigned *keeps, unsigned home,
                            enum sdse_tensor tensor, unsigned l, unsigned below) {
    if (l < home)
        return home;
    for (l++; l <= below && !(keeps[l] >> tensor & 1u);)
        l++;
    return l;
}

// Words of a tensor that cross below level `l`: operands that are not at home further
// in, outputs that are not or that are written through.
static uint64_t crossing_words(const struct sdse_layer *layer, enum sdse_tensor tensor,
                               unsigned l, uint64_t words) {
    const uint64_t map = layer->move.passes * sdse_nest_input_words(&layer->nest);
    for (const struct sdse_residence *at = layer->residence; at; at = at->also) {
        if (!(at->tensors >> tensor & 1u) || at->level <= l)
            continue;
        if (tensor == SDSE_OUTPUTS)
            return at->writes_through ? words : 0;
        words -= map * at->operands;
    }
    return words;
}

unsigned sdse_stream_steps(const struct sdse_arch *arch, const struct sdse_layer *layer,
                           const unsigned *keeps, struct sdse_stream_step *step) {
    const struct sdse_stream stream = sdse_stream_on(arch, layer);
    const unsigned below = arch->vector.below_level;
    unsigned count = 0;
    if (layer->move.fused)
        return 0;
    for (int t = SDSE_INPUTS; t <= SDSE_OUTPUTS; t++) {
        const enum sdse_tensor tensor = (enum sdse_tensor)t;
        const bool outputs = tensor == SDSE_OUTPUTS;
        const uint64_t all = outputs ? stream.out : stream.in;
        for (unsigned p = 0, c; p <= below; p = c) {
            const unsigned home = next_home(layer, tensor, p);
            c = next_keeper(keeps, home, tensor, p, below);
            const uint64_t words = crossing_words(layer, tensor, p, all);
            if (p < home && words == 0)
                continue;
            step[count++] = (struct sdse_stream_step){
                outputs ? SDSE_STREAM_UPDATE : SDSE_STREAM_READ, p, tensor, words, p};
            for (unsigned l = p; l < c && l < below; l++)
                step[count++] =
                    (struct sdse_stream_step){SDSE_STREAM_CROSS, l, tensor, words, p};
            if (c <= below && (!outputs || arch->count_drain_reads))
                step[count++] = (struct sdse_stream_step){outputs ? SDSE_STREAM_DRAIN
                                                                  : SDSE_STREAM_FILL,
                                                          c, tensor, words, c};
        }
    }
    return count;
}

static uint64_t output_words(const struct sdse_layer *layer) {
    return sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound);
}

// Maps that are added to the outputs: to finished ones alone.
static uint32_t added_maps(const struct sdse_layer *layer) {
    const struct sdse_residence *at = sdse_residence_of(layer->residence, SDSE_OUTPUTS);
    const bool unfinished = at && at->unfinished;
    return sdse_layer_moves(layer) || unfinished ? 0 : layer->addends;
}

uint64_t sdse_addend_operations(const struct sdse_layer *layer) {
    return added_maps(layer) * output_words(layer);
}

// A read, and a crossing below each level but the unit's, from each home.
static_assert((1 + SDSE_MOST_SHARED) * SDSE_MAX_LEVELS <= SDSE_MOST_STREAM_STEPS,
              "maps that are added are in more memories than there are steps for");

// From `home` down to the vector unit.
static unsigned carry_addends(const struct sdse_arch *arch, unsigned home,
                              uint64_t words, struct sdse_stream_step *step) {
    unsigned count = 0;
    if (words == 0)
        return 0;
    step[count++] =
        (struct sdse_stream_step){SDSE_STREAM_READ, home, SDSE_INPUTS, words, home};
    for (unsigned l = home; l < arch->vector.below_level; l++)
        step[count++] =
            (struct sdse_stream_step){SDSE_STREAM_CROSS, l, SDSE_INPUTS, words, home};
    return count;
}

unsigned sdse_addend_steps(const struct sdse_arch *arch, const struct sdse_layer *layer,
                           struct sdse_stream_step *step) {
    const uint64_t words = output_words(layer);
    uint32_t outside = added_maps(layer);
    if (outside == 0)
        return 0;
    for (const struct sdse_residence *at = layer->residence; at; at = at->also)
        outside -= at->addends;
    unsigned count = carry_addends(arch, 0, outside * words, step);
    for (const struct sdse_residence *at = layer->residence; at; at = at->also)
        count += carry_addends(arch, at->level, at->addends * words, step + count);
    return count;
}

uint64_t sdse_rescaled_words(const struct sdse_layer *layer) {
    const struct sdse_residence *at = sdse_residence_of(layer->residence, SDSE_OUTPUTS);
    return at && at->rescales ? output_words(layer) : 0;
}

uint64_t sdse_stream_cycles(const struct sdse_arch *arch,
                            const struct sdse_layer *layer) {
    const struct sdse_number *rate = &arch->vector.ops_per_cycle;
    if (layer->move.fused || !rate->given)
        return 0;
    return (uint64_t)ceil((double)sdse_stream_of(layer).operations / rate->value);
}

bool sdse_stream_admits(const struct sdse_arch *arch, const struct sdse_layer *layer,
                        struct sdse_diags *diags) {
    if (!sdse_layer_moves(layer) || layer->move.fused || arch->vector.present)
        return true;
    sdse_diag_add(diags, SDSE_ERROR, layer->loc, "vector-missing",
                  "layer '%s' (%s) needs a vector unit; %s describes none: give it "
                  "vector: {pj_per_op: …, ops_per_cycle: …} or vector: {free: true}, "
                  "or say that the layer is fused",
                  layer->name, sdse_layer_kind_name(layer->kind), arch->name);
    return false;
}
