// Shapes of a model's inputs: from the file, given for an input, or for a dimension by
// its name.
#include "support/import_context.h"

// A name for an open dimension of the input that was added last.
static void name_axis(struct onnx_builder *b, unsigned axis, const char *name) {
    b->inputs[b->graph.n_input - 1]->type->tensor_type->shape->dim[axis]->dim_param =
        onnx_text(b, name);
}

// Two images of one batch, and a sequence whose length has a name too.
static void build(struct onnx_builder *b) {
    onnx_input(b, "x", ONNX_DIMS(0, 3, 0, 0));
    name_axis(b, 0, "batch");
    name_axis(b, 2, "height");
    name_axis(b, 3, "width");
    onnx_input(b, "y", ONNX_DIMS(0, 0, 8));
    name_axis(b, 0, "batch");
    name_axis(b, 1, "length");
    onnx_floats(b, "w", ONNX_DIMS(4, 3, 3, 3));
    onnx_floats(b, "v", ONNX_DIMS(8, 5));
    onnx_node(b, "Conv", "c", "x,w", "a");
    onnx_node(b, "MatMul", "m", "y,v", "z");
}

// Imports with what is given, "x=1x3x8x8,length=7".
static enum sdse_status import_with(struct context *context, const char *given) {
    struct sdse_import_input inputs[8];
    struct sdse_import_options options = {.inputs = inputs};
    char *words = sdse_arena_strdup(context->arena, given), *rest = NULL;
    for (char *word = strtok_r(words, ",", &rest); word;
         word = strtok_r(NULL, ",", &rest))
        assert_true(sdse_import_input_parse(word, context->arena,
                                            &inputs[options.input_count++]));
    size_t length;
    const unsigned char *bytes = onnx_pack(&context->b, &length);
    sdse_diags_init(&context->diags, context->arena);
    return import_bytes(context, bytes, length, &options);
}

// The bounds of both layers.
static void expect_bounds(struct context *context, const char *given, const char *conv,
                          const char *fc) {
    if (import_with(context, given) != SDSE_OK) {
        sdse_diags_print(&context->diags, stderr, false);
        fail_msg("%s: refused", given);
    }
    const struct sdse_layer *layers = sdse_imported_workload(context->imported)->layers;
    expect_nest(&layers[0], SDSE_CONV, conv);
    expect_nest(&layers[1], SDSE_FC, fc);
}

static void dimensions_are_given_by_name(void **state) {
    struct context *context = *state;
    build(&context->b);
    static const char conv[] = "N2 K4 C3 P6 Q8 R3 S3 G1",
                      fc[] = "N2 K5 C8 P7 Q1 R1 S1 G1";
    expect_bounds(context, "batch=2,height=8,width=10,length=7", conv, fc);
    // A whole shape gives its names' extents to the others.
    expect_bounds(context, "x=2x3x8x10,length=7", conv, fc);
    expect_bounds(context, "y=2x7x8,width=10,height=8", conv, fc);
    expect_bounds(context, "x=2x3x8x10,y=2x7x8", conv, fc);
    // What is said by name comes first, wherever it stands.
    expect_bounds(context, "x=2x3x8x10,length=7,batch=2", conv, fc);
}

static void expect_wrong(struct context *context, const char *given, const char *check,
                         const char *message) {
    assert_int_equal(import_with(context, given), SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, check));
    expect_message(context, message);
}

static void what_stays_open_or_contradicts_is_named(void **state) {
    struct context *context = *state;
    build(&context->b);
    expect_wrong(context, "height=8,width=10,length=7", "onnx-input-shape",
                 "input 'x' is [batch, 3, height, width] in the file, open along axis "
                 "0: give its full shape, as in x=1x3x8x10, or the named extents, as "
                 "in batch=1");
    assert_int_equal(context->diags.errors, 2); // and y
    expect_message(context, "input 'y' is [batch, length, 8]");
    expect_wrong(context, "batch=2", "onnx-input-shape",
                 "open along axes 2, 3: give its full shape, as in x=2x3x224x224, or "
                 "the named extents, as in height=224,width=224");
    expect_wrong(context, "x=2x3x8x10,batch=3,length=7", "onnx-input-shape",
                 "input 'x', axis 0: 'batch' is given as 3, the input's shape as 2");
    expect_wrong(context, "x=2x4x8x10,length=7", "onnx-input-shape",
                 "input 'x' is [batch, 3, height, width] in the file: axis 1 of the "
                 "shape given is 4");
    expect_wrong(context, "x=2x3x8,length=7", "onnx-input-shape",
                 "the shape given has 3 extents, not 4");
    expect_wrong(context, "bach=2", "onnx-input-name",
                 "'bach', which the model does not have: its inputs are 'x', 'y' (and "
                 "their open extents 'batch', 'height', 'width', 'length')");
    expect_wrong(context, "x=2x3x8x10,length=7,length=8", "onnx-input-shape",
                 "'length' is given twice, as 7 and as 8");
    expect_wrong(context, "x=2x3x8x10,length=7,x=2x3x8x12", "onnx-input-shape",
                 "'x' is given twice, as 2x3x8x10 and as 2x3x8x12");
    // Two extents are no dimension's.
    expect_wrong(context, "batch=2x3,height=8,width=10,length=7", "onnx-input-name",
                 "'batch', which the model does not have");
}

// The name of an input with one dimension is that input's, the name of another is a
// dimension's if it is one.
static void inputs_and_dimensions_of_one_name(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "n", ONNX_DIMS(0, 8));
    name_axis(b, 0, "n");
    onnx_floats(b, "v", ONNX_DIMS(8, 5));
    onnx_node(b, "MatMul", "m", "n,v", "z");
    assert_int_equal(import_with(context, "n=7"), SDSE_OK);
    assert_int_equal(import_with(context, "n=7x8"), SDSE_OK);
    // Both may be said where they agree: they are not one thing said twice.
    assert_int_equal(import_with(context, "n=7,n=7x8"), SDSE_OK);
    expect_wrong(context, "n=7,n=6x8", "onnx-input-shape",
                 "'n' is given as 7, the input's shape as 6");
    assert_int_equal(import_with(context, "n=7x8x9"), SDSE_INVALID);
    onnx_begin(b, context->arena);
    onnx_input(b, "n", ONNX_DIMS(0));
    name_axis(b, 0, "k");
    onnx_input(b, "x", ONNX_DIMS(0, 8));
    name_axis(b, 0, "n");
    onnx_floats(b, "v", ONNX_DIMS(8, 5));
    onnx_node(b, "MatMul", "m", "x,v", "z");
    expect_wrong(context, "n=7", "onnx-input-shape", "input 'x' is [n, 8]");
    assert_int_equal(import_with(context, "n=7,x=3x8"), SDSE_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(dimensions_are_given_by_name),
        TEST(what_stays_open_or_contradicts_is_named),
        TEST(inputs_and_dimensions_of_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
