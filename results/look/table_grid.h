// Private to results/look: a table as texts, and what of it a terminal need not show.
#ifndef SDSE_RESULTS_LOOK_TABLE_GRID_H
#define SDSE_RESULTS_LOOK_TABLE_GRID_H

#include "results/look/table.h"

struct sdse_grid {
    size_t rows, columns;
    const char **title; // [columns]
    bool *number;       // [columns]: no text in it
    const char **text;  // [rows * columns], plain, "" where there is nothing
    const char *same;   // "all: form=raw, …"; NULL if every column is shown
    const char *empty;  // "nothing in: reason, …"; NULL likewise
};

// Makes the texts, takes columns that say the same in all rows out, puts equal layers
// together and the decimal points in line. False when memory is out.
bool sdse_grid_make(const struct sdse_table *table, struct sdse_arena *arena,
                    struct sdse_grid *grid);

#endif
