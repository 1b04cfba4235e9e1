// The optimum of networks whose layers may take turns against brute force: on generated
// tiny networks every partition into groups, every configuration of every group and
// every assignment of places, each nest asked of the mapper itself with exactly what is
// held beside it. No states, no bounds, no intervals, nothing kept from one group to
// the next; only the rows of a group are those of dse/fusion/rows.h, which
// tests/oracle/test_fused_rows.c compares with schedules.
//
//     test_fusion [NETWORKS [FIRST_SEED]]    (default 1,000 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/fusion/fusion.h"
#include "oracle/support_cases.h"
#include "oracle/support_problems.h"
#include "spec/load.h"
#include "support/close.h"
#include "support/sanitized.h"

enum { LAYERS = 6, MOST = 1 << 16 };

static uint64_t network_count = SANITIZED ? 30 : 1000, first_seed = 1, current_seed;

// --- Generated ---

static const char *make_arch(uint64_t *state, struct sdse_arena *arena) {
    static const char *const partial[] = {"8", "20"},
                             *const inputs[] = {"8", "8", "12"},
                             *const shares[] = {"activations", "activations, weights"};
    return sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: 8}, "
        "inputs: {bits: %s}, outputs: {bits: 8, partial_bits: %s}}, count_drain_reads: "
        "%s, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8, shared_bits_per_cycle: "
        "%llu}, network: {topology: bus, pj_per_bit: 0.2}}, "
        "{level: GLB, memory: {class: sram, keeps: [weights, inputs, outputs], shares: "
        "[%s], capacity_bytes: %llu, buffering: %llu, pj_per_bit: %llu, "
        "shared_bits_per_cycle: %llu}, fanout: {x: 2, dims_x: [K, P]}, network: "
        "{topology: bus, multicast: %s, reduce: true, pj_per_bit: %s}}]"
        ", compute: {pj_per_mac: %s}, vector: {below: GLB, pj_per_op: 0.25, "
        "ops_per_cycle: 4}}",
        inputs[oracle_below(state, 3)], partial[oracle_below(state, 2)],
        oracle_below(state, 2) ? "true" : "false",
        (unsigned long long)(oracle_below(state, 3) ? 4 + 8 * oracle_below(state, 4)
                                                    : 256),
        shares[oracle_below(state, 3) == 0],
        (unsigned long long)(12 +
                             oracle_below(state, oracle_below(state, 2) ? 24 : 100)),
        (unsigned long long)(1 + oracle_below(state, 2)),
        (unsigned long long)(1 + oracle_below(state, 3)),
        (unsigned long long)(oracle_below(state, 2) ? 16 : 512),
        oracle_below(state, 2) ? "true" : "false", oracle_below(state, 2) ? "0.1" : "2",
        oracle_below(state, 2) ? "0.5" : "0.01");
}

struct made {
    unsigned layer, channels, rows;
};

// The layer that makes what another, which puts out as much, may add to it; UINT_MAX:
// none.
static unsigned find_addend(uint64_t *state, const struct made *made, unsigned count,
                            unsigned channels, unsigned rows) {
    for (unsigned i = 0; i < count; i++)
        if (made[i].channels == channels && made[i].rows == rows &&
            oracle_below(state, 3))
            return made[i].layer;
    return UINT_MAX;
}

// A function of the words of a map, in one of the shapes that they may be written.
static void add_function(uint64_t *state, char *text, unsigned name, unsigned channels,
                         unsigned rows, unsigned columns) {
    char shape[64];
    switch (oracle_below(state, 4)) {
    case 0:
        sprintf(shape, "[%u, %u]", rows, channels * columns);
        break;
    case 1:
        sprintf(shape, "%u", channels * rows * columns);
        break;
    default:
        sprintf(shape, "[%u, %u, %u]", channels, rows, columns);
    }
    sprintf(text, "{name: l%u, kind: %s, in: %s, fused: true}, ", name,
            oracle_below(state, 4) ? "act" : "norm", shape);
}

// A chain of convolutions, some with a function of each word behind them, one of whose
// outputs may be added to later, by a layer of its own or on the way.
static const char *make_network(uint64_t *state, struct sdse_arena *arena) {
    char layers[2048] = "", edges[1024] = "";
    unsigned channels = 1 + (unsigned)oracle_below(state, 2),
             rows = 3 + (unsigned)oracle_below(state, 5);
    const unsigned columns = 1 + (unsigned)oracle_below(state, 2),
                   convolutions = 2 + (oracle_below(state, 3) == 0);
    unsigned count = 0, before = 0;
    struct made made[3]; // by convolutions
    for (unsigned i = 0; i < convolutions; i++) {
        const unsigned kernel = 1 + (unsigned)oracle_below(state, 3),
                       pad = kernel > 1 ? (unsigned)oracle_below(state, 2) : 0,
                       stride = oracle_below(state, 4) == 0 ? 2 : 1,
                       dilation = kernel == 2 && oracle_below(state, 3) == 0 ? 2 : 1,
                       extent = (kernel - 1) * dilation + 1;
        if (rows + 2 * pad < extent)
            break;
        const unsigned out = 1 + (unsigned)oracle_below(state, 2);
        const unsigned made_rows = (rows + 2 * pad - extent) / stride + 1,
                       addend = find_addend(state, made, i ? i - 1 : 0, out, made_rows);
        sprintf(layers + strlen(layers),
                "{name: l%u, kind: conv, in: [%u, %u, %u], out_channels: %u, kernel: "
                "[%u, 1], pad: [%u, 0], stride: [%u, 1], dilation: [%u, 1]%s}, ",
                count, channels, rows, columns, out, kernel, pad, stride, dilation,
                addend < UINT_MAX ? ", addends: 1" : "");
        if (i > 0)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", before, count);
        if (addend < UINT_MAX)
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u, as: addend}, ", addend,
                    count);
        before = count++;
        rows = made_rows;
        channels = out;
        made[i] = (struct made){before, channels, rows};
        if (oracle_below(state, 4) == 0)
            add_function(state, layers + strlen(layers), count++, channels, rows,
                         columns);
        if (oracle_below(state, 6) == 0) {
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: act, in: [%u, %u, %u], fused: false}, ", count,
                    channels, rows, columns);
            sprintf(edges + strlen(edges), "{from: l%u, to: l%u}, ", before, count);
            // What was made before it is needed again.
            sprintf(layers + strlen(layers),
                    "{name: l%u, kind: add, in: [%u, %u, %u], fused: false}, ",
                    count + 1, channels, rows, columns);
            sprintf(edges + strlen(edges),
                    "{from: l%u, to: l%u}, {from: l%u, to: l%u}, ", before, count + 1,
                    count, count + 1);
            before = count + 1;
            count += 2;
        }
    }
    return sdse_arena_printf(arena, "{name: n, source: s, layers: [%s], edges: [%s]}",
                             layers, edges);
}

static void assert_close(double a, double b) { assert_double_within(a, b, 1e-9); }

struct problem {
    struct sdse_arena *arena;
    const struct sdse_arch *arch;
    struct sdse_workload *net;
    enum sdse_map_objective objective;
    enum sdse_fusion_tiles tiles;
    size_t depth;
};

static void read_problem(const char *arch, const char *text, struct problem *p) {
    struct sdse_diags diags;
    p->arch = sdse_written_arch(arch, p->arena);
    assert_non_null(p->arch);
    struct sdse_node *root = NULL;
    sdse_diags_init(&diags, p->arena);
    if (sdse_tree_parse_memory(p->arena, "net", text, strlen(text), &diags, &root) ||
        sdse_workload_from_tree(p->arena, root, &diags, &p->net)) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("network: %s", text);
    }
}

static bool make_problem(uint64_t seed, struct problem *p) {
    uint64_t state = seed * 2 + 1;
    p->arena = sdse_arena_new();
    const char *arch = make_arch(&state, p->arena);
    p->tiles = oracle_below(&state, 2) ? SDSE_TILES_ALL : SDSE_TILES_BALANCED;
    p->depth = 2 + (size_t)oracle_below(&state, 2);
    read_problem(arch, make_network(&state, p->arena), p);
    return p->net->layer_count <= 5;
}

// --- Fronts ---

struct points {
    size_t count;
    struct sdse_tradeoff at[MOST];
};

static int by_energy(const void *a, const void *b) {
    const struct sdse_tradeoff *x = a, *y = b;
    if (x->energy_pj != y->energy_pj)
        return x->energy_pj < y->energy_pj ? -1 : 1;
    return x->latency_cycles < y->latency_cycles   ? -1
           : x->latency_cycles > y->latency_cycles ? 1
                                                   : 0;
}

static void prune(struct points *points) {
    size_t kept = 0;
    qsort(points->at, points->count, sizeof *points->at, by_energy);
    for (size_t i = 0; i < points->count; i++)
        if (!kept || points->at[i].latency_cycles < points->at[kept - 1].latency_cycles)
            points->at[kept++] = points->at[i];
    points->count = kept;
}

static void add_point(struct points *points, double energy_pj, double cycles) {
    if (points->count == MOST)
        prune(points);
    assert_true(points->count < MOST);
    points->at[points->count++] = (struct sdse_tradeoff){energy_pj, cycles};
}

// sum = a + times * b
static void add_fronts(const struct sdse_tradeoff *a, size_t a_count,
                       const struct sdse_tradeoff *b, size_t b_count, uint64_t times,
                       struct points *sum) {
    sum->count = 0;
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++)
            add_point(sum, a[i].energy_pj + (double)times * b[j].energy_pj,
                      a[i].latency_cycles + (double)times * b[j].latency_cycles);
    prune(sum);
}

// --- The mapper, asked ---

struct known {
    size_t layer;
    struct sdse_nest nest;
    struct sdse_residence at;
    size_t count;
    struct sdse_tradeoff *front;
};

static struct known known[1 << 15];
static size_t known_count;
static uint64_t asked_count;

static bool is_known(const struct known *k, size_t layer, const struct sdse_nest *nest,
                     const struct sdse_residence *at) {
    return k->layer == layer && memcmp(&k->nest, nest, sizeof *nest) == 0 &&
           k->at.tensors == at->tensors && k->at.operands == at->operands &&
           k->at.addends == at->addends && k->at.writes_through == at->writes_through &&
           k->at.loads_weights == at->loads_weights &&
           k->at.loaded_inputs == at->loaded_inputs &&
           k->at.reserved_bits == at->reserved_bits;
}

static const struct known *ask(const struct problem *p, size_t layer,
                               const struct sdse_nest *nest, struct sdse_residence at) {
    for (size_t i = known_count; i-- > 0;)
        if (is_known(&known[i], layer, nest, &at))
            return &known[i];
    assert_true(known_count < sizeof known / sizeof *known);
    struct known *next = &known[known_count++];
    *next = (struct known){.layer = layer, .nest = *nest, .at = at};
    struct sdse_layer placed = p->net->layers[layer];
    placed.nest = *nest;
    placed.residence = at.tensors || at.reserved_bits > 0 ? &next->at : NULL;
    const struct sdse_map_request request = {
        .arch = p->arch, .layer = &placed, .objective = SDSE_MAP_FRONT};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, p->arena, &answer), SDSE_OK);
    next->count = answer.point_count;
    next->front = SDSE_ARENA_ARRAY(p->arena, struct sdse_tradeoff, next->count + 1);
    for (size_t i = 0; i < next->count; i++)
        next->front[i] = (struct sdse_tradeoff){answer.point[i].totals.energy_pj,
                                                answer.point[i].totals.latency_cycles};
    asked_count++;
    return next;
}

// --- One way to run a network ---

static size_t readers_of(const struct problem *p, size_t layer, size_t *first,
                         size_t *last) {
    size_t count = 0;
    *first = SIZE_MAX;
    *last = 0;
    for (size_t e = 0; e < p->net->edge_count; e++) {
        if (p->net->edges[e].from != layer)
            continue;
        const size_t to = p->net->edges[e].to;
        count++;
        *first = to < *first ? to : *first;
        *last = to > *last ? to : *last;
    }
    return count;
}

static double bits_of(const struct problem *p, size_t layer) {
    const struct sdse_nest *nest = &p->net->layers[layer].nest;
    return (double)p->arch->bits[SDSE_INPUTS] * // never narrower than outputs
           (double)sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
}

struct way {
    unsigned place[LAYERS]; // of what each layer makes: 0 outside, 1 in M, 2 in both
};

static uint32_t reads(const struct problem *p, size_t maker, size_t reader,
                      enum sdse_edge_use use) {
    uint32_t count = 0;
    for (size_t e = 0; e < p->net->edge_count; e++)
        count += p->net->edges[e].from == maker && p->net->edges[e].to == reader &&
                 p->net->edges[e].use == use;
    return count;
}

// What M holds when layer `at` begins, alone or as the first of a group; how many
// operands of it, and how many maps that a layer from there on adds to its outputs.
static double held_at(const struct problem *p, const struct way *way, size_t at,
                      uint32_t *operands, size_t adder, uint32_t *addends) {
    double bits = 0;
    *operands = *addends = 0;
    for (size_t t = 0; t < at; t++) {
        size_t first, last;
        if (!readers_of(p, t, &first, &last) || way->place[t] == 0 ||
            at > (way->place[t] == 1 ? last : first))
            continue;
        bits += bits_of(p, t);
        *operands += reads(p, t, at, SDSE_EDGE_INPUTS);
        *addends += reads(p, t, adder, SDSE_EDGE_ADDEND);
    }
    return bits;
}

static uint64_t input_words_per_row(const struct sdse_nest *nest) {
    uint64_t columns = 0;
    for (uint64_t column = 0; column < 64; column++) {
        bool read = false;
        for (uint64_t q = 0; q < nest->bound[SDSE_Q]; q++)
            for (uint64_t s = 0; s < nest->bound[SDSE_S]; s++)
                read |= q * nest->stride[1] + s * nest->dilation[1] == column;
        columns += read;
    }
    return nest->bound[SDSE_N] * nest->bound[SDSE_G] * nest->bound[SDSE_C] * columns;
}

// A group: its layers that multiply, and what it does.
struct turn {
    size_t count, layer[LAYERS];
    uint64_t tile_rows;
    unsigned retained, kept;
    bool buffered;
};

static double weight_bits(const struct problem *p, size_t layer) {
    const struct sdse_nest *nest = &p->net->layers[layer].nest;
    return (double)p->arch->bits[SDSE_WEIGHTS] *
           (double)sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound);
}

static struct {
    uint64_t fused, none, points, groups, retained, recomputed, kept, buffered, again,
        adding, added_there, functions_of_other_rows;
    struct sdse_fusion_counts counts;
} seen;

// The front of a group in one configuration.
static void run_turn(const struct problem *p, const struct way *way,
                     const struct turn *turn, struct points *front) {
    struct kind {
        const struct known *known;
        uint64_t times;
    } kind[64];
    size_t kinds = 0;
    struct sdse_nest nest[LAYERS];
    uint32_t operands, addends;
    double before = held_at(p, way, turn->layer[0], &operands, 0, &addends);
    const size_t end = turn->layer[turn->count - 1];
    for (size_t i = 0; i < turn->count; i++) {
        nest[i] = p->net->layers[turn->layer[i]].nest;
        nest[i].map[0] = p->net->layers[turn->layer[i]].in_height;
        before += turn->kept >> i & 1u ? weight_bits(p, turn->layer[i]) : 0;
    }
    const struct sdse_fused_rows_request request = {.layer_count = turn->count,
                                                    .nest = nest,
                                                    .tile_rows = turn->tile_rows,
                                                    .retained = turn->retained,
                                                    .buffered = turn->buffered};
    struct sdse_fused_rows rows;
    struct sdse_arena *scratch = sdse_arena_new();
    assert_int_equal(sdse_fused_rows_find(&request, scratch, &rows), SDSE_OK);
    const uint64_t per_row = input_words_per_row(&nest[0]);
    front->count = 0;
    for (size_t n = 0; n < rows.count; n++) {
        const struct sdse_fused_nest *at = &rows.nest[n];
        const size_t layer = turn->layer[at->layer];
        const bool last = layer == end;
        const bool keeps = turn->kept >> at->layer & 1u;
        struct sdse_residence home = {.level = 1, .reserved_bits = before};
        home.tensors = keeps ? SDSE_BIT(SDSE_WEIGHTS) : 0;
        if (at->layer > 0 || turn->buffered || operands)
            home.tensors |= SDSE_BIT(SDSE_INPUTS);
        if (!last || way->place[layer])
            home.tensors |= SDSE_BIT(SDSE_OUTPUTS);
        home.operands = home.tensors >> SDSE_INPUTS & 1u;
        held_at(p, way, turn->layer[0], &operands, layer, &home.addends);
        home.writes_through = last && way->place[layer] == 2;
        home.loads_weights = keeps && at->first;
        home.loaded_inputs = at->loaded * per_row;
        home.reserved_bits +=
            (double)(at->held[0] * per_row * p->arch->bits[SDSE_INPUTS]);
        for (size_t i = 1; i < turn->count; i++) {
            const size_t maker = turn->layer[i - 1];
            const double row =
                bits_of(p, maker) / (double)p->net->layers[maker].nest.bound[SDSE_P];
            home.reserved_bits += row * (double)at->held[i];
            if (maker == layer) // its own have a place of their own
                home.reserved_bits -= row * (double)at->part.bound[SDSE_P];
        }
        if (way->place[end])
            home.reserved_bits += bits_of(p, end);
        if (last && way->place[end])
            home.reserved_bits -= bits_of(p, end) * (double)at->part.bound[SDSE_P] /
                                  (double)p->net->layers[end].nest.bound[SDSE_P];
        const struct known *found = ask(p, layer, &at->part, home);
        if (!found->count) {
            sdse_arena_free(scratch);
            return;
        }
        size_t same = 0;
        while (same < kinds && kind[same].known != found)
            same++;
        assert_true(same < 64);
        if (same == kinds)
            kind[kinds++] = (struct kind){found, 0};
        kind[same].times += at->times;
        // A function of each word of it.
        const size_t next = layer + 1;
        if (!last && next < p->net->layer_count && p->net->layers[next].move.fused &&
            turn->layer[at->layer + 1] != next) {
            const struct sdse_layer *function = &p->net->layers[next];
            struct sdse_nest part = function->nest;
            for (int d = 0; d < SDSE_DIMS; d++)
                part.bound[d] = 1;
            part.bound[SDSE_G] =
                sdse_tile_words(&at->part, SDSE_OUTPUTS, at->part.bound);
            part.map[0] = part.map[1] = 1;
            seen.functions_of_other_rows +=
                function->nest.bound[SDSE_P] != nest[at->layer].bound[SDSE_P];
            assert_true(kinds < 64);
            kind[kinds++] = (struct kind){
                ask(p, next, &part, (struct sdse_residence){0}), at->times};
        }
    }
    sdse_arena_free(scratch);
    static struct points sum, more;
    sum.count = 1;
    sum.at[0] = (struct sdse_tradeoff){0, 0};
    for (size_t k = 0; k < kinds; k++) {
        add_fronts(sum.at, sum.count, kind[k].known->front, kind[k].known->count,
                   kind[k].times, &more);
        sum = more;
    }
    *front = sum;
}

// Whether a function may be taken row by row: of each word, or of the maker's rows.
static bool has_rows_of(const struct sdse_layer *function,
                        const struct sdse_nest *maker) {
    return function->nest.bound[SDSE_P] == maker->bound[SDSE_P] ||
           (function->kind == SDSE_ACT &&
            sdse_tile_words(&function->nest, SDSE_OUTPUTS, function->nest.bound) ==
                sdse_tile_words(maker, SDSE_OUTPUTS, maker->bound));
}

// The layers of a group that begins with layer `first` and has `count` that multiply;
// 0: there is none.
static size_t list_turn(const struct problem *p, size_t first, size_t count,
                        struct turn *turn) {
    size_t l = first, found = 0;
    while (found < count && l < p->net->layer_count) {
        const struct sdse_layer *layer = &p->net->layers[l];
        if (sdse_layer_moves(layer)) {
            if (!layer->move.fused || found == 0 ||
                !has_rows_of(layer, &p->net->layers[turn->layer[found - 1]].nest))
                return 0;
            l++;
            continue;
        }
        if (found > 0) {
            size_t from = turn->layer[found - 1], one, last;
            if (readers_of(p, from, &one, &last) != 1 ||
                !reads(p, from, l, SDSE_EDGE_INPUTS))
                return 0;
        }
        turn->layer[found++] = l++;
    }
    turn->count = found;
    return found == count ? turn->layer[count - 1] + 1 - first : 0;
}

static bool is_tile(const struct problem *p, uint64_t rows, uint64_t tile) {
    for (uint64_t t = 1; t <= rows; t++)
        if ((rows + t - 1) / t == tile)
            return true;
    return p->tiles == SDSE_TILES_ALL;
}

// All configurations of a group under given places: the front of all of them.
static void run_group(const struct problem *p, const struct way *way, struct turn turn,
                      struct points *all) {
    static struct points one;
    const uint64_t rows = p->net->layers[turn.layer[turn.count - 1]].nest.bound[SDSE_P];
    uint32_t operands, addends;
    held_at(p, way, turn.layer[0], &operands, 0, &addends);
    all->count = 0;
    for (turn.tile_rows = 1; turn.tile_rows <= rows; turn.tile_rows++) {
        if (!is_tile(p, rows, turn.tile_rows))
            continue;
        for (turn.retained = 0; turn.retained < 1u << turn.count; turn.retained += 2) {
            for (turn.kept = 0;
                 turn.kept < (p->arch->level[1].shares_weights ? 1u << turn.count : 1u);
                 turn.kept++) {
                for (int b = 0; b < (operands ? 1 : 2); b++) {
                    turn.buffered = b;
                    run_turn(p, way, &turn, &one);
                    for (size_t i = 0; i < one.count; i++)
                        add_point(all, one.at[i].energy_pj, one.at[i].latency_cycles);
                }
            }
        }
    }
    prune(all);
}

// --- All ways ---

static unsigned choices_of(const struct problem *p, size_t layer) {
    size_t first, last;
    const size_t readers = readers_of(p, layer, &first, &last);
    return readers == 0 ? 1 : readers > 1 ? 3 : 2;
}

static struct points truth;
static uint64_t ways;

static void run_from(const struct problem *p, struct way *way, size_t layer,
                     const struct points *before) {
    if (layer == p->net->layer_count) {
        ways++;
        for (size_t i = 0; i < before->count; i++)
            add_point(&truth, before->at[i].energy_pj, before->at[i].latency_cycles);
        prune(&truth);
        return;
    }
    struct points *sum = malloc(sizeof *sum), *group = malloc(sizeof *group);
    assert_true(sum && group);
    for (size_t count = 1; count <= p->depth; count++) {
        struct turn turn = {.count = 0};
        size_t span = count > 1 ? list_turn(p, layer, count, &turn) : 1;
        if (!span)
            continue;
        const size_t end = layer + span - 1;
        for (unsigned place = 0; place < choices_of(p, end); place++) {
            way->place[end] = place;
            if (count > 1) {
                run_group(p, way, turn, group);
                add_fronts(before->at, before->count, group->at, group->count, 1, sum);
            } else {
                struct sdse_residence at = {.level = 1};
                at.reserved_bits =
                    held_at(p, way, layer, &at.operands, layer, &at.addends);
                at.tensors = (at.operands ? SDSE_BIT(SDSE_INPUTS) : 0u) |
                             (place ? SDSE_BIT(SDSE_OUTPUTS) : 0u);
                at.writes_through = place == 2;
                const struct known *found =
                    ask(p, layer, &p->net->layers[layer].nest, at);
                add_fronts(before->at, before->count, found->front, found->count, 1,
                           sum);
            }
            if (sum->count)
                run_from(p, way, end + 1, sum);
        }
        for (size_t l = layer; l <= end; l++)
            way->place[l] = 0;
    }
    free(sum);
    free(group);
}

// --- Compared ---

static void check_picked(const struct problem *p,
                         const struct sdse_fusion_request *request,
                         const struct sdse_fusion *fusion, size_t element) {
    struct sdse_resident_layer layer[LAYERS];
    enum sdse_place place[LAYERS];
    struct sdse_fused_group *group;
    size_t count;
    assert_int_equal(
        sdse_fusion_pick(request, fusion, element, layer, place, &group, &count),
        SDSE_OK);
    double energy = 0, cycles = 0;
    uint64_t macs[LAYERS] = {0};
    for (size_t l = 0; l < p->net->layer_count; l++) {
        if (!layer[l].point)
            continue;
        layer[l].layer.residence = &layer[l].residence;
        energy += layer[l].point->totals.energy_pj;
        cycles += layer[l].point->totals.latency_cycles;
        macs[l] = sdse_layer_macs(&layer[l].layer);
    }
    for (size_t g = 0; g < count; g++) {
        seen.groups++;
        seen.retained += group[g].config.retained != 0;
        seen.recomputed += group[g].config.retained == 0;
        seen.kept += group[g].config.kept != 0;
        seen.buffered += group[g].config.buffered;
        for (size_t k = 0; k < group[g].kind_count; k++) {
            const struct sdse_fused_kind *kind = &group[g].kind[k];
            struct sdse_model *model;
            seen.adding += kind->part.addends > 0;
            seen.added_there += kind->residence.addends > 0;
            struct sdse_layer part = kind->part;
            part.residence = part.residence ? &kind->residence : NULL;
            assert_int_equal(sdse_model_new(p->arch, &part, NULL, p->arena, &model),
                             SDSE_OK);
            assert_int_equal(sdse_mapping_verdict(model, &kind->point->mapping, NULL),
                             SDSE_VALID);
            const struct sdse_totals totals =
                sdse_evaluate(model, &kind->point->mapping);
            energy += (double)kind->times * totals.energy_pj;
            cycles += (double)kind->times * totals.latency_cycles;
            macs[kind->layer] += kind->times * sdse_layer_macs(&part);
        }
    }
    const struct sdse_tradeoff *at = &fusion->residency.places.elements[element];
    assert_close(energy, at->energy_pj);
    assert_close(cycles, at->latency_cycles);
    // Rows may be made again; only rows that nobody reads are not made.
    for (size_t g = 0; g < count; g++) {
        unsigned member = 0; // of the layers that multiply
        for (size_t l = group[g].first; l <= group[g].last; l++) {
            const uint64_t once = sdse_layer_macs(&p->net->layers[l]);
            const bool last = l == group[g].last;
            if (sdse_layer_moves(&p->net->layers[l]))
                continue;
            member++;
            assert_true(last ? macs[l] == once
                             : !(group[g].config.retained >> member & 1u) ||
                                   macs[l] <= once);
            seen.again += macs[l] > once;
        }
    }
    seen.fused += count > 0;
}

// Leaves out points that another beats but for rounding: sums in another order.
static size_t leave_rounding(struct sdse_tradeoff *at, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || at[i].energy_pj < at[i + 1].energy_pj * (1 - 1e-10))
            at[kept++] = at[i];
    return kept;
}

static double least_edp(const struct sdse_tradeoff *at, size_t count) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < count; i++)
        least = fmin(least, at[i].energy_pj * at[i].latency_cycles);
    return least;
}

static double least_weighted(const struct sdse_tradeoff *at, size_t count,
                             double pj_per_cycle) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < count; i++)
        least = fmin(least, at[i].energy_pj + pj_per_cycle * at[i].latency_cycles);
    return least;
}

// Corners of the hull are least where energy and latency are weighed in some way: those
// between neighbours of the front, at most so many.
static void check_hull(const struct sdse_places *places) {
    enum { WAYS = 16 };
    const size_t step = truth.count / WAYS + 1;
    for (size_t i = 0; i + step < truth.count; i += step) {
        const struct sdse_tradeoff *a = &truth.at[i], *b = &truth.at[i + step];
        const double weight =
            (b->energy_pj - a->energy_pj) / (a->latency_cycles - b->latency_cycles);
        assert_close(least_weighted(places->elements, places->count, weight),
                     least_weighted(truth.at, truth.count, weight));
    }
}

// Functions that are written alike are of one shape, whatever layers they stand behind.
static size_t shape_of(const struct problem *p, size_t layer) {
    const struct sdse_layer *at = &p->net->layers[layer];
    size_t first = 0;
    while (first < layer &&
           !(at->kind == SDSE_ACT && p->net->layers[first].kind == SDSE_ACT &&
             at->move.fused == p->net->layers[first].move.fused &&
             memcmp(&at->nest, &p->net->layers[first].nest, sizeof at->nest) == 0))
        first++;
    return first;
}

static void check_goal(const struct problem *p, enum sdse_places_goal goal) {
    static const enum sdse_map_objective objectives[] = {
        [SDSE_PLACES_FRONT] = SDSE_MAP_FRONT,
        [SDSE_PLACES_CORNERS] = SDSE_MAP_FRONT,
        [SDSE_PLACES_ENERGY] = SDSE_MAP_ENERGY,
        [SDSE_PLACES_LATENCY] = SDSE_MAP_LATENCY};
    const size_t layers = p->net->layer_count;
    struct sdse_residency_layer asked[LAYERS];
    struct sdse_map_answer alone[LAYERS];
    for (size_t l = 0; l < layers; l++) {
        const struct sdse_map_request request = {.arch = p->arch,
                                                 .layer = &p->net->layers[l],
                                                 .objective = objectives[goal]};
        assert_int_equal(sdse_map(&request, p->arena, &alone[l]), SDSE_OK);
        asked[l] = (struct sdse_residency_layer){.layer = &p->net->layers[l],
                                                 .shape = shape_of(p, l),
                                                 .unshared = &alone[l]};
    }
    const struct sdse_fusion_request request = {
        .residency = {.arch = p->arch,
                      .workload = p->net,
                      .layer = asked,
                      .objective = objectives[goal],
                      .goal = goal,
                      .threads = 1},
        .depth = p->depth,
        .tiles = p->tiles};
    struct sdse_fusion fusion;
    assert_int_equal(sdse_fusion_find(&request, p->arena, &fusion), SDSE_OK);
    const struct sdse_places *places = &fusion.residency.places;
    assert_true((places->count == 0) == (truth.count == 0));
    if (places->count) {
        const struct sdse_tradeoff *first = &places->elements[0],
                                   *last = &truth.at[truth.count - 1];
        switch (goal) {
        case SDSE_PLACES_FRONT:
            for (size_t i = 0; i < places->count; i++)
                check_picked(p, &request, &fusion, i);
            truth.count = leave_rounding(truth.at, truth.count);
            assert_int_equal(leave_rounding(places->elements, places->count),
                             truth.count);
            for (size_t i = 0; i < truth.count; i++) {
                assert_close(places->elements[i].energy_pj, truth.at[i].energy_pj);
                assert_close(places->elements[i].latency_cycles,
                             truth.at[i].latency_cycles);
            }
            seen.points += truth.count;
            break;
        case SDSE_PLACES_CORNERS:
            assert_close(least_edp(places->elements, places->count),
                         least_edp(truth.at, truth.count));
            check_hull(places);
            break;
        case SDSE_PLACES_ENERGY:
            assert_close(first->energy_pj, truth.at[0].energy_pj);
            check_picked(p, &request, &fusion, 0);
            break;
        default:
            assert_close(first->latency_cycles, last->latency_cycles);
            assert_close(first->energy_pj, last->energy_pj);
            check_picked(p, &request, &fusion, 0);
        }
    }
    seen.counts.groups = fusion.counts.groups; // of the last
    seen.counts.configurations += fusion.counts.configurations;
    seen.counts.too_big += fusion.counts.too_big;
    seen.counts.cut += fusion.counts.cut;
    seen.counts.summed += fusion.counts.summed;
    seen.counts.asked += fusion.counts.asked;
    seen.counts.searches += fusion.counts.searches;
    sdse_fusion_free(&fusion);
}

static void compare(const struct problem *p) {
    static struct points nothing;
    struct way way = {{0}};
    known_count = truth.count = 0;
    nothing.count = 1;
    nothing.at[0] = (struct sdse_tradeoff){0, 0};
    run_from(p, &way, 0, &nothing);
    seen.none += truth.count == 0;
    for (int goal = SDSE_PLACES_FRONT; goal <= SDSE_PLACES_LATENCY; goal++)
        check_goal(p, (enum sdse_places_goal)goal);
}

// Two maps of one size, one of which a group adds: beside it the other leaves as much
// room, but the group reads none of it.
static void test_addends_of_one_size(void **state) {
    (void)state;
    static const char network[] =
        "{name: n, source: s, layers: ["
        "{name: a, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: b, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: c, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: d, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1}, "
        "{name: e, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1, addends: 1}, "
        "{name: f, kind: conv, in: [1, 4, 1], out_channels: 1, kernel: 1, addends: "
        "1}], "
        "edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}, {from: d, to: "
        "e}, "
        "{from: e, to: f}, {from: a, to: %s, as: addend}, {from: b, to: %s, as: "
        "addend}]}";
    for (int swapped = 0; swapped < 2; swapped++) {
        for (unsigned bytes = 8; bytes <= 14; bytes++) {
            struct problem p = {
                .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
            const char *arch = sdse_arena_printf(
                p.arena,
                "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
                "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
                "memory: {class: sram, shares: [activations], capacity_bytes: %u, "
                "pj_per_bit: 1}}], compute: {pj_per_mac: 1}, vector: {below: GLB, "
                "free: "
                "true}}",
                bytes);
            read_problem(arch,
                         sdse_arena_printf(p.arena, network, swapped ? "f" : "e",
                                           swapped ? "e" : "f"),
                         &p);
            compare(&p);
            sdse_arena_free(p.arena);
        }
    }
}

// Eight words of four rows of two, and of two rows of four: functions of them are
// written alike, and a row of each is not. What needs more than a word at once, or has
// more words, is not taken row by row.
static void test_functions_written_alike(void **state) {
    (void)state;
    static const struct {
        const char *second;
        size_t groups; // possible
    } cases[] = {{"act, in: 8", 3}, {"norm, in: 8", 2}, {"act, in: 16", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
        read_problem(
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
            "memory: {class: sram, shares: [activations], capacity_bytes: 9, "
            "pj_per_bit: 0.1}}], compute: {pj_per_mac: 1}, vector: {below: GLB, "
            "pj_per_op: 3, ops_per_cycle: 1}}",
            sdse_arena_printf(
                p.arena,
                "{name: n, source: s, layers: ["
                "{name: a, kind: conv, in: [1, 4, 1], out_channels: 2, kernel: 1}, "
                "{name: a.f, kind: act, in: 8, fused: true}, "
                "{name: b, kind: conv, in: [2, 4, 1], out_channels: 1, kernel: 1}, "
                "{name: c, kind: conv, in: [1, 4, 1], out_channels: 4, kernel: 1, "
                "stride: 2}, "
                "{name: c.f, kind: %s, fused: true}, "
                "{name: d, kind: conv, in: [4, 2, 1], out_channels: 1, kernel: 1}], "
                "edges: [{from: a, to: b}, {from: b, to: c}, {from: c, to: d}]}",
                cases[i].second),
            &p);
        compare(&p);
        assert_int_equal(seen.counts.groups, cases[i].groups);
        sdse_arena_free(p.arena);
    }
}

// More elements are faster, and further away: nests of a group have fronts of several
// corners, of which a middle one is wanted.
static void test_fast_and_far(void **state) {
    (void)state;
    const uint64_t points_before = seen.points, groups_before = seen.groups;
    for (unsigned bytes = 20; bytes <= 44; bytes += 8) {
        struct problem p = {
            .arena = sdse_arena_new(), .tiles = SDSE_TILES_BALANCED, .depth = 2};
        const char *arch = sdse_arena_printf(
            p.arena,
            "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
            "[{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, "
            "memory: {class: sram, shares: [activations], capacity_bytes: %u, "
            "pj_per_bit: 1}, fanout: {x: 8, dims_x: [K, C]}, network: {topology: mesh, "
            "hop_pj_per_bit: 0.5}}], compute: {pj_per_mac: 1}, vector: {below: GLB, "
            "free: true}}",
            bytes);
        read_problem(
            arch,
            "{name: n, source: s, layers: ["
            "{name: a, kind: conv, in: [2, 4, 1], out_channels: 8, kernel: 1}, "
            "{name: b, kind: conv, in: [8, 4, 1], out_channels: 4, kernel: "
            "1}], edges: chain}",
            &p);
        compare(&p);
        sdse_arena_free(p.arena);
    }
    printf("## fusion: fast and far: %llu points, %llu groups\n",
           (unsigned long long)(seen.points - points_before),
           (unsigned long long)(seen.groups - groups_before));
    assert_true(seen.points > points_before + 4 && seen.groups > groups_before);
}

static void test_networks(void **state) {
    (void)state;
    uint64_t run = 0;
    for (uint64_t seed = first_seed; run < network_count; seed++) {
        struct problem p;
        current_seed = seed;
        if (make_problem(seed, &p)) {
            run++;
            compare(&p);
        }
        sdse_arena_free(p.arena);
    }
    printf("## fusion: %llu networks equal brute force over %llu partitions and places "
           "(%llu nests asked), every objective; %llu points, %llu answers fused: %llu "
           "groups, %llu retain, %llu keep weights, %llu buffer; %llu kinds of their "
           "nests "
           "add maps, %llu from on chip; %llu have none\n",
           (unsigned long long)run, (unsigned long long)ways,
           (unsigned long long)asked_count, (unsigned long long)seen.points,
           (unsigned long long)seen.fused, (unsigned long long)seen.groups,
           (unsigned long long)seen.retained, (unsigned long long)seen.kept,
           (unsigned long long)seen.buffered, (unsigned long long)seen.adding,
           (unsigned long long)seen.added_there, (unsigned long long)seen.none);
    printf("## fusion: of %llu configurations %llu cannot fit, %llu are cut, %llu "
           "summed; of %llu answers %llu took a search\n",
           (unsigned long long)seen.counts.configurations,
           (unsigned long long)seen.counts.too_big, (unsigned long long)seen.counts.cut,
           (unsigned long long)seen.counts.summed,
           (unsigned long long)seen.counts.asked,
           (unsigned long long)seen.counts.searches);
    assert_true(network_count < 1000 ||
                (seen.retained && seen.recomputed && seen.kept && seen.buffered &&
                 seen.again && seen.adding && seen.added_there &&
                 seen.functions_of_other_rows));
}

static int tell_seed(void **state) {
    (void)state;
    fprintf(stderr, "last network: %llu\n", (unsigned long long)current_seed);
    return 0;
}

// A word of some rows of a layer takes what one of the whole layer does, as it is
// stored with it: csc's starts of columns are those of the whole map.
static void test_parts_are_stored_with_the_whole(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_arch *arch = sdse_written_arch(
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: "
        "[{level: "
        "D, memory: {class: dram, pj_per_bit: 8, format: {inputs: {compression: "
        "csc}}}}], compute: "
        "{pj_per_mac: 0.5}}",
        arena);
    assert_non_null(arch);
    const struct sdse_layer whole = {.kind = SDSE_CONV1X1,
                                     .repeat = 1,
                                     .density = {1, 0.5, 1},
                                     .nest = {.bound = {1, 2, 4, 8, 8, 1, 1, 1},
                                              .stride = {1, 1},
                                              .dilation = {1, 1}}};
    struct sdse_layer part = whole;
    const struct sdse_row_run run = {.first = 2, .count = 3, .step = 1};
    sdse_nest_part(&whole.nest, &run, &part.nest);
    double bits[3];
    for (int i = 0; i < 3; i++) {
        struct sdse_model *model;
        struct sdse_mapping mapping;
        struct sdse_cost cost;
        part.whole = i == 1 ? &whole : NULL;
        assert_int_equal(sdse_model_new(arch, i ? &part : &whole, NULL, arena, &model),
                         SDSE_OK);
        sdse_mapping_init(arch, &mapping);
        for (int d = 0; d < SDSE_DIMS; d++) {
            struct sdse_loops *loops = &mapping.level[0].temporal;
            loops->loop[loops->count++] = (struct sdse_loop){
                (enum sdse_dim)d, (i ? &part : &whole)->nest.bound[d]};
        }
        assert_true(sdse_evaluate_full(model, &mapping, &cost));
        const struct sdse_flow_cost *flow = &cost.level[0].flow[SDSE_PART_INPUTS];
        bits[i] = flow->read_bits / (double)flow->reads;
    }
    assert_close(bits[0], bits[1]);
    assert_true(bits[2] != bits[0]); // by itself it is another map
    sdse_arena_free(arena);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_networks, tell_seed),
        cmocka_unit_test(test_addends_of_one_size), cmocka_unit_test(test_fast_and_far),
        cmocka_unit_test(test_functions_written_alike),
        cmocka_unit_test(test_parts_are_stored_with_the_whole)};
    network_count = argc > 1 ? strtoull(argv[1], NULL, 10) : network_count;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
