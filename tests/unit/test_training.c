// Bucket switching outside the recorded cases, where it starts from, what a training
// counts, and that threads change nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "base/arena.h"
#include "smartdeal/synthetic.h"
#include "smartdeal/train/start.h"
#include "smartdeal/train/train.h"

struct said {
    struct sdse_arena *arena;
    struct sdse_diags diags;
};

static struct said *listen(void) {
    struct said *said = malloc(sizeof *said);
    assert_non_null(said);
    said->arena = sdse_arena_new();
    sdse_diags_init(&said->diags, said->arena);
    return said;
}

// How many diagnostics, all of one check.
static void heard(struct said *said, const char *check, size_t count) {
    assert_int_equal(said->diags.errors, count);
    for (const struct sdse_diag *d = said->diags.first; d; d = d->next)
        assert_string_equal(d->check, check);
    sdse_arena_free(said->arena);
    free(said);
}

static const struct sdse_loc here = {.file = "here"};

// ---- layout -----------------------------------------------------------------

static void cuts_layers(void **unused) {
    (void)unused;
    static const struct {
        struct sdse_train_shape shape;
        uint64_t blocks, rows, n; // blocks 0: refused
    } cases[] = {
        {{2, 63, 3, 3}, 1, 189, 3},   {{2, 64, 3, 3}, 1, 192, 3},
        {{2, 128, 3, 3}, 2, 192, 3},  {{2, 96, 3, 3}, 0, 0, 0},
        {{2, 3, 7, 7}, 1, 21, 7},     {{2, 5, 1, 7}, 1, 5, 7},
        {{2, 5, 7, 1}, 0, 0, 0},      {{2, 16, 1, 1}, 1, 6, 3},
        {{2, 576, 1, 1}, 1, 192, 3},  {{2, 577, 1, 1}, 2, 97, 3},
        {{2, 960, 1, 1}, 2, 160, 3},  {{2, 1280, 1, 1}, 3, 143, 3},
        {{2, 2048, 1, 1}, 4, 171, 3}, {{2, 4096, 1, 1}, 8, 171, 3},
        {{2, 1, 1, 1}, 1, 1, 3},      {{0, 1, 1, 1}, 0, 0, 0},
        {{2, 0, 3, 3}, 0, 0, 0},      {{2, 3, 64, 64}, 1, 192, 64},
        {{2, 3, 65, 65}, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct said *said = listen();
        struct sdse_train_layout l = {0};
        const bool fits = cases[i].blocks > 0;
        assert_int_equal(sdse_train_layout_of(&cases[i].shape, here, &said->diags, &l),
                         fits ? SDSE_OK : SDSE_INVALID);
        heard(said, "train-shape", !fits);
        assert_int_equal(l.blocks, cases[i].blocks);
        assert_int_equal(l.rows, cases[i].rows);
        assert_int_equal(l.n, cases[i].n);
    }
    struct said *said = listen();
    struct sdse_train_layout l;
    const struct sdse_train_shape huge = {UINT64_MAX / 2, 3, 1, 1};
    assert_int_equal(sdse_train_layout_of(&huge, here, &said->diags, &l),
                     SDSE_OVERFLOW);
    heard(said, "", 0);
}

static void counts_storage(void **unused) {
    (void)unused;
    // 32 W / (d k c + k + w b), and a code of one bit where nothing is coded.
    struct sdse_train_counts counts = {300, 100, 18, 290, 5, 8};
    struct sdse_train_storage s;
    assert_int_equal(sdse_train_storage_of(&counts, &s), SDSE_OK);
    assert_int_equal(s.total_bits, 100 * 4 + 300 + 18 * 8);
    assert_true(s.ratio == 32.0 * 290 / (100 * 4 + 300 + 18 * 8));
    counts.magnitudes = 1;
    assert_int_equal(sdse_train_storage_of(&counts, &s), SDSE_OK);
    assert_int_equal(s.coefficient_bits, 1);
    counts.magnitudes = counts.nonzeros = 0;
    assert_int_equal(sdse_train_storage_of(&counts, &s), SDSE_OK);
    assert_int_equal(s.coefficient_bits, 1);
    assert_int_equal(s.ce_bits, 0);
    counts.basis_words = UINT64_MAX / 2;
    assert_int_equal(sdse_train_storage_of(&counts, &s), SDSE_OVERFLOW);
}

// ---- the rule ---------------------------------------------------------------

static struct sdse_bucket_rule plain_rule(void) {
    return (struct sdse_bucket_rule){.theta = 4e-3, .switch_bar = 1};
}

static void refuse_rule(struct sdse_bucket_rule rule, const char *check) {
    struct said *said = listen();
    assert_int_equal(sdse_bucket_check(&rule, here, &said->diags),
                     *check ? SDSE_INVALID : SDSE_OK);
    heard(said, check, *check != 0);
}

static void refuses_rules(void **unused) {
    (void)unused;
    struct sdse_bucket_rule r = plain_rule();
    refuse_rule(r, "");
#define WITH(field, value, check) \
    r = plain_rule();             \
    r.field = value;              \
    refuse_rule(r, check)
    WITH(theta, 0, "train-theta");
    WITH(theta, 1.5, "train-theta");
    WITH(theta, (double)NAN, "train-theta");
    WITH(theta, 0x1p-7 + 5e-6, "train-theta");
    WITH(theta, 0x1p-7 + 2e-5, "");
    WITH(theta, 0x1p-7, "");
    WITH(max_coefficient, 0.75, "train-max");
    WITH(max_coefficient, -1, "train-max");
    WITH(max_coefficient, 0x1p-8, "train-max");
    WITH(max_coefficient, 0x1p-7, "");
    WITH(switch_bar, 0, "train-bar");
    WITH(switch_bar, SDSE_BUCKET_MOST_BAR + 1, "train-bar");
    WITH(dead_zone, -1e-3, "train-dead-zone");
    WITH(momentum_c, 1, "train-momentum");
    WITH(momentum_b, -0.1, "train-momentum");
    WITH(weight_decay, (double)INFINITY, "train-decay");
#undef WITH
    assert_true(sdse_bucket_least(4e-3) == 0x1p-7);
    assert_true(sdse_bucket_least(1e-9) == 0x1p-10);
    assert_true(sdse_bucket_least(1) == 1);
    assert_true(sdse_bucket_least(0x1p-7) == 0x1p-7);
    assert_int_equal(sdse_bucket_counter_bits(1), 2);
    assert_int_equal(sdse_bucket_counter_bits(7), 4);
    assert_int_equal(sdse_bucket_counter_bits(31), 6);
}

// Momentum of C and of B are two numbers: with none on C, and a gradient of C that
// turns round, the coefficient turns at once while the basis goes on.
static void keeps_momenta_apart(void **unused) {
    (void)unused;
    const struct sdse_train_layout l = {1, 3, 1, 1, 3};
    const double raw[3] = {0.25, 0, 0}, basis[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    struct sdse_bucket_rule rule = plain_rule();
    rule.momentum_b = 0.9;
    for (int momentum = 0; momentum < 2; momentum++) {
        struct sdse_bucket_layer layer;
        rule.momentum_c = momentum ? 0.9 : 0;
        assert_int_equal(sdse_bucket_start(&l, &rule, raw, basis, &layer), SDSE_OK);
        const float down[3] = {1, 0, 0}, up[3] = {-0.125F, 0, 0};
        struct sdse_bucket_moved moved = sdse_bucket_step(&layer, down, 0.1);
        assert_int_equal(moved.hits, 1);
        assert_int_equal(moved.codes, 1);
        assert_true(layer.c[0] == 0.125);
        const double before = layer.basis[0];
        sdse_bucket_step(&layer, up, 0.1);
        assert_true(layer.c[0] == (momentum ? 0.0625 : 0.25));
        assert_true(layer.basis[0] < before);
        sdse_bucket_free(&layer);
    }
}

static void leaves_frozen_coefficients(void **unused) {
    (void)unused;
    const struct sdse_train_layout l = {1, 3, 1, 1, 3};
    const double raw[3] = {0.25, -0.5, 0}, basis[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const float gradient[3] = {1, 1, 1};
    struct sdse_bucket_rule rule = plain_rule();
    struct sdse_bucket_layer layer;
    rule.frozen = true;
    assert_int_equal(sdse_bucket_start(&l, &rule, raw, basis, &layer), SDSE_OK);
    const struct sdse_bucket_moved moved = sdse_bucket_step(&layer, gradient, 0.1);
    assert_int_equal(moved.hits + moved.codes + moved.counters, 0);
    assert_true(layer.c[0] == 0.25 && layer.c[1] == -0.5 && layer.c[2] == 0);
    assert_true(layer.basis[0] == 1 - 0.1 * 0.25);
    sdse_bucket_free(&layer);
}

// Within the dead zone's border nothing counts; beyond it a counter moves, and is told.
static void minds_the_dead_zone(void **unused) {
    (void)unused;
    const struct sdse_train_layout l = {1, 3, 1, 1, 3};
    const double raw[3] = {0.25, 0.25, 0.25}, basis[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    const float gradient[3] = {0.5F, -0.53125F, 0};
    struct sdse_bucket_rule rule = plain_rule();
    struct sdse_bucket_layer layer;
    rule.switch_bar = 3;
    rule.dead_zone = 0.25;
    assert_int_equal(sdse_bucket_start(&l, &rule, raw, basis, &layer), SDSE_OK);
    const struct sdse_bucket_moved moved = sdse_bucket_step(&layer, gradient, 0.5);
    assert_int_equal(moved.counters, 1);
    assert_int_equal(moved.codes, 0);
    assert_int_equal(layer.counter[0], 0);
    assert_int_equal(layer.counter[1], 1);
    sdse_bucket_free(&layer);
}

// ---- the start --------------------------------------------------------------

static double start_error(uint64_t words, double density, double most, uint64_t *kept) {
    const struct sdse_train_shape shape = {20, words, 1, 1};
    const struct sdse_start_rule rule = {density, 0x1p-7, most, 6};
    const struct sdse_weight_shape synthetic = {1, 20, words, 1, 1, true};
    struct said *said = listen();
    struct sdse_train_layout l;
    assert_int_equal(sdse_train_layout_of(&shape, here, &said->diags, &l), SDSE_OK);
    heard(said, "", 0);
    float *w = malloc(20 * words * sizeof *w), *again = malloc(20 * words * sizeof *w);
    double *c = malloc(sdse_train_coefficients(&l) * sizeof *c);
    double *basis = malloc(sdse_train_basis_words(&l) * sizeof *basis);
    sdse_synthetic_weights(&synthetic, 5, w);
    memset(w, 0, words * sizeof *w); // a filter of zeros
    assert_int_equal(sdse_train_start(&l, &rule, w, c, basis), SDSE_OK);
    *kept = 0;
    for (uint64_t i = 0; i < sdse_train_coefficients(&l); i++) {
        int exponent;
        assert_true(c[i] == 0 || fabs(frexp(c[i], &exponent)) == 0.5);
        assert_true(c[i] == 0 || (fabs(c[i]) >= 0x1p-7 && fabs(c[i]) <= most));
        *kept += c[i] != 0;
    }
    struct sdse_bucket_rule bucket = plain_rule();
    struct sdse_bucket_layer layer;
    assert_int_equal(sdse_bucket_start(&l, &bucket, c, basis, &layer), SDSE_OK);
    assert_int_equal(sdse_bucket_nonzeros(&layer), *kept);
    sdse_bucket_weights(&layer, again);
    double error = 0, square = 0;
    for (uint64_t i = 0; i < 20 * words; i++) {
        error += pow((double)w[i] - (double)again[i], 2);
        square += pow((double)w[i], 2);
    }
    sdse_bucket_free(&layer);
    free(w);
    free(again);
    free(c);
    free(basis);
    return sqrt(error / square);
}

static void starts_near(void **unused) {
    (void)unused;
    uint64_t kept;
    assert_true(start_error(600, 0.56, 0.5, &kept) < 0.30);
    assert_in_range(kept, 20 * 600 * 0.56 - 2, 20 * 600 * 0.56 + 2);
    assert_true(start_error(100, 0.9, 0.5, &kept) < 0.2);
    assert_in_range(kept, 20 * 100 * 0.9 - 2, 20 * 100 * 0.9 + 2);
    assert_true(start_error(100, 0, 0.5, &kept) == 1);
    assert_int_equal(kept, 0);
}

// ---- a training -------------------------------------------------------------

// Ten prototypes of noise, with noise.
static struct sdse_images generated(size_t count, uint64_t seed) {
    enum { SIDE = 8, SIZE = SIDE * SIDE };
    struct sdse_images images = {count, SIDE, SIDE, malloc(count * SIZE),
                                 malloc(count)};
    assert_true(images.pixels && images.labels);
    for (size_t i = 0; i < count; i++) {
        uint64_t state = images.labels[i] =
            (uint8_t)(sdse_random_u64(&seed) % SDSE_NET_CLASSES);
        for (size_t j = 0; j < SIZE; j++)
            images.pixels[i * SIZE + j] =
                (uint8_t)(sdse_random_u64(&state) % 224 + sdse_random_u64(&seed) % 32);
    }
    return images;
}

static const struct sdse_train_method methods[] = {
    {.learning_rate = 0.05},
    {.smartdeal = true,
     .learning_rate = 0.05,
     .density = 0.56,
     .rule = {4e-3, 0.5, 3, 2e-2, 0.9, 0.9, 5e-4, 0, false}},
    {.smartdeal = true,
     .learning_rate = 0.05,
     .density = 0.56,
     .rule = {4e-3, 0.5, 3, 1e-4, 0, 0.9, 5e-4, 0, false}},
    {.smartdeal = true,
     .learning_rate = 0.03,
     .density = 0.56,
     .rule = {4e-3, 1, 1, 0, 0, 0.9, 5e-4, 0, true}},
};
enum { METHODS = sizeof methods / sizeof methods[0], EPOCHS = 4 };

static struct sdse_train_result train(struct sdse_net net, enum sdse_train_task task,
                                      unsigned threads) {
    struct sdse_images images = generated(700, 1), unseen = generated(150, 2);
    const struct sdse_train_plan plan = {
        .net = net,
        .task = task,
        .setting = {EPOCHS, 30, 0.9, 5e-4, 3, NULL, NULL},
        .source_rate = 0.05,
        .methods = methods,
        .method_count = METHODS,
        .threads = threads,
    };
    struct sdse_train_result result;
    assert_int_equal(sdse_train(&plan, &images, &unseen, &result), SDSE_OK);
    sdse_images_free(&images);
    sdse_images_free(&unseen);
    return result;
}

// 64-24-10 after the finetune task: 350 samples in steps of 30. In blocks: 24 filters
// of 22 rows and 10 of 8, with a basis of 9 words each.
static void check_bits(const struct sdse_train_epoch *sgd) {
    const uint64_t steps = 12, first = 24 * 64, second = 10 * 24, biases = 34;
    const uint64_t words = first + second + biases, basis[2] = {24 * 9, 10 * 9};
    const uint64_t coefficients[2] = {24 * 66, 10 * 24}, masked[2] = {860, 134};
    const struct sdse_train_epoch *momentum = sgd + EPOCHS + 1;
    const struct sdse_train_epoch *sign = momentum + EPOCHS + 1;
    const struct sdse_train_epoch *frozen = sign + EPOCHS + 1;
    assert_int_equal(sgd[EPOCHS].model_bits, 32 * words);
    assert_int_equal(sgd[EPOCHS].narrow_bits, 32 * words);
    assert_int_equal(sgd[EPOCHS].state_bits, 64 * words);
    assert_int_equal(sgd[0].moved_bits, 0);
    // Read by the first layer once, by the second twice, and four times by the update.
    assert_int_equal(sgd[EPOCHS].moved_bits,
                     steps * 32 * (5 * first + 6 * second + 5 * biases));

    // Codes of 2^-7 ... 2^-1 have 4 bits, up to 2^0 (frozen) 5, with zero.
    uint64_t state = 64 * biases, moved = 5 * 32 * biases, narrower = 0, wider = 0;
    for (uint64_t n = 0; n < 2; n++) {
        const uint64_t form = 4 * masked[n] + coefficients[n];
        state += form + 64 * basis[n];
        moved += (n + 2) * form + (n + 5) * 32 * basis[n];
        wider += (n + 2) * masked[n];
        narrower += (32 - 8) * basis[n] - 8 * basis[n] / 9;
    }
    const uint64_t all = masked[0] + masked[1];
    assert_int_equal(frozen[EPOCHS].state_bits, state + all);
    assert_int_equal(frozen[EPOCHS].moved_bits, steps * (moved + wider));
    assert_int_equal(frozen[EPOCHS].model_bits - frozen[EPOCHS].narrow_bits, narrower);
    // Counters of bar 3 have 3 bits.
    assert_int_equal(sign[EPOCHS].state_bits, state + 3 * all);
    assert_int_equal(momentum[EPOCHS].state_bits, state + (3 + 32) * all);
    assert_true(sign[EPOCHS].moved_bits > steps * (moved + 3 * all));
    assert_true(sign[EPOCHS].moved_bits <= steps * (moved + (3 + 3 + 4) * all));
    assert_true(momentum[EPOCHS].moved_bits > steps * (moved + (3 + 64) * all));
    assert_int_equal(frozen[1].switches, 0);
    assert_true(momentum[1].switches > 0 && sign[1].switches > 0);
}

// 31 times the same image in steps of 29 and 2: the order does not matter, and the
// second step leaves parts of a batch without a sample. By hand: two steps of SGD.
static void steps_as_by_hand(void **unused) {
    (void)unused;
    enum { COUNT = 31, SIZE = 64 };
    const struct sdse_net net = sdse_net_mlp(8, 8, 6);
    struct sdse_images images = generated(COUNT, 9);
    uint32_t index[COUNT];
    float sample[SIZE];
    for (size_t i = 0; i < COUNT; i++) {
        memcpy(images.pixels + i * SIZE, images.pixels, SIZE);
        images.labels[i] = images.labels[0];
        index[i] = (uint32_t)i;
    }
    for (size_t j = 0; j < SIZE; j++)
        sample[j] = (float)images.pixels[j] / 255;
    struct sdse_net_values start, end, gradient, buffer;
    struct sdse_net_values *all[] = {&start, &end, &gradient, &buffer};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(sdse_net_values_new(&net, all[i]), SDSE_OK);
    for (unsigned n = 0; n < net.count; n++)
        sdse_net_draw(&net.layer[n], n, start.weights[n], start.biases[n]);
    const struct sdse_train_setting setting = {
        .epochs = 1, .batch = 29, .momentum = 0.5, .weight_decay = 0.25, .seed = 1};
    const struct sdse_train_method sgd = {.learning_rate = 0.125};
    const struct sdse_subset set = {&images, COUNT, index};
    struct sdse_train_epoch epochs[2];
    double narrow;
    assert_int_equal(sdse_train_run(&net, &start, &setting, &sgd, &set, &set, 1, epochs,
                                    &narrow, &end),
                     SDSE_OK);
    struct sdse_net_space *space = sdse_net_space_new(&net);
    assert_non_null(space);
    for (uint64_t step = 0; step < 2; step++) {
        const double rate = 0.125 * sdse_train_schedule(step, 2);
        sdse_net_backward(&net, &start, sample, images.labels, 1, 1, space, &gradient);
        for (unsigned n = 0; n < net.count; n++)
            for (size_t i = 0; i < sdse_net_weights(&net.layer[n]); i++) {
                float *w = &start.weights[n][i], *b = &buffer.weights[n][i];
                *b = 0.5F * *b + gradient.weights[n][i] + 0.25F * *w;
                *w -= (float)rate * *b;
            }
        for (unsigned n = 0; n < net.count; n++)
            for (size_t i = 0; i < net.layer[n].filters; i++) {
                float *w = &start.biases[n][i], *b = &buffer.biases[n][i];
                *b = 0.5F * *b + gradient.biases[n][i] + 0.25F * *w;
                *w -= (float)rate * *b;
            }
    }
    for (unsigned n = 0; n < net.count; n++)
        for (size_t i = 0; i < sdse_net_weights(&net.layer[n]); i++)
            assert_true(fabs((double)(start.weights[n][i] - end.weights[n][i])) < 1e-5);
    sdse_net_space_free(space);
    for (size_t i = 0; i < 4; i++)
        sdse_net_values_free(all[i]);
    sdse_images_free(&images);
}

static void learns_the_same_with_any_threads(void **unused) {
    (void)unused;
    const struct sdse_net nets[] = {sdse_net_mlp(8, 8, 24), sdse_net_cnn(8, 8, 4, 6)};
    for (size_t n = 0; n < 2; n++)
        for (int task = 0; task < 3; task++) {
            struct sdse_train_result one =
                train(nets[n], (enum sdse_train_task)task, 1);
            for (unsigned threads = 2; threads < 10; threads += 7) {
                struct sdse_train_result more =
                    train(nets[n], (enum sdse_train_task)task, threads);
                assert_memory_equal(one.target, more.target,
                                    METHODS * (EPOCHS + 1) * sizeof *one.target);
                assert_memory_equal(one.narrow_accuracy, more.narrow_accuracy,
                                    METHODS * sizeof(double));
                sdse_train_result_free(&more);
            }
            for (size_t m = 0; m < METHODS; m++) {
                const struct sdse_train_epoch *rows = one.target + m * (EPOCHS + 1);
                assert_true(isnan(rows[0].loss));
                // So few steps settle float SGD, and the others where the net is
                // simple.
                if (!(rows[EPOCHS].loss < 3))
                    fail_msg("net %zu, task %d, method %zu: a loss of %g", n, task, m,
                             rows[EPOCHS].loss);
                if ((m == 0 || (m > 1 && n == 0)) &&
                    rows[EPOCHS].accuracy <= (m ? 0.4 : 0.8))
                    fail_msg("net %zu, task %d, method %zu: %g", n, task, m,
                             rows[EPOCHS].accuracy);
                assert_true(fabs(one.narrow_accuracy[m] - rows[EPOCHS].accuracy) < 0.1);
            }
            if (n == 0 && task == SDSE_TRAIN_FINETUNE)
                check_bits(one.target);
            assert_true((one.source == NULL) == (task == SDSE_TRAIN_FULL));
            sdse_train_result_free(&one);
        }
}

// 8 bits: 127 steps on each side, the step a power of two that is not larger than
// needed.
static void rounds_bases(void **unused) {
    (void)unused;
    uint64_t state = 3;
    for (int trial = 0; trial < 200; trial++) {
        double basis[9], narrow[9], most = 0;
        for (int i = 0; i < 9; i++) {
            basis[i] = ldexp((double)(int64_t)sdse_random_u64(&state), -60 - trial % 9);
            most = fmax(most, fabs(basis[i]));
        }
        memcpy(narrow, basis, sizeof basis);
        sdse_train_narrow(narrow, 9);
        double step = 0x1p-40;
        while (most > 127 * step)
            step *= 2;
        for (int i = 0; i < 9; i++) {
            assert_true(fabs(narrow[i] - basis[i]) <= step / 2);
            assert_true(narrow[i] == nearbyint(narrow[i] / step) * step);
            assert_true(fabs(narrow[i]) <= 127 * step);
        }
    }
    double exact[2] = {127, -1}, zeros[1] = {0};
    sdse_train_narrow(exact, 2);
    assert_true(exact[0] == 127 && exact[1] == -1);
    sdse_train_narrow(zeros, 1);
    assert_true(zeros[0] == 0);
}

static void falls_in_the_end(void **unused) {
    (void)unused;
    assert_true(sdse_train_schedule(0, 1000) == 1);
    assert_true(sdse_train_schedule(499, 1000) == 1);
    assert_true(fabs(sdse_train_schedule(700, 1000) - 0.505) < 1e-9);
    assert_true(sdse_train_schedule(900, 1000) == 0.01);
    assert_true(sdse_train_schedule(999, 1000) == 0.01);
}

static void needs_both_parts(void **unused) {
    (void)unused;
    struct sdse_images images = generated(40, 1);
    const struct sdse_train_plan plan = {.net = sdse_net_mlp(8, 8, 4),
                                         .task = SDSE_TRAIN_ADAPT,
                                         .setting = {1, 8, 0.9, 0, 1, NULL, NULL},
                                         .methods = methods,
                                         .method_count = 1,
                                         .threads = 1};
    struct sdse_train_result result;
    memset(images.labels, 7, images.count);
    assert_int_equal(sdse_train(&plan, &images, &images, &result), SDSE_INVALID);
    sdse_train_result_free(&result);
    // 4 is the last class of the first part, 5 the first of the second.
    memset(images.labels, 4, images.count / 2);
    memset(images.labels + images.count / 2, 5, images.count / 2);
    assert_int_equal(sdse_train(&plan, &images, &images, &result), SDSE_OK);
    sdse_train_result_free(&result);
    sdse_images_free(&images);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_layers),
        cmocka_unit_test(counts_storage),
        cmocka_unit_test(refuses_rules),
        cmocka_unit_test(keeps_momenta_apart),
        cmocka_unit_test(leaves_frozen_coefficients),
        cmocka_unit_test(minds_the_dead_zone),
        cmocka_unit_test(starts_near),
        cmocka_unit_test(rounds_bases),
        cmocka_unit_test(falls_in_the_end),
        cmocka_unit_test(steps_as_by_hand),
        cmocka_unit_test(learns_the_same_with_any_threads),
        cmocka_unit_test(needs_both_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
