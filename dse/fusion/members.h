// Which layers may take turns: members of groups, and what each hands to the next.
// Private to dse/fusion/.
//
// A member makes the rows of a map, all channels of a row at once. Layers that
// multiply, additions and pools have the rows of their nests; functions of a row
// (softmax, normalisation) or of single words have those of what they read, however
// their file writes them. What a member makes is read by later ones alone, as inputs,
// as a range of their channels, or as what they add; only the last one's is read after
// the group. What comes from before it, one map at most, each may read too.
#ifndef SDSE_DSE_FUSION_MEMBERS_H
#define SDSE_DSE_FUSION_MEMBERS_H

#include "dse/fusion/channels.h"
#include "dse/fusion/configured.h"

struct sdse_members {
    size_t count;
    size_t layer[SDSE_FUSED_MOST]; // of the network, rising
    // As makers and readers of rows: maps of what the group makes have the rows that
    // are put out; functions have a group for each word of a row.
    struct sdse_nest nest[SDSE_FUSED_MOST];
    // Tensors as rows.h numbers them; 0 only of those that read the very map that the
    // first member does, and would find it if that is buffered.
    struct sdse_fused_reads reads[SDSE_FUSED_MOST];
    // Of what each reads as inputs, or adds up as an addition: maps of the group,
    // ranges of channels as one; of the first the ranges from before it. [0: none]
    uint32_t operands[SDSE_FUSED_MOST], ranges;
    // Each reads what the one before makes, and of what the group makes that alone.
    bool chain;
    bool may_buffer; // the first one reads one map
    // Right operands that products of all members have one by one, as attention's heads
    // do: so many parts of the group work on their own words alone. [>= 1]
    uint64_t heads;
    // Of the last member's outputs: tiles may be of some, as all members multiply
    // or are pools, and what is between them are functions of a word. 0: they may not.
    uint64_t columns;
    // Tiles may be made in parts, some channels at a time (channels.h).
    struct sdse_channels channels;
};

// The group of `depth` members that ends with layer `last` and holds what it does in
// the memory of a number, of those that share; false: there is none, for a reason that
// *refusal gets.
bool sdse_members_find(const struct sdse_fusion_request *request,
                       const struct sdse_placing *placing, unsigned memory, size_t last,
                       size_t depth, struct sdse_members *members,
                       struct sdse_group_refusal *refusal);

// Whether only some ranges of the first member's map are in one of the shared memories:
// all of them are, or none.
static inline bool sdse_members_split_map(const struct sdse_members *members,
                                          const struct sdse_place_question *question) {
    bool splits = false;
    for (unsigned m = 0; m < SDSE_MOST_SHARED; m++)
        splits |=
            question->in[m].operands && question->in[m].operands < members->ranges;
    return splits;
}

// Whether others than the first member read that one's map.
static inline bool sdse_members_share_input(const struct sdse_members *members) {
    unsigned read = 0;
    for (size_t i = 1; i < members->count; i++)
        read |= members->reads[i].windows | members->reads[i].rows;
    return read & SDSE_BIT(0);
}

// The nest of a member's part that works on some of the heads only.
//
// heads  [1 ... members->heads]
void sdse_member_heads(const struct sdse_members *members, size_t member,
                       uint64_t heads, struct sdse_nest *part);
#endif
