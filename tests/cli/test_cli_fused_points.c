// Stored points whose layers take turns, one by one: scored again, reproduced, and what
// is damaged is seen and found again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_again.h"
#include "cli/support_program.h"
#include "cli/support_swept.h"
#include "cli/support_turns.h"
#include "support/sanitized.h"

// A residual block that takes turns as a whole: its addition finds both its maps in the
// shared memory, or one of them there and the other outside, and scores as it did.
static void test_block(void **state) {
    (void)state;
    uint64_t random = 5;
    write_turns_chip(&random);
    write_scratch(
        "net.yaml",
        "{name: net, source: s, layers: ["
        "{name: stem, kind: conv, in: [2, 12, 6], out_channels: 4, kernel: 1}, "
        "{name: a, kind: conv, in: [4, 12, 6], out_channels: 4, kernel: 3, "
        "pad: 1}, "
        "{name: b, kind: conv, in: [4, 12, 6], out_channels: 4, kernel: 1}, "
        "{name: sum, kind: add, in: [4, 12, 6], fused: false}], "
        "edges: [{from: stem, to: [a, sum]}, {from: a, to: b}, "
        "{from: b, to: sum}]}");
    write_sweep("energy", "override: {GLB.capacity_bytes: [150, 200]}\n"
                          "mapper: {resident: true, fuse_depth: [3, 4]}\n");
    sweep_into("block", "");
    compute_again("block", NULL);
    free(run_text(0, "verify @block.db"));
    assert_true(number_of("block",
                          "SELECT max(inputs_shared) FROM v_nest WHERE layer = "
                          "'sum'") == 2);
    assert_true(number_of("block", "SELECT count(*) FROM v_group WHERE inputs = "
                                   "'buffered for all'") > 0);
}

// Heads and keys of an attention in parts: what is stored is what sdse map finds, its
// nests score as they did, and say which of them continue sums; merged, it is the same.
static void test_attention(void **state) {
    (void)state;
    uint64_t random = 5;
    write_turns_chip(&random);
    write_scratch("net.yaml",
                  "{name: net, source: s, layers: ["
                  "{name: qk, kind: matmul, heads: 2, m: 12, k: 4, n: 32}, "
                  "{name: s, kind: softmax, in: [2, 12, 32], fused: false}, "
                  "{name: av, kind: matmul, heads: 2, m: 12, k: 32, n: 4}], "
                  "edges: [{from: qk, to: s, reshape: heads}, "
                  "{from: s, to: av, reshape: heads}]}");
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 3}\n");
    sweep_into("attention", "");
    compute_again("attention", NULL);
    assert_true(number_of("attention",
                          "SELECT min(tile_heads) = 1 AND min(tile_keys) > 0 "
                          "FROM v_group") > 0);
    assert_true(number_of("attention",
                          "SELECT sum(continues) > 0 AND sum(unfinished) > 0 AND "
                          "sum(rescales) = sum(continues) FROM v_nest") > 0);
    run_says(0, "show point @attention.db 1", "  heads  keys  channels  ");
    free(run_text(0, "merge @merged.db @attention.db"));
    run_alike("export @attention.db", "export @merged.db");
    char *found =
        run_text(0, "map -a @chip.yaml -w @net.yaml --objective energy --resident "
                    "--fuse 3 -f json");
    const char *fused = strstr(found, "\"fused\":");
    assert_non_null(fused);
    fused = strstr(fused, "\"energy_pj\":");
    assert_non_null(fused);
    assert_true(strtod(fused + strlen("\"energy_pj\":"), NULL) ==
                number_of("attention", "SELECT energy_pj FROM point"));
    free(found);
}

// A chip whose shared memory is of so many bytes, without a network of its own.
static void write_plain_chip(int bytes) {
    char text[1024];
    snprintf(
        text, sizeof text,
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations, weights], capacity_bytes: %d, "
        "pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: "
        "16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}}",
        bytes);
    write_scratch("chip.yaml", text);
}

// What is kept while the tiles of a band are at work is stored as it is found, column
// by column, and is what its configuration comes to.
static void test_bands(void **state) {
    (void)state;
    static const char layer[] =
        "kind: conv, in: [2, 9, 32], out_channels: 2, kernel: 3, pad: 1";
    char text[512];
    write_plain_chip(160);
    snprintf(text, sizeof text,
             "{name: net, source: s, edges: chain, layers: [{name: a, %s}, {name: b, "
             "%s}]}",
             layer, layer);
    write_scratch("net.yaml", text);
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 2, columns: true}\n");
    sweep_into("bands", "");
    compute_again("bands", NULL);
    assert_true(number_of("bands",
                          "SELECT count(*) FROM v_group WHERE tile_rows = 5 AND "
                          "tile_columns = 1 AND banded = '[\"a\"]' AND inputs = "
                          "'buffered in bands' AND weights_kept = '[\"a\", "
                          "\"b\"]'") == 1);
    assert_true(number_of("bands",
                          "SELECT count(*) FROM v_layer WHERE layer = 'a' AND "
                          "mapping LIKE '%first_row: 0, rows: 6, step: 1, "
                          "first_column: 2, columns: 1, column_step: 1, times: "
                          "29}%'") == 1);
    // Views show what tables hold, column by column.
    assert_true(number_of("bands", "SELECT (SELECT count(*) FROM v_nest NATURAL JOIN "
                                   "nest) - (SELECT count(*) FROM nest) + (SELECT "
                                   "count(*) FROM v_group NATURAL JOIN grp)") == 1);
    free(run_text(0, "merge @same.db @bands.db"));
    run_alike("export @bands.db", "export @same.db");
    // Other columns of as many words cost the same, and are not the configuration's.
    change_swept("bands", "UPDATE nest SET first_column = first_column - 1 WHERE "
                          "first_column = 2");
    compute_again("bands", "verify-group");
}

// Channels in parts: nests that differ in nothing but which part they are, with one
// mapping, have solutions of their own.
static void test_channels(void **state) {
    (void)state;
    write_plain_chip(160);
    write_scratch(
        "net.yaml",
        "{name: net, source: s, edges: chain, layers: [{name: d, kind: dwconv, "
        "in: [16, 8, 8], kernel: 3, pad: 1}, {name: p, kind: conv, in: [16, 8, "
        "8], out_channels: 1, kernel: 1}]}");
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 2}\n");
    sweep_into("channels", "");
    assert_true(number_of("channels", "SELECT tile_channels FROM v_group") > 0);
    assert_true(number_of("channels",
                          "SELECT count(*) FROM v_nest a JOIN v_nest b USING (layer, "
                          "mapping, bounds, reserved_bits) WHERE a.continues = 0 AND "
                          "b.continues AND a.unfinished = b.unfinished") > 0);
    compute_again("channels", NULL);
    free(run_text(0, "verify @channels.db"));
}

// Nests that differ in nothing but the rows of padding, or of the map, that they read
// have solutions of their own.
static void test_rows_at_the_edges(void **state) {
    (void)state;
    write_scratch(
        "chip.yaml",
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations], capacity_bytes: 80, pj_per_bit: 1}}, "
        "{level: regs, memory: {class: regfile, capacity_bytes: 16, pj_per_bit: "
        "0.1}}], "
        "compute: {pj_per_mac: 0.5}}");
    write_scratch("net.yaml",
                  "{name: net, source: s, edges: chain, layers: [{name: a, kind: conv, "
                  "in: [2, 9, 8], out_channels: 2, kernel: 3, pad: 1}, {name: b, kind: "
                  "conv, in: [2, 9, 8], out_channels: 2, kernel: 1}]}");
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 2}\n");
    sweep_into("edges", "");
    assert_true(number_of("edges", "SELECT count(*) FROM v_nest WHERE layer = 'a' AND "
                                   "bounds = 'K2 C2 P3 Q8 R3 S3' AND reserved_bits = "
                                   "0") == 3);
    assert_true(number_of("edges", "SELECT count(DISTINCT solution_hash) FROM v_nest "
                                   "WHERE layer = 'a'") == 3);
}

// Groups that are alike but in their names have solutions of their own, which name
// them.
static void test_equal_groups(void **state) {
    (void)state;
    char text[1024] = "{name: net, source: s, edges: [{from: a, to: b}, {from: c, to: "
                      "d}], layers: [";
    write_plain_chip(200);
    for (const char *name = "abcd"; *name; name++)
        sprintf(text + strlen(text),
                "{name: %c, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}, ",
                *name);
    strcat(text, "]}");
    write_scratch("net.yaml", text);
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 2}\n");
    sweep_into("equal", "");
    assert_true(number_of("equal",
                          "SELECT sum(layer IN ('a', 'b') AND mapping LIKE "
                          "'group: [a, b]%' OR layer IN ('c', 'd') AND mapping "
                          "LIKE 'group: [c, d]%') FROM v_layer") == 4);
    free(run_text(0, "verify @equal.db"));
}

static void test_one_point(void **state) {
    (void)state;
    sweep_with_groups("point", "mapper: {resident: true, fuse_depth: 2, tiles: all, "
                               "columns: true}\n");
    run_says(0, "reproduce @point.db 1 -o @again", "all equal to the last bit");
    free(run_text(0, "sweep @again/sweep.yaml -o @again.db"));
    static const char sql[] = "SELECT~point_hash,~energy_pj,~parameters~FROM~v_point";
    char *stored = asked("point", sql), *again = asked("again", sql);
    assert_string_equal(stored, again);
    free(stored);
    free(again);
    run_says(0, "show point @point.db 1", "  overlap  nests  ");
    run_says(0, "show point @point.db 1 -f json", "\"tile_rows\": ");
    char line[128], *layer = asked("point", "SELECT~layer~FROM~v_nest~LIMIT~1");
    char *name = strtok(strchr(layer, '\n') + 1, "\n");
    snprintf(line, sizeof line, "plot mapping @point.db --point 1 --layer %s -o @x",
             name);
    free(layer);
    run_says(1, line, "takes turns with others");
}

static void test_damage_is_seen_and_repaired(void **state) {
    (void)state;
    static const struct {
        const char *sql, *said;
        const char *check; // that computing it again fires, if any
    } damage[] = {
        {"UPDATE nest SET times = times + 1 WHERE nest_index = 0",
         "do not add up to it", "verify-group"},
        {"UPDATE nest SET group_index = 7", "no group has it", "verify-group"},
        {"DELETE FROM nest WHERE nest_index = 0", "do not add up to it",
         "verify-group"},
        {"DELETE FROM nest", "do not add up to it", "verify-group"},
        {"DELETE FROM grp", "do not add up to it", NULL},
        {"UPDATE solution SET macs = macs + 1 WHERE solution_id IN (SELECT "
         "l.solution_id FROM grp g JOIN point_layer l ON l.point_id = g.point_id AND "
         "l.layer_index = g.last_layer)",
         "do not add up to it", NULL},
        {"UPDATE solution SET energy_pj = energy_pj * 1.01 WHERE solution_id IN "
         "(SELECT "
         "solution_id FROM nest)",
         "[verify-sum]", "verify-score"},
        {"UPDATE solution SET latency_cycles = latency_cycles + 1 WHERE solution_id IN "
         "(SELECT l.solution_id FROM grp g JOIN point_layer l ON l.point_id = "
         "g.point_id AND l.layer_index = g.last_layer)",
         "do not add up to it", NULL},
        {"UPDATE nest SET layer_index = layer_index + 100 WHERE nest_index = 0",
         ", nest 0: no group has it", NULL},
        {"UPDATE nest SET row_count = row_count + 1", "", "verify-score"},
        {"UPDATE nest SET first_row = first_row + 1000", "", "verify-score"},
        {"UPDATE nest SET reserved_bits = reserved_bits + 1e9", "", "verify-score"},
        {"UPDATE nest SET loads_weights = 1 - loads_weights", "", "verify-group"},
        {"UPDATE nest SET inputs_shared = 1 - inputs_shared", "", "verify-score"},
        {"UPDATE nest SET outputs_shared = 1 - outputs_shared", "", "verify-score"},
        {"UPDATE nest SET row_step = row_step + 1", "", "verify-score"},
        {"UPDATE nest SET reserved_bits = reserved_bits + 1 WHERE reserved_bits > 0 "
         "AND nest_index IN (SELECT min(nest_index) FROM nest WHERE reserved_bits > 0)",
         "", "verify-group"},
        {"UPDATE grp SET tile_rows = tile_rows + 1", "", "verify-group"},
        {"UPDATE grp SET tile_columns = tile_columns + 1", "", "verify-group"},
        {"UPDATE grp SET banded = '[\"nobody\"]'", "", "verify-group"},
        {"UPDATE nest SET column_pad = column_pad + 1", "", "verify-score"},
        {"UPDATE nest SET column_step = column_step + 1", "", "verify-group"},
        {"UPDATE grp SET tile_keys = 1", "", "verify-group"},
        {"UPDATE grp SET tile_channels = tile_channels + 1", "", "verify-group"},
        {"UPDATE grp SET memory = 'regs'", "", "verify-score"},
        {"UPDATE grp SET overlap = 'outer'", "", "verify-group"},
        {"UPDATE nest SET latency_cycles = latency_cycles + 1", "do not add up to it",
         "verify-group"},
        {"UPDATE nest SET outer_cycles = outer_cycles + 1", "", "verify-score"},
        {"UPDATE nest SET inner_cycles = inner_cycles + 1", "", "verify-score"},
        {"UPDATE nest SET overlapped_runs = 1, overlapped_times = 1", "",
         "verify-group"},
        {"UPDATE nest SET outputs_ahead = 1", "", "verify-group"},
        {"UPDATE grp SET nest_order = '0 ' || nest_order", "", "verify-group"},
        {"UPDATE grp SET inputs = CASE inputs WHEN 'shared' THEN 'buffered' ELSE "
         "'shared' END",
         "", "verify-group"},
        {"UPDATE grp SET outputs = CASE outputs WHEN 'both' THEN 'shared' ELSE 'both' "
         "END",
         "", "verify-group"},
        {"UPDATE grp SET retained = '[\"nobody\"]'", "", "verify-group"},
        {"UPDATE grp SET last_layer = last_layer + 1", "", "verify-group"},
        {"INSERT INTO grp SELECT point_id, group_index + 1, last_layer, last_layer + 1,"
         " tile_rows, tile_columns, tile_heads, tile_keys, tile_channels, retained,"
         " banded, weights_kept, inputs, outputs, memory, overlap, nest_order, digest "
         "FROM grp",
         "it has layers of another", "verify-group"}};
    sweep_with_groups("right", "mapper: {resident: [false, true], fuse_depth: 3}\n");
    compute_again("right", NULL);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i += SANITIZED ? 4 : 1) {
        char database[16], line[64];
        snprintf(database, sizeof database, "bad%zu", i);
        sweep_into(database, "");
        change_swept(database, damage[i].sql);
        snprintf(line, sizeof line, "verify @%s.db", database);
        if (damage[i].check)
            compute_again(database, damage[i].check);
        char *said = run_text(1, line);
        if (!strstr(said, "[results-damaged]") || !strstr(said, damage[i].said))
            fail_msg("%s: %s", damage[i].sql, said);
        free(said);
        snprintf(line, sizeof line, "verify --repair @%s.db", database);
        run_says(0, line, "repaired: ");
        snprintf(line, sizeof line, "export @%s.db", database);
        run_alike("export @right.db", line);
    }
}

// Nests that overlap are scored as they are stored, and each column that says so is
// compared with the configuration's.
static void test_columns_of_overlap(void **state) {
    (void)state;
    static const struct {
        const char *change, *back;
        const char *said;
    } damage[] = {
        {"UPDATE nest SET inputs_ahead = 1 WHERE times = 1",
         "UPDATE nest SET inputs_ahead = 0 WHERE times = 1", "inputs_ahead of nest 0 "},
        {"UPDATE nest SET weights_ahead = 1 WHERE times = 1",
         "UPDATE nest SET weights_ahead = 0 WHERE times = 1",
         "weights_ahead of nest 0 "},
        {"UPDATE nest SET outputs_ahead = 1 WHERE times = 1",
         "UPDATE nest SET outputs_ahead = 0 WHERE times = 1",
         "outputs_ahead of nest 0 "},
        {"UPDATE nest SET overlapped_runs = 2 WHERE nest_index = 1",
         "UPDATE nest SET overlapped_runs = 1 WHERE nest_index = 1",
         "overlapped_runs of nest 1 "},
        {"UPDATE nest SET overlapped_times = 21 WHERE nest_index = 1",
         "UPDATE nest SET overlapped_times = 22 WHERE nest_index = 1",
         "overlapped_times of nest 1 "},
        {"UPDATE nest SET latency_cycles = latency_cycles - 1 WHERE nest_index = 4",
         "UPDATE nest SET latency_cycles = latency_cycles + 1 WHERE nest_index = 4",
         "latency_cycles of nest 4 "},
        {"UPDATE grp SET nest_order = '0 3 22*(1 4) 5 2'",
         "UPDATE grp SET nest_order = '0 3 22*(1 4) 2 5'", "in another order"}};
    write_scratch(
        "chip.yaml",
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "2}}, {level: GLB, memory: {class: sram, shares: [activations], "
        "capacity_bytes: 200, pj_per_bit: 1}}, {level: regs, memory: {class: regfile, "
        "capacity_bytes: 16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}}");
    write_scratch("net.yaml",
                  "{name: net, source: s, edges: chain, layers: [{name: a, kind: conv, "
                  "in: [2, 48, 4], out_channels: 2, kernel: 3, pad: 1}, {name: b, "
                  "kind: conv, in: [2, 48, 4], out_channels: 2, kernel: 1}]}");
    write_sweep("latency", "mapper: {resident: true, fuse_depth: 2, overlap: outer}\n");
    sweep_into("ahead", "");
    assert_true(number_of("ahead", "SELECT overlap = 'outer' AND nest_order = '0 3 "
                                   "22*(1 4) 2 5' FROM v_group") == 1);
    assert_true(number_of("ahead", "SELECT count(*) FROM v_nest WHERE inputs_ahead <> "
                                   "outputs_ahead AND weights_ahead") == 2);
    compute_again("ahead", NULL);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        change_swept("ahead", damage[i].change);
        says_again("ahead", "verify-group", damage[i].said);
        change_swept("ahead", damage[i].back);
    }
    // Where its weights come ahead a nest waits less for the outermost memory.
    change_swept("ahead", "UPDATE nest SET weights_ahead = 1 WHERE nest_index = 3");
    says_again("ahead", "verify-score", "its sides take other cycles");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_bands),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_rows_at_the_edges),
        cmocka_unit_test(test_equal_groups),
        cmocka_unit_test(test_one_point),
        cmocka_unit_test(test_columns_of_overlap),
        cmocka_unit_test(test_damage_is_seen_and_repaired)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
