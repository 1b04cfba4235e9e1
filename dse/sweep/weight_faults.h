// What an accelerator's memories do to the weights that they hold: bits that fail below
// the least supply, analogue cells that vary.
#ifndef SDSE_DSE_SWEEP_WEIGHT_FAULTS_H
#define SDSE_DSE_SWEEP_WEIGHT_FAULTS_H

#include "smartdeal/bit_errors.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"

struct sdse_weight_faults {
    bool any;
    struct sdse_bit_errors bits;
    struct sdse_cell_variation cells;
};

// Faults of weights in the form of `setting` on their way through every memory that may
// keep them: a bit that fails in two of them is right again, p + q - 2 p q. Above the
// engine that rebuilds words (or makes products) parts fail, below it words (indices).
// Variation of several analogue memories adds up in squares. Chip 1: its seed is fixed.
struct sdse_weight_faults
sdse_arch_weight_faults(const struct sdse_arch *arch,
                        const struct sdse_form_setting *setting);

#endif
