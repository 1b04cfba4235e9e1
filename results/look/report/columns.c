#include "results/look/report/columns.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/shortest.h"
#include "results/store/database.h"

// Of v_point, after point_id, status and reason. What names one point alone (hashes) is
// with its details.
static const char *const plain_columns[] = {
    "workload",
    "arch",
    "form",
    "objective",
    "energy_pj",
    "latency_cycles",
    "latency_s",
    "edp_pj_s",
    "ed2p_pj_s2",
    "area_mm2",
    "weight_bits",
    "compression",
    "rel_error",
    "accuracy",
    "output_error",
    "output_sqnr_db",
    "best_class_agreement",
    "weights",
    "mapper_status",
    "mapper_gap",
    "front_elements",
    "not_modelled",
    "superseded",
};
enum {
    JUDGED_COLUMNS = 3,
    PLAIN_COLUMNS = sizeof plain_columns / sizeof *plain_columns
};
static const char *const judged_columns[JUDGED_COLUMNS] = {"point_id", "status",
                                                           "reason"};

const char *sdse_columns_metric_name(enum sdse_metric metric) {
    const struct sdse_metric_info *info = sdse_metric_info(metric);
    return *info->column == '(' ? info->name : info->column;
}

// ---- loading ----

static bool take_cell(sqlite3_stmt *row, int at, struct sdse_column *column,
                      struct sdse_cell *cell) {
    switch (sqlite3_column_type(row, at)) {
    case SQLITE_NULL:
        cell->kind = SDSE_CELL_NULL;
        return true;
    case SQLITE_INTEGER:
        cell->kind = SDSE_CELL_INTEGER;
        cell->value.integer = sqlite3_column_int64(row, at);
        return true;
    case SQLITE_FLOAT:
        cell->kind = SDSE_CELL_REAL;
        cell->value.real = sqlite3_column_double(row, at);
        return true;
    default: {
        const char *text = (const char *)sqlite3_column_text(row, at);
        cell->kind = SDSE_CELL_TEXT;
        cell->value.integer =
            text ? sdse_texts_number(&column->texts, text) : SDSE_NO_TEXT;
        return cell->value.integer != SDSE_NO_TEXT;
    }
    }
}

static bool add_column(struct sdse_columns *columns, const char *name, bool parameter,
                       struct sdse_arena *arena) {
    struct sdse_column *column = &columns->column[columns->count++];
    column->name = sdse_arena_strdup(arena, name);
    column->parameter = parameter;
    column->cell = SDSE_ARENA_ARRAY(arena, struct sdse_cell, columns->rows + 1);
    sdse_texts_init(&column->texts, arena);
    return column->name && column->cell;
}

// What is asked of v_point p, after the judged columns; metrics that are expressions
// under their names. NULL when memory is out.
static const char *select_list(struct sdse_arena *arena) {
    const char *list = "";
    for (size_t i = 0; list && i < PLAIN_COLUMNS; i++)
        list = sdse_arena_printf(arena, "%s, p.%s", list, plain_columns[i]);
    for (int m = 0; list && m < SDSE_METRICS; m++) {
        const struct sdse_metric_info *info = sdse_metric_info((enum sdse_metric)m);
        if (*info->column == '(')
            list = sdse_arena_printf(arena, "%s, %s AS %s", list, info->column,
                                     info->name);
    }
    return list;
}

static enum sdse_status refuse(sqlite3 *db, int code, struct sdse_diags *diags) {
    return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
}

// Rows are counted first, so that every column has its room.
static enum sdse_status load_points(struct sdse_reader *reader, sqlite3_stmt *row,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_columns *columns) {
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW)
        columns->rows++;
    if (code != SQLITE_DONE)
        return refuse(reader->db, code, diags);
    sqlite3_reset(row);
    const int width = sqlite3_column_count(row);
    for (int c = 0; c < width; c++) {
        const char *name =
            c < JUDGED_COLUMNS ? judged_columns[c] : sqlite3_column_name(row, c);
        if (!name || !add_column(columns, name, false, arena))
            return SDSE_NO_MEMORY;
    }
    for (size_t i = 0; (code = sqlite3_step(row)) == SQLITE_ROW && i < columns->rows;
         i++)
        for (int c = 0; c < width; c++)
            if (!take_cell(row, c, &columns->column[c], &columns->column[c].cell[i]))
                return SDSE_NO_MEMORY;
    return code == SQLITE_DONE ? SDSE_OK : refuse(reader->db, code, diags);
}

// Points are ordered by their numbers. The row of one; SIZE_MAX if it is not among
// them.
static size_t row_of(const struct sdse_columns *columns, int64_t point) {
    size_t low = 0, high = columns->rows;
    const struct sdse_cell *id = columns->column[0].cell;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (id[middle].value.integer < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low < columns->rows && id[low].value.integer == point ? low : SIZE_MAX;
}

// A parameter whose values are all numbers is a column of numbers.
static void make_numbers(struct sdse_column *column, size_t rows) {
    for (size_t i = 0; i < column->texts.count; i++) {
        const char *text = column->texts.text[i];
        char *end;
        const double value = strtod(text, &end);
        if (*end || end == text || !isfinite(value) ||
            strspn(text, "0123456789+-.eE") != strlen(text))
            return;
    }
    for (size_t i = 0; i < rows; i++) {
        struct sdse_cell *cell = &column->cell[i];
        if (cell->kind != SDSE_CELL_TEXT)
            continue;
        const double value = strtod(column->texts.text[cell->value.integer], NULL);
        cell->kind = SDSE_CELL_REAL;
        cell->value.real = value;
    }
    column->texts.count = 0;
}

static enum sdse_status load_parameters(struct sdse_reader *reader,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_columns *columns) {
    sqlite3_stmt *row = NULL;
    struct sdse_column *column = NULL;
    bool whole = true;
    int code = sqlite3_prepare_v2(reader->db,
                                  "SELECT path, point_id, value FROM point_parameter"
                                  " ORDER BY path, point_id",
                                  -1, &row, NULL);
    while (whole && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        const char *path = (const char *)sqlite3_column_text(row, 0);
        const size_t i = row_of(columns, sqlite3_column_int64(row, 1));
        if (!path || i == SIZE_MAX) {
            whole = path != NULL;
            continue;
        }
        if (!column || strcmp(column->name, path) != 0) {
            whole = add_column(columns, path, true, arena);
            column = &columns->column[columns->count - 1];
        }
        whole = whole && take_cell(row, 2, column, &column->cell[i]);
    }
    sqlite3_finalize(row);
    if (!whole)
        return SDSE_NO_MEMORY;
    for (size_t c = 0; c < columns->count; c++)
        if (columns->column[c].parameter)
            make_numbers(&columns->column[c], columns->rows);
    return code == SQLITE_DONE ? SDSE_OK : refuse(reader->db, code, diags);
}

// How many parameters any point has; *count untouched on failure.
static int count_parameters(sqlite3 *db, size_t *count) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(
        db, "SELECT count(DISTINCT path) FROM point_parameter", -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        *count = (size_t)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

enum sdse_status sdse_columns_load(struct sdse_reader *reader,
                                   const struct sdse_filter *filter,
                                   struct sdse_arena *arena, struct sdse_diags *diags,
                                   struct sdse_columns *columns) {
    sqlite3_stmt *row = NULL;
    size_t parameters = 0;
    const int code = count_parameters(reader->db, &parameters);
    if (code != SQLITE_OK)
        return refuse(reader->db, code, diags);
    const char *list = select_list(arena);
    *columns = (struct sdse_columns){
        .column = SDSE_ARENA_ARRAY(arena, struct sdse_column,
                                   JUDGED_COLUMNS + PLAIN_COLUMNS + SDSE_METRICS +
                                       parameters)};
    if (!list || !columns->column)
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        sdse_points_rows(reader, filter, list, arena, diags, &row);
    if (status != SDSE_OK)
        return status;
    char *sql = sqlite3_expanded_sql(row);
    columns->sql = sdse_arena_strdup(arena, sql);
    sqlite3_free(sql);
    status =
        columns->sql ? load_points(reader, row, arena, diags, columns) : SDSE_NO_MEMORY;
    sqlite3_finalize(row);
    return status == SDSE_OK ? load_parameters(reader, arena, diags, columns) : status;
}

// ---- looking ----

const struct sdse_column *sdse_columns_find(const struct sdse_columns *columns,
                                            const char *name) {
    for (size_t c = 0; c < columns->count; c++)
        if (!columns->column[c].parameter && strcmp(columns->column[c].name, name) == 0)
            return &columns->column[c];
    return NULL;
}

const struct sdse_column *sdse_columns_metric(const struct sdse_columns *columns,
                                              enum sdse_metric metric) {
    return sdse_columns_find(columns, sdse_columns_metric_name(metric));
}

double sdse_cell_number(const struct sdse_cell *cell) {
    return cell->kind == SDSE_CELL_REAL      ? cell->value.real
           : cell->kind == SDSE_CELL_INTEGER ? (double)cell->value.integer
                                             : (double)NAN;
}

const char *sdse_cell_text(const struct sdse_column *column, size_t row) {
    const struct sdse_cell *cell = &column->cell[row];
    return cell->kind == SDSE_CELL_TEXT ? column->texts.text[cell->value.integer]
                                        : NULL;
}

// ---- writing ----

static bool same_cell(const struct sdse_cell *a, const struct sdse_cell *b) {
    if (a->kind != b->kind)
        return false;
    return a->kind == SDSE_CELL_NULL ||
           (a->kind == SDSE_CELL_REAL ? a->value.real == b->value.real
                                      : a->value.integer == b->value.integer);
}

// A text is written as its number, or as itself.
static void write_cell(const struct sdse_column *column, size_t row, bool itself,
                       FILE *out) {
    const struct sdse_cell *cell = &column->cell[row];
    char digits[32];
    if (cell->kind == SDSE_CELL_NULL) {
        fputs("null", out);
    } else if (cell->kind == SDSE_CELL_TEXT && itself) {
        sdse_table_json_string(sdse_cell_text(column, row), out);
    } else if (cell->kind == SDSE_CELL_REAL) {
        if (isfinite(cell->value.real))
            sdse_shortest(cell->value.real, digits);
        fputs(isfinite(cell->value.real) ? digits : "null", out);
    } else {
        fprintf(out, "%" PRId64, cell->value.integer);
    }
}

// What a column is, row by row, to the last bit: the product of two others.
static const struct product {
    const char *name, *factor[2];
} products[] = {{"edp_pj_s", {"energy_pj", "latency_s"}},
                {"ed2p_pj_s2", {"edp_pj_s", "latency_s"}}};

// The product that a column is; NULL: it is none.
static const struct product *product_of(const struct sdse_columns *columns,
                                        const struct sdse_column *column) {
    const struct product *product = NULL;
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        if (!column->parameter && strcmp(products[i].name, column->name) == 0)
            product = &products[i];
    if (!product)
        return NULL;
    const struct sdse_column *a = sdse_columns_find(columns, product->factor[0]),
                             *b = sdse_columns_find(columns, product->factor[1]);
    for (size_t i = 0; i < columns->rows; i++) {
        const double made =
            sdse_cell_number(&a->cell[i]) * sdse_cell_number(&b->cell[i]);
        const double own = sdse_cell_number(&column->cell[i]);
        if (!(own == made || (isnan(own) && isnan(made))))
            return NULL;
    }
    return product;
}

static void write_column(const struct sdse_columns *columns,
                         const struct sdse_column *column, FILE *out) {
    const size_t rows = columns->rows;
    const struct product *product = product_of(columns, column);
    bool same = true;
    for (size_t i = 1; same && i < rows; i++)
        same = same_cell(&column->cell[0], &column->cell[i]);
    fputs("{\"name\":", out);
    sdse_table_json_string(column->name, out);
    if (column->parameter)
        fputs(",\"parameter\":true", out);
    if (same && rows) {
        fputs(",\"same\":", out);
        write_cell(column, 0, true, out);
    } else if (product) {
        fprintf(out, ",\"product\":[\"%s\",\"%s\"]", product->factor[0],
                product->factor[1]);
    } else {
        if (column->texts.count && column->cell) {
            fputs(",\"texts\":", out);
            sdse_texts_write(&column->texts, out);
        }
        fputs(",\"values\":[", out);
        for (size_t i = 0; i < rows; i++) {
            if (i)
                fputc(',', out);
            write_cell(column, i, false, out);
        }
        fputc(']', out);
    }
    fputc('}', out);
}

void sdse_columns_write(const struct sdse_columns *columns, FILE *out) {
    fprintf(out, "{\"count\":%zu,\"columns\":[", columns->rows);
    for (size_t c = 0; c < columns->count; c++) {
        fputs(c ? ",\n" : "\n", out);
        write_column(columns, &columns->column[c], out);
    }
    fputs("]}", out);
}
