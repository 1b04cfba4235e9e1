// The table of operators in docs/import.md is what the program does with them, and none
// of them is silent.
#include "import/onnx/layers.h"
#include "support/import_context.h"

enum { LAYERS, APPROXIMATED, STATES };

// The text of docs/import.md, in the arena.
static char *read_docs(struct sdse_arena *arena) {
    FILE *file = fopen(SDSE_SOURCE_DIR "/docs/import.md", "rb");
    assert_non_null(file);
    enum { ROOM = 200000 };
    char *text = sdse_arena_alloc(arena, ROOM, 1);
    const size_t length = fread(text, 1, ROOM - 1, file);
    assert_true(length > 1000 && length < ROOM - 1);
    text[length] = '\0';
    fclose(file);
    return text;
}

// The next operator of a cell, or NULL; *at moves on.
static const char *next_operator(struct sdse_arena *arena, const char **at) {
    const char *start = *at + strspn(*at, " ,");
    const size_t length = strcspn(start, " ,|\n");
    *at = start + length;
    return length ? sdse_arena_copy(arena, start, length) : NULL;
}

static void read_row(struct sdse_arena *arena, const char *text, const char *row,
                     void (*visit)(void *context, const char *domain, const char *op),
                     void *context) {
    static const char *const domains[] = {"", "com.microsoft"};
    const char *at = strstr(text, row);
    assert_non_null(at);
    at += strlen(row);
    for (unsigned d = 0; d < 2; d++, at++)
        for (const char *op; (op = next_operator(arena, &at));)
            visit(context, domains[d], op);
}

static const char *const rows[STATES] = {"\n| layers |", "\n| approximated |"};

struct visit {
    struct context *context;
    int state;
    unsigned count;
};

static bool is_one_of(const char *op, const char *list) {
    const char *at = strstr(list, op);
    return at && (at == list || at[-1] == ' ') &&
           (at[strlen(op)] == ' ' || at[strlen(op)] == '\0');
}

// A node of the operator that reads a map, weights and the map again; of those that
// read a map alone, that.
static void import_node(struct context *context, const char *domain, const char *op) {
    struct onnx_builder *b = &context->b;
    onnx_begin(b, context->arena);
    sdse_diags_init(&context->diags, context->arena);
    onnx_input(b, "x", ONNX_DIMS(1, 8, 8));
    onnx_floats(b, "w", ONNX_DIMS(8, 8));
    const bool alone = is_one_of(op, "DFT STFT Det Inverse Rfft Irfft");
    Onnx__NodeProto *node = onnx_node(b, op, "culprit", alone ? "x" : "x,w,x", "h");
    node->domain = onnx_text(b, domain);
    if (is_one_of(op, "BeamSearch GreedySearch Sampling WhisperBeamSearch")) {
        Onnx__GraphProto *graph = SDSE_ARENA_NEW(b->arena, Onnx__GraphProto);
        onnx__graph_proto__init(graph);
        graph->n_node = 1;
        graph->node = SDSE_ARENA_ARRAY(b->arena, Onnx__NodeProto *, 1);
        graph->node[0] = onnx_node(b, "MatMul", "", "p,q", "r");
        b->graph.n_node--;
        onnx_attribute(b, node, "decoder")->g = graph;
        node->n_input = 1; // its words alone
    }
    onnx_node(b, "MatMul", "last", "x,w", "y");
    import(context);
}

static void check(void *data, const char *domain, const char *op) {
    struct visit *visit = data;
    struct context *context = visit->context;
    Onnx__NodeProto node;
    onnx__node_proto__init(&node);
    node.op_type = onnx_text(&context->b, op);
    node.domain = onnx_text(&context->b, domain);
    visit->count++;
    if (!sdse_onnx_makes_layers(&node))
        fail_msg("docs/import.md: '%s' of '%s' makes no layers", op, domain);
    import_node(context, domain, op);
    // A layer of its own, a word about it, or a contradiction.
    bool seen =
        sdse_diags_fired(&context->diags, "onnx-left-out") || context->diags.errors > 0;
    const struct sdse_workload *net =
        context->imported ? sdse_imported_workload(context->imported) : NULL;
    for (size_t i = 0; net && i < net->layer_count; i++)
        seen |= strncmp(net->layers[i].name, "culprit", 7) == 0;
    // Of these there is nothing in the node to multiply.
    if (!seen && !is_one_of(op, "If Loop Scan"))
        fail_msg("'%s' of '%s' vanished", op, domain);
}

static void the_table_is_what_the_program_does(void **state) {
    struct context *context = *state;
    const char *text = read_docs(context->arena);
    unsigned count[STATES];
    for (int s = 0; s < STATES; s++) {
        struct visit visit = {context, s, 0};
        read_row(context->arena, text, rows[s], check, &visit);
        count[s] = visit.count;
    }
    const char *sentence = sdse_arena_printf(
        context->arena,
        "Of these %u operators %u become layers and %u more do so approximately",
        count[LAYERS] + count[APPROXIMATED], count[LAYERS], count[APPROXIMATED]);
    if (!strstr(text, sentence))
        fail_msg("docs/import.md does not say: %s", sentence);
}

// Whatever it is called: an unknown operator that could multiply is said.
static void unknown_domains_are_said(void **state) {
    struct context *context = *state;
    static const char *const ops[] = {"MatMulNBits", "Attention", "LSTM",
                                      "Einsum",      "QGemm",     "Scan"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        import_node(context, "my.domain", ops[i]);
        assert_true(sdse_diags_fired(&context->diags, "onnx-left-out"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_table_is_what_the_program_does),
        TEST(unknown_domains_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
