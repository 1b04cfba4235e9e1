// Shape inference and constant folding of every operator, against shapes worked out by
// hand from the operators' definitions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/infer.h"
#include "import/onnx/ops.h"
#include "support/onnx_builder.h"

// One operator in a line.
//
// inputs: separated by ';'. "1x3x8x8" an input of that shape, "s" a scalar, "i[1,-1]"
// constant integers, "f[1,2.5]" constant floats, "w4x3" a constant of that shape, ""
// left out. attributes: "a=1 b=[1,2] c=(1.5,2) d=TEXT". expected: the outputs' shapes
// separated by ';', "!" for a diagnostic [onnx-shape], "?" for a shape that cannot be
// known.
struct example {
    const char *op, *inputs, *attributes, *expected;
};

static const struct example examples[] = {
    {"Slice", "7;i[6];i[0];i[0];i[-2]", "", "3"}, // 6, 4, 2
    {"Slice", "7;i[6];i[1];i[0];i[-2]", "", "3"},
    {"Slice", "9;i[8];i[2];i[0];i[-3]", "", "2"}, // 8, 5
    {"Slice", "9;i[0];i[6];i[0];i[3]", "", "2"},
    {"Conv", "1x3x224x224;w64x3x7x7", "strides=[2,2] pads=[3,3,3,3]", "1x64x112x112"},
    {"Conv", "1x3x9x9;w4x3x3x3", "dilations=[2,2]", "1x4x5x5"},
    {"Conv", "1x3x224x224;w4x3x3x3", "strides=[2,2] auto_pad=SAME_UPPER",
     "1x4x112x112"},
    {"Conv", "1x3x7x7;w4x3x3x3", "strides=[2,2] auto_pad=SAME_LOWER", "1x4x4x4"},
    {"Conv", "1x3x7x7;w4x3x3x3", "strides=[2,2] auto_pad=VALID", "1x4x3x3"},
    {"Conv", "2x8x10x12;w8x1x3x5", "group=8 pads=[1,2,0,1]", "2x8x9x11"},
    {"Conv", "1x4x20;w6x4x3", "strides=[2]", "1x6x9"},
    {"Conv", "1x2x5x6x7;w3x2x2x2x2", "", "1x3x4x5x6"},
    {"Conv", "1x4x8x8;w4x3x3x3", "", "!"},
    {"Conv", "1x4x8x8;w6x2x3x3", "group=4", "!"},
    {"Conv", "1x3x2x2;w4x3x3x3", "", "!"},
    {"Conv", "1x3x8x8;w4x3x3x3", "kernel_shape=[5,5]", "!"},
    {"Conv", "1x3x8x8;w4x3x3x3", "strides=[0,1]", "!"},
    {"Conv", "1x3x8x8;w4x3x3x3", "pads=[1,1]", "!"},
    {"Conv", "1x3x8x8;w4x3x3x3", "pads=[-1,0,0,0]", "!"},
    {"Conv", "3x8;w4x3", "", "!"},
    {"QLinearConv", "1x3x8x8;s;s;w4x3x3x3;s;s;s;s", "", "1x4x6x6"},
    {"ConvTranspose", "1x24x160x160;w24x6x2x2", "strides=[2,2]", "1x6x320x320"},
    {"ConvTranspose", "1x4x5x5;w4x3x3x3",
     "strides=[2,2] pads=[1,1,1,1] output_padding=[1,1]", "1x3x10x10"},
    {"ConvTranspose", "1x4x5x5;w4x3x3x3", "strides=[3,3] auto_pad=SAME_UPPER",
     "1x3x15x15"},
    {"ConvTranspose", "1x4x5x5;w4x3x3x3", "group=2 output_shape=[9,8]", "1x6x9x8"},
    {"ConvTranspose", "1x4x2x2;w4x3x1x1", "pads=[1,1,1,1]", "!"},
    {"MaxPool", "1x8x112x112", "kernel_shape=[3,3] strides=[2,2] pads=[1,1,1,1]",
     "1x8x56x56"},
    {"MaxPool", "1x8x7x7", "kernel_shape=[2,2] strides=[2,2] ceil_mode=1", "1x8x4x4"},
    {"MaxPool", "1x8x6x6", "kernel_shape=[2,2] strides=[2,2] ceil_mode=1", "1x8x3x3"},
    // A window that would start just where the padding does not count either.
    {"MaxPool", "1x8x5x5",
     "kernel_shape=[3,3] strides=[3,3] pads=[1,1,1,1] ceil_mode=1", "1x8x2x2"},
    // A third window would start in the padding at the end: it does not count.
    {"MaxPool", "1x8x4x4",
     "kernel_shape=[2,2] strides=[3,3] pads=[0,0,2,2] ceil_mode=1", "1x8x2x2"},
    {"MaxPool", "1x8x6x6", "strides=[2,2]", "!"},
    {"AveragePool", "1x8x6x6", "kernel_shape=[3,2] strides=[3,2]", "1x8x2x3"},
    {"GlobalAveragePool", "2x8x6x5", "", "2x8x1x1"},
    {"Gemm", "2x8;w4x8;w4", "transB=1", "2x4"},
    {"Gemm", "8x2;w8x4", "transA=1", "2x4"},
    {"Gemm", "2x8;w4x8", "", "!"},
    {"MatMul", "2x12x5x64;2x12x64x7", "", "2x12x5x7"},
    {"MatMul", "2x1x5x64;12x64x7", "", "2x12x5x7"},
    {"MatMul", "2x5x8;w8x3", "", "2x5x3"},
    {"MatMul", "8;w8x3", "", "3"},
    {"MatMul", "4x8;w8", "", "4"},
    {"MatMul", "8;w8", "", "s"},
    {"MatMul", "4x8;w9x3", "", "!"},
    {"MatMul", "s;w9x3", "", "!"},
    {"MatMul", "3x4x8;2x8x5", "", "!"},
    {"Relu", "2x3", "", "2x3"},
    {"Relu", "", "", "!"},
    {"BatchNormalization", "1x3x4x4;w3;w3;w3;w3", "", "1x3x4x4"},
    {"Dropout", "2x3", "", "2x3;2x3"},
    {"Add", "2x3x4;3x1", "", "2x3x4"},
    {"Mul", "s;2x1", "", "2x1"},
    {"Sum", "4x1;1x5;4x5", "", "4x5"},
    {"Add", "2x3;2x4", "", "!"},
    {"Where", "3x1;1x4;s", "", "3x4"},
    {"ReduceMean", "2x3x4", "axes=[-1]", "2x3x1"},
    {"ReduceMean", "2x3x4", "axes=[0,2] keepdims=0", "3"},
    {"ReduceSum", "2x3x4;i[1]", "keepdims=0", "2x4"},
    {"ReduceMax", "2x3x4", "", "1x1x1"},
    {"ReduceMax", "2x3x4", "axes=[3]", "!"},
    {"ReduceMax", "2x3x4", "axes=[1,-2]", "!"},
    {"ReduceSum", "2x3x4;2", "", "?"},
    {"ArgMax", "2x3x4", "axis=1 keepdims=0", "2x4"},
    {"TopK", "2x9;i[4]", "", "2x4;2x4"},
    {"Flatten", "2x3x4x5", "", "2x60"},
    {"Flatten", "2x3x4x5", "axis=0", "1x120"},
    {"Flatten", "2x3x4x5", "axis=-1", "24x5"},
    {"Flatten", "2x3", "axis=3", "!"},
    {"Reshape", "2x3x4;i[0,-1]", "", "2x12"},
    {"Reshape", "2x3x4;i[4,6]", "", "4x6"},
    {"Reshape", "2x3x4;i[-1]", "", "24"},
    {"Reshape", "2x3x4;i[5,-1]", "", "!"},
    {"Reshape", "2x3x4;i[-1,-1]", "", "!"},
    {"Reshape", "2x3x4;i[24,0,0,0]", "", "!"},
    {"Reshape", "2x3x4;i[1152921504606846976,0]", "", "!"},
    {"Reshape", "2x3x4;2", "", "?"},
    {"Transpose", "2x3x4", "perm=[2,0,1]", "4x2x3"},
    {"Transpose", "2x3x4", "", "4x3x2"},
    {"Transpose", "2x3x4", "perm=[0,0,1]", "!"},
    {"Transpose", "2x3x4", "perm=[0,-1,1]", "!"}, // no axes from the end here
    {"Concat", "1x3x8x8;1x5x8x8", "axis=1", "1x8x8x8"},
    {"Concat", "2x3;2x4;2x1", "axis=-1", "2x8"},
    {"Concat", "2x3;3x3", "axis=1", "!"},
    {"QLinearConcat", "s;s;1x3x8x8;s;s;1x5x8x8;s;s", "axis=1", "1x8x8x8"},
    {"QLinearConcat", "s;s;2x3;s;s;2x4;s;s;2x1;s;s", "axis=-1", "2x8"},
    {"QLinearConcat", "s;s;2x3;s;s;3x3;s;s", "axis=1", "!"},
    {"QLinearAdd", "1x8x6x5;s;s;8x1x1;s;s;s;s", "", "1x8x6x5"},
    {"QLinearAdd", "6x1;s;s;1x5;s;s;s;s", "", "6x5"},
    {"QLinearMul", "2x8x6x5;s;s;2x8x1x1;s;s;s;s", "", "2x8x6x5"},
    {"QLinearMul", "2x8;s;s;2x7;s;s;s;s", "", "!"},
    {"QLinearSigmoid", "2x8;s;s;s;s", "", "2x8"},
    {"QLinearLeakyRelu", "2x8x3;s;s;s;s", "", "2x8x3"},
    {"QLinearSoftmax", "2x10;s;s;s;s", "axis=1", "2x10"},
    {"QLinearAveragePool", "1x8x12x10;s;s;s;s", "kernel_shape=[3,2] strides=[2,2]",
     "1x8x5x5"},
    {"QLinearAveragePool", "1x8x12;s;s;s;s", "kernel_shape=[5] ceil_mode=1 strides=[4]",
     "1x8x3"},
    {"QLinearGlobalAveragePool", "2x8x6x5;s;s;s;s", "", "2x8x1x1"},
    {"QLinearGlobalAveragePool", "2x6x5x8;s;s;s;s", "channels_last=1", "?"},
    {"Squeeze", "1x3x1x4;i[0,2]", "", "3x4"},
    {"Squeeze", "1x3x1x4", "axes=[-2]", "1x3x4"},
    {"Squeeze", "1x3x1x4", "", "3x4"},
    {"Squeeze", "1x3x1x4", "axes=[1]", "!"},
    {"Unsqueeze", "3x4;i[0,-1]", "", "1x3x4x1"},
    {"Unsqueeze", "3x4", "axes=[1]", "3x1x4"},
    {"Unsqueeze", "3x4", "axes=[4]", "!"},
    {"Split", "2x7", "axis=1", "2x4;2x3"},
    {"Split", "6x2;i[1,5]", "", "1x2;5x2"},
    {"Split", "6x2;i[1,4]", "", "!;!"},
    {"Split", "5x2", "", "2x2;2x2;1x2;0x2"},
    {"Slice", "10x8;i[1];i[9223372036854775807];i[0]", "", "9x8"},
    {"Slice", "10x8;i[-3];i[-1];i[1]", "", "10x2"},
    {"Slice", "10x8;i[-1];i[-9223372036854775807];i[0];i[-3]", "", "4x8"},
    {"Slice", "10x8", "starts=[2,0] ends=[5,100] axes=[0,1]", "3x8"},
    {"Slice", "10x8;i[7];i[3];i[0]", "", "0x8"},
    {"Slice", "10x8;i[0];i[3];i[0];i[0]", "", "!"},
    {"Slice", "10x8;1;i[3]", "", "?"},
    {"Pad", "1x3x8x8;i[0,0,1,1,0,0,2,3]", "", "1x3x11x12"},
    {"Pad", "1x3x8x8", "pads=[0,0,-1,-1,0,0,-2,-3]", "1x3x5x4"},
    {"Pad", "8x8;i[1,2];;i[1]", "", "8x11"},
    {"Pad", "2;i[-3,0]", "", "!"},
    {"Resize", "1x3x8x8;;f[1,1,2,2]", "", "1x3x16x16"},
    {"Resize", "1x3x7x7;f[1,1,1.5,0.5]", "", "1x3x10x3"},
    {"Resize", "1x3x8x8;;;i[1,3,20,30]", "", "1x3x20x30"},
    {"Resize", "1x3x8x8;;4", "", "?"},
    {"Resize", "1x3x8x10;;;i[20,30]", "axes=[2,3]", "1x3x20x30"},
    {"Resize", "1x3x8x10;;;i[20,30]", "axes=[-1,-2]", "1x3x30x20"},
    {"Resize", "1x3x8x10;;f[2,0.5]", "axes=[3,1]", "1x1x8x20"},
    {"Resize", "1x3x8x10;;;i[1,3,20,30]", "axes=[2,3]", "!"},
    {"Resize", "1x3x8x10;;;i[20,30]", "axes=[2,4]", "!"},
    {"Resize", "1x3x8x10;;;i[20,30]", "", "!"},
    // 20 / 8 = 2.5 and 31 / 10 = 3.1 of 8 and 10; halves are rounded up.
    {"Resize", "1x3x8x10;;;i[20,31]", "axes=[2,3] keep_aspect_ratio_policy=not_larger",
     "1x3x20x25"},
    {"Resize", "1x3x8x10;;;i[20,31]", "axes=[2,3] keep_aspect_ratio_policy=not_smaller",
     "1x3x25x31"},
    {"Resize", "1x3x8x10;;;i[20,31]", "axes=[2,3] keep_aspect_ratio_policy=stretch",
     "1x3x20x31"},
    {"Resize", "1x3x2x5;;;i[1,9]", "axes=[2,3] keep_aspect_ratio_policy=not_larger",
     "1x3x1x3"},
    {"Upsample", "1x3x8x8", "scales=(1,1,2,3)", "1x3x16x24"},
    {"Upsample", "1x3x8x8;f[1,1,2,1e300]", "", "!"},
    {"Expand", "3x1;i[2,1,6]", "", "2x3x6"},
    {"Tile", "3x2;i[2,4]", "", "6x8"},
    {"Tile", "3x2;i[2,9223372036854775807]", "", "!"},
    {"Gather", "30522x768;1x128", "", "1x128x768"},
    {"Gather", "4x5x6;i[1]", "axis=1", "4x1x6"},
    {"Gather", "4x5x6;s", "axis=2", "4x5"},
    {"Shape", "4x5x6", "", "3"},
    {"Shape", "4x5x6", "start=-2", "2"},
    {"Size", "4x5x6", "", "s"},
    {"DepthToSpace", "1x12x4x5", "blocksize=2", "1x3x8x10"},
    {"SpaceToDepth", "1x3x8x10", "blocksize=2", "1x12x4x5"},
    {"DepthToSpace", "1x13x4x5", "blocksize=2", "!"},
    {"ConstantOfShape", "i[2,3]", "", "2x3"},
    {"ConstantOfShape", "i[281474976710657]", "", "!"},
    {"Range", "i[0];i[10];i[3]", "", "4"},
    {"LSTM", "20x2x32;w1x64x32;w1x64x16", "", "20x1x2x16;1x2x16;1x2x16"},
    {"Constant", "", "value_ints=[1,2,3]", "3"},
    {"Constant", "", "value_float=(1)", "s"},
    {"NoSuchOperator", "2x3", "", "?"},
};

static int64_t take_number(const char **at) {
    char *end;
    long long value = strtoll(*at, &end, 10);
    assert_ptr_not_equal(end, *at);
    *at = end + (*end == 'x' || *end == ',');
    return value;
}

static unsigned parse_dims(const char *text, int64_t *dims) {
    unsigned rank = 0;
    if (text[0] == 's')
        return 0;
    while (*text)
        dims[rank++] = take_number(&text);
    return rank;
}

// A copy of the text up to `stop` in the arena; moves *at behind it.
static char *take_word(struct sdse_arena *arena, const char **at, char stop) {
    const char *end = strchr(*at, stop);
    size_t length = end ? (size_t)(end - *at) : strlen(*at);
    char *word = sdse_arena_copy(arena, *at, length);
    *at += length + (end != NULL);
    return word;
}

static void add_input(struct onnx_builder *b, const char *name, char *spec) {
    int64_t values[16];
    size_t count = 0;
    if (spec[0] == 'i' || spec[0] == 'f') {
        const char *at = spec + 2;
        float floats[16] = {0};
        for (; *at != ']'; count++) {
            if (spec[0] == 'i') {
                values[count] = take_number(&at);
                continue;
            }
            char *end;
            floats[count] = (float)strtod(at, &end);
            at = end + (*end == ',');
        }
        if (spec[0] == 'i') {
            onnx_ints(b, name, count, values);
            return;
        }
        int64_t dims[1] = {(int64_t)count};
        memcpy(onnx_floats(b, name, 1, dims)->float_data, floats,
               count * sizeof *floats);
        return;
    }
    bool constant = spec[0] == 'w';
    unsigned rank = parse_dims(spec + constant, values);
    if (constant)
        onnx_floats(b, name, rank, values);
    else
        onnx_input(b, name, rank, values);
}

static void add_attributes(struct onnx_builder *b, Onnx__NodeProto *node,
                           const char *text) {
    while (*text) {
        char *name = take_word(b->arena, &text, '=');
        const char *value = take_word(b->arena, &text, ' ');
        int64_t ints[16];
        float floats[16] = {0};
        size_t count = 0;
        if (value[0] == '[') {
            for (value++; *value != ']'; count++)
                ints[count] = take_number(&value);
            onnx_set_ints(b, node, name, count, ints);
        } else if (value[0] == '(') {
            for (value++; *value != ')'; count++) {
                char *end;
                floats[count] = strtof(value, &end);
                value = end + (*end == ',');
            }
            onnx_set_floats(b, node, name, count, floats);
            node->attribute[node->n_attribute - 1]->has_f = 1;
            node->attribute[node->n_attribute - 1]->f = floats[0];
        } else if (value[0] >= 'A') {
            onnx_set_text(b, node, name, value);
        } else {
            onnx_set_int(b, node, name, take_number(&value));
        }
    }
}

static void describe(const struct sdse_onnx_graph *graph, const char *name, char *text,
                     size_t room) {
    const struct sdse_onnx_value *value = NULL;
    for (uint32_t i = 0; i < graph->value_count; i++)
        if (strcmp(graph->value[i].name, name) == 0)
            value = &graph->value[i];
    assert_non_null(value);
    if (!value->shape.known) {
        snprintf(text, room, "%s", graph->node[value->producer].reported ? "!" : "?");
        return;
    }
    size_t used = (size_t)snprintf(text, room, "%s", value->shape.rank ? "" : "s");
    for (unsigned i = 0; i < value->shape.rank; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%llu", i ? "x" : "",
                                 (unsigned long long)value->shape.dim[i]);
}

// What is refused says so: also `message`, where it is not NULL.
static void run_example_saying(const struct example *example, const char *message) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct onnx_builder b;
    onnx_begin(&b, arena);
    char names[64] = "", outputs[16] = "y0", found[128], all[256] = "";
    unsigned inputs = 0, output_count = 1;
    for (const char *at = example->inputs; *at || inputs == 0; inputs++) {
        char *spec = take_word(arena, &at, ';');
        char name[16] = "";
        if (spec[0]) {
            snprintf(name, sizeof name, "in%u", inputs);
            add_input(&b, name, spec);
        }
        strcat(names, inputs ? "," : "");
        strcat(names, name);
    }
    for (const char *at = example->expected; (at = strchr(at, ';')); at++)
        snprintf(outputs + strlen(outputs), sizeof outputs - strlen(outputs), ",y%u",
                 output_count++);
    Onnx__NodeProto *node = onnx_node(&b, example->op, "node", names, outputs);
    if (example->inputs[0] == '\0')
        node->n_input = 0;
    add_attributes(&b, node, example->attributes);
    struct sdse_onnx_graph graph;
    assert_int_equal(
        sdse_onnx_graph_build(&b.model, "test.onnx", NULL, arena, &diags, &graph),
        SDSE_OK);
    sdse_onnx_infer_shapes(&graph);
    for (unsigned i = 0; i < output_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "y%u", i);
        describe(&graph, name, found, sizeof found);
        strcat(all, i ? ";" : "");
        strcat(all, found);
    }
    if (strcmp(all, example->expected) != 0) {
        sdse_diags_print(&diags, stderr, false);
        fail_msg("%s(%s) %s: expected %s, got %s", example->op, example->inputs,
                 example->attributes, example->expected, all);
    }
    assert_int_equal(diags.errors > 0, strchr(example->expected, '!') != NULL);
    if (message && !strstr(diags.first->message, message))
        fail_msg("'%s' does not say '%s'", diags.first->message, message);
    sdse_arena_free(arena);
}

static void run_example(const struct example *example) {
    run_example_saying(example, NULL);
}

// Node, input and axis.
static void refusals_name_their_place(void **state) {
    static const struct {
        struct example example;
        const char *message;
    } cases[] = {
        {{"Concat", "2x3;3x3", "axis=1", "!"},
         "node 'node' (Concat): axis 0 of input 2, 'in1', is 3, of the first 2"},
        {{"Concat", "2x3;3", "axis=1", "!"}, "input 2, 'in1', has 1 dimensions"},
        {{"Concat", "2x3;2x3", "axis=-3", "!"},
         "'axis' is -3, out of range of 2 dimensions"},
        {{"Add", "2x3;2x4", "", "!"},
         "input 2, 'in1', is 2x4: it does not broadcast with 2x3"},
        {{"Squeeze", "1x3x1x4", "axes=[1]", "!"}, "axis 1 is 3, not 1"},
        {{"Reshape", "2x3x4;i[5,5]", "", "!"},
         "the new shape 5x5 has another number of elements than input 1, 2x3x4"},
        {{"ReduceMax", "2x3x4", "axes=[3]", "!"},
         "axis 3 is out of range of 3 dimensions"},
        {{"ReduceMax", "2x3x4", "axes=[1,-2]", "!"}, "axis 1 is given twice"},
        {{"Pad", "2;i[-3,0]", "", "!"}, "'pads' of axis 0, -3 and 0"},
        {{"Slice", "10x8;i[0];i[3];i[1];i[0]", "", "!"}, "the step of axis 1"},
        {{"Expand", "3x2;i[2,3]", "", "!"}, "input 1, 3x2, does not broadcast to 2x3"},
        {{"MatMul", "4x8;w9x3", "", "!"}, "the operands 4x8 and 9x3 do not match"},
        {{"Gemm", "2x8;w4x8", "", "!"}, "the matrices 2x8 and 4x8 do not match"},
        {{"Conv", "1x4x8x8;w6x2x3x3", "group=4", "!"},
         "4 groups of axis 1 of the input, 1x4x8x8, do not match the weights, 6x2x3x3"},
        {{"MaxPool", "1x3x8x2", "kernel_shape=[3,3]", "!"},
         "the window of 3 is larger than axis 3 of input 'in0', padded 2"},
        {{"Transpose", "2x3", "perm=[-1,0]", "!"}, "'perm' has a negative axis, -1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run_example_saying(&cases[i].example, cases[i].message);
}

static void shapes_are_those_of_the_definitions(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        run_example(&examples[i]);
}

// What PyTorch writes for x.view(x.shape[0], -1, x.shape[2] * 2): the target shape is
// computed from the input's own shape.
static void folds_shape_arithmetic(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct onnx_builder b;
    onnx_begin(&b, arena);
    onnx_input(&b, "x", ONNX_DIMS(2, 12, 6));
    onnx_ints(&b, "i0", ONNX_DIMS(0));
    onnx_ints(&b, "i2", ONNX_DIMS(2));
    onnx_ints(&b, "i3", ONNX_DIMS(3));
    onnx_ints(&b, "minus", ONNX_DIMS(-1));
    onnx_node(&b, "Shape", "", "x", "shape");
    onnx_set_int(&b, onnx_node(&b, "Gather", "", "shape,i0", "first"), "axis", 0);
    onnx_node(&b, "Slice", "", "shape,i2,i3,i0", "last");
    onnx_set_int(&b, onnx_node(&b, "Cast", "", "last", "real"), "to",
                 ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    onnx_node(&b, "Sqrt", "", "real", "root");
    onnx_node(&b, "Mul", "", "root,root", "square");
    onnx_node(&b, "Add", "", "square,square", "double");
    onnx_node(&b, "Ceil", "", "double", "whole");
    onnx_set_int(&b, onnx_node(&b, "Cast", "", "whole", "int"), "to",
                 ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    onnx_node(&b, "Div", "", "int,i3", "third");
    onnx_set_int(&b, onnx_node(&b, "Concat", "", "first,minus,third", "target"), "axis",
                 0);
    onnx_node(&b, "Reshape", "", "x,target", "y");
    struct sdse_onnx_graph graph;
    assert_int_equal(sdse_onnx_graph_build(&b.model, "t", NULL, arena, &diags, &graph),
                     SDSE_OK);
    sdse_onnx_infer_shapes(&graph);
    assert_int_equal(diags.errors, 0);
    char text[64];
    describe(&graph, "y", text, sizeof text);
    // ceil(2 * sqrt(6)^2) = 12 or 13 (the root is rounded); 12 / 3 = 13 / 3 = 4.
    assert_string_equal(text, "2x18x4");
    sdse_arena_free(arena);
}

// A computed shape, as the extents of what ConstantOfShape makes of it.
static void expect_folded(const char *op, const char *inputs, const char *expected) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct onnx_builder b;
    onnx_begin(&b, arena);
    char names[64] = "";
    unsigned count = 0;
    for (const char *at = inputs; *at; count++) {
        char name[16];
        snprintf(name, sizeof name, "in%u", count);
        add_input(&b, name, take_word(arena, &at, ';'));
        strcat(names, count ? "," : "");
        strcat(names, name);
    }
    onnx_ints(&b, "ten", ONNX_DIMS(10));
    onnx_node(&b, op, "", names, "folded");
    onnx_node(&b, "Add", "", "folded,ten", "more"); // no extent is negative
    onnx_node(&b, "ConstantOfShape", "", "more", "y");
    struct sdse_onnx_graph graph;
    assert_int_equal(sdse_onnx_graph_build(&b.model, "t", NULL, arena, &diags, &graph),
                     SDSE_OK);
    sdse_onnx_infer_shapes(&graph);
    assert_int_equal(diags.errors, 0);
    char text[64];
    describe(&graph, "y", text, sizeof text);
    assert_string_equal(text, expected);
    sdse_arena_free(arena);
}

static void folds_at_the_edges(void **state) {
    (void)state;
    expect_folded("Div", "i[-7,7,-8];i[2,2,4]", "7x13x8"); // towards 0
    // Starts at and behind the end begin with the last element, if they go back.
    expect_folded("Slice", "i[1,2,3];i[3];i[-4];i[0];i[-1]", "13x12x11");
    expect_folded("Slice", "i[1,2,3];i[9];i[-4];i[0];i[-2]", "13x11");
    expect_folded("Slice", "i[1,2,3];i[2];i[0];i[0];i[-1]", "13x12");
    expect_folded("Slice", "i[1,2,3];i[-2];i[9];i[0];i[1]", "12x13");
}

// Two numbers that stand behind a hundred million, which a short file asks for, are not
// worked out to know a shape.
static void huge_steps_are_not_taken(void **state) {
    (void)state;
    static const struct {
        int64_t numbers;
        const char *shape;
    } cases[] = {{1000, "3x3"}, {100000000, "?"}};
    for (size_t i = 0; i < 2; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_diags diags;
        sdse_diags_init(&diags, arena);
        struct onnx_builder b;
        onnx_begin(&b, arena);
        onnx_ints(&b, "three", ONNX_DIMS(3));
        onnx_ints(&b, "many", ONNX_DIMS(cases[i].numbers));
        onnx_ints(&b, "from", ONNX_DIMS(0));
        onnx_ints(&b, "to", ONNX_DIMS(2));
        onnx_node(&b, "Expand", "", "three,many", "all");
        onnx_node(&b, "Slice", "", "all,from,to", "two");
        onnx_node(&b, "ConstantOfShape", "", "two", "y");
        struct sdse_onnx_graph graph;
        assert_int_equal(
            sdse_onnx_graph_build(&b.model, "t", NULL, arena, &diags, &graph), SDSE_OK);
        sdse_onnx_infer_shapes(&graph);
        char text[64];
        describe(&graph, "y", text, sizeof text);
        assert_string_equal(text, cases[i].shape);
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(huge_steps_are_not_taken),
        cmocka_unit_test(folds_at_the_edges),
        cmocka_unit_test(refusals_name_their_place),
        cmocka_unit_test(shapes_are_those_of_the_definitions),
        cmocka_unit_test(folds_shape_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
