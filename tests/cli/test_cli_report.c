// sdse report: the page's data are those of the views and of pareto, to the last bit;
// names are data; its size is bounded. What a browser makes of it: tests/browser.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support_json.h"
#include "support/reseal.h"
#include "support_program.h"

// What HTML, JSON and JavaScript would take for their own.
#define EVIL                                                                 \
    "</script><script>alert(1)</script><!-- \"'&\\\xe2\x80\xa8 $& {{data}} " \
    "\xe2\x80\xa9"                                                           \
    "\xe2\x80\xa2\xe2\x80\xa6"

static int begin(void **state) {
    if (enter_scratch(state) != 0)
        return 1;
    write_scratch(
        "evil.yaml",
        "name: \"</script><script>alert(1)</script><!-- \\\"'&\\\\\\u2028 $& "
        "{{data}} \\u2029\\u2022\\u2026\"\n"
        "source: s\nlayers:\n"
        "  - {name: \"<b onclick=x>'fc\", kind: fc, in: 64, out_channels: 32}\n"
        "  - {name: two, kind: fc, in: 32, out_channels: 48, repeat: 3}\n"
        "  - {name: add, kind: add, in: [4, 3, 2]}\n");
    write_scratch("net.yaml", "name: tiny\nsource: s\nlayers:\n"
                              "  - {name: conv, kind: conv, in: [4, 8, 8], "
                              "out_channels: 8, kernel: 3, pad: 1, repeat: 2}\n"
                              "  - {name: same, kind: conv, in: [4, 8, 8], "
                              "out_channels: 8, kernel: 3, pad: 1, repeat: 2}\n"
                              "  - {name: again, kind: conv, in: [4, 8, 8], "
                              "out_channels: 8, kernel: 3, pad: 1, repeat: 2}\n"
                              "  - {name: thrice, kind: conv, in: [4, 8, 8], "
                              "out_channels: 8, kernel: 3, pad: 1, repeat: 3}\n"
                              "  - {name: fc, kind: fc, in: 512, out_channels: 10}\n");
    char *arch = read_whole("tests/data/cli/arch.yaml");
    char *with_vector = malloc(strlen(arch) + 200);
    sprintf(with_vector, "%svector: {below: DRAM, pj_per_op: 0.3, ops_per_cycle: 2}\n",
            arch);
    write_scratch("arch.yaml", with_vector);
    free(with_vector);
    free(arch);
    write_scratch(
        "s.yaml",
        "name: s\nworkloads: [net.yaml, evil.yaml]\narchs: [arch.yaml]\n"
        "override:\n  buffer.capacity_kib: [8, 16, 128]\n"
        "  buffer.fanout.x: [2, 4, 8]\n  DRAM.shared_bits_per_cycle: [16, 64]\n"
        "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5, "
        "row_density: 0.6}]\n"
        "constraints: {max_area_mm2: 0.07}\n");
    // The same points under a limit that none meets, and under none.
    static const char some[] = "workloads: [net.yaml]\narchs: [arch.yaml]\noverride:\n"
                               "  buffer.capacity_kib: [8, 16]\n"
                               "  count_drain_reads: [true, false]\n";
    char sweep[400];
    snprintf(sweep, sizeof sweep, "name: t\n%sconstraints: {max_energy_pj: 100}\n",
             some);
    write_scratch("t.yaml", sweep);
    snprintf(sweep, sizeof sweep, "name: u\n%s", some);
    write_scratch("u.yaml", sweep);
    free(run_text(0, "sweep @s.yaml -o @r.db -q"));
    free(run_text(0, "sweep @t.yaml -o @r.db -q"));
    free(run_text(0, "sweep @u.yaml -o @r.db -q"));
    return 0;
}

// ---- a page ----

struct page {
    char *html;
    struct json *report, *details, *ending;
};

static struct json *element(const char *html, const char *id) {
    char opening[80];
    snprintf(opening, sizeof opening, "<script type=\"application/json\" id=\"%s\">",
             id);
    const char *from = strstr(html, opening);
    assert_non_null(from);
    from += strlen(opening);
    const char *to = strstr(from, "</script>");
    assert_non_null(to);
    char *text = strndup(from, (size_t)(to - from));
    assert_null(strchr(text, '<'));
    struct json *json = json_read(text);
    free(text);
    return json;
}

static struct page make_page(const char *options) {
    char line[400];
    snprintf(line, sizeof line, "report @r.db -o @page.html %s", options);
    free(run_text(0, line));
    struct page page = {.html = read_whole(scratch("page.html"))};
    page.report = element(page.html, "report");
    page.details = element(page.html, "details");
    page.ending = element(page.html, "ending");
    return page;
}

static void free_page(struct page *page) {
    json_free(page->report);
    json_free(page->details);
    json_free(page->ending);
    free(page->html);
}

static size_t points_of(const struct page *page) {
    return (size_t)json_number(json_get(json_get(page->report, "points"), "count"));
}

static const struct json *column(const struct page *page, const char *name) {
    const struct json *columns = json_get(json_get(page->report, "points"), "columns");
    for (size_t i = 0; i < columns->count; i++)
        if (strcmp(json_text(json_get(json_at(columns, i), "name")), name) == 0)
            return json_at(columns, i);
    fail_msg("no column %s", name);
    return NULL;
}

// A cell as the page's script reads it.
static const struct json *cell(const struct json *column, size_t row) {
    const struct json *same = json_find(column, "same");
    if (same)
        return same;
    const struct json *value = json_at(json_get(column, "values"), row);
    const struct json *texts = json_find(column, "texts");
    return texts && value->kind != JSON_NULL
               ? json_at(texts, (size_t)json_number(value))
               : value;
}

// ---- the database ----

static sqlite3 *database(void) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(scratch("r.db"), &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    return db;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    return row;
}

static double number_of(sqlite3 *db, const char *sql, double parameter) {
    sqlite3_stmt *row = ask(db, sql);
    sqlite3_bind_double(row, 1, parameter);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const double value = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return value;
}

// Numbers to the last bit.
static void same_value(const char *what, const struct json *found, sqlite3_stmt *row,
                       int at) {
    switch (sqlite3_column_type(row, at)) {
    case SQLITE_NULL:
        if (found->kind != JSON_NULL)
            fail_msg("%s: NULL, and %s in the page", what, found->text);
        break;
    case SQLITE_TEXT:
        assert_string_equal(json_text(found),
                            (const char *)sqlite3_column_text(row, at));
        break;
    default:
        if (json_number(found) != sqlite3_column_double(row, at))
            fail_msg("%s: %.17g, and %s in the page", what,
                     sqlite3_column_double(row, at), found->text);
    }
}

// A number of a column, as the page's script has it; NAN: null.
static double number_at(const struct page *page, const struct json *of, size_t row) {
    const struct json *product = json_find(of, "product");
    if (product)
        return number_at(page, column(page, json_text(json_at(product, 0))), row) *
               number_at(page, column(page, json_text(json_at(product, 1))), row);
    const struct json *found = cell(of, row);
    return found->kind == JSON_NULL ? (double)NAN : json_number(found);
}

// ---- tests ----

static void points_are_those_of_the_view(void **state) {
    (void)state;
    struct page page = make_page("");
    sqlite3 *db = database();
    sqlite3_stmt *row =
        ask(db, "SELECT *, 1 - accuracy AS accuracy_loss, 1 - best_class_agreement AS"
                " class_loss FROM v_point WHERE NOT superseded ORDER BY point_id");
    size_t i = 0, compared = 0, products = 0;
    for (; sqlite3_step(row) == SQLITE_ROW; i++) {
        for (int c = 0; c < sqlite3_column_count(row); c++) {
            const char *name = sqlite3_column_name(row, c);
            // With details, or one by one.
            if (strstr(name, "hash") || strstr(name, "replay") ||
                strcmp(name, "parameters") == 0)
                continue;
            const struct json *of = column(&page, name);
            if (json_find(of, "product")) {
                const double found = number_at(&page, of, i);
                if (sqlite3_column_type(row, c) == SQLITE_NULL)
                    assert_true(isnan(found));
                else if (found != sqlite3_column_double(row, c))
                    fail_msg("%s: %.17g, not %.17g", name, found,
                             sqlite3_column_double(row, c));
                products++;
            } else {
                same_value(name, cell(of, i), row, c);
            }
            compared++;
        }
    }
    sqlite3_finalize(row);
    assert_int_equal(i, points_of(&page));
    assert_int_equal(i, 76);
    assert_int_equal(compared, 76 * 28);
    assert_int_equal(products, 76 * 2); // EDP and ED2P need no figures of their own
    // Of all, some are outside the constraint, and the reason is there.
    assert_true(number_of(db,
                          "SELECT count(*) FROM v_point WHERE reason LIKE"
                          " '%exceeds max_area_mm2%'",
                          0) > 0);
    sqlite3_close(db);
    free_page(&page);
}

// Where a file's EDP is not the product of its energy and time, the page has the
// file's.
static void figures_that_are_no_products_stay(void **state) {
    (void)state;
    sqlite3 *db = database();
    const double edp =
        number_of(db, "SELECT max(edp_pj_s) FROM v_point WHERE form <> ?", 0);
    char sql[600];
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", scratch("other.db"));
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    snprintf(sql, sizeof sql, "UPDATE point SET edp_pj_s = %.17g WHERE point_id = 2",
             3 * edp);
    assert_int_equal(sqlite3_open(scratch("other.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    reseal(db);
    sqlite3_close(db);
    free(run_text(0, "report @other.db -o @other.html"));
    char *html = read_whole(scratch("other.html"));
    struct page page = {.html = html, .report = element(html, "report")};
    const struct json *of = column(&page, "edp_pj_s"), *id = column(&page, "point_id");
    size_t row = 0;
    while (json_number(cell(id, row)) != 2)
        row++;
    assert_true(number_at(&page, of, row) == 3 * edp);
    // Of what that is a factor of, too.
    assert_true(number_at(&page, column(&page, "ed2p_pj_s2"), row) ==
                3 * edp * number_at(&page, column(&page, "latency_s"), row));
    json_free(page.report);
    free(html);
}

static void parameters_are_columns_of_numbers(void **state) {
    (void)state;
    struct page page = make_page("");
    sqlite3 *db = database();
    sqlite3_stmt *row =
        ask(db, "SELECT (SELECT count(*) FROM point o WHERE o.point_id <"
                " q.point_id), path, CASE path WHEN 'count_drain_reads' THEN value "
                "ELSE CAST(value AS REAL) END FROM"
                " point_parameter q");
    size_t count = 0;
    for (; sqlite3_step(row) == SQLITE_ROW; count++) {
        const struct json *found =
            column(&page, (const char *)sqlite3_column_text(row, 1));
        assert_int_equal(json_get(found, "parameter")->kind, JSON_TRUE);
        same_value("parameter", cell(found, (size_t)sqlite3_column_int(row, 0)), row,
                   2);
    }
    sqlite3_finalize(row);
    assert_int_equal(count, 72 * 3 + 4 * 2);
    // Points of the second sweep have one of the three.
    assert_int_equal(cell(column(&page, "buffer.fanout.x"), 73)->kind, JSON_NULL);
    sqlite3_close(db);
    free_page(&page);
}

// The points of a front, in its order, and the knee, as pareto says them.
static void expect_front(const struct page *page, const struct json *front,
                         const char *objectives) {
    const char *name = json_text(json_get(front, "workload"));
    char where[400], line[600];
    // A blank inside a word of the command line is '~'.
    snprintf(where, sizeof where, "workload~%s~'tiny'",
             strcmp(name, "tiny") ? "<>" : "=");
    snprintf(line, sizeof line, "pareto @r.db -f json -O %s --where %s", objectives,
             where);
    char *out = run_text(0, line);
    struct json *pareto = json_read(out);
    const struct json *rows =
        json_get(json_at(json_get(pareto, "fronts"), 0), "points");
    const struct json *found = json_get(front, "rows");
    assert_int_equal(rows->count, found->count);
    assert_true(found->count > 1);
    for (size_t i = 0; i < rows->count; i++) {
        const size_t row = (size_t)json_number(json_at(found, i));
        assert_string_equal(json_get(json_at(rows, i), "point_id")->text,
                            cell(column(page, "point_id"), row)->text);
        if (strcmp(json_text(json_get(json_at(rows, i), "knee")), "knee") == 0)
            assert_int_equal(row, (size_t)json_number(json_get(front, "knee")));
    }
    json_free(pareto);
    free(out);
}

static void fronts_are_those_of_pareto(void **state) {
    (void)state;
    static const char *const objectives[] = {"energy,latency", "energy,latency,area",
                                             "storage,edp"};
    for (size_t i = 0; i < 3; i++) {
        char options[80];
        snprintf(options, sizeof options, "-O %s", objectives[i]);
        struct page page = make_page(options);
        const struct json *fronts = json_get(page.report, "fronts");
        assert_int_equal(fronts->count, 2);
        size_t count = 0;
        for (size_t f = 0; f < fronts->count; f++) {
            expect_front(&page, json_at(fronts, f), objectives[i]);
            count += json_get(json_at(fronts, f), "rows")->count;
        }
        // Those, and no others, have details.
        assert_int_equal(json_get(page.details, "points")->count, count);
        assert_int_equal(json_get(page.ending, "detailed")->count, count);
        free_page(&page);
    }
}

// ---- details ----

static int column_of(const struct page *page, const char *kind, const char *name) {
    const struct json *names = json_get(json_get(page->details, "columns"), kind);
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(json_text(json_at(names, i)), name) == 0)
            return (int)i;
    fail_msg("no column %s", name);
    return 0;
}

// In rows a text is the number of one.
static const struct json *detail_cell(const struct page *page,
                                      const struct json *value) {
    return value->kind == JSON_TEXT
               ? json_at(json_get(page->details, "texts"), (size_t)atoi(value->text))
               : value;
}

// A table of the page beside the SQL that the page shows for it. `first`: cells before.
static void expect_table(const struct page *page, sqlite3 *db, const char *kind,
                         const struct json *rows, size_t first, double point,
                         double layer) {
    const struct json *sql =
        json_get(json_get(json_get(page->report, "sql"), "details"), kind);
    sqlite3_stmt *row = ask(db, json_text(sql));
    sqlite3_bind_double(row, sqlite3_bind_parameter_index(row, ":point"), point);
    if (sqlite3_bind_parameter_index(row, ":layer"))
        sqlite3_bind_double(row, sqlite3_bind_parameter_index(row, ":layer"), layer);
    size_t i = 0;
    for (; sqlite3_step(row) == SQLITE_ROW; i++) {
        const struct json *cells = json_at(rows, i);
        assert_int_equal(cells->count, (size_t)sqlite3_column_count(row) + first);
        for (int c = 0; c < sqlite3_column_count(row); c++) {
            assert_int_equal(column_of(page, kind, sqlite3_column_name(row, c)), c);
            same_value(sqlite3_column_name(row, c),
                       detail_cell(page, json_at(cells, (size_t)c + first)), row, c);
        }
    }
    sqlite3_finalize(row);
    assert_int_equal(i, rows->count);
}

static double sum_of(const struct page *page, const char *kind, const struct json *rows,
                     size_t first, const char *name) {
    const size_t at = (size_t)column_of(page, kind, name) + first;
    double sum = 0;
    for (size_t i = 0; i < rows->count; i++)
        sum += json_number(json_at(json_at(rows, i), at));
    return sum;
}

static void expect_close(double a, double b) {
    if (!(fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b))))
        fail_msg("%.17g is not %.17g", a, b);
}

// What the page says of a point adds up, and is what the SQL beside it says.
static void expect_point(const struct page *page, sqlite3 *db, const struct json *parts,
                         const struct json *record) {
    const double point = json_number(json_get(record, "point"));
    const struct json *layers = json_get(record, "layers");
    assert_true(layers->count > 1);
    expect_table(page, db, "layer", layers, 1, point, 0);
    expect_close(
        sum_of(page, "layer", layers, 1, "energy_pj"),
        number_of(db, "SELECT energy_pj FROM v_point WHERE point_id = ?1", point));
    assert_true(
        sum_of(page, "layer", layers, 1, "latency_cycles") ==
        number_of(db, "SELECT latency_cycles FROM v_point WHERE point_id = ?1", point));
    for (size_t i = 0; i < layers->count; i++) {
        const struct json *part =
            json_at(parts, (size_t)json_number(json_at(json_at(layers, i), 0)));
        static const char *const kinds[] = {"energy", "level", "network"};
        for (size_t k = 0; k < 3; k++)
            expect_table(page, db, kinds[k], json_get(part, kinds[k]), 0, point,
                         (double)i);
        const size_t energy = (size_t)column_of(page, "layer", "energy_pj") + 1;
        expect_close(sum_of(page, "energy", json_get(part, "energy"), 0, "energy_pj"),
                     json_number(json_at(json_at(layers, i), energy)));
    }
}

// The text of an input, its lines joined.
static void expect_input(const struct page *page, sqlite3 *db,
                         const struct json *input) {
    sqlite3_stmt *row = ask(db, "SELECT kind, name, text FROM v_input WHERE hash = ?1");
    sqlite3_bind_text(row, 1, json_text(json_get(input, "hash")), -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    same_value("kind", json_get(input, "kind"), row, 0);
    same_value("name", json_get(input, "name"), row, 1);
    const char *text = (const char *)sqlite3_column_text(row, 2);
    const struct json *lines = json_get(input, "lines");
    for (size_t i = 0; i < lines->count; i++) {
        const char *line = json_text(detail_cell(page, json_at(lines, i)));
        assert_int_equal(strncmp(text, line, strlen(line)), 0);
        text += strlen(line);
        text += *text == '\n';
    }
    assert_string_equal(text, "");
    sqlite3_finalize(row);
}

static void details_are_those_of_the_views(void **state) {
    (void)state;
    struct page page = make_page("-d all");
    sqlite3 *db = database();
    const struct json *records = json_get(page.details, "points");
    struct json parts = {.kind = JSON_ARRAY}, inputs = {.kind = JSON_ARRAY};
    struct json part[800], input[300];
    for (size_t i = 0; i < records->count; i++) {
        const struct json *record = json_at(records, i);
        const struct json *fresh = json_get(record, "parts");
        for (size_t k = 0; k < fresh->count; k++)
            part[parts.count++] = *json_at(fresh, k);
        fresh = json_get(record, "inputs");
        for (size_t k = 0; k < fresh->count; k++) {
            input[inputs.count++] = *json_at(fresh, k);
            expect_input(&page, db, json_at(fresh, k));
        }
        assert_true(parts.count < 800 && inputs.count < 300);
        parts.item = part;
        inputs.item = input;
        expect_point(&page, db, &parts, record);
        static const char *const kinds[] = {"arch", "workload", "form"};
        for (size_t k = 0; k < 3; k++) {
            const struct json *own =
                json_at(&inputs, (size_t)json_number(json_get(record, kinds[k])));
            assert_string_equal(json_text(json_get(own, "kind")), kinds[k]);
            char sql[80];
            snprintf(sql, sizeof sql, "SELECT %s_hash FROM v_point WHERE point_id = %s",
                     kinds[k], json_get(record, "point")->text);
            sqlite3_stmt *row = ask(db, sql);
            assert_int_equal(sqlite3_step(row), SQLITE_ROW);
            same_value("hash", json_get(own, "hash"), row, 0);
            sqlite3_finalize(row);
        }
    }
    assert_true((double)records->count ==
                number_of(db, "SELECT count(*) FROM v_point WHERE status = 'ok'", 0));
    // Layers that share a solution and are executed as often share its parts.
    assert_true((double)parts.count <
                number_of(db, "SELECT count(*) FROM v_layer", 0) / 1.2);
    sqlite3_close(db);
    free_page(&page);
}

// ---- names ----

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static void names_are_data(void **state) {
    (void)state;
    struct page page = make_page("-d all");
    // Three elements of data and one of script.
    assert_int_equal(count_of(page.html, "<script"), 4);
    assert_int_equal(count_of(page.html, "</script"), 4);
    assert_null(strstr(page.html, "<b onclick"));
    assert_null(strstr(page.html, "\xe2\x80\xa8"));
    assert_null(strstr(page.html, "{{style}}"));
    assert_non_null(strstr(page.html, "alert(1)"));
    assert_string_equal(json_text(cell(column(&page, "workload"), 71)), EVIL);
    bool found = false;
    const struct json *texts = json_get(page.details, "texts");
    for (size_t i = 0; i < texts->count; i++)
        found |= strcmp(json_text(json_at(texts, i)), "<b onclick=x>'fc") == 0;
    assert_true(found);
    // Nothing is fetched: no address but in texts.
    assert_null(strstr(page.html, " src="));
    assert_null(strstr(page.html, "@import"));
    assert_null(strstr(page.html, "url("));
    free_page(&page);
}

// ---- which points, how many bytes ----

// A component has the colour that it has in plots, on light and on dark ground.
static void colours_are_those_of_plots(void **state) {
    (void)state;
    struct page page = make_page("");
    const struct json *themes = json_get(page.report, "colours");
    static const char *const names[] = {"light", "dark"};
    for (size_t t = 0; t < 2; t++) {
        char line[120];
        snprintf(line, sizeof line, "plot energy @r.db -o @c%zu -s u --theme %s", t,
                 names[t]);
        struct ran ran = run_program(line); // the script is there without gnuplot, too
        free_ran(&ran);
        snprintf(line, sizeof line, "c%zu/energy_tiny.png.gp", t);
        char *script = read_whole(scratch(line));
        const struct json *components = json_get(json_at(themes, t), "components");
        // Parts in the heading of the data, their colours in the order of the plot
        // command.
        char *head = strstr(script, "from 0:\t") + strlen("from 0:\t"), *save = NULL;
        char *end = strchr(head, '\n'), *at = strstr(end + 1, "boxxyerror");
        *end = '\0';
        size_t parts = 0;
        for (char *part = strtok_r(head, "\t", &save); part;
             part = strtok_r(NULL, "\t", &save), parts++) {
            char color[8];
            at = strstr(at, "fc rgb '");
            assert_non_null(at);
            snprintf(color, sizeof color, "%s", at + strlen("fc rgb '"));
            assert_string_equal(json_text(json_get(components, part)), color);
            at++;
        }
        assert_true(parts > 4);
        assert_non_null(json_find(components, "compute"));
        free(script);
    }
    free_page(&page);
}

static void the_selection_counts(void **state) {
    (void)state;
    struct page page = make_page("--sweep t --sweep-version 1");
    const struct json *request = json_get(page.report, "request");
    assert_int_equal(points_of(&page), 4);
    assert_string_equal(json_text(cell(column(&page, "status"), 1)), "infeasible");
    assert_non_null(
        strstr(json_text(cell(column(&page, "reason"), 1)), "max_energy_pj"));
    assert_int_equal(
        json_get(json_at(json_get(page.report, "fronts"), 0), "rows")->count, 0);
    assert_int_equal(json_get(page.ending, "detailed")->count, 0);
    assert_string_equal(json_text(json_get(request, "sweep")), "t");
    assert_string_equal(json_get(request, "sweep_version")->text, "1");
    free_page(&page);
    // The sweep that has no limit has the same points, and they are good.
    page = make_page("--sweep u --superseded");
    request = json_get(page.report, "request");
    assert_int_equal(points_of(&page), 4);
    assert_string_equal(json_text(cell(column(&page, "status"), 1)), "ok");
    assert_int_equal(cell(column(&page, "reason"), 1)->kind, JSON_NULL);
    assert_int_equal(json_get(request, "superseded")->kind, JSON_TRUE);
    assert_null(json_find(request, "sweep_version"));
    free_page(&page);
    page = make_page("--where form='sd' -d none");
    assert_true((double)points_of(&page) > 30);
    assert_string_equal(json_text(cell(column(&page, "form"), 7)), "sd");
    assert_int_equal(json_get(page.details, "points")->count, 0);
    assert_int_equal(json_get(page.ending, "detailed")->count, 0);
    assert_string_equal(json_text(json_get(json_get(page.report, "request"), "where")),
                        "form='sd'");
    free_page(&page);
    free(run_text(0, "tag @r.db good --form raw"));
    page = make_page("--tag good -O latency,area -d none");
    request = json_get(page.report, "request");
    assert_string_equal(json_text(json_get(request, "tag")), "good");
    assert_string_equal(json_text(json_get(request, "details")), "none");
    assert_string_equal(json_text(json_at(json_get(request, "objectives"), 0)),
                        "latency");
    assert_string_equal(json_text(cell(column(&page, "form"), 7)), "raw");
    free_page(&page);
}

static void the_size_is_bounded(void **state) {
    (void)state;
    struct page page = make_page("-d all");
    struct stat file;
    assert_int_equal(stat(scratch("page.html"), &file), 0);
    assert_true(json_number(json_get(page.ending, "bytes")) == (double)file.st_size);
    assert_true(json_number(json_get(page.ending, "left_out")) == 0);
    const size_t all = json_get(page.details, "points")->count;
    free_page(&page);
    size_t least = all;
    for (double mib = 0.3; mib > 0.12; mib -= 0.03) {
        char options[60];
        snprintf(options, sizeof options, "-d all --size-limit %.2f", mib);
        page = make_page(options);
        const size_t some = json_get(page.details, "points")->count;
        assert_int_equal(stat(scratch("page.html"), &file), 0);
        assert_true((double)file.st_size <= mib * (1 << 20));
        assert_true(json_number(json_get(page.ending, "bytes")) ==
                    (double)file.st_size);
        assert_true(json_number(json_get(page.ending, "left_out")) ==
                    (double)(all - some));
        assert_true(some <= least);
        least = some;
        free_page(&page);
    }
    assert_true(least < all / 2);
    // Also where the points alone just fit.
    struct ran ran = {.status = 1};
    for (double mib = 0.1; ran.status == 1; mib += 0.001) {
        char line[80];
        snprintf(line, sizeof line,
                 "report @r.db -o @page.html -d all --size-limit %.3f", mib);
        ran = run_program(line);
        free_ran(&ran);
        assert_int_equal(stat(scratch("page.html"), &file), 0);
        assert_true(ran.status == 1 || (double)file.st_size <= mib * (1 << 20));
    }
    assert_int_equal(ran.status, 0);
    // Points alone that take more are refused, and what was there stays.
    char *before = read_whole(scratch("page.html"));
    ran = run_program("report @r.db -o @page.html --size-limit 0.05");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "[report-size]"));
    assert_non_null(strstr(ran.err, "--size-limit"));
    free_ran(&ran);
    char *after = read_whole(scratch("page.html"));
    assert_string_equal(after, before);
    free(before);
    free(after);
    free(run_text(2, "report @r.db -o @page.html --size-limit 401"));
}

static void a_page_replaces_only_a_page(void **state) {
    (void)state;
    write_scratch("mine.html", "<!DOCTYPE html>\n<p>My own.\n");
    struct ran ran = run_program("report @r.db -o @mine.html");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "[output-kind]"));
    free_ran(&ran);
    ran = run_program("report @r.db -o @r.db --force");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err, "[output-input]"));
    free_ran(&ran);
    // The same database and options, the same bytes.
    free(run_text(0, "report @r.db -o @one.html"));
    char *one = read_whole(scratch("one.html"));
    free(run_text(0, "report @r.db -o @one.html"));
    char *two = read_whole(scratch("one.html"));
    assert_string_equal(one, two);
    free(one);
    free(two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_those_of_the_view),
        cmocka_unit_test(figures_that_are_no_products_stay),
        cmocka_unit_test(parameters_are_columns_of_numbers),
        cmocka_unit_test(fronts_are_those_of_pareto),
        cmocka_unit_test(details_are_those_of_the_views),
        cmocka_unit_test(names_are_data),
        cmocka_unit_test(colours_are_those_of_plots),
        cmocka_unit_test(the_selection_counts),
        cmocka_unit_test(the_size_is_bounded),
        cmocka_unit_test(a_page_replaces_only_a_page),
    };
    return cmocka_run_group_tests(tests, begin, leave_scratch);
}
