// Generated chains whose layers may take turns channel by channel: a first layer, inner
// ones that are channel-wise, or nearly so, and one that adds up over channels or does
// not; on an accelerator whose memory shares.
#ifndef SDSE_TESTS_SUPPORT_CHANNELS_H
#define SDSE_TESTS_SUPPORT_CHANNELS_H

#include "oracle/support_fusionbrute.h"

// Makes the problem of a seed: all but p->arena. Its chain is of layers that are named
// c0, c1, ...; others stand before them.
void channels_make(uint64_t seed, struct brute_problem *p);

#endif
