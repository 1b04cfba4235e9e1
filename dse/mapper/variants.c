#include "dse/mapper/variants.h"

#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/mapper/padding.h"
#include "dse/mapper/rules.h"

// Lists growing in an arena: doubled when full.
struct listing {
    const struct sdse_variant_space *space;
    struct sdse_rules rules;
    struct sdse_arena *arena;
    struct sdse_padding *padding;
    size_t padding_count;
    bool out_of_memory;
};

static bool is_full(size_t count) { return (count & (count - 1)) == 0; }

static void push_padding(struct listing *list, const struct sdse_padding *padding) {
    if (is_full(list->padding_count)) {
        struct sdse_padding *grown =
            SDSE_ARENA_ARRAY(list->arena, struct sdse_padding,
                             list->padding_count ? 2 * list->padding_count : 1);
        if (!grown) {
            list->out_of_memory = true;
            return;
        }
        if (list->padding_count)
            memcpy(grown, list->padding, list->padding_count * sizeof *grown);
        list->padding = grown;
    }
    list->padding[list->padding_count++] = *padding;
}

static uint64_t quotient_up(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }

// Whether f = x * y for factors that fit the axes which take the dimension.
static bool has_place(const struct sdse_level *level, int d, uint64_t f) {
    const uint64_t most_x = level->dims_x >> d & 1u ? level->fanout_x : 1;
    const uint64_t most_y = level->dims_y >> d & 1u ? level->fanout_y : 1;
    for (uint64_t x = 1; x <= most_x; x++)
        if (f % x == 0 && f / x <= most_y)
            return true;
    return false;
}

// Whether the factor splits `units` without dividing them, in fewer places or
// iterations than any other of as many passes, within the percentage.
static bool pads(const struct listing *list, uint64_t units, uint64_t outer,
                 uint64_t factor) {
    return outer >= 2 && factor >= 2 && units % factor != 0 &&
           quotient_up(units, factor) == outer && quotient_up(units, outer) == factor &&
           100 * (outer * factor) <= (100 + list->space->padding_percent) * units;
}

// The places of a level around a child's tile.
static void pad_places(struct listing *list, unsigned l, int d, uint64_t inner) {
    const struct sdse_level *level = &list->space->arch->level[l];
    const uint64_t units = list->space->layer->nest.bound[d] / inner;
    const uint64_t fanout = (uint64_t)level->fanout_x * level->fanout_y;
    for (uint64_t f = 2; f <= fanout && f < units; f++) {
        const uint64_t outer = quotient_up(units, f);
        if (pads(list, units, outer, f) && has_place(level, d, f)) {
            push_padding(list, &(struct sdse_padding){.present = true,
                                                      .dim = (enum sdse_dim)d,
                                                      .level = l,
                                                      .outer = outer,
                                                      .factor = f,
                                                      .inner = inner});
        }
    }
}

// The temporal loops of a level around what one iteration covers. Of all numbers of
// passes with the same factor the least one alone pads with it.
static void pad_loop(struct listing *list, unsigned l, int d, uint64_t inner) {
    const struct sdse_level_rules *rules = &list->rules.level[l];
    const struct sdse_nest *nest = &list->space->layer->nest;
    const uint64_t units = nest->bound[d] / inner;
    uint64_t outer = 2, factor = quotient_up(units, outer);
    for (; factor >= 2; factor = quotient_up(units, outer)) {
        const struct sdse_padding padding = {.present = true,
                                             .temporal = true,
                                             .dim = (enum sdse_dim)d,
                                             .level = l,
                                             .outer = outer,
                                             .factor = factor,
                                             .inner = inner};
        if (factor >= rules->temporal_min[d] && factor <= rules->temporal_max[d] &&
            pads(list, units, outer, factor) && sdse_padding_is_bounded(&padding, nest))
            push_padding(list, &padding);
        outer = quotient_up(units, factor - 1);
    }
}

static void pad_around(struct listing *list, unsigned l, int d, uint64_t inner) {
    pad_places(list, l, d, inner);
    if (l > 0)
        pad_loop(list, l, d, inner);
}

static void pad_all(struct listing *list) {
    const struct sdse_arch *arch = list->space->arch;
    for (unsigned l = 0; l < arch->level_count; l++) {
        for (int d = 0; d < SDSE_DIMS; d++) {
            // Blocks of a filter and their bases are not cut.
            const bool filter = sdse_dim_moves((enum sdse_dim)d, SDSE_WEIGHTS) &&
                                !sdse_dim_moves((enum sdse_dim)d, SDSE_OUTPUTS);
            if (filter && list->space->smartdeal)
                continue;
            const uint64_t bound = list->space->layer->nest.bound[d];
            if (bound > UINT64_MAX / 1000) // products of the comparison would overflow
                continue;
            for (uint64_t i = 1; i <= bound / i; i++) {
                if (bound % i)
                    continue;
                pad_around(list, l, d, i);
                if (i != bound / i)
                    pad_around(list, l, d, bound / i);
            }
        }
    }
}

enum sdse_status sdse_paddings_list(const struct sdse_variant_space *space,
                                    struct sdse_arena *arena,
                                    struct sdse_padding **padding, size_t *count) {
    struct listing list = {.space = space, .arena = arena};
    sdse_rules_init(&list.rules, space->arch, space->layer);
    if (space->padding_percent)
        pad_all(&list);
    *padding = list.padding;
    *count = list.padding_count;
    return list.out_of_memory ? SDSE_NO_MEMORY : SDSE_OK;
}

// Tensors at home have no keeper to choose in the shared memory or outside of it: takes
// them out, and choices that do not differ in others. Returns how many are left.
static size_t leave_homes(const struct sdse_variant_space *space,
                          struct sdse_keeps *keeps, size_t count) {
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        sdse_residence_keeps(space->arch, space->layer->residence, keeps[i].level);
        while (same < left && memcmp(&keeps[same], &keeps[i], sizeof keeps[i]) != 0)
            same++;
        if (same == left)
            keeps[left++] = keeps[i];
    }
    return left;
}

enum sdse_status sdse_variants_list(const struct sdse_variant_space *space,
                                    struct sdse_arena *arena,
                                    struct sdse_variants *variants) {
    struct sdse_padding *padding;
    struct sdse_keeps *keeps;
    size_t padding_count, keeps_count;
    enum sdse_status status = sdse_keeps_list(
        space->arch, space->free_bypass, space->smartdeal, arena, &keeps, &keeps_count);
    if (status == SDSE_OK)
        status = sdse_paddings_list(space, arena, &padding, &padding_count);
    if (status != SDSE_OK)
        return status;
    if (space->layer->residence)
        keeps_count = leave_homes(space, keeps, keeps_count);
    const size_t count = keeps_count * (1 + padding_count);
    variants->variant = SDSE_ARENA_ARRAY(arena, struct sdse_variant, count);
    if (!variants->variant)
        return SDSE_NO_MEMORY;
    variants->count = 0;
    for (size_t p = 0; p <= padding_count; p++) {
        for (size_t i = 0; i < keeps_count; i++) {
            struct sdse_variant *fresh = &variants->variant[variants->count++];
            fresh->keeps = keeps[i];
            if (p)
                fresh->padding = padding[p - 1];
        }
    }
    return SDSE_OK;
}
