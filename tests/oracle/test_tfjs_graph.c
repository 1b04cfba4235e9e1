// Graphs of TensorFlow.js, imported and run, against what TensorFlow defines their
// operators to compute, written out in the file's order: rows, columns, channels.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/web_run.h"

static struct web web;
static struct map x, y;

// A text as GraphDef has it in JSON: base 64.
static const char *coded(const char *text) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static char out[4][64];
    static unsigned next;
    char *to = out[next++ % 4];
    size_t used = 0;
    const size_t length = strlen(text);
    for (size_t i = 0; i < length; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < length ? (unsigned char)text[i + k] : 0);
        for (size_t k = 0; k < 4; k++)
            to[used++] = i + k > length ? '=' : digits[bits >> (18 - 6 * k) & 63];
    }
    to[used] = '\0';
    return to;
}

// A node that reads others ("a b").
static void node(const char *op, const char *name, const char *reads,
                 const char *attr) {
    char words[256], *rest = NULL;
    snprintf(words, sizeof words, "%s", reads);
    web_print(web.layers, "%s{\"name\": \"%s\", \"op\": \"%s\", \"input\": [",
              web.layers[0] ? ",\n" : "", name, op);
    const char *word = strtok_r(words, " ", &rest);
    for (bool first = true; word; word = strtok_r(NULL, " ", &rest), first = false)
        web_print(web.layers, "%s\"%s\"", first ? "" : ", ", word);
    web_print(web.layers, "], \"attr\": {%s}}", attr);
}

static const float *constant(const char *name, unsigned rank, const size_t *shape) {
    node("Const", name, "", "\"dtype\": {\"type\": \"DT_FLOAT\"}");
    return random_weights(&web, name, rank, shape);
}

// Whole numbers, a list of them or one by itself (rank 0); the file's are of 32 bits.
static void whole_numbers(const char *name, unsigned rank, size_t count,
                          const int *values) {
    float *data = web_weights(&web, name, rank, &count);
    for (size_t i = 0; i < count; i++) {
        const int32_t value = values[i];
        memcpy(&data[i], &value, sizeof value);
    }
    char *type = web.weights;
    for (char *next = type; (next = strstr(next, "float32")); next++)
        type = next;              // the one written last
    memcpy(type, "int32\"  ", 8); // shorter by two, which are blanks
    node("Const", name, "", "");
}

static void numbers(const char *name, size_t count, const int *values) {
    whole_numbers(name, 1, count, values);
}

static void begin(unsigned rank, const size_t *shape) {
    web_begin(&web);
    fill(&x, rank, shape);
    y = x;
}

static void open_graph(const struct map *in) {
    char dims[256] = "";
    static char text[WEB_MOST];
    for (unsigned i = 0; i < in->rank; i++)
        snprintf(dims + strlen(dims), sizeof dims - strlen(dims),
                 "%s{\"size\": \"%d\"}", i ? ", " : "", i ? (int)in->shape[i] : -1);
    char shape[320];
    snprintf(shape, sizeof shape, "\"shape\": {\"shape\": {\"dim\": [%s]}}", dims);
    node("Placeholder", "x", "", shape);
    text[0] = '\0';
    web_print(text, "{\"node\": [%s]}", web.layers);
    struct sdse_import_input batch = {
        .name = "batch", .rank = 1, .shape = {in->shape[0]}};
    const struct sdse_import_options options = {.input_count = 1, .inputs = &batch};
    web_open_as(&web, text, &options);
}

static void expect_graph(const char *what) {
    open_graph(&x);
    expect_numbers(&web, &x, &y, what);
}

#define EXPLICIT                                                                 \
    "\"padding\": {\"s\": \"RVhQTElDSVQ=\"}, \"explicit_paddings\": {\"list\": " \
    "{\"i\": "
#define SAME "\"padding\": {\"s\": \"U0FNRQ==\"}"
#define STRIDES(rows, columns)                                                  \
    "\"strides\": {\"list\": {\"i\": [\"1\", \"" #rows "\", \"" #columns "\", " \
    "\"1\"]}}"

// A 1 x 1 product of channels, so that there is one, which leaves its map channels
// first.
static double *mixed(struct map *to, const float *w, size_t filters) {
    static struct map out;
    const size_t channels = x.shape[x.rank - 1], rows = count_of(&x) / channels;
    out = x;
    out.shape[x.rank - 1] = filters;
    for (size_t i = 0; i < rows * filters; i++) {
        out.data[i] = 0;
        for (size_t c = 0; c < channels; c++)
            out.data[i] += x.data[i / filters * channels + c] *
                           (double)w[c * filters + i % filters];
    }
    *to = out;
    return to->data;
}

// Stride 2 of 3 x 3 windows over 5 x 4: rows -1 …, columns 0 … (SAME).
static void convolution(void **state) {
    (void)state;
    for (int fused = 0; fused < 2; fused++) {
        begin(4, (const size_t[]){2, 5, 4, 2});
        const float *w = constant("w", 4, (const size_t[]){3, 3, 2, 3}),
                    *b = constant("b", 1, (const size_t[]){3});
        y = (struct map){.rank = 4, .shape = {2, 3, 2, 3}};
        for (size_t i = 0; i < count_of(&y); i++) {
            const size_t n = i / 18, k = i % 3;
            y.data[i] = (double)b[k];
            for (size_t t = 0; t < 18; t++) {
                const size_t row = i / 6 % 3 * 2 + t / 6,
                             column = i / 3 % 2 * 2 + t / 2 % 3;
                if (row >= 1 && row <= 5 && column < 4)
                    y.data[i] += x.data[((n * 5 + row - 1) * 4 + column) * 2 + t % 2] *
                                 (double)w[t * 3 + k];
            }
            y.data[i] = fmax(y.data[i], 0);
        }
        char attr[300];
        snprintf(attr, sizeof attr,
                 "%s, %s, \"fused_ops\": {\"list\": {\"s\": [%s%s%s%s%s]}}",
                 STRIDES(2, 2), SAME, fused ? "\"" : "", fused ? coded("BiasAdd") : "",
                 fused ? "\", \"" : "", fused ? coded("Relu") : "", fused ? "\"" : "");
        node(fused ? "_FusedConv2D" : "Conv2D", fused ? "y" : "c",
             fused ? "x w b" : "x w", attr);
        if (!fused) {
            node("BiasAdd", "d", "c b", "");
            node("Relu", "y", "d ^w", "");
        }
        expect_graph("Conv2D");
    }
}

// Channels first, zeros said for each end; normalisation and a function fused behind.
static void channels_first(void **state) {
    (void)state;
    begin(4, (const size_t[]){1, 2, 4, 3});
    const float *w = constant("w", 4, (const size_t[]){2, 2, 2, 2}), *n[4];
    static const char *const names[] = {"g", "o", "m", "v"};
    for (size_t i = 0; i < 4; i++)
        n[i] = constant(names[i], 1, (const size_t[]){2});
    float *v = web.data + web.count - 2;
    v[0] = 0.5f;
    v[1] = 2;
    const float *slope = constant("s", 1, (const size_t[]){1});
    y = (struct map){.rank = 4, .shape = {1, 2, 5, 3}};
    for (size_t i = 0; i < 30; i++) { // a row before and one behind, a column behind
        const size_t k = i / 15;
        for (size_t t = 0; t < 8; t++) {
            const size_t row = i / 3 % 5 + t / 4, column = i % 3 + t / 2 % 2;
            if (row >= 1 && row <= 4 && column < 3)
                y.data[i] +=
                    x.data[(t % 2 * 4 + row - 1) * 3 + column] * (double)w[t * 2 + k];
        }
        y.data[i] = (y.data[i] - (double)n[2][k]) / sqrt((double)v[k] + 0.25) *
                        (double)n[0][k] +
                    (double)n[1][k];
        y.data[i] = y.data[i] > 0 ? y.data[i] : y.data[i] * (double)slope[0];
    }
    char attr[500];
    snprintf(attr, sizeof attr,
             "\"strides\": {\"list\": {\"i\": [\"1\", \"1\", \"1\", \"1\"]}}, "
             "\"data_format\": {\"s\": \"%s\"}, \"padding\": {\"s\": \"%s\"}, "
             "\"explicit_paddings\": {\"list\": {\"i\": [\"0\", \"0\", \"0\", \"0\", "
             "\"1\", \"1\", \"0\", \"1\"]}}, \"epsilon\": {\"f\": 0.25}, "
             "\"fused_ops\": {\"list\": {\"s\": [\"%s\", \"%s\"]}}",
             coded("NCHW"), coded("EXPLICIT"), coded("FusedBatchNorm"), coded("Prelu"));
    node("_FusedConv2D", "y", "x w g o m v s", attr);
    expect_graph("NCHW");
}

static void depthwise(void **state) {
    (void)state;
    begin(4, (const size_t[]){1, 4, 4, 2});
    const float *w = constant("w", 4, (const size_t[]){2, 2, 2, 3});
    y = (struct map){.rank = 4, .shape = {1, 3, 3, 6}};
    for (size_t i = 0; i < 54; i++)
        for (size_t t = 0; t < 4; t++)
            y.data[i] +=
                x.data[((i / 18 + t / 2) * 4 + i / 6 % 3 + t % 2) * 2 + i % 6 / 3] *
                (double)w[(t * 2 + i % 6 / 3) * 3 + i % 3];
    char attr[200];
    snprintf(attr, sizeof attr, "%s, \"padding\": {\"s\": \"%s\"}", STRIDES(1, 1),
             coded("VALID"));
    node("DepthwiseConv2dNative", "y", "x w", attr);
    expect_graph("DepthwiseConv2dNative");
}

// Behind a 1 x 1 convolution: zeros and a pool, normalisation, sums, means, shapes.
static void behind(void **state) {
    (void)state;
    static struct map c;
    char attr[300];
    for (int which = 0; which < 13; which++) {
        begin(4, (const size_t[]){2, 3, 4, 2});
        const float *w = constant("w", 4, (const size_t[]){1, 1, 2, 3});
        mixed(&c, w, 3);
        y = c;
        node("Conv2D", "c", "x w", STRIDES(1, 1) ", " SAME);
        switch (which) {
        case 0: // a row before, a column at either end; then 2 x 2 windows
            numbers("p", 8, (const int[]){0, 0, 1, 0, 1, 1, 0, 0});
            node("Pad", "q", "c p", "");
            node("Relu", "r", "q", ""); // not taken by the window
            snprintf(attr, sizeof attr,
                     "%s, \"padding\": {\"s\": \"%s\"}, \"ksize\": {\"list\": {\"i\": "
                     "[\"1\", \"2\", \"2\", \"1\"]}}",
                     STRIDES(2, 2), coded("VALID"));
            node("MaxPool", "y", "r", attr);
            y = (struct map){.rank = 4, .shape = {2, 2, 3, 3}};
            for (size_t i = 0; i < 36; i++)
                for (size_t t = 0; t < 4; t++) {
                    const size_t row = i / 9 % 2 * 2 + t / 2,
                                 column = i / 3 % 3 * 2 + t % 2;
                    if (row >= 1 && column >= 1 && column < 5)
                        y.data[i] =
                            fmax(y.data[i],
                                 c.data[((i / 18 * 3 + row - 1) * 4 + column - 1) * 3 +
                                        i % 3]);
                }
            break;
        case 1:
        case 10: { // of variances that are small, whose epsilon is not said
            const float *s[3] = {constant("g", 1, (const size_t[]){3}),
                                 constant("o", 1, (const size_t[]){3}),
                                 constant("m", 1, (const size_t[]){3})};
            constant("v", 1, (const size_t[]){3});
            float *v = web.data + web.count - 3;
            for (size_t k = 0; k < 3; k++)
                v[k] = which == 1 ? v[k] * v[k] + 1 : 0.001f;
            node("FusedBatchNormV3", "n", "c g o m v",
                 which == 1 ? "\"epsilon\": {\"f\": 0.5}" : "");
            node("Identity", "y", "n", "");
            for (size_t i = 0; i < count_of(&y); i++)
                y.data[i] = (c.data[i] - (double)s[2][i % 3]) /
                                sqrt((double)v[i % 3] + (which == 1 ? 0.5 : 1e-4)) *
                                (double)s[0][i % 3] +
                            (double)s[1][i % 3];
            break;
        }
        case 2: // a gate of each sample's channels
            numbers("a", 2, (const int[]){1, 2});
            node("Mean", "m", "c a", "\"keep_dims\": {\"b\": true}");
            node("Sigmoid", "s", "m", "");
            node("Mul", "y", "c s", "");
            for (size_t i = 0; i < count_of(&y); i++) {
                double mean = 0;
                for (size_t k = 0; k < 12; k++)
                    mean += c.data[(i / 36 * 12 + k) * 3 + i % 3] / 12;
                y.data[i] = c.data[i] / (1 + exp(-mean));
            }
            break;
        case 3: { // words of channels, and a product with them
            const float *k = constant("k", 2, (const size_t[]){3, 2});
            numbers("a", 2, (const int[]){1, -2});
            node("Mean", "m", "c a", "");
            node("MatMul", "y", "m k", "");
            y = (struct map){.rank = 2, .shape = {2, 2}};
            for (size_t i = 0; i < 72; i++)
                for (size_t o = 0; o < 2; o++)
                    y.data[i / 36 * 2 + o] += c.data[i] / 12 * (double)k[i % 3 * 2 + o];
            break;
        }
        case 4: // by a shape that is computed: [samples][36], then turned
            numbers("f", 1, (const int[]){0});
            numbers("t", 1, (const int[]){1});
            numbers("u", 1, (const int[]){1});
            numbers("z", 1, (const int[]){-1});
            node("Shape", "s", "c", "");
            node("StridedSlice", "n", "s f t u",
                 "\"shrink_axis_mask\": {\"i\": \"1\"}");
            node("ExpandDims", "e", "n f", "");
            numbers("last", 1, (const int[]){0});
            node("ConcatV2", "d", "e z last", "");
            numbers("o", 2, (const int[]){1, 0});
            node("Reshape", "q", "c d", "");
            node("Transpose", "y", "q o", "");
            y = (struct map){.rank = 2, .shape = {36, 2}};
            for (size_t i = 0; i < 72; i++)
                y.data[i] = c.data[i % 2 * 36 + i / 2];
            break;
        case 5: // channels put together, then turned
            numbers("l", 1, (const int[]){3});
            numbers("o", 4, (const int[]){0, 3, 1, 2});
            node("ConcatV2", "b", "c x l", "");
            node("Transpose", "y", "b o", "");
            y = (struct map){.rank = 4, .shape = {2, 5, 3, 4}};
            for (size_t i = 0; i < 24; i++)
                for (size_t k = 0; k < 5; k++)
                    y.data[(i / 12 * 5 + k) * 12 + i % 12] =
                        k < 3 ? c.data[i * 3 + k] : x.data[i * 2 + k - 3];
            break;
        case 6: // a row and a column left out, the last channel alone
            numbers("f", 4, (const int[]){0, 1, 2, -1});
            numbers("t", 4, (const int[]){0, 3, 3, 0});
            numbers("u", 4, (const int[]){1, 1, 1, 1});
            node("StridedSlice", "y", "c f t u",
                 "\"begin_mask\": {\"i\": \"4\"}, \"end_mask\": {\"i\": \"1\"}, "
                 "\"shrink_axis_mask\": {\"i\": \"8\"}");
            y = (struct map){.rank = 3, .shape = {2, 2, 3}};
            for (size_t i = 0; i < 12; i++)
                y.data[i] = c.data[((i / 6 * 3 + i / 3 % 2 + 1) * 4 + i % 3) * 3 + 2];
            break;
        case 7: // less the mean of the channels at its place; sums of columns
            numbers("a", 1, (const int[]){-1});
            numbers("b", 1, (const int[]){2});
            node("Mean", "m", "c a", "\"keep_dims\": {\"b\": true}");
            node("Sub", "s", "c m", "");
            node("Sum", "y", "s b", "");
            y = (struct map){.rank = 3, .shape = {2, 3, 3}};
            for (size_t i = 0; i < 72; i++)
                y.data[i / 12 * 3 + i % 3] +=
                    c.data[i] - (c.data[i / 3 * 3] + c.data[i / 3 * 3 + 1] +
                                 c.data[i / 3 * 3 + 2]) /
                                    3;
            break;
        case 11: // one column by itself, and the first row
            whole_numbers("i", 0, 1, (const int[]){2});
            whole_numbers("a", 0, 1, (const int[]){2});
            whole_numbers("j", 0, 1, (const int[]){0});
            whole_numbers("b", 0, 1, (const int[]){-2});
            node("GatherV2", "g", "c i a", "");
            node("GatherV2", "y", "g j b", "");
            y = (struct map){.rank = 2, .shape = {2, 3}};
            for (size_t i = 0; i < 6; i++)
                y.data[i] = c.data[(i / 3 * 12 + 2) * 3 + i % 3];
            break;
        case 12: { // a row of zeros before, a row and a column of the window's own
            const float *k = constant("k", 4, (const size_t[]){2, 2, 3, 1});
            numbers("p", 8, (const int[]){0, 0, 1, 0, 0, 0, 0, 0});
            node("Pad", "q", "c p", "");
            snprintf(attr, sizeof attr, "%s, %s[0, 0, 0, 1, 1, 0, 0, 0]}}",
                     STRIDES(1, 1), EXPLICIT);
            node("Conv2D", "y", "q k", attr);
            y = (struct map){.rank = 4, .shape = {2, 4, 4, 1}};
            for (size_t i = 0; i < 32; i++)
                for (size_t t = 0; t < 12; t++) {
                    const size_t row = i / 4 % 4 + t / 6, column = i % 4 + t / 3 % 2;
                    if (row >= 1 && row <= 3 && column >= 1)
                        y.data[i] +=
                            c.data[((i / 16 * 3 + row - 1) * 4 + column - 1) * 3 +
                                   t % 3] *
                            (double)k[t];
                }
            break;
        }
        default: // softmax over channels of one extent less
            numbers("a", 1, (const int[]){1});
            if (which == 8) {
                node("Max", "m", "c a", "\"keep_dims\": {\"b\": true}");
                node("Squeeze", "q", "m",
                     "\"squeeze_dims\": {\"list\": {\"i\": [\"1\"]}}");
            } else {
                node("Max", "q", "c a", "");
            }
            node("Softmax", "y", "q", "");
            y = (struct map){.rank = 3, .shape = {2, 4, 3}};
            for (size_t i = 0; i < 24; i++)
                y.data[i] = fmax(c.data[i / 12 * 36 + i % 12],
                                 fmax(c.data[i / 12 * 36 + 12 + i % 12],
                                      c.data[i / 12 * 36 + 24 + i % 12]));
            for (size_t i = 0; i < 8; i++) {
                double all = 0;
                for (size_t k = 0; k < 3; k++)
                    all += exp(y.data[i * 3 + k]);
                for (size_t k = 0; k < 3; k++)
                    y.data[i * 3 + k] = exp(y.data[i * 3 + k]) / all;
            }
        }
        snprintf(attr, sizeof attr, "behind a convolution, %d", which);
        expect_graph(attr);
    }
}

// Matrices turned or not, stored or not.
static void products(void **state) {
    (void)state;
    for (int turned = 0; turned < 4; turned++) {
        const bool stacked = turned & 2, other = turned & 1;
        begin(stacked ? 3 : 2, (const size_t[]){2, 3, 4});
        const size_t in = stacked ? 4 : 3;
        const float *w =
            constant("w", 2, other ? (const size_t[]){5, in} : (const size_t[]){in, 5});
        y.shape[y.rank - 1] = 5;
        for (size_t i = 0; i < count_of(&y); i++) {
            y.data[i] = 0;
            for (size_t c = 0; c < in; c++)
                y.data[i] += x.data[i / 5 * in + c] *
                             (double)(other ? w[i % 5 * in + c] : w[c * 5 + i % 5]);
        }
        node(stacked ? "BatchMatMulV2" : "MatMul", "y", "x w",
             !other    ? ""
             : stacked ? "\"adj_y\": {\"b\": true}"
                       : "\"transpose_b\": {\"b\": true}");
        expect_graph("MatMul");
    }
    // With a bias and a function.
    begin(2, (const size_t[]){2, 3});
    const float *f = constant("f", 2, (const size_t[]){3, 2}),
                *b = constant("b", 1, (const size_t[]){2});
    y.shape[1] = 2;
    for (size_t i = 0; i < 4; i++) {
        y.data[i] = (double)b[i % 2];
        for (size_t c = 0; c < 3; c++)
            y.data[i] += x.data[i / 2 * 3 + c] * (double)f[c * 2 + i % 2];
        y.data[i] = y.data[i] > 0 ? y.data[i] : exp(y.data[i]) - 1;
    }
    char attr[200];
    snprintf(attr, sizeof attr, "\"fused_ops\": {\"list\": {\"s\": [\"%s\", \"%s\"]}}",
             coded("BiasAdd"), coded("Elu"));
    node("_FusedMatMul", "y", "x f b", attr);
    expect_graph("a fused product");
    // The left one turned.
    begin(2, (const size_t[]){2, 3});
    const float *k = constant("k", 2, (const size_t[]){2, 2});
    y = (struct map){.rank = 2, .shape = {3, 2}};
    for (size_t i = 0; i < 12; i++)
        y.data[i / 2] += x.data[i % 2 * 3 + i / 4] * (double)k[i % 2 * 2 + i / 2 % 2];
    node("MatMul", "y", "x k", "\"transpose_a\": {\"b\": true}");
    expect_graph("a turned left operand");
    // The same constant in two orders.
    begin(2, (const size_t[]){2, 3});
    const float *w = constant("w", 2, (const size_t[]){3, 3});
    node("MatMul", "a", "x w", "");
    node("MatMul", "y", "a w", "\"transpose_b\": {\"b\": true}");
    double a[6] = {0};
    memset(y.data, 0, 6 * sizeof *y.data);
    for (size_t i = 0; i < 18; i++)
        a[i / 3] += x.data[i / 9 * 3 + i % 3] * (double)w[i % 3 * 3 + i / 3 % 3];
    for (size_t i = 0; i < 18; i++)
        y.data[i / 3] += a[i / 9 * 3 + i % 3] * (double)w[i / 3 % 3 * 3 + i % 3];
    expect_graph("one matrix, turned and not");
}

static void refused(const char *check, const char *says) {
    open_graph(&x);
    assert_int_equal(web.status, SDSE_INVALID);
    if (strcmp(web.diags.first->check, check) != 0 ||
        !strstr(web.diags.first->message, says))
        fail_msg("not '%s' but '%s' [%s]", says, web.diags.first->message,
                 web.diags.first->check);
    web_end(&web);
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *op, *reads, *attr, *check, *says;
    } rows[] = {
        {"Einsum", "x w", "", "tfjs-class",
         "modelTopology.node[1]: operators that are not translated, with their nodes: "
         "Einsum (1)"},
        {"Conv2D", "x w", STRIDES(1, 1), "tfjs-config", "none of SAME"},
        {"Conv2D", "x w", STRIDES(0, 1) ", " SAME, "tfjs-config", "rows and columns"},
        {"Conv2D", "x w",
         "\"strides\": {\"list\": {\"i\": [\"1\", \"1\", \"1\", \"2\"]}}, " SAME,
         "tfjs-config", "only rows and columns may be above 1"},
        {"Conv2D", "x w", STRIDES(1, 1) ", " EXPLICIT "[\"0\", \"0\", \"1\"]}}",
         "tfjs-config", "explicit_paddings: layer 'y' (Conv2D): eight"},
        {"Conv2D", "x w", STRIDES(1, 1) ", " EXPLICIT "[0, 0, 1, 1, 1, 1, 0, 1]}}",
         "tfjs-config", "only rows and columns are padded"},
        {"MaxPool", "x", STRIDES(1, 1) ", " SAME ", \"data_format\": {\"s\": \"Tg==\"}",
         "tfjs-config", "'N' is neither NHWC nor NCHW"},
        {"Conv2D", "x x", STRIDES(1, 1) ", " SAME, "tfjs-weights",
         "no constant of four"},
        {"Conv2D", "x", STRIDES(1, 1) ", " SAME, "tfjs-weights", "no constant of four"},
        {"Conv2D", "x nobody", "", "tfjs-json", "none of the graph's nodes"},
        {"Relu", "y", "", "tfjs-json", "wait for each other"},
        {"Relu", "x:1", "", "tfjs-json", "does not have"},
        {"Relu", "", "", "tfjs-json", "reads nothing"},
        {"Reshape", "x x", "", "tfjs-config", "a shape of 1 to 8"},
        {"Mean", "x x", "", "tfjs-config", "no constant of at most 16"},
        {"MatMul", "x w", "", "tfjs-config", "a map of 2 extents"},
        {"Squeeze", "x", "", "tfjs-config", "squeeze_dims"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(4, (const size_t[]){1, 3, 3, 2});
        constant("w", 4, (const size_t[]){1, 1, 2, 2});
        node(rows[i].op, "y", rows[i].reads, rows[i].attr);
        refused(rows[i].check, rows[i].says);
    }
    begin(4, (const size_t[]){1, 3, 3, 2});
    constant("w", 4, (const size_t[]){1, 1, 2, 2});
    node("Const", "lost", "", "");
    node("Conv2D", "y", "x w", STRIDES(1, 1) ", " SAME);
    refused("tfjs-weights", "weightsManifest has no 'lost'");
    begin(2, (const size_t[]){1, 2});
    constant("w", 2, (const size_t[]){2, 2});
    web_print(web.weights,
              ", {\"name\": \"c\", \"dtype\": \"complex64\", \"shape\": [1]}");
    web.count += 2;
    node("Const", "c", "", "");
    node("MatMul", "m", "x w", "");
    node("Add", "y", "m c", "");
    refused("tfjs-weights", "'c' is of complex64, which is not read");
}

// A constant that nobody reads is named; one that says a shape is read.
static void nobody_reads(void **state) {
    (void)state;
    begin(2, (const size_t[]){1, 2});
    constant("w", 2, (const size_t[]){2, 2});
    numbers("shape", 2, (const int[]){1, 2});
    constant("spare", 1, (const size_t[]){7});
    node("MatMul", "m", "x w", "");
    node("Reshape", "y", "m shape", "");
    open_graph(&x);
    assert_int_equal(web.status, SDSE_OK);
    size_t said = 0;
    for (const struct sdse_diag *d = web.diags.first; d; d = d->next) {
        if (strcmp(d->check, "tfjs-unused") != 0)
            continue;
        assert_non_null(strstr(d->message, ": 1, of 7 numbers: 'spare'"));
        said++;
    }
    assert_int_equal(said, 1);
    web_end(&web);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution), cmocka_unit_test(channels_first),
        cmocka_unit_test(depthwise),   cmocka_unit_test(behind),
        cmocka_unit_test(products),    cmocka_unit_test(refusals),
        cmocka_unit_test(nobody_reads)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
