#include "results/look/draw/bars.h"

#include <assert.h>
#include <string.h>

#include "results/look/draw/canvas.h"

enum { LABEL_CHARS = 110, LONG_LABEL = 44, SMALL_CHAR_PX = 10 };
enum { FIRST_HEADING = 8001 };

// The bars where they stand.
struct scene {
    const struct sdse_bars *bars;
    struct sdse_canvas canvas;
    bool small; // labels: they are long
};

bool sdse_bars_new(struct sdse_bars *bars, size_t bar_count, size_t part_count,
                   struct sdse_arena *arena) {
    *bars = (struct sdse_bars){
        .format = "%.3g",
        .bar_count = bar_count,
        .part_count = part_count,
        .labels = SDSE_ARENA_ARRAY(arena, const char *, bar_count + 1),
        .parts = SDSE_ARENA_ARRAY(arena, const char *, part_count + 1),
        .colors = SDSE_ARENA_ARRAY(arena, const char *, part_count + 1),
        .value = SDSE_ARENA_ARRAY(arena, double, (bar_count + 1) * (part_count + 1))};
    return bars->labels && bars->parts && bars->colors && bars->value;
}

static double part_total(const struct sdse_bars *bars, size_t part) {
    double sum = 0;
    for (size_t b = 0; b < bars->bar_count; b++)
        sum += bars->value[b * bars->part_count + part];
    return sum;
}

static void drop_empty_parts(struct sdse_bars *bars) {
    size_t kept = 0;
    const size_t before = bars->part_count;
    bool keep[SDSE_BARS_MOST_PARTS];
    assert(before <= SDSE_BARS_MOST_PARTS);
    for (size_t p = 0; p < before; p++)
        keep[p] = part_total(bars, p) > 0;
    for (size_t p = 0; p < before; p++) {
        if (!keep[p])
            continue;
        bars->parts[kept] = bars->parts[p];
        bars->colors[kept] = bars->colors[p];
        kept++;
    }
    size_t at = 0;
    for (size_t b = 0; b < bars->bar_count; b++)
        for (size_t p = 0; p < before; p++)
            if (keep[p])
                bars->value[at++] = bars->value[b * before + p];
    bars->part_count = kept;
}

// ---- groups ----

static bool begins_group(const struct sdse_bars *bars, size_t bar) {
    return bars->groups &&
           (bar == 0 || strcmp(bars->groups[bar], bars->groups[bar - 1]) != 0);
}

// Lines of the panel: a heading takes one.
static size_t lines_of(const struct sdse_bars *bars) {
    size_t lines = bars->bar_count;
    for (size_t b = 0; b < bars->bar_count; b++)
        lines += begins_group(bars, b);
    return lines;
}

bool sdse_bars_group(struct sdse_bars *bars, const struct sdse_aspect *aspect,
                     const size_t *of, struct sdse_arena *arena) {
    struct sdse_bars made = *bars;
    const size_t parts = bars->part_count;
    size_t next = 0;
    made.labels = SDSE_ARENA_ARRAY(arena, const char *, bars->bar_count + 1);
    made.value = SDSE_ARENA_ARRAY(arena, double, (bars->bar_count + 1) * (parts + 1));
    made.groups = SDSE_ARENA_ARRAY(arena, const char *, bars->bar_count + 1);
    if (bars->remarks)
        made.remarks = SDSE_ARENA_ARRAY(arena, const char *, bars->bar_count + 1);
    if (!made.labels || !made.value || !made.groups || (bars->remarks && !made.remarks))
        return false;
    for (size_t g = 0; g < aspect->count; g++) {
        const char *heading =
            sdse_arena_printf(arena, "%s %s", aspect->path, aspect->names[g]);
        if (!heading)
            return false;
        for (size_t b = 0; b < bars->bar_count; b++) {
            if (of[b] != g)
                continue;
            made.groups[next] = heading;
            made.labels[next] = bars->labels[b];
            if (bars->remarks)
                made.remarks[next] = bars->remarks[b];
            memcpy(&made.value[next * parts], &bars->value[b * parts],
                   parts * sizeof *made.value);
            next++;
        }
    }
    assert(next == bars->bar_count);
    *bars = made;
    return true;
}

// ---- data ----

static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct sdse_bars *bars = ((const struct scene *)context)->bars;
    fprintf(out, "# bar\tends of the parts, %s, from 0:", bars->scale.title);
    for (size_t p = 0; p < bars->part_count; p++)
        fprintf(out, "\t%s", bars->parts[p]);
    fputs(bars->remarks ? "\tremark" : "", out);
    fputs(bars->groups ? "\tline\n" : "\n", out);
    size_t line = 0;
    for (size_t b = 0; b < bars->bar_count; b++, line++) {
        line += begins_group(bars, b);
        sdse_gnuplot_field(bars->labels[b], out);
        double end = 0;
        fputs("\t0", out);
        for (size_t p = 0; p < bars->part_count; p++) {
            end += bars->value[b * bars->part_count + p];
            fprintf(out, "\t%.9g", end * bars->scale.factor);
        }
        if (bars->remarks) {
            fputc('\t', out);
            sdse_gnuplot_field(bars->remarks[b], out);
        }
        if (bars->groups)
            fprintf(out, "\t%zu", line);
        fputc('\n', out);
    }
    return SDSE_OK;
}

// ---- script ----

static void write_headings(const struct sdse_bars *bars, const char *color, FILE *out) {
    size_t line = 0, tag = FIRST_HEADING;
    for (size_t b = 0; b < bars->bar_count; b++, line++) {
        if (!begins_group(bars, b))
            continue;
        fprintf(out, "set label %zu ", tag++);
        sdse_gnuplot_quote(bars->groups[b], out);
        fprintf(out, " at graph 0, first %zu left offset 0.5,-0.2 textcolor rgb '%s'\n",
                line++, color);
    }
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    const struct sdse_bars *bars = scene->bars;
    const struct sdse_theme *theme = sdse_theme(files->theme);
    sdse_canvas_begin(&scene->canvas, files, out);
    sdse_canvas_panel(&scene->canvas, 0, out);
    fputs("set xlabel ", out);
    sdse_gnuplot_quote(bars->scale.title, out);
    fprintf(out, "\nset ytics scale 0%s\nunset grid\nset grid xtics\n",
            scene->small ? " font ',13'" : "");
    if (bars->axis_end > 0)
        fprintf(out, "set xrange [0:%.9g]\n", bars->axis_end);
    else
        fputs("set xrange [0:*]\nset offsets 0, graph 0.08, 0, 0\n", out);
    fprintf(out, "set yrange [%g:-0.7]\nset style fill solid 1.0 border rgb '%s'\n",
            (double)lines_of(bars) - 0.3, theme->ground);
    write_headings(bars, theme->text, out);
    // The column of the line that a bar stands in.
    const size_t last = bars->part_count + 2;
    char line[24] = "0";
    if (bars->groups)
        snprintf(line, sizeof line, "%zu", last + (bars->remarks ? 2 : 1));
    for (size_t p = 0; p < bars->part_count; p++) {
        fprintf(out,
                "%s using %zu:%s:%zu:%zu:($%s-0.36):($%s+0.36)%s with boxxyerror lw "
                "0.5 fc rgb '%s' notitle",
                p ? ", \\\n     data" : "plot data", p + 2, line, p + 2, p + 3, line,
                line, p ? "" : ":ytic(1)", bars->colors[p]);
    }
    if (bars->remarks && !bars->format)
        fprintf(out,
                ", \\\n     data using %zu:%s:%zu with labels left offset 0.5,0 tc rgb "
                "'%s' notitle",
                last, line, last + 1, theme->text);
    else if (bars->remarks)
        fprintf(out,
                ", \\\n     data using %zu:%s:(sprintf('%s  %%s', $%zu, "
                "strcol(%zu))) with labels left offset 0.5,0 tc rgb '%s' notitle",
                last, line, bars->format, last, last + 1, theme->text);
    else if (bars->format)
        fprintf(out,
                ", \\\n     data using %zu:%s:(sprintf('%s', $%zu)) with labels left "
                "offset 0.5,0 tc rgb '%s' notitle",
                last, line, bars->format, last, theme->text);
    fputc('\n', out);
}

// ---- all of it ----

static unsigned bar_px(size_t bars) { return bars <= 40 ? 42 : bars <= 120 ? 32 : 25; }

// Cuts a label that would take more than its share of the picture.
static const char *fit(const char *label, struct sdse_arena *arena) {
    size_t bytes = 0, used = 0;
    if (sdse_canvas_text_width(label) <= LABEL_CHARS)
        return label;
    while (used < LABEL_CHARS - 1 || ((unsigned char)label[bytes] & 0xc0u) == 0x80u)
        used += ((unsigned char)label[bytes++] & 0xc0u) != 0x80u;
    return sdse_arena_printf(arena, "%.*s…", (int)bytes, label);
}

enum sdse_status sdse_bars_draw(struct sdse_bars *bars,
                                const struct sdse_plot_files *files,
                                struct sdse_arena *arena, struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct scene scene = {.bars = bars};
    size_t longest = 0, remark = 0;
    drop_empty_parts(bars);
    for (size_t b = 0; b < bars->bar_count; b++) {
        bars->labels[b] = fit(bars->labels[b], arena);
        if (!bars->labels[b])
            return SDSE_NO_MEMORY;
        const size_t width = sdse_canvas_text_width(bars->labels[b]);
        longest = width > longest ? width : longest;
        if (bars->remarks && sdse_canvas_text_width(bars->remarks[b]) > remark)
            remark = sdse_canvas_text_width(bars->remarks[b]);
    }
    scene.small = longest > LONG_LABEL;
    struct sdse_canvas_wish wish = {
        .title = bars->title,
        .panel_width_px = 1000,
        .panel_height_px = 40 + (unsigned)lines_of(bars) * bar_px(lines_of(bars)),
        .left_px = 60 + (unsigned)longest *
                            (scene.small ? SMALL_CHAR_PX : SDSE_CANVAS_CHAR_PX),
        .right_px = (unsigned)remark * SDSE_CANVAS_CHAR_PX};
    for (size_t p = 0; p < bars->part_count; p++)
        sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_BAR, 0, 0, bars->colors[p],
                        bars->parts[p]);
    if (wish.panel_height_px < 330)
        wish.panel_height_px = 330;
    if (!sdse_canvas_plan(&scene.canvas, &wish, arena))
        return SDSE_NO_MEMORY;
    return sdse_gnuplot_draw(&writers, &scene, files, arena, diags);
}
