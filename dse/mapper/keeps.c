#include "dse/mapper/keeps.h"

#include <string.h>

#include "base/arena_grow.h"
#include "spec/load.h"

// Choices as digits: which of the positions that may, keeps tensor t of the memory that
// starts at level l; one more than there are positions: none.
struct choices {
    const struct sdse_arch *arch;
    bool free_bypass, smartdeal;
    unsigned digit[SDSE_MAX_LEVELS][SDSE_TENSORS];
    struct sdse_keeps *list;
    size_t count, room;
};

static unsigned may_keep(const struct sdse_arch *arch, unsigned l) {
    return l ? sdse_level_tensors(&arch->level[l]) : SDSE_BIT(SDSE_TENSORS) - 1;
}

// Positions of the memory at levels first … last that may keep a tensor.
static unsigned count_positions(const struct sdse_arch *arch, unsigned first,
                                unsigned tensor) {
    unsigned count = 0;
    for (unsigned l = first; l <= sdse_arch_memory_last(arch, first); l++)
        count += may_keep(arch, l) >> tensor & 1u;
    return count;
}

// Choices for a tensor at the memory that starts at level `first`.
static unsigned count_choices(const struct choices *choices, unsigned first,
                              unsigned tensor) {
    const struct sdse_arch *arch = choices->arch;
    const unsigned count = count_positions(arch, first, tensor);
    bool none = first > 0, words = false;
    for (unsigned l = first; l <= sdse_arch_memory_last(arch, first); l++) {
        const struct sdse_level *level = &arch->level[l];
        if (!(may_keep(arch, l) >> tensor & 1u))
            continue;
        none &= choices->free_bypass || level->may_bypass >> tensor & 1u;
        words |= level->keeps >> tensor & 1u;
    }
    // A memory for parts of weights holds no raw ones: nothing to leave out.
    words |= tensor == SDSE_WEIGHTS && choices->smartdeal;
    return count + (count && none && words);
}

static void write_keeps(const struct choices *choices, struct sdse_keeps *keeps) {
    const struct sdse_arch *arch = choices->arch;
    memset(keeps, 0, sizeof *keeps);
    for (unsigned first = 0, last; first < arch->level_count; first = last + 1) {
        last = sdse_arch_memory_last(arch, first);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            unsigned skip = choices->digit[first][t];
            for (unsigned l = first; l <= last; l++)
                if ((may_keep(arch, l) >> t & 1u) && skip-- == 0)
                    keeps->level[l] |= SDSE_BIT(t);
        }
    }
}

// Whether two tensors are at one position and one behind it is empty: the same mappings
// are those in which that one takes a tensor and no loops stand in between.
static bool is_covered(const struct sdse_arch *arch, const struct sdse_keeps *keeps,
                       unsigned l) {
    const unsigned last = sdse_arch_memory_last(arch, l);
    return l < last && __builtin_popcount(keeps->level[l]) > 1 && !keeps->level[last] &&
           may_keep(arch, l) == may_keep(arch, last);
}

// No position is left empty for one behind it that could have its place, and no other
// choice covers this one.
static bool is_canonical(const struct sdse_arch *arch, const struct sdse_keeps *keeps) {
    for (unsigned l = 1; l < arch->level_count; l++) {
        if (arch->level[l].shares_memory && keeps->level[l] && !keeps->level[l - 1] &&
            may_keep(arch, l) == may_keep(arch, l - 1))
            return false;
        if (is_covered(arch, keeps, l))
            return false;
    }
    return true;
}

static bool advance(struct choices *choices) {
    const struct sdse_arch *arch = choices->arch;
    for (unsigned first = 0; first < arch->level_count;
         first = sdse_arch_memory_last(arch, first) + 1) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            unsigned *digit = &choices->digit[first][t];
            if (++*digit < count_choices(choices, first, t))
                return true;
            *digit = 0;
        }
    }
    return false;
}

static bool add(struct choices *choices, const struct sdse_keeps *keeps,
                struct sdse_arena *arena) {
    struct sdse_keeps *list = sdse_arena_grow(arena, choices->list, choices->count,
                                              &choices->room, sizeof *list);
    if (!list)
        return false;
    choices->list = list;
    choices->list[choices->count++] = *keeps;
    return true;
}

enum sdse_status sdse_keeps_list(const struct sdse_arch *arch, bool free_bypass,
                                 bool smartdeal, struct sdse_arena *arena,
                                 struct sdse_keeps **list, size_t *count) {
    struct choices choices = {
        .arch = arch, .free_bypass = free_bypass, .smartdeal = smartdeal};
    do {
        struct sdse_keeps keeps;
        write_keeps(&choices, &keeps);
        const bool first = choices.count == 0;
        if ((first || is_canonical(arch, &keeps)) && !add(&choices, &keeps, arena))
            return SDSE_NO_MEMORY;
    } while (advance(&choices));
    *list = choices.list;
    *count = choices.count;
    return SDSE_OK;
}
