// What limits the loops of a level, the places below it, and what it keeps: within the
// nodes, or in sections of their own.
#include <string.h>
#include <strings.h>

#include "import/timeloop/reading.h"

static const unsigned all_tensors = SDSE_BIT(SDSE_TENSORS) - 1;

// --- One directive ---

static void merge_factor(struct sdse_tl *r, struct sdse_loc loc,
                         struct sdse_tl_factor *into, struct sdse_tl_factor from) {
    if (!from.given)
        return;
    if (into->given && (into->relation != from.relation || into->value != from.value)) {
        sdse_tl_refuse(r, loc, false, "timeloop-factor",
                       "two constraints give a dimension different factors");
        return;
    }
    *into = from;
}

// A last pass belongs to a mapping: a constraint leaves it to the search.
static void refuse_residuals(struct sdse_tl *r, const struct sdse_node *node,
                             const struct sdse_tl_factors *factors) {
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (factors->of[d].residual)
            sdse_tl_refuse(r, node->loc, true, "timeloop-factor",
                           "a last pass of %u is lost: constraints have factors alone",
                           (unsigned)factors->of[d].residual);
}

// Sets a factor of 1 for dimensions of which nothing else is said.
static void fix_to_one(struct sdse_tl_factors *factors, unsigned dims) {
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if ((dims >> d & 1u) && !factors->of[d].given)
            factors->of[d] = (struct sdse_tl_factor){true, SDSE_TL_EQUAL, 1, 0};
}

static unsigned dims_of(unsigned tensors) {
    unsigned dims = 0;
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (tensors >> t & 1u)
            dims |= sdse_tensor_dims((enum sdse_tensor)t);
    return dims;
}

static void read_loops(struct sdse_tl *r, const struct sdse_node *node,
                       const struct sdse_tl_scope *scope,
                       struct sdse_tl_limits *limits) {
    static const char *const told[] = {"type", "target"};
    struct sdse_tl_factors factors = {0};
    limits->given = true;
    limits->loc = node->loc;
    sdse_for_each_child (entry, node) {
        const char *key = entry->key ? entry->key : "an item";
        if (strcmp(key, "factors") == 0) {
            sdse_tl_read_factors(r, entry, scope, &factors);
            refuse_residuals(r, entry, &factors);
        } else if (strcmp(key, "factors_only") == 0) {
            sdse_tl_read_factors(r, entry, scope, &factors);
            refuse_residuals(r, entry, &factors);
            fix_to_one(&factors, SDSE_BIT(SDSE_DIMS) - 1);
        } else if (strcmp(key, "no_iteration_over_dataspaces") == 0) {
            fix_to_one(&factors, dims_of(sdse_tl_read_tensors(r, entry)));
        } else if (strcmp(key, "permutation") == 0) {
            sdse_tl_read_order(r, entry, &limits->order);
        } else if (strcmp(key, "split") == 0) {
            limits->split_given =
                sdse_tl_count(r, entry, scope, 0, SDSE_TL_DIMS, &limits->split);
        } else if (strcmp(key, "min_utilization") == 0) {
            double share;
            if (!sdse_tl_number(r, entry, scope, &share))
                continue;
            if (share < 0 || share > 1)
                sdse_tl_refuse(r, entry->loc, false, "timeloop-value",
                               "a utilization is 0 to 1, got %g", share);
            else
                limits->utilization = share;
        } else if (!sdse_is_among(key, told, 2)) {
            sdse_tl_refuse(r, entry->key_loc, true, "timeloop-key",
                           "constraint '%.60s' has no counterpart: what it asks for is "
                           "lost",
                           key);
        }
    }
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        merge_factor(r, node->loc, &limits->factors.of[d], factors.of[d]);
}

static void read_keeps(struct sdse_tl *r, const struct sdse_node *node,
                       struct sdse_tl_keeps *keeps) {
    static const char *const told[] = {"type", "target"};
    sdse_for_each_child (entry, node) {
        const char *key = entry->key ? entry->key : "an item";
        if (strcmp(key, "keep") == 0) {
            keeps->keep |= sdse_tl_read_tensors(r, entry);
        } else if (strcmp(key, "keep_only") == 0) {
            const unsigned only = sdse_tl_read_tensors(r, entry);
            keeps->keep |= only;
            keeps->bypass |= all_tensors & ~only;
        } else if (strcmp(key, "bypass") == 0) {
            keeps->bypass |= sdse_tl_read_tensors(r, entry);
        } else if (!sdse_is_among(key, told, 2)) {
            sdse_tl_refuse(r, entry->key_loc, true, "timeloop-key",
                           "'%.60s' of a dataspace has no counterpart: what it asks "
                           "for is lost",
                           key);
        }
    }
    if (keeps->keep & keeps->bypass)
        sdse_tl_refuse(r, node->loc, false, "timeloop-factor",
                       "a data space is kept and bypassed");
}

static void read_directive(struct sdse_tl *r, struct sdse_tl_part *part,
                           const char *type, const struct sdse_node *node) {
    static const char *const keeps[] = {"dataspace", "datatype", "bypass", "bypassing"};
    if (strcmp(type, "temporal") == 0)
        read_loops(r, node, part->scope, &part->temporal);
    else if (strcmp(type, "spatial") == 0)
        read_loops(r, node, part->scope, &part->spatial);
    else if (sdse_is_among(type, keeps, 4))
        read_keeps(r, node, &part->keeps);
    else
        sdse_tl_refuse(
            r, node->loc, true, "timeloop-key",
            "constraint '%.60s' has no counterpart: what it asks for is lost", type);
}

// --- All of them ---

static void read_targets(struct sdse_tl *r, const struct sdse_node *section) {
    const struct sdse_node *list = sdse_node_get(section, "targets");
    if (!list && section->kind == SDSE_NODE_SEQUENCE)
        list = section;
    sdse_for_each_child (node, list) {
        const char *target = sdse_tl_word(sdse_node_get(node, "target"));
        const char *type = sdse_tl_word(sdse_node_get(node, "type"));
        struct sdse_tl_part *part = target ? sdse_tl_part_of(r, target) : NULL;
        if (!part || !type)
            sdse_tl_refuse(r, node->loc, false, "timeloop-factor",
                           "a constraint has no type, or its target '%.60s' is no node",
                           target ? target : "");
        else
            read_directive(r, part, type, node);
    }
}

// Each data space goes through one of the memories beside each other.
static void part_groups(struct sdse_tl *r) {
    for (unsigned i = 0; i < r->part_count; i++)
        for (unsigned j = 0; j < r->part_count; j++)
            if (i != j && r->part[i].group && r->part[i].group == r->part[j].group)
                r->part[i].passed |= r->part[j].keeps.keep;
    for (unsigned i = 0; i < r->part_count; i++) {
        struct sdse_tl_part *part = &r->part[i];
        part->passed |= r->group_passed[part->group];
        part->keeps.bypass |= part->passed & ~part->keeps.keep;
    }
}

// A container has no loops in time.
static void check_containers(struct sdse_tl *r) {
    for (unsigned i = 0; i < r->part_count; i++) {
        const struct sdse_tl_part *part = &r->part[i];
        bool loops = part->keeps.keep != 0;
        for (unsigned d = 0; d < SDSE_DIMS; d++) {
            const struct sdse_tl_factor *factor = &part->temporal.factors.of[d];
            loops |= factor->given &&
                     !(factor->relation == SDSE_TL_EQUAL && factor->value == 1);
        }
        if (part->kind != SDSE_TL_STORAGE && loops)
            sdse_tl_refuse(r, part->loc, true, "timeloop-factor",
                           "'%.60s' is no storage: what it keeps, and its loops in "
                           "time, are lost",
                           part->name);
    }
}

void sdse_tl_read_constraints(struct sdse_tl *r) {
    static const enum sdse_tl_section sections[] = {SDSE_TL_ARCH_LIMITS,
                                                    SDSE_TL_MAP_LIMITS, SDSE_TL_LIMITS};
    for (unsigned i = 0; i < r->part_count; i++)
        for
            SDSE_EACH_CHILD(entry, sdse_node_get(r->part[i].node, "constraints")) {
                if (entry->key)
                    read_directive(r, &r->part[i], entry->key, entry);
            }
    for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
        for (unsigned i = 0; i < r->section[sections[s]].count; i++)
            read_targets(r, r->section[sections[s]].node[i]);
    part_groups(r);
    check_containers(r);
}

// --- Axes ---

unsigned sdse_tl_dims(const struct sdse_tl *r) {
    unsigned dims = 0;
    for (unsigned i = 0; i < r->problem.dim_count; i++)
        dims |= SDSE_BIT(r->problem.dim[i]);
    return dims;
}

struct sdse_tl_part sdse_tl_below(const struct sdse_tl *r,
                                  const struct sdse_tl_part *part) {
    struct sdse_tl_part below = *part;
    const int index = (int)(part - r->part);
    if (part->kind != SDSE_TL_STORAGE || part->own_mesh)
        return below;
    below.above = index;
    below.mesh_x = below.mesh_y = 1;
    for (unsigned i = 0; i < r->part_count; i++) {
        if (r->part[i].above != index)
            continue;
        below.mesh_x *= r->part[i].mesh_x;
        below.mesh_y *= r->part[i].mesh_y;
    }
    return below;
}

unsigned sdse_tl_axis(const struct sdse_tl_part *part,
                      const struct sdse_tl_order *order, bool split_given,
                      uint64_t split, enum sdse_dim dim) {
    // A part that has one row or one column leaves no choice.
    if (part->mesh_x > 1 && part->mesh_y == 1)
        return 0;
    if (part->mesh_y > 1 && part->mesh_x == 1)
        return 1;
    for (unsigned i = 0; split_given && i < order->count; i++)
        if (order->dim[i] == dim)
            return i >= split;
    return split_given && order->count <= split ? 0 : split_given;
}

unsigned sdse_tl_axis_dims(const struct sdse_tl_part *part, unsigned axis) {
    const struct sdse_tl_limits *limits = &part->spatial;
    const bool one = axis == 0 ? part->mesh_x == 1 : part->mesh_y == 1;
    unsigned dims = 0;
    for (unsigned d = 0; d < SDSE_DIMS && !one; d++) {
        const struct sdse_tl_factor *factor = &limits->factors.of[d];
        const bool fixed =
            factor->given && factor->relation != SDSE_TL_AT_LEAST && factor->value == 1;
        const bool here = !limits->split_given ||
                          sdse_tl_axis(part, &limits->order, limits->split_given,
                                       limits->split, (enum sdse_dim)d) == axis;
        if (!fixed && here)
            dims |= SDSE_BIT(d);
    }
    return dims;
}
