// sdse lint of networks and sweeps: each check fires at its place, and says nothing of
// a near neighbour.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/weights_file.h"
#include "support_lint.h"
#include "support_program.h"

static const struct row rows[] = {
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
     "files have, 'f1' most: 1 declared, 0.99 in w.npy"},
    {"density-weights",
     NET_ALONE,
     {{NET, F1,
       "@{name: f1, kind: fc, in: 4096, out_channels: 32, weights: w.npy}\n  - {name: "
       "f2, kind: fc, in: 4096, out_channels: 32, weights: w.npy, density: {weights: "
       "0.99}}"}},
     {{NET, F1,
       "{name: f2, kind: fc, in: 4096, out_channels: 32, weights: w.npy, density: "
       "{weights: 0.99}}"}},
     "1 of 2 layers with weight files"},
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
    // In step with another value it may be meant.
    {"axis-own",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  DRAM.pj_per_bit: 9\n  @compute.pj_per_mac: 0.2\n"}},
     {{SWEEP, "weight_forms:",
       "zip: {DRAM.pj_per_bit: 9, compute.pj_per_mac: 0.2}\nweight_forms:"}},
     "'compute.pj_per_mac' is set to 0.2"},
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
    {"axis-idle",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @compute.area_um2: [1, 1.0]\n"}},
     {{SWEEP, AXES, AXES "  compute.area_um2: [1, 2]\n"}},
     "its 2 values make the same accelerator"},
    {"axis-idle",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @vector.pj_per_op: [0.1, 0.2]\n"}},
     {{SWEEP, "objective: edp", "objective: energy\nmapper: {resident: [false, true]}"},
      {ARCH, "capacity_kib: 64,", "capacity_kib: 64, shares: [activations],"},
      CHAIN},
     "moves nothing"},
    // What memories share matters where tensors may stay.
    {"axis-idle",
     OF_SWEEP,
     {{SWEEP, AXES, AXES "  @GLB.shares: [[activations], []]\n"}},
     {{SWEEP, AXES, AXES "  GLB.shares: [[activations], []]\n"},
      {SWEEP, "objective: edp", "objective: energy\nmapper: {resident: [false, true]}"},
      CHAIN},
     "the axis 'GLB.shares' moves nothing: its 2 values make the same accelerator"},
    // Of one of two accelerators, beside an axis of the other.
    {"axis-idle",
     OF_SWEEP,
     {{SWEEP, "archs: [arch.yaml]",
       "archs:\n  - {path: other.yaml, override: {compute.pj_per_mac: [0.3, 0.4]}}\n  "
       "- {path: arch.yaml, override: {@vector.pj_per_op: [0.1, 0.2]}}"}},
     {{SWEEP, "archs: [arch.yaml]",
       "archs:\n  - {path: other.yaml, override: {compute.pj_per_mac: [0.3, 0.4]}}\n  "
       "- {path: arch.yaml, override: {compute.pj_per_mac: [0.3, 0.4]}}"}},
     "the same at its 2 values (3 distinct layers solved"},
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
    {"limit-impossible",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_latency_s: 2.892e-5}"},
      {ARCH, "clock_ghz: 1", "clock_ghz: 2"}},
     {{SWEEP, "objective: edp", "constraints: {max_latency_s: 2.893e-5}"},
      {ARCH, "clock_ghz: 1", "clock_ghz: 2"}},
     "the least is 2.8928e-05"},
    {"limit-impossible",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_latency_cycles: 94719}"},
      {NET, "out_channels: 16, kernel: 3, pad: 1}",
       "out_channels: 16, kernel: 3, pad: 1, repeat: 2}"}},
     {{SWEEP, "objective: edp", "constraints: {max_latency_cycles: 94720}"},
      {NET, "out_channels: 16, kernel: 3, pad: 1}",
       "out_channels: 16, kernel: 3, pad: 1, repeat: 2}"}},
     "the least is 94720"},
    {"limit-idle",
     OF_SWEEP,
     {{SWEEP, "objective: edp", "constraints: {@max_area_mm2: 1}"},
      {SWEEP, AXES, "[128, 64]\n"}},
     {{SWEEP, "objective: edp", "constraints: {max_area_mm2: 0.1}"},
      {SWEEP, AXES, "[128, 64]\n"}},
     "every point meets it"},
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
     {WIDE_FANOUT("@"),
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 4}"}},
     {WIDE_FANOUT(""),
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 5}"}},
     "1 of 1 fc layers of net can have at most 8 of 16 multipliers"},
    // What several networks have in common is said once.
    {"bandwidth-short",
     OF_SWEEP,
     {{ARCH, "shared_bits_per_cycle: 4096", "@shared_bits_per_cycle: 20"},
      {SWEEP, "[net.yaml]", "[net.yaml, {path: net.yaml, network: {name: other}}]"}},
     {{ARCH, "shared_bits_per_cycle: 4096", "shared_bits_per_cycle: 21"},
      {SWEEP, "[net.yaml]", "[net.yaml, {path: net.yaml, network: {name: other}}]"}},
     "fewer bits (and 1 more of the sweep's networks) ["},
};

static int begin(void **state) {
    const int status = enter_scratch(state);
    if (status == 0)
        write_weights_file(scratch("w.npy"), 32, 4096);
    return status;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        LINT_ROWS_TESTS(rows),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
