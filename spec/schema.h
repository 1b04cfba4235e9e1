// The keys every mapping of the accelerator format may have, and what is below them:
// one table for refusing unknown keys and for resolving paths (overrides, sources).
#ifndef SDSE_SPEC_SCHEMA_H
#define SDSE_SPEC_SCHEMA_H

#include "spec/tree.h"

enum sdse_schema {
    SDSE_SCHEMA_VALUE, // a scalar, a list, or a number with its source
    SDSE_SCHEMA_ARCH,
    SDSE_SCHEMA_TENSORS,
    SDSE_SCHEMA_TENSOR,
    SDSE_SCHEMA_OUTPUT_TENSOR,
    SDSE_SCHEMA_LEVELS,
    SDSE_SCHEMA_LEVEL,
    SDSE_SCHEMA_MEMORIES,
    SDSE_SCHEMA_MEMORY,
    SDSE_SCHEMA_PORT,
    SDSE_SCHEMA_READ_PORT,
    SDSE_SCHEMA_WRITE_PORT,
    SDSE_SCHEMA_ACCESS,
    SDSE_SCHEMA_WIDTHS,
    SDSE_SCHEMA_FANOUT,
    SDSE_SCHEMA_PASS,
    SDSE_SCHEMA_NETWORK,
    SDSE_SCHEMA_LINK,
    SDSE_SCHEMA_COMPUTE,
    SDSE_SCHEMA_ENGINES,
    SDSE_SCHEMA_ENGINE,
    SDSE_SCHEMA_VECTOR,
    SDSE_SCHEMA_AREA,
    SDSE_SCHEMA_CHIP,
    SDSE_SCHEMA_KINDS
};

struct sdse_schema_key {
    const char *name;
    enum sdse_schema below;
};

// The keys of one kind of mapping; *count is 0 for lists and values.
const struct sdse_schema_key *sdse_schema_keys(enum sdse_schema kind, size_t *count);
// The key called `name`, or NULL.
const struct sdse_schema_key *sdse_schema_find(enum sdse_schema kind, const char *name);
// Refuses keys that the schema does not know; see sdse_refuse_unknown_keys.
void sdse_schema_refuse_unknown(enum sdse_schema kind, const struct sdse_node *mapping,
                                struct sdse_diags *diags);
// The same, and an empty mapping, which says nothing [missing-key].
void sdse_schema_expect_some(enum sdse_schema kind, const struct sdse_node *mapping,
                             struct sdse_diags *diags);

#endif
