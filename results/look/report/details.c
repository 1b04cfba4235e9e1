#include "results/look/report/details.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory_stream.h"
#include "base/shortest.h"
#include "results/look/report/script_stream.h"
#include "results/look/table.h"
#include "results/store/database.h"

#define OF_LAYER " WHERE point_id = :point AND layer_index = :layer"

enum question { LAYER, ENERGY, LEVEL, NETWORK, POINT, INPUT, QUESTIONS };
enum { SHOWN_QUESTIONS = POINT };

static const struct {
    const char *name, *sql;
} questions[QUESTIONS] = {
    [LAYER] = {"layer",
               "SELECT layer_index, layer, kind, repeat, energy_pj, latency_cycles,"
               " macs, utilization, bottleneck, ops_per_dram_byte, compute_cycles,"
               " rebuild_cycles, fill_cycles, drain_cycles, pass_cycles, shift_adds,"
               " multipliers_used, mapper_status, mapper_gap, mapping, hint, smartdeal,"
               " weights, density, row_density, weight_bits, rel_error, solution_hash"
               " FROM v_layer WHERE point_id = :point ORDER BY layer_index"},
    [ENERGY] = {"energy", "SELECT component, action, energy_pj, origin_mark, origin"
                          " FROM v_energy" OF_LAYER " AND energy_pj > 0"},
    [LEVEL] = {"level",
               "SELECT level, memory, part, tile_words, instances, reads_words,"
               " fills_words, updates_words, drain_reads_words, read_bits, fill_bits,"
               " update_bits, energy_pj, memory_cycles, stored_bits,"
               " read_bits_per_cycle, write_bits_per_cycle, lifetime_us, refreshes"
               " FROM v_level" OF_LAYER " ORDER BY level, part"},
    [NETWORK] = {"network",
                 "SELECT level, below_memory, part, words, adds, hops, bits, energy_pj"
                 " FROM v_network" OF_LAYER " AND words > 0 ORDER BY level, part"},
    [POINT] = {"point", "SELECT point_hash, arch_hash, workload_hash, form_hash"
                        " FROM v_point WHERE point_id = :point"},
    [INPUT] = {"input", "SELECT kind, name, text FROM v_input WHERE hash = ?1"},
};

struct sdse_details {
    struct sdse_reader *reader;
    struct sdse_diags *diags;
    sqlite3_stmt *asked[QUESTIONS];
    struct sdse_texts texts;  // of all records
    struct sdse_texts inputs; // hashes of those that have come
    struct sdse_texts parts;  // "solution repeat" of those that have come
    uint64_t bytes;           // of the records
    size_t records;
};

static enum sdse_status refuse(struct sdse_details *details, int code) {
    sqlite3 *db = details->reader->db;
    return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"),
                                details->diags);
}

void sdse_details_free(struct sdse_details *details) {
    for (int q = 0; details && q < QUESTIONS; q++)
        sqlite3_finalize(details->asked[q]);
    free(details);
}

enum sdse_status sdse_details_begin(struct sdse_reader *reader,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_details **out) {
    struct sdse_details *details = calloc(1, sizeof *details);
    if (!details)
        return SDSE_NO_MEMORY;
    details->reader = reader;
    details->diags = diags;
    sdse_texts_init(&details->texts, arena);
    sdse_texts_init(&details->inputs, arena);
    sdse_texts_init(&details->parts, arena);
    int code = SQLITE_OK;
    for (int q = 0; code == SQLITE_OK && q < QUESTIONS; q++)
        code = sqlite3_prepare_v2(reader->db, questions[q].sql, -1, &details->asked[q],
                                  NULL);
    if (code == SQLITE_OK) {
        *out = details;
        return SDSE_OK;
    }
    const enum sdse_status status = refuse(details, code);
    sdse_details_free(details);
    return status;
}

void sdse_details_write_sql(FILE *out) {
    for (int q = 0; q < SHOWN_QUESTIONS; q++) {
        fprintf(out, "%c\"%s\":", q ? ',' : '{', questions[q].name);
        sdse_table_json_string(questions[q].sql, out);
    }
    fputc('}', out);
}

void sdse_details_write_head(struct sdse_details *details, FILE *out) {
    fputs("{\"columns\":{", out);
    for (int q = 0; q < SHOWN_QUESTIONS; q++) {
        fprintf(out, "%s\"%s\":[", q ? "," : "", questions[q].name);
        for (int c = 0; c < sqlite3_column_count(details->asked[q]); c++) {
            const char *name = sqlite3_column_name(details->asked[q], c);
            fprintf(out, "%s\"%s\"", c ? "," : "", name ? name : "");
        }
        fputc(']', out);
    }
    fputs("},\"points\":[", out);
}

// ---- rows ----

// A record that is being made. What stops it is in `status`.
struct record {
    struct sdse_details *details;
    int64_t point;
    FILE *out;
    enum sdse_status status;
};

// The number of a text as a string.
static void write_text(struct record *record, const char *text) {
    const int64_t number =
        text ? sdse_texts_number(&record->details->texts, text) : SDSE_NO_TEXT;
    if (number == SDSE_NO_TEXT)
        record->status = SDSE_NO_MEMORY;
    else
        fprintf(record->out, "\"%" PRId64 "\"", number);
}

static void write_cell(struct record *record, sqlite3_stmt *row, int at) {
    char digits[32];
    switch (sqlite3_column_type(row, at)) {
    case SQLITE_INTEGER:
        fprintf(record->out, "%" PRId64, (int64_t)sqlite3_column_int64(row, at));
        break;
    case SQLITE_FLOAT:
        if (isfinite(sqlite3_column_double(row, at)))
            sdse_shortest(sqlite3_column_double(row, at), digits);
        fputs(isfinite(sqlite3_column_double(row, at)) ? digits : "null", record->out);
        break;
    case SQLITE_NULL:
        fputs("null", record->out);
        break;
    default:
        write_text(record, (const char *)sqlite3_column_text(row, at));
    }
}

static void write_row(struct record *record, sqlite3_stmt *row) {
    for (int c = 0; c < sqlite3_column_count(row); c++) {
        if (c)
            fputc(',', record->out);
        write_cell(record, row, c);
    }
}

// Binds :point, and :layer where a question has it. False after it is said why not.
static bool ask(struct record *record, enum question question, int64_t layer) {
    sqlite3_stmt *row = record->details->asked[question];
    int code = sqlite3_reset(row);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, record->point);
    if (code == SQLITE_OK && sqlite3_bind_parameter_count(row) > 1)
        code = sqlite3_bind_int64(row, 2, layer);
    if (code != SQLITE_OK)
        record->status = refuse(record->details, code);
    return code == SQLITE_OK;
}

// Whether there is another row.
static bool next(struct record *record, enum question question) {
    if (record->status != SDSE_OK)
        return false;
    const int code = sqlite3_step(record->details->asked[question]);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        record->status = refuse(record->details, code);
    return code == SQLITE_ROW;
}

// ---- parts ----

// Energy, levels and networks of one layer.
static void write_part(struct record *record, int64_t layer) {
    for (enum question q = ENERGY; q <= NETWORK; q++) {
        fprintf(record->out, "%c\"%s\":[", q == ENERGY ? '{' : ',', questions[q].name);
        const char *separator = "";
        for (bool asked = ask(record, q, layer); asked && next(record, q);) {
            fprintf(record->out, "%s[", separator);
            write_row(record, record->details->asked[q]);
            fputc(']', record->out);
            separator = ",";
        }
        fputc(']', record->out);
    }
    fputc('}', record->out);
}

// The number of the parts that the layer of the current row has. What views show of a
// solution is times the repeat, which therefore belongs to the name. *fresh: first
// used.
static int64_t part_of_layer(struct record *record, bool *fresh) {
    enum { REPEAT = 3 };
    sqlite3_stmt *row = record->details->asked[LAYER];
    const char *solution =
        (const char *)sqlite3_column_text(row, sqlite3_column_count(row) - 1);
    char name[96];
    snprintf(name, sizeof name, "%.64s %" PRId64, solution ? solution : "",
             (int64_t)sqlite3_column_int64(row, REPEAT));
    const size_t before = record->details->parts.count;
    const int64_t number = sdse_texts_number(&record->details->parts, name);
    *fresh = record->details->parts.count > before;
    if (number == SDSE_NO_TEXT)
        record->status = SDSE_NO_MEMORY;
    return number;
}

// Parts go to the record as they are met, rows of layers to `layers`.
static void write_layers(struct record *record, FILE *layers) {
    FILE *out = record->out;
    const char *separator = "", *between = "";
    for (bool asked = ask(record, LAYER, 0); asked && next(record, LAYER);) {
        bool fresh;
        const int64_t part = part_of_layer(record, &fresh);
        if (fresh) {
            fputs(separator, out);
            write_part(record, sqlite3_column_int64(record->details->asked[LAYER], 0));
            separator = ",\n";
        }
        record->out = layers;
        fprintf(layers, "%s[%" PRId64 ",", between, part);
        write_row(record, record->details->asked[LAYER]);
        fputc(']', layers);
        record->out = out;
        between = ",\n";
    }
}

// ---- inputs ----

static void write_lines(struct record *record, const char *text) {
    fputc('[', record->out);
    for (const char *line = text; *line && record->status == SDSE_OK;) {
        const size_t length = strcspn(line, "\n");
        char *copy = strndup(line, length);
        if (line != text)
            fputc(',', record->out);
        write_text(record, copy);
        free(copy);
        line += length + (line[length] == '\n');
    }
    fputc(']', record->out);
}

static void write_input(struct record *record, const char *hash) {
    sqlite3_stmt *row = record->details->asked[INPUT];
    int code = sqlite3_reset(row);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 1, hash, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    fputs("{\"hash\":", record->out);
    sdse_table_json_string(hash, record->out);
    static const char *const names[] = {"kind", "name"};
    for (int c = 0; code == SQLITE_ROW && c < 2; c++) {
        fprintf(record->out, ",\"%s\":", names[c]);
        const char *text = (const char *)sqlite3_column_text(row, c);
        sdse_table_json_string(text ? text : "", record->out);
    }
    const char *text =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 2) : "";
    fputs(",\"lines\":", record->out);
    write_lines(record, text ? text : "");
    fputc('}', record->out);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        record->status = refuse(record->details, code);
    sqlite3_reset(row);
}

// "hash":…,"arch":…,"workload":…,"form":…,"inputs":[…]
static void write_inputs(struct record *record) {
    enum { INPUTS = 3 };
    static const char *const names[INPUTS] = {"arch", "workload", "form"};
    char hash[INPUTS][64] = {{0}};
    bool fresh[INPUTS] = {false};
    sqlite3_stmt *row = record->details->asked[POINT];
    struct sdse_texts *inputs = &record->details->inputs;
    if (!ask(record, POINT, 0) || !next(record, POINT))
        return;
    const char *own = (const char *)sqlite3_column_text(row, 0);
    fputs("\"hash\":", record->out);
    sdse_table_json_string(own ? own : "", record->out);
    for (int i = 0; i < INPUTS; i++) {
        const char *text = (const char *)sqlite3_column_text(row, 1 + i);
        snprintf(hash[i], sizeof hash[i], "%s", text ? text : "");
        const size_t before = inputs->count;
        const int64_t number = sdse_texts_number(inputs, hash[i]);
        fresh[i] = inputs->count > before;
        fprintf(record->out, ",\"%s\":%" PRId64, names[i], number);
        if (number == SDSE_NO_TEXT)
            record->status = SDSE_NO_MEMORY;
    }
    sqlite3_reset(row);
    fputs(",\"inputs\":[", record->out);
    const char *separator = "";
    for (int i = 0; i < INPUTS && record->status == SDSE_OK; i++) {
        if (!fresh[i])
            continue;
        fputs(separator, record->out);
        write_input(record, hash[i]);
        separator = ",";
    }
    fputc(']', record->out);
}

// ---- points ----

static void write_record(struct record *record) {
    struct sdse_memory layers;
    FILE *rows = sdse_memory_open(&layers);
    if (!rows) {
        record->status = SDSE_NO_MEMORY;
        return;
    }
    fprintf(record->out, "{\"point\":%" PRId64 ",", record->point);
    write_inputs(record);
    fputs(",\n\"parts\":[", record->out);
    write_layers(record, rows);
    if (!sdse_memory_close(&layers, rows)) {
        record->status = SDSE_NO_MEMORY;
        return;
    }
    fputs("],\n\"layers\":[", record->out);
    fwrite(layers.text, 1, layers.length, record->out);
    fputs("]}", record->out);
    free(layers.text);
}

// The record as it will stand in the page, in memory; its length is known then.
static enum sdse_status make_record(struct sdse_details *details, int64_t point,
                                    struct sdse_memory *memory) {
    struct record record = {.details = details, .point = point};
    struct sdse_script script;
    FILE *stream = sdse_memory_open(memory);
    if (!stream)
        return SDSE_NO_MEMORY;
    record.out = sdse_script_open(&script, stream);
    bool whole = record.out != NULL;
    if (whole) {
        write_record(&record);
        whole = fclose(record.out) == 0;
    }
    whole &= sdse_memory_close(memory, stream);
    if (whole && record.status == SDSE_OK)
        return SDSE_OK;
    if (whole)
        free(memory->text);
    return whole ? record.status : SDSE_NO_MEMORY;
}

enum sdse_status sdse_details_add(struct sdse_details *details, int64_t point,
                                  uint64_t most, FILE *out, bool *added) {
    struct sdse_memory memory;
    const size_t texts = details->texts.count;
    const enum sdse_status status = make_record(details, point, &memory);
    if (status != SDSE_OK)
        return status;
    *added = details->bytes + memory.length + 2 + details->texts.bytes <= most;
    if (*added) {
        fputs(details->records++ ? ",\n" : "\n", out);
        fwrite(memory.text, 1, memory.length, out);
        details->bytes += memory.length + 2;
    } else { // its own texts take no room either
        details->texts.count = texts;
    }
    free(memory.text);
    return SDSE_OK;
}

void sdse_details_write_end(struct sdse_details *details, FILE *out) {
    fputs("],\n\"texts\":", out);
    sdse_texts_write(&details->texts, out);
    fputc('}', out);
}
