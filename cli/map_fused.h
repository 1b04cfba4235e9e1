// What sdse map --resident --fuse N does after the places of whole tensors are proved.
#ifndef SDSE_CLI_MAP_FUSED_H
#define SDSE_CLI_MAP_FUSED_H

#include "cli/map_run.h"
#include "dse/fusion/fusion.h"

// Finds the optimum over all groups of at most run->fuse_depth layers and prints a line
// for each group, and the optima of the narrower spaces beside it; or the front.
//
// request   as the places were asked for
// resident  the optimum without groups; not read where the front is asked for
enum cli_exit cli_map_fused(struct cli_map_run *run,
                            const struct sdse_residency_request *request,
                            const struct sdse_tradeoff *resident);

#endif
