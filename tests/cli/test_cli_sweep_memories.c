// Stored groups where two memories share: what each memory has of every nest is there,
// seen when it is damaged, found again, merged, drawn and shown.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_again.h"
#include "cli/support_drawing.h"
#include "cli/support_program.h"
#include "cli/support_swept.h"
#include "results/store/stored_point.h"
#include "results/store/verify.h"

// The network on an accelerator with L2 outside of GLB, as these say besides what they
// share, swept into a database.
static void sweep_net(const char *database, const char *l2, const char *glb,
                      const char *net, const char *objective, const char *mapper) {
    char text[1024];
    snprintf(text, sizeof text,
             "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
             "[{level: DRAM, memory: {class: dram, pj_per_bit: 30, "
             "shared_bits_per_cycle: 8}}, {level: L2, memory: {class: sram, shares: "
             "[activations%s}}, {level: GLB, memory: {class: sram, shares: "
             "[activations], pj_per_bit: 0.2, %s}, {level: regs, memory: {class: "
             "regfile, capacity_bytes: 16, pj_per_bit: 0.1}}], compute: {pj_per_mac: "
             "0.5}, vector: {below: GLB, pj_per_op: 0.25, ops_per_cycle: 4}}",
             l2, glb);
    write_scratch("chip.yaml", text);
    write_scratch("net.yaml", net);
    write_sweep(objective, mapper);
    sweep_into(database, "");
}

#define SPREAD                                                                \
    ", shared_bits_per_cycle: 32}, fanout: {x: 2, dims_x: [K, P]}, network: " \
    "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}"

#define PLACES                                                                    \
    "SELECT~p.nest_index,~layer,~memory,~inputs,~weights,~outputs,~addends,~p."   \
    "reserved_bits~FROM~v_nest_place~p~JOIN~v_nest~USING~(point_id,~nest_index)~" \
    "ORDER~BY~1,~memory"

static void has_places(const char *database, const char *rows) {
    char *places = asked(database, PLACES);
    assert_string_equal(strchr(places, '\n') + 1, rows);
    free(places);
    compute_again(database, NULL);
}

// What a layer makes is read at once and again when both memories are full: it is in L2
// until its first use, and in DRAM. The group that makes it holds its parts in GLB, its
// sums in L2.
static const char both_net[] =
    "{name: net, source: s, layers: [{name: a, kind: conv, in: [1, 4, 4], "
    "out_channels: 3, kernel: 3, pad: 1}, {name: b, kind: conv, in: [3, 4, 4], "
    "out_channels: 1, kernel: 1}, {name: c, kind: fc, in: 16, out_channels: 24}, "
    "{name: d, kind: fc, in: 24, out_channels: 24}, {name: e, kind: add, in: [24, 1, "
    "1], fused: false}, {name: f, kind: conv, in: [1, 4, 4], out_channels: 1, kernel: "
    "1}], edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}, {from: c, to: "
    "e}, {from: d, to: e}, {from: b, to: f}]}";

static void sweep_both(const char *database, const char *mapper) {
    sweep_net(database, "], capacity_bytes: 33, pj_per_bit: 0.5", "capacity_bytes: 38}",
              both_net, "edp", mapper);
}

static void test_each_memory_has_its_own(void **state) {
    (void)state;
    sweep_both("both", "mapper: {resident: true, fuse_depth: 2}\n");
    char *group = asked("both", "SELECT~layers,~memory,~inputs,~outputs~FROM~v_group");
    assert_string_equal(group, "layers,memory,inputs,outputs\n"
                               "\"a, b\",GLB,buffered,both\n");
    free(group);
    has_places("both", "0,a,GLB,1,0,1,0,128\n0,a,L2,0,0,0,0,128\n"
                       "1,a,GLB,1,0,1,0,128\n1,a,L2,0,0,0,0,128\n"
                       "2,b,GLB,1,0,0,0,256\n2,b,L2,0,0,1,0,0\n"
                       "3,b,GLB,1,0,0,0,256\n3,b,L2,0,0,1,0,0\n"
                       "4,b,GLB,1,0,0,0,128\n4,b,L2,0,0,1,0,0\n");
    char *sums = asked("both", "SELECT~continues,~unfinished,~writes_through,~"
                               "loaded_input_words,~times~FROM~v_nest");
    assert_string_equal(strchr(sums, '\n') + 1,
                        "0,0,0,16,1\n0,0,0,0,2\n0,1,0,0,1\n1,1,0,0,1\n1,0,1,0,1\n");
    free(sums);
}

// Sums that continue in the group's own memory, beside whole tensors in the other.
static void test_sums_beside_tensors(void **state) {
    (void)state;
    sweep_net(
        "sums", "], capacity_bytes: 132, pj_per_bit: 3", "capacity_bytes: 14}",
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [1, 4, 4], "
        "out_channels: 2, kernel: 3, pad: 1}, {name: b, kind: conv, in: [2, 4, 4], "
        "out_channels: 1, kernel: 1}, {name: c, kind: fc, in: 16, out_channels: 64}, "
        "{name: d, kind: fc, in: 64, out_channels: 64}, {name: e, kind: fc, in: 64, "
        "out_channels: 1}, {name: f, kind: conv, in: [1, 4, 4], out_channels: 1, "
        "kernel: 1}], edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}, "
        "{from: d, to: e}, {from: b, to: f}]}",
        "energy", "mapper: {resident: true, fuse_depth: 2}\n");
    assert_true(number_of("sums", "SELECT count(*) FROM nest n JOIN nest_place p USING "
                                  "(point_id, nest_index) WHERE n.continues AND "
                                  "n.writes_through AND n.outputs_shared AND "
                                  "p.reserved_bits = 640") > 0);
    compute_again("sums", NULL);
}

// An output in the inner of both, which is the group's, too, and outside.
static void test_both_in_the_inner_memory(void **state) {
    (void)state;
    sweep_net(
        "inner", "], capacity_bytes: 42, pj_per_bit: 1", "capacity_bytes: 44}",
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [1, 3, 3], "
        "out_channels: 3, kernel: 3, pad: 1}, {name: b, kind: conv, in: [3, 3, 3], "
        "out_channels: 2, kernel: 1}, {name: c, kind: fc, in: 18, out_channels: 64}, "
        "{name: d, kind: fc, in: 64, out_channels: 64}, {name: e, kind: add, in: [64, "
        "1, 1], fused: false}, {name: f, kind: conv, in: [2, 3, 3], out_channels: 1, "
        "kernel: 1}], edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}, "
        "{from: c, to: e}, {from: d, to: e}, {from: b, to: f}]}",
        "edp", "mapper: {resident: true, fuse_depth: 2}\n");
    char *group = asked("inner", "SELECT~layers,~memory,~outputs~FROM~v_group");
    assert_string_equal(group, "layers,memory,outputs\n\"a, b\",GLB,both\n");
    free(group);
    assert_true(number_of("inner", "SELECT count(*) FROM v_place WHERE tensor = 'b' "
                                   "AND memory IN ('GLB', 'DRAM')") == 2);
    compute_again("inner", NULL);
}

// Keys that were made before the group are in L2, which shares weights, its rows in
// GLB.
static void test_right_operand(void **state) {
    (void)state;
    sweep_net(
        "keys",
        ", weights], capacity_bytes: 480, pj_per_bit: 3, shared_bits_per_cycle: 16",
        "capacity_bytes: 23" SPREAD,
        "{name: net, source: s, layers: [{name: x, kind: matmul, m: 3, k: 2, n: 2}, "
        "{name: kk, kind: matmul, m: 3, k: 2, n: 2}, {name: qk, kind: matmul, m: 3, k: "
        "2, n: 3}, {name: sm, kind: softmax, in: [3, 3, 1], fused: false}, {name: pv, "
        "kind: matmul, m: 3, k: 3, n: 2}], edges: [{from: x, to: qk}, {from: x, to: "
        "kk}, {from: kk, to: qk, as: weights}, {from: qk, to: sm}, {from: sm, to: "
        "pv}]}",
        "ed2p", "mapper: {resident: true, fuse_depth: 3, tiles: all}\n");
    assert_true(number_of("keys", "SELECT count(*) FROM nest_place p JOIN grp g USING "
                                  "(point_id) WHERE p.weights AND p.memory = 'L2' AND "
                                  "g.memory = 'GLB'") > 0);
    compute_again("keys", NULL);
    damage_copy("keys", "UPDATE nest_place SET weights = 0 WHERE weights");
    says_again("damaged", "verify-score", "other cycles");
}

// A map that is added comes from L2, as the inputs do.
static void test_addend(void **state) {
    (void)state;
    sweep_net(
        "added",
        ", weights], capacity_bytes: 467, pj_per_bit: 3, shared_bits_per_cycle: 16",
        "capacity_bytes: 19" SPREAD,
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [1, 5, 5], "
        "out_channels: 1, kernel: 1}, {name: b, kind: conv, in: [1, 5, 5], "
        "out_channels: 2, kernel: 3, pad: 1}, {name: c, kind: conv, in: [2, 5, 5], "
        "out_channels: 1, kernel: 1, addends: 1}, {name: d, kind: conv, in: [1, 5, 5], "
        "out_channels: 2, kernel: 1}], edges: [{from: a, to: b}, {from: b, to: c}, "
        "{from: a, to: c, as: addend}, {from: c, to: d}]}",
        "latency",
        "mapper: {resident: true, fuse_depth: 2, tiles: all, columns: true}\n");
    assert_true(number_of("added", "SELECT count(*) FROM nest_place WHERE inputs = 1 "
                                   "AND addends = 1 AND reserved_bits = 600") > 0);
    compute_again("added", NULL);
    damage_copy("added", "UPDATE nest_place SET addends = 0 WHERE addends");
    says_again("damaged", "verify-score", "other cycles");
}

// Two groups of one shape, mapped alike, with a map waiting in L2 beside the second:
// what they hold there alone makes two problems of their nests.
static void test_what_others_hold_is_part_of_a_nest(void **state) {
    (void)state;
    sweep_net(
        "alike", "], capacity_bytes: 60, pj_per_bit: 0.5", "capacity_bytes: 38}",
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [1, 4, 4], "
        "out_channels: 1, kernel: 1}, {name: q1, kind: conv, in: [1, 4, 4], "
        "out_channels: 3, kernel: 3, pad: 1}, {name: q2, kind: conv, in: [3, 4, 4], "
        "out_channels: 1, kernel: 1}, {name: r1, kind: conv, in: [1, 4, 4], "
        "out_channels: 3, kernel: 3, pad: 1}, {name: r2, kind: conv, in: [3, 4, 4], "
        "out_channels: 1, kernel: 1}, {name: s, kind: add, in: [1, 4, 4], fused: "
        "false}, {name: z, kind: conv, in: [1, 4, 4], out_channels: 1, kernel: 1}], "
        "edges: [{from: a, to: q1}, {from: q1, to: q2}, {from: q2, to: r1}, {from: "
        "r1, to: r2}, {from: r2, to: s}, {from: a, to: s}, {from: s, to: z}]}",
        "energy", "mapper: {resident: true, fuse_depth: 2}\n");
#define ALIKE                                                                         \
    "SELECT count(*) FROM v_nest x JOIN v_nest y ON x.layer GLOB 'q*' AND y.layer = " \
    "replace(x.layer, 'q', 'r') AND x.mapping = y.mapping AND x.reserved_bits = "     \
    "y.reserved_bits AND x.continues = y.continues AND x.unfinished = y.unfinished "
    assert_true(number_of("alike", ALIKE) == 4);
    assert_true(number_of("alike", ALIKE "AND x.solution_hash = y.solution_hash") == 0);
    compute_again("alike", NULL);
}

// The same beside a map that waits in one memory, or in another like it: two
// accelerators that share other memories have nests that differ in its name alone.
static void test_which_other_holds_is_part_of_a_nest(void **state) {
    (void)state;
    sweep_net("named",
              "], capacity_bytes: 20, pj_per_bit: 0.6}}, {level: L1, memory: {class: "
              "sram, shares: [activations], capacity_bytes: 20, pj_per_bit: 0.6",
              "capacity_bytes: 38}",
              "{name: net, source: s, edges: chain, layers: [{name: a, kind: conv, in: "
              "[1, 4, 4], out_channels: 1, kernel: 1}, {name: q1, kind: conv, in: [1, "
              "4, 4], out_channels: 3, kernel: 3, pad: 1}, {name: q2, kind: conv, in: "
              "[3, 4, 4], out_channels: 1, kernel: 1}]}",
              "energy",
              "override: {L2.shares: [[], [activations]], L1.shares: [[], "
              "[activations]]}\nmapper: {resident: true, fuse_depth: 2}\n");
#define NAMED                                                                         \
    "SELECT count(*) FROM v_nest x JOIN nest_place p USING (point_id, nest_index) "   \
    "JOIN v_nest y USING (nest_index, mapping, reserved_bits) JOIN nest_place q ON "  \
    "q.point_id = y.point_id AND q.nest_index = y.nest_index WHERE p.memory = 'L2' "  \
    "AND q.memory = 'L1' AND x.layer = 'q2' AND y.layer = 'q2' AND p.inputs = 0 AND " \
    "q.inputs = 0 AND p.reserved_bits = 128 AND q.reserved_bits = 128 "
    assert_true(number_of("named", NAMED) >= 3);
    assert_true(number_of("named", NAMED "AND x.solution_hash = y.solution_hash") == 0);
    compute_again("named", NULL);
    // Inputs that are in L2 are drawn as held there, and not as a tile besides: nothing
    // is drawn beyond what a memory can hold.
    char line[64], script[32];
    const int point = (int)number_of("named", "SELECT min(point_id) FROM nest_place "
                                              "WHERE memory = 'L2' AND inputs");
    snprintf(line, sizeof line, "plot gantt @named.db -p %d -l q1 -o @n", point);
    snprintf(script, sizeof script, "n/gantt_%d_q1.png.gp", point);
    char *text = script_of(line, script);
    char *data = strchr(strchr(strstr(text, "data << "), '\n') + 1, '\n') + 1;
    unsigned nests = 0;
    for (; *data >= '0' && *data <= '9'; data = strchr(data, '\n') + 1, nests++) {
        double own, with, other, all; // GLB's, then L2's
        assert_int_equal(sscanf(data, "%*u\t%*f\t%*f\t%*s\t%lf\t%lf\t%lf\t%lf\t", &own,
                                &with, &other, &all),
                         4);
        assert_true(with * 8192 < 38 * 8 + 1e-3 && all * 8192 < 20 * 8 + 1e-3);
        assert_true(fabs(other * 8192 - 128) < 1e-3);
        assert_true(nests || fabs(all * 8192 - 152) < 1e-3);
    }
    assert_true(nests > 3);
    free(text);
}

static void test_damage(void **state) {
    (void)state;
    static const struct {
        const char *sql, *check, *said;
    } damage[] = {
        {"UPDATE nest_place SET reserved_bits = reserved_bits + 8 WHERE nest_index = 2",
         "verify-group", "reserved_bits of nest 2 is not"},
        {"UPDATE nest_place SET reserved_bits = 1e9 WHERE nest_index = 2",
         "verify-score", "its tiles do not fit beside what is held"},
        {"UPDATE nest_place SET outputs = 0 WHERE nest_index = 4", "verify-group",
         "outputs of nest 4 is not"},
        {"UPDATE nest_place SET weights = 1 WHERE nest_index = 0", "verify-group",
         "weights of nest 0 is not"},
        {"UPDATE nest_place SET inputs = 1 WHERE nest_index = 0", "verify-group",
         "inputs of nest 0 is not"},
        {"UPDATE nest_place SET addends = 1 WHERE nest_index = 3", "verify-group",
         "addends of nest 3 is not"},
        {"UPDATE nest_place SET memory = 'regs' WHERE nest_index = 1", "verify-group",
         "nest_place of nest 1 is not"},
        {"UPDATE nest_place SET memory = 'regs' WHERE nest_index = 1", "verify-score",
         "in a memory that layers do not share"},
        {"UPDATE nest_place SET nest_index = 7 WHERE nest_index = 3", "verify-group",
         "nest_place of nest 3 is not"},
        {"DELETE FROM nest_place WHERE nest_index = 1", "verify-group",
         "nest_place of nest 1 is not"},
        {"DELETE FROM nest_place", "verify-group", "nest_place of nest 0 is not"},
        {"INSERT INTO nest_place SELECT point_id, nest_index, 'M' || memory, inputs, "
         "weights, outputs, addends, reserved_bits, digest FROM nest_place WHERE "
         "nest_index = 0",
         "verify-group", "nest_place of nest 0 is not"},
        {"UPDATE nest SET outputs_shared = 1 - outputs_shared WHERE nest_index = 0",
         "verify-group", "outputs_shared of nest 0 is not"},
        {"UPDATE grp SET memory = 'L2'", "verify-group", "nest_place of nest 0 is not"},
        {"UPDATE grp SET memory = 'regs'", "verify-group", "share another memory"},
        {"UPDATE place SET memory = 'GLB' WHERE tensor = 'b' AND memory = 'L2'",
         "verify-group", "nest 0 is not"}};
    sweep_both("right", "mapper: {resident: [false, true], fuse_depth: 2}\n");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        damage_copy("right", damage[i].sql);
        says_again("damaged", damage[i].check, damage[i].said);
        if (i % 8 == 0)
            repair_damaged("right");
    }
    // Only the point with the row that is not what was written is solved again.
    damage_copy("right", damage[0].sql);
    run_says(0, "verify --repair @damaged.db",
             "repaired: 1 damaged rows left out, 1 points solved again");
    // What verify asks of the tables alone.
    change_swept("right", "UPDATE nest_place SET memory = 'GLB' WHERE nest_index = 0; "
                          "UPDATE nest_place SET nest_index = 7 WHERE nest_index = 3");
    run_says(1, "verify @right.db",
             ", nest 0: it is not there, or of a group in GLB, "
             "which has something of it besides");
    run_says(1, "verify @right.db", ", nest 7: it is not there, or of a group in L2");
}

// The points with groups of two files are compared, and a column differs.
static void differs_from(const char *database, const char *other, const char *column) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_reader *reader[2] = {NULL};
    sdse_diags_init(&diags, arena);
    for (int i = 0; i < 2; i++) {
        char file[32];
        snprintf(file, sizeof file, "%s.db", i ? other : database);
        assert_int_equal(sdse_reader_open_unchecked(scratch(file), &diags, &reader[i]),
                         SDSE_OK);
    }
    char *text = asked(database, "SELECT~point_hash~FROM~v_point~JOIN~v_group~USING~"
                                 "(point_id)");
    struct sdse_hash hash;
    uint64_t values = 0;
    assert_true(sdse_hash_parse(strtok(strchr(text, '\n') + 1, "\n"), &hash));
    assert_int_equal(
        sdse_stored_point_compare(reader[0], reader[1], hash, &diags, &values),
        SDSE_INVALID);
    assert_non_null(strstr(diags.first->message, column));
    for (int i = 0; i < 2; i++)
        sdse_reader_close(reader[i]);
    free(text);
    sdse_arena_free(arena);
}

static void test_shards_and_rests(void **state) {
    (void)state;
    static const char mapper[] = "override: {L2.pj_per_bit: [0.5, 0.6]}\nmapper: "
                                 "{resident: [false, true], fuse_depth: [1, 2]}\n";
    sweep_both("one", mapper);
    sweep_into("a", " --shard 1/2 -j 2");
    sweep_into("b", " --shard 2/2");
    free(run_text(0, "merge @all.db @b.db @a.db"));
    run_alike("export @one.db", "export @all.db");
    compute_again("all", NULL);
    const int rows = (int)number_of("one", "SELECT count(*) FROM nest_place");
    char *export = run_text(0, "export @one.db"), count[32];
    snprintf(count, sizeof count, ",\"nest_place\":%d", rows);
    assert_true(rows >= 10);
    assert_non_null(strstr(export, "{\"table\":\"nest_place\",\"point\":"));
    assert_non_null(strstr(export, count));
    free(export);
    const int point = (int)number_of("all", "SELECT max(point_id) FROM grp");
    char line[64];
    snprintf(line, sizeof line, "reproduce @all.db %d -o @again", point);
    run_says(0, line, "all equal to the last bit");
    damage_copy("all", "UPDATE nest_place SET reserved_bits = 1 WHERE nest_index = 3");
    differs_from("all", "damaged", "reserved_bits");
    snprintf(line, sizeof line, "tag @all.db keep --where point_id~=~%d", point);
    free(run_text(0, line));
    free(run_text(0, "prune @all.db --sweep s"));
    assert_true(number_of("all", "SELECT count(DISTINCT point_id) FROM nest_place") ==
                1);
    free(run_text(0, "verify @all.db"));
}

// A panel for each memory, and what it holds beside every nest.
static void test_pictures_and_tables(void **state) {
    (void)state;
    sweep_both("drawn", "mapper: {resident: true, fuse_depth: 2}\n");
    char *text =
        script_of("plot gantt @drawn.db -p 1 -l a -o @t", "t/gantt_1_a.png.gp");
    assert_non_null(strstr(text, "what GLB and L2 hold."));
    char *data = strchr(strchr(strstr(text, "data << "), '\n') + 1, '\n') + 1;
    // Weights of a channel and the tiles or the place of what is made; of the last part
    // no sums wait.
    static const double bits[][4] = {{128, 128 + 8 * (3 + 16), 128, 128 + 8 * 9},
                                     {256, 256 + 8 * 5, 0, 8 * 17},
                                     {128, 128 + 8 * 17, 0, 8 * 17}};
    unsigned nests = 0;
    for (; *data >= '0' && *data <= '9'; data = strchr(data, '\n') + 1, nests++) {
        double own, with, other, all; // GLB's, then L2's
        assert_int_equal(sscanf(data, "%*u\t%*f\t%*f\t%*s\t%lf\t%lf\t%lf\t%lf\t", &own,
                                &with, &other, &all),
                         4);
        assert_true(nests < 6);
        const double *must = bits[nests < 5 ? nests % 2 : 2];
        assert_true(fabs(own * 8192 - must[0]) < 1e-3);
        assert_true(fabs(with * 8192 - must[1]) < 1e-3);
        assert_true(fabs(other * 8192 - must[2]) < 1e-3);
        assert_true(fabs(all * 8192 - must[3]) < 1e-3);
    }
    assert_int_equal(nests, number_of("drawn", "SELECT sum(times) FROM v_nest"));
    assert_non_null(strstr(text, "'GLB'.' [KiB]'"));
    assert_non_null(strstr(text, "'L2'.' [KiB]'"));
    assert_non_null(strstr(text, "2:(0):2:3:(0):8 with"));
    assert_non_null(strstr(text, "     0.037109375 with lines")); // 38 bytes
    assert_non_null(strstr(text, "     0.0322265625 with lines"));
    free(text);
    run_says(0, "show point @drawn.db 1 -f json",
             "\"nest_index\": 4, \"memory\": \"L2\", \"inputs\": 0, \"weights\": 0, "
             "\"outputs\": 1, \"addends\": 0, \"reserved_bits\": 0");
    run_says(0, "show point @drawn.db 1", "  GLB     buffered  both");
}

// Whether the first nest of a point has in two other memories what was put there.
static enum sdse_status has_three(void *context,
                                  const struct sdse_stored_groups *point) {
    const struct sdse_nest_place *place = point->nest[0].place;
    assert_int_equal(point->nest[0].place_count, 3);
    assert_string_equal(place[0].memory, "GLB");
    assert_string_equal(place[1].memory, "L2");
    assert_true(place[1].reserved_bits == 128 && !place[1].addends);
    assert_string_equal(place[2].memory, "M");
    assert_true(place[2].inputs == 3 && place[2].weights == 1);
    assert_true(place[2].outputs == 0 && place[2].addends == 7);
    assert_true(place[2].reserved_bits == 11);
    assert_int_equal(point->nest[1].place_count, 2);
    ++*(unsigned *)context;
    return SDSE_OK;
}

static void test_columns_of_a_third_memory(void **state) {
    (void)state;
    sweep_both("third", "mapper: {resident: true, fuse_depth: 2}\n");
    change_swept("third",
                 "INSERT INTO nest_place SELECT point_id, nest_index, 'M', 3, 1, 0, 7, "
                 "11, digest FROM nest_place WHERE nest_index = 0");
    struct sdse_arena *arena = sdse_arena_new(), *scratch_arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_reader *reader;
    unsigned seen = 0;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_reader_open_unchecked(scratch("third.db"), &diags, &reader),
                     SDSE_OK);
    assert_int_equal(
        sdse_verify_each_grouped(reader, scratch_arena, &diags, has_three, &seen),
        SDSE_OK);
    assert_int_equal(seen, 1);
    sdse_reader_close(reader);
    sdse_arena_free(scratch_arena);
    sdse_arena_free(arena);
    // A group's memory has something of a nest if it is but a map that is added.
    change_swept("third",
                 "UPDATE nest SET inputs_shared = 0, weights_shared = 0, "
                 "outputs_shared = 0, addends_shared = 1, reserved_bits = 0 WHERE "
                 "nest_index = 2");
    assert_true(number_of("third", "SELECT count(*) FROM v_nest_place WHERE nest_index "
                                   "= 2 AND memory = 'GLB' AND addends = 1") == 1);
}

// Points whose nests may overlap stand behind those whose nests do not, however the
// sweep names them.
static void test_words_of_overlap(void **state) {
    (void)state;
    sweep_net("words", "], capacity_bytes: 132, pj_per_bit: 3", "capacity_bytes: 60}",
              "{name: net, source: s, edges: chain, layers: [{name: a, kind: conv, in: "
              "[1, 4, 4], out_channels: 2, kernel: 1}, {name: b, kind: conv, in: [2, "
              "4, 4], out_channels: 1, kernel: 1}]}",
              "energy",
              "mapper: {resident: true, fuse_depth: 2, overlap: [outer, none]}\n");
    char *text = script_of("plot words @words.db -p 1 -o @w", "w/words_1.png.gp");
    const char *overlap =
        strstr(text, "\"up to 2 layers take turns, nests may overlap");
    const char *none = strstr(text, "\"up to 2 layers take turns\"");
    assert_true(overlap && none && none < overlap);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_memory_has_its_own),
        cmocka_unit_test(test_sums_beside_tensors),
        cmocka_unit_test(test_both_in_the_inner_memory),
        cmocka_unit_test(test_right_operand),
        cmocka_unit_test(test_addend),
        cmocka_unit_test(test_what_others_hold_is_part_of_a_nest),
        cmocka_unit_test(test_which_other_holds_is_part_of_a_nest),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_shards_and_rests),
        cmocka_unit_test(test_pictures_and_tables),
        cmocka_unit_test(test_columns_of_a_third_memory),
        cmocka_unit_test(test_words_of_overlap)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
