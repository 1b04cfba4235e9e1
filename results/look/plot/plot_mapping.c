// The mapping of one layer as a picture: each level a box within the one outside it,
// with its loops and what it holds. Drawn as SVG by us.
#include <math.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/plot/nest.h"
#include "results/look/plot/plot.h"
#include "results/store/database.h"

enum { MOST_PARTS = 6, WIDTH = 1060, INDENT = 22, LINE = 21, HEAD = 34, BAR = 240 };

struct part {
    const char *name;
    uint64_t tile_words;
};

struct level {
    const struct sdse_nest_level *nest;
    unsigned part_count;
    struct part part[MOST_PARTS];
    uint64_t instances;
    double stored_bits, capacity_bits; // of one instance; capacity 0: no limit
    const char *shared_with;           // the level whose memory this one is in; NULL
};

struct scene {
    const struct sdse_mapping_plot *plot;
    struct sdse_stored_nest nest;
    struct level level[SDSE_NEST_LEVELS];
    const char *title;
};

// ---- reading ----

static const char sql[] =
    "SELECT v.part, v.tile_words, v.instances, v.stored_bits FROM v_level v WHERE"
    " v.point_id = ?1 AND v.layer = ?2 AND v.memory = ?3 ORDER BY v.level,"
    " CASE v.part WHEN 'weights' THEN 0 WHEN 'coefficients' THEN 1 WHEN 'basis' THEN 2"
    " WHEN 'index' THEN 3 WHEN 'inputs' THEN 4 ELSE 5 END";

// The accelerator's memory of a level; of a position ("GLB.2") that of GLB.
static const struct sdse_level *memory_of(const struct sdse_arch *arch,
                                          const char *name, bool *position) {
    const char *dot = strrchr(name, '.');
    *position = false;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (strcmp(arch->level[l].name, name) == 0)
            return &arch->level[l];
    for (unsigned l = 0; dot && l < arch->level_count; l++) {
        if (strlen(arch->level[l].name) == (size_t)(dot - name) &&
            strncmp(arch->level[l].name, name, (size_t)(dot - name)) == 0) {
            *position = true;
            return &arch->level[l];
        }
    }
    return NULL;
}

static int read_level(sqlite3_stmt *row, struct level *level,
                      struct sdse_arena *arena) {
    int code;
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        if (level->part_count == MOST_PARTS)
            continue;
        struct part *part = &level->part[level->part_count++];
        part->name =
            sdse_arena_strdup(arena, (const char *)sqlite3_column_text(row, 0));
        part->tile_words = (uint64_t)sqlite3_column_int64(row, 1);
        level->instances = (uint64_t)sqlite3_column_int64(row, 2);
        level->stored_bits = sqlite3_column_double(row, 3);
        if (!part->name)
            return SQLITE_NOMEM;
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int read_levels(sqlite3 *db, struct scene *scene, struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    for (unsigned l = 0; code == SQLITE_OK && l < scene->nest.level_count; l++) {
        struct level *level = &scene->level[l];
        bool position;
        level->nest = &scene->nest.level[l];
        const struct sdse_level *memory =
            memory_of(scene->plot->arch, level->nest->name, &position);
        if (memory) {
            level->shared_with = position ? memory->name : NULL;
            level->capacity_bits =
                (double)memory->capacity_bits / fmax(1, memory->buffering);
        }
        sqlite3_bind_int64(row, 1, scene->plot->point_id);
        sqlite3_bind_text(row, 2, scene->plot->layer, -1, SQLITE_STATIC);
        sqlite3_bind_text(row, 3, level->nest->name, -1, SQLITE_STATIC);
        code = read_level(row, level, arena);
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    return code;
}

// ---- drawing ----

// Text of XML: what is special is escaped, controls become blanks.
static void put_text(const char *text, FILE *out) {
    for (; *text; text++) {
        if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '>')
            fputs("&gt;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else
            fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
    }
}

static void put(int x, int y, const char *color, const char *weight, const char *text,
                FILE *out) {
    fprintf(out, "<text x=\"%d\" y=\"%d\" fill=\"%s\" font-weight=\"%s\">", x, y, color,
            weight);
    put_text(text, out);
    fputs("</text>\n", out);
}

static unsigned loop_lines(const struct level *level) {
    return (*level->nest->temporal ? 1u : 0) + (*level->nest->spatial_x ? 1u : 0) +
           (*level->nest->spatial_y ? 1u : 0);
}

static int body_height(const struct level *level) {
    const unsigned loops = loop_lines(level), parts = level->part_count;
    return HEAD + LINE * (int)(loops > parts ? loops : parts) + 10;
}

static const char *part_color(enum sdse_plot_theme theme, const char *name) {
    return sdse_palette_tensor(theme, strcmp(name, "inputs") == 0    ? 1
                                      : strcmp(name, "outputs") == 0 ? 2
                                                                     : 0);
}

static void put_loops(const struct level *level, const struct sdse_theme *theme, int x,
                      int y, struct sdse_arena *arena, FILE *out) {
    const struct {
        const char *what, *loops;
    } lines[] = {{"for", level->nest->temporal},
                 {"spread on X", level->nest->spatial_x},
                 {"spread on Y", level->nest->spatial_y}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (!*lines[i].loops)
            continue;
        const char *text =
            sdse_arena_printf(arena, "%s %s", lines[i].what, lines[i].loops);
        put(x, y, theme->text, "normal", text ? text : "", out);
        y += LINE;
    }
}

static void put_parts(const struct level *level, enum sdse_plot_theme which, int x,
                      int y, struct sdse_arena *arena, FILE *out) {
    uint64_t most = 1;
    for (unsigned p = 0; p < level->part_count; p++)
        most = level->part[p].tile_words > most ? level->part[p].tile_words : most;
    for (unsigned p = 0; p < level->part_count; p++, y += LINE) {
        const struct part *part = &level->part[p];
        const double bar = fmax(2, BAR * (double)part->tile_words / (double)most);
        fprintf(out,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"13\" fill=\"%s\"/>\n",
                x, y - 12, bar, part_color(which, part->name));
        const char *text = sdse_arena_printf(arena, "%s, %llu word%s", part->name,
                                             (unsigned long long)part->tile_words,
                                             part->tile_words == 1 ? "" : "s");
        put(x + BAR + 12, y, sdse_theme(which)->text, "normal", text ? text : "", out);
    }
}

static const char *heading(const struct level *level, struct sdse_arena *arena) {
    const char *text = level->nest->name;
    if (level->instances > 1)
        text = sdse_arena_printf(arena, "%s × %llu", text,
                                 (unsigned long long)level->instances);
    if (text && level->shared_with)
        text = sdse_arena_printf(arena, "%s, in the memory of %s", text,
                                 level->shared_with);
    return text ? text : "";
}

// How full one instance is.
static const char *fullness(const struct level *level, struct sdse_arena *arena) {
    const double unit =
        fmax(level->capacity_bits, level->stored_bits) < 8192 ? 8 : 8192;
    const char *text;
    if (!level->part_count)
        text = *level->nest->keeps ? level->nest->keeps : "keeps nothing";
    else if (level->capacity_bits > 0)
        text = sdse_arena_printf(arena, "%.4g of %.4g %s, %.1f %%",
                                 level->stored_bits / unit, level->capacity_bits / unit,
                                 unit > 8 ? "KiB" : "B",
                                 100 * level->stored_bits / level->capacity_bits);
    else
        text = sdse_arena_printf(arena, "%.4g %s, no limit", level->stored_bits / unit,
                                 unit > 8 ? "KiB" : "B");
    return text ? text : "";
}

static void put_level(const struct scene *scene, unsigned l, int y, int bottom,
                      struct sdse_arena *arena, FILE *out) {
    const struct level *level = &scene->level[l];
    const struct sdse_theme *theme = sdse_theme(scene->plot->theme);
    const char *color = sdse_palette_component(scene->plot->theme,
                                               level->shared_with ? level->shared_with
                                                                  : level->nest->name);
    const int x = 20 + INDENT * (int)l, right = WIDTH - 20 - INDENT * (int)l / 2;
    fprintf(out,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"%s\" "
            "fill-opacity=\"0.06\" stroke=\"%s\" stroke-width=\"2\"/>\n",
            x, y, right - x, bottom - y, color, color);
    put(x + 12, y + 22, theme->text, "bold", heading(level, arena), out);
    put(WIDTH / 2 - 60, y + 22, theme->quiet, "normal", fullness(level, arena), out);
    put_loops(level, theme, x + 24, y + HEAD + 12, arena, out);
    put_parts(level, scene->plot->theme, WIDTH / 2 - 60, y + HEAD + 12, arena, out);
}

static void write_picture(const struct scene *scene, struct sdse_arena *arena,
                          FILE *out) {
    const struct sdse_theme *theme = sdse_theme(scene->plot->theme);
    const unsigned levels = scene->nest.level_count;
    int height = 66 + 44;
    for (unsigned l = 0; l < levels; l++)
        height += body_height(&scene->level[l]) + 10;
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"14\">\n"
            "<title>",
            WIDTH, height, WIDTH, height);
    put_text(scene->title, out);
    fprintf(out, "</title>\n<rect width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", WIDTH,
            height, theme->ground);
    put(20, 32, theme->text, "bold", scene->title, out);
    int y = 52;
    for (unsigned l = 0; l < levels; l++) {
        put_level(scene, l, y, height - 14 - 10 * (int)l, arena, out);
        y += body_height(&scene->level[l]);
    }
    put(20 + INDENT * (int)levels + 12, y + 26, theme->text, "bold",
        levels ? "multipliers"
               : "every word once through each memory, to the vector unit",
        out);
    fputs("</svg>\n", out);
}

enum sdse_status sdse_plot_mapping(struct sdse_reader *reader,
                                   const struct sdse_mapping_plot *plot,
                                   struct sdse_arena *arena, struct sdse_diags *diags) {
    static const struct sdse_output_kind kind = {"a picture", {"<?xml"}};
    struct scene *scene = SDSE_ARENA_ARRAY(arena, struct scene, 1);
    const size_t length = strlen(plot->picture);
    if (!scene)
        return SDSE_NO_MEMORY;
    if (length < 4 || strcmp(plot->picture + length - 4, ".svg") != 0) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = plot->picture},
                      "plot-format", "a mapping is written as .svg");
        return SDSE_INVALID;
    }
    scene->plot = plot;
    enum sdse_status status =
        sdse_nest_load(reader, plot->point_id, plot->layer, arena, diags, &scene->nest);
    if (status != SDSE_OK)
        return status;
    scene->title = sdse_arena_printf(arena, "%s of %s", plot->layer, plot->owner);
    if (!scene->title)
        return SDSE_NO_MEMORY;
    const int code = read_levels(reader->db, scene, arena);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    struct sdse_output output;
    status = sdse_output_open(&output, plot->picture, &kind, plot->rules, diags);
    if (status != SDSE_OK)
        return status;
    write_picture(scene, arena, output.file);
    return sdse_output_close(&output, SDSE_OK, diags);
}
