// Searches for a text: what their graphs multiply, counted run by run.
#include "support/import_context.h"

enum { WIDTH = 6, HEADS = 2, WORDS = 11, HEARD = 5 };

// An input of the graph that is being built, not of the model: taken out again.
static Onnx__ValueInfoProto *info(struct onnx_builder *b, const char *name,
                                  unsigned rank, const int64_t *dims) {
    onnx_input(b, name, rank, dims);
    return b->inputs[--b->graph.n_input];
}

static Onnx__GraphProto *take(struct onnx_builder *b, size_t nodes, size_t tensors,
                              size_t inputs, Onnx__ValueInfoProto *const *list,
                              const char *output) {
    Onnx__GraphProto *graph = SDSE_ARENA_NEW(b->arena, Onnx__GraphProto);
    onnx__graph_proto__init(graph);
    graph->n_node = b->graph.n_node - nodes;
    graph->node = SDSE_ARENA_ARRAY(b->arena, Onnx__NodeProto *, graph->n_node + 1);
    memcpy(graph->node, b->nodes + nodes, graph->n_node * sizeof *graph->node);
    graph->n_initializer = b->graph.n_initializer - tensors;
    graph->initializer =
        SDSE_ARENA_ARRAY(b->arena, Onnx__TensorProto *, graph->n_initializer + 1);
    memcpy(graph->initializer, b->tensors + tensors,
           graph->n_initializer * sizeof *graph->initializer);
    b->graph.n_node = nodes;
    b->graph.n_initializer = tensors;
    graph->n_input = inputs;
    graph->input = SDSE_ARENA_ARRAY(b->arena, Onnx__ValueInfoProto *, inputs);
    memcpy(graph->input, list, inputs * sizeof *list);
    graph->n_output = 1;
    graph->output = SDSE_ARENA_ARRAY(b->arena, Onnx__ValueInfoProto *, 1);
    graph->output[0] = SDSE_ARENA_NEW(b->arena, Onnx__ValueInfoProto);
    onnx__value_info_proto__init(graph->output[0]);
    graph->output[0]->name = onnx_text(b, output);
    return graph;
}

// Words looked up, attended to behind what is kept, and one product for all words that
// there are. Open extents are those of a text, as exporters leave them.
static Onnx__GraphProto *decoder(struct onnx_builder *b) {
    const size_t nodes = b->graph.n_node, tensors = b->graph.n_initializer;
    Onnx__ValueInfoProto *list[3] = {
        info(b, "input_ids", ONNX_DIMS(0, 0)),
        info(b, "attention_mask", ONNX_DIMS(0, 0)),
        info(b, "past_0", ONNX_DIMS(2, 0, HEADS, 0, WIDTH / HEADS))};
    onnx_floats(b, "table", ONNX_DIMS(WORDS, WIDTH));
    onnx_floats(b, "qkv", ONNX_DIMS(WIDTH, 3 * WIDTH));
    onnx_floats(b, "head", ONNX_DIMS(WIDTH, WORDS));
    onnx_node(b, "Gather", "look", "table,input_ids", "h");
    Onnx__NodeProto *attention =
        onnx_node(b, "Attention", "attention", "h,qkv,,attention_mask,past_0", "a,p");
    attention->domain = onnx_text(b, "com.microsoft");
    onnx_set_int(b, attention, "num_heads", HEADS);
    onnx_node(b, "MatMul", "head", "a,head", "logits");
    return take(b, nodes, tensors, 3, list, "logits");
}

// Of an encoder's states, and of what each of its layers keeps.
static Onnx__GraphProto *hearing_decoder(struct onnx_builder *b) {
    const size_t nodes = b->graph.n_node, tensors = b->graph.n_initializer;
    Onnx__ValueInfoProto *list[3] = {
        info(b, "input_ids", ONNX_DIMS(0, 1)),
        info(b, "past_key_self_0", ONNX_DIMS(0, HEADS, 0, WIDTH / HEADS)),
        info(b, "past_key_cross_0", ONNX_DIMS(0, HEADS, 0, WIDTH / HEADS))};
    onnx_floats(b, "table", ONNX_DIMS(WORDS, WIDTH));
    onnx_floats(b, "q", ONNX_DIMS(WIDTH, WIDTH));
    onnx_node(b, "Gather", "look", "table,input_ids", "h");
    onnx_node(b, "MatMul", "q", "h,q", "qh");
    onnx_ints(b, "split", 4, (int64_t[]){0, 1, HEADS, WIDTH / HEADS});
    onnx_node(b, "Reshape", "", "qh,split", "q4");
    Onnx__NodeProto *turn = onnx_node(b, "Transpose", "", "q4", "q5");
    onnx_set_ints(b, turn, "perm", 4, (int64_t[]){0, 2, 1, 3});
    Onnx__NodeProto *both =
        onnx_node(b, "Concat", "", "past_key_self_0,past_key_cross_0", "keys");
    onnx_set_int(b, both, "axis", 2);
    Onnx__NodeProto *keys = onnx_node(b, "Transpose", "", "keys", "k5");
    onnx_set_ints(b, keys, "perm", 4, (int64_t[]){0, 1, 3, 2});
    onnx_node(b, "MatMul", "qk", "q5,k5", "logits");
    return take(b, nodes, tensors, 3, list, "logits");
}

static Onnx__GraphProto *encoder(struct onnx_builder *b, bool begins) {
    const size_t nodes = b->graph.n_node, tensors = b->graph.n_initializer;
    Onnx__ValueInfoProto *list[2] = {
        info(b, "encoder_input_ids", ONNX_DIMS(0, 0)),
        info(b, begins ? "decoder_input_ids" : "encoder_attention_mask",
             ONNX_DIMS(0, 0))};
    onnx_floats(b, "table", ONNX_DIMS(WORDS, WIDTH));
    onnx_floats(b, "w", ONNX_DIMS(WIDTH, WIDTH));
    onnx_node(b, "Gather", "look", "table,encoder_input_ids", "h");
    onnx_node(b, "MatMul", "encode", "h,w", "states");
    return take(b, nodes, tensors, 2, list, "states");
}

static uint64_t all_macs(struct context *context) {
    const enum sdse_status status = import(context);
    if (status != SDSE_OK)
        sdse_diags_print(&context->diags, stderr, false);
    assert_int_equal(status, SDSE_OK);
    const struct sdse_workload *net = sdse_imported_workload(context->imported);
    uint64_t macs = 0;
    for (size_t i = 0; i < net->layer_count; i++)
        macs += sdse_layer_macs(&net->layers[i]) * net->layers[i].repeat;
    assert_int_equal(net->not_modelled_count, 0);
    assert_true(sdse_diags_fired(&context->diags, "onnx-approximated"));
    return macs;
}

// A run of the decoder: projections, products of all pairs of words, words.
static uint64_t decoder_macs(int64_t texts, int64_t now, int64_t before) {
    return (uint64_t)(texts * (now * WIDTH * 3 * WIDTH + now * WIDTH * WORDS +
                               2 * now * (before + now) * WIDTH));
}

static Onnx__NodeProto *search(struct context *context, const char *op, int64_t batch,
                               int64_t prompt, int64_t most, int64_t beams) {
    struct onnx_builder *b = &context->b;
    onnx_begin(b, context->arena);
    sdse_diags_init(&context->diags, context->arena);
    onnx_input(b, "ids", ONNX_DIMS(batch, prompt));
    onnx_ints(b, "most", 1, &most);
    onnx_ints(b, "beams", 1, &beams);
    onnx_ints(b, "returned", 1, (int64_t[]){1});
    const bool wide = strstr(op, "Beam") != NULL;
    Onnx__NodeProto *node =
        onnx_node(b, op, "search", wide ? "ids,most,,beams,returned" : "ids,most", "y");
    node->domain = onnx_text(b, "com.microsoft");
    return node;
}

// The words given at once, then each with those before it. What each of the later runs
// reads is taken as in their middle: never less than the sum of all, and at most half a
// word a run more.
static void words_follow_a_prompt(void **state) {
    struct context *context = *state;
    static const char *const ops[] = {"GreedySearch", "Sampling", "BeamSearch"};
    for (unsigned round = 0; round < 24; round++) {
        const int64_t batch = 1 + round % 2, prompt = 1 + round / 2 % 3,
                      most = prompt + 1 + round % 5,
                      beams = round % 3 == 2 ? 1 + round / 3 % 3 : 1;
        const bool own = round / 12; // a graph of its own for the first run
        Onnx__NodeProto *node =
            search(context, ops[round % 3], batch, prompt, most, beams);
        onnx_attribute(&context->b, node, "decoder")->g = decoder(&context->b);
        if (own)
            onnx_attribute(&context->b, node, "init_decoder")->g = decoder(&context->b);
        const int64_t texts = batch * beams, later = most - prompt - 1;
        uint64_t wanted = decoder_macs(texts, prompt, 0);
        for (int64_t i = 0; i < later; i++)
            wanted += decoder_macs(texts, 1, prompt + i);
        const uint64_t got = all_macs(context);
        assert_true(got >= wanted && got <= wanted + (uint64_t)(texts * WIDTH * later));
        // Exact where there is a middle.
        assert_true(later % 2 == 0 || got == wanted);
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        size_t later_runs = 0;
        for (size_t i = 0; i < net->layer_count; i++)
            later_runs += net->layers[i].repeat == (uint64_t)later;
        assert_true(later < 2 || later_runs > 0);
    }
}

static void words_follow_an_encoder(void **state) {
    struct context *context = *state;
    for (unsigned round = 0; round < 12; round++) {
        const int64_t batch = 1 + round % 2, beams = 1 + round / 2 % 3, most = 7;
        const bool begins = round / 6;
        Onnx__NodeProto *node =
            search(context, "BeamSearch", batch, HEARD, most, beams);
        onnx_attribute(&context->b, node, "decoder")->g = hearing_decoder(&context->b);
        onnx_attribute(&context->b, node, "encoder")->g = encoder(&context->b, begins);
        const int64_t texts = batch * beams;
        uint64_t wanted = (uint64_t)(batch * HEARD * WIDTH * WIDTH), more = 0;
        for (int64_t i = begins; i < most - 1; i++)
            wanted += (uint64_t)(texts * (WIDTH * WIDTH + (i + HEARD) * WIDTH));
        const int64_t runs = most - 1 - begins;
        if (runs % 2 == 0) // no run is the middle one: half a word more in each
            more = (uint64_t)(texts * WIDTH * runs / 2);
        assert_int_equal(all_macs(context), wanted + more);
    }
}

// How long the text may be, or an extent that nothing tells.
static void what_is_not_known_is_said(void **state) {
    struct context *context = *state;
    for (unsigned fault = 0; fault < 3; fault++) {
        Onnx__NodeProto *node = search(context, "GreedySearch", 1, 2, 6, 1);
        struct onnx_builder *b = &context->b;
        if (fault == 0) // no constant
            onnx_input(b, "most2", ONNX_DIMS(1)),
                node->input[1] = onnx_text(b, "most2");
        if (fault == 1) // already there
            node->input[1] = onnx_text(b, "beams");
        const size_t nodes = b->graph.n_node, tensors = b->graph.n_initializer;
        Onnx__ValueInfoProto *odd[1] = {
            info(b, "odd", ONNX_DIMS(0, fault == 2 ? 0 : WIDTH, WIDTH))};
        onnx_floats(b, "w", ONNX_DIMS(WIDTH, WIDTH));
        onnx_node(b, "MatMul", "fc", "odd,w", "out");
        onnx_attribute(b, node, "decoder")->g = take(b, nodes, tensors, 1, odd, "out");
        onnx_floats(b, "v", ONNX_DIMS(2, 3));
        onnx_node(b, "MatMul", "last", "ids,v", "z");
        assert_int_equal(import(context), SDSE_OK);
        expect_message(context, "node 'search' (GreedySearch): its graphs multiply");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(words_follow_a_prompt),
        TEST(words_follow_an_encoder),
        TEST(what_is_not_known_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
