// Operators whose products are known and whose numbers are not: layers are those of the
// products that they execute, or of the most that they may.
#include "support/forward_case.h"

enum { INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32, ROUNDS = 100 };

static void begin(struct forward_case *c, const char *op) {
    case_begin(c, op);
    c->node->domain = onnx_text(&c->b, "com.microsoft");
}

static void add(struct forward_case *c, bool stored, unsigned rank,
                const int64_t *dims) {
    struct tensor t = random_tensor(rank, dims);
    t.stored = stored;
    case_add(c, t);
}

static void expect(struct forward_case *c, uint64_t macs, uint64_t weights) {
    const struct case_layers made = case_layers(c);
    assert_int_equal(made.macs, macs);
    assert_int_equal(made.weights, weights);
    // Nothing runs it: refused by its name.
    struct sdse_onnx_graph graph;
    c->b.graph.n_initializer = c->b.graph.n_input = 0;
    sdse_diags_init(&c->diags, c->arena);
    case_graph(c, &graph);
    assert_int_equal(sdse_forward_check(&graph, &c->diags), SDSE_INVALID);
    assert_non_null(strstr(c->diags.first->message, "node 'node'"));
    assert_non_null(strstr(c->diags.first->message, c->node->op_type));
}

static uint64_t attention_macs(int64_t b, int64_t n, int64_t s, int64_t t, int64_t h,
                               int64_t v) {
    uint64_t macs = 0;
    for (int64_t i = 0; i < b * n * s * t; i++)
        for (int64_t j = 0; j < h + v; j++)
            macs++;
    return macs;
}

// All samples are as long as the longest.
static void tokens_without_padding(void **state) {
    (void)state;
    case_random = 101;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 3), s = pick(1, 4), n = pick(1, 3), h = pick(1, 3),
                      d = pick(1, 4), tokens = pick(1, b * s), all = n * h;
        const int kind = (int)(round % 3);
        struct forward_case c;
        begin(&c, kind == 0 ? "PackedAttention" : "PackedMultiHeadAttention");
        onnx_set_int(&c.b, c.node, "num_heads", n);
        uint64_t macs = attention_macs(b, n, s, s, h, h);
        if (kind == 0) {
            add(&c, false, 2, (int64_t[]){tokens, d});
            add(&c, true, 2, (int64_t[]){d, 3 * all});
            add(&c, true, 1, (int64_t[]){3 * all});
            macs += (uint64_t)(tokens * d * 3 * all);
        } else if (kind == 1) {
            add(&c, false, 4, (int64_t[]){tokens, n, 3, h});
            case_skip(&c), case_skip(&c), case_skip(&c);
        } else {
            for (int i = 0; i < 3; i++)
                add(&c, false, 2, (int64_t[]){tokens, all});
            case_skip(&c);
        }
        struct tensor offset = integer_tensor(INT32, 2, (int64_t[]){b, s}, 0, 3);
        offset.stored = false;
        case_add(&c, offset);
        expect(&c, macs, kind == 0 ? (uint64_t)(d * 3 * all) : 0);
        case_end(&c);
    }
}

static void keys_in_buffers(void **state) {
    (void)state;
    case_random = 102;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 2), m = pick(1, 2), n = m * pick(1, 2),
                      h = pick(1, 3), room = pick(3, 6), total = pick(1, room);
        const int kind = (int)(round % 3);
        const bool said = pick(0, 1);
        struct forward_case c;
        begin(&c, kind == 0   ? "SparseAttention"
                  : kind == 1 ? "DecoderMaskedMultiHeadAttention"
                              : "DecoderMaskedSelfAttention");
        onnx_set_int(&c.b, c.node, "num_heads", n);
        uint64_t weights = 0, macs;
        if (kind == 0) {
            onnx_set_int(&c.b, c.node, "kv_num_heads", m);
            add(&c, false, 3, (int64_t[]){b, 1, n * h});
            add(&c, false, 3, (int64_t[]){b, 1, m * h});
            add(&c, false, 3, (int64_t[]){b, 1, m * h});
            add(&c, false, 4, (int64_t[]){b, m, room, h});
            add(&c, false, 4, (int64_t[]){b, m, room, h});
            add(&c, true, 2, (int64_t[]){1, 2}), add(&c, true, 2, (int64_t[]){1, 2});
            struct tensor length = integer_tensor(INT32, 0, NULL, total, total);
            length.stored = said;
            case_add(&c, length);
            macs = attention_macs(b, n, 1, said ? total : room, h, h);
        } else {
            onnx_set_int(&c.b, c.node, "past_present_share_buffer", 1);
            macs = attention_macs(b, n, 1, room, h, h);
            if (kind == 1) {
                for (int i = 0; i < 3; i++)
                    add(&c, false, 3, (int64_t[]){b, 1, n * h});
                case_skip(&c), case_skip(&c);
                add(&c, false, 4, (int64_t[]){b, n, room, h});
                add(&c, false, 4, (int64_t[]){b, n, room, h});
            } else {
                add(&c, false, 3, (int64_t[]){b, 1, 5});
                add(&c, true, 2, (int64_t[]){5, 3 * n * h});
                add(&c, true, 1, (int64_t[]){3 * n * h});
                case_skip(&c);
                add(&c, false, 5, (int64_t[]){2, b, n, room, h});
                weights = (uint64_t)(5 * 3 * n * h);
                macs += (uint64_t)b * weights;
            }
        }
        expect(&c, macs, weights);
        case_end(&c);
    }
}

// Tokens are spread over experts evenly, rounded up.
static void experts_have_their_tokens(void **state) {
    (void)state;
    case_random = 103;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t t = pick(1, 9), e = pick(1, 4), k = pick(1, e), d = pick(2, 5),
                      inner = d + pick(1, 4);
        const bool third = pick(0, 1), newer = pick(0, 1), gated = !third && pick(0, 1);
        const int64_t wide = gated ? 2 * inner : inner;
        struct forward_case c;
        begin(&c, "MoE");
        onnx_set_int(&c.b, c.node, "k", k);
        add(&c, false, 2, (int64_t[]){t, d}), add(&c, false, 2, (int64_t[]){t, e});
        const int64_t up[3] = {e, newer ? wide : d, newer ? d : wide};
        const int64_t down[3] = {e, newer ? d : inner, newer ? inner : d};
        add(&c, true, 3, up), case_skip(&c), add(&c, true, 3, down), case_skip(&c);
        if (third)
            add(&c, true, 3, up);
        int64_t rows = 0; // of each expert
        while (rows * e < t * k)
            rows++;
        const uint64_t weights = (uint64_t)(e * d * (wide * (third ? 2 : 1) + inner));
        expect(&c, (uint64_t)rows * weights, weights);
        case_end(&c);
    }
}

// Experts that do not fit what they read stay a node.
static void experts_that_do_not_fit_are_said(void **state) {
    (void)state;
    for (unsigned fault = 0; fault < 5; fault++) {
        struct forward_case c;
        begin(&c, "MoE");
        onnx_set_int(&c.b, c.node, "k", fault == 2 ? 3 : 1);
        add(&c, false, 2, (int64_t[]){4, 5}), add(&c, false, 2, (int64_t[]){4, 2});
        add(&c, true, 3, (int64_t[]){2, 7, fault == 0 ? 6 : 5}), case_skip(&c);
        if (fault == 3) // what comes out is wider than what went in
            add(&c, true, 3, (int64_t[]){2, 7, 6});
        else
            add(&c, true, 3, (int64_t[]){2, 5, fault == 1 ? 6 : 7});
        if (fault == 4) // gates of another width than values
            case_skip(&c), add(&c, true, 3, (int64_t[]){2, 5, 8});
        struct sdse_onnx_graph graph;
        struct sdse_onnx_layers layers;
        case_graph(&c, &graph);
        case_make_layers(&graph, &layers);
        assert_int_equal(layers.not_modelled_count, 1);
        assert_string_equal(layers.not_modelled[0].op, "MoE");
        case_end(&c);
    }
}

static void others(void **state) {
    (void)state;
    case_random = 104;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 2), ch = pick(1, 4), len = pick(1, 6), k = pick(1, 4),
                      n = pick(1, 3), h = pick(1, 3), d = 2 * pick(1, 2);
        struct forward_case c;
        begin(&c, "CausalConvWithState");
        add(&c, false, 3, (int64_t[]){b, ch, len}),
            add(&c, true, 3, (int64_t[]){ch, 1, k});
        const bool past = k > 1 && pick(0, 1);
        case_skip(&c);
        if (past)
            add(&c, false, 3, (int64_t[]){b, ch, k - 1});
        uint64_t macs = 0;
        for (int64_t i = 0; i < b * ch * len; i++)
            for (int64_t j = 0; j < k; j++)
                macs++;
        const struct case_layers conv = case_layers(&c);
        assert_int_equal(conv.macs, macs);
        assert_int_equal(conv.weights, ch * k);
        case_end(&c);
        begin(&c, "GatedRelativePositionBias");
        onnx_set_int(&c.b, c.node, "num_heads", n);
        add(&c, false, 3, (int64_t[]){b, len, n * h}),
            add(&c, true, 1, (int64_t[]){n * h});
        add(&c, false, 4, (int64_t[]){1, n, len, len});
        add(&c, true, 2, (int64_t[]){h, d}), add(&c, true, 1, (int64_t[]){d});
        add(&c, true, 4, (int64_t[]){1, n, 1, 1});
        expect(&c, (uint64_t)(b * len * n * h * d), (uint64_t)(h * d));
        case_end(&c);
    }
}

// A row that sees what came before it, in numbers.
static void causal_convolutions_run(void **state) {
    (void)state;
    case_random = 105;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t ch = pick(1, 3), len = pick(1, 6), k = pick(2, 4);
        const bool past = pick(0, 1), silu = pick(0, 1);
        struct forward_case c;
        begin(&c, "CausalConvWithState");
        add(&c, false, 3, (int64_t[]){1, ch, len}),
            add(&c, true, 3, (int64_t[]){ch, 1, k});
        add(&c, true, 1, &ch);
        if (past)
            add(&c, false, 3, (int64_t[]){1, ch, k - 1});
        onnx_set_text(&c.b, c.node, "activation", silu ? "silu" : "none");
        case_expect_run(&c);
        for (int64_t i = 0; i < ch * len; i++) {
            double y = c.in[2].data[i / len];
            for (int64_t j = 0; j < k; j++) {
                const int64_t at = i % len + j - (k - 1), row = i / len;
                const double x = at >= 0 ? c.in[0].data[row * len + at]
                                 : past  ? c.in[3].data[row * (k - 1) + k - 1 + at]
                                         : 0;
                y += x * c.in[1].data[row * k + j];
            }
            const double wanted = silu ? y / (1 + exp(-y)) : y;
            assert_true(fabs(c.out[0].data[i] - wanted) <=
                        1e-5 * fmax(1, fabs(wanted)));
        }
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_without_padding),
        cmocka_unit_test(keys_in_buffers),
        cmocka_unit_test(experts_have_their_tokens),
        cmocka_unit_test(others),
        cmocka_unit_test(experts_that_do_not_fit_are_said),
        cmocka_unit_test(causal_convolutions_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
