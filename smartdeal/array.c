#include "smartdeal/array.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

bool sdse_machine_is_big_endian(void) {
    const uint16_t one = 1;
    unsigned char first;
    memcpy(&first, &one, 1);
    return first == 0;
}

const char *sdse_dtype_name(enum sdse_dtype dtype) {
    static const char *const names[SDSE_DTYPES] = {
#define SDSE_DTYPE_NAME(name, text, bytes) text,
        SDSE_DTYPE_MAP(SDSE_DTYPE_NAME)
#undef SDSE_DTYPE_NAME
    };
    return names[dtype];
}

size_t sdse_dtype_bytes(enum sdse_dtype dtype) {
    static const size_t sizes[SDSE_DTYPES] = {
#define SDSE_DTYPE_BYTES(name, text, bytes) bytes,
        SDSE_DTYPE_MAP(SDSE_DTYPE_BYTES)
#undef SDSE_DTYPE_BYTES
    };
    return sizes[dtype];
}

void sdse_array_free(struct sdse_array *array) {
    if (!array)
        return;
    free(array->data);
    *array = (struct sdse_array){0};
}

bool sdse_shape_count(const uint64_t *shape, unsigned rank, uint64_t *count) {
    uint64_t product = 1;
    for (unsigned i = 0; i < rank; i++)
        if (!sdse_mul_u64(product, shape[i], &product))
            return false;
    *count = product;
    return true;
}

// The element's bytes as an unsigned number, whatever the byte order of the machine.
static uint64_t load_bits(const unsigned char *bytes, size_t size, bool big_endian) {
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | bytes[big_endian ? i : size - 1 - i];
    return bits;
}

static float float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double double_from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits.
static float float_from_half(uint32_t half) {
    uint32_t sign = (half & 0x8000u) << 16;
    uint32_t exponent = half >> 10 & 0x1fu;
    uint32_t fraction = half & 0x3ffu;
    if (exponent == 0x1f)
        return float_from_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent != 0)
        return float_from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float value = (float)fraction * 0x1p-24f; // subnormal or zero: exact
    return sign ? -value : value;
}

double sdse_small_float(unsigned bits, unsigned mantissa_bits, int bias) {
    const unsigned mantissa = bits & ((1u << mantissa_bits) - 1);
    const int exponent = (int)((bits & 0x7f) >> mantissa_bits);
    const double value = exponent ? ldexp(mantissa + (double)(1u << mantissa_bits),
                                          exponent - bias - (int)mantissa_bits)
                                  : ldexp(mantissa, 1 - bias - (int)mantissa_bits);
    return bits & 0x80 ? -value : value;
}

// Micikevicius et al., arXiv:2209.05433: E4M3 has no infinity, E5M2 those of IEEE 754.
static float float_from_e4m3(unsigned bits) {
    return (bits & 0x7f) == 0x7f ? NAN : (float)sdse_small_float(bits, 3, 7);
}

static float float_from_e5m2(unsigned bits) {
    if ((bits & 0x7f) > 0x7c)
        return NAN;
    if ((bits & 0x7f) == 0x7c)
        return bits & 0x80 ? -INFINITY : INFINITY;
    return (float)sdse_small_float(bits, 2, 15);
}

static float decode(enum sdse_dtype dtype, uint64_t bits) {
    switch (dtype) {
    case SDSE_DTYPE_F32:
        return float_from_bits((uint32_t)bits);
    case SDSE_DTYPE_F16:
        return float_from_half((uint32_t)bits);
    case SDSE_DTYPE_BF16:
        return float_from_bits((uint32_t)bits << 16);
    case SDSE_DTYPE_I8:
        return (float)(int8_t)(uint8_t)bits;
    case SDSE_DTYPE_I16:
        return (float)(int16_t)(uint16_t)bits;
    case SDSE_DTYPE_I32:
        return (float)(int32_t)(uint32_t)bits;
    case SDSE_DTYPE_I64:
        return (float)(int64_t)bits;
    case SDSE_DTYPE_BOOL:
        return bits ? 1 : 0;
    case SDSE_DTYPE_E4M3:
        return float_from_e4m3((unsigned)bits);
    case SDSE_DTYPE_E5M2:
        return float_from_e5m2((unsigned)bits);
    default:
        return (float)bits; // unsigned
    }
}

uint64_t sdse_decode_f32(enum sdse_dtype dtype, bool big_endian,
                         const unsigned char *bytes, size_t count, float *out) {
    // Doubles from here on round to infinity: halfway between FLT_MAX and 2^128.
    const double overflow = 0x1.ffffffp127;
    size_t size = sdse_dtype_bytes(dtype);
    uint64_t out_of_range = 0;
    if (dtype == SDSE_DTYPE_F32 && big_endian == sdse_machine_is_big_endian()) {
        if (count > 0)
            memcpy(out, bytes, count * sizeof *out);
        return 0;
    }
    for (size_t i = 0; i < count; i++, bytes += size) {
        uint64_t bits = load_bits(bytes, size, big_endian);
        if (dtype != SDSE_DTYPE_F64) {
            out[i] = decode(dtype, bits);
            continue;
        }
        double value = double_from_bits(bits);
        if (isfinite(value) && fabs(value) >= overflow) {
            out_of_range++;
            out[i] = value < 0 ? -INFINITY : INFINITY;
        } else {
            out[i] = (float)value;
        }
    }
    return out_of_range;
}
