// ONNX models built in memory: their layers, weights and files.
//
// One file, though long: one model after another, each with all that is expected of it.
#include "support/import_context.h"

// What writing has told of its way.
struct told {
    size_t calls, done, total, at[8];
};

static void is_told(void *context, size_t done, size_t total) {
    struct told *told = context;
    assert_true(told->calls < 8);
    told->at[told->calls++] = told->done = done;
    told->total = total;
}

static void imports_a_small_network(void **state) {
    struct context *context = *state;
    build_small_network(&context->b);
    const struct sdse_layer *layers = expect_layers(context, 6);
    expect_nest(&layers[0], SDSE_CONV, "N1 K16 C3 P16 Q16 R3 S3 G1");
    expect_nest(&layers[2], SDSE_DWCONV, "N1 K1 C1 P12 Q12 R5 S5 G16");
    expect_nest(&layers[5], SDSE_FC, "N1 K10 C16 P1 Q1 R1 S1 G1");
    expect_nest(&layers[1], SDSE_ACT, "N1 K1 C1 P16 Q16 R1 S1 G16");
    expect_nest(&layers[3], SDSE_ACT, "N1 K1 C1 P12 Q12 R1 S1 G16");
    expect_nest(&layers[4], SDSE_POOL, "N1 K1 C1 P1 Q1 R12 S12 G16");
    assert_true(layers[1].move.fused && layers[3].move.fused && !layers[4].move.fused);
    assert_string_equal(layers[0].name, "features_conv1");
    assert_string_equal(layers[0].weights_file, "weights/features_conv1.npy");
    assert_string_equal(layers[2].name, "dw_conv");
    assert_int_equal(layers[0].nest.stride[0], 2);
    assert_int_equal(layers[0].nest.pad[1], 1);
    expect_weights(context, 0, 4, SHAPE(16, 3, 3, 3), -100, -99.5f);
    expect_weights(context, 2, 4, SHAPE(16, 1, 5, 5), -100, -99.5f);
    expect_weights(context, 5, 2, SHAPE(10, 16), -100, -99.5f);
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
    const struct sdse_layer *layers = expect_layers(context, 8);
    char folder[] = "import-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct told told = {0};
    assert_int_equal(sdse_import_write(NULL, context->imported, folder,
                                       &(struct sdse_steps){is_told, &told},
                                       context->arena, &context->diags),
                     SDSE_OK);
    // Weights written, layer by layer, up to all of the four that have a file.
    assert_int_equal(told.calls, 4);
    assert_int_equal(told.done, told.total);
    struct sdse_workload *read = NULL;
    char *path = sdse_arena_printf(context->arena, "%s/workload.yaml", folder);
    if (sdse_workload_load(context->arena, path, &context->diags, &read) != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_non_null(read);
    assert_int_equal(read->layer_count, 8);
    assert_int_equal(read->parameters_not_in_layers, 26);
    assert_string_equal(read->source, "imported from net.onnx, made by a?\"b?");
    struct sdse_manifest manifest;
    assert_int_equal(
        sdse_manifest_read(folder, context->arena, &manifest, &context->diags),
        SDSE_OK);
    assert_int_equal(manifest.count, 4);
    static const char *const kinds[] = {"conv", "dwconv", "fc", "dwconv"};
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(manifest.entries[i].kind, kinds[i]);
    size_t entry = 0;
    uint64_t words = 0;
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(read->layers[i].name, layers[i].name);
        assert_int_equal(read->layers[i].kind, layers[i].kind);
        assert_memory_equal(&read->layers[i].nest, &layers[i].nest,
                            sizeof(struct sdse_nest));
        assert_memory_equal(&read->layers[i].move, &layers[i].move,
                            sizeof(struct sdse_move));
        if (!layers[i].weights_file)
            continue;
        words += sdse_tile_words(&layers[i].nest, SDSE_WEIGHTS, layers[i].nest.bound);
        assert_int_equal(told.at[entry], words);
        struct sdse_array stored, direct;
        assert_string_equal(manifest.entries[entry].layer, layers[i].name);
        assert_int_equal(sdse_npy_read(manifest.entries[entry].path, &stored, NULL),
                         SDSE_OK);
        assert_int_equal(sdse_imported_weights(context->imported, i, &direct, NULL),
                         SDSE_OK);
        assert_int_equal(stored.count, direct.count);
        assert_memory_equal(stored.data, direct.data, stored.count * sizeof(float));
        sdse_array_free(&stored);
        sdse_array_free(&direct);
        remove(manifest.entries[entry++].path);
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
    onnx_set_ints(b, onnx_node(b, "Transpose", "", "out_in", "t"), "perm",
                  ONNX_DIMS(1, 0));
    onnx_node(b, "MatMul", "transposed", "x,t", "f");
    onnx_set_ints(b, onnx_node(b, "Transpose", "", "in_out", "same"), "perm",
                  ONNX_DIMS(0, 1)); // changes nothing
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
    const struct sdse_layer *layers = expect_layers(context, 4);
    expect_nest(&layers[0], SDSE_FC, "N2 K72 C24 P128 Q1 R1 S1 G1");
    expect_nest(&layers[1], SDSE_MATMUL, "N1 K128 C6 P128 Q1 R1 S1 G8");
    expect_nest(&layers[3], SDSE_MATMUL, "N1 K6 C128 P128 Q1 R1 S1 G8");
    expect_nest(&layers[2], SDSE_SOFTMAX, "N2 K1 C1 P128 Q128 R1 S1 G4");
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
    expect_message(context, "[N, 3, N, N]");
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
        struct sdse_import_options options = {.input_count = 1, .inputs = &input};
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

// Writes what was imported, and reads the network back.
static const struct sdse_workload *write_and_read(struct context *context) {
    char folder[] = "again-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(sdse_import_write(NULL, context->imported, folder, NULL,
                                       context->arena, &context->diags),
                     SDSE_OK);
    struct sdse_workload *read = NULL;
    char *path = sdse_arena_printf(context->arena, "%s/workload.yaml", folder);
    if (sdse_workload_load(context->arena, path, &context->diags, &read) != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_non_null(read);
    for (size_t i = 0; i < read->layer_count; i++)
        if (read->layers[i].weights_file)
            remove(sdse_arena_printf(context->arena, "%s/%s", folder,
                                     read->layers[i].weights_file));
    remove(path);
    remove(sdse_arena_printf(context->arena, "%s/manifest.tsv", folder));
    rmdir(sdse_arena_printf(context->arena, "%s/weights", folder));
    assert_int_equal(rmdir(folder), 0);
    return read;
}

// Images that the model itself makes of one input: rows of a pointwise convolution,
// samples of any other.
static void images_of_one_input_are_rows_or_samples(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 12, 5, 6));
    onnx_ints(b, "to", ONNX_DIMS(3, 4, 5, 6));
    onnx_node(b, "Reshape", "", "x,to", "three");
    onnx_floats(b, "one", ONNX_DIMS(2, 4, 1, 1));
    onnx_floats(b, "nine", ONNX_DIMS(2, 4, 3, 3));
    onnx_node(b, "Conv", "pointwise", "three,one", "a");
    onnx_node(b, "Conv", "window", "three,nine", "b");
    const struct sdse_layer *layers = expect_layers(context, 2);
    expect_nest(&layers[0], SDSE_CONV1X1, "N1 K2 C4 P15 Q6 R1 S1 G1");
    assert_int_equal(layers[0].in_height, 15);
    expect_nest(&layers[1], SDSE_CONV, "N3 K2 C4 P3 Q4 R3 S3 G1");
    const struct sdse_workload *read = write_and_read(context);
    for (size_t i = 0; i < 2; i++)
        assert_memory_equal(&read->layers[i].nest, &layers[i].nest,
                            sizeof(struct sdse_nest));
    assert_int_equal(read->layers[0].in_height, 15);
}

// Every leading dimension of the second operand is operands of their own; those along
// which it is broadcast share one.
static void products_have_an_operand_for_each_sample_and_head(void **state) {
    static const struct {
        int64_t left[4], right[4];
        const char *nest;
    } cases[] = {
        {{4, 8, 5, 16}, {4, 8, 16, 7}, "N1 K7 C16 P5 Q1 R1 S1 G32"},
        {{1, 8, 5, 16}, {1, 1, 16, 7}, "N8 K7 C16 P5 Q1 R1 S1 G1"},
        {{2, 8, 5, 16}, {2, 1, 16, 7}, "N8 K7 C16 P5 Q1 R1 S1 G2"},
        {{2, 8, 5, 16}, {1, 8, 16, 7}, "N2 K7 C16 P5 Q1 R1 S1 G8"},
        // The left one is shared: the transposed product.
        {{2, 1, 5, 16}, {2, 8, 16, 7}, "N8 K5 C16 P7 Q1 R1 S1 G2"},
    };
    struct context *context = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        onnx_begin(&context->b, context->arena);
        onnx_input(&context->b, "q", 4, cases[i].left);
        onnx_input(&context->b, "k", 4, cases[i].right);
        onnx_node(&context->b, "MatMul", "qk", "q,k", "y");
        const struct sdse_layer *layers = expect_layers(context, 1);
        expect_nest(layers, SDSE_MATMUL, cases[i].nest);
        assert_memory_equal(&write_and_read(context)->layers[0].nest, &layers[0].nest,
                            sizeof layers[0].nest);
    }
}

// Grouped attention as exporters write it: 2 heads of keys, each repeated for 3
// queries.
static void repeated_heads_share_an_operand(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "q", ONNX_DIMS(2, 6, 5, 16));
    onnx_input(b, "k", ONNX_DIMS(2, 2, 7, 16));
    onnx_ints(b, "axis", ONNX_DIMS(2));
    onnx_ints(b, "repeat", ONNX_DIMS(2, 2, 3, 7, 16));
    onnx_ints(b, "heads", ONNX_DIMS(2, 6, 7, 16));
    onnx_node(b, "Unsqueeze", "", "k,axis", "k5");
    onnx_node(b, "Expand", "", "k5,repeat", "k6");
    onnx_node(b, "Reshape", "", "k6,heads", "kh");
    onnx_set_ints(b, onnx_node(b, "Transpose", "", "kh", "kt"), "perm",
                  ONNX_DIMS(0, 1, 3, 2));
    onnx_node(b, "MatMul", "qk", "q,kt", "scores");
    const struct sdse_layer *layers = expect_layers(context, 1);
    expect_nest(&layers[0], SDSE_MATMUL, "N3 K7 C16 P5 Q1 R1 S1 G4");
    assert_memory_equal(&write_and_read(context)->layers[0].nest, &layers[0].nest,
                        sizeof layers[0].nest);
}

// Sequence first, or a state before the image: the first leading dimension is no batch.
static void a_leading_dimension_that_is_no_batch(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "state", ONNX_DIMS(2, 1, 128));
    onnx_input(b, "x", ONNX_DIMS(1, 8, 14, 14));
    onnx_floats(b, "w", ONNX_DIMS(16, 8, 3, 3));
    onnx_node(b, "Conv", "c", "x,w", "y");
    onnx_input(b, "tokens", ONNX_DIMS(10, 1, 64));
    onnx_floats(b, "v", ONNX_DIMS(64, 32));
    onnx_node(b, "MatMul", "fc", "tokens,v", "z");
    const struct sdse_layer *layers = expect_layers(context, 2);
    expect_nest(&layers[0], SDSE_CONV, "N1 K16 C8 P12 Q12 R3 S3 G1");
    expect_nest(&layers[1], SDSE_FC, "N1 K32 C64 P10 Q1 R1 S1 G1");
    assert_int_equal(sdse_imported_workload(context->imported)->batch, 1);
    assert_int_equal(context->diags.errors, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(images_of_one_input_are_rows_or_samples),
        TEST(products_have_an_operand_for_each_sample_and_head),
        TEST(repeated_heads_share_an_operand),
        TEST(a_leading_dimension_that_is_no_batch),
        TEST(imports_a_small_network),
        TEST(writes_files_that_load),
        TEST(weights_come_as_out_by_in),
        TEST(shared_weights_are_stored_once_for_each_form),
        TEST(attention_has_heads),
        TEST(stacked_weights_are_groups),
        TEST(reads_every_kind_of_data),
        TEST(reads_external_data_in_the_folder_only),
        TEST(open_dimensions_need_an_option),
        TEST(parses_input_options),
        TEST(names_are_unique_and_clean),
        TEST(blames_the_node_that_hides_a_shape),
        TEST(uses_declared_shapes_of_unknown_operators),
        TEST(warns_of_what_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
