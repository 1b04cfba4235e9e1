#include "smartdeal/coded.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "smartdeal/pack.h"
#include "smartdeal/rebuild.h"

// Exponents of coefficients, as array indices.
enum { EXPONENTS = 2 * SDSE_EXPONENT_BIAS };

double sdse_relative_error(const struct sdse_coding_error *error, double square) {
    return error->weight_square > 0.0 ? sqrt(square / error->weight_square) : 0.0;
}

int32_t sdse_fixed_point_exponent(double largest, uint32_t bits) {
    if (!(largest > 0.0))
        return 0;
    double limit = (double)((INT32_C(1) << (bits - 1)) - 1);
    int exponent;
    frexp(largest, &exponent); // largest = [0.5, 1) * 2^exponent
    int32_t e = exponent - (int32_t)bits + 1;
    while (nearbyint(ldexp(largest, -e)) > limit)
        e++;
    return e;
}

// Everything the passes over the filters share.
struct job {
    const struct sdse_layer_weights *weights;
    const struct sdse_decomposition *d;
    struct sdse_coded_layer *out;
    float *basis; // refitted, filters x blocks x n x n
    double *scratch;
    size_t scratch_doubles; // per worker
    struct filter_sums {
        double weight, window, basis, rounded, largest;
        int32_t top_scale;
    } * sums;
};

static const sdse_coefficient *block_ce(const struct job *job, uint64_t filter,
                                        uint64_t block) {
    const struct sdse_slicing *s = &job->d->slicing;
    return job->d->ce + (filter * s->rows + block * s->rows_per_block) * s->basis_size;
}

// importance[e] = sum over coefficients of exponent e of the squared norm of the basis
// row they multiply.
static void weigh_exponents(const struct sdse_decomposition *d, double *importance) {
    const struct sdse_slicing *s = &d->slicing;
    uint32_t n = s->basis_size;
    double norm[SDSE_MAX_BASIS];
    for (uint64_t filter = 0; filter < d->filters; filter++) {
        for (uint64_t row = 0; row < s->rows; row++) {
            if (row % s->rows_per_block == 0) {
                uint64_t block = filter * s->blocks + row / s->rows_per_block;
                for (uint32_t k = 0; k < n; k++) {
                    norm[k] = 0.0;
                    for (uint32_t j = 0; j < n; j++) {
                        double b = (double)d->basis[(block * n + k) * n + j];
                        norm[k] += b * b;
                    }
                }
            }
            const sdse_coefficient *c = d->ce + (filter * s->rows + row) * n;
            for (uint32_t k = 0; k < n; k++)
                if (c[k])
                    importance[abs(c[k])] += norm[k];
        }
    }
}

static double window_cost(const double *importance, int low, int high, int bottom,
                          int top) {
    double cost = 0.0, ceiling = ldexp(1.0, top - SDSE_EXPONENT_BIAS);
    for (int e = low; e <= high; e++) {
        double size = ldexp(1.0, e - SDSE_EXPONENT_BIAS);
        if (e < bottom)
            cost += importance[e] * size * size;
        else if (e > top)
            cost += importance[e] * (size - ceiling) * (size - ceiling);
    }
    return cost;
}

// Index of the lowest exponent of the best window of `width` exponents.
static int choose_window(const struct sdse_decomposition *d, int width,
                         double *importance) {
    memset(importance, 0, EXPONENTS * sizeof *importance);
    weigh_exponents(d, importance);
    bool present[EXPONENTS] = {false};
    uint64_t entries = d->filters * d->slicing.rows * d->slicing.basis_size;
    for (uint64_t i = 0; i < entries; i++)
        present[abs(d->ce[i])] = true;
    int low = EXPONENTS, high = 0;
    for (int e = 1; e < EXPONENTS; e++) {
        if (present[e]) {
            low = low < e ? low : e;
            high = e;
        }
    }
    if (!high)
        return SDSE_EXPONENT_BIAS;
    int best = high;
    double least = (double)INFINITY;
    for (int bottom = high; bottom >= low; bottom--) {
        double cost = window_cost(importance, low, high, bottom, bottom + width - 1);
        if (cost < least) {
            least = cost;
            best = bottom;
        }
    }
    return best;
}

// ||A - C B||^2 over the `words` of a block that are weights; *largest rises to the
// largest |C B| among them.
static double distance(const double *a, const double *c, const double *basis,
                       uint64_t words, uint32_t n, double *largest) {
    assert(n >= 2);
    double sum = 0.0;
    for (uint64_t at = 0; at < words; at += n) {
        for (uint32_t j = 0; j < n && at + j < words; j++) {
            double w = 0.0;
            for (uint32_t k = 0; k < n; k++)
                // NOLINTNEXTLINE(clang-analyzer-core.*): n x n words were written
                w += c[at + k] * basis[(size_t)k * n + j];
            double d = a[at + j] - w;
            sum += d * d;
            *largest = fabs(w) > *largest ? fabs(w) : *largest;
        }
    }
    return sum;
}

// What one block's passes work on.
struct place {
    uint64_t index; // of the block in the layer
    uint64_t first, rows, words;
    double *a, *c, *rest;
};

static struct place place_of(const struct job *job, unsigned worker, uint64_t filter,
                             uint64_t block) {
    const struct sdse_slicing *s = &job->d->slicing;
    struct place p = {.index = filter * s->blocks + block,
                      .first = block * s->rows_per_block,
                      .rows = sdse_block_rows(s, block)};
    uint64_t begin = p.first * s->basis_size, end = begin + p.rows * s->basis_size;
    if (begin < s->words)
        p.words = (end < s->words ? end : s->words) - begin;
    p.a = job->scratch + worker * job->scratch_doubles;
    p.c = p.a + s->rows_per_block * s->basis_size;
    p.rest = p.c + s->rows_per_block * s->basis_size;
    sdse_gather_rows(&job->d->shape, s, job->weights->values, NULL, filter, p.first,
                     p.rows, p.a);
    return p;
}

// 0 or +-2^(lowest + |code| - 1); a window of 2^31 and a double's exponents suffice.
static double code_value(const struct sdse_coded_layer *layer, int8_t code) {
    if (!code)
        return 0.0;
    double size = ldexp((double)(UINT32_C(1) << (abs(code) - 1)), layer->lowest);
    return code < 0 ? -size : size;
}

// Narrows the codes of one block to the window; true if one of them changed.
static bool narrow(const struct job *job, const sdse_coefficient *ce, uint64_t count,
                   int8_t *codes, double *c) {
    int32_t lowest = job->out->lowest + SDSE_EXPONENT_BIAS;
    int32_t window = (int32_t)job->out->window;
    bool changed = false;
    for (uint64_t i = 0; i < count; i++) {
        int32_t code = ce[i] ? abs(ce[i]) - lowest + 1 : 0;
        changed |= ce[i] && (code < 1 || code > window);
        code = code < 0 ? 0 : code > window ? window : code;
        codes[i] = (int8_t)(ce[i] < 0 ? -code : code);
        c[i] = code_value(job->out, codes[i]);
    }
    return changed;
}

static void narrow_filter(void *context, unsigned worker, size_t filter) {
    struct job *job = context;
    const struct sdse_slicing *s = &job->d->slicing;
    uint32_t n = s->basis_size, square = n * n;
    struct filter_sums *sums = &job->sums[filter];
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    sums->top_scale = INT32_MIN;
    for (uint64_t block = 0; block < s->blocks; block++) {
        struct place p = place_of(job, worker, filter, block);
        int8_t *codes = job->out->codes + (filter * s->rows + p.first) * n;
        const float *fitted = job->d->basis + p.index * square;
        for (uint32_t i = 0; i < square; i++)
            basis[i] = (double)fitted[i];
        if (narrow(job, block_ce(job, filter, block), p.rows * n, codes, p.c))
            sdse_block_fit_basis(&job->d->rule, p.a, p.c, p.rows, p.rest, basis);
        double largest = 0.0;
        for (uint32_t i = 0; i < square; i++) {
            job->basis[p.index * square + i] = (float)basis[i];
            largest = fmax(largest, fabs(basis[i]));
        }
        for (uint64_t i = 0; i < p.words; i++)
            sums->weight += p.a[i] * p.a[i];
        double ignored = 0.0;
        sums->window += distance(p.a, p.c, basis, p.words, n, &ignored);
        if (largest > 0.0) {
            int32_t scale = sdse_fixed_point_exponent(largest, job->out->basis_bits);
            job->out->scale[p.index] = (int16_t)scale;
            sums->top_scale = scale > sums->top_scale ? scale : sums->top_scale;
        }
    }
}

static void quantise_filter(void *context, unsigned worker, size_t filter) {
    struct job *job = context;
    struct sdse_coded_layer *out = job->out;
    const struct sdse_slicing *s = &out->slicing;
    uint32_t n = s->basis_size, square = n * n;
    int32_t least = out->top_scale - (int32_t)((UINT32_C(1) << out->scale_bits) - 1);
    struct filter_sums *sums = &job->sums[filter];
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    for (uint64_t block = 0; block < s->blocks; block++) {
        struct place p = place_of(job, worker, filter, block);
        const float *fitted = job->basis + p.index * square;
        bool zero = true;
        for (uint32_t i = 0; i < square; i++)
            zero = zero && fitted[i] == 0.0f;
        int32_t scale = zero ? out->top_scale : out->scale[p.index];
        scale = scale < least ? least : scale;
        out->scale[p.index] = (int16_t)scale;
        for (uint32_t i = 0; i < square; i++) {
            double word = nearbyint(ldexp((double)fitted[i], -scale));
            out->basis[p.index * square + i] = (int16_t)word;
            basis[i] = ldexp(word, scale);
        }
        const int8_t *codes = out->codes + (filter * s->rows + p.first) * n;
        for (uint64_t i = 0; i < p.rows * n; i++)
            p.c[i] = code_value(out, codes[i]);
        sums->basis += distance(p.a, p.c, basis, p.words, n, &sums->largest);
    }
}

static void round_filter(void *context, unsigned worker, size_t filter) {
    struct job *job = context;
    const struct sdse_slicing *s = &job->out->slicing;
    int16_t *words = (int16_t *)(void *)(job->scratch + worker * job->scratch_doubles);
    sdse_rebuild_filter(job->out, filter, words);
    double unit = ldexp(1.0, job->out->weight_exponent), sum = 0.0;
    const float *w = job->weights->values + filter * s->words;
    for (uint64_t i = 0; i < s->words; i++) {
        double d = (double)w[i] - words[i] * unit;
        sum += d * d;
    }
    job->sums[filter].rounded = sum;
}

static void add_sums(const struct job *job, struct sdse_coding_error *error) {
    *error = (struct sdse_coding_error){.decomposed_square = job->d->error_square};
    for (uint64_t filter = 0; filter < job->d->filters; filter++) {
        error->weight_square += job->sums[filter].weight;
        error->window_square += job->sums[filter].window;
        error->basis_square += job->sums[filter].basis;
        error->rounded_square += job->sums[filter].rounded;
    }
}

static enum sdse_status allocate(struct job *job, unsigned threads) {
    const struct sdse_slicing *s = &job->d->slicing;
    struct sdse_coded_layer *out = job->out;
    uint64_t n = s->basis_size, blocks = out->filters * s->blocks;
    size_t block_doubles = 2 * s->rows_per_block * n +
                           sdse_block_scratch(s->rows_per_block, s->basis_size);
    size_t filter_doubles = s->words / 4 + 1; // its int16 words
    job->scratch_doubles =
        block_doubles > filter_doubles ? block_doubles : filter_doubles;
    out->codes = malloc(out->filters * s->rows * n);
    out->basis = malloc(blocks * n * n * sizeof *out->basis);
    out->scale = calloc(blocks, sizeof *out->scale);
    job->basis = malloc(blocks * n * n * sizeof *job->basis);
    job->scratch = malloc(threads * job->scratch_doubles * sizeof *job->scratch);
    job->sums = calloc(out->filters, sizeof *job->sums);
    if (!out->codes || !out->basis || !out->scale || !job->basis || !job->scratch ||
        !job->sums)
        return SDSE_NO_MEMORY;
    return SDSE_OK;
}

static enum sdse_status run_passes(struct job *job, unsigned threads) {
    struct sdse_coded_layer *out = job->out;
    double importance[EXPONENTS];
    out->lowest =
        choose_window(job->d, (int)out->window, importance) - SDSE_EXPONENT_BIAS;
    enum sdse_status status =
        sdse_parallel_for(out->filters, threads, narrow_filter, job);
    if (status != SDSE_OK)
        return status;
    out->top_scale = INT32_MIN;
    for (uint64_t i = 0; i < out->filters; i++)
        if (job->sums[i].top_scale > out->top_scale)
            out->top_scale = job->sums[i].top_scale;
    if (out->top_scale == INT32_MIN)
        out->top_scale = 0;
    status = sdse_parallel_for(out->filters, threads, quantise_filter, job);
    if (status != SDSE_OK)
        return status;
    double largest = 0.0;
    for (uint64_t i = 0; i < out->filters; i++)
        largest = fmax(largest, job->sums[i].largest);
    out->weight_exponent = sdse_fixed_point_exponent(largest, out->weight_bits);
    return sdse_parallel_for(out->filters, threads, round_filter, job);
}

enum sdse_status sdse_encode(const struct sdse_layer_weights *weights,
                             const struct sdse_decomposition *decomposition,
                             const struct sdse_smartdeal_setting *setting,
                             unsigned threads, struct sdse_coded_layer *out,
                             struct sdse_coding_error *error) {
    struct sdse_coded_layer coded = {.shape = decomposition->shape,
                                     .filters = decomposition->filters,
                                     .weight_bits = setting->weight_bits,
                                     .slicing = decomposition->slicing,
                                     .store = setting->store,
                                     .coefficient_bits = setting->coefficient_bits,
                                     .basis_bits = setting->basis_bits,
                                     .scale_bits = setting->scale_bits,
                                     .window = sdse_setting_window(setting)};
    *out = (struct sdse_coded_layer){0};
    if (!threads)
        threads = sdse_processors();
    struct job job = {.weights = weights, .d = decomposition, .out = &coded};
    enum sdse_status status = allocate(&job, threads);
    if (status == SDSE_OK)
        status = run_passes(&job, threads);
    if (status == SDSE_OK && error)
        add_sums(&job, error);
    free(job.basis);
    free(job.scratch);
    free(job.sums);
    if (status != SDSE_OK) {
        sdse_coded_free(&coded);
        return status;
    }
    if (coded.store == SDSE_STORE_RUN_LENGTH)
        coded.run_bits =
            setting->run_bits ? setting->run_bits : sdse_cheapest_run_bits(&coded);
    *out = coded;
    return SDSE_OK;
}

enum sdse_status sdse_encode_raw(const struct sdse_layer_weights *weights,
                                 uint32_t weight_bits, struct sdse_coded_layer *out,
                                 struct sdse_coding_error *error,
                                 struct sdse_diags *diags) {
    *out = (struct sdse_coded_layer){0};
    uint64_t filters, each, words;
    if (!sdse_weight_count(&weights->shape, &filters, &each, &words) ||
        words > SIZE_MAX / sizeof(int16_t))
        return SDSE_OVERFLOW;
    enum sdse_status status = sdse_refuse_not_finite(weights, words, diags);
    if (status != SDSE_OK)
        return status;
    double largest = 0.0;
    for (uint64_t i = 0; i < words; i++)
        largest = fmax(largest, (double)fabsf(weights->values[i]));
    int16_t *raw = malloc(words ? words * sizeof *raw : 1);
    if (!raw)
        return SDSE_NO_MEMORY;
    int32_t exponent = sdse_fixed_point_exponent(largest, weight_bits);
    struct sdse_coding_error e = {0};
    for (uint64_t i = 0; i < words; i++) {
        double w = (double)weights->values[i];
        double word = nearbyint(ldexp(w, -exponent));
        raw[i] = (int16_t)word;
        double d = w - ldexp(word, exponent);
        e.weight_square += w * w;
        e.rounded_square += d * d;
    }
    if (error)
        *error = e;
    *out = (struct sdse_coded_layer){.shape = weights->shape,
                                     .filters = filters,
                                     .raw = true,
                                     .weight_bits = weight_bits,
                                     .weight_exponent = exponent,
                                     .raw_words = raw};
    return SDSE_OK;
}

void sdse_coded_free(struct sdse_coded_layer *layer) {
    free(layer->raw_words);
    free(layer->codes);
    free(layer->basis);
    free(layer->scale);
    *layer = (struct sdse_coded_layer){0};
}
