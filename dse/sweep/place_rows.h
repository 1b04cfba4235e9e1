// The rows that say where a point's tensors are between its layers. Private to dse/.
#ifndef SDSE_DSE_SWEEP_PLACE_ROWS_H
#define SDSE_DSE_SWEEP_PLACE_ROWS_H

#include "base/status.h"
#include "dse/residency/residency.h"
#include "results/store/records.h"

// Where tensors are.
struct sdse_placed_tensors {
    const struct sdse_placing *placing;
    const enum sdse_place *place; // [placing->tensor_count], as they are made
    const struct sdse_copies *copies;
    const bool *inside; // [layers]: part of a group that began before
};

// A row for each time that a tensor is in a memory: since it was made in one that
// shares, and in the outermost one, by tensors; then those since it was brought in, by
// copies. What layers of a group hand over has none.
//
// request  its arch, workload, and the form of each layer are read
// scratch  gone when the rows are known
// row      out: [*count], in `arena`; names are the workload's, or in `arena`
// As sdse_model_new, or SDSE_NO_MEMORY.
enum sdse_status sdse_place_rows(const struct sdse_residency_request *request,
                                 const struct sdse_placed_tensors *at,
                                 struct sdse_arena *scratch, struct sdse_arena *arena,
                                 struct sdse_place_record **row, size_t *count);

#endif
