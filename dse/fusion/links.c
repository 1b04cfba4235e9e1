#include "dse/fusion/links.h"

#include "spec/types/touched.h"

// The members while they are linked, one after the other.
struct linking {
    const struct sdse_fusion_request *request;
    struct sdse_members *members;
    // Sizes of the map that each puts out: behind a function those that were before it.
    const struct sdse_nest *made[SDSE_FUSED_MOST];
    const struct sdse_workload_edge *input; // of the first one; NULL: none, or several
};

// What edges say of one member.
struct operands {
    uint32_t inner, inner_ranges; // maps of the group, or ranges of channels
    uint32_t outer, outer_ranges; // from before it
    const struct sdse_nest *made; // sizes of an inner one
};

static const struct sdse_layer *layer_of(const struct linking *l, size_t member) {
    return l->request->residency.layer[l->members->layer[member]].layer;
}

static uint64_t words_made(const struct sdse_nest *nest) {
    return sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
}

const struct sdse_workload_edge *
sdse_input_edge(const struct sdse_fusion_request *request, size_t to) {
    const struct sdse_workload *net = request->residency.workload;
    const struct sdse_workload_edge *found = NULL;
    size_t count = 0;
    for (size_t e = 0; e < net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &net->edges[e];
        if (edge->to != to ||
            (edge->use != SDSE_EDGE_INPUTS && edge->use != SDSE_EDGE_CONCAT))
            continue;
        found = edge;
        count++;
    }
    return count == 1 && found->use == SDSE_EDGE_INPUTS ? found : NULL;
}

// --- Row by row ---

// Whether a layer reads of each row nothing but that row, in whatever order its words
// are.
static bool reads_row_by_row(const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    return sdse_is_function(layer) ||
           (!sdse_layer_moves(layer) && nest->bound[SDSE_R] == 1 &&
            nest->bound[SDSE_S] == 1 && nest->stride[0] == 1 && nest->stride[1] == 1);
}

// Whether words of its rows may be written in any shape.
static bool is_wordwise(const struct sdse_layer *layer) {
    return layer->kind == SDSE_ACT || layer->kind == SDSE_ADD;
}

// Whether the map that `maker` puts out, of the sizes of `made`, is read row by row:
// sizes agree, or only the words of a row where they are cut into heads, or where
// functions write them in a shape of their own.
static bool rows_agree(const struct sdse_workload_edge *edge,
                       const struct sdse_layer *maker, const struct sdse_nest *made,
                       const struct sdse_layer *reader) {
    const uint64_t *out = made->bound, *in = reader->nest.bound;
    const uint64_t channels = in[SDSE_G] * in[SDSE_C];
    if (edge->via == SDSE_VIA_POOL ||
        (edge->via == SDSE_VIA_SOFTMAX &&
         (maker->kind != SDSE_MATMUL || reader->kind != SDSE_MATMUL)))
        return false;
    if (out[SDSE_P] != reader->in_height)
        return is_wordwise(reader) && words_made(made) == words_made(&reader->nest);
    const bool places = out[SDSE_N] == in[SDSE_N] && out[SDSE_Q] == reader->in_width;
    if (edge->use == SDSE_EDGE_CONCAT)
        return places;
    if (places && out[SDSE_G] * out[SDSE_K] == channels && !edge->heads)
        return true;
    return (edge->heads || sdse_is_function(maker) || sdse_is_function(reader)) &&
           reads_row_by_row(reader) &&
           words_made(made) ==
               in[SDSE_N] * channels * reader->in_height * reader->in_width;
}

// A fused layer between two of a group works on the maker's rows: as it has as many, or
// as it is a function of each word, which may be written in any shape.
static bool follows_rows(const struct sdse_layer *layer, const struct sdse_nest *made) {
    const struct sdse_nest *nest = &layer->nest;
    return layer->kind != SDSE_POOL && layer->repeat == 1 && nest->bound[SDSE_R] == 1 &&
           nest->stride[0] == 1 &&
           (nest->bound[SDSE_P] == made->bound[SDSE_P] ||
            (layer->kind == SDSE_ACT && words_made(nest) == words_made(made)));
}

// --- Edges ---

// The member that is a layer; members->count: none.
static size_t member_of(const struct linking *l, size_t layer) {
    size_t i = 0;
    while (i < l->members->count && l->members->layer[i] != layer)
        i++;
    return i;
}

// Whether an edge from before the group carries what the first member reads, as rows of
// the same map.
static bool is_first_input(const struct linking *l,
                           const struct sdse_workload_edge *edge, size_t member) {
    const struct sdse_layer *first = layer_of(l, 0), *reader = layer_of(l, member);
    const uint64_t rows = sdse_nest_map_rows(&l->members->nest[0]);
    if (!l->input || l->request->boxed || edge->from != l->input->from ||
        sdse_is_function(first) || edge->heads || l->input->heads || edge->channels ||
        l->input->channels)
        return false;
    return rows == (edge->use == SDSE_EDGE_ADDEND ? reader->nest.bound[SDSE_P]
                                                  : reader->in_height);
}

// Notes an edge from a member; false: rows do not agree.
static bool note_inner(struct linking *l, const struct sdse_workload_edge *edge,
                       size_t maker, size_t member, struct operands *operands) {
    const struct sdse_layer *reader = layer_of(l, member);
    const struct sdse_nest *made = l->made[maker];
    struct sdse_fused_reads *reads = &l->members->reads[member];
    if (edge->use == SDSE_EDGE_ADDEND) {
        reads->rows |= SDSE_BIT(maker + 1);
        return made->bound[SDSE_P] == reader->nest.bound[SDSE_P];
    }
    reads->windows |= SDSE_BIT(maker + 1);
    operands->inner += edge->use == SDSE_EDGE_INPUTS;
    operands->inner_ranges += edge->use == SDSE_EDGE_CONCAT;
    const bool same =
        !operands->made || operands->made->bound[SDSE_P] == made->bound[SDSE_P];
    operands->made = operands->made ? operands->made : made;
    return same && rows_agree(edge, layer_of(l, maker), made, reader);
}

static bool note_outer(struct linking *l, const struct sdse_workload_edge *edge,
                       size_t member, struct operands *operands) {
    struct sdse_fused_reads *reads = &l->members->reads[member];
    const bool first = member > 0 && is_first_input(l, edge, member);
    if (edge->use == SDSE_EDGE_ADDEND)
        reads->rows |= first ? SDSE_BIT(0) : 0u;
    else
        reads->windows |= first ? SDSE_BIT(0) : 0u;
    operands->outer += edge->use == SDSE_EDGE_INPUTS;
    operands->outer_ranges += edge->use == SDSE_EDGE_CONCAT;
    return edge->via != SDSE_VIA_POOL;
}

// Of what a member reads; NULL: nothing is against it.
static const char *why_not_linked(struct linking *l, size_t member,
                                  struct operands *operands) {
    const struct sdse_workload *net = l->request->residency.workload;
    bool inner = true, outer = true;
    for (size_t e = 0; e < net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &net->edges[e];
        if (edge->to != l->members->layer[member] || edge->use == SDSE_EDGE_WEIGHTS)
            continue;
        const size_t maker = member_of(l, edge->from);
        if (maker < member)
            inner &= note_inner(l, edge, maker, member, operands);
        else
            outer &= note_outer(l, edge, member, operands);
    }
    if (!inner)
        return "does not read row by row what a layer of the group before it puts out";
    if (!outer)
        return "reads a map that is pooled on the way (`via`)";
    return member > 0 && (operands->outer_ranges || operands->outer > 1)
               ? "reads several maps that are made before the group"
               : NULL;
}

// --- Nests ---

// made  sizes of what it reads of the group; NULL: nothing
static void take_rows(const struct linking *l, size_t member,
                      const struct sdse_nest *made) {
    const struct sdse_layer *layer = layer_of(l, member);
    const size_t at = l->members->layer[member];
    struct sdse_nest *nest = &l->members->nest[member];
    const uint64_t rows = made ? made->bound[SDSE_P] : layer->nest.bound[SDSE_P];
    if (sdse_is_function(layer)) {
        sdse_nest_words_part(&layer->nest, rows, rows, nest);
        if (member > 0 && rows != sdse_nest_map_rows(&l->members->nest[0]))
            l->members->reads[member].windows &= ~SDSE_BIT(0);
        return;
    }
    *nest = l->request->boxed ? l->request->boxed[at] : layer->nest;
    if (made)
        nest->map[0] = rows;
}

// Whether windows on the map that is read stay on it.
static bool fits_map(const struct linking *l, size_t member, uint64_t rows) {
    const size_t at = l->members->layer[member];
    const struct sdse_nest *nest =
        l->request->boxed ? &l->request->boxed[at] : &layer_of(l, member)->nest;
    return sdse_is_function(layer_of(l, member)) || sdse_nest_map_rows(nest) <= rows;
}

static bool link_member(struct linking *l, size_t member,
                        struct sdse_group_refusal *refusal) {
    const struct sdse_layer *layer = layer_of(l, member);
    struct operands operands = {0};
    const char *reason = why_not_linked(l, member, &operands);
    if (!reason && operands.made && !fits_map(l, member, operands.made->bound[SDSE_P]))
        reason = "reads more rows than a layer of the group before it puts out";
    *refusal = (struct sdse_group_refusal){l->members->layer[member], reason};
    if (reason)
        return false;
    take_rows(l, member, operands.made);
    const bool as_made =
        sdse_is_function(layer) && operands.made && !operands.inner_ranges;
    l->made[member] = as_made ? operands.made : &layer->nest;
    l->members->operands[member] = operands.inner + (operands.inner_ranges > 0);
    if (member == 0) {
        l->members->reads[0].windows = SDSE_BIT(0);
        l->members->ranges = operands.outer_ranges;
        l->members->may_buffer = layer->kind != SDSE_ADD;
    } else {
        const struct sdse_fused_reads *reads = &l->members->reads[member];
        l->members->chain &= reads->windows == SDSE_BIT(member) &&
                             !(reads->rows & ~SDSE_BIT(0)) && !operands.inner_ranges &&
                             layer->kind != SDSE_ADD;
    }
    return true;
}

// Fused layers between a member and the next one work on its rows.
static bool follow(const struct linking *l, size_t member,
                   struct sdse_group_refusal *refusal) {
    const struct sdse_members *members = l->members;
    for (size_t i = members->layer[member] + 1; i < members->layer[member + 1]; i++) {
        if (!follows_rows(l->request->residency.layer[i].layer, l->made[member])) {
            *refusal = (struct sdse_group_refusal){
                i, "does not work on the rows of the layer before it"};
            return false;
        }
    }
    return true;
}

bool sdse_members_link(const struct sdse_fusion_request *request,
                       struct sdse_members *members,
                       struct sdse_group_refusal *refusal) {
    struct linking linking = {.request = request, .members = members};
    linking.input = sdse_input_edge(request, members->layer[0]);
    members->chain = true;
    bool linked = true;
    for (size_t i = 0; i < members->count && linked; i++)
        linked = link_member(&linking, i, refusal) &&
                 (i + 1 == members->count || follow(&linking, i, refusal));
    if (linked && request->boxed && !members->chain) {
        *refusal = (struct sdse_group_refusal){members->layer[members->count - 1],
                                               "ends a group with branches"};
        linked = false;
    }
    return linked;
}
