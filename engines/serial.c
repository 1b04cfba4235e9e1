#include "engines/serial.h"

#include <stdlib.h>

#include "engines/arith.h"

struct stream {
    const struct sdse_serial *engine;
    uint64_t *pending;  // [lanes] offsets still to do, of the column at work
    uint64_t *finished; // [columns] when the column finished its last step
    uint64_t *all;      // [window] ring: when all columns had finished a step
    uint64_t window;    // registers + 1, or 0 when columns are free
    struct sdse_serial_counts counts;
};

const char *sdse_serial_fault(const struct sdse_serial *engine) {
    if (engine->lanes < 1 || engine->columns < 1)
        return "a bit-serial engine has at least one lane and one column";
    return sdse_operand_fault(&engine->operand);
}

// Cycles until the first `lanes` pending sets are empty: in each, the lowest offset of
// all decides which lanes retire their own lowest.
static uint64_t retire_within(uint64_t *pending, uint32_t lanes, uint32_t reach) {
    uint64_t cycles = 0;
    for (; lanes > 0; cycles++) {
        uint32_t lowest = 64, left = 0;
        for (uint32_t i = 0; i < lanes; i++) {
            const uint32_t next = (uint32_t)__builtin_ctzll(pending[i]);
            lowest = next < lowest ? next : lowest;
        }
        for (uint32_t i = 0; i < lanes; i++) {
            uint64_t rest = pending[i];
            if ((uint32_t)__builtin_ctzll(rest) <= lowest + reach)
                rest &= rest - 1;
            if (rest)
                pending[left++] = rest;
        }
        lanes = left;
    }
    return cycles;
}

// Duration of one column in one step; its `count` values are at most a lane's each.
static uint64_t column_cycles(struct stream *s, const int32_t *values, uint64_t count) {
    const uint32_t bits = s->engine->first_stage_bits;
    uint64_t longest = 0;
    uint32_t live = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t offsets = sdse_digit_offsets(&s->engine->operand, values[i]);
        const uint64_t digits = (uint64_t)__builtin_popcountll(offsets);
        s->counts.digits += digits;
        s->counts.zero_values += offsets == 0;
        longest = sdse_most_u64(longest, digits);
        if (offsets)
            s->pending[live++] = offsets;
    }
    // 2^6 offsets are all there are: such a first stage never holds a lane back.
    if (bits < 6)
        longest = retire_within(s->pending, live, (UINT32_C(1) << bits) - 1);
    return count > 0 ? sdse_most_u64(longest, 1) : 0;
}

// One step of all columns, `step` counted from the last barrier. Returns when all of
// them have finished it.
static uint64_t run_step(struct stream *s, uint64_t step, const int32_t *values,
                         uint64_t count) {
    const uint64_t lanes = s->engine->lanes;
    const uint64_t gate = s->window && step >= s->window ? s->all[step % s->window] : 0;
    uint64_t last = 0;
    for (uint32_t x = 0; x < s->engine->columns; x++) {
        const uint64_t first = sdse_least_u64(x * lanes, count);
        const uint64_t here = sdse_least_u64(lanes, count - first);
        const uint64_t duration = column_cycles(s, values + first, here);
        s->counts.busy_column_cycles += duration;
        s->finished[x] = sdse_most_u64(s->finished[x], gate) + duration;
        last = sdse_most_u64(last, s->finished[x]);
    }
    if (s->window)
        s->all[step % s->window] = last;
    return last;
}

static void run_stream(struct stream *s, const int32_t *values, uint64_t count) {
    const uint64_t wide = (uint64_t)s->engine->lanes * s->engine->columns;
    uint64_t step = 0, last = 0;
    for (uint64_t done = 0; done < count;) {
        const uint64_t here = sdse_least_u64(wide, count - done);
        last = run_step(s, step++, values + done, here);
        done += here;
        if (step == s->engine->barrier_steps || done == count) {
            s->counts.cycles += last;
            step = 0;
            for (uint32_t x = 0; x < s->engine->columns; x++)
                s->finished[x] = 0;
        }
    }
}

enum sdse_status sdse_serial_count(const struct sdse_serial *engine,
                                   const int32_t *values, uint64_t count,
                                   struct sdse_serial_counts *counts) {
    if (sdse_serial_fault(engine))
        return SDSE_INVALID;
    for (uint64_t i = 0; i < count; i++)
        if (!sdse_operand_holds(&engine->operand, values[i]))
            return SDSE_INVALID;
    const uint64_t wide = (uint64_t)engine->lanes * engine->columns;
    const uint64_t steps = sdse_ceil_div_u64(count, wide);
    struct stream s = {.engine = engine};
    // No window is ever looked back further than the stream is long.
    if (engine->registers != SDSE_UNLIMITED && engine->registers < steps)
        s.window = (uint64_t)engine->registers + 1;
    s.pending = calloc(sdse_least_u64(engine->lanes, count) + 1, sizeof *s.pending);
    s.finished = calloc(engine->columns, sizeof *s.finished);
    s.all = calloc(s.window + 1, sizeof *s.all);
    enum sdse_status status = SDSE_NO_MEMORY;
    if (s.pending && s.finished && s.all) {
        run_stream(&s, values, count);
        uint64_t lane_cycles;
        status = SDSE_OVERFLOW;
        if (sdse_mul_u64(s.counts.cycles, wide, &lane_cycles)) {
            s.counts.idle_lane_cycles = lane_cycles - s.counts.digits;
            *counts = s.counts;
            status = SDSE_OK;
        }
    }
    free(s.pending);
    free(s.finished);
    free(s.all);
    return status;
}
