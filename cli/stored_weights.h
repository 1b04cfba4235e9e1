// Weights that a results.db holds, written as files that its network then names.
#ifndef SDSE_CLI_STORED_WEIGHTS_H
#define SDSE_CLI_STORED_WEIGHTS_H

#include "cli/cli.h"
#include "results/store/tensor.h"
#include "spec/types/workload.h"

// Writes folder/weights/NNN-LAYER.npy for every layer that has embedded weights, and
// makes them the files of these layers, and folder/network.yaml that of the network.
enum sdse_status cli_write_stored_weights(struct cli *cli, struct sdse_reader *reader,
                                          const char *folder,
                                          struct sdse_workload *workload,
                                          const struct sdse_stored_weights *weights,
                                          size_t count);

#endif
