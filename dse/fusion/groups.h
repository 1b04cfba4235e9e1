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
    unsigned memory,
        level; // that it holds what it does in; its number, outermost level
    struct sdse_members members;
    // Of one head, bits of a row in that memory, of tensors as rows.h numbers them;
    // likewise of a cell, a row at a column; only where tiles may be of some columns.
    // [0] is not set.
    double row_bits[SDSE_FUSED_MOST], cell_bits[SDSE_FUSED_MOST];
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
    double state_bits; // of a row of one head: what a softmax by keys remembers
    // Of what the last one makes, in each memory that shares: bits of its place, 0
    // where nobody reads it; of a row and a cell of one head; of a row that is not
    // finished.
    double output_bits[SDSE_MOST_SHARED];
    double made_row_bits[SDSE_MOST_SHARED], made_cell_bits[SDSE_MOST_SHARED];
    double sum_bits[SDSE_MOST_SHARED];
    bool planned, too_fine; // rows x tiles exceed what can be listed: no plans
    size_t plan_count, plan_room;
    struct sdse_group_plan *plan;
};

// Lists the groups of at most request->depth layers, by rising last layer.
//
// memory  that they hold what they do in, of those that share
// group   out: [*count], in `arena`
enum sdse_status sdse_groups_list(const struct sdse_fusion_request *request,
                                  const struct sdse_placing *placing, unsigned memory,
                                  struct sdse_arena *arena, size_t *count,
                                  struct sdse_group **group);

// Measures the group of the layers first ... last [first < last].
//
// refusal  out: why they cannot be one, of which layer; reason NULL: *group is set
enum sdse_status sdse_group_make(const struct sdse_fusion_request *request,
                                 const struct sdse_placing *placing, unsigned memory,
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

// Whether what a group holds and where its outputs go agree, under a plan: sums that
// come in parts wait where the outputs are, if that is on chip, and a softmax between
// rescales them beside the vector unit, which stands at the group's memory.
bool sdse_group_may_put(const struct sdse_group *group, uint64_t tile_channels,
                        enum sdse_place outputs);

// Lists the plans of a group unless that is done: tile sizes, what is retained, whether
// the input is buffered, how many heads or channels at a time, columns where they are
// asked for. Of plans with equal nests the first stays. SDSE_OVERFLOW: rows x tiles
// exceed SDSE_FUSED_MOST_ROWS, there are none.
// None are listed, either, once the request says that the search is to end.
enum sdse_status sdse_group_plan(const struct sdse_fusion_request *request,
                                 struct sdse_arena *arena, struct sdse_group *group);

#endif
