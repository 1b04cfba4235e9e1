// Spatial choices of levels, kept for the problems that follow. They depend on the
// layer's bounds, on the fan-out and its networks and on what the rules admit there:
// not on capacities, bandwidths, costs or who keeps what. Accelerators of a sweep that
// differ in those alone list them, and measure their hops, once. For one thread.
#ifndef SDSE_DSE_MAPPER_SPREADS_KNOWN_H
#define SDSE_DSE_MAPPER_SPREADS_KNOWN_H

#include <stdbool.h>

#include "base/hash.h"
#include "dse/mapper/rules.h"
#include "dse/mapper/spread.h"

struct sdse_spreads_known;

struct sdse_spreads_known *sdse_spreads_known_new(void); // NULL: no memory
void sdse_spreads_known_free(struct sdse_spreads_known *known);

// Forgets everything when it takes more than 16 MiB: before a problem, not within one.
void sdse_spreads_known_tidy(struct sdse_spreads_known *known);

// What names the choices of a level, hops measured or not, of a layer without padding.
struct sdse_hash sdse_spreads_key(const struct sdse_level *level,
                                  const struct sdse_level_rules *rules,
                                  const struct sdse_nest *nest, bool hops);

// The choices of that name, which live until the next tidying; false: not known.
bool sdse_spreads_known_find(const struct sdse_spreads_known *known,
                             struct sdse_hash key, struct sdse_spreads *spreads);
// Keeps a copy of them, if there is memory.
void sdse_spreads_known_keep(struct sdse_spreads_known *known, struct sdse_hash key,
                             const struct sdse_spreads *spreads);

#endif
