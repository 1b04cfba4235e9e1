#include "results/store/input_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

// With more lines that differ a text is kept whole.
enum { MOST_LINES = 24 };

// ---- statements ----

static int ready(struct sdse_input_writer *writer, sqlite3_stmt **statement,
                 const char *sql) {
    if (*statement)
        return SQLITE_OK;
    return sqlite3_prepare_v3(writer->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement,
                              NULL);
}

static int prepare_all(struct sdse_input_writer *w) {
    int code = ready(w, &w->there, "SELECT 1 FROM input WHERE hash = ?");
    if (code == SQLITE_OK)
        code = ready(w, &w->base,
                     "SELECT input_id, text FROM input WHERE kind = ? AND name = ? AND"
                     " base_id IS NULL ORDER BY input_id LIMIT 1");
    if (code == SQLITE_OK)
        code = ready(w, &w->add,
                     "INSERT INTO input(hash, kind, name, text, base_id, digest)"
                     " VALUES(?, ?, ?, ?, ?, ?)");
    if (code == SQLITE_OK)
        code = ready(w, &w->add_line,
                     "INSERT INTO text_line VALUES(?, ?) ON CONFLICT DO NOTHING");
    if (code == SQLITE_OK)
        code = ready(w, &w->line, "SELECT text FROM text_line WHERE line_id = ?");
    if (code == SQLITE_OK)
        code = ready(w, &w->place, "INSERT INTO input_line VALUES(?, ?, ?)");
    if (code == SQLITE_OK)
        code = ready(w, &w->placed, "SELECT 1 FROM input_line WHERE input_id = ?");
    if (code == SQLITE_OK)
        code =
            ready(w, &w->read, "SELECT 1 FROM v_input WHERE input_id = ? AND text = ?");
    if (code == SQLITE_OK)
        code = ready(w, &w->whole, "UPDATE input SET text = ? WHERE input_id = ?");
    return code;
}

void sdse_input_writer_end(struct sdse_input_writer *writer) {
    sqlite3_stmt **all[] = {&writer->there,    &writer->base, &writer->add,
                            &writer->add_line, &writer->line, &writer->place,
                            &writer->placed,   &writer->read, &writer->whole};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        sqlite3_finalize(*all[i]);
        *all[i] = NULL;
    }
}

static int run(sqlite3_stmt *statement) {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// *found: whether the statement yields a row.
static int ask(sqlite3_stmt *statement, bool *found) {
    const int code = sqlite3_step(statement);
    sqlite3_reset(statement);
    *found = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- lines ----

// The line that begins at `text`: without its end.
static size_t line_bytes(const char *text) { return strcspn(text, "\n"); }

// Where the next line begins; NULL after the last.
static const char *after_line(const char *text) {
    text += line_bytes(text);
    return *text ? text + 1 : NULL;
}

static bool same_line(const char *a, const char *b) {
    const size_t bytes = line_bytes(a);
    return bytes == line_bytes(b) && memcmp(a, b, bytes) == 0;
}

// Whether both have as many lines, and at most MOST_LINES of them differ.
static bool are_like(const char *a, const char *b) {
    size_t different = 0;
    for (; a && b; a = after_line(a), b = after_line(b))
        different += !same_line(a, b);
    return !a && !b && different <= MOST_LINES;
}

// Keeps a line under the hash of its text. *id: that; *kept false: another line has it.
static int keep_line(struct sdse_input_writer *w, const char *line, int64_t *id,
                     bool *kept) {
    const size_t bytes = line_bytes(line);
    *id = (int64_t)(sdse_hash_bytes(line, bytes).low >> 1);
    sqlite3_bind_int64(w->add_line, 1, *id);
    int code = sqlite3_bind_text(w->add_line, 2, line, (int)bytes, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = run(w->add_line);
    *kept = sqlite3_changes(w->db) > 0;
    if (code != SQLITE_OK || *kept)
        return code;
    sqlite3_bind_int64(w->line, 1, *id);
    code = sqlite3_step(w->line);
    const char *text = (const char *)sqlite3_column_text(w->line, 0);
    *kept = text && strlen(text) == bytes && memcmp(text, line, bytes) == 0;
    sqlite3_reset(w->line);
    return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_CORRUPT : code;
}

// Keeps the lines of `text` that differ from those of `base` (NULL: all) and, for an
// input of that id, their places. With id 0 only the lines.
static int keep_lines(struct sdse_input_writer *w, int64_t id, const char *text,
                      const char *base, bool *kept) {
    int code = SQLITE_OK;
    *kept = true;
    for (int64_t i = 0; text && *kept && code == SQLITE_OK; i++) {
        int64_t line = 0;
        const bool differs = !base || !same_line(text, base);
        if (differs)
            code = keep_line(w, text, &line, kept);
        if (differs && id && *kept && code == SQLITE_OK) {
            sqlite3_bind_int64(w->place, 1, id);
            sqlite3_bind_int64(w->place, 2, i);
            sqlite3_bind_int64(w->place, 3, line);
            code = run(w->place);
        }
        text = after_line(text);
        base = base ? after_line(base) : NULL;
    }
    return code;
}

// ---- inputs ----

static int add_row(struct sdse_input_writer *w, const struct sdse_input_row *row,
                   int64_t base) {
    sqlite3_bind_text(w->add, 1, row->hash, -1, SQLITE_STATIC);
    sqlite3_bind_text(w->add, 2, row->kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(w->add, 3, row->name, -1, SQLITE_STATIC);
    if (base) {
        sqlite3_bind_null(w->add, 4);
        sqlite3_bind_int64(w->add, 5, base);
    } else {
        sqlite3_bind_text(w->add, 4, row->text, -1, SQLITE_STATIC);
        sqlite3_bind_null(w->add, 5);
    }
    sqlite3_bind_int64(w->add, 6, row->digest);
    return run(w->add);
}

// The input that a text is like; *id 0: none. *text is to be freed.
static int find_base(struct sdse_input_writer *w, const struct sdse_input_row *row,
                     int64_t *id, char **text) {
    *id = 0;
    *text = NULL;
    if (strcmp(row->kind, "arch") != 0)
        return SQLITE_OK;
    sqlite3_bind_text(w->base, 1, row->kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(w->base, 2, row->name, -1, SQLITE_STATIC);
    int code = sqlite3_step(w->base);
    const char *base =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(w->base, 1) : NULL;
    if (base && are_like(base, row->text)) {
        *id = sqlite3_column_int64(w->base, 0);
        *text = malloc(strlen(base) + 1);
        if (*text)
            strcpy(*text, base);
        else
            code = SQLITE_NOMEM;
    }
    sqlite3_reset(w->base);
    return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

// What cannot be read back (a line that the base has twice, its first or last) is kept
// whole.
static int check_read(struct sdse_input_writer *w, int64_t id, const char *text) {
    bool same = false;
    sqlite3_bind_int64(w->read, 1, id);
    sqlite3_bind_text(w->read, 2, text, -1, SQLITE_STATIC);
    const int code = ask(w->read, &same);
    if (code != SQLITE_OK || same)
        return code;
    sqlite3_bind_text(w->whole, 1, text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(w->whole, 2, id);
    return run(w->whole);
}

// Adds it as its base and what differs; *done false: its lines cannot be kept.
static int add_like(struct sdse_input_writer *w, const struct sdse_input_row *row,
                    int64_t base, const char *text, bool *done) {
    bool placed = true;
    sqlite3_bind_int64(w->placed, 1, base);
    int code = ask(w->placed, &placed);
    *done = true;
    if (code == SQLITE_OK && !placed) // the first that is like it
        code = keep_lines(w, 0, text, NULL, done);
    if (code == SQLITE_OK && *done && !placed)
        code = keep_lines(w, base, text, NULL, done);
    if (code == SQLITE_OK && *done)
        code = keep_lines(w, 0, row->text, text, done);
    if (code != SQLITE_OK || !*done)
        return code;
    code = add_row(w, row, base);
    const int64_t id = sqlite3_last_insert_rowid(w->db);
    if (code == SQLITE_OK)
        code = keep_lines(w, id, row->text, text, done);
    return code == SQLITE_OK ? check_read(w, id, row->text) : code;
}

int sdse_input_put(struct sdse_input_writer *writer, const struct sdse_input_row *row,
                   bool *added) {
    bool there = false, done = false;
    int64_t base = 0;
    char *text = NULL;
    *added = false;
    if (!row->hash || !row->kind || !row->name || !row->text)
        return SQLITE_NOMEM;
    int code = prepare_all(writer);
    if (code != SQLITE_OK)
        return code;
    sqlite3_bind_text(writer->there, 1, row->hash, -1, SQLITE_STATIC);
    code = ask(writer->there, &there);
    if (code != SQLITE_OK || there)
        return code;
    code = find_base(writer, row, &base, &text);
    if (code == SQLITE_OK && base)
        code = add_like(writer, row, base, text, &done);
    free(text);
    if (code == SQLITE_OK && !done)
        code = add_row(writer, row, 0);
    *added = code == SQLITE_OK;
    return code;
}

int sdse_input_copy(struct sdse_input_writer *writer, sqlite3_stmt *row) {
    bool added;
    return sdse_input_put(
        writer,
        &(struct sdse_input_row){(const char *)sqlite3_column_text(row, 0),
                                 (const char *)sqlite3_column_text(row, 1),
                                 (const char *)sqlite3_column_text(row, 2),
                                 (const char *)sqlite3_column_text(row, 3),
                                 sqlite3_column_int64(row, 4)},
        &added);
}
