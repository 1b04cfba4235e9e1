// Recurrent operators as layers, as those of ONNX models are
// (import/onnx/layers_recurrent.c):
//
//     NAME.in          fc of what is read, all time steps and directions at once
//     NAME.state       fc of one step's state, executed step after step; of two
//                      directions NAME.state.forward and NAME.state.reverse
//     NAME.norm        of the gates' sums, where the operator normalises them
//     NAME.gates       act, what the cell does beside the products
//     NAME.projection  fc of one step's cell, named as those of the state
//
// and SVDF as NAME.feature, an fc, and NAME.time, a convolution of what is kept.
// Source: schema.fbs; kernels/unidirectional_sequence_lstm.cc, lstm.cc, lstm_shared.h,
// bidirectional_sequence_lstm.cc, basic_rnn.cc, svdf.cc for the places of tensors.
#include <inttypes.h>

#include "base/checked.h"
#include "import/tflite/reading.h"

enum { MOST_GATES = 4, MOST_WAYS = 2 };
enum { CELL_CLIP = 1, LSTM_KERNEL = 3, BASIC = 1 };
enum { MERGED_LSTM = 3, MERGED_RNN = 2, SVDF_RANK = 0 };

// Operations on a word of the cell: those of kinds lstm and gru of a workload
// (spec/workload_recurrent.c). Gates that are coupled lack a sum and a function and
// have a difference; each word that a gate sees of the cell is a product and a sum.
enum { LSTM_OPERATIONS = 13, COUPLED_OPERATIONS = 12, SEEN = 2, RNN_OPERATIONS = 2 };

// Where the tensors of one direction are among the inputs.
struct places {
    unsigned in, state, gates;       // of the first of so many
    unsigned seen, projection, norm; // 0: the operator has none
};

static const struct places lstm_places = {1, 5, 4, 9, 16, 20},
                           forward_lstm = {1, 5, 4, 9, 16, 0},
                           backward_lstm = {18, 22, 4, 26, 33, 0},
                           rnn_places = {1, 2, 1, 0, 0, 0},
                           backward_rnn = {5, 6, 1, 0, 0, 0};

struct way {
    struct tflite_matrix in[MOST_GATES], state[MOST_GATES], projection;
    size_t matrices;               // of the input, and of the state
    uint64_t rows, cells, outputs; // of all gates; words of the cell, of the state
    bool projected, normed;
    unsigned operations;
};

struct cell {
    struct sdse_tflite_reader *r;
    const struct tflite_operator *op;
    const char *name;
    uint64_t inputs, steps, samples;
    size_t ways;
    struct way way[MOST_WAYS];
    const char *why; // it is no layer; NULL: it is
};

static const char UNFIT[] = "shapes that are not known, or contradict each other",
                  MADE[] = "weights that the model computes while it runs";

static bool fail(struct cell *c, const char *why) {
    c->why = why;
    return false;
}

static const struct tflite_tensor *at(const struct cell *c, unsigned i) {
    return sdse_tflite_input(&c->r->m, c->op, i);
}

static bool is_matrix(const struct tflite_tensor *tensor) {
    return tensor && tensor->known && tensor->rank == 2;
}

// --- What a direction reads ---

// The matrices of one gate; sizes are those of the first one's.
static bool take_gate(struct cell *c, struct way *w, const struct tflite_tensor *in,
                      const struct tflite_tensor *state) {
    if (!in || !state)
        return fail(c, "a gate lacks weights of its input or state");
    if (state->known && state->rank == 1)
        return fail(c, "weights of the state that are a diagonal");
    if (!is_matrix(in) || !is_matrix(state))
        return fail(c, UNFIT);
    if (in->moving || state->moving)
        return fail(c, MADE);
    if (!w->matrices) {
        w->cells = in->shape[0];
        w->outputs = state->shape[1];
    }
    if (in->shape[0] != w->cells || in->shape[1] != c->inputs ||
        state->shape[0] != w->cells || state->shape[1] != w->outputs)
        return fail(c, UNFIT);
    w->in[w->matrices] = (struct tflite_matrix){in, 0, c->inputs};
    w->state[w->matrices++] = (struct tflite_matrix){state, 0, w->outputs};
    return sdse_add_u64(w->rows, w->cells, &w->rows) || fail(c, UNFIT);
}

static bool take_projection(struct cell *c, struct way *w, unsigned place) {
    const struct tflite_tensor *matrix = place ? at(c, place) : NULL;
    if (!matrix)
        return w->outputs == w->cells || fail(c, UNFIT);
    if (!is_matrix(matrix) || matrix->shape[0] != w->outputs ||
        matrix->shape[1] != w->cells)
        return fail(c, UNFIT);
    if (matrix->moving)
        return fail(c, MADE);
    w->projected = true;
    w->projection = (struct tflite_matrix){matrix, 0, w->cells};
    return true;
}

static bool is_clipped(const struct cell *c) {
    const uint64_t bits = sdse_flat_u64(&c->r->m.flat, c->op->options, CELL_CLIP, 4, 0);
    return (bits & 0x7fffffff) != 0; // 0 stands for none, with either sign
}

static bool take_way(struct cell *c, const struct places *p) {
    struct way *w = &c->way[c->ways++];
    const bool coupled = p->gates == 4 && !at(c, p->in) && !at(c, p->state);
    for (unsigned g = coupled; g < p->gates; g++)
        if (!take_gate(c, w, at(c, p->in + g), at(c, p->state + g)))
            return false;
    if (!take_projection(c, w, p->projection))
        return false;
    if (p->gates == 1) {
        w->operations = RNN_OPERATIONS;
        return true;
    }
    w->operations = coupled ? COUPLED_OPERATIONS : LSTM_OPERATIONS;
    for (unsigned g = 0; g < 3; g++)
        w->operations += at(c, p->seen + g) ? SEEN : 0;
    w->operations += is_clipped(c);
    for (unsigned g = 0; p->norm && g < p->gates; g++)
        w->normed |= at(c, p->norm + g) != NULL;
    return true;
}

// One matrix of all four gates, whose columns are of the input, then of the state.
static bool take_basic(struct cell *c) {
    enum { WEIGHTS = 2, GATES = 4 };
    struct way *w = &c->way[c->ways++];
    const struct tflite_tensor *matrix = at(c, WEIGHTS);
    if (!is_matrix(matrix) || matrix->shape[0] % GATES != 0)
        return fail(c, UNFIT);
    if (matrix->moving)
        return fail(c, MADE);
    w->rows = matrix->shape[0];
    w->cells = w->outputs = w->rows / GATES;
    if (matrix->shape[1] <= c->inputs || matrix->shape[1] - c->inputs != w->outputs)
        return fail(c, UNFIT);
    w->in[0] = (struct tflite_matrix){matrix, 0, c->inputs};
    w->state[0] = (struct tflite_matrix){matrix, c->inputs, w->outputs};
    w->matrices = 1;
    w->operations = LSTM_OPERATIONS + is_clipped(c);
    return true;
}

// Those of an input behind the others, which each direction reads as well.
static bool has_more_inputs(const struct cell *c, unsigned first, unsigned count) {
    bool found = false;
    for (unsigned i = first; i < first + count; i++)
        found |= at(c, i) != NULL;
    return found;
}

static bool take_both(struct cell *c, bool lstm) {
    if (has_more_inputs(c, lstm ? 39 : 9, lstm ? 9 : 3))
        return fail(c, "it has an auxiliary input");
    if (!take_way(c, lstm ? &forward_lstm : &rnn_places) ||
        !take_way(c, lstm ? &backward_lstm : &backward_rnn))
        return false;
    return c->way[0].operations == c->way[1].operations ||
           fail(c, "its directions are cells of several forms");
}

static bool take_ways(struct cell *c) {
    struct sdse_flat *flat = &c->r->m.flat;
    switch (c->op->code) {
    case TFLITE_LSTM:
        if (sdse_flat_u64(flat, c->op->options, LSTM_KERNEL, 1, 0) == BASIC)
            return take_basic(c);
        return take_way(c, &lstm_places);
    case TFLITE_UNIDIRECTIONAL_SEQUENCE_LSTM:
        return take_way(c, &lstm_places);
    case TFLITE_RNN:
    case TFLITE_UNIDIRECTIONAL_SEQUENCE_RNN:
        return take_way(c, &rnn_places);
    default:
        return take_both(c, c->op->code == TFLITE_BIDIRECTIONAL_SEQUENCE_LSTM);
    }
}

// --- Sizes ---

// A sequence [samples][steps][inputs] or steps first; or one step [samples][inputs].
static bool take_input(struct cell *c) {
    const struct tflite_tensor *x = at(c, 0);
    if (!x || !x->known || (x->rank != 2 && x->rank != 3))
        return fail(c, UNFIT);
    const bool steps_first = sdse_tflite_has_steps_first(&c->r->m, c->op);
    c->inputs = x->shape[x->rank - 1];
    c->steps = x->rank == 3 ? x->shape[!steps_first] : 1;
    c->samples = x->shape[x->rank == 3 && steps_first];
    return c->samples % c->r->m.batch == 0 ||
           fail(c, "its samples are not those of the model's first input");
}

// Whether the first output is as large as the directions make it.
static bool fits_output(struct cell *c) {
    const struct tflite_tensor *y = sdse_tflite_output(&c->r->m, c->op, 0);
    const bool lstm = c->op->code == TFLITE_BIDIRECTIONAL_SEQUENCE_LSTM;
    const bool merged =
        c->ways == 2 && sdse_flat_u64(&c->r->m.flat, c->op->options,
                                      lstm ? MERGED_LSTM : MERGED_RNN, 1, 0);
    uint64_t words, needed = c->way[0].outputs, rows;
    const bool good = y && y->known && sdse_shape_count(y->shape, y->rank, &words) &&
                      (!merged || sdse_add_u64(needed, c->way[1].outputs, &needed)) &&
                      sdse_mul_u64(c->steps, c->samples, &rows) &&
                      sdse_mul_u64(needed, rows, &needed) && words == needed;
    return good || fail(c, UNFIT);
}

// --- Layers ---

// A layer's line, up to its kind; NULL when memory is out.
static const char *begin(struct cell *c, const char *part, size_t way) {
    static const char *const names[] = {".forward", ".reverse"};
    const char *name =
        sdse_arena_printf(c->r->m.arena, "%s%s%s", c->name, part,
                          way < c->ways && c->ways == 2 ? names[way] : "");
    if (name)
        sdse_tflite_begin_layer(c->r, name);
    else
        c->r->status = SDSE_NO_MEMORY;
    return name;
}

// One step's product of a direction.
static bool add_step(struct cell *c, const char *part, size_t way, uint64_t in,
                     uint64_t out, const struct tflite_matrix *matrix, size_t count) {
    const char *name = begin(c, part, way);
    if (!name)
        return false;
    sdse_tflite_end_product(c->r, in, out, c->samples / c->r->m.batch, c->steps);
    return sdse_tflite_add_stack(c->r, name, matrix, count);
}

static bool add_words(struct cell *c, const char *part, const char *kind,
                      uint64_t channels, unsigned operations) {
    FILE *file = c->r->layers.out;
    if (!begin(c, part, MOST_WAYS))
        return false;
    fprintf(file, ", kind: %s, in: [%" PRIu64 ", %" PRIu64 ", 1]", kind, channels,
            c->steps * (c->samples / c->r->m.batch));
    if (operations)
        fprintf(file, ", ops_per_word: %u", operations);
    fputs("}\n", file);
    return true;
}

static bool add_all(struct cell *c) {
    struct tflite_matrix in[MOST_WAYS * MOST_GATES];
    uint64_t rows = 0, cells = 0;
    size_t matrices = 0;
    for (size_t i = 0; i < c->ways; i++) {
        rows += c->way[i].rows;
        cells += c->way[i].cells;
        for (size_t k = 0; k < c->way[i].matrices; k++)
            in[matrices++] = c->way[i].in[k];
    }
    const char *name = begin(c, ".in", MOST_WAYS);
    if (!name)
        return false;
    sdse_tflite_end_product(c->r, c->inputs, rows,
                            c->steps * (c->samples / c->r->m.batch), 1);
    if (!sdse_tflite_add_stack(c->r, name, in, matrices))
        return false;
    for (size_t i = 0; i < c->ways; i++)
        if (!add_step(c, ".state", i, c->way[i].outputs, c->way[i].rows,
                      c->way[i].state, c->way[i].matrices))
            return false;
    if (c->way[0].normed && !add_words(c, ".norm", "norm", rows, 0))
        return false;
    if (!add_words(c, ".gates", "act", cells, c->way[0].operations))
        return false;
    for (size_t i = 0; i < c->ways; i++)
        if (c->way[i].projected &&
            !add_step(c, ".projection", i, c->way[i].cells, c->way[i].outputs,
                      &c->way[i].projection, 1))
            return false;
    return true;
}

bool sdse_tflite_add_recurrent(struct sdse_tflite_reader *r,
                               const struct tflite_operator *op, const char *name,
                               const char **why) {
    struct cell c = {.r = r, .op = op, .name = name};
    const bool good = take_input(&c) && take_ways(&c) && fits_output(&c);
    *why = c.why;
    return !good || add_all(&c);
}

// --- SVDF ---

// Each filter of the input is kept for as many steps as there are taps; sums of them
// over time, and of `rank` filters that follow one another, are a unit.
static bool add_svdf(struct cell *c, uint64_t units, uint64_t rank) {
    const struct tflite_tensor *feature = at(c, 1), *taps = at(c, 2);
    const struct tflite_matrix matrix = {feature, 0, c->inputs};
    const uint64_t filters = feature->shape[0], rows = c->samples / c->r->m.batch;
    const char *name = begin(c, ".feature", MOST_WAYS);
    if (!name)
        return false;
    sdse_tflite_end_product(c->r, c->inputs, filters, rows, 1);
    if (!sdse_tflite_add_stack(c->r, name, &matrix, 1) ||
        !(name = begin(c, ".time", MOST_WAYS)))
        return false;
    FILE *file = c->r->layers.out;
    fprintf(file, ", kind: %s, in: [%" PRIu64 ", 1, %" PRIu64 "]",
            rank == 1 ? "dwconv" : "conv", filters, taps->shape[1]);
    if (rank > 1)
        fprintf(file, ", out_channels: %" PRIu64 ", groups: %" PRIu64, units, units);
    fprintf(file, ", kernel: [1, %" PRIu64 "]", taps->shape[1]);
    if (rows > 1)
        fprintf(file, ", batch: %" PRIu64, rows);
    fputs("}\n", file);
    return sdse_tflite_add_filters(c->r, name, rank == 1 ? "dwconv" : "conv", taps,
                                   units);
}

bool sdse_tflite_add_svdf(struct sdse_tflite_reader *r,
                          const struct tflite_operator *op, const char *name,
                          const char **why) {
    struct cell c = {.r = r, .op = op, .name = name};
    const int64_t rank = sdse_flat_i64(&r->m.flat, op->options, SVDF_RANK, 4, 0);
    const struct tflite_tensor *feature = at(&c, 1), *taps = at(&c, 2);
    if (take_input(&c)) {
        if (at(&c, 0)->rank != 2 || !is_matrix(feature) || !is_matrix(taps) ||
            feature->shape[1] != c.inputs || feature->shape[0] != taps->shape[0] ||
            rank < 1 || taps->shape[0] % (uint64_t)rank != 0)
            fail(&c, UNFIT);
        else if (feature->moving || taps->moving)
            fail(&c, MADE);
        else
            c.way[0].outputs = taps->shape[0] / (uint64_t)rank;
    }
    const bool good = !c.why && fits_output(&c);
    *why = c.why;
    return !good || add_svdf(&c, c.way[0].outputs, (uint64_t)rank);
}
