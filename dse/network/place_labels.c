#include "dse/network/place_labels.h"

#include <stdlib.h>
#include <string.h>

#include "dse/network/place_sums.h"

void sdse_place_labels_clear(struct sdse_place_labels *labels) { labels->count = 0; }

void sdse_place_labels_free(struct sdse_place_labels *labels) {
    for (size_t f = 0; f < labels->room; f++)
        free(labels->front[f].label);
    free(labels->front);
    free(labels->merged.label);
    sdse_place_sums_free(&labels->sums);
    free(labels->corner);
}

// --- Fronts ---

static bool reserve_labels(struct sdse_place_front *front, size_t room) {
    if (room <= front->room)
        return true;
    room += room / 2;
    struct sdse_place_label *label = realloc(front->label, room * sizeof *label);
    if (!label)
        return false;
    front->label = label;
    front->room = room;
    return true;
}

// Where a state is, or comes.
static size_t find_state(const struct sdse_place_labels *labels, uint64_t state) {
    size_t low = 0, high = labels->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (labels->front[middle].state < state)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct sdse_place_front *
sdse_place_labels_of(const struct sdse_place_labels *labels, uint64_t state) {
    const size_t at = find_state(labels, state);
    return at < labels->count && labels->front[at].state == state ? &labels->front[at]
                                                                  : NULL;
}

static struct sdse_place_front *front_of(struct sdse_place_labels *labels,
                                         uint64_t state) {
    const size_t at = find_state(labels, state);
    if (at < labels->count && labels->front[at].state == state)
        return &labels->front[at];
    if (labels->count == labels->room) {
        const size_t room = 2 * labels->room + 4;
        struct sdse_place_front *front =
            realloc(labels->front, room * sizeof *labels->front);
        if (!front)
            return NULL;
        memset(front + labels->room, 0, (room - labels->room) * sizeof *front);
        labels->front = front;
        labels->room = room;
    }
    struct sdse_place_front fresh = labels->front[labels->count];
    fresh.state = state;
    fresh.count = 0;
    memmove(&labels->front[at + 1], &labels->front[at],
            (labels->count - at) * sizeof *labels->front);
    labels->front[at] = fresh;
    labels->count++;
    return &labels->front[at];
}

static void append_label(struct sdse_place_front *front,
                         const struct sdse_place_label *label) {
    if (front->count == 0 ||
        label->at.latency_cycles < front->label[front->count - 1].at.latency_cycles)
        front->label[front->count++] = *label;
}

// What was found before and the sums of a step, which are later where they are equal.
static void merge_labels(const struct sdse_place_front *found,
                         const struct sdse_place_sum *sum, size_t count,
                         const struct sdse_place_label *as,
                         struct sdse_place_front *merged) {
    merged->count = 0;
    for (size_t f = 0, s = 0; f < found->count || s < count;) {
        if (s == count || (f < found->count &&
                           sdse_tradeoff_order(&found->label[f].at, &sum[s].at) <= 0)) {
            append_label(merged, &found->label[f++]);
            continue;
        }
        struct sdse_place_label label = *as;
        label.at = sum[s].at;
        label.parent += sum[s].label;
        label.choice += sum[s++].choice;
        append_label(merged, &label);
    }
}

// Drops what the goal does not need, and of more than `most` some; false: memory is
// out.
static bool keep_goal(struct sdse_place_labels *labels, struct sdse_place_front *front,
                      size_t most) {
    const size_t bytes = sizeof *front->label;
    if (front->count > labels->corner_room) {
        size_t *corner = realloc(labels->corner, front->count * sizeof *labels->corner);
        if (!corner)
            return false;
        labels->corner = corner;
        labels->corner_room = front->count;
    }
    if (front->count <= 1)
        return true;
    if (labels->goal == SDSE_PLACES_ENERGY)
        front->count = 1;
    if (labels->goal == SDSE_PLACES_LATENCY) {
        front->label[0] = front->label[front->count - 1];
        front->count = 1;
    }
    if (labels->goal == SDSE_PLACES_CORNERS)
        front->count = sdse_tradeoffs_keep_corners(front->label, bytes, front->count,
                                                   labels->corner);
    if (front->count <= most)
        return true;
    for (size_t before = SIZE_MAX; front->count > labels->most && front->count < before;
         labels->thinned |= front->count < before) {
        before = front->count;
        front->count =
            sdse_tradeoffs_thin(front->label, bytes, front->count, labels->corner);
    }
    return true;
}

bool sdse_place_labels_add(struct sdse_place_labels *labels,
                           const struct sdse_place_label *before, size_t count,
                           double times, const struct sdse_layer_front *answer,
                           const struct sdse_place_label *as) {
    const struct sdse_place_step step = {.before = before,
                                         .count = count,
                                         .beside = as->at,
                                         .times = times,
                                         .answer = answer};
    const struct sdse_place_sum *sum;
    size_t sums;
    if (count == 0 || answer->count == 0)
        return true;
    struct sdse_place_front *front = front_of(labels, as->state);
    if (!front || !sdse_place_sums_find(&labels->sums, &step, front, &sums, &sum) ||
        !reserve_labels(&labels->merged, front->count + sums))
        return false;
    merge_labels(front, sum, sums, as, &labels->merged);
    const struct sdse_place_front merged = labels->merged;
    labels->merged = *front;
    *front = merged;
    front->state = as->state;
    return keep_goal(labels, front, 2 * labels->most);
}

bool sdse_place_labels_finish(struct sdse_place_labels *labels, size_t *total) {
    *total = 0;
    for (size_t f = 0; f < labels->count; f++) {
        if (!keep_goal(labels, &labels->front[f], labels->most))
            return false;
        *total += labels->front[f].count;
    }
    if (labels->count > labels->states)
        labels->states = labels->count;
    return true;
}
