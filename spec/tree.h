// YAML (and JSON, which is YAML) as a tree in which every key and value knows its
// place.
//
// Decisions, all of them diagnostics with a place:
//   - duplicate keys are errors [yaml-duplicate-key];
//   - anchors and aliases are refused [yaml-alias], so a file cannot grow in memory;
//   - tags are refused [yaml-tag]; keys are scalars [yaml-key];
//     (texts of other tools may have them: sdse_tree_parse_decorated)
//   - one document per file, not empty [yaml-documents, yaml-empty];
//   - UTF-8 only; a NUL inside a string is refused [yaml-encoding, yaml-nul];
//   - limits on bytes, nodes and depth (below) [yaml-size, yaml-nodes, yaml-depth].
// Nothing else in the project touches libyaml.
#ifndef SDSE_SPEC_TREE_H
#define SDSE_SPEC_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"

enum {
    SDSE_TREE_BYTES = 16 * 1024 * 1024, // largest file that is read
    SDSE_TREE_NODES = 1 << 20,          // most scalars, sequences and mappings
    SDSE_TREE_DEPTH = 64,               // deepest nesting
    SDSE_TREE_KEY_BYTES = 512,          // longest key
    SDSE_TREE_MERGED = 1024             // most entries of a mapping that merges others
};

enum sdse_node_kind { SDSE_NODE_SCALAR, SDSE_NODE_SEQUENCE, SDSE_NODE_MAPPING };

// One value. Children of a mapping carry their key; children of a sequence have key
// NULL. Children are a list in file order: first, then next.
struct sdse_node {
    enum sdse_node_kind kind;
    bool quoted;      // scalar in quotes or a block scalar: never null, bool or number
    const char *text; // scalar: its text, NUL-terminated; NULL otherwise
    const char *tag;  // as written ("!Component"), where tags are accepted; else NULL
    const char *key;
    struct sdse_loc loc;     // of the value
    struct sdse_loc key_loc; // of the key; equals loc in sequences
    size_t count;            // children
    size_t index;            // position among the siblings, from 0
    struct sdse_node *parent, *first, *last, *next;
};

// Iterates over the children of a sequence or mapping (none for scalars and NULL).
#define sdse_for_each_child(child, node)                                       \
    for (const struct sdse_node *child = (node) ? (node)->first : NULL; child; \
         child = child->next)
// The same where a bare `for` stands before it.
#define SDSE_EACH_CHILD(child, node)                                       \
    (const struct sdse_node *child = (node) ? (node)->first : NULL; child; \
     child = child->next)

// Reads a whole file into a tree that lives in `arena`. `path` is copied and becomes
// loc.file.
//
// Returns SDSE_OK with *root set; SDSE_INVALID when the text is not acceptable
// (diagnostics say why) or the path is not that of a file one may read ([file-read]);
// SDSE_IO when it is, and cannot be read (the same); SDSE_NO_MEMORY. *root is untouched
// unless SDSE_OK.
enum sdse_status sdse_tree_parse_file(struct sdse_arena *arena, const char *path,
                                      struct sdse_diags *diags,
                                      struct sdse_node **root);

// The same for `length` bytes at `bytes`; `name` is what diagnostics call the text.
enum sdse_status sdse_tree_parse_memory(struct sdse_arena *arena, const char *name,
                                        const char *bytes, size_t length,
                                        struct sdse_diags *diags,
                                        struct sdse_node **root);

// The same for a text of another tool, in which YAML's decorations are accepted:
//   - a tag stays with its value (node->tag);
//   - an alias is a copy of what its anchor is on, with the places of the original; one
//     that no anchor comes before, or that is within it, is refused [yaml-alias];
//   - `<<: *a` and `<<: [*a, *b]` put the entries of these mappings where the key is
//   not
//     given, and `<<<` likewise in the mappings inside; other values are refused
//     [yaml-merge].
// Copies count as values and nest as deep as they are: the limits hold for them.
enum sdse_status sdse_tree_parse_decorated(struct sdse_arena *arena, const char *name,
                                           const char *bytes, size_t length,
                                           struct sdse_diags *diags,
                                           struct sdse_node **root);

// The value under `key`, or NULL if `mapping` is NULL, not a mapping, or lacks it.
const struct sdse_node *sdse_node_get(const struct sdse_node *mapping, const char *key);
// The item at `index` (from 0), or NULL.
const struct sdse_node *sdse_node_at(const struct sdse_node *node, size_t index);

// Where a node is, for people: "levels[1].memory.capacity_kib"; the root is "file".
// Lives in `arena`; never NULL ("?" when memory is out).
const char *sdse_node_path(struct sdse_arena *arena, const struct sdse_node *node);

#endif
