// The kinds of nests of a group whose tiles are some columns of some rows: those of
// rows.h where request->tile_columns is set. Private to dse/fusion/.
//
// What a layer makes for a tile is some rows times some columns, whatever is kept: of
// need = A(r) x B(c) earlier bands have made rows of A at all columns, earlier tiles of
// this band columns of B at its rows. So the two axes are looked at by themselves
// (axis.h), alike tiles of each times alike tiles of the other are alike, and cells are
// counted by which tiles need their row and which their column.
#ifndef SDSE_DSE_FUSION_CELLS_H
#define SDSE_DSE_FUSION_CELLS_H

#include "dse/fusion/axis.h"

// As sdse_fused_rows_find, and sdse_fused_rows_fit.
enum sdse_status sdse_fused_cells_find(const struct sdse_fused_rows_request *request,
                                       struct sdse_arena *arena,
                                       struct sdse_fused_rows *rows);
bool sdse_fused_cells_fit(const struct sdse_fused_rows_request *request);

#endif
