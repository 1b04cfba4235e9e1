// Files that hold tensors and no network, as a folder of weights.
#ifndef SDSE_CLI_IMPORT_TENSORS_H
#define SDSE_CLI_IMPORT_TENSORS_H

#include "cli/cli.h"
#include "import/tensors/tensors.h"

struct cli_tensor_import {
    const char *path;
    enum sdse_tensor_format format; // what it is
    const char *output;             // the folder
    const char *like; // a network whose layers find their weights, or NULL
    bool follow_links;
    bool no_weight_bits; // its layers do not say how wide their weights are stored
    bool json;
};

// Writes manifest.tsv and weights/ (and workload.yaml, if `like` names a network) and
// says what became of each tensor.
enum cli_exit cli_import_tensors(struct cli *cli,
                                 const struct cli_tensor_import *import);

#endif
