// A table of named columns, written to a stream as aligned text, CSV, JSON or Markdown.
// Every verb that prints rows uses it, so that all tables look and escape alike.
#ifndef SDSE_RESULTS_LOOK_TABLE_H
#define SDSE_RESULTS_LOOK_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/status.h"

#define SDSE_TABLE_MAP(X)                                                         \
    X(TEXT, "table")  /* aligned columns, titles, rounded numbers: for people */  \
    X(CSV, "csv")     /* RFC 4180 with line feeds, names as header, all digits */ \
    X(JSON, "json")   /* objects keyed by name, all digits, null */               \
    X(MARKDOWN, "md") /* titles, rounded numbers */

enum sdse_table_format {
#define SDSE_TABLE_ENUM(name, text) SDSE_TABLE_##name,
    SDSE_TABLE_MAP(SDSE_TABLE_ENUM)
#undef SDSE_TABLE_ENUM
        SDSE_TABLE_FORMATS
};

// "table", "csv", "json", "md" -> *format. False, leaving it alone, for anything else.
bool sdse_table_format_parse(const char *text, enum sdse_table_format *format);

struct sdse_table;

enum { SDSE_TABLE_MOST_COLUMNS = 256 };

// An empty table in `arena`, which owns it and everything put into it. Running out of
// memory is remembered and reported by sdse_table_write.
struct sdse_table *sdse_table_new(struct sdse_arena *arena);

// Names what JSON makes of it: {"schema": schema, key: [row, …]}. Without a name it is
// the array alone. Both texts must live as long as the table.
void sdse_table_name(struct sdse_table *table, const char *schema, const char *key);

// Adds a column, at most SDSE_TABLE_MOST_COLUMNS; all come before the first row.
// name     for machines, unit as suffix: "energy_pj"
// title    for people: "energy [pJ]"; NULL = the name
// digits   significant digits of reals for people; 0 = 6
void sdse_table_add_column(struct sdse_table *table, const char *name,
                           const char *title, int digits);
// The same of columns that people call as machines do.
void sdse_table_add_columns(struct sdse_table *table, const char *const *names,
                            size_t count);

// Cells fill rows from the left; after the last column the next row begins.
// Strings are copied; NULL is an absent value, as is NAN.
void sdse_table_add_text(struct sdse_table *table, const char *text);
void sdse_table_add_f64(struct sdse_table *table, double value);
void sdse_table_add_u64(struct sdse_table *table, uint64_t value);
void sdse_table_add_i64(struct sdse_table *table, int64_t value);
void sdse_table_add_null(struct sdse_table *table);

// Complete rows.
size_t sdse_table_rows(const struct sdse_table *table);

// Writes the table. Columns of numbers are right-aligned. Control characters are
// escaped, so that a name cannot drive a terminal. SDSE_IO if the stream failed,
// SDSE_NO_MEMORY if a cell was lost.
enum sdse_status sdse_table_write(const struct sdse_table *table,
                                  enum sdse_table_format format, FILE *out);

// Writes the table for a terminal of so many columns, at least
// SDSE_TABLE_LEAST_COLUMNS: no line is longer.
//
//   - Columns that say the same in all rows (two or more) are left out and said once
//     above: "all: form=raw"; columns without anything: "nothing in: reason".
//   - Rows that follow one another and differ in their `layer` alone (and in
//     `layer_index` or `i`) are one: "conv2_1…conv2_3 (3 ×)".
//   - Numbers stand with their decimal points in line.
//   - What is too wide: texts are wrapped, down to 12 columns; if that is not enough,
//     columns come in several tables, each with the first column. Nothing is cut.
//
// Status as of sdse_table_write.
enum { SDSE_TABLE_LEAST_COLUMNS = 20 };
enum sdse_status sdse_table_write_within(const struct sdse_table *table, size_t columns,
                                         FILE *out);

// Puts the rows, which are still to come, into an arena of their own.
void sdse_table_keep_rows_in(struct sdse_table *table, struct sdse_arena *cells);

// Writes the rows gathered so far and forgets them, so that a table of any length fits
// in little memory; for CSV and JSON alone, whose rows do not depend on each other.
// `cells` is the rows' own arena, which is reset. After the last row comes
// sdse_table_write, which ends what was begun. Status as there.
enum sdse_status sdse_table_stream(struct sdse_table *table, struct sdse_arena *cells,
                                   enum sdse_table_format format, FILE *out);

// A JSON string with quotes: controls escaped, bytes that are not UTF-8 replaced by
// U+FFFD.
void sdse_table_json_string(const char *text, FILE *out);

#endif
