// A node as one line of YAML text, for values that travel on (a sweep's overrides).
#ifndef SDSE_SPEC_FLOW_H
#define SDSE_SPEC_FLOW_H

#include <stdio.h>

#include "spec/tree.h"

// Scalars as written (quoted if they were), lists as [a, b], mappings as {k: v}.
// Parses back to an equal tree. Lives in `arena`; NULL when memory is out.
char *sdse_node_flow_text(struct sdse_arena *arena, const struct sdse_node *node);

// The same without what stands under a key, in whatever mapping.
char *sdse_node_flow_text_without(struct sdse_arena *arena,
                                  const struct sdse_node *node, const char *key);

// A double-quoted YAML string that parses back to `text`.
void sdse_print_quoted(FILE *out, const char *text);
// The same, without quotes where the text is a plain word ("GLB", "conv1.0").
void sdse_print_word(FILE *out, const char *text);

#endif
