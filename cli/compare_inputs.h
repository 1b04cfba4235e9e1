// What two points, or two sweeps, are made of, laid side by side: names, overrides, and
// every line of the inputs that differs.
#ifndef SDSE_CLI_COMPARE_INPUTS_H
#define SDSE_CLI_COMPARE_INPUTS_H

#include "cli/cli.h"
#include "results/look/compare.h"
#include "results/store/stored_point.h"

// One side's description, by name and as YAML text.
struct cli_compared_text {
    const char *what; // "accelerator"
    const char *name[SDSE_SIDES], *text[SDSE_SIDES];
};

// The parameters of two points: names and versions first, then overrides, then what
// differs of the resolved accelerators, networks and forms. Rows that are numbers on
// both sides are numbers. SDSE_NO_MEMORY, or what the readers say.
enum sdse_status
cli_compare_parameters(struct cli *cli, struct sdse_reader *const reader[SDSE_SIDES],
                       const struct sdse_stored_point point[SDSE_SIDES],
                       struct sdse_differences *out);

// The same of two files and, where both are named, of the texts of two sweeps.
enum sdse_status cli_compare_settings(struct cli *cli,
                                      struct sdse_reader *const reader[SDSE_SIDES],
                                      const struct cli_compared_text *sweeps,
                                      struct sdse_differences *out);

#endif
