// Pictures of stored points whose layers take turns: what is drawn is what is stored.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/support_drawing.h"
#include "cli/support_program.h"
#include "cli/support_swept.h"
#include "cli/support_turns.h"
#include "results/look/plot/plot.h"

// The first line of a script's data; free with the script.
static char *data_of(const char *line, const char *script, char **text) {
    *text = script_of(line, script);
    char *data = strstr(*text, "data << ");
    assert_non_null(data);
    return strchr(strchr(data, '\n') + 1, '\n') + 1; // after the names of columns
}

static void test_words_beside_each_other(void **state) {
    (void)state;
    sweep_with_groups(
        "words",
        "override: {GLB.pj_per_bit: [1, 2]}\nmapper: {resident: [false, true], "
        "fuse_depth: [1, 3], tiles: [balanced, all]}\n");
    // Four points of one design, in the order of what they may; the other designs are
    // not drawn.
    const int64_t point = (int64_t)number_of(
        "words", "SELECT max(point_id) FROM v_point WHERE parameters LIKE '%=1 %'");
    char line[128], script[64], *text;
    snprintf(line, sizeof line, "plot words @words.db -p %lld -o @w", (long long)point);
    snprintf(script, sizeof script, "w/words_%lld.png.gp", (long long)point);
    char *data = data_of(line, script, &text);
    assert_non_null(strstr(text, "'each layer by itself: "));
    assert_non_null(strstr(text, "'tensors may stay: "));
    assert_non_null(strstr(text, "'up to 3 layers take turns: "));
    assert_non_null(strstr(text, "'up to 3 layers take turns, any tiles: "));
    static const char *const parameters[] = {
        "GLB.pj_per_bit=1", "GLB.pj_per_bit=1 mapper.resident=true",
        "GLB.pj_per_bit=1 mapper.fuse_depth=3 mapper.resident=true",
        "GLB.pj_per_bit=1 mapper.fuse_depth=3 mapper.resident=true mapper.tiles=all"};
    unsigned layers = 0;
    for (; *data >= '0' && *data <= '9'; data = strchr(data, '\n') + 1, layers++) {
        char name[64];
        int used;
        assert_int_equal(sscanf(data, "%*u\t\"%63[^\"]\"%n", name, &used), 1);
        char *at = data + used;
        for (int i = 0; i < 4; i++) {
            char sql[400];
            snprintf(
                sql, sizeof sql,
                "SELECT sum(reads_words + updates_words) FROM v_level JOIN v_point "
                "USING (point_id) WHERE level = 0 AND parameters = '%s' AND layer "
                "= '%s'",
                parameters[i], name);
            assert_true(strtod(at, &at) == number_of("words", sql));
        }
    }
    assert_true(layers == number_of("words",
                                    "SELECT count(*) FROM v_layer WHERE point_id "
                                    "= 1 AND latency_cycles > 0"));
    free(text);
    run_says(2, "plot words @words.db -p 1 --facet kind -o @w", "it has one panel");
}

static void test_turns_in_time(void **state) {
    (void)state;
    sweep_with_groups("turns", "mapper: {resident: true, fuse_depth: 3}\n");
    char *layer =
        asked("turns", "SELECT~layer~FROM~v_nest~WHERE~group_index~=~0~LIMIT~1");
    char line[128], script[64], *text;
    const char *name = strtok(strchr(layer, '\n') + 1, "\n");
    snprintf(line, sizeof line, "plot gantt @turns.db -p 1 -l %s -o @t", name);
    snprintf(script, sizeof script, "t/gantt_1_%s.png.gp", name);
    char *data = data_of(line, script, &text);
    double end = 0, most = 0, tiles = 0;
    unsigned nests = 0;
    for (; *data >= '0' && *data <= '9'; data = strchr(data, '\n') + 1, nests++) {
        double from, to, held, with;
        char of[64];
        assert_int_equal(sscanf(data, "%*u\t%lf\t%lf\t%*s\t%lf\t%lf\t\"%63[^\"]", &from,
                                &to, &held, &with, of),
                         5);
        assert_true(from == end && to > from && with >= held); // one after the other
        tiles = with - held > tiles ? with - held : tiles;
        char sql[160];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM v_nest WHERE layer = '%s'", of);
        assert_true(number_of("turns", sql) > 0);
        end = to;
        most = with > most ? with : most;
    }
    assert_true(end == number_of("turns", "SELECT latency_cycles FROM v_group WHERE "
                                          "group_index = 0"));
    assert_true(nests == number_of("turns", "SELECT sum(times) FROM v_nest WHERE "
                                            "group_index = 0 AND latency_cycles > 0"));
    char *arch = read_whole(scratch("chip.yaml"));
    const char *capacity = strstr(strstr(arch, "GLB"), "capacity_bytes: ");
    assert_true(tiles > 0 && most > 0 && most * 1024 <= strtod(capacity + 16, NULL));
    char part[96];
    snprintf(part, sizeof part, ", \\\n     %.12g with lines",
             strtod(capacity + 16, NULL) / 1024);
    assert_non_null(strstr(text, part));
    snprintf(part, sizeof part, ", %.12g cycles'",
             number_of("turns", "SELECT sum(latency_cycles) FROM v_nest WHERE "
                                "group_index = 0 AND layer_index = (SELECT last_layer "
                                "FROM v_group WHERE group_index = 0)"));
    assert_non_null(strstr(text, part));
    // Of the layer with the kind that runs most often, too.
#define OFTEN                                                                          \
    "(SELECT layer_index FROM v_nest WHERE group_index = 0 ORDER BY times DESC LIMIT " \
    "1)"
    assert_true(number_of("turns", "SELECT max(times) FROM v_nest WHERE group_index = "
                                   "0 AND layer_index = " OFTEN) > 1);
    snprintf(part, sizeof part, ", %.12g cycles'",
             number_of("turns", "SELECT sum(latency_cycles) FROM v_nest WHERE "
                                "group_index = 0 AND layer_index = " OFTEN));
    assert_non_null(strstr(text, part));
    free(arch);
    free(text);
    free(layer);
    // Of a group the layers that stand outside have their own.
    run_says(1, "plot mapping @turns.db -p 1 -l nobody -o @t", "has no layer 'nobody'");
}

// Four tiles of two rows, each in eight parts of two channels, for which the layers run
// in turn: the first makes 3, 4, 4 and 3 rows, 32 MACs each, of a part (and a function
// in its stream takes no time: kinds 5 and 6 are not drawn). Every eighth
// nest of the last layer is one that is finished, and holds no sums.
static void test_parts_in_time(void **state) {
    (void)state;
    write_scratch(
        "chip.yaml",
        "{name: tiny, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, {level: GLB, memory: "
        "{class: sram, shares: [activations, weights], capacity_bytes: 200, "
        "pj_per_bit: "
        "1}}, {level: regs, memory: {class: regfile, capacity_bytes: 16, pj_per_bit: "
        "0.1}}], compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.1, "
        "ops_per_cycle: 4}}");
    write_scratch(
        "net.yaml",
        "{name: net, source: s, edges: chain, layers: [{name: e, kind: conv, "
        "in: [2, 8, 8], out_channels: 16, kernel: 1}, {name: r, kind: act, in: [16, 8, "
        "8]}, {name: d, kind: dwconv, "
        "in: [16, 8, 8], kernel: 3, pad: 1}, {name: p, kind: conv, in: [16, "
        "8, 8], out_channels: 2, kernel: 1}]}");
    write_sweep("energy", "mapper: {resident: true, fuse_depth: 3}\n");
    sweep_into("parts", "");
#define OF_P " FROM v_nest WHERE layer = 'p'"
    assert_true(number_of("parts",
                          "SELECT sum(times) / sum(times * NOT unfinished)" OF_P) == 8);
    const double sums =
        number_of("parts", "SELECT min(reserved_bits)" OF_P " AND unfinished") / 8192;
    assert_true(
        number_of("parts", "SELECT max(reserved_bits)" OF_P " AND NOT unfinished") /
            8192 <
        sums);
    char *text = asked("parts", "SELECT~nest_order~FROM~v_group");
    assert_string_equal(text, "nest_order\n0 5 7 15 6*(3 5 10 17) 3 5 13 19 2*(1 6 8 "
                              "16 6*(4 6 11 18) 4 6 8 19) 2 5 9 15 6*(3 5 12 17) 3 5 "
                              "14 20\n");
    free(text);
    char *data =
        data_of("plot gantt @parts.db -p 1 -l p -o @t", "t/gantt_1_p.png.gp", &text);
    unsigned nests = 0;
    char colors[3][16];    // of the layers, whichever nest
    double tile[24] = {0}; // what the nests of the second hold
    for (; *data >= '0' && *data <= '9'; data = strchr(data, '\n') + 1, nests++) {
        static const char *const layers[] = {"e", "d", "p"};
        static const double rows[] = {3, 4, 4, 3};
        double from, to, held;
        char of[64], color[16];
        assert_int_equal(sscanf(data, "%*u\t%lf\t%lf\t%15s\t%lf\t%*f\t\"%63[^\"]",
                                &from, &to, color, &held, of),
                         5);
        assert_string_equal(of, layers[nests % 3]);
        if (nests < 3)
            strcpy(colors[nests], color);
        assert_string_equal(color, colors[nests % 3]);
        assert_true(nests % 3 || to - from == 32 * rows[nests / 24]);
        assert_true(nests % 3 < 2 || (held < sums) == (nests % 24 == 23));
        assert_true(nests / 24 != 2 || held == tile[nests % 24]);
        tile[nests % 24] = held;
    }
    assert_int_equal(nests, 96);
    free(text);
    // Orders that are none of all nests, in a file whose digests are not looked at.
    static const char *const wrong[] = {
        "2*(0 7 15)",        "0 7 15 9*()",   "95*15", "200*(0", "0 x",
        "99999999999*(5 6)", "2*(0 7 15)) 0", "",      "3 4"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char sql[96];
        snprintf(sql, sizeof sql, "UPDATE grp SET nest_order = '%s'", wrong[i]);
        change_swept("parts", sql);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        struct sdse_reader *reader = NULL;
        const struct sdse_arch none = {.level_count = 0};
        sdse_diags_init(&diags, arena);
        char picture[256];
        snprintf(picture, sizeof picture, "%s", scratch("wrong.png"));
        const struct sdse_mapping_plot plot = {.point_id = 1,
                                               .arch = &none,
                                               .owner = "net",
                                               .layer = "p",
                                               .picture = picture};
        assert_int_equal(
            sdse_reader_open_unchecked(scratch("parts.db"), &diags, &reader), SDSE_OK);
        assert_int_equal(sdse_plot_gantt(reader, &plot, arena, &diags), SDSE_INVALID);
        assert_string_equal(diags.first->check, "results-damaged");
        sdse_reader_close(reader);
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words_beside_each_other),
                                       cmocka_unit_test(test_turns_in_time),
                                       cmocka_unit_test(test_parts_in_time)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
