// Sweeps whose points' layers may take turns: what is stored is what sdse map
// --resident
// --fuse finds, to the last bit, however it was computed; the parts add up; what is
// damaged is seen and found again; and nothing else moves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"
#include "dse/sweep/rescore.h"
#include "results/store/verify.h"
#include "support/sanitized.h"

// --- Generated ---

static uint64_t below(uint64_t *state, uint64_t limit) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % limit;
}

static void write_arch(uint64_t *state) {
    char text[1024];
    snprintf(text, sizeof text,
             "{name: chip, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: "
             "{bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: %u}}, "
             "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 30, "
             "shared_bits_per_cycle: 8}}, {level: GLB, memory: {class: sram, shares: "
             "[activations%s], capacity_bytes: %u, pj_per_bit: 1, "
             "shared_bits_per_cycle: 32}, fanout: {x: 2, dims_x: [K, P]}, network: "
             "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}}, "
             "{level: regs, memory: {class: regfile, capacity_bytes: 40, pj_per_bit: "
             "0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: "
             "0.25, ops_per_cycle: 4}}",
             below(state, 2) ? 8u : 20u, below(state, 2) ? ", weights" : "",
             90 + (unsigned)below(state, 120));
    write_scratch("chip.yaml", text);
}

// A chain of convolutions, functions of words between some of them.
static void write_net(uint64_t *state) {
    char layers[2048] = "", edges[512] = "", text[4096];
    const unsigned count = 3 + (unsigned)below(state, 2);
    unsigned size = 4 + (unsigned)below(state, 5), from = 1 + (unsigned)below(state, 2);
    const char *before = NULL;
    static char names[8][8];
    unsigned named = 0;
    for (unsigned i = 0; i < count; i++) {
        const unsigned to = 1 + (unsigned)below(state, 3),
                       kernel = below(state, 4) ? 3 : 1,
                       stride = i && below(state, 4) == 0 ? 2 : 1;
        char *name = names[named++];
        sprintf(name, "l%u", i);
        sprintf(layers + strlen(layers),
                "{name: %s, kind: conv, in: [%u, %u, %u], out_channels: %u, kernel: "
                "%u, stride: %u, pad: %u}, ",
                name, from, size, size, to, kernel, stride, kernel / 2);
        if (before)
            sprintf(edges + strlen(edges), "{from: %s, to: %s}, ", before, name);
        size = (size - 1) / stride + 1;
        from = to;
        before = name;
        if (i + 1 == count || below(state, 3))
            continue;
        name = names[named++];
        sprintf(name, "a%u", i);
        sprintf(layers + strlen(layers), "{name: %s, kind: act, in: [%u, %u, %u]}, ",
                name, from, size, size);
        before = name;
    }
    snprintf(text, sizeof text, "{name: net, source: s, layers: [%s], edges: [%s]}",
             layers, edges);
    write_scratch("net.yaml", text);
}

static void make(uint64_t seed) {
    uint64_t state = seed * 2 + 1;
    write_arch(&state);
    write_net(&state);
}

static void write_sweep(const char *objective, const char *rest) {
    char text[512];
    snprintf(text, sizeof text,
             "name: s\nworkloads: [net.yaml]\narchs: [chip.yaml]\nweight_forms: "
             "[raw]\nobjective: %s\n%s",
             objective, rest);
    write_scratch("s.yaml", text);
}

static void sweep_into(const char *database, const char *rest) {
    char line[256];
    snprintf(line, sizeof line, "sweep @s.yaml -o @%s.db%s", database, rest);
    free(run_text(0, line));
}

static char *asked(const char *database, const char *sql) {
    char line[2048];
    snprintf(line, sizeof line, "query @%s.db %s -f csv", database, sql);
    return run_text(0, line);
}

// --- In SQL, of the file itself ---

static double number(const char *database, const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    char file[64];
    snprintf(file, sizeof file, "%s.db", database);
    assert_int_equal(sqlite3_open(scratch(file), &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const double value = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

static void change(const char *database, const char *sql) {
    sqlite3 *db = NULL;
    char file[64];
    snprintf(file, sizeof file, "%s.db", database);
    assert_int_equal(sqlite3_open(scratch(file), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

#define NONE(database, sql) assert_true(number(database, "SELECT count(*) " sql) == 0)

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
    NONE(
        database,
        "FROM v_layer l JOIN (SELECT point_id, layer_index, bottleneck, sum("
        "latency_cycles) AS cycles FROM v_nest GROUP BY 1, 2, 3) n USING (point_id, "
        "layer_index) WHERE n.cycles > (SELECT sum(latency_cycles) FROM v_nest m WHERE "
        "m.point_id = l.point_id AND m.layer_index = l.layer_index AND m.bottleneck = "
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

static double pick(const char *front, const char *objective, double *cycles) {
    double best = (double)INFINITY, energy_pj = 0;
    const char *line = strchr(front, '\n');
    for (; line && line[1]; line = strchr(line + 1, '\n')) {
        char *end;
        const double pj = strtod(line + 1, &end), at = strtod(end + 1, NULL);
        const double value = strcmp(objective, "energy") == 0    ? pj
                             : strcmp(objective, "latency") == 0 ? at
                             : strcmp(objective, "edp") == 0     ? pj * at
                                                                 : pj * at * at;
        if (value < best) {
            best = value;
            energy_pj = pj;
            *cycles = at;
        }
    }
    return energy_pj;
}

static const struct asking {
    const char *mapper, *options, *parameters;
} askings[] = {
    {"mapper: {resident: [false, true], fuse_depth: [1, 2]}\n", " --fuse 2",
     "mapper.fuse_depth=2 mapper.resident=true"},
    {"mapper: {resident: [false, true], fuse_depth: [1, 3], tiles: all}\n",
     " --fuse 3 --tiles all",
     "mapper.fuse_depth=3 mapper.resident=true mapper.tiles=all"},
    {"mapper: {resident: [false, true], fuse_depth: [1, 4], free_bypass: true}\n",
     " --fuse 4 --free-bypass",
     "mapper.free_bypass=true mapper.fuse_depth=4 mapper.resident=true"}};

static void test_stored_is_what_map_finds(void **state) {
    (void)state;
    static const char *const objectives[] = {"energy", "latency", "edp", "ed2p"};
    unsigned grouped = 0, retained = 0, kept = 0, buffered = 0;
    const uint64_t sweeps = SANITIZED ? 3 : 12;
    for (uint64_t seed = 1; seed <= sweeps; seed++) {
        const char *objective = objectives[seed % 4];
        const struct asking *asking = &askings[seed % 3];
        char database[16], line[512];
        snprintf(database, sizeof database, "g%u", (unsigned)seed);
        make(seed);
        write_sweep(objective, asking->mapper);
        sweep_into(database, seed % 2 ? " -j 1" : " -j 2");
        snprintf(
            line, sizeof line,
            "map -a @chip.yaml -w @net.yaml --objective pareto --resident -f csv%s",
            asking->options);
        char *front = run_text(0, line);
        char *stored = asked(
            database,
            "SELECT~f.energy_pj,~f.latency_cycles~FROM~v_front~f~JOIN~v_parameter~"
            "USING~(point_id)~WHERE~path~=~'mapper.fuse_depth'~ORDER~BY~rank");
        assert_string_equal(strchr(front, '\n'), strchr(stored, '\n'));
        char *point = asked(database, "SELECT~energy_pj,~latency_cycles,~parameters~"
                                      "FROM~v_point~WHERE~parameters~LIKE~'%depth%'");
        double cycles = 0;
        const double energy_pj = pick(front, objective, &cycles);
        char *at = strchr(point, '\n') + 1;
        assert_true(strtod(at, &at) == energy_pj && strtod(at + 1, &at) == cycles);
        assert_non_null(strstr(at, asking->parameters));
        assert_true(number(database, "SELECT count(*) FROM v_point") == 3);
        check_sums(database);
        snprintf(line, sizeof line, "verify @%s.db", database);
        free(run_text(0, line));
        grouped += number(database, "SELECT count(*) FROM v_group") > 0;
        retained += number(database, "SELECT count(*) FROM v_group WHERE retained <> "
                                     "'[]'") > 0;
        kept += number(database, "SELECT count(*) FROM v_group WHERE weights_kept <> "
                                 "'[]'") > 0;
        buffered += number(database, "SELECT count(*) FROM v_group WHERE inputs = "
                                     "'buffered'") > 0;
        free(front);
        free(stored);
        free(point);
    }
    printf("## sweeps of %u with groups %u, that retain %u, keep weights %u, buffer "
           "%u\n",
           (unsigned)sweeps, grouped, retained, kept, buffered);
    assert_true(sweeps < 12 ||
                (grouped > 5 && retained > 1 && kept > 0 && buffered > 0));
}

// --- However it is computed ---

static const char axes[] = "override: {GLB.capacity_bytes: [100, 160]}\nmapper: "
                           "{resident: [false, true], fuse_depth: [1, 2, 3], tiles: "
                           "[balanced, all]}\n";

static void test_threads_shards_and_rests(void **state) {
    (void)state;
    make(7);
    write_sweep("edp", axes);
    // Alone, resident, and two depths in two kinds of tiles: depth and tiles say
    // nothing where they mean nothing.
    run_says(0, "plan @s.yaml", "points           12");
    sweep_into("one", " -j 1");
    sweep_into("two", " -j 2");
    sweep_into("a", " --shard 1/2");
    sweep_into("b", " --shard 2/2");
    free(run_text(0, "merge @all.db @b.db @a.db"));
    run_alike("export @one.db", "export @two.db");
    run_alike("export @one.db", "export @all.db");
    free(run_text(0, "verify @all.db"));
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
                                 "2, 3], tiles: [balanced, all]}\n"));
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
    make(9);
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
    assert_true(number("own", "SELECT count(DISTINCT point_hash) FROM v_point") == 4);
    NONE("own", "FROM v_point a JOIN v_point b ON a.point_id < b.point_id WHERE "
                "a.parameters = b.parameters");
}

// --- One point again, and damage ---

// What scoring the nests of a damaged file again says, whatever its digests say.
static void score_again(const char *database, bool right) {
    char file[64];
    snprintf(file, sizeof file, "%s.db", database);
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    struct sdse_reader *reader = NULL;
    uint64_t scored = 0;
    sdse_diags_init(&diags, arena);
    assert_int_equal(sdse_reader_open_unchecked(scratch(file), &diags, &reader),
                     SDSE_OK);
    const size_t all = sdse_verify_solutions(reader);
    assert_int_equal(sdse_rescore(reader, NULL, &diags, &scored) == SDSE_OK, right);
    if (right)
        assert_int_equal(scored, all);
    else
        assert_string_equal(diags.first->check, "verify-score");
    sdse_reader_close(reader);
    sdse_arena_free(arena);
}

// A seed whose last point has groups.
static void make_grouped(const char *database, const char *mapper) {
    for (uint64_t seed = 20; seed < 40; seed++) {
        char line[64];
        make(seed);
        write_sweep("energy", mapper);
        sweep_into(database, "");
        if (number(database, "SELECT count(*) > 0 FROM v_group") > 0)
            return;
        snprintf(line, sizeof line, "%s.db", database);
        remove(scratch(line));
    }
    fail_msg("no seed makes groups");
}

// Heads and keys of an attention in parts: what is stored is what sdse map finds, its
// nests score as they did, and say which of them continue sums.
static void test_attention(void **state) {
    (void)state;
    uint64_t random = 5;
    write_arch(&random);
    write_scratch("net.yaml",
                  "{name: net, source: s, layers: ["
                  "{name: qk, kind: matmul, heads: 2, m: 12, k: 4, n: 32}, "
                  "{name: s, kind: softmax, in: [2, 12, 32], fused: false}, "
                  "{name: av, kind: matmul, heads: 2, m: 12, k: 32, n: 4}], "
                  "edges: [{from: qk, to: s, reshape: heads}, "
                  "{from: s, to: av, reshape: heads}]}");
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 3}\n");
    sweep_into("attention", "");
    score_again("attention", true);
    assert_true(number("attention", "SELECT min(tile_heads) = 1 AND min(tile_keys) > 0 "
                                    "FROM v_group") > 0);
    assert_true(number("attention",
                       "SELECT sum(continues) > 0 AND sum(unfinished) > 0 AND "
                       "sum(rescales) = sum(continues) FROM v_nest") > 0);
    char *found =
        run_text(0, "map -a @chip.yaml -w @net.yaml --objective energy --resident "
                    "--fuse 3 -f json");
    const char *fused = strstr(found, "\"fused\":");
    assert_non_null(fused);
    fused = strstr(fused, "\"energy_pj\":");
    assert_non_null(fused);
    assert_true(strtod(fused + strlen("\"energy_pj\":"), NULL) ==
                number("attention", "SELECT energy_pj FROM point"));
    free(found);
}

static void test_one_point(void **state) {
    (void)state;
    make_grouped("point", "mapper: {resident: true, fuse_depth: 3}\n");
    run_says(0, "reproduce @point.db 1 -o @again", "all equal to the last bit");
    free(run_text(0, "sweep @again/sweep.yaml -o @again.db"));
    static const char sql[] = "SELECT~point_hash,~energy_pj,~parameters~FROM~v_point";
    char *stored = asked("point", sql), *again = asked("again", sql);
    assert_string_equal(stored, again);
    free(stored);
    free(again);
    run_says(0, "show point @point.db 1", "weights kept");
    run_says(0, "show point @point.db 1 -f json", "\"tile_rows\": ");
    char line[128], *layer = asked("point", "SELECT~layer~FROM~v_nest~LIMIT~1");
    char *name = strtok(strchr(layer, '\n') + 1, "\n");
    snprintf(line, sizeof line, "plot mapping @point.db --point 1 --layer %s -o @x",
             name);
    free(layer);
    run_says(1, line, "takes turns with others");
}

// --- Pictures ---

// The first line of a script's data; free with the script.
static char *data_of(const char *line, const char *script, char **text) {
    free(run_text(0, line));
    *text = read_whole(scratch(script));
    char *data = strstr(*text, "data << ");
    assert_non_null(data);
    return strchr(strchr(data, '\n') + 1, '\n') + 1; // after the names of columns
}

static void test_words_beside_each_other(void **state) {
    (void)state;
    make_grouped(
        "words",
        "override: {GLB.pj_per_bit: [1, 2]}\nmapper: {resident: [false, true], "
        "fuse_depth: [1, 3], tiles: [balanced, all]}\n");
    // Four points of one design, in the order of what they may; the other designs are
    // not drawn.
    const int64_t point = (int64_t)number(
        "words", "SELECT max(point_id) FROM v_point WHERE parameters LIKE '%=1 %'");
    char line[128], script[64], *text;
    snprintf(line, sizeof line, "plot words @words.db -p %lld -o @w", (long long)point);
    snprintf(script, sizeof script, "w/words_%lld.png.gp", (long long)point);
    char *data = data_of(line, script, &text);
    assert_non_null(strstr(text, "'each layer by itself: "));
    assert_non_null(strstr(text, "'tensors may stay: "));
    assert_non_null(strstr(text, "'up to 3 layers take turns: "));
    assert_non_null(strstr(text, "'up to 3 layers take turns, any tiles: "));
    static const char *const parameters[] = {
        "GLB.pj_per_bit=1", "GLB.pj_per_bit=1 mapper.resident=true",
        "GLB.pj_per_bit=1 mapper.fuse_depth=3 mapper.resident=true",
        "GLB.pj_per_bit=1 mapper.fuse_depth=3 mapper.resident=true mapper.tiles=all"};
    unsigned layers = 0;
    for (; *data >= '0' && *data <= '9'; data = strchr(data, '\n') + 1, layers++) {
        char name[64];
        int used;
        assert_int_equal(sscanf(data, "%*u\t\"%63[^\"]\"%n", name, &used), 1);
        char *at = data + used;
        for (int i = 0; i < 4; i++) {
            char sql[400];
            snprintf(
                sql, sizeof sql,
                "SELECT sum(reads_words + updates_words) FROM v_level JOIN v_point "
                "USING (point_id) WHERE level = 0 AND parameters = '%s' AND layer "
                "= '%s'",
                parameters[i], name);
            assert_true(strtod(at, &at) == number("words", sql));
        }
    }
    assert_true(layers == number("words", "SELECT count(*) FROM v_layer WHERE point_id "
                                          "= 1 AND latency_cycles > 0"));
    free(text);
    run_says(2, "plot words @words.db -p 1 --facet kind -o @w", "it has one panel");
}

static void test_turns_in_time(void **state) {
    (void)state;
    make_grouped("turns", "mapper: {resident: true, fuse_depth: 3}\n");
    char *layer =
        asked("turns", "SELECT~layer~FROM~v_nest~WHERE~group_index~=~0~LIMIT~1");
    char line[128], script[64], *text;
    const char *name = strtok(strchr(layer, '\n') + 1, "\n");
    snprintf(line, sizeof line, "plot gantt @turns.db -p 1 -l %s -o @t", name);
    snprintf(script, sizeof script, "t/gantt_1_%s.png.gp", name);
    char *data = data_of(line, script, &text);
    double end = 0, most = 0;
    unsigned nests = 0;
    for (; *data >= '0' && *data <= '9'; data = strchr(data, '\n') + 1, nests++) {
        double from, to, held, with;
        char of[64];
        assert_int_equal(sscanf(data, "%*u\t%lf\t%lf\t%*s\t%lf\t%lf\t\"%63[^\"]", &from,
                                &to, &held, &with, of),
                         5);
        assert_true(from == end && to > from && with >= held); // one after the other
        char sql[160];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM v_nest WHERE layer = '%s'", of);
        assert_true(number("turns", sql) > 0);
        end = to;
        most = with > most ? with : most;
    }
    assert_true(end == number("turns", "SELECT latency_cycles FROM v_group WHERE "
                                       "group_index = 0"));
    assert_true(nests == number("turns", "SELECT sum(times) FROM v_nest WHERE "
                                         "group_index = 0 AND latency_cycles > 0"));
    char *arch = read_whole(scratch("chip.yaml"));
    const char *capacity = strstr(strstr(arch, "GLB"), "capacity_bytes: ");
    assert_true(most > 0 && most * 1024 <= strtod(capacity + 16, NULL));
    free(arch);
    free(text);
    free(layer);
    // Of a group the layers that stand outside have their own.
    run_says(1, "plot mapping @turns.db -p 1 -l nobody -o @t", "has no layer 'nobody'");
}

static void test_damage_is_seen_and_repaired(void **state) {
    (void)state;
    static const struct {
        const char *sql, *said;
        bool scored; // again, and found to be another
    } damage[] = {
        {"UPDATE nest SET times = times + 1 WHERE nest_index = 0",
         "do not add up to it", false},
        {"UPDATE nest SET group_index = 7", "no group has it", false},
        {"DELETE FROM nest WHERE nest_index = 0", "do not add up to it", false},
        {"DELETE FROM nest", "do not add up to it", false},
        {"DELETE FROM grp", "do not add up to it", false},
        {"UPDATE solution SET energy_pj = energy_pj * 1.01 WHERE solution_id IN "
         "(SELECT "
         "solution_id FROM nest)",
         "[verify-sum]", true},
        {"UPDATE nest SET row_count = row_count + 1", "", true},
        {"UPDATE nest SET first_row = first_row + 1000", "", true},
        {"UPDATE nest SET reserved_bits = reserved_bits + 1e9", "", true},
        {"UPDATE nest SET loads_weights = 1 - loads_weights", "", true},
        {"UPDATE nest SET inputs_shared = 1 - inputs_shared", "", true},
        {"UPDATE nest SET outputs_shared = 1 - outputs_shared", "", true},
        {"UPDATE grp SET tile_rows = tile_rows + 1", "", false},
        {"UPDATE grp SET last_layer = last_layer + 1", "", false}};
    make_grouped("right", "mapper: {resident: [false, true], fuse_depth: 3}\n");
    score_again("right", true);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        char database[16], line[64];
        snprintf(database, sizeof database, "bad%zu", i);
        sweep_into(database, "");
        change(database, damage[i].sql);
        snprintf(line, sizeof line, "verify @%s.db", database);
        if (damage[i].scored)
            score_again(database, false);
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

// What was not tried is not called proved: the point fails and says why.
static void test_groups_that_are_not_tried(void **state) {
    (void)state;
    make(3);
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
        !strstr(said,
                "\nerror,\"which layers take turns: groups have too many tiles of "
                "too many rows to be tried; without fuse_depth"))
        fail_msg("%s", said);
    free(said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups_that_are_not_tried),
        cmocka_unit_test(test_stored_is_what_map_finds),
        cmocka_unit_test(test_threads_shards_and_rests),
        cmocka_unit_test(test_the_others_are_what_they_were),
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_one_point),
        cmocka_unit_test(test_words_beside_each_other),
        cmocka_unit_test(test_turns_in_time),
        cmocka_unit_test(test_damage_is_seen_and_repaired)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
