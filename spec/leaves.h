// A tree as a list of what is in it: every leaf with its path, so that two descriptions
// can be laid beside each other.
//
//     levels: [{memory: {name: GLB, read_pj: {value: 1.5, mark: L}}}]
//       -> levels.GLB.memory.read_pj = 1.5, levels.GLB.memory.read_pj (mark) = L
//
// A list's item is called by its `name`, `level`, `kind` or `layer`, or by that of the
// memory in it; else by its position, from 1. Items of one name have equal paths. Lists
// of scalars are one leaf, as they are written: [K, P]. Names themselves are no leaves.
#ifndef SDSE_SPEC_LEAVES_H
#define SDSE_SPEC_LEAVES_H

#include "spec/tree.h"

struct sdse_leaf {
    const char *path, *value;
};

struct sdse_leaves {
    size_t count, room;
    struct sdse_leaf *leaf; // in the order of the text
};

// Adds the leaves of `root` under `prefix` ("" = none). False when memory is out.
bool sdse_leaves_add(struct sdse_leaves *leaves, struct sdse_arena *arena,
                     const char *prefix, const struct sdse_node *root);
// Adds one.
bool sdse_leaves_put(struct sdse_leaves *leaves, struct sdse_arena *arena,
                     const char *path, const char *value);

#endif
