// The head of a mapping's file: which accelerator, network and weights it was found
// for.
#ifndef SDSE_CLI_MAPPING_HEAD_H
#define SDSE_CLI_MAPPING_HEAD_H

#include <stdio.h>

#include "cli/cli.h"
#include "spec/tree.h"
#include "spec/types/arch.h"
#include "spec/types/workload.h"

// The lines `arch`, `workload`, `form` and `layer`. form: as --form takes it; layer:
// NULL in a network's file.
void cli_print_mapping_head(FILE *out, const char *arch, const char *workload,
                            const char *form, const char *layer);

// The layer that a mapping's file names; NULL: none.
const char *cli_mapping_layer(const struct sdse_node *root);

// Warns of each of them that is another here, at its place [mapping-for]; what the file
// does not say is not compared, nor is a workload or a form that is NULL. Two texts of
// one form are equal. False after errors: a key that cannot be read.
bool cli_compare_mapping_head(struct cli *cli, const struct sdse_node *root,
                              const struct sdse_arch *arch,
                              const struct sdse_workload *workload, const char *form);

#endif
