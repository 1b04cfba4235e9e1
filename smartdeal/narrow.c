#include "smartdeal/narrow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"
#include "smartdeal/distance.h"

// Exponents of coefficients, as array indices.
enum { EXPONENTS = 2 * SDSE_EXPONENT_BIAS };

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

// Everything the filters share.
struct job {
    const struct sdse_layer_weights *weights;
    const struct sdse_decomposition *d;
    struct sdse_narrowed *out;
    double values[2 * SDSE_MAX_WINDOW + 1]; // of the codes, 0 in the middle
    double *scratch;
    size_t scratch_doubles; // per worker
    double *squares;        // of each filter's error
};

// Narrows the codes of one block to the window; true if one of them changed.
static bool narrow_codes(const struct job *job, const sdse_coefficient *ce,
                         uint64_t count, int8_t *codes, double *c) {
    const double *values = job->values + SDSE_MAX_WINDOW;
    const int32_t lowest = job->out->lowest + SDSE_EXPONENT_BIAS;
    const int32_t window = (int32_t)job->out->window;
    bool changed = false;
    for (uint64_t i = 0; i < count; i++) {
        int32_t code = ce[i] ? abs(ce[i]) - lowest + 1 : 0;
        changed |= ce[i] && (code < 1 || code > window);
        code = code < 0 ? 0 : code > window ? window : code;
        codes[i] = (int8_t)(ce[i] < 0 ? -code : code);
        c[i] = values[codes[i]];
    }
    return changed;
}

static void narrow_filter(void *context, unsigned worker, size_t filter) {
    struct job *job = context;
    const struct sdse_slicing *s = &job->d->slicing;
    const uint32_t n = s->basis_size, square = n * n;
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    double *a = job->scratch + worker * job->scratch_doubles;
    double *c = a + s->rows_per_block * n, *rest = c + s->rows_per_block * n;
    for (uint64_t block = 0; block < s->blocks; block++) {
        const uint64_t first = block * s->rows_per_block;
        const uint64_t rows = sdse_block_rows(s, block);
        const uint64_t index = filter * s->blocks + block;
        const uint64_t entry = (filter * s->rows + first) * n;
        sdse_gather_rows(&job->d->shape, s, job->weights->values, NULL, filter, first,
                         rows, a);
        for (uint32_t i = 0; i < square; i++)
            basis[i] = (double)job->d->basis[index * square + i];
        if (narrow_codes(job, job->d->ce + entry, rows * n, job->out->codes + entry, c))
            sdse_block_fit_basis(&job->d->rule, a, c, rows, rest, basis);
        for (uint32_t i = 0; i < square; i++)
            job->out->basis[index * square + i] = (float)basis[i];
        double ignored = 0.0;
        job->squares[filter] +=
            sdse_block_distance(a, c, basis, sdse_block_words(s, block), n, &ignored);
    }
}

static enum sdse_status allocate(struct job *job, unsigned threads) {
    const struct sdse_slicing *s = &job->d->slicing;
    struct sdse_narrowed *out = job->out;
    const uint64_t n = s->basis_size, filters = job->d->filters;
    job->scratch_doubles = 2 * s->rows_per_block * n +
                           sdse_block_scratch(s->rows_per_block, s->basis_size);
    out->codes = malloc(filters * s->rows * n);
    out->basis = malloc(filters * s->blocks * n * n * sizeof *out->basis);
    job->scratch = malloc(threads * job->scratch_doubles * sizeof *job->scratch);
    job->squares = calloc(filters, sizeof *job->squares);
    return out->codes && out->basis && job->scratch && job->squares ? SDSE_OK
                                                                    : SDSE_NO_MEMORY;
}

enum sdse_status sdse_narrow(const struct sdse_layer_weights *weights,
                             const struct sdse_decomposition *decomposition,
                             uint32_t window, unsigned threads,
                             struct sdse_narrowed *out) {
    struct sdse_narrowed narrowed = {.window = window};
    *out = (struct sdse_narrowed){0};
    if (!threads)
        threads = sdse_processors();
    struct job job = {.weights = weights, .d = decomposition, .out = &narrowed};
    enum sdse_status status = allocate(&job, threads);
    if (status == SDSE_OK) {
        double importance[EXPONENTS];
        narrowed.lowest =
            choose_window(decomposition, (int)window, importance) - SDSE_EXPONENT_BIAS;
        sdse_code_values(window, narrowed.lowest, job.values);
        status =
            sdse_parallel_for(decomposition->filters, threads, narrow_filter, &job);
    }
    for (uint64_t f = 0; status == SDSE_OK && f < decomposition->filters; f++)
        narrowed.window_square += job.squares[f];
    free(job.scratch);
    free(job.squares);
    if (status == SDSE_OK)
        *out = narrowed;
    else
        sdse_narrowed_free(&narrowed);
    return status;
}

void sdse_narrowed_free(struct sdse_narrowed *narrowed) {
    free(narrowed->codes);
    free(narrowed->basis);
    *narrowed = (struct sdse_narrowed){0};
}
