// Tensors that stay in two memories between layers: map, its files, eval, explain,
// sweeps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_json.h"
#include "cli/support_program.h"
#include "cli/support_swept.h"

static int write_inputs(void **state) {
    const int status = enter_scratch(state);
    static const char arch[] =
        "{name: %s, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "64}}, "
        "{level: L2, memory: {class: sram, capacity_bytes: 400, pj_per_bit: 1.5, "
        "shares: [activations]}}, "
        "{level: %s, memory: {class: sram, capacity_bytes: 150, %spj_per_bit: 0.5, "
        "shares: [activations]}}], compute: {pj_per_mac: 0.2}, vector: {below: %s, "
        "pj_per_op: 0.1, ops_per_cycle: 4}}";
    char text[1024];
    snprintf(text, sizeof text, arch, "two", "GLB", "", "GLB");
    write_scratch("two.yaml", text);
    // The vector unit stands outside of the inner memory.
    snprintf(text, sizeof text, arch, "near", "GLB", "", "L2");
    write_scratch("near.yaml", text);
    // The inner memory's words are as wide as two, it may be uneven, and its name needs
    // quotes.
    snprintf(text, sizeof text, arch, "wide", "'{GLB}'",
             "uneven: true, bits: {inputs: 16, outputs: 16}, ", "'{GLB}'");
    write_scratch("wide.yaml", text);
    write_scratch(
        "net.yaml",
        "name: net\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 6, 6], out_channels: 4, kernel: 3, pad: 1}\n"
        "  - {name: b, kind: conv, in: [4, 6, 6], out_channels: 2, kernel: 1}\n"
        "  - {name: c, kind: conv, in: [2, 6, 6], out_channels: 4, kernel: 1}\n"
        "  - {name: s, kind: add, in: [4, 6, 6], fused: false}\n"
        "  - {name: d, kind: conv, in: [4, 6, 6], out_channels: 8, kernel: 3, stride: "
        "2}\n"
        "edges:\n  - {from: a, to: b}\n  - {from: b, to: c}\n  - {from: a, to: s}\n"
        "  - {from: c, to: s}\n  - {from: s, to: d}\n");
    return status;
}

// Residual and branch fit the outer memory alone, what the narrow layer makes fits the
// inner one, where it costs a third.
static void test_each_tensor_where_it_fits(void **state) {
    (void)state;
    run_says(
        0, "map -a @two.yaml -w @net.yaml --objective energy --resident",
        "of 4 tensors that layers hand over 2 stay in L2, 2 in GLB, 0 are in both");
    run_says(0, "map -a @two.yaml -w @net.yaml --objective energy --resident -f json",
             "\"shared_memory\": \"L2, GLB\"");
    run_says(1, "why-not -a @two.yaml -w @net.yaml --group s..d",
             "several memories of two share: say which one is asked about, --memory: "
             "L2, GLB");
    run_says(1, "why-not -a @two.yaml -w @net.yaml --group s..d --memory DRAM",
             "--memory DRAM: none of the memories of two that share: L2, GLB");
    run_says(0, "why-not -a @two.yaml -w @net.yaml --group s..d --memory GLB",
             "the group fits GLB, which has 1200 bits: it needs ");
    run_says(0, "why-not -a @two.yaml -w @net.yaml --group s..d --memory L2",
             "the group fits L2, which has 3200 bits: it needs ");
}

// What map writes eval reads, and finds as much.
static void test_files_say_which_memory(void **state) {
    (void)state;
    char *csv = run_text(
        0, "map -a @two.yaml -w @net.yaml --objective energy --resident -f csv");
    free(run_text(0, "map -a @two.yaml -w @net.yaml --objective energy --resident -o "
                     "@maps"));
    static const char *const place[] = {
        "place: {outputs: L2}\n",
        "place: {inputs: L2, outputs: GLB, operands: {L2: 1}, reserved_bits: {L2: "
        "1152}}\n",
        "place: {inputs: GLB, outputs: L2, operands: {GLB: 1}, reserved_bits: {L2: "
        "1152, GLB: 576}}\n",
        "place: {inputs: GLB, operands: {GLB: 1}, reserved_bits: {GLB: 1152}}\n",
        "place: {inputs: L2, outputs: GLB, operands: {L2: 2}, reserved_bits: {L2: "
        "2304}}\n"};
    static const char layers[] = "abcds";
    for (int l = 0; l < 5; l++) {
        char command[128], name[16];
        snprintf(name, sizeof name, "maps/%c.yaml", layers[l]);
        char *text = read_whole(scratch(name));
        assert_non_null(strstr(text, place[l]));
        // "energy_pj" of the layer's line of the csv is eval's, to its last digit.
        snprintf(command, sizeof command,
                 "eval -a @two.yaml -w @net.yaml -m @maps/%c.yaml -f json", layers[l]);
        char *json = run_text(0, command);
        const char *energy = strstr(json, "\"energy_pj\": ");
        assert_non_null(energy);
        char number[64], *end = strpbrk(energy, ",\n");
        snprintf(number, sizeof number, ",%.*s,", (int)(end - energy - 13),
                 energy + 13);
        assert_non_null(strstr(csv, number));
        free(json);
        free(text);
    }
    free(csv);
    run_says(0, "check -a @two.yaml -w @net.yaml @maps/a.yaml @maps/s.yaml",
             "mapping on two of s");
    // No tile of a tensor is kept at its home or outside of it.
    char *text = read_whole(scratch("maps/c.yaml"));
    assert_non_null(strstr(text, "{level: L2, temporal: Q3, keeps: [weights]}"));
    assert_non_null(
        strstr(text, "{level: GLB, temporal: K4 C2 Q2 P6, keeps: [weights, outputs]}"));
    free(text);
    run_says(0, "explain -a @two.yaml -w @net.yaml -m @maps/c.yaml",
             "  inputs stay in GLB: 0 DRAM words instead of 72 read\n"
             "  outputs stay in L2: 0 DRAM words instead of 144 written\n");
    run_says(
        0, "explain -a @two.yaml -w @net.yaml -m @maps/s.yaml",
        "  inputs stay in L2: 0 DRAM words instead of 288 read\n"
        "  outputs stay in GLB: 0 DRAM words instead of 144 written\n"
        "  L2: 2 304 bits held through the layer + 0 of its tiles = 2 304, of "
        "3 200\n"
        "  GLB: 0 bits held through the layer + 1 152 of its tiles and of the place "
        "of its outputs = 1 152, of 1 200\n");
}

// Of a layer with two addends and of a product, where both memories share weights too.
static void test_addends_and_right_operands(void **state) {
    (void)state;
    write_scratch(
        "weights.yaml",
        "{name: two, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: L2, memory: {class: sram, pj_per_bit: 1.5, capacity_bytes: 800, "
        "shares: [activations, weights]}}, "
        "{level: GLB, memory: {class: sram, pj_per_bit: 0.5, capacity_bytes: 800, "
        "shares: [activations, weights]}}], compute: {pj_per_mac: 0.2}, vector: "
        "{below: "
        "GLB, pj_per_op: 0.1, ops_per_cycle: 4}}");
    write_scratch(
        "more.yaml",
        "name: more\nsource: s\nlayers:\n"
        "  - {name: c, kind: conv, in: [2, 2, 2], out_channels: 2, kernel: 1, "
        "addends: 2}\n"
        "  - {name: p, kind: matmul, m: 2, k: 2, n: 2}\n");
    static const struct {
        int exit;
        const char *layer, *place, *says;
    } cases[] = {
        {0, "c", "{addends: {L2: 1, GLB: 1}, reserved_bits: {L2: 64, GLB: 64}}",
         "1 of 2 maps that are added stay in L2\n  1 of 2 maps that are added stay in "
         "GLB\n"},
        {0, "c", "{addends: {L2: 1, GLB: 1}, reserved_bits: {L2: 64, GLB: 64}}",
         "past the memories on the way to the vector unit\n"
         "  L2 reads               8 words x 8 bit = 64 bit x 1.5 pJ/bit = 96 pJ  [1]\n"
         "  GLB reads              8 words x 8 bit = 64 bit x 0.5 pJ/bit = 32 pJ  [1]\n"
         "  vector unit"},
        {1, "c", "{addends: {L2: 2, GLB: 1}, reserved_bits: {L2: 128, GLB: 64}}",
         "[place-operands]"},
        {0, "p", "{weights: GLB, reserved_bits: {GLB: 32}}", "weights stay in GLB"},
        {1, "p", "{weights: [L2, GLB], reserved_bits: {L2: 32, GLB: 32}}",
         "weights are read in one memory, not in both [place-tensor]"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "layer: %s\nplace: %s\nmapping:\n  - {level: GLB, temporal: %s}\n",
                 cases[i].layer, cases[i].place,
                 *cases[i].layer == 'c' ? "K2 C2 P2 Q2" : "K2 C2 P2");
        write_scratch("placed.yaml", text);
        run_says(cases[i].exit,
                 "explain -a @weights.yaml -w @more.yaml -m @placed.yaml",
                 cases[i].says);
    }
}

// What a file does not say of tiles is that each tensor has some inside its own home.
static void test_tiles_that_are_not_said(void **state) {
    (void)state;
    static const char head[] = "layer: c\nplace: {inputs: GLB, outputs: L2, "
                               "reserved_bits: {L2: 1152, GLB: 576}}\nmapping:\n";
    static const char *const lines[] = {
        "  - {level: DRAM}\n  - {level: L2, temporal: Q3}\n"
        "  - {level: GLB, temporal: K4 C2 Q2 P6}\n",
        "  - {level: DRAM, keeps: [weights]}\n"
        "  - {level: L2, temporal: Q3, keeps: [weights]}\n"
        "  - {level: GLB, temporal: K4 C2 Q2 P6, keeps: [weights, outputs]}\n"};
    for (int i = 0; i < 2; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s%s", head, lines[i]);
        write_scratch(i ? "said.yaml" : "unsaid.yaml", text);
    }
    run_alike("show mapping @unsaid.yaml -a @two.yaml -w @net.yaml",
              "show mapping @said.yaml -a @two.yaml -w @net.yaml");
}

static void is_read(int exit, const char *place, const char *says) {
    char text[256];
    snprintf(text, sizeof text, "layer: s\n%s\nmapping: streamed\n", place);
    write_scratch("placed.yaml", text);
    run_says(exit, "explain -a @two.yaml -w @net.yaml -m @placed.yaml", says);
}

static void test_places_by_memory(void **state) {
    (void)state;
    is_read(0,
            "place: {inputs: [L2, GLB], outputs: [L2, outer], operands: {L2: 1, GLB: "
            "1}, reserved_bits: {L2: 1152, GLB: 1152}}",
            "  1 of 2 maps of inputs stay in L2: 0 DRAM words instead of 288 read\n"
            "  1 of 2 maps of inputs stay in GLB: 0 DRAM words instead of 288 read\n"
            "  outputs stay in L2 until their first use: 144 DRAM words instead of 144 "
            "written\n");
    is_read(1, "place: {outputs: both}",
            "placed.yaml:2:18: error: several memories of 'two' share: say which and "
            "`outer`, as in [L2, outer] [place-tensor]");
    is_read(
        1, "place: {outputs: [L2, GLB]}",
        "placed.yaml:2:18: error: outputs are in one memory, and with `outer` beside "
        "it in the outermost one as well [place-tensor]");
    is_read(1, "place: {inputs: [L2, outer], reserved_bits: {L2: 1152}}",
            "placed.yaml:2:17: error: inputs are read in one memory, not in both "
            "[place-tensor]");
    is_read(1, "place: {outputs: L2, reserved_bits: 8}",
            "placed.yaml:2:37: error: several memories of 'two' share: say it of each, "
            "as in {L2: …} [place-shares]");
    is_read(
        1, "place: {outputs: L2, reserved_bits: {DRAM: 8}}",
        "placed.yaml:2:44: error: memory 'DRAM' of 'two' may hold no tensors between "
        "layers, 'L2' may [place-shares]");
    is_read(
        1, "place: {inputs: [L2, GLB], reserved_bits: {L2: 1152, GLB: 1152}}",
        "placed.yaml:2:8: error: maps are held in several memories: how many are in "
        "'L2'? [place-operands]");
    is_read(1,
            "place: {inputs: [L2, GLB], operands: {L2: 2, GLB: 1}, reserved_bits: {L2: "
            "2304, GLB: 1152}}",
            "the layer reads 2 maps, 3 of them cannot be held [place-operands]");
    is_read(1,
            "place: {inputs: [L2, GLB], operands: {L2: 1, GLB: 1}, reserved_bits: {L2: "
            "1152}}",
            "inputs in 'GLB' take room there");
    is_read(1,
            "place: {inputs: [L2, GLB], operands: {L2: 1, GLB: 1}, reserved_bits: {L2: "
            "1152, GLB: 1151}}",
            "what layer 's' reads in GLB takes 1152 bits there, but reserved_bits are "
            "1151");
    is_read(1, "place: {inputs: GLB, operands: {GLB: 1}, reserved_bits: {GLB: 1151}}",
            "what layer 's' reads in GLB takes 1152 bits there, but reserved_bits are "
            "1151");
    is_read(1, "place: {outputs: GLB, reserved_bits: {L2: 3201, GLB: 48}}",
            "L2 holds 3201 bits through the layer, and its tiles take 0: 3201 in all, "
            "but 3200 fit [place-room]");
    is_read(1, "place: {outputs: GLB, reserved_bits: {L2: 3200, GLB: 49}}",
            "GLB holds 49 bits through the layer, and its tiles with the place of its "
            "outputs take 1152: 1201 in all, but 1200 fit [place-room]");
    write_scratch("placed.yaml",
                  "layer: s\nplace: {outputs: GLB}\nmapping: streamed\n");
    run_says(1, "explain -a @near.yaml -w @net.yaml -m @placed.yaml",
             "layer 's' (add) does not reach memory 'GLB': the vector unit stands "
             "further out [place-reach]");
}

static void test_a_sweep_stores_both(void **state) {
    (void)state;
    write_scratch("s.yaml", "name: s\nworkloads: [net.yaml]\narchs: "
                            "[two.yaml]\nweight_forms: [raw]\nobjective: "
                            "energy\nmapper: {resident: true}\n");
    free(run_text(0, "sweep @s.yaml -o @s.db"));
    run_says(0,
             "query @s.db SELECT~tensor,memory,bits~FROM~v_place~ORDER~BY~first_layer "
             "-f csv",
             "a,L2,1152\nb,GLB,576\nc,L2,1152\ns,GLB,1152\n");
    free(run_text(0, "verify @s.db"));
    write_scratch("w.yaml", "name: w\nworkloads: [net.yaml]\narchs: [wide.yaml]\n"
                            "weight_forms: [raw]\nobjective: energy\nmapper: "
                            "{resident: true}\n");
    free(run_text(0, "sweep @w.yaml -o @w.db"));
    run_says(0,
             "query @w.db SELECT~bits~FROM~v_place~WHERE~tensor='b'~AND~memory='{GLB}' "
             "-f csv",
             "1152");
    free(run_text(0, "verify @w.db"));
    free(run_text(0, "reproduce @s.db 1 -o @again"));
    static const char *const changed[][2] = {{"s", "GLB"}, {"w", "{GLB}"}};
    for (int i = 0; i < 2; i++) {
        char command[32], expected[128];
        change_swept(changed[i][0],
                     "UPDATE place SET bits = bits + 8 WHERE tensor = 'b'");
        snprintf(command, sizeof command, "verify @%s.db", changed[i][0]);
        snprintf(expected, sizeof expected,
                 "layer c: what is held while it runs is not what is in memory %s then "
                 "[verify-place]",
                 changed[i][1]);
        run_says(1, command, expected);
    }
}

// Nests may overlap where they may in one of both: the other is uneven, and if it keeps
// weights, too, no tensor may come ahead by way of the inner one.
static void test_a_sweep_may_overlap_in_one_of_them(void **state) {
    (void)state;
    static const char *const keeps[] = {"", "keeps: [inputs, outputs], "};
    write_scratch("pair.yaml", "{name: pair, source: s, edges: chain, layers: [{name: "
                               "a, kind: conv, in: [1, 4, 2], out_channels: 1, kernel: "
                               "1}, {name: b, kind: conv, in: [1, 4, 2], out_channels: "
                               "1, kernel: 1}]}");
    write_scratch(
        "t.yaml",
        "name: t\nworkloads: [pair.yaml]\narchs: [half.yaml]\nweight_forms: [raw]\n"
        "mapper: {resident: true, fuse_depth: 2, overlap: outer}\n");
    for (int i = 0; i < 2; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{name: half, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
                 "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
                 "{level: L2, memory: {class: sram, %suneven: true, capacity_bytes: "
                 "64, pj_per_bit: 1, shares: [activations]}}, {level: GLB, memory: "
                 "{class: sram, capacity_bytes: 32, pj_per_bit: 0.5, shares: "
                 "[activations]}}], compute: {pj_per_mac: 0.2}}",
                 keeps[i]);
        write_scratch("half.yaml", text);
        run_says(i ? 0 : 1, "sweep @t.yaml -o @t.db",
                 i ? ""
                   : "`overlap: outer`: no nests of 'half' may overlap: the shared "
                     "memory tiles its tensors at different loops (uneven)");
    }
    free(run_text(0, "verify @t.db"));
}

// The addition and the layer behind it take turns in GLB, on maps that are in L2: the
// file of the network says so, and costs as much, and each memory what it holds.
static void test_a_group_in_one_of_them(void **state) {
    (void)state;
#define OF_NET "-a @two.yaml -w @net.yaml"
    run_says(
        0,
        "map " OF_NET " --objective energy --resident --fuse 3 -f csv -o @net_m.yaml",
        "s ... d,2,L2,DRAM,s,-,1,53266.4,98660.8,1182,1206,320,852,0,0,0,0,-,none,GLB");
    char *text = read_whole(scratch("net_m.yaml"));
    assert_non_null(
        strstr(text, "  - layers: [s, d]\n    memory: GLB\n    tile: P2\n"));
    assert_non_null(strstr(text, "    input: L2\n    output: outer\n"));
    assert_non_null(strstr(text, "reserved_bits: {L2: 2304, GLB: 960}"));
    free(text);
    run_says(0, "eval " OF_NET " -m @net_m.yaml", "0.17797 uJ, 6942 cycles");
    run_says(0, "check " OF_NET " @net_m.yaml", "mapping on two of net, 1 group");
    static const char *const told[] = {
        "inputs of s come from L2\n  s -> d: rows stay in GLB: 0 DRAM words",
        "  L2 holds what a makes: 1152 bits\n  L2 holds what c makes: 1152 bits\n",
        ("  L2 holds 2304 bits beside it\n    2304 of tensors of other layers\n"
         "  GLB holds 960 bits beside it\n    960 of 5 rows of what s makes\n")};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        run_says(0, "explain " OF_NET " -m @net_m.yaml", told[i]);
    run_says(0, "why-not " OF_NET " -m @net_m.yaml --memory L2",
             "the mapping fits L2, which has 3200 bits: it needs ");
    run_says(0, "why-not " OF_NET " -m @net_m.yaml --memory GLB",
             "the mapping fits GLB, which has 1200 bits: it needs ");
    run_says(1, "why-not " OF_NET " -m @net_m.yaml",
             "several memories of two share: say which one is asked about");
}

static void test_broken_groups(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *says;
    } cases[] = {
        {"    memory: GLB\n", "",
         "error: several memories of 'two' share: say in which the group holds what it "
         "does, `memory: L2` [group-place]"},
        {"memory: GLB", "memory: DRAM",
         "error: memory 'DRAM': expected L2 or GLB [group-place]"},
        {"memory: GLB", "memory: L2",
         "error: in L2: inputs (2 operands) is said, inputs, outputs (2 operands) "
         "follows from the rest of the file [nest-place]"},
        {"input: L2", "input: GLB",
         "error: the layer before puts the group's input into L2 [group-place]"},
        {"input: L2", "input: [GLB, L2]",
         "error: the group's input is not in GLB: the layer before puts it elsewhere, "
         "or "
         "there is none [group-place]"},
        {"input: L2", "input: [L3]",
         "error: input 'L3': expected L2 or GLB [group-place]"},
        {"output: outer", "output: both",
         "error: output 'both': expected outer, L2 or GLB, or one of these with outer, "
         "as [L2, outer] [group-place]"},
        {"output: outer", "output: [L2]",
         "error: outputs are in one memory, and outside, as [L2, outer] [group-place]"},
        {"output: outer", "output: [GLB, outer]",
         "error: the outputs of layer 'd' cannot stay in GLB: no layer reads them "
         "[schedule-place]"},
        {"{L2: 2304, GLB: 960}", "{L2: 2304, GLB: 961}",
         "error: 961 bits are said to be reserved in GLB, 960 are: 960 of 5 rows of "
         "what "
         "s makes [nest-place]"},
        {"{L2: 2304, GLB: 960}", "{L2: 2304}",
         "error: 0 bits are said to be reserved in GLB, 960 are: "},
        {"groups:", "copies: [{of: a, until: b}]\ngroups:",
         "error: what layer 'a' makes is in the shared memory alone, until its last "
         "use "
         "[schedule-copy]"},
        {"{inputs: L2, outputs: GLB, operands: {L2: 1}, reserved_bits: {L2: 1152}}",
         "{inputs: L2, outputs: L2, operands: {L2: 1}, reserved_bits: {L2: 1152}}",
         "error: in GLB: inputs is said, nothing follows from the rest of the file "
         "[schedule-place]"}};
    char *text = read_whole(scratch("net_m.yaml"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char broken[4096];
        const char *at = strstr(text, cases[i].from);
        assert_non_null(at);
        snprintf(broken, sizeof broken, "%.*s%s%s", (int)(at - text), text, cases[i].to,
                 at + strlen(cases[i].from));
        write_scratch("broken.yaml", broken);
        run_says(1, "eval " OF_NET " -m @broken.yaml", cases[i].says);
    }
    free(text);
#undef OF_NET
}

// The outermost memory works ahead by way of the memory of the group: of either, if the
// one further out lets weights by.
static void test_nests_overlap(void **state) {
    (void)state;
    static const char chip[] =
        "{name: chip, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "0.2}}, {level: L2, memory: {class: sram, shares: [activations], "
        "%scapacity_bytes: 1200, pj_per_bit: 1}}, {level: GLB, memory: {class: sram, "
        "shares: [activations], capacity_bytes: 1200, pj_per_bit: 0.5}}, {level: regs, "
        "memory: {class: regfile, capacity_bytes: 16, %spj_per_bit: 0.1}}], compute: "
        "{pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.1, ops_per_cycle: 4}}";
    static const char *const keeps[] = {"", "keeps: [inputs, outputs], "};
    static const char net[] = "name: three\nsource: s\nlayers:\n"
                              "  - {name: a, kind: conv, in: [2, 12, 8], "
                              "out_channels: 4, %s}\n"
                              "  - {name: b, kind: conv, in: [4, 12, 8], "
                              "out_channels: 4, %s}\n"
                              "  - {name: c, kind: conv, in: [4, 12, 8], "
                              "out_channels: 2, %s}\n"
                              "edges: chain\n";
    // Where weights pass L2 by, kernels of one word: others take minutes to prove.
    static const char *const kernel[] = {"kernel: 3, pad: 1", "kernel: 1"};
    char text[2048];
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof text, net, kernel[i], kernel[i], kernel[i]);
        write_scratch("three.yaml", text);
        snprintf(text, sizeof text, chip, keeps[i], "");
        write_scratch("slow.yaml", text);
#define SLOW "map -a @slow.yaml -w @three.yaml --resident --objective latency --fuse 3 "
        char *none = run_text(0, SLOW "-f json"),
             *outer = run_text(0, SLOW "--overlap outer -f json -o @slow.map --force"),
             *scored =
                 run_text(0, "eval -a @slow.yaml -w @three.yaml -m @slow.map -f json");
        const double cycles = number_within(outer, "fused", "latency_cycles");
        assert_true(cycles < number_within(none, "fused", "latency_cycles"));
        assert_true(cycles == number_within(scored, "total", "latency_cycles"));
        free(none);
        free(outer);
        free(scored);
        run_says(0, "explain -a @slow.yaml -w @three.yaml -m @slow.map -l b",
                 "DRAM works ahead: ");
    }
    snprintf(text, sizeof text, chip, "", "max_lifetime_us: 1, ");
    write_scratch("slow.yaml", text);
    run_says(
        1, SLOW "--overlap outer",
        "--overlap outer: no nests of chip may overlap: a memory forgets, or limits "
        "lives");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_tensor_where_it_fits),
        cmocka_unit_test(test_files_say_which_memory),
        cmocka_unit_test(test_tiles_that_are_not_said),
        cmocka_unit_test(test_places_by_memory),
        cmocka_unit_test(test_addends_and_right_operands),
        cmocka_unit_test(test_a_group_in_one_of_them),
        cmocka_unit_test(test_broken_groups),
        cmocka_unit_test(test_nests_overlap),
        cmocka_unit_test(test_a_sweep_stores_both),
        cmocka_unit_test(test_a_sweep_may_overlap_in_one_of_them)};
    return cmocka_run_group_tests(tests, write_inputs, leave_scratch);
}
