// Writing and loading the fronts of layers.
#include <math.h>

#include "results/store/statements.h"
#include "results/store/store.h"

enum sdse_status sdse_store_add_front(struct sdse_store *store,
                                      const struct sdse_front_record *front) {
    enum sdse_status status = sdse_store_may_add(store);
    int64_t id = 0;
    if (status != SDSE_OK ||
        sdse_store_find(store, SDSE_SQL_FRONT_ID, front->hash, &id))
        return status;
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_FRONT, SDSE_CONTENT_LAYER_FRONT);
    sdse_bind_hash(&add, front->hash);
    sdse_bind_text(&add, sdse_proof_name(front->proof));
    sdse_bind_f64(&add, front->gap);
    sdse_bind_f64(&add, front->seconds_limit > 0 ? front->seconds_limit : (double)NAN);
    sdse_bind_text(&add, front->hint);
    sdse_bind_digest(&add);
    status = sdse_bind_run(&add);
    id = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; status == SDSE_OK && i < front->count; i++) {
        struct sdse_binding element = sdse_bind_content(
            store, SDSE_SQL_ADD_FRONT_ELEMENT, SDSE_CONTENT_LAYER_FRONT_ELEMENT);
        sdse_bind_reference(&element, id, front->hash);
        sdse_bind_u64(&element, i);
        sdse_bind_f64(&element, front->elements[i].energy_pj);
        sdse_bind_u64(&element, front->elements[i].latency_cycles);
        sdse_bind_mapping(&element, front->elements[i].mapping);
        sdse_bind_digest(&element);
        status = sdse_bind_run(&element);
    }
    return status;
}

bool sdse_store_has_front(struct sdse_store *store, struct sdse_hash front) {
    int64_t id = 0;
    return sdse_store_find(store, SDSE_SQL_FRONT_ID, front, &id);
}

bool sdse_store_load_front(struct sdse_store *store, struct sdse_hash front,
                           struct sdse_arena *arena, struct sdse_front_record *out) {
    struct sdse_binding query = sdse_bind(store, SDSE_SQL_LOAD_FRONT);
    sdse_bind_hash(&query, front);
    if (!sdse_bind_row(&query))
        return false;
    sqlite3_stmt *row = query.statement;
    int64_t id = sqlite3_column_int64(row, 0);
    const char *proof = sdse_bind_text_of(&query, 1);
    struct sdse_front_record loaded = {.hash = front,
                                       .proof = sdse_proof_from_text(proof),
                                       .gap = sqlite3_column_double(row, 2),
                                       .seconds_limit = sdse_row_f64_or(row, 3, 0),
                                       .count = (size_t)sqlite3_column_int64(row, 4)};
    if (sqlite3_column_type(row, 5) != SQLITE_NULL &&
        !(loaded.hint = sdse_row_text(arena, row, 5))) {
        sqlite3_reset(row);
        sdse_store_fail(store, SDSE_NO_MEMORY, "out of memory");
        return false;
    }
    sqlite3_reset(row);
    if (!proof)
        return false;
    loaded.elements =
        SDSE_ARENA_ARRAY(arena, struct sdse_front_element, loaded.count + 1);
    if (!loaded.elements) {
        sdse_store_fail(store, SDSE_NO_MEMORY, "out of memory");
        return false;
    }
    struct sdse_binding elements = sdse_bind(store, SDSE_SQL_LOAD_FRONT_ELEMENTS);
    sdse_bind_u64(&elements, (uint64_t)id);
    size_t count = 0;
    for (; count < loaded.count && sdse_bind_row(&elements); count++) {
        loaded.elements[count] = (struct sdse_front_element){
            .energy_pj = sqlite3_column_double(elements.statement, 0),
            .latency_cycles = (uint64_t)sqlite3_column_int64(elements.statement, 1),
            .mapping = sdse_row_text(arena, elements.statement, 2)};
        if (!loaded.elements[count].mapping) {
            sdse_store_fail(store, SDSE_NO_MEMORY, "out of memory");
            break;
        }
    }
    sqlite3_reset(elements.statement);
    if (count != loaded.count)
        return false;
    *out = loaded;
    return true;
}
