// A continued file equals a fresh one: whatever key of a sweep changes, what the file
// says of the changed sweep is what a new file would say.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support_sweep.h"

// Two columns make 0.0545 mm2, four too much: half of the points break the constraint.
static const char base[] =
    "name: s\n"
    "workloads: [net.yaml]\n"
    "archs: [arch.yaml]\n"
    "override: {GLB.fanout.x: [2, 4]}\n"
    "weight_forms:\n"
    "  - raw\n"
    "  - {name: d, basis_size: 3, rows_per_slice: 8, density: 0.5, row_density: 0.6,"
    " coefficient_bits: 4, basis_bits: 8, scale_bits: 8, index: row, depthwise: "
    "false}\n"
    "  - {name: m, basis_size: 3, sparsity: 0.4, row_sparsity: false, scale: false,"
    " iterations: 5, prune: population, prune_amount: 0.25, prune_group: 4}\n"
    "objective: edp\n"
    "constraints: {max_area_mm2: 0.055}\n"
    "mapper: {seconds: 1000, uneven: false, free_bypass: false, imperfect_percent: "
    "0}\n";

// Uneven mapping has a large space: a small network.
static const char plain[] =
    "name: s\nworkloads: [plain_net.yaml]\narchs: [arch.yaml]\n"
    "override: {GLB.fanout.x: [2, 4]}\nconstraints: {max_area_mm2: 0.055}\n"
    "mapper: {uneven: false}\n";

// Products first: an accelerator with an engine for them.
static const char products[] =
    "name: s\nworkloads: [net.yaml]\narchs: [products_arch.yaml]\n"
    "override: {GLB.fanout.x: [2, 4]}\nconstraints: {max_area_mm2: 0.055}\n"
    "weight_forms:\n"
    "  - {name: u, kind: unique, inputs_per_width: 1, outputs_per_block: 0}\n"
    "  - {name: l, kind: unique, distribution: gaussian, range_sigmas: 3}\n"
    "  - {name: b, kind: basis_first, bases: 2, basis_bits: 8}\n"
    "  - {name: d, kind: basis_first, density: 0.5}\n";

// Tensors that may stay between layers.
static const char resident[] =
    "name: s\nworkloads: [edged_net.yaml]\narchs: [arch.yaml]\n"
    "override: {GLB.fanout.x: [2, 4], GLB.shares: [[activations]]}\n"
    "constraints: {max_area_mm2: 0.055}\nmapper: {resident: [false, true]}\n";

// Six designs, of which four are visited.
static const char searched[] =
    "name: s\nworkloads: [plain_net.yaml]\narchs: [arch.yaml]\n"
    "override: {GLB.fanout.x: [2, 3, 4], GLB.read_pj: [5, 6]}\n"
    "search: {method: nsga2, evaluations: 4, seed: 1, population: 2, objectives: "
    "[energy, area], reference: {energy_pj: 1e9, area_mm2: 100}}\n";

static const struct change {
    const char *key, *from, *to;
} changes[] =
    {
        {"name", "name: s\n", "name: another\n"},
        {"workloads", "[net.yaml]", "[net.yaml, other_net.yaml]"},
        {"workloads", "[net.yaml]", "[changed_net.yaml]"},
        {"workloads", "[net.yaml]", "[{path: net.yaml, layers: [a, c]}]"},
        {"network", "archs:", "network: {batch: 2}\narchs:"},
        {"network", "archs:", "network: {batch: [1, 2]}\narchs:"},
        {"archs", "[arch.yaml]", "[arch.yaml, other_arch.yaml]"},
        {"archs", "[arch.yaml]", "[changed_arch.yaml]"},
        {"override", "[2, 4]", "[2, 3, 4]"},
        {"override", "[2, 4]", "[4]"},
        {"override", "[2, 4]", "[2, 4.0]"},
        {"override", "[2, 4]}", "[2, 4], GLB.capacity_kib: 4}"},
        {"override", "[2, 4]", "[2, 0, 4]"}, // one that cannot be
        {"override", "[2, 4]}", "2..4 +1, GLB.fanout.y: =fanout.x}"},
        {"zip", "override: {GLB.fanout.x: [2, 4]}",
         "zip: {GLB.fanout.x: [2, 4], GLB.fanout.y: [4, 2]}"},
        {"archs", "[arch.yaml]", "[{path: arch.yaml, override: {clock_ghz: [1, 2]}}]"},
        {"weight_forms", "  - raw\n", ""},
        {"name", "name: d,", "name: e,"},
        {"basis_size", "name: d, basis_size: 3", "name: d, basis_size: 4"},
        {"basis_size", "name: m, basis_size: 3", "name: m, basis_size: 4"},
        {"rows_per_slice", "rows_per_slice: 8", "rows_per_slice: 4"},
        {"density", " density: 0.5", " density: 0.4"},
        {"row_density", "row_density: 0.6", "row_density: 0.7"},
        {"density", "density: 0.5, row_density: 0.6", "density: layer"},
        {"coefficient_bits", "coefficient_bits: 4", "coefficient_bits: 5"},
        {"basis_bits", "basis_bits: 8", "basis_bits: 7"},
        {"scale_bits", "scale_bits: 8", "scale_bits: 4"},
        {"index", "index: row", "index: dense"},
        {"depthwise", "depthwise: false", "depthwise: true"},
        {"sparsity", "sparsity: 0.4", "sparsity: [0.4, 0.6]"},
        {"threshold", "sparsity: 0.4", "threshold: 0.01"},
        {"relative_threshold", "sparsity: 0.4", "relative_threshold: 0.2"},
        {"row_sparsity", "row_sparsity: false", "row_sparsity: true"},
        {"scale", "scale: false", "scale: true"},
        {"iterations", "iterations: 5", "iterations: 2"},
        {"prune", "prune: population", "prune: energy"},
        {"prune_amount", "prune_amount: 0.25", "prune_amount: 0.5"},
        {"prune_group", "prune_group: 4", "prune_group: 1"},
        {"prune_group", "row_density: 0.6", "row_density: 0.6, prune_group: 2"},
        {"objective", "objective: edp", "objective: latency"},
        {"constraints", "constraints: {max_area_mm2: 0.055}\n", ""},
        {"constraints", "max_area_mm2: 0.055", "max_area_mm2: 100"},
        {"constraints", "max_area_mm2: 0.055", "max_area_mm2: 0.001"},
        {"mapper", "mapper: {seconds: 1000, ", "mapper: {"},
        {"seconds", "seconds: 1000", "seconds: 2000"},
        {"free_bypass", "free_bypass: false", "free_bypass: true"},
        {"imperfect_percent", "imperfect_percent: 0", "imperfect_percent: 10"},
},
  searched_changes[] =
      {
          {"search", "search: {", "mapper: {uneven: false}\nsearch: {"},
          {"method", "method: nsga2, evaluations: 4, seed: 1, population: 2",
           "method: sobol, evaluations: 4"},
          {"evaluations", "evaluations: 4", "evaluations: 5"},
          {"seed", "seed: 1", "seed: 2"},
          {"population", "population: 2", "population: 3"},
          {"objectives", "[energy, area], reference: {energy_pj: 1e9, area_mm2: 100}",
           "[energy, latency]"},
          {"reference", "energy_pj: 1e9", "energy_pj: 1e8"},
},
  resident_changes[] = {{"resident", "resident: [false, true]", "resident: true"},
                        {"resident", "resident: [false, true]", "resident: false"},
                        {"fuse_depth", "resident: [false, true]",
                         "resident: [false, true], fuse_depth: 2"},
                        {"tiles", "resident: [false, true]",
                         "resident: [false, true], fuse_depth: 2, tiles: all"},
                        {"columns", "resident: [false, true]",
                         "resident: [false, true], fuse_depth: 2, columns: true"},
                        {"overlap", "resident: [false, true]",
                         "resident: [false, true], fuse_depth: 2, overlap: outer"},
                        {"copies", "resident: [false, true]",
                         "resident: [false, true], copies: true"},
                        {"archs", "[[activations]]", "[[], [activations]]"}},
  plain_changes[] = {{"uneven", "uneven: false", "uneven: true"}},
  products_changes[] = {
      {"kind", "{name: b, kind: basis_first, bases: 2, basis_bits: 8}",
       "{name: b, kind: unique}"},
      {"inputs_per_width", "inputs_per_width: 1", "inputs_per_width: 0"},
      {"outputs_per_block", "outputs_per_block: 0", "outputs_per_block: 2"},
      {"distribution", "distribution: gaussian", "distribution: laplace"},
      {"range_sigmas", "range_sigmas: 3", "range_sigmas: 9"},
      {"bases", "bases: 2", "bases: 4"},
      {"basis_bits", "basis_bits: 8", "basis_bits: 5"},
      {"density", "density: 0.5", "density: 0.25"},
};
enum { SEARCHED_CHANGES = sizeof searched_changes / sizeof *searched_changes };
enum { PRODUCTS_CHANGES = sizeof products_changes / sizeof *products_changes };
enum { RESIDENT_CHANGES = sizeof resident_changes / sizeof *resident_changes };
enum { CHANGES = sizeof changes / sizeof *changes };

#define NET(name, k)                                                             \
    "name: " name "\nsource: made up for this test\nlayers:\n"                   \
    "  - {name: a, kind: conv, in: [2, 3, 3], out_channels: " k                  \
    ", kernel: 3, pad: 1}\n"                                                     \
    "  - {name: b, kind: dwconv, in: [2, 3, 3], kernel: 3, pad: 1, repeat: 2}\n" \
    "  - {name: c, kind: fc, in: 12, out_channels: 5}\n"

static int make_inputs(void **state) {
    if (sweep_begin(state))
        return -1;
    sweep_write("net.yaml", NET("tiny", "4"));
    sweep_write("changed_net.yaml", NET("tiny", "3"));
    sweep_write("plain_net.yaml", "name: plain\nsource: x\nlayers:\n"
                                  "  - {name: a, kind: fc, in: 6, out_channels: 4}\n");
    sweep_write("edged_net.yaml", "name: edged\nsource: x\nlayers:\n"
                                  "  - {name: a, kind: fc, in: 6, out_channels: 4}\n"
                                  "  - {name: b, kind: fc, in: 4, out_channels: 5}\n"
                                  "edges: chain\n");
    sweep_write("other_net.yaml", NET("other", "2"));
    sweep_write("changed_arch.yaml", SWEEP_ARCH("small", "4", "401"));
    sweep_write(
        "products_arch.yaml",
        SWEEP_ARCH("small", "8",
                   "400") "  - {kind: products_first, below: GLB, multipliers: 1, "
                          "pj_per_product: 0.5, pj_per_sum: 0.2}\n");
    sweep_write("other_arch.yaml", SWEEP_ARCH("other", "8", "300"));
    return 0;
}

static char *replaced(const struct change *change, const char *original) {
    const char *at = strstr(original, change->from);
    if (!at || strstr(at + 1, change->from))
        fail_msg("'%s' is not there once", change->from);
    char *text = calloc(strlen(original) + strlen(change->to) + 1, 1);
    assert_non_null(text);
    memcpy(text, original, (size_t)(at - original));
    strcat(strcat(text, change->to), at + strlen(change->from));
    return text;
}

// A database with what may lie beside it.
static void drop(const char *database) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", database, ends[i]);
        remove(sweep_path(name));
    }
}

// Writers have come to their end: all is in the file itself.
static void copy_file(const char *from, const char *to) {
    char command[600];
    drop(to);
    snprintf(command, sizeof command, "cp %s %s", sweep_path(from), sweep_path(to));
    assert_int_equal(system(command), 0);
}

static const char *next_line(const char *text) {
    text += strcspn(text, "\n");
    return text + (*text == '\n');
}

// Every line of a fresh export is in the other, in the same order. Line by line: a
// sanitizer's strstr looks at all that follows, each time.
static void contains(const char *what, const char *whole, const char *fresh) {
    while (*fresh) {
        const char *next = next_line(fresh);
        const size_t length = (size_t)(next - fresh);
        const bool ends = strncmp(fresh, "{\"table\":\"export_end\"", 21) == 0;
        while (!ends && *whole && strncmp(whole, fresh, length) != 0)
            whole = next_line(whole);
        if (!ends && !*whole) // other counts at the end
            fail_msg("%s: the continued file has not\n%.*s", what, (int)length, fresh);
        fresh = next;
    }
}

static void same_answer(const char *what, struct sdse_reader *one,
                        struct sdse_reader *two, const char *sql) {
    char *a = reader_ask(one, sql), *b = reader_ask(two, sql);
    if (strcmp(a, b) != 0)
        fail_msg("%s: %s\n%s\nis not, in the fresh file,\n%s", what, sql, a, b);
    free(a);
    free(b);
}

// Points by all their columns but the row number.
#define POINT                                                                    \
    " point_hash, status, reason, workload, arch, form, parameters, objective, " \
    "energy_pj,"                                                                 \
    " latency_cycles, latency_s, edp_pj_s, ed2p_pj_s2, area_mm2, weight_bits,"   \
    " compression, rel_error, weights, mapper_status, mapper_gap, arch_hash,"    \
    " workload_hash, form_hash, superseded "

static void equals_a_fresh_one(const char *what, const char *continued_name,
                               const char *fresh_name, const char *name, bool renamed) {
    char sql[1000];
    struct sdse_reader *continued = database_open(sweep_path(continued_name)),
                       *fresh = database_open(sweep_path(fresh_name));
    char *whole = reader_export(continued), *alone = reader_export(fresh);
    contains(what, whole, alone);
    free(whole);
    free(alone);
    snprintf(
        sql, sizeof sql,
        "SELECT position, sweep_status, sweep_reason,%s%s FROM v_sweep_point JOIN"
        " v_point USING (point_id) WHERE sweep = '%s' AND newest ORDER BY position",
        renamed ? "" : POINT ",", renamed ? " energy_pj" : "1", name);
    same_answer(what, continued, fresh, sql);
    snprintf(sql, sizeof sql,
             "SELECT sweep_hash, objective, max_area_mm2, point_count, points_done,"
             " points_ok, points_infeasible, points_error FROM v_sweep WHERE sweep ="
             " '%s' AND newest",
             name);
    same_answer(what, continued, fresh, sql);
    if (!renamed)
        same_answer(what, continued, fresh,
                    "SELECT" POINT "FROM v_point WHERE NOT superseded ORDER BY 1");
    sdse_reader_close(continued);
    sdse_reader_close(fresh);
}

static void change_one(const struct change *change, const char *original) {
    char *text = replaced(change, original);
    const char *what = change->to[0] ? change->to : change->from;
    const bool renamed = strstr(text, "name: another\n") != NULL;
    const char *name = renamed ? "another" : "s";
    sweep_write("changed.yaml", text);
    free(text);
    drop("fresh.db");
    sweep_run("changed.yaml", "fresh.db");
    copy_file("base.db", "continued.db");
    const struct sdse_sweep_progress there = sweep_run("changed.yaml", "continued.db");
    copy_file("fresh.db", "back.db");
    sweep_run("base.yaml", "back.db");
    equals_a_fresh_one(what, "continued.db", "fresh.db", name, renamed);
    equals_a_fresh_one(what, "back.db", "base.db", "s", renamed);
    if (!strstr("name override constraints seconds", change->key))
        return;
    // And there again: nothing is left to do, and the change is the newest.
    sweep_run("base.yaml", "continued.db");
    equals_a_fresh_one(what, "continued.db", "base.db", "s", renamed);
    const struct sdse_sweep_progress again = sweep_run("changed.yaml", "continued.db");
    equals_a_fresh_one(what, "continued.db", "fresh.db", name, renamed);
    assert_int_equal(again.points_reused, again.points_total);
    assert_int_equal(again.infeasible, there.infeasible);
    assert_int_equal(again.front_size, there.front_size);
    assert_int_equal(there.infeasible,
                     sweep_number("fresh.db", "SELECT points_infeasible FROM v_sweep"));
}

static void begin_from(const char *original) {
    sweep_write("base.yaml", original);
    drop("base.db");
    sweep_run("base.yaml", "base.db");
    // Half of the points break the constraint.
    assert_int_equal(
        sweep_number("base.db", "SELECT points_ok - points_infeasible FROM v_sweep"),
        0);
    assert_true(sweep_number("base.db", "SELECT points_ok FROM v_sweep") > 0);
}

static void whatever_key_changes(void **state) {
    (void)state;
    begin_from(base);
    for (int i = 0; i < CHANGES; i++)
        change_one(&changes[i], base);
    begin_from(plain);
    change_one(plain_changes, plain);
    begin_from(resident);
    for (int i = 0; i < RESIDENT_CHANGES; i++)
        change_one(&resident_changes[i], resident);
    begin_from(products);
    for (int i = 0; i < PRODUCTS_CHANGES; i++)
        change_one(&products_changes[i], products);
    sweep_write("base.yaml", searched);
    drop("base.db");
    sweep_run("base.yaml", "base.db");
    for (int i = 0; i < SEARCHED_CHANGES; i++)
        change_one(&searched_changes[i], searched);
}

// The rows of the format's tables of the sweep: each key is one of those changed above.
static void and_no_key_is_left_out(void **state) {
    (void)state;
    FILE *in = fopen(SDSE_SOURCE_DIR "/docs/formats.md", "r");
    assert_non_null(in);
    char *line = NULL;
    size_t capacity = 0;
    bool inside = false;
    int keys = 0;
    while (getline(&line, &capacity, in) > 0) {
        if (strncmp(line, "## ", 3) == 0)
            inside = strcmp(line, "## Sweep\n") == 0;
        if (!inside || strncmp(line, "| `", 3) != 0)
            continue;
        char *rest = NULL, *cell = strtok_r(line + 2, "|", &rest);
        for (char *word = strtok_r(cell, "`, ", &rest); word;
             word = strtok_r(NULL, "`, ", &rest)) {
            bool varied = strcmp(word, "mapper:") == 0 ||
                          strcmp(word, plain_changes->key) == 0 ||
                          strcmp(word, "outputs") == 0; // tests/cli/test_cli_trace.c
            for (int i = 0; i < CHANGES; i++)
                varied |= strcmp(word, changes[i].key) == 0;
            for (int i = 0; i < RESIDENT_CHANGES; i++)
                varied |= strcmp(word, resident_changes[i].key) == 0;
            for (int i = 0; i < PRODUCTS_CHANGES; i++)
                varied |= strcmp(word, products_changes[i].key) == 0;
            for (int i = 0; i < SEARCHED_CHANGES; i++)
                varied |= strcmp(word, searched_changes[i].key) == 0;
            if (!varied)
                fail_msg("no change of '%s'", word);
            keys++;
        }
    }
    assert_true(keys >= 30);
    free(line);
    fclose(in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_key_changes),
        cmocka_unit_test(and_no_key_is_left_out),
    };
    return cmocka_run_group_tests(tests, make_inputs, sweep_end);
}
