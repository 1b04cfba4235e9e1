// What a sweep makes of its networks: keys written anew, layers chosen, densities of a
// form that are each layer's own; and the plot that compares designs network by
// network.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/plot/plot.h"
#include "support/close.h"
#include "support_sweep.h"

static void says(const char *database, const char *sql, const char *wanted) {
    char *answer = sweep_ask(database, sql);
    assert_string_equal(answer, wanted);
    free(answer);
}

// Own keys come after the sweep's, and a layer's name after `multiplying`.
static void networks_are_written_anew(void **state) {
    (void)state;
    sweep_write(
        "s.yaml",
        "name: s\n"
        "network: {layers: {multiplying: {density: {weights: 0.5}}}}\n"
        "workloads:\n"
        "  - net.yaml\n"
        "  - {path: net.yaml, layers: [conv, b], network: {name: part, batch: 2,\n"
        "     layers: {multiplying: {density: {weights: 0.25}}, b: {density: "
        "{weights: 0.75}}}}}\n"
        "archs: [arch.yaml]\n"
        "weight_forms: [{name: own, density: layer, row_density: layer},\n"
        "  {name: rows, density: layer},\n"
        "  {name: set, density: 0.125, row_density: 0.375}]\n");
    sweep_run("s.yaml", "s.db");
    const char *sql = "SELECT p.workload, p.form, l.layer, l.density, l.row_density "
                      "FROM v_layer l JOIN v_point p USING (point_id) "
                      "ORDER BY 1, 2, l.layer_index";
    says("s.db", sql,
         "part,own,a,0.25,0.25\npart,own,b,0.75,0.75\npart,rows,a,0.25,1\n"
         "part,rows,b,0.75,1\npart,set,a,0.125,0.375\npart,set,b,0.125,0.375\n"
         "tiny,own,a,0.5,0.5\ntiny,own,b,0.5,0.5\ntiny,own,c,0.5,0.5\n"
         "tiny,rows,a,0.5,1\ntiny,rows,b,0.5,1\ntiny,rows,c,0.5,1\n"
         "tiny,set,a,0.125,0.375\ntiny,set,b,0.125,0.375\ntiny,set,c,0.125,0.375\n");
    // Twice the samples, as often the MACs; two layers `b`.
    assert_true(
        sweep_number("s.db", "SELECT max(macs) FROM v_layer WHERE layer = 'a'") ==
        2.0 * 8 * 4 * 36 * 9);
    assert_true(
        sweep_number("s.db",
                     "SELECT sum(l.macs) FROM v_layer l JOIN v_point p USING "
                     "(point_id) WHERE p.workload = 'part' AND p.form = 'own'") ==
        2.0 * (8 * 4 * 36 * 9 + 2 * 24 * 8 * 16));
    // The same once more computes nothing; another density does.
    assert_int_equal(sweep_run("s.yaml", "s.db").points_reused, 6);
    sweep_write("t.yaml",
                "name: s\n"
                "network: {layers: {multiplying: {density: {weights: 0.625}}}}\n"
                "workloads: [net.yaml]\narchs: [arch.yaml]\n"
                "weight_forms: [{name: own, density: layer, row_density: layer}]\n");
    assert_int_equal(sweep_run("t.yaml", "s.db").points_reused, 0);
    says("s.db",
         "SELECT DISTINCT density FROM v_layer WHERE density > 0.6 AND "
         "density < 0.7",
         "0.625\n");
}

static void refused(const char *text, const char *const *wanted, size_t count) {
    sweep_write("bad.yaml", text);
    char *said = NULL;
    const struct sdse_sweep_request request = {.sweep_path = sweep_path("bad.yaml"),
                                               .database_path = sweep_path("bad.db"),
                                               .threads = 1};
    struct sdse_sweep_progress progress = {0};
    assert_int_equal(sweep_try(&request, &progress, &said), SDSE_INVALID);
    for (size_t i = 0; i < count; i++)
        if (!strstr(said, wanted[i]))
            fail_msg("'%s' is not in\n%s", wanted[i], said);
    free(said);
}

static void all_faults_are_said(void **state) {
    (void)state;
    refused("name: s\nworkloads:\n"
            "  - {network: {name: x}}\n"
            "  - {path: net.yaml, layer: [a]}\n"
            "  - {path: net.yaml, network: [a]}\n"
            "  - {path: net.yaml, layers: []}\n"
            "archs: [arch.yaml]\n"
            "weight_forms: [{name: f, density: layer, row_density: 0.5},\n"
            "  {name: g, density: 0.5, prune: value}]\n",
            (const char *const[]){"bad.yaml:3:5: error", "[missing-key]",
                                  "bad.yaml:4:22: error", "'layer'", "[unknown-key]",
                                  "bad.yaml:5:31: error", "[wrong-type]",
                                  "bad.yaml:6:", "'layers' lists no layer",
                                  "bad.yaml:9:27: error", "[form-contradiction]"},
            11);
    refused("name: s\nworkloads:\n"
            "  - {path: net.yaml, network: {name: x, layers: {d: {repeat: 2}}}}\n"
            "  - {path: net.yaml, network: {name: y}, layers: [a, dd]}\n"
            "  - {path: net.yaml, network: {name: z}, layers: [pool, dwconv]}\n"
            "archs: [arch.yaml]\n",
            (const char *const[]){"bad.yaml:3:50: error", "no layer 'd'",
                                  "bad.yaml:4:54: error", "no layer 'dd'",
                                  "bad.yaml:5:51: error", "none of these layers"},
            6);
    // What a change makes of a network is read as if it stood there.
    refused("name: s\nnetwork: {layers: {multiplying: {kernell: 2}}}\n"
            "workloads: [net.yaml]\narchs: [arch.yaml]\n",
            (const char *const[]){"bad.yaml:2:34: error", "kernell", "[unknown-key]"},
            3);
    refused("name: s\nworkloads: [net.yaml, {path: net.yaml, layers: [a]}]\n"
            "archs: [arch.yaml]\n",
            (const char *const[]){"[duplicate-name]"}, 1);
    refused("name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
            "weight_forms: [{name: f, density: layer, row_density: 0.5}]\n",
            (const char *const[]){"bad.yaml:4:16: error", "[row-density]"}, 2);
    refused("name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
            "weight_forms: [{name: f, density: 0.5, row_density: layer}]\n",
            (const char *const[]){"bad.yaml:4:16: error", "[row-density]"}, 2);
    // A row density alone declares a form, and rows without values are none.
    refused("name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
            "weight_forms: [{name: f, row_density: 0.5}]\n",
            (const char *const[]){"bad.yaml:4:16: error", "[row-density]"}, 2);
    refused("name: s\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
            "weight_forms: [{name: f, prune_group: 16},\n"
            "  {name: g, density: 0.5, prune_group: 0}]\n",
            (const char *const[]){"bad.yaml:4:26: error", "[form-contradiction]",
                                  "bad.yaml:5:40: error", "[out-of-range]"},
            4);
}

// A fault that a sweep writes into many layers of many networks is one fault.
static void faults_of_changes_are_said_once(void **state) {
    (void)state;
    static const struct {
        const char *changes, *wanted;
    } cases[] = {
        {"{batch: 0}", "bad.yaml:2:18: error: network.batch: must be"},
        {"{layers: {multiplying: {kernell: 2}}}",
         "bad.yaml:2:34: error: network.layers.multiplying.kernell: unknown key"},
        {"{layers: {multiplying: {repeat: 0}}}",
         "bad.yaml:2:42: error: network.layers.multiplying.repeat: must be"},
        {"{layers: {multiplying: {density: {weights: 2}}}}",
         "bad.yaml:2:53: error: network.layers.multiplying.density.weights: must be"},
        {"{layers: {multiplying: {groups: 3}}}", "bad.yaml:2:34: error: layer 'a': 3 "
                                                 "groups do not divide 4 input "
                                                 "channels [groups-divide]"},
        {"{layers: {d: {repeat: 2}}}", "bad.yaml:2:20: error: the network has no layer "
                                       "'d' [unknown-layer]"},
    };
    sweep_write(
        "three.yaml",
        "name: three\nsource: made up\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 6, 6], out_channels: 8, kernel: 3}\n"
        "  - {name: b, kind: conv, in: [5, 6, 6], out_channels: 7, kernel: 3}\n"
        "  - {name: c, kind: conv, in: [5, 6, 6], out_channels: 7, kernel: 3}\n");
    // The first layer has the same name, and other numbers.
    sweep_write(
        "other.yaml",
        "name: more\nsource: made up\nlayers:\n"
        "  - {name: a, kind: conv, in: [10, 6, 6], out_channels: 5, kernel: 3}\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[600];
        snprintf(text, sizeof text,
                 "name: s\nnetwork: %s\nworkloads: [three.yaml, {path: other.yaml, "
                 "network: {name: other}}]\narchs: [arch.yaml]\n",
                 cases[i].changes);
        sweep_write("bad.yaml", text);
        char *said = NULL;
        const struct sdse_sweep_request request = {.sweep_path = sweep_path("bad.yaml"),
                                                   .database_path =
                                                       sweep_path("bad.db"),
                                                   .threads = 1};
        struct sdse_sweep_progress progress = {0};
        assert_int_equal(sweep_try(&request, &progress, &said), SDSE_INVALID);
        size_t lines = 0;
        for (const char *at = said; (at = strstr(at, "bad.yaml:")); at++)
            lines++;
        // Both channels of the first layer, or one fault.
        const bool both = strstr(said, "groups") != NULL;
        if (!strstr(said, cases[i].wanted) || lines != (both ? 2 : 1))
            fail_msg("%zu lines where one says '%s':\n%s", lines, cases[i].wanted,
                     said);
        free(said);
    }
}

// Rows that filters lose together are zero for a selector's group of them together.
static void filters_lose_rows_together(void **state) {
    (void)state;
    sweep_write(
        "lines.yaml",
        SWEEP_ARCH(
            "lines", "8",
            "400") "  - {kind: index_selector, operands: weights, slices: 8, group: 8, "
                   "lines: 4, sync: tile, pj_per_row: 0.001}\n");
    sweep_write(
        "g.yaml",
        "name: g\nworkloads: [{path: net.yaml, layers: [a]}]\narchs: [lines.yaml]\n"
        "objective: latency\n"
        "weight_forms:\n  - {name: alone, density: 0.25, row_density: 0.25}\n"
        "  - {name: pairs, density: 0.25, row_density: 0.25, prune_group: 2}\n"
        "  - {name: all, density: 0.25, row_density: 0.25, prune_group: 8}\n");
    sweep_run("g.yaml", "g.db");
    says("g.db", "SELECT form FROM v_point ORDER BY latency_cycles",
         "all\npairs\nalone\n");
    // Independent rows leave 1 - 0.75^8 = 90 % of a group's rows, 1 - 0.75^4 = 68 %, 25
    // %.
    const double alone = sweep_number(
        "g.db", "SELECT min(compute_cycles) FROM v_layer l JOIN v_point p USING "
                "(point_id) WHERE form = 'alone'");
    const double all = sweep_number(
        "g.db", "SELECT min(compute_cycles) FROM v_layer l JOIN v_point p USING "
                "(point_id) WHERE form = 'all'");
    assert_true(all / alone > 0.25 && all / alone < 0.6);
    says("g.db", "SELECT prune_group FROM weight_form ORDER BY 1", "0\n2\n8\n");
    // The number alone makes another form of this name.
    sweep_write(
        "h.yaml",
        "name: g\nworkloads: [{path: net.yaml, layers: [a]}]\narchs: "
        "[lines.yaml]\nobjective: latency\n"
        "weight_forms:\n  - {name: alone, density: 0.25, row_density: 0.25}\n"
        "  - {name: pairs, density: 0.25, row_density: 0.25, prune_group: 4}\n");
    assert_int_equal(sweep_run("h.yaml", "g.db").points_reused, 1);
    says("g.db", "SELECT DISTINCT prune_group FROM weight_form ORDER BY 1",
         "0\n2\n4\n8\n");
}

static double *numbers_of(char *line, size_t count) {
    double *out = calloc(count, sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(line = strchr(line, '\t'));
        out[i] = strtod(++line, NULL);
    }
    return out;
}

// Energy, then time, then bits of the outermost memory, of the base over each design's.
static void gains_are_ratios(void **state) {
    (void)state;
    sweep_write("big.yaml", SWEEP_ARCH("big", "64", "500"));
    sweep_write("p.yaml", "name: p\narchs: [arch.yaml, big.yaml]\nworkloads:\n"
                          "  - net.yaml\n"
                          "  - {path: net.yaml, layers: [b], network: {name: part}}\n"
                          "weight_forms: [raw, {name: d, density: 0.25}]\n");
    sweep_run("p.yaml", "p.db");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open(sweep_path("p.db"), &diags, &reader), SDSE_OK);
    struct sdse_gain_plot plot = {.over_arch = "small",
                                  .over_form = "d",
                                  .picture =
                                      sdse_arena_strdup(arena, sweep_path("gain.svg"))};
    const enum sdse_status drawn = sdse_plot_gain(reader, &plot, arena, &diags);
    assert_true(drawn == SDSE_OK || drawn == SDSE_MISSING_TOOL);
    FILE *in = fopen(sweep_path("gain.svg.gp"), "r");
    assert_non_null(in);
    char line[1000];
    for (int i = 0; i < 2; i++) // before the data
        assert_non_null(fgets(line, sizeof line, in));
    assert_non_null(fgets(line, sizeof line, in));
    assert_non_null(strstr(line, "of:\tsmall raw\tsmall d\tbig raw\tbig d\n"));
    static const char *const networks[] = {"tiny", "part"};
    for (int n = 0; n < 2; n++) {
        assert_non_null(fgets(line, sizeof line, in));
        assert_non_null(strstr(line, networks[n]));
        double *gain = numbers_of(line, 12);
        static const char *const designs[][2] = {
            {"small", "raw"}, {"small", "d"}, {"big", "raw"}, {"big", "d"}};
        static const char *const figures[] = {
            "p.energy_pj", "p.latency_cycles",
            ("(SELECT sum(read_bits + fill_bits + update_bits) FROM v_level l WHERE "
             "l.point_id = p.point_id AND memory = 'DRAM')")};
        for (int i = 0; i < 12; i++) {
            char sql[600];
            double value[2];
            for (int base = 0; base < 2; base++) {
                const char *const *design = designs[base ? 1 : i % 4];
                snprintf(sql, sizeof sql,
                         "SELECT %s FROM v_point p WHERE workload = '%s' AND arch = "
                         "'%s' AND form = '%s'",
                         figures[i / 4], networks[n], design[0], design[1]);
                value[base] = sweep_number("p.db", sql);
            }
            assert_double_within(gain[i], value[1] / value[0], 1e-6);
        }
        free(gain);
    }
    fclose(in);
    // A plot replaces its own files.
    assert_int_equal(sdse_plot_gain(reader, &plot, arena, &diags), drawn);
    // Two designs are the base, or none is.
    plot.over_form = NULL;
    assert_int_equal(sdse_plot_gain(reader, &plot, arena, &diags), SDSE_INVALID);
    assert_non_null(strstr(diags.last->message, "2 points of 'tiny' are of 'small'"));
    plot.over_arch = "none";
    assert_int_equal(sdse_plot_gain(reader, &plot, arena, &diags), SDSE_INVALID);
    assert_non_null(strstr(diags.last->message, "0 points of 'tiny' are of 'none'"));
    sdse_reader_close(reader);
    sdse_arena_free(arena);
}

static char *text_of(const char *path) {
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    static char text[20000];
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    return text;
}

// A design that has no point of a network has no bar there; parameters are part of a
// design's name, and a form that all have is not. The script is as agreed: to accept a
// change, look at the picture and copy the new script over tests/golden/plot_gain.gp.
static void gains_of_what_there_is(void **state) {
    (void)state;
    sweep_write("big.yaml", SWEEP_ARCH("big", "64", "500"));
    sweep_write("third.yaml", SWEEP_ARCH("third", "16", "500"));
    sweep_write("one.yaml",
                "name: one\narchs: [arch.yaml, big.yaml]\nworkloads: [net.yaml]\n");
    sweep_write("two.yaml", "name: two\narchs: [third.yaml]\nworkloads: [net.yaml]\n"
                            "override: {GLB.capacity_kib: 32}\n");
    sweep_write("three.yaml", "name: three\narchs: [arch.yaml]\nworkloads: [{path: "
                              "net.yaml, layers: [b], network: {name: part}}]\n");
    sweep_run("one.yaml", "w.db");
    sweep_run("two.yaml", "w.db");
    sweep_run("three.yaml", "w.db");
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open(sweep_path("w.db"), &diags, &reader), SDSE_OK);
    struct sdse_gain_plot plot = {
        .over_arch = "small", .picture = sdse_arena_strdup(arena, sweep_path("w.svg"))};
    const enum sdse_status drawn = sdse_plot_gain(reader, &plot, arena, &diags);
    assert_true(drawn == SDSE_OK || drawn == SDSE_MISSING_TOOL);
    char *data = text_of(sweep_path("w.svg.gp"));
    assert_non_null(strstr(data, "of:\tsmall\tthird GLB.capacity_kib=32\tbig\n"));
    assert_non_null(
        strstr(data, "\"part\"\t1\tnan\tnan\t1\tnan\tnan\t1\tnan\tnan\t0x"));
    const char *golden =
        sdse_arena_printf(arena, "%s/tests/golden/plot_gain.gp", SDSE_SOURCE_DIR);
    const char *script = sdse_arena_strdup(arena, text_of(sweep_path("w.svg.gp")));
    const char *keep = getenv("SDSE_ACCEPT_GOLDEN");
    if (keep && *keep) {
        FILE *out = fopen(golden, "w");
        assert_non_null(out);
        fputs(script, out);
        fclose(out);
    }
    assert_string_equal(script, text_of(golden));
    plot.filter.where = "energy_pj < 0";
    assert_int_equal(sdse_plot_gain(reader, &plot, arena, &diags), SDSE_INVALID);
    assert_non_null(strstr(diags.last->message, "no points to plot: 0 infeasible"));
    plot.filter = (struct sdse_filter){.workload = "part"};
    assert_int_equal(sdse_plot_gain(reader, &plot, arena, &diags), drawn);
    data = text_of(sweep_path("w.svg.gp"));
    assert_non_null(strstr(data, "of:\tsmall\n\"part\"\t1\t1\t1\t0x"));
    sdse_reader_close(reader);
    sdse_arena_free(arena);
}

// A layer whose accelerator is long gone: its front was found for the first network,
// and the second one, many batches later, picks another element of it.
static void fronts_serve_later_networks(void **state) {
    (void)state;
    sweep_write("alone.yaml",
                "name: alone\nsource: made up\nlayers:\n"
                "  - {name: a, kind: conv, in: [16, 14, 14], out_channels: 16, "
                "kernel: 3, pad: 1}\n");
    sweep_write(
        "beside.yaml",
        "name: beside\nsource: made up\nlayers:\n"
        "  - {name: a, kind: conv, in: [16, 14, 14], out_channels: 16, kernel: 3, "
        "pad: 1}\n  - {name: c, kind: fc, in: 2000, out_channels: 100}\n");
    sweep_write("later.yaml", "name: later\nworkloads: [alone.yaml, beside.yaml]\n"
                              "archs: [arch.yaml]\noverride:\n"
                              "  DRAM.shared_bits_per_cycle: [2, 4, 8, 12, 16, 24]\n"
                              "  GLB.capacity_kib: [0.5, 1, 2, 4]\n"
                              "  DRAM.pj_per_bit: [0.1, 0.5, 1, 4]\n"
                              "weight_forms: [raw]\nobjective: edp\n");
    const struct sdse_sweep_progress done = sweep_run("later.yaml", "later.db");
    assert_int_equal(done.points_done, 192);
    assert_true(sweep_number("later.db",
                             "SELECT count(*) FROM v_layer a JOIN v_point p USING"
                             " (point_id) JOIN v_point q ON q.parameters = p.parameters"
                             " AND q.workload = 'beside' JOIN v_layer b ON b.point_id ="
                             " q.point_id AND b.layer = 'a' WHERE p.workload = 'alone'"
                             " AND a.mapping <> b.mapping") > 0);
    assert_int_equal(
        sweep_number("later.db",
                     "SELECT count(*) FROM v_layer l WHERE NOT EXISTS (SELECT 1 FROM"
                     " v_layer_front f WHERE f.point_id = l.point_id AND f.layer_index"
                     " = l.layer_index AND f.mapping = l.mapping AND abs(f.energy_pj -"
                     " l.energy_pj) <= 1e-9 * f.energy_pj)"),
        0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_written_anew),
        cmocka_unit_test(all_faults_are_said),
        cmocka_unit_test(faults_of_changes_are_said_once),
        cmocka_unit_test(filters_lose_rows_together),
        cmocka_unit_test(gains_are_ratios),
        cmocka_unit_test(gains_of_what_there_is),
        cmocka_unit_test(fronts_serve_later_networks),
    };
    return cmocka_run_group_tests(tests, sweep_begin, sweep_end);
}
