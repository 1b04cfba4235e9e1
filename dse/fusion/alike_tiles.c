#include "dse/fusion/alike_tiles.h"

#include <string.h>

#include "base/checked.h"

// Distances beyond it are not looked at: no product of two of them overflows.
static const int64_t most = (int64_t)1 << 30;

// What tiles need of one tensor.
struct reach {
    int64_t step, before, behind;
    uint64_t head, tail; // tiles at either end that make other rows of it than the rest
};

// Tiles at either end that are unlike those between.
struct ends {
    uint64_t head, tail;
};

static int64_t above_zero(int64_t rows) { return rows > 0 ? rows : 0; }

// From what a layer makes to what it reads; false: too far.
static bool go_inwards(const struct sdse_nest *nest, bool keeps, uint64_t tiles,
                       struct reach *reach, struct ends *ends) {
    const int64_t stride = nest->stride[0], dilation = nest->dilation[0],
                  pad = nest->pad[0];
    if (stride > most || dilation > most || pad > most || pad < -most ||
        nest->bound[SDSE_R] > (uint64_t)most)
        return false;
    reach->step *= stride;
    reach->before = stride * reach->before + pad;
    reach->behind =
        stride * reach->behind - pad + ((int64_t)nest->bound[SDSE_R] - 1) * dilation;
    if (reach->step > most || reach->before > most || reach->before < -most ||
        reach->behind > most || reach->behind < -most)
        return false;
    const uint64_t step = (uint64_t)reach->step, rows = sdse_nest_map_rows(nest);
    const uint64_t cut = sdse_ceil_div_u64((uint64_t)above_zero(reach->before), step);
    // Tiles whose last row is on the map.
    const int64_t room = (int64_t)rows - 1 - reach->behind;
    const uint64_t whole = room < 0 ? 0 : (uint64_t)room / step + 1;
    reach->head = cut > reach->head ? cut : reach->head;
    if (whole < tiles && tiles - whole > reach->tail)
        reach->tail = tiles - whole;
    const uint64_t overlap =
        keeps ? (uint64_t)above_zero(reach->before + reach->behind) / step : 0;
    reach->head += overlap;
    ends->head = reach->head > ends->head ? reach->head : ends->head;
    ends->tail =
        reach->tail + overlap > ends->tail ? reach->tail + overlap : ends->tail;
    return true;
}

// Tiles that are unlike; false: not known.
static bool find_ends(const struct sdse_fused_rows_request *request, uint64_t tiles,
                      struct ends *ends) {
    const uint64_t last = request->nest[request->layer_count - 1].bound[SDSE_P];
    struct reach reach = {.tail = last % request->tile_rows != 0};
    *ends = (struct ends){.tail = reach.tail};
    if (request->tile_rows > (uint64_t)most || last > (uint64_t)INT64_MAX / 2)
        return false;
    reach.step = (int64_t)request->tile_rows;
    reach.behind = reach.step - 1;
    for (size_t i = request->layer_count; i-- > 0;) {
        const bool keeps = i ? request->retained >> i & 1u : request->buffered;
        if (!go_inwards(&request->nest[i], keeps, tiles, &reach, ends))
            return false;
    }
    // A tile finds what was kept after the one before it, and the first nest of a layer
    // is unlike the others.
    ends->head += 2;
    ends->tail += 1;
    return true;
}

void sdse_short_group_find(const struct sdse_fused_rows_request *request,
                           struct sdse_short_group *group) {
    const size_t layers = request->layer_count;
    const uint64_t tiles =
        sdse_ceil_div_u64(request->nest[layers - 1].bound[SDSE_P], request->tile_rows);
    struct ends ends;
    *group = (struct sdse_short_group){.tiles = tiles, .alike = tiles};
    memcpy(group->nest, request->nest, layers * sizeof *group->nest);
    if (!find_ends(request, tiles, &ends) || tiles <= ends.head + ends.tail + 1)
        return;
    group->tiles = ends.head + 1 + ends.tail;
    group->alike = ends.head;
    group->omitted = tiles - group->tiles;
    group->omitted_rows[layers] = group->omitted * request->tile_rows;
    for (size_t i = layers; i-- > 0;) {
        struct sdse_nest *nest = &group->nest[i];
        group->omitted_rows[i] = group->omitted_rows[i + 1] * nest->stride[0];
        nest->bound[SDSE_P] -= group->omitted_rows[i + 1];
        if (nest->map[0])
            nest->map[0] -= group->omitted_rows[i];
    }
}
