#include "dse/mapper/order.h"

#include <stdlib.h>
#include <string.h>

#include "dse/mapper/trail.h"

enum { N = SDSE_N, K = SDSE_K, C = SDSE_C, P = SDSE_P, Q = SDSE_Q, R = SDSE_R };

static const unsigned resting_dims[SDSE_TENSORS] = {
    [SDSE_WEIGHTS] = SDSE_BIT(N) | SDSE_BIT(P) | SDSE_BIT(Q),
    [SDSE_INPUTS] = SDSE_BIT(K),
    [SDSE_OUTPUTS] = SDSE_BIT(C) | SDSE_BIT(R) | SDSE_BIT(SDSE_S),
};

// A suffix under construction: the innermost loops so far.
struct suffix {
    struct sdse_order order;
    unsigned rest; // loops still to place
    unsigned open; // tensors that can still rest
    int axis;      // of the inputs' chain; -1: none yet
    bool rebuilds; // the number of rebuilds is still open
};

struct listing {
    const struct sdse_order_question *question;
    size_t count, capacity;
    struct sdse_order *order;
    bool failed;
};

// What an order leaves the levels inside with: the loops in which weights and outputs
// rest, and those up to the first that ends the inputs' chain.
struct ending {
    unsigned rest[SDSE_TENSORS];
    unsigned count;
    uint8_t chain[SDSE_DIMS];
};

static struct ending ending_of(const struct listing *listing,
                               const struct sdse_order *order) {
    const struct sdse_order_question *question = listing->question;
    struct ending ending;
    memset(&ending, 0, sizeof ending);
    unsigned open = question->tensors;
    int axis = -1;
    for (unsigned i = 0; i < order->count; i++) {
        const unsigned d = order->dim[i];
        for (int t = 0; t < SDSE_TENSORS; t++) {
            if (t == SDSE_INPUTS || !(open >> t & 1u))
                continue;
            if (sdse_dim_moves((enum sdse_dim)d, (enum sdse_tensor)t))
                open &= ~SDSE_BIT(t);
            else
                ending.rest[t] |= SDSE_BIT(d);
        }
        if (!(open & SDSE_BIT(SDSE_INPUTS)))
            continue;
        const int moved = sdse_dim_axis((enum sdse_dim)d);
        const bool window = moved >= 0 && sdse_axis_has_halo(question->nest, moved);
        if (d != K && (!window || (axis >= 0 && axis != moved))) {
            open &= ~SDSE_BIT(SDSE_INPUTS);
            continue;
        }
        axis = d == K ? axis : moved;
        ending.chain[ending.count++] = (uint8_t)(1 + d);
    }
    return ending;
}

static bool is_listed(const struct listing *listing, const struct sdse_order *order) {
    const struct ending ending = ending_of(listing, order);
    for (size_t i = 0; i < listing->count; i++) {
        const struct ending other = ending_of(listing, &listing->order[i]);
        if (memcmp(&ending, &other, sizeof ending) == 0)
            return true;
    }
    return false;
}

static void emit(struct listing *listing, const struct sdse_order *order) {
    if (listing->question->lives && !listing->question->rebuilds &&
        is_listed(listing, order))
        return;
    if (listing->count == listing->capacity) {
        const size_t capacity = listing->capacity ? 2 * listing->capacity : 16;
        void *grown = realloc(listing->order, capacity * sizeof *order);
        if (!grown) {
            listing->failed = true;
            return;
        }
        listing->order = grown;
        listing->capacity = capacity;
    }
    listing->order[listing->count++] = *order;
}

static void place(struct suffix *suffix, unsigned d) {
    suffix->order.dim[suffix->order.count++] = (uint8_t)d;
    suffix->rest &= ~SDSE_BIT(d);
}

// Places a loop and closes what it closes.
static void place_open(const struct sdse_nest *nest, struct suffix *suffix,
                       unsigned d) {
    place(suffix, d);
    for (int t = 0; t < SDSE_TENSORS; t++)
        if (t != SDSE_INPUTS && sdse_dim_moves((enum sdse_dim)d, (enum sdse_tensor)t))
            suffix->open &= ~SDSE_BIT(t);
    if (d == SDSE_K || d == SDSE_G)
        suffix->rebuilds = false;
    if (d == SDSE_K)
        return;
    const int axis = sdse_dim_axis((enum sdse_dim)d);
    const bool window = axis >= 0 && sdse_axis_has_halo(nest, axis);
    if (window && (suffix->axis < 0 || suffix->axis == axis))
        suffix->axis = axis;
    else
        suffix->open &= ~SDSE_BIT(SDSE_INPUTS);
}

// What may come next without breaking the level's rules.
static unsigned admitted(const struct listing *listing, const struct suffix *suffix) {
    return sdse_rules_innermost(listing->question->rules, suffix->rest);
}

// Whether an order is asked for among the loops that are left.
static bool ordered(const struct listing *listing, const struct suffix *suffix) {
    for (int d = 0; d < SDSE_DIMS; d++)
        if (suffix->rest >> d & 1u &&
            listing->question->rules->inside[d] & suffix->rest)
            return true;
    return false;
}

// Nothing is open any more: the loops that are left, in a fixed order that rebuilds
// weights least.
static void complete(struct listing *listing, struct suffix suffix) {
    static const uint8_t taps_first[] = {SDSE_S, R, N, P, Q, C, K, SDSE_G};
    static const uint8_t channels_first[] = {SDSE_S, N, P, Q, C, R, K, SDSE_G};
    const int ways = suffix.rebuilds && listing->question->nest->bound[SDSE_S] == 1 &&
                             suffix.rest & SDSE_BIT(R) && suffix.rest & SDSE_BIT(C)
                         ? 2
                         : 1;
    for (int way = 0; way < ways; way++) {
        struct suffix whole = suffix;
        const uint8_t *sequence = way ? channels_first : taps_first;
        while (whole.rest) {
            const unsigned dims = admitted(listing, &whole);
            if (!dims)
                return; // rules that contradict each other
            for (int i = 0; i < SDSE_DIMS; i++) {
                if (dims >> sequence[i] & 1u) {
                    place(&whole, sequence[i]);
                    break;
                }
            }
        }
        emit(listing, &whole.order);
    }
}

static void extend(struct listing *listing, struct suffix suffix);

static void extend_by(struct listing *listing, const struct suffix *suffix,
                      unsigned d) {
    struct suffix longer = *suffix;
    place_open(listing->question->nest, &longer, d);
    extend(listing, longer);
}

static unsigned lowest(unsigned set) { return (unsigned)__builtin_ctz(set); }

// Only one of weights and outputs is open: all of its resting loops, then the rest.
static void extend_run(struct listing *listing, struct suffix suffix, unsigned dims,
                       unsigned resting) {
    if (!(dims & resting)) {
        extend_by(listing, &suffix, lowest(dims));
        return;
    }
    while (dims & resting) {
        place_open(listing->question->nest, &suffix, lowest(dims & resting));
        dims &= suffix.rest;
    }
    extend(listing, suffix);
}

// Loops that move the window along an axis that can be, or is, the chain's.
static unsigned chain_dims(const struct listing *listing, const struct suffix *suffix,
                           unsigned dims) {
    unsigned chain = 0;
    for (int axis = 0; axis < 2; axis++) {
        if (!sdse_axis_has_halo(listing->question->nest, axis) ||
            (suffix->axis >= 0 && suffix->axis != axis))
            continue;
        chain |= axis == 0 ? SDSE_BIT(P) | SDSE_BIT(R) : SDSE_BIT(Q) | SDSE_BIT(SDSE_S);
    }
    return dims & chain;
}

// Which of `dims` are worth trying next while inputs, and perhaps weights or outputs,
// are open.
static unsigned worth_trying(const struct listing *listing, const struct suffix *suffix,
                             unsigned dims) {
    const unsigned inputs = SDSE_BIT(SDSE_INPUTS), open = suffix->open;
    unsigned choice = open & inputs ? chain_dims(listing, suffix, dims) : 0;
    // K inside everything rests inputs; between chain loops it only costs, unless it is
    // the last loop.
    const bool first = suffix->axis < 0 && open & inputs;
    if (dims & SDSE_BIT(K) && (first || suffix->rest == SDSE_BIT(K)))
        choice |= SDSE_BIT(K);
    // A loop that closes the chain and lets weights or outputs rest: any of its kind.
    for (int t = 0; t < SDSE_TENSORS; t++) {
        const unsigned resting = dims & resting_dims[t];
        if (t == SDSE_INPUTS || !(open >> t & 1u) || !resting)
            continue;
        if (!(resting & choice) || suffix->axis >= 0) {
            const unsigned closing = resting & ~choice;
            if (closing)
                choice |= SDSE_BIT(lowest(closing));
        }
    }
    return choice ? choice : SDSE_BIT(lowest(dims));
}

static void extend(struct listing *listing, struct suffix suffix) {
    if (!suffix.rest) {
        emit(listing, &suffix.order);
        return;
    }
    // Which orders are worse than another is known where any order may be taken.
    const bool any = !ordered(listing, &suffix);
    if (!suffix.open && (any || !suffix.rebuilds)) {
        complete(listing, suffix);
        return;
    }
    const unsigned dims = admitted(listing, &suffix);
    if (!dims)
        return;
    unsigned choice = dims;
    if (!suffix.rebuilds && any && !listing->question->lives) {
        if (suffix.open == SDSE_BIT(SDSE_WEIGHTS) ||
            suffix.open == SDSE_BIT(SDSE_OUTPUTS)) {
            extend_run(listing, suffix, dims, resting_dims[lowest(suffix.open)]);
            return;
        }
        choice = worth_trying(listing, &suffix, dims);
    }
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (choice >> d & 1u)
            extend_by(listing, &suffix, d);
}

enum sdse_status sdse_orders_list(const struct sdse_order_question *question,
                                  struct sdse_arena *arena,
                                  struct sdse_orders *orders) {
    struct listing listing = {.question = question};
    const struct suffix empty = {.rest = question->dims,
                                 .open = question->tensors,
                                 .axis = -1,
                                 .rebuilds = question->rebuilds};
    extend(&listing, empty);
    orders->count = listing.count;
    orders->order = SDSE_ARENA_ARRAY(arena, struct sdse_order, listing.count);
    const bool failed = listing.failed || (listing.count && !orders->order);
    if (!failed && listing.count)
        memcpy(orders->order, listing.order, listing.count * sizeof *listing.order);
    free(listing.order);
    return failed ? SDSE_NO_MEMORY : SDSE_OK;
}
