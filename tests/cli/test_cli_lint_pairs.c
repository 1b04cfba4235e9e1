// sdse lint of an accelerator that is to run a network: each check fires at its place,
// and says nothing of a near neighbour.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support_lint.h"
#include "support_program.h"

static const struct row rows[] = {
    // Half of the array at best, and a good part of the time.
    {"fanout-idle",
     BOTH,
     {WIDE_FANOUT("@"),
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 4}"}},
     {WIDE_FANOUT(""),
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 8192, out_channels: 5}"}},
     "1 of 1 fc layers of net can have at most 8 of 16 multipliers at work (50 % stay "
     "idle; the best of them, f1, is K4 C8192)"},
    // Executions count, not layers.
    {"fanout-idle",
     BOTH,
     {WIDE_FANOUT("@"),
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 4096, out_channels: 4, repeat: 2}"}},
     {WIDE_FANOUT(""),
      {NET, "kind: fc, in: 4096, out_channels: 32}",
       "kind: fc, in: 4096, out_channels: 4}"}},
     "1 of 1 fc layers of net can have at most 8 of 16 multipliers at work"},
    {"bandwidth-short",
     BOTH,
     {{ARCH, "shared_bits_per_cycle: 4096", "@shared_bits_per_cycle: 30"},
      {NET, "out_channels: 32}", "out_channels: 32, repeat: 3}"}},
     {{ARCH, "shared_bits_per_cycle: 4096", "shared_bits_per_cycle: 38"},
      {NET, "out_channels: 32}", "out_channels: 32, repeat: 3}"}},
     "once, 3.37 Mbit, its transfers take 0.1123 Mcycles, the multipliers 0.09062 at "
     "best: they wait at least 39.4 % of the time"},
    {"bandwidth-short",
     BOTH,
     {{ARCH, "shared_bits_per_cycle: 4096", "@shared_bits_per_cycle: 20"}},
     {{ARCH, "shared_bits_per_cycle: 4096", "shared_bits_per_cycle: 21"}},
     "'DRAM' is too slow for net: with every word read and written once, 1.207 Mbit, "
     "its transfers take 0.06033 Mcycles, the multipliers 0.05786 at best"},
    {"format-longer",
     BOTH,
     {{ARCH, "class: dram,", "class: dram, @format: {weights: bitmap},"},
      {NET, "out_channels: 32}", "out_channels: 32, density: {weights: 0.87}}"},
      {NET, "out_channels: 16, kernel: 3, pad: 1}",
       "out_channels: 16, kernel: 3, pad: 1, repeat: 100}"}},
     {{ARCH, "class: dram,", "class: dram, format: {weights: bitmap},"},
      {NET, "out_channels: 32}", "out_channels: 32, density: {weights: 0.87}}"}},
     "weights in 8.447 bits"},
    {"format-longer",
     BOTH,
     {{ARCH, "class: dram,", "class: dram, @format: {weights: bitmap},"}},
     {{ARCH, "class: dram,", "class: dram, format: {weights: bitmap},"},
      {NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, density: {weights: 0.8}}"}},
     "'DRAM' stores words of net longer than they are: weights in 9 bits (bitmap; "
     "plain 8)"},
    // Words are longer than those of the layers, which may be narrow.
    {"format-longer",
     BOTH,
     {{ARCH, "class: dram,", "class: dram, @format: {weights: bitmap},"},
      {NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 3200, bits: {weights: 4}, "
       "density: {weights: 0.9}}"}},
     {{ARCH, "class: dram,", "class: dram, format: {weights: bitmap},"},
      {NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 3200, bits: {weights: 4}, "
       "density: {weights: 0.7}}"}},
     "weights in 4.6"},
    // Zeros of weights may come with a form, where there is an engine to rebuild them.
    {"engine-idle",
     BOTH,
     {{ARCH, "sources:",
       "engines:\n  - @{name: g, kind: gate, operands: weights, pj_per_test: {value: "
       "1, mark: Q}}\nsources:"}},
     {{ARCH, "sources:",
       "engines:\n  - {name: g, kind: gate, operands: weights, pj_per_test: {value: 1, "
       "mark: Q}}\n  - {kind: rebuild, below: DRAM, free: true, rows_per_cycle: "
       "{value: 1, mark: Q}}\nsources:"}},
     "engine 'g' (gate) finds nothing to leave out"},
    {"engine-idle",
     BOTH,
     {{ARCH, "sources:",
       "engines:\n  - @{name: g, kind: gate, operands: inputs, pj_per_test: {value: 1, "
       "mark: Q}}\nsources:"}},
     {{ARCH, "sources:",
       "engines:\n  - {name: g, kind: gate, operands: inputs, pj_per_test: {value: 1, "
       "mark: Q}}\nsources:"},
      {NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, density: {inputs: 0.8}}"}},
     "engine 'g' (gate) finds nothing to leave out: of the 3 layers of net that it "
     "works on none has a density below 1"},
    {"engine-idle",
     BOTH,
     {{ARCH, "sources:",
       "engines:\n  - @{name: g, kind: gate, operands: inputs, for: [matmul], "
       "pj_per_test: {value: 1, mark: Q}}\nsources:"}},
     {{NET, F1,
       "{name: f1, kind: fc, in: 4096, out_channels: 32, density: {inputs: 0.8}}"}},
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
    {"shares-no-edges",
     BOTH,
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, @shares: [activations],"}},
     {{ARCH, "capacity_kib: 64,", "capacity_kib: 64, shares: [activations],"}, CHAIN},
     "none of the 3 layers of net says which it reads from"},
    {"edges-not-shared",
     BOTH,
     {{NET, "layers:", "edges: @chain\nlayers:"}},
     {CHAIN, {ARCH, "capacity_kib: 64,", "capacity_kib: 64, shares: [activations],"}},
     "2 edges say what layers hand on, but no memory of small"},
};

int main(void) {
    const struct CMUnitTest tests[] = {
        LINT_ROWS_TESTS(rows),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
