// Private to results/: the store's prepared statements and how values are bound.
#ifndef SDSE_RESULTS_STORE_STATEMENTS_H
#define SDSE_RESULTS_STORE_STATEMENTS_H

#include <sqlite3.h>

#include "results/store/content.h"
#include "results/store/input_text.h"
#include "results/store/mapping_text.h"
#include "results/store/schema.h"
#include "results/store/sets.h"
#include "results/store/store.h"

// Whether point p need not be computed again when the mapper has so many seconds.
#define SDSE_LASTS(seconds)                                              \
    "p.status <> 'error' AND NOT (p.mapper_status IS 'limit' AND EXISTS" \
    " (SELECT 1 FROM point_layer l JOIN solution s USING (solution_id)"  \
    " JOIN layer_front f USING (front_id)"                               \
    " WHERE l.point_id = p.point_id AND f.seconds_limit < " seconds "))"

// One table: enum and SQL cannot disagree. Adds ignore a hash that is already there.
#define SDSE_STATEMENT_MAP(X)                                                          \
    X(BEGIN, "BEGIN IMMEDIATE")                                                        \
    X(COMMIT, "COMMIT")                                                                \
    X(ROLLBACK, "ROLLBACK")                                                            \
    X(FILE_BYTES, "SELECT page_count * page_size FROM pragma_page_count(),"            \
                  " pragma_page_size()")                                               \
    X(SWEEP_TURN, "SELECT (SELECT turn FROM sweep WHERE hash = ?1), (SELECT digest"    \
                  " FROM sweep WHERE hash = ?1), (SELECT max(turn) FROM sweep)")       \
    X(ADD_SWEEP,                                                                       \
      "INSERT INTO sweep(hash, name, point_count, objective" SDSE_LIMIT_COLUMNS        \
      ", turn, digest)"                                                                \
      " VALUES(?, ?, ?, ?" SDSE_LIMIT_PARAMETERS ", ?, ?)"                             \
      " ON CONFLICT(hash) DO UPDATE SET turn = excluded.turn,"                         \
      " digest = excluded.digest")                                                     \
    X(JUDGE_POINT, "SELECT sweep_status FROM v_sweep_point WHERE sweep_hash = ?1 AND"  \
                   " position = ?2")                                                   \
    X(SWEEP_ID, "SELECT sweep_id FROM sweep WHERE hash = ?")                           \
    X(ADD_FRONT, "INSERT INTO layer_front(hash, proof, gap, seconds_limit, hint,"      \
                 " digest) VALUES(?, ?, ?, ?, ?, ?)")                                  \
    X(ADD_FRONT_ELEMENT, "INSERT INTO layer_front_element VALUES(?, ?, ?, ?, ?, ?)")   \
    X(FRONT_ID, "SELECT front_id FROM layer_front WHERE hash = ?")                     \
    X(LOAD_FRONT, "SELECT front_id, proof, gap, seconds_limit, (SELECT count(*) FROM"  \
                  " layer_front_element e WHERE e.front_id = f.front_id), hint"        \
                  " FROM layer_front f WHERE hash = ?")                                \
    X(LOAD_FRONT_ELEMENTS,                                                             \
      "SELECT energy_pj, latency_cycles, " SDSE_MAPPING_TEXT(                          \
          "mapping") " FROM layer_front_element WHERE front_id = ?"                    \
                     " ORDER BY rank")                                                 \
    X(ADD_ORIGIN, "INSERT INTO origin(mark, text, digest) VALUES(?, ?, ?)"             \
                  " ON CONFLICT DO NOTHING")                                           \
    X(ORIGIN_ID, "SELECT origin_id FROM origin WHERE mark = ? AND text = ?")           \
    X(ADD_SOLUTION,                                                                    \
      "INSERT INTO solution(hash, front_id, proof, gap, mapping,"                      \
      " energy_pj, latency_cycles, compute_cycles, fill_cycles,"                       \
      " drain_cycles, pass_cycles, rebuild_cycles, macs,"                              \
      " multipliers_used,"                                                             \
      " shift_adds, basis_words_loaded, utilization, bottleneck, memory_set,"          \
      " outer_set, inner_set, network_set, component_set, digest)"                     \
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"   \
      " ?)")                                                                           \
    X(SOLUTION_ID, "SELECT solution_id FROM solution WHERE hash = ?")                  \
    X(LOAD_SOLUTION,                                                                   \
      "SELECT energy_pj, latency_cycles, macs, utilization, proof,"                    \
      " gap, " SDSE_MAPPING_TEXT("mapping") " FROM solution WHERE hash = ?")           \
    X(ADD_MEMORY, "INSERT INTO memory_set VALUES(?, ?, ?, ?, ?, ?, ?, ?)"              \
                  " ON CONFLICT DO NOTHING")                                           \
    X(ADD_LEVEL, "INSERT INTO level_set VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?," \
                 " ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")                    \
    X(ADD_NETWORK,                                                                     \
      "INSERT INTO network_set VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO"    \
      " NOTHING")                                                                      \
    X(ADD_COMPONENT, "INSERT INTO component_set VALUES(?, ?, ?, ?, ?, ?)"              \
                     " ON CONFLICT DO NOTHING")                                        \
    X(ADD_FORM, "INSERT INTO weight_form(hash, smartdeal, weights, measured,"          \
                " basis_size, rows, rows_per_block, blocks, density, row_density,"     \
                " coefficient_bits, basis_bits, scale_bits, index_format,"             \
                " coefficient_bits_total, basis_bits_total, index_bits_total,"         \
                " weight_bits, weight_words, weight_norm, rel_error, sqnr_db,"         \
                " exponents_used, joint_row_density_32, joint_row_density_64,"         \
                " sharing_group, sharing_slices, joint_row_density,"                   \
                " prune_group, digit_encoding, digit_bits, digits_per_weight,"         \
                " digit_words, products_first, products, sums_per_weight, digest)"     \
                " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"     \
                " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON "           \
                "CONFLICT(hash) DO NOTHING")                                           \
    X(FORM_ID, "SELECT form_id FROM weight_form WHERE hash = ?")                       \
    X(LOAD_FORM, "SELECT smartdeal, weights, measured, basis_size, rows,"              \
                 " rows_per_block, blocks, density, row_density, coefficient_bits,"    \
                 " basis_bits, scale_bits, index_format, coefficient_bits_total,"      \
                 " basis_bits_total, index_bits_total, weight_bits, weight_words,"     \
                 " rel_error, sqnr_db, exponents_used, weight_norm,"                   \
                 " joint_row_density_32, joint_row_density_64, sharing_group,"         \
                 " sharing_slices, joint_row_density, prune_group, digit_encoding,"    \
                 " digit_bits, digit_words, products_first, products,"                 \
                 " sums_per_weight"                                                    \
                 " FROM weight_form WHERE hash = ?")                                   \
    X(POINT_ID, "SELECT point_id FROM point WHERE hash = ?")                           \
    X(POINT_STATUS, "SELECT status FROM point WHERE hash = ?")                         \
    X(POINT_FIGURES, "SELECT energy_pj, latency_cycles, area_mm2, status"              \
                     " FROM point p WHERE hash = ?1 AND " SDSE_LASTS("?2"))            \
    X(PLACES, "SELECT position, energy_pj, latency_cycles, area_mm2, status"           \
              " FROM sweep_point q JOIN point p USING (point_id) WHERE q.sweep_id ="   \
              " (SELECT sweep_id FROM sweep WHERE hash = ?1) AND q.position >= ?2 AND" \
              " q.position < ?3 AND " SDSE_LASTS("?4"))                                \
    X(MAY_REPLACE, "SELECT point_id, digest FROM point WHERE hash = ? AND"             \
                   " (status = 'error' OR mapper_status IS 'limit')")                  \
    X(DROP_PARAMETERS,                                                                 \
      "DELETE FROM point_parameter WHERE point_id = ? RETURNING digest")               \
    X(DROP_POINT_FRONT, "DELETE FROM point_front WHERE point_id = ? RETURNING digest") \
    X(DROP_POINT_LAYERS,                                                               \
      "DELETE FROM point_layer WHERE point_id = ? RETURNING digest")                   \
    X(DROP_PLACES, "DELETE FROM place WHERE point_id = ? RETURNING digest")            \
    X(ADD_POINT,                                                                       \
      "INSERT INTO point(hash, status, reason, arch_hash, workload_hash,"              \
      " form_hash, arch, workload, form, objective, design, energy_pj,"                \
      " latency_cycles, latency_s, edp_pj_s, area_mm2, weight_bits,"                   \
      " compression, rel_error, accuracy, output_error, output_sqnr_db,"               \
      " best_class_agreement, weights, mapper_status,"                                 \
      " mapper_gap, front_elements, digest)"                                           \
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"      \
      " ?, ?, ?, ?, ?, ?) ON CONFLICT(hash) DO UPDATE SET"                             \
      " status = excluded.status, reason = excluded.reason,"                           \
      " area_mm2 = excluded.area_mm2, energy_pj = excluded.energy_pj,"                 \
      " latency_cycles = excluded.latency_cycles,"                                     \
      " latency_s = excluded.latency_s, edp_pj_s = excluded.edp_pj_s,"                 \
      " weight_bits = excluded.weight_bits,"                                           \
      " compression = excluded.compression,"                                           \
      " rel_error = excluded.rel_error, accuracy = excluded.accuracy,"                 \
      " output_error = excluded.output_error,"                                         \
      " output_sqnr_db = excluded.output_sqnr_db,"                                     \
      " best_class_agreement = excluded.best_class_agreement,"                         \
      " weights = excluded.weights,"                                                   \
      " mapper_status = excluded.mapper_status,"                                       \
      " mapper_gap = excluded.mapper_gap,"                                             \
      " front_elements = excluded.front_elements, digest = excluded.digest")           \
    X(ADD_PARAMETER, "INSERT INTO point_parameter VALUES(?, ?, ?, ?)")                 \
    X(ADD_POINT_FRONT, "INSERT INTO point_front VALUES(?, ?, ?, ?, ?)")                \
    X(ADD_POINT_LAYER, "INSERT INTO point_layer VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")    \
    X(ADD_PLACE, "INSERT INTO place VALUES(?, ?, ?, ?, ?, ?, ?)")                      \
    X(DROP_NESTS, "DELETE FROM nest WHERE point_id = ? RETURNING digest")              \
    X(DROP_NEST_PLACES, "DELETE FROM nest_place WHERE point_id = ? RETURNING digest")  \
    X(DROP_COPIES, "DELETE FROM copy WHERE point_id = ? RETURNING digest")             \
    X(ADD_COPY, "INSERT INTO copy VALUES(?, ?, ?, ?, ?, ?, ?)")                        \
    X(DROP_GROUPS, "DELETE FROM grp WHERE point_id = ? RETURNING digest")              \
    X(ADD_GROUP, "INSERT INTO grp VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"    \
                 " ?, ?, ?, ?)")                                                       \
    X(ADD_NEST, "INSERT INTO nest VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?," \
                " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"   \
                " ?, ?)")                                                              \
    X(ADD_NEST_PLACE, "INSERT INTO nest_place VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")      \
    X(POINT_SUMS, "SELECT total(s.energy_pj * pl.repeat),"                             \
                  " sum(s.latency_cycles * pl.repeat) FROM point_layer pl"             \
                  " JOIN solution s USING (solution_id) WHERE point_id = ?")           \
    X(LINK_POINT, "INSERT INTO sweep_point(sweep_id, position, point_id, digest)"      \
                  " VALUES(?, ?, ?, ?) ON CONFLICT(sweep_id, position)"                \
                  " DO UPDATE SET point_id = excluded.point_id,"                       \
                  " digest = excluded.digest")                                         \
    X(LINKED, "SELECT digest FROM sweep_point WHERE sweep_id = ? AND position = ?")    \
    X(ADD_TRAINING, "INSERT INTO training_run(hash, name, method, settings, seed,"     \
                    " test_accuracy, reference_accuracy, energy_pj, stored_bits,"      \
                    " digest) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                   \
    X(TRAINING_ID, "SELECT training_id FROM training_run WHERE hash = ?")              \
    X(ADD_EPOCH, "INSERT INTO training_epoch VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")    \
    X(ADD_RUN, "INSERT INTO run_log(sweep_id, tool_version, host, started, threads,"   \
               " seconds, points_done, points_reused, nodes_visited,"                  \
               " variants, log10_mappings, outcome, digest)"                           \
               " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")                       \
    X(ADD_TAG, "INSERT INTO tag VALUES(?, ?, ?) ON CONFLICT DO NOTHING")               \
    X(DROP_TAG, "DELETE FROM tag WHERE tag = ? AND point_id = ? RETURNING digest")     \
    X(TENSOR_ID, "SELECT tensor_id FROM tensor WHERE hash = ?")                        \
    X(ADD_TENSOR, "INSERT INTO tensor(hash, data, digest) VALUES(?, ?, ?)")            \
    X(ADD_LAYER_WEIGHTS,                                                               \
      "INSERT INTO layer_weights VALUES(?, ?, ?, ?, ?) ON CONFLICT DO"                 \
      " NOTHING")                                                                      \
    X(DROP_CLAIMS, "DELETE FROM claim WHERE token = ? AND sweep = ?"                   \
                   " AND part <= ?")                                                   \
    X(LOAD_SEAL, "SELECT row_count, digest FROM table_seal WHERE name = ?")            \
    X(KEEP_SEAL, "UPDATE table_seal SET row_count = ?, digest = ? WHERE name = ?")

enum sdse_statement {
#define SDSE_STATEMENT_ENUM(name, sql) SDSE_SQL_##name,
    SDSE_STATEMENT_MAP(SDSE_STATEMENT_ENUM)
#undef SDSE_STATEMENT_ENUM
        SDSE_STATEMENTS
};

enum { SDSE_KNOWN_ORIGINS = 128, SDSE_KNOWN_SETS = 256 };

struct sdse_known_origin {
    struct sdse_hash hash; // of mark and text
    int64_t id;            // 0: none
};

struct sdse_store {
    sqlite3 *db;
    sqlite3_stmt *statement[SDSE_STATEMENTS];
    struct sdse_input_writer inputs;
    struct sdse_mapping_writer mappings;
    struct sdse_set_rows *solution_rows; // of the solution that is added (sets.h)
    // What the open batch has written or found there.
    struct sdse_known_origin origins[SDSE_KNOWN_ORIGINS];
    int64_t sets[SDSE_SETS][SDSE_KNOWN_SETS];
    bool in_batch;
    // What the open batch adds to each table's seal, modulo 2^64.
    struct sdse_seal seal[SDSE_CONTENTS];
    enum sdse_status batch_status; // the first failure of the open batch
    enum sdse_status last_failure; // in a batch or not
    char message[512];
};

// A statement being filled in, left to right.
struct sdse_binding {
    struct sdse_store *store;
    sqlite3_stmt *statement;
    int next;      // parameter to bind
    int code;      // first SQLite error
    bool overflow; // a count did not fit
    bool sealed;   // a row of `table`: its digest is counted when it is in
    enum sdse_content table;
    struct sdse_digest digest; // of what was bound so far
};

struct sdse_binding sdse_bind(struct sdse_store *store, enum sdse_statement which);
// The same for a row of a table, whose digest grows with every value that is bound.
struct sdse_binding sdse_bind_content(struct sdse_store *store,
                                      enum sdse_statement which,
                                      enum sdse_content table);
// Binds the digest, the row's last value.
void sdse_bind_digest(struct sdse_binding *binding);
// A row id, which stands for what it refers to.
void sdse_bind_reference(struct sdse_binding *binding, int64_t id,
                         struct sdse_hash hash);
// A row id of which the digest hears nothing, and a text that only it hears.
void sdse_bind_id(struct sdse_binding *binding, int64_t id);
void sdse_digest_only(struct sdse_binding *binding, const char *text);
// Takes a row out of its table's seal.
void sdse_store_unseal(struct sdse_store *store, enum sdse_content table,
                       int64_t digest);
void sdse_bind_u64(struct sdse_binding *binding, uint64_t value);
void sdse_bind_i64(struct sdse_binding *binding, int64_t value);
// NAN becomes NULL.
void sdse_bind_f64(struct sdse_binding *binding, double value);
// The same for a mapping, of which the row holds an id, and the digest hears the text.
void sdse_bind_mapping(struct sdse_binding *binding, const char *text);
// NULL becomes NULL. The text must live until the statement has run.
void sdse_bind_text(struct sdse_binding *binding, const char *text);
void sdse_bind_hash(struct sdse_binding *binding, struct sdse_hash hash);
// A BLOB, which must live until the statement has run.
void sdse_bind_bytes(struct sdse_binding *binding, const void *bytes, size_t count);
void sdse_bind_null(struct sdse_binding *binding);

// Runs a statement that returns no rows. After a failure within a batch nothing is run
// any more: that failure is returned, and no row found.
enum sdse_status sdse_bind_run(struct sdse_binding *binding);
// True if the statement yields a row, left open for sqlite3_column_*: the caller then
// resets it.
bool sdse_bind_row(struct sdse_binding *binding);
// The text of a column of that row, which is not NULL there; NULL, recorded, when
// memory is out. Lives until the statement is reset.
const char *sdse_bind_text_of(struct sdse_binding *binding, int column);

// A column of an open row: text that is not NULL, in the arena (NULL when memory is
// out); a number, or `if_null`.
const char *sdse_row_text(struct sdse_arena *arena, sqlite3_stmt *row, int column);
double sdse_row_f64_or(sqlite3_stmt *row, int column, double if_null);
// Its text where SQLite has it, until the next step; "" for NULL.
const char *sdse_row_peek(sqlite3_stmt *row, int column);

// Records what SQLite said: message, and the batch's status.
enum sdse_status sdse_store_fail_code(struct sdse_store *store, int code);
// Records a failure: message, and the batch's status.
enum sdse_status sdse_store_fail(struct sdse_store *store, enum sdse_status status,
                                 const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// SDSE_OK if a batch is open and unspoilt; what spoilt it otherwise.
enum sdse_status sdse_store_may_add(struct sdse_store *store);

// Row id under a hash. False if there is none.
bool sdse_store_find(struct sdse_store *store, enum sdse_statement which,
                     struct sdse_hash hash, int64_t *id);
// The same, but a missing row is a failure: "unknown <what> <hash>".
enum sdse_status sdse_store_need(struct sdse_store *store, enum sdse_statement which,
                                 const char *what, struct sdse_hash hash, int64_t *id);

// Names as stored. Unknown text gives 0.
const char *sdse_proof_name(enum sdse_proof proof);
enum sdse_proof sdse_proof_from_text(const char *name);
const char *sdse_weights_from_name(enum sdse_weights_from from);
enum sdse_weights_from sdse_weights_from_text(const char *name);

#endif
