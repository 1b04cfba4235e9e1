// Statements and commands of sdse query, one after the other.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_stream.h"
#include "cli/interrupt.h"
#include "cli/query_shell.h"
#include "results/look/names.h"

// ---- commands ----

static const char views[] =
    "SELECT s.name AS view, group_concat(c.name, ', ') AS columns"
    " FROM sqlite_schema s, pragma_table_info(s.name) c"
    " WHERE s.type = 'view' GROUP BY s.name ORDER BY s.name";

static const char *const commands[] = {".columns", ".format", ".help",
                                       ".quit",    ".schema", ".views"};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const char help[] =
    "SQL ends with ';' and may have several lines. Tab completes views, tables and "
    "columns.\n"
    ".views            views and their columns (docs/database.md explains them)\n"
    ".columns [VIEW]   the columns of a view, or all columns and where they are\n"
    ".schema [NAME]    the statement that makes a table or view, or all of them\n"
    ".format [FORMAT]  table, csv, json or md\n"
    ".quit             ends (or Ctrl-D)\n";

static enum cli_exit ask(struct cli_queries *queries, const char *sql) {
    const enum sdse_status status =
        sql ? sdse_query_write(queries->reader, sql, &queries->limits, queries->format,
                               stdout, queries->cli->arena, &queries->cli->diags)
            : SDSE_NO_MEMORY;
    const bool said = queries->cli->diags.errors > 0;
    // A failing stdout is reported by main.
    return cli_finish(queries->cli, status == SDSE_IO && !said ? SDSE_OK : status);
}

// 'it''s' for SQL.
static const char *quoted(struct sdse_arena *arena, const char *text) {
    char *quote = sdse_arena_alloc(arena, 2 * strlen(text) + 3, 1), *to = quote;
    if (!quote)
        return NULL;
    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *to++ = '\'';
        *to++ = *text;
    }
    *to = '\'';
    return quote;
}

static enum cli_exit refuse(struct cli_queries *queries, const char *what,
                            const char *word, const char *const *names, size_t count) {
    const char *there = sdse_names_text(queries->cli->arena, word, names, count, count);
    cli_error(queries->cli, "no %s '%s'; there are %s", what, word,
              there ? there : "others");
    return CLI_BAD_INPUT;
}

static enum cli_exit choose_format(struct cli_queries *queries, const char *word) {
    static const char *const formats[] = {"table", "csv", "json", "md"};
    if (!*word)
        puts(formats[queries->format]);
    else if (!sdse_table_format_parse(word, &queries->format))
        return refuse(queries, "format", word, formats, 4);
    return CLI_OK;
}

// A query about `name`, which stands between `before` and `after`, or about all; a name
// that is not there is answered as SQL is.
static enum cli_exit describe(struct cli_queries *queries, const char *name,
                              const char *before, const char *after, const char *all) {
    struct cli *cli = queries->cli;
    if (!*name)
        return ask(queries, all);
    struct sdse_table *found = NULL;
    const char *quote = quoted(cli->arena, name);
    const char *probe =
        quote ? sdse_arena_printf(cli->arena, "SELECT 1 FROM \"%s\" LIMIT 0", name)
              : NULL;
    const enum sdse_status status =
        probe ? sdse_query_run(queries->reader, probe, cli->arena, &cli->diags, &found)
              : SDSE_NO_MEMORY;
    if (status != SDSE_OK)
        return cli_finish(cli, status);
    return ask(queries, sdse_arena_printf(cli->arena, "%s%s%s", before, quote, after));
}

static enum cli_exit run_command(struct cli_queries *queries, const char *line) {
    char *words = sdse_arena_strdup(queries->cli->arena, line), *rest = NULL;
    const char *command = words ? strtok_r(words, " \t\r\n;", &rest) : NULL;
    const char *word = command ? strtok_r(NULL, " \t\r\n;", &rest) : NULL;
    if (!words)
        return cli_finish(queries->cli, SDSE_NO_MEMORY);
    command = command ? command : ".";
    word = word ? word : "";
    if (strcmp(command, ".views") == 0)
        return ask(queries, views);
    if (strcmp(command, ".columns") == 0)
        return describe(queries, word,
                        "SELECT name AS column, type FROM pragma_table_info(", ")",
                        "SELECT c.name AS column, group_concat(s.name, ', ') AS views"
                        " FROM sqlite_schema s, pragma_table_info(s.name) c"
                        " WHERE s.type = 'view' GROUP BY c.name ORDER BY c.name");
    if (strcmp(command, ".schema") == 0)
        return describe(queries, word,
                        "SELECT sql FROM sqlite_schema WHERE name = ", "",
                        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
                        " ORDER BY type DESC, name");
    if (strcmp(command, ".format") == 0)
        return choose_format(queries, word);
    if (strcmp(command, ".help") == 0)
        fputs(help, stdout);
    else if (strcmp(command, ".quit") == 0 || strcmp(command, ".exit") == 0)
        queries->quit = true;
    else
        return refuse(queries, "command", command, commands, COMMANDS);
    return CLI_OK;
}

enum cli_exit cli_query_run(struct cli_queries *queries, const char *text) {
    const char *first = text + strspn(text, " \t\r\n");
    queries->asked = true;
    queries->limits.stop = cli_interrupt_arm();
    return *first == '.' ? run_command(queries, first) : ask(queries, text);
}

// ---- scripts ----

static char *read_all(FILE *in) {
    struct sdse_memory memory;
    FILE *out = sdse_memory_open(&memory);
    char buffer[4096];
    size_t count;
    if (!out)
        return NULL;
    while ((count = fread(buffer, 1, sizeof buffer, in)) > 0)
        fwrite(buffer, 1, count, out);
    return sdse_memory_close(&memory, out) ? memory.text : NULL;
}

// Bytes of what comes first: a command's line, a statement with its ';', or the rest.
static size_t first_part(struct cli_queries *queries, const char *text) {
    if (*text == '.')
        return strcspn(text, "\n");
    const size_t bytes = sdse_query_first(text, queries->cli->arena);
    return bytes ? bytes : strlen(text);
}

enum cli_exit cli_query_run_all(struct cli_queries *queries, FILE *in) {
    char *text = read_all(in);
    if (!text)
        return cli_finish(queries->cli, SDSE_NO_MEMORY);
    if (ferror(in)) {
        free(text);
        cli_error(queries->cli, "reading SQL failed");
        return CLI_SYSTEM;
    }
    enum cli_exit status = CLI_OK;
    for (char *at = text; status == CLI_OK && !queries->quit;) {
        // What has been run becomes blanks, so that places are those of the whole.
        for (char *c = text; c < at; c++)
            if (*c != '\n')
                *c = ' ';
        at += sdse_query_skip_blanks(at) - at;
        if (!*at)
            break;
        char *end = at + first_part(queries, at);
        const char kept = *end;
        *end = '\0';
        status = cli_query_run(queries, *at == '.' ? at : text);
        *end = kept;
        at = end;
    }
    free(text);
    return status;
}

// ---- completion ----

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool offer(struct cli_queries *queries, const char *name, const char *word,
                  size_t length, size_t room, struct cli_query_words *out) {
    if (strncmp(name, word, length) != 0 || out->count == room)
        return true;
    for (size_t i = 0; i < out->count; i++)
        if (strcmp(out->words[i], name) == 0)
            return true;
    const char *copy = sdse_arena_strdup(queries->cli->arena, name);
    if (copy)
        out->words[out->count++] = copy;
    return copy != NULL;
}

bool cli_query_complete(struct cli_queries *queries, const char *word, size_t length,
                        bool begins_line, struct cli_query_words *out) {
    static const char *const keywords[] = {
        "AND",   "AS",    "ASC",      "BETWEEN", "BY",    "CASE",   "CAST",  "DESC",
        "ELSE",  "END",   "DISTINCT", "FROM",    "GROUP", "HAVING", "IN",    "IS",
        "JOIN",  "LEFT",  "LIKE",     "LIMIT",   "NOT",   "NULL",   "ON",    "OR",
        "ORDER", "SUM",   "SELECT",   "THEN",    "USING", "WHEN",   "WHERE", "WITH",
        "avg",   "count", "max",      "min",     "round", "sum"};
    enum { KEYWORDS = sizeof keywords / sizeof *keywords, MOST = 1024 };
    static const char names[] =
        "SELECT name FROM sqlite_schema WHERE type IN ('view', 'table')"
        " UNION SELECT c.name FROM sqlite_schema s, pragma_table_info(s.name) c"
        " WHERE s.type = 'view'";
    struct cli *cli = queries->cli;
    struct sdse_query_rows rows;
    *out = (struct cli_query_words){
        .words = SDSE_ARENA_ARRAY(cli->arena, const char *, MOST)};
    if (!out->words)
        return false;
    bool offered = true;
    for (size_t i = 0; begins_line && *word == '.' && i < COMMANDS; i++)
        offered &= offer(queries, commands[i], word, length, MOST, out);
    if (begins_line && *word == '.')
        return offered;
    for (size_t i = 0; i < KEYWORDS && length; i++)
        offered &= offer(queries, keywords[i], word, length, MOST, out);
    if (sdse_query_names(queries->reader, names, cli->arena, &rows))
        for (size_t i = 0; i < rows.count; i++)
            offered &= offer(queries, rows.name[i], word, length, MOST, out);
    if (out->count > 1)
        qsort(out->words, out->count, sizeof *out->words, by_name);
    return offered;
}
