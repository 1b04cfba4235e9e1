// Private to results/: how the texts of inputs are kept. Accelerators of one name
// differ in few lines: the first is kept whole, of the others only the lines that
// differ, and every line once. The view v_input has the texts as they were written.
#ifndef SDSE_RESULTS_STORE_INPUT_TEXT_H
#define SDSE_RESULTS_STORE_INPUT_TEXT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is asked again and again while inputs are written to one database.
struct sdse_input_writer {
    sqlite3 *db;
    sqlite3_stmt *there, *base, *add, *add_line, *line, *place, *placed, *read, *whole;
};

struct sdse_input_row {
    const char *hash, *kind, *name, *text;
    int64_t digest; // of the row as it is read: with its whole text
};

// Adds an input; one whose hash is there is left as it is (*added false). Returns what
// SQLite said, SQLITE_NOMEM too. The writer's statements are prepared when needed.
int sdse_input_put(struct sdse_input_writer *writer, const struct sdse_input_row *row,
                   bool *added);
// The same with the columns of such a row (sdse_content_info, SDSE_CONTENT_INPUT).
int sdse_input_copy(struct sdse_input_writer *writer, sqlite3_stmt *row);
// Frees the statements; the writer may be used again.
void sdse_input_writer_end(struct sdse_input_writer *writer);

#endif
