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
                       const struct sdse_members *members, unsigned memory,
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
    unsigned level[SDSE_MOST_SHARED];
    sdse_shared_levels(arch, level);
    const bool beside =
        arch->vector.present && arch->vector.below_level == level[memory];
    if (rescales && !beside)
        return false;
    *channels = (struct sdse_channels){.count = scores->nest.bound[SDSE_K],
                                       .step = 1,
                                       .begins = SDSE_BIT(0),
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

static bool makes_alike(const struct sdse_nest *a, const struct sdse_nest *b) {
    return a->bound[SDSE_N] == b->bound[SDSE_N] &&
           a->bound[SDSE_Q] == b->bound[SDSE_Q] &&
           a->bound[SDSE_G] * a->bound[SDSE_K] == b->bound[SDSE_G] * b->bound[SDSE_K];
}

// Whether a layer reads as its channels, as they are, those of a map of these sizes.
static bool keeps_channels(const struct sdse_fusion_request *request,
                           const struct sdse_nest *made, size_t reader) {
    const struct sdse_workload_edge *edge = sdse_input_edge(request, reader);
    const uint64_t *out = made->bound, *in = layer_at(request, reader)->nest.bound;
    return edge && !edge->via && !edge->channels && out[SDSE_N] == in[SDSE_N] &&
           out[SDSE_G] * out[SDSE_K] == in[SDSE_G] * in[SDSE_C] &&
           out[SDSE_Q] == layer_at(request, reader)->in_width;
}

// Parts that a member's channels may come in, of those of a map that it reads [made];
// of its outputs', where it reads nothing that the group makes [NULL]. 1: they may not.
static uint64_t count_units(const struct sdse_fusion_request *request, size_t l,
                            const struct sdse_nest *made, bool sums) {
    const struct sdse_layer *layer = layer_at(request, l);
    const uint64_t *bound = layer->nest.bound;
    if ((sdse_layer_moves(layer) && layer->kind != SDSE_POOL) ||
        !has_channels(request, l) || (made && !keeps_channels(request, made, l)))
        return 1;
    return !made ? bound[SDSE_K] : sums ? bound[SDSE_C] : bound[SDSE_G];
}

// The one tensor of a set; 0: none, or several.
static size_t only_one(unsigned set) {
    return set && !(set & (set - 1)) ? (size_t)__builtin_ctz(set) : 0;
}

// Parts that member i may work in; made: sizes of the map that each puts out, behind a
// function those that were before it, of those before i known.
static uint64_t units_of(const struct sdse_fusion_request *request,
                         const struct sdse_members *members, size_t i,
                         const struct sdse_nest **made,
                         struct sdse_channels *channels) {
    const unsigned windows = members->reads[i].windows & ~SDSE_BIT(0),
                   rows = members->reads[i].rows & ~SDSE_BIT(0);
    const struct sdse_layer *layer = member(request, members, i);
    const size_t from = only_one(windows);
    const bool last = i + 1 == members->count,
               one_group = layer->nest.bound[SDSE_G] == 1;
    made[i] = &layer->nest;
    if (layer->kind == SDSE_ACT && from && !last) {
        made[i] = made[from - 1];
        return 0; // any
    }
    if ((windows && !from) || (!windows && !one_group))
        return 1;
    channels->begins |= windows ? 0u : SDSE_BIT(i);
    channels->sums = last && windows && one_group;
    for (size_t t = 1; t < members->count; t++)
        if (rows >> t & 1u && (channels->sums || !makes_alike(made[t - 1], made[i])))
            return 1;
    return count_units(request, members->layer[i], from ? made[from - 1] : NULL,
                       channels->sums);
}

static bool takes_channels(const struct sdse_fusion_request *request,
                           const struct sdse_members *members,
                           struct sdse_channels *channels) {
    const size_t end = members->count - 1;
    const struct sdse_layer *first = member(request, members, 0);
    const uint64_t groups = first->nest.bound[SDSE_G],
                   count = groups * first->nest.bound[SDSE_K];
    const struct sdse_nest *made[SDSE_FUSED_MOST] = {&first->nest};
    if (request->boxed || sdse_layer_moves(first) ||
        (first->kind == SDSE_MATMUL &&
         member(request, members, end)->kind == SDSE_MATMUL) ||
        !has_channels(request, members->layer[0]))
        return false;
    *channels = (struct sdse_channels){.count = count,
                                       .begins = groups == 1 ? SDSE_BIT(0) : 0u,
                                       .cuts_input = groups > 1};
    uint64_t units = groups > 1 ? groups : count;
    for (size_t i = 1; i <= end; i++)
        units = common_divisor(units, units_of(request, members, i, made, channels));
    // Fused functions of other kinds work on whole rows.
    for (size_t l = members->layer[0] + 1, i = 1; l < members->layer[end]; l++) {
        i += l > members->layer[i];
        if (l != members->layer[i] && layer_at(request, l)->kind != SDSE_ACT)
            return false;
    }
    channels->step = count / units;
    return units > 1;
}

void sdse_channels_find(const struct sdse_fusion_request *request,
                        const struct sdse_members *members, unsigned memory,
                        struct sdse_channels *channels) {
    if (!takes_keys(request, members, memory, channels) &&
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
    const bool last = member + 1 == members->count && channels->sums;
    const enum sdse_dim dim = channels->begins >> member & 1u ? SDSE_K
                              : last                          ? SDSE_C
                                                              : SDSE_G;
    part->bound[dim] = sdse_channels_share(channels, part->bound[dim], some);
}
