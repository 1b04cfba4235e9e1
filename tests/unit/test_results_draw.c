// How pictures look: order and shortening of names, colours of components, axes, places
// of labels and legends.
#include <math.h>
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
#include "results/look/draw/marks.h"
#include "results/look/draw/names.h"
#include "results/look/palette.h"

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
    // Numbers within names too, by value; elsewhere digits alone are one.
    static const char *const names[] = {
        "resnet50",       "resnet152",    "sd c=-12 s=0.5", "sd c=-5 s=0.5",
        "sd c=5 s=0.25",  "sd c=5 s=0.3", "sd c=5 s=0.3 t", "sd c=12 s=0.3",
        "sd c=1e2 s=0.3", "sd c=x",       "sd-12",          "v1.9",
        "v1.10"};
    enum { NAMES = sizeof names / sizeof *names };
    for (size_t i = 0; i < NAMES; i++)
        for (size_t j = 0; j < NAMES; j++) {
            const int sign = sdse_names_order(names[i], names[j]);
            if ((sign > 0) - (sign < 0) != (i > j) - (i < j))
                fail_msg("'%s' and '%s': %d", names[i], names[j], sign);
        }
    assert_true(sdse_names_order("c=0.5", "c=0.50") != 0);
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

static void marks_are_told_apart(void **state) {
    (void)state;
    // Thirty pairs of colour and shape.
    for (size_t i = 0; i < 30; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(sdse_palette_color(SDSE_THEME_LIGHT, i) !=
                            sdse_palette_color(SDSE_THEME_LIGHT, j) ||
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

// A panel of 400 x 200 pixels of a logarithmic x from 1 to 100 and y from 0 to 1.
static struct sdse_labels_frame label_frame(void) {
    struct sdse_labels_frame frame = {
        .x = {.letter = 'x', .label = "", .log = true, .length_px = 400},
        .y = {.letter = 'y', .label = "", .length_px = 200}};
    sdse_range_take(&frame.x.range, 1);
    sdse_range_take(&frame.x.range, 100);
    sdse_range_take(&frame.y.range, 0);
    sdse_range_take(&frame.y.range, 1);
    return frame;
}

// Where a label begins, in pixels right of and above its point.
static void label_at(const struct sdse_labels *labels, size_t i, double *x, double *y) {
    const struct sdse_labels_frame *frame = &labels->frame;
    const struct sdse_label *label = &labels->label[i];
    *x = 400 * (sdse_axis_place(&frame->x, label->text_x) -
                sdse_axis_place(&frame->x, label->x));
    *y = 200 * (sdse_axis_place(&frame->y, label->text_y) -
                sdse_axis_place(&frame->y, label->y));
}

static void labels_stand_clear(void **state) {
    (void)state;
    enum { WIDTH = 27, HIGH = 20 }; // of three characters
    const struct sdse_labels_frame frame = label_frame();
    struct sdse_labels labels;
    double x, y;
    assert_true(sdse_labels_begin(&labels, &frame, 40, arena));
    sdse_labels_add(&labels, 10, 0.5, "abc"); // right of it, above
    label_at(&labels, 0, &x, &y);
    assert_true(x > 8 && x < 20 && y > 8 && y < 20);
    sdse_labels_add(&labels, 0, 0.9, "abc");   // has no place on the axis
    sdse_labels_add(&labels, 100, 0.5, "abc"); // would leave the panel at the right
    label_at(&labels, 1, &x, &y);
    assert_true(x + WIDTH < 0 && y > 8);
    assert_int_equal(labels.left_out, 0);
    // One place has twelve labels around it at most, and none covers another.
    for (int i = 0; i < 30; i++)
        sdse_labels_add(&labels, 3, 0.2 + 0.01 * i, "abc");
    assert_true(labels.count > 8 && labels.left_out > 8);
    assert_int_equal(labels.count + labels.left_out, 32);
    for (size_t i = 0; i < labels.count; i++)
        for (size_t j = 0; j < i; j++) {
            double ax, ay, bx, by;
            label_at(&labels, i, &ax, &ay);
            label_at(&labels, j, &bx, &by);
            ax += 400 * sdse_axis_place(&frame.x, labels.label[i].x);
            bx += 400 * sdse_axis_place(&frame.x, labels.label[j].x);
            ay += 200 * sdse_axis_place(&frame.y, labels.label[i].y);
            by += 200 * sdse_axis_place(&frame.y, labels.label[j].y);
            assert_true(fabs(ax - bx) > WIDTH || fabs(ay - by) > HIGH);
        }
}

// Points in one place say a text once, and another text beside it.
static void labels_are_said_once(void **state) {
    (void)state;
    struct sdse_labels_frame frame = {.x = {.letter = 'x', .length_px = 800},
                                      .y = {.letter = 'y', .length_px = 600}};
    for (int v = 0; v <= 10; v += 10) {
        sdse_range_take(&frame.x.range, v);
        sdse_range_take(&frame.y.range, v);
    }
    struct sdse_labels labels;
    assert_true(sdse_labels_begin(&labels, &frame, 8, arena));
    static const struct {
        double x, y;
        const char *text;
    } added[] = {{5, 5, "8"}, {5, 5, "8"}, {5, 5, "16"}, {5, 2, "8"}, {2, 5, "8"}};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        sdse_labels_add(&labels, added[i].x, added[i].y, added[i].text);
    assert_int_equal(labels.count, 4);
    assert_int_equal(labels.left_out, 0);
}

// A line feed ends a line of the title; what follows begins the next.
static void titles_have_lines(void **state) {
    (void)state;
    const struct sdse_canvas_wish wish = {
        .title = "A: one two\nB: three", .panel_width_px = 900, .panel_height_px = 300};
    struct sdse_canvas canvas;
    assert_true(sdse_canvas_plan(&canvas, &wish, arena));
    assert_int_equal(canvas.title_count, 2);
    assert_string_equal(canvas.title[0], "A: one two");
    assert_string_equal(canvas.title[1], "B: three");
}

static void labels_avoid_marks_and_lines(void **state) {
    (void)state;
    const struct sdse_labels_frame frame = label_frame();
    struct sdse_labels labels;
    double x, y;
    assert_true(sdse_labels_begin(&labels, &frame, 8, arena));
    sdse_labels_line(&labels, 1, 0.5, 100, 0.6); // above (10, 0.5) at the right
    sdse_labels_mark(&labels, 10, 0.5, 8);
    sdse_labels_add(&labels, 10, 0.5, "abcdef");
    label_at(&labels, 0, &x, &y);
    assert_true(y < -8); // below the line
    // Marks right of it, above and below: the text goes to the left.
    assert_true(sdse_labels_begin(&labels, &frame, 8, arena));
    sdse_labels_mark(&labels, 12, 0.57, 8);
    sdse_labels_mark(&labels, 12, 0.43, 8);
    sdse_labels_add(&labels, 10, 0.5, "abc");
    label_at(&labels, 0, &x, &y);
    assert_true(x < -27 && y > 8);
    // More marks, and it goes further away; lines all over, and there is no place.
    sdse_labels_mark(&labels, 8, 0.57, 8);
    sdse_labels_mark(&labels, 8, 0.43, 8);
    sdse_labels_mark(&labels, 10, 0.57, 8);
    sdse_labels_mark(&labels, 10, 0.43, 8);
    sdse_labels_add(&labels, 10, 0.5, "xyz");
    label_at(&labels, 1, &x, &y);
    assert_true(fabs(y) > 20);
    for (int i = 0; i <= 100; i++)
        sdse_labels_line(&labels, 1, i / 100.0, 100, i / 100.0);
    sdse_labels_add(&labels, 30, 0.5, "abc");
    assert_int_equal(labels.count, 2);
    assert_int_equal(labels.left_out, 1);
}

// Labels of an axis from its script, in order.
static size_t ticks_of(const struct sdse_axis *axis, double at[64]) {
    char text[2000] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    sdse_axis_write(axis, out);
    fclose(out);
    double low, high;
    const char *range = strstr(text, "range ["), *tics = strstr(text, "tics ");
    assert_int_equal(sscanf(range, "range [%lf:%lf]", &low, &high), 2);
    size_t count = 0;
    tics += strlen("tics ");
    if (*tics == '(') {
        for (char *end; *tics && *tics != ')'; tics = end + strspn(end, ", "))
            at[count++] = strtod(tics + (*tics == '('), &end);
        return count;
    }
    const double step = strtod(tics, NULL);
    assert_true(step > 0);
    for (double n = ceil(low / step); n * step <= high && count < 64; n++)
        at[count++] = n * step;
    return count;
}

// Texts of an axis of any length do not run into each other, and there are two at least
// where two have room.
static void ticks_stand_beside_each_other(void **state) {
    (void)state;
    static const double ranges[][2] = {
        {36.162, 36.181}, {1200, 1230},  {0.001, 0.0017}, {0.2, 1.9},   {3, 31},
        {1, 900},         {0.02, 20000}, {1e-6, 1e9},     {5.41, 5.43}, {99998, 99999}};
    static const unsigned lengths[] = {240, 360, 480, 640, 1100};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
            for (int kind = 0; kind < 4; kind++) {
                struct sdse_axis axis = {.letter = kind < 2 ? 'x' : 'y',
                                         .label = "",
                                         .log = kind % 2,
                                         .length_px = lengths[l]};
                double at[64];
                sdse_range_take(&axis.range, ranges[r][0]);
                sdse_range_take(&axis.range, ranges[r][1]);
                const size_t count = ticks_of(&axis, at);
                for (size_t i = 1; i < count; i++) {
                    char a[32], b[32];
                    const double chars = kind < 2
                                             ? (snprintf(a, sizeof a, "%g", at[i - 1]) +
                                                snprintf(b, sizeof b, "%g", at[i])) /
                                                   2.0
                                             : 2;
                    const double px = (sdse_axis_place(&axis, at[i]) -
                                       sdse_axis_place(&axis, at[i - 1])) *
                                      lengths[l];
                    if (px < SDSE_CANVAS_CHAR_PX * (chars + (kind < 2 ? 0.9 : 0)))
                        fail_msg("%g..%g on %u px, kind %d: %g and %g", ranges[r][0],
                                 ranges[r][1], lengths[l], kind, at[i - 1], at[i]);
                }
                if (count < 2)
                    fail_msg("%g..%g on %u px, kind %d: %zu", ranges[r][0],
                             ranges[r][1], lengths[l], kind, count);
            }
    // Whole numbers alone.
    struct sdse_axis axis = {.letter = 'x', .label = "", .whole = true};
    sdse_range_take(&axis.range, 1);
    sdse_range_take(&axis.range, 3);
    double at[64];
    assert_int_equal(ticks_of(&axis, at), 3);
    for (int i = 0; i < 3; i++)
        assert_true(at[i] == i + 1);
    axis.whole = false;
    assert_true(ticks_of(&axis, at) > 4);
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

// What the script of a legend in `height_px` says, line by line.
static char *legend_script(const struct sdse_legend *legend, unsigned height_px) {
    char *text = sdse_arena_alloc(arena, 1, 20000);
    FILE *out = fmemopen(text, 20000, "w");
    const struct sdse_legend_layout layout = sdse_legend_layout(legend, height_px);
    sdse_legend_write(legend, &layout, 0, 0, 1000, 1000, "#000000", out);
    fputs("---\n", out);
    sdse_legend_unset(legend, &layout, out);
    fclose(out);
    return text;
}

static int times(const char *text, const char *word) {
    int count = 0;
    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

// Screen coordinates of the label with this text, the nth of them.
static void where(const char *script, const char *text, int n, double *x, double *y) {
    for (int i = 0; i <= n && script; i++)
        script = strstr(script + (i > 0), text);
    assert_non_null(script);
    assert_int_equal(
        sscanf(strstr(script, " at screen"), " at screen %lf, screen %lf", x, y), 2);
}

static void headings_go_with_their_entries(void **state) {
    (void)state;
    struct sdse_legend legend = {0};
    static const char *const names[] = {"7", "14", "16", "28"};
    sdse_legend_add(&legend, arena, SDSE_LEGEND_HEADING, 0, 0, "", "head:");
    for (int i = 0; i < 4; i++)
        sdse_legend_add(&legend, arena, SDSE_LEGEND_POINT, 7, 0, "#000000", names[i]);
    sdse_legend_add(&legend, arena, SDSE_LEGEND_NOTE, 0, 0, "", "and 3 more");
    sdse_legend_close(&legend);
    sdse_legend_add(&legend, arena, SDSE_LEGEND_LINE, 0, 0, "#000000", "front");
    sdse_legend_add(&legend, arena, SDSE_LEGEND_HEADING, 0, 0, "", "last:");
    sdse_legend_add(&legend, arena, SDSE_LEGEND_BAR, 0, 0, "#000000", "one");
    // All in a column: said once. Columns of four: again over what goes on.
    assert_int_equal(times(legend_script(&legend, 500), "'head:'"), 1);
    char *script = legend_script(&legend, 4 * 34);
    assert_int_equal(times(script, "'head:'"), 2);
    assert_int_equal(times(script, "'last:'"), 1);
    double x[2], y[2], entry_x, entry_y;
    for (int i = 0; i < 2; i++)
        where(script, "'head:'", i, &x[i], &y[i]);
    assert_true(y[0] == y[1] && x[0] < x[1]);
    where(script, "'28'", 0, &entry_x, &entry_y);
    assert_true(entry_y < y[1] && entry_x > x[1]);
    where(script, "'and 3 more'", 0, &entry_x, &entry_y);
    assert_true(entry_x == x[1]); // text alone
    // The heading at the foot went to the next column, with its entry.
    where(script, "'last:'", 0, &x[0], &y[0]);
    where(script, "'one'", 0, &entry_x, &entry_y);
    assert_true(y[0] == y[1] && x[0] > x[1] && entry_y < y[0] && entry_x > x[0]);
    // Every tag is set once and unset.
    char *unset = strstr(script, "---\n");
    assert_int_equal(times(unset, "unset "), times(script, "\nset ") + 1);
    for (char *at = script; at < unset; at = strchr(at, '\n') + 1) {
        char kind[16];
        unsigned tag;
        assert_int_equal(sscanf(at, "set %15s %u", kind, &tag), 2);
        const char *line = sdse_arena_printf(arena, "\nset %s %u ", kind, tag);
        assert_true(times(script, line) + (at == script) == 1);
        line = sdse_arena_printf(arena, "unset %s %u\n", kind, tag);
        assert_int_equal(times(unset, line), 1);
    }
    // What follows a closed group does not get its heading: a column of its own.
    struct sdse_legend closed = {0};
    sdse_legend_add(&closed, arena, SDSE_LEGEND_HEADING, 0, 0, "", "head:");
    for (int i = 0; i < 2; i++)
        sdse_legend_add(&closed, arena, SDSE_LEGEND_POINT, 7, 0, "#000000", names[i]);
    sdse_legend_close(&closed);
    for (int i = 2; i < 4; i++)
        sdse_legend_add(&closed, arena, SDSE_LEGEND_POINT, 7, 0, "#000000", names[i]);
    assert_int_equal(times(legend_script(&closed, 3 * 34), "'head:'"), 1);
    assert_int_equal(times(legend_script(&closed, 2 * 34), "'head:'"), 2);
}

// What is no mark of a parameter is under none of their headings.
static void marks_have_headings_of_their_own(void **state) {
    (void)state;
    const char *names[] = {"a", "b"};
    double numbers[2] = {0};
    const struct sdse_aspect aspect = {
        .path = "p", .count = 2, .names = names, .number = numbers};
    for (int shapes = 0; shapes < 2; shapes++) {
        struct sdse_marks marks;
        struct sdse_legend legend = {0};
        sdse_marks_plan(&marks, SDSE_THEME_LIGHT, &aspect, shapes ? &aspect : NULL);
        sdse_marks_legend(&marks, &legend, arena);
        sdse_legend_add(&legend, arena, SDSE_LEGEND_LINE, 0, 0, "#000000", "front");
        assert_int_equal(legend.count, shapes ? 7 : 4);
        for (size_t i = 0; i + 1 < legend.count; i++)
            assert_int_equal(legend.entry[i].heading, i % 3 ? i / 3 * 3 + 1 : 0);
        assert_int_equal(legend.entry[legend.count - 1].heading, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_in_order),
        cmocka_unit_test(shared_words_are_left_out),
        cmocka_unit_test(marks_are_told_apart),
        cmocka_unit_test(axes_have_sensible_ends),
        cmocka_unit_test(ticks_stand_beside_each_other),
        cmocka_unit_test(labels_stand_clear),
        cmocka_unit_test(labels_are_said_once),
        cmocka_unit_test(titles_have_lines),
        cmocka_unit_test(labels_avoid_marks_and_lines),
        cmocka_unit_test(headings_go_with_their_entries),
        cmocka_unit_test(marks_have_headings_of_their_own),
        cmocka_unit_test(legends_eat_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
