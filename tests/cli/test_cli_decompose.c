// sdse decompose: figures are those of the library, files round-trip, faults are named.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "smartdeal/measure.h"
#include "smartdeal/npy.h"
#include "smartdeal/stored.h"
#include "smartdeal/synthetic.h"
#include "support_drawing.h"
#include "support_program.h"

enum { CONV_WORDS = 8 * 4 * 3 * 3, FC_WORDS = 6 * 30 };

static float conv[CONV_WORDS], fc[FC_WORDS];
static const struct sdse_weight_shape conv_shape = {1, 8, 4, 3, 3, false};
static const struct sdse_weight_shape fc_shape = {1, 6, 30, 1, 1, true};

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void write_array(const char *name, unsigned rank, const uint64_t *shape,
                        const float *values) {
    assert_int_equal(sdse_npy_write(NULL, scratch(name), rank, shape, values, NULL),
                     SDSE_OK);
}

static const char manifest_text[] = "layer\tkind\tfile\tshape\n"
                                    "first\tconv\tconv.npy\t8x4x3x3\n"
                                    "last\tfc\tfc.npy\t6x30\n";
static const char network_text[] =
    "name: net\nsource: a test\n"
    "layers:\n"
    "  - {name: first, kind: conv, in: [4, 6, 6], out_channels: 8, kernel: 3, weights: "
    "conv.npy}\n"
    "  - {name: second, kind: dwconv, in: [8, 4, 4], kernel: 3}\n"
    "  - {name: last, kind: fc, in: 30, out_channels: 6, weights: fc.npy, repeat: 2}\n"
    "  - {name: product, kind: matmul, heads: 2, m: 3, k: 4, n: 5}\n";

static int make_files(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    sdse_synthetic_weights(&conv_shape, 1, conv);
    sdse_synthetic_weights(&fc_shape, 2, fc);
    write_array("conv.npy", 4, (const uint64_t[]){8, 4, 3, 3}, conv);
    write_array("fc.npy", 2, (const uint64_t[]){6, 30}, fc);
    write_text("manifest.tsv", manifest_text);
    write_text("net.yaml", network_text);
    return 0;
}

// Cuts the last column, the time, off every line.
static void drop_times(char *csv) {
    char *out = csv;
    for (char *line = csv; *line;) {
        const size_t length = strcspn(line, "\n");
        size_t keep = length;
        while (keep > 0 && line[keep] != ',')
            keep--;
        memmove(out, line, keep);
        out += keep;
        line += length;
        if (*line)
            line++;
        *out++ = '\n';
    }
    *out = '\0';
}

static char *csv_of(const char *line) {
    struct ran ran = run_program(line);
    if (ran.status != 0)
        fail_msg("sdse %s: exit status %d\n%s", line, ran.status, ran.err);
    drop_times(ran.out);
    free(ran.err);
    return ran.out;
}

static void golden_csv(const char *name, const char *line) {
    char *csv = csv_of(line);
    golden_text(name, csv);
    free(csv);
}

// Field `column` of row `row` (0 is the header), as a number.
static double number_at(const char *csv, int row, const char *column) {
    int at = 0;
    const char *found = NULL;
    for (const char *field = csv; *field && *field != '\n'; at++) {
        const size_t length = strcspn(field, ",\n");
        if (length == strlen(column) && strncmp(field, column, length) == 0) {
            found = field;
            break;
        }
        field += length + (field[length] == ',');
    }
    assert_non_null(found);
    for (; row > 0; row--)
        csv = strchr(csv, '\n') + 1;
    for (; at > 0; at--)
        csv = strchr(csv, ',') + 1;
    return strtod(csv, NULL);
}

static struct sdse_form_measure measure(const struct sdse_weight_shape *shape,
                                        const float *values,
                                        const struct sdse_smartdeal_setting *setting) {
    const struct sdse_layer_weights weights = {
        .name = "layer", .shape = *shape, .values = values};
    struct sdse_form_measure m;
    assert_int_equal(sdse_measure_layer(&weights, setting, 1, &m, NULL, NULL), SDSE_OK);
    return m;
}

static void figures_are_the_librarys(void **state) {
    (void)state;
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    setting.threshold = 0.5;
    setting.coefficient_bits = 5;
    setting.basis_size = 3;
    setting.rows_per_slice = 6;
    setting.store = SDSE_STORE_ELEMENT_BITMAP;
    setting.row_sparsity = true;
    const struct sdse_form_measure a = measure(&conv_shape, conv, &setting);
    const struct sdse_form_measure b = measure(&fc_shape, fc, &setting);
    char *csv = csv_of("decompose @ -s 0.5 -c 5 -n 3 -r 6 -i element_bitmap "
                       "--row-sparsity -f csv");
    assert_true(number_at(csv, 1, "rel_error") == a.rel_error);
    assert_true(number_at(csv, 1, "stored_bits") == (double)a.stored_bits);
    assert_true(number_at(csv, 2, "rel_error") == b.rel_error);
    assert_true(number_at(csv, 2, "decomposed_error") == b.decomposed_error);
    assert_true(number_at(csv, 2, "window_error") == b.window_error);
    assert_true(number_at(csv, 2, "basis_error") == b.basis_error);
    assert_true(number_at(csv, 2, "density") == b.density);
    // The total's error is that of all weights as one vector.
    double square_a = 0, square_b = 0;
    for (int i = 0; i < CONV_WORDS; i++)
        square_a += (double)conv[i] * (double)conv[i];
    for (int i = 0; i < FC_WORDS; i++)
        square_b += (double)fc[i] * (double)fc[i];
    const double expected = sqrt(
        (square_a * a.rel_error * a.rel_error + square_b * b.rel_error * b.rel_error) /
        (square_a + square_b));
    assert_true(fabs(number_at(csv, 3, "rel_error") / expected - 1) < 1e-12);
    assert_true(number_at(csv, 3, "stored_bits") ==
                (double)(a.stored_bits + b.stored_bits));
    free(csv);
}

static void prints_tables(void **state) {
    (void)state;
    golden_csv("decompose_file", "decompose @conv.npy -f csv");
    golden_csv("decompose_folder", "decompose @ -t 0.05 -f csv");
    golden_csv("decompose_network", "decompose @net.yaml -f csv");
    golden_csv("decompose_grid",
               "decompose @net.yaml -s 0.25,0.75 -i row,dense --total -f csv");
    golden_csv("decompose_prune",
               "decompose @conv.npy --prune population:0.5:4,none,value:0.2 -f csv");
    struct ran ran = run_program("decompose @net.yaml -l second");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "synthetic"));
    assert_non_null(strstr(ran.out, "raw"));
    assert_null(strstr(ran.out, "total"));
    free_ran(&ran);
    ran = run_program("decompose @net.yaml --depthwise -f json");
    assert_int_equal(ran.status, 0);
    assert_null(strstr(ran.out, "\"raw\""));
    free_ran(&ran);
}

// A depth-wise layer of a manifest stays raw unless asked for; the same array as a
// convolution does not.
static void manifests_know_depthwise_layers(void **state) {
    (void)state;
    assert_int_equal(mkdir(scratch("deep"), 0777), 0);
    write_array("deep/w.npy", 4, (const uint64_t[]){32, 1, 3, 3}, conv);
    write_text("deep/manifest.tsv", "layer\tkind\tfile\tshape\n"
                                    "deep\tdwconv\tw.npy\t32x1x3x3\n"
                                    "wide\tconv\tw.npy\t32x1x3x3\n");
    char *csv = csv_of("decompose @deep -f csv");
    assert_non_null(strstr(csv, "\ndeep,dwconv,32x1x3x3,raw,real"));
    assert_non_null(strstr(csv, "\nwide,conv,32x1x3x3,smartdeal,real"));
    free(csv);
    csv = csv_of("decompose @deep --depthwise -f csv");
    assert_non_null(strstr(csv, "\ndeep,dwconv,32x1x3x3,smartdeal,real"));
    free(csv);
}

// One thread and several give the same figures.
static void threads_do_not_matter(void **state) {
    (void)state;
    char *one = csv_of("decompose @net.yaml -n 2,3 -j 1 -f csv");
    char *four = csv_of("decompose @net.yaml -n 2,3 -j 4 -f csv");
    assert_string_equal(one, four);
    free(one);
    free(four);
}

static void stored_form_is_read_back(void **state) {
    (void)state;
    struct ran ran = run_program("decompose @net.yaml -s 0.5 -o @net.sdse -f csv");
    assert_int_equal(ran.status, 0);
    struct sdse_stored_network network;
    assert_int_equal(sdse_stored_load(scratch("net.sdse"), &network, NULL), SDSE_OK);
    static const char *const names[] = {"first", "second", "last"};
    assert_int_equal(network.layer_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct sdse_coded_layer *coded = &network.layers[i].coded;
        const struct sdse_stored_bits bits = sdse_count_stored_bits(coded);
        assert_string_equal(network.layers[i].name, names[i]);
        assert_true(number_at(ran.out, (int)i + 1, "stored_bits") ==
                    (double)sdse_stored_bits_total(&bits));
    }
    // The codes are those that the library makes of the same weights.
    struct sdse_smartdeal_setting setting = sdse_smartdeal_setting_default();
    setting.threshold_mode = SDSE_THRESHOLD_SPARSITY;
    setting.threshold = 0.5;
    const struct sdse_layer_weights weights = {
        .name = "first", .shape = conv_shape, .values = conv};
    struct sdse_form_measure m;
    struct sdse_coded_layer made;
    assert_int_equal(sdse_measure_layer(&weights, &setting, 1, &m, &made, NULL),
                     SDSE_OK);
    assert_memory_equal(made.codes, network.layers[0].coded.codes, m.counts.entries);
    sdse_coded_free(&made);
    sdse_stored_free(&network);
    free_ran(&ran);
}

static void draws_plots(void **state) {
    (void)state;
    char *script = script_of("decompose @net.yaml -c 3,4 --total --plot @plots",
                             "plots/error_net.png.gp");
    assert_non_null(strstr(script, "\"c=3\""));
    char *dark =
        script_of("decompose @net.yaml -c 3,4 --total --plot @dark --theme dark",
                  "dark/error_net.png.gp");
    assert_string_not_equal(script, dark);
    assert_non_null(strstr(dark, "background rgb '#"));
    free(script);
    free(dark);
    run_says(2, "decompose @net.yaml --theme dark",
             "--theme is a picture's: ask for one with --plot");
}

static void faults_are_named(void **state) {
    (void)state;
    golden_err("decompose_missing", 1, "decompose @nosuch.npy");
    golden_err("decompose_values", 2,
               "decompose @conv.npy -n x,3, -c 4.5 -i rows --prune half -t 1 -s 0.5");
    golden_err("decompose_domains", 2, "decompose @conv.npy -n 65 -c 8 -s 1.5");
    golden_err("decompose_out_grid", 2, "decompose @conv.npy -c 3,4 -o @x.sdse");
    golden_err("decompose_many", 2,
               "decompose @conv.npy -n 2,3,4,5,6,7,8 -c 2,3,4,5,6,7 -b 2,3,4,5,6,7,8");
    golden_err("decompose_layer", 1, "decompose @net.yaml -l frist");
    struct ran ran = run_program("decompose @conv.npy -o /nonexistent/x");
    assert_int_equal(ran.status, 3);
    assert_non_null(strstr(ran.err, "[output-write]"));
    free_ran(&ran);
    ran = run_program("decompose @conv.npy --plot @conv.npy");
    assert_int_equal(ran.status, 3);
    free_ran(&ran);
}

static void wrong_files_are_named(void **state) {
    (void)state;
    write_array("cube.npy", 1, (const uint64_t[]){8}, conv);
    golden_err("decompose_rank", 1, "decompose @cube.npy");
    write_array("empty.npy", 4, (const uint64_t[]){8, 0, 3, 3}, conv);
    golden_err("decompose_empty", 1, "decompose @empty.npy");
    float broken[CONV_WORDS];
    memcpy(broken, conv, sizeof broken);
    broken[7] = NAN;
    write_array("nan.npy", 4, (const uint64_t[]){8, 4, 3, 3}, broken);
    golden_err("decompose_nan", 1, "decompose @nan.npy");
    write_text("cut.npy", "\x93NUMPY");
    golden_err("decompose_cut", 1, "decompose @cut.npy");
    write_text(
        "wrong.yaml",
        "name: wrong\nsource: a test\n"
        "layers:\n"
        "  - {name: a, kind: conv, in: [5, 6, 6], out_channels: 8, kernel: 3, weights: "
        "conv.npy}\n"
        "  - {name: b, kind: fc, in: 6, out_channels: 30, weights: fc.npy}\n"
        "  - {name: c, kind: fc, in: 6, out_channels: 30, weights: nosuch.npy}\n");
    golden_err("decompose_wrong_shapes", 1, "decompose @wrong.yaml");
    assert_int_equal(mkdir(scratch("folder"), 0777), 0);
    golden_err("decompose_no_manifest", 1, "decompose @folder");
    write_text("folder/manifest.tsv", "layer\tkind\tfile\tshape\n");
    golden_err("decompose_no_layers", 1, "decompose @folder");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_the_librarys),
        cmocka_unit_test(prints_tables),
        cmocka_unit_test(manifests_know_depthwise_layers),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(stored_form_is_read_back),
        cmocka_unit_test(draws_plots),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(wrong_files_are_named),
    };
    return cmocka_run_group_tests(tests, make_files, leave_scratch);
}
