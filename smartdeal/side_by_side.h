// Private to smartdeal/blocks*.c: the pass over blocks in lanes, compiled once for each
// kind of vector. A file that includes this says how many doubles a vector holds
// (SIDE_LANES), how they are rounded to floats (SIDE_SINGLE) and what the function is
// to be called (SIDE_NAME).
//
// A block stays in its lane until it ends, then the next one takes the lane. One pass
// over the rows of all lanes' blocks
//
//     Ce <- A B^-1, rounded, small rows and entries zeroed;  Q <- powers of two
//     Q'Q and Q'A, over the even and the odd rows apart
//
// does what the loop in smartdeal/block.c does in five; a new block starts with Ce = A
// and thresholds of 0.
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "smartdeal/blocks.h"
#include "smartdeal/lsq.h"

#define ALWAYS static inline __attribute__((always_inline))

typedef double vec __attribute__((vector_size(SIDE_LANES * 8)));
typedef int64_t mask __attribute__((vector_size(SIDE_LANES * 8)));

enum {
    L = SIDE_LANES,
    MOST = SDSE_SIDE_BY_SIDE_BASIS,
    SQUARE = MOST * MOST,
};

ALWAYS vec load(const double *from) {
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

ALWAYS void store(double *to, vec v) { memcpy(to, &v, sizeof v); }

ALWAYS vec all(double x) { return (vec){0} + x; }

ALWAYS mask all_bits(int64_t x) { return (mask){0} + x; }

// a where m, else b.
ALWAYS vec choose(mask m, vec a, vec b) {
    return (vec)(((mask)a & m) | ((mask)b & ~m));
}

ALWAYS vec size_of(vec x) { return (vec)((mask)x & all_bits(INT64_MAX)); }

ALWAYS vec single(vec x) { return (vec)SIDE_SINGLE(x); }

// sdse_nearest_pow2 of each, at most `top`; a zero keeps no sign.
ALWAYS vec power_of_two(vec x, vec top) {
    const mask sign_bit = all_bits(INT64_MIN);
    const mask sign = (mask)x & sign_bit;
    mask power = (((mask)x & ~sign_bit) + all_bits(INT64_C(0x0007ffffffffffff))) &
                 all_bits(INT64_C(0x7ff0000000000000));
    power = (mask)choose((mask)((vec)power > top), top, (vec)power);
    return (vec)(power | (sign & (mask)((vec)power > all(0.0))));
}

// The blocks in the lanes, and what is known of them.
struct side {
    const struct sdse_blocks *blocks;
    uint64_t stride;       // rows of a lane, even
    double *a, *q, *other; // [stride][n][L]: weights, Q, and Q of the pass before
    double *rows_major, *columns, *c_columns, *scratch; // of one block
    uint64_t next;                                      // block to be fetched
    bool busy[L], ends[L], converged[L];
    uint64_t block[L], rows[L];
    uint32_t passes[L];
    mask fresh; // lanes in their first pass
    vec theta, row_theta, most_change;
    vec gram[SQUARE], right[SQUARE], basis[SQUARE], inverse[SQUARE];
};

// --- A pass over the rows ---

ALWAYS void pass(struct side *s, const uint32_t n) {
    const struct sdse_block_rule *rule = &s->blocks->rule;
    const bool rounds = !rule->double_precision, drops = rule->row_threshold > 0;
    const vec top = all(rule->max_coefficient), theta = s->theta;
    const mask fresh = s->fresh;
    vec p[SQUARE], most = all(0.0);
    for (uint32_t i = 0; i < n * n; i++)
        p[i] = s->inverse[i];
    for (uint32_t odd = 0; odd < 2; odd++) {
        vec gram[SQUARE], right[SQUARE];
        for (uint32_t i = 0; i < n * n; i++)
            gram[i] = right[i] = all(0.0);
        for (uint64_t row = odd; row < s->stride; row += 2) {
            const uint64_t at = row * n * L;
            vec a[MOST], c[MOST];
            for (uint32_t j = 0; j < n; j++)
                a[j] = load(s->a + at + (uint64_t)j * L);
            for (uint32_t j = 0; j < n; j++) {
                vec sum = a[0] * p[j];
                for (uint32_t k = 1; k < n; k++)
                    sum += a[k] * p[k * n + j];
                c[j] = choose(fresh, a[j], rounds ? single(sum) : sum);
            }
            if (drops) {
                vec norm = all(0.0);
                for (uint32_t j = 0; j < n; j++)
                    norm += size_of(c[j]);
                const mask keep = ~(mask)(norm < s->row_theta);
                for (uint32_t j = 0; j < n; j++)
                    c[j] = (vec)((mask)c[j] & keep);
            }
            for (uint32_t j = 0; j < n; j++) {
                c[j] = (vec)((mask)c[j] & ~(mask)(size_of(c[j]) < theta));
                c[j] = power_of_two(c[j], top);
                const vec change =
                    size_of(c[j] - load(s->other + at + (uint64_t)j * L));
                most = choose((mask)(change > most), change, most);
                store(s->q + at + (uint64_t)j * L, c[j]);
            }
            for (uint32_t i = 0; i < n; i++) {
                for (uint32_t j = 0; j <= i; j++)
                    gram[i * n + j] += c[i] * c[j];
                for (uint32_t j = 0; j < n; j++)
                    right[i * n + j] += c[i] * a[j];
            }
        }
        for (uint32_t i = 0; i < n * n; i++) {
            s->gram[i] = odd ? s->gram[i] + gram[i] : gram[i];
            s->right[i] = odd ? s->right[i] + right[i] : right[i];
        }
    }
    s->most_change = most;
}

// --- The small matrices ---

ALWAYS vec root(vec x) {
    for (int l = 0; l < L; l++)
        x[l] = sqrt(x[l]);
    return x;
}

// As factor() and solve() of smartdeal/lsq.c; lanes where it fails are 0 in the mask.
ALWAYS mask solve_gram(struct side *s, const uint32_t n) {
    vec *g = s->gram, *x = s->basis;
    const vec *right = s->right;
    vec largest = all(0.0), smallest = all((double)INFINITY);
    for (uint32_t i = 0; i < n; i++) {
        const vec d = g[i * n + i];
        largest = choose((mask)(d > largest), d, largest);
        smallest = choose((mask)(d < smallest), d, smallest);
    }
    mask good = (mask)(smallest > SDSE_LSQ_NORM_SPREAD * largest) &
                (mask)(smallest > all(DBL_MIN / DBL_EPSILON));
    for (uint32_t j = 0; j < n; j++) {
        vec pivot = g[j * n + j];
        const vec whole = pivot;
        for (uint32_t k = 0; k < j; k++)
            pivot -= g[j * n + k] * g[j * n + k];
        good &= (mask)(pivot > SDSE_LSQ_PIVOT_FLOOR * whole);
        // Lanes that failed go on with numbers that do no harm.
        g[j * n + j] = root(choose(good, pivot, all(1.0)));
        for (uint32_t i = j + 1; i < n; i++) {
            vec sum = g[i * n + j];
            for (uint32_t k = 0; k < j; k++)
                sum -= g[i * n + k] * g[j * n + k];
            g[i * n + j] = sum / g[j * n + j];
        }
    }
    for (uint32_t column = 0; column < n; column++) {
        for (uint32_t i = 0; i < n; i++) {
            vec sum = right[i * n + column];
            for (uint32_t k = 0; k < i; k++)
                sum -= g[i * n + k] * x[k * n + column];
            x[i * n + column] = sum / g[i * n + i];
        }
        for (uint32_t i = n; i-- > 0;) {
            vec sum = x[i * n + column];
            for (uint32_t k = i + 1; k < n; k++)
                sum -= g[k * n + i] * x[k * n + column];
            x[i * n + column] = sum / g[i * n + i];
        }
    }
    return good;
}

ALWAYS vec square_sum(const vec *matrix, const uint32_t n) {
    vec sum = all(0.0);
    for (uint32_t i = 0; i < n * n; i++)
        sum += matrix[i] * matrix[i];
    return sum;
}

// As sdse_lsq_inverse by elimination; lanes where it fails are 0 in the mask.
ALWAYS mask invert(struct side *s, const uint32_t n) {
    vec left[SQUARE], *p = s->inverse;
    for (uint32_t i = 0; i < n * n; i++) {
        left[i] = s->basis[i];
        p[i] = all(i % (n + 1) == 0 ? 1.0 : 0.0);
    }
    mask good = all_bits(-1);
    for (uint32_t column = 0; column < n; column++) {
        mask best[MOST] = {{0}};
        vec most = size_of(left[column * n + column]);
        for (uint32_t i = column + 1; i < n; i++) {
            const vec size = size_of(left[i * n + column]);
            best[i] = (mask)(size > most);
            most = choose(best[i], size, most);
            for (uint32_t k = column + 1; k < i; k++)
                best[k] &= ~best[i];
        }
        vec pivot_left[MOST], pivot_p[MOST];
        for (uint32_t j = 0; j < n; j++) {
            pivot_left[j] = left[column * n + j];
            pivot_p[j] = p[column * n + j];
        }
        for (uint32_t i = column + 1; i < n; i++) {
            for (uint32_t j = 0; j < n; j++) {
                const vec l = left[i * n + j], r = p[i * n + j];
                left[i * n + j] = choose(best[i], left[column * n + j], l);
                p[i * n + j] = choose(best[i], p[column * n + j], r);
                pivot_left[j] = choose(best[i], l, pivot_left[j]);
                pivot_p[j] = choose(best[i], r, pivot_p[j]);
            }
        }
        good &= (mask)(most > all(0.0));
        const vec pivot = choose(good, pivot_left[column], all(1.0));
        for (uint32_t j = 0; j < n; j++) {
            left[column * n + j] = pivot_left[j] / pivot;
            p[column * n + j] = pivot_p[j] / pivot;
        }
        for (uint32_t i = 0; i < n; i++) {
            if (i == column)
                continue;
            const vec share = left[i * n + column];
            const mask none = (mask)(share == all(0.0));
            for (uint32_t j = 0; j < n; j++) {
                const vec l = left[i * n + j], r = p[i * n + j];
                left[i * n + j] = choose(none, l, l - share * left[column * n + j]);
                p[i * n + j] = choose(none, r, r - share * p[column * n + j]);
            }
        }
    }
    const vec condition = root(square_sum(s->basis, n)) * root(square_sum(p, n));
    return good & (mask)(condition < all(SDSE_LSQ_INVERSE_CONDITION));
}

// --- One lane ---

static void lane_columns(const double *matrix, uint64_t stride, uint32_t n, int lane,
                         double *columns) {
    for (uint32_t j = 0; j < n; j++)
        for (uint64_t i = 0; i < stride; i++)
            columns[j * stride + i] = matrix[(i * n + j) * L + (uint64_t)lane];
}

static void fit_lane(struct side *s, uint32_t n, int lane) {
    double x[SQUARE];
    lane_columns(s->a, s->stride, n, lane, s->columns);
    lane_columns(s->q, s->stride, n, lane, s->c_columns);
    sdse_lsq_tall(s->columns, s->c_columns, s->stride, n,
                  s->blocks->rule.rank_tolerance, s->scratch, x);
    for (uint32_t i = 0; i < n * n; i++)
        s->basis[i][lane] = x[i];
}

static void invert_lane(struct side *s, uint32_t n, int lane) {
    double b[SQUARE], p[SQUARE];
    for (uint32_t i = 0; i < n * n; i++)
        b[i] = s->basis[i][lane];
    sdse_lsq_inverse(b, n, s->blocks->rule.rank_tolerance, p);
    for (uint32_t i = 0; i < n * n; i++)
        s->inverse[i][lane] = p[i];
}

// ||Q - previous Q||_F of a lane <= tolerance, as the plain loops sum it. A sum of
// squares is not below its largest term, so the largest change decides unless it is
// near the tolerance or its square might vanish.
static bool settled(const struct side *s, uint32_t n, int lane) {
    const double tolerance = s->blocks->rule.tolerance, most = s->most_change[lane];
    if (most == 0.0)
        return true;
    if (most > 2 * tolerance && most > 1e-100)
        return false;
    double even = 0.0, odd = 0.0;
    for (uint32_t j = 0; j < n; j++) {
        for (uint64_t i = 0; i < s->stride; i++) {
            const uint64_t at = (i * n + j) * L + (uint64_t)lane;
            const double d = s->q[at] - s->other[at];
            if (i % 2)
                odd += d * d;
            else
                even += d * d;
        }
    }
    return sqrt(even + odd) <= tolerance;
}

static void empty_lane(struct side *s, uint32_t n, int lane, uint64_t from_row) {
    for (uint64_t i = from_row * n; i < s->stride * n; i++)
        s->a[i * L + (uint64_t)lane] = 0.0;
}

// Takes the next block that has rows enough; the others are done on the way.
static void fill_lane(struct side *s, uint32_t n, int lane) {
    s->busy[lane] = false;
    while (s->next < s->blocks->count) {
        const uint64_t index = s->next++;
        const uint64_t rows =
            s->blocks->fetch(s->blocks->context, index, s->rows_major);
        if (rows < n) {
            double ce[SQUARE], basis[SQUARE];
            const struct sdse_block_progress progress = sdse_block_decompose(
                &s->blocks->rule, s->rows_major, rows, s->columns, ce, basis);
            s->blocks->keep(s->blocks->context, index, ce, basis, progress);
            continue;
        }
        for (uint64_t i = 0; i < rows * n; i++)
            s->a[i * L + (uint64_t)lane] = s->rows_major[i];
        empty_lane(s, n, lane, rows);
        s->busy[lane] = true;
        s->block[lane] = index;
        s->rows[lane] = rows;
        s->passes[lane] = 0;
        s->ends[lane] = s->converged[lane] = false;
        s->theta[lane] = s->row_theta[lane] = 0.0;
        s->fresh[lane] = -1;
        return;
    }
    empty_lane(s, n, lane, 0);
    s->fresh[lane] = -1;
}

static void keep_lane(struct side *s, uint32_t n, int lane) {
    double basis[SQUARE];
    for (uint32_t i = 0; i < n * n; i++)
        basis[i] = s->basis[i][lane];
    for (uint64_t i = 0; i < s->rows[lane] * n; i++)
        s->rows_major[i] = s->q[i * L + (uint64_t)lane];
    s->blocks->keep(s->blocks->context, s->block[lane], s->rows_major, basis,
                    (struct sdse_block_progress){.passes = s->passes[lane],
                                                 .converged = s->converged[lane]});
}

// --- All together ---

// What follows a pass: a lane ends with its last pass, or if Q has settled.
static void judge(struct side *s, uint32_t n) {
    const struct sdse_block_rule *rule = &s->blocks->rule;
    for (int lane = 0; lane < L; lane++) {
        if (!s->busy[lane])
            continue;
        if (s->fresh[lane]) {
            s->fresh[lane] = 0;
            s->theta[lane] = rule->threshold;
            s->row_theta[lane] = rule->row_threshold;
        } else {
            s->passes[lane]++;
            if (s->passes[lane] < rule->iterations - 1)
                s->converged[lane] = settled(s, n, lane);
        }
        s->ends[lane] = s->converged[lane] || s->passes[lane] == rule->iterations - 1;
    }
}

ALWAYS void run(struct side *s, const uint32_t n) {
    for (;;) {
        bool busy = false;
        for (int lane = 0; lane < L; lane++)
            busy = busy || s->busy[lane];
        if (!busy)
            return;
        pass(s, n);
        judge(s, n);
        const mask solved = solve_gram(s, n);
        for (int lane = 0; lane < L; lane++)
            if (s->busy[lane] && !solved[lane])
                fit_lane(s, n, lane);
        if (!s->blocks->rule.double_precision)
            for (uint32_t i = 0; i < n * n; i++)
                s->basis[i] = single(s->basis[i]);
        const mask inverted = invert(s, n);
        for (int lane = 0; lane < L; lane++)
            if (s->busy[lane] && !s->ends[lane] && !inverted[lane])
                invert_lane(s, n, lane);
        for (int lane = 0; lane < L; lane++) {
            if (!s->busy[lane] || !s->ends[lane])
                continue;
            keep_lane(s, n, lane);
            fill_lane(s, n, lane);
        }
        double *swap = s->q;
        s->q = s->other;
        s->other = swap;
    }
}

void SIDE_NAME(const struct sdse_blocks *blocks, double *scratch) {
    const uint32_t n = blocks->rule.basis_size;
    struct side s = {.blocks = blocks,
                     .stride = blocks->longest_rows + blocks->longest_rows % 2};
    const uint64_t words = s.stride * n;
    s.a = scratch;
    s.q = s.a + words * L;
    s.other = s.q + words * L;
    s.rows_major = s.other + words * L;
    s.columns = s.rows_major + words;
    s.c_columns = s.columns + words;
    s.scratch = s.c_columns + words;
    memset(s.other, 0, words * L * sizeof *s.other);
    for (int lane = 0; lane < L; lane++)
        fill_lane(&s, n, lane);
    switch (n) {
    case 2:
        run(&s, 2);
        break;
    case 3:
        run(&s, 3);
        break;
    case 4:
        run(&s, 4);
        break;
    default:
        assert(n == 5);
        run(&s, 5);
    }
}
