#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "results/look/draw/canvas.h"
#include "results/look/plot/turns.h"
#include "results/store/database.h"
#include "spec/types/residence.h"

enum {
    MOST_NESTS = 100000,
    MOST_DEPTH = 64, // of brackets in an order
    ROW_PX = 60,
    LEAST_HEIGHT_PX = 320,
    HELD = 8
};

// One kind of nest.
struct kind {
    size_t layer; // of the scene
    size_t nest;  // index in the point
    uint64_t times;
    double cycles;                                                   // of one
    double held_bits[SDSE_MOST_SHARED], tile_bits[SDSE_MOST_SHARED]; // of each memory
};

struct layer {
    const char *name;
    uint64_t nests;      // in all
    size_t first, count; // kinds
};

// A nest in time.
struct block {
    const struct kind *kind;
    double from;
};

// Of a memory that has something of the group.
struct memory {
    const char *name;
    double capacity_bits; // 0: unlimited
};

struct scene {
    const struct sdse_mapping_plot *plot;
    int64_t group;
    unsigned memory_count;
    struct memory memory[SDSE_MOST_SHARED]; // the group's own, then others
    const char *order;
    size_t layer_count, kind_count, block_count;
    struct layer *layer;
    struct kind *kind;
    struct block *block;
    double cycles;
    struct sdse_canvas canvas;
};

// ---- reading ----

enum sdse_status sdse_turns_group(struct sdse_reader *reader, int64_t point,
                                  const char *layer, struct sdse_diags *diags,
                                  int64_t *group) {
    sqlite3_stmt *row = NULL;
    *group = -1;
    int code = sqlite3_prepare_v2(
        reader->db,
        "SELECT g.group_index FROM v_group g JOIN v_layer l ON l.point_id = g.point_id"
        " AND l.layer_index BETWEEN g.first_layer AND g.last_layer WHERE g.point_id ="
        " ?1 AND l.layer = ?2",
        -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, point);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(row, 2, layer, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        *group = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? SDSE_OK
               : sdse_database_refuse(reader->db, code,
                                      sqlite3_db_filename(reader->db, "main"), diags);
}

// Those of the group that have something of it, its own first.
#define MEMORIES                                                                       \
    "WITH memory AS (SELECT g.memory AS name, 0 AS other FROM grp g WHERE"             \
    " g.point_id = ?1 AND g.group_index = ?2 UNION SELECT q.memory, 1 FROM nest_place" \
    " q JOIN nest n USING (point_id, nest_index) WHERE q.point_id = ?1 AND"            \
    " n.group_index = ?2) "
#define THERE "m.name IN (y.name, y.name || '.1')"
// What a nest reads at home in a memory is held there, and counted as held.
#define READ_THERE                                                                \
    "(v.part = 'inputs' AND h.inputs OR v.part NOT IN ('inputs', 'outputs') AND " \
    "h.weights)"

// A row for each nest and memory. Nests that take no time, of functions in a layer's
// stream, are not shown.
static const char nests_sql[] = MEMORIES
    "SELECT l.name, n.times, n.latency_cycles * 1.0 / n.times, coalesce("
    "h.reserved_bits, 0), coalesce((SELECT"
    " max(m.stored_bits) FROM solution_memory m WHERE m.solution_id = s.solution_id AND"
    " " THERE "), 0) - (SELECT total(v.tile_words * v.read_bits / v.reads) FROM"
    " solution_level v JOIN solution_memory m USING (solution_id, level) WHERE"
    " v.solution_id = s.solution_id AND v.reads > 0 AND " THERE " AND " READ_THERE
    "), y.name, (SELECT count(*) FROM nest o WHERE o.point_id = n.point_id AND"
    " o.group_index = n.group_index), g.nest_order, n.nest_index FROM nest n JOIN grp g"
    " ON g.point_id = n.point_id"
    " AND g.group_index = n.group_index JOIN solution s USING (solution_id) JOIN"
    " point_layer l ON l.point_id = n.point_id AND l.layer_index = n.layer_index JOIN"
    " memory y LEFT JOIN (SELECT * FROM v_nest_place WHERE point_id = ?1) h ON"
    " h.nest_index = n.nest_index AND h.memory = y.name WHERE"
    " n.point_id = ?1 AND n.group_index = ?2 AND s.latency_cycles > 0 ORDER BY"
    " n.layer_index, n.nest_index, y.other, y.name";

static double capacity_of(const struct sdse_arch *arch, const char *memory) {
    const size_t bytes = strlen(memory);
    for (unsigned l = 0; l < arch->level_count; l++)
        if (strncmp(arch->level[l].name, memory, bytes) == 0 &&
            (!arch->level[l].name[bytes] || arch->level[l].name[bytes] == '.'))
            return (double)arch->level[l].capacity_bits;
    return 0;
}

// What a row says of the memory of that number; of the first kind, which it is.
static bool add_memory(struct scene *scene, sqlite3_stmt *row, unsigned number,
                       struct sdse_arena *arena) {
    if (number >= SDSE_MOST_SHARED)
        return true; // there are no more: the file is damaged
    struct kind *kind = &scene->kind[scene->kind_count - 1];
    struct memory *memory = &scene->memory[number];
    if (number == scene->memory_count) {
        memory->name =
            sdse_arena_strdup(arena, (const char *)sqlite3_column_text(row, 5));
        if (!memory->name)
            return false;
        memory->capacity_bits = capacity_of(scene->plot->arch, memory->name);
        scene->memory_count++;
    }
    kind->held_bits[number] = sqlite3_column_double(row, 3);
    kind->tile_bits[number] = sqlite3_column_double(row, 4);
    return true;
}

static bool add_kind(struct scene *scene, sqlite3_stmt *row, struct sdse_arena *arena) {
    const char *name = (const char *)sqlite3_column_text(row, 0);
    if (!scene->kind) {
        const size_t most = (size_t)sqlite3_column_int64(row, 6);
        scene->kind = SDSE_ARENA_ARRAY(arena, struct kind, most);
        scene->layer = SDSE_ARENA_ARRAY(arena, struct layer, most);
        scene->order =
            sdse_arena_strdup(arena, (const char *)sqlite3_column_text(row, 7));
        if (!scene->kind || !scene->layer || !scene->order)
            return false;
    }
    struct layer *layer = &scene->layer[scene->layer_count];
    if (!scene->layer_count || strcmp(layer[-1].name, name) != 0) {
        *layer = (struct layer){.name = sdse_arena_strdup(arena, name),
                                .first = scene->kind_count};
        if (!layer->name)
            return false;
        scene->layer_count++;
    }
    struct layer *own = &scene->layer[scene->layer_count - 1];
    struct kind *kind = &scene->kind[scene->kind_count++];
    *kind = (struct kind){.layer = scene->layer_count - 1,
                          .nest = (size_t)sqlite3_column_int64(row, 8),
                          .times = (uint64_t)sqlite3_column_int64(row, 1),
                          .cycles = sqlite3_column_double(row, 2)};
    own->count++;
    own->nests += kind->times;
    return true;
}

static int read_nests(sqlite3 *db, struct scene *scene, struct sdse_arena *arena) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, nests_sql, -1, &row, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 1, scene->plot->point_id);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(row, 2, scene->group);
    unsigned number = 0; // of the row's memory
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const size_t nest = (size_t)sqlite3_column_int64(row, 8);
        const bool first =
            !scene->kind_count || scene->kind[scene->kind_count - 1].nest != nest;
        number = first ? 0 : number + 1;
        code = (!first || add_kind(scene, row, arena)) &&
                       add_memory(scene, row, number, arena)
                   ? SQLITE_OK
                   : SQLITE_NOMEM;
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

// ---- in time ----

// The kind that is a nest of the point; NULL: it takes no time, and is not shown.
static const struct kind *find_kind(const struct scene *scene, uint64_t nest) {
    for (size_t k = 0; k < scene->kind_count; k++)
        if (scene->kind[k].nest == nest)
            return &scene->kind[k];
    return NULL;
}

// A stored order (docs/database.md, v_group) that is read.
struct reading {
    const char *at;
    uint64_t left;  // nests that may follow, shown or not
    unsigned depth; // of brackets
    bool wrong;
};

static uint64_t read_number(struct reading *reading) {
    char *end;
    const uint64_t number = strtoull(reading->at, &end, 10);
    reading->wrong |= end == reading->at;
    reading->at = end;
    return number;
}

static void put_nests(struct scene *scene, struct reading *reading, uint64_t nest,
                      uint64_t times, uint64_t most) {
    const struct kind *kind = find_kind(scene, nest);
    reading->wrong |= times > reading->left || (kind && times > most);
    if (!reading->wrong)
        reading->left -= times;
    for (uint64_t t = 0; t < times && kind && !reading->wrong; t++) {
        reading->wrong = scene->block_count == most;
        if (reading->wrong)
            return;
        scene->block[scene->block_count++] = (struct block){kind, scene->cycles};
        scene->cycles += kind->cycles;
    }
}

// Puts what is read one after the other, up to a bracket or the end. most: nests that
// are shown.
static void put_in_time(struct scene *scene, struct reading *reading, uint64_t most) {
    while (*reading->at && *reading->at != ')' && !reading->wrong) {
        uint64_t number = read_number(reading), times = 1;
        if (*reading->at == '*') {
            times = number;
            reading->at++;
            number = *reading->at == '(' ? 0 : read_number(reading);
        }
        if (*reading->at == '(') {
            const char *from = reading->at + 1;
            reading->wrong = reading->depth++ == MOST_DEPTH;
            for (uint64_t t = 0; t < times && !reading->wrong; t++) {
                const uint64_t left = reading->left;
                reading->at = from;
                put_in_time(scene, reading, most);
                reading->wrong |= reading->left == left;
            }
            reading->depth--;
            reading->wrong |= *reading->at != ')';
            reading->at += *reading->at == ')';
        } else {
            put_nests(scene, reading, number, times, most);
        }
        reading->at += *reading->at == ' ';
    }
}

// ---- data and script ----

static enum sdse_status write_data(const void *context, struct sdse_arena *arena,
                                   FILE *out) {
    (void)arena;
    const struct scene *scene = context;
    fputs("# row\tfrom [cycles]\tto [cycles]\tcolour", out);
    for (unsigned m = 0; m < scene->memory_count; m++)
        fputs("\theld [KiB]\twith tiles [KiB]", out);
    fputs("\tlayer\n", out);
    for (size_t b = 0; b < scene->block_count; b++) {
        const struct kind *kind = scene->block[b].kind;
        const char *color = sdse_palette_color(scene->plot->theme, kind->layer);
        fprintf(out, "%zu\t%.12g\t%.12g\t0x%s\t", kind->layer, scene->block[b].from,
                scene->block[b].from + kind->cycles, color + 1);
        for (unsigned m = 0; m < scene->memory_count; m++)
            fprintf(out, "%.8g\t%.8g\t", kind->held_bits[m] / 8192,
                    (kind->held_bits[m] + kind->tile_bits[m]) / 8192);
        sdse_gnuplot_field(scene->layer[kind->layer].name, out);
        fputc('\n', out);
    }
    return SDSE_OK;
}

static void write_layers(const struct scene *scene, const struct sdse_theme *theme,
                         FILE *out) {
    sdse_canvas_panel(&scene->canvas, 0, out);
    fprintf(out,
            "unset grid\nset grid xtics\nset xlabel 'Cycles of the group'\nset xrange "
            "[0:%.12g]\nset yrange [%g:-0.7]\nset ytics scale 0 (",
            scene->cycles, (double)scene->layer_count - 0.3);
    for (size_t l = 0; l < scene->layer_count; l++) {
        fputs(l ? ", " : "", out);
        sdse_gnuplot_quote(scene->layer[l].name, out);
        fprintf(out, " %zu", l);
    }
    fputs(")\nset style fill solid 1.0 noborder\nplot data using "
          "2:1:2:3:($1-0.36):($1+0.36):4 with boxxyerror lc rgb variable notitle",
          out);
    for (size_t l = 0; l < scene->layer_count; l++) {
        const struct layer *layer = &scene->layer[l];
        double cycles = 0;
        char text[96];
        for (size_t k = layer->first; k < layer->first + layer->count; k++)
            cycles += (double)scene->kind[k].times * scene->kind[k].cycles;
        snprintf(text, sizeof text, "%" PRIu64 " nest%s, %.12g cycles", layer->nests,
                 layer->nests == 1 ? "" : "s", cycles);
        fprintf(out, ", \\\n     '+' every ::0::0 using (%.12g):(%zu):(", scene->cycles,
                l);
        sdse_gnuplot_quote(text, out);
        fprintf(out, ") with labels left offset 1,0 tc rgb '%s' notitle", theme->text);
    }
    fputc('\n', out);
}

// What a memory holds over the cycles, in a panel of its own.
static void write_memory(const struct scene *scene, unsigned m, enum sdse_plot_theme of,
                         FILE *out) {
    const struct memory *memory = &scene->memory[m];
    const struct sdse_theme *theme = sdse_theme(of);
    sdse_canvas_panel(&scene->canvas, 1 + m, out);
    fputs("unset ytics\nset ytics autofreq nomirror\nset yrange [0:*] noreverse\nset "
          "grid "
          "ytics\nset ylabel ",
          out);
    sdse_gnuplot_quote(memory->name, out);
    fprintf(out,
            ".' [KiB]'\nplot data using 2:(0):2:3:(0):%u with boxxyerror lc rgb '%s' "
            "notitle, \\\n     data using 2:(0):2:3:(0):%u with boxxyerror lc rgb '%s' "
            "notitle",
            6 + 2 * m, theme->quiet, 5 + 2 * m, sdse_palette_color(of, HELD));
    if (memory->capacity_bits > 0)
        fprintf(out, ", \\\n     %.12g with lines lw 2 dt 2 lc rgb '%s' notitle",
                memory->capacity_bits / 8192, theme->strong);
    fputc('\n', out);
}

static void write_script(const void *context, const struct sdse_plot_files *files,
                         FILE *out) {
    const struct scene *scene = context;
    sdse_canvas_begin(&scene->canvas, files, out);
    write_layers(scene, sdse_theme(files->theme), out);
    for (unsigned m = 0; m < scene->memory_count; m++)
        write_memory(scene, m, files->theme, out);
    sdse_canvas_end(&scene->canvas, out);
}

// ---- the picture ----

// "L2", "L2 and GLB", "L3, L2 and GLB" hold. NULL: memory is out.
static const char *memories_text(const struct scene *scene, struct sdse_arena *arena) {
    const char *text = scene->memory[0].name;
    for (unsigned m = 1; text && m < scene->memory_count; m++)
        text = sdse_arena_printf(arena, "%s%s%s", text,
                                 m + 1 < scene->memory_count ? ", " : " and ",
                                 scene->memory[m].name);
    return text;
}

static bool lay_out(struct scene *scene, struct sdse_arena *arena) {
    const enum sdse_plot_theme theme = scene->plot->theme;
    const unsigned rows_px = 60 + (unsigned)scene->layer_count * ROW_PX;
    size_t longest = 8; // room for the name of an axis
    for (size_t l = 0; l < scene->layer_count; l++) {
        const size_t width = sdse_canvas_text_width(scene->layer[l].name);
        longest = width > longest ? width : longest;
    }
    const char *memories = memories_text(scene, arena);
    if (!memories)
        return false;
    struct sdse_canvas_wish wish = {
        .title = sdse_arena_printf(
            arena,
            "Group %" PRId64 " of %s: nests in time, and what %s hold%s. Lengths and "
            "what is held are the model's.",
            scene->group, scene->plot->owner, memories,
            scene->memory_count > 1 ? "" : "s"),
        .panels = 1 + scene->memory_count,
        .columns = 1,
        .panel_width_px = 1000,
        .panel_height_px = rows_px > LEAST_HEIGHT_PX ? rows_px : LEAST_HEIGHT_PX,
        .left_px = 60 + (unsigned)longest * SDSE_CANVAS_CHAR_PX,
        .right_px = 30 * SDSE_CANVAS_CHAR_PX};
    sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_BAR, 0, 0,
                    sdse_palette_color(theme, HELD), "held beside the nest");
    sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_BAR, 0, 0,
                    sdse_theme(theme)->quiet, "its own tiles and outputs");
    sdse_legend_add(&wish.legend, arena, SDSE_LEGEND_LINE, 0, 0,
                    sdse_theme(theme)->strong, "capacity");
    return wish.title && sdse_canvas_plan(&scene->canvas, &wish, arena);
}

static enum sdse_status refuse(const struct scene *scene, struct sdse_diags *diags,
                               uint64_t nests) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = scene->plot->picture},
                  nests ? "plot-bars" : "plot-empty",
                  nests ? "the group has %llu nests, a picture shows at most %d"
                        : "none of the group's %llu nests takes time%.0d",
                  (unsigned long long)nests, nests ? MOST_NESTS : 0);
    return SDSE_INVALID;
}

enum sdse_status sdse_plot_turns(struct sdse_reader *reader,
                                 const struct sdse_mapping_plot *plot, int64_t group,
                                 struct sdse_arena *arena, struct sdse_diags *diags) {
    static const struct sdse_plot_writers writers = {write_data, write_script};
    struct scene *scene = SDSE_ARENA_NEW(arena, struct scene);
    struct sdse_plot_files files;
    if (!scene)
        return SDSE_NO_MEMORY;
    scene->plot = plot;
    scene->group = group;
    const enum sdse_status status =
        sdse_plot_files(plot->rules, plot->picture, arena, diags, &files);
    if (status != SDSE_OK)
        return status;
    const int code = read_nests(reader->db, scene, arena);
    if (code != SQLITE_OK)
        return sdse_database_refuse(reader->db, code,
                                    sqlite3_db_filename(reader->db, "main"), diags);
    uint64_t nests = 0;
    for (size_t l = 0; l < scene->layer_count; l++)
        nests += scene->layer[l].nests;
    if (!nests || nests > MOST_NESTS)
        return refuse(scene, diags, nests);
    scene->block = SDSE_ARENA_ARRAY(arena, struct block, (size_t)nests);
    if (!scene->block || !lay_out(scene, arena))
        return SDSE_NO_MEMORY;
    struct reading reading = {.at = scene->order, .left = 8 * (uint64_t)MOST_NESTS};
    put_in_time(scene, &reading, nests);
    if (reading.wrong || *reading.at || scene->block_count != nests) {
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = plot->picture},
                      "results-damaged",
                      "the order of the group's nests is not one of all of them");
        return SDSE_INVALID;
    }
    files.theme = plot->theme;
    return sdse_gnuplot_draw(&writers, scene, &files, arena, diags);
}
