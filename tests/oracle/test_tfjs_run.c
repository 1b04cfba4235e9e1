// Windows of TensorFlow.js's models, imported and run, against what Keras defines them
// to compute, written out here in its own order: rows, columns, channels.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "support/web_run.h"

struct window {
    size_t kernel[3], stride[3], dilation[3], before[3], out[3];
};

// What TensorFlow's SAME, VALID and causal padding make of one axis.
static void fit(struct window *w, unsigned axis, size_t in, const char *padding) {
    const size_t reach = (w->kernel[axis] - 1) * w->dilation[axis] + 1;
    w->before[axis] = 0;
    if (strcmp(padding, "valid") == 0) {
        w->out[axis] = (in - reach) / w->stride[axis] + 1;
        return;
    }
    w->out[axis] = (in + w->stride[axis] - 1) / w->stride[axis];
    const size_t needed = (w->out[axis] - 1) * w->stride[axis] + reach;
    if (strcmp(padding, "causal") == 0)
        w->before[axis] = reach - 1;
    else if (needed > in)
        w->before[axis] = (needed - in) / 2;
}

// x as [n][a][b][c][channels], missing axes of extent 1 in front.
static void box_of(const struct map *x, size_t box[5]) {
    const unsigned axes = x->rank - 2;
    box[0] = x->shape[0];
    box[1] = box[2] = box[3] = 1;
    for (unsigned i = 0; i < axes; i++)
        box[4 - axes + i] = x->shape[1 + i];
    box[4] = x->shape[x->rank - 1];
}

// Each output: the sum over its taps. Kernel [taps][C / groups][K]; depthwise:
// [taps][C][each], filter c * each + m of channel c. pool: 1 largest, 2 mean, 0 none.
static void slide(const struct map *x, const struct window *w, const float *kernel,
                  size_t groups, size_t filters, int pool, bool depthwise,
                  struct map *y) {
    size_t b[5];
    box_of(x, b);
    const unsigned axes = x->rank - 2;
    y->rank = x->rank;
    y->shape[0] = b[0];
    y->shape[y->rank - 1] = filters;
    for (unsigned i = 0; i < axes; i++)
        y->shape[1 + i] = w->out[3 - axes + i];
    count_of(y);
    const size_t own = b[4] / groups, each = filters / groups;
    double *to = y->data;
    for (size_t n = 0; n < b[0]; n++)
        for (size_t p = 0; p < w->out[0] * w->out[1] * w->out[2]; p++)
            for (size_t k = 0; k < filters; k++, to++) {
                const size_t o[3] = {p / w->out[2] / w->out[1],
                                     p / w->out[2] % w->out[1], p % w->out[2]};
                double sum = 0, most = -HUGE_VAL;
                size_t taps = 0;
                for (size_t t = 0; t < w->kernel[0] * w->kernel[1] * w->kernel[2];
                     t++) {
                    const size_t r[3] = {t / w->kernel[2] / w->kernel[1],
                                         t / w->kernel[2] % w->kernel[1],
                                         t % w->kernel[2]};
                    size_t at = n;
                    bool inside = true;
                    for (unsigned i = 0; i < 3; i++) {
                        const size_t place =
                            o[i] * w->stride[i] + r[i] * w->dilation[i];
                        inside &=
                            place >= w->before[i] && place - w->before[i] < b[1 + i];
                        at = at * b[1 + i] + place - w->before[i];
                    }
                    if (!inside)
                        continue;
                    taps++;
                    const size_t g = k / each;
                    for (size_t c = 0; c < own && !pool; c++)
                        sum += x->data[at * b[4] + g * own + c] *
                               (double)(depthwise
                                            ? kernel[(t * b[4] + g) * each + k % each]
                                            : kernel[(t * own + c) * filters + k]);
                    most = fmax(most, pool ? x->data[at * b[4] + k] : 0);
                    sum += pool ? x->data[at * b[4] + k] : 0;
                }
                *to = pool == 1 ? most : pool == 2 ? sum / (double)taps : sum;
            }
}

static void add_bias(struct map *y, const float *bias) {
    const size_t channels = y->shape[y->rank - 1];
    for (size_t i = 0; i < count_of(y); i++)
        y->data[i] += (double)bias[i % channels];
}

static void relu(struct map *y) {
    for (size_t i = 0; i < count_of(y); i++)
        y->data[i] = fmax(y->data[i], 0);
}

static const char *list(char text[64], const char *key, const size_t *values,
                        unsigned count) {
    text[0] = '\0';
    snprintf(text, 64, ", \"%s\": [", key);
    for (unsigned i = 0; i < count; i++)
        snprintf(text + strlen(text), 64 - strlen(text), "%s%zu", i ? ", " : "",
                 values[i]);
    strcat(text, "]");
    return text;
}

// A random map over so many axes, and a window that fits.
static const char *draw(struct map *x, struct window *w, unsigned axes, size_t channels,
                        bool causal) {
    static const char *const paddings[] = {"valid", "same", "causal"};
    const char *padding = paddings[pick(0, causal ? 2 : 1)];
    const bool dilated = pick(0, 2) == 0;
    size_t shape[5] = {(size_t)pick(1, 2)};
    for (unsigned i = 0; i < 3; i++) {
        const bool there = i >= 3 - axes;
        w->kernel[i] = there ? (size_t)pick(1, 3) : 1;
        w->dilation[i] = there && dilated ? 2 : 1;
        w->stride[i] = there && !dilated ? (size_t)pick(1, 3) : 1;
    }
    for (unsigned i = 0; i < axes; i++)
        shape[1 + i] = (size_t)pick(5, 7);
    shape[1 + axes] = channels;
    fill(x, axes + 2, shape);
    size_t b[5];
    box_of(x, b);
    for (unsigned i = 0; i < 3; i++)
        fit(w, i, b[1 + i], padding);
    return padding;
}

static void settings_of(char text[512], const struct window *w, unsigned axes,
                        const char *padding, const char *more) {
    char a[64], b[64], c[64];
    snprintf(text, 512, "%s%s%s, \"padding\": \"%s\"%s",
             list(a, "kernel_size", w->kernel + 3 - axes, axes),
             list(b, "strides", w->stride + 3 - axes, axes),
             list(c, "dilation_rate", w->dilation + 3 - axes, axes), padding, more);
}

static struct web web;
static struct map x, y, z;

static void convolutions(void **state) {
    (void)state;
    for (int turn = 0; turn < 60; turn++) {
        const unsigned axes = 1 + (unsigned)turn % 3;
        const size_t groups = (size_t)pick(1, 2), own = (size_t)pick(1, 3),
                     filters = groups * (size_t)pick(1, 3);
        struct window w;
        char text[512], name[16], more[96];
        web_begin(&web);
        const char *padding = draw(&x, &w, axes, groups * own, axes == 1);
        size_t shape[5];
        memcpy(shape, w.kernel + 3 - axes, axes * sizeof *shape);
        shape[axes] = own;
        shape[axes + 1] = filters;
        const bool bias = pick(0, 1);
        snprintf(more, sizeof more,
                 ", \"filters\": %zu, \"groups\": %zu, \"use_bias\": %s, "
                 "\"activation\": \"relu\"",
                 filters, groups, bias ? "true" : "false");
        settings_of(text, &w, axes, padding, more);
        const float *kernel = random_weights(&web, "y/kernel", axes + 2, shape);
        slide(&x, &w, kernel, groups, filters, 0, false, &y);
        if (bias)
            add_bias(&y, random_weights(&web, "y/bias:0", 1, &filters));
        relu(&y);
        snprintf(name, sizeof name, "Conv%uD", axes);
        web_layer(&web, name, "y", "x", text);
        expect(&web, &x, &y, name);
    }
}

static void depthwise_and_separable(void **state) {
    (void)state;
    for (int turn = 0; turn < 40; turn++) {
        const size_t channels = (size_t)pick(1, 3), each = (size_t)pick(1, 2),
                     mid = channels * each, filters = (size_t)pick(1, 4);
        struct window w;
        char text[512], more[96];
        web_begin(&web);
        const char *padding = draw(&x, &w, 2, channels, false);
        const size_t shape[4] = {w.kernel[1], w.kernel[2], channels, each};
        const float *kernel = random_weights(&web, "y/depthwise_kernel", 4, shape);
        slide(&x, &w, kernel, channels, mid, 0, true, &y);
        snprintf(more, sizeof more, ", \"depth_multiplier\": %zu, \"filters\": %zu",
                 each, turn % 2 ? filters : mid);
        settings_of(text, &w, 2, padding, more);
        if (turn % 2) {
            const struct window point = {
                {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, w.out[1], w.out[2]}};
            kernel = random_weights(&web, "y/pointwise_kernel", 4,
                                    (const size_t[]){1, 1, mid, filters});
            z = y;
            slide(&z, &point, kernel, 1, filters, 0, false, &y);
        }
        add_bias(&y, random_weights(&web, "y/bias", 1, turn % 2 ? &filters : &mid));
        web_layer(&web, turn % 2 ? "SeparableConv2D" : "DepthwiseConv2D", "y", "x",
                  text);
        expect(&web, &x, &y, "depthwise");
    }
}

// Zeros around a map, which a window that is not padded may take for its own.
static void padded(void **state) {
    (void)state;
    for (int turn = 0; turn < 12; turn++) {
        struct window w = {{1, 3, 2}, {1, 2, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
        const size_t top = (size_t)pick(0, 2), left = (size_t)pick(0, 2), below = 1,
                     right = (size_t)pick(0, 1);
        char text[200];
        web_begin(&web);
        fill(&x, 4, (const size_t[]){1, 5, 4, 2});
        z = (struct map){.rank = 4, .shape = {1, 5 + top + below, 4 + left + right, 2}};
        for (size_t i = 0; i < 40; i++) {
            const size_t row = i / 8 + top, column = i / 2 % 4 + left;
            z.data[(row * z.shape[2] + column) * 2 + i % 2] = x.data[i];
        }
        snprintf(text, sizeof text, ", \"padding\": [[%zu, %zu], [%zu, %zu]]", top,
                 below, left, right);
        as_it_is(&web, "e", "x", &x);
        web_layer(&web, "ZeroPadding2D", turn % 4 ? "p" : "y", "e", text);
        if (turn % 4 == 0) { // nobody takes them
            expect(&web, &x, &z, "zeros");
            continue;
        }
        const char *padding = turn % 4 == 1 ? "same" : "valid";
        fit(&w, 1, z.shape[1], padding);
        fit(&w, 2, z.shape[2], padding);
        const float *kernel =
            random_weights(&web, "y/kernel", 4, (const size_t[]){3, 2, 2, 3});
        slide(&z, &w, kernel, 1, 3, 0, false, &y);
        snprintf(text, sizeof text,
                 ", \"kernel_size\": [3, 2], \"strides\": [2, 1], \"padding\": \"%s\", "
                 "\"use_bias\": false",
                 padding);
        web_layer(&web, "Conv2D", "y", "p", text);
        expect(&web, &x, &y, "zeros before a window");
    }
}

// Zeros around a row of words, which a causal window does not take for its own.
static void padded_causal(void **state) {
    (void)state;
    const struct window w = {{1, 1, 3}, {1, 1, 1}, {1, 1, 1}, {0, 0, 2}, {1, 1, 8}};
    web_begin(&web);
    fill(&x, 3, (const size_t[]){1, 5, 2});
    z = (struct map){.rank = 3, .shape = {1, 8, 2}};
    memcpy(z.data + 2, x.data, 10 * sizeof *z.data);
    const float *kernel =
        random_weights(&web, "y/kernel", 3, (const size_t[]){3, 2, 3});
    slide(&z, &w, kernel, 1, 3, 0, false, &y);
    as_it_is(&web, "e", "x", &x);
    web_layer(&web, "ZeroPadding1D", "p", "e", ", \"padding\": [1, 2]");
    web_layer(&web, "Conv1D", "y", "p",
              ", \"kernel_size\": 3, \"padding\": \"causal\", \"use_bias\": false");
    expect(&web, &x, &y, "zeros before a causal window");
}

// Zeros before a mean are a part of it, those before a largest number are not read.
static void padded_pools(void **state) {
    (void)state;
    for (int most = 0; most < 2; most++) {
        struct window w = {{1, 2, 2}, {1, 2, 2}, {1, 1, 1}, {0, 0, 0}, {1, 2, 2}};
        web_begin(&web);
        fill(&x, 4, (const size_t[]){1, 3, 3, 2});
        z = (struct map){.rank = 4, .shape = {1, 4, 4, 2}};
        for (size_t i = 0; i < 18; i++) {
            x.data[i] = fabs(x.data[i]);
            z.data[((i / 6 + 1) * 4 + i / 2 % 3) * 2 + i % 2] = x.data[i];
        }
        slide(&z, &w, NULL, 2, 2, most ? 1 : 2, false, &y);
        as_it_is(&web, "e", "x", &x);
        web_layer(&web, "ZeroPadding2D", "p", "e", ", \"padding\": [[1, 0], [0, 1]]");
        web_layer(&web, most ? "MaxPooling2D" : "AveragePooling2D", "y", "p", "");
        expect(&web, &x, &y, "zeros before a pool");
    }
}

// Output o gets tap r of input i where o + before = i stride + r dilation.
static void transposed(void **state) {
    (void)state;
    for (int turn = 0; turn < 30; turn++) {
        const bool same = turn % 2, said = turn >= 20; // output_padding
        const size_t k = (size_t)pick(1, 4), s = (size_t)pick(1, 3),
                     in = (size_t)pick(2, 4), filters = (size_t)pick(1, 2),
                     channels = (size_t)pick(1, 3);
        const bool told = said && !(same && s == 1 && k % 2 == 0);
        const size_t least = same && k % 2 == 0, // such as SAME would read
            extra = least + (size_t)pick(0, s > 1 ? (int)(s - 1 - least) : 0),
                     whole = (in - 1) * s + k;
        const size_t out = told   ? whole + extra - (same ? k / 2 * 2 : 0)
                           : same ? in * s
                                  : (in - 1) * s + (k > s ? k : s);
        const size_t before = same && whole > out ? (whole - out) / 2 : 0;
        char text[200], given[16];
        snprintf(given, sizeof given, "%zu", extra);
        web_begin(&web);
        fill(&x, 4, (const size_t[]){1, in, in, channels});
        const float *kernel = random_weights(&web, "y/kernel", 4,
                                             (const size_t[]){k, k, filters, channels});
        y = (struct map){.rank = 4, .shape = {1, out, out, filters}};
        for (size_t i = 0; i < in * in; i++)
            for (size_t t = 0; t < k * k; t++) {
                const size_t row = i / in * s + t / k, column = i % in * s + t % k;
                if (row < before || column < before || row - before >= out ||
                    column - before >= out)
                    continue;
                for (size_t f = 0; f < filters; f++)
                    for (size_t c = 0; c < channels; c++)
                        y.data[((row - before) * out + column - before) * filters +
                               f] += x.data[i * channels + c] *
                                     (double)kernel[(t * filters + f) * channels + c];
            }
        add_bias(&y, random_weights(&web, "y/bias", 1, &filters));
        snprintf(text, sizeof text,
                 ", \"kernel_size\": %zu, \"strides\": %zu, \"padding\": \"%s\", "
                 "\"output_padding\": %s",
                 k, s, same ? "same" : "valid", told ? given : "null");
        web_layer(&web, "Conv2DTranspose", "y", "x", text);
        expect(&web, &x, &y, "transposed");
    }
}

static void pools(void **state) {
    (void)state;
    for (int turn = 0; turn < 30; turn++) {
        const unsigned axes = 1 + (unsigned)turn % 3;
        const size_t channels = (size_t)pick(1, 3);
        struct window w;
        char text[512], name[32], a[64], b[64];
        web_begin(&web);
        const char *padding = draw(&x, &w, axes, channels, false);
        const bool most = pick(0, 1);
        for (unsigned i = 0; i < 3; i++) {
            size_t box[5];
            box_of(&x, box);
            w.dilation[i] = 1;
            if (turn % 5 == 4) // not said: those of the window
                w.stride[i] = w.kernel[i];
            fit(&w, i, box[1 + i], padding);
        }
        slide(&x, &w, NULL, channels, channels, most ? 1 : 2, false, &y);
        list(b, "strides", w.stride + 3 - axes, axes);
        snprintf(text, sizeof text, "%s%s, \"padding\": \"%s\"",
                 list(a, "pool_size", w.kernel + 3 - axes, axes),
                 turn % 5 == 4 ? "" : b, padding);
        snprintf(name, sizeof name, "%sPooling%uD", most ? "Max" : "Average", axes);
        as_it_is(&web, "e", "x", &x);
        web_layer(&web, name, "y", "e", text);
        expect(&web, &x, &y, name);
        // All of the map.
        web_begin(&web);
        size_t box[5];
        box_of(&x, box);
        struct window all = {
            {box[1], box[2], box[3]}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 1, 1}};
        slide(&x, &all, NULL, channels, channels, most ? 1 : 2, false, &y);
        const bool kept = turn % 4 == 0;
        if (!kept) {
            y.rank = 2;
            y.shape[1] = channels;
        }
        snprintf(name, sizeof name, "Global%sPooling%uD", most ? "Max" : "Average",
                 axes);
        as_it_is(&web, "e", "x", &x);
        web_layer(&web, name, "y", "e", kept ? ", \"keepdims\": true" : "");
        expect(&web, &x, &y, name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions), cmocka_unit_test(depthwise_and_separable),
        cmocka_unit_test(padded),       cmocka_unit_test(padded_causal),
        cmocka_unit_test(padded_pools), cmocka_unit_test(transposed),
        cmocka_unit_test(pools)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
