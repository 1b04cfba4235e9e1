// Semantic checks, in one table: name, what it is about, severity, prerequisites,
// function. A check whose prerequisite has fired stays silent, so that one fault is
// reported once. Rows without a function are fired by the readers; they stand in the
// table as prerequisites and for `sdse check --list`.
#ifndef SDSE_SPEC_CHECKS_H
#define SDSE_SPEC_CHECKS_H

#include "spec/reading.h"
#include "spec/types/mapping.h"
#include "spec/types/sweep.h"
#include "spec/types/workload.h"

enum sdse_check_kind {
    SDSE_CHECK_FILE, // any file
    SDSE_CHECK_ARCH,
    SDSE_CHECK_WORKLOAD,
    SDSE_CHECK_MAPPING,
    SDSE_CHECK_SWEEP,
    SDSE_CHECK_VALIDATION
};

struct sdse_validation;

// What the checks look at; only the members of the kind in hand are set.
struct sdse_subject {
    struct sdse_diags *diags;
    const struct sdse_check *check; // the running row
    const struct sdse_arch_reading *arch;
    const struct sdse_workload *workload;
    const struct sdse_node *const *layer_nodes; // as many as layers
    const struct sdse_mapping_reading *mapping;
    const struct sdse_sweep *sweep;
    const struct sdse_validation *validation;
    const struct sdse_node *root;
    bool out_of_memory; // set by a check that could not be carried out
};

// A mapping, the places of its lines, and the `last` of each loop as written.
struct sdse_mapping_reading {
    const struct sdse_arch *arch;
    const struct sdse_layer *layer; // NULL: not known
    const struct sdse_mapping *mapping;
    struct sdse_loc loc[SDSE_MAX_LEVELS];
    // [level][0 temporal, 1 X, 2 Y][loop]; 0 = not written
    uint64_t last[SDSE_MAX_LEVELS][3][SDSE_DIMS];
    bool keeps_written[SDSE_MAX_LEVELS];
    // At home in a memory that layers share: set of SDSE_BIT(tensor). Down to which
    // level, the last of that memory, each is then kept in none.
    unsigned homes;
    unsigned home_last[SDSE_TENSORS];
};

struct sdse_check {
    const char *name;
    enum sdse_check_kind kind;
    enum sdse_severity severity;
    const char *needs[4]; // prerequisites, NULL-terminated unless full
    void (*run)(struct sdse_subject *subject);
    const char *what; // what is wrong when it fires, in a few words
};

const struct sdse_check *sdse_check_table(size_t *count);

// Runs the checks of one kind. `since` is diags->last from before the subject was read:
// only what fired after it counts as a failed prerequisite.
void sdse_checks_run(struct sdse_subject *subject, enum sdse_check_kind kind,
                     const struct sdse_diag *since);

// Reports at `loc` under the running check's name and severity.
void sdse_check_report(struct sdse_subject *subject, struct sdse_loc loc,
                       const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
