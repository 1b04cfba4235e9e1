// Models of one recurrent operator for tests: matrices whose numbers follow from their
// places among the inputs.
#ifndef SDSE_TESTS_LITE_RECURRENT_H
#define SDSE_TESTS_LITE_RECURRENT_H

#include "support/lite_parse.h"

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
static inline void matrix(int at, int type, int rows, int columns) {
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
static inline float number(int at, int type, size_t i) {
    return type == F32 ? (float)(at * 100 + (int)i) / 8
                       : (float)(((int8_t)(at * 3 + (int)i)) - at) * ((float)at / 4);
}

static inline void begin_model(unsigned rank, const int *shape) {
    lite_begin(&m);
    lite_tensor(&m, "x", F32, rank, shape);
    for (size_t i = 0; i < 48; i++)
        input[i] = -1;
    input[0] = 0;
}

static inline size_t end_model(unsigned code, size_t inputs, unsigned rank,
                               const int *shape) {
    lite_tensor(&m, "cell", F32, rank, shape);
    return lite_operator(&m, code, inputs, input, (int)m.tensor_count - 1);
}

static inline uint64_t macs_of(const struct sdse_layer *layer) {
    uint64_t macs = layer->repeat;
    for (int d = 0; d < SDSE_DIMS; d++)
        macs *= layer->nest.bound[d];
    return macs;
}

static inline const struct sdse_layer *layer_of(const struct opened *o,
                                                const char *name) {
    for (size_t i = 0; i < o->net->layer_count; i++)
        if (strcmp(o->net->layers[i].name, name) == 0)
            return &o->net->layers[i];
    return NULL;
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
static inline void write_way(const struct form *f, int in, int state, int seen,
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

// One matrix for all: columns of the input, then of the state.
static inline void write_basic(int rows, uint64_t clip) {
    begin_model(2, (const int[]){SAMPLES, INPUTS});
    matrix(2, I8, rows, INPUTS + CELLS);
    input[1] = input[4] = 0;
    const size_t options = end_model(LSTM, 5, 2, (const int[]){SAMPLES, CELLS});
    flat_number(&m.b, options, 3, 1, 1);
    flat_number(&m.b, options, 1, clip, 4);
}

// An LSTM of one step and no samples but one, whose inputs are then changed.
static inline void write_one(void) {
    begin_model(2, (const int[]){1, INPUTS});
    write_way(&(struct form){.code = LSTM, .type = F32}, 1, 5, 9, 16);
}

#endif
