// The Cartesian product of non-zero activations and non-zero weights (SCNN).
//
//   - Element (i, j) of the grid owns input rows i * th .. of height th = ceil(H / Py),
//     columns alike (tw); trailing elements may be short or empty. Output (p, q) is
//     owned by element (p div ceil(P / Py), q div ceil(Q / Px)). [published for stride
//     1 with same padding, else chosen]
//   - Accumulators of an element: eh x ew per filter, eh = ceil((th + R - 1) / stride);
//     Kc = clamp(floor(acc_entries / (eh * ew)), 1, K) filters are a group; groups one
//     after another (the last may be smaller).
//   - In a group an element does, for each channel, for each phase (fy outer, fx
//   inner):
//     the non-zero activations of its tile with (y + pad) mod stride = fy, (x + pad)
//     mod stride = fx, row-major, in vectors of I; the non-zero weights of (group,
//     channel) with r mod stride = fy, column mod stride = fx, in order k, r, column,
//     in vectors of F. No vector crosses a channel or phase [published]. Activation
//     vectors outer, weight vectors inner (input stationary [published]); a step each,
//     all to all.
//   - A product is valid if its output ((y + pad - r) / stride, (x + pad - col) /
//     stride) is inside P x Q; invalid ones cost a multiplier and no bank.
//   - Bank of a valid product: (((k - k0) * eh + p - p0) * ew + q - q0) mod banks, k0
//     the group's first filter, p0 = max(0, ceil((y0 + pad - R + 1) / stride)) with y0
//     the tile's first row, q0 alike [chosen: the hash is not published].
//   - Queues: 0: a step takes max(1, most products in a bank), nothing is queued. >= 1,
//     cycle by cycle: every non-empty queue drains one; products of the step that still
//     wait enter their queue while it holds fewer; if none waits the next step comes in
//     the next cycle. Unlimited: never waits. At a barrier the element first drains:
//     its longest queue more.
//   - Barrier GROUP [published]: a group takes its slowest element. CHANNEL: queues
//     drain after each channel, and the slowest element of each channel adds up.
//   - Halo words of an element: (k, p, q) that some input position of its tile, zero or
//     not, reaches inside P x Q but another element owns, per owner. Once per group,
//     also with barrier CHANNEL: the largest over elements of its largest destination
//     (MAX) or of its sum (SUM); not hidden [chosen].
// Source: Parashar et al., SCNN, ISCA 2017.
#ifndef SDSE_ENGINES_CARTESIAN_H
#define SDSE_ENGINES_CARTESIAN_H

#include "engines/engine.h"

enum sdse_cartesian_barrier {
    SDSE_CARTESIAN_GROUP,
    SDSE_CARTESIAN_CHANNEL,
    SDSE_CARTESIAN_BARRIERS
};

enum sdse_cartesian_halo {
    SDSE_CARTESIAN_HALO_NONE,
    SDSE_CARTESIAN_HALO_MAX,
    SDSE_CARTESIAN_HALO_SUM,
    SDSE_CARTESIAN_HALOS
};

struct sdse_cartesian {
    uint32_t stride, pad;               // stride >= 1
    uint32_t grid[2];                   // Py, Px >= 1
    uint32_t weight_vector, act_vector; // F, I >= 1
    uint32_t banks, queue;              // banks >= 1; queue: 0 .. SDSE_UNLIMITED
    uint32_t acc_entries;               // accumulators of an element
    enum sdse_cartesian_barrier barrier;
    enum sdse_cartesian_halo halo;
};

// Activations [C][H][W], weights [K][C][R][S].
struct sdse_cartesian_shape {
    uint64_t channels, height, width; // C, H, W
    uint64_t filters, rows, cols;     // K, R, S
};

#define SDSE_CARTESIAN_COUNTS(X)                                                       \
    X(cycles, "cycles, halos included")                                                \
    X(steps, "vectors against vectors [steps]")                                        \
    X(products, "products of non-zeros [products]")                                    \
    X(valid, "products that belong to an output [products]")                           \
    X(invalid, "products - valid [products]")                                          \
    X(bank_stall_cycles, "cycles beyond one per step [element * cycle]")               \
    X(drain_cycles, "cycles in which queues drain before a barrier [element * cycle]") \
    X(halo_words, "sums that another element owns [words]")                            \
    X(halo_touched, "those that got a valid product [words]")                          \
    X(halo_cycles, "cycles of the halos")                                              \
    X(act_reads, "act_vector per activation vector, element, group, channel and "      \
                 "phase, also where no weight is [words] [chosen]")                    \
    X(weight_reads, "weight_vector per step [words]")                                  \
    X(idle_fragment, "steps * F * I - products [slots]")                               \
    X(idle_barrier, "(cycles - halo_cycles) * elements - their busy cycles "           \
                    "[element * cycle]")                                               \
    X(Kc, "filters of a group [filters]")

// cycles_no_banks: the slowest elements' steps and the halos, as if no bank were ever
// waited for. [cycles]
struct sdse_cartesian_counts {
    SDSE_CARTESIAN_COUNTS(SDSE_COUNT_FIELD)
    uint64_t cycles_no_banks;
};

const char *sdse_cartesian_fault(const struct sdse_cartesian *engine);

enum sdse_status sdse_cartesian_count(const struct sdse_cartesian *engine,
                                      const struct sdse_cartesian_shape *shape,
                                      const int32_t *acts, const int32_t *weights,
                                      struct sdse_cartesian_counts *counts);

#endif
