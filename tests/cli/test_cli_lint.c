// sdse lint: each check fires at its place in files that are good otherwise, says
// nothing of a near neighbour, and nothing of what `check` refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/weights_file.h"
#include "support_program.h"

// One text of arch.yaml, net.yaml or sweep.yaml (tests/lint) in place of another. '@'
// in `to` stands where the finding is, and is left out.
struct edit {
    const char *file, *from, *to;
};
enum { MOST_EDITS = 3 };

struct row {
    const char *check;
    const char *line; // "lint @arch.yaml"
    struct edit fires[MOST_EDITS], near[MOST_EDITS];
    const char *says; // part of the message
};

#define ARCH "arch.yaml"
#define NET "net.yaml"
#define ALONE "lint @arch.yaml"
#define NET_ALONE "lint @net.yaml"
#define BOTH "lint @arch.yaml @net.yaml"
#define SWEEP "sweep.yaml"
#define OF_SWEEP "lint @sweep.yaml"

#define FORMS "  - raw\n"
#define AXES "[64, 128]\n"
#define BUFFER "capacity_kib: 64, port_bits: 64, table: sram_itrs-hp_ed2"
#define SMALL(size) size ", port_bits: 64, access_pj: 1, area_um2: 1"
#define F1 "{name: f1, kind: fc, in: 4096, out_channels: 32}"

static const struct row rows[] = {
    // Below a fan-out that takes C, K and G each child needs weights of its own.
    {"multicast-idle",
     ALONE,
     {{ARCH, "dims_x: [K, P, G], dims_y: [C, P]", "dims_x: [K, G], dims_y: [C, G]"},
      {ARCH, "multicast: [inputs", "@multicast: [inputs"}},
     {{ARCH, "dims_x: [K, P, G], dims_y: [C, P]", "dims_x: [K, G], dims_y: [C, N, G]"}},
     "multicast of weights reaches one child at a time: the fan-out of level 'GLB', 4 "
     "x "
     "2, takes K, C, G"},
    {"multicast-idle",
     ALONE,
     {{ARCH, "port_bits: 64, table: sram_itrs-hp_ed2}\n    fanout",
       "port_bits: 64, table: sram_itrs-hp_ed2}\n    network: {topology: bus, free: "
       "true, @multicast: true}\n  - level: two\n    memory: {class: sram, "
       "capacity_kib: "
       "32, port_bits: 64, access_pj: 1, area_um2: 1}\n    fanout"}},
     {{ARCH, "port_bits: 64, table: sram_itrs-hp_ed2}\n    fanout",
       "port_bits: 64, table: sram_itrs-hp_ed2}\n    network: {topology: bus, free: "
       "true}\n  - level: two\n    memory: {class: sram, capacity_kib: 32, port_bits: "
       "64, access_pj: 1, area_um2: 1}\n    fanout"}},
     "multicast of weights, inputs reaches one child at a time: the fan-out of level "
     "'GLB' is 1 x 1;"},
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
      {ARCH, "- {name: opad",
       "- {name: ipad, keeps: [inputs], class: regfile, capacity_words: 8, port_bits: "
       "8, "
       "access_pj: 0.1, area_um2: 1}\n      - {name: opad"}},
     "no memory inside keeps inputs"},
    {"window-sharing-idle",
     ALONE,
     {{ARCH, "reduce: [outputs]", "reduce: [outputs]\n      @window_sharing: [inputs]"},
      {ARCH, "[K, P, G], dims_y: [C, P]", "[K, N, G], dims_y: [C, G]"},
      {ARCH, "- {name: opad",
       "- {name: ipad, keeps: [inputs], class: regfile, capacity_words: 8, port_bits: "
       "8, "
       "access_pj: 0.1, area_um2: 1}\n      - {name: opad"}},
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
       "GLB, "
       "spatial_x_dims: [G], spatial_y_dims: [C]}\nsources:"}},
     {{ARCH, "sources:",
       "dataflow:\n  - when: {layer: [matmul, fc]}\n    constraints:\n      - {level: "
       "GLB, "
       "spatial_x_dims: [K], spatial_y_dims: [C]}\nsources:"}},
     "leave empty: there 3/4"},
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
    // Half of the array at best, and a good part of the time.
    {"fanout-idle",
     BOTH,
     {{ARCH, "fanout: {x: 4, y: 2, dims_x: [K, P, G], dims_y: [C, P]}",
       "@fanout: {x: 8, y: 2, dims_x: [K, P, G], dims_y: [C, P, K]}"},
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 4}"}},
     {{ARCH, "fanout: {x: 4, y: 2, dims_x: [K, P, G], dims_y: [C, P]}",
       "fanout: {x: 8, y: 2, dims_x: [K, P, G], dims_y: [C, P, K]}"},
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 5}"}},
     "1 of 1 fc layers of net can have at most 8 of 16 multipliers at work (50 % stay "
     "idle; the best of them, f1, is K4 C8192)"},
    {"shares-no-edges",
     BOTH,
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, @shares: [activations],"}},
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, shares: [activations],"},
      {NET, "layers:", "edges: chain\nlayers:"}},
     "none of the 3 layers of net says which it reads from"},
    {"edges-not-shared",
     BOTH,
     {{NET, "layers:", "edges: @chain\nlayers:"}},
     {{NET, "layers:", "edges: chain\nlayers:"},
      {ARCH, "capacity_kib: 64,", "capacity_kib: 64, shares: [activations],"}},
     "2 edges say what layers hand on, but no memory of small"},
    // --- Memories that cannot feed the multipliers ---
    // With X over P and Y over C: two weights, two inputs, four sums.
    {"capacity-starves",
     ALONE,
     {{ARCH, BUFFER, SMALL("@capacity_bytes: 7")},
      {ARCH, "capacity_words: 32", "capacity_words: 4"},
      {ARCH, "capacity_words: 8", "capacity_words: 3"}},
     {{ARCH, BUFFER, SMALL("capacity_bytes: 8")},
      {ARCH, "capacity_words: 32", "capacity_words: 4"},
      {ARCH, "capacity_words: 8", "capacity_words: 3"}},
     "'GLB' has 56 bits; with all 8 multipliers below it at work its tiles take at "
     "least 64"},
    {"buffering-starves",
     ALONE,
     {{ARCH, BUFFER, SMALL("@buffering: 2, capacity_bytes: 15")},
      {ARCH, "capacity_words: 32", "capacity_words: 4"},
      {ARCH, "capacity_words: 8", "capacity_words: 3"}},
     {{ARCH, BUFFER, SMALL("buffering: 2, capacity_bytes: 16")},
      {ARCH, "capacity_words: 32", "capacity_words: 4"},
      {ARCH, "capacity_words: 8", "capacity_words: 3"}},
     "too small for buffering 2: 60 of its 120 bits are left for tiles, and with all 8 "
     "multipliers below it at work these take at least 64"},
    // K shares inputs, P their windows at best.
    {"port-starves",
     ALONE,
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, @read_bits_per_cycle: 7,"}},
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, read_bits_per_cycle: 8,"}},
     "read_bits_per_cycle of 'GLB' is 7; the 8 multipliers below it, all at work, take "
     "at least 8 bits per cycle"},
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
    // --- Accelerator and network ---
    {"bandwidth-short",
     BOTH,
     {{ARCH, "shared_bits_per_cycle: 4096", "@shared_bits_per_cycle: 20"}},
     {{ARCH, "shared_bits_per_cycle: 4096", "shared_bits_per_cycle: 21"}},
     "'DRAM' is too slow for net: with every word read and written once, 1.207 Mbit, "
     "its transfers take 0.06033 Mcycles, the multipliers 0.05786 at best"},
    {"format-longer",
     BOTH,
     {{ARCH, "class: dram,", "class: dram, @format: {weights: bitmap},"}},
     {{ARCH, "class: dram,", "class: dram, format: {weights: bitmap},"},
      {NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, density: {weights: "
       "0.8}}"}},
     "'DRAM' stores words of net longer than they are: weights in 9 bits (bitmap; "
     "plain "
     "8)"},
    {"engine-idle",
     BOTH,
     {{ARCH, "sources:",
       "engines:\n  - @{name: g, kind: gate, operands: inputs, pj_per_test: {value: 1, "
       "mark: Q}}\nsources:"}},
     {{ARCH, "sources:",
       "engines:\n  - {name: g, kind: gate, operands: inputs, pj_per_test: {value: 1, "
       "mark: Q}}\nsources:"},
      {NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, density: {inputs: "
       "0.8}}"}},
     "engine 'g' (gate) finds nothing to leave out: of the 3 layers of net that it "
     "works on none has a density below 1"},
    {"engine-idle",
     BOTH,
     {{ARCH, "sources:",
       "engines:\n  - @{name: g, kind: gate, operands: inputs, for: [matmul], "
       "pj_per_test: {value: 1, mark: Q}}\nsources:"}},
     {{NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, density: {inputs: "
       "0.8}}"}},
     "engine 'g' (gate) works on none of the layers of net"},
    {"engine-idle",
     BOTH,
     {{ARCH, "sources:",
       "engines:\n  - @{name: d, kind: bit_serial, encoding: plain, lanes: 4, "
       "pj_per_digit: {value: 1, mark: Q}}\nsources:"},
      {ARCH, "class: parallel,", "class: bit_serial, cycles_per_mac: 8,"}},
     {{ARCH, "sources:",
       "engines:\n  - {name: d, kind: bit_serial, encoding: plain, lanes: 4, "
       "pj_per_digit: {value: 1, mark: Q}}\nsources:"},
      {ARCH, "class: parallel,", "class: bit_serial, cycles_per_mac: 8,"},
      {NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, activations: {mark: M, "
       "density: 0.5, digits: {plain: [2, 1, 1]}}}"}},
     "engine 'd' (bit_serial) is told no digits: none of the 3 layers"},
    // --- Networks ---
    {"layer-repeat",
     NET_ALONE,
     {{NET, "  - " F1,
       "  - @" F1 "\n  - {name: f2, kind: fc, in: 4096, out_channels: 32}\n  - {name: "
       "f3, kind: fc, in: 4096, out_channels: 32}"}},
     {{NET, "  - " F1,
       "  - " F1 "\n  - {name: f2, kind: fc, in: 4096, out_channels: 32}\n  - {name: "
       "f3, kind: fc, in: 4096, out_channels: 31}"}},
     "3 layers in a row, 'f1' to 'f3', are equal but for their names: one with repeat: "
     "3"},
    {"conv-depthwise",
     NET_ALONE,
     {{NET,
       "{name: c1, kind: conv, in: [8, 16, 16], out_channels: 16, kernel: 3, pad: 1}",
       "@{name: c1, kind: conv, in: [8, 16, 16], out_channels: 16, kernel: 3, pad: 1, "
       "groups: 8}"}},
     {{NET,
       "{name: c1, kind: conv, in: [8, 16, 16], out_channels: 16, kernel: 3, pad: 1}",
       "{name: c1, kind: conv, in: [8, 16, 16], out_channels: 16, kernel: 3, pad: 1, "
       "groups: 4}"}},
     "1 convolution, the first 'c1', has one input channel in each of 8 groups"},
    // One in 97 words of the file is zero.
    {"density-weights",
     NET_ALONE,
     {{NET, F1, "@{name: f1, kind: fc, in: 4096, out_channels: 32, weights: w.npy}"}},
     {{NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, weights: w.npy, density: "
       "{weights: 0.98}}"}},
     "1 of 1 layers with weight files declare another density of weights than the "
     "files "
     "have, 'f1' most: 1 declared, 0.99 in w.npy"},
    {"activations-assumed",
     NET_ALONE,
     {{NET, F1,
       "@{name: f1, kind: fc, in: 4096, out_channels: 32, activations: {mark: assumed, "
       "density: 0.5}}"}},
     {{NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, activations: {mark: D, "
       "density: 0.5}}"}},
     "activations of 1 of 1 layers that say any are assumed, the first 'f1'"},
    // --- Sweeps ---
    {"axis-single",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @compute.pj_per_mac: [0.3]\n"}},
     {{SWEEP, AXES, AXES "  compute.pj_per_mac: 0.3\n"}},
     "the axis 'compute.pj_per_mac' has one value, 0.3"},
    {"axis-own",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @compute.pj_per_mac: 0.20\n"}},
     {{SWEEP, AXES, AXES "  compute.pj_per_mac: 0.21\n"}},
     "'compute.pj_per_mac' is set to 0.20, which is what the file of the accelerator "
     "has"},
    // Nothing in the network runs on the vector unit, until a pool does.
    {"axis-idle",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @vector.pj_per_op: [0.1, 0.2, 0.4]\n"}},
     {{SWEEP, AXES, AXES "  vector.pj_per_op: [0.1, 0.2, 0.4]\n"},
      {NET, F1,
       F1 "\n  - {name: p, kind: pool, in: [16, 16, 16], kernel: 2, stride: 2}"}},
     "the axis 'vector.pj_per_op' moves nothing: energy, latency and area are the same "
     "at its 3 values (3 distinct layers solved, the other axes at their first)"},
    // Only the last layer waits, for less than 66.02 bits per cycle.
    {"axis-idle",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @DRAM.shared_bits_per_cycle: [67, 128]\n"}},
     {{SWEEP, AXES, AXES "  DRAM.shared_bits_per_cycle: [66, 128]\n"}},
     "the axis 'DRAM.shared_bits_per_cycle' moves nothing"},
    {"axis-idle",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @GLB.fanout.dims_x: [[K, P, G], [P, K, G]]\n"}},
     {{SWEEP, AXES, AXES "  GLB.fanout.dims_x: [[K, P, G], [P, G]]\n"}},
     "the axis 'GLB.fanout.dims_x' moves nothing: its 2 values make the same "
     "accelerator"},
    {"form-raw",
     OF_SWEEP,
     {{SWEEP, FORMS, FORMS "  - @{name: u, kind: unique, range_sigmas: 5}\n"},
      {NET, "  - " F1 "\n", ""}},
     {{SWEEP, FORMS, FORMS "  - {name: u, kind: unique, range_sigmas: 5}\n"}},
     "form 'u' leaves every layer of every network raw"},
    {"form-twin",
     OF_SWEEP,
     {{SWEEP, FORMS,
       FORMS
       "  - {name: a, density: 0.5}\n  - @{name: b, density: 0.5, basis_bits: 8}\n"}},
     {{SWEEP, FORMS,
       FORMS
       "  - {name: a, density: 0.5}\n  - {name: b, density: 0.5, basis_bits: 7}\n"}},
     "forms 'a' and 'b' say the same"},
    {"points-many",
     OF_SWEEP,
     {{SWEEP, "name: sweep", "@name: sweep"},
      {SWEEP, AXES,
       "[64, 128]\n  DRAM.pj_per_bit: 1..501 +1\n  compute.pj_per_mac: 1..1000 +1\n"}},
     {{SWEEP, AXES,
       "[64, 128]\n  DRAM.pj_per_bit: 1..500 +1\n  compute.pj_per_mac: 1..1000 +1\n"}},
     "1002000 points, all of which are evaluated"},
    {"points-many",
     OF_SWEEP,
     {{SWEEP, "name: sweep", "@name: sweep"},
      {SWEEP, AXES,
       "[64, 128]\n  DRAM.pj_per_bit: 1..501 +1\n  compute.pj_per_mac: 1..1000 +1\n"}},
     {{SWEEP, AXES,
       "[64, 128]\n  DRAM.pj_per_bit: 1..501 +1\n  compute.pj_per_mac: 1..1000 +1\n"},
      {SWEEP, "objective: edp", "search: {method: sobol, evaluations: 9}"}},
     "say search"},
    {"search-all",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "@search: {method: random, evaluations: 2}"}},
     {{SWEEP, "objective: edp", "search: {method: random, evaluations: 1}"}},
     "the search evaluates all 2 designs of each network"},
    {"limit-impossible",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_latency_cycles: 57855}"}},
     {{SWEEP, "objective: edp", "constraints: {max_latency_cycles: 57856}"}},
     "max_latency_cycles: 57855: no point can have that little: the least is 57856"},
    {"limit-impossible",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_area_mm2: 0.01}"}},
     {{SWEEP, "objective: edp", "constraints: {max_area_mm2: 0.1}"}},
     "max_area_mm2: 0.01: no point can have that little"},
    {"limit-idle",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_area_mm2: 1}"}},
     {{SWEEP, "objective: edp", "constraints: {max_area_mm2: 0.1}"}},
     "max_area_mm2: 1: every point meets it: no accelerator is as large"},
    {"limit-idle",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_rel_error: 0.1}"}},
     {{SWEEP, "objective: edp", "constraints: {max_rel_error: 0.1}"},
      {SWEEP, FORMS, FORMS "  - {name: a, density: 0.5}\n"}},
     "raw words have no error"},
    {"limit-idle",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_output_error: 0.1}"}},
     {{SWEEP, "objective: edp", "constraints: {max_energy_pj: 1e7}"}},
     "the sweep has no outputs"},
    // A sweep's accelerators are held against its networks.
    {"fanout-idle",
     OF_SWEEP,
     {{ARCH, "fanout: {x: 4, y: 2, dims_x: [K, P, G], dims_y: [C, P]}",
       "@fanout: {x: 8, y: 2, dims_x: [K, P, G], dims_y: [C, P, K]}"},
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 4}"}},
     {{ARCH, "fanout: {x: 4, y: 2, dims_x: [K, P, G], dims_y: [C, P]}",
       "fanout: {x: 8, y: 2, dims_x: [K, P, G], dims_y: [C, P, K]}"},
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 5}"}},
     "1 of 1 fc layers of net can have at most 8 of 16 multipliers"},
};

static char *replace(char *text, const struct edit *edit) {
    char *at = strstr(text, edit->from);
    if (!at)
        fail_msg("%s has no '%s'", edit->file, edit->from);
    char *changed = malloc(strlen(text) + strlen(edit->to) + 1);
    assert_non_null(changed);
    sprintf(changed, "%.*s%s%s", (int)(at - text), text, edit->to,
            at + strlen(edit->from));
    free(text);
    return changed;
}

// Writes all files to the scratch folder with edits made; place: ":LINE:COLUMN:" of
// the '@', with the file before it.
static void write_edited(const struct edit *edits, char *place, size_t size) {
    static const char *const files[] = {ARCH, NET, SWEEP};
    *place = '\0';
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        char path[512];
        snprintf(path, sizeof path, SDSE_SOURCE_DIR "/tests/lint/%s", files[f]);
        char *text = read_whole(path);
        assert_non_null(text);
        for (size_t i = 0; i < MOST_EDITS && edits && edits[i].file; i++)
            if (strcmp(edits[i].file, files[f]) == 0)
                text = replace(text, &edits[i]);
        char *mark = strchr(text, '@');
        if (mark) {
            unsigned line = 1, column = 1;
            for (const char *c = text; c < mark; c++) {
                column = *c == '\n' ? 1 : column + 1;
                line += *c == '\n';
            }
            snprintf(place, size, "%s:%u:%u: lint: ", files[f], line, column);
            memmove(mark, mark + 1, strlen(mark));
        }
        write_scratch(files[f], text);
        free(text);
    }
}

static size_t count_lines(const char *text) {
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

// Runs on edited files: exactly the finding of the row, or none. False, said: not so.
static bool try_row(const struct row *row, const struct edit *edits, bool fires) {
    char place[128], name[64];
    write_edited(edits, place, sizeof place);
    struct ran ran = run_program(row->line);
    snprintf(name, sizeof name, " [%s]\n", row->check);
    const bool good = fires ? ran.status == 1 && count_lines(ran.out) == 1 && *place &&
                                  strstr(ran.out, place) && strstr(ran.out, name) &&
                                  strstr(ran.out, row->says) &&
                                  strcmp(ran.err, "1 lint\n") == 0
                            : ran.status == 0 && !*ran.out && !*ran.err;
    if (!good)
        print_error("%s, %s: status %d, expected %s '%s'\n%s%s", row->check,
                    fires ? "fires" : "near", ran.status, place,
                    fires ? row->says : "nothing", ran.out, ran.err);
    free_ran(&ran);
    return good;
}

static void each_check_fires_at_its_place(void **state) {
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += !try_row(&rows[i], rows[i].fires, true);
    assert_int_equal(wrong, 0);
}

static void near_neighbours_are_clean(void **state) {
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wrong += !try_row(&rows[i], rows[i].near, false);
    const struct row plain = {.check = "nothing", .line = BOTH " @sweep.yaml"};
    wrong += !try_row(&plain, NULL, false);
    assert_int_equal(wrong, 0);
}

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

static int begin(void **state) {
    const int status = enter_scratch(state);
    if (status == 0)
        write_weights_file(scratch("w.npy"), 32, 4096);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_fires_at_its_place),
        cmocka_unit_test(near_neighbours_are_clean),
        cmocka_unit_test(points_to_check_where_that_refuses),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
