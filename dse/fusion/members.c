#include "dse/fusion/members.h"

#include "dse/fusion/links.h"

static const struct sdse_layer *layer_at(const struct sdse_fusion_request *request,
                                         size_t l) {
    return request->residency.layer[l].layer;
}

// --- Kinds of members ---

static bool is_fused(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->move.fused;
}

// A layer that moves words has rows if none of its maps is repeated over the others.
// References that count bounding boxes know of none.
static bool moves_rows(const struct sdse_fusion_request *request,
                       const struct sdse_layer *layer) {
    return (layer->kind == SDSE_POOL || sdse_is_function(layer)) &&
           !layer->move.fused && !layer->move.broadcast_count && !request->boxed;
}

// Why a layer is no member of any group, as what is said of it; NULL: it may be one.
static const char *why_no_member(const struct sdse_fusion_request *request, size_t l) {
    const struct sdse_layer *layer = layer_at(request, l);
    if (layer->repeat > 1)
        return "is executed several times (`repeat`)";
    if (sdse_layer_moves(layer) && !moves_rows(request, layer))
        return "only moves words, and not row by row of maps of its size";
    if (layer->kind == SDSE_WGRAD)
        return "makes a gradient of weights, which has no rows of a map";
    return !sdse_layer_moves(layer) && layer->addends > 1
               ? "adds more than one map to its outputs"
               : NULL;
}

// --- From one to the next ---

// Why what a layer makes is not read by later layers of the group alone, up to `last`,
// and as rows; as what is said of it. NULL: it is.
static const char *why_not_read(const struct sdse_placing *placing, unsigned memory,
                                size_t maker, size_t last) {
    const struct sdse_handed_tensor *tensor = sdse_handed_by(placing, maker);
    if (!tensor)
        return "puts out what no layer reads";
    if (!tensor->may_share_in[memory])
        return "puts out what may not stay on chip";
    for (size_t i = 0; i < tensor->use_count; i++) {
        if (tensor->use[i] > last)
            return "puts out what a layer behind the group reads";
        if (tensor->as && tensor->as[i] == SDSE_HANDED_WEIGHTS)
            return "puts out what a layer of the group reads as weights";
    }
    return NULL;
}

// The layer before another and the fused ones between; SIZE_MAX: none.
static size_t member_before(const struct sdse_fusion_request *request, size_t reader) {
    size_t maker = reader;
    while (maker-- > 0 && is_fused(layer_at(request, maker)))
        ;
    return maker;
}

// --- Heads and keys ---

// Products that have as many right operands each, of as many samples, work on those of
// each by themselves; functions between them on what is theirs.
static uint64_t count_heads(const struct sdse_fusion_request *request,
                            const struct sdse_members *members) {
    const uint64_t *first = NULL;
    for (size_t i = 0; i < members->count; i++) {
        if (!members->chain)
            return 1;
        const struct sdse_layer *layer = layer_at(request, members->layer[i]);
        const uint64_t *bound = layer->nest.bound;
        if (sdse_is_function(layer))
            continue;
        if (layer->kind != SDSE_MATMUL || (first && (bound[SDSE_G] != first[SDSE_G] ||
                                                     bound[SDSE_N] != first[SDSE_N])))
            return 1;
        first = first ? first : bound;
    }
    return first ? first[SDSE_G] : 1;
}

// Finds whether tiles may be of some columns: of a chain, every map has those that its
// maker puts out.
static void find_columns(const struct sdse_fusion_request *request,
                         struct sdse_members *members) {
    const size_t last = members->count - 1;
    for (size_t i = 0; i <= last; i++) {
        const struct sdse_layer *layer = layer_at(request, members->layer[i]);
        const struct sdse_nest *nest = &members->nest[i];
        if (!members->chain || request->boxed ||
            (sdse_layer_moves(layer) && layer->kind != SDSE_POOL) ||
            (i > 0 && nest->map[1] != members->nest[i - 1].bound[SDSE_Q]))
            return;
    }
    for (size_t l = members->layer[0] + 1; l < members->layer[last]; l++)
        if (is_fused(layer_at(request, l)) && layer_at(request, l)->kind != SDSE_ACT)
            return;
    const uint64_t columns = members->nest[last].bound[SDSE_Q];
    members->columns = columns > 1 ? columns : 0;
}

// Lists the layers of the group; false after a refusal.
static bool list_layers(const struct sdse_fusion_request *request,
                        const struct sdse_placing *placing, unsigned memory,
                        size_t last, struct sdse_members *members,
                        struct sdse_group_refusal *refusal) {
    *refusal = (struct sdse_group_refusal){last, why_no_member(request, last)};
    members->layer[members->count - 1] = last;
    for (size_t i = members->count - 1; i-- > 0 && !refusal->reason;) {
        const size_t reader = members->layer[i + 1],
                     maker = member_before(request, reader);
        if (maker == SIZE_MAX) {
            *refusal = (struct sdse_group_refusal){reader, "has no layer before it"};
            break;
        }
        *refusal = (struct sdse_group_refusal){maker, why_no_member(request, maker)};
        if (!refusal->reason)
            refusal->reason = why_not_read(placing, memory, maker, last);
        members->layer[i] = maker;
    }
    if (refusal->reason)
        return false;
    const size_t first = members->layer[0];
    if (last - first >= SDSE_PLACES_MOST_TURNS)
        *refusal = (struct sdse_group_refusal){last, "ends a group of too many layers"};
    return !refusal->reason;
}

bool sdse_members_find(const struct sdse_fusion_request *request,
                       const struct sdse_placing *placing, unsigned memory, size_t last,
                       size_t depth, struct sdse_members *members,
                       struct sdse_group_refusal *refusal) {
    *members = (struct sdse_members){.count = depth};
    if (!list_layers(request, placing, memory, last, members, refusal) ||
        !sdse_members_link(request, members, refusal))
        return false;
    members->heads = count_heads(request, members);
    find_columns(request, members);
    sdse_channels_find(request, members, memory, &members->channels);
    return true;
}

void sdse_member_heads(const struct sdse_members *members, size_t member,
                       uint64_t heads, struct sdse_nest *part) {
    part->bound[SDSE_G] = members->nest[member].bound[SDSE_G] / members->heads * heads;
}
