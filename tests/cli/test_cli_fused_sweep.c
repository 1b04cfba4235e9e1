// Sweeps whose points' layers may take turns: what is stored is what sdse map --fuse
// finds, to the last bit, however it was computed; the parts add up; and nothing else
// moves.
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

// --- Sums ---

#define NONE(database, sql) \
    assert_true(number_of(database, "SELECT count(*) " sql) == 0)

// Whatever is asked of layers is what their nests add up to, and the point's totals.
static void check_sums(const char *database) {
    NONE(database, "FROM v_point p WHERE abs(energy_pj - (SELECT sum(energy_pj) FROM "
                   "v_layer l WHERE l.point_id = p.point_id)) > 1e-9 * energy_pj OR "
                   "abs(energy_pj - (SELECT sum(energy_pj) FROM v_energy e WHERE "
                   "e.point_id = p.point_id)) > 1e-9 * energy_pj OR latency_cycles <> "
                   "(SELECT sum(latency_cycles) FROM v_layer l WHERE l.point_id = "
                   "p.point_id)");
    NONE(
        database,
        "FROM v_layer l JOIN (SELECT point_id, layer_index, sum(energy_pj) AS pj, "
        "sum(latency_cycles) AS cycles, sum(macs) AS macs FROM v_nest GROUP BY 1, 2) n "
        "USING (point_id, layer_index) WHERE abs(n.pj - l.energy_pj) > 1e-9 * n.pj OR "
        "n.cycles <> l.latency_cycles OR n.macs <> l.macs");
    NONE(database,
         "FROM v_layer l JOIN (SELECT point_id, layer_index, sum(n.times * "
         "s.compute_cycles) AS compute, sum(n.times * s.fill_cycles) AS fill, "
         "sum(n.times * s.drain_cycles) AS drain, sum(n.times * s.pass_cycles) AS "
         "pass, sum(n.times * s.latency_cycles * s.utilization) AS used, max("
         "s.multipliers_used) AS most FROM nest n JOIN solution s USING (solution_id) "
         "GROUP BY 1, 2) n USING (point_id, layer_index) WHERE n.compute <> "
         "l.compute_cycles OR n.fill <> l.fill_cycles OR n.drain <> l.drain_cycles OR "
         "n.pass <> l.pass_cycles OR n.most <> l.multipliers_used OR abs(n.used - "
         "l.utilization * l.latency_cycles) > 1e-9 * n.used");
    NONE(database,
         "FROM v_level l JOIN (SELECT point_id, layer_index, level, part, "
         "max(v.tile_words) AS tile, max(v.instances) AS instances, sum(n.times * "
         "v.reads) AS reads, sum(n.times * v.fills) AS fills, sum(n.times * v.updates) "
         "AS updates, sum(n.times * v.drain_reads) AS drains, sum(n.times * "
         "(v.read_pj + v.fill_pj + v.update_pj)) AS pj, sum(n.times * v.read_bits) AS "
         "bits, max(v.lifetime_us) AS life FROM nest n JOIN solution_level v USING "
         "(solution_id) GROUP BY 1, 2, 3, 4) n USING (point_id, layer_index, "
         "level, part) WHERE n.tile <> tile_words OR n.instances <> l.instances OR "
         "n.reads <> reads_words OR n.fills <> fills_words OR n.updates <> "
         "updates_words OR n.drains <> drain_reads_words OR abs(n.pj - l.energy_pj) > "
         "1e-9 * n.pj OR abs(n.bits - l.read_bits) > 1e-9 * n.bits OR n.life IS "
         "NOT l.lifetime_us");
    NONE(database,
         "FROM v_level l JOIN (SELECT point_id, layer_index, level, max(m.stored_bits) "
         "AS stored, sum(n.times * m.cycles) AS cycles, sum(n.times * s.latency_cycles "
         "* m.read_bits_per_cycle) AS bits FROM nest n JOIN solution s USING "
         "(solution_id) JOIN solution_memory m USING (solution_id) GROUP BY 1, 2, 3) n "
         "USING (point_id, layer_index, level) JOIN v_layer v USING (point_id, "
         "layer_index) WHERE n.stored <> l.stored_bits OR n.cycles <> l.memory_cycles "
         "OR abs(n.bits - l.read_bits_per_cycle * v.latency_cycles) > 1e-9 * n.bits");
    NONE(database, "FROM v_network l JOIN (SELECT point_id, layer_index, level, part, "
                   "sum(n.times * v.words) AS words, sum(n.times * v.adds) AS adds, "
                   "sum(n.times * v.words * v.hops) AS hops, sum(n.times * "
                   "v.energy_pj) AS pj FROM nest n JOIN solution_network v USING "
                   "(solution_id) GROUP BY 1, 2, 3, 4) n USING (point_id, layer_index, "
                   "level, part) WHERE n.words <> l.words OR n.adds <> l.adds OR "
                   "abs(n.hops - l.hops * l.words) > 1e-9 * n.hops OR abs(n.pj - "
                   "l.energy_pj) > 1e-9 * n.pj");
    // The bottleneck of a layer is that of its nests for the most cycles.
    NONE(database,
         "FROM v_layer l JOIN (SELECT point_id, layer_index, bottleneck, sum(times * "
         "max(outer_cycles, inner_cycles)) AS cycles FROM v_nest GROUP BY 1, 2, 3) n "
         "USING (point_id, layer_index) WHERE n.cycles > (SELECT sum(times * "
         "max(outer_cycles, inner_cycles)) FROM v_nest m WHERE m.point_id = l.point_id "
         "AND m.layer_index = l.layer_index AND m.bottleneck = "
         "l.bottleneck)");
    // No layer of a group is made twice over or left out: MACs at least the layer's,
    // and of the last one, of which no row is made again, exactly. Every layer of a
    // group has nests, no other has.
    NONE(database, "FROM v_group g JOIN v_layer l ON l.point_id = g.point_id AND "
                   "l.layer_index = g.last_layer JOIN v_layer o ON o.layer_index = "
                   "l.layer_index WHERE o.point_id = (SELECT min(point_id) FROM "
                   "v_point) AND o.macs <> l.macs");
    NONE(database, "FROM v_layer l WHERE EXISTS (SELECT 1 FROM v_nest n WHERE "
                   "n.point_id = l.point_id AND n.layer_index = l.layer_index) <> "
                   "EXISTS (SELECT 1 FROM v_group g WHERE g.point_id = l.point_id AND "
                   "l.layer_index BETWEEN g.first_layer AND g.last_layer)");
    NONE(database,
         "FROM v_group g WHERE energy_pj IS NOT (SELECT sum(energy_pj) FROM "
         "v_layer l WHERE l.point_id = g.point_id AND l.layer_index BETWEEN "
         "g.first_layer AND g.last_layer) OR nests <> (SELECT sum(times) FROM "
         "v_nest n WHERE n.point_id = g.point_id AND n.group_index = "
         "g.group_index)");
    // What groups hand over inside has no place; layers outside hold what v_place says.
    NONE(database, "FROM v_place p JOIN v_group g USING (point_id) WHERE p.first_layer "
                   ">= g.first_layer AND p.first_layer < g.last_layer");
}

// --- What is stored is what map finds ---

static const struct asking {
    const char *mapper, *options, *parameters;
} askings[] = {
    {"mapper: {resident: [false, true], fuse_depth: [1, 2], imperfect_percent: 20}\n",
     " --fuse 2 --imperfect 20",
     "mapper.fuse_depth=2 mapper.imperfect_percent=20 mapper.resident=true"},
    {"mapper: {resident: [false, true], fuse_depth: [1, 3], tiles: all}\n",
     " --fuse 3 --tiles all",
     "mapper.fuse_depth=3 mapper.resident=true mapper.tiles=all"},
    {"mapper: {resident: [false, true], fuse_depth: [1, 4], free_bypass: true}\n",
     " --fuse 4 --free-bypass",
     "mapper.free_bypass=true mapper.fuse_depth=4 mapper.resident=true"},
    {"mapper: {resident: [false, true], fuse_depth: [1, 2], tiles: all, columns: "
     "true}\n",
     " --fuse 2 --tiles all --columns",
     "mapper.columns=true mapper.fuse_depth=2 mapper.resident=true mapper.tiles=all"}};

// The whole front of the point with groups, and what the objective picks of it, are
// what map finds; its parts add up, and score so again.
static void check_found(const char *database, const char *objective,
                        const struct asking *asking) {
    char line[512];
    snprintf(line, sizeof line,
             "map -a @chip.yaml -w @net.yaml --objective pareto --resident -f csv%s",
             asking->options);
    char *front = run_text(0, line);
    char *stored = asked(
        database, "SELECT~f.energy_pj,~f.latency_cycles~FROM~v_front~f~JOIN~v_"
                  "parameter~USING~(point_id)~WHERE~path~=~'mapper.fuse_depth'~ORDER~"
                  "BY~rank");
    assert_string_equal(strchr(front, '\n'), strchr(stored, '\n'));
    char *point = asked(database, "SELECT~energy_pj,~latency_cycles,~parameters~"
                                  "FROM~v_point~WHERE~parameters~LIKE~'%depth%'");
    double cycles = 0;
    const double energy_pj = pick_of_front(front, objective, &cycles);
    char *at = strchr(point, '\n') + 1;
    assert_true(strtod(at, &at) == energy_pj && strtod(at + 1, &at) == cycles);
    assert_non_null(strstr(at, asking->parameters));
    assert_true(number_of(database, "SELECT count(*) FROM v_point") == 3);
    check_sums(database);
    snprintf(line, sizeof line, "verify @%s.db", database);
    free(run_text(0, line));
    free(front);
    free(stored);
    free(point);
}

static void test_stored_is_what_map_finds(void **state) {
    (void)state;
    static const char *const objectives[] = {"energy", "latency", "edp", "ed2p"};
    unsigned grouped = 0, retained = 0, kept = 0, buffered = 0, columns = 0;
    const uint64_t sweeps = SANITIZED ? 3 : 12;
    for (uint64_t seed = 1; seed <= sweeps; seed++) {
        const char *objective = objectives[seed % 4];
        const struct asking *asking = &askings[(seed + seed / 4) % 4];
        char database[16];
        snprintf(database, sizeof database, "g%u", (unsigned)seed);
        make_turns(seed);
        write_sweep(objective, asking->mapper);
        sweep_into(database, seed % 2 ? " -j 1" : " -j 2");
        check_found(database, objective, asking);
        grouped += number_of(database, "SELECT count(*) FROM v_group") > 0;
        retained +=
            number_of(database, "SELECT count(*) FROM v_group WHERE retained <> "
                                "'[]'") > 0;
        kept +=
            number_of(database, "SELECT count(*) FROM v_group WHERE weights_kept <> "
                                "'[]'") > 0;
        buffered += number_of(database, "SELECT count(*) FROM v_group WHERE inputs = "
                                        "'buffered'") > 0;
        columns += number_of(database, "SELECT count(*) FROM v_group WHERE "
                                       "tile_columns > 0") > 0;
    }
    printf("## sweeps of %u with groups %u, that retain %u, keep weights %u, buffer "
           "%u, of some columns %u\n",
           (unsigned)sweeps, grouped, retained, kept, buffered, columns);
    assert_true(sweeps < 12 || (grouped > 5 && retained > 1 && kept > 0 &&
                                buffered > 0 && columns > 0));
}

// Two or three memories that share: groups in any of them, on tensors in others.
static void test_several_memories(void **state) {
    (void)state;
    static const struct {
        uint64_t seed;
        unsigned memories;
        const char *objective;
        size_t asking;
    } cases[] = {{1, 2, "edp", 1}, {2, 2, "latency", 0}, {3, 3, "energy", 3},
                 {4, 3, "edp", 0}, {5, 2, "energy", 1},  {7, 2, "latency", 1}};
    const size_t sweeps = SANITIZED ? 2 : sizeof cases / sizeof *cases;
    unsigned inside = 0, outside = 0, inputs = 0, outputs = 0, held = 0;
    for (size_t i = 0; i < sweeps; i++) {
        const struct asking *asking = &askings[cases[i].asking];
        char database[16];
        snprintf(database, sizeof database, "m%zu", i);
        make_block_among(cases[i].seed, cases[i].memories);
        write_sweep(cases[i].objective, asking->mapper);
        sweep_into(database, i % 2 ? " -j 1" : " -j 2");
        check_found(database, cases[i].objective, asking);
        inside += number_of(database, "SELECT count(*) FROM v_group WHERE memory = "
                                      "'GLB'") > 0;
        outside += number_of(database, "SELECT count(*) FROM v_group WHERE memory <> "
                                       "'GLB'") > 0;
#define ELSEWHERE(what)                                                          \
    number_of(database, "SELECT count(*) FROM v_nest_place p JOIN v_nest USING " \
                        "(point_id, nest_index) JOIN v_group g USING "           \
                        "(point_id, group_index) WHERE p.memory <> g.memory "    \
                        "AND p." what " > 0") > 0
        inputs += ELSEWHERE("inputs");
        outputs += ELSEWHERE("outputs");
        held += ELSEWHERE("reserved_bits");
    }
    printf("## sweeps of %zu with groups in the inner memory %u, further out %u, on "
           "inputs elsewhere %u, outputs elsewhere %u, held elsewhere %u\n",
           sweeps, inside, outside, inputs, outputs, held);
    assert_true(sweeps < 6 ||
                (inside > 2 && outside > 1 && inputs > 3 && outputs > 2 && held > 3));
}

// Nests that overlap, in one tile, in several, beside others that do not: as map finds
// them. The group's cycles are those of its layers, and fewer than its nests' by
// themselves; without overlap they are the same. Shards and threads agree.
static void test_overlap(void **state) {
    (void)state;
    unsigned overlapped = 0, several = 0, waits = 0;
    write_scratch("net.yaml",
                  "{name: net, source: s, edges: chain, layers: [{name: a, kind: conv, "
                  "in: [2, 48, 4], out_channels: 2, kernel: 3, pad: 1}, {name: b, "
                  "kind: conv, in: [2, 48, 4], out_channels: 2, kernel: 1}]}");
    static const char *const bits[] = {"0.8", "1.2", "2"};
    for (size_t i = 0; i < 3; i++) {
        char text[1024], database[16], line[160];
        snprintf(text, sizeof text,
                 "{name: slow, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                 "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8, "
                 "shared_bits_per_cycle: %s}}, {level: GLB, memory: {class: sram, "
                 "shares: [activations], capacity_bytes: 200, pj_per_bit: 1}}, {level: "
                 "regs, memory: {class: regfile, capacity_bytes: 16, pj_per_bit: "
                 "0.1}}], compute: {pj_per_mac: 0.5}}",
                 bits[i]);
        write_scratch("chip.yaml", text);
        write_sweep("latency", "mapper: {resident: true, fuse_depth: [1, 2], overlap: "
                               "[none, outer]}\n");
        snprintf(database, sizeof database, "o%zu", i);
        sweep_into(database, "");
        assert_true(number_of(database, "SELECT count(*) FROM v_point") == 3);
        char *front = run_text(0, "map -a @chip.yaml -w @net.yaml --objective pareto "
                                  "--resident -f csv --fuse 2 --overlap outer");
        char *stored = asked(
            database,
            "SELECT~f.energy_pj,~f.latency_cycles~FROM~v_front~f~JOIN~v_parameter~"
            "USING~(point_id)~WHERE~path~=~'mapper.overlap'~ORDER~BY~rank");
        assert_string_equal(strchr(front, '\n'), strchr(stored, '\n'));
        free(front);
        free(stored);
        check_sums(database);
        NONE(database, "FROM v_group g WHERE latency_cycles - (SELECT sum(times * "
                       "max(outer_cycles, inner_cycles)) FROM v_nest n WHERE "
                       "n.point_id = g.point_id AND n.group_index = g.group_index) > "
                       "CASE overlap WHEN 'none' THEN 0 ELSE -1 END");
        NONE(database, "FROM v_group WHERE overlap = 'outer' AND point_id NOT IN "
                       "(SELECT point_id FROM v_parameter WHERE path = "
                       "'mapper.overlap' AND value = 'outer')");
        NONE(database, "FROM v_nest WHERE overlapped_runs = 0 AND latency_cycles <> "
                       "times * max(outer_cycles, inner_cycles)");
        snprintf(line, sizeof line, "verify @%s.db", database);
        free(run_text(0, line));
        overlapped += number_of(database, "SELECT count(*) FROM v_group WHERE overlap "
                                          "= 'outer'") > 0;
        several += number_of(database, "SELECT count(*) FROM v_nest WHERE "
                                       "overlapped_times > overlapped_runs") > 0;
        waits += number_of(database, "SELECT count(*) FROM v_nest WHERE latency_cycles "
                                     "> times * inner_cycles AND overlapped_times = "
                                     "times") > 0;
    }
    assert_true(overlapped == 3 && several > 0 && waits > 0);
    char *text = asked("o2", "SELECT~text~FROM~v_input~WHERE~kind~=~'sweep'");
    assert_non_null(strstr(text, "\nmapper: {resident: true, fuse_depth: [1, 2], "
                                 "overlap: [none, outer]}\n"));
    free(text);
    sweep_into("oa", " --shard 1/2 -j 2");
    sweep_into("ob", " --shard 2/2");
    free(run_text(0, "merge @both.db @ob.db @oa.db"));
    run_alike("export @o2.db", "export @both.db");
    for (int point = 1; point <= 3; point++) {
        char line[64];
        snprintf(line, sizeof line, "reproduce @both.db %d -o @again%d", point, point);
        run_says(0, line, "all equal to the last bit");
    }
}

// The same where two memories share: of groups in either, what comes ahead waits in
// their own, and inputs are in the other.
static void test_overlap_among_memories(void **state) {
    (void)state;
    static const struct asking asking = {
        "mapper: {resident: [false, true], fuse_depth: [1, 2], overlap: outer}\n",
        " --fuse 2 --overlap outer",
        "mapper.fuse_depth=2 mapper.overlap=outer mapper.resident=true"};
    static const struct {
        const char *bits_per_cycle;
        unsigned capacity_bytes; // of GLB
        const char *memory, *ahead;
    } cases[] = {{"1.2", 120, "L2", "outputs_ahead"},
                 {"2", 160, "GLB", "weights_ahead"}};
    write_scratch("net.yaml",
                  "{name: net, source: s, edges: chain, layers: [{name: x, kind: conv, "
                  "in: [1, 16, 2], out_channels: 2, kernel: 1}, {name: a, kind: conv, "
                  "in: [2, 16, 2], out_channels: 4, kernel: 3, pad: 1}, {name: b, "
                  "kind: conv, in: [4, 16, 2], out_channels: 2, kernel: 1}]}");
    for (size_t i = 0; i < 2; i++) {
        char text[1024], database[16], line[256];
        snprintf(text, sizeof text,
                 "{name: slow, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                 "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8, "
                 "shared_bits_per_cycle: %s}}, {level: L2, memory: {class: sram, "
                 "shares: [activations], keeps: [inputs, outputs], capacity_bytes: 70, "
                 "pj_per_bit: 1}}, {level: GLB, memory: {class: sram, shares: "
                 "[activations], capacity_bytes: %u, pj_per_bit: 0.5}}, {level: regs, "
                 "memory: {class: regfile, capacity_bytes: 16, pj_per_bit: 0.1}}], "
                 "compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.1, "
                 "ops_per_cycle: 4}}",
                 cases[i].bits_per_cycle, cases[i].capacity_bytes);
        write_scratch("chip.yaml", text);
        write_sweep("latency", asking.mapper);
        snprintf(database, sizeof database, "p%zu", i);
        sweep_into(database, "");
        check_found(database, "latency", &asking);
        snprintf(line, sizeof line,
                 "SELECT count(*) FROM v_group g WHERE overlap = 'outer' AND memory = "
                 "'%s' AND EXISTS (SELECT 1 FROM v_nest WHERE %s) AND EXISTS (SELECT 1 "
                 "FROM v_nest_place p WHERE p.inputs AND p.memory <> g.memory)",
                 cases[i].memory, cases[i].ahead);
        assert_true(number_of(database, line) == 1);
        snprintf(line, sizeof line, "reproduce @%s.db 3 -o @p_again%zu", database, i);
        run_says(0, line, "all equal to the last bit");
        snprintf(line, sizeof line, "UPDATE nest SET %s = 0", cases[i].ahead);
        damage_copy(database, line);
        snprintf(line, sizeof line, "%s of nest", cases[i].ahead);
        says_again("damaged", "verify-group", line);
    }
    repair_damaged("p1");
}

// --- However it is computed ---

static const char axes[] = "override: {GLB.capacity_bytes: [100, 160]}\nmapper: "
                           "{resident: [false, true], fuse_depth: [1, 2], tiles: "
                           "[balanced, all], columns: [false, true]}\n";

static void test_threads_shards_and_rests(void **state) {
    (void)state;
    make_turns(7);
    write_sweep("edp", axes);
    // Alone, resident, and in pairs by two kinds of tiles, with or without columns:
    // depth, tiles and columns say nothing where they mean nothing.
    run_says(0, "plan @s.yaml", "points           12");
    sweep_in_parts();
    check_sums("all");
    sweep_into("b", ""); // a file that has a part of it is completed
    run_alike("export @one.db", "export @b.db");
    char *export = run_text(0, "export @one.db");
    assert_non_null(strstr(export, "{\"table\":\"grp\",\"point\":"));
    assert_non_null(strstr(export, "{\"table\":\"nest\",\"point\":"));
    assert_non_null(strstr(export, ",\"grp\":"));
    free(export);
    char *text = asked("one", "SELECT~text~FROM~v_input~WHERE~kind~=~'sweep'");
    assert_non_null(strstr(text, "\nmapper: {resident: [false, true], fuse_depth: [1, "
                                 "2], tiles: [balanced, all], columns: [false, "
                                 "true]}\n"));
    free(text);
    // Pruned away, nothing of them is left; kept, all of it is.
    free(run_text(0, "tag @two.db keep --where point_id~=~12"));
    free(run_text(0, "prune @two.db --sweep s"));
    NONE("two", "FROM nest n WHERE NOT EXISTS (SELECT 1 FROM point p WHERE p.point_id ="
                " n.point_id)");
    free(run_text(0, "verify @two.db"));
}

// Points without groups are those of a sweep that does not ask.
static void test_the_others_are_what_they_were(void **state) {
    (void)state;
    static const char sql[] = "SELECT~point_hash,~arch_hash,~workload_hash,~energy_pj,~"
                              "parameters~FROM~v_point~WHERE~coalesce(parameters,~'')~"
                              "NOT~LIKE~'%depth%'~ORDER~BY~point_hash";
    make_turns(9);
    write_sweep("energy", "mapper: {resident: [false, true], fuse_depth: [1, 3]}\n");
    sweep_into("three", "");
    write_sweep("energy", "mapper: {resident: [false, true]}\n");
    sweep_into("plain", "");
    char *three = asked("three", sql), *plain = asked("plain", sql);
    assert_string_equal(three, plain);
    free(three);
    free(plain);
    // A depth of one is none.
    write_sweep("energy", "mapper: {resident: [false, true], fuse_depth: 1}\n");
    sweep_into("shallow", "");
    run_alike("export @plain.db", "export @shallow.db");
    char *export = run_text(0, "export @plain.db");
    assert_null(strstr(export, "\"grp\""));
    assert_null(strstr(export, "\"nest\""));
    free(export);
    // Depths and tiles make points of their own.
    write_sweep(
        "energy",
        "mapper: {resident: true, fuse_depth: [2, 3], tiles: [all, balanced]}\n");
    sweep_into("own", "");
    assert_true(number_of("own", "SELECT count(DISTINCT point_hash) FROM v_point") ==
                4);
    NONE("own", "FROM v_point a JOIN v_point b ON a.point_id < b.point_id WHERE "
                "a.parameters = b.parameters");
}

// What was not tried is not called proved: the point fails and says why.
static void test_groups_that_are_not_tried(void **state) {
    (void)state;
    make_turns(3);
    write_scratch(
        "net.yaml",
        "{name: long, source: s, layers: ["
        "{name: a, kind: matmul, m: 33554432, k: 1, n: 1}, "
        "{name: b, kind: matmul, m: 33554432, k: 1, n: 1}], edges: [{from: a, "
        "to: b}]}");
    write_sweep("energy", "mapper: {resident: true, fuse_depth: [1, 2]}\n");
    sweep_into("long", "");
    char *said = asked("long", "SELECT~status,~reason~FROM~v_point~ORDER~BY~1~DESC");
    if (!strstr(said, "\nok,") ||
        !strstr(said, "\nerror,\"which layers take turns: groups have too many rows, "
                      "or windows of too many, to be tried; without fuse_depth"))
        fail_msg("%s", said);
    free(said);
}

// What memories share says nothing where no tensor may stay: the points are one.
static void test_what_is_shared_is_not_asked(void **state) {
    (void)state;
    static const char *const shares[] = {"", "shares: [activations], ",
                                         "shares: [activations, weights], "};
    for (size_t i = 0; i < 3; i++) {
        char text[1024], database[16], line[64];
        make_turns(9);
        snprintf(text, sizeof text,
                 "{name: chip, source: s, node_nm: 28, clock_ghz: 1, levels: [{level: "
                 "DRAM, memory: {class: dram, pj_per_bit: 30, shared_bits_per_cycle: "
                 "8}}, {level: GLB, memory: {class: sram, %scapacity_bytes: 160, "
                 "pj_per_bit: 1, shared_bits_per_cycle: 32}}], tensors: {weights: "
                 "{bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: 20}}, "
                 "compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.25, "
                 "ops_per_cycle: 4}}",
                 shares[i]);
        write_scratch("chip.yaml", text);
        write_sweep("energy", "");
        snprintf(database, sizeof database, "share%zu", i);
        sweep_into(database, "");
        snprintf(line, sizeof line, "export @%s.db", database);
        run_alike("export @share0.db", line);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_that_are_not_tried),
        cmocka_unit_test(test_overlap),
        cmocka_unit_test(test_overlap_among_memories),
        cmocka_unit_test(test_stored_is_what_map_finds),
        cmocka_unit_test(test_several_memories),
        cmocka_unit_test(test_threads_shards_and_rests),
        cmocka_unit_test(test_the_others_are_what_they_were),
        cmocka_unit_test(test_what_is_shared_is_not_asked)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
