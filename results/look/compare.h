// Two design points beside each other: what differs, and that the differences add up.
#ifndef SDSE_RESULTS_LOOK_COMPARE_H
#define SDSE_RESULTS_LOOK_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/status.h"
#include "results/store/reader.h"

enum { SDSE_A, SDSE_B, SDSE_SIDES };

// One thing that both sides say: a number, or a text. A side that does not have it says
// NAN and NULL.
struct sdse_difference {
    const char *name, *unit; // "DRAM", "pJ"
    double value[SDSE_SIDES];
    const char *text[SDSE_SIDES];
};

// Things of one kind.
struct sdse_differences {
    const char *section;      // "energy_by_component": for machines
    const char *title;        // "energy by component": for people
    const char *unit;         // of the total; "" where rows have units of their own
    bool zero_if_absent;      // what a side lacks is nothing, not unknown
    bool adds_up;             // to the totals; then it is zero_if_absent, too
    double total[SDSE_SIDES]; // what the point itself says, not the sum of the rows
    size_t count;
    struct sdse_difference *rows;
};

// By how much b is more; NAN where a side is unknown, and of texts.
double sdse_difference_of(const struct sdse_differences *of,
                          const struct sdse_difference *row);
// Whether both sides say the same: equal numbers to the last bit, or equal texts.
bool sdse_difference_is_none(const struct sdse_differences *of,
                             const struct sdse_difference *row);
// Rows in which the sides differ.
size_t sdse_differences_count(const struct sdse_differences *of);
// By the difference, the largest first, then by name.
void sdse_differences_sort(struct sdse_differences *of);

enum sdse_comparison_part {
    SDSE_COMPARE_FIGURES,            // of the whole point, each in its stored unit
    SDSE_COMPARE_ENERGY_COMPONENTS,  // adds up [pJ]
    SDSE_COMPARE_ENERGY_LAYERS,      // adds up [pJ]
    SDSE_COMPARE_CYCLES_LAYERS,      // adds up [cycles]
    SDSE_COMPARE_CYCLES_BOTTLENECKS, // by what sets them; adds up [cycles]
    SDSE_COMPARE_COUNTS,             // words, MACs, cycles of each kind
    SDSE_COMPARE_PARTS
};

struct sdse_comparison {
    struct sdse_differences part[SDSE_COMPARE_PARTS];
};

// Reads what point id[i] of reader[i] says. But for the figures, rows are sorted.
// Layers and components meet by their names; equal names of one point are one. A point
// that is not there says nothing.
enum sdse_status sdse_compare_points(struct sdse_reader *const reader[SDSE_SIDES],
                                     const int64_t id[SDSE_SIDES],
                                     struct sdse_arena *arena, struct sdse_diags *diags,
                                     struct sdse_comparison *out);

// The versions that made a file, of the tool and of its cost model.
struct sdse_file_versions {
    const char *tool, *model;
};
enum sdse_status sdse_file_versions_load(struct sdse_reader *reader,
                                         struct sdse_arena *arena,
                                         struct sdse_diags *diags,
                                         struct sdse_file_versions *out);

#endif
