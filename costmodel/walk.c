// One file, though long: the walk, its state and what makes it skip repetition depend
// on each other line by line.

#include "costmodel/walk.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/hops.h"
#include "costmodel/pattern.h"

// A tensor's coordinates: weights G K C R S, inputs N G C rows columns, outputs N G K P
// Q. The shape of a tile says for each how many iterations it spans; of inputs, rows
// and columns: how many outputs, and behind all coordinates how many taps.
enum { AXES = 5, SHAPE = AXES + 2 };

struct tile {
    int64_t low[AXES];
    int64_t shape[SHAPE];
};

// A set of rows, or of any other coordinate: how many, and a name that sets share only
// if they are equal. Both add up over sets that have nothing in common.
struct set {
    uint64_t count, name;
};

// What one child holds and remembers. Compared with memcmp: always built from zeroed
// memory.
struct child {
    int64_t held[SHAPE];     // shape of the tile it holds
    int64_t previous[SHAPE]; // shape of the tile it held before the last move
    int64_t shift[AXES];     // the remembered shift of the window
    int64_t has_held, has_previous, has_shift;
};

// The state that decides what the next step fetches, relative to the current origin.
struct state {
    int64_t last_origin[AXES]; // of the last step
    int64_t move[AXES];        // the last change of origin
    int64_t started;
};

// One child's request (or drained tile) in a step, as one level sees it.
struct request {
    uint64_t instance;                  // of the level
    uint64_t alone;                     // place at levels that do not share
    struct set words[AXES], less[AXES]; // the product of `words` without that of `less`
    uint64_t column, row;               // of the level's child that takes it
    uint64_t count;                     // of words
};

// The patterns of the window tiles met so far: on each axis whole or cut in outputs and
// taps.
enum { MOST_PATTERNS = 8 };

struct shaped {
    unsigned axis;
    uint64_t outputs, taps;
    struct sdse_pattern pattern;
};

struct counts {
    uint64_t visits, taken, merged[SDSE_MAX_LEVELS];
    double hops[SDSE_MAX_LEVELS], destinations[SDSE_MAX_LEVELS]; // times words
};

// How an iteration of a loop began.
struct beginning {
    struct state state; // relative to where it starts
    struct counts counts;
};

struct walk {
    const struct sdse_view *view;
    struct sdse_edge *edge;
    bool keeps_nothing; // the children are multipliers
    bool merges;        // false: one child stands for all
    size_t child_count;
    uint64_t *place;  // [child][SDSE_DIMS]: first iteration of the child's place
    uint64_t *digits; // [child][levels]: flat place below each level outside the child
    struct child *children;
    struct child *before;        // a stack of snapshots, one per loop
    struct beginning *beginning; // that goes with it
    struct state state;
    struct request *requests;
    struct sdse_axis axis[2]; // of inputs
    bool gaps;                // are fetched by the children
    unsigned pattern_count;
    struct shaped patterns[MOST_PATTERNS];
    bool out_of_memory;
    uint64_t
        base[SDSE_DIMS]; // first iteration of the current step, temporal loops alone
    struct counts counts;
};

// --- Coordinates ---

static const enum sdse_dim plain[SDSE_TENSORS][AXES] = {
    {SDSE_G, SDSE_K, SDSE_C, SDSE_R, SDSE_S},
    {SDSE_N, SDSE_G, SDSE_C, SDSE_P, SDSE_Q},
    {SDSE_N, SDSE_G, SDSE_K, SDSE_P, SDSE_Q},
};

static void origin_of(const struct walk *walk, const uint64_t base[SDSE_DIMS],
                      int64_t origin[AXES]) {
    const enum sdse_dim *dim = plain[walk->edge->tensor];
    for (int a = 0; a < AXES; a++)
        origin[a] = (int64_t)base[dim[a]];
    if (walk->edge->tensor != SDSE_INPUTS)
        return;
    for (int i = 0; i < 2; i++) {
        const struct sdse_axis *axis = &walk->axis[i];
        origin[3 + i] = (int64_t)(base[dim[3 + i]] * axis->stride +
                                  base[i ? SDSE_S : SDSE_R] * axis->dilation);
    }
}

static struct tile tile_at(const struct walk *walk, const uint64_t base[SDSE_DIMS],
                           const uint64_t size[SDSE_DIMS]) {
    const enum sdse_dim *dim = plain[walk->edge->tensor];
    const bool inputs = walk->edge->tensor == SDSE_INPUTS;
    struct tile tile;
    origin_of(walk, base, tile.low);
    for (int a = 0; a < AXES; a++)
        tile.shape[a] = (int64_t)size[dim[a]];
    tile.shape[AXES] = inputs ? (int64_t)size[SDSE_R] : 0;
    tile.shape[AXES + 1] = inputs ? (int64_t)size[SDSE_S] : 0;
    return tile;
}

// --- Sets ---

static uint64_t mix(int64_t x) {
    uint64_t z = (uint64_t)x + 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

// Names telescope: that of low ... end - 1 is the sum of those of its members.
static struct set interval(int64_t low, int64_t end) {
    if (end <= low)
        return (struct set){0, 0};
    return (struct set){(uint64_t)(end - low), mix(end) - mix(low)};
}

static const struct sdse_pattern *pattern_of(struct walk *walk, unsigned axis,
                                             const int64_t shape[SHAPE]) {
    const uint64_t outputs = (uint64_t)shape[3 + axis],
                   taps = (uint64_t)shape[5 + axis];
    for (unsigned i = 0; i < walk->pattern_count; i++) {
        const struct shaped *at = &walk->patterns[i];
        if (at->axis == axis && at->outputs == outputs && at->taps == taps)
            return &at->pattern;
    }
    assert(walk->pattern_count < MOST_PATTERNS);
    struct shaped *fresh = &walk->patterns[walk->pattern_count];
    *fresh = (struct shaped){.axis = axis, .outputs = outputs, .taps = taps};
    if (!sdse_pattern_init(&fresh->pattern, &walk->axis[axis], outputs, taps,
                           walk->gaps)) {
        walk->out_of_memory = true;
        fresh->pattern = (struct sdse_pattern){.end = 1, .count = 1};
    }
    walk->pattern_count++;
    return &fresh->pattern;
}

// The part of a tile along one coordinate that lies on the map.
static struct set set_of(struct walk *walk, int a, const struct tile *tile) {
    if (walk->edge->tensor != SDSE_INPUTS || a < 3)
        return interval(tile->low[a], tile->low[a] + tile->shape[a]);
    const struct sdse_axis *axis = &walk->axis[a - 3];
    const struct sdse_pattern *pattern = pattern_of(walk, (unsigned)a - 3, tile->shape);
    const struct sdse_cut cut = sdse_pattern_cut(pattern, axis, (uint64_t)tile->low[a]);
    if (!pattern->at)
        return interval(tile->low[a] + (int64_t)(pattern->first + cut.i),
                        tile->low[a] + (int64_t)(pattern->first + cut.j));
    struct set set = {0, 0};
    for (uint64_t i = cut.i; i < cut.j; i++) {
        const int64_t at = tile->low[a] + (int64_t)sdse_pattern_at(pattern, i);
        set.count++;
        set.name += mix(at + 1) - mix(at);
    }
    return set;
}

static bool pattern_has(const struct sdse_pattern *pattern, int64_t x) {
    return x >= 0 && sdse_pattern_below(pattern, (uint64_t)x + 1) >
                         sdse_pattern_below(pattern, (uint64_t)x);
}

// What two tiles have in common along one coordinate, on the map.
static struct set common(struct walk *walk, int a, const struct tile *x,
                         const struct tile *y) {
    int64_t low = x->low[a] > y->low[a] ? x->low[a] : y->low[a];
    int64_t x_end = x->low[a] + x->shape[a], y_end = y->low[a] + y->shape[a];
    if (walk->edge->tensor != SDSE_INPUTS || a < 3)
        return interval(low, x_end < y_end ? x_end : y_end);
    const struct sdse_axis *axis = &walk->axis[a - 3];
    const struct sdse_pattern *of_x = pattern_of(walk, (unsigned)a - 3, x->shape);
    const struct sdse_pattern *of_y = pattern_of(walk, (unsigned)a - 3, y->shape);
    x_end = x->low[a] + (int64_t)of_x->end;
    y_end = y->low[a] + (int64_t)of_y->end;
    int64_t end = x_end < y_end ? x_end : y_end;
    low = low > axis->low ? low : axis->low;
    end = end < axis->end ? end : axis->end;
    if (!of_x->at && !of_y->at)
        return interval(low, end);
    struct set set = {0, 0};
    for (int64_t at = low; at < end; at++) {
        if (!pattern_has(of_x, at - x->low[a]) || !pattern_has(of_y, at - y->low[a]))
            continue;
        set.count++;
        set.name += mix(at + 1) - mix(at);
    }
    return set;
}

static uint64_t product(const struct set set[AXES]) {
    uint64_t words = 1;
    for (int a = 0; a < AXES; a++)
        words *= set[a].count;
    return words;
}

// One form for one set of words: a difference that is a product becomes that product.
static void canonicalise(struct request *request) {
    struct set *words = request->words, *less = request->less;
    int axis = -1;
    for (int a = 0; a < AXES && product(less); a++) {
        if (less[a].count == words[a].count)
            continue;
        if (axis >= 0)
            return; // an L-shape: unique as it is
        axis = a;
    }
    if (axis >= 0) {
        words[axis].count -= less[axis].count;
        words[axis].name -= less[axis].name;
    }
    memset(request->less, 0, sizeof request->less);
}

// --- Sharing ---

static int by_words_then_place(const void *x, const void *y) {
    const struct request *a = x, *b = y;
    const int order = memcmp(a, b, offsetof(struct request, column));
    if (order)
        return order;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static bool same_words(const struct request *a, const struct request *b) {
    return memcmp(a, b, offsetof(struct request, column)) == 0;
}

// Places a child's request in the eyes of level `l`.
static void place_request(const struct walk *walk, unsigned l, size_t child,
                          struct request *request) {
    const struct sdse_view *view = walk->view;
    const uint64_t *digits = walk->digits + child * view->level_count;
    request->instance = request->alone = 0;
    for (unsigned above = 0; above < l; above++)
        request->instance =
            request->instance * view->fanout_used[above] + digits[above];
    for (unsigned at = l; at < walk->edge->child; at++) {
        const struct sdse_network *network =
            &view->arch->level[at].network[walk->edge->tensor];
        const bool shares =
            walk->edge->tensor == SDSE_OUTPUTS ? network->reduce : network->multicast;
        if (!shares)
            request->alone = request->alone * view->fanout_used[at] + digits[at];
    }
    request->column = request->row = 0;
    uint64_t place = digits[l];
    for (unsigned i = view->spatial_count[l]; i-- > 0;) {
        const struct sdse_view_spatial *loop = &view->spatial[l][i];
        const uint64_t step = place % loop->factor * loop->stride;
        place /= loop->factor;
        *(loop->axis == 0 ? &request->column : &request->row) += step;
    }
}

// Counts one group of equal requests: its words once, its way over the mesh.
static size_t count_group(struct walk *walk, unsigned l, const struct request *first,
                          size_t left) {
    size_t n = 0, places = 0;
    double hops = 0;
    while (n < left && same_words(&first[n], first)) {
        const size_t column = n;
        for (; n < left && same_words(&first[n], first) &&
               first[n].column == first[column].column;
             n++)
            places += n == column || first[n].row != first[n - 1].row;
        hops += sdse_column_hops(walk->view->arch->level[l].fanout_y,
                                 (double)first[column].row, (double)first[n - 1].row);
    }
    hops += (double)first[n - 1].column;
    walk->counts.merged[l] += first->count;
    walk->counts.hops[l] += hops * (double)first->count;
    walk->counts.destinations[l] += (double)places * (double)first->count;
    return n;
}

// `count` requests of children (request.instance holds the child's number): every level
// between parent and child merges what its instances may share.
static void merge_requests(struct walk *walk, size_t count) {
    if (!count)
        return;
    struct request *list = walk->requests, *sorted = walk->requests + walk->child_count;
    for (size_t i = 0; i < count; i++)
        walk->counts.taken += list[i].count;
    walk->counts.visits += count;
    for (unsigned l = walk->edge->parent; walk->merges && l < walk->edge->child; l++) {
        for (size_t i = 0; i < count; i++) {
            sorted[i] = list[i];
            place_request(walk, l, (size_t)list[i].instance, &sorted[i]);
        }
        if (count > 1)
            qsort(sorted, count, sizeof *sorted, by_words_then_place);
        for (size_t i = 0; i < count;)
            i += count_group(walk, l, &sorted[i], count - i);
    }
}

// --- One step ---

static bool child_works(const struct walk *walk, size_t child,
                        uint64_t base[SDSE_DIMS]) {
    const uint64_t *place = walk->place + child * SDSE_DIMS;
    for (int d = 0; d < SDSE_DIMS; d++) {
        base[d] = walk->base[d] + place[d];
        if (base[d] >= walk->view->nest->bound[d])
            return false;
    }
    return true;
}

static struct tile child_tile(const struct walk *walk, const uint64_t base[SDSE_DIMS]) {
    uint64_t size[SDSE_DIMS];
    for (int d = 0; d < SDSE_DIMS; d++) {
        const uint64_t left = walk->view->nest->bound[d] - base[d];
        const uint64_t tile = walk->view->tile[walk->edge->child][d];
        size[d] = tile < left ? tile : left;
    }
    return tile_at(walk, base, size);
}

// All but the words that it asks for.
static void clear_request(struct request *request, size_t child) {
    request->instance = child;
    request->alone = request->column = request->row = request->count = 0;
    for (int a = 0; a < AXES; a++)
        request->less[a] = (struct set){0, 0};
}

// Outputs leave every child that holds a tile, whether it works now or not.
static void drain(struct walk *walk) {
    size_t count = 0;
    for (size_t i = 0; i < walk->child_count; i++) {
        struct child *child = &walk->children[i];
        if (!child->has_held)
            continue;
        struct request *request = &walk->requests[count++];
        clear_request(request, i);
        // Only places matter: all children moved by the same temporal origin.
        struct tile tile;
        origin_of(walk, walk->place + i * SDSE_DIMS, tile.low);
        memcpy(tile.shape, child->held, sizeof tile.shape);
        for (int a = 0; a < AXES; a++)
            request->words[a] = set_of(walk, a, &tile);
        request->count = product(request->words);
    }
    merge_requests(walk, count);
}

// The scheduled origin changed: everybody drops the tile but remembers its extent.
static void move_children(struct walk *walk) {
    for (size_t i = 0; i < walk->child_count; i++) {
        struct child *child = &walk->children[i];
        memcpy(child->previous, child->held, sizeof child->previous);
        child->has_previous = child->has_held;
        memset(child->held, 0, sizeof child->held);
        child->has_held = 0;
    }
}

// What is credited of a tile: the sliding-window rule.
static void credit_window(struct walk *walk, struct child *child,
                          const struct tile *tile, struct set less[AXES]) {
    const bool credits = child->has_previous &&
                         (!child->has_shift || memcmp(child->shift, walk->state.move,
                                                      sizeof child->shift) == 0);
    child->has_shift = credits;
    if (!credits) {
        memset(child->shift, 0, sizeof child->shift);
        return;
    }
    memcpy(child->shift, walk->state.move, sizeof child->shift);
    struct tile old;
    for (int a = 0; a < AXES; a++)
        old.low[a] = tile->low[a] - walk->state.move[a];
    memcpy(old.shape, child->previous, sizeof old.shape);
    for (int a = 0; a < AXES; a++)
        less[a] = common(walk, a, tile, &old);
}

// The tile of a child that works in this step; false if the child idles or holds just
// that.
static bool wants_tile(const struct walk *walk, size_t i, struct tile *tile) {
    const struct child *child = &walk->children[i];
    const bool may_change =
        walk->edge->tensor == SDSE_INPUTS; // a cut that moves, see below
    uint64_t base[SDSE_DIMS];
    if ((child->has_held && !may_change) || !child_works(walk, i, base))
        return false;
    *tile = child_tile(walk, base);
    return !child->has_held ||
           memcmp(child->held, tile->shape, sizeof child->held) != 0;
}

// One child takes its tile. Returns false if no word crosses now.
static bool take_tile(struct walk *walk, size_t i, const struct tile *tile,
                      struct request *request) {
    struct child *child = &walk->children[i];
    clear_request(request, i);
    for (int a = 0; a < AXES; a++)
        request->words[a] = set_of(walk, a, tile);
    if (!walk->keeps_nothing) {
        if (child->has_held) { // same origin, cut off elsewhere: what is new is fetched
            struct tile held = *tile;
            memcpy(held.shape, child->held, sizeof held.shape);
            for (int a = 0; a < AXES; a++)
                request->less[a] = common(walk, a, tile, &held);
        } else if (walk->edge->tensor == SDSE_INPUTS) {
            credit_window(walk, child, tile, request->less);
        }
        child->has_held = 1;
        memcpy(child->held, tile->shape, sizeof child->held);
        if (walk->edge->tensor == SDSE_OUTPUTS)
            return false; // counted when it drains
    }
    request->count = product(request->words) - product(request->less);
    canonicalise(request);
    if (!request->count)
        memset(request->words, 0, sizeof request->words);
    return true;
}

static void take_tiles(struct walk *walk) {
    size_t count = 0;
    for (size_t i = 0; i < walk->child_count; i++) {
        struct tile tile;
        if (wants_tile(walk, i, &tile) &&
            take_tile(walk, i, &tile, &walk->requests[count]))
            count++;
    }
    merge_requests(walk, count);
}

static void step(struct walk *walk) {
    if (!walk->keeps_nothing) {
        int64_t origin[AXES];
        origin_of(walk, walk->base, origin);
        if (!walk->state.started ||
            memcmp(origin, walk->state.last_origin, sizeof origin) != 0) {
            if (walk->edge->tensor == SDSE_OUTPUTS)
                drain(walk);
            move_children(walk);
            for (int a = 0; a < AXES; a++)
                walk->state.move[a] =
                    walk->state.started ? origin[a] - walk->state.last_origin[a] : 0;
            memcpy(walk->state.last_origin, origin, sizeof origin);
            walk->state.started = 1;
        }
    }
    take_tiles(walk);
}

// --- Repetition ---

// Iterations a child's tile spans in one iteration of the loop at `outer` - 1 of the
// stack, less one: what the loops inside it add, and the tile itself.
static uint64_t span_inside(const struct walk *walk, unsigned outer,
                            enum sdse_dim dim) {
    const struct sdse_view *view = walk->view;
    uint64_t span = view->tile[walk->edge->child][dim] - 1;
    for (unsigned i = view->first[walk->edge->child]; i + 1 < outer; i++)
        if (view->loop[i].dim == dim)
            span += (view->loop[i].factor - 1) * view->loop[i].weight;
    return span;
}

// Iterations of `loop` from `digit` on in which all that a child takes lies on the map.
static uint64_t iterations_on_map(const struct walk *walk, unsigned outer, size_t child,
                                  uint64_t digit) {
    const struct sdse_nest *nest = walk->view->nest;
    const struct sdse_view_loop *loop = &walk->view->loop[outer - 1];
    const int along = sdse_dim_axis(loop->dim);
    const struct sdse_axis *axis = &walk->axis[along];
    const enum sdse_dim dims[2] = {along ? SDSE_Q : SDSE_P, along ? SDSE_S : SDSE_R};
    uint64_t low = 0, high = 0; // rows, both taken
    for (int i = 0; i < 2; i++) {
        const enum sdse_dim d = dims[i];
        const uint64_t step = i ? axis->dilation : axis->stride;
        const uint64_t from = walk->base[d] + walk->place[child * SDSE_DIMS + d] +
                              (d == loop->dim ? digit * loop->weight : 0);
        const uint64_t last = nest->bound[d] - 1;
        const uint64_t to = from + span_inside(walk, outer, d);
        low += from * step;
        high += (to < last ? to : last) * step;
    }
    if ((int64_t)low < axis->low || (int64_t)high >= axis->end)
        return 0;
    const uint64_t room = (uint64_t)(axis->end - 1 - (int64_t)high);
    return 1 + room / (loop->weight * sdse_window_step(nest, loop->dim));
}

// Iterations of the loop at `depth` - 1 from `digit` on that all places go through
// alike: every place outside the loop is either full or idle throughout, and nothing of
// it reaches over the edge of the map. 0: some place is cut off in this very iteration.
static uint64_t alike_iterations(const struct walk *walk, unsigned depth,
                                 uint64_t digit) {
    const struct sdse_view_loop *loop = &walk->view->loop[depth - 1];
    const uint64_t bound = walk->view->nest->bound[loop->dim];
    const uint64_t start = walk->base[loop->dim];
    const int along = walk->edge->tensor == SDSE_INPUTS ? sdse_dim_axis(loop->dim) : -1;
    const bool clipped = along >= 0 && walk->axis[along].clipped;
    uint64_t alike = loop->factor - digit;
    for (size_t i = 0; i < walk->child_count; i++) {
        const uint64_t place = walk->place[i * SDSE_DIMS + loop->dim];
        // Places inside the loop's own span move with it.
        const uint64_t outer = start + place / (loop->weight * loop->factor) *
                                           (loop->weight * loop->factor);
        if (outer >= bound)
            continue; // idle from here on
        const uint64_t full =
            (bound - outer) / loop->weight; // iterations that fit whole
        const uint64_t idle_from = (bound - outer + loop->weight - 1) / loop->weight;
        if (digit < full) {
            if (full - digit < alike)
                alike = full - digit;
        } else if (digit < idle_from) {
            return 0;
        }
        if (clipped && digit < idle_from) {
            const uint64_t on_map = iterations_on_map(walk, depth, i, digit);
            alike = on_map < alike ? on_map : alike;
        }
    }
    return alike;
}

static void note_counts(const struct walk *walk, struct counts *since) {
    const struct counts *counts = &walk->counts;
    since->visits = counts->visits;
    since->taken = counts->taken;
    for (unsigned l = walk->edge->parent; l < walk->edge->child; l++) {
        since->merged[l] = counts->merged[l];
        since->hops[l] = counts->hops[l];
        since->destinations[l] = counts->destinations[l];
    }
}

// Counts all since `since` as many times again.
static void add_times(struct walk *walk, const struct counts *since, uint64_t times) {
    struct counts *counts = &walk->counts;
    const double factor = (double)times;
    counts->visits += (counts->visits - since->visits) * times;
    counts->taken += (counts->taken - since->taken) * times;
    for (unsigned l = walk->edge->parent; l < walk->edge->child; l++) {
        counts->merged[l] += (counts->merged[l] - since->merged[l]) * times;
        counts->hops[l] += (counts->hops[l] - since->hops[l]) * factor;
        counts->destinations[l] +=
            (counts->destinations[l] - since->destinations[l]) * factor;
    }
}

// The state as the next iteration will see it: origins relative to where it starts.
static struct state relative_state(const struct walk *walk) {
    struct state state = walk->state;
    int64_t origin[AXES];
    origin_of(walk, walk->base, origin);
    if (state.started)
        for (int a = 0; a < AXES; a++)
            state.last_origin[a] -= origin[a];
    return state;
}

static void restore_state(struct walk *walk, struct state relative) {
    int64_t origin[AXES];
    origin_of(walk, walk->base, origin);
    if (relative.started)
        for (int a = 0; a < AXES; a++)
            relative.last_origin[a] += origin[a];
    walk->state = relative;
}

// Runs the loops inside position `outer` (exclusive) of the stack; innermost is
// first[child].
static void run_loops(struct walk *walk, unsigned outer) {
    const struct sdse_view *view = walk->view;
    const unsigned innermost = view->first[walk->edge->child];
    if (outer == innermost) {
        step(walk);
        return;
    }
    const struct sdse_view_loop *loop = &view->loop[outer - 1];
    const uint64_t start = walk->base[loop->dim], bound = view->nest->bound[loop->dim];
    const size_t snapshot_bytes = walk->child_count * sizeof *walk->children;
    struct child *before = walk->before + (size_t)(outer - 1) * walk->child_count;
    struct beginning *beginning = &walk->beginning[outer - 1];
    bool comparable = false; // they are of the previous, alike iteration
    for (uint64_t digit = 0; digit < loop->factor;) {
        walk->base[loop->dim] = start + digit * loop->weight;
        if (walk->base[loop->dim] >= bound)
            break;
        // The last iteration has nothing to be compared with behind it.
        uint64_t alike = 0;
        if (comparable || digit + 1 < loop->factor) {
            walk->base[loop->dim] = start;
            alike = alike_iterations(walk, outer, digit);
            walk->base[loop->dim] = start + digit * loop->weight;
        }
        if (comparable || alike > 1) {
            const struct state now = relative_state(walk);
            if (comparable && alike &&
                memcmp(&now, &beginning->state, sizeof now) == 0 &&
                memcmp(before, walk->children, snapshot_bytes) == 0) {
                add_times(walk, &beginning->counts, alike);
                digit += alike;
                walk->base[loop->dim] = start + digit * loop->weight;
                restore_state(walk, now);
                comparable = false;
                continue;
            }
            beginning->state = now;
        }
        comparable = alike > 1;
        if (comparable) {
            memcpy(before, walk->children, snapshot_bytes);
            note_counts(walk, &beginning->counts);
        }
        run_loops(walk, outer - 1);
        digit++;
    }
    walk->base[loop->dim] = start;
}

// --- Setting up ---

static void place_children(struct walk *walk) {
    const struct sdse_view *view = walk->view;
    for (size_t child = 0; child < walk->child_count; child++) {
        uint64_t rest = child;
        for (unsigned l = walk->edge->child; l-- > 0;) {
            uint64_t digit = rest % view->fanout_used[l];
            rest /= view->fanout_used[l];
            walk->digits[child * view->level_count + l] = digit;
            for (unsigned i = view->spatial_count[l]; i-- > 0;) {
                const struct sdse_view_spatial *loop = &view->spatial[l][i];
                walk->place[child * SDSE_DIMS + loop->dim] +=
                    digit % loop->factor * loop->weight;
                digit /= loop->factor;
            }
        }
    }
}

bool sdse_walk_is_alike(const struct sdse_view *view) {
    for (unsigned l = 0; l < view->level_count; l++) {
        for (unsigned i = 0; i < view->spatial_count[l]; i++) {
            const struct sdse_view_spatial *loop = &view->spatial[l][i];
            if (view->nest->bound[loop->dim] % (loop->weight * loop->factor))
                return false;
        }
    }
    return true;
}

// One piece of memory for all; false if there is none.
static bool reserve(struct walk *walk, void **memory) {
    const size_t children = walk->child_count, loops = walk->view->loop_count;
    const size_t place = SDSE_DIMS * sizeof *walk->place, held = sizeof *walk->children;
    const size_t requests = 2 * sizeof *walk->requests;
    const size_t digits = walk->view->level_count * sizeof *walk->digits;
    const size_t beginnings = loops * sizeof *walk->beginning;
    const size_t of_child = place + held + requests + digits + loops * held;
    *memory = NULL;
    if (children > (SIZE_MAX - beginnings) / of_child)
        return false;
    char *at = *memory = malloc(beginnings + children * of_child);
    if (!at)
        return false;
    memset(at, 0, children * (place + held)); // the others are written, then read
    walk->place = (void *)at;
    walk->children = (void *)(at += children * place);
    walk->requests = (void *)(at += children * held);
    walk->digits = (void *)(at += children * requests);
    walk->before = (void *)(at += children * digits);
    walk->beginning = (void *)(at + children * loops * held);
    return true;
}

bool sdse_walk_edge(const struct sdse_view *view, bool alike, struct sdse_edge *edge) {
    struct walk walk = {.view = view, .edge = edge, .merges = !alike};
    walk.keeps_nothing = edge->child == view->level_count;
    walk.child_count = alike ? 1 : (size_t)view->used[edge->child];
    for (unsigned a = 0; a < 2 && edge->tensor == SDSE_INPUTS; a++)
        walk.axis[a] = sdse_axis_of(view->nest, a);
    walk.gaps = !walk.keeps_nothing && view->arch->level[edge->child].fetch_gaps;
    void *memory;
    const bool ready = reserve(&walk, &memory);
    if (ready) {
        place_children(&walk);
        run_loops(&walk, view->loop_count);
        if (edge->tensor == SDSE_OUTPUTS && !walk.keeps_nothing)
            drain(&walk);
        edge->visits = walk.counts.visits;
        edge->taken = walk.counts.taken;
        for (unsigned l = edge->parent; l < edge->child; l++) {
            const double words = (double)walk.counts.merged[l];
            edge->merged[l] = walk.counts.merged[l];
            edge->hops[l] = words > 0 ? walk.counts.hops[l] / words : 0;
            edge->destinations[l] = words > 0 ? walk.counts.destinations[l] / words : 0;
        }
    }
    free(memory);
    for (unsigned i = 0; i < walk.pattern_count; i++)
        sdse_pattern_clear(&walk.patterns[i].pattern);
    return ready && !walk.out_of_memory;
}

// --- Places and steps that exist ---

// Tuples (k_1 … k_n), 0 <= k_i < factor_i, with sum of k_i * weight_i < bound. The
// weights fall and each exceeds what all later digits can sum up to, so only one digit
// of each place is cut.
static uint64_t tuples_below(const uint64_t *factor, const uint64_t *weight,
                             unsigned count, uint64_t bound) {
    if (!bound)
        return 0;
    if (!count)
        return 1;
    uint64_t rest_product = 1, rest_sum = 0;
    for (unsigned i = 1; i < count; i++) {
        rest_product *= factor[i];
        rest_sum += (factor[i] - 1) * weight[i];
    }
    uint64_t full = bound > rest_sum ? (bound - rest_sum - 1) / *weight + 1 : 0;
    if (full >= *factor)
        return *factor * rest_product;
    uint64_t tuples = full * rest_product;
    if (full * *weight < bound)
        tuples +=
            tuples_below(factor + 1, weight + 1, count - 1, bound - full * *weight);
    return tuples;
}

uint64_t sdse_walk_used_places(const struct sdse_view *view, enum sdse_dim dim,
                               unsigned levels) {
    uint64_t factor[2 * SDSE_MAX_LEVELS], weight[2 * SDSE_MAX_LEVELS];
    unsigned count = 0;
    for (unsigned l = 0; l < view->level_count; l++) {
        for (unsigned i = 0; levels >> l & 1u && i < view->spatial_count[l]; i++) {
            if (view->spatial[l][i].dim != dim)
                continue;
            factor[count] = view->spatial[l][i].factor;
            weight[count++] = view->spatial[l][i].weight;
        }
    }
    return tuples_below(factor, weight, count, view->nest->bound[dim]);
}

uint64_t sdse_walk_passes(const struct sdse_view *view, unsigned level) {
    uint64_t passes = 1;
    for (int d = 0; d < SDSE_DIMS; d++) {
        uint64_t factor[SDSE_MAX_LEVELS], weight[SDSE_MAX_LEVELS];
        unsigned count = 0;
        for (unsigned i = view->loop_count; i-- > view->first[level];) {
            if (view->loop[i].dim != (enum sdse_dim)d)
                continue;
            factor[count] = view->loop[i].factor;
            weight[count++] = view->loop[i].weight;
        }
        passes *= tuples_below(factor, weight, count, view->nest->bound[d]);
    }
    return passes;
}

uint64_t sdse_walk_steps(const struct sdse_view *view) {
    return sdse_walk_passes(view, view->level_count);
}

uint64_t sdse_walk_used(const struct sdse_view *view, unsigned level) {
    uint64_t used = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        used *= sdse_walk_used_places(view, (enum sdse_dim)d, SDSE_BIT(level) - 1);
    return used;
}
