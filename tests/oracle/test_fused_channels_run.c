// Turns by rows and by channels, run with numbers: every plan of every group of
// generated chains (support_channels.h) is executed tile by tile and channels by
// channels, on sets of rows and words that are written down here one by one, and gives
// what the layers one by one do; each nest finds in M what it reads, is of a listed
// kind, and what it reserves is what is there and the place of what comes.
//
//     test_fused_channels_run [NETWORKS [FIRST_SEED]]    (default 400 networks)
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
#include "oracle/support_channelchain.h"
#include "oracle/support_nestorder.h"
#include "oracle/support_seeds.h"
#include "support/sanitized.h"

static struct seeds seeds = {.count = SANITIZED ? 30 : 400, .first = 1};

enum { OUTSIDE = 99, TILES = CHAIN_ROWS };

// --- A plan at work ---

typedef bool row_set[CHAIN_ROWS];

struct work {
    const struct channel_chain *a;
    const struct sdse_group *group;
    const struct sdse_group_plan *plan;
    const struct sdse_place_question *question;
    struct sdse_kinds *kinds;
    struct nest_order order;
    unsigned kept;
    size_t first, members, tiles;
    struct channel_map map[CHAIN_TENSORS + 1]; // of the group: what member i reads
    double word_bits[CHAIN_TENSORS + 1];
    // By tile: rows that member i needs, that are made or loaded for it, and that are
    // there when the tile is done.
    row_set need[CHAIN_TENSORS + 1][TILES], fresh[CHAIN_TENSORS + 1][TILES],
        later[CHAIN_TENSORS + 1][TILES];
    uint64_t loaded, weights;
};

static bool retains(const struct work *w, size_t i) {
    return i < w->members && (i ? w->plan->retained >> i & 1u : w->plan->buffered);
}

// The tensor of the group that is a map; OUTSIDE: it is made before the group.
static size_t tensor_of(const struct work *w, size_t map) {
    return map > w->first ? map - w->first : map == w->a->reads[w->first] ? 0 : OUTSIDE;
}

// The tensor of the group that a member reads, or adds: of the group's input only what
// is buffered for it.
static size_t read_by(const struct work *w, size_t member) {
    const size_t tensor = tensor_of(w, w->a->reads[w->first + member]);
    return tensor || member == 0 || w->plan->for_all ? tensor : OUTSIDE;
}

static size_t added_by(const struct work *w, size_t member) {
    const size_t map = w->a->adds[w->first + member];
    const size_t tensor = map ? tensor_of(w, map) : OUTSIDE;
    return tensor || w->plan->for_all ? tensor : OUTSIDE;
}

// Marks the rows of a tensor that a member needs to make some of its own.
static void mark(const struct work *w, size_t member, size_t tensor, const bool *make,
                 bool *set) {
    const struct sdse_layer *layer = w->a->at[w->first + member];
    const struct sdse_nest *n = &layer->nest;
    for (size_t r = 0; r < w->map[member + 1].rows; r++) {
        if (!make[r])
            continue;
        if (added_by(w, member) == tensor ||
            (read_by(w, member) == tensor && chain_is_function(layer)))
            set[r] = true;
        if (read_by(w, member) != tensor || chain_is_function(layer))
            continue;
        for (size_t tap = 0; tap < n->bound[SDSE_R]; tap++) {
            const int64_t y =
                (int64_t)(r * n->stride[0] + tap * n->dilation[0]) - n->pad[0];
            if (y >= 0 && y < (int64_t)w->map[tensor].rows)
                set[y] = true;
        }
    }
}

static void find_rows(struct work *w) {
    const size_t end = w->members;
    memset(w->need, 0, sizeof w->need);
    memset(w->fresh, 0, sizeof w->fresh);
    memset(w->later, 0, sizeof w->later);
    for (size_t r = 0; r < w->map[end].rows; r++)
        w->fresh[end][r / w->plan->tile_rows][r] = true;
    w->tiles = (w->map[end].rows - 1) / (size_t)w->plan->tile_rows + 1;
    for (size_t i = end; i-- > 0;) {
        for (size_t t = 0; t < w->tiles; t++)
            for (size_t n = i; n < w->members; n++)
                mark(w, n, i, w->fresh[n + 1][t], w->need[i][t]);
        for (size_t r = 0; r < w->map[i].rows; r++) {
            bool made = false;
            for (size_t t = 0; t < w->tiles; t++) {
                w->fresh[i][t][r] = w->need[i][t][r] && !(retains(w, i) && made);
                made |= w->need[i][t][r];
                for (size_t next = t + 1; next < w->tiles; next++)
                    w->later[i][t][r] |= retains(w, i) && made && w->need[i][next][r];
            }
        }
    }
}

// A part of a tile: so many channels of what the first member makes.
struct piece {
    size_t tile, channel, channels, all; // channels < all: parts
    bool ends;
};

// Channels of a tensor that are the piece's. The group's input is read whole, or by its
// groups, maps from elsewhere are read whole.
static struct channel_range part_of(const struct work *w, size_t i,
                                    const struct piece *at) {
    const size_t channels = i == OUTSIDE ? CHAIN_CHANNELS : w->map[i].channels;
    const uint64_t *first = w->a->at[w->first]->nest.bound;
    if (i == OUTSIDE || (i == 0 && first[SDSE_G] == 1) || at->channels == at->all)
        return (struct channel_range){0, channels};
    return (struct channel_range){channels * at->channel / at->all,
                                  channels * (at->channel + at->channels) / at->all};
}

static bool adds_up(const struct work *w, size_t i, const struct piece *at) {
    const size_t read = tensor_of(w, w->a->reads[w->first + i]);
    return at->channels < at->all && i + 1 == w->members && read != OUTSIDE &&
           read > 0 && w->a->at[w->first + i]->nest.bound[SDSE_G] == 1;
}

static uint64_t count_rows(const bool *set, size_t rows) {
    uint64_t count = 0;
    for (size_t r = 0; r < rows; r++)
        count += set[r];
    return count;
}

// Bits that are reserved while a member works on rows of its outputs: what is there,
// the place that rows of other channels have before they come or when they are gone,
// and that of sums and outputs.
static double reserved_bits(const struct work *w, size_t i, const struct piece *at,
                            uint64_t rows) {
    const struct channel_map *end = &w->map[w->members];
    double bits = w->question->reserved_bits;
    for (size_t t = 0; t < w->members; t++) {
        const struct channel_map *map = &w->map[t];
        const struct channel_range part = part_of(w, t, at);
        const uint64_t now = count_rows(w->later[t][at->tile], map->rows),
                       before = at->tile
                                    ? count_rows(w->later[t][at->tile - 1], map->rows)
                                    : 0,
                       place = (now > before ? now : before) * map->columns;
        for (size_t c = 0; c < map->channels; c++) {
            const uint64_t words = count_rows(map->there[c], map->rows) * map->columns;
            const bool others = c < part.from || c >= part.to;
            assert_true(!others || words <= place);
            bits += (double)(others ? place : words) * w->word_bits[t];
        }
        if (w->kept >> t & 1u) {
            const uint64_t *n = w->a->at[w->first + t]->nest.bound;
            bits += 8 * (double)(n[SDSE_G] * n[SDSE_K] * n[SDSE_C] * n[SDSE_R]);
        }
    }
    const bool last = i + 1 == w->members, sums = adds_up(w, w->members - 1, at);
    const uint64_t row_words = end->channels * end->columns;
    if (w->question->outputs) {
        bits += w->group->output_bits[0];
        if (last)
            bits -= (double)(rows *
                             (sums ? row_words : row_words * at->channels / at->all)) *
                    w->word_bits[w->members];
    }
    if (sums && at->channel > 0 && !last) {
        const uint64_t tile = count_rows(w->fresh[w->members][at->tile], end->rows);
        const double partial = w->kinds->nests->request->residency.arch->partial_bits,
                     place = w->question->outputs ? w->word_bits[w->members] : 0;
        bits += (double)(tile * row_words) * fmax(0, partial - place);
    }
    return bits;
}

static bool is_of(const struct work *w, const struct sdse_kind *kind, size_t i,
                  const struct piece *at, const size_t *row, uint64_t rows) {
    const struct sdse_layer *layer = w->a->at[w->first + i];
    const struct sdse_nest_key *key = &kind->entry->key;
    const uint64_t *bound = kind->entry->part.bound;
    const struct channel_range out = part_of(w, i + 1, at);
    const bool sums = adds_up(w, i, at);
    const uint64_t *whole = layer->nest.bound;
    const struct channel_range in = part_of(w, read_by(w, i), at);
    const uint64_t read =
        read_by(w, i) == OUTSIDE ? whole[SDSE_G] * whole[SDSE_C] : in.to - in.from;
    const uint64_t made = sums ? w->map[i + 1].channels : out.to - out.from;
    if (kind->layer != w->a->layer[w->first + i] || kind->rows.count != rows ||
        (rows > 1 && kind->rows.step != row[1] - row[0]))
        return false;
    if (chain_is_function(layer))
        return bound[SDSE_G] == made * w->map[i + 1].columns;
    return bound[SDSE_G] * bound[SDSE_K] == made &&
           bound[SDSE_G] * bound[SDSE_C] == read &&
           key->continues == (sums && at->channel > 0) &&
           key->unfinished == (sums && !at->ends) &&
           key->loads_weights == (w->kept >> i & 1u && row[0] == w->loaded);
}

static uint64_t runs, run_nests, by_channels, gated, for_all, summed;

// --- Nests ---

// What a nest makes of one row.
static void make_row(struct work *w, size_t i, const struct piece *at, size_t row) {
    const struct channel_chain *a = w->a;
    const size_t layer = w->first + i;
    const size_t read = tensor_of(w, a->reads[layer]), adds = added_by(w, i);
    const struct channel_map *in =
        read == OUTSIDE ? &a->map[a->reads[layer]] : &w->map[read];
    struct channel_map *out = &w->map[i + 1];
    const bool sums = adds_up(w, i, at);
    const struct channel_range from = part_of(w, read_by(w, i), at);
    const struct channel_range made =
        sums ? (struct channel_range){0, out->channels} : part_of(w, i + 1, at);
    for (size_t c = made.from; c < made.to; c++)
        for (size_t q = 0; q < out->columns; q++) {
            double *word = &out->value[c][row][q];
            if (chain_is_function(a->at[layer])) {
                *word = chain_function(a, layer, in, c, row, q);
                continue;
            }
            *word = (sums && at->channel > 0 ? *word : 0) +
                    chain_terms(a, layer, in, c, row, q, from);
            summed += sums && at->channel > 0;
            if (sums && !at->ends)
                continue;
            const double added = adds != OUTSIDE ? w->map[adds].value[c][row][q]
                                 : a->adds[layer]
                                     ? a->map[a->adds[layer]].value[c][row][q]
                                     : a->addend[c][row][q];
            *word = chain_finish(a, layer, *word, added);
        }
    for (size_t c = made.from; c < made.to; c++)
        out->there[c][row] = i + 1 < w->members;
}

// Everything that a row of the outputs is made from is there.
static void check_reads(const struct work *w, size_t i, const struct piece *at,
                        size_t row) {
    bool make[CHAIN_ROWS] = {false};
    make[row] = true;
    for (size_t t = w->plan->buffered ? 0 : 1; t <= i; t++) {
        bool set[CHAIN_ROWS] = {false};
        const struct channel_range part = part_of(w, t, at);
        mark(w, i, t, make, set);
        for (size_t c = part.from; c < part.to; c++)
            for (size_t y = 0; y < w->map[t].rows; y++)
                assert_true(!set[y] || w->map[t].there[c][y]);
    }
}

// Brings in what is new of a buffered input; returns how many words.
static uint64_t load(struct work *w, const struct piece *at) {
    const struct channel_range part = part_of(w, 0, at);
    struct channel_map *in = &w->map[0];
    uint64_t words = 0;
    for (size_t r = 0; r < in->rows; r++)
        for (size_t c = part.from; c < part.to; c++) {
            if (!w->fresh[0][at->tile][r] || in->there[c][r])
                continue;
            in->there[c][r] = true;
            words += in->columns;
        }
    return words;
}

// Takes one nest, of some rows at equal distances, off the kinds: it is the next one.
static void take_kind(struct work *w, size_t i, const struct piece *at,
                      const size_t *row, uint64_t rows, uint64_t loaded, bool first,
                      double reserved) {
    w->loaded = first ? row[0] : SIZE_MAX;
    const struct sdse_kind *kind = nest_order_next(&w->order, w->kinds);
    if (kind && is_of(w, kind, i, at, row, rows) &&
        kind->entry->key.loaded_inputs == loaded &&
        fabs(kind->reserved_bits[0] - reserved) <= 1e-6)
        return;
    fail_msg("network %llu: member %zu, %llu rows from %zu, channels from %zu, %.17g "
             "bits: not the next one",
             (unsigned long long)seeds.current, i, (unsigned long long)rows, row[0],
             at->channel, reserved);
}

// A member works on the piece: a nest for each run of rows.
static void run_member(struct work *w, size_t i, const struct piece *at, bool *begun) {
    const size_t total = w->map[i + 1].rows;
    const bool *make = w->fresh[i + 1][at->tile];
    size_t row[CHAIN_ROWS], rows = 0;
    uint64_t loaded = 0;
    bool any = false;
    for (size_t r = 0; r <= total; r++) {
        const bool ends =
            rows > 0 &&
            (r == total || (make[r] && rows > 1 &&
                            r - row[rows - 1] != row[rows - 1] - row[rows - 2]));
        if (ends) {
            if (!any && i == 0 && w->plan->buffered)
                loaded = load(w, at);
            double reserved = reserved_bits(w, i, at, rows);
            // Rows of this tile that other nests of the member make have their place.
            if (i + 1 < w->members) {
                const struct channel_range part = part_of(w, i + 1, at);
                for (size_t y = 0; y < total; y++) {
                    bool own = false;
                    for (size_t n = 0; n < rows; n++)
                        own |= row[n] == y;
                    for (size_t c = part.from; c < part.to; c++)
                        if (make[y] && !own && !w->map[i + 1].there[c][y])
                            reserved +=
                                (double)w->map[i + 1].columns * w->word_bits[i + 1];
                }
            }
            take_kind(w, i, at, row, rows, any ? 0 : loaded, !*begun, reserved);
            for (size_t n = 0; n < rows; n++) {
                check_reads(w, i, at, row[n]);
                make_row(w, i, at, row[n]);
            }
            run_nests++;
            any = *begun = true;
            rows = 0;
        }
        if (r < total && make[r])
            row[rows++] = r;
    }
    // What neither later members nor later tiles need goes; the input when its last
    // channels are done.
    for (size_t t = 0; t <= i; t++) {
        const struct channel_range part = part_of(w, t, at);
        bool wanted[CHAIN_ROWS] = {false};
        for (size_t n = i + 1; n < w->members; n++)
            mark(w, n, t, w->fresh[n + 1][at->tile], wanted);
        const bool again =
            t == 0 && part.to - part.from == w->map[0].channels && !at->ends;
        for (size_t c = part.from; c < part.to; c++)
            for (size_t r = 0; r < w->map[t].rows; r++)
                w->map[t].there[c][r] &= again || wanted[r] || w->later[t][at->tile][r];
    }
}

static void run_plan(struct work *w) {
    const struct channel_chain *a = w->a;
    for (size_t i = 0; i <= w->members; i++) {
        w->map[i] = a->map[i ? w->first + i : a->reads[w->first]];
        memset(w->map[i].there, 0, sizeof w->map[i].there);
        if (i > 0) // to be made
            memset(w->map[i].value, 0, sizeof w->map[i].value);
    }
    find_rows(w);
    const size_t all = a->map[w->first + 1].channels,
                 some = w->plan->tile_channels ? (size_t)w->plan->tile_channels : all;
    struct piece at = {.all = all};
    bool begun[CHAIN_TENSORS][CHAIN_CHANNELS] = {{false}};
    for (at.tile = 0; at.tile < w->tiles; at.tile++)
        for (at.channel = 0; at.channel < all; at.channel += at.channels) {
            at.channels = all - at.channel < some ? all - at.channel : some;
            at.ends = at.channel + at.channels == all;
            for (size_t i = 0; i < w->members; i++)
                run_member(w, i, &at, &begun[i][at.channel]);
        }
    const struct channel_map *made = &w->map[w->members],
                             *whole = &a->map[w->first + w->members];
    for (size_t c = 0; c < made->channels; c++)
        for (size_t r = 0; r < made->rows; r++)
            for (size_t q = 0; q < made->columns; q++)
                assert_true(fabs(made->value[c][r][q] - whole->value[c][r][q]) <=
                            1e-9 * (1 + fabs(whole->value[c][r][q])));
    runs++;
    by_channels += w->plan->tile_channels > 0;
    gated += w->plan->tile_channels > 0 && !w->group->members.chain;
    for_all += w->plan->tile_channels > 0 && w->plan->for_all;
}

// Every plan of a group, and every set of weights that may be kept, beside something
// else that is held.
static void run_plans(const struct sdse_fusion_request *request,
                      const struct sdse_placing *placing, const struct channel_chain *a,
                      struct sdse_group *group, struct sdse_arena *arena) {
    struct sdse_fusion_counts counts = {0};
    struct sdse_nests *nests = SDSE_ARENA_NEW(arena, struct sdse_nests);
    static struct work w;
    assert_non_null(nests);
    sdse_nests_init(request, &counts, arena, nests);
    nests->capacity_bits[0] = 1e9;
    assert_int_equal(sdse_group_plan(request, arena, group), SDSE_OK);
    size_t first = 0;
    while (first < a->count && a->layer[first] != group->members.layer[0])
        first++;
    if (first == a->count) // it begins before the chain
        return;
    for (size_t n = 0; n < group->plan_count; n++)
        for (unsigned kept = 0; kept < 1u << group->members.count; kept++) {
            if (kept & ~group->may_keep)
                continue;
            const struct sdse_place_question question = {
                .layer = group->first,
                .more = group->last - group->first,
                .outputs = group->output_bits[0] > 0 && n % 2 ? SDSE_PLACE_SHARED
                                                              : SDSE_PLACE_OUTERMOST,
                .reserved_bits = (double)(8 * n)};
            struct sdse_kinds kinds = {
                .nests = nests, .group = group, .question = &question};
            w = (struct work){.a = a,
                              .group = group,
                              .plan = &group->plan[n],
                              .question = &question,
                              .kinds = &kinds,
                              .kept = kept,
                              .first = first,
                              .members = group->members.count};
            for (size_t t = 0; t <= w.members; t++) {
                const struct sdse_handed_tensor *made =
                    t ? sdse_handed_by(placing, group->members.layer[t - 1]) : NULL;
                const struct channel_map *map =
                    &a->map[t ? first + t : a->reads[first]];
                w.word_bits[t] =
                    t == 0 ? request->residency.arch->bits[SDSE_INPUTS]
                    : made ? made->held_bits /
                                 (double)(map->channels * map->rows * map->columns)
                           : 0;
            }
            nest_order_begin(request, group, &group->plan[n], kept, arena, &kinds,
                             &w.order);
            run_plan(&w);
            nest_order_end(&w.order, &kinds);
            free(kinds.kind);
        }
}

static void run_network(uint64_t seed) {
    uint64_t numbers = seed;
    struct brute_problem p = {.arena = sdse_arena_new()};
    static struct channel_chain a;
    struct sdse_residency_layer asked[BRUTE_LAYERS];
    struct sdse_map_answer alone[BRUTE_LAYERS];
    channels_make(seed, &p);
    chain_set_up(&numbers, &p, &a);
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
    printf("## fused channels: %llu plans run with numbers, %llu nests, %llu plans by "
           "channels (%llu with branches, %llu whose input is buffered for all), %llu "
           "sums that continue: as the layers one by one\n",
           (unsigned long long)runs, (unsigned long long)run_nests,
           (unsigned long long)by_channels, (unsigned long long)gated,
           (unsigned long long)for_all, (unsigned long long)summed);
    assert_true(runs > seeds.count && by_channels > seeds.count && gated > 0 &&
                for_all > 0 && summed > 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {SEEDED_TEST(test_runs, &seeds)};
    seeds_read(argc, argv, &seeds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
