// Recurrent networks as layers: what multiplies is what the equations multiply, and the
// weights are the model's.
#include "import/forward/outputs.h"
#include "spec/tree.h"
#include "spec/write.h"
#include "support/import_context.h"

struct sizes {
    int64_t steps, batch, in, hidden, directions, gates;
};

static const struct {
    const char *op;
    int64_t gates;
    uint32_t operations;
} cells[] = {{"LSTM", 4, 13}, {"GRU", 3, 11}, {"RNN", 1, 2}};

// x, w, r → the node called `cell`; outputs as named.
static Onnx__NodeProto *build(struct context *context, unsigned cell,
                              const struct sizes *n, bool samples_first,
                              const char *outputs) {
    struct onnx_builder *b = &context->b;
    onnx_begin(b, context->arena);
    sdse_diags_init(&context->diags, context->arena);
    onnx_input(b, "x",
               ONNX_DIMS(samples_first ? n->batch : n->steps,
                         samples_first ? n->steps : n->batch, n->in));
    onnx_floats(b, "w", ONNX_DIMS(n->directions, n->gates * n->hidden, n->in));
    onnx_floats(b, "r", ONNX_DIMS(n->directions, n->gates * n->hidden, n->hidden));
    Onnx__NodeProto *node = onnx_node(b, cells[cell].op, "cell", "x,w,r", outputs);
    onnx_set_int(b, node, "hidden_size", n->hidden);
    if (samples_first)
        onnx_set_int(b, node, "layout", 1);
    if (n->directions == 2)
        onnx_set_text(b, node, "direction", "bidirectional");
    return node;
}

// Products of the equations, executed for nothing but their number.
static uint64_t multiplications(const struct sizes *n) {
    uint64_t count = 0;
    for (int64_t d = 0; d < n->directions; d++)
        for (int64_t t = 0; t < n->steps; t++)
            for (int64_t b = 0; b < n->batch; b++)
                for (int64_t g = 0; g < n->gates * n->hidden; g++) {
                    for (int64_t i = 0; i < n->in; i++)
                        count++; // w[d][g][i] · x[t][b][i]
                    for (int64_t h = 0; h < n->hidden; h++)
                        count++; // r[d][g][h] · state[b][h]
                }
    return count;
}

static void expect_part(struct context *context, size_t layer, size_t first,
                        size_t count, const uint64_t *shape) {
    struct sdse_array array;
    assert_int_equal(
        sdse_imported_weights(context->imported, layer, &array, &context->diags),
        SDSE_OK);
    assert_int_equal(array.count, count);
    assert_int_equal(array.rank, 2);
    assert_memory_equal(array.shape, shape, 2 * sizeof *shape);
    for (size_t i = 0; i < count; i++)
        assert_true(array.data[i] == onnx_pattern(first + i));
    sdse_array_free(&array);
}

static void cells_are_products_and_gates(void **state) {
    struct context *context = *state;
    for (unsigned round = 0; round < 3 * 2 * 2 * 3; round++) {
        const unsigned cell = round % 3;
        const bool samples_first = round / 3 % 2;
        const int64_t directions = 1 + round / 6 % 2, batch = 1 + round / 12 % 3;
        const struct sizes n = {5, batch, 7, 3, directions, cells[cell].gates};
        // The first output may be left out.
        build(context, cell, &n, samples_first, round % 2 ? "y" : ",last");
        assert_int_equal(import(context), SDSE_OK);
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        assert_int_equal(net->not_modelled_count, 0);
        assert_int_equal(net->layer_count, 2 + directions);
        const struct sdse_layer *layer = net->layers;
        uint64_t macs = 0, weights = 0;
        for (size_t i = 0; i < net->layer_count; i++) {
            macs += sdse_layer_macs(&layer[i]) * layer[i].repeat;
            if (!sdse_layer_moves(&layer[i]))
                weights +=
                    sdse_layer_copies(&layer[i]) *
                    sdse_tile_words(&layer[i].nest, SDSE_WEIGHTS, layer[i].nest.bound);
        }
        assert_int_equal(macs, multiplications(&n));
        const uint64_t filters = (uint64_t)(n.gates * n.hidden);
        assert_int_equal(weights, (uint64_t)directions * filters * (7 + 3));
        assert_string_equal(layer[0].name, "cell.in");
        assert_int_equal(layer[0].repeat, 1);
        // No step's state is another's: rows are the samples alone.
        for (int64_t d = 0; d < directions; d++) {
            const struct sdse_layer *own = &layer[1 + d];
            assert_string_equal(own->name, directions == 1 ? "cell.state"
                                           : d             ? "cell.state.reverse"
                                                           : "cell.state.forward");
            assert_int_equal(own->kind, SDSE_FC);
            assert_int_equal(own->repeat, n.steps);
            assert_int_equal(own->steps, n.steps);
            assert_int_equal(own->nest.bound[SDSE_N] * own->nest.bound[SDSE_P], batch);
            assert_string_equal(
                own->weights_file,
                sdse_arena_printf(context->arena, "weights/%s.npy", own->name));
            expect_part(context, 1 + (size_t)d, (size_t)d * filters * 3, filters * 3,
                        SHAPE(filters, 3));
        }
        expect_part(context, 0, 0, (size_t)directions * filters * 7,
                    SHAPE((uint64_t)directions * filters, 7));
        const struct sdse_layer *gates = &layer[1 + directions];
        assert_string_equal(gates->name, "cell.gates");
        assert_int_equal(gates->kind, SDSE_ACT);
        assert_true(gates->move.fused);
        assert_int_equal(gates->move.operations, cells[cell].operations);
        assert_int_equal(gates->nest.bound[SDSE_G], directions * n.hidden);
        assert_int_equal(gates->nest.bound[SDSE_N] * gates->nest.bound[SDSE_P],
                         n.steps * batch);
    }
}

// What is written is read back as it was.
static void steps_are_written_and_read(void **state) {
    struct context *context = *state;
    const struct sizes n = {5, 2, 7, 3, 2, 4};
    build(context, 0, &n, false, "y");
    const struct sdse_layer *layers = expect_layers(context, 4);
    char *text =
        sdse_workload_text(context->arena, sdse_imported_workload(context->imported));
    struct sdse_node *root = NULL;
    struct sdse_workload *read = NULL;
    assert_int_equal(sdse_tree_parse_memory(context->arena, "net.yaml", text,
                                            strlen(text), &context->diags, &root),
                     SDSE_OK);
    assert_int_equal(
        sdse_workload_from_tree(context->arena, root, &context->diags, &read), SDSE_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(read->layers[i].repeat, layers[i].repeat);
        assert_int_equal(sdse_layer_copies(&read->layers[i]),
                         sdse_layer_copies(&layers[i]));
    }
}

// Weights that are no constants are said and make no layer.
static void other_weights_stay_a_node(void **state) {
    struct context *context = *state;
    for (unsigned fault = 0; fault < 2; fault++) {
        const struct sizes n = {5, 2, 7, 3, 1, 4};
        Onnx__NodeProto *node = build(context, 0, &n, false, "y");
        onnx_input(&context->b, "given", ONNX_DIMS(1, 12, fault == 0 ? 7 : 3));
        node->input[1 + fault] = onnx_text(&context->b, "given");
        onnx_floats(&context->b, "last", ONNX_DIMS(7, 2));
        onnx_node(&context->b, "MatMul", "fc", "x,last", "z");
        assert_int_equal(import(context), SDSE_OK);
        const struct sdse_workload *net = sdse_imported_workload(context->imported);
        assert_int_equal(net->layer_count, 1);
        assert_int_equal(net->not_modelled_count, 1);
        assert_string_equal(net->not_modelled[0].name, "cell");
    }
}

// Attributes, weights and input that contradict one another.
static void contradictions_are_refused(void **state) {
    struct context *context = *state;
    static const struct {
        unsigned cell;
        int64_t directions, gates, hidden_size, inputs, filters;
        const char *direction, *says;
    } faults[] = {
        {0, 1, 4, 4, 7, 12, NULL,
         "'hidden_size' is 4, and its recurrence weights have 3"},
        {1, 1, 3, -1, 7, 9, NULL, "'hidden_size' is -1"},
        {2, 2, 1, 3, 7, 3, "reverse", "of 2 directions, 'direction' says 1"},
        {0, 1, 4, 3, 7, 12, "bidirectional", "of 1 directions, 'direction' says 2"},
        {0, 1, 5, 3, 7, 15, NULL, "no 4 squares of its state: 1x15x3"},
        {1, 1, 4, 3, 7, 12, NULL, "no 3 squares of its state: 1x12x3"},
        {0, 1, 4, 3, 7, 11, NULL, "input weights 1x11x7 and recurrence weights 1x12x3"},
        {0, 1, 4, 3, 6, 12, NULL, "take 6 numbers a step, and its input has 7"},
        {0, 1, 4, 3, 8, 12, NULL, "take 8 numbers a step, and its input has 7"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct onnx_builder *b = &context->b;
        onnx_begin(b, context->arena);
        onnx_input(b, "x", ONNX_DIMS(5, 2, 7));
        onnx_floats(
            b, "w",
            ONNX_DIMS(faults[i].directions, faults[i].filters, faults[i].inputs));
        onnx_floats(b, "r", ONNX_DIMS(faults[i].directions, faults[i].gates * 3, 3));
        Onnx__NodeProto *node =
            onnx_node(b, cells[faults[i].cell].op, "cell", "x,w,r", "y");
        onnx_set_int(b, node, "hidden_size", faults[i].hidden_size);
        if (faults[i].direction)
            onnx_set_text(b, node, "direction", faults[i].direction);
        sdse_diags_init(&context->diags, context->arena);
        assert_int_equal(import(context), SDSE_INVALID);
        assert_true(sdse_diags_fired(&context->diags, "onnx-shape"));
        expect_message(context, faults[i].says);
        expect_message(context, "node 'cell'");
    }
}

// Other weights of either product reach the run.
static void other_weights_are_run(void **state) {
    struct context *context = *state;
    const struct sizes n = {3, 1, 4, 2, 2, 3};
    Onnx__NodeProto *node = build(context, 1, &n, false, "y");
    Onnx__ValueInfoProto info, *infos[1] = {&info};
    onnx__value_info_proto__init(&info);
    info.name = node->output[0];
    context->b.graph.output = infos;
    context->b.graph.n_output = 1;
    for (size_t i = 0; i < 2; i++) // small enough for gates to be open
        for (size_t j = 0; j < context->b.tensors[i]->n_float_data; j++)
            context->b.tensors[i]->float_data[j] =
                (float)((j * 7 + i) % 11) / 11 - 0.4f;
    expect_layers(context, 4);
    float x[12], changed[3][64];
    for (size_t i = 0; i < 12; i++)
        x[i] = (float)i / 8 - 0.5f;
    struct sdse_forward_input in = {
        .array = {.rank = 3, .shape = {3, 1, 4}, .count = 12, .data = x}};
    const struct sdse_forward_inputs inputs = {1, &in};
    struct sdse_forward_outputs *reference = NULL;
    assert_int_equal(sdse_forward_outputs_run(context->imported, &inputs, NULL, 1,
                                              &reference, &context->diags),
                     SDSE_OK);
    for (size_t layer = 0; layer < 4; layer++) { // 3: none is changed
        const float *values[4] = {0};
        for (size_t i = 0; i < 3; i++) {
            struct sdse_array own;
            assert_int_equal(
                sdse_imported_weights(context->imported, i, &own, &context->diags),
                SDSE_OK);
            for (size_t j = 0; j < own.count; j++)
                changed[i][j] = i == layer ? own.data[j] + 0.25f : own.data[j];
            values[i] = changed[i];
            sdse_array_free(&own);
        }
        struct sdse_forward_outputs *other = NULL;
        assert_int_equal(sdse_forward_outputs_run(context->imported, &inputs, values, 1,
                                                  &other, &context->diags),
                         SDSE_OK);
        const struct sdse_output_error error =
            sdse_forward_outputs_compare(reference, other);
        assert_true(layer == 3 ? error.relative == 0 : error.relative > 1e-3);
        sdse_forward_outputs_free(other);
    }
    sdse_forward_outputs_free(reference);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(cells_are_products_and_gates), TEST(steps_are_written_and_read),
        TEST(other_weights_stay_a_node),    TEST(contradictions_are_refused),
        TEST(other_weights_are_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
