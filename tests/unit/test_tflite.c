// TensorFlow Lite models: layers with their paddings, weights to the last number, what
// is refused and what is said to be left out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/tflite/flat.h"
#include "import/tflite/tflite.h"
#include "import/write_tensors.h"
#include "support/lite_parse.h"

static void refused(const struct lite *m, const char *check, const char *says) {
    struct opened o = parse(m);
    assert_int_equal(o.status, SDSE_INVALID);
    if (!sdse_diags_fired(&o.diags, check) || !strstr(o.diags.first->message, says))
        fail_msg("not '%s' but '%s'", says, o.diags.first->message);
    end(&o);
}

static void holds(struct opened *o, size_t i, const float *values, size_t count) {
    struct sdse_array array;
    assert_true(i < o->lite.layer_count);
    assert_int_equal(sdse_tensor_values(&o->lite.layers[i].weights, &array, &o->diags),
                     SDSE_OK);
    assert_int_equal(array.count, count);
    for (size_t k = 0; k < count; k++)
        if (array.data[k] != values[k])
            fail_msg("[%zu] is %g, not %g", k, (double)array.data[k],
                     (double)values[k]);
    sdse_array_free(&array);
}

// A convolution of int8 weights [2][3][1][2] with a scale and a zero point a filter:
// 5 x 6 rows and columns, strides 2 and 3, padding as TensorFlow's SAME puts it.
static size_t write_conv(struct lite *m, int padding, int out_rows, int out_columns,
                         int axis) {
    lite_begin(m);
    lite_tensor(m, "x", I8, 4, (const int[]){1, 5, 6, 2});
    const size_t w = lite_tensor(m, "w", I8, 4, (const int[]){2, 3, 1, 2});
    const size_t data = lite_data(m, w, 12);
    for (size_t i = 0; i < 12; i++)
        m->b.at[data + i] = (unsigned char)(i - 5);
    lite_scales(m, w, 2, (const float[]){0.5f, 2}, (const int[]){1, -3}, axis);
    lite_tensor(m, "conv/Relu;conv/Bias", I8, 4,
                (const int[]){1, out_rows, out_columns, 2});
    const size_t options = lite_operator(m, CONV, 2, (const int[]){0, 1}, 2);
    set_window(m, options, padding, 3, 2);
    return options;
}

static void convolution(void **state) {
    (void)state;
    static struct lite m;
    write_conv(&m, SAME, 3, 2, 0);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_string_equal(o.net->name, "net");
    const struct sdse_layer *layer = &o.net->layers[0];
    assert_string_equal(layer->name, "conv/Relu");
    has_nest(layer, SDSE_CONV, (const uint64_t[]){1, 2, 2, 3, 2, 3, 1});
    // (3 - 1) 2 + 3 - 5 = 2: one row before, one after; columns: 3 + 1 - 6 < 0.
    assert_int_equal(layer->nest.pad[0], 1);
    assert_int_equal(layer->nest.pad[1], 0);
    assert_int_equal(layer->nest.stride[0], 2);
    assert_int_equal(layer->nest.stride[1], 3);
    // [K][R][S][C] as [K][C][R][S].
    float values[12];
    for (size_t k = 0, n = 0; k < 2; k++)
        for (size_t c = 0; c < 2; c++)
            for (size_t r = 0; r < 3; r++, n++) {
                const float stored = (float)(k * 6 + r * 2 + c) - 5;
                values[n] = k ? (stored + 3) * 2 : (stored - 1) * 0.5f;
            }
    holds(&o, 0, values, 12);
    end(&o);
    // Rows two apart: (3 - 1) 2 + 5 - 5 = 4, two of them before.
    flat_number(&m.b, write_conv(&m, SAME, 3, 2, 0), 5, 2, 4);
    o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    layer = &o.net->layers[0];
    assert_int_equal(layer->nest.dilation[0], 2);
    assert_int_equal(layer->nest.dilation[1], 1);
    assert_int_equal(layer->nest.pad[0], 2);
    assert_int_equal(layer->nest.pad[1], 0);
    end(&o);
    write_conv(&m, VALID, 2, 2, 0);
    o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->layers[0].nest.pad[0], 0);
    end(&o);
    write_conv(&m, VALID, 3, 2, 0);
    refused(&m, "tflite-shape", "not what its window makes");
    write_conv(&m, SAME, 2, 2, 0);
    refused(&m, "tflite-shape", "not what its window makes");
    flat_number(&m.b, write_conv(&m, SAME, 3, 2, 0), 5, 0, 4); // no dilation is 0
    refused(&m, "tflite-shape", "not what its window makes");
    write_conv(&m, SAME, 3, 2, 1); // three rows, two scales
    refused(&m, "tflite-weights", "not as many as its filters");
    write_conv(&m, SAME, 3, 2, 4);
    refused(&m, "tflite-weights", "not as many as its filters");
}

// Numbers behind the buffers, as in models beyond 2 GiB.
static void far_buffers(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 3, (const int[]){2, 5, 1});
    const size_t w = lite_tensor(&m, "w", I8, 2, (const int[]){3, 1});
    flat_number(&m.b, w, 2, m.buffer_count, 4);
    const size_t buffer = lite_add(&m, m.buffers, &m.buffer_count, 3);
    lite_tensor(&m, "y", F32, 3, (const int[]){2, 5, 3});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
    flat_number(&m.b, buffer, 1, m.b.length, 8);
    flat_number(&m.b, buffer, 2, 3, 8);
    put(&m.b, "\7\xff\3", 3);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    holds(&o, 0, (const float[]){7, -1, 3}, 3);
    has_nest(&o.net->layers[0], SDSE_FC, (const uint64_t[]){1, 3, 1, 5, 1, 1, 1});
    assert_int_equal(o.net->layers[0].nest.bound[SDSE_N], 2);
    end(&o);
}

// Groups divide both channel counts; the left operand may be turned too.
static void groups_and_turns(void **state) {
    (void)state;
    for (int out = 3; out <= 4; out++) {
        static struct lite m;
        lite_begin(&m);
        lite_tensor(&m, "x", F32, 4, (const int[]){1, 2, 2, 4});
        lite_tensor(&m, "w", F32, 4, (const int[]){out, 1, 1, 2});
        lite_tensor(&m, "y", F32, 4, (const int[]){1, 2, 2, out});
        set_window(&m, lite_operator(&m, CONV, 2, (const int[]){0, 1}, 2), SAME, 1, 1);
        if (out == 3) {
            refused(&m, "tflite-shape", "channels");
            continue;
        }
        struct opened o = parse(&m);
        has_nest(&o.net->layers[0], SDSE_CONV1X1,
                 (const uint64_t[]){2, 2, 2, 2, 2, 1, 1});
        end(&o);
    }
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 3, (const int[]){1, 5, 4});
    lite_tensor(&m, "y", F32, 3, (const int[]){1, 5, 6});
    lite_tensor(&m, "z", F32, 3, (const int[]){1, 4, 6});
    const size_t options = lite_operator(&m, MATMUL, 2, (const int[]){0, 1}, 2);
    refused(&m, "tflite-shape", "operands");
    flat_number(&m.b, options, 0, 1, 1);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    has_nest(&o.net->layers[0], SDSE_MATMUL, (const uint64_t[]){1, 6, 5, 4, 1, 1, 1});
    end(&o);
}

// What leads out of its table, or of the buffer.
static void flat_buffers(void **state) {
    (void)state;
    static struct file_bytes b;
    b.length = 0;
    put_number(&b, 12, 4);
    put_number(&b, 6, 2);  // vtable: one field
    put_number(&b, 12, 2); // of a table of 12 bytes
    put_number(&b, 8, 2);
    put_number(&b, 4, 2); // no field: what is behind the vtable
    put_number(&b, 8, 4); // the table
    put_number(&b, 1234, 4);
    put_number(&b, 8, 4); // the field: a vector
    for (int i = 0; i < 4; i++)
        put(&b, "\0", 1);
    put_number(&b, 3, 4);
    put(&b, "abc", 3);
    struct sdse_flat flat = {b.at, b.length, false};
    const sdse_flat_table root = sdse_flat_root(&flat);
    assert_int_equal(root, 12);
    assert_int_equal(sdse_flat_list(&flat, root, 0, 1).count, 3);
    assert_int_equal(sdse_flat_u64(&flat, root, 1, 4, 99), 99);
    assert_false(flat.bad);
    assert_int_equal(sdse_flat_list(&flat, root, 0, 2).count,
                     0); // 6 bytes are not there
    assert_true(flat.bad);
    flat.bad = false;
    assert_int_equal(sdse_flat_u64(&flat, root, 0, 8, 99), 99); // 8 are not inside
    assert_true(flat.bad);
}

// A one-sided padding: 4 columns, kernel 3, stride 2: one behind, none before. One
// scale for all filters, or one for each, along the last dimension.
static void depthwise(void **state) {
    (void)state;
    static const float scales[] = {0.25f, 0.5f, 1, 2, 4, 8};
    static const int zeros[] = {128, 0, 1, 2, 3, 64};
    for (int turn = 0; turn < 4; turn++) {
        static struct lite m;
        const int multiplier = 1 + turn % 2, out = 3 * multiplier;
        const bool apart = turn >= 2;
        lite_begin(&m);
        lite_tensor(&m, "x", F32, 4, (const int[]){1, 4, 4, 3});
        const size_t w = lite_tensor(&m, "w", U8, 4, (const int[]){1, 3, 3, out});
        const size_t data = lite_data(&m, w, 9 * (size_t)out);
        for (int i = 0; i < 9 * out; i++)
            m.b.at[data + (size_t)i] = (unsigned char)i;
        lite_scales(&m, w, apart ? (size_t)out : 1, scales, zeros, apart ? 3 : 0);
        lite_tensor(&m, "y", F32, 4, (const int[]){1, 2, 2, out});
        const size_t options = lite_operator(&m, DEPTHWISE, 2, (const int[]){0, 1}, 2);
        set_window(&m, options, SAME, 2, 2);
        struct opened o = parse(&m);
        assert_int_equal(o.status, SDSE_OK);
        const struct sdse_layer *layer = &o.net->layers[0];
        has_nest(layer, multiplier == 1 ? SDSE_DWCONV : SDSE_CONV,
                 (const uint64_t[]){3, (uint64_t)multiplier, 1, 2, 2, 3, 3});
        assert_int_equal(layer->nest.pad[0], 0);
        assert_int_equal(o.lite.layers[0].weights.shape[1], 1);
        float values[54];
        for (int k = 0, n = 0; k < out; k++)
            for (int t = 0; t < 9; t++, n++)
                values[n] =
                    (float)(t * out + k - zeros[apart ? k : 0]) * scales[apart ? k : 0];
        holds(&o, 0, values, 9 * (size_t)out);
        end(&o);
        // Columns two apart: (2 - 1) 2 + 5 - 4 = 3, one of them before.
        flat_number(&m.b, options, 5, 2, 4);
        o = parse(&m);
        assert_int_equal(o.status, SDSE_OK);
        assert_int_equal(o.net->layers[0].nest.dilation[0], 1);
        assert_int_equal(o.net->layers[0].nest.dilation[1], 2);
        assert_int_equal(o.net->layers[0].nest.pad[0], 0);
        assert_int_equal(o.net->layers[0].nest.pad[1], 1);
        end(&o);
    }
}

// Half-precision weights behind DEQUANTIZE; rows of a sequence.
static void connected(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 3, (const int[]){1, 5, 3});
    const size_t w = lite_tensor(&m, "h", F16, 2, (const int[]){2, 3});
    const size_t data = lite_data(&m, w, 12);
    static const unsigned halves[] = {0x3c00, 0x4000, 0x4200, 0xc400, 0, 0x3800};
    for (size_t i = 0; i < 6; i++)
        flat_set(&m.b, data + 2 * i, halves[i], 2);
    lite_tensor(&m, "w", F32, 2, (const int[]){2, 3});
    lite_operator(&m, DEQUANTIZE, 1, (const int[]){1}, 2);
    lite_tensor(&m, "y", F32, 3, (const int[]){1, 5, 2});
    lite_operator(&m, CONNECTED, 3, (const int[]){0, 2, -1}, 3);
    lite_tensor(&m, "r", F32, 3, (const int[]){1, 5, 2});
    lite_operator(&m, 19, 1, (const int[]){3}, 4); // RELU
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.lite.moves, 0);
    assert_int_equal(o.net->layers[1].kind, SDSE_ACT);
    has_nest(&o.net->layers[0], SDSE_FC, (const uint64_t[]){1, 2, 3, 5, 1, 1, 1});
    holds(&o, 0, (const float[]){1, 2, 3, -4, 0, 0.5f}, 6);
    end(&o);
}

// Products of two activations, and of one with a constant, either way round.
static void products(void **state) {
    (void)state;
    for (int constant = 0; constant < 2; constant++)
        for (int turned = 0; turned < 2; turned++) {
            static struct lite m;
            lite_begin(&m);
            lite_tensor(&m, "x", F32, 4, (const int[]){2, 3, 4, 5});
            const int rights[] = {constant ? 1 : 2, constant ? 1 : 3, turned ? 6 : 5,
                                  turned ? 5 : 6};
            const size_t y = lite_tensor(&m, "y", I16, 4, rights);
            float values[30];
            if (constant) {
                const size_t data = lite_data(&m, y, 60);
                for (size_t i = 0; i < 30; i++)
                    flat_set(&m.b, data + 2 * i, i, 2);
                for (size_t n = 0; n < 6; n++)
                    for (size_t k = 0; k < 5; k++)
                        values[n * 5 + k] = (float)(turned ? n * 5 + k : k * 6 + n);
            }
            lite_tensor(&m, "z", F32, 4, (const int[]){2, 3, 4, 6});
            const size_t options = lite_operator(&m, MATMUL, 2, (const int[]){0, 1}, 2);
            flat_number(&m.b, options, 1, (uint64_t)turned, 1);
            struct opened o = parse(&m);
            assert_int_equal(o.status, SDSE_OK);
            assert_int_equal(o.net->batch, 2);
            const struct sdse_layer *layer = &o.net->layers[0];
            if (constant) {
                has_nest(layer, SDSE_FC, (const uint64_t[]){1, 6, 5, 12, 1, 1, 1});
                assert_int_equal(layer->nest.bound[SDSE_N], 2);
                holds(&o, 0, values, 30);
            } else {
                has_nest(layer, SDSE_MATMUL, (const uint64_t[]){6, 6, 5, 4, 1, 1, 1});
                assert_int_equal(o.lite.layer_count, 0);
            }
            end(&o);
        }
}

// Weights of 4 bits, an odd number of them, that two layers share.
static void halves_of_bytes(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 2, (const int[]){1, 5});
    const size_t w = lite_tensor(&m, "w", I4, 2, (const int[]){3, 5});
    const size_t data = lite_data(&m, w, 8);
    static const unsigned char bytes[] = {0x10, 0x87, 0xf9, 0x32,
                                          0x54, 0x76, 0xdc, 0x0e};
    memcpy(m.b.at + data, bytes, 8);
    lite_scales(&m, w, 3, (const float[]){1, 0.5f, 2}, (const int[]){0, 0, 1}, 0);
    lite_tensor(&m, "y", F32, 2, (const int[]){1, 3});
    lite_tensor(&m, "z", F32, 2, (const int[]){1, 3});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 3);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    const float numbers[] = {0,     1,  7,    -8, -7,   //
                             -0.5f, 1,  1.5f, 2,  2.5f, //
                             10,    12, -10,  -8, -6};
    holds(&o, 0, numbers, 15);
    holds(&o, 1, numbers, 15);
    assert_int_equal(o.lite.layers[0].weights.bits, 4);
    assert_ptr_equal(o.lite.layers[0].weights.blob, o.lite.layers[1].weights.blob);
    sdse_import_take_widths(o.lite.layers, o.lite.layer_count, o.net);
    assert_int_equal(o.net->layers[1].weight_bits, 4);
    end(&o);
    flat_set(&m.b, data - 4, 7, 4); // fewer bytes
    refused(&m, "tflite-weights", "as many weights");
}

// Outputs of a transposed convolution, with and without padding; its MACs.
static void transposed(void **state) {
    (void)state;
    static const struct {
        int padding, out, kernel;
    } rows[] = {
        {SAME, 8, 3}, {VALID, 9, 3}, {SAME, 8, 1}, {VALID, 10, 3}, {VALID, 11, 3}};
    for (size_t i = 0; i < 5; i++) {
        static struct lite m;
        lite_begin(&m);
        lite_tensor(&m, "x", F32, 4, (const int[]){1, 4, 4, 2});
        lite_tensor(&m, "w", F32, 4,
                    (const int[]){5, rows[i].kernel, rows[i].kernel, 2});
        lite_tensor(&m, "y", F32, 4, (const int[]){1, rows[i].out, rows[i].out, 5});
        set_window(&m, lite_operator(&m, TRANSPOSED, 3, (const int[]){-1, 1, 0}, 2),
                   rows[i].padding, 2, 2);
        if (rows[i].out > 10) { // a whole stride is behind
            refused(&m, "tflite-shape", "not what its window makes");
            continue;
        }
        struct opened o = parse(&m);
        assert_int_equal(o.status, SDSE_OK);
        uint64_t outputs = 0;
        for (size_t k = 0; k < o.net->layer_count; k++) {
            const uint64_t *bound = o.net->layers[k].nest.bound;
            outputs += bound[SDSE_P] * bound[SDSE_Q];
        }
        const uint64_t reached =
            rows[i].kernel == 1 ? 16 : (uint64_t)(rows[i].out * rows[i].out);
        assert_int_equal(outputs, reached);
        assert_true(sdse_diags_fired(&o.diags, "tflite-unread"));
        end(&o);
    }
}

// A long short-term memory, an operator of somebody's own, weights of a newer type.
static void says_what_is_left_out(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 2, (const int[]){1, 4});
    const size_t w = lite_tensor(&m, "w", NEWER, 2, (const int[]){3, 4});
    lite_data(&m, w, 6);
    lite_tensor(&m, "y", F32, 2, (const int[]){1, 3});
    lite_tensor(&m, "y", F32, 2, (const int[]){1, 3});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
    lite_operator(&m, 16, 2, (const int[]){2, 1}, 3);
    lite_operator(&m, 32, 1, (const int[]){2}, 3);
    lite_tensor(&m, "\xd2;", F32, 2, (const int[]){1, 3}); // no UTF-8, twice
    lite_operator(&m, 141, 1, (const int[]){2}, 4);
    lite_operator(&m, 162, 1, (const int[]){2}, 4);
    static const struct {
        unsigned code;
        const char *name;
    } rows[] = {{15, "LSH_PROJECTION"},
                {31, "CALL"},
                {33, "EMBEDDING_LOOKUP_SPARSE"},
                {51, "DELEGATE"},
                {131, "RFFT2D"}};
    for (size_t i = 0; i < 5; i++)
        lite_operator(&m, rows[i].code, 1, (const int[]){2}, 4);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->not_modelled_count, 9);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(o.net->not_modelled[4 + i].op, rows[i].name);
    assert_string_equal(o.net->not_modelled[2].op, "CONV_3D_TRANSPOSE");
    assert_string_equal(o.net->not_modelled[2].name, "?");
    assert_string_equal(o.net->not_modelled[3].name, "?_2");
    assert_string_equal(o.net->not_modelled[0].op, "LSTM");
    assert_string_equal(o.net->not_modelled[0].name, "y_2");
    assert_int_equal(o.net->not_modelled[0].weights, 12);
    assert_string_equal(o.net->not_modelled[1].op, "CUSTOM");
    assert_string_equal(o.net->not_modelled[1].name, "y_3");
    assert_int_equal(o.lite.layer_count, 0);
    assert_true(sdse_diags_fired(&o.diags, "tflite-unread"));
    assert_true(sdse_diags_fired(&o.diags, "tflite-left-out"));
    end(&o);
}

static void refusals(void **state) {
    (void)state;
    static struct lite m;
    lite_begin(&m);
    refused(&m, "tflite-none", "nothing in the model");
    m.b.at[4] = 'X';
    refused(&m, "tflite-file", "TFL3");
    write_conv(&m, SAME, 3, 2, 0);
    flat_set(&m.b, 0, m.b.length, 4);
    refused(&m, "tflite-file", "offset");
    // Cut anywhere: refused, or what is lost is not needed.
    write_conv(&m, SAME, 3, 2, 0);
    const size_t length = m.b.length;
    for (size_t cut = 0; cut < length; cut++) {
        m.b.length = cut;
        struct opened o = parse(&m);
        end(&o);
        if (cut < length / 2)
            assert_int_equal(o.status, SDSE_INVALID);
    }
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 2, (const int[]){2, 4});
    const size_t w = lite_tensor(&m, "w", F32, 2, (const int[]){3, 4});
    lite_data(&m, w, 44); // 12 numbers need 48 bytes
    lite_tensor(&m, "y", F32, 2, (const int[]){2, 3});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
    refused(&m, "tflite-weights", "as many weights");
    lite_tensor(&m, "odd", F32, 2, (const int[]){3, 4});
    lite_tensor(&m, "y2", F32, 2, (const int[]){3, 3});
    lite_operator(&m, CONNECTED, 2, (const int[]){3, 1}, 4);
    struct opened o = parse(&m);
    assert_true(sdse_diags_fired(&o.diags, "tflite-batch")); // both are said
    assert_true(sdse_diags_fired(&o.diags, "tflite-weights"));
    end(&o);
    lite_begin(&m);
    lite_tensor(&m, "x", F32, 2, (const int[]){-1, 4});
    lite_tensor(&m, "w", F32, 2, (const int[]){3, 4});
    lite_tensor(&m, "y", F32, 2, (const int[]){-1, 3});
    lite_operator(&m, CONNECTED, 2, (const int[]){0, 1}, 2);
    refused(&m, "tflite-shape", "known shapes");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution),      cmocka_unit_test(far_buffers),
        cmocka_unit_test(groups_and_turns), cmocka_unit_test(flat_buffers),
        cmocka_unit_test(depthwise),        cmocka_unit_test(connected),
        cmocka_unit_test(products),         cmocka_unit_test(transposed),
        cmocka_unit_test(halves_of_bytes),  cmocka_unit_test(says_what_is_left_out),
        cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
