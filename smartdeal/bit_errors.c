#include "smartdeal/bit_errors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "smartdeal/bits.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"

double sdse_bit_error_rate(double v_over_vmin) {
    static const double curve[][2] = {{0.750, 0.2056},    {0.792, 0.05573},
                                      {0.833, 0.01115},   {0.875, 0.001290},
                                      {0.917, 0.0000687}, {0.958, 0.00000191}};
    enum { POINTS = sizeof curve / sizeof *curve };
    if (!(v_over_vmin < 1))
        return 0;
    unsigned i = 0; // the piece, or the last one
    while (i + 2 < POINTS && v_over_vmin > curve[i + 1][0])
        i++;
    const double low = log10(curve[i][1]), high = log10(curve[i + 1][1]);
    const double at = (v_over_vmin - curve[i][0]) / (curve[i + 1][0] - curve[i][0]);
    return pow(10, low + at * (high - low));
}

// splitmix64 of a position: a number for each, in any order.
static uint64_t mixed(uint64_t value) {
    uint64_t state = value;
    return sdse_random_u64(&state);
}

static uint64_t threshold(double p) {
    return p >= 1 ? UINT64_MAX : p > 0 ? (uint64_t)(p * 0x1p64) : 0;
}

bool sdse_bit_fails(uint64_t seed, uint64_t stream, uint64_t bit, double p) {
    const uint64_t chip = mixed(seed ^ mixed(stream));
    return mixed(chip + bit * UINT64_C(0x9e3779b97f4a7c15)) < threshold(p);
}

// Flips bits of a stream; returns how many.
static uint64_t flip(uint64_t seed, uint64_t stream, double p, uint64_t bits,
                     uint8_t *bytes) {
    const uint64_t chip = mixed(seed ^ mixed(stream)), limit = threshold(p);
    uint64_t flips = 0;
    for (uint64_t i = 0; limit && i < bits; i++) {
        if (mixed(chip + i * UINT64_C(0x9e3779b97f4a7c15)) >= limit)
            continue;
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        flips++;
    }
    return flips;
}

// Streams of a chip: the sections, then plain words, then lists and indices.
enum { STREAM_WORDS = SDSE_SECTIONS, STREAM_LISTS, STREAM_INDICES };

// --- Reading what may make no sense ---

static int8_t read_code(const struct sdse_coded_layer *layer, bool with_zero,
                        struct sdse_bit_reader *fields) {
    const uint32_t bits = layer->coefficient_bits;
    if (fields->bits - fields->bit < bits)
        return 0;
    const uint32_t field = sdse_get_bits(fields, bits);
    uint32_t size = field & ((UINT32_C(1) << (bits - 1)) - 1);
    size += with_zero ? 0 : 1;
    size = size > layer->window ? layer->window : size;
    return (int8_t)(field >> (bits - 1) & 1 ? -(int32_t)size : (int32_t)size);
}

static uint64_t entries_of(const struct sdse_coded_layer *layer) {
    return layer->slicing.rows * layer->slicing.basis_size;
}

// One filter's codes from where the readers stand.
static void read_filter(const struct sdse_coded_layer *layer, int8_t *codes,
                        struct sdse_bit_reader *fields, struct sdse_bit_reader *index) {
    const uint32_t n = layer->slicing.basis_size;
    memset(codes, 0, (size_t)entries_of(layer));
    if (layer->store == SDSE_STORE_RUN_LENGTH) {
        const uint32_t escape = (UINT32_C(1) << layer->run_bits) - 1;
        for (uint64_t b = 0; b < layer->slicing.blocks; b++) {
            const uint64_t count = sdse_block_rows(&layer->slicing, b) * n;
            for (uint64_t at = 0; at < count;) {
                if (index->bits - index->bit < layer->run_bits)
                    return;
                const uint32_t run = sdse_get_bits(index, layer->run_bits);
                at += run;
                if (run != escape && at < count)
                    codes[at++] = read_code(layer, false, fields);
            }
            codes += count;
        }
        return;
    }
    const bool by_row = layer->store == SDSE_STORE_ROW_INDEX;
    const bool bitmap = layer->store == SDSE_STORE_ELEMENT_BITMAP;
    for (uint64_t row = 0; row < layer->slicing.rows; row++, codes += n) {
        if (by_row && !sdse_get_bits(index, 1))
            continue;
        for (uint32_t k = 0; k < n; k++)
            if (!bitmap || sdse_get_bits(index, 1))
                codes[k] = read_code(layer, !bitmap, fields);
    }
}

static int16_t saturated(int64_t word, uint32_t bits) {
    const int64_t most = (INT64_C(1) << (bits - 1)) - 1;
    return (int16_t)(word > most ? most : word < -most ? -most : word);
}

// One filter rebuilt; what does not fit is the largest that does.
static void rebuild(const struct sdse_coded_layer *layer, uint64_t filter,
                    int16_t *words) {
    const struct sdse_slicing *s = &layer->slicing;
    const uint32_t n = s->basis_size;
    for (uint64_t i = 0; i < s->rows; i++) {
        const uint64_t block = filter * s->blocks + i / s->rows_per_block;
        const int8_t *codes = layer->codes + (filter * s->rows + i) * n;
        const int16_t *basis = layer->basis + block * n * n;
        const int32_t shift =
            layer->weight_exponent - layer->lowest - layer->scale[block];
        for (uint32_t j = 0; j < n && i * n + j < s->words; j++) {
            int64_t sum = 0;
            for (uint32_t k = 0; k < n; k++) {
                const int64_t term =
                    codes[k] ? basis[k * n + j] * (INT64_C(1) << (abs(codes[k]) - 1))
                             : 0;
                sum += codes[k] < 0 ? -term : term;
            }
            words[i * n + j] =
                saturated(sdse_shift_round(sum, shift), layer->weight_bits);
        }
    }
}

// --- A layer ---

// Bits of codes and index that filters 0 … f - 1 take, for each f.
struct place {
    uint64_t code_bit, index_bit;
};

static enum sdse_status find_places(const struct sdse_coded_layer *layer,
                                    struct place *places) {
    struct sdse_coded_layer one = *layer;
    one.filters = 1;
    for (uint64_t f = 0; f < layer->filters; f++) {
        one.codes = layer->codes + f * entries_of(layer);
        const struct sdse_stored_bits bits = sdse_count_stored_bits(&one);
        places[f + 1] =
            (struct place){places[f].code_bit + bits.section[SDSE_SECTION_COEFFICIENTS],
                           places[f].index_bit + bits.section[SDSE_SECTION_INDEX]};
    }
    return SDSE_OK;
}

// Codes, basis and scale of *read (a copy that owns none of them) from flipped
// sections.
static void read_sections(const struct sdse_packed *packed, const struct place *places,
                          bool restart, struct sdse_coded_layer *read) {
    struct sdse_bit_reader reader[SDSE_SECTIONS];
    for (int s = 0; s < SDSE_SECTIONS; s++)
        reader[s] = (struct sdse_bit_reader){.bytes = packed->data[s],
                                             .bits = packed->bits.section[s]};
    for (uint64_t f = 0; f < read->filters; f++) {
        if (restart) {
            reader[SDSE_SECTION_COEFFICIENTS].bit = places[f].code_bit;
            reader[SDSE_SECTION_INDEX].bit = places[f].index_bit;
        }
        read_filter(read, read->codes + f * entries_of(read),
                    &reader[SDSE_SECTION_COEFFICIENTS], &reader[SDSE_SECTION_INDEX]);
    }
    const uint64_t n = read->slicing.basis_size;
    const uint64_t blocks = read->filters * read->slicing.blocks;
    for (uint64_t i = 0; i < blocks * n * n; i++)
        read->basis[i] = (int16_t)sdse_sign_extend(
            sdse_get_bits(&reader[SDSE_SECTION_BASIS], read->basis_bits),
            read->basis_bits);
    for (uint64_t i = 0; i < blocks; i++)
        read->scale[i] = (int16_t)(read->top_scale -
                                   (int32_t)sdse_get_bits(&reader[SDSE_SECTION_SCALE],
                                                          read->scale_bits));
}

// Plain words of the whole layer, out of what is stored.
static enum sdse_status read_words(const struct sdse_coded_layer *layer,
                                   const struct sdse_bit_errors *errors, uint64_t each,
                                   int16_t *words, uint64_t *flips) {
    struct sdse_packed packed;
    enum sdse_status status = sdse_pack(layer, &packed);
    if (status != SDSE_OK)
        return status;
    for (unsigned s = 0; s < SDSE_SECTIONS; s++)
        *flips += flip(errors->seed, s, errors->section[s], packed.bits.section[s],
                       packed.data[s]);
    if (layer->raw) {
        struct sdse_bit_reader reader = {.bytes = packed.data[SDSE_SECTION_RAW],
                                         .bits = packed.bits.section[SDSE_SECTION_RAW]};
        for (uint64_t i = 0; i < layer->filters * each; i++)
            words[i] = (int16_t)sdse_sign_extend(
                sdse_get_bits(&reader, layer->weight_bits), layer->weight_bits);
        sdse_packed_free(&packed);
        return SDSE_OK;
    }
    const uint64_t n = layer->slicing.basis_size;
    const uint64_t blocks = layer->filters * layer->slicing.blocks;
    struct sdse_coded_layer read = *layer;
    struct place *places = calloc((size_t)layer->filters + 1, sizeof *places);
    read.codes = malloc((size_t)(layer->filters * entries_of(layer)) + 1);
    read.basis = calloc((size_t)(blocks * n * n) + 1, sizeof *read.basis);
    read.scale = calloc((size_t)blocks + 1, sizeof *read.scale);
    status =
        places && read.codes && read.basis && read.scale ? SDSE_OK : SDSE_NO_MEMORY;
    if (status == SDSE_OK)
        status = find_places(layer, places);
    if (status == SDSE_OK) {
        read_sections(&packed, places, errors->restart, &read);
        for (uint64_t f = 0; f < layer->filters; f++)
            rebuild(&read, f, words + f * each);
    }
    free(read.codes);
    free(read.basis);
    free(read.scale);
    free(places);
    sdse_packed_free(&packed);
    return status;
}

// The word of `bits` bits with those bits flipped that fail in plain words.
static int16_t flipped_word(const struct sdse_bit_errors *errors, uint64_t stream,
                            double p, uint64_t at, uint32_t bits, int16_t word,
                            uint64_t *flips) {
    uint32_t read = (uint32_t)word & ((UINT32_C(1) << bits) - 1);
    for (uint32_t b = 0; b < bits; b++) {
        if (!sdse_bit_fails(errors->seed, stream, at * bits + b, p))
            continue;
        read ^= UINT32_C(1) << b;
        ++*flips;
    }
    return (int16_t)sdse_sign_extend(read, bits);
}

enum sdse_status sdse_faulty_values(const struct sdse_coded_layer *layer,
                                    const struct sdse_bit_errors *errors, float *values,
                                    uint64_t *flips) {
    uint64_t filters, each, all, count = 0;
    if (!sdse_weight_count(&layer->shape, &filters, &each, &all))
        return SDSE_OVERFLOW;
    int16_t *words = malloc((size_t)(all + 1) * sizeof *words);
    enum sdse_status status =
        words ? read_words(layer, errors, each, words, &count) : SDSE_NO_MEMORY;
    for (uint64_t i = 0; i < all && status == SDSE_OK; i++) {
        const int16_t word = errors->words > 0
                                 ? flipped_word(errors, STREAM_WORDS, errors->words, i,
                                                layer->weight_bits, words[i], &count)
                                 : words[i];
        values[i] = (float)ldexp(word, layer->weight_exponent);
    }
    free(words);
    if (flips)
        *flips = count;
    return status;
}

// --- Distinct words ---

enum sdse_status sdse_faulty_unique(int16_t *words, uint64_t outputs, uint64_t inputs,
                                    uint32_t word_bits,
                                    const struct sdse_unique_lists *lists,
                                    const struct sdse_bit_errors *errors,
                                    uint64_t *flips) {
    const uint64_t block =
        lists->outputs_per_block && lists->outputs_per_block < outputs
            ? lists->outputs_per_block
            : outputs;
    const uint64_t group = lists->inputs_per_width && lists->inputs_per_width < inputs
                               ? lists->inputs_per_width
                               : inputs;
    const size_t values = (size_t)1 << word_bits;
    int16_t *list = malloc(values * sizeof *list);
    uint32_t *place = calloc(values, sizeof *place);
    uint64_t count = 0, list_at = 0, index_bit = 0;
    const double rate = errors->section[SDSE_SECTION_INDEX];
    for (uint64_t first = 0; list && place && first < outputs; first += block) {
        const uint64_t end = first + block < outputs ? first + block : outputs;
        for (uint64_t from = 0; from < inputs; from += group) {
            const uint64_t to = from + group < inputs ? from + group : inputs;
            uint64_t longest = 0;
            for (uint64_t i = from; i < to; i++) {
                const uint64_t length = sdse_unique_list(words, inputs, i, first, end,
                                                         word_bits, place, list, NULL);
                longest = length > longest ? length : longest;
            }
            const uint32_t width = sdse_unique_index_bits(longest);
            for (uint64_t i = from; i < to; i++) {
                const uint32_t length = sdse_unique_list(words, inputs, i, first, end,
                                                         word_bits, place, list, NULL);
                for (uint32_t u = 0; u < length; u++)
                    list[u] = flipped_word(errors, STREAM_LISTS,
                                           errors->section[SDSE_SECTION_BASIS],
                                           list_at++, word_bits, list[u], &count);
                for (uint64_t o = first; o < end; o++) {
                    int16_t *word = &words[o * inputs + i];
                    uint32_t index =
                        place[(uint32_t)*word & (uint32_t)(values - 1)] - 1;
                    for (uint32_t b = 0; b < width; b++, index_bit++) {
                        if (!sdse_bit_fails(errors->seed, STREAM_INDICES, index_bit,
                                            rate))
                            continue;
                        index ^= UINT32_C(1) << b;
                        count++;
                    }
                    *word = index < length ? list[index] : 0;
                }
            }
        }
    }
    const bool good = list && place;
    free(list);
    free(place);
    if (flips)
        *flips = count;
    return good ? SDSE_OK : SDSE_NO_MEMORY;
}

// --- Cells that hold a value about ---

// A bell-shaped number of variance 1: the sum of twelve uniform ones, less its mean.
static double bell(uint64_t *state) {
    double sum = -6;
    for (int i = 0; i < 6; i++) {
        const uint64_t bits = sdse_random_u64(state);
        sum += (double)(bits >> 32) * 0x1p-32 + (double)(bits & UINT32_MAX) * 0x1p-32;
    }
    return sum;
}

void sdse_vary_values(const struct sdse_cell_variation *variation, uint64_t count,
                      float *values) {
    double largest = 0;
    for (uint64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)values[i]));
    uint64_t state = variation->seed;
    for (uint64_t i = 0; i < count; i++) {
        const bool verified =
            sdse_random_u64(&state) < threshold(variation->verified_share);
        const double sigma = verified ? variation->sigma_verified : variation->sigma;
        values[i] = (float)((double)values[i] + sigma * largest * bell(&state));
    }
}
