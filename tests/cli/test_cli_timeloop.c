// Timeloop's files imported and scored: the counts, energies and cycles that Timeloop
// itself gives for the same design (tests/data/counts), and what is refused.
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support_program.h"

#define EYERISS "tests/data/timeloop/eyeriss/"
#define SIMBA "tests/data/timeloop/simba/"
#define TENSOR_CORE "tests/data/timeloop/tensor_core/"

static const char eval[] = "eval -a @d/arch.yaml -w @d/network.yaml -m @d/mapping.yaml";

static void import_design(const char *files, const char *also) {
    char line[600];
    snprintf(line, sizeof line, "import %s -o @d --force%s", files, also);
    free(run_text(0, line));
}

static void says(const char *options, const char *const *parts) {
    char line[300];
    snprintf(line, sizeof line, "%s%s", eval, options);
    for (; *parts; parts++)
        run_says(0, line, *parts);
}

// tests/data/counts/48-eyeriss-vgg3.json, per instance times instances.
static void eyeriss_moves_what_timeloop_counts(void **state) {
    (void)state;
    static const char *const counts[] = {
        "DRAM,weights,1,36864,36864,0,0,",
        "DRAM,inputs,1,215296,215296,0,0,",
        "DRAM,outputs,1,200704,3010560,0,3211264,",
        "GLB,inputs,1,3712,1806336,215296,0,",
        "GLB,outputs,1,50176,3010560,3010560,3211264,",
        "IFM,inputs,168,12,115605504,7225344,0,",
        "WSP,weights,168,192,115605504,516096,0,",
        "PSP,outputs,168,16,115003392,9031680,115605504,",
        NULL};
    static const char *const totals[] = {"1623.5", "688128", NULL};
    import_design(EYERISS "arch.yaml " EYERISS "problem.yaml " EYERISS
                          "mapping.yaml " EYERISS "energies.yaml",
                  "");
    says(" --only counts -f csv", counts);
    says(" --only totals", totals);
}

// 49-eyeriss-vgg3-bw.json: the same with bandwidths.
static void bandwidths_slow_it_as_there(void **state) {
    (void)state;
    static const char *const totals[] = {"1623.5", "815680", NULL};
    static const char *const cycles[] = {"DRAM,815680,", "PSP,741888,", NULL};
    import_design(EYERISS "arch.yaml " EYERISS "limits.yaml " EYERISS
                          "problem.yaml " EYERISS "mapping.yaml " EYERISS
                          "energies.yaml",
                  "");
    says(" --only totals", totals);
    says(" --only cycles -f csv", cycles);
}

// One row of counts, and where it stands: "GLB,inputs,1,3712,".
static void moves(const char *design, const char *row, uint64_t reads, uint64_t fills,
                  uint64_t updates, uint64_t drains) {
    char line[300], text[300];
    snprintf(line, sizeof line,
             "eval -a @%s/arch.yaml -w @%s/network.yaml -m @d/mapping.yaml --only "
             "counts -f csv",
             design, design);
    snprintf(text, sizeof text, "%s%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
             row, reads, fills, updates, drains);
    run_says(0, line, text);
}

// The same layer and mapping through Timeloop's files and back, and through ZigZag's:
// words worked out by hand from the loops. docs/import.md has the table.
static void one_problem_through_both_tools(void **state) {
    (void)state;
    import_design(EYERISS "arch.yaml " EYERISS "problem.yaml " EYERISS
                          "mapping.yaml " EYERISS "energies.yaml",
                  "");
    static const char convert[] = "convert -a @d/arch.yaml -w @d/network.yaml -l vgg3 "
                                  "-m @d/mapping.yaml --force ";
    char line[300];
    snprintf(line, sizeof line, "%s--to timeloop -o @tl", convert);
    free(run_text(0, line));
    snprintf(line, sizeof line, "%s--to zigzag --lossy -o @zz", convert);
    free(run_text(0, line));
    free(run_text(0, "import @tl/arch.yaml @tl/problem.yaml @tl/mapping.yaml -o "
                     "@timeloop --force"));
    free(run_text(0, "import @zz/hardware.yaml @zz/workload.yaml @zz/mapping.yaml -o "
                     "@zigzag --force --lossy"));
    // A memory of banks, which inputs may pass by.
    write_scratch(
        "banked.yaml",
        "{name: banked, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, "
        "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: "
        "GLB, keeps: [weights, inputs], memory: {class: "
        "sram, capacity_kib: 32, banks: 2, port_bits: 64, may_bypass: [inputs]}}], "
        "compute: "
        "{pj_per_mac: 0.5}}");
    free(run_text(0, "convert -a @banked.yaml --to timeloop -o @banks --lossy"));
    char *banks = read_whole(scratch("banks/arch.yaml"));
    assert_non_null(strstr(banks, "depth: 4096, n_banks: 2}"));
    assert_non_null(strstr(banks, "keep: [Weights], bypass: [Outputs]}"));
    free(banks);
    enum { K = 64, C = 64, P = 56, Q = 56, R = 3, S = 3 };
    // DRAM C16 P4, GLB Q56 | P14 across, K4 S3 down, then C4 R3, then K16.
    const uint64_t macs = (uint64_t)K * C * P * Q * R * S, outputs = K * P * Q,
                   passes = 16 * 4 * 56, places = 14 * 4 * 3,
                   returned = 15 * outputs; // sums come back for each C16 but the first
    static const char *const designs[] = {"d", "timeloop", "zigzag"};
    for (int i = 0; i < 3; i++) {
        // ZigZag's files: windows of neighbours are read once, 16 rows not 14 times 3;
        // finished and unfinished sums are read on their way out.
        const bool zigzag = i == 2;
        moves(designs[i], "DRAM,weights,1,36864,", K * C * R * S, 0, 0, 0);
        moves(designs[i], "DRAM,inputs,1,215296,", C * 58 * 58, 0, 0, 0);
        moves(designs[i], "DRAM,outputs,1,200704,", returned, 0, 16 * outputs, 0);
        moves(designs[i], "GLB,inputs,1,3712,", passes * 4 * 3 * (zigzag ? 16 : 14 * 3),
              C * 58 * 58, 0, 0);
        moves(designs[i], "GLB,outputs,1,50176,", returned, returned, 16 * outputs,
              zigzag ? 16 * outputs : 0);
        moves(designs[i], "IFM,inputs,168,12,", macs, passes * places * 4 * 3, 0, 0);
        moves(designs[i], "WSP,weights,168,192,", macs, 16 * places * 192, 0, 0);
        // Each of 3 places of S has sums of its own, which the network adds up.
        moves(designs[i], "PSP,outputs,168,16,", macs - 3 * outputs, 3 * returned, macs,
              zigzag ? 3 * 16 * outputs : 0);
    }
}

// No recorded counts of these: what must hold whatever counts them.
static void others_are_imported_and_mapped(void **state) {
    (void)state;
    import_design(SIMBA "arch.yaml " SIMBA "layer.yaml " SIMBA "mapping.yaml", "");
    // 16 elements of 4 lanes of 4 multipliers, all used: MACs / 256.
    says(" --only totals", (const char *const[]){"112896", NULL});
    says(" --only counts -f csv",
         (const char *const[]){"WeightRegister,weights,256,1,28901376,", NULL});
    free(run_text(0, "map -a @d/arch.yaml -w @d/network.yaml"));
    import_design(TENSOR_CORE "arch.yaml " TENSOR_CORE "gemm.yaml " TENSOR_CORE
                              "mapping.yaml",
                  "");
    says(" --only totals", (const char *const[]){"8192", NULL});
    // Weights of which two in four are not zero, and their places: 10 bits of 16.
    says(" --only cycles -f csv", (const char *const[]){"SMEM,5072,", NULL});
    free(run_text(0, "map -a @d/arch.yaml -w @d/network.yaml"));
}

// A file that others include, seen from where the including file is; a machine's file
// that is read is no output.
static void files_include_each_other(void **state) {
    (void)state;
    write_scratch("sizes.yaml", "{M: 8, C: 4, N: 1, P: 2, Q: 2, R: 1, S: 1}\n");
    write_scratch("p.yaml", "problem:\n  shape: cnn_layer\n  instance: !include "
                            "sizes.yaml\n");
    run_says(0, "import @p.yaml -o @n.yaml --force", "128 MACs");
    run_says(1, "import @p.yaml -o @sizes.yaml --force", "[output-input]");
    write_scratch("q.yaml", "problem:\n  shape: cnn_layer\n  instance: !include "
                            "none.yaml\n");
    run_says(1, "import @q.yaml -o @n.yaml --force", "q.yaml:3:13: error: ");
    run_says(1, "import @q.yaml -o @n.yaml --force", "[timeloop-include]");
    // One that is elsewhere is read, and said.
    char line[600];
    snprintf(line, sizeof line,
             "problem:\n  shape: cnn_layer\n  instance: !include %s\n",
             scratch("sizes.yaml"));
    write_scratch("away.yaml", line);
    struct ran ran = run_program("import @away.yaml -o @n.yaml --force");
    assert_int_equal(ran.status, 0);
    assert_non_null(strstr(ran.err, "away.yaml:3:13: warning: "));
    assert_non_null(strstr(ran.err, "it is read [timeloop-include]"));
    free_ran(&ran);
    ran = run_program("import @p.yaml -o @n.yaml --force");
    assert_null(strstr(ran.err, "[timeloop-include]"));
    free_ran(&ran);
    write_scratch("r.yaml", "problem: !include r.yaml\n");
    run_says(1, "import @r.yaml -o @n.yaml --force", "too deep");
}

static void losses_are_named(void **state) {
    (void)state;
    static const char arch[] =
        "architecture:\n  version: 0.4\n  nodes:\n"
        "  - !Component {name: DRAM, class: DRAM, attributes: {wear: 3}}\n"
        "  - !Component {name: adc, class: adc_unit}\n"
        "  - !Component {name: mac, class: intmac}\n";
    write_scratch("a.yaml", arch);
    run_says(1, "import @a.yaml -o @a --force", "a.yaml:4:55: error: attribute 'wear'");
    run_says(1, "import @a.yaml -o @a --force", "a.yaml:5:5: error: class 'adc_unit'");
    run_says(0, "import @a.yaml -o @a-arch.yaml --force --lossy", "DRAM");
    struct ran ran = run_program("import @a.yaml -o @a-arch.yaml --force --lossy");
    assert_non_null(strstr(ran.err, "a.yaml:4:55: warning: "));
    assert_non_null(strstr(ran.err, "DRAM (lpddr4), mac (mac_int) [timeloop-cost]"));
    free_ran(&ran);
    run_says(0, "import @a.yaml -o @a-arch.yaml --force --lossy -f json",
             "\"sdse.show-arch/1\"");
}

// There and back: the words of the same mapping are the same.
static void what_is_converted_is_read_back(void **state) {
    (void)state;
    static const char from[] = "convert -a @d/arch.yaml -w @d/network.yaml -m "
                               "@d/mapping.yaml --to timeloop -o @t --force";
    char line[200];
    import_design(SIMBA "arch.yaml " SIMBA "layer.yaml " SIMBA "mapping.yaml", "");
    snprintf(line, sizeof line, "%s --only counts -f csv", eval);
    char *before = run_text(0, line);
    // Its networks are free, its sums wider in one memory: nothing is lost.
    run_says(0, from, "t/mapping.yaml");
    free(run_text(0, "import @t/arch.yaml @t/problem.yaml @t/mapping.yaml -o @d "
                     "--force"));
    char *after = run_text(0, line);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void what_timeloop_lacks_is_named(void **state) {
    (void)state;
    static const char eyeriss[] = "convert -a eyeriss --to timeloop -o @e";
    run_says(1, eyeriss, "Timeloop cannot hold costs of a network");
    run_says(1, eyeriss, "engines (--lossy goes on) [timeloop-lacks]");
    assert_null(read_whole(scratch("e/arch.yaml")));
    char line[200];
    snprintf(line, sizeof line, "%s --lossy", eyeriss);
    run_says(0, line, "e/arch.yaml; read back");
    write_scratch("e/arch.yaml", "mine\n");
    run_says(1, line, "[output-kind]");
    run_says(2, "convert -a eyeriss -m x.yaml --to timeloop -o @e", "--workload");
    snprintf(line, sizeof line, "%s --lossy -w resnet18 -l conv1.relu", eyeriss);
    run_says(1, line, "Timeloop cannot hold a layer that multiplies nothing");
    write_scratch("relu.yaml", "layer: conv1.relu\nmapping: streamed\n");
    snprintf(line, sizeof line, "%s --lossy -w resnet18 -m @relu.yaml", eyeriss);
    struct ran streamed = run_program(line);
    assert_int_equal(streamed.status, 1);
    assert_non_null(strstr(streamed.err, "a layer that multiplies nothing"));
    assert_null(strstr(streamed.err, "factors of"));
    free_ran(&streamed);
    write_scratch("network.yaml", "mappings: []\n");
    snprintf(line, sizeof line, "%s --lossy -w resnet18 -m @network.yaml", eyeriss);
    run_says(1, line, "the mapping of one layer is needed here: this is a network's");
    // Eyeriss has words of 16 bits.
    static const struct {
        const char *bits;
        bool lost;
    } widths[] = {{"8", true}, {"16", false}, {"32", false}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "name: n\nsource: s\nlayers: [{name: l, kind: fc, in: 4, "
                 "out_channels: 4, bits: {weights: %s}}]\n",
                 widths[i].bits);
        write_scratch("n.yaml", text);
        struct ran ran = run_program("convert -a eyeriss --to timeloop -o @w -w "
                                     "@n.yaml --lossy --force");
        assert_int_equal(ran.status, 0);
        assert_int_equal(strstr(ran.err, "words of a layer's own width") != NULL,
                         widths[i].lost);
        free_ran(&ran);
    }
}

// A container is named after the memory above it: no memory has that name.
static void names_of_places_are_not_taken(void **state) {
    (void)state;
    static const char arch[] =
        "name: t\nsource: s\nnode_nm: 45\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
        "  - level: D\n    memory: {class: dram, pj_per_bit: 4}\n"
        "    fanout: {x: 2, y: 2}\n    network: {topology: bus, free: true}\n"
        "  - level: %s\n    memory: {class: regfile, capacity_bits: 512, port_bits: 8, "
        "access_pj: 1}\ncompute: {pj_per_mac: 1, area_um2: 12.5}\n";
    static const char *const taken[] = {"D_x", "D_y", "mac", "design"};
    char text[500];
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        snprintf(text, sizeof text, arch, taken[i]);
        write_scratch("n.yaml", text);
        run_says(1, "convert -a @n.yaml --to timeloop -o @n --lossy",
                 "two nodes of one name");
    }
    snprintf(text, sizeof text, arch, "D_z");
    write_scratch("n.yaml", text);
    run_says(0, "convert -a @n.yaml --to timeloop -o @n --lossy", "n/arch.yaml");
    // The multipliers alone have an area.
    char *made = read_whole(scratch("n/arch.yaml"));
    assert_non_null(strstr(made, "tables:\n    - {name: design.mac, area: 12.5}\n"));
    free(made);
    // Zeros of one tensor alone are said, of whichever.
    static const char *const tensors[] = {"weights", "inputs", "outputs"};
    for (unsigned t = 0; t < 3; t++) {
        snprintf(text, sizeof text,
                 "name: l\nsource: s\nlayers:\n  - {name: l, kind: fc, in: 4, "
                 "out_channels: 4, "
                 "density: {%s: 0.5}}\n",
                 tensors[t]);
        write_scratch("l.yaml", text);
        run_says(0,
                 "convert -a @n.yaml -w @l.yaml -l l --to timeloop -o @n --lossy "
                 "--force",
                 "n/problem.yaml");
        run_says(0, "import @n/problem.yaml -o @back.yaml --force", "");
        char *back = read_whole(scratch("back.yaml"));
        char part[40];
        snprintf(part, sizeof part, "%s: 0.5", tensors[t]);
        assert_non_null(strstr(back, part));
        free(back);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eyeriss_moves_what_timeloop_counts),
        cmocka_unit_test(bandwidths_slow_it_as_there),
        cmocka_unit_test(one_problem_through_both_tools),
        cmocka_unit_test(others_are_imported_and_mapped),
        cmocka_unit_test(files_include_each_other),
        cmocka_unit_test(losses_are_named),
        cmocka_unit_test(what_is_converted_is_read_back),
        cmocka_unit_test(what_timeloop_lacks_is_named),
        cmocka_unit_test(names_of_places_are_not_taken),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
