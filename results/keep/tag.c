#include "results/keep/tag.h"

#include <string.h>

#include "results/store/statements.h"

const char sdse_tag_list_sql[] =
    "SELECT tag, count(*) AS points, CAST(total(status = 'ok') AS INTEGER) AS ok FROM"
    " v_tag JOIN v_point USING (point_id) GROUP BY tag ORDER BY tag";

bool sdse_tag_may_be(const char *tag) {
    const size_t bytes = strlen(tag);
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)tag[i] < ' ' || tag[i] == 127)
            return false;
    return bytes >= 1 && bytes <= SDSE_TAG_BYTES;
}

static enum sdse_status add(struct sdse_store *store, const char *tag, int64_t id,
                            struct sdse_hash point, uint64_t *changed) {
    struct sdse_binding add =
        sdse_bind_content(store, SDSE_SQL_ADD_TAG, SDSE_CONTENT_TAG);
    sdse_bind_text(&add, tag);
    sdse_bind_reference(&add, id, point);
    sdse_bind_digest(&add);
    const enum sdse_status status = sdse_bind_run(&add);
    *changed += status == SDSE_OK && sqlite3_changes(store->db) > 0;
    return status;
}

static enum sdse_status drop(struct sdse_store *store, const char *tag, int64_t id,
                             uint64_t *changed) {
    struct sdse_binding drop = sdse_bind(store, SDSE_SQL_DROP_TAG);
    sdse_bind_text(&drop, tag);
    sdse_bind_id(&drop, id);
    if (!sdse_bind_row(&drop))
        return sdse_store_may_add(store);
    sdse_store_unseal(store, SDSE_CONTENT_TAG, sqlite3_column_int64(drop.statement, 0));
    sqlite3_reset(drop.statement);
    ++*changed;
    return SDSE_OK;
}

static enum sdse_status change(struct sdse_store *store, bool adds, const char *tag,
                               const struct sdse_hash *points, size_t count,
                               uint64_t *changed) {
    *changed = 0;
    enum sdse_status status = sdse_store_begin(store);
    for (size_t i = 0; status == SDSE_OK && i < count; i++) {
        int64_t id = 0;
        status = sdse_store_need(store, SDSE_SQL_POINT_ID, "point", points[i], &id);
        if (status == SDSE_OK)
            status = adds ? add(store, tag, id, points[i], changed)
                          : drop(store, tag, id, changed);
    }
    if (status == SDSE_OK)
        return sdse_store_commit(store);
    sdse_store_rollback(store);
    return status;
}

enum sdse_status sdse_tag_add(struct sdse_store *store, const char *tag,
                              const struct sdse_hash *points, size_t count,
                              uint64_t *changed) {
    return change(store, true, tag, points, count, changed);
}

enum sdse_status sdse_tag_remove(struct sdse_store *store, const char *tag,
                                 const struct sdse_hash *points, size_t count,
                                 uint64_t *changed) {
    return change(store, false, tag, points, count, changed);
}
