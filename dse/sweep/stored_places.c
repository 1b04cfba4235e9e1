#include "dse/sweep/stored_places.h"

#include <string.h>

#include "spec/place.h"

bool sdse_stored_places_read(const struct sdse_residency_request *request,
                             const struct sdse_placing *placing, const bool *inside,
                             const struct sdse_place_record *row, size_t count,
                             struct sdse_arena *arena, enum sdse_place *place,
                             struct sdse_copies *copies) {
    unsigned level[SDSE_MOST_SHARED];
    const unsigned none = sdse_shared_levels(request->arch, level);
    *copies =
        (struct sdse_copies){0, SDSE_ARENA_ARRAY(arena, struct sdse_copy, count + 1)};
    for (size_t t = 0; copies->copy && t < placing->tensor_count; t++) {
        const struct sdse_handed_tensor *tensor = &placing->tensor[t];
        const size_t maker = tensor->maker;
        const bool within = maker + 1 < placing->layer_count && inside[maker + 1];
        unsigned made_in = within ? 0 : none;
        size_t until = tensor->use[0];
        bool outermost = false;
        for (size_t i = 0; i < count; i++) {
            if (strcmp(row[i].tensor, request->workload->layers[maker].name) != 0)
                continue;
            const size_t first = (size_t)row[i].first_layer,
                         last = (size_t)row[i].last_layer;
            const unsigned memory = sdse_shared_named(request->arch, row[i].memory);
            if (memory == none) {
                outermost = true;
            } else if (first == maker) {
                made_in = memory;
                until = last;
            } else {
                copies->copy[copies->count++] =
                    (struct sdse_copy){.tensor = t, .from = first, .until = last};
            }
        }
        place[t] =
            made_in == none ? SDSE_PLACE_OUTERMOST : sdse_place_in(made_in, outermost);
        if (sdse_place_is_both(place[t]) && until != tensor->use[0])
            copies->copy[copies->count++] = (struct sdse_copy){
                .tensor = t, .from = maker, .until = until, .memory = made_in};
    }
    if (copies->copy)
        sdse_copies_sort(copies);
    return copies->copy;
}

static bool is_same(const struct sdse_place_record *a,
                    const struct sdse_place_record *b) {
    return strcmp(a->tensor, b->tensor) == 0 && strcmp(a->memory, b->memory) == 0 &&
           a->first_layer == b->first_layer && a->last_layer == b->last_layer &&
           a->bits == b->bits;
}

// The first of `row` that is not among the others.
static const char *without_like(const struct sdse_place_record *row, size_t count,
                                const struct sdse_place_record *other,
                                size_t other_count) {
    for (size_t i = 0; i < count; i++) {
        size_t o = 0;
        while (o < other_count && !is_same(&row[i], &other[o]))
            o++;
        if (o == other_count)
            return row[i].tensor;
    }
    return NULL;
}

enum sdse_status sdse_stored_places_differ(const struct sdse_residency_request *request,
                                           const struct sdse_placed_tensors *at,
                                           const struct sdse_place_record *row,
                                           size_t count, struct sdse_arena *scratch,
                                           const char **tensor) {
    struct sdse_place_record *again;
    size_t again_count;
    const enum sdse_status status =
        sdse_place_rows(request, at, scratch, scratch, &again, &again_count);
    if (status)
        return status;
    *tensor = without_like(row, count, again, again_count);
    if (!*tensor)
        *tensor = without_like(again, again_count, row, count);
    return SDSE_OK;
}
