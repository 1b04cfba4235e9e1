#include "engines/cartesian_place.h"

#include "engines/arith.h"

bool sdse_cartesian_locate(const struct sdse_cartesian *engine,
                           const struct sdse_cartesian_shape *shape,
                           struct sdse_cartesian_place *place) {
    *place = (struct sdse_cartesian_place){
        .extent = {shape->height, shape->width},
        .taps = {shape->rows, shape->cols},
        .stride = engine->stride,
        .pad = engine->pad,
    };
    uint64_t acts, weights, slots;
    // Each weight meets each activation at most once, in a step of at most F * I slots.
    if (!SDSE_ELEMENTS(&acts, shape->channels, shape->height, shape->width) ||
        !SDSE_ELEMENTS(&weights, shape->filters, shape->channels, shape->rows,
                       shape->cols) ||
        !sdse_mul_u64(acts, weights / (shape->channels ? shape->channels : 1),
                      &slots) ||
        !sdse_mul_u64(slots, (uint64_t)engine->weight_vector * engine->act_vector,
                      &slots) ||
        !sdse_mul_u64(slots, (uint64_t)engine->grid[0] * engine->grid[1], &slots))
        return false;
    for (unsigned a = 0; a < 2; a++) {
        place->outputs[a] = sdse_window_positions(place->extent[a], engine->pad,
                                                  place->taps[a], engine->stride);
        place->tile[a] = sdse_ceil_div_u64(place->extent[a], engine->grid[a]);
        place->owned[a] = sdse_ceil_div_u64(place->outputs[a], engine->grid[a]);
        const uint64_t reach = place->tile[a] + place->taps[a];
        place->region[a] = sdse_ceil_div_u64(reach > 0 ? reach - 1 : 0, engine->stride);
    }
    const uint64_t region = place->region[0] * place->region[1];
    const uint64_t fit = region > 0 ? engine->acc_entries / region : shape->filters;
    place->group = sdse_least_u64(sdse_most_u64(fit, 1), shape->filters);
    uint64_t halo;
    return sdse_mul_u64(place->outputs[0], place->outputs[1], &halo) &&
           sdse_mul_u64(halo, shape->filters, &halo) &&
           sdse_mul_u64(halo, (uint64_t)engine->grid[0] * engine->grid[1], &halo);
}

struct sdse_interval sdse_cartesian_tile(const struct sdse_cartesian_place *place,
                                         unsigned axis, uint64_t i) {
    const uint64_t first = sdse_least_u64(i * place->tile[axis], place->extent[axis]);
    return (struct sdse_interval){
        first, sdse_least_u64(first + place->tile[axis], place->extent[axis])};
}

// Outputs of a window whose first tap is not beyond input position `last`, while its
// last tap is not before `first`.
struct sdse_interval sdse_cartesian_reached(const struct sdse_cartesian_place *place,
                                            unsigned axis, uint64_t i) {
    const struct sdse_interval tile = sdse_cartesian_tile(place, axis, i);
    const uint64_t outputs = place->outputs[axis];
    if (tile.first == tile.end || place->taps[axis] == 0)
        return (struct sdse_interval){0, 0};
    const uint64_t first =
        sdse_least_u64(sdse_cartesian_origin(place, axis, i), outputs);
    const uint64_t end = (tile.end - 1 + place->pad) / place->stride + 1;
    return (struct sdse_interval){first,
                                  sdse_most_u64(first, sdse_least_u64(end, outputs))};
}

uint64_t sdse_cartesian_origin(const struct sdse_cartesian_place *place, unsigned axis,
                               uint64_t i) {
    const uint64_t first = i * place->tile[axis] + place->pad + 1;
    return first <= place->taps[axis]
               ? 0
               : sdse_ceil_div_u64(first - place->taps[axis], place->stride);
}

static uint64_t common(struct sdse_interval a, uint64_t first, uint64_t end) {
    const uint64_t from = sdse_most_u64(a.first, first),
                   to = sdse_least_u64(a.end, end);
    return from < to ? to - from : 0;
}

// Outputs of [reached] that lie with owner `o` along an axis.
static uint64_t with_owner(const struct sdse_cartesian_place *place, unsigned axis,
                           struct sdse_interval reached, uint64_t o) {
    return common(reached, o * place->owned[axis], (o + 1) * place->owned[axis]);
}

struct sdse_cartesian_halo_words
sdse_cartesian_halo(const struct sdse_cartesian_place *place, uint64_t i, uint64_t j) {
    const struct sdse_interval rows = sdse_cartesian_reached(place, 0, i);
    const struct sdse_interval cols = sdse_cartesian_reached(place, 1, j);
    struct sdse_cartesian_halo_words halo = {0};
    if (rows.first == rows.end || cols.first == cols.end)
        return halo;
    for (uint64_t oi = rows.first / place->owned[0];
         oi <= (rows.end - 1) / place->owned[0]; oi++) {
        for (uint64_t oj = cols.first / place->owned[1];
             oj <= (cols.end - 1) / place->owned[1]; oj++) {
            if (oi == i && oj == j)
                continue;
            const uint64_t words =
                with_owner(place, 0, rows, oi) * with_owner(place, 1, cols, oj);
            halo.sum += words;
            halo.most = sdse_most_u64(halo.most, words);
        }
    }
    return halo;
}
