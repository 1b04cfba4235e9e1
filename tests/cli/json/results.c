// What verbs say of a results.db: each of these works on what those before it left.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json/groups.h"
#include "cli/support_json_says.h"
#include "cli/support_program.h"
#include "support/copy_file.h"

#define DATA "tests/data/cli/"

void of_sweeps(void **state) {
    (void)state;
    char sweep[1024];
    struct json *json =
        says("sweep " DATA "sweep.yaml -o @r.db -q -j 2", "sdse.sweep/1");
    char *again = run_text(0, "sweep " DATA "sweep.yaml -o @r.db -q -j 2");
    struct json *reused = says("sweep " DATA "sweep.yaml -o @r.db -q", "sdse.sweep/1");
    assert_true(number(json, "points_reused") == 0 &&
                number(reused, "points_reused") == number(json, "points_total"));
    assert_true(number(reused, "points_of_other_runs") == 0 &&
                number(reused, "failed") == 0);
    assert_true(number(json, "infeasible") == 4 && number(json, "on_front") == 3);
    assert_string_equal(text(json, "database"), scratch("r.db"));
    json_free(reused);
    names(again,
          ": %.0f of %.0f points (%.0f were there before), %.0f infeasible, "
          "%.0f on the front",
          number(json, "points"), number(json, "points_total"), number(json, "points"),
          number(json, "infeasible"), number(json, "on_front"));
    free(again);
    json_free(json);
    json = says("plan " DATA "sweep.yaml --sample 4 -j 1", "sdse.plan/1");
    char *plan = run_text(0, "plan " DATA "sweep.yaml --sample 4 -j 1");
    const struct json *row = json_get(json, "sweep"),
                      *sample = json_get(json, "sample");
    names(plan, "points           %.0f\n", number(row, "points"));
    names(plan, "layer problems   %.0f, distinct", number(row, "problems"));
    assert_string_equal(text(row, "problems_exact"), "yes");
    names(plan, "%.0f problems solved, %.0f forms measured, %.0f points written",
          number(sample, "problems_solved"), number(sample, "forms_measured"),
          number(sample, "points_written"));
    assert_int_equal(json_get(row, "shards")->kind, JSON_NULL);
    assert_int_equal(json_get(row, "shard_s")->kind, JSON_NULL);
    free(plan);
    json_free(json);
    snprintf(sweep, sizeof sweep,
             "name: m\nworkloads: [%s/" DATA "net.yaml]\narchs: [%s/" DATA
             "arch.yaml]\nweight_forms: [raw, {name: m, basis_size: 3, sparsity: "
             "0.5}]\n",
             SDSE_SOURCE_DIR, SDSE_SOURCE_DIR);
    write_scratch("measured.yaml", sweep);
    json = says("plan @measured.yaml --sample 2 -j 1", "sdse.plan/1");
    plan = run_text(0, "plan @measured.yaml --sample 2 -j 1");
    names(plan, "forms            %.0f to be",
          number(json_get(json, "sweep"), "forms"));
    names(plan, " %.0f forms measured",
          number(json_get(json, "sample"), "forms_measured"));
    free(plan);
    json_free(json);
    json = says("plan " DATA "sweep.yaml --sample 4 -j 1 --deadline 2h", "sdse.plan/1");
    assert_true(number(json_get(json, "sweep"), "shards") == 1);
    assert_true(number(json_get(json, "sweep"), "shard_s") > 0);
    json_free(json);
}

void of_results(void **state) {
    (void)state;
    says_rows("status @r.db", "sdse.status/1", "sweeps");
    struct json *status = says("status @r.db", "sdse.status/1");
    assert_true(number(status, "points_superseded") == 0);
    assert_int_equal(json_get(status, "without_result")->count, 2);
    assert_int_equal(json_get(status, "tags")->count, 0);
    json_free(status);
    says_rows("costs @r.db", "sdse.costs/1", "layers");
    says_rows("query @r.db SELECT~*~FROM~v_point", "sdse.query/1", "rows");
    says_rows("query @r.db SELECT~1~AS~x~WHERE~0", "sdse.query/1", "rows");
#define PARETO "pareto @r.db -O energy,latency,area"
    struct json *json = says(PARETO, "sdse.pareto/1");
    const struct json *front = json_at(json_get(json, "fronts"), 0);
    same_rows(json_get(front, "points"), PARETO);
    char *table = run_text(0, PARETO);
    names(table, "%s: %.0f points: %.0f on the front, %.0f dominated, %.0f infeasible",
          text(front, "network"),
          number(front, "on_front") + number(front, "dominated") +
              number(front, "infeasible") + number(front, "failed") +
              number(front, "without_objective"),
          number(front, "on_front"), number(front, "dominated"),
          number(front, "infeasible"));
    names(table, "hypervolume %.4g of the box", number(front, "hypervolume_fraction"));
    names(table, "%.4g mm²)", number(json_get(front, "reference"), "area_mm2"));
    free(table);
    json_free(json);
    json = says("show point @r.db 1", "sdse.show-point/1");
    const struct json *point = json_get(json, "point");
    same_rows(json_get(json, "layers"),
              "query @r.db SELECT~layer_index,layer,kind,repeat,energy_pj,"
              "latency_cycles,utilization,bottleneck,weight_bits,density,"
              "mapper_status~FROM~v_layer~WHERE~point_id=1~ORDER~BY~1");
    same_rows(point,
              "query @r.db SELECT~point_id,point_hash,workload~AS~network,arch,form,"
              "parameters,objective,status,reason,energy_pj,latency_cycles,latency_s,"
              "edp_pj_s,area_mm2,compression,rel_error,weights,mapper_status~FROM~"
              "v_point~WHERE~point_id=1");
    assert_int_equal(json_get(json, "mappings")->count,
                     json_get(json, "layers")->count);
    json_free(json);
}

// A point whose layers take turns: they have nests, and no mapping.
void of_groups(void **state) {
    (void)state;
    write_scratch(
        "turns_chip.yaml",
        "{name: small, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations], capacity_bytes: 400, pj_per_bit: 1}}, "
        "{level: regs, memory: {class: regfile, capacity_bytes: 16, pj_per_bit: "
        "0.1}}], compute: {pj_per_mac: 0.5}}");
    write_scratch("turns_net.yaml",
                  "name: net\nsource: s\nlayers:\n"
                  "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 8, kernel: "
                  "1}\n  - {name: b, kind: conv, in: [8, 8, 8], out_channels: 4, "
                  "kernel: 1}\n  - {name: c, kind: conv, in: [4, 8, 8], "
                  "out_channels: 1, kernel: 1}\nedges:\n  - "
                  "{from: a, to: b}\n  - {from: b, to: c}\n");
    write_scratch("turns.yaml",
                  "name: t\nworkloads: [turns_net.yaml]\narchs: [turns_chip.yaml]\n"
                  "weight_forms: [raw]\nobjective: energy\nmapper: {resident: true, "
                  "fuse_depth: 2}\n");
    free(run_text(0, "sweep @turns.yaml -o @turns.db -q"));
    struct json *json = says("show point @turns.db 1", "sdse.show-point/1");
    same_rows(json_get(json, "groups"),
              "query @turns.db SELECT~group_index,layers,first_layer,last_layer,"
              "tile_rows,tile_columns,tile_heads,tile_keys,tile_channels,retained,"
              "banded,weights_kept,"
              "inputs,outputs,"
              "memory,overlap,nest_order,nests,"
              "energy_pj,latency_cycles~FROM~v_group");
    same_rows(json_get(json, "nests"),
              "query @turns.db SELECT~nest_index,group_index,layer_index,layer,"
              "first_row,row_count,row_step,first_column,column_count,column_step,"
              "times,bounds,inputs_shared,weights_shared,"
              "outputs_shared,addends_shared,writes_through,loads_weights,"
              "loaded_input_words,continues,unfinished,rescales,reserved_bits,energy_"
              "pj,latency_cycles,mapping~FROM~"
              "v_nest");
    same_rows(json_get(json, "nest_places"),
              "query @turns.db SELECT~*~FROM~(SELECT~nest_index,memory,inputs,weights,"
              "outputs,addends,reserved_bits~FROM~v_nest_place)");
    assert_int_equal(json_get(json, "groups")->count, 1);
    assert_int_equal(json_get(json, "layers")->count, 3);
    assert_int_equal(json_get(json, "mappings")->count, 1);
    json_free(json);
}

// A point whose tensors are moved: what mappings.c asks `sdse map` for.
void of_copies(void **state) {
    (void)state;
    write_scratch(
        "moves_chip.yaml",
        "{name: small, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations], capacity_bytes: 160, buffering: 2, "
        "pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: 8, "
        "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}}");
    write_scratch("moves_net.yaml",
                  "name: net\nsource: s\nlayers:\n"
                  "  - {name: a, kind: conv, in: [2, 8, 8], out_channels: 1, kernel: "
                  "1}\n  - {name: b, kind: conv, in: [1, 8, 8], out_channels: 2, "
                  "kernel: 1}\n  - {name: c, kind: conv, in: [2, 8, 8], "
                  "out_channels: 1, kernel: 1}\n  - {name: d, kind: conv, in: [1, 8, "
                  "8], out_channels: 4, kernel: 1}\nedges:\n  - {from: a, to: [b, "
                  "d]}\n  - {from: b, to: c}\n");
    write_scratch("moves.yaml",
                  "name: m\nworkloads: [moves_net.yaml]\narchs: [moves_chip.yaml]\n"
                  "weight_forms: [raw]\nobjective: energy\nmapper: {resident: true, "
                  "copies: true}\n");
    free(run_text(0, "sweep @moves.yaml -o @moves.db -q"));
    struct json *json = says("show point @moves.db 1", "sdse.show-point/1");
    same_rows(json_get(json, "copies"),
              "query @moves.db SELECT~tensor,memory,before_layer,before,until_layer,"
              "until,words,energy_pj,latency_cycles~FROM~v_copy");
    assert_int_equal(json_get(json, "copies")->count, 1);
    json_free(json);
}

void of_comparisons(void **state) {
    (void)state;
    says_rows("compare @r.db 1 2", "sdse.compare/1", "differences");
    struct json *json = says("compare @r.db 1 2", "sdse.compare/1");
    char *table = run_text(0, "compare @r.db 1 2");
    const struct json *a = json_get(json, "a"), *b = json_get(json, "b");
    names(table, "A  %s: %s\n", text(a, "file"), text(a, "what"));
    names(table, "B  %s: %s\n", text(b, "file"), text(b, "what"));
    free(table);
    json_free(json);
    copy_file(scratch("r.db"), scratch("c.db"));
    json = says("compare @r.db @c.db", "sdse.compare/1");
    same_rows(json_get(json, "differences"), "compare @r.db @c.db");
    assert_string_equal(text(json_get(json, "a"), "file"), scratch("r.db"));
    assert_string_equal(text(json_get(json, "b"), "file"), scratch("c.db"));
    json_free(json);
}

void of_changes(void **state) {
    (void)state;
    struct json *json = says("tag @c.db best --where point_id<=3", "sdse.tag/1");
    assert_true(number(json, "points") == 3 && number(json, "points_changed") == 3);
    assert_false(flag(json, "removed"));
    json_free(json);
    json = says("tag @c.db best --where point_id<=4", "sdse.tag/1");
    assert_true(number(json, "points") == 4 && number(json, "points_changed") == 1);
    assert_string_equal(text(json, "tag"), "best");
    json_free(json);
    json = says("tag @c.db best --remove --where point_id<=2", "sdse.tag/1");
    assert_true(number(json, "points") == 2 && number(json, "points_changed") == 2);
    assert_true(flag(json, "removed"));
    json_free(json);
    says_rows("tag @c.db", "sdse.tags/1", "tags");
    says_so("status @c.db", "sdse.status/1");
    json = says("rename @c.db cli-test other", "sdse.rename/1");
    assert_string_equal(text(json, "old_name"), "cli-test");
    assert_string_equal(text(json, "name"), "other");
    assert_true(number(json, "versions") == 1);
    json_free(json);
    json = says("merge @new.db @r.db @c.db", "sdse.merge/1");
    assert_string_equal(text(json, "database"), scratch("new.db"));
    assert_int_equal(json_get(json, "files")->count, 2);
    assert_string_equal(json_text(json_at(json_get(json, "files"), 1)),
                        scratch("c.db"));
    assert_true(number(json, "points_added") == 8);
    json_free(json);
    json = says("prune @new.db --sweep other --dry-run", "sdse.prune/1");
    char *table = run_text(0, "prune @new.db --sweep other --dry-run");
    names(table, "%.0f rows would go, at least %.0f of %.0f bytes",
          number(json, "rows_gone"),
          number(json, "bytes_before") - number(json, "bytes_after"),
          number(json, "bytes_before"));
    assert_true(flag(json, "dry_run"));
    assert_true(json_get(json, "tables")->count > 0);
    free(table);
    json_free(json);
    json = says("prune @new.db --sweep cli-test", "sdse.prune/1");
    assert_false(flag(json, "dry_run"));
    assert_true(number(json, "points_kept_by_tags") <= 8);
    json_free(json);
}

void of_verification(void **state) {
    (void)state;
    struct json *json = says("verify @r.db", "sdse.verify/1");
    char *line = run_text(0, "verify @r.db");
    names(line, "whole; %.0f mappings scored again", number(json, "mappings_scored"));
    free(line);
    json_free(json);
    json = says("verify @r.db --quick", "sdse.verify/1");
    assert_int_equal(json_get(json, "mappings_scored")->kind, JSON_NULL);
    json_free(json);
    json = says("verify @r.db --repair -j 2", "sdse.repair/1");
    assert_true(flag(json, "as_written") && !flag(json, "all_solved"));
    assert_true(number(json, "damaged_rows") == 0 &&
                number(json, "points_solved") == 0);
    json_free(json);
    json = says("reproduce @r.db 2 -o @p2 -j 2", "sdse.reproduce/1");
    line = run_text(0, "reproduce @r.db 2 -o @p2 -j 2");
    names(line, "run again: %.0f values", number(json, "values_compared"));
    static const char *const taken[] = {"forms_taken", "output_errors_taken",
                                        "limited_searches_taken", "arch_refused"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_false(flag(json, taken[i])); // the line says nothing of them, either
    assert_null(strstr(line, "taken"));
    assert_true(number(json, "layers_with_stored_weights") == 0);
    names(line, "point %.0f (%s on %s, %s): files in %s", number(json, "point_id"),
          text(json, "network"), text(json, "arch"), text(json, "form"),
          text(json, "folder"));
    free(line);
    json_free(json);
}
