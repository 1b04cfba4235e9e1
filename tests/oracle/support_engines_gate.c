// Zero gating by visiting every MAC of the convolution.
#include <string.h>

#include "oracle/support_engines.h"

static uint64_t positions(uint64_t extent, uint64_t pad, uint64_t taps,
                          uint64_t stride) {
    uint64_t count = 0;
    for (uint64_t first = 0; first + taps <= extent + 2 * pad; first += stride)
        count++;
    return count;
}

static int32_t input_at(const struct sdse_gate_shape *shape, const int32_t *acts,
                        uint64_t c, int64_t y, int64_t x) {
    if (y < 0 || x < 0 || y >= (int64_t)shape->height || x >= (int64_t)shape->width)
        return 0;
    return acts[(c * shape->height + (uint64_t)y) * shape->width + (uint64_t)x];
}

static void visit(const struct sdse_gate *engine, int32_t input, int32_t weight,
                  struct sdse_gate_counts *counts) {
    const bool looks_at_input =
        engine->condition == SDSE_GATE_INPUT || engine->condition == SDSE_GATE_EITHER;
    const bool looks_at_weight =
        engine->condition == SDSE_GATE_WEIGHT || engine->condition == SDSE_GATE_EITHER;
    counts->macs++;
    counts->cycles++;
    if (!(looks_at_input && input == 0))
        counts->weight_reads++;
    if ((looks_at_input && input == 0) || (looks_at_weight && weight == 0)) {
        counts->gated++;
        return;
    }
    counts->executed++;
    counts->psum_accesses += 2;
}

void naive_gate(const struct sdse_gate *engine, const struct sdse_gate_shape *shape,
                const int32_t *acts, const int32_t *weights,
                struct sdse_gate_counts *counts) {
    const uint64_t p_end =
        positions(shape->height, engine->pad, shape->rows, engine->stride);
    const uint64_t q_end =
        positions(shape->width, engine->pad, shape->cols, engine->stride);
    memset(counts, 0, sizeof *counts);
    for (uint64_t p = 0; p < p_end; p++)
        for (uint64_t q = 0; q < q_end; q++) {
            const int32_t *weight = weights;
            for (uint64_t k = 0; k < shape->filters; k++)
                for (uint64_t c = 0; c < shape->channels; c++)
                    for (uint64_t r = 0; r < shape->rows; r++)
                        for (uint64_t s = 0; s < shape->cols; s++) {
                            const int64_t y = (int64_t)(p * engine->stride + r) -
                                              (int64_t)engine->pad;
                            const int64_t x = (int64_t)(q * engine->stride + s) -
                                              (int64_t)engine->pad;
                            visit(engine, input_at(shape, acts, c, y, x), *weight++,
                                  counts);
                        }
        }
}
