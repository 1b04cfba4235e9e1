#include "oracle/support_enumerate.h"

#include <string.h>

enum { SLOTS_PER_LEVEL = 3 }; // temporal, X, Y

struct walk {
    const struct sdse_arch *arch;
    const struct sdse_layer *layer;
    const struct sdse_model *model; // NULL: count only
    struct sdse_enumerate_space space;
    int padded; // the dimension whose bound is padded; -1 = none
    uint64_t bound[SDSE_DIMS];
    struct sdse_mapping mapping; // keeps
    sdse_enumerate_visit visit;
    void *context;
    uint64_t count, limit;
    uint64_t factor[SDSE_MAX_LEVELS][SLOTS_PER_LEVEL][SDSE_DIMS];
};

static struct sdse_loops *loops_of(struct sdse_mapping *mapping, unsigned list) {
    struct sdse_mapping_level *level = &mapping->level[list / SLOTS_PER_LEVEL];
    const unsigned slot = list % SLOTS_PER_LEVEL;
    return slot == 0 ? &level->temporal : &level->spatial[slot - 1];
}

// The constraints of the first alternative for the layer's kind.
static const struct sdse_dataflow *dataflow_of(const struct sdse_arch *arch,
                                               const struct sdse_layer *layer) {
    for (size_t i = 0; i < arch->dataflow_count; i++)
        if (arch->dataflows[i].kinds >> layer->kind & 1u)
            return &arch->dataflows[i];
    return NULL;
}

static uint64_t factor_in(const struct sdse_loops *loops, int d) {
    uint64_t factor = 1;
    for (unsigned i = 0; i < loops->count; i++)
        if ((int)loops->loop[i].dim == d)
            factor *= loops->loop[i].factor;
    return factor;
}

static uint64_t remaining(const struct sdse_arch *arch,
                          const struct sdse_mapping *mapping, unsigned level, int d) {
    uint64_t product = 1;
    for (unsigned l = level; l < arch->level_count; l++)
        product *= factor_in(&mapping->level[l].temporal, d) *
                   factor_in(&mapping->level[l].spatial[0], d) *
                   factor_in(&mapping->level[l].spatial[1], d);
    return product;
}

static bool dims_only(const struct sdse_loops *loops, unsigned dims) {
    for (unsigned i = 0; i < loops->count; i++)
        if (loops->loop[i].factor > 1 && !(dims >> loops->loop[i].dim & 1u))
            return false;
    return true;
}

static bool rests_inside(const struct sdse_loops *loops, enum sdse_tensor tensor) {
    bool resting = false;
    for (unsigned i = 0; i < loops->count; i++) {
        if (loops->loop[i].factor == 1)
            continue;
        if (!sdse_dim_moves(loops->loop[i].dim, tensor))
            resting = true;
        else if (resting)
            return false;
    }
    return true;
}

static unsigned rank_in(const struct sdse_constraint *order, enum sdse_dim dim) {
    unsigned i = 0;
    while (i < order->order_count && order->order[i] != dim)
        i++;
    return i;
}

// Every pair of real loops that the order names.
static bool in_order(const struct sdse_loops *loops,
                     const struct sdse_constraint *order) {
    for (unsigned i = 0; i < loops->count; i++)
        for (unsigned j = i + 1; j < loops->count; j++) {
            const unsigned outer = rank_in(order, loops->loop[i].dim);
            const unsigned inner = rank_in(order, loops->loop[j].dim);
            if (loops->loop[i].factor > 1 && loops->loop[j].factor > 1 &&
                outer < order->order_count && inner < outer)
                return false;
        }
    return true;
}

static bool dim_obeys(const struct sdse_constraint *c, const struct sdse_arch *arch,
                      const struct sdse_layer *layer,
                      const struct sdse_mapping *mapping, int d) {
    const uint64_t bound = layer->nest.bound[d];
    const uint64_t floor = c->value < bound ? c->value : bound;
    const struct sdse_mapping_level *at = &mapping->level[c->level];
    const uint64_t temporal = factor_in(&at->temporal, d);
    const uint64_t spatial =
        factor_in(&at->spatial[0], d) * factor_in(&at->spatial[1], d);
    switch (c->kind) {
    case SDSE_FACTOR_EQUAL:
        return c->value == UINT64_MAX ? remaining(arch, mapping, c->level + 1, d) == 1
                                      : temporal == c->value;
    case SDSE_FACTOR_AT_MOST:
        return temporal <= c->value;
    case SDSE_FACTOR_AT_LEAST:
        return temporal >= floor;
    case SDSE_SPATIAL_EQUAL:
        return spatial == c->value;
    case SDSE_SPATIAL_AT_MOST:
        return spatial <= c->value;
    case SDSE_SPATIAL_AT_LEAST:
        return spatial >= floor;
    default:
        return true;
    }
}

static bool obeys(const struct sdse_constraint *c, const struct sdse_arch *arch,
                  const struct sdse_layer *layer, const struct sdse_mapping *mapping) {
    const struct sdse_mapping_level *at = &mapping->level[c->level];
    double used = 1;
    switch (c->kind) {
    case SDSE_TEMPORAL_DIMS:
        return dims_only(&at->temporal, c->dims);
    case SDSE_SPATIAL_X_DIMS:
        return dims_only(&at->spatial[0], c->dims);
    case SDSE_SPATIAL_Y_DIMS:
        return dims_only(&at->spatial[1], c->dims);
    case SDSE_STATIONARY:
        return rests_inside(&at->temporal, c->tensor);
    case SDSE_LOOP_ORDER:
        return in_order(&at->temporal, c);
    case SDSE_UTILIZATION_AT_LEAST:
        for (int axis = 0; axis < 2; axis++)
            for (unsigned i = 0; i < at->spatial[axis].count; i++)
                used *= (double)at->spatial[axis].loop[i].factor;
        return used >= c->fraction * arch->level[c->level].fanout_x *
                           arch->level[c->level].fanout_y;
    default:
        for (int d = 0; d < SDSE_DIMS; d++)
            if (c->dims >> d & 1u && !dim_obeys(c, arch, layer, mapping, d))
                return false;
        return true;
    }
}

bool sdse_enumerate_allows(const struct sdse_arch *arch, const struct sdse_layer *layer,
                           const struct sdse_mapping *mapping) {
    const struct sdse_dataflow *dataflow = dataflow_of(arch, layer);
    for (size_t i = 0; dataflow && i < dataflow->constraint_count; i++)
        if (!obeys(&dataflow->constraints[i], arch, layer, mapping))
            return false;
    return true;
}

static void visit_if_valid(struct walk *walk, const struct sdse_mapping *mapping) {
    walk->count++;
    if (sdse_enumerate_allows(walk->arch, walk->layer, mapping) &&
        sdse_mapping_verdict(walk->model, mapping, NULL) == SDSE_VALID)
        walk->visit(walk->context, mapping);
}

// All orders of list after list; `done` loops of the current one are placed.
static void permute(struct walk *walk, struct sdse_mapping *mapping, unsigned list,
                    unsigned done) {
    if (list == SLOTS_PER_LEVEL * walk->arch->level_count) {
        visit_if_valid(walk, mapping);
        return;
    }
    struct sdse_loops *loops = loops_of(mapping, list);
    if (done + 1 >= loops->count) {
        permute(walk, mapping, list + 1, 0);
        return;
    }
    for (unsigned i = done; i < loops->count; i++) {
        const struct sdse_loop first = loops->loop[done];
        loops->loop[done] = loops->loop[i];
        loops->loop[i] = first;
        permute(walk, mapping, list, done + 1);
        loops->loop[i] = loops->loop[done];
        loops->loop[done] = first;
    }
}

static uint64_t product_of(const struct walk *walk, int d, unsigned from, unsigned to) {
    uint64_t product = 1;
    for (unsigned list = from; list < to; list++)
        product *= walk->factor[list / SLOTS_PER_LEVEL][list % SLOTS_PER_LEVEL][d];
    return product;
}

// Whether `units` are split by a factor that does not divide them and is the least for
// its number of passes.
static bool splits_unevenly(uint64_t units, uint64_t outer, uint64_t factor) {
    return units % factor != 0 && units <= outer * factor &&
           units > (outer - 1) * factor && units > outer * (factor - 1);
}

// Where windows overlap: whether a last pass of `last` iterations, `inner` of the
// dimension each, moves the window further than one iteration of any loop over the
// other dimension of its axis.
static bool last_pass_moves_on(const struct sdse_nest *nest, int d, uint64_t inner,
                               uint64_t last) {
    const bool out = d == SDSE_P || d == SDSE_Q, tap = d == SDSE_R || d == SDSE_S;
    if (!out && !tap)
        return true;
    const int axis = d == SDSE_Q || d == SDSE_S;
    const int other = out ? (axis ? SDSE_S : SDSE_R) : (axis ? SDSE_Q : SDSE_P);
    const uint64_t step = out ? nest->stride[axis] : nest->dilation[axis];
    const uint64_t other_step = out ? nest->dilation[axis] : nest->stride[axis];
    for (uint64_t f = 2; f <= nest->bound[other]; f++)
        if (nest->bound[other] % f == 0 &&
            nest->bound[other] / f * other_step >= (last - 1) * inner * step)
            return false;
    return true;
}

// Whether the padded dimension is imperfect at one level alone: in its places or in its
// temporal loop.
static bool pads_one_factor(const struct walk *walk) {
    const int d = walk->padded;
    const uint64_t bound = walk->layer->nest.bound[d];
    const unsigned lists = SLOTS_PER_LEVEL * walk->arch->level_count;
    for (unsigned l = 0; l < walk->arch->level_count; l++) {
        const unsigned t = SLOTS_PER_LEVEL * l, x = t + 1, below = t + SLOTS_PER_LEVEL;
        const uint64_t before = product_of(walk, d, 0, t);
        const uint64_t times = product_of(walk, d, t, x);
        const uint64_t places = product_of(walk, d, x, below);
        const uint64_t inner = product_of(walk, d, below, lists);
        if (bound % inner == 0 &&
            splits_unevenly(bound / inner, before * times, places))
            return true;
        const uint64_t tile = places * inner;
        if (bound % tile == 0 && splits_unevenly(bound / tile, before, times) &&
            last_pass_moves_on(&walk->layer->nest, d, tile,
                               bound / tile - (before - 1) * times))
            return true;
    }
    return false;
}

// As many mappings as permute would visit: n! orders of n loops in each list.
static void count_orders(struct walk *walk) {
    uint64_t orders = 1;
    for (unsigned list = 0; list < SLOTS_PER_LEVEL * walk->arch->level_count; list++) {
        const uint64_t *factor =
            walk->factor[list / SLOTS_PER_LEVEL][list % SLOTS_PER_LEVEL];
        uint64_t loops = 0;
        for (int d = 0; d < SDSE_DIMS && orders <= walk->limit; d++)
            if (factor[d] > 1)
                orders *= ++loops;
    }
    walk->count += orders;
}

static void order_all(struct walk *walk) {
    if (!walk->model) {
        count_orders(walk);
        return;
    }
    struct sdse_mapping mapping = walk->mapping;
    for (unsigned list = 0; list < SLOTS_PER_LEVEL * walk->arch->level_count; list++) {
        struct sdse_loops *loops = loops_of(&mapping, list);
        const uint64_t *factor =
            walk->factor[list / SLOTS_PER_LEVEL][list % SLOTS_PER_LEVEL];
        for (int d = 0; d < SDSE_DIMS; d++)
            if (factor[d] > 1)
                loops->loop[loops->count++] =
                    (struct sdse_loop){(enum sdse_dim)d, factor[d]};
    }
    permute(walk, &mapping, 0, 0);
}

static bool slot_admits(const struct walk *walk, unsigned list, int d,
                        uint64_t factor) {
    const unsigned l = list / SLOTS_PER_LEVEL, slot = list % SLOTS_PER_LEVEL;
    const struct sdse_level *level = &walk->arch->level[l];
    if (factor == 1)
        return true;
    if (slot == 0)
        return level->carries_loops;
    uint64_t used = factor;
    for (int other = 0; other < d; other++)
        used *= walk->factor[l][slot][other];
    return (slot == 1 ? level->dims_x : level->dims_y) >> d & 1u &&
           used <= (slot == 1 ? level->fanout_x : level->fanout_y);
}

// Splits what is left of dimension d over the slots from `list` on.
static void split(struct walk *walk, int d, unsigned list, uint64_t left) {
    if (walk->count > walk->limit)
        return;
    if (d == SDSE_DIMS) {
        order_all(walk);
        return;
    }
    if (list == SLOTS_PER_LEVEL * walk->arch->level_count) {
        if (left == 1 && (d != walk->padded || pads_one_factor(walk)))
            split(walk, d + 1, 0, d + 1 < SDSE_DIMS ? walk->bound[d + 1] : 1);
        return;
    }
    uint64_t *factor = &walk->factor[list / SLOTS_PER_LEVEL][list % SLOTS_PER_LEVEL][d];
    for (uint64_t f = 1; f <= left; f++) {
        if (left % f || !slot_admits(walk, list, d, f))
            continue;
        *factor = f;
        split(walk, d, list + 1, left / f);
    }
    *factor = 1;
}

static void split_all(struct walk *walk) {
    for (unsigned l = 0; l < SDSE_MAX_LEVELS; l++)
        for (int slot = 0; slot < SLOTS_PER_LEVEL; slot++)
            for (int d = 0; d < SDSE_DIMS; d++)
                walk->factor[l][slot][d] = 1;
    split(walk, 0, 0, walk->bound[0]);
}

// Perfect factors, then those of every bound that is padded far enough.
static void pad_all(struct walk *walk) {
    const uint64_t *bound = walk->layer->nest.bound;
    memcpy(walk->bound, bound, sizeof walk->bound);
    walk->padded = -1;
    split_all(walk);
    for (int d = 0; d < SDSE_DIMS; d++) {
        if (walk->space.whole_filters && (d == SDSE_C || d == SDSE_R || d == SDSE_S))
            continue;
        walk->padded = d;
        for (uint64_t more = 1; 100 * more <= walk->space.padding_percent * bound[d];
             more++) {
            walk->bound[d] = bound[d] + more;
            split_all(walk);
        }
        walk->bound[d] = bound[d];
    }
}

// Whether the memory that starts at `level` keeps the tensor once, or not at all where
// it may leave it out.
static bool keeps_well(const struct walk *walk, unsigned level, int t) {
    const struct sdse_arch *arch = walk->arch;
    unsigned keepers = 0, able = 0;
    bool free = true;
    for (unsigned l = level; l <= sdse_arch_memory_last(arch, level); l++) {
        const unsigned parts = arch->level[l].keeps;
        if (!(parts >> t & 1u) && (t != SDSE_WEIGHTS || parts < SDSE_BIT(SDSE_TENSORS)))
            continue;
        able++;
        keepers += walk->mapping.keeps[l] >> t & 1u;
        free &= walk->space.free_bypass || arch->level[l].may_bypass >> t & 1u;
    }
    return keepers == 1 || (keepers == 0 && (able == 0 || free));
}

// Every set of tensors at every level from `level` on.
static void choose_keepers(struct walk *walk, unsigned level) {
    const struct sdse_arch *arch = walk->arch;
    if (level == arch->level_count) {
        for (unsigned l = 1; l < level; l++)
            for (int t = 0; t < SDSE_TENSORS; t++)
                if (!arch->level[l].shares_memory && !keeps_well(walk, l, t))
                    return;
        pad_all(walk);
        return;
    }
    const unsigned parts = arch->level[level].keeps;
    const unsigned able =
        (parts & (SDSE_BIT(SDSE_TENSORS) - 1)) |
        (parts >= SDSE_BIT(SDSE_TENSORS) ? SDSE_BIT(SDSE_WEIGHTS) : 0);
    for (unsigned set = 0; set < SDSE_BIT(SDSE_TENSORS); set++) {
        if (set & ~able)
            continue;
        walk->mapping.keeps[level] = set;
        choose_keepers(walk, level + 1);
    }
}

static void start(struct walk *walk, const struct sdse_enumerate_space *space) {
    if (space)
        walk->space = *space;
    sdse_mapping_init(walk->arch, &walk->mapping);
    choose_keepers(walk, 1);
}

uint64_t sdse_enumerate_count(const struct sdse_arch *arch,
                              const struct sdse_layer *layer,
                              const struct sdse_enumerate_space *space,
                              uint64_t limit) {
    struct walk walk;
    memset(&walk, 0, sizeof walk);
    walk.arch = arch;
    walk.layer = layer;
    walk.limit = limit;
    start(&walk, space);
    return walk.count;
}

void sdse_enumerate(const struct sdse_arch *arch, const struct sdse_layer *layer,
                    const struct sdse_model *model,
                    const struct sdse_enumerate_space *space,
                    sdse_enumerate_visit visit, void *context) {
    struct walk walk;
    memset(&walk, 0, sizeof walk);
    walk.arch = arch;
    walk.layer = layer;
    walk.model = model;
    walk.visit = visit;
    walk.context = context;
    walk.limit = UINT64_MAX;
    start(&walk, space);
}
