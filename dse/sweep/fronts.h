// The fronts of a sweep that is under way, kept as its points come: of energy, latency
// and area, one for each network. Private to dse/.
#ifndef SDSE_DSE_SWEEP_FRONTS_H
#define SDSE_DSE_SWEEP_FRONTS_H

#include <stdbool.h>
#include <stddef.h>

#include "spec/types/sweep.h"

struct sdse_fronts;

// Empty fronts of so many networks; NULL when memory is out.
struct sdse_fronts *sdse_fronts_new(size_t networks);
void sdse_fronts_free(struct sdse_fronts *fronts); // NULL is fine

// Takes a point into its network's front if none there is better (in one value, and
// worse in none), and drops those that are worse than it: time grows with the front,
// not with the points that came before. Equal points share their fate. What has a value
// that is not finite is on no front. Memory: what is on a front. False: memory is out.
bool sdse_fronts_add(struct sdse_fronts *fronts, size_t network, double energy_pj,
                     double latency_cycles, double area_mm2);

// What of the box between 0 and a reference the fronts dominate, in the objectives of a
// search: the mean of the networks' shares, those without a point counting 0. The
// reference is the search's, or the worst value that a point of the network had.
// NAN: memory is out.
double sdse_fronts_hypervolume(const struct sdse_fronts *fronts,
                               const struct sdse_sweep_search *search);

// Points on all fronts, equal ones each.
size_t sdse_fronts_size(const struct sdse_fronts *fronts);

#endif
