// Private to results/look: what a table is made of, for those that write it.
#ifndef SDSE_RESULTS_LOOK_TABLE_CELLS_H
#define SDSE_RESULTS_LOOK_TABLE_CELLS_H

#include "results/look/table.h"

enum sdse_cell_kind {
    SDSE_CELL_NULL,
    SDSE_CELL_TEXT,
    SDSE_CELL_F64,
    SDSE_CELL_U64,
    SDSE_CELL_I64
};

struct sdse_cell {
    enum sdse_cell_kind kind;
    union {
        const char *text;
        double f64;
        uint64_t u64;
        int64_t i64;
    };
};

struct sdse_column {
    const char *name, *title;
    int digits;
};

// Rows live in chunks, so that adding one never moves the others.
enum { SDSE_CHUNK_CELLS = 1024, SDSE_CELL_BYTES = 32 };

struct sdse_chunk {
    struct sdse_chunk *next;
    size_t count;
    struct sdse_cell cells[SDSE_CHUNK_CELLS];
};

struct sdse_table {
    struct sdse_arena *arena;
    const char *schema, *rows_key; // NULL: JSON is a bare array
    size_t column_count, cell_count;
    struct sdse_column columns[SDSE_TABLE_MOST_COLUMNS];
    struct sdse_chunk *first, *last;
    struct sdse_arena *cells; // where rows are
    size_t streamed_rows;     // written and forgotten
    bool streaming;           // the head is written
    bool out_of_memory;
};

// The cell's text: `buffer` for numbers, the string itself otherwise. digits 0 = all.
const char *sdse_table_cell_text(const struct sdse_cell *cell, int digits,
                                 char buffer[SDSE_CELL_BYTES]);

// Calls visit(context, row, column, cell) for the cells of complete rows, in order.
typedef void (*sdse_cell_visitor)(void *context, size_t row, size_t column,
                                  const struct sdse_cell *cell);
void sdse_table_each_cell(const struct sdse_table *table, sdse_cell_visitor visit,
                          void *context);

// The rows as a JSON array, and the only row as an object; no line's end.
void sdse_table_write_rows(const struct sdse_table *table, FILE *out);
void sdse_table_write_row(const struct sdse_table *table, FILE *out);

#endif
