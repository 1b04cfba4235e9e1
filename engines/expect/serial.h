// What bit-serial columns are expected to take when only the digits' histogram is
// known.
//
// A mean of digits is not enough: at the same mean, eight lanes take 3.50 cycles for
// ReLU-like values where independent digits give 2.72. Values are independent of each
// other; neighbours of real maps are not, and real maxima are somewhat smaller.
//
//   - registers 0 and unlimited, one column: exact (expected maxima and sums of
//   maxima).
//   - 1 and more registers: drawn, fixed seed, standard error given.
//   - first_stage_bits below 6: a column's duration is drawn 2^16 times. A value's
//   digits
//     sit anywhere their recoding allows with equal chance; of two Booth digits +-1 is
//     drawn twice as often as +-2, as uniform values have them [chosen].
#ifndef SDSE_ENGINES_EXPECT_SERIAL_H
#define SDSE_ENGINES_EXPECT_SERIAL_H

#include "engines/expect/mean.h"
#include "engines/serial.h"

// Share of the values with 0, 1, .. digits; adds up to 1.
struct sdse_digit_shares {
    double share[SDSE_DIGITS_MOST + 1];
};

// From a measured histogram. False if it is empty.
bool sdse_digit_shares_counted(const uint64_t histogram[SDSE_DIGITS_MOST + 1],
                               struct sdse_digit_shares *shares);
// Zero with probability zero_share, else `places` digits that are each there with
// probability `density`: Binomial. places <= SDSE_DIGITS_MOST; both in 0 .. 1.
// A mean m of digits alone: zero_share 0, density m / places [chosen].
bool sdse_digit_shares_independent(double zero_share, uint32_t places, double density,
                                   struct sdse_digit_shares *shares);
// The same for bits of the value, recoded: values of bits <= 16 one bits with
// probability `density` each, then taken apart as the operand has it (if signed: their
// sign is as often minus).
bool sdse_digit_shares_of_bits(double zero_share, uint32_t bits, double density,
                               const struct sdse_operand *operand,
                               struct sdse_digit_shares *shares);
double sdse_digit_shares_mean(const struct sdse_digit_shares *shares);

struct sdse_serial_stats {
    struct sdse_digit_shares digits;
    uint64_t values; // of the stream
    uint32_t
        least_cycles; // of a step of zeros: 1 [published]; 0 to see the lanes alone
    uint32_t places;  // offsets that digits sit at; 0: all of the operand's bits
};

struct sdse_serial_means {
    SDSE_SERIAL_COUNTS(SDSE_MEAN_FIELD)
    double standard_error; // of cycles, where they were drawn [cycles]
};

// SDSE_INVALID: a fault of the engine, or shares that do not add up to 1 (+- 1e-6).
enum sdse_status sdse_serial_expect(const struct sdse_serial *engine,
                                    const struct sdse_serial_stats *stats,
                                    struct sdse_serial_means *means);

#endif
