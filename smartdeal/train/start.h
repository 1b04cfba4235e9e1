// Where bucket switching begins: trained weights as C B with a given share of non-zero
// coefficients within the window of exponents that a code has.
#ifndef SDSE_SMARTDEAL_TRAIN_START_H
#define SDSE_SMARTDEAL_TRAIN_START_H

#include "base/status.h"
#include "smartdeal/train/layout.h"

struct sdse_start_rule {
    double density;     // of non-zero coefficients [0, 1], padding not counted
    double least, most; // smallest and largest |c|, powers of two
    unsigned passes;    // of fitting C, then B [>= 1]
};

// Decomposes a layer (filters x words).
//
// Each block is scaled so that its root mean square is most / 4. The mask is the
// layer's share `density` of the largest words so scaled (ties: all of them). Then
// `passes` times: every coefficient of the mask in turn takes the power of two of the
// window that brings its row nearest to the weights, the others held; B is the
// least-squares fit.
//
// c       out: coefficients of the layout, 0 or signed powers of two in least … most
// basis   out: words of its bases
//
// A block of zeros keeps C = 0, B = 0. SDSE_OK or SDSE_NO_MEMORY.
enum sdse_status sdse_train_start(const struct sdse_train_layout *layout,
                                  const struct sdse_start_rule *rule,
                                  const float *weights, double *c, double *basis);

#endif
