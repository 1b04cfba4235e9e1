// What is between the products of a TensorFlow Lite model: layers that move words, and
// which layer reads what another puts out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/tflite/operators.h"
#include "spec/write.h"
#include "support/lite_parse.h"

enum {
    ADD = 0,
    AVERAGE_POOL = 1,
    CONCAT = 2,
    LOGISTIC = 14,
    MAX_POOL = 17,
    MUL = 18,
    RELU = 19,
    RESHAPE = 22,
    SOFTMAX = 25,
    PAD = 34,
    MEAN = 40,
    SHAPE = 77
};

static size_t map(struct lite *m, const char *name, int rows, int columns,
                  int channels) {
    return lite_tensor(m, name, F32, 4, (const int[]){1, rows, columns, channels});
}

// A 1 x 1 convolution of int8 weights; its input, weights and output are tensors.
static void convolve(struct lite *m, int x, int w, int y) {
    set_window(m, lite_operator(m, CONV, 2, (const int[]){x, w}, y), SAME, 1, 1);
}

static int weights(struct lite *m, int out, int in) {
    const size_t w = lite_tensor(m, "w", I8, 4, (const int[]){out, 1, 1, in});
    lite_data(m, w, (size_t)(out * in));
    return (int)m->tensor_count - 1;
}

static void has_edges(const struct opened *o, const char *text) {
    const char *edges = sdse_edges_text(o->arena, o->net);
    assert_string_equal(edges, text);
}

static size_t warnings(const struct opened *o, const char *check, const char *says) {
    size_t found = 0;
    for (const struct sdse_diag *d = o->diags.first; d; d = d->next)
        found += d->check && strcmp(d->check, check) == 0 && strstr(d->message, says);
    return found;
}

// A residual block with a gate of its channels.
static void block(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    map(&m, "x", 7, 8, 3);
    const int w = weights(&m, 4, 3);
    map(&m, "c", 7, 8, 4); // 2
    convolve(&m, 0, w, 2);
    map(&m, "r", 7, 8, 4);
    lite_operator(&m, RELU, 1, (const int[]){2}, 3);
    map(&m, "p", 4, 3, 4); // 4
    const size_t pool = lite_operator(&m, MAX_POOL, 1, (const int[]){3}, 4);
    set_window(&m, pool, SAME, 3, 2);
    flat_number(&m.b, pool, 3, 2, 4); // columns, then rows
    flat_number(&m.b, pool, 4, 3, 4);
    const int w2 = weights(&m, 4, 4); // 5
    map(&m, "a", 4, 3, 4);
    convolve(&m, 4, w2, 6);
    map(&m, "s", 4, 3, 4); // 7
    lite_operator(&m, ADD, 2, (const int[]){6, 4}, 7);
    map(&m, "g", 1, 1, 4);
    lite_operator(&m, MEAN, 1, (const int[]){7}, 8);
    map(&m, "h", 1, 1, 4);
    lite_operator(&m, LOGISTIC, 1, (const int[]){8}, 9);
    map(&m, "m", 4, 3, 4); // 10
    lite_operator(&m, MUL, 2, (const int[]){7, 9}, 10);
    map(&m, "o", 4, 3, 4);
    lite_operator(&m, SOFTMAX, 1, (const int[]){10}, 11);
    lite_output(&m, 11);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->layer_count, 9);
    assert_int_equal(o.lite.moves, 0);
    const struct sdse_layer *l = o.net->layers;
    has_nest(&l[0], SDSE_CONV1X1, (const uint64_t[]){1, 4, 3, 7, 8, 1, 1});
    has_nest(&l[1], SDSE_ACT, (const uint64_t[]){4, 1, 1, 7, 8, 1, 1});
    assert_true(l[1].move.fused);
    // Rows: (4 - 1) 2 + 3 - 7 = 2, one before; columns: (3 - 1) 3 + 2 - 8 = 0.
    has_nest(&l[2], SDSE_POOL, (const uint64_t[]){4, 1, 1, 4, 3, 3, 2});
    assert_int_equal(l[2].nest.pad[0], 1);
    assert_int_equal(l[2].nest.pad[1], 0);
    assert_int_equal(l[2].move.operations, 6);
    has_nest(&l[4], SDSE_ADD, (const uint64_t[]){4, 1, 1, 4, 3, 1, 1});
    assert_int_equal(l[4].move.addends, 2);
    assert_int_equal(l[4].move.operations, 1);
    has_nest(&l[5], SDSE_POOL, (const uint64_t[]){4, 1, 1, 1, 1, 4, 3});
    has_nest(&l[7], SDSE_ADD, (const uint64_t[]){4, 1, 1, 4, 3, 1, 1});
    assert_int_equal(l[7].move.addends, 1);
    assert_int_equal(l[7].move.broadcast_count, 1);
    assert_int_equal(l[7].move.broadcasts[0].size[0], 4);
    assert_int_equal(l[7].move.broadcasts[0].size[1], 1);
    assert_int_equal(l[7].move.broadcasts[0].size[2], 1);
    has_nest(&l[8], SDSE_SOFTMAX, (const uint64_t[]){4, 1, 1, 4, 3, 1, 1});
    has_edges(&o, "edges:\n"
                  "  - {from: c, to: p}\n"
                  "  - {from: p, to: a}\n"
                  "  - {from: a, to: s}\n"
                  "  - {from: p, to: s}\n"
                  "  - {from: s, to: g}\n"
                  "  - {from: s, to: m}\n"
                  "  - {from: m, to: o}\n");
    assert_int_equal(warnings(&o, "tflite-edges", "that of 'g' first: MUL"), 1);
    assert_int_equal(warnings(&o, "tflite-edges", ""), 1);
    end(&o);
    // Rows and columns of the window exchanged: not its shapes'.
    flat_number(&m.b, pool, 3, 3, 4);
    flat_number(&m.b, pool, 1, 2, 4);
    o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->layer_count, 8);
    assert_int_equal(warnings(&o, "tflite-moves", "1, 'p' the first"), 1);
    assert_int_equal(warnings(&o, "tflite-edges", "MAX_POOL_2D"), 1);
    end(&o);
}

// Channels put together, behind a view; along rows they are not channels.
static void concatenation(void **state) {
    (void)state;
    for (int axis = -1; axis <= 3; axis++) {
        static struct lite m;
        lite_begin(&m);
        map(&m, "x", 4, 4, 3);
        const int v = weights(&m, 2, 3), w = weights(&m, 4, 3);
        map(&m, "a", 4, 4, 2);
        map(&m, "b", 4, 4, 4); // 4
        convolve(&m, 0, v, 3);
        convolve(&m, 0, w, 4);
        map(&m, "b2", 4, 4, 4);
        lite_operator(&m, RESHAPE, 1, (const int[]){4}, 5);
        map(&m, "ab", 4, 4, 6); // 6
        const size_t concat = lite_operator(&m, CONCAT, 2, (const int[]){3, 5}, 6);
        flat_number(&m.b, concat, 0, (uint64_t)(uint32_t)axis, 4);
        const int u = weights(&m, 5, 6);
        map(&m, "y", 4, 4, 5); // 8
        convolve(&m, 6, u, 8);
        lite_output(&m, 8);
        struct opened o = parse(&m);
        assert_int_equal(o.status, SDSE_OK);
        const bool channels = axis == -1 || axis == 3;
        assert_int_equal(o.net->edge_count, channels ? 2 : 0);
        if (channels)
            has_edges(&o, "edges:\n  - {from: [a, b], to: y, as: concat}\n");
        assert_int_equal(warnings(&o, "tflite-edges", "2 layers put"), !channels);
        end(&o);
        if (axis != 3)
            continue;
        lite_output(&m, 4); // b leaves: of the map nothing has an edge
        o = parse(&m);
        assert_int_equal(o.net->edge_count, 0);
        assert_int_equal(warnings(&o, "tflite-edges", "that of 'a' first"), 1);
        end(&o);
    }
}

// Keys are the right operand; what somebody pads, or counts, is read by no edge or by
// nobody.
static void products_and_others(void **state) {
    (void)state;
    for (int other = 0; other < 3; other++) {
        static struct lite m;
        lite_begin(&m);
        lite_tensor(&m, "x", F32, 3, (const int[]){1, 5, 3});
        const size_t v = lite_tensor(&m, "v", I8, 2, (const int[]){4, 3});
        lite_data(&m, v, 12);
        lite_tensor(&m, "q", F32, 3, (const int[]){1, 5, 4});
        lite_tensor(&m, "k", F32, 3, (const int[]){1, 5, 4}); // 3
        lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
        lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 3);
        lite_tensor(&m, "qk", F32, 3, (const int[]){1, 5, 5});
        const size_t turn = lite_operator(&m, MATMUL, 2, (const int[]){2, 3}, 4);
        flat_number(&m.b, turn, 1, 1, 1);
        lite_tensor(&m, "o", F32, 3, (const int[]){1, 6, 4});
        if (other)
            lite_operator(&m, other == 1 ? PAD : SHAPE, 1, (const int[]){2}, 5);
        lite_output(&m, 4);
        struct opened o = parse(&m);
        assert_int_equal(o.status, SDSE_OK);
        has_edges(&o, other == 1 ? "edges:\n  - {from: k, to: qk, as: weights}\n"
                                 : "edges:\n  - {from: q, to: qk}\n"
                                   "  - {from: k, to: qk, as: weights}\n");
        assert_int_equal(warnings(&o, "tflite-edges", "PAD (operator 34)"), other == 1);
        end(&o);
    }
}

// A model that makes maps `a` and `b`, tensors 2 and 3, of the same input.
static void begin_with_two(struct lite *m) {
    lite_begin(m);
    map(m, "x", 4, 4, 3);
    const int v = weights(m, 2, 3);
    map(m, "a", 4, 4, 2);
    map(m, "b", 4, 4, 2);
    convolve(m, 0, v, 2);
    convolve(m, 0, v, 3);
}

// A depthwise convolution reads what is put together, in as many groups.
static void concatenation_into_groups(void **state) {
    (void)state;
    static struct lite m;
    begin_with_two(&m);
    map(&m, "ab", 4, 4, 4); // 4
    const size_t concat = lite_operator(&m, CONCAT, 2, (const int[]){2, 3}, 4);
    flat_number(&m.b, concat, 0, 3, 4);
    const int w = weights(&m, 1, 4);
    map(&m, "d", 4, 4, 4);
    set_window(&m, lite_operator(&m, DEPTHWISE, 2, (const int[]){4, w}, 6), SAME, 1, 1);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    has_edges(&o, "edges:\n  - {from: [a, b], to: d, as: concat}\n");
    end(&o);
}

// A function of what another layer than the one before puts out is no part of that
// one, and weights that a layer makes are no inputs: of neither is there an edge.
static void what_no_edge_says(void **state) {
    (void)state;
    static struct lite m;
    begin_with_two(&m);
    map(&m, "r", 4, 4, 2); // 4
    lite_operator(&m, RELU, 1, (const int[]){2}, 4);
    const int w = weights(&m, 2, 2);
    map(&m, "y", 4, 4, 2);
    convolve(&m, 4, w, 6);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_true(o.net->layers[2].move.fused);
    assert_int_equal(o.net->edge_count, 0);
    assert_int_equal(warnings(&o, "tflite-edges", "that of 'a' first: RELU"), 1);
    end(&o);
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 2, (const int[]){1, 3});
    lite_data(&m, lite_tensor(&m, "w", I8, 2, (const int[]){3, 3}), 9);
    lite_tensor(&m, "y", F32, 2, (const int[]){1, 3});
    lite_tensor(&m, "z", F32, 2, (const int[]){1, 1});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 2}, 3);
    o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->edge_count, 0);
    assert_int_equal(warnings(&o, "tflite-edges", "that of 'y' first: FULLY"), 1);
    end(&o);
}

// Two samples: a map that both share, one that each has, sums of constants, sums over
// channels, rows of a sequence, maps of which a sample has two.
static void samples(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 3, (const int[]){2, 5, 4});
    const size_t w = lite_tensor(&m, "w", I8, 2, (const int[]){4, 4});
    lite_data(&m, w, 16);
    lite_tensor(&m, "y", F32, 3, (const int[]){2, 5, 4});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
    lite_tensor(&m, "mask", F32, 2, (const int[]){5, 1});
    lite_tensor(&m, "gate", F32, 3, (const int[]){2, 1, 4}); // 4
    lite_tensor(&m, "s", F32, 3, (const int[]){2, 5, 4});
    lite_operator(&m, 106, 3, (const int[]){2, 3, 4}, 5); // ADD_N
    const size_t bias = lite_tensor(&m, "b", F32, 1, (const int[]){4});
    lite_data(&m, bias, 16);
    lite_tensor(&m, "t", F32, 3, (const int[]){2, 5, 4}); // 7
    lite_operator(&m, ADD, 2, (const int[]){5, 6}, 7);
    lite_tensor(&m, "c", F32, 3, (const int[]){2, 5, 1});
    lite_operator(&m, MEAN, 1, (const int[]){7}, 8);
    lite_tensor(&m, "b2", F32, 1, (const int[]){4});
    lite_operator(&m, RELU, 1, (const int[]){6}, 9);         // of a constant: no layer
    lite_tensor(&m, "v", F32, 4, (const int[]){4, 5, 2, 1}); // 10
    lite_operator(&m, RESHAPE, 1, (const int[]){0}, 10);
    lite_tensor(&m, "p", F32, 4, (const int[]){4, 5, 1, 1});
    const size_t pool = lite_operator(&m, AVERAGE_POOL, 1, (const int[]){10}, 11);
    set_window(&m, pool, VALID, 2, 1);
    flat_number(&m.b, pool, 3, 2, 4);
    flat_number(&m.b, pool, 4, 1, 4);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->layer_count, 5);
    const struct sdse_layer *l = o.net->layers;
    assert_int_equal(l[4].nest.bound[SDSE_N], 4); // two maps of each sample
    assert_int_equal(l[1].nest.bound[SDSE_N], 2);
    has_nest(&l[1], SDSE_ADD, (const uint64_t[]){4, 1, 1, 5, 1, 1, 1});
    assert_int_equal(l[1].move.addends, 1);
    assert_int_equal(l[1].move.operations, 2);
    assert_int_equal(l[1].move.broadcast_count, 2);
    assert_true(l[1].move.broadcasts[0].shared);
    assert_int_equal(l[1].move.broadcasts[0].size[0], 1);
    assert_int_equal(l[1].move.broadcasts[0].size[1], 5);
    assert_false(l[1].move.broadcasts[1].shared);
    assert_int_equal(l[1].move.broadcasts[1].size[0], 4);
    assert_int_equal(l[1].move.broadcasts[1].size[1], 1);
    has_nest(&l[2], SDSE_ACT, (const uint64_t[]){4, 1, 1, 5, 1, 1, 1});
    has_nest(&l[3], SDSE_POOL, (const uint64_t[]){5, 1, 1, 1, 1, 1, 4});
    has_edges(&o, "edges:\n  - {from: y, to: s}\n  - {from: s, to: c}\n");
    end(&o);
}

// Three dimensions: paddings of each axis as the shapes need them, channels for each
// tap of the depth, int8 weights [depth][rows][columns][in][out] with a scale a filter.
static void depth(void **state) {
    (void)state;
    static struct lite m;
    enum { FITS, SHALLOW, NARROW, CASES };
    for (int turn = FITS; turn < CASES; turn++) {
        lite_begin(&m);
        lite_tensor(&m, "x", F32, 5, (const int[]){1, 5, 6, 7, 4});
        const size_t w = lite_tensor(&m, "w", I8, 5, (const int[]){2, 3, 1, 2, 6});
        const size_t data = lite_data(&m, w, 72);
        for (size_t i = 0; i < 72; i++)
            m.b.at[data + i] = (unsigned char)i;
        lite_scales(&m, w, 6, (const float[]){1, 2, 1, 1, 1, 0.5f},
                    (const int[]){0, 0, 0, 0, 0, 0}, 4);
        lite_tensor(
            &m, "y", F32, 5,
            (const int[]){1, turn == SHALLOW ? 2 : 3, 6, turn == NARROW ? 1 : 2, 6});
        const size_t options = lite_operator(&m, 132, 2, (const int[]){0, 1}, 2);
        flat_number(&m.b, options, 1, 2, 4); // depth 2, columns 4, rows 1
        flat_number(&m.b, options, 2, 4, 4);
        flat_number(&m.b, options, 3, 1, 4);
        flat_number(&m.b, options, 7, 2, 4); // dilation of rows
        struct opened o = parse(&m);
        if (turn != FITS) { // SAME of 5 slices by steps of 2 has 3, of 7 by 4 has 2
            assert_true(sdse_diags_fired(&o.diags, "tflite-shape"));
            end(&o);
            continue;
        }
        assert_int_equal(o.status, SDSE_OK);
        const struct sdse_layer *l = &o.net->layers[0];
        has_nest(l, SDSE_CONV, (const uint64_t[]){2, 3, 4, 6, 2, 3, 1});
        assert_int_equal(l->nest.bound[SDSE_N], 3);
        assert_int_equal(l->nest.pad[0], 2); // rows: 5 + 4 + 1 - 6 = 4
        assert_int_equal(l->nest.pad[1], 0);
        assert_int_equal(l->nest.stride[1], 4);
        assert_int_equal(l->nest.dilation[0], 2);
        struct sdse_array a;
        assert_int_equal(sdse_tensor_values(&o.lite.layers[0].weights, &a, &o.diags),
                         SDSE_OK);
        assert_int_equal(a.rank, 4);
        assert_int_equal(a.shape[0], 6);
        assert_int_equal(a.shape[1], 4);
        assert_int_equal(a.shape[2], 3);
        assert_int_equal(a.shape[3], 1);
        size_t at = 0;
        for (size_t k = 0; k < 6; k++)
            for (size_t c = 0; c < 2; c++)
                for (size_t d = 0; d < 2; d++)
                    for (size_t r = 0; r < 3; r++) {
                        const float stored = (float)(((d * 3 + r) * 2 + c) * 6 + k);
                        const float scale = k == 1 ? 2 : k == 5 ? 0.5f : 1;
                        assert_true(a.data[at++] == stored * scale);
                    }
        sdse_array_free(&a);
        end(&o);
    }
}

// Weights that an operator makes of constants are said, and others are none.
static void made_weights(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 2, (const int[]){1, 4});
    const size_t w = lite_tensor(&m, "sparse", F32, 2, (const int[]){3, 4});
    lite_data(&m, w, 48);
    lite_tensor(&m, "w", F32, 2, (const int[]){3, 4});
    lite_operator(&m, 124, 1, (const int[]){1}, 2); // DENSIFY
    lite_tensor(&m, "y", F32, 2, (const int[]){1, 3});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 2}, 3);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.lite.layer_count, 0);
    assert_int_equal(warnings(&o, "tflite-unread", "other operators make"), 1);
    end(&o);
}

static void names(void **state) {
    (void)state;
    assert_string_equal(sdse_tflite_operator_name(40), "MEAN");
    assert_null(sdse_tflite_operator_name(200));
    assert_int_equal(sdse_tflite_role(200), TFLITE_OTHER);
    assert_int_equal(sdse_tflite_role(AVERAGE_POOL), TFLITE_POOL);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(block),
                                       cmocka_unit_test(concatenation),
                                       cmocka_unit_test(concatenation_into_groups),
                                       cmocka_unit_test(what_no_edge_says),
                                       cmocka_unit_test(products_and_others),
                                       cmocka_unit_test(samples),
                                       cmocka_unit_test(depth),
                                       cmocka_unit_test(made_weights),
                                       cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
