// One file: an element's machine is its lists of activations and weights, its banks and
// the walk over them.
#include "engines/cartesian.h"

#include <stdlib.h>
#include <string.h>

#include "engines/arith.h"
#include "engines/cartesian_place.h"

const char *sdse_cartesian_fault(const struct sdse_cartesian *engine) {
    if (engine->stride < 1)
        return "the stride is at least 1";
    if (engine->grid[0] < 1 || engine->grid[1] < 1)
        return "the grid has at least one element on both axes";
    if (engine->weight_vector < 1 || engine->act_vector < 1)
        return "F and I are at least 1";
    if (engine->banks < 1)
        return "there is at least one bank";
    if ((unsigned)engine->barrier >= SDSE_CARTESIAN_BARRIERS)
        return "the barrier must be group or channel";
    if ((unsigned)engine->halo >= SDSE_CARTESIAN_HALOS)
        return "the halo must be none, max or sum";
    return NULL;
}

// An operand that is not zero: where it points to in units of outputs (its position,
// or its tap, div stride), and its share of the accumulator's address.
struct operand {
    uint64_t row, col;
    int64_t address;
    uint32_t bank; // address mod banks, 0 .. banks - 1
};

// Of an element from barrier to barrier: all of it, and what banks do not add to.
struct element_time {
    uint64_t all, steps;
};

struct machine {
    const struct sdse_cartesian *engine;
    const struct sdse_cartesian_shape *shape;
    struct sdse_cartesian_place place;
    uint64_t first, filters;      // of the group at hand
    uint64_t phases;              // stride^2
    struct operand *weight;       // of the group, by channel and phase
    uint64_t *weight_start;       // [C * phases + 1]
    struct operand *act;          // of an element's channel and phase
    uint32_t *arrive;             // [banks] products of the step
    uint32_t *busy_bank;          // [banks] those with products
    uint64_t *empty_at;           // [banks] when the queue will have drained
    uint8_t *touched;             // [Kc][eh][ew]
    struct element_time *channel; // [C] slowest element
    uint64_t now;                 // of the element, since it last drained
    uint64_t steps;               // of those, steps
    struct sdse_cartesian_counts counts;
};

static uint32_t bank_of(const struct machine *m, int64_t address) {
    const int64_t banks = m->engine->banks, rest = address % banks;
    return (uint32_t)(rest < 0 ? rest + banks : rest);
}

// --- Lists of non-zeros --------------------------------------------------------------

static uint64_t list_channel_weights(struct machine *m, const int32_t *weights,
                                     uint64_t c, uint64_t fy, uint64_t fx,
                                     uint64_t count) {
    const struct sdse_cartesian_shape *shape = m->shape;
    const uint64_t s = m->engine->stride;
    const uint64_t region = m->place.region[0] * m->place.region[1];
    for (uint64_t k = 0; k < m->filters; k++) {
        const int32_t *filter = weights + ((m->first + k) * shape->channels + c) *
                                              shape->rows * shape->cols;
        for (uint64_t r = fy; r < shape->rows; r += s) {
            for (uint64_t col = fx; col < shape->cols; col += s) {
                if (filter[r * shape->cols + col] == 0)
                    continue;
                struct operand *w = &m->weight[count++];
                w->row = r / s;
                w->col = col / s;
                w->address = (int64_t)(k * region) -
                             (int64_t)(w->row * m->place.region[1] + w->col);
                w->bank = bank_of(m, w->address);
            }
        }
    }
    return count;
}

static void list_weights(struct machine *m, const int32_t *weights) {
    uint64_t count = 0, list = 0;
    for (uint64_t c = 0; c < m->shape->channels; c++) {
        for (uint64_t phase = 0; phase < m->phases; phase++) {
            m->weight_start[list++] = count;
            count = list_channel_weights(m, weights, c, phase / m->engine->stride,
                                         phase % m->engine->stride, count);
        }
    }
    m->weight_start[list] = count;
}

// Activations of element (i, j)'s tile in a channel's phase; returns how many.
static uint64_t list_acts(struct machine *m, const int32_t *map, uint64_t i, uint64_t j,
                          uint64_t fy, uint64_t fx) {
    const uint64_t s = m->engine->stride, pad = m->engine->pad;
    const struct sdse_interval ys = sdse_cartesian_tile(&m->place, 0, i);
    const struct sdse_interval xs = sdse_cartesian_tile(&m->place, 1, j);
    const int64_t p0 = (int64_t)sdse_cartesian_origin(&m->place, 0, i);
    const int64_t q0 = (int64_t)sdse_cartesian_origin(&m->place, 1, j);
    uint64_t count = 0;
    for (uint64_t y = ys.first; y < ys.end; y++) {
        if ((y + pad) % s != fy)
            continue;
        for (uint64_t x = xs.first; x < xs.end; x++) {
            if ((x + pad) % s != fx || map[y * m->shape->width + x] == 0)
                continue;
            struct operand *a = &m->act[count++];
            a->row = (y + pad) / s;
            a->col = (x + pad) / s;
            a->address = ((int64_t)a->row - p0) * (int64_t)m->place.region[1] +
                         (int64_t)a->col - q0;
            a->bank = bank_of(m, a->address);
        }
    }
    return count;
}

// --- Steps and banks -----------------------------------------------------------------

// Time of a step whose products per bank are in `arrive`; clears them.
//
// A bank that holds l after the first cycle's drain and is sent w more takes q - l of
// them at once and one in every cycle after, for each of which it drains one: the step
// lasts 1 + max(0, l + w - q) cycles, and the queue is empty l + w cycles after the
// first. (The oracle executes the cycles.)
static uint64_t step_time(struct machine *m, uint32_t busy) {
    const uint64_t queue = m->engine->queue;
    uint64_t extra = 0;
    for (uint32_t i = 0; i < busy; i++) {
        const uint32_t bank = m->busy_bank[i];
        const uint64_t sent = m->arrive[bank];
        m->arrive[bank] = 0;
        if (queue == 0) {
            extra = sdse_most_u64(extra, sent - 1);
            continue;
        }
        const uint64_t start = m->now + 1;
        const uint64_t empty = sdse_most_u64(m->empty_at[bank], start) + sent;
        m->empty_at[bank] = empty;
        if (queue != SDSE_UNLIMITED && empty - start > queue)
            extra = sdse_most_u64(extra, empty - start - queue);
    }
    return 1 + extra;
}

// All activations [acts] against all weights [weights], one step.
static void run_step(struct machine *m, const struct operand *act, uint64_t acts,
                     const struct operand *weight, uint64_t weights) {
    const uint32_t banks = m->engine->banks;
    uint32_t busy = 0;
    for (uint64_t a = 0; a < acts; a++) {
        for (uint64_t w = 0; w < weights; w++) {
            // Before the first output wraps, and is beyond the last as well.
            if (act[a].row - weight[w].row >= m->place.outputs[0] ||
                act[a].col - weight[w].col >= m->place.outputs[1])
                continue;
            const uint64_t sum = (uint64_t)act[a].bank + weight[w].bank;
            const uint32_t bank = (uint32_t)(sum >= banks ? sum - banks : sum);
            if (m->arrive[bank]++ == 0)
                m->busy_bank[busy++] = bank;
            m->touched[act[a].address + weight[w].address] = 1;
            m->counts.valid++;
        }
    }
    const uint64_t time = step_time(m, busy);
    m->now += time;
    m->steps++;
    m->counts.steps++;
    m->counts.products += acts * weights;
    m->counts.bank_stall_cycles += time - 1;
    m->counts.weight_reads += m->engine->weight_vector;
}

static void run_phase(struct machine *m, uint64_t acts, const struct operand *weight,
                      uint64_t weights) {
    const uint64_t i = m->engine->act_vector, f = m->engine->weight_vector;
    m->counts.act_reads += sdse_ceil_div_u64(acts, i) * i;
    for (uint64_t a = 0; a < acts; a += i)
        for (uint64_t w = 0; w < weights; w += f)
            run_step(m, m->act + a, sdse_least_u64(i, acts - a), weight + w,
                     sdse_least_u64(f, weights - w));
}

// Drains the queues. Returns the element's time since it last did.
static struct element_time drain(struct machine *m) {
    uint64_t longest = 0;
    for (uint32_t b = 0; b < m->engine->banks; b++) {
        if (m->empty_at[b] > m->now)
            longest = sdse_most_u64(longest, m->empty_at[b] - m->now);
        m->empty_at[b] = 0;
    }
    const struct element_time time = {m->now + longest, m->steps};
    m->counts.drain_cycles += longest;
    m->now = m->steps = 0;
    return time;
}

// --- Elements and groups -------------------------------------------------------------

// Sums of other owners that element (i, j) touched; forgets what it touched.
static uint64_t touched_halo(struct machine *m, uint64_t i, uint64_t j) {
    const struct sdse_cartesian_place *place = &m->place;
    const struct sdse_interval rows = sdse_cartesian_reached(place, 0, i);
    const struct sdse_interval cols = sdse_cartesian_reached(place, 1, j);
    const uint64_t p0 = sdse_cartesian_origin(place, 0, i);
    const uint64_t q0 = sdse_cartesian_origin(place, 1, j);
    uint64_t touched = 0;
    for (uint64_t k = 0; k < m->filters; k++) {
        for (uint64_t p = rows.first; p < rows.end; p++) {
            for (uint64_t q = cols.first; q < cols.end; q++) {
                const uint64_t at =
                    (k * place->region[0] + p - p0) * place->region[1] + q - q0;
                const bool own = p / place->owned[0] == i && q / place->owned[1] == j;
                touched += m->touched[at] && !own;
                m->touched[at] = 0;
            }
        }
    }
    return touched;
}

static void keep_slowest(struct element_time *slowest, struct element_time time) {
    slowest->all = sdse_most_u64(slowest->all, time.all);
    slowest->steps = sdse_most_u64(slowest->steps, time.steps);
}

// Element (i, j) works on the group. Returns its time, for CHANNEL over all of them,
// and notes the slowest in each channel.
static struct element_time run_element(struct machine *m, const int32_t *acts,
                                       uint64_t i, uint64_t j) {
    const uint64_t s = m->engine->stride;
    uint64_t total = 0;
    for (uint64_t c = 0; c < m->shape->channels; c++) {
        const int32_t *map = acts + c * m->shape->height * m->shape->width;
        for (uint64_t phase = 0; phase < m->phases; phase++) {
            const uint64_t *start = &m->weight_start[c * m->phases + phase];
            const uint64_t count = list_acts(m, map, i, j, phase / s, phase % s);
            run_phase(m, count, m->weight + start[0], start[1] - start[0]);
        }
        if (m->engine->barrier == SDSE_CARTESIAN_CHANNEL) {
            const struct element_time time = drain(m);
            keep_slowest(&m->channel[c], time);
            total += time.all;
        }
    }
    const struct element_time last = drain(m);
    return (struct element_time){total + last.all, last.steps};
}

// All elements on the group at hand. Returns their times added up.
static uint64_t run_group(struct machine *m, const int32_t *acts) {
    struct element_time slowest = {0};
    uint64_t halo_longest = 0, total = 0;
    for (uint64_t c = 0; c < m->shape->channels; c++)
        m->channel[c] = (struct element_time){0};
    for (uint64_t i = 0; i < m->engine->grid[0]; i++) {
        for (uint64_t j = 0; j < m->engine->grid[1]; j++) {
            const struct sdse_cartesian_halo_words halo =
                sdse_cartesian_halo(&m->place, i, j);
            const struct element_time time = run_element(m, acts, i, j);
            keep_slowest(&slowest, time);
            total += time.all;
            m->counts.halo_words += halo.sum * m->filters;
            m->counts.halo_touched += touched_halo(m, i, j);
            if (m->engine->halo == SDSE_CARTESIAN_HALO_MAX)
                halo_longest = sdse_most_u64(halo_longest, halo.most * m->filters);
            if (m->engine->halo == SDSE_CARTESIAN_HALO_SUM)
                halo_longest = sdse_most_u64(halo_longest, halo.sum * m->filters);
        }
    }
    if (m->engine->barrier == SDSE_CARTESIAN_CHANNEL) {
        slowest = (struct element_time){0};
        for (uint64_t c = 0; c < m->shape->channels; c++) {
            slowest.all += m->channel[c].all;
            slowest.steps += m->channel[c].steps;
        }
    }
    m->counts.cycles += slowest.all + halo_longest;
    m->counts.cycles_no_banks += slowest.steps + halo_longest;
    m->counts.halo_cycles += halo_longest;
    return total;
}

static void run_layer(struct machine *m, const int32_t *acts, const int32_t *weights) {
    struct sdse_cartesian_counts *counts = &m->counts;
    uint64_t total = 0;
    for (m->first = 0; m->first < m->shape->filters; m->first += m->place.group) {
        m->filters = sdse_least_u64(m->place.group, m->shape->filters - m->first);
        list_weights(m, weights);
        total += run_group(m, acts);
    }
    counts->Kc = m->place.group;
    counts->invalid = counts->products - counts->valid;
    counts->idle_fragment =
        counts->steps * m->engine->weight_vector * m->engine->act_vector -
        counts->products;
    counts->idle_barrier = (counts->cycles - counts->halo_cycles) * m->engine->grid[0] *
                               m->engine->grid[1] -
                           total;
}

static bool make(struct machine *m) {
    const struct sdse_cartesian_shape *shape = m->shape;
    const uint64_t banks = m->engine->banks;
    uint64_t lists, weights, region;
    if (!SDSE_ELEMENTS(&lists, shape->channels, m->phases) ||
        !SDSE_ELEMENTS(&weights, m->place.group, shape->channels, shape->rows,
                       shape->cols) ||
        !SDSE_ELEMENTS(&region, m->place.group, m->place.region[0], m->place.region[1]))
        return false;
    m->weight = calloc(weights + 1, sizeof *m->weight);
    m->weight_start = calloc(lists + 1, sizeof *m->weight_start);
    m->act = calloc(m->place.tile[0] * m->place.tile[1] + 1, sizeof *m->act);
    m->arrive = calloc(banks, sizeof *m->arrive);
    m->busy_bank = calloc(banks, sizeof *m->busy_bank);
    m->empty_at = calloc(banks, sizeof *m->empty_at);
    m->touched = calloc(region + 1, 1);
    m->channel = calloc(shape->channels + 1, sizeof *m->channel);
    return m->weight && m->weight_start && m->act && m->arrive && m->busy_bank &&
           m->empty_at && m->touched && m->channel;
}

enum sdse_status sdse_cartesian_count(const struct sdse_cartesian *engine,
                                      const struct sdse_cartesian_shape *shape,
                                      const int32_t *acts, const int32_t *weights,
                                      struct sdse_cartesian_counts *counts) {
    struct machine m = {.engine = engine, .shape = shape};
    if (sdse_cartesian_fault(engine))
        return SDSE_INVALID;
    if (!sdse_cartesian_locate(engine, shape, &m.place))
        return SDSE_OVERFLOW;
    m.phases = (uint64_t)engine->stride * engine->stride;
    const bool made = make(&m);
    if (made) {
        run_layer(&m, acts, weights);
        *counts = m.counts;
    }
    free(m.weight);
    free(m.weight_start);
    free(m.act);
    free(m.arrive);
    free(m.busy_bank);
    free(m.empty_at);
    free(m.touched);
    free(m.channel);
    return made ? SDSE_OK : SDSE_NO_MEMORY;
}
