#include "dse/fusion/members.h"

static const struct sdse_layer *layer_at(const struct sdse_fusion_request *request,
                                         size_t l) {
    return request->residency.layer[l].layer;
}

static const struct sdse_nest *nest_at(const struct sdse_fusion_request *request,
                                       size_t l) {
    return request->boxed ? &request->boxed[l] : &layer_at(request, l)->nest;
}

static uint64_t words_made(const struct sdse_nest *nest) {
    return sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
}

// --- Kinds of members ---

static bool is_fused(const struct sdse_layer *layer) {
    return sdse_layer_moves(layer) && layer->move.fused;
}

// Whether what comes out of a row, or word, of one map is a row, or word.
static bool is_function(const struct sdse_layer *layer) {
    return layer->kind == SDSE_NORM || layer->kind == SDSE_SOFTMAX ||
           layer->kind == SDSE_ACT;
}

// A layer that moves words has rows if it is of one map. References that count bounding
// boxes know of none.
static bool moves_rows(const struct sdse_fusion_request *request,
                       const struct sdse_layer *layer) {
    return (layer->kind == SDSE_POOL || is_function(layer)) && !layer->move.fused &&
           !request->boxed;
}

// Why a layer is no member of any group, as what is said of it; NULL: it may be one.
static const char *why_no_member(const struct sdse_fusion_request *request, size_t l) {
    const struct sdse_layer *layer = layer_at(request, l);
    if (layer->repeat > 1)
        return "is executed several times (`repeat`)";
    if (sdse_layer_moves(layer) && !moves_rows(request, layer))
        return "only moves words, and not row by row of one map";
    if (layer->kind == SDSE_WGRAD)
        return "makes a gradient of weights, which has no rows of a map";
    return !sdse_layer_moves(layer) && layer->addends > 1
               ? "adds more than one map to its outputs"
               : NULL;
}

// --- From one to the next ---

// The edge of inputs into a layer; NULL: none, or several.
static const struct sdse_workload_edge *
input_edge(const struct sdse_fusion_request *request, size_t to, size_t *count) {
    const struct sdse_workload *net = request->residency.workload;
    const struct sdse_workload_edge *found = NULL;
    *count = 0;
    for (size_t e = 0; e < net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &net->edges[e];
        if (edge->to != to ||
            (edge->use != SDSE_EDGE_INPUTS && edge->use != SDSE_EDGE_CONCAT))
            continue;
        found = edge;
        *count += 1;
    }
    return *count == 1 && found->use == SDSE_EDGE_INPUTS ? found : NULL;
}

// Whether a layer may be the first: what it reads from before the group is one map, as
// it is stored.
static bool may_begin(const struct sdse_fusion_request *request, size_t l) {
    size_t count;
    const struct sdse_workload_edge *edge = input_edge(request, l, &count);
    return !count || (edge && edge->via != SDSE_VIA_POOL);
}

// Whether a layer reads of each row nothing but that row, in whatever order its words
// are.
static bool reads_row_by_row(const struct sdse_layer *layer) {
    const struct sdse_nest *nest = &layer->nest;
    return is_function(layer) ||
           (!sdse_layer_moves(layer) && nest->bound[SDSE_R] == 1 &&
            nest->bound[SDSE_S] == 1 && nest->stride[0] == 1 && nest->stride[1] == 1);
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
        return reader->kind == SDSE_ACT &&
               words_made(made) == words_made(&reader->nest);
    if (out[SDSE_N] == in[SDSE_N] && out[SDSE_G] * out[SDSE_K] == channels &&
        out[SDSE_Q] == reader->in_width && !edge->heads)
        return true;
    return (edge->heads || is_function(maker) || is_function(reader)) &&
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

// Why what layer `from` makes is not read by layer `to` alone, and as its inputs; as
// what is said of `from`. NULL: it is.
static const char *why_not_read(const struct sdse_placing *placing, size_t from,
                                size_t to) {
    const struct sdse_handed_tensor *tensor = sdse_handed_by(placing, from);
    if (!tensor)
        return "puts out what no layer reads";
    if (!tensor->may_share)
        return "puts out what may not stay on chip";
    if (tensor->use_count != 1)
        return "puts out what several layers read";
    return tensor->use[0] == to && (!tensor->as || tensor->as[0] == SDSE_HANDED_INPUTS)
               ? NULL
               : "puts out what is no input of the next layer of the group";
}

// The layer before another and the fused ones between; SIZE_MAX: none.
static size_t member_before(const struct sdse_fusion_request *request, size_t reader) {
    size_t maker = reader;
    while (maker-- > 0 && is_fused(layer_at(request, maker)))
        ;
    return maker;
}

// --- Their nests ---

// The nest of the member that follows: a function has the rows of what it reads. False:
// it does not read them row by row.
//
// made  sizes of the map that the one before puts out
static bool follow(const struct sdse_fusion_request *request, size_t from, size_t to,
                   const struct sdse_nest *made, struct sdse_nest *nest) {
    const struct sdse_layer *reader = layer_at(request, to);
    size_t count;
    const struct sdse_workload_edge *edge = input_edge(request, to, &count);
    if (!edge || !rows_agree(edge, layer_at(request, from), made, reader))
        return false;
    for (size_t l = from + 1; l < to; l++)
        if (!follows_rows(layer_at(request, l), made))
            return false;
    const uint64_t rows = made->bound[SDSE_P];
    if (is_function(reader)) {
        sdse_nest_words_part(&reader->nest, rows, rows, nest);
        return true;
    }
    *nest = *nest_at(request, to);
    const bool fits = sdse_nest_map_rows(nest) <= rows;
    nest->map[0] = rows;
    return fits;
}

static void begin(const struct sdse_fusion_request *request, size_t l,
                  struct sdse_nest *nest) {
    const struct sdse_layer *layer = layer_at(request, l);
    const uint64_t rows = layer->nest.bound[SDSE_P];
    if (is_function(layer))
        sdse_nest_words_part(&layer->nest, rows, rows, nest);
    else
        *nest = *nest_at(request, l);
}

// Products that have as many right operands each, of as many samples, work on those of
// each by themselves; functions between them on what is theirs.
static uint64_t count_heads(const struct sdse_fusion_request *request,
                            const struct sdse_members *members) {
    const uint64_t *first = NULL;
    for (size_t i = 0; i < members->count; i++) {
        const struct sdse_layer *layer = layer_at(request, members->layer[i]);
        const uint64_t *bound = layer->nest.bound;
        if (is_function(layer))
            continue;
        if (layer->kind != SDSE_MATMUL || (first && (bound[SDSE_G] != first[SDSE_G] ||
                                                     bound[SDSE_N] != first[SDSE_N])))
            return 1;
        first = first ? first : bound;
    }
    return first ? first[SDSE_G] : 1;
}

// Whether what is between two products, fused or not, works on each of their words, or
// is a softmax, whose sums may be put right later.
static bool is_by_keys(const struct sdse_layer *layer) {
    return layer->kind == SDSE_ACT || layer->kind == SDSE_SOFTMAX;
}

static bool is_softmax_edge(const struct sdse_fusion_request *request, size_t to) {
    size_t count;
    const struct sdse_workload_edge *edge = input_edge(request, to, &count);
    return edge && edge->via == SDSE_VIA_SOFTMAX;
}

// Finds whether keys may be taken in parts. A softmax needs a vector unit beside the
// shared memory, which multiplies the sums that wait there.
static void find_keys(const struct sdse_fusion_request *request,
                      struct sdse_members *members) {
    const struct sdse_arch *arch = request->residency.arch;
    const size_t last = members->count - 1;
    const struct sdse_layer *scores = layer_at(request, members->layer[0]),
                            *mixed = layer_at(request, members->layer[last]);
    if (scores->kind != SDSE_MATMUL || mixed->kind != SDSE_MATMUL || mixed->addends ||
        scores->nest.bound[SDSE_G] != mixed->nest.bound[SDSE_G] ||
        scores->nest.bound[SDSE_N] != mixed->nest.bound[SDSE_N])
        return;
    members->rescales = is_softmax_edge(request, members->layer[last]);
    for (size_t l = members->layer[0] + 1; l < members->layer[last]; l++) {
        if (!is_by_keys(layer_at(request, l)))
            return;
        members->rescales |= layer_at(request, l)->kind == SDSE_SOFTMAX;
    }
    const bool beside =
        arch->vector.present && arch->vector.below_level == sdse_shared_level(arch);
    if (beside || !members->rescales)
        members->keys = scores->nest.bound[SDSE_K];
}

// Finds whether tiles may be of some columns: every map has those that its maker puts
// out.
static void find_columns(const struct sdse_fusion_request *request,
                         struct sdse_members *members) {
    const size_t last = members->count - 1;
    for (size_t i = 0; i <= last; i++) {
        const struct sdse_nest *nest = &members->nest[i];
        if (request->boxed || is_function(layer_at(request, members->layer[i])) ||
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
                        const struct sdse_placing *placing, size_t last,
                        struct sdse_members *members,
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
            refusal->reason = why_not_read(placing, maker, reader);
        members->layer[i] = maker;
    }
    if (refusal->reason)
        return false;
    const size_t first = members->layer[0];
    if (last - first >= SDSE_PLACES_MOST_TURNS)
        *refusal = (struct sdse_group_refusal){last, "ends a group of too many layers"};
    else if (!may_begin(request, first))
        *refusal = (struct sdse_group_refusal){
            first, "reads several maps, or one that is pooled on the way (`via`)"};
    return !refusal->reason;
}

bool sdse_members_find(const struct sdse_fusion_request *request,
                       const struct sdse_placing *placing, size_t last, size_t depth,
                       struct sdse_members *members,
                       struct sdse_group_refusal *refusal) {
    *members = (struct sdse_members){.count = depth};
    if (!list_layers(request, placing, last, members, refusal))
        return false;
    const size_t first = members->layer[0];
    begin(request, first, &members->nest[0]);
    const struct sdse_nest *made = &layer_at(request, first)->nest;
    for (size_t i = 1; i < depth; i++) {
        const size_t reader = members->layer[i];
        if (!follow(request, members->layer[i - 1], reader, made, &members->nest[i])) {
            *refusal = (struct sdse_group_refusal){
                reader, "does not read row by row what the layer of the group before "
                        "it puts out, or a function between them does not"};
            return false;
        }
        // Behind a function are the sizes that were before it.
        made = is_function(layer_at(request, reader))
                   ? made
                   : &layer_at(request, reader)->nest;
    }
    members->heads = count_heads(request, members);
    find_keys(request, members);
    find_columns(request, members);
    return true;
}

void sdse_member_heads(const struct sdse_members *members, size_t member,
                       uint64_t heads, struct sdse_nest *part) {
    part->bound[SDSE_G] = members->nest[member].bound[SDSE_G] / members->heads * heads;
}

void sdse_member_keys(const struct sdse_members *members, size_t member, uint64_t keys,
                      struct sdse_nest *part) {
    if (member == 0)
        part->bound[SDSE_K] = keys;
    else if (member + 1 == members->count)
        part->bound[SDSE_C] = keys;
    else
        part->bound[SDSE_G] = part->bound[SDSE_G] / members->keys * keys;
}
