// The weights of a layer: from its file, or synthetic.
#ifndef SDSE_DSE_SWEEP_WEIGHTS_H
#define SDSE_DSE_SWEEP_WEIGHTS_H

#include <stdbool.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/status.h"
#include "spec/types/workload.h"

// Whether a layer's weights come from a file; else they are synthetic.
bool sdse_layer_has_weight_file(const struct sdse_layer *layer);

// Whether the weight files of a network are below the folder of its file when links are
// followed, or links may lead out of it. Else SDSE_INVALID with diagnostics
// [weights-file] at the layers; SDSE_IO or SDSE_NO_MEMORY if the system cannot say.
// Files that are not there are left to who reads them.
enum sdse_status sdse_weights_stay_inside(const struct sdse_workload *workload,
                                          bool follow_links, struct sdse_diags *diags);

// The weights of a layer that stores some (not a matmul), as sdse_layer_weight_shape
// counts them. *values is owned by the caller (free).
//
//     npy-…             the file cannot be read (smartdeal/npy.h)
//     weights-shape     the array is not [G*K, C, R, S], or [K, C] for fc, in the
//                       letters of the layer's loop nest; at the layer
//     smartdeal-finite  a value that is NaN or infinite; at the layer
//
// Synthetic weights (smartdeal/synthetic.h) depend on the names of network and layer
// and on the shape alone. Texts of diagnostics live in the arena of `diags`. Returns
// SDSE_OK, SDSE_INVALID, SDSE_IO, SDSE_OVERFLOW or SDSE_NO_MEMORY.
enum sdse_status sdse_layer_weights_load(const struct sdse_workload *workload,
                                         const struct sdse_layer *layer,
                                         struct sdse_diags *diags, float **values);

// The array that a layer's weight file holds: [G*K, C, R, S], or [K, C] for fc. Returns
// the number of its dimensions.
unsigned sdse_layer_weight_array(const struct sdse_layer *layer, uint64_t shape[4]);

// What stands for the weights in content hashes: the values of the file, all checked as
// above, or the seed of the synthetic ones.
enum sdse_status sdse_layer_weights_hash(const struct sdse_workload *workload,
                                         const struct sdse_layer *layer,
                                         struct sdse_diags *diags,
                                         struct sdse_hash *hash);

#endif
