// Stored solutions one by one, with what they are solutions of.
#include "results/store/statements.h"
#include "results/store/verify.h"

#include "results/store/database.h"
#include "results/store/nest_columns.h"

#define SOLUTION(owner)                                                        \
    "SELECT s.hash, " SDSE_MAPPING_TEXT(                                       \
        "s.mapping") ", s.energy_pj, s.latency_cycles, s.macs, min(" owner     \
                     ".point_id), l.name, l.layer_index, p.arch_hash, a.text," \
                     " p.workload_hash, w.text, f.hash"
#define INPUTS                                                           \
    " JOIN v_input a ON a.hash = p.arch_hash JOIN v_input w ON w.hash =" \
    " p.workload_hash LEFT JOIN weight_form f USING (form_id)"
#define IN_ORDER(owner) \
    " GROUP BY " owner ".solution_id ORDER BY p.arch_hash, p.workload_hash, s.hash"

// One row for every solution: the first point that has it. What layers that take turns
// add up to is no solution of a problem: their nests are.
static const char layers[] = SOLUTION(
    "l") ", (SELECT group_concat(layer_index, ' ') FROM (SELECT m.layer_index FROM copy"
         " c JOIN point_layer m ON m.point_id = c.point_id AND m.name = c.tensor WHERE"
         " c.point_id = l.point_id AND c.before_layer = l.layer_index ORDER BY"
         " m.layer_index)) FROM point_layer l JOIN point p USING"
         " (point_id) JOIN solution s USING (solution_id)" INPUTS
         " WHERE NOT EXISTS (SELECT 1 FROM grp g WHERE g.point_id = l.point_id AND"
         " l.layer_index BETWEEN g.first_layer AND g.last_layer)" IN_ORDER("l");

enum { OF_NEST = 13, COPIED = 13, WORDS = 13 };
static const char nests[] = SOLUTION(
    "n") ", " SDSE_NEST_COLUMNS " FROM " SDSE_NEST_TABLES
         " JOIN point p ON p.point_id = n.point_id JOIN solution s ON"
         " s.solution_id = n.solution_id JOIN point_layer l ON l.point_id = n.point_id "
         "AND"
         " l.layer_index = n.layer_index" INPUTS IN_ORDER("n");

// Of the layers that make what is brought in.
static const char copies[] = SOLUTION(
    "c") ", c.words FROM copy c JOIN point p USING (point_id) JOIN solution s ON"
         " s.solution_id = c.solution_id JOIN point_layer l ON l.point_id = c.point_id "
         "AND"
         " l.name = c.tensor" INPUTS IN_ORDER("c");

size_t sdse_verify_solutions(struct sdse_reader *reader) {
    sqlite3_stmt *row = NULL;
    size_t count = 0;
    if (sqlite3_prepare_v2(reader->db,
                           "SELECT (SELECT count(*) FROM solution) - (SELECT count("
                           "DISTINCT l.solution_id) FROM grp g JOIN point_layer l ON "
                           "l.point_id = g.point_id AND l.layer_index BETWEEN "
                           "g.first_layer AND g.last_layer)",
                           -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        count = (size_t)sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return count;
}

static uint64_t u64(sqlite3_stmt *row, int column) {
    return (uint64_t)sqlite3_column_int64(row, column);
}

// The columns behind those of the table nest.
static void take_places(sqlite3_stmt *row, int column, struct sdse_nest_record *nest) {
    enum { COLUMNS = 6 }; // of another memory
    nest->place[0].memory = sdse_row_peek(row, column++);
    for (nest->place_count = 1; nest->place_count < SDSE_MOST_SHARED;
         nest->place_count++, column += COLUMNS) {
        if (sqlite3_column_type(row, column) == SQLITE_NULL)
            return;
        nest->place[nest->place_count] = (struct sdse_nest_place){
            .memory = sdse_row_peek(row, column),
            .inputs = u64(row, column + 1),
            .weights = u64(row, column + 2),
            .outputs = u64(row, column + 3),
            .addends = u64(row, column + 4),
            .reserved_bits = sqlite3_column_double(row, column + 5)};
    }
}

struct sdse_nest_record sdse_nest_row(sqlite3_stmt *row, int column) {
    struct sdse_nest_record nest = {
        .group = u64(row, column),
        .layer = u64(row, column + 1),
        .first_row = u64(row, column + 2),
        .row_count = u64(row, column + 3),
        .row_step = u64(row, column + 4),
        .first_column = u64(row, column + 5),
        .column_count = u64(row, column + 6),
        .column_step = u64(row, column + 7),
        .bounds = sdse_row_peek(row, column + 8),
        .map_rows = u64(row, column + 9),
        .map_columns = u64(row, column + 10),
        .row_stride = u64(row, column + 11),
        .row_pad = sqlite3_column_int64(row, column + 12),
        .column_stride = u64(row, column + 13),
        .column_pad = sqlite3_column_int64(row, column + 14),
        .place[0] = {.inputs = u64(row, column + 15),
                     .weights = u64(row, column + 16),
                     .outputs = u64(row, column + 17),
                     .addends = u64(row, column + 18),
                     .reserved_bits = sqlite3_column_double(row, column + 25)},
        .writes_through = u64(row, column + 19),
        .loads_weights = u64(row, column + 20),
        .loaded_input_words = u64(row, column + 21),
        .continues = u64(row, column + 22),
        .unfinished = u64(row, column + 23),
        .rescales = u64(row, column + 24),
        .times = u64(row, column + 26),
        .inputs_ahead = u64(row, column + 27),
        .weights_ahead = u64(row, column + 28),
        .outputs_ahead = u64(row, column + 29),
        .overlapped_runs = u64(row, column + 30),
        .overlapped_times = u64(row, column + 31),
        .outer_cycles = u64(row, column + 32),
        .inner_cycles = u64(row, column + 33),
        .latency_cycles = u64(row, column + 34)};
    take_places(row, column + 35, &nest);
    return nest;
}

// Every row of one of them.
static enum sdse_status
each_row(struct sdse_reader *reader, const char *sql, struct sdse_diags *diags,
         enum sdse_status (*each)(void *context, const struct sdse_stored_solution *),
         void *context) {
    struct sdse_store forms = {.db = reader->db}; // to look only
    sqlite3_stmt *row = NULL;
    enum sdse_status status = SDSE_OK;
    int code = sqlite3_prepare_v2(reader->db, sql, -1, &row, NULL);
    while (status == SDSE_OK && (code == SQLITE_OK || code == SQLITE_ROW)) {
        code = sqlite3_step(row);
        if (code != SQLITE_ROW)
            break;
        struct sdse_stored_solution solution = {
            .hash = sdse_row_peek(row, 0),
            .mapping = sdse_row_peek(row, 1),
            .energy_pj = sqlite3_column_double(row, 2),
            .latency_cycles = u64(row, 3),
            .macs = u64(row, 4),
            .point_id = sqlite3_column_int64(row, 5),
            .layer = sdse_row_peek(row, 6),
            .layer_index = u64(row, 7),
            .arch_hash = sdse_row_peek(row, 8),
            .arch = sdse_row_peek(row, 9),
            .workload_hash = sdse_row_peek(row, 10),
            .workload = sdse_row_peek(row, 11),
            .has_form = sqlite3_column_type(row, 12) != SQLITE_NULL};
        if (sql == nests) {
            solution.is_nest = true;
            solution.nest = sdse_nest_row(row, OF_NEST);
        } else if (sql == copies) {
            solution.is_copy = true;
            solution.words = u64(row, WORDS);
        } else {
            solution.copied = sdse_row_peek(row, COPIED);
        }
        struct sdse_hash form = {0};
        if (solution.has_form && (!sdse_hash_parse(sdse_row_peek(row, 12), &form) ||
                                  !sdse_store_load_form(&forms, form, &solution.form)))
            status = SDSE_DATABASE;
        else
            status = each(context, &solution);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(forms.statement[SDSE_SQL_LOAD_FORM]);
    return status == SDSE_OK && code != SQLITE_DONE
               ? sdse_database_refuse(reader->db, code,
                                      sqlite3_db_filename(reader->db, "main"), diags)
               : status;
}

enum sdse_status sdse_verify_each_solution(
    struct sdse_reader *reader, struct sdse_diags *diags,
    enum sdse_status (*each)(void *context, const struct sdse_stored_solution *),
    void *context) {
    static const char *const all[] = {layers, nests, copies};
    enum sdse_status status = SDSE_OK;
    for (size_t i = 0; !status && i < sizeof all / sizeof *all; i++)
        status = each_row(reader, all[i], diags, each, context);
    return status;
}
