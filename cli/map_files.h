// Files of mappings that sdse map writes: one of a layer, or of a network whose layers
// take turns, or a folder of those of its layers.
#ifndef SDSE_CLI_MAP_FILES_H
#define SDSE_CLI_MAP_FILES_H

#include "cli/map_run.h"
#include "dse/schedule/schedule.h"

// Before the search: what would keep its answer from being written. one_file: else it
// is a folder, of a file for each layer.
enum cli_exit cli_map_check_output(struct cli *cli, const char *path,
                                   const struct sdse_workload *workload, bool one_file);

// Writes the mappings that were chosen; resident: [layers of the run], those with
// places in their stead, or NULL.
enum cli_exit cli_map_write_mappings(struct cli_map_run *run,
                                     const struct sdse_resident_layer *resident);

// Writes how the network runs (docs/formats.md).
enum cli_exit cli_map_write_network(struct cli_map_run *run,
                                    const struct sdse_schedule *schedule);

#endif
