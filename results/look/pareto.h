// Pareto fronts of points in two or three objectives, all minimised.
//
// Point i has the values v[i * objectives + 0 … objectives - 1]. a dominates b if a <=
// b in every objective and a < b in at least one: comparisons are exact, so dominance
// is transitive and a front does not depend on the order of the points. Equal points do
// not dominate each other: either all of them are on the front or none. A point with a
// value that is not finite is on no front and dominates nothing.
#ifndef SDSE_RESULTS_LOOK_PARETO_H
#define SDSE_RESULTS_LOOK_PARETO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { SDSE_MOST_OBJECTIVES = 3 };

// Writes the indices of the points that nothing dominates into front (room for count),
// ordered by objective 0, then 1, then 2, then index, and their number into
// *front_count. objectives is 2 or 3. Time O(n log n); SDSE_NO_MEMORY leaves the
// outputs alone.
//
// Sweep in lexicographic order: whatever dominates a point comes before it. In two
// objectives the least second value so far decides; in three, the least third value
// among second values not above, from a Fenwick tree of prefix minima. Source: Kung,
// Luccio, Preparata, JACM 22(4), 1975 (the bound); derived here; oracle:
// test_results_pareto.c.
enum sdse_status sdse_pareto_front(const double *v, size_t count, unsigned objectives,
                                   size_t *front, size_t *front_count);

// Position in `front` (not the point's index) of the knee: the point farthest on the
// good side of the line or plane that joins the corners of the front's own range.
//
//     u_k = (v_k - least_k) / (greatest_k - least_k)   over the front; 0 if they are
//     equal distance = (1 - sum_k u_k) / sqrt(objectives)
//
// In two objectives those corners are the two ends of the front. Ties go to the first.
// front_count >= 1, in the order of sdse_pareto_front.
size_t sdse_pareto_knee(const double *v, unsigned objectives, const size_t *front,
                        size_t front_count);

// The default reference point of the hypervolume: 1.1 times the worst value of the
// front in each objective. front_count >= 1, values >= 0.
void sdse_pareto_reference(const double *v, unsigned objectives, const size_t *front,
                           size_t front_count, double reference[SDSE_MOST_OBJECTIVES]);

// Exact hypervolume: the measure of what is dominated by some point of `front` (any set
// of points, dominated ones allowed) and is itself below `reference` in every
// objective; unit: the product of the objectives' units. Points that are not below the
// reference in every objective add nothing.
//
// Two objectives: rectangles of the staircase, O(n log n). Three: sweep along the third
// objective, keeping the staircase of the first two and its area, O(n log n) plus moves
// within one array. SDSE_NO_MEMORY leaves *volume alone.
enum sdse_status sdse_pareto_hypervolume(const double *v, unsigned objectives,
                                         const size_t *front, size_t front_count,
                                         const double *reference, double *volume);

#endif
