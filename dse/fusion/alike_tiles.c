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

// From what a layer makes to what its windows read; false: too far.
static bool go_inwards(const struct sdse_nest *nest, struct reach *reach) {
    const int64_t stride = nest->stride[0], dilation = nest->dilation[0],
                  pad = nest->pad[0];
    if (stride > most || dilation > most || pad > most || pad < -most ||
        nest->bound[SDSE_R] > (uint64_t)most)
        return false;
    reach->step *= stride;
    reach->before = stride * reach->before + pad;
    reach->behind =
        stride * reach->behind - pad + ((int64_t)nest->bound[SDSE_R] - 1) * dilation;
    return reach->step <= most && reach->before <= most && reach->before >= -most &&
           reach->behind <= most && reach->behind >= -most;
}

// Tiles of a map of so many rows that its edges make unlike the others.
static void cut_edges(uint64_t rows, uint64_t tiles, struct reach *reach) {
    const uint64_t step = (uint64_t)reach->step;
    const uint64_t cut = sdse_ceil_div_u64((uint64_t)above_zero(reach->before), step);
    // Tiles whose last row is on the map.
    const int64_t room = (int64_t)rows - 1 - reach->behind;
    const uint64_t whole = room < 0 ? 0 : (uint64_t)room / step + 1;
    reach->head = cut > reach->head ? cut : reach->head;
    if (whole < tiles && tiles - whole > reach->tail)
        reach->tail = tiles - whole;
}

// What was made before, or is needed later.
static void keep(bool keeps, struct reach *reach, struct ends *ends) {
    const uint64_t overlap = keeps
                                 ? (uint64_t)above_zero(reach->before + reach->behind) /
                                       (uint64_t)reach->step
                                 : 0;
    reach->head += overlap;
    ends->head = reach->head > ends->head ? reach->head : ends->head;
    ends->tail =
        reach->tail + overlap > ends->tail ? reach->tail + overlap : ends->tail;
}

// Adds what another layer needs of a tensor; false: it moves on by other steps.
static bool join(const struct reach *more, struct reach *reach) {
    if (!reach->step)
        *reach = *more;
    reach->before = more->before > reach->before ? more->before : reach->before;
    reach->behind = more->behind > reach->behind ? more->behind : reach->behind;
    reach->head = more->head > reach->head ? more->head : reach->head;
    reach->tail = more->tail > reach->tail ? more->tail : reach->tail;
    return more->step == reach->step;
}

// What all layers that read a tensor need of it; made: of each layer's outputs. False:
// not known.
static bool find_reach(const struct sdse_fused_rows_request *request, uint64_t tiles,
                       size_t tensor, const struct reach *made, struct reach *reach) {
    *reach = (struct reach){.step = 0};
    for (size_t m = tensor; m < request->layer_count; m++) {
        const struct sdse_fused_reads reads = sdse_fused_reads_of(request, m);
        struct reach more = made[m];
        if (reads.rows >> tensor & 1u && !join(&more, reach))
            return false;
        if (!(reads.windows >> tensor & 1u))
            continue;
        if (!go_inwards(&request->nest[m], &more))
            return false;
        cut_edges(sdse_nest_map_rows(&request->nest[m]), tiles, &more);
        if (!join(&more, reach))
            return false;
    }
    return true;
}

// A layer's windows on a map from elsewhere.
static bool look_elsewhere(const struct sdse_fused_rows_request *request,
                           uint64_t tiles, size_t layer, const struct reach *made,
                           struct ends *ends) {
    struct reach reach = *made;
    if (sdse_fused_reads_of(request, layer).windows)
        return true;
    if (!go_inwards(&request->nest[layer], &reach))
        return false;
    cut_edges(sdse_nest_map_rows(&request->nest[layer]), tiles, &reach);
    keep(false, &reach, ends);
    return true;
}

// Tiles that are unlike; false: not known.
static bool find_ends(const struct sdse_fused_rows_request *request, uint64_t tiles,
                      struct ends *ends) {
    const size_t layers = request->layer_count;
    const uint64_t last = request->nest[layers - 1].bound[SDSE_P];
    struct reach made[SDSE_FUSED_MOST]; // of the outputs of each layer
    if (request->tile_rows > (uint64_t)most || last > (uint64_t)INT64_MAX / 2)
        return false;
    made[layers - 1] = (struct reach){.step = (int64_t)request->tile_rows,
                                      .behind = (int64_t)request->tile_rows - 1,
                                      .tail = last % request->tile_rows != 0};
    *ends = (struct ends){.tail = made[layers - 1].tail};
    for (size_t i = layers; i-- > 0;) {
        const bool keeps = i ? request->retained >> i & 1u : request->buffered;
        struct reach reach;
        if (!look_elsewhere(request, tiles, i, &made[i], ends) ||
            !find_reach(request, tiles, i, made, &reach))
            return false;
        if (reach.step)
            keep(keeps, &reach, ends);
        if (i > 0)
            made[i - 1] = reach;
    }
    // A tile finds what was kept after the one before it, and the first nest of a layer
    // is unlike the others.
    ends->head += 2;
    ends->tail += 1;
    return true;
}

// Rows that tiles which are left out move a tensor on by.
static uint64_t rows_omitted(const struct sdse_fused_rows_request *request,
                             const struct sdse_short_group *group, size_t tensor) {
    for (size_t m = tensor; m < request->layer_count; m++) {
        const struct sdse_fused_reads reads = sdse_fused_reads_of(request, m);
        if (reads.rows >> tensor & 1u)
            return group->omitted_rows[m + 1];
        if (reads.windows >> tensor & 1u)
            return group->omitted_rows[m + 1] * request->nest[m].stride[0];
    }
    return 0;
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
        group->omitted_rows[i] = rows_omitted(request, group, i);
        nest->bound[SDSE_P] -= group->omitted_rows[i + 1];
        if (nest->map[0])
            nest->map[0] -= group->omitted_rows[i + 1] * nest->stride[0];
    }
}
