// Which extent of a model's inputs is the batch: found, or said.
#include "support/import_context.h"

// A name for an open dimension of the input that was added last.
static void name_axis(struct onnx_builder *b, unsigned axis, const char *name) {
    b->inputs[b->graph.n_input - 1]->type->tensor_type->shape->dim[axis]->dim_param =
        onnx_text(b, name);
}

// Imports with axes that are said, "x=1", and shapes that are given, "x=2x3".
static enum sdse_status import_given(struct context *context, const char *said,
                                     const char *given) {
    struct sdse_import_batch batch[4];
    struct sdse_import_input inputs[4];
    struct sdse_import_options options = {.batch = batch, .inputs = inputs};
    char *words = sdse_arena_strdup(context->arena, said), *rest = NULL;
    options.no_batch = strcmp(said, "none") == 0;
    for (char *word = strtok_r(words, ",", &rest); word && !options.no_batch;
         word = strtok_r(NULL, ",", &rest))
        assert_true(sdse_import_batch_parse(word, context->arena,
                                            &batch[options.batch_count++]));
    words = sdse_arena_strdup(context->arena, given);
    for (char *word = strtok_r(words, ",", &rest); word;
         word = strtok_r(NULL, ",", &rest))
        assert_true(sdse_import_input_parse(word, context->arena,
                                            &inputs[options.input_count++]));
    size_t length;
    const unsigned char *bytes = onnx_pack(&context->b, &length);
    sdse_diags_init(&context->diags, context->arena);
    return import_bytes(context, bytes, length, &options);
}

static enum sdse_status import_said(struct context *context, const char *said) {
    return import_given(context, said, "");
}

// The batch, and the bounds of the first layer.
static void expect_batch(struct context *context, const char *said, uint64_t batch,
                         const char *bounds) {
    if (import_said(context, said) != SDSE_OK) {
        sdse_diags_print(&context->diags, stderr, false);
        fail_msg("refused");
    }
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    assert_int_equal(net->batch, batch);
    expect_nest(&net->layers[0], net->layers[0].kind, bounds);
}

static void expect_wrong(struct context *context, const char *said, const char *check,
                         const char *message) {
    assert_int_equal(import_said(context, said), SDSE_INVALID);
    assert_true(sdse_diags_fired(&context->diags, check));
    expect_message(context, message);
}

// Attention over the first axis: its extent divides all rows, and is no batch.
static void build_attention(struct onnx_builder *b, int64_t length, int64_t images) {
    onnx_input(b, "x", ONNX_DIMS(length, images, 8));
    onnx_floats(b, "w", ONNX_DIMS(8, 8));
    onnx_node(b, "MatMul", "q", "x,w", "q");
    onnx_set_ints(b, onnx_node(b, "Transpose", "", "q", "rows"), "perm",
                  ONNX_DIMS(1, 0, 2));
    onnx_set_ints(b, onnx_node(b, "Transpose", "", "q", "columns"), "perm",
                  ONNX_DIMS(1, 2, 0));
    onnx_node(b, "MatMul", "scores", "rows,columns", "s");
    onnx_set_int(b, onnx_node(b, "Softmax", "", "s", "p"), "axis", -1);
    onnx_node(b, "MatMul", "mixed", "p,rows", "y");
}

static void a_sequence_is_no_batch(void **state) {
    struct context *context = *state;
    build_attention(&context->b, 4, 1);
    expect_batch(context, "", 1, "N1 K8 C8 P4 Q1 R1 S1 G1");
    onnx_begin(&context->b, context->arena);
    build_attention(&context->b, 6, 3);
    expect_batch(context, "", 1, "N1 K8 C8 P18 Q1 R1 S1 G1");
    expect_batch(context, "1", 3, "N3 K8 C8 P6 Q1 R1 S1 G1");
    expect_batch(context, "x=-2", 3, "N3 K8 C8 P6 Q1 R1 S1 G1");
    expect_batch(context, "none", 1, "N1 K8 C8 P18 Q1 R1 S1 G1");
    expect_wrong(context, "x=0", "onnx-batch",
                 "node 'scores' (MatMul): it brings samples together: axis 0 of input "
                 "'x' is no batch");
    expect_wrong(context, "x=2", "onnx-batch",
                 "node 'q' (MatMul): it sums over the samples");
    assert_int_equal(context->diags.errors, 1); // not what 8 does not divide as well
    expect_wrong(context, "2", "onnx-batch", "axis 2 of input 'x' is no batch");
}

// Channels last: the image's rows are no batch.
static void rows_of_an_image_are_no_batch(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(6, 6, 3));
    onnx_set_ints(b, onnx_node(b, "Transpose", "", "x", "t"), "perm",
                  ONNX_DIMS(2, 0, 1));
    onnx_ints(b, "first", ONNX_DIMS(0));
    onnx_node(b, "Unsqueeze", "", "t,first", "u");
    onnx_floats(b, "w", ONNX_DIMS(4, 3, 3, 3));
    onnx_set_ints(b, onnx_node(b, "Conv", "c", "u,w", "a"), "pads",
                  ONNX_DIMS(1, 1, 1, 1));
    expect_batch(context, "", 1, "N1 K4 C3 P6 Q6 R3 S3 G1");
    expect_wrong(context, "0", "onnx-batch",
                 "node 'c' (Conv): it sums over the samples");
}

// A state of two layers, and weights that are an input, before the images.
static void states_and_weights_are_no_batch(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "state", ONNX_DIMS(2, 4, 5));
    onnx_input(b, "w", ONNX_DIMS(8, 3, 3, 3));
    onnx_input(b, "x", ONNX_DIMS(4, 3, 6, 6));
    onnx_node(b, "Conv", "c", "x,w", "a");
    onnx_ints(b, "zero", ONNX_DIMS(0));
    onnx_node(b, "Gather", "", "state,zero", "h"); // of the first layer
    onnx_floats(b, "v", ONNX_DIMS(5, 6));
    onnx_node(b, "MatMul", "m", "h,v", "s");
    // What reads the state alone is the same for all images, as far as is known.
    expect_batch(context, "", 1, "N4 K8 C3 P4 Q4 R3 S3 G1");
    expect_batch(context, "x=0,state=1", 4, "N4 K8 C3 P4 Q4 R3 S3 G1");
    expect_wrong(context, "state=0", "onnx-batch", "takes some of the samples");
    expect_wrong(context, "x=0,state=0", "onnx-batch-axis",
                 "axis 0 of input 'state' is 2, but the batch said before is 4");
}

// Weights as an input are passed over.
static void images_after_weights(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "one", ONNX_DIMS(1, 1));
    onnx_input(b, "w", ONNX_DIMS(8, 3, 3, 3));
    onnx_input(b, "x", ONNX_DIMS(2, 3, 6, 6));
    onnx_node(b, "Conv", "c", "x,w", "a");
    onnx_node(b, "Mul", "", "a,one", "y");
    expect_batch(context, "", 2, "N2 K8 C3 P4 Q4 R3 S3 G1");
}

// Dimensions of one name are one batch; an input without it has rows of its own.
static void names_tell_the_batch(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "h", ONNX_DIMS(2, 4, 8));
    onnx_input(b, "x", ONNX_DIMS(4, 3, 8));
    onnx_floats(b, "w", ONNX_DIMS(8, 5));
    onnx_node(b, "MatMul", "m", "x,w", "y");
    onnx_node(b, "MatMul", "n", "h,w", "z");
    expect_wrong(context, "x=3", "onnx-batch-axis",
                 "the batch is said to be axis 3 of input 'x', which has 3 dimensions");
    expect_wrong(context, "z=0", "onnx-batch-axis", "input 'z', which the model does");
    expect_batch(context, "h=1,x=0", 4, "N4 K5 C8 P3 Q1 R1 S1 G1");
    // Both are 4, but one alone is said: the other's rows do not depend on it.
    expect_batch(context, "x=0", 4, "N4 K5 C8 P3 Q1 R1 S1 G1");
    expect_wrong(context, "x=1", "onnx-batch",
                 "node 'n' (MatMul): its 8 rows are no multiple of the batch of 3");
}

// Inputs of as many rows are of one batch unless their dimensions have other names.
static void other_names_are_other_rows(void **state) {
    struct context *context = *state;
    for (int alike = 0; alike < 2; alike++) {
        struct onnx_builder *b = &context->b;
        onnx_begin(b, context->arena);
        onnx_input(b, "x", ONNX_DIMS(0, 3));
        name_axis(b, 0, "images");
        onnx_input(b, "y", ONNX_DIMS(0, 3));
        name_axis(b, 0, alike ? "images" : "rows");
        onnx_floats(b, "w", ONNX_DIMS(3, 5));
        onnx_node(b, "MatMul", "m", "x,w", "a");
        onnx_node(b, "MatMul", "n", "y,w", "z");
        assert_int_equal(import_given(context, "", "x=2x3,y=2x3"), SDSE_OK);
        assert_int_equal(sdse_imported_workload(context->imported)->batch,
                         alike ? 2 : 1);
    }
}

// Rows that bear the batch's name are no samples of it if they are of another number:
// those that meet them stay known.
static void one_name_of_two_extents(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(0, 3));
    onnx_input(b, "y", ONNX_DIMS(3, 0)); // both "N"
    onnx_ints(b, "from", ONNX_DIMS(0));
    onnx_ints(b, "to", ONNX_DIMS(1));
    onnx_floats(b, "w", ONNX_DIMS(4, 5));
    onnx_node(b, "MatMul", "m", "x,y", "a");
    onnx_node(b, "Slice", "cut", "a,from,to,from", "s");
    onnx_node(b, "MatMul", "n", "s,w", "z");
    assert_int_equal(import_given(context, "x=0", "x=2x3,y=3x4"), SDSE_INVALID);
    expect_message(context, "node 'cut' (Slice): it takes some of the samples");
}

// One step is taken out of a sequence: the samples, behind it, come first.
static void samples_behind_what_is_gathered(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(3, 2, 4));
    onnx_ints(b, "step", ONNX_DIMS(0));
    b->tensors[b->graph.n_initializer - 1]->n_dims = 0;
    onnx_ints(b, "from", ONNX_DIMS(0));
    onnx_ints(b, "to", ONNX_DIMS(1));
    onnx_floats(b, "w", ONNX_DIMS(4, 5));
    onnx_node(b, "Gather", "", "x,step", "g");
    onnx_node(b, "MatMul", "m", "g,w", "y");
    onnx_node(b, "Slice", "cut", "g,from,to,from", "s");
    onnx_node(b, "MatMul", "n", "s,w", "z");
    expect_wrong(context, "x=1", "onnx-batch",
                 "node 'cut' (Slice): it takes some of the samples");
}

// Samples stay known inside a longer axis, and where all of them are put in another
// order nothing is mixed.
static void samples_inside_an_axis(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(2, 3, 4));
    onnx_ints(b, "flat", ONNX_DIMS(6, 4));
    onnx_ints(b, "turned", ONNX_DIMS(1, 0));
    onnx_floats(b, "w", ONNX_DIMS(4, 5));
    onnx_floats(b, "v", ONNX_DIMS(6, 2));
    onnx_node(b, "Gather", "", "x,turned", "g");
    onnx_node(b, "Reshape", "", "g,flat", "h");
    onnx_node(b, "MatMul", "rows", "h,w", "y");
    expect_batch(context, "0", 2, "N2 K5 C4 P3 Q1 R1 S1 G1");
    onnx_node(b, "Reshape", "", "x,flat", "r");
    onnx_set_ints(b, onnx_node(b, "Transpose", "", "r", "t"), "perm", ONNX_DIMS(1, 0));
    onnx_node(b, "MatMul", "columns", "t,v", "z");
    expect_wrong(context, "0", "onnx-batch",
                 "node 'columns' (MatMul): it sums over the samples");
}

static void parses_axes(void **state) {
    struct context *context = *state;
    struct sdse_import_batch batch;
    assert_true(sdse_import_batch_parse("a=b=-2", context->arena, &batch));
    assert_string_equal(batch.input, "a=b");
    assert_int_equal(batch.axis, -2);
    assert_true(sdse_import_batch_parse("7", context->arena, &batch));
    assert_null(batch.input);
    assert_int_equal(batch.axis, 7);
    static const char *const bad[] = {"",   "x",    "x=", "=1",  "x=8",
                                      "-9", "x=1a", "10", "--1", "x= 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sdse_import_batch_parse(bad[i], context->arena, &batch));
    assert_int_equal(batch.axis, 7); // left alone
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_sequence_is_no_batch),
        TEST(rows_of_an_image_are_no_batch),
        TEST(states_and_weights_are_no_batch),
        TEST(images_after_weights),
        TEST(names_tell_the_batch),
        TEST(other_names_are_other_rows),
        TEST(one_name_of_two_extents),
        TEST(samples_behind_what_is_gathered),
        TEST(samples_inside_an_axis),
        TEST(parses_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
