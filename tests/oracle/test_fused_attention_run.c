// Attention by rows, by heads and by keys, run with numbers: every plan of every group
// of generated networks (support_attention.h) is executed, heads by heads, tile by tile
// and keys by keys, and gives what the layers one by one do; each nest finds in M what
// it reads, no more is there than its kind reserves, and it is of a listed kind.
//
//     test_fused_attention_run [NETWORKS [FIRST_SEED]]    (default 300 networks)
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
#include "oracle/support_attention.h"
#include "oracle/support_cases.h"
#include "oracle/support_nestorder.h"
#include "oracle/support_seeds.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 20 : 300, .first = 1};

enum { HEADS = 6, ROWS = 5, COLUMNS = 12, TENSORS = 5 };

// A map: of each head, rows of some words.
struct map {
    size_t heads, rows, columns;
    double value[HEADS][ROWS][COLUMNS];
    bool there[HEADS][ROWS]; // in M
    size_t columns_there;    // of those rows
};

enum step_kind { QK, SOFTMAX, AV, OUT };

// The chain of an attention: map[i] is what step i reads, map[i + 1] what it makes.
struct attention {
    struct attention_shape shape;
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
    double sum = 0, peak = -(double)INFINITY;
    switch (a->step[i]) {
    case SOFTMAX:
        for (size_t c = 0; c < in->columns; c++)
            peak = fmax(peak, in->value[head][row][c]);
        for (size_t c = 0; c < in->columns; c++)
            sum += exp(in->value[head][row][c] - peak);
        for (size_t c = 0; c < in->columns; c++)
            out[c] = exp(in->value[head][row][c] - peak) / sum;
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

static void set_up(uint64_t *state, const struct attention_shape *shape,
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
    struct nest_order order;
    unsigned kept;
    size_t first;
    struct map map[TENSORS];
    struct sdse_kinds *kinds;
    double word_bits[TENSORS];
    uint64_t loads;    // words of kept weights, brought in
    uint64_t rescaled; // sums multiplied before they continue
    // Of each row by keys: the largest score so far, the sum of powers, and what sums
    // from before are multiplied by.
    double peak[HEADS][ROWS], total[HEADS][ROWS], factor[HEADS][ROWS];
};

// A part of the group: some rows of some heads, of scores some keys.
struct piece {
    size_t head, heads, row, rows, key, keys;
    bool by_keys, ends;
};

static uint64_t words_there(const struct map *map) {
    uint64_t words = 0;
    for (size_t h = 0; h < map->heads; h++)
        for (size_t r = 0; r < map->rows; r++)
            words += map->there[h][r] ? map->columns_there : 0;
    return words;
}

// Weights of a member for some of the heads; of `out`, which mixes them, all.
static uint64_t weight_words(const struct work *work, size_t member, size_t heads) {
    const struct sdse_nest *nest = &work->group->members.nest[member];
    const bool mixes = work->a->step[work->first + member] == OUT;
    return nest->bound[SDSE_K] * nest->bound[SDSE_C] *
           (mixes ? 1 : heads * work->a->shape.kv_heads / work->a->shape.heads);
}

static bool is_last(const struct work *work, size_t member) {
    return member + 1 == work->group->members.count;
}

// Whether a listed kind is the nest of a member for a piece, but for what is reserved.
static bool is_of(const struct work *work, const struct sdse_kind *kind, size_t member,
                  const struct piece *at) {
    const struct attention *a = work->a;
    const struct sdse_nest_key *key = &kind->entry->key;
    const uint64_t *bound = kind->entry->part.bound;
    const enum step_kind step = a->step[work->first + member];
    const uint64_t right = at->heads * a->shape.kv_heads / a->shape.heads,
                   columns = at->by_keys ? at->keys : work->map[member].columns,
                   groups = step == SOFTMAX ? at->heads * columns
                            : step == OUT   ? 1
                                            : right;
    const bool sums = at->by_keys && is_last(work, member), begun = at->key > 0;
    return kind->layer == a->layer[work->first + member] &&
           kind->rows.count == at->rows && bound[SDSE_G] == groups &&
           (!at->by_keys || step != QK || bound[SDSE_K] == at->keys) &&
           (!at->by_keys || step != AV || bound[SDSE_C] == at->keys) &&
           key->continues == (sums && begun) &&
           key->unfinished == (sums && !at->ends) &&
           key->rescales == (sums && begun && work->group->members.channels.rescales) &&
           key->loads_weights == (work->kept >> member & 1u && at->row == 0);
}

// Takes an executed nest off the kinds: it is the next one.
static void take_kind(struct work *work, size_t member, const struct piece *at,
                      uint64_t loaded, double reserved) {
    const struct sdse_kind *kind = nest_order_next(&work->order, work->kinds);
    if (kind && is_of(work, kind, member, at) &&
        kind->entry->key.loaded_inputs == loaded &&
        fabs(kind->reserved_bits[0] - reserved) <= 1e-6)
        return;
    fail_msg(
        "network %llu: member %zu, %zu rows of %zu heads, %zu keys from %zu, %.17g "
        "bits: not the next one",
        (unsigned long long)seeds.current, member, at->rows, at->heads, at->keys,
        at->key, reserved);
}

// Bits that M holds while a member works on a piece, but for its own outputs.
static double held_bits(const struct work *work, size_t i, const struct piece *at) {
    const struct attention *a = work->a;
    const size_t members = work->group->members.count;
    const struct map *out = &work->map[i + 1], *end = &work->map[members];
    double bits = work->question->reserved_bits;
    for (size_t t = 0; t < members; t++) {
        bits += (double)words_there(&work->map[t]) * work->word_bits[t];
        if (work->kept >> t & 1u)
            bits += 8 * (double)weight_words(work, t, at->heads);
    }
    if (work->question->outputs)
        bits += work->group->output_bits[0];
    if (work->question->outputs && is_last(work, i))
        bits -= (double)((a->step[work->first + i] == OUT ? 1 : at->heads) * at->rows *
                         out->columns) *
                work->word_bits[members];
    if (!at->by_keys)
        return bits;
    const double rows = (double)(at->heads * at->rows),
                 partial = work->kinds->nests->request->residency.arch->partial_bits,
                 place = work->question->outputs ? work->word_bits[members] : 0;
    if (work->group->members.channels.rescales)
        bits += 2 * rows * partial;
    if (at->key > 0 && !is_last(work, i))
        bits += rows * (double)end->columns * fmax(0, partial - place);
    return bits;
}

// The same as run_row, of some keys: softmax puts right what was summed before.
static void run_keys(struct work *work, size_t i, size_t h, size_t r,
                     const struct piece *at) {
    const struct attention *a = work->a;
    const struct map *in = &work->map[i];
    double *out = work->map[i + 1].value[h][r];
    const size_t right = h / (a->shape.heads / a->shape.kv_heads);
    const bool puts_right = work->group->members.count > 2; // a softmax that is a step
    double peak = at->key ? work->peak[h][r] : -(double)INFINITY;
    switch (a->step[work->first + i]) {
    case QK:
        for (size_t c = at->key; c < at->key + at->keys; c++) {
            out[c] = 0;
            for (size_t k = 0; k < in->columns; k++)
                out[c] += in->value[h][r][k] * a->keys[right][k][c];
        }
        break;
    case SOFTMAX:
        for (size_t c = at->key; c < at->key + at->keys; c++)
            peak = fmax(peak, in->value[h][r][c]);
        work->factor[h][r] = at->key ? exp(work->peak[h][r] - peak) : 0;
        work->total[h][r] = at->key ? work->total[h][r] * work->factor[h][r] : 0;
        work->peak[h][r] = peak;
        for (size_t c = at->key; c < at->key + at->keys; c++)
            work->total[h][r] += out[c] = exp(in->value[h][r][c] - peak);
        break;
    default:
        for (size_t w = 0; w < work->map[i + 1].columns; w++) {
            out[w] *= at->key == 0 ? 0 : puts_right ? work->factor[h][r] : 1;
            work->rescaled += at->key > 0;
            for (size_t c = at->key; c < at->key + at->keys; c++)
                out[w] += in->value[h][r][c] * a->values[right][c][w];
            if (at->ends && puts_right)
                out[w] /= work->total[h][r];
        }
    }
}

// Member `i` works on a piece.
static void run_nest(struct work *work, size_t i, const struct piece *at) {
    const struct attention *a = work->a;
    struct map *in = &work->map[i], *out = &work->map[i + 1];
    const bool loads = i == 0 && work->plan->buffered && at->key == 0,
               from_outside = i == 0 && !work->plan->buffered;
    uint64_t loaded = 0;
    for (size_t h = at->head; h < at->head + at->heads && h < in->heads; h++)
        for (size_t r = at->row; r < at->row + at->rows; r++) {
            loaded += loads ? in->columns : 0;
            in->there[h][r] |= loads;
            assert_true(from_outside || in->there[h][r]);
        }
    in->columns_there = i > 0 && at->by_keys ? at->keys : in->columns;
    take_kind(work, i, at, loaded, held_bits(work, i, at));
    if (work->kept >> i & 1u && at->row == 0)
        work->loads += at->by_keys ? weight_words(work, i, at->heads) * at->keys /
                                         (uint64_t)a->shape.n
                                   : weight_words(work, i, at->heads);
    for (size_t h = at->head; h < at->head + at->heads && h < out->heads; h++)
        for (size_t r = at->row; r < at->row + at->rows; r++) {
            if (at->by_keys)
                run_keys(work, i, h, r, at);
            else
                run_row(a, work->first + i, in, h, r, out->value[h][r]);
            out->there[h][r] = !is_last(work, i);
        }
    // What is read for the last time goes: inputs with the last keys.
    for (size_t h = at->head; h < at->head + at->heads && h < in->heads; h++)
        for (size_t r = at->row; r < at->row + at->rows; r++)
            in->there[h][r] &= i == 0 && at->by_keys && !at->ends;
}

static uint64_t runs, run_nests, by_heads, with_keys;

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

// What is made by keys is summed in another order.
static void check_made(const struct work *work) {
    const size_t members = work->group->members.count;
    const struct map *made = &work->map[members],
                     *whole = &work->a->map[work->first + members];
    for (size_t h = 0; h < made->heads; h++)
        for (size_t r = 0; r < made->rows; r++)
            for (size_t c = 0; c < made->columns; c++) {
                const double tolerance = work->plan->tile_channels
                                             ? 1e-12 * (1 + fabs(whole->value[h][r][c]))
                                             : 0;
                assert_true(fabs(made->value[h][r][c] - whole->value[h][r][c]) <=
                            tolerance);
            }
}

// Words that the listed kinds say are multiplied before they continue.
static uint64_t rescaled_words(const struct sdse_kinds *kinds) {
    uint64_t words = 0;
    for (size_t i = 0; i < kinds->count; i++)
        if (kinds->kind[i].entry->key.rescales)
            words += kinds->kind[i].times *
                     sdse_tile_words(&kinds->kind[i].entry->part, SDSE_OUTPUTS,
                                     kinds->kind[i].entry->part.bound);
    return words;
}

static void run_plan(struct work *work, struct sdse_kinds *kinds) {
    const struct attention *a = work->a;
    const size_t members = work->group->members.count;
    work->kinds = kinds;
    const uint64_t rescaled = rescaled_words(kinds);
    work->loads = work->rescaled = 0;
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
    struct piece at = {.by_keys = work->plan->tile_channels > 0};
    for (at.head = 0; at.head < a->shape.heads; at.head += at.heads) {
        at.heads = least(a->shape.heads - at.head, at_once);
        for (at.row = 0; at.row < a->shape.m; at.row += at.rows) {
            at.rows = least(a->shape.m - at.row, (size_t)work->plan->tile_rows);
            for (at.key = 0; at.key < a->shape.n; at.key += at.keys) {
                at.keys = at.by_keys ? least(a->shape.n - at.key,
                                             (size_t)work->plan->tile_channels)
                                     : a->shape.n;
                at.ends = at.key + at.keys == a->shape.n;
                for (size_t i = 0; i < members; i++, run_nests++)
                    run_nest(work, i, &at);
            }
        }
    }
    uint64_t kept_words = 0;
    for (size_t i = 0; i < members; i++)
        kept_words += work->kept >> i & 1u ? weight_words(work, i, a->shape.heads) : 0;
    assert_int_equal(work->loads, kept_words);
    if (work->group->members.channels.rescales)
        assert_int_equal(work->rescaled, rescaled);
    check_made(work);
    runs++;
    with_keys += work->plan->tile_channels > 0;
    by_heads += work->plan->tile_heads > 0;
}

// Keys are taken in parts from scores to values alone, if nothing is added to what
// comes out, and where a softmax is between if the vector unit stands where sums wait.
static void check_parts(const struct attention *a, const struct sdse_members *members) {
    const bool whole = members->layer[0] == a->layer[0] && a->step[0] == QK &&
                       members->layer[members->count - 1] ==
                           a->layer[a->count - 1 - a->shape.out],
               softmax = a->shape.softmax != NOTHING,
               parts = whole && !a->shape.adds && (a->shape.beside || !softmax);
    assert_int_equal(members->channels.keys ? members->channels.count : 0,
                     parts ? a->shape.n : 0);
    assert_true(!parts || members->channels.rescales == softmax);
}

// Every plan of a group, and every set of weights that may be kept, beside something
// else that is held.
static void run_plans(const struct sdse_fusion_request *request,
                      const struct sdse_placing *placing, const struct attention *a,
                      struct sdse_group *group, struct sdse_arena *arena) {
    struct sdse_fusion_counts counts = {0};
    struct sdse_nests *nests = SDSE_ARENA_NEW(arena, struct sdse_nests);
    assert_non_null(nests);
    sdse_nests_init(request, &counts, arena, nests);
    nests->capacity_bits[0] = 1e9;
    check_parts(a, &group->members);
    assert_int_equal(sdse_group_plan(request, arena, group), SDSE_OK);
    for (size_t n = 0; n < group->plan_count; n++)
        for (unsigned kept = 0; kept < 1u << group->members.count; kept++) {
            // Channels of other groups: test_fused_channels_run.c.
            if (kept & ~group->may_keep ||
                (group->plan[n].tile_channels && !group->members.channels.keys))
                continue;
            const struct sdse_place_question question = {
                .layer = group->first,
                .more = group->last - group->first,
                .outputs = group->output_bits[0] > 0 && n % 2 ? SDSE_PLACE_SHARED
                                                              : SDSE_PLACE_OUTERMOST,
                .reserved_bits = (double)(8 * n)};
            struct sdse_kinds kinds = {
                .nests = nests, .group = group, .question = &question};
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
            nest_order_begin(request, group, &group->plan[n], kept, arena, &kinds,
                             &work.order);
            run_plan(&work, &kinds);
            nest_order_end(&work.order, &kinds);
            free(kinds.kind);
        }
}

static void run_network(uint64_t seed) {
    uint64_t numbers = seed;
    struct brute_problem p = {.arena = sdse_arena_new()};
    const struct attention_shape shape = attention_make(seed, &p);
    static struct attention a;
    struct sdse_residency_layer asked[BRUTE_LAYERS];
    struct sdse_map_answer alone[BRUTE_LAYERS];
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
    assert_int_equal(sdse_groups_list(&request, placing, 0, p.arena, &count, &group),
                     SDSE_OK);
    for (size_t g = 0; g < count; g++)
        run_plans(&request, placing, &a, &group[g], p.arena);
    sdse_fusion_free(&fusion);
    sdse_arena_free(p.arena);
}

static void test_runs(void **state) {
    (void)state;
    for (uint64_t i = 0; i < seeds.count; i++) {
        seeds.current = seeds.first + i;
        run_network(seeds.current);
    }
    printf("## fused attention: %llu plans run with numbers, %llu nests, %llu plans by "
           "heads, %llu by keys: as the layers one by one\n",
           (unsigned long long)runs, (unsigned long long)run_nests,
           (unsigned long long)by_heads, (unsigned long long)with_keys);
    assert_true(runs > seeds.count && by_heads > 0 && with_keys > 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {SEEDED_TEST(test_runs, &seeds)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
