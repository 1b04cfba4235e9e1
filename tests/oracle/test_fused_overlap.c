// Groups whose nests overlap (dse/fusion/overlap.h) against brute force
// (support_fusionbrute.h): generated chains of convolutions, pools and additions, long
// enough that most of their tiles do the same, every partition, configuration and
// place, each nest's whole front of energy, outer and inner cycles. What waits in the
// shared memory, by hand. And the time that is charged against schedules, played back.
//
//     test_fused_overlap [NETWORKS [FIRST_SEED]]    (default 500 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dse/fusion/configured.h"
#include "dse/fusion/overlap_sums.h"
#include "oracle/support_cases.h"
#include "oracle/support_fusionbrute.h"
#include "oracle/support_seeds.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 20 : 500, .first = 1};
static struct compared seen;

static unsigned below(uint64_t *state, unsigned n) {
    return (unsigned)oracle_below(state, n);
}

// --- Brute force ---

// A convolution or a pool of what the one before makes; sometimes what the network's
// first one made is added, or a function of words follows. One network of eight is long
// or deep, as brute force takes ten times as long for it.
static const char *make_network(uint64_t seed, uint64_t *state,
                                struct sdse_arena *arena) {
    const bool large = seed % 8 == 0;
    char layers[2048] = "", edges[1024] = "";
    unsigned channels = 1 + below(state, 2), count = 0, before = 0,
             rows = large ? 4 + below(state, 6) : 3 + below(state, 3);
    const unsigned most = 2 + (large && below(state, 2) ? 1u : 0u);
    for (unsigned i = 0; i < most; i++) {
        const bool pool = i > 0 && below(state, 6) == 0;
        const unsigned kernel = 1 + below(state, 3),
                       stride = 1 + (below(state, 6) == 0),
                       out = pool ? channels : 1 + below(state, 2),
                       pad = pool ? 0 : (kernel - 1) / 2;
        if (rows + 2 * pad < kernel)
            break;
        const unsigned made = (rows + 2 * pad - kernel) / stride + 1;
        const bool adds = !pool && below(state, 5) == 0;
        sprintf(layers + strlen(layers),
                "{name: l%u, kind: %s, in: [%u, %u, 1], kernel: [%u, 1], stride: [%u, "
                "1]",
                count, pool ? "pool" : "conv", channels, rows, kernel, stride);
        if (!pool)
            sprintf(layers + strlen(layers), ", out_channels: %u, pad: [%u, 0]%s", out,
                    pad, adds ? ", addends: 1" : "");
        strcat(layers, "}, ");
        if (i > 0)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", before, count);
        before = count++;
        channels = out;
        rows = made;
        if (i + 1 < most && below(state, 6) == 0)
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: act, in: [%u, %u, 1], fused: true}, ", count++,
                    channels, rows);
    }
    return edges[0]
               ? sdse_arena_printf(arena,
                                   "{name: n, source: s, layers: [%s], edges: [%s]}",
                                   layers, edges)
               : NULL;
}

// Memories with room for what comes ahead, behind a slow outermost one.
static const char *make_arch(uint64_t *state, struct sdse_arena *arena) {
    return sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: 8}, "
        "inputs: {bits: 8}, outputs: {bits: 8, partial_bits: %u}}, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "%u}}, {level: GLB, memory: {class: sram, keeps: [weights, inputs, outputs], "
        "shares: [%s], capacity_bytes: %u, buffering: %u, pj_per_bit: %u, "
        "shared_bits_per_cycle: %u}, fanout: {x: 2, dims_x: [K, P]}, network: "
        "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}}], compute: "
        "{pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.25, ops_per_cycle: 4}}",
        8 + 8 * below(state, 2), 3 + below(state, 14),
        below(state, 2) ? "activations" : "activations, weights",
        24 + below(state, 100), 1 + below(state, 2), 1 + below(state, 8),
        16 + 24 * below(state, 3));
}

static bool make_problem(uint64_t seed, struct brute_problem *p) {
    uint64_t state = seed * 2 + 1;
    *p = (struct brute_problem){.arena = sdse_arena_new(), .overlap = true};
    const char *arch =
        seed / 8 % 4 ? make_arch(&state, p->arena) : brute_make_arch(&state, p->arena);
    p->tiles = below(&state, 3) ? SDSE_TILES_BALANCED : SDSE_TILES_ALL;
    p->depth = 2 + (size_t)below(&state, 2);
    const char *network = make_network(seed, &state, p->arena);
    if (network)
        brute_read(arch, network, p);
    return network && p->net->layer_count <= 4;
}

static void test_networks(void **state) {
    (void)state;
    compare_problems(make_problem, seeds.first, seeds.count, &seeds.current, &seen);
    compare_print("fusion with overlap", seeds.count, &seen);
    printf(", %llu overlap; of %llu configurations %llu are summed\n",
           (unsigned long long)seen.overlapped,
           (unsigned long long)seen.counts.configurations,
           (unsigned long long)seen.counts.summed);
    assert_true(seeds.count < 200 || seen.overlapped);
}

// Two lanes take weights twice: a nest is faster for more energy, which pays only where
// the outermost memory is at work for another nest meanwhile.
static void test_lanes_that_pay_beside_another(void **state) {
    (void)state;
    struct brute_problem p = {.arena = sdse_arena_new(),
                              .overlap = true,
                              .tiles = SDSE_TILES_BALANCED,
                              .depth = 2};
    brute_read("{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
               "{level: DRAM, memory: {class: dram, pj_per_bit: 8, "
               "shared_bits_per_cycle: 9}}, {level: GLB, memory: {class: sram, shares: "
               "[activations], capacity_bytes: 99, pj_per_bit: 1}, fanout: {x: 2, "
               "dims_x: [P]}, network: {topology: bus, pj_per_bit: 0.5}}, {level: R, "
               "memory: {class: regfile, capacity_bytes: 3, pj_per_bit: 0.1}}], "
               "compute: {pj_per_mac: 0.5}, vector: {below: GLB, free: true}}",
               "{name: n, source: s, layers: [{name: a, kind: conv, in: [2, 6, 1], "
               "kernel: [3, 1], pad: [1, 0], out_channels: 1}, {name: b, kind: conv, "
               "in: [1, 6, 1], kernel: 1, out_channels: 2}], edges: chain}",
               &p);
    compare_with_brute_force(&p, &seen);
    sdse_arena_free(p.arena);
}

// --- What waits, by hand ---

enum {
    W = SDSE_BIT(SDSE_WEIGHTS),
    I = SDSE_BIT(SDSE_INPUTS),
    O = SDSE_BIT(SDSE_OUTPUTS)
};

// A network, of which layers `first` and the next take turns in a memory that says more
// of itself, and what is asked of them. Words of weights, inputs and outputs have 4, 8
// and 8 bits, partial sums 16.
struct waiting {
    const char *memory, *inner; // more of the shared one, and memories inside it
    const char *layers, *edges;
    size_t first;
    struct sdse_fusion_config config;
    struct sdse_place_question question;
    bool free_bypass;
    // Of the kinds of nests of a tile, in order: what comes ahead; then bits of all.
    size_t kinds;
    unsigned ahead[4];
    double bits;
};

static void check_waiting(size_t number, const struct waiting *c) {
    static const struct sdse_weight_form plain = {.smartdeal = false};
    struct brute_problem p = {.arena = sdse_arena_new()};
    struct sdse_residency_layer layer[BRUTE_LAYERS];
    struct sdse_placing placing;
    struct sdse_group_limits limits;
    struct sdse_fused_group group = {.kind_count = 0};
    struct sdse_group_refusal refusal;
    brute_read(
        sdse_arena_printf(
            p.arena,
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: "
            "4}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: 16}}, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
            "memory: {class: sram, shares: [activations], capacity_bytes: 999, "
            "pj_per_bit: 1%s}}%s], "
            "compute: {pj_per_mac: 1}, vector: {below: GLB, free: true}}",
            c->memory ? c->memory : "", c->inner ? c->inner : ""),
        sdse_arena_printf(p.arena, "{name: n, source: s, layers: [%s], edges: [%s]}",
                          c->layers, c->edges),
        &p);
    for (size_t l = 0; l < p.net->layer_count; l++)
        layer[l] = (struct sdse_residency_layer){
            .layer = &p.net->layers[l], .form = &plain, .shape = l};
    const struct sdse_fusion_request request = {
        .residency = {.arch = p.arch,
                      .workload = p.net,
                      .layer = layer,
                      .free_bypass = c->free_bypass},
        .depth = SDSE_FUSED_MOST};
    struct sdse_fusion_config config = c->config;
    struct sdse_place_question question = c->question;
    question.layer = c->first;
    question.more = 1;
    config.overlaps = true;
    assert_int_equal(sdse_residency_placing(&request.residency, p.arena, &placing),
                     SDSE_OK);
    assert_int_equal(sdse_fusion_configure(&request, &placing, &question, &config,
                                           p.arena, &limits, &group, &refusal),
                     SDSE_OK);
    if (refusal.reason)
        fail_msg("case %zu: %s", number, refusal.reason);
    size_t kinds = 0;
    for (size_t k = 0; k < group.kind_count; k++) {
        const struct sdse_fused_kind *kind = &group.kind[k];
        double sum = 0, bits = 0;
        for (size_t t = 0; t < kind->term_count; t++) {
            sum += kind->term[t].bits;
            bits += kind->term[t].what == SDSE_HELD_AHEAD ? kind->term[t].bits : 0;
        }
        // It has its place all through the group.
        if (bits != c->bits || sum != kind->residence->reserved_bits)
            fail_msg("case %zu, kind %zu: %g bits wait of %g held, %g reserved", number,
                     k, bits, sum, kind->residence->reserved_bits);
        if (kind->turn &&
            (kinds == c->kinds || kind->residence->ahead != c->ahead[kinds]))
            fail_msg("case %zu, kind %zu: tensors %u ahead", number, k,
                     kind->residence->ahead);
        if (!kind->turn && kind->residence->ahead)
            fail_msg("case %zu, kind %zu: ahead outside of a run", number, k);
        kinds += kind->turn > 0;
    }
    if (kinds != c->kinds)
        fail_msg("case %zu: %zu kinds in a tile", number, kinds);
    sdse_arena_free(p.arena);
}

static void test_what_waits(void **state) {
    (void)state;
#define PAIR                                                                       \
    .layers = "{name: a, kind: conv, in: [2, 4, 1], out_channels: 3, kernel: 1}, " \
              "{name: b, kind: conv, in: [3, 4, 1], out_channels: 2, kernel: 1}, " \
              "{name: c, kind: conv, in: [2, 4, 1], out_channels: 1, kernel: 1}",  \
    .edges = "{from: a, to: b}, {from: b, to: c}"
#define ADDING                                                                     \
    .layers = "{name: x, kind: conv, in: [2, 4, 1], out_channels: 2, kernel: 1}, " \
              "{name: a, kind: conv, in: [2, 4, 1], out_channels: 2, kernel: 1, "  \
              "addends: 1}, "                                                      \
              "{name: b, kind: conv, in: [2, 4, 1], out_channels: 2, kernel: 1}",  \
    .edges = "{from: x, to: a}, {from: x, to: a, as: addend}, {from: a, to: b}",   \
    .first = 1
#define HEADS(n)                                                          \
    .layers = "{name: a, kind: matmul, heads: " n ", m: 4, k: 2, n: 3}, " \
              "{name: b, kind: matmul, heads: " n ", m: 4, k: 3, n: 2}",  \
    .edges = "{from: a, to: b}"
    static const struct sdse_fusion_config row = {.tile_rows = 1};
    const struct waiting cases[] = {
        // Twice 2 x 8 of inputs, 6 x 4 and 6 x 4 of weights, 2 x 16 of outputs.
        {PAIR, .config = row, .kinds = 2, .ahead = {W | I, W | O}, .bits = 192},
        // All in one tile: the weights of b alone, once.
        {PAIR, .config = {.tile_rows = 4}, .kinds = 2, .ahead = {W | I, W | O},
         .bits = 24},
        // Outputs at home, and written through.
        {PAIR, .config = row, .question = {.outputs = SDSE_PLACE_SHARED}, .kinds = 2,
         .ahead = {W | I, W}, .bits = 128},
        {PAIR, .config = row, .question = {.outputs = SDSE_PLACE_BOTH}, .kinds = 2,
         .ahead = {W | I, W | O}, .bits = 192},
        // Two kinds of nests of a in a tile, of which the one that is met later begins
        // it, bring its 2 weights once: twice 8 x 8, 2 x 4, 4 x 4, 4 x 16.
        {.layers = "{name: a, kind: conv, in: [2, 24, 1], out_channels: 1, kernel: 1}, "
                   "{name: b, kind: conv, in: [1, 24, 1], out_channels: 2, kernel: [2, "
                   "1], stride: [4, 1]}",
         .edges = "{from: a, to: b}",
         .config = {.tile_rows = 2, .buffered = true},
         .kinds = 3,
         .ahead = {W | I, W, W | O},
         .bits = 304},
        // Two nests of one kind: as without it.
        {.layers = "{name: a, kind: conv, in: [2, 24, 1], out_channels: 1, kernel: 1}, "
                   "{name: b, kind: conv, in: [1, 24, 1], out_channels: 2, kernel: [2, "
                   "1], stride: [4, 1]}",
         .edges = "{from: a, to: b}",
         .config = {.tile_rows = 2}},
        // Beside a map that is added from outside no input comes ahead: twice 4 x 4, 4
        // x 4, 2 x 16; where that is at home, 2 x 8 besides.
        {ADDING, .config = row, .kinds = 2, .ahead = {W, W | O}, .bits = 128},
        {ADDING, .config = row, .question = {.group_addends = 1}, .kinds = 2,
         .ahead = {W | I, W | O}, .bits = 160},
        // Heads after heads: twice 8 x 8 of inputs, 6 x 4, 6 x 4, 8 x 16 of outputs.
        {HEADS("2"), .config = {.tile_rows = 4, .tile_heads = 1}, .kinds = 2,
         .ahead = {W | I, W | O}, .bits = 480},
        // Two at a time once, then the third, by itself: 2 x 6 x 4.
        {HEADS("3"), .config = {.tile_rows = 4, .tile_heads = 2}, .kinds = 2,
         .ahead = {W | I, W | O}, .bits = 48},
        // Tiles in parts of channels run as without it.
        {PAIR, .config = {.tile_rows = 4, .tile_channels = 1}},
        // What the memory need not keep, and in more than their words.
        {PAIR, .config = row, .memory = ", may_bypass: [weights]", .kinds = 2,
         .ahead = {I, O}, .bits = 96},
        {PAIR, .config = row, .memory = ", fetch_gaps: true", .kinds = 2,
         .ahead = {W, W | O}, .bits = 160},
        {PAIR, .config = row, .free_bypass = true, .kinds = 2},
        // What waits would live longer.
        {PAIR, .config = row,
         .inner =
             ", {level: RF, memory: {class: regfile, capacity_bytes: 9, pj_per_bit: 1, "
             "max_lifetime_us: 5}}",
         .kinds = 2},
        {PAIR, .config = row,
         .inner = ", {level: RF, memory: {class: edram, capacity_bytes: 9, pj_per_bit: "
                  "1, retention_us: "
                  "5, refresh_pj_per_bit: 1, refresh_row_bits: 8, "
                  "refresh_cycles_per_row: 1}}",
         .kinds = 2}};
#undef PAIR
#undef ADDING
#undef HEADS
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_waiting(i, &cases[i]);
}

// --- Schedules, played back ---

enum { TILES = 24, NESTS = 4 };

// A group of some tiles: what each of the nests of a tile takes.
struct played {
    size_t tiles, nests;
    struct sdse_totals nest[TILES][NESTS];
};

// When the last nest ends, of tiles first ... first + length - 1 that overlap and
// others that run nest by nest. The outermost memory does what a nest needs of it as
// soon as it has done what came before, and every nest two tiles back has ended. A nest
// computes once the one before has, and ends no sooner than what it needs is done.
static double play(const struct played *p, size_t first, size_t length) {
    double now = 0, outer = 0, ended[TILES] = {0};
    for (size_t t = 0; t < p->tiles; t++) {
        const bool inside = t >= first && t < first + length;
        if (t == first)
            outer = now;
        if (inside && t >= first + 2)
            outer = fmax(outer, ended[t - 2]);
        for (size_t n = 0; n < p->nests; n++) {
            const struct sdse_totals *at = &p->nest[t][n];
            outer += at->outer_cycles;
            now =
                inside ? fmax(now + at->inner_cycles, outer) : now + at->latency_cycles;
        }
        ended[t] = now;
    }
    return now;
}

// What is charged is what such a schedule takes: exactly, where one side is the longer
// all through the tile; never less.
static void test_time_is_that_of_schedules(void **state) {
    (void)state;
    uint64_t random = 77, exact = 0, runs = 0;
    for (int run = 0; run < 20000; run++) {
        static struct played p;
        p.tiles = 1 + below(&random, TILES);
        p.nests = 1 + below(&random, NESTS);
        const size_t first = below(&random, (unsigned)p.tiles),
                     length = 1 + below(&random, (unsigned)(p.tiles - first));
        for (size_t t = 0; t < p.tiles; t++)
            for (size_t n = 0; n < p.nests; n++) {
                struct sdse_totals *at = &p.nest[t][n];
                at->outer_cycles = below(&random, 50);
                at->inner_cycles = below(&random, 50);
                if (t > first && t < first + length)
                    *at = p.nest[first][n];
                at->latency_cycles = fmax(at->outer_cycles, at->inner_cycles);
            }
        struct sdse_overlap_time sum = {0};
        double by_turns = 0;
        for (size_t t = 0; t < p.tiles; t++)
            for (size_t n = 0; n < p.nests; n++) {
                by_turns += p.nest[t][n].latency_cycles;
                if (t < first || t >= first + length)
                    sdse_overlap_add(1, 0, 0, &p.nest[t][n], &sum);
            }
        for (size_t n = 0; n < p.nests; n++)
            sdse_overlap_add(length, 1, length - 1, &p.nest[first][n], &sum);
        const double charged = sdse_overlap_latency(&sum),
                     taken = play(&p, first, length);
        assert_true(charged >= taken && charged <= by_turns);
        exact += charged == taken;
        runs++;
    }
    printf("## fusion with overlap: of %llu schedules played back %llu take the time "
           "that is charged, none takes more\n",
           (unsigned long long)runs, (unsigned long long)exact);
    assert_true(exact > runs / 2);
}

// --- Sums of fronts ---

static bool always(const void *context, const struct sdse_tradeoff *least) {
    (void)context;
    (void)least;
    return true;
}

// Sums over kinds whose fronts are long, and trade one side for the other: every choice
// of points is matched or beaten by a point found, and what is found is what its choice
// takes.
static void test_sums_equal_all_choices(void **state) {
    (void)state;
    enum { KINDS = 4, POINTS = 4 };
    uint64_t random = 99, choices = 0, points = 0;
    for (int run = 0; run < 3000; run++) {
        struct sdse_arena *arena = sdse_arena_new();
        static struct sdse_map_point point[KINDS][POINTS];
        struct sdse_nest_answer answer[KINDS] = {{.count = 0}};
        struct sdse_kind kind[KINDS] = {{.entry = NULL}};
        const struct sdse_kinds kinds = {
            .count = 1 + below(&random, KINDS), .room = KINDS, .kind = kind};
        const uint64_t runs = 1 + below(&random, 2), more = below(&random, 4);
        size_t all = 1;
        for (size_t k = 0; k < kinds.count; k++) {
            const size_t count = 1 + below(&random, POINTS);
            const bool in_run = below(&random, 4) > 0;
            for (size_t c = 0; c < count; c++) {
                struct sdse_totals *at = &point[k][c].totals;
                at->energy_pj = below(&random, 12);
                at->outer_cycles = below(&random, 12);
                at->inner_cycles = below(&random, 12);
                at->latency_cycles = fmax(at->outer_cycles, at->inner_cycles);
            }
            answer[k].answer.point = point[k];
            answer[k].answer.point_count = answer[k].count = count;
            kind[k].answer = &answer[k];
            kind[k].turn = in_run ? runs : 0;
            kind[k].steady = in_run ? runs * more : 0;
            kind[k].times = in_run ? runs * (1 + more) : 1 + below(&random, 3);
            all *= count;
        }
        size_t count;
        struct sdse_overlap_point *found;
        assert_int_equal(sdse_overlap_sum(&kinds, always, NULL, arena, &count, &found),
                         SDSE_OK);
        for (size_t n = 0; n < all + count; n++) {
            struct sdse_overlap_time time = {0};
            double energy_pj = 0;
            size_t rest = n;
            for (size_t k = 0; k < kinds.count; k++) {
                const size_t c =
                    n < all ? rest % answer[k].count : found[n - all].choice[k];
                rest /= answer[k].count;
                energy_pj += (double)kind[k].times * point[k][c].totals.energy_pj;
                sdse_overlap_add(kind[k].times, kind[k].turn, kind[k].steady,
                                 &point[k][c].totals, &time);
            }
            const double cycles = sdse_overlap_latency(&time);
            bool met = false;
            for (size_t i = 0; i < count && n < all; i++)
                met |= found[i].at.energy_pj <= energy_pj &&
                       found[i].at.latency_cycles <= cycles;
            if (n >= all)
                met = found[n - all].at.energy_pj == energy_pj &&
                      found[n - all].at.latency_cycles == cycles;
            assert_true(met);
        }
        choices += all;
        points += count;
        sdse_arena_free(arena);
    }
    printf("## fusion with overlap: %llu points stand for %llu choices\n",
           (unsigned long long)points, (unsigned long long)choices);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        SEEDED_TEST(test_networks, &seeds),
        cmocka_unit_test(test_lanes_that_pay_beside_another),
        cmocka_unit_test(test_what_waits),
        cmocka_unit_test(test_time_is_that_of_schedules),
        cmocka_unit_test(test_sums_equal_all_choices)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
