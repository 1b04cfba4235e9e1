#include "oracle/support_fusioncase.h"

#include <stdio.h>
#include <string.h>

#include "oracle/support_problems.h"
#include "spec/value.h"

// What numbers of a case may be.
static const uint64_t most_number = 1000000;

struct reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct fusion_case *out;
};

// --- Keys ---

static const struct sdse_node *find(struct reader *r, const struct sdse_node *mapping,
                                    const char *key) {
    const struct sdse_node *node = sdse_node_get(mapping, key);
    if (!node)
        sdse_report_missing(mapping, key, r->diags);
    return node;
}

// The whole number under `key`; `least` where there is none, which is a diagnostic.
static uint64_t number(struct reader *r, const struct sdse_node *mapping,
                       const char *key, uint64_t least) {
    uint64_t value = least;
    const struct sdse_node *node = find(r, mapping, key);
    if (node)
        sdse_read_u64(node, least, most_number, r->diags, &value);
    return value;
}

static const struct sdse_node *part(struct reader *r, const struct sdse_node *mapping,
                                    const char *key, enum sdse_node_kind kind) {
    const struct sdse_node *node = find(r, mapping, key);
    return node && sdse_expect_kind(node, kind, r->diags) ? node : NULL;
}

static void refuse(struct reader *r, const struct sdse_node *node, const char *what) {
    sdse_diag_add(r->diags, SDSE_ERROR, node->loc, "case", "%s", what);
}

// --- The accelerator ---

enum { GLB_WORDS, DRAM_PJ, GLB_PJ, MAC_PJ, DRAM_RATE, GLB_RATE, LANES };
const char *const fusion_arch_keys[FUSION_ARCH_NUMBERS] = {
    [GLB_WORDS] = "glb_words",
    [DRAM_PJ] = "dram_energy_per_word",
    [GLB_PJ] = "glb_energy_per_access",
    [MAC_PJ] = "mac_energy",
    [DRAM_RATE] = "dram_words_per_cycle",
    [GLB_RATE] = "glb_accesses_per_cycle",
    [LANES] = "lanes"};

// Lanes keep one word of each tensor: no loop can stand inside them.
static void read_arch(struct reader *r, const struct sdse_node *arch) {
    struct fusion_case *out = r->out;
    uint64_t *given = out->arch_number;
    for (size_t i = 0; i < FUSION_ARCH_NUMBERS; i++)
        given[i] = number(r, arch, fusion_arch_keys[i], 1);
    const char *text = sdse_arena_printf(
        r->arena,
        "{name: lanes, source: a reference case, node_nm: 28, clock_ghz: 1, word_bits: "
        "%d, count_drain_reads: true, levels: ["
        "{level: DRAM, memory: {class: dram, fetch_gaps: true, pj_per_bit: %.17g, "
        "shared_bits_per_cycle: %llu}}, "
        "{level: GLB, memory: {class: sram, fetch_gaps: true, shares: [activations, "
        "weights], "
        "capacity_bytes: %llu, pj_per_bit: %.17g, shared_bits_per_cycle: %llu}, "
        "fanout: {x: %llu, dims_x: [K, C, P]}, network: {topology: bus, multicast: "
        "true, reduce: true, free: true}}, "
        "{level: lane, memory: {class: regfile, fetch_gaps: true, capacity_bytes: 3, "
        "free: true}}], compute: {pj_per_mac: %llu}, vector: {below: GLB, free: "
        "true}}",
        FUSION_WORD_BITS, (double)given[DRAM_PJ] / FUSION_WORD_BITS,
        (unsigned long long)(given[DRAM_RATE] * FUSION_WORD_BITS),
        (unsigned long long)given[GLB_WORDS], (double)given[GLB_PJ] / FUSION_WORD_BITS,
        (unsigned long long)(given[GLB_RATE] * FUSION_WORD_BITS),
        (unsigned long long)given[LANES], (unsigned long long)given[MAC_PJ]);
    out->arch = text ? sdse_written_arch(text, r->arena) : NULL;
    if (!out->arch)
        refuse(r, arch, "no accelerator can be made of this");
}

// --- The network ---

static void read_layer(struct reader *r, const struct sdse_node *node,
                       struct sdse_layer *layer) {
    const uint64_t rows_in = number(r, node, "H", 1), rows = number(r, node, "P", 1),
                   taps = number(r, node, "R", 1),
                   stride = number(r, node, "stride", 1),
                   pad = number(r, node, "pad", 0);
    *layer = (struct sdse_layer){
        .name = sdse_arena_printf(r->arena, "layer%zu", node->index + 1),
        .kind = SDSE_CONV,
        .nest = {.bound = {1, number(r, node, "K", 1), number(r, node, "C", 1), rows, 1,
                           taps, 1, 1},
                 .stride = {(uint32_t)stride, 1},
                 .dilation = {1, 1},
                 .pad = {(int64_t)pad, 0},
                 .map = {rows_in, 1}},
        .repeat = 1,
        .steps = 1,
        .in_height = rows_in,
        .in_width = 1,
        .density = {1, 1, 1},
        .loc = node->loc};
    if (rows_in + 2 * pad < taps || rows != (rows_in + 2 * pad - taps) / stride + 1)
        refuse(r, node, "P does not follow from H, R, stride and pad");
    if (number(r, node, "layer", 1) != node->index + 1)
        refuse(r, node, "layers are numbered from 1");
}

static void read_layers(struct reader *r, const struct sdse_node *list) {
    const size_t count = list ? list->count : 0;
    struct sdse_layer *layer =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_layer, count ? count : 1);
    if (!layer) {
        r->diags->fault = SDSE_NO_MEMORY;
        return;
    }
    for
        SDSE_EACH_CHILD(node, list) {
            const size_t l = node->index;
            read_layer(r, node, &layer[l]);
            if (l == 0)
                continue;
            if (layer[l].nest.bound[SDSE_C] != layer[l - 1].nest.bound[SDSE_K] ||
                layer[l].nest.map[0] != layer[l - 1].nest.bound[SDSE_P])
                refuse(r, node, "its inputs are not what the layer before it puts out");
        }
    r->out->net = (struct sdse_workload){.name = r->out->name,
                                         .source = "a reference case",
                                         .layer_count = count,
                                         .layers = layer,
                                         .batch = 1,
                                         .round = 1};
    if (list && count == 0)
        refuse(r, list, "a network has layers");
}

uint64_t fusion_case_tensor_words(const struct fusion_case *subject, uint64_t tensor) {
    const struct sdse_nest *nest = &subject->net.layers[tensor ? tensor - 1 : 0].nest;
    return tensor ? nest->bound[SDSE_K] * nest->bound[SDSE_P]
                  : nest->bound[SDSE_C] * nest->map[0];
}

static void read_residual(struct reader *r, const struct sdse_node *node) {
    struct fusion_case *out = r->out;
    if (!node || sdse_node_is_null(node))
        return;
    if (!sdse_expect_kind(node, SDSE_NODE_MAPPING, r->diags))
        return;
    out->residual_from = number(r, node, "tensor", 0);
    out->residual_to = number(r, node, "added_to_output_of_layer", 1);
    if (out->residual_to > out->net.layer_count ||
        out->residual_from >= out->residual_to ||
        fusion_case_tensor_words(out, out->residual_from) !=
            fusion_case_tensor_words(out, out->residual_to))
        refuse(r, node, "no such tensor can be added there");
}

// Each layer reads what the one before it puts out. The network's input is nobody's
// output: what adds it reads it outside.
static void make_edges(struct reader *r) {
    struct fusion_case *out = r->out;
    const size_t layers = out->net.layer_count;
    struct sdse_workload_edge *edge =
        SDSE_ARENA_ARRAY(r->arena, struct sdse_workload_edge, layers);
    if (!edge) {
        r->diags->fault = SDSE_NO_MEMORY;
        return;
    }
    for (size_t l = 1; l < layers; l++)
        edge[l - 1] = (struct sdse_workload_edge){.from = l - 1, .to = l};
    out->net.edges = edge;
    out->net.edge_count = layers - 1;
    if (!out->residual_to)
        return;
    out->net.layers[out->residual_to - 1].addends = 1;
    if (out->residual_from)
        edge[out->net.edge_count++] =
            (struct sdse_workload_edge){.from = out->residual_from - 1,
                                        .to = out->residual_to - 1,
                                        .use = SDSE_EDGE_ADDEND};
}

struct sdse_layer fusion_case_boxed(const struct sdse_layer *layer) {
    struct sdse_layer boxed = *layer;
    boxed.nest.pad[0] = 0;
    boxed.nest.map[0] = 0;
    return boxed;
}

// --- What is expected ---

static struct sdse_tradeoff pair(struct reader *r, const struct sdse_node *root,
                                 const char *name, const char *energy,
                                 const char *latency) {
    const struct sdse_node *node = part(r, root, name, SDSE_NODE_MAPPING);
    if (!node)
        return (struct sdse_tradeoff){0, 0};
    return (struct sdse_tradeoff){(double)number(r, node, energy, 1),
                                  (double)number(r, node, latency, 1)};
}

static void read_front(struct reader *r, const struct sdse_node *list) {
    struct fusion_case *out = r->out;
    const size_t count = list ? list->count : 0;
    out->front_count = count;
    out->front = SDSE_ARENA_ARRAY(r->arena, struct sdse_tradeoff, count ? count : 1);
    if (!out->front) {
        r->diags->fault = SDSE_NO_MEMORY;
        return;
    }
    for
        SDSE_EACH_CHILD(node, list) {
            uint64_t value[2] = {0, 0};
            if (node->kind != SDSE_NODE_SEQUENCE || node->count != 2) {
                refuse(r, node, "a point of the front is [energy, latency]");
                continue;
            }
            for (size_t i = 0; i < 2; i++)
                sdse_read_u64(sdse_node_at(node, i), 1, most_number, r->diags,
                              &value[i]);
            out->front[node->index] =
                (struct sdse_tradeoff){(double)value[0], (double)value[1]};
        }
    if (list && count == 0)
        refuse(r, list, "a front has points");
}

static void read_expected(struct reader *r, const struct sdse_node *root) {
    struct fusion_case *out = r->out;
    out->layer_by_layer =
        pair(r, root, "layer_by_layer", "least_energy", "least_latency");
    out->whole_tensors_resident =
        pair(r, root, "whole_tensors_resident", "least_energy", "least_latency");
    read_front(r, part(r, root, "front", SDSE_NODE_SEQUENCE));
    out->optimum_energy = pair(r, root, "optimum_energy", "energy", "latency");
    out->optimum_latency = pair(r, root, "optimum_latency", "energy", "latency");
    out->optimum_edp = pair(r, root, "optimum_edp", "energy", "latency");
}

enum sdse_status fusion_case_read(struct sdse_arena *arena, const char *path,
                                  struct sdse_diags *diags, struct fusion_case *out) {
    struct sdse_node *root = NULL;
    const size_t errors = diags->errors;
    const enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    *out = (struct fusion_case){.name = path};
    struct reader r = {arena, diags, out};
    if (!sdse_expect_kind(root, SDSE_NODE_MAPPING, diags))
        return SDSE_INVALID;
    const struct sdse_node *name = find(&r, root, "name");
    if (name)
        sdse_read_text(name, diags, &out->name);
    const struct sdse_node *arch = part(&r, root, "arch", SDSE_NODE_MAPPING);
    if (arch)
        read_arch(&r, arch);
    read_layers(&r, part(&r, root, "layers", SDSE_NODE_SEQUENCE));
    if (out->net.layer_count) {
        read_residual(&r, find(&r, root, "residual"));
        if (diags->errors == errors)
            make_edges(&r);
    }
    read_expected(&r, root);
    if (diags->fault)
        return diags->fault;
    return diags->errors > errors ? SDSE_INVALID : SDSE_OK;
}
