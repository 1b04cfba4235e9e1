#include "dse/feasible.h"

#include <math.h>
#include <string.h>

enum {
    MOST_CHOICES = 70,    // sets of loops that a level's order rules admit
    MOST_TILES = 1 << 24, // lattice points a memo may cover
    STAGES = 1 + MOST_CHOICES * SDSE_DIMS // the spread, then dimension by dimension
};

// Spatial choices of one level under its rules, listed once.
struct sdse_spread_list {
    struct sdse_spread_list *next;
    unsigned level;
    uint32_t fanout_x, fanout_y;
    struct sdse_level_rules rules;
    struct sdse_spreads spreads;
};

struct search {
    struct sdse_feasibility *questions;
    const struct sdse_problem *problem;
    const struct sdse_arch *arch;
    struct sdse_rules rules;
    const struct sdse_spreads *spreads[SDSE_MAX_LEVELS];
    unsigned choice_count[SDSE_MAX_LEVELS];
    unsigned choice[SDSE_MAX_LEVELS][MOST_CHOICES]; // dims that may have loops
    double capacity_bits[SDSE_MAX_LEVELS];
    // Iterations that levels outside a level can take at most, must take at least.
    double most_outside[SDSE_MAX_LEVELS][SDSE_DIMS];
    double least_outside[SDSE_MAX_LEVELS][SDSE_DIMS];
    size_t stride[SDSE_DIMS], tiles;
    uint64_t *failed[SDSE_MAX_LEVELS][STAGES];
    unsigned measured; // level whose bits are wanted; `levels` = none
    double best_bits, bits;
    // Of the levels decided so far: bits, and whether no sum reaches beyond the tile.
    double tile_bits[SDSE_MAX_LEVELS];
    bool sums_whole[SDSE_MAX_LEVELS + 1];
    // The way to the level under consideration: its places, the tile with them and the
    // tile with its loops.
    const struct sdse_spread *spread[SDSE_MAX_LEVELS];
    uint16_t spread_tile[SDSE_MAX_LEVELS][SDSE_DIMS], tile[SDSE_MAX_LEVELS][SDSE_DIMS];
    bool halted;
    struct sdse_arena *arena;
};

void sdse_feasibility_init(struct sdse_feasibility *questions,
                           struct sdse_problem *const *variants, size_t variant_count,
                           uint64_t effort, struct sdse_arena *arena) {
    *questions = (struct sdse_feasibility){.problem = variants[0],
                                           .variant_count = variant_count,
                                           .variants = variants,
                                           .effort = effort,
                                           .arena = arena};
}

// --- What a level admits ------------------------------------------------------------

// Whether loops over `dims` can stand in an order that the level's rules admit: the
// innermost first, whatever may be.
static bool order_exists(const struct sdse_level_rules *rules, unsigned dims) {
    while (dims) {
        const unsigned innermost = sdse_rules_innermost(rules, dims);
        if (!innermost)
            return false;
        dims &= ~innermost;
    }
    return true;
}

// The largest sets of dims whose loops have an order.
static void list_choices(struct search *s, unsigned l) {
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const unsigned all = SDSE_BIT(SDSE_DIMS) - 1;
    if (order_exists(rules, all)) {
        s->choice[l][s->choice_count[l]++] = all;
        return;
    }
    for (unsigned dims = all + 1; dims-- > 0;) {
        bool largest = order_exists(rules, dims);
        for (int d = 0; largest && d < SDSE_DIMS; d++)
            if (!(dims >> d & 1u))
                largest = !order_exists(rules, dims | SDSE_BIT(d));
        if (largest && s->choice_count[l] < MOST_CHOICES)
            s->choice[l][s->choice_count[l]++] = dims;
    }
}

// Zeroed before they are filled; where padding differs nonetheless, the spreads are
// only listed again.
static bool same_rules(const struct sdse_level_rules *a,
                       const struct sdse_level_rules *b) {
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
    return memcmp(a, b, sizeof *a) == 0;
}

static const struct sdse_spreads *spreads_of(struct search *s, unsigned l) {
    struct sdse_feasibility *questions = s->questions;
    const struct sdse_level *level = &s->arch->level[l];
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const struct sdse_level *own = &s->problem->arch->level[l];
    if (own->fanout_x == level->fanout_x && own->fanout_y == level->fanout_y &&
        same_rules(&s->problem->rules.level[l], rules))
        return &s->problem->spreads[l];
    for (struct sdse_spread_list *at = questions->spreads; at; at = at->next) {
        if (at->level == l && at->fanout_x == level->fanout_x &&
            at->fanout_y == level->fanout_y && same_rules(&at->rules, rules))
            return &at->spreads;
    }
    struct sdse_spread_list *list =
        SDSE_ARENA_NEW(questions->arena, struct sdse_spread_list);
    if (!list ||
        sdse_spreads_init(&list->spreads, s->arch, &s->rules, &s->problem->lattice, l,
                          false, questions->arena) != SDSE_OK)
        return NULL;
    list->level = l;
    list->fanout_x = level->fanout_x;
    list->fanout_y = level->fanout_y;
    memcpy(&list->rules, rules, sizeof *rules);
    list->next = questions->spreads;
    questions->spreads = list;
    return &list->spreads;
}

static void note_outside(struct search *s, unsigned l) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        double most = 1, least = 1;
        if (l > 0) {
            const struct sdse_level_rules *rules = &s->rules.level[l - 1];
            most = s->most_outside[l - 1][d] * (double)rules->temporal_max[d] *
                   (double)rules->spatial_max[d];
            least = s->least_outside[l - 1][d] * (double)rules->temporal_min[d] *
                    (double)rules->spatial_min[d];
        }
        s->most_outside[l][d] = most;
        s->least_outside[l][d] = least;
    }
}

static bool prepare(struct search *s) {
    sdse_rules_init(&s->rules, s->arch, s->problem->layer);
    s->tiles = 1;
    for (int d = 0; d < SDSE_DIMS; d++) {
        s->stride[d] = s->tiles;
        s->tiles *= s->problem->lattice.count[d];
        if (s->tiles > MOST_TILES)
            return false;
    }
    for (unsigned l = 0; l < s->problem->levels; l++) {
        const unsigned memory = sdse_arch_memory_first(s->arch, l);
        const struct sdse_level *level = &s->arch->level[memory];
        s->capacity_bits[l] = level->capacity_bits && memory != s->measured
                                  ? (double)level->capacity_bits / level->buffering
                                  : (double)INFINITY;
        s->spreads[l] = spreads_of(s, l);
        if (!s->spreads[l]) {
            s->questions->out_of_memory = true;
            return false;
        }
        list_choices(s, l);
        note_outside(s, l);
    }
    return true;
}

// --- The walk -----------------------------------------------------------------------

static bool go_out(struct search *s, unsigned l, const uint16_t *tile);

// Whether the outputs that level l gets from inside are finished.
static bool gets_finished(const struct search *s, unsigned l) {
    return s->sums_whole[s->problem->next_keeper[l][SDSE_OUTPUTS]];
}

// What decides about the levels outside: the tile, and the width of its outputs.
static size_t place_of(const struct search *s, unsigned l, const uint16_t *tile) {
    size_t place = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        place += s->stride[d] * tile[d];
    return 2 * place + gets_finished(s, l);
}

static bool sums_are_whole(const struct search *s, const uint16_t *tile) {
    const struct sdse_lattice *lattice = &s->problem->lattice;
    return tile[SDSE_C] + 1u == lattice->count[SDSE_C] &&
           tile[SDSE_R] + 1u == lattice->count[SDSE_R] &&
           tile[SDSE_S] + 1u == lattice->count[SDSE_S];
}

// Between levels that share one memory more than the tile counts: no memo.
static bool between_shared(const struct search *s, unsigned l) {
    return l + 1 < s->problem->levels && s->arch->level[l + 1].shares_memory;
}

static bool has_failed(const struct search *s, unsigned l, unsigned stage,
                       size_t place) {
    const uint64_t *failed = s->failed[l][stage];
    return failed && failed[place / 64] >> place % 64 & 1u;
}

static void note_failed(struct search *s, unsigned l, unsigned stage, size_t place) {
    if (s->halted || between_shared(s, l))
        return;
    uint64_t **failed = &s->failed[l][stage];
    if (!*failed)
        *failed = SDSE_ARENA_ARRAY(s->arena, uint64_t, s->tiles / 32 + 1);
    if (*failed)
        (*failed)[place / 64] |= (uint64_t)1 << place % 64;
    else
        s->halted = s->questions->out_of_memory = true;
}

static bool step(struct search *s) {
    if (!s->questions->effort)
        s->halted = true;
    else
        s->questions->effort--;
    return !s->halted;
}

// Bits of the tiles that level l keeps, as the evaluator's verdict counts them.
static double stored_bits(const struct search *s, unsigned l, const uint16_t *tile) {
    const struct sdse_problem *problem = s->problem;
    uint64_t size[SDSE_DIMS];
    for (int d = 0; d < SDSE_DIMS; d++)
        size[d] = problem->lattice.value[d][tile[d]];
    const int stage = gets_finished(s, l) ? SDSE_FINISHED : SDSE_PARTIAL;
    double bits = problem->basis_bits[l] * (double)(size[SDSE_G] * size[SDSE_K]);
    for (int t = 0; t < SDSE_TENSORS; t++)
        bits +=
            problem->tile_bits[l][t][stage] *
            (double)sdse_tile_words(&problem->layer->nest, (enum sdse_tensor)t, size);
    return bits;
}

// The tile of level l is complete. Memory that levels share is counted at the
// outermost.
static bool close_level(struct search *s, unsigned l, const uint16_t *tile) {
    s->tile_bits[l] = stored_bits(s, l, tile);
    s->sums_whole[l] = sums_are_whole(s, tile);
    memcpy(s->tile[l], tile, sizeof s->tile[l]);
    double bits = 0;
    for (unsigned i = l; i <= sdse_arch_memory_last(s->arch, l); i++)
        bits += s->tile_bits[i];
    if (l == s->measured) {
        if (bits >= s->best_bits)
            return false;
        s->bits = bits;
    } else if (bits > s->capacity_bits[l]) {
        return false;
    }
    return l == 0 || go_out(s, l - 1, tile);
}

// Whether the levels outside l can cover what is left of dimension d.
static bool can_cover(const struct search *s, unsigned l, int d, unsigned index) {
    const double left = (double)s->problem->layer->nest.bound[d] /
                        (double)s->problem->lattice.value[d][index];
    return left <= s->most_outside[l][d] && left >= s->least_outside[l][d];
}

// Temporal factors of level l from dimension d on, over the dims of one choice.
static bool try_factors(struct search *s, unsigned l, unsigned choice, int d,
                        uint16_t *tile) {
    if (d == SDSE_DIMS)
        return close_level(s, l, tile);
    const unsigned stage = 1 + choice * SDSE_DIMS + (unsigned)d;
    const size_t place = place_of(s, l, tile);
    if (has_failed(s, l, stage, place))
        return false;
    const struct sdse_lattice *lattice = &s->problem->lattice;
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const unsigned inner = tile[d];
    const bool may_loop = s->choice[l][choice] >> d & 1u;
    for (unsigned i = inner; i < (may_loop ? lattice->count[d] : inner + 1); i++) {
        if (!step(s))
            return false;
        const unsigned factor = sdse_lattice_divide(lattice, d, i, inner);
        if (factor == SDSE_NO_QUOTIENT)
            continue;
        const uint64_t value = lattice->value[d][factor];
        if (value < rules->temporal_min[d] || value > rules->temporal_max[d] ||
            !can_cover(s, l, d, i))
            continue;
        tile[d] = (uint16_t)i;
        const bool found = try_factors(s, l, choice, d + 1, tile);
        tile[d] = (uint16_t)inner;
        if (found)
            return true;
    }
    note_failed(s, l, stage, place);
    return false;
}

// tile x spread, if that divides the layer.
static bool lay_out(const struct sdse_lattice *lattice,
                    const struct sdse_spread *spread, const uint16_t *tile,
                    uint16_t *wider) {
    for (int d = 0; d < SDSE_DIMS; d++) {
        const unsigned index =
            spread->index[d]
                ? sdse_lattice_find(lattice, d,
                                    lattice->value[d][tile[d]] * spread->factor[d])
                : tile[d];
        if (index == SDSE_NO_QUOTIENT)
            return false;
        wider[d] = (uint16_t)index;
    }
    return true;
}

// Level l around a tile: narrow fan-outs first, which leave tiles small.
static bool go_out(struct search *s, unsigned l, const uint16_t *tile) {
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const size_t place = place_of(s, l, tile);
    for (int d = 0; d < SDSE_DIMS; d++)
        if (rules->all_of >> d & 1u && tile[d])
            return false;
    if (has_failed(s, l, 0, place))
        return false;
    for (size_t i = s->spreads[l]->count; i-- > 0;) {
        uint16_t wider[SDSE_DIMS];
        if (!step(s))
            return false;
        if (!lay_out(&s->problem->lattice, &s->spreads[l]->spread[i], tile, wider))
            continue;
        s->spread[l] = &s->spreads[l]->spread[i];
        memcpy(s->spread_tile[l], wider, sizeof wider);
        for (unsigned c = 0; c < s->choice_count[l]; c++)
            if (try_factors(s, l, c, 0, wider))
                return true;
    }
    note_failed(s, l, 0, place);
    return false;
}

// --- Questions ----------------------------------------------------------------------

// One variant: finds mappings that take fewer bits at the measured level than the best
// so far, or any mapping.
static enum sdse_feasible ask_variant(struct search *s) {
    const uint16_t unit[SDSE_DIMS] = {0};
    bool found = false;
    if (!prepare(s))
        return SDSE_UNDECIDED;
    s->sums_whole[s->problem->levels] = sums_are_whole(s, unit);
    while (go_out(s, s->problem->levels - 1, unit)) {
        found = true;
        s->best_bits = s->bits;
        if (s->measured == s->problem->levels)
            break;
    }
    return s->halted ? SDSE_UNDECIDED : found ? SDSE_FEASIBLE : SDSE_INFEASIBLE;
}

static enum sdse_feasible ask(struct sdse_feasibility *questions,
                              const struct sdse_arch *arch, unsigned measured,
                              double *bits) {
    enum sdse_feasible answer = SDSE_INFEASIBLE;
    *bits = (double)INFINITY;
    for (size_t i = 0; i < questions->variant_count; i++) {
        struct sdse_arena *scratch = sdse_arena_new();
        struct search *s = scratch ? SDSE_ARENA_NEW(scratch, struct search) : NULL;
        if (!s) {
            questions->out_of_memory = true;
            sdse_arena_free(scratch);
            return SDSE_UNDECIDED;
        }
        s->questions = questions;
        s->problem = questions->variants[i];
        s->arch = arch;
        s->measured = measured;
        s->best_bits = *bits;
        s->arena = scratch;
        const enum sdse_feasible here = ask_variant(s);
        *bits = s->best_bits;
        sdse_arena_free(scratch);
        if (here == SDSE_UNDECIDED)
            return here;
        if (here == SDSE_FEASIBLE)
            answer = here;
        if (answer == SDSE_FEASIBLE && measured == questions->problem->levels)
            break;
    }
    return answer;
}

enum sdse_feasible sdse_feasible(struct sdse_feasibility *questions,
                                 const struct sdse_arch *arch) {
    double bits;
    return ask(questions, arch, questions->problem->levels, &bits);
}

enum sdse_feasible sdse_feasible_least_bits(struct sdse_feasibility *questions,
                                            const struct sdse_arch *arch,
                                            unsigned level, double *bits) {
    return ask(questions, arch, level, bits);
}

// The mapping that was found, each level's loops in the first order its rules admit.
static bool write_mapping(const struct search *s, struct sdse_problem *problem,
                          struct sdse_mapping *mapping) {
    *mapping = problem->start;
    for (unsigned l = 0; l < problem->levels; l++) {
        unsigned dims = 0;
        for (int d = 0; d < SDSE_DIMS; d++)
            if (s->tile[l][d] != s->spread_tile[l][d])
                dims |= SDSE_BIT(d);
        const struct sdse_orders *orders = sdse_problem_orders(problem, l, dims);
        if (!orders || !orders->count)
            return false;
        struct sdse_loops *loops = &mapping->level[l].temporal;
        for (unsigned i = orders->order[0].count; i-- > 0;) {
            const int d = orders->order[0].dim[i];
            const uint64_t *value = problem->lattice.value[d];
            loops->loop[loops->count++] = (struct sdse_loop){
                (enum sdse_dim)d, value[s->tile[l][d]] / value[s->spread_tile[l][d]]};
        }
        memcpy(mapping->level[l].spatial,
               s->spreads[l]->layout[s->spread[l]->first_layout].axis,
               sizeof mapping->level[l].spatial);
    }
    return sdse_mapping_verdict(problem->model, mapping, NULL) == SDSE_VALID;
}

enum sdse_feasible sdse_feasible_mapping(struct sdse_feasibility *questions,
                                         struct sdse_mapping *mapping) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct search *s = scratch ? SDSE_ARENA_NEW(scratch, struct search) : NULL;
    enum sdse_feasible answer = SDSE_UNDECIDED;
    if (s) {
        s->questions = questions;
        s->problem = questions->problem;
        s->arch = questions->problem->arch;
        s->measured = questions->problem->levels;
        s->best_bits = (double)INFINITY;
        s->arena = scratch;
        answer = ask_variant(s);
        if (answer == SDSE_FEASIBLE &&
            !write_mapping(s, questions->variants[0], mapping))
            answer = SDSE_UNDECIDED;
    }
    sdse_arena_free(scratch);
    return answer;
}
