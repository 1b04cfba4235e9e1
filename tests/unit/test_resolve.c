#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "costmodel/resolve.h"
#include "costmodel/technology.h"
#include "support/close.h"

struct fixture {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch arch;
};

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

// DRAM with numbers over an SRAM with a table, one multiplier.
static int setup(void **state) {
    static struct fixture f;
    f = (struct fixture){.arena = sdse_arena_new()};
    sdse_diags_init(&f.diags, f.arena);
    f.arch.node_nm = 65;
    f.arch.level_count = 2;
    struct sdse_level *dram = &f.arch.level[0], *sram = &f.arch.level[1];
    dram->name = "DRAM";
    dram->loc = (struct sdse_loc){"a.yaml", 5, 3};
    dram->keeps = 7;
    dram->read_pj = dram->fill_pj = dram->update_pj = given(8);
    sram->name = "GLB";
    sram->loc = (struct sdse_loc){"a.yaml", 9, 3};
    sram->memory_class = SDSE_SRAM;
    sram->keeps = 7;
    sram->capacity_bits = 8 * (100 << 10);
    sram->macro_count = 4;
    sram->port_bits = 64;
    sram->table = "sram_itrs-hp_ed2";
    for (int i = 0; i < 2; i++)
        f.arch.level[i].fanout_x = f.arch.level[i].fanout_y = 1;
    f.arch.compute.pj_per_mac = given(1);
    f.arch.compute.area_um2 = given(100);
    *state = &f;
    return f.arena ? 0 : -1;
}

static int teardown(void **state) {
    sdse_arena_free(((struct fixture *)*state)->arena);
    return 0;
}

static enum sdse_status resolve(struct fixture *f) {
    return sdse_arch_resolve_costs(&f->arch, f->arena, &f->diags);
}

// What the file gives at its node moves to the node asked for; DRAM and overrides stay.
static void another_node_moves_every_cost(void **state) {
    struct fixture *f = *state;
    f->arch.file = "a.yaml";
    f->arch.written_node_nm = 65;
    f->arch.node_nm = 28;
    f->arch.other_area_um2 = given(50);
    f->arch.chip.clock_mw = given(10);
    f->arch.level[1].network[SDSE_INPUTS].pj_per_bit = given(2);
    f->arch.level[1].update_pj = given(3);
    f->arch.level[1].update_pj.origin.loc = (struct sdse_loc){"sweep.yaml", 1, 1};
    double energy, area;
    assert_true(sdse_node_energy_factor(65, 0.9, 28, 0.9, &energy));
    assert_true(sdse_node_area_factor(65, 28, &area));
    for (int again = 0; again < 2; again++) {
        assert_int_equal(resolve(f), SDSE_OK);
        assert_double_within(f->arch.compute.pj_per_mac.value, energy, 1e-12);
        assert_double_within(f->arch.compute.area_um2.value, 100 * area, 1e-9);
        assert_double_within(f->arch.other_area_um2.value, 50 * area, 1e-9);
        assert_double_within(f->arch.chip.clock_mw.value, 10 * energy, 1e-9);
        assert_double_within(f->arch.level[1].network[SDSE_INPUTS].pj_per_bit.value,
                             2 * energy, 1e-12);
        assert_double_within(f->arch.level[0].read_pj.value, 8, 0);
        assert_double_within(f->arch.level[1].update_pj.value, 3, 0);
    }
    assert_non_null(strstr(f->arch.compute.pj_per_mac.origin.text, "65 nm to 28 nm"));
}

// Every energy and clock by the energy's factor, every area by the area's, in every
// class of memory on the chip; rates and DRAM stay.
static void every_cost_is_scaled_by_its_kind(void **state) {
    static const enum sdse_memory_class classes[] = {SDSE_SRAM, SDSE_REGFILE,
                                                     SDSE_FIFO};
    struct fixture *f = *state;
    struct sdse_arch *arch = &f->arch;
    const struct sdse_arch fresh = *arch;
    for (size_t c = 0; c < sizeof classes / sizeof *classes; c++) {
        *arch = fresh;
        arch->file = "a.yaml";
        arch->written_node_nm = 65;
        arch->node_nm = 28;
        struct sdse_level *level = &arch->level[1];
        level->memory_class = classes[c];
        struct sdse_network *network = &level->network[SDSE_OUTPUTS];
        struct sdse_rebuild *rebuild = &arch->rebuild;
        struct sdse_number *const energies[] = {&level->read_pj,
                                                &level->fill_pj,
                                                &level->update_pj,
                                                &level->overhead.clock_mw,
                                                &network->pj_per_bit,
                                                &network->hop_pj_per_bit,
                                                &network->router_pj_per_bit,
                                                &network->pj_per_add,
                                                &arch->compute.pj_per_mac,
                                                &arch->compute.overhead.clock_mw,
                                                &arch->chip.clock_mw,
                                                &rebuild->pj_per_shift_add,
                                                &rebuild->pj_per_basis_read,
                                                &rebuild->pj_per_basis_write,
                                                &arch->vector.pj_per_op};
        struct sdse_number *const areas[] = {&level->area_um2, &arch->compute.area_um2,
                                             &rebuild->area_um2, &arch->other_area_um2};
        struct sdse_number *const others[] = {
            &rebuild->rows_per_cycle, &arch->vector.ops_per_cycle,
            &level->overhead.control_percent, &arch->level[0].read_pj,
            &arch->level[0].update_pj};
        enum {
            E = sizeof energies / sizeof *energies,
            A = sizeof areas / sizeof *areas
        };
        for (int i = 0; i < E; i++)
            *energies[i] = given(2 + i);
        for (int i = 0; i < A; i++)
            *areas[i] = given(100 + i);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            *others[i] = given(7 + (double)i);
        double energy, area;
        assert_true(sdse_node_energy_factor(65, 0.9, 28, 0.9, &energy));
        assert_true(sdse_node_area_factor(65, 28, &area));
        assert_int_equal(resolve(f), SDSE_OK);
        for (int i = 0; i < E; i++)
            assert_double_within(energies[i]->value, (2 + i) * energy, 1e-12);
        for (int i = 0; i < A; i++)
            assert_double_within(areas[i]->value, (100 + i) * area, 1e-12);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            assert_double_within(others[i]->value, 7 + (double)i, 0);
    }
}

static void what_cannot_be_scaled_is_refused(void **state) {
    struct fixture *f = *state;
    f->arch.written_node_nm = 65;
    f->arch.node_nm = 28;
    f->arch.compute.leakage_mw = given(1);
    f->arch.chip.static_mw = given(1);
    f->arch.level[1].leakage_mw = given(1);
    assert_int_equal(resolve(f), SDSE_INVALID);
    assert_int_equal(f->diags.errors, 3);
    f->arch.compute.leakage_mw = f->arch.chip.static_mw = f->arch.level[1].leakage_mw =
        (struct sdse_number){0};
    f->arch.written_node_nm = 65;
    f->arch.node_nm = 5;
    assert_int_equal(resolve(f), SDSE_INVALID);
}

static void another_voltage_needs_one_to_start_from(void **state) {
    struct fixture *f = *state;
    f->arch.written_node_nm = 65;
    f->arch.voltage_v = 0.82;
    assert_int_equal(resolve(f), SDSE_INVALID);
    assert_int_equal(f->diags.errors, 1);
    f->arch.written_voltage_v = 1;
    f->arch.voltage_v = 0.82;
    double energy;
    struct sdse_sram_cost macro;
    assert_true(sdse_node_energy_factor(65, 1, 65, 0.82, &energy));
    assert_int_equal(sdse_sram_lookup("sram_itrs-hp_ed2", 65, 8 * (25 << 10), 64,
                                      f->arena, &macro, NULL),
                     SDSE_OK);
    struct sdse_level *sram = &f->arch.level[1];
    sram->read_pj = sram->fill_pj = sram->update_pj = sram->leakage_mw =
        (struct sdse_number){0};
    assert_int_equal(resolve(f), SDSE_OK);
    assert_double_within(f->arch.compute.pj_per_mac.value, energy, 1e-12);
    assert_double_within(f->arch.level[1].read_pj.value, energy * macro.read_pj, 1e-9);
}

// An access costs one macro, leakage and area all of them.
static void test_macros(void **state) {
    struct fixture *f = *state;
    assert_int_equal(resolve(f), SDSE_OK);
    assert_null(f->diags.first);
    struct sdse_sram_cost macro;
    assert_int_equal(sdse_sram_lookup("sram_itrs-hp_ed2", 65, 8 * (25 << 10), 64,
                                      f->arena, &macro, NULL),
                     SDSE_OK);
    const struct sdse_level *glb = &f->arch.level[1];
    assert_double_within(glb->read_pj.value, macro.read_pj, 0);
    assert_double_within(glb->fill_pj.value, macro.write_pj, 0);
    assert_double_within(glb->update_pj.value, macro.write_pj, 0);
    assert_double_within(glb->leakage_mw.value, 4 * macro.leakage_mw, 1e-15);
    assert_double_within(glb->area_um2.value, 4 * macro.area_um2, 1e-15);
    assert_int_equal(glb->read_pj.origin.mark, SDSE_MARK_TABLE);
    assert_non_null(strstr(glb->read_pj.origin.text, "sram_itrs-hp_ed2"));
    assert_non_null(strstr(glb->area_um2.origin.text, "4 such macros"));
    // Once more changes nothing.
    const struct sdse_level before = *glb;
    assert_int_equal(resolve(f), SDSE_OK);
    assert_memory_equal(&before, glb, sizeof before);
}

static void test_given_numbers_stay(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].read_pj = given(42);
    f->arch.level[1].area_um2 = given(7);
    assert_int_equal(resolve(f), SDSE_OK);
    assert_double_within(f->arch.level[1].read_pj.value, 42, 0);
    assert_double_within(f->arch.level[1].area_um2.value, 7, 0);
    assert_int_equal(f->arch.level[1].read_pj.origin.mark, SDSE_MARK_UNMARKED);
    assert_int_equal(f->arch.level[1].fill_pj.origin.mark, SDSE_MARK_TABLE);
}

// A port wider than the tables is several macros accessed together.
static void test_wide_port(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].port_bits = 768; // 3 x 256
    f->arch.level[1].capacity_bits = 8 * (96 << 10);
    f->arch.level[1].macro_count = 1;
    assert_int_equal(resolve(f), SDSE_OK);
    struct sdse_sram_cost macro;
    assert_int_equal(sdse_sram_lookup("sram_itrs-hp_ed2", 65, 8 * (32 << 10), 256,
                                      f->arena, &macro, NULL),
                     SDSE_OK);
    assert_double_within(f->arch.level[1].read_pj.value, 3 * macro.read_pj, 1e-15);
    assert_double_within(f->arch.level[1].leakage_mw.value, 3 * macro.leakage_mw,
                         1e-15);
}

static void assert_one(struct fixture *f, const char *check, unsigned line,
                       const char *text) {
    assert_int_equal(resolve(f), SDSE_INVALID);
    assert_int_equal(f->diags.errors, 1);
    assert_string_equal(f->diags.first->check, check);
    assert_int_equal(f->diags.first->loc.line, line);
    if (!strstr(f->diags.first->message, text))
        fail_msg("'%s' does not say '%s'", f->diags.first->message, text);
}

static void test_missing(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].table = NULL;
    f->arch.level[1].read_pj = f->arch.level[1].fill_pj = given(2);
    f->arch.level[1].area_um2 = given(1);
    assert_one(f, "missing-cost", 9, "write from below");
}

static void test_zero_is_missing(void **state) {
    struct fixture *f = *state;
    f->arch.level[0].read_pj = given(0);
    assert_one(f, "missing-cost", 5, "'DRAM': the energy of a read");
}

static void test_declared_free(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].table = NULL;
    f->arch.level[1].free = true;
    f->arch.level[1].area_um2 = given(1);
    f->arch.compute.pj_per_mac.given = false;
    f->arch.compute.free = true;
    assert_int_equal(resolve(f), SDSE_OK);
    assert_null(f->diags.first);
}

static void test_all_at_once(void **state) {
    struct fixture *f = *state;
    f->arch.level[0].update_pj.given = false;
    f->arch.level[1].fanout_x = 2;
    f->arch.level[1].fanout_loc = (struct sdse_loc){"a.yaml", 12, 5};
    f->arch.level[1].network[SDSE_INPUTS].free = true;
    f->arch.level[1].network[SDSE_OUTPUTS].hop_pj_per_bit = given(0.1);
    f->arch.compute.pj_per_mac.given = false;
    f->arch.compute.area_um2.given = false;
    f->arch.rebuild.present = true;
    f->arch.rebuild.pj_per_shift_add = f->arch.rebuild.pj_per_basis_read = given(1);
    assert_int_equal(resolve(f), SDSE_INVALID);
    assert_int_equal(f->diags.errors, 4); // DRAM, weights' network, MAC, basis write
    assert_int_equal(f->diags.warnings, 1);
    assert_true(sdse_diags_fired(&f->diags, "missing-area"));
}

// Adders are a cost of moving outputs, and of nothing else.
static void test_tree_adders(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].fanout_y = 2;
    f->arch.level[1].fanout_loc = (struct sdse_loc){"a.yaml", 12, 5};
    for (int t = 0; t < SDSE_TENSORS; t++)
        f->arch.level[1].network[t].pj_per_add = given(0.1);
    f->arch.level[1].network[SDSE_INPUTS].router_pj_per_bit = given(0.1);
    assert_one(f, "missing-cost", 12, "moving weights");
}

// Hops are charged on a mesh only: elsewhere they would cost nothing, silently.
static void test_hops_without_mesh(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].fanout_y = 2;
    f->arch.level[1].fanout_loc = (struct sdse_loc){"a.yaml", 12, 5};
    for (int t = 0; t < SDSE_TENSORS; t++)
        f->arch.level[1].network[t].hop_pj_per_bit = given(0.1);
    f->arch.level[1].network[SDSE_INPUTS].topology = SDSE_SYSTOLIC;
    assert_one(f, "missing-cost", 12, "moving inputs");
}

static void test_outside_table(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].capacity_bits = 8 * 100;
    assert_one(f, "table-lookup", 9, "of 256 to 8388608 bytes");
}

static void test_unlimited_table(void **state) {
    struct fixture *f = *state;
    f->arch.level[1].port_bits = 0;
    assert_one(f, "table-lookup", 9, "needs a capacity and port_bits");
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(another_node_moves_every_cost),
        FRESH(every_cost_is_scaled_by_its_kind),
        FRESH(what_cannot_be_scaled_is_refused),
        FRESH(another_voltage_needs_one_to_start_from),
        FRESH(test_macros),
        FRESH(test_given_numbers_stay),
        FRESH(test_wide_port),
        FRESH(test_missing),
        FRESH(test_zero_is_missing),
        FRESH(test_declared_free),
        FRESH(test_all_at_once),
        FRESH(test_tree_adders),
        FRESH(test_hops_without_mesh),
        FRESH(test_outside_table),
        FRESH(test_unlimited_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
