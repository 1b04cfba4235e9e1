// What sdse compare lays side by side, by its command line.
#ifndef SDSE_CLI_COMPARE_SIDES_H
#define SDSE_CLI_COMPARE_SIDES_H

#include "cli/cli.h"
#include "results/look/compare.h"
#include "results/look/points.h"

// A point of each side, or a set of points.
struct cli_sides {
    const char *file[SDSE_SIDES];
    const char *point[SDSE_SIDES]; // NULL: sets
    struct sdse_filter filter[SDSE_SIDES];
    struct sdse_reader *reader[SDSE_SIDES];
};

// Reads operands (A.db P Q, A.db B.db [P [Q]], A.db P B.db Q) and what chooses among
// points: options[first] is the first of CLI_SELECTION_ROWS. False: what is wrong has
// been said. The readers are not opened.
bool cli_accept_sides(struct cli *cli, const struct cli_args *args,
                      const struct cli_option *options, int first,
                      struct cli_sides *sides);

#endif
