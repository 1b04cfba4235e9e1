// DynamicQuantizeLSTM is an LSTM of the numbers that its integers stand for.
#include "support/forward_case.h"

enum {
    INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    ROUNDS = 100
};

// Scales [D] or [D][4 · hidden].
static struct tensor scales(int64_t directions, int64_t filters, bool each) {
    struct tensor t = make_tensor(1 + each, (int64_t[]){directions, filters});
    for (size_t i = 0; i < t.count; i++)
        t.data[i] = ldexp(1, -(int)pick(4, 7));
    t.stored = true;
    return t;
}

// The real weights [D][filters][inputs] of integers [D][inputs][filters].
static struct tensor turned(const struct tensor *q, const struct tensor *scale,
                            const struct tensor *zero) {
    const int64_t d = q->dim[0], in = q->dim[1], filters = q->dim[2];
    struct tensor t = make_tensor(3, (int64_t[]){d, filters, in});
    for (int64_t i = 0; i < d * filters * in; i++) {
        const int64_t own = i / in / filters, f = i / in % filters;
        const int64_t at = scale->rank == 2 ? own * filters + f : own;
        t.data[i] = (q->data[(own * in + i % in) * filters + f] - zero->data[at]) *
                    scale->data[at];
    }
    t.stored = true;
    return t;
}

static void set(struct forward_case *c, const char *domain, int64_t hidden,
                int64_t directions) {
    c->node->domain = onnx_text(&c->b, domain);
    onnx_set_int(&c->b, c->node, "hidden_size", hidden);
    if (directions == 2)
        onnx_set_text(&c->b, c->node, "direction", "bidirectional");
    c->outputs = 3;
}

static struct tensor copied(const struct tensor *x) {
    struct tensor t = make_tensor(x->rank, x->dim);
    memcpy(t.data, x->data, x->count * sizeof *x->data);
    t.stored = x->stored;
    return t;
}

static void quantized_weights_are_real_numbers(void **state) {
    (void)state;
    case_random = 111;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t steps = pick(1, 4), batch = pick(1, 2), in = pick(1, 4),
                      hidden = pick(1, 3), d = pick(1, 2), filters = 4 * hidden;
        const bool each = pick(0, 1), biased = pick(0, 1);
        struct forward_case c, plain;
        case_begin(&c, "DynamicQuantizeLSTM");
        set(&c, "com.microsoft", hidden, d);
        struct tensor x = random_tensor(3, (int64_t[]){steps, batch, in});
        x.stored = false;
        struct tensor w =
            integer_tensor(INT8, 3, (int64_t[]){d, in, filters}, -128, 127);
        struct tensor r =
            integer_tensor(UINT8, 3, (int64_t[]){d, hidden, filters}, 0, 255);
        struct tensor sw = scales(d, filters, each), sr = scales(d, filters, !each);
        struct tensor zw = integer_tensor(INT8, sw.rank, sw.dim, -20, 20),
                      zr = integer_tensor(UINT8, sr.rank, sr.dim, 90, 160), bias;
        case_add(&c, x), case_add(&c, w), case_add(&c, r);
        if (biased) {
            bias = random_tensor(2, (int64_t[]){d, 2 * filters});
            case_add(&c, bias);
        } else {
            case_skip(&c);
        }
        for (int i = 0; i < 4; i++)
            case_skip(&c);
        case_add(&c, sw), case_add(&c, zw), case_add(&c, sr), case_add(&c, zr);
        case_begin(&plain, "LSTM");
        set(&plain, "", hidden, d);
        case_add(&plain, copied(&x));
        case_add(&plain, turned(&w, &sw, &zw)), case_add(&plain, turned(&r, &sr, &zr));
        if (biased)
            case_add(&plain, copied(&bias));
        assert_int_equal(case_run(&c), SDSE_OK);
        assert_int_equal(case_run(&plain), SDSE_OK);
        for (unsigned o = 0; o < 3; o++) {
            assert_int_equal(c.out[o].count, plain.out[o].count);
            for (uint64_t i = 0; i < c.out[o].count; i++)
                expect_near(c.out[o].data[i], plain.out[o].data[i]);
        }
        uint64_t macs = 0;
        for (int64_t i = 0; i < steps * batch * d * filters; i++)
            for (int64_t j = 0; j < in + hidden; j++)
                macs++;
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights, d * filters * (in + hidden));
        assert_string_equal(made.layers.layer[0].name, "node.in");
        case_end(&c), case_end(&plain);
    }
}

// An LSTM that attends to a memory: its own products, and those of each step beside.
static void attending_cells_are_counted(void **state) {
    (void)state;
    case_random = 92;
    for (unsigned round = 0; round < 100; round++) {
        const int64_t steps = pick(1, 4), batch = pick(1, 3), in = pick(1, 4),
                      hidden = pick(1, 4), d = pick(1, 2), a = pick(1, 4),
                      rows = pick(1, 3), depth = pick(1, 4), wide = pick(1, 4);
        const bool last = pick(0, 1);
        const int64_t all = in + (last ? wide : depth);
        struct forward_case c;
        case_begin(&c, "AttnLSTM");
        set(&c, "com.microsoft", hidden, d);
        c.outputs = 1;
        const int64_t shapes[][3] = {
            {steps, batch, in},       {d, 4 * hidden, all}, {d, 4 * hidden, hidden},
            {d, hidden, a},           {d, depth, a},        {batch, rows, depth},
            {d, depth + hidden, wide}};
        for (unsigned i = 0; i < 14; i++) {
            const int which = i < 3     ? (int)i
                              : i == 8  ? 3
                              : i == 9  ? 4
                              : i == 11 ? 5
                              : i == 13 ? 6
                                        : -1;
            if (i == 10) {
                struct tensor v = random_tensor(2, (int64_t[]){d, a});
                v.stored = true;
                case_add(&c, v);
            } else if (which < 0 || (which == 6 && !last)) {
                case_skip(&c);
            } else {
                struct tensor t = random_tensor(3, shapes[which]);
                t.stored = which != 0 && which != 5;
                case_add(&c, t);
            }
        }
        uint64_t macs = 0;
        for (int64_t way = 0; way < d; way++) {
            macs += (uint64_t)(batch * rows * depth * a); // the memory's keys, once
            for (int64_t t = 0; t < steps * batch; t++) {
                macs += (uint64_t)(4 * hidden * (all + hidden)); // the cell
                macs += (uint64_t)(hidden * a);                  // its query
                macs += (uint64_t)(rows * a + rows * depth); // who fits, what is seen
                macs += (uint64_t)(last ? (depth + hidden) * wide : 0);
            }
        }
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights,
                         d * (4 * hidden * (all + hidden) + hidden * a + depth * a + a +
                              (last ? (depth + hidden) * wide : 0)));
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantized_weights_are_real_numbers),
        cmocka_unit_test(attending_cells_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
