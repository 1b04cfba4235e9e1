// Fused, packed and quantized products against their definitions: numbers of a run,
// MACs and weights of the layers.
#include "support/forward_case.h"

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
    ROUNDS = 400,
};

static void begin(struct forward_case *c, const char *op) {
    case_begin(c, op);
    c->node->domain = onnx_text(&c->b, "com.microsoft");
}

static struct tensor stored_reals(unsigned rank, const int64_t *dims) {
    struct tensor t = random_tensor(rank, dims);
    t.stored = true;
    return t;
}

static struct tensor given_reals(unsigned rank, const int64_t *dims) {
    struct tensor t = random_tensor(rank, dims);
    t.stored = false;
    return t;
}

// A run that gives these numbers, to what f32 holds after each node on the way.
static void expect_numbers(struct forward_case *c, const double *wanted, size_t count) {
    if (case_run(c) != SDSE_OK)
        sdse_diags_print(&c->diags, stderr, false);
    assert_int_equal(c->status, SDSE_OK);
    assert_int_equal(c->out[0].count, count);
    double largest = 1;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(wanted[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(c->out[0].data[i] - wanted[i]) <= 3e-6 * largest))
            fail_msg("number %zu of %zu: got %.9g, wanted %.9g", i, count,
                     c->out[0].data[i], wanted[i]);
}

// ---- MatMulNBits ------------------------------------------------------------

static unsigned number_in(const struct tensor *bytes, int64_t first, int64_t i,
                          int64_t bits) {
    const unsigned byte = (unsigned)bytes->data[first + i * bits / 8];
    return byte >> (i * bits % 8) & ((1u << bits) - 1);
}

static void weights_of_a_few_bits(void **state) {
    (void)state;
    case_random = 71;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t bits = (int64_t[]){2, 4, 8}[pick(0, 2)], block = 8 * pick(1, 2);
        const int64_t k = pick(1, 40), n = pick(1, 5), m = pick(1, 3);
        const int64_t blocks = (k + block - 1) / block, each = block * bits / 8;
        const int64_t zero_row = (blocks * bits + 7) / 8;
        const int zeros = (int)pick(0, 2); // none, packed, real
        const bool grouped = pick(0, 3) == 0, biased = pick(0, 1);
        struct forward_case c;
        begin(&c, "MatMulNBits");
        struct tensor a = given_reals(3, (int64_t[]){1, m, k});
        struct tensor b =
            integer_tensor(UINT8, 3, (int64_t[]){n, blocks, each}, 0, 255);
        struct tensor s = stored_reals(1, (int64_t[]){n * blocks});
        struct tensor z = {0}, g = {0}, bias = {0};
        case_add(&c, a), case_add(&c, b), case_add(&c, s);
        if (zeros == 1)
            case_add(&c,
                     z = integer_tensor(UINT8, 1, (int64_t[]){n * zero_row}, 0, 255));
        else if (zeros == 2)
            case_add(&c, z = stored_reals(2, (int64_t[]){n, blocks}));
        else
            case_skip(&c);
        if (grouped)
            case_add(&c, g = integer_tensor(INT32, 1, &k, 0, blocks - 1));
        else
            case_skip(&c);
        if (biased)
            case_add(&c, bias = stored_reals(1, &n));
        onnx_set_int(&c.b, c.node, "K", k);
        onnx_set_int(&c.b, c.node, "N", n);
        if (bits != 4 || pick(0, 1))
            onnx_set_int(&c.b, c.node, "bits", bits);
        onnx_set_int(&c.b, c.node, "block_size", block);
        double *wanted = calloc((size_t)(m * n), sizeof *wanted);
        uint64_t macs = 0;
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                wanted[i * n + j] = biased ? bias.data[j] : 0;
                for (int64_t l = 0; l < k; l++) {
                    const int64_t at = grouped ? (int64_t)g.data[l] : l / block;
                    double zero = zeros == 0   ? ldexp(1, (int)bits - 1)
                                  : zeros == 1 ? number_in(&z, j * zero_row, at, bits)
                                               : z.data[j * blocks + at];
                    double q = number_in(&b, j * blocks * each, l, bits);
                    wanted[i * n + j] +=
                        a.data[i * k + l] * (q - zero) * s.data[j * blocks + at];
                    macs++;
                }
            }
        expect_numbers(&c, wanted, (size_t)(m * n));
        free(wanted);
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights, k * n);
        assert_string_equal(made.layers.layer[0].name, "node");
        case_end(&c);
    }
}

// MatMulBnb4: the upper half of a byte first, blocks that go on from row to row.
static void weights_of_four_bits_of_normal_numbers(void **state) {
    (void)state;
    case_random = 76;
    // As bitsandbytes prints them, to 4 digits.
    static const double normal[16] = {
        -1,     -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0,
        0.0796, 0.1609,  0.2461,  0.3379,  0.4407,  0.5626,  0.7230,  1};
    static const double floats[8] = {0, 0.0052, 0.6667, 1, 0.3333, 0.5, 0.1667, 0.25};
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t block = 4 * pick(1, 2), m = pick(1, 3);
        const int64_t n = pick(1, 4) * 2, k = pick(1, 4) * 4; // whole blocks
        const bool nf = pick(0, 1);
        struct forward_case c;
        begin(&c, "MatMulBnb4");
        struct tensor a = given_reals(2, (int64_t[]){m, k});
        struct tensor b = integer_tensor(UINT8, 1, (int64_t[]){n * k / 2}, 0, 255);
        struct tensor s = stored_reals(1, (int64_t[]){n * k / block});
        case_add(&c, a), case_add(&c, b), case_add(&c, s);
        onnx_set_int(&c.b, c.node, "K", k);
        onnx_set_int(&c.b, c.node, "N", n);
        onnx_set_int(&c.b, c.node, "block_size", block);
        onnx_set_int(&c.b, c.node, "quant_type", nf);
        double wanted[64] = {0};
        uint64_t macs = 0;
        for (int64_t i = 0; i < m * n; i++)
            for (int64_t l = 0; l < k; l++, macs++) {
                const int64_t at = i % n * k + l;
                const unsigned byte = (unsigned)b.data[at / 2];
                const unsigned code = at % 2 ? byte & 15 : byte >> 4;
                const double real = nf         ? normal[code]
                                    : code < 8 ? floats[code]
                                               : -floats[code - 8];
                wanted[i] += a.data[i / n * k + l] * real * s.data[at / block];
            }
        assert_int_equal(case_run(&c), SDSE_OK);
        for (int64_t i = 0; i < m * n; i++)
            assert_true(fabs(c.out[0].data[i] - wanted[i]) <= 2e-2);
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights, k * n);
        case_end(&c);
    }
}

// ---- FusedMatMul ------------------------------------------------------------

// Element [batch][i][j] of an operand that is stored transposed as said.
static double turned_at(const struct tensor *t, bool batched, bool turned, int64_t b,
                        int64_t i, int64_t j, int64_t batches) {
    const int64_t row = turned ? j : i, column = turned ? i : j;
    const int64_t rows = batched ? t->dim[0] : t->dim[t->rank - 2];
    const int64_t columns = t->dim[t->rank - 1];
    if (t->rank == 2)
        return t->data[row * columns + column];
    return batched ? t->data[(row * batches + b) * columns + column]
                   : t->data[(b * rows + row) * columns + column];
}

static struct tensor turned_tensor(bool stacked, bool batched, bool turned,
                                   int64_t batch, int64_t rows, int64_t columns) {
    const int64_t r = turned ? columns : rows, s = turned ? rows : columns;
    if (!stacked)
        return given_reals(2, (int64_t[]){r, s});
    return batched ? given_reals(3, (int64_t[]){r, batch, s})
                   : given_reals(3, (int64_t[]){batch, r, s});
}

static void transposed_and_scaled_products(void **state) {
    (void)state;
    case_random = 72;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool stack[2] = {pick(0, 1), pick(0, 1)};
        const bool batched[2] = {stack[0] && pick(0, 1), stack[1] && pick(0, 1)};
        const bool turned[2] = {pick(0, 1), pick(0, 1)}, act = pick(0, 1);
        const int64_t batch = pick(1, 3), m = pick(1, 4), k = pick(1, 5),
                      n = pick(1, 4);
        const double alpha = pick(0, 1) ? 1 : 0.125;
        const int64_t all = stack[0] || stack[1] ? batch : 1;
        struct forward_case c;
        begin(&c, act ? "FusedMatMulActivation" : "FusedMatMul");
        struct tensor a = turned_tensor(stack[0], batched[0], turned[0], batch, m, k);
        struct tensor b = turned_tensor(stack[1], batched[1], turned[1], batch, k, n);
        b.stored = !stack[1] && pick(0, 1);
        case_add(&c, a), case_add(&c, b);
        onnx_set_int(&c.b, c.node, "transA", turned[0]);
        onnx_set_int(&c.b, c.node, "transB", turned[1]);
        onnx_set_int(&c.b, c.node, "transBatchA", batched[0]);
        onnx_set_int(&c.b, c.node, "transBatchB", batched[1]);
        if (alpha != 1)
            onnx_attribute(&c.b, c.node, "alpha")->f = (float)alpha,
                                         c.node->attribute[4]->has_f = 1;
        if (act)
            onnx_set_text(&c.b, c.node, "activation", "Relu");
        double wanted[64];
        uint64_t macs = 0;
        for (int64_t at = 0; at < all * m * n; at++) {
            const int64_t z = at / m / n, i = at / n % m, j = at % n;
            wanted[at] = 0;
            for (int64_t l = 0; l < k; l++, macs++)
                wanted[at] += turned_at(&a, batched[0], turned[0], z, i, l, batch) *
                              turned_at(&b, batched[1], turned[1], z, l, j, batch);
            wanted[at] *= alpha;
            if (act && wanted[at] < 0)
                wanted[at] = 0;
        }
        expect_numbers(&c, wanted, (size_t)(all * m * n));
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        // A factor of 1 is none.
        assert_in_range(made.layers.count, 1, 1 + (alpha != 1) + act);
        case_end(&c);
    }
}

// ---- integer products -------------------------------------------------------

// Of x's filter f, or of all.
static double of(const struct tensor *t, int64_t f) {
    return t->count == 0 ? 0 : t->data[t->count == 1 ? 0 : f];
}

static struct tensor scales(int64_t count, bool several) {
    struct tensor t = several ? make_tensor(1, &count) : make_tensor(0, NULL);
    for (size_t i = 0; i < t.count; i++)
        t.data[i] = ldexp(1, -(int)pick(1, 6));
    t.stored = true;
    return t;
}

// MatMulIntegerToFloat and DynamicQuantizeMatMul: b by filters or whole.
static void integer_products_as_real_numbers(void **state) {
    (void)state;
    case_random = 73;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool dynamic = round % 2, each = pick(0, 1), biased = pick(0, 1);
        const bool shifted = pick(0, 1);
        const int64_t m = pick(1, 3), k = pick(1, 6), n = pick(2, 4);
        struct forward_case c;
        begin(&c, dynamic ? "DynamicQuantizeMatMul" : "MatMulIntegerToFloat");
        struct tensor b = integer_tensor(INT8, 2, (int64_t[]){k, n}, -128, 127);
        struct tensor sb = scales(n, each), zb = {0}, bias = {0}, a, sa = {0}, za = {0};
        if (shifted)
            zb = integer_tensor(INT8, each, &n, -9, 9);
        if (dynamic) {
            // Eights of -16 … 15.875: the scale is 1/8 and the zero point 128.
            a = given_reals(2, (int64_t[]){m, k});
            for (size_t i = 0; i < a.count; i++)
                a.data[i] = (double)pick(-128, 127) / 8;
            a.data[0] = -16;
            if (a.count > 1)
                a.data[1] = 15.875;
            if (a.count == 1) {
                free(a.data), free(b.data), free(sb.data), free(zb.data);
                sdse_arena_free(c.arena);
                continue;
            }
            case_add(&c, a), case_add(&c, b), case_add(&c, sb);
        } else {
            a = integer_tensor(UINT8, 2, (int64_t[]){m, k}, 0, 255);
            a.stored = false;
            sa = scales(1, false), za = integer_tensor(UINT8, 0, NULL, 0, 200);
            case_add(&c, a), case_add(&c, b), case_add(&c, sa), case_add(&c, sb);
            case_add(&c, za);
        }
        if (shifted)
            case_add(&c, zb);
        else
            case_skip(&c);
        if (biased)
            case_add(&c, bias = stored_reals(1, &n));
        double wanted[16];
        uint64_t macs = 0;
        for (int64_t i = 0; i < m * n; i++) {
            wanted[i] = 0;
            for (int64_t l = 0; l < k; l++, macs++) {
                const double x =
                    dynamic ? a.data[i / n * k + l]
                            : (a.data[i / n * k + l] - za.data[0]) * sa.data[0];
                wanted[i] +=
                    x * (b.data[l * n + i % n] - of(&zb, i % n)) * of(&sb, i % n);
            }
            wanted[i] += biased ? bias.data[i % n] : 0;
        }
        expect_numbers(&c, wanted, (size_t)(m * n));
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights, k * n);
        assert_false(sdse_diags_fired(&c.diags, "onnx-unscaled"));
        case_end(&c);
    }
}

static void quantized_gemm(void **state) {
    (void)state;
    case_random = 74;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool ta = pick(0, 1), tb = pick(0, 1), each = pick(0, 1);
        const bool biased = pick(0, 1), whole = pick(0, 1);
        const int64_t m = pick(1, 3), k = pick(1, 6), n = pick(2, 4);
        struct forward_case c;
        begin(&c, "QGemm");
        struct tensor a = integer_tensor(
            UINT8, 2, ta ? (int64_t[]){k, m} : (int64_t[]){m, k}, 0, 255);
        struct tensor b = integer_tensor(
            INT8, 2, tb ? (int64_t[]){n, k} : (int64_t[]){k, n}, -128, 127);
        struct tensor sa = scales(1, false), sb = scales(n, each), bias = {0};
        struct tensor za = integer_tensor(UINT8, 0, NULL, 0, 200);
        struct tensor zb = integer_tensor(INT8, each, &n, -9, 9), sy = {0}, zy = {0};
        a.stored = false;
        case_add(&c, a), case_add(&c, sa), case_add(&c, za);
        case_add(&c, b), case_add(&c, sb), case_add(&c, zb);
        if (biased)
            case_add(&c, bias = integer_tensor(INT32, 1, &n, -9999, 9999));
        else
            case_skip(&c);
        if (whole) {
            sy = scales(1, false), sy.data[0] *= 256;
            case_add(&c, sy), case_add(&c, zy = integer_tensor(UINT8, 0, NULL, 0, 200));
        }
        onnx_set_int(&c.b, c.node, "transA", ta);
        onnx_set_int(&c.b, c.node, "transB", tb);
        onnx_attribute(&c.b, c.node, "alpha")->f = 0.5f;
        c.node->attribute[2]->has_f = 1;
        double wanted[16];
        uint64_t macs = 0;
        for (int64_t i = 0; i < m * n; i++) {
            const int64_t row = i / n, f = i % n;
            double sum = biased ? bias.data[f] : 0;
            for (int64_t l = 0; l < k; l++, macs++)
                sum += (a.data[ta ? l * m + row : row * k + l] - za.data[0]) *
                       (b.data[tb ? f * k + l : l * n + f] - of(&zb, f));
            wanted[i] = 0.5 * sum * sa.data[0] * of(&sb, f);
            if (whole)
                wanted[i] =
                    fmin(fmax(nearbyint(wanted[i] / sy.data[0]) + zy.data[0], 0), 255);
        }
        expect_numbers(&c, wanted, (size_t)(m * n));
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights, k * n);
        case_end(&c);
    }
}

// ---- channels last ----------------------------------------------------------

static void convolutions_with_channels_last(void **state) {
    (void)state;
    case_random = 75;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool fused = pick(0, 1), added = fused && pick(0, 1);
        const int64_t g = pick(1, 2), ch = g * pick(1, 2), f = g * pick(1, 2);
        const int64_t h = pick(3, 5), wd = pick(3, 6), r = pick(1, 3), s = pick(1, 3);
        const int64_t stride = pick(1, 2), pad = pick(0, 1);
        const int64_t p = (h + 2 * pad - r) / stride + 1,
                      q = (wd + 2 * pad - s) / stride + 1;
        struct forward_case c;
        begin(&c, fused ? "NhwcFusedConv" : "NhwcConv");
        struct tensor x = given_reals(4, (int64_t[]){1, h, wd, ch});
        struct tensor w = stored_reals(4, (int64_t[]){f, ch / g, r, s});
        struct tensor bias = stored_reals(1, &f), z = {0};
        case_add(&c, x), case_add(&c, w), case_add(&c, bias);
        if (added)
            case_add(&c, z = given_reals(4, (int64_t[]){1, p, q, f}));
        onnx_set_int(&c.b, c.node, "group", g);
        onnx_set_ints(&c.b, c.node, "strides", ONNX_DIMS(stride, stride));
        onnx_set_ints(&c.b, c.node, "pads", ONNX_DIMS(pad, pad, pad, pad));
        double *wanted = calloc((size_t)(p * q * f), sizeof *wanted);
        uint64_t macs = 0;
        for (int64_t at = 0; at < p * q * f; at++) {
            const int64_t k = at % f, col = at / f % q, row = at / f / q;
            wanted[at] = bias.data[k] + (added ? z.data[at] : 0);
            for (int64_t i = 0; i < ch / g * r * s; i++, macs++) {
                const int64_t l = i / r / s, y = row * stride + i / s % r - pad,
                              v = col * stride + i % s - pad;
                if (y >= 0 && y < h && v >= 0 && v < wd)
                    wanted[at] +=
                        w.data[k * (ch / g * r * s) + i] *
                        x.data[(y * wd + v) * ch + k / (f / g) * (ch / g) + l];
            }
        }
        expect_numbers(&c, wanted, (size_t)(p * q * f));
        free(wanted);
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights, f * (ch / g) * r * s);
        case_end(&c);
    }
}

// What does not fit is said, not guessed.
static void products_that_do_not_fit_stay(void **state) {
    (void)state;
    for (unsigned fault = 0; fault < 6; fault++) {
        struct forward_case c;
        begin(&c, "MatMulNBits");
        const int64_t block = fault == 0 ? 3 : 16;
        struct tensor a = given_reals(2, (int64_t[]){1, 32});
        case_add(&c, a);
        case_add(&c, integer_tensor(fault == 1 ? INT8 : UINT8, 3,
                                    (int64_t[]){4, 2, fault == 2 ? 9 : 8}, 0, 100));
        case_add(&c, stored_reals(1, (int64_t[]){fault == 3 ? 7 : 8}));
        if (fault == 4)
            case_add(&c, integer_tensor(UINT8, 1, (int64_t[]){5}, 0, 9));
        onnx_set_int(&c.b, c.node, "K", 32);
        onnx_set_int(&c.b, c.node, "N", 4);
        onnx_set_int(&c.b, c.node, "bits", fault == 5 ? 3 : 4);
        onnx_set_int(&c.b, c.node, "block_size", block);
        struct sdse_onnx_graph graph;
        struct sdse_onnx_layers layers;
        case_graph(&c, &graph);
        case_make_layers(&graph, &layers);
        assert_int_equal(layers.not_modelled_count, 1);
        assert_string_equal(layers.not_modelled[0].op, "MatMulNBits");
        assert_int_equal(layers.not_modelled[0].weights, 32 * 4);
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_of_a_few_bits),
        cmocka_unit_test(weights_of_four_bits_of_normal_numbers),
        cmocka_unit_test(transposed_and_scaled_products),
        cmocka_unit_test(integer_products_as_real_numbers),
        cmocka_unit_test(quantized_gemm),
        cmocka_unit_test(convolutions_with_channels_last),
        cmocka_unit_test(products_that_do_not_fit_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
