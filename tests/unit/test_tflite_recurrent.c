// Recurrent operators of TensorFlow Lite models: their layers against a plain loop over
// samples, steps and gates, and their weights to the last number.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/lite_recurrent.h"
#include "support/scratch_folder.h"

// The layer's weights are those of matrices, by their places, one below the other, each
// of so many numbers.
static void holds(struct opened *o, const char *name, size_t matrices, const int *place,
                  int type, const size_t *count) {
    size_t at = 0, l = 0;
    struct sdse_array array;
    while (l < o->lite.layer_count && strcmp(o->lite.layers[l].layer, name) != 0)
        l++;
    if (l == o->lite.layer_count)
        fail_msg("no weights of %s", name);
    assert_int_equal(sdse_tensor_values(&o->lite.layers[l].weights, &array, &o->diags),
                     SDSE_OK);
    for (size_t k = 0; k < matrices; k++)
        for (size_t i = 0; i < count[k]; i++, at++)
            if (array.data[at] != number(place[k], type, i))
                fail_msg("%s[%zu] is %g, not %g", name, at, (double)array.data[at],
                         (double)number(place[k], type, i));
    assert_int_equal(array.count, at);
    sdse_array_free(&array);
}

// --- LSTM ---

static void write_lstm(const struct form *f) {
    const bool both = f->code == BOTH_LSTM, one = f->code == LSTM;
    const int words = (f->projected ? WORDS : CELLS) * (f->merged ? 2 : 1);
    const int a = f->steps_first ? STEPS : SAMPLES,
              b = f->steps_first ? SAMPLES : STEPS;
    if (one)
        begin_model(2, (const int[]){SAMPLES, INPUTS});
    else
        begin_model(3, (const int[]){a, b, INPUTS});
    write_way(f, 1, 5, 9, 16);
    if (both)
        write_way(f, 18, 22, 26, 33);
    for (int g = f->coupled; f->normed && g < 4; g++)
        input[20 + g] = input[2];
    const size_t options =
        one ? end_model(f->code, 24, 2, (const int[]){SAMPLES, words})
            : end_model(f->code, both ? 48 : 24, 3, (const int[]){a, b, words});
    if (f->clipped)
        flat_number(&m.b, options, 1, 0x41200000, 4); // 10.0
    if (both)
        flat_number(&m.b, options, 3, f->merged, 1);
    if (!one)
        flat_number(&m.b, options, both ? 4 : 3, f->steps_first, 1);
}

// Multiplications of matrices, one after the other, as the definition has them.
static uint64_t run(const struct form *f, uint64_t *state, uint64_t *projection) {
    uint64_t in = 0;
    *state = *projection = 0;
    for (int way = 0; way < (f->code == BOTH_LSTM ? 2 : 1); way++)
        for (int step = 0; step < (f->code == LSTM ? 1 : STEPS); step++)
            for (int sample = 0; sample < SAMPLES; sample++)
                for (int cell = 0; cell < CELLS; cell++) {
                    for (int gate = f->coupled; gate < 4; gate++) {
                        in += INPUTS;
                        *state += f->projected ? WORDS : CELLS;
                    }
                    *projection += f->projected ? WORDS : 0;
                }
    return in;
}

static void try_lstm(const struct form *f) {
    const bool both = f->code == BOTH_LSTM;
    const size_t gates = f->coupled ? 3 : 4, skip = f->coupled;
    const size_t words = f->projected ? WORDS : CELLS;
    uint64_t state, projection;
    write_lstm(f);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->not_modelled_count, 0);
    assert_int_equal(o.net->batch, SAMPLES);
    assert_int_equal(macs_of(layer_of(&o, "cell.in")), run(f, &state, &projection));
    const int place[] = {1, 2, 3, 4, 18, 19, 20, 21};
    const int of_state[] = {5, 6, 7, 8, 22, 23, 24, 25};
    const size_t of_in = CELLS * INPUTS, each = CELLS * words, last = WORDS * CELLS;
    int in[8];
    size_t count = 0, counts[8], steps[4] = {each, each, each, each};
    for (size_t g = 0; g < 8; g++)
        if (g % 4 >= skip && (g < 4 || both)) {
            counts[count] = of_in;
            in[count++] = place[g];
        }
    holds(&o, "cell.in", count, in, f->type, counts);
    for (int way = 0; way < (both ? 2 : 1); way++) {
        static const char *const names[] = {".forward", ".reverse"};
        char name[40];
        snprintf(name, sizeof name, "cell.state%s", both ? names[way] : "");
        assert_int_equal(macs_of(layer_of(&o, name)) * (both ? 2 : 1), state);
        assert_int_equal(layer_of(&o, name)->steps, f->code == LSTM ? 1 : STEPS);
        holds(&o, name, gates, of_state + 4 * way + skip, f->type, steps);
        snprintf(name, sizeof name, "cell.projection%s", both ? names[way] : "");
        if (!f->projected)
            assert_null(layer_of(&o, name));
        else {
            assert_int_equal(macs_of(layer_of(&o, name)) * (both ? 2 : 1), projection);
            assert_int_equal(layer_of(&o, name)->steps, f->code == LSTM ? 1 : STEPS);
            holds(&o, name, 1, (const int[]){way ? 33 : 16}, f->type, &last);
        }
    }
    const uint64_t rows = f->code == LSTM ? 1 : STEPS;
    const struct sdse_layer *act = layer_of(&o, "cell.gates"),
                            *norm = layer_of(&o, "cell.norm");
    assert_true(act->kind == SDSE_ACT && act->move.fused);
    assert_int_equal(act->move.operations, f->operations);
    assert_int_equal(act->nest.bound[SDSE_G], both ? 2 * CELLS : CELLS);
    assert_int_equal(act->nest.bound[SDSE_P], rows);
    assert_int_equal(norm != NULL, f->normed);
    if (norm)
        assert_int_equal(norm->nest.bound[SDSE_G], gates * CELLS);
    end(&o);
}

static void lstm(void **state) {
    (void)state;
    static const struct form forms[] = {
        {SEQUENCE_LSTM, F32, .operations = 13},
        {SEQUENCE_LSTM, I8, .steps_first = true, .operations = 13},
        {SEQUENCE_LSTM, I8, .coupled = true, .operations = 12},
        {SEQUENCE_LSTM, I8, .seen = true, .clipped = true, .operations = 13 + 6 + 1},
        {SEQUENCE_LSTM, F32, .coupled = true, .seen = true, .operations = 12 + 4},
        {SEQUENCE_LSTM, I8, .projected = true, .normed = true, .operations = 13},
        {SEQUENCE_LSTM, F32, .coupled = true, .normed = true, .operations = 12},
        {LSTM, I8, .projected = true, .operations = 13},
        {LSTM, F32, .normed = true, .seen = true, .operations = 13 + 6},
        {BOTH_LSTM, I8, .merged = true, .operations = 13},
        {BOTH_LSTM, F32, .steps_first = true, .projected = true, .operations = 13},
        {BOTH_LSTM, I8, .coupled = true, .seen = true, .operations = 12 + 4},
        {BOTH_LSTM, F32, .seen = true, .merged = true, .operations = 13 + 6},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        try_lstm(&forms[i]);
}

// One matrix for all: columns of the input, then of the state.
static void basic(void **state) {
    (void)state;
    write_basic(4 * CELLS, 0x3f800000); // at 1.0
    struct opened o = parse(&m);
    assert_int_equal(layer_of(&o, "cell.gates")->move.operations, 14);
    end(&o);
    write_basic(4 * CELLS, 0x80000000); // -0.0: not
    o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(layer_of(&o, "cell.gates")->move.operations, 13);
    const struct sdse_layer *in = layer_of(&o, "cell.in"),
                            *own = layer_of(&o, "cell.state");
    has_nest(in, SDSE_FC, (const uint64_t[]){1, 4 * CELLS, INPUTS, 1, 1, 1, 1});
    has_nest(own, SDSE_FC, (const uint64_t[]){1, 4 * CELLS, CELLS, 1, 1, 1, 1});
    assert_int_equal(in->nest.bound[SDSE_N], SAMPLES);
    assert_int_equal(layer_of(&o, "cell.gates")->nest.bound[SDSE_G], CELLS);
    for (size_t l = 0; l < 2; l++) {
        struct sdse_array array;
        const size_t columns = l ? CELLS : INPUTS;
        assert_int_equal(
            sdse_tensor_values(&o.lite.layers[l].weights, &array, &o.diags), SDSE_OK);
        assert_int_equal(array.count, 4 * CELLS * columns);
        for (size_t i = 0; i < array.count; i++) {
            const size_t stored =
                i / columns * (INPUTS + CELLS) + i % columns + (l ? INPUTS : 0);
            assert_true(array.data[i] == number(2, I8, stored));
        }
        sdse_array_free(&array);
    }
    end(&o);
}

// A step alone, of an operator that has steps first; and more samples than the model's
// first input.
static void one_step_and_more_samples(void **state) {
    (void)state;
    begin_model(2, (const int[]){SAMPLES, INPUTS});
    matrix(1, F32, CELLS, INPUTS);
    matrix(2, F32, CELLS, CELLS);
    flat_number(&m.b, end_model(SEQUENCE_RNN, 5, 2, (const int[]){SAMPLES, CELLS}), 0,
                1, 1);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.net->batch, SAMPLES);
    has_nest(layer_of(&o, "cell.in"), SDSE_FC,
             (const uint64_t[]){1, CELLS, INPUTS, 1, 1, 1, 1});
    assert_int_equal(layer_of(&o, "cell.state")->steps, 1);
    end(&o);
    begin_model(2, (const int[]){1, INPUTS});
    lite_tensor(&m, "x2", F32, 3, (const int[]){SAMPLES, STEPS, INPUTS});
    input[0] = 1;
    matrix(1, F32, CELLS, INPUTS);
    matrix(2, F32, CELLS, CELLS);
    end_model(SEQUENCE_RNN, 5, 3, (const int[]){SAMPLES, STEPS, CELLS});
    o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    has_nest(layer_of(&o, "cell.in"), SDSE_FC,
             (const uint64_t[]){1, CELLS, INPUTS, SAMPLES * STEPS, 1, 1, 1});
    has_nest(layer_of(&o, "cell.state"), SDSE_FC,
             (const uint64_t[]){1, CELLS, CELLS, SAMPLES, 1, 1, 1});
    assert_int_equal(layer_of(&o, "cell.gates")->nest.bound[SDSE_P], SAMPLES * STEPS);
    end(&o);
}

// --- RNN ---

static void rnn(void **state) {
    (void)state;
    static const struct {
        unsigned code;
        bool steps_first, merged;
    } rows[] = {{RNN, false, false},
                {SEQUENCE_RNN, false, false},
                {SEQUENCE_RNN, true, false},
                {BOTH_RNN, false, true},
                {BOTH_RNN, true, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const bool both = rows[i].code == BOTH_RNN, one = rows[i].code == RNN;
        const int a = rows[i].steps_first ? STEPS : SAMPLES,
                  b = rows[i].steps_first ? SAMPLES : STEPS;
        const int words = rows[i].merged ? 2 * CELLS : CELLS;
        if (one)
            begin_model(2, (const int[]){SAMPLES, INPUTS});
        else
            begin_model(3, (const int[]){a, b, INPUTS});
        for (int way = 0; way < (both ? 2 : 1); way++) {
            matrix(1 + 4 * way, I8, CELLS, INPUTS);
            matrix(2 + 4 * way, I8, CELLS, CELLS);
        }
        const size_t options =
            one ? end_model(RNN, 5, 2, (const int[]){SAMPLES, words})
                : end_model(rows[i].code, 12, 3, (const int[]){a, b, words});
        if (!one)
            flat_number(&m.b, options, 0, rows[i].steps_first, 1);
        if (both)
            flat_number(&m.b, options, 2, rows[i].merged, 1);
        struct opened o = parse(&m);
        assert_int_equal(o.status, SDSE_OK);
        assert_int_equal(o.net->batch, SAMPLES);
        const uint64_t steps = one ? 1 : STEPS, ways = both ? 2 : 1;
        has_nest(layer_of(&o, "cell.in"), SDSE_FC,
                 (const uint64_t[]){1, ways * CELLS, INPUTS, steps, 1, 1, 1});
        const size_t in = CELLS * INPUTS, own = CELLS * CELLS;
        holds(&o, "cell.in", ways, (const int[]){1, 5}, I8, (const size_t[]){in, in});
        for (uint64_t way = 0; way < ways; way++) {
            const char *name = !both ? "cell.state"
                               : way ? "cell.state.reverse"
                                     : "cell.state.forward";
            has_nest(layer_of(&o, name), SDSE_FC,
                     (const uint64_t[]){1, CELLS, CELLS, 1, 1, 1, 1});
            assert_int_equal(layer_of(&o, name)->steps, steps);
            assert_int_equal(layer_of(&o, name)->repeat, steps);
            holds(&o, name, 1, (const int[]){way ? 6 : 2}, I8, &own);
        }
        const struct sdse_layer *act = layer_of(&o, "cell.gates");
        assert_int_equal(act->move.operations, 2);
        assert_int_equal(act->nest.bound[SDSE_G], ways * CELLS);
        assert_int_equal(act->nest.bound[SDSE_P], steps);
        end(&o);
    }
}

// --- SVDF ---

static void svdf(void **state) {
    (void)state;
    enum { UNITS = 3, TAPS = 7 };
    for (int rank = 1; rank <= 3; rank++) {
        begin_model(2, (const int[]){rank == 3 ? 1 : SAMPLES, INPUTS});
        if (rank == 3) { // more samples than the first input has
            lite_tensor(&m, "x2", F32, 2, (const int[]){SAMPLES, INPUTS});
            input[0] = 1;
        }
        matrix(1, I8, UNITS * rank, INPUTS);
        matrix(2, F32, UNITS * rank, TAPS);
        const size_t options = end_model(SVDF, 5, 2, (const int[]){SAMPLES, UNITS});
        flat_number(&m.b, options, 0, (uint64_t)rank, 4);
        struct opened o = parse(&m);
        assert_int_equal(o.status, SDSE_OK);
        uint64_t feature = 0, time = 0; // as the definition runs
        for (int sample = 0; sample < SAMPLES; sample++)
            for (int filter = 0; filter < UNITS * rank; filter++) {
                feature += INPUTS;
                time += TAPS;
            }
        const struct sdse_layer *taps = layer_of(&o, "cell.time");
        assert_int_equal(macs_of(layer_of(&o, "cell.feature")), feature);
        assert_int_equal(macs_of(taps), time);
        assert_string_equal(o.lite.layers[1].kind, rank == 1 ? "dwconv" : "conv");
        has_nest(taps, rank == 1 ? SDSE_DWCONV : SDSE_CONV,
                 (const uint64_t[]){UNITS, 1, (uint64_t)rank, 1, 1, 1, TAPS});
        const size_t in = (size_t)rank * UNITS * INPUTS,
                     kept = (size_t)rank * UNITS * TAPS;
        holds(&o, "cell.feature", 1, (const int[]){1}, I8, &in);
        holds(&o, "cell.time", 1, (const int[]){2}, F32, &kept);
        const struct sdse_stored_tensor *weights = &o.lite.layers[1].weights;
        assert_int_equal(weights->rank, 4);
        assert_int_equal(weights->shape[0], UNITS);
        assert_int_equal(weights->shape[1], rank);
        end(&o);
    }
}

// --- Weights ---

// Matrices apart from each other in a file, which is read when they are asked for.
static void from_a_file(void **state) {
    (void)state;
    write_lstm(&(struct form){.code = BOTH_LSTM, .type = I8, .projected = true});
    struct opened o = parse(&m);
    struct sdse_tflite lite;
    save(at("cell.tflite"), &m.b);
    assert_int_equal(sdse_tflite_open(at("cell.tflite"), o.arena, &lite, &o.diags),
                     SDSE_OK);
    assert_int_equal(lite.layer_count, 5);
    for (size_t l = 0; l < lite.layer_count; l++) {
        struct sdse_array a, b;
        assert_int_equal(sdse_tensor_values(&o.lite.layers[l].weights, &a, &o.diags),
                         SDSE_OK);
        assert_int_equal(sdse_tensor_values(&lite.layers[l].weights, &b, &o.diags),
                         SDSE_OK);
        assert_int_equal(a.count, b.count);
        assert_memory_equal(a.data, b.data, (size_t)a.count * sizeof *a.data);
        sdse_array_free(&a);
        sdse_array_free(&b);
    }
    end(&o);
}

// A scale and a zero point for each row of one gate, one for all of others, none.
static void scales(void **state) {
    (void)state;
    static const float own[] = {1, 2, 4, 8};
    static const int zeros[] = {0, 1, -2, 3};
    write_one();
    for (int g = 1; g <= 4; g++) {
        const size_t t = lite_tensor(&m, "w", I8, 2, (const int[]){CELLS, INPUTS});
        const size_t data = lite_data(&m, t, CELLS * INPUTS);
        for (size_t i = 0; i < CELLS * INPUTS; i++)
            m.b.at[data + i] = (unsigned char)(i + 3);
        input[g] = (int)m.tensor_count - 1;
        if (g < 4)
            lite_scales(&m, t, g == 2 ? CELLS : 1, own + (g == 3), zeros + (g == 3), 0);
    }
    end_model(LSTM, 24, 2, (const int[]){1, CELLS});
    struct opened o = parse(&m);
    struct sdse_array array;
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(sdse_tensor_values(&o.lite.layers[0].weights, &array, &o.diags),
                     SDSE_OK);
    for (size_t i = 0; i < array.count; i++) {
        const size_t gate = i / (CELLS * INPUTS), row = i / INPUTS % CELLS;
        const float stored = (float)(i % (CELLS * INPUTS) + 3);
        const float want = gate == 1   ? (stored - (float)zeros[row]) * own[row]
                           : gate == 2 ? (stored - 1) * 2
                                       : stored;
        assert_true(array.data[i] == want);
    }
    sdse_array_free(&array);
    end(&o);
    // Along the columns there are none.
    write_one();
    const size_t t = lite_tensor(&m, "w", I8, 2, (const int[]){CELLS, INPUTS});
    lite_data(&m, t, CELLS * INPUTS);
    static const float five[INPUTS] = {1, 1, 1, 1, 1};
    static const int none[INPUTS];
    lite_scales(&m, t, INPUTS, five, none, 1);
    input[2] = (int)m.tensor_count - 1;
    end_model(LSTM, 24, 2, (const int[]){1, CELLS});
    o = parse(&m);
    assert_int_equal(o.status, SDSE_INVALID);
    assert_true(sdse_diags_fired(&o.diags, "tflite-weights"));
    end(&o);
    // Of taps a scale each: of a unit's two filters there is none for both.
    for (int rank = 1; rank <= 2; rank++) {
        begin_model(2, (const int[]){1, INPUTS});
        matrix(1, F32, CELLS, INPUTS);
        const size_t taps = lite_tensor(&m, "w", I8, 2, (const int[]){CELLS, 2});
        const size_t data = lite_data(&m, taps, CELLS * 2);
        m.b.at[data + 5] = 7;
        lite_scales(&m, taps, CELLS, own, zeros, 0);
        input[2] = (int)m.tensor_count - 1;
        flat_number(&m.b, end_model(SVDF, 5, 2, (const int[]){1, CELLS / rank}), 0,
                    (uint64_t)rank, 4);
        o = parse(&m);
        assert_int_equal(o.status, rank == 1 ? SDSE_OK : SDSE_INVALID);
        if (rank == 1) {
            assert_int_equal(
                sdse_tensor_values(&o.lite.layers[1].weights, &array, &o.diags),
                SDSE_OK);
            assert_true(array.data[5] == (7 + 2) * 4 && array.data[7] == -3 * 8);
            sdse_array_free(&array);
        }
        end(&o);
    }
}

// Gates of several types have layers, and no weights.
static void of_several_types(void **state) {
    (void)state;
    begin_model(2, (const int[]){1, INPUTS});
    write_way(&(struct form){.code = LSTM, .type = I8}, 1, 5, 9, 16);
    const size_t halves = lite_tensor(&m, "w", I4, 2, (const int[]){CELLS, INPUTS});
    lite_data(&m, halves, CELLS * INPUTS / 2);
    input[3] = (int)m.tensor_count - 1;
    end_model(LSTM, 24, 2, (const int[]){1, CELLS});
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.lite.layer_count, 1);
    end(&o);
    write_one();
    matrix(3, I8, CELLS, INPUTS);
    end_model(LSTM, 24, 2, (const int[]){1, CELLS});
    o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
    assert_int_equal(o.lite.layer_count, 1);
    assert_string_equal(o.lite.layers[0].layer, "cell.state");
    assert_true(sdse_diags_fired(&o.diags, "tflite-unread"));
    assert_non_null(strstr(o.diags.first->message, "several types: 1, 'cell.in'"));
    end(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lstm),
                                       cmocka_unit_test(basic),
                                       cmocka_unit_test(one_step_and_more_samples),
                                       cmocka_unit_test(rnn),
                                       cmocka_unit_test(svdf),
                                       cmocka_unit_test(from_a_file),
                                       cmocka_unit_test(scales),
                                       cmocka_unit_test(of_several_types)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
