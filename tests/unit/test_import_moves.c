// Nodes that multiply nothing as layers: their words and operations against counting by
// the operators' definitions, functions and normalisations written in parts, and what
// is folded into weights.
//
// One file, though long: one list of what moves words, each kind with its own naive
// count.
#include "support/import_context.h"

#include <math.h>

#include "costmodel/stream.h"

static uint64_t random_state;

static int64_t pick(int64_t least, int64_t most) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return least + (int64_t)((random_state >> 33) % (uint64_t)(most - least + 1));
}

static const struct sdse_layer *layer_named(struct context *context, const char *name) {
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    for (size_t i = 0; i < net->layer_count; i++)
        if (strcmp(net->layers[i].name, name) == 0)
            return &net->layers[i];
    return NULL;
}

// A product, without which a model is refused.
static void add_product(struct onnx_builder *b) {
    onnx_input(b, "px", ONNX_DIMS(1, 2));
    onnx_floats(b, "pw", ONNX_DIMS(2, 3));
    onnx_node(b, "MatMul", "product", "px,pw", "py");
}

// ---- pools ------------------------------------------------------------------

// Words of a map of `in` that windows touch, and windows, along one axis.
static void count_axis(int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                       int64_t begin, int64_t end, bool ceiling, int64_t *touched,
                       int64_t *windows) {
    bool seen[64] = {false};
    *touched = *windows = 0;
    for (int64_t first = -begin;; first += stride) {
        bool fits = first + (kernel - 1) * dilation < in + end;
        // In ceil mode the last window may be cut off, but starts on the map.
        bool cut = ceiling && first - stride + (kernel - 1) * dilation < in + end - 1 &&
                   first < in;
        if (!fits && !cut)
            break;
        ++*windows;
        for (int64_t r = 0; r < kernel; r++)
            if (first + r * dilation >= 0 && first + r * dilation < in)
                seen[first + r * dilation] = true;
    }
    for (int64_t i = 0; i < in; i++)
        *touched += seen[i];
}

static void pools_move_what_their_windows_touch(void **state) {
    (void)state;
    random_state = 3;
    unsigned done = 0;
    while (done < 1500) {
        int64_t in[2], kernel[2], stride[2], dilation[2], begin[2], end[2], touched[2],
            windows[2];
        bool ceiling = pick(0, 1), fits = true;
        int64_t samples = pick(1, 3), channels = pick(1, 5), axes = pick(1, 2);
        for (int i = 0; i < 2; i++) {
            bool there = i < axes;
            in[i] = there ? pick(1, 12) : 1;
            kernel[i] = there ? pick(1, 4) : 1;
            stride[i] = there ? pick(1, 4) : 1;
            dilation[i] = there ? pick(1, 2) : 1;
            begin[i] = there ? pick(0, kernel[i] - 1) : 0;
            end[i] = there ? pick(0, kernel[i] - 1) : 0;
            fits &= (kernel[i] - 1) * dilation[i] < in[i] + begin[i] + end[i];
            count_axis(in[i], kernel[i], stride[i], dilation[i], begin[i], end[i],
                       ceiling, &touched[i], &windows[i]);
        }
        if (!fits)
            continue;
        struct context *context;
        setup((void **)&context);
        struct onnx_builder *b = &context->b;
        onnx_input(b, "x", (unsigned)(2 + axes),
                   (int64_t[]){samples, channels, in[0], in[1]});
        add_product(b);
        static const char *const ops[] = {"MaxPool", "AveragePool", "LpPool"};
        Onnx__NodeProto *node = onnx_node(b, ops[pick(0, 2)], "pool", "x", "y");
        size_t n = (size_t)axes;
        onnx_set_ints(b, node, "kernel_shape", n, kernel);
        onnx_set_ints(b, node, "strides", n, stride);
        onnx_set_ints(b, node, "dilations", n, dilation);
        int64_t pads[4] = {begin[0], axes == 1 ? end[0] : begin[1], end[0], end[1]};
        onnx_set_ints(b, node, "pads", 2 * n, pads);
        onnx_set_int(b, node, "ceil_mode", ceiling);
        if (import(context) != SDSE_OK) {
            // A product's rows that are no multiple of the samples: the batch is 1
            // then.
            sdse_diags_print(&context->diags, stderr, false);
            fail();
        }
        const struct sdse_layer *layer = layer_named(context, "pool");
        assert_non_null(layer);
        struct sdse_stream stream = sdse_stream_of(layer);
        assert_int_equal(layer->kind, SDSE_POOL);
        assert_false(layer->move.fused);
        assert_int_equal(stream.in, samples * channels * touched[0] * touched[1]);
        assert_int_equal(stream.out, samples * channels * windows[0] * windows[1]);
        assert_int_equal(stream.operations,
                         (int64_t)stream.out * kernel[0] * kernel[1]);
        teardown((void **)&context);
        done++;
    }
    printf("## pools of ONNX models: %u equal\n", done);
}

// Means over any dimensions that nothing broadcasts back, and sums of two maps.
static void reductions_and_sums(void **state) {
    (void)state;
    random_state = 5;
    for (unsigned done = 0; done < 1000; done++) {
        int64_t dims[4], axes[4], words = 1, kept = 1;
        size_t rank = (size_t)pick(2, 4), count = 0;
        struct context *context;
        setup((void **)&context);
        struct onnx_builder *b = &context->b;
        for (size_t i = 0; i < rank; i++) {
            dims[i] = pick(2, 5);
            words *= dims[i];
            if (i > 0 && pick(0, 1))
                axes[count++] = (int64_t)i;
            else
                kept *= dims[i];
        }
        if (count == 0) {
            axes[count++] = -1;
            kept /= dims[rank - 1];
        }
        onnx_input(b, "x", (unsigned)rank, dims);
        onnx_input(b, "z", (unsigned)rank, dims);
        add_product(b);
        Onnx__NodeProto *node = onnx_node(b, "ReduceMean", "mean", "x", "y");
        onnx_set_ints(b, node, "axes", count, axes);
        onnx_set_int(b, node, "keepdims", pick(0, 1));
        onnx_node(b, "Add", "sum", "x,z", "s");
        onnx_node(b, "Sum", "three", "s,x,z", "t");
        assert_int_equal(import(context), SDSE_OK);
        struct sdse_stream mean = sdse_stream_of(layer_named(context, "mean"));
        struct sdse_stream sum = sdse_stream_of(layer_named(context, "sum"));
        struct sdse_stream three = sdse_stream_of(layer_named(context, "three"));
        assert_int_equal(mean.in, words);
        assert_int_equal(mean.out, kept);
        assert_int_equal(mean.operations, words);
        assert_int_equal(sum.in, 2 * words);
        assert_int_equal(sum.out, words);
        assert_int_equal(sum.operations, words);
        assert_int_equal(three.in, 3 * words);
        assert_int_equal(three.operations, 2 * words);
        teardown((void **)&context);
    }
    printf("## reductions and sums of ONNX models: 1000 equal\n");
}

// Additions of maps that numpy's rules repeat: each is read for its distinct words.
static void repeated_maps_are_read_once(void **state) {
    (void)state;
    random_state = 11;
    unsigned done = 0;
    while (done < 1000) {
        int64_t dims[5], small[5], words = 1, few = 1;
        const size_t rank = (size_t)pick(1, 5), less = (size_t)pick(1, (int64_t)rank);
        for (size_t i = 0; i < rank; i++) {
            dims[i] = pick(2, 4);
            words *= dims[i];
        }
        for (size_t i = 0; i < less; i++) {
            small[i] = pick(0, 1) ? dims[rank - less + i] : 1;
            few *= small[i];
        }
        if (few == 1 || few == words)
            continue; // a number; a map
        struct context *context;
        setup((void **)&context);
        struct onnx_builder *b = &context->b;
        onnx_input(b, "x", (unsigned)rank, dims);
        onnx_input(b, "z", (unsigned)less, small);
        add_product(b);
        onnx_node(b, "Add", "sum", "z,x", "s");
        onnx_node(b, "Sum", "three", "x,z,s", "t");
        onnx_node(b, "Relu", "rx", "x", "xx");
        assert_int_equal(import(context), SDSE_OK);
        const struct sdse_layer *sum = layer_named(context, "sum");
        const struct sdse_layer *three = layer_named(context, "three");
        assert_int_equal(sdse_stream_of(sum).in, words + few);
        assert_int_equal(sdse_stream_of(sum).out, words);
        assert_int_equal(sdse_stream_of(sum).operations, words);
        assert_int_equal(sdse_stream_of(three).in, 2 * words + few);
        assert_int_equal(sdse_stream_of(three).operations, 2 * words);
        teardown((void **)&context);
        done++;
    }
    printf("## repeated maps of ONNX models: %u equal\n", done);
}

// ---- functions in parts -----------------------------------------------------

// A line: "op:inputs:output", constants are numbers in the text "c"; ends with NULL.
static void add_lines(struct onnx_builder *b, const char *const *lines) {
    for (; *lines; lines++) {
        char op[40], inputs[60], output[20];
        assert_int_equal(sscanf(*lines, "%39[^:]:%59[^:]:%19s", op, inputs, output), 3);
        Onnx__NodeProto *node = onnx_node(b, op, output, inputs, output);
        if (strncmp(op, "Reduce", 6) == 0)
            onnx_set_ints(b, node, "axes", ONNX_DIMS(-1));
    }
}

struct expected {
    const char *name;
    enum sdse_layer_kind kind;
    uint32_t operations, addends;
};

// The layers after the product, in order, each of 2 x 6 words.
static void expect_moves(const char *const *lines, const struct expected *expected,
                         size_t count) {
    struct context *context;
    setup((void **)&context);
    struct onnx_builder *b = &context->b;
    onnx_input(b, "in", ONNX_DIMS(2, 4));
    onnx_floats(b, "w", ONNX_DIMS(4, 6));
    onnx_floats(b, "c", 0, NULL);
    onnx_floats(b, "row", ONNX_DIMS(6));
    onnx_node(b, "MatMul", "fc", "in,w", "x");
    add_lines(b, lines);
    const struct sdse_layer *layers = expect_layers(context, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct sdse_layer *layer = &layers[i + 1];
        assert_string_equal(layer->name, expected[i].name);
        assert_int_equal(layer->kind, expected[i].kind);
        assert_int_equal(layer->move.operations, expected[i].operations);
        assert_int_equal(layer->move.addends, expected[i].addends);
        assert_int_equal(layer->move.fused,
                         layer->kind == SDSE_ACT || layer->kind == SDSE_NORM);
        const uint64_t *bound = layer->nest.bound;
        assert_int_equal(bound[SDSE_N] * bound[SDSE_G] * bound[SDSE_P] * bound[SDSE_Q],
                         2 * 6);
    }
    teardown((void **)&context);
}

#define EXPECT(lines, ...)                                         \
    do {                                                           \
        const struct expected expected[] = {__VA_ARGS__};          \
        expect_moves((const char *const[]){lines, NULL}, expected, \
                     sizeof expected / sizeof *expected);          \
    } while (0)
#define LINES(...) __VA_ARGS__

static void functions_in_parts_are_one_layer(void **state) {
    (void)state;
    // GELU, with erf and with tanh.
    EXPECT(LINES("Div:x,c:a", "Erf:a:b", "Add:b,c:d", "Mul:x,d:e", "Mul:e,c:gelu"),
           {"e", SDSE_ACT, 5, 1});
    EXPECT(LINES("Pow:x,c:a", "Mul:a,c:b", "Add:x,b:d", "Mul:d,c:e", "Tanh:e:f",
                 "Add:f,c:g", "Mul:x,g:h", "Mul:h,c:gelu"),
           {"h", SDSE_ACT, 8, 1});
    EXPECT(LINES("Sigmoid:x:a", "Mul:x,a:silu"), {"silu", SDSE_ACT, 2, 1});
    EXPECT(LINES("Add:x,c:a", "Clip:a:b", "Mul:x,b:d", "Div:d,c:hswish"),
           {"d", SDSE_ACT, 4, 1});
    // Layer normalisation, and with its scale and shift.
    EXPECT(LINES("ReduceMean:x:m", "Sub:x,m:d", "Pow:d,c:p", "ReduceMean:p:v",
                 "Add:v,c:e", "Sqrt:e:s", "Div:d,s:ln", "Mul:ln,row:g", "Add:g,row:y"),
           {"ln", SDSE_NORM, 5, 1});
    EXPECT(LINES("Exp:x:a", "ReduceSum:a:s", "Div:a,s:soft"),
           {"soft", SDSE_SOFTMAX, 3, 1});
    // Named ones.
    EXPECT(LINES("Relu:x:a", "Softmax:a:b", "LayerNormalization:b,row:d",
                 "LogSoftmax:d:e", "HardSwish:e:f", "PRelu:f,row:g"),
           {"a", SDSE_ACT, 1, 1}, {"b", SDSE_SOFTMAX, 5, 1}, {"d", SDSE_NORM, 2, 1},
           {"e", SDSE_SOFTMAX, 5, 1}, {"f", SDSE_ACT, 1, 1}, {"g", SDSE_ACT, 1, 1});
    // A bias is part of the product; another constant is one operation more.
    EXPECT(LINES("Add:x,row:a", "Relu:a:b"), {"b", SDSE_ACT, 1, 1});
    EXPECT(LINES("Mul:x,c:a", "Sub:a,row:b"), {"a", SDSE_ACT, 2, 1});
    // Maps that are not functions of one another are added.
    EXPECT(LINES("Softmax:x:z", "Relu:z:r", "Mul:x,r:y"), {"z", SDSE_SOFTMAX, 5, 1},
           {"r", SDSE_ACT, 1, 1}, {"y", SDSE_ADD, 1, 2});
}

// ---- what is folded ---------------------------------------------------------

static void batch_normalisation_is_folded(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2, 4, 4));
    onnx_floats(b, "w", ONNX_DIMS(2, 2, 1, 1)); // -100, -99.5, -99, -98.5
    onnx_floats(b, "up", ONNX_DIMS(2, 2, 2, 2));
    const float gamma[2] = {3, 10}, variance[2] = {9, 25};
    memcpy(onnx_floats(b, "g", ONNX_DIMS(2))->float_data, gamma, sizeof gamma);
    memcpy(onnx_floats(b, "v", ONNX_DIMS(2))->float_data, variance, sizeof variance);
    onnx_floats(b, "o", ONNX_DIMS(2));
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        bool up = i == 3;
        Onnx__NodeProto *node = onnx_node(b, up ? "ConvTranspose" : "Conv", names[i],
                                          up ? "x,up" : "x,w", names[i]);
        if (up)
            onnx_set_ints(b, node, "strides", ONNX_DIMS(2, 2));
    }
    static const char *const inputs[] = {"a,g,o,o,v", "b,g,o,o,v", "d,g,o,o,v"};
    for (size_t i = 0; i < 3; i++) {
        char name[8];
        snprintf(name, sizeof name, "bn%zu", i);
        Onnx__NodeProto *norm =
            onnx_node(b, "BatchNormalization", name, inputs[i], name);
        Onnx__AttributeProto *epsilon = onnx_attribute(b, norm, "epsilon");
        epsilon->has_f = 1;
        epsilon->f = i == 0 ? 16 : 0; // sqrt(9 + 16) = 5
    }
    onnx_node(b, "Relu", "r", "b", "r"); // b is read twice
    expect_layers(context, 3 + 4 + 2);
    assert_null(layer_named(context, "bn0"));
    assert_null(layer_named(context, "bn2"));
    const struct sdse_layer *norm = layer_named(context, "bn1");
    assert_non_null(norm);
    assert_int_equal(norm->kind, SDSE_NORM);
    assert_true(norm->move.fused);
    expect_weights(context, 0, 4, SHAPE(2, 2, 1, 1), -60, -59.7f);
    expect_weights(context, 1, 4, SHAPE(2, 2, 1, 1), -100, -99.5f);
    expect_weights(context, 2, 4, SHAPE(2, 2, 1, 1), -100, -99.5f);
    assert_string_equal(layer_named(context, "a")->weights_file, "weights/a.npy");
    assert_string_equal(layer_named(context, "c")->weights_file,
                        layer_named(context, "b")->weights_file);
    // [channel][filter][2][2]: the second filter's numbers are doubled, g / sqrt(v)
    // = 2.
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, 3, &array, &context->diags), SDSE_OK);
    assert_true(array.data[0] == onnx_pattern(0) && array.data[1] == onnx_pattern(8));
    assert_true(array.data[2] == 2 * onnx_pattern(4));
    assert_true(array.data[3] == 2 * onnx_pattern(12));
    sdse_array_free(&array);
    // An output of the model is read from outside.
    static Onnx__ValueInfoProto output, *outputs[1] = {&output};
    onnx__value_info_proto__init(&output);
    output.name = onnx_text(b, "a");
    b->graph.n_output = 1;
    b->graph.output = outputs;
    expect_layers(context, 3 + 4 + 3);
    assert_non_null(layer_named(context, "bn0"));
}

// Integer products as exporters write them: Cast, Mul with both scales.
static void scales_of_integer_products(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    onnx_input(b, "image", ONNX_DIMS(1, 2, 3, 3));
    onnx_floats(b, "w", ONNX_DIMS(2, 2)); // columns are filters: -100, -99 the first
    onnx_floats(b, "k", ONNX_DIMS(2, 2, 1, 1));
    const float two[2] = {2, 4}, half[1] = {0.5f}, both[1] = {8};
    memcpy(onnx_floats(b, "s", ONNX_DIMS(2))->float_data, two, sizeof two);
    memcpy(onnx_floats(b, "t", ONNX_DIMS(1, 2, 1, 1))->float_data, two, sizeof two);
    memcpy(onnx_floats(b, "turned", ONNX_DIMS(2, 1))->float_data, two, sizeof two);
    memcpy(onnx_floats(b, "h", ONNX_DIMS(1))->float_data, half, sizeof half);
    memcpy(onnx_floats(b, "e", ONNX_DIMS(1))->float_data, both, sizeof both);
    onnx_node(b, "DynamicQuantizeLinear", "", "x", "q,qs,qz");
    onnx_node(b, "Mul", "", "qs,s", "ss");
    onnx_node(b, "MatMulInteger", "dynamic", "q,w,qz", "a0");
    onnx_node(b, "Cast", "", "a0", "a1");
    onnx_node(b, "Mul", "", "a1,ss", "a2");
    onnx_node(b, "DynamicQuantizeLinear", "", "image", "p,ps,pz");
    onnx_node(b, "Mul", "", "t,ps", "tt");
    onnx_node(b, "ConvInteger", "image", "p,k,pz", "b0");
    onnx_node(b, "Cast", "", "b0", "b1");
    onnx_node(b, "Mul", "", "tt,b1", "b2");
    onnx_node(b, "QuantizeLinear", "", "x,h", "r");
    onnx_node(b, "MatMulInteger", "static", "r,w", "c0");
    onnx_node(b, "Cast", "", "c0", "c1");
    onnx_node(b, "Mul", "", "c1,e", "c2");
    const struct sdse_workload *net;
    expect_layers(context, 6); // a rescaling after each
    assert_int_equal(context->diags.warnings, 0);
    net = sdse_imported_workload(context->imported);
    for (size_t i = 1; i < 6; i += 2) {
        assert_int_equal(net->layers[i].kind, SDSE_ACT);
        assert_true(net->layers[i].move.fused);
    }
    expect_weights(context, 0, 2, SHAPE(2, 2), -200, -198);
    expect_weights(context, 2, 4, SHAPE(2, 2, 1, 1), -200, -199);
    expect_weights(context, 4, 2, SHAPE(2, 2), -1600, -1584); // 8 / 0.5
    onnx_node(b, "MatMulInteger", "bare", "q,w,qz", "d0");
    onnx_node(b, "MatMulInteger", "rows", "q,w,qz", "e0");
    onnx_node(b, "Mul", "", "e0,turned", "e1"); // two rows come of it
    expect_layers(context, 9);
    expect_message(context, "'bare' (MatMulInteger): no constant scale");
    expect_message(context, "'rows' (MatMulInteger): no constant scale");
}

// The sum that a fused normalisation hands on, and what follows it.
static void skip_normalisation_is_a_sum_and_a_norm(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 4));
    onnx_input(b, "z", ONNX_DIMS(1, 3, 4));
    onnx_floats(b, "g", ONNX_DIMS(4));
    onnx_floats(b, "w", ONNX_DIMS(4, 5));
    Onnx__NodeProto *node =
        onnx_node(b, "SkipLayerNormalization", "skip", "x,z,g,g", "y,,,s");
    node->domain = onnx_text(b, "com.microsoft");
    onnx_node(b, "MatMul", "fc", "s,w", "v");
    const struct sdse_layer *layers = expect_layers(context, 3);
    expect_nest(&layers[0], SDSE_ADD, "N1 K1 C1 P1 Q4 R1 S1 G3");
    expect_nest(&layers[1], SDSE_NORM, "N1 K1 C1 P1 Q4 R1 S1 G3");
    expect_nest(&layers[2], SDSE_FC, "N1 K5 C4 P3 Q1 R1 S1 G1");
    assert_int_equal(layers[0].move.addends, 2);
}

// Shared weights of which some have a normalisation folded in, and one that learns.
static void normalisation_and_shared_weights(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2, 4, 4));
    onnx_floats(b, "w", ONNX_DIMS(2, 2, 1, 1));
    onnx_floats(b, "n", ONNX_DIMS(2))->float_data[0] = 1;
    onnx_node(b, "Conv", "a", "x,w", "a");
    onnx_node(b, "Conv", "b", "x,w", "b");
    onnx_node(b, "Conv", "c", "x,w", "c");
    onnx_node(b, "Conv", "d", "x,w", "d");
    onnx_node(b, "BatchNormalization", "an", "a,n,n,n,n", "a1");
    onnx_node(b, "BatchNormalization", "bn", "b,n,n,n,n", "b1");
    onnx_set_int(b, onnx_node(b, "BatchNormalization", "cn", "c,n,n,n,n", "c1"),
                 "training_mode", 1);
    expect_layers(context, 5);
    assert_non_null(layer_named(context, "cn"));
    assert_string_equal(layer_named(context, "a")->weights_file, "weights/a.npy");
    assert_string_equal(layer_named(context, "b")->weights_file, "weights/b.npy");
    assert_string_equal(layer_named(context, "c")->weights_file, "weights/c.npy");
    assert_string_equal(layer_named(context, "d")->weights_file, "weights/c.npy");
    assert_int_equal(
        sdse_imported_workload(context->imported)->parameters_not_in_layers, 2);
}

// A gate is no map of its own; three dimensions; sums over the samples.
static void maps_of_other_sizes(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(4, 3, 6, 6));
    onnx_input(b, "gate", ONNX_DIMS(4, 3, 1, 1));
    onnx_input(b, "video", ONNX_DIMS(4, 3, 6, 5, 5));
    onnx_input(b, "odd", ONNX_DIMS(3, 5));
    onnx_floats(b, "w", ONNX_DIMS(5, 5, 1, 1));
    onnx_floats(b, "k", ONNX_DIMS(2, 3, 1, 1));
    onnx_node(b, "Conv", "c", "x,k", "c");
    onnx_node(b, "Mul", "gated", "x,gate", "g");
    Onnx__NodeProto *pool = onnx_node(b, "MaxPool", "slices", "video", "p");
    onnx_set_ints(b, pool, "kernel_shape", ONNX_DIMS(2, 5, 5));
    onnx_set_ints(b, pool, "strides", ONNX_DIMS(2, 1, 1));
    onnx_set_ints(b, onnx_node(b, "ReduceMean", "over", "x", "o"), "axes",
                  ONNX_DIMS(0, 2, 3));
    onnx_node(b, "Relu", "odd", "odd", "r");
    onnx_node(b, "GlobalAveragePool", "global", "x", "z");
    onnx_input(b, "wide", ONNX_DIMS(4, 3, 2, 7));
    onnx_node(b, "GlobalMaxPool", "across", "wide", "a");
    onnx_node(b, "Conv", "named", "x,k", "f");
    Onnx__NodeProto *fused = onnx_node(b, "FusedConv", "fused", "x,k", "h");
    fused->domain = onnx_text(b, "com.microsoft");
    onnx_set_text(b, fused, "activation", "Relu");
    onnx_floats(b, "kb", ONNX_DIMS(2));
    onnx_node(b, "FusedConv", "summed", "x,k,kb,c", "s")->domain =
        onnx_text(b, "com.microsoft");
    expect_layers(context, 12);
    struct sdse_stream summed = sdse_stream_of(layer_named(context, "summed.add"));
    assert_int_equal(summed.in, 2 * 4 * 2 * 36); // the product and the map added to it
    assert_int_equal(summed.out, 4 * 2 * 36);
    assert_int_equal(summed.operations, 4 * 2 * 36);
    struct sdse_stream gated = sdse_stream_of(layer_named(context, "gated"));
    assert_int_equal(gated.in, 4 * 3 * 36 + 4 * 3);
    assert_int_equal(gated.operations, 4 * 3 * 36);
    struct sdse_stream slices = sdse_stream_of(layer_named(context, "slices"));
    assert_int_equal(slices.in, 4 * 3 * 6 * 25);
    assert_int_equal(slices.out, 4 * 3 * 3);
    assert_int_equal(slices.operations, 4 * 3 * 3 * 50);
    struct sdse_stream over = sdse_stream_of(layer_named(context, "over"));
    assert_int_equal(over.in, 4 * 3 * 36);
    assert_int_equal(over.out, 4 * 3); // a part of each sample
    expect_nest(layer_named(context, "odd"), SDSE_ACT, "N4 K1 C1 P1 Q1 R1 S1 G4");
    expect_nest(layer_named(context, "global"), SDSE_POOL, "N4 K1 C1 P1 Q1 R6 S6 G3");
    expect_nest(layer_named(context, "across"), SDSE_POOL, "N4 K1 C1 P1 Q1 R2 S7 G3");
    assert_int_equal(layer_named(context, "across")->in_height, 2);
    assert_int_equal(layer_named(context, "across")->in_width, 7);
    assert_int_equal(layer_named(context, "fused.act")->kind, SDSE_ACT);
}

// A normalisation that says no epsilon has the operator's, 1e-5: where the variance is
// as small, the weights show it.
static void epsilon_is_the_operators_own(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    const float one = 1, variance = 3e-5f;
    onnx_input(b, "x", ONNX_DIMS(1, 1, 4, 4));
    onnx_floats(b, "w", ONNX_DIMS(1, 1, 1, 1));
    memcpy(onnx_floats(b, "g", ONNX_DIMS(1))->float_data, &one, sizeof one);
    memcpy(onnx_floats(b, "v", ONNX_DIMS(1))->float_data, &variance, sizeof variance);
    onnx_floats(b, "o", ONNX_DIMS(1));
    onnx_node(b, "Conv", "a", "x,w", "a");
    onnx_node(b, "BatchNormalization", "bn", "a,g,o,o,v", "y");
    expect_layers(context, 1);
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, 0, &array, &context->diags), SDSE_OK);
    const double expected = (double)onnx_pattern(0) / sqrt(4e-5);
    assert_true(fabs((double)array.data[0] / expected - 1) < 1e-5);
    sdse_array_free(&array);
}

// Constants move nothing, and shapes that are not known are said, once.
static void constants_and_unknown_shapes(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    add_product(b);
    onnx_floats(b, "c", ONNX_DIMS(40, 40));
    onnx_node(b, "Relu", "constant", "c", "d");
    onnx_node(b, "Softmax", "constant2", "d", "e");
    expect_layers(context, 1);
    assert_int_equal(context->diags.warnings, 0);
    onnx_node(b, "NonZero", "which", "px", "n");
    onnx_node(b, "Relu", "late", "n", "r1");
    onnx_node(b, "Relu", "later", "r1", "r2");
    expect_layers(context, 1);
    expect_message(context, "2 nodes that move words are no layers");
    expect_message(context, "'late'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_move_what_their_windows_touch),
        cmocka_unit_test(reductions_and_sums),
        cmocka_unit_test(repeated_maps_are_read_once),
        cmocka_unit_test(functions_in_parts_are_one_layer),
        TEST(batch_normalisation_is_folded),
        TEST(epsilon_is_the_operators_own),
        TEST(scales_of_integer_products),
        TEST(skip_normalisation_is_a_sum_and_a_norm),
        TEST(normalisation_and_shared_weights),
        TEST(maps_of_other_sizes),
        TEST(constants_and_unknown_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
