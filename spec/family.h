// A family of networks that share their weights: one list of layers whose sizes are
// named, and choices of what the names stand for.
//
// Weights are stored once, as wide as the widest choice has them; a narrower choice
// reads a slice. A round has each choice as often as its share: over so many images its
// energy and latency are the expectation, exactly.
#ifndef SDSE_SPEC_FAMILY_H
#define SDSE_SPEC_FAMILY_H

#include "spec/tree.h"
#include "spec/types/workload.h"

// The layers as read, with the line each comes from.
struct sdse_layer_list {
    struct sdse_layer *layer;
    const struct sdse_node **node;
    const size_t *choice; // of a round: which of its networks it is of; NULL: of one
    const bool *site;     // a shared block alone reads it: the next layer; NULL: none
    size_t count;
};

struct sdse_family_choice {
    const char *name;
    uint64_t share; // of a round [>= 1]
    const struct sdse_node *widths;
};

enum sdse_family_mix {
    SDSE_MIX_SUM, // images of a round one after the other, each in its own choice
    SDSE_MIX_MAX  // all of them in the widest choice, as a batch that is not sorted
};

struct sdse_family {
    size_t count; // of choices; 0: the network is no family
    struct sdse_family_choice *choices;
    enum sdse_family_mix mix;
    size_t only; // the one that is asked for; `count` = all
    struct sdse_loc loc;
};

// Reads `family` and `choice` of a network's file, and `round`. False: memory is out.
bool sdse_read_family(struct sdse_arena *arena, const struct sdse_node *root,
                      struct sdse_diags *diags, struct sdse_workload *net,
                      struct sdse_family *out);

// The list of layers with what a choice's names stand for. NULL: memory is out.
const struct sdse_node *sdse_family_layers(struct sdse_arena *arena,
                                           const struct sdse_node *list,
                                           const struct sdse_family_choice *choice);

// One network of the lists of all choices: the widest first, called CHOICE/LAYER,
// repeated by their shares. A layer that is wider in another choice than in the widest,
// or is there in some only, is a diagnostic [family-widths]. False: memory is out.
bool sdse_family_join(const struct sdse_family *family,
                      const struct sdse_layer_list *lists, struct sdse_arena *arena,
                      struct sdse_diags *diags, struct sdse_layer_list *out);

#endif
