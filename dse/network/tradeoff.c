#include "dse/network/tradeoff.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static const struct sdse_tradeoff *at(const void *elements, size_t bytes,
                                      size_t index) {
    return (const void *)((const char *)elements + index * bytes);
}

static void move(void *elements, size_t bytes, size_t from, size_t to) {
    char *first = elements;
    memmove(first + to * bytes, first + from * bytes, bytes);
}

size_t sdse_tradeoffs_keep_unbeaten(void *elements, size_t bytes, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || at(elements, bytes, i)->latency_cycles <
                             at(elements, bytes, kept - 1)->latency_cycles)
            move(elements, bytes, i, kept++);
    return kept;
}

// Whether b is above the line from a to c, or on it.
static bool above_line(const struct sdse_tradeoff *a, const struct sdse_tradeoff *b,
                       const struct sdse_tradeoff *c) {
    return (b->energy_pj - a->energy_pj) * (c->latency_cycles - a->latency_cycles) <=
           (c->energy_pj - a->energy_pj) * (b->latency_cycles - a->latency_cycles);
}

size_t sdse_tradeoffs_corners(const void *elements, size_t bytes, size_t count,
                              size_t *corner) {
    size_t corners = 0;
    for (size_t i = 0; i < count; i++) {
        while (corners > 1 && above_line(at(elements, bytes, corner[corners - 2]),
                                         at(elements, bytes, corner[corners - 1]),
                                         at(elements, bytes, i)))
            corners--;
        corner[corners++] = i;
    }
    return corners;
}

size_t sdse_tradeoffs_keep_corners(void *elements, size_t bytes, size_t count,
                                   size_t *corner) {
    const size_t corners = sdse_tradeoffs_corners(elements, bytes, count, corner);
    for (size_t c = 0; c < corners; c++)
        move(elements, bytes, corner[c], c);
    return corners;
}

size_t sdse_tradeoffs_thin(void *elements, size_t bytes, size_t count, size_t *corner) {
    const size_t corners = sdse_tradeoffs_corners(elements, bytes, count, corner);
    size_t kept = 0;
    for (size_t i = 0, c = 0; i < count; i++) {
        const bool is_corner = c < corners && corner[c] == i;
        c += is_corner;
        if (is_corner || i % 2 == 0) // the ends are corners
            move(elements, bytes, i, kept++);
    }
    return kept;
}

// Of points on the line from a to b, between two elements that stand above it or on it:
// the one by which both are worst, `left` in latency and `right` in energy.
static double gap_between(const struct sdse_tradeoff *a, const struct sdse_tradeoff *b,
                          const struct sdse_tradeoff *left,
                          const struct sdse_tradeoff *right) {
    const double dearer = b->energy_pj - a->energy_pj,
                 faster = a->latency_cycles - b->latency_cycles;
    const double share = (right->energy_pj * a->latency_cycles -
                          left->latency_cycles * a->energy_pj) /
                         (left->latency_cycles * dearer + right->energy_pj * faster);
    return right->energy_pj / (a->energy_pj + share * dearer) - 1;
}

double sdse_tradeoffs_gap(const void *elements, size_t bytes, size_t count,
                          size_t *corner) {
    const size_t corners = sdse_tradeoffs_corners(elements, bytes, count, corner);
    double gap = 0;
    for (size_t i = 0, c = 0; i + 1 < count; i++) {
        while (c + 2 < corners && corner[c + 1] <= i)
            c++;
        gap = fmax(gap, gap_between(at(elements, bytes, corner[c]),
                                    at(elements, bytes, corner[c + 1]),
                                    at(elements, bytes, i), at(elements, bytes, i + 1)));
    }
    return gap;
}
