// The rebuild engine: how often bases are loaded and rows rebuilt.
#ifndef SDSE_COSTMODEL_REBUILD_H
#define SDSE_COSTMODEL_REBUILD_H

#include "costmodel/edge.h"
#include "costmodel/model.h"

// Basis words moved by `visits` visits of a tile at `level`: every block (slice of a
// filter that shares one B) the tile touches brings n * n words; a tile edge inside a
// block brings it again. [basis words]
uint64_t sdse_basis_words(const struct sdse_model *model, const struct sdse_view *view,
                          unsigned level, uint64_t visits);

// Basis words one engine below level `engine` loads into its register when the children
// at level `child` take rebuilt words: the register keeps its block while the loops
// stay in it. Children that are memories take nothing while their tile stays.
uint64_t sdse_basis_loads(const struct sdse_model *model, const struct sdse_view *view,
                          unsigned engine, unsigned child);

// Coefficient rows the engines rebuild for `words` rebuilt words: a delivered tile edge
// inside a row (and no loop that continues the row at once) rebuilds the row again.
uint64_t sdse_rebuilt_rows(const struct sdse_model *model, const struct sdse_view *view,
                           unsigned child, uint64_t words);

#endif
