// Networks' mappings whose groups are less usual than those of test_cli_groups.c:
// several of them in any order, layers that repeat, heads, bands of columns, most
// layers; and what is refused of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"

#define LAYER "kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1"
#define MAPPING                                                   \
    "mapping: [{level: DRAM}, {level: GLB, temporal: K2 Q8 P8}, " \
    "{level: regs, temporal: K2 C4}]"
#define PAIR(first, second, place)                                                   \
    "  - {layers: [" first ", " second "], tile: P8, tensors: {" first ": retain}, " \
    "nests: [{layer: " first ", rows: 8, " MAPPING "}, {layer: " second              \
    ", rows: 8, " place MAPPING "}]}\n"

static void write_chip(const char *name, const char *shares, int bytes,
                       const char *registers) {
    char text[1024], file[32];
    snprintf(text, sizeof text,
             "{name: %s, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
             "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
             "{level: GLB, memory: {class: sram, shares: [%s], capacity_bytes: %d, "
             "pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: "
             "16, pj_per_bit: 0.1%s}}], compute: {pj_per_mac: 0.5}, vector: {below: "
             "GLB, pj_per_op: 0.1, ops_per_cycle: 4}}",
             name, shares, bytes, registers);
    snprintf(file, sizeof file, "%s.yaml", name);
    write_scratch(file, text);
}

static int write_inputs(void **state) {
    const int status = enter_scratch(state);
    write_chip("large", "activations, weights", 1000, "");
    write_chip("small", "activations, weights", 160, "");
    write_chip("middle", "activations, weights", 200, "");
    write_chip("tiny", "activations, weights", 20, "");
    write_chip("maps", "activations", 1000, "");
    write_chip("forgets", "activations", 1000, ", max_lifetime_us: 0.0001");
    write_scratch("four.yaml", "{name: four, source: s, edges: chain, layers: ["
                               "{name: a, " LAYER "}, {name: b, " LAYER "}, "
                               "{name: c, " LAYER "}, {name: d, " LAYER "}]}");
    write_scratch("pairs.yaml", "groups:\n" PAIR("a", "b", "") PAIR("c", "d", ""));
    return status;
}

// Fails unless it succeeds and says all of the parts, behind which is NULL.
static void says_parts(const char *line, const char *const *part) {
    char *text = run_text(0, line);
    for (; *part; part++)
        if (!strstr(text, *part))
            fail_msg("sdse %s lacks '%s':\n%s", line, *part, text);
    free(text);
}
#define SAYS(line, ...) says_parts(line, (const char *const[]){__VA_ARGS__, NULL})

static void test_in_any_order(void **state) {
    (void)state;
    write_scratch("turned.yaml", "groups:\n" PAIR("c", "d", "") PAIR("a", "b", ""));
    run_alike("eval -a @large.yaml -w @four.yaml -m @pairs.yaml",
              "eval -a @large.yaml -w @four.yaml -m @turned.yaml");
    run_says(0, "eval -a @large.yaml -w @four.yaml -m @turned.yaml",
             "\n2 groups of several layers; 1088 words cross at DRAM\n");
}

// The whole is the sum of its lines, of a layer that stands thrice three times its own.
static void test_layers_that_repeat(void **state) {
    (void)state;
    write_scratch("thrice.yaml", "{name: thrice, source: s, edges: [{from: a, to: b}], "
                                 "layers: [{name: a, " LAYER "}, {name: b, " LAYER "}, "
                                 "{name: c, " LAYER ", repeat: 3}]}");
    write_scratch("some.yaml",
                  "mappings: [{layer: c, " MAPPING "}]\ngroups:\n" PAIR("a", "b", ""));
    char *json =
        run_text(0, "eval -a @large.yaml -w @thrice.yaml -m @some.yaml -f json");
    const char *group = strstr(json, "\"energy_pj\": "),
               *layer = strstr(group + 1, "\"energy_pj\": "),
               *total = strstr(layer + 1, "\"energy_pj\": ");
    assert_true(strtod(group + 13, NULL) + strtod(layer + 13, NULL) ==
                strtod(total + 13, NULL));
    assert_non_null(
        strstr(layer, "\"latency_cycles\": 3072, \"outermost_words\": 1584"));
    assert_non_null(strstr(total, "\"latency_cycles\": 5120"));
    free(json);
    SAYS("map -a @large.yaml -w @thrice.yaml --resident --fuse 2 --objective energy -j "
         "1 -f json",
         "\"layers\": \"c\"", "\"unshared_energy_pj\": 145497.6,",
         "\"unshared_latency_cycles\": 3072,", "\"unshared_outermost_words\": 1584,");
}

// A layer that puts its whole map into the memory takes room for it: not a bit less.
static void test_placed_by_themselves(void **state) {
    (void)state;
    write_scratch("placed.yaml",
                  "mappings:\n  - {layer: a, place: {outputs: GLB}, " MAPPING "}\n"
                  "  - {layer: b, place: {inputs: GLB, operands: 1, reserved_bits: "
                  "2048}, " MAPPING "}\n  - {layer: c, " MAPPING "}\n"
                  "  - {layer: d, " MAPPING "}\n");
    SAYS("why-not -a @large.yaml -w @four.yaml -m @placed.yaml",
         "\n-      a     -         1          4224            0          4224 ",
         "  4224 of its tiles and of the place of its outputs\n",
         "smallest GLB that admits it: 4224 bits");
    for (int bytes = 527; bytes <= 528; bytes++) {
        write_chip("edge", "activations, weights", bytes, "");
        run_says(bytes == 527, "eval -a @edge.yaml -w @four.yaml -m @placed.yaml",
                 bytes == 527 ? "layer 'a': GLB has 4216 bits, 8 too few: 4224 of its"
                              : "\n0 groups of several layers;");
    }
}

// A tensor of a layer before the group is told, up to the group that reads it.
static void test_what_is_held_before(void **state) {
    (void)state;
    write_scratch(
        "before.yaml",
        "mappings:\n  - {layer: a, place: {outputs: GLB}, " MAPPING "}\n"
        "  - {layer: d, " MAPPING "}\ngroups:\n"
        "  - {layers: [b, c], tile: P8, tensors: {b: retain}, input: GLB, "
        "weights: {b: streamed, c: kept}, nests: [{layer: b, rows: 8, place: "
        "{inputs: GLB, outputs: GLB, operands: 1, reserved_bits: 2176}, " MAPPING
        "}, {layer: c, rows: 8, place: {weights: GLB, inputs: GLB, operands: "
        "1, reserved_bits: 4224}, " MAPPING "}]}\n");
    SAYS("explain -a @large.yaml -w @four.yaml -m @before.yaml",
         "inputs of b come from GLB\n",
         "b -> c: rows stay in GLB: 0 DRAM words instead of 256 written and 256 read\n",
         "outputs of c go to DRAM\n  weights of c stay in GLB\n",
         "  GLB holds what a makes: 2048 bits\n");
}

// Of nests alike in what is said of them each is the one that holds what is said.
static void test_told_by_their_place(void **state) {
    (void)state;
    static const char first[] =
        "{layer: a, rows: %d, mapping: [{level: DRAM}, {level: GLB, temporal: K2 Q8 "
        "P%d}, {level: regs, temporal: K2 C4}]}, ";
    static const char second[] = "{layer: b, rows: 2, %smapping: [{level: DRAM}, "
                                 "{level: GLB, temporal: K2 Q8 P2 "
                                 "R3 S3}, {level: regs, temporal: K2 C4}]}, ";
    char text[2048] =
        "groups: [{layers: [a, b], tile: P2, tensors: {a: retain}, nests: [";
    for (int rows = 3; rows > 0; rows--)
        sprintf(text + strlen(text), first, rows, rows);
    sprintf(text + strlen(text), second,
            "place: {inputs: GLB, operands: 1, reserved_bits: 1024}, ");
    sprintf(text + strlen(text), second,
            "from: 0, place: {inputs: GLB, operands: 1, reserved_bits: 768}, ");
    sprintf(text + strlen(text), second, "");
    strcat(text, "]}]\n");
    write_scratch("told.yaml", text);
    write_scratch("window.yaml", "{name: window, source: s, edges: chain, layers: ["
                                 "{name: a, " LAYER "}, {name: b, kind: conv, in: [4, "
                                 "8, 8], out_channels: 4, kernel: 3, pad: 1}]}");
    SAYS("explain -a @large.yaml -w @window.yaml -m @told.yaml",
         "b, rows 0 ... 1, 1 time\n  GLB holds 768 bits",
         "b, rows 2 ... 3, 2 times\n  GLB holds 1024 bits");
}

// A group of bands, as it is found: scored again, told and asked for, each says what is
// kept while the tiles of the same rows are at work.
static void test_bands(void **state) {
    (void)state;
    static const char layer[] =
        "kind: conv, in: [2, 9, 32], out_channels: 2, kernel: 3, pad: 1";
    char text[512];
    snprintf(text, sizeof text,
             "{name: wide, source: s, edges: chain, layers: [{name: a, %s}, "
             "{name: b, %s}]}",
             layer, layer);
    write_scratch("wide.yaml", text);
    static const char *const lines[] = {
        "map -a @small.yaml -w @wide.yaml --resident --fuse 2 --columns --objective "
        "energy -j 1 -f json -o @bands.yaml",
        "eval -a @small.yaml -w @wide.yaml -m @bands.yaml -f json"};
    for (size_t i = 0; i < 2; i++)
        SAYS(lines[i], "\"tile_rows\": 5, \"inputs\": \"DRAM, buffered in bands\"",
             "\"retained\": \"-\", \"weights_kept\": \"a, b\"",
             "\"tile_columns\": 1, \"banded\": \"a\", \"overlap\": \"none\"}");
    SAYS("explain -a @small.yaml -w @wide.yaml -m @bands.yaml",
         "a -> b: cells stay for the tiles of these rows, are made again for others",
         ": 0 DRAM words instead of 704 written and 2068 read\n",
         ", each cell once for the tiles of the same rows\n",
         "    336 of 21 cells of the inputs of a\n",
         "  it brings in 36 words of weights from DRAM\n",
         "  it brings in 42 words of inputs from DRAM\n");
    SAYS("why-not -a @small.yaml -w @wide.yaml --group a..b --columns -f json",
         "\"tile_columns\": 1,", "\"banded\": \"a\",", "\"buffered_in_bands\": false,");
    SAYS("why-not -a @small.yaml -w @wide.yaml --group a..b --columns",
         "; in bands: a; weights kept: -\n");
    // A nest of other columns is none of the group.
    char *found = read_whole(scratch("bands.yaml"));
    char *from = strstr(found, "columns_from: 0\n");
    assert_non_null(from);
    from[14] = '1';
    write_scratch("bands.yaml", found);
    free(found);
    run_says(1, lines[1], "[nest-rows]");
    // Of the inputs alone.
    write_chip("bands", "activations, weights", 80, "");
    snprintf(text, sizeof text,
             "{name: ends, source: s, edges: chain, layers: [{name: a, %s}, {name: b, "
             "kind: conv, in: [2, 9, 32], out_channels: 2, kernel: 1}]}",
             layer);
    write_scratch("ends.yaml", text);
    SAYS("map -a @bands.yaml -w @ends.yaml --resident --fuse 2 --columns --objective "
         "energy -j 1 -f json",
         "\"inputs\": \"DRAM, buffered in bands\"", "\"banded\": \"-\", \"overlap\": \"none\"}");
    // Of what is handed over alone.
    snprintf(text, sizeof text,
             "{name: starts, source: s, edges: chain, layers: [{name: a, kind: conv, "
             "in: [2, 9, 32], out_channels: 2, kernel: 1}, {name: b, %s}]}",
             layer);
    write_scratch("starts.yaml", text);
    SAYS("map -a @bands.yaml -w @starts.yaml --resident --fuse 2 --columns --objective "
         "energy -j 1 -f json -o @starts-found.yaml",
         "\"inputs\": \"DRAM\"", "\"banded\": \"a\", \"overlap\": \"none\"}");
    SAYS("eval -a @bands.yaml -w @starts.yaml -m @starts-found.yaml -f json",
         "\"inputs\": \"DRAM\"", "\"banded\": \"a\", \"overlap\": \"none\"}");
}

// Inputs that are buffered come ahead into their place: the nest need not keep them.
static void test_buffered_ahead(void **state) {
    (void)state;
#define AHEAD(layer, from, rest)                                      \
    "      - {layer: " layer ", rows: 2, from: " from                 \
    ", mapping: [{level: DRAM}, {level: GLB, temporal: K2 Q8 P2" rest \
    "}, {level: regs, temporal: K2 C4}]}\n"
#define AHEAD_A(from) AHEAD("a", from, " R3 S3, keeps: [weights]")
    write_scratch(
        "padded.yaml",
        "{name: padded, source: s, edges: chain, layers: [{name: a, kind: "
        "conv, in: [4, 8, 8], out_channels: 4, kernel: 3, pad: 1}, {name: b, " LAYER
        "}]}");
    write_scratch(
        "ahead.yaml",
        "groups:\n  - layers: [a, b]\n    tile: P2\n    tensors: {a: retain}\n"
        "    input: buffered\n    overlap: outer\n    nests:\n" AHEAD_A("0")
            AHEAD_A("2") AHEAD_A("6") AHEAD("b", "0", "") AHEAD("b", "2", "")
                AHEAD("b", "6", ""));
    SAYS("eval -a @large.yaml -w @padded.yaml -m @ahead.yaml",
         "\n1 group of several layers; 1152 words cross at DRAM\n");
}

// Columns that a stride leaves apart are read as they are written.
static void test_columns_apart(void **state) {
    (void)state;
    write_scratch(
        "apart.yaml",
        "{name: apart, source: s, edges: chain, layers: [{name: a, kind: conv, "
        "in: [2, 4, 16], out_channels: 2, kernel: 1}, {name: b, kind: conv, "
        "in: [2, 4, 16], out_channels: 2, kernel: 1, stride: 2}]}");
    free(run_text(0, "map -a @small.yaml -w @apart.yaml --resident --fuse 2 --columns "
                     "--objective energy -j 1 -o @apart-found.yaml"));
    SAYS("explain -a @small.yaml -w @apart.yaml -m @apart-found.yaml",
         "rows 0, 2, ... 2 at columns 8, 10, ... 14");
}

// A map that several layers of the group read comes in once for all of them.
static void test_inputs_for_all(void **state) {
    (void)state;
    write_scratch(
        "block.yaml",
        "{name: block, source: s, edges: [{from: stem, to: [a, sum]}, {from: "
        "a, to: b}, {from: b, to: sum}], layers: [{name: stem, kind: conv, in: "
        "[2, 12, 6], out_channels: 4, kernel: 1}, {name: a, kind: conv, in: "
        "[4, 12, 6], out_channels: 4, kernel: 3, pad: 1}, {name: b, kind: "
        "conv, in: [4, 12, 6], out_channels: 4, kernel: 1}, {name: sum, kind: "
        "add, in: [4, 12, 6], fused: false}]}");
    SAYS("map -a @middle.yaml -w @block.yaml --resident --fuse 3 --objective energy -f "
         "json -j 1 -o @all.yaml",
         "\"inputs\": \"DRAM, buffered for all\"");
    SAYS("eval -a @middle.yaml -w @block.yaml -m @all.yaml -f json",
         "\"inputs\": \"DRAM, buffered for all\"");
    SAYS("explain -a @middle.yaml -w @block.yaml -m @all.yaml",
         "inputs of a come from DRAM, each row once for all layers that read it\n");
}

// Nests alike in rows are told apart by heads, keys and part.
static void test_keys(void **state) {
    (void)state;
    write_scratch(
        "keys.yaml",
        "{name: keys, source: s, layers: [{name: qk, kind: matmul, heads: 2, "
        "m: 1, k: 4, n: 32}, {name: s, kind: softmax, in: [2, 1, 32], fused: "
        "false}, {name: av, kind: matmul, heads: 2, m: 1, k: 32, n: 4}], "
        "edges: [{from: qk, to: s, reshape: heads}, {from: s, to: av, reshape: "
        "heads}]}");
    free(run_text(0, "map -a @tiny.yaml -w @keys.yaml --resident --fuse 3 --objective "
                     "energy -j 1 -o @parts.yaml"));
    SAYS("explain -a @tiny.yaml -w @keys.yaml -m @parts.yaml",
         ", 1 row of av a tile, 1 head at a time, 4 keys at a time\n",
         "Nest 1: qk, row 0, 1 head, 4 keys, part first, 2 times\n",
         "Nest 4: qk, row 0, 1 head, 4 keys, part middle, 14 times\n",
         "    16 of what 1 row of av waits with\n");
}

// --- Refused ---

static void refused(const char *chip, const char *net, const char *mapping,
                    const char *says) {
    char line[128];
    write_scratch("bad.yaml", mapping);
    snprintf(line, sizeof line, "eval -a @%s.yaml -w @%s.yaml -m @bad.yaml", chip, net);
    run_says(1, line, says);
}

static void test_refused(void **state) {
    (void)state;
    refused(
        "maps", "four",
        "groups:\n  - {layers: [a, b], tile: P8, tensors: {a: retain}, weights: {a: "
        "streamed, b: kept}, nests: []}\n  - {layers: [c, d], tile: P8, tensors: "
        "{c: retain}, nests: []}\n",
        "bad.yaml:2:80: error: the weights of 'b' cannot be kept in GLB: it needs "
        "`shares: [activations, weights]` [group-weights]");
    refused("large", "four",
            "groups:\n" PAIR("a", "b", "place: {inputs: GLB, operands: 2}, ")
                PAIR("c", "d", ""),
            "error: operands: 1 are there, not 2 [nest-place]");
    refused(
        "forgets", "four", "groups:\n" PAIR("a", "b", "") PAIR("c", "d", ""),
        "bad.yaml:2:62: error: layer 'a': tiles live 5.12e+03 times as long as their "
        "memory allows [schedule-life]");
    write_chip("forgets", "activations", 1000, ", max_lifetime_us: 0.5");
    refused("forgets", "four", "groups:\n" PAIR("a", "b", "") PAIR("c", "d", ""),
            "layer 'a': tiles live 1.02 times as long");
    write_scratch("adds.yaml",
                  "{name: adds, source: s, edges: [{from: a, to: b}, {from: b, to: c}, "
                  "{from: a, to: c, as: addend}], layers: [{name: a, " LAYER
                  "}, {name: b, " LAYER "}, {name: c, " LAYER ", addends: 1}]}");
    refused("large", "adds",
            "mappings:\n  - {layer: a, place: {outputs: GLB}, " MAPPING "}\n"
            "  - {layer: b, place: {inputs: GLB, reserved_bits: 2048}, " MAPPING "}\n"
            "  - {layer: c, place: {reserved_bits: 2048}, " MAPPING "}\n",
            "bad.yaml:4:23: error: addends: 1 are there, not 0 [schedule-place]");
}

// Of what is put together all parts are in the memory, or none.
static void test_parts_that_are_apart(void **state) {
    (void)state;
    write_scratch("cat.yaml",
                  "{name: cat, source: s, edges: [{from: [a, b], to: c, as: "
                  "concat}], layers: [{name: a, " LAYER "}, {name: b, " LAYER
                  "}, {name: c, kind: conv, in: [8, 8, 8], out_channels: 4, "
                  "kernel: 1}]}");
    refused(
        "large", "cat",
        "mappings:\n  - {layer: a, place: {outputs: GLB}, " MAPPING "}\n"
        "  - {layer: b, place: {reserved_bits: 2048}, " MAPPING "}\n"
        "  - {layer: c, place: {inputs: GLB, operands: 1, reserved_bits: 2048}, "
        "mapping: [{level: DRAM}, {level: GLB, temporal: K2 Q8 P8 C2}, {level: regs, "
        "temporal: K2 C4}]}\n",
        "bad.yaml:4:5: error: layer 'c' reads maps that are put together: all of "
        "them are in GLB, or none is [schedule-place]");
}

// Eight layers may take turns; of three heads two at a time leave one.
static void test_edges_of_groups(void **state) {
    (void)state;
    char text[1024] = "{name: nine, source: s, edges: chain, layers: [";
    for (char name = 'a'; name <= 'i'; name++)
        sprintf(text + strlen(text), "%s{name: %c, " LAYER "}", name > 'a' ? ", " : "",
                name);
    strcat(text, "]}");
    write_scratch("nine.yaml", text);
    refused("large", "nine",
            "groups:\n  - {layers: [a, b, c, d, e, f, g, h], tile: P8, tensors: {}, "
            "nests: []}\n",
            "what 'g' makes is not said: retain or recompute [group-tensor]");
    refused(
        "large", "nine",
        "groups:\n  - {layers: [a, b, c, d, e, f, g, h, i], tile: P8, tensors: {}, "
        "nests: []}\n",
        "bad.yaml:2:14: error: a group has 2 to 8 layers, functions that are `fused` "
        "not counted, not 9 [group-layers]");
    write_scratch(
        "heads.yaml",
        "{name: heads, source: s, edges: [{from: qk, to: av, reshape: heads}], "
        "layers: [{name: qk, kind: matmul, heads: 3, m: 4, k: 4, n: 4}, "
        "{name: av, kind: matmul, heads: 3, m: 4, k: 4, n: 4}]}");
    refused(
        "large", "heads",
        "groups:\n  - {layers: [qk, av], tile: P4, heads: 2, tensors: {qk: retain}, "
        "nests: [{layer: qk, rows: 4, heads: 3, mapping: []}]}\n",
        "no nest of layer 'qk' makes rows 0 ... 3, 3 heads; in this group its nests "
        "make: rows 0 ... 3, 2 heads; rows 0 ... 3, 1 head [nest-rows]");
#define HEADS(layer, heads)                                                           \
    "{layer: " layer ", rows: 4, heads: " heads ", mapping: [{level: DRAM}, {level: " \
    "GLB, temporal: G" heads " K4 P4}, {level: regs, temporal: C4}]}"
    write_scratch("turned-heads.yaml",
                  "groups:\n  - {layers: [qk, av], tile: P4, heads: 2, tensors: {qk: "
                  "retain}, nests: [" HEADS("qk", "1") ", " HEADS("qk", "2") ", " HEADS(
                      "av", "2") ", " HEADS("av", "1") "]}\n");
    run_says(0, "eval -a @large.yaml -w @heads.yaml -m @turned-heads.yaml",
             "\n1 group of several layers; ");
#undef HEADS
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_in_any_order),
                                       cmocka_unit_test(test_layers_that_repeat),
                                       cmocka_unit_test(test_placed_by_themselves),
                                       cmocka_unit_test(test_what_is_held_before),
                                       cmocka_unit_test(test_told_by_their_place),
                                       cmocka_unit_test(test_bands),
                                       cmocka_unit_test(test_buffered_ahead),
                                       cmocka_unit_test(test_columns_apart),
                                       cmocka_unit_test(test_inputs_for_all),
                                       cmocka_unit_test(test_keys),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_parts_that_are_apart),
                                       cmocka_unit_test(test_edges_of_groups)};
    return cmocka_run_group_tests(tests, write_inputs, leave_scratch);
}
