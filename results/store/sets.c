#include "results/store/sets.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/statements.h"

enum { MOST_VALUES = 24 };

struct value {
    enum { NOTHING, INTEGER, REAL, TEXT } kind;
    union {
        uint64_t integer;
        double real;
        const char *text;
    } of;
};

struct sdse_set_row {
    enum sdse_set set;
    size_t count;
    struct value value[MOST_VALUES];
    struct sdse_digest digest;
};

struct sdse_set_rows {
    size_t count, capacity;
    struct sdse_set_row *row;
    uint64_t sum[SDSE_SETS];
    size_t rows_of[SDSE_SETS];
};

static const struct {
    enum sdse_content content;
    enum sdse_statement add;
} tables[SDSE_SETS] = {
    [SDSE_SET_MEMORIES] = {SDSE_CONTENT_SOLUTION_MEMORY, SDSE_SQL_ADD_MEMORY},
    [SDSE_SET_OUTER] = {SDSE_CONTENT_SOLUTION_LEVEL, SDSE_SQL_ADD_LEVEL},
    [SDSE_SET_INNER] = {SDSE_CONTENT_SOLUTION_LEVEL, SDSE_SQL_ADD_LEVEL},
    [SDSE_SET_NETWORKS] = {SDSE_CONTENT_SOLUTION_NETWORK, SDSE_SQL_ADD_NETWORK},
    [SDSE_SET_COMPONENTS] = {SDSE_CONTENT_SOLUTION_COMPONENT, SDSE_SQL_ADD_COMPONENT},
};

struct sdse_set_rows *sdse_set_rows_new(void) {
    return calloc(1, sizeof(struct sdse_set_rows));
}

void sdse_set_rows_free(struct sdse_set_rows *rows) {
    if (!rows)
        return;
    free(rows->row);
    free(rows);
}

void sdse_set_rows_clear(struct sdse_set_rows *rows) {
    rows->count = 0;
    memset(rows->sum, 0, sizeof rows->sum);
    memset(rows->rows_of, 0, sizeof rows->rows_of);
}

// ---- a row ----

bool sdse_set_row_begin(struct sdse_set_rows *rows, enum sdse_set set) {
    if (rows->count == rows->capacity) {
        const size_t capacity = rows->capacity ? 2 * rows->capacity : 64;
        struct sdse_set_row *grown = realloc(rows->row, capacity * sizeof *grown);
        if (!grown)
            return false;
        rows->row = grown;
        rows->capacity = capacity;
    }
    struct sdse_set_row *row = &rows->row[rows->count++];
    row->set = set;
    row->count = 0;
    sdse_digest_begin(&row->digest, tables[set].content);
    return true;
}

static struct sdse_set_row *last(struct sdse_set_rows *rows) {
    return &rows->row[rows->count - 1];
}

static void put(struct sdse_set_rows *rows, struct value value) {
    struct sdse_set_row *row = last(rows);
    assert(row->count < MOST_VALUES);
    row->value[row->count++] = value;
}

void sdse_set_put_u64(struct sdse_set_rows *rows, uint64_t value) {
    put(rows, (struct value){.kind = INTEGER, .of.integer = value});
    sdse_digest_i64(&last(rows)->digest, (int64_t)value);
}

void sdse_set_put_f64(struct sdse_set_rows *rows, double value) {
    put(rows, (struct value){.kind = REAL, .of.real = value});
    sdse_digest_f64(&last(rows)->digest, value);
}

void sdse_set_put_text(struct sdse_set_rows *rows, const char *text) {
    put(rows, (struct value){.kind = TEXT, .of.text = text});
    sdse_digest_text(&last(rows)->digest, text);
}

void sdse_set_put_null(struct sdse_set_rows *rows) {
    put(rows, (struct value){.kind = NOTHING});
    sdse_digest_null(&last(rows)->digest);
}

void sdse_set_put_origin(struct sdse_set_rows *rows, int64_t id) {
    put(rows, (struct value){.kind = INTEGER, .of.integer = (uint64_t)id});
}

void sdse_set_digest_origin(struct sdse_set_rows *rows, const char *mark,
                            const char *text) {
    sdse_digest_text(&last(rows)->digest, mark);
    sdse_digest_text(&last(rows)->digest, text);
}

void sdse_set_row_end(struct sdse_set_rows *rows) {
    const struct sdse_set_row *row = last(rows);
    rows->sum[row->set] += (uint64_t)sdse_digest_value(&row->digest);
    rows->rows_of[row->set]++;
}

// ---- sets ----

static bool is_text(const struct value *value, const char *text) {
    return value->kind == TEXT && strcmp(value->of.text, text) == 0;
}

bool sdse_set_has(const struct sdse_set_rows *rows, enum sdse_set set,
                  const char *first, const char *second) {
    for (size_t i = 0; i < rows->count; i++) {
        const struct sdse_set_row *row = &rows->row[i];
        if (row->set == set && row->count >= 2 && is_text(&row->value[0], first) &&
            is_text(&row->value[1], second))
            return true;
    }
    return false;
}

bool sdse_set_id(const struct sdse_set_rows *rows, enum sdse_set set, int64_t *id) {
    *id = (int64_t)rows->sum[set];
    return rows->rows_of[set] > 0;
}

static enum sdse_status add_row(struct sdse_store *store,
                                const struct sdse_set_row *row, int64_t set) {
    struct sdse_binding add = sdse_bind(store, tables[row->set].add);
    sdse_bind_id(&add, set);
    for (size_t i = 0; i < row->count; i++) {
        const struct value *value = &row->value[i];
        if (value->kind == INTEGER)
            sdse_bind_u64(&add, value->of.integer);
        else if (value->kind == REAL)
            sdse_bind_f64(&add, value->of.real);
        else if (value->kind == TEXT)
            sdse_bind_text(&add, value->of.text);
        else
            sdse_bind_null(&add);
    }
    sdse_bind_id(&add, sdse_digest_value(&row->digest));
    return sdse_bind_run(&add);
}

enum sdse_status sdse_sets_write(struct sdse_store *store,
                                 const struct sdse_set_rows *rows) {
    int64_t *known[SDSE_SETS], id[SDSE_SETS];
    bool has[SDSE_SETS], there[SDSE_SETS];
    for (int s = 0; s < SDSE_SETS; s++) {
        has[s] = sdse_set_id(rows, (enum sdse_set)s, &id[s]);
        known[s] = &store->sets[s][(uint64_t)id[s] % SDSE_KNOWN_SETS];
        there[s] = *known[s] == id[s];
    }
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; status == SDSE_OK && i < rows->count; i++) {
        const struct sdse_set_row *row = &rows->row[i];
        struct sdse_seal *seal = &store->seal[tables[row->set].content];
        seal->rows++;
        seal->sum += (uint64_t)sdse_digest_value(&row->digest);
        if (!there[row->set])
            status = add_row(store, row, id[row->set]);
    }
    for (int s = 0; status == SDSE_OK && s < SDSE_SETS; s++)
        if (has[s])
            *known[s] = id[s];
    return status;
}
