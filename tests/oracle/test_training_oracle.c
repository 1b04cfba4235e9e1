// A step of training: the gradients' layers, executed loop by loop, against gradients
// that are summed product by product in the order of the forward pass.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/stream.h"
#include "spec/load.h"
#include "spec/training.h"
#include "spec/types/touched.h"
#include "support/network_text.h"

enum { CASES = 3000, MOST_WORDS = 1 << 16 };

static uint64_t below(uint64_t *state, uint64_t limit) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % limit;
}

struct conv {
    uint64_t n, g, k, c, in[2], kernel[2], stride[2], dilation[2], out[2];
    int64_t pad[2][2];
};

// False: no output.
static bool make_conv(uint64_t *state, struct conv *v) {
    *v = (struct conv){.n = 1 + below(state, 3),
                       .g = 1 + below(state, 2),
                       .k = 1 + below(state, 3),
                       .c = 1 + below(state, 3)};
    const bool point =
        below(state, 6) == 0; // products of matrices, if nothing is padded
    for (int a = 0; a < 2; a++) {
        v->in[a] = 1 + below(state, 9);
        v->kernel[a] = 1 + below(state, 4);
        v->stride[a] = 1 + below(state, 4);
        v->dilation[a] = 1 + below(state, 4);
        if (point)
            v->kernel[a] = v->stride[a] = 1;
        for (int end = 0; end < 2; end++)
            v->pad[a][end] =
                (int64_t)below(state, point ? 2 : 4) - (below(state, 4) == 0);
        const int64_t padded = (int64_t)v->in[a] + v->pad[a][0] + v->pad[a][1],
                      window = (int64_t)(v->dilation[a] * (v->kernel[a] - 1) + 1);
        if (padded < window)
            return false;
        v->out[a] = (uint64_t)(padded - window) / v->stride[a] + 1;
    }
    return true;
}

// The position of a word, -1 outside the map.
static int64_t at(const uint64_t *sizes, const int64_t *index, unsigned count) {
    int64_t place = 0;
    for (unsigned i = 0; i < count; i++) {
        if (index[i] < 0 || index[i] >= (int64_t)sizes[i])
            return -1;
        place = place * (int64_t)sizes[i] + index[i];
    }
    return place;
}

struct words {
    int64_t *w, *x, *dy, *dx, *dw; // and gradients by the definition
    int64_t *dx_found, *dw_found, *dx_times;
    uint64_t products; // of words that are not padding
};

static int64_t *array(struct sdse_arena *arena, uint64_t *state, uint64_t words) {
    assert_true(words < MOST_WORDS);
    int64_t *out = SDSE_ARENA_ARRAY(arena, int64_t, words + 1);
    for (uint64_t i = 0; i < words; i++)
        out[i] = state ? (int64_t)below(state, 19) - 9 : 0;
    return out;
}

// For each n, g, k, c, p, q, r, s.
#define FOR(i, limit) for (int64_t i = 0; i < (int64_t)(limit); i++)

static void define(const struct conv *v, struct words *m) {
    const uint64_t x_size[] = {v->n, v->g, v->c, v->in[0], v->in[1]};
    const uint64_t y_size[] = {v->n, v->g, v->k, v->out[0], v->out[1]};
    const uint64_t w_size[] = {v->g, v->k, v->c, v->kernel[0], v->kernel[1]};
    FOR(n, v->n)
    FOR(g, v->g)
    FOR(k, v->k)
    FOR(c, v->c)
    FOR(p, v->out[0])
    FOR(q, v->out[1])
    FOR(r, v->kernel[0])
    FOR(s, v->kernel[1]) {
        const int64_t y =
            p * (int64_t)v->stride[0] + r * (int64_t)v->dilation[0] - v->pad[0][0];
        const int64_t x =
            q * (int64_t)v->stride[1] + s * (int64_t)v->dilation[1] - v->pad[1][0];
        const int64_t from = at(x_size, (int64_t[]){n, g, c, y, x}, 5);
        const int64_t to = at(y_size, (int64_t[]){n, g, k, p, q}, 5);
        const int64_t by = at(w_size, (int64_t[]){g, k, c, r, s}, 5);
        if (from < 0)
            continue;
        m->dx[from] += m->w[by] * m->dy[to];
        m->dw[by] += m->x[from] * m->dy[to];
        m->products++;
    }
}

// Executes the layer of one residue: outputs are the inputs' rows of the residue in
// their order, taps those of the residue from the last one. Returns the products.
static uint64_t run_residue(const struct conv *v, const struct sdse_layer *layer,
                            const uint64_t first[2], struct words *m) {
    const uint64_t *bound = layer->nest.bound;
    const uint64_t x_size[] = {v->n, v->g, v->c, v->in[0], v->in[1]};
    const uint64_t y_size[] = {v->n, v->g, v->k, v->out[0], v->out[1]};
    const uint64_t w_size[] = {v->g, v->k, v->c, v->kernel[0], v->kernel[1]};
    int64_t row[2][64], tap[2][64];
    uint64_t products = 0;
    for (int a = 0; a < 2; a++) {
        unsigned rows = 0, taps = 0;
        // What some tap of the residue reads, between the windows' ends.
        FOR(y, v->in[a]) {
            const int64_t u = y + v->pad[a][0];
            const int64_t reach = (int64_t)sdse_window_extent(
                v->out[a], v->kernel[a], v->stride[a], v->dilation[a]);
            const int64_t residue =
                (u - (int64_t)(first[a] * v->dilation[a])) % (int64_t)v->stride[a];
            if (u >= 0 && u < reach && residue == 0)
                row[a][rows++] = y;
        }
        for (int64_t r = (int64_t)v->kernel[a] - 1; r >= 0; r--)
            if ((r * (int64_t)v->dilation[a] - (int64_t)(first[a] * v->dilation[a])) %
                    (int64_t)v->stride[a] ==
                0)
                tap[a][taps++] = r;
        assert_int_equal(rows, bound[SDSE_P + a]);
        assert_int_equal(taps, bound[SDSE_R + a]);
        assert_int_equal(layer->nest.stride[a], 1);
        assert_int_equal(layer->nest.map[a], v->out[a]);
    }
    assert_int_equal(bound[SDSE_N], v->n);
    assert_int_equal(bound[SDSE_G], v->g);
    assert_int_equal(bound[SDSE_K], v->c);
    assert_int_equal(bound[SDSE_C], v->k);
    FOR(n, v->n)
    FOR(g, v->g)
    FOR(c, v->c)
    FOR(i, bound[SDSE_P])
    FOR(j, bound[SDSE_Q]) {
        const int64_t to = at(x_size, (int64_t[]){n, g, c, row[0][i], row[1][j]}, 5);
        m->dx_times[to]++;
        FOR(k, v->k)
        FOR(r, bound[SDSE_R])
        FOR(s, bound[SDSE_S]) {
            const int64_t p = i + r * layer->nest.dilation[0] - layer->nest.pad[0];
            const int64_t q = j + s * layer->nest.dilation[1] - layer->nest.pad[1];
            const int64_t from = at(y_size, (int64_t[]){n, g, k, p, q}, 5);
            const int64_t by =
                at(w_size, (int64_t[]){g, k, c, tap[0][r], tap[1][s]}, 5);
            if (from < 0)
                continue;
            m->dx_found[to] += m->w[by] * m->dy[from];
            products++;
        }
    }
    return products;
}

// Executes the nest of the weights' gradient as the format says: outputs are the sum of
// weights (here dY) times inputs (here X).
static void run_weight_gradient(const struct conv *v, const struct sdse_layer *layer,
                                struct words *m) {
    const struct sdse_nest *nest = &layer->nest;
    const uint64_t *b = nest->bound;
    const bool product = layer->kind == SDSE_MATMUL;
    const uint64_t x_size[] = {v->n, v->g, v->c, v->in[0], v->in[1]};
    const uint64_t y_size[] = {v->n, v->g, v->k, v->out[0], v->out[1]};
    const uint64_t w_size[] = {v->g, v->k, v->c, v->kernel[0], v->kernel[1]};
    FOR(n, b[SDSE_N])
    FOR(g, b[SDSE_G])
    FOR(k, b[SDSE_K])
    FOR(c, b[SDSE_C])
    FOR(p, b[SDSE_P])
    FOR(q, b[SDSE_Q])
    FOR(r, b[SDSE_R])
    FOR(s, b[SDSE_S]) {
        int64_t x[5] = {c, g, n, 0, 0}, y[5], w[5];
        x[3] = p * nest->stride[0] + r * nest->dilation[0] - nest->pad[0];
        x[4] = q * nest->stride[1] + s * nest->dilation[1] - nest->pad[1];
        memcpy(y, (int64_t[]){c, g, k, r, s}, sizeof y);
        memcpy(w, (int64_t[]){g, k, n, p, q}, sizeof w);
        if (product) {
            // One sum over samples and positions.
            const int64_t area = (int64_t)(v->out[0] * v->out[1]);
            const int64_t columns = (int64_t)v->out[1];
            const int64_t place = c % area;
            memcpy(y, (int64_t[]){c / area, g, k, place / columns, place % columns},
                   sizeof y);
            memcpy(x, y, sizeof x);
            x[2] = p;
            memcpy(w, (int64_t[]){g, k, p, 0, 0}, sizeof w);
        }
        const int64_t from = at(x_size, x, 5), to = at(w_size, w, 5),
                      by = at(y_size, y, 5);
        assert_true(to >= 0 && by >= 0);
        if (from >= 0)
            m->dw_found[to] += m->x[from] * m->dy[by];
    }
}

static const struct sdse_layer *named(const struct sdse_workload *net,
                                      const char *name) {
    for (size_t i = 0; i < net->layer_count; i++)
        if (strcmp(net->layers[i].name, name) == 0)
            return &net->layers[i];
    return NULL;
}

static void check_conv(uint64_t *state, const struct conv *v) {
    struct sdse_arena *arena = sdse_arena_new();
    const char *text = sdse_arena_printf(
        arena,
        "name: n\nsource: s\ntraining: {batch: %u, optimiser: sgd}\nlayers:\n"
        "  - {name: a, kind: fc, in: 1, out_channels: 1}\n"
        "  - {name: l, kind: conv, in: [%u, %u, %u], out_channels: %u, groups: %u, "
        "kernel: [%u, %u], stride: [%u, %u], dilation: [%u, %u], pad: [[%d, %d], [%d, "
        "%d]]}\n",
        (unsigned)v->n, (unsigned)(v->c * v->g), (unsigned)v->in[0], (unsigned)v->in[1],
        (unsigned)(v->k * v->g), (unsigned)v->g, (unsigned)v->kernel[0],
        (unsigned)v->kernel[1], (unsigned)v->stride[0], (unsigned)v->stride[1],
        (unsigned)v->dilation[0], (unsigned)v->dilation[1], (int)v->pad[0][0],
        (int)v->pad[0][1], (int)v->pad[1][0], (int)v->pad[1][1]);
    const struct sdse_workload *net = network_of_text(arena, text);
    const uint64_t x_words = v->n * v->g * v->c * v->in[0] * v->in[1],
                   y_words = v->n * v->g * v->k * v->out[0] * v->out[1],
                   w_words = v->g * v->k * v->c * v->kernel[0] * v->kernel[1];
    struct words m = {.w = array(arena, state, w_words),
                      .x = array(arena, state, x_words),
                      .dy = array(arena, state, y_words),
                      .dx = array(arena, NULL, x_words),
                      .dw = array(arena, NULL, w_words),
                      .dx_found = array(arena, NULL, x_words),
                      .dw_found = array(arena, NULL, w_words),
                      .dx_times = array(arena, NULL, x_words)};
    define(v, &m);
    uint64_t products = 0, layers = 0;
    for (uint64_t y = 0; y < 4; y++) {
        for (uint64_t x = 0; x < 4; x++) {
            const char *name =
                sdse_arena_printf(arena, "l.dX[%u,%u]", (unsigned)y, (unsigned)x);
            const struct sdse_layer *layer = named(net, name);
            if (!layer && y + x == 0)
                layer = named(net, "l.dX");
            if (!layer)
                continue;
            assert_string_equal(layer->shares_weights, "l");
            products += run_residue(v, layer, (uint64_t[]){y, x}, &m);
            layers++;
        }
    }
    const struct sdse_layer *dw = named(net, "l.dW"), *update = named(net, "l.update");
    assert_non_null(dw);
    run_weight_gradient(v, dw, &m);
    assert_int_equal(products, m.products);
    assert_int_equal(sdse_layer_macs(dw), w_words * v->n * v->out[0] * v->out[1]);
    assert_int_equal(update->nest.bound[SDSE_G], w_words);
    for (uint64_t i = 0; i < x_words; i++) {
        if (m.dx_found[i] != m.dx[i] || m.dx_times[i] > 1)
            fail_msg("%s", text);
    }
    for (uint64_t i = 0; i < w_words; i++)
        if (m.dw_found[i] != m.dw[i])
            fail_msg("%s", text);
    // Forward, its gradients, the fully connected one's forward, dW and update; update.
    assert_int_equal(net->layer_count, 1 + 1 + layers + 2 + 2);
    sdse_arena_free(arena);
}

static void convolutions(void **context) {
    (void)context;
    uint64_t state = 11;
    for (int i = 0; i < CASES; i++) {
        struct conv v;
        if (make_conv(&state, &v))
            check_conv(&state, &v);
    }
}

// Y[n][p][k] = sum of c: A[n][p][c] B[c][k], heads n sharing B; by their definition.
static void products(void **context) {
    (void)context;
    uint64_t state = 5;
    for (int i = 0; i < 300; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        const uint64_t batch = 1 + below(&state, 3), kv = 1 + below(&state, 2),
                       share = 1 + below(&state, 3), rows = 1 + below(&state, 5),
                       sum = 1 + below(&state, 5), columns = 1 + below(&state, 5);
        const struct sdse_workload *net = network_of_text(
            arena,
            sdse_arena_printf(
                arena,
                "name: n\nsource: s\ntraining: {batch: %u, optimiser: sgd}\nlayers:\n"
                "  - {name: l, kind: matmul, heads: %u, kv_heads: %u, m: %u, k: %u, n: "
                "%u}\n",
                (unsigned)batch, (unsigned)(kv * share), (unsigned)kv, (unsigned)rows,
                (unsigned)sum, (unsigned)columns));
        const struct sdse_layer *left = named(net, "l.dA"), *right = named(net, "l.dB");
        // dA: as many heads of rows x sum, each a sum over the columns.
        const uint64_t a[] = {share, sum, columns, rows, 1, 1, 1, batch * kv};
        assert_memory_equal(left->nest.bound, a, sizeof a);
        // dB: one of sum x columns for each right operand, a sum over heads and rows.
        const uint64_t b[] = {1, columns, share * rows, sum, 1, 1, 1, batch * kv};
        assert_memory_equal(right->nest.bound, b, sizeof b);
        assert_int_equal(left->kind, SDSE_MATMUL);
        assert_int_equal(right->kind, SDSE_MATMUL);
        assert_int_equal(net->layer_count, 3);
        sdse_arena_free(arena);
    }
}

// An update, bit by bit: what each weight reads and writes, in whole words of memories.
static void updates(void **context) {
    (void)context;
    uint64_t state = 3;
    for (int i = 0; i < CASES; i++) {
        struct sdse_arch arch = {.bits = {1 + (uint32_t)below(&state, 40),
                                          1 + (uint32_t)below(&state, 40),
                                          1 + (uint32_t)below(&state, 40)}};
        const uint64_t weights = 1 + below(&state, 50);
        struct sdse_layer layer = {
            .kind = SDSE_UPDATE,
            .nest = {.bound = {1, 1, 1, 1, 1, 1, 1, weights},
                     .stride = {1, 1},
                     .dilation = {1, 1},
                     .map = {1, 1}},
            .move = {.addends = 1,
                     .passes = 1,
                     .operations = 1 + (uint32_t)below(&state, 9),
                     .update = {.read_words = (double)below(&state, 3),
                                .read_bits = (double)below(&state, 99),
                                .write_bits = (double)below(&state, 99),
                                .copy_below_bits = (uint32_t)below(&state, 40)}}};
        uint64_t read = 0, written = 0, operations = 0;
        for (uint64_t w = 0; w < weights; w++) {
            read += (uint64_t)layer.move.update.read_words * arch.bits[SDSE_INPUTS] +
                    (uint64_t)layer.move.update.read_bits;
            written += (uint64_t)layer.move.update.write_bits;
            if (arch.bits[SDSE_WEIGHTS] < layer.move.update.copy_below_bits)
                written += arch.bits[SDSE_WEIGHTS];
            operations += layer.move.operations;
        }
        const struct sdse_stream stream = sdse_stream_on(&arch, &layer);
        const uint64_t in = arch.bits[SDSE_INPUTS], out = arch.bits[SDSE_OUTPUTS];
        assert_int_equal(stream.in, (read + in - 1) / in);
        assert_int_equal(stream.out, (written + out - 1) / out);
        assert_int_equal(stream.operations, operations);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions),
        cmocka_unit_test(products),
        cmocka_unit_test(updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
