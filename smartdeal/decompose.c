#include "smartdeal/decompose.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/pool.h"
#include "smartdeal/blocks.h"

static const uint64_t sample_words = UINT64_C(1) << 16;
enum { BISECTIONS = 14 };

double sdse_coefficient_value(sdse_coefficient c) {
    if (!c)
        return 0.0;
    double size = ldexp(1.0, sdse_coefficient_exponent(c));
    return c < 0 ? -size : size;
}

sdse_coefficient sdse_coefficient_of(double value) {
    if (value == 0.0)
        return 0;
    // The exponent field of a double: a power of two has nothing else but a sign.
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int code = (int)(bits >> 52 & 0x7ff) - 1023 + SDSE_EXPONENT_BIAS;
    assert(!(bits & UINT64_C(0xfffffffffffff)));
    return (sdse_coefficient)(value < 0.0 ? -code : code);
}

void sdse_gather_rows(const struct sdse_weight_shape *shape,
                      const struct sdse_slicing *slicing, const float *values,
                      const struct sdse_prune_mask *mask, uint64_t filter,
                      uint64_t first, uint64_t rows, double *a) {
    uint32_t n = slicing->basis_size;
    const float *w = values + filter * slicing->words;
    uint64_t begin = first * n, end = (first + rows) * n;
    uint64_t used = end < slicing->words ? end : slicing->words;
    for (uint64_t i = begin; i < used; i++)
        a[i - begin] = (double)w[i];
    for (uint64_t i = used > begin ? used : begin; i < end; i++)
        a[i - begin] = 0.0;
    if (!mask || !mask->keep)
        return;
    for (uint64_t i = begin; i < used; i++)
        if (!sdse_prune_keeps(mask, filter, i / shape->kernel_columns))
            a[i - begin] = 0.0;
}

// What every worker shares, and where the results of a filter go.
struct job {
    const struct sdse_layer_weights *weights;
    const struct sdse_prune_mask *mask;
    struct sdse_decomposition *out;
    enum sdse_width width;
    double *scratch; // scratch_doubles per worker
    size_t scratch_doubles;
    struct filter_result *results;
    const atomic_bool *stop; // NULL: never
    uint64_t stride;         // between sampled filters; 1 for all
    uint64_t count;          // filters done
    uint64_t chunk;          // filters of a task
};

static bool is_stopped(const atomic_bool *stop) { return stop && atomic_load(stop); }

struct filter_result {
    double weight_square, error_square;
    uint64_t nonzeros, nonzero_rows, passes, restarts, unconverged;
};

// Adds one block. What padding rebuilds to is nobody's error: `words` of the rows * n
// entries are weights. With n known, a row's sums stay in registers.
static inline __attribute__((always_inline)) void
add_block(const double *a, const double *ce, const double *basis, uint64_t rows,
          const uint32_t n, uint64_t words, struct filter_result *result) {
    struct filter_result r = *result;
    for (uint64_t i = 0; i < rows; i++) {
        bool alive = false;
        for (uint32_t j = 0; j < n; j++) {
            double w = 0.0;
            for (uint32_t k = 0; k < n; k++)
                w += ce[i * n + k] * basis[k * n + j];
            double d = i * n + j < words ? a[i * n + j] - w : 0.0;
            r.error_square += d * d;
            r.weight_square += a[i * n + j] * a[i * n + j];
            r.nonzeros += ce[i * n + j] != 0.0;
            alive |= ce[i * n + j] != 0.0;
        }
        r.nonzero_rows += alive;
    }
    *result = r;
}

static void add_errors(const double *a, const double *ce, const double *basis,
                       uint64_t rows, uint32_t n, uint64_t words,
                       struct filter_result *result) {
    switch (n) {
    case 2:
        add_block(a, ce, basis, rows, 2, words, result);
        break;
    case 3:
        add_block(a, ce, basis, rows, 3, words, result);
        break;
    default:
        add_block(a, ce, basis, rows, n, words, result);
    }
}

// The blocks of a few filters, one filter after the other.
struct part {
    const struct job *job;
    uint64_t first; // filter
};

static uint64_t fetch_block(void *context, uint64_t index, double *a) {
    const struct part *part = context;
    const struct job *job = part->job;
    const struct sdse_slicing *s = &job->out->slicing;
    const uint64_t filter = (part->first + index / s->blocks) * job->stride;
    const uint64_t block = index % s->blocks, rows = sdse_block_rows(s, block);
    sdse_gather_rows(&job->out->shape, s, job->weights->values, job->mask, filter,
                     block * s->rows_per_block, rows, a);
    return rows;
}

static void keep_block(void *context, uint64_t index, const double *ce,
                       const double *basis, struct sdse_block_progress progress) {
    const struct part *part = context;
    const struct job *job = part->job;
    const struct sdse_slicing *s = &job->out->slicing;
    const uint32_t n = s->basis_size;
    const uint64_t filter = part->first + index / s->blocks, block = index % s->blocks;
    struct filter_result *result = &job->results[filter];
    result->passes += progress.passes;
    result->restarts += progress.restarts;
    result->unconverged += !progress.converged;
    sdse_coefficient *codes =
        job->out->ce + (filter * s->rows + block * s->rows_per_block) * n;
    for (uint64_t i = 0; i < sdse_block_rows(s, block) * n; i++)
        codes[i] = sdse_coefficient_of(ce[i]);
    float *to = job->out->basis + (filter * s->blocks + block) * n * n;
    for (uint32_t i = 0; i < n * n; i++)
        to[i] = (float)basis[i];
}

// sdse_coefficient_value of a code that a block has kept: exponents of doubles.
static double kept_value(sdse_coefficient c) {
    if (!c)
        return 0.0;
    const uint64_t exponent = (uint64_t)(sdse_coefficient_exponent(c) + 1023);
    const uint64_t bits = exponent << 52 | (uint64_t)(c < 0) << 63;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The errors of a filter whose blocks are kept, block by block.
static void measure_filter(const struct job *job, uint64_t index, double *a) {
    const struct sdse_slicing *s = &job->out->slicing;
    const uint32_t n = s->basis_size;
    double *ce = a + s->rows_per_block * n;
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    for (uint64_t block = 0; block < s->blocks; block++) {
        const uint64_t first = block * s->rows_per_block;
        const uint64_t rows = sdse_block_rows(s, block);
        // Against the weights as given, pruned rows included.
        sdse_gather_rows(&job->out->shape, s, job->weights->values, NULL,
                         index * job->stride, first, rows, a);
        const sdse_coefficient *codes = job->out->ce + (index * s->rows + first) * n;
        for (uint64_t i = 0; i < rows * n; i++)
            ce[i] = kept_value(codes[i]);
        const float *kept = job->out->basis + (index * s->blocks + block) * n * n;
        for (uint32_t i = 0; i < n * n; i++)
            basis[i] = (double)kept[i];
        add_errors(a, ce, basis, rows, n, sdse_block_words(s, block),
                   &job->results[index]);
    }
}

static void decompose_part(void *context, unsigned worker, size_t index) {
    struct job *job = context;
    if (is_stopped(job->stop))
        return;
    struct part part = {job, index * job->chunk};
    const uint64_t left = job->count - part.first;
    const uint64_t filters = left < job->chunk ? left : job->chunk;
    double *scratch = job->scratch + worker * job->scratch_doubles;
    const struct sdse_slicing *slicing = &job->out->slicing;
    sdse_blocks_decompose(&(struct sdse_blocks){.rule = job->out->rule,
                                                .count = filters * slicing->blocks,
                                                .longest_rows = slicing->rows_per_block,
                                                .context = &part,
                                                .fetch = fetch_block,
                                                .keep = keep_block},
                          job->width, scratch);
    for (uint64_t i = 0; i < filters; i++)
        measure_filter(job, part.first + i, scratch);
}

static bool grow(uint64_t a, uint64_t b, uint64_t *product) {
    return sdse_mul_u64(a, b, product) && *product <= SIZE_MAX / sizeof(double) / 4;
}

// Allocates room for `filters` filters in *out and per-worker scratch in *job.
static enum sdse_status allocate(struct sdse_decomposition *out, uint64_t filters,
                                 unsigned threads, struct job *job) {
    uint64_t n = out->slicing.basis_size, entries, words, scratch;
    if (!grow(filters, out->slicing.rows, &entries) || !grow(entries, n, &entries) ||
        !grow(filters, out->slicing.blocks, &words) || !grow(words, n * n, &words) ||
        !grow(out->slicing.rows_per_block + SDSE_MAX_BASIS, n * 32, &scratch) ||
        !grow(scratch, threads, &scratch))
        return SDSE_OVERFLOW;
    job->scratch_doubles = sdse_blocks_scratch(job->width, out->slicing.rows_per_block,
                                               out->slicing.basis_size);
    out->ce = malloc(entries * sizeof *out->ce);
    out->basis = malloc(words * sizeof *out->basis);
    job->scratch = malloc(threads * job->scratch_doubles * sizeof *job->scratch);
    job->results = calloc(filters, sizeof *job->results);
    if (!out->ce || !out->basis || !job->scratch || !job->results)
        return SDSE_NO_MEMORY;
    return SDSE_OK;
}

static void add_results(const struct job *job, struct sdse_decomposition *out) {
    for (uint64_t i = 0; i < job->count; i++) {
        const struct filter_result *r = &job->results[i];
        out->weight_square += r->weight_square;
        out->error_square += r->error_square;
        out->nonzeros += r->nonzeros;
        out->nonzero_rows += r->nonzero_rows;
        out->passes += r->passes;
        out->restarts += r->restarts;
        out->unconverged += r->unconverged;
    }
}

// Filters of a task: enough blocks to keep the lanes full, and tasks for every thread.
static uint64_t chunk_of(uint64_t filters, uint64_t blocks, unsigned threads) {
    enum { ENOUGH_BLOCKS = 256, TASKS_EACH = 4 };
    const uint64_t full = sdse_ceil_div_u64(ENOUGH_BLOCKS, blocks);
    const uint64_t fair = sdse_ceil_div_u64(filters, (uint64_t)threads * TASKS_EACH);
    return threads == 1 || full < fair ? full : fair;
}

// What the runs on one layer share beside its weights.
struct means {
    unsigned threads;
    const atomic_bool *stop;             // NULL: never
    struct sdse_tried_thresholds *tried; // NULL: nothing is remembered
};

// Decomposes every stride-th filter at the theta in out->rule.
static enum sdse_status run(const struct sdse_layer_weights *weights,
                            const struct sdse_prune_mask *mask, uint64_t stride,
                            const struct means *means, struct sdse_decomposition *out) {
    unsigned threads = means->threads;
    struct job job = {.weights = weights,
                      .mask = mask,
                      .out = out,
                      .width = sdse_widest(),
                      .stop = means->stop,
                      .stride = stride};
    job.count = sdse_ceil_div_u64(out->filters, stride);
    if (!threads)
        threads = sdse_processors();
    if (threads > job.count)
        threads = (unsigned)job.count;
    job.chunk = chunk_of(job.count, out->slicing.blocks, threads);
    enum sdse_status status = allocate(out, job.count, threads, &job);
    if (status == SDSE_OK)
        status = sdse_parallel_for((size_t)sdse_ceil_div_u64(job.count, job.chunk),
                                   threads, decompose_part, &job);
    if (status == SDSE_OK && is_stopped(means->stop)) // parts may be left out
        status = SDSE_INTERRUPTED;
    if (status == SDSE_OK)
        add_results(&job, out);
    free(job.scratch);
    free(job.results);
    return status;
}

// Forgets the results, so that the same rule can run again.
static void discard(struct sdse_decomposition *d) {
    free(d->ce);
    free(d->basis);
    *d = (struct sdse_decomposition){.shape = d->shape,
                                     .slicing = d->slicing,
                                     .rule = d->rule,
                                     .filters = d->filters,
                                     .pruned_rows = d->pruned_rows};
}

// Coefficients of the sample that are not zero at the theta in d->rule, counted unless
// an earlier bisection did.
static enum sdse_status count_sampled(const struct sdse_layer_weights *weights,
                                      const struct sdse_prune_mask *mask,
                                      uint64_t stride, const struct means *means,
                                      double log2_threshold,
                                      struct sdse_decomposition *d,
                                      uint64_t *nonzeros) {
    struct sdse_tried_thresholds *tried = means->tried;
    for (size_t i = 0; tried && i < tried->count; i++) {
        if (tried->tried[i].log2_threshold != log2_threshold)
            continue;
        *nonzeros = tried->tried[i].nonzeros;
        return SDSE_OK;
    }
    const enum sdse_status status = run(weights, mask, stride, means, d);
    if (status != SDSE_OK)
        return status;
    *nonzeros = d->nonzeros;
    discard(d);
    if (tried && tried->count < SDSE_MOST_TRIED) {
        tried->tried[tried->count].log2_threshold = log2_threshold;
        tried->tried[tried->count++].nonzeros = *nonzeros;
    }
    return SDSE_OK;
}

// Smallest theta tried that makes the fraction of zeros >= target.
static enum sdse_status find_threshold(const struct sdse_layer_weights *weights,
                                       const struct sdse_prune_mask *mask,
                                       double target, double largest,
                                       const struct means *means,
                                       struct sdse_decomposition *d) {
    uint64_t words = d->slicing.words * d->filters;
    uint64_t stride = sdse_ceil_div_u64(words, sample_words);
    if (stride > d->filters)
        stride = d->filters;
    double low = log2(largest) - 24.0, high = log2(largest) + 2.0;
    double row_factor = d->rule.row_threshold / d->rule.threshold;
    for (int step = 0; step < BISECTIONS; step++) {
        double middle = 0.5 * (low + high);
        d->rule.threshold = exp2(middle);
        d->rule.row_threshold = row_factor * d->rule.threshold;
        uint64_t nonzeros;
        enum sdse_status status =
            count_sampled(weights, mask, stride, means, middle, d, &nonzeros);
        if (status != SDSE_OK)
            return status;
        double entries = (double)(sdse_ceil_div_u64(d->filters, stride) *
                                  d->slicing.rows * d->slicing.basis_size);
        if (1.0 - (double)nonzeros / entries >= target)
            high = middle;
        else
            low = middle;
    }
    d->rule.threshold = exp2(high);
    d->rule.row_threshold = row_factor * d->rule.threshold;
    return SDSE_OK;
}

enum sdse_status sdse_refuse_not_finite(const struct sdse_layer_weights *weights,
                                        uint64_t words, struct sdse_diags *diags) {
    uint64_t bad = 0, first = 0;
    for (uint64_t i = 0; i < words; i++) {
        if (isfinite(weights->values[i]))
            continue;
        first = bad ? first : i;
        bad++;
    }
    if (!bad)
        return SDSE_OK;
    float value = weights->values[first];
    sdse_diag_add(diags, SDSE_ERROR, weights->loc, "smartdeal-finite",
                  "layer '%s': weight %" PRIu64 " is %s; %" PRIu64
                  " of its weights are not finite",
                  weights->name, first,
                  isnan(value)   ? "NaN"
                  : value < 0.0f ? "-infinity"
                                 : "infinity",
                  bad);
    return SDSE_INVALID;
}

static double largest_of(const float *values, uint64_t words) {
    float most = 0.0f;
    for (uint64_t i = 0; i < words; i++)
        most = fmaxf(most, fabsf(values[i]));
    return (double)most;
}

static enum sdse_status choose_threshold(const struct sdse_layer_weights *weights,
                                         const struct sdse_smartdeal_setting *setting,
                                         const struct sdse_prune_mask *mask,
                                         double largest, const struct means *means,
                                         struct sdse_decomposition *d) {
    bool wide = d->shape.kernel_columns > 1;
    double theta = setting->threshold;
    if (setting->threshold_mode == SDSE_THRESHOLD_RELATIVE)
        theta *= largest;
    if (setting->threshold_mode != SDSE_THRESHOLD_SPARSITY || largest == 0.0 ||
        theta == 0.0) {
        d->rule = sdse_block_rule_of(setting, d->slicing.basis_size, theta, wide);
        return SDSE_OK;
    }
    d->rule = sdse_block_rule_of(setting, d->slicing.basis_size, 1.0, wide);
    return find_threshold(weights, mask, setting->threshold, largest, means, d);
}

enum sdse_status sdse_decompose(const struct sdse_layer_weights *weights,
                                const struct sdse_smartdeal_setting *setting,
                                unsigned threads, struct sdse_decomposition *out,
                                struct sdse_diags *diags) {
    return sdse_decompose_again(weights, setting, threads, NULL, NULL, out, diags);
}

enum sdse_status
sdse_decompose_again(const struct sdse_layer_weights *weights,
                     const struct sdse_smartdeal_setting *setting, unsigned threads,
                     struct sdse_tried_thresholds *tried, const atomic_bool *stop,
                     struct sdse_decomposition *out, struct sdse_diags *diags) {
    assert(!sdse_weights_stay_raw(&weights->shape, setting));
    struct sdse_decomposition d = {.shape = weights->shape};
    *out = (struct sdse_decomposition){0};
    uint64_t per_filter, words;
    if (!sdse_weight_count(&weights->shape, &d.filters, &per_filter, &words))
        return SDSE_OVERFLOW;
    enum sdse_status status = sdse_refuse_not_finite(weights, words, diags);
    if (status != SDSE_OK)
        return status;
    double largest = largest_of(weights->values, words);
    d.slicing = sdse_slice(&weights->shape, setting);
    struct sdse_prune_mask mask;
    status = sdse_prune_rows(&weights->shape, weights->values, setting, &mask);
    if (status != SDSE_OK)
        return status;
    d.pruned_rows = mask.pruned_rows;
    const struct means means = {threads, stop, tried};
    status = choose_threshold(weights, setting, &mask, largest, &means, &d);
    if (status == SDSE_OK)
        status = run(weights, &mask, 1, &means, &d);
    sdse_prune_mask_free(&mask);
    if (status != SDSE_OK) {
        sdse_decomposition_free(&d);
        return status;
    }
    *out = d;
    return SDSE_OK;
}

void sdse_decomposition_free(struct sdse_decomposition *decomposition) {
    free(decomposition->ce);
    free(decomposition->basis);
    *decomposition = (struct sdse_decomposition){0};
}

double sdse_decomposition_error(const struct sdse_decomposition *d) {
    return d->weight_square > 0.0 ? sqrt(d->error_square / d->weight_square) : 0.0;
}
