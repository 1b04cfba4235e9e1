#include "oracle/support_attention.h"

#include <stdio.h>
#include <string.h>

#include "oracle/support_cases.h"

// beside: the vector unit stands beside the memory that shares.
static const char *make_arch(uint64_t *state, bool beside, struct sdse_arena *arena) {
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
        "[%s], capacity_bytes: %llu, buffering: %llu, pj_per_bit: %llu, "
        "shared_bits_per_cycle: %llu}, fanout: {x: 2, dims_x: [K, P]}, network: "
        "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}}]"
        ", compute: {pj_per_mac: 0.5}, vector: {below: %s, pj_per_op: 0.25, "
        "ops_per_cycle: 4}}",
        inputs[oracle_below(state, 3)], oracle_below(state, 2) ? "8" : "20",
        (unsigned long long)(oracle_below(state, 3) ? 4 + 8 * oracle_below(state, 4)
                                                    : 256),
        shares[oracle_below(state, 2)],
        (unsigned long long)(12 +
                             oracle_below(state, oracle_below(state, 3) ? 40 : 120)),
        (unsigned long long)(1 + oracle_below(state, 2)),
        (unsigned long long)(1 + oracle_below(state, 3)),
        (unsigned long long)(oracle_below(state, 2) ? 16 : 512),
        beside ? "GLB" : "DRAM");
}

static struct attention_shape make_shape(uint64_t *state) {
    struct attention_shape s = {
        .kv_heads = 1 + (unsigned)oracle_below(state, 3),
        .m = 1 + (unsigned)oracle_below(state, 4),
        .k = 1 + (unsigned)oracle_below(state, 2),
        .n = 1 + (unsigned)oracle_below(state, 4),
        .width = 1 + (unsigned)oracle_below(state, 2),
        .softmax = (enum attention_between)oracle_below(state, BETWEEN),
        .keys = oracle_below(state, 2),
        .values = oracle_below(state, 2),
        .out = oracle_below(state, 2),
        .adds = oracle_below(state, 5) == 0};
    // What works by itself on shared words needs the vector unit there.
    s.beside = s.softmax == LAYER || oracle_below(state, 4);
    s.heads = s.kv_heads * (oracle_below(state, 3) ? 1 : 2);
    if (s.heads * s.m * s.n > 32)
        s.m = 1 + s.m / 2;
    return s;
}

static const char *make_network(const struct attention_shape *shape,
                                struct sdse_arena *arena) {
    char layers[2048] = "", edges[1024] = "";
    const struct attention_shape s = *shape;
    char *end = layers;
    if (s.keys) {
        end +=
            sprintf(end, "{name: keys, kind: fc, in: 1, out_channels: %u, rows: %u}, ",
                    s.kv_heads * s.k, s.n);
        strcat(edges, "{from: keys, to: qk, as: weights, reshape: heads}, ");
    }
    if (s.values) {
        end += sprintf(end,
                       "{name: values, kind: fc, in: 1, out_channels: %u, rows: %u}, ",
                       s.kv_heads * s.width, s.n);
        strcat(edges, "{from: values, to: av, as: weights, reshape: heads}, ");
    }
    end += sprintf(
        end, "{name: qk, kind: matmul, heads: %u, kv_heads: %u, m: %u, k: %u, n: %u}, ",
        s.heads, s.kv_heads, s.m, s.k, s.n);
    if (s.softmax == LAYER || s.softmax == FUSED)
        end += sprintf(end, "{name: s, kind: softmax, in: [%u, %u, %u], fused: %s}, ",
                       s.heads, s.m, s.n, s.softmax == FUSED ? "true" : "false");
    end += sprintf(
        end,
        "{name: av, kind: matmul, heads: %u, kv_heads: %u, m: %u, k: %u, n: %u%s}, ",
        s.heads, s.kv_heads, s.m, s.n, s.width, s.adds ? ", addends: 1" : "");
    const char *heads = s.heads > s.kv_heads ? ", reshape: heads" : "";
    if (s.softmax == LAYER)
        sprintf(edges + strlen(edges),
                "{from: qk, to: s%s}, {from: s, to: av, reshape: heads}, ", heads);
    else
        sprintf(edges + strlen(edges), "{from: qk, to: av%s%s}, ", heads,
                s.softmax == ON_THE_WAY ? ", via: softmax, free: true" : "");
    if (s.out) {
        sprintf(end, "{name: out, kind: fc, in: %u, out_channels: 1, rows: %u}, ",
                s.heads * s.width, s.m);
        strcat(edges, "{from: av, to: out, reshape: heads}, ");
    }
    return sdse_arena_printf(arena, "{name: n, source: s, layers: [%s], edges: [%s]}",
                             layers, edges);
}

struct attention_shape attention_make(uint64_t seed, struct brute_problem *p) {
    uint64_t random = seed * 2 + 1;
    const struct attention_shape shape = make_shape(&random);
    const char *arch = make_arch(&random, shape.beside, p->arena);
    p->tiles = oracle_below(&random, 2) ? SDSE_TILES_ALL : SDSE_TILES_BALANCED;
    p->depth = 2 + (size_t)oracle_below(&random, 3);
    brute_read(arch, make_network(&shape, p->arena), p);
    return shape;
}
