// Sweeps over measured weight forms: what each choice does, where the weights come
// from, and that neither threads nor interruptions change a figure.
//
// One file, though long: one small measured sweep, and every way to run it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dse/sweep/forms.h"
#include "dse/sweep/measured.h"
#include "dse/sweep/sweep.h"
#include "dse/sweep/weights.h"
#include "results/look/points.h"
#include "smartdeal/measure.h"
#include "smartdeal/npy.h"
#include "smartdeal/rebuild.h"
#include "smartdeal/synthetic.h"
#include "spec/load.h"
#include "support/close.h"
#include "support_sweep.h"

// Three layers that are decomposed and one that stays raw.
#define LAYERS(a, c)                                                                 \
    "layers:\n"                                                                      \
    "  - {name: a, kind: conv, in: [8, 6, 6], out_channels: 16, kernel: 3, pad: 1" a \
    "}\n"                                                                            \
    "  - {name: b, kind: conv, in: [48, 4, 4], out_channels: 8, kernel: 1, "         \
    "repeat: 2}\n"                                                                   \
    "  - {name: c, kind: fc, in: 192, out_channels: 10" c "}\n"                      \
    "  - {name: d, kind: dwconv, in: [4, 6, 6], kernel: 3, pad: 1}\n"

#define SWEEP(name, network)                                                    \
    "name: " name "\nworkloads: [" network "]\narchs: [arch.yaml]\nobjective: " \
    "energy\n"

static int make_inputs(void **state) {
    if (sweep_begin(state) != 0)
        return -1;
    sweep_write("net.yaml",
                "name: tiny\nsource: made up for this test\n" LAYERS("", ""));
    sweep_write("arch.yaml", SWEEP_TABLE_ARCH);
    return 0;
}

struct ran {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_sweep_progress progress;
    enum sdse_status status;
};

static void stop_after_some(void *context, const struct sdse_sweep_progress *progress) {
    if (progress->points_done >= 10)
        atomic_store((atomic_bool *)context, true);
}

static struct ran run(const char *sweep, const char *database, unsigned threads,
                      atomic_bool *stop) {
    struct ran ran = {.arena = sdse_arena_new()};
    sdse_diags_init(&ran.diags, ran.arena);
    // in_folder's texts are reused, so keep copies that diagnostics can point at.
    const struct sdse_sweep_request request = {
        .sweep_path = sdse_arena_strdup(ran.arena, sweep_path(sweep)),
        .database_path = sdse_arena_strdup(ran.arena, sweep_path(database)),
        .threads = threads,
        .stop = stop,
        .progress = stop ? stop_after_some : NULL,
        .context = stop};
    ran.status = sdse_sweep_run(&request, &ran.diags, &ran.progress);
    return ran;
}

static struct sdse_sweep_progress complete(const char *sweep, const char *database,
                                           unsigned threads) {
    struct ran ran = run(sweep, database, threads, NULL);
    sdse_diags_print(&ran.diags, stderr, false);
    assert_int_equal(ran.status, SDSE_OK);
    sdse_arena_free(ran.arena);
    return ran.progress;
}

static char *ask(const char *database, const char *sql) {
    return database_ask(sweep_path(database), sql);
}

static char *export_of(const char *database) {
    return database_export(sweep_path(database));
}

static double number(const char *database, const char *sql) {
    return database_number(sweep_path(database), sql);
}

static double of_form(const char *database, const char *form, const char *column) {
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT %s FROM v_point WHERE form = '%s'", column, form);
    return number(database, sql);
}

// --- What the choices do ---

static void every_choice_moves_error_and_energy(void **state) {
    (void)state;
    static const char *const forms[] = {"basis", "rows", "sparse", "coefficient",
                                        "basis bits"};
    sweep_write("knobs.yaml",
                SWEEP("knobs", "net.yaml") "weight_forms:\n"
                                           "  - {name: base, basis_size: 3, "
                                           "rows_per_slice: 32, sparsity: 0.4, "
                                           "coefficient_bits: 4, basis_bits: 8}\n"
                                           "  - {name: basis, basis_size: 4, "
                                           "rows_per_slice: 32, sparsity: 0.4, "
                                           "coefficient_bits: 4, basis_bits: 8}\n"
                                           "  - {name: rows, basis_size: 3, "
                                           "rows_per_slice: 8, sparsity: 0.4, "
                                           "coefficient_bits: 4, basis_bits: 8}\n"
                                           "  - {name: sparse, basis_size: 3, "
                                           "rows_per_slice: 32, sparsity: 0.7, "
                                           "coefficient_bits: 4, basis_bits: 8}\n"
                                           "  - {name: coefficient, basis_size: 3, "
                                           "rows_per_slice: 32, sparsity: 0.4, "
                                           "coefficient_bits: 2, basis_bits: 8}\n"
                                           "  - {name: basis bits, basis_size: 3, "
                                           "rows_per_slice: 32, sparsity: 0.4, "
                                           "coefficient_bits: 4, basis_bits: 4}\n"
                                           "  - raw\n");
    complete("knobs.yaml", "knobs.db", 2);
    const double error = of_form("knobs.db", "base", "rel_error");
    const double energy = of_form("knobs.db", "base", "energy_pj");
    assert_true(error > 0.01 && error < 0.6);
    double e[5], j[5];
    for (int i = 0; i < 5; i++) {
        e[i] = of_form("knobs.db", forms[i], "rel_error");
        j[i] = of_form("knobs.db", forms[i], "energy_pj");
        assert_true(e[i] > 0 && e[i] < 1);
        assert_true(e[i] != error);
        assert_true(j[i] != energy);
    }
    assert_true(e[1] < error && j[1] > energy); // more bases: closer, and dearer
    assert_true(e[2] > error && j[2] < energy); // fewer coefficients
    assert_true(e[3] > error && j[3] < energy); // fewer bits of a coefficient
    assert_true(e[4] > error && j[4] < energy); // fewer bits of a basis word
    assert_true(of_form("knobs.db", "raw", "rel_error") == 0);
    // The multipliers see the same words; storing them costs less than raw words.
    assert_true(energy < of_form("knobs.db", "raw", "energy_pj"));
}

static void error_is_an_objective_of_the_front(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    enum sdse_metric metrics[2];
    assert_true(sdse_metric_parse("energy", &metrics[0]));
    assert_true(sdse_metric_parse("error", &metrics[1]));
    struct sdse_reader *reader;
    struct sdse_points points;
    struct sdse_front front;
    assert_int_equal(sdse_reader_open(sweep_path("knobs.db"), &diags, &reader),
                     SDSE_OK);
    assert_int_equal(sdse_points_load(reader, &(struct sdse_filter){.sweep = "knobs"},
                                      metrics, 2, arena, &diags, &points),
                     SDSE_OK);
    assert_int_equal(points.count, 7);
    assert_int_equal(points.unknown, 0);
    assert_int_equal(sdse_front_compute(&points, arena, &front), SDSE_OK);
    assert_true(front.count >= 3);
    // From cheap and coarse to dear and exact.
    assert_string_equal(points.form[front.index[front.count - 1]], "raw");
    sdse_reader_close(reader);
    sdse_arena_free(arena);
}

// What multipliers see is rounded to their words: an accelerator of its own error.
static void narrower_words_are_a_larger_error(void **state) {
    (void)state;
    sweep_write(
        "narrow.yaml",
        SWEEP("narrow", "net.yaml") "override: {word_bits: [3, 8, 24]}\n"
                                    "weight_forms: [{name: m, sparsity: 0.2}]\n");
    complete("narrow.yaml", "narrow.db", 1);
    char *order = ask("narrow.db", "SELECT parameters FROM v_point ORDER BY rel_error "
                                   "DESC");
    assert_string_equal(order, "word_bits=3\nword_bits=8\nword_bits=24\n");
    free(order);
}

// --- The figures ---

// The rows of the database are what smartdeal/ measures, and the point's error is that
// of the whole.
static void the_figures_are_the_measured_ones(void **state) {
    (void)state;
    sweep_write("one.yaml",
                SWEEP("one", "net.yaml") "weight_forms: [{name: m, sparsity: 0.5, "
                                         "index: element_bitmap}]\n");
    complete("one.yaml", "one.db", 1);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net;
    assert_int_equal(sdse_workload_load(arena, sweep_path("net.yaml"), &diags, &net),
                     SDSE_OK);
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    setting.threshold = 0.5;
    setting.store = SDSE_STORE_ELEMENT_BITMAP;
    double errors = 0, norms = 0, bits = 0;
    for (size_t i = 0; i < 3; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        static float values[4096];
        const struct sdse_layer_weights weights = {
            layer->name, sdse_layer_weight_shape(layer), values, layer->loc};
        sdse_synthetic_weights(&weights.shape, sdse_synthetic_seed("tiny", layer->name),
                               values);
        struct sdse_form_measure m;
        assert_int_equal(sdse_measure_layer(&weights, &setting, 1, &m, NULL, &diags),
                         SDSE_OK);
        double square = 0;
        for (uint64_t k = 0; k < m.weights; k++)
            square += (double)values[k] * (double)values[k];
        errors += (double)layer->repeat * m.rel_error * m.rel_error * square;
        norms += (double)layer->repeat * square;
        bits += (double)(layer->repeat * m.stored_bits);
        const struct {
            const char *column;
            double value;
        } stored[] = {{"weight_bits", (double)(layer->repeat * m.stored_bits)},
                      {"rel_error", m.rel_error},
                      {"density", m.density},
                      {"row_density", m.row_density},
                      {"joint_row_density_32", m.joint_row_density[1]},
                      {"joint_row_density_64", m.joint_row_density[2]}};
        for (size_t c = 0; c < sizeof stored / sizeof *stored; c++) {
            char sql[200];
            snprintf(sql, sizeof sql, "SELECT %s FROM v_layer WHERE layer = '%s'",
                     stored[c].column, layer->name);
            assert_double_within(number("one.db", sql), stored[c].value, 0);
        }
    }
    bits += 8 * 9 * 4; // the depth-wise layer: raw words
    assert_double_within(of_form("one.db", "m", "weight_bits"), bits, 0);
    assert_double_within(of_form("one.db", "m", "rel_error"), sqrt(errors / norms),
                         1e-12);
    sdse_arena_free(arena);
    char *rows = ask("one.db", "SELECT weights, rel_error = 0, sqnr_db IS NULL, "
                               "exponents_used > 0 FROM v_layer ORDER BY layer_index");
    assert_string_equal(rows, "synthetic,0,0,1\nsynthetic,0,0,1\nsynthetic,0,0,1\n"
                              "declared,1,1,0\n");
    free(rows);
}

// --- Digits ---

// Radix-4 Booth digits of a word that are not zero.
static unsigned booth_digits(int word) {
    unsigned digits = 0;
    int sum = 0;
    for (int i = 0; i < 8; i++) { // 16 bits, the sign in front of the word's own
        const int low = i ? (word >> (2 * i - 1)) & 1 : 0;
        const int digit = low + ((word >> 2 * i) & 1) - 2 * ((word >> (2 * i + 1)) & 1);
        digits += digit != 0;
        sum += digit * (1 << 2 * i);
    }
    assert_int_equal(sum, word);
    return digits;
}

static unsigned one_bits(int word) {
    unsigned bits = 0;
    for (word = abs(word); word; word /= 2)
        bits += word % 2 != 0;
    return bits;
}

// Where multipliers take weights one by one, the digits of what they see are counted:
// rebuilt words, of the accelerator's width.
static void digits_of_rebuilt_words_are_counted(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net;
    assert_int_equal(sdse_workload_load(arena, sweep_path("net.yaml"), &diags, &net),
                     SDSE_OK);
    const struct sdse_layer *layer = &net->layers[0];
    const struct sdse_form_setting form = {.smartdeal = true,
                                           .measured = true,
                                           .coefficient_bits = 4,
                                           .basis_bits = 8,
                                           .scale_bits = 4,
                                           .threshold_kind = SDSE_FORM_SPARSITY,
                                           .threshold = 0.4,
                                           .iterations = 3,
                                           .prune_group = 32};
    static float values[4096];
    const struct sdse_layer_weights weights = {
        layer->name, sdse_layer_weight_shape(layer), values, layer->loc};
    sdse_synthetic_weights(&weights.shape, sdse_synthetic_seed("tiny", layer->name),
                           values);
    for (uint32_t bits = 5; bits <= 11; bits += 3) {
        struct sdse_smartdeal_setting setting = sdse_form_smartdeal_setting(&form);
        struct sdse_form_measure m;
        struct sdse_coded_layer coded;
        setting.weight_bits = bits;
        assert_int_equal(sdse_measure_layer(&weights, &setting, 1, &m, &coded, &diags),
                         SDSE_OK);
        double plain[SDSE_ACTIVATION_DIGITS + 1] = {0}, booth[18] = {0};
        int16_t words[8 * 9];
        for (uint64_t f = 0; f < 16; f++) {
            sdse_rebuild_filter_scalar(&coded, f, words);
            for (unsigned i = 0; i < 72; i++) {
                plain[one_bits(words[i])]++;
                booth[booth_digits(words[i])]++;
            }
        }
        sdse_coded_free(&coded);
        assert_true(plain[0] > 0 && plain[0] == booth[0]);
        for (unsigned e = 0; e <= SDSE_ENCODINGS; e++) {
            struct sdse_measured entry = {
                .workload = net,
                .layer = layer,
                .setting = &form,
                .serial = {e < SDSE_ENCODINGS, (enum sdse_encoding)(e % 3)},
                .word_bits = bits};
            assert_int_equal(sdse_measure(&entry, 1, arena), SDSE_OK);
            const struct sdse_weight_form *out = &entry.record.form;
            assert_true(entry.known && out->measured);
            assert_int_equal(out->digit_bits, e < SDSE_ENCODINGS ? bits : 0);
            assert_int_equal(out->digit_encoding, e % 3);
            double sum = 0;
            for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++) {
                sum += out->digit_words[d];
                if (e == SDSE_ENCODING_PLAIN)
                    assert_true(out->digit_words[d] == plain[d]);
                if (e == SDSE_ENCODING_BOOTH4)
                    assert_true(out->digit_words[d] == booth[d]);
            }
            assert_true(sum == (e < SDSE_ENCODINGS ? 16 * 72 : 0));
        }
    }
    sdse_arena_free(arena);
}

// A threshold that leaves nothing: no coefficient, an error of one, still a point.
static void a_layer_of_zeros_has_a_mapping(void **state) {
    (void)state;
    sweep_write(
        "zeros.yaml",
        SWEEP(
            "zeros",
            "net.yaml") "weight_forms: [{name: z, threshold: 1000, basis_size: 3}]\n");
    assert_int_equal(complete("zeros.yaml", "zeros.db", 1).infeasible, 0);
    assert_double_within(of_form("zeros.db", "z", "rel_error"), 1, 1e-12);
}

// --- Threads and interruptions ---

static void neither_threads_nor_stops_change_results(void **state) {
    (void)state;
    sweep_write(
        "grid.yaml",
        SWEEP(
            "grid",
            "net.yaml") "override: {GLB.capacity_kib: [4, 8]}\n"
                        "weight_forms:\n"
                        "  - {name: g, basis_size: [3, 4], sparsity: [0.3, 0.6], "
                        "coefficient_bits: [3, 4], prune: [none, population], "
                        "prune_amount: 0.25}\n"
                        "  - {name: r, relative_threshold: 0.05, row_sparsity: true}\n"
                        "  - {name: d, density: 0.5}\n");
    assert_int_equal(complete("grid.yaml", "one_thread.db", 1).points_total, 36);
    complete("grid.yaml", "three.db", 3);
    char *one = export_of("one_thread.db"), *three = export_of("three.db");
    assert_string_equal(one, three);
    free(three);
    atomic_bool stop = false;
    struct ran ran = run("grid.yaml", "stopped.db", 2, &stop);
    assert_int_equal(ran.status, SDSE_INTERRUPTED);
    assert_true(ran.progress.points_done >= 10 && ran.progress.points_done < 36);
    sdse_arena_free(ran.arena);
    const struct sdse_sweep_progress rest = complete("grid.yaml", "stopped.db", 2);
    assert_true(rest.points_reused >= 10 && rest.points_done == 36);
    char *continued = export_of("stopped.db");
    assert_string_equal(one, continued);
    free(continued);
    free(one);
    assert_int_equal(complete("grid.yaml", "three.db", 2).points_reused, 36);
}

// --- Weight files ---

static void write_weights(const char *name, unsigned rank, const uint64_t *shape,
                          float change) {
    uint64_t count;
    assert_true(sdse_shape_count(shape, rank, &count));
    float *values = calloc(count, sizeof *values);
    uint64_t random = 7;
    for (uint64_t i = 0; i < count; i++)
        values[i] = (float)(sdse_random_u64(&random) >> 40) * 0x1p-24F - 0.5F;
    values[count / 2] += change;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    assert_int_equal(
        sdse_npy_write(NULL, sweep_path(name), rank, shape, values, &diags), SDSE_OK);
    sdse_arena_free(arena);
    free(values);
}

static const uint64_t conv_shape[] = {16, 8, 3, 3}, fc_shape[] = {10, 192},
                      narrow_shape[] = {8, 48, 1, 1};

static void files_make_a_layer_real(void **state) {
    (void)state;
    write_weights("a.npy", 4, conv_shape, 0);
    write_weights("b.npy", 4, narrow_shape, 0);
    write_weights("c.npy", 2, fc_shape, 0);
    sweep_write("mixed.yaml",
                "name: tiny\nsource: made up\n" LAYERS("", ", weights: c.npy"));
    sweep_write("real.yaml",
                "name: tiny\nsource: made up\nlayers:\n"
                "  - {name: a, kind: conv, in: [8, 6, 6], out_channels: 16, kernel: 3, "
                "pad: 1, weights: a.npy}\n"
                "  - {name: b, kind: conv, in: [48, 4, 4], out_channels: 8, kernel: 1, "
                "repeat: 2, weights: b.npy}\n"
                "  - {name: c, kind: fc, in: 192, out_channels: 10, weights: c.npy}\n"
                "  - {name: d, kind: dwconv, in: [4, 6, 6], kernel: 3, pad: 1}\n");
    sweep_write(
        "mixed_sweep.yaml",
        SWEEP("mixed", "mixed.yaml") "weight_forms: [{name: m, sparsity: 0.5}]\n");
    sweep_write("real_sweep.yaml",
                SWEEP("real", "real.yaml") "weight_forms: [{name: m, sparsity: 0.5}, "
                                           "{name: d, density: 0.5}]\n");
    complete("mixed_sweep.yaml", "mixed.db", 2);
    complete("real_sweep.yaml", "real.db", 2);
    char *mixed = ask("mixed.db", "SELECT weights FROM v_point");
    char *layers =
        ask("mixed.db", "SELECT weights FROM v_layer ORDER BY layer_index LIMIT 3");
    char *real = ask("real.db", "SELECT weights FROM v_point ORDER BY form");
    assert_string_equal(mixed, "synthetic\n");
    assert_string_equal(layers, "synthetic\nsynthetic\nreal\n");
    assert_string_equal(real, "declared\nreal\n");
    free(mixed);
    free(layers);
    free(real);
}

// One changed value is another point; the declared one stays.
static void changed_weights_are_other_points(void **state) {
    (void)state;
    assert_int_equal(complete("real_sweep.yaml", "real.db", 1).points_reused, 2);
    const double error = of_form("real.db", "m", "rel_error");
    write_weights("c.npy", 2, fc_shape, 3);
    assert_int_equal(complete("real_sweep.yaml", "real.db", 1).points_reused, 1);
    assert_int_equal(number("real.db", "SELECT count(*) FROM v_point WHERE form = 'm'"),
                     2);
    assert_int_equal(number("real.db", "SELECT count(DISTINCT rel_error) FROM v_point "
                                       "WHERE form = 'm'"),
                     2);
    write_weights("c.npy", 2, fc_shape, 0);
    assert_int_equal(complete("real_sweep.yaml", "real.db", 1).points_reused, 2);
    assert_true(error > 0);
}

// A file that changes under a running sweep is not taken for what it was.
static void a_file_that_changes_meanwhile_is_refused(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_workload *net;
    const char *path = sdse_arena_strdup(arena, sweep_path("real.yaml"));
    assert_int_equal(sdse_workload_load(arena, path, &diags, &net), SDSE_OK);
    const struct sdse_layer *layer = &net->layers[2];
    const struct sdse_form_setting setting = {.smartdeal = true,
                                              .measured = true,
                                              .coefficient_bits = 4,
                                              .basis_bits = 8,
                                              .scale_bits = 8,
                                              .iterations = 30,
                                              .prune_group = 1};
    struct sdse_hash planned;
    assert_int_equal(sdse_layer_weights_hash(net, layer, &diags, &planned), SDSE_OK);
    struct sdse_measured entry = {.workload = net,
                                  .layer = layer,
                                  .setting = &setting,
                                  .word_bits = 8,
                                  .planned_weights = &planned};
    assert_int_equal(sdse_measure(&entry, 1, arena), SDSE_OK);
    assert_true(entry.known && entry.record.from == SDSE_WEIGHTS_REAL);
    write_weights("c.npy", 2, fc_shape, 1);
    entry.known = false;
    assert_int_equal(sdse_measure(&entry, 1, arena), SDSE_INVALID);
    assert_string_equal(entry.reason->check, "weights-changed");
    assert_int_equal(entry.reason->loc.line, 6);
    assert_false(entry.known);
    write_weights("c.npy", 2, fc_shape, 0);
    sdse_arena_free(arena);
}

static const struct sdse_diag *fired(const struct sdse_diags *diags,
                                     const char *check) {
    for (const struct sdse_diag *diag = diags->first; diag; diag = diag->next)
        if (diag->check && strcmp(diag->check, check) == 0)
            return diag;
    fail_msg("%s has not fired", check);
    return NULL;
}

// All of them, at the layers, before there is a database.
static void bad_files_are_refused_with_their_place(void **state) {
    (void)state;
    static const uint64_t transposed[] = {192, 10};
    write_weights("a.npy", 4, conv_shape, NAN);
    write_weights("c.npy", 2, transposed, 0);
    sweep_write("bad.yaml", "name: tiny\nsource: made up\n" LAYERS(
                                ", weights: a.npy",
                                ", weights: c.npy") "  - {name: e, kind: fc, in: 4, "
                                                    "out_channels: 4, weights: "
                                                    "none.npy}\n");
    sweep_write("bad_sweep.yaml",
                SWEEP("bad", "bad.yaml") "weight_forms: [raw, smartdeal]\n");
    struct ran ran = run("bad_sweep.yaml", "bad.db", 2, NULL);
    assert_int_equal(ran.status, SDSE_INVALID);
    assert_int_equal(ran.diags.errors, 3);
    const struct sdse_diag *shape = fired(&ran.diags, "weights-shape");
    assert_int_equal(shape->loc.line, 6);
    assert_non_null(strstr(shape->loc.file, "bad.yaml"));
    assert_non_null(strstr(shape->message, "[10, 192]"));
    assert_non_null(strstr(shape->message, "[192, 10]"));
    assert_int_equal(fired(&ran.diags, "smartdeal-finite")->loc.line, 4);
    assert_non_null(strstr(fired(&ran.diags, "npy-open")->loc.file, "none.npy"));
    assert_int_not_equal(access(sweep_path("bad.db"), F_OK), 0);
    sdse_arena_free(ran.arena);
    // A declared form does not ask for the files.
    sweep_write(
        "declared.yaml",
        SWEEP("declared", "bad.yaml") "weight_forms: [raw, {name: d, density: 0.5}]\n");
    complete("declared.yaml", "declared.db", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_choice_moves_error_and_energy),
        cmocka_unit_test(error_is_an_objective_of_the_front),
        cmocka_unit_test(narrower_words_are_a_larger_error),
        cmocka_unit_test(the_figures_are_the_measured_ones),
        cmocka_unit_test(digits_of_rebuilt_words_are_counted),
        cmocka_unit_test(a_layer_of_zeros_has_a_mapping),
        cmocka_unit_test(neither_threads_nor_stops_change_results),
        cmocka_unit_test(files_make_a_layer_real),
        cmocka_unit_test(changed_weights_are_other_points),
        cmocka_unit_test(a_file_that_changes_meanwhile_is_refused),
        cmocka_unit_test(bad_files_are_refused_with_their_place),
    };
    return cmocka_run_group_tests(tests, make_inputs, sweep_end);
}
