#include "spec/split.h"

#include <string.h>

#include "spec/load.h"
#include "spec/value.h"

unsigned sdse_level_positions(const struct sdse_arch *arch, unsigned level) {
    return (unsigned)__builtin_popcount(sdse_level_tensors(&arch->level[level]));
}

// Whether a constraint on a memory can be asked of its positions one by one. Numbers
// other than 1 limit the product of their factors; "all" is what is left for the last.
static bool is_separable(const struct sdse_constraint *constraint) {
    switch (constraint->kind) {
    case SDSE_FACTOR_EQUAL:
        return constraint->value == 1 || constraint->value == UINT64_MAX;
    case SDSE_FACTOR_AT_MOST:
    case SDSE_FACTOR_AT_LEAST:
        return constraint->value == 1;
    default:
        return true;
    }
}

bool sdse_level_may_split(const struct sdse_arch *arch, unsigned level) {
    const struct sdse_level *memory = &arch->level[level];
    if (level == 0 || !memory->carries_loops || !memory->capacity_bits ||
        sdse_level_positions(arch, level) < 2)
        return false;
    if (memory->shares_memory || sdse_arch_memory_last(arch, level) > level)
        return false;
    for (size_t i = 0; i < arch->dataflow_count; i++) {
        const struct sdse_dataflow *flow = &arch->dataflows[i];
        for (size_t c = 0; c < flow->constraint_count; c++)
            if (flow->constraints[c].level == level &&
                !is_separable(&flow->constraints[c]))
                return false;
    }
    return true;
}

unsigned sdse_arch_may_split(const struct sdse_arch *arch) {
    unsigned levels = 0;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (sdse_level_may_split(arch, l))
            levels |= SDSE_BIT(l);
    return levels;
}

unsigned sdse_arch_uneven(const struct sdse_arch *arch) {
    unsigned levels = 0;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (arch->level[l].uneven && sdse_level_may_split(arch, l))
            levels |= SDSE_BIT(l);
    return levels;
}

// Where the levels of an accelerator are in the split one.
struct places {
    unsigned first[SDSE_MAX_LEVELS], last[SDSE_MAX_LEVELS];
};

static bool number_levels(const struct sdse_arch *arch, unsigned levels,
                          struct places *places) {
    unsigned next = 0;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const bool splits = (levels >> l & 1u) && sdse_level_may_split(arch, l);
        places->first[l] = next;
        next += splits ? sdse_level_positions(arch, l) : 1;
        places->last[l] = next - 1;
    }
    return next <= SDSE_MAX_LEVELS;
}

// Position `at` of `count` in a memory.
static bool make_position(const struct sdse_level *memory, unsigned at, unsigned count,
                          struct sdse_arena *arena, struct sdse_level *position) {
    *position = *memory;
    position->name = sdse_arena_printf(arena, "%s.%u", memory->name, at + 1);
    position->shares_memory = at > 0;
    if (at + 1 == count)
        return position->name;
    position->fanout_x = position->fanout_y = 1;
    for (int t = 0; t < SDSE_TENSORS; t++)
        position->network[t] = (struct sdse_network){.free = true};
    return position->name;
}

static bool names_differ(const struct sdse_arch *arch) {
    for (unsigned i = 0; i < arch->level_count; i++)
        for (unsigned j = 0; j < i; j++)
            if (strcmp(arch->level[i].name, arch->level[j].name) == 0)
                return false;
    return true;
}

static bool holds_everywhere(const struct sdse_constraint *constraint) {
    switch (constraint->kind) {
    case SDSE_FACTOR_EQUAL:
    case SDSE_FACTOR_AT_MOST:
        return constraint->value == 1;
    case SDSE_TEMPORAL_DIMS:
    case SDSE_STATIONARY:
    case SDSE_LOOP_ORDER:
        return true;
    default:
        return false;
    }
}

static bool split_dataflow(const struct sdse_dataflow *from,
                           const struct places *places, struct sdse_arena *arena,
                           struct sdse_dataflow *to) {
    *to = *from;
    size_t count = 0;
    for (size_t i = 0; i < from->constraint_count; i++) {
        const unsigned l = from->constraints[i].level;
        count += places->last[l] - places->first[l] + 1;
    }
    if (!count)
        return true;
    to->constraints = SDSE_ARENA_ARRAY(arena, struct sdse_constraint, count);
    to->constraint_count = 0;
    if (!to->constraints)
        return false;
    for (size_t i = 0; i < from->constraint_count; i++) {
        const struct sdse_constraint *constraint = &from->constraints[i];
        const unsigned last = places->last[constraint->level];
        unsigned l =
            holds_everywhere(constraint) ? places->first[constraint->level] : last;
        for (; l <= last; l++) {
            struct sdse_constraint *copy = &to->constraints[to->constraint_count++];
            *copy = *constraint;
            copy->level = l;
        }
    }
    return true;
}

enum sdse_status sdse_arch_split(const struct sdse_arch *arch, unsigned levels,
                                 struct sdse_arena *arena, struct sdse_arch **split) {
    struct places places;
    if (!number_levels(arch, levels, &places))
        return SDSE_INVALID;
    struct sdse_arch *fresh = SDSE_ARENA_NEW(arena, struct sdse_arch);
    if (!fresh)
        return SDSE_NO_MEMORY;
    *fresh = *arch;
    fresh->level_count = places.last[arch->level_count - 1] + 1;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const unsigned first = places.first[l], count = places.last[l] - first + 1;
        if (count == 1)
            fresh->level[first] = arch->level[l];
        for (unsigned i = 0; count > 1 && i < count; i++)
            if (!make_position(&arch->level[l], i, count, arena,
                               &fresh->level[first + i]))
                return SDSE_NO_MEMORY;
    }
    if (!names_differ(fresh))
        return SDSE_INVALID;
    fresh->rebuild.below_level = places.last[arch->rebuild.below_level];
    // An engine that makes products first leaves words as they are stored in all of the
    // memory above it; the others take words from any of its positions.
    for (unsigned i = 0; i < arch->engine_count; i++)
        fresh->engine[i].below_level =
            (arch->engine[i].kind == SDSE_ENGINE_PRODUCTS
                 ? places.last
                 : places.first)[arch->engine[i].below_level];
    fresh->vector.below_level = places.last[arch->vector.below_level];
    fresh->dataflows = NULL;
    if (arch->dataflow_count) {
        fresh->dataflows =
            SDSE_ARENA_ARRAY(arena, struct sdse_dataflow, arch->dataflow_count);
        if (!fresh->dataflows)
            return SDSE_NO_MEMORY;
    }
    for (size_t i = 0; i < arch->dataflow_count; i++)
        if (!split_dataflow(&arch->dataflows[i], &places, arena, &fresh->dataflows[i]))
            return SDSE_NO_MEMORY;
    *split = fresh;
    return SDSE_OK;
}

// The memory one of whose positions a name is: "GLB.2" is in GLB. A set, empty if none.
static unsigned memory_of_position(const struct sdse_arch *arch, const char *name) {
    const char *dot = strrchr(name, '.');
    if (!dot || dot[1] < '1' || dot[1] > '9' || dot[2])
        return 0;
    const size_t length = (size_t)(dot - name);
    for (unsigned l = 0; l < arch->level_count; l++) {
        if (strlen(arch->level[l].name) == length &&
            strncmp(arch->level[l].name, name, length) == 0 &&
            sdse_level_may_split(arch, l) &&
            (unsigned)(dot[1] - '0') <= sdse_level_positions(arch, l))
            return SDSE_BIT(l);
    }
    return 0;
}

// The memories whose positions the lines under `mapping` name, of a node or, below it, of
// the items of `mappings`, `groups` and `nests`.
static unsigned split_memories(const struct sdse_arch *arch,
                               const struct sdse_node *node) {
    static const char *const lists[] = {"mappings", "groups", "nests"};
    unsigned levels = 0;
    sdse_for_each_child (line, sdse_node_get(node, "mapping")) {
        const struct sdse_node *name = sdse_node_get(line, "level");
        const char *text = name ? sdse_node_as_text(name) : NULL;
        levels |= text ? memory_of_position(arch, text) : 0;
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        sdse_for_each_child (item, sdse_node_get(node, lists[i]))
            levels |= split_memories(arch, item);
    return levels;
}

enum sdse_status sdse_arch_of_mapping(struct sdse_arch *arch,
                                      const struct sdse_node *root,
                                      struct sdse_arena *arena,
                                      struct sdse_arch **out) {
    const unsigned levels = split_memories(arch, root);
    *out = arch;
    if (!levels)
        return SDSE_OK;
    // Too many levels: the reader then says that it does not know the positions.
    const enum sdse_status status = sdse_arch_split(arch, levels, arena, out);
    return status == SDSE_INVALID ? SDSE_OK : status;
}
