// The SQL of results.db: tables, views and their version. docs/database.md is the
// reference.
#ifndef SDSE_RESULTS_STORE_SCHEMA_H
#define SDSE_RESULTS_STORE_SCHEMA_H

enum {
    SDSE_SCHEMA_VERSION = 8,              // PRAGMA user_version
    SDSE_SCHEMA_APPLICATION = 0x53445345, // PRAGMA application_id: "SDSE"
};

// Statements that build an empty database, in order; a NULL ends the list. Static
// storage.
extern const char *const sdse_schema_statements[];

#endif
