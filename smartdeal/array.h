// An array of numbers read from a file: whatever type the file holds, f32 in C order
// here.
#ifndef SDSE_SMARTDEAL_ARRAY_H
#define SDSE_SMARTDEAL_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The element types we read: name and bytes of one element.
#define SDSE_DTYPE_MAP(X) \
    X(F32, "f32", 4)      \
    X(F64, "f64", 8)      \
    X(F16, "f16", 2)      \
    X(BF16, "bf16", 2)    \
    X(I8, "int8", 1)      \
    X(U8, "uint8", 1)     \
    X(I16, "int16", 2)    \
    X(U16, "uint16", 2)   \
    X(I32, "int32", 4)    \
    X(U32, "uint32", 4)   \
    X(I64, "int64", 8)    \
    X(U64, "uint64", 8)   \
    X(BOOL, "bool", 1)    \
    X(E4M3, "f8_e4m3", 1) \
    X(E5M2, "f8_e5m2", 1)

enum sdse_dtype {
#define SDSE_DTYPE_ENUM(name, text, bytes) SDSE_DTYPE_##name,
    SDSE_DTYPE_MAP(SDSE_DTYPE_ENUM)
#undef SDSE_DTYPE_ENUM
        SDSE_DTYPES
};

bool sdse_machine_is_big_endian(void);

// "f32", …; static storage.
const char *sdse_dtype_name(enum sdse_dtype dtype);
// Bytes of one element, 1 to 8.
size_t sdse_dtype_bytes(enum sdse_dtype dtype);

enum { SDSE_ARRAY_MAX_RANK = 8 };

// Owned by whoever received it; release with sdse_array_free.
struct sdse_array {
    enum sdse_dtype source; // what the file held
    unsigned rank;          // dimensions [0 … SDSE_ARRAY_MAX_RANK]; 0 is a scalar
    uint64_t shape[SDSE_ARRAY_MAX_RANK]; // outermost first [elements]
    uint64_t count;                      // product of the shape [elements]
    float *data;                         // C order: the last index varies fastest
};

// Frees the data and clears the array. NULL and an empty array are fine.
void sdse_array_free(struct sdse_array *array);

// *count = product of shape[0 … rank-1]. Returns false, leaving *count alone, if it
// exceeds 64 bits.
bool sdse_shape_count(const uint64_t *shape, unsigned rank, uint64_t *count);

// Turns `count` elements of type `dtype` at `bytes` (any alignment) into floats.
//
// Integers and f64 are rounded to the nearest float (integers are exact up to 2^24);
// f16, bf16 and the two of 8 bits are exact. NaN and infinity stay what they are.
// Returns the number of finite f64 values beyond the range of f32 (they became
// infinite); 0 for other types.
uint64_t sdse_decode_f32(enum sdse_dtype dtype, bool big_endian,
                         const unsigned char *bytes, size_t count, float *out);

// A byte of sign, exponent and `mantissa_bits` as a number, without the codes that a
// type keeps for NaN and infinity. bias: of the exponent. Exact.
double sdse_small_float(unsigned bits, unsigned mantissa_bits, int bias);

#endif
