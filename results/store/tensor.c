#include "results/store/tensor.h"

#include <string.h>

#include "results/store/database.h"
#include "results/store/statements.h"

// ---- writing ----

bool sdse_store_has_tensor(struct sdse_store *store, struct sdse_hash tensor) {
    int64_t id = 0;
    return sdse_store_find(store, SDSE_SQL_TENSOR_ID, tensor, &id);
}

enum sdse_status sdse_store_add_tensor(struct sdse_store *store,
                                       struct sdse_hash tensor, const float *values,
                                       size_t count) {
    const enum sdse_status status = sdse_store_may_add(store);
    if (status != SDSE_OK || sdse_store_has_tensor(store, tensor))
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_TENSOR, SDSE_CONTENT_TENSOR);
    sdse_bind_hash(&add, tensor);
    sdse_bind_bytes(&add, values, count * sizeof *values);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

enum sdse_status sdse_store_add_layer_weights(struct sdse_store *store,
                                              struct sdse_hash sweep,
                                              struct sdse_hash workload,
                                              const char *layer,
                                              struct sdse_hash tensor) {
    int64_t sweep_id = 0, tensor_id = 0;
    enum sdse_status status = sdse_store_may_add(store);
    if (status == SDSE_OK)
        status = sdse_store_need(store, SDSE_SQL_SWEEP_ID, "sweep", sweep, &sweep_id);
    if (status == SDSE_OK)
        status =
            sdse_store_need(store, SDSE_SQL_TENSOR_ID, "tensor", tensor, &tensor_id);
    if (status != SDSE_OK)
        return status;
    struct sdse_binding add = sdse_bind_content(store, SDSE_SQL_ADD_LAYER_WEIGHTS,
                                                SDSE_CONTENT_LAYER_WEIGHTS);
    sdse_bind_reference(&add, sweep_id, sweep);
    sdse_bind_hash(&add, workload);
    sdse_bind_text(&add, layer);
    sdse_bind_reference(&add, tensor_id, tensor);
    sdse_bind_digest(&add);
    return sdse_bind_run(&add);
}

// ---- reading ----

static enum sdse_status refuse(struct sdse_reader *reader, struct sdse_diags *diags,
                               int code) {
    return sdse_database_refuse(reader->db, code,
                                sqlite3_db_filename(reader->db, "main"), diags);
}

#define WEIGHTS                                                                    \
    " FROM point p JOIN sweep_point q USING (point_id) JOIN layer_weights w ON"    \
    " w.sweep_id = q.sweep_id AND w.workload_hash = p.workload_hash JOIN tensor t" \
    " USING (tensor_id) WHERE p.point_id = ?1"

enum sdse_status sdse_stored_weights_list(struct sdse_reader *reader, int64_t point_id,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags,
                                          struct sdse_stored_weights **weights,
                                          size_t *count) {
    sqlite3_stmt *row = NULL;
    struct sdse_stored_weights *list = NULL;
    size_t most = 0, n = 0;
    enum sdse_status status = SDSE_OK;
    int code = sqlite3_prepare_v2(reader->db,
                                  "SELECT DISTINCT w.sweep_id, w.layer, t.hash, (SELECT"
                                  " count(*)" WEIGHTS ")" WEIGHTS " ORDER BY 1, 2",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point_id);
    while (status == SDSE_OK && (code == SQLITE_OK || code == SQLITE_ROW) &&
           (code = sqlite3_step(row)) == SQLITE_ROW) {
        if (!list) {
            most = (size_t)sqlite3_column_int64(row, 3);
            list = SDSE_ARENA_ARRAY(arena, struct sdse_stored_weights, most);
        }
        const char *hash = (const char *)sqlite3_column_text(row, 2);
        if (!list || n == most) {
            status = SDSE_NO_MEMORY;
            break;
        }
        struct sdse_stored_weights *one = &list[n++];
        *one = (struct sdse_stored_weights){.sweep_id = sqlite3_column_int64(row, 0),
                                            .layer = sdse_row_text(arena, row, 1)};
        if (!one->layer || !hash || !sdse_hash_parse(hash, &one->tensor))
            status = one->layer && hash ? SDSE_INVALID : SDSE_NO_MEMORY;
    }
    sqlite3_finalize(row);
    if (status == SDSE_INVALID)
        return refuse(reader, diags, SQLITE_CORRUPT);
    if (status == SDSE_OK && code != SQLITE_DONE)
        return refuse(reader, diags, code);
    *weights = list;
    *count = n;
    return status;
}

enum sdse_status sdse_tensor_load(struct sdse_reader *reader, struct sdse_hash tensor,
                                  size_t count, struct sdse_arena *arena,
                                  struct sdse_diags *diags, float **values) {
    char hash[SDSE_HASH_TEXT_BYTES];
    sqlite3_stmt *row = NULL;
    sdse_hash_text(tensor, hash);
    int code = sqlite3_prepare_v2(reader->db, "SELECT data FROM tensor WHERE hash = ?",
                                  -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 1, hash, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    const void *data = code == SQLITE_ROW ? sqlite3_column_blob(row, 0) : NULL;
    const size_t bytes = data ? (size_t)sqlite3_column_bytes(row, 0) : 0;
    const bool whole = data && bytes == count * sizeof(float) &&
                       sdse_hash_same(sdse_hash_bytes(data, bytes), tensor);
    float *copy = whole ? SDSE_ARENA_ARRAY(arena, float, count + 1) : NULL;
    if (copy)
        memcpy(copy, data, bytes);
    sqlite3_finalize(row);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return refuse(reader, diags, code);
    if (whole) {
        *values = copy;
        return copy ? SDSE_OK : SDSE_NO_MEMORY;
    }
    const char *path =
        sdse_arena_strdup(diags->arena, sqlite3_db_filename(reader->db, "main"));
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "results-damaged",
                  "tensor %s is not what was written", hash);
    return SDSE_INVALID;
}
