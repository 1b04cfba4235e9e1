#include "dse/search/sobol.h"

#include "dse/search/random.h"

enum { MOST_DEGREE = 7 };

// The polynomial, its coefficient of x^k in bit k; and m_1 … m_s. Axis 0 is the digits
// of the index in reverse.
static const struct {
    unsigned polynomial;
    unsigned char m[MOST_DEGREE];
} table[SDSE_SOBOL_AXES] = {
    {1, {0}},
    {3, {1}},
    {7, {1, 3}},
    {11, {1, 3, 1}},
    {13, {1, 1, 1}},
    {19, {1, 1, 3, 3}},
    {25, {1, 3, 5, 13}},
    {37, {1, 1, 5, 5, 17}},
    {41, {1, 1, 5, 5, 5}},
    {47, {1, 1, 7, 11, 19}},
    {55, {1, 1, 5, 1, 1}},
    {59, {1, 1, 1, 3, 11}},
    {61, {1, 3, 5, 5, 31}},
    {67, {1, 3, 3, 9, 7, 49}},
    {91, {1, 1, 1, 15, 21, 21}},
    {97, {1, 3, 1, 13, 27, 49}},
    {103, {1, 1, 1, 15, 7, 5}},
    {109, {1, 3, 1, 15, 13, 25}},
    {115, {1, 1, 5, 5, 19, 61}},
    {131, {1, 3, 7, 11, 23, 15, 103}},
    {137, {1, 3, 7, 13, 13, 15, 69}},
    {143, {1, 1, 3, 13, 7, 35, 63}},
    {145, {1, 3, 5, 9, 1, 25, 53}},
    {157, {1, 3, 1, 13, 9, 35, 107}},
    {167, {1, 3, 1, 5, 27, 61, 31}},
    {171, {1, 1, 5, 11, 19, 41, 61}},
    {185, {1, 3, 5, 3, 3, 13, 69}},
    {191, {1, 1, 7, 13, 1, 19, 1}},
    {193, {1, 3, 7, 5, 13, 19, 59}},
    {203, {1, 1, 3, 9, 25, 29, 41}},
    {211, {1, 3, 5, 13, 23, 1, 55}},
    {213, {1, 3, 7, 3, 13, 59, 17}},
};

void sdse_sobol_begin(struct sdse_sobol *sobol) {
    for (unsigned k = 0; k < SDSE_SOBOL_BITS; k++)
        sobol->direction[0][k] = UINT32_C(1) << (31 - k);
    for (size_t axis = 1; axis < SDSE_SOBOL_AXES; axis++) {
        uint32_t *v = sobol->direction[axis];
        const unsigned polynomial = table[axis].polynomial;
        unsigned degree = 0;
        while (polynomial >> (degree + 1))
            degree++;
        for (unsigned k = 0; k < SDSE_SOBOL_BITS; k++) {
            if (k < degree) {
                v[k] = (uint32_t)table[axis].m[k] << (31 - k);
                continue;
            }
            v[k] = v[k - degree] ^ (v[k - degree] >> degree);
            for (unsigned i = 1; i < degree; i++)
                if (polynomial >> (degree - i) & 1u)
                    v[k] ^= v[k - i];
        }
    }
}

uint32_t sdse_sobol_at(const struct sdse_sobol *sobol, uint64_t index, size_t axis) {
    uint32_t at = 0;
    for (unsigned k = 0; k < SDSE_SOBOL_BITS && index >> k; k++)
        if (index >> k & 1u)
            at ^= sobol->direction[axis][k];
    return at;
}

uint32_t sdse_sobol_scrambled(const struct sdse_sobol *sobol, uint64_t index,
                              size_t axis, uint64_t seed) {
    const uint32_t at = sdse_sobol_at(sobol, index, axis);
    uint32_t flipped = at;
    for (unsigned bit = 0; bit < SDSE_SOBOL_BITS; bit++) {
        const uint64_t above = (uint64_t)at >> bit >> 1;
        const uint64_t place = (uint64_t)axis << 40 | (uint64_t)bit << 32 | above;
        flipped ^= (uint32_t)(sdse_search_stream(seed, place) & 1u) << bit;
    }
    return flipped;
}
