// What an edge of a network's graph carries, and whether it is what its reader reads.
#ifndef SDSE_SPEC_EDGE_SHAPE_H
#define SDSE_SPEC_EDGE_SHAPE_H

#include "base/arena.h"
#include "base/diag.h"
#include "spec/types/workload.h"

// A stack of maps. [elements, >= 1]
struct sdse_map_shape {
    uint64_t samples, channels, rows, columns;
};

// What comes out of the maker, or of the range of its channels, after what is worked on
// the way. False: a window of a pool is larger than the padded map.
//
//     rows = floor((rows of the maker + 2 pad - kernel) / stride) + 1, columns likewise
bool sdse_edge_carries(const struct sdse_workload *net,
                       const struct sdse_workload_edge *edge,
                       struct sdse_map_shape *shape);

// Whether that can be what the reader reads: its inputs whole, the right operand of a
// product, or a map of its outputs' size. A range of channels of its inputs (concat)
// need only have their samples, rows and columns.
bool sdse_edge_fits(const struct sdse_workload *net,
                    const struct sdse_workload_edge *edge,
                    const struct sdse_map_shape *shape);

// The reader's side, in words: "[4, 8, 8]". NULL: memory is out.
const char *sdse_edge_wants(const struct sdse_workload *net,
                            const struct sdse_workload_edge *edge,
                            struct sdse_arena *arena);

// An error at the edge's place, unless it is said there already: a list of makers, or
// `chain`, is one place of many edges.
void sdse_edge_report(const struct sdse_workload_edge *edge, struct sdse_diags *diags,
                      const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Whether an edge is one between its ends: their order and kinds, shapes, densities and
// widths. False after a diagnostic [edge-cycle, edge-repeat, edge-kind, edge-shape,
// edge-density, edge-bits] at the edge's place.
bool sdse_edge_agrees(const struct sdse_workload *net,
                      const struct sdse_workload_edge *edge, struct sdse_arena *arena,
                      struct sdse_diags *diags);

// Whether the reader's kind has what the edge is to be, alone [edge-kind].
bool sdse_edge_may_be(const struct sdse_workload *net,
                      const struct sdse_workload_edge *edge, struct sdse_diags *diags);

#endif
