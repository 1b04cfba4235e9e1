// Tiles of a group that are made in parts: some channels of what the first member makes
// at a time, for which all members work in turn before the next ones come.
//
// Members between the first and the last are channel-wise: what they make of some
// channels depends on these alone. Convolutions of one group for each channel
// (depth-wise) are, pools, and functions of a word; convolutions of fewer groups, if
// groups are not cut. The last member adds up over the channels: its sums wait in the
// shared memory and continue from part to part. Or it is channel-wise, too, and each
// part is some of its outputs. A member that reads nothing of what the group makes, or
// just adds it to what it makes itself or multiplies with it, as a transformer's second
// gated product does, is one more that makes so many channels.
//
//     first   G = 1: K is cut;  else G: it reads some channels of the input only
//     inner   G is cut;  reads maps from before the group: G = 1, K is cut
//     last    G = 1: C is cut, sums continue;  else as inner ones: outputs are finished
//
// Of an attention the channels of scores are its keys (online softmax).
//
// Private to dse/fusion/.
#ifndef SDSE_DSE_FUSION_CHANNELS_H
#define SDSE_DSE_FUSION_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sdse_fusion_request;
struct sdse_members;
struct sdse_nest;

struct sdse_channels {
    uint64_t count;  // that the first member makes; 0: tiles are made as a whole
    uint64_t step;   // a part is a multiple of so many [>= 1, divides count]
    unsigned begins; // set of SDSE_BIT(i): members whose own channels are cut, K
    bool keys;       // they are those of an attention, one head at a time
    bool sums;       // the last member adds up over them
    bool cuts_input; // the first reads channels of its own in each part
    bool rescales;   // a softmax is between: sums are multiplied before they continue
};

// What the layers of *members, which are found but for this, may do. memory: that they
// hold what they do in, of those that share.
void sdse_channels_find(const struct sdse_fusion_request *request,
                        const struct sdse_members *members, unsigned memory,
                        struct sdse_channels *channels);

// So much of `whole`, which is of all channels, as is of some of them.
//
// some  [1 ... count, a multiple of step]
uint64_t sdse_channels_share(const struct sdse_channels *channels, uint64_t whole,
                             uint64_t some);

// The nest of a member's part that works on some of the channels.
void sdse_channels_cut(const struct sdse_members *members, size_t member, uint64_t some,
                       struct sdse_nest *part);

#endif
