// Where a stored point's tensors are, read from its rows and found again from what they
// say. Private to dse/.
#ifndef SDSE_DSE_SWEEP_STORED_PLACES_H
#define SDSE_DSE_SWEEP_STORED_PLACES_H

#include "dse/sweep/place_rows.h"

// Places and copies that rows say. What they say besides is not looked at.
//
// request  its arch and workload are read
// inside   [layers]: part of a group that began before
// place    out: [placing->tensor_count]; what layers of a group hand over is shared
// copies   out: in `arena`
// False: memory is out.
bool sdse_stored_places_read(const struct sdse_residency_request *request,
                             const struct sdse_placing *placing, const bool *inside,
                             const struct sdse_place_record *row, size_t count,
                             struct sdse_arena *arena, enum sdse_place *place,
                             struct sdse_copies *copies);

// What rows of places are not as those that follow from what they say: the tensor, and
// its first row that differs; NULL: they are. As sdse_place_rows.
enum sdse_status sdse_stored_places_differ(const struct sdse_residency_request *request,
                                           const struct sdse_placed_tensors *at,
                                           const struct sdse_place_record *row,
                                           size_t count, struct sdse_arena *scratch,
                                           const char **tensor);

#endif
