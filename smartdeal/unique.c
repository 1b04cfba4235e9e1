#include "smartdeal/unique.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint32_t sdse_unique_index_bits(uint64_t words) {
    uint32_t bits = 0;
    while (bits < 64 && UINT64_C(1) << bits < words)
        bits++;
    return bits;
}

static uint64_t or_all(uint64_t part, uint64_t all) {
    return part && part < all ? part : all;
}

// The place of every word in a list, from 1; 0: not in it. One entry for each word.
static size_t place_of(int16_t word, uint32_t word_bits) {
    return (size_t)((uint32_t)word & ((UINT32_C(1) << word_bits) - 1));
}

uint32_t sdse_unique_list(const int16_t *words, uint64_t inputs, uint64_t i,
                          uint64_t first, uint64_t end, uint32_t word_bits,
                          uint32_t *place, int16_t *list, uint32_t *index) {
    uint32_t count = 0;
    memset(place, 0, ((size_t)1 << word_bits) * sizeof *place);
    for (uint64_t o = first; o < end; o++) {
        const int16_t word = words[o * inputs + i];
        uint32_t *at = &place[place_of(word, word_bits)];
        if (!*at) {
            list[count] = word;
            *at = ++count;
        }
        if (index)
            index[o - first] = *at - 1;
    }
    return count;
}

enum sdse_status sdse_unique_count(const int16_t *words, uint64_t outputs,
                                   uint64_t inputs, uint32_t word_bits,
                                   const struct sdse_unique_lists *lists,
                                   struct sdse_unique_counts *counts) {
    const uint64_t together = or_all(lists->inputs_per_width, inputs);
    const uint64_t block = or_all(lists->outputs_per_block, outputs);
    const size_t values = (size_t)1 << word_bits;
    uint32_t *place = malloc(values * sizeof *place);
    int16_t *list = malloc(values * sizeof *list);
    *counts = (struct sdse_unique_counts){0};
    for (uint64_t first = 0; place && list && first < outputs; first += block) {
        const uint64_t end = first + block < outputs ? first + block : outputs;
        uint64_t longest = 0, since = 0;
        for (uint64_t i = 0; i < inputs; i++) {
            const uint64_t count = sdse_unique_list(words, inputs, i, first, end,
                                                    word_bits, place, list, NULL);
            counts->lists++;
            counts->words += count;
            longest = count > longest ? count : longest;
            counts->most = count > counts->most ? count : counts->most;
            if (++since < together && i + 1 < inputs)
                continue;
            counts->index_bits +=
                since * (end - first) * sdse_unique_index_bits(longest);
            longest = since = 0;
        }
    }
    counts->word_bits = counts->words * word_bits;
    counts->table_bits = counts->lists * word_bits;
    const bool good = place && list;
    free(place);
    free(list);
    return good ? SDSE_OK : SDSE_NO_MEMORY;
}

enum sdse_status sdse_unique_forward(const int16_t *words, uint64_t outputs,
                                     uint64_t inputs, uint32_t word_bits,
                                     const struct sdse_unique_lists *lists,
                                     const int8_t *in, uint64_t positions, int32_t *out,
                                     uint64_t *products, uint64_t *sums) {
    const uint64_t block = or_all(lists->outputs_per_block, outputs);
    const size_t values = (size_t)1 << word_bits;
    uint32_t *place = malloc(values * sizeof *place);
    int16_t *list = malloc(values * sizeof *list);
    int32_t *product = malloc(values * sizeof *product);
    uint32_t *index = malloc((size_t)(block + 1) * sizeof *index);
    const bool good = place && list && product && index;
    uint64_t made = 0, added = 0;
    if (good)
        memset(out, 0, (size_t)(positions * outputs) * sizeof *out);
    for (uint64_t first = 0; good && first < outputs; first += block) {
        const uint64_t end = first + block < outputs ? first + block : outputs;
        for (uint64_t i = 0; i < inputs; i++) {
            const uint32_t count = sdse_unique_list(words, inputs, i, first, end,
                                                    word_bits, place, list, index);
            for (uint64_t p = 0; p < positions; p++) {
                for (uint32_t u = 0; u < count; u++)
                    product[u] = in[p * inputs + i] * list[u];
                for (uint64_t o = first; o < end; o++)
                    out[p * outputs + o] += product[index[o - first]];
                made += count;
                added += end - first;
            }
        }
    }
    if (products)
        *products = made;
    if (sums)
        *sums = added;
    free(place);
    free(list);
    free(product);
    free(index);
    return good ? SDSE_OK : SDSE_NO_MEMORY;
}

// Chance to be more than x >= 0 standard deviations above the mean.
static double above(enum sdse_word_distribution distribution, double x) {
    return distribution == SDSE_WORDS_GAUSSIAN ? 0.5 * erfc(x / sqrt(2.0))
                                               : 0.5 * exp(-x * sqrt(2.0));
}

// (1 - p)^draws for p that may be tiny.
static double missed(double p, uint64_t draws) {
    return p < 1 ? exp((double)draws * log1p(-p)) : 0;
}

// Expected ceil(log2 U) of U about (mean, variance), whole numbers from 1.
static double expected_bits(double mean, double variance, uint32_t word_bits) {
    double bits = 0;
    for (uint32_t b = 0; b < word_bits; b++) {
        const double edge = (double)(UINT32_C(1) << b) + 0.5; // more than 2^b words
        bits +=
            variance > 0 ? 0.5 * erfc((edge - mean) / sqrt(2 * variance)) : mean > edge;
    }
    return bits;
}

struct sdse_unique_expected sdse_unique_expect(enum sdse_word_distribution distribution,
                                               double range_sigmas, uint32_t word_bits,
                                               uint64_t draws) {
    enum { MOST = 256 };
    const int32_t top = (INT32_C(1) << (word_bits - 1)) - 1;
    const double step = range_sigmas / top; // in standard deviations
    double p[MOST], q[MOST], mean = 0, variance = 0;
    unsigned count = 0;
    for (int32_t k = -top; k <= top; k++) {
        const int32_t size = k < 0 ? -k : k;
        const double inner = above(distribution, fabs(size - 0.5) * step);
        const double outer = size == top ? 0 : above(distribution, (size + 0.5) * step);
        p[count] = size ? inner - outer : 1 - 2 * inner;
        q[count] = missed(p[count], draws);
        mean += 1 - q[count];
        variance += q[count] - q[count] * q[count];
        count++;
    }
    for (unsigned k = 0; k < count; k++)
        for (unsigned l = 0; l < k; l++)
            variance += 2 * (missed(p[k] + p[l], draws) - q[k] * q[l]);
    variance = variance > 0 ? variance : 0;
    return (struct sdse_unique_expected){mean, variance,
                                         expected_bits(mean, variance, word_bits)};
}
