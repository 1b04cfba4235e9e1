// The points of a report as columns: compact JSON, and the values that fronts need.
#ifndef SDSE_RESULTS_LOOK_REPORT_COLUMNS_H
#define SDSE_RESULTS_LOOK_REPORT_COLUMNS_H

#include "results/look/points.h"
#include "results/look/report/texts.h"

// One value of a row. Texts are numbers of the column's table of texts.
enum sdse_cell_kind {
    SDSE_CELL_NULL,
    SDSE_CELL_INTEGER,
    SDSE_CELL_REAL,
    SDSE_CELL_TEXT
};
struct sdse_cell {
    enum sdse_cell_kind kind;
    union {
        int64_t integer; // also the number of a text
        double real;
    } value;
};

struct sdse_column {
    const char *name; // of v_point, or of a parameter
    bool parameter;
    struct sdse_cell *cell; // [rows]
    struct sdse_texts texts;
};

struct sdse_columns {
    size_t rows, count;
    struct sdse_column *column;
    const char *sql; // what was asked, ready to be asked again
};

// Loads every point of a filter, whatever its status, ordered by its number: columns of
// v_point (status and reason as the filter's sweep judges), those of metrics that are
// no column of it, by their names, and one for each parameter. All in `arena`.
// SDSE_INVALID with a diagnostic as sdse_points_load.
enum sdse_status sdse_columns_load(struct sdse_reader *reader,
                                   const struct sdse_filter *filter,
                                   struct sdse_arena *arena, struct sdse_diags *diags,
                                   struct sdse_columns *columns);

// The column of this name; NULL if there is none.
const struct sdse_column *sdse_columns_find(const struct sdse_columns *columns,
                                            const char *name);
// The column that has a metric.
const struct sdse_column *sdse_columns_metric(const struct sdse_columns *columns,
                                              enum sdse_metric metric);
// The name of that column.
const char *sdse_columns_metric_name(enum sdse_metric metric);

// A number of a cell; NAN for NULL and texts.
double sdse_cell_number(const struct sdse_cell *cell);
// The text of a cell; NULL for anything else.
const char *sdse_cell_text(const struct sdse_column *column, size_t row);

// Writes {"count":N,"columns":[…]}; each column is one of
//     {"name":"form","same":"raw"}                              all rows are equal
//     {"name":"form","texts":["raw","sd"],"values":[0,1,null]}  numbers of texts
//     {"name":"energy_pj","values":[1.5,null]}
//     {"name":"edp_pj_s","product":["energy_pj","latency_s"]}   to the last bit
// and has "parameter":true if it is one. Numbers read back exactly.
void sdse_columns_write(const struct sdse_columns *columns, FILE *out);

#endif
