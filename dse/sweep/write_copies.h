// Writing tensors that are brought in before a layer: what each takes, and that as part
// of what the layer takes. Private to dse/.
#ifndef SDSE_DSE_SWEEP_WRITE_COPIES_H
#define SDSE_DSE_SWEEP_WRITE_COPIES_H

#include "costmodel/cost_sum.h"
#include "dse/sweep/reside.h"
#include "results/store/store.h"

// What the copies before one layer take, in the order of their tensors' makers.
struct sdse_copied {
    size_t count;
    struct sdse_cost_times *cost; // [count], once each
    struct sdse_hash hash;        // of them all; read if there are some
};

// Adds the solutions of the copies before a layer, and says them in their records.
// Inside the store's open batch. As sdse_store_add_solution, or SDSE_NO_MEMORY.
enum sdse_status sdse_write_copies(const struct sdse_arch *arch,
                                   struct sdse_point_places *places, size_t layer,
                                   struct sdse_store *store, struct sdse_arena *scratch,
                                   struct sdse_copied *copied);

// What a layer takes together with the copies before it: its own first. SDSE_NO_MEMORY;
// SDSE_OVERFLOW, with nothing said, where a count exceeds 64 bits.
enum sdse_status sdse_copied_add(const struct sdse_copied *copied,
                                 const struct sdse_cost *own,
                                 struct sdse_arena *scratch, struct sdse_cost *sum);

// The rows of the copies, once their solutions are known. NULL: memory is out.
const struct sdse_copy_record *sdse_copy_records(const struct sdse_point_places *places,
                                                 struct sdse_arena *scratch);

#endif
