#include "results/look/names.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

// ---- the nearest first ----

struct ranked {
    const char *name;
    size_t edits, position;
};

static int by_edits(const void *left, const void *right) {
    const struct ranked *a = left, *b = right;
    if (a->edits != b->edits)
        return a->edits < b->edits ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

const char *sdse_names_text(struct sdse_arena *arena, const char *word,
                            const char *const *names, size_t count, size_t most) {
    struct ranked *ranked = SDSE_ARENA_ARRAY(arena, struct ranked, count + 1);
    if (!ranked)
        return NULL;
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){names[i], sdse_edit_distance(word, names[i]), i};
    if (count > 1)
        qsort(ranked, count, sizeof *ranked, by_edits);
    const char *text = count ? "" : "nothing";
    for (size_t i = 0; text && i < count && i < most; i++)
        text =
            sdse_arena_printf(arena, "%s%s'%s'", text, i ? ", " : "", ranked[i].name);
    if (text && count > most)
        text = sdse_arena_printf(arena, "%s and %zu more", text, count - most);
    return text;
}

// ---- tables and columns ----

enum { MOST_NAMES = 2048, MOST_SHOWN = 8 };

struct names {
    size_t count;
    const char *name[MOST_NAMES];
};

// The names that a query of one column has; what fails has none.
static void list(sqlite3 *db, const char *sql, const char *argument,
                 struct sdse_arena *arena, struct names *names) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    if (code == SQLITE_OK && argument)
        code = sqlite3_bind_text(row, 1, argument, -1, SQLITE_STATIC);
    while (code == SQLITE_OK && names->count < MOST_NAMES &&
           sqlite3_step(row) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        const char *copy = text ? sdse_arena_strdup(arena, text) : NULL;
        bool known = !copy;
        for (size_t i = 0; i < names->count && !known; i++)
            known = strcmp(names->name[i], copy) == 0;
        if (!known)
            names->name[names->count++] = copy;
    }
    sqlite3_finalize(row);
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

// Whether `sql` has the word, by itself.
static bool mentions(const char *sql, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = strstr(sql, word); at; at = strstr(at + 1, word))
        if ((at == sql || !is_word(at[-1])) && !is_word(at[length]))
            return true;
    return false;
}

static const char tables[] = "SELECT name FROM sqlite_schema WHERE type IN ('view', "
                             "'table') ORDER BY type DESC, name";

const char *sdse_names_for_error(sqlite3 *db, const char *message, const char *sql,
                                 struct sdse_arena *arena) {
    static const char table[] = "no such table: ", column[] = "no such column: ";
    struct names *all = SDSE_ARENA_NEW(arena, struct names);
    struct names *columns = SDSE_ARENA_NEW(arena, struct names);
    const bool of_table = strncmp(message, table, strlen(table)) == 0;
    if (!all || !columns ||
        (!of_table && strncmp(message, column, strlen(column)) != 0))
        return "";
    const char *word = message + (of_table ? strlen(table) : strlen(column));
    const char *dot = strrchr(word, '.');
    word = dot ? dot + 1 : word;
    list(db, tables, NULL, arena, all);
    for (size_t i = 0; !of_table && i < all->count; i++)
        if (mentions(sql, all->name[i]))
            list(db, "SELECT name FROM pragma_table_info(?)", all->name[i], arena,
                 columns);
    const struct names *names = of_table ? all : columns;
    const char *text = names->count ? sdse_names_text(arena, word, names->name,
                                                      names->count, MOST_SHOWN)
                                    : NULL;
    text = text ? sdse_arena_printf(arena, "; there are %s", text) : NULL;
    return text ? text : "";
}
