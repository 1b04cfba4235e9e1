#include "dse/network/place_labels.h"

#include <stdlib.h>
#include <string.h>

void sdse_place_labels_clear(struct sdse_place_labels *labels) {
    labels->count = labels->pruned = 0;
    labels->found = 0;
}

void sdse_place_labels_free(struct sdse_place_labels *labels) {
    free(labels->label);
    free(labels->corner);
}

bool sdse_place_labels_reserve(struct sdse_place_labels *labels, size_t more) {
    if (labels->count + more <= labels->room)
        return true;
    const size_t room = 2 * labels->room + more;
    struct sdse_place_label *label = realloc(labels->label, room * sizeof *label);
    if (!label)
        return false;
    labels->label = label;
    labels->room = room;
    return true;
}

void sdse_place_labels_add(struct sdse_place_labels *labels,
                           const struct sdse_place_label *label) {
    struct sdse_place_label *added = &labels->label[labels->count++];
    *added = *label;
    added->order = labels->found++;
}

static int by_state_and_cost(const void *a, const void *b) {
    const struct sdse_place_label *x = a, *y = b;
    if (x->state != y->state)
        return x->state < y->state ? -1 : 1;
    const int order = sdse_tradeoff_order(&x->at, &y->at);
    if (order)
        return order;
    return x->order < y->order ? -1 : x->order > y->order;
}

// Of labels of one state by rising energy: what the goal needs. Returns how many.
static size_t keep_goal(struct sdse_place_labels *labels,
                        struct sdse_place_label *label, size_t count) {
    const size_t bytes = sizeof *label;
    count = sdse_tradeoffs_keep_unbeaten(label, bytes, count);
    switch (labels->goal) {
    case SDSE_PLACES_ENERGY:
        return 1;
    case SDSE_PLACES_LATENCY:
        label[0] = label[count - 1];
        return 1;
    case SDSE_PLACES_CORNERS:
        return sdse_tradeoffs_keep_corners(label, bytes, count, labels->corner);
    default:
        for (size_t before = SIZE_MAX; count > labels->most && count < before;) {
            before = count;
            count = sdse_tradeoffs_thin(label, bytes, count, labels->corner);
            labels->thinned |= count < before;
        }
        return count;
    }
}

bool sdse_place_labels_prune(struct sdse_place_labels *labels) {
    if (labels->pruned == labels->count)
        return true;
    if (labels->count > labels->corner_room) {
        size_t *corner = realloc(labels->corner, labels->count * sizeof *corner);
        if (!corner)
            return false;
        labels->corner = corner;
        labels->corner_room = labels->count;
    }
    struct sdse_place_label *label = labels->label;
    qsort(label, labels->count, sizeof *label, by_state_and_cost);
    size_t kept = 0, states = 0;
    for (size_t first = 0, end; first < labels->count; first = end, states++) {
        for (end = first + 1;
             end < labels->count && label[end].state == label[first].state;)
            end++;
        const size_t left = keep_goal(labels, &label[first], end - first);
        memmove(&label[kept], &label[first], left * sizeof *label);
        kept += left;
    }
    labels->count = labels->pruned = kept;
    if (states > labels->states)
        labels->states = states;
    return true;
}
