// How pictures look: order and shortening of names, colours of components, axes, places
// of labels and legends.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "results/look/draw/axis.h"
#include "results/look/draw/canvas.h"
#include "results/look/draw/labels.h"
#include "results/look/draw/names.h"
#include "results/look/draw/palette.h"

static struct sdse_arena *arena;

static int set_up(void **state) {
    (void)state;
    return !(arena = sdse_arena_new());
}

static int tear_down(void **state) {
    (void)state;
    sdse_arena_free(arena);
    return 0;
}

static void numbers_are_in_order(void **state) {
    (void)state;
    static const char *const order[] = {"-3",  "0.5",  "9",       "64KiB",
                                        "128", "1024", "eyeriss", "inf"};
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 8; j++) {
            const int sign = sdse_names_order(order[i], order[j]);
            assert_int_equal((sign > 0) - (sign < 0), (i > j) - (i < j));
        }
    double value = 7;
    assert_true(sdse_names_number("19.2", &value) && value == 19.2);
    assert_false(sdse_names_number("64KiB", &value));
    assert_false(sdse_names_number("", &value));
    assert_false(sdse_names_number("nan", &value));
}

static void shared_words_are_left_out(void **state) {
    (void)state;
    const char *forms[] = {"raw", "sd c=3 basis=2 s=0.3", "sd c=3 basis=2 s=0.5"};
    assert_true(sdse_names_shorten(forms, 3, arena));
    assert_string_equal(forms[0], "raw");
    assert_string_equal(forms[1], "sd s=0.3");
    assert_string_equal(forms[2], "sd s=0.5");
    const char *points[] = {"eyeriss raw g=1", "eyeriss raw g=2"};
    assert_true(sdse_names_shorten(points, 2, arena));
    assert_string_equal(points[0], "g=1");
    assert_string_equal(points[1], "g=2");
    // What would make two equal, or one empty, stays.
    const char *alike[] = {"sd c=3", "sd", "sd c=3 c=4"};
    assert_true(sdse_names_shorten(alike, 3, arena));
    assert_string_equal(alike[0], "sd c=3");
    const char *empty[] = {"sd", "sd s=1"};
    assert_true(sdse_names_shorten(empty, 2, arena));
    assert_string_equal(empty[1], "sd s=1");
    const char *single[] = {"raw", "sd s=1"}; // a key that one name has
    assert_true(sdse_names_shorten(single, 2, arena));
    assert_string_equal(single[1], "sd s=1");
    const char *one[] = {"sd s=1"};
    assert_true(sdse_names_shorten(one, 1, arena));
    assert_string_equal(one[0], "sd s=1");
}

static void components_keep_their_colours(void **state) {
    (void)state;
    // Together in one accelerator or one legend: told apart.
    static const char *const together[] = {
        "DRAM",     "GLB",       "bases",   "ifmap",   "filter",   "psum", "network",
        "MAC",      "SB",        "NBin",    "NBout",   "input_gb", "wbuf", "ififo",
        "index_gb", "output_gb", "rebuild", "leakage", "other"};
    enum { COUNT = sizeof together / sizeof *together };
    for (size_t i = 0; i < COUNT; i++) {
        char copy[32];
        strcpy(copy, together[i]);
        assert_string_equal(sdse_palette_component(copy),
                            sdse_palette_component(together[i]));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(sdse_palette_component(together[i]),
                                    sdse_palette_component(together[j]));
    }
    assert_string_equal(sdse_palette_component("my own"),
                        sdse_palette_component("my own"));
    // Thirty pairs of colour and shape.
    for (size_t i = 0; i < 30; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(sdse_palette_color(i) != sdse_palette_color(j) ||
                        sdse_palette_filled(i) != sdse_palette_filled(j));
    // The gradient goes one way, from dark to light.
    for (int theme = 0; theme < SDSE_THEMES; theme++) {
        double before = -1;
        for (int i = 0; i <= 10; i++) {
            char color[8];
            sdse_palette_gradient((enum sdse_plot_theme)theme, i / 10.0, color);
            const long rgb = strtol(color + 1, NULL, 16);
            const double light = 0.299 * (double)(rgb >> 16) +
                                 0.587 * (double)(rgb >> 8 & 255) +
                                 0.114 * (double)(rgb & 255);
            assert_true(light > before);
            before = light;
        }
    }
}

static void axes_have_sensible_ends(void **state) {
    (void)state;
    static const struct {
        double least, greatest;
        enum sdse_plot_log log;
        const char *says;
    } axes[] = {
        {10, 20, SDSE_LOG_AUTO, "unset logscale x\nset xrange [9.4:20.6]\n"},
        {5, 20, SDSE_LOG_AUTO, "unset logscale x\nset xrange [0:20.9]\n"},
        {1, 100, SDSE_LOG_AUTO, "unset logscale x\nset xrange [0:105.94]\n"},
        {1, 101, SDSE_LOG_AUTO, "set logscale x 10\n"},
        {1, 101, SDSE_LOG_NONE, "unset logscale x\n"},
        {10, 20, SDSE_LOG_X, "set logscale x 10\n"},
        {10, 20, SDSE_LOG_Y, "unset logscale x\n"},
        {10, 20, SDSE_LOG_XY, "set logscale x 10\n"},
        {5.41, 5.43, SDSE_LOG_X,
         "set xtics (5.41, 5.415, 5.42, 5.425, 5.43)\n"}, // each is written out
        {0, 20, SDSE_LOG_X, "unset logscale x\n"},        // nothing between is drawn
        {-5, 500, SDSE_LOG_AUTO, "unset logscale x\nset xrange [-35.3:530.3]\n"},
        {7, 7, SDSE_LOG_AUTO, "unset logscale x\nset xrange [6.58:7.42]\n"},
    };
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        struct sdse_range range = {0};
        char text[2000] = "";
        if (axes[i].least != 0)
            sdse_range_take(&range, axes[i].least);
        else
            sdse_range_take(&range, -0.0);
        if (axes[i].least != 0 || axes[i].log != SDSE_LOG_X)
            sdse_range_take(&range, axes[i].greatest);
        FILE *out = fmemopen(text, sizeof text, "w");
        const struct sdse_axis axis = {.letter = 'x',
                                       .label = "it's",
                                       .range = range,
                                       .log =
                                           sdse_axis_is_log(axes[i].log, 'x', &range)};
        sdse_axis_write(&axis, out);
        fclose(out);
        assert_memory_equal(text, "set xlabel 'it''s'\n", 19);
        if (!strstr(text, axes[i].says))
            fail_msg("%zu: %s", i, text);
    }
}

static void labels_stand_clear(void **state) {
    (void)state;
    struct sdse_range x = {0}, y = {0};
    sdse_range_take(&x, 1);
    sdse_range_take(&x, 100);
    sdse_range_take(&y, 0);
    sdse_range_take(&y, 1);
    const struct sdse_labels_frame frame = {
        .width_px = 200, .height_px = 100, .x = &x, .y = &y, .log_x = true};
    struct sdse_labels labels;
    assert_true(sdse_labels_begin(&labels, &frame, 8, arena));
    sdse_labels_add(&labels, 1, 0, "abc");
    sdse_labels_add(&labels, 1.1, 0.05, "abc"); // over the first
    sdse_labels_add(&labels, 1, 0.5, "abc");    // above it
    sdse_labels_add(&labels, 10, 0, "abc");     // 100 px to the right
    sdse_labels_add(&labels, 100, 0.9, "abc");  // would leave the panel
    sdse_labels_add(&labels, 0, 0.9, "abc");    // has no place on the axis
    assert_int_equal(labels.count, 3);
    assert_int_equal(labels.left_out, 2);
    assert_true(labels.label[2].x == 10);
}

// The panels are as large with a legend of sixty entries as without one.
static void legends_eat_nothing(void **state) {
    (void)state;
    struct sdse_canvas few, many;
    struct sdse_canvas_wish wish = {
        .title = "a title", .panel_width_px = 800, .panel_height_px = 600};
    assert_true(sdse_canvas_plan(&few, &wish, arena));
    for (int i = 0; i < 60; i++)
        sdse_legend_add(&wish.legend, arena,
                        i == 23 ? SDSE_LEGEND_HEADING : SDSE_LEGEND_POINT, 7, 0,
                        "#000000", "a rather long name of a form");
    assert_true(sdse_canvas_plan(&many, &wish, arena));
    assert_int_equal(few.height_px, many.height_px);
    assert_int_equal(few.width_px + many.legend.width_px, many.width_px);
    assert_true(many.legend.rows * many.legend.columns >= 60);
    assert_true(many.legend.rows * many.legend.line_px <= 600);
    assert_true(many.legend_left >= 165 + 800);
    for (size_t foot = many.legend.rows; foot < 60; foot += many.legend.rows)
        assert_int_not_equal(wish.legend.entry[foot - 1].mark, SDSE_LEGEND_HEADING);
    // A long title takes lines of its own, four at most.
    char title[1200] = "";
    for (int i = 0; i < 100; i++)
        strcat(title, "wörter im ");
    wish.title = title;
    assert_true(sdse_canvas_plan(&many, &wish, arena));
    assert_int_equal(many.title_count, 4);
    assert_non_null(strstr(many.title[3], "…"));
    for (size_t i = 0; i < 4; i++)
        assert_true(sdse_canvas_text_width(many.title[i]) * SDSE_CANVAS_CHAR_PX <=
                    many.width_px);
    assert_true(many.height_px > few.height_px);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_in_order),
        cmocka_unit_test(shared_words_are_left_out),
        cmocka_unit_test(components_keep_their_colours),
        cmocka_unit_test(axes_have_sensible_ends),
        cmocka_unit_test(labels_stand_clear),
        cmocka_unit_test(legends_eat_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
