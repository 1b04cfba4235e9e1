// Bits that fail in what is stored: the curve, which bits fail, and what is read then,
// against a bit-by-bit reader written apart.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/sweep/weight_faults.h"
#include "smartdeal/bit_errors.h"
#include "smartdeal/measure.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"
#include "smartdeal/train/fault.h"
#include "smartdeal/train/run.h"
#include "spec/load.h"
#include "spec/write.h"

static void the_curve_is_the_digitised_one(void **state) {
    (void)state;
    static const double points[][2] = {{0.750, 0.2056},    {0.792, 0.05573},
                                       {0.833, 0.01115},   {0.875, 0.001290},
                                       {0.917, 0.0000687}, {0.958, 0.00000191}};
    for (int i = 0; i < 6; i++)
        assert_true(fabs(sdse_bit_error_rate(points[i][0]) / points[i][1] - 1) < 1e-9);
    // Between two points the logarithm is the mean.
    const double middle = sdse_bit_error_rate((0.792 + 0.833) / 2);
    assert_true(fabs(middle / sqrt(0.05573 * 0.01115) - 1) < 1e-9);
    // p = 1 % at 0.835 Vmin, where an access costs 30 % less.
    assert_true(fabs(sdse_bit_error_rate(0.835) - 0.01) < 0.0005);
    assert_true(fabs(1 - 0.835 * 0.835 - 0.30) < 0.005);
    assert_true(sdse_bit_error_rate(1) == 0);
    assert_true(sdse_bit_error_rate(0.99) > 0 && sdse_bit_error_rate(0.99) < 1.91e-6);
    for (double v = 0.75; v < 1; v += 0.001)
        assert_true(sdse_bit_error_rate(v + 0.001) < sdse_bit_error_rate(v));
}

static void lower_voltages_fail_where_higher_ones_do(void **state) {
    (void)state;
    enum { BITS = 200000 };
    const double rates[] = {0.0005, 0.01, 0.3};
    uint64_t failed[3] = {0}, other = 0;
    for (uint64_t i = 0; i < BITS; i++) {
        bool last = false;
        for (int r = 0; r < 3; r++) {
            const bool fails = sdse_bit_fails(7, 3, i, rates[r]);
            assert_true(!last || fails);
            failed[r] += fails;
            last = fails;
        }
        other += sdse_bit_fails(8, 3, i, 0.3) == last;
        assert_false(sdse_bit_fails(7, 3, i, 0));
        assert_true(sdse_bit_fails(7, 3, i, 1));
    }
    for (int r = 0; r < 3; r++)
        assert_true(fabs((double)failed[r] - rates[r] * BITS) <
                    5 * sqrt(rates[r] * BITS));
    // Another chip fails elsewhere: they agree as independent ones would.
    assert_true(fabs((double)other / BITS - (0.3 * 0.3 + 0.7 * 0.7)) < 0.01);
}

// --- Layers ---

struct made {
    struct sdse_coded_layer coded;
    uint64_t each;
};

static struct made make(enum sdse_zero_store store, bool raw, uint64_t seed) {
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.store = store;
    setting.rows_per_slice = 5;
    setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    setting.threshold = 0.5;
    setting.row_sparsity = store == SDSE_STORE_ROW_INDEX;
    const struct sdse_weight_shape shape = {1, 6, 4, 3, 3, false};
    float *values = calloc(6 * 36, sizeof *values);
    sdse_synthetic_weights(&shape, seed, values);
    const struct sdse_layer_weights weights = {"l", shape, values, {0}};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_form_measure measure;
    struct made made = {.each = 36};
    assert_int_equal(
        raw ? sdse_encode_raw(&weights, 8, &made.coded, NULL, &diags)
            : sdse_measure_layer(&weights, &setting, 1, &measure, &made.coded, &diags),
        SDSE_OK);
    free(values);
    sdse_arena_free(arena);
    return made;
}

// One bit of a stream, flipped if it fails; 0 beyond its end.
struct stream {
    const uint8_t *bytes;
    uint64_t bits, at, seed, number;
    double rate;
};

static unsigned next_bit(struct stream *s) {
    if (s->at >= s->bits)
        return 0;
    const uint64_t i = s->at++;
    return (s->bytes[i / 8] >> i % 8 & 1u) ^
           sdse_bit_fails(s->seed, s->number, i, s->rate);
}

static unsigned next_bits(struct stream *s, unsigned count) {
    unsigned value = 0;
    if (s->bits - s->at < count) // a field that is not whole is none
        return 0;
    for (unsigned b = 0; b < count; b++)
        value |= next_bit(s) << b;
    return value;
}

// |w| as the hardware would have it: every step written out.
static void read_layer(const struct sdse_coded_layer *l,
                       const struct sdse_bit_errors *errors, double *values) {
    struct sdse_packed packed;
    assert_int_equal(sdse_pack(l, &packed), SDSE_OK);
    struct stream s[SDSE_SECTIONS];
    for (unsigned i = 0; i < SDSE_SECTIONS; i++)
        s[i] = (struct stream){
            packed.data[i],    packed.bits.section[i], 0, errors->seed, i,
            errors->section[i]};
    const unsigned n = l->slicing.basis_size;
    const uint64_t rows = l->slicing.rows, blocks = l->slicing.blocks;
    const double most = ldexp(1, (int)l->weight_bits - 1) - 1;
    double *c = calloc((size_t)(l->filters * rows * n), sizeof *c);
    for (uint64_t row = 0; row < l->filters * rows; row++) {
        if (l->store == SDSE_STORE_ROW_INDEX && !next_bits(&s[SDSE_SECTION_INDEX], 1))
            continue;
        for (unsigned k = 0; k < n; k++) {
            const bool bitmap = l->store == SDSE_STORE_ELEMENT_BITMAP;
            if (bitmap && !next_bits(&s[SDSE_SECTION_INDEX], 1))
                continue;
            struct stream *codes = &s[SDSE_SECTION_COEFFICIENTS];
            if (codes->bits - codes->at < l->coefficient_bits)
                continue;
            const unsigned field = next_bits(codes, l->coefficient_bits);
            unsigned size = field % (1u << (l->coefficient_bits - 1)) + bitmap;
            size = size > l->window ? l->window : size;
            const double sign = field >> (l->coefficient_bits - 1) ? -1 : 1;
            c[row * n + k] = size ? sign * ldexp(1, l->lowest + (int)size - 1) : 0;
        }
    }
    double *b = calloc((size_t)(l->filters * blocks * n * n), sizeof *b);
    for (uint64_t i = 0; i < l->filters * blocks * n * n; i++) {
        const unsigned word = next_bits(&s[SDSE_SECTION_BASIS], l->basis_bits);
        b[i] = word >> (l->basis_bits - 1) ? (double)word - ldexp(1, (int)l->basis_bits)
                                           : word;
    }
    for (uint64_t i = 0; i < l->filters * blocks; i++) {
        const int scale =
            l->top_scale - (int)next_bits(&s[SDSE_SECTION_SCALE], l->scale_bits);
        for (unsigned j = 0; j < n * n; j++)
            b[i * n * n + j] = ldexp(b[i * n * n + j], scale);
    }
    for (uint64_t f = 0; f < l->filters; f++)
        for (uint64_t w = 0; w < l->slicing.words; w++) {
            const uint64_t row = w / n, block = row / l->slicing.rows_per_block;
            double sum = 0;
            for (unsigned k = 0; k < n; k++)
                sum += c[(f * rows + row) * n + k] *
                       b[((f * blocks + block) * n + k) * n + w % n];
            double word = nearbyint(ldexp(sum, -l->weight_exponent));
            word = fmin(fmax(word, -most), most);
            values[f * l->slicing.words + w] = ldexp(word, l->weight_exponent);
        }
    free(c);
    free(b);
    sdse_packed_free(&packed);
}

static void layers_are_read_as_the_hardware_reads_them(void **state) {
    (void)state;
    static const enum sdse_zero_store stores[] = {
        SDSE_STORE_ELEMENT_BITMAP, SDSE_STORE_ROW_INDEX, SDSE_STORE_DENSE};
    for (int n = 0; n < 120; n++) {
        struct made made = make(stores[n % 3], false, (uint64_t)n);
        struct sdse_bit_errors errors = {.seed = (uint64_t)n + 1};
        // One section at a time, and all of them.
        for (int s = 0; s < SDSE_SECTIONS; s++)
            if (n / 3 % 5 == s || n / 3 % 5 == 4)
                errors.section[s] = n % 2 ? 0.002 : 0.03;
        float values[216];
        double wanted[216];
        uint64_t flips = 0;
        assert_int_equal(sdse_faulty_values(&made.coded, &errors, values, &flips),
                         SDSE_OK);
        read_layer(&made.coded, &errors, wanted);
        for (int i = 0; i < 216; i++)
            if ((double)values[i] != wanted[i])
                fail_msg("layer %d, weight %d: %g, not %g", n, i, (double)values[i],
                         wanted[i]);
        sdse_coded_free(&made.coded);
    }
}

static void without_errors_nothing_changes(void **state) {
    (void)state;
    for (int store = 0; store < SDSE_STORES + 1; store++) {
        struct made made =
            make((enum sdse_zero_store)(store % SDSE_STORES), store == SDSE_STORES, 3);
        struct sdse_bit_errors errors = {.seed = 5};
        float values[216], wanted[216];
        int16_t words[36];
        uint64_t flips = 1;
        sdse_rebuild_values(&made.coded, words, wanted);
        for (int restart = 0; restart < 2; restart++) {
            errors.restart = restart;
            assert_int_equal(sdse_faulty_values(&made.coded, &errors, values, &flips),
                             SDSE_OK);
            assert_memory_equal(values, wanted, sizeof values);
            assert_int_equal(flips, 0);
        }
        sdse_coded_free(&made.coded);
    }
}

// With a restart a filter is as if it were alone: errors of one do not reach the next.
static void restarts_keep_errors_in_a_filter(void **state) {
    (void)state;
    uint64_t spread = 0, kept = 0;
    for (int store = 0; store < SDSE_STORE_DENSE; store++) {
        for (uint64_t seed = 0; seed < 60; seed++) {
            struct made made = make((enum sdse_zero_store)store, false, 4);
            struct sdse_bit_errors errors = {.seed = seed, .restart = true};
            errors.section[SDSE_SECTION_INDEX] = 0.004;
            float values[216], wanted[216];
            int16_t words[36];
            sdse_rebuild_values(&made.coded, words, wanted);
            // Filters whose own index bits fail.
            bool own[6] = {false};
            struct sdse_coded_layer one = made.coded;
            uint64_t bit = 0;
            one.filters = 1;
            for (int f = 0; f < 6; f++) {
                one.codes = made.coded.codes + (size_t)f * made.coded.slicing.rows * 3;
                const uint64_t bits =
                    sdse_count_stored_bits(&one).section[SDSE_SECTION_INDEX];
                for (uint64_t i = 0; i < bits; i++, bit++)
                    own[f] |= sdse_bit_fails(seed, SDSE_SECTION_INDEX, bit, 0.004);
            }
            sdse_faulty_values(&made.coded, &errors, values, NULL);
            for (int f = 0; f < 6; f++) {
                const bool same =
                    memcmp(values + f * 36, wanted + f * 36, 36 * sizeof *values) == 0;
                assert_true(same || own[f]);
            }
            errors.restart = false;
            sdse_faulty_values(&made.coded, &errors, values, NULL);
            for (int f = 0; f < 6; f++) {
                const bool same =
                    memcmp(values + f * 36, wanted + f * 36, 36 * sizeof *values) == 0;
                spread += !same && !own[f];
                kept += same;
            }
            sdse_coded_free(&made.coded);
        }
    }
    assert_true(spread > 50 && kept > 50);
}

static void plain_words_flip_by_the_bit(void **state) {
    (void)state;
    struct made made = make(SDSE_STORE_DENSE, true, 9);
    for (int where = 0; where < 2; where++) {
        struct sdse_bit_errors errors = {.seed = 11};
        if (where)
            errors.words = 0.05;
        else
            errors.section[SDSE_SECTION_RAW] = 0.05;
        float values[216];
        uint64_t flips, wanted = 0;
        sdse_faulty_values(&made.coded, &errors, values, &flips);
        for (uint64_t i = 0; i < 216; i++) {
            unsigned word = (unsigned)made.coded.raw_words[i] & 255u;
            for (unsigned b = 0; b < 8; b++) {
                const bool fails = sdse_bit_fails(
                    11, where ? SDSE_SECTIONS : SDSE_SECTION_RAW, i * 8 + b, 0.05);
                word ^= (unsigned)fails << b;
                wanted += fails;
            }
            const double signed_word = word >= 128 ? (double)word - 256 : word;
            assert_true((double)values[i] ==
                        ldexp(signed_word, made.coded.weight_exponent));
        }
        assert_int_equal(flips, wanted);
        assert_true(flips > 40);
    }
    sdse_coded_free(&made.coded);
}

// Distinct words: a list's word that fails changes every output that names it, an index
// that fails its own only.
static void lists_and_indices_flip(void **state) {
    (void)state;
    enum { OUTPUTS = 30, INPUTS = 7 };
    uint64_t seed = 21;
    const struct sdse_unique_lists lists = {2, 12};
    for (int n = 0; n < 100; n++) {
        int16_t before[OUTPUTS * INPUTS], after[OUTPUTS * INPUTS];
        for (int i = 0; i < OUTPUTS * INPUTS; i++)
            before[i] = (int16_t)(sdse_random_u64(&seed) % 11) - 5;
        memcpy(after, before, sizeof after);
        struct sdse_bit_errors errors = {.seed = (uint64_t)n};
        uint64_t flips = 0;
        errors.section[SDSE_SECTION_BASIS] = n % 2 ? 0.02 : 0;
        errors.section[SDSE_SECTION_INDEX] = n % 2 ? 0 : 0.02;
        assert_int_equal(
            sdse_faulty_unique(after, OUTPUTS, INPUTS, 5, &lists, &errors, &flips),
            SDSE_OK);
        uint64_t changed = 0;
        for (int o = 0; o < OUTPUTS; o++)
            for (int i = 0; i < INPUTS; i++)
                changed += after[o * INPUTS + i] != before[o * INPUTS + i];
        assert_true(!flips == !changed || !(n % 2)); // a flip may find an equal word
        if (n % 2) {
            for (int a = 0; a < OUTPUTS; a++)
                for (int b = 0; b < a; b++)
                    for (int i = 0; i < INPUTS; i++)
                        if (a / 12 == b / 12 &&
                            before[a * INPUTS + i] == before[b * INPUTS + i])
                            assert_int_equal(after[a * INPUTS + i],
                                             after[b * INPUTS + i]);
        } else {
            assert_true(changed <= flips);
            // Index by index: inputs two by two have one width, outputs twelve by
            // twelve one list.
            uint64_t bit = 0;
            for (int first = 0; first < OUTPUTS; first += 12) {
                const int end = first + 12 < OUTPUTS ? first + 12 : OUTPUTS;
                for (int from = 0; from < INPUTS; from += 2) {
                    int16_t list[2][12];
                    unsigned length[2] = {0, 0}, longest = 0;
                    for (int i = from; i < INPUTS && i < from + 2; i++) {
                        for (int o = first; o < end; o++) {
                            unsigned u = 0;
                            while (u < length[i - from] &&
                                   list[i - from][u] != before[o * INPUTS + i])
                                u++;
                            if (u == length[i - from])
                                list[i - from][length[i - from]++] =
                                    before[o * INPUTS + i];
                        }
                        longest =
                            length[i - from] > longest ? length[i - from] : longest;
                    }
                    for (int i = from; i < INPUTS && i < from + 2; i++) {
                        for (int o = first; o < end; o++) {
                            unsigned u = 0;
                            while (list[i - from][u] != before[o * INPUTS + i])
                                u++;
                            for (unsigned b = 0; 1u << b < longest; b++, bit++)
                                u ^= (unsigned)sdse_bit_fails(
                                         (uint64_t)n, SDSE_SECTIONS + 2, bit, 0.02)
                                     << b;
                            assert_int_equal(after[o * INPUTS + i],
                                             u < length[i - from] ? list[i - from][u]
                                                                  : 0);
                        }
                    }
                }
            }
            // What is read is a word of the list, or nothing.
            for (int o = 0; o < OUTPUTS; o++)
                for (int i = 0; i < INPUTS; i++) {
                    bool listed = after[o * INPUTS + i] == 0;
                    for (int p = o / 12 * 12; p < OUTPUTS && p < o / 12 * 12 + 12; p++)
                        listed |= before[p * INPUTS + i] == after[o * INPUTS + i];
                    assert_true(listed);
                }
        }
    }
}

static void cells_vary_by_their_share(void **state) {
    (void)state;
    enum { COUNT = 40000 };
    float *values = malloc(COUNT * sizeof *values);
    const struct sdse_cell_variation cells[] = {
        {0.1, 0.03, 0, 1}, {0.1, 0.03, 1, 2}, {0.1, 0.03, 0.5, 3}, {0, 0, 0.5, 4}};
    for (int c = 0; c < 4; c++) {
        for (int i = 0; i < COUNT; i++)
            values[i] = i ? 0.5f : -2;
        sdse_vary_values(&cells[c], COUNT, values);
        double sum = 0, square = 0;
        for (int i = 1; i < COUNT; i++) {
            const double d = (double)values[i] - 0.5;
            sum += d;
            square += d * d;
        }
        const double share = cells[c].verified_share;
        const double wanted =
            4 * ((1 - share) * cells[c].sigma * cells[c].sigma +
                 share * cells[c].sigma_verified * cells[c].sigma_verified);
        assert_true(fabs(square / COUNT - wanted) <= 0.05 * wanted);
        assert_true(fabs(sum / COUNT) <= 5 * sqrt(wanted / COUNT));
    }
    free(values);
}

// --- A layer in training, as it is stored ---

static void trained_layers_are_stored_as_they_are(void **state) {
    (void)state;
    enum { FILTERS = 3, CHANNELS = 10 };
    uint64_t seed = 31;
    for (int n = 0; n < 40; n++) {
        const struct sdse_net_layer layer = {
            .channels = CHANNELS, .filters = FILTERS, .height = 1, .width = 1};
        const struct sdse_train_shape shape = {FILTERS, CHANNELS, 1, 1};
        const struct sdse_bucket_rule rule = {
            .theta = 4e-3, .max_coefficient = 0.5, .switch_bar = 7};
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_train_layout layout;
        assert_int_equal(
            sdse_train_layout_of(&shape, (struct sdse_loc){0}, &diags, &layout),
            SDSE_OK);
        double c[64] = {0}, basis[64];
        for (uint64_t i = 0; i < sdse_train_coefficients(&layout); i++)
            if (sdse_random_u64(&seed) % 3)
                c[i] = (sdse_random_u64(&seed) % 2 ? 1 : -1) *
                       ldexp(1, -1 - (int)(sdse_random_u64(&seed) % 7));
        for (uint64_t i = 0; i < sdse_train_basis_words(&layout); i++)
            basis[i] = (double)(int)(sdse_random_u64(&seed) % 2001) / 1000 - 1;
        if (n % 4 == 0) // a block of zeros
            memset(basis, 0, 9 * sizeof *basis);
        for (unsigned f = 0; f < FILTERS; f++)
            sdse_train_narrow(basis + f * 9, 9);
        struct sdse_bucket_layer bucket;
        assert_int_equal(sdse_bucket_start(&layout, &rule, c, basis, &bucket), SDSE_OK);
        struct sdse_coded_layer coded;
        assert_int_equal(sdse_train_coded(&bucket, &layer, &coded), SDSE_OK);
        // Codes and bases are those, so the words are, but for their rounding.
        float exact[FILTERS * CHANNELS], read[FILTERS * CHANNELS];
        sdse_bucket_weights(&bucket, exact);
        const struct sdse_bit_errors none = {.seed = 1};
        assert_int_equal(sdse_faulty_values(&coded, &none, read, NULL), SDSE_OK);
        for (int i = 0; i < FILTERS * CHANNELS; i++)
            assert_true(
                (double)read[i] ==
                ldexp(nearbyint(ldexp((double)exact[i], -coded.weight_exponent)),
                      coded.weight_exponent));
        double largest = 0;
        for (int i = 0; i < FILTERS * CHANNELS; i++)
            largest = fmax(largest, fabs((double)exact[i]));
        assert_true(largest == 0 ||
                    nearbyint(ldexp(largest, -coded.weight_exponent)) > 63);
        // Seven exponents in codes of three bits and a sign: one code is none of them.
        struct sdse_bit_errors some = {.seed = (uint64_t)n};
        double wanted[FILTERS * CHANNELS];
        for (int s = 0; s < SDSE_SECTIONS; s++)
            some.section[s] = 0.05;
        sdse_faulty_values(&coded, &some, read, NULL);
        read_layer(&coded, &some, wanted);
        for (int i = 0; i < FILTERS * CHANNELS; i++)
            assert_true((double)read[i] == wanted[i]);
        // What is stored: the released accounting, with B and scales of 8 bits.
        const struct sdse_stored_bits bits = sdse_count_stored_bits(&coded);
        uint64_t nonzeros = sdse_bucket_nonzeros(&bucket);
        assert_int_equal(bits.section[SDSE_SECTION_COEFFICIENTS], nonzeros * 4);
        assert_int_equal(bits.section[SDSE_SECTION_INDEX],
                         sdse_train_coefficients(&layout));
        assert_int_equal(bits.section[SDSE_SECTION_BASIS],
                         sdse_train_basis_words(&layout) * 8);
        assert_int_equal(bits.section[SDSE_SECTION_SCALE], FILTERS * 8);
        sdse_coded_free(&coded);
        sdse_bucket_free(&bucket);
        sdse_arena_free(arena);
    }
}

// --- What memories do ---

static struct sdse_weight_faults faults_of(const char *levels, const char *engines,
                                           const struct sdse_form_setting *setting) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const char *text = sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 1}}, %s], compute: {class: "
        "parallel, pj_per_mac: 1}, engines: [%s]}",
        levels, engines);
    struct sdse_node *root;
    struct sdse_arch *arch = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(arena, "a", text, strlen(text), &diags, &root), SDSE_OK);
    enum sdse_status status = sdse_arch_from_tree(arena, root, NULL, 0, &diags, &arch);
    if (status != SDSE_OK)
        sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    const struct sdse_weight_faults faults = sdse_arch_weight_faults(arch, setting);
    sdse_arena_free(arena);
    return faults;
}

static void rates(const struct sdse_weight_faults *faults, double codes, double index,
                  double basis, double raw, double words) {
    const double *is = faults->bits.section;
    const double wanted[] = {codes, index, basis, basis, raw};
    static const enum sdse_section sections[] = {SDSE_SECTION_COEFFICIENTS,
                                                 SDSE_SECTION_INDEX, SDSE_SECTION_BASIS,
                                                 SDSE_SECTION_SCALE, SDSE_SECTION_RAW};
    for (int i = 0; i < 5; i++)
        assert_true(fabs(is[sections[i]] - wanted[i]) < 1e-15);
    assert_true(fabs(faults->bits.words - words) < 1e-15);
}

#define SRAM(name, rest)                                                               \
    "{level: " name ", memory: {class: sram, capacity_kib: 64, pj_per_bit: 1" rest "}" \
    "}"
#define REBUILD                                                             \
    "{kind: rebuild, below: B, pj_per_shift_add: 1, pj_per_basis_read: 1, " \
    "pj_per_basis_write: 1, rows_per_cycle: 1}"
#define PRODUCTS                                                        \
    "{kind: products_first, below: B, multipliers: 1, pj_per_product: " \
    "1, pj_per_sum: 1}"

static void parts_fail_where_they_are_kept(void **state) {
    (void)state;
    const struct sdse_form_setting raw = {0}, smartdeal = {.smartdeal = true},
                                   unique = {.first = SDSE_UNIQUE_FIRST};
    const double p = sdse_bit_error_rate(0.8), q = sdse_bit_error_rate(0.85),
                 both = p * (1 - q) + q * (1 - p);
    const char *three = SRAM("A", ", v_over_vmin: 0.8") ", " SRAM(
        "B", ", v_over_vmin: 0.85, keeps: [weights]") ", " SRAM("C", "");
    struct sdse_weight_faults f = faults_of(three, REBUILD ", " PRODUCTS, &raw);
    assert_true(f.any);
    assert_true(fabs(f.bits.section[SDSE_SECTION_RAW] - both) < 1e-15);
    f = faults_of(three, REBUILD ", " PRODUCTS, &smartdeal);
    rates(&f, both, both, both, both, 0);
    // Inside the engine words fail, and indices.
    const char *inside =
        SRAM("A", "") ", " SRAM("B", "") ", " SRAM("C", ", v_over_vmin: 0.8");
    f = faults_of(inside, REBUILD ", " PRODUCTS, &smartdeal);
    rates(&f, 0, 0, 0, p, p);
    f = faults_of(inside, REBUILD ", " PRODUCTS, &unique);
    rates(&f, 0, p, 0, p, 0);
    // A memory of one part.
    const char *part =
        SRAM("A", ", v_over_vmin: 0.8, keeps: [weights.index, inputs]") ", " SRAM(
            "B",
            ", keeps: [weights.words, weights.coefficients, weights.basis, outputs]");
    f = faults_of(part, REBUILD, &smartdeal);
    rates(&f, 0, p, 0, p, 0);
    // Memories without weights, and at the least supply, do nothing.
    f = faults_of(SRAM("A", ", v_over_vmin: 0.8, keeps: [inputs]") ", " SRAM(
                      "B", ", v_over_vmin: 1"),
                  "", &raw);
    assert_false(f.any);
    f = faults_of(
        "{level: A, memory: {class: nvcim, capacity_kib: 64, pj_per_bit: 1, "
        "verified_share: 0.25, verify_pulses: 10, sigma: 0.3, sigma_verified: "
        "0.05}}, {level: B, memory: {class: nvcim, capacity_kib: 64, "
        "pj_per_bit: 1, keeps: [weights], verified_share: 0.25, "
        "verify_pulses: 10, sigma: 0.4, sigma_verified: 0.12}}",
        "", &raw);
    assert_true(f.any && fabs(f.cells.sigma - 0.5) < 1e-12 &&
                fabs(f.cells.sigma_verified - 0.13) < 1e-12 &&
                f.cells.verified_share == 0.25);
}

// The energies of a mapping are those of numbers multiplied by hand: the square of the
// supply, and the pulses of a write.
static void energies_follow_supply_and_pulses(void **state) {
    (void)state;
    static const char *const texts[2] = {
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 1}}, "
        "{level: A, memory: {class: sram, capacity_kib: 64, port_bits: 16, read_pj: 8, "
        "fill_pj: 12, update_pj: 20, v_over_vmin: 0.75}}, "
        "{level: B, memory: {class: nvcim, capacity_kib: 64, read_pj_per_bit: 1, "
        "fill_pj_per_bit: 3, update_pj_per_bit: 5, verified_share: 0.25, "
        "verify_pulses: 9, sigma: 0.1, sigma_verified: 0.03}}], "
        "compute: {class: parallel, pj_per_mac: 1}}",
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 1}}, "
        "{level: A, memory: {class: sram, capacity_kib: 64, port_bits: 16, read_pj: "
        "4.5, fill_pj: 6.75, update_pj: 11.25}}, "
        "{level: B, memory: {class: sram, capacity_kib: 64, read_pj_per_bit: 1, "
        "fill_pj_per_bit: 9, update_pj_per_bit: 15, port_bits: 8}}], "
        "compute: {class: parallel, pj_per_mac: 1}}"};
    struct sdse_cost cost[2];
    for (int i = 0; i < 2; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_node *root;
        struct sdse_arch *arch = NULL, *again = NULL;
        sdse_tree_parse_memory(arena, "a", texts[i], strlen(texts[i]), &diags, &root);
        assert_int_equal(sdse_arch_from_tree(arena, root, NULL, 0, &diags, &arch),
                         SDSE_OK);
        // What is written reads back to the same.
        const char *written = sdse_arch_text(arena, arch);
        assert_int_equal(
            sdse_tree_parse_memory(arena, "b", written, strlen(written), &diags, &root),
            SDSE_OK);
        assert_int_equal(sdse_arch_from_tree(arena, root, NULL, 0, &diags, &again),
                         SDSE_OK);
        assert_string_equal(sdse_arch_text(arena, again), written);
        const struct sdse_layer layer = {.name = "l",
                                         .kind = SDSE_FC,
                                         .nest = {.bound = {1, 6, 10, 3, 1, 1, 1, 1},
                                                  .stride = {1, 1},
                                                  .dilation = {1, 1}},
                                         .repeat = 1,
                                         .in_height = 3,
                                         .in_width = 1,
                                         .density = {1, 1, 1}};
        struct sdse_model *model;
        assert_int_equal(sdse_model_new(again, &layer, NULL, arena, &model), SDSE_OK);
        struct sdse_mapping mapping;
        sdse_mapping_init(again, &mapping);
        mapping.level[1].temporal.count = 2;
        mapping.level[1].temporal.loop[0] = (struct sdse_loop){SDSE_C, 10};
        mapping.level[1].temporal.loop[1] = (struct sdse_loop){SDSE_K, 3};
        mapping.level[2].temporal.count = 2;
        mapping.level[2].temporal.loop[0] = (struct sdse_loop){SDSE_P, 3};
        mapping.level[2].temporal.loop[1] = (struct sdse_loop){SDSE_K, 2};
        assert_true(sdse_evaluate_full(model, &mapping, &cost[i]));
        assert_true(fabs(sdse_evaluate(model, &mapping).energy_pj - cost[i].energy_pj) <
                    1e-9);
        sdse_arena_free(arena);
    }
    // Words of 8 bits in ports of 8 bits are bits in another unit.
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_flow_cost *a = &cost[0].level[1].flow[t],
                                    *b = &cost[1].level[1].flow[t];
        assert_true(a->read_pj > 0 && fabs(a->read_pj - b->read_pj) < 1e-9);
        assert_true(fabs(a->fill_pj - b->fill_pj) < 1e-9);
        assert_true(fabs(a->update_pj - b->update_pj) < 1e-9);
        a = &cost[0].level[2].flow[t];
        b = &cost[1].level[2].flow[t];
        assert_true(fabs(a->read_pj - b->read_pj) < 1e-9);
        assert_true(fabs(a->fill_pj - b->fill_pj) < 1e-9);
        assert_true(fabs(a->update_pj - b->update_pj) < 1e-9);
    }
    assert_true(cost[0].level[2].flow[SDSE_OUTPUTS].update_pj > 0 &&
                cost[0].level[2].flow[SDSE_WEIGHTS].fill_pj > 0);
    assert_true(fabs(cost[0].energy_pj - cost[1].energy_pj) < 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_curve_is_the_digitised_one),
        cmocka_unit_test(lower_voltages_fail_where_higher_ones_do),
        cmocka_unit_test(without_errors_nothing_changes),
        cmocka_unit_test(layers_are_read_as_the_hardware_reads_them),
        cmocka_unit_test(restarts_keep_errors_in_a_filter),
        cmocka_unit_test(plain_words_flip_by_the_bit),
        cmocka_unit_test(lists_and_indices_flip),
        cmocka_unit_test(cells_vary_by_their_share),
        cmocka_unit_test(trained_layers_are_stored_as_they_are),
        cmocka_unit_test(parts_fail_where_they_are_kept),
        cmocka_unit_test(energies_follow_supply_and_pulses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
