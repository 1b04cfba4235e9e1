// Weights that are embedded in a results.db: what was in the files that a network's
// text names when a sweep ran, so that its points can be run again without them. Each
// distinct tensor is kept once, as the 32-bit floats that were decomposed: forms,
// and their errors, can be measured from nothing less. They are no results: in no
// export.
#ifndef SDSE_RESULTS_STORE_TENSOR_H
#define SDSE_RESULTS_STORE_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/status.h"
#include "results/store/reader.h"
#include "results/store/store.h"

// Inside a batch. values: [count], whose hash (of their bytes) is `tensor`. One that is
// there is left as it is.
bool sdse_store_has_tensor(struct sdse_store *store, struct sdse_hash tensor);
enum sdse_status sdse_store_add_tensor(struct sdse_store *store,
                                       struct sdse_hash tensor, const float *values,
                                       size_t count);
// What the weight file of a layer held when the sweep ran; the others were added
// before.
enum sdse_status sdse_store_add_layer_weights(struct sdse_store *store,
                                              struct sdse_hash sweep,
                                              struct sdse_hash workload,
                                              const char *layer,
                                              struct sdse_hash tensor);

// The weights of a layer of a point's network, in one of the sweeps that have the
// point.
struct sdse_stored_weights {
    int64_t sweep_id;
    const char *layer; // its name
    struct sdse_hash tensor;
};

// All of a point's, those of one sweep in a row. Lives in `arena`.
enum sdse_status sdse_stored_weights_list(struct sdse_reader *reader, int64_t point_id,
                                          struct sdse_arena *arena,
                                          struct sdse_diags *diags,
                                          struct sdse_stored_weights **weights,
                                          size_t *count);

// The values of a tensor, which live in `arena`. SDSE_INVALID with a diagnostic
// (results-damaged) if it is not there, does not have `count` values, or they are not
// those of its hash.
enum sdse_status sdse_tensor_load(struct sdse_reader *reader, struct sdse_hash tensor,
                                  size_t count, struct sdse_arena *arena,
                                  struct sdse_diags *diags, float **values);

#endif
