// Bit-serial multipliers: columns of lanes, one digit of each lane's value per cycle.
//
//     value i:  step t = i div (lanes * columns), column (i div lanes) mod columns,
//               lane i mod lanes; lanes that the last step lacks have no digits
//
//     duration of a column in a step: cycle by cycle, b = the lowest offset still to do
//     in any of its lanes; every lane whose next offset is <= b + 2^L - 1 retires that
//     one digit [published: the 2-stage shifter, L = first_stage_bits]. At least one
//     cycle [published]; none for a column without a single value [chosen].
//
//     A column may begin step t when it has finished t - 1 and every column has
//     finished t - 1 - registers. 0 registers: the pallet; unlimited: free. [published
//     for 0 and 1, beyond: chosen]
//
// Every barrier_steps steps (0: never before the end) all columns wait for each other,
// the stream starts afresh, and cycles add.
// SmartExchange's line is lanes = 8; which lanes wait for each other is not published:
// registers = 0 with all lines as columns, and columns = 1, are the two ends [chosen].
// Source: Albericio et al., Bit-Pragmatic, MICRO 2017; Zhao et al., SmartExchange,
// 2020.
#ifndef SDSE_ENGINES_SERIAL_H
#define SDSE_ENGINES_SERIAL_H

#include "engines/digits.h"

struct sdse_serial {
    struct sdse_operand operand;
    uint32_t first_stage_bits; // L; SDSE_UNLIMITED: every lane retires each cycle
    uint32_t lanes, columns;   // >= 1
    uint32_t registers;        // sets a column may run ahead; or SDSE_UNLIMITED
    uint64_t barrier_steps;    // 0: only at the end
};

#define SDSE_SERIAL_COUNTS(X)                                               \
    X(cycles, "cycles of the stream")                                       \
    X(digits, "digits retired")                                             \
    X(zero_values, "values that are zero")                                  \
    X(busy_column_cycles, "sum of the columns' durations [column * cycle]") \
    X(idle_lane_cycles, "cycles * lanes * columns - digits [lane * cycle]")

struct sdse_serial_counts {
    SDSE_SERIAL_COUNTS(SDSE_COUNT_FIELD)
};

const char *sdse_serial_fault(const struct sdse_serial *engine);

// values [count], in the order of the stream; no values take no cycles.
// SDSE_INVALID: a fault, or a value that the operand's bits do not hold.
enum sdse_status sdse_serial_count(const struct sdse_serial *engine,
                                   const int32_t *values, uint64_t count,
                                   struct sdse_serial_counts *counts);

#endif
