// Imperfect factors: the loop nest walked in compressed form.
//
// Where factors do not divide the bounds, the last pass of a loop is shorter, places
// idle, tiles are cut off. The walk keeps the state of every child and advances all of
// them together, but steps over repetition: once an iteration of a loop leaves the
// children as it found them, the loop's other iterations of the same kind count the
// same. Exact; slower than the closed forms.
#ifndef SDSE_COSTMODEL_WALK_H
#define SDSE_COSTMODEL_WALK_H

#include "costmodel/edge.h"

// Fills edge->visits, taken, merged, hops and destinations; tensor, parent and child
// are set. Counting rules: docs/model.md; oracle: tests/oracle/test_counts_oracle.c.
// alike: all children go through the same steps at places of their own
// (sdse_walk_is_alike), so one stands for all: what it visits and takes is counted
// alone, nothing is merged.
bool sdse_walk_edge(const struct sdse_view *view, bool alike, struct sdse_edge *edge);

// Whether no place ever idles while another works, or is cut off where another is not:
// what the places and all inside them span divides the bound in every dimension. Places
// may still take inputs nearer to the edge of the map than others.
bool sdse_walk_is_alike(const struct sdse_view *view);

// Tuples of the counters of `dim`'s spatial loops below the levels of a set
// (SDSE_BIT(level)) that ever have work.
uint64_t sdse_walk_used_places(const struct sdse_view *view, enum sdse_dim dim,
                               unsigned levels);

// Steps: distinct combinations of all temporal counters in which some multiplier works.
uint64_t sdse_walk_steps(const struct sdse_view *view);

// Passes of a level: combinations of the temporal loops outside it for which there is
// work; without imperfect factors view->outside[level].
uint64_t sdse_walk_passes(const struct sdse_view *view, unsigned level);

// Used instances of `level`: those that ever have work.
uint64_t sdse_walk_used(const struct sdse_view *view, unsigned level);

#endif
