#include "cli/support_turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/support_program.h"
#include "cli/support_swept.h"

// Levels that share, from the outermost on: the last is GLB.
static void write_chip(uint64_t *state, unsigned memories) {
    char text[2048], outside[512] = "";
    // One at a time: the order in which a call's arguments are found is the compiler's.
    const unsigned capacity_bytes =
        (memories > 1 ? 40 : 90) + (unsigned)below(state, 120);
    const bool weights = below(state, 2);
    const unsigned partial_bits = below(state, 2) ? 8 : 20;
    for (unsigned m = memories; m > 1; m--) {
        const unsigned more_bytes = 60 * m + (unsigned)below(state, 200);
        const bool also_weights = below(state, 2);
        sprintf(outside + strlen(outside),
                "{level: L%u, memory: {class: sram, shares: [activations%s], "
                "capacity_bytes: %u, pj_per_bit: %u, shared_bits_per_cycle: 16}}, ",
                m, also_weights ? ", weights" : "", more_bytes, 2 * m - 1);
    }
    snprintf(text, sizeof text,
             "{name: chip, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: "
             "{bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: %u}}, "
             "levels: [{level: DRAM, memory: {class: dram, pj_per_bit: 30, "
             "shared_bits_per_cycle: 8}}, %s{level: GLB, memory: {class: sram, shares: "
             "[activations%s], capacity_bytes: %u, pj_per_bit: 1, "
             "shared_bits_per_cycle: 32}, fanout: {x: 2, dims_x: [K, P]}, network: "
             "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}}, "
             "{level: regs, memory: {class: regfile, capacity_bytes: 40, pj_per_bit: "
             "0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: %s, pj_per_op: "
             "0.25, ops_per_cycle: 4}}",
             partial_bits, outside, weights ? ", weights" : "", capacity_bytes,
             memories > 1 && below(state, 2) ? "L2" : "GLB");
    write_scratch("chip.yaml", text);
}

void write_turns_chip(uint64_t *state) { write_chip(state, 1); }

// A chain of convolutions, functions of words between some of them.
static void write_net(uint64_t *state) {
    char layers[2048] = "", edges[512] = "", text[4096];
    const unsigned count = 3 + (unsigned)below(state, 2);
    unsigned size = 4 + (unsigned)below(state, 5), from = 1 + (unsigned)below(state, 2);
    const char *before = NULL;
    static char names[8][8];
    unsigned named = 0;
    for (unsigned i = 0; i < count; i++) {
        const unsigned to = 1 + (unsigned)below(state, 3),
                       kernel = below(state, 4) ? 3 : 1,
                       stride = i && below(state, 4) == 0 ? 2 : 1;
        char *name = names[named++];
        sprintf(name, "l%u", i);
        sprintf(layers + strlen(layers),
                "{name: %s, kind: conv, in: [%u, %u, %u], out_channels: %u, kernel: "
                "%u, stride: %u, pad: %u}, ",
                name, from, size, size, to, kernel, stride, kernel / 2);
        if (before)
            sprintf(edges + strlen(edges), "{from: %s, to: %s}, ", before, name);
        size = (size - 1) / stride + 1;
        from = to;
        before = name;
        if (i + 1 == count || below(state, 3))
            continue;
        name = names[named++];
        sprintf(name, "a%u", i);
        sprintf(layers + strlen(layers), "{name: %s, kind: act, in: [%u, %u, %u]}, ",
                name, from, size, size);
        before = name;
    }
    snprintf(text, sizeof text, "{name: net, source: s, layers: [%s], edges: [%s]}",
             layers, edges);
    write_scratch("net.yaml", text);
}

void make_turns(uint64_t seed) {
    uint64_t state = seed * 2 + 1;
    write_turns_chip(&state);
    write_net(&state);
}

void make_block_among(uint64_t seed, unsigned memories) {
    uint64_t state = seed * 2 + 1;
    write_chip(&state, memories);
    const unsigned size = 4 + (unsigned)below(&state, 3),
                   channels = 1 + (unsigned)below(&state, 3);
    char text[1024];
    snprintf(text, sizeof text,
             "{name: net, source: s, layers: ["
             "{name: a, kind: conv, in: [%u, %u, %u], out_channels: %u, kernel: 3, "
             "pad: 1}, "
             "{name: b, kind: conv, in: [%u, %u, %u], out_channels: 2, kernel: 1}, "
             "{name: c, kind: conv, in: [2, %u, %u], out_channels: %u, kernel: 1}, "
             "{name: s, kind: add, in: [%u, %u, %u], fused: false}, "
             "{name: d, kind: conv, in: [%u, %u, %u], out_channels: 2, kernel: 3, "
             "pad: 1}], edges: [{from: a, to: b}, {from: b, to: c}, {from: a, to: s}, "
             "{from: c, to: s}, {from: s, to: d}]}",
             channels, size, size, channels, channels, size, size, size, size, channels,
             channels, size, size, channels, size, size);
    write_scratch("net.yaml", text);
}

void sweep_with_groups(const char *database, const char *mapper) {
    for (uint64_t seed = 20; seed < 40; seed++) {
        char line[64];
        make_turns(seed);
        write_sweep("energy", mapper);
        sweep_into(database, "");
        if (number_of(database, "SELECT count(*) > 0 FROM v_group") > 0)
            return;
        snprintf(line, sizeof line, "%s.db", database);
        remove(scratch(line));
    }
    fail_msg("no seed makes groups");
}
