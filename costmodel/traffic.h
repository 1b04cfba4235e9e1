// Closed forms for one edge: what a child takes from the next level outside that keeps
// a tensor, for perfect factors. docs/model.md derives them from the counting rules;
// tests/oracle proves them against a simulator that executes the loops.
#ifndef SDSE_COSTMODEL_TRAFFIC_H
#define SDSE_COSTMODEL_TRAFFIC_H

#include "costmodel/view.h"

// How often one child takes a tile, and how much of it.
//
//     words one child takes = whole * tile words + credited * (tile words - overlap
//     words)
//
// credited moves shift the input window by `shift` along `axis` (0 rows, 1 columns).
struct sdse_visits {
    uint64_t whole;
    uint64_t credited;
    unsigned axis;
    uint64_t shift; // [input elements]
};

// What a move of the input window costs: the whole tile, what is new in it, or nothing.
enum sdse_window_move { SDSE_MOVE_WHOLE, SDSE_MOVE_CREDITED, SDSE_MOVE_NONE };

// What each temporal loop outside a child that keeps inputs, or a multiplier, costs
// when it advances: the chain of docs/model.md. Loops before `first`, the open run,
// make no visits. Credited moves shift the window by `shift` along `axis`.
struct sdse_input_moves {
    unsigned first;
    unsigned axis;
    uint64_t shift; // [input elements]
    enum sdse_window_move move[SDSE_MAX_LOOPS];
};

struct sdse_input_moves sdse_input_moves(const struct sdse_view *view, unsigned level);

// Visits of one child at `level` (== level_count: a multiplier, which keeps nothing) by
// `tensor`. Weights and outputs: every pass of the loops outside the open run (the
// innermost loops that do not move the tensor) takes a whole tile. Inputs: the chain of
// docs/model.md. Source: derived there; oracle: tests/oracle/test_counts_oracle.c.
struct sdse_visits sdse_child_visits(const struct sdse_view *view,
                                     enum sdse_tensor tensor, unsigned level);

// Words of one child's tile of `tensor` at `level`, the largest over all its positions:
// of inputs the distinct ones on the real map, unless the level fetches gaps. [words]
uint64_t sdse_view_tile_words(const struct sdse_view *view, enum sdse_tensor tensor,
                              unsigned level);

// Words one child takes in all its visits. [words]
uint64_t sdse_visit_words(const struct sdse_view *view, enum sdse_tensor tensor,
                          unsigned level, const struct sdse_visits *visits);

// Words that leave one instance of level `top` (or arrive there, for outputs) when the
// children at level `child` below it make their visits: children that need the same
// words share, where the networks from `top` to `child` allow it. shares_windows: the
// union of their windows is taken instead (the parent keeper's `window_sharing`). top <
// child. [words]
uint64_t sdse_merged_words(const struct sdse_view *view, enum sdse_tensor tensor,
                           unsigned top, unsigned child,
                           const struct sdse_visits *visits, bool shares_windows);

// Groups of children below one instance of level `top` that take the same words: those
// that networks from `top` to `child` tell apart, all children taking tiles of one
// shape.
uint64_t sdse_sharing_groups(const struct sdse_view *view, enum sdse_tensor tensor,
                             unsigned top, unsigned child);

#endif
