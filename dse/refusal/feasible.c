// One file, though long: one walk from the inside out with its memo, and the questions
// that are asked of it.

#include "dse/refusal/feasible.h"

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

// Sets of loops of one level, by what they do to a run of sums.
enum kind {
    SUMMING,    // C, R and S alone
    MOVING,     // none of them
    SUMS_FIRST, // they can stand inside all others
    ANY,
    KINDS
};

enum {
    MOST_CHOICES = 70,    // sets of a kind that a level's order rules admit
    MOST_TILES = 1 << 24, // lattice points a memo may cover
    LIST_STEPS = 100,     // what listing the spreads of a level counts
    // The spread, then dimension by dimension.
    STAGES = 1 + KINDS * MOST_CHOICES * SDSE_DIMS
};

// Spatial choices of one level under its rules, listed once.
struct sdse_spread_list {
    struct sdse_spread_list *next;
    unsigned level;
    uint32_t fanout_x, fanout_y;
    struct sdse_level_rules rules;
    struct sdse_spreads spreads;
};

// The divisors of one set of bounds and what is spatial of them.
struct sdse_padded_lattice {
    struct sdse_padded_lattice *next;
    uint64_t bound[SDSE_DIMS];
    struct sdse_lattice lattice;
    struct sdse_spread_list *spreads; // listed so far
};

struct search {
    struct sdse_feasibility *questions;
    const struct sdse_problem *problem;
    const struct sdse_arch *arch;
    struct sdse_padding padding;
    struct sdse_padded_lattice *bounds;
    const struct sdse_lattice *lattice;
    struct sdse_rules rules;
    const struct sdse_spreads *spreads[SDSE_MAX_LEVELS];
    unsigned choice_count[SDSE_MAX_LEVELS][KINDS];
    // Dims that may have loops.
    unsigned choice[SDSE_MAX_LEVELS][KINDS][MOST_CHOICES];
    double capacity_bits[SDSE_MAX_LEVELS];
    // Whether the width of a place there, or further out, is asked for.
    bool widths_matter[SDSE_MAX_LEVELS];
    // Iterations that levels outside a level can take at most, must take at least.
    double most_outside[SDSE_MAX_LEVELS][SDSE_DIMS];
    double least_outside[SDSE_MAX_LEVELS][SDSE_DIMS];
    size_t stride[SDSE_DIMS], tiles;
    uint64_t *failed[SDSE_MAX_LEVELS][STAGES];
    unsigned measured; // level whose bits are wanted; `levels` = none
    double best_bits, bits;
    double tile_bits[SDSE_MAX_LEVELS]; // of the levels decided so far
    // Whether parts were counted there, though finished words may come and take more.
    bool guessed[SDSE_MAX_LEVELS], guess;
    // The way to the level under consideration: its places, the tile with them and the
    // tile with its loops.
    const struct sdse_spread *spread[SDSE_MAX_LEVELS];
    uint16_t spread_tile[SDSE_MAX_LEVELS][SDSE_DIMS], tile[SDSE_MAX_LEVELS][SDSE_DIMS];
    bool halted;
    struct sdse_arena *arena;
};

void sdse_feasibility_init(struct sdse_feasibility *questions,
                           const struct sdse_variant_space *space,
                           struct sdse_problem *const *variants, size_t variant_count,
                           uint64_t effort, struct sdse_arena *arena) {
    *questions = (struct sdse_feasibility){.problem = variants[0],
                                           .space = *space,
                                           .variant_count = variant_count,
                                           .variants = variants,
                                           .effort = effort,
                                           .arena = arena};
}

// --- What a level admits ---

static unsigned summing_dims(void) {
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
static void list_choices(struct search *s, unsigned l, enum kind kind) {
    const struct sdse_level_rules *rules = &s->rules.level[l];
    const unsigned summing = summing_dims(), every = SDSE_BIT(SDSE_DIMS) - 1;
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

static const struct sdse_spreads *spreads_of(struct search *s, unsigned l) {
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

// The divisors of the layer's bounds with the search's padding.
static bool find_bounds(struct search *s) {
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

static bool prepare(struct search *s) {
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
        const struct sdse_level *level = &s->arch->level[memory];
        s->capacity_bits[l] = level->capacity_bits && memory != s->measured
                                  ? (double)level->capacity_bits / level->buffering
                                  : (double)INFINITY;
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

static bool go_out(struct search *s, unsigned l, const uint16_t *tile, enum sums sums);

// What decides about the levels outside.
static size_t place_of(const struct search *s, const uint16_t *tile, enum sums sums) {
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
static enum sums after_spread(const struct search *s, unsigned l,
                              const struct sdse_spread *spread, enum sums sums) {
    bool sums_here = false;
    for (int d = 0; d < SDSE_DIMS; d++)
        sums_here |= summing_dims() >> d & 1u && spread->index[d];
    if (!sums_here)
        return sums;
    if (sums >= PROMISED_CLOSED)
        return SUMS;
    return s->arch->level[l].network[SDSE_OUTPUTS].reduce ? sums : BROKEN;
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
        *failed = SDSE_ARENA_ARRAY(s->arena, uint64_t, SUMS * s->tiles / 64 + 1);
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
static double stored_bits(struct search *s, unsigned l, const uint16_t *tile,
                          int stage) {
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
static bool count_level(struct search *s, unsigned l, const uint16_t *tile, int stage,
                        enum sums sums) {
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
static bool close_level(struct search *s, unsigned l, const uint16_t *tile,
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
static bool can_cover(const struct search *s, unsigned l, int d, unsigned index) {
    const double left =
        (double)s->bounds->bound[d] / (double)s->lattice->value[d][index];
    return left <= s->most_outside[l][d] && left >= s->least_outside[l][d];
}

// Whether a tile at or inside the padding's border divides the one there.
static bool fits_border(const struct search *s, unsigned l, int d, unsigned index) {
    return !s->padding.present || (int)s->padding.dim != d ||
           l < sdse_padding_border(&s->padding) ||
           sdse_padding_tile(&s->padding) % s->lattice->value[d][index] == 0;
}

// Temporal factors of level l from dimension d on, over the dims of one choice.
static bool try_factors(struct search *s, unsigned l, enum kind kind, unsigned choice,
                        int d, uint16_t *tile, enum sums sums) {
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
static bool try_choices(struct search *s, unsigned l, uint16_t *tile, enum sums sums) {
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
static bool go_out(struct search *s, unsigned l, const uint16_t *tile, enum sums sums) {
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

// --- Questions ---

// One variant: finds mappings that take fewer bits at the measured level than the best
// so far, or any mapping.
static enum sdse_feasible ask_variant(struct search *s) {
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

// The paddings that an accelerator admits; entry 0 is none of them.
static struct sdse_padding *list_paddings(struct sdse_feasibility *questions,
                                          const struct sdse_arch *arch,
                                          struct sdse_arena *arena, size_t *count) {
    struct sdse_variant_space space = questions->space;
    struct sdse_padding *listed = NULL, *all = NULL;
    space.arch = arch;
    if (arena && sdse_paddings_list(&space, arena, &listed, count) == SDSE_OK)
        all = SDSE_ARENA_ARRAY(arena, struct sdse_padding, *count + 1);
    if (!all) {
        questions->out_of_memory = true;
        return NULL;
    }
    if (*count)
        memcpy(all + 1, listed, *count * sizeof *all);
    ++*count;
    return all;
}

static struct search *new_search(struct sdse_feasibility *questions,
                                 const struct sdse_arch *arch, size_t variant,
                                 const struct sdse_padding *padding,
                                 struct sdse_arena *arena) {
    struct search *s = arena ? SDSE_ARENA_NEW(arena, struct search) : NULL;
    if (!s) {
        questions->out_of_memory = true;
        return NULL;
    }
    s->questions = questions;
    s->problem = questions->variants[variant];
    s->arch = arch;
    s->padding = *padding;
    s->measured = questions->problem->levels;
    s->best_bits = (double)INFINITY;
    s->arena = arena;
    return s;
}

// One variant; *bits: the least so far at level `measured`.
static enum sdse_feasible ask_one(struct sdse_feasibility *questions,
                                  const struct sdse_arch *arch, size_t variant,
                                  const struct sdse_padding *padding, unsigned measured,
                                  double *bits) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct search *s = new_search(questions, arch, variant, padding, scratch);
    enum sdse_feasible answer = SDSE_UNDECIDED;
    if (s) {
        s->measured = measured;
        s->best_bits = *bits;
        answer = ask_variant(s);
        if (answer == SDSE_FEASIBLE && s->guess)
            answer = SDSE_UNDECIDED;
        *bits = s->best_bits;
    }
    sdse_arena_free(scratch);
    return answer;
}

static enum sdse_feasible ask(struct sdse_feasibility *questions,
                              const struct sdse_arch *arch, unsigned measured,
                              double *bits) {
    const bool any = measured == questions->problem->levels;
    struct sdse_arena *scratch = sdse_arena_new();
    size_t count = 0;
    const struct sdse_padding *padding =
        list_paddings(questions, arch, scratch, &count);
    enum sdse_feasible answer = padding ? SDSE_INFEASIBLE : SDSE_UNDECIDED;
    bool decided = padding != NULL;
    *bits = (double)INFINITY;
    for (size_t i = 0; i < count * questions->variant_count && decided; i++) {
        const enum sdse_feasible here =
            ask_one(questions, arch, i % questions->variant_count,
                    &padding[i / questions->variant_count], measured, bits);
        decided = here != SDSE_UNDECIDED;
        if (here != SDSE_INFEASIBLE)
            answer = here;
        if (any && here == SDSE_FEASIBLE)
            break;
    }
    sdse_arena_free(scratch);
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

// The order that lets sums run on furthest, or the first of them.
static const struct sdse_order *choose_order(const struct sdse_orders *orders) {
    const struct sdse_order *best = &orders->order[0];
    unsigned longest = 0;
    for (size_t i = 0; i < orders->count; i++) {
        const struct sdse_order *order = &orders->order[i];
        unsigned run = 0;
        while (run < order->count && summing_dims() >> order->dim[run] & 1u)
            run++;
        if (run > longest) {
            longest = run;
            best = order;
        }
    }
    return best;
}

// The mapping that was found, each level's loops in an order that its rules admit.
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
        const struct sdse_order *order = choose_order(orders);
        for (unsigned i = order->count; i-- > 0;) {
            const int d = order->dim[i];
            const uint64_t *value = s->lattice->value[d];
            loops->loop[loops->count++] = (struct sdse_loop){
                (enum sdse_dim)d, value[s->tile[l][d]] / value[s->spread_tile[l][d]]};
        }
        memcpy(mapping->level[l].spatial,
               s->spreads[l]->layout[s->spread[l]->first_layout].axis,
               sizeof mapping->level[l].spatial);
    }
    return sdse_mapping_verdict(problem->model, mapping, NULL) == SDSE_VALID;
}

static enum sdse_feasible map_one(struct sdse_feasibility *questions, size_t variant,
                                  const struct sdse_padding *padding,
                                  struct sdse_mapping *mapping) {
    struct sdse_arena *scratch = sdse_arena_new();
    struct search *s =
        new_search(questions, questions->problem->arch, variant, padding, scratch);
    enum sdse_feasible answer = s ? ask_variant(s) : SDSE_UNDECIDED;
    if (answer == SDSE_FEASIBLE &&
        !write_mapping(s, questions->variants[variant], mapping))
        answer = SDSE_UNDECIDED;
    sdse_arena_free(scratch);
    return answer;
}

enum sdse_feasible sdse_feasible_mapping(struct sdse_feasibility *questions,
                                         struct sdse_mapping *mapping) {
    struct sdse_arena *scratch = sdse_arena_new();
    size_t count = 0;
    const struct sdse_padding *padding =
        list_paddings(questions, questions->problem->arch, scratch, &count);
    enum sdse_feasible answer = padding ? SDSE_INFEASIBLE : SDSE_UNDECIDED;
    count *= questions->variant_count;
    for (size_t i = 0; i < count && !questions->out_of_memory; i++) {
        const uint64_t left = questions->effort;
        const uint64_t share = i + 1 < count ? left / 2 : left;
        questions->effort = share;
        const enum sdse_feasible here =
            map_one(questions, i % questions->variant_count,
                    &padding[i / questions->variant_count], mapping);
        questions->effort += left - share;
        if (here != SDSE_INFEASIBLE)
            answer = here;
        if (here == SDSE_FEASIBLE)
            break;
    }
    sdse_arena_free(scratch);
    return answer;
}
