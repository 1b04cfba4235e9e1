// The kernel under training's layers beside OpenBLAS, on the products of `sdse train`:
// ratio of the times first, then the largest relative difference of the results.
// Without OpenBLAS (libopenblas-dev, found by pkg-config) it says so: nothing else
// needs it.
#include <stdio.h>

#ifndef SDSE_OPENBLAS
int main(void) {
    puts("skipped: built without OpenBLAS (apt install libopenblas-dev)");
    return 0;
}
#else

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "smartdeal/train/gemm.h"

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static float *matrix(size_t count, unsigned seed) {
    float *values = malloc(count * sizeof *values);
    if (!values) {
        fputs("out of memory\n", stderr);
        exit(3);
    }
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)(seed >> 8) / (float)(1 << 23) - 1;
    }
    return values;
}

// Of one product: m x k by k x n, either transposed as it lies in memory.
static const struct product {
    const char *name;
    int m, n, k, transposed_a, transposed_b;
} products[] = {
    {"mlp forward, 128 images", 128, 256, 784, 0, 1},
    {"mlp gradient of weights", 256, 784, 128, 1, 0},
    {"mlp gradient of inputs", 128, 256, 10, 0, 0},
    {"cnn, second layer, 1 image", 16, 196, 72, 0, 0},
    {"square", 512, 512, 512, 0, 0},
};

static void ours(const struct product *p, const float *a, const float *b, float *c,
                 struct sdse_gemm_space *space) {
    const size_t m = (size_t)p->m, n = (size_t)p->n, k = (size_t)p->k;
    const struct sdse_gemm_matrix left = {a, p->transposed_a ? 1 : k,
                                          p->transposed_a ? m : 1},
                                  right = {b, p->transposed_b ? 1 : n,
                                           p->transposed_b ? k : 1};
    sdse_gemm(m, n, k, left, right, c, false, space);
}

static void theirs(const struct product *p, const float *a, const float *b, float *c) {
    cblas_sgemm(CblasRowMajor, p->transposed_a ? CblasTrans : CblasNoTrans,
                p->transposed_b ? CblasTrans : CblasNoTrans, p->m, p->n, p->k, 1, a,
                p->transposed_a ? p->m : p->k, b, p->transposed_b ? p->k : p->n, 0, c,
                p->n);
}

int main(void) {
    struct sdse_gemm_space *space = malloc(sizeof *space);
    if (!space)
        return 3;
    printf("%-28s %8s %10s %10s %12s\n", "product", "ours/BLAS", "GMAC/s", "BLAS",
           "difference");
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++) {
        const struct product *p = &products[i];
        const size_t macs = (size_t)p->m * (size_t)p->n * (size_t)p->k;
        const size_t times = 200000000 / macs + 1;
        float *a = matrix((size_t)p->m * (size_t)p->k, 1),
              *b = matrix((size_t)p->k * (size_t)p->n, 2),
              *c = matrix((size_t)p->m * (size_t)p->n, 3),
              *d = matrix((size_t)p->m * (size_t)p->n, 4);
        double least[2] = {HUGE_VAL, HUGE_VAL};
        for (int round = 0; round < 5; round++) { // the least of five, in turns
            double start = now_s();
            for (size_t t = 0; t < times; t++)
                ours(p, a, b, c, space);
            least[0] = fmin(least[0], now_s() - start);
            start = now_s();
            for (size_t t = 0; t < times; t++)
                theirs(p, a, b, d);
            least[1] = fmin(least[1], now_s() - start);
        }
        double difference = 0, largest = 0;
        for (size_t j = 0; j < (size_t)p->m * (size_t)p->n; j++) {
            difference = fmax(difference, fabs((double)c[j] - (double)d[j]));
            largest = fmax(largest, fabs((double)d[j]));
        }
        const double work = (double)macs * (double)times * 1e-9;
        printf("%-28s %8.2f %10.2f %10.2f %12.2g\n", p->name, least[0] / least[1],
               work / least[0], work / least[1], difference / largest);
        free(a);
        free(b);
        free(c);
        free(d);
        if (!(difference <= 1e-5 * largest)) {
            fprintf(stderr, "%s: the results differ\n", p->name);
            return 1;
        }
    }
    free(space);
    return 0;
}
#endif
