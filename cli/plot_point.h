// Pictures of one design point of a results.db, or of one of its layers.
#ifndef SDSE_CLI_PLOT_POINT_H
#define SDSE_CLI_PLOT_POINT_H

#include "cli/cli.h"
#include "results/look/plot/plot.h"

struct cli_point_plot {
    const char *kind;  // layers, bottleneck, utilisation, roofline, mapping or gantt
    const char *point; // as sdse_stored_point_find takes it
    const char *layer; // of mapping and gantt
    const char *folder, *type; // where the picture goes, and its ending
    const char *colour, *shape, *facet, *label; // parameters of layers; NULL: none
    enum sdse_plot_theme theme;
    enum sdse_plot_log log;
};

// Draws it and prints the picture's path.
enum sdse_status cli_plot_point(struct cli *cli, struct sdse_reader *reader,
                                const struct cli_point_plot *plot);

// FOLDER/KIND_NAME.TYPE, with what does not belong into a file name replaced. NULL when
// memory is out.
const char *cli_picture_path(struct cli *cli, const char *folder, const char *kind,
                             const char *name, const char *type);

#endif
