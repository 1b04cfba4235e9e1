// Where the tensors of a layer are while it runs, if not all of them are in the
// outermost memory: some may be at home in a memory that layers share.
//
// A tensor at home in a memory is there as a whole, from before the first step of the
// nest to after the last: that memory takes the place of the outermost one in the chain
// of the memories that keep it. Nothing of it crosses further out, and no level of the
// shared memory or outside of it keeps a tile of it.
//
// Where several memories share, each that holds something has a part of its own: what
// is at home there and what it holds. A tensor is at home in one of them; the maps of a
// layer that adds, and those that a layer adds to its outputs, may be in several.
#ifndef SDSE_SPEC_TYPES_RESIDENCE_H
#define SDSE_SPEC_TYPES_RESIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SDSE_MOST_SHARED = 3 }; // memories of an accelerator that may share

struct sdse_residence {
    unsigned level;   // outermost level of the shared memory [>= 1]; one instance
    unsigned tensors; // at home there: set of SDSE_BIT(tensor)
    // Of a layer that adds maps: as many of them are there, the others are in the
    // outermost memory. Ignored unless inputs are at home. [>= 1, <= operands]
    uint32_t operands;
    // Of a layer that multiplies: as many of the maps that it adds to its outputs are
    // there, the others are in the outermost memory. [<= addends of the layer]
    uint32_t addends;
    // Outputs at home: each finished word is also written to the outermost memory.
    bool writes_through;
    // Outputs at home, of a layer that multiplies: partial sums of nests before this
    // one are there. What first arrives of a word is added to it: as any later arrival,
    // it takes a read as well as an update.
    bool continues;
    // Likewise: nests after this one continue. No word of it is finished.
    bool unfinished;
    // Outputs that continue: each partial sum is first multiplied by the vector unit,
    // which stands beside the shared memory (softmax by parts of a row: its maximum may
    // have grown).
    bool rescales;
    // Weights at home: the layer's are brought in from the outermost memory, each once.
    bool loads_weights;
    // Inputs at home: so many words of them are brought in from the outermost memory,
    // or, of a copy (dse/residency/copies.h), from the memory whose outermost level is
    // `source`.
    uint64_t loaded_inputs;
    unsigned source;
    // Tensors whose words the outermost memory brings, or takes, while another nest
    // runs: there is room for them beside this one's tiles (dse/fusion/overlap.h). The
    // others cross while this nest runs. Set of SDSE_BIT(tensor).
    unsigned ahead;
    // Of one copy of the shared memory, whatever its buffering: what is held there all
    // through the layer, inputs and weights at home included; not the place of its own
    // outputs.
    double reserved_bits;
    // The same of another memory; NULL: nothing is in any other.
    const struct sdse_residence *also;
};

// The part of the memory whose outermost level is `level`; NULL: there is none.
static inline const struct sdse_residence *
sdse_residence_at(const struct sdse_residence *residence, unsigned level) {
    while (residence && residence->level != level)
        residence = residence->also;
    return residence;
}

// The part that a tensor, SDSE_WEIGHTS ... SDSE_OUTPUTS, is at home in; NULL: it is in
// the outermost memory.
static inline const struct sdse_residence *
sdse_residence_of(const struct sdse_residence *residence, unsigned tensor) {
    while (residence && !(residence->tensors >> tensor & 1u))
        residence = residence->also;
    return residence;
}

// Tensors that cross ahead, of all its parts; NULL: none.
static inline unsigned sdse_residence_ahead(const struct sdse_residence *residence) {
    unsigned ahead = 0;
    for (; residence; residence = residence->also)
        ahead |= residence->ahead;
    return ahead;
}

// Whether something is at home or held in some memory.
static inline bool sdse_residence_says(const struct sdse_residence *residence) {
    while (residence && !residence->tensors && !(residence->reserved_bits > 0))
        residence = residence->also;
    return residence != NULL;
}

// Its parts again, each but the last pointing to the next. to: [SDSE_MOST_SHARED]
static inline void sdse_residence_copy(const struct sdse_residence *from,
                                       struct sdse_residence *to) {
    for (; from; from = from->also, to++) {
        *to = *from;
        to->also = from->also ? to + 1 : NULL;
    }
}

#endif
