// Attention by rows and by heads against brute force (support_fusionbrute.h): generated
// products of queries and keys, a softmax and the product with values, keys and values
// from layers of the network or from outside, heads that share them, layers before and
// behind. And run with numbers: every plan of every group is executed, heads by heads
// and tile by tile, and gives what the layers one by one do; each nest finds in M what
// it reads, no more is there than its kind reserves, and it is of a listed kind.
//
//     test_fused_attention [NETWORKS [FIRST_SEED]]    (default 300 networks)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/fusion/kinds.h"
#include "oracle/support_cases.h"
#include "oracle/support_fusionbrute.h"
#include "support/sanitized.h"

static uint64_t network_count = SANITIZED ? 20 : 300, first_seed = 1, current_seed;
static struct compared seen;

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
        "[%s], capacity_bytes: %llu, buffering: %llu, pj_per_bit: %llu, "
        "shared_bits_per_cycle: %llu}, fanout: {x: 2, dims_x: [K, P]}, network: "
        "{topology: bus, multicast: true, reduce: true, pj_per_bit: 0.1}}]"
        ", compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.25, "
        "ops_per_cycle: 4}}",
        inputs[oracle_below(state, 3)], oracle_below(state, 2) ? "8" : "20",
        (unsigned long long)(oracle_below(state, 3) ? 4 + 8 * oracle_below(state, 4)
                                                    : 256),
        shares[oracle_below(state, 2)],
        (unsigned long long)(12 +
                             oracle_below(state, oracle_below(state, 3) ? 40 : 120)),
        (unsigned long long)(1 + oracle_below(state, 2)),
        (unsigned long long)(1 + oracle_below(state, 3)),
        (unsigned long long)(oracle_below(state, 2) ? 16 : 512));
}

// What stands between the products.
enum between { LAYER, FUSED, ON_THE_WAY, NOTHING, BETWEEN };

struct shape {
    unsigned heads, kv_heads, m, k, n, width; // of values
    enum between softmax;
    bool keys, values, out; // layers of the network
};

static struct shape make_shape(uint64_t *state) {
    struct shape s = {.kv_heads = 1 + (unsigned)oracle_below(state, 3),
                      .m = 1 + (unsigned)oracle_below(state, 4),
                      .k = 1 + (unsigned)oracle_below(state, 2),
                      .n = 1 + (unsigned)oracle_below(state, 4),
                      .width = 1 + (unsigned)oracle_below(state, 2),
                      .softmax = (enum between)oracle_below(state, BETWEEN),
                      .keys = oracle_below(state, 2),
                      .values = oracle_below(state, 2),
                      .out = oracle_below(state, 2)};
    s.heads = s.kv_heads * (oracle_below(state, 3) ? 1 : 2);
    if (s.heads * s.m * s.n > 32)
        s.m = 1 + s.m / 2;
    return s;
}

static const char *make_network(uint64_t *state, struct sdse_arena *arena) {
    char layers[2048] = "", edges[1024] = "";
    const struct shape s = make_shape(state);
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
        end, "{name: av, kind: matmul, heads: %u, kv_heads: %u, m: %u, k: %u, n: %u}, ",
        s.heads, s.kv_heads, s.m, s.n, s.width);
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

static void test_networks(void **state) {
    (void)state;
    for (uint64_t i = 0; i < network_count; i++) {
        uint64_t random = (first_seed + i) * 2 + 1;
        struct brute_problem p = {.arena = sdse_arena_new()};
        current_seed = first_seed + i;
        const char *arch = make_arch(&random, p.arena);
        p.tiles = oracle_below(&random, 2) ? SDSE_TILES_ALL : SDSE_TILES_BALANCED;
        p.depth = 2 + (size_t)oracle_below(&random, 3);
        brute_read(arch, make_network(&random, p.arena), &p);
        compare_with_brute_force(&p, &seen);
        sdse_arena_free(p.arena);
    }
    printf("## fused attention: %llu networks equal brute force over %llu partitions "
           "and places (%llu nests asked), every objective; %llu points, %llu answers "
           "fused: %llu groups, %llu by heads, %llu kinds of their nests read weights "
           "that are there, %llu keep weights, %llu buffer, %llu functions take turns; "
           "%llu have none\n",
           (unsigned long long)network_count, (unsigned long long)brute_seen()->ways,
           (unsigned long long)brute_seen()->asked, (unsigned long long)seen.points,
           (unsigned long long)seen.fused, (unsigned long long)seen.groups,
           (unsigned long long)seen.heads, (unsigned long long)seen.weights_there,
           (unsigned long long)seen.kept, (unsigned long long)seen.buffered,
           (unsigned long long)seen.functions, (unsigned long long)seen.none);
    assert_true(network_count < 300 ||
                (seen.heads && seen.weights_there && seen.kept && seen.buffered &&
                 seen.functions && brute_seen()->functions_of_other_rows == 0));
}

// --- Run with numbers ---

enum { HEADS = 6, ROWS = 5, COLUMNS = 12, TENSORS = 5 };

// A map: of each head, rows of some words.
struct map {
    size_t heads, rows, columns;
    double value[HEADS][ROWS][COLUMNS];
    bool there[HEADS][ROWS]; // in M
};

enum step_kind { QK, SOFTMAX, AV, OUT };

// The chain of an attention: map[i] is what step i reads, map[i + 1] what it makes.
struct attention {
    struct shape shape;
    size_t count; // of steps
    enum step_kind step[4];
    size_t layer[4];
    struct map map[TENSORS];
    double keys[HEADS][COLUMNS][COLUMNS], values[HEADS][COLUMNS][COLUMNS],
        mix[HEADS][COLUMNS];
};

static void fill(uint64_t *state, double *value, size_t count) {
    for (size_t i = 0; i < count; i++)
        value[i] = (double)oracle_below(state, 64) / 16 - 2;
}

// What one step makes of a row of a head; `out` mixes all heads of a row.
static void run_row(const struct attention *a, size_t i, const struct map *in,
                    size_t head, size_t row, double *out) {
    const size_t right = head / (a->shape.heads / a->shape.kv_heads);
    double sum = 0;
    switch (a->step[i]) {
    case SOFTMAX:
        for (size_t c = 0; c < in->columns; c++)
            sum += in->value[head][row][c] * in->value[head][row][c] + 1;
        for (size_t c = 0; c < in->columns; c++)
            out[c] = in->value[head][row][c] / sum;
        break;
    case OUT:
        out[0] = 0;
        for (size_t h = 0; h < in->heads; h++)
            for (size_t c = 0; c < in->columns; c++)
                out[0] += in->value[h][row][c] * a->mix[h][c];
        break;
    default:
        for (size_t c = 0; c < a->map[i + 1].columns; c++) {
            out[c] = 0;
            for (size_t k = 0; k < in->columns; k++)
                out[c] +=
                    in->value[head][row][k] *
                    (a->step[i] == QK ? a->keys[right][k][c] : a->values[right][k][c]);
        }
    }
}

static void set_up(uint64_t *state, const struct shape *shape,
                   const struct brute_problem *p, struct attention *a) {
    static const char *const names[] = {"qk", "s", "av", "out"};
    const size_t columns[] = {shape->n, shape->n, shape->width, 1};
    memset(a, 0, sizeof *a);
    a->shape = *shape;
    a->map[0] =
        (struct map){.heads = shape->heads, .rows = shape->m, .columns = shape->k};
    for (int kind = QK; kind <= OUT; kind++)
        for (size_t l = 0; l < p->net->layer_count; l++) {
            const struct sdse_layer *layer = &p->net->layers[l];
            if (strcmp(layer->name, names[kind]) != 0 || layer->move.fused)
                continue;
            a->step[a->count] = (enum step_kind)kind;
            a->layer[a->count++] = l;
            a->map[a->count] = (struct map){.heads = kind == OUT ? 1 : shape->heads,
                                            .rows = shape->m,
                                            .columns = columns[kind]};
        }
    fill(state, &a->map[0].value[0][0][0], sizeof a->map[0].value / sizeof(double));
    fill(state, &a->keys[0][0][0], sizeof a->keys / sizeof(double));
    fill(state, &a->values[0][0][0], sizeof a->values / sizeof(double));
    fill(state, &a->mix[0][0], sizeof a->mix / sizeof(double));
    for (size_t i = 0; i < a->count; i++)
        for (size_t h = 0; h < a->map[i + 1].heads; h++)
            for (size_t r = 0; r < shape->m; r++)
                run_row(a, i, &a->map[i], h, r, a->map[i + 1].value[h][r]);
}

// A group at work: its first step, the maps as they are made in turns, and what M holds
// beside them.
struct work {
    const struct attention *a;
    const struct sdse_group *group;
    const struct sdse_group_plan *plan;
    const struct sdse_place_question *question;
    unsigned kept;
    size_t first;
    struct map map[TENSORS];
    struct sdse_kinds *kinds;
    double word_bits[TENSORS];
    uint64_t loads; // words of kept weights, brought in
};

static uint64_t words_there(const struct map *map) {
    uint64_t words = 0;
    for (size_t h = 0; h < map->heads; h++)
        for (size_t r = 0; r < map->rows; r++)
            words += map->there[h][r] ? map->columns : 0;
    return words;
}

// Weights of a member for some of the heads; of `out`, which mixes them, all.
static uint64_t weight_words(const struct work *work, size_t member, size_t heads) {
    const struct sdse_nest *nest = &work->group->members.nest[member];
    const bool mixes = work->a->step[work->first + member] == OUT;
    return nest->bound[SDSE_K] * nest->bound[SDSE_C] *
           (mixes ? 1 : heads * work->a->shape.kv_heads / work->a->shape.heads);
}

// The kind of an executed nest, one of those that are left.
static void take_kind(const struct work *work, size_t member, size_t rows,
                      uint64_t groups, bool first, uint64_t loaded, double reserved) {
    const bool keeps = work->kept >> member & 1u;
    for (size_t i = 0; i < work->kinds->count; i++) {
        struct sdse_kind *kind = &work->kinds->kind[i];
        if (kind->layer != work->a->layer[work->first + member] || !kind->times ||
            kind->rows.count != rows || kind->entry->part.bound[SDSE_G] != groups ||
            kind->entry->key.loads_weights != (keeps && first) ||
            kind->entry->key.loaded_inputs != loaded ||
            fabs(kind->reserved_bits - reserved) > 1e-6)
            continue;
        kind->times--;
        return;
    }
    fail_msg("network %llu: member %zu, %zu rows, %llu groups, %.17g bits: no kind",
             (unsigned long long)current_seed, member, rows, (unsigned long long)groups,
             reserved);
}

// Member `i` makes some rows of some heads (of each right operand `shared` of them).
static void run_nest(struct work *work, size_t i, size_t head, size_t heads, size_t row,
                     size_t rows, bool first) {
    const struct attention *a = work->a;
    const struct map *in = &work->map[i];
    struct map *out = &work->map[i + 1];
    const size_t last = work->group->members.count - 1;
    uint64_t loaded = 0;
    const bool from_outside = i == 0 && !work->plan->buffered;
    for (size_t h = head; h < head + heads && h < in->heads; h++)
        for (size_t r = row; r < row + rows; r++) {
            if (i == 0 && work->plan->buffered) {
                loaded += in->columns;
                work->map[0].there[h][r] = true;
            }
            assert_true(from_outside || in->there[h][r]);
        }
    double reserved = work->question->reserved_bits;
    for (size_t t = 0; t <= last; t++) {
        reserved += (double)words_there(&work->map[t]) * work->word_bits[t];
        if (work->kept >> t & 1u)
            reserved += 8 * (double)weight_words(work, t, heads);
    }
    if (work->question->outputs)
        reserved +=
            work->group->output_bits -
            (i == last ? (double)((a->step[work->first + i] == OUT ? 1 : heads) * rows *
                                  out->columns) *
                             work->word_bits[last + 1]
                       : 0);
    const struct sdse_layer *layer =
        work->kinds->nests->request->residency.layer[a->layer[work->first + i]].layer;
    const uint64_t right = heads * a->shape.kv_heads / a->shape.heads,
                   groups = sdse_layer_moves(layer)      ? heads * in->columns
                            : layer->kind == SDSE_MATMUL ? right
                                                         : 1;
    take_kind(work, i, rows, groups, first, loaded, reserved);
    if (work->kept >> i & 1u && first)
        work->loads += weight_words(work, i, heads);
    for (size_t h = head; h < head + heads && h < out->heads; h++)
        for (size_t r = row; r < row + rows; r++) {
            run_row(a, work->first + i, in, h, r, out->value[h][r]);
            out->there[h][r] = i < last;
        }
    // Read for the last time.
    for (size_t h = head; h < head + heads && h < in->heads; h++)
        for (size_t r = row; r < row + rows; r++)
            work->map[i].there[h][r] = false;
}

static uint64_t runs, run_nests, by_heads;

static void run_plan(struct work *work, struct sdse_kinds *kinds) {
    const struct attention *a = work->a;
    const size_t members = work->group->members.count;
    bool fits;
    work->kinds = kinds;
    assert_int_equal(sdse_kinds_list(kinds, work->plan, work->kept, &fits), SDSE_OK);
    assert_true(fits);
    for (size_t i = 0; i < kinds->count; i++) // fused functions have their host's times
        if (sdse_layer_moves(&kinds->nests->request->residency.workload
                                  ->layers[kinds->kind[i].layer]) &&
            kinds->nests->request->residency.workload->layers[kinds->kind[i].layer]
                .move.fused)
            kinds->kind[i].times = 0;
    work->loads = 0;
    for (size_t i = 0; i <= members; i++) {
        work->map[i] = a->map[work->first + i];
        memset(work->map[i].there, 0, sizeof work->map[i].there);
        if (i > 0) // to be made
            memset(work->map[i].value, 0, sizeof work->map[i].value);
    }
    const size_t sharing = a->shape.heads / a->shape.kv_heads,
                 at_once = work->plan->tile_heads
                               ? (size_t)work->plan->tile_heads * sharing
                               : a->shape.heads;
    for (size_t head = 0, heads; head < a->shape.heads; head += heads) {
        heads = a->shape.heads - head < at_once ? a->shape.heads - head : at_once;
        for (size_t row = 0, rows; row < a->shape.m; row += rows) {
            rows = a->shape.m - row < work->plan->tile_rows
                       ? a->shape.m - row
                       : (size_t)work->plan->tile_rows;
            for (size_t i = 0; i < members; i++, run_nests++)
                run_nest(work, i, head, heads, row, rows, row == 0);
        }
    }
    for (size_t i = 0; i < kinds->count; i++)
        assert_int_equal(kinds->kind[i].times, 0);
    uint64_t kept_words = 0;
    for (size_t i = 0; i < members; i++)
        kept_words += work->kept >> i & 1u ? weight_words(work, i, a->shape.heads) : 0;
    assert_int_equal(work->loads, kept_words);
    assert_memory_equal(work->map[members].value, a->map[work->first + members].value,
                        sizeof work->map[members].value);
    runs++;
    by_heads += work->plan->tile_heads > 0;
}

// Every plan of a group, and every set of weights that may be kept, beside something
// else that is held.
static void run_plans(const struct sdse_fusion_request *request,
                      const struct sdse_placing *placing, const struct attention *a,
                      struct sdse_group *group, struct sdse_arena *arena) {
    struct sdse_fusion_counts counts = {0};
    struct sdse_nests *nests = SDSE_ARENA_NEW(arena, struct sdse_nests);
    assert_non_null(nests);
    *nests = (struct sdse_nests){.request = request,
                                 .level = 1,
                                 .capacity_bits = 1e9,
                                 .counts = &counts,
                                 .arena = arena};
    assert_int_equal(sdse_group_plan(request, arena, group), SDSE_OK);
    for (size_t n = 0; n < group->plan_count; n++)
        for (unsigned kept = 0; kept < 1u << group->members.count; kept++) {
            if (kept & ~group->may_keep)
                continue;
            const struct sdse_place_question question = {
                .layer = group->first,
                .more = group->last - group->first,
                .outputs = group->output_bits > 0 && n % 2 ? SDSE_PLACE_SHARED
                                                           : SDSE_PLACE_OUTERMOST,
                .reserved_bits = (double)(8 * n)};
            struct sdse_kinds kinds = {nests, group, &question, 0, 0, NULL};
            struct work work = {.a = a,
                                .group = group,
                                .plan = &group->plan[n],
                                .question = &question,
                                .kept = kept};
            while (a->layer[work.first] != group->members.layer[0])
                work.first++;
            for (size_t t = 0; t <= group->members.count; t++) {
                const struct sdse_handed_tensor *made =
                    t ? sdse_handed_by(placing, group->members.layer[t - 1]) : NULL;
                const struct map *map = &a->map[work.first + t];
                work.word_bits[t] =
                    t == 0 ? request->residency.arch->bits[SDSE_INPUTS]
                    : made ? made->held_bits /
                                 (double)(map->heads * map->rows * map->columns)
                           : 0;
            }
            run_plan(&work, &kinds);
            free(kinds.kind);
        }
}

static void run_network(uint64_t seed) {
    uint64_t random = seed * 2 + 1, numbers = seed;
    struct brute_problem p = {.arena = sdse_arena_new()};
    const char *arch = make_arch(&random, p.arena);
    p.tiles = oracle_below(&random, 2) ? SDSE_TILES_ALL : SDSE_TILES_BALANCED;
    p.depth = 2 + (size_t)oracle_below(&random, 3);
    uint64_t shaped = random;
    const struct shape shape = make_shape(&shaped);
    static struct attention a;
    struct sdse_residency_layer asked[BRUTE_LAYERS];
    struct sdse_map_answer alone[BRUTE_LAYERS];
    brute_read(arch, make_network(&random, p.arena), &p);
    set_up(&numbers, &shape, &p, &a);
    for (size_t l = 0; l < p.net->layer_count; l++) {
        const struct sdse_map_request map = {.arch = p.arch,
                                             .layer = &p.net->layers[l]};
        assert_int_equal(sdse_map(&map, p.arena, &alone[l]), SDSE_OK);
        asked[l] = (struct sdse_residency_layer){
            .layer = &p.net->layers[l], .shape = l, .unshared = &alone[l]};
    }
    const struct sdse_fusion_request request = {
        .residency = {.arch = p.arch,
                      .workload = p.net,
                      .layer = asked,
                      .goal = SDSE_PLACES_ENERGY,
                      .threads = 1},
        .depth = p.depth,
        .tiles = p.tiles};
    struct sdse_fusion fusion;
    assert_int_equal(sdse_fusion_find(&request, p.arena, &fusion), SDSE_OK);
    const struct sdse_placing *placing = &fusion.residency.placing;
    struct sdse_group *group;
    size_t count;
    assert_int_equal(sdse_groups_list(&request, placing, 1, p.arena, &count, &group),
                     SDSE_OK);
    for (size_t g = 0; g < count; g++)
        run_plans(&request, placing, &a, &group[g], p.arena);
    sdse_fusion_free(&fusion);
    sdse_arena_free(p.arena);
}

static void test_runs(void **state) {
    (void)state;
    for (uint64_t i = 0; i < network_count; i++) {
        current_seed = first_seed + i;
        run_network(current_seed);
    }
    printf("## fused attention: %llu plans run with numbers, %llu nests, %llu plans by "
           "heads: as the layers one by one\n",
           (unsigned long long)runs, (unsigned long long)run_nests,
           (unsigned long long)by_heads);
    assert_true(runs > network_count && by_heads > 0);
}

static int tell_seed(void **state) {
    (void)state;
    fprintf(stderr, "last network: %llu\n", (unsigned long long)current_seed);
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_networks, tell_seed),
        cmocka_unit_test_teardown(test_runs, tell_seed)};
    network_count = argc > 1 ? strtoull(argv[1], NULL, 10) : network_count;
    first_seed = argc > 2 ? strtoull(argv[2], NULL, 10) : first_seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
