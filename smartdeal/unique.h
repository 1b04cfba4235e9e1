// Weights of a fully connected layer as distinct words of each input, and an index into
// them for each output: the products of an input with its distinct words are made once,
// an output adds those that its indices name (CREW, arXiv 2107.09408).
#ifndef SDSE_SMARTDEAL_UNIQUE_H
#define SDSE_SMARTDEAL_UNIQUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum sdse_word_distribution { SDSE_WORDS_GAUSSIAN, SDSE_WORDS_LAPLACE };

enum { SDSE_MOST_UNIQUE_BITS = 16 };

// How the words are listed. 0 = all of them.
struct sdse_unique_lists {
    uint64_t inputs_per_width;  // consecutive inputs whose indices have one width
    uint64_t outputs_per_block; // consecutive outputs that share lists
};

// What the lists of a layer take. Every input has a list for each block of outputs.
struct sdse_unique_counts {
    uint64_t lists;
    uint64_t words;      // distinct ones, all lists: products of one vector of inputs
    uint64_t index_bits; // ceil(log2 of the longest list of those with one width) each
    uint64_t word_bits;  // words x their bits
    uint64_t table_bits; // one word for each list: its length
    uint64_t most;       // words of the longest list
};

// words      outputs x inputs, of word_bits bits (2 ... SDSE_MOST_UNIQUE_BITS), two's
//            complement
// SDSE_OK; SDSE_NO_MEMORY.
enum sdse_status sdse_unique_count(const int16_t *words, uint64_t outputs,
                                   uint64_t inputs, uint32_t word_bits,
                                   const struct sdse_unique_lists *lists,
                                   struct sdse_unique_counts *counts);

// The layer by products and indices:
//
//     out[p][o] = sum over i of product[i][index[i][o]],  product[i][u] = in[p][i] *
//     word[i][u]
//
// in         positions x inputs
// out        positions x outputs
// products   multiplications done, which is also how many products are kept; sums:
//            products read and added; either may be NULL
// The sums are those of the plain product, in the order of its inputs. The caller keeps
// them within 32 bits. SDSE_OK; SDSE_NO_MEMORY.
enum sdse_status sdse_unique_forward(const int16_t *words, uint64_t outputs,
                                     uint64_t inputs, uint32_t word_bits,
                                     const struct sdse_unique_lists *lists,
                                     const int8_t *in, uint64_t positions, int32_t *out,
                                     uint64_t *products, uint64_t *sums);

// Lists the distinct words of input `i` among outputs first … end - 1, in the order in
// which they come, and puts the index of each output into `index` (NULL: not wanted).
// place: 2^word_bits entries: of each word, cut to its bits, its place in the list from
// 1; 0: it is not there. Returns how many there are.
uint32_t sdse_unique_list(const int16_t *words, uint64_t inputs, uint64_t i,
                          uint64_t first, uint64_t end, uint32_t word_bits,
                          uint32_t *place, int16_t *list, uint32_t *index);

// Distinct words among `draws` independent ones of word_bits bits, quantised
// symmetrically (ties apart, +-(2^(word_bits - 1) - 1) steps over +-range_sigmas
// standard deviations, what is beyond at the ends):
//
//     mean      sum over k of 1 - (1 - p_k)^draws
//     variance  sum over k of q_k - q_k^2 + 2 * sum over k < l of
//               (1 - p_k - p_l)^draws - q_k q_l,   q_k = (1 - p_k)^draws
//
// Source: occupancy of unequal boxes. word_bits: 2 ... 8 (the variance is quadratic in
// the words).
struct sdse_unique_expected {
    double mean, variance;
    double index_bits; // expected ceil(log2 words), as if words were normal
};
struct sdse_unique_expected sdse_unique_expect(enum sdse_word_distribution distribution,
                                               double range_sigmas, uint32_t word_bits,
                                               uint64_t draws);

// Bits of an index into `words` words: ceil(log2 words).
uint32_t sdse_unique_index_bits(uint64_t words);

#endif
