// Layers that are other nests than they look: batched products, windows padded on one
// side, transposed convolution by output phases, convolutions of one and three
// dimensions. Phases are compared with the direct transposed convolution, tap by tap.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/stream.h"
#include "dse/sweep/forms.h"
#include "spec/load.h"
#include "spec/write.h"

struct read {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_workload *net;
};

static struct sdse_workload *read_text(struct read *r, const char *text) {
    struct sdse_node *root = NULL;
    struct sdse_workload *net = NULL;
    enum sdse_status status = sdse_tree_parse_memory(r->arena, "t.yaml", text,
                                                     strlen(text), &r->diags, &root);
    if (status == SDSE_OK)
        status = sdse_workload_from_tree(r->arena, root, &r->diags, &net);
    if (status != SDSE_OK)
        sdse_diags_print(&r->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    return net;
}

// Layers of a network of this batch, one a line; what is written reads back to the
// same nests.
static struct read read_layers(unsigned batch, const char *layers) {
    static char text[4096];
    struct read r = {.arena = sdse_arena_new()};
    sdse_diags_init(&r.diags, r.arena);
    snprintf(text, sizeof text, "name: n\nsource: s\nbatch: %u\nlayers:\n%s", batch,
             layers);
    r.net = read_text(&r, text);
    const char *written = sdse_workload_text(r.arena, r.net);
    struct sdse_workload *again = read_text(&r, written);
    assert_int_equal(again->layer_count, r.net->layer_count);
    for (size_t i = 0; i < again->layer_count; i++) {
        const struct sdse_layer *a = &again->layers[i], *b = &r.net->layers[i];
        assert_string_equal(a->name, b->name);
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->repeat, b->repeat);
        assert_int_equal(sdse_layer_copies(a), sdse_layer_copies(b));
        assert_memory_equal(&a->nest, &b->nest, sizeof a->nest);
        assert_int_equal(a->move.fused, b->move.fused);
        assert_int_equal(a->move.addends, b->move.addends);
        assert_int_equal(a->move.passes, b->move.passes);
        assert_int_equal(a->move.operations, b->move.operations);
        assert_int_equal(sdse_layer_operands(a), sdse_layer_operands(b));
        assert_int_equal(sdse_layer_broadcast_words(a), sdse_layer_broadcast_words(b));
    }
    assert_string_equal(sdse_workload_text(r.arena, again), written);
    return r;
}

static void done(struct read *r) { sdse_arena_free(r->arena); }

static void expect_nest(const struct sdse_layer *layer, const char *wanted) {
    char text[256] = "";
    for (int d = 0; d < SDSE_DIMS; d++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%c%llu",
                 d ? " " : "", sdse_dim_letters[d],
                 (unsigned long long)layer->nest.bound[d]);
    assert_string_equal(text, wanted);
}

static uint64_t words(const struct sdse_layer *layer, enum sdse_tensor tensor) {
    return sdse_tile_words(&layer->nest, tensor, layer->nest.bound);
}

// Every sample and every one of the shared heads has a right operand of its own.
static void products_of_activations(void **state) {
    (void)state;
    struct read r = read_layers(
        4, "- {name: heads, kind: matmul, heads: 2, m: 16, k: 8, n: 16}\n"
           "- {name: grouped, kind: matmul, heads: 8, kv_heads: 2, m: 5, k: 3, n: 7}\n"
           "- {name: windows, kind: matmul, batch: 9, heads: 3, m: 5, k: 3, n: 7}\n"
           "- {name: one, kind: matmul, heads: 6, kv_heads: 1, batch: 2, m: 5, k: 3, "
           "n: 7}\n"
           "- {name: same, kind: matmul, heads: 6, kv_heads: 3, shared: true, m: 5, k: "
           "3, n: 7}\n");
    const struct sdse_layer *layers = r.net->layers;
    expect_nest(&layers[0], "N1 K16 C8 P16 Q1 R1 S1 G8");
    assert_int_equal(words(&layers[0], SDSE_WEIGHTS), 1024);
    expect_nest(&layers[1], "N4 K7 C3 P5 Q1 R1 S1 G8");
    assert_int_equal(words(&layers[1], SDSE_WEIGHTS), 4 * 2 * 3 * 7);
    assert_int_equal(words(&layers[1], SDSE_INPUTS), 4 * 8 * 5 * 3);
    assert_int_equal(words(&layers[1], SDSE_OUTPUTS), 4 * 8 * 5 * 7);
    expect_nest(&layers[2], "N1 K7 C3 P5 Q1 R1 S1 G108");
    expect_nest(&layers[3], "N6 K7 C3 P5 Q1 R1 S1 G8");
    expect_nest(&layers[4], "N8 K7 C3 P5 Q1 R1 S1 G3");
    done(&r);
}

static void expect_pad(const struct sdse_layer *layer, int top, int left,
                       const char *nest) {
    assert_int_equal(layer->nest.pad[0], top);
    assert_int_equal(layer->nest.pad[1], left);
    expect_nest(layer, nest);
}

static void padding_of_each_side(void **state) {
    (void)state;
    struct read r = read_layers(
        2,
        "- {name: a, kind: conv, in: [3, 8, 9], out_channels: 4, kernel: 3, pad: [[0, "
        "1], [2, 0]]}\n"
        "- {name: b, kind: conv, in: [3, 8, 9], out_channels: 4, kernel: 3, stride: 2, "
        "pad: [[0, 1], 1]}\n"
        "- {name: c, kind: dwconv, in: [3, 8, 9], kernel: [2, 3], pad: [[-1, 0], [1, "
        "-2]]}\n"
        "- {name: d, kind: conv, in: [3, 8, 9], out_channels: 4, kernel: 3, batch: 5, "
        "pad: 1}\n"
        "- {name: e, kind: fc, in: 8, out_channels: 4, rows: 3, batch: 5}\n");
    const struct sdse_layer *layers = r.net->layers;
    expect_pad(&layers[0], 0, 2, "N2 K4 C3 P7 Q9 R3 S3 G1");
    expect_pad(&layers[1], 0, 1, "N2 K4 C3 P4 Q5 R3 S3 G1");
    expect_pad(&layers[2], -1, 1, "N2 K1 C1 P6 Q6 R2 S3 G3");
    expect_pad(&layers[3], 1, 1, "N10 K4 C3 P8 Q9 R3 S3 G1");
    expect_nest(&layers[4], "N10 K4 C8 P3 Q1 R1 S1 G1");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(layers[i].nest.map[0], 8);
        assert_int_equal(layers[i].nest.map[1], 9);
    }
    done(&r);
}

static void one_and_three_dimensions(void **state) {
    (void)state;
    struct read r = read_layers(
        2,
        "- {name: one, kind: conv1d, in: [6, 20], out_channels: 4, kernel: 5, stride: "
        "2, pad: [2, 1], dilation: 2, groups: 2}\n"
        "- {name: flat, kind: conv3d, in: [4, 5, 8, 9], out_channels: 6, kernel: [1, "
        "3, 3], stride: [2, 1, 1]}\n"
        "- {name: whole, kind: conv3d, in: [4, 5, 8, 9], out_channels: 6, kernel: [5, "
        "1, 1], groups: 2}\n"
        "- {name: apart, kind: conv3d, in: [4, 6, 8, 9], out_channels: 6, kernel: [3, "
        "3, 3], stride: [3, 1, 1], pad: [0, 1, 1]}\n"
        "- {name: woven, kind: conv3d, in: [4, 4, 8, 9], out_channels: 6, kernel: [2, "
        "3, 3], dilation: [2, 1, 1]}\n"
        "- {name: two, kind: conv2d, in: [4, 8, 9], out_channels: 6, kernel: 1}\n");
    const struct sdse_layer *layers = r.net->layers;
    assert_null(r.diags.first);
    expect_pad(&layers[0], 0, 2, "N2 K2 C3 P1 Q8 R1 S5 G2");
    expect_nest(&layers[1], "N6 K6 C4 P6 Q7 R3 S3 G1");
    expect_nest(&layers[2], "N2 K3 C10 P8 Q9 R1 S1 G2");
    assert_int_equal(layers[2].kind, SDSE_CONV1X1);
    expect_nest(&layers[3], "N4 K6 C12 P8 Q9 R3 S3 G1");
    expect_nest(&layers[4], "N4 K6 C8 P6 Q7 R3 S3 G1");
    expect_nest(&layers[5], "N2 K6 C4 P8 Q9 R1 S1 G1");
    done(&r);
}

// Overlapping depth windows: MACs, weights and outputs as they are; inputs as after an
// im2col along the depth, with a warning.
static void overlapping_depth(void **state) {
    (void)state;
    struct read r = read_layers(1, "- {name: c, kind: conv3d, in: [3, 16, 12, 12], "
                                   "out_channels: 64, kernel: 3, pad: 1}\n");
    const struct sdse_layer *layer = r.net->layers;
    assert_int_equal(words(layer, SDSE_WEIGHTS), 64 * 3 * 27);
    assert_int_equal(words(layer, SDSE_OUTPUTS), 64 * 16 * 12 * 12);
    expect_nest(layer, "N16 K64 C9 P12 Q12 R3 S3 G1");
    assert_non_null(r.diags.first);
    assert_string_equal(r.diags.first->check, "depth-unrolled");
    assert_int_equal(r.diags.first->severity, SDSE_WARNING);
    done(&r);
    // Dilated windows two slices apart share every second slice.
    r = read_layers(1, "- {name: c, kind: conv3d, in: [3, 7, 4, 4], out_channels: 4, "
                       "kernel: [3, 1, 1], stride: [2, 1, 1], dilation: [2, 1, 1]}\n");
    expect_nest(r.net->layers, "N2 K4 C9 P4 Q4 R1 S1 G1");
    assert_non_null(r.diags.first);
    done(&r);
}

// ---- transposed convolution, one axis at a time --------------------------------

enum { MOST = 64 };

// taps[o][i]: how often output o takes input i, counting each tap of the kernel.
struct direct {
    unsigned tap[MOST][MOST]; // 1 + the tap; 0: none
    unsigned outputs;
};

static struct direct direct_deconv(unsigned n, unsigned k, unsigned s, unsigned pad,
                                   unsigned extra) {
    struct direct d = {.outputs = (n - 1) * s + k + extra - 2 * pad};
    for (unsigned i = 0; i < n; i++)
        for (unsigned r = 0; r < k; r++) {
            int o = (int)(i * s + r) - (int)pad;
            if (o >= 0 && o < (int)d.outputs)
                d.tap[o][i] = 1 + r;
        }
    return d;
}

// Walks one phase along an axis and takes what it multiplies out of `d`.
static void take_phase(struct direct *d, const struct sdse_layer *layer, unsigned axis,
                       unsigned f, unsigned s, unsigned pad, bool seen[MOST]) {
    unsigned taps = (unsigned)layer->nest.bound[SDSE_R + axis], o = 0;
    assert_int_equal(layer->nest.stride[axis], 1);
    assert_int_equal(layer->nest.dilation[axis], 1);
    while ((o + pad) % s != f)
        o++;
    for (unsigned j = 0; j < layer->nest.bound[SDSE_P + axis]; j++, o += s) {
        assert_true(o < d->outputs);
        assert_false(seen[o]);
        seen[o] = true;
        for (unsigned t = 0; t < taps; t++) {
            int64_t i = (int64_t)j + t - layer->nest.pad[axis];
            if (i < 0 || i >= (int64_t)layer->nest.map[axis])
                continue;
            assert_int_equal(d->tap[o][i], 1 + f + (taps - 1 - t) * s);
            d->tap[o][i] = 0;
        }
    }
}

static void check_axis(unsigned axis, unsigned n, unsigned k, unsigned s, unsigned pad,
                       unsigned extra) {
    char line[256];
    const char *one = axis ? "1, " : "", *none = axis ? "0, " : "";
    const char *one_after = axis ? "" : ", 1", *none_after = axis ? "" : ", 0";
    snprintf(line, sizeof line,
             "- {name: up, kind: deconv, in: [4, %s%u%s], out_channels: 6, kernel: "
             "[%s%u%s], stride: [%s%u%s], pad: [%s%u%s], output_padding: [%s%u%s]}\n",
             one, n, one_after, one, k, one_after, one, s, one_after, none, pad,
             none_after, none, extra, none_after);
    struct direct d = direct_deconv(n, k, s, pad, extra);
    struct read r = read_layers(3, line);
    bool seen[MOST] = {false};
    uint64_t taps = 0;
    for (size_t i = 0; i < r.net->layer_count; i++) {
        unsigned rows = 0, columns = 0;
        const struct sdse_layer *layer = &r.net->layers[i];
        bool named = sscanf(layer->name, "up[%u,%u]", &rows, &columns) == 2;
        assert_true(named == (s > 1));
        assert_int_equal(axis ? rows : columns, 0);
        assert_int_equal(layer->nest.bound[SDSE_N], 3);
        assert_int_equal(layer->nest.map[axis], n);
        take_phase(&d, layer, axis, axis ? columns : rows, s, pad, seen);
        taps += layer->nest.bound[SDSE_R + axis];
    }
    for (unsigned o = 0; o < d.outputs; o++)
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(d.tap[o][i], 0);
    if (d.outputs >= s)
        assert_int_equal(taps, k);
    done(&r);
}

static void phases_are_the_transposed_convolution(void **state) {
    (void)state;
    unsigned checked = 0;
    for (unsigned axis = 0; axis < 2; axis++)
        for (unsigned k = 1; k <= 5; k++)
            for (unsigned s = 1; s <= 4; s++)
                for (unsigned pad = 0; pad < k; pad++)
                    for (unsigned extra = 0; extra < s; extra++)
                        for (unsigned n = 1; n <= 5; n++) {
                            unsigned all = (n - 1) * s + k + extra;
                            // Below a stride, some phases may have no output at all.
                            if (all < 2 * pad + s)
                                continue;
                            check_axis(axis, n, k, s, pad, extra);
                            checked++;
                        }
    printf("## transposed convolutions equal to the direct one: %u\n", checked);
}

// Both axes: MACs and weights of the phases add up.
static void phases_add_up(void **state) {
    (void)state;
    struct read r = read_layers(
        1, "- {name: up, kind: deconv, in: [64, 16, 16], out_channels: 32, kernel: 4, "
           "stride: 2, pad: 1, groups: 2, repeat: 3}\n"
           "- {name: same, kind: deconv, in: [6, 8, 8], out_channels: 4, kernel: 3, "
           "pad: 1}\n"
           "- {name: thin, kind: deconv, in: [6, 8, 8], out_channels: 4, kernel: 1, "
           "stride: 2, output_padding: 1}\n");
    assert_int_equal(r.net->layer_count, 4 + 1 + 1);
    uint64_t weights = 0, outputs = 0;
    for (int i = 0; i < 4; i++) {
        weights += words(&r.net->layers[i], SDSE_WEIGHTS);
        outputs += words(&r.net->layers[i], SDSE_OUTPUTS);
        assert_int_equal(r.net->layers[i].repeat, 3);
        assert_int_equal(r.net->layers[i].kind, SDSE_CONV);
        expect_nest(&r.net->layers[i], "N1 K16 C32 P16 Q16 R2 S2 G2");
    }
    assert_string_equal(r.net->layers[1].name, "up[0,1]");
    assert_string_equal(r.net->layers[2].name, "up[1,0]");
    assert_int_equal(weights, 64 * 16 * 4 * 4);
    assert_int_equal(outputs, 32 * 32 * 32);
    assert_string_equal(r.net->layers[4].name, "same");
    expect_nest(&r.net->layers[4], "N1 K4 C6 P8 Q8 R3 S3 G1");
    assert_string_equal(r.net->layers[5].name, "thin[0,0]");
    assert_int_equal(r.net->layers[5].kind, SDSE_CONV1X1);
    done(&r);
}

static void expect_move(const struct sdse_layer *layer, enum sdse_layer_kind kind,
                        bool fused, uint64_t operations) {
    assert_int_equal(layer->kind, kind);
    assert_true(layer->move.fused == fused);
    assert_int_equal(layer->move.operations, operations);
    assert_int_equal(sdse_layer_macs(layer), 0);
    const struct sdse_weight_form raw = {.smartdeal = false};
    const struct sdse_form_setting setting = {.smartdeal = true};
    assert_true(sdse_layer_weight_bits(layer, &raw, 8) == 0);
    assert_true(sdse_layer_stays_raw(layer, &setting));
}

// Kinds that multiply nothing, with what holds where the file does not say.
static void layers_that_only_move_words(void **state) {
    (void)state;
    struct read r = read_layers(
        2, "- {name: p, kind: maxpool, in: [6, 9, 8], kernel: [3, 2], stride: 2, pad: "
           "[1, 0]}\n"
           "- {name: a, kind: add, in: [6, 9, 8], addends: 3}\n"
           "- {name: n, kind: norm, in: [6, 9], batch: 4}\n"
           "- {name: s, kind: softmax, in: 10, passes: 2}\n"
           "- {name: f, kind: act, in: [6, 9, 8], fused: false, ops_per_word: 4}\n"
           "- {name: g, kind: avgpool, in: [6, 9, 8], kernel: [9, 8], fused: true}\n");
    const struct sdse_layer *layers = r.net->layers;
    expect_nest(&layers[0], "N2 K1 C1 P5 Q4 R3 S2 G6");
    expect_move(&layers[0], SDSE_POOL, false, 6);
    expect_nest(&layers[1], "N2 K1 C1 P9 Q8 R1 S1 G6");
    expect_move(&layers[1], SDSE_ADD, false, 2);
    assert_int_equal(layers[1].move.addends, 3);
    expect_nest(&layers[2], "N8 K1 C1 P9 Q1 R1 S1 G6");
    expect_move(&layers[2], SDSE_NORM, true, 2);
    expect_nest(&layers[3], "N2 K1 C1 P1 Q1 R1 S1 G10");
    expect_move(&layers[3], SDSE_SOFTMAX, false, 5);
    assert_int_equal(layers[3].move.passes, 2);
    expect_move(&layers[4], SDSE_ACT, false, 4);
    expect_nest(&layers[5], "N2 K1 C1 P1 Q1 R9 S8 G6");
    expect_move(&layers[5], SDSE_POOL, true, 72);
    done(&r);
}

// Smaller maps are read once for their distinct words: of each sample, or shared.
static void maps_that_are_repeated(void **state) {
    (void)state;
    struct read r = read_layers(
        2,
        "- {name: gate, kind: add, in: [6, 9, 8], broadcast: [[6, 1, 1]]}\n"
        "- {name: mask, kind: add, in: [6, 9, 8], addends: 2, batch: 3, passes: 2,"
        " broadcast: [[1, 1, 9, 8]]}\n"
        "- {name: outer, kind: add, in: [6, 9, 8], addends: 0, broadcast: [[6, 1, 1],"
        " [1, 3, 9, 4]]}\n"
        "- {name: off, kind: add, in: [6, 9, 8], fused: true, broadcast: [[6, 1, "
        "1]]}\n");
    const struct sdse_layer *layers = r.net->layers;
    static const struct {
        uint32_t addends, operations;
        uint64_t in;
    } wanted[] = {{1, 1, 2 * 432 + 2 * 6},
                  {2, 2, 2 * (2 * 6 * 432 + 72)},
                  {0, 1, 2 * 6 + 3 * 9 * 4},
                  {1, 1, 0}};
    for (size_t i = 0; i < 4; i++) {
        const struct sdse_stream stream = sdse_stream_of(&layers[i]);
        assert_int_equal(layers[i].move.addends, wanted[i].addends);
        assert_int_equal(layers[i].move.operations, wanted[i].operations);
        assert_int_equal(stream.in, wanted[i].in);
        assert_int_equal(stream.operations,
                         wanted[i].operations * (i == 1 ? 6 : 2) * 432);
    }
    done(&r);
}

// What makes two layers cost differently makes two problems.
static void what_moves_is_part_of_the_shape(void **state) {
    (void)state;
    struct read r = read_layers(
        1,
        "- {name: a, kind: add, in: [6, 9, 8]}\n"
        "- {name: b, kind: add, in: [6, 9, 8], addends: 3, ops_per_word: 1}\n"
        "- {name: c, kind: add, in: [6, 9, 8], passes: 2}\n"
        "- {name: d, kind: add, in: [6, 9, 8], fused: true}\n"
        "- {name: e, kind: add, in: [6, 9, 8], ops_per_word: 2}\n"
        "- {name: f, kind: softmax, in: [6, 9, 8], ops_per_word: 1}\n"
        "- {name: k, kind: add, in: [6, 9, 8], broadcast: [[6, 1, 1]]}\n"
        "- {name: l, kind: add, in: [6, 9, 8], broadcast: [[1, 6, 1, 1]]}\n"
        "- {name: m, kind: add, in: [6, 9, 8], broadcast: [[1, 9, 1]]}\n"
        "- {name: o, kind: add, in: [6, 9, 8], broadcast: [[6, 1, 1], [1, 9, 1]], "
        "ops_per_word: 1}\n"
        "- {name: g, kind: conv, in: [6, 9, 8], out_channels: 4, kernel: 3, pad: [[0, "
        "2], 1]}\n"
        "- {name: h, kind: conv, in: [6, 9, 8], out_channels: 4, kernel: 3, pad: [[2, "
        "0], 1]}\n"
        "- {name: i, kind: matmul, heads: 4, m: 3, k: 3, n: 3}\n"
        "- {name: j, kind: matmul, heads: 4, kv_heads: 2, m: 3, k: 3, n: 3}\n"
        "- {name: p, kind: matmul, heads: 4, m: 3, k: 3, n: 3, uncoded: [inputs]}\n"
        "- {name: q, kind: matmul, heads: 4, m: 3, k: 3, n: 3, uncoded: [outputs]}\n");
    for (size_t i = 0; i < r.net->layer_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(sdse_layer_shape_text(r.arena, &r.net->layers[i]),
                                    sdse_layer_shape_text(r.arena, &r.net->layers[j]));
    done(&r);
}

// A recurrent layer is its products, step by step: MACs and weights of a plain loop
// over time steps and gates, and what is written reads back to the same.
static void recurrent_layers_are_products(void **state) {
    (void)state;
    static const struct {
        const char *kind;
        unsigned gates, operations;
    } kinds[] = {{"lstm", 4, 13}, {"gru", 3, 11}};
    for (int k = 0; k < 2; k++) {
        char line[256];
        snprintf(line, sizeof line,
                 "- {name: cell, kind: %s, in: 7, hidden: 5, steps: 6, repeat: 2, "
                 "density: {weights: 0.5, source: x}}\n"
                 "- {name: plain, kind: fc, in: 3, out_channels: 2, steps: 4, repeat: "
                 "3}\n",
                 kinds[k].kind);
        struct read r = read_layers(3, line);
        const struct sdse_layer *l = r.net->layers;
        assert_int_equal(r.net->layer_count, 4);
        uint64_t macs = 0, weights = 0, operations = 0;
        for (unsigned layer = 0; layer < 2; layer++)
            for (unsigned gate = 0; gate < kinds[k].gates; gate++)
                for (unsigned word = 0; word < 5; word++) {
                    weights += 7 + 5;
                    for (unsigned step = 0; step < 6; step++)
                        macs += 3 * (7 + 5);
                }
        operations = 2ul * 3 * 6 * 5 * kinds[k].operations;
        uint64_t macs_read = 0, weights_read = 0, operations_read = 0;
        for (int i = 0; i < 3; i++) {
            macs_read += sdse_layer_macs(&l[i]) * l[i].repeat;
            if (sdse_layer_has_weights(&l[i])) {
                weights_read += words(&l[i], SDSE_WEIGHTS) * sdse_layer_copies(&l[i]);
                assert_true(l[i].density[SDSE_WEIGHTS] == 0.5);
            }
        }
        operations_read = sdse_stream_of(&l[2]).operations * l[2].repeat;
        assert_int_equal(macs_read, macs);
        assert_int_equal(weights_read, weights);
        assert_int_equal(operations_read, operations);
        assert_string_equal(l[0].name, "cell.in");
        assert_string_equal(l[1].name, "cell.state");
        assert_string_equal(l[2].name, "cell.gates");
        assert_true(l[2].kind == SDSE_ACT && l[2].move.fused);
        assert_int_equal(l[0].repeat, 2);
        assert_int_equal(l[1].repeat, 12);
        assert_int_equal(l[1].steps, 6);
        expect_nest(&l[0], k ? "N3 K15 C7 P6 Q1 R1 S1 G1" : "N3 K20 C7 P6 Q1 R1 S1 G1");
        expect_nest(&l[1], k ? "N3 K15 C5 P1 Q1 R1 S1 G1" : "N3 K20 C5 P1 Q1 R1 S1 G1");
        assert_int_equal(l[3].repeat, 12);
        assert_int_equal(sdse_layer_copies(&l[3]), 3);
        done(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_activations),
        cmocka_unit_test(padding_of_each_side),
        cmocka_unit_test(one_and_three_dimensions),
        cmocka_unit_test(overlapping_depth),
        cmocka_unit_test(phases_are_the_transposed_convolution),
        cmocka_unit_test(phases_add_up),
        cmocka_unit_test(layers_that_only_move_words),
        cmocka_unit_test(maps_that_are_repeated),
        cmocka_unit_test(what_moves_is_part_of_the_shape),
        cmocka_unit_test(recurrent_layers_are_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
