#include "engines/structured.h"

#include "engines/arith.h"

const char *sdse_structured_fault(const struct sdse_structured *engine) {
    if (engine->kept < 1 || engine->group < 1)
        return "N and M are at least 1";
    if (engine->width < 1 || engine->units < 1 || engine->value_bits < 1)
        return "there is at least one slot per cycle, one row and one bit";
    return NULL;
}

enum sdse_status sdse_structured_count_known(const struct sdse_structured *engine,
                                             uint64_t rows, uint64_t length,
                                             uint64_t nonzero, uint64_t violations,
                                             struct sdse_structured_counts *counts) {
    uint64_t words, value_bits, meta_bits;
    if (sdse_structured_fault(engine))
        return SDSE_INVALID;
    const bool dense = violations > 0 || engine->kept >= engine->group;
    const uint64_t rest = length % engine->group;
    const uint64_t row_slots = dense ? length
                                     : length / engine->group * engine->kept +
                                           sdse_least_u64(engine->kept, rest);
    if (!SDSE_ELEMENTS(&words, rows, length) ||
        !sdse_mul_u64(rows * row_slots, engine->value_bits, &value_bits) ||
        !sdse_mul_u64(rows * row_slots, dense ? 0 : sdse_index_bits(engine->group),
                      &meta_bits))
        return SDSE_OVERFLOW;
    *counts = (struct sdse_structured_counts){
        .cycles = sdse_ceil_div_u64(rows, engine->units) *
                  sdse_ceil_div_u64(row_slots, engine->width),
        .slots = rows * row_slots,
        .effectual = nonzero,
        .padding = rows * row_slots - nonzero,
        .value_bits = value_bits,
        .meta_bits = meta_bits,
        .act_words_fetched = words,
        .violations = violations,
    };
    return SDSE_OK;
}

enum sdse_status sdse_structured_count(const struct sdse_structured *engine,
                                       const int32_t *weights, uint64_t rows,
                                       uint64_t length,
                                       struct sdse_structured_counts *counts) {
    uint64_t words, nonzero = 0, violations = 0;
    if (sdse_structured_fault(engine))
        return SDSE_INVALID;
    if (!SDSE_ELEMENTS(&words, rows, length))
        return SDSE_OVERFLOW;
    for (uint64_t row = 0; row < rows; row++) {
        for (uint64_t first = 0; first < length; first += engine->group) {
            const uint64_t end = sdse_least_u64(first + engine->group, length);
            uint64_t live = 0;
            for (uint64_t i = first; i < end; i++)
                live += weights[row * length + i] != 0;
            nonzero += live;
            violations += live > engine->kept;
        }
    }
    return sdse_structured_count_known(engine, rows, length, nonzero, violations,
                                       counts);
}
