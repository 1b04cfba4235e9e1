// check_smartdeal DIR...: compares the decomposition with recorded reference outputs.
//
// Each DIR holds W.npy, Ce.npy, B.npy and result.json (docs/smartdeal.md, "Parity").
// Ce must match exactly, B to 1e-6 relative, and the saved slice's metrics must agree.
// Cases recorded with column scaling, and those the reference did not finish, are
// skipped (--scaled compares the former too). Prints every mismatch; the last line is
// `N cases, M mismatches`; exit status 1 if there is any.
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "smartdeal/decompose.h"
#include "smartdeal/npy.h"
#include "spec/tree.h"

static const double BASIS_TOLERANCE = 1e-6;
static const double METRIC_TOLERANCE = 1e-6;
enum { EXPONENTS = 2 * SDSE_EXPONENT_BIAS };

struct reference {
    const char *dir;
    struct sdse_arena *arena;
    struct sdse_diags diags;
    const struct sdse_node *result;
    struct sdse_array w, ce, b;
    unsigned mismatches;
};

static void mismatch(struct reference *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void mismatch(struct reference *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("%s: ", r->dir);
    vprintf(format, args);
    printf("\n");
    va_end(args);
    r->mismatches++;
}

static const char *text_of(const struct sdse_node *node) {
    return node && node->text ? node->text : "";
}

// A number of the result, or NaN if it is not there.
static double number(const struct sdse_node *mapping, const char *key) {
    const char *text = text_of(sdse_node_get(mapping, key));
    char *end;
    double value = strtod(text, &end);
    return *text && !*end ? value : (double)NAN;
}

static bool is(const struct sdse_node *mapping, const char *key, const char *expected) {
    return strcmp(text_of(sdse_node_get(mapping, key)), expected) == 0;
}

static bool read_array(struct reference *r, const char *name, struct sdse_array *out) {
    const char *path = sdse_arena_printf(r->arena, "%s/%s", r->dir, name);
    return path && sdse_npy_read(path, out, &r->diags) == SDSE_OK;
}

static bool read_result(struct reference *r) {
    struct sdse_node *root = NULL;
    const char *path = sdse_arena_printf(r->arena, "%s/result.json", r->dir);
    if (!path || sdse_tree_parse_file(r->arena, path, &r->diags, &root) != SDSE_OK)
        return false;
    r->result = root;
    return true;
}

static bool read_arrays(struct reference *r) {
    return read_array(r, "W.npy", &r->w) && read_array(r, "Ce.npy", &r->ce) &&
           read_array(r, "B.npy", &r->b);
}

static struct sdse_smartdeal_setting setting_of(const struct sdse_node *result) {
    struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
    s.threshold = number(result, "threshold");
    s.iterations = (uint32_t)number(result, "iternum");
    s.tolerance = number(result, "tol");
    s.rank_tolerance = number(result, "rcond");
    s.max_coefficient = number(result, "max_C");
    s.decay = number(result, "decay");
    s.scale = is(result, "scale", "true");
    s.max_restarts = 200;
    s.depthwise = true;
    return s;
}

// Block by block, in f64: for cases whose recorded basis is f64, that is where the
// reference kept wider numbers than a layer's f32.
static bool decompose_blocks(struct reference *r,
                             const struct sdse_smartdeal_setting *setting,
                             uint64_t filters, struct sdse_decomposition *d) {
    const struct sdse_slicing *s = &d->slicing;
    uint32_t n = s->basis_size;
    uint64_t longest = s->rows_per_block, blocks = filters * s->blocks;
    d->filters = filters;
    d->rule = sdse_block_rule_of(setting, n, setting->threshold, false);
    d->rule.double_precision = r->b.source == SDSE_DTYPE_F64;
    double *a = malloc(longest * n * sizeof *a), *ce = malloc(longest * n * sizeof *ce);
    double *scratch = malloc(sdse_block_scratch(longest, n) * sizeof *scratch);
    double basis[SDSE_MAX_BASIS * SDSE_MAX_BASIS];
    d->ce = malloc(filters * s->rows * n * sizeof *d->ce);
    d->basis = malloc(blocks * n * n * sizeof *d->basis);
    bool ready = a && ce && scratch && d->ce && d->basis;
    for (uint64_t at = 0; ready && at < blocks; at++) {
        uint64_t filter = at / s->blocks, block = at % s->blocks;
        uint64_t first = block * longest, rows = sdse_block_rows(s, block);
        sdse_gather_rows(&d->shape, s, r->w.data, NULL, filter, first, rows, a);
        sdse_block_decompose(&d->rule, a, rows, scratch, ce, basis);
        for (uint64_t i = 0; i < rows * n; i++)
            d->ce[(filter * s->rows + first) * n + i] = sdse_coefficient_of(ce[i]);
        for (uint32_t i = 0; i < n * n; i++)
            d->basis[at * n * n + i] = (float)basis[i];
    }
    free(a);
    free(ce);
    free(scratch);
    return ready;
}

// A bare matrix is one filter.
static bool decompose_matrix(struct reference *r,
                             const struct sdse_smartdeal_setting *setting,
                             struct sdse_decomposition *d) {
    uint64_t rows = r->w.shape[0], n = r->w.shape[1];
    if (r->w.rank != 2 || n < 2 || n > SDSE_MAX_BASIS || !rows)
        return false;
    d->slicing = (struct sdse_slicing){
        .basis_size = (uint32_t)n, .words = rows * n, .rows = rows};
    d->slicing.rows_per_block = sdse_released_rows_per_block(rows, (uint32_t)n);
    d->slicing.blocks = sdse_ceil_div_u64(rows, d->slicing.rows_per_block);
    return decompose_blocks(r, setting, 1, d);
}

static bool layer_shape(const struct sdse_array *w, struct sdse_weight_shape *shape) {
    const uint64_t *s = w->shape;
    if (w->rank == 2)
        *shape = (struct sdse_weight_shape){1, s[0], s[1], 1, 1, true};
    else if (w->rank == 4 && s[1] == 1)
        *shape = (struct sdse_weight_shape){s[0], 1, 1, s[2], s[3], false};
    else if (w->rank == 4)
        *shape = (struct sdse_weight_shape){1, s[0], s[1], s[2], s[3], false};
    return (w->rank == 2 || w->rank == 4) && w->count > 0;
}

static bool decompose(struct reference *r, struct sdse_decomposition *d) {
    struct sdse_smartdeal_setting setting = setting_of(r->result);
    struct sdse_loc loc = {.file = r->dir};
    if (sdse_setting_check(&setting, loc, &r->diags) != SDSE_OK)
        return false;
    if (is(r->result, "kind", "matrix"))
        return decompose_matrix(r, &setting, d);
    struct sdse_layer_weights weights = {.name = r->dir, .values = r->w.data};
    if (!layer_shape(&r->w, &weights.shape) ||
        sdse_weights_stay_raw(&weights.shape, &setting))
        return false;
    if (r->b.source == SDSE_DTYPE_F64) {
        d->shape = weights.shape;
        d->slicing = sdse_slice(&weights.shape, &setting);
        return decompose_blocks(r, &setting,
                                weights.shape.groups * weights.shape.filters, d);
    }
    return sdse_decompose(&weights, &setting, 0, d, &r->diags) == SDSE_OK;
}

static bool shapes_match(struct reference *r, const struct sdse_decomposition *d) {
    uint64_t n = d->slicing.basis_size;
    const uint64_t ce[4] = {d->filters, d->slicing.blocks, d->slicing.rows_per_block,
                            n};
    const uint64_t b[4] = {d->filters, d->slicing.blocks, n, n};
    bool same = r->ce.rank == 4 && r->b.rank == 4;
    for (int i = 0; same && i < 4; i++)
        same = r->ce.shape[i] == ce[i] && r->b.shape[i] == b[i];
    if (!same)
        mismatch(r,
                 "slices: expected %u x %" PRIu64 " blocks of %" PRIu64 " rows, got "
                 "%" PRIu64 " x %" PRIu64 " of %" PRIu64,
                 (unsigned)r->ce.shape[0], r->ce.shape[1], r->ce.shape[2], d->filters,
                 d->slicing.blocks, d->slicing.rows_per_block);
    return same;
}

static void compare_matrices(struct reference *r, const struct sdse_decomposition *d) {
    uint64_t different = 0, first = 0;
    for (uint64_t i = 0; i < r->ce.count; i++) {
        if (sdse_coefficient_value(d->ce[i]) == (double)r->ce.data[i])
            continue;
        first = different ? first : i;
        different++;
    }
    if (different)
        mismatch(r,
                 "Ce: %" PRIu64 " of %" PRIu64 " differ; entry %" PRIu64
                 ": expected %g, got %g",
                 different, r->ce.count, first, (double)r->ce.data[first],
                 sdse_coefficient_value(d->ce[first]));
    uint64_t square = (uint64_t)d->slicing.basis_size * d->slicing.basis_size;
    double worst = 0.0;
    uint64_t worst_block = 0;
    for (uint64_t block = 0; block * square < r->b.count; block++) {
        double distance = 0.0, size = 0.0;
        for (uint64_t i = block * square; i < (block + 1) * square; i++) {
            double expected = (double)r->b.data[i];
            distance += pow((double)d->basis[i] - expected, 2.0);
            size += expected * expected;
        }
        double relative = size > 0.0 ? sqrt(distance / size) : sqrt(distance);
        if (!(relative <= worst)) {
            worst = relative;
            worst_block = block;
        }
    }
    if (!(worst <= BASIS_TOLERANCE))
        mismatch(r, "B: block %" PRIu64 " is off by %.3g relative", worst_block, worst);
}

// What the recorded metrics are about, measured on our result.
struct metrics {
    uint64_t nonzeros, rows;
    uint64_t histogram[EXPONENTS]; // by exponent + SDSE_EXPONENT_BIAS
    unsigned exponents, most_in_a_filter;
    int lowest, highest;
    double rel_error;
};

static unsigned distinct(const sdse_coefficient *ce, uint64_t count) {
    bool seen[EXPONENTS] = {false};
    unsigned found = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (ce[i] && !seen[abs(ce[i])]) {
            seen[abs(ce[i])] = true;
            found++;
        }
    }
    return found;
}

static void measure(const struct reference *r, const struct sdse_decomposition *d,
                    struct metrics *m) {
    const struct sdse_slicing *s = &d->slicing;
    uint32_t n = s->basis_size;
    double error = 0.0, size = 0.0;
    *m = (struct metrics){.lowest = EXPONENTS};
    for (uint64_t row = 0; row < d->filters * s->rows; row++) {
        const sdse_coefficient *c = d->ce + row * n;
        uint64_t filter = row / s->rows, local = row % s->rows;
        uint64_t block = filter * s->blocks + local / s->rows_per_block;
        bool alive = false;
        for (uint32_t j = 0; j < n; j++) {
            double w = 0.0;
            for (uint32_t k = 0; k < n; k++)
                w += sdse_coefficient_value(c[k]) *
                     (double)d->basis[(block * n + k) * n + j];
            uint64_t word = local * n + j;
            if (word < s->words) {
                double given = (double)r->w.data[filter * s->words + word];
                error += (given - w) * (given - w);
                size += given * given;
            }
            if (!c[j])
                continue;
            alive = true;
            m->nonzeros++;
            m->histogram[abs(c[j])]++;
        }
        m->rows += alive;
    }
    for (uint64_t filter = 0; filter < d->filters; filter++) {
        unsigned found = distinct(d->ce + filter * s->rows * n, s->rows * n);
        if (found > m->most_in_a_filter)
            m->most_in_a_filter = found;
    }
    for (int e = 0; e < EXPONENTS; e++) {
        if (!m->histogram[e])
            continue;
        m->exponents++;
        m->highest = e - SDSE_EXPONENT_BIAS;
        if (m->lowest == EXPONENTS)
            m->lowest = m->highest;
    }
    m->rel_error = size > 0.0 ? sqrt(error / size) : 0.0;
}

// Largest share of the non-zeros that `width` neighbouring exponents hold.
static double window_share(const struct metrics *m, int width) {
    uint64_t best = 0;
    for (int low = 0; low + width <= EXPONENTS; low++) {
        uint64_t held = 0;
        for (int e = low; e < low + width; e++)
            held += m->histogram[e];
        best = held > best ? held : best;
    }
    return m->nonzeros ? (double)best / (double)m->nonzeros : 0.0;
}

static void compare_number(struct reference *r, const struct sdse_node *expected,
                           const char *key, double got) {
    const struct sdse_node *node = sdse_node_get(expected, key);
    if (!node || strcmp(text_of(node), "null") == 0)
        return;
    double value = number(expected, key);
    if (!(fabs(got - value) <= METRIC_TOLERANCE * fabs(value) + 1e-12))
        mismatch(r, "%s: expected %s, got %.10g", key, text_of(node), got);
}

static void compare_histogram(struct reference *r, const struct sdse_node *expected,
                              const struct metrics *m) {
    const struct sdse_node *bins = sdse_node_get(expected, "exp_hist");
    uint64_t recorded = 0;
    for
        SDSE_EACH_CHILD(bin, bins) {
            int code = atoi(bin->key) + SDSE_EXPONENT_BIAS;
            uint64_t got = code >= 0 && code < EXPONENTS ? m->histogram[code] : 0;
            recorded += strtoull(text_of(bin), NULL, 10);
            if (got != strtoull(text_of(bin), NULL, 10))
                mismatch(r, "exp_hist[%s]: expected %s, got %" PRIu64, bin->key,
                         text_of(bin), got);
        }
    if (recorded != m->nonzeros && bins)
        mismatch(r, "exp_hist: %" PRIu64 " non-zeros recorded, got %" PRIu64, recorded,
                 m->nonzeros);
}

static void compare_metrics(struct reference *r, const struct sdse_decomposition *d) {
    const struct sdse_node *saved =
        sdse_node_get(sdse_node_get(r->result, "saved"), "metrics");
    if (!saved) {
        mismatch(r, "result.json has no saved.metrics");
        return;
    }
    static struct metrics m;
    measure(r, d, &m);
    double n = d->slicing.basis_size;
    double all_rows = (double)(d->filters * d->slicing.rows), entries = all_rows * n;
    double basis_bits = 8.0 * n * n * (double)(d->filters * d->slicing.blocks);
    double nonzeros = (double)m.nonzeros, rows = (double)m.rows;
    double element_bits = 4.0 * nonzeros + entries + basis_bits;
    double row_bits = 4.0 * n * rows + all_rows + basis_bits;
    double fp32_bits = 32.0 * (double)r->w.count;
    const struct {
        const char *key;
        double got;
    } numbers[] = {
        {"rel_err", m.rel_error},
        {"ce_size", entries},
        {"ce_nnz", nonzeros},
        {"ce_nonzero_frac", nonzeros / entries},
        {"ce_rows", all_rows},
        {"ce_nonzero_rows", rows},
        {"n_exp_layer", m.exponents},
        {"exp_min", m.lowest},
        {"exp_max", m.highest},
        {"n_exp_unit_max", m.most_in_a_filter},
        {"bits_elem_bitmap", element_bits},
        {"bits_row_bitmap", row_bits},
        {"bits_dense_ce", 4.0 * entries + basis_bits},
        {"bits_fp32", fp32_bits},
        {"cr_elem", fp32_bits / element_bits},
        {"cr_row", fp32_bits / row_bits},
        {"exps_8_window_frac", window_share(&m, 8)},
        {"exps_7_window_frac", window_share(&m, 7)},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        compare_number(r, saved, numbers[i].key, numbers[i].got);
    compare_histogram(r, saved, &m);
}

// True if the case counts as compared.
static bool check(const char *dir, bool scaled, unsigned *mismatches) {
    struct reference r = {.dir = dir, .arena = sdse_arena_new()};
    sdse_diags_init(&r.diags, r.arena);
    bool compared = true;
    struct sdse_decomposition d = {0};
    if (!r.arena || !read_result(&r)) {
        mismatch(&r, "cannot read the case");
    } else if (!is(r.result, "status", "ok") ||
               (!scaled && !is(r.result, "scale", "false"))) {
        compared = false;
    } else if (!read_arrays(&r)) {
        mismatch(&r, "cannot read the matrices");
    } else if (!decompose(&r, &d)) {
        mismatch(&r, "cannot decompose W.npy");
    } else if (shapes_match(&r, &d)) {
        compare_matrices(&r, &d);
        compare_metrics(&r, &d);
    }
    sdse_diags_print(&r.diags, stderr, false);
    *mismatches += r.mismatches;
    sdse_decomposition_free(&d);
    sdse_array_free(&r.w);
    sdse_array_free(&r.ce);
    sdse_array_free(&r.b);
    sdse_arena_free(r.arena);
    return compared;
}

int main(int argc, char **argv) {
    bool scaled = argc > 1 && strcmp(argv[1], "--scaled") == 0;
    unsigned cases = 0, mismatches = 0, skipped = 0;
    for (int i = scaled ? 2 : 1; i < argc; i++) {
        if (check(argv[i], scaled, &mismatches))
            cases++;
        else
            skipped++;
    }
    if (skipped)
        printf("%u skipped (column scaling, or the reference did not finish)\n",
               skipped);
    printf("%u cases, %u mismatches\n", cases, mismatches);
    return mismatches ? 1 : 0;
}
