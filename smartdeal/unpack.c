#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "smartdeal/bits.h"
#include "smartdeal/pack.h"

// Reads one coefficient; false if no packing writes this field.
static bool get_code(const struct sdse_coded_layer *layer, bool with_zero,
                     struct sdse_bit_reader *fields, int8_t *code) {
    uint32_t bits = layer->coefficient_bits;
    uint32_t field = sdse_get_bits(fields, bits);
    uint32_t size = field & ((UINT32_C(1) << (bits - 1)) - 1);
    bool negative = field >> (bits - 1) & 1;
    size += with_zero ? 0 : 1;
    *code = (int8_t)(negative ? -(int32_t)size : (int32_t)size);
    return !fields->ran_out && size <= layer->window && !(negative && !size);
}

static const char bad_code[] = "a coefficient code is outside its window";

static const char *unpack_row(struct sdse_coded_layer *layer, int8_t *codes,
                              struct sdse_bit_reader *fields,
                              struct sdse_bit_reader *index) {
    uint32_t n = layer->slicing.basis_size;
    bool by_row = layer->store == SDSE_STORE_ROW_INDEX;
    bool bitmap = layer->store == SDSE_STORE_ELEMENT_BITMAP;
    if (by_row && !sdse_get_bits(index, 1))
        return NULL;
    bool alive = false;
    for (uint32_t k = 0; k < n; k++) {
        if (bitmap && !sdse_get_bits(index, 1))
            continue;
        if (!get_code(layer, !bitmap, fields, &codes[k]))
            return bad_code;
        alive = alive || codes[k];
    }
    return by_row && !alive ? "a row marked as kept holds no coefficient" : NULL;
}

static const char *unpack_block_runs(struct sdse_coded_layer *layer, int8_t *codes,
                                     uint64_t count, struct sdse_bit_reader *fields,
                                     struct sdse_bit_reader *index) {
    uint32_t escape = (UINT32_C(1) << layer->run_bits) - 1;
    bool escaped = false; // the last run was one without a coefficient
    for (uint64_t at = 0; at < count;) {
        uint32_t run = sdse_get_bits(index, layer->run_bits);
        if (index->ran_out)
            return "the run lengths end too early";
        escaped = run == escape;
        if (run >= count - at && !escaped)
            return "a run of zeros goes beyond its block";
        at += run;
        if (!escaped && !get_code(layer, false, fields, &codes[at++]))
            return bad_code;
    }
    return NULL;
}

static const char *unpack_codes(const struct sdse_packed *packed,
                                struct sdse_coded_layer *layer) {
    struct sdse_bit_reader fields = {
        .bytes = packed->data[SDSE_SECTION_COEFFICIENTS],
        .bits = packed->bits.section[SDSE_SECTION_COEFFICIENTS]};
    struct sdse_bit_reader index = {.bytes = packed->data[SDSE_SECTION_INDEX],
                                    .bits = packed->bits.section[SDSE_SECTION_INDEX]};
    const struct sdse_slicing *s = &layer->slicing;
    const char *wrong = NULL;
    if (layer->store == SDSE_STORE_RUN_LENGTH) {
        int8_t *codes = layer->codes;
        for (uint64_t b = 0; !wrong && b < layer->filters * s->blocks; b++) {
            uint64_t count = sdse_block_rows(s, b % s->blocks) * s->basis_size;
            wrong = unpack_block_runs(layer, codes, count, &fields, &index);
            codes += count;
        }
    } else {
        for (uint64_t row = 0; !wrong && row < layer->filters * s->rows; row++)
            wrong =
                unpack_row(layer, layer->codes + row * s->basis_size, &fields, &index);
    }
    if (!wrong && (fields.ran_out || index.ran_out))
        wrong = "the index asks for more coefficients than there are";
    return wrong;
}

static const char *unpack_words(const uint8_t *bytes, uint64_t count, uint32_t bits,
                                int16_t *words) {
    struct sdse_bit_reader reader = {.bytes = bytes, .bits = count * bits};
    for (uint64_t i = 0; i < count; i++) {
        int32_t word = sdse_sign_extend(sdse_get_bits(&reader, bits), bits);
        if (word == -(INT32_C(1) << (bits - 1)))
            return "a word is the one negative number that has no positive";
        words[i] = (int16_t)word;
    }
    return NULL;
}

static const char *unpack_scales(const struct sdse_packed *packed,
                                 struct sdse_coded_layer *layer, uint64_t blocks) {
    struct sdse_bit_reader reader = {.bytes = packed->data[SDSE_SECTION_SCALE],
                                     .bits = blocks * layer->scale_bits};
    for (uint64_t i = 0; i < blocks; i++) {
        int64_t scale = (int64_t)layer->top_scale -
                        (int64_t)sdse_get_bits(&reader, layer->scale_bits);
        if (scale < INT16_MIN || scale > INT16_MAX)
            return "a block's scale is out of range";
        layer->scale[i] = (int16_t)scale;
    }
    return NULL;
}

static const char *check_padding(const struct sdse_packed *packed) {
    for (int s = 0; s < SDSE_SECTIONS; s++) {
        uint64_t bits = packed->bits.section[s];
        if (bits % 8 && packed->data[s][bits / 8] >> bits % 8)
            return "bits behind the end of a section are set";
    }
    return NULL;
}

// Lengths that follow from the shape alone, before anything is allocated for them.
static const char *check_lengths(const struct sdse_packed *packed,
                                 const struct sdse_coded_layer *layer,
                                 uint64_t *entries, uint64_t *blocks,
                                 uint64_t *basis_words) {
    static const char bad[] = "section lengths do not fit the layer's shape";
    const uint64_t *bits = packed->bits.section;
    const struct sdse_slicing *s = &layer->slicing;
    uint64_t n = s->basis_size, expected, rows;
    if (layer->raw) {
        uint64_t filters, each, words;
        if (!sdse_weight_count(&layer->shape, &filters, &each, &words) ||
            !sdse_mul_u64(words, layer->weight_bits, &expected))
            return bad;
        *entries = words;
        for (int i = 0; i < SDSE_SECTIONS; i++)
            if (bits[i] != (i == SDSE_SECTION_RAW ? expected : 0))
                return bad;
        return NULL;
    }
    if (bits[SDSE_SECTION_RAW] || !sdse_mul_u64(layer->filters, s->rows, &rows) ||
        !sdse_mul_u64(rows, n, entries) ||
        !sdse_mul_u64(layer->filters, s->blocks, blocks) ||
        !sdse_mul_u64(*blocks, n * n, basis_words) ||
        !sdse_mul_u64(*basis_words, layer->basis_bits, &expected) ||
        bits[SDSE_SECTION_BASIS] != expected ||
        bits[SDSE_SECTION_SCALE] / layer->scale_bits != *blocks)
        return bad;
    uint64_t index = bits[SDSE_SECTION_INDEX];
    bool fits = true;
    switch (layer->store) {
    case SDSE_STORE_ELEMENT_BITMAP:
        fits = index == *entries;
        break;
    case SDSE_STORE_ROW_INDEX:
        fits = index == rows;
        break;
    case SDSE_STORE_RUN_LENGTH:
        // A run covers at most 2^run_bits entries: a large matrix needs many.
        fits = *entries >> layer->run_bits <= index;
        break;
    case SDSE_STORE_DENSE:
    case SDSE_STORES:
        fits = !index && sdse_mul_u64(*entries, layer->coefficient_bits, &expected) &&
               bits[SDSE_SECTION_COEFFICIENTS] == expected;
        break;
    }
    return fits ? NULL : bad;
}

static const char out_of_memory[] = "out of memory";

static const char *unpack_parts(const struct sdse_packed *packed,
                                struct sdse_coded_layer *layer, uint64_t entries,
                                uint64_t blocks, uint64_t basis_words) {
    if (layer->raw) {
        layer->raw_words = calloc(entries ? entries : 1, sizeof *layer->raw_words);
        if (!layer->raw_words)
            return out_of_memory;
        return unpack_words(packed->data[SDSE_SECTION_RAW], entries, layer->weight_bits,
                            layer->raw_words);
    }
    layer->codes = calloc(entries ? entries : 1, sizeof *layer->codes);
    layer->basis = calloc(basis_words ? basis_words : 1, sizeof *layer->basis);
    layer->scale = calloc(blocks ? blocks : 1, sizeof *layer->scale);
    if (!layer->codes || !layer->basis || !layer->scale)
        return out_of_memory;
    const char *wrong = unpack_codes(packed, layer);
    if (!wrong)
        wrong = unpack_words(packed->data[SDSE_SECTION_BASIS], basis_words,
                             layer->basis_bits, layer->basis);
    if (!wrong)
        wrong = unpack_scales(packed, layer, blocks);
    return wrong;
}

// What was read must be what would be written: the one check that needs no cases.
static const char *check_canonical(const struct sdse_packed *packed,
                                   const struct sdse_coded_layer *layer) {
    struct sdse_stored_bits bits = sdse_count_stored_bits(layer);
    return memcmp(&bits, &packed->bits, sizeof bits) == 0
               ? NULL
               : "section lengths do not fit the coefficients";
}

static void release(struct sdse_coded_layer *layer) {
    free(layer->raw_words);
    free(layer->codes);
    free(layer->basis);
    free(layer->scale);
    layer->raw_words = NULL;
    layer->codes = NULL;
    layer->basis = NULL;
    layer->scale = NULL;
}

enum sdse_status sdse_unpack(const struct sdse_packed *packed,
                             struct sdse_coded_layer *layer, const char **wrong) {
    uint64_t entries = 0, blocks = 0, basis_words = 0;
    layer->raw_words = NULL;
    layer->codes = NULL;
    layer->basis = NULL;
    layer->scale = NULL;
    const char *why = check_lengths(packed, layer, &entries, &blocks, &basis_words);
    if (!why)
        why = check_padding(packed);
    if (!why)
        why = unpack_parts(packed, layer, entries, blocks, basis_words);
    if (!why)
        why = check_canonical(packed, layer);
    if (!why)
        return SDSE_OK;
    release(layer);
    if (why == out_of_memory)
        return SDSE_NO_MEMORY;
    *wrong = why;
    return SDSE_INVALID;
}
