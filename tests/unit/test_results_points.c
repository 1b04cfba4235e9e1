// Point sets, fronts as tables, and the documentation of the views.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>

#include "results/look/points.h"
#include "results/look/query.h"
#include "results/look/volume.h"
#include "support/results_fixture.h"

static char path[128];
static struct sdse_arena *arena;
static struct sdse_diags diags;
static struct sdse_reader *reader;

static int set_up(void **state) {
    (void)state;
    arena = sdse_arena_new();
    sdse_diags_init(&diags, arena);
    fixture_path("points", path, sizeof path);
    fixture_fill(path, 100, 7);
    return sdse_reader_open(path, &diags, &reader) != SDSE_OK;
}

static int tear_down(void **state) {
    (void)state;
    sdse_reader_close(reader);
    fixture_remove(path);
    sdse_arena_free(arena);
    return 0;
}

static const enum sdse_metric three[] = {SDSE_METRIC_ENERGY, SDSE_METRIC_LATENCY,
                                         SDSE_METRIC_ERROR};

static struct sdse_points load(struct sdse_filter filter, unsigned objectives) {
    struct sdse_points points = {0};
    assert_int_equal(
        sdse_points_load(reader, &filter, three, objectives, arena, &diags, &points),
        SDSE_OK);
    return points;
}

static void filters_count_everything(void **state) {
    (void)state;
    struct sdse_points all = load((struct sdse_filter){0}, 2);
    assert_int_equal(all.count, FIXTURE_POINTS - FIXTURE_INFEASIBLE);
    assert_int_equal(all.infeasible, FIXTURE_INFEASIBLE);
    assert_string_equal(all.arch[0], "eyeriss"); // sweep order, not insertion order
    assert_string_equal(all.form[1], "smartdeal_n3_d0.4");
    assert_string_equal(all.parameters[3], "GLB.capacity_kib=64");
    struct sdse_points raw = load((struct sdse_filter){.form = "raw"}, 2);
    struct sdse_points rest = load((struct sdse_filter){.sweep = "fixture"}, 3);
    // Raw points have no measured error: not dropped in silence.
    assert_int_equal(rest.unknown, raw.count);
    assert_int_equal(rest.count + rest.unknown, all.count);
    const char **names = NULL;
    size_t count = 0;
    struct sdse_filter filter = {.arch = "diannao"};
    assert_int_equal(
        sdse_points_workloads(reader, &filter, arena, &diags, &names, &count), SDSE_OK);
    assert_int_equal(count, 1);
    assert_string_equal(names[0], "resnet-toy");
}

static void unknown_names_are_refused(void **state) {
    (void)state;
    struct sdse_filter filters[] = {{.sweep = "fixtur"},
                                    {.workload = "resnet-toi"},
                                    {.arch = "dianao"},
                                    {.form = "rav"}};
    static const char *const nearest[] = {"'fixture'", "'resnet-toy'", "'diannao'",
                                          "'raw'"};
    for (size_t i = 0; i < 4; i++) {
        struct sdse_points points = {0};
        assert_int_equal(
            sdse_points_load(reader, &filters[i], three, 2, arena, &diags, &points),
            SDSE_INVALID);
        assert_non_null(strstr(diags.last->message, nearest[i]));
    }
}

static void a_front_is_a_table_and_a_sentence(void **state) {
    (void)state;
    struct sdse_points points = load((struct sdse_filter){.form = "raw"}, 2);
    struct sdse_front front;
    assert_int_equal(sdse_front_compute(&points, arena, &front), SDSE_OK);
    assert_true(front.count >= 2);
    assert_true(front.hypervolume_fraction > 0 && front.hypervolume_fraction < 1);
    char *text = NULL, *csv = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    sdse_table_write(sdse_front_table(&points, &front, false, arena), SDSE_TABLE_TEXT,
                     out);
    fclose(out);
    out = open_memstream(&csv, &bytes);
    sdse_table_write(sdse_front_table(&points, &front, true, arena), SDSE_TABLE_CSV,
                     out);
    fclose(out);
    assert_int_equal(
        strncmp(text, "Energy [mJ]  Latency [ms]  point  workload    arch", 50), 0);
    assert_non_null(strstr(text, "  knee\n"));
    assert_int_equal(strncmp(csv, "energy_pj,latency_s,point_id,", 29), 0);
    double first_pj = atof(strchr(csv, '\n') + 1);
    assert_true(first_pj == points.v[2 * front.index[0]]);
    const char *summary = sdse_front_summary(&points, &front, arena);
    assert_int_equal(strncmp(summary, "12 points: ", 11), 0);
    assert_non_null(strstr(summary, "hypervolume"));
    front.reference[1] =
        0; // as when no point of the front has an error: no box to fill
    assert_null(strstr(sdse_front_summary(&points, &front, arena), "hypervolume"));
    free(text);
    free(csv);
}

static void an_empty_front_is_fine(void **state) {
    (void)state;
    struct sdse_points points = load((struct sdse_filter){.form = "raw"}, 3);
    struct sdse_front front;
    assert_int_equal(points.count, 0);
    assert_int_equal(sdse_front_compute(&points, arena, &front), SDSE_OK);
    assert_int_equal(front.count, 0);
    assert_non_null(sdse_front_table(&points, &front, false, arena));
    assert_non_null(
        strstr(sdse_front_summary(&points, &front, arena), "11 without one"));
    // They are points, too.
    assert_non_null(
        strstr(sdse_front_summary(&points, &front, arena), "12 points: 0 on the"));
}

static void scales_have_si_prefixes(void **state) {
    (void)state;
    static const struct {
        enum sdse_metric metric;
        double greatest;
        const char *title;
        double factor;
    } cases[] = {{SDSE_METRIC_ENERGY, 1e9, "Energy [mJ]", 1e-9},
                 {SDSE_METRIC_ENERGY, 0.999e9, "Energy [µJ]", 1e-6},
                 {SDSE_METRIC_LATENCY, 0.02, "Latency [ms]", 1e3},
                 {SDSE_METRIC_LATENCY, 0, "Latency [s]", 1},
                 {SDSE_METRIC_STORAGE, 8e6, "Weight storage [MB]", 1 / 8e6},
                 {SDSE_METRIC_AREA, 2500, "Area [mm²]", 1},
                 {SDSE_METRIC_CYCLES, 1e9, "Latency [cycles]", 1},
                 {SDSE_METRIC_ERROR, 0.2, "Relative weight error", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_scale scale = sdse_metric_scale(cases[i].metric, cases[i].greatest);
        assert_string_equal(scale.title, cases[i].title);
        assert_true(fabs(scale.factor / cases[i].factor - 1) < 1e-12);
    }
    enum sdse_metric metric;
    assert_true(sdse_metric_parse("edp", &metric) && metric == SDSE_METRIC_EDP);
    assert_false(sdse_metric_parse("speed", &metric));
}

// The heading that names a view, maybe with others; NULL: there is none.
static char *section_of(char *text, const char *view) {
    for (char *at = text; (at = strstr(at, "\n### v_")); at++)
        for (char *name = at;
             (name = strstr(name + 1, view)) && name < strchr(at + 1, '\n');)
            if (!strchr("_abcdefghijklmnopqrstuvwxyz", name[strlen(view)]))
                return at + 1;
    return NULL;
}

// docs/database.md names every view and every one of its columns; its examples run.
static void the_views_are_documented(void **state) {
    (void)state;
    FILE *file = fopen(SDSE_SOURCE_DIR "/docs/database.md", "r");
    assert_non_null(file);
    char *text = sdse_arena_alloc(arena, 1, 1 << 17);
    text[fread(text, 1, (1 << 17) - 1, file)] = '\0';
    fclose(file);
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);
    assert_int_equal(sdse_volume_register(db), SQLITE_OK); // a view needs it
    sqlite3_prepare_v2(db,
                       "SELECT t.name, c.name FROM pragma_table_list t JOIN"
                       " pragma_table_info(t.name) c WHERE t.type = 'view'"
                       " UNION ALL SELECT name, name FROM sqlite_schema"
                       " WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
                       -1, &row, NULL);
    int names = 0;
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *view = (const char *)sqlite3_column_text(row, 0);
        char quoted[128];
        snprintf(quoted, sizeof quoted, "`%s`", sqlite3_column_text(row, 1));
        // A view's columns stand between its heading and the next.
        char *section = strncmp(view, "v_", 2) == 0 ? section_of(text, view) : text;
        if (!section)
            fail_msg("%s is not documented", view);
        char *end = section == text ? NULL : strstr(section + 4, "\n##");
        char *found = strstr(section, quoted);
        if (!found || (end && found > end))
            fail_msg("%s of %s is not documented", quoted, view);
        names++;
    }
    assert_int_equal(code, SQLITE_DONE);
    assert_true(names > 240);
    sqlite3_finalize(row);
    sqlite3_close(db);
    int examples = 0;
    for (char *at = text; (at = strstr(at, "sdse query results.db \"")); examples++) {
        at += strlen("sdse query results.db \"");
        char *sql = sdse_arena_copy(arena, at, (size_t)(strchr(at, '"') - at));
        struct sdse_table *table = NULL;
        assert_int_equal(sdse_query_run(reader, sql, arena, &diags, &table), SDSE_OK);
        assert_true(sdse_table_rows(table) > 0);
    }
    assert_int_equal(examples, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_count_everything),
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(a_front_is_a_table_and_a_sentence),
        cmocka_unit_test(an_empty_front_is_fine),
        cmocka_unit_test(scales_have_si_prefixes),
        cmocka_unit_test(the_views_are_documented),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
