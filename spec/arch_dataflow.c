// Names of levels, and the published dataflow as constraints on mappings.
#include <math.h>
#include <string.h>

#include "base/arena_grow.h"
#include "spec/reading.h"
#include "spec/value.h"

bool sdse_find_level(const struct sdse_arch *arch, const char *name, unsigned *level) {
    for (unsigned i = 0; i < arch->level_count; i++) {
        if (strcmp(arch->level[i].name, name) == 0) {
            *level = i;
            return true;
        }
    }
    for (unsigned i = arch->level_count; i-- > 0;) {
        if (strcmp(arch->level[i].group, name) == 0) {
            *level = i;
            return true;
        }
    }
    return false;
}

void sdse_report_unknown_level(const struct sdse_arch *arch, struct sdse_loc loc,
                               const char *name, struct sdse_diags *diags) {
    const char *names[2 * SDSE_MAX_LEVELS];
    size_t count = 0;
    for (unsigned i = 0; i < arch->level_count; i++) {
        names[count++] = arch->level[i].name;
        names[count++] = arch->level[i].group;
    }
    const char *nearest = sdse_nearest(name, names, count);
    sdse_diag_add(diags, SDSE_ERROR, loc, "unknown-level",
                  "no level or memory is called '%.60s'%s%s%s", name,
                  nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "");
}

bool sdse_read_level(struct sdse_arch_reading *r, const struct sdse_node *node,
                     unsigned *level) {
    const char *name;
    if (!sdse_read_text(node, r->diags, &name))
        return false;
    if (sdse_find_level(r->arch, name, level))
        return true;
    if (!r->levels_broken)
        sdse_report_unknown_level(r->arch, node->loc, name, r->diags);
    return false;
}

// The constraints of one alternative while they are collected.
struct collector {
    struct sdse_arch_reading *r;
    struct sdse_dataflow *flow;
    size_t capacity;
    unsigned level;
};

static void add(struct collector *c, struct sdse_constraint constraint) {
    struct sdse_dataflow *flow = c->flow;
    constraint.level = c->level;
    struct sdse_constraint *larger =
        sdse_arena_grow(c->r->arena, flow->constraints, flow->constraint_count,
                        &c->capacity, sizeof *larger);
    if (!larger) {
        c->r->out_of_memory = true;
        return;
    }
    flow->constraints = larger;
    flow->constraints[flow->constraint_count++] = constraint;
}

// {K: 4, C: all} under one of the factor keys.
static void add_factors(struct collector *c, const struct sdse_node *map,
                        enum sdse_constraint_kind kind) {
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, c->r->diags))
        return;
    sdse_for_each_child (child, map) {
        enum sdse_dim dim;
        uint64_t value = UINT64_MAX;
        if (!sdse_dim_of_letter(child->key, &dim)) {
            sdse_diag_add(c->r->diags, SDSE_ERROR, child->key_loc, "unknown-dimension",
                          "%s: '%.40s' is not a dimension (N K C P Q R S G)",
                          sdse_node_path(c->r->arena, child), child->key);
            continue;
        }
        const char *text = sdse_node_as_text(child);
        bool all = kind == SDSE_FACTOR_EQUAL && text && strcmp(text, "all") == 0;
        if (!all && !sdse_read_u64(child, 1, UINT64_MAX - 1, c->r->diags, &value))
            continue;
        add(c, (struct sdse_constraint){.kind = kind,
                                        .dims = SDSE_BIT(dim),
                                        .value = value,
                                        .loc = child->key_loc});
    }
}

static void add_dims(struct collector *c, const struct sdse_node *list,
                     enum sdse_constraint_kind kind) {
    unsigned dims = 0;
    if (sdse_read_dims(list, c->r->diags, &dims))
        add(c,
            (struct sdse_constraint){.kind = kind, .dims = dims, .loc = list->key_loc});
}

// [Q, P, K], outermost first.
static void add_order(struct collector *c, const struct sdse_node *list) {
    struct sdse_constraint constraint = {.kind = SDSE_LOOP_ORDER, .loc = list->key_loc};
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, c->r->diags))
        return;
    const size_t errors = c->r->diags->errors;
    sdse_for_each_child (item, list) {
        const char *letter;
        enum sdse_dim dim;
        if (!sdse_read_text(item, c->r->diags, &letter))
            continue;
        if (!sdse_dim_of_letter(letter, &dim)) {
            sdse_diag_add(c->r->diags, SDSE_ERROR, item->loc, "unknown-dimension",
                          "%s: '%.40s' is not a dimension (N K C P Q R S G)",
                          sdse_node_path(c->r->arena, item), letter);
        } else if (constraint.dims >> dim & 1u) {
            sdse_diag_add(c->r->diags, SDSE_ERROR, item->loc, "order-twice",
                          "%s: %s stands in the order twice",
                          sdse_node_path(c->r->arena, item), letter);
        } else {
            constraint.order[constraint.order_count++] = (uint8_t)dim;
            constraint.dims |= SDSE_BIT(dim);
        }
    }
    if (c->r->diags->errors > errors)
        return;
    if (constraint.order_count < 2) {
        sdse_diag_add(c->r->diags, SDSE_ERROR, list->key_loc, "constraint-empty",
                      "%s: an order of fewer than two dimensions restricts nothing",
                      sdse_node_path(c->r->arena, list));
        return;
    }
    add(c, constraint);
}

static void add_constraint(struct collector *c, const struct sdse_node *node,
                           enum sdse_constraint_kind kind) {
    struct sdse_constraint constraint = {.kind = kind, .loc = node->key_loc};
    unsigned tensor;
    switch (kind) {
    case SDSE_TEMPORAL_DIMS:
    case SDSE_SPATIAL_X_DIMS:
    case SDSE_SPATIAL_Y_DIMS:
        add_dims(c, node, kind);
        break;
    case SDSE_STATIONARY:
        if (sdse_read_word(node, sdse_tensor_words, SDSE_TENSORS, c->r->diags,
                           &tensor)) {
            constraint.tensor = (enum sdse_tensor)tensor;
            add(c, constraint);
        }
        break;
    case SDSE_LOOP_ORDER:
        add_order(c, node);
        break;
    case SDSE_UTILIZATION_AT_LEAST:
        if (sdse_read_double(node, 0, 1, c->r->diags, &constraint.fraction))
            add(c, constraint);
        break;
    default:
        add_factors(c, node, kind);
    }
}

static void read_constraint(struct collector *c, const struct sdse_node *map) {
    // Index: enum sdse_constraint_kind; "level" comes after.
    static const char *const keys[] = {
        "factors",       "factors_at_most", "factors_at_least",
        "spatial",       "spatial_at_most", "spatial_at_least",
        "temporal_dims", "spatial_x_dims",  "spatial_y_dims",
        "stationary",    "order",           "utilization_at_least",
        "level"};
    enum { KINDS = SDSE_UTILIZATION_AT_LEAST + 1 };
    struct sdse_arch_reading *r = c->r;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, KINDS + 1, r->diags);
    const struct sdse_node *level = sdse_node_get(map, "level");
    if (!level) {
        sdse_report_missing(map, "level", r->diags);
        return;
    }
    if (!sdse_read_level(r, level, &c->level))
        return;
    if (map->count < 2)
        sdse_diag_add(r->diags, SDSE_ERROR, map->loc, "constraint-empty",
                      "%s: names a level but restricts nothing",
                      sdse_node_path(r->arena, map));
    for (unsigned kind = 0; kind < KINDS; kind++) {
        const struct sdse_node *node = sdse_node_get(map, keys[kind]);
        if (node)
            add_constraint(c, node, (enum sdse_constraint_kind)kind);
    }
}

static unsigned read_when(struct sdse_arch_reading *r, const struct sdse_node *when) {
    static const char *const keys[] = {"layer"};
    unsigned kinds = 0, kind;
    if (!sdse_expect_kind(when, SDSE_NODE_MAPPING, r->diags))
        return 0;
    sdse_refuse_unknown_keys(when, keys, 1, r->diags);
    const struct sdse_node *list = sdse_node_get(when, "layer");
    if (!list) {
        sdse_report_missing(when, "layer", r->diags);
        return 0;
    }
    if (!sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags))
        return 0;
    sdse_for_each_child (item, list)
        if (sdse_read_word(item, sdse_layer_kind_words, SDSE_MAPPED_KINDS, r->diags,
                           &kind))
            kinds |= SDSE_BIT(kind);
    return kinds;
}

static void read_alternative(struct sdse_arch_reading *r, const struct sdse_node *map,
                             struct sdse_dataflow *flow) {
    static const char *const keys[] = {"name", "when", "constraints"};
    flow->loc = map->loc;
    flow->kinds = SDSE_BIT(SDSE_MAPPED_KINDS) - 1;
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 3, r->diags);
    const struct sdse_node *node;
    if ((node = sdse_node_get(map, "name")))
        sdse_read_text(node, r->diags, &flow->name);
    if ((node = sdse_node_get(map, "when")))
        flow->kinds = read_when(r, node);
    if (!(node = sdse_node_get(map, "constraints"))) {
        sdse_report_missing(map, "constraints", r->diags);
        return;
    }
    if (!sdse_expect_kind(node, SDSE_NODE_SEQUENCE, r->diags))
        return;
    struct collector c = {.r = r, .flow = flow};
    sdse_for_each_child (item, node)
        read_constraint(&c, item);
}

void sdse_read_dataflows(struct sdse_arch_reading *r) {
    const struct sdse_node *list = sdse_node_get(r->root, "dataflow");
    if (!list || !sdse_expect_kind(list, SDSE_NODE_SEQUENCE, r->diags) || !list->count)
        return;
    r->arch->dataflows = SDSE_ARENA_ARRAY(r->arena, struct sdse_dataflow, list->count);
    if (!r->arch->dataflows) {
        r->out_of_memory = true;
        return;
    }
    sdse_for_each_child (map, list)
        read_alternative(r, map, &r->arch->dataflows[r->arch->dataflow_count++]);
}
