// Paths into an accelerator's tree: "GLB.capacity_kib", "levels.DRAM.memory.free",
// "levels.*.fanout", "input_gb.banks", "clock_ghz". docs/formats.md has the rules.
#ifndef SDSE_SPEC_PATH_H
#define SDSE_SPEC_PATH_H

#include "spec/schema.h"

// Where a path leads. node is NULL when the key is known to the schema but not written.
struct sdse_path_target {
    struct sdse_node *container; // mapping that has, or may have, `key`
    const char *key;
    struct sdse_node *node;
};

enum { SDSE_PATH_TARGETS = 64 }; // most places one path with '*' may name

// Finds every place that `path` names, at most SDSE_PATH_TARGETS.
//
// Returns the number of targets; 0 after a diagnostic [unknown-path] at `loc` that says
// which step leads nowhere and what is near.
size_t sdse_path_resolve(struct sdse_node *arch_root, const char *path,
                         struct sdse_loc loc, struct sdse_diags *diags,
                         struct sdse_path_target targets[SDSE_PATH_TARGETS]);

// Deep copy of a tree into `arena`; NULL when memory is out.
struct sdse_node *sdse_tree_copy(struct sdse_arena *arena,
                                 const struct sdse_node *node);

// Writes `text` (a value as one would write it in the file, scalar or flow style) at
// `path`, replacing what is there: also a capacity that the file gives in another unit.
// Every new node has the place `loc`.
//
// Returns SDSE_OK, SDSE_INVALID after a diagnostic, or SDSE_NO_MEMORY.
enum sdse_status sdse_path_override(struct sdse_arena *arena,
                                    struct sdse_node *arch_root, const char *path,
                                    const char *text, struct sdse_loc loc,
                                    struct sdse_diags *diags);

#endif
