// SQL: hypervolume(x, y, z, x0, y0, z0) OVER (… ORDER BY …): what the rows up to this
// one dominate below (x0, y0, z0), exactly (results/look/pareto.h). Private to
// results/look/.
//
// An objective whose reference is NULL does not count; of fewer than two it is NULL. A
// row that lacks a value of one that counts adds nothing. The reference is that of the
// window's first row. Only for windows that begin at their partition's first row, as
// they do without a frame clause. Time: a row that is dominated costs a look at the
// front.
#ifndef SDSE_RESULTS_LOOK_VOLUME_H
#define SDSE_RESULTS_LOOK_VOLUME_H

#include <sqlite3.h>

// Makes the function known to a connection; again does nothing. Returns SQLite's code.
int sdse_volume_register(sqlite3 *db);

#endif
