// Which layers of an imported model read what others put out.
#include "support/import_context.h"

static void expect_edges(struct context *context, const char *expected) {
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    char text[2048] = "";
    size_t used = 0;
    for (size_t e = 0; e < net->edge_count; e++) {
        const struct sdse_workload_edge *edge = &net->edges[e];
        assert_true(edge->from < edge->to && edge->to < net->layer_count);
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s>%s%s%s ", net->layers[edge->from].name,
            net->layers[edge->to].name, edge->use ? sdse_edge_use_name(edge->use) : "",
            edge->heads ? " heads" : "");
    }
    assert_string_equal(text, expected);
}

static void conv(struct onnx_builder *b, const char *name, const char *in,
                 int64_t channels, int64_t filters) {
    char weights[32], inputs[64];
    snprintf(weights, sizeof weights, "%s.w", name);
    snprintf(inputs, sizeof inputs, "%s,%s", in, weights);
    onnx_floats(b, weights, ONNX_DIMS(filters, channels, 1, 1));
    onnx_node(b, "Conv", name, inputs, name);
}

// a block with a shortcut, whose functions are fused; the pool and the classifier.
static void test_residual_block(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    onnx_node(b, "Relu", "ra", "a", "ra");
    conv(b, "b", "ra", 4, 4);
    onnx_node(b, "Add", "sum", "b,ra", "sum");
    onnx_node(b, "Relu", "rs", "sum", "rs");
    onnx_node(b, "GlobalAveragePool", "pool", "rs", "pool");
    onnx_node(b, "Flatten", "flat", "pool", "flat");
    onnx_floats(b, "w", ONNX_DIMS(4, 10));
    onnx_node(b, "Gemm", "fc", "flat,w", "y");
    expect_layers(context, 7);
    expect_edges(context, "a>b b>sum a>sum sum>pool pool>fc ");
    assert_int_equal(context->diags.warnings, 0);
}

static void test_channels_put_together(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    conv(b, "b", "a", 4, 6);
    onnx_set_int(b, onnx_node(b, "Concat", "both", "a,b", "both"), "axis", 1);
    conv(b, "c", "both", 10, 2);
    expect_layers(context, 3);
    expect_edges(context, "a>b a>cconcat b>cconcat ");
}

// Queries, keys and values by reshaping; the keys transposed.
static void test_attention(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    static const char *const made[] = {"q", "k", "v"};
    onnx_input(b, "x", ONNX_DIMS(1, 6, 8));
    onnx_ints(b, "split", ONNX_DIMS(1, 6, 2, 4));
    for (int i = 0; i < 3; i++) {
        char w[8], in[16], r[8], t[8], ri[16];
        snprintf(w, sizeof w, "w%s", made[i]);
        snprintf(in, sizeof in, "x,%s", w);
        snprintf(r, sizeof r, "%sr", made[i]);
        snprintf(ri, sizeof ri, "%s,split", made[i]);
        snprintf(t, sizeof t, "%st", made[i]);
        onnx_floats(b, w, ONNX_DIMS(8, 8));
        onnx_node(b, "MatMul", made[i], in, made[i]);
        onnx_node(b, "Reshape", r, ri, r);
        Onnx__NodeProto *turned = onnx_node(b, "Transpose", t, r, t);
        if (i == 1)
            onnx_set_ints(b, turned, "perm", ONNX_DIMS(0, 2, 3, 1));
        else
            onnx_set_ints(b, turned, "perm", ONNX_DIMS(0, 2, 1, 3));
    }
    onnx_node(b, "MatMul", "qk", "qt,kt", "qk");
    onnx_node(b, "Softmax", "soft", "qk", "soft");
    onnx_node(b, "MatMul", "av", "soft,vt", "av");
    expect_layers(context, 6);
    expect_edges(context, "q>qk k>qkweights heads qk>soft soft>av "
                          "v>avweights heads ");
    assert_int_equal(context->diags.warnings, 0);
}

// Half of a map is no map: its maker has no edge at all, and one warning says why.
static void test_parts_have_none(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    conv(b, "b", "a", 4, 6);
    onnx_ints(b, "from", ONNX_DIMS(0));
    onnx_ints(b, "to", ONNX_DIMS(2));
    onnx_ints(b, "axis", ONNX_DIMS(1));
    onnx_node(b, "Slice", "half", "a,from,to,axis", "half");
    conv(b, "c", "half", 2, 4);
    conv(b, "d", "c", 4, 4);
    expect_layers(context, 4);
    expect_edges(context, "c>d ");
    assert_int_equal(context->diags.warnings, 1);
    expect_message(context,
                   "what 1 layer puts out has no edge, that of 'a' first: node "
                   "'half' (Slice)");
}

// A function that is fused behind another layer than the one that it reads.
static void test_functions_of_others(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    conv(b, "b", "x", 3, 4);
    onnx_node(b, "Relu", "ra", "a", "ra");
    conv(b, "c", "ra", 4, 4);
    conv(b, "d", "b", 4, 4);
    expect_layers(context, 5);
    expect_edges(context, "b>d "); // c reads what is made of a's words, not b's
    assert_true(sdse_diags_fired(&context->diags, "onnx-edges"));
}

// Channels of which some are constants, or rows put together, are no list of makers;
// and what is read elsewhere as a part leaves the others of its list without edges.
static void test_lists_that_are_none(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    conv(b, "b", "x", 3, 4);
    conv(b, "f", "x", 3, 4);
    onnx_floats(b, "constant", ONNX_DIMS(1, 2, 8, 8));
    onnx_set_int(b, onnx_node(b, "Concat", "some", "a,f,constant", "some"), "axis", 1);
    conv(b, "c", "some", 10, 2);
    conv(b, "d", "x", 3, 4);
    onnx_set_int(b, onnx_node(b, "Concat", "rows", "b,d", "rows"), "axis", 2);
    conv(b, "e", "rows", 4, 2);
    expect_layers(context, 6);
    expect_edges(context, "");
    assert_int_equal(context->diags.warnings, 2); // that of a Conv, and of Concat
}

static void test_parts_of_lists(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    conv(b, "b", "x", 3, 6);
    conv(b, "z", "x", 3, 4);
    onnx_set_int(b, onnx_node(b, "Concat", "both", "a,b", "both"), "axis", 1);
    conv(b, "c", "both", 10, 2);
    onnx_ints(b, "from", ONNX_DIMS(0));
    onnx_ints(b, "to", ONNX_DIMS(2));
    onnx_ints(b, "axis", ONNX_DIMS(1));
    onnx_node(b, "Slice", "half", "a,from,to,axis", "half");
    onnx_node(b, "Slice", "other", "z,from,to,axis", "other");
    conv(b, "d", "half", 2, 4);
    conv(b, "e", "other", 2, 4);
    expect_layers(context, 6);
    expect_edges(context, "");
    assert_int_equal(context->diags.warnings, 1); // of one operator
    expect_message(context, "what 3 layers put out has no edge, that of 'a' first");
}

// A gate of channels is repeated: the map has an edge, the gate none.
static void test_gates(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    onnx_node(b, "GlobalAveragePool", "pool", "a", "pool");
    conv(b, "gate", "pool", 4, 4);
    onnx_node(b, "Mul", "gated", "gate,a", "gated");
    conv(b, "c", "gated", 4, 2);
    expect_layers(context, 5);
    expect_edges(context, "a>pool pool>gate a>gated gated>c ");
    expect_message(context, "that of 'gate' first");
    // The reader leaves the model, but not what it reads.
    Onnx__ValueInfoProto out = ONNX__VALUE_INFO_PROTO__INIT, *list[] = {&out};
    out.name = onnx_text(b, "gated");
    b->graph.output = list;
    b->graph.n_output = 1;
    expect_layers(context, 5);
    expect_message(context, "that of 'gate' first");
}

// What leaves the model is wanted outside: it has no edge.
static void test_outputs_of_the_model(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    Onnx__ValueInfoProto out = ONNX__VALUE_INFO_PROTO__INIT, *list[] = {&out};
    out.name = onnx_text(b, "a");
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    conv(b, "b", "a", 4, 4);
    conv(b, "c", "b", 4, 4);
    b->graph.output = list;
    b->graph.n_output = 1;
    expect_layers(context, 3);
    expect_edges(context, "b>c ");
}

// Each phase of a transposed convolution makes a part of the map that is read next.
static void test_phases(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    onnx_floats(b, "up.w", ONNX_DIMS(3, 4, 2, 2));
    onnx_set_ints(b, onnx_node(b, "ConvTranspose", "up", "x,up.w", "up"), "strides",
                  ONNX_DIMS(2, 2));
    conv(b, "c", "up", 4, 4);
    conv(b, "d", "c", 4, 2);
    expect_layers(context, 6);
    expect_edges(context, "c>d ");
    assert_int_equal(context->diags.warnings, 1);
    expect_message(context,
                   "what 4 layers put out has no edge, that of 'up.0.0' first: "
                   "node 'up' (ConvTranspose)");
}

// A map in parts that no layer reads has no edge to lack, however it is put out; behind
// a function and a view it is still one in parts.
static void test_phases_that_nothing_reads(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    Onnx__ValueInfoProto out = ONNX__VALUE_INFO_PROTO__INIT, *list[] = {&out};
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    onnx_floats(b, "up.w", ONNX_DIMS(3, 4, 2, 2));
    onnx_set_ints(b, onnx_node(b, "ConvTranspose", "up", "x,up.w", "up"), "strides",
                  ONNX_DIMS(2, 2));
    expect_layers(context, 4);
    assert_int_equal(context->diags.warnings, 0);
    onnx_node(b, "Relu", "act", "up", "act");
    onnx_node(b, "Identity", "view", "act", "view");
    expect_layers(context, 5);
    assert_int_equal(context->diags.warnings, 0);
    out.name = onnx_text(b, "view");
    b->graph.output = list;
    b->graph.n_output = 1;
    expect_layers(context, 5);
    assert_int_equal(context->diags.warnings, 0);
    b->graph.n_output = 0;
    conv(b, "c", "view", 4, 4);
    expect_layers(context, 6);
    expect_edges(context, "");
    assert_int_equal(context->diags.warnings, 1);
    expect_message(context, "what 4 layers put out has no edge, that of 'up.0.0' "
                            "first: node 'up' (ConvTranspose)");
}

// Two layers of one operator that leave the model are no more to say than one.
static void test_several_outputs_of_the_model(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    Onnx__ValueInfoProto out[] = {ONNX__VALUE_INFO_PROTO__INIT,
                                  ONNX__VALUE_INFO_PROTO__INIT},
                         *list[] = {&out[0], &out[1]};
    out[0].name = onnx_text(b, "b");
    out[1].name = onnx_text(b, "c");
    onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
    conv(b, "a", "x", 3, 4);
    conv(b, "b", "a", 4, 4);
    conv(b, "c", "a", 4, 4);
    conv(b, "d", "b", 4, 2);
    b->graph.output = list;
    b->graph.n_output = 2;
    expect_layers(context, 4);
    expect_edges(context, "a>b a>c ");
    assert_int_equal(context->diags.warnings, 0);
    // A half that a layer reads is more to say, whatever leaves the model.
    onnx_ints(b, "from", ONNX_DIMS(0));
    onnx_ints(b, "to", ONNX_DIMS(1));
    onnx_ints(b, "axis", ONNX_DIMS(1));
    onnx_node(b, "Slice", "half", "d,from,to,axis", "half");
    conv(b, "e", "half", 1, 4);
    expect_layers(context, 5);
    assert_int_equal(context->diags.warnings, 1);
    expect_message(context, "what 1 layer puts out has no edge, that of 'd' first");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_residual_block),
        TEST(test_channels_put_together),
        TEST(test_attention),
        TEST(test_parts_have_none),
        TEST(test_functions_of_others),
        TEST(test_lists_that_are_none),
        TEST(test_parts_of_lists),
        TEST(test_gates),
        TEST(test_phases),
        TEST(test_phases_that_nothing_reads),
        TEST(test_several_outputs_of_the_model),
        TEST(test_outputs_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
