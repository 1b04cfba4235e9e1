// Recurrent operators of TensorFlow Lite models: their layers against a plain loop over
// samples, steps and gates, weights to the last number, what is refused and why.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "import/tflite/flat.h"
#include "support/lite_parse.h"
#include "support/scratch_folder.h"

enum {
    LSTM = 16,
    RNN = 24,
    SVDF = 27,
    SEQUENCE_RNN = 35,
    SEQUENCE_LSTM = 44,
    BOTH_RNN = 46,
    BOTH_LSTM = 52
};

static struct lite m;
static int input[48]; // of the operator under way

// A matrix of constants, as input `at`; its numbers follow from its place alone.
static void matrix(int at, int type, int rows, int columns) {
    const size_t t = lite_tensor(&m, "w", type, 2, (const int[]){rows, columns});
    const size_t each = type == F32 ? 4 : 1;
    const size_t data = lite_data(&m, t, (size_t)(rows * columns) * each);
    for (int i = 0; i < rows * columns; i++) {
        const float value = (float)(at * 100 + i) / 8;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (type == F32)
            flat_set(&m.b, data + 4 * (size_t)i, bits, 4);
        else
            m.b.at[data + (size_t)i] = (unsigned char)(at * 3 + i);
    }
    if (type == I8)
        lite_scales(&m, t, 1, (const float[]){(float)at / 4}, (const int[]){at}, 0);
    input[at] = (int)m.tensor_count - 1;
}

// The number that such a matrix stands for.
static float number(int at, int type, size_t i) {
    return type == F32 ? (float)(at * 100 + (int)i) / 8
                       : (float)(((int8_t)(at * 3 + (int)i)) - at) * ((float)at / 4);
}

static void begin_model(unsigned rank, const int *shape) {
    lite_begin(&m);
    lite_tensor(&m, "x", F32, rank, shape);
    for (size_t i = 0; i < 48; i++)
        input[i] = -1;
    input[0] = 0;
}

static size_t end_model(unsigned code, size_t inputs, unsigned rank, const int *shape) {
    lite_tensor(&m, "cell", F32, rank, shape);
    return lite_operator(&m, code, inputs, input, (int)m.tensor_count - 1);
}

static uint64_t macs_of(const struct sdse_layer *layer) {
    uint64_t macs = layer->repeat;
    for (int d = 0; d < SDSE_DIMS; d++)
        macs *= layer->nest.bound[d];
    return macs;
}

static const struct sdse_layer *layer_of(const struct opened *o, const char *name) {
    for (size_t i = 0; i < o->net->layer_count; i++)
        if (strcmp(o->net->layers[i].name, name) == 0)
            return &o->net->layers[i];
    return NULL;
}

// The layer's weights are those of matrices from `first` on, one below the other; of
// each, numbers `from` to before `end` of every `of`.
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

struct form {
    unsigned code;
    int type;
    bool coupled, seen, projected, normed, clipped, steps_first, merged;
    unsigned operations; // on each word of the cell
};

enum { SAMPLES = 2, STEPS = 3, INPUTS = 5, CELLS = 4, WORDS = 3 };

// One direction: matrices of the input from `in` on, of the state from `state` on.
static void write_way(const struct form *f, int in, int state, int seen,
                      int projection) {
    const int words = f->projected ? WORDS : CELLS;
    for (int g = f->coupled; g < 4; g++) {
        matrix(in + g, f->type, CELLS, INPUTS);
        matrix(state + g, f->type, CELLS, words);
    }
    for (int g = f->coupled; f->seen && g < 3; g++)
        input[seen + g] = input[in + g]; // whatever it is, it is there
    if (f->projected)
        matrix(projection, f->type, WORDS, CELLS);
}

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
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        try_lstm(&forms[i]);
}

// One matrix for all: columns of the input, then of the state.
static void basic(void **state) {
    (void)state;
    begin_model(2, (const int[]){SAMPLES, INPUTS});
    matrix(2, I8, 4 * CELLS, INPUTS + CELLS);
    input[1] = input[4] = 0;
    flat_number(&m.b, end_model(LSTM, 5, 2, (const int[]){SAMPLES, CELLS}), 3, 1, 1);
    struct opened o = parse(&m);
    assert_int_equal(o.status, SDSE_OK);
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
    for (int rank = 1; rank <= 2; rank++) {
        begin_model(2, (const int[]){SAMPLES, INPUTS});
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

// --- Edges ---

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

// An LSTM of one step and no samples but one, whose inputs are then changed.
static void write_one(void) {
    begin_model(2, (const int[]){1, INPUTS});
    write_way(&plain, 1, 5, 9, 16);
}

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

// Gates of several types have layers, and no weights.
static void of_several_types(void **state) {
    (void)state;
    write_one();
    matrix(3, I8, CELLS, INPUTS);
    end_model(LSTM, 24, 2, (const int[]){1, CELLS});
    struct opened o = parse(&m);
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
                                       cmocka_unit_test(rnn),
                                       cmocka_unit_test(svdf),
                                       cmocka_unit_test(edges),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(of_several_types),
                                       cmocka_unit_test(from_a_file)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
