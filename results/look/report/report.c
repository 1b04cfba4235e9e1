#include "results/look/report/report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/shortest.h"
#include "results/look/palette.h"
#include "results/look/query.h"
#include "results/look/report/columns.h"
#include "results/look/report/details.h"
#include "results/look/report/page.h"
#include "results/look/report/script_stream.h"
#include "results/store/database.h"

// A page being written.
struct writing {
    struct sdse_reader *reader;
    const struct sdse_report *report;
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    struct sdse_columns columns;
    size_t networks;
    struct network *network;
    struct sdse_report_size size;
    int64_t *detailed; // [size.detailed] points, in the order of their records
    FILE *page;
};

// The front of one network: points are rows of the columns.
struct network {
    const char *name;
    size_t *row; // [points.count]
    struct sdse_points points;
    struct sdse_front front;
};

// ---- fronts ----

// The OK points of one network whose objectives are all known.
static bool gather(const struct writing *writing, struct network *network) {
    const struct sdse_columns *columns = &writing->columns;
    const struct sdse_report *report = writing->report;
    const struct sdse_column *status = sdse_columns_find(columns, "status"),
                             *workload = sdse_columns_find(columns, "workload");
    struct sdse_points *points = &network->points;
    points->objectives = report->objectives;
    memcpy(points->metric, report->metric, sizeof report->metric);
    points->v = SDSE_ARENA_ARRAY(writing->arena, double,
                                 (columns->rows + 1) * report->objectives);
    network->row = SDSE_ARENA_ARRAY(writing->arena, size_t, columns->rows + 1);
    if (!points->v || !network->row)
        return false;
    for (size_t i = 0; i < columns->rows; i++) {
        double *v = &points->v[points->count * report->objectives];
        bool known = strcmp(sdse_cell_text(workload, i), network->name) == 0 &&
                     strcmp(sdse_cell_text(status, i), "ok") == 0;
        for (unsigned k = 0; known && k < report->objectives; k++) {
            v[k] = sdse_cell_number(
                &sdse_columns_metric(columns, report->metric[k])->cell[i]);
            known = !isnan(v[k]);
        }
        if (known)
            network->row[points->count++] = i;
    }
    return true;
}

static enum sdse_status find_fronts(struct writing *writing) {
    const struct sdse_texts *names =
        &sdse_columns_find(&writing->columns, "workload")->texts;
    writing->network =
        SDSE_ARENA_ARRAY(writing->arena, struct network, names->count + 1);
    if (!writing->network)
        return SDSE_NO_MEMORY;
    for (size_t i = 0; i < names->count; i++) {
        struct network *network = &writing->network[writing->networks++];
        network->name = names->text[i];
        if (!gather(writing, network))
            return SDSE_NO_MEMORY;
        const enum sdse_status status =
            sdse_front_compute(&network->points, writing->arena, &network->front);
        if (status != SDSE_OK)
            return status;
        writing->size.fronts += network->front.count;
    }
    return SDSE_OK;
}

static void write_fronts(const struct writing *writing, FILE *out) {
    char digits[32];
    for (size_t i = 0; i < writing->networks; i++) {
        const struct network *network = &writing->network[i];
        const struct sdse_front *front = &network->front;
        fputs(i ? ",\n{\"workload\":" : "[{\"workload\":", out);
        sdse_table_json_string(network->name, out);
        fputs(",\"rows\":[", out);
        for (size_t f = 0; f < front->count; f++)
            fprintf(out, "%s%zu", f ? "," : "", network->row[front->index[f]]);
        fputc(']', out);
        if (front->count > 1)
            fprintf(out, ",\"knee\":%zu", network->row[front->index[front->knee]]);
        if (front->count) {
            sdse_shortest(front->hypervolume_fraction, digits);
            fprintf(out, ",\"hypervolume_fraction\":%s", digits);
        }
        fputc('}', out);
    }
    fputs(writing->networks ? "]" : "[]", out);
}

// ---- what the page is of ----

static const char meta[] = "SELECT key, value FROM meta ORDER BY key";
static const char runs[] = "SELECT tool_version, count(*) AS runs, sum(seconds) AS"
                           " seconds, max(threads) AS most_threads FROM run_log"
                           " GROUP BY tool_version ORDER BY tool_version";
static const char sweeps[] =
    "SELECT s.sweep, s.version, s.newest, s.objective, s.point_count, s.points_done,"
    " s.points_ok, s.points_infeasible, s.points_error, s.sweep_hash, i.text"
    " FROM v_sweep s LEFT JOIN v_input i ON i.hash = s.sweep_hash"
    " ORDER BY s.sweep, s.version";

// ,"name":[{…}] of a question.
static enum sdse_status write_answer(const struct writing *writing, const char *name,
                                     const char *sql, FILE *out) {
    struct sdse_table *table;
    enum sdse_status status =
        sdse_query_run(writing->reader, sql, writing->arena, writing->diags, &table);
    if (status != SDSE_OK)
        return status;
    fprintf(out, ",\n\"%s\":", name);
    return sdse_table_write(table, SDSE_TABLE_JSON, out);
}

static void write_metrics(FILE *out) {
    char digits[32];
    for (int m = 0; m < SDSE_METRICS; m++) {
        const struct sdse_metric_info *info = sdse_metric_info((enum sdse_metric)m);
        fprintf(out, "%s{\"name\":\"%s\",\"column\":\"%s\",\"title\":", m ? "," : "",
                info->name, sdse_columns_metric_name((enum sdse_metric)m));
        sdse_table_json_string(info->title, out);
        fputs(",\"unit\":", out);
        sdse_table_json_string(info->unit, out);
        sdse_shortest(info->units_per_stored, digits);
        fprintf(out, ",\"units_per_stored\":%s}", digits);
    }
}

// What was asked for, as options of the command that makes the page again.
static void write_request(const struct sdse_report *report, FILE *out) {
    static const char *const details[] = {
#define SDSE_REPORT_DETAILS_TEXT(name, text) text,
        SDSE_REPORT_DETAILS_MAP(SDSE_REPORT_DETAILS_TEXT)
#undef SDSE_REPORT_DETAILS_TEXT
    };
    const struct {
        const char *name, *value;
    } filter[] = {
        {"sweep", report->filter.sweep}, {"workload", report->filter.workload},
        {"arch", report->filter.arch},   {"form", report->filter.form},
        {"tag", report->filter.tag},     {"where", report->filter.where}};
    fputs("{\"objectives\":[", out);
    for (unsigned k = 0; k < report->objectives; k++)
        fprintf(out, "%s\"%s\"", k ? "," : "",
                sdse_metric_info(report->metric[k])->name);
    fprintf(out, "],\"details\":\"%s\",\"most_bytes\":%" PRIu64,
            details[report->details], report->most_bytes);
    for (size_t i = 0; i < sizeof filter / sizeof *filter; i++) {
        if (!filter[i].value)
            continue;
        fprintf(out, ",\"%s\":", filter[i].name);
        sdse_table_json_string(filter[i].value, out);
    }
    if (report->filter.sweep_version)
        fprintf(out, ",\"sweep_version\":%" PRIu64, report->filter.sweep_version);
    fprintf(out, ",\"superseded\":%s}", report->filter.superseded ? "true" : "false");
}

// Names that have a colour in this page: every component of the file, and what else
// time is spent on.
static const char components[] =
    "SELECT name FROM solution_memory UNION SELECT component FROM solution_component"
    " UNION SELECT * FROM (VALUES ('network'), ('compute'), ('MAC'), ('rebuild'),"
    " ('vector'), ('first fills'), ('last drains'), ('passes'), ('other')) ORDER BY 1";

// ,"colours":[{"categories":["#rrggbb",…],"components":{"DRAM":"#rrggbb",…}}, …] in the
// order of the themes: light, dark.
static enum sdse_status write_colours(const struct writing *writing, FILE *out) {
    sqlite3 *db = writing->reader->db;
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, components, -1, &row, NULL);
    fputs(",\n\"colours\":[", out);
    for (int t = 0; code == SQLITE_OK && t < SDSE_THEMES; t++) {
        const enum sdse_plot_theme theme = (enum sdse_plot_theme)t;
        fputs(t ? ",\n{\"categories\":[" : "{\"categories\":[", out);
        for (size_t i = 0; i < SDSE_PALETTE_COLORS; i++)
            fprintf(out, "%s\"%s\"", i ? "," : "", sdse_palette_color(theme, i));
        fputs("],\"components\":{", out);
        for (bool first = true; (code = sqlite3_step(row)) == SQLITE_ROW;
             first = false) {
            const char *name = (const char *)sqlite3_column_text(row, 0);
            if (!name)
                break;
            fputs(first ? "" : ",", out);
            sdse_table_json_string(name, out);
            fprintf(out, ":\"%s\"", sdse_palette_component(theme, name));
        }
        fputs("}}", out);
        code = code == SQLITE_ROW ? SQLITE_NOMEM : sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    fputc(']', out);
    return code == SQLITE_OK
               ? SDSE_OK
               : sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"),
                                      writing->diags);
}

static enum sdse_status write_summary(struct writing *writing, FILE *out) {
    fputs("{\"format\":1,\"program_version\":\"" SDSE_VERSION "\",\"database\":", out);
    sdse_table_json_string(writing->report->database, out);
    fputs(",\n\"request\":", out);
    write_request(writing->report, out);
    enum sdse_status status = write_answer(writing, "meta", meta, out);
    if (status == SDSE_OK)
        status = write_answer(writing, "runs", runs, out);
    if (status == SDSE_OK)
        status = write_answer(writing, "sweeps", sweeps, out);
    if (status == SDSE_OK)
        status = write_colours(writing, out);
    if (status != SDSE_OK)
        return status;
    fputs(",\n\"metrics\":[", out);
    write_metrics(out);
    fputs("],\n\"sql\":{\"points\":", out);
    sdse_table_json_string(writing->columns.sql, out);
    fputs(",\"sweeps\":", out);
    sdse_table_json_string(sweeps, out);
    fputs(",\"details\":", out);
    sdse_details_write_sql(out);
    fputs("},\n\"fronts\":", out);
    write_fronts(writing, out);
    fputs(",\n\"points\":", out);
    sdse_columns_write(&writing->columns, out);
    fputs("}\n", out);
    return SDSE_OK;
}

// ---- details ----

enum { RESERVE_BYTES = 4096, BYTES_PER_NUMBER = 20 }; // of the last element

// What records may take; texts come on top of `used`.
static uint64_t room_left(const struct writing *writing) {
    const uint64_t used = writing->size.bytes + sdse_report_tail_bytes + RESERVE_BYTES +
                          writing->columns.rows * BYTES_PER_NUMBER;
    return used < writing->report->most_bytes ? writing->report->most_bytes - used : 0;
}

// Adds a point's record; once one has not fitted, counts.
static enum sdse_status add_detail(struct writing *writing,
                                   struct sdse_details *details, size_t row,
                                   FILE *out) {
    const int64_t point = writing->columns.column[0].cell[row].value.integer;
    bool added = false;
    enum sdse_status status = SDSE_OK;
    if (writing->size.left_out == 0)
        status = sdse_details_add(details, point, room_left(writing), out, &added);
    if (status == SDSE_OK && added)
        writing->detailed[writing->size.detailed++] = point;
    else
        writing->size.left_out += status == SDSE_OK;
    return status;
}

static enum sdse_status write_details(struct writing *writing, FILE *out) {
    const struct sdse_columns *columns = &writing->columns;
    const struct sdse_column *judged = sdse_columns_find(columns, "status");
    bool *on_front = SDSE_ARENA_ARRAY(writing->arena, bool, columns->rows + 1);
    writing->detailed = SDSE_ARENA_ARRAY(writing->arena, int64_t, columns->rows + 1);
    struct sdse_details *details = NULL;
    if (!on_front || !writing->detailed)
        return SDSE_NO_MEMORY;
    enum sdse_status status =
        sdse_details_begin(writing->reader, writing->arena, writing->diags, &details);
    if (status != SDSE_OK)
        return status;
    sdse_details_write_head(details, out);
    const bool any = writing->report->details != SDSE_REPORT_DETAILS_NONE;
    for (size_t i = 0; any && i < writing->networks; i++) {
        const struct network *network = &writing->network[i];
        for (size_t f = 0; status == SDSE_OK && f < network->front.count; f++) {
            const size_t row = network->row[network->front.index[f]];
            on_front[row] = true;
            status = add_detail(writing, details, row, out);
        }
    }
    const bool all = writing->report->details == SDSE_REPORT_DETAILS_ALL;
    for (size_t row = 0; all && status == SDSE_OK && row < columns->rows; row++)
        if (!on_front[row] && strcmp(sdse_cell_text(judged, row), "ok") == 0)
            status = add_detail(writing, details, row, out);
    sdse_details_write_end(details, out);
    sdse_details_free(details);
    return status;
}

// ---- the page ----

// One element of JSON; its bytes are counted.
static enum sdse_status write_element(struct writing *writing, const char *id,
                                      enum sdse_status (*write)(struct writing *writing,
                                                                FILE *out)) {
    struct sdse_script script;
    FILE *out = sdse_script_open(&script, writing->page);
    if (!out)
        return SDSE_NO_MEMORY;
    const int begun =
        fprintf(writing->page, "<script type=\"application/json\" id=\"%s\">", id);
    enum sdse_status status = write(writing, out);
    if (fclose(out) != 0 && status == SDSE_OK)
        status = SDSE_IO;
    const int ended =
        fputs("</script>\n", writing->page) < 0 ? -1 : (int)strlen("</script>\n");
    writing->size.bytes += script.bytes + (uint64_t)(begun + ended);
    return begun < 0 || ended < 0 ? SDSE_IO : status;
}

// The size of the page, of fixed width: it counts itself.
static enum sdse_status write_ending(struct writing *writing, FILE *out) {
    const struct sdse_report_size *size = &writing->size;
    int count =
        fprintf(out, "{\"left_out\":%" PRIu64 ",\"detailed\":[", size->left_out);
    uint64_t length = (uint64_t)count;
    for (uint64_t i = 0; i < size->detailed; i++)
        length +=
            (uint64_t)fprintf(out, "%s%" PRId64, i ? "," : "", writing->detailed[i]);
    static const char element[] = "<script type=\"application/json\" id=\"ending\">"
                                  "</script>\n",
                      last[] = "],\"bytes\":            }";
    length += strlen(element) + strlen(last);
    fprintf(out, "],\"bytes\":%12" PRIu64 "}",
            size->bytes + length + sdse_report_tail_bytes);
    return SDSE_OK;
}

static void write_bytes(struct writing *writing, const unsigned char *bytes,
                        size_t count) {
    fwrite(bytes, 1, count, writing->page);
    writing->size.bytes += count;
}

static enum sdse_status check_size(struct writing *writing) {
    const struct sdse_report *report = writing->report;
    const uint64_t least = writing->size.bytes + sdse_report_tail_bytes + RESERVE_BYTES;
    if (least <= report->most_bytes)
        return SDSE_OK;
    sdse_diag_add(writing->diags, SDSE_ERROR,
                  (struct sdse_loc){.file = report->database}, "report-size",
                  "%zu points take %.3g MiB without any details, more than the %.3g MiB"
                  " that the page may have: take fewer points (--sweep, --where,"
                  " --limit) or allow more (--size-limit)",
                  writing->columns.rows, (double)least / (1 << 20),
                  (double)report->most_bytes / (1 << 20));
    return SDSE_INVALID;
}

static enum sdse_status write_page(struct writing *writing) {
    const struct sdse_report *report = writing->report;
    enum sdse_status status =
        sdse_columns_load(writing->reader, &report->filter, writing->arena,
                          writing->diags, &writing->columns);
    if (status == SDSE_OK)
        status = find_fronts(writing);
    if (status != SDSE_OK)
        return status;
    writing->size.points = writing->columns.rows;
    write_bytes(writing, sdse_report_head, sdse_report_head_bytes);
    status = write_element(writing, "report", write_summary);
    if (status == SDSE_OK)
        status = check_size(writing);
    if (status == SDSE_OK)
        status = write_element(writing, "details", write_details);
    if (status == SDSE_OK)
        status = write_element(writing, "ending", write_ending);
    write_bytes(writing, sdse_report_tail, sdse_report_tail_bytes);
    return status == SDSE_OK && ferror(writing->page) ? SDSE_IO : status;
}

enum sdse_status sdse_report_write(struct sdse_reader *reader,
                                   const struct sdse_report *report, FILE *out,
                                   struct sdse_arena *arena, struct sdse_diags *diags,
                                   struct sdse_report_size *size) {
    struct writing writing = {.reader = reader,
                              .report = report,
                              .arena = arena,
                              .diags = diags,
                              .page = out};
    sqlite3 *db = reader->db;
    const int code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return sdse_database_refuse(db, code, sqlite3_db_filename(db, "main"), diags);
    const enum sdse_status status = write_page(&writing);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    if (status == SDSE_OK)
        *size = writing.size;
    return status;
}
