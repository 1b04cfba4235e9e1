// Convolutions, transposed ones and pools of random windows in one to three dimensions,
// against the operators' definitions by plain loops.
#include "support/forward_case.h"

// A window over up to three axes, as the operator says it.
struct window {
    unsigned axes;
    int64_t in[3], kernel[3], stride[3], dilation[3], begin[3], end[3], extra[3],
        out[3];
    int64_t in_plane, out_plane, taps;
    int same; // 1 upper, 2 lower
    bool ceil;
};

static void measure(struct window *w) {
    w->in_plane = w->out_plane = w->taps = 1;
    for (unsigned i = 0; i < w->axes; i++) {
        w->in_plane *= w->in[i];
        w->out_plane *= w->out[i];
        w->taps *= w->kernel[i];
    }
}

// Outputs as the standard counts them.
static struct window pick_window(bool pool) {
    struct window w = {.axes = (unsigned)pick(1, 3)};
    w.same = pick(0, 4) == 0 ? (int)pick(1, 2) : 0;
    w.ceil = pool && w.same == 0 && pick(0, 1);
    for (unsigned i = 0; i < w.axes; i++) {
        w.in[i] = pick(1, w.axes == 3 ? 4 : 7);
        w.stride[i] = pick(1, 3);
        w.dilation[i] = pick(1, 2);
        do
            w.kernel[i] = pick(1, 3);
        while ((w.kernel[i] - 1) * w.dilation[i] + 1 > w.in[i] + 2);
        int64_t extent = (w.kernel[i] - 1) * w.dilation[i] + 1;
        if (w.same) {
            w.out[i] = (w.in[i] + w.stride[i] - 1) / w.stride[i];
            int64_t all = (w.out[i] - 1) * w.stride[i] + extent - w.in[i];
            all = all > 0 ? all : 0;
            w.begin[i] = w.same == 1 ? all / 2 : all - all / 2;
            w.end[i] = all - w.begin[i];
            continue;
        }
        do {
            w.begin[i] = pick(0, extent - 1);
            w.end[i] = pick(0, extent - 1);
        } while (w.in[i] + w.begin[i] + w.end[i] < extent);
        int64_t room = w.in[i] + w.begin[i] + w.end[i] - extent;
        w.out[i] = room / w.stride[i] + 1;
        if (w.ceil && room % w.stride[i] &&
            w.out[i] * w.stride[i] < w.in[i] + w.begin[i])
            w.out[i]++;
    }
    measure(&w);
    return w;
}

static void set_window(struct forward_case *c, const struct window *w, bool kernel) {
    int64_t pads[6];
    for (unsigned i = 0; i < w->axes; i++) {
        pads[i] = w->begin[i];
        pads[w->axes + i] = w->end[i];
    }
    if (kernel)
        onnx_set_ints(&c->b, c->node, "kernel_shape", w->axes, w->kernel);
    onnx_set_ints(&c->b, c->node, "strides", w->axes, w->stride);
    onnx_set_ints(&c->b, c->node, "dilations", w->axes, w->dilation);
    if (w->same)
        onnx_set_text(&c->b, c->node, "auto_pad",
                      w->same == 1 ? "SAME_UPPER" : "SAME_LOWER");
    else
        onnx_set_ints(&c->b, c->node, "pads", 2 * w->axes, pads);
}

// The input place of tap k at output o; -1 in the padding, -2 beyond it.
static int64_t source(const struct window *w, int64_t o, int64_t k) {
    int64_t at_o[3], at_k[3], place = 0;
    bool inside = true, padded = true;
    place_to_at(w->axes, w->out, (size_t)o, at_o);
    place_to_at(w->axes, w->kernel, (size_t)k, at_k);
    for (unsigned i = 0; i < w->axes; i++) {
        int64_t x = at_o[i] * w->stride[i] + at_k[i] * w->dilation[i] - w->begin[i];
        inside &= x >= 0 && x < w->in[i];
        padded &= x < w->in[i] + w->end[i];
        place = place * w->in[i] + x;
    }
    return inside ? place : padded ? -1 : -2;
}

static struct tensor map_tensor(int64_t n, int64_t channels, const struct window *w) {
    int64_t dims[5] = {n, channels};
    memcpy(dims + 2, w->in, w->axes * sizeof *dims);
    return random_tensor(2 + w->axes, dims);
}

static void expect_image(const struct forward_case *c, int64_t n, int64_t channels,
                         const struct window *w) {
    int64_t dims[5] = {n, channels};
    memcpy(dims + 2, w->out, w->axes * sizeof *dims);
    expect_shape(&c->out[0], 2 + w->axes, dims);
}

static void convolutions_are_their_definition(void **state) {
    (void)state;
    case_random = 11;
    for (unsigned round = 0; round < 2500; round++) {
        struct window w = pick_window(false);
        int64_t n = pick(1, 2), groups = pick(1, 3), k = pick(1, 6), ch = pick(1, 3);
        int64_t dims[5] = {groups * k, ch};
        struct forward_case c;
        case_begin(&c, "Conv");
        case_add(&c, map_tensor(n, groups * ch, &w));
        memcpy(dims + 2, w.kernel, w.axes * sizeof *dims);
        case_add(&c, random_tensor(2 + w.axes, dims));
        if (pick(0, 1))
            case_add(&c, random_tensor(1, (int64_t[]){groups * k}));
        set_window(&c, &w, pick(0, 1));
        onnx_set_int(&c.b, c.node, "group", groups);
        case_expect_run(&c);
        expect_image(&c, n, groups * k, &w);
        for (int64_t i = 0; i < n * groups * k * w.out_plane; i++) {
            int64_t o = i % w.out_plane, filter = i / w.out_plane % (groups * k);
            int64_t sample = i / w.out_plane / (groups * k), group = filter / k;
            double sum = c.inputs > 2 ? c.in[2].data[filter] : 0;
            for (int64_t channel = 0; channel < ch; channel++)
                for (int64_t t = 0; t < w.taps; t++) {
                    int64_t x = source(&w, o, t);
                    if (x >= 0)
                        sum += c.in[0].data[((sample * groups + group) * ch + channel) *
                                                w.in_plane +
                                            x] *
                               c.in[1].data[(filter * ch + channel) * w.taps + t];
                }
            expect_near(c.out[0].data[i], sum);
        }
        case_end(&c);
    }
}

// Output o gets tap t of input i where o + pad = i stride + t dilation.
static void transposed_convolutions_are_their_definition(void **state) {
    (void)state;
    case_random = 12;
    for (unsigned round = 0; round < 1200; round++) {
        struct window w = {.axes = (unsigned)pick(1, 3)};
        int64_t n = pick(1, 2), groups = pick(1, 2), k = pick(1, 3), ch = pick(1, 3);
        for (unsigned i = 0; i < w.axes; i++) {
            w.in[i] = pick(1, 4);
            w.kernel[i] = pick(1, 3);
            w.stride[i] = pick(1, 3);
            w.dilation[i] = pick(1, 2);
            w.extra[i] = pick(0, w.stride[i] - 1);
            int64_t full = (w.in[i] - 1) * w.stride[i] +
                           (w.kernel[i] - 1) * w.dilation[i] + 1 + w.extra[i];
            do {
                w.begin[i] = pick(0, 2);
                w.end[i] = pick(0, 2);
            } while (w.begin[i] + w.end[i] >= full);
            w.out[i] = full - w.begin[i] - w.end[i];
        }
        measure(&w);
        int64_t dims[5] = {groups * ch, k};
        struct forward_case c;
        case_begin(&c, "ConvTranspose");
        case_add(&c, map_tensor(n, groups * ch, &w));
        memcpy(dims + 2, w.kernel, w.axes * sizeof *dims);
        case_add(&c, random_tensor(2 + w.axes, dims));
        if (pick(0, 1))
            case_add(&c, random_tensor(1, (int64_t[]){groups * k}));
        set_window(&c, &w, false);
        onnx_set_ints(&c.b, c.node, "output_padding", w.axes, w.extra);
        onnx_set_int(&c.b, c.node, "group", groups);
        case_expect_run(&c);
        expect_image(&c, n, groups * k, &w);
        for (int64_t i = 0; i < n * groups * k * w.out_plane; i++) {
            int64_t filter = i / w.out_plane % (groups * k), o[3], x[3], t[3];
            int64_t sample = i / w.out_plane / (groups * k), group = filter / k;
            double sum = c.inputs > 2 ? c.in[2].data[filter] : 0;
            place_to_at(w.axes, w.out, (size_t)(i % w.out_plane), o);
            for (int64_t j = 0; j < w.in_plane * w.taps; j++) {
                bool meets = true;
                place_to_at(w.axes, w.in, (size_t)(j / w.taps), x);
                place_to_at(w.axes, w.kernel, (size_t)(j % w.taps), t);
                for (unsigned a = 0; a < w.axes; a++)
                    meets &=
                        o[a] + w.begin[a] == x[a] * w.stride[a] + t[a] * w.dilation[a];
                for (int64_t channel = 0; channel < ch && meets; channel++)
                    sum +=
                        c.in[0].data[((sample * groups + group) * ch + channel) *
                                         w.in_plane +
                                     j / w.taps] *
                        c.in[1]
                            .data[((group * ch + channel) * k + filter % k) * w.taps +
                                  j % w.taps];
            }
            expect_near(c.out[0].data[i], sum);
        }
        case_end(&c);
    }
}

static void pools_are_their_definition(void **state) {
    static const char *const ops[] = {"MaxPool", "AveragePool", "LpPool"};
    (void)state;
    case_random = 13;
    for (unsigned round = 0; round < 2400; round++) {
        struct window w = pick_window(true);
        int64_t n = pick(1, 2), channels = pick(1, 3), power = pick(1, 3);
        unsigned kind = round % 3;
        bool count_padding = kind == 1 && pick(0, 1);
        struct forward_case c;
        case_begin(&c, ops[kind]);
        c.b.opset.version = 22; // since then pools have dilations
        case_add(&c, map_tensor(n, channels, &w));
        set_window(&c, &w, true);
        onnx_set_int(&c.b, c.node, "ceil_mode", w.ceil);
        onnx_set_int(&c.b, c.node, "count_include_pad", count_padding);
        onnx_set_int(&c.b, c.node, "p", power);
        case_expect_run(&c);
        expect_image(&c, n, channels, &w);
        for (int64_t i = 0; i < n * channels * w.out_plane; i++) {
            double most = (double)-INFINITY, sum = 0, powers = 0;
            int64_t count = 0;
            for (int64_t t = 0; t < w.taps; t++) {
                int64_t x = source(&w, i % w.out_plane, t);
                count += x >= 0 || (x == -1 && count_padding);
                if (x < 0)
                    continue;
                double value = c.in[0].data[i / w.out_plane * w.in_plane + x];
                most = value > most ? value : most;
                sum += value;
                powers += pow(fabs(value), (double)power);
            }
            expect_near(c.out[0].data[i], kind == 0 ? most
                                          : kind == 1
                                              ? sum / (double)(count ? count : 1)
                                              : pow(powers, 1.0 / (double)power));
        }
        case_end(&c);
    }
}

static void global_pools_see_the_whole_map(void **state) {
    static const char *const ops[] = {"GlobalMaxPool", "GlobalAveragePool",
                                      "GlobalLpPool"};
    (void)state;
    case_random = 14;
    for (unsigned round = 0; round < 300; round++) {
        struct window w = pick_window(false);
        int64_t channels = pick(1, 3);
        struct forward_case c;
        case_begin(&c, ops[round % 3]);
        case_add(&c, map_tensor(2, channels, &w));
        case_expect_run(&c);
        assert_int_equal(c.out[0].count, 2 * channels);
        for (int64_t i = 0; i < 2 * channels; i++) {
            double most = (double)-INFINITY, sum = 0, square = 0;
            for (int64_t j = 0; j < w.in_plane; j++) {
                double value = c.in[0].data[i * w.in_plane + j];
                most = value > most ? value : most;
                sum += value;
                square += value * value;
            }
            expect_near(c.out[0].data[i], round % 3 == 0   ? most
                                          : round % 3 == 1 ? sum / (double)w.in_plane
                                                           : sqrt(square));
        }
        case_end(&c);
    }
}

// A map is added, and the function that is named is applied.
static void fused_convolutions_add_and_apply(void **state) {
    (void)state;
    case_random = 15;
    for (unsigned round = 0; round < 60; round++) {
        struct forward_case c;
        static const char *const functions[] = {"Relu", "LeakyRelu", "Clip",
                                                "HardSigmoid"};
        const float parameters[2] = {0.25f, 0.75f};
        case_begin(&c, "FusedConv");
        c.node->domain = onnx_text(&c.b, "com.microsoft");
        case_add(&c, random_tensor(4, (int64_t[]){1, 2, 3, 3}));
        case_add(&c, random_tensor(4, (int64_t[]){3, 2, 1, 1}));
        case_add(&c, random_tensor(1, (int64_t[]){3}));
        case_add(&c, random_tensor(4, (int64_t[]){1, 3, 3, 3}));
        onnx_set_text(&c.b, c.node, "activation", functions[round % 4]);
        onnx_set_floats(&c.b, c.node, "activation_params", round % 4 == 1 ? 1 : 2,
                        parameters);
        case_expect_run(&c);
        for (size_t i = 0; i < 27; i++) {
            double x = c.in[2].data[i / 9] + c.in[3].data[i];
            for (size_t ch = 0; ch < 2; ch++)
                x += c.in[0].data[ch * 9 + i % 9] * c.in[1].data[i / 9 * 2 + ch];
            double linear = 0.25 * x + 0.75;
            double wanted[] = {x > 0 ? x : 0, x > 0 ? x : 0.25 * x,
                               x < 0.25   ? 0.25
                               : x > 0.75 ? 0.75
                                          : x,
                               linear < 0   ? 0
                               : linear > 1 ? 1
                                            : linear};
            expect_near(c.out[0].data[i], wanted[round % 4]);
        }
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_are_their_definition),
        cmocka_unit_test(transposed_convolutions_are_their_definition),
        cmocka_unit_test(pools_are_their_definition),
        cmocka_unit_test(global_pools_see_the_whole_map),
        cmocka_unit_test(fused_convolutions_add_and_apply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
