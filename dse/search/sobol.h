// Points of the Sobol sequence, scrambled by a seed.
//
// Coordinate j of point i is the sum modulo 2 of the direction numbers of the binary
// digits of i. A polynomial of degree s, primitive over GF(2), and s odd numbers m_k <
// 2^k make the direction numbers of a dimension:
//
//     m_k = 2 a_1 m_(k-1) ^ 4 a_2 m_(k-2) ^ … ^ 2^s m_(k-s) ^ m_(k-s)
//
// Any 2^k points that begin at a multiple of 2^k have one in each of the 2^k equal
// parts of every axis. Nested scrambling (Owen) keeps that: a digit is flipped, or not,
// by the seed and the digits above it.
//
// Source: Sobol, USSR Comput. Math. Math. Phys. 7(4), 1967; Joe & Kuo, SIAM J. Sci.
// Comput. 30, 2008 (polynomials and m_k, new-joe-kuo-6.21201, their first 32
// dimensions); Owen, 1995.
#ifndef SDSE_DSE_SEARCH_SOBOL_H
#define SDSE_DSE_SEARCH_SOBOL_H

#include <stddef.h>
#include <stdint.h>

enum { SDSE_SOBOL_AXES = 32, SDSE_SOBOL_BITS = 32 };

// Direction numbers, the first digit of a coordinate in the highest bit.
struct sdse_sobol {
    uint32_t direction[SDSE_SOBOL_AXES][SDSE_SOBOL_BITS];
};

void sdse_sobol_begin(struct sdse_sobol *sobol);
// Coordinate `axis` < SDSE_SOBOL_AXES of point `index` < 2^32, in units of 2^-32.
uint32_t sdse_sobol_at(const struct sdse_sobol *sobol, uint64_t index, size_t axis);
// The same, each digit flipped by (seed, axis, the digits above it).
uint32_t sdse_sobol_scrambled(const struct sdse_sobol *sobol, uint64_t index,
                              size_t axis, uint64_t seed);

#endif
