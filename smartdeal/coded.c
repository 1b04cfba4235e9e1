#include "smartdeal/coded.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "smartdeal/distance.h"
#include "smartdeal/narrow.h"
#include "smartdeal/pack.h"
#include "smartdeal/rebuild.h"

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
    const struct sdse_narrowed *narrowed;
    struct sdse_coded_layer *out;
    double values[2 * SDSE_MAX_WINDOW + 1]; // of the codes, 0 in the middle
    double *scratch;
    size_t scratch_doubles; // per worker
    struct filter_sums {
        double basis, rounded, largest;
    } * sums;
};

// The scale each basis would have alone, and the largest of the layer.
static void choose_scales(const struct job *job) {
    struct sdse_coded_layer *out = job->out;
    const uint64_t square = (uint64_t)out->slicing.basis_size * out->slicing.basis_size;
    out->top_scale = INT32_MIN;
    for (uint64_t block = 0; block < out->filters * out->slicing.blocks; block++) {
        const float *basis = job->narrowed->basis + block * square;
        float largest = 0.0f;
        for (uint64_t i = 0; i < square; i++)
            largest = fmaxf(largest, fabsf(basis[i]));
        if (!(largest > 0.0f)) {
            out->scale[block] = INT16_MAX; // any
            continue;
        }
        const int32_t scale =
            sdse_fixed_point_exponent((double)largest, out->basis_bits);
        out->scale[block] = (int16_t)scale;
        out->top_scale = scale > out->top_scale ? scale : out->top_scale;
    }
    if (out->top_scale == INT32_MIN)
        out->top_scale = 0;
}

// A block's basis in fixed point: its words, and what they mean.
static void quantise_basis(const struct job *job, uint64_t block, double *basis) {
    struct sdse_coded_layer *out = job->out;
    const uint64_t square = (uint64_t)out->slicing.basis_size * out->slicing.basis_size;
    const int32_t least =
        out->top_scale - (int32_t)((UINT32_C(1) << out->scale_bits) - 1);
    int32_t scale = out->scale[block];
    scale = scale > out->top_scale ? out->top_scale : scale < least ? least : scale;
    out->scale[block] = (int16_t)scale;
    const float *fitted = job->narrowed->basis + block * square;
    const double up = ldexp(1.0, -scale), unit = ldexp(1.0, scale);
    for (uint64_t i = 0; i < square; i++) {
        const double word = nearbyint((double)fitted[i] * up);
        out->basis[block * square + i] = (int16_t)word;
        basis[i] = word * unit;
    }
}

static void quantise_filter(void *context, unsigned worker, size_t filter) {
    struct job *job = context;
    const struct sdse_coded_layer *out = job->out;
    const struct sdse_slicing *s = &out->slicing;
    const uint32_t n = s->basis_size;
    const double *values = job->values + SDSE_MAX_WINDOW;
    struct filter_sums *sums = &job->sums[filter];
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    double *a = job->scratch + worker * job->scratch_doubles;
    double *c = a + s->rows_per_block * n;
    for (uint64_t block = 0; block < s->blocks; block++) {
        const uint64_t first = block * s->rows_per_block;
        const uint64_t rows = sdse_block_rows(s, block);
        const int8_t *codes = out->codes + (filter * s->rows + first) * n;
        quantise_basis(job, filter * s->blocks + block, basis);
        sdse_gather_rows(&out->shape, s, job->weights->values, NULL, filter, first,
                         rows, a);
        for (uint64_t i = 0; i < rows * n; i++)
            c[i] = values[codes[i]];
        sums->basis += sdse_block_distance(a, c, basis, sdse_block_words(s, block), n,
                                           &sums->largest);
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
    *error = (struct sdse_coding_error){.weight_square = job->d->weight_square,
                                        .decomposed_square = job->d->error_square,
                                        .window_square = job->narrowed->window_square};
    for (uint64_t filter = 0; filter < job->d->filters; filter++) {
        error->basis_square += job->sums[filter].basis;
        error->rounded_square += job->sums[filter].rounded;
    }
}

static enum sdse_status allocate(struct job *job, unsigned threads) {
    const struct sdse_slicing *s = &job->d->slicing;
    struct sdse_coded_layer *out = job->out;
    uint64_t n = s->basis_size, blocks = out->filters * s->blocks;
    size_t block_doubles = 2 * s->rows_per_block * n;
    size_t filter_doubles = s->words / 4 + 1; // its int16 words
    job->scratch_doubles =
        block_doubles > filter_doubles ? block_doubles : filter_doubles;
    out->codes = malloc(out->filters * s->rows * n);
    out->basis = malloc(blocks * n * n * sizeof *out->basis);
    out->scale = malloc(blocks * sizeof *out->scale);
    job->scratch = malloc(threads * job->scratch_doubles * sizeof *job->scratch);
    job->sums = calloc(out->filters, sizeof *job->sums);
    if (!out->codes || !out->basis || !out->scale || !job->scratch || !job->sums)
        return SDSE_NO_MEMORY;
    memcpy(out->codes, job->narrowed->codes, out->filters * s->rows * n);
    return SDSE_OK;
}

static enum sdse_status run_passes(struct job *job, unsigned threads) {
    struct sdse_coded_layer *out = job->out;
    choose_scales(job);
    sdse_code_values(out->window, out->lowest, job->values);
    enum sdse_status status =
        sdse_parallel_for(out->filters, threads, quantise_filter, job);
    if (status != SDSE_OK)
        return status;
    double largest = 0.0;
    for (uint64_t i = 0; i < out->filters; i++)
        largest = fmax(largest, job->sums[i].largest);
    out->weight_exponent = sdse_fixed_point_exponent(largest, out->weight_bits);
    return sdse_parallel_for(out->filters, threads, round_filter, job);
}

enum sdse_status sdse_encode_narrowed(const struct sdse_layer_weights *weights,
                                      const struct sdse_decomposition *decomposition,
                                      const struct sdse_narrowed *narrowed,
                                      const struct sdse_smartdeal_setting *setting,
                                      unsigned threads, struct sdse_coded_layer *out,
                                      struct sdse_coding_error *error) {
    assert(narrowed->window == sdse_setting_window(setting));
    struct sdse_coded_layer coded = {.shape = decomposition->shape,
                                     .filters = decomposition->filters,
                                     .weight_bits = setting->weight_bits,
                                     .slicing = decomposition->slicing,
                                     .store = setting->store,
                                     .coefficient_bits = setting->coefficient_bits,
                                     .basis_bits = setting->basis_bits,
                                     .scale_bits = setting->scale_bits,
                                     .window = narrowed->window,
                                     .lowest = narrowed->lowest};
    *out = (struct sdse_coded_layer){0};
    if (!threads)
        threads = sdse_processors();
    struct job job = {
        .weights = weights, .d = decomposition, .narrowed = narrowed, .out = &coded};
    enum sdse_status status = allocate(&job, threads);
    if (status == SDSE_OK)
        status = run_passes(&job, threads);
    if (status == SDSE_OK && error)
        add_sums(&job, error);
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

enum sdse_status sdse_encode(const struct sdse_layer_weights *weights,
                             const struct sdse_decomposition *decomposition,
                             const struct sdse_smartdeal_setting *setting,
                             unsigned threads, struct sdse_coded_layer *out,
                             struct sdse_coding_error *error) {
    struct sdse_narrowed narrowed;
    *out = (struct sdse_coded_layer){0};
    enum sdse_status status = sdse_narrow(
        weights, decomposition, sdse_setting_window(setting), threads, &narrowed);
    if (status != SDSE_OK)
        return status;
    status = sdse_encode_narrowed(weights, decomposition, &narrowed, setting, threads,
                                  out, error);
    sdse_narrowed_free(&narrowed);
    return status;
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
