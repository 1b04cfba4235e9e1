#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "costmodel/sram_table.h"
#include "costmodel/technology.h"
#include "support/close.h"

static int setup(void **state) {
    *state = sdse_arena_new();
    return *state ? 0 : -1;
}

static int teardown(void **state) {
    sdse_arena_free(*state);
    return 0;
}

static struct sdse_sram_cost look(struct sdse_arena *arena, const char *table,
                                  double nm, uint64_t bytes, uint32_t bits) {
    struct sdse_sram_cost cost = {0};
    const char *why = NULL;
    const enum sdse_status status =
        sdse_sram_lookup(table, nm, bytes * 8, bits, arena, &cost, &why);
    if (status != SDSE_OK)
        fail_msg("%s %g nm %llu bytes x %u: %s", table, nm, (unsigned long long)bytes,
                 bits, why);
    return cost;
}

// Every row of every table comes back as it is in the CSV, and rows are sorted.
static void test_rows_are_exact(void **state) {
    size_t rows = 0;
    for (size_t t = 0; t < sdse_sram_table_count; t++) {
        const struct sdse_sram_table *table = &sdse_sram_tables[t];
        assert_string_equal(sdse_sram_table_name(t), table->name);
        for (size_t i = 0; i < table->row_count; i++, rows++) {
            const struct sdse_sram_row *row = &table->rows[i];
            const struct sdse_sram_cost cost =
                look(*state, table->name, row->node_nm, row->capacity_bytes,
                     row->width_bits);
            assert_double_within(cost.read_pj, row->read_pj, 0);
            assert_double_within(cost.write_pj, row->write_pj, 0);
            assert_double_within(cost.leakage_mw,
                                 row->subthreshold_leak_mw + row->gate_leak_mw, 0);
            assert_double_within(cost.area_um2, row->area_mm2 * 1e6, 1e-15);
            assert_double_within(cost.access_ns, row->access_ns, 0);
            assert_true(cost.read_pj > 0 && cost.write_pj > 0 && cost.leakage_mw > 0);
            assert_true(cost.area_um2 > 0 && cost.access_ns > 0);
            assert_non_null(strstr(cost.origin, table->name));
            assert_non_null(strstr(cost.origin, "row "));
        }
    }
    assert_null(sdse_sram_table_name(sdse_sram_table_count));
    assert_int_equal(rows, 490 + 484 + 490); // single-bank rows of the three CSV files
}

// Spot values, read in the CSV by hand: the embedding takes the right columns.
static void test_columns(void **state) {
    const struct sdse_sram_cost cost =
        look(*state, "sram_itrs-hp_ed2", 65, 64 << 10, 64);
    assert_double_within(cost.read_pj, 48.3698, 0);
    assert_double_within(cost.write_pj, 29.9308, 0);
    assert_double_within(cost.leakage_mw, 65.8331 + 3.10285, 1e-15);
    assert_double_within(cost.area_um2, 383250, 1e-12);
    assert_double_within(cost.access_ns, 0.776486, 0);
}

static void test_interpolation(void **state) {
    const char *name = "sram_itrs-hp_ed2";
    const struct sdse_sram_cost a = look(*state, name, 45, 16 << 10, 64);
    const struct sdse_sram_cost b = look(*state, name, 45, 32 << 10, 64);
    const struct sdse_sram_cost c = look(*state, name, 45, 16 << 10, 128);
    const struct sdse_sram_cost d = look(*state, name, 32, 16 << 10, 64);
    // At the geometric middle of two rows stands their geometric mean.
    const struct sdse_sram_cost ab = look(*state, name, 45, 23170, 64);
    assert_double_within(ab.read_pj, sqrt(a.read_pj * b.read_pj), 1e-4);
    assert_double_within(ab.area_um2, sqrt(a.area_um2 * b.area_um2), 1e-4);
    const struct sdse_sram_cost ac = look(*state, name, 45, 16 << 10, 90);
    const double part = log(90.0 / 64) / log(2);
    assert_double_within(ac.write_pj, a.write_pj * pow(c.write_pj / a.write_pj, part),
                         1e-12);
    const struct sdse_sram_cost ad = look(*state, name, sqrt(32.0 * 45), 16 << 10, 64);
    assert_double_within(ad.leakage_mw, sqrt(a.leakage_mw * d.leakage_mw), 1e-12);
    assert_non_null(strstr(ad.origin, "32..45 nm"));
    assert_non_null(strstr(ab.origin, "16384..32768 bytes"));
    assert_non_null(strstr(ac.origin, "64..128 bit"));
}

// Between two rows every metric stays between theirs. CACTI itself is not monotone from
// row to row (it picks another organisation of the array), so nothing more can be
// asked: e.g. at 90 nm an 8-bit read of 128 KiB costs 0.665 of one of 64 KiB.
static void test_between_rows(void **state) {
    const struct sdse_sram_cost small =
        look(*state, "sram_itrs-hp_ed2", 90, 64 << 10, 8);
    const struct sdse_sram_cost large =
        look(*state, "sram_itrs-hp_ed2", 90, 128 << 10, 8);
    assert_true(large.read_pj < 0.67 * small.read_pj);

    for (size_t t = 0; t < sdse_sram_table_count; t++) {
        const char *name = sdse_sram_tables[t].name;
        for (uint64_t bytes = 4096; bytes < 1 << 20; bytes *= 2) {
            const struct sdse_sram_cost low = look(*state, name, 45, bytes, 64);
            const struct sdse_sram_cost high = look(*state, name, 45, 2 * bytes, 64);
            double last = low.read_pj;
            for (uint64_t x = bytes; x <= 2 * bytes; x += bytes / 8) {
                const double here = look(*state, name, 45, x, 64).read_pj;
                assert_true(here >= fmin(low.read_pj, high.read_pj) * (1 - 1e-12));
                assert_true(here <= fmax(low.read_pj, high.read_pj) * (1 + 1e-12));
                // ... and moves one way only.
                assert_true((here - last) * (high.read_pj - low.read_pj) >= 0);
                last = here;
            }
        }
    }
}

// A row that CACTI could not build is bridged by its neighbours in capacity.
static void test_missing_row(void **state) {
    const char *name = "sram_itrs-hp_min-read-energy";
    const struct sdse_sram_cost a = look(*state, name, 65, 64 << 10, 256);
    const struct sdse_sram_cost b = look(*state, name, 65, 256 << 10, 256);
    const struct sdse_sram_cost middle = look(*state, name, 65, 128 << 10, 256);
    assert_double_within(middle.read_pj, sqrt(a.read_pj * b.read_pj), 1e-12);
    assert_non_null(strstr(middle.origin, "65536..262144 bytes"));
}

static void assert_refused(struct sdse_arena *arena, const char *table, double nm,
                           uint64_t bits, uint32_t width, const char *reason) {
    struct sdse_sram_cost cost = {.read_pj = 42};
    const char *why = NULL;
    assert_int_equal(sdse_sram_lookup(table, nm, bits, width, arena, &cost, &why),
                     SDSE_INVALID);
    assert_double_within(cost.read_pj, 42, 0); // untouched
    if (!why || !strstr(why, reason))
        fail_msg("'%s' does not say '%s'", why ? why : "(null)", reason);
}

static void test_out_of_range(void **state) {
    const char *name = "sram_itrs-hp_ed2";
    // The edge, and one step beyond it.
    look(*state, name, 65, 64, 8);
    assert_refused(*state, name, 65, 64 * 8 - 1, 8, "of 64 to 8388608 bytes");
    look(*state, name, 65, 8 << 20, 256);
    assert_refused(*state, name, 65, (UINT64_C(8) << 23) + 1, 256, "to 8388608 bytes");
    assert_refused(*state, name, 65, 8 << 13, 7, "8 to 256 bit");
    assert_refused(*state, name, 65, 8 << 13, 257, "8 to 256 bit");
    // 64-bit rows begin at 256 bytes.
    look(*state, name, 65, 256, 64);
    assert_refused(*state, name, 65, 255 * 8, 64, "of 256 to 8388608 bytes");
    look(*state, name, 7, 1024, 64);
    assert_refused(*state, name, 6.9, 1024 * 8, 64, "7 to 130 nm");
    look(*state, name, 130, 1024, 64);
    assert_refused(*state, name, 130.1, 1024 * 8, 64, "7 to 130 nm");
    assert_refused(*state, name, (double)NAN, 1024 * 8, 64, "not a node");
    assert_refused(*state, "sram_lukewarm", 65, 1024 * 8, 64, "sram_lukewarm");
    assert_int_equal(sdse_sram_lookup(name, 65, 1, 8, *state, NULL, NULL),
                     SDSE_INVALID);
}

static void test_scaled_node(void **state) {
    const char *name = "sram_itrs-hp_ed2";
    const struct sdse_sram_cost at22 = look(*state, name, 22, 32 << 10, 64);
    const struct sdse_sram_cost at16 = look(*state, name, 16, 32 << 10, 64);
    double energy, area;
    assert_true(sdse_node_energy_factor(22, 0.9, 16, 0.9, &energy));
    assert_true(sdse_node_area_factor(22, 16, &area));
    assert_double_within(at16.read_pj, at22.read_pj * energy, 1e-15);
    assert_double_within(at16.write_pj, at22.write_pj * energy, 1e-15);
    assert_double_within(at16.area_um2, at22.area_um2 * area, 1e-15);
    assert_double_within(at16.leakage_mw, at22.leakage_mw, 0);
    assert_true(energy < 1 && area < 1);
    assert_non_null(strstr(at16.origin, "Stillmaker-Baas"));
    assert_non_null(strstr(at16.origin, "22 nm"));
    const struct sdse_sram_cost at90 = look(*state, name, 90, 3000, 64);
    const struct sdse_sram_cost at130 = look(*state, name, 130, 3000, 64);
    assert_true(at130.read_pj > at90.read_pj);
    assert_non_null(strstr(at130.origin, "log-log"));
}

// Relative to 45 nm, 0.9 V on both sides: arithmetic on the published polynomials.
static void test_energy_factors(void **state) {
    (void)state;
    static const double known[][2] = {
        {130, 3.17}, {90, 1.95},  {65, 1.25},  {40, 0.862}, {32, 0.641}, {28, 0.507},
        {20, 0.238}, {16, 0.187}, {14, 0.150}, {10, 0.127}, {7, 0.102}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double factor;
        assert_true(sdse_node_energy_factor(45, 0.9, known[i][0], 0.9, &factor));
        assert_double_within(factor, known[i][1], 0.005);
    }
    double factor, back;
    assert_true(sdse_node_energy_factor(65, 1.0, 28, 0.9, &factor));
    assert_double_within(factor, 0.321, 0.002);
    assert_true(sdse_node_energy_factor(28, 0.9, 65, 1.0, &back));
    assert_double_within(factor * back, 1, 1e-15);
    assert_true(sdse_node_energy_factor(40, 0.9, 28, 0.9, &factor));
    assert_double_within(factor, 0.588, 0.002);
}

// Between nodes, by hand: 28 nm lies ln(28/20) / ln(32/20) = 0.7159 of the way from
// 0.21 to 0.46 in logarithms.
static void test_area_between_nodes(void **state) {
    (void)state;
    double factor;
    assert_true(sdse_node_area_factor(45, 28, &factor));
    assert_double_within(factor, 0.3681, 2e-4);
}

static void test_energy_domain(void **state) {
    (void)state;
    double factor = 42;
    assert_false(sdse_node_energy_factor(45, 0.9, 6.99, 0.9, &factor));
    assert_false(sdse_node_energy_factor(131, 0.9, 45, 0.9, &factor));
    // The 65 nm polynomial has its vertex at 0.5856 V.
    assert_false(sdse_node_energy_factor(65, 0.585, 45, 0.9, &factor));
    assert_false(sdse_node_energy_factor(45, 0.9, 65, 0.585, &factor));
    assert_false(sdse_node_energy_factor(45, (double)NAN, 65, 0.9, &factor));
    assert_false(sdse_node_area_factor((double)NAN, 65, &factor));
    assert_false(sdse_node_area_factor(65, 6, &factor));
    assert_double_within(factor, 42, 0);
    assert_true(sdse_node_energy_factor(65, 0.587, 45, 0.9, &factor));
}

// The three published rows of area factors; two digits each.
static void test_area_factors(void **state) {
    (void)state;
    static const double nm[] = {130, 90, 65, 45, 32, 20, 16, 14, 10, 7};
    static const double from[] = {65, 45, 32};
    static const double known[3][10] = {
        {4.3, 1.9, 1, .66, .31, .14, .13, .12, .068, .039},
        {6.4, 2.8, 1.5, 1, .46, .21, .19, .17, .1, .059},
        {14, 6.1, 3.3, 2.2, 1, .46, .41, .38, .22, .13}};
    for (int row = 0; row < 3; row++)
        for (int i = 0; i < 10; i++) {
            double factor;
            assert_true(sdse_node_area_factor(from[row], nm[i], &factor));
            assert_double_within(factor, known[row][i], row == 1 ? 1e-12 : 0.06);
        }
    double factor;
    assert_true(sdse_node_area_factor(45, 28, &factor));
    assert_true(factor < 0.46 && factor > 0.21);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_exact),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_interpolation),
        cmocka_unit_test(test_between_rows),
        cmocka_unit_test(test_missing_row),
        cmocka_unit_test(test_out_of_range),
        cmocka_unit_test(test_scaled_node),
        cmocka_unit_test(test_energy_factors),
        cmocka_unit_test(test_energy_domain),
        cmocka_unit_test(test_area_between_nodes),
        cmocka_unit_test(test_area_factors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
