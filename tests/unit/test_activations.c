// Statistics of what layers read, measured on random networks, against counting by
// plain loops; and the block of a network's file that holds them.
#include "support/import_context.h"

#include <math.h>

#include "import/forward/trace.h"
#include "spec/checks.h"
#include "spec/show.h"
#include "spec/tree.h"
#include "spec/write.h"

static uint64_t random_state = 1;

static int64_t pick(int64_t least, int64_t most) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return least + (int64_t)((random_state >> 33) % (uint64_t)(most - least + 1));
}

// Digits by their definitions, one by one.
static unsigned plain_digits(int64_t v) {
    unsigned digits = 0;
    for (uint64_t m = (uint64_t)(v < 0 ? -v : v); m; m >>= 1)
        digits += m & 1;
    return digits;
}
static unsigned booth_digits(int64_t v) {
    unsigned digits = 0;
    for (int i = 0; i < 12; i++) {
        int low = i ? (int)(v >> (2 * i - 1) & 1) : 0, mid = (int)(v >> (2 * i) & 1),
            high = (int)(v >> (2 * i + 1) & 1);
        digits += low + mid - 2 * high != 0;
    }
    return digits;
}
// Never two digits in a row: an odd number takes the digit that leaves a multiple of 4.
static unsigned csd_digits(int64_t v) {
    unsigned digits = 0;
    for (; v; v /= 2) {
        if (v % 2 == 0)
            continue;
        digits++;
        v -= ((v % 4) + 4) % 4 == 1 ? 1 : -1;
    }
    return digits;
}

static Onnx__TensorProto *bytes(struct onnx_builder *b, const char *name, int32_t type,
                                unsigned rank, const int64_t *dims, int64_t least,
                                int64_t most) {
    Onnx__TensorProto *t = onnx_tensor(b, name, type, rank, dims);
    size_t count = 1;
    for (unsigned d = 0; d < rank; d++)
        count *= (size_t)dims[d];
    t->n_int32_data = count;
    t->int32_data = SDSE_ARENA_ARRAY(b->arena, int32_t, count + 1);
    for (size_t i = 0; i < count; i++)
        t->int32_data[i] = (int32_t)pick(least, most);
    onnx_initializer(b, t);
    return t;
}

static void number(struct onnx_builder *b, const char *name, float value) {
    Onnx__TensorProto *t =
        onnx_tensor(b, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 0, NULL);
    t->n_float_data = 1;
    t->float_data = SDSE_ARENA_NEW(b->arena, float);
    t->float_data[0] = value;
    onnx_initializer(b, t);
}

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
};

// Sparse inputs with whole rows of zeros: multiples of `step`, N x C x H x W.
static struct sdse_array sparse_input(unsigned rank, const uint64_t *shape,
                                      double step) {
    struct sdse_array array = {.rank = rank, .count = 1};
    for (unsigned d = 0; d < rank; d++)
        array.count *= array.shape[d] = shape[d];
    array.data = calloc(array.count + 1, sizeof *array.data);
    uint64_t width = shape[rank - 1];
    for (uint64_t row = 0; row < array.count / width; row++) {
        bool dead = pick(0, 3) == 0;
        for (uint64_t x = 0; x < width; x++)
            array.data[row * width + x] =
                dead || pick(0, 2) == 0 ? 0 : (float)((double)pick(-127, 127) * step);
    }
    return array;
}

static const struct sdse_activations *trace(struct context *context,
                                            const struct sdse_array *array,
                                            uint32_t bits, size_t layer) {
    size_t length;
    const unsigned char *packed = onnx_pack(&context->b, &length);
    struct sdse_forward_input one = {NULL, *array};
    const struct sdse_forward_inputs inputs = {1, &one};
    struct sdse_import_input shape;
    sdse_forward_inputs_shapes(&inputs, &shape);
    const struct sdse_import_options options = {.input_count = 1, .inputs = &shape};
    enum sdse_status status = import_bytes(context, packed, length, &options);
    if (status == SDSE_OK)
        status = sdse_forward_trace(context->imported, &inputs, bits,
                                    (unsigned)pick(1, 2), &context->diags);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    const struct sdse_activations *a =
        sdse_imported_workload(context->imported)->layers[layer].activations;
    assert_non_null(a);
    return a;
}

// What integers [samples][channels][rows][width] amount to.
static void expect_counts(const struct sdse_activations *a, const int64_t *v,
                          uint64_t samples, uint64_t channels, uint64_t rows,
                          uint64_t width, unsigned taps) {
    uint64_t live = 0, live_rows = 0, words = samples * channels * rows * width;
    double bins[3][SDSE_ACTIVATION_DIGITS + 1] = {{0}};
    assert_int_equal(a->channels, channels * taps);
    for (uint64_t c = 0; c < channels; c++) {
        uint64_t here = 0;
        for (uint64_t n = 0; n < samples; n++)
            for (uint64_t r = 0; r < rows; r++) {
                uint64_t in_row = 0;
                for (uint64_t x = 0; x < width; x++) {
                    int64_t value = v[((n * channels + c) * rows + r) * width + x];
                    in_row += value != 0;
                    bins[0][plain_digits(value)]++;
                    bins[1][booth_digits(value)]++;
                    bins[2][csd_digits(value)]++;
                }
                here += in_row;
                live_rows += in_row > 0;
            }
        for (unsigned t = 0; t < taps; t++)
            assert_true(fabs(a->channel_density[c * taps + t] -
                             (double)here / (double)(words / channels)) < 1e-6);
        live += here;
    }
    assert_true(a->density == (double)live / (double)words);
    assert_true(a->row_density ==
                (double)live_rows / (double)(samples * channels * rows));
    for (unsigned e = 0; e < SDSE_ENCODINGS; e++)
        for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++)
            assert_true(a->digits[e][d] == bins[e][d]);
    assert_true(a->measured && a->rows_known);
    assert_string_equal(a->mark, "measured");
    assert_int_equal(strlen(a->inputs_hash), 32);
}

// A convolution of one to three dimensions reads real numbers: by the largest magnitude
// over all runs; taps of a depth are channels.
static void real_maps_are_quantised_by_their_largest(void **state) {
    random_state = 51;
    for (unsigned round = 0; round < 400; round++) {
        struct context *context;
        setup((void **)&context);
        struct onnx_builder *b = &context->b;
        unsigned axes = (unsigned)pick(1, 3), bits = (unsigned)pick(2, 12);
        uint64_t runs = (uint64_t)pick(1, 3), channels = (uint64_t)pick(1, 4);
        int64_t dims[5] = {pick(0, 1), (int64_t)channels},
                w[5] = {2, (int64_t)channels};
        uint64_t shape[5] = {runs, channels}, rows = 1;
        for (unsigned i = 0; i < axes; i++) {
            shape[2 + i] = (uint64_t)(dims[2 + i] = pick(2, 5));
            w[2 + i] = pick(1, 2);
            rows *= i + 1 < axes ? shape[2 + i] : 1;
        }
        onnx_input(b, "x", 2 + axes, dims);
        onnx_floats(b, "w", 2 + axes, w);
        onnx_node(b, "Conv", "conv", "x,w", "y");
        struct sdse_array x = sparse_input(2 + axes, shape, 0.01);
        const struct sdse_activations *a = trace(context, &x, bits, 0);
        double most = 0, top = (double)((1 << (bits - 1)) - 1);
        int64_t *v = calloc(x.count, sizeof *v);
        for (uint64_t i = 0; i < x.count; i++)
            most = fmax(most, fabs((double)x.data[i]));
        for (uint64_t i = 0; i < x.count; i++)
            v[i] = most > 0 ? (int64_t)nearbyint((double)x.data[i] / (most / top)) : 0;
        expect_counts(a, v, runs, channels, rows, shape[1 + axes],
                      axes == 3 ? (unsigned)w[2] : 1);
        assert_int_equal(a->inputs, runs);
        assert_int_equal(a->bits, bits);
        assert_true(a->is_signed);
        free(v);
        sdse_array_free(&x);
        teardown((void **)&context);
    }
    (void)state;
}

// QuantizeLinear, DequantizeLinear, something that only arranges, a product: integers
// by the nodes' scale, whatever --bits says; and ConvInteger, MatMulInteger.
static void quantised_maps_are_their_integers(void **state) {
    random_state = 52;
    for (unsigned round = 0; round < 400; round++) {
        struct context *context;
        setup((void **)&context);
        struct onnx_builder *b = &context->b;
        const int64_t zero = round % 4 == 0   ? 0
                             : round % 4 == 1 ? 128
                             : round % 4 == 2 ? 127 // -127 … 128: 9 bits
                                              : pick(1, 250);
        const bool integers = pick(0, 1), is_signed = round % 8 >= 4;
        const int64_t shift = is_signed ? 128 : 0;
        bool pooled = false;
        const uint64_t shape[4] = {(uint64_t)pick(1, 3), 3, 4, 5};
        onnx_input(b, "x", ONNX_DIMS(1, 3, 4, 5));
        number(b, "s", 0.125f);
        Onnx__TensorProto *z = bytes(b, "z", is_signed ? INT8 : UINT8, 0, NULL,
                                     zero - shift, zero - shift);
        (void)z;
        onnx_node(b, "QuantizeLinear", "q", "x,s,z", "a");
        if (integers) {
            bytes(b, "w", INT8, ONNX_DIMS(2, 3, 2, 2), -9, 9);
            onnx_node(b, "ConvInteger", "conv", "a,w,z", "y");
            number(b, "f", 0.5f);
            onnx_node(b, "Cast", "cast", "y", "y1");
            onnx_set_int(b, b->nodes[b->graph.n_node - 1], "to", 1);
            onnx_node(b, "Mul", "mul", "y1,f", "y2");
        } else {
            onnx_node(b, "DequantizeLinear", "d", "a,s,z", "c");
            static const char *const chooses[] = {"Identity", "MaxPool", "Dropout"};
            unsigned which = (unsigned)pick(0, 2);
            pooled = which == 1; // a pool is a layer
            Onnx__NodeProto *node = onnx_node(b, chooses[which], "same", "c", "e");
            if (which == 1)
                onnx_set_ints(b, node, "kernel_shape", ONNX_DIMS(1, 1));
            onnx_floats(b, "w", ONNX_DIMS(2, 3, 2, 2));
            onnx_node(b, "Conv", "conv", "e,w", "y");
        }
        struct sdse_array x = sparse_input(4, shape, 0.125);
        const struct sdse_activations *a = trace(context, &x, 4, pooled);
        int64_t *v = calloc(x.count, sizeof *v);
        for (uint64_t i = 0; i < x.count; i++) {
            int64_t q = (int64_t)nearbyint((double)x.data[i] / 0.125);
            v[i] = q < -zero ? -zero : q > 255 - zero ? 255 - zero : q;
        }
        expect_counts(a, v, shape[0], 3, 4, 5, 1);
        assert_int_equal(a->is_signed, zero > 0);
        assert_int_equal(a->bits, zero == 0 || zero == 128 ? 8 : 9);
        free(v);
        sdse_array_free(&x);
        teardown((void **)&context);
    }
    (void)state;
}

// What computes new numbers is no longer of the grid: --bits counts.
static void computed_maps_are_real_numbers(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 4, 5));
    number(b, "s", 0.125f);
    bytes(b, "z", UINT8, 0, NULL, 128, 128);
    onnx_node(b, "QuantizeLinear", "q", "x,s,z", "a");
    onnx_node(b, "DequantizeLinear", "d", "a,s,z", "c");
    onnx_set_ints(b, onnx_node(b, "AveragePool", "pool", "c", "e"), "kernel_shape",
                  ONNX_DIMS(1, 1));
    onnx_floats(b, "w", ONNX_DIMS(2, 3, 1, 1));
    onnx_node(b, "Conv", "conv", "e,w", "y");
    struct sdse_array x = sparse_input(4, (const uint64_t[]){1, 3, 4, 5}, 0.125);
    const struct sdse_workload *net;
    trace(context, &x, 5, 1);
    net = sdse_imported_workload(context->imported);
    assert_int_equal(net->layers[1].activations->bits, 5);
    sdse_array_free(&x);
}

// Matrices: channels are what is summed over, rows have a width of 1. Also where the
// weights are the left operand, transposed, or a stack.
static void matrices_have_channels_where_they_sum(void **state) {
    random_state = 53;
    for (unsigned round = 0; round < 400; round++) {
        struct context *context;
        setup((void **)&context);
        struct onnx_builder *b = &context->b;
        int64_t m = pick(2, 4), k = pick(2, 5), g = pick(2, 3);
        unsigned kind = round % 5;
        uint64_t shape[3] = {1, (uint64_t)m, (uint64_t)k}, rank = 3;
        switch (kind) {
        case 0: // [1, m, k] x [k, 2]
            onnx_input(b, "x", ONNX_DIMS(1, m, k));
            onnx_floats(b, "w", ONNX_DIMS(k, 2));
            onnx_node(b, "MatMul", "fc", "x,w", "y");
            break;
        case 1: // [2, k] x [1, k, m]: the right one moves
            shape[1] = (uint64_t)k, shape[2] = (uint64_t)m;
            onnx_input(b, "x", ONNX_DIMS(1, k, m));
            onnx_floats(b, "w", ONNX_DIMS(2, k));
            onnx_node(b, "MatMul", "fc", "w,x", "y");
            break;
        case 2: // a stack of weights [g, k, 2]
            shape[0] = (uint64_t)g;
            onnx_input(b, "x", ONNX_DIMS(g, m, k));
            onnx_floats(b, "w", ONNX_DIMS(g, k, 2));
            onnx_node(b, "MatMul", "fc", "x,w", "y");
            break;
        case 3: // Gemm, [m, k]
            rank = 2, shape[0] = (uint64_t)m, shape[1] = (uint64_t)k;
            onnx_input(b, "x", ONNX_DIMS(m, k));
            onnx_floats(b, "w", ONNX_DIMS(2, k));
            onnx_set_int(b, onnx_node(b, "Gemm", "fc", "x,w", "y"), "transB", 1);
            break;
        default: // Gemm, [k, m] transposed
            rank = 2, shape[0] = (uint64_t)k, shape[1] = (uint64_t)m;
            onnx_input(b, "x", ONNX_DIMS(k, m));
            onnx_floats(b, "w", ONNX_DIMS(k, 2));
            onnx_set_int(b, onnx_node(b, "Gemm", "fc", "x,w", "y"), "transA", 1);
        }
        struct sdse_array x = sparse_input((unsigned)rank, shape, 1);
        x.data[0] = 127;
        const struct sdse_activations *a = trace(context, &x, 8, 0);
        // As [samples][channels][1][1].
        uint64_t groups = kind == 2 ? (uint64_t)g : 1, ks = (uint64_t)k;
        int64_t *v = calloc(x.count, sizeof *v);
        for (uint64_t i = 0; i < x.count; i++) {
            uint64_t sample, channel;
            if (kind == 1 || kind == 4) {
                channel = i / (uint64_t)m % ks;
                sample = i % (uint64_t)m;
            } else {
                channel = i % ks + (kind == 2 ? i / ks / (uint64_t)m * ks : 0);
                sample = i / ks % (uint64_t)m;
            }
            v[sample * groups * ks + channel] = (int64_t)nearbyint((double)x.data[i]);
        }
        expect_counts(a, v, (uint64_t)m, groups * ks, 1, 1, 1);
        free(v);
        sdse_array_free(&x);
        teardown((void **)&context);
    }
    (void)state;
}

// Of a product of activations the left operand, without channels.
static void products_of_activations_count_the_left_one(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2, 2));
    onnx_node(b, "Relu", "relu", "x", "r");
    onnx_node(b, "MatMul", "product", "r,x", "y");
    float data[] = {1, -1, 0, 0.5f};
    const struct sdse_array x = {
        .rank = 3, .shape = {1, 2, 2}, .count = 4, .data = data};
    const struct sdse_activations *a = trace(context, &x, 8, 1);
    assert_true(a->density == 0.5);
    assert_int_equal(a->channels, 0);
}

static void inputs_are_told_apart_by_their_hash(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(0, 1, 0, 0));
    onnx_floats(b, "w", ONNX_DIMS(1, 1, 1, 1));
    onnx_node(b, "Conv", "conv", "x,w", "y");
    float data[] = {1, 2, 3, 4, 1, 2, 3, 4};
    struct sdse_array x = {.rank = 4, .shape = {1, 1, 2, 2}, .count = 4, .data = data};
    char first[33];
    strcpy(first, trace(context, &x, 8, 0)->inputs_hash);
    assert_string_equal(trace(context, &x, 8, 0)->inputs_hash, first);
    data[3] = 5;
    assert_string_not_equal(trace(context, &x, 8, 0)->inputs_hash, first);
    data[3] = 4;
    x.shape[2] = 4, x.shape[3] = 1; // the same numbers
    assert_string_not_equal(trace(context, &x, 8, 0)->inputs_hash, first);
    x.shape[2] = x.shape[3] = 2;
    x.shape[0] = 2, x.count = 8;
    const struct sdse_activations *a = trace(context, &x, 8, 0);
    assert_string_not_equal(a->inputs_hash, first);
    assert_int_equal(a->inputs, 2);
}

static void inputs_that_do_not_fit_are_refused(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(0, 2));
    onnx_input(b, "z", ONNX_DIMS(0, 2));
    onnx_floats(b, "w", ONNX_DIMS(2, 2));
    onnx_node(b, "MatMul", "fc", "x,w", "a");
    onnx_node(b, "Add", "add", "a,z", "y");
    float data[8] = {0};
    struct sdse_forward_input given[2] = {
        {"x", {.rank = 2, .shape = {4, 2}, .count = 8, .data = data}},
        {"z", {.rank = 2, .shape = {3, 2}, .count = 6, .data = data}}};
    struct sdse_forward_inputs inputs = {2, given};
    struct sdse_import_input shapes[2];
    sdse_forward_inputs_shapes(&inputs, shapes);
    const struct sdse_import_options options = {.input_count = 2, .inputs = shapes};
    size_t length;
    const unsigned char *packed = onnx_pack(b, &length);
    assert_int_equal(import_bytes(context, packed, length, &options), SDSE_OK);
    assert_int_equal(
        sdse_forward_trace(context->imported, &inputs, 8, 1, &context->diags),
        SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, "onnx-input-shape"));
    expect_message(context, "holds 3 runs, another 4");
    given[1].array.shape[0] = 4, given[1].array.count = 8;
    assert_int_equal(
        sdse_forward_trace(context->imported, &inputs, 8, 1, &context->diags), SDSE_OK);
    inputs.count = 1;
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(
        sdse_forward_trace(context->imported, &inputs, 8, 1, &context->diags),
        SDSE_INVALID);
    expect_message(context, "no array is given for input 'z'");
}

// ---- the block of a file ----------------------------------------------------

static const char head[] =
    "name: n\nsource: s\nlayers:\n  - {name: a, kind: conv, in: [2, 4, 4], "
    "out_channels: 3, kernel: [1, 1], activations: {";

static struct sdse_workload *load_block(struct context *context, const char *block) {
    struct sdse_node *root;
    struct sdse_workload *net = NULL;
    const char *text = sdse_arena_printf(context->arena, "%s%s}}\n", head, block);
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(sdse_tree_parse_memory(context->arena, "n.yaml", text,
                                            strlen(text), &context->diags, &root),
                     SDSE_OK);
    sdse_workload_from_tree(context->arena, root, &context->diags, &net);
    return net;
}

static void the_block_reads_back_as_written(void **state) {
    struct context *context = *state;
    static const char *const blocks[] = {
        "mark: assumed, density: 0.34",
        "mark: M+, source: \"a, table\", density: 0.3, row_density: 0.5, bits: 16",
        "mark: measured, inputs: 3, inputs_hash: \"0f\", bits: 8, signed: false, "
        "density: 0.5, row_density: 0.75, digits: {plain: [2, 1, 1], booth4: [2, 2], "
        "csd: [0.5, 0.25, 0.25]}, channels: [0.25, 0.75]",
        "mark: D, density: 0.1, digits: {csd: [9, 1]}",
    };
    for (size_t i = 0; i < 4; i++) {
        struct sdse_workload *net = load_block(context, blocks[i]);
        assert_non_null(net);
        const char *text = sdse_workload_text(context->arena, net);
        struct sdse_node *root;
        struct sdse_workload *again = NULL;
        assert_int_equal(sdse_tree_parse_memory(context->arena, "n.yaml", text,
                                                strlen(text), &context->diags, &root),
                         SDSE_OK);
        sdse_workload_from_tree(context->arena, root, &context->diags, &again);
        assert_non_null(again);
        assert_string_equal(sdse_workload_text(context->arena, again), text);
        const struct sdse_activations *a = net->layers[0].activations;
        const struct sdse_activations *c = again->layers[0].activations;
        assert_true(a->density == c->density && a->bits == c->bits &&
                    a->is_signed == c->is_signed && a->channels == c->channels &&
                    a->rows_known == c->rows_known && a->inputs == c->inputs &&
                    a->row_density == c->row_density && a->measured == c->measured &&
                    memcmp(a->digits, c->digits, sizeof a->digits) == 0 &&
                    memcmp(a->bins, c->bins, sizeof a->bins) == 0);
        assert_string_equal(a->mark, c->mark);
        assert_int_equal(a->rows_known, strstr(blocks[i], "row_density") != NULL);
        assert_int_equal(strstr(text, "row_density") != NULL, a->rows_known);
    }
    // Every part of it is in the text, by which networks are told apart.
    const char *base =
        sdse_workload_text(context->arena, load_block(context, blocks[2]));
    static const char *const others[] = {"inputs: 3",
                                         "inputs: 4",
                                         "\"0f\"",
                                         "\"1f\"",
                                         "bits: 8",
                                         "bits: 9",
                                         "signed: false",
                                         "signed: true",
                                         "row_density: 0.75",
                                         "row_density: 0.8",
                                         "[2, 1, 1]",
                                         "[2, 2]",
                                         "[2, 2]",
                                         "[1, 1]",
                                         "0.25, 0.25]",
                                         "0.125, 0.375]",
                                         "[0.25, 0.75]",
                                         "[0.75, 0.25]",
                                         ", row_density: 0.75",
                                         ""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i += 2) {
        const char *at = strstr(blocks[2], others[i]);
        const char *changed =
            sdse_arena_printf(context->arena, "%.*s%s%s", (int)(at - blocks[2]),
                              blocks[2], others[i + 1], at + strlen(others[i]));
        struct sdse_workload *net = load_block(context, changed);
        if (!net)
            fail_msg("%s", changed);
        assert_string_not_equal(sdse_workload_text(context->arena, net), base);
    }
}

static void digits_have_shares_and_a_mean(void **state) {
    struct context *context = *state;
    const struct sdse_activations *a =
        load_block(context, "mark: D, density: 0.5, digits: {plain: [4, 1, 3]}")
            ->layers[0]
            .activations;
    assert_true(sdse_digit_share(a, SDSE_ENCODING_PLAIN, 0) == 0.5);
    assert_true(sdse_digit_share(a, SDSE_ENCODING_PLAIN, 2) == 0.375);
    assert_true(sdse_digit_share(a, SDSE_ENCODING_PLAIN, 3) == 0);
    assert_true(sdse_digit_mean(a, SDSE_ENCODING_PLAIN) == 0.875);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_maps_are_quantised_by_their_largest),
        cmocka_unit_test(quantised_maps_are_their_integers),
        cmocka_unit_test(matrices_have_channels_where_they_sum),
        TEST(computed_maps_are_real_numbers),
        TEST(products_of_activations_count_the_left_one),
        TEST(inputs_are_told_apart_by_their_hash),
        TEST(inputs_that_do_not_fit_are_refused),
        TEST(the_block_reads_back_as_written),
        TEST(digits_have_shares_and_a_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
