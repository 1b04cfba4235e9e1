// Recurrent operators of TensorFlow Lite models that do not fit what is said of them,
// and why; edges of those that do.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/lite_recurrent.h"

// fc, then SVDF, then an LSTM, then fc: the first two have edges; an LSTM has its own.
static void edges(void **state) {
    (void)state;
    begin_model(2, (const int[]){1, INPUTS});
    matrix(1, F32, INPUTS, INPUTS);
    lite_tensor(&m, "first", F32, 2, (const int[]){1, INPUTS});
    const int first = (int)m.tensor_count - 1;
    lite_operator(&m, CONNECTED, 2, (const int[]){0, input[1]}, first);
    matrix(2, F32, INPUTS, 2);
    lite_tensor(&m, "kept", F32, 2, (const int[]){1, INPUTS});
    const int kept = (int)m.tensor_count - 1;
    flat_number(
        &m.b,
        lite_operator(&m, SVDF, 3, (const int[]){first, input[1], input[2]}, kept), 0,
        1, 4);
    matrix(3, F32, 4 * INPUTS, 2 * INPUTS);
    lite_tensor(&m, "cell", F32, 2, (const int[]){1, INPUTS});
    const int cell = (int)m.tensor_count - 1;
    flat_number(
        &m.b,
        lite_operator(&m, LSTM, 5, (const int[]){kept, -1, input[3], -1, -1}, cell), 3,
        1, 1);
    lite_tensor(&m, "last", F32, 2, (const int[]){1, INPUTS});
    lite_operator(&m, CONNECTED, 2, (const int[]){cell, input[1]},
                  (int)m.tensor_count - 1);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->edge_count, 2);
    static const char *const names[2][2] = {{"first", "kept.feature"},
                                            {"kept.time", "cell.in"}};
    for (size_t i = 0; i < 2; i++) {
        const struct sdse_workload_edge *edge = &o.net->edges[i];
        assert_string_equal(o.net->layers[edge->from].name, names[i][0]);
        assert_string_equal(o.net->layers[edge->to].name, names[i][1]);
    }
    end(&o);
}

// An RNN's layer of inputs puts out as many words as the RNN, and not those.
static void no_edge_of_an_rnn(void **state) {
    (void)state;
    begin_model(2, (const int[]){1, INPUTS});
    matrix(1, F32, INPUTS, INPUTS);
    matrix(2, F32, INPUTS, INPUTS);
    end_model(RNN, 5, 2, (const int[]){1, INPUTS});
    const int out = (int)m.tensor_count - 1;
    lite_tensor(&m, "last", F32, 2, (const int[]){1, INPUTS});
    lite_operator(&m, CONNECTED, 2, (const int[]){out, input[1]}, out + 1);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->edge_count, 0);
    end(&o);
}

// A layer is called as what an RNN of another layer's name would be.
static void a_name_is_no_rnn(void **state) {
    (void)state;
    enum { RELU = 19 };
    begin_model(2, (const int[]){1, INPUTS});
    matrix(1, F32, INPUTS, INPUTS);
    lite_tensor(&m, "a", F32, 2, (const int[]){1, -1}); // no layer: it is skipped
    lite_operator(&m, RELU, 1, (const int[]){0}, (int)m.tensor_count - 1);
    lite_tensor(&m, "a.in", F32, 2, (const int[]){1, INPUTS});
    const int out = (int)m.tensor_count - 1;
    lite_operator(&m, CONNECTED, 2, (const int[]){0, input[1]}, out);
    lite_tensor(&m, "last", F32, 2, (const int[]){1, INPUTS});
    lite_operator(&m, CONNECTED, 2, (const int[]){out, input[1]}, out + 1);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->edge_count, 1);
    end(&o);
}

// --- What is left out ---

static void left_out(const char *operator_name, const char *why, uint64_t weights) {
    matrix(40, F32, 2, 2); // a product beside it, so that there is one
    lite_tensor(&m, "z", F32, 2, (const int[]){2, 2});
    lite_tensor(&m, "beside", F32, 2, (const int[]){2, 2});
    const int out = (int)m.tensor_count - 1;
    lite_operator(&m, CONNECTED, 2, (const int[]){out - 1, input[40]}, out);
    struct opened o = parse(&m);
    if (o.status != SDSE_OK)
        sdse_diags_print(&o.diags, stderr, false);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->layer_count, 1);
    assert_int_equal(o.net->not_modelled_count, 1);
    assert_string_equal(o.net->not_modelled[0].op, operator_name);
    assert_string_equal(o.net->not_modelled[0].reason, why);
    assert_int_equal(o.net->not_modelled[0].weights, weights);
    end(&o);
}

static const struct form plain = {.code = LSTM, .type = F32},
                         coupled = {.code = LSTM, .type = F32, .coupled = true};

#define UNFIT "shapes that are not known, or contradict each other"

static void refusals(void **state) {
    (void)state;
    enum { ALL = 4 * CELLS * (INPUTS + CELLS) };
    static const int right[] = {1, CELLS}, wrong[] = {1, CELLS + 1};
    write_one();
    end_model(LSTM, 24, 2, wrong);
    left_out("LSTM", UNFIT, ALL);
    write_one();
    input[7] = -1;
    end_model(LSTM, 24, 2, right);
    left_out("LSTM", "a gate lacks weights of its input or state", ALL - CELLS * CELLS);
    write_one();
    input[1] = -1; // of the input gate only one of two is there
    end_model(LSTM, 24, 2, right);
    left_out("LSTM", "a gate lacks weights of its input or state",
             ALL - CELLS * INPUTS);
    write_one();
    lite_tensor(&m, "w", F32, 2, (const int[]){CELLS, CELLS});
    input[6] = (int)m.tensor_count - 1;
    end_model(LSTM, 24, 2, right);
    left_out("LSTM", "weights that the model computes while it runs",
             ALL - CELLS * CELLS);
    write_one();
    matrix(16, F32, CELLS, CELLS + 1);
    end_model(LSTM, 24, 2, right);
    left_out("LSTM", UNFIT, ALL + CELLS * (CELLS + 1));
    write_one();
    lite_data(&m, lite_tensor(&m, "d", F32, 1, (const int[]){CELLS}), 4 * CELLS);
    input[5] = (int)m.tensor_count - 1;
    end_model(SEQUENCE_LSTM, 24, 2, right);
    left_out("UNIDIRECTIONAL_SEQUENCE_LSTM", "weights of the state that are a diagonal",
             ALL - CELLS * CELLS + CELLS);
    begin_model(3, (const int[]){STEPS, 1, INPUTS});
    write_way(&plain, 1, 5, 9, 16);
    write_way(&plain, 18, 22, 26, 33);
    input[39] = 0;
    end_model(BOTH_LSTM, 48, 3, (const int[]){STEPS, 1, CELLS});
    left_out("BIDIRECTIONAL_SEQUENCE_LSTM", "it has an auxiliary input", 2 * ALL);
    begin_model(3, (const int[]){STEPS, 1, INPUTS}); // steps first, if nothing is said
    write_way(&plain, 1, 5, 9, 16);
    write_way(&coupled, 18, 22, 26, 33);
    end_model(BOTH_LSTM, 48, 3, (const int[]){STEPS, 1, CELLS});
    left_out("BIDIRECTIONAL_SEQUENCE_LSTM", "its directions are cells of several forms",
             2 * ALL - ALL / 4);
    begin_model(3, (const int[]){1, STEPS, INPUTS});
    for (int i = 1; i < 8; i++)
        matrix(i, F32, CELLS, i % 4 == 1 ? INPUTS : CELLS);
    input[9] = 0;
    end_model(BOTH_RNN, 12, 3, (const int[]){1, STEPS, CELLS});
    left_out("BIDIRECTIONAL_SEQUENCE_RNN", "it has an auxiliary input",
             2 * CELLS * INPUTS + 5 * CELLS * CELLS);
    write_one();
    matrix(8, F32, CELLS, CELLS + 1); // another state
    end_model(LSTM, 24, 2, right);
    left_out("LSTM", UNFIT, ALL + CELLS);
    write_one();
    matrix(3, F32, CELLS, INPUTS + 1); // other inputs
    end_model(LSTM, 24, 2, right);
    left_out("LSTM", UNFIT, ALL + CELLS);
    begin_model(2, (const int[]){1, INPUTS});
    write_way(&(struct form){.code = LSTM, .type = F32, .projected = true}, 1, 5, 9,
              16);
    input[16] = -1; // a state of other words, and nothing that makes it
    end_model(LSTM, 24, 2, (const int[]){1, WORDS});
    left_out("LSTM", UNFIT, 4 * CELLS * (INPUTS + WORDS));
    write_basic(4 * CELLS + 1, 0);
    left_out("LSTM", UNFIT, (4 * CELLS + 1) * (INPUTS + CELLS));
    begin_model(3, (const int[]){1, 1, INPUTS});
    matrix(1, F32, 2, INPUTS);
    matrix(2, F32, 2, 2);
    flat_number(&m.b, end_model(SVDF, 5, 2, (const int[]){1, 2}), 0, 1, 4);
    left_out("SVDF", UNFIT, 2 * INPUTS + 2 * 2);
    begin_model(2, (const int[]){1, INPUTS});
    matrix(1, F32, 4, INPUTS);
    matrix(2, F32, 2, 2);
    flat_number(&m.b, end_model(SVDF, 5, 2, (const int[]){1, 2}), 0, 1, 4);
    left_out("SVDF", UNFIT, 4 * INPUTS + 2 * 2);
    begin_model(2, (const int[]){1, INPUTS});
    matrix(1, F32, 3, INPUTS);
    matrix(2, F32, 3, 2);
    flat_number(&m.b, end_model(SVDF, 5, 2, (const int[]){1, 1}), 0, 2, 4);
    left_out("SVDF", UNFIT, 3 * INPUTS + 3 * 2);
    begin_model(2, (const int[]){2, INPUTS});
    lite_tensor(&m, "x2", F32, 2, (const int[]){3, INPUTS});
    input[0] = 1;
    matrix(1, F32, CELLS, INPUTS);
    matrix(2, F32, CELLS, CELLS);
    end_model(RNN, 5, 2, (const int[]){3, CELLS});
    left_out("RNN", "its samples are not those of the model's first input",
             CELLS * (INPUTS + CELLS));
}

// What is left out is no layer: of such alone there is no network.
static void nothing_else(void **state) {
    (void)state;
    write_one();
    input[7] = -1;
    end_model(LSTM, 24, 2, (const int[]){1, CELLS});
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_INVALID);
    assert_true(sdse_diags_fired(&o.diags, "tflite-none"));
    end(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges), cmocka_unit_test(no_edge_of_an_rnn),
        cmocka_unit_test(a_name_is_no_rnn), cmocka_unit_test(refusals),
        cmocka_unit_test(nothing_else)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
