// The SQL of results.db: tables, views and their version. docs/database.md is the
// reference.
#ifndef SDSE_RESULTS_STORE_SCHEMA_H
#define SDSE_RESULTS_STORE_SCHEMA_H

#include "spec/types/limit.h"

enum {
    SDSE_SCHEMA_VERSION = 8,              // PRAGMA user_version
    SDSE_SCHEMA_APPLICATION = 0x53445345, // PRAGMA application_id: "SDSE"
};

// Statements that build an empty database, in order; a NULL ends the list. Static
// storage.
extern const char *const sdse_schema_statements[];

// ", max_energy_pj" … for every figure that a sweep may limit.
#define SDSE_LIMIT_COLUMN(name, column, what, unit) ", max_" #column
#define SDSE_LIMIT_COLUMNS SDSE_LIMIT_MAP(SDSE_LIMIT_COLUMN)
// A parameter of SQL for each.
#define SDSE_LIMIT_PARAMETER(name, column, what, unit) ", ?"
#define SDSE_LIMIT_PARAMETERS SDSE_LIMIT_MAP(SDSE_LIMIT_PARAMETER)

// Sets of networks that are not all there: the id is the sum of the digests. In halves,
// whose sums do not overflow.
#define SDSE_BROKEN_SETS                                                               \
    "SELECT network_set FROM solution LEFT JOIN (SELECT set_id, sum(digest &"          \
    " 4294967295) AS low, sum(digest >> 32 & 4294967295) AS high FROM network_set"     \
    " GROUP BY set_id) ON set_id = network_set WHERE network_set IS NOT NULL AND NOT"  \
    " coalesce(low & 4294967295 = network_set & 4294967295 AND (high + (low >> 32)) &" \
    " 4294967295 = network_set >> 32 & 4294967295, 0)"

#endif
