// JSON for other programs, written as it comes: one object that names its schema.
//
//     {"schema": "sdse.merge/1",
//      "database": "all.db",
//      "points_added": 72}
//
// Numbers have all digits, the fewest that read back as the same; what is absent, and
// what has no bound, is null. docs/json.md lists the keys of every schema.
#ifndef SDSE_RESULTS_LOOK_JSON_H
#define SDSE_RESULTS_LOOK_JSON_H

#include "results/look/table.h"

enum { SDSE_JSON_DEPTH = 8 };

// An object under way; `status` is its first failure.
struct sdse_json {
    FILE *out;
    enum sdse_status status;
    unsigned depth;
    bool any[SDSE_JSON_DEPTH], array[SDSE_JSON_DEPTH];
};

// Begins and ends the whole object, which is one line or more. The end says
// SDSE_NO_MEMORY if a table had lost cells, SDSE_IO if the stream failed.
void sdse_json_begin(struct sdse_json *json, const char *schema, FILE *out);
enum sdse_status sdse_json_end(struct sdse_json *json);

// An object or an array within; closed in turn. Whatever follows belongs to it. Keys
// are NULL within arrays.
void sdse_json_object(struct sdse_json *json, const char *key);
void sdse_json_array(struct sdse_json *json, const char *key);
void sdse_json_close(struct sdse_json *json);

// One value; a text that is NULL is null.
void sdse_json_text(struct sdse_json *json, const char *key, const char *text);
void sdse_json_f64(struct sdse_json *json, const char *key, double value);
void sdse_json_u64(struct sdse_json *json, const char *key, uint64_t value);
void sdse_json_i64(struct sdse_json *json, const char *key, int64_t value);
void sdse_json_flag(struct sdse_json *json, const char *key, bool value);
void sdse_json_null(struct sdse_json *json, const char *key);

// A table: an array of objects keyed by its columns' names. The other one has at most
// one row, which is an object, or null. A table that is NULL has lost its cells.
void sdse_json_rows(struct sdse_json *json, const char *key,
                    const struct sdse_table *table);
void sdse_json_row(struct sdse_json *json, const char *key,
                   const struct sdse_table *table);

#endif
