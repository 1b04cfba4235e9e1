// What is said of a model that was imported into a folder.
#ifndef SDSE_CLI_IMPORT_MODEL_H
#define SDSE_CLI_IMPORT_MODEL_H

#include "cli/cli.h"
#include "spec/types/workload.h"

// The network as text, and what to go on with: to decompose, if it has weights.
void cli_show_imported(struct cli *cli, const char *folder,
                       const struct sdse_workload *net);

// The same as an object.
enum cli_exit cli_imported_json(struct cli *cli, const char *folder,
                                const struct sdse_workload *net);

#endif
