#include "oracle/support_channels.h"

#include <stdio.h>
#include <string.h>

#include "oracle/support_cases.h"

static const char *make_arch(uint64_t *state, struct sdse_arena *arena) {
    static const char *const inputs[] = {"8", "8", "12"}, *const shares[] = {
                                                              "activations",
                                                              "activations, weights"};
    return sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: 8}, "
        "inputs: {bits: %s}, outputs: {bits: 8, partial_bits: %s}}, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "%llu}}, "
        "{level: GLB, memory: {class: sram, keeps: [weights, inputs, outputs], shares: "
        "[%s], capacity_bytes: %llu, buffering: %llu, pj_per_bit: %llu}, fanout: {x: "
        "2, dims_x: [K, P]}, network: {topology: bus, multicast: true, reduce: true, "
        "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, "
        "pj_per_op: 0.25, ops_per_cycle: 4}}",
        inputs[oracle_below(state, 3)], oracle_below(state, 2) ? "8" : "20",
        (unsigned long long)(oracle_below(state, 3) ? 4 + 8 * oracle_below(state, 4)
                                                    : 256),
        shares[oracle_below(state, 2)],
        (unsigned long long)(16 +
                             oracle_below(state, oracle_below(state, 3) ? 40 : 120)),
        (unsigned long long)(1 + oracle_below(state, 2)),
        (unsigned long long)(1 + oracle_below(state, 3)));
}

struct map {
    unsigned channels, rows, columns;
};

struct text {
    char layers[2048], edges[1024];
    const char *before; // whose outputs the next layer reads
    char name[16];
};

static void add_edge(struct text *t, const char *to) {
    if (t->before)
        sprintf(t->edges + strlen(t->edges), "{from: %s, to: %s}, ", t->before, to);
    strcpy(t->name, to);
    t->before = t->name;
}

// A layer that puts out a map of the size given, which another may add to its outputs.
static void add_other(struct text *t, const char *name, struct map of) {
    sprintf(t->layers + strlen(t->layers),
            "{name: %s, kind: conv, in: [1, %u, %u], out_channels: %u, kernel: 1}, ",
            name, of.rows, of.columns, of.channels);
}

// A convolution of `groups` groups; map: of its inputs, then of its outputs.
static void add_conv(uint64_t *state, struct text *t, unsigned name, unsigned groups,
                     unsigned out, const char *more, struct map *map) {
    char called[16];
    unsigned kernel = 1 + (unsigned)oracle_below(state, 3), pad = 0, stride = 1;
    if (kernel > map->rows)
        kernel = 1;
    if (kernel > 1)
        pad = (unsigned)oracle_below(state, 2);
    if (map->rows > 2 && oracle_below(state, 4) == 0)
        stride = 2;
    sprintf(called, "c%u", name);
    sprintf(t->layers + strlen(t->layers),
            "{name: %s, kind: conv, in: [%u, %u, %u], out_channels: %u, groups: %u, "
            "kernel: [%u, 1], pad: [%u, 0], stride: [%u, 1]%s}, ",
            called, map->channels, map->rows, map->columns, out, groups, kernel, pad,
            stride, more);
    add_edge(t, called);
    map->channels = out;
    map->rows = (map->rows + 2 * pad - kernel) / stride + 1;
}

// Something channel-wise between convolutions, or what is not.
static void add_inner(uint64_t *state, struct text *t, unsigned name, struct map *map) {
    char called[16];
    const unsigned channels = map->channels;
    sprintf(called, "c%u", name);
    switch (oracle_below(state, 8)) {
    case 0:
        sprintf(t->layers + strlen(t->layers),
                "{name: %s, kind: %s, in: [%u, %u, %u], fused: false}, ", called,
                oracle_below(state, 4) ? "act" : "norm", channels, map->rows,
                map->columns);
        add_edge(t, called);
        return;
    case 1:
        if (map->rows < 3)
            break;
        sprintf(t->layers + strlen(t->layers),
                "{name: %s, kind: pool, in: [%u, %u, %u], kernel: [2, 1], stride: [1, "
                "1]}, ",
                called, channels, map->rows, map->columns);
        add_edge(t, called);
        map->rows--;
        return;
    case 2: // groups of two channels, which make one or two
        if (channels % 2)
            break;
        add_conv(state, t, name, channels / 2,
                 channels / 2 * (1 + (unsigned)oracle_below(state, 2)), "", map);
        return;
    default:
        break;
    }
    add_conv(state, t, name, channels, channels, "", map);
}

// A layer of a gated pair. What has one column may be rows of words, as a transformer
// has them.
static void add_gate(struct text *t, const char *name, struct map in, unsigned out,
                     const char *more) {
    char *end = t->layers + strlen(t->layers);
    if (in.columns == 1 && out % 2)
        sprintf(end, "{name: %s, kind: fc, in: %u, out_channels: %u, rows: %u%s}, ",
                name, in.channels, out, in.rows, more);
    else
        sprintf(end,
                "{name: %s, kind: conv, in: [%u, %u, %u], out_channels: %u, kernel: "
                "1%s}, ",
                name, in.channels, in.rows, in.columns, out, more);
}

// A second layer on the map that the first reads, whose outputs are multiplied with
// those of the first, or added to them.
static void add_gated(uint64_t *state, struct text *t, const char *input, struct map in,
                      const struct map *map) {
    add_gate(t, "c1", in, map->channels, ", addends: 1");
    if (input)
        sprintf(t->edges + strlen(t->edges), "{from: %s, to: c1}, ", input);
    sprintf(t->edges + strlen(t->edges), "{from: c0, to: c1, as: addend%s}, ",
            oracle_below(state, 2) ? ", via: product" : "");
    strcpy(t->name, "c1");
}

static const char *make_network(uint64_t *state, struct sdse_arena *arena) {
    struct text t = {"", "", NULL, ""};
    struct map map = {1 + (unsigned)oracle_below(state, 2),
                      2 + (unsigned)oracle_below(state, 2),
                      1 + (unsigned)oracle_below(state, 2)};
    const unsigned channels = 2 + (unsigned)oracle_below(state, 3),
                   inner = (unsigned)(oracle_below(state, 5) + 1) / 2; // mostly one
    const bool grouped = oracle_below(state, 4) == 0,
               adds = oracle_below(state, 4) == 0;
    const bool gated = !grouped && oracle_below(state, 3) == 0;
    if (grouped)
        map.channels = channels;
    if (oracle_below(state, 3) == 0) {
        add_other(&t, "o", map);
        t.before = "o";
    }
    struct text rest = {.before = t.before};
    const struct map in = map;
    if (gated) {
        add_gate(&rest, "c0", map, channels, "");
        add_edge(&rest, "c0");
        map.channels = channels;
        if (oracle_below(state, 3) == 0)
            sprintf(rest.layers + strlen(rest.layers),
                    "{name: f0, kind: act, in: [%u, %u, %u], fused: true}, ",
                    map.channels, map.rows, map.columns);
        add_gated(state, &rest, t.before, in, &map);
    } else {
        add_conv(state, &rest, 0, grouped ? channels : 1, channels, "", &map);
    }
    const struct map made = map; // by the first, or the first two
    unsigned name = 1 + gated;
    for (; name <= inner; name++) {
        if (name == 1 && oracle_below(state, 3) == 0)
            sprintf(rest.layers + strlen(rest.layers),
                    "{name: f%u, kind: %s, in: [%u, %u, %u], fused: true}, ", name,
                    oracle_below(state, 4) ? "act" : "norm", map.channels, map.rows,
                    map.columns);
        add_inner(state, &rest, name, &map);
    }
    // The last adds up over all channels, or over those of each of its groups.
    const unsigned read = map.channels,
                   groups = oracle_below(state, 4) || read % 2 ? 1 : read / 2;
    add_conv(state, &rest, name, groups,
             groups * (1 + (unsigned)oracle_below(state, 2)),
             adds ? ", addends: 1" : "", &map);
    const bool same = made.channels == map.channels && made.rows == map.rows;
    if (adds && !(same && inner))
        add_other(&t, "x", map);
    if (adds)
        sprintf(rest.edges + strlen(rest.edges), "{from: %s, to: c%u, as: addend}, ",
                same && inner ? (gated ? "c1" : "c0") : "x", name);
    return sdse_arena_printf(arena, "{name: n, source: s, layers: [%s%s], edges: [%s]}",
                             t.layers, rest.layers, rest.edges);
}

void channels_make(uint64_t seed, struct brute_problem *p) {
    uint64_t random = seed * 2 + 1;
    const char *arch = make_arch(&random, p->arena);
    p->tiles = oracle_below(&random, 3) ? SDSE_TILES_BALANCED : SDSE_TILES_ALL;
    p->depth = 2 + (size_t)oracle_below(&random, 3);
    brute_read(arch, make_network(&random, p->arena), p);
}
