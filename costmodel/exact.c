#include "costmodel/exact.h"

#include <stdlib.h>
#include <string.h>

#include "costmodel/traffic.h"

enum { WORD = 64 };

// What a move of the window costs.
enum move { WHOLE, CREDITED, NONE };

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

// One axis of one child's tile.
struct line {
    const struct sdse_nest *nest;
    unsigned axis;
    uint64_t outputs, taps; // of the tile
    int64_t low;            // first padded index that is a word
    uint64_t length;        // places on the map
    size_t words;           // of a bitmap
    uint64_t *bitmap;       // scratch: [3 + most groups][words]
};

bool sdse_exact_applies(const struct sdse_nest *nest) {
    return nest->map[0] || nest->map[1];
}

// --- Sets ---

static void line_init(const struct sdse_view *view, unsigned level, unsigned axis,
                      struct line *line) {
    const struct sdse_nest *nest = view->nest;
    const uint64_t *bound = nest->bound, *tile = view->tile[level];
    const enum sdse_dim out = axis ? SDSE_Q : SDSE_P, tap = axis ? SDSE_S : SDSE_R;
    line->nest = nest;
    line->axis = axis;
    line->outputs = tile[out];
    line->taps = tile[tap];
    line->low = nest->map[axis] ? nest->pad[axis] : 0;
    line->length = nest->map[axis]
                       ? nest->map[axis]
                       : sdse_window_extent(bound[out], bound[tap], nest->stride[axis],
                                            nest->dilation[axis]);
    line->words = (line->length + WORD - 1) / WORD;
}

static void mark(const struct line *line, uint64_t padded, uint64_t *set) {
    const int64_t at = (int64_t)padded - line->low;
    if (at >= 0 && (uint64_t)at < line->length)
        set[at / WORD] |= (uint64_t)1 << (at % WORD);
}

// The words of the tile whose window starts at `origin`.
static void list(const struct line *line, uint64_t origin, uint64_t *set) {
    const uint64_t s = line->nest->stride[line->axis],
                   d = line->nest->dilation[line->axis];
    memset(set, 0, line->words * sizeof *set);
    if (!line->nest->map[line->axis]) { // no map: gaps are fetched
        const uint64_t extent = sdse_window_extent(line->outputs, line->taps, s, d);
        for (uint64_t i = 0; i < extent; i++)
            mark(line, origin + i, set);
        return;
    }
    for (uint64_t p = 0; p < line->outputs; p++)
        for (uint64_t r = 0; r < line->taps; r++)
            mark(line, origin + p * s + r * d, set);
}

static uint64_t size_of(const struct line *line, const uint64_t *set) {
    uint64_t size = 0;
    for (size_t i = 0; i < line->words; i++)
        size += (uint64_t)__builtin_popcountll(set[i]);
    return size;
}

// What is fetched at `origin`: all, or what was not there `shift` before.
static void list_fetched(const struct line *line, uint64_t origin, uint64_t shift,
                         uint64_t *set) {
    list(line, origin, set);
    if (!shift)
        return;
    uint64_t *before = line->bitmap;
    list(line, origin - shift, before);
    for (size_t i = 0; i < line->words; i++)
        set[i] &= ~before[i];
}

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

static uint64_t positions(const struct digits *digits) {
    uint64_t count = 1;
    for (unsigned i = 0; i < digits->count; i++)
        count *= digits->at[i].factor - digits->at[i].first;
    return count;
}

// Words that one group of children fetches from `origin` on: each set once, or their
// union.
static uint64_t group_words(const struct line *line, const struct digits *group,
                            uint64_t origin, uint64_t shift, bool joins) {
    uint64_t value[MOST_DIGITS];
    uint64_t *sets = line->bitmap + line->words, *joint = sets;
    uint64_t words = 0;
    size_t count = 0;
    origin += start(group, value);
    if (joins)
        memset(joint, 0, line->words * sizeof *joint);
    do {
        uint64_t *set = sets + (joins ? 1 : count) * line->words;
        list_fetched(line, origin, shift, set);
        if (joins) {
            for (size_t i = 0; i < line->words; i++)
                joint[i] |= set[i];
            continue;
        }
        size_t same = 0;
        while (same < count &&
               memcmp(sets + same * line->words, set, line->words * sizeof *set) != 0)
            same++;
        if (same < count)
            continue;
        words += size_of(line, set);
        count++;
    } while (next(group, value, &origin));
    return joins ? size_of(line, joint) : words;
}

static uint64_t line_words(struct line *line, const struct digits *apart,
                           const struct digits *group, uint64_t shift, bool joins,
                           bool *ok) {
    line->bitmap = malloc((3 + positions(group)) * line->words * sizeof *line->bitmap);
    if (!line->bitmap) {
        *ok = false;
        return 0;
    }
    uint64_t value[MOST_DIGITS], words = 0, origin = start(apart, value);
    do {
        words += group_words(line, group, origin, shift, joins);
    } while (next(apart, value, &origin));
    free(line->bitmap);
    return words;
}

// --- Moves ---

// How each loop outside the child moves its window when it advances; the open run makes
// no visits. Follows the chain of docs/model.md, as input_visits of traffic.c does.
static unsigned find_moves(const struct sdse_view *view, unsigned level,
                           enum move move[SDSE_MAX_LOOPS], unsigned *axis,
                           uint64_t *shift) {
    unsigned i = view->first[level];
    *axis = 0;
    *shift = 0;
    for (unsigned k = i; k < view->loop_count; k++)
        move[k] = WHOLE;
    if (level == view->level_count)
        return i;
    while (i < view->loop_count && view->loop[i].dim == SDSE_K)
        i++;
    const unsigned first = i;
    if (i == view->loop_count || sdse_dim_axis(view->loop[i].dim) < 0)
        return first;
    *axis = (unsigned)sdse_dim_axis(view->loop[i].dim);
    *shift = view->loop[i].weight * sdse_window_step(view->nest, view->loop[i].dim);
    uint64_t back = 0;
    for (; i < view->loop_count; i++) {
        const struct sdse_view_loop *loop = &view->loop[i];
        if (loop->dim == SDSE_K)
            continue;
        if (sdse_dim_axis(loop->dim) != (int)*axis)
            break;
        const uint64_t step = loop->weight * sdse_window_step(view->nest, loop->dim);
        move[i] = step == back ? NONE : step == back + *shift ? CREDITED : WHOLE;
        back += (loop->factor - 1) * step;
    }
    return first;
}

// Adds the digits of all places of children, and the factor by which other dimensions
// repeat them. Places at levels >= top that share are a group.
static uint64_t add_places(const struct sdse_view *view, unsigned top, unsigned child,
                           struct digits apart[2], struct digits group[2]) {
    uint64_t others = 1;
    for (unsigned l = 0; l < child; l++) {
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

static uint64_t words_at(const struct sdse_view *view, unsigned top, unsigned child,
                         bool joins, bool *ok) {
    enum move move[SDSE_MAX_LOOPS];
    unsigned axis;
    uint64_t shift, total = 0;
    const unsigned first = find_moves(view, child, move, &axis, &shift);
    struct digits places[2], group[2];
    places[0].count = places[1].count = group[0].count = group[1].count = 0;
    const uint64_t *tile = view->tile[child];
    const uint64_t repeats = add_places(view, top, child, places, group) *
                             tile[SDSE_N] * tile[SDSE_G] * tile[SDSE_C];
    // The visit at which loop i advances; the last is the first visit of all.
    for (unsigned i = first; i <= view->loop_count; i++) {
        if (i < view->loop_count && move[i] == NONE)
            continue;
        uint64_t others = repeats;
        struct digits apart[2];
        apart[0] = places[0];
        apart[1] = places[1];
        for (unsigned k = i; k < view->loop_count; k++) {
            const struct sdse_view_loop *loop = &view->loop[k];
            const int along = sdse_dim_axis(loop->dim);
            const uint64_t from = k == i;
            if (along >= 0)
                add_digit(&apart[along], from, loop->factor,
                          loop->weight * sdse_window_step(view->nest, loop->dim));
            else
                others *= loop->factor - from;
        }
        const bool credited = i < view->loop_count && move[i] == CREDITED;
        for (unsigned a = 0; a < 2 && *ok; a++) {
            struct line line;
            line_init(view, child, a, &line);
            others *= line_words(&line, &apart[a], &group[a],
                                 credited && a == axis ? shift : 0, joins, ok);
        }
        total += others;
    }
    return total;
}

bool sdse_exact_inputs(const struct sdse_view *view, bool shares_windows, unsigned fan,
                       struct sdse_edge *edge) {
    bool ok = true;
    edge->taken = words_at(view, edge->child, edge->child, false, &ok);
    for (unsigned l = edge->parent; l < edge->child; l++)
        edge->merged[l] =
            words_at(view, l, edge->child, shares_windows && l <= fan, &ok);
    return ok;
}

uint64_t sdse_exact_tile_words(const struct sdse_view *view, unsigned level) {
    const uint64_t *tile = view->tile[level];
    uint64_t words = tile[SDSE_N] * tile[SDSE_G] * tile[SDSE_C];
    for (unsigned a = 0; a < 2; a++) {
        struct digits all = {.count = 0};
        for (unsigned k = view->first[level]; k < view->loop_count; k++)
            if (sdse_dim_axis(view->loop[k].dim) == (int)a)
                add_digit(&all, 0, view->loop[k].factor,
                          view->loop[k].weight *
                              sdse_window_step(view->nest, view->loop[k].dim));
        for (unsigned l = 0; l < level; l++)
            for (unsigned i = 0; i < view->spatial_count[l]; i++)
                if (sdse_dim_axis(view->spatial[l][i].dim) == (int)a)
                    add_digit(
                        &all, 0, view->spatial[l][i].factor,
                        view->spatial[l][i].weight *
                            sdse_window_step(view->nest, view->spatial[l][i].dim));
        struct line line;
        line_init(view, level, a, &line);
        line.bitmap = malloc(line.words * sizeof *line.bitmap);
        if (!line.bitmap)
            return 0;
        uint64_t value[MOST_DIGITS], origin = start(&all, value), most = 0;
        do {
            list(&line, origin, line.bitmap);
            const uint64_t size = size_of(&line, line.bitmap);
            most = size > most ? size : most;
        } while (next(&all, value, &origin));
        free(line.bitmap);
        words *= most;
    }
    return words;
}
