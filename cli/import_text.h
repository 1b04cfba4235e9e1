// Files of other tools that are text: designs, networks without weights, mappings.
#ifndef SDSE_CLI_IMPORT_TEXT_H
#define SDSE_CLI_IMPORT_TEXT_H

#include "cli/cli.h"
#include "import/onnx/onnx.h"

enum { CLI_MOST_IMPORTED = 64 }; // files of one command line

enum cli_text_kind { CLI_NO_TEXT, CLI_OTHER_TEXT, CLI_TEXT_OF_TOOL };

// What `path` is, by what it holds. A machine that cannot say is its own fault, noted:
// cli->fault.
enum cli_text_kind cli_text_kind(struct cli *cli, const char *path);

// Writes the accelerator, network or mapping that the files describe to the file
// `output`, or into the folder `output` where they are several, and shows them; `json`:
// as an object. lossy: what cannot be translated is a warning. `inputs` set names of
// templates. All files are of the format of the first.
enum cli_exit cli_import_text(struct cli *cli, const char *const *paths, int count,
                              const struct sdse_import_options *inputs,
                              const char *output, bool lossy, bool json);

#endif
