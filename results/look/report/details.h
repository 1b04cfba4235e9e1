// Single points of a report: their layers, with the parts of energy and latency that
// each mapping takes. Layers that share a solution share its parts.
#ifndef SDSE_RESULTS_LOOK_REPORT_DETAILS_H
#define SDSE_RESULTS_LOOK_REPORT_DETAILS_H

#include <stdint.h>

#include "results/look/report/texts.h"
#include "results/store/reader.h"

struct sdse_details;

// Begins; *out, owned by the caller, reads within the caller's transaction. SDSE_OK,
// SDSE_NO_MEMORY, or SDSE_DATABASE with a diagnostic.
enum sdse_status sdse_details_begin(struct sdse_reader *reader,
                                    struct sdse_arena *arena, struct sdse_diags *diags,
                                    struct sdse_details **out);
// NULL is fine.
void sdse_details_free(struct sdse_details *details);

// The questions that the tables of a point answer, with :point and :layer where a
// number belongs: {"layer":"SELECT …","energy":…,"level":…,"network":…}.
void sdse_details_write_sql(FILE *out);

// Writes {"columns":{…},"points":[
void sdse_details_write_head(struct sdse_details *details, FILE *out);

// Adds a point to the array, unless that made the details longer than `most` bytes:
// then *added is false, nothing is written, and no other is to be added. The record:
//
//     {"point":7,"hash":"…","arch":0,"workload":1,"form":2,
//      "inputs":[{"hash":…,"kind":…,"name":…,"lines":["3",…]}],   first used here
//      "parts":[{"energy":[[…]],"level":[[…]],"network":[[…]]}],  first used here
//      "layers":[[part,…],…]}
//
// Inputs and parts are numbered through all records. In rows a string is the number of
// a text, so that a text of any content is none.
enum sdse_status sdse_details_add(struct sdse_details *details, int64_t point,
                                  uint64_t most, FILE *out, bool *added);

// Writes ],"texts":[…]}
void sdse_details_write_end(struct sdse_details *details, FILE *out);

#endif
