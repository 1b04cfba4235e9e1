// What a results.db says of itself, checked: everything that needs no cost model. The
// mappings are scored again in dse/sweep/rescore.h.
#ifndef SDSE_RESULTS_STORE_VERIFY_H
#define SDSE_RESULTS_STORE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"
#include "results/store/records.h"

// Checks, whatever the size of the file, all of
//     results-damaged   structure and indices, foreign keys, CHECKs, the text of the
//                       schema, every row's digest, every table's seal
//     verify-input      inputs' hashes are those of their texts, a complete sweep's of
//                       its points
//     verify-sum        points add up from their layers, solutions from their parts;
//                       energy-delay products
//     verify-front      fronts are fronts; what was chosen is on them
//     verify-place      what is held while a layer runs is what is alive then; what is
//                       brought in is there
//     verify-group      layers that take turns add up from their nests, which are of
//                       one group each
// and adds a diagnostic for what is wrong. SDSE_OK, SDSE_INVALID if there is any, or
// what kept it from looking.
enum sdse_status sdse_verify_stored(struct sdse_reader *reader,
                                    struct sdse_diags *diags);

// A stored solution, with the first point and layer that has it.
struct sdse_stored_solution {
    const char *hash, *mapping;
    double energy_pj;
    uint64_t latency_cycles;
    uint64_t macs;
    int64_t point_id;
    const char *layer;
    uint64_t layer_index;
    const char *arch_hash, *arch;         // and the text
    const char *workload_hash, *workload; // and the text
    bool has_form;
    struct sdse_form_record form;
    // Of a layer that takes turns: some of its rows (`solution` is not set).
    bool is_nest;
    struct sdse_nest_record nest;
    // What is brought into the shared memory before a layer is part of its solution:
    // the layers that make it, as indices, with blanks between.
    const char *copied;
    bool is_copy; // what the layer makes is brought in
    uint64_t words;
};

// How many solutions the next function calls for; 0 if they cannot be read.
size_t sdse_verify_solutions(struct sdse_reader *reader);

// Calls `each` for every solution that a layer, a nest or a copy of a point has (what
// the nests of a layer add up to is none), in this order, each by accelerator and
// network, until it returns something else than SDSE_OK. Texts live until it returns.
enum sdse_status sdse_verify_each_solution(
    struct sdse_reader *reader, struct sdse_diags *diags,
    enum sdse_status (*each)(void *context, const struct sdse_stored_solution *),
    void *context);

// A point some of whose layers take turns, or tensors are moved, with what says how.
struct sdse_stored_groups {
    const char *hash;
    int64_t point_id;
    const char *arch_hash, *arch;         // and the text
    const char *workload_hash, *workload; // and the text
    size_t layer_count;
    struct sdse_form_record *form; // [layer_count]
    bool *has_form;                // [layer_count]
    const char **mapping;          // [layer_count]
    size_t place_count;
    struct sdse_place_record *place;
    size_t group_count;
    struct sdse_group_record *group;
    size_t nest_count;
    struct sdse_nest_record *nest; // `solution` is not set
};

// Calls `each` for every such point, those of one accelerator and network in a row,
// until it returns something else than SDSE_OK. What it is told lives in `scratch`,
// which is reset after each.
enum sdse_status sdse_verify_each_grouped(
    struct sdse_reader *reader, struct sdse_arena *scratch, struct sdse_diags *diags,
    enum sdse_status (*each)(void *context, const struct sdse_stored_groups *),
    void *context);

#endif
