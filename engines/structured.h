// Structured sparsity N:M: of every M consecutive weights of a row at most N are not
// zero, and only those have a multiplier.
//
// Weights [K][L]. Groups of M consecutive elements of a row; the last may be short, m'.
// Stored and executed per group: min(N, m') slots, non-zeros and padding, with an index
// of ceil(log2 M) bits each. A group with more than N non-zeros is a violation; any
// violation, or N >= M, makes the whole tensor dense: every element a slot, no index
// [chosen]. A row takes ceil(slots / width) cycles; `units` rows at a time, in lock
// step; a density below N:M saves nothing. Whole groups of activations are fetched and
// a multiplexer selects [chosen].
// Source: NVIDIA A100 architecture (2:4); docs/engines.md.
#ifndef SDSE_ENGINES_STRUCTURED_H
#define SDSE_ENGINES_STRUCTURED_H

#include "engines/engine.h"

struct sdse_structured {
    uint32_t kept, group;  // N, M >= 1
    uint32_t width, units; // slots of a row per cycle, rows at a time; >= 1
    uint32_t value_bits;   // of a weight, >= 1
};

#define SDSE_STRUCTURED_COUNTS(X)                                    \
    X(cycles, "cycles")                                              \
    X(slots, "values stored and executed [values]")                  \
    X(effectual, "non-zeros [values]")                               \
    X(padding, "slots - effectual [values]")                         \
    X(value_bits, "slots * bits of a value [bits]")                  \
    X(meta_bits, "indices [bits]")                                   \
    X(act_words_fetched, "K L: whole groups of activations [words]") \
    X(violations, "groups with more than N non-zeros [groups]")

struct sdse_structured_counts {
    SDSE_STRUCTURED_COUNTS(SDSE_COUNT_FIELD)
};

const char *sdse_structured_fault(const struct sdse_structured *engine);

// weights [rows][length]
enum sdse_status sdse_structured_count(const struct sdse_structured *engine,
                                       const int32_t *weights, uint64_t rows,
                                       uint64_t length,
                                       struct sdse_structured_counts *counts);

// The same for a tensor of which only the non-zeros and violations are known.
enum sdse_status sdse_structured_count_known(const struct sdse_structured *engine,
                                             uint64_t rows, uint64_t length,
                                             uint64_t nonzero, uint64_t violations,
                                             struct sdse_structured_counts *counts);

#endif
