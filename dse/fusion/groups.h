// The groups that a network's layers may make, and the nests of their configurations.
// Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_GROUPS_H
#define SDSE_DSE_FUSION_GROUPS_H

#include "dse/fusion/members.h"

// What a group is in its configuration, whatever the places.
struct sdse_group_plan {
    uint64_t tile_rows;
    uint64_t tile_columns;  // 0: all
    uint64_t tile_heads;    // 0: all, or they are none
    uint64_t tile_channels; // likewise
    unsigned retained, banded;
    bool buffered, for_all;
    bool overlaps; // as struct sdse_fusion_config has it
    size_t count;
    const struct sdse_fused_nest *nest;
    // How tiles follow each other, of nests of all heads and channels, `whole` of them;
    // where the request has it ordered.
    size_t whole, run_count;
    const struct sdse_tile_run *run;
};

struct sdse_group {
    size_t first, last; // layers of the network
    struct sdse_members members;
    // Of one head, bits of a row in the shared memory, of tensors as rows.h numbers
    // them, and of what the last one makes; likewise of a cell, a row at a column; only
    // where tiles may be of some columns. [0] is not set.
    double row_bits[SDSE_FUSED_MOST + 1], cell_bits[SDSE_FUSED_MOST + 1];
    double input_bits; // of a word of the group's input
    // Words of a row of it, which is buffered for the first member, or for all that
    // read it; of a cell; bits of the weights of each layer.
    uint64_t input_row_words, all_row_words, input_cell_words;
    double weight_bits[SDSE_FUSED_MOST];
    unsigned may_keep; // set of SDSE_BIT(i)
    // Of each layer, tensors that the shared memory may hold ahead of its nests [set of
    // SDSE_BIT(tensor)]; bits of a word of its inputs, of its outputs there.
    unsigned may_stage[SDSE_FUSED_MOST];
    double read_bits[SDSE_FUSED_MOST], made_bits;
    double sum_bits;    // of a row of one head of the last one's outputs, not finished
    double state_bits;  // of a row of one head: what a softmax by keys remembers
    double output_bits; // of the place of the last one's outputs; 0: nobody reads them
    bool planned, too_fine; // rows x tiles exceed what can be listed: no plans
    size_t plan_count, plan_room;
    struct sdse_group_plan *plan;
};

// Lists the groups of at most request->depth layers, by rising last layer.
//
// level  of the shared memory
// group  out: [*count], in `arena`
enum sdse_status sdse_groups_list(const struct sdse_fusion_request *request,
                                  const struct sdse_placing *placing, unsigned level,
                                  struct sdse_arena *arena, size_t *count,
                                  struct sdse_group **group);

// Measures the group of the layers first ... last [first < last].
//
// refusal  out: why they cannot be one, of which layer; reason NULL: *group is set
enum sdse_status sdse_group_make(const struct sdse_fusion_request *request,
                                 const struct sdse_placing *placing, unsigned level,
                                 size_t first, size_t last, struct sdse_arena *arena,
                                 struct sdse_group *group,
                                 struct sdse_group_refusal *refusal);

// The plan of one configuration. tile_heads < heads of the members. SDSE_INVALID: a
// tile needs rows of the buffered input where the first member makes nothing.
enum sdse_status sdse_group_plan_one(const struct sdse_fusion_request *request,
                                     const struct sdse_group *group,
                                     const struct sdse_fusion_config *config,
                                     struct sdse_arena *arena,
                                     struct sdse_group_plan *plan);

// What a plan is in words of its configuration. kept: as there.
struct sdse_fusion_config sdse_group_config(const struct sdse_group *group,
                                            const struct sdse_group_plan *plan,
                                            unsigned kept);

// Lists the plans of a group unless that is done: tile sizes, what is retained, whether
// the input is buffered, how many heads or channels at a time, columns where they are
// asked for. Of plans with equal nests the first stays. SDSE_OVERFLOW: rows x tiles
// exceed SDSE_FUSED_MOST_ROWS, there are none.
// None are listed, either, once the request says that the search is to end.
enum sdse_status sdse_group_plan(const struct sdse_fusion_request *request,
                                 struct sdse_arena *arena, struct sdse_group *group);

#endif
