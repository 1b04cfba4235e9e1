// A deterministic copy of everything that is a result: the same sweep gives the same
// bytes for any number of threads, any order of writing, interrupted or not.
#ifndef SDSE_RESULTS_LOOK_EXPORT_H
#define SDSE_RESULTS_LOOK_EXPORT_H

#include <stdio.h>

#include "results/store/reader.h"

// Writes every table but run_log to `out` as JSON lines: one object per row with its
// "table" first, rows ordered by content (hashes, positions), never by row id; reals
// with 17 significant digits, so that they read back exactly. The whole export is one
// snapshot. SDSE_IO if the stream failed, SDSE_DATABASE or SDSE_INVALID with a
// diagnostic if reading did.
enum sdse_status sdse_export_write(struct sdse_reader *reader, FILE *out,
                                   struct sdse_diags *diags);

#endif
