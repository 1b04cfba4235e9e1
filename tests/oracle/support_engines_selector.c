// The index selector by walking every group through every pair in its published order,
// and every filter of the group through what is visited.
#include <stdlib.h>
#include <string.h>

#include "oracle/support_engines.h"

struct subject {
    const struct sdse_selector *engine;
    const struct sdse_selector_shape *shape;
    const int32_t *ce, *acts;
    uint64_t p_end;
    bool skip_weights, skip_acts;
};

static uint64_t count_positions(uint64_t extent, uint64_t pad, uint64_t taps,
                                uint64_t stride) {
    uint64_t count = 0;
    for (uint64_t at = 0; at + taps <= extent + 2 * pad; at += stride)
        count++;
    return count;
}

static bool filter_row_lives(const struct subject *s, uint64_t k, uint64_t c,
                             uint64_t r) {
    for (uint64_t i = 0; i < s->shape->row_words; i++)
        if (s->ce[((k * s->shape->channels + c) * s->shape->rows + r) *
                      s->shape->row_words +
                  i] != 0)
            return true;
    return false;
}

static int32_t act_at(const struct subject *s, uint64_t c, int64_t h, int64_t x) {
    if (h < 0 || h >= (int64_t)s->shape->height || x < 0 ||
        x >= (int64_t)s->shape->width)
        return 0;
    return s
        ->acts[(c * s->shape->height + (uint64_t)h) * s->shape->width + (uint64_t)x];
}

static bool act_row_lives(const struct subject *s, uint64_t c, int64_t h) {
    for (int64_t x = 0; x < (int64_t)s->shape->width; x++)
        if (act_at(s, c, h, x) != 0)
            return true;
    return false;
}

static uint64_t pair_cost(const struct subject *s, uint64_t c, int64_t h) {
    const struct sdse_selector *engine = s->engine;
    if (engine->cost == SDSE_SELECTOR_CONST)
        return engine->row_cycles;
    const struct sdse_operand booth = {SDSE_RECODE_BOOTH4, 8, true};
    const uint64_t q_end = count_positions(s->shape->width, engine->pad_w,
                                           engine->kernel_width, engine->stride);
    uint64_t cycles = 0, q = 0;
    while (q < q_end) {
        const uint64_t segment_end =
            q + engine->lanes < q_end ? q + engine->lanes : q_end;
        for (uint64_t tap = 0; tap < engine->kernel_width; tap++) {
            uint64_t step = 1;
            for (uint64_t at = q; at < segment_end; at++) {
                unsigned offset[64];
                const int64_t x =
                    (int64_t)(at * engine->stride + tap) - (int64_t)engine->pad_w;
                const uint64_t digits =
                    naive_digits(&booth, act_at(s, c, h, x), offset);
                if (digits > step)
                    step = digits;
            }
            cycles += step;
        }
        q = segment_end;
    }
    return cycles;
}

static bool visited(const struct subject *s, uint64_t first, uint64_t end, uint64_t c,
                    uint64_t r, int64_t h) {
    bool some = false;
    for (uint64_t k = first; k < end; k++)
        some = some || filter_row_lives(s, k, c, r);
    if (s->skip_weights && !some)
        return false;
    return !(s->skip_acts && !act_row_lives(s, c, h));
}

struct tally {
    uint64_t time, reads, slots, works;
    bool *held; // [K][C][R]
};

// Filters [first, end) of one group through the whole pass.
static void run_group(const struct subject *s, uint64_t first, uint64_t end,
                      struct tally *tally) {
    const uint64_t lines = s->engine->lines, channels = s->shape->channels;
    uint64_t *sum = calloc(lines, sizeof *sum);
    uint64_t time = 0;
    for (uint64_t p = 0; p < s->p_end; p++) {
        uint64_t dealt = 0, slowest_dealt = 0;
        for (uint64_t c0 = 0; c0 < channels; c0 += lines) {
            for (uint64_t r = 0; r < s->shape->rows; r++) {
                const int64_t h =
                    (int64_t)(p * s->engine->stride + r) - (int64_t)s->engine->pad;
                uint64_t slowest = 0;
                for (uint64_t c = c0; c < c0 + lines && c < channels; c++) {
                    if (!visited(s, first, end, c, r, h))
                        continue;
                    const uint64_t cost = pair_cost(s, c, h);
                    tally->reads++;
                    for (uint64_t k = first; k < end; k++) {
                        tally->slots++;
                        if (s->skip_weights && !filter_row_lives(s, k, c, r))
                            continue;
                        tally->works++;
                        tally->held[(k * channels + c) * s->shape->rows + r] = true;
                    }
                    sum[c % lines] += cost;
                    slowest = cost > slowest ? cost : slowest;
                    slowest_dealt = cost > slowest_dealt ? cost : slowest_dealt;
                    dealt++;
                    if (s->engine->sync == SDSE_SELECTOR_PACK && dealt == lines) {
                        time += slowest_dealt;
                        dealt = slowest_dealt = 0;
                    }
                }
                if (s->engine->sync == SDSE_SELECTOR_STEP)
                    time += slowest;
            }
        }
        if (s->engine->sync == SDSE_SELECTOR_PACK)
            time += slowest_dealt;
    }
    if (s->engine->sync == SDSE_SELECTOR_TILE)
        for (uint64_t line = 0; line < lines; line++)
            time = sum[line] > time ? sum[line] : time;
    if (time > tally->time)
        tally->time = time;
    free(sum);
}

static uint64_t run(const struct subject *s, struct tally *tally) {
    uint64_t cycles = 0;
    for (uint64_t first = 0; first < s->shape->filters; first += s->engine->slices) {
        uint64_t pass_end = first + s->engine->slices;
        if (pass_end > s->shape->filters)
            pass_end = s->shape->filters;
        tally->time = 0;
        for (uint64_t g = first; g < pass_end; g += s->engine->group)
            run_group(s, g,
                      g + s->engine->group < pass_end ? g + s->engine->group : pass_end,
                      tally);
        cycles += tally->time;
    }
    return cycles;
}

void naive_selector(const struct sdse_selector *engine,
                    const struct sdse_selector_shape *shape, const int32_t *ce,
                    const int32_t *acts, struct sdse_selector_counts *counts) {
    const uint64_t rows = shape->filters * shape->channels * shape->rows;
    struct subject s = {
        engine, shape, ce, acts, 0, engine->skip_weight_rows, engine->skip_act_rows};
    s.p_end = count_positions(shape->height, engine->pad, shape->rows, engine->stride);
    struct tally with = {.held = calloc(rows + 1, sizeof *with.held)};
    struct tally without = {.held = calloc(rows + 1, sizeof *without.held)};
    memset(counts, 0, sizeof *counts);
    counts->cycles = run(&s, &with);
    s.skip_weights = s.skip_acts = false;
    counts->cycles_no_selector = run(&s, &without);
    counts->pairs = rows * s.p_end;
    counts->slots = with.slots;
    counts->skipped_in_time = counts->pairs - with.slots;
    counts->rebuilds = with.works;
    counts->skipped_in_energy = counts->pairs - with.works;
    for (uint64_t i = 0; i < rows; i++)
        counts->rebuilds_held += with.held[i];
    counts->input_row_reads = with.reads;
    counts->input_row_reads_avoided = without.reads - with.reads;
    counts->input_words_avoided = counts->input_row_reads_avoided * shape->width;
    free(with.held);
    free(without.held);
}
