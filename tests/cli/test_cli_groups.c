// The mapping's file of a network whose layers take turns, as people write, score and
// break it: what the search found reads back to the last bit, what follows from the
// rest may be left out, and what contradicts it is refused at its place.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_broken_groups.h"
#include "cli/support_program.h"

static const char arch_text[] =
    "{name: %s, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
    "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
    "{level: GLB, memory: {class: sram, shares: [%s], capacity_bytes: %d, "
    "pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: 16, "
    "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, "
    "pj_per_op: 0.1, ops_per_cycle: 4}}";

// Groups a ... b and c by itself on `keeps`. A tile of three rows: 3, 3, 2.
static const char good[] =
    "mappings:\n"
    "  - layer: c\n"
    "    mapping:\n"
    "      - {level: DRAM, temporal: Q4}\n"
    "      - {level: GLB, temporal: K2 Q2 P8}\n"
    "      - {level: regs, temporal: K2 C4}\n"
    "groups:\n"
    "  - layers: [a, relu, b]\n"
    "    tile: P3\n"
    "    tensors: {a: retain}\n"
    "    weights: {a: kept, b: kept}\n"
    "    input: outer\n"
    "    output: outer\n"
    "    nests:\n"
    "      - layer: a\n"
    "        rows: 3\n"
    "        from: 0\n"
    "        times: 1\n"
    "        brings: {weights: 16}\n"
    "        place: {weights: GLB, outputs: GLB, reserved_bits: 256}\n"
    "        mapping:\n"
    "          - {level: DRAM, temporal: Q2}\n"
    "          - {level: GLB, temporal: K2 Q4 P3}\n"
    "          - {level: regs, temporal: K2 C4}\n"
    "      - layer: a\n"
    "        rows: 3\n"
    "        from: 3\n"
    "        mapping:\n"
    "          - {level: DRAM, temporal: Q2}\n"
    "          - {level: GLB, temporal: K2 Q4 P3}\n"
    "          - {level: regs, temporal: K2 C4}\n"
    "      - layer: a\n"
    "        rows: 2\n"
    "        mapping:\n"
    "          - {level: GLB, temporal: K2 Q8 P2}\n"
    "          - {level: regs, temporal: K2 C4}\n"
    "      - layer: b\n"
    "        rows: 3\n"
    "        from: 0\n"
    "        mapping:\n"
    "          - {level: DRAM, temporal: K2}\n"
    "          - {level: GLB, temporal: Q8 P3}\n"
    "          - {level: regs, temporal: K2 C4}\n"
    "      - layer: b\n"
    "        rows: 3\n"
    "        from: 3\n"
    "        times: 1\n"
    "        mapping:\n"
    "          - {level: DRAM, temporal: K2}\n"
    "          - {level: GLB, temporal: Q8 P3}\n"
    "          - {level: regs, temporal: K2 C4}\n"
    "      - layer: b\n"
    "        rows: 2\n"
    "        mapping:\n"
    "          - {level: GLB, temporal: K2 Q8 P2}\n"
    "          - {level: regs, temporal: K2 C4}\n";

// An accelerator that rebuilds weights above its buffer.
static void write_rebuilder(const char *name) {
    char text[1024], file[32];
    snprintf(text, sizeof text, arch_text, name, "activations, weights", 1000);
    snprintf(
        text + strlen(text) - 1, sizeof text - strlen(text),
        ", engines: [{kind: rebuild, below: DRAM, rows_per_cycle: 1, free: true}]}");
    snprintf(file, sizeof file, "%s.yaml", name);
    write_scratch(file, text);
}

static const char layers_text[] =
    "source: s\nlayers:\n"
    "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
    "  - {name: relu, kind: act, in: [4, 8, 8], fused: true}\n"
    "  - {name: b, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
    "  - {name: c, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
    "edges: chain\n";

static int write_inputs(void **state) {
    const int status = enter_scratch(state);
    char text[1024];
    snprintf(text, sizeof text, arch_text, "keeps", "activations, weights", 200);
    write_scratch("keeps.yaml", text);
    snprintf(text, sizeof text, arch_text, "middle", "activations", 400);
    write_scratch("middle.yaml", text);
    snprintf(text, sizeof text, arch_text, "large", "activations, weights", 1000);
    write_scratch("large.yaml", text);
    write_rebuilder("deals");
    write_rebuilder("other");
    snprintf(text, sizeof text, "name: net\n%s", layers_text);
    write_scratch("net.yaml", text);
    snprintf(text, sizeof text, "name: second\n%s", layers_text);
    write_scratch("second.yaml", text);
    write_scratch(
        "branch.yaml",
        "name: branch\nsource: s\nlayers:\n"
        "  - {name: stem, kind: conv, in: [2, 9, 8], out_channels: 4, kernel: 1}\n"
        "  - {name: one, kind: conv, in: [4, 9, 8], out_channels: 4, kernel: 3, pad: 1,"
        " stride: 2}\n"
        "  - {name: one.relu, kind: act, in: [4, 5, 4], fused: true}\n"
        "  - {name: two, kind: conv, in: [4, 5, 4], out_channels: 4, kernel: 3, pad: "
        "1}\n"
        "  - {name: three, kind: conv, in: [4, 9, 8], out_channels: 4, kernel: 1, "
        "stride: 2}\n"
        "  - {name: sum, kind: add, in: [4, 5, 4]}\n"
        "edges:\n"
        "  - {from: stem, to: one}\n"
        "  - {from: one, to: two}\n"
        "  - {from: stem, to: three}\n"
        "  - {from: two, to: sum}\n"
        "  - {from: three, to: sum}\n");
    write_scratch("good.yaml", good);
    return status;
}

// The digits behind a key, from the object that `within` names.
static void copy_number(const char *json, const char *within, const char *key,
                        char digits[40]) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", within);
    const char *at = strstr(json, quoted);
    assert_non_null(at);
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    at = strstr(at, quoted);
    assert_non_null(at);
    at += strlen(quoted);
    snprintf(digits, 40, "%.*s", (int)strcspn(at, ",}"), at);
}

// --- Written and read ---

static void round_trip(const char *arch, const char *net, const char *objective,
                       const char *rest) {
    static const char *const keys[] = {"energy_pj", "latency_cycles",
                                       "outermost_words"};
    char line[256];
    snprintf(line, sizeof line,
             "map -a %s -w %s --resident --objective %s -f json -o @found.yaml %s",
             arch, net, objective, rest);
    char *found = run_text(0, line);
    snprintf(line, sizeof line, "eval -a %s -w %s -m @found.yaml -f json", arch, net);
    char *scored = run_text(0, line);
    assert_non_null(strstr(scored, "sdse.eval-network/1"));
    for (size_t k = 0; k < 3; k++) {
        char was[40], is[40];
        copy_number(found, "fused", keys[k], was);
        copy_number(scored, "total", keys[k], is);
        assert_string_equal(was, is);
    }
    free(found);
    free(scored);
    snprintf(line, sizeof line, "check @found.yaml -a %s -w %s", arch, net);
    free(run_text(0, line));
}

static void test_reads_back_to_the_last_bit(void **state) {
    (void)state;
    static const char *const objectives[] = {"energy", "latency", "edp"};
    for (size_t o = 0; o < 3; o++)
        round_trip("@keeps.yaml", "@net.yaml", objectives[o], "--fuse 3 --tiles all");
    round_trip("@keeps.yaml", "@branch.yaml", "latency", "--fuse 2");
    round_trip("@middle.yaml", "@branch.yaml", "energy", "--fuse 2");
    round_trip("@middle.yaml", "@branch.yaml", "energy", "--fuse 1");
    write_scratch(
        "slow.yaml",
        "{name: slow, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "0.2}}, {level: GLB, memory: {class: sram, shares: [activations], "
        "capacity_bytes: 1200, pj_per_bit: 1}}, {level: regs, memory: {class: regfile, "
        "capacity_bytes: 16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: "
        "{below: GLB, pj_per_op: 0.1, ops_per_cycle: 4}}");
    write_scratch("three.yaml", "name: three\nsource: s\nlayers:\n"
                                "  - {name: a, kind: conv, in: [2, 12, 8], "
                                "out_channels: 4, kernel: 3, pad: 1}\n"
                                "  - {name: b, kind: conv, in: [4, 12, 8], "
                                "out_channels: 4, kernel: 3, pad: 1}\n"
                                "  - {name: c, kind: conv, in: [4, 12, 8], "
                                "out_channels: 2, kernel: 3, pad: 1}\n"
                                "edges: chain\n");
    round_trip("@slow.yaml", "@three.yaml", "latency", "--fuse 3 --overlap outer");
    char *text = read_whole(scratch("found.yaml"));
    assert_non_null(strstr(text, "\n    overlap: outer\n"));
    assert_non_null(strstr(text, " --overlap outer: optimal"));
    free(text);
    run_says(0, "explain -a @slow.yaml -w @three.yaml -m @found.yaml -l b",
             "DRAM works ahead: 1 x (");
    // What waits is kept where it waits.
    text = read_whole(scratch("found.yaml"));
    char *kept = strstr(strstr(text, "layer: c"), "keeps: [weights, outputs]}");
    assert_non_null(kept);
    memcpy(kept, "keeps: [outputs         ]}", strlen("keeps: [outputs         ]}"));
    write_scratch("found.yaml", text);
    free(text);
    run_says(1, "eval -a @slow.yaml -w @three.yaml -m @found.yaml",
             "error: weights of 'c' cross ahead of the nest, or behind it, by way of "
             "GLB, which keeps none of them here");
    round_trip("@large.yaml", "@branch.yaml", "energy", "--fuse 2 --uneven");
    round_trip("@middle.yaml", "@net.yaml", "energy", "--fuse 3 --imperfect 20");
    round_trip("@middle.yaml", "@net.yaml", "energy", "--fuse 3 --free-bypass");
}

// --- By hand ---

// What waits, of layers of 16 weights on rows of 32 words. Three tiles of two rows do
// the same: twice 64 inputs, both layers' weights and 64 outputs. Of one tile of all
// rows the second layer's weights.
static void test_what_waits(void **state) {
    (void)state;
    static const struct {
        unsigned rows, from, bits;
    } cases[] = {{2, 2, 2 * 8 * (64 + 16 + 16 + 64)}, {8, 0, 8 * 16}};
    for (size_t i = 0; i < 2; i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 "mappings:\n  - {layer: c, mapping: [{level: DRAM, temporal: Q4}, "
                 "{level: GLB, temporal: K2 Q2 P8}, {level: regs, temporal: K2 C4}]}\n"
                 "groups:\n  - layers: [a, relu, b]\n    tile: P%u\n"
                 "    tensors: {a: recompute}\n    overlap: outer\n    nests:\n"
                 "      - {layer: a, rows: %u, from: %u, place: {outputs: GLB, "
                 "reserved_bits: 1}, mapping: [{level: GLB, temporal: K2 Q8 P%u}, "
                 "{level: regs, temporal: K2 C4}]}\n",
                 cases[i].rows, cases[i].rows, cases[i].from, cases[i].rows);
        write_scratch("waits.yaml", text);
        snprintf(text, sizeof text,
                 "error: 1 bits are said to be reserved in GLB, %u are: %u of what "
                 "comes ahead of the nests, and goes behind them [nest-place]",
                 cases[i].bits, cases[i].bits);
        run_says(1, "eval -a @large.yaml -w @net.yaml -m @waits.yaml", text);
    }
    // Where nests are said to run one after the other nothing waits.
    char *waits = read_whole(scratch("waits.yaml")),
         *way = strstr(waits, "overlap: outer");
    assert_non_null(way);
    memcpy(way, "overlap:  none", strlen("overlap: outer"));
    write_scratch("waits.yaml", waits);
    free(waits);
    run_says(
        1, "eval -a @large.yaml -w @net.yaml -m @waits.yaml",
        "error: 1 bits are said to be reserved in GLB, 0 are: nothing [nest-place]");
}

// What is left out of the file follows from the rest. The group's outermost words are
// its inputs, its outputs and each weight once.
static void test_written_by_hand(void **state) {
    (void)state;
    char *json = run_text(0, "eval -a @keeps.yaml -w @net.yaml -m @good.yaml -f json");
    assert_non_null(strstr(json, "\"layers\": \"a ... b\", \"tile_rows\": 3, "
                                 "\"inputs\": \"DRAM\", \"outputs\": \"DRAM\", "
                                 "\"retained\": \"a\", \"weights_kept\": \"a, b\", "
                                 "\"nests\": 6"));
    char words[40];
    copy_number(json, "a ... b\", \"tile_rows", "outermost_words", words);
    assert_string_equal(words, "544"); // 8 x 8 x 4 in, as many out, 2 x 16 weights
    free(json);
    run_says(0, "eval -a @keeps.yaml -w @net.yaml -m @good.yaml",
             "1 group of several layers; 1072 words cross at DRAM");
    run_says(0, "check @good.yaml -a @keeps.yaml -w @net.yaml",
             "mapping on keeps of net, 1 group");
    // The outermost memory may be called by its name.
    static const char *const named[][2] = {
        {"input: outer", "input: DRAM"},
        {"output: outer", "output: DRAM"},
        {"outputs: GLB, res", "outputs: GLB, inputs: DRAM, res"}};
    for (size_t i = 0; i < 3; i++) {
        char *outer = read_whole(scratch("good.yaml")), text[4096];
        const char *at = strstr(outer, named[i][0]);
        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - outer), outer, named[i][1],
                 at + strlen(named[i][0]));
        write_scratch("named.yaml", text);
        run_says(0, "eval -a @keeps.yaml -w @net.yaml -m @named.yaml",
                 "1 group of several layers; 1072 words cross at DRAM");
        free(outer);
    }
}

// --- For others ---

// Succeeds, and says `part`, or nothing of the kind.
static void expect_warning(const char *line, const char *part) {
    struct ran ran = run_program(line);
    if (ran.status != 0 ||
        (part ? !strstr(ran.err, part) : strstr(ran.err, "[mapping-for]") != NULL))
        fail_msg("sdse %s: status %d, expected %s, got\n%s", line, ran.status,
                 part ? part : "no warning", ran.err);
    free_ran(&ran);
}

// A mapping that was found for other weights, another accelerator or another network is
// scored as asked, and said to be another's, at each place; the same form in other
// words is the same.
static void test_found_for_others(void **state) {
    (void)state;
    static const char *const warnings[] = {
        "found.yaml:2:7: warning: this is a mapping for accelerator 'deals', not for "
        "'other' [mapping-for]",
        "found.yaml:3:11: warning: this is a mapping for network 'net', not for "
        "'second' [mapping-for]",
        "found.yaml:4:7: warning: this is a mapping for weights in the form "
        "'basis_size: 3, density: 0.5' (--form), not 'raw' [mapping-for]"};
    free(run_text(0, "map -a @deals.yaml -w @net.yaml --resident --fuse 3 --objective "
                     "energy --form basis_size:~3,~density:~0.5 -o @found.yaml"));
    expect_warning("eval -a @deals.yaml -w @net.yaml -m @found.yaml --form "
                   "density:~0.50,basis_size:~3",
                   NULL);
    char text[4096];
    snprintf(text, sizeof text,
             "# by hand\narch: deals\nworkload: net\nform: 'basis_size: 3, density: "
             "0.5'\n%s",
             good);
    write_scratch("found.yaml", text);
    for (size_t i = 0; i < 3; i++) {
        expect_warning("eval -a @other.yaml -w @second.yaml -m @found.yaml",
                       warnings[i]);
        expect_warning("explain -a @other.yaml -w @second.yaml -m @found.yaml",
                       warnings[i]);
        expect_warning("check -a @other.yaml -w @second.yaml @found.yaml", warnings[i]);
    }
}

// So it is with the file of one layer.
static void test_a_layer_found_for_others(void **state) {
    (void)state;
    free(run_text(0, "map -a @deals.yaml -w @net.yaml -l a --objective energy --form "
                     "basis_size:~3,~density:~0.5 -o @layer.yaml"));
    expect_warning("eval -a @deals.yaml -w @net.yaml -m @layer.yaml --form "
                   "basis_size:~3,density:~0.5",
                   NULL);
    expect_warning("eval -a @deals.yaml -w @net.yaml -m @layer.yaml",
                   "layer.yaml:4:7: warning: this is a mapping for weights in the form "
                   "'basis_size: 3, density: 0.5' (--form), not 'raw' [mapping-for]");
    expect_warning(
        "show mapping @layer.yaml -a @other.yaml -w @second.yaml",
        "layer.yaml:2:7: warning: this is a mapping for accelerator 'deals'");
    expect_warning("check @layer.yaml -a @other.yaml -w @second.yaml -l a",
                   "layer.yaml:3:11: warning: this is a mapping for network 'net'");
}

// A form that is none, or several, is refused where it stands.
static void test_head_is_refused(void **state) {
    (void)state;
    static const char *const heads[][2] = {
        {"form: 'basis: 3'\n", "1:7: error: form 'basis: 3': "},
        {"form: 'basis_size: [3, 4]'\n",
         "1:7: error: form 'basis_size: [3, 4]': one form is needed [mapping-for]"},
        {"form: raw\narch: [keeps]\n", "2:7: error: arch: expected text"}};
    for (size_t i = 0; i < 3; i++) {
        char text[4096];
        snprintf(text, sizeof text, "%s%s", heads[i][0], good);
        write_scratch("head.yaml", text);
        run_says(1, "eval -a @keeps.yaml -w @net.yaml -m @head.yaml", heads[i][1]);
        run_says(1, "check @head.yaml -a @keeps.yaml -w @net.yaml", heads[i][1]);
    }
}

// --- Broken ---

static void write_broken(const struct broken *broken) {
    char text[4096];
    const char *at = strstr(good, broken->from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - good), good, broken->to,
             at + strlen(broken->from));
    write_scratch("bad.yaml", text);
}

static void expect_broken(const struct broken *broken) {
    write_broken(broken);
    struct ran ran = run_program("eval -a @keeps.yaml -w @net.yaml -m @bad.yaml");
    char expected[512];
    snprintf(expected, sizeof expected, "bad.yaml:%s", broken->says);
    size_t errors = 0;
    for (const char *at = ran.err; (at = strstr(at, ": error: ")); at++)
        errors++;
    if (ran.status != 1 || !strstr(ran.err, expected) || errors != broken->errors)
        fail_msg("'%s' for '%s': status %d\n%s\nexpected %s", broken->to, broken->from,
                 ran.status, ran.err, expected);
    assert_string_equal(ran.out, "");
    free_ran(&ran);
}

static void test_broken_files(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof broken_groups / sizeof *broken_groups; i++)
        expect_broken(&broken_groups[i]);
}

// Nests alike in rows are told apart by their channels and by which part they are.
static void test_nests_of_parts(void **state) {
    (void)state;
    write_scratch(
        "parts.yaml",
        "{name: parts, source: s, edges: chain, layers: ["
        "{name: d, kind: dwconv, in: [16, 8, 8], kernel: 3, pad: 1}, "
        "{name: p, kind: conv, in: [16, 8, 8], out_channels: 1, kernel: 1}]}");
    write_scratch("thirds.yaml",
                  "groups:\n  - layers: [d, p]\n    tile: P8\n    channels: 2\n"
                  "    tensors: {d: retain}\n    nests:\n      - {layer: d, rows: 8, "
                  "channels: 3, part: middle, mapping: []}\n");
    run_says(1, "eval -a @large.yaml -w @parts.yaml -m @thirds.yaml",
             "no nest of layer 'd' makes rows 0 ... 7, 3 channels, part middle; in "
             "this group its nests make: rows 0 ... 7, 2 channels, part first; rows 0 "
             "... 7, 2 channels, part middle [nest-rows]");
    write_scratch("thirds.yaml",
                  "groups:\n  - layers: [d, p]\n    tile: P8\n    channels: 2\n"
                  "    tensors: {d: retain}\n    nests:\n      - {layer: d, rows: 8, "
                  "keys: 2, mapping: []}\n");
    run_says(1, "eval -a @large.yaml -w @parts.yaml -m @thirds.yaml",
             "the group does not take keys in parts [nest-parts]");
    run_says(0, "why-not -a @large.yaml -w @parts.yaml --group d..p --tile 8",
             "\nd     rows 0 ... 7, 1 channel, part first       1 ");
    write_scratch("thirds.yaml",
                  "groups:\n  - layers: [d, p]\n    tile: P8\n    channels: 2\n"
                  "    tensors: {d: retain}\n    nests: [{layer: d, rows: 8, mapping: "
                  "[]}, {layer: d, rows: 8, part: first, mapping: []}]\n");
    run_says(
        1, "eval -a @large.yaml -w @parts.yaml -m @thirds.yaml",
        "layer 'd' has a mapping for rows 0 ... 7, part first already: alike nests "
        "share one [nest-rows]");
}

// The file says how it was found.
static void test_head_says_the_space(void **state) {
    (void)state;
    free(run_text(0, "map -a @large.yaml -w @net.yaml --objective energy --resident "
                     "--fuse 2 --tiles all --columns -o @found.yaml"));
    char *text = read_whole(scratch("found.yaml"));
    assert_non_null(strstr(text, "--resident --fuse 2 --tiles all --columns: optimal"));
    free(text);
}

// --- Explained ---

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

// Of each of the 256 words between a and b one read and one write; of what is held
// every term; every nest's equations agree with the evaluator.
static void test_explained(void **state) {
    (void)state;
    char *text = run_text(0, "explain -a @keeps.yaml -w @net.yaml -m @good.yaml");
    static const char *const parts[] = {
        "Group 1: a, relu, b, 3 rows of b a tile\n",
        "inputs of a come from DRAM\n",
        "a -> b: rows stay in GLB: 0 DRAM words instead of 256 written and 256 read\n",
        "outputs of b go to DRAM\n",
        "weights of b stay in GLB\n",
        "Nest 1: a, rows 0 ... 2, 1 time\n  GLB holds 256 bits beside it\n    128 of "
        "the weights of a\n    128 of the weights of b\n  it brings in 16 words of "
        "weights from DRAM\n",
        "b, rows 3 ... 5, 1 time\n  GLB holds 1024 bits beside it\n    128 of the "
        "weights of a\n    768 of 3 rows of what a makes\n    128 of the weights of "
        "b\n",
        "b, rows 6 ... 7, 1 time\n  GLB holds 768 bits beside it\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(text, parts[i]))
            fail_msg("explain lacks '%s':\n%s", parts[i], text);
    assert_int_equal(count_of(text, "\nNest "), 8); // relu's two kinds too
    assert_int_equal(count_of(text, "exactly the evaluator's energy"), 8);
    free(text);
    run_alike("explain -a @keeps.yaml -w @net.yaml -m @good.yaml -l relu",
              "explain -a @keeps.yaml -w @net.yaml -m @good.yaml");
    text = run_text(0, "explain -a @keeps.yaml -w @net.yaml -m @good.yaml -l c");
    assert_null(strstr(text, "Group"));
    assert_non_null(strstr(text, "mapping      DRAM Q4 | GLB K2 Q2 P8 | regs K2 C4"));
    free(text);
    run_says(2, "explain -a @keeps.yaml -w @net.yaml -m @good.yaml -f json",
             "a network's mapping is explained as text");
}

// --- Why not ---

// Of a file each nest as it is mapped: what it needs is the capacity at which the file
// can be evaluated, and no bit less; of what does not fit every term.
static void test_why_not_a_file(void **state) {
    (void)state;
#define FILE_ON(chip) "why-not -a @" chip ".yaml -w @net.yaml -m @"
    char *json = run_text(0, FILE_ON("large") "good.yaml -f json"), text[1024];
    assert_non_null(strstr(json, "\"capacity_bits\": 8000,"));
    assert_non_null(strstr(json, "\"fits\": true"));
    free(json);
    // No bit less: evaluated at its edge, and one byte below.
    write_broken(&(struct broken){
        "          - {level: DRAM, temporal: K2}\n          - {level: GLB, temporal: "
        "Q8 "
        "P3}",
        "          - {level: DRAM}\n          - {level: GLB, temporal: K2 Q8 P3}", "",
        0});
    run_says(
        0, FILE_ON("keeps") "bad.yaml",
        "\nb, rows 0 ... 2, of a ... b, needs 1792 bits of GLB, 192 more than it "
        "has:\n  768 of its tiles\n  128 of the weights of a\n  768 of 3 rows of "
        "what a makes\n  128 of the weights of b\n\nthe mapping does not fit GLB, "
        "which has 1600 bits: 192 too few\nsmallest GLB that admits it: 1792 bits");
    for (int bytes = 223; bytes <= 224; bytes++) {
        snprintf(text, sizeof text, arch_text, "edge", "activations, weights", bytes);
        write_scratch("edge.yaml", text);
        run_says(bytes == 223, "eval -a @edge.yaml -w @net.yaml -m @bad.yaml",
                 bytes == 223 ? "8 too few: 768 of its tiles + 128 of"
                              : "\n1 group of several layers;");
        run_says(0, FILE_ON("edge") "bad.yaml",
                 bytes == 223 ? "the mapping does not fit GLB, which has 1784 bits: 8 "
                                "too few"
                              : "\nb, rows 0 ... 2, of a ... b, needs most of GLB:\n");
    }
    // A layer by itself, whose tiles alone are too many; its group fits.
    write_broken(&(struct broken){
        "- {level: DRAM, temporal: Q4}\n      - {level: GLB, temporal: K2 Q2 P8}",
        "- {level: DRAM, temporal: Q1}\n      - {level: GLB, temporal: K2 Q8 P8}", "",
        0});
    run_says(
        0, FILE_ON("keeps") "bad.yaml",
        "\n\nc, needs 4224 bits of GLB, 2624 more than it has:\n  4224 of its tiles, "
        "too many by themselves\n\nthe mapping does not");
    json = run_text(0, FILE_ON("keeps") "bad.yaml -f json");
    assert_non_null(strstr(
        json, "\"nest\": \"c\", \"rows\": \"-\", \"times\": 1, \"tiles_bits\": 4224, "
              "\"held_bits\": 0, \"needed_bits\": 4224, \"over_bits\": 2624}"));
    assert_non_null(strstr(json, "\"fits\": false"));
    free(json);
    run_says(2, FILE_ON("keeps") "good.yaml --tiles all",
             "--tiles goes with --group: the mapping says it");
    run_says(2, FILE_ON("keeps") "good.yaml -g a..b",
             "one of --group and --mapping is needed");
    run_says(2, "why-not -a @keeps.yaml -w @net.yaml",
             "one of --group and --mapping is needed");
    run_says(1, "why-not -a diannao -w @net.yaml -m @good.yaml",
             "no memory of diannao may hold tensors between layers");
}

// In one tile the map between a and b is 2,048 bits, beside which a weight and an
// input, or an output, of 8 bits each pass.
static void test_why_not(void **state) {
    (void)state;
    run_says(
        0, "why-not -a @keeps.yaml -w @net.yaml --group a..b --tile 8",
        "  2064 of its tiles and of the place of its outputs\n\nthe group does not "
        "fit GLB, which has 1600 bits: 464 too few\nsmallest GLB that admits it: "
        "2064 bits = 0.251953 KiB; one bit less does not\n");
    run_says(0, "why-not -a @keeps.yaml -w @net.yaml --group a..b",
             "the group fits GLB, which has 1600 bits: it needs 272");
    run_says(0, "why-not -a @keeps.yaml -w @net.yaml --group a..b --free-bypass",
             "the group fits GLB, which has 1600 bits: it needs 256");
    char *json = run_text(
        0, "why-not -a @keeps.yaml -w @net.yaml --group a..b --tile 8 -f json");
    assert_non_null(strstr(json, "\"needed_bits\": 2064,\n \"fits\": false"));
    free(json);
    // The map's edge: at 258 bytes one tile is a choice, at 257 it is not.
    for (int bytes = 257; bytes <= 258; bytes++) {
        char text[1024];
        snprintf(text, sizeof text, arch_text, "edge", "activations", bytes);
        write_scratch("edge.yaml", text);
        run_says(0, "why-not -a @edge.yaml -w @net.yaml --group a..b --tile 8",
                 bytes == 258 ? "the group fits GLB" : "8 too few");
    }
    run_says(4, "why-not -a @keeps.yaml -w @branch.yaml --group stem..one",
             "layer stem puts out what a layer behind the group reads");
    run_says(4, "why-not -a @keeps.yaml -w @branch.yaml --group one..three",
             "layer two puts out what a layer behind the group reads");
    // A whole block: the map that both branches read, and their sum.
    run_says(0, "why-not -a @large.yaml -w @branch.yaml --group stem..sum",
             "the group fits GLB");
    run_says(0, "why-not -a @large.yaml -w @branch.yaml --group one..sum",
             "what one makes");
    run_says(4, "why-not -a @keeps.yaml -w @net.yaml --group a..relu",
             "fewer than two layers");
    run_says(4, "why-not -a @keeps.yaml -w @net.yaml --group relu..c",
             "layer relu works on the rows of the layer before it");
    run_says(4, "why-not -a @keeps.yaml -w @net.yaml --group a..b --tile 9",
             "no tile of 9 rows");
    run_says(1, "why-not -a @keeps.yaml -w @net.yaml --group b..a",
             "layer b does not come before a");
    run_says(1, "why-not -a @keeps.yaml -w @net.yaml --group a",
             "expected two layers, FIRST..LAST");
    run_says(1, "why-not -a @keeps.yaml -w @net.yaml --group a..x", "no layer 'x'");
    run_says(1, "why-not -a diannao -w @net.yaml --group a..b",
             "no memory of diannao may hold tensors between layers");
}

// Options of the search are those of a group's: four rows at a time, three at least,
// take seven rows with padding, and ten as six and four, tiles that are not equal.
static void test_why_not_options(void **state) {
    (void)state;
    static const struct {
        int rows;
        const char *options, *says;
    } cases[] = {{7, "", "the group fits GLB, which has 1600 bits: it needs 648"},
                 {7, " --imperfect 20", "it needs 432"},
                 {10, "", "no capacity of GLB admits the group"},
                 {10, " --tiles all", "least is needed with 6 rows of b a tile"}};
    char text[1024], line[200];
    snprintf(text, sizeof text, arch_text, "four", "activations", 200);
    char *levels = strstr(text, ", compute:"),
         *fanout = strstr(text, "}}, {level: regs");
    char whole[1400];
    snprintf(whole, sizeof whole,
             "%.*s}, fanout: {x: 4}, network: {free: true}%.*s, dataflow: [{name: d, "
             "constraints: [{level: GLB, utilization_at_least: 0.75}]}]%s",
             (int)(fanout - text), text, (int)(levels - fanout - 1), fanout + 1,
             levels);
    write_scratch("four.yaml", whole);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int n = cases[i].rows, of = n == 7 ? 7 : 1;
        snprintf(text, sizeof text,
                 "{name: rows, source: s, edges: chain, layers: [{name: a, kind: conv, "
                 "in: [%d, %d, %d], out_channels: %d, kernel: 1}, {name: b, kind: "
                 "conv, in: [%d, %d, %d], out_channels: %d, kernel: 1}]}",
                 of, n, of, of, of, n, of, of);
        write_scratch("rows.yaml", text);
        snprintf(line, sizeof line,
                 "why-not -a @four.yaml -w @rows.yaml --group a..b%s",
                 cases[i].options);
        run_says(i == 2 ? 4 : 0, line, cases[i].says);
        // What needs padding is searched with it.
        if (i == 1)
            run_says(0,
                     "map -a @four.yaml -w @rows.yaml --resident --fuse 2 --objective "
                     "energy --imperfect 20 -j 1",
                     "\n1 group of several layers; 980 words cross at DRAM");
    }
}

// Layers that look as if they took turns: a function between that is executed twice, a
// right operand for the left one, and heads that a window, or steps, would mix.
static void test_no_turns(void **state) {
    (void)state;
    static const char between[] =
        "{name: n, source: s, layers: ["
        "{name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}, "
        "{name: relu, kind: act, in: [4, 8, 8], fused: true, repeat: %d}, "
        "{name: b, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}], "
        "edges: [{from: a, to: b}]}";
    static const char operands[] =
        "{name: n, source: s, layers: ["
        "{name: %s, kind: fc, in: 4, out_channels: 4, rows: 6}, "
        "{name: %s, kind: fc, in: 4, out_channels: 4, rows: 6}, "
        "{name: qk, kind: matmul, heads: 2, m: 6, k: 2, n: 6}], "
        "edges: [{from: q, to: qk, reshape: heads}, "
        "{from: k, to: qk, as: weights, reshape: heads}]}";
    static const char behind_heads[] =
        "{name: n, source: s, layers: ["
        "{name: qk, kind: matmul, heads: 2, m: 5, k: 2, n: 6}, "
        "{name: mix, kind: conv, in: %s, out_channels: 2, %s}], "
        "edges: [{from: qk, to: mix, reshape: heads}]}";
    static const struct {
        const char *in, *window;
        bool turns;
    } readers[] = {{"[12, 5, 1]", "kernel: 1", true},
                   {"[12, 5, 1]", "kernel: [3, 1], pad: [1, 0]", false},
                   {"[6, 5, 2]", "kernel: 1", true},
                   {"[6, 5, 2]", "kernel: 1, stride: [2, 1]", false},
                   {"[6, 5, 2]", "kernel: 1, stride: [1, 2]", false}};
    char text[1024];
    for (int times = 1; times <= 2; times++) {
        snprintf(text, sizeof text, between, times);
        write_scratch("turns.yaml", text);
        run_says(times == 1 ? 0 : 4,
                 "why-not -a @keeps.yaml -w @turns.yaml --group a..b",
                 times == 1 ? "the group fits GLB"
                            : "layer relu does not work on the rows of the layer");
    }
    snprintf(text, sizeof text, operands, "k", "q");
    write_scratch("turns.yaml", text);
    run_says(0, "why-not -a @keeps.yaml -w @turns.yaml --group q..qk",
             "the group fits");
    snprintf(text, sizeof text, operands, "q", "k");
    write_scratch("turns.yaml", text);
    run_says(4, "why-not -a @keeps.yaml -w @turns.yaml --group k..qk",
             "layer k puts out what a layer of the group reads as weights");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        snprintf(text, sizeof text, behind_heads, readers[i].in, readers[i].window);
        write_scratch("turns.yaml", text);
        run_says(readers[i].turns ? 0 : 4,
                 "why-not -a @keeps.yaml -w @turns.yaml --group qk..mix",
                 readers[i].turns ? "the group fits GLB"
                                  : "layer mix does not read row by row");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_back_to_the_last_bit),
        cmocka_unit_test(test_written_by_hand),
        cmocka_unit_test(test_what_waits),
        cmocka_unit_test(test_broken_files),
        cmocka_unit_test(test_nests_of_parts),
        cmocka_unit_test(test_head_says_the_space),
        cmocka_unit_test(test_found_for_others),
        cmocka_unit_test(test_a_layer_found_for_others),
        cmocka_unit_test(test_head_is_refused),
        cmocka_unit_test(test_explained),
        cmocka_unit_test(test_why_not),
        cmocka_unit_test(test_why_not_options),
        cmocka_unit_test(test_why_not_a_file),
        cmocka_unit_test(test_no_turns)};
    return cmocka_run_group_tests(tests, write_inputs, leave_scratch);
}
