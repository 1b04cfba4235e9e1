// Where a network's tensors stay between its layers: the exact optimum, or front, over
// all choices, from what each layer costs under each.
//
// Layers run one after the other, in their order. A tensor that one layer makes and
// others read is meanwhile in the outermost memory, in a memory M that layers share, or
// in both: in M until its first use, in the outermost memory for the later ones. What M
// holds between layers is all that couples them, so the optimum is a dynamic programme
// over the places of live tensors:
//
//     f_0 = {(0, 0)};  f_t(s') = front of the union over s, output's place
//                      of f_{t-1}(s) + front(layer t, its tensors' places, bits held)
//
// Several memories may share: a tensor is then in the outermost memory, in one of them,
// or in both, and the state says in which; what each holds is counted by itself.
//
// Runs of layers may be answered for together, as groups whose layers take turns: f_t
// is then the union over the layers after which a group that ends with layer t may
// begin.
//
// Tensors may also be moved between layers (`copy_cost`): one that the outermost memory
// has is brought into M before a layer that reads it, and one that is in both is let go
// after any layer. Where several memories share one may also pass from one of them to
// another, between any layers, with or without the outermost memory's beside it. f_t is
// then also the union over what passes and what is brought in before layer t, whose
// cost is added, and what is let go after it.
//
// Proof: energy and latency are sums over layers; what a layer costs depends on its
// own places and on the bits that M holds while it runs, both fixed by the state s;
// what may follow is fixed by s'. So of two beginnings that end in one state the worse
// in both is never needed. Oracle: tests/oracle/test_places.c, all choices one by one.
#ifndef SDSE_DSE_NETWORK_PLACES_H
#define SDSE_DSE_NETWORK_PLACES_H

#include "dse/network/network_front.h"
#include "dse/network/places_bar.h"
#include "spec/types/residence.h"

enum { SDSE_PLACES_MOST_ALIVE = 12 }; // tensors, at once
enum { SDSE_PLACES_MOST_TURNS = 64 }; // layers of a group

// What a tensor is to a layer that reads it.
enum sdse_handed_as {
    SDSE_HANDED_INPUTS, // or one of the maps of an addition
    SDSE_HANDED_WEIGHTS,
    SDSE_HANDED_ADDEND, // added to its outputs
    SDSE_HANDED_KINDS
};

// A tensor that layers hand over.
struct sdse_handed_tensor {
    size_t maker;      // the layer that puts it out
    size_t use_count;  // [>= 1]
    const size_t *use; // layers that read it, all after the maker, rising; a layer
                       // that reads it as two operands stands twice
    const enum sdse_handed_as *as; // what it is to each; NULL: inputs to all
    // Of each memory that shares; where one does, by short names.
    union {
        double held_bits; // of M, between layers
        double held_bits_in[SDSE_MOST_SHARED];
    };
    union {
        bool may_share; // false: it is never there
        bool may_share_in[SDSE_MOST_SHARED];
    };
};

static inline size_t sdse_handed_last_use(const struct sdse_handed_tensor *tensor) {
    return tensor->use[tensor->use_count - 1];
}

// A place, of the first memory that shares; each further one adds two.
enum sdse_place {
    SDSE_PLACE_OUTERMOST,
    SDSE_PLACE_SHARED,
    SDSE_PLACE_BOTH,
    SDSE_PLACES // where one memory shares
};

// In the memory of that number, counted from 0; and in the outermost one as well.
static inline enum sdse_place sdse_place_in(unsigned memory, bool both) {
    return (enum sdse_place)(SDSE_PLACE_SHARED + 2 * memory + both);
}

static inline bool sdse_place_is_both(enum sdse_place place) {
    return place != SDSE_PLACE_OUTERMOST && (unsigned)place % 2 == 0;
}

// The memory of a place that is not the outermost.
static inline unsigned sdse_place_memory(enum sdse_place place) {
    return ((unsigned)place - SDSE_PLACE_SHARED) / 2;
}

// Layers that may take turns: of what they read and make only the first layer's inputs,
// right operands, maps that they add to their outputs, and inputs of the others, at
// most one each, come from before, and only the last one's outputs are read later. To a
// tensor that is in both places a group is one reader.
struct sdse_layer_group {
    size_t first, last; // layers [first < last]
};

// What it takes to move a tensor into a memory that shares: from the outermost one, 0,
// or from memory m of those that share, 1 + m. Bringing it in by way of a third memory
// takes no less.
struct sdse_copy_costs {
    struct sdse_tradeoff into[SDSE_MOST_SHARED][1 + SDSE_MOST_SHARED];
};

struct sdse_placing {
    unsigned memory_count; // that share; 0 stands for 1
    size_t layer_count;
    const uint64_t *repeat; // of each layer; 1 for those that make or read a tensor
    size_t tensor_count;
    const struct sdse_handed_tensor *tensor;
    size_t group_count;
    const struct sdse_layer_group *group; // by rising last layer
    // What it takes to move each tensor, while nothing else runs [tensor_count]; NULL:
    // tensors are not moved, and what is in both leaves M after its first use.
    const struct sdse_copy_costs *copy_cost;
    // Of each memory that shares: more is not brought in. What passes has a place in
    // both memories until all that passes between two layers has.
    double room_bits[SDSE_MOST_SHARED];
};

// Places that a tensor may have.
static inline unsigned sdse_placing_places(const struct sdse_placing *placing) {
    return 1 + 2 * (placing->memory_count ? placing->memory_count : 1);
}

// Where tensors are moved: a time in which a memory that shares has a copy of one that
// the outermost memory has as well; or, within such a time or that of a tensor which is
// on chip alone, that it passes to another memory.
struct sdse_copy {
    size_t tensor;
    size_t from;  // brought in, or passes, before this layer, a group's first; or its
                  // maker: from when it is made
    size_t until; // last layer that finds it on chip; or its maker: let go when it is
                  // made. Of one that passes: `from`
    unsigned memory; // of those that share, that it comes into
    unsigned source; // 0: the outermost memory, or its maker; it passes from memory m
                     // of those that share: 1 + m
};
// By rising `from`, those that pass first, then by tensor. What is in both places and
// has no copy from its maker on is on chip until its first use.
struct sdse_copies {
    size_t count;
    struct sdse_copy *copy;
};

// Puts them into that order.
void sdse_copies_sort(struct sdse_copies *copies);

// Most copies that the tensors can have; 0: they are not moved.
size_t sdse_placing_most_copies(const struct sdse_placing *placing);

// The last layer that finds a tensor on chip since it was made, at that place; its
// maker: none.
size_t sdse_copies_first_until(const struct sdse_placing *placing,
                               const struct sdse_copies *copies, size_t tensor,
                               enum sdse_place place);

// The tensor that a layer makes; NULL: nobody reads its outputs.
const struct sdse_handed_tensor *sdse_handed_by(const struct sdse_placing *placing,
                                                size_t layer);

// What a layer finds in a memory that shares; of a group the first four are its first
// layer's.
struct sdse_place_found {
    uint32_t operands;    // inputs at home there, as many of its operands
    uint32_t addends;     // maps at home there that it adds to its outputs
    bool weights;         // the right operand is at home there
    double reserved_bits; // held there while it runs, inputs included, outputs not
    // Of a group: which of its layers, from the first on, find the map that they add
    // there. [bit 0 ... SDSE_PLACES_MOST_TURNS - 1]
    uint64_t group_addends;
    // Likewise: which of them but the first find what they read as inputs there, one
    // map at most that is made before the group.
    uint64_t group_inputs;
    // Likewise: which of them find their right operand there.
    uint64_t group_weights;
};

// One layer, or a group, under given places.
struct sdse_place_question {
    size_t layer; // a group's first
    size_t more;  // layers of the group after it; 0: no group
    bool inside;  // of sdse_places_choices: part of a group that began before
    // Of a group, while it is asked for; NULL: every answer counts. What cannot help
    // may be left out of the answer.
    const struct sdse_places_bar *bar;
    enum sdse_place outputs; // OUTERMOST if nobody reads them
    // In each memory that shares; where one does, by the members' own names.
    union {
        struct {
            uint32_t operands, addends;
            bool weights;
            double reserved_bits;
            uint64_t group_addends, group_inputs, group_weights;
        };
        struct sdse_place_found in[SDSE_MOST_SHARED];
    };
};

// Adds to a question what a tensor that is at home in the memory of that number is to
// the layer, and to the others of a group (`more` is set); its bits too are the
// caller's to add.
void sdse_handed_note(const struct sdse_handed_tensor *tensor, unsigned memory,
                      size_t layer, struct sdse_place_question *question);

// Answers a question with the layer's front; count 0: nothing fits. What it points to
// stays as it is until the placing is done. SDSE_NO_MEMORY ends the search.
typedef enum sdse_status (*sdse_place_ask)(void *context,
                                           const struct sdse_place_question *question,
                                           struct sdse_layer_front *answer);

struct sdse_places_stage;

struct sdse_places {
    size_t count;                   // 0: some layer fits under no places
    struct sdse_tradeoff *elements; // by rising energy, falling latency
    bool thinned;                   // a state outgrew `most`: there are more elements
    size_t states;                  // most at one boundary
    uint64_t questions;
    size_t layer_count;
    const struct sdse_places_stage *stages; // after each layer
    // What layers begin with: after what passes from one memory to another.
    const struct sdse_places_stage *passed;
    const struct sdse_placing *placing;
};

// Finds them; *places lives in `arena`, and points to *placing.
//
// most   sums kept for one state [>= 2]; of more every second is dropped, but for both
//        ends and corners of the hull, and `thinned` says so
//
// SDSE_OVERFLOW: more than SDSE_PLACES_MOST_ALIVE tensors are alive at once.
// SDSE_NO_MEMORY.
enum sdse_status sdse_places_find(const struct sdse_placing *placing,
                                  enum sdse_places_goal goal, size_t most,
                                  sdse_place_ask ask, void *context,
                                  struct sdse_arena *arena, struct sdse_places *places);

// Adds to the questions of all layers what the places of tensors mean to them: what
// each layer, or group, finds held and where. layer, more, inside and outputs of each
// are set. copies: NULL: none.
void sdse_placing_questions(const struct sdse_placing *placing,
                            const enum sdse_place *place,
                            const struct sdse_copies *copies,
                            struct sdse_place_question *question);

// Where a tensor is while a layer, or a group that it begins, runs; OUTERMOST too if it
// is not made. moved: else as the layers before left it, before anything is moved.
enum sdse_place sdse_placing_now(const struct sdse_placing *placing,
                                 const enum sdse_place *place,
                                 const struct sdse_copies *copies, size_t tensor,
                                 size_t layer, bool moved);

// What a memory that shares holds while tensors pass to it before a layer: those that
// are there, and those that come; 0 if none does. [bits]
double sdse_passing_bits(const struct sdse_placing *placing,
                         const enum sdse_place *place, const struct sdse_copies *copies,
                         size_t layer, unsigned memory);

// Adds to a sum over the layers before a layer what the moves between them take: of
// tensors that pass, then of those that are brought in, each in the order of tensors.
void sdse_copies_add_cost(const struct sdse_placing *placing,
                          const struct sdse_copies *copies, size_t layer,
                          struct sdse_tradeoff *at);

// One element: question[layer] and choice[layer], an index into the front that answered
// it, and place[tensor], as it is made. Of a group the question and choice stand at its
// first layer; tensors inside it count as shared.
//
// copies  out: into its `copy`, which takes sdse_placing_most_copies
void sdse_places_choices(const struct sdse_places *places, size_t element,
                         struct sdse_place_question *question, size_t *choice,
                         enum sdse_place *place, struct sdse_copies *copies);

#endif
