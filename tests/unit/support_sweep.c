#include "support_sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/look/export.h"
#include "results/look/query.h"

static char folder[64];

int sweep_begin(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sdse-sweeps-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    sweep_write("net.yaml", SWEEP_NET);
    sweep_write("arch.yaml", SWEEP_ARCH("small", "8", "400"));
    return 0;
}

int sweep_end(void **state) {
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

const char *sweep_path(const char *name) {
    static char path[8][256];
    static unsigned next;
    char *text = path[next++ % 8];
    snprintf(text, sizeof path[0], "%s/%s", folder, name);
    return text;
}

void sweep_write(const char *name, const char *text) {
    FILE *out = fopen(sweep_path(name), "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

enum sdse_status sweep_try(const struct sdse_sweep_request *request,
                           struct sdse_sweep_progress *progress, char **said) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    const enum sdse_status status = sdse_sweep_run(request, &diags, progress);
    size_t length;
    FILE *out = open_memstream(said, &length);
    sdse_diags_print(&diags, out, false);
    fclose(out);
    sdse_arena_free(arena);
    return status;
}

struct sdse_sweep_progress sweep_run(const char *sweep, const char *database) {
    struct sdse_sweep_progress progress;
    char *said = NULL;
    const enum sdse_status status =
        sweep_try(&(struct sdse_sweep_request){.sweep_path = sweep_path(sweep),
                                               .database_path = sweep_path(database),
                                               .threads = 2},
                  &progress, &said);
    if (status != SDSE_OK)
        fail_msg("%s: %s", sweep, said);
    free(said);
    return progress;
}

struct sdse_reader *database_open(const char *path) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_reader *reader = NULL;
    assert_int_equal(sdse_reader_open(path, &diags, &reader), SDSE_OK);
    sdse_arena_free(arena);
    return reader;
}

char *reader_ask(struct sdse_reader *reader, const char *sql) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_table *table = NULL;
    const enum sdse_status status = sdse_query_run(reader, sql, arena, &diags, &table);
    sdse_diags_print(&diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(sdse_table_write(table, SDSE_TABLE_CSV, out), SDSE_OK);
    fclose(out);
    sdse_arena_free(arena);
    const char *body = strchr(text, '\n') + 1;
    memmove(text, body, strlen(body) + 1);
    return text;
}

char *database_ask(const char *path, const char *sql) {
    struct sdse_reader *reader = database_open(path);
    char *text = reader_ask(reader, sql);
    sdse_reader_close(reader);
    return text;
}

double database_number(const char *path, const char *sql) {
    char *text = database_ask(path, sql);
    char *end;
    const double value = strtod(text, &end);
    if (end == text)
        fail_msg("no number: %s: '%s'", sql, text);
    free(text);
    return value;
}

char *reader_export(struct sdse_reader *reader) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_int_equal(sdse_export_write(reader, out, &diags), SDSE_OK);
    fclose(out);
    sdse_arena_free(arena);
    return text;
}

char *database_export(const char *path) {
    struct sdse_reader *reader = database_open(path);
    char *text = reader_export(reader);
    sdse_reader_close(reader);
    return text;
}

char *sweep_ask(const char *database, const char *sql) {
    return database_ask(sweep_path(database), sql);
}

double sweep_number(const char *database, const char *sql) {
    return database_number(sweep_path(database), sql);
}

char *sweep_export(const char *database) {
    return database_export(sweep_path(database));
}
