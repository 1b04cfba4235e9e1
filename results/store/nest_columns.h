// Columns of the table nest, and a row of them. Private to results/store/.
#ifndef SDSE_RESULTS_STORE_NEST_COLUMNS_H
#define SDSE_RESULTS_STORE_NEST_COLUMNS_H

#include <sqlite3.h>

#include "results/store/records.h"

// Of the table as `n`.
#define SDSE_NEST_COLUMNS                                                  \
    "n.group_index, n.layer_index, n.first_row, n.row_count, n.row_step, " \
    "n.first_column, n.column_count, n.column_step, "                      \
    "n.bounds, n.map_rows, n.map_columns, n.row_stride, n.row_pad, "       \
    "n.column_stride, n.column_pad, "                                      \
    "n.inputs_shared, n.weights_shared, n.outputs_shared, "                \
    "n.addends_shared, n.writes_through, n.loads_weights, "                \
    "n.loaded_input_words, n.continues, n.unfinished, n.rescales, "        \
    "n.reserved_bits, n.times, n.inputs_ahead, n.weights_ahead, "          \
    "n.outputs_ahead, n.overlapped_runs, n.overlapped_times, "             \
    "n.outer_cycles, n.inner_cycles, n.latency_cycles"

// Those columns, the first of which is `column`; the text lives until the next step.
// The solution is not set.
struct sdse_nest_record sdse_nest_row(sqlite3_stmt *row, int column);

#endif
