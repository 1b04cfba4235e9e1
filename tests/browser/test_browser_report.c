// What a browser makes of a report: everything that a reader clicks, types and sees. A
// tier of its own (scripts/test --browser); exit status 77 where no browser is.
//
//     test_browser_report              the tests
//     test_browser_report FOLDER PAGE #PLACE    pictures of a page for docs/report.md:
//                                      FOLDER/report.png and report-layer.png
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cli/support_program.h"
#include "browser.h"

static struct browser *browser;

static void run_well(const char *line) {
    struct ran ran = run_program(line);
    if (ran.status != 0)
        fail_msg("%s: %d, %s", line, ran.status, ran.err);
    free_ran(&ran);
}

static int begin(void **state) {
    if (enter_scratch(state) != 0)
        return 1;
    write_scratch(
        "evil.yaml",
        "name: \"<img src=x onerror=alert(1)> & 'net\"\nsource: s\nlayers:\n"
        "  - {name: \"<b onclick=x>'fc\", kind: fc, in: 64, out_channels: 32}\n"
        "  - {name: two, kind: fc, in: 32, out_channels: 48, repeat: 3}\n");
    char *arch = read_whole("tests/data/cli/arch.yaml");
    char *compute = strstr(arch, "compute: {"), *leaking = malloc(strlen(arch) + 80);
    assert_true(compute && leaking);
    sprintf(leaking, "%.*scompute: {leakage_mw: 3, %s", (int)(compute - arch), arch,
            compute + strlen("compute: {"));
    write_scratch("arch.yaml", leaking);
    free(leaking);
    free(arch);
    write_scratch("t.yaml", "name: t\nworkloads: [" SDSE_SOURCE_DIR
                            "/tests/data/cli/net.yaml]\narchs: [arch.yaml]\n"
                            "override: {buffer.capacity_kib: [8, 16]}\n");
    write_scratch(
        "s.yaml",
        "name: s\nworkloads: [" SDSE_SOURCE_DIR "/tests/data/cli/net.yaml, evil.yaml]\n"
        "archs: [arch.yaml]\n"
        "override:\n  buffer.capacity_kib: [8, 16, 128]\n"
        "  buffer.fanout.x: [2, 4, 8]\n  DRAM.shared_bits_per_cycle: [16, 64]\n"
        "weight_forms: [raw, {name: sd, basis_size: 3, density: 0.5, "
        "row_density: 0.6}]\nconstraints: {max_area_mm2: 0.07}\n");
    run_well("sweep @s.yaml -o @r.db -q");
    run_well("sweep @t.yaml -o @r.db -q");
    run_well("report @r.db -o @page.html -d all");
    run_well("report @r.db -o @fronts.html");
    return 0;
}

static int end(void **state) { return leave_scratch(state); }

static void open_page(const char *name, const char *place) {
    browser_size(browser, 1300, 900);
    browser_open(browser, scratch(name), place);
}

static void calm(void) {
    if (*browser_complaints(browser))
        fail_msg("the browser complains: %s", browser_complaints(browser));
    if (*browser_requests(browser))
        fail_msg("the page asked for %s", browser_requests(browser));
}

// One number of the database.
static double ask(const char *sql) {
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(scratch("r.db"), &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const double value = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return value;
}

static void same(double a, double b) {
    if (!(a == b))
        fail_msg("%.17g is not %.17g", a, b);
}

// The point of a row of the table; rows below the two of the head, from 0.
static double id_in_row(unsigned row) {
    char expression[160];
    snprintf(
        expression, sizeof expression,
        "+document.querySelector('#row-%u [role=gridcell]').firstChild.textContent",
        row);
    return browser_number(browser, expression);
}

static double shown_count(void) {
    return browser_number(browser, "table.visible().length");
}

static void heading(const char *title) {
    char expression[300];
    snprintf(expression, sizeof expression,
             "[...document.querySelectorAll('#grid-head [role=columnheader] "
             "button')].find(b => "
             "b.textContent.startsWith('%s')).id = 'wanted'",
             title);
    browser_text(browser, expression);
    browser_click(browser, "#wanted");
    browser_true(
        browser,
        "document.getElementById('wanted').removeAttribute('id') === undefined");
}

static void filter(const char *title, const char *typed) {
    char expression[300];
    snprintf(
        expression, sizeof expression,
        "(() => { const f = [...document.querySelectorAll('#grid-head input')].find(i "
        "=> "
        "i.getAttribute('aria-label').startsWith('Filter %s')); f.focus(); f.select(); "
        "return true; })()",
        title);
    browser_true(browser, expression);
    if (*typed) {
        browser_type(browser, typed);
    } else {
        browser_true(
            browser,
            "(() => { document.activeElement.value = ''; document.activeElement."
            "dispatchEvent(new Event('input')); return true; })()");
    }
}

static void choose(const char *label, const char *value) {
    char expression[400];
    snprintf(
        expression, sizeof expression,
        "(() => { const s = [...document.querySelectorAll('#front-controls "
        "label')].find(l => "
        "l.textContent.startsWith('%s ')).querySelector('select'); s.value = '%s'; "
        "s.dispatchEvent(new Event('change')); return s.value === '%s'; })()",
        label, value, value);
    assert_true(browser_true(browser, expression));
}

// ---- the table ----

#define TINY "workload = 'tiny'"

static void points_are_sorted_and_filtered(void **state) {
    (void)state;
    open_page("page.html", "");
    same(shown_count(), ask("SELECT count(*) FROM v_point WHERE " TINY));
    heading("Energy [");
    same(id_in_row(0), ask("SELECT point_id FROM v_point WHERE " TINY
                           " AND energy_pj IS NOT NULL ORDER BY energy_pj, point_id"));
    heading("Energy [");
    same(id_in_row(0), ask("SELECT point_id FROM v_point WHERE " TINY
                           " ORDER BY energy_pj DESC, point_id"));
    heading("Energy [");
    same(id_in_row(0), ask("SELECT min(point_id) FROM v_point WHERE " TINY));
    filter("buffer.capacity_kib", ">=16");
    same(shown_count(),
         ask("SELECT count(*) FROM v_point JOIN point_parameter USING (point_id) "
             "WHERE " TINY
             " AND path = 'buffer.capacity_kib' AND CAST(value AS REAL) >= 16"));
    filter("form", "=sd");
    same(shown_count(),
         ask("SELECT count(*) FROM v_point JOIN point_parameter USING (point_id) "
             "WHERE " TINY " AND path = 'buffer.capacity_kib' AND CAST(value AS REAL) "
             ">= 16 AND form = 'sd'"));
    // What is no filter is marked, and changes nothing.
    const double before = shown_count();
    filter("buffer.fanout.x", "four");
    same(shown_count(), before);
    assert_true(
        browser_true(browser, "document.activeElement.hasAttribute('aria-invalid')"));
    filter("buffer.fanout.x", "2..4");
    assert_true(
        browser_true(browser, "!document.activeElement.hasAttribute('aria-invalid')"));
    same(shown_count(), before * 2 / 3);
    filter("form", "!sd");
    same(shown_count(), before * 2 / 3);
    assert_true(browser_true(
        browser, "[...table.visible()].every(row => text('form', row) === 'raw')"));
    browser_click(browser, "#table-controls button");
    same(shown_count(), ask("SELECT count(*) FROM v_point WHERE " TINY));
    // Below, not at; in the unit of the heading; those of equal value in the order of
    // the file, and those without one last, in both directions.
    filter("buffer.fanout.x", "<4");
    same(shown_count(), ask("SELECT count(*) FROM v_point WHERE " TINY
                            " AND parameters LIKE '%fanout.x=2%'"));
    filter("buffer.fanout.x", "");
    char typed[40], sql[200];
    const double middle = ask("SELECT avg(energy_pj) FROM v_point WHERE " TINY);
    snprintf(typed, sizeof typed, "<%.6f", middle * 1e-6);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM v_point WHERE " TINY " AND energy_pj < %.6f * 1e6",
             middle * 1e-6);
    filter("Energy [µJ", typed);
    same(shown_count(), ask(sql));
    assert_true(shown_count() > 3);
    filter("Energy [", "");
    heading("buffer.fanout.x");
    same(id_in_row(0), ask("SELECT min(point_id) FROM v_point WHERE " TINY
                           " AND parameters LIKE '%fanout.x=2%'"));
    heading("buffer.fanout.x");
    same(id_in_row(0), ask("SELECT min(point_id) FROM v_point WHERE " TINY
                           " AND parameters LIKE '%fanout.x=8%'"));
    heading("buffer.fanout.x");
    filter("front", "knee");
    same(shown_count(), 1);
    assert_true(browser_true(browser, "table.visible()[0] === report.fronts[0].knee"));
    filter("front", "");
    browser_click(browser, "#fronts-only");
    same(shown_count(), browser_number(browser, "report.fronts[0].rows.length"));
    browser_click(browser, "#fronts-only");
    // Points of both networks; those without a mapping say why.
    choose("Network", "");
    same(shown_count(), ask("SELECT count(*) FROM v_point"));
    filter("status", "infeasible");
    same(shown_count(),
         ask("SELECT count(*) FROM v_point WHERE status = 'infeasible'"));
    calm();
}

// What follows from other figures is worked out: the page has every figure of the
// database to the last bit.
static void figures_are_those_of_the_database(void **state) {
    (void)state;
    static const char *const figures[] = {"energy_pj",  "latency_s", "edp_pj_s",
                                          "ed2p_pj_s2", "area_mm2",  "weight_bits"};
    open_page("page.html", "");
    assert_true(browser_true(
        browser, "report.points.columns.filter(c => c.product).length === 2"));
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        char expression[200], sql[200];
        // A sum in the order of the file, which rounds as the database's does not: of
        // shares of the greatest, in integers.
        snprintf(expression, sizeof expression,
                 "(() => { let n = 0; for (let r = 0; r < rows; r++) { const v = "
                 "column('%s').value(r); if (v !== null) n += Math.floor(v * 1e6 / "
                 "greatestOf(column('%s'))); } return n; })()",
                 figures[i], figures[i]);
        snprintf(sql, sizeof sql,
                 "SELECT sum(CAST(%s * 1e6 / (SELECT max(%s) FROM v_point) AS "
                 "INTEGER)) FROM v_point",
                 figures[i], figures[i]);
        same(browser_number(browser, expression), ask(sql));
    }
    calm();
}

static void the_table_is_walked_by_keys(void **state) {
    (void)state;
    open_page("page.html", "");
    browser_true(browser, "document.getElementById('grid').focus() === undefined");
    browser_key(browser, "ArrowDown");
    browser_key(browser, "ArrowDown");
    browser_key(browser, "ArrowUp");
    browser_key(browser, "Enter");
    same(browser_number(browser, "idOf(state.row)"), id_in_row(1));
    assert_true(browser_true(browser, "document.activeElement.id === 'point-heading'"));
    browser_true(browser, "document.getElementById('grid').focus() === undefined");
    browser_key(browser, "End");
    browser_key(browser, "a");
    browser_key(browser, "PageUp");
    browser_key(browser, "b");
    assert_true(browser_true(
        browser, "state.a === table.visible().at(-1) && state.b < state.a && "
                 "state.b > 0"));
    browser_key(browser, "Home");
    assert_string_equal(
        browser_text(
            browser,
            "document.getElementById('grid').getAttribute('aria-activedescendant')"),
        "row-0");
    // What has the focus shows it.
    assert_true(browser_true(
        browser,
        "getComputedStyle(document.getElementById('grid')).outlineStyle !== 'none' && "
        "getComputedStyle(document.querySelector('#row-0')).boxShadow !== 'none'"));
    calm();
}

// Tab leads through the page in its order and comes out at its end.
static void tab_reaches_everything(void **state) {
    (void)state;
    open_page("page.html", "#point=1");
    browser_true(browser, "(() => { document.activeElement.blur(); window.path = []; "
                          "document.addEventListener('focusin', "
                          "event => path.push(event.target)); return true; })()");
    for (int i = 0; i < 160; i++) {
        browser_key(browser, "Tab");
        if (browser_true(browser, "path.length > 2 && path.at(-1) === path[0]"))
            break;
    }
    assert_true(browser_true(
        browser, "['theme', 'picture', 'grid', 'layers'].map(id => path.findIndex(e => "
                 "e.id === id))"
                 ".every((at, i, all) => at >= 0 && (i === 0 || at > all[i - 1]))"));
    assert_true(browser_true(
        browser,
        "path.every(e => e.textContent.trim() || e.getAttribute('aria-label') || "
        "e.id || e.labels?.length)"));
    calm();
}

// ---- the picture ----

static void the_front_is_the_stored_one(void **state) {
    (void)state;
    open_page("page.html", "");
    for (int network = 0; network < 2; network++) {
        char expression[200];
        snprintf(expression, sizeof expression,
                 "(() => { state.network = report.fronts[%d].workload; "
                 "emit('network'); return "
                 "JSON.stringify(picture.line()) === "
                 "JSON.stringify(report.fronts[%d].rows); })()",
                 network, network);
        assert_true(browser_true(browser, expression));
    }
    // Other figures have another front; a logarithm has the same.
    choose("x", "area");
    assert_true(browser_true(
        browser,
        "picture.line().every((row, i, line) => i === 0 || "
        "column('area_mm2').number(row) >= column('area_mm2').number(line[i - 1]))"));
    browser_true(
        browser,
        "(() => { window.before = JSON.stringify(picture.line()); return true; })()");
    browser_click(browser, "#front-controls input[type=checkbox]");
    assert_true(browser_true(browser, "JSON.stringify(picture.line()) === before"));
    calm();
}

static void a_point_is_hovered_and_clicked(void **state) {
    (void)state;
    open_page("page.html", "");
    browser_true(
        browser,
        "(() => { scrollTo(0, 0); window.row = report.fronts[0].rows[1]; window.at = "
        "picture.placeOf(row); "
        "window.box = document.getElementById('picture').getBoundingClientRect(); "
        "return true; })()");
    const double x = browser_number(browser, "box.x + at.x"),
                 y = browser_number(browser, "box.y + at.y");
    browser_point_at(browser, x, y);
    // Points may share a place: what is named is there.
    assert_true(browser_true(
        browser,
        "(() => { window.near = row => Math.hypot(picture.placeOf(row).x - at.x, "
        "picture.placeOf(row).y - at.y) < 15; const tip = "
        "document.getElementById('tip'); return !tip.hidden && "
        "near(rowOfId.get(+/Point ([0-9]+)/.exec(tip.textContent)[1])) && "
        "tip.textContent.includes('Energy'); })()"));
    browser_click_at(browser, x, y);
    assert_true(browser_true(
        browser,
        "near(state.row) && onFront[state.row] === 1 && "
        "document.getElementById('point-heading').textContent.startsWith('Point ' + "
        "idOf(state.row) + ':') && location.hash.includes('point=' + "
        "idOf(state.row))"));
    // The layer that takes most is open.
    assert_true(browser_true(browser,
                             "(() => { const e = detailsOf(idOf(state.row)).layers"
                             ".map(l => l.energy_pj); return e[state.layer] === "
                             "Math.max(...e) && state.layer < e.length - 1; })()"));
    // By keys: along the front and into the comparison.
    browser_true(
        browser,
        "(() => { document.getElementById('picture').focus(); return true; })()");
    browser_key(browser, "Home");
    browser_key(browser, "a");
    browser_key(browser, "ArrowRight");
    browser_key(browser, "ArrowRight");
    browser_key(browser, "ArrowLeft");
    browser_key(browser, "b");
    assert_true(browser_true(browser, "state.a === report.fronts[0].rows[0] && state.b "
                                      "=== report.fronts[0].rows[1]"));
    assert_true(
        browser_true(browser, "document.getElementById('said').textContent !== ''"));
    assert_true(browser_true(browser, "location.hash.includes('a=' + idOf(state.a) + "
                                      "'&b=' + idOf(state.b))"));
    browser_key(browser, "End");
    browser_key(browser, "Enter");
    assert_true(browser_true(browser, "state.row === report.fronts[0].rows.at(-1)"));
    calm();
}

// ---- a point ----

// The first rows of a plain table, as texts.
#define ROWS(selector)                         \
    "[...document.querySelectorAll('" selector \
    " tbody tr')].map(r => [...r.cells].map(c => c.textContent))"

// Of every part in every memory: words and bits read, filled and updated, as the page
// counts them and as the view has them.
static void compare_counts(double id) {
    static const struct {
        const char *verb, *words, *bits;
    } verbs[] = {{"read", "reads_words + drain_reads_words", "read_bits"},
                 {"fill", "fills_words", "fill_bits"},
                 {"update", "updates_words", "update_bits"}};
    for (size_t i = 0; i < 3; i++) {
        char text[700];
        for (int bits = 0; bits < 2; bits++) {
            snprintf(text, sizeof text,
                     "detailsOf(%.0f).layers[1].energyRows().filter(r => "
                     "r.action.endsWith(' "
                     "%s')).reduce((s, r) => s + countOf(detailsOf(%.0f).layers[1], r, "
                     "1).%s, 0)",
                     id, verbs[i].verb, id, bits ? "bits" : "count");
            const double counted = browser_number(browser, text);
            snprintf(
                text, sizeof text,
                "SELECT sum(%s) FROM v_level WHERE point_id = %.0f AND layer_index = 1",
                bits ? verbs[i].bits : verbs[i].words, id);
            same(counted, ask(text));
            assert_true(counted > 0);
        }
    }
}

static void layers_are_shown_with_their_origins(void **state) {
    (void)state;
    char place[60], sql[200];
    const double id = ask("SELECT point_id FROM v_point WHERE " TINY
                          " AND status = 'ok' AND form = 'sd' ORDER BY energy_pj");
    snprintf(place, sizeof place, "#point=%.0f&layer=1", id);
    open_page("page.html", place);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM v_layer WHERE point_id = %.0f", id);
    same(
        browser_number(browser, "document.querySelectorAll('#layers tbody tr').length"),
        ask(sql));
    assert_string_equal(
        browser_text(browser, "document.getElementById('layer-heading').textContent"),
        "Layer conv2");
    // Each line is a count times a price: together they are the layer.
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM v_energy WHERE point_id = %.0f AND layer_index = 1 "
             "AND energy_pj > 0",
             id);
    same(browser_number(browser, ROWS("#layer > .scroll") ".length"), ask(sql));
    assert_true(browser_true(
        browser, "(() => { const r = " ROWS(
                     "#layer > .scroll") "; const share = r.reduce((s, c) => s + "
                                         "(parseFloat(c[5]) || 0), 0); "
                                         "return Math.abs(share - 100) < 0.5 && "
                                         "r.every(c => c[6].length > 3); })()"));
    assert_true(browser_true(
        browser, "(() => { const layer = detailsOf(state.row >= 0 ? idOf(state.row) : "
                 "0).layers[1]; return "
                 "layer.energyRows().every(row => { const c = countOf(layer, row, 1); "
                 "if (!c) return row.component === 'rebuild'; "
                 "return c.seconds !== undefined || c.count > 0; }); })()"));
    // Counts are those of the views.
    compare_counts(id);
    // Prices are those of the accelerator: per bit, per MAC, per second.
    assert_true(browser_true(
        browser, "(() => { const r = " ROWS(
                     "#layer > .scroll") "; const price = (c, a) => "
                                         "r.find(x => x[0] === c && x[1] === a)[3]; "
                                         "return price('DRAM', 'inputs read') === "
                                         "'4 pJ/bit' && price('MAC', "
                                         "'multiply-accumulate') === '0.5 pJ' && "
                                         "price('registers', 'inputs read') === "
                                         "'0.0125 pJ/bit'; })()"));
    char expression[400];
    snprintf(
        sql, sizeof sql,
        "SELECT e.energy_pj * 1e-9 / (l.latency_cycles * 1e-9) FROM v_energy e JOIN "
        "v_layer l USING (point_id, layer_index) WHERE component = 'leakage' AND "
        "point_id = %.0f AND layer_index = 1",
        id);
    snprintf(expression, sizeof expression,
             "(() => { const r = " ROWS(
                 "#layer > .scroll") "; return r.find(x => x[0] === "
                                     "'leakage')[3] === digits(%.12g) + ' mW'; })()",
             ask(sql));
    assert_true(browser_true(browser, expression));
    // The loops of the nest make all MACs, and only those in time go deeper.
    assert_true(browser_true(
        browser,
        "(() => { const lines = [...document.querySelectorAll('.nest .loop')]; const "
        "layer = detailsOf(idOf(state.row)).layers[1]; const product = "
        "lines.slice(0, -1).reduce((p, l) => p * +l.textContent.split(' in ')[1], 1); "
        "return product === layer.macs / layer.repeat && "
        "+lines.at(-1).style.getPropertyValue('--depth') === lines.filter(l => "
        "l.textContent.startsWith('for ')).length; })()"));
    // What sets the latency is marked once, and is the longest.
    assert_true(browser_true(
        browser,
        "(() => { const bars = [...document.querySelectorAll('#layer .line')]; const "
        "width = b => parseFloat(b.querySelector('.track span').style.width); return "
        "bars.every(b => width(b) <= width(bars.find(c => "
        "c.classList.contains('sets')))); })()"));
    same(browser_number(browser,
                        "document.querySelectorAll('#layer .line.sets').length"),
         1);
    // The SQL beside a table, asked again, has its rows.
    const char *shown = browser_text(
        browser, "[...document.querySelectorAll('#layer details.sql')].find(d => "
                 "d.textContent.includes('SQL behind "
                 "energies')).querySelector('pre').textContent");
    snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s)", shown);
    same(ask(sql), browser_number(browser, ROWS("#layer > .scroll") ".length"));
    // Another layer, by mouse and by key.
    browser_click(browser, "#layers tbody tr:nth-child(4)");
    assert_string_equal(
        browser_text(browser, "document.getElementById('layer-heading').textContent"),
        "Layer again");
    browser_true(browser, "document.getElementById('layers').focus() === undefined");
    browser_key(browser, "ArrowDown");
    assert_string_equal(
        browser_text(browser, "document.getElementById('layer-heading').textContent"),
        "Layer fc");
    assert_true(browser_true(
        browser, "document.querySelectorAll('.nest .loop').length > 2 && "
                 "document.querySelectorAll('.nest .memory').length === 3"));
    // What sets the latency of each layer is what the view names.
    browser_true(browser, "openPoint(rowOfId.get(1)) === undefined");
    assert_true(browser_true(
        browser,
        "detailsOf(idOf(state.row)).layers.every((layer, i) => { openLayer(i); const "
        "sets = document.querySelectorAll('#layer .line.sets .name'); return "
        "sets.length === 1 && layer.bottleneck.split(' ')[0] === "
        "sets[0].textContent; })"));
    assert_true(browser_true(browser,
                             "new Set(detailsOf(idOf(state.row)).layers.map(l => "
                             "l.bottleneck)).size > 1"));
    calm();
}

static void what_is_left_out_is_said(void **state) {
    (void)state;
    char place[60];
    open_page("fronts.html", "");
    const double id = browser_number(
        browser,
        "idOf([...Array(rows).keys()].find(row => isOk(row) && !onFront[row]))");
    snprintf(place, sizeof place, "#point=%.0f", id);
    open_page("fronts.html", place);
    assert_true(browser_true(
        browser, "document.getElementById('point-body').textContent.includes('--"
                 "details all adds the others')"
                 " && document.getElementById('point-body').textContent.includes('sdse "
                 "show point')"));
    assert_true(browser_true(
        browser,
        "document.getElementById('about-body').textContent.includes('--details all')"));
    assert_true(browser_true(browser, "document.getElementById('about-body')."
                                      "textContent.includes('of the other ' + (rows - "
                                      "ending.detailed.length) + ' it does not')"));
    calm();
}

static void two_points_are_compared(void **state) {
    (void)state;
    open_page("page.html", "#a=1&b=3");
    const double ratio = ask("SELECT (SELECT energy_pj FROM v_point WHERE point_id = "
                             "3) / (SELECT energy_pj FROM v_point WHERE point_id = 1)");
    char expression[600];
    snprintf(expression, sizeof expression,
             "(() => { const r = " ROWS(
                 "#compare-body") ".find(c => c[0].startsWith('Energy [')); "
                                  "return r[4] === digits(%.17g, 4); })()",
             ratio);
    assert_true(browser_true(browser, expression));
    assert_true(browser_true(
        browser, "(() => { const r = " ROWS(
                     "#compare-body") "; return r[0][0] !== '' && r.some(c => c[0] === "
                                      "'DRAM') && "
                                      "r.some(c => c[0] === 'conv2'); })()"));
    // B less A, in every table.
    assert_true(browser_true(
        browser,
        "(() => { const n = t => +t.replace(/[^-+.0-9e]/g, ''); const r = " ROWS(
            "#compare-body") ".filter(c => c.length === 5 && [1, 2, 3].every(i => "
                             "Number.isFinite(n(c[i])))); return r.length > 12 && "
                             "r.every(c => Math.abs(n(c[2]) - "
                             "n(c[1]) - n(c[3])) <= 2e-4 * Math.max(Math.abs(n(c[1])), "
                             "Math.abs(n(c[2])))); })()"));
    // Differences of the components are the difference of the whole.
    assert_true(browser_true(
        browser, "(() => { const sum = id => energyOf(detailsOf(id).layers).reduce((s, "
                 "r) => s + r.energy_pj, 0); "
                 "return Math.abs(sum(3) / sum(1) - "
                 "column('energy_pj').number(rowOfId.get(3)) / "
                 "column('energy_pj').number(rowOfId.get(1))) < 1e-9; })()"));
    browser_click(browser, "#compare-body .controls button");
    assert_true(browser_true(browser, "idOf(state.a) === 3 && idOf(state.b) === 1"));
    // Layers that one of them does not have are there.
    char place[60];
    snprintf(
        place, sizeof place, "#a=1&b=%.0f",
        ask("SELECT max(point_id) FROM v_point WHERE status = 'ok' AND NOT " TINY));
    open_page("page.html", place);
    assert_true(browser_true(
        browser,
        "(() => { const names = " ROWS(
            "#compare-body") ".map(c => c[0]); return names.includes('conv2') && "
                             "names.includes('two'); })()"));
    calm();
}

static void names_stay_texts(void **state) {
    (void)state;
    char place[60];
    snprintf(place, sizeof place, "#point=%.0f",
             ask("SELECT max(point_id) FROM v_point WHERE status = 'ok' AND workload "
                 "<> 'tiny'"));
    open_page("page.html", place);
    choose("Network", "");
    same(browser_number(browser, "document.querySelectorAll('img, b[onclick]').length"),
         0);
    assert_true(browser_true(
        browser, "document.getElementById('point-heading').textContent.includes("
                 "\"<img src=x onerror=alert(1)> & 'net\")"));
    assert_true(browser_true(browser, "document.getElementById('layers').textContent."
                                      "includes(\"<b onclick=x>'fc\")"));
    // A shell takes the name of the layer as one word.
    assert_true(browser_true(
        browser, "[...document.querySelectorAll('#layer .command code')].some(c => "
                 "c.textContent.includes(\" -l two \") || c.textContent.includes(\"'<b "
                 "onclick=x>'\\\\''fc'\"))"));
    calm();
}

// ---- light and dark ----

static void colours_are_read_in_both_themes(void **state) {
    (void)state;
    static const char contrast[] =
        "(() => { const style = getComputedStyle(document.documentElement); const "
        "light = name => { const hex = "
        "style.getPropertyValue(name).trim().slice(1); const [r, g, b] = [0, 2, "
        "4].map(i => parseInt(hex.slice(i, i + 2), 16) / 255)"
        ".map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return "
        "0.2126 * r + 0.7152 * g + 0.0722 * b; };"
        "const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / "
        "(Math.min(light(a), light(b)) + 0.05);"
        "return Math.min(...[['--text', '--back'], ['--text', '--raised'], ['--text', "
        "'--open'], ['--text', '--notice'], "
        "['--soft', '--back'], ['--soft', '--raised'], ['--accent', '--back'], "
        "['--accent', '--raised'], ['--bad', '--back']]"
        ".map(([a, b]) => ratio(a, b))); })()";
    for (int dark = 0; dark < 2; dark++) {
        browser_media(browser, dark != 0, false);
        open_page("page.html", "");
        assert_true(browser_number(browser, contrast) >= 4.5);
        const char *back = "getComputedStyle(document.body).backgroundColor";
        assert_string_equal(browser_text(browser, back),
                            dark ? "rgb(21, 23, 27)" : "rgb(255, 255, 255)");
        // The switch goes to light, to dark, and back to the system's.
        browser_click(browser, "#theme");
        assert_string_equal(browser_text(browser, back), "rgb(255, 255, 255)");
        browser_click(browser, "#theme");
        assert_string_equal(browser_text(browser, back), "rgb(21, 23, 27)");
        browser_click(browser, "#theme");
        assert_string_equal(browser_text(browser, back),
                            dark ? "rgb(21, 23, 27)" : "rgb(255, 255, 255)");
    }
    // Paper is light.
    browser_media(browser, true, true);
    assert_string_equal(
        browser_text(browser, "getComputedStyle(document.body).backgroundColor"),
        "rgb(255, 255, 255)");
    // Headings stand above their rows there, and the picture keeps its proportions.
    assert_string_equal(
        browser_text(browser,
                     "getComputedStyle(document.getElementById('grid-head')).position"),
        "static");
    assert_true(browser_true(
        browser,
        "(() => { const c = document.getElementById('picture'); "
        "return Math.abs(c.clientWidth / c.clientHeight / (c.width / c.height) "
        "- 1) < 0.02; })()"));
    browser_media(browser, false, false);
    // No element was written as a text.
    assert_true(
        browser_true(browser, "!document.body.textContent.includes('[object ')"));
    calm();
}

// A component's swatches and bars have its colour of the theme, wherever they stand.
static void components_have_one_colour(void **state) {
    (void)state;
    static const char shown[] =
        "(() => { const names = [...document.querySelectorAll('.swatch')].filter(s => "
        "s.nextSibling); const of = s => s.nextSibling.textContent; const colour = s "
        "=> "
        "getComputedStyle(s).backgroundColor; const rgb = hex => 'rgb(' + [1, 3, "
        "5].map(i => parseInt(hex.slice(i, i + 2), 16)).join(', ') + ')'; const table "
        "= report.colours[%d].components; return names.length > 12 && "
        "names.some(s => of(s).endsWith(' network')) && names.every(s => colour(s) === "
        "rgb(table[of(s).endsWith(' network') ? 'network' : of(s)])) && new "
        "Set(names.map(colour)).size > 5; })()";
    char expression[900];
    for (int dark = 0; dark < 2; dark++) {
        browser_media(browser, dark != 0, false);
        open_page("page.html", "#point=1&layer=1&a=1&b=3");
        snprintf(expression, sizeof expression, shown, dark);
        assert_true(browser_true(browser, expression));
        // The picture's colours are the theme's, too.
        snprintf(expression, sizeof expression,
                 "getComputedStyle(document.documentElement).getPropertyValue('--"
                 "category-1') === report.colours[%d].categories[1]",
                 dark);
        assert_true(browser_true(browser, expression));
    }
    browser_media(browser, false, false);
    calm();
}

// ---- many points ----

// A page like page.html with other points: as many as wanted, made up.
static void make_large(const char *name, unsigned count) {
    char *page = read_whole(scratch("fronts.html"));
    char *fronts = strstr(page, "\"fronts\":"), *rest = strstr(fronts, "</script>");
    FILE *out = fopen(scratch(name), "w");
    assert_true(fronts && rest && out);
    fwrite(page, 1, (size_t)(fronts - page), out);
    fprintf(out,
            "\"fronts\":[{\"workload\":\"w\",\"rows\":[]}],\"points\":{\"count\":%u,"
            "\"columns\":["
            "{\"name\":\"status\",\"same\":\"ok\"},{\"name\":\"workload\",\"same\":"
            "\"w\"},{\"name\":\"form\",\"same\":\"raw\"},"
            "{\"name\":\"arch\",\"texts\":[\"a\",\"b\",\"c\"],\"values\":[",
            count);
    unsigned long long seed = 1;
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "%s%u", i ? "," : "", i % 3);
    fputs("]},{\"name\":\"point_id\",\"values\":[", out);
    for (unsigned i = 0; i < count; i++)
        fprintf(out, "%s%u", i ? "," : "", i + 1);
    static const char *const reals[] = {"energy_pj", "latency_s", "edp_pj_s",
                                        "area_mm2"};
    for (unsigned c = 0; c < 8; c++) {
        if (c < 4)
            fprintf(out, "]},{\"name\":\"%s\",\"values\":[", reals[c]);
        else
            fprintf(out,
                    "]},{\"name\":\"level%u.size\",\"parameter\":true,\"values\":[", c);
        for (unsigned i = 0; i < count; i++) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            const double value = (double)(seed >> 11) / 9007199254740992.0;
            if (c < 4)
                fprintf(out, "%s%.17g", i ? "," : "",
                        (0.05 + value) * (c == 0   ? 1e9
                                          : c == 1 ? 1e-3
                                                   : 10));
            else
                fprintf(out, "%s%u", i ? "," : "", (unsigned)(value * 20));
        }
    }
    fputs("]}]}}", out);
    fputs(rest, out);
    assert_int_equal(fclose(out), 0);
    free(page);
}

static void many_points_open_at_once(void **state) {
    (void)state;
    static const unsigned counts[] = {100, 10000, 100000};
    for (size_t i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "large%u.html", counts[i]);
        make_large(name, counts[i]);
        double best[3] = {1e9, 1e9, 1e9};
        for (int round = 0; round < 3; round++) {
            open_page(name, "");
            same(shown_count(), counts[i]);
            // From the start of the navigation until the script had run and a frame was
            // drawn.
            const double opened = browser_number(
                browser, "performance.getEntriesByType('navigation')[0].loadEventEnd");
            const double sorted = browser_number(
                browser,
                "(() => { const t = performance.now(); document.querySelectorAll("
                "'#grid-head [role=columnheader] button')[5].click(); return "
                "performance.now() - t; })()");
            const double drawn = browser_number(
                browser, "(() => { const t = performance.now(); picture.draw(); return "
                         "performance.now() - t; })()");
            best[0] = fmin(best[0], opened);
            best[1] = fmin(best[1], sorted);
            best[2] = fmin(best[2], drawn);
        }
        printf("## %u points: open in %.0f ms, sorted in %.0f ms, drawn in %.0f ms\n",
               counts[i], best[0], best[1], best[2]);
        // Only the rows in sight exist.
        assert_true(
            browser_number(browser,
                           "document.querySelectorAll('#grid-body .row').length") < 60);
        // The last row is reached and is the last.
        browser_true(browser, "document.getElementById('grid').focus() === undefined");
        browser_key(browser, "End");
        char expression[80];
        snprintf(expression, sizeof expression,
                 "document.getElementById('row-%u') !== null", counts[i] - 1);
        assert_true(browser_true(browser, expression));
    }
    // The front of so many is that of comparing each with each.
    assert_true(browser_true(
        browser, "(() => { const x = column('energy_pj').number, y = "
                 "column('latency_s').number; const line = picture.line(); "
                 "const on = new Set(line); for (let r = 0; r < rows; r += 37) { if "
                 "(on.has(r)) continue; "
                 "if (!line.some(q => x(q) <= x(r) && y(q) <= y(r))) return false; } "
                 "return line.length > 3 && "
                 "line.every(p => !line.some(q => q !== p && x(q) <= x(p) && y(q) <= "
                 "y(p) && (x(q) < x(p) || y(q) < y(p)))); })()"));
    calm();
}

// ---- pictures ----

// The top of the page on a light system, its open layer on a dark one.
static void take_pictures(const char *folder, const char *page, const char *place) {
    static const char *const names[] = {"report", "report-layer"}, *const tops[] = {
                                                                       "header",
                                                                       "#layer"};
    char text[600];
    for (int dark = 0; dark < 2; dark++) {
        browser_media(browser, dark != 0, false);
        browser_size(browser, 1200, dark ? 1000 : 1250);
        browser_open(browser, page, place);
        snprintf(text, sizeof text,
                 "document.querySelector('%s').scrollIntoView() === undefined",
                 tops[dark]);
        browser_true(browser, text);
        browser_true(browser, "new Promise(done => requestAnimationFrame(() => "
                              "requestAnimationFrame(() => done(true))))");
        printf(
            "## open in %.0f ms\n",
            browser_number(
                browser, "performance.getEntriesByType('navigation')[0].loadEventEnd"));
        snprintf(text, sizeof text, "%s/%s.png", folder, names[dark]);
        browser_picture(browser, text);
    }
}

int main(int argc, char **argv) {
    browser = browser_start();
    if (!browser) {
        puts("no browser: neither chromium-headless-shell nor chromium is installed");
        return 77;
    }
    if (argc == 4) {
        take_pictures(argv[1], argv[2], argv[3]);
        browser_end(browser);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_sorted_and_filtered),
        cmocka_unit_test(figures_are_those_of_the_database),
        cmocka_unit_test(the_table_is_walked_by_keys),
        cmocka_unit_test(tab_reaches_everything),
        cmocka_unit_test(the_front_is_the_stored_one),
        cmocka_unit_test(a_point_is_hovered_and_clicked),
        cmocka_unit_test(layers_are_shown_with_their_origins),
        cmocka_unit_test(what_is_left_out_is_said),
        cmocka_unit_test(two_points_are_compared),
        cmocka_unit_test(names_stay_texts),
        cmocka_unit_test(colours_are_read_in_both_themes),
        cmocka_unit_test(components_have_one_colour),
        cmocka_unit_test(many_points_open_at_once),
    };
    const int failed = cmocka_run_group_tests(tests, begin, end);
    browser_end(browser);
    return failed;
}
