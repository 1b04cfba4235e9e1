#include "oracle/support_fusionbrute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "oracle/support_cases.h"
#include "oracle/support_problems.h"
#include "spec/load.h"

enum { MOST = BRUTE_POINTS };

static struct brute_seen seen;

const struct brute_seen *brute_seen(void) { return &seen; }

const char *brute_make_arch(uint64_t *state, struct sdse_arena *arena) {
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

void brute_read(const char *arch, const char *text, struct brute_problem *p) {
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

// --- Fronts ---

static int by_energy(const void *a, const void *b) {
    const struct sdse_tradeoff *x = a, *y = b;
    if (x->energy_pj != y->energy_pj)
        return x->energy_pj < y->energy_pj ? -1 : 1;
    return x->latency_cycles < y->latency_cycles   ? -1
           : x->latency_cycles > y->latency_cycles ? 1
                                                   : 0;
}

static void prune(struct brute_points *points) {
    size_t kept = 0;
    qsort(points->at, points->count, sizeof *points->at, by_energy);
    for (size_t i = 0; i < points->count; i++)
        if (!kept || points->at[i].latency_cycles < points->at[kept - 1].latency_cycles)
            points->at[kept++] = points->at[i];
    points->count = kept;
}

static void add_point(struct brute_points *points, double energy_pj, double cycles) {
    if (points->count == MOST)
        prune(points);
    assert_true(points->count < MOST);
    points->at[points->count++] = (struct sdse_tradeoff){energy_pj, cycles};
}

// sum = a + times * b
static void add_fronts(const struct sdse_tradeoff *a, size_t a_count,
                       const struct sdse_tradeoff *b, size_t b_count, uint64_t times,
                       struct brute_points *sum) {
    sum->count = 0;
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++)
            add_point(sum, a[i].energy_pj + (double)times * b[j].energy_pj,
                      a[i].latency_cycles + (double)times * b[j].latency_cycles);
    prune(sum);
}

// --- Memories ---

// Those that share, from the outermost on. level: [SDSE_MOST_SHARED]
static unsigned list_memories(const struct brute_problem *p, unsigned *level) {
    unsigned count = 0;
    for (unsigned l = 1; l < p->arch->level_count; l++)
        if (p->arch->level[l].shares_activations)
            level[count++] = l;
    return count;
}

static unsigned memories_of(const struct brute_problem *p) {
    unsigned level[SDSE_MOST_SHARED];
    return list_memories(p, level);
}

static unsigned level_of(const struct brute_problem *p, unsigned memory) {
    unsigned level[SDSE_MOST_SHARED];
    list_memories(p, level);
    return level[memory];
}

// A place: 0 outside, 1 in the first memory, 2 in both, 3 and 4 likewise of the second.
static unsigned memory_of(unsigned place) { return (place - 1) / 2; }
static bool is_both(unsigned place) { return place && place % 2 == 0; }

// --- The mapper, asked ---

struct known {
    size_t layer;
    struct sdse_nest nest;
    struct sdse_residence at[SDSE_MOST_SHARED];
    bool sides; // the front is of energy, outer and inner cycles
    size_t count;
    struct sdse_tradeoff *front;
    const struct sdse_map_point *point;
    size_t before; // of the same slot, 1 + its index; 0: none
};

enum { SLOTS = 1 << 12 };
static struct known known[1 << 15];
static size_t known_count, slots[SLOTS];

static size_t *slot_of(const struct sdse_nest *nest, const struct sdse_residence *at) {
    double held[SDSE_MOST_SHARED];
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        held[m] = at[m].reserved_bits + at[m].tensors;
    return &slots[sdse_hash_join(sdse_hash_bytes(nest->bound, sizeof nest->bound),
                                 sdse_hash_bytes(held, sizeof held))
                      .low %
                  SLOTS];
}

static bool is_same(const struct sdse_residence *a, const struct sdse_residence *b) {
    return a->ahead == b->ahead && a->tensors == b->tensors &&
           a->operands == b->operands && a->addends == b->addends &&
           a->writes_through == b->writes_through &&
           a->loads_weights == b->loads_weights && a->continues == b->continues &&
           a->unfinished == b->unfinished && a->rescales == b->rescales &&
           a->loaded_inputs == b->loaded_inputs && a->reserved_bits == b->reserved_bits;
}

static bool is_known(const struct known *k, size_t layer, const struct sdse_nest *nest,
                     const struct sdse_residence *at, bool sides) {
    bool same = k->layer == layer && k->sides == sides &&
                memcmp(&k->nest, nest, sizeof *nest) == 0;
    for (unsigned m = 0; same && m < SDSE_MOST_SHARED; m++)
        same = is_same(&k->at[m], &at[m]);
    return same;
}

// at: [SDSE_MOST_SHARED], of each memory; of those that there are not, zeros.
static const struct known *ask(const struct brute_problem *p, size_t layer,
                               const struct sdse_nest *nest,
                               const struct sdse_residence *at, bool sides) {
    size_t *slot = slot_of(nest, at);
    for (size_t i = *slot; i; i = known[i - 1].before)
        if (is_known(&known[i - 1], layer, nest, at, sides))
            return &known[i - 1];
    assert_true(known_count < sizeof known / sizeof *known);
    struct known *next = &known[known_count++];
    *next =
        (struct known){.layer = layer, .nest = *nest, .sides = sides, .before = *slot};
    *slot = known_count;
    struct sdse_layer placed = p->net->layers[layer];
    placed.nest = *nest;
    const unsigned memories = memories_of(p);
    for (unsigned m = 0; m < memories; m++) {
        next->at[m] = at[m];
        next->at[m].level = level_of(p, m);
        next->at[m].also = m + 1 < memories ? &next->at[m + 1] : NULL;
        if (at[m].unfinished) // maps are added to what is finished
            placed.addends = 0;
        if (at[m].tensors || at[m].addends || at[m].ahead || at[m].reserved_bits > 0)
            placed.residence = next->at;
    }
    const struct sdse_map_request request = {.arch = p->arch,
                                             .layer = &placed,
                                             .objective = sides ? SDSE_MAP_SIDES
                                                                : SDSE_MAP_FRONT};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, p->arena, &answer), SDSE_OK);
    next->count = answer.point_count;
    next->point = answer.point;
    next->front = SDSE_ARENA_ARRAY(p->arena, struct sdse_tradeoff, next->count + 1);
    for (size_t i = 0; i < next->count; i++)
        next->front[i] = (struct sdse_tradeoff){answer.point[i].totals.energy_pj,
                                                answer.point[i].totals.latency_cycles};
    seen.asked++;
    return next;
}

// --- One way to run a network ---

static size_t readers_of(const struct brute_problem *p, size_t layer, size_t *first,
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

// Bits of a word as a memory stores it.
static uint32_t width_of(const struct brute_problem *p, enum sdse_tensor tensor,
                         unsigned memory) {
    const unsigned level = level_of(p, memory);
    const uint32_t own = p->arch->level[level].word_bits[tensor];
    return own ? own : p->arch->bits[tensor];
}

// Of a partial sum: no narrower than an output there.
static uint32_t partial_of(const struct brute_problem *p, unsigned memory) {
    const uint32_t word = width_of(p, SDSE_OUTPUTS, memory);
    return p->arch->partial_bits > word ? p->arch->partial_bits : word;
}

// Of what a layer makes: words as wide as it or its readers want.
static double bits_of(const struct brute_problem *p, size_t layer, unsigned memory) {
    const struct sdse_nest *nest = &p->net->layers[layer].nest;
    uint32_t bits = width_of(p, SDSE_OUTPUTS, memory);
    for (size_t e = 0; e < p->net->edge_count; e++) {
        const uint32_t read = width_of(
            p, p->net->edges[e].use == SDSE_EDGE_WEIGHTS ? SDSE_WEIGHTS : SDSE_INPUTS,
            memory);
        if (p->net->edges[e].from == layer && read > bits)
            bits = read;
    }
    return (double)bits * (double)sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
}

struct way {
    unsigned place[BRUTE_LAYERS];   // of what each layer makes
    unsigned now[BRUTE_LAYERS];     // where it is by now, if tensors are moved
    bool inner[BRUTE_LAYERS];       // handed over inside a group
    double taken[SDSE_MOST_SHARED]; // in each memory, while tensors pass to another
};

static uint32_t reads(const struct brute_problem *p, size_t maker, size_t reader,
                      enum sdse_edge_use use) {
    uint32_t count = 0;
    for (size_t e = 0; e < p->net->edge_count; e++)
        count += p->net->edges[e].from == maker && p->net->edges[e].to == reader &&
                 p->net->edges[e].use == use;
    return count;
}

// Whether what a layer before `at` makes is in a memory when that layer, or the group
// that it begins, does.
static bool is_there(const struct brute_problem *p, const struct way *way, size_t maker,
                     size_t at, unsigned memory) {
    size_t first, last;
    if (p->moves)
        return readers_of(p, maker, &first, &last) && at <= last && way->now[maker] &&
               memory_of(way->now[maker]) == memory;
    return readers_of(p, maker, &first, &last) && way->place[maker] != 0 &&
           memory_of(way->place[maker]) == memory &&
           at <= (is_both(way->place[maker]) ? first : last);
}

static double held_at(const struct brute_problem *p, const struct way *way, size_t at,
                      unsigned memory) {
    double bits = 0;
    for (size_t t = 0; t < at; t++)
        bits += is_there(p, way, t, at, memory) ? bits_of(p, t, memory) : 0;
    return bits;
}

// Maps that a layer finds in a memory as one of its operands, in a group that begins
// with layer `at`, or alone.
static uint32_t finds(const struct brute_problem *p, const struct way *way, size_t at,
                      size_t layer, enum sdse_edge_use use, unsigned memory) {
    uint32_t count = 0;
    for (size_t t = 0; t < at; t++)
        count += is_there(p, way, t, at, memory) ? reads(p, t, layer, use) : 0;
    return count;
}

// Likewise in any of them.
static uint32_t finds_any(const struct brute_problem *p, const struct way *way,
                          size_t at, size_t layer, enum sdse_edge_use use) {
    uint32_t count = 0;
    for (unsigned m = 0; m < memories_of(p); m++)
        count += finds(p, way, at, layer, use, m);
    return count;
}

// Whether a place is one of what a layer makes: some layer reads it there, and all that
// do can. In both, so that a later one reads it outside, or it is moved.
static bool may_be(const struct brute_problem *p, size_t layer, unsigned place) {
    size_t first, last;
    if (place == 0)
        return true;
    if (!readers_of(p, layer, &first, &last))
        return false;
    const unsigned level = level_of(p, memory_of(place));
    bool streams = sdse_layer_moves(&p->net->layers[layer]), weights = false;
    for (size_t e = 0; e < p->net->edge_count; e++) {
        if (p->net->edges[e].from != layer)
            continue;
        streams |= sdse_layer_moves(&p->net->layers[p->net->edges[e].to]) ||
                   p->net->edges[e].use == SDSE_EDGE_ADDEND;
        weights |= p->net->edges[e].use == SDSE_EDGE_WEIGHTS;
    }
    return (!is_both(place) || last > first || p->moves) &&
           !(streams && p->arch->vector.below_level < level) &&
           !(weights && !p->arch->level[level].shares_weights);
}

static uint64_t input_words_per_row(const struct sdse_nest *nest) {
    uint64_t columns = 0;
    for (int64_t column = 0; column < (nest->map[1] ? (int64_t)nest->map[1] : 64);
         column++) {
        bool read = false;
        for (uint64_t q = 0; q < nest->bound[SDSE_Q]; q++)
            for (uint64_t s = 0; s < nest->bound[SDSE_S]; s++)
                read |= (int64_t)(q * nest->stride[1] + s * nest->dilation[1]) -
                            nest->pad[1] ==
                        column;
        columns += read;
    }
    return nest->bound[SDSE_N] * nest->bound[SDSE_G] * nest->bound[SDSE_C] * columns;
}

// --- Groups ---

// A group: its members, and what it does.
struct turn {
    unsigned memory; // that it holds what it does in
    size_t count, layer[BRUTE_LAYERS];
    uint64_t rows[BRUTE_LAYERS]; // that each makes
    uint64_t heads;              // of them all; 1: none
    // Of an attention the keys that it may take in parts, of others the channels that
    // the first makes: a multiple of `unit`; 0: none.
    uint64_t keys, unit;
    bool sums;                 // the last adds up over them
    bool cuts_input;           // the first reads some channels only
    bool channels;             // not those of an attention
    bool begins[BRUTE_LAYERS]; // makes channels of its own from before the group
    bool softmax;              // between its products
    uint64_t columns; // that the last one makes, if tiles may be of some; else 0
    uint64_t tile_rows, tile_columns, tile_heads, tile_keys;
    unsigned retained, banded, kept;
    bool buffered, for_all, overlaps;
    // [reader][member]: maps, or ranges of channels, of what the member makes that the
    // reader takes as inputs, and as addends; first_*: of the first one's map.
    uint32_t takes[BRUTE_LAYERS][BRUTE_LAYERS], adds[BRUTE_LAYERS][BRUTE_LAYERS];
    bool first_takes[BRUTE_LAYERS], first_adds[BRUTE_LAYERS];
};

static bool is_function(const struct sdse_layer *layer) {
    return layer->kind == SDSE_ACT || layer->kind == SDSE_NORM ||
           layer->kind == SDSE_SOFTMAX || layer->kind == SDSE_ADD;
}

static uint32_t ranges_of(const struct brute_problem *p, size_t layer) {
    uint32_t count = 0;
    for (size_t e = 0; e < p->net->edge_count; e++)
        count +=
            p->net->edges[e].to == layer && p->net->edges[e].use == SDSE_EDGE_CONCAT;
    return count;
}

// Maps that a member finds in a memory as its inputs; ranges of channels are one.
static uint32_t finds_inputs(const struct brute_problem *p, const struct way *way,
                             const struct turn *turn, size_t member, unsigned memory) {
    const size_t begin = turn->layer[0], layer = turn->layer[member];
    const bool own = memory == turn->memory;
    if (ranges_of(p, layer))
        return member ? own
                      : (own && turn->buffered) ||
                            finds(p, way, begin, layer, SDSE_EDGE_CONCAT, memory);
    uint32_t count = finds(p, way, begin, layer, SDSE_EDGE_INPUTS, memory);
    for (size_t i = 0; own && i < member; i++)
        count += turn->takes[member][i];
    if (own &&
        (member == 0 ? turn->buffered : turn->for_all && turn->first_takes[member]))
        count++;
    return count;
}

static uint32_t finds_addends(const struct brute_problem *p, const struct way *way,
                              const struct turn *turn, size_t member, unsigned memory) {
    uint32_t count =
        finds(p, way, turn->layer[0], turn->layer[member], SDSE_EDGE_ADDEND, memory);
    if (memory != turn->memory)
        return count;
    for (size_t i = 0; i < member; i++)
        count += turn->adds[member][i];
    return count + (turn->for_all && turn->first_adds[member]);
}

static double weight_bits(const struct brute_problem *p, size_t layer,
                          unsigned memory) {
    const struct sdse_nest *nest = &p->net->layers[layer].nest;
    return (double)width_of(p, SDSE_WEIGHTS, memory) *
           (double)sdse_tile_words(nest, SDSE_WEIGHTS, nest->bound);
}

// A list of rows of words.
static struct sdse_nest words_nest(uint64_t words, uint64_t rows) {
    struct sdse_nest nest = {.bound = {1, 1, 1, rows, 1, 1, 1, words},
                             .stride = {1, 1},
                             .dilation = {1, 1},
                             .map = {rows, 1}};
    return nest;
}

static uint64_t words_made(const struct sdse_layer *layer) {
    return sdse_tile_words(&layer->nest, SDSE_OUTPUTS, layer->nest.bound);
}

// A part of a tile: some heads, some keys, what came before and comes after.
struct part {
    uint64_t heads, keys; // keys 0: all
    bool continues, ends;
    // Tiles of whole heads, so many of the same number, do the same: in place of those
    // of rows. This one is the first of them, or another one, or none of them.
    bool by_heads;
    uint64_t first, others;
    bool alone; // there is but one tile
};

struct kinds {
    size_t count;
    struct {
        const struct known *known;
        uint64_t times, turn, steady;
        size_t nest; // of a run: 1 + which of the tile; else 0
    } kind[1024];
    double ahead_bits; // what is held for what comes ahead
    bool crosses;      // something does, or goes behind
};

static void add_kind(struct kinds *kinds, const struct known *at, uint64_t times,
                     size_t nest, uint64_t turn, uint64_t steady) {
    size_t same = 0;
    while (same < kinds->count &&
           (kinds->kind[same].known != at || kinds->kind[same].nest != nest))
        same++;
    assert_true(same < sizeof kinds->kind / sizeof *kinds->kind);
    if (same == kinds->count) {
        kinds->kind[same].known = at;
        kinds->kind[same].turn = kinds->kind[same].steady = 0;
        kinds->kind[same].nest = nest;
        kinds->kind[kinds->count++].times = 0;
    }
    kinds->kind[same].times += times;
    kinds->kind[same].turn += turn;
    kinds->kind[same].steady += steady;
}

// What a memory keeps, and no memory further out does: what may wait there.
static unsigned stages(const struct brute_problem *p, unsigned memory) {
    unsigned set = p->arch->level[level_of(p, memory)].keeps;
    for (unsigned l = 1; l < level_of(p, memory); l++)
        set &= ~p->arch->level[l].keeps;
    return set & (SDSE_BIT(SDSE_TENSORS) - 1);
}

// What of a nest may cross ahead of it, or behind it: by way of the group's memory
// alone. homes: what it has in each memory
static unsigned ahead_of(const struct brute_problem *p, size_t layer, unsigned memory,
                         const struct sdse_residence *homes) {
    const struct sdse_layer *whole = &p->net->layers[layer];
    const struct sdse_residence *home = &homes[memory];
    const unsigned there = home->tensors;
    unsigned ahead = 0, elsewhere = 0;
    uint32_t addends = 0;
    if (sdse_layer_moves(whole))
        return 0;
    for (unsigned m = 0; m < memories_of(p); m++) {
        elsewhere |= m == memory ? 0 : homes[m].tensors;
        addends += homes[m].addends;
    }
    if (!(there & SDSE_BIT(SDSE_WEIGHTS)))
        ahead |= SDSE_BIT(SDSE_WEIGHTS);
    if ((!(there & SDSE_BIT(SDSE_INPUTS)) || home->loaded_inputs) &&
        whole->addends == addends)
        ahead |= SDSE_BIT(SDSE_INPUTS);
    if (!(there & SDSE_BIT(SDSE_OUTPUTS)) || home->writes_through)
        ahead |= SDSE_BIT(SDSE_OUTPUTS);
    return ahead & ~elsewhere & stages(p, memory);
}

// What of a member is cut where channels, or keys, come in parts.
static enum sdse_dim dim_of(const struct turn *turn, size_t member) {
    if (turn->channels ? turn->begins[member] : member == 0)
        return SDSE_K;
    return member + 1 == turn->count && turn->sums ? SDSE_C : SDSE_G;
}

// Whether a nest is of a tile of a run, where the outermost memory works ahead.
static bool is_in_run(const struct turn *turn, const struct sdse_fused_nest *at,
                      const struct part *some) {
    return turn->overlaps && at->turn && (some->first || some->others);
}

// Whether what it takes from outside comes ahead: not that of the first nest of all.
static bool comes_ahead(const struct sdse_fused_rows *rows, size_t nest,
                        const struct part *some) {
    size_t first = 0;
    while (!rows->nest[first].turn)
        first++;
    return nest > first || !some->alone;
}

// The nest of some rows, on some of the heads: added to the kinds, with the fused
// function behind it. False: it does not fit.
//
// measures  just what it takes from outside in a tile of a run, and puts there, but for
//           weights, is added to what is held
static bool add_nest(const struct brute_problem *p, const struct way *way,
                     const struct turn *turn, const struct sdse_nest *first,
                     const struct sdse_fused_rows *of_rows, size_t index,
                     const struct part *some, bool measures, struct kinds *kinds) {
    const struct sdse_fused_nest *at = &of_rows->nest[index];
    const uint64_t heads = some->heads;
    const size_t begin = turn->layer[0], layer = turn->layer[at->layer],
                 end = turn->layer[turn->count - 1];
    const struct sdse_layer *whole = &p->net->layers[layer];
    const bool last = layer == end, keeps = turn->kept >> at->layer & 1u;
    // What the group holds is in its own memory, its outputs where they go, and sums of
    // these, if that is outside, in its own.
    struct sdse_residence homes[SDSE_MOST_SHARED] = {{.level = 0}};
    const unsigned out = way->place[end] ? memory_of(way->place[end]) : turn->memory;
    for (unsigned m = 0; m < memories_of(p); m++)
        homes[m] = (struct sdse_residence){
            .tensors = finds(p, way, begin, layer, SDSE_EDGE_WEIGHTS, m)
                           ? SDSE_BIT(SDSE_WEIGHTS)
                           : 0,
            .operands = finds_inputs(p, way, turn, at->layer, m),
            .reserved_bits = held_at(p, way, begin, m)};
    struct sdse_residence *home = &homes[turn->memory],
                          *made = &homes[last ? out : turn->memory];
    const uint64_t columns = at->columns.count; // 0: all of them
    const bool cuts = turn->cuts_input && some->keys;
    const struct sdse_layer *one = &p->net->layers[begin];
    const uint64_t cell =
        first->bound[SDSE_N] * first->bound[SDSE_G] * first->bound[SDSE_C];
    const uint64_t row =
        columns ? cell
                : (turn->for_all ? cell * one->in_width : input_words_per_row(first)) /
                      turn->heads * heads;
    const uint64_t per_row = cuts ? row * some->keys / turn->keys : row;
    if (keeps)
        home->tensors |= SDSE_BIT(SDSE_WEIGHTS);
    const bool sums = last && some->keys && turn->sums;
    if (!last || way->place[layer] || sums)
        made->tensors |= SDSE_BIT(SDSE_OUTPUTS);
    made->continues = sums && some->continues;
    made->unfinished = sums && !some->ends;
    made->rescales = made->continues && turn->softmax;
    for (unsigned m = 0; m < memories_of(p); m++) {
        if (homes[m].operands)
            homes[m].tensors |= SDSE_BIT(SDSE_INPUTS);
        homes[m].addends =
            made->unfinished ? 0 : finds_addends(p, way, turn, at->layer, m);
    }
    made->writes_through = last && (is_both(way->place[layer]) ||
                                    (sums && some->ends && !way->place[layer]));
    if (made->unfinished)
        made->writes_through = false;
    home->loads_weights = keeps && at->first;
    home->loaded_inputs = some->continues && !cuts ? 0 : at->loaded * per_row;
    // A buffered input waits for the next keys.
    const bool waits = turn->buffered && some->keys && !cuts && !some->ends;
    home->reserved_bits += (double)((waits ? at->again : at->held[0]) * per_row *
                                    width_of(p, SDSE_INPUTS, turn->memory));
    if (cuts)
        home->reserved_bits += (double)(at->idle[0] * (row - per_row) *
                                        width_of(p, SDSE_INPUTS, turn->memory));
    for (size_t i = 0; i < turn->count; i++)
        if (turn->kept >> i & 1u)
            home->reserved_bits += weight_bits(p, turn->layer[i], turn->memory) /
                                   (double)turn->heads * (double)heads;
    for (size_t i = 1; i < turn->count; i++) {
        const size_t maker = turn->layer[i - 1];
        const double whole_row =
            bits_of(p, maker, turn->memory) / (double)turn->rows[i - 1] /
            (double)turn->heads * (double)heads /
            (columns ? (double)p->net->layers[maker].nest.bound[SDSE_Q] : 1);
        const double part_row =
            some->keys ? whole_row * (double)some->keys / (double)turn->keys
                       : whole_row;
        home->reserved_bits += part_row * (double)at->held[i];
        if (some->keys)
            home->reserved_bits += (whole_row - part_row) * (double)at->idle[i];
        if (maker == layer) // its own have a place of their own
            home->reserved_bits -= part_row * (double)at->part.bound[SDSE_P] *
                                   (columns ? (double)at->part.bound[SDSE_Q] : 1);
    }
    if (way->place[end])
        homes[out].reserved_bits += bits_of(p, end, out);
    if (last && way->place[end])
        homes[out].reserved_bits -=
            bits_of(p, end, out) * (double)at->part.bound[SDSE_P] /
            (double)turn->rows[turn->count - 1] / (double)turn->heads * (double)heads *
            (columns ? (double)columns / (double)turn->columns : 1) *
            (some->keys && !turn->sums ? (double)some->keys / (double)turn->keys : 1);
    struct sdse_nest part = at->part;
    part.bound[SDSE_G] = part.bound[SDSE_G] / turn->heads * heads;
    if (some->keys) {
        // Maximum and sum of each row of each head; the tile's sums so far.
        const struct sdse_nest *mixed = &p->net->layers[end].nest;
        const double rows = (double)(at->tile_rows * mixed->bound[SDSE_N] *
                                     mixed->bound[SDSE_G] / turn->heads * heads),
                     words =
                         rows * (double)(mixed->bound[SDSE_K] * mixed->bound[SDSE_Q]),
                     sum_bits = words * partial_of(p, out),
                     place = way->place[end]
                                 ? words * bits_of(p, end, out) /
                                       (double)words_made(&p->net->layers[end])
                                 : 0;
        if (turn->softmax)
            home->reserved_bits += 2 * rows * partial_of(p, turn->memory);
        if (turn->sums && some->continues && !last && sum_bits > place)
            homes[out].reserved_bits += sum_bits - place;
        const enum sdse_dim cut = dim_of(turn, at->layer);
        part.bound[cut] = part.bound[cut] * some->keys / turn->keys;
    }
    const bool in_run = is_in_run(turn, at, some);
    if (in_run)
        home->ahead = ahead_of(p, layer, turn->memory, homes);
    kinds->crosses |= in_run && home->ahead && comes_ahead(of_rows, index, some);
    if (measures && in_run) {
        if (home->ahead & SDSE_BIT(SDSE_INPUTS) && comes_ahead(of_rows, index, some))
            kinds->ahead_bits +=
                (double)width_of(p, SDSE_INPUTS, turn->memory) *
                (double)(home->tensors & SDSE_BIT(SDSE_INPUTS)
                             ? home->loaded_inputs
                             : sdse_tile_words(&part, SDSE_INPUTS, part.bound));
        if (home->ahead & SDSE_BIT(SDSE_OUTPUTS) && !some->alone)
            kinds->ahead_bits +=
                (double)partial_of(p, turn->memory) *
                (double)sdse_tile_words(&part, SDSE_OUTPUTS, part.bound);
    }
    if (measures)
        return true;
    home->reserved_bits += kinds->ahead_bits;
    const struct known *found = ask(p, layer, &part, homes, in_run);
    if (!found->count)
        return false;
    if (!in_run)
        add_kind(kinds, found, at->times, 0, 0, 0);
    else
        add_kind(kinds, found, at->times, 1 + index,
                 some->by_heads ? some->first : at->turn,
                 some->by_heads ? some->others : at->steady);
    const size_t next = layer + 1;
    if (last || turn->layer[at->layer + 1] == next)
        return true;
    // A fused function of what it makes.
    const struct sdse_layer *function = &p->net->layers[next];
    const struct sdse_nest words =
        words_nest(sdse_tile_words(&part, SDSE_OUTPUTS, part.bound), 1);
    seen.functions_of_other_rows +=
        function->nest.bound[SDSE_P] != whole->nest.bound[SDSE_P];
    const struct sdse_residence nothing[SDSE_MOST_SHARED] = {{0}};
    add_kind(kinds, ask(p, next, &words, nothing, false), at->times, 0, 0, 0);
    return true;
}

// Bits of the weights that members take from outside, ahead, in a tile of so many
// heads.
static double weights_ahead(const struct brute_problem *p, const struct way *way,
                            const struct turn *turn, const struct sdse_fused_rows *rows,
                            const struct part *some) {
    double bits = 0;
    for (size_t i = 0; i < turn->count; i++) {
        const size_t layer = turn->layer[i];
        bool takes = false;
        for (size_t n = 0; n < rows->count; n++)
            takes |= rows->nest[n].layer == i &&
                     is_in_run(turn, &rows->nest[n], some) &&
                     comes_ahead(rows, n, some);
        if (takes && !sdse_layer_moves(&p->net->layers[layer]) &&
            !(turn->kept >> i & 1u) &&
            stages(p, turn->memory) & SDSE_BIT(SDSE_WEIGHTS) &&
            !finds_any(p, way, turn->layer[0], layer, SDSE_EDGE_WEIGHTS))
            bits += weight_bits(p, layer, turn->memory) / (double)turn->heads *
                    (double)some->heads;
    }
    return bits;
}

// A sum over kinds whose nests overlap: energy; cycles of nests outside of runs; of a
// tile of a run the outermost memory's, the others', and when its nests so far are
// done.
struct overlapped {
    double energy_pj, alone, outer, inner, end;
};

static bool is_no_worse(const struct overlapped *a, const struct overlapped *b) {
    return a->energy_pj <= b->energy_pj && a->alone <= b->alone &&
           a->outer <= b->outer && a->inner <= b->inner && a->end <= b->end;
}

// Adds every point of every kind to every sum that none of five objectives excludes.
static void add_overlapped(const struct kinds *kinds, struct brute_points *front) {
    enum { SUMS = 1 << 15 };
    static struct overlapped sums[2][SUMS];
    size_t count = 1;
    double runs = 0, more = 0;
    sums[0][0] = (struct overlapped){.energy_pj = 0};
    for (size_t k = 0; k < kinds->count; k++) {
        const struct overlapped *before = sums[k % 2];
        struct overlapped *after = sums[(k + 1) % 2];
        const uint64_t turn = kinds->kind[k].turn, steady = kinds->kind[k].steady,
                       times = kinds->kind[k].times;
        size_t made = 0;
        if (turn) {
            runs = (double)turn;
            more = (double)steady / (double)turn;
        }
        for (size_t i = 0; i < count; i++)
            for (size_t c = 0; c < kinds->kind[k].known->count; c++) {
                const struct sdse_totals *at = &kinds->kind[k].known->point[c].totals;
                struct overlapped next = before[i];
                next.energy_pj += (double)times * at->energy_pj;
                next.alone += (double)(times - turn - steady) * at->latency_cycles;
                if (turn) {
                    next.outer += at->outer_cycles;
                    next.inner += at->inner_cycles;
                    next.end += at->inner_cycles;
                    if (next.end < next.outer)
                        next.end = next.outer;
                }
                bool worse = false;
                size_t kept = 0;
                for (size_t j = 0; j < made && !worse; j++)
                    worse = is_no_worse(&after[j], &next);
                for (size_t j = 0; j < made && !worse; j++)
                    if (!is_no_worse(&next, &after[j]))
                        after[kept++] = after[j];
                if (worse)
                    continue;
                assert_true(kept < SUMS);
                after[kept] = next;
                made = kept + 1;
            }
        count = made;
    }
    for (size_t i = 0; i < count; i++) {
        const struct overlapped *sum = &sums[kinds->count % 2][i];
        const double longer = sum->outer > sum->inner ? sum->outer : sum->inner;
        add_point(front, sum->energy_pj,
                  sum->alone + runs * (sum->end + more * longer));
    }
    prune(front);
}

// The front of a group in one configuration.
static void run_turn(const struct brute_problem *p, const struct way *way,
                     const struct turn *turn, struct brute_points *front) {
    struct kinds kinds = {.count = 0};
    struct sdse_nest nest[BRUTE_LAYERS];
    struct sdse_fused_reads reads[BRUTE_LAYERS];
    for (size_t i = 0; i < turn->count; i++) {
        const struct sdse_layer *layer = &p->net->layers[turn->layer[i]];
        nest[i] = is_function(layer)
                      ? words_nest(words_made(layer) / turn->rows[i], turn->rows[i])
                      : layer->nest;
        nest[i].map[0] = is_function(layer) ? turn->rows[i] : layer->in_height;
        // Tensor 0 is the first one's map, tensor j + 1 what member j makes.
        reads[i] = (struct sdse_fused_reads){
            .windows = i == 0 || (turn->for_all && turn->first_takes[i]),
            .rows = turn->for_all && turn->first_adds[i]};
        for (size_t j = 0; j < i; j++) {
            reads[i].windows |= turn->takes[i][j] ? SDSE_BIT(j + 1) : 0u;
            reads[i].rows |= turn->adds[i][j] ? SDSE_BIT(j + 1) : 0u;
        }
    }
    const struct sdse_fused_rows_request request = {.layer_count = turn->count,
                                                    .nest = nest,
                                                    .reads = turn->tile_columns ? NULL
                                                                                : reads,
                                                    .tile_rows = turn->tile_rows,
                                                    .tile_columns = turn->tile_columns,
                                                    .banded = turn->banded,
                                                    .retained = turn->retained,
                                                    .buffered = turn->buffered,
                                                    .parts = true,
                                                    .steady = turn->overlaps};
    struct sdse_fused_rows rows;
    struct sdse_arena *scratch = sdse_arena_new();
    assert_int_equal(sdse_fused_rows_find(&request, scratch, &rows), SDSE_OK);
    front->count = 0;
    bool fits = !rows.starved;
    // Tiles of whole heads, so many of the same number, are tiles like any others.
    const uint64_t alike = turn->heads / turn->tile_heads;
    bool is_alone = rows.tiles != 1 || alike == 1;
    for (size_t n = 0; n < rows.count; n++)
        is_alone &= !rows.nest[n].steady;
    for (int measures = turn->overlaps; measures >= 0 && fits; measures--) {
        if (!measures && !is_alone)
            kinds.ahead_bits *= 2; // one part fills while one empties
        for (uint64_t done = 0, heads; fits && done < turn->heads; done += heads) {
            heads = turn->heads - done < turn->tile_heads ? turn->heads - done
                                                          : turn->tile_heads;
            const uint64_t all = turn->tile_keys ? turn->keys : 1,
                           most = turn->tile_keys ? turn->tile_keys : 1;
            const bool full = heads == turn->tile_heads;
            for (uint64_t key = 0, keys; key < all; key += keys) {
                keys = all - key < most ? all - key : most;
                const struct part some = {.heads = heads,
                                          .keys = turn->tile_keys ? keys : 0,
                                          .continues = key > 0,
                                          .ends = key + keys == all,
                                          .by_heads = rows.tiles == 1,
                                          .alone = is_alone,
                                          .first = full && done == 0,
                                          .others = full && done > 0};
                if (measures && key == 0 && done == 0)
                    kinds.ahead_bits += weights_ahead(p, way, turn, &rows, &some);
                for (size_t n = 0; n < rows.count && fits && !(measures && done); n++)
                    fits = add_nest(p, way, turn, &nest[0], &rows, n, &some, measures,
                                    &kinds);
            }
        }
    }
    sdse_arena_free(scratch);
    if (!fits)
        return;
    if (turn->overlaps) { // or it is one without
        if (kinds.crosses)
            add_overlapped(&kinds, front);
        return;
    }
    // Arrays of the longest front are large: only points that are there are moved.
    static struct brute_points sums[2];
    const struct brute_points *sum = &sums[0];
    sums[0].count = 1;
    sums[0].at[0] = (struct sdse_tradeoff){0, 0};
    for (size_t k = 0; k < kinds.count; k++) {
        struct brute_points *more = &sums[(k + 1) % 2];
        add_fronts(sum->at, sum->count, kinds.kind[k].known->front,
                   kinds.kind[k].known->count, kinds.kind[k].times, more);
        sum = more;
    }
    front->count = sum->count;
    memcpy(front->at, sum->at, sum->count * sizeof *sum->at);
}

// Whether a function may be taken row by row: of each word, or of the maker's rows.
static bool has_rows_of(const struct sdse_layer *function, uint64_t rows,
                        uint64_t words) {
    return function->nest.bound[SDSE_P] == rows ||
           ((function->kind == SDSE_ACT || function->kind == SDSE_ADD) &&
            words_made(function) == words);
}

// Whether a layer's rows may be nests of their own.
static bool has_rows(const struct sdse_layer *layer) {
    return (!sdse_layer_moves(layer) && layer->addends <= 1) ||
           ((is_function(layer) || layer->kind == SDSE_POOL) && !layer->move.fused);
}

// What a layer reads as inputs from a layer before it; NULL: nothing.
static const struct sdse_workload_edge *input_of(const struct brute_problem *p,
                                                 size_t layer) {
    for (size_t e = 0; e < p->net->edge_count; e++)
        if (p->net->edges[e].to == layer && p->net->edges[e].use <= SDSE_EDGE_CONCAT)
            return &p->net->edges[e];
    return NULL;
}

// Whether an edge carries rows that member `to` can read, of which so many are made by
// a layer. Rows are told apart by their number: all but functions of single words must
// read as many as are made.
static bool carries_rows(const struct brute_problem *p,
                         const struct sdse_workload_edge *edge, uint64_t rows) {
    const struct sdse_layer *maker = &p->net->layers[edge->from],
                            *reader = &p->net->layers[edge->to];
    if (edge->use == SDSE_EDGE_ADDEND)
        return reader->nest.bound[SDSE_P] == rows;
    if (edge->use == SDSE_EDGE_WEIGHTS || edge->via == SDSE_VIA_POOL ||
        (edge->via == SDSE_VIA_SOFTMAX &&
         (reader->kind != SDSE_MATMUL || maker->kind != SDSE_MATMUL)))
        return false;
    return is_function(reader) ? has_rows_of(reader, rows, words_made(maker))
                               : reader->in_height == rows;
}

// Notes what member `at` reads, of the group and from before it, and its rows; false:
// it does not read row by row, or too much from before.
static bool links(const struct brute_problem *p, struct turn *turn, size_t at) {
    const struct sdse_workload_edge *first = NULL;
    const struct sdse_layer *reader = &p->net->layers[turn->layer[at]],
                            *begin = &p->net->layers[turn->layer[0]];
    uint64_t rows = 0;
    uint32_t outer = 0, ranges = 0, firsts = 0;
    for (size_t e = 0; e < p->net->edge_count; e++) {
        if (p->net->edges[e].to == turn->layer[0] &&
            p->net->edges[e].use <= SDSE_EDGE_CONCAT) {
            first = &p->net->edges[e];
            firsts++;
        }
    }
    for (size_t e = 0; e < p->net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &p->net->edges[e];
        if (edge->to != turn->layer[at])
            continue;
        size_t maker = 0;
        while (maker < at && turn->layer[maker] != edge->from)
            maker++;
        if (maker < at) {
            const bool addend = edge->use == SDSE_EDGE_ADDEND;
            if (!carries_rows(p, edge, turn->rows[maker]) ||
                (!addend && rows && rows != turn->rows[maker]))
                return false;
            turn->takes[at][maker] += !addend;
            turn->adds[at][maker] += addend;
            rows = addend ? rows : turn->rows[maker];
            continue;
        }
        if (edge->use == SDSE_EDGE_WEIGHTS)
            continue;
        if (edge->via == SDSE_VIA_POOL)
            return false;
        outer += edge->use == SDSE_EDGE_INPUTS;
        ranges += edge->use == SDSE_EDGE_CONCAT;
        const bool same = at > 0 && firsts == 1 && first->use == SDSE_EDGE_INPUTS &&
                          first->from == edge->from && !is_function(begin);
        if (same && edge->use == SDSE_EDGE_INPUTS)
            turn->first_takes[at] = reader->in_height == begin->in_height;
        if (same && edge->use == SDSE_EDGE_ADDEND)
            turn->first_adds[at] = reader->nest.bound[SDSE_P] == begin->in_height;
    }
    if (at > 0 && (ranges || outer > 1))
        return false;
    turn->rows[at] = is_function(reader) && rows ? rows : reader->nest.bound[SDSE_P];
    if (is_function(reader))
        turn->first_takes[at] &= turn->rows[at] == begin->in_height;
    return true;
}

// Whether each member reads what the one before makes, and as inputs that alone.
static bool is_chain(const struct brute_problem *p, const struct turn *turn) {
    bool chain = true;
    for (size_t at = 1; at < turn->count; at++) {
        const struct sdse_layer *layer = &p->net->layers[turn->layer[at]];
        chain &= turn->takes[at][at - 1] == 1 && !ranges_of(p, turn->layer[at]) &&
                 layer->kind != SDSE_ADD && !turn->first_takes[at];
        for (size_t i = 0; i + 1 < at; i++)
            chain &= !turn->takes[at][i];
        for (size_t i = 0; i < at; i++)
            chain &= !turn->adds[at][i];
    }
    return chain;
}

// Whether others than the first member read its map.
static bool shares_input(const struct turn *turn) {
    bool shares = false;
    for (size_t at = 1; at < turn->count; at++)
        shares |= turn->first_takes[at] || turn->first_adds[at];
    return shares;
}

// Whether what a member makes is read by later ones alone.
static bool stays_inside(const struct brute_problem *p, size_t maker, size_t last) {
    size_t one, end;
    return readers_of(p, maker, &one, &end) > 0 && end <= last;
}

// Products that each have so many right operands, and functions of what they make: one
// after the other they may be done for all of them, or by heads.
static uint64_t heads_of(const struct brute_problem *p, const struct turn *turn) {
    uint64_t heads = 0, samples = 0;
    if (!is_chain(p, turn))
        return 1;
    for (size_t i = 0; i < turn->count; i++) {
        const struct sdse_layer *layer = &p->net->layers[turn->layer[i]];
        if (is_function(layer))
            continue;
        if (layer->kind != SDSE_MATMUL)
            return 1;
        if (heads && (heads != layer->nest.bound[SDSE_G] ||
                      samples != layer->nest.bound[SDSE_N]))
            return 1;
        heads = layer->nest.bound[SDSE_G];
        samples = layer->nest.bound[SDSE_N];
    }
    return heads ? heads : 1;
}

// Scores of two products, of the same heads, and between them functions of a word or
// softmax alone: keys may be taken in parts.
static void find_keys(const struct brute_problem *p, struct turn *turn) {
    const size_t first = turn->layer[0], last = turn->layer[turn->count - 1];
    const struct sdse_layer *scores = &p->net->layers[first],
                            *mixed = &p->net->layers[last];
    turn->keys = 0;
    turn->unit = 1;
    turn->sums = true;
    turn->softmax = input_of(p, last) && input_of(p, last)->via == SDSE_VIA_SOFTMAX;
    if (!is_chain(p, turn) || scores->kind != SDSE_MATMUL ||
        mixed->kind != SDSE_MATMUL || mixed->addends ||
        scores->nest.bound[SDSE_G] != mixed->nest.bound[SDSE_G] ||
        scores->nest.bound[SDSE_N] != mixed->nest.bound[SDSE_N])
        return;
    for (size_t l = first + 1; l < last; l++) {
        if (p->net->layers[l].kind != SDSE_ACT &&
            p->net->layers[l].kind != SDSE_SOFTMAX)
            return;
        turn->softmax |= p->net->layers[l].kind == SDSE_SOFTMAX;
    }
    if (!turn->softmax || p->arch->vector.below_level == level_of(p, turn->memory))
        turn->keys = scores->nest.bound[SDSE_K];
}

// The columns that a group makes, if its tiles may be of some: maps of its members are
// read as they were made, and nothing between them takes more than a word.
static uint64_t columns_of(const struct brute_problem *p, const struct turn *turn) {
    const size_t end = turn->layer[turn->count - 1];
    if (!is_chain(p, turn))
        return 0;
    for (size_t l = turn->layer[0]; l <= end; l++) {
        const struct sdse_layer *layer = &p->net->layers[l];
        const bool between = sdse_layer_moves(layer) && layer->move.fused;
        if (between ? layer->kind != SDSE_ACT
                    : sdse_layer_moves(layer) && layer->kind != SDSE_POOL)
            return 0;
    }
    for (size_t i = 1; i < turn->count; i++)
        if (p->net->layers[turn->layer[i]].in_width !=
            p->net->layers[turn->layer[i - 1]].nest.bound[SDSE_Q])
            return 0;
    const uint64_t columns = p->net->layers[end].nest.bound[SDSE_Q];
    return p->columns && columns > 1 ? columns : 0;
}

// The one member of whose outputs another reads the channels; SIZE_MAX: none.
static size_t maker_of(const struct turn *turn, size_t member) {
    size_t maker = SIZE_MAX;
    for (size_t i = 0; i < member; i++)
        if (turn->takes[member][i])
            maker = i;
    return maker;
}

// Whether members may take parts of so many channels of what the first makes: each is a
// whole number of groups of every layer that has groups, of channels of those that
// begin anew, and of the last.
static bool is_unit(const struct brute_problem *p, const struct turn *turn,
                    uint64_t all, uint64_t unit) {
    if (all % unit)
        return false;
    for (size_t i = 0; i < turn->count; i++) {
        const struct sdse_layer *layer = &p->net->layers[turn->layer[i]];
        const enum sdse_dim cut = dim_of(turn, i);
        if (layer->kind != SDSE_ACT && layer->nest.bound[cut] * unit % all)
            return false;
    }
    return true;
}

static bool are_alike(const struct sdse_layer *a, const struct sdse_layer *b) {
    const uint64_t *x = a->nest.bound, *y = b->nest.bound;
    return x[SDSE_N] == y[SDSE_N] && x[SDSE_Q] == y[SDSE_Q] &&
           x[SDSE_G] * x[SDSE_K] == y[SDSE_G] * y[SDSE_K];
}

// The layer that decides in which channels a member's outputs are: behind functions of
// a word the one before them.
static const struct sdse_layer *shaped_by(const struct brute_problem *p,
                                          const struct turn *turn, size_t member) {
    while (p->net->layers[turn->layer[member]].kind == SDSE_ACT)
        member = maker_of(turn, member);
    return &p->net->layers[turn->layer[member]];
}

// Whether a member works on some channels of what others of the group make by
// themselves, or adds up over them as the last.
static bool by_channels(const struct brute_problem *p, struct turn *turn,
                        size_t member) {
    const struct sdse_layer *layer = &p->net->layers[turn->layer[member]];
    const bool last = member + 1 == turn->count;
    uint32_t maps = 0;
    for (size_t i = 0; i < member; i++)
        maps += turn->takes[member][i];
    if (maps > 1 || ranges_of(p, turn->layer[member]))
        return false;
    if (layer->kind == SDSE_ACT)
        return maps == 1 && !last;
    if (layer->kind > SDSE_POOL || layer->kind == SDSE_WGRAD)
        return false;
    turn->begins[member] = maps == 0;
    turn->sums = last && maps == 1 && layer->nest.bound[SDSE_G] == 1;
    if (maps == 0 && layer->nest.bound[SDSE_G] > 1)
        return false;
    for (size_t i = 0; i < member; i++)
        if (turn->adds[member][i] &&
            (turn->sums || !are_alike(shaped_by(p, turn, i), layer)))
            return false;
    if (maps == 0)
        return true;
    const struct sdse_layer *maker = shaped_by(p, turn, maker_of(turn, member));
    const uint64_t *out = maker->nest.bound, *in = layer->nest.bound;
    return out[SDSE_G] * out[SDSE_K] == in[SDSE_G] * in[SDSE_C] &&
           out[SDSE_N] == in[SDSE_N] && out[SDSE_Q] == layer->in_width &&
           !input_of(p, turn->layer[member])->via;
}

// Members that work channel by channel on what the first makes, up to the last, which
// may add up over them.
static void find_channels(const struct brute_problem *p, struct turn *turn) {
    const size_t end = turn->layer[turn->count - 1];
    const struct sdse_layer *first = &p->net->layers[turn->layer[0]],
                            *last = &p->net->layers[end];
    if (turn->keys || turn->heads > 1 || sdse_layer_moves(first) ||
        (first->kind == SDSE_MATMUL && last->kind == SDSE_MATMUL))
        return;
    for (size_t l = turn->layer[0]; l < end; l++)
        if (p->net->layers[l].kind != SDSE_ACT && p->net->layers[l].kind > SDSE_POOL)
            return;
    turn->channels = true;
    turn->cuts_input = first->nest.bound[SDSE_G] > 1;
    turn->begins[0] = !turn->cuts_input;
    for (size_t i = 1; i < turn->count; i++)
        if (!by_channels(p, turn, i))
            return;
    const uint64_t all = first->nest.bound[SDSE_G] * first->nest.bound[SDSE_K];
    for (turn->unit = 1; turn->unit < all; turn->unit++)
        if (is_unit(p, turn, all, turn->unit))
            break;
    turn->keys = turn->unit < all ? all : 0;
}

// The layers of a group that begins with layer `first`, has `count` members and holds
// what it does in a memory; 0: there is none.
static size_t list_turn(const struct brute_problem *p, size_t first, size_t count,
                        unsigned memory, struct turn *turn) {
    size_t l = first, found = 0;
    *turn = (struct turn){.memory = memory};
    while (found < count && l < p->net->layer_count) {
        const struct sdse_layer *layer = &p->net->layers[l];
        if (sdse_layer_moves(layer) && layer->move.fused) {
            if (found == 0 ||
                !has_rows_of(layer, turn->rows[found - 1],
                             words_made(&p->net->layers[turn->layer[found - 1]])))
                return 0;
            l++;
            continue;
        }
        turn->layer[found] = l++;
        if (!has_rows(layer) || !links(p, turn, found))
            return 0;
        found++;
    }
    turn->count = found;
    if (found < count)
        return 0;
    for (size_t i = 0; i + 1 < count; i++)
        if (!stays_inside(p, turn->layer[i], turn->layer[count - 1]) ||
            !may_be(p, turn->layer[i], 1 + 2 * memory))
            return 0;
    turn->heads = heads_of(p, turn);
    find_keys(p, turn);
    turn->columns = columns_of(p, turn);
    find_channels(p, turn);
    return turn->layer[count - 1] + 1 - first;
}

bool brute_is_group(const struct brute_problem *p, size_t first, size_t count) {
    struct turn turn = {.count = 0};
    return list_turn(p, first, count, 0, &turn) > 0;
}

static bool is_tile(const struct brute_problem *p, uint64_t rows, uint64_t tile) {
    for (uint64_t t = 1; t <= rows; t++)
        if ((rows + t - 1) / t == tile)
            return true;
    return p->tiles == SDSE_TILES_ALL;
}

// Whether the weights of a set of members may be kept: no other layer put them there.
static bool may_keep(const struct brute_problem *p, const struct way *way,
                     const struct turn *turn) {
    for (size_t i = 0; i < turn->count; i++)
        if (turn->kept >> i & 1u &&
            (!p->arch->level[level_of(p, turn->memory)].shares_weights ||
             sdse_layer_moves(&p->net->layers[turn->layer[i]]) ||
             finds_any(p, way, turn->layer[0], turn->layer[i], SDSE_EDGE_WEIGHTS)))
            return false;
    return true;
}

// All choices of what is kept in bands: of what is not retained, and of an input that
// is buffered.
static void run_bands(const struct brute_problem *p, const struct way *way,
                      struct turn turn, struct brute_points *all) {
    static struct brute_points one;
    for (turn.banded = 0; turn.banded < 1u << turn.count; turn.banded++) {
        if (turn.banded & turn.retained || (turn.banded & 1u && !turn.buffered) ||
            (turn.banded && !turn.tile_columns))
            continue;
        for (int overlaps = 0; overlaps <= (int)p->overlap; overlaps++) {
            turn.overlaps = overlaps;
            if (overlaps && (turn.tile_columns || turn.tile_keys))
                continue;
            run_turn(p, way, &turn, &one);
            for (size_t i = 0; i < one.count; i++)
                add_point(all, one.at[i].energy_pj, one.at[i].latency_cycles);
        }
    }
}

// All configurations of a group of given tiles under given places.
static void run_tiles(const struct brute_problem *p, const struct way *way,
                      struct turn turn, struct brute_points *all) {
    const size_t first = turn.layer[0];
    const uint32_t ranges = ranges_of(p, first),
                   one = finds_any(p, way, first, first, SDSE_EDGE_INPUTS),
                   some = finds_any(p, way, first, first, SDSE_EDGE_CONCAT);
    // A map is in one place, and an addition's are not buffered.
    const bool there = one || some || p->net->layers[first].kind == SDSE_ADD;
    for (unsigned m = 0; m < memories_of(p); m++)
        if (some && finds(p, way, first, first, SDSE_EDGE_CONCAT, m) % ranges)
            return;
    // Sums are rescaled by the vector unit, which stands beside the group's memory.
    const unsigned out = way->place[turn.layer[turn.count - 1]];
    if (turn.tile_keys && !turn.channels && turn.softmax && out &&
        memory_of(out) != turn.memory)
        return;
    for (turn.retained = 0; turn.retained < 1u << turn.count; turn.retained += 2) {
        for (turn.kept = 0; turn.kept < 1u << turn.count; turn.kept++) {
            const bool whole_rows =
                turn.tile_heads == turn.heads && !turn.tile_columns &&
                (!turn.tile_keys || (turn.channels && !turn.cuts_input));
            const int inputs = there ? 1 : shares_input(&turn) && whole_rows ? 3 : 2;
            for (int b = 0; b < inputs && may_keep(p, way, &turn); b++) {
                turn.buffered = b > 0;
                turn.for_all = b > 1;
                run_bands(p, way, turn, all);
            }
        }
    }
}

// Whether keys, or columns, are taken in parts of so many: of half as many again and
// again, or of any number.
static bool is_some_keys(const struct brute_problem *p, uint64_t all, uint64_t keys) {
    if (p->tiles == SDSE_TILES_ALL)
        return keys < all;
    for (uint64_t some = all; some > 1;) {
        const uint64_t parts = 2 * ((all + some - 1) / some);
        some = (all + parts - 1) / parts;
        if (some == keys)
            return true;
    }
    return false;
}

// Adds its front to what is found.
static void run_group(const struct brute_problem *p, const struct way *way,
                      struct turn turn, struct brute_points *all) {
    const uint64_t rows = turn.rows[turn.count - 1];
    for (turn.tile_rows = 1; turn.tile_rows <= rows; turn.tile_rows++)
        for (turn.tile_heads = 1; turn.tile_heads <= turn.heads; turn.tile_heads++)
            if (is_tile(p, rows, turn.tile_rows) &&
                is_tile(p, turn.heads, turn.tile_heads))
                run_tiles(p, way, turn, all);
    turn.tile_heads = turn.heads;
    for (turn.tile_rows = 1; turn.tile_rows <= rows; turn.tile_rows++)
        for (turn.tile_columns = 1; turn.tile_columns < turn.columns;
             turn.tile_columns++)
            if (is_tile(p, rows, turn.tile_rows) &&
                is_some_keys(p, turn.columns, turn.tile_columns))
                run_tiles(p, way, turn, all);
    turn.tile_columns = 0;
    turn.tile_heads = 1;
    for (turn.tile_rows = 1; turn.tile_rows <= rows; turn.tile_rows++)
        for (turn.tile_keys = turn.unit; turn.tile_keys < turn.keys;
             turn.tile_keys += turn.unit)
            if (is_tile(p, rows, turn.tile_rows) &&
                is_some_keys(p, turn.keys / turn.unit, turn.tile_keys / turn.unit))
                run_tiles(p, way, turn, all);
    prune(all);
}

// --- All ways ---

// --- Moves ---

static double cycles_of(const struct sdse_level *level, double bits) {
    return ceil(bits / level->shared_bits_per_cycle.value);
}

// What it takes to move what a layer makes from one level to another, the outermost of
// their memories: every word once. made: as outputs are stored, for the outermost one.
static struct sdse_tradeoff move_cost(const struct brute_problem *p, size_t layer,
                                      unsigned from, unsigned to, bool made) {
    const struct sdse_nest *nest = &p->net->layers[layer].nest;
    const struct sdse_level *source = &p->arch->level[from],
                            *target = &p->arch->level[to];
    const enum sdse_tensor tensor = made ? SDSE_OUTPUTS : SDSE_INPUTS,
                           by = from > to ? SDSE_OUTPUTS : SDSE_INPUTS;
    const double words = (double)sdse_tile_words(nest, SDSE_OUTPUTS, nest->bound);
    const double read = words * (source->word_bits[tensor] ? source->word_bits[tensor]
                                                           : p->arch->bits[tensor]),
                 written =
                     words * (target->word_bits[tensor] ? target->word_bits[tensor]
                                                        : p->arch->bits[tensor]),
                 on_wire = made ? written : read;
    const bool reads = !made || p->arch->count_drain_reads;
    double energy = reads ? read * sdse_level_read_pj(source) : 0;
    energy += written *
              (from > to ? sdse_level_update_pj(target) : sdse_level_fill_pj(target));
    for (unsigned l = from < to ? from : to; l < (from < to ? to : from); l++)
        energy += on_wire * p->arch->level[l].network[by].pj_per_bit.value;
    return (struct sdse_tradeoff){
        energy, fmax(reads ? cycles_of(source, read) : 0, cycles_of(target, written))};
}

static struct brute_points truth;

static void run_next(const struct brute_problem *p, struct way *way, size_t layer,
                     const struct brute_points *before);

// What is done between layers, in this order: all that may be of every tensor that is
// still read.
enum { LET_GO, PASS, BRING, RUN };

static void run_moved(const struct brute_problem *p, struct way *way, size_t layer,
                      int what, size_t t, const struct brute_points *before);

// With what layer `t` made at another place, which takes so much.
static void run_changed(const struct brute_problem *p, struct way *way, size_t layer,
                        int what, size_t t, const struct brute_points *before,
                        unsigned place, const struct sdse_tradeoff *more) {
    const unsigned now = way->now[t];
    struct brute_points *after = malloc(sizeof *after);
    assert_non_null(after);
    after->count = before->count;
    for (size_t i = 0; i < before->count; i++)
        after->at[i] =
            (struct sdse_tradeoff){before->at[i].energy_pj + more->energy_pj,
                                   before->at[i].latency_cycles + more->latency_cycles};
    way->now[t] = place;
    run_moved(p, way, layer, what, t + 1, after);
    way->now[t] = now;
    free(after);
}

// From one memory that shares to another: while all that pass do, both have a place.
static void run_passed(const struct brute_problem *p, struct way *way, size_t layer,
                       size_t t, const struct brute_points *before) {
    const unsigned now = way->now[t];
    for (unsigned m = 0; m < memories_of(p); m++) {
        if (m == memory_of(now) || !may_be(p, t, 1 + 2 * m))
            continue;
        const struct sdse_tradeoff more =
            move_cost(p, t, level_of(p, memory_of(now)), level_of(p, m), false);
        const double bits = bits_of(p, t, m);
        if (way->taken[m] + bits > (double)p->arch->level[level_of(p, m)].capacity_bits)
            continue;
        way->taken[m] += bits;
        run_changed(p, way, layer, PASS, t, before, 1 + 2 * m + is_both(now), &more);
        way->taken[m] -= bits;
    }
}

// Into a memory that shares, or out of the one that it was made in.
static void run_brought(const struct brute_problem *p, struct way *way, size_t layer,
                        size_t t, const struct brute_points *before) {
    const unsigned now = way->now[t];
    for (unsigned m = 0; now == 0 && m < memories_of(p); m++) {
        const struct sdse_tradeoff more = move_cost(p, t, 0, level_of(p, m), false);
        if (may_be(p, t, 1 + 2 * m))
            run_changed(p, way, layer, BRING, t, before, 2 + 2 * m, &more);
    }
    if (now == 0 || is_both(now) || memory_of(now) != memory_of(way->place[t]))
        return;
    const struct sdse_tradeoff more =
        move_cost(p, t, level_of(p, memory_of(now)), 0, true);
    run_changed(p, way, layer, BRING, t, before, 0, &more);
    run_changed(p, way, layer, BRING, t, before, now + 1, &more);
}

// Does that to what layer `t` made, and those behind it, or not.
static void run_moved(const struct brute_problem *p, struct way *way, size_t layer,
                      int what, size_t t, const struct brute_points *before) {
    static const struct sdse_tradeoff nothing;
    size_t first, last;
    if (t == layer) {
        for (unsigned m = 0; what == LET_GO && m < memories_of(p); m++)
            way->taken[m] = held_at(p, way, layer, m);
        if (what + 1 == RUN)
            run_next(p, way, layer, before);
        else
            run_moved(p, way, layer, what + 1, 0, before);
        return;
    }
    run_moved(p, way, layer, what, t + 1, before);
    if (!readers_of(p, t, &first, &last) || last < layer || way->inner[t])
        return;
    if (what == LET_GO && is_both(way->now[t]))
        run_changed(p, way, layer, what, t, before, 0, &nothing);
    if (what == PASS && way->now[t])
        run_passed(p, way, layer, t, before);
    if (what == BRING)
        run_brought(p, way, layer, t, before);
}

static void run_from(const struct brute_problem *p, struct way *way, size_t layer,
                     const struct brute_points *before) {
    if (layer == p->net->layer_count) {
        seen.ways++;
        for (size_t i = 0; i < before->count; i++)
            add_point(&truth, before->at[i].energy_pj, before->at[i].latency_cycles);
        prune(&truth);
        return;
    }
    if (p->moves)
        run_moved(p, way, layer, LET_GO, 0, before);
    else
        run_next(p, way, layer, before);
}

// A layer by itself: nothing where the ranges of channels that it reads are not all in
// one place.
static void run_alone(const struct brute_problem *p, const struct way *way,
                      size_t layer, struct brute_points *front) {
    struct sdse_residence at[SDSE_MOST_SHARED] = {{.level = 0}};
    const unsigned place = way->place[layer];
    for (unsigned m = 0; m < memories_of(p); m++) {
        const uint32_t some = finds(p, way, layer, layer, SDSE_EDGE_CONCAT, m);
        const bool made = place && memory_of(place) == m;
        if (some && some < ranges_of(p, layer))
            return;
        at[m] = (struct sdse_residence){
            .operands = some ? 1 : finds(p, way, layer, layer, SDSE_EDGE_INPUTS, m),
            .addends = finds(p, way, layer, layer, SDSE_EDGE_ADDEND, m),
            .writes_through = made && is_both(place),
            .reserved_bits = held_at(p, way, layer, m)};
        at[m].tensors =
            (at[m].operands ? SDSE_BIT(SDSE_INPUTS) : 0u) |
            (finds(p, way, layer, layer, SDSE_EDGE_WEIGHTS, m) ? SDSE_BIT(SDSE_WEIGHTS)
                                                               : 0u) |
            (made ? SDSE_BIT(SDSE_OUTPUTS) : 0u);
    }
    const struct known *found = ask(p, layer, &p->net->layers[layer].nest, at, false);
    for (size_t i = 0; i < found->count; i++)
        add_point(front, found->front[i].energy_pj, found->front[i].latency_cycles);
}

static void run_next(const struct brute_problem *p, struct way *way, size_t layer,
                     const struct brute_points *before) {
    struct brute_points *sum = malloc(sizeof *sum), *group = malloc(sizeof *group);
    assert_true(sum && group);
    for (size_t count = 1; count <= p->depth; count++) {
        struct turn turn[SDSE_MOST_SHARED] = {{.count = 0}};
        size_t span = count == 1;
        for (unsigned m = 0; count > 1 && m < memories_of(p); m++) {
            const size_t one = list_turn(p, layer, count, m, &turn[m]);
            if (one)
                span = one;
            else
                turn[m].count = 0;
        }
        if (!span)
            continue;
        const size_t end = layer + span - 1;
        for (unsigned place = 0; place <= 2 * memories_of(p); place++) {
            if (!may_be(p, end, place))
                continue;
            way->place[end] = way->now[end] = place;
            for (size_t l = layer; l <= end; l++)
                way->inner[l] = l < end;
            group->count = 0;
            for (unsigned m = 0; count > 1 && m < memories_of(p); m++)
                if (turn[m].count)
                    run_group(p, way, turn[m], group);
            if (count == 1)
                run_alone(p, way, layer, group);
            add_fronts(before->at, before->count, group->at, group->count, 1, sum);
            if (sum->count)
                run_from(p, way, end + 1, sum);
        }
        for (size_t l = layer; l <= end; l++)
            way->place[l] = way->now[l] = way->inner[l] = 0;
    }
    free(sum);
    free(group);
}

const struct brute_points *brute_find(const struct brute_problem *p) {
    static struct brute_points nothing;
    struct way way = {.place = {0}};
    assert_true(p->net->layer_count <= BRUTE_LAYERS);
    known_count = truth.count = 0;
    memset(slots, 0, sizeof slots);
    nothing.count = 1;
    nothing.at[0] = (struct sdse_tradeoff){0, 0};
    run_from(p, &way, 0, &nothing);
    return &truth;
}
