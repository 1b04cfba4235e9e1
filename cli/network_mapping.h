// The mapping's file of a network (dse/schedule/schedule.h) as verbs read it.
#ifndef SDSE_CLI_NETWORK_MAPPING_H
#define SDSE_CLI_NETWORK_MAPPING_H

#include "cli/network_table.h"
#include "cli/problem.h"

// Whether a file is one; false too where it cannot be read, which who reads it says.
bool cli_is_network_mapping(const char *path);

// What is asked about how the network of a problem runs: its layers in their forms.
// False after messages.
bool cli_network_request(struct cli *cli, const struct cli_problem *problem,
                         struct sdse_fusion_request *request);

// Reads the file; memories whose positions it names are split in the problem's
// accelerator. False after messages. *network refers to *schedule, the problem and the
// arena.
bool cli_load_network_mapping(struct cli *cli, struct cli_problem *problem,
                              const char *path, struct sdse_schedule *schedule,
                              struct cli_network *network);

// The same as if the memory of a number, of those that share, had room for anything;
// *capacity_bits: what it has, 0: unlimited.
bool cli_load_roomy_mapping(struct cli *cli, struct cli_problem *problem,
                            const char *path, unsigned memory,
                            struct sdse_schedule *schedule, struct cli_network *network,
                            uint64_t *capacity_bits);

// What sdse eval prints of it.
enum cli_exit cli_eval_network(struct cli *cli, const struct cli_problem *problem,
                               const struct cli_network *network,
                               enum sdse_table_format format);

#endif
