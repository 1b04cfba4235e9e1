// The inner loop of convolutions and matrix products: a few filters by a row of
// outputs.
#ifndef SDSE_IMPORT_FORWARD_DOT_H
#define SDSE_IMPORT_FORWARD_DOT_H

#include <stdint.h>

enum { SDSE_DOT_FILTERS = 4, SDSE_DOT_OUTPUTS = 4 };

// Reorders the weights of up to 4 filters, w[f * filter_step + t * tap_step], as
// packed[t][4]; filters there are not are 0.
void sdse_dot_pack(const double *w, uint64_t filters, uint64_t filter_step,
                   uint64_t taps, uint64_t tap_step, double *packed);

// out[f * filter_step + q * out_step] += sum over t of packed[t][f] * x[offset[t] + q *
// step] for f < filters <= 4, q < count. Sums run over t in order, whatever the rest
// is. x is readable, though not used, for 3 q more.
void sdse_dot(const double *packed, uint64_t filters, uint64_t taps,
              const uint64_t *offset, const double *x, uint64_t step, uint64_t count,
              double *out, uint64_t filter_step, uint64_t out_step);

#endif
