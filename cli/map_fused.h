// What sdse map --resident --fuse N does after the places of whole tensors are proved.
#ifndef SDSE_CLI_MAP_FUSED_H
#define SDSE_CLI_MAP_FUSED_H

#include "cli/map_run.h"
#include "dse/schedule/schedule.h"

// Finds the optimum over all groups of at most run->fuse_depth layers and prints a line
// for each group, and the optima of the narrower spaces beside it; or the front. Where
// that, or a narrower space, is not proved before an interruption: what is known of the
// widest one that is.
//
// request  as the places were asked for
// known    the optimum without groups, or what is known of it; where the front is asked
//          for not read but for its placing
// front    likewise
enum cli_exit cli_map_fused(struct cli_map_run *run,
                            const struct sdse_residency_request *request,
                            const struct sdse_schedule *known,
                            const struct sdse_places *front);

#endif
