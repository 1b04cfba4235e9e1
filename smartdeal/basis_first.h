// Kernels as combinations of a few that a whole layer shares, with coefficients 0, +1
// and -1: the input is convolved with the shared kernels first, and outputs add and
// subtract what comes out (the order of ESCALATE, MICRO 2021).
#ifndef SDSE_SMARTDEAL_BASIS_FIRST_H
#define SDSE_SMARTDEAL_BASIS_FIRST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "smartdeal/slicing.h"

enum {
    SDSE_MOST_BASES = 64,
    SDSE_MOST_SHARED_TAPS = 441 // of a kernel, 21 x 21: the search for the singular
                                // vectors grows with the cube of them
};

// Whether kernels of so many taps can be decomposed; else a diagnostic
// [basis-first-taps] at `loc`, about the layer called `name`.
bool sdse_basis_first_check(const char *name, uint64_t taps, struct sdse_loc loc,
                            struct sdse_diags *diags);

// A layer of `kernels` kernels of `taps` taps each. One owner; free with
// sdse_basis_first_free.
struct sdse_basis_first {
    uint64_t kernels; // groups x filters x channels
    uint32_t taps, bases;
    int8_t *coefficient;    // kernels x bases: -1, 0, 1
    int16_t *basis;         // bases x taps, of basis_bits bits
    int32_t basis_exponent; // a word w of a basis means w * 2^basis_exponent
    uint64_t nonzero;
    double rel_error, weight_norm; // ||W - C B|| / ||W||, B in fixed point; ||W||
};

// Bases: the `bases` leading right singular vectors of the kernels x taps matrix.
// Coefficients: of the projection on each, those of at least 0.7 of its mean size
// become
// +-1 (ternary weights, Li et al., arXiv:1605.04711); then the bases are those that fit
// best (least squares) and are rounded to basis_bits. No training follows: the error is
// that of the decomposition alone.
// weights    kernels x taps, finite; at most SDSE_MOST_SHARED_TAPS
// bases      1 ... taps; more are as many as there are taps
// SDSE_OK; SDSE_NO_MEMORY.
enum sdse_status sdse_basis_first(const float *weights, uint64_t kernels, uint32_t taps,
                                  uint32_t bases, uint32_t basis_bits,
                                  struct sdse_basis_first *out);

void sdse_basis_first_free(struct sdse_basis_first *layer);

#endif
