// What an accelerator's engines (spec/types/engine.h) do to a layer, from what is known
// of its zeros and digits: factors of the counts of a dense layer, the same for every
// mapping.
//
//   bit-serial   a MAC takes the expected cycles of a step of the group that waits for
//   its
//                slowest; a digit costs pj_per_digit. Without a histogram a MAC takes
//                the cycles declared, and every value that is not zero all its digits
//   gate         MACs, and the sums they touch, are those whose condition does not
//   hold;
//                weights are read where the input is not zero, if inputs are tested
//   skip         time and MACs of what is visited, with the barrier's wait; weights are
//                taken where the activation is visited
//   both         where a gate, a skip or a product tests both operands and the layer
//                says the densities of both by channel, pairs that are not zero are
//                sum over c of a(c) w(c) / C, else the product of the means
//   gather       time of the slowest element; MACs, inputs and sums of non-zero weights
//   selector     time of pairs of rows that a sharing group visits; inputs are fetched
//   for
//                these; MACs and sums of pairs that work
//   cartesian    cycles of its own, whatever the loops; MACs are products, also invalid
//   products     of layers in such a form (spec/types/form.h): no MACs; products at
//   every
//                position of the output, and at least the cycles these take; sums take
//                the place of MACs, with the inputs and outputs that they touch
//
// Zeros of a memory's own format are in its bits (costmodel/form.h), not here: a tested
// operand's words are not taken off twice. Several engines multiply. The expectations:
// engines/expect/; docs/engines.md.
#ifndef SDSE_COSTMODEL_EFFECTS_H
#define SDSE_COSTMODEL_EFFECTS_H

#include <math.h>

#include "base/arena.h"
#include "base/status.h"
#include "costmodel/serial_known.h"
#include "spec/types/arch.h"
#include "spec/types/form.h"

struct sdse_effects {
    unsigned working; // set of the engines that work on the layer, by index
    unsigned
        without_rows;     // of these, set of those that take it as dense: no plain rows
    unsigned most_digits; // paid by each value that is not zero, as no histogram of
                          // digits is known; else 0
    double digits_per_value; // that a bit-serial engine takes, on average
    double cycles_per_mac;   // of one multiplier
    double least_cycles;     // of computing, however fast the sums: 0 = no such bound
    double sums;             // of products made first
    double own_cycles;       // of computing, where an engine counts them; else 0
    double mac_share;        // MACs that spend energy
    // Words that leave a level inwards (sums: arrive there from inside and return);
    // alike at all levels of one memory.
    double word_share[SDSE_MAX_LEVELS][SDSE_TENSORS];
    double rebuild_share, rebuild_time_share; // rows of weights: work, time
    double events[SDSE_MAX_ENGINES];
    double input_density, weight_density; // as taken
    // Engines that test both operands: pairs that are both not zero, of all that do not
    // read padding.
    double pair_density; // 0: no such engine works
    bool pair_measured;  // by the channels of both operands; else the means' product
    // A selector's rows: those that some filter of a group of so many needs, and
    // whether that was measured (else filters are taken as independent).
    uint32_t joint_filters; // 0: no selector
    double joint_density;
    bool joint_measured;
};

// Of a layer that multiplies, or (all neutral) that moves words. SDSE_NO_MEMORY,
// SDSE_INVALID: an engine that its expectation refuses; SDSE_OVERFLOW.
enum sdse_status sdse_effects_find(const struct sdse_arch *arch,
                                   const struct sdse_layer *layer,
                                   const struct sdse_weight_form *form,
                                   struct sdse_effects *effects);

// *known = *layer with its effects worked out once for many models; they live in
// `arena`. Where that fails, or is done already, the models find out for themselves.
// serial_known: of layers before, NULL: none.
void sdse_effects_know(const struct sdse_arch *arch, const struct sdse_layer *layer,
                       const struct sdse_weight_form *form,
                       struct sdse_serial_known *serial_known, struct sdse_arena *arena,
                       struct sdse_layer *known);

// Share of the words of an edge that engines leave. Sums between memories are all
// there: only those that multipliers touch are fewer. child == level_count: the
// multipliers.
static inline double sdse_effects_share(const struct sdse_effects *effects,
                                        const struct sdse_arch *arch,
                                        enum sdse_tensor tensor, unsigned parent,
                                        unsigned child) {
    if (child == arch->level_count) // past every engine, whichever level keeps them
        return effects->word_share[arch->level_count - 1][tensor];
    return tensor == SDSE_OUTPUTS ? 1 : effects->word_share[parent][tensor];
}

// Words that are left of `words`, rounded up.
static inline uint64_t sdse_words_left(double share, uint64_t words) {
    return share == 1 ? words : (uint64_t)ceil((double)words * share);
}

#endif
