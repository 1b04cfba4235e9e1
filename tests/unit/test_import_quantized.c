// Quantized weights are the real numbers they stand for.
#include "support/import_context.h"

#include "costmodel/stream.h"

static void scalars(struct onnx_builder *b, const char *name, int32_t type,
                    size_t count, const int32_t *values, unsigned rank,
                    const int64_t *dims) {
    Onnx__TensorProto *tensor = onnx_tensor(b, name, type, rank, dims);
    tensor->n_int32_data = count;
    tensor->int32_data = SDSE_ARENA_ARRAY(b->arena, int32_t, count);
    memcpy(tensor->int32_data, values, count * sizeof *values);
    onnx_initializer(b, tensor);
}

static void reals(struct onnx_builder *b, const char *name, unsigned rank,
                  const int64_t *dims, const float *values) {
    Onnx__TensorProto *tensor = onnx_floats(b, name, rank, dims);
    memcpy(tensor->float_data, values, tensor->n_float_data * sizeof *values);
}

enum {
    U8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    I8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8
};

static void expect_values(struct context *context, size_t layer, size_t count,
                          const float *values) {
    struct sdse_array array;
    enum sdse_status status =
        sdse_imported_weights(context->imported, layer, &array, &context->diags);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    assert_int_equal(array.count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(array.data[i] == values[i]);
    sdse_array_free(&array);
}

static const int32_t stored[6] = {1, 2, 3, 4, 5, 6};

// [2][3] stored; per tensor, per channel of either axis, in blocks, turned round.
static void scales_and_zero_points_are_applied(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x2", ONNX_DIMS(1, 2));
    onnx_input(b, "x3", ONNX_DIMS(1, 3));
    scalars(b, "w", I8, 6, stored, ONNX_DIMS(2, 3));
    reals(b, "s", 0, NULL, (float[]){2});
    reals(b, "s2", ONNX_DIMS(2), (float[]){2, 10});
    reals(b, "s3", ONNX_DIMS(3), (float[]){1, 10, 100});
    reals(b, "s22", ONNX_DIMS(2, 2), (float[]){1, 10, 100, 1000});
    reals(b, "s13", ONNX_DIMS(1, 3), (float[]){1, 10, 100});
    scalars(b, "z", I8, 1, (int32_t[]){1}, 0, NULL);
    scalars(b, "z2", I8, 2, (int32_t[]){1, 4}, ONNX_DIMS(2));
    static const struct {
        const char *inputs;
        int64_t axis, block;
        float values[6]; // of [3][2], as the layer sees them
    } cases[] = {
        {"w,s", 1, 0, {2, 8, 4, 10, 6, 12}},
        {"w,s,z", 1, 0, {0, 6, 2, 8, 4, 10}},
        {"w,s2,z2", 0, 0, {0, 0, 2, 10, 4, 20}},
        {"w,s2", -2, 0, {2, 40, 4, 50, 6, 60}},
        {"w,s3", 1, 0, {1, 4, 20, 50, 300, 600}},
        {"w,s3,z", -1, 0, {0, 3, 10, 40, 200, 500}},
        {"w,s22", 1, 2, {1, 400, 2, 500, 30, 6000}},
        {"w,s13", 0, 2, {1, 4, 20, 50, 300, 600}},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    for (size_t i = 0; i < CASES; i++) {
        char real[8], name[8];
        snprintf(real, sizeof real, "r%zu", i);
        snprintf(name, sizeof name, "y%zu", i);
        Onnx__NodeProto *node =
            onnx_node(b, "DequantizeLinear", "", cases[i].inputs, real);
        onnx_set_int(b, node, "axis", cases[i].axis);
        onnx_set_int(b, node, "block_size", cases[i].block);
        onnx_node(b, "MatMul", name, sdse_arena_printf(b->arena, "x2,%s", real), name);
    }
    // Turned before it is dequantized: axis 1 is the rows that are stored.
    onnx_node(b, "Transpose", "", "w", "t");
    onnx_set_int(b, onnx_node(b, "DequantizeLinear", "", "t,s2", "rt"), "axis", 1);
    onnx_node(b, "MatMul", "turned", "x3,rt", "yt");
    onnx_set_int(b, onnx_node(b, "DequantizeLinear", "", "t,s3", "ru"), "axis", 0);
    onnx_node(b, "MatMul", "turned3", "x3,ru", "yu");
    expect_layers(context, CASES + 2);
    for (size_t i = 0; i < CASES; i++)
        expect_values(context, i, 6, cases[i].values);
    expect_values(context, CASES, 6, (float[]){2, 4, 6, 40, 50, 60});
    expect_values(context, CASES + 1, 6, (float[]){1, 20, 300, 4, 50, 600});
}

static void operators_that_dequantize_themselves(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 2, 2));
    onnx_input(b, "v", ONNX_DIMS(1, 2));
    scalars(b, "k", U8, 6, stored, ONNX_DIMS(2, 3, 1, 1));
    scalars(b, "m", U8, 6, stored, ONNX_DIMS(2, 3));
    reals(b, "one", 0, NULL, (float[]){1});
    reals(b, "s2", ONNX_DIMS(2), (float[]){2, 10});
    reals(b, "s3", ONNX_DIMS(3), (float[]){1, 10, 100});
    scalars(b, "z", U8, 1, (int32_t[]){0}, 0, NULL);
    scalars(b, "z2", U8, 2, (int32_t[]){1, 4}, ONNX_DIMS(2));
    scalars(b, "z3", U8, 3, (int32_t[]){1, 2, 3}, ONNX_DIMS(3));
    onnx_node(b, "QLinearConv", "a", "x,one,z,k,s2,z2,one,z", "ya");
    onnx_node(b, "ConvInteger", "b", "x,k,z,z2", "yb");
    onnx_node(b, "QLinearMatMul", "c", "v,one,z,m,s3,z3,one,z", "yc");
    onnx_node(b, "MatMulInteger", "d", "v,m,z,z3", "yd");
    onnx_node(b, "ConvInteger", "e", "x,k,z", "ye"); // the same numbers, as they are
    scalars(b, "j", U8, 6, stored, ONNX_DIMS(2, 3, 1, 1));
    onnx_node(b, "ConvInteger", "f", "x,j,z", "yf");
    onnx_node(b, "ConvInteger", "g", "x,j,z,z2", "yg");
    onnx_node(b, "QLinearConv", "h", "x,one,z,k,one,z2,one,z", "yh");
    const struct sdse_layer *layers = expect_layers(context, 8);
    assert_string_equal(layers[7].weights_file, "weights/h.npy");
    assert_string_equal(layers[6].weights_file, "weights/g.npy");
    expect_values(context, 0, 6, (float[]){0, 2, 4, 0, 10, 20});
    expect_values(context, 1, 6, (float[]){0, 1, 2, 0, 1, 2});
    expect_values(context, 2, 6, (float[]){0, 3, 0, 30, 0, 300});
    expect_values(context, 3, 6, (float[]){0, 3, 0, 3, 0, 3});
    expect_values(context, 4, 6, (float[]){1, 2, 3, 4, 5, 6});
    assert_string_equal(layers[4].weights_file, "weights/e.npy");
}

// com.microsoft's operators on quantized maps move what the plain ones move, whatever
// scales stand between their maps.
static void quantized_maps_move(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 4, 4));
    onnx_input(b, "gate", ONNX_DIMS(1, 2, 1, 1));
    scalars(b, "k", U8, 6, stored, ONNX_DIMS(2, 3, 1, 1));
    reals(b, "s", 0, NULL, (float[]){1});
    scalars(b, "z", U8, 1, (int32_t[]){0}, 0, NULL);
    static const char *const nodes[][3] = {
        {"QLinearConv", "x,s,z,k,s,z,s,z", "c"},
        {"QLinearConv", "x,s,z,k,s,z,s,z", "d"},
        {"QLinearLeakyRelu", "c,s,z,s,z", "relu"},
        {"QLinearAdd", "relu,s,z,d,s,z,s,z", "sum"},
        {"QLinearMul", "sum,s,z,gate,s,z,s,z", "gated"},
        {"QLinearSigmoid", "gated,s,z,s,z", "half"},
        {"QLinearMul", "half,s,z,gated,s,z,s,z", "silu"},
        {"QLinearAveragePool", "silu,s,z,s,z", "pool"},
        {"QLinearConcat", "s,z,pool,s,z,pool,s,z", "both"},
        {"QLinearGlobalAveragePool", "both,s,z,s,z", "mean"},
        {"QLinearSoftmax", "mean,s,z,s,z", "soft"},
    };
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        Onnx__NodeProto *node =
            onnx_node(b, nodes[i][0], nodes[i][2], nodes[i][1], nodes[i][2]);
        if (i > 1)
            node->domain = onnx_text(b, "com.microsoft");
        if (strcmp(nodes[i][2], "pool") == 0)
            onnx_set_ints(b, node, "kernel_shape", ONNX_DIMS(2, 2));
        if (strcmp(nodes[i][2], "both") == 0)
            onnx_set_int(b, node, "axis", 1);
    }
    static const struct {
        const char *name;
        enum sdse_layer_kind kind;
        uint64_t in, out, operations;
    } wanted[] = {
        {"relu", SDSE_ACT, 0, 0, 32},     {"sum", SDSE_ADD, 64, 32, 32},
        {"gated", SDSE_ADD, 34, 32, 32},  {"silu", SDSE_ACT, 0, 0, 64},
        {"pool", SDSE_POOL, 32, 18, 72},  {"mean", SDSE_POOL, 36, 4, 36},
        {"soft", SDSE_SOFTMAX, 4, 4, 20},
    };
    enum { WANTED = sizeof wanted / sizeof *wanted };
    const struct sdse_layer *layers = expect_layers(context, 2 + WANTED);
    for (size_t i = 0; i < WANTED; i++) {
        const struct sdse_layer *layer = &layers[2 + i];
        const struct sdse_stream stream = sdse_stream_of(layer);
        assert_string_equal(layer->name, wanted[i].name);
        assert_int_equal(layer->kind, wanted[i].kind);
        assert_int_equal(stream.in, wanted[i].in);
        assert_int_equal(layer->move.fused ? 0 : stream.out, wanted[i].out);
        assert_int_equal(stream.operations, wanted[i].operations);
    }
    // relu is fused into the layer before it, which is not the one that it reads.
    assert_int_equal(context->diags.warnings, 1);
}

// Real weights that the graph quantizes and dequantizes are those weights.
static void quantized_in_the_graph(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    onnx_floats(b, "w", ONNX_DIMS(2, 3));
    reals(b, "s", 0, NULL, (float[]){2});
    scalars(b, "z", I8, 1, (int32_t[]){1}, 0, NULL);
    onnx_node(b, "QuantizeLinear", "", "w,s,z", "q");
    onnx_node(b, "DequantizeLinear", "", "q,s,z", "r");
    onnx_node(b, "MatMul", "fc", "x,r", "y");
    expect_layers(context, 1);
    expect_weights(context, 0, 2, SHAPE(3, 2), onnx_pattern(0), onnx_pattern(3));
}

static void scales_that_do_not_fit_are_refused(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    onnx_input(b, "late", ONNX_DIMS(1, 1));
    scalars(b, "w", I8, 6, stored, ONNX_DIMS(2, 3));
    reals(b, "s2", ONNX_DIMS(2), (float[]){2, 10});
    onnx_node(b, "DequantizeLinear", "", "w,s2", "r"); // axis 1 has 3
    onnx_node(b, "DequantizeLinear", "", "w,late", "l");
    onnx_node(b, "MatMul", "fc", "x,r", "y");
    onnx_node(b, "MatMul", "fd", "x,l", "z");
    expect_layers(context, 2);
    for (size_t i = 0; i < 2; i++) {
        struct sdse_array array;
        sdse_diags_init(&context->diags, context->arena);
        assert_int_equal(
            sdse_imported_weights(context->imported, i, &array, &context->diags),
            SDSE_INVALID);
        assert_true(sdse_diags_fired(&context->diags, "onnx-quantized"));
    }
}

// Weights behind one that is no constant are none either, however they are turned.
static void late_scales_before_a_slice_are_no_weights(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    onnx_input(b, "late", ONNX_DIMS(1, 1));
    scalars(b, "w", I8, 6, stored, ONNX_DIMS(2, 3));
    onnx_floats(b, "v", ONNX_DIMS(2, 4));
    onnx_ints(b, "from", 2, (int64_t[]){0, 1});
    onnx_ints(b, "to", 2, (int64_t[]){2, 3});
    onnx_node(b, "DequantizeLinear", "", "w,late", "l");
    onnx_node(b, "Slice", "", "l,from,to", "part");
    onnx_node(b, "MatMul", "fc", "x,part", "y");
    onnx_node(b, "MatMul", "fd", "x,v", "z");
    if (import(context) == SDSE_OK) {
        struct sdse_array array;
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        for (size_t i = 0; i < net->layer_count; i++)
            if (net->layers[i].weights_file &&
                sdse_imported_weights(context->imported, i, &array, &context->diags) ==
                    SDSE_OK) {
                assert_int_equal(array.count, 8);
                sdse_array_free(&array);
            }
    }
}

// The same real weights as uint8 with a zero point and as int8.
static void one_value_for_either_type(void **state) {
    static const char *const paths[] = {SDSE_SOURCE_DIR "/tests/data/onnx/qdq_u8.onnx",
                                        SDSE_SOURCE_DIR "/tests/data/onnx/qdq_i8.onnx"};
    struct context *context = *state;
    struct sdse_array weights[2];
    for (size_t i = 0; i < 2; i++) {
        struct sdse_imported *imported = NULL;
        assert_int_equal(sdse_import_onnx(paths[i], NULL, &imported, &context->diags),
                         SDSE_OK);
        assert_int_equal(
            sdse_imported_weights(imported, 0, &weights[i], &context->diags), SDSE_OK);
        sdse_imported_free(imported);
    }
    assert_int_equal(weights[0].count, 16 * 8 * 3 * 3);
    assert_memory_equal(weights[0].data, weights[1].data,
                        weights[0].count * sizeof(float));
    bool negative = false;
    for (size_t i = 0; i < weights[0].count; i++)
        negative |= weights[0].data[i] < 0;
    assert_true(negative);
    sdse_array_free(&weights[0]);
    sdse_array_free(&weights[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(scales_and_zero_points_are_applied),
        TEST(operators_that_dequantize_themselves),
        TEST(quantized_maps_move),
        TEST(quantized_in_the_graph),
        TEST(scales_that_do_not_fit_are_refused),
        TEST(late_scales_before_a_slice_are_no_weights),
        TEST(one_value_for_either_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
