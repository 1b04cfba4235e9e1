#include "results/look/export.h"

#include <inttypes.h>
#include <math.h>

#include "results/look/table.h"
#include "results/store/content.h"
#include "results/store/database.h"

// False when memory is out.
static bool write_value(sqlite3_stmt *row, int column, FILE *out) {
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        fprintf(out, "%" PRId64, (int64_t)sqlite3_column_int64(row, column));
        break;
    case SQLITE_FLOAT:
        if (isfinite(sqlite3_column_double(row, column)))
            fprintf(out, "%.17g", sqlite3_column_double(row, column));
        else // JSON has no infinity: a gap without a bound
            fputs("null", out);
        break;
    case SQLITE_NULL:
        fputs("null", out);
        break;
    default: {
        const char *text = (const char *)sqlite3_column_text(row, column);
        if (text)
            sdse_table_json_string(text, out);
        return text != NULL;
    }
    }
    return true;
}

// An export under way.
struct export {
    sqlite3 *db;
    FILE *out;
    struct sdse_diags *diags;
    struct sdse_digest digest; // of every value written so far
    uint64_t rows[SDSE_CONTENTS];
    uint64_t wrong;
};

static int write_row(struct export *export, const char *table, sqlite3_stmt *row) {
    fprintf(export->out, "{\"table\":\"%s\"", table);
    const int columns = sqlite3_column_count(row) - 1; // the last is the digest
    for (int i = 0; i < columns; i++) {
        const char *name = sqlite3_column_name(row, i);
        if (!name)
            return SQLITE_NOMEM;
        if (*name == '.')
            continue;
        fprintf(export->out, ",\"%s\":", name);
        if (!write_value(row, i, export->out))
            return SQLITE_NOMEM;
        sdse_digest_column(&export->digest, row, i);
    }
    fputs("}\n", export->out);
    return SQLITE_ROW;
}

// Digests are compared where rows are written: what is shown is what was stored.
static int write_section(struct export *export, enum sdse_content table) {
    struct sdse_content_reading reading;
    int code = sdse_content_begin(&reading, export->db, table, export->diags);
    if (code != SQLITE_OK)
        return code;
    while ((code = sdse_content_next(&reading)) == SQLITE_ROW) {
        export->rows[table]++;
        code = write_row(export, sdse_content_info(table)->table, reading.row);
        if (code != SQLITE_ROW)
            break;
    }
    const int ended = sdse_content_end(&reading);
    export->wrong += reading.wrong;
    return code == SQLITE_DONE ? ended : code;
}

// What is checked and not written: origins are in the rows that have them.
static int check_section(struct export *export, enum sdse_content table) {
    return sdse_content_check(export->db, table, export->diags, &export->wrong);
}

static void write_end(const struct export *export) {
    fputs("{\"table\":\"export_end\"", export->out);
    for (int i = 0; i < SDSE_CONTENTS; i++) {
        const struct sdse_content_info *info = sdse_content_info((enum sdse_content)i);
        // Files without places, or groups, end as they did before there were any.
        if (info->exported && (i < SDSE_CONTENT_PLACE || export->rows[i]))
            fprintf(export->out, ",\"%s\":%" PRIu64, info->table, export->rows[i]);
    }
    fprintf(export->out, ",\"digest\":\"%016" PRIx64 "\"}\n",
            (uint64_t)sdse_digest_value(&export->digest));
}

enum sdse_status sdse_export_write(struct sdse_reader *reader, FILE *out,
                                   struct sdse_diags *diags) {
    sqlite3 *db = reader->db;
    struct export export = {.db = db, .out = out, .diags = diags};
    int code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (int i = 0; code == SQLITE_OK && i < SDSE_CONTENTS; i++) {
        const enum sdse_content table = (enum sdse_content)i;
        code = sdse_content_info(table)->exported ? write_section(&export, table)
                                                  : check_section(&export, table);
    }
    enum sdse_status status = SDSE_OK;
    if (code != SQLITE_OK)
        status = sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
    else if (export.wrong)
        status = SDSE_INVALID;
    else
        write_end(&export);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    if (status == SDSE_OK && ferror(out))
        status = SDSE_IO;
    return status;
}
