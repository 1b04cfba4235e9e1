// sdse explain of a network's mapping.
#ifndef SDSE_CLI_EXPLAIN_NETWORK_H
#define SDSE_CLI_EXPLAIN_NETWORK_H

#include "cli/network_mapping.h"

// Tells every group: its edges, its nests, what each finds held term by term, and the
// equations of each; with a layer of the network's the group that it is in, or, of one
// that runs by itself, its equations.
enum cli_exit cli_explain_network(struct cli *cli, const struct cli_problem *problem,
                                  const struct cli_network *network,
                                  const struct sdse_layer *layer);

#endif
