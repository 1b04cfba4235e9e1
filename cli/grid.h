// Lists of values on the command line, as a grid of SmartDeal settings.
#ifndef SDSE_CLI_GRID_H
#define SDSE_CLI_GRID_H

#include "cli/cli.h"
#include "smartdeal/setting.h"

enum cli_grid_field {
    CLI_GRID_BASIS_SIZE,
    CLI_GRID_ROWS_PER_SLICE,
    CLI_GRID_THRESHOLD, // or sparsity: what setting->threshold_mode says
    CLI_GRID_COEFFICIENT_BITS,
    CLI_GRID_BASIS_BITS,
};

struct cli_grid_axis {
    const char *option; // for messages: "--basis-size"
    const char *list;   // "3,4,6"
    enum cli_grid_field field;
};

enum { CLI_MOST_SETTINGS = 4096 };

struct cli_grid {
    size_t count;
    struct sdse_smartdeal_setting *setting; // the last axis fastest
};

// All combinations, each checked; false after messages.
bool cli_grid_expand(struct cli *cli, const struct sdse_smartdeal_setting *base,
                     const struct cli_grid_axis *axes, size_t axis_count,
                     struct cli_grid *grid);

#endif
