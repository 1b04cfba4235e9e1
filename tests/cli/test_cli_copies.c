// sdse map --resident --copies: tensors that are moved between layers, as people ask
// for them, read, score, write and break them; costs by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_program.h"
#include "support/close.h"

// 64 words of each map; two of them fit.
static const char arch[] =
    "{name: one, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
    "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: 4}, "
    "network: {topology: bus, pj_per_bit: 0.5}}, "
    "{level: GLB, memory: {class: sram, shares: [activations], capacity_bytes: 150, "
    "buffering: 2, pj_per_bit: 1, shared_bits_per_cycle: 16}}, "
    "{level: regs, memory: {class: regfile, capacity_bytes: 8, pj_per_bit: 0.1}}], "
    "compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: true}}";

static const char net[] =
    "name: net\nsource: s\nlayers:\n"
    "  - {name: a, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "  - {name: b, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "  - {name: c, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "  - {name: d, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "edges:\n"
    "  - {from: a, to: [b, d]}\n"
    "  - {from: b, to: c}\n";

static const char mappings[] = "mappings:\n"
                               "  - layer: a\n"
                               "    place: {outputs: both}\n"
                               "    mapping: [{level: DRAM, temporal: P4 Q16}]\n"
                               "  - layer: b\n"
                               "    place: {inputs: GLB, reserved_bits: 512}\n"
                               "    mapping: [{level: DRAM, temporal: P4 Q16}]\n"
                               "  - layer: c\n"
                               "    mapping: [{level: DRAM, temporal: P4 Q16}]\n"
                               "  - layer: d\n"
                               "    place: {inputs: GLB, reserved_bits: 512}\n"
                               "    mapping: [{level: DRAM, temporal: P4 Q16}]\n"
                               "groups: []\n";

// The first of five layers is read by a group, too.
static const char five[] =
    "name: five\nsource: s\nlayers:\n"
    "  - {name: a, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "  - {name: b, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "  - {name: c, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "  - {name: d, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1}\n"
    "  - {name: e, kind: add, in: [1, 4, 16], fused: false}\n"
    "edges:\n  - {from: a, to: [b, d, e]}\n  - {from: b, to: c}\n"
    "  - {from: d, to: e}\n";

static const char five_mappings[] =
    "mappings:\n"
    "  - {layer: a, place: {outputs: both}, mapping: [{level: DRAM, temporal: P4 "
    "Q16}]}\n"
    "  - {layer: b, place: {inputs: GLB, outputs: both, reserved_bits: 512}, mapping: "
    "[{level: DRAM, temporal: P4 Q16}]}\n"
    "  - {layer: c, mapping: [{level: DRAM, temporal: P4 Q16}]}\n"
    "groups:\n"
    "  - {layers: [d, e], tile: P2, tensors: {d: recompute}, input: GLB, nests: "
    "[{layer: d, rows: 2, mapping: [{level: DRAM, temporal: P2 Q16}]}]}\n";

static int write_inputs(void **state) {
    const int status = enter_scratch(state);
    write_scratch("one.yaml", arch);
    write_scratch("net.yaml", net);
    write_scratch("five.yaml", five);
    return status;
}

// A number behind a key, the first after `within`.
static double number_in(const char *json, const char *within, const char *key) {
    const char *at = strstr(json, within);
    char quoted[64];
    assert_non_null(at);
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(at, quoted);
    assert_non_null(at);
    return strtod(at + strlen(quoted), NULL);
}

static void write_mappings(const char *copies) {
    char text[4096];
    snprintf(text, sizeof text, "%scopies:\n%s", mappings, copies);
    write_scratch("way.yaml", text);
}

#define EVAL "eval -a @one.yaml -w @net.yaml -m @way.yaml"

// 64 words of 8 bits: 8 + 0.5 pJ for each bit outside, 1 inside; 4 bits a cycle.
static void test_costs_by_hand(void **state) {
    (void)state;
    write_mappings("  - {of: a, before: d, until: d}\n");
    char *json = run_text(0, EVAL " -f json");
    const double copied_pj = number_in(json, "\"total\"", "energy_pj"),
                 copied_cycles = number_in(json, "\"total\"", "latency_cycles"),
                 words = number_in(json, "\"total\"", "outermost_words");
    assert_true(number_in(json, "\"copies\"", "energy_pj") == 64 * 8 * 9.5);
    assert_true(number_in(json, "\"copies\"", "latency_cycles") == 128);
    assert_true(number_in(json, "\"copies\"", "outermost_words") == 64);
    free(json);
    // Beside it: a is there until d, which costs nothing.
    write_mappings("  - {of: a, until: d}\n");
    json = run_text(0, EVAL " -f json");
    assert_true(copied_pj - number_in(json, "\"total\"", "energy_pj") == 64 * 8 * 9.5);
    assert_true(copied_cycles - number_in(json, "\"total\"", "latency_cycles") == 128);
    assert_true(words - number_in(json, "\"total\"", "outermost_words") == 64);
    assert_true(number_in(json, "\"copies\"", "energy_pj") == 0);
    free(json);
    run_says(0, EVAL, "what a makes is written to both memories, and in GLB until d");
}

// What a makes of `more` said of it, as DRAM codes what is zero.
static double coded_copy_pj(const char *more) {
    char text[2048];
    const char *at = strchr(net, '}');
    snprintf(text, sizeof text, "%.*s, density: {inputs: 0.5, outputs: 0.25}%s%s",
             (int)(at - net), net, more, at);
    write_scratch("sparse.yaml", text);
    char *json =
        run_text(0, "eval -a @coded.yaml -w @sparse.yaml -m @way.yaml -f json");
    const double copied_pj = number_in(json, "\"copies\"", "energy_pj");
    free(json);
    return copied_pj;
}

// A bit for each of 64 words, and 8 for one in four, as its maker says of what it
// makes; or all of them. They cross the network, and fill the buffer, plain.
static void test_coded_words(void **state) {
    (void)state;
    char text[2048];
    const char *at = strstr(arch, ", pj_per_bit: 8");
    snprintf(text, sizeof text, "%.*s, format: {inputs: bitmap, outputs: bitmap}%s",
             (int)(at - arch), arch, at);
    write_scratch("coded.yaml", text);
    write_mappings("  - {of: a, before: d, until: d}\n");
    const double inside_pj = 64 * 8 * 1.5, coded_pj = 64 * (1 + 8 * 0.25) * 8;
    assert_true(coded_copy_pj("") == coded_pj + inside_pj);
    assert_true(coded_copy_pj(", uncoded: [inputs]") == coded_pj + inside_pj);
    assert_true(coded_copy_pj(", uncoded: [outputs]") == 64 * 8 * 8 + inside_pj);
}

static void test_broken_files(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"  - {of: a, before: d}\n", "15:5: error: copies[0]: 'until' is missing"},
        {"  - {before: d, until: d}\n", "15:5: error: copies[0]: 'of' is missing"},
        {"  - {of: a, befor: d, until: d}\n", "unknown key 'befor'"},
        {"  - {of: e, before: d, until: d}\n",
         "15:10: error: net has no layer 'e'; did you mean 'a'? [schedule-copy]"},
        {"  - {of: c, before: d, until: d}\n",
         "15:10: error: the outputs of layer 'c' cannot be in GLB: no layer reads them "
         "[schedule-copy]"},
        {"  - {of: b, until: c}\n",
         "15:5: error: what layer 'b' makes is in the outermost memory alone: say "
         "`before:`, or that the outputs are in both [schedule-copy]"},
        {"  - {of: b, before: a, until: c}\n",
         "15:21: error: what layer 'b' makes is not made before that layer "
         "[schedule-copy]"},
        {"  - {of: a, before: a, until: b}\n",
         "15:21: error: what layer 'a' makes is not made before that layer "
         "[schedule-copy]"},
        {"  - {of: a, before: c, until: c}\n",
         "15:31: error: what layer 'a' makes is not read by that layer after it comes "
         "[schedule-copy]"},
        {"  - {of: a, before: d, until: b}\n",
         "15:31: error: what layer 'a' makes is not read by that layer after it comes "
         "[schedule-copy]"},
        {"  - {of: a, before: b, until: d}\n",
         "15:3: error: what layer 'a' makes is in the shared memory already when a "
         "copy begins [schedule-copy]"},
        {"  - {of: a, until: d}\n  - {of: a, before: d, until: d}\n",
         "is in the shared memory already when a copy begins [schedule-copy]"},
        {"  - {of: a, until: a}\n  - {of: a, before: b, until: d}\n"
         "  - {of: a, before: d, until: d}\n",
         "is in the shared memory already when a copy begins [schedule-copy]"},
        // What is said of places follows from copies.
        {"  - {of: a, until: a}\n",
         "6:21: error: inputs: GLB is said, outer follows from the rest of the file "
         "[schedule-place]"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_mappings(cases[i][0]);
        run_says(1, EVAL, cases[i][1]);
    }
    // Nothing says that it comes again.
    write_mappings("  []\n");
    run_says(1, EVAL,
             "inputs: GLB is said, outer follows from the rest of the file "
             "[schedule-place]");
}

// Says it, and not also that the group finds nothing where its input should be.
static void says_of_five(int exit, const char *copy, const char *says) {
    char text[2048];
    snprintf(text, sizeof text, "%scopies:\n  - %s\n  - {of: b, until: b}\n",
             five_mappings, copy);
    write_scratch("five_way.yaml", text);
    char *said = run_text(exit, "eval -a @one.yaml -w @five.yaml -m @five_way.yaml");
    if (!strstr(said, says) || strstr(said, "[group-place]"))
        fail_msg("no '%s', or more, in\n%s", says, said);
    free(said);
}

// What a group reads comes before its first layer and stays until its last; copies are
// told in the order of the layers.
static void test_around_a_group(void **state) {
    (void)state;
    says_of_five(0, "{of: a, before: d, until: e}",
                 "what b makes is written to both memories, and leaves GLB at once\n"
                 "what a makes is brought into GLB before d, until e: 64 words");
    run_says(0, "explain -a @one.yaml -w @five.yaml -m @five_way.yaml -l d",
             "  GLB holds what a makes: 512 bits\n"
             "  before it what a makes is brought into GLB: 64 words read in DRAM");
    char *alone =
        run_text(0, "explain -a @one.yaml -w @five.yaml -m @five_way.yaml -l c");
    assert_null(strstr(alone, "is brought into")); // nothing is, before this one
    free(alone);
    says_of_five(1, "{of: a, before: d, until: d}",
                 "five_way.yaml:8:31: error: what layer 'a' makes is read once more in "
                 "the same group: name the last of it [schedule-copy]\n");
    says_of_five(1, "{of: a, before: e, until: e}",
                 "8:21: error: what layer 'a' makes cannot come while a group is at "
                 "work: name its first layer [schedule-copy]\n");
    says_of_five(1, "{of: d, before: e, until: e}",
                 "8:21: error: what layer 'd' makes is handed over inside its group "
                 "[schedule-copy]\n");
}

// What is found is written, and read back to the last bit; without the option nothing
// is moved.
static void test_found(void **state) {
    (void)state;
    char *found =
             run_text(0, "map -a @one.yaml -w @net.yaml --resident --copies --fuse "
                         "1 --objective energy -o @found.yaml --force -f json"),
         *scored = run_text(0, "eval -a @one.yaml -w @net.yaml -m @found.yaml -f json"),
         *still = run_text(0, "map -a @one.yaml -w @net.yaml --resident --objective "
                              "energy -f json"),
         *moved = run_text(0, "map -a @one.yaml -w @net.yaml --resident --copies "
                              "--objective energy -f json");
    assert_true(number_in(found, "\"fused\"", "energy_pj") ==
                number_in(scored, "\"total\"", "energy_pj"));
    assert_true(number_in(found, "\"fused\"", "latency_cycles") ==
                number_in(scored, "\"total\"", "latency_cycles"));
    assert_true(number_in(moved, "\"resident\"", "energy_pj") ==
                number_in(found, "\"fused\"", "energy_pj"));
    assert_true(number_in(moved, "\"resident\"", "energy_pj") <=
                number_in(still, "\"resident\"", "energy_pj"));
    assert_non_null(strstr(still, "\"copies\": []"));
    free(found);
    free(scored);
    free(still);
    free(moved);
    found = read_whole(scratch("found.yaml"));
    assert_non_null(strstr(found, " --fuse 1 --copies: optimal"));
    free(found);
    run_says(2, "map -a @one.yaml -w @net.yaml --copies",
             "--copies goes with --resident");
    run_says(2, "map -a @one.yaml -w @net.yaml --resident --copies -o @many",
             "--fuse 1 writes the network's");
}

// --- Several memories ---

// L2 between DRAM and GLB; words go in and out by networks of their own.
static void write_two(unsigned l2_bytes, unsigned glb_bytes, unsigned l2_pj) {
    char text[2048];
    snprintf(text, sizeof text,
             "{name: two, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
             "{level: DRAM, memory: {class: dram, pj_per_bit: 8, "
             "shared_bits_per_cycle: 4}, network: {topology: bus, pj_per_bit: 0.5}}, "
             "{level: L2, memory: {class: sram, shares: [activations], capacity_bytes: "
             "%u, pj_per_bit: %u, shared_bits_per_cycle: 8}, network: {inputs: "
             "{topology: bus, pj_per_bit: 0.25}, outputs: {topology: bus, pj_per_bit: "
             "0.75}}}, "
             "{level: GLB, memory: {class: sram, shares: [activations], "
             "capacity_bytes: %u, buffering: 2, pj_per_bit: 1, shared_bits_per_cycle: "
             "16}}, {level: regs, memory: {class: regfile, capacity_bytes: 8, "
             "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, "
             "free: true}}",
             l2_bytes, l2_pj, glb_bytes);
    write_scratch("two.yaml", text);
}

// Layers a, b, c, d, that find what a and b make at these places.
static void write_two_mappings(const char *a, const char *b, const char *c,
                               const char *d, const char *copies) {
    static const char loops[] = "mapping: [{level: DRAM, temporal: P4 Q16}]}";
    char text[4096];
    snprintf(text, sizeof text,
             "mappings:\n  - {layer: a, place: {%s}, %s\n  - {layer: b, place: {%s}, "
             "%s\n  - {layer: c, place: {%s}, %s\n  - {layer: d, place: {%s}, "
             "%s\ngroups: []\ncopies:\n%s",
             a, loops, b, loops, c, loops, d, loops, copies);
    write_scratch("two_way.yaml", text);
}

#define EVAL_TWO "eval -a @two.yaml -w @net.yaml -m @two_way.yaml"

static void costs_of_two(double pj, double cycles, double words) {
    char *json = run_text(0, EVAL_TWO " -f json");
    assert_true(number_in(json, "\"copies\"", "energy_pj") == pj);
    assert_true(number_in(json, "\"copies\"", "latency_cycles") == cycles);
    assert_true(number_in(json, "\"copies\"", "outermost_words") == words);
    free(json);
}

// 64 words of 8 bits: read once where they are, across the networks between, filled
// where they go; the slowest port.
static void test_costs_between_memories(void **state) {
    (void)state;
    write_two(300, 150, 2);
    static const char c_alone[] = "reserved_bits: {L2: 512}",
                      at_l2[] = "inputs: L2, reserved_bits: {L2: 512}",
                      at_glb[] = "inputs: GLB, reserved_bits: {GLB: 512}";
    write_two_mappings("outputs: L2", at_l2, c_alone, at_glb,
                       "  - {of: a, before: d, to: GLB}\n");
    costs_of_two(512 * (2 + 0.25 + 1), 64, 0);
    run_says(0, EVAL_TWO,
             "what a makes passes from L2 to GLB before d: 64 words, 0.001664 uJ, 64 "
             "cycles\n");
    run_says(0, EVAL_TWO " -f csv", "a -> GLB,4,L2,GLB,");
    run_says(
        0, "explain -a @two.yaml -w @net.yaml -m @two_way.yaml -l d",
        "  before it what a makes passes to GLB: 64 words read in L2, 1024 pJ, and "
        "filled in, 512 pJ; in all 0.001664 uJ and 64 cycles\n");
    // Outwards by the network of outputs, and an update.
    write_two_mappings("outputs: GLB", at_glb, c_alone, at_l2,
                       "  - {of: a, before: c, to: L2}\n");
    costs_of_two(512 * (1 + 0.75 + 2), 64, 0);
    run_says(0, "explain -a @two.yaml -w @net.yaml -m @two_way.yaml -l c",
             "  before it what a makes passes to L2: 64 words read in GLB, 512 pJ, and "
             "filled in, 1024 pJ; in all 0.00192 uJ and 64 cycles\n");
    // From the outermost memory into either.
    write_two_mappings("outputs: outer", "", "", at_glb,
                       "  - {of: a, before: d, to: GLB, until: d}\n");
    costs_of_two(512 * (8 + 0.5 + 0.25 + 1), 128, 64);
    write_two_mappings("outputs: outer", "", "", at_l2,
                       "  - {of: a, before: d, to: L2, until: d}\n");
    costs_of_two(512 * (8 + 0.5 + 2), 128, 64);
    run_says(0, EVAL_TWO,
             "what a makes is brought into L2 before d, until d: 64 words");
    // What is in both places passes, too, and is let go when it is said to be.
    write_two_mappings("outputs: [L2, outer]", at_l2, c_alone, at_glb,
                       "  - {of: a, before: d, to: GLB}\n  - {of: a, until: d}\n");
    char *json = run_text(0, EVAL_TWO " -f json");
    assert_non_null(strstr(json, "\"of\": \"a\", \"before\": null, \"until\": \"d\", "
                                 "\"from\": null, \"to\": \"L2\""));
    assert_non_null(strstr(json, "\"of\": \"a\", \"before\": \"d\", \"until\": null, "
                                 "\"from\": \"L2\", \"to\": \"GLB\""));
    free(json);
    // At its own prices, by its own port.
    write_scratch(
        "two.yaml",
        "{name: two, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: L2, memory: "
        "{class: sram, shares: [activations], capacity_bytes: 300, read_pj_per_bit: 2, "
        "fill_pj_per_bit: 3, update_pj_per_bit: 5}}, {level: GLB, memory: {class: "
        "sram, "
        "shares: [activations], capacity_bytes: 150, read_pj_per_bit: 1, "
        "fill_pj_per_bit: 7, update_pj_per_bit: 4, read_bits_per_cycle: {drains: 4, "
        "others: 64}}}, {level: regs, memory: {class: regfile, capacity_bytes: 8, "
        "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: "
        "true}}");
    write_two_mappings("outputs: GLB", at_glb, c_alone, at_l2,
                       "  - {of: a, before: c, to: L2}\n");
    costs_of_two(512 * (1 + 5), 128, 0);
    write_two_mappings("outputs: L2", at_l2, c_alone, at_glb,
                       "  - {of: a, before: d, to: GLB}\n");
    costs_of_two(512 * (2 + 7), 0, 0);
    // Words are as wide as where they come from until they are where they go.
    write_scratch(
        "two.yaml",
        "{name: two, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}, network: {topology: bus, "
        "pj_per_bit: 0.5}}, {level: L2, memory: {class: sram, shares: [activations], "
        "bits: {inputs: 16, outputs: 16}, capacity_bytes: 300, pj_per_bit: 2}, "
        "network: {inputs: {topology: bus, pj_per_bit: 0.25}, outputs: {topology: "
        "bus, pj_per_bit: 0.75}}}, {level: GLB, memory: {class: sram, shares: "
        "[activations], bits: {inputs: 12, outputs: 12}, capacity_bytes: 300, "
        "pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: 8, "
        "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: "
        "true}}");
    write_two_mappings("outputs: L2", "inputs: L2, reserved_bits: {L2: 1024}",
                       "reserved_bits: {L2: 1024}",
                       "inputs: GLB, reserved_bits: {GLB: 768}",
                       "  - {of: a, before: d, to: GLB}\n");
    costs_of_two(64 * (16 * 2 + 16 * 0.25 + 12 * 1), 0, 0);
    write_two_mappings("outputs: GLB", "inputs: GLB, reserved_bits: {GLB: 768}",
                       "reserved_bits: {GLB: 768}",
                       "inputs: L2, reserved_bits: {L2: 1024}",
                       "  - {of: a, before: d, to: L2}\n");
    costs_of_two(64 * (12 * 1 + 12 * 0.75 + 16 * 2), 0, 0);
    write_two(300, 150, 2);
    // Twice, there and back.
    write_two_mappings("outputs: L2", at_l2, "reserved_bits: {GLB: 512}", at_l2,
                       "  - {of: a, before: d, to: L2}\n"
                       "  - {of: a, before: c, to: GLB}\n");
    run_says(
        0, EVAL_TWO,
        "what a makes passes from L2 to GLB before c: 64 words, 0.001664 uJ, 64 "
        "cycles\nwhat a makes passes from GLB to L2 before d: 64 words, 0.00192 uJ, "
        "64 cycles\n");
}

// Bad copies among several memories; at the line and column of the word.
static void test_broken_between_memories(void **state) {
    (void)state;
    static const char at_l2[] = "inputs: L2, reserved_bits: {L2: 512}";
    static const struct {
        const char *copies, *says;
    } cases[] = {
        {"  - {of: a, before: d, until: d}\n",
         "two_way.yaml:8:5: error: copies[0]: 'to' is missing"},
        {"  - {of: a, before: d, to: DRAM}\n",
         "8:28: error: no memory that shares is called 'DRAM': L2 or GLB "
         "[schedule-copy]"},
        {"  - {of: a, before: d, to: [GLB]}\n", "8:28: error: "},
        {"  - {of: a, before: d, to: GLB, until: d}\n",
         "8:21: error: what layer 'a' makes is in the shared memory alone, until its "
         "last use [schedule-copy]"},
        {"  - {of: a, to: GLB, until: d}\n",
         "8:17: error: what layer 'a' makes comes with its maker, whose outputs say "
         "where: `to` goes with `before` [schedule-copy]"},
        {"  - {of: a, before: d, to: L2}\n", "8:3: error: what layer 'a' makes is in "
                                             "that memory already when it is to pass "
                                             "to it [schedule-copy]"},
        {"  - {of: b, before: c, to: GLB}\n",
         "8:3: error: what layer 'b' makes is in no memory that shares when it is to "
         "pass to another one: say `until:` of what is brought in [schedule-copy]"},
        {"  - {of: a, before: d, to: GLB}\n  - {of: a, before: d, to: GLB}\n",
         "8:3: error: what layer 'a' makes passes twice before one layer "
         "[schedule-copy]"},
        {"  - {of: a, before: a, to: GLB}\n",
         "8:21: error: what layer 'a' makes is not made before that layer "
         "[schedule-copy]"},
        {"  - {of: a, to: GLB}\n", "8:5: error: copies[0]: 'until' is missing"}};
    write_two(300, 150, 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_two_mappings("outputs: L2", at_l2, "reserved_bits: {L2: 512}", at_l2,
                           cases[i].copies);
        run_says(1, EVAL_TWO, cases[i].says);
        run_says(1, "check -a @two.yaml -w @net.yaml @two_way.yaml", cases[i].says);
    }
    // Two that take each other's places are in both memories for a while.
    static const char swap[] =
        "  - {of: a, before: c, to: GLB}\n  - {of: b, before: c, to: L2}\n";
    for (unsigned bytes = 127; bytes <= 128; bytes++) {
        write_two(128, bytes, 2);
        write_two_mappings("outputs: L2",
                           "inputs: L2, outputs: GLB, reserved_bits: {L2: "
                           "512}",
                           "inputs: L2, reserved_bits: {L2: 512, GLB: 512}",
                           "inputs: GLB, reserved_bits: {GLB: 512}", swap);
        run_says(0, "why-not -a @two.yaml -w @net.yaml -m @two_way.yaml --memory GLB",
                 bytes == 128
                     ? "\nc, before it, while tensors pass, needs most of GLB:\n"
                     : "\nc, before it, while tensors pass, needs 1024 bits of GLB, 8 "
                       "more than it has:\n");
        if (bytes == 128)
            run_says(0, EVAL_TWO, "what b makes passes from GLB to L2 before c");
        else
            run_says(
                1, EVAL_TWO,
                "8:3: error: before layer 'c' GLB holds 1024 bits, with what passes "
                "to it, of 1016 [schedule-room]");
    }
    // One memory need not be named, and may be.
    write_mappings("  - {of: a, before: d, to: GLB, until: d}\n");
    run_says(0, EVAL, "what a makes is brought into GLB before d, until d");
    write_mappings("  - {of: a, before: d, to: DRAM, until: d}\n");
    run_says(1, EVAL, "no memory that shares is called 'DRAM': GLB");
}

// What waits in the outer memory is brought closer before it is read, or put further
// out; what is found is written, and read back to the last bit.
static void test_found_between_memories(void **state) {
    (void)state;
    static const struct {
        unsigned l2_bytes, glb_bytes, l2_pj, a, b, c, d, kernel;
        const char *says;
    } cases[] = {
        {400, 150, 4, 1, 2, 1, 8, 1, "what a makes passes from L2 to GLB before d: 64"},
        {600, 150, 2, 2, 4, 4, 32, 3,
         "what a makes passes from GLB to L2 before c: 128"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[1024];
        write_two(cases[i].l2_bytes, cases[i].glb_bytes, cases[i].l2_pj);
        snprintf(
            text, sizeof text,
            "{name: net, source: s, layers: ["
            "{name: a, kind: conv, in: [1, 8, 8], out_channels: %u, kernel: 1}, "
            "{name: b, kind: conv, in: [%u, 8, 8], out_channels: %u, kernel: 1}, "
            "{name: c, kind: conv, in: [%u, 8, 8], out_channels: %u, kernel: 1}, "
            "{name: d, kind: conv, in: [%u, 8, 8], out_channels: %u, kernel: %u}], "
            "edges: [{from: a, to: [b, d]}, {from: b, to: c}]}",
            cases[i].a, cases[i].a, cases[i].b, cases[i].b, cases[i].c, cases[i].a,
            cases[i].d, cases[i].kernel);
        write_scratch("pass.yaml", text);
#define PASS "map -a @two.yaml -w @pass.yaml --resident --objective energy "
        run_says(0, PASS "--copies", cases[i].says);
        char *found =
                 run_text(0, PASS "--copies --fuse 1 -o @pass.map --force -f json"),
             *still = run_text(0, PASS "-f json"),
             *scored =
                 run_text(0, "eval -a @two.yaml -w @pass.yaml -m @pass.map -f json");
        const double energy_pj = number_in(found, "\"fused\"", "energy_pj");
        assert_true(energy_pj == number_in(scored, "\"total\"", "energy_pj"));
        assert_true(energy_pj < number_in(still, "\"resident\"", "energy_pj"));
        free(found);
        free(still);
        free(scored);
        run_says(0, "eval -a @two.yaml -w @pass.yaml -m @pass.map", cases[i].says);
    }
}

// Lines of layers and of what is brought in add up to the totals, repeats and all: 129
// words of a layer whose maps are outside, 65 of one with one of them there, one of
// weights. a is in both, until c reads it, and comes once more before i; no line is of
// what is there already.
static void test_lines_add_up(void **state) {
    (void)state;
    static const char map[] = "map -a @one.yaml -w @again.yaml --resident --copies "
                              "--objective energy -f ";
    char text[2048] = "{name: again, source: s, edges: [{from: a, to: [b, c, i, j]}, "
                      "{from: c, to: d}, {from: d, to: e}, {from: e, to: f}, {from: "
                      "f, to: g}, {from: g, to: h}], layers: [",
         line[200];
    for (char name = 'a'; name <= 'k'; name++)
        sprintf(
            text + strlen(text),
            "{name: %c, kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1%s}, ",
            name, name == 'k' ? ", repeat: 3" : "");
    strcat(text, "]}");
    write_scratch("again.yaml", text);
    snprintf(line, sizeof line, "%scsv", map);
    char *csv = run_text(0, line);
    double pj[2] = {0}, cycles[2] = {0}, words[2] = {0};
    unsigned lines = 0, copies = 0;
    for (const char *at = strchr(csv, '\n') + 1; *at; at = strchr(at, '\n') + 1) {
        double n[7];
        assert_int_equal(sscanf(at,
                                "%*[^,],%*[^,],%lf,%*[^,],%*[^,],%lf,%lf,%lf,%lf,"
                                "%lf,%lf,",
                                &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6]),
                         7);
        for (int side = 0; side < 2; side++) {
            pj[side] += n[0] * n[1 + side];
            cycles[side] += n[0] * n[3 + side];
            words[side] += n[0] * n[5 + side];
        }
        lines++;
        copies += strncmp(at, "a -> GLB,copy,1,DRAM,GLB,4864,0,128,0,64,0,", 43) == 0;
    }
    free(csv);
    assert_true(lines == 12 && copies == 1);
    assert_true(words[0] == 129 + 4 * 65 + 5 + 64 + 3 * 129 && words[1] == 13 * 129);
    snprintf(line, sizeof line, "%sjson", map);
    char *json = run_text(0, line);
    static const char *const sides[] = {"\"resident\"", "\"unshared\""};
    for (int side = 0; side < 2; side++) {
        const double energy = number_in(json, sides[side], "energy_pj"),
                     seconds = number_in(json, sides[side], "latency_s");
        assert_double_within(energy, pj[side], 1e-12);
        assert_true(number_in(json, sides[side], "latency_cycles") == cycles[side]);
        assert_double_within(seconds, cycles[side] * 1e-9, 1e-12);
        assert_double_within(number_in(json, sides[side], "edp_pj_s"), energy * seconds,
                             1e-12);
        assert_true(number_in(json, sides[side], "outermost_words") == words[side]);
    }
    assert_true(number_in(json, "\"tensors\"", "tensors") == 6 &&
                number_in(json, "\"tensors\"", "tensors_shared") == 5 &&
                number_in(json, "\"tensors\"", "tensors_in_both") == 1);
    free(json);
}

// What is said in another order is the same: copies before one layer in the order of
// their makers.
static void test_in_any_order(void **state) {
    (void)state;
    static const char conv[] = "kind: conv, in: [1, 4, 16], out_channels: 1, kernel: 1",
                      mapping[] = "mapping: [{level: DRAM, temporal: P4 Q16}]";
    char text[1200];
    snprintf(text, sizeof text,
             "{name: sum, source: s, edges: [{from: a, to: d}, {from: b, to: d}], "
             "layers: [{name: a, %s}, {name: b, %s}, {name: c, %s}, {name: d, kind: "
             "add, in: [1, 4, 16], fused: false}]}",
             conv, conv, conv);
    write_scratch("sum.yaml", text);
    for (int turned = 0; turned < 2; turned++) {
        snprintf(text, sizeof text,
                 "mappings:\n  - {layer: a, %s}\n  - {layer: b, %s}\n  - {layer: c, "
                 "%s}\n  - {layer: d, place: {inputs: GLB, operands: 2, reserved_bits: "
                 "1024}, mapping: streamed}\ngroups: []\ncopies:\n  - {of: %c, before: "
                 "d, until: d}\n  - {of: %c, before: d, until: d}\n",
                 mapping, mapping, mapping, "ab"[turned], "ba"[turned]);
        write_scratch(turned ? "turned.yaml" : "straight.yaml", text);
    }
    char *said = run_text(0, "eval -a @one.yaml -w @sum.yaml -m @straight.yaml"),
         *first = strstr(said, "\na -> GLB "), *second = strstr(said, "\nb -> GLB ");
    assert_true(first && second && first < second);
    free(said);
    run_alike("eval -a @one.yaml -w @sum.yaml -m @straight.yaml",
              "eval -a @one.yaml -w @sum.yaml -m @turned.yaml");
}

// Energy times cycles of what `map` finds with more options.
static double found_product(const char *more) {
    char line[300];
    snprintf(line, sizeof line,
             "map -a @slow.yaml -w @seven.yaml --objective edp --resident --fuse 2 "
             "-j 1 -f json %s",
             more);
    char *text = run_text(0, line);
    const double product = number_in(text, "\"fused\"", "energy_pj") *
                           number_in(text, "\"fused\"", "latency_cycles");
    free(text);
    return product;
}

// A tensor is brought in, and further on the nests of a group overlap: either pays,
// both pay more, and the file has both and is read back to the last bit.
static void test_beside_overlap(void **state) {
    (void)state;
    write_scratch(
        "slow.yaml",
        "{name: slow, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: 6}},"
        " {level: GLB, memory: {class: sram, shares: [activations], capacity_bytes: "
        "32, buffering: 2, pj_per_bit: 0.5, shared_bits_per_cycle: 32}}], compute: "
        "{pj_per_mac: 0.5}, vector: {below: GLB, free: true}}");
    write_scratch(
        "seven.yaml",
        "{name: seven, source: s, layers: ["
        "{name: a, kind: conv, in: [2, 8, 1], out_channels: 4, kernel: 1}, "
        "{name: b, kind: conv, in: [4, 8, 1], out_channels: 2, kernel: [3, 1], "
        "pad: [1, 0]}, "
        "{name: c, kind: conv, in: [2, 8, 1], out_channels: 2, kernel: [3, 1], "
        "pad: [1, 0]}, "
        "{name: d, kind: conv, in: [2, 8, 1], out_channels: 4, kernel: [3, 1], "
        "pad: [1, 0]}, "
        "{name: e, kind: conv, in: [4, 8, 1], out_channels: 2, kernel: 1}, "
        "{name: f, kind: conv, in: [1, 6, 1], out_channels: 1, kernel: [3, 1], "
        "pad: [1, 0]}, "
        "{name: g, kind: conv, in: [1, 6, 1], out_channels: 4, kernel: 1}], "
        "edges: [{from: a, to: [b, e]}, {from: b, to: c}, {from: c, to: d}, "
        "{from: f, to: g}]}");
    const double both = found_product("--copies --overlap outer -o @both.yaml"),
                 copies = found_product("--copies"),
                 overlap = found_product("--overlap outer");
    assert_true(both < copies && both < overlap);
    assert_true(copies < found_product("") && overlap < found_product(""));
    char *scored = run_text(0, "eval -a @slow.yaml -w @seven.yaml -m @both.yaml -f "
                               "json"),
         *file = read_whole(scratch("both.yaml"));
    assert_true(number_in(scored, "\"total\"", "energy_pj") *
                    number_in(scored, "\"total\"", "latency_cycles") ==
                both);
    assert_non_null(strstr(file, "    overlap: outer\n"));
    assert_non_null(strstr(file, "- {of: c, before: d, until: d}"));
    free(scored);
    free(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_costs_by_hand),
                                       cmocka_unit_test(test_coded_words),
                                       cmocka_unit_test(test_broken_files),
                                       cmocka_unit_test(test_around_a_group),
                                       cmocka_unit_test(test_in_any_order),
                                       cmocka_unit_test(test_found),
                                       cmocka_unit_test(test_lines_add_up),
                                       cmocka_unit_test(test_beside_overlap),
                                       cmocka_unit_test(test_costs_between_memories),
                                       cmocka_unit_test(test_broken_between_memories),
                                       cmocka_unit_test(test_found_between_memories)};
    return cmocka_run_group_tests(tests, write_inputs, leave_scratch);
}
