// Layers that read weights stored as another's, where products are made first: they
// take the stored lists and kernels. What such forms cannot hold is refused, with a
// reason.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support_sweep.h"

#define ENGINE                                                                      \
    "  - {kind: products_first, below: RF, pj_per_product: 0.1, pj_per_sum: 0.05, " \
    "multipliers: 16, area_um2: 10}\n"

static const char net[] =
    "name: shared\nsource: made up for this test\nlayers:\n"
    "  - {name: f, kind: fc, in: 96, out_channels: 40}\n"
    "  - {name: same, kind: fc, in: 96, out_channels: 40, shares_weights: f}\n"
    "  - {name: slice, kind: fc, in: 48, out_channels: 20, shares_weights: f}\n"
    "  - {name: back, kind: fc, in: 40, out_channels: 96, shares_weights: f}\n"
    "  - {name: c, kind: conv, in: [6, 8, 8], out_channels: 10, kernel: 3}\n"
    "  - {name: c.same, kind: conv, in: [6, 8, 8], out_channels: 10, kernel: 3, "
    "shares_weights: c}\n"
    "  - {name: c.back, kind: conv, in: [10, 6, 6], out_channels: 6, kernel: 3, pad: "
    "2, "
    "shares_weights: c}\n"
    "  - {name: c.tap, kind: conv, in: [6, 8, 8], out_channels: 10, kernel: 1, "
    "shares_weights: c}\n";

static double of(const char *what, const char *layer, const char *form) {
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT printf('%%!.17g', %s) FROM v_layer WHERE layer = '%s'"
             " AND point_id = (SELECT point_id FROM v_point WHERE form = '%s')",
             what, layer, form);
    return sweep_number("shared.db", sql);
}

// Bits of weights that the outermost memory is read for: each once.
#define BITS                                                                         \
    "(SELECT sum(read_bits) FROM v_level l WHERE l.point_id = v_layer.point_id AND " \
    "l.layer = v_layer.layer AND level = 0 AND part = 'weights')"

static void run_once(void) {
    sweep_write("shared-net.yaml", net);
    sweep_write("products.yaml", SWEEP_ARCH("products", "8", "400") ENGINE);
    sweep_write("shared.yaml",
                "name: s\nworkloads: [shared-net.yaml]\narchs: [products.yaml]\n"
                "weight_forms: [{name: u, kind: unique}, {name: b, kind: basis_first, "
                "bases: 4}]\n");
    sweep_run("shared.yaml", "shared.db");
}

static void unique_lists_are_shared(void **state) {
    (void)state;
    run_once();
    const double products = of("products", "f", "u");
    assert_true(products > 96 && products <= 96 * 40);
    assert_true(of("products_first = 'unique'", "same", "u") == 1);
    assert_true(of("products", "same", "u") == products);
    assert_true(of("weight_bits", "same", "u") == 0);
    assert_true(of("weight_bits", "f", "u") > 0);
    // A slice reads the lists of its inputs; as many words backwards all of them.
    assert_true(of("products", "slice", "u") == products / 2);
    assert_true(of("products", "back", "u") == products);
    // Of the indices, which are as wide as the lists ask, a slice reads its own.
    assert_true(of(BITS, "same", "u") == of(BITS, "f", "u"));
    const double lists = 8 * (products + 96),
                 index = of("weight_bits", "f", "u") - lists;
    const double slice = lists / 2 + index / 4;
    assert_true(of(BITS, "slice", "u") > slice * (1 - 1e-9) &&
                of(BITS, "slice", "u") < slice * (1 + 1e-9));
    assert_true(of("sums_per_weight", "back", "u") == 1);
    assert_true(of("products_first IS NULL", "c.same", "u") == 1);
    // The same work costs the same.
    assert_true(of("energy_pj", "same", "u") == of("energy_pj", "f", "u"));
}

static void shared_kernels_are_shared(void **state) {
    (void)state;
    assert_true(of("products", "c", "b") == 6 * 4 * 9);
    assert_true(of("products", "c.same", "b") == 6 * 4 * 9);
    assert_true(of("density", "c.same", "b") == of("density", "c", "b"));
    assert_true(of("rel_error", "c.same", "b") == of("rel_error", "c", "b"));
    assert_true(of("rel_error", "c", "b") > 0);
    assert_true(of("energy_pj", "c.same", "b") == of("energy_pj", "c", "b"));
    // Backwards the other channels meet the kernels.
    assert_true(of("products", "c.back", "b") == 10 * 4 * 9);
    // One tap has nothing to share, fully connected layers have no kernels.
    assert_true(of("products_first IS NULL", "c.tap", "b") == 1);
    assert_true(of("products_first IS NULL", "same", "b") == 1);
}

static void refused(const char *sweep, const char *check) {
    sweep_write("refused.yaml", sweep);
    struct sdse_sweep_progress progress;
    char *said = NULL;
    const enum sdse_status status =
        sweep_try(&(struct sdse_sweep_request){.sweep_path = sweep_path("refused.yaml"),
                                               .database_path = sweep_path("no.db"),
                                               .threads = 1},
                  &progress, &said);
    assert_int_equal(status, SDSE_INVALID);
    if (!strstr(said, check))
        fail_msg("no [%s] in: %s", check, said);
    free(said);
}

// Lists are expected of words of 8 bits; wider ones were cut without a word.
static void wide_words_are_not_expected(void **state) {
    (void)state;
    refused("name: s\nworkloads: [net.yaml]\narchs: [products.yaml]\n"
            "override: {word_bits: 9}\n"
            "weight_forms: [{kind: unique, range_sigmas: 20}]\n",
            "unique-words");
    sweep_write("wide.yaml",
                "name: s\nworkloads: [net.yaml]\narchs: [products.yaml]\n"
                "override: {word_bits: [8, 9]}\n"
                "weight_forms: [{name: d, kind: unique, range_sigmas: 20}, {name: m, "
                "kind: unique}]\n");
    assert_int_equal(sweep_run("wide.yaml", "wide.db").infeasible, 1);
    assert_int_equal(sweep_number("wide.db",
                                  "SELECT count(*) FROM v_point WHERE status ="
                                  " 'infeasible' AND form = 'd' AND reason"
                                  " LIKE '%have 9%'"),
                     1);
}

static void large_kernels_are_not_decomposed(void **state) {
    (void)state;
    static const char layer[] = "name: large\nsource: made up for this test\nlayers:\n"
                                "  - {name: a, kind: conv, in: [1, 40, 40], "
                                "out_channels: 2, kernel: [%d, 21]}\n";
    char text[300];
    for (int rows = 21; rows <= 22; rows++) {
        snprintf(text, sizeof text, layer, rows);
        sweep_write("large.yaml", text);
        static const char sweep[] = "name: s\nworkloads: [large.yaml]\narchs: "
                                    "[products.yaml]\nweight_forms: [{kind: "
                                    "basis_first, bases: 2}]\n";
        if (rows == 22) {
            refused(sweep, "basis-first-taps");
        } else {
            sweep_write("large-sweep.yaml", sweep);
            assert_int_equal(sweep_run("large-sweep.yaml", "large.db").points_done, 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unique_lists_are_shared),
        cmocka_unit_test(shared_kernels_are_shared),
        cmocka_unit_test(wide_words_are_not_expected),
        cmocka_unit_test(large_kernels_are_not_decomposed),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
