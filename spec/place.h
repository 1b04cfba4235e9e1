// Where a layer's tensors are while it runs, as a mapping's file says it:
//
//     place: {inputs: GLB, outputs: both, reserved_bits: 802816}
//
// A tensor is in the outermost memory ("outer", or not named), in the memory that
// layers share, or, of outputs, in both. What holds of a residence is in
// spec/types/residence.h.
#ifndef SDSE_SPEC_PLACE_H
#define SDSE_SPEC_PLACE_H

#include "spec/tree.h"
#include "spec/types/arch.h"
#include "spec/types/mapping.h"
#include "spec/types/memory_name.h"
#include "spec/types/residence.h"
#include "spec/types/workload.h"

// What a mapping's file says of places.
struct sdse_placement {
    bool placed; // else all is as without sharing, and `residence` says nothing
    // Of each memory that shares, in a chain of pointers into itself.
    struct sdse_residence residence[SDSE_MOST_SHARED];
    struct sdse_loc loc; // of `place`
};

// The first memory of an accelerator that layers share: its outermost level; 0 = none.
unsigned sdse_shared_level(const struct sdse_arch *arch);

// All of them, from the outermost on. level: out: [SDSE_MOST_SHARED]. Returns how many.
unsigned sdse_shared_levels(const struct sdse_arch *arch, unsigned *level);

// Which of them has that name, counted from 0; how many there are: none.
unsigned sdse_shared_named(const struct sdse_arch *arch, const char *name);

// The bytes of sdse_memory_name_bytes. NULL: memory is out.
const char *sdse_memory_name(struct sdse_arena *arena, const struct sdse_arch *arch,
                             unsigned level);

// Reads the node under `place` (NULL: none) for a layer (NULL: not known) of `arch`.
// False after diagnostics: unknown-level, place-shares (a memory that may hold nothing
// between layers, or not said which), place-tensor (inputs in two places),
// place-operands, place-room (inputs held, but not how much), place-reach (a layer
// whose vector unit stands further out), and those of spec/value.h.
bool sdse_read_place(const struct sdse_node *node, const struct sdse_arch *arch,
                     const struct sdse_layer *layer, struct sdse_diags *diags,
                     struct sdse_placement *placement);

// The same of a nest, or layer, whose residence follows from the rest of a file: what is
// said is compared with that, so it need not be whole.
bool sdse_read_known_place(const struct sdse_node *node, const struct sdse_arch *arch,
                           struct sdse_diags *diags, struct sdse_placement *placement);

// As sdse_mapping_from_tree (spec/load.h), which refuses places; *placement gets them.
enum sdse_status sdse_placed_mapping_from_tree(struct sdse_arena *arena,
                                               const struct sdse_node *root,
                                               const struct sdse_arch *arch,
                                               const struct sdse_layer *layer,
                                               struct sdse_diags *diags,
                                               struct sdse_placement *placement,
                                               struct sdse_mapping **out);

// The same where the residence is known (NULL: as without sharing), whatever the node
// says besides `mapping`, which alone is read.
enum sdse_status sdse_resident_mapping_from_tree(struct sdse_arena *arena,
                                                 const struct sdse_node *root,
                                                 const struct sdse_arch *arch,
                                                 const struct sdse_layer *layer,
                                                 const struct sdse_residence *residence,
                                                 struct sdse_diags *diags,
                                                 struct sdse_mapping **out);

// As sdse_mapping_text (spec/write.h), with the places of a residence before it (NULL,
// or one that says nothing: none). NULL: memory is out.
char *sdse_placed_mapping_text(struct sdse_arena *arena, const struct sdse_arch *arch,
                               const struct sdse_nest *nest,
                               const struct sdse_mapping *mapping,
                               const struct sdse_residence *residence);

#endif
