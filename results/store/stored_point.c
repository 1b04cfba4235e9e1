#include "results/store/stored_point.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/store/database.h"
#include "results/store/statements.h"

static enum sdse_status refuse(struct sdse_reader *reader, struct sdse_diags *diags,
                               int code) {
    return sdse_database_refuse(reader->db, code,
                                sqlite3_db_filename(reader->db, "main"), diags);
}

static void complain(struct sdse_reader *reader, struct sdse_diags *diags,
                     const char *what) {
    const char *path =
        sdse_arena_strdup(diags->arena, sqlite3_db_filename(reader->db, "main"));
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "results-point",
                  "%s", what);
}

// ---- finding ----

// ?1: a number or NULL; ?2: digits of a hash, and ?3 what they end before, or NULL; ?4:
// names.
#define FULL_NAME "workload || '/' || arch || '/' || form"
#define FIND                                                                        \
    "SELECT point_id, " FULL_NAME " || coalesce('/' || replace(parameters, ' ', "   \
    "'/'), '') AS name, objective, superseded FROM v_point WHERE point_id = ?1 OR " \
    "(point_hash >= ?2 AND point_hash < ?3) OR " FULL_NAME " = ?4 OR name = ?4 "    \
    "ORDER BY superseded, name <> ?4, point_id"

enum { MOST_NAMED = 5, LEAST_DIGITS = 6, MOST_DIGITS = 32 };

static int bind_text(sqlite3_stmt *row, const char *text) {
    char after[MOST_DIGITS + 2];
    const size_t digits = strspn(text, "0123456789abcdef"), length = strlen(text);
    int code = SQLITE_OK;
    if (strspn(text, "0123456789") == length && length && length < 19)
        code = sqlite3_bind_int64(row, 1, strtoll(text, NULL, 10));
    if (digits == length && digits >= LEAST_DIGITS && digits <= MOST_DIGITS) {
        snprintf(after, sizeof after, "%sg", text); // after every digit
        code = code == SQLITE_OK ? sqlite3_bind_text(row, 2, text, -1, SQLITE_STATIC)
                                 : code;
        code = code == SQLITE_OK
                   ? sqlite3_bind_text(row, 3, after, -1, SQLITE_TRANSIENT)
                   : code;
    }
    return code == SQLITE_OK ? sqlite3_bind_text(row, 4, text, -1, SQLITE_STATIC)
                             : code;
}

enum sdse_status sdse_stored_point_find(struct sdse_reader *reader, const char *text,
                                        struct sdse_diags *diags, int64_t *id) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(reader->db, FIND, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = bind_text(row, text);
    size_t count = 0, fitting = 0;
    const char *names = "";
    bool by_whole_name = false, all_superseded = false, past = false;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        // What nothing supersedes goes before the rest, a whole name before a part.
        const bool whole = strcmp(sdse_row_peek(row, 1), text) == 0;
        const bool superseded = sqlite3_column_int(row, 3) != 0;
        past |= count && ((superseded && !all_superseded) || (by_whole_name && !whole));
        if (!count) {
            by_whole_name = whole;
            all_superseded = superseded;
        }
        if (!count++)
            *id = sqlite3_column_int64(row, 0);
        if (past)
            continue;
        if (++fitting <= MOST_NAMED)
            names = sdse_arena_printf(diags->arena, "%s%s%" PRId64 " (%s, %s)",
                                      names ? names : "", *names ? ", " : "",
                                      (int64_t)sqlite3_column_int64(row, 0),
                                      sdse_row_peek(row, 1), sdse_row_peek(row, 2));
    }
    sqlite3_finalize(row);
    if (code != SQLITE_DONE)
        return refuse(reader, diags, code);
    if (fitting == 1)
        return SDSE_OK;
    const char *what =
        fitting
            ? sdse_arena_printf(diags->arena, "'%.200s' may be any of %zu points: %s%s",
                                text, fitting, names, fitting > MOST_NAMED ? ", …" : "")
            : sdse_arena_printf(diags->arena,
                                "no point '%.200s': expected its number or hash "
                                "(point_id, point_hash of v_point), or "
                                "NETWORK/ACCELERATOR/FORM",
                                text);
    if (!what)
        return SDSE_NO_MEMORY;
    complain(reader, diags, what);
    return SDSE_INVALID;
}

// ---- reading ----

// A reader's connection, asked as a store is.
struct looking {
    struct sdse_store store;
};

static void stop_looking(struct looking *l) {
    for (size_t i = 0; i < SDSE_STATEMENTS; i++)
        sqlite3_finalize(l->store.statement[i]);
}

static double f64_or_nan(sqlite3_stmt *row, int column) {
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? (double)NAN
               : sqlite3_column_double(row, column);
}

#define LOAD                                                                         \
    "SELECT p.hash, p.status, p.reason, p.arch_hash, p.workload_hash, p.form_hash, " \
    "a.text, w.text, f.text, a.name, w.name, f.name, p.objective, p.weights, "       \
    "p.output_error, p.output_sqnr_db, p.best_class_agreement, (SELECT "             \
    "max(lf.seconds_limit) FROM point_layer l JOIN solution s USING (solution_id) "  \
    "JOIN layer_front lf USING (front_id) WHERE l.point_id = p.point_id), p.design " \
    "FROM point p LEFT JOIN v_input a ON a.hash = p.arch_hash AND a.kind = 'arch' "  \
    "LEFT JOIN v_input w ON w.hash = p.workload_hash AND w.kind = 'workload' LEFT "  \
    "JOIN v_input f ON f.hash = p.form_hash AND f.kind = 'form' WHERE p.point_id = ?"

static const char *keep(struct sdse_arena *arena, sqlite3_stmt *row, int column,
                        bool *whole) {
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return NULL;
    const char *text = sdse_row_text(arena, row, column);
    *whole &= text != NULL;
    return text;
}

static enum sdse_objective objective_from_text(const char *name) {
    for (int i = 0; i < SDSE_OBJECTIVES; i++)
        if (strcmp(name, sdse_objective_words()[i]) == 0)
            return (enum sdse_objective)i;
    return SDSE_EDP;
}

static enum sdse_status load_row(struct sdse_arena *arena, sqlite3_stmt *row,
                                 struct sdse_stored_point *out) {
    bool whole = true;
    const char *status = sdse_row_peek(row, 1);
    out->status = strcmp(status, "ok") == 0           ? SDSE_POINT_OK
                  : strcmp(status, "infeasible") == 0 ? SDSE_POINT_INFEASIBLE
                                                      : SDSE_POINT_ERROR;
    out->reason = keep(arena, row, 2, &whole);
    out->arch_text = keep(arena, row, 6, &whole);
    out->workload_text = keep(arena, row, 7, &whole);
    out->form_text = keep(arena, row, 8, &whole);
    out->arch_name = keep(arena, row, 9, &whole);
    out->workload_name = keep(arena, row, 10, &whole);
    out->form_name = keep(arena, row, 11, &whole);
    out->objective = objective_from_text(sdse_row_peek(row, 12));
    out->weights = sdse_weights_from_text(sdse_row_peek(row, 13));
    out->output_error = f64_or_nan(row, 14);
    out->output_sqnr_db = f64_or_nan(row, 15);
    out->best_class_agreement = f64_or_nan(row, 16);
    out->outputs_known = sqlite3_column_type(row, 14) != SQLITE_NULL;
    out->seconds = sdse_row_f64_or(row, 17, 0);
    const bool named = sdse_hash_parse(sdse_row_peek(row, 0), &out->hash) &&
                       sdse_hash_parse(sdse_row_peek(row, 3), &out->arch) &&
                       sdse_hash_parse(sdse_row_peek(row, 4), &out->workload) &&
                       sdse_hash_parse(sdse_row_peek(row, 5), &out->form) &&
                       sdse_hash_parse(sdse_row_peek(row, 18), &out->design);
    return !whole ? SDSE_NO_MEMORY : named ? SDSE_OK : SDSE_INVALID;
}

// Rows of `sql` about a point, to `take` one by one; *count of them.
static int each_row(struct sdse_reader *reader, const char *sql, int64_t id,
                    bool (*take)(struct sdse_stored_point *, struct sdse_arena *,
                                 sqlite3_stmt *, size_t),
                    struct sdse_arena *arena, struct sdse_stored_point *out,
                    size_t *count) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(reader->db, sql, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, id);
    *count = 0;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code == SQLITE_ROW && !take(out, arena, row, (*count)++))
            code = SQLITE_NOMEM;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static bool take_number(struct sdse_stored_point *out, struct sdse_arena *arena,
                        sqlite3_stmt *row, size_t index) {
    (void)arena;
    (void)index;
    const size_t parameters = (size_t)sqlite3_column_int64(row, 0),
                 layers = (size_t)sqlite3_column_int64(row, 1);
    out->parameters = SDSE_ARENA_ARRAY(arena, struct sdse_parameter, parameters + 1);
    out->layers = SDSE_ARENA_ARRAY(arena, struct sdse_stored_layer, layers + 1);
    return out->parameters && out->layers;
}

static bool take_parameter(struct sdse_stored_point *out, struct sdse_arena *arena,
                           sqlite3_stmt *row, size_t index) {
    out->parameters[index] = (struct sdse_parameter){sdse_row_text(arena, row, 0),
                                                     sdse_row_text(arena, row, 1)};
    return out->parameters[index].path && out->parameters[index].value;
}

static bool take_layer(struct sdse_stored_point *out, struct sdse_arena *arena,
                       sqlite3_stmt *row, size_t index) {
    struct sdse_stored_layer *layer = &out->layers[index];
    *layer = (struct sdse_stored_layer){.name = sdse_row_text(arena, row, 0),
                                        .mapping = sdse_row_text(arena, row, 1)};
    if (sqlite3_column_type(row, 2) != SQLITE_NULL)
        sdse_hash_parse(sdse_row_peek(row, 2), &layer->form);
    layer->grouped = sqlite3_column_int(row, 3);
    return layer->name && layer->mapping;
}

static int load_parts(struct sdse_reader *reader, int64_t id, struct sdse_arena *arena,
                      struct sdse_stored_point *out) {
    size_t one;
    int code =
        each_row(reader,
                 "SELECT (SELECT count(*) FROM point_parameter WHERE point_id = ?1),"
                 " (SELECT count(*) FROM point_layer WHERE point_id = ?1)",
                 id, take_number, arena, out, &one);
    if (code == SQLITE_OK)
        code = each_row(reader,
                        "SELECT path, value FROM point_parameter WHERE point_id = ?"
                        " ORDER BY path",
                        id, take_parameter, arena, out, &out->parameter_count);
    if (code == SQLITE_OK)
        code = each_row(
            reader,
            "SELECT l.name, " SDSE_MAPPING_TEXT(
                "s.mapping") ", f.hash, EXISTS (SELECT 1 FROM grp g WHERE g.point_id ="
                             " l.point_id AND l.layer_index BETWEEN g.first_layer AND"
                             " g.last_layer) FROM point_layer l JOIN"
                             " solution s USING (solution_id) LEFT JOIN weight_form f "
                             "USING"
                             " (form_id) WHERE l.point_id = ? ORDER BY l.layer_index",
            id, take_layer, arena, out, &out->layer_count);
    return code;
}

enum sdse_status sdse_stored_point_load(struct sdse_reader *reader, int64_t id,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_stored_point *out) {
    sqlite3_stmt *row = NULL;
    *out = (struct sdse_stored_point){.id = id};
    enum sdse_status status = SDSE_INVALID;
    int code = sqlite3_prepare_v2(reader->db, LOAD, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, id);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        status = load_row(arena, row, out);
    sqlite3_finalize(row);
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        code = status == SDSE_OK ? load_parts(reader, id, arena, out) : SQLITE_OK;
    if (code != SQLITE_OK)
        return refuse(reader, diags, code);
    if (status == SDSE_OK && out->arch_text && out->workload_text && out->form_text)
        return SDSE_OK;
    if (status == SDSE_NO_MEMORY)
        return status;
    const char *what = sdse_arena_printf(
        diags->arena, "point %" PRId64 ": the %s that it is made of is not in the file",
        id,
        status != SDSE_OK     ? "row, or something"
        : !out->arch_text     ? "accelerator"
        : !out->workload_text ? "network"
                              : "weight form");
    if (!what)
        return SDSE_NO_MEMORY;
    complain(reader, diags, what);
    return SDSE_INVALID;
}

// ---- lending ----

static enum sdse_status lend_fronts(struct looking *from, struct sdse_reader *reader,
                                    const struct sdse_stored_point *point,
                                    struct sdse_store *store) {
    struct sdse_arena *arena = sdse_arena_new();
    sqlite3_stmt *row = NULL;
    enum sdse_status status = arena ? SDSE_OK : SDSE_NO_MEMORY;
    int code = sqlite3_prepare_v2(
        reader->db,
        "SELECT DISTINCT lf.hash FROM point_layer l JOIN solution s USING (solution_id)"
        " JOIN layer_front lf USING (front_id) WHERE l.point_id = ? AND"
        " lf.seconds_limit IS NOT NULL",
        -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point->id);
    while (status == SDSE_OK && code == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
        struct sdse_hash hash;
        struct sdse_front_record front;
        if (sdse_hash_parse(sdse_row_peek(row, 0), &hash) &&
            sdse_store_load_front(&from->store, hash, arena, &front))
            status = sdse_store_add_front(store, &front);
    }
    sqlite3_finalize(row);
    sdse_arena_free(arena);
    return status == SDSE_OK && code != SQLITE_OK ? SDSE_DATABASE : status;
}

enum sdse_status sdse_stored_point_lend(struct sdse_reader *reader,
                                        const struct sdse_stored_point *point,
                                        bool forms, struct sdse_store *store) {
    struct looking from = {.store = {.db = reader->db}};
    enum sdse_status status = sdse_store_begin(store);
    if (status != SDSE_OK)
        return status;
    for (size_t i = 0; forms && status == SDSE_OK && i < point->layer_count; i++) {
        struct sdse_form_record form;
        if (sdse_store_load_form(&from.store, point->layers[i].form, &form) &&
            form.form.measured && !sdse_store_has_form(store, form.hash))
            status = sdse_store_add_form(store, &form);
    }
    if (status == SDSE_OK && point->seconds > 0)
        status = lend_fronts(&from, reader, point, store);
    stop_looking(&from);
    if (status == SDSE_OK)
        return sdse_store_commit(store);
    sdse_store_rollback(store);
    return status;
}

// ---- comparing ----

#define OF_POINT "point_id = (SELECT point_id FROM point WHERE hash = ?)"
static const struct {
    const char *view, *sql;
    int keys; // so many columns from the second on name a row
} compared[] = {
    {"point", "SELECT * FROM point WHERE hash = ?", 0},
    {"point_parameter",
     "SELECT * FROM point_parameter WHERE " OF_POINT " ORDER BY path", 1},
    {"v_layer", "SELECT * FROM v_layer WHERE " OF_POINT " ORDER BY layer_index", 2},
    {"v_level",
     "SELECT * FROM v_level WHERE " OF_POINT " ORDER BY layer_index, level, part", 6},
    {"v_network",
     "SELECT * FROM v_network WHERE " OF_POINT " ORDER BY layer_index, level, part", 6},
    {"v_energy",
     "SELECT * FROM v_energy WHERE " OF_POINT
     " ORDER BY layer_index, component, action,"
     " origin_mark, origin, energy_pj",
     4},
    {"v_layer_front",
     "SELECT * FROM v_layer_front WHERE " OF_POINT " ORDER BY layer_index, rank", 3},
    {"v_front", "SELECT * FROM v_front WHERE " OF_POINT " ORDER BY rank", 1},
    {"place",
     "SELECT * FROM place WHERE " OF_POINT " ORDER BY tensor, memory, first_layer", 3},
    {"v_copy", "SELECT * FROM v_copy WHERE " OF_POINT " ORDER BY before_layer, tensor",
     2},
    {"v_group", "SELECT * FROM v_group WHERE " OF_POINT " ORDER BY group_index", 1},
    {"v_nest", "SELECT * FROM v_nest WHERE " OF_POINT " ORDER BY nest_index", 1},
    {"nest_place",
     "SELECT * FROM nest_place WHERE " OF_POINT " ORDER BY nest_index, memory", 2},
};

enum { MOST_DIFFERENCES = 20 };

struct comparing {
    struct sdse_diags *diags;
    const char *path; // of the stored file
    uint64_t values, different;
};

static bool same_value(sqlite3_stmt *a, sqlite3_stmt *b, int column) {
    const int type = sqlite3_column_type(a, column);
    if (type != sqlite3_column_type(b, column))
        return false;
    switch (type) {
    case SQLITE_INTEGER:
        return sqlite3_column_int64(a, column) == sqlite3_column_int64(b, column);
    case SQLITE_FLOAT:
        return sqlite3_column_double(a, column) == sqlite3_column_double(b, column);
    case SQLITE_NULL:
        return true;
    default:
        return strcmp(sdse_row_peek(a, column), sdse_row_peek(b, column)) == 0;
    }
}

// A value as a message shows it: reals to the last bit.
static const char *shown(struct sdse_arena *arena, sqlite3_stmt *row, int column) {
    const char *text =
        sqlite3_column_type(row, column) == SQLITE_FLOAT
            ? sdse_arena_printf(arena, "%.17g", sqlite3_column_double(row, column))
        : sqlite3_column_type(row, column) == SQLITE_NULL
            ? "nothing"
            : sdse_arena_printf(arena, "%.80s", sdse_row_peek(row, column));
    return text ? text : "?";
}

static void differ(struct comparing *c, const char *view, int keys, sqlite3_stmt *row,
                   const char *what) {
    if (++c->different > MOST_DIFFERENCES)
        return;
    const char *where = view;
    for (int i = 1; i <= keys && where; i++)
        where = sdse_arena_printf(c->diags->arena, "%s, %s %s", where,
                                  sqlite3_column_name(row, i),
                                  shown(c->diags->arena, row, i));
    sdse_diag_add(c->diags, SDSE_ERROR, (struct sdse_loc){.file = c->path},
                  "point-differs", "%s: %s", where ? where : view, what);
}

static void compare_rows(struct comparing *c, const char *view, int keys,
                         sqlite3_stmt *stored, sqlite3_stmt *again) {
    for (int i = 0; i < sqlite3_column_count(stored); i++) {
        const char *name = sqlite3_column_name(stored, i);
        if (!name || strcmp(name, "point_id") == 0 || strcmp(name, "digest") == 0)
            continue;
        c->values++;
        if (same_value(stored, again, i))
            continue;
        const char *what = sdse_arena_printf(
            c->diags->arena, "%s is stored as %s, and %s when run again", name,
            shown(c->diags->arena, stored, i), shown(c->diags->arena, again, i));
        differ(c, view, keys, stored, what ? what : name);
    }
}

static int compare_view(struct comparing *c, struct sdse_reader *const reader[2],
                        size_t view, const char *hash) {
    sqlite3_stmt *row[2] = {NULL, NULL};
    int code[2] = {SQLITE_OK, SQLITE_OK};
    for (int i = 0; i < 2; i++) {
        code[i] =
            sqlite3_prepare_v2(reader[i]->db, compared[view].sql, -1, &row[i], NULL);
        if (code[i] == SQLITE_OK)
            code[i] = sqlite3_bind_text(row[i], 1, hash, -1, SQLITE_STATIC);
    }
    bool more = code[0] == SQLITE_OK && code[1] == SQLITE_OK;
    while (more) {
        code[0] = sqlite3_step(row[0]);
        code[1] = sqlite3_step(row[1]);
        more = code[0] == SQLITE_ROW && code[1] == SQLITE_ROW;
        if (more)
            compare_rows(c, compared[view].view, compared[view].keys, row[0], row[1]);
        else if (code[0] == SQLITE_ROW || code[1] == SQLITE_ROW)
            differ(c, compared[view].view, compared[view].keys,
                   row[code[0] == SQLITE_ROW ? 0 : 1],
                   code[0] == SQLITE_ROW ? "the row is not there when run again"
                                         : "the row is not stored");
    }
    sqlite3_finalize(row[0]);
    sqlite3_finalize(row[1]);
    for (int i = 0; i < 2; i++)
        if (code[i] != SQLITE_DONE && code[i] != SQLITE_ROW)
            return code[i];
    return SQLITE_OK;
}

enum sdse_status sdse_stored_point_compare(struct sdse_reader *stored,
                                           struct sdse_reader *again,
                                           struct sdse_hash point,
                                           struct sdse_diags *diags, uint64_t *values) {
    char hash[SDSE_HASH_TEXT_BYTES];
    sdse_hash_text(point, hash);
    struct comparing c = {.diags = diags,
                          .path = sdse_arena_strdup(
                              diags->arena, sqlite3_db_filename(stored->db, "main"))};
    struct sdse_reader *const both[2] = {stored, again};
    int code = SQLITE_OK;
    for (size_t i = 0; code == SQLITE_OK && i < sizeof compared / sizeof *compared; i++)
        code = compare_view(&c, both, i, hash);
    *values = c.values;
    if (code != SQLITE_OK)
        return refuse(stored, diags, code);
    return c.different ? SDSE_INVALID : SDSE_OK;
}
