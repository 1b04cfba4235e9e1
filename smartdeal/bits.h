// Streams of bits in bytes: the first bit is the lowest of the first byte.
#ifndef SDSE_SMARTDEAL_BITS_H
#define SDSE_SMARTDEAL_BITS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

struct sdse_bit_writer {
    uint8_t *bytes; // zeroed by the caller, large enough
    uint64_t bit;
};

// Appends the low `count` bits of value, count <= 32.
static inline void sdse_put_bits(struct sdse_bit_writer *writer, uint32_t value,
                                 uint32_t count) {
    for (uint32_t done = 0; done < count;) {
        uint32_t place = (uint32_t)(writer->bit & 7), room = 8 - place;
        uint32_t take = count - done < room ? count - done : room;
        uint32_t piece = value >> done & ((UINT32_C(1) << take) - 1);
        writer->bytes[writer->bit >> 3] |= (uint8_t)(piece << place);
        writer->bit += take;
        done += take;
    }
}

struct sdse_bit_reader {
    const uint8_t *bytes;
    uint64_t bit, bits;
    bool ran_out; // something was read beyond the end (as zeros)
};

// The next `count` bits, count <= 32.
static inline uint32_t sdse_get_bits(struct sdse_bit_reader *reader, uint32_t count) {
    if (reader->bits - reader->bit < count) {
        reader->ran_out = true;
        return 0;
    }
    uint32_t value = 0;
    for (uint32_t done = 0; done < count;) {
        uint32_t place = (uint32_t)(reader->bit & 7), room = 8 - place;
        uint32_t take = count - done < room ? count - done : room;
        uint32_t piece = (uint32_t)reader->bytes[reader->bit >> 3] >> place &
                         ((UINT32_C(1) << take) - 1);
        value |= piece << done;
        reader->bit += take;
        done += take;
    }
    return value;
}

// Two's complement in `bits` bits, 2 <= bits <= 16.
static inline int32_t sdse_sign_extend(uint32_t value, uint32_t bits) {
    assert(bits >= 2 && bits <= 16);
    int32_t half = INT32_C(1) << (bits - 1);
    return (int32_t)value >= half ? (int32_t)value - 2 * half : (int32_t)value;
}

#endif
