#include "spec/tree_copy.h"

#include <string.h>

#include "spec/path.h"

static void append(struct sdse_node *parent, struct sdse_node *node) {
    node->parent = parent;
    node->next = NULL;
    node->index = parent->count++;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
}

// Counts what a copy of a value adds; false, said, beyond a limit.
static bool may_copy(struct sdse_tree_copier *copier, const struct sdse_node *node,
                     size_t depth) {
    depth += node->kind != SDSE_NODE_SCALAR;
    if (++*copier->nodes > copier->most || depth > SDSE_TREE_DEPTH) {
        sdse_diag_add(copier->diags, SDSE_ERROR, node->loc,
                      depth > SDSE_TREE_DEPTH ? "yaml-depth" : "yaml-nodes",
                      "copies of this make the file %s",
                      depth > SDSE_TREE_DEPTH ? "nest too deep" : "too large");
        copier->stop = true;
        return false;
    }
    sdse_for_each_child (child, node)
        if (!may_copy(copier, child, depth))
            return false;
    return true;
}

struct sdse_node *sdse_tree_limited_copy(struct sdse_tree_copier *copier,
                                         const struct sdse_node *node) {
    if (copier->stop || !may_copy(copier, node, copier->depth))
        return NULL;
    struct sdse_node *copy = sdse_tree_copy(copier->arena, node);
    copier->out_of_memory |= !copy;
    return copy;
}

static bool is_merge(const struct sdse_node *entry) {
    return strcmp(entry->key, "<<") == 0 || strcmp(entry->key, "<<<") == 0;
}

static struct sdse_node *find(struct sdse_node *mapping, const char *key) {
    for (struct sdse_node *child = mapping->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

static void refuse(struct sdse_tree_copier *copier, struct sdse_loc loc,
                   const char *what) {
    sdse_diag_add(copier->diags, SDSE_ERROR, loc, "yaml-merge", "%s", what);
    copier->stop = true;
}

// Entries of `from` that `into` has not; `deep`: also in mappings that both have.
static void take(struct sdse_tree_copier *copier, struct sdse_node *into,
                 const struct sdse_node *from, bool deep) {
    if (into->count + from->count > SDSE_TREE_MERGED) {
        refuse(copier, from->loc, "a merge of more than 1024 entries");
        return;
    }
    sdse_for_each_child (entry, from) {
        struct sdse_node *own = find(into, entry->key);
        if (own && deep && own->kind == SDSE_NODE_MAPPING &&
            entry->kind == SDSE_NODE_MAPPING) {
            copier->depth++;
            take(copier, own, entry, true);
            copier->depth--;
        } else if (!own) {
            struct sdse_node *copy = sdse_tree_limited_copy(copier, entry);
            if (!copy)
                return;
            append(into, copy);
        }
        if (copier->stop)
            return;
    }
}

void sdse_tree_merge(struct sdse_tree_copier *copier, struct sdse_node *mapping) {
    struct sdse_node *merges = NULL, **end = &merges, *entry = mapping->first;
    size_t count = 0;
    for (const struct sdse_node *e = entry; e; e = e->next)
        count += is_merge(e);
    if (!count)
        return;
    mapping->first = mapping->last = NULL;
    mapping->count = 0;
    while (entry) {
        struct sdse_node *next = entry->next;
        if (is_merge(entry)) {
            entry->next = NULL;
            *end = entry;
            end = &entry->next;
        } else {
            append(mapping, entry);
        }
        entry = next;
    }
    for (; merges && !copier->stop && !copier->out_of_memory; merges = merges->next) {
        const bool deep = strcmp(merges->key, "<<<") == 0;
        const bool list = merges->kind == SDSE_NODE_SEQUENCE;
        const struct sdse_node *from = list ? merges->first : merges;
        for (; from && !copier->stop; from = list ? from->next : NULL) {
            if (from->kind != SDSE_NODE_MAPPING)
                refuse(copier, from->loc,
                       "a merge takes a mapping, or a list of mappings");
            else
                take(copier, mapping, from, deep);
        }
    }
}
