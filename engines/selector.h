// SmartExchange's index selector: zero coefficient rows and zero activation rows are
// found by their index, and skipped where a whole sharing group agrees.
//
// Output rows P = (H + 2 pad - R) div stride + 1. A pair (k, c, r, p) joins coefficient
// row (k, c, r) with activation row h = p * stride + r - pad; a row is zero if all its
// elements are, and a row of the padding is a zero activation row [chosen].
//
// Filters run in passes of `slices`, one per slice. In a pass, `group` consecutive
// filters, counted from its first, share the broadcast activation row [published] (the
// last group may be shorter); groups have a selector each and run at the same time, a
// pass ends with its slowest group, passes add [chosen].
//
//     visit(c, r, p) <=> (skip_weight_rows => some filter of the group has a non-zero
//                         row (c, r)) and (skip_act_rows => the activation row is not
//                         zero);  what is not visited is skipped in time
//
// In a visited pair a filter whose own row is zero is gated (no rebuild, no MACs) if
// skip_weight_rows; otherwise it works.
// Order in a group: for p, for channels c0 = 0, lines, 2 lines .., for r, channels c0
// .. c0 + lines - 1 on lines 0 .. lines - 1. Source: Zhao et al., SmartExchange, ISCA
// 2020; docs/engines.md.
#ifndef SDSE_ENGINES_SELECTOR_H
#define SDSE_ENGINES_SELECTOR_H

#include "engines/engine.h"

// How the lines of a group wait for each other; not published, and moves the speed by a
// factor of two [chosen].
enum sdse_selector_sync {
    SDSE_SELECTOR_STEP, // the lines of a step (p, c0, r) wait for the slowest visited
                        // pair; a step without visited pairs takes no time
    SDSE_SELECTOR_TILE, // lines are independent: the longest sum over the pass
    SDSE_SELECTOR_PACK, // per p, visited pairs are dealt to the lines, `lines` at a
                        // time: the sum of the maxima
    SDSE_SELECTOR_SYNCS
};

// What a visited pair costs.
enum sdse_selector_cost {
    SDSE_SELECTOR_CONST, // row_cycles
    // The activation row on a line of `lanes` serial multipliers: for each segment of
    // `lanes` outputs q and each tap, max(1, most booth4 digits of the 8-bit values at
    // x = q * stride + tap - pad_w), summed; zeros outside the map, so that a row of
    // the padding costs kernel_width * ceil(Q / lanes). [published: row stationary,
    // weights broadcast; chosen: the time of a step]
    SDSE_SELECTOR_LINE,
    SDSE_SELECTOR_COSTS
};

struct sdse_selector {
    uint32_t stride, pad;          // stride >= 1
    uint32_t slices, group, lines; // >= 1
    enum sdse_selector_sync sync;
    bool skip_weight_rows, skip_act_rows;
    enum sdse_selector_cost cost;
    uint32_t row_cycles;                 // CONST
    uint32_t kernel_width, lanes, pad_w; // LINE; lanes >= 1
};

// Coefficients [K][C][R][n], activations [C][H][W].
struct sdse_selector_shape {
    uint64_t filters, channels, rows, row_words; // K, C, R, n
    uint64_t height, width;                      // H, W
};

// Which rows live, and what they cost, when the tensors themselves are not at hand.
struct sdse_selector_rows {
    const uint8_t *live_weights; // [K][C][R] 0 or 1
    const uint8_t *live_acts;    // [C][H] 0 or 1
    const uint64_t *cycles;      // [C][H] cost of a visited pair, or NULL: row_cycles
    uint64_t padding_cycles;     // of a row of the padding; used with cycles
    bool times_only;             // of the counts only cycles and reads are asked for
};

#define SDSE_SELECTOR_COUNTS(X)                                                       \
    X(cycles, "cycles")                                                               \
    X(cycles_no_selector, "cycles of the same run with both skips off")               \
    X(pairs, "K C R P")                                                               \
    X(slots, "visited pairs of filters: time given to them [pairs]")                  \
    X(skipped_in_time, "pairs - slots")                                               \
    X(rebuilds, "working pairs: a rebuild per use [chosen]")                          \
    X(skipped_in_energy, "pairs - rebuilds")                                          \
    X(rebuilds_held, "rows (k, c, r) that work at least once: rebuilt once and held") \
    X(input_row_reads, "one broadcast read per visited pair of a group [rows] "       \
                       "[chosen: no reuse over r or p]")                              \
    X(input_row_reads_avoided, "reads with both skips off - input_row_reads [rows]")  \
    X(input_words_avoided, "input_row_reads_avoided * W, of the padding too [words] " \
                           "[chosen]")

struct sdse_selector_counts {
    SDSE_SELECTOR_COUNTS(SDSE_COUNT_FIELD)
};

const char *sdse_selector_fault(const struct sdse_selector *engine);

// ce [K][C][R][n], acts [C][H][W]. SDSE_INVALID: a fault, or with the cost LINE an
// activation outside -128 .. 127.
enum sdse_status sdse_selector_count(const struct sdse_selector *engine,
                                     const struct sdse_selector_shape *shape,
                                     const int32_t *ce, const int32_t *acts,
                                     struct sdse_selector_counts *counts);

// The same from rows; row_words is not looked at.
enum sdse_status sdse_selector_count_rows(const struct sdse_selector *engine,
                                          const struct sdse_selector_shape *shape,
                                          const struct sdse_selector_rows *rows,
                                          struct sdse_selector_counts *counts);

// Cost LINE of one activation row: digits [width] are the booth4 digits of its values.
uint64_t sdse_selector_line_cycles(const struct sdse_selector *engine,
                                   const uint8_t *digits, uint64_t width);
// And of a row of the padding.
uint64_t sdse_selector_padding_cycles(const struct sdse_selector *engine,
                                      uint64_t width);

#endif
