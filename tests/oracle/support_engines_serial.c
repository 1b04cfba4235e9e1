// Bit-serial columns, cycle by cycle: every column has a step it works on, the digits
// its lanes still have to retire, and may only begin a step when all others are far
// enough.
#include <stdlib.h>
#include <string.h>

#include "oracle/support_engines.h"

static unsigned booth_digits(const struct sdse_operand *operand, int32_t value,
                             unsigned offset[64]) {
    const unsigned digits =
        operand->is_signed ? (operand->bits + 1) / 2 : operand->bits / 2 + 1;
    int bit[80] = {0};
    for (unsigned b = 0; b < 70; b++) {
        // Beyond the operand's bits: the sign, or nothing.
        const unsigned from = b < operand->bits ? b : operand->bits - 1;
        bit[b + 1] = (int)((uint32_t)value >> from & 1);
        if (!operand->is_signed && b >= operand->bits)
            bit[b + 1] = 0;
    }
    unsigned found = 0;
    for (unsigned i = 0; i < digits; i++) {
        const int below = bit[2 * i], here = bit[2 * i + 1], above = bit[2 * i + 2];
        const int digit = below + here - 2 * above;
        if (digit == 1 || digit == -1)
            offset[found++] = 2 * i;
        else if (digit != 0)
            offset[found++] = 2 * i + 1;
    }
    return found;
}

unsigned naive_digits(const struct sdse_operand *operand, int32_t value,
                      unsigned offset[64]) {
    unsigned found = 0;
    int64_t left = value < 0 ? -(int64_t)value : value;
    if (operand->recoding == SDSE_RECODE_BOOTH4)
        return booth_digits(operand, value, offset);
    for (unsigned place = 0; left != 0; place++) {
        if (left % 2 != 0) {
            offset[found++] = place;
            // A run of ones ...11 becomes a subtraction here and a carry.
            if (operand->recoding == SDSE_RECODE_CSD && left % 4 == 3)
                left += 1;
            else
                left -= 1;
        }
        left /= 2;
    }
    return found;
}

struct lane {
    unsigned offset[64], count, next;
};

struct column {
    uint64_t finished; // steps done
    bool working;
    struct lane *lane;
    uint64_t lanes_with_values;
};

static void load(const struct sdse_serial *engine, const int32_t *values,
                 uint64_t count, uint64_t x, struct column *column) {
    column->lanes_with_values = 0;
    for (uint64_t lane = 0; lane < engine->lanes; lane++) {
        const uint64_t i =
            (column->finished * engine->columns + x) * engine->lanes + lane;
        column->lane[lane].count = 0;
        column->lane[lane].next = 0;
        if (i >= count)
            continue;
        column->lanes_with_values++;
        column->lane[lane].count =
            naive_digits(&engine->operand, values[i], column->lane[lane].offset);
    }
}

static bool column_done(const struct sdse_serial *engine, const struct column *column) {
    for (uint64_t lane = 0; lane < engine->lanes; lane++)
        if (column->lane[lane].next < column->lane[lane].count)
            return false;
    return true;
}

static uint64_t retire(const struct sdse_serial *engine, struct column *column) {
    uint64_t lowest = 1000, retired = 0;
    for (uint64_t l = 0; l < engine->lanes; l++) {
        const struct lane *lane = &column->lane[l];
        if (lane->next < lane->count && lane->offset[lane->next] < lowest)
            lowest = lane->offset[lane->next];
    }
    uint64_t reach = 1000;
    if (engine->first_stage_bits < 10)
        reach = (UINT64_C(1) << engine->first_stage_bits) - 1;
    for (uint64_t l = 0; l < engine->lanes; l++) {
        struct lane *lane = &column->lane[l];
        if (lane->next < lane->count && lane->offset[lane->next] <= lowest + reach) {
            lane->next++;
            retired++;
        }
    }
    return retired;
}

static bool may_begin(const struct sdse_serial *engine, const struct column *columns,
                      uint64_t step) {
    for (uint64_t x = 0; x < engine->columns; x++)
        if (engine->registers != SDSE_UNLIMITED &&
            columns[x].finished + engine->registers < step)
            return false;
    return true;
}

static bool stream_done(const struct sdse_serial *engine, const struct column *columns,
                        uint64_t steps) {
    for (uint64_t x = 0; x < engine->columns; x++)
        if (columns[x].finished < steps)
            return false;
    return true;
}

// Starts whatever may start now; steps that take no cycles end at once.
static void start_columns(const struct sdse_serial *engine, const int32_t *values,
                          uint64_t count, uint64_t steps, struct column *columns) {
    for (bool again = true; again;) {
        again = false;
        for (uint64_t x = 0; x < engine->columns; x++) {
            struct column *column = &columns[x];
            if (column->working || column->finished == steps ||
                !may_begin(engine, columns, column->finished))
                continue;
            load(engine, values, count, x, column);
            column->working = column->lanes_with_values > 0;
            if (!column->working)
                column->finished++;
            again = true;
        }
    }
}

static void stream(const struct sdse_serial *engine, const int32_t *values,
                   uint64_t count, struct sdse_serial_counts *counts) {
    const uint64_t wide = (uint64_t)engine->lanes * engine->columns;
    const uint64_t steps = (count + wide - 1) / wide;
    struct column *columns = calloc(engine->columns, sizeof *columns);
    struct lane *lanes = calloc(wide, sizeof *lanes);
    for (uint64_t x = 0; x < engine->columns; x++)
        columns[x].lane = lanes + x * engine->lanes;
    for (;;) {
        start_columns(engine, values, count, steps, columns);
        if (stream_done(engine, columns, steps))
            break;
        counts->cycles++;
        for (uint64_t x = 0; x < engine->columns; x++) {
            if (!columns[x].working)
                continue;
            counts->busy_column_cycles++;
            counts->digits += retire(engine, &columns[x]);
        }
        for (uint64_t x = 0; x < engine->columns; x++) {
            if (columns[x].working && column_done(engine, &columns[x])) {
                columns[x].working = false;
                columns[x].finished++;
            }
        }
    }
    free(lanes);
    free(columns);
}

void naive_serial(const struct sdse_serial *engine, const int32_t *values,
                  uint64_t count, struct sdse_serial_counts *counts) {
    const uint64_t wide = (uint64_t)engine->lanes * engine->columns;
    const uint64_t piece =
        engine->barrier_steps > 0 ? engine->barrier_steps * wide : count;
    memset(counts, 0, sizeof *counts);
    for (uint64_t first = 0; first < count; first += piece)
        stream(engine, values + first, count - first < piece ? count - first : piece,
               counts);
    for (uint64_t i = 0; i < count; i++)
        counts->zero_values += values[i] == 0;
    counts->idle_lane_cycles = counts->cycles * wide - counts->digits;
}
