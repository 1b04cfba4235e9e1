#include "costmodel/traffic.h"

#include <string.h>

#include "costmodel/pattern.h"

static uint64_t window_extent(const struct sdse_nest *nest, const uint64_t *tile,
                              unsigned axis) {
    return axis == 0 ? sdse_window_extent(tile[SDSE_P], tile[SDSE_R], nest->stride[0],
                                          nest->dilation[0])
                     : sdse_window_extent(tile[SDSE_Q], tile[SDSE_S], nest->stride[1],
                                          nest->dilation[1]);
}

// Product of the innermost loops outside a child that do not move the tensor: the open
// run.
static uint64_t open_run(const struct sdse_view *view, unsigned dims, unsigned *next) {
    uint64_t run = 1;
    unsigned i = *next;
    while (i < view->loop_count && !(dims >> view->loop[i].dim & 1u))
        run *= view->loop[i++].factor;
    *next = i;
    return run;
}

// Follows the chain outwards from the innermost loop that moves the window.
struct sdse_input_moves sdse_input_moves(const struct sdse_view *view, unsigned level) {
    struct sdse_input_moves moves = {.first = view->first[level]};
    unsigned i = moves.first;
    for (unsigned k = i; k < view->loop_count; k++)
        moves.move[k] = SDSE_MOVE_WHOLE;
    if (level == view->level_count)
        return moves;
    while (i < view->loop_count && view->loop[i].dim == SDSE_K)
        i++;
    moves.first = i;
    if (i == view->loop_count || sdse_dim_axis(view->loop[i].dim) < 0)
        return moves;
    moves.axis = (unsigned)sdse_dim_axis(view->loop[i].dim);
    moves.shift =
        view->loop[i].weight * sdse_window_step(view->nest, view->loop[i].dim);
    uint64_t back =
        0; // how far the loops inside have moved the window when they restart
    for (; i < view->loop_count; i++) {
        const struct sdse_view_loop *loop = &view->loop[i];
        if (loop->dim == SDSE_K)
            continue;
        if (sdse_dim_axis(loop->dim) != (int)moves.axis)
            break;
        const uint64_t step = loop->weight * sdse_window_step(view->nest, loop->dim);
        moves.move[i] = step == back                 ? SDSE_MOVE_NONE
                        : step == back + moves.shift ? SDSE_MOVE_CREDITED
                                                     : SDSE_MOVE_WHOLE;
        back += (loop->factor - 1) * step;
    }
    return moves;
}

static struct sdse_visits input_visits(const struct sdse_view *view, unsigned level) {
    const struct sdse_input_moves moves = sdse_input_moves(view, level);
    struct sdse_visits visits = {.whole = 1, .axis = moves.axis, .shift = moves.shift};
    uint64_t outer = 1; // positions of the loops outside
    for (unsigned i = view->loop_count; i-- > moves.first;) {
        const uint64_t advances = (view->loop[i].factor - 1) * outer;
        outer *= view->loop[i].factor;
        if (moves.move[i] == SDSE_MOVE_WHOLE)
            visits.whole += advances;
        else if (moves.move[i] == SDSE_MOVE_CREDITED)
            visits.credited += advances;
    }
    return visits;
}

struct sdse_visits sdse_child_visits(const struct sdse_view *view,
                                     enum sdse_tensor tensor, unsigned level) {
    if (level == view->level_count)
        return (struct sdse_visits){.whole = view->outside[level]};
    if (tensor == SDSE_INPUTS)
        return input_visits(view, level);
    unsigned i = view->first[level];
    const uint64_t run = open_run(view, sdse_tensor_dims(tensor), &i);
    return (struct sdse_visits){.whole = view->outside[level] / run};
}

uint64_t sdse_view_tile_words(const struct sdse_view *view, enum sdse_tensor tensor,
                              unsigned level) {
    const bool whole = level < view->level_count && view->arch->level[level].fetch_gaps;
    uint64_t words;
    if (sdse_largest_tile_words(view->nest, tensor, view->tile[level], whole, &words))
        return words;
    // Out of memory: the bounding box is no less.
    return sdse_tile_words(view->nest, tensor, view->tile[level]);
}

uint64_t sdse_visit_words(const struct sdse_view *view, enum sdse_tensor tensor,
                          unsigned level, const struct sdse_visits *visits) {
    const uint64_t tile = sdse_view_tile_words(view, tensor, level);
    uint64_t words = (visits->whole + visits->credited) * tile;
    if (visits->credited) {
        const uint64_t extent =
            window_extent(view->nest, view->tile[level], visits->axis);
        if (extent > visits->shift)
            words -= visits->credited * (tile / extent) * (extent - visits->shift);
    }
    return words;
}

// The spatial loops that move the input window along one axis, at levels that
// multicast.
struct place {
    uint64_t factor, step;
};

struct places {
    unsigned count;
    struct place loop[4 * SDSE_MAX_LEVELS];
    bool taps, outputs; // which of the axis' two dimensions are present
};

static void add_place(struct places *places, enum sdse_dim dim, uint64_t factor,
                      uint64_t step) {
    places->loop[places->count].factor = factor;
    places->loop[places->count++].step = step;
    if (dim == SDSE_P || dim == SDSE_Q)
        places->outputs = true;
    else
        places->taps = true;
}

// Marks the part of [from, to) that lies in the 64 * `words` elements from `base` on.
static void mark(uint64_t *bits, uint64_t words, uint64_t base, uint64_t from,
                 uint64_t to) {
    from = from > base ? from - base : 0;
    to = to > base ? to - base : 0;
    to = to < 64 * words ? to : 64 * words;
    for (uint64_t at = from; at < to;) {
        const uint64_t bit = at % 64, left = to - at;
        const uint64_t count = left < 64 - bit ? left : 64 - bit;
        bits[at / 64] |= (count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1)
                         << bit;
        at += count;
    }
}

// union_length by marking every element, a stretch of the line at a time.
static uint64_t marked_length(const struct places *places, uint64_t length,
                              uint64_t reach) {
    enum { WORDS = 1024 };
    uint64_t bits[WORDS], touched = 0;
    for (uint64_t base = 0; base < reach; base += 64 * WORDS) {
        const uint64_t rest = (reach - base + 63) / 64;
        const uint64_t words = rest < WORDS ? rest : WORDS;
        memset(bits, 0, words * sizeof bits[0]);
        uint64_t counter[4 * SDSE_MAX_LEVELS] = {0};
        for (uint64_t origin = 0;;) {
            mark(bits, words, base, origin, origin + length);
            unsigned i = 0;
            for (; i < places->count; i++) {
                if (++counter[i] < places->loop[i].factor) {
                    origin += places->loop[i].step;
                    break;
                }
                origin -= (places->loop[i].factor - 1) * places->loop[i].step;
                counter[i] = 0;
            }
            if (i == places->count)
                break;
        }
        for (uint64_t i = 0; i < words; i++)
            touched += (uint64_t)__builtin_popcountll(bits[i]);
    }
    return touched;
}

// Elements of a line that children with windows of `length` touch together, the origins
// being all sums of the places' steps. length = 1 counts distinct origins. [input
// elements]
static uint64_t union_length(const struct places *places, uint64_t length) {
    struct places rising = *places; // the smallest steps first
    for (unsigned i = 1; i < rising.count; i++)
        for (unsigned j = i; j > 0 && rising.loop[j].step < rising.loop[j - 1].step;
             j--) {
            const struct place moved = rising.loop[j];
            rising.loop[j] = rising.loop[j - 1];
            rising.loop[j - 1] = moved;
        }
    // While copies of what there is stand side by side, or without gaps.
    uint64_t reach = length, touched = length;
    bool simple = true;
    for (unsigned i = 0; i < rising.count; i++) {
        const struct place *at = &rising.loop[i];
        if (at->step >= reach)
            touched *= at->factor;
        else if (touched == reach)
            touched += (at->factor - 1) * at->step;
        else
            simple = false;
        reach += (at->factor - 1) * at->step;
    }
    return simple ? touched : marked_length(&rising, length, reach);
}

// Distinct windows along one axis: a product, unless outputs and taps are both spatial.
static uint64_t distinct_places(const struct places *places) {
    if (places->outputs && places->taps)
        return union_length(places, 1);
    uint64_t product = 1;
    for (unsigned i = 0; i < places->count; i++)
        product *= places->loop[i].factor;
    return product;
}

// What distinguishes the children below one instance of `top`.
struct groups {
    uint64_t others; // groups told apart by something else than the window
    struct places axis[2];
};

static void collect_groups(const struct sdse_view *view, enum sdse_tensor tensor,
                           unsigned top, unsigned child, struct groups *groups) {
    groups->others = 1;
    for (int a = 0; a < 2; a++) {
        groups->axis[a].count = 0;
        groups->axis[a].taps = groups->axis[a].outputs = false;
    }
    const unsigned dims = sdse_tensor_dims(tensor);
    for (unsigned level = top; level < child; level++) {
        if (view->fanout_used[level] == 1)
            continue;
        const struct sdse_network *network = &view->arch->level[level].network[tensor];
        const bool shares =
            tensor == SDSE_OUTPUTS ? network->reduce : network->multicast;
        if (!shares) {
            groups->others *= view->fanout_used[level];
            continue;
        }
        for (unsigned i = 0; i < view->spatial_count[level]; i++) {
            const struct sdse_view_spatial *loop = &view->spatial[level][i];
            if (!(dims >> loop->dim & 1u))
                continue;
            const int axis = tensor == SDSE_INPUTS ? sdse_dim_axis(loop->dim) : -1;
            if (axis < 0)
                groups->others *= loop->factor;
            else
                add_place(&groups->axis[axis], loop->dim, loop->factor,
                          loop->weight * sdse_window_step(view->nest, loop->dim));
        }
    }
}

uint64_t sdse_sharing_groups(const struct sdse_view *view, enum sdse_tensor tensor,
                             unsigned top, unsigned child) {
    struct groups groups;
    collect_groups(view, tensor, top, child, &groups);
    return groups.others * distinct_places(&groups.axis[0]) *
           distinct_places(&groups.axis[1]);
}

uint64_t sdse_merged_words(const struct sdse_view *view, enum sdse_tensor tensor,
                           unsigned top, unsigned child,
                           const struct sdse_visits *visits, bool shares_windows) {
    if (!shares_windows)
        return sdse_sharing_groups(view, tensor, top, child) *
               sdse_visit_words(view, tensor, child, visits);
    struct groups groups;
    collect_groups(view, tensor, top, child, &groups);
    const uint64_t *tile = view->tile[child];
    uint64_t whole = groups.others * tile[SDSE_N] * tile[SDSE_G] * tile[SDSE_C],
             rest = whole;
    for (unsigned axis = 0; axis < 2; axis++) {
        const uint64_t extent = window_extent(view->nest, tile, axis);
        const bool moves = axis == visits->axis && visits->shift < extent;
        whole *= union_length(&groups.axis[axis], extent);
        rest *= union_length(&groups.axis[axis], moves ? visits->shift : extent);
    }
    return visits->whole * whole + visits->credited * rest;
}
