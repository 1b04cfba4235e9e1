// One design point as a database holds it: found, read whole, and compared with the
// same point in another file. What runs it again is dse/sweep/stored_plan.h.
#ifndef SDSE_RESULTS_STORE_STORED_POINT_H
#define SDSE_RESULTS_STORE_STORED_POINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"
#include "results/store/records.h"
#include "results/store/store.h"
#include "results/store/tensor.h"

struct sdse_stored_layer {
    const char *name;
    const char *mapping;   // as text; of one that is grouped its nests
    bool grouped;          // it takes turns with others
    struct sdse_hash form; // {0, 0}: the layer stores no weights
};

struct sdse_stored_point {
    int64_t id; // in its file
    struct sdse_hash hash;
    enum sdse_point_status status; // as it was found; no constraint is judged
    const char *reason;            // NULL when OK
    struct sdse_hash arch, workload, form, design;
    const char *arch_text, *workload_text, *form_text; // of the inputs
    const char *arch_name, *workload_name, *form_name;
    enum sdse_objective objective;
    size_t parameter_count;
    struct sdse_parameter *parameters; // by path
    enum sdse_weights_from weights;
    // Its network was run with its weights.
    bool outputs_known;
    double output_error, output_sqnr_db, best_class_agreement; // NAN: none
    double seconds; // of the mapper, where that ended a layer's search; 0 = none
    size_t layer_count;
    struct sdse_stored_layer *layers; // of a point that is ok
    // Of its network, as they are embedded; to be filled in by who can write them to
    // files (sdse_stored_weights_list).
    size_t embedded_count;
    const struct sdse_stored_weights *embedded;
};

// The point that a text means: its number in this file; its hash, or six or more of
// the first digits; or NETWORK/ACCELERATOR/FORM, with /PATH=VALUE for every parameter
// where points differ in them. SDSE_INVALID with a diagnostic (results-point) if there
// is none, or several that nothing supersedes: it names up to five.
enum sdse_status sdse_stored_point_find(struct sdse_reader *reader, const char *text,
                                        struct sdse_diags *diags, int64_t *id);

// Reads a point; all of it lives in `arena`. SDSE_INVALID with a diagnostic
// (results-point) if an input that it is made of is not there.
enum sdse_status sdse_stored_point_load(struct sdse_reader *reader, int64_t id,
                                        struct sdse_arena *arena,
                                        struct sdse_diags *diags,
                                        struct sdse_stored_point *out);

// Adds, in a batch of its own, what a run of the point cannot find anew: fronts whose
// search a time limit ended, and, with `forms`, the measured forms of its layers.
enum sdse_status sdse_stored_point_lend(struct sdse_reader *reader,
                                        const struct sdse_stored_point *point,
                                        bool forms, struct sdse_store *store);

// Compares every column that two files have of one point, its layers, mappings, parts
// and fronts: numbers to the last bit. Each that differs is a diagnostic
// (point-differs), up to 20. *values: how many were compared. SDSE_OK, SDSE_INVALID if
// something differs, or what kept it from looking.
enum sdse_status sdse_stored_point_compare(struct sdse_reader *stored,
                                           struct sdse_reader *again,
                                           struct sdse_hash point,
                                           struct sdse_diags *diags, uint64_t *values);

#endif
