// Layers that move words and multiply nothing (pools, additions, normalisation,
// softmax, functions of a word): counted in closed form, without a mapping.
//
// The vector unit stands beside one memory. Every word that the layer reads comes from
// the outermost memory and goes once through each memory down to the unit that keeps
// inputs; every word it makes goes up through each that keeps outputs:
//
//     in  = passes * (addends * N * G * |rows touched| * |columns touched| + broadcast)
//     out = N * G * P * Q
//     operations = out * operations per word
//
// broadcast: the distinct words of smaller maps that are repeated over those of the
// layer's size; the unit repeats them.
//
// A keeper of inputs is read `in` words, and filled with as many unless it is the
// outermost; a keeper of outputs is updated with `out` words, and, unless it is the
// outermost, drained of as many. A fused layer moves no word: it works on what the
// layer before it puts out. Rows and columns touched are those of the real map that
// some window reads; padding is no word. Derivation: docs/model.md, section 11; oracle:
// tests/oracle/test_stream_oracle.c.
#ifndef SDSE_COSTMODEL_STREAM_H
#define SDSE_COSTMODEL_STREAM_H

#include "spec/types/arch.h"

// The nest that stands for a streamed layer where tiles and positions are asked for:
// one step, one instance of everything.
extern const struct sdse_nest sdse_stream_nest;

// Words read and made, and operations, of one of the layer's repeats. Words are 0 if
// it is fused.
struct sdse_stream {
    uint64_t in, out, operations;
};
struct sdse_stream sdse_stream_of(const struct sdse_layer *layer);

// The same on an accelerator, in words of its inputs and outputs. They differ for an
// update alone, of U weights with inputs of i, outputs of o and weights of w bits:
//
//     in  = ceil(U * (read_words + read_bits / i))
//     out = ceil(U * (write_bits + (w if w < copy_below_bits, else 0)) / o)
//     operations = U * operations per weight
struct sdse_stream sdse_stream_on(const struct sdse_arch *arch,
                                  const struct sdse_layer *layer);

// What one memory, or the network below it, does for the words of one tensor.
enum sdse_stream_action {
    SDSE_STREAM_READ,
    SDSE_STREAM_FILL,
    SDSE_STREAM_UPDATE,
    SDSE_STREAM_DRAIN,
    SDSE_STREAM_CROSS // the network below the level
};
struct sdse_stream_step {
    enum sdse_stream_action action;
    unsigned level;
    enum sdse_tensor tensor; // inputs or outputs
    uint64_t words;
    unsigned holder; // of a crossing: the memory outside it, as wide as which words are
};
// Of a layer that moves words, inputs and outputs, at each level at most read, crossed
// and filled. Maps that are added come from fewer memories than six (stream.c).
enum { SDSE_MOST_STREAM_STEPS = 6 * SDSE_MAX_LEVELS };

// Every step of the layer's words, from the outermost memory down and back up.
//
// keeps   which tensors each level keeps (struct sdse_mapping)
// step    out: SDSE_MOST_STREAM_STEPS
//
// Returns their number; 0 if the layer is fused.
unsigned sdse_stream_steps(const struct sdse_arch *arch, const struct sdse_layer *layer,
                           const unsigned *keeps, struct sdse_stream_step *step);

// Every step of the maps that a layer which multiplies adds to its finished outputs, or
// multiplies with them: each word is read once where it is at home, and crosses the
// networks from there to the vector unit, past the memories between. Where sums are
// left unfinished nothing is added yet.
//
//     reads(home) = maps that are there * N * G * K * P * Q       [words, of inputs]
//
// step    out: SDSE_MOST_STREAM_STEPS; reads and crossings of inputs
//
// Returns their number. Derived here; oracle: tests/oracle/test_counts_oracle.c.
unsigned sdse_addend_steps(const struct sdse_arch *arch, const struct sdse_layer *layer,
                           struct sdse_stream_step *step);

// Operations of the vector unit on them: one for each word of each map.
uint64_t sdse_addend_operations(const struct sdse_layer *layer);

// Partial sums at home that a vector unit beside that memory multiplies before a nest
// continues them (struct sdse_residence): each word is read and updated there.
//
//     reads = updates = operations = N * G * K * P * Q    [words]
//
// 0: nothing is rescaled. Derived here; oracle: tests/oracle/test_counts_oracle.c.
uint64_t sdse_rescaled_words(const struct sdse_layer *layer);

// Cycles the vector unit works; 0 if it is free or the layer is fused: then it works
// while the layer before it does.
uint64_t sdse_stream_cycles(const struct sdse_arch *arch,
                            const struct sdse_layer *layer);

// False, after an error [vector-missing] at the layer's place, if the layer needs a
// vector unit that the accelerator does not describe. A fused layer then belongs to the
// layer before it, in cost too.
bool sdse_stream_admits(const struct sdse_arch *arch, const struct sdse_layer *layer,
                        struct sdse_diags *diags);

#endif
