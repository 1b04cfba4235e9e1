// The Cartesian product, cycle by cycle: every element with its queues, every product
// on its way into one, every sum that another element owns.
#include <stdlib.h>
#include <string.h>

#include "oracle/support_engines.h"

struct nonzero {
    int64_t k, y, x; // activation: y, x; weight: k, row, column
};

struct layer {
    const struct sdse_cartesian *engine;
    const struct sdse_cartesian_shape *shape;
    const int32_t *acts, *weights;
    int64_t P, Q, th, tw, own_p, own_q, eh, ew, Kc;
    int64_t k0, k_end; // the group
    struct sdse_cartesian_counts *counts;
};

struct element {
    int64_t i, j, y0, y1, x0, x1, p0, q0;
    uint64_t *queue; // [banks]
    uint64_t time;   // since the last barrier
    uint64_t steps;  // the same, if banks took nothing
    bool *touched;   // [K][P][Q]
};

static int64_t up(int64_t a, int64_t b) { // b > 0
    int64_t q = a / b;
    while (q * b < a)
        q++;
    while ((q - 1) * b >= a)
        q--;
    return q;
}

static int64_t lesser(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t outputs(uint64_t extent, uint64_t pad, uint64_t taps, uint64_t stride) {
    int64_t count = 0;
    for (uint64_t at = 0; at + taps <= extent + 2 * pad; at += stride)
        count++;
    return count;
}

static void place_element(const struct layer *l, int64_t i, int64_t j,
                          struct element *e) {
    const int64_t s = l->engine->stride, pad = l->engine->pad;
    e->i = i;
    e->j = j;
    e->y0 = lesser(i * l->th, (int64_t)l->shape->height);
    e->y1 = lesser((i + 1) * l->th, (int64_t)l->shape->height);
    e->x0 = lesser(j * l->tw, (int64_t)l->shape->width);
    e->x1 = lesser((j + 1) * l->tw, (int64_t)l->shape->width);
    e->p0 = up(e->y0 + pad - (int64_t)l->shape->rows + 1, s);
    e->q0 = up(e->x0 + pad - (int64_t)l->shape->cols + 1, s);
    e->p0 = e->p0 < 0 ? 0 : e->p0;
    e->q0 = e->q0 < 0 ? 0 : e->q0;
}

// One step: all products of two vectors, until all of them are multiplied and queued.
static void step(const struct layer *l, struct element *e, const struct nonzero *act,
                 uint64_t acts, const struct nonzero *weight, uint64_t weights) {
    const int64_t s = l->engine->stride, pad = l->engine->pad;
    const uint64_t banks = l->engine->banks, q_most = l->engine->queue;
    uint64_t *waiting = calloc(banks, sizeof *waiting), left = 0, most = 0, cycles = 0;
    for (uint64_t a = 0; a < acts; a++)
        for (uint64_t w = 0; w < weights; w++) {
            const int64_t py = act[a].y + pad - weight[w].y;
            const int64_t qx = act[a].x + pad - weight[w].x;
            l->counts->products++;
            if (py < 0 || qx < 0 || py / s >= l->P || qx / s >= l->Q) {
                l->counts->invalid++;
                continue;
            }
            const int64_t p = py / s, q = qx / s, k = weight[w].k;
            const int64_t address =
                ((k - l->k0) * l->eh + p - e->p0) * l->ew + q - e->q0;
            uint64_t *bank = &waiting[address % (int64_t)banks];
            l->counts->valid++;
            left++;
            (*bank)++;
            most = *bank > most ? *bank : most;
            e->touched[(k * l->P + p) * l->Q + q] = true;
        }
    if (q_most == 0) {
        cycles = most > 1 ? most : 1;
    } else {
        do {
            cycles++;
            for (uint64_t b = 0; b < banks; b++)
                if (e->queue[b] > 0)
                    e->queue[b]--;
            for (uint64_t b = 0; b < banks; b++)
                while (waiting[b] > 0 &&
                       (q_most == SDSE_UNLIMITED || e->queue[b] < q_most)) {
                    waiting[b]--;
                    e->queue[b]++;
                    left--;
                }
        } while (left > 0);
    }
    e->time += cycles;
    e->steps++;
    l->counts->steps++;
    l->counts->bank_stall_cycles += cycles - 1;
    l->counts->weight_reads += l->engine->weight_vector;
    l->counts->idle_fragment +=
        (uint64_t)l->engine->weight_vector * l->engine->act_vector - acts * weights;
    free(waiting);
}

static void phase(const struct layer *l, struct element *e, uint64_t c, int64_t fy,
                  int64_t fx) {
    const struct sdse_cartesian_shape *shape = l->shape;
    const int64_t s = l->engine->stride, pad = l->engine->pad;
    const uint64_t F = l->engine->weight_vector, I = l->engine->act_vector;
    struct nonzero *act = calloc(shape->height * shape->width + 1, sizeof *act);
    struct nonzero *weight =
        calloc(shape->filters * shape->rows * shape->cols + 1, sizeof *weight);
    uint64_t na = 0, nw = 0;
    for (int64_t y = e->y0; y < e->y1; y++)
        for (int64_t x = e->x0; x < e->x1; x++)
            if ((y + pad) % s == fy && (x + pad) % s == fx &&
                l->acts[(c * shape->height + (uint64_t)y) * shape->width +
                        (uint64_t)x] != 0)
                act[na++] = (struct nonzero){0, y, x};
    for (int64_t k = l->k0; k < l->k_end; k++)
        for (int64_t r = 0; r < (int64_t)shape->rows; r++)
            for (int64_t col = 0; col < (int64_t)shape->cols; col++)
                if (r % s == fy && col % s == fx &&
                    l->weights[(((uint64_t)k * shape->channels + c) * shape->rows +
                                (uint64_t)r) *
                                   shape->cols +
                               (uint64_t)col] != 0)
                    weight[nw++] = (struct nonzero){k, r, col};
    for (uint64_t a = 0; a < na; a += I) {
        l->counts->act_reads += I;
        for (uint64_t w = 0; w < nw; w += F)
            step(l, e, act + a, na - a < I ? na - a : I, weight + w,
                 nw - w < F ? nw - w : F);
    }
    free(act);
    free(weight);
}

// Cycles until every queue is empty.
static void drain(const struct layer *l, struct element *e) {
    for (bool some = true; some;) {
        some = false;
        for (uint64_t b = 0; b < l->engine->banks; b++)
            some = some || e->queue[b] > 0;
        for (uint64_t b = 0; some && b < l->engine->banks; b++)
            e->queue[b] -= e->queue[b] > 0;
        e->time += some;
        l->counts->drain_cycles += some;
    }
}

// Halo words of an element: per owner, over the group. Returns what `halo` charges.
static uint64_t halo(const struct layer *l, const struct element *e) {
    const int64_t s = l->engine->stride, pad = l->engine->pad;
    const uint64_t owners = (uint64_t)l->engine->grid[0] * l->engine->grid[1];
    uint64_t *to = calloc(owners, sizeof *to), sum = 0, most = 0;
    for (int64_t p = 0; p < l->P; p++)
        for (int64_t q = 0; q < l->Q; q++) {
            bool reached_y = false, reached_x = false;
            for (int64_t r = 0; r < (int64_t)l->shape->rows; r++)
                reached_y |= p * s + r - pad >= e->y0 && p * s + r - pad < e->y1;
            for (int64_t col = 0; col < (int64_t)l->shape->cols; col++)
                reached_x |= q * s + col - pad >= e->x0 && q * s + col - pad < e->x1;
            const int64_t oi = p / l->own_p, oj = q / l->own_q;
            if (!reached_y || !reached_x || (oi == e->i && oj == e->j))
                continue;
            for (int64_t k = l->k0; k < l->k_end; k++) {
                to[(uint64_t)oi * l->engine->grid[1] + (uint64_t)oj]++;
                l->counts->halo_words++;
                l->counts->halo_touched += e->touched[(k * l->P + p) * l->Q + q];
            }
        }
    for (uint64_t o = 0; o < owners; o++) {
        sum += to[o];
        most = to[o] > most ? to[o] : most;
    }
    free(to);
    if (l->engine->halo == SDSE_CARTESIAN_HALO_NONE)
        return 0;
    return l->engine->halo == SDSE_CARTESIAN_HALO_MAX ? most : sum;
}

// Ends a barrier: all wait for the slowest.
static void barrier(const struct layer *l, struct element *elements, uint64_t count) {
    uint64_t slowest = 0, most_steps = 0;
    for (uint64_t e = 0; e < count; e++) {
        drain(l, &elements[e]);
        slowest = elements[e].time > slowest ? elements[e].time : slowest;
        most_steps = elements[e].steps > most_steps ? elements[e].steps : most_steps;
        elements[e].steps = 0;
    }
    l->counts->cycles += slowest;
    l->counts->cycles_no_banks += most_steps;
    for (uint64_t e = 0; e < count; e++) {
        l->counts->idle_barrier += slowest - elements[e].time;
        elements[e].time = 0;
    }
}

static void group(const struct layer *l, struct element *elements, uint64_t count) {
    const int64_t s = l->engine->stride;
    const uint64_t sums = l->shape->filters * (uint64_t)l->P * (uint64_t)l->Q;
    uint64_t longest = 0;
    for (uint64_t e = 0; e < count; e++)
        memset(elements[e].touched, 0, sums * sizeof(bool));
    for (uint64_t c = 0; c < l->shape->channels; c++) {
        for (uint64_t e = 0; e < count; e++)
            for (int64_t fy = 0; fy < s; fy++)
                for (int64_t fx = 0; fx < s; fx++)
                    phase(l, &elements[e], c, fy, fx);
        if (l->engine->barrier == SDSE_CARTESIAN_CHANNEL)
            barrier(l, elements, count);
    }
    barrier(l, elements, count);
    for (uint64_t e = 0; e < count; e++) {
        const uint64_t words = halo(l, &elements[e]);
        longest = words > longest ? words : longest;
    }
    l->counts->cycles += longest;
    l->counts->cycles_no_banks += longest;
    l->counts->halo_cycles += longest;
}

void naive_cartesian(const struct sdse_cartesian *engine,
                     const struct sdse_cartesian_shape *shape, const int32_t *acts,
                     const int32_t *weights, struct sdse_cartesian_counts *counts) {
    const int64_t s = engine->stride, K = (int64_t)shape->filters;
    const uint64_t count = (uint64_t)engine->grid[0] * engine->grid[1];
    struct layer l = {.engine = engine,
                      .shape = shape,
                      .acts = acts,
                      .weights = weights,
                      .counts = counts};
    memset(counts, 0, sizeof *counts);
    l.P = outputs(shape->height, engine->pad, shape->rows, engine->stride);
    l.Q = outputs(shape->width, engine->pad, shape->cols, engine->stride);
    l.th = up((int64_t)shape->height, engine->grid[0]);
    l.tw = up((int64_t)shape->width, engine->grid[1]);
    l.own_p = up(l.P, engine->grid[0]);
    l.own_q = up(l.Q, engine->grid[1]);
    l.eh = up(l.th + (int64_t)shape->rows - 1, s);
    l.ew = up(l.tw + (int64_t)shape->cols - 1, s);
    l.Kc = (int64_t)engine->acc_entries / (l.eh * l.ew);
    l.Kc = l.Kc < 1 ? 1 : l.Kc;
    l.Kc = l.Kc > K ? K : l.Kc;
    counts->Kc = (uint64_t)l.Kc;
    struct element *elements = calloc(count, sizeof *elements);
    for (uint64_t e = 0; e < count; e++) {
        place_element(&l, (int64_t)(e / engine->grid[1]),
                      (int64_t)(e % engine->grid[1]), &elements[e]);
        elements[e].queue = calloc(engine->banks, sizeof *elements[e].queue);
        elements[e].touched =
            calloc((uint64_t)(K * l.P * l.Q) + 1, sizeof *elements[e].touched);
    }
    for (l.k0 = 0; l.k0 < K; l.k0 += l.Kc) {
        l.k_end = lesser(l.k0 + l.Kc, K);
        group(&l, elements, count);
    }
    for (uint64_t e = 0; e < count; e++) {
        free(elements[e].queue);
        free(elements[e].touched);
    }
    free(elements);
}
