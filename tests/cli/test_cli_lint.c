// sdse lint of accelerators alone: each check fires at its place in files that are good
// otherwise, and says nothing of a near neighbour; and of any files: nothing of what
// `check` refuses, names, what is left out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support_lint.h"
#include "support_program.h"

static const struct row rows[] = {
    // Below a fan-out that takes C, K and G each child needs weights of its own.
    {"multicast-idle",
     ALONE,
     {{ARCH, "dims_x: [K, P, G], dims_y: [C, P]", "dims_x: [K, G], dims_y: [C, G]"},
      {ARCH, "multicast: [inputs", "@multicast: [inputs"}},
     {{ARCH, "dims_x: [K, P, G], dims_y: [C, P]", "dims_x: [K, G], dims_y: [C, N, G]"}},
     "multicast of weights reaches one child at a time: the fan-out of level 'GLB', 4 "
     "x 2, takes K, C, G"},
    {"multicast-idle",
     ALONE,
     {{ARCH, "port_bits: 64, table: sram_itrs-hp_ed2}\n    fanout",
       "port_bits: 64, table: sram_itrs-hp_ed2}\n    network: {topology: bus, free: "
       "true, @multicast: true}\n  - level: two\n    memory: {class: sram, "
       "capacity_kib: 32, port_bits: 64, access_pj: 1, area_um2: 1}\n    fanout"}},
     {{ARCH, "port_bits: 64, table: sram_itrs-hp_ed2}\n    fanout",
       "port_bits: 64, table: sram_itrs-hp_ed2}\n    network: {topology: bus, free: "
       "true}\n  - level: two\n    memory: {class: sram, capacity_kib: 32, port_bits: "
       "64, access_pj: 1, area_um2: 1}\n    fanout"}},
     "multicast of weights, inputs reaches one child at a time: the fan-out of level "
     "'GLB' is 1 x 1;"},
    // Shared windows reach over the fan-outs further inside.
    {"multicast-idle",
     ALONE,
     {{ARCH, BUFFER "}\n",
       BUFFER "}\n    network: {topology: bus, free: true, @multicast: [inputs]}\n  - "
              "level: two\n    memory: {class: sram, capacity_kib: 32, port_bits: 64, "
              "access_pj: 1, area_um2: 1}\n"}},
     {{ARCH, BUFFER "}\n",
       BUFFER "}\n    network: {topology: bus, free: true, multicast: [inputs], "
              "window_sharing: true}\n  - level: two\n    memory: {class: sram, "
              "capacity_kib: 32, port_bits: 64, access_pj: 1, area_um2: 1}\n"}},
     "multicast of inputs reaches one child at a time"},
    {"reduce-idle",
     ALONE,
     {{ARCH, "dims_y: [C, P]", "dims_y: [P, G]"},
      {ARCH, "reduce: [outputs]", "@reduce: [outputs]"}},
     {{ARCH, "dims_y: [C, P]", "dims_y: [R, P, G]"}},
     "4 x 2, takes K, P, G, and sums are over C, R and S"},
    // A memory inside that keeps inputs takes windows; multipliers do not.
    {"window-sharing-idle",
     ALONE,
     {{ARCH, "reduce: [outputs]",
       "reduce: [outputs]\n      @window_sharing: [inputs]"}},
     {{ARCH, "reduce: [outputs]", "reduce: [outputs]\n      window_sharing: [inputs]"},
      INPUT_PAD},
     "no memory inside keeps inputs"},
    {"window-sharing-idle",
     ALONE,
     {{ARCH, "reduce: [outputs]", "reduce: [outputs]\n      @window_sharing: [inputs]"},
      {ARCH, "[K, P, G], dims_y: [C, P]", "[K, N, G], dims_y: [C, G]"},
      INPUT_PAD},
     {{ARCH, "[K, P, G], dims_y: [C, P]", "[K, N, G], dims_y: [C, G]"}},
     "from there on fan-outs take N, K, C, G, none of P, Q, R and S"},
    {"forwarding-idle",
     ALONE,
     {{ARCH, "topology: bus", "@topology: systolic"},
      {ARCH, "multicast: [inputs, weights]", "multicast: false"},
      {ARCH, "reduce: [outputs]", "reduce: false"}},
     {{ARCH, "topology: bus", "topology: systolic"},
      {ARCH, "multicast: [inputs, weights]", "multicast: false"}},
     "each of the 8 children is served by itself"},
    {"fanout-kind",
     ALONE,
     {{ARCH, "dims_y: [C, P]", "@dims_y: [C]"}},
     {{ARCH, "dims_y: [C, P]", "dims_y: [C, G, P]"}},
     "Y of the fan-out of level 'GLB' (2) takes C, which the dataflow and layers of "
     "kind dwconv leave empty: there 1/2 of the multipliers"},
    {"fanout-kind",
     ALONE,
     {{ARCH, "dims_x: [K, P, G]", "@dims_x: [K, P, G]"},
      {ARCH, "sources:",
       "dataflow:\n  - when: {layer: [matmul, fc]}\n    constraints:\n      - {level: "
       "GLB, spatial_x_dims: [G], spatial_y_dims: [C]}\nsources:"}},
     {{ARCH, "sources:",
       "dataflow:\n  - when: {layer: [matmul, fc]}\n    constraints:\n      - {level: "
       "GLB, spatial_x_dims: [K], spatial_y_dims: [C]}\nsources:"}},
     "leave empty: there 3/4"},
    // A dataflow may leave it one place.
    {"fanout-kind",
     ALONE,
     {{ARCH, "dims_y: [C, P]", "@dims_y: [C, P]"},
      {ARCH, "sources:",
       "dataflow:\n  - constraints:\n      - {level: GLB, spatial_at_most: {C: 1, P: "
       "1, K: 4}}\nsources:"},
      {ARCH, "dims_x: [K, P, G]", "dims_x: [K, G, R, N]"}},
     {{ARCH, "sources:",
       "dataflow:\n  - constraints:\n      - {level: GLB, spatial_at_most: {C: 2, P: "
       "1}}\n  - when: {layer: [dwconv]}\n    constraints: [{level: GLB, "
       "spatial_at_most: {P: 2}}]\nsources:"},
      {ARCH, "dims_y: [C, P]", "dims_y: [C, G, N]"}},
     "Y of the fan-out of level 'GLB' (2) takes C, P, which the dataflow and layers of "
     "kind conv, conv1x1, dwconv, fc, matmul, wgrad leave empty"},
    {"fanout-kind",
     ALONE,
     {{ARCH, "dims_x: [K, P, G], dims_y: [C, P]",
       "dims_x: [K, P, G, C], @dims_y: [Q]"}},
     {{ARCH, "dims_x: [K, P, G], dims_y: [C, P]",
       "dims_x: [K, P, G, C], dims_y: [Q, P]"}},
     "takes Q, which the dataflow and layers of kind fc, matmul leave empty"},
    {"number-unmarked",
     ALONE,
     {{ARCH, "  compute: {mark: Q, text: made up}\n", ""},
      {ARCH, "pj_per_mac: 0.2", "pj_per_mac: @0.2"}},
     {{ARCH, "  compute: {mark: Q, text: made up}\n",
       "  compute: {mark: provisional, text: made up}\n"}},
     "2 of 18 physical numbers do not say where they come from (multiplier MAC, "
     "multiplier area)"},
    {"number-assumed",
     ALONE,
     {{ARCH, "vector: {mark: Q, text: made up}", "vector: @{mark: assumed, text: us}"}},
     {{ARCH, "vector: {mark: Q, text: made up}", "vector: {mark: M, text: us}"}},
     "2 of 18 physical numbers are assumed (vector unit operation, vector unit rate)"},
    {"energy-order",
     ALONE,
     {{ARCH, "port_bits: 8, access_pj: 0.1", "port_bits: 8, access_pj: 9"},
      {ARCH, "- {name: wpad", "- @{name: wpad"}},
     {{ARCH, "port_bits: 8, access_pj: 0.1", "port_bits: 8, access_pj: 0.3"}},
     "a bit read in 'wpad' costs 1.125 pJ, in 'GLB' outside it"},
    // By the bit, and against the next memory outside.
    {"energy-order",
     ALONE,
     {{ARCH, "port_bits: 16, access_pj: 0.1", "port_bits: 8, access_pj: 0.5"},
      {ARCH, "table: sram_itrs-hp_ed2", "access_pj: 3, area_um2: 1"},
      {ARCH, "- {name: opad", "- @{name: opad"}},
     {{ARCH, "port_bits: 16, access_pj: 0.1", "port_bits: 16, access_pj: 0.5"},
      {ARCH, "table: sram_itrs-hp_ed2", "access_pj: 3, area_um2: 1"}},
     "a bit read in 'opad' costs 0.0625 pJ, in 'GLB' outside it 0.04688 pJ: holding "
     "outputs here"},
    {"table-node",
     ALONE,
     {{ARCH, "node_nm: 28", "node_nm: 16"}, {ARCH, "table: sram", "@table: sram"}},
     {{ARCH, "node_nm: 28", "node_nm: 22"}},
     "GLB: table sram_itrs-hp_ed2 has 22 to 90 nm: at 16 nm"},
    {"buffering-unlimited",
     ALONE,
     {{ARCH, "class: dram,", "class: dram, @buffering: 2,"}},
     {{ARCH, "class: dram,", "class: dram, buffering: 2, capacity_mib: 4096,"}},
     "buffering 2 of 'DRAM'"},
    {"overlap-idle",
     ALONE,
     {{ARCH, "  - level: GLB\n", "  - level: GLB\n    @overlap: false\n"}},
     {{ARCH, "  - level: GLB\n", "  - level: GLB\n    overlap: false\n"},
      {ARCH, "capacity_kib: 64,", "capacity_kib: 64, write_bits_per_cycle: 64,"}},
     "'GLB' has no bandwidth"},
    {"format-idle",
     ALONE,
     {{ARCH, "keeps: [weights], class: regfile,",
       "keeps: [weights], class: regfile, @format: {inputs: bitmap},"}},
     {{ARCH, "keeps: [weights], class: regfile,",
       "keeps: [weights], class: regfile, format: {weights: bitmap},"}},
     "'wpad' has a format for inputs, which it does not keep"},
    {"gaps-idle",
     ALONE,
     {{ARCH, "keeps: [weights], class: regfile,",
       "keeps: [weights], class: regfile, @fetch_gaps: true,"}},
     {{ARCH, "class: sram,", "class: sram, fetch_gaps: true,"}},
     "fetch_gaps of 'wpad'"},
    {"capacity-unused",
     ALONE,
     {{ARCH, "capacity_words: 32", "@capacity_kib: 65"}},
     {{ARCH, "capacity_words: 32", "capacity_kib: 64"}},
     "'wpad' can use at most 524288 of the 532480 bits"},
    {"capacity-unused",
     ALONE,
     {{ARCH, "capacity_words: 32", "buffering: 2, @capacity_kib: 129"}},
     {{ARCH, "capacity_words: 32", "buffering: 2, capacity_kib: 128"}},
     "'wpad' can use at most 524288 of the 528384 bits that it has for tiles"},
    // Weights of a layer may be as narrow as it stores them.
    {"capacity-unused",
     ALONE,
     {{ARCH, "capacity_words: 32", "bits: {weights: 4}, @capacity_kib: 65"}},
     {{ARCH, "capacity_words: 32", "bits: {weights: 4}, capacity_kib: 64"}},
     "'wpad' can use at most 524288 of the 532480 bits"},
    {"capacity-unused",
     ALONE,
     {{ARCH, "capacity_words: 32", "bits: {weights: 12}, @capacity_kib: 97"}},
     {{ARCH, "capacity_words: 32", "bits: {weights: 12}, capacity_kib: 96"}},
     "'wpad' can use at most 786432 of the 794624 bits"},
    // --- Memories that cannot feed the multipliers ---
    // With X over P and Y over C: two weights, two inputs, four sums.
    {"capacity-starves",
     ALONE,
     {{ARCH, BUFFER, SMALL("@capacity_bytes: 7")}, SMALL_PADS},
     {{ARCH, BUFFER, SMALL("capacity_bytes: 8")}, SMALL_PADS},
     "'GLB' has 56 bits; with all 8 multipliers below it at work its tiles take at "
     "least 64: some stay idle in every layer, unless its weights are narrower than 8 "
     "bits; make"},
    // Whatever the weights: with those of a bit 50 bits of inputs and sums.
    {"capacity-starves",
     ALONE,
     {{ARCH, BUFFER, SMALL("@capacity_bits: 32")}, SMALL_PADS},
     {{ARCH, BUFFER, SMALL("capacity_bits: 64")}, SMALL_PADS},
     "take at least 64: some stay idle in every layer; make it larger"},
    // Rows of a port are a capacity, too.
    {"capacity-starves",
     ALONE,
     {{ARCH, BUFFER, "port_bits: 8, access_pj: 1, area_um2: 1, @depth: 7"}, SMALL_PADS},
     {{ARCH, BUFFER, "port_bits: 8, access_pj: 1, area_um2: 1, depth: 8"}, SMALL_PADS},
     "'GLB' has 56 bits"},
    {"buffering-starves",
     ALONE,
     {{ARCH, BUFFER, SMALL("@buffering: 2, capacity_bytes: 15")}, SMALL_PADS},
     {{ARCH, BUFFER, SMALL("buffering: 2, capacity_bytes: 16")}, SMALL_PADS},
     "too small for buffering 2: 60 of its 120 bits are left for tiles, and with all 8 "
     "multipliers below it at work these take at least 64"},
    // K shares inputs, P their windows at best.
    {"port-starves",
     ALONE,
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, @read_bits_per_cycle: 7,"}},
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, read_bits_per_cycle: 8,"}},
     "read_bits_per_cycle of 'GLB' is 7; the 8 multipliers below it, all at work, take "
     "at least 8 bits per cycle, as no memory in between keeps what they take: without "
     "padding they wait in every layer; raise"},
    {"port-starves",
     ALONE,
     {{ARCH, "capacity_kib: 64,",
       "capacity_kib: 64, @read_bits_per_cycle: {weights: 7, others: 640},"},
      {ARCH, "{name: wpad, keeps: [weights]", "{name: wpad, keeps: [outputs]"}},
     {{ARCH, "capacity_kib: 64,",
       "capacity_kib: 64, read_bits_per_cycle: {weights: 16, others: 640},"},
      {ARCH, "{name: wpad, keeps: [weights]", "{name: wpad, keeps: [outputs]"}},
     "without padding they wait in every layer, unless its weights are narrower than 8 "
     "bits; raise"},
    {"port-starves",
     ALONE,
     {{ARCH, "capacity_kib: 64,",
       "capacity_kib: 64, @shared_bits_per_cycle: {inputs: 63, others: 64},"},
      {ARCH, "multicast: [inputs, weights]", "multicast: [weights]"}},
     {{ARCH, "capacity_kib: 64,",
       "capacity_kib: 64, shared_bits_per_cycle: {inputs: 64, others: 64},"},
      {ARCH, "multicast: [inputs, weights]", "multicast: [weights]"}},
     "shared_bits_per_cycle of 'GLB' for inputs is 63; the 8 multipliers below it, all "
     "at work, take at least 64"},
    // Nothing is asked of a memory for words that are kept further inside, nor of a
    // port for others' words; coefficients are no words.
    {"port-starves",
     ALONE,
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, @read_bits_per_cycle: 7,"}},
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, read_bits_per_cycle: 7,"},
      INPUT_PAD},
     "read_bits_per_cycle of 'GLB'"},
    {"port-starves",
     ALONE,
     {{ARCH, "capacity_kib: 64,",
       "capacity_kib: 64, @read_bits_per_cycle: {inputs: 63, others: 640},"},
      {ARCH, "multicast: [inputs, weights]", "multicast: [weights]"},
      {ARCH, "{name: wpad, keeps: [weights]", "{name: wpad, keeps: [outputs]"}},
     {{ARCH, "capacity_kib: 64,",
       "capacity_kib: 64, read_bits_per_cycle: {inputs: 64, others: 640},"},
      {ARCH, "multicast: [inputs, weights]", "multicast: [weights]"},
      {ARCH, "{name: wpad, keeps: [weights]", "{name: wpad, keeps: [outputs]"}},
     "for inputs is 63"},
    {"capacity-starves",
     ALONE,
     {{ARCH, BUFFER, SMALL("@capacity_bytes: 7")}, SMALL_PADS},
     {{ARCH, BUFFER, SMALL("may_bypass: [weights], capacity_bytes: 7")}, SMALL_PADS},
     "at least 64"},
    {"port-starves",
     ALONE,
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, @read_bits_per_cycle: 3.9,"},
      {ARCH, "class: parallel,", "class: parallel, cycles_per_mac: 2,"}},
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, read_bits_per_cycle: 4,"},
      {ARCH, "class: parallel,", "class: parallel, cycles_per_mac: 2,"}},
     "take at least 4 bits per cycle"},
    // Above an engine that rebuilds them weights take fewer bits.
    {"capacity-starves",
     ALONE,
     {{ARCH, BUFFER, SMALL("@capacity_bytes: 7")}, SMALL_PADS, REBUILD("DRAM")},
     {{ARCH, BUFFER, SMALL("capacity_bytes: 7")}, SMALL_PADS, REBUILD("GLB")},
     "at least 64"},
};

// What `check` refuses is left to it, with a word; other files are linted all the same.
static void points_to_check_where_that_refuses(void **state) {
    (void)state;
    glob_t found;
    assert_int_equal(glob(SDSE_SOURCE_DIR "/tests/spec-bad/*.yaml", 0, NULL, &found),
                     0);
    assert_true(found.gl_pathc > 300);
    size_t refused = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char line[600], pointer[700];
        snprintf(line, sizeof line, "check %s", found.gl_pathv[i]);
        struct ran checked = run_program(line);
        snprintf(line, sizeof line, "lint %s", found.gl_pathv[i]);
        struct ran linted = run_program(line);
        snprintf(pointer, sizeof pointer,
                 "sdse lint: error: %s is refused: `sdse check %s` says why\n",
                 found.gl_pathv[i], found.gl_pathv[i]);
        const bool mapping = strstr(checked.err, "[mapping-alone]") != NULL;
        if (linted.signal || (linted.status != 0 && linted.status != 1))
            fail_msg("%s ends with %d", line, linted.status);
        if (checked.status == 1 && !mapping) {
            refused++;
            if (linted.status != 1 || *linted.out || strcmp(linted.err, pointer) != 0)
                fail_msg("%s: status %d\n%s%s", line, linted.status, linted.out,
                         linted.err);
        }
        free_ran(&checked);
        free_ran(&linted);
    }
    assert_true(refused > 250);
    globfree(&found);
}

// What is found; something must be. The caller frees it.
static char *findings(const char *line) {
    struct ran ran = run_program(line);
    assert_int_equal(ran.status, 1);
    char *out = strdup(ran.out);
    free_ran(&ran);
    return out;
}

static void find_alike(const char *line, const char *other) {
    char *one = findings(line), *two = findings(other);
    assert_string_equal(one, two);
    free(one);
    free(two);
}

// What is left out is neither printed nor counted.
static void leaves_out_what_is_asked(void **state) {
    (void)state;
    char *all = findings("lint tpu"), *one = findings("lint tpu -x number-assumed"),
         *csv = findings("lint tpu -x fanout-kind -f csv");
    free(run_text(0, "lint tpu -x fanout-kind,number-assumed"));
    assert_non_null(strstr(all, "[number-assumed]\n"));
    assert_null(strstr(one, "[number-assumed]\n"));
    assert_non_null(strstr(one, "[fanout-kind]\n"));
    assert_int_equal(
        strncmp(csv, "file,line,column,check,message\narchs/tpu.yaml,", 46), 0);
    assert_non_null(strstr(csv, ",number-assumed,\"3 of "));
    free(all);
    free(one);
    free(csv);
    run_says(2, "lint tpu -x number-asumed",
             "no check 'number-asumed', did you mean 'number-assumed'?");
}

// Shipped names, -a and -w, paths; a network of -w is not looked at by itself.
static void takes_names(void **state) {
    (void)state;
    find_alike("lint tpu mobilenetv2", "lint archs/tpu.yaml -w mobilenetv2");
    find_alike("lint tpu mobilenetv2 -x fanout-kind,number-assumed",
               "lint workloads/mobilenetv2.yaml -a tpu");
    run_says(1, "lint tpv",
             "neither a file nor the name of a shipped one; did you mean "
             "'tpu'?");
    run_says(1, "lint crew", "say which: archs/crew.yaml, sweeps/crew.yaml");
    run_says(1, "lint nothere.yaml", "nothere.yaml: No such file");
    run_says(1, "lint tpu -w nothere", "no network 'nothere'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LINT_ROWS_TESTS(rows),
        cmocka_unit_test(points_to_check_where_that_refuses),
        cmocka_unit_test(leaves_out_what_is_asked),
        cmocka_unit_test(takes_names),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
