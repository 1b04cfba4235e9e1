// A coded layer as real bytes, and back. What is charged is what packing writes.
#ifndef SDSE_SMARTDEAL_PACK_H
#define SDSE_SMARTDEAL_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "smartdeal/coded.h"

// The sections a layer is packed into, each a stream of bits of its own: they may live
// in different memories.
#define SDSE_SECTION_MAP(X)                                                            \
    X(COEFFICIENTS, "coefficients") /* codes, in row order */                          \
    X(INDEX, "index")               /* bitmap of entries or of rows, or run lengths */ \
    X(BASIS, "basis")               /* words of B, two's complement */                 \
    X(SCALE, "scale")               /* top_scale - scale of each block, unsigned */    \
    X(RAW, "raw")                   /* words of a raw layer, two's complement */

enum sdse_section {
#define SDSE_SECTION_ENUM(name, text) SDSE_SECTION_##name,
    SDSE_SECTION_MAP(SDSE_SECTION_ENUM)
#undef SDSE_SECTION_ENUM
        SDSE_SECTIONS
};

// "coefficients", …; static storage.
const char *sdse_section_name(enum sdse_section section);

// Bits of each section. A layer's stored bits are their sum: padding to whole bytes and
// the header of a file are not part of it.
struct sdse_stored_bits {
    uint64_t section[SDSE_SECTIONS];
};

uint64_t sdse_stored_bits_total(const struct sdse_stored_bits *bits);

// The bits packing will write, without writing them. b = coefficient_bits:
//
//     element bitmap   b per non-zero                    + 1 per entry
//     row index        b * n per row with a non-zero     + 1 per row
//     run length       b per non-zero                    + runs (below)
//     dense            b per entry
//     all              basis_bits * n * n + scale_bits per block
//     raw              weight_bits per weight
//
// Entries and rows count padding, as in the released code. Runs start anew at each
// block and hold run_bits each: 0 … 2^run_bits - 2 zeros, then a coefficient; or, with
// all bits set, 2^run_bits - 1 zeros and no coefficient. Zeros at the end of a block
// are covered by runs of the latter kind, of which the last may reach beyond it.
struct sdse_stored_bits sdse_count_stored_bits(const struct sdse_coded_layer *layer);

// The same for a layer whose coefficients and rows that are not zero are counted
// (smartdeal/density.h); for a raw layer they do not matter.
struct sdse_stored_bits sdse_stored_bits_of(const struct sdse_coded_layer *layer,
                                            uint64_t nonzeros, uint64_t live_rows);

// The run_bits of 1 … SDSE_MAX_RUN_BITS with the smallest index; the smaller of equals.
uint32_t sdse_cheapest_run_bits(const struct sdse_coded_layer *layer);

// Packed sections: bits[s] bits in the first bytes of data[s], first bit in the lowest
// place of the first byte, unused bits of the last byte zero. One owner.
struct sdse_packed {
    struct sdse_stored_bits bits;
    uint8_t *data[SDSE_SECTIONS]; // NULL where bits is 0
};

// Returns SDSE_OK or SDSE_NO_MEMORY (*out empty).
enum sdse_status sdse_pack(const struct sdse_coded_layer *layer,
                           struct sdse_packed *out);

void sdse_packed_free(struct sdse_packed *packed);

// Bytes that hold `bits` bits.
uint64_t sdse_packed_bytes(uint64_t bits);

// Fills layer->raw_words, or codes, basis and scale, from packed sections; every other
// field of *layer is given. Everything sdse_pack can write is read back bit for bit;
// anything else is refused: section lengths that do not follow from the shape and the
// index, codes outside the window, a signed zero, a kept row without a coefficient, a
// basis word of -2^(bits-1), runs that end wrongly, padding bits that are set.
//
// Returns SDSE_OK; SDSE_INVALID with a sentence in *wrong (static storage);
// SDSE_NO_MEMORY. Unless SDSE_OK the pointers are left NULL.
enum sdse_status sdse_unpack(const struct sdse_packed *packed,
                             struct sdse_coded_layer *layer, const char **wrong);

#endif
