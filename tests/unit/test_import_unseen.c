// Nothing multiplies unseen: every node that does, or may, and is no layer is said.
#include "spec/tree.h"
#include "spec/write.h"
#include "support/import_context.h"

// What one node reads beside the model's input: constants of this shape (rank 0: none),
// the input itself again.
struct unseen {
    const char *op, *domain;
    unsigned rank;
    int64_t dims[3];
    unsigned again;
    uint64_t weights;
};

static const struct unseen unseen[] = {
    {"MatMulNBits", "com.microsoft", 3, {300, 24, 16}, 0, 768 * 300},
    {"FusedMatMul", "com.microsoft", 2, {300, 768}, 0, 768 * 300},
    {"QAttention", "com.microsoft", 2, {768, 900}, 0, 768 * 900},
    {"GroupQueryAttention", "com.microsoft", 0, {0}, 2, 0},
    {"DynamicQuantizeMatMul", "com.microsoft", 2, {768, 300}, 0, 768 * 300},
    {"DynamicQuantizeLSTM", "com.microsoft", 3, {1, 768, 1200}, 0, 768 * 1200},
    {"NhwcConv", "com.microsoft", 2, {300, 768}, 0, 768 * 300},
    {"Lin", "loc", 2, {768, 300}, 0, 768 * 300},
    {"MyBigMatMul", "my.domain", 2, {300, 768}, 0, 768 * 300},
    {"MatMul", "my.domain", 2, {768, 300}, 0, 768 * 300}, // not what it seems
    {"Bilinear", "my.domain", 0, {0}, 1, 0},
    {"Packed", "my.domain", 1, {4096}, 0, 4096},
    {"LSTM", "", 3, {1, 1200, 768}, 0, 768 * 1200},
    {"GRU", "", 3, {1, 900, 768}, 0, 768 * 900},
    {"RNN", "", 3, {1, 300, 768}, 0, 768 * 300},
    {"Einsum", "", 2, {768, 300}, 0, 768 * 300},
    {"Attention", "", 0, {0}, 2, 0},
    // These have nothing to multiply with, or are known not to.
    {"Twice", "my.domain", 0, {0}, 0, UINT64_MAX},
    {"Scaled", "my.domain", 1, {768}, 0, UINT64_MAX},
    {"GridSample", "", 0, {0}, 1, UINT64_MAX},
    {"GatherElements", "", 2, {7, 768}, 0, UINT64_MAX},
    {"RotaryEmbedding", "com.microsoft", 2, {64, 768}, 1, UINT64_MAX},
    {"Add", "", 2, {7, 768}, 0, UINT64_MAX},
    {"Where", "", 2, {7, 768}, 1, UINT64_MAX},
    {"LayerNormalization", "", 1, {768}, 0, UINT64_MAX},
    {"Gather", "", 2, {64, 768}, 0, UINT64_MAX},
};

static void build(struct context *context, const struct unseen *node) {
    struct onnx_builder *b = &context->b;
    onnx_begin(b, context->arena);
    sdse_diags_init(&context->diags, context->arena);
    onnx_input(b, "x", ONNX_DIMS(1, 7, 768));
    onnx_floats(b, "w", ONNX_DIMS(768, 10));
    const char *inputs = "x";
    if (node->rank > 0) {
        onnx_floats(b, "b", node->rank, node->dims);
        inputs = "x,b";
    }
    for (unsigned i = 0; i < node->again; i++)
        inputs = sdse_arena_printf(b->arena, "%s,x", inputs);
    Onnx__NodeProto *made = onnx_node(b, node->op, "culprit", inputs, "h");
    made->domain = onnx_text(b, node->domain);
    if (strcmp(node->op, "MatMulNBits") == 0) {
        onnx_set_int(b, made, "K", 768);
        onnx_set_int(b, made, "N", 300);
    }
    onnx_node(b, "MatMul", "last", "x,w", "y");
}

static void every_kind_that_may_multiply_is_said(void **state) {
    struct context *context = *state;
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
        build(context, &unseen[i]);
        // What the node's shape rule thinks of such inputs is not asked here.
        if (import(context) != SDSE_OK && unseen[i].weights == UINT64_MAX)
            fail_msg("%s is refused", unseen[i].op);
        bool said = sdse_diags_fired(&context->diags, "onnx-left-out");
        if (said != (unseen[i].weights != UINT64_MAX))
            fail_msg("%s (%s): %s", unseen[i].op, unseen[i].domain,
                     said ? "warned of" : "vanished");
        if (!context->imported)
            continue;
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        unsigned multiply = 0;
        for (size_t j = 0; j < net->layer_count; j++)
            multiply += !sdse_layer_moves(&net->layers[j]);
        assert_int_equal(multiply, 1);
        assert_int_equal(net->not_modelled_count, said);
        if (!said)
            continue;
        expect_message(context, "node 'culprit'");
        assert_string_equal(net->not_modelled[0].name, "culprit");
        assert_string_equal(net->not_modelled[0].op, unseen[i].op);
        assert_int_equal(net->not_modelled[0].weights, unseen[i].weights);
    }
}

// If, Loop and Scan are what their graphs are.
static void inner_graphs_are_looked_into(void **state) {
    static const char *const ops[] = {"Identity", "Conv", "If"};
    struct context *context = *state;
    for (size_t i = 0; i < 3; i++) {
        struct onnx_builder *b = &context->b;
        onnx_begin(b, context->arena);
        sdse_diags_init(&context->diags, context->arena);
        onnx_input(b, "x", ONNX_DIMS(1, 8));
        onnx_floats(b, "w", ONNX_DIMS(8, 4));
        onnx_node(b, "MatMul", "fc", "x,w", "y");
        Onnx__NodeProto *node = onnx_node(b, "If", "choice", "x", "z");
        Onnx__NodeProto *inner = onnx_node(b, ops[i], "", "x,w", "q");
        b->graph.n_node--; // the inner graph's
        Onnx__GraphProto *graph = SDSE_ARENA_NEW(b->arena, Onnx__GraphProto);
        onnx__graph_proto__init(graph);
        graph->n_node = 1;
        graph->node = SDSE_ARENA_ARRAY(b->arena, Onnx__NodeProto *, 1);
        graph->node[0] = inner;
        onnx_attribute(b, node, "then_branch")->g = graph;
        assert_int_equal(import(context), SDSE_OK);
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        assert_int_equal(net->not_modelled_count, i == 1);
        if (i == 1)
            assert_int_equal(net->not_modelled[0].weights, 32);
    }
}

// ---- conditions that are constants -------------------------------------------------

// What is added to the model from node `from` and constant `constants` on becomes a
// branch of `node`, which gives `output`.
static void set_branch(struct onnx_builder *b, Onnx__NodeProto *node, const char *name,
                       size_t from, size_t constants, const char *output) {
    Onnx__GraphProto *graph = SDSE_ARENA_NEW(b->arena, Onnx__GraphProto);
    Onnx__ValueInfoProto *info = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto);
    onnx__graph_proto__init(graph);
    onnx__value_info_proto__init(info);
    info->name = onnx_text(b, output);
    graph->n_output = 1;
    graph->output = SDSE_ARENA_ARRAY(b->arena, Onnx__ValueInfoProto *, 1);
    graph->output[0] = info;
    graph->n_node = b->graph.n_node - from;
    graph->node = SDSE_ARENA_ARRAY(b->arena, Onnx__NodeProto *, graph->n_node + 1);
    memcpy(graph->node, b->nodes + from, graph->n_node * sizeof *graph->node);
    graph->n_initializer = b->graph.n_initializer - constants;
    graph->initializer =
        SDSE_ARENA_ARRAY(b->arena, Onnx__TensorProto *, graph->n_initializer + 1);
    memcpy(graph->initializer, b->tensors + constants,
           graph->n_initializer * sizeof *graph->initializer);
    b->graph.n_node = from;
    b->graph.n_initializer = constants;
    onnx_attribute(b, node, name)->g = graph;
}

// A product with weights of its own, all named `name`: a branch of `node`.
static void branch_of(struct onnx_builder *b, Onnx__NodeProto *node, const char *branch,
                      const char *name, int64_t columns) {
    const size_t from = b->graph.n_node, constants = b->graph.n_initializer;
    char weights[40], inputs[40], output[40];
    snprintf(weights, sizeof weights, "%s_w", name);
    snprintf(inputs, sizeof inputs, "x,%s_w", name);
    snprintf(output, sizeof output, "%s_y", name);
    onnx_floats(b, weights, ONNX_DIMS(8, columns));
    onnx_node(b, "MatMul", name, inputs, output);
    set_branch(b, node, branch, from, constants, output);
}

static void branches_that_are_known_are_taken(void **state) {
    struct context *context = *state;
    // How the condition comes about, and whether it is known to be true.
    enum { STORED, COMPUTED, NESTED, GIVEN, CONDITIONS };
    for (unsigned i = 0; i < 2 * CONDITIONS; i++) {
        const unsigned kind = i / 2;
        const bool truth = i % 2;
        struct onnx_builder *b = &context->b;
        onnx_begin(b, context->arena);
        sdse_diags_init(&context->diags, context->arena);
        onnx_input(b, "x", ONNX_DIMS(1, 8));
        onnx_input(b, "given", 0, NULL);
        onnx_ints(b, "one", 1, (int64_t[]){truth});
        onnx_ints(b, "extent", 1, (int64_t[]){truth ? 8 : 9});
        onnx_ints(b, "last", 1, (int64_t[]){1});
        onnx_node(b, "Shape", "shape", "x", "s");
        onnx_node(b, "Gather", "of", "s,last", "columns");
        onnx_node(b, "Equal", "equal", "columns,extent", "same");
        static const char *const conditions[] = {"one", "same", "one", "given"};
        Onnx__NodeProto *node = onnx_node(b, "If", "choice", conditions[kind], "z");
        branch_of(b, node, "then_branch", "yes", 4);
        if (kind == NESTED) {
            const size_t from = b->graph.n_node, constants = b->graph.n_initializer;
            Onnx__NodeProto *inner = onnx_node(b, "If", "inner", "same", "inner_y");
            branch_of(b, inner, "then_branch", "never", 6);
            branch_of(b, inner, "else_branch", "no", 5);
            set_branch(b, node, "else_branch", from, constants, "inner_y");
        } else {
            branch_of(b, node, "else_branch", "no", 5);
        }
        onnx_floats(b, "w", ONNX_DIMS(truth ? 4 : 5, 3));
        if (kind != GIVEN)
            onnx_node(b, "MatMul", "after", "z,w", "out");
        else
            onnx_node(b, "MatMul", "after", "x,v", "out"),
                onnx_floats(b, "v", ONNX_DIMS(8, 3));
        assert_int_equal(import(context), SDSE_OK);
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        if (kind == GIVEN) { // the dearer one, with a word
            assert_int_equal(net->layer_count, 2);
            assert_int_equal(net->not_modelled_count, 0);
            assert_string_equal(net->layers[0].name, "no");
            assert_true(sdse_diags_fired(&context->diags, "onnx-branch"));
            expect_message(context, "node 'choice' (If)");
            expect_message(context, "else branch, 64 MACs, not that of the other, 56");
            continue;
        }
        assert_false(sdse_diags_fired(&context->diags, "onnx-branch"));
        assert_int_equal(net->not_modelled_count, 0);
        assert_int_equal(net->layer_count, 2);
        assert_string_equal(net->layers[0].name, truth ? "yes" : "no");
        assert_int_equal(net->layers[0].nest.bound[SDSE_K], truth ? 4 : 5);
        assert_string_equal(net->layers[1].name, "after");
        assert_int_equal(net->layers[1].nest.bound[SDSE_C], truth ? 4 : 5);
        expect_weights(context, 0, 2, SHAPE(truth ? 4 : 5, 8, 0, 0), onnx_pattern(0),
                       onnx_pattern(truth ? 4 : 5));
    }
}

// Names that stand in the graph already are others in the branch.
static void branches_may_name_values_as_the_graph_does(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 8));
    onnx_ints(b, "one", 1, (int64_t[]){1});
    onnx_floats(b, "yes_w", ONNX_DIMS(8, 4));
    onnx_floats(b, "w", ONNX_DIMS(4, 3));
    onnx_node(b, "MatMul", "fc", "x,yes_w", "yes_y");
    Onnx__NodeProto *node = onnx_node(b, "If", "choice", "one", "z");
    branch_of(b, node, "then_branch", "yes", 4);
    branch_of(b, node, "else_branch", "no", 4);
    onnx_node(b, "MatMul", "after", "z,w", "out");
    Onnx__TensorProto *inner = node->attribute[0]->g->initializer[0];
    for (size_t i = 0; i < inner->n_float_data; i++)
        inner->float_data[i] = -(float)i;
    const struct sdse_layer *layers = expect_layers(context, 3);
    assert_string_equal(layers[0].name, "fc");
    assert_string_equal(layers[1].name, "yes");
    expect_weights(context, 0, 2, SHAPE(4, 8), onnx_pattern(0), onnx_pattern(4));
    expect_weights(context, 1, 2, SHAPE(4, 8), 0, -4);
}

// The written network says it again, and so does whoever reads it.
static void what_is_left_out_is_written_and_read(void **state) {
    struct context *context = *state;
    build(context, &unseen[0]);
    context->b.nodes[0]->name = onnx_text(&context->b, "a\"b\n  - {operator: x}");
    assert_int_equal(import(context), SDSE_OK);
    char *text =
        sdse_workload_text(context->arena, sdse_imported_workload(context->imported));
    struct sdse_node *root = NULL;
    struct sdse_workload *read = NULL;
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(sdse_tree_parse_memory(context->arena, "net.yaml", text,
                                            strlen(text), &context->diags, &root),
                     SDSE_OK);
    assert_int_equal(
        sdse_workload_from_tree(context->arena, root, &context->diags, &read), SDSE_OK);
    assert_int_equal(read->not_modelled_count, 1);
    assert_string_equal(read->not_modelled[0].name, "a\"b?  - {operator: x}");
    assert_string_equal(read->not_modelled[0].op, "MatMulNBits");
    assert_string_equal(read->not_modelled[0].reason, "known to multiply");
    assert_int_equal(read->not_modelled[0].weights, 768 * 300);
    assert_true(sdse_diags_fired(&context->diags, "not-modelled"));
    assert_int_equal(context->diags.warnings, 1);
    assert_string_equal(sdse_workload_text(context->arena, read), text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_kind_that_may_multiply_is_said),
        TEST(inner_graphs_are_looked_into),
        TEST(branches_that_are_known_are_taken),
        TEST(branches_may_name_values_as_the_graph_does),
        TEST(what_is_left_out_is_written_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
