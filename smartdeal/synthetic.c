#include "smartdeal/synthetic.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

uint64_t sdse_random_u64(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

// Twelve 32-bit uniforms less their mean, in units of 2^-32: exact in an integer.
static int64_t bell(uint64_t *state) {
    int64_t sum = 0;
    for (int i = 0; i < 6; i++) {
        uint64_t bits = sdse_random_u64(state);
        sum += (int64_t)(bits >> 32) + (int64_t)(bits & UINT32_MAX);
    }
    return sum - 6 * (INT64_C(1) << 32);
}

// 2^(x / 2) for x in units of 2^-32, by squaring roots of two: multiplications and
// square roots only, which IEEE 754 rounds alike everywhere.
static double half_power_of_two(int64_t x) {
    double value = 1.0, root = sqrt(2.0);
    int64_t whole = x >> 32;
    uint32_t fraction = (uint32_t)(x & UINT32_MAX);
    for (; whole > 0; whole--)
        value *= root;
    for (; whole < 0; whole++)
        value /= root;
    for (int bit = 31; bit >= 16; bit--) {
        root = sqrt(root);
        if (fraction >> bit & 1)
            value *= root;
    }
    return value;
}

void sdse_synthetic_weights(const struct sdse_weight_shape *shape, uint64_t seed,
                            float *weights) {
    uint64_t fan_in = shape->channels * shape->kernel_rows * shape->kernel_columns;
    uint64_t filters = shape->groups * shape->filters;
    double he = sqrt(2.0 / (double)fan_in);
    for (uint64_t filter = 0; filter < filters; filter++) {
        uint64_t state = seed ^ (filter + 1) * UINT64_C(0xd1342543de82ef95);
        state = sdse_random_u64(&state);
        double unit = he * half_power_of_two(bell(&state)) * 0x1p-32;
        for (uint64_t i = 0; i < fan_in; i++)
            weights[filter * fan_in + i] = (float)(unit * (double)bell(&state));
    }
}

uint64_t sdse_synthetic_seed(const char *network, const char *layer) {
    struct sdse_hash hash = sdse_hash_join(sdse_hash_bytes(network, strlen(network)),
                                           sdse_hash_bytes(layer, strlen(layer)));
    return hash.low;
}
