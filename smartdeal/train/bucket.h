// Training W = C B without float masters of C: a coefficient is 0 or a signed power of
// two, and moves by one exponent when a counter of gradient signs reaches a bar
// ("bucket switching").
#ifndef SDSE_SMARTDEAL_TRAIN_BUCKET_H
#define SDSE_SMARTDEAL_TRAIN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "smartdeal/train/layout.h"

enum { SDSE_BUCKET_MOST_BAR = 1023 };

struct sdse_bucket_rule {
    double theta;           // |c| below it is no coefficient (0, 1]
    double max_coefficient; // a power of two; 0 = none
    unsigned switch_bar;    // agreeing signs that move a coefficient [1 … 1023]
    double dead_zone;       // |lr * direction| that counts as no sign [>= 0]
    double momentum_c;      // of the direction; 0 = the sign of the gradient alone
    double momentum_b;      // of the basis
    double weight_decay;    // of both
    uint64_t reset_every;   // steps after which the counters are cleared; 0 = never
    bool frozen;            // C stays what it was at the start
};

// Reports every field out of its domain at `loc`: train-theta (also a theta within 1e-5
// above a power of two, where what is cut and what is the smallest coefficient would
// disagree), train-max, train-bar, train-dead-zone, train-momentum, train-decay.
enum sdse_status sdse_bucket_check(const struct sdse_bucket_rule *rule,
                                   struct sdse_loc loc, struct sdse_diags *diags);

// The smallest 2^i >= theta, i = -10 … 0.
double sdse_bucket_least(double theta);

// The bits of a counter that takes -bar … bar: ceil(log2(2 bar + 1)).
uint32_t sdse_bucket_counter_bits(unsigned switch_bar);

// A layer in training. Per coefficient, filters x blocks x rows x n: c, mask, counter,
// momentum_c; per basis word, filters x blocks x n x n: basis, momentum_b. Made by
// sdse_bucket_start, freed by sdse_bucket_free.
struct sdse_bucket_layer {
    struct sdse_train_layout layout;
    struct sdse_bucket_rule rule;
    double *c;          // 0 or a signed power of two
    uint8_t *mask;      // 1: may ever be non-zero
    int16_t *counter;   // in -bar … bar
    double *momentum_c; // NULL without one
    double *basis, *momentum_b;
    uint64_t steps;
};

// Begins with coefficients that need not be powers of two yet.
//
//     |c| < theta - 1e-5 -> 0, else the power of two nearest in value, a tie going up;
//     the mask is what is not 0 then; what rounding left below theta - 1e-5 becomes 0
//
// raw    coefficients of the layout;    basis   words of its bases; both are copied
//
// The rule has passed sdse_bucket_check. SDSE_OK or SDSE_NO_MEMORY; *out is to be freed
// after either.
enum sdse_status sdse_bucket_start(const struct sdse_train_layout *layout,
                                   const struct sdse_bucket_rule *rule,
                                   const double *raw, const double *basis,
                                   struct sdse_bucket_layer *out);

void sdse_bucket_free(struct sdse_bucket_layer *layer);

// weights (filters x words) = C B, every block by its basis, padding dropped.
void sdse_bucket_weights(const struct sdse_bucket_layer *layer, float *weights);

// What one step did.
struct sdse_bucket_moved {
    uint64_t hits;     // counters that reached the bar
    uint64_t counters; // words of counters that differ from before
    uint64_t codes;    // coefficients that differ from before
};

// One step of the update, with the gradient of the weights (filters x words) and this
// step's learning rate:
//
//     gC = mask o (gW B^T),  gB = C^T gW            both with C, B before the step
//     direction <- momentum_c * direction + gC + decay * C;  u = -lr * direction
//     |u| <= dead_zone -> 0;  counter += sign(u)
//     |counter| = bar, s its sign:  C <- C * 2^(s sign C);  C = 0: C <- s * least
//         counter <- 0
//     all C: clamped to max_coefficient, below theta - 1e-5 -> 0 at once
//     B <- B - lr * (momentum_b * its buffer + gB + decay * B)
//
// Sums in double, in the order of memory. Source: the released training code of
// SmartDeal (Chen et al., arXiv:2101.01163), with underflow to zero in the same step
// (its option --quant-each-step), which a code of the window's exponents needs.
struct sdse_bucket_moved sdse_bucket_step(struct sdse_bucket_layer *layer,
                                          const float *gradient, double learning_rate);

// Coefficients that are not 0 now; those of the mask; distinct |c| > 0.
uint64_t sdse_bucket_nonzeros(const struct sdse_bucket_layer *layer);
uint64_t sdse_bucket_masked(const struct sdse_bucket_layer *layer);
uint64_t sdse_bucket_magnitudes(const struct sdse_bucket_layer *layer);

#endif
