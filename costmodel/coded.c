#include "costmodel/coded.h"

#include <math.h>

#include "engines/expect/compressed.h"
#include "engines/expect/structured.h"
#include "spec/types/touched.h"

struct sdse_words sdse_words_of(const struct sdse_layer *layer, enum sdse_tensor tensor,
                                const struct sdse_weight_form *form) {
    const struct sdse_nest *nest = &layer->nest;
    const uint64_t *b = nest->bound;
    struct sdse_words words = {.density = sdse_layer_density(layer, tensor),
                               .together = 1,
                               .plain = layer->uncoded >> tensor & 1u,
                               .kind = layer->kind};
    switch (tensor) {
    case SDSE_WEIGHTS:
        words.rows = b[SDSE_G] * b[SDSE_K];
        words.columns = b[SDSE_C] * b[SDSE_R] * b[SDSE_S];
        break;
    case SDSE_OUTPUTS:
        words.rows = b[SDSE_G] * b[SDSE_K];
        words.columns = b[SDSE_P] * b[SDSE_Q];
        break;
    default:
        words.rows = b[SDSE_G] * b[SDSE_C];
        words.columns = sdse_nest_touched(nest, 0) * sdse_nest_touched(nest, 1);
    }
    if (!words.columns) // nothing but padding
        words.columns = 1;
    if (form && tensor == SDSE_WEIGHTS) {
        // A row of coefficients times a basis: zero where they all are.
        words.density = form->row_density;
        words.together = form->basis_size;
    }
    return words;
}

// --- Single formats: bits of a word at some density ---

static double run_length(uint32_t run_bits, double value_bits, double density,
                         uint32_t together) {
    const double full = ldexp(1, (int)run_bits); // words of a full token
    double tokens = 1 / full;
    if (density > 0 && together == 1) {
        tokens = density / -expm1(full * log1p(-density));
    } else if (density > 0) {
        double padding = 0;
        for (uint32_t b = 1; b <= together; b++)
            padding += pow(1 - density, ceil(b * full / together));
        padding /= -expm1(full * log1p(-density));
        tokens = density / together * (together + padding);
    }
    return tokens * (value_bits + run_bits);
}

// Bits of `count` pieces of rows x columns; worst: of the most they can take.
static enum sdse_status add_pieces(const struct sdse_compressed *packer, uint64_t count,
                                   uint64_t rows, uint64_t columns, double density,
                                   bool worst, double *bits) {
    struct sdse_compressed_means means;
    struct sdse_compressed_counts most;
    if (!count || !rows || !columns)
        return SDSE_OK;
    const enum sdse_status status =
        worst ? sdse_compressed_worst(packer, rows, columns, rows * columns, &most)
              : sdse_compressed_expect(packer, rows, columns, density, &means);
    if (status == SDSE_OK)
        *bits += (double)count * (worst ? (double)most.bits : means.bits);
    return status;
}

static enum sdse_status packed(const struct sdse_format *format, double value_bits,
                               const struct sdse_words *words, bool worst,
                               double *bits) {
    static const enum sdse_packing packings[SDSE_COMPRESSIONS] = {
        [SDSE_COORDINATES] = SDSE_PACKING_COO,
        [SDSE_COLUMNS] = SDSE_PACKING_CSC,
        [SDSE_COLUMN_RUNS] = SDSE_PACKING_CSC_RUN};
    const struct sdse_compressed packer = {.packing = packings[format->compression],
                                           .value_bits = (uint32_t)value_bits,
                                           .word_bits = 1,
                                           .run_bits = format->run_bits};
    const uint64_t rows =
        format->rows && format->rows < words->rows ? format->rows : words->rows;
    const uint64_t columns = format->columns && format->columns < words->columns
                                 ? format->columns
                                 : words->columns;
    const uint64_t down = words->rows / rows, across = words->columns / columns;
    const uint64_t last_row = words->rows % rows,
                   last_column = words->columns % columns;
    double sum = 0;
    enum sdse_status status =
        add_pieces(&packer, down * across, rows, columns, words->density, worst, &sum);
    if (status == SDSE_OK)
        status =
            add_pieces(&packer, across, last_row, columns, words->density, worst, &sum);
    if (status == SDSE_OK)
        status =
            add_pieces(&packer, down, rows, last_column, words->density, worst, &sum);
    if (status == SDSE_OK)
        status =
            add_pieces(&packer, 1, last_row, last_column, words->density, worst, &sum);
    if (status == SDSE_OK)
        *bits = sum / ((double)words->rows * (double)words->columns);
    return status;
}

// Words with at most kept / group of them not zero are taken as pruned so.
static enum sdse_status structured(const struct sdse_format *format, double value_bits,
                                   const struct sdse_words *words, double *bits) {
    const struct sdse_structured engine = {.kept = format->kept,
                                           .group = format->group,
                                           .width = 1,
                                           .units = 1,
                                           .value_bits = (uint32_t)value_bits};
    const struct sdse_structured_stats stats = {.rows = words->rows,
                                                .length = words->columns,
                                                .density = words->density,
                                                .pruned = true};
    struct sdse_structured_means means;
    *bits = value_bits;
    if (words->density * format->group > format->kept * (1 + 1e-12))
        return SDSE_OK;
    const enum sdse_status status = sdse_structured_expect(&engine, &stats, &means);
    if (status == SDSE_OK)
        *bits = (means.value_bits + means.meta_bits) /
                ((double)words->rows * (double)words->columns);
    return status;
}

// worst: of the most that words can take; dense ones take it in every format.
static enum sdse_status coded(const struct sdse_format *format, double value_bits,
                              const struct sdse_words *words, bool worst,
                              double *bits) {
    const double density = worst ? 1 : words->density;
    switch (format->compression) {
    case SDSE_BITMAP:
        *bits = density * value_bits + 1;
        return SDSE_OK;
    case SDSE_RUN_LENGTH:
        *bits = run_length(format->run_bits, value_bits, density,
                           worst ? 1 : words->together);
        return SDSE_OK;
    case SDSE_COORDINATES:
    case SDSE_COLUMNS:
    case SDSE_COLUMN_RUNS:
        return packed(format, value_bits, words, worst, bits);
    case SDSE_STRUCTURED:
        return structured(format, value_bits, words, bits);
    default:
        *bits = value_bits;
        return SDSE_OK;
    }
}

bool sdse_words_coded(const struct sdse_format *format, double value_bits,
                      const struct sdse_words *words) {
    double bits;
    if (format->compression == SDSE_UNCOMPRESSED || words->plain ||
        format->other_layers >> words->kind & 1u)
        return false;
    return !format->only_if_smaller ||
           (coded(format, value_bits, words, false, &bits) == SDSE_OK &&
            bits < value_bits);
}

enum sdse_status sdse_coded_bits(const struct sdse_format *format, double value_bits,
                                 const struct sdse_words *words, double *bits,
                                 double *place) {
    double mean = value_bits, most = value_bits;
    enum sdse_status status = SDSE_OK;
    if (sdse_words_coded(format, value_bits, words))
        status = coded(format, value_bits, words, false, &mean);
    if (status == SDSE_OK)
        most = mean;
    if (status == SDSE_OK && format->worst &&
        sdse_words_coded(format, value_bits, words))
        status = coded(format, value_bits, words, true, &most);
    if (status != SDSE_OK)
        return status;
    *bits = mean;
    *place = most;
    return SDSE_OK;
}
