// A file of validation/ made ready: everything it names is loaded and checked, and
// every layer that an anchor needs is listed, before anything is computed.
#ifndef SDSE_DSE_VALIDATION_PREPARE_H
#define SDSE_DSE_VALIDATION_PREPARE_H

#include "costmodel/evaluate.h"
#include "spec/types/workload.h"
#include "spec/validation.h"

// A case's accelerator and network, with what the case writes anew.
struct sdse_ready_case {
    struct sdse_arch *arch;         // costs resolved
    struct sdse_workload *workload; // NULL = none
    size_t *item;                   // by layer: index into the items; SIZE_MAX = none
};

// One layer of one case, to be evaluated once.
struct sdse_ready_item {
    const struct sdse_case *of;
    const struct sdse_layer *layer;
    const struct sdse_arch *arch; // memories split as its mapping or the search asks
    struct sdse_weight_form form;
    const struct sdse_mapping *mapping; // NULL = searched for
    // Of the run (dse/validation/validate.h).
    struct sdse_arena *arena;
    enum sdse_status status;
    const char *failure; // why there is no cost; NULL = there is
    struct sdse_cost cost;
};

struct sdse_ready_validation {
    const struct sdse_validation *validation;
    struct sdse_ready_case *cases;
    size_t item_count;
    struct sdse_ready_item *items;
    // Called after each item, from any thread of a run, by who wants to show progress;
    // NULL = by nobody.
    void (*item_done)(void *context);
    void *context;
};

// Loads and checks what `validation` names.
//
// Returns SDSE_OK; SDSE_INVALID or SDSE_IO after diagnostics, all that there are to
// say; SDSE_NO_MEMORY. *out is untouched then.
enum sdse_status sdse_validation_prepare(const struct sdse_validation *validation,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags,
                                         struct sdse_ready_validation *out);

// The layers of a case that a take chooses, in the network's order.
//
// chosen   out: a flag for each layer of the case's network; may be NULL
// Returns their number; 0 where the case has no network.
size_t sdse_take_layers(const struct sdse_ready_validation *ready,
                        const struct sdse_take *take, size_t case_index, bool *chosen);

#endif
