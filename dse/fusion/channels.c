#include "dse/fusion/channels.h"

#include "dse/fusion/links.h"

static const struct sdse_layer *layer_at(const struct sdse_fusion_request *request,
                                         size_t l) {
    return request->residency.layer[l].layer;
}

static const struct sdse_layer *member(const struct sdse_fusion_request *request,
                                       const struct sdse_members *members, size_t i) {
    return layer_at(request, members->layer[i]);
}

// What is worked on the way into a layer.
static enum sdse_edge_via way_into(const struct sdse_fusion_request *request,
                                   size_t to) {
    const struct sdse_workload_edge *edge = sdse_input_edge(request, to);
    return edge ? edge->via : SDSE_VIA_NOTHING;
}

// --- Attention ---

// Two products that have as many right operands of as many samples, and between them
// what works on each word, or is a softmax, whose sums may be put right later. That
// needs a vector unit beside the shared memory, which multiplies the sums that wait.
static bool takes_keys(const struct sdse_fusion_request *request,
                       const struct sdse_members *members,
                       struct sdse_channels *channels) {
    const struct sdse_arch *arch = request->residency.arch;
    const size_t end = members->count - 1;
    const struct sdse_layer *scores = member(request, members, 0),
                            *mixed = member(request, members, end);
    if (!members->chain || scores->kind != SDSE_MATMUL || mixed->kind != SDSE_MATMUL ||
        mixed->addends || scores->nest.bound[SDSE_G] != mixed->nest.bound[SDSE_G] ||
        scores->nest.bound[SDSE_N] != mixed->nest.bound[SDSE_N])
        return false;
    bool rescales = way_into(request, members->layer[end]) == SDSE_VIA_SOFTMAX;
    for (size_t l = members->layer[0] + 1; l < members->layer[end]; l++) {
        const enum sdse_layer_kind kind = layer_at(request, l)->kind;
        if (kind != SDSE_ACT && kind != SDSE_SOFTMAX)
            return false;
        rescales |= kind == SDSE_SOFTMAX;
    }
    const bool beside =
        arch->vector.present && arch->vector.below_level == sdse_shared_level(arch);
    if (rescales && !beside)
        return false;
    *channels = (struct sdse_channels){.count = scores->nest.bound[SDSE_K],
                                       .step = 1,
                                       .keys = true,
                                       .sums = true,
                                       .rescales = rescales};
    return true;
}

// --- Channels ---

static uint64_t common_divisor(uint64_t a, uint64_t b) {
    return b ? common_divisor(b, a % b) : a;
}

// Whether all that may be cut of a layer are whole channels: plain words, of kinds that
// have channels.
static bool has_channels(const struct sdse_fusion_request *request, size_t l) {
    const struct sdse_weight_form *form = request->residency.layer[l].form;
    return layer_at(request, l)->kind != SDSE_WGRAD &&
           !(form && (form->smartdeal || form->first));
}

// Whether a member reads the channels that the one before it makes as they are,
// function of words between them or not.
static bool keeps_channels(const struct sdse_fusion_request *request,
                           const struct sdse_nest *made, size_t reader) {
    const uint64_t *out = made->bound, *in = layer_at(request, reader)->nest.bound;
    return out[SDSE_N] == in[SDSE_N] &&
           out[SDSE_G] * out[SDSE_K] == in[SDSE_G] * in[SDSE_C] &&
           out[SDSE_Q] == layer_at(request, reader)->in_width &&
           way_into(request, reader) == SDSE_VIA_NOTHING;
}

static bool takes_channels(const struct sdse_fusion_request *request,
                           const struct sdse_members *members,
                           struct sdse_channels *channels) {
    const size_t end = members->count - 1;
    const struct sdse_layer *first = member(request, members, 0);
    const uint64_t *bound = first->nest.bound;
    const struct sdse_nest *made = &first->nest;
    if (!members->chain || members->heads > 1 || request->boxed ||
        sdse_layer_moves(first) ||
        (first->kind == SDSE_MATMUL &&
         member(request, members, end)->kind == SDSE_MATMUL) ||
        !has_channels(request, members->layer[0]))
        return false;
    *channels = (struct sdse_channels){.count = bound[SDSE_G] * bound[SDSE_K],
                                       .step = 1,
                                       .cuts_input = bound[SDSE_G] > 1};
    uint64_t units = bound[SDSE_G] > 1 ? bound[SDSE_G] : bound[SDSE_K];
    for (size_t l = members->layer[0] + 1, i = 1; l <= members->layer[end]; l++) {
        const struct sdse_layer *layer = layer_at(request, l);
        i += l > members->layer[i];
        if (layer->kind == SDSE_ACT && l < members->layer[end])
            continue;
        // Fused functions of other kinds work on whole rows.
        if (l != members->layer[i] ||
            (sdse_layer_moves(layer) && layer->kind != SDSE_POOL) ||
            !has_channels(request, l) || !keeps_channels(request, made, l))
            return false;
        const uint64_t groups = layer->nest.bound[SDSE_G];
        channels->sums = i == end && groups == 1;
        units =
            common_divisor(units, channels->sums ? layer->nest.bound[SDSE_C] : groups);
        made = &layer->nest;
    }
    channels->step = channels->count / units;
    return units > 1;
}

void sdse_channels_find(const struct sdse_fusion_request *request,
                        const struct sdse_members *members,
                        struct sdse_channels *channels) {
    if (!takes_keys(request, members, channels) &&
        !takes_channels(request, members, channels))
        *channels = (struct sdse_channels){.step = 1};
}

// --- Parts ---

uint64_t sdse_channels_share(const struct sdse_channels *channels, uint64_t whole,
                             uint64_t some) {
    return whole / (channels->count / channels->step) * (some / channels->step);
}

void sdse_channels_cut(const struct sdse_members *members, size_t member, uint64_t some,
                       struct sdse_nest *part) {
    const struct sdse_channels *channels = &members->channels;
    const bool first = member == 0 && !channels->cuts_input,
               last = member + 1 == members->count && channels->sums;
    const enum sdse_dim dim = first ? SDSE_K : last ? SDSE_C : SDSE_G;
    part->bound[dim] = sdse_channels_share(channels, part->bound[dim], some);
}
