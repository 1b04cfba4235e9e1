#include "engines/gate.h"

#include "engines/arith.h"

struct window {
    uint64_t positions[2]; // P, Q
    uint32_t stride, pad;
};

const char *sdse_gate_fault(const struct sdse_gate *engine) {
    if ((unsigned)engine->condition >= SDSE_GATE_CONDITIONS)
        return "the condition must be input, weight or either";
    return engine->stride < 1 ? "the stride is at least 1" : NULL;
}

// Windows whose tap (r, col) lies on a non-zero element of the channel's map.
static uint64_t live_inputs(const struct sdse_gate_shape *shape,
                            const struct window *window, const int32_t *map, uint64_t r,
                            uint64_t col) {
    uint64_t live = 0;
    for (uint64_t p = 0; p < window->positions[0]; p++) {
        const uint64_t y = p * window->stride + r - window->pad; // wraps outside
        if (y >= shape->height)
            continue;
        for (uint64_t q = 0; q < window->positions[1]; q++) {
            const uint64_t x = q * window->stride + col - window->pad;
            live += x < shape->width && map[y * shape->width + x] != 0;
        }
    }
    return live;
}

static uint64_t live_weights(const struct sdse_gate_shape *shape,
                             const int32_t *weights, uint64_t place) {
    const uint64_t apart = shape->channels * shape->rows * shape->cols;
    uint64_t live = 0;
    for (uint64_t k = 0; k < shape->filters; k++)
        live += weights[k * apart + place] != 0;
    return live;
}

// MACs with non-zero operands: of the input, of the weight, of both.
struct live {
    uint64_t input, weight, both;
};

static struct live count_live(const struct sdse_gate_shape *shape,
                              const struct window *window, const int32_t *acts,
                              const int32_t *weights) {
    const uint64_t outputs = window->positions[0] * window->positions[1];
    struct live live = {0};
    uint64_t place = 0;
    for (uint64_t c = 0; c < shape->channels; c++) {
        const int32_t *map = acts + c * shape->height * shape->width;
        for (uint64_t r = 0; r < shape->rows; r++) {
            for (uint64_t col = 0; col < shape->cols; col++, place++) {
                const uint64_t a = live_inputs(shape, window, map, r, col);
                const uint64_t w = live_weights(shape, weights, place);
                live.input += a * shape->filters;
                live.weight += w * outputs;
                live.both += a * w;
            }
        }
    }
    return live;
}

enum sdse_status sdse_gate_count(const struct sdse_gate *engine,
                                 const struct sdse_gate_shape *shape,
                                 const int32_t *acts, const int32_t *weights,
                                 struct sdse_gate_counts *counts) {
    if (sdse_gate_fault(engine))
        return SDSE_INVALID;
    const uint64_t p =
        sdse_window_positions(shape->height, engine->pad, shape->rows, engine->stride);
    const uint64_t q =
        sdse_window_positions(shape->width, engine->pad, shape->cols, engine->stride);
    uint64_t words, macs, accesses;
    if (!SDSE_ELEMENTS(&words, shape->channels, shape->height, shape->width) ||
        !SDSE_ELEMENTS(&words, shape->filters, shape->channels, shape->rows,
                       shape->cols) ||
        !sdse_mul_u64(words, p, &macs) || !sdse_mul_u64(macs, q, &macs) ||
        !sdse_mul_u64(macs, 2, &accesses))
        return SDSE_OVERFLOW;
    const struct window window = {{p, q}, engine->stride, engine->pad};
    const struct live live = count_live(shape, &window, acts, weights);
    const bool input = engine->condition != SDSE_GATE_WEIGHT;
    const uint64_t executed = engine->condition == SDSE_GATE_INPUT    ? live.input
                              : engine->condition == SDSE_GATE_WEIGHT ? live.weight
                                                                      : live.both;
    *counts = (struct sdse_gate_counts){.macs = macs,
                                        .cycles = macs,
                                        .executed = executed,
                                        .gated = macs - executed,
                                        .weight_reads = input ? live.input : macs,
                                        .psum_accesses = 2 * executed};
    return SDSE_OK;
}
