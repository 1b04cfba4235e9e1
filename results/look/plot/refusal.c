#include "results/look/plot/refusal.h"

#include "results/store/database.h"

enum sdse_status sdse_plot_refuse(struct sdse_reader *reader, const char *what,
                                  struct sdse_arena *arena, struct sdse_diags *diags) {
    const char *path =
        sdse_arena_strdup(arena, sqlite3_db_filename(reader->db, "main"));
    if (!path || !what)
        return SDSE_NO_MEMORY;
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = path}, "plot-empty",
                  "%s", what);
    return SDSE_INVALID;
}

enum sdse_status sdse_plot_no_points(struct sdse_reader *reader,
                                     const struct sdse_points *points,
                                     struct sdse_arena *arena,
                                     struct sdse_diags *diags) {
    return sdse_plot_refuse(
        reader,
        sdse_arena_printf(arena,
                          "no points to plot: %zu infeasible, %zu failed, %zu without "
                          "an objective",
                          points->infeasible, points->failed, points->unknown),
        arena, diags);
}

enum sdse_status sdse_plot_facets(const char *picture, const struct sdse_aspect *facet,
                                  size_t most, struct sdse_diags *diags) {
    if (facet->count <= most)
        return SDSE_OK;
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = picture}, "plot-facets",
                  "%zu values of '%.100s' are too many panels: at most %zu",
                  facet->count, facet->path, most);
    return SDSE_INVALID;
}

enum sdse_status sdse_plot_shapes(const char *picture, const struct sdse_aspect *shape,
                                  struct sdse_diags *diags) {
    if (shape->count <= SDSE_PALETTE_SHAPES)
        return SDSE_OK;
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = picture}, "plot-shapes",
                  "%zu values of '%.100s' are more than %d shapes", shape->count,
                  shape->path, SDSE_PALETTE_SHAPES);
    return SDSE_INVALID;
}
