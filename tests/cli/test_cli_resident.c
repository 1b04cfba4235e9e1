// sdse map --resident as people run it: what it prints adds up, nothing is worse than
// without, and what it needs or does not take is said.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"
#include "support/close.h"
#include "support/sanitized.h"

static int write_inputs(void **state) {
    const int status = enter_scratch(state);
    static const char arch[] =
        "{name: small, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, %scapacity_bytes: %d, pj_per_bit: 1}}, "
        "{level: regs, memory: {class: regfile, capacity_bytes: 16, pj_per_bit: "
        "0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.1, "
        "ops_per_cycle: 4}}";
    static const char layers[] =
        "name: net\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 3, pad: 1}\n"
        "  - {name: relu, kind: act, in: [4, 8, 8], fused: true}\n"
        "  - {name: b, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
        "  - {name: sum, kind: add, in: [4, 8, 8], fused: false}\n"
        "  - {name: c, kind: conv, in: [4, 8, 8], out_channels: 2, kernel: 1}\n";
    char text[1024];
    snprintf(text, sizeof text, arch, "shares: [activations], ", 1000);
    write_scratch("large.yaml", text);
    snprintf(text, sizeof text, arch, "shares: [activations], ", 300);
    write_scratch("small.yaml", text);
    snprintf(text, sizeof text, arch, "", 1000);
    write_scratch("alone.yaml", text);
    write_scratch("bare.yaml", layers);
    snprintf(text, sizeof text,
             "%sedges:\n  - {from: relu, to: [b, sum]}\n  - {from: b, to: sum}\n"
             "  - {from: sum, to: c}\n",
             layers);
    write_scratch("net.yaml", text);
    return status;
}

// Sums a column of numbers of csv.
static double sum_of(const char *csv, const char *column) {
    double sum = 0;
    size_t index = 0, at = 0;
    const char *line = csv;
    for (const char *c = csv; *c != '\n'; c++) {
        if (c == csv || c[-1] == ',') {
            if (strncmp(c, column, strlen(column)) == 0 &&
                strchr(",\n", c[strlen(column)]))
                index = at;
            at++;
        }
    }
    assert_true(index > 0);
    while ((line = strchr(line, '\n')) && line[1]) {
        const char *field = ++line;
        for (size_t i = 0; i < index; i++)
            field = strchr(field, ',') + 1;
        sum += strtod(field, NULL);
    }
    return sum;
}

static double shared(const char *arch, const char *objective, const char *column) {
    char line[256];
    snprintf(line, sizeof line,
             "map -a @%s.yaml -w @net.yaml --objective %s --resident -f csv", arch,
             objective);
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 0);
    const double sum = sum_of(ran.out, column);
    free_ran(&ran);
    return sum;
}

// 256 words each of a's, b's and sum's outputs; a's are read twice. All stay in 1,000
// bytes: neither they nor what reads them cross at DRAM. In 300 at most one stays.
static void test_words_that_stay(void **state) {
    (void)state;
    const double crossing = shared("large", "energy", "outermost_words"),
                 all = shared("large", "energy", "unshared_outermost_words");
    // Inputs of a, outputs of c, and weights: 4 * 4 * 9 + 4 * 4 + 4 * 2.
    assert_true(crossing == 256 + 128 + 144 + 16 + 8);
    assert_true(all == crossing + 3 * 256 + 4 * 256);
    const double few = shared("small", "energy", "outermost_words");
    assert_true(few > crossing && few < all);
    struct ran ran =
        run_program("map -a @large.yaml -w @net.yaml --objective energy --resident");
    assert_int_equal(ran.status, 0);
    assert_non_null(
        strstr(ran.out, "of 3 tensors that layers hand over 3 stay in GLB"));
    assert_non_null(strstr(ran.out, "552 words cross at DRAM, 2344 unshared"));
    free_ran(&ran);
}

// Whatever is minimised is no worse than without, and less where there is more room.
static void test_no_objective_is_worse(void **state) {
    (void)state;
    const double small = shared("small", "energy", "energy_pj"),
                 large = shared("large", "energy", "energy_pj");
    assert_true(small < shared("small", "energy", "unshared_energy_pj"));
    assert_true(large < small);
    assert_true(shared("small", "latency", "latency_cycles") <=
                shared("small", "latency", "unshared_latency_cycles"));
    const double edp =
        shared("small", "edp", "energy_pj") * shared("small", "edp", "latency_cycles");
    assert_true(edp < shared("small", "edp", "unshared_energy_pj") *
                          shared("small", "edp", "unshared_latency_cycles"));
    // The front begins with the least energy.
    struct ran ran = run_program(
        "map -a @small.yaml -w @net.yaml --objective pareto --resident -f csv");
    assert_int_equal(ran.status, 0);
    const char *first = strchr(ran.out, '\n');
    assert_double_within(strtod(first + 1, NULL), small, 1e-12);
    free_ran(&ran);
}

// Products are least at points of the front: with MACs of little energy those of both
// are at the same point, which is not the fastest; of much, the fastest has the least
// energy x cycles^2 alone.
static void test_products_are_least_on_the_front(void **state) {
    (void)state;
    static const char *const macs[] = {"0.5", "190"};
    enum { MOST = 16 };
    for (int i = 0; i < 2; i++) {
        char text[900];
        snprintf(text, sizeof text,
                 "{name: traded, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                 "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
                 "{level: GLB, memory: {class: sram, shares: [activations], "
                 "capacity_bytes: 300, pj_per_bit: 1, shared_bits_per_cycle: 64}, "
                 "fanout: {x: 8}, network: {topology: bus, multicast: true, reduce: "
                 "true, pj_per_bit: 2}}, {level: regs, memory: {class: regfile, "
                 "capacity_bytes: 16, pj_per_bit: 0.1}}], compute: {pj_per_mac: %s}, "
                 "vector: {below: GLB, pj_per_op: 0.1, ops_per_cycle: 4}}",
                 macs[i]);
        write_scratch("traded.yaml", text);
        char *front = run_text(
            0, "map -a @traded.yaml -w @net.yaml --objective pareto --resident -f csv");
        double pj[MOST], cycles[MOST];
        size_t count = 0, least[3] = {0};
        for (const char *row = strchr(front, '\n'); row[1];
             row = strchr(row + 1, '\n')) {
            assert_true(count < MOST);
            assert_int_equal(sscanf(row + 1, "%lf,%lf", &pj[count], &cycles[count]), 2);
            for (int power = 1; power <= 2; power++) {
                const size_t best = least[power];
                if (pj[count] * pow(cycles[count], power) <
                    pj[best] * pow(cycles[best], power))
                    least[power] = count;
            }
            count++;
        }
        assert_int_equal(least[1] == least[2], i == 0);
        assert_int_equal(least[2] + 1 == count, i == 1);
        static const char *const objectives[] = {"energy", "edp", "ed2p"};
        for (int o = 0; o < 3; o++) {
            assert_double_within(shared("traded", objectives[o], "energy_pj"),
                                 pj[least[o]], 1e-12);
            assert_true(shared("traded", objectives[o], "latency_cycles") ==
                        cycles[least[o]]);
        }
        free(front);
    }
}

// One thread or many, the same bytes.
static void test_threads(void **state) {
    (void)state;
    char *out[3];
    for (int i = 0; i < 3; i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "map -a eyeriss -w resnet18 --objective edp --resident -f csv -j %d",
                 1 + i * 2);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 0);
        out[i] = strdup(ran.out);
        free_ran(&ran);
    }
    assert_string_equal(out[0], out[1]);
    assert_string_equal(out[0], out[2]);
    for (int i = 0; i < 3; i++)
        free(out[i]);
}

// A sweep does not know of places: what files say of them makes no other points.
static void test_sweeps_are_what_they_were(void **state) {
    (void)state;
    static const char *const files[2][2] = {{"alone", "bare"}, {"large", "net"}};
    char *out[2];
    for (int i = 0; i < 2; i++) {
        char text[256], line[256];
        snprintf(text, sizeof text,
                 "name: s\nworkloads: [%s.yaml]\narchs: [%s.yaml]\nweight_forms: "
                 "[raw]\nobjective: energy\n",
                 files[i][1], files[i][0]);
        write_scratch("sweep.yaml", text);
        snprintf(line, sizeof line, "sweep @sweep.yaml -o @%s.db", files[i][0]);
        struct ran ran = run_program(line);
        assert_int_equal(ran.status, 0);
        free_ran(&ran);
        snprintf(line, sizeof line, "export @%s.db", files[i][0]);
        ran = run_program(line);
        assert_int_equal(ran.status, 0);
        out[i] = strdup(ran.out);
        free_ran(&ran);
    }
    assert_string_equal(out[0], out[1]);
    free(out[0]);
    free(out[1]);
}

// What a file of places must say, and what does not go.
static void write_placed(const char *place, const char *mapping) {
    char text[512];
    snprintf(text, sizeof text, "layer: sum\n%s\nmapping: %s\n", place, mapping);
    write_scratch("placed.yaml", text);
}

static void is_refused(const char *place, const char *said) {
    write_placed(place, "streamed");
    run_says(1, "eval -a @large.yaml -w @net.yaml -m @placed.yaml", said);
}

// Each layer's file gives what the table says of it, and its explanation agrees.
static void test_files_say_places(void **state) {
    (void)state;
    static const char *const layers[] = {"a", "relu", "b", "sum", "c"};
    char line[256], *table, *totals;
    free(run_text(0, "map -a @large.yaml -w @net.yaml --objective energy --resident "
                     "-o @placed"));
    table = run_text(0, "map -a @large.yaml -w @net.yaml --objective energy --resident "
                        "-f csv");
    double energy_pj = 0, cycles = 0;
    for (size_t i = 0; i < 5; i++) {
        snprintf(line, sizeof line,
                 "eval -a @large.yaml -w @net.yaml -m @placed/%s.yaml --only totals -f "
                 "csv",
                 layers[i]);
        totals = run_text(0, line);
        energy_pj += sum_of(totals, "energy_pj");
        cycles += sum_of(totals, "latency_cycles");
        free(totals);
        snprintf(line, sizeof line,
                 "check @placed/%s.yaml -a @large.yaml -w @net.yaml -l %s", layers[i],
                 layers[i]);
        free(run_text(0, line));
    }
    assert_double_within(energy_pj, sum_of(table, "energy_pj"), 1e-12);
    assert_true(cycles == sum_of(table, "latency_cycles"));
    free(table);
    // a's 256 words of outputs stay, and b reads them there; the sum reads both.
    run_says(0, "explain -a @large.yaml -w @net.yaml -m @placed/b.yaml",
             "inputs stay in GLB: 0 DRAM words instead of 256 read\n"
             "  outputs stay in GLB: 0 DRAM words instead of 256 written\n"
             "  GLB: 2 048 bits held through the layer + ");
    run_says(0, "explain -a @large.yaml -w @net.yaml -m @placed/sum.yaml",
             "inputs stay in GLB: 0 DRAM words instead of 512 read\n");
    run_says(0, "show mapping @placed/sum.yaml -a @large.yaml -w @net.yaml",
             "inputs are in GLB (2 maps)\noutputs stay in GLB\n"
             "GLB holds 4096 bits through the layer\nstreamed");
    write_placed(
        "place: {inputs: GLB, operands: 1, outputs: both, reserved_bits: 2048}",
        "streamed");
    run_says(0, "explain -a @large.yaml -w @net.yaml -m @placed.yaml",
             "1 of 2 maps of inputs stay in GLB: 256 DRAM words instead of 512 read\n"
             "  outputs stay in GLB until their first use: 256 DRAM words instead of "
             "256 written\n"
             "  GLB: 2 048 bits held through the layer + 2 048 of its tiles and of the "
             "place of its outputs = 4 096, of 8 000\n");
}

// The TPU's unified buffer shares activations alone.
static void test_weights_are_held_where_they_are_shared(void **state) {
    (void)state;
    free(run_text(0, "map -a tpu -w gpt2_small_1024 -l l0.qk --objective energy -o "
                     "@qk.yaml"));
    char *text = read_whole(scratch("qk.yaml"));
    char *placed = malloc(strlen(text) + 64);
    assert_non_null(placed);
    sprintf(placed, "%splace: {weights: UB, reserved_bits: 8}\n", text);
    write_scratch("qk.yaml", placed);
    free(placed);
    free(text);
    run_says(
        1, "eval -a tpu -w gpt2_small_1024 -m @qk.yaml",
        "memory 'UB' of 'tpu' holds activations alone between layers: weights there "
        "need `shares: [activations, weights]` [place-shares]");
}

static void test_files_that_say_wrong_places(void **state) {
    (void)state;
    is_refused("place: {inputs: GLB}", "placed.yaml:2:8: error: inputs in 'GLB' take");
    is_refused("place: {inputs: GLB, operands: 3, reserved_bits: 8}",
               "placed.yaml:2:32: error: the layer reads 2 maps, 3 of them cannot be "
               "held [place-operands]");
    is_refused("place: {operands: 1, reserved_bits: 8}", "[place-operands]");
    is_refused("place: {outputs: regs}",
               "placed.yaml:2:18: error: memory 'regs' of 'small' may hold no tensors "
               "between layers, 'GLB' may [place-shares]");
    is_refused("place: {outputs: GLB, reserved_bits: 6000}",
               "placed.yaml:2:1: error: GLB holds 6000 bits through the layer, and its "
               "tiles with the place of its outputs take 2048: 8048 in all, but 8000 "
               "fit [place-room]");
    // 5,952 bits beside 2,048 of outputs are all that fit.
    write_placed("place: {outputs: GLB, reserved_bits: 5952}", "streamed");
    free(run_text(0, "eval -a @large.yaml -w @net.yaml -m @placed.yaml"));
    write_scratch("fused.yaml",
                  "layer: relu\nplace: {outputs: GLB}\nmapping: streamed\n");
    run_says(
        1, "eval -a @large.yaml -w @net.yaml -m @fused.yaml",
        "fused.yaml:2:8: error: layer 'relu' (act) does not reach memory 'GLB': it "
        "is fused into the layer before it [place-reach]");
    write_placed("place: {outputs: DRAM, inputs: outer}", "streamed");
    run_alike("eval -a @large.yaml -w @net.yaml -m @placed.yaml",
              "eval -a @large.yaml -w @net.yaml -l sum");
}

// What a layer reads in a memory is part of what that memory holds: so much of it as
// other layers put out, and one map of two where one is there.
static void test_room_of_what_is_read(void **state) {
    (void)state;
    is_refused("place: {inputs: GLB, reserved_bits: 1}",
               "placed.yaml:2:1: error: what layer 'sum' reads in GLB takes 4096 bits "
               "there, but reserved_bits are 1: all bits that it holds through the "
               "layer [place-room]");
    is_refused("place: {inputs: GLB, reserved_bits: 4095}", "takes 4096 bits");
    is_refused("place: {inputs: GLB, operands: 1, reserved_bits: 2047}",
               "takes 2048 bits there, but reserved_bits are 2047");
    static const char *const enough[] = {
        "place: {inputs: GLB, reserved_bits: 4096}",
        "place: {inputs: GLB, operands: 1, reserved_bits: 2048}"};
    for (int i = 0; i < 2; i++) {
        write_placed(enough[i], "streamed");
        free(run_text(0, "eval -a @large.yaml -w @net.yaml -m @placed.yaml"));
    }
    // Of a network without edges all that is known is what the layer reads.
    run_says(0, "eval -a @large.yaml -w @bare.yaml -m @placed.yaml", "");
    write_placed("place: {inputs: GLB, reserved_bits: 4095}", "streamed");
    run_says(1, "eval -a @large.yaml -w @bare.yaml -m @placed.yaml", "takes 4096 bits");
}

// A map that is read as two things, and coded words.
static void test_room_of_some_maps(void **state) {
    (void)state;
    static const char arch[] =
        "{name: %s, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations, weights], capacity_kib: 8, pj_per_bit: "
        "1%s}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: true}}";
    static const char mapping[] =
        "[{level: DRAM, temporal: K4 C4 P4 Q4, keeps: [weights, inputs, outputs]}, "
        "{level: GLB, keeps: [weights]}]";
    char text[1024];
    snprintf(text, sizeof text, arch, "plain", "");
    write_scratch("plain.yaml", text);
    snprintf(text, sizeof text, arch, "coded",
             ", format: {inputs: {compression: bitmap, occupancy: worst}}");
    write_scratch("coded.yaml", text);
    write_scratch(
        "twice.yaml",
        "name: twice\nsource: s\nlayers:\n"
        "  - {name: b, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 1}\n"
        "  - {name: c, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 1, addends: "
        "1}\n"
        "edges:\n  - {from: b, to: c}\n  - {from: b, to: c, as: addend}\n");
    static const struct {
        const char *arch, *place, *said;
    } cases[] = {
        {"plain", "{inputs: GLB, addends: 1, reserved_bits: 511}", "takes 512 bits"},
        {"plain", "{inputs: GLB, addends: 1, reserved_bits: 512}", NULL},
        {"plain", "{inputs: GLB, reserved_bits: 511}", "takes 512 bits"},
        {"plain", "{addends: 1, outputs: GLB, reserved_bits: 511}", "takes 512 bits"},
        {"plain", "{outputs: GLB, reserved_bits: 0}", NULL},
        // A bit more for each word.
        {"coded", "{inputs: GLB, addends: 1, reserved_bits: 575}", "takes 576 bits"},
        {"coded", "{inputs: GLB, addends: 1, reserved_bits: 576}", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[128];
        snprintf(text, sizeof text, "layer: c\nplace: %s\nmapping: %s\n",
                 cases[i].place, mapping);
        write_scratch("held.yaml", text);
        snprintf(line, sizeof line, "eval -a @%s.yaml -w @twice.yaml -m @held.yaml",
                 cases[i].arch);
        run_says(cases[i].said ? 1 : 0, line, cases[i].said ? cases[i].said : "");
    }
}

static void refuses(const char *line, int status, const char *why) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, status);
    if (!strstr(ran.err, why))
        fail_msg("%s: %s", line, ran.err);
    assert_string_equal(ran.out, "");
    free_ran(&ran);
}

static void test_what_it_needs(void **state) {
    (void)state;
    refuses("map -a @alone.yaml -w @net.yaml --resident", 1,
            "no memory of small may hold tensors between layers");
    refuses("map -a @large.yaml -w @bare.yaml --resident", 1,
            "net does not say which layers read what others put out");
    // Not what it says already.
    write_scratch(
        "one.yaml",
        "name: one\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
        "edges: chain\n");
    refuses("map -a @large.yaml -w @one.yaml --resident", 1,
            "one has one layer, which hands nothing over");
    refuses("map -a @large.yaml -w @net.yaml --resident -l a", 2,
            "--resident does not go with --layer: layers hand tensors");
    refuses("map -a @large.yaml -w @net.yaml --resident --max-latency 1ms", 2,
            "--resident does not go with --max-latency: a budget chooses");
    refuses("map -a @large.yaml -w @net.yaml --resident --time-limit 1", 2,
            "--resident does not go with --time-limit: its optimum is proved");
    refuses("map -a @large.yaml -w @net.yaml --resident --objective lifetime", 2,
            "--resident does not go with --objective lifetime: a tensor that stays");
}

// Right operands, maps that are added and channels put together: all of them may stay,
// or what may not is said, with its place; mappings are written and read again.
static void test_kinds_of_edges(void **state) {
    (void)state;
    static const char memories[][40] = {"[activations, weights]", "[activations]"};
    for (int i = 0; i < 2; i++) {
        char text[1024], name[32];
        snprintf(
            text, sizeof text,
            "name: all\nsource: s\nnode_nm: 28\nclock_ghz: 1\nword_bits: 8\n"
            "levels:\n  - {level: DRAM, memory: {class: dram, pj_per_bit: 8}}\n"
            "  - {level: GLB, memory: {class: sram, capacity_kib: 8, pj_per_bit: 1, "
            "shares: %s}}\ncompute: {pj_per_mac: 0.2}\n"
            "vector: {below: GLB, pj_per_op: 0.1, ops_per_cycle: 8}\n",
            memories[i]);
        snprintf(name, sizeof name, "edges%d.yaml", i);
        write_scratch(name, text);
    }
    write_scratch(
        "edges.yaml",
        "name: edges\nsource: s\nlayers:\n"
        "  - {name: b, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 1}\n"
        "  - {name: c, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 1, "
        "addends: 2}\n"
        "  - {name: d, kind: conv, in: [8, 4, 4], out_channels: 4, kernel: 1}\n"
        "  - {name: qk, kind: matmul, heads: 2, m: 16, k: 2, n: 16}\n"
        "edges:\n  - {from: b, to: c}\n  - {from: b, to: c, as: addend}\n"
        "  - {from: [b, c], to: d, as: concat}\n  - {from: d, to: qk, reshape: heads}\n"
        "  - {from: d, to: qk, as: weights, reshape: heads}\n");
    // 64 inputs, 64 of a map that nobody makes, 16 + 16 + 32 weights and 512 outputs of
    // qk; unshared also 64 of b, 192 of c, 192 of d and 128 that qk reads.
    struct ran ran =
        run_program("map -a @edges0.yaml -w @edges.yaml --objective energy "
                    "--resident -o @placed");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "GLB, addends GLB (1 of 2)"));
    assert_non_null(strstr(ran.out, "GLB, weights GLB"));
    assert_non_null(
        strstr(ran.out, "of 3 tensors that layers hand over 3 stay in GLB"));
    assert_non_null(strstr(ran.out, "704 words cross at DRAM, 1280 unshared"));
    assert_null(strstr(ran.err, "edge-unshared"));
    free_ran(&ran);
    static const char *const layers[][2] = {
        {"qk", "weights stay in GLB: 0 DRAM words instead of 64 read"},
        {"c", "1 of 2 maps that are added stay in GLB"}};
    for (int i = 0; i < 2; i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "explain -a @edges0.yaml -w @edges.yaml -l %s -m @placed/%s.yaml",
                 layers[i][0], layers[i][0]);
        ran = run_program(line);
        assert_int_equal(ran.status, 0);
        assert_non_null(strstr(ran.out, layers[i][1]));
        free_ran(&ran);
    }
    ran =
        run_program("map -a @edges1.yaml -w @edges.yaml --objective energy --resident");
    assert_int_equal(ran.status, 0);
    assert_non_null(
        strstr(ran.out, "of 3 tensors that layers hand over 2 stay in GLB"));
    assert_non_null(strstr(ran.err,
                           "edges.yaml:13:19: warning: what layer 'd' puts out "
                           "stays in DRAM: 'qk' reads it as weights"));
    free_ran(&ran);
}

// A map that is only added is held as wide as inputs are.
static void test_width_of_addends(void **state) {
    (void)state;
    write_scratch(
        "wide.yaml",
        "name: wide\nsource: s\nnode_nm: 28\nclock_ghz: 1\n"
        "tensors: {weights: {bits: 8}, inputs: {bits: 16}, outputs: {bits: 8}}\n"
        "levels:\n  - {level: DRAM, memory: {class: dram, pj_per_bit: 8}}\n"
        "  - {level: GLB, memory: {class: sram, capacity_kib: 8, pj_per_bit: 1, "
        "shares: "
        "[activations]}}\ncompute: {pj_per_mac: 0.2}\n"
        "vector: {below: GLB, pj_per_op: 0.1, ops_per_cycle: 8}\n");
    write_scratch(
        "added.yaml",
        "name: added\nsource: s\nlayers:\n"
        "  - {name: b, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 1}\n"
        "  - {name: c, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 1, addends: "
        "1}\nedges:\n  - {from: b, to: c, as: addend}\n");
    struct ran ran = run_program("map -a @wide.yaml -w @added.yaml --objective energy "
                                 "--resident -o @held");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    ran = run_program("explain -a @wide.yaml -w @added.yaml -l c -m @held/c.yaml");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "GLB: 1 024 bits held through the layer"));
    free_ran(&ran);
}

// So is one that is read as weights: where these are wider, it is held as they are.
static void test_width_of_right_operands(void **state) {
    (void)state;
    write_scratch(
        "heavy.yaml",
        "name: heavy\nsource: s\nnode_nm: 28\nclock_ghz: 1\n"
        "tensors: {weights: {bits: 16}, inputs: {bits: 8}, outputs: {bits: 8}}\n"
        "levels:\n  - {level: DRAM, memory: {class: dram, pj_per_bit: 8}}\n"
        "  - {level: GLB, memory: {class: sram, capacity_kib: 8, pj_per_bit: 1, "
        "shares: [activations, weights]}}\ncompute: {pj_per_mac: 0.2}\n");
    write_scratch(
        "keys.yaml",
        "name: keys\nsource: s\nlayers:\n"
        "  - {name: k, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 1}\n"
        "  - {name: qk, kind: matmul, heads: 2, m: 16, k: 2, n: 16}\n"
        "edges:\n  - {from: k, to: qk, as: weights, reshape: heads}\n");
    free(run_text(0, "map -a @heavy.yaml -w @keys.yaml --objective energy --resident "
                     "-o @keys"));
    run_says(0, "explain -a @heavy.yaml -w @keys.yaml -m @keys/qk.yaml",
             "GLB: 1 024 bits held through the layer");
    run_says(0, "show mapping @keys/qk.yaml -a @heavy.yaml -w @keys.yaml",
             "GLB holds 1024 bits through the layer");
}

// Whether the vector unit makes what an edge carries or reads it, it is out of reach.
static void test_edges_of_the_vector_unit(void **state) {
    (void)state;
    write_scratch("outside.yaml",
                  "{name: outside, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                  "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
                  "{level: GLB, memory: {class: sram, shares: [activations], "
                  "capacity_kib: 8, pj_per_bit: 1}}], compute: {pj_per_mac: 0.5}, "
                  "vector: {below: DRAM, free: true}}");
    run_says(0, "map -a @outside.yaml -w @net.yaml --objective energy --resident",
             "of 3 tensors that layers hand over 0 stay");
    struct ran ran = run_program("map -a @outside.yaml -w @net.yaml --objective energy "
                                 "--resident");
    // relu to sum, b to sum, sum to c.
    assert_non_null(strstr(ran.err, "(3 edges) [edge-unshared]"));
    free_ran(&ran);
}

// One warning for each reason, at its first edge.
static void test_what_may_not_stay(void **state) {
    (void)state;
    struct ran ran = run_program("map -a tpu -w gpt2_small_1024 --objective energy "
                                 "--resident");
    assert_int_equal(ran.status, 0);
    const char *at = strstr(ran.err, "what layer 'l0.qkv' puts out stays in DRAM: "
                                     "'l0.qk' reads it as weights, which may not be in "
                                     "UB");
    assert_non_null(at);
    assert_non_null(strstr(at, "(24 edges) [edge-unshared]"));
    assert_null(strstr(at + 1, "what layer"));
    free_ran(&ran);
}

// A pool may read channels that are put together: GoogLeNet's tensors all stay, and
// what crosses are the image, the weights and the answer.
static void test_channels_into_pools(void **state) {
    (void)state;
    struct ran ran =
        run_program("map -a tpu -w googlenet --objective energy --resident");
    assert_int_equal(ran.status, 0);
    const unsigned words = 3 * 224 * 224 + 6990272 + 1000;
    char wanted[64];
    snprintf(wanted, sizeof wanted, "; %u words cross at DRAM", words);
    assert_non_null(strstr(ran.out, wanted));
    free_ran(&ran);
}

// How long a layer took, the tenth of its columns.
static void drop_seconds(char *csv) {
    for (char *line = csv; line && *line; line = strchr(line, '\n')) {
        char *field = line += *line == '\n';
        for (int i = 0; i < 9 && field; i++)
            field = strchr(field, ',') ? strchr(field, ',') + 1 : NULL;
        char *end = field ? field + strcspn(field, ",\n") : NULL;
        if (field)
            memmove(field, end, strlen(end) + 1);
    }
}

// Edges of shipped networks move nothing without --resident: not a byte of what is
// printed without them.
static void test_shipped_edges_move_nothing(void **state) {
    (void)state;
    static const char *const networks[] = {"resnet18_cifar10", "gpt2_small_1024",
                                           "googlenet", "vit_b16"};
    const size_t count = SANITIZED ? 1 : sizeof networks / sizeof *networks;
    for (size_t i = 0; i < count; i++) {
        char path[64], line[256];
        snprintf(path, sizeof path, "workloads/%s.yaml", networks[i]);
        char *text = read_whole(path), *edges = strstr(text, "\nedges:");
        assert_non_null(edges);
        edges[1] = '\0';
        write_scratch("without.yaml", text);
        free(text);
        snprintf(line, sizeof line, "map -a tpu -w %s --objective energy -f csv",
                 networks[i]);
        struct ran with = run_program(line);
        struct ran without =
            run_program("map -a tpu -w @without.yaml --objective energy -f csv");
        assert_int_equal(with.status, 0);
        drop_seconds(with.out);
        drop_seconds(without.out);
        assert_string_equal(with.out, without.out);
        free_ran(&with);
        free_ran(&without);
    }
}

// A memory of several positions (--uneven) is said as files and databases name it.
static void test_memories_of_positions(void **state) {
    (void)state;
    struct ran ran = run_program(
        "map -a @large.yaml -w @net.yaml --objective energy --resident --uneven");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.out, "GLB.1 ")); // in mappings
    assert_non_null(strstr(ran.out, " stay in GLB, "));
    assert_null(strstr(ran.out, " GLB.1  ")); // in a column of places
    free_ran(&ran);
    free(run_text(0, "map -a @large.yaml -w @net.yaml --objective energy --resident "
                     "--uneven -o @uneven"));
    run_says(0, "explain -a @large.yaml -w @net.yaml -m @uneven/b.yaml",
             "inputs stay in GLB: 0 DRAM words instead of 256 read\n"
             "  outputs stay in GLB: 0 DRAM words instead of 256 written\n"
             "  GLB: 2 048 bits held through the layer + ");
    run_says(0, "show mapping @uneven/b.yaml -a @large.yaml -w @net.yaml",
             "inputs are in GLB (1 map)\noutputs stay in GLB\n"
             "GLB holds 2048 bits through the layer\n");
    static const char *const rooms[][2] = {
        {"0", "inputs in 'GLB' take room there"},
        {"1", "reads in GLB takes 2048 bits there"},
        {"7990", "error: GLB holds 7990 bits through the layer"}};
    char *text = read_whole(scratch("uneven/b.yaml"));
    char *end = strstr(text, "reserved_bits: 2048}");
    assert_non_null(end);
    for (int i = 0; i < 3; i++) {
        char *other = malloc(strlen(text) + 1);
        assert_non_null(other);
        sprintf(other, "%.*sreserved_bits: %s%s", (int)(end - text), text, rooms[i][0],
                strchr(end, '}'));
        write_scratch("other.yaml", other);
        free(other);
        run_says(1, "eval -a @large.yaml -w @net.yaml -m @other.yaml", rooms[i][1]);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memories_of_positions),
        cmocka_unit_test(test_words_that_stay),
        cmocka_unit_test(test_no_objective_is_worse),
        cmocka_unit_test(test_products_are_least_on_the_front),
        cmocka_unit_test(test_kinds_of_edges),
        cmocka_unit_test(test_width_of_addends),
        cmocka_unit_test(test_width_of_right_operands),
        cmocka_unit_test(test_edges_of_the_vector_unit),
        cmocka_unit_test(test_what_may_not_stay),
        cmocka_unit_test(test_channels_into_pools),
        cmocka_unit_test(test_shipped_edges_move_nothing),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_sweeps_are_what_they_were),
        cmocka_unit_test(test_files_say_places),
        cmocka_unit_test(test_files_that_say_wrong_places),
        cmocka_unit_test(test_room_of_what_is_read),
        cmocka_unit_test(test_room_of_some_maps),
        cmocka_unit_test(test_weights_are_held_where_they_are_shared),
        cmocka_unit_test(test_what_it_needs),
    };
    return cmocka_run_group_tests(tests, write_inputs, leave_scratch);
}
