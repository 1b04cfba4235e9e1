#include "dse/fusion/cells.h"

#include "dse/fusion/tile_runs.h"

// When a tensor is looked at: before the nests that make it, while it is made or read,
// after it was read.
enum moment { BEFORE, NOW, AFTER, MOMENTS };

// Which cells of each tensor are there: of rows that a set of tiles needs, those at
// columns that such sets of tiles need, as a set of SDSE_BIT(set).
struct cells_there {
    unsigned columns[SDSE_FUSED_MOST][MOMENTS][SDSE_TILE_SETS];
};

// A tile, along rows and along columns.
struct tiles {
    const struct sdse_fused_rows_request *request;
    const struct cells_there *there;
    const struct sdse_axis_tile *rows, *columns;
    bool lead; // it is the first of both
};

// --- What is held ---

static bool keeps_rows(const struct sdse_fused_rows_request *request, size_t tensor) {
    return tensor ? request->retained >> tensor & 1u
                  : request->buffered && !(request->banded & 1u);
}

static bool keeps_columns(const struct sdse_fused_rows_request *request,
                          size_t tensor) {
    return request->banded >> tensor & 1u || keeps_rows(request, tensor);
}

// Whether a cell is there, of a row and a column that such sets of tiles need.
static bool is_there(const struct sdse_fused_rows_request *request, size_t tensor,
                     enum moment moment, unsigned row, unsigned column) {
    const bool above = row & SDSE_EARLIER_TILES, here = row & SDSE_THIS_TILE,
               below = row & SDSE_LATER_TILES, now = column & SDSE_THIS_TILE;
    // Of the tiles of this band: those that are done, and those to come.
    const bool done = column & SDSE_EARLIER_TILES || (moment == AFTER && now),
               to_come = column & SDSE_LATER_TILES || (moment != AFTER && now);
    if (moment == NOW && here && now)
        return true;
    if (keeps_rows(request, tensor))
        return (above || (here && done)) && (below || (here && to_come));
    return keeps_columns(request, tensor) && here && done && to_come;
}

static void find_there(const struct sdse_fused_rows_request *request,
                       struct cells_there *there) {
    *there = (struct cells_there){0};
    for (size_t i = 0; i < request->layer_count; i++)
        for (unsigned moment = 0; moment < MOMENTS; moment++)
            for (unsigned row = 1; row < SDSE_TILE_SETS; row++)
                for (unsigned column = 1; column < SDSE_TILE_SETS; column++)
                    if (is_there(request, i, (enum moment)moment, row, column))
                        there->columns[i][moment][row] |= SDSE_BIT(column);
}

static uint64_t count_held(const struct tiles *tiles, size_t tensor, size_t layer) {
    const enum moment moment = layer > tensor        ? AFTER
                               : layer + 1 >= tensor ? NOW
                                                     : BEFORE;
    const uint64_t *rows = tiles->rows->count[tensor],
                   *columns = tiles->columns->count[tensor];
    uint64_t cells = 0;
    for (unsigned row = 1; row < SDSE_TILE_SETS; row++) {
        uint64_t at = 0;
        if (!rows[row])
            continue;
        for (unsigned left = tiles->there->columns[tensor][moment][row]; left;
             left &= left - 1)
            at += columns[__builtin_ctz(left)];
        cells += rows[row] * at;
    }
    return cells;
}

// --- Nests ---

// Returns the kind that it is of.
static size_t add_nest(const struct sdse_fused_nest *nest,
                       struct sdse_fused_rows *out) {
    for (size_t i = out->count; i-- > 0;)
        if (sdse_fused_nests_alike(&out->nest[i], nest)) {
            out->nest[i].times += nest->times;
            return i;
        }
    out->nest[out->count] = *nest;
    return out->count++;
}

// One run of rows times one of columns. opens: it is the first nest of its layer in the
// tile. Returns its kind.
static size_t add_runs(const struct tiles *tiles, const struct sdse_fused_nest *whole,
                       bool opens, struct sdse_fused_rows *out) {
    struct sdse_fused_nest nest = *whole;
    const struct sdse_nest *layer = &tiles->request->nest[nest.layer];
    sdse_nest_part_along(layer, 0, &nest.rows, &nest.part);
    sdse_nest_part_along(&nest.part, 1, &nest.columns, &nest.part);
    if (opens && nest.layer == 0 && tiles->request->buffered)
        nest.loaded = tiles->rows->fresh * tiles->columns->fresh;
    nest.first = opens && tiles->lead;
    return add_nest(&nest, out);
}

// order: NULL, the nests are counted; else they are, and the kinds of this tile are
// added there. False: memory is out.
static bool list_nests(struct tiles *tiles, size_t layer, struct sdse_fused_rows *out,
                       struct sdse_tile_runs *order) {
    const size_t rows = tiles->rows->run_count[layer],
                 columns = tiles->columns->run_count[layer];
    struct sdse_fused_nest nest = {.layer = layer, .times = order ? 0 : 1};
    bool good = true;
    if (!rows || !columns)
        return true;
    for (size_t i = tiles->request->buffered ? 0 : 1; i < tiles->request->layer_count;
         i++)
        nest.held[i] = count_held(tiles, i, layer);
    tiles->lead = tiles->rows->leads & tiles->columns->leads & SDSE_BIT(layer);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns && good; c++) {
            nest.rows = tiles->rows->run[layer][r];
            nest.columns = tiles->columns->run[layer][c];
            const size_t kind = add_runs(tiles, &nest, r == 0 && c == 0, out);
            good = !order || sdse_tile_runs_add(order, kind);
        }
    return good;
}

// --- Both axes ---

static struct sdse_axis_request along(const struct sdse_fused_rows_request *request,
                                      unsigned axis) {
    struct sdse_axis_request line = {.layer_count = request->layer_count,
                                     .nest = request->nest,
                                     .axis = axis,
                                     .tile = axis ? request->tile_columns
                                                  : request->tile_rows};
    for (size_t i = 0; i < request->layer_count; i++)
        if (axis ? keeps_columns(request, i) : keeps_rows(request, i))
            line.kept |= SDSE_BIT(i);
    return line;
}

bool sdse_fused_cells_fit(const struct sdse_fused_rows_request *request) {
    const struct sdse_axis_request rows = along(request, 0),
                                   columns = along(request, 1);
    return sdse_axis_fits(&rows) && sdse_axis_fits(&columns);
}

// No more than there are pairs of runs.
static size_t count_most(const struct sdse_fused_rows_request *request,
                         const struct sdse_axis *rows,
                         const struct sdse_axis *columns) {
    size_t most = 1;
    for (size_t m = 0; m < request->layer_count; m++) {
        size_t runs[2] = {0, 0};
        for (size_t r = 0; r < rows->count; r++)
            runs[0] += rows->tile[r].run_count[m];
        for (size_t c = 0; c < columns->count; c++)
            runs[1] += columns->tile[c].run_count[m];
        most += runs[0] * runs[1];
    }
    return most;
}

// The order in which they run, once all are listed; false: memory is out.
static bool order_tiles(const struct sdse_fused_rows_request *request,
                        const struct cells_there *there, const struct sdse_axis *axis,
                        struct sdse_arena *arena, struct sdse_fused_rows *rows) {
    struct sdse_tile_runs order = {.arena = arena};
    for (size_t r = 0; r < axis[0].count; r++)
        for (size_t c = 0; c < axis[1].count; c++) {
            struct tiles tiles = {.request = request,
                                  .there = there,
                                  .rows = &axis[0].tile[r],
                                  .columns = &axis[1].tile[c]};
            for (size_t m = 0; m < request->layer_count; m++)
                if (!list_nests(&tiles, m, rows, &order))
                    return false;
            if (!sdse_tile_runs_end(&order, 1))
                return false;
        }
    rows->run = order.run;
    rows->run_count = order.count;
    return true;
}

enum sdse_status sdse_fused_cells_find(const struct sdse_fused_rows_request *request,
                                       struct sdse_arena *arena,
                                       struct sdse_fused_rows *rows) {
    struct sdse_axis axis[2];
    struct cells_there there;
    struct sdse_fused_rows fresh = {.count = 0};
    for (unsigned a = 0; a < 2; a++) {
        const struct sdse_axis_request line = along(request, a);
        const enum sdse_status status = sdse_axis_find(&line, arena, &axis[a]);
        if (status != SDSE_OK)
            return status;
    }
    fresh.nest = SDSE_ARENA_ARRAY(arena, struct sdse_fused_nest,
                                  count_most(request, &axis[0], &axis[1]));
    if (!fresh.nest)
        return SDSE_NO_MEMORY;
    find_there(request, &there);
    for (size_t m = 0; m < request->layer_count; m++)
        for (size_t r = 0; r < axis[0].count; r++)
            for (size_t c = 0; c < axis[1].count; c++) {
                struct tiles tiles = {.request = request,
                                      .there = &there,
                                      .rows = &axis[0].tile[r],
                                      .columns = &axis[1].tile[c]};
                list_nests(&tiles, m, &fresh, NULL);
            }
    if (request->ordered && !order_tiles(request, &there, axis, arena, &fresh))
        return SDSE_NO_MEMORY;
    *rows = fresh;
    return SDSE_OK;
}
