#include "dse/sweep/place_rows.h"

#include "costmodel/model.h"
#include "spec/place.h"

struct listing {
    const struct sdse_residency_request *request;
    const struct sdse_placed_tensors *at;
    struct sdse_arena *scratch, *arena;
    struct sdse_place_record *row;
    size_t count;
};

// Bits of what a layer makes in the outermost memory.
static enum sdse_status outermost_bits(const struct listing *l, size_t maker,
                                       double *bits) {
    const struct sdse_residency_layer *layer = &l->request->layer[maker];
    struct sdse_model *model;
    const enum sdse_status status =
        sdse_model_new(l->request->arch, layer->layer, layer->form, l->scratch, &model);
    if (status == SDSE_OK)
        *bits = (double)sdse_model_output_words(model) *
                model->place_bits[0][SDSE_PART_OUTPUTS];
    return status;
}

// The first layer of what a layer is part of.
static size_t begin_of(const struct listing *l, size_t layer) {
    while (l->at->inside[layer])
        layer--;
    return layer;
}

// The last layer that reads a tensor in the outermost memory, or before which it comes
// from there; its maker: none.
static size_t last_outermost(const struct listing *l, size_t t) {
    const struct sdse_placed_tensors *at = l->at;
    const struct sdse_handed_tensor *tensor = &at->placing->tensor[t];
    size_t last = tensor->maker;
    for (size_t i = 0; i < tensor->use_count; i++)
        if (sdse_placing_now(at->placing, at->place, at->copies, t,
                             begin_of(l, tensor->use[i]), true) == SDSE_PLACE_OUTERMOST)
            last = tensor->use[i];
    for (size_t i = 0; i < at->copies->count; i++)
        if (at->copies->copy[i].tensor == t && at->copies->copy[i].from > last)
            last = at->copies->copy[i].from;
    return last;
}

// A time of a tensor in a memory that shares.
static enum sdse_status add_shared(struct listing *l,
                                   const struct sdse_handed_tensor *tensor,
                                   unsigned memory, size_t first, size_t last) {
    unsigned level[SDSE_MOST_SHARED];
    const struct sdse_arch *arch = l->request->arch;
    sdse_shared_levels(arch, level);
    struct sdse_place_record *row = &l->row[l->count++];
    *row = (struct sdse_place_record){
        .tensor = l->request->workload->layers[tensor->maker].name,
        .memory = sdse_memory_name(l->arena, arch, level[memory]),
        .first_layer = first,
        .last_layer = last,
        .bits = tensor->held_bits_in[memory]};
    return row->memory ? SDSE_OK : SDSE_NO_MEMORY;
}

// A tensor in both is in two memories, and is read in both.
static enum sdse_status add_made(struct listing *l, size_t t) {
    const struct sdse_placed_tensors *at = l->at;
    const struct sdse_handed_tensor *tensor = &at->placing->tensor[t];
    const enum sdse_place place = at->place[t];
    enum sdse_status status = SDSE_OK;
    if (tensor->maker + 1 < at->placing->layer_count && at->inside[tensor->maker + 1])
        return SDSE_OK; // handed over inside a group: only some rows of it are anywhere
    if (place != SDSE_PLACE_OUTERMOST)
        status = add_shared(l, tensor, sdse_place_memory(place), tensor->maker,
                            sdse_copies_first_until(at->placing, at->copies, t, place));
    if (status || (place != SDSE_PLACE_OUTERMOST && !sdse_place_is_both(place)))
        return status;
    struct sdse_place_record *row = &l->row[l->count++];
    *row = (struct sdse_place_record){
        .tensor = l->request->workload->layers[tensor->maker].name,
        .memory = l->request->arch->level[0].name,
        .first_layer = tensor->maker,
        .last_layer = last_outermost(l, t)};
    return outermost_bits(l, tensor->maker, &row->bits);
}

enum sdse_status sdse_place_rows(const struct sdse_residency_request *request,
                                 const struct sdse_placed_tensors *at,
                                 struct sdse_arena *scratch, struct sdse_arena *arena,
                                 struct sdse_place_record **row, size_t *count) {
    struct listing l = {request, at, scratch, arena, NULL, 0};
    const size_t tensors = at->placing->tensor_count;
    l.row = SDSE_ARENA_ARRAY(arena, struct sdse_place_record,
                             2 * tensors + at->copies->count + 1);
    enum sdse_status status = l.row ? SDSE_OK : SDSE_NO_MEMORY;
    for (size_t t = 0; !status && t < tensors; t++)
        status = add_made(&l, t);
    for (size_t i = 0; !status && i < at->copies->count; i++) {
        const struct sdse_copy *copy = &at->copies->copy[i];
        const struct sdse_handed_tensor *tensor = &at->placing->tensor[copy->tensor];
        if (copy->from != tensor->maker)
            status = add_shared(&l, tensor, 0, copy->from, copy->until);
    }
    *row = l.row;
    *count = l.count;
    return status;
}
