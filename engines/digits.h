// Digits of an operand that a bit-serial multiplier takes one by one.
//
// The digits of a value are a set of offsets (bit positions, from 0): what the shifter
// shifts by. The value 0 has none.
#ifndef SDSE_ENGINES_DIGITS_H
#define SDSE_ENGINES_DIGITS_H

#include "engines/engine.h"

enum sdse_recoding {
    // One bits of |v|; the sign costs nothing. [published for v >= 0, else chosen]
    SDSE_RECODE_PLAIN,
    // Radix-4 modified Booth of the two's complement pattern:
    //     d(i) = x(2i-1) + x(2i) - 2 x(2i+1) in {-2 .. 2}, x(-1) = 0, sign-extended;
    // ceil(bits/2) digits if signed, floor(bits/2) + 1 if not [published]. Non-zero
    // digits count, at offset 2i for +-1 and 2i + 1 for +-2.
    SDSE_RECODE_BOOTH4,
    // Canonical signed digits, no two of them adjacent: the one bits of
    // (|v| xor 3|v|) >> 1. [chosen: nearest to Pragmatic's re-coding of runs]
    SDSE_RECODE_CSD,
    SDSE_RECODINGS
};

enum { SDSE_OPERAND_BITS = 32, SDSE_DIGITS_MOST = 33 };

// The operand as the multiplier has it.
struct sdse_operand {
    enum sdse_recoding recoding;
    uint32_t bits;  // 1 .. 32; unsigned: 1 .. 31
    bool is_signed; // two's complement
};

// What is wrong with the operand, or NULL.
const char *sdse_operand_fault(const struct sdse_operand *operand);
// Whether the operand's bits can hold the value.
bool sdse_operand_holds(const struct sdse_operand *operand, int32_t value);
// Bit o is set if the value has a digit at offset o. The value must be held.
uint64_t sdse_digit_offsets(const struct sdse_operand *operand, int32_t value);
// Most digits any value of the operand has. <= SDSE_DIGITS_MOST
uint32_t sdse_digits_most(const struct sdse_operand *operand);

// histogram[d] += values that have d digits, d = 0 .. SDSE_DIGITS_MOST.
// values [count]. SDSE_INVALID (histogram untouched): a fault, or a value not held.
enum sdse_status sdse_digit_histogram(const struct sdse_operand *operand,
                                      const int32_t *values, uint64_t count,
                                      uint64_t histogram[SDSE_DIGITS_MOST + 1]);

// The same of 16-bit words, in floating point: bins[d] += words that have d digits.
enum sdse_status sdse_digit_bins(const struct sdse_operand *operand,
                                 const int16_t *words, uint64_t count,
                                 double bins[SDSE_DIGITS_MOST + 1]);

#endif
