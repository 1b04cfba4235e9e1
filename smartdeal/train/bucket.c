#include "smartdeal/train/bucket.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "smartdeal/setting.h"

// Below theta by more than this is no coefficient: the release's own margin.
static const double margin = 1e-5;
enum { LEAST_EXPONENT = -10 };

// ---- the rule ---------------------------------------------------------------

double sdse_bucket_least(double theta) {
    int i = LEAST_EXPONENT;
    while (i < 0 && ldexp(1.0, i) < theta)
        i++;
    return ldexp(1.0, i);
}

uint32_t sdse_bucket_counter_bits(unsigned switch_bar) {
    uint32_t bits = 0;
    while (1U << bits < 2 * switch_bar + 1)
        bits++;
    return bits;
}

static bool power_of_two(double x) {
    int exponent;
    return x > 0 && isfinite(x) && frexp(x, &exponent) == 0.5;
}

static bool just_above_power(double theta) {
    int exponent;
    frexp(theta, &exponent);
    const double below = ldexp(0.5, exponent);
    return theta > below && theta - below <= margin;
}

static bool within(double x, double least, double below) {
    return x >= least && x < below;
}

enum sdse_status sdse_bucket_check(const struct sdse_bucket_rule *rule,
                                   struct sdse_loc loc, struct sdse_diags *diags) {
    const unsigned before = (unsigned)diags->errors;
    const bool theta = rule->theta > 0 && rule->theta <= 1;
    if (!theta)
        sdse_diag_add(diags, SDSE_ERROR, loc, "train-theta",
                      "theta %g: expected more than 0, at most 1", rule->theta);
    else if (just_above_power(rule->theta))
        sdse_diag_add(diags, SDSE_ERROR, loc, "train-theta",
                      "theta %g lies within 1e-5 above a power of two", rule->theta);
    if (rule->max_coefficient != 0 &&
        (!power_of_two(rule->max_coefficient) ||
         (theta && rule->max_coefficient < sdse_bucket_least(rule->theta))))
        sdse_diag_add(diags, SDSE_ERROR, loc, "train-max",
                      "a largest coefficient of %g: expected a power of two that is "
                      "not below theta",
                      rule->max_coefficient);
    if (rule->switch_bar < 1 || rule->switch_bar > SDSE_BUCKET_MOST_BAR)
        sdse_diag_add(diags, SDSE_ERROR, loc, "train-bar",
                      "a bar of %u: expected 1 to %d", rule->switch_bar,
                      SDSE_BUCKET_MOST_BAR);
    if (!within(rule->dead_zone, 0, HUGE_VAL))
        sdse_diag_add(diags, SDSE_ERROR, loc, "train-dead-zone",
                      "a dead zone of %g: expected a number of at least 0",
                      rule->dead_zone);
    if (!within(rule->momentum_c, 0, 1) || !within(rule->momentum_b, 0, 1))
        sdse_diag_add(diags, SDSE_ERROR, loc, "train-momentum",
                      "momenta of %g and %g: expected at least 0, less than 1",
                      rule->momentum_c, rule->momentum_b);
    if (!within(rule->weight_decay, 0, HUGE_VAL))
        sdse_diag_add(diags, SDSE_ERROR, loc, "train-decay",
                      "a weight decay of %g: expected a number of at least 0",
                      rule->weight_decay);
    return diags->errors > before ? SDSE_INVALID : SDSE_OK;
}

// ---- start and end ----------------------------------------------------------

// The power of two nearest in value; between 2^i and 2^(i+1) the border is 1.5 * 2^i
// and belongs to the larger.
static double nearest_power(double x) {
    int exponent;
    const double fraction = frexp(fabs(x), &exponent);
    return copysign(ldexp(1.0, fraction >= 0.75 ? exponent : exponent - 1), x);
}

static double cut(double c, double theta) { return fabs(c) < theta - margin ? 0.0 : c; }

static double *doubles(uint64_t count, const double *from) {
    double *to = calloc(count, sizeof *to);
    if (to && from)
        memcpy(to, from, count * sizeof *to);
    return to;
}

enum sdse_status sdse_bucket_start(const struct sdse_train_layout *layout,
                                   const struct sdse_bucket_rule *rule,
                                   const double *raw, const double *basis,
                                   struct sdse_bucket_layer *out) {
    const uint64_t count = sdse_train_coefficients(layout);
    const uint64_t words = sdse_train_basis_words(layout);
    const bool momentum = rule->momentum_c > 0 && !rule->frozen;
    *out = (struct sdse_bucket_layer){
        .layout = *layout,
        .rule = *rule,
        .c = doubles(count, raw),
        .mask = calloc(count, sizeof *out->mask),
        .counter = calloc(count, sizeof *out->counter),
        .momentum_c = momentum ? doubles(count, NULL) : NULL,
        .basis = doubles(words, basis),
        .momentum_b = doubles(words, NULL),
    };
    if (!out->c || !out->mask || !out->counter || (momentum && !out->momentum_c) ||
        !out->basis || !out->momentum_b)
        return SDSE_NO_MEMORY;
    for (uint64_t i = 0; i < count; i++) {
        const double c = cut(raw[i], rule->theta);
        const double rounded = c != 0 ? nearest_power(c) : 0.0;
        out->mask[i] = rounded != 0;
        out->c[i] = cut(rounded, rule->theta);
    }
    return SDSE_OK;
}

void sdse_bucket_free(struct sdse_bucket_layer *layer) {
    free(layer->c);
    free(layer->mask);
    free(layer->counter);
    free(layer->momentum_c);
    free(layer->basis);
    free(layer->momentum_b);
    *layer = (struct sdse_bucket_layer){0};
}

// ---- weights ----------------------------------------------------------------

// The words of block `block` of a filter, without padding.
static uint64_t block_words(const struct sdse_train_layout *l, uint64_t block) {
    const uint64_t whole = l->rows * l->n, first = block * whole;
    if (first >= l->words)
        return 0;
    return l->words - first < whole ? l->words - first : whole;
}

static void block_weights(const double *c, const double *basis, uint64_t words,
                          uint32_t n, float *weights) {
    for (uint64_t i = 0; i < words; i++) {
        const double *row = c + i / n * n;
        const uint32_t j = (uint32_t)(i % n);
        double sum = 0;
        for (uint32_t k = 0; k < n; k++)
            sum += row[k] * basis[k * n + j];
        weights[i] = (float)sum;
    }
}

void sdse_bucket_weights(const struct sdse_bucket_layer *layer, float *weights) {
    const struct sdse_train_layout *l = &layer->layout;
    const uint64_t size = l->rows * l->n, basis = (uint64_t)l->n * l->n;
    for (uint64_t b = 0; b < l->filters * l->blocks; b++) {
        const uint64_t filter = b / l->blocks, block = b % l->blocks;
        block_weights(layer->c + b * size, layer->basis + b * basis,
                      block_words(l, block), l->n,
                      weights + filter * l->words + block * size);
    }
}

// ---- one step ---------------------------------------------------------------

// A coefficient whose counter has reached the bar in direction s.
static double switched(double c, int s, double least) {
    if (c == 0)
        return s * least;
    return (s > 0) == (c > 0) ? c * 2 : c / 2;
}

static double held(double c, const struct sdse_bucket_rule *rule) {
    const double most = rule->max_coefficient;
    if (most > 0 && fabs(c) > most)
        c = copysign(most, c);
    return cut(c, rule->theta);
}

struct step {
    const struct sdse_bucket_rule *rule;
    double learning_rate, least;
    struct sdse_bucket_moved moved;
};

// One coefficient of the mask, i in the layer, with its gradient.
static void step_entry(struct step *step, struct sdse_bucket_layer *layer, uint64_t i,
                       double gradient) {
    const struct sdse_bucket_rule *rule = step->rule;
    const double before = layer->c[i];
    const int was = layer->counter[i];
    double direction = gradient + rule->weight_decay * before;
    if (layer->momentum_c) {
        direction += rule->momentum_c * layer->momentum_c[i];
        layer->momentum_c[i] = direction;
    }
    const double u = -step->learning_rate * direction;
    int counter = was;
    if (!(rule->dead_zone > 0 && fabs(u) <= rule->dead_zone))
        counter += (u > 0) - (u < 0);
    double c = before;
    if (abs(counter) == (int)rule->switch_bar) {
        c = switched(c, counter > 0 ? 1 : -1, step->least);
        counter = 0;
        step->moved.hits++;
    }
    c = held(c, rule);
    layer->c[i] = c;
    layer->counter[i] = (int16_t)counter;
    step->moved.counters += counter != was;
    step->moved.codes += c != before;
}

// gB (n x n) = C^T gW of one block.
static void basis_gradient(const double *c, const float *gradient, uint64_t words,
                           uint32_t n, double *out) {
    memset(out, 0, (size_t)n * n * sizeof *out);
    for (uint64_t first = 0; first < words; first += n) {
        const double *row = c + first;
        const uint32_t columns = words - first < n ? (uint32_t)(words - first) : n;
        for (uint32_t k = 0; k < n; k++)
            for (uint32_t j = 0; j < columns; j++)
                out[k * n + j] += row[k] * (double)gradient[first + j];
    }
}

// Rows of a block that are all padding still decay; their gradient is 0.
static void step_coefficients(struct step *step, struct sdse_bucket_layer *layer,
                              uint64_t b, const float *gradient, uint64_t words) {
    const uint32_t n = layer->layout.n;
    const uint64_t size = layer->layout.rows * n, at = b * size;
    const double *basis = layer->basis + b * n * n;
    for (uint64_t i = 0; i < size; i++) {
        if (!layer->mask[at + i])
            continue;
        const uint64_t first = i / n * n, k = i % n;
        const uint64_t left = first < words ? words - first : 0;
        const uint32_t columns = left < n ? (uint32_t)left : n;
        double sum = 0;
        for (uint32_t j = 0; j < columns; j++)
            sum += (double)gradient[first + j] * basis[k * n + j];
        step_entry(step, layer, at + i, sum);
    }
}

static void step_basis(const struct step *step, double *basis, double *momentum,
                       const double *gradient, uint32_t n) {
    const struct sdse_bucket_rule *rule = step->rule;
    for (uint32_t i = 0; i < n * n; i++) {
        momentum[i] = rule->momentum_b * momentum[i] + gradient[i] +
                      rule->weight_decay * basis[i];
        basis[i] -= step->learning_rate * momentum[i];
    }
}

struct sdse_bucket_moved sdse_bucket_step(struct sdse_bucket_layer *layer,
                                          const float *gradient, double learning_rate) {
    const struct sdse_train_layout *l = &layer->layout;
    const uint32_t n = l->n;
    const uint64_t size = l->rows * n;
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    struct step step = {
        &layer->rule, learning_rate, sdse_bucket_least(layer->rule.theta), {0}};
    assert(n <= SDSE_MAX_BASIS);
    if (layer->rule.reset_every > 0 && layer->steps % layer->rule.reset_every == 0)
        memset(layer->counter, 0, sdse_train_coefficients(l) * sizeof *layer->counter);
    layer->steps++;
    for (uint64_t b = 0; b < l->filters * l->blocks; b++) {
        const uint64_t filter = b / l->blocks, block = b % l->blocks;
        const float *g = gradient + filter * l->words + block * size;
        const uint64_t words = block_words(l, block);
        basis_gradient(layer->c + b * size, g, words, n, basis);
        if (!layer->rule.frozen)
            step_coefficients(&step, layer, b, g, words);
        step_basis(&step, layer->basis + b * n * n, layer->momentum_b + b * n * n,
                   basis, n);
    }
    return step.moved;
}

// ---- counts -----------------------------------------------------------------

uint64_t sdse_bucket_nonzeros(const struct sdse_bucket_layer *layer) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < sdse_train_coefficients(&layer->layout); i++)
        count += layer->c[i] != 0;
    return count;
}

uint64_t sdse_bucket_masked(const struct sdse_bucket_layer *layer) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < sdse_train_coefficients(&layer->layout); i++)
        count += layer->mask[i];
    return count;
}

uint64_t sdse_bucket_magnitudes(const struct sdse_bucket_layer *layer) {
    enum { MIDDLE = 1100, EXPONENTS = 2 * MIDDLE };
    bool seen[EXPONENTS] = {false};
    uint64_t count = 0;
    for (uint64_t i = 0; i < sdse_train_coefficients(&layer->layout); i++) {
        int exponent;
        if (layer->c[i] == 0)
            continue;
        frexp(layer->c[i], &exponent);
        count += !seen[MIDDLE + exponent];
        seen[MIDDLE + exponent] = true;
    }
    return count;
}
