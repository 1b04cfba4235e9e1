// Which layers may take turns: members of groups, and what each hands to the next.
// Private to dse/fusion/.
//
// A member makes the rows of a map, all channels of a row at once. Layers that multiply
// and pools have the rows of their nests; functions of a row (softmax, normalisation)
// or of single words have those of what they read, however their file writes them.
#ifndef SDSE_DSE_FUSION_MEMBERS_H
#define SDSE_DSE_FUSION_MEMBERS_H

#include "dse/fusion/configured.h"

struct sdse_members {
    size_t count;
    size_t layer[SDSE_FUSED_MOST]; // of the network, rising
    // As makers and readers of rows: the maps of all but the first have the rows that
    // the one before puts out; functions have a group for each word of a row.
    struct sdse_nest nest[SDSE_FUSED_MOST];
    // Right operands that products of all members have one by one, as attention's heads
    // do: so many parts of the group work on their own words alone. [>= 1]
    uint64_t heads;
    // Words of a row that the first member makes, each from words of its right operand
    // alone, that functions work on one by one, and that the last adds up: so many keys
    // may be taken in parts, if the last one's sums continue. 0: they are not.
    uint64_t keys;
    // Of the last member's outputs: tiles may be of some, as all members are layers
    // with columns and what is between them are functions of a word. 0: they may not.
    uint64_t columns;
    bool rescales; // a softmax is between: its sums are multiplied before they continue
};

// The group of `depth` members that ends with layer `last`; false: there is none, for a
// reason that *refusal gets.
bool sdse_members_find(const struct sdse_fusion_request *request,
                       const struct sdse_placing *placing, size_t last, size_t depth,
                       struct sdse_members *members,
                       struct sdse_group_refusal *refusal);

// The nest of a member's part that works on some of the heads only.
//
// heads  [1 ... members->heads]
void sdse_member_heads(const struct sdse_members *members, size_t member,
                       uint64_t heads, struct sdse_nest *part);
// Likewise, that works on some of the keys. [1 ... members->keys]
void sdse_member_keys(const struct sdse_members *members, size_t member, uint64_t keys,
                      struct sdse_nest *part);

#endif
