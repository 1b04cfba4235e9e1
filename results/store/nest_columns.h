// Stored nests with what each memory that shares has of them, and a row of that.
// Private to results/store/.
#ifndef SDSE_RESULTS_STORE_NEST_COLUMNS_H
#define SDSE_RESULTS_STORE_NEST_COLUMNS_H

#include <sqlite3.h>

#include "results/store/records.h"

// A nest, its group, and what the other memories than the group's have: at most two.
#define SDSE_NEST_TABLES                                                           \
    "nest n JOIN grp g ON g.point_id = n.point_id AND g.group_index ="             \
    " n.group_index LEFT JOIN nest_place x ON x.point_id = n.point_id AND"         \
    " x.nest_index = n.nest_index AND x.memory = (SELECT min(o.memory) FROM"       \
    " nest_place o WHERE o.point_id = n.point_id AND o.nest_index = n.nest_index)" \
    " LEFT JOIN nest_place y ON y.point_id = n.point_id AND y.nest_index ="        \
    " n.nest_index AND y.memory > x.memory"

// Of those tables.
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
    "n.outer_cycles, n.inner_cycles, n.latency_cycles, g.memory, "         \
    "x.memory, x.inputs, x.weights, x.outputs, x.addends, "                \
    "x.reserved_bits, y.memory, y.inputs, y.weights, y.outputs, "          \
    "y.addends, y.reserved_bits"

// Those columns, the first of which is `column`; texts live until the next step.
// The solution is not set.
struct sdse_nest_record sdse_nest_row(sqlite3_stmt *row, int column);

#endif
