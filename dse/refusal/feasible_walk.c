#include "dse/refusal/feasible_walk.h"

#include <math.h>
#include <string.h>

#include "costmodel/pattern.h"

// What is known of the sums that arrive at the next keeper outside: they are finished
// if nothing outside breaks that (docs/mapper.md).
enum sums {
    BROKEN,          // some output crosses twice
    CLOSED,          // a loop over C, R or S outside would break it
    RUN,             // loops over C, R and S may go on until another one moves outputs
    PROMISED_CLOSED, // a place inside counts on it: nothing may break it
    PROMISED_RUN,
    SUMS
};

// --- What a level admits ---

unsigned sdse_feasible_summing_dims(void) {
    return (SDSE_BIT(SDSE_DIMS) - 1) & ~sdse_tensor_dims(SDSE_OUTPUTS);
}

// Whether loops over `dims` can stand in an order that the level's rules admit, those
// over `first` inside the others: the innermost first, whatever may be.
static bool order_exists(const struct sdse_level_rules *rules, unsigned dims,
                         unsigned first) {
    while (dims) {
        unsigned innermost = sdse_rules_innermost(rules, dims);
        if (dims & first)
            innermost &= first;
        if (!innermost)
            return false;
        dims &= ~innermost;
    }
    return true;
}

// The largest sets of dims of one kind whose loops have an order.
static void list_choices(struct sdse_feasible_walk *s, unsigned l, enum kind kind) {
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const unsigned summing = sdse_feasible_summing_dims(),
                   every = SDSE_BIT(SDSE_DIMS) - 1;
    const unsigned all = kind == SUMMING  ? summing
                         : kind == MOVING ? every & ~summing
                                          : every;
    const unsigned first = kind == SUMS_FIRST ? summing : 0;
    unsigned *count = &s->choice_count[l][kind];
    if (order_exists(rules, all, first)) {
        s->choice[l][kind][(*count)++] = all;
        return;
    }
    for (unsigned dims = all + 1; dims-- > 0;) {
        bool largest = !(dims & ~all) && order_exists(rules, dims, first);
        for (int d = 0; largest && d < SDSE_DIMS; d++)
            if (all & ~dims & SDSE_BIT(d))
                largest = !order_exists(rules, dims | SDSE_BIT(d), first);
        if (largest && *count < MOST_CHOICES)
            s->choice[l][kind][(*count)++] = dims;
    }
}

// Zeroed before they are filled; where padding differs nonetheless, the spreads are
// only listed again.
static bool same_rules(const struct sdse_level_rules *a,
                       const struct sdse_level_rules *b) {
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
    return memcmp(a, b, sizeof *a) == 0;
}

static void charge(struct sdse_feasibility *questions, uint64_t steps) {
    questions->effort -= steps < questions->effort ? steps : questions->effort;
}

static const struct sdse_spreads *spreads_of(struct sdse_feasible_walk *s, unsigned l) {
    struct sdse_feasibility *questions = s->questions;
    const struct sdse_level *level = &s->arch->level[l];
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const struct sdse_level *own = &s->problem->arch->level[l];
    if (!s->padding.present && own->fanout_x == level->fanout_x &&
        own->fanout_y == level->fanout_y &&
        same_rules(&s->problem->rules.level[l], rules))
        return &s->problem->spreads[l];
    for (struct sdse_spread_list *at = s->bounds->spreads; at; at = at->next) {
        if (at->level == l && at->fanout_x == level->fanout_x &&
            at->fanout_y == level->fanout_y && same_rules(&at->rules, rules))
            return &at->spreads;
    }
    struct sdse_spread_list *list =
        SDSE_ARENA_NEW(questions->arena, struct sdse_spread_list);
    if (!list || sdse_spreads_init(&list->spreads, s->arch, &s->rules, s->lattice, l,
                                   false, questions->arena) != SDSE_OK)
        return NULL;
    list->level = l;
    list->fanout_x = level->fanout_x;
    list->fanout_y = level->fanout_y;
    memcpy(&list->rules, rules, sizeof *rules);
    list->next = s->bounds->spreads;
    s->bounds->spreads = list;
    charge(questions, LIST_STEPS + list->spreads.count);
    return &list->spreads;
}

static void note_outside(struct sdse_feasible_walk *s, unsigned l) {
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

// The divisors of the layer's bounds with the search's padding.
static bool find_bounds(struct sdse_feasible_walk *s) {
    struct sdse_feasibility *questions = s->questions;
    struct sdse_nest nest = questions->problem->layer->nest;
    if (s->padding.present)
        nest.bound[s->padding.dim] = sdse_padded_bound(&s->padding);
    struct sdse_padded_lattice *at = questions->lattices;
    while (at && memcmp(at->bound, nest.bound, sizeof at->bound) != 0)
        at = at->next;
    if (!at) {
        at = SDSE_ARENA_NEW(questions->arena, struct sdse_padded_lattice);
        if (!at || sdse_lattice_init(&at->lattice, &nest, questions->arena) != SDSE_OK)
            return false;
        memcpy(at->bound, nest.bound, sizeof at->bound);
        at->next = questions->lattices;
        questions->lattices = at;
    }
    s->bounds = at;
    s->lattice = &at->lattice;
    return true;
}

static bool prepare(struct sdse_feasible_walk *s) {
    if (!find_bounds(s)) {
        s->questions->out_of_memory = true;
        return false;
    }
    sdse_rules_init(&s->rules, s->arch, s->problem->layer);
    sdse_rules_close_empty(&s->rules, s->arch, s->problem->start.keeps);
    sdse_padding_force(&s->padding, &s->rules);
    s->tiles = 1;
    for (int d = 0; d < SDSE_DIMS; d++) {
        s->stride[d] = s->tiles;
        s->tiles *= s->lattice->count[d];
        if (s->tiles > MOST_TILES)
            return false;
    }
    for (unsigned l = 0; l < s->problem->levels; l++) {
        const unsigned memory = sdse_arch_memory_first(s->arch, l);
        s->capacity_bits[l] =
            memory == s->measured
                ? (double)INFINITY
                : sdse_model_room_bits(s->problem->model, s->arch, memory);
        s->spreads[l] = spreads_of(s, l);
        if (!s->spreads[l]) {
            s->questions->out_of_memory = true;
            return false;
        }
        const double *word = s->problem->tile_bits[l][SDSE_OUTPUTS];
        s->widths_matter[l] = (l > 0 && s->widths_matter[l - 1]) ||
                              (word[SDSE_FINISHED] != word[SDSE_PARTIAL] &&
                               (memory == s->measured || !isinf(s->capacity_bits[l])));
        note_outside(s, l);
    }
    // A level inside whose places may count on whole sums binds all outside.
    const bool promises = s->widths_matter[s->problem->levels - 1];
    for (unsigned l = 0; l < s->problem->levels; l++)
        for (int kind = promises ? 0 : ANY; kind < KINDS; kind++)
            list_choices(s, l, (enum kind)kind);
    return true;
}

// --- The walk ---

static bool go_out(struct sdse_feasible_walk *s, unsigned l, const uint16_t *tile,
                   enum sums sums);

// What decides about the levels outside.
static size_t place_of(const struct sdse_feasible_walk *s, const uint16_t *tile,
                       enum sums sums) {
    size_t place = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        place += s->stride[d] * tile[d];
    return SUMS * place + sums;
}

// What loops of a kind outside leave of the sums; SUMS: they may not stand there.
static enum sums after(enum sums sums, enum kind kind) {
    static const enum sums next[SUMS][KINDS] = {
        [BROKEN] = {SUMS, SUMS, SUMS, BROKEN},
        [CLOSED] = {SUMS, CLOSED, SUMS, BROKEN},
        [RUN] = {RUN, SUMS, CLOSED, BROKEN},
        [PROMISED_CLOSED] = {SUMS, PROMISED_CLOSED, SUMS, SUMS},
        [PROMISED_RUN] = {PROMISED_RUN, SUMS, PROMISED_CLOSED, SUMS},
    };
    return next[sums][kind];
}

// What places at a level leave of them: parts at places that no network adds, or
// outside a memory that counts on whole sums, stay parts.
static enum sums after_spread(const struct sdse_feasible_walk *s, unsigned l,
                              const struct sdse_spread *spread, enum sums sums) {
    bool sums_here = false;
    for (int d = 0; d < SDSE_DIMS; d++)
        sums_here |= sdse_feasible_summing_dims() >> d & 1u && spread->index[d];
    if (!sums_here)
        return sums;
    if (sums >= PROMISED_CLOSED)
        return SUMS;
    return s->arch->level[l].network[SDSE_OUTPUTS].reduce ? sums : BROKEN;
}

// Between levels that share one memory more than the tile counts: no memo.
static bool between_shared(const struct sdse_feasible_walk *s, unsigned l) {
    return l + 1 < s->problem->levels && s->arch->level[l + 1].shares_memory;
}

static bool has_failed(const struct sdse_feasible_walk *s, unsigned l, unsigned stage,
                       size_t place) {
    const uint64_t *failed = s->failed[l][stage];
    return failed && failed[place / 64] >> place % 64 & 1u;
}

static void note_failed(struct sdse_feasible_walk *s, unsigned l, unsigned stage,
                        size_t place) {
    if (s->halted || between_shared(s, l))
        return;
    uint64_t **failed = &s->failed[l][stage];
    if (!*failed)
        *failed = SDSE_ARENA_ARRAY(s->arena, uint64_t, SUMS * s->tiles / 64 + 1);
    if (*failed)
        (*failed)[place / 64] |= (uint64_t)1 << place % 64;
    else
        s->halted = s->questions->out_of_memory = true;
}

static bool step(struct sdse_feasible_walk *s) {
    if (!s->questions->effort)
        s->halted = true;
    else
        s->questions->effort--;
    return !s->halted;
}

// Bits of the tiles that level l keeps, as the evaluator's verdict counts them.
static double stored_bits(struct sdse_feasible_walk *s, unsigned l,
                          const uint16_t *tile, int stage) {
    const struct sdse_problem *problem = s->problem;
    uint64_t size[SDSE_DIMS];
    for (int d = 0; d < SDSE_DIMS; d++) {
        // Cut off at the real bound, where it is padded.
        const uint64_t padded = s->lattice->value[d][tile[d]];
        size[d] = padded < problem->real_bound[d] ? padded : problem->real_bound[d];
    }
    double bits = problem->basis_bits[l] * (double)(size[SDSE_G] * size[SDSE_K]);
    for (int t = 0; t < SDSE_TENSORS; t++) {
        uint64_t words = 0;
        if (!sdse_largest_tile_words(&problem->model->layer->nest, (enum sdse_tensor)t,
                                     size, s->arch->level[l].fetch_gaps, &words))
            s->questions->out_of_memory = true;
        bits += problem->tile_bits[l][t][stage] * (double)words;
    }
    return bits;
}

// Memory that levels share is counted at the outermost.
static bool count_level(struct sdse_feasible_walk *s, unsigned l, const uint16_t *tile,
                        int stage, enum sums sums) {
    s->tile_bits[l] = stored_bits(s, l, tile, stage);
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
    return l == 0 || go_out(s, l - 1, tile, sums);
}

// The tile of level l is complete. Where it keeps sums, they are finished words if
// that is promised from here on, or else counted as parts; outside of an inner promise
// all are finished.
static bool close_level(struct sdse_feasible_walk *s, unsigned l, const uint16_t *tile,
                        enum sums sums) {
    const double *word = s->problem->tile_bits[l][SDSE_OUTPUTS];
    if (sums >= PROMISED_CLOSED || word[SDSE_PARTIAL] == 0)
        return count_level(s, l, tile, SDSE_FINISHED, sums);
    if (sums != BROKEN && word[SDSE_FINISHED] != word[SDSE_PARTIAL] &&
        s->widths_matter[l] &&
        count_level(s, l, tile, SDSE_FINISHED,
                    sums == RUN ? PROMISED_RUN : PROMISED_CLOSED))
        return true;
    s->guessed[l] = sums != BROKEN && word[SDSE_FINISHED] > word[SDSE_PARTIAL];
    const bool found = count_level(s, l, tile, SDSE_PARTIAL, RUN);
    if (!found)
        s->guessed[l] = false;
    return found;
}

// Whether the levels outside l can cover what is left of dimension d.
static bool can_cover(const struct sdse_feasible_walk *s, unsigned l, int d,
                      unsigned index) {
    const double left =
        (double)s->bounds->bound[d] / (double)s->lattice->value[d][index];
    return left <= s->most_outside[l][d] && left >= s->least_outside[l][d];
}

// Whether a tile at or inside the padding's border divides the one there.
static bool fits_border(const struct sdse_feasible_walk *s, unsigned l, int d,
                        unsigned index) {
    return !s->padding.present || (int)s->padding.dim != d ||
           l < sdse_padding_border(&s->padding) ||
           sdse_padding_tile(&s->padding) % s->lattice->value[d][index] == 0;
}

// Temporal factors of level l from dimension d on, over the dims of one choice.
static bool try_factors(struct sdse_feasible_walk *s, unsigned l, enum kind kind,
                        unsigned choice, int d, uint16_t *tile, enum sums sums) {
    if (d == SDSE_DIMS)
        return close_level(s, l, tile, after(sums, kind));
    const unsigned stage = 1 + (kind * MOST_CHOICES + choice) * SDSE_DIMS + (unsigned)d;
    const size_t place = place_of(s, tile, sums);
    if (has_failed(s, l, stage, place))
        return false;
    const struct sdse_lattice *lattice = s->lattice;
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const unsigned inner = tile[d];
    const bool may_loop = s->choice[l][kind][choice] >> d & 1u;
    for (unsigned i = inner; i < (may_loop ? lattice->count[d] : inner + 1); i++) {
        if (!step(s))
            return false;
        const unsigned factor = sdse_lattice_divide(lattice, d, i, inner);
        if (factor == SDSE_NO_QUOTIENT)
            continue;
        const uint64_t value = lattice->value[d][factor];
        if (value < rules->temporal_min[d] || value > rules->temporal_max[d] ||
            !can_cover(s, l, d, i) || !fits_border(s, l, d, i))
            continue;
        tile[d] = (uint16_t)i;
        const bool found = try_factors(s, l, kind, choice, d + 1, tile, sums);
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

// All loops of level l around a tile and its places.
static bool try_choices(struct sdse_feasible_walk *s, unsigned l, uint16_t *tile,
                        enum sums sums) {
    for (int kind = 0; kind < KINDS; kind++) {
        if (after(sums, (enum kind)kind) == SUMS)
            continue;
        for (unsigned c = 0; c < s->choice_count[l][kind]; c++)
            if (try_factors(s, l, (enum kind)kind, c, 0, tile, sums))
                return true;
    }
    return false;
}

// Level l around a tile: narrow fan-outs first, which leave tiles small.
static bool go_out(struct sdse_feasible_walk *s, unsigned l, const uint16_t *tile,
                   enum sums sums) {
    const struct sdse_level_rules *rules = &s->rules.level[l];
    if (!s->widths_matter[l] && sums < PROMISED_CLOSED)
        sums = BROKEN; // nobody asks
    const size_t place = place_of(s, tile, sums);
    for (int d = 0; d < SDSE_DIMS; d++)
        if (rules->all_of >> d & 1u && tile[d])
            return false;
    if (s->padding.present && l + 1 == sdse_padding_border(&s->padding) &&
        s->lattice->value[s->padding.dim][tile[s->padding.dim]] !=
            sdse_padding_tile(&s->padding))
        return false;
    if (has_failed(s, l, 0, place))
        return false;
    for (size_t i = s->spreads[l]->count; i-- > 0;) {
        uint16_t wider[SDSE_DIMS];
        if (!step(s))
            return false;
        if (!lay_out(s->lattice, &s->spreads[l]->spread[i], tile, wider))
            continue;
        const enum sums inside = after_spread(s, l, &s->spreads[l]->spread[i], sums);
        if (inside == SUMS)
            continue;
        s->spread[l] = &s->spreads[l]->spread[i];
        memcpy(s->spread_tile[l], wider, sizeof wider);
        if (try_choices(s, l, wider, inside))
            return true;
    }
    note_failed(s, l, 0, place);
    return false;
}

// --- All of it ---

enum sdse_feasible sdse_feasible_walk_run(struct sdse_feasible_walk *s) {
    const uint16_t unit[SDSE_DIMS] = {0};
    bool found = false;
    if (!prepare(s))
        return SDSE_UNDECIDED;
    for (unsigned l = 0; l < s->problem->levels; l++)
        if (!s->spreads[l]->count)
            return SDSE_INFEASIBLE;
    // Multipliers hold no sum while loops go on.
    while (go_out(s, s->problem->levels - 1, unit, CLOSED)) {
        found = true;
        s->best_bits = s->bits;
        for (unsigned l = 0; l < s->problem->levels; l++) {
            s->guess |= s->guessed[l];
            s->guessed[l] = false;
        }
        if (s->measured == s->problem->levels)
            break;
    }
    return s->halted ? SDSE_UNDECIDED : found ? SDSE_FEASIBLE : SDSE_INFEASIBLE;
}
