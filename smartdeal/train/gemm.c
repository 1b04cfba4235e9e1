#include "smartdeal/train/gemm.h"

#include <string.h>

// A tile of TILE_ROWS x TILE_COLUMNS sums stays in registers.
enum { TILE_ROWS = 4, TILE_COLUMNS = 8 };

typedef float quad __attribute__((vector_size(16)));

static quad load(const float *from) {
    quad q;
    memcpy(&q, from, sizeof q);
    return q;
}

static void store(float *to, quad q) { memcpy(to, &q, sizeof q); }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// Strips of `width` rows (of a) or columns (of b), each k after k, filled up with
// zeros.
static void pack(const float *data, size_t across, size_t along, size_t count,
                 size_t depth, size_t width, float *out) {
    for (size_t first = 0; first < count; first += width) {
        const size_t used = least(width, count - first);
        const float *strip = data + first * across;
        for (size_t k = 0; k < depth; k++) {
            for (size_t i = 0; i < used; i++)
                *out++ = strip[i * across + k * along];
            for (size_t i = used; i < width; i++)
                *out++ = 0;
        }
    }
}

static void tile(const float *a, const float *b, size_t depth, float *out) {
    quad c00 = {0}, c01 = {0}, c10 = {0}, c11 = {0};
    quad c20 = {0}, c21 = {0}, c30 = {0}, c31 = {0};
    for (size_t k = 0; k < depth; k++, a += TILE_ROWS, b += TILE_COLUMNS) {
        const quad b0 = load(b), b1 = load(b + 4);
        const quad a0 = {a[0], a[0], a[0], a[0]}, a1 = {a[1], a[1], a[1], a[1]};
        const quad a2 = {a[2], a[2], a[2], a[2]}, a3 = {a[3], a[3], a[3], a[3]};
        c00 += a0 * b0;
        c01 += a0 * b1;
        c10 += a1 * b0;
        c11 += a1 * b1;
        c20 += a2 * b0;
        c21 += a2 * b1;
        c30 += a3 * b0;
        c31 += a3 * b1;
    }
    store(out, c00);
    store(out + 4, c01);
    store(out + 8, c10);
    store(out + 12, c11);
    store(out + 16, c20);
    store(out + 20, c21);
    store(out + 24, c30);
    store(out + 28, c31);
}

static void put(const float *sums, size_t rows, size_t columns, float *c, size_t stride,
                bool add) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            const float sum = sums[i * TILE_COLUMNS + j];
            c[i * stride + j] = add ? c[i * stride + j] + sum : sum;
        }
}

static void block(const struct sdse_gemm_space *space, size_t rows, size_t columns,
                  size_t depth, float *c, size_t stride, bool add) {
    float sums[TILE_ROWS * TILE_COLUMNS];
    for (size_t j = 0; j < columns; j += TILE_COLUMNS)
        for (size_t i = 0; i < rows; i += TILE_ROWS) {
            tile(space->a + i * depth, space->b + j * depth, depth, sums);
            put(sums, least(TILE_ROWS, rows - i), least(TILE_COLUMNS, columns - j),
                c + i * stride + j, stride, add);
        }
}

void sdse_gemm(size_t m, size_t n, size_t k, struct sdse_gemm_matrix a,
               struct sdse_gemm_matrix b, float *c, bool add,
               struct sdse_gemm_space *space) {
    for (size_t p = 0; p < k; p += SDSE_GEMM_DEPTH) {
        const size_t depth = least(SDSE_GEMM_DEPTH, k - p);
        for (size_t j = 0; j < n; j += SDSE_GEMM_COLUMNS) {
            const size_t columns = least(SDSE_GEMM_COLUMNS, n - j);
            pack(b.data + p * b.row + j * b.column, b.column, b.row, columns, depth,
                 TILE_COLUMNS, space->b);
            for (size_t i = 0; i < m; i += SDSE_GEMM_ROWS) {
                const size_t rows = least(SDSE_GEMM_ROWS, m - i);
                pack(a.data + i * a.row + p * a.column, a.row, a.column, rows, depth,
                     TILE_ROWS, space->a);
                block(space, rows, columns, depth, c + i * n + j, n, add || p > 0);
            }
        }
    }
}
