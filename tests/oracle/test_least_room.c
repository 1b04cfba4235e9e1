// The smallest shared memory that a group fits into, against brute force: every
// configuration, every nest of it asked of the mapper with exactly what is held, at
// capacities on both sides and in between.
//
//     test_least_room [GROUPS [FIRST_SEED]]
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/fusion/least_room.h"
#include "oracle/support_cases.h"
#include "oracle/support_problems.h"
#include "spec/load.h"
#include "support/sanitized.h"

static uint64_t group_count = SANITIZED ? 10 : 48, first_seed = 1;

struct problem {
    struct sdse_arena *arena;
    struct sdse_arch *arch;
    struct sdse_workload *net;
    struct sdse_residency_layer layer[4];
    struct sdse_fusion_request request;
    struct sdse_placing placing;
    struct sdse_place_question question;
    unsigned memory, level; // that is asked about: of those that share, where it is
};

static void make_problem(uint64_t seed, struct problem *p) {
    uint64_t state = seed * 2 + 1;
    struct sdse_diags diags;
    struct sdse_node *root = NULL;
    char text[1024];
    const unsigned rows = 3 + (unsigned)oracle_below(&state, 4),
                   channels = 1 + (unsigned)oracle_below(&state, 3),
                   kernel = 1 + 2 * (unsigned)oracle_below(&state, 2),
                   tail = (unsigned)oracle_below(&state, 2);
    const bool two = seed % 3 == 0; // a second memory that shares, outside
    *p = (struct problem){.arena = sdse_arena_new(), .level = 1};
    p->memory = two ? (unsigned)oracle_below(&state, 2) : 0;
    p->level += p->memory;
    snprintf(
        text, sizeof text,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: "
        "8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: %d}}, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, %s{level: GLB, memory: "
        "{class: sram, shares: [%s], capacity_bytes: 40, buffering: %d, pj_per_bit: "
        "1}}, {level: regs, memory: {class: regfile, capacity_bytes: %d, "
        "pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, "
        "pj_per_op: 0.1, ops_per_cycle: 4}}",
        oracle_below(&state, 2) ? 8 : 20,
        two ? "{level: L2, memory: {class: sram, shares: [activations], "
              "capacity_bytes: 300, pj_per_bit: 2}}, "
            : "",
        oracle_below(&state, 2) ? "activations" : "activations, weights",
        1 + (int)oracle_below(&state, 2), 8 + 8 * (int)oracle_below(&state, 2));
    p->arch = (struct sdse_arch *)sdse_written_arch(text, p->arena);
    assert_non_null(p->arch);
    snprintf(text, sizeof text,
             "{name: n, source: s, layers: [{name: a, kind: conv, in: [%u, %u, 2], "
             "out_channels: %u, kernel: [%u, 1], pad: [%u, 0]}, {name: b, kind: conv, "
             "in: [%u, %u, 2], out_channels: 2, kernel: [%u, 1], pad: [%u, 0]}%s], "
             "edges: chain}",
             channels, rows, channels + 1, kernel, kernel / 2, channels + 1, rows,
             kernel, kernel / 2,
             tail ? ", {name: c, kind: conv, in: [2, 0, 2], out_channels: 1, kernel: 1}"
                  : "");
    char *at = strstr(text, "[2, 0, 2]");
    if (at)
        at[4] = (char)('0' + rows);
    sdse_diags_init(&diags, p->arena);
    if (sdse_tree_parse_memory(p->arena, "net", text, strlen(text), &diags, &root) ||
        sdse_workload_from_tree(p->arena, root, &diags, &p->net)) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("network: %s", text);
    }
    for (size_t l = 0; l < p->net->layer_count; l++)
        p->layer[l] =
            (struct sdse_residency_layer){.layer = &p->net->layers[l], .shape = l};
    p->request = (struct sdse_fusion_request){
        .residency = {.arch = p->arch, .workload = p->net, .layer = p->layer},
        .depth = SDSE_FUSED_MOST,
        .tiles = SDSE_TILES_ALL};
    assert_int_equal(
        sdse_residency_placing(&p->request.residency, p->arena, &p->placing), SDSE_OK);
    p->question = (struct sdse_place_question){.layer = 0, .more = 1};
    if (tail && oracle_below(&state, 2)) { // its output may have a place
        p->question.outputs =
            sdse_place_in(two ? (unsigned)oracle_below(&state, 2) : 0, false);
        p->question.in[p->memory].reserved_bits = 8 * (double)oracle_below(&state, 3);
    }
    // A tensor that need not be kept in the shared memory takes nothing of it.
    p->request.residency.free_bypass = oracle_below(&state, 8) == 0;
}

// Whether every nest of a group has a mapping at its accelerator's capacity.
static bool fits(const struct problem *p, const struct sdse_fused_group *group) {
    for (size_t k = 0; k < group->kind_count; k++) {
        struct sdse_layer part = group->kind[k].part;
        struct sdse_map_answer answer;
        part.residence = part.residence ? group->kind[k].residence : NULL;
        for (unsigned m = 0; m < p->placing.memory_count; m++)
            if (group->kind[k].residence[m].reserved_bits >
                (double)p->arch->level[1 + m].capacity_bits)
                return false;
        const struct sdse_map_request map = {.arch = p->arch,
                                             .layer = &part,
                                             .objective = SDSE_MAP_LATENCY,
                                             .free_bypass =
                                                 p->request.residency.free_bypass};
        struct sdse_arena *scratch = sdse_arena_new();
        assert_int_equal(sdse_map(&map, scratch, &answer), SDSE_OK);
        const bool found = answer.point_count > 0;
        sdse_arena_free(scratch);
        if (!found)
            return false;
    }
    return true;
}

// Whether some configuration fits a capacity; tile 0: of any rows.
static bool admits(struct problem *p, uint64_t bits, uint64_t tile) {
    const uint64_t rows = p->net->layers[1].nest.bound[SDSE_P],
                   before = p->arch->level[p->level].capacity_bits;
    const bool weights = p->arch->level[p->level].shares_weights;
    bool any = false;
    p->arch->level[p->level].capacity_bits = bits;
    const uint64_t channels = p->net->layers[0].nest.bound[SDSE_K];
    for (uint64_t t = tile ? tile : 1; t <= (tile ? tile : rows) && !any; t++)
        for (unsigned set = 0; set < 16 * channels && !any; set++) {
            const struct sdse_fusion_config config = {.memory = p->memory,
                                                      .tile_rows = t,
                                                      .tile_channels = set / 16,
                                                      .retained = set & 2u,
                                                      .buffered = set & 1u,
                                                      .kept = set >> 2 & 3u};
            struct sdse_group_limits limits;
            struct sdse_group_refusal refusal;
            struct sdse_fused_group group;
            if (config.kept && !weights)
                continue;
            assert_int_equal(sdse_fusion_configure(&p->request, &p->placing,
                                                   &p->question, &config, p->arena,
                                                   &limits, &group, &refusal),
                             SDSE_OK);
            assert_null(refusal.reason);
            any = fits(p, &group);
        }
    p->arch->level[p->level].capacity_bits = before;
    return any;
}

static uint64_t asked, beside;

static void check(struct problem *p, uint64_t tile) {
    struct sdse_group_room room;
    struct sdse_group_refusal refusal;
    assert_int_equal(sdse_group_least_room(&p->request, &p->placing, &p->question,
                                           p->memory, tile, p->arena, &room, &refusal),
                     SDSE_OK);
    assert_null(refusal.reason);
    assert_true(room.found && room.needed_bits > 1);
    assert_true(!tile || room.group.config.tile_rows == tile);
    assert_true(admits(p, room.needed_bits, tile));
    assert_false(admits(p, room.needed_bits - 1, tile));
    assert_false(admits(p, room.needed_bits / 2, tile));
    assert_true(admits(p, room.needed_bits + 7, tile));
    // The largest nest is what needs it.
    const struct sdse_fused_kind *kind = &room.group.kind[room.largest];
    assert_true(kind->residence[p->memory].reserved_bits +
                    room.taken_bits[room.largest] ==
                (double)room.needed_bits);
    double held = 0;
    for (size_t t = 0; t < kind->term_count; t++)
        held += kind->term[t].memory == p->memory ? kind->term[t].bits : 0;
    assert_true(held == kind->residence[p->memory].reserved_bits);
    for (size_t k = 0; k < room.group.kind_count; k++)
        assert_true(room.group.kind[k].residence[p->memory].reserved_bits +
                        room.taken_bits[k] <=
                    (double)room.needed_bits);
    beside += kind->term_count > 1;
    asked++;
}

static void test_least_room(void **state) {
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + group_count; seed++) {
        struct problem p;
        make_problem(seed, &p);
        check(&p, 0);
        check(&p, 1);
        check(&p, p.net->layers[1].nest.bound[SDSE_P]);
        sdse_arena_free(p.arena);
    }
    print_message("## least room: %llu answers are the edge, of %llu the largest nest "
                  "has several things beside it\n",
                  (unsigned long long)asked, (unsigned long long)beside);
    assert_true(beside > 0);
}

int main(int argc, char **argv) {
    if (argc > 1)
        group_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_least_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
