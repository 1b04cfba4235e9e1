// TensorFlow Lite models as networks with their weights.
#ifndef SDSE_CLI_IMPORT_TFLITE_H
#define SDSE_CLI_IMPORT_TFLITE_H

#include "cli/cli.h"

// Writes workload.yaml, manifest.tsv and weights/ into the folder `output`, and shows
// the network; `json`: as an object. `no_weight_bits`: its layers do not say how wide
// their weights are stored.
enum cli_exit cli_import_tflite(struct cli *cli, const char *path, const char *output,
                                bool no_weight_bits, bool json);

#endif
