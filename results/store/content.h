// Private to results/: what each table says, row by row, with row ids replaced by the
// hashes of what they refer to; the digest that every row carries, and the seal of
// every table. Writer, export, merge and verification share it, so that what is shown
// is what was written.
//
// A row's digest (64 bits) is of its content in the order of the table's `select`: its
// own columns, and the hashes (of origins: the texts) of the rows it refers to. It does
// not depend on row ids, so it is the same in every file. A table's seal has the number
// of its rows and the sum of their digests modulo 2^64: it tells lost and doubled rows.
// Both find damage; they are no defence against forgery.
#ifndef SDSE_RESULTS_STORE_CONTENT_H
#define SDSE_RESULTS_STORE_CONTENT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/hash.h"

// What is referred to comes first.
#define SDSE_CONTENT_MAP(X)                       \
    X(META, "meta")                               \
    X(INPUT, "input")                             \
    X(SWEEP, "sweep")                             \
    X(LAYER_FRONT, "layer_front")                 \
    X(LAYER_FRONT_ELEMENT, "layer_front_element") \
    X(ORIGIN, "origin")                           \
    X(SOLUTION, "solution")                       \
    X(SOLUTION_MEMORY, "solution_memory")         \
    X(SOLUTION_LEVEL, "solution_level")           \
    X(SOLUTION_NETWORK, "solution_network")       \
    X(SOLUTION_COMPONENT, "solution_component")   \
    X(WEIGHT_FORM, "weight_form")                 \
    X(POINT, "point")                             \
    X(SWEEP_POINT, "sweep_point")                 \
    X(POINT_PARAMETER, "point_parameter")         \
    X(POINT_FRONT, "point_front")                 \
    X(POINT_LAYER, "point_layer")                 \
    X(TRAINING_RUN, "training_run")               \
    X(TRAINING_EPOCH, "training_epoch")           \
    X(RUN_LOG, "run_log")                         \
    X(TAG, "tag")                                 \
    X(TENSOR, "tensor")                           \
    X(LAYER_WEIGHTS, "layer_weights")             \
    X(PLACE, "place")                             \
    X(GROUP, "grp")                               \
    X(NEST, "nest")                               \
    X(NEST_PLACE, "nest_place")                   \
    X(COPY, "copy")

enum sdse_content {
#define SDSE_CONTENT_ENUM(name, text) SDSE_CONTENT_##name,
    SDSE_CONTENT_MAP(SDSE_CONTENT_ENUM)
#undef SDSE_CONTENT_ENUM
        SDSE_CONTENTS
};

struct sdse_content_info {
    const char *table;
    // The rows in the order of an export, named columns, the digest last. A column
    // whose name begins with '.' is not exported.
    const char *select;
    // Adds such a row to another file, where what it refers to is there; a row whose
    // hash is there is left as it is. NULL: not for copying.
    const char *insert;
    bool exported;
    int keys; // so many first columns name a row
};

const struct sdse_content_info *sdse_content_info(enum sdse_content table);

// Whether owners of equal rows share them: a row's digest then is not of its owner, the
// first column, but the owner's is of the sets that it has (SDSE_SET_MAP), whose ids
// are the sums of their rows' digests modulo 2^64. The table is a view.
bool sdse_content_is_shared(enum sdse_content table);

struct sdse_digest {
    struct sdse_hash state;
};

void sdse_digest_begin(struct sdse_digest *digest, enum sdse_content table);
void sdse_digest_null(struct sdse_digest *digest);
void sdse_digest_i64(struct sdse_digest *digest, int64_t value);
// NAN is NULL, and -0 is 0: SQLite stores them so.
void sdse_digest_f64(struct sdse_digest *digest, double value);
// NULL is NULL.
void sdse_digest_text(struct sdse_digest *digest, const char *text);
// A BLOB.
void sdse_digest_bytes(struct sdse_digest *digest, const void *bytes, size_t count);
// A column of an open row.
void sdse_digest_column(struct sdse_digest *digest, sqlite3_stmt *row, int column);
int64_t sdse_digest_value(const struct sdse_digest *digest);

// Of an open row of `select`: the digest of its content, and whether it has that.
int64_t sdse_content_digest(enum sdse_content table, sqlite3_stmt *row);
bool sdse_content_agrees(enum sdse_content table, sqlite3_stmt *row);

struct sdse_seal {
    uint64_t rows, sum;
};

// The seal that the file has; false if there is none. *code: what SQLite said.
bool sdse_seal_load(sqlite3 *db, enum sdse_content table, struct sdse_seal *seal,
                    int *code);
// Counts and sums a table's rows as they are.
int sdse_seal_count(sqlite3 *db, enum sdse_content table, struct sdse_seal *seal);
// Makes every table's seal that of its rows. Returns what SQLite said.
int sdse_seal_all(sqlite3 *db);

// A table being read from end to end: what does not agree is a diagnostic that names
// the row (check results-damaged).
struct sdse_content_reading {
    sqlite3 *db;
    sqlite3_stmt *row;
    enum sdse_content table;
    struct sdse_diags *diags;
    struct sdse_seal seal; // of the rows read so far
    uint64_t wrong;        // rows, and the seal
    bool whole;            // read to its end
};

// Begins; `sdse_content_next` then yields SQLITE_ROW for every row, whatever its
// digest, SQLITE_DONE at the end, or an error. `sdse_content_end`, always called,
// compares the seal if the end was reached, and returns what SQLite said. In a
// transaction all is of one moment.
int sdse_content_begin(struct sdse_content_reading *reading, sqlite3 *db,
                       enum sdse_content table, struct sdse_diags *diags);
int sdse_content_next(struct sdse_content_reading *reading);
int sdse_content_end(struct sdse_content_reading *reading);

// All three; adds to *wrong.
int sdse_content_check(sqlite3 *db, enum sdse_content table, struct sdse_diags *diags,
                       uint64_t *wrong);

#endif
