// Quantized operators: in integers, and what they stand for in real numbers.
#include "support/forward_case.h"

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
};

static struct tensor bytes_tensor(bool is_signed, unsigned rank, const int64_t *dims) {
    return is_signed ? integer_tensor(INT8, rank, dims, -128, 127)
                     : integer_tensor(UINT8, rank, dims, 0, 255);
}

// Scales of 2^-k for 1 or `count` filters: products of them are exact.
static struct tensor scales_tensor(int64_t count, bool several) {
    struct tensor t = several ? make_tensor(1, &count) : make_tensor(0, NULL);
    for (size_t i = 0; i < t.count; i++)
        t.data[i] = ldexp(1, -(int)pick(1, 6));
    t.stored = true;
    return t;
}

static struct tensor zeros_tensor(bool is_signed, int64_t count, bool several) {
    return integer_tensor(is_signed ? INT8 : UINT8, several, &count,
                          is_signed ? -20 : 0, is_signed ? 20 : 200);
}

static int64_t at_of(const struct tensor *t, size_t i) {
    return (int64_t)t->data[t->count == 1 ? 0 : i];
}

static int64_t nearest_even(double x) { return (int64_t)nearbyint(x); }

static int64_t clamp(int64_t x, bool is_signed) {
    int64_t least = is_signed ? -128 : 0, most = is_signed ? 127 : 255;
    return x < least ? least : x > most ? most : x;
}

// ConvInteger and QLinearConv of one-dimensional maps, in 64-bit integers.
static void convolutions_of_integers(void **state) {
    (void)state;
    case_random = 41;
    for (unsigned round = 0; round < 1000; round++) {
        bool quantized = round % 2, sx = pick(0, 1), sw = pick(0, 1), sy = pick(0, 1);
        int64_t ch = pick(1, 3), k = pick(1, 5), taps = pick(1, 3), width = pick(3, 8);
        int64_t outs = width - taps + 1;
        bool each = pick(0, 1), biased = quantized && pick(0, 1);
        struct forward_case c;
        case_begin(&c, quantized ? "QLinearConv" : "ConvInteger");
        struct tensor x = bytes_tensor(sx, 3, (int64_t[]){1, ch, width});
        struct tensor w = bytes_tensor(sw, 3, (int64_t[]){k, ch, taps});
        struct tensor zx = zeros_tensor(sx, 1, false), zw = zeros_tensor(sw, k, each);
        struct tensor fx = {0}, fw = {0}, fy = {0}, zy = {0}, bias = {0};
        if (quantized) {
            fx = scales_tensor(1, false), fw = scales_tensor(k, each);
            fy = scales_tensor(1, false), zy = zeros_tensor(sy, 1, false);
            fy.data[0] *= 256;
            case_add(&c, x), case_add(&c, fx), case_add(&c, zx);
            case_add(&c, w), case_add(&c, fw), case_add(&c, zw);
            case_add(&c, fy), case_add(&c, zy);
            if (biased)
                case_add(&c, bias = integer_tensor(INT32, 1, &k, -90000, 90000));
        } else {
            case_add(&c, x), case_add(&c, w), case_add(&c, zx), case_add(&c, zw);
        }
        case_expect_run(&c);
        expect_shape(&c.out[0], 3, (int64_t[]){1, k, outs});
        for (int64_t i = 0; i < k * outs; i++) {
            int64_t filter = i / outs, sum = biased ? at_of(&bias, (size_t)filter) : 0;
            if (biased && bias.count == 1)
                sum = (int64_t)bias.data[0];
            for (int64_t j = 0; j < ch * taps; j++)
                sum += ((int64_t)x.data[j / taps * width + i % outs + j % taps] -
                        at_of(&zx, 0)) *
                       ((int64_t)w.data[filter * ch * taps + j] -
                        at_of(&zw, (size_t)filter));
            if (quantized) {
                double factor =
                    fx.data[0] * fw.data[fw.count == 1 ? 0 : filter] / fy.data[0];
                sum = clamp(nearest_even((double)sum * factor) + at_of(&zy, 0), sy);
            }
            assert_true(c.out[0].data[i] == (double)sum);
        }
        case_end(&c);
    }
}

static void products_of_integers(void **state) {
    (void)state;
    case_random = 42;
    for (unsigned round = 0; round < 800; round++) {
        bool quantized = round % 2, sa = pick(0, 1), sb = pick(0, 1), sy = pick(0, 1);
        int64_t m = pick(1, 4), inner = pick(1, 9), n = pick(1, 4);
        bool rows = pick(0, 1), columns = pick(0, 1);
        struct forward_case c;
        case_begin(&c, quantized ? "QLinearMatMul" : "MatMulInteger");
        struct tensor a = bytes_tensor(sa, 2, (int64_t[]){m, inner});
        struct tensor b = bytes_tensor(sb, 2, (int64_t[]){inner, n});
        struct tensor za = zeros_tensor(sa, m, rows), zb = zeros_tensor(sb, n, columns);
        struct tensor fa = {0}, fb = {0}, fy = {0}, zy = {0};
        if (quantized) {
            fa = scales_tensor(m, rows), fb = scales_tensor(n, columns);
            fy = scales_tensor(1, false), zy = zeros_tensor(sy, 1, false);
            fy.data[0] *= 256;
            case_add(&c, a), case_add(&c, fa), case_add(&c, za);
            case_add(&c, b), case_add(&c, fb), case_add(&c, zb);
            case_add(&c, fy), case_add(&c, zy);
        } else {
            case_add(&c, a), case_add(&c, b), case_add(&c, za), case_add(&c, zb);
        }
        case_expect_run(&c);
        for (int64_t i = 0; i < m * n; i++) {
            size_t row = (size_t)(i / n), column = (size_t)(i % n);
            int64_t sum = 0;
            for (int64_t t = 0; t < inner; t++)
                sum += ((int64_t)a.data[(int64_t)row * inner + t] - at_of(&za, row)) *
                       ((int64_t)b.data[t * n + (int64_t)column] - at_of(&zb, column));
            if (quantized) {
                double factor = fa.data[fa.count == 1 ? 0 : row] *
                                fb.data[fb.count == 1 ? 0 : column] / fy.data[0];
                sum = clamp(nearest_even((double)sum * factor) + at_of(&zy, 0), sy);
            }
            assert_true(c.out[0].data[i] == (double)sum);
        }
        case_end(&c);
    }
}

static void numbers_are_quantized_and_back(void **state) {
    (void)state;
    case_random = 43;
    for (unsigned round = 0; round < 600; round++) {
        bool back = round % 2, is_signed = pick(0, 1), each = pick(0, 1);
        struct tensor x;
        int64_t channels = pick(1, 4);
        const int64_t dims[3] = {2, channels, 3};
        if (back) {
            x = bytes_tensor(is_signed, 3, dims);
        } else {
            x = random_tensor(3, dims);
            for (size_t i = 0; i < x.count; i++) // many halves
                x.data[i] = (double)pick(-600, 600) / 8;
        }
        struct tensor scale = scales_tensor(channels, each);
        struct tensor zero = zeros_tensor(is_signed, channels, each);
        struct forward_case c;
        case_begin(&c, back ? "DequantizeLinear" : "QuantizeLinear");
        case_add(&c, x), case_add(&c, scale), case_add(&c, zero);
        onnx_set_int(&c.b, c.node, "axis", pick(0, 1) ? 1 : -2);
        case_expect_run(&c);
        for (size_t i = 0; i < x.count; i++) {
            size_t channel = i / 3 % (size_t)channels;
            double s = scale.data[scale.count == 1 ? 0 : channel];
            int64_t z = at_of(&zero, channel);
            double wanted =
                back ? (x.data[i] - (double)z) * s
                     : (double)clamp(nearest_even(x.data[i] / s) + z, is_signed);
            assert_true(c.out[0].data[i] == wanted);
        }
        case_end(&c);
    }
}

static void dynamic_quantization_takes_the_range(void **state) {
    (void)state;
    case_random = 44;
    for (unsigned round = 0; round < 200; round++) {
        struct tensor x = random_tensor(2, (int64_t[]){3, 4});
        float least = 0, most = 0;
        for (size_t i = 0; i < x.count; i++) {
            x.data[i] = round % 4 == 0   ? 0
                        : round % 4 == 1 ? fabs(x.data[i])
                                         : x.data[i];
            least = fminf(least, (float)x.data[i]);
            most = fmaxf(most, (float)x.data[i]);
        }
        struct forward_case c;
        case_begin(&c, "DynamicQuantizeLinear");
        case_add(&c, x);
        c.outputs = 3;
        case_expect_run(&c);
        double scale = most > least ? (double)((most - least) / 255) : 1;
        expect_near(c.out[1].data[0], scale);
        double zero = c.out[2].data[0];
        assert_true(fabs(zero + (double)least / scale) <= 0.5001);
        for (size_t i = 0; i < x.count; i++) {
            assert_true(c.out[0].data[i] >= 0 && c.out[0].data[i] <= 255);
            assert_true(fabs((c.out[0].data[i] - zero) * scale - x.data[i]) <=
                        0.5001 * scale);
        }
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_of_integers),
        cmocka_unit_test(products_of_integers),
        cmocka_unit_test(numbers_are_quantized_and_back),
        cmocka_unit_test(dynamic_quantization_takes_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
