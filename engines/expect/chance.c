#include "engines/expect/chance.h"

#include <math.h>
#include <stdlib.h>

#include "engines/arith.h"

static const double tail = 1e-18, widest_exact = 400;

void sdse_chance_free(struct sdse_chance *chance) {
    free(chance->p);
    *chance = (struct sdse_chance){0};
}

// Takes p [count]: cuts its tails, makes it add up to 1, and lets *out have it.
static bool settle(struct sdse_chance *out, uint64_t least, double *p, size_t count) {
    size_t first = 0, end = count;
    double total = 0;
    if (!p)
        return false;
    while (end > 1 && p[end - 1] < tail)
        end--;
    while (first + 1 < end && p[first] < tail)
        first++;
    for (size_t i = first; i < end; i++)
        total += p[i];
    for (size_t i = first; i < end; i++)
        p[i - first] = p[i] / total;
    free(out->p);
    *out = (struct sdse_chance){least + first, end - first, p};
    return true;
}

bool sdse_chance_point(struct sdse_chance *out, uint64_t value) {
    double *p = malloc(sizeof *p);
    if (p)
        *p = 1;
    return settle(out, value, p, 1);
}

bool sdse_chance_shares(struct sdse_chance *out, const double *share, size_t count) {
    double *p = malloc((count + 1) * sizeof *p), total = 0;
    for (size_t i = 0; i < count; i++)
        total += share[i];
    for (size_t i = 0; p && i < count; i++)
        p[i] = share[i] / total;
    return settle(out, 0, p, count);
}

// --- Known distributions -------------------------------------------------------------

// Fills from the middle outwards by the ratio of neighbours, down to the tails.
// [lo, hi] are the possible values; ratio(v) = P(v) / P(v - 1).
struct climb {
    double all, marked, drawn; // hypergeometric; all = 0: binomial
    double n, odds;            // binomial
};

static double ratio(const struct climb *c, double v) {
    if (c->all > 0)
        return (c->marked - v + 1) * (c->drawn - v + 1) /
               (v * (c->all - c->marked - c->drawn + v));
    return (c->n - v + 1) / v * c->odds;
}

static bool climb(struct sdse_chance *out, const struct climb *c, uint64_t lo,
                  uint64_t hi, double mean) {
    uint64_t mode = mean < (double)lo ? lo : (uint64_t)mean;
    mode = sdse_least_u64(mode, hi);
    uint64_t first = mode, last = mode;
    double p = 1;
    while (first > lo && p > tail)
        p /= ratio(c, (double)first--);
    for (p = 1; last < hi && p > tail;)
        p *= ratio(c, (double)++last);
    const size_t count = (size_t)(last - first + 1);
    double *values = malloc(count * sizeof *values);
    if (!values)
        return false;
    const size_t middle = (size_t)(mode - first);
    double total = values[middle] = 1;
    for (size_t i = middle; i > 0; i--)
        total += values[i - 1] = values[i] / ratio(c, (double)(first + i));
    for (size_t i = middle + 1; i < count; i++)
        total += values[i] = values[i - 1] * ratio(c, (double)(first + i));
    for (size_t i = 0; i < count; i++)
        values[i] /= total;
    return settle(out, first, values, count);
}

bool sdse_chance_binomial(struct sdse_chance *out, uint64_t n, double p) {
    if (n == 0 || p <= 0)
        return sdse_chance_point(out, 0);
    if (p >= 1)
        return sdse_chance_point(out, n);
    const struct climb c = {.n = (double)n, .odds = p / (1 - p)};
    return climb(out, &c, 0, n, (double)n * p);
}

bool sdse_chance_hypergeometric(struct sdse_chance *out, uint64_t all, uint64_t marked,
                                uint64_t drawn) {
    const uint64_t lo = marked + drawn > all ? marked + drawn - all : 0;
    const uint64_t hi = sdse_least_u64(marked, drawn);
    if (lo == hi)
        return sdse_chance_point(out, lo);
    const struct climb c = {
        .all = (double)all, .marked = (double)marked, .drawn = (double)drawn};
    return climb(out, &c, lo, hi, (double)marked * (double)drawn / (double)all);
}

bool sdse_chance_normal(struct sdse_chance *out, double mean, double variance) {
    const double deviation = sqrt(variance), reach = 9 * deviation + 1;
    const double first = floor(fmax(0, mean - reach)), last = ceil(mean + reach);
    const size_t count = (size_t)(last - first) + 1;
    if (!(deviation > 0))
        return sdse_chance_point(out, (uint64_t)llround(mean));
    double *p = malloc(count * sizeof *p);
    double below = 0;
    for (size_t i = 0; p && i < count; i++) {
        const double edge = (first + (double)i + 0.5 - mean) / deviation;
        const double all = i + 1 == count ? 1 : 0.5 * erfc(-edge / sqrt(2));
        p[i] = all - below;
        below = all;
    }
    return settle(out, (uint64_t)first, p, count);
}

// --- Functions of one ----------------------------------------------------------------

static uint64_t last_of(const struct sdse_chance *a) { return a->least + a->count - 1; }

bool sdse_chance_ceil_div(struct sdse_chance *out, const struct sdse_chance *a,
                          uint64_t divisor) {
    const uint64_t least = sdse_ceil_div_u64(a->least, divisor);
    const size_t count = (size_t)(sdse_ceil_div_u64(last_of(a), divisor) - least) + 1;
    double *p = calloc(count, sizeof *p);
    for (size_t i = 0; p && i < a->count; i++)
        p[sdse_ceil_div_u64(a->least + i, divisor) - least] += a->p[i];
    return settle(out, least, p, count);
}

bool sdse_chance_at_least(struct sdse_chance *out, const struct sdse_chance *a,
                          uint64_t least) {
    const uint64_t first = sdse_most_u64(a->least, least);
    const size_t count = (size_t)(sdse_most_u64(last_of(a), least) - first) + 1;
    double *p = calloc(count, sizeof *p);
    for (size_t i = 0; p && i < a->count; i++)
        p[sdse_most_u64(a->least + i, least) - first] += a->p[i];
    return settle(out, first, p, count);
}

bool sdse_chance_scale(struct sdse_chance *out, const struct sdse_chance *a,
                       uint64_t factor) {
    const size_t count = (size_t)((a->count - 1) * factor) + 1;
    double *p = calloc(count, sizeof *p);
    for (size_t i = 0; p && i < a->count; i++)
        p[i * factor] += a->p[i];
    return settle(out, a->least * factor, p, count);
}

double sdse_chance_mean(const struct sdse_chance *chance) {
    double mean = 0;
    for (size_t i = 0; i < chance->count; i++)
        mean += (double)i * chance->p[i];
    return (double)chance->least + mean;
}

double sdse_chance_variance(const struct sdse_chance *chance) {
    const double mean = sdse_chance_mean(chance) - (double)chance->least;
    double variance = 0;
    for (size_t i = 0; i < chance->count; i++)
        variance += ((double)i - mean) * ((double)i - mean) * chance->p[i];
    return variance;
}

uint64_t sdse_chance_quantile(const struct sdse_chance *chance, double share) {
    double below = 0;
    for (size_t i = 0; i < chance->count; i++) {
        below += chance->p[i];
        if (below >= share)
            return chance->least + i;
    }
    return last_of(chance);
}

// --- Sums and maxima -----------------------------------------------------------------

bool sdse_chance_add(struct sdse_chance *out, const struct sdse_chance *a,
                     const struct sdse_chance *b) {
    const double variance = sdse_chance_variance(a) + sdse_chance_variance(b);
    if (variance > widest_exact * widest_exact && a->count > 1 && b->count > 1)
        return sdse_chance_normal(out, sdse_chance_mean(a) + sdse_chance_mean(b),
                                  variance);
    const size_t count = a->count + b->count - 1;
    double *p = calloc(count, sizeof *p);
    for (size_t i = 0; p && i < a->count; i++)
        if (a->p[i] > 0)
            for (size_t j = 0; j < b->count; j++)
                p[i + j] += a->p[i] * b->p[j];
    return settle(out, a->least + b->least, p, count);
}

// n-fold by doubling: out = sum of the powers of two in n.
static bool times_exactly(struct sdse_chance *out, const struct sdse_chance *a,
                          uint64_t n) {
    struct sdse_chance power = {0}, sum = {0};
    bool whole = sdse_chance_point(&sum, 0) && sdse_chance_scale(&power, a, 1);
    for (; whole && n > 0; n /= 2) {
        if (n % 2 == 1)
            whole = sdse_chance_add(&sum, &sum, &power);
        if (n > 1)
            whole = whole && sdse_chance_add(&power, &power, &power);
    }
    sdse_chance_free(&power);
    if (!whole) {
        sdse_chance_free(&sum);
        return false;
    }
    free(out->p);
    *out = sum;
    return true;
}

bool sdse_chance_times(struct sdse_chance *out, const struct sdse_chance *a,
                       uint64_t n) {
    const double variance = (double)n * sdse_chance_variance(a);
    if (n > 1 && variance > widest_exact * widest_exact)
        return sdse_chance_normal(out, (double)n * sdse_chance_mean(a), variance);
    return times_exactly(out, a, n);
}

bool sdse_chance_most(struct sdse_chance *out, const struct sdse_chance *a,
                      uint64_t n) {
    double *p = malloc(a->count * sizeof *p);
    double below = 0, before = 0;
    for (size_t i = 0; p && i < a->count; i++) {
        below = i + 1 == a->count ? 1 : below + a->p[i];
        const double all = pow(below, (double)n);
        p[i] = all - before;
        before = all;
    }
    return settle(out, a->least, p, a->count);
}

// P(a <= v) for v that grows from call to call; *next and *below keep the place.
static double upto(const struct sdse_chance *a, uint64_t v, size_t *next,
                   double *below) {
    while (*next < a->count && a->least + *next <= v)
        *below += a->p[(*next)++];
    return *next == a->count ? 1 : *below;
}

bool sdse_chance_join(struct sdse_chance *out, const struct sdse_chance *a,
                      const struct sdse_chance *b) {
    const uint64_t least = sdse_most_u64(a->least, b->least);
    const uint64_t last = sdse_most_u64(last_of(a), last_of(b));
    const size_t count = (size_t)(last - least) + 1;
    double *p = malloc(count * sizeof *p);
    double below_a = 0, below_b = 0, before = 0;
    size_t next_a = 0, next_b = 0;
    for (size_t i = 0; p && i < count; i++) {
        const double both = upto(a, least + i, &next_a, &below_a) *
                            upto(b, least + i, &next_b, &below_b);
        p[i] = both - before;
        before = both;
    }
    return settle(out, least, p, count);
}
