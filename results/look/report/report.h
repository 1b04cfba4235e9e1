// A results.db as one page of HTML that needs nothing else: points, fronts, and where
// every picojoule and cycle of single points comes from.
#ifndef SDSE_RESULTS_LOOK_REPORT_REPORT_H
#define SDSE_RESULTS_LOOK_REPORT_REPORT_H

#include "results/look/points.h"

// How the page begins: what tells a file that may be replaced.
#define SDSE_REPORT_START "<!DOCTYPE html>\n<!-- A report of sdse"

// X(enum, name on the command line): of which points the page holds layers and parts.
#define SDSE_REPORT_DETAILS_MAP(X)                                \
    X(FRONT, "front") /* those on a network's front */            \
    X(ALL, "all")     /* those, then the others with a mapping */ \
    X(NONE, "none")

enum sdse_report_details {
#define SDSE_REPORT_DETAILS_ENUM(name, text) SDSE_REPORT_DETAILS_##name,
    SDSE_REPORT_DETAILS_MAP(SDSE_REPORT_DETAILS_ENUM)
#undef SDSE_REPORT_DETAILS_ENUM
};

struct sdse_report {
    const char *database;      // as commands in the page name it
    struct sdse_filter filter; // which points
    unsigned objectives;       // 2 or 3, of each network's front
    enum sdse_metric metric[SDSE_MOST_OBJECTIVES];
    enum sdse_report_details details;
    uint64_t most_bytes; // of the page
};

struct sdse_report_size {
    uint64_t points, fronts;     // fronts: points on one
    uint64_t detailed, left_out; // with details; that should have some and did not fit
    uint64_t bytes;
};

// Writes the page, one snapshot of the database; the same database and options give the
// same bytes. Details stop where the page would grow past most_bytes, and the page says
// so. SDSE_INVALID with a diagnostic if the points alone take more (report-size), or as
// sdse_points_load; SDSE_IO if the stream failed; SDSE_DATABASE, SDSE_NO_MEMORY.
enum sdse_status sdse_report_write(struct sdse_reader *reader,
                                   const struct sdse_report *report, FILE *out,
                                   struct sdse_arena *arena, struct sdse_diags *diags,
                                   struct sdse_report_size *size);

#endif
