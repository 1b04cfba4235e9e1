// Private to spec/: parts of a tree that stand in several places of it (aliases,
// merges).
#ifndef SDSE_SPEC_TREE_COPY_H
#define SDSE_SPEC_TREE_COPY_H

#include "spec/tree.h"

struct sdse_tree_copier {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    size_t *nodes;      // of the tree so far; copies are counted
    size_t most;        // nodes
    size_t depth;       // of the container that takes the copy
    bool stop;          // out: a limit was exceeded, and is reported
    bool out_of_memory; // out
};

// A copy of a value with all that is in it, hung nowhere. NULL when it stopped.
struct sdse_node *sdse_tree_limited_copy(struct sdse_tree_copier *copier,
                                         const struct sdse_node *node);

// Replaces the entries `<<` and `<<<` of a mapping by copies of what they name.
void sdse_tree_merge(struct sdse_tree_copier *copier, struct sdse_node *mapping);

#endif
