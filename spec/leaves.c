#include "spec/leaves.h"

#include <string.h>

#include "base/arena_grow.h"

bool sdse_leaves_put(struct sdse_leaves *leaves, struct sdse_arena *arena,
                     const char *path, const char *value) {
    if (!path || !value)
        return false;
    struct sdse_leaf *leaf = sdse_arena_grow(arena, leaves->leaf, leaves->count,
                                             &leaves->room, sizeof *leaf);
    if (!leaf)
        return false;
    leaves->leaf = leaf;
    leaves->leaf[leaves->count++] = (struct sdse_leaf){path, value};
    return true;
}

static const char *const name_keys[] = {"name", "level", "kind", "layer"};
enum { NAME_KEYS = sizeof name_keys / sizeof *name_keys };

// The child that names an item of a list, or NULL.
static const struct sdse_node *name_of(const struct sdse_node *item) {
    for (size_t i = 0; item->kind == SDSE_NODE_MAPPING && i < NAME_KEYS; i++) {
        const struct sdse_node *name = sdse_node_get(item, name_keys[i]);
        if (name && name->kind == SDSE_NODE_SCALAR)
            return name;
    }
    return NULL;
}

// What an item is called, or NULL.
static const char *title_of(const struct sdse_node *item) {
    const struct sdse_node *name = name_of(item);
    const struct sdse_node *memory = sdse_node_get(item, "memory");
    if (!name && memory)
        name = name_of(memory);
    return name ? name->text : NULL;
}

static const char *item_path(struct sdse_arena *arena, const char *path,
                             const struct sdse_node *item) {
    const char *title = title_of(item);
    const char *dot = *path ? "." : "";
    if (!title)
        return sdse_arena_printf(arena, "%s%s%zu", path, dot, item->index + 1);
    return sdse_arena_printf(arena, "%s%s%s", path, dot, title);
}

static bool all_scalars(const struct sdse_node *list) {
    sdse_for_each_child (item, list)
        if (item->kind != SDSE_NODE_SCALAR)
            return false;
    return true;
}

static const char *as_list(struct sdse_arena *arena, const struct sdse_node *list) {
    const char *text = "[";
    sdse_for_each_child (item, list)
        text = text ? sdse_arena_printf(arena, "%s%s%s", text, item->index ? ", " : "",
                                        item->text)
                    : NULL;
    return text ? sdse_arena_printf(arena, "%s]", text) : NULL;
}

// "read_pj" and what is beside its value: "read_pj (mark)".
static const char *child_path(struct sdse_arena *arena, const char *path,
                              const struct sdse_node *child, bool beside_value) {
    if (beside_value)
        return strcmp(child->key, "value") == 0
                   ? path
                   : sdse_arena_printf(arena, "%s (%s)", path, child->key);
    return sdse_arena_printf(arena, "%s%s%s", path, *path ? "." : "", child->key);
}

// Trees are at most SDSE_TREE_DEPTH deep.
// NOLINTNEXTLINE(misc-no-recursion)
bool sdse_leaves_add(struct sdse_leaves *leaves, struct sdse_arena *arena,
                     const char *path, const struct sdse_node *node) {
    if (!path)
        return false;
    if (node->kind == SDSE_NODE_SCALAR)
        return sdse_leaves_put(leaves, arena, path, node->text);
    if (node->kind == SDSE_NODE_SEQUENCE && all_scalars(node))
        return sdse_leaves_put(leaves, arena, path, as_list(arena, node));
    const bool beside_value = sdse_node_get(node, "value") != NULL;
    const bool in_list = node->parent && node->parent->kind == SDSE_NODE_SEQUENCE;
    const struct sdse_node *name = in_list ? name_of(node) : NULL;
    sdse_for_each_child (child, node) {
        if (child == name)
            continue;
        const char *its = node->kind == SDSE_NODE_SEQUENCE
                              ? item_path(arena, path, child)
                              : child_path(arena, path, child, beside_value);
        if (!sdse_leaves_add(leaves, arena, its, child))
            return false;
    }
    return true;
}
