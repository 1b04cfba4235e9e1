// The library of components: each figure against its source worked out by hand, what it
// is known for, and accelerators whose costs are left to it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/component.h"
#include "costmodel/node_scaling.h"
#include "costmodel/resolve.h"
#include "costmodel/technology.h"
#include "spec/load.h"
#include "spec/write.h"
#include "support/close.h"

static const struct sdse_component *find(const char *name, const char *quantity) {
    const struct sdse_component *figure;
    for (size_t i = 0; (figure = sdse_component_at(i)); i++)
        if (!strcmp(figure->name, name) && !strcmp(figure->quantity, quantity))
            return figure;
    fail_msg("no %s of %s", quantity, name);
    return NULL;
}

static void figures_are_those_of_their_sources(void **state) {
    (void)state;
    // What the sources print, at sizes that they print.
    static const struct {
        const char *name, *quantity;
        struct sdse_component_sizes sizes;
        double value, within;
    } known[] = {
        {"lpddr4", "access_pj", {.bits = 64}, 512, 0},
        {"hbm2", "access_pj", {.bits = 100}, 397, 1e-12},
        {"mac_int", "pj_per_mac", {.w = 8, .i = 8, .p = 8}, 0.23, 1e-12},
        {"mac_int", "pj_per_mac", {.w = 32, .i = 32, .p = 32}, 3.1 + 0.1, 0.04},
        {"mac_int", "pj_per_mac", {.w = 4, .i = 8, .p = 24}, 0.1 + 0.09, 1e-12},
        {"mac_int", "area_um2", {.w = 8, .i = 8, .p = 32}, 282 + 137, 0.02},
        {"mac_int_28nm", "pj_per_mac", {.w = 8, .i = 8, .p = 8}, 0.143, 1e-12},
        {"mac_int_40nm", "pj_per_mac", {.w = 32, .i = 32, .p = 32}, 12.89, 1e-12},
        {"mac_int_40nm", "pj_per_mac", {.w = 8, .i = 8, .p = 32}, 0.79 + 0.21, 0.01},
        {"mac_fp16", "pj_per_mac", {.w = 16, .i = 16, .p = 16}, 1.5, 1e-12},
        {"mac_fp32", "area_um2", {.w = 32, .i = 32, .p = 32}, 11884, 1e-12},
        {"scratchpad", "read_pj", {.bits = 16, .kib = 12 * 16 / 8192.}, 0.197, 0.14},
        {"scratchpad", "read_pj", {.bits = 16, .kib = 224 * 16 / 8192.}, 0.710, 0.14},
        {"scratchpad", "write_pj", {.bits = 16, .kib = 224 * 16 / 8192.}, 1.131, 0.25},
        {"buffer_normalised", "access_pj", {.bits = 16, .kib = 0.5}, 2.2, 1e-12},
        {"buffer_normalised", "access_pj", {.bits = 16, .kib = 100}, 13.2, 1e-12},
        {"register", "area_um2", {.bits = 8, .kib = 1}, 5.98 * 8192, 1e-12},
        {"wire", "wire_pj_per_bit", {.mm = 10, .v = 0.9}, 310. / 256, 0.005},
        {"crossbar", "wire_pj_per_bit", {.mm = 1, .v = 0.9}, 0.243, 1e-12},
        {"adc", "pj_per_bit", {.bits = 8}, 0.00543 * 256 / 8, 1e-12},
        {"shift_add", "pj_per_shift_add", {.w = 8}, 0.054, 1e-12},
        {"shift_add", "pj_per_basis_read", {.w = 8}, 0.072, 1e-12},
        {"adder_tree", "pj_per_add", {.p = 32}, 0.12, 1e-12},
        {"register", "leakage_mw", {.bits = 8, .kib = 1 / 8192.}, 7.4e-5, 1e-9},
        {"fifo", "leakage_mw", {.bits = 8, .kib = 0}, 3.213e-4 / 4, 1e-9},
        {"mac_int_40nm", "leakage_mw", {.w = 32, .i = 32, .p = 32}, 0.08015, 1e-9},
        {"mac_int", "leakage_mw", {.w = 8, .i = 8, .p = 8}, 318 * 0.0779 / 6351, 1e-3},
        {"mac_fp32_40nm", "pj_per_mac", {.w = 32, .i = 32, .p = 32}, 52, 1e-9},
        {"mac_fp32_40nm", "leakage_mw", {.w = 32, .i = 32, .p = 32}, 0.1731, 1e-9},
        {"multiplier_int", "pj_per_mac", {.w = 4, .i = 8, .p = 64}, 0.1, 1e-12},
        {"multiplier_int_40nm", "area_um2", {.w = 16, .i = 16}, 1587.5, 1e-9},
        {"multiplier_int_40nm", "pj_per_mac", {.w = 16, .i = 8}, 1.585, 1e-9},
        {"multiplier_int_40nm", "leakage_mw", {.w = 16, .i = 16}, 0.019475, 1e-9},
        {"multiplier_int", "area_um2", {.w = 4, .i = 8}, 141, 1e-9},
        {"multiplier_int", "leakage_mw", {.w = 8, .i = 4}, 141 * 0.0779 / 6351, 1e-3},
        {"mac_fp16", "leakage_mw", {.w = 16, .i = 16}, 3000 * 0.0779 / 6351, 1e-3},
        {"mac_fp32", "leakage_mw", {.w = 32, .i = 32}, 11884 * 0.0779 / 6351, 1e-3},
        {"mac_fp32_40nm", "area_um2", {.w = 32, .i = 32}, 13330, 1e-9},
        {"shift_add_40nm", "pj_per_basis_read", {.w = 8}, 0.072, 1e-9},
        {"alu_int_40nm", "pj_per_op", {.p = 16}, 0.105, 1e-12},
        {"adder_tree_40nm", "pj_per_add", {.p = 32}, 0.21, 1e-12},
        {"shift_add_40nm", "pj_per_shift_add", {.w = 32}, 0.627, 1e-12},
    };
    struct sdse_arena *arena = sdse_arena_new();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct sdse_component *figure = find(known[i].name, known[i].quantity);
        const double node = figure->node_nm > 0 ? figure->node_nm : 3;
        struct sdse_number number = {0};
        const char *why = "";
        if (sdse_component_value(figure, &known[i].sizes, node, 0, arena, &number,
                                 &why) != SDSE_OK)
            fail_msg("%s: %s", known[i].name, why);
        assert_double_within(number.value, known[i].value, known[i].within);
        assert_true(number.given);
        assert_true(!strstr(figure->name, "40nm") || figure->node_nm == 40);
        assert_non_null(strstr(number.origin.text, figure->source));
        assert_null(strstr(number.origin.text, "Stillmaker"));
    }
    sdse_arena_free(arena);
}

// Every figure has a value in the middle of its range and none beside it.
static void every_figure_can_be_had_within_its_range(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_component *figure;
    size_t count = 0;
    for (; (figure = sdse_component_at(count)); count++) {
        struct sdse_component_sizes sizes = {
            .bits = 8, .kib = 0.5, .w = 8, .i = 8, .p = 16, .mm = 1, .v = 0.9};
        if (strstr(figure->name, "fp16"))
            sizes.w = sizes.i = 16;
        if (strstr(figure->name, "fp32"))
            sizes.w = sizes.i = 32;
        struct sdse_number number = {0};
        const char *why = NULL;
        assert_int_equal(
            sdse_component_value(figure, &sizes, 45, 0, arena, &number, &why), SDSE_OK);
        assert_true(number.value > 0);
        assert_int_not_equal(number.origin.mark, SDSE_MARK_UNMARKED);
        assert_true(strlen(figure->source) > 10);
        assert_true((figure->node_nm > 0) == (figure->voltage_v > 0));
        char name[8];
        double most;
        if (sscanf(figure->range, "%7[a-z]=%*f:%lf", name, &most) != 2)
            continue;
        double *size = !strcmp(name, "kib")    ? &sizes.kib
                       : !strcmp(name, "w")    ? &sizes.w
                       : !strcmp(name, "p")    ? &sizes.p
                       : !strcmp(name, "mm")   ? &sizes.mm
                       : !strcmp(name, "bits") ? &sizes.bits
                                               : NULL;
        assert_non_null(size);
        *size = most * 1.001;
        assert_int_equal(
            sdse_component_value(figure, &sizes, 45, 0, arena, &number, &why),
            SDSE_INVALID);
        assert_non_null(strstr(why, "known from"));
    }
    assert_true(count > 30);
    sdse_arena_free(arena);
}

static void another_node_or_supply_moves_logic_and_not_dram(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_component_sizes sizes = {.bits = 8, .w = 8, .i = 8, .p = 8};
    struct sdse_number mac = {0}, area = {0}, dram = {0};
    const char *why = NULL;
    double energy_factor, area_factor;
    assert_true(sdse_node_energy_factor(45, 0.9, 28, 0.9, &energy_factor));
    assert_true(sdse_node_area_factor(45, 28, &area_factor));
    const struct sdse_component *mac_pj = find("mac_int", "pj_per_mac");
    assert_int_equal(sdse_component_value(mac_pj, &sizes, 28, 0, arena, &mac, &why),
                     SDSE_OK);
    assert_double_within(mac.value, 0.23 * energy_factor, 1e-12);
    assert_non_null(strstr(mac.origin.text, "45 nm to 28 nm"));
    assert_int_equal(sdse_component_value(find("mac_int", "area_um2"), &sizes, 28, 0,
                                          arena, &area, &why),
                     SDSE_OK);
    assert_double_within(area.value, (282 + 36) * area_factor, 1e-9);
    assert_int_equal(sdse_component_value(find("ddr5", "access_pj"), &sizes, 28, 0.5,
                                          arena, &dram, &why),
                     SDSE_OK);
    assert_double_within(dram.value, 8 * 11.8, 1e-12);
    assert_int_equal(dram.origin.mark, SDSE_MARK_QUOTED);
    // Its own supply counts where the accelerator has one.
    assert_true(sdse_node_energy_factor(45, 0.9, 28, 0.8, &energy_factor));
    assert_int_equal(sdse_component_value(mac_pj, &sizes, 28, 0.8, arena, &mac, &why),
                     SDSE_OK);
    assert_double_within(mac.value, 0.23 * energy_factor, 1e-12);
    // From the supply of its own source.
    assert_true(sdse_node_energy_factor(65, 1.0, 65, 1.2, &energy_factor));
    const struct sdse_component_sizes pad = {.bits = 16, .kib = 0.5};
    struct sdse_number at_own = {0}, at_more = {0};
    const struct sdse_component *scratchpad = find("scratchpad", "read_pj");
    assert_int_equal(
        sdse_component_value(scratchpad, &pad, 65, 1.0, arena, &at_own, &why), SDSE_OK);
    assert_int_equal(
        sdse_component_value(scratchpad, &pad, 65, 1.2, arena, &at_more, &why),
        SDSE_OK);
    assert_double_within(at_own.value, 0.8, 1e-12); // 0.0125 * 64
    assert_double_within(at_more.value, at_own.value * energy_factor, 1e-12);
    const double before = mac.value;
    assert_int_equal(sdse_component_value(mac_pj, &sizes, 5, 0, arena, &mac, &why),
                     SDSE_INVALID);
    assert_non_null(strstr(why, "5 nm"));
    assert_double_within(mac.value, before, 0);
    // What is scaled is no longer quoted.
    const struct sdse_component_sizes wide = {.w = 16, .i = 16, .p = 16};
    assert_int_equal(sdse_component_value(find("mac_fp16", "pj_per_mac"), &wide, 28, 0,
                                          arena, &mac, &why),
                     SDSE_OK);
    assert_int_equal(mac.origin.mark, SDSE_MARK_DERIVED);
    sdse_arena_free(arena);
}

// --- Accelerators ---

struct loaded {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch;
    enum sdse_status status;
};

static const char design[] =
    "name: a\nsource: s\nnode_nm: 45\nclock_ghz: 1\n"
    "tensors: {weights: {bits: 4}, inputs: {bits: 8}, outputs: {bits: 8, "
    "partial_bits: 24}}\n"
    "levels:\n"
    "  - level: DRAM\n"
    "    memory: {class: dram, component: %s}\n"
    "  - level: GLB\n"
    "    memory: {class: sram, depth: 1024, width_bits: 64, banks: 4%s}\n"
    "    fanout: {x: 4, y: 4}\n"
    "    network: {topology: %s, multicast: true, reduce: true, component: %s%s}\n"
    "  - level: pads\n"
    "    memory: {class: regfile, capacity_bits: 512, port_bits: 8, component: "
    "register}\n"
    "compute: {component: %s}\n"
    "engines: [{kind: rebuild, below: GLB, rows_per_cycle: 1, component: shift_add}]\n"
    "vector: {below: GLB, ops_per_cycle: 4, component: alu_int}\n";

static struct loaded load(const char *dram, const char *sram, const char *topology,
                          const char *wire, const char *length, const char *mac) {
    char text[2000];
    struct loaded l = {.arena = sdse_arena_new()};
    struct sdse_node *root = NULL;
    const int length_of =
        snprintf(text, sizeof text, design, dram, sram, topology, wire, length, mac);
    assert_in_range(length_of, 1, sizeof text - 1);
    sdse_diags_init(&l.diags, l.arena);
    assert_int_equal(sdse_tree_parse_memory(l.arena, "a.yaml", text, (size_t)length_of,
                                            &l.diags, &root),
                     SDSE_OK);
    l.status = sdse_arch_from_tree(l.arena, root, NULL, 0, &l.diags, &l.arch);
    if (l.status == SDSE_OK)
        l.status = sdse_arch_resolve_costs(l.arch, l.arena, &l.diags);
    return l;
}

static void an_accelerator_of_components_needs_no_numbers(void **state) {
    (void)state;
    struct loaded l = load("lpddr4", "", "mesh", "wire", ", length_mm: 0.5", "mac_int");
    assert_int_equal(l.status, SDSE_OK);
    const struct sdse_arch *arch = l.arch;
    // The DRAM is charged bit by bit.
    assert_int_equal(arch->level[0].port_bits, 0);
    assert_double_within(arch->level[0].read_pj.value, 8, 0);
    assert_double_within(arch->level[0].update_pj.value, 8, 0);
    // Depth, width and banks are enough for an SRAM.
    struct sdse_sram_cost macro;
    assert_int_equal(arch->level[1].capacity_bits, 65536);
    assert_int_equal(arch->level[1].port_bits, 64);
    assert_int_equal(
        sdse_sram_lookup("sram_itrs-lstp_ed2", 45, 16384, 64, l.arena, &macro, NULL),
        SDSE_OK);
    assert_double_within(arch->level[1].read_pj.value, macro.read_pj, 0);
    assert_double_within(arch->level[1].fill_pj.value, macro.write_pj, 0);
    assert_double_within(arch->level[1].leakage_mw.value, 4 * macro.leakage_mw, 1e-15);
    assert_double_within(arch->level[1].area_um2.value, 4 * macro.area_um2, 1e-9);
    // A wire is paid for each hop of a mesh.
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        assert_double_within(arch->level[1].network[t].hop_pj_per_bit.value,
                             0.5 * 0.3 * 0.5 * 0.81, 1e-12);
        assert_false(arch->level[1].network[t].pj_per_bit.given);
    }
    double factor;
    assert_true(sdse_node_energy_factor(40, 0.9, 45, 0.9, &factor));
    assert_double_within(arch->level[2].read_pj.value, 8 * 0.009 * factor, 1e-12);
    assert_double_within(arch->compute.pj_per_mac.value, 0.2 * 32 / 64 + 0.09, 1e-12);
    assert_double_within(arch->compute.area_um2.value, 141 + 36 * 3, 1e-9);
    assert_double_within(arch->rebuild.pj_per_shift_add.value, 0.027, 1e-12);
    assert_double_within(arch->rebuild.pj_per_basis_write.value, 4 * 0.009 * factor,
                         1e-12);
    assert_double_within(arch->vector.pj_per_op.value, 0.09, 1e-12);
    sdse_arena_free(l.arena);
}

// Sizes that are a memory's own, the supply, and an SRAM that names a component.
static void sizes_and_supply_are_those_of_the_part(void **state) {
    (void)state;
    struct loaded l = load("lpddr4", ", component: buffer_normalised, partial_bits: 32",
                           "bus", "wire", ", length_mm: 1",
                           "mac_int}\nvoltage_v: 1.1\n"
                           "area: {other_um2: 1");
    assert_int_equal(l.status, SDSE_OK);
    const struct sdse_level *glb = &l.arch->level[1], *pads = &l.arch->level[2];
    double factor;
    assert_null(glb->table);
    assert_false(glb->leakage_mw.given);
    assert_true(sdse_node_energy_factor(65, 1.0, 45, 1.1, &factor));
    assert_double_within(glb->update_pj.value, 2.2 * (1 + 5 * 7.5 / 99.5) * 4 * factor,
                         1e-12);
    assert_double_within(glb->network[SDSE_INPUTS].pj_per_bit.value, 0.15 * 1.21,
                         1e-12);
    assert_true(sdse_node_area_factor(40, 45, &factor));
    assert_double_within(pads->area_um2.value, 512 * 5.98 * factor, 1e-12);
    sdse_arena_free(l.arena);
    // A tree's adders are as wide as the sums of the memory above it.
    l = load("lpddr4", ", partial_bits: 32", "tree",
             "wire, length_mm: 1, outputs: {component: adder_tree, pj_per_bit: 1}", "",
             "mac_int");
    assert_int_equal(l.status, SDSE_OK);
    assert_double_within(l.arch->level[1].network[SDSE_OUTPUTS].pj_per_add.value, 0.12,
                         1e-12);
    sdse_arena_free(l.arena);
    // Reads and writes of their own.
    l = load("lpddr4", "", "bus", "wire", ", length_mm: 1", "mac_int}\n# {");
    assert_int_equal(l.status, SDSE_OK);
    struct sdse_level *level = &l.arch->level[2];
    level->component = "scratchpad";
    level->read_pj = level->fill_pj = level->update_pj = (struct sdse_number){0};
    assert_int_equal(sdse_arch_resolve_costs(l.arch, l.arena, &l.diags), SDSE_OK);
    assert_double_within(level->read_pj.value * 1.28, level->fill_pj.value, 1e-12);
    assert_double_within(level->fill_pj.value, level->update_pj.value, 0);
    sdse_arena_free(l.arena);
}

// What is stored says the same again, without the library.
static void components_are_written_with_what_they_cost(void **state) {
    (void)state;
    struct loaded l = load("lpddr4", "", "mesh", "wire", ", length_mm: 0.5", "mac_int");
    assert_int_equal(l.status, SDSE_OK);
    const char *text = sdse_arch_text(l.arena, l.arch);
    struct sdse_node *root = NULL;
    struct sdse_arch *again = NULL;
    assert_int_equal(sdse_tree_parse_memory(l.arena, "again.yaml", text, strlen(text),
                                            &l.diags, &root),
                     SDSE_OK);
    assert_int_equal(sdse_arch_from_tree(l.arena, root, NULL, 0, &l.diags, &again),
                     SDSE_OK);
    assert_string_equal(again->level[0].component, "lpddr4");
    assert_string_equal(again->level[1].network[1].component, "wire");
    assert_double_within(again->level[1].network[1].length_mm.value, 0.5, 0);
    assert_string_equal(again->compute.component, "mac_int");
    assert_string_equal(again->vector.component, "alu_int");
    assert_string_equal(again->rebuild.component, "shift_add");
    assert_double_within(again->compute.pj_per_mac.value,
                         l.arch->compute.pj_per_mac.value, 0);
    assert_string_equal(sdse_arch_text(l.arena, again), text);
    sdse_arena_free(l.arena);
}

static void given_costs_win_and_wires_of_a_bus_are_paid_once(void **state) {
    (void)state;
    struct loaded l =
        load("hbm3, read_pj_per_bit: 3", ", table: sram_itrs-hp_ed2", "bus", "crossbar",
             ", length_mm: 2", "mac_int_28nm, area_um2: 7");
    assert_int_equal(l.status, SDSE_OK);
    assert_double_within(l.arch->level[0].read_pj.value, 3, 0);
    assert_double_within(l.arch->level[0].fill_pj.value, 4.05, 0);
    assert_double_within(l.arch->compute.area_um2.value, 7, 0);
    const struct sdse_network *link = &l.arch->level[1].network[SDSE_OUTPUTS];
    assert_double_within(link->pj_per_bit.value, 0.3 * 2 * 0.81, 1e-12);
    assert_false(link->hop_pj_per_bit.given);
    assert_string_equal(l.arch->level[1].table, "sram_itrs-hp_ed2");
    sdse_arena_free(l.arena);
}

static void converters_are_paid_by_the_bits_that_cross(void **state) {
    (void)state;
    // Outputs cross with 24 bits: beyond what the converter is known for. Weights have
    // 4, inputs 8.
    struct loaded l = load("ddr4", "", "bus", "dac", "", "mac_int");
    assert_int_equal(l.status, SDSE_INVALID);
    assert_int_equal(l.diags.errors, 1);
    assert_non_null(strstr(l.diags.first->message, "outputs below 'GLB'"));
    double factor;
    assert_true(sdse_node_energy_factor(40, 0.9, 45, 0.9, &factor));
    assert_double_within(l.arch->level[1].network[SDSE_WEIGHTS].pj_per_bit.value,
                         0.0012 * 16 / 4 * factor, 1e-12);
    assert_double_within(l.arch->level[1].network[SDSE_INPUTS].pj_per_bit.value,
                         0.0012 * 256 / 8 * factor, 1e-12);
    sdse_arena_free(l.arena);
}

static void what_is_wrong_is_said_once_with_what_there_is(void **state) {
    (void)state;
    static const struct {
        const char *dram, *sram, *wire, *length, *mac, *said;
        unsigned errors;
    } cases[] = {
        {"ddr9", "", "wire", ", length_mm: 1", "mac_int",
         "unknown; for dram there are "
         "ddr3, ddr4, ddr5",
         1},
        {"mac_int", "", "wire", ", length_mm: 1", "mac_int",
         "is one for compute; for dram there are", 1},
        {"ddr4", "", "wire", "", "mac_int", "give length_mm", 3},
        {"ddr4", "", "wire", ", length_mm: 1", "mac_fp16", "w = 16 to 16, not for 4",
         1},
        {"ddr4", ", component: buffer_normalized", "wire", ", length_mm: 1", "mac_int",
         "for sram there are buffer_normalised", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loaded l = load(cases[i].dram, cases[i].sram, "mesh", cases[i].wire,
                               cases[i].length, cases[i].mac);
        assert_int_equal(l.status, SDSE_INVALID);
        const struct sdse_diag *diag = l.diags.first;
        while (diag && diag->severity != SDSE_ERROR)
            diag = diag->next;
        assert_non_null(diag);
        if (!strstr(diag->message, cases[i].said) || l.diags.errors != cases[i].errors)
            fail_msg("case %zu: %zu errors, %s", i, l.diags.errors, diag->message);
        assert_string_equal(diag->check, "component-lookup");
        assert_true(diag->loc.line > 0);
        sdse_arena_free(l.arena);
    }
}

// A tree's adders alone move no weights.
static void a_component_that_lacks_a_cost_is_not_enough(void **state) {
    (void)state;
    struct loaded l = load("ddr4", "", "tree", "adder_tree", "", "mac_int");
    assert_int_equal(l.status, SDSE_INVALID);
    assert_int_equal(l.diags.errors, 2);
    assert_string_equal(l.diags.first->check, "missing-cost");
    sdse_arena_free(l.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_those_of_their_sources),
        cmocka_unit_test(every_figure_can_be_had_within_its_range),
        cmocka_unit_test(another_node_or_supply_moves_logic_and_not_dram),
        cmocka_unit_test(an_accelerator_of_components_needs_no_numbers),
        cmocka_unit_test(sizes_and_supply_are_those_of_the_part),
        cmocka_unit_test(components_are_written_with_what_they_cost),
        cmocka_unit_test(given_costs_win_and_wires_of_a_bus_are_paid_once),
        cmocka_unit_test(converters_are_paid_by_the_bits_that_cross),
        cmocka_unit_test(what_is_wrong_is_said_once_with_what_there_is),
        cmocka_unit_test(a_component_that_lacks_a_cost_is_not_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
