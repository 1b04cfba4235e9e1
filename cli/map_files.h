// Files of mappings that sdse map writes: one of a layer, or a folder of them.
#ifndef SDSE_CLI_MAP_FILES_H
#define SDSE_CLI_MAP_FILES_H

#include "cli/map_run.h"
#include "dse/residency/residency.h"

// Before the search: what would keep its answer from being written. `layer` is NULL
// for all layers of the network.
enum cli_exit cli_map_check_output(struct cli *cli, const char *path,
                                   const struct sdse_workload *workload,
                                   const struct sdse_layer *layer);

// Writes the mappings that were chosen; resident: [layers of the run], those with
// places in their stead, or NULL.
enum cli_exit cli_map_write_mappings(struct cli_map_run *run,
                                     const struct sdse_resident_layer *resident);

#endif
