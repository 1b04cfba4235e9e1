// Private to spec/: a file of validation/ while it is read.
#ifndef SDSE_SPEC_VALIDATION_READER_H
#define SDSE_SPEC_VALIDATION_READER_H

#include "spec/tree.h"
#include "spec/validation.h"

struct sdse_validation_reader {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const struct sdse_node *root;
    struct sdse_validation *validation;
    bool out_of_memory;
};

// Reads `cases:`.
void sdse_read_cases(struct sdse_validation_reader *r, const struct sdse_node *map);
// Reads `anchors:`; the cases are read.
void sdse_read_anchors(struct sdse_validation_reader *r, const struct sdse_node *list);

// A list of texts, or one text, as names with places.
struct sdse_named *sdse_read_names(struct sdse_validation_reader *r,
                                   const struct sdse_node *node, size_t *count);

// The case called by a node's text, of those that are read; false after a diagnostic
// [case-unknown]. before: while cases are being read.
bool sdse_find_case(struct sdse_validation_reader *r, const struct sdse_node *node,
                    bool before, size_t *index);

#endif
