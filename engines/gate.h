// Zero gating: a multiplier that sees a zero operand rests for the cycle. Saves energy,
// no time.
//
// Every MAC of the convolution is visited, those of the padding too, where the input
// counts as zero [chosen]. With the condition INPUT (or EITHER) a zero input also
// disables the read of the weight [published: Eyeriss' filter scratchpad].
// Source: Chen et al., Eyeriss, ISSCC 2016, ISCA 2016.
#ifndef SDSE_ENGINES_GATE_H
#define SDSE_ENGINES_GATE_H

#include "engines/engine.h"

// What gates a MAC when it is zero.
enum sdse_gate_condition {
    SDSE_GATE_INPUT,
    SDSE_GATE_WEIGHT,
    SDSE_GATE_EITHER,
    SDSE_GATE_CONDITIONS
};

struct sdse_gate {
    enum sdse_gate_condition condition;
    uint32_t stride, pad; // of both axes; stride >= 1
};

// Activations [C][H][W] and weights [K][C][R][S]. P = (H + 2 pad - R) div stride + 1,
// Q alike; 0 if the window does not fit.
struct sdse_gate_shape {
    uint64_t channels, height, width; // C, H, W
    uint64_t filters, rows, cols;     // K, R, S
};

#define SDSE_GATE_COUNTS(X)                                                        \
    X(macs, "MACs visited, K C R S P Q")                                           \
    X(cycles, "multiplier cycles: a gated MAC takes its cycle")                    \
    X(executed, "MACs whose condition does not hold")                              \
    X(gated, "the others")                                                         \
    X(weight_reads, "MACs with a non-zero input if inputs gate, else all [words]") \
    X(psum_accesses, "2 * executed: read and write of the sum [words] [chosen]")

struct sdse_gate_counts {
    SDSE_GATE_COUNTS(SDSE_COUNT_FIELD)
};

const char *sdse_gate_fault(const struct sdse_gate *engine);

enum sdse_status sdse_gate_count(const struct sdse_gate *engine,
                                 const struct sdse_gate_shape *shape,
                                 const int32_t *acts, const int32_t *weights,
                                 struct sdse_gate_counts *counts);

#endif
