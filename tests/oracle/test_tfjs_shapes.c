// Layers of TensorFlow.js's models that change the order or the extents of maps, put
// them together, normalise them or work on single numbers: imported and run, against
// what Keras defines them to compute. A layer before each leaves its map channels
// first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/web_run.h"

static struct web web;
static struct map x, y;

static void begin(unsigned rank, const size_t *shape) {
    web_begin(&web);
    fill(&x, rank, shape);
    y = x;
    as_it_is(&web, "e", "x", &x);
}

static void shapes(void **state) {
    (void)state;
    begin(4, (const size_t[]){2, 3, 4, 5});
    y.rank = 2;
    y.shape[1] = 60;
    web_layer(&web, "Flatten", "y", "e", "");
    expect(&web, &x, &y, "Flatten");

    begin(4, (const size_t[]){2, 3, 4, 5});
    y.rank = 3;
    y.shape[1] = 10;
    y.shape[2] = 6;
    web_layer(&web, "Reshape", "y", "e", ", \"target_shape\": [10, -1]");
    expect(&web, &x, &y, "Reshape");

    begin(4, (const size_t[]){2, 3, 4, 5});
    y = (struct map){.rank = 4, .shape = {2, 5, 3, 4}};
    for (size_t i = 0; i < 120; i++)
        y.data[i / 60 * 60 + i % 5 * 12 + i / 5 % 12] = x.data[i];
    web_layer(&web, "Permute", "y", "e", ", \"dims\": [3, 1, 2]");
    expect(&web, &x, &y, "Permute");

    begin(2, (const size_t[]){2, 3});
    y = (struct map){.rank = 3, .shape = {2, 4, 3}};
    for (size_t i = 0; i < 24; i++)
        y.data[i] = x.data[i / 12 * 3 + i % 3];
    web_layer(&web, "RepeatVector", "y", "e", ", \"n\": 4");
    expect(&web, &x, &y, "RepeatVector");

    begin(4,
          (const size_t[]){1, 3, 4, 2}); // two rows off the end, a column off the left
    y = (struct map){.rank = 4, .shape = {1, 1, 3, 2}};
    for (size_t i = 0; i < 6; i++)
        y.data[i] = x.data[2 + i];
    web_layer(&web, "Cropping2D", "y", "e", ", \"cropping\": [[0, 2], [1, 0]]");
    expect(&web, &x, &y, "Cropping2D");

    begin(4, (const size_t[]){1, 2, 3, 2});
    y = (struct map){.rank = 4, .shape = {1, 4, 9, 2}};
    for (size_t i = 0; i < 72; i++)
        y.data[i] = x.data[(i / 18 / 2 * 3 + i / 2 % 9 / 3) * 2 + i % 2];
    web_layer(&web, "UpSampling2D", "y", "e", ", \"size\": [2, 3]");
    expect(&web, &x, &y, "UpSampling2D");
}

static void together(void **state) {
    (void)state;
    static const char *const names[] = {"Add",     "Subtract", "Multiply",
                                        "Average", "Maximum",  "Minimum"};
    for (size_t i = 0; i < 6; i++) {
        begin(4, (const size_t[]){2, 3, 2, 4});
        const char *op = names[i];
        for (size_t k = 0; k < count_of(&x); k++) { // e is x, r is max(x, 0)
            const double a = x.data[k], b = fmax(a, 0);
            y.data[k] = op[0] == 'S'                  ? a - b
                        : strcmp(op, "Multiply") == 0 ? a * b
                        : strcmp(op, "Maximum") == 0  ? fmax(a, b)
                        : strcmp(op, "Minimum") == 0  ? fmin(a, b)
                        : strcmp(op, "Average") == 0  ? (a + b) / 2
                                                      : a + b;
        }
        web_layer(&web, "ReLU", "r", "x", ""); // in the file's order yet
        web_layer(&web, op, "y", "e r", "");
        expect(&web, &x, &y, op);
    }
    for (int axis = -1; axis < 4; axis += axis == -1 ? 2 : 1) {
        begin(4, (const size_t[]){2, 3, 2, 4});
        const unsigned at = axis < 0 ? 3 : (unsigned)axis;
        char text[32];
        y.shape[at] *= 2;
        size_t inner = 1;
        for (unsigned d = 3; d > at; d--)
            inner *= x.shape[d];
        const size_t run = inner * x.shape[at];
        for (size_t k = 0; k < count_of(&x); k++) {
            const size_t to = k / run * 2 * run + k % run;
            y.data[to] = x.data[k];
            y.data[to + run] = fmax(x.data[k], 0);
        }
        snprintf(text, sizeof text, ", \"axis\": %d", axis);
        web_layer(&web, "Activation", "r", "x", ", \"activation\": \"relu\"");
        web_layer(&web, "Concatenate", "y", "e r", text);
        expect(&web, &x, &y, "Concatenate");
    }
}

static void normal(void **state) {
    (void)state;
    for (int turn = 0; turn < 8; turn++) {
        const bool scale = turn & 1, center = turn & 2, layer = turn & 4;
        static const size_t three = 3;
        const float *gamma = NULL, *beta = NULL, *mean = NULL;
        float *variance = NULL;
        char text[128];
        begin(4, (const size_t[]){2, 2, 3, 3});
        if (scale)
            gamma = random_weights(&web, "y/gamma", 1, &three);
        if (center)
            beta = random_weights(&web, "y/beta", 1, &three);
        if (!layer) {
            mean = random_weights(&web, "y/moving_mean", 1, &three);
            variance = random_weights(&web, "y/moving_variance", 1, &three);
            for (size_t c = 0; c < 3; c++)
                variance[c] = variance[c] * variance[c] + 0.5f;
        }
        for (size_t k = 0; k < count_of(&x); k += 3) {
            double m = 0, v = 0;
            for (size_t c = 0; c < 3; c++)
                m += x.data[k + c] / 3;
            for (size_t c = 0; c < 3; c++)
                v += (x.data[k + c] - m) * (x.data[k + c] - m) / 3;
            for (size_t c = 0; c < 3; c++)
                y.data[k + c] = (x.data[k + c] - (layer ? m : (double)mean[c])) /
                                    sqrt((layer ? v : (double)variance[c]) + 0.25) *
                                    (gamma ? (double)gamma[c] : 1) +
                                (beta ? (double)beta[c] : 0);
        }
        snprintf(text, sizeof text,
                 ", \"axis\": [3], \"epsilon\": 0.25, \"scale\": %s, \"center\": %s",
                 scale ? "true" : "false", center ? "true" : "false");
        web_layer(&web, layer ? "LayerNormalization" : "BatchNormalization", "y", "e",
                  text);
        expect(&web, &x, &y, layer ? "LayerNormalization" : "BatchNormalization");
    }
}

// Groups of two of four channels, over all of a sample's places.
static void normal_groups(void **state) {
    (void)state;
    static const size_t four = 4;
    for (int said = 0; said < 2; said++) {
        begin(4, (const size_t[]){2, 2, 3, 4});
        const float *gamma = random_weights(&web, "y/gamma", 1, &four),
                    *beta = random_weights(&web, "y/beta", 1, &four);
        for (size_t i = 0; i < count_of(&x); i++)
            x.data[i] /= 8; // so that epsilon counts
        for (size_t i = 0; i < count_of(&x); i++) {
            const double *first = x.data + i / 24 * 24 + i % 4 / 2 * 2;
            double m = 0, v = 0;
            for (size_t k = 0; k < 12; k++)
                m += first[k / 2 * 4 + k % 2] / 12;
            for (size_t k = 0; k < 12; k++)
                v += pow(first[k / 2 * 4 + k % 2] - m, 2) / 12;
            y.data[i] = (x.data[i] - m) / sqrt(v + (said ? 0.25 : 1e-3)) *
                            (double)gamma[i % 4] +
                        (double)beta[i % 4];
        }
        web_layer(&web, "GroupNormalization", "y", "e",
                  said ? ", \"groups\": 2, \"epsilon\": 0.25" : ", \"groups\": 2");
        expect(&web, &x, &y, "GroupNormalization");
    }
}

static double softplus(double v) { return log1p(exp(v)); }

static void functions(void **state) {
    (void)state;
    static const char *const names[] = {"relu",    "relu6",      "sigmoid",  "tanh",
                                        "swish",   "elu",        "softplus", "linear",
                                        "softmax", "exponential"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        begin(4, (const size_t[]){1, 2, 2, 3});
        char text[64];
        for (size_t k = 0; k < count_of(&x); k++) {
            const double v = x.data[k], *row = x.data + k / 3 * 3;
            const double all = exp(row[0]) + exp(row[1]) + exp(row[2]);
            const double out[] = {fmax(v, 0),        fmin(fmax(v, 0), 6),
                                  1 / (1 + exp(-v)), tanh(v),
                                  v / (1 + exp(-v)), v > 0 ? v : exp(v) - 1,
                                  softplus(v),       v,
                                  exp(v) / all,      exp(v)};
            y.data[k] = out[i];
        }
        snprintf(text, sizeof text, ", \"activation\": \"%s\"", names[i]);
        web_layer(&web, "Activation", "y", "e", text);
        expect(&web, &x, &y, names[i]);
    }
    static const struct {
        const char *class_name, *settings;
    } rows[] = {{"ReLU", ", \"max_value\": 0.5"},
                {"Rescaling", ", \"scale\": 0.5, \"offset\": -1"},
                {"PReLU", ""},
                {"Softmax", ", \"axis\": 1"}};
    for (size_t i = 0; i < 4; i++) {
        begin(4, (const size_t[]){1, 2, 2, 3});
        const float *slope =
            i == 2 ? random_weights(&web, "y/alpha", 3, (const size_t[]){2, 2, 3})
                   : NULL;
        for (size_t k = 0; k < 12; k++) {
            const double v = x.data[k], other = x.data[(k + 6) % 12];
            y.data[k] = i == 0   ? fmin(fmax(v, 0), 0.5)
                        : i == 1 ? v * 0.5 - 1
                        : i == 2 ? (v > 0 ? v : v * (double)slope[k])
                                 : exp(v) / (exp(v) + exp(other));
        }
        web_layer(&web, rows[i].class_name, "y", "e", rows[i].settings);
        expect(&web, &x, &y, rows[i].class_name);
    }
}

// Products along the last extent, and a layer at each step.
static void products(void **state) {
    (void)state;
    for (unsigned rank = 2; rank <= 4; rank++) {
        web_begin(&web);
        fill(&x, rank, (const size_t[]){2, rank == 2 ? 3u : 2u, 3, 3});
        const float *w = random_weights(&web, "y/kernel", 2, (const size_t[]){3, 2});
        const float *b = random_weights(&web, "y/bias", 1, (const size_t[]){2});
        y = x;
        y.shape[rank - 1] = 2;
        for (size_t i = 0; i < count_of(&y); i++) {
            y.data[i] = (double)b[i % 2];
            for (size_t c = 0; c < 3; c++)
                y.data[i] += x.data[i / 2 * 3 + c] * (double)w[c * 2 + i % 2];
        }
        for (size_t i = 0; i < count_of(&y); i += 2) { // softmax: of the last extent
            const double left = y.data[i], right = y.data[i + 1];
            y.data[i] = rank == 3 ? exp(left) / (exp(left) + exp(right)) : tanh(left);
            y.data[i + 1] =
                rank == 3 ? exp(right) / (exp(left) + exp(right)) : tanh(right);
        }
        const char *dense = rank == 3 ? ", \"units\": 2, \"activation\": \"softmax\""
                                      : ", \"units\": 2, \"activation\": \"tanh\"";
        char text[256];
        snprintf(text, sizeof text,
                 ", \"layer\": {\"class_name\": \"Dense\", \"config\": {\"name\": "
                 "\"inner\"%s}}",
                 dense);
        web_layer(&web, rank == 4 ? "TimeDistributed" : "Dense", "y", "x",
                  rank == 4 ? text : dense);
        expect(&web, &x, &y, "Dense");
    }
    // Windows over the rows and columns of each step.
    web_begin(&web);
    fill(&x, 5, (const size_t[]){2, 3, 4, 4, 2});
    const float *w = random_weights(&web, "y/kernel", 4, (const size_t[]){2, 2, 2, 1});
    y = (struct map){.rank = 5, .shape = {2, 3, 3, 3, 1}};
    for (size_t i = 0; i < 54; i++)
        for (size_t t = 0; t < 8; t++) {
            const size_t row = i / 3 % 3 + t / 4, column = i % 3 + t / 2 % 2;
            y.data[i] +=
                x.data[((i / 9 * 4 + row) * 4 + column) * 2 + t % 2] * (double)w[t];
        }
    web_layer(&web, "TimeDistributed", "y", "x",
              ", \"layer\": {\"class_name\": \"Conv2D\", \"config\": {\"name\": \"c\", "
              "\"filters\": 1, \"kernel_size\": [2, 2], \"use_bias\": false}}");
    expect(&web, &x, &y, "TimeDistributed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes),    cmocka_unit_test(together),
        cmocka_unit_test(normal),    cmocka_unit_test(normal_groups),
        cmocka_unit_test(functions), cmocka_unit_test(products)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
