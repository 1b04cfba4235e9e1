// Numbers in other files than the model's: read where they are, and where they are not,
// or are not to be, layers without weights that say so.
#include "spec/write.h"
#include "support/import_context.h"

#include <sys/stat.h>

enum { FLOAT = 1, INT8 = 3, INT64 = 7 };

// An initializer whose numbers are in "data.bin" from this byte on.
static void add_external(struct onnx_builder *b, const char *name, int32_t type,
                         const char *offset, unsigned rank, const int64_t *dims) {
    Onnx__TensorProto *tensor = onnx_tensor(b, name, type, rank, dims);
    static const char *const keys[] = {"location", "offset"};
    const char *const values[] = {"data.bin", offset};
    tensor->has_data_location = 1;
    tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    tensor->n_external_data = 2;
    tensor->external_data =
        SDSE_ARENA_ARRAY(b->arena, Onnx__StringStringEntryProto *, 2);
    for (size_t i = 0; i < 2; i++) {
        tensor->external_data[i] =
            SDSE_ARENA_NEW(b->arena, Onnx__StringStringEntryProto);
        onnx__string_string_entry_proto__init(tensor->external_data[i]);
        tensor->external_data[i]->key = onnx_text(b, keys[i]);
        tensor->external_data[i]->value = onnx_text(b, values[i]);
    }
    onnx_initializer(b, tensor);
}

// A folder with the model, and its data if asked for.
struct place {
    char folder[32];
    const char *model, *data;
};

static void make_place(struct context *context, struct place *place, bool with_data) {
    strcpy(place->folder, "external-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    place->model = sdse_arena_printf(context->arena, "%s/net.onnx", place->folder);
    place->data = sdse_arena_printf(context->arena, "%s/data.bin", place->folder);
    size_t length;
    const unsigned char *bytes = onnx_pack(&context->b, &length);
    FILE *file = fopen(place->model, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    if (!with_data)
        return;
    file = fopen(place->data, "wb");
    assert_non_null(file);
    for (unsigned i = 0; i < 4096; i++) { // as float, as int64 from 16384 on
        const float number = (float)i / 4;
        assert_int_equal(fwrite(&number, sizeof number, 1, file), 1);
    }
    const int64_t target[2] = {6, 8};
    assert_int_equal(fwrite(target, sizeof *target, 2, file), 2);
    assert_int_equal(fclose(file), 0);
}

static void remove_place(const struct place *place) {
    remove(place->model);
    remove(place->data);
    assert_int_equal(rmdir(place->folder), 0);
}

static enum sdse_status import_from(struct context *context, const struct place *place,
                                    bool shapes_only) {
    const struct sdse_import_options options = {.shapes_only = shapes_only};
    sdse_imported_free(context->imported);
    context->imported = NULL;
    sdse_diags_init(&context->diags, context->arena);
    return sdse_import_onnx(place->model, &options, &context->imported,
                            &context->diags);
}

// A convolution, and products whose weights are behind what exporters put there.
static void build(struct onnx_builder *b) {
    onnx_input(b, "x", ONNX_DIMS(1, 3, 6, 6));
    add_external(b, "w", FLOAT, "0", ONNX_DIMS(4, 3, 3, 3));
    add_external(b, "half", FLOAT, "432", ONNX_DIMS(32, 64));
    add_external(b, "row", FLOAT, "8624", ONNX_DIMS(1, 64));
    add_external(b, "q", INT8, "0", ONNX_DIMS(128, 5));
    add_external(b, "scale", FLOAT, "8880", ONNX_DIMS(5));
    onnx_node(b, "Conv", "conv", "x,w", "a");
    onnx_node(b, "Flatten", "", "a", "f");
    onnx_set_int(b, onnx_node(b, "Concat", "", "half,half", "whole"), "axis", 0);
    onnx_node(b, "Mul", "", "whole,row", "scaled");
    onnx_node(b, "Transpose", "", "scaled,", "turned")->n_input = 1;
    onnx_node(b, "MatMul", "fc", "f,turned", "g");
    onnx_set_int(b, onnx_node(b, "Concat", "", "g,g", "wide"), "axis", 1);
    onnx_node(b, "DequantizeLinear", "", "q,scale", "d");
    onnx_node(b, "MatMul", "quantized", "wide,d", "y");
}

static void absent_data_is_refused_unless_shapes_are_enough(void **state) {
    struct context *context = *state;
    struct place place;
    build(&context->b);
    make_place(context, &place, false);
    assert_int_equal(import_from(context, &place, false), SDSE_INVALID);
    assert_int_equal(context->diags.errors, 5); // a tensor each
    expect_message(context, "tensor 'half'");
    expect_message(context, "--shapes-only does without it");
    assert_int_equal(import_from(context, &place, true), SDSE_OK);
    assert_int_equal(context->diags.warnings, 0);
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    assert_string_equal(
        net->source,
        "imported from net.onnx, made by test; shapes only, weights not read");
    assert_int_equal(net->layer_count, 3);
    expect_nest(&net->layers[0], SDSE_CONV, "N1 K4 C3 P4 Q4 R3 S3 G1");
    expect_nest(&net->layers[1], SDSE_FC, "N1 K64 C64 P1 Q1 R1 S1 G1");
    expect_nest(&net->layers[2], SDSE_FC, "N1 K5 C128 P1 Q1 R1 S1 G1");
    for (size_t i = 0; i < 3; i++) {
        struct sdse_array array;
        assert_true(net->layers[i].weights_unread);
        assert_null(net->layers[i].weights_file);
        assert_int_equal(
            sdse_imported_weights(context->imported, i, &array, &context->diags),
            SDSE_INVALID);
    }
    assert_int_equal(context->diags.errors, 0);
    remove_place(&place);
}

static char *text_of(struct context *context) {
    return sdse_workload_text(context->arena,
                              sdse_imported_workload(context->imported));
}

// The same layers, with the data and without; nothing is written but the network.
static void shapes_do_not_depend_on_the_data(void **state) {
    struct context *context = *state;
    struct place with, without;
    build(&context->b);
    make_place(context, &with, true);
    make_place(context, &without, false);
    assert_int_equal(import_from(context, &with, false), SDSE_OK);
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    struct sdse_layer whole[3];
    memcpy(whole, net->layers, sizeof whole);
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(whole[i].weights_file);
        assert_false(whole[i].weights_unread);
        whole[i].name = sdse_arena_strdup(context->arena, whole[i].name);
    }
    const uint64_t others = net->parameters_not_in_layers;
    assert_int_equal(import_from(context, &with, true), SDSE_OK);
    const char *text = text_of(context);
    assert_int_equal(import_from(context, &without, true), SDSE_OK);
    assert_string_equal(text_of(context), text);
    net = sdse_imported_workload(context->imported);
    assert_int_equal(net->parameters_not_in_layers, others);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(whole[i].name, net->layers[i].name);
        assert_memory_equal(&whole[i].nest, &net->layers[i].nest, sizeof whole[i].nest);
    }
    char folder[] = "written-XXXXXX";
    assert_non_null(mkdtemp(folder));
    assert_int_equal(sdse_import_write(NULL, context->imported, folder, NULL,
                                       context->arena, &context->diags),
                     SDSE_OK);
    struct sdse_workload *read = NULL;
    const char *path = sdse_arena_printf(context->arena, "%s/workload.yaml", folder);
    assert_int_equal(sdse_workload_load(context->arena, path, &context->diags, &read),
                     SDSE_OK);
    assert_string_equal(read->source, net->source);
    for (size_t i = 0; i < 3; i++) {
        assert_true(read->layers[i].weights_unread);
        assert_null(read->layers[i].weights_file);
    }
    remove(path);
    assert_int_equal(rmdir(folder), 0); // no manifest, no weights/
    remove_place(&with);
    remove_place(&without);
}

// Small numbers that shapes rest on are read from other files too, whatever their type;
// where they may not be, the node that needs them says so.
static void shapes_in_other_files(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    struct place place;
    onnx_input(b, "x", ONNX_DIMS(4, 12));
    add_external(b, "target", INT64, "16384", ONNX_DIMS(2));
    onnx_floats(b, "w", ONNX_DIMS(8, 5));
    onnx_node(b, "Reshape", "shape it", "x,target", "a");
    onnx_node(b, "MatMul", "fc", "a,w", "y");
    make_place(context, &place, true);
    assert_int_equal(import_from(context, &place, false), SDSE_OK);
    expect_nest(&sdse_imported_workload(context->imported)->layers[0], SDSE_FC,
                "N1 K5 C8 P6 Q1 R1 S1 G1");
    assert_int_equal(import_from(context, &place, true), SDSE_INVALID);
    assert_int_equal(context->diags.errors, 1);
    expect_message(context, "node 'shape it' (Reshape): it needs numbers that are in "
                            "external data, which is not read");
    remove_place(&place);
}

// So it is where numbers of the model itself are added to them.
static void shapes_partly_in_other_files(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    struct place place;
    onnx_input(b, "x", ONNX_DIMS(4, 12));
    add_external(b, "target", INT64, "16384", ONNX_DIMS(2));
    onnx_ints(b, "more", ONNX_DIMS(0, 0));
    onnx_floats(b, "w", ONNX_DIMS(8, 5));
    onnx_node(b, "Add", "", "target,more", "sum");
    onnx_node(b, "Reshape", "shape it", "x,sum", "a");
    onnx_node(b, "MatMul", "fc", "a,w", "y");
    make_place(context, &place, true);
    assert_int_equal(import_from(context, &place, false), SDSE_OK);
    assert_int_equal(import_from(context, &place, true), SDSE_INVALID);
    assert_int_equal(context->diags.errors, 1);
    expect_message(context, "node 'shape it' (Reshape): it needs numbers that are in "
                            "external data, which is not read");
    remove_place(&place);
}

// Weights in the model itself are not read either: a network is marked as a whole.
static void weights_in_the_model_are_left_too(void **state) {
    struct context *context = *state;
    struct place place;
    build_small_network(&context->b);
    make_place(context, &place, false);
    assert_int_equal(import_from(context, &place, true), SDSE_OK);
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    for (size_t i = 0; i < net->layer_count; i++)
        assert_true(net->layers[i].weights_unread ==
                    sdse_layer_has_weights(&net->layers[i]));
    remove_place(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(absent_data_is_refused_unless_shapes_are_enough),
        TEST(shapes_do_not_depend_on_the_data),
        TEST(shapes_in_other_files),
        TEST(shapes_partly_in_other_files),
        TEST(weights_in_the_model_are_left_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
