// Recurrent layers of TensorFlow.js's models, imported and run, against what Keras
// defines their cells to compute.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/web_run.h"

static struct web web;
static struct map x, y, z;

static double sigmoid(double value) { return 1 / (1 + exp(-value)); }

struct cell {
    const char *class_name;
    size_t gates, inputs, units;
    bool after;                         // reset_after
    const float *kernel, *state, *bias; // bias of `after`: of inputs, then of the state
};

// One step; h and c are replaced. Source: Keras, LSTMCell, GRUCell, SimpleRNNCell.
static void step(const struct cell *s, const double *in, double *h, double *c) {
    double a[16], r[16];
    const size_t rows = s->gates * s->units;
    for (size_t j = 0; j < rows; j++) {
        a[j] = (double)s->bias[j];
        r[j] = s->after ? (double)s->bias[rows + j] : 0;
        for (size_t i = 0; i < s->inputs; i++)
            a[j] += in[i] * (double)s->kernel[i * rows + j];
        for (size_t i = 0; i < s->units; i++)
            r[j] += h[i] * (double)s->state[i * rows + j];
    }
    double next[4];
    for (size_t u = 0; u < s->units; u++) {
        const size_t n = s->units;
        if (s->gates == 4) { // i f c o
            c[u] = sigmoid(a[n + u] + r[n + u]) * c[u] +
                   sigmoid(a[u] + r[u]) * tanh(a[2 * n + u] + r[2 * n + u]);
            next[u] = sigmoid(a[3 * n + u] + r[3 * n + u]) * tanh(c[u]);
        } else if (s->gates == 3) { // z r h
            const double z_ = sigmoid(a[u] + r[u]);
            double inner = sigmoid(a[n + u] + r[n + u]) * r[2 * n + u];
            if (!s->after) {
                inner = 0;
                for (size_t i = 0; i < n; i++)
                    inner += sigmoid(a[n + i] + r[n + i]) * h[i] *
                             (double)s->state[i * rows + 2 * n + u];
            }
            next[u] = z_ * h[u] + (1 - z_) * tanh(a[2 * n + u] + inner);
        } else {
            next[u] = tanh(a[u] + r[u]);
        }
    }
    memcpy(h, next, s->units * sizeof *next);
}

// Outputs of a direction, [samples][steps][units] or the last [samples][units]; a
// reversed sequence is in the order of its steps (Keras) or of the input (`aligned`).
static void roll(const struct cell *s, const struct map *in, bool reverse, bool all,
                 bool aligned, struct map *out) {
    const size_t samples = in->shape[0], steps = in->shape[1];
    *out = (struct map){.rank = all ? 3 : 2,
                        .shape = {samples, all ? steps : s->units, s->units}};
    for (size_t n = 0; n < samples; n++) {
        double h[4] = {0}, c[4] = {0};
        for (size_t t = 0; t < steps; t++) {
            const size_t from = reverse ? steps - 1 - t : t;
            step(s, in->data + (n * steps + from) * s->inputs, h, c);
            const size_t to = all ? n * steps + (aligned ? from : t) : n;
            memcpy(out->data + to * s->units, h, s->units * sizeof *h);
        }
    }
}

static struct cell draw_cell(int which, size_t inputs) {
    static const char *const names[] = {"LSTM", "GRU", "SimpleRNN"};
    struct cell s = {.class_name = names[which],
                     .gates = which == 0   ? 4
                              : which == 1 ? 3
                                           : 1,
                     .inputs = inputs,
                     .units = (size_t)pick(1, 3),
                     .after = which == 1 && pick(0, 1)};
    return s;
}

static void cell_weights(struct cell *s, const char *beginning) {
    char name[64];
    const size_t rows = s->gates * s->units;
    snprintf(name, sizeof name, "%s/kernel", beginning);
    s->kernel = random_weights(&web, name, 2, (const size_t[]){s->inputs, rows});
    snprintf(name, sizeof name, "%s/recurrent_kernel", beginning);
    s->state = random_weights(&web, name, 2, (const size_t[]){s->units, rows});
    snprintf(name, sizeof name, "%s/bias", beginning);
    const size_t two[2] = {2, rows};
    s->bias = random_weights(&web, name, s->after ? 2 : 1, s->after ? two : two + 1);
}

static void recurrent(void **state) {
    (void)state;
    for (int turn = 0; turn < 24; turn++) {
        // Many numbers are not read before they are asked for.
        struct cell s = draw_cell(turn % 3, turn < 6 ? 400 : (size_t)pick(1, 3));
        const bool all = pick(0, 1), reverse = turn % 4 == 3 && !all;
        char text[200];
        web_begin(&web);
        fill(&x, 3, (const size_t[]){(size_t)pick(1, 2), 4, s.inputs});
        cell_weights(&s, turn % 2 ? "y/some_cell" : "net/y");
        roll(&s, &x, reverse, all, false, &y);
        snprintf(text, sizeof text,
                 ", \"units\": %zu, \"return_sequences\": %s%s, \"go_backwards\": %s",
                 s.units, all ? "true" : "false",
                 s.after ? "" : ", \"reset_after\": false", // true if it is not said
                 reverse ? "true" : "false");
        web_layer(&web, s.class_name, "y", "x", text);
        expect(&web, &x, &y, s.class_name);
    }
}

// Called twice, its weights are the same: twice what one call puts out.
static void called_twice(void **state) {
    (void)state;
    struct cell s = draw_cell(0, 2);
    web_begin(&web);
    fill(&x, 3, (const size_t[]){1, 3, 2});
    cell_weights(&s, "l");
    roll(&s, &x, false, false, false, &y);
    for (size_t i = 0; i < count_of(&y); i++)
        y.data[i] *= 2;
    web_print(web.layers,
              "{\"class_name\": \"LSTM\", \"name\": \"l\", \"config\": {\"name\": "
              "\"l\"}, \"inbound_nodes\": [[[\"x\", 0, 0, {}]], [[\"x\", 0, 0, {}]]]}, "
              "{\"class_name\": \"Add\", \"name\": \"y\", \"config\": {\"name\": "
              "\"y\"}, \"inbound_nodes\": [[[\"l\", 0, 0, {}], [\"l\", 1, 0, {}]]]}");
    expect(&web, &x, &y, "an LSTM called twice");
}

// A decoder that begins where an encoder ends: with both states of an LSTM.
static void handed_on(void **state) {
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct cell encoder = draw_cell(which, 2), decoder = encoder;
        const bool two = encoder.gates == 4;
        double h[4] = {0}, c[4] = {0};
        const char *after = encoder.after ? "true" : "false";
        web_begin(&web);
        fill(&x, 3, (const size_t[]){1, 3, 2});
        cell_weights(&encoder, "e");
        cell_weights(&decoder, "y");
        for (int t = 0; t < 6; t++)
            step(t < 3 ? &encoder : &decoder, x.data + t % 3 * 2, h, c);
        y = (struct map){.rank = 2, .shape = {1, encoder.units}};
        memcpy(y.data, h, encoder.units * sizeof *h);
        web_print(web.layers,
                  "{\"class_name\": \"%s\", \"name\": \"e\", \"config\": "
                  "{\"return_state\": true, \"reset_after\": %s}, \"inbound_nodes\": "
                  "[[[\"x\", 0, 0, {}]]]}, {\"class_name\": \"%s\", \"name\": \"y\", "
                  "\"config\": {\"reset_after\": %s}, \"inbound_nodes\": [[[\"x\", 0, "
                  "0, {}], [\"e\", 0, 1, {}]%s]]}",
                  encoder.class_name, after, encoder.class_name, after,
                  two ? ", [\"e\", 0, 2, {}]" : "");
        expect(&web, &x, &y, "a decoder");
    }
}

static void both_directions(void **state) {
    (void)state;
    static const char *const modes[] = {"concat", "sum", "mul", "ave"};
    for (int turn = 0; turn < 16; turn++) {
        struct cell s = draw_cell(turn % 3, 2), back;
        const char *mode = modes[turn % 4];
        const bool all = pick(0, 1);
        char text[300];
        web_begin(&web);
        fill(&x, 3, (const size_t[]){2, 3, 2});
        back = s;
        cell_weights(&s, "y/forward_inner/cell");
        cell_weights(&back, "y/backward_inner/cell");
        static struct map b;
        roll(&s, &x, false, all, true, &z);
        roll(&back, &x, true, all, true, &b);
        y = z;
        if (turn % 4 == 0)
            y.shape[y.rank - 1] *= 2;
        for (size_t i = 0; i < count_of(&z); i++) {
            const double f = z.data[i], g = b.data[i];
            const size_t row = i / s.units, u = i % s.units;
            if (turn % 4 == 0) {
                y.data[row * 2 * s.units + u] = f;
                y.data[row * 2 * s.units + s.units + u] = g;
            } else {
                y.data[i] = turn % 4 == 1 ? f + g : turn % 4 == 2 ? f * g : (f + g) / 2;
            }
        }
        snprintf(text, sizeof text,
                 ", \"merge_mode\": \"%s\", \"layer\": {\"class_name\": \"%s\", "
                 "\"config\": {\"name\": \"inner\", \"units\": %zu, "
                 "\"return_sequences\": %s, \"reset_after\": %s}}",
                 mode, s.class_name, s.units, all ? "true" : "false",
                 s.after ? "true" : "false");
        web_layer(&web, "Bidirectional", "y", "x", text);
        expect(&web, &x, &y, mode);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recurrent), cmocka_unit_test(called_twice),
        cmocka_unit_test(handed_on), cmocka_unit_test(both_directions)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
