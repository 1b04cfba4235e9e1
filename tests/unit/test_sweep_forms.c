// Every weight form of a sweep is kept as it was asked for: its row in the database has
// its settings, whatever other forms the sweep has.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/effects.h"
#include "dse/sweep/forms.h"
#include "spec/load.h"
#include "support_sweep.h"

static const char *const index_names[] = {"element-bitmap", "row", "run-length",
                                          "dense"};

// What the row of a layer's declared form must hold.
static void print_row(FILE *out, const char *form_name, const struct sdse_layer *layer,
                      const struct sdse_form_setting *setting) {
    struct sdse_weight_form form;
    sdse_layer_form_declare(layer, setting, &form);
    fprintf(out,
            "%s,%s,%d,%u,%llu,%llu,%llu,%.17g,%.17g,%u,%u,%u,%s,%.17g,%.17g,%.17g,",
            form_name, layer->name, form.smartdeal, form.basis_size,
            (unsigned long long)form.rows, (unsigned long long)form.rows_per_block,
            (unsigned long long)form.blocks, form.density, form.row_density,
            form.coefficient_bits, form.basis_bits, form.scale_bits,
            index_names[form.index], form.coefficient_bits_total, form.basis_bits_total,
            form.index_bits_total);
    fprintf(out, "%.17g,%llu,%s\n", sdse_layer_weight_bits(layer, &form, 8),
            (unsigned long long)sdse_tile_words(&layer->nest, SDSE_WEIGHTS,
                                                layer->nest.bound),
            form.smartdeal ? "" : "0");
}

// Pairs that agree in all sums but not in what they are made of.
static void a_declared_form_has_a_row_of_its_own(void **state) {
    (void)state;
    sweep_write("twins.yaml", "name: twins\nsource: x\nlayers:\n"
                              "  - {name: wide, kind: fc, in: 12, out_channels: 4}\n"
                              "  - {name: long, kind: fc, in: 24, out_channels: 2}\n"
                              "  - {name: mid, kind: fc, in: 96, out_channels: 10}\n");
    sweep_write(
        "forms.yaml",
        "name: forms\nworkloads: [twins.yaml]\narchs: [arch.yaml]\n"
        "weight_forms:\n"
        "  - raw\n"
        "  - {name: a, basis_size: 2, density: 0.5, basis_bits: 8, scale_bits: 4}\n"
        "  - {name: b, basis_size: 2, density: 0.5, basis_bits: 7, scale_bits: 8}\n"
        "  - {name: c, basis_size: 2, density: 0.5, coefficient_bits: 4, index: "
        "element_bitmap}\n"
        "  - {name: d, basis_size: 2, density: 0.5, coefficient_bits: 3, index: "
        "dense}\n"
        "  - {name: e, basis_size: 2, density: 0.5, coefficient_bits: 4, index: "
        "run_length}\n"
        "  - {name: f, basis_size: 2, density: 0.5, coefficient_bits: 8, index: "
        "element_bitmap}\n"
        "  - {name: g, basis_size: 3, density: 0.5, rows_per_slice: 2}\n"
        "  - {name: h, basis_size: 3, density: 0.5, rows_per_slice: 4}\n"
        "  - {name: i, basis_size: 3, density: 0.5, row_density: 0.75}\n"
        "  - {name: j, basis_size: 3, density: 0.75, row_density: 0.75}\n");
    sweep_run("forms.yaml", "forms.db");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_sweep *sweep;
    struct sdse_workload *net;
    assert_int_equal(sdse_sweep_load(arena, sweep_path("forms.yaml"), &diags, &sweep),
                     SDSE_OK);
    assert_int_equal(sdse_workload_load(arena, sweep_path("twins.yaml"), &diags, &net),
                     SDSE_OK);
    char *want = NULL;
    size_t length;
    FILE *out = open_memstream(&want, &length);
    for (size_t f = 0; f < sweep->form_count; f++)
        for (size_t l = 0; l < net->layer_count; l++)
            print_row(out, sweep->forms[f].name, &net->layers[l],
                      &sweep->forms[f].setting);
    fclose(out);
    char *got = sweep_ask(
        "forms.db",
        "SELECT p.form, l.name, smartdeal, basis_size, rows, rows_per_block, blocks,"
        " printf('%!.17g', density), printf('%!.17g', row_density), coefficient_bits,"
        " basis_bits, scale_bits, index_format, printf('%!.17g', "
        "coefficient_bits_total),"
        " printf('%!.17g', basis_bits_total), printf('%!.17g', index_bits_total),"
        " printf('%!.17g', f.weight_bits), weight_words,"
        " CAST(f.rel_error AS INTEGER) FROM point p JOIN point_layer l USING (point_id)"
        " JOIN weight_form f USING (form_id)"
        " JOIN sweep_point s USING (point_id) ORDER BY s.position, l.layer_index");
    // SQLite writes 1.0 where C writes 1.
    char *to = got;
    for (const char *at = got; *at; at++) {
        if (strncmp(at, ".0,", 3) == 0)
            at += 2;
        *to++ = *at;
    }
    *to = '\0';
    assert_string_equal(got, want);
    free(got);
    free(want);
    sdse_arena_free(arena);
}

// What a form's rows share: the filters and slices of a selector that skips rows of
// weights.
static void selectors_say_what_shares(void **state) {
    (void)state;
    static const struct {
        const char *operands;
        uint32_t group, slices;
    } cases[] = {{"weights", 4, 8}, {"both", 4, 8}, {"inputs", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2000];
        snprintf(text, sizeof text,
                 "%s  - {kind: index_selector, operands: %s, slices: 8, group: 4, "
                 "lines: 2, sync: tile, pj_per_row: 0.001}\n",
                 SWEEP_ARCH("lines", "8", "400"), cases[i].operands);
        sweep_write("lines.yaml", text);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct sdse_arch *arch = NULL;
        const enum sdse_status status =
            sdse_arch_load(arena, sweep_path("lines.yaml"), &diags, &arch);
        sdse_diags_print(&diags, stderr, false);
        assert_int_equal(status, SDSE_OK);
        const struct sdse_sharing sharing = sdse_arch_sharing(arch);
        assert_int_equal(sharing.group, cases[i].group);
        assert_int_equal(sharing.slices, cases[i].slices);
        sdse_arena_free(arena);
    }
}

// A selector's group of rows is of as many independent ones as it has groups of filters
// that lose them together, the last of which may be short; what was measured for these
// very groups is taken instead, for others not.
static void groups_of_rows_are_needed_together(void **state) {
    (void)state;
    static const struct {
        uint32_t prune_group, group, slices;
        double joint;
    } cases[] = {
        {0, 0, 0, 1 - 0.75 * 0.75 * 0.75 * 0.75 * 0.75 * 0.75 * 0.75 * 0.75},
        {2, 0, 0, 1 - 0.75 * 0.75 * 0.75 * 0.75},
        {3, 0, 0, 1 - 0.75 * 0.75 * 0.75},
        {5, 0, 0, 1 - 0.75 * 0.75},
        {8, 0, 0, 0.25},
        {9, 0, 0, 0.25},
        {2, 8, 8, 0.375},                          // measured
        {2, 8, 16, 1 - 0.75 * 0.75 * 0.75 * 0.75}, // for other groups
        {2, 4, 8, 1 - 0.75 * 0.75 * 0.75 * 0.75},
    };
    char text[2000];
    snprintf(text, sizeof text,
             "%s  - {kind: index_selector, operands: weights, slices: 8, group: 8, "
             "lines: 2, sync: tile, pj_per_row: 0.001}\n",
             SWEEP_ARCH("lines", "8", "400"));
    sweep_write("lines.yaml", text);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch = NULL;
    struct sdse_workload *net = NULL;
    assert_int_equal(sdse_arch_load(arena, sweep_path("lines.yaml"), &diags, &arch),
                     SDSE_OK);
    assert_int_equal(sdse_workload_load(arena, sweep_path("net.yaml"), &diags, &net),
                     SDSE_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sdse_weight_form form = {
            .smartdeal = true,
            .basis_size = 3,
            .rows = 12,
            .rows_per_block = 12,
            .blocks = 8,
            .density = 0.25,
            .row_density = 0.25,
            .prune_group = cases[i].prune_group,
            .sharing = {cases[i].group, cases[i].slices},
            .joint_row_density = 0.375};
        struct sdse_effects effects;
        assert_int_equal(sdse_effects_find(arch, &net->layers[0], &form, &effects),
                         SDSE_OK);
        assert_int_equal(effects.joint_filters, 8);
        if (!(fabs(effects.joint_density - cases[i].joint) < 1e-12))
            fail_msg("case %zu: %.17g, not %.17g", i, effects.joint_density,
                     cases[i].joint);
        assert_int_equal(effects.joint_measured,
                         cases[i].group == 8 && cases[i].slices == 8);
    }
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_declared_form_has_a_row_of_its_own),
        cmocka_unit_test(selectors_say_what_shares),
        cmocka_unit_test(groups_of_rows_are_needed_together),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
