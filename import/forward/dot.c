#include "import/forward/dot.h"

#include <string.h>

typedef double lanes __attribute__((vector_size(SDSE_DOT_OUTPUTS * sizeof(double))));

void sdse_dot_pack(const double *w, uint64_t filters, uint64_t filter_step,
                   uint64_t taps, uint64_t tap_step, double *packed) {
    for (uint64_t t = 0; t < taps; t++)
        for (uint64_t f = 0; f < SDSE_DOT_FILTERS; f++)
            packed[t * SDSE_DOT_FILTERS + f] =
                f < filters ? w[f * filter_step + t * tap_step] : 0;
}

static inline void load(const double *x, uint64_t step, lanes *v) {
    if (step == 1)
        memcpy(v, x, sizeof *v);
    else
        *v = (lanes){x[0], x[step], x[2 * step], x[3 * step]};
}

void sdse_dot(const double *packed, uint64_t filters, uint64_t taps,
              const uint64_t *offset, const double *x, uint64_t step, uint64_t count,
              double *out, uint64_t filter_step, uint64_t out_step) {
    for (uint64_t q = 0; q < count; q += SDSE_DOT_OUTPUTS) {
        lanes a = {0}, b = {0}, c = {0}, d = {0};
        for (uint64_t t = 0; t < taps; t++) {
            const double *w = packed + t * SDSE_DOT_FILTERS;
            lanes v;
            load(x + offset[t] + q * step, step, &v);
            a += v * w[0];
            b += v * w[1];
            c += v * w[2];
            d += v * w[3];
        }
        const lanes sum[SDSE_DOT_FILTERS] = {a, b, c, d};
        for (uint64_t f = 0; f < filters; f++)
            for (uint64_t i = 0; i < SDSE_DOT_OUTPUTS && q + i < count; i++)
                out[f * filter_step + (q + i) * out_step] += sum[f][i];
    }
}
