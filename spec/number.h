// Physical numbers with their origin: from the place itself, or from the `sources:`
// map.
#ifndef SDSE_SPEC_NUMBER_H
#define SDSE_SPEC_NUMBER_H

#include "spec/tree.h"
#include "spec/types/arch.h"

// One entry of `sources:` resolved to a node: it covers every number at or below it.
struct sdse_source_entry {
    const struct sdse_node *covers;
    struct sdse_origin origin;
};

struct sdse_sources {
    const struct sdse_node *root; // the accelerator's file
    struct sdse_source_entry *entries;
    size_t count;
};

// Reads the `sources:` map under `root`; a NULL map is fine. Wrong entries are
// diagnostics. Returns false only when memory is out.
bool sdse_sources_read(struct sdse_arena *arena, struct sdse_node *root,
                       struct sdse_diags *diags, struct sdse_sources *sources);

// Reads a number, plain or as {value, mark, source}; a NULL node leaves *out not given.
//
// After a diagnostic [wrong-type] or [out-of-range] out->value is NaN and `given` is
// true: checks compare so that NaN passes, and one fault is reported once.
void sdse_number_read(const struct sdse_node *node, double least, double most,
                      const struct sdse_sources *sources, struct sdse_diags *diags,
                      struct sdse_number *out);

#endif
