// Recurrent layers as ONNX defines them: RNN, GRU, LSTM. One direction after another,
// sample by sample, step by step.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import/forward/step.h"
#include "import/onnx/operators.h"
#include "import/onnx/ops.h"

enum { MOST_GATES = 4, MOST_FUNCTIONS = 6 };

struct function {
    sdse_step_function call;
    double alpha, beta;
};

// The sizes of a layer, its functions, and the numbers of one direction.
struct recurrent {
    uint64_t steps, batch, inputs, hidden, directions, gates;
    bool batch_first, input_forget, linear_before_reset;
    double clip; // 0: none
    struct function function[MOST_FUNCTIONS];
    unsigned functions; // of a direction
    const struct sdse_onnx_numbers *x, *w, *r, *b, *lengths, *h0, *c0, *p; // or NULL
};

static double affine(double x, double alpha, double beta) { return alpha * x + beta; }
static double scaled_tanh(double x, double alpha, double beta) {
    return alpha * tanh(beta * x);
}

// ---- functions --------------------------------------------------------------

static bool takes_alpha(const char *name) {
    static const char *const taking[] = {"Affine",     "LeakyRelu",   "ThresholdedRelu",
                                         "ScaledTanh", "HardSigmoid", "Elu"};
    return SDSE_ONNX_AMONG(name, taking);
}

static bool takes_beta(const char *name) {
    static const char *const taking[] = {"Affine", "ScaledTanh", "HardSigmoid"};
    return SDSE_ONNX_AMONG(name, taking);
}

static bool find_function(const char *name, struct function *out) {
    static const char *const known[] = {
        "Relu",        "Tanh", "Sigmoid",  "LeakyRelu", "ThresholdedRelu",
        "HardSigmoid", "Elu",  "Softsign", "Softplus"};
    *out = (struct function){.alpha = 1};
    if (strcmp(name, "Affine") == 0)
        out->call = affine;
    else if (strcmp(name, "ScaledTanh") == 0)
        *out = (struct function){scaled_tanh, 1, 1};
    else if (SDSE_ONNX_AMONG(name, known))
        out->call = sdse_step_function_of(name, &out->alpha, &out->beta);
    return out->call != NULL;
}

// Those of all directions; alphas and betas go to the functions that take some, in
// order.
static bool read_functions(struct sdse_step *step, struct recurrent *all) {
    static const char *const usual[3][3] = {
        {"Tanh"}, {"Sigmoid", "Tanh"}, {"Sigmoid", "Tanh", "Tanh"}};
    const Onnx__AttributeProto *names = sdse_onnx_attribute(step->node, "activations"),
                               *alphas =
                                   sdse_onnx_attribute(step->node, "activation_alpha"),
                               *betas =
                                   sdse_onnx_attribute(step->node, "activation_beta");
    const size_t count = (size_t)all->directions * all->functions;
    size_t alpha = 0, beta = 0;
    if (names && names->n_strings > 0 && names->n_strings != count)
        return sdse_step_fail(step, "'activations' are not those of its directions");
    for (size_t i = 0; i < count; i++) {
        char name[32] = "";
        if (names && names->n_strings > 0 && names->strings[i].len < sizeof name)
            memcpy(name, names->strings[i].data, names->strings[i].len);
        else if (!names || names->n_strings == 0)
            strcpy(name, usual[all->functions - 1][i % all->functions]);
        struct function *f = &all->function[i];
        if (!find_function(name, f))
            return sdse_step_fail(step, "one of its 'activations' is not known here");
        if (takes_alpha(name) && alphas && alpha < alphas->n_floats)
            f->alpha = (double)alphas->floats[alpha++];
        if (takes_beta(name) && betas && beta < betas->n_floats)
            f->beta = (double)betas->floats[beta++];
    }
    return true;
}

static double apply(const struct recurrent *l, const struct function *f, double x) {
    if (l->clip > 0)
        x = fmin(fmax(x, -l->clip), l->clip);
    return f->call(x, f->alpha, f->beta);
}

// ---- one step ---------------------------------------------------------------

// One direction: its weights, and the state of a sample.
struct cell {
    const struct recurrent *layer;
    uint64_t direction;
    const double *w, *r, *wb, *rb, *p; // wb, rb, p may be NULL
    const struct function *function;
    double *h, *c;                   // [hidden]
    double *input, *carried, *reset; // [gates][hidden], [gates][hidden], [hidden]
};

static double dot(const double *a, const double *b, uint64_t count) {
    double sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static void rnn(struct cell *cell) {
    const struct recurrent *l = cell->layer;
    for (uint64_t k = 0; k < l->hidden; k++)
        cell->h[k] = apply(l, &cell->function[0], cell->input[k] + cell->carried[k]);
}

// Gates z, r, h.
static void gru(struct cell *cell) {
    const struct recurrent *l = cell->layer;
    const uint64_t n = l->hidden;
    for (uint64_t k = 0; k < n; k++) {
        const double r =
            apply(l, &cell->function[0], cell->input[n + k] + cell->carried[n + k]);
        cell->reset[k] = l->linear_before_reset ? r : r * cell->h[k];
    }
    for (uint64_t k = 0; k < n; k++) {
        double carried;
        if (l->linear_before_reset)
            carried = cell->reset[k] * cell->carried[2 * n + k];
        else
            carried = dot(cell->r + (2 * n + k) * n, cell->reset, n) +
                      (cell->rb ? cell->rb[2 * n + k] : 0);
        cell->input[2 * n + k] =
            apply(l, &cell->function[1], cell->input[2 * n + k] + carried);
    }
    for (uint64_t k = 0; k < n; k++) {
        const double z =
            apply(l, &cell->function[0], cell->input[k] + cell->carried[k]);
        cell->h[k] = (1 - z) * cell->input[2 * n + k] + z * cell->h[k];
    }
}

// Gates i, o, f, c; peepholes i, o, f.
static void lstm(struct cell *cell) {
    const struct recurrent *l = cell->layer;
    const uint64_t n = l->hidden;
    for (uint64_t k = 0; k < n; k++) {
        double gate[4], c = cell->c[k];
        for (unsigned g = 0; g < 4; g++)
            gate[g] = cell->input[g * n + k] + cell->carried[g * n + k];
        const double *p = cell->p;
        const double in = apply(l, &cell->function[0], gate[0] + (p ? p[k] * c : 0));
        const double forget =
            l->input_forget
                ? 1 - in
                : apply(l, &cell->function[0], gate[2] + (p ? p[2 * n + k] * c : 0));
        c = forget * c + in * apply(l, &cell->function[1], gate[3]);
        const double out =
            apply(l, &cell->function[0], gate[1] + (p ? p[n + k] * c : 0));
        cell->c[k] = c;
        cell->h[k] = out * apply(l, &cell->function[2], c);
    }
}

static void take_step(struct cell *cell, const double *x) {
    const struct recurrent *l = cell->layer;
    for (uint64_t k = 0; k < l->gates * l->hidden; k++) {
        cell->input[k] =
            dot(cell->w + k * l->inputs, x, l->inputs) + (cell->wb ? cell->wb[k] : 0);
        cell->carried[k] = dot(cell->r + k * l->hidden, cell->h, l->hidden) +
                           (cell->rb ? cell->rb[k] : 0);
    }
    if (l->gates == 1)
        rnn(cell);
    else if (l->gates == 3)
        gru(cell);
    else
        lstm(cell);
}

// ---- all of them ------------------------------------------------------------

// Where a sample's state is in initial and last states.
static uint64_t state_at(const struct recurrent *l, uint64_t direction, uint64_t n) {
    return (l->batch_first ? n * l->directions + direction : direction * l->batch + n) *
           l->hidden;
}

// Steps of the sequence from which a direction starts backwards, or that it takes.
static uint64_t length_of(const struct recurrent *l, uint64_t n) {
    const double length = l->lengths ? l->lengths->data[n] : (double)l->steps;
    return length < 0 ? 0 : length < (double)l->steps ? (uint64_t)length : l->steps;
}

static void put(const struct sdse_onnx_numbers *out, uint64_t at, const double *values,
                uint64_t count) {
    if (out->data)
        memcpy(out->data + at, values, (size_t)count * sizeof *values);
}

static void run_sample(struct sdse_step *step, struct cell *cell, bool backwards,
                       uint64_t n) {
    const struct recurrent *l = cell->layer;
    const uint64_t state = state_at(l, cell->direction, n), length = length_of(l, n);
    for (uint64_t k = 0; k < l->hidden; k++) {
        cell->h[k] = l->h0 ? l->h0->data[state + k] : 0;
        cell->c[k] = l->c0 ? l->c0->data[state + k] : 0;
    }
    for (uint64_t i = 0; i < length; i++) {
        const uint64_t t = backwards ? length - 1 - i : i;
        const uint64_t row = l->batch_first ? n * l->steps + t : t * l->batch + n;
        take_step(cell, l->x->data + row * l->inputs);
        const uint64_t at = l->batch_first
                                ? row * l->directions + cell->direction
                                : (t * l->directions + cell->direction) * l->batch + n;
        put(&step->out[0], at * l->hidden, cell->h, l->hidden);
    }
    if (step->outputs > 1)
        put(&step->out[1], state, cell->h, l->hidden);
    if (step->outputs > 2)
        put(&step->out[2], state, cell->c, l->hidden);
}

static bool run_directions(struct sdse_step *step, const struct recurrent *l,
                           bool reverse) {
    const uint64_t n = l->hidden, words = (2 * l->gates + 3) * n;
    double *room = calloc((size_t)words + 1, sizeof *room);
    if (!room)
        return sdse_step_no_memory(step);
    for (uint64_t d = 0; d < l->directions; d++) {
        const uint64_t rows = l->gates * n;
        struct cell cell = {.layer = l,
                            .direction = d,
                            .w = l->w->data + d * rows * l->inputs,
                            .r = l->r->data + d * rows * n,
                            .wb = l->b ? l->b->data + d * 2 * rows : NULL,
                            .rb = l->b ? l->b->data + d * 2 * rows + rows : NULL,
                            .p = l->p ? l->p->data + d * 3 * n : NULL,
                            .function = l->function + d * l->functions,
                            .h = room,
                            .c = room + n,
                            .reset = room + 2 * n,
                            .input = room + 3 * n,
                            .carried = room + 3 * n + rows};
        for (uint64_t sample = 0; sample < l->batch; sample++)
            run_sample(step, &cell, reverse || d == 1, sample);
    }
    free(room);
    return true;
}

static const struct sdse_onnx_numbers *operand(const struct sdse_step *step,
                                               uint32_t i) {
    return sdse_step_has(step, i) ? &step->in[i] : NULL;
}

static bool fits(const struct sdse_onnx_numbers *numbers, uint64_t count) {
    return !numbers || numbers->count == count;
}

static bool run_recurrent(struct sdse_step *step) {
    const char kind = step->node->op[0];
    struct recurrent l = {
        .gates = kind == 'L'   ? 4
                 : kind == 'G' ? 3
                               : 1,
        .functions = kind == 'L'   ? 3
                     : kind == 'G' ? 2
                                   : 1,
        .batch_first = sdse_onnx_int(step->node, "layout", 0) != 0,
        .input_forget = sdse_onnx_int(step->node, "input_forget", 0) != 0,
        .linear_before_reset = sdse_onnx_int(step->node, "linear_before_reset", 0) != 0,
        .clip = sdse_step_real(step, "clip", 0),
        .x = operand(step, 0),
        .w = operand(step, 1),
        .r = operand(step, 2),
        .b = operand(step, 3),
        .lengths = operand(step, 4),
        .h0 = operand(step, 5),
        .c0 = kind == 'L' ? operand(step, 6) : NULL,
        .p = kind == 'L' ? operand(step, 7) : NULL};
    if (!l.x || !l.w || !l.r || l.x->shape.rank != 3 || l.w->shape.rank != 3 ||
        l.r->shape.rank != 3)
        return sdse_step_fail(step, "its input or weights are missing");
    l.steps = l.x->shape.dim[l.batch_first];
    l.batch = l.x->shape.dim[!l.batch_first];
    l.inputs = l.x->shape.dim[2];
    l.directions = l.r->shape.dim[0];
    l.hidden = l.r->shape.dim[2];
    const bool both = sdse_onnx_text_is(step->node, "direction", "bidirectional"),
               reverse = sdse_onnx_text_is(step->node, "direction", "reverse");
    const uint64_t rows = l.gates * l.hidden, all = l.directions * l.hidden;
    if (l.directions != (both ? 2u : 1u))
        return sdse_step_fail(step, "its weights are not those of its directions");
    if (l.w->count != l.directions * rows * l.inputs ||
        l.r->count != l.directions * rows * l.hidden ||
        !fits(l.b, l.directions * 2 * rows) || !fits(l.lengths, l.batch) ||
        !fits(l.h0, all * l.batch) || !fits(l.c0, all * l.batch) || !fits(l.p, 3 * all))
        return sdse_step_fail(step, "its inputs do not fit its weights");
    return read_functions(step, &l) && run_directions(step, &l, reverse);
}

bool sdse_step_is_recurrent(const char *op) {
    return strcmp(op, "RNN") == 0 || strcmp(op, "GRU") == 0 || strcmp(op, "LSTM") == 0;
}

sdse_step_rule sdse_step_rule_recurrent(const char *op) {
    return sdse_step_is_recurrent(op) ? run_recurrent : NULL;
}
