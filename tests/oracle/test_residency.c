// The optimum of a network with tensors in a shared memory against brute force: on
// generated small networks every assignment of places, every layer asked of the mapper
// itself with exactly what is held beside it. No intervals, no states, no questions
// prepared.
//
//     test_residency [NETWORKS [FIRST_SEED]]    (default 300 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/residency/residency.h"
#include "oracle/support_cases.h"
#include "oracle/support_problems.h"
#include "spec/load.h"
#include "support/close.h"
#include "support/sanitized.h"

enum { LAYERS = 5 };

static uint64_t network_count = SANITIZED ? 20 : 300, first_seed = 1, current_seed;

// --- Generated ---

// A second memory that shares, outside the first.
static const char *make_outer(uint64_t *state, struct sdse_arena *arena) {
    return sdse_arena_printf(
        arena,
        "{level: L2, memory: {class: sram, %s, capacity_bytes: %llu, pj_per_bit: %llu, "
        "shared_bits_per_cycle: 12}, network: {topology: bus, multicast: true, reduce: "
        "true, pj_per_bit: 0.2}}, ",
        oracle_below(state, 2) ? "keeps: [inputs, outputs], shares: [activations]"
                               : "keeps: [weights, inputs, outputs], shares: "
                                 "[activations, weights]",
        (unsigned long long)(30 + oracle_below(state, 120)),
        (unsigned long long)(2 + oracle_below(state, 4)));
}

// Inputs may be wider than the outputs that they were. Two of five have a second
// memory.
static const char *make_arch(uint64_t *state, struct sdse_arena *arena) {
    static const char *const units[] = {"GLB", "GLB", "GLB", "L2", "DRAM"};
    const bool two = oracle_below(state, 5) < 2;
    const char *outer = two ? make_outer(state, arena) : "";
    static const char *const partial[] = {"8", "20"}, *const inputs[] = {"8", "8",
                                                                         "12"};
    return sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: 8}, "
        "inputs: {bits: %s}, outputs: {bits: 8, partial_bits: %s}}, count_drain_reads: "
        "%s, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "%llu}}, %s"
        "{level: GLB, memory: {class: sram, %s, capacity_bytes: %llu, buffering: %llu, "
        "pj_per_bit: %llu, "
        "shared_bits_per_cycle: 16}, fanout: {x: 2, dims_x: [K, P]}, network: "
        "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}}, "
        "{level: regs, memory: {class: regfile, capacity_bytes: 24, pj_per_bit: 0.1}}]"
        ", compute: {pj_per_mac: 0.5}, vector: {below: %s, pj_per_op: 0.25, "
        "ops_per_cycle: 4}}",
        inputs[oracle_below(state, 3)], partial[oracle_below(state, 2)],
        oracle_below(state, 2) ? "true" : "false",
        (unsigned long long)(4 + 8 * oracle_below(state, 4)), outer,
        oracle_below(state, 3) ? "keeps: [inputs, outputs], shares: [activations]"
                               : "keeps: [weights, inputs, outputs], shares: "
                                 "[activations, weights]",
        (unsigned long long)(20 + oracle_below(state, 140)),
        (unsigned long long)(1 + oracle_below(state, 2)),
        (unsigned long long)(1 + oracle_below(state, 3)),
        two                      ? units[oracle_below(state, 5)]
        : oracle_below(state, 8) ? "GLB"
                                 : "DRAM");
}

// A chain of convolutions of one map size, some of whose outputs are added to later, by
// a layer or to a convolution's outputs, put together with others, or, at the end, a
// product's right operand.
static const char *make_network(uint64_t *state, struct sdse_arena *arena) {
    char layers[2048] = "", edges[1024] = "";
    const unsigned count = 3 + (unsigned)oracle_below(state, LAYERS - 2);
    unsigned channels[LAYERS], size = 2 + (unsigned)oracle_below(state, 3);
    channels[0] = 1 + (unsigned)oracle_below(state, 3);
    unsigned from = channels[0];
    for (unsigned i = 0; i < count; i++) {
        int other = -1;
        for (unsigned j = 0; i > 1 && j + 1 < i; j++)
            if (oracle_below(state, 3) == 0)
                other = (int)j;
        char *at = layers + strlen(layers), *edge = edges + strlen(edges);
        const bool product = other >= 0 && i + 1 == count && oracle_below(state, 2);
        const bool alike = other >= 0 && channels[other] == from;
        const bool together = other >= 0 && !product && oracle_below(state, 3) == 0;
        bool sum = false;
        if (product) {
            sprintf(at, "{name: l%u, kind: matmul, m: %u, k: %u, n: %u}, ", i, from,
                    size * size, channels[other]);
            sprintf(edge,
                    "{from: l%u, to: l%u, reshape: heads}, "
                    "{from: l%d, to: l%u, as: weights, reshape: heads}, ",
                    i - 1, i, other, i);
            break;
        }
        if (alike && !together && oracle_below(state, 2)) {
            sum = true;
            channels[i] = from;
            sprintf(at, "{name: l%u, kind: add, in: [%u, %u, %u], fused: false}, ", i,
                    channels[i], size, size);
            sprintf(edge, "{from: l%d, to: l%u}, ", other, i);
        } else {
            const unsigned kernel = oracle_below(state, 3) ? 1 : 3;
            channels[i] = 1 + (unsigned)oracle_below(state, 4);
            const bool added = !together && other >= 0;
            int second = -1; // another of that size is added, too
            for (unsigned j = 0; j < i && added && i % 2; j++)
                if ((int)j != other && channels[j] == channels[other])
                    second = (int)j;
            if (added)
                channels[i] = channels[other];
            if (together)
                from += channels[other];
            sprintf(at,
                    "{name: l%u, kind: conv, in: [%u, %u, %u], out_channels: %u, "
                    "kernel: %u, pad: %u%s}, ",
                    i, from, size, size, channels[i], kernel, kernel / 2,
                    second >= 0 ? ", addends: 2"
                    : added     ? ", addends: 1"
                                : "");
            if (second >= 0)
                sprintf(edge, "{from: l%d, to: l%u, as: addend}, ", second, i);
            edge += strlen(edge);
            if (added)
                sprintf(edge, "{from: l%d, to: l%u, as: addend}, ", other, i);
            if (together)
                sprintf(edge, "{from: [l%d, l%u], to: l%u, as: concat}, ", other, i - 1,
                        i);
        }
        from = channels[i];
        // A few layers read the network's input: what stands before them is added later
        // or read by nobody.
        if (i > 0 && !together && (sum || oracle_below(state, 6)))
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", i - 1, i);
    }
    return sdse_arena_printf(arena, "{name: n, source: s, layers: [%s], edges: [%s]}",
                             layers, edges);
}

struct problem {
    struct sdse_arena *arena;
    const struct sdse_arch *arch;
    struct sdse_workload *net;
    unsigned memories, level[2]; // those that share
};

static void make_problem(uint64_t seed, struct problem *p) {
    uint64_t state = seed * 2 + 1;
    p->arena = sdse_arena_new();
    p->arch = sdse_written_arch(make_arch(&state, p->arena), p->arena);
    assert_non_null(p->arch);
    p->memories = 0;
    for (unsigned l = 1; l < p->arch->level_count; l++)
        if (p->arch->level[l].shares_activations)
            p->level[p->memories++] = l;
    const char *text = make_network(&state, p->arena);
    struct sdse_diags diags;
    struct sdse_node *root = NULL;
    sdse_diags_init(&diags, p->arena);
    if (sdse_tree_parse_memory(p->arena, "net", text, strlen(text), &diags, &root) ||
        sdse_workload_from_tree(p->arena, root, &diags, &p->net)) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("network %llu: %s", (unsigned long long)seed, text);
    }
}

// --- The truth ---

// Of one layer: its front with so many operands in each memory, its outputs there, and
// so much held. Kept, as it is asked often.
struct asked {
    size_t layer;
    struct sdse_residence at[2];
    struct sdse_map_answer answer;
};

static struct asked known[4096];
static size_t known_count;

static bool are_alike(const struct sdse_residence *a, const struct sdse_residence *b) {
    return a->tensors == b->tensors && a->operands == b->operands &&
           a->addends == b->addends && a->writes_through == b->writes_through &&
           a->reserved_bits == b->reserved_bits;
}

static const struct sdse_map_answer *ask(const struct problem *p,
                                         enum sdse_map_objective objective,
                                         size_t layer,
                                         const struct sdse_residence *at) {
    for (size_t i = 0; i < known_count; i++)
        if (known[i].layer == layer && are_alike(&known[i].at[0], &at[0]) &&
            are_alike(&known[i].at[1], &at[1]))
            return &known[i].answer;
    assert_true(known_count < sizeof known / sizeof *known);
    struct asked *next = &known[known_count++];
    *next = (struct asked){.layer = layer, .at = {at[0], at[1]}};
    next->at[0].also = p->memories > 1 ? &next->at[1] : NULL;
    bool somewhere = false;
    for (unsigned m = 0; m < p->memories; m++)
        somewhere |= at[m].tensors || at[m].addends || at[m].reserved_bits > 0;
    struct sdse_layer placed = p->net->layers[layer];
    placed.residence = somewhere ? next->at : NULL;
    const struct sdse_map_request request = {
        .arch = p->arch, .layer = &placed, .objective = objective};
    assert_int_equal(sdse_map(&request, p->arena, &next->answer), SDSE_OK);
    return &next->answer;
}

static uint64_t words_of(const struct problem *p, size_t layer) {
    const struct sdse_nest *nest = &p->net->layers[layer].nest;
    return sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
}

// Where a layer's outputs are: 0 outside, 1 in the first memory, 2 in both until the
// first reader, 3 and 4 likewise of the second. Whether they may be.
static bool may_be(const struct problem *p, size_t layer, unsigned place) {
    size_t readers = 0;
    bool streams = sdse_layer_moves(&p->net->layers[layer]), weights = false;
    for (size_t e = 0; e < p->net->edge_count; e++) {
        if (p->net->edges[e].from != layer)
            continue;
        readers++;
        streams |= sdse_layer_moves(&p->net->layers[p->net->edges[e].to]) ||
                   p->net->edges[e].use == SDSE_EDGE_ADDEND;
        weights |= p->net->edges[e].use == SDSE_EDGE_WEIGHTS;
    }
    if (place == 0)
        return true;
    const unsigned level = p->level[(place - 1) / 2];
    return readers > (place % 2 ? 0 : 1) &&
           !(streams && p->arch->vector.below_level < level) &&
           !(weights && !p->arch->level[level].shares_weights);
}

// The first and the last reader of a layer's outputs.
static void readers_of(const struct problem *p, size_t layer, size_t *first,
                       size_t *last) {
    *first = SIZE_MAX;
    *last = 0;
    for (size_t e = 0; e < p->net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &p->net->edges[e];
        if (edge->from != layer)
            continue;
        *first = edge->to < *first ? edge->to : *first;
        *last = edge->to > *last ? edge->to : *last;
    }
}

// Bits of a word of a layer's outputs, as wide as whoever makes or reads it has it.
static uint32_t widest_of(const struct problem *p, size_t layer) {
    uint32_t bits = p->arch->bits[SDSE_OUTPUTS];
    for (size_t e = 0; e < p->net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &p->net->edges[e];
        const enum sdse_tensor as =
            edge->use == SDSE_EDGE_WEIGHTS ? SDSE_WEIGHTS : SDSE_INPUTS;
        if (edge->from == layer && p->arch->bits[as] > bits)
            bits = p->arch->bits[as];
    }
    return bits;
}

// What a layer has in the memory of a number. False: some of the channels that are one
// map are there, others are not.
static bool part_of(const struct problem *p, const unsigned *place, size_t layer,
                    unsigned m, struct sdse_residence *out) {
    struct sdse_residence at = {.level = p->level[m]};
    unsigned parts = 0, there = 0;
    for (size_t e = 0; e < p->net->edge_count; e++)
        parts +=
            p->net->edges[e].to == layer && p->net->edges[e].use == SDSE_EDGE_CONCAT;
    for (size_t t = 0; t < layer; t++) {
        size_t first, last;
        readers_of(p, t, &first, &last);
        if ((place[t] + 1) / 2 != m + 1 || layer > (place[t] % 2 ? last : first))
            continue;
        at.reserved_bits += (double)(widest_of(p, t) * words_of(p, t));
        for (size_t e = 0; e < p->net->edge_count; e++) {
            const struct sdse_workload_edge *edge = &p->net->edges[e];
            if (edge->from != t || edge->to != layer)
                continue;
            at.operands += edge->use == SDSE_EDGE_INPUTS;
            at.addends += edge->use == SDSE_EDGE_ADDEND;
            there += edge->use == SDSE_EDGE_CONCAT;
            if (edge->use == SDSE_EDGE_WEIGHTS)
                at.tensors |= SDSE_BIT(SDSE_WEIGHTS);
        }
    }
    at.operands += there > 0;
    const bool made = (place[layer] + 1) / 2 == m + 1;
    at.tensors |= (at.operands ? SDSE_BIT(SDSE_INPUTS) : 0u) |
                  (made ? SDSE_BIT(SDSE_OUTPUTS) : 0u);
    at.writes_through = made && place[layer] % 2 == 0;
    *out = at;
    return there == 0 || there == parts;
}

static void sum_layers(const struct problem *p, const unsigned *place, size_t layer,
                       enum sdse_map_objective objective, struct sdse_tradeoff at,
                       struct sdse_tradeoff *best) {
    if (layer == p->net->layer_count) {
        const bool better = objective == SDSE_MAP_FRONT
                                ? at.energy_pj * at.latency_cycles <
                                      best->energy_pj * best->latency_cycles
                                : at.energy_pj < best->energy_pj;
        *best = better ? at : *best;
        return;
    }
    struct sdse_residence at_home[2] = {{.level = 0}, {.level = 0}};
    for (unsigned m = 0; m < p->memories; m++)
        if (!part_of(p, place, layer, m, &at_home[m]))
            return;
    const struct sdse_map_answer *answer = ask(p, objective, layer, at_home);
    for (size_t i = 0; i < answer->point_count; i++)
        sum_layers(p, place, layer + 1, objective,
                   (struct sdse_tradeoff){
                       at.energy_pj + answer->point[i].totals.energy_pj,
                       at.latency_cycles + answer->point[i].totals.latency_cycles},
                   best);
}

static void try_places(const struct problem *p, unsigned *place, size_t layer,
                       enum sdse_map_objective objective, struct sdse_tradeoff *best) {
    if (layer == p->net->layer_count) {
        sum_layers(p, place, 0, objective, (struct sdse_tradeoff){0, 0}, best);
        return;
    }
    for (unsigned at = 0; at <= 2 * p->memories; at++) {
        place[layer] = at;
        if (may_be(p, layer, at))
            try_places(p, place, layer + 1, objective, best);
    }
    place[layer] = 0;
}

// --- Comparison ---

// What was picked is valid where it says that it is, and adds up.
static void check_pick(const struct problem *p,
                       const struct sdse_residency_request *request,
                       const struct sdse_residency *found, size_t element) {
    struct sdse_resident_layer layer[LAYERS];
    enum sdse_place place[LAYERS];
    struct sdse_tradeoff sum = {0, 0};
    assert_int_equal(sdse_residency_pick(request, found, element, layer, place),
                     SDSE_OK);
    for (size_t l = 0; l < p->net->layer_count; l++) {
        struct sdse_model *model;
        layer[l].layer.residence = layer[l].residence;
        assert_int_equal(
            sdse_model_new(p->arch, &layer[l].layer, NULL, p->arena, &model), SDSE_OK);
        assert_int_equal(sdse_mapping_verdict(model, &layer[l].point->mapping, NULL),
                         SDSE_VALID);
        const struct sdse_totals totals =
            sdse_evaluate(model, &layer[l].point->mapping);
        sum.energy_pj += totals.energy_pj;
        sum.latency_cycles += totals.latency_cycles;
    }
    assert_double_within(sum.energy_pj, found->places.elements[element].energy_pj,
                         1e-12);
    assert_double_within(sum.latency_cycles,
                         found->places.elements[element].latency_cycles, 1e-12);
}

static struct {
    uint64_t shared, both, second, two, searches, questions, weights, addends, parts;
} seen;

static void compare(const struct problem *p, enum sdse_map_objective objective) {
    struct sdse_residency_layer layer[LAYERS];
    struct sdse_map_answer unshared[LAYERS];
    const struct sdse_weight_form raw = {.smartdeal = false};
    for (size_t l = 0; l < p->net->layer_count; l++) {
        const struct sdse_map_request map = {
            .arch = p->arch, .layer = &p->net->layers[l], .objective = objective};
        assert_int_equal(sdse_map(&map, p->arena, &unshared[l]), SDSE_OK);
        layer[l] =
            (struct sdse_residency_layer){&p->net->layers[l], &raw, l, &unshared[l]};
    }
    const struct sdse_residency_request request = {
        .arch = p->arch,
        .workload = p->net,
        .layer = layer,
        .objective = objective,
        .goal = objective == SDSE_MAP_FRONT ? SDSE_PLACES_CORNERS : SDSE_PLACES_ENERGY,
        .threads = 1 + (unsigned)(current_seed % 2)};
    struct sdse_residency found;
    assert_int_equal(sdse_residency_find(&request, p->arena, &found), SDSE_OK);
    unsigned place[LAYERS] = {0};
    struct sdse_tradeoff best = {(double)INFINITY, (double)INFINITY};
    known_count = 0;
    try_places(p, place, 0, objective, &best);
    if (isinf(best.energy_pj)) {
        assert_int_equal(found.places.count, 0);
        sdse_residency_free(&found);
        return;
    }
    size_t pick = 0;
    for (size_t i = 0; i < found.places.count; i++) {
        const struct sdse_tradeoff *a = &found.places.elements[i],
                                   *b = &found.places.elements[pick];
        if (objective == SDSE_MAP_FRONT &&
            a->energy_pj * a->latency_cycles < b->energy_pj * b->latency_cycles)
            pick = i;
    }
    assert_true(found.places.count > 0);
    const struct sdse_tradeoff *got = &found.places.elements[pick];
    const double truth = objective == SDSE_MAP_FRONT
                             ? best.energy_pj * best.latency_cycles
                             : best.energy_pj,
                 value = objective == SDSE_MAP_FRONT
                             ? got->energy_pj * got->latency_cycles
                             : got->energy_pj;
    if (fabs(truth - value) > 1e-9 * truth)
        fail_msg("network %llu objective %d: brute force finds %.17g, the search %.17g",
                 (unsigned long long)current_seed, (int)objective, truth, value);
    check_pick(p, &request, &found, pick);
    struct sdse_resident_layer resident[LAYERS];
    enum sdse_place at[LAYERS];
    assert_int_equal(sdse_residency_pick(&request, &found, pick, resident, at),
                     SDSE_OK);
    for (size_t l = 0; l < p->net->layer_count; l++) {
        unsigned used = 0;
        for (unsigned m = 0; m < p->memories; m++) {
            const struct sdse_residence *part = &resident[l].residence[m];
            seen.weights += part->tensors >> SDSE_WEIGHTS & 1u;
            seen.addends += part->addends;
            used += part->tensors || part->addends;
        }
        seen.two += used > 1;
    }
    for (size_t e = 0; e < p->net->edge_count; e++)
        for (unsigned m = 0; m < p->memories; m++)
            seen.parts += p->net->edges[e].use == SDSE_EDGE_CONCAT &&
                          resident[p->net->edges[e].to].residence[m].operands > 0;
    for (size_t t = 0; t < found.placing.tensor_count; t++) {
        seen.shared += at[t] && at[t] % 2;
        seen.both += at[t] && at[t] % 2 == 0;
        seen.second += at[t] > SDSE_PLACE_BOTH;
    }
    seen.questions += found.questions;
    seen.searches += found.searches;
    sdse_residency_free(&found);
}

static void test_equals_brute_force(void **state) {
    (void)state;
    for (uint64_t i = 0; i < network_count; i++) {
        struct problem p;
        current_seed = first_seed + i;
        make_problem(current_seed, &p);
        compare(&p, SDSE_MAP_ENERGY);
        if (i % 3 == 0)
            compare(&p, SDSE_MAP_FRONT);
        sdse_arena_free(p.arena);
    }
    print_message(
        "## residency: %llu networks equal brute force over all places; %llu "
        "tensors stay in a shared memory, %llu in both, %llu of all these in a "
        "second one, and %llu layers have tensors in two; there are %llu "
        "right operands, %llu addends and %llu ranges of channels; %llu "
        "questions, %llu searches\n",
        (unsigned long long)network_count, (unsigned long long)seen.shared,
        (unsigned long long)seen.both, (unsigned long long)seen.second,
        (unsigned long long)seen.two, (unsigned long long)seen.weights,
        (unsigned long long)seen.addends, (unsigned long long)seen.parts,
        (unsigned long long)seen.questions, (unsigned long long)seen.searches);
    assert_true(seen.shared > 0 && (seen.both > 0 || network_count < 100));
}

int main(int argc, char **argv) {
    if (argc > 1)
        network_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equals_brute_force)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
