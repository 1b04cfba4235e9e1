// Layers' weights put back where the graph has them: their own change nothing, twice as
// large ones double what a linear network gives, one that differs is noticed.
#include "support/import_context.h"

#include <math.h>

#include "dse/sweep/output_error.h"
#include "import/forward/outputs.h"
#include "import/forward/runs.h"

static uint64_t random_state = 1;

static int64_t pick(int64_t least, int64_t most) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return least + (int64_t)((random_state >> 33) % (uint64_t)(most - least + 1));
}

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
};

static void integers(struct onnx_builder *b, const char *name, int32_t type,
                     unsigned rank, const int64_t *dims, int64_t least, int64_t most) {
    Onnx__TensorProto *t = onnx_tensor(b, name, type, rank, dims);
    size_t count = 1;
    for (unsigned d = 0; d < rank; d++)
        count *= (size_t)dims[d];
    t->n_int32_data = count;
    t->int32_data = SDSE_ARENA_ARRAY(b->arena, int32_t, count + 1);
    for (size_t i = 0; i < count; i++)
        t->int32_data[i] = (int32_t)pick(least, most);
    onnx_initializer(b, t);
}

// Positive numbers, powers of two: what they scale stays exact.
static void scales(struct onnx_builder *b, const char *name, unsigned rank,
                   int64_t count) {
    Onnx__TensorProto *t = onnx_floats(b, name, rank, &count);
    for (size_t i = 0; i < t->n_float_data; i++)
        t->float_data[i] = ldexpf(1, -(int)pick(0, 3));
}

enum {
    CONV,
    GROUPED,
    NORMED,
    TRANSPOSED_CONV,
    TRANSPOSED_NORMED,
    MATMUL,
    LEFT,
    STACK,
    GEMM,
    GEMM_SWAPPED,
    VIEWED,
    DEQUANTIZED,
    QLINEAR,
    CONV_INTEGER,
    MATMUL_INTEGER,
    VIEWED_INTEGER,
    TRANSPOSED_DEEP,
    KINDS
};

// One product without a bias of each kind; the input is 1x4x5x5, 1x4x2x3x4, or 1x3x4.
static void build(struct onnx_builder *b, unsigned kind) {
    const int64_t stride = pick(1, 2), groups = pick(1, 2);
    Onnx__NodeProto *node;
    bool image = kind <= TRANSPOSED_NORMED || kind == DEQUANTIZED || kind == QLINEAR ||
                 kind == CONV_INTEGER;
    if (image)
        onnx_input(b, "x", ONNX_DIMS(1, 4, 5, 5));
    else if (kind == GEMM || kind == GEMM_SWAPPED || kind == VIEWED_INTEGER)
        onnx_input(b, "x", ONNX_DIMS(3, 4));
    else if (kind == TRANSPOSED_DEEP)
        onnx_input(b, "x", ONNX_DIMS(1, 4, 2, 3, 4));
    else
        onnx_input(b, "x", ONNX_DIMS(2, 3, 4));
    switch (kind) {
    case CONV:
    case GROUPED:
    case NORMED:
        onnx_floats(b, "w", ONNX_DIMS(6, kind == GROUPED ? 4 / groups : 4, 3, 2));
        node = onnx_node(b, "Conv", "p", "x,w", kind == NORMED ? "a" : "y");
        onnx_set_ints(b, node, "strides", ONNX_DIMS(stride, 1));
        onnx_set_int(b, node, "group", kind == GROUPED ? groups : 1);
        break;
    case TRANSPOSED_CONV:
    case TRANSPOSED_NORMED:
        onnx_floats(b, "w", ONNX_DIMS(4, 6 / groups, 3, 2));
        node = onnx_node(b, "ConvTranspose", "p", "x,w",
                         kind == TRANSPOSED_NORMED ? "a" : "y");
        onnx_set_ints(b, node, "strides", ONNX_DIMS(stride, pick(1, 3)));
        onnx_set_int(b, node, "group", groups);
        break;
    case TRANSPOSED_DEEP:
        onnx_floats(b, "w", ONNX_DIMS(4, 6 / groups, 3, 2, 2));
        node = onnx_node(b, "ConvTranspose", "p", "x,w", "y");
        onnx_set_ints(b, node, "strides", ONNX_DIMS(pick(1, 2), stride, pick(1, 2)));
        onnx_set_int(b, node, "group", groups);
        break;
    case MATMUL:
        onnx_floats(b, "w", ONNX_DIMS(4, 6));
        onnx_node(b, "MatMul", "p", "x,w", "y");
        break;
    case LEFT:
        onnx_floats(b, "w", ONNX_DIMS(6, 3));
        onnx_node(b, "MatMul", "p", "w,x", "y");
        break;
    case STACK:
        onnx_floats(b, "w", ONNX_DIMS(2, 4, 6));
        onnx_node(b, "MatMul", "p", "x,w", "y");
        break;
    case GEMM:
        onnx_floats(b, "w", ONNX_DIMS(4, 6));
        onnx_node(b, "Gemm", "p", "x,w", "y");
        break;
    case GEMM_SWAPPED:
        onnx_floats(b, "w", ONNX_DIMS(6, 4));
        onnx_set_int(b, onnx_node(b, "Gemm", "p", "x,w", "y"), "transB", 1);
        break;
    case VIEWED:
        onnx_floats(b, "w", ONNX_DIMS(6, 4));
        onnx_node(b, "Transpose", "t", "w", "v");
        onnx_node(b, "MatMul", "p", "x,v", "y");
        break;
    case DEQUANTIZED:
        integers(b, "q", INT8, ONNX_DIMS(6, 4, 2, 2), -100, 100);
        scales(b, "s", 1, 6);
        integers(b, "z", INT8, ONNX_DIMS(6), -5, 5);
        onnx_set_int(b, onnx_node(b, "DequantizeLinear", "d", "q,s,z", "w"), "axis", 0);
        onnx_node(b, "Conv", "p", "x,w", "y");
        break;
    case QLINEAR:
        scales(b, "sx", 0, 1);
        integers(b, "zx", UINT8, 0, NULL, 128, 128);
        onnx_node(b, "QuantizeLinear", "q", "x,sx,zx", "a");
        integers(b, "w", INT8, ONNX_DIMS(6, 4, 2, 2), -100, 100);
        scales(b, "sw", 1, 6);
        integers(b, "zw", INT8, ONNX_DIMS(6), -5, 5);
        scales(b, "sy", 0, 1);
        // Wide enough that nothing saturates, or is rounded.
        integers(b, "zy", ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 0, NULL, 0, 0);
        onnx_node(b, "QLinearConv", "p", "a,sx,zx,w,sw,zw,sy,zy", "y");
        break;
    case CONV_INTEGER:
        scales(b, "sx", 0, 1);
        integers(b, "zx", UINT8, 0, NULL, 128, 128);
        onnx_node(b, "QuantizeLinear", "q", "x,sx,zx", "a");
        integers(b, "w", INT8, ONNX_DIMS(6, 4, 2, 2), -100, 100);
        integers(b, "zw", INT8, ONNX_DIMS(6), -5, 5);
        onnx_node(b, "ConvInteger", "p", "a,w,zx,zw", "i");
        onnx_set_int(b, onnx_node(b, "Cast", "c", "i", "f"), "to", 1);
        onnx_floats(b, "sw", ONNX_DIMS(6, 1, 1));
        onnx_node(b, "Mul", "m", "f,sw", "y");
        break;
    default: // integer matrices, the second seen through Transpose
        scales(b, "sx", 0, 1);
        integers(b, "zx", UINT8, 0, NULL, 128, 128);
        onnx_node(b, "QuantizeLinear", "q", "x,sx,zx", "a");
        integers(b, "zw", INT8, ONNX_DIMS(6), -5, 5);
        if (kind == VIEWED_INTEGER) {
            integers(b, "v", INT8, ONNX_DIMS(6, 4), -100, 100);
            onnx_node(b, "Transpose", "t", "v", "w");
        } else {
            integers(b, "w", INT8, ONNX_DIMS(4, 6), -100, 100);
        }
        onnx_node(b, "MatMulInteger", "p", "a,w,zx,zw", "i");
        onnx_set_int(b, onnx_node(b, "Cast", "c", "i", "f"), "to", 1);
        scales(b, "sw", 1, 6);
        onnx_node(b, "Mul", "m", "f,sw", "y");
    }
    if (kind == NORMED || kind == TRANSPOSED_NORMED) {
        scales(b, "gamma", 1, 6);
        Onnx__TensorProto *zero = onnx_floats(b, "zero", ONNX_DIMS(6));
        memset(zero->float_data, 0, 6 * sizeof *zero->float_data);
        scales(b, "variance", 1, 6);
        onnx_node(b, "BatchNormalization", "bn", "a,gamma,zero,zero,variance", "y");
    }
    Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto);
    Onnx__ValueInfoProto **list = SDSE_ARENA_ARRAY(b->arena, Onnx__ValueInfoProto *, 1);
    onnx__value_info_proto__init(info);
    info->name = onnx_text(b, "y");
    list[0] = info;
    b->graph.n_output = 1;
    b->graph.output = list;
}

static struct sdse_output_error outputs_with(struct context *context,
                                             const struct sdse_forward_inputs *inputs,
                                             float **values) {
    struct sdse_forward_outputs *own = NULL, *other = NULL;
    enum sdse_status status = sdse_forward_outputs_run(context->imported, inputs, NULL,
                                                       1, &own, &context->diags);
    if (status == SDSE_OK)
        status = sdse_forward_outputs_run(context->imported, inputs,
                                          (const float *const *)values, 2, &other,
                                          &context->diags);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    struct sdse_output_error error = sdse_forward_outputs_compare(own, other);
    sdse_forward_outputs_free(own);
    sdse_forward_outputs_free(other);
    return error;
}

static void weights_go_back_where_they_were(void **state) {
    (void)state;
    random_state = 61;
    for (unsigned round = 0; round < 20 * KINDS; round++) {
        struct context *context;
        unsigned kind = round % KINDS;
        setup((void **)&context);
        build(&context->b, kind);
        assert_int_equal(import(context), SDSE_OK);
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        float *values[32] = {0}, data[100];
        uint64_t counts[32] = {0};
        size_t products = 0;
        for (unsigned i = 0; i < 100; i++)
            data[i] = (float)pick(-60, 60) / 8;
        struct sdse_forward_input x = {NULL, {.data = data}};
        bool image = kind <= TRANSPOSED_NORMED || kind == DEQUANTIZED ||
                     kind == QLINEAR || kind == CONV_INTEGER;
        bool matrix = kind == GEMM || kind == GEMM_SWAPPED || kind == VIEWED_INTEGER;
        const uint64_t shapes[4][5] = {
            {1, 4, 5, 5}, {3, 4}, {2, 3, 4}, {1, 4, 2, 3, 4}};
        static const unsigned ranks[] = {4, 2, 3, 5}, words[] = {100, 12, 24, 96};
        unsigned which = image ? 0 : matrix ? 1 : kind == TRANSPOSED_DEEP ? 3 : 2;
        x.array.rank = ranks[which];
        memcpy(x.array.shape, shapes[which], sizeof shapes[which]);
        x.array.count = words[which];
        const struct sdse_forward_inputs inputs = {1, &x};
        for (size_t i = 0; i < net->layer_count; i++) {
            struct sdse_array array;
            if (!net->layers[i].weights_file)
                continue;
            assert_int_equal(
                sdse_imported_weights(context->imported, i, &array, &context->diags),
                SDSE_OK);
            values[i] = array.data;
            counts[i] = array.count;
            products++;
        }
        assert_true(products > 0);
        struct sdse_output_error error = outputs_with(context, &inputs, values);
        if (!(error.sqnr_db > 120))
            fail_msg("kind %u: its own weights give %g dB", kind, error.sqnr_db);
        assert_true(error.best_class_agreement > 0.8); // ties may turn
        for (size_t i = 0; i < net->layer_count; i++)
            for (uint64_t j = 0; j < counts[i]; j++)
                values[i][j] *= 2;
        error = outputs_with(context, &inputs, values); // y against 2 y
        if (fabs(error.sqnr_db) > (kind == QLINEAR ? 0.1 : 1e-4))
            fail_msg("kind %u: doubled weights give %g dB", kind, error.sqnr_db);
        for (size_t i = 0; i < net->layer_count; i++)
            for (uint64_t j = 0; j < counts[i]; j++)
                values[i][j] /= 2;
        size_t at = 0;
        while (!values[at])
            at++;
        values[at][pick(0, (int64_t)counts[at] - 1)] += 3;
        error = outputs_with(context, &inputs, values);
        assert_true(error.sqnr_db < 120);
        for (size_t i = 0; i < net->layer_count; i++)
            free(values[i]);
        teardown((void **)&context);
    }
}

// SQNR and classes by hand: a pointwise convolution by 1, then by what is given.
static void errors_are_what_they_say(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(0, 2));
    Onnx__TensorProto *w = onnx_floats(b, "w", ONNX_DIMS(2, 2));
    const float one[4] = {1, 0, 0, 1};
    memcpy(w->float_data, one, sizeof one);
    onnx_node(b, "MatMul", "p", "x,w", "y");
    Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto),
                         *list[1];
    onnx__value_info_proto__init(info);
    info->name = onnx_text(b, "y");
    list[0] = info;
    b->graph.n_output = 1;
    b->graph.output = list;
    float data[6] = {3, 2, 1, 4, 5, -5};
    struct sdse_forward_input x = {
        NULL, {.rank = 2, .shape = {3, 2}, .count = 6, .data = data}};
    const struct sdse_forward_inputs inputs = {1, &x};
    struct sdse_import_input shape;
    sdse_forward_inputs_shapes(&inputs, &shape);
    const struct sdse_import_options options = {.input_count = 1, .inputs = &shape};
    size_t length;
    const unsigned char *packed = onnx_pack(b, &length);
    assert_int_equal(import_bytes(context, packed, length, &options), SDSE_OK);
    float half[4] = {0.5f, 0, 0, 1}; // the first class is halved
    float *values[1] = {half};
    struct sdse_output_error error = outputs_with(context, &inputs, values);
    // y: (3,2) (1,4) (5,-5); differences 1.5, 0.5, 2.5.
    assert_true(fabs(error.sqnr_db - 10 * log10(80 / 8.75)) < 1e-9);
    assert_int_equal(error.places, 3);
    assert_int_equal(error.agreeing, 2); // (1.5, 2) has another best class
    struct sdse_forward_outputs *own = NULL;
    assert_int_equal(sdse_forward_outputs_run(context->imported, &inputs, NULL, 1, &own,
                                              &context->diags),
                     SDSE_OK);
    assert_true(isinf(sdse_forward_outputs_compare(own, own).sqnr_db));
    // A raw form of 8 bits: 1 is 64 / 64. Exact.
    const struct sdse_form_setting raw = {.smartdeal = false};
    assert_int_equal(sdse_output_error_of(context->imported, &inputs, own, &raw, NULL,
                                          8, 1, &error, &context->diags),
                     SDSE_OK);
    assert_true(isinf(error.sqnr_db) && error.agreeing == 3);
    sdse_forward_outputs_free(own);
}

// Classes are along dimension 1 of two or four dimensions, along the last of three; of
// equal ones the first is the best.
static void classes_are_along_their_dimension(void **state) {
    (void)state;
    static const struct {
        unsigned rank;
        uint64_t shape[4];
        uint64_t places;
    } cases[] = {{2, {1, 4}, 1}, {3, {1, 2, 2}, 2}, {4, {1, 2, 1, 2}, 2}};
    for (unsigned i = 0; i < 3; i++) {
        struct context *context;
        setup((void **)&context);
        struct onnx_builder *b = &context->b;
        int64_t dims[4] = {1, 1, 1, 1};
        for (unsigned d = 0; d < cases[i].rank; d++)
            dims[d] = (int64_t)cases[i].shape[d];
        onnx_input(b, "x", cases[i].rank, dims);
        // A product of the last dimension by the unit matrix.
        int64_t last = dims[cases[i].rank - 1];
        Onnx__TensorProto *w = onnx_floats(b, "w", ONNX_DIMS(last, last));
        for (int64_t k = 0; k < last * last; k++)
            w->float_data[k] = k % (last + 1) == 0;
        onnx_node(b, "MatMul", "p", "x,w", "y");
        Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto),
                             *list[1];
        onnx__value_info_proto__init(info);
        info->name = onnx_text(b, "y");
        list[0] = info;
        b->graph.n_output = 1;
        b->graph.output = list;
        assert_int_equal(import(context), SDSE_OK);
        float data[4] = {7, 7, 6, 5}; // of rank 3: (7 7) (6 5); of 4: (7 6) (7 5)
        struct sdse_forward_input x = {
            NULL, {.rank = cases[i].rank, .count = 4, .data = data}};
        memcpy(x.array.shape, cases[i].shape, sizeof cases[i].shape);
        const struct sdse_forward_inputs inputs = {1, &x};
        float *values[1] = {calloc((size_t)(last * last), sizeof(float))};
        for (int64_t k = 0; k < last * last; k++)
            values[0][k] = k % (last + 1) == 0;
        values[0][0] = 0.9f; // 6.3 for 7; 5.4 for 6
        struct sdse_output_error error = outputs_with(context, &inputs, values);
        assert_int_equal(error.places, cases[i].places);
        // 4 in a row: the tie turns. Pairs: the tie turns, (5.4 5) does not. Along
        // dimension 1: neither (6.3 5.4) nor (7 5) turns.
        const uint64_t agreeing[] = {0, 1, 2};
        assert_int_equal(error.agreeing, agreeing[i]);
        free(values[0]);
        teardown((void **)&context);
    }
}

static enum sdse_status take_one(void *context, uint64_t run,
                                 struct sdse_onnx_numbers *outputs) {
    (void)run;
    *(double *)context = outputs[0].data[0];
    return SDSE_OK;
}

// The importer takes weights that the graph quantizes as they are; a run does not.
static void constants_that_the_graph_quantizes_are_rounded(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 1));
    onnx_floats(b, "w", ONNX_DIMS(1, 1))->float_data[0] = 1.3f;
    onnx_floats(b, "s", 0, NULL)->float_data[0] = 0.5f;
    integers(b, "z", INT8, 0, NULL, 1, 1);
    onnx_node(b, "QuantizeLinear", "q", "w,s,z", "a");
    onnx_node(b, "DequantizeLinear", "d", "a,s,z", "v");
    onnx_node(b, "MatMul", "p", "x,v", "y");
    Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto),
                         *list[1];
    onnx__value_info_proto__init(info);
    info->name = onnx_text(b, "y");
    list[0] = info;
    b->graph.n_output = 1;
    b->graph.output = list;
    assert_int_equal(import(context), SDSE_OK);
    float two = 2;
    struct sdse_forward_input x = {
        NULL, {.rank = 2, .shape = {1, 1}, .count = 1, .data = &two}};
    const struct sdse_forward_inputs inputs = {1, &x};
    struct sdse_forward_request request = {.threads = 1};
    double y = 0;
    assert_int_equal(sdse_forward_runs(context->imported, &inputs, &request, take_one,
                                       &y, &context->diags),
                     SDSE_OK);
    assert_true(y == 3); // 1.3 is 1.5 in halves
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_go_back_where_they_were),
        TEST(errors_are_what_they_say),
        TEST(constants_that_the_graph_quantizes_are_rounded),
        cmocka_unit_test(classes_are_along_their_dimension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
