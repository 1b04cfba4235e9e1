// A damaged results.db made whole: what is intact is kept, what was lost and can be
// computed is solved again.
#ifndef SDSE_DSE_SWEEP_REPAIR_H
#define SDSE_DSE_SWEEP_REPAIR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"

struct sdse_repair_request {
    const char *database_path;  // of the damaged file
    const char *temporary_path; // an empty file, beside it; the caller removes it
    unsigned threads;           // 0 = as many as processors
    const atomic_bool *stop;    // may be NULL
    bool force;                 // also where something cannot be computed again
};

struct sdse_repaired {
    uint64_t bad_rows; // left out
    size_t points;     // solved again
    size_t lost;       // that could not be: named in diagnostics
    bool all;          // nothing less than every point told what was missing
    bool is_same;      // the rows are those that the file was sealed with
};

// Writes a whole file to temporary_path; the damaged one is not touched. Rows that
// agree with their digests are kept; points, solutions and fronts that are damaged, or
// miss parts, are solved again from the stored inputs. If the result is not what the
// file was sealed with, all are.
//
//     repair-lost  what cannot be computed again: inputs, sweeps' settings, training,
//                  forms of weights from files; without `force` nothing is solved then
//
// Returns SDSE_OK; SDSE_INVALID if something is lost (with `force` the rest is
// written); SDSE_INTERRUPTED; SDSE_IO, SDSE_DATABASE, SDSE_NO_MEMORY.
enum sdse_status sdse_repair(const struct sdse_repair_request *request,
                             struct sdse_reader *damaged, struct sdse_diags *diags,
                             struct sdse_repaired *out);

// Puts the repaired file over the damaged one, which the caller has closed, in one
// transaction: after any failure or kill that is as it was. SDSE_OK, or SDSE_DATABASE,
// SDSE_IO, SDSE_NO_MEMORY with a diagnostic.
enum sdse_status sdse_repair_put(const struct sdse_repair_request *request,
                                 struct sdse_diags *diags);

#endif
