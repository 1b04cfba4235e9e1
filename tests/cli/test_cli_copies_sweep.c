// Sweeps whose points' tensors may be moved between layers: what is stored is what sdse
// map --copies finds, to the last bit, however it was computed; every view adds up with
// what is brought in; and nothing else moves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_again.h"
#include "cli/support_program.h"
#include "cli/support_swept.h"
#include "support/sanitized.h"

// --- Generated ---

// Room for one to three maps.
static void write_moved_chip(uint64_t *state, unsigned map_bytes) {
    char text[1024];
    // One at a time: the order in which a call's arguments are found is the compiler's.
    const unsigned capacity_bytes = map_bytes * (12 + (unsigned)below(state, 18)) / 10,
                   partial_bits = below(state, 2) ? 8 : 20,
                   bits_per_cycle = 4 + 12 * (unsigned)below(state, 2),
                   network_pj = 1 + (unsigned)below(state, 3);
    snprintf(text, sizeof text,
             "{name: chip, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: "
             "{bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: %u}}, "
             "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 30, "
             "shared_bits_per_cycle: %u, leakage_mw: 0.5}, network: {topology: bus, "
             "pj_per_bit: 0.%u}}, {level: GLB, memory: {class: sram, shares: "
             "[activations], capacity_bytes: %u, pj_per_bit: 1, "
             "shared_bits_per_cycle: 32}}, {level: regs, memory: {class: regfile, "
             "capacity_bytes: 16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, "
             "vector: {below: GLB, pj_per_op: 0.25, ops_per_cycle: 4}}",
             partial_bits, bits_per_cycle, network_pj, capacity_bytes);
    write_scratch("chip.yaml", text);
}

// Layers of one map size that read the one before, or the first; a quarter add another.
static void make_moved(uint64_t seed) {
    uint64_t state = seed * 2 + 1;
    const unsigned count = 5 + (unsigned)below(&state, 4),
                   rows = 4 + 2 * (unsigned)below(&state, 3);
    char layers[2048] = "", edges[1024] = "", text[4096];
    write_moved_chip(&state, rows * 8);
    for (unsigned i = 0; i < count; i++) {
        const bool adds = i > 1 && below(&state, 4) == 0;
        const unsigned kernel = below(&state, 2) ? 3 : 1,
                       other = below(&state, 2) || i < 2
                                   ? 0
                                   : (unsigned)below(&state, i - 1),
                       from = !adds && i > 3 && below(&state, 2) ? 0 : i - 1;
        if (adds)
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: add, in: [1, %u, 8], fused: false}, ", i, rows);
        else
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: conv, in: [1, %u, 8], out_channels: 1, kernel: "
                    "%u, pad: %u}, ",
                    i, rows, kernel, kernel / 2);
        if (i > 0)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", from, i);
        if (adds)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", other, i);
    }
    snprintf(text, sizeof text, "{name: net, source: s, layers: [%s], edges: [%s]}",
             layers, edges);
    write_scratch("net.yaml", text);
}

// --- Sums ---

#define NONE(database, sql) \
    assert_true(number_of(database, "SELECT count(*) " sql) == 0)

#define COPIED(column)                                                             \
    "(SELECT total(c." column ") FROM v_copy c WHERE c.point_id = l.point_id AND " \
    "c.before_layer = l.layer_index)"

// Layers are the network, whatever is asked of them; copies are parts of them.
static void check_sums(const char *database) {
    NONE(database, "FROM v_point p WHERE abs(energy_pj - (SELECT sum(energy_pj) FROM "
                   "v_layer l WHERE l.point_id = p.point_id)) > 1e-12 * energy_pj OR "
                   "abs(energy_pj - (SELECT sum(energy_pj) FROM v_energy e WHERE "
                   "e.point_id = p.point_id)) > 1e-12 * energy_pj OR latency_cycles <> "
                   "(SELECT sum(latency_cycles) FROM v_layer l WHERE l.point_id = "
                   "p.point_id)");
    NONE(database,
         "FROM v_layer l WHERE abs(energy_pj - (SELECT sum(energy_pj) FROM "
         "v_energy e WHERE e.point_id = l.point_id AND e.layer_index = "
         "l.layer_index)) > 1e-12 * energy_pj OR energy_pj <= " COPIED(
             "energy_pj") " AND energy_pj > 0 OR latency_cycles < " COPIED("latency_"
                                                                           "cycles"));
    NONE(database, "FROM v_copy c WHERE abs(energy_pj - (SELECT sum(energy_pj) FROM "
                   "v_copy_energy e WHERE e.point_id = c.point_id AND e.before_layer = "
                   "c.before_layer AND e.tensor = c.tensor)) > 1e-12 * energy_pj");
    // Of every component and action, too.
    NONE(database,
         "FROM (SELECT point_id, before_layer AS layer_index, component, action, "
         "sum(energy_pj) AS pj FROM v_copy_energy GROUP BY 1, 2, 3, 4) c LEFT JOIN "
         "v_energy e USING (point_id, layer_index, component, action) WHERE c.pj > 0 "
         "AND coalesce(e.energy_pj < c.pj * (1 - 1e-12), 1)");
    NONE(database, "FROM v_level l WHERE level = 0 AND part = 'inputs' AND "
                   "reads_words < " COPIED("words"));
    // What groups take is what their nests do, and what comes before them.
    NONE(database, "FROM v_layer l JOIN (SELECT point_id, layer_index, sum(energy_pj) "
                   "AS pj, "
                   "sum(latency_cycles) AS cycles FROM v_nest GROUP BY 1, 2) n USING "
                   "(point_id, "
                   "layer_index) WHERE abs(n.pj + " COPIED(
                       "energy_pj") " - l.energy_pj) > 1e-12 * n.pj OR n.cycles "
                                    "+ " COPIED("latency_cycles") " <> "
                                                                  "l.latency_cycles");
    // What is brought in is there from then on, and was made before.
    NONE(database, "FROM v_copy c WHERE NOT EXISTS (SELECT 1 FROM v_place p WHERE "
                   "p.point_id = c.point_id AND p.tensor = c.tensor AND p.memory = "
                   "c.memory AND p.first_layer = c.before_layer AND p.last_layer = "
                   "c.until_layer AND p.bits = 8 * c.words) OR NOT EXISTS (SELECT 1 "
                   "FROM v_layer l WHERE l.point_id = c.point_id AND l.layer = "
                   "c.tensor AND l.layer_index < c.before_layer)");
}

// --- What is stored is what map finds ---

static const struct asking {
    const char *mapper, *options;
} askings[] = {
    {"mapper: {resident: true, copies: [false, true]}\n", ""},
    {"mapper: {resident: true, fuse_depth: 2, copies: [false, true]}\n", " --fuse 2"},
    {"mapper: {resident: true, copies: [false, true], imperfect_percent: 20}\n",
     " --imperfect 20"},
    {"mapper: {resident: true, fuse_depth: 3, overlap: outer, copies: [false, true]}\n",
     " --fuse 3 --overlap outer"},
    {"mapper: {resident: true, free_bypass: true, copies: [false, true]}\n",
     " --free-bypass"}};

#define MOVED_POINT \
    "point_id = (SELECT point_id FROM v_parameter WHERE path = 'mapper.copies')"

static void test_stored_is_what_map_finds(void **state) {
    (void)state;
    static const char *const objectives[] = {"energy", "latency", "edp", "ed2p"};
    // One network in fifteen moves a tensor where it is best: the most of these do.
    static const unsigned seeds[] = {26, 4, 30, 98, 7, 47, 95, 99};
    const size_t sweeps = SANITIZED ? 4 : sizeof seeds / sizeof *seeds;
    unsigned moved = 0, gained = 0, let_go = 0, twice = 0;
    for (size_t i = 0; i < sweeps; i++) {
        const unsigned seed = seeds[i];
        const char *objective = objectives[seed % 4];
        const struct asking *asking = &askings[seed % 5];
        char database[16], line[256];
        snprintf(database, sizeof database, "g%u", seed);
        make_moved(seed);
        write_sweep(objective, asking->mapper);
        sweep_into(database, seed % 2 ? " -j 1" : " -j 2");
        snprintf(line, sizeof line,
                 "map -a @chip.yaml -w @net.yaml --objective pareto --resident "
                 "--copies -f csv%s",
                 asking->options);
        char *front = run_text(0, line);
        char *stored =
            asked(database, "SELECT~f.energy_pj,~f.latency_cycles~FROM~v_front~f~JOIN~"
                            "v_parameter~USING~(point_id)~WHERE~path~=~"
                            "'mapper.copies'~ORDER~BY~rank");
        assert_string_equal(strchr(front, '\n'), strchr(stored, '\n'));
        double cycles = 0;
        const double energy_pj = pick_of_front(front, objective, &cycles);
        assert_true(
            number_of(database, "SELECT energy_pj FROM v_point WHERE " MOVED_POINT) ==
            energy_pj);
        assert_true(
            number_of(database,
                      "SELECT latency_cycles FROM v_point WHERE " MOVED_POINT) ==
            cycles);
        assert_true(number_of(database, "SELECT count(*) FROM v_point") == 2);
        NONE(database, "FROM v_copy WHERE NOT " MOVED_POINT);
        check_sums(database);
        snprintf(line, sizeof line, "verify @%s.db", database);
        free(run_text(0, line));
        moved += number_of(database, "SELECT count(*) FROM v_copy") > 0;
        gained += number_of(database, "SELECT max(energy_pj) > min(energy_pj) OR "
                                      "max(latency_cycles) > min(latency_cycles) FROM "
                                      "v_point") > 0;
        let_go += number_of(database, "SELECT count(*) FROM v_place WHERE memory = "
                                      "'GLB' AND first_layer = last_layer AND tensor = "
                                      "'l' || first_layer") > 0;
        twice += number_of(database, "SELECT count(*) FROM (SELECT 1 FROM v_place "
                                     "WHERE memory = 'GLB' GROUP BY point_id, tensor "
                                     "HAVING count(*) > 1)") > 0;
        free(front);
        free(stored);
    }
    printf(
        "## sweeps of %zu whose tensors are brought in %u, gain %u, let go when made "
        "%u, there twice %u\n",
        sweeps, moved, gained, let_go, twice);
    assert_true(moved + 1 >= sweeps && gained >= moved && twice > 0);
}

// --- By hand ---

// The figures of tests/cli/test_cli_copies.c: 64 words a map, of which two fit.
static const char plain_chip[] =
    "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
    "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: 4}, "
    "network: {topology: bus, pj_per_bit: 0.5}}, "
    "{level: GLB, memory: {class: sram, shares: [activations], capacity_bytes: 150, "
    "buffering: 2, pj_per_bit: 1, shared_bits_per_cycle: 16}}, "
    "{level: regs, memory: {class: regfile, capacity_bytes: 8, pj_per_bit: 0.1}}], "
    "compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: true}}";

// Equal layers a ... k, of which b, c, i and j read what a makes, the others a chain.
static void write_plain(void) {
    char text[2048] = "{name: net, source: s, edges: [{from: a, to: [b, c, i, j]}, "
                      "{from: c, to: d}, {from: d, to: e}, {from: e, to: f}, {from: "
                      "f, to: g}, {from: g, to: h}], layers: [";
    write_scratch("chip.yaml", plain_chip);
    for (char name = 'a'; name <= 'k'; name++)
        sprintf(text + strlen(text),
                "{name: %c, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}, ",
                name);
    strcat(text, "]}");
    write_scratch("net.yaml", text);
}

// Layer i is j, before which nothing is brought in, and what is brought in before it:
// in every column that adds up.
static void test_every_column(void **state) {
    (void)state;
    write_plain();
    write_sweep("energy", "mapper: {resident: true, copies: true}\n");
    sweep_into("plain", "");
    char *copies =
        asked("plain", "SELECT~before_layer,before,tensor,memory,until_layer,"
                       "until,words,energy_pj,latency_cycles,bottleneck,bits~"
                       "FROM~v_copy");
    assert_string_equal(strchr(copies, '\n'), "\n8,i,a,GLB,9,j,64,4864,128,DRAM,512\n");
    free(copies);
    char *places = asked("plain", "SELECT~memory,first_layer,last_layer,last_reader~"
                                  "FROM~v_place~WHERE~tensor~=~'a'~ORDER~BY~1,2");
    assert_string_equal(strchr(places, '\n'), "\nDRAM,0,8,i\nGLB,0,2,c\nGLB,8,9,j\n");
    free(places);
    char *energies = asked("plain", "SELECT~component,action,energy_pj~FROM~"
                                    "v_copy_energy~WHERE~energy_pj~>~0~ORDER~BY~1");
    assert_string_equal(
        strchr(energies, '\n'),
        "\nDRAM,inputs read,4096\nDRAM network,inputs transfer,256\nGLB,"
        "inputs fill,512\n");
    free(energies);
    NONE("plain",
         "FROM v_layer i, v_layer j, v_copy c JOIN solution s ON s.hash = "
         "c.solution_hash WHERE i.layer = 'i' AND j.layer = 'j' AND "
         "(abs(i.energy_pj - j.energy_pj - 4864) > 1e-9 OR i.latency_cycles <> "
         "j.latency_cycles + 128 OR i.macs <> j.macs OR i.compute_cycles <> "
         "j.compute_cycles + s.compute_cycles OR i.fill_cycles <> j.fill_cycles "
         "+ s.fill_cycles OR i.drain_cycles <> j.drain_cycles + s.drain_cycles "
         "OR i.pass_cycles <> j.pass_cycles + s.pass_cycles OR i.mapping <> "
         "j.mapping OR i.bottleneck <> 'DRAM' OR i.solution_hash = "
         "j.solution_hash OR s.macs <> 0)");
    // All levels and parts of the copy are in the layer's, and those of j but for what
    // was brought in, which DRAM has no more to do with.
    NONE("plain",
         "FROM v_level i LEFT JOIN v_level j ON j.layer = 'j' AND j.level = "
         "i.level AND j.part = i.part LEFT JOIN (SELECT l.* FROM copy JOIN "
         "solution_level l USING (solution_id)) c ON c.level = i.level AND "
         "c.part = i.part WHERE i.layer = 'i' AND (i.reads_words <> "
         "coalesce(j.reads_words, 0) + coalesce(c.reads, 0) OR i.fills_words <> "
         "coalesce(j.fills_words, 0) + coalesce(c.fills, 0) OR i.updates_words "
         "<> coalesce(j.updates_words, 0) + coalesce(c.updates, 0) OR "
         "i.read_bits <> coalesce(j.read_bits, 0) + coalesce(c.read_bits, 0) OR "
         "i.fill_bits <> coalesce(j.fill_bits, 0) + coalesce(c.fill_bits, 0))");
    assert_true(number_of("plain",
                          "SELECT sum(reads_words + updates_words) FROM v_level "
                          "WHERE level = 0") == 129 + 4 * 65 + 5 + 64 + 129);
    assert_true(number_of("plain", "SELECT (SELECT words FROM v_network WHERE layer = "
                                   "'i' AND part = 'inputs' AND level = 0) - (SELECT "
                                   "total(words) FROM v_network WHERE layer = 'j' AND "
                                   "part = 'inputs' AND level = 0)") == 64);
    assert_true(number_of("plain",
                          "SELECT min(instances) = 1 AND max(instances) = 1 "
                          "FROM copy JOIN solution_level USING (solution_id)"));
    NONE("plain", "FROM v_layer_front WHERE layer = 'i'");
    free(run_text(0, "plot gantt @plain.db -p 1 -l i -o @t"));
    char *script = read_whole(scratch("t/gantt_1_i.png.gp"));
    assert_non_null(strstr(script, "\n0\t0\t128\t"));
    assert_non_null(strstr(script, "\t\"brought in before\"\n1\t128\t160\t"));
    assert_true(strstr(script, "\n2\t193\t258\t") &&
                strstr(script, "\n3\t128\t176.5\t"));
    free(script);
    run_says(0, "show point @plain.db 1",
             "tensor  memory  comes before  until  words  ");
    run_says(0, "show point @plain.db 1 -f json",
             "\"copies\": [\n  {\"tensor\": \"a\", \"memory\": \"GLB\", "
             "\"before_layer\": 8, \"before\": \"i\", \"until_layer\": 9, \"until\": "
             "\"j\", \"words\": 64, \"energy_pj\": 4864, \"latency_cycles\": 128}\n]");
    run_says(0, "reproduce @plain.db 1 -o @again", "all equal to the last bit");
    free(run_text(0, "sweep @again/sweep.yaml -o @anew.db"));
    run_says(0, "query @anew.db SELECT~parameters~FROM~v_point",
             "mapper.copies=true mapper.resident=true");
}

// What is brought in before a group is part of its first layer.
static void test_before_a_group(void **state) {
    (void)state;
    write_scratch(
        "chip.yaml",
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 30, shared_bits_per_cycle: "
        "4}}, {level: GLB, memory: {class: sram, shares: [activations], "
        "capacity_bytes: 142, pj_per_bit: 1, shared_bits_per_cycle: 16}}, {level: "
        "regs, memory: {class: regfile, capacity_bytes: 16, pj_per_bit: 0.1}}], "
        "compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.25, "
        "ops_per_cycle: 4}}");
    char text[2048] = "{name: net, source: s, layers: [";
    for (unsigned i = 0; i < 8; i++)
        sprintf(text + strlen(text), "{name: l%u, kind: %s}, ", i,
                i == 3 || i == 6 ? "add, in: [1, 8, 8], fused: false"
                : i == 4 ? "conv, in: [1, 8, 8], out_channels: 1, kernel: 3, pad: 1"
                         : "conv, in: [1, 8, 8], out_channels: 1, kernel: 1");
    strcat(text, "], edges: [{from: l0, to: [l1, l3, l5, l7]}, {from: l1, to: l2}, "
                 "{from: l2, to: l3}, {from: l3, to: l4}, {from: l5, to: l6}, {from: "
                 "l4, to: l6}]}");
    write_scratch("net.yaml", text);
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 2, copies: true}\n");
    sweep_into("group", "");
    check_sums("group");
    says_again("group", NULL, NULL);
    free(run_text(0, "verify @group.db"));
    assert_true(number_of("group",
                          "SELECT count(*) FROM v_copy c JOIN v_group g ON "
                          "g.first_layer = c.before_layer WHERE c.before = "
                          "'l5' AND c.until = 'l7' AND g.last_layer = 6 AND "
                          "c.energy_pj = 15872 AND c.latency_cycles = 128") == 1);
    char *found =
        run_text(0, "map -a @chip.yaml -w @net.yaml --objective energy --resident "
                    "--copies --fuse 2 -f json");
    assert_non_null(strstr(found, "{\"of\": \"l0\", \"before\": \"l5\", \"until\": "
                                  "\"l7\", \"from\": \"DRAM\", \"to\": \"GLB\", "
                                  "\"energy_pj\": 15872, \"latency_cycles\": 128, "
                                  "\"outermost_words\": 64}"));
    const char *fused = strstr(strstr(found, "\"fused\": "), "\"energy_pj\": ");
    assert_true(strtod(fused + strlen("\"energy_pj\": "), NULL) ==
                number_of("group", "SELECT energy_pj FROM v_point"));
    free(found);
    // The same group of another network, which nothing is brought in for.
    write_scratch(
        "short.yaml",
        "{name: short, source: s, layers: [{name: l4, kind: conv, in: [1, 8, 8], "
        "out_channels: 1, kernel: 3, pad: 1}, {name: l0, kind: conv, in: [1, 8, 8], "
        "out_channels: 1, kernel: 1}, {name: l5, kind: conv, in: [1, 8, 8], "
        "out_channels: 1, kernel: 1}, {name: l6, kind: add, in: [1, 8, 8], fused: "
        "false}, {name: l7, kind: conv, in: [1, 8, 8], out_channels: 1, kernel: 1}], "
        "edges: [{from: l0, to: [l5, l7]}, {from: l5, to: l6}, {from: l4, to: l6}]}");
    write_scratch("s.yaml", "name: s\nworkloads: [net.yaml, short.yaml]\narchs: "
                            "[chip.yaml]\nweight_forms: [raw]\nobjective: energy\n"
                            "mapper: {resident: true, fuse_depth: 2, copies: true}\n");
    sweep_into("group", "");
    check_sums("group");
    says_again("group", NULL, NULL);
    assert_true(number_of("group", "SELECT count(DISTINCT solution_hash) FROM v_nest "
                                   "WHERE layer = 'l5'") == 1);
    assert_true(number_of("group",
                          "SELECT abs(max(energy_pj) - min(energy_pj) - 15872) "
                          "< 1e-6 FROM v_layer WHERE layer = 'l5'"));
}

// Equal layers, before which other copies come, have solutions of their own: what a
// makes is coded by its density where it is read, and as wide as ever where it comes.
static void test_equal_layers(void **state) {
    (void)state;
    const char *at = strstr(plain_chip, ", pj_per_bit: 8");
    char text[2048];
    snprintf(text, sizeof text, "%.*s, format: {inputs: bitmap, outputs: bitmap}%s",
             (int)(at - plain_chip), plain_chip, at);
    write_plain();
    write_scratch("chip.yaml", text);
    char *net = read_whole(scratch("net.yaml"));
    for (int dense = 0; dense < 2; dense++) {
        const char *first = strchr(strstr(net, "layers: ["), '}');
        snprintf(text, sizeof text, "%.*s, density: {outputs: 0.%s}%s",
                 (int)(first - net), net, dense ? "75" : "25", first);
        memcpy(strstr(text, "net"), dense ? "one" : "two", 3); // its name
        write_scratch(dense ? "one.yaml" : "two.yaml", text);
    }
    free(net);
    write_scratch("s.yaml", "name: s\nworkloads: [one.yaml, two.yaml]\narchs: "
                            "[chip.yaml]\nweight_forms: [raw]\nobjective: energy\n"
                            "mapper: {resident: true, copies: true}\n");
    sweep_into("coded", "");
    says_again("coded", NULL, NULL);
    check_sums("coded");
    char *rows =
        asked("coded", "SELECT~sum(energy_pj~=~64*(1+8*0.75)*8+64*8*1.5),"
                       "sum(energy_pj~=~64*(1+8*0.25)*8+64*8*1.5)~FROM~v_copy");
    assert_string_equal(strchr(rows, '\n'), "\n1,1\n");
    free(rows);
    assert_true(number_of("coded", "SELECT count(DISTINCT solution_hash) FROM v_layer "
                                   "WHERE layer = 'i'") == 2);
    assert_true(number_of("coded", "SELECT count(DISTINCT solution_hash) FROM v_layer "
                                   "WHERE layer = 'j'") == 1);
}

// --- However it is computed ---

static void test_threads_shards_and_rests(void **state) {
    (void)state;
    write_plain();
    write_sweep("edp", "mapper: {resident: "
                       "[false, true], fuse_depth: [1, 2], copies: [false, true]}\n");
    // Alone; and with or without groups and copies.
    run_says(0, "plan @s.yaml", "points           5");
    sweep_in_parts();
    assert_true(number_of("all", "SELECT count(DISTINCT point_id) FROM v_copy") == 1);
    sweep_into("b", ""); // a file that has a part of it is completed
    run_alike("export @one.db", "export @b.db");
    char *export = run_text(0, "export @one.db");
    assert_non_null(strstr(export, "{\"table\":\"copy\",\"point\":"));
    assert_non_null(strstr(export, ",\"copy\":"));
    free(export);
    char *text = asked("one", "SELECT~text~FROM~v_input~WHERE~kind~=~'sweep'");
    assert_non_null(strstr(text, "\nmapper: {resident: [false, true], fuse_depth: [1, "
                                 "2], copies: [false, true]}\n"));
    free(text);
    free(run_text(0, "plot words @one.db -p 1 -o @t"));
    char *words = read_whole(scratch("t/words_1.png.gp"));
    assert_non_null(strstr(words, "\t\"tensors may stay\" [words]\t\"tensors may stay, "
                                  "or be moved\" [words]\t"));
    free(words);
    // What does not ask is what it was, and no point is another's.
    write_sweep("edp", "mapper: {resident: "
                       "[false, true], fuse_depth: [1, 2]}\n");
    sweep_into("still", "");
    write_sweep("edp", "mapper: {resident: "
                       "[false, true], fuse_depth: [1, 2], copies: false}\n");
    sweep_into("never", "");
    run_alike("export @still.db", "export @never.db");
    static const char sql[] =
        "SELECT~point_hash,energy_pj,latency_cycles~FROM~v_point~"
        "WHERE~coalesce(parameters,~'')~NOT~LIKE~'%copies%'~ORDER~"
        "BY~1";
    char *still = asked("still", sql), *one = asked("one", sql);
    assert_string_equal(still, one);
    free(still);
    free(one);
    assert_true(number_of("one", "SELECT count(DISTINCT point_hash) FROM v_point") ==
                5);
    export = run_text(0, "export @still.db");
    assert_null(strstr(export, "\"copy\""));
    free(export);
    // Pruned away, nothing of them is left; kept, all of it is.
    free(run_text(0, "tag @two.db keep --where "
                     "point_id~=~(SELECT~min(point_id)~FROM~v_copy)"));
    free(run_text(0, "prune @two.db --sweep s"));
    assert_true(number_of("two", "SELECT count(DISTINCT point_id) FROM copy") == 1);
    free(run_text(0, "verify @two.db"));
    free(run_text(0, "prune @two.db --tag keep"));
    NONE("two", "FROM copy");
    NONE("two", "FROM solution");
    free(run_text(0, "verify @two.db"));
}

static void test_refused(void **state) {
    (void)state;
    write_plain();
    write_sweep("energy", "mapper: {copies: true}\n");
    run_says(1, "sweep @s.yaml -o @none.db",
             "s.yaml:6:10: error: tensors are moved into and out of a shared memory: "
             "`copies` needs `resident: true` [copies-resident]");
    write_scratch("chip.yaml",
                  "{name: two, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                  "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
                  "{level: L2, memory: {class: sram, shares: [activations], "
                  "capacity_bytes: 300, pj_per_bit: 2}}, {level: GLB, memory: {class: "
                  "sram, shares: [activations], capacity_bytes: 150, pj_per_bit: 1}}], "
                  "compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: true}}");
    write_sweep("energy", "mapper: {resident: true, copies: true}\n");
    run_says(
        1, "sweep @s.yaml -o @none.db",
        "s.yaml:6:10: error: `copies: true`: several memories of 'two' share, but "
        "in sweeps tensors are moved where one does: take `shares` from the others "
        "[resident-memory]");
    // One of the memories that share is a point; the others say why they are none.
    write_sweep("energy", "override: {L2.shares: [[], [activations]]}\nmapper: "
                          "{resident: true, copies: [false, true]}\n");
    free(run_text(0, "sweep @s.yaml -o @some.db"));
    char *rows = asked("some", "SELECT~status,count(*)~FROM~v_point~GROUP~BY~1");
    assert_string_equal(strchr(rows, '\n'), "\ninfeasible,1\nok,3\n");
    free(rows);
}

// --- Damage ---

static void test_damage_is_seen(void **state) {
    (void)state;
    static const struct {
        const char *change, *back;
        const char *check, *said; // by computing it again
        const char *stored;       // by what is stored; NULL: by digests alone
    } damage[] = {
        {"UPDATE copy SET words = words + 1", "UPDATE copy SET words = words - 1",
         "verify-score", "its layer puts out other words", NULL},
        {"UPDATE copy SET tensor = 'c'", "UPDATE copy SET tensor = 'a'", NULL, NULL,
         "it is brought in, and is not there then"},
        {"UPDATE copy SET before_layer = 9", "UPDATE copy SET before_layer = 8",
         "verify-score", "its mapping has another energy",
         "it is brought in, and is not there then"},
        {"UPDATE copy SET memory = 'DRAM'", "UPDATE copy SET memory = 'GLB'", NULL,
         NULL, "it is brought in, and is not there then"},
        {"UPDATE place SET last_layer = 3 WHERE first_layer = 0 AND last_layer = 2",
         "UPDATE place SET last_layer = 2 WHERE first_layer = 0 AND last_layer = 3",
         "verify-place", "layer d: its mapping does not say the places",
         "what is held while it runs is not what is in the shared memory then"},
        {"UPDATE place SET last_layer = 9 WHERE first_layer = 0 AND last_layer = 8",
         "UPDATE place SET last_layer = 8 WHERE first_layer = 0 AND last_layer = 9",
         "verify-place", "tensor a: it cannot be in these places", NULL},
        {"UPDATE place SET first_layer = 7 WHERE first_layer = 8",
         "UPDATE place SET first_layer = 8 WHERE first_layer = 7 AND tensor = 'a'",
         "verify-place", "tensor a: it cannot be in these places",
         "tensor a: it is in a memory, or made or read by a layer, that is not there"},
        {"UPDATE place SET bits = 520 WHERE first_layer = 8",
         "UPDATE place SET bits = 512 WHERE first_layer = 8", "verify-place",
         "tensor a: it cannot be in these places", "is not what is in the shared"},
        {"UPDATE place SET memory = 'regs' WHERE first_layer = 8",
         "UPDATE place SET memory = 'GLB' WHERE first_layer = 8", "verify-place",
         "tensor a: it cannot be in these places",
         "it is brought in, and is not there then"},
        {"UPDATE solution SET energy_pj = energy_pj * 2 WHERE solution_id IN (SELECT "
         "solution_id FROM copy)",
         "UPDATE solution SET energy_pj = energy_pj / 2 WHERE solution_id IN (SELECT "
         "solution_id FROM copy)",
         "verify-score", "its mapping has another energy",
         "do not add up to its energy"},
        {"UPDATE solution SET latency_cycles = latency_cycles + 1 WHERE solution_id IN "
         "(SELECT solution_id FROM copy)",
         "UPDATE solution SET latency_cycles = latency_cycles - 1 WHERE solution_id IN "
         "(SELECT solution_id FROM copy)",
         "verify-score", "takes other cycles", NULL},
        {"UPDATE solution SET latency_cycles = latency_cycles - 128 WHERE solution_id "
         "= "
         "(SELECT solution_id FROM point_layer WHERE name = 'i')",
         "UPDATE solution SET latency_cycles = latency_cycles + 128 WHERE solution_id "
         "= "
         "(SELECT solution_id FROM point_layer WHERE name = 'i')",
         "verify-score", "takes other cycles", "do not add up to its cycles"}};
    write_plain();
    write_sweep("energy", "mapper: {resident: true, copies: true}\n");
    sweep_into("seen", "");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        change_swept("seen", damage[i].change);
        if (damage[i].check)
            says_again("seen", damage[i].check, damage[i].said);
        char *said = run_text(1, "verify @seen.db");
        if (!strstr(said, "[results-damaged]") ||
            (damage[i].stored && !strstr(said, damage[i].stored)))
            fail_msg("%s: %s", damage[i].change, said);
        free(said);
        change_swept("seen", damage[i].back);
    }
    free(run_text(0, "verify @seen.db"));
    // A tensor that is in the outermost memory alone, and has no row.
    write_scratch(
        "chip.yaml",
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations], capacity_bytes: 160, buffering: 2, "
        "pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: 8, "
        "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}}");
    write_scratch(
        "net.yaml",
        "{name: net, source: s, edges: [{from: a, to: [b, d]}, {from: b, to: c}, "
        "{from: d, to: e}], layers: [{name: a, kind: conv, in: [2, 8, 8], "
        "out_channels: 1, kernel: 1}, {name: b, kind: conv, in: [1, 8, 8], "
        "out_channels: 2, kernel: 1}, {name: c, kind: conv, in: [2, 8, 8], "
        "out_channels: 1, kernel: 1}, {name: d, kind: conv, in: [1, 8, 8], "
        "out_channels: 4, kernel: 1}, {name: e, kind: conv, in: [4, 8, 8], "
        "out_channels: 1, kernel: 1}]}");
    sweep_into("wide", "");
    says_again("wide", NULL, NULL);
    NONE("wide", "FROM v_place WHERE tensor = 'd' AND memory <> 'DRAM'");
    damage_copy("wide", "DELETE FROM place WHERE tensor = 'd'");
    says_again("damaged", "verify-place", "tensor d: it cannot be in these places");
}

static void test_repaired(void **state) {
    (void)state;
    static const char dearer[] = "UPDATE solution SET energy_pj = energy_pj * 2 WHERE "
                                 "solution_id IN (SELECT solution_id FROM copy)";
    static const char *const damage[] = {
        "DELETE FROM copy", "UPDATE copy SET words = words + 1",
        "DELETE FROM place WHERE first_layer = 8", dearer};
    write_plain();
    write_sweep("edp", "mapper: {resident: true, copies: [false, true]}\n");
    sweep_into("right", "");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        damage_copy("right", damage[i]);
        repair_damaged("right");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stored_is_what_map_finds),
                                       cmocka_unit_test(test_every_column),
                                       cmocka_unit_test(test_before_a_group),
                                       cmocka_unit_test(test_equal_layers),
                                       cmocka_unit_test(test_threads_shards_and_rests),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_damage_is_seen),
                                       cmocka_unit_test(test_repaired)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
