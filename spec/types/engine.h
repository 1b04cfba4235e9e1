// Engines that make use of zeros and of short numbers: what each is made of. What they
// do to a layer: costmodel/effects.h. The rebuild engine stands in arch.h.
#ifndef SDSE_SPEC_TYPES_ENGINE_H
#define SDSE_SPEC_TYPES_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "spec/types/number.h"

enum sdse_engine_kind {
    SDSE_ENGINE_BIT_SERIAL, // multipliers that take one operand digit by digit
    SDSE_ENGINE_GATE,       // a zero operand saves energy, no time
    SDSE_ENGINE_SKIP,       // zero activations or weights take no time
    SDSE_ENGINE_GATHER,     // the inputs of non-zero weights are gathered
    SDSE_ENGINE_SELECTOR,   // zero rows of coefficients, or of inputs, are left out
    SDSE_ENGINE_CARTESIAN,  // all non-zero weights times all non-zero inputs
    SDSE_ENGINE_PRODUCTS,   // products that several weights share are made once
    SDSE_ENGINE_KINDS
};

enum { SDSE_MAX_ENGINES = 4 };
#define SDSE_ENGINE_UNLIMITED UINT32_MAX // "inf"

// Which operands are tested: of a gate (either: one zero suffices), or skipped.
enum sdse_engine_operands {
    SDSE_OPERANDS_INPUTS,
    SDSE_OPERANDS_WEIGHTS,
    SDSE_OPERANDS_BOTH,
    SDSE_OPERANDS
};

// Fields that another kind does not have are 0. Their meaning: docs/engines.md.
struct sdse_engine {
    enum sdse_engine_kind kind;
    const char *name;
    unsigned below_level; // words that leave this level inwards are those that are left
    unsigned layer_kinds; // set of SDSE_BIT(layer kind): on others it does nothing
    bool free;
    struct sdse_number pj_per_event; // a digit, a test, …: by kind (sdse_engine_event)
    struct sdse_number pj_per_sum;   // products: read one and add it
    struct sdse_number area_um2;     // per instance of below_level
    struct sdse_loc loc;

    // gate, skip, selector; bit-serial, but not both: enum sdse_engine_operands
    uint32_t operands;
    // bit-serial
    uint32_t encoding; // in the order of engines/digits.h: plain, booth4, csd
    uint32_t lanes, columns, registers, first_stage_bits;
    // skip: grid, simd, bubble, tile_columns; cartesian: grid
    uint32_t grid_rows, grid_columns;
    uint32_t simd, bubble, tile_columns;
    // gather
    uint32_t elements, width, tile_outputs, tile_inputs;
    // selector
    uint32_t slices, group, lines, sync;
    // cartesian
    uint32_t weight_vector, input_vector, banks, queue, accumulators, barrier, halo;
    // products
    uint32_t multipliers; // products made per cycle, per instance of below_level
};

// "bit_serial", "gate", …
static inline const char *sdse_engine_kind_name(enum sdse_engine_kind kind) {
    static const char *const names[SDSE_ENGINE_KINDS] = {
        "bit_serial",     "gate",      "skip",          "gather",
        "index_selector", "cartesian", "products_first"};
    return names[kind];
}

// What pj_per_event is paid for, as a word of its key and of explanations.
static inline const char *sdse_engine_event(enum sdse_engine_kind kind) {
    static const char *const events[SDSE_ENGINE_KINDS] = {
        "digit", "test", "issue", "gathered_word", "row", "product", "product"};
    return events[kind];
}

#endif
