#include "engines/expect/gate.h"

#include "engines/arith.h"

// Pairs (output position, tap) of an axis that lie inside the map.
static uint64_t inside(uint64_t positions, uint64_t taps, uint64_t extent,
                       const struct sdse_gate *engine) {
    uint64_t count = 0;
    for (uint64_t p = 0; p < positions; p++)
        for (uint64_t r = 0; r < taps; r++)
            count += p * engine->stride + r - engine->pad < extent; // wraps outside
    return count;
}

static double density(const uint64_t *nnz, uint64_t c, double all, double otherwise) {
    if (!nnz)
        return otherwise;
    return all > 0 ? (double)nnz[c] / all : 0;
}

enum sdse_status sdse_gate_expect(const struct sdse_gate *engine,
                                  const struct sdse_gate_stats *stats,
                                  struct sdse_gate_means *means) {
    const struct sdse_gate_shape *shape = &stats->shape;
    if (sdse_gate_fault(engine))
        return SDSE_INVALID;
    const uint64_t p =
        sdse_window_positions(shape->height, engine->pad, shape->rows, engine->stride);
    const uint64_t q =
        sdse_window_positions(shape->width, engine->pad, shape->cols, engine->stride);
    // Of one channel: MACs, those of them with an input inside the map.
    const double macs = (double)shape->filters * (double)shape->rows *
                        (double)shape->cols * (double)p * (double)q;
    const double inner = (double)shape->filters *
                         (double)inside(p, shape->rows, shape->height, engine) *
                         (double)inside(q, shape->cols, shape->width, engine);
    const double map = (double)shape->height * (double)shape->width;
    const double kernel =
        (double)shape->filters * (double)shape->rows * (double)shape->cols;
    const bool input = engine->condition != SDSE_GATE_WEIGHT;
    struct sdse_gate_means sum = {0};
    for (uint64_t c = 0; c < shape->channels; c++) {
        const double a = density(stats->act_nnz, c, map, stats->act_density);
        const double w = density(stats->weight_nnz, c, kernel, stats->weight_density);
        if (!(a >= 0 && a <= 1 && w >= 0 && w <= 1))
            return SDSE_INVALID;
        sum.macs += macs;
        sum.executed += engine->condition == SDSE_GATE_INPUT    ? inner * a
                        : engine->condition == SDSE_GATE_WEIGHT ? macs * w
                                                                : inner * a * w;
        sum.weight_reads += input ? inner * a : macs;
    }
    sum.cycles = sum.macs;
    sum.gated = sum.macs - sum.executed;
    sum.psum_accesses = 2 * sum.executed;
    *means = sum;
    return SDSE_OK;
}
