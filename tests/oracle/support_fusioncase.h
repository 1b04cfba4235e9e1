// Reference problems of layers that share on-chip memory (tests/data/fusion): a chain
// of one-dimensional convolutions on DRAM, a buffer and lanes, and its proved optima.
//
// The files speak of words and accesses; the accelerator that is built here has words
// of one width everywhere, lanes that hold one word of each tensor, and memories that
// fetch bounding boxes. The files count rows of padding that a window covers as words
// that are read: the layers here know their padding, fusion_case_boxed forgets it.
#ifndef SDSE_TESTS_ORACLE_SUPPORT_FUSIONCASE_H
#define SDSE_TESTS_ORACLE_SUPPORT_FUSIONCASE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "dse/network/network_front.h"
#include "spec/tree.h"
#include "spec/types/arch.h"
#include "spec/types/workload.h"

enum { FUSION_WORD_BITS = 8, FUSION_GLB = 1 }; // the level of the shared memory

// What a file says of the accelerator, by these keys.
enum { FUSION_ARCH_NUMBERS = 7 };
extern const char *const fusion_arch_keys[FUSION_ARCH_NUMBERS];

struct fusion_case {
    const char *name;
    const struct sdse_arch *arch;
    uint64_t arch_number[FUSION_ARCH_NUMBERS];
    struct sdse_workload net; // layers in a chain, with edges
    // The tensor (0: the network's input, i: the outputs of layer i, from 1) that is
    // added to the finished outputs of layer `residual_to` (from 1); 0: none is.
    uint64_t residual_from, residual_to;
    // Expected: least energy and least latency, each by itself.
    struct sdse_tradeoff layer_by_layer, whole_tensors_resident;
    // Expected of groups too: by rising energy.
    size_t front_count;
    struct sdse_tradeoff *front;
    struct sdse_tradeoff optimum_energy, optimum_latency, optimum_edp;
};

// Reads one file. Everything lives in `arena`. SDSE_INVALID: the diagnostics say why.
enum sdse_status fusion_case_read(struct sdse_arena *arena, const char *path,
                                  struct sdse_diags *diags, struct fusion_case *out);

// A layer whose windows never leave their map, and so read every word of their boxes.
struct sdse_layer fusion_case_boxed(const struct sdse_layer *layer);

// Words of a tensor: 0 the network's input, i the outputs of layer i (from 1). [words]
uint64_t fusion_case_tensor_words(const struct fusion_case *subject, uint64_t tensor);

#endif
