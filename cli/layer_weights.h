// The weights a verb works on: those of one .npy file, of a folder with a manifest, or
// of a network, whose layers without a file get synthetic ones.
#ifndef SDSE_CLI_LAYER_WEIGHTS_H
#define SDSE_CLI_LAYER_WEIGHTS_H

#include "cli/cli.h"
#include "smartdeal/decompose.h"
#include "spec/types/workload.h"

struct cli_weight_layer {
    const char *name;
    const char *kind; // as in a workload
    uint64_t repeat;
    struct sdse_weight_shape shape;
    uint64_t words; // of one repetition
    bool synthetic;
    const char *path;                // .npy; NULL = as the network says
    const struct sdse_layer *source; // of the network; NULL = path
    struct sdse_loc loc;
};

struct cli_weights {
    const char *name;                    // of the network, folder or file
    const struct sdse_workload *network; // NULL = a file or a folder
    size_t count;
    struct cli_weight_layer *layer;
    size_t activation_layers; // products of activations: nothing to store
};

// Finds the layers behind `operand`: a .npy file, a folder with a manifest.tsv, a
// workload's file or the name of a shipped network. Shapes are compared with the
// headers of the .npy files. Links may lead out of the folder, or of the network's, only if
// follow_links.
// SDSE_INVALID after diagnostics (weights-rank, weights-shape, weights-empty and those
// of the readers) or a message.
enum sdse_status cli_find_weights(struct cli *cli, const char *operand,
                                  bool follow_links, struct cli_weights *out);

// The values of one layer; *owned is to be freed by the caller.
enum sdse_status cli_read_weights(struct cli *cli, const struct cli_weights *weights,
                                  size_t i, struct sdse_layer_weights *out,
                                  float **owned);

#endif
