// sdse why-not of a network's mapping: what of it does not fit the memory that layers
// share.
#ifndef SDSE_CLI_WHY_NOT_FILE_H
#define SDSE_CLI_WHY_NOT_FILE_H

#include "cli/problem.h"

// Says what every nest needs of the memory of a number, of those that share, those that
// do not fit term by term, and its least capacity that admits the file.
enum cli_exit cli_why_not_file(struct cli *cli, struct cli_problem *problem,
                               const char *path, unsigned shared, bool json);

#endif
