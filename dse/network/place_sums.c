#include "dse/network/place_sums.h"

#include <stdlib.h>
#include <string.h>

void sdse_place_sums_free(struct sdse_place_sums *sums) {
    free(sums->sum);
    free(sums->bar);
    free(sums->corner);
}

// Room for `count` elements in a list whose contents may go; false: memory is out.
static bool make_room(void **list, size_t *room, size_t count, size_t bytes) {
    if (count <= *room)
        return true;
    free(*list);
    count += count / 2;
    *list = malloc(count * bytes);
    *room = *list ? count : 0;
    return *list;
}

static double energy_of(const struct sdse_place_step *step, size_t label,
                        size_t choice) {
    return step->before[label].at.energy_pj + step->beside.energy_pj +
           step->times * step->answer->elements[choice].energy_pj;
}

static double cycles_of(const struct sdse_place_step *step, size_t label,
                        size_t choice) {
    return step->before[label].at.latency_cycles + step->beside.latency_cycles +
           step->times * step->answer->elements[choice].latency_cycles;
}

// --- What they must not be beaten by ---

// The next one by rising energy, unless one before beats it.
static void append_bar(struct sdse_tradeoff *bar, size_t *count,
                       const struct sdse_tradeoff *at) {
    if (*count == 0 || at->latency_cycles < bar[*count - 1].latency_cycles)
        bar[(*count)++] = *at;
}

static void append_near(const struct sdse_place_step *step, size_t label, size_t choice,
                        struct sdse_tradeoff *near, size_t *count) {
    const struct sdse_tradeoff at = {energy_of(step, label, choice),
                                     cycles_of(step, label, choice)};
    append_bar(near, count, &at);
}

// Whether latency falls faster over energy from a to b than from c to d.
static bool is_steeper(const struct sdse_tradeoff *a, const struct sdse_tradeoff *b,
                       const struct sdse_tradeoff *c, const struct sdse_tradeoff *d) {
    return (b->latency_cycles - a->latency_cycles) * (d->energy_pj - c->energy_pj) <
           (d->latency_cycles - c->latency_cycles) * (b->energy_pj - a->energy_pj);
}

// Corners of a hull.
struct hull {
    size_t count;
    const size_t *corner;
};

// Some sums that few others beat, by rising energy: along the hull of all sums, whose
// edges are those of both hulls by their slopes, with all that stands above each edge.
static size_t list_near(const struct sdse_place_step *step, const struct hull *labels,
                        const struct hull *choices, struct sdse_tradeoff *near) {
    const struct sdse_place_label *before = step->before;
    const struct sdse_tradeoff *element = step->answer->elements;
    size_t count = 0, l = 0, c = 0; // corners
    append_near(step, 0, 0, near, &count);
    while (l + 1 < labels->count || c + 1 < choices->count) {
        const size_t label = labels->corner[l], choice = choices->corner[c];
        if (c + 1 == choices->count ||
            (l + 1 < labels->count &&
             is_steeper(&before[label].at, &before[labels->corner[l + 1]].at,
                        &element[choice], &element[choices->corner[c + 1]]))) {
            l++;
            for (size_t i = label + 1; i <= labels->corner[l]; i++)
                append_near(step, i, choice, near, &count);
        } else {
            c++;
            for (size_t i = choice + 1; i <= choices->corner[c]; i++)
                append_near(step, label, i, near, &count);
        }
    }
    return count;
}

// Sets the bar of a step: what is found, and some of its own sums. False: memory is
// out.
static bool set_bar(struct sdse_place_sums *sums, const struct sdse_place_step *step,
                    const struct sdse_place_front *found) {
    const size_t own = step->count + step->answer->count;
    if (!make_room((void **)&sums->bar, &sums->bar_room, 2 * own + found->count,
                   sizeof *sums->bar) ||
        !make_room((void **)&sums->corner, &sums->corner_room, own,
                   sizeof *sums->corner))
        return false;
    const struct sdse_place_label *before = step->before;
    const struct sdse_tradeoff *element = step->answer->elements;
    size_t *label = sums->corner, *choice = sums->corner + step->count;
    const struct hull labels = {
        sdse_tradeoffs_corners(before, sizeof *before, step->count, label), label};
    const struct hull choices = {
        sdse_tradeoffs_corners(element, sizeof *element, step->answer->count, choice),
        choice};
    struct sdse_tradeoff *near = sums->bar + own + found->count;
    const size_t count = list_near(step, &labels, &choices, near);
    sums->bar_count = 0;
    for (size_t f = 0, n = 0; f < found->count || n < count;) {
        const bool next =
            n == count || (f < found->count &&
                           sdse_tradeoff_order(&found->label[f].at, &near[n]) <= 0);
        append_bar(sums->bar, &sums->bar_count,
                   next ? &found->label[f++].at : &near[n++]);
    }
    return true;
}

// Whether one of no more energy is less.
static bool beats(const struct sdse_tradeoff *cheaper, const struct sdse_tradeoff *at) {
    return cheaper->latency_cycles < at->latency_cycles ||
           (cheaper->latency_cycles == at->latency_cycles &&
            cheaper->energy_pj < at->energy_pj);
}

// --- All that may be of use ---

static bool is_before(const struct sdse_place_sum *a, const struct sdse_place_sum *b) {
    const int order = sdse_tradeoff_order(&a->at, &b->at);
    if (order)
        return order < 0;
    return a->label != b->label ? a->label < b->label : a->choice < b->choice;
}

// Appends the next one by rising energy unless what is there beats it.
static void append(struct sdse_place_sum *sum, size_t *count,
                   const struct sdse_place_sum *next) {
    if (*count > 0 && sum[*count - 1].at.latency_cycles <= next->at.latency_cycles)
        return;
    // Rounded sums may be equal in energy.
    if (*count > 0 && sum[*count - 1].at.energy_pj == next->at.energy_pj)
        (*count)--;
    sum[(*count)++] = *next;
}

static size_t merge(const struct sdse_place_sum *a, size_t a_count,
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

// Room for `room` sums, those that are there among them.
static bool reserve(struct sdse_place_sums *sums, size_t room) {
    if (room <= sums->sum_room)
        return true;
    room += room / 2;
    struct sdse_place_sum *sum = realloc(sums->sum, room * sizeof *sum);
    if (!sum)
        return false;
    sums->sum = sum;
    sums->sum_room = room;
    return true;
}

// A line is an element of the shorter of labels and answer with all of the other, which
// is in order.
struct line {
    const struct sdse_place_step *step;
    const struct sdse_place_sums *sums; // their bar
    size_t number;
    size_t count; // of its sums that are listed
    struct sdse_place_sum *sum;
};

// Appends the sums first ... last of a line, but for those that the bar beats. Where
// something of it is less than the least energy of them and the least latency of them,
// it beats them all, and whatever they beat; where it is equal, it may be the one.
//
// cheaper, most  so many of the bar at least, at most take no more energy than the
//                first of them
static void list_sums(struct line *line, size_t first, size_t last, size_t cheaper,
                      size_t most) {
    const struct sdse_place_step *step = line->step;
    const struct sdse_tradeoff *bar = line->sums->bar;
    const bool by_label = step->count <= step->answer->count;
    const size_t label = by_label ? line->number : first,
                 choice = by_label ? first : line->number;
    const struct sdse_place_sum sum = {
        .at = {energy_of(step, label, choice),
               by_label ? cycles_of(step, label, last) : cycles_of(step, last, choice)},
        .label = (uint32_t)label,
        .choice = (uint32_t)choice};
    cheaper = sdse_tradeoffs_cheaper(bar, sum.at.energy_pj, cheaper, most);
    if (cheaper && beats(&bar[cheaper - 1], &sum.at))
        return;
    if (first == last) {
        append(line->sum, &line->count, &sum);
        return;
    }
    const size_t middle = first + (last - first) / 2;
    list_sums(line, first, middle, cheaper, cheaper);
    list_sums(line, middle + 1, last, cheaper, line->sums->bar_count);
}

// The unbeaten sums of lines first ... end - 1, behind `at` of the scratch; false:
// memory is out.
static bool find_sums(struct sdse_place_sums *sums, const struct sdse_place_step *step,
                      size_t first, size_t end, size_t at, size_t *count) {
    const size_t length =
        step->count <= step->answer->count ? step->answer->count : step->count;
    if (end - first == 1) {
        if (!reserve(sums, at + length))
            return false;
        struct line line = {step, sums, first, 0, &sums->sum[at]};
        list_sums(&line, 0, length - 1, 0, sums->bar_count);
        *count = line.count;
        return true;
    }
    const size_t middle = first + (end - first) / 2;
    size_t low, high;
    if (!find_sums(sums, step, first, middle, at, &low) ||
        !find_sums(sums, step, middle, end, at + low, &high) ||
        !reserve(sums, at + 2 * (low + high)))
        return false;
    struct sdse_place_sum *sum = &sums->sum[at], *merged = sum + low + high;
    *count = merge(sum, low, sum + low, high, merged);
    memmove(sum, merged, *count * sizeof *sum);
    return true;
}

bool sdse_place_sums_find(struct sdse_place_sums *sums,
                          const struct sdse_place_step *step,
                          const struct sdse_place_front *found, size_t *count,
                          const struct sdse_place_sum **sum) {
    const size_t lines =
        step->count <= step->answer->count ? step->count : step->answer->count;
    const bool good =
        set_bar(sums, step, found) && find_sums(sums, step, 0, lines, 0, count);
    *sum = sums->sum;
    return good;
}
