// Private to results/store/: the rows that a solution shares with others, listed before
// they are written, because the solution has their sets' ids. A set's id is the sum of
// the digests of its rows modulo 2^64.
#ifndef SDSE_RESULTS_STORE_SETS_H
#define SDSE_RESULTS_STORE_SETS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "results/store/content.h"
#include "results/store/schema.h"

enum sdse_set {
#define SDSE_SET_ENUM(name, column, table, what) SDSE_SET_##name,
    SDSE_SET_MAP(SDSE_SET_ENUM)
#undef SDSE_SET_ENUM
        SDSE_SETS
};

struct sdse_store;
struct sdse_set_row;
struct sdse_set_rows;

struct sdse_set_rows *sdse_set_rows_new(void); // NULL: no memory
void sdse_set_rows_free(struct sdse_set_rows *rows);
void sdse_set_rows_clear(struct sdse_set_rows *rows);

// A new row of a set, which is filled in from left to right as `select` of its content
// has it, from the second column on, and ended. False, also later: memory is out.
bool sdse_set_row_begin(struct sdse_set_rows *rows, enum sdse_set set);
void sdse_set_put_u64(struct sdse_set_rows *rows, uint64_t value); // fits 63 bits, or
                                                                   // writing fails
void sdse_set_put_f64(struct sdse_set_rows *rows, double value);
// Lives until the rows are written.
void sdse_set_put_text(struct sdse_set_rows *rows, const char *text);
void sdse_set_put_null(struct sdse_set_rows *rows);
// The row of an origin; and, when all are put, what each says.
void sdse_set_put_origin(struct sdse_set_rows *rows, int64_t id);
void sdse_set_digest_origin(struct sdse_set_rows *rows, const char *mark,
                            const char *text);
void sdse_set_row_end(struct sdse_set_rows *rows);

// Whether a row of the set begins with these texts.
bool sdse_set_has(const struct sdse_set_rows *rows, enum sdse_set set,
                  const char *first, const char *second);

// *id of a set; false: it has no rows.
bool sdse_set_id(const struct sdse_set_rows *rows, enum sdse_set set, int64_t *id);

// Writes the sets, unless the open batch knows that they are there. Every solution that
// has one counts its rows.
enum sdse_status sdse_sets_write(struct sdse_store *store,
                                 const struct sdse_set_rows *rows);

#endif
