#include "results/look/pareto.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// A point with its index, the third value 0 when there are two objectives.
struct entry {
    double v[SDSE_MOST_OBJECTIVES];
    size_t index;
};

static int by_values(const double *a, const double *b) {
    for (int k = 0; k < SDSE_MOST_OBJECTIVES; k++)
        if (a[k] != b[k])
            return a[k] < b[k] ? -1 : 1;
    return 0;
}

static int by_values_then_index(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    int order = by_values(x->v, y->v);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static int by_last_value(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->v[2] != y->v[2])
        return x->v[2] < y->v[2] ? -1 : 1;
    return by_values_then_index(a, b);
}

static int by_double(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Finite points only; returns how many.
static size_t collect(const double *v, size_t count, unsigned objectives,
                      struct entry *entries) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct entry entry = {.index = i};
        bool finite = true;
        for (unsigned k = 0; k < objectives; k++) {
            entry.v[k] = v[i * objectives + k];
            finite &= isfinite(entry.v[k]) != 0;
        }
        if (finite)
            entries[kept++] = entry;
    }
    return kept;
}

// ---- the front ----

// Prefix minima: least[r] covers ranks in Fenwick fashion, 1-based.
static double least_up_to(const double *least, size_t rank) {
    double value = HUGE_VAL;
    for (; rank > 0; rank &= rank - 1)
        value = fmin(value, least[rank]);
    return value;
}

static void lower(double *least, size_t ranks, size_t rank, double value) {
    for (; rank <= ranks; rank += rank & (~rank + 1))
        least[rank] = fmin(least[rank], value);
}

// 1-based rank of y among the sorted values.
static size_t rank_of(const double *sorted, size_t count, double y) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low + 1;
}

enum sdse_status sdse_pareto_front(const double *v, size_t count, unsigned objectives,
                                   size_t *front, size_t *front_count) {
    assert(objectives == 2 || objectives == 3);
    struct entry *entries = calloc(count + 1, sizeof *entries);
    double *seconds = calloc(count + 1, sizeof *seconds);
    double *least = calloc(count + 1, sizeof *least);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (!entries || !seconds || !least)
        goto done;
    status = SDSE_OK;
    count = collect(v, count, objectives, entries);
    qsort(entries, count, sizeof *entries, by_values_then_index);
    for (size_t i = 0; i < count; i++) {
        seconds[i] = entries[i].v[1];
        least[i + 1] = HUGE_VAL;
    }
    qsort(seconds, count, sizeof *seconds, by_double);
    size_t kept = 0;
    for (size_t i = 0, next; i < count; i = next) {
        // Equal points are judged together, by the points before all of them.
        for (next = i + 1; next < count && !by_values(entries[i].v, entries[next].v);)
            next++;
        size_t rank = rank_of(seconds, count, entries[i].v[1]);
        // With two objectives third values are 0: any earlier point not above decides.
        if (least_up_to(least, rank) <= entries[i].v[2])
            continue;
        lower(least, count, rank, entries[i].v[2]);
        for (size_t j = i; j < next; j++)
            front[kept++] = entries[j].index;
    }
    *front_count = kept;
done:
    free(entries);
    free(seconds);
    free(least);
    return status;
}

// ---- knee and reference ----

static void range_of(const double *v, unsigned objectives, const size_t *front,
                     size_t front_count, double *least, double *greatest) {
    for (unsigned k = 0; k < objectives; k++) {
        least[k] = HUGE_VAL;
        greatest[k] = -HUGE_VAL;
        for (size_t i = 0; i < front_count; i++) {
            least[k] = fmin(least[k], v[front[i] * objectives + k]);
            greatest[k] = fmax(greatest[k], v[front[i] * objectives + k]);
        }
    }
}

size_t sdse_pareto_knee(const double *v, unsigned objectives, const size_t *front,
                        size_t front_count) {
    assert(front_count >= 1);
    double least[SDSE_MOST_OBJECTIVES], greatest[SDSE_MOST_OBJECTIVES];
    range_of(v, objectives, front, front_count, least, greatest);
    size_t knee = 0;
    double best = HUGE_VAL;
    for (size_t i = 0; i < front_count; i++) {
        double sum = 0; // the distance falls as the sum of u rises
        for (unsigned k = 0; k < objectives; k++)
            if (greatest[k] > least[k])
                sum += (v[front[i] * objectives + k] - least[k]) /
                       (greatest[k] - least[k]);
        if (sum < best) {
            best = sum;
            knee = i;
        }
    }
    return knee;
}

void sdse_pareto_reference(const double *v, unsigned objectives, const size_t *front,
                           size_t front_count, double reference[SDSE_MOST_OBJECTIVES]) {
    assert(front_count >= 1);
    double least[SDSE_MOST_OBJECTIVES];
    range_of(v, objectives, front, front_count, least, reference);
    for (unsigned k = 0; k < objectives; k++)
        reference[k] *= 1.1;
}

// ---- hypervolume ----

// The staircase of minimal (x, y), x rising and y falling, below a reference.
struct staircase {
    double (*step)[2];
    size_t count;
    double reference[2];
    double area; // between the staircase and the reference
};

// Adds (x, y): removes what it dominates and the area grows by what was not covered.
static void add_step(struct staircase *stairs, double x, double y) {
    size_t low = 0, high = stairs->count;
    while (low < high) { // first step with x' >= x
        size_t middle = low + (high - low) / 2;
        if (stairs->step[middle][0] < x)
            low = middle + 1;
        else
            high = middle;
    }
    double ceiling = low > 0 ? stairs->step[low - 1][1] : stairs->reference[1];
    if (ceiling <= y ||
        (low < stairs->count && stairs->step[low][0] == x && stairs->step[low][1] <= y))
        return; // already covered
    // Between x and the next surviving step, column by column, down from the ceiling.
    double from = x;
    size_t end = low;
    for (; end < stairs->count && stairs->step[end][1] >= y; end++) {
        stairs->area += (stairs->step[end][0] - from) * (ceiling - y);
        from = stairs->step[end][0];
        ceiling = stairs->step[end][1];
    }
    double to = end < stairs->count ? stairs->step[end][0] : stairs->reference[0];
    stairs->area += (to - from) * (ceiling - y);
    memmove(stairs->step + low + 1, stairs->step + end,
            (stairs->count - end) * sizeof *stairs->step);
    stairs->count = stairs->count - (end - low) + 1;
    stairs->step[low][0] = x;
    stairs->step[low][1] = y;
}

// The points strictly below the reference; returns how many.
static size_t collect_below(const double *v, unsigned objectives, const size_t *front,
                            size_t front_count, const double *reference,
                            struct entry *entries) {
    size_t kept = 0;
    for (size_t i = 0; i < front_count; i++) {
        struct entry entry = {.index = i};
        bool below = true;
        for (unsigned k = 0; k < objectives; k++) {
            entry.v[k] = v[front[i] * objectives + k];
            below &= entry.v[k] < reference[k] && isfinite(entry.v[k]);
        }
        if (below)
            entries[kept++] = entry;
    }
    return kept;
}

enum sdse_status sdse_pareto_hypervolume(const double *v, unsigned objectives,
                                         const size_t *front, size_t front_count,
                                         const double *reference, double *volume) {
    assert(objectives == 2 || objectives == 3);
    struct entry *entries = calloc(front_count + 1, sizeof *entries);
    struct staircase stairs = {.step = calloc(front_count + 1, sizeof *stairs.step),
                               .reference = {reference[0], reference[1]}};
    enum sdse_status status = SDSE_NO_MEMORY;
    if (!entries || !stairs.step)
        goto done;
    status = SDSE_OK;
    size_t count = collect_below(v, objectives, front, front_count, reference, entries);
    // Slabs along the last objective; with two there is one slab of height 1.
    qsort(entries, count, sizeof *entries, by_last_value);
    double sum = 0, bottom = 0;
    for (size_t i = 0; i < count; i++) {
        sum += stairs.area * (entries[i].v[2] - bottom);
        bottom = entries[i].v[2];
        add_step(&stairs, entries[i].v[0], entries[i].v[1]);
    }
    double top = objectives == 3 ? reference[2] : 1;
    *volume = count ? sum + stairs.area * (top - bottom) : 0;
done:
    free(entries);
    free(stairs.step);
    return status;
}
