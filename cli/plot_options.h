// The options of `sdse plot`, and which of them a kind of picture takes.
#ifndef SDSE_CLI_PLOT_OPTIONS_H
#define SDSE_CLI_PLOT_OPTIONS_H

#include "cli/cli.h"
#include "cli/selection.h"

enum {
    CLI_PLOT_OUTPUT,
    CLI_PLOT_TYPE,
    CLI_PLOT_OBJECTIVES,
    CLI_PLOT_COLOUR,
    CLI_PLOT_SHAPE,
    CLI_PLOT_FACET,
    CLI_PLOT_LABEL,
    CLI_PLOT_LOG,
    CLI_PLOT_THEME,
    CLI_PLOT_POINT,
    CLI_PLOT_LAYER,
    CLI_PLOT_BARS,
    CLI_PLOT_SELECTION,
    CLI_PLOT_OVER = CLI_PLOT_SELECTION + CLI_SELECT_OPTIONS,
    CLI_PLOT_OVER_FORM,
    CLI_PLOT_FORCE,
    CLI_PLOT_OPTIONS
};

extern const struct cli_option cli_plot_options[CLI_PLOT_OPTIONS];

// False after a message for each option that was given and that `kind` has no use for,
// with the reason.
bool cli_plot_accepts(struct cli *cli, const struct cli_args *args, const char *kind);

#endif
