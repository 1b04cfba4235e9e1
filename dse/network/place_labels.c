#include "dse/network/place_labels.h"

#include <stdlib.h>
#include <string.h>

void sdse_place_labels_clear(struct sdse_place_labels *labels) { labels->count = 0; }

void sdse_place_labels_free(struct sdse_place_labels *labels) {
    for (size_t f = 0; f < labels->room; f++)
        free(labels->front[f].label);
    free(labels->front);
    free(labels->merged.label);
    free(labels->sum);
    free(labels->corner);
}

// --- Sums of one step ---

struct sdse_place_sum {
    struct sdse_tradeoff at;
    uint32_t label, choice; // indices
};

struct step {
    const struct sdse_place_label *before;
    size_t count;
    struct sdse_tradeoff beside; // added to each of `before`
    double times;
    const struct sdse_layer_front *answer;
};

static struct sdse_place_sum sum_of(const struct step *step, size_t label,
                                    size_t choice) {
    const struct sdse_tradeoff *at = &step->before[label].at,
                               *more = &step->answer->elements[choice];
    return (struct sdse_place_sum){
        .at = {at->energy_pj + step->beside.energy_pj + step->times * more->energy_pj,
               at->latency_cycles + step->beside.latency_cycles +
                   step->times * more->latency_cycles},
        .label = (uint32_t)label,
        .choice = (uint32_t)choice};
}

static bool is_before(const struct sdse_place_sum *a, const struct sdse_place_sum *b) {
    const int order = sdse_tradeoff_order(&a->at, &b->at);
    if (order)
        return order < 0;
    return a->label != b->label ? a->label < b->label : a->choice < b->choice;
}

// Appends the next one by rising energy unless what is there beats it.
static void append(struct sdse_place_sum *sums, size_t *count,
                   const struct sdse_place_sum *sum) {
    if (*count > 0 && sums[*count - 1].at.latency_cycles <= sum->at.latency_cycles)
        return;
    // Rounded sums may be equal in energy.
    if (*count > 0 && sums[*count - 1].at.energy_pj == sum->at.energy_pj)
        (*count)--;
    sums[(*count)++] = *sum;
}

static size_t merge_sums(const struct sdse_place_sum *a, size_t a_count,
                         const struct sdse_place_sum *b, size_t b_count,
                         struct sdse_place_sum *merged) {
    const struct sdse_place_sum *a_end = a + a_count, *b_end = b + b_count;
    size_t count = 0;
    while (a < a_end && b < b_end)
        append(merged, &count, is_before(a, b) ? a++ : b++);
    while (a < a_end)
        append(merged, &count, a++);
    while (b < b_end)
        append(merged, &count, b++);
    return count;
}

static bool reserve_sums(struct sdse_place_labels *labels, size_t room) {
    if (room <= labels->sum_room)
        return true;
    room += room / 2;
    struct sdse_place_sum *sum = realloc(labels->sum, room * sizeof *sum);
    if (!sum)
        return false;
    labels->sum = sum;
    labels->sum_room = room;
    return true;
}

// The unbeaten sums of lines first ... end - 1, behind `at` of the scratch. A line is
// an element of the shorter of labels and answer with all of the other, which is in
// order. false: memory is out.
static bool find_sums(struct sdse_place_labels *labels, const struct step *step,
                      size_t first, size_t end, size_t at, size_t *count) {
    const bool by_label = step->count <= step->answer->count;
    *count = 0;
    if (end - first == 1) {
        const size_t length = by_label ? step->answer->count : step->count;
        if (!reserve_sums(labels, at + length))
            return false;
        for (size_t i = 0; i < length; i++) {
            const struct sdse_place_sum sum =
                by_label ? sum_of(step, first, i) : sum_of(step, i, first);
            append(&labels->sum[at], count, &sum);
        }
        return true;
    }
    const size_t middle = first + (end - first) / 2;
    size_t low, high;
    if (!find_sums(labels, step, first, middle, at, &low) ||
        !find_sums(labels, step, middle, end, at + low, &high) ||
        !reserve_sums(labels, at + 2 * (low + high)))
        return false;
    struct sdse_place_sum *sum = &labels->sum[at], *merged = sum + low + high;
    *count = merge_sums(sum, low, sum + low, high, merged);
    memmove(sum, merged, *count * sizeof *sum);
    return true;
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
    const struct step step = {.before = before,
                              .count = count,
                              .beside = as->at,
                              .times = times,
                              .answer = answer};
    const size_t lines = count <= answer->count ? count : answer->count;
    size_t sums;
    if (lines == 0)
        return true;
    struct sdse_place_front *front = front_of(labels, as->state);
    if (!front || !find_sums(labels, &step, 0, lines, 0, &sums) ||
        !reserve_labels(&labels->merged, front->count + sums))
        return false;
    merge_labels(front, labels->sum, sums, as, &labels->merged);
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
