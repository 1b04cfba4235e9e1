// Files of other tools that are text: designs and networks without weights.
#ifndef SDSE_CLI_IMPORT_TEXT_H
#define SDSE_CLI_IMPORT_TEXT_H

#include "cli/cli.h"

// Whether `path` is such a file, by what it holds. A machine that cannot say is its own
// fault, noted: cli->fault.
bool cli_is_text_import(struct cli *cli, const char *path);

// Writes the accelerator or network that it describes to the file `output`, and shows
// it; `json`: as an object. lossy: what cannot be translated is a warning.
enum cli_exit cli_import_text(struct cli *cli, const char *path, const char *output,
                              bool lossy, bool json);

#endif
