// Where shipped accelerators, networks, sweeps and published figures are.
#ifndef SDSE_CLI_DATA_FOLDERS_H
#define SDSE_CLI_DATA_FOLDERS_H

#include <stddef.h>

#include "cli/cli.h"

enum { CLI_MOST_DATA_FOLDERS = 3 };

// The folders that may have archs/, workloads/, sweeps/ and validation/, in the order
// in which they are asked; how many there are.
//
//     .                                the current directory
//     $SDSE_DATA
//     DIR/../share/sdse                installed beside the program in DIR; or
//     DIR/share/sdse                   its build tree's link to the sources
//     /usr/local/share/sdse            as the build was configured, where the system
//                                      does not say where the program is
//
// A folder that the machine cannot look at is its fault, noted, and is not among them.
size_t cli_data_folders(struct cli *cli, const char *folders[CLI_MOST_DATA_FOLDERS]);

#endif
