// ONNX models built in memory: their layers, weights and files; every way to be
// malformed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/onnx/onnx.h"
#include "import/write.h"
#include "smartdeal/manifest.h"
#include "smartdeal/npy.h"
#include "spec/load.h"
#include "support/onnx_builder.h"

struct context {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct onnx_builder b;
    struct sdse_imported *imported;
};

static int setup(void **state) {
    struct context *context = calloc(1, sizeof *context);
    context->arena = sdse_arena_new();
    sdse_diags_init(&context->diags, context->arena);
    onnx_begin(&context->b, context->arena);
    *state = context;
    return 0;
}

static int teardown(void **state) {
    struct context *context = *state;
    sdse_imported_free(context->imported);
    sdse_arena_free(context->arena);
    free(context);
    return 0;
}

// Imports from an exact heap copy, so that the sanitizer sees a read past the end.
static enum sdse_status import_bytes(struct context *context, const void *bytes,
                                     size_t length,
                                     const struct sdse_import_options *options) {
    unsigned char *copy = malloc(length ? length : 1);
    memcpy(copy, bytes, length);
    sdse_imported_free(context->imported);
    context->imported = NULL;
    enum sdse_status status = sdse_import_onnx_bytes(
        copy, length, "m/net.onnx", options, &context->imported, &context->diags);
    free(copy);
    return status;
}

static enum sdse_status import(struct context *context) {
    size_t length;
    const unsigned char *bytes = onnx_pack(&context->b, &length);
    return import_bytes(context, bytes, length, NULL);
}

static const struct sdse_layer *expect_layers(struct context *context, size_t count) {
    enum sdse_status status = import(context);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    const struct sdse_workload *workload = sdse_imported_workload(context->imported);
    assert_int_equal(workload->layer_count, count);
    return workload->layers;
}

// Refused, with this check as the only one.
static void expect_refused(struct context *context, const char *check) {
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(import(context), SDSE_INVALID);
    for (struct sdse_diag *diag = context->diags.first; diag; diag = diag->next)
        assert_string_equal(diag->check, check);
    assert_true(sdse_diags_fired(&context->diags, check));
    assert_string_equal(context->diags.first->loc.file, "m/net.onnx");
}

static void expect_message(struct context *context, const char *part) {
    for (struct sdse_diag *diag = context->diags.first; diag; diag = diag->next)
        if (strstr(diag->message, part))
            return;
    sdse_diags_print(&context->diags, stderr, false);
    fail_msg("no diagnostic says '%s'", part);
}

static void expect_nest(const struct sdse_layer *layer, enum sdse_layer_kind kind,
                        const char *bounds) {
    char text[128];
    size_t used = 0;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%c%llu",
                                 d ? " " : "", sdse_dim_letters[d],
                                 (unsigned long long)layer->nest.bound[d]);
    assert_string_equal(text, bounds);
    assert_int_equal(layer->kind, kind);
}

static void expect_weights(struct context *context, size_t layer, unsigned rank,
                           const uint64_t *shape, float first, float second) {
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, layer, &array, &context->diags),
        SDSE_OK);
    assert_int_equal(array.rank, rank);
    assert_memory_equal(array.shape, shape, rank * sizeof *shape);
    assert_true(array.data[0] == first && array.data[1] == second);
    sdse_array_free(&array);
}

#define SHAPE(...) ((uint64_t[]){__VA_ARGS__})

// Convolution, depth-wise, pooling, classifier: what image networks are made of.
static void build_small_network(struct onnx_builder *b) {
    onnx_input(b, "x", ONNX_DIMS(1, 3, 32, 32));
    onnx_floats(b, "conv1.weight", ONNX_DIMS(16, 3, 3, 3));
    onnx_floats(b, "conv1.bias", ONNX_DIMS(16));
    onnx_floats(b, "dw.weight", ONNX_DIMS(16, 1, 5, 5));
    onnx_floats(b, "fc.weight", ONNX_DIMS(10, 16));
    onnx_floats(b, "fc.bias", ONNX_DIMS(10));
    Onnx__NodeProto *conv =
        onnx_node(b, "Conv", "/features/conv1", "x,conv1.weight,conv1.bias", "a");
    onnx_set_ints(b, conv, "strides", ONNX_DIMS(2, 2));
    onnx_set_ints(b, conv, "pads", ONNX_DIMS(1, 1, 1, 1));
    onnx_node(b, "Relu", "", "a", "b");
    Onnx__NodeProto *dw = onnx_node(b, "Conv", "dw conv", "b,dw.weight", "c");
    onnx_set_int(b, dw, "group", 16);
    onnx_node(b, "HardSwish", "", "c", "d");
    onnx_node(b, "GlobalAveragePool", "", "d", "e");
    onnx_node(b, "Flatten", "", "e", "f");
    Onnx__NodeProto *gemm = onnx_node(b, "Gemm", "fc", "f,fc.weight,fc.bias", "y");
    onnx_set_int(b, gemm, "transB", 1);
}

static void imports_a_small_network(void **state) {
    struct context *context = *state;
    build_small_network(&context->b);
    const struct sdse_layer *layers = expect_layers(context, 3);
    expect_nest(&layers[0], SDSE_CONV, "N1 K16 C3 P16 Q16 R3 S3 G1");
    expect_nest(&layers[1], SDSE_DWCONV, "N1 K1 C1 P12 Q12 R5 S5 G16");
    expect_nest(&layers[2], SDSE_FC, "N1 K10 C16 P1 Q1 R1 S1 G1");
    assert_string_equal(layers[0].name, "features_conv1");
    assert_string_equal(layers[0].weights_file, "weights/features_conv1.npy");
    assert_string_equal(layers[1].name, "dw_conv");
    assert_int_equal(layers[0].nest.stride[0], 2);
    assert_int_equal(layers[0].pad[1], 1);
    expect_weights(context, 0, 4, SHAPE(16, 3, 3, 3), -100, -99.5f);
    expect_weights(context, 1, 4, SHAPE(16, 1, 5, 5), -100, -99.5f);
    expect_weights(context, 2, 2, SHAPE(10, 16), -100, -99.5f);
    const struct sdse_workload *workload = sdse_imported_workload(context->imported);
    assert_int_equal(workload->parameters_not_in_layers, 26);
    assert_int_equal(workload->batch, 1);
    assert_string_equal(workload->name, "net");
    assert_string_equal(workload->source, "imported from net.onnx, made by test");
}

static void writes_files_that_load(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    build_small_network(b);
    b->model.producer_name = onnx_text(b, "a\xff\"b\n");
    onnx_floats(b, "wide", ONNX_DIMS(6, 1, 3, 2));
    Onnx__NodeProto *odd = onnx_node(b, "Conv", "odd", "z,wide", "w");
    onnx_input(b, "z", ONNX_DIMS(1, 3, 9, 20));
    onnx_set_int(b, odd, "group", 3);
    onnx_set_ints(b, odd, "dilations", ONNX_DIMS(2, 1));
    onnx_set_ints(b, odd, "pads", ONNX_DIMS(1, 0, 2, 1));
    onnx_input(b, "q", ONNX_DIMS(1, 4, 7, 5));
    onnx_input(b, "k", ONNX_DIMS(1, 4, 5, 6));
    onnx_node(b, "MatMul", "qk", "q,k", "scores");
    const struct sdse_layer *layers = expect_layers(context, 5);
    char folder[] = "import-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(sdse_import_write(NULL, context->imported, folder, context->arena,
                                       &context->diags),
                     SDSE_OK);
    struct sdse_workload *read = NULL;
    char *path = sdse_arena_printf(context->arena, "%s/workload.yaml", folder);
    if (sdse_workload_load(context->arena, path, &context->diags, &read) != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_non_null(read);
    assert_int_equal(read->layer_count, 5);
    assert_int_equal(read->parameters_not_in_layers, 26);
    assert_string_equal(read->source, "imported from net.onnx, made by a?\"b?");
    struct sdse_manifest manifest;
    assert_int_equal(
        sdse_manifest_read(folder, context->arena, &manifest, &context->diags),
        SDSE_OK);
    assert_int_equal(manifest.count, 4);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(read->layers[i].name, layers[i].name);
        assert_int_equal(read->layers[i].kind, layers[i].kind);
        assert_memory_equal(&read->layers[i].nest, &layers[i].nest,
                            sizeof(struct sdse_nest));
        if (!layers[i].weights_file)
            continue;
        struct sdse_array stored, direct;
        assert_string_equal(manifest.entries[i].layer, layers[i].name);
        assert_int_equal(sdse_npy_read(manifest.entries[i].path, &stored, NULL),
                         SDSE_OK);
        assert_int_equal(sdse_imported_weights(context->imported, i, &direct, NULL),
                         SDSE_OK);
        assert_int_equal(stored.count, direct.count);
        assert_memory_equal(stored.data, direct.data, stored.count * sizeof(float));
        sdse_array_free(&stored);
        sdse_array_free(&direct);
        remove(manifest.entries[i].path);
    }
    remove(path);
    remove(sdse_arena_printf(context->arena, "%s/manifest.tsv", folder));
    rmdir(sdse_arena_printf(context->arena, "%s/weights", folder));
    assert_int_equal(rmdir(folder), 0); // nothing else was written
}

static void weights_come_as_out_by_in(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 6));
    onnx_input(b, "column", ONNX_DIMS(6, 5));
    onnx_floats(b, "in_out", ONNX_DIMS(6, 4)); // second of a row is 1 * 4 elements on
    onnx_floats(b, "out_in", ONNX_DIMS(4, 6));
    onnx_node(b, "Gemm", "plain", "x,in_out", "a");
    onnx_set_int(b, onnx_node(b, "Gemm", "turned", "x,out_in", "b"), "transB", 1);
    onnx_node(b, "MatMul", "right", "x,in_out", "c");
    onnx_node(b, "MatMul", "left", "out_in,column", "d");
    onnx_set_int(b, onnx_node(b, "Gemm", "left_turned", "in_out,column", "e"), "transA",
                 1);
    onnx_node(b, "Transpose", "", "out_in", "t");
    onnx_node(b, "MatMul", "transposed", "x,t", "f");
    onnx_node(b, "Identity", "", "in_out", "same");
    onnx_node(b, "MatMul", "again", "x,same", "g");
    const struct sdse_layer *layers = expect_layers(context, 7);
    static const float second[7] = {-98, -99.5f, -98, -99.5f, -98, -99.5f, -98};
    for (size_t i = 0; i < 7; i++) {
        bool left = i == 3 || i == 4;
        expect_nest(&layers[i], SDSE_FC,
                    left ? "N1 K4 C6 P5 Q1 R1 S1 G1" : "N1 K4 C6 P1 Q1 R1 S1 G1");
        expect_weights(context, i, 2, SHAPE(4, 6), -100, second[i]);
    }
    // The same weights in the same form are stored once.
    assert_string_equal(layers[2].weights_file, layers[0].weights_file);
    assert_string_equal(layers[5].weights_file, "weights/transposed.npy");
}

static void shared_weights_are_stored_once_for_each_form(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 4));
    onnx_floats(b, "square", ONNX_DIMS(4, 4));
    onnx_set_int(b, onnx_node(b, "Gemm", "out_in", "x,square", "a"), "transB", 1);
    onnx_node(b, "Gemm", "in_out", "x,square", "b");
    onnx_set_int(b, onnx_node(b, "Gemm", "again", "x,square", "c"), "transB", 1);
    const struct sdse_layer *layers = expect_layers(context, 3);
    assert_string_equal(layers[0].weights_file, "weights/out_in.npy");
    assert_string_equal(layers[1].weights_file, "weights/in_out.npy");
    assert_string_equal(layers[2].weights_file, "weights/out_in.npy");
    expect_weights(context, 1, 2, SHAPE(4, 4), -100, -98);
    expect_weights(context, 2, 2, SHAPE(4, 4), -100, -99.5f);
    const struct sdse_workload *workload = sdse_imported_workload(context->imported);
    assert_int_equal(workload->parameters_not_in_layers, 0);
}

static void attention_has_heads(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "ids", ONNX_DIMS(2, 128));
    onnx_floats(b, "words", ONNX_DIMS(50, 24));
    onnx_floats(b, "qkv", ONNX_DIMS(24, 72));
    onnx_ints(b, "heads", ONNX_DIMS(0, 0, 4, -1));
    onnx_ints(b, "parts", ONNX_DIMS(24, 24, 24));
    onnx_node(b, "Gather", "", "words,ids", "x");
    onnx_node(b, "MatMul", "project", "x,qkv", "all");
    onnx_set_int(b, onnx_node(b, "Split", "", "all,parts", "q,k,v"), "axis", 2);
    for (const char *const *name = (const char *const[]){"q", "k", "v", NULL}; *name;
         name++) {
        char four[8], turned[8];
        snprintf(four, sizeof four, "%s4", *name);
        snprintf(turned, sizeof turned, "%st", *name);
        onnx_node(b, "Reshape", "", sdse_arena_printf(b->arena, "%s,heads", *name),
                  four);
        Onnx__NodeProto *turn = onnx_node(b, "Transpose", "", four, turned);
        if (**name == 'k')
            onnx_set_ints(b, turn, "perm", ONNX_DIMS(0, 2, 3, 1));
        else
            onnx_set_ints(b, turn, "perm", ONNX_DIMS(0, 2, 1, 3));
    }
    onnx_node(b, "MatMul", "qk", "qt,kt", "scores");
    onnx_node(b, "Softmax", "", "scores", "p");
    onnx_node(b, "MatMul", "pv", "p,vt", "y");
    const struct sdse_layer *layers = expect_layers(context, 3);
    expect_nest(&layers[0], SDSE_FC, "N2 K72 C24 P128 Q1 R1 S1 G1");
    expect_nest(&layers[1], SDSE_MATMUL, "N2 K128 C6 P128 Q1 R1 S1 G4");
    expect_nest(&layers[2], SDSE_MATMUL, "N2 K6 C128 P128 Q1 R1 S1 G4");
    assert_null(layers[1].weights_file);
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, 1, &array, &context->diags),
        SDSE_INVALID);
    // The table of words is a parameter outside the layers.
    assert_int_equal(
        sdse_imported_workload(context->imported)->parameters_not_in_layers, 50 * 24);
}

static void stacked_weights_are_groups(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 5, 4));
    onnx_floats(b, "w", ONNX_DIMS(3, 4, 2));
    onnx_node(b, "MatMul", "experts", "x,w", "y");
    const struct sdse_layer *layers = expect_layers(context, 1);
    expect_nest(&layers[0], SDSE_CONV1X1, "N1 K2 C4 P5 Q1 R1 S1 G3");
    struct sdse_array array;
    assert_int_equal(sdse_imported_weights(context->imported, 0, &array, NULL),
                     SDSE_OK);
    assert_memory_equal(array.shape, SHAPE(6, 4, 1, 1), 4 * sizeof(uint64_t));
    for (size_t g = 0; g < 3; g++)
        for (size_t k = 0; k < 2; k++)
            for (size_t c = 0; c < 4; c++)
                assert_true(array.data[(g * 2 + k) * 4 + c] ==
                            onnx_pattern((g * 4 + c) * 2 + k));
    sdse_array_free(&array);
}

static void deconvolution_is_pointwise(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 4, 10, 12));
    onnx_floats(b, "w", ONNX_DIMS(4, 3, 2, 2)); // two groups of 2 channels, 3 filters
    Onnx__NodeProto *node = onnx_node(b, "ConvTranspose", "up", "x,w", "y");
    onnx_set_ints(b, node, "strides", ONNX_DIMS(2, 2));
    onnx_set_int(b, node, "group", 2);
    const struct sdse_layer *layers = expect_layers(context, 1);
    expect_nest(&layers[0], SDSE_CONV1X1, "N1 K12 C2 P10 Q12 R1 S1 G2");
    struct sdse_array array;
    assert_int_equal(sdse_imported_weights(context->imported, 0, &array, NULL),
                     SDSE_OK);
    assert_memory_equal(array.shape, SHAPE(24, 2, 1, 1), 4 * sizeof(uint64_t));
    for (size_t g = 0; g < 2; g++)
        for (size_t filter = 0; filter < 12; filter++)
            for (size_t c = 0; c < 2; c++)
                assert_true(array.data[(g * 12 + filter) * 2 + c] ==
                            onnx_pattern((g * 2 + c) * 12 + filter));
    sdse_array_free(&array);
}

// Layers pad both sides alike: asymmetric padding must give the same outputs.
static void asymmetric_padding_keeps_the_outputs(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 1, 24, 25));
    onnx_floats(b, "w", ONNX_DIMS(1, 1, 3, 3));
    unsigned count = 0;
    for (int64_t stride = 1; stride <= 3; stride++)
        for (int64_t begin = 0; begin < 3; begin++)
            for (int64_t end = 0; end < 3; end++, count++) {
                char name[16];
                snprintf(name, sizeof name, "c%u", count);
                Onnx__NodeProto *node = onnx_node(b, "Conv", name, "x,w", name);
                onnx_set_ints(b, node, "strides", ONNX_DIMS(stride, stride));
                onnx_set_ints(b, node, "pads", ONNX_DIMS(begin, end, end, begin));
            }
    const struct sdse_layer *layer = expect_layers(context, count);
    for (uint64_t stride = 1; stride <= 3; stride++)
        for (uint64_t total_and = 0; total_and < 9; total_and++, layer++) {
            uint64_t total = total_and / 3 + total_and % 3;
            assert_int_equal(layer->nest.bound[SDSE_P], (24 + total - 3) / stride + 1);
            assert_int_equal(layer->nest.bound[SDSE_Q], (25 + total - 3) / stride + 1);
            assert_int_equal((layer->in_height + 2 * layer->pad[0] - 3) / stride + 1,
                             layer->nest.bound[SDSE_P]);
            assert_int_equal((layer->in_width + 2 * layer->pad[1] - 3) / stride + 1,
                             layer->nest.bound[SDSE_Q]);
        }
}

// The three ways to store a tensor, and the types.
static void reads_every_kind_of_data(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    static const struct {
        int32_t type;
        const char *raw;
        size_t bytes;
    } cases[] = {
        {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, "\0\0\xc0\x3f\0\0\0\xc0", 8},
        {ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
         "\0\0\0\0\0\0\xf8\x3f\0\0\0\0\0\0\0\xc0", 16},
        {ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, "\x00\x3e\x00\xc0", 4},
        {ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16, "\xc0\x3f\x00\xc0", 4},
    };
    for (size_t i = 0; i < 8; i++) {
        char name[8];
        snprintf(name, sizeof name, "w%zu", i);
        Onnx__TensorProto *tensor =
            onnx_tensor(b, name, cases[i / 2].type, ONNX_DIMS(2, 1));
        static float floats[2] = {1.5f, -2};
        static double doubles[2] = {1.5, -2};
        static int32_t halves[2][2] = {{0x3e00, 0xc000}, {0x3fc0, 0xc000}};
        if (i % 2 == 0) {
            tensor->has_raw_data = 1;
            tensor->raw_data.len = cases[i / 2].bytes;
            tensor->raw_data.data = (uint8_t *)sdse_arena_copy(
                b->arena, cases[i / 2].raw, cases[i / 2].bytes);
        } else if (i < 2) {
            tensor->n_float_data = 2;
            tensor->float_data = floats;
        } else if (i < 4) {
            tensor->n_double_data = 2;
            tensor->double_data = doubles;
        } else {
            tensor->n_int32_data = 2;
            tensor->int32_data = halves[i / 2 - 2];
        }
        if (i == 3) { // as the value of a Constant node instead
            Onnx__NodeProto *node = onnx_node(b, "Constant", "", "", name);
            onnx_attribute(b, node, "value")->t = tensor;
        } else {
            onnx_initializer(b, tensor);
        }
        onnx_node(b, "MatMul", name, sdse_arena_printf(b->arena, "x,%s", name),
                  sdse_arena_printf(b->arena, "y%zu", i));
    }
    expect_layers(context, 8);
    for (size_t i = 0; i < 8; i++)
        expect_weights(context, i, 2, SHAPE(1, 2), 1.5f, -2);
}

static void reads_external_data_in_the_folder_only(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    char folder[] = "external-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *data = sdse_arena_printf(context->arena, "%s/w.bin", folder);
    char *model = sdse_arena_printf(context->arena, "%s/net.onnx", folder);
    FILE *file = fopen(data, "wb");
    fwrite("skip\0\0\xc0\x3f\0\0\0\xc0", 1, 12, file);
    fclose(file);
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    Onnx__TensorProto *tensor =
        onnx_tensor(b, "w", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, ONNX_DIMS(2, 1));
    Onnx__StringStringEntryProto location, offset, *entries[2] = {&location, &offset};
    onnx__string_string_entry_proto__init(&location);
    onnx__string_string_entry_proto__init(&offset);
    location.key = onnx_text(b, "location");
    offset.key = onnx_text(b, "offset");
    offset.value = onnx_text(b, "4");
    tensor->n_external_data = 2;
    tensor->external_data = entries;
    tensor->has_data_location = 1;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    onnx_initializer(b, tensor);
    onnx_node(b, "MatMul", "fc", "x,w", "y");
    static const struct {
        const char *location, *offset;
        bool good;
    } cases[] = {
        {"w.bin", "4", true},     {"./w.bin", "4", true},
        {"w.bin", "5", false},    {"w.bin", "99", false},
        {"w.bin", "-4", false},   {"w.bin", "18446744073709551616", false},
        {"no.bin", "4", false},   {"/etc/passwd", "0", false},
        {"../w.bin", "4", false}, {"a/../../w.bin", "4", false},
        {"", "4", false},         {".", "0", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        location.value = onnx_text(b, cases[i].location);
        offset.value = onnx_text(b, cases[i].offset);
        size_t length;
        const unsigned char *bytes = onnx_pack(b, &length);
        file = fopen(model, "wb");
        fwrite(bytes, 1, length, file);
        fclose(file);
        sdse_diags_init(&context->diags, context->arena);
        sdse_imported_free(context->imported);
        context->imported = NULL;
        enum sdse_status status =
            sdse_import_onnx(model, NULL, &context->imported, &context->diags);
        assert_int_equal(status, cases[i].good ? SDSE_OK : SDSE_INVALID);
        if (cases[i].good)
            expect_weights(context, 0, 2, SHAPE(1, 2), 1.5f, -2);
        else
            assert_true(sdse_diags_fired(&context->diags, "onnx-external"));
    }
    remove(data);
    remove(model);
    rmdir(folder);
}

static void open_dimensions_need_an_option(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(0, 3, 0, 0));
    onnx_floats(b, "w", ONNX_DIMS(4, 3, 3, 3));
    onnx_node(b, "Conv", "c", "x,w", "y");
    expect_refused(context, "onnx-input-shape");
    expect_message(context, "?x3x?x?");
    size_t length;
    const unsigned char *bytes = onnx_pack(b, &length);
    static const struct {
        const char *text, *check;
    } cases[] = {{"x=2x3x8x10", NULL},
                 {"x=2x4x8x10", "onnx-input-shape"},
                 {"x=2x3x8", "onnx-input-shape"},
                 {"y=2x3x8x10", "onnx-input-name"}};
    for (size_t i = 0; i < 4; i++) {
        struct sdse_import_input input;
        assert_true(sdse_import_input_parse(cases[i].text, context->arena, &input));
        struct sdse_import_options options = {1, &input};
        sdse_diags_init(&context->diags, context->arena);
        enum sdse_status status = import_bytes(context, bytes, length, &options);
        assert_int_equal(status, cases[i].check ? SDSE_INVALID : SDSE_OK);
        if (cases[i].check)
            assert_true(sdse_diags_fired(&context->diags, cases[i].check));
        else
            expect_nest(&sdse_imported_workload(context->imported)->layers[0],
                        SDSE_CONV, "N2 K4 C3 P6 Q8 R3 S3 G1");
    }
}

static void parses_input_options(void **state) {
    struct context *context = *state;
    struct sdse_import_input input;
    assert_true(sdse_import_input_parse("a=b=1x24", context->arena, &input));
    assert_string_equal(input.name, "a=b");
    assert_int_equal(input.rank, 2);
    assert_int_equal(input.shape[1], 24);
    static const char *const bad[] = {"",
                                      "x",
                                      "=1",
                                      "x=",
                                      "x=1x",
                                      "x=0x3",
                                      "x=-1",
                                      "x=1,2",
                                      "x=1 x",
                                      "x=4294967297",
                                      "x=1x1x1x1x1x1x1x1x1",
                                      "x=99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sdse_import_input_parse(bad[i], context->arena, &input));
}

static void names_are_unique_and_clean(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3));
    onnx_floats(b, "w/t", ONNX_DIMS(3, 3));
    char long_name[300];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    const char *const names[] = {"/a/b", "a_b",     "a b",           "../../etc", "",
                                 "",     long_name, "\xc3\xa9\"\\:", "a_b_2"};
    static const char *const expected[] = {"a_b",   "a_b_2", "a_b_3", "etc",    "w_t",
                                           "w_t_2", NULL,    "layer", "a_b_2_2"};
    for (size_t i = 0; i < 9; i++)
        onnx_node(b, "MatMul", names[i], "x,w/t",
                  sdse_arena_printf(b->arena, "y%zu", i));
    const struct sdse_layer *layers = expect_layers(context, 9);
    for (size_t i = 0; i < 9; i++)
        if (expected[i])
            assert_string_equal(layers[i].name, expected[i]);
        else
            assert_int_equal(strlen(layers[i].name), 100);
}

static void blames_the_node_that_hides_a_shape(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    onnx_floats(b, "w", ONNX_DIMS(3, 3, 3, 3));
    onnx_node(b, "Magic", "wand", "x", "a");
    onnx_node(b, "Relu", "", "a", "b");
    onnx_node(b, "Conv", "first", "b,w", "c");
    onnx_node(b, "Conv", "second", "c,w", "d");
    onnx_node(b, "Conv", "third", "b,w", "e");
    onnx_node(b, "NonZero", "nz", "x", "f");
    onnx_node(b, "Reshape", "rs", "x,f", "g");
    onnx_node(b, "Conv", "fourth", "g,w", "h");
    onnx_node(b, "Magic", "harmless", "x", "i"); // nobody needs it
    assert_int_equal(import(context), SDSE_INVALID);
    assert_int_equal(context->diags.errors, 2); // once per culprit
    expect_message(context, "node 'wand' (Magic)");
    expect_message(context, "node 'first' needs");
    assert_true(sdse_diags_fired(&context->diags, "onnx-unknown-op"));
}

static void uses_declared_shapes_of_unknown_operators(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    onnx_input(b, "a", ONNX_DIMS(1, 3, 6, 6));
    Onnx__ValueInfoProto *declared[1] = {b->inputs[1]};
    b->graph.n_input = 1;
    b->graph.n_value_info = 1;
    b->graph.value_info = declared;
    onnx_floats(b, "w", ONNX_DIMS(3, 3, 3, 3));
    onnx_node(b, "Magic", "wand", "x", "a");
    onnx_node(b, "Conv", "c", "a,w", "b");
    expect_nest(expect_layers(context, 1), SDSE_CONV, "N1 K3 C3 P4 Q4 R3 S3 G1");
}

static void warns_of_what_is_left_out(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3));
    onnx_floats(b, "w", ONNX_DIMS(3, 3));
    onnx_node(b, "Einsum", "sum", "x,w", "a");
    onnx_node(b, "MatMul", "c", "x,w", "b");
    expect_layers(context, 1);
    assert_int_equal(context->diags.warnings, 1);
    assert_true(sdse_diags_fired(&context->diags, "onnx-left-out"));
}

static void refuses_broken_graphs(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    onnx_floats(b, "w", ONNX_DIMS(3, 3, 3, 3));
    Onnx__GraphProto graph = b->graph;

    expect_refused(context, "onnx-no-layers");

    onnx_node(b, "Add", "loop1", "x,q", "p");
    onnx_node(b, "Add", "loop2", "p,x", "q");
    onnx_node(b, "Conv", "c", "q,w", "y");
    expect_refused(context, "onnx-cycle");
    assert_int_equal(context->diags.errors, 1);

    b->graph = graph;
    onnx_node(b, "Conv", "self", "y,w", "y");
    expect_refused(context, "onnx-cycle");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "nothing,w", "y");
    expect_refused(context, "onnx-missing-input");
    expect_message(context, "node 'c' reads 'nothing'");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "x,w", "y");
    onnx_node(b, "Relu", "r", "x", "y");
    expect_refused(context, "onnx-duplicate-output");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "x,w", "x");
    expect_refused(context, "onnx-duplicate-output");

    b->graph = graph;
    onnx_node(b, "Conv", "c", "x", "y");
    expect_refused(context, "onnx-shape");

    b->graph = graph;
    onnx_input(b, "huge", ONNX_DIMS(1, 3, (int64_t)1 << 30, (int64_t)1 << 30));
    onnx_node(b, "Conv", "c", "huge,w", "y");
    expect_refused(context, "onnx-shape"); // MACs beyond 64 bits or extents beyond 2^30

    b->graph = graph;
    onnx_input(b, "video", ONNX_DIMS(1, 3, 8, 8, 8));
    onnx_floats(b, "w3", ONNX_DIMS(3, 3, 3, 3, 3));
    onnx_node(b, "Conv", "c", "video,w3", "y");
    expect_refused(context, "onnx-rank");

    b->graph = graph;
    onnx_input(b, "three", ONNX_DIMS(3, 4));
    onnx_floats(b, "w2", ONNX_DIMS(4, 4));
    b->inputs[0] = b->inputs[1];
    onnx_ints(b, "to", ONNX_DIMS(4, 3));
    onnx_node(b, "Reshape", "", "three,to", "odd");
    onnx_floats(b, "w4", ONNX_DIMS(3, 2));
    onnx_node(b, "MatMul", "c", "odd,w4", "y");
    b->graph.n_input = 1;
    expect_refused(context, "onnx-batch");
}

static void refuses_lying_tensors(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 2));
    Onnx__TensorProto *tensor = onnx_floats(b, "w", ONNX_DIMS(2, 2));
    onnx_node(b, "MatMul", "fc", "x,w", "y");
    static const struct {
        int64_t dims[2];
        const char *check;
    } cases[] = {
        {{2, 3}, "onnx-tensor-length"},
        {{2, 1}, "onnx-tensor-length"},
        {{2, 0}, "onnx-tensor-length"},
        {{-2, -2}, "onnx-tensor-shape"},
        {{(int64_t)1 << 60, 1}, "onnx-tensor-shape"},
        {{(int64_t)1 << 30, (int64_t)1 << 30}, "onnx-tensor-length"}, // 2^60
        {{(int64_t)1 << 48, (int64_t)1 << 48}, "onnx-tensor-shape"},
        {{0, INT64_MAX}, "onnx-tensor-shape"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(tensor->dims, cases[i].dims, sizeof cases[i].dims);
        expect_refused(context, cases[i].check);
    }
    tensor->dims[0] = tensor->dims[1] = 2;
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE; // no double_data
    expect_refused(context, "onnx-tensor-length");
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->has_raw_data = 1; // wins over float_data
    tensor->raw_data.data = (uint8_t *)onnx_text(b, "0123456789abcdefg");
    for (size_t length = 0; length <= 17; length++) {
        tensor->raw_data.len = length;
        if (length != 16)
            expect_refused(context, "onnx-tensor-length");
    }
    // A type without values here: refused when the weights are wanted.
    tensor->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(import(context), SDSE_OK);
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, 0, &array, &context->diags),
        SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, "onnx-tensor-type"));
}

static void refuses_truncation_everywhere(void **state) {
    struct context *context = *state;
    build_small_network(&context->b);
    size_t length;
    const unsigned char *bytes = onnx_pack(&context->b, &length);
    for (size_t cut = 0; cut < length; cut += 1 + cut / 64) {
        sdse_diags_init(&context->diags, context->arena);
        enum sdse_status status = import_bytes(context, bytes, cut, NULL);
        // Cut between two fields of the model, what is left may be a model.
        assert_true(status == SDSE_INVALID || (status == SDSE_OK && length - cut < 16));
        assert_int_equal(status == SDSE_INVALID, context->diags.errors > 0);
    }
}

// A message that holds a message that holds …: fields `numbers` in turn.
static size_t nest(unsigned char *bytes, size_t room, const unsigned char *numbers,
                   size_t period, unsigned depth) {
    size_t at = room;
    for (unsigned i = depth; i-- > 0;) {
        uint64_t length = room - at;
        unsigned char varint[10];
        size_t n = 0;
        do
            varint[n++] = (unsigned char)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
        while (length >>= 7);
        if (at < n + 1)
            return 0;
        at -= n;
        memcpy(bytes + at, varint, n);
        bytes[--at] = (unsigned char)(numbers[i % period] << 3 | 2);
    }
    memmove(bytes, bytes + at, room - at);
    return room - at;
}

static void refuses_bombs(void **state) {
    struct context *context = *state;
    enum { ROOM = 4 << 20 };
    unsigned char *bytes = calloc(ROOM, 1);
    // ModelProto.graph = 7, then GraphProto.node = 1, NodeProto.attribute = 5,
    // AttributeProto.g = 6 for ever.
    static const unsigned char numbers[] = {1, 5, 6};
    size_t inner = nest(bytes + 8, ROOM - 8, numbers, 3, 300000);
    assert_true(inner > 300000);
    bytes[0] = 7 << 3 | 2;
    for (unsigned i = 0; i < 5; i++)
        bytes[1 + i] = (unsigned char)((inner >> 7 * i & 0x7f) | (i < 4 ? 0x80 : 0));
    memmove(bytes + 6, bytes + 8, inner);
    assert_int_equal(import_bytes(context, bytes, inner + 6, NULL), SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, "onnx-nesting"));
    // Two bytes each: an empty opset_import (field 8) over and over.
    for (size_t i = 0; i + 1 < ROOM; i += 2) {
        bytes[i] = 8 << 3 | 2;
        bytes[i + 1] = 0;
    }
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(import_bytes(context, bytes, ROOM, NULL), SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, "onnx-messages"));
    free(bytes);
}

static void survives_mutations(void **state) {
    struct context *context = *state;
    build_small_network(&context->b);
    size_t length;
    const unsigned char *packed = onnx_pack(&context->b, &length);
    unsigned char *good = malloc(length), *bytes = malloc(length);
    memcpy(good, packed, length);
    uint64_t random = 88172645463325252u;
    unsigned refused = 0, rounds = 6000;
    for (unsigned i = 0; i < rounds; i++) {
        memcpy(bytes, good, length);
        for (unsigned flips = 1 + i % 4; flips > 0; flips--) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            // Half of the changes hit the structure, at the ends, not the weights.
            size_t at = (size_t)(random >> 8) % length;
            if (random & 1)
                at = (random & 2) ? at % 700 : length - 1 - at % 500;
            unsigned changed = random & 4 ? (unsigned)(random >> 56)
                                          : bytes[at] ^ 1u << (random >> 61);
            bytes[at] = (unsigned char)(changed & 0xff);
        }
        sdse_arena_reset(context->arena);
        sdse_diags_init(&context->diags, context->arena);
        enum sdse_status status = import_bytes(context, bytes, length, NULL);
        assert_true(status == SDSE_OK || status == SDSE_INVALID);
        assert_int_equal(status == SDSE_INVALID, context->diags.errors > 0);
        refused += status == SDSE_INVALID;
        for (size_t layer = 0;
             status == SDSE_OK &&
             layer < sdse_imported_workload(context->imported)->layer_count;
             layer++) {
            struct sdse_array array = {0};
            sdse_imported_weights(context->imported, layer, &array, &context->diags);
            sdse_array_free(&array);
        }
    }
    assert_in_range(refused, rounds / 10, rounds * 9 / 10);
    free(good);
    free(bytes);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(imports_a_small_network),
        TEST(writes_files_that_load),
        TEST(weights_come_as_out_by_in),
        TEST(shared_weights_are_stored_once_for_each_form),
        TEST(attention_has_heads),
        TEST(stacked_weights_are_groups),
        TEST(deconvolution_is_pointwise),
        TEST(asymmetric_padding_keeps_the_outputs),
        TEST(reads_every_kind_of_data),
        TEST(reads_external_data_in_the_folder_only),
        TEST(open_dimensions_need_an_option),
        TEST(parses_input_options),
        TEST(names_are_unique_and_clean),
        TEST(blames_the_node_that_hides_a_shape),
        TEST(uses_declared_shapes_of_unknown_operators),
        TEST(warns_of_what_is_left_out),
        TEST(refuses_broken_graphs),
        TEST(refuses_lying_tensors),
        TEST(refuses_truncation_everywhere),
        TEST(refuses_bombs),
        TEST(survives_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
