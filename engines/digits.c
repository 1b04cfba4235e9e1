#include "engines/digits.h"

const char *sdse_operand_fault(const struct sdse_operand *operand) {
    if ((unsigned)operand->recoding >= SDSE_RECODINGS)
        return "the encoding must be plain, booth4 or csd";
    if (operand->bits < 1 || operand->bits > SDSE_OPERAND_BITS)
        return "an operand has 1 to 32 bits";
    if (!operand->is_signed && operand->bits == SDSE_OPERAND_BITS)
        return "an unsigned operand has at most 31 bits";
    return NULL;
}

bool sdse_operand_holds(const struct sdse_operand *operand, int32_t value) {
    const int64_t top = INT64_C(1) << (operand->bits - operand->is_signed);
    return value < top && value >= (operand->is_signed ? -top : 0);
}

uint64_t sdse_digit_offsets(const struct sdse_operand *operand, int32_t value) {
    const int64_t wide = value;
    const uint64_t magnitude = (uint64_t)(wide < 0 ? -wide : wide);
    if (operand->recoding == SDSE_RECODE_PLAIN)
        return magnitude;
    if (operand->recoding == SDSE_RECODE_CSD)
        return (magnitude ^ 3 * magnitude) >> 1;
    // Booth, all digits at once, at the even positions: x(2i) != x(2i-1) is +-1; equal
    // but different from x(2i+1) is +-2.
    const uint64_t even = UINT64_C(0x5555555555555555), x = (uint64_t)wide;
    const uint64_t ones = (x ^ x << 1) & even;
    const uint64_t twos = ~(x ^ x << 1) & (x ^ x >> 1) & even;
    return (ones | twos << 1) & ((UINT64_C(1) << (SDSE_OPERAND_BITS + 2)) - 1);
}

uint32_t sdse_digits_most(const struct sdse_operand *operand) {
    const uint32_t magnitude = operand->bits - operand->is_signed;
    switch (operand->recoding) {
    case SDSE_RECODE_BOOTH4:
        return operand->is_signed ? (operand->bits + 1) / 2 : operand->bits / 2 + 1;
    case SDSE_RECODE_CSD:
        return magnitude / 2 + 1;
    default:
        return magnitude ? magnitude : 1;
    }
}

enum sdse_status sdse_digit_histogram(const struct sdse_operand *operand,
                                      const int32_t *values, uint64_t count,
                                      uint64_t histogram[SDSE_DIGITS_MOST + 1]) {
    uint64_t found[SDSE_DIGITS_MOST + 1] = {0};
    if (sdse_operand_fault(operand))
        return SDSE_INVALID;
    for (uint64_t i = 0; i < count; i++) {
        if (!sdse_operand_holds(operand, values[i]))
            return SDSE_INVALID;
        found[__builtin_popcountll(sdse_digit_offsets(operand, values[i]))]++;
    }
    for (unsigned d = 0; d <= SDSE_DIGITS_MOST; d++)
        histogram[d] += found[d];
    return SDSE_OK;
}

enum sdse_status sdse_digit_bins(const struct sdse_operand *operand,
                                 const int16_t *words, uint64_t count,
                                 double bins[SDSE_DIGITS_MOST + 1]) {
    if (sdse_operand_fault(operand))
        return SDSE_INVALID;
    for (uint64_t i = 0; i < count; i++)
        if (!sdse_operand_holds(operand, words[i]))
            return SDSE_INVALID;
    for (uint64_t i = 0; i < count; i++)
        bins[__builtin_popcountll(sdse_digit_offsets(operand, words[i]))]++;
    return SDSE_OK;
}
