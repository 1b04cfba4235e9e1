// What sdse map --resident does after the layers are mapped without sharing.
#ifndef SDSE_CLI_MAP_RESIDENT_H
#define SDSE_CLI_MAP_RESIDENT_H

#include "cli/map_run.h"

// Whether the accelerator has a memory that shares and the network says which layers
// read what others put out; says what is missing.
bool cli_map_may_reside(const struct cli_map_run *run);

// Finds the optimum over all places of tensors and prints it beside that without
// sharing, which is proved. search: objective, space and stop of the layers' searches.
enum cli_exit cli_map_resident(struct cli_map_run *run,
                               const struct cli_search *search);

#endif
