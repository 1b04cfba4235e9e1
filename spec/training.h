// A network as a step of its training: forward, gradient of the inputs, gradient of the
// weights and update, all of them layers like any other.
//
// With Y = W * X (spec/types/nest.h) and dY the gradient of Y:
//
//     dX[n][g][c][y][x] = sum over k, r, s of W[g][k][c][r][s] * dY[n][g][k][p][q]
//         with p * stride + r * dilation = y + pad: a convolution whose C and K are
//         swapped. Taps that meet are those of one residue of y modulo the stride, so
//         each residue is a layer of its own, as the phases of a transposed convolution
//     dW[g][k][c][r][s] = sum over n, p, q of dY[n][g][k][p][q] *
//         X[n][g][c][p * stride + r * dilation][q * stride + s * dilation]: the nest
//         whose reduction is n, p and q
//
// Source: Dumoulin & Visin, arXiv:1603.07285, section 4; the oracle is
// tests/oracle/test_training_oracle.c.
#ifndef SDSE_SPEC_TRAINING_H
#define SDSE_SPEC_TRAINING_H

#include "spec/tree.h"
#include "spec/types/workload.h"

// The nest of the gradient of a convolution's weights, in place of the convolution's:
// [N K C P Q R S] becomes [C K N R S P Q], stride and dilation change places; and back.
void sdse_nest_to_weight_gradient(struct sdse_nest *nest);
void sdse_nest_from_weight_gradient(struct sdse_nest *nest);

// One axis of one residue of the gradient of the inputs.
struct sdse_gradient_axis {
    uint64_t outputs, taps; // 0 outputs: no layer
    uint32_t dilation;      // of the taps, in rows of the gradient of the outputs
    int64_t pad;            // before the map of that gradient
};

// The residue that tap `first` belongs to, along one axis of a convolution's nest; taps
// of one residue are stride / gcd(stride, dilation) apart. `in`: rows (columns) of the
// real map of the inputs.
struct sdse_gradient_axis sdse_gradient_axis_of(const struct sdse_nest *nest,
                                                unsigned axis, uint64_t in,
                                                uint64_t first);

enum sdse_optimiser {
    SDSE_OPTIMISER_SGD,      // momentum, masters and momenta of 32 bits
    SDSE_OPTIMISER_SMARTDEAL // codes, counters, bases (docs/training.md)
};

enum sdse_kept {
    SDSE_KEPT_ALL,        // every layer's inputs wait for their gradient
    SDSE_KEPT_RECOMPUTED, // those of the first layer of each segment; the others anew
    SDSE_KEPT_REVERSIBLE  // none: each layer's inputs follow from its outputs
};

// A buffer of samples to train on: frames, or, behind a frozen prefix whose outputs are
// stored, those outputs (embeddings).
struct sdse_replay {
    uint64_t samples;        // 0: none is said
    uint64_t frame_words;    // of a sample; 0: what the first layer reads of an image
    uint32_t frame_bits;     // of such a word
    uint32_t embedding_bits; // of a word that the prefix puts out
    uint64_t copies;         // embeddings stored for a sample: of crops, of networks
};

// What a file asks for under `training`.
struct sdse_training {
    bool asked;
    uint64_t batch;        // images of a step
    uint64_t epoch_images; // 0: not said
    enum sdse_optimiser optimiser;
    enum sdse_kept kept;
    uint64_t segments;  // of recomputed activations; 0 = the root of the layers
    const char *frozen; // the last layer of a prefix that is not trained; NULL: none
    bool stored;        // what the prefix puts out is stored: it is not run
    // Of the bucket-switching optimiser, for each weight.
    double density;         // coefficients of the mask
    double changed;         // of those, codes that one step writes
    uint32_t counter_bits;  // of each
    uint32_t momentum_bits; // likewise; 0 = signs alone
    double basis_words;     // words of bases for each weight; negative: by the kernel
    const char *mark;       // of density and changed
    struct sdse_replay replay;
    struct sdse_loc loc, frozen_loc;
};

// Reads `training` and `training_step` of a network's file; without them nothing is
// asked. The batch becomes that of the network. False: memory is out.
bool sdse_read_training(struct sdse_arena *arena, const struct sdse_node *root,
                        struct sdse_diags *diags, struct sdse_workload *net,
                        struct sdse_training *out);

// Makes the network's layers those of a step: forward, then from the last layer back
// what is computed again, the gradients and the updates. Each layer keeps its name;
// added ones are called NAME.again, NAME.dX, NAME.dW (of products NAME.dA, NAME.dB) and
// NAME.update. `nodes`: the line of each layer.
//
// SDSE_INVALID with diagnostics [training-kind], [training-frozen], [words-absurd];
// SDSE_NO_MEMORY.
enum sdse_status sdse_training_apply(const struct sdse_training *training,
                                     const struct sdse_node *const *nodes,
                                     struct sdse_arena *arena, struct sdse_diags *diags,
                                     struct sdse_workload *net);

#endif
