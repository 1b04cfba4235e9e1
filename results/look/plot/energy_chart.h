// Bars of energy by component: what the pictures of points and of layers share.
#ifndef SDSE_RESULTS_LOOK_PLOT_ENERGY_CHART_H
#define SDSE_RESULTS_LOOK_PLOT_ENERGY_CHART_H

#include <sqlite3.h>

#include "results/look/draw/bars.h"

enum { SDSE_CHART_MOST = SDSE_BARS_MOST_PARTS };

struct sdse_energy_chart {
    const char *title;
    size_t bar_count, component_count;
    const char **labels;                // [bar_count]
    const char *names[SDSE_CHART_MOST]; // outermost memory first
    double *energy_pj;                  // [bar_count][SDSE_CHART_MOST]
};

// Room for that many bars, at most SDSE_BARS_MOST, energies 0; false when memory is
// out.
bool sdse_energy_chart_new(struct sdse_energy_chart *chart, size_t bars,
                           struct sdse_arena *arena);

// A component as it is drawn, of a row of v_energy: all networks are one.
#define SDSE_CHART_COMPONENT \
    "CASE WHEN component LIKE '% network' THEN 'network' ELSE component END"

// Puts every component of the database into the chart in the order in which they are
// drawn: memories by level, networks, the rest. SQLITE_OK, or the error.
int sdse_energy_chart_order(sqlite3 *db, struct sdse_energy_chart *chart,
                            struct sdse_arena *arena);

// Adds the rows (component, energy_pj, bar) of a prepared statement. SQLITE_DONE, or
// the error.
int sdse_energy_chart_read(sqlite3_stmt *rows, struct sdse_energy_chart *chart,
                           struct sdse_arena *arena);

// The chart as bars: components that nobody uses are left out, the least of more than
// nine are "other". False when memory is out.
bool sdse_energy_chart_bars(struct sdse_energy_chart *chart, enum sdse_plot_theme theme,
                            struct sdse_arena *arena, struct sdse_bars *bars);

#endif
