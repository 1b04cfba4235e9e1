#include "dse/lint/feed.h"

#include <math.h>

#include "dse/lint/array.h"
#include "spec/load.h"

enum { MOST_CHOICES = 256 };

// Words of each tensor, of one way to lay out the fan-outs.
struct words {
    double of[SDSE_TENSORS];
};

// The ways of which none takes at most as many words of every tensor as another.
struct choices {
    unsigned count;
    struct words choice[MOST_CHOICES];
};

// Adds a way unless another is as good; takes out those that it is as good as. Where
// there is no room, the least of each tensor stands for two: still a bound.
static void add(struct choices *choices, const struct words *new) {
    unsigned kept = 0;
    for (unsigned i = 0; i < choices->count; i++) {
        bool worse = true, better = true;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            worse &= new->of[t] >= choices->choice[i].of[t];
            better &= new->of[t] <= choices->choice[i].of[t];
        }
        if (worse)
            return;
        if (!better)
            choices->choice[kept++] = choices->choice[i];
    }
    choices->count = kept;
    if (kept < MOST_CHOICES) {
        choices->choice[choices->count++] = *new;
        return;
    }
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        choices->choice[0].of[t] = fmin(choices->choice[0].of[t], new->of[t]);
}

// Tensors of which a loop over a dimension gives the children words of their own.
typedef unsigned (*parts)(const struct sdse_level *level, enum sdse_dim dim);

// Multiplies by a loop of `factor` over any of the dimensions.
static void spread(struct choices *choices, uint32_t factor, unsigned dims,
                   const struct sdse_level *level, parts apart) {
    const struct choices before = *choices;
    choices->count = 0;
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        if (!(dims >> d & 1u))
            continue;
        const unsigned own = apart(level, (enum sdse_dim)d);
        for (unsigned i = 0; i < before.count; i++) {
            struct words words = before.choice[i];
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                words.of[t] *= own >> t & 1u ? factor : 1;
            add(choices, &words);
        }
    }
}

// All ways to use the fan-outs from level l on in full; none: there is no way.
static void lay_out(const struct sdse_arch *arch, unsigned l, parts apart,
                    struct choices *choices) {
    choices->count = 1;
    choices->choice[0] = (struct words){{1, 1, 1}};
    for (; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        for (unsigned axis = 0; axis < 2; axis++) {
            const unsigned dims = sdse_axis_dims_of_any(arch, l, axis);
            uint32_t left = sdse_axis_length(level, axis);
            for (uint32_t prime = 2; left > 1; prime++) {
                if ((uint64_t)prime * prime > left)
                    prime = left;
                for (; left % prime == 0; left /= prime)
                    spread(choices, prime, dims, level, apart);
            }
        }
    }
}

static double least(const struct choices *choices, const double bits[SDSE_TENSORS]) {
    double sum = (double)INFINITY;
    for (unsigned i = 0; i < choices->count; i++) {
        double of = 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            of += bits[t] * choices->choice[i].of[t];
        sum = fmin(sum, of);
    }
    return sum;
}

bool sdse_weights_are_plain(const struct sdse_arch *arch, unsigned l) {
    bool plain = !arch->rebuild.present || l > arch->rebuild.below_level;
    for (unsigned e = 0; e < arch->engine_count; e++)
        plain &= arch->engine[e].kind != SDSE_ENGINE_PRODUCTS ||
                 l > arch->engine[e].below_level;
    return plain;
}

// Bits of a stored word that are certain; 0 where the word may be coded, or weights in
// another form. Sums may be finished.
static double plain_bits(const struct sdse_arch *arch, unsigned l,
                         enum sdse_tensor tensor, uint32_t weight_bits) {
    const struct sdse_level *level = &arch->level[l];
    if (level->format[tensor].compression != SDSE_UNCOMPRESSED ||
        (tensor == SDSE_WEIGHTS && !sdse_weights_are_plain(arch, l)))
        return 0;
    const uint32_t own = level->word_bits[tensor];
    if (tensor == SDSE_WEIGHTS)
        return own && own < weight_bits ? own : weight_bits;
    return sdse_arch_word_bits(arch, l, tensor);
}

static bool is_window(enum sdse_dim dim) { return sdse_dim_axis(dim) >= 0; }

// --- What tiles hold ---

static unsigned moved(const struct sdse_level *level, enum sdse_dim dim) {
    (void)level;
    unsigned tensors = 0;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (sdse_dim_moves(dim, (enum sdse_tensor)t) &&
            !(t == SDSE_INPUTS && is_window(dim)))
            tensors |= SDSE_BIT(t);
    return tensors;
}

double sdse_least_tile_bits(const struct sdse_arch *arch, unsigned l,
                            uint32_t weight_bits) {
    const struct sdse_level *level = &arch->level[l];
    const unsigned sure = sdse_level_tensors(level) & ~level->may_bypass;
    double bits[SDSE_TENSORS];
    struct choices choices;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        bits[t] =
            sure >> t & 1u ? plain_bits(arch, l, (enum sdse_tensor)t, weight_bits) : 0;
    lay_out(arch, l, moved, &choices);
    return least(&choices, bits);
}

// --- What steps take ---

// A network that does not share serves each child by itself.
static unsigned served(const struct sdse_level *level, enum sdse_dim dim) {
    unsigned tensors = moved(level, dim);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_network *network = &level->network[t];
        if (t == SDSE_OUTPUTS ? !network->reduce : !network->multicast)
            tensors |= SDSE_BIT(t);
    }
    return tensors;
}

bool sdse_is_kept_inside(const struct sdse_arch *arch, unsigned l,
                         enum sdse_tensor tensor) {
    for (unsigned i = l + 1; i < arch->level_count; i++)
        if (sdse_level_tensors(&arch->level[i]) >> tensor & 1u)
            return true;
    return false;
}

double sdse_least_step_bits(const struct sdse_arch *arch, unsigned l,
                            enum sdse_port port, int tensor, uint32_t weight_bits) {
    const struct sdse_level *level = &arch->level[l];
    const unsigned sure = sdse_level_tensors(level) & ~level->may_bypass;
    // Sums arrive; weights and inputs leave.
    const unsigned through = port == SDSE_PORT_READ
                                 ? SDSE_BIT(SDSE_WEIGHTS) | SDSE_BIT(SDSE_INPUTS)
                             : port == SDSE_PORT_WRITE ? SDSE_BIT(SDSE_OUTPUTS)
                                                       : SDSE_BIT(SDSE_TENSORS) - 1;
    double bits[SDSE_TENSORS] = {0};
    struct choices choices;
    for (unsigned t = 0; t < SDSE_TENSORS && !arch->engine_count; t++) {
        // Sums that arrive may have a port of their own.
        const unsigned user = t == SDSE_OUTPUTS && port == SDSE_PORT_WRITE
                                  ? sdse_level_port_up(level, port)
                                  : t;
        const bool here = tensor < 0 ? !level->own_bits_per_cycle[port][user].given
                                     : tensor == (int)user;
        if (here && (sure & through) >> t & 1u &&
            !sdse_is_kept_inside(arch, l, (enum sdse_tensor)t))
            bits[t] = plain_bits(arch, l, (enum sdse_tensor)t, weight_bits);
    }
    lay_out(arch, l, served, &choices);
    return least(&choices, bits);
}
