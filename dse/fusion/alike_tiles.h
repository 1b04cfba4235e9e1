// Tiles of a group in the middle that do the same, one step further each: how many may
// be left out where its nests are listed. Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_ALIKE_TILES_H
#define SDSE_DSE_FUSION_ALIKE_TILES_H

#include "dse/fusion/rows.h"

// A group whose maps are shorter, and what was taken out of them.
struct sdse_short_group {
    struct sdse_nest nest[SDSE_FUSED_MOST];
    uint64_t tiles;   // that are left
    uint64_t alike;   // the tile that stands for those that are left out, too
    uint64_t omitted; // tiles that are left out behind it
    // Rows that later tiles are further along, of tensor i; outputs of the last layer
    // are tensor layer_count.
    uint64_t omitted_rows[SDSE_FUSED_MOST + 1];
};

// Leaves out tiles that differ from the one before them in nothing but their place.
//
// From tile to tile rows move on by p, and by stride_m times as many of what layer m
// reads as of what it makes. Whatever is retained, what tile t needs of tensor i lies
// in
//
//     t · step_i - before_i ... t · step_i + behind_i
//     before_i = stride_m · before_(m+1) + pad_m,
//     behind_i = stride_m · behind_(m+1) - pad_m + (R_m - 1) · dilation_m
//
// of the layer m that reads it, or the largest of several; none are left out where
// their steps differ. (What is added row by row has those of m + 1.) So it overlaps
// with what `overlap` = (before + behind) / step tiles on each side need, and with no
// others. Neither edge of a map touches tiles from before_i / step_i on whose last row
// is there; they need the same, step_i further, if they make the same of tensor i + 1.
// What is new in them is the same from `overlap` tiles later on, and what is kept if
// besides so many tiles follow before the last edge. Oracle:
// tests/oracle/test_fused_rows.c, every tile of executed schedules.
void sdse_short_group_find(const struct sdse_fused_rows_request *request,
                           struct sdse_short_group *group);

#endif
