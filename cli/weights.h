// Where weights come from: a .npy file, a folder with a manifest, or a network.
#ifndef SDSE_CLI_WEIGHTS_H
#define SDSE_CLI_WEIGHTS_H

#include "cli/cli.h"
#include "smartdeal/array.h"
#include "smartdeal/decompose.h"
#include "smartdeal/manifest.h"
#include "spec/types/workload.h"

struct cli_weights_source {
    const char *name;
    const char *path;               // .npy; NULL: synthetic
    const char *kind;               // of a manifest's line; NULL
    const struct sdse_layer *layer; // of a network; NULL
};

struct cli_weights {
    const char *network; // for the seeds of synthetic weights
    size_t count;
    struct cli_weights_source *source;
};

// Lists the layers that have weights; `layer` NULL = all. Messages or diagnostics say
// what is wrong.
enum sdse_status cli_weights_open(struct cli *cli, const char *name, const char *layer,
                                  struct cli_weights *weights);

// One layer's weights in memory.
struct cli_layer_weights {
    struct sdse_layer_weights weights;
    struct sdse_array array; // owns the values
    bool synthetic;
    uint64_t repeat;
};

enum sdse_status cli_weights_load(struct cli *cli, const struct cli_weights *weights,
                                  size_t index, struct cli_layer_weights *out);
void cli_layer_weights_free(struct cli_layer_weights *layer);

#endif
