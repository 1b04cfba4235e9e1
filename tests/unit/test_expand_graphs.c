// Functions of the model's own, branches and loops: their nodes become layers where
// they stand, as often as they are executed.
#include "import/forward/run.h"
#include "import/onnx/imported.h"
#include "spec/tree.h"
#include "spec/write.h"
#include "support/import_context.h"

// Nodes and constants of the builder from a mark on, as a graph.
struct mark {
    size_t nodes, tensors;
};
static struct mark set_mark(const struct onnx_builder *b) {
    return (struct mark){b->graph.n_node, b->graph.n_initializer};
}

static Onnx__ValueInfoProto **infos(struct onnx_builder *b, const char *names,
                                    size_t *count) {
    char **list;
    *count = onnx_names(b, names, &list);
    Onnx__ValueInfoProto **out =
        SDSE_ARENA_ARRAY(b->arena, Onnx__ValueInfoProto *, *count + 1);
    for (size_t i = 0; i < *count; i++) {
        out[i] = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto);
        onnx__value_info_proto__init(out[i]);
        out[i]->name = list[i];
    }
    return out;
}

static Onnx__GraphProto *take_graph(struct onnx_builder *b, struct mark from,
                                    const char *inputs, const char *outputs) {
    Onnx__GraphProto *graph = SDSE_ARENA_NEW(b->arena, Onnx__GraphProto);
    onnx__graph_proto__init(graph);
    graph->n_node = b->graph.n_node - from.nodes;
    graph->node = SDSE_ARENA_ARRAY(b->arena, Onnx__NodeProto *, graph->n_node + 1);
    memcpy(graph->node, b->nodes + from.nodes, graph->n_node * sizeof *graph->node);
    graph->n_initializer = b->graph.n_initializer - from.tensors;
    graph->initializer =
        SDSE_ARENA_ARRAY(b->arena, Onnx__TensorProto *, graph->n_initializer + 1);
    memcpy(graph->initializer, b->tensors + from.tensors,
           graph->n_initializer * sizeof *graph->initializer);
    b->graph.n_node = from.nodes;
    b->graph.n_initializer = from.tensors;
    graph->input = infos(b, inputs, &graph->n_input);
    graph->output = infos(b, outputs, &graph->n_output);
    return graph;
}

static const struct sdse_workload *import_network(struct context *context) {
    const enum sdse_status status = import(context);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    return sdse_imported_workload(context->imported);
}

static void begin(struct context *context) {
    onnx_begin(&context->b, context->arena);
    sdse_diags_init(&context->diags, context->arena);
}

// ---- functions --------------------------------------------------------------

static Onnx__FunctionProto *take_function(struct onnx_builder *b, struct mark from,
                                          const char *name, const char *inputs,
                                          const char *outputs) {
    static Onnx__FunctionProto *list[4];
    Onnx__FunctionProto *function = SDSE_ARENA_NEW(b->arena, Onnx__FunctionProto);
    const Onnx__GraphProto *graph = take_graph(b, from, "", "");
    onnx__function_proto__init(function);
    function->name = onnx_text(b, name);
    function->domain = onnx_text(b, "own");
    function->n_input = onnx_names(b, inputs, &function->input);
    function->n_output = onnx_names(b, outputs, &function->output);
    function->n_node = graph->n_node;
    function->node = graph->node;
    b->model.functions = list;
    list[b->model.n_functions++] = function;
    return function;
}

static void call(struct onnx_builder *b, const char *op, const char *name,
                 const char *inputs, const char *outputs, int turned) {
    Onnx__NodeProto *node = onnx_node(b, op, name, inputs, outputs);
    node->domain = onnx_text(b, "own");
    if (turned >= 0)
        onnx_set_int(b, node, "turned", turned);
}

static void functions_are_their_nodes(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    struct mark from = set_mark(b);
    // Lin(x, w) = relu(Gemm(x, w)), transB as the caller says.
    Onnx__NodeProto *gemm = onnx_node(b, "Gemm", "fc", "a,w", "t");
    onnx_attribute(b, gemm, "transB")->ref_attr_name = onnx_text(b, "turned");
    onnx_node(b, "Relu", "", "t", "r");
    take_function(b, from, "Lin", "a,w", "r");
    from = set_mark(b);
    // Two(x, v, w) = Lin(Lin(x, v), w), whose value is called as that of the graph.
    call(b, "Lin", "first", "p,v", "t", 1);
    call(b, "Lin", "second", "t,w", "y", -1);
    take_function(b, from, "Two", "p,v,w", "y");
    onnx_input(b, "x", ONNX_DIMS(2, 6));
    onnx_floats(b, "w1", ONNX_DIMS(5, 6));
    onnx_floats(b, "w2", ONNX_DIMS(5, 4));
    onnx_floats(b, "w3", ONNX_DIMS(4, 3));
    call(b, "Two", "both", "x,w1,w2", "t", -1);
    call(b, "Lin", "", "t,w3", "z", 0);
    const struct sdse_workload *net = import_network(context);
    assert_int_equal(net->not_modelled_count, 0);
    static const struct {
        const char *name;
        uint64_t k, c;
    } wanted[] = {
        {"both_first_fc", 5, 6}, {"both_second_fc", 4, 5}, {"Lin_5_fc", 3, 4}};
    size_t products = 0;
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct sdse_layer *layer = &net->layers[i];
        if (sdse_layer_moves(layer))
            continue;
        if (products < 2)
            assert_string_equal(layer->name, wanted[products].name);
        assert_int_equal(layer->nest.bound[SDSE_K], wanted[products].k);
        assert_int_equal(layer->nest.bound[SDSE_C], wanted[products].c);
        products++;
    }
    assert_int_equal(products, 3);
    expect_weights(context, 0, 2, SHAPE(5, 6), onnx_pattern(0), onnx_pattern(1));
}

// A function that calls itself makes no end of nodes: it is said, not followed.
static void functions_without_end_stay(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    const struct mark from = set_mark(b);
    call(b, "Self", "again", "a,w", "t", -1);
    call(b, "Self", "twice", "t,w", "r", -1);
    take_function(b, from, "Self", "a,w", "r");
    onnx_input(b, "x", ONNX_DIMS(2, 6));
    onnx_floats(b, "w", ONNX_DIMS(6, 6));
    call(b, "Self", "self", "x,w", "y", -1);

    onnx_node(b, "MatMul", "fc", "x,w", "z");
    import_network(context);
    assert_true(sdse_diags_fired(&context->diags, "onnx-left-out"));
}

// ---- loops ------------------------------------------------------------------

enum { T = 5, B = 2, I = 7, H = 3 };

// h, x_t → tanh(x_t W + h R), twice: the state and what is stacked.
static void build_scan(struct context *context, bool last_axis) {
    struct onnx_builder *b = &context->b;
    begin(context);
    onnx_input(b, "h0", ONNX_DIMS(B, H));
    if (last_axis)
        onnx_input(b, "x", ONNX_DIMS(B, I, T));
    else
        onnx_input(b, "x", ONNX_DIMS(T, B, I));
    onnx_floats(b, "outer", ONNX_DIMS(H, H)); // read from around
    Onnx__NodeProto *scan = onnx_node(b, "Scan", "scan", "h0,x", "last,all");
    const struct mark from = set_mark(b);
    onnx_floats(b, "w", ONNX_DIMS(I, H));
    onnx_node(b, "MatMul", "in", "xt,w", "p");
    onnx_node(b, "MatMul", "state", "h,outer", "q");
    onnx_node(b, "Add", "sum", "p,q", "s");
    onnx_node(b, "Tanh", "tanh", "s", "n");
    onnx_node(b, "Identity", "", "n", "m");
    Onnx__GraphProto *body = take_graph(b, from, "h,xt", "n,m");
    onnx_attribute(b, scan, "body")->g = body;
    onnx_set_int(b, scan, "num_scan_inputs", 1);
    if (last_axis) {
        onnx_set_ints(b, scan, "scan_input_axes", ONNX_DIMS(-1));
        onnx_set_ints(b, scan, "scan_output_axes", ONNX_DIMS(-1));
    }
    onnx_floats(b, "v", ONNX_DIMS(last_axis ? T : H, 4));
    onnx_node(b, "MatMul", "after", "all,v", "z");
}

static const struct sdse_layer *find(const struct sdse_workload *net,
                                     const char *name) {
    for (size_t i = 0; i < net->layer_count; i++)
        if (strcmp(net->layers[i].name, name) == 0)
            return &net->layers[i];
    fail_msg("no layer '%s'", name);
    return NULL;
}

static void a_scan_is_its_steps(void **state) {
    struct context *context = *state;
    for (unsigned last_axis = 0; last_axis < 2; last_axis++) {
        build_scan(context, last_axis);
        const struct sdse_workload *net = import_network(context);
        assert_int_equal(net->not_modelled_count, 0);
        const struct sdse_layer *in = find(net, "in"), *own = find(net, "state"),
                                *after = find(net, "after"), *sum = find(net, "sum");
        uint64_t macs = 0; // executed
        for (int t = 0; t < T; t++)
            for (int i = 0; i < B * H * (I + H); i++)
                macs++;
        assert_int_equal(sdse_layer_macs(in) * in->repeat +
                             sdse_layer_macs(own) * own->repeat,
                         macs);
        assert_int_equal(in->steps, T);
        assert_int_equal(sdse_layer_copies(in), 1);
        assert_int_equal(sum->repeat, T);
        assert_int_equal(after->repeat, 1);
        // All steps of it at once, behind the axis that was stacked.
        assert_int_equal(sdse_layer_macs(after), T * B * H * 4);
        // No edge runs between what is repeated and what is not.
        for (size_t i = 0; i < net->edge_count; i++)
            assert_int_equal(net->layers[net->edges[i].from].repeat *
                                 net->layers[net->edges[i].to].repeat,
                             1);
    }
}

// Sequences of unequal length are none that a step takes a slice of each.
static void unequal_sequences_stay_a_node(void **state) {
    struct context *context = *state;
    for (unsigned equal = 0; equal < 2; equal++) {
        struct onnx_builder *b = &context->b;
        begin(context);
        onnx_input(b, "x", ONNX_DIMS(T, B, I));
        onnx_input(b, "u", ONNX_DIMS(equal ? T : T + 1, B, I));
        onnx_floats(b, "w", ONNX_DIMS(I, H));
        Onnx__NodeProto *scan = onnx_node(b, "Scan", "scan", "x,u", "all");
        const struct mark from = set_mark(b);
        onnx_node(b, "Add", "sum", "xt,ut", "s");
        onnx_node(b, "MatMul", "in", "s,w", "n");
        onnx_attribute(b, scan, "body")->g = take_graph(b, from, "xt,ut", "n");
        onnx_set_int(b, scan, "num_scan_inputs", 2);
        onnx_node(b, "MatMul", "fc", "x,w", "z");
        const struct sdse_workload *net = import_network(context);
        assert_int_equal(net->not_modelled_count, !equal);
        if (equal)
            assert_int_equal(find(net, "in")->steps, T);
    }
}

static void loops_multiply_their_steps(void **state) {
    struct context *context = *state;
    for (unsigned kind = 0; kind < 4; kind++) { // known, stacked, nested, not known
        struct onnx_builder *b = &context->b;
        begin(context);
        onnx_input(b, "x", ONNX_DIMS(1, 3, 8, 8));
        onnx_input(b, "given", 0, NULL);
        onnx_ints(b, "six", 1, (int64_t[]){6});
        onnx_ints(b, "four", 1, (int64_t[]){4});
        onnx_ints(b, "true", 1, (int64_t[]){1});
        Onnx__NodeProto *loop =
            onnx_node(b, "Loop", "loop", kind == 3 ? "given,true,x" : "six,true,x",
                      kind == 1 ? "y,stack" : "y");
        struct mark from = set_mark(b);
        onnx_floats(b, "w", ONNX_DIMS(3, 3, 3, 3));
        if (kind == 2) {
            Onnx__NodeProto *inner = onnx_node(b, "Loop", "inner", "four,,m", "n");
            const struct mark deeper = set_mark(b);
            Onnx__NodeProto *conv = onnx_node(b, "Conv", "conv", "k,w", "l");
            onnx_set_ints(b, conv, "pads", ONNX_DIMS(1, 1, 1, 1));
            onnx_attribute(b, inner, "body")->g = take_graph(b, deeper, "j,d,k", "d,l");
        } else {
            Onnx__NodeProto *conv = onnx_node(b, "Conv", "conv", "m,w", "n");
            onnx_set_ints(b, conv, "pads", ONNX_DIMS(1, 1, 1, 1));
        }
        onnx_attribute(b, loop, "body")->g =
            take_graph(b, from, "i,c,m", kind == 1 ? "c,n,n" : "c,n");
        onnx_floats(b, "v", ONNX_DIMS(5, 3, 1, 1));
        onnx_node(b, "Conv", "after", kind == 3 ? "x,v" : "y,v", "z");
        if (kind == 1)
            onnx_node(b, "ReduceMean", "mean", "stack", "m");
        const struct sdse_workload *net = import_network(context);
        assert_int_equal(net->not_modelled_count, kind == 3);
        if (kind == 3)
            continue;
        const struct sdse_layer *conv = find(net, "conv");
        const uint64_t steps = kind == 2 ? 24 : 6;
        assert_int_equal(conv->repeat, steps);
        assert_int_equal(conv->steps, steps);
        assert_int_equal(sdse_layer_macs(conv), 8 * 8 * 3 * 3 * 9);
        assert_int_equal(find(net, "after")->repeat, 1);
        if (kind == 1) // 6 maps of 192 words
            assert_int_equal(find(net, "mean")->nest.bound[SDSE_S], 6 * 192);
        // As it is written it is read.
        char *text = sdse_workload_text(context->arena, net);
        struct sdse_node *root = NULL;
        struct sdse_workload *read = NULL;
        assert_int_equal(sdse_tree_parse_memory(context->arena, "net.yaml", text,
                                                strlen(text), &context->diags, &root),
                         SDSE_OK);
        assert_int_equal(
            sdse_workload_from_tree(context->arena, root, &context->diags, &read),
            SDSE_OK);
        assert_int_equal(find(read, "conv")->repeat, steps);
        assert_int_equal(sdse_layer_copies(find(read, "conv")), 1);
        // Nothing here runs a loop.
        sdse_diags_init(&context->diags, context->arena);
        assert_int_equal(sdse_forward_check(&context->imported->graph, &context->diags),
                         SDSE_INVALID);
        expect_message(context, "node 'loop' (Loop)");
    }
}

// The number of the step is none that is known, and a loop that is not entered is none.
static void steps_have_no_known_number(void **state) {
    struct context *context = *state;
    for (unsigned entered = 0; entered < 2; entered++) {
        struct onnx_builder *b = &context->b;
        begin(context);
        onnx_input(b, "x", ONNX_DIMS(1, 4, 3));
        onnx_ints(b, "six", 1, (int64_t[]){6});
        onnx_ints(b, "enter", 1, (int64_t[]){entered});
        onnx_floats(b, "table", ONNX_DIMS(8, 3, 3));
        Onnx__NodeProto *loop = onnx_node(b, "Loop", "loop", "six,enter,x", "y");
        const struct mark from = set_mark(b);
        onnx_node(b, "Gather", "row", "table,i", "w");
        onnx_node(b, "MatMul", "fc", "m,w", "n");
        onnx_attribute(b, loop, "body")->g = take_graph(b, from, "i,c,m", "c,n");
        onnx_floats(b, "v", ONNX_DIMS(3, 2));
        onnx_node(b, "MatMul", "after", "x,v", "z");
        const struct sdse_workload *net = import_network(context);
        assert_int_equal(net->not_modelled_count, 0);
        if (entered) // whichever matrix it is
            assert_int_equal(find(net, "fc")->kind, SDSE_MATMUL);
        else // what goes in comes out
            assert_int_equal(net->layer_count, 1);
    }
}

// A loop of no steps gives its states; what it puts together is nothing, which is said
// where somebody reads it.
static void loops_of_no_steps(void **state) {
    struct context *context = *state;
    for (unsigned read = 0; read < 2; read++) {
        struct onnx_builder *b = &context->b;
        begin(context);
        onnx_input(b, "x", ONNX_DIMS(4, 3));
        onnx_ints(b, "none", 1, (int64_t[]){0});
        onnx_floats(b, "w", ONNX_DIMS(3, 3));
        Onnx__NodeProto *loop =
            onnx_node(b, "Loop", "loop", "none,,x", read ? "y,all" : "y,");
        const struct mark from = set_mark(b);
        onnx_node(b, "MatMul", "fc", "m,w", "n");
        onnx_attribute(b, loop, "body")->g = take_graph(b, from, "i,c,m", "c,n,n");
        onnx_floats(b, "v", ONNX_DIMS(3, 2));
        onnx_node(b, "MatMul", "after", "y,v", "z");
        if (read) {
            onnx_node(b, "Relu", "", "all", "r");
            assert_int_equal(import(context), SDSE_INVALID); // of what shape it is
            expect_message(context, "node 'after'");
            continue;
        }
        const struct sdse_workload *net = import_network(context);
        assert_int_equal(net->layer_count, 1);
        assert_int_equal(net->not_modelled_count, 0);
        assert_int_equal(find(net, "after")->nest.bound[SDSE_P] *
                             find(net, "after")->nest.bound[SDSE_N],
                         4);
    }
}

// Branches inside a function read what the function reads; two may name values alike.
static void branches_in_functions(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    const struct mark outer = set_mark(b);
    Onnx__NodeProto *node = onnx_node(b, "If", "choice", "which", "r");
    for (unsigned taken = 0; taken < 2; taken++) {
        const struct mark from = set_mark(b);
        onnx_node(b, taken ? "MatMul" : "Add", taken ? "fc" : "", "a,w", "inner");
        onnx_attribute(b, node, taken ? "then_branch" : "else_branch")->g =
            take_graph(b, from, "", "inner");
    }
    take_function(b, outer, "Pick", "a,w,which", "r");
    onnx_input(b, "x", ONNX_DIMS(2, 6));
    onnx_floats(b, "w1", ONNX_DIMS(6, 5));
    onnx_floats(b, "w2", ONNX_DIMS(5, 4));
    onnx_ints(b, "one", 1, (int64_t[]){1});
    call(b, "Pick", "p", "x,w1,one", "t", -1);
    call(b, "Pick", "q", "t,w2,one", "y", -1);
    const struct sdse_workload *net = import_network(context);
    assert_int_equal(net->layer_count, 2);
    assert_int_equal(net->layers[0].nest.bound[SDSE_K], 5);
    assert_int_equal(net->layers[1].nest.bound[SDSE_K], 4);
    expect_weights(context, 1, 2, SHAPE(4, 5), onnx_pattern(0), onnx_pattern(4));
}

// What a loop holds is written out for each of its steps.
static void short_operators_in_loops_are_repeated(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 4, 6));
    onnx_ints(b, "three", 1, (int64_t[]){3});
    Onnx__NodeProto *loop = onnx_node(b, "Loop", "loop", "three,,x", "y");
    const struct mark from = set_mark(b);
    Onnx__NodeProto *node = onnx_node(b, "MultiHeadAttention", "mha", "m,m,m", "n");
    node->domain = onnx_text(b, "com.microsoft");
    onnx_set_int(b, node, "num_heads", 2);
    onnx_attribute(b, loop, "body")->g = take_graph(b, from, "i,c,m", "c,n");
    const struct sdse_workload *net = import_network(context);
    assert_int_equal(find(net, "mha.qk")->repeat, 3);
    assert_int_equal(find(net, "mha.av")->repeat, 3);
    assert_int_equal(find(net, "mha.softmax")->repeat, 3);
}

// ---- branches that are not known ---------------------------------------------

// Of two branches one may not fit what follows: the other is taken, however cheap.
static void a_branch_that_fits_is_taken(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    onnx_input(b, "x", ONNX_DIMS(1, 8));
    onnx_input(b, "given", 0, NULL);
    Onnx__NodeProto *node = onnx_node(b, "If", "choice", "given", "z");
    struct mark from = set_mark(b);
    onnx_floats(b, "w", ONNX_DIMS(8, 30));
    onnx_node(b, "MatMul", "dear", "x,w", "p");
    Onnx__GraphProto *dear = take_graph(b, from, "", "p");
    from = set_mark(b);
    onnx_floats(b, "u", ONNX_DIMS(8, 2));
    onnx_node(b, "MatMul", "cheap", "x,u", "q");
    onnx_attribute(b, node, "else_branch")->g = take_graph(b, from, "", "q");
    onnx_attribute(b, node, "then_branch")->g = dear;
    onnx_floats(b, "v", ONNX_DIMS(2, 3));
    onnx_node(b, "MatMul", "after", "z,v", "y");
    const struct sdse_workload *net = import_network(context);
    assert_int_equal(net->layer_count, 2);
    assert_string_equal(net->layers[0].name, "cheap");
    expect_message(context, "else branch, 22 MACs, not that of the other");
    expect_message(context, "as far as it can be imported");
    sdse_diags_init(&context->diags, context->arena);
    assert_int_equal(sdse_forward_check(&context->imported->graph, &context->diags),
                     SDSE_INVALID);
    expect_message(context, "node 'choice' (If)");
}

// What is written out behind something else that is has the shape that this will have:
// a transform of 6 places, of 8 that are padded by one on each side.
static void shapes_before_they_are_written(void **state) {
    struct context *context = *state;
    struct onnx_builder *b = &context->b;
    begin(context);
    b->opset.version = 17;
    onnx_input(b, "x", ONNX_DIMS(1, 2, 4));
    onnx_floats(b, "w", ONNX_DIMS(2, 3, 2));
    onnx_ints(b, "pads", 2, (int64_t[]){1, 1});
    onnx_ints(b, "last", 1, (int64_t[]){3});
    Onnx__NodeProto *up =
        onnx_node(b, "ConvTransposeWithDynamicPads", "up", "x,w,pads", "u");
    up->domain = onnx_text(b, "com.microsoft");
    onnx_set_ints(b, up, "strides", 1, (int64_t[]){2});
    onnx_node(b, "Unsqueeze", "", "u,last", "v");
    Onnx__NodeProto *dft = onnx_node(b, "DFT", "dft", "v", "y");
    onnx_set_int(b, dft, "axis", 2);
    const struct sdse_workload *net = import_network(context);
    const struct sdse_layer *layer = find(net, "dft");
    assert_int_equal(layer->nest.bound[SDSE_C], 6);
    assert_int_equal(layer->nest.bound[SDSE_K], 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(functions_are_their_nodes),   TEST(functions_without_end_stay),
        TEST(a_scan_is_its_steps),         TEST(unequal_sequences_stay_a_node),
        TEST(loops_multiply_their_steps),  TEST(steps_have_no_known_number),
        TEST(loops_of_no_steps),           TEST(shapes_before_they_are_written),
        TEST(branches_in_functions),       TEST(short_operators_in_loops_are_repeated),
        TEST(a_branch_that_fits_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
