// An accelerator and a network as a results.db has them, read once for all points that
// stand together. Private to dse/.
#ifndef SDSE_DSE_SWEEP_STORED_INPUTS_H
#define SDSE_DSE_SWEEP_STORED_INPUTS_H

#include "base/diag.h"
#include "base/status.h"
#include "spec/types/arch.h"
#include "spec/types/workload.h"

struct sdse_stored_inputs {
    struct sdse_arena *arena; // the caller's, of the pair under way alone
    char arch_hash[64], workload_hash[64];
    struct sdse_arch *arch;         // its costs resolved; NULL: it cannot be read
    struct sdse_workload *workload; // NULL: it cannot be read
};

// Reads the two texts, if their hashes are not those of the pair under way.
void sdse_stored_inputs_take(struct sdse_stored_inputs *inputs, const char *arch_hash,
                             const char *arch, const char *workload_hash,
                             const char *workload);

// Parses a stored text; NULL, with whatever was wrong in `diags`, if it cannot be.
struct sdse_node *sdse_stored_input_parse(struct sdse_arena *arena, const char *text,
                                          struct sdse_diags *diags);

#endif
