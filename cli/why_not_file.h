// sdse why-not of a network's mapping: what of it does not fit the memory that layers
// share.
#ifndef SDSE_CLI_WHY_NOT_FILE_H
#define SDSE_CLI_WHY_NOT_FILE_H

#include "cli/problem.h"

// Says what every nest needs, those that do not fit term by term, and the least
// capacity that admits the file. Some memory of the accelerator shares.
enum cli_exit cli_why_not_file(struct cli *cli, struct cli_problem *problem,
                               const char *path, bool json);

#endif
