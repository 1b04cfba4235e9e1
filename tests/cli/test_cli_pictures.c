// Pictures of points and layers: every figure in them is the database's or follows from
// it and the accelerator; scripts run alone, without a word.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/plot_script.h"
#include "support_drawing.h"
#include "support_program.h"

static sqlite3 *db;

// An accelerator whose buffer does not overlap, with fills, drains and passes that take
// cycles; a network with a name that XML and gnuplot must escape.
static const char arch[] =
    "name: small\nsource: made up for tests\nnode_nm: 45\nclock_ghz: 0.5\n"
    "word_bits: 8\ncount_fill_drain: true\nlevels:\n"
    "  - level: DRAM\n"
    "    memory: {class: dram, pj_per_bit: 4, shared_bits_per_cycle: 24}\n"
    "  - level: buffer\n"
    "    memory: {class: sram, capacity_kib: 16, buffering: 2, port_bits: 64, read_pj: "
    "10, write_pj: "
    "12, area_um2: 50000, shared_bits_per_cycle: 512}\n"
    "    overlap: false\n    fanout: {x: 2, y: 2}\n    pass: {start_cycles: 7}\n"
    "    network: {topology: mesh, multicast: [weights, inputs], reduce: [outputs], "
    "hop_pj_per_bit: 0.02}\n"
    "  - level: registers\n"
    "    memory: {class: regfile, capacity_bytes: 64, port_bits: 8, access_pj: 0.1, "
    "area_um2: 300}\n"
    "compute: {pj_per_mac: 0.5, area_um2: 400}\n";

static const char net[] =
    "name: tiny\nsource: made up for tests\nlayers:\n"
    "  - {name: \"a<b>&'c'\", kind: conv, in: [2, 4, 4], out_channels: 2, kernel: 3, "
    "pad: 1}\n"
    "  - {name: again, kind: conv, in: [4, 4, 4], out_channels: 4, kernel: 3, pad: "
    "1, "
    "repeat: 3}\n"
    "  - {name: fc, kind: fc, in: 24, out_channels: 6}\n";

static const char sweep[] =
    "name: pictures\nworkloads: [n.yaml]\narchs: [a.yaml]\noverride:\n"
    "  buffer.capacity_kib: [2, 16, 1024, 128]\n  DRAM.shared_bits_per_cycle: [24, "
    "64]\n"
    "weight_forms: [raw]\n";

static int set_up(void **state) {
    if (enter_scratch(state) != 0)
        return -1;
    write_scratch("a.yaml", arch);
    write_scratch("n.yaml", net);
    write_scratch("s.yaml", sweep);
    struct ran ran = run_program("sweep @s.yaml -o @r.db -j 2");
    const bool done = ran.status == 0;
    if (!done)
        fprintf(stderr, "%s", ran.err);
    free_ran(&ran);
    return !done || sqlite3_open(scratch("r.db"), &db) != SQLITE_OK;
}

static int tear_down(void **state) {
    sqlite3_close(db);
    return leave_scratch(state);
}

// ---- asking ----

static double number(const char *sql) {
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const double value = sqlite3_column_double(row, 0);
    sqlite3_finalize(row);
    return value;
}

static double layer_figure(const char *column, int layer) {
    char sql[600];
    snprintf(sql, sizeof sql,
             "SELECT %s FROM v_layer l WHERE point_id = 1 AND layer_index = %d", column,
             layer);
    return number(sql);
}

static void near(double a, double b) {
    if (fabs(a - b) > 1e-7 * (fabs(a) + fabs(b)) + 1e-12)
        fail_msg("%.12g is not %.12g", a, b);
}

// Draws, and returns the data of the script.
static char *data_of(const char *line, const char *script) {
    char *text = script_of(line, script);
    char *data = plot_data(text);
    assert_non_null(data);
    memmove(text, data, strlen(data) + 1);
    return text;
}

// The fields of line `n` of the data (0 is the heading), cut at tabs.
enum { FIELDS = 24 };
static int fields_of(const char *data, int n, char field[FIELDS][128]) {
    for (; n > 0; n--) {
        data = strchr(data, '\n');
        assert_non_null(data);
        data++;
    }
    int count = 0;
    while (*data && *data != '\n' && count < FIELDS) {
        const size_t length = strcspn(data, "\t\n");
        snprintf(field[count++], 128, "%.*s", (int)length, data);
        data += length + (data[length] == '\t');
    }
    return count;
}

static int column_of(char field[FIELDS][128], int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(field[i], name) == 0)
            return i;
    return -1;
}

// ---- bars ----

static void latency_is_what_sets_it(void **state) {
    (void)state;
    char *data = data_of("plot bottleneck @r.db -p 1 -o @p", "p/bottleneck_1.png.gp");
    char head[FIELDS][128], field[FIELDS][128];
    const int parts = fields_of(data, 0, head) - 3; // label, text, parts, remark
    assert_non_null(strstr(data, "[µs]"));
    const double us =
        number("SELECT 1e6 * latency_s / latency_cycles FROM v_point WHERE "
               "point_id = 1");
    for (int layer = 0; layer < 3; layer++) {
        const int count = fields_of(data, layer + 1, field);
        assert_int_equal(count, parts + 3);
        near(atof(field[parts + 1]), us * layer_figure("latency_cycles", layer));
        double taken[FIELDS];
        for (int p = 0; p < parts; p++)
            taken[p] = atof(field[p + 2]) - atof(field[p + 1]);
        const char *figures[] = {"fill_cycles", "drain_cycles", "pass_cycles"};
        const char *names[] = {"first fills", "last drains", "passes"};
        for (int i = 0; i < 3; i++) {
            const int at = column_of(head, parts + 2, names[i]);
            assert_true(at > 0);
            near(taken[at - 2] + 1, us * layer_figure(figures[i], layer) + 1);
        }
        // Transfers of the buffer do not overlap, those of the DRAM do.
        const int beside = column_of(head, parts + 2, "does not overlap");
        assert_true(beside > 0);
        near(taken[beside - 2],
             us * layer_figure("(SELECT max(memory_cycles) FROM v_level v WHERE "
                               "v.point_id = l.point_id AND v.layer_index = "
                               "l.layer_index AND memory = 'buffer')",
                               layer));
        // What sets it is named at the bar's end, and is the longest of the rest.
        const double dram =
                         us * layer_figure("(SELECT max(memory_cycles) FROM v_level v "
                                           "WHERE v.point_id = l.point_id AND "
                                           "v.layer_index = l.layer_index AND memory "
                                           "= 'DRAM')",
                                           layer),
                     compute = us * layer_figure("compute_cycles", layer);
        const bool by_dram = strncmp(field[count - 1], "\"DRAM", 5) == 0;
        assert_int_equal(by_dram, dram > compute);
        const int at = column_of(head, parts + 2, by_dram ? "DRAM" : "compute");
        assert_true(at > 0);
        near(taken[at - 2], fmax(dram, compute));
    }
    char label[FIELDS][128];
    fields_of(data, 2, label);
    assert_string_equal(label[0], "\"again ×3\"");
    free(data);
}

static void utilisation_is_shared_out(void **state) {
    (void)state;
    char *data = data_of("plot utilisation @r.db -p 1 -o @p", "p/utilisation_1.png.gp");
    char head[FIELDS][128], field[FIELDS][128];
    const int columns = fields_of(data, 0, head);
    assert_string_equal(head[2], "multipliers at work");
    for (int layer = 0; layer < 3; layer++) {
        assert_int_equal(fields_of(data, layer + 1, field), columns);
        near(atof(field[2]), 100 * layer_figure("utilization", layer));
        const int waiting = column_of(head, columns, "waiting");
        near(atof(field[waiting]), 100);
        near(atof(field[waiting]) - atof(field[waiting - 1]) + 1,
             101 - 100 * layer_figure("1.0 * compute_cycles / latency_cycles", layer));
    }
    free(data);
}

// ---- roofline ----

// 4 multipliers at 0.5 GHz make 4 Gop/s; 24 bits a cycle are 1.5 GB/s.
static void rooflines_are_roofs(void **state) {
    (void)state;
    char *data = data_of("plot roofline @r.db -p 1 -o @p", "p/roofline_1.png.gp");
    char *script = read_whole(scratch("p/roofline_1.png.gp"));
    assert_non_null(strstr(script, "using 4:5:3 with labels left")); // where they fit
    free(script);
    char field[FIELDS][128];
    bool found[3] = {false};
    double before = HUGE_VAL;
    for (int n = 1; n <= 3; n++) {
        fields_of(data, n, field);
        const int layer = field[0][2] == '<' ? 0 : field[0][1] == 'a' ? 1 : 2;
        found[layer] = true;
        const double x = atof(field[1]), y = atof(field[2]), roof = atof(field[3]);
        near(x, layer_figure("ops_per_dram_byte", layer));
        near(y, 4 * layer_figure("utilization", layer));
        near(roof, fmin(4, 1.5 * x));
        assert_true(y <= roof * (1 + 1e-9));
        const double cycles = layer_figure("latency_cycles", layer);
        assert_true(cycles <= before); // the longest first: labels are theirs
        before = cycles;
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT bottleneck LIKE '%.20s%%' FROM v_layer WHERE point_id = 1 AND "
                 "layer_index = %d",
                 strtok(field[6], "\""), layer);
        assert_int_equal(number(sql), 1);
    }
    assert_true(found[0] && found[1] && found[2]);
    char *roof = strstr(data, "# roof\n");
    double x[3], y[3];
    assert_int_equal(sscanf(roof, "# roof\n%lf %lf\n%lf %lf\n%lf %lf", &x[0], &y[0],
                            &x[1], &y[1], &x[2], &y[2]),
                     6);
    near(y[0], 1.5 * x[0]);
    near(x[1], 4 / 1.5);
    near(y[1], 4);
    near(y[2], 4);
    free(data);
}

// ---- one layer ----

static void gantt_takes_the_models_cycles(void **state) {
    (void)state;
    char *data =
        data_of("plot gantt @r.db -p 1 -l again -o @p", "p/gantt_1_again.png.gp");
    double busy[16] = {0}, last[16] = {0}, first[16], end = 0;
    int blocks[16] = {0};
    char names[16][64];
    for (int i = 0; i < 16; i++)
        first[i] = HUGE_VAL;
    for (char *line = strchr(data, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        int row;
        double from, to;
        char name[64];
        assert_int_equal(
            sscanf(line, "%d %lf %lf %*s \"%63[^\"]", &row, &from, &to, name), 4);
        assert_true(row >= 0 && row < 16 && to > from && from >= last[row] - 1e-6);
        busy[row] += to - from;
        last[row] = to;
        first[row] = fmin(first[row], from);
        blocks[row]++;
        end = fmax(end, to);
        strcpy(names[row], name);
    }
    near(end, layer_figure("latency_cycles / repeat", 1));
    static const struct {
        const char *name, *figure;
    } rows[] = {
        {"first fills", "fill_cycles / repeat"},
        {"compute", "compute_cycles / repeat"},
        {"DRAM transfers", "(SELECT max(memory_cycles) / repeat FROM v_level v WHERE "
                           "v.point_id = 1 AND v.layer = l.layer AND memory = 'DRAM')"},
        {"buffer transfers",
         "(SELECT max(memory_cycles) / repeat FROM v_level v WHERE v.point_id = 1 AND "
         "v.layer = l.layer AND memory = 'buffer')"},
        {"start and skew of passes", "pass_cycles / repeat"},
        {"last drains", "drain_cycles / repeat"}};
    double at = 0;
    for (int r = 0; r < 6; r++) {
        assert_string_equal(names[r], rows[r].name);
        near(busy[r], layer_figure(rows[r].figure, 1));
        // What overlaps begins together, the rest one after the other.
        if (r == 1 || r == 2)
            near(first[r], busy[0]);
        if (r >= 3)
            near(first[r], at);
        at = r == 1 ? busy[0] : fmax(at, last[r]);
        if (r == 2)
            at = busy[0] + fmax(busy[1], busy[2]);
        assert_true(r == 1 || r == 2 ? blocks[r] == blocks[1] : blocks[r] == 1);
    }
    assert_true(blocks[1] >= 1 && blocks[1] <= 12);
    // Blocks of what overlaps begin evenly spaced over the time in the middle; how much
    // of the latency each row is at work is written beside it.
    char *script = read_whole(scratch("p/gantt_1_again.png.gp"));
    for (int r = 0; r < 6; r++) {
        char label[80];
        const double of_all = (first[3] - busy[0]) * (blocks[r] - 1) / blocks[r];
        if (r == 1 || r == 2)
            near(last[r] - busy[r] / blocks[r], busy[0] + of_all);
        snprintf(label, sizeof label, "'%.12g cycles, %.3g %%'",
                 layer_figure(rows[r].figure, 1), 100 * busy[r] / end);
        assert_non_null(strstr(script, label));
    }
    free(script);
    // As many as the outermost loops have passes, twelve at most.
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(db,
                       "SELECT mapping FROM v_layer WHERE point_id = 1 AND layer = "
                       "'again'",
                       -1, &row, NULL);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const char *mapping = (const char *)sqlite3_column_text(row, 0);
    const char *outer = strstr(mapping, "level: DRAM");
    const char *line_end = strchr(outer, '\n');
    const char *temporal = strstr(outer, "temporal: ");
    int passes = 1;
    if (temporal && temporal < line_end)
        for (const char *c = temporal + 10; *c != ',' && *c != '}'; c++)
            if (isupper((unsigned char)*c))
                passes *= atoi(c + 1);
    assert_int_equal(blocks[1], passes < 12 ? passes : 12);
    sqlite3_finalize(row);
    free(data);
}

// Tags are closed in order, and nothing of a name is taken for markup.
static void is_well_formed(const char *xml) {
    const char *open[64];
    int depth = 0, elements = 0;
    assert_memory_equal(xml, "<?xml", 5);
    for (const char *at = strstr(xml, "?>") + 2; *at; at++) {
        if (*at == '&')
            assert_true(strncmp(at, "&lt;", 4) == 0 || strncmp(at, "&gt;", 4) == 0 ||
                        strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&quot;", 6) == 0);
        assert_true(*at != '>');
        if (*at != '<')
            continue;
        const char *end = strchr(at, '>');
        assert_non_null(end);
        if (at[1] == '/') {
            assert_true(depth > 0);
            const size_t length = (size_t)(end - at) - 2;
            assert_memory_equal(open[--depth], at + 2, length);
            assert_true(!isalnum((unsigned char)open[depth][length]));
        } else if (end[-1] != '/') {
            assert_true(depth < 64);
            open[depth++] = at + 1;
        }
        elements++;
        at = end;
    }
    assert_int_equal(depth, 0);
    assert_true(elements > 20);
}

static void mappings_are_whole(void **state) {
    (void)state;
    struct ran ran = run_program("plot mapping @r.db -p 1 -l a<b>&'c' -o @p");
    assert_int_equal(ran.status, 0); // no gnuplot is needed
    char *path = strchr(ran.out, '\n');
    assert_non_null(path);
    *path = '\0';
    char *xml = read_whole(ran.out);
    assert_non_null(xml);
    is_well_formed(xml);
    assert_non_null(strstr(xml, ">a&lt;b&gt;&amp;'c' of tiny on small, raw "));
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(
        db,
        "SELECT mapping FROM v_layer WHERE point_id = 1 AND layer_index ="
        " 0",
        -1, &row, NULL);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    const char *mapping = (const char *)sqlite3_column_text(row, 0);
    static const struct {
        const char *key, *before;
    } loops[] = {{" temporal: ", ">for "},
                 {" spatial_x: ", ">spread on X "},
                 {" spatial_y: ", ">spread on Y "},
                 {"{level: ", ">"}};
    const char *last = xml;
    int seen = 0;
    for (size_t i = 0; i < 4; i++) {
        for (const char *at = mapping; (at = strstr(at, loops[i].key)); at++) {
            char text[200];
            const char *value = at + strlen(loops[i].key);
            snprintf(text, sizeof text, "%s%.*s", loops[i].before,
                     (int)strcspn(value, ",}"), value);
            const char *there = strstr(i == 3 ? last : xml, text);
            if (!there)
                fail_msg("%s is not drawn", text);
            if (i == 3) // boxes from the outermost in
                last = there;
            seen++;
        }
    }
    assert_true(seen > 4);
    assert_non_null(strstr(mapping, " spatial_y: ")); // all of them were asked for
    sqlite3_finalize(row);
    // Every tile, and how full its memory is.
    sqlite3_prepare_v2(db,
                       "SELECT printf('>%s, %d word%s<', part, tile_words, CASE"
                       " tile_words WHEN 1 THEN '' ELSE 's' END), memory,"
                       " printf('%.1f %%<', 100 * stored_bits / CASE memory WHEN"
                       " 'buffer' THEN 8192 WHEN 'registers' THEN 512 ELSE NULL"
                       " END), memory || CASE instances WHEN 1 THEN '' ELSE ' × ' ||"
                       " instances END || '<' FROM v_level WHERE point_id = 1 AND"
                       " layer_index = 0",
                       -1, &row, NULL);
    int tiles = 0;
    while (sqlite3_step(row) == SQLITE_ROW) {
        for (int c = 0; c < 4; c++) {
            const char *text = (const char *)sqlite3_column_text(row, c);
            const bool unlimited = c == 2 && sqlite3_column_text(row, 1)[0] == 'D';
            if (!unlimited && !strstr(xml, text))
                fail_msg("%s is not drawn", text);
        }
        tiles++;
    }
    sqlite3_finalize(row);
    assert_true(tiles >= 6);
    free(xml);
    free_ran(&ran);
    // The boxes' grounds are lighter inwards: the innermost text has the title's
    // colour.
    ran = run_program("plot mapping @r.db -p 1 -l a<b>&'c' --theme dark -o @dark");
    assert_int_equal(ran.status, 0);
    path = strchr(ran.out, '\n');
    assert_non_null(path);
    *path = '\0';
    xml = read_whole(ran.out);
    assert_non_null(xml);
    const char *title = strstr(xml, "<text "), *inner = strstr(xml, ">multipliers<");
    assert_true(title && inner);
    char fill[] = "fill=\"#rrggbb\"";
    assert_non_null(strstr(title, "fill=\"#"));
    memcpy(fill, strstr(title, "fill=\"#"), sizeof fill - 1);
    while (strncmp(inner, "<text ", 6) != 0)
        inner--;
    assert_true(strstr(inner, fill) && strstr(inner, fill) < strchr(inner, '>'));
    free(xml);
    free_ran(&ran);
}

// ---- points ----

// The final share is that of the rectangles below 1.1 times the front's worst.
static void hypervolume_grows_to_the_fronts(void **state) {
    (void)state;
    char *data = data_of("plot hypervolume @r.db -O energy,area -o @p",
                         "p/hypervolume_tiny_energy-area.png.gp");
    free(data_of("plot hypervolume @r.db -O energy,area --where point_id<4 -o @few",
                 "few/hypervolume_tiny_energy-area.png.gp"));
    char *script = read_whole(scratch("few/hypervolume_tiny_energy-area.png.gp"));
    const double step = atof(strstr(script, "set xtics ") + strlen("set xtics "));
    assert_true(step >= 1 && step == floor(step)); // points are whole
    free(script);
    double e[16], a[16], worst_e = 0, worst_a = 0;
    int n = 0;
    sqlite3_stmt *row = NULL;
    sqlite3_prepare_v2(
        db,
        "SELECT energy_pj, area_mm2 FROM v_point WHERE status = 'ok' ORDER"
        " BY point_id",
        -1, &row, NULL);
    while (sqlite3_step(row) == SQLITE_ROW && n < 16) {
        e[n] = sqlite3_column_double(row, 0);
        a[n++] = sqlite3_column_double(row, 1);
    }
    sqlite3_finalize(row);
    assert_int_equal(n, 8);
    for (int i = 0; i < n; i++) {
        bool beaten = false;
        for (int j = 0; j < n; j++)
            beaten = beaten ||
                     (e[j] <= e[i] && a[j] <= a[i] && (e[j] < e[i] || a[j] < a[i]));
        worst_e = beaten ? worst_e : fmax(worst_e, e[i]);
        worst_a = beaten ? worst_a : fmax(worst_a, a[i]);
    }
    double before = 0;
    int next = 0;
    for (char *line = strchr(data, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        int points;
        double share, volume = 0, grid[18];
        assert_int_equal(sscanf(line, "%d %lf", &points, &share), 2);
        assert_true(points > next && share >= before);
        // Cells between all energies: below each, the least area of what is at its
        // left.
        for (int i = 0; i < points; i++)
            grid[i] = fmin(e[i], 1.1 * worst_e);
        grid[points] = 1.1 * worst_e;
        for (int i = 0; i <= points; i++) { // each strip from a grid line to the next
            double right = 1.1 * worst_e, least = 1.1 * worst_a;
            for (int j = 0; j <= points; j++)
                if (grid[j] > grid[i])
                    right = fmin(right, grid[j]);
            bool first = true;
            for (int j = 0; j < i; j++)
                first = first && grid[j] != grid[i];
            for (int j = 0; j < points; j++)
                if (e[j] <= grid[i])
                    least = fmin(least, a[j]);
            if (first)
                volume += (right - grid[i]) * (1.1 * worst_a - least);
        }
        near(share, volume / (1.1 * worst_e * 1.1 * worst_a));
        before = share;
        next = points;
    }
    assert_int_equal(next, 8);
    free(data);
}

static void parameters_tell_points_apart(void **state) {
    (void)state;
    char *data =
        data_of("plot front @r.db -O energy,area --colour buffer.capacity_kib "
                "--shape DRAM.shared_bits_per_cycle --label arch --log xy -o @p",
                "p/front_tiny_energy-area.png.gp");
    char *script = read_whole(scratch("p/front_tiny_energy-area.png.gp"));
    assert_non_null(strstr(data, "# point\tEnergy [nJ]\tArea [mm²]\t"));
    const char *order[] = {
        "'buffer.capacity_kib:'",        "'2'",  "'16'", "'128'",      "'1024'",
        "'DRAM.shared_bits_per_cycle:'", "'24'", "'64'", "'dominated'"};
    const char *at = script;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        char label[80];
        snprintf(label, sizeof label, "%s at screen", order[i]);
        const char *there = strstr(at, label);
        if (!there)
            fail_msg("%s is not in its place of the legend", order[i]);
        at = there;
    }
    assert_non_null(strstr(script, "set logscale x 10"));
    assert_non_null(strstr(script, "set logscale y 10"));
    // Colour and shape follow the values, and nothing else.
    char color[2048][16] = {{0}};
    int type[128] = {0}, rows = 0;
    char field[FIELDS][128];
    for (int n = 1; n <= 8; n++) {
        assert_int_equal(fields_of(data, n, field), 11);
        char sql[200];
        snprintf(sql, sizeof sql,
                 "SELECT value FROM point_parameter WHERE point_id = %d AND path = "
                 "'buffer.capacity_kib'",
                 atoi(field[0]));
        const int kib = (int)number(sql);
        char text[20];
        snprintf(text, sizeof text, "\"%d\"", kib);
        assert_string_equal(field[7], text);
        if (!*color[kib])
            strcpy(color[kib], field[6]);
        assert_string_equal(color[kib], field[6]);
        snprintf(sql, sizeof sql,
                 "SELECT value FROM point_parameter WHERE point_id = %d AND path = "
                 "'DRAM.shared_bits_per_cycle'",
                 atoi(field[0]));
        const int bits = (int)number(sql);
        const int filled = atoi(field[5]) + !atoi(field[3]); // hollow: one less
        assert_true(!type[bits] || type[bits] == filled);
        type[bits] = filled;
        snprintf(sql, sizeof sql, "SELECT energy_pj FROM v_point WHERE point_id = %d",
                 atoi(field[0]));
        near(atof(field[1]), 1e-3 * number(sql)); // [nJ]
        rows++;
    }
    assert_int_equal(rows, 8);
    assert_true(strcmp(color[2], color[16]) != 0 &&
                strcmp(color[128], color[1024]) != 0);
    assert_true(type[24] != type[64]);
    free(script);
    free(data);
    struct ran ran = run_program("plot front @r.db --colour buffer.capacity -o @p");
    assert_int_equal(ran.status, 1);
    assert_non_null(strstr(ran.err,
                           "nearest: 'buffer.capacity_kib'; there are network, "
                           "arch, form, sweep, objective, "
                           "DRAM.shared_bits_per_cycle, buffer.capacity_kib "
                           "[plot-parameter]"));
    free_ran(&ran);
}

// A panel for each value, in order, each with its own front.
static void facets_have_their_fronts(void **state) {
    (void)state;
    char *data =
        data_of("plot front @r.db -O energy,area --facet "
                "DRAM.shared_bits_per_cycle --label buffer.capacity_kib --theme dark "
                "-t svg -o @p",
                "p/front_tiny_energy-area.svg.gp");
    assert_non_null(strstr(data, "where DRAM.shared_bits_per_cycle is 24\n"));
    double e[8], a[8];
    int panel[8], on[8];
    char field[FIELDS][128];
    for (int n = 0; n < 8; n++) {
        fields_of(data, n + 1, field);
        e[n] = atof(field[1]);
        a[n] = atof(field[2]);
        on[n] = atoi(field[3]);
        panel[n] = atoi(field[4]);
        char sql[200];
        snprintf(
            sql, sizeof sql,
            "SELECT value = '64' FROM point_parameter WHERE point_id = %d AND path = "
            "'DRAM.shared_bits_per_cycle'",
            atoi(field[0]));
        assert_int_equal(number(sql), panel[n]);
    }
    for (int i = 0; i < 8; i++) {
        bool beaten = false;
        for (int j = 0; j < 8; j++)
            beaten = beaten || (panel[i] == panel[j] && e[j] <= e[i] && a[j] <= a[i] &&
                                (e[j] < e[i] || a[j] < a[i]));
        assert_int_equal(on[i], !beaten);
    }
    // Labels are those of the panel's own front.
    const char *labels = data;
    for (int v = 0; v < 2; v++) {
        labels = strstr(labels, "# labels\n");
        assert_non_null(labels);
        labels += strlen("# labels\n");
        double x, y;
        int count = 0;
        for (const char *line = labels; sscanf(line, "%lf %lf", &x, &y) == 2; count++) {
            int own = 0;
            for (int n = 0; n < 8; n++)
                own += panel[n] == v && on[n] && e[n] == x && a[n] == y;
            assert_true(own >= 1);
            line = strchr(line, '\n') + 1;
            if (!*line || *line == '\n')
                break;
        }
    }
    free(data);
    struct ran ran =
        run_program("plot front @r.db -O energy,area,latency --facet form -o @p");
    assert_int_equal(ran.status, 2);
    free_ran(&ran);
    if (!have_gnuplot())
        return;
    char *picture = read_whole(scratch("p/front_tiny_energy-area.svg"));
    assert_non_null(strstr(picture, "#16181d"));
    free(picture);
}

static void what_is_asked_must_be_there(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *line, *says;
    } asked[] = {
        {2, "plot mapping @r.db -p 1 -o @p", "mapping of which layer? Add -l NAME"},
        {2, "plot roofline @r.db -o @p", "roofline of which design point? Add -p ID"},
        {1, "plot gantt @r.db -p 1 -l agai -o @p",
         "it has a<b>&'c', again, fc [plot-layer]"},
        {1, "plot bottleneck @r.db -p 77 -o @p", "[results-point]"},
        {1, "plot front @w.db --shape buffer.capacity_kib -o @p",
         "9 values of 'buffer.capacity_kib' are more than 6 shapes [plot-shapes]"},
        {1, "plot front @w.db --facet arch --shape buffer.capacity_kib -o @p",
         "[plot-shapes]"},
        {2, "plot front @r.db --theme grey -o @p", "light|dark"},
    };
    write_scratch("w.yaml",
                  "name: wide\nworkloads: [n.yaml]\narchs: [a.yaml]\n"
                  "override: {buffer.capacity_kib: [2, 3, 4, 5, 6, 7, 8, 9, 40]}\n"
                  "weight_forms: [raw]\n");
    struct ran wide = run_program("sweep @w.yaml -o @w.db -j 2");
    assert_int_equal(wide.status, 0);
    free_ran(&wide);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct ran ran = run_program(asked[i].line);
        if (ran.status != asked[i].status || !strstr(ran.err, asked[i].says))
            fail_msg("%s: %d, %s", asked[i].line, ran.status, ran.err);
        free_ran(&ran);
    }
}

// Up to eight numbers are steps with an entry each, more a scale.
static void many_numbers_are_a_scale(void **state) {
    (void)state;
    free(data_of("plot front @w.db -O energy,area --colour buffer.capacity_kib -o @p",
                 "p/front_tiny_energy-area.png.gp"));
    char *script = read_whole(scratch("p/front_tiny_energy-area.png.gp"));
    assert_non_null(strstr(script, "set palette defined"));
    assert_non_null(strstr(script, "set cbrange [2:40]"));
    assert_non_null(strstr(script, "set logscale cb 10")); // over a decade
    assert_null(strstr(script, "'5' at screen"));
    free(script);
    free(data_of("plot front @w.db -O energy,area --colour buffer.capacity_kib --where "
                 "parameters~NOT~LIKE~'%=40' -o @p",
                 "p/front_tiny_energy-area.png.gp"));
    script = read_whole(scratch("p/front_tiny_energy-area.png.gp"));
    assert_null(strstr(script, "set palette"));
    assert_non_null(strstr(script, "'5' at screen"));
    free(script);
}

// A key of a weight form is a parameter of the points in that form; others have none.
static void forms_have_parameters(void **state) {
    (void)state;
    static const char *const files[] = {"arch.yaml", "net.yaml"};
    for (int i = 0; i < 2; i++) {
        char path[100];
        snprintf(path, sizeof path, "tests/data/cli/%s", files[i]);
        char *text = read_whole(path);
        write_scratch(files[i], text);
        free(text);
    }
    write_scratch("f.yaml",
                  "name: f\nworkloads: [net.yaml]\narchs: [arch.yaml]\n"
                  "override: {buffer.capacity_kib: [8, 16]}\n"
                  "weight_forms: [raw, {name: sd, basis_size: 3, sparsity: 0.3}]\n");
    struct ran ran = run_program("sweep @f.yaml -o @f.db -j 2");
    assert_int_equal(ran.status, 0);
    free_ran(&ran);
    char *data = data_of("plot front @f.db --colour sd.sparsity -o @p",
                         "p/front_tiny_energy-latency.png.gp");
    char field[FIELDS][128];
    int raw = 0, sd = 0;
    for (int n = 1; n <= 4; n++) {
        fields_of(data, n, field);
        const bool is_raw = strcmp(field[9], "\"raw\"") == 0;
        assert_string_equal(field[7], is_raw ? "\"(none)\"" : "\"0.3\"");
        assert_int_equal(strcmp(field[6], "0x777777") == 0, is_raw); // stands back
        raw += is_raw;
        sd += !is_raw;
    }
    assert_true(raw == 2 && sd == 2);
    free(data);
    char *script = read_whole(scratch("p/front_tiny_energy-latency.png.gp"));
    const char *value = strstr(script, "'0.3' at screen");
    assert_true(value && strstr(value, "'(none)' at screen"));
    free(script);
    // One key that begins like another.
    data = data_of("plot front @f.db --colour sd.scale --form sd -o @p",
                   "p/front_tiny_energy-latency.png.gp");
    fields_of(data, 1, field);
    assert_string_equal(field[7], "\"false\"");
    free(data);
}

// Each script, moved away, draws its picture and says nothing.
static void scripts_run_alone(void **state) {
    (void)state;
    if (!have_gnuplot())
        skip();
    static const char *const lines[] = {
        "plot front @r.db -O energy,latency,area -o @q",
        "plot front @r.db --colour buffer.capacity_kib --facet sweep -t svg -o @q",
        "plot front @r.db --colour network --shape form --label arch -t pdf -o @q",
        "plot energy @r.db -o @q",
        "plot layers @r.db -p 2 -o @q",
        "plot bottleneck @r.db -p 2 --theme dark -o @q",
        "plot utilisation @r.db -p 2 -t pdf -o @q",
        "plot roofline @r.db -p 2 -t svg -o @q",
        "plot gantt @r.db -p 2 -l fc -o @q",
        "plot gain @r.db --over small --where point_id=1 -o @q",
        "plot hypervolume @r.db --log x -o @q"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct ran ran = run_program(lines[i]);
        if (ran.status != 0)
            fail_msg("%s: %s", lines[i], ran.err);
        free_ran(&ran);
    }
    char command[600];
    snprintf(
        command, sizeof command,
        "cd '%s' && mkdir -p away && mv q/*.gp away && cd away && for f in *.gp; do "
        "gnuplot \"$f\" 2>&1 && test -s \"${f%%.gp}\" || echo $f; done >said",
        scratch(""));
    assert_int_equal(system(command), 0);
    char *said = read_whole(scratch("away/said"));
    assert_string_equal(said, "");
    free(said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency_is_what_sets_it),
        cmocka_unit_test(utilisation_is_shared_out),
        cmocka_unit_test(rooflines_are_roofs),
        cmocka_unit_test(gantt_takes_the_models_cycles),
        cmocka_unit_test(mappings_are_whole),
        cmocka_unit_test(hypervolume_grows_to_the_fronts),
        cmocka_unit_test(parameters_tell_points_apart),
        cmocka_unit_test(facets_have_their_fronts),
        cmocka_unit_test(what_is_asked_must_be_there),
        cmocka_unit_test(many_numbers_are_a_scale),
        cmocka_unit_test(forms_have_parameters),
        cmocka_unit_test(scripts_run_alone),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
