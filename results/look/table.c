#include "results/look/table.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/shortest.h"
#include "base/utf8.h"
#include "results/look/plain_text.h"
#include "results/look/table_cells.h"

bool sdse_table_format_parse(const char *text, enum sdse_table_format *format) {
    static const char *const names[] = {
#define SDSE_TABLE_NAME(name, text) text,
        SDSE_TABLE_MAP(SDSE_TABLE_NAME)
#undef SDSE_TABLE_NAME
    };
    for (size_t i = 0; i < SDSE_TABLE_FORMATS; i++) {
        if (strcmp(text, names[i]) == 0) {
            *format = (enum sdse_table_format)i;
            return true;
        }
    }
    return false;
}

// ---- filling ----

struct sdse_table *sdse_table_new(struct sdse_arena *arena) {
    struct sdse_table *table = SDSE_ARENA_NEW(arena, struct sdse_table);
    if (table)
        table->arena = table->cells = arena;
    return table;
}

void sdse_table_keep_rows_in(struct sdse_table *table, struct sdse_arena *cells) {
    assert(table->cell_count == 0);
    table->cells = cells;
}

void sdse_table_name(struct sdse_table *table, const char *schema, const char *key) {
    if (!table)
        return;
    table->schema = schema;
    table->rows_key = key;
}

void sdse_table_add_column(struct sdse_table *table, const char *name,
                           const char *title, int digits) {
    if (!table)
        return;
    assert(table->cell_count == 0 && table->column_count < SDSE_TABLE_MOST_COLUMNS);
    struct sdse_column *column = &table->columns[table->column_count++];
    column->name = sdse_arena_strdup(table->arena, name);
    column->title = title ? sdse_arena_strdup(table->arena, title) : column->name;
    column->digits = digits ? digits : 6;
    if (!column->name || !column->title) {
        column->name = column->title = "";
        table->out_of_memory = true;
    }
}

void sdse_table_add_columns(struct sdse_table *table, const char *const *names,
                            size_t count) {
    for (size_t i = 0; i < count; i++)
        sdse_table_add_column(table, names[i], NULL, 0);
}

static void add(struct sdse_table *table, struct sdse_cell cell) {
    if (!table)
        return;
    assert(table->column_count > 0);
    if (!table->last || table->last->count == SDSE_CHUNK_CELLS) {
        struct sdse_chunk *chunk = SDSE_ARENA_NEW(table->cells, struct sdse_chunk);
        if (!chunk) {
            table->out_of_memory = true;
            return;
        }
        if (table->last)
            table->last->next = chunk;
        else
            table->first = chunk;
        table->last = chunk;
    }
    table->last->cells[table->last->count++] = cell;
    table->cell_count++;
}

void sdse_table_add_text(struct sdse_table *table, const char *text) {
    if (!table)
        return;
    const char *copy = text ? sdse_arena_strdup(table->cells, text) : NULL;
    if (text && !copy)
        table->out_of_memory = true;
    add(table, (struct sdse_cell){.kind = copy ? SDSE_CELL_TEXT : SDSE_CELL_NULL,
                                  .text = copy});
}

void sdse_table_add_f64(struct sdse_table *table, double value) {
    if (isnan(value))
        add(table, (struct sdse_cell){.kind = SDSE_CELL_NULL});
    else
        add(table, (struct sdse_cell){.kind = SDSE_CELL_F64, .f64 = value});
}

void sdse_table_add_u64(struct sdse_table *table, uint64_t value) {
    add(table, (struct sdse_cell){.kind = SDSE_CELL_U64, .u64 = value});
}

void sdse_table_add_i64(struct sdse_table *table, int64_t value) {
    add(table, (struct sdse_cell){.kind = SDSE_CELL_I64, .i64 = value});
}

void sdse_table_add_null(struct sdse_table *table) {
    add(table, (struct sdse_cell){.kind = SDSE_CELL_NULL});
}

size_t sdse_table_rows(const struct sdse_table *table) {
    return table->column_count ? table->cell_count / table->column_count : 0;
}

// ---- cells as text ----

const char *sdse_table_cell_text(const struct sdse_cell *cell, int digits,
                                 char buffer[SDSE_CELL_BYTES]) {
    switch (cell->kind) {
    case SDSE_CELL_TEXT:
        return cell->text;
    case SDSE_CELL_F64:
        if (digits == 0)
            sdse_shortest(cell->f64, buffer);
        else
            snprintf(buffer, SDSE_CELL_BYTES, "%.*g", digits, cell->f64);
        return buffer;
    case SDSE_CELL_U64:
        snprintf(buffer, SDSE_CELL_BYTES, "%" PRIu64, cell->u64);
        return buffer;
    case SDSE_CELL_I64:
        snprintf(buffer, SDSE_CELL_BYTES, "%" PRId64, cell->i64);
        return buffer;
    case SDSE_CELL_NULL:
        break;
    }
    return "";
}

static void print_csv(const char *text, FILE *out) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void sdse_table_json_string(const char *text, FILE *out) {
    fputc('"', out);
    while (*text) {
        size_t length = sdse_utf8_length(text);
        unsigned char c = (unsigned char)*text;
        if (length == 0)
            fputs("\xef\xbf\xbd", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c == '\n')
            fputs("\\n", out);
        else if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\u%04x", c);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
    fputc('"', out);
}

static void print_json(const struct sdse_cell *cell, FILE *out) {
    char buffer[SDSE_CELL_BYTES];
    bool absent =
        cell->kind == SDSE_CELL_NULL ||
        (cell->kind == SDSE_CELL_F64 && !isfinite(cell->f64)); // JSON has no Inf
    if (absent)
        fputs("null", out);
    else if (cell->kind == SDSE_CELL_TEXT)
        sdse_table_json_string(cell->text, out);
    else
        fputs(sdse_table_cell_text(cell, 0, buffer), out);
}

// ---- whole tables ----

void sdse_table_each_cell(const struct sdse_table *table, sdse_cell_visitor visit,
                          void *context) {
    size_t end = sdse_table_rows(table) * table->column_count, i = 0;
    for (const struct sdse_chunk *chunk = table->first; chunk; chunk = chunk->next)
        for (size_t j = 0; j < chunk->count && i < end; j++, i++)
            visit(context, i / table->column_count, i % table->column_count,
                  &chunk->cells[j]);
}

struct writer {
    const struct sdse_table *table;
    FILE *out;
    bool markdown;
    bool bare; // JSON: one row, in no array
    size_t width[SDSE_TABLE_MOST_COLUMNS];
    bool number[SDSE_TABLE_MOST_COLUMNS]; // no text in it
    bool filled[SDSE_TABLE_MOST_COLUMNS]; // something in it
};

static void measure(void *context, size_t row, size_t column,
                    const struct sdse_cell *cell) {
    (void)row;
    struct writer *writer = context;
    char buffer[SDSE_CELL_BYTES];
    const char *text =
        sdse_table_cell_text(cell, writer->table->columns[column].digits, buffer);
    size_t width = sdse_plain_text_print(text, writer->markdown, NULL);
    if (width > writer->width[column])
        writer->width[column] = width;
    writer->number[column] &= cell->kind != SDSE_CELL_TEXT;
    writer->filled[column] |= cell->kind != SDSE_CELL_NULL;
}

static void pad(FILE *out, size_t count, char c) {
    while (count-- > 0)
        fputc(c, out);
}

// One field, aligned; the last column of a text table leaves no blanks behind.
static void print_field(struct writer *writer, size_t column, const char *text) {
    FILE *out = writer->out;
    bool last = column + 1 == writer->table->column_count;
    bool right = writer->number[column] && writer->filled[column];
    size_t width = sdse_plain_text_print(text, writer->markdown, NULL);
    size_t blanks = writer->width[column] - width;
    fputs(writer->markdown ? "| " : column ? "  " : "", out);
    if (right)
        pad(out, blanks, ' ');
    sdse_plain_text_print(text, writer->markdown, out);
    if (!right && (writer->markdown || !last))
        pad(out, blanks, ' ');
    if (writer->markdown)
        fputs(last ? " |" : " ", out);
    if (last)
        fputc('\n', out);
}

static void plain_cell(void *context, size_t row, size_t column,
                       const struct sdse_cell *cell) {
    (void)row;
    struct writer *writer = context;
    char buffer[SDSE_CELL_BYTES];
    print_field(
        writer, column,
        sdse_table_cell_text(cell, writer->table->columns[column].digits, buffer));
}

static void write_plain(struct writer *writer) {
    const struct sdse_table *table = writer->table;
    for (size_t i = 0; i < table->column_count; i++) {
        writer->number[i] = true;
        writer->filled[i] = false;
        writer->width[i] =
            sdse_plain_text_print(table->columns[i].title, writer->markdown, NULL);
    }
    sdse_table_each_cell(table, measure, writer);
    for (size_t i = 0; i < table->column_count; i++)
        print_field(writer, i, table->columns[i].title);
    for (size_t i = 0; i < table->column_count; i++) {
        bool right = writer->number[i] && writer->filled[i];
        if (writer->markdown) {
            fputs("|-", writer->out);
            pad(writer->out, writer->width[i], '-');
            fputc(right ? ':' : '-', writer->out);
        } else {
            fputs(i ? "  " : "", writer->out);
            pad(writer->out, writer->width[i], '-');
        }
    }
    fputs(writer->markdown ? "|\n" : "\n", writer->out);
    sdse_table_each_cell(table, plain_cell, writer);
}

static void csv_cell(void *context, size_t row, size_t column,
                     const struct sdse_cell *cell) {
    (void)row;
    struct writer *writer = context;
    char buffer[SDSE_CELL_BYTES];
    if (column)
        fputc(',', writer->out);
    print_csv(sdse_table_cell_text(cell, 0, buffer), writer->out);
    if (column + 1 == writer->table->column_count)
        fputc('\n', writer->out);
}

static void write_csv(struct writer *writer) {
    const bool begun = writer->table->streaming;
    for (size_t i = 0; !begun && i < writer->table->column_count; i++) {
        if (i)
            fputc(',', writer->out);
        print_csv(writer->table->columns[i].name, writer->out);
    }
    if (!begun)
        fputc('\n', writer->out);
    sdse_table_each_cell(writer->table, csv_cell, writer);
}

static void json_cell(void *context, size_t row, size_t column,
                      const struct sdse_cell *cell) {
    struct writer *writer = context;
    const bool first = row + writer->table->streamed_rows == 0;
    if (column == 0)
        fputs(writer->bare ? "{" : first ? "\n  {" : ",\n  {", writer->out);
    else
        fputs(", ", writer->out);
    sdse_table_json_string(writer->table->columns[column].name, writer->out);
    fputs(": ", writer->out);
    print_json(cell, writer->out);
    if (column + 1 == writer->table->column_count)
        fputc('}', writer->out);
}

// What comes before the rows: the object that they are in, if it has a schema.
static void begin_json(const struct sdse_table *table, FILE *out) {
    if (table->schema) {
        fputs("{\"schema\": ", out);
        sdse_table_json_string(table->schema, out);
        fputs(",\n ", out);
        sdse_table_json_string(table->rows_key, out);
        fputs(": ", out);
    }
    fputc('[', out);
}

void sdse_table_write_rows(const struct sdse_table *table, FILE *out) {
    struct writer writer = {.table = table, .out = out};
    fputc('[', out);
    sdse_table_each_cell(table, json_cell, &writer);
    fputs(sdse_table_rows(table) ? "\n]" : "]", out);
}

void sdse_table_write_row(const struct sdse_table *table, FILE *out) {
    struct writer writer = {.table = table, .out = out, .bare = true};
    sdse_table_each_cell(table, json_cell, &writer);
}

enum sdse_status sdse_table_write(const struct sdse_table *table,
                                  enum sdse_table_format format, FILE *out) {
    if (!table || table->out_of_memory)
        return SDSE_NO_MEMORY;
    struct writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return SDSE_NO_MEMORY;
    writer->table = table;
    writer->out = out;
    writer->markdown = format == SDSE_TABLE_MARKDOWN;
    if (format == SDSE_TABLE_CSV) {
        write_csv(writer);
    } else if (format == SDSE_TABLE_JSON) {
        if (!table->streaming)
            begin_json(table, out);
        sdse_table_each_cell(table, json_cell, writer);
        fputs(table->streamed_rows + sdse_table_rows(table) ? "\n]" : "]", out);
        fputs(table->schema ? "}\n" : "\n", out);
    } else {
        write_plain(writer);
    }
    free(writer);
    return ferror(out) ? SDSE_IO : SDSE_OK;
}

enum sdse_status sdse_table_stream(struct sdse_table *table, struct sdse_arena *cells,
                                   enum sdse_table_format format, FILE *out) {
    assert(format == SDSE_TABLE_CSV || format == SDSE_TABLE_JSON);
    if (!table || table->out_of_memory)
        return SDSE_NO_MEMORY;
    struct writer writer = {.table = table, .out = out};
    if (format == SDSE_TABLE_CSV) {
        write_csv(&writer);
    } else {
        if (!table->streaming)
            begin_json(table, out);
        sdse_table_each_cell(table, json_cell, &writer);
    }
    table->streaming = true;
    table->streamed_rows += sdse_table_rows(table);
    table->first = table->last = NULL;
    table->cell_count = 0;
    sdse_arena_reset(cells);
    return ferror(out) ? SDSE_IO : SDSE_OK;
}
