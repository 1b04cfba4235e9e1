// Sweeps whose points' tensors may stay between layers: what is stored is what sdse map
// --resident finds, to the last bit, however it was computed; and nothing else moves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"
#include "cli/support_swept.h"

// --- Generated ---

enum { LAYERS = 6 };

static void write_arch(uint64_t *state, bool alone) {
    char text[1024];
    // One at a time: the order in which a call's arguments are found is the compiler's.
    const unsigned pj_per_bit = 1 + (unsigned)below(state, 3),
                   capacity_bytes = 30 + (unsigned)below(state, 150),
                   bits_per_cycle = 4 + 8 * (unsigned)below(state, 3),
                   partial_bits = below(state, 2) ? 8 : 20,
                   outer_bytes =
                       alone || below(state, 3) ? 0 : 40 + (unsigned)below(state, 200);
    char outer[160] = ""; // a third have a second memory that shares
    if (outer_bytes)
        snprintf(outer, sizeof outer,
                 "{level: L2, memory: {class: sram, keeps: [inputs, outputs], shares: "
                 "[activations], capacity_bytes: %u, pj_per_bit: 4}}, ",
                 outer_bytes);
    snprintf(
        text, sizeof text,
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: "
        "{bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: %u}}, "
        "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8, "
        "shared_bits_per_cycle: %u}}, %s{level: GLB, memory: {class: sram, keeps: "
        "[inputs, outputs], shares: [activations], capacity_bytes: %u, pj_per_bit: %u, "
        "shared_bits_per_cycle: 16}, fanout: {x: 2, dims_x: [K, P]}, network: "
        "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}}, "
        "{level: regs, memory: {class: regfile, capacity_bytes: 24, pj_per_bit: "
        "0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: "
        "0.25, ops_per_cycle: 4}}",
        partial_bits, bits_per_cycle, outer, capacity_bytes, pj_per_bit);
    write_scratch("chip.yaml", text);
}

// Convolutions of one map size, some of whose outputs are added to later.
static void write_net(uint64_t *state) {
    char layers[2048] = "", edges[1024] = "", text[4096];
    const unsigned count = 3 + (unsigned)below(state, LAYERS - 3),
                   size = 2 + (unsigned)below(state, 3);
    unsigned channels[LAYERS], from = 1 + (unsigned)below(state, 3);
    for (unsigned i = 0; i < count; i++) {
        int other = -1;
        for (unsigned j = 0; i > 1 && j + 1 < i; j++)
            if (channels[j] == channels[i - 1] && below(state, 2) == 0)
                other = (int)j;
        channels[i] = other >= 0 ? from : 1 + (unsigned)below(state, 3);
        if (other >= 0)
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: add, in: [%u, %u, %u], fused: false}, ", i, from,
                    size, size);
        else
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: conv, in: [%u, %u, %u], out_channels: %u, "
                    "kernel: 1}, ",
                    i, from, size, size, channels[i]);
        if (other >= 0)
            sprintf(edges + strlen(edges), "{from: l%d, to: l%u}, ", other, i);
        if (i > 0)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", i - 1, i);
        from = channels[i];
    }
    snprintf(text, sizeof text, "{name: net, source: s, layers: [%s], edges: [%s]}",
             layers, edges);
    write_scratch("net.yaml", text);
}

// alone: with one memory that shares.
static void make_inputs(uint64_t seed, bool alone) {
    uint64_t state = seed * 2 + 1;
    write_arch(&state, alone);
    write_net(&state);
}

static void make(uint64_t seed) { make_inputs(seed, true); }

// --- What is stored is what map finds ---

// The mapper's other choices, as sweeps and as map say them.
static const struct wider {
    const char *mapper, *options;
} spaces[] = {
    {"mapper: {resident: [false, true]}\n", ""},
    {"mapper: {resident: [false, true], free_bypass: true}\n", " --free-bypass"},
    {"mapper: {imperfect_percent: 60, resident: [false, true]}\n", " --imperfect 60"}};

static void test_stored_is_what_map_finds(void **state) {
    (void)state;
    static const char *const objectives[] = {"energy", "latency", "edp", "ed2p"};
    unsigned gained = 0, twice = 0;
    for (uint64_t seed = 1; seed <= 18; seed++) {
        const char *objective = objectives[seed % 4];
        char database[16];
        snprintf(database, sizeof database, "g%u", (unsigned)seed);
        make_inputs(seed, false);
        const struct wider *space = &spaces[seed % 3];
        char asking[256];
        write_sweep(objective, space->mapper);
        sweep_into(database, "");
        snprintf(
            asking, sizeof asking,
            "map -a @chip.yaml -w @net.yaml --objective pareto --resident -f csv%s",
            space->options);
        char *front = run_text(0, asking);
        char *stored =
            asked(database,
                  "SELECT~energy_pj,~latency_cycles~FROM~v_front~f~JOIN~v_parameter~"
                  "USING~(point_id)~WHERE~path~=~'mapper.resident'~ORDER~BY~rank");
        assert_string_equal(strchr(front, '\n'), strchr(stored, '\n'));
        char *point =
            asked(database, "SELECT~energy_pj,~latency_cycles~FROM~v_point~ORDER~BY~"
                            "coalesce(parameters,~'')~LIKE~'%resident%'~DESC");
        double cycles = 0, unshared_cycles;
        const double energy_pj = pick_of_front(front, objective, &cycles);
        char *at = strchr(point, '\n') + 1;
        assert_true(strtod(at, &at) == energy_pj && strtod(at + 1, &at) == cycles);
        // A tensor that goes to both is in two memories, any other in one.
        char *both = asked(database,
                           "SELECT~count(*)~FROM~v_layer~WHERE~mapping~LIKE~'%outputs:~"
                           "both%'~OR~mapping~LIKE~'%,~outer]%'~UNION~ALL~SELECT~count("
                           "*)~FROM~(SELECT~1~FROM~v_place~"
                           "GROUP~BY~tensor~HAVING~count(*)~=~2)");
        unsigned written = 0, rows = 0;
        assert_int_equal(sscanf(strchr(both, '\n'), "%u %u", &written, &rows), 2);
        assert_int_equal(written, rows);
        twice += written;
        free(both);
        snprintf(asking, sizeof asking,
                 "map -a @chip.yaml -w @net.yaml --objective pareto -f csv%s",
                 space->options);
        char *unshared = run_text(0, asking);
        at = strchr(point, '\n') + 1;
        at = strchr(at, '\n') + 1;
        const double before = strtod(at, &at);
        unshared_cycles = strtod(at + 1, NULL);
        gained += energy_pj < before || cycles < unshared_cycles;
        char line[64];
        snprintf(line, sizeof line, "verify @%s.db", database);
        free(run_text(0, line));
        free(front);
        free(stored);
        free(point);
        free(unshared);
    }
    assert_true(gained > 9 && twice > 0);
}

// --- However it is computed ---

static const char axes[] =
    "override: {GLB.capacity_bytes: [60, 90, 120, 200], "
    "GLB.pj_per_bit: [1, 2]}\nmapper: {resident: [false, true]}\n";

static void test_threads_shards_and_rests(void **state) {
    (void)state;
    make(7);
    write_sweep("edp", axes);
    sweep_into("one", " -j 1");
    sweep_into("two", " -j 2");
    sweep_into("a", " --shard 1/3");
    sweep_into("b", " --shard 2/3");
    sweep_into("c", " --shard 3/3");
    free(run_text(0, "merge @all.db @c.db @a.db @b.db"));
    run_alike("export @one.db", "export @two.db");
    run_alike("export @one.db", "export @all.db");
    free(run_text(0, "verify @all.db"));
    free(run_text(0, "merge @thrice.db @all.db @one.db @two.db")); // the same points
    run_alike("export @one.db", "export @thrice.db");
    // A file that has a part of it is completed; then there is nothing to do.
    sweep_into("b", "");
    run_alike("export @one.db", "export @b.db");
    sweep_into("one", "");
    run_alike("export @one.db", "export @two.db");
    run_says(0, "plan @s.yaml", "points           16");
}

// Points whose tensors stay nowhere are those of a sweep that does not ask.
static void test_the_others_are_what_they_were(void **state) {
    (void)state;
    make(9);
    write_sweep("energy", axes);
    sweep_into("both", "");
    write_sweep("energy", "override: {GLB.capacity_bytes: [60, 90, 120, 200], "
                          "GLB.pj_per_bit: [1, 2]}\n");
    sweep_into("plain", "");
    write_sweep("energy", "override: {GLB.capacity_bytes: [60, 90, 120, 200], "
                          "GLB.pj_per_bit: [1, 2]}\nmapper: {resident: false}\n");
    sweep_into("never", "");
    run_alike("export @plain.db", "export @never.db");
    static const char sql[] = "SELECT~point_hash,~arch_hash,~workload_hash,~energy_pj~"
                              "FROM~v_point~WHERE~parameters~NOT~LIKE~'%resident%'~"
                              "ORDER~BY~point_hash";
    char *both = asked("both", sql), *plain = asked("plain", sql);
    assert_string_equal(both, plain);
    free(both);
    free(plain);
    char *export = run_text(0, "export @plain.db");
    assert_null(strstr(export, "place"));
    free(export);
    both = asked("both", "SELECT~text~FROM~v_input~WHERE~kind~=~'sweep'");
    assert_non_null(strstr(both, "\nmapper: {resident: [false, true]}\n"));
    free(both);
    // No hash of theirs is one of the others'.
    both = asked("both", "SELECT~count(*)~=~2~*~count(DISTINCT~point_hash)~OR~count(*)~"
                         "=~count(DISTINCT~point_hash)~AS~ok~FROM~v_point");
    assert_non_null(strstr(both, "ok\n1"));
    free(both);
}

// --- What makes another point ---

static void test_what_makes_another_point(void **state) {
    (void)state;
    make(11);
    write_sweep(
        "energy",
        "override: {GLB.shares: [[], [activations]]}\nmapper: {resident: true}\n");
    char *said = run_text(0, "sweep @s.yaml -o @shares.db");
    free(said);
    char *rows =
        asked("shares", "SELECT~status,~reason~FROM~v_point~ORDER~BY~parameters");
    assert_non_null(strstr(rows, "infeasible,"));
    assert_non_null(
        strstr(rows, "no memory of 'chip' may hold tensors between layers"));
    assert_non_null(strstr(rows, "\nok,"));
    free(rows);
    // Other edges, other points, though the layers are the same.
    write_scratch(
        "net.yaml",
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}, {name: b, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}, {name: c, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}], edges: [{from: a, to: b}]}");
    write_sweep("energy", "mapper: {resident: [false, true]}\n");
    sweep_into("edges", "");
    write_scratch(
        "net.yaml",
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}, {name: b, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}, {name: c, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}], edges: chain}");
    sweep_into("edges", "");
    assert_true(number_of("edges", "SELECT count(*) FROM v_sweep") == 2);
    rows = asked("edges", "SELECT~count(*)~AS~n,~sum(superseded)~AS~old~FROM~v_point");
    assert_non_null(strstr(rows, "n,old\n3,1"));
    free(rows);
    rows =
        asked("edges", "SELECT~tensor,~memory,~first_layer,~last_layer,~last_reader,~"
                       "bits~FROM~v_place~WHERE~tensor~=~'b'");
    if (!strstr(rows, "b,GLB,1,2,c,144"))
        fail_msg("%s", rows);
    free(rows);
    free(run_text(0, "verify @edges.db"));
    // Without edges there is nothing to choose, nor of one layer.
    write_scratch(
        "net.yaml",
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}], edges: chain}");
    write_sweep("energy", "mapper: {resident: true}\n");
    run_says(1, "sweep @s.yaml -o @none.db",
             "s.yaml:6:10: error: network 'net' has one layer, which hands nothing "
             "over [resident-edges]");
    write_scratch(
        "net.yaml",
        "{name: net, source: s, layers: [{name: a, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}, {name: b, kind: conv, in: [2, 3, 3], "
        "out_channels: 2, kernel: 1}]}");
    write_sweep("energy", "mapper: {resident: true}\n");
    run_says(1, "sweep @s.yaml -o @none.db",
             "s.yaml:6:10: error: network 'net' does not say which layers read what "
             "others put out: give it `edges` [resident-edges]");
}

// What the file of an accelerator shares is part of the points whose tensors may stay.
static void test_what_files_share(void **state) {
    (void)state;
    static const char *const shared[] = {"activations", "activations, weights"};
    make(17);
    write_sweep("energy", "mapper: {resident: [false, true]}\n");
    for (int i = 0; i < 2; i++) {
        char text[1024];
        snprintf(
            text, sizeof text,
            "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
            "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: "
            "GLB, memory: {class: sram, shares: [%s], capacity_bytes: 300, "
            "pj_per_bit: 1}}, {level: regs, memory: {class: regfile, "
            "capacity_bytes: 24, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, "
            "vector: {below: GLB, pj_per_op: 0.25, ops_per_cycle: 4}}",
            shared[i]);
        write_scratch("chip.yaml", text);
        sweep_into("files", "");
    }
    char *rows =
        asked("files", "SELECT~count(*)~AS~n,~sum(parameters~IS~NULL)~AS~plain,~"
                       "count(DISTINCT~arch_hash)~AS~archs~FROM~v_point");
    if (!strstr(rows, "n,plain,archs\n3,1,3"))
        fail_msg("%s", rows);
    free(rows);
}

// Layers that a sweep chooses keep the edges between them.
static void test_chosen_layers(void **state) {
    (void)state;
    uint64_t random = 3;
    write_arch(&random, true);
    static const char layer[] =
        "{name: %s, kind: conv, in: [2, 3, 3], out_channels: 2, "
        "kernel: 1}, ";
    char text[1024] = "{name: net, source: s, layers: [";
    for (const char *name = "abcd"; *name; name++)
        sprintf(text + strlen(text), layer, (char[]){*name, '\0'});
    strcat(text, "], edges: chain}");
    write_scratch("net.yaml", text);
    write_scratch("s.yaml",
                  "name: s\nworkloads: [{path: net.yaml, layers: [b, c, d]}]\narchs: "
                  "[chip.yaml]\nweight_forms: [raw]\nobjective: energy\nmapper: "
                  "{resident: true}\n");
    sweep_into("chosen", "");
    char *rows = asked("chosen", "SELECT~DISTINCT~tensor,~first_layer,~last_layer~FROM~"
                                 "v_place~ORDER~BY~tensor");
    assert_non_null(strstr(rows, "last_layer\nb,0,1\nc,1,2"));
    assert_null(strstr(rows, "\na,"));
    free(rows);
    free(run_text(0, "verify @chosen.db"));
}

// Equal layers, each called by a letter, of which b and c are beside a's way to the
// sum.
static void sweep_beside_a_shortcut(const char *database, const char *names,
                                    const char *more_edges, unsigned capacity_bytes) {
    uint64_t random = 3;
    write_arch(&random, true);
    char text[1024] = "{name: net, source: s, layers: [", rest[128];
    for (const char *name = names; *name; name++)
        sprintf(text + strlen(text),
                "{name: %c, kind: conv, in: [2, 3, 3], out_channels: 2, kernel: 1}, ",
                *name);
    sprintf(text + strlen(text),
            "{name: s, kind: add, in: [2, 3, 3], fused: false}], edges: [%s{from: a, "
            "to: [b, s]}, {from: b, to: c}, {from: c, to: s}]}",
            more_edges);
    write_scratch("net.yaml", text);
    snprintf(rest, sizeof rest,
             "override: {GLB.capacity_bytes: [%u]}\nmapper: {resident: true}\n",
             capacity_bytes);
    write_sweep("energy", rest);
    sweep_into(database, "");
}

// Equal layers with the same places, and more held beside one of them, have fronts of
// their own.
static void test_more_held_beside(void **state) {
    (void)state;
    sweep_beside_a_shortcut("held", "abc", "", 400);
    char *rows =
        asked("held", "SELECT~layer,~substr(mapping,~1,~instr(mapping,~'}'))~AS~"
                      "place~FROM~v_layer~WHERE~layer~IN~('b',~'c')");
    if (!strstr(rows, "b,\"place: {inputs: GLB, outputs: GLB, operands: 1, "
                      "reserved_bits: 144}") ||
        !strstr(rows, "c,\"place: {inputs: GLB, outputs: GLB, operands: 1, "
                      "reserved_bits: 288}"))
        fail_msg("%s", rows);
    free(rows);
    rows = asked("held", "SELECT~count(DISTINCT~front_id)~AS~n~FROM~point_layer~JOIN~"
                         "solution~USING~(solution_id)~WHERE~name~IN~('b',~'c')");
    assert_non_null(strstr(rows, "n\n2"));
    free(rows);
    free(run_text(0, "verify @held.db"));
}

// So have those whose outputs also go to the outermost memory.
static void test_written_through(void **state) {
    (void)state;
    sweep_beside_a_shortcut("through", "deabc", "{from: d, to: e}, ", 36);
    char *rows = asked(
        "through", "SELECT~count(DISTINCT~front_id)~AS~n,~sum(v.mapping~LIKE~"
                   "'%outputs:~both,%')~AS~through,~sum(v.mapping~LIKE~'%outputs:~GLB,"
                   "%')~AS~there~FROM~v_layer~v~JOIN~point_layer~USING~(point_id,~"
                   "layer_index)~JOIN~solution~USING~(solution_id)~WHERE~layer~IN~"
                   "('d',~'a')");
    if (!strstr(rows, "n,through,there\n2,1,1"))
        fail_msg("%s", rows);
    free(rows);
    free(run_text(0, "verify @through.db"));
}

// Two layers alike, each beside as much, but what one of them holds is its addend.
static void test_addends_there(void **state) {
    (void)state;
    static const struct {
        char name;
        const char *more;
    } layers[] = {{'p', ""}, {'a', ""}, {'b', ""}, {'c', ", addends: 1"},
                  {'q', ""}, {'r', ""}, {'s', ""}, {'t', ", addends: 1"},
                  {'u', ""}};
    char text[2048] = "{name: net, source: s, layers: [";
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        sprintf(text + strlen(text),
                "{name: %c, kind: conv, in: [2, 3, 3], out_channels: 2, kernel: 1%s}, ",
                layers[i].name, layers[i].more);
    strcat(text, "], edges: [{from: a, to: b}, {from: b, to: c}, {from: a, to: c, as: "
                 "addend}, {from: p, to: t, as: addend}, {from: r, to: [s, u]}, {from: "
                 "s, to: t}]}");
    write_scratch("net.yaml", text);
    write_scratch(
        "chip.yaml",
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations], capacity_bytes: 40, pj_per_bit: 1}}, "
        "{level: regs, memory: {class: regfile, capacity_bytes: 16, pj_per_bit: "
        "0.1}}], "
        "compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: true}}");
    write_sweep("energy", "mapper: {resident: true}\n");
    sweep_into("addends", "");
    assert_true(number_of("addends", "SELECT sum((layer = 'c') = (mapping LIKE 'place: "
                                     "{inputs: GLB, operands: 1, addends: 1, "
                                     "reserved_bits: 288}%')) FROM v_layer WHERE layer "
                                     "IN ('c', 't')") == 2);
    assert_true(number_of("addends", "SELECT count(DISTINCT front_id) FROM v_layer v "
                                     "JOIN point_layer USING (point_id, layer_index) "
                                     "JOIN solution USING (solution_id) WHERE layer IN "
                                     "('c', 't')") == 2);
    free(run_text(0, "verify @addends.db"));
}

// --- One point again ---

static void test_one_point(void **state) {
    (void)state;
    make(13);
    write_sweep("edp", "mapper: {resident: true, imperfect_percent: 20}\n");
    sweep_into("point", "");
    run_says(0, "reproduce @point.db 1 -o @again", "all equal to the last bit");
    free(run_text(0, "sweep @again/sweep.yaml -o @again.db"));
    static const char sql[] = "SELECT~point_hash,~energy_pj,~parameters~FROM~v_point";
    char *stored = asked("point", sql), *again = asked("again", sql);
    assert_string_equal(stored, again);
    free(stored);
    free(again);
    run_says(0, "show point @point.db 1", "read there last by");
    run_says(0, "show point @point.db 1", "place: {");
    free(run_text(0, "explain -a @again/accelerator.yaml -w @again/network.yaml -m "
                     "@again/mappings/001-l1.yaml"));
    free(run_text(0, "verify @point.db"));
    // A place that is changed is seen: by its digest, by what mappings say is held, and
    // by who runs the point again.
    change_swept("point", "UPDATE place SET bits = bits + 8 WHERE memory = 'GLB'");
    char *said = run_text(1, "verify @point.db");
    assert_non_null(strstr(said, "[results-damaged]"));
    assert_non_null(strstr(said, "is not what is in the shared memory then"));
    free(said);
    run_says(1, "reproduce @point.db 1 -o @changed", "place");
}

// Places that are changed or lost are found again, and are what they were.
static void test_repaired(void **state) {
    (void)state;
    static const char *const damage[] = {
        "UPDATE place SET bits = bits + 8", "UPDATE place SET memory = 'regs'",
        "DELETE FROM place WHERE memory = 'GLB'", "DELETE FROM place"};
    make(13);
    write_sweep("edp", "mapper: {resident: [false, true]}\n");
    sweep_into("right", "");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        char database[16], line[64];
        snprintf(database, sizeof database, "bad%zu", i);
        sweep_into(database, "");
        change_swept(database, damage[i]);
        snprintf(line, sizeof line, "verify @%s.db", database);
        run_says(1, line, "[results-damaged]");
        snprintf(line, sizeof line, "verify --repair @%s.db", database);
        run_says(0, line, "repaired: ");
        snprintf(line, sizeof line, "export @%s.db", database);
        run_alike("export @right.db", line);
    }
}

static void test_pruned(void **state) {
    (void)state;
    make(15);
    write_sweep("edp", "mapper: {resident: [false, true]}\n");
    sweep_into("prune", "");
    write_sweep("edp", "mapper: {resident: false}\n");
    sweep_into("prune", ""); // the newest of its name
    free(run_text(0, "prune @prune.db"));
    char *rows = asked("prune", "SELECT~(SELECT~count(*)~FROM~v_place)~AS~places,~"
                                "(SELECT~count(*)~FROM~v_point)~AS~points");
    assert_non_null(strstr(rows, "places,points\n0,1"));
    free(rows);
    free(run_text(0, "verify @prune.db"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_is_what_map_finds),
        cmocka_unit_test(test_threads_shards_and_rests),
        cmocka_unit_test(test_the_others_are_what_they_were),
        cmocka_unit_test(test_what_makes_another_point),
        cmocka_unit_test(test_what_files_share),
        cmocka_unit_test(test_chosen_layers),
        cmocka_unit_test(test_more_held_beside),
        cmocka_unit_test(test_addends_there),
        cmocka_unit_test(test_written_through),
        cmocka_unit_test(test_one_point),
        cmocka_unit_test(test_repaired),
        cmocka_unit_test(test_pruned),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
