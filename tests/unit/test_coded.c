// Stored bits of formats against coded streams and packed tensors; what a format leaves
// plain; where expected bits are charged and where the most that words can take.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "costmodel/coded.h"
#include "costmodel/evaluate.h"
#include "support/close.h"

enum { MOST = 1 << 12 };

static uint64_t next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static bool live(uint64_t *seed, double density) {
    return (double)(next(seed) >> 11) * 0x1p-53 < density;
}

static double bits_of(const struct sdse_format *format, double value_bits,
                      const struct sdse_words *words) {
    double bits, place;
    assert_int_equal(sdse_coded_bits(format, value_bits, words, &bits, &place),
                     SDSE_OK);
    if (!format->worst)
        assert_true(bits == place);
    return bits;
}

static double place_of(const struct sdse_format *format, double value_bits,
                       const struct sdse_words *words) {
    double bits, place;
    assert_int_equal(sdse_coded_bits(format, value_bits, words, &bits, &place),
                     SDSE_OK);
    return place;
}

// Tokens of a run-length coder on a random stream: a run of up to 2^run_bits - 1 zeros,
// a value. Rows of `together` words are zero together.
static double coded_bits_per_word(uint32_t run_bits, double value_bits, double density,
                                  uint32_t together, uint64_t rows, uint64_t *seed) {
    const uint64_t longest = ((uint64_t)1 << run_bits) - 1;
    uint64_t tokens = 0, run = 0;
    for (uint64_t i = 0; i < rows; i++) {
        const bool zero = !live(seed, density);
        for (uint32_t word = 0; word < together; word++) {
            if (zero && run < longest) {
                run++;
            } else {
                tokens++;
                run = 0;
            }
        }
    }
    return (double)tokens * (value_bits + run_bits) / (double)(rows * together);
}

static void run_length_is_what_a_coder_produces(void **state) {
    (void)state;
    uint64_t seed = 42;
    static const double densities[] = {0.02, 0.1, 0.35, 0.7, 1};
    static const uint32_t together[] = {1, 2, 3, 5, 9};
    for (uint32_t run_bits = 1; run_bits <= 6; run_bits++)
        for (size_t i = 0; i < sizeof densities / sizeof *densities; i++)
            for (size_t j = 0; j < sizeof together / sizeof *together; j++) {
                const struct sdse_format format = {.compression = SDSE_RUN_LENGTH,
                                                   .run_bits = run_bits};
                const struct sdse_words words = {.rows = 1,
                                                 .columns = 1,
                                                 .density = densities[i],
                                                 .together = together[j]};
                const double coded = coded_bits_per_word(run_bits, 16, densities[i],
                                                         together[j], 100000, &seed);
                assert_double_within(bits_of(&format, 16, &words), coded, 0.03);
            }
    const struct sdse_format format = {.compression = SDSE_RUN_LENGTH, .run_bits = 5};
    const struct sdse_words none = {.rows = 1, .columns = 1, .together = 1};
    assert_double_within(bits_of(&format, 16, &none), 21.0 / 32, 1e-12);
}

static void plain_and_bitmap(void **state) {
    (void)state;
    const struct sdse_format none = {.compression = SDSE_UNCOMPRESSED},
                             bitmap = {.compression = SDSE_BITMAP};
    const struct sdse_words words = {
        .rows = 4, .columns = 8, .density = 0.25, .together = 1};
    assert_true(bits_of(&none, 8, &words) == 8);
    assert_double_within(bits_of(&bitmap, 8, &words), 3, 1e-12);
}

// --- Matrices, packed naively ---

static uint32_t bits_for(uint64_t extent) {
    uint32_t bits = 0;
    while (((uint64_t)1 << bits) < extent)
        bits++;
    return bits;
}

// Bits of rows r0 .. r1 and columns c0 .. c1 of a matrix of `width` columns.
static uint64_t pack(const struct sdse_format *format, uint32_t value_bits,
                     const uint8_t *matrix, uint64_t width, uint64_t r0, uint64_t r1,
                     uint64_t c0, uint64_t c1) {
    const uint64_t rows = r1 - r0, columns = c1 - c0;
    uint64_t entries = 0, bits = 0;
    for (uint64_t c = c0; c < c1; c++) {
        uint64_t zeros = 0;
        for (uint64_t r = r0; r < r1; r++) {
            if (!matrix[r * width + c]) {
                zeros++;
                continue;
            }
            entries++;
            if (format->compression == SDSE_COLUMN_RUNS)
                for (; zeros >= (uint64_t)1 << format->run_bits;
                     zeros -= (uint64_t)1 << format->run_bits)
                    entries++;
            zeros = 0;
        }
    }
    switch (format->compression) {
    case SDSE_COORDINATES:
        bits = entries * (bits_for(rows) + bits_for(columns));
        break;
    case SDSE_COLUMNS:
        bits = entries * bits_for(rows);
        break;
    default:
        bits = entries * format->run_bits;
    }
    if (format->compression != SDSE_COORDINATES)
        bits += (columns + 1) * bits_for(rows * columns + 1);
    return bits + entries * value_bits;
}

static uint64_t pack_all(const struct sdse_format *format, uint32_t value_bits,
                         const uint8_t *matrix, const struct sdse_words *words) {
    const uint64_t rows = format->rows ? format->rows : words->rows;
    const uint64_t columns = format->columns ? format->columns : words->columns;
    uint64_t bits = 0;
    for (uint64_t r = 0; r < words->rows; r += rows)
        for (uint64_t c = 0; c < words->columns; c += columns)
            bits += pack(format, value_bits, matrix, words->columns, r,
                         r + rows < words->rows ? r + rows : words->rows, c,
                         c + columns < words->columns ? c + columns : words->columns);
    return bits;
}

static void draw_format(uint64_t *seed, struct sdse_format *format,
                        struct sdse_words *words) {
    *words = (struct sdse_words){
        .rows = 1 + next(seed) % 40, .columns = 1 + next(seed) % 40, .together = 1};
    *format = (struct sdse_format){
        .compression = (enum sdse_compression)(SDSE_COORDINATES + next(seed) % 3),
        .run_bits = (uint32_t)(1 + next(seed) % 3),
        .rows = (uint32_t)(next(seed) % 2 * (1 + next(seed) % 50)),
        .columns = (uint32_t)(next(seed) % 2 * (1 + next(seed) % 50))};
}

// Coordinates and columns depend on how many words are left, not on which: equal at the
// density drawn. Runs, and pieces that are not alike, depend on where they are: equal
// in the mean.
static void matrices_are_packed(void **state) {
    (void)state;
    static uint8_t matrix[MOST];
    uint64_t seed = 9;
    double ours[SDSE_COMPRESSIONS] = {0}, theirs[SDSE_COMPRESSIONS] = {0};
    for (int i = 0; i < 3000; i++) {
        struct sdse_format format;
        struct sdse_words words;
        draw_format(&seed, &format, &words);
        const double density = (double)(next(&seed) % 101) / 100;
        const uint64_t count = words.rows * words.columns;
        uint64_t left = 0;
        for (uint64_t w = 0; w < count; w++)
            left += matrix[w] = live(&seed, density);
        const bool mean =
            format.compression == SDSE_COLUMN_RUNS || format.rows || format.columns;
        words.density = mean ? density : (double)left / (double)count;
        const double bits = bits_of(&format, 8, &words) * (double)count;
        const double packed = (double)pack_all(&format, 8, matrix, &words);
        if (!mean)
            assert_double_within(bits, packed, 1e-9);
        ours[format.compression] += bits;
        theirs[format.compression] += packed;
    }
    for (int c = SDSE_COORDINATES; c <= SDSE_COLUMN_RUNS; c++)
        assert_double_within(ours[c], theirs[c], 0.004);
}

// No tensor takes more than its places, and one that does not have a zero takes them.
static void the_worst_is_provided_for(void **state) {
    (void)state;
    static uint8_t matrix[MOST];
    uint64_t seed = 19;
    for (int i = 0; i < 2000; i++) {
        struct sdse_format format;
        struct sdse_words words;
        draw_format(&seed, &format, &words);
        format.worst = true;
        words.density = 0.3;
        const uint64_t count = words.rows * words.columns;
        const double places = place_of(&format, 8, &words) * (double)count;
        const double density = i % 3 == 0 ? 1 : (double)(next(&seed) % 101) / 100;
        for (uint64_t w = 0; w < count; w++)
            matrix[w] = live(&seed, density);
        const double packed = (double)pack_all(&format, 8, matrix, &words);
        assert_true(packed <= places * (1 + 1e-12));
        if (density == 1)
            assert_double_within(packed, places, 1e-12);
        struct sdse_format mean = format;
        mean.worst = false;
        assert_true(bits_of(&format, 8, &words) == bits_of(&mean, 8, &words));
    }
    const struct sdse_words words = {
        .rows = 4, .columns = 8, .density = 0.25, .together = 3};
    const struct sdse_format bitmap = {.compression = SDSE_BITMAP, .worst = true},
                             runs = {.compression = SDSE_RUN_LENGTH,
                                     .run_bits = 4,
                                     .worst = true};
    assert_double_within(place_of(&bitmap, 8, &words), 9, 1e-12);
    assert_double_within(place_of(&runs, 8, &words), 12, 1e-12);
}

// Groups of m words along a filter keep n slots; the last group may be short.
static void structured_words(void **state) {
    (void)state;
    uint64_t seed = 29;
    for (int i = 0; i < 500; i++) {
        const uint32_t m = (uint32_t)(2 + next(&seed) % 7),
                       n = (uint32_t)(1 + next(&seed) % (m - 1));
        const struct sdse_format format = {
            .compression = SDSE_STRUCTURED, .kept = n, .group = m, .worst = i % 2};
        struct sdse_words words = {.rows = 1 + next(&seed) % 9,
                                   .columns = 1 + next(&seed) % 40,
                                   .density = (double)n / m,
                                   .together = 1};
        uint64_t slots = 0;
        for (uint64_t c = 0; c < words.columns; c += m)
            slots += n < words.columns - c ? n : words.columns - c;
        const double each = (double)slots * (8 + bits_for(m)) / (double)words.columns;
        assert_double_within(place_of(&format, 8, &words), each, 1e-12);
        words.density /= 2;
        assert_double_within(bits_of(&format, 8, &words), each, 1e-12);
        // More words than the structure keeps: it was not pruned so.
        words.density = ((double)n + 0.01) / m;
        assert_true(bits_of(&format, 8, &words) == 8);
    }
}

static void what_stays_plain(void **state) {
    (void)state;
    struct sdse_format format = {.compression = SDSE_BITMAP, .only_if_smaller = true};
    struct sdse_words words = {
        .rows = 2, .columns = 3, .density = 0.874, .together = 1};
    assert_double_within(bits_of(&format, 8, &words), 0.874 * 8 + 1, 1e-12);
    words.density = 0.876;
    assert_true(bits_of(&format, 8, &words) == 8);
    format.worst = true;
    assert_true(place_of(&format, 8, &words) == 8); // not coded, so no worst of it
    format.only_if_smaller = false;
    assert_true(place_of(&format, 8, &words) == 9);
    words.plain = true;
    assert_true(bits_of(&format, 8, &words) == 8 && place_of(&format, 8, &words) == 8);
    words.plain = false;
    format.other_layers = SDSE_BIT(SDSE_DWCONV) | SDSE_BIT(SDSE_ADD);
    for (unsigned kind = 0; kind < SDSE_LAYER_KINDS; kind++) {
        words.kind = (enum sdse_layer_kind)kind;
        const bool plain = kind == SDSE_DWCONV || kind == SDSE_ADD;
        assert_true((bits_of(&format, 8, &words) == 8) == plain);
    }
}

// --- In a model ---

static struct sdse_number number(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

// DRAM and a buffer, one multiplier.
static void two_levels(struct sdse_arch *arch) {
    static const char *const names[] = {"DRAM", "buffer"};
    *arch =
        (struct sdse_arch){.clock_ghz = 1,
                           .bits = {8, 8, 8},
                           .partial_bits = 24,
                           .level_count = 2,
                           .compute = {.cycles_per_mac = 1, .pj_per_mac = number(1)}};
    for (unsigned l = 0; l < 2; l++)
        arch->level[l] = (struct sdse_level){.name = names[l],
                                             .group = names[l],
                                             .keeps = 7,
                                             .carries_loops = true,
                                             .buffering = 1,
                                             .overlap = true,
                                             .read_pj = number(1),
                                             .fill_pj = number(1),
                                             .update_pj = number(1),
                                             .fanout_x = 1,
                                             .fanout_y = 1};
}

// Six channels of 9 x 9, two filters of 3 x 3 in each of two groups, three samples, a
// border of padding.
static void plain_layer(struct sdse_layer *layer) {
    *layer = (struct sdse_layer){.kind = SDSE_CONV,
                                 .nest = {.bound = {3, 2, 6, 9, 9, 3, 3, 2},
                                          .stride = {1, 1},
                                          .dilation = {1, 1},
                                          .pad = {1, 1},
                                          .map = {9, 9}},
                                 .repeat = 1,
                                 .in_height = 9,
                                 .in_width = 9,
                                 .density = {0.5, 0.25, 0.125}};
}

static void matrices_of_a_layer(void **state) {
    (void)state;
    struct sdse_layer layer;
    plain_layer(&layer);
    static const uint64_t extents[SDSE_TENSORS][2] = {{4, 54}, {12, 81}, {4, 81}};
    for (enum sdse_tensor t = SDSE_WEIGHTS; t < SDSE_TENSORS; t++) {
        struct sdse_words words = sdse_words_of(&layer, t, NULL);
        assert_int_equal(words.rows, extents[t][0]);
        assert_int_equal(words.columns, extents[t][1]);
        assert_true(words.density == layer.density[t] && words.together == 1);
        assert_false(words.plain);
        layer.uncoded = SDSE_BIT(t);
        for (enum sdse_tensor u = SDSE_WEIGHTS; u < SDSE_TENSORS; u++) {
            words = sdse_words_of(&layer, u, NULL);
            assert_int_equal(words.plain, u == t);
        }
        layer.uncoded = 0;
    }
    // Rows that a stride passes over are nobody's.
    layer.nest.bound[SDSE_P] = layer.nest.bound[SDSE_Q] = 3;
    layer.nest.bound[SDSE_R] = layer.nest.bound[SDSE_S] = 1;
    layer.nest.stride[0] = layer.nest.stride[1] = 4;
    layer.nest.pad[0] = layer.nest.pad[1] = 0;
    assert_int_equal(sdse_words_of(&layer, SDSE_INPUTS, NULL).columns, 9);
    // A form's words are zero in rows; its other tensors know nothing of it.
    const struct sdse_weight_form form = {
        .smartdeal = true, .basis_size = 3, .density = 0.3, .row_density = 0.7};
    const struct sdse_words rebuilt = sdse_words_of(&layer, SDSE_WEIGHTS, &form);
    assert_true(rebuilt.density == 0.7 && rebuilt.together == 3);
    const struct sdse_words inputs = sdse_words_of(&layer, SDSE_INPUTS, &form);
    assert_true(inputs.density == 0.25 && inputs.together == 1);
}

static void run(const struct sdse_arch *arch, const struct sdse_layer *layer,
                const struct sdse_weight_form *form, struct sdse_cost *cost,
                enum sdse_verdict *verdict) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, layer, form, arena, &model), SDSE_OK);
    struct sdse_mapping mapping;
    sdse_mapping_init(arch, &mapping);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        mapping.level[1].temporal.loop[mapping.level[1].temporal.count++] =
            (struct sdse_loop){(enum sdse_dim)d, layer->nest.bound[d]};
    assert_true(sdse_evaluate_full(model, &mapping, cost));
    *verdict = sdse_mapping_verdict(model, &mapping, NULL);
    sdse_arena_free(arena);
}

// Words cross and cost what they are expected to take; places are for the worst.
static void places_and_traffic(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_cost cost;
    enum sdse_verdict verdict;
    two_levels(&arch);
    plain_layer(&layer);
    const double words[SDSE_TENSORS] = {216, 2916, 972};
    for (int worst = 0; worst < 2; worst++) {
        double bits = 0;
        for (int t = 0; t < SDSE_TENSORS; t++) {
            arch.level[1].format[t].compression = SDSE_BITMAP;
            arch.level[1].format[t].worst = worst;
            bits += words[t] * (1 + 8 * (worst ? 1 : layer.density[t]));
        }
        arch.level[1].capacity_bits = 0;
        run(&arch, &layer, NULL, &cost, &verdict);
        for (int t = 0; t < 2; t++)
            assert_double_within(cost.level[1].flow[t].fill_bits,
                                 words[t] * (1 + 8 * layer.density[t]), 1e-12);
        assert_double_within(cost.level[0].flow[SDSE_INPUTS].read_bits,
                             8 * words[SDSE_INPUTS], 1e-12);
        // Sums that the multipliers give up one by one are partial: 24 bits, not coded.
        bits += words[SDSE_OUTPUTS] *
                (24 - (1 + 8 * (worst ? 1 : layer.density[SDSE_OUTPUTS])));
        assert_double_within(cost.level[1].stored_bits, bits, 1e-12);
        arch.level[1].capacity_bits = (uint64_t)ceil(bits);
        run(&arch, &layer, NULL, &cost, &verdict);
        assert_int_equal(verdict, SDSE_VALID);
        arch.level[1].capacity_bits = (uint64_t)ceil(bits) - 1;
        run(&arch, &layer, NULL, &cost, &verdict);
        assert_int_equal(verdict, SDSE_TOO_BIG);
    }
}

// Sums that arrive finished are coded: their places are for the worst, too.
static void places_of_finished_sums(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_cost cost;
    enum sdse_verdict verdict;
    two_levels(&arch);
    plain_layer(&layer);
    for (int worst = 0; worst < 2; worst++) {
        arch.level[0].format[SDSE_OUTPUTS] =
            (struct sdse_format){.compression = SDSE_BITMAP, .worst = worst};
        const double bits = 8 * (216 + 2916) +
                            972 * (1 + 8 * (worst ? 1 : layer.density[SDSE_OUTPUTS]));
        arch.level[0].capacity_bits = (uint64_t)bits;
        run(&arch, &layer, NULL, &cost, &verdict);
        assert_int_equal(verdict, SDSE_VALID);
        assert_double_within(cost.level[0].stored_bits, bits, 1e-12);
        assert_double_within(cost.level[0].flow[SDSE_OUTPUTS].update_bits,
                             972 * (1 + 8 * layer.density[SDSE_OUTPUTS]), 1e-12);
        arch.level[0].capacity_bits--;
        run(&arch, &layer, NULL, &cost, &verdict);
        assert_int_equal(verdict, SDSE_TOO_BIG);
    }
}

// Below its engine a form's words are zero in the rows whose coefficients are.
static void rebuilt_words_have_zero_rows(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_cost cost;
    enum sdse_verdict verdict;
    two_levels(&arch);
    plain_layer(&layer);
    arch.level[0].keeps = arch.level[1].keeps = SDSE_BIT(SDSE_PARTS) - 1;
    arch.level[1].format[SDSE_WEIGHTS].compression = SDSE_BITMAP;
    struct sdse_weight_form form = {.smartdeal = true,
                                    .basis_size = 3,
                                    .rows = 18,
                                    .rows_per_block = 18,
                                    .blocks = 4,
                                    .density = 0.4,
                                    .row_density = 0.7,
                                    .coefficient_bits_total = 400,
                                    .basis_bits_total = 288,
                                    .index_bits_total = 216};
    arch.rebuild = (struct sdse_rebuild){.present = true,
                                         .pj_per_shift_add = number(1),
                                         .pj_per_basis_read = number(1),
                                         .pj_per_basis_write = number(1)};
    run(&arch, &layer, &form, &cost, &verdict);
    assert_double_within(cost.level[1].flow[SDSE_PART_WEIGHTS].fill_bits,
                         216 * (1 + 8 * 0.7), 1e-12);
    // The other tensors, and raw weights, as before.
    run(&arch, &layer, NULL, &cost, &verdict);
    assert_double_within(cost.level[1].flow[SDSE_PART_WEIGHTS].fill_bits,
                         216 * (1 + 8 * 0.5), 1e-12);
}

// What is known of a layer's inputs goes before what is declared, nothing included.
static void known_inputs_are_coded_as_they_are(void **state) {
    (void)state;
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_cost cost;
    enum sdse_verdict verdict;
    struct sdse_activations known = {.mark = "assumed", .bits = 8, .density = 0.75};
    two_levels(&arch);
    plain_layer(&layer);
    for (int t = 0; t < SDSE_TENSORS; t++)
        arch.level[1].format[t].compression = SDSE_BITMAP;
    layer.activations = &known;
    run(&arch, &layer, NULL, &cost, &verdict);
    assert_double_within(cost.level[1].flow[SDSE_INPUTS].fill_bits,
                         2916 * (1 + 8 * 0.75), 1e-12);
    assert_double_within(cost.level[1].flow[SDSE_WEIGHTS].fill_bits,
                         216 * (1 + 8 * 0.5), 1e-12);
    assert_double_within(sdse_words_of(&layer, SDSE_OUTPUTS, NULL).density, 0.125, 0);
    known.density = 0;
    static const enum sdse_compression formats[] = {
        SDSE_BITMAP, SDSE_RUN_LENGTH, SDSE_COORDINATES, SDSE_COLUMNS, SDSE_COLUMN_RUNS};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        arch.level[1].format[SDSE_INPUTS] = (struct sdse_format){
            .compression = formats[i], .run_bits = 4, .rows = 6, .columns = 81};
        run(&arch, &layer, NULL, &cost, &verdict);
        assert_true(isfinite(cost.energy_pj) && cost.energy_pj > 0);
        assert_true(cost.latency_cycles > 0);
        const double bits = cost.level[1].flow[SDSE_INPUTS].fill_bits;
        assert_true(bits >= 0 && bits < 8 * 2916);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_length_is_what_a_coder_produces),
        cmocka_unit_test(plain_and_bitmap),
        cmocka_unit_test(matrices_are_packed),
        cmocka_unit_test(the_worst_is_provided_for),
        cmocka_unit_test(structured_words),
        cmocka_unit_test(what_stays_plain),
        cmocka_unit_test(matrices_of_a_layer),
        cmocka_unit_test(places_and_traffic),
        cmocka_unit_test(places_of_finished_sums),
        cmocka_unit_test(rebuilt_words_have_zero_rows),
        cmocka_unit_test(known_inputs_are_coded_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
