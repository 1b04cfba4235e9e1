// One layer under many settings: what a study remembers never changes an answer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smartdeal/study.h"
#include "smartdeal/synthetic.h"

enum { WORDS = 24 * 20 * 9 };

static float values[WORDS];

static struct sdse_layer_weights layer_of(struct sdse_weight_shape shape,
                                          uint64_t seed) {
    uint64_t filters, each, words;
    assert_true(sdse_weight_count(&shape, &filters, &each, &words) && words <= WORDS);
    sdse_synthetic_weights(&shape, seed, values);
    return (struct sdse_layer_weights){
        .name = "layer", .shape = shape, .values = values, .loc = {"net.yaml", 1, 1}};
}

static const struct sdse_weight_shape CONV = {1, 24, 20, 3, 3, false};

static unsigned draw(uint64_t *random, unsigned below) {
    return (unsigned)(sdse_random_u64(random) % below);
}

// Few values of each choice, so that settings often agree in a part of them.
static struct sdse_smartdeal_setting any_setting(uint64_t *random) {
    struct sdse_smartdeal_setting s = sdse_smartdeal_setting_default();
    s.basis_size = 2 + draw(random, 3);
    s.rows_per_slice = 20 * draw(random, 2);
    s.prune = draw(random, 4) ? SDSE_PRUNE_NONE : SDSE_PRUNE_POPULATION;
    s.prune_amount = 0.25 * draw(random, 2);
    s.threshold_mode = draw(random, 3);
    s.threshold = 0.2 + 0.3 * draw(random, 3);
    s.row_sparsity = draw(random, 4) == 0;
    s.iterations = 4 + 3 * draw(random, 2);
    s.scale = draw(random, 5) == 0;
    s.coefficient_bits = 3 + draw(random, 3);
    s.basis_bits = 5 + 3 * draw(random, 2);
    s.weight_bits = 6 + 2 * draw(random, 2);
    s.store = draw(random, SDSE_STORES);
    return s;
}

static void same_coded(const struct sdse_coded_layer *a,
                       const struct sdse_coded_layer *b) {
    const uint64_t n = a->slicing.basis_size, blocks = a->filters * a->slicing.blocks;
    assert_int_equal(a->raw, b->raw);
    assert_int_equal(a->lowest, b->lowest);
    assert_int_equal(a->window, b->window);
    assert_int_equal(a->top_scale, b->top_scale);
    assert_int_equal(a->weight_exponent, b->weight_exponent);
    assert_int_equal(a->run_bits, b->run_bits);
    assert_int_equal(a->coefficient_bits, b->coefficient_bits);
    assert_memory_equal(a->codes, b->codes, a->filters * a->slicing.rows * n);
    assert_memory_equal(a->basis, b->basis, blocks * n * n * sizeof *a->basis);
    assert_memory_equal(a->scale, b->scale, blocks * sizeof *a->scale);
}

// Everything but padding.
static void same_measure(const struct sdse_form_measure *a,
                         const struct sdse_form_measure *b) {
    assert_int_equal(a->blocks, b->blocks);
    assert_int_equal(a->weights, b->weights);
    assert_memory_equal(&a->counts, &b->counts, sizeof a->counts);
    assert_memory_equal(a->joint_row_density, b->joint_row_density,
                        sizeof a->joint_row_density);
    assert_int_equal(a->exponent_min, b->exponent_min);
    assert_int_equal(a->exponent_max, b->exponent_max);
    assert_int_equal(a->exponents, b->exponents);
    assert_int_equal(a->window_lowest, b->window_lowest);
    assert_int_equal(a->window, b->window);
    assert_memory_equal(a->exponent_uses, b->exponent_uses, sizeof a->exponent_uses);
    assert_memory_equal(&a->bits, &b->bits, sizeof a->bits);
    assert_int_equal(a->stored_bits, b->stored_bits);
    assert_int_equal(a->shift_adds, b->shift_adds);
    assert_int_equal(a->pruned_rows, b->pruned_rows);
    assert_int_equal(a->passes, b->passes);
    const double left[] = {a->density,      a->row_density, a->compression,
                           a->window_error, a->basis_error, a->decomposed_error,
                           a->rel_error,    a->sqnr_db,     a->weight_norm,
                           a->threshold};
    const double right[] = {b->density,      b->row_density, b->compression,
                            b->window_error, b->basis_error, b->decomposed_error,
                            b->rel_error,    b->sqnr_db,     b->weight_norm,
                            b->threshold};
    assert_memory_equal(left, right, sizeof left);
}

static void a_study_gives_what_each_setting_gives_alone(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    uint64_t random = 11;
    unsigned compared = 0;
    uint64_t decompositions = 0;
    for (unsigned round = 0; round < 8; round++) {
        const struct sdse_layer_weights layer = layer_of(CONV, round);
        struct sdse_study *study = sdse_study_new(&layer);
        assert_non_null(study);
        struct sdse_smartdeal_setting setting = any_setting(&random);
        for (unsigned i = 0; i < 60; i++) {
            // A step away from the last setting, or one that stays raw between.
            const struct sdse_smartdeal_setting other = any_setting(&random);
            switch (draw(&random, 5)) {
            case 0:
                setting = other;
                break;
            case 1:
                setting.threshold = other.threshold;
                break;
            case 2:
                setting.coefficient_bits = other.coefficient_bits;
                break;
            case 3:
                setting.basis_bits = other.basis_bits;
                break;
            default:
                setting.store = other.store;
            }
            struct sdse_form_measure alone, together;
            struct sdse_coded_layer coded[2];
            assert_int_equal(
                sdse_measure_layer(&layer, &setting, 1, &alone, &coded[0], &diags),
                SDSE_OK);
            assert_int_equal(sdse_study_measure(study, &setting, 1 + i % 2, &together,
                                                &coded[1], &diags),
                             SDSE_OK);
            same_measure(&alone, &together);
            same_coded(&coded[0], &coded[1]);
            sdse_coded_free(&coded[0]);
            sdse_coded_free(&coded[1]);
            compared++;
        }
        decompositions += sdse_study_decompositions(study);
        sdse_study_free(study);
    }
    assert_true(decompositions < compared);
    print_message("## study: %u settings as alone, %u of them decomposed\n", compared,
                  (unsigned)decompositions);
    sdse_arena_free(arena);
}

// In the order that a study likes, each decomposition is made once.
static void settings_in_order_decompose_once(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const struct sdse_layer_weights layer = layer_of(CONV, 3);
    struct sdse_smartdeal_setting settings[36];
    unsigned count = 0;
    for (unsigned bits = 3; bits <= 5; bits++)
        for (unsigned basis = 6; basis <= 8; basis++)
            for (unsigned n = 2; n <= 3; n++)
                for (unsigned s = 0; s < 2; s++) {
                    struct sdse_smartdeal_setting *setting = &settings[count++];
                    *setting = sdse_smartdeal_setting_default();
                    setting->threshold_mode = SDSE_THRESHOLD_SPARSITY;
                    setting->threshold = 0.3 + 0.3 * s;
                    setting->basis_size = n;
                    setting->coefficient_bits = bits;
                    setting->basis_bits = basis;
                }
    qsort(settings, count, sizeof settings[0],
          (int (*)(const void *, const void *))sdse_study_order);
    struct sdse_study *study = sdse_study_new(&layer);
    for (unsigned i = 0; i < count; i++) {
        struct sdse_form_measure m;
        assert_int_equal(sdse_study_measure(study, &settings[i], 1, &m, NULL, &diags),
                         SDSE_OK);
        if (i)
            assert_true(sdse_study_order(&settings[i - 1], &settings[i]) <= 0);
    }
    assert_int_equal(sdse_study_decompositions(study), 4);
    sdse_study_free(study);
    sdse_arena_free(arena);
}

// A stop leaves nothing behind: the same study goes on to the same figures.
static void stops_and_goes_on(void **state) {
    (void)state;
    const struct sdse_layer_weights layer = layer_of(CONV, 3);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    setting.threshold = 0.4;
    struct sdse_form_measure alone, m = {.stored_bits = 77};
    struct sdse_study *fresh = sdse_study_new(&layer), *study = sdse_study_new(&layer);
    assert_int_equal(sdse_study_measure(fresh, &setting, 1, &alone, NULL, &diags),
                     SDSE_OK);
    atomic_bool stop = true;
    sdse_study_stop_at(study, &stop);
    for (unsigned threads = 1; threads <= 2; threads++)
        assert_int_equal(sdse_study_measure(study, &setting, threads, &m, NULL, &diags),
                         SDSE_INTERRUPTED);
    assert_int_equal(m.stored_bits, 77);
    assert_int_equal(sdse_study_decompositions(study), 0);
    atomic_store(&stop, false);
    assert_int_equal(sdse_study_measure(study, &setting, 1, &m, NULL, &diags), SDSE_OK);
    same_measure(&m, &alone);
    // Nor does one between two thresholds of a bisection, nor without any.
    setting.threshold = 0.6;
    atomic_store(&stop, true);
    assert_int_equal(sdse_study_measure(study, &setting, 1, &m, NULL, &diags),
                     SDSE_INTERRUPTED);
    atomic_store(&stop, false);
    assert_int_equal(sdse_study_measure(study, &setting, 1, &m, NULL, &diags), SDSE_OK);
    assert_int_equal(sdse_study_measure(fresh, &setting, 1, &alone, NULL, &diags),
                     SDSE_OK);
    same_measure(&m, &alone);
    sdse_study_free(study);
    sdse_study_free(fresh);
    sdse_arena_free(arena);
}

// --- What a decomposition reads ---

#define CHANGE(field, value) \
    static void change_##field(struct sdse_smartdeal_setting *s) { s->field = (value); }
CHANGE(basis_size, 2)
CHANGE(rows_per_slice, 7)
CHANGE(depthwise, true)
CHANGE(prune, SDSE_PRUNE_POPULATION)
CHANGE(prune_amount, 0.75)
CHANGE(prune_group, 5)
CHANGE(threshold_mode, SDSE_THRESHOLD_RELATIVE)
CHANGE(threshold, 0.21)
CHANGE(row_sparsity, true)
CHANGE(row_factor, 9)
CHANGE(iterations, 3)
CHANGE(tolerance, 3.0)
CHANGE(max_coefficient, 0.25)
CHANGE(rank_tolerance, 0.9)
CHANGE(scale, true)
CHANGE(decay, 0.125)
CHANGE(max_restarts, 0)
CHANGE(coefficient_bits, 2)
CHANGE(basis_bits, 4)
CHANGE(scale_bits, 3)
CHANGE(weight_bits, 5)
CHANGE(store, SDSE_STORE_RUN_LENGTH)
CHANGE(run_bits, 2)
#undef CHANGE

#define CHANGE(field) \
    { #field, change_##field }
static const struct {
    const char *name;
    void (*apply)(struct sdse_smartdeal_setting *s);
} changes[] = {
    CHANGE(basis_size),      CHANGE(rows_per_slice), CHANGE(depthwise),
    CHANGE(prune),           CHANGE(prune_amount),   CHANGE(prune_group),
    CHANGE(threshold_mode),  CHANGE(threshold),      CHANGE(row_sparsity),
    CHANGE(row_factor),      CHANGE(iterations),     CHANGE(tolerance),
    CHANGE(max_coefficient), CHANGE(rank_tolerance), CHANGE(scale),
    CHANGE(decay),           CHANGE(max_restarts),   CHANGE(coefficient_bits),
    CHANGE(basis_bits),      CHANGE(scale_bits),     CHANGE(weight_bits),
    CHANGE(store),           CHANGE(run_bits)};
#undef CHANGE
enum { CHANGES = sizeof changes / sizeof changes[0] };

static bool same_decomposition(const struct sdse_decomposition *a,
                               const struct sdse_decomposition *b) {
    const uint64_t n = a->slicing.basis_size;
    return n == b->slicing.basis_size && a->slicing.rows == b->slicing.rows &&
           a->slicing.blocks == b->slicing.blocks &&
           !memcmp(a->ce, b->ce, a->filters * a->slicing.rows * n * sizeof *a->ce) &&
           !memcmp(a->basis, b->basis,
                   a->filters * a->slicing.blocks * n * n * sizeof *a->basis);
}

static struct sdse_decomposition
decomposed(const struct sdse_layer_weights *layer,
           const struct sdse_smartdeal_setting *setting, struct sdse_diags *diags) {
    struct sdse_decomposition d;
    assert_int_equal(sdse_decompose(layer, setting, 1, &d, diags), SDSE_OK);
    return d;
}

// Every field of a setting, changed under several others: settings that are called
// alike decompose alike, and each field that a decomposition reads tells settings
// apart.
static void alike_means_the_same_decomposition(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    bool moved[CHANGES] = {false}, alike_somewhere[CHANGES] = {false};
    for (unsigned base = 0; base < 16; base++) {
        struct sdse_weight_shape shape = CONV;
        if (base == 15) // depth-wise
            shape = (struct sdse_weight_shape){24, 1, 1, 3, 3, false};
        const struct sdse_layer_weights layer = layer_of(shape, base);
        // A column of nearly nothing, so that ranks and restarts matter.
        for (uint64_t i = 0; base % 2 && i < 24 * (base == 15 ? 9 : 180); i += 3)
            values[i] *= 1e-3f;
        struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
        setting.depthwise = base == 15;
        setting.threshold_mode = SDSE_THRESHOLD_SPARSITY * (base % 3 == 1);
        setting.threshold = base % 3 == 1 ? 0.5 : 0.05;
        setting.prune = base & 2 ? SDSE_PRUNE_POPULATION : SDSE_PRUNE_NONE;
        setting.prune_amount = 0.3;
        setting.row_sparsity = (base & 4) != 0;
        setting.scale = (base & 8) != 0;
        const struct sdse_decomposition before = decomposed(&layer, &setting, &diags);
        for (unsigned c = 0; c < CHANGES; c++) {
            struct sdse_smartdeal_setting changed = setting;
            changes[c].apply(&changed);
            if (sdse_weights_stay_raw(&shape, &changed))
                continue;
            struct sdse_decomposition after = decomposed(&layer, &changed, &diags);
            const bool same = same_decomposition(&before, &after);
            const bool alike = sdse_settings_decompose_alike(&setting, &changed);
            if (alike && !same)
                fail_msg("base %u: %s moves the decomposition of settings called alike",
                         base, changes[c].name);
            moved[c] = moved[c] || !same;
            alike_somewhere[c] = alike_somewhere[c] || alike;
            sdse_decomposition_free(&after);
        }
        struct sdse_decomposition drop = before;
        sdse_decomposition_free(&drop);
    }
    for (unsigned c = 0; c < CHANGES; c++) {
        const bool narrowing = c >= CHANGES - 6;
        if (narrowing != !moved[c] && strcmp(changes[c].name, "depthwise") != 0)
            fail_msg("%s: %s", changes[c].name,
                     narrowing ? "moves decompositions" : "was never seen to matter");
        // What only narrows is never told apart, or nothing would be shared.
        if (narrowing && !alike_somewhere[c])
            fail_msg("%s keeps settings from sharing a decomposition", changes[c].name);
    }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_study_gives_what_each_setting_gives_alone),
        cmocka_unit_test(settings_in_order_decompose_once),
        cmocka_unit_test(stops_and_goes_on),
        cmocka_unit_test(alike_means_the_same_decomposition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
