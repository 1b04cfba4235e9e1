// Parameters in pictures of every kind: what is asked for is what is drawn, with the
// figures of the database; what a kind has no use for is refused with the reason.
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

#include "support/plot_script.h"
#include "support_drawing.h"
#include "support_program.h"

static sqlite3 *db;

static const char arch[] =
    "name: small\nsource: made up for tests\nnode_nm: 45\nclock_ghz: 0.5\n"
    "word_bits: 8\nlevels:\n"
    "  - level: DRAM\n"
    "    memory: {class: dram, pj_per_bit: 4, shared_bits_per_cycle: 24}\n"
    "  - level: buffer\n"
    "    memory: {class: sram, capacity_kib: 16, port_bits: 64, read_pj: 10, write_pj: "
    "12, area_um2: 50000, shared_bits_per_cycle: 512}\n"
    "    fanout: {x: 2, y: 2}\n"
    "    network: {topology: mesh, multicast: [weights, inputs], reduce: [outputs], "
    "hop_pj_per_bit: 0.02}\n"
    "  - level: registers\n"
    "    memory: {class: regfile, capacity_bytes: 64, port_bits: 8, access_pj: 0.1, "
    "area_um2: 300}\n"
    "vector: {below: DRAM, pj_per_op: 0.3, ops_per_cycle: 2}\n"
    "compute: {pj_per_mac: 0.5, area_um2: 400}\n";

static const char net[] =
    "name: tiny\nsource: made up for tests\nlayers:\n"
    "  - {name: sum, kind: add, in: [4, 4, 4]}\n"
    "  - {name: first, kind: conv, in: [2, 4, 4], out_channels: 2, kernel: 3, pad: 1}\n"
    "  - {name: head, kind: fc, in: 24, out_channels: 6}\n"
    "  - {name: again, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 3, pad: 1, "
    "repeat: 3}\n";

#define GRID                                         \
    "override: {buffer.capacity_kib: [2, 128, 16], " \
    "DRAM.shared_bits_per_cycle: [24, 64], buffer.fanout.x: [1, 2]}\n"

static int set_up(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    write_scratch("a.yaml", arch);
    write_scratch("n.yaml", net);
    write_scratch("s.yaml", "name: s\nworkloads: [n.yaml]\narchs: [a.yaml]\n" GRID);
    // A search whose points are stored in another order than it has them: some are of
    // the sweep before.
    write_scratch("few.yaml",
                  "name: few\nworkloads: [n.yaml]\narchs: [a.yaml]\n"
                  "override: {buffer.capacity_kib: [16, 2], "
                  "DRAM.shared_bits_per_cycle: [64], buffer.fanout.x: [2, 1]}\n");
    write_scratch("search.yaml",
                  "name: search\nworkloads: [n.yaml]\narchs: [a.yaml]\n" GRID
                  "constraints: {max_area_mm2: 0.0519}\n"
                  "search: {method: sobol, evaluations: 12, seed: 2, objectives: "
                  "[energy, latency]}\n");
    static const char *const lines[] = {"sweep @s.yaml -o @r.db -q",
                                        "sweep @few.yaml -o @q.db -q",
                                        "sweep @search.yaml -o @q.db -q"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct ran ran = run_program(lines[i]);
        if (ran.status != 0) {
            fprintf(stderr, "%s", ran.err);
            return -1;
        }
        free_ran(&ran);
    }
    return sqlite3_open(scratch("r.db"), &db) == SQLITE_OK ? 0 : -1;
}

static int tear_down(void **state) {
    sqlite3_close(db);
    return leave_scratch(state);
}

// ---- asking ----

static double number_in(sqlite3 *of, const char *sql) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(of, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(of));
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const double value = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return value;
}
static double number(const char *sql) { return number_in(db, sql); }

static void near(double a, double b) {
    if (fabs(a - b) > 1e-6 * (fabs(a) + fabs(b)) + 1e-12)
        fail_msg("%.12g is not %.12g", a, b);
}

static void has(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("no '%s' in\n%s", part, text);
}
static void lacks(const char *text, const char *part) {
    if (strstr(text, part))
        fail_msg("'%s' in\n%s", part, text);
}

// The lines of the first block of a script's data after its heading, cut at tabs.
enum { MOST_LINES = 64, FIELDS = 24 };
struct lines {
    int count;
    char field[MOST_LINES][FIELDS][100];
};
static struct lines *lines_of(const char *script) {
    struct lines *lines = calloc(1, sizeof *lines);
    const char *at = strchr(strstr(script, "$data <<"), '\n') + 1;
    at = strchr(at, '\n') + 1; // the heading
    for (; *at != '\n' && strncmp(at, "END_OF", 6) != 0; at = strchr(at, '\n') + 1) {
        const char *cell = at;
        for (int f = 0; f < FIELDS; f++) {
            const size_t length = strcspn(cell, "\t\n");
            snprintf(lines->field[lines->count][f], 100, "%.*s", (int)length, cell);
            if (cell[length] == '\n')
                break;
            cell += length + 1;
        }
        assert_true(++lines->count < MOST_LINES);
    }
    return lines;
}

// ---- bars ----

// Bars of points: called by one parameter, together by another, with the energies of
// the database.
static void bars_of_points_are_grouped(void **state) {
    (void)state;
    char *script = script_of(
        "plot energy @r.db -o @e --label buffer.capacity_kib --facet buffer.fanout.x",
        "e/energy_tiny.png.gp");
    has(script, "'buffer.fanout.x 1' at graph 0, first 0");
    has(script, "'buffer.fanout.x 2' at graph 0, first 7");
    has(script, "set yrange [13.7:-0.7]");
    struct lines *lines = lines_of(script);
    assert_int_equal(lines->count, 12);
    double sum = 0;
    for (int i = 0; i < 12; i++) {
        int last = 0;
        while (last + 1 < FIELDS && *lines->field[i][last + 1])
            last++;
        // The last is the line that the bar stands in, below the headings.
        assert_int_equal(atoi(lines->field[i][last]), i + (i < 6 ? 1 : 2));
        sum += atof(lines->field[i][last - 1]);
        char sql[300];
        snprintf(
            sql, sizeof sql,
            "SELECT count(*) FROM v_point p JOIN point_parameter a ON a.point_id "
            "= p.point_id AND a.path = 'buffer.capacity_kib' AND a.value = %s JOIN "
            "point_parameter b ON b.point_id = p.point_id AND b.path = "
            "'buffer.fanout.x' AND b.value = %d WHERE abs(energy_pj - %s * 1e3) < "
            "1e-5 * energy_pj",
            lines->field[i][0], i < 6 ? 1 : 2, lines->field[i][last - 1]);
        if (number(sql) < 1)
            fail_msg("%s", sql);
    }
    near(sum * 1e3, number("SELECT sum(energy_pj) FROM v_point"));
    free(lines);
    free(script);
}

// Where some points are left out the others keep their names and groups.
static void fewer_bars_keep_their_names(void **state) {
    (void)state;
    char *script = script_of("plot energy @r.db -o @few -n 5 --label buffer.fanout.x "
                             "--facet DRAM.shared_bits_per_cycle",
                             "few/energy_tiny.png.gp");
    assert_non_null(strstr(script, ", by buffer.fanout.x'")); // of what the names are
    struct lines *lines = lines_of(script);
    assert_int_equal(lines->count, 5);
    int in_first = 0;
    for (int i = 0; i < 5; i++) {
        int last = 0;
        while (last + 1 < FIELDS && *lines->field[i][last + 1])
            last++;
        in_first += atoi(lines->field[i][last]) == i + 1; // below one heading
        char sql[300];
        snprintf(
            sql, sizeof sql,
            "SELECT count(*) FROM v_point WHERE parameters LIKE "
            "'%%buffer.fanout.x=' || %s || '%%' AND parameters LIKE "
            "'%%shared_bits_per_cycle=%s%%' AND abs(energy_pj - %s * 1e3) < 1e-5 * "
            "energy_pj",
            lines->field[i][0],
            strstr(script, "'DRAM.shared_bits_per_cycle 24'") &&
                    atoi(lines->field[i][last]) == i + 1
                ? "24"
                : "64",
            lines->field[i][last - 1]);
        if (number(sql) < 1)
            fail_msg("%s", sql);
    }
    assert_true(in_first > 0);
    free(lines);
    free(script);
}

static void bars_of_layers_are_grouped(void **state) {
    (void)state;
    static const char *const kinds[] = {"layers", "bottleneck", "utilisation"};
    for (int k = 0; k < 3; k++) {
        char line[200], file[60];
        snprintf(line, sizeof line,
                 "plot %s @r.db -p 1 -o @l --facet kind --label repeat", kinds[k]);
        snprintf(file, sizeof file, "l/%s_1.png.gp", kinds[k]);
        char *script = script_of(line, file);
        has(script, "'kind conv' at graph 0, first 2");
        has(script, "'kind fc' at graph 0, first 5");
        struct lines *lines = lines_of(script);
        has(script, "'kind add' at graph 0, first 0");
        assert_int_equal(lines->count, 4);
        // In the network's order within each kind; the value after the name.
        static const char *const names[][4] = {
            {"\"sum  1\"", "\"first  1\"", "\"again ×3  3\"", "\"head  1\""},
            {"\"sum  1\"", "\"first  1\"", "\"again  3\"", "\"head  1\""}};
        for (int i = 0; i < 4; i++)
            assert_string_equal(lines->field[i][0], names[k == 2][i]);
        if (k == 0) { // energies go with their bars
            int last = 0;
            while (*lines->field[2][last + 1])
                last++;
            char sql[200];
            snprintf(
                sql, sizeof sql,
                "SELECT energy_pj / %s FROM v_layer WHERE point_id = 1 AND layer = "
                "'again'",
                lines->field[2][last - 1]);
            const double scale = number(sql);
            near(log10(scale), round(log10(scale)));
        }
        free(lines);
        free(script);
    }
}

// ---- points ----

static void rooflines_have_parameters(void **state) {
    (void)state;
    char *script = script_of("plot roofline @r.db -p 1 -o @f --colour kind --shape "
                             "repeat --label kind --facet repeat",
                             "f/roofline_1.png.gp");
    has(script, "'kind:'");
    has(script, "'repeat:'");
    has(script, "set title 'repeat 1'");
    has(script, "set title 'repeat 3'");
    lacks(script, "set by:'");
    lacks(script, "add"); // what does not multiply is nowhere
    struct lines *lines = lines_of(script);
    assert_int_equal(lines->count, 3);
    char colour[2][100] = {"", ""};
    for (int i = 0; i < 3; i++) {
        const bool again = strcmp(lines->field[i][0], "\"again\"") == 0;
        const bool conv = strcmp(lines->field[i][0], "\"head\"") != 0;
        assert_string_equal(lines->field[i][8], conv ? "\"conv\"" : "\"fc\"");
        assert_int_equal(atoi(lines->field[i][7]), again);         // the panel
        assert_int_equal(atoi(lines->field[i][4]), again ? 5 : 7); // the shape
        if (*colour[conv])
            assert_string_equal(colour[conv], lines->field[i][5]);
        strcpy(colour[conv], lines->field[i][5]);
    }
    assert_string_not_equal(colour[0], colour[1]);
    // Labels are kinds, of the layers in their panels.
    const char *labels = strstr(script, "# labels\n");
    assert_non_null(labels);
    lacks(labels, "\"again\"");
    has(labels, "\"conv\"");
    free(lines);
    free(script);
    // By itself the colours are those of what sets the latency.
    script = script_of("plot roofline @r.db -p 1 -o @f2", "f2/roofline_1.png.gp");
    has(script, "'set_by:'");
    has(script, "\"again\"");
    free(script);
}

// ---- curves ----

// "n share" lines of block `index` of a script's data.
static int curve_of(const char *script, int index, double x[64], double y[64]) {
    const char *at = strstr(script, "$data <<");
    for (; index > 0; index--)
        at = strstr(at, "\n\n\n") + 3;
    int count = 0;
    for (at = strchr(at, '\n') + 1; *at == '#'; at = strchr(at, '\n') + 1)
        continue;
    for (; sscanf(at, "%lf\t%lf", &x[count], &y[count]) == 2 && *at != '\n';
         at = strchr(at, '\n') + 1) {
        assert_true(++count < 64);
        if (strncmp(strchr(at, '\n') + 1, "END", 3) == 0)
            break;
    }
    return count;
}

// Of a search: the evaluations of the view, with its hypervolumes, whatever the numbers
// of the points are.
static void searches_are_in_their_order(void **state) {
    (void)state;
    sqlite3 *q = NULL;
    assert_int_equal(sqlite3_open(scratch("q.db"), &q), SQLITE_OK);
    assert_true(number_in(q,
                          "SELECT count(*) FROM v_sweep_point a JOIN v_sweep_point b "
                          "ON a.sweep = b.sweep AND a.sweep = 'search' AND a.position "
                          "< b.position AND a.point_id > b.point_id") > 0);
    assert_true(number_in(q, "SELECT points_infeasible FROM v_sweep WHERE sweep = "
                             "'search'") > 0);
    sqlite3_close(q);
    char *script = script_of("plot hypervolume @q.db -s search -o @h",
                             "h/hypervolume_tiny_energy-latency.png.gp");
    has(script, "Evaluations of the search");
    double x[64], y[64];
    const int count = curve_of(script, 0, x, y);
    assert_true(count > 1);
    // The view has another reference: the front's own is 1.1 times its worst.
    char *table =
        run_text(0, "query @q.db -f csv "
                    "SELECT~evaluation,energy_pj,latency_cycles,point_id~FROM~"
                    "v_search_step~WHERE~status='ok'~ORDER~BY~evaluation");
    double e[64], l[64], n[64];
    int points = 0;
    for (char *at = strchr(table, '\n') + 1; *at; at = strchr(at, '\n') + 1)
        if (sscanf(at, "%lf,%lf,%lf", &n[points], &e[points], &l[points]) == 3)
            points++;
    double worst[2] = {0, 0};
    for (int i = 0; i < points; i++) {
        bool beaten = false;
        for (int j = 0; j < points; j++)
            beaten = beaten ||
                     (e[j] <= e[i] && l[j] <= l[i] && (e[j] < e[i] || l[j] < l[i]));
        worst[0] = beaten ? worst[0] : fmax(worst[0], 1.1 * e[i]);
        worst[1] = beaten ? worst[1] : fmax(worst[1], 1.1 * l[i]);
    }
    for (int c = 0; c < count; c++) {
        // By strips from each energy to the next.
        double volume = 0;
        for (int i = 0; i < points; i++) {
            if (n[i] > x[c])
                continue;
            double right = worst[0], least = worst[1];
            bool first = e[i] < worst[0];
            for (int j = 0; j < points; j++) {
                if (n[j] > x[c])
                    continue;
                first = first && !(e[j] == e[i] && j < i);
                if (e[j] > e[i])
                    right = fmin(right, e[j]);
                if (e[j] <= e[i])
                    least = fmin(least, l[j]);
            }
            if (first)
                volume += (right - e[i]) * (worst[1] - least);
        }
        near(y[c], volume / (worst[0] * worst[1]));
    }
    near(x[count - 1], n[points - 1]); // the last that has figures
    free(table);
    free(script);
    // All sweeps together are no search.
    script = script_of("plot hypervolume @r.db -o @h2",
                       "h2/hypervolume_tiny_energy-latency.png.gp");
    has(script, "in the order they were stored");
    free(script);
}

// A curve for each value, of its points alone: their fronts in one box.
static void hypervolumes_are_told_apart(void **state) {
    (void)state;
    char *script = script_of("plot hypervolume @r.db -O energy,area -o @c --colour "
                             "buffer.fanout.x --facet DRAM.shared_bits_per_cycle",
                             "c/hypervolume_tiny_energy-area.png.gp");
    char *whole = script_of("plot hypervolume @r.db -O energy,area -o @c2",
                            "c2/hypervolume_tiny_energy-area.png.gp");
    has(script, "'buffer.fanout.x:'");
    has(script, "set title 'DRAM.shared_bits_per_cycle 24'");
    double x[64], y[64], best = 0;
    for (int curve = 0; curve < 4; curve++) {
        const int count = curve_of(script, curve, x, y);
        assert_true(count > 0);
        assert_int_equal((int)x[count - 1], 12); // all go on to the end
        best = fmax(best, y[count - 1]);
        // Each begins with the first of its points: the grid's last axis is fastest.
        assert_int_equal((int)x[0], 1 + curve / 2 * 2 + curve % 2);
    }
    const int count = curve_of(whole, 0, x, y);
    assert_true(best <= y[count - 1] && best > 0.3 * y[count - 1]);
    assert_null(strstr(strstr(whole, "# points") + 4, "\n\n\n"));
    free(whole);
    free(script);
}

// ---- gains ----

// Two accelerators: bars of each network's designs, coloured by a parameter, numbered.
static void gains_have_colours(void **state) {
    (void)state;
    char *base = malloc(sizeof arch + 8);
    sprintf(base, "name: base%s", arch + strlen("name: small"));
    write_scratch("b.yaml", base);
    free(base);
    write_scratch("g.yaml", "name: g\nworkloads: [n.yaml]\narchs: [{path: a.yaml, "
                            "override: {buffer.capacity_kib: [2, 64], buffer.fanout.x: "
                            "[1, 2]}}, b.yaml]\n");
    struct ran ran = run_program("sweep @g.yaml -o @g.db -q");
    if (ran.status != 0)
        fail_msg("%s", ran.err);
    free_ran(&ran);
    char *script = script_of("plot gain @g.db --over base -o @g --colour "
                             "buffer.fanout.x",
                             "g/gain_base.png.gp");
    has(script, "'buffer.fanout.x:'");
    has(script, "'bars:'");
    has(script, "'5  ");
    struct lines *lines = lines_of(script);
    assert_int_equal(lines->count, 1);
    // Five designs: three gains and a colour each. Those of one fan-out are alike, the
    // base has none.
    char(*field)[100] = lines->field[0];
    assert_string_equal(field[16], field[18]);
    assert_string_equal(field[17], field[19]);
    assert_string_not_equal(field[16], field[17]);
    assert_string_not_equal(field[20], field[16]);
    near(atof(field[5]), 1); // the base over itself
    free(lines);
    free(script);
    // By themselves they have a colour and a name each.
    script = script_of("plot gain @g.db --over base -o @g2", "g2/gain_base.png.gp");
    lacks(script, "'bars:'");
    lacks(script, "'5  ");
    free(script);
}

// ---- refusals ----

static void what_has_no_use_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
    } refused[] = {
        {"plot energy @r.db --colour arch", "energy takes no --colour: its colours"},
        {"plot layers @r.db -p 1 -c kind", "layers takes no --colour: its colours"},
        {"plot bottleneck @r.db -p 1 -c kind", "what sets the latency"},
        {"plot utilisation @r.db -p 1 -c kind", "what the multipliers do"},
        {"plot mapping @r.db -p 1 -l head -c kind", "the memories and the tensors"},
        {"plot gantt @r.db -p 1 -l head -c kind", "what fills, computes and moves"},
        {"plot energy @r.db --shape arch",
         "energy takes no --shape: bars have no shape"},
        {"plot gain @r.db --over small --shape arch", "bars have no shape"},
        {"plot hypervolume @r.db --shape arch", "told apart by --colour"},
        {"plot gain @r.db --over small --facet arch", "energy, time and traffic"},
        {"plot learning @r.db --facet arch", "what accuracy is drawn over"},
        {"plot mapping @r.db -p 1 -l head --facet kind", "it is of one layer"},
        {"plot hypervolume @r.db --label arch", "curves are named in the legend"},
        {"plot learning @r.db --label arch", "curves are named in the legend"},
        {"plot gain @r.db --over small --label arch", "have their gain as label"},
        {"plot gantt @r.db -p 1 -l head --label kind", "it is of one layer"},
        {"plot energy @r.db --log x", "a logarithm has no place"},
        {"plot mapping @r.db -p 1 -l head --log x", "it has no axes"},
        {"plot gantt @r.db -p 1 -l head --log none", "takes no --log"},
        {"plot energy @r.db -O energy,area", "only front and hypervolume have"},
        {"plot front @r.db -p 1", "--where \"point_id = 3\" takes one"},
        {"plot front @r.db -l head", "only mapping and gantt are of one layer"},
        {"plot layers @r.db -p 1 -l head", "layers takes no --layer: it is of all"},
        {"plot front @r.db -n 4", "only energy leaves bars out"},
        {"plot roofline @r.db -p 1 -a small", "roofline takes no --arch: -p says"},
        {"plot gantt @r.db -p 1 -l head --limit energy<1mJ",
         "takes no --limit: -p says"},
        {"plot gantt @r.db -p 1 -l head -s s", "takes no --sweep: -p says"},
        {"plot learning @r.db -s s", "learning takes no --sweep"},
        {"plot learning @r.db --form raw", "-w takes those of one network"},
        {"plot front @r.db --over small", "front takes no --over: only gains"},
        {"plot energy @r.db --over-form raw", "takes no --over-form: only gains"},
        {"plot mapping @r.db -p 1 -l head -t png", "mapping takes no --type png"},
        // All at once.
        {"plot energy @r.db --shape arch --log x --over small", "takes no --over:"},
        {"plot energy @r.db --shape arch --log x --over small", "takes no --shape:"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char line[300];
        snprintf(line, sizeof line, "%s -o @none", refused[i].line);
        struct ran ran = run_program(line);
        if (ran.status != 2 || !strstr(ran.err, refused[i].says))
            fail_msg("%s: %d, %s", line, ran.status, ran.err);
        free_ran(&ran);
    }
    FILE *none = fopen(scratch("none"), "r");
    assert_null(none); // nothing was made
    // What is no parameter is answered with those that there are.
    run_says(1, "plot roofline @r.db -p 1 -o @none2 --colour kin",
             "no layer has a parameter 'kin'; nearest: 'kind'; there are set_by");
    run_says(1, "plot layers @r.db -p 1 -o @none2 --facet buffer",
             "no layer has a parameter 'buffer'");
    run_says(1, "plot energy @r.db -o @none2 --label buffer.capacity",
             "nearest: 'buffer.capacity_kib'");
    run_says(1, "plot hypervolume @r.db -o @none2 --colour kind",
             "no point has a parameter 'kind'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_of_points_are_grouped),
        cmocka_unit_test(fewer_bars_keep_their_names),
        cmocka_unit_test(bars_of_layers_are_grouped),
        cmocka_unit_test(rooflines_have_parameters),
        cmocka_unit_test(searches_are_in_their_order),
        cmocka_unit_test(hypervolumes_are_told_apart),
        cmocka_unit_test(gains_have_colours),
        cmocka_unit_test(what_has_no_use_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
