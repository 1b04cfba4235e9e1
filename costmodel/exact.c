#include "costmodel/exact.h"

#include <stdlib.h>
#include <string.h>

#include "costmodel/memo.h"
#include "costmodel/pattern.h"
#include "costmodel/traffic.h"

// One digit of a position along an axis.
struct digit {
    uint64_t first, factor; // values first ... factor - 1
    uint64_t step;          // [input elements]
};

enum { MOST_DIGITS = SDSE_MAX_LOOPS + 2 * SDSE_MAX_LEVELS * SDSE_DIMS };

struct digits {
    unsigned count;
    struct digit at[MOST_DIGITS];
};

// --- Positions ---

static bool next(const struct digits *digits, uint64_t *value, uint64_t *origin) {
    for (unsigned i = 0; i < digits->count; i++) {
        const struct digit *at = &digits->at[i];
        if (++value[i] < at->factor) {
            *origin += at->step;
            return true;
        }
        *origin -= (at->factor - 1 - at->first) * at->step;
        value[i] = at->first;
    }
    return false;
}

static uint64_t start(const struct digits *digits, uint64_t *value) {
    uint64_t origin = 0;
    for (unsigned i = 0; i < digits->count; i++) {
        value[i] = digits->at[i].first;
        origin += value[i] * digits->at[i].step;
    }
    return origin;
}

static void add_digit(struct digits *digits, uint64_t first, uint64_t factor,
                      uint64_t step) {
    if (factor > 1)
        digits->at[digits->count++] = (struct digit){first, factor, step};
}

// The largest steps first.
static void sort_digits(struct digits *digits) {
    for (unsigned i = 1; i < digits->count; i++) {
        const struct digit moved = digits->at[i];
        unsigned j = i;
        for (; j > 0 && digits->at[j - 1].step < moved.step; j--)
            digits->at[j] = digits->at[j - 1];
        digits->at[j] = moved;
    }
}

static uint64_t positions(const struct digits *digits) {
    uint64_t count = 1;
    for (unsigned i = 0; i < digits->count; i++)
        count *= digits->at[i].factor - digits->at[i].first;
    return count;
}

// --- Groups ---

// The children of one parent that may share: where their windows start, each place
// once, in rising order.
struct group {
    uint64_t count;
    uint64_t *origin;
};

static int compare_u64(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool group_init(struct group *group, const struct digits *digits) {
    uint64_t value[MOST_DIGITS], origin = start(digits, value), count = 0;
    group->origin = malloc(positions(digits) * sizeof *group->origin);
    group->count = 0;
    if (!group->origin)
        return false;
    do
        group->origin[count++] = origin;
    while (next(digits, value, &origin));
    qsort(group->origin, count, sizeof *group->origin, compare_u64);
    for (uint64_t i = 0; i < count; i++)
        if (!i || group->origin[i] != group->origin[i - 1])
            group->origin[group->count++] = group->origin[i];
    return true;
}

// Words that the children of a group take from `origin` on, each set once.
static uint64_t group_words(const struct sdse_pattern *pattern,
                            const struct sdse_axis *axis, const struct group *group,
                            uint64_t origin) {
    uint64_t words = 0;
    for (uint64_t g = 0; g < group->count; g++) {
        const struct sdse_cut cut =
            sdse_pattern_cut(pattern, axis, origin + group->origin[g]);
        bool repeated = !sdse_cut_words(&cut);
        for (uint64_t h = 0; h < g && cut.high && !repeated; h++) {
            const struct sdse_cut other =
                sdse_pattern_cut(pattern, axis, origin + group->origin[h]);
            repeated = other.low && sdse_cuts_are_equal(pattern, &cut, &other);
        }
        words += repeated ? 0 : sdse_cut_words(&cut);
    }
    return words;
}

// --- One axis ---

// One axis of one child's tile.
struct line {
    struct sdse_axis axis;
    uint64_t outputs, taps; // of the tile
    bool whole;             // gaps are fetched
};

static struct line line_of(const struct sdse_view *view, unsigned level,
                           unsigned axis) {
    return (struct line){
        .axis = sdse_axis_of(view->nest, axis),
        .outputs = view->tile[level][axis ? SDSE_Q : SDSE_P],
        .taps = view->tile[level][axis ? SDSE_S : SDSE_R],
        .whole = level < view->level_count && view->arch->level[level].fetch_gaps,
    };
}

// The words of groups at many positions.
struct sum {
    const struct sdse_pattern *pattern;
    const struct sdse_axis *axis;
    const struct group *group;
    const struct digits *apart;
    uint64_t reach; // of a group behind where it starts
    // Of the digits from each on: how far they go, and how many positions they make.
    uint64_t span[MOST_DIGITS + 1], positions[MOST_DIGITS + 1];
};

// Over the positions of the digits from `digit` on; those of the digits before them
// add up to `origin`. Where everything lies on the map all groups are alike.
static uint64_t sum_words(const struct sum *sum, unsigned digit, uint64_t origin) {
    const uint64_t last = origin + sum->span[digit] + sum->reach;
    if ((int64_t)origin >= sum->axis->low && (int64_t)last <= sum->axis->end)
        return sum->positions[digit] * sum->group->count * sum->pattern->count;
    if (digit == sum->apart->count)
        return group_words(sum->pattern, sum->axis, sum->group, origin);
    const struct digit *at = &sum->apart->at[digit];
    uint64_t words = 0;
    for (uint64_t value = at->first; value < at->factor; value++)
        words += sum_words(sum, digit + 1, origin + value * at->step);
    return words;
}

static uint64_t clipped_words(const struct sdse_pattern *pattern,
                              const struct sdse_axis *axis, const struct group *group,
                              const struct digits *apart) {
    struct digits sorted;
    sorted.count = apart->count;
    memcpy(sorted.at, apart->at, apart->count * sizeof sorted.at[0]);
    sort_digits(&sorted);
    struct sum sum = {.pattern = pattern,
                      .axis = axis,
                      .group = group,
                      .apart = &sorted,
                      .reach = group->origin[group->count - 1] + pattern->end};
    sum.span[sorted.count] = 0;
    sum.positions[sorted.count] = 1;
    for (unsigned i = sorted.count; i-- > 0;) {
        const struct digit *at = &sorted.at[i];
        sum.span[i] = sum.span[i + 1] + (at->factor - 1) * at->step;
        sum.positions[i] = sum.positions[i + 1] * (at->factor - at->first);
    }
    return sum_words(&sum, 0, 0);
}

// Rows that the children of all positions `apart` take, in groups that share: their
// union if `joins`. `shift`: what was there that far before is not taken again; 0 =
// everything is.
static uint64_t line_words(const struct line *line, const struct digits *apart,
                           const struct digits *places, uint64_t shift, bool joins,
                           bool *ok) {
    struct sdse_pattern pattern = {.at = NULL};
    struct group group = {.origin = NULL};
    uint64_t words = 0;
    *ok = *ok &&
          sdse_pattern_init(&pattern, &line->axis, line->outputs, line->taps,
                            line->whole) &&
          (!shift || sdse_pattern_keep_new(&pattern, shift)) &&
          group_init(&group, places);
    if (*ok && joins && group.count > 1) {
        *ok = sdse_pattern_join(&pattern, group.origin, group.count);
        group.count = 1;
        group.origin[0] = 0;
    }
    if (*ok && !line->axis.clipped) {
        words = positions(apart) * group.count * pattern.count;
    } else if (*ok) {
        words = clipped_words(&pattern, &line->axis, &group, apart);
    }
    sdse_pattern_clear(&pattern);
    free(group.origin);
    return words;
}

// --- Lines asked before ---

enum { LINE_HEAD = 8 }; // words of the key before the digits

static unsigned append_digits(const struct digits *digits, uint64_t *key) {
    unsigned words = 0;
    for (unsigned i = 0; i < digits->count; i++) {
        const struct digit *at = &digits->at[i];
        key[words++] = at->factor << 1 | at->first; // first is 0 or 1
        key[words++] = at->step;
    }
    return words;
}

// Everything that line_words looks at; 0: too long to be remembered.
static unsigned line_key(const struct line *line, const struct digits *apart,
                         const struct digits *places, uint64_t shift, bool joins,
                         uint64_t key[SDSE_LINE_WORDS]) {
    if (LINE_HEAD + 2 * (apart->count + places->count) > SDSE_LINE_WORDS)
        return 0;
    const struct sdse_axis *axis = &line->axis;
    key[0] = line->outputs;
    key[1] = line->taps;
    key[2] = shift;
    key[3] = axis->stride;
    key[4] = axis->dilation;
    key[5] = (uint64_t)axis->low;
    key[6] = (uint64_t)axis->end;
    key[7] = (uint64_t)apart->count << 4 | (uint64_t)line->whole << 3 |
             (uint64_t)joins << 2 | (uint64_t)axis->clipped << 1 | axis->gapped;
    const unsigned words = LINE_HEAD + append_digits(apart, key + LINE_HEAD);
    return words + append_digits(places, key + words);
}

static struct sdse_line_entry *find_line(struct sdse_reach_memo *memo,
                                         const uint64_t *key, unsigned words) {
    uint64_t hash = words;
    for (unsigned i = 0; i < words; i++)
        hash = (hash ^ key[i] ^ hash >> 29) * 0x9e3779b97f4a7c15u;
    return &memo->line[(hash >> 32) % SDSE_LINE_ENTRIES];
}

// line_words, unless the same was asked before.
static uint64_t remembered_words(struct sdse_reach_memo *memo, const struct line *line,
                                 const struct digits *apart,
                                 const struct digits *places, uint64_t shift,
                                 bool joins, bool *ok) {
    uint64_t key[SDSE_LINE_WORDS];
    const unsigned words = memo ? line_key(line, apart, places, shift, joins, key) : 0;
    if (!words)
        return line_words(line, apart, places, shift, joins, ok);
    struct sdse_line_entry *entry = find_line(memo, key, words);
    if (entry->words == words && memcmp(entry->key, key, words * sizeof *key) == 0)
        return entry->rows;
    const uint64_t rows = line_words(line, apart, places, shift, joins, ok);
    if (*ok) {
        entry->words = words;
        memcpy(entry->key, key, words * sizeof *key);
        entry->rows = rows;
    }
    return rows;
}

// --- Moves ---

// Adds the digits of all places of children below level `from`, and the factor by which
// other dimensions repeat them. Places at levels >= top that share are a group.
static uint64_t add_places(const struct sdse_view *view, unsigned from, unsigned top,
                           unsigned child, struct digits apart[2],
                           struct digits group[2]) {
    uint64_t others = 1;
    for (unsigned l = from; l < child; l++) {
        const bool shares =
            l >= top && view->arch->level[l].network[SDSE_INPUTS].multicast;
        for (unsigned i = 0; i < view->spatial_count[l]; i++) {
            const struct sdse_view_spatial *loop = &view->spatial[l][i];
            const int axis = sdse_dim_axis(loop->dim);
            if (axis >= 0)
                add_digit(&(shares ? group : apart)[axis], 0, loop->factor,
                          loop->weight * sdse_window_step(view->nest, loop->dim));
            else if (!shares || loop->dim != SDSE_K)
                others *= loop->factor;
        }
    }
    return others;
}

// The rows of one axis, remembered while the loops that move them stay the same.
struct remembered {
    bool known, credited;
    unsigned count; // of the digits of `apart`
    uint64_t first; // of the outermost of them
    uint64_t words;
};

static uint64_t words_at(const struct sdse_view *view, unsigned top, unsigned child,
                         bool joins, bool *ok) {
    const struct sdse_input_moves moves = sdse_input_moves(view, child);
    uint64_t total = 0;
    struct digits apart[2], group[2];
    for (unsigned a = 0; a < 2; a++)
        apart[a].count = group[a].count = 0;
    const struct line line[2] = {line_of(view, child, 0), line_of(view, child, 1)};
    const uint64_t *tile = view->tile[child];
    const uint64_t repeats = add_places(view, 0, top, child, apart, group) *
                             tile[SDSE_N] * tile[SDSE_G] * tile[SDSE_C];
    struct remembered memory[2] = {{.known = false}, {.known = false}};
    const unsigned placed[2] = {apart[0].count, apart[1].count};
    // The visit at which loop i advances; the last is the first visit of all.
    for (unsigned i = view->loop_count + 1; i-- > moves.first;) {
        uint64_t others = repeats;
        const int along = i < view->loop_count ? sdse_dim_axis(view->loop[i].dim) : -1;
        // Loops outside loop i stand anywhere, those inside at their start.
        if (along >= 0)
            add_digit(&apart[along], 1, view->loop[i].factor,
                      view->loop[i].weight *
                          sdse_window_step(view->nest, view->loop[i].dim));
        for (unsigned k = i; k < view->loop_count; k++)
            if (sdse_dim_axis(view->loop[k].dim) < 0)
                others *= view->loop[k].factor - (k == i);
        const bool none = i < view->loop_count && moves.move[i] == SDSE_MOVE_NONE;
        const bool credited =
            i < view->loop_count && moves.move[i] == SDSE_MOVE_CREDITED;
        for (unsigned a = 0; a < 2 && *ok && !none; a++) {
            const bool slides = credited && a == moves.axis;
            const struct digits *digits = &apart[a];
            const uint64_t from =
                digits->count > placed[a] ? digits->at[digits->count - 1].first : 0;
            struct remembered *m = &memory[a];
            if (!m->known || m->credited != slides || m->count != digits->count ||
                m->first != from)
                *m = (struct remembered){
                    true, slides, digits->count, from,
                    remembered_words(view->memo, &line[a], digits, &group[a],
                                     slides ? moves.shift : 0, joins, ok)};
            others *= m->words;
        }
        total += none ? 0 : others;
        if (along >= 0) // from now on it stands anywhere
            apart[along].at[apart[along].count - 1].first = 0;
    }
    return total;
}

bool sdse_exact_inputs(const struct sdse_view *view, bool shares_windows, unsigned fan,
                       struct sdse_edge *edge) {
    bool ok = true, apart = true;
    edge->taken = words_at(view, edge->child, edge->child, false, &ok);
    for (unsigned l = edge->child; l-- > edge->parent;) {
        apart = apart && (view->fanout_used[l] == 1 ||
                          !view->arch->level[l].network[SDSE_INPUTS].multicast);
        edge->merged[l] =
            apart ? edge->taken
                  : words_at(view, l, edge->child, shares_windows && l <= fan, &ok);
    }
    return ok;
}

bool sdse_exact_visit(const struct sdse_view *view, unsigned top, unsigned child,
                      bool shares_windows, const struct sdse_visits *credited,
                      uint64_t *words) {
    bool ok = true;
    struct digits apart[2], group[2];
    for (unsigned a = 0; a < 2; a++)
        apart[a].count = group[a].count = 0;
    const uint64_t *tile = view->tile[child];
    *words = add_places(view, top, top, child, apart, group) * tile[SDSE_N] *
             tile[SDSE_G] * tile[SDSE_C];
    for (unsigned a = 0; a < 2 && ok; a++) {
        const struct line line = line_of(view, child, a);
        const bool slides = credited && a == credited->axis;
        *words *= remembered_words(view->memo, &line, &apart[a], &group[a],
                                   slides ? credited->shift : 0, shares_windows, &ok);
    }
    return ok;
}
