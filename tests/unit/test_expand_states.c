// Attention with a state, a window, pages or a cache, and convolutions of their kind:
// multiplications counted one by one where nothing runs, numbers where it does.
#include "support/forward_case.h"

enum { INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32, INT8 = 3, BOOL = 9, ROUNDS = 100 };

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

static void add_flag(struct forward_case *c, bool value) {
    case_add(c, integer_tensor(BOOL, 0, NULL, value, value));
}

// Approximated, and refused by its name where it should run.
static struct case_layers expect(struct forward_case *c, uint64_t macs,
                                 uint64_t weights) {
    const struct case_layers made = case_layers(c);
    assert_int_equal(made.macs, macs);
    assert_int_equal(made.weights, weights);
    assert_true(sdse_diags_fired(&c->diags, "onnx-approximated"));
    struct sdse_onnx_graph graph;
    c->b.graph.n_initializer = c->b.graph.n_input = 0;
    sdse_diags_init(&c->diags, c->arena);
    case_graph(c, &graph);
    sdse_diags_init(&c->diags, c->arena);
    assert_int_equal(sdse_forward_check(&graph, &c->diags), SDSE_INVALID);
    assert_non_null(strstr(c->diags.first->message, "node 'node'"));
    return made;
}

// ---- a state ------------------------------------------------------------------

// Multiply-accumulates of the recurrence, token by token and head by head.
static uint64_t recurrence_macs(int64_t b, int64_t steps, int64_t heads, int64_t states,
                                int64_t k, int64_t v, bool delta) {
    uint64_t macs = 0;
    const int64_t outputs = heads > states ? heads : states;
    for (int64_t t = 0; t < b * steps; t++) {
        for (int64_t s = 0; s < states; s++)
            for (int64_t i = 0; i < k * v; i++)
                macs += delta ? 2 : 1; // what the key retrieves; what it changes
        for (int64_t o = 0; o < outputs; o++)
            for (int64_t i = 0; i < k * v; i++)
                macs++; // what the query reads
    }
    return macs;
}

static void states_are_changed_by_each_token(void **state) {
    (void)state;
    static const char *const rules[] = {"linear", "gated", "delta", "gated_delta"};
    case_random = 401;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 2), t = pick(1, 5), k = pick(1, 4), v = pick(1, 4),
                      kv = pick(1, 2), q = kv * pick(1, 3);
        const bool inverse = pick(0, 1), net = pick(0, 1), past = pick(0, 1);
        const int rule = (int)pick(0, 3);
        // Of a net queries and keys have as many heads, values as many or more.
        const int64_t heads = net || inverse ? kv : q, valued = net || inverse ? q : kv,
                      keyed = net ? kv : valued;
        struct forward_case c;
        begin(&c, net ? "GatedDeltaNet" : "LinearAttention");
        if (rule < 3 || pick(0, 1))
            onnx_set_text(&c.b, c.node, "update_rule", rules[rule]);
        const bool packed = net && pick(0, 1); // rank 3: sequences one after the other
        const int64_t tokens = packed ? b * t - pick(0, b - 1) : t;
        const int64_t steps = packed ? (tokens + b - 1) / b : t;
        if (!net) {
            onnx_set_int(&c.b, c.node, "q_num_heads", heads);
            onnx_set_int(&c.b, c.node, "kv_num_heads", valued);
            add(&c, false, 3, (int64_t[]){b, t, heads * k});
            add(&c, false, 3, (int64_t[]){b, t, keyed * k});
            add(&c, false, 3, (int64_t[]){b, t, valued * v});
            if (past)
                add(&c, false, 4, (int64_t[]){b, valued, k, v});
            else
                case_skip(&c);
            if (rule % 2)
                add(&c, false, 3, (int64_t[]){b, t, valued});
        } else {
            const int64_t q4[4] = {b, t, heads, k}, k4[4] = {b, t, keyed, k},
                          v4[4] = {b, t, valued, v}, q3[3] = {tokens, heads, k},
                          k3[3] = {tokens, keyed, k}, v3[3] = {tokens, valued, v};
            add(&c, false, packed ? 3 : 4, packed ? q3 : q4);
            add(&c, false, packed ? 3 : 4, packed ? k3 : k4);
            add(&c, false, packed ? 3 : 4, packed ? v3 : v4);
            struct tensor ends = integer_tensor(INT32, 1, (int64_t[]){b + 1}, 0, 1);
            const bool said = packed && pick(0, 1);
            if (said)
                case_add(&c, ends);
            else
                case_skip(&c), free(ends.data);
            case_skip(&c), case_skip(&c);
            if (packed && !said)
                add(&c, false, 4, (int64_t[]){b, valued, v, k});
        }
        c.outputs = (unsigned)pick(1, 2);
        const int64_t states = keyed > valued ? keyed : valued;
        expect(&c, recurrence_macs(b, steps, heads, states, k, v, rule >= 2), 0);
        case_end(&c);
    }
}

// ---- a window -----------------------------------------------------------------

static void documents_see_their_neighbours(void **state) {
    (void)state;
    case_random = 402;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 2), w = pick(1, 3), s = 2 * w * pick(1, 3),
                      n = pick(1, 2), h = pick(1, 3), d = n * h;
        const bool bytes = pick(0, 1), known = pick(0, 1), turned = pick(0, 1);
        struct forward_case c;
        begin(&c, bytes ? "QOrderedLongformerAttention" : "LongformerAttention");
        onnx_set_int(&c.b, c.node, "num_heads", n);
        onnx_set_int(&c.b, c.node, "window", w);
        struct tensor flags = integer_tensor(INT32, 2, (int64_t[]){b, s}, 0, 0);
        int64_t whole = 1; // if it is not known
        if (known) {
            whole = pick(0, 2);
            const int64_t sample = pick(0, b - 1);
            for (int64_t i = 0; i < whole; i++)
                flags.data[sample * s + 2 * i % s] = 1;
            whole = whole > 1 && s == 2 ? 1 : whole; // the same one twice
        }
        flags.stored = known;
        add(&c, false, 3, (int64_t[]){b, s, d});
        if (bytes) {
            onnx_set_int(&c.b, c.node, "order_weight", !turned);
            onnx_set_int(&c.b, c.node, "order_global_weight", 1);
            add(&c, true, 0, NULL);
            case_add(&c, integer_tensor(INT8, 2, (int64_t[]){d, 3 * d}, -9, 9));
            add(&c, true, 0, NULL), add(&c, true, 1, (int64_t[]){3 * d});
            add(&c, true, 0, NULL), add(&c, true, 0, NULL);
            add(&c, false, 2, (int64_t[]){b, s});
            case_add(&c, integer_tensor(INT8, 2, (int64_t[]){d, 3 * d}, -9, 9));
            add(&c, true, 0, NULL), add(&c, true, 1, (int64_t[]){3 * d});
            add(&c, true, 0, NULL), case_add(&c, flags), add(&c, true, 0, NULL);
        } else {
            add(&c, true, 2, (int64_t[]){d, 3 * d}),
                add(&c, true, 1, (int64_t[]){3 * d});
            add(&c, false, 2, (int64_t[]){b, s});
            add(&c, true, 2, (int64_t[]){d, 3 * d}),
                add(&c, true, 1, (int64_t[]){3 * d});
            case_add(&c, flags);
        }
        // Projections, and products of each token with the keys of three blocks (all
        // of them if there are no more) and of those that see all.
        uint64_t macs = (uint64_t)(b * s * d * 3 * d);
        for (int64_t i = 0; i < b * n * s; i++)
            for (int64_t key = 0; key < (3 * w < s ? 3 * w + whole : s); key++)
                macs += 2 * (uint64_t)h;
        if (whole > 0)
            macs += (uint64_t)(b * whole * d * d + b * s * d * 2 * d +
                               2 * b * n * whole * s * h);
        const uint64_t once = (uint64_t)(d * 3 * d);
        expect(&c, macs, whole > 0 ? 2 * once : once);
        case_end(&c);
    }
}

// ---- pages --------------------------------------------------------------------

static void pages_are_full(void **state) {
    (void)state;
    case_random = 403;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 3), m = pick(1, 2), n = m * pick(1, 2),
                      h = pick(1, 4), tokens = pick(b, 3 * b), block = pick(1, 3),
                      pages = pick(1, 3);
        const int kind = (int)(round % 3); // apart, in one, latent
        const int64_t shared = kind == 2 ? 1 : m, v = kind == 2 ? pick(1, h) : h;
        struct forward_case c;
        begin(&c, "PagedAttention");
        onnx_set_int(&c.b, c.node, "num_heads", n);
        onnx_set_int(&c.b, c.node, "kv_num_heads", shared);
        add(&c, false, 2,
            (int64_t[]){tokens, kind == 1 ? (n + 2 * shared) * h : n * h});
        if (kind == 1)
            case_skip(&c);
        else
            add(&c, false, 2, (int64_t[]){tokens, shared * h});
        if (kind == 0)
            add(&c, false, 2, (int64_t[]){tokens, shared * h});
        else
            case_skip(&c);
        add(&c, false, 4, (int64_t[]){7, block, shared, h});
        if (kind == 2) {
            case_skip(&c);
            onnx_set_text(&c.b, c.node, "kv_cache_layout", "LATENT");
            onnx_set_int(&c.b, c.node, "v_head_size", v);
        } else {
            add(&c, false, 4, (int64_t[]){7, block, shared, h});
        }
        add(&c, false, 1, (int64_t[]){b + 1}), add(&c, false, 1, &b);
        add(&c, false, 2, (int64_t[]){b, pages});
        const int64_t queries = (tokens + b - 1) / b, keys = pages * block;
        uint64_t macs = 0;
        for (int64_t i = 0; i < b * n * queries * keys; i++)
            macs += (uint64_t)(h + v);
        expect(&c, macs, 0);
        case_end(&c);
    }
}

// ---- a cache ------------------------------------------------------------------

// Attention by its definition: q [S][B][D] and key [T][B][D], projected; each head of
// each sample by itself.
static void decoders_run(void **state) {
    (void)state;
    case_random = 404;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 2), s = pick(1, 3), t = pick(1, 4), n = pick(1, 2),
                      h = pick(1, 3), d = n * h, p = pick(1, 3);
        const bool crossed = pick(0, 1), cached = pick(0, 1), hidden = pick(0, 1),
                   gives = pick(0, 1);
        const int64_t fresh = crossed ? (cached ? 0 : t) : s,
                      keys = (cached ? p : 0) + fresh;
        struct forward_case c;
        begin(&c, "DecoderAttention");
        onnx_set_int(&c.b, c.node, "num_heads", n);
        add(&c, false, 3, (int64_t[]){s, b, d}),
            add(&c, false, 3, (int64_t[]){t, b, d});
        add(&c, true, 2, (int64_t[]){d, d}), add(&c, true, 2, (int64_t[]){d, 2 * d});
        add(&c, true, 1, (int64_t[]){3 * d});
        if (hidden) {
            case_add(&c, integer_tensor(BOOL, 2, (int64_t[]){b, keys}, 0, 1));
            for (int64_t i = 0; i < b; i++)
                c.in[5].data[i * keys] = 0; // one is seen at least
        } else {
            case_skip(&c);
        }
        if (cached) {
            add(&c, false, 4, (int64_t[]){b, n, p, h});
            add(&c, false, 4, (int64_t[]){b, n, p, h});
        } else {
            case_skip(&c), case_skip(&c);
        }
        add_flag(&c, crossed), add_flag(&c, cached), add_flag(&c, cached);
        add_flag(&c, hidden);
        c.outputs = gives ? 3 : 1;
        case_expect_run(&c);
        uint64_t macs = 0;
        const struct tensor *other = &c.in[crossed ? 1 : 0];
        double *kv = calloc((size_t)(b * (keys + 1) * 2 * d), sizeof *kv);
        for (int64_t i = 0; i < b * keys * 2 * d; i++) {
            const int64_t sample = i / (keys * 2 * d), row = i / (2 * d) % keys,
                          column = i % (2 * d), head = column % d / h;
            if (cached && row < p) {
                kv[i] = c.in[column < d ? 6 : 7]
                            .data[((sample * n + head) * p + row) * h + column % h];
                continue;
            }
            kv[i] = c.in[4].data[d + column];
            for (int64_t j = 0; j < d; j++, macs++)
                kv[i] += other->data[((row - (cached ? p : 0)) * b + sample) * d + j] *
                         c.in[3].data[j * 2 * d + column];
        }
        for (int64_t i = 0; i < s * b * n; i++) {
            const int64_t row = i / (b * n), sample = i / n % b, head = i % n;
            double q[8], weight[16], sum = 0;
            for (int64_t j = 0; j < h; j++) {
                q[j] = c.in[4].data[head * h + j];
                for (int64_t l = 0; l < d; l++, macs++)
                    q[j] += c.in[0].data[(row * b + sample) * d + l] *
                            c.in[2].data[l * d + head * h + j];
            }
            double most = -1e300;
            for (int64_t k = 0; k < keys; k++) {
                weight[k] = 0;
                for (int64_t j = 0; j < h; j++, macs++)
                    weight[k] += q[j] * kv[(sample * keys + k) * 2 * d + head * h + j];
                weight[k] /= sqrt((double)h);
                if (hidden && c.in[5].data[sample * keys + k] != 0)
                    weight[k] += -10000;
                most = fmax(most, weight[k]);
            }
            for (int64_t k = 0; k < keys; k++)
                sum += weight[k] = exp(weight[k] - most);
            for (int64_t j = 0; j < h; j++) {
                double y = 0;
                for (int64_t k = 0; k < keys; k++, macs++)
                    y += weight[k] / sum *
                         kv[(sample * keys + k) * 2 * d + d + head * h + j];
                const double got = c.out[0].data[(row * b + sample) * d + head * h + j];
                assert_true(fabs(got - y) <= 2e-4 * fmax(1, fabs(y)));
            }
        }
        if (gives)
            for (int64_t i = 0; i < b * n * keys * h; i++) {
                const int64_t sample = i / (n * keys * h), head = i / (keys * h) % n,
                              k = i / h % keys;
                const double wanted =
                    kv[(sample * keys + k) * 2 * d + head * h + i % h];
                assert_true(fabs(c.out[1].data[i] - wanted) <=
                            1e-4 * fmax(1, fabs(wanted)));
            }
        free(kv);
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.macs, macs);
        assert_int_equal(made.weights, d * d + (fresh > 0 ? 2 * d * d : 0));
        case_end(&c);
    }
}

static void bytes_attend(void **state) {
    (void)state;
    case_random = 405;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 2), s = pick(1, 4), n = pick(1, 2), h = pick(1, 3),
                      v = pick(1, 3), d = pick(1, 5);
        const int64_t wide[3] = {n * h, n * h, n * v};
        struct forward_case c;
        begin(&c, "QOrderedAttention");
        onnx_set_int(&c.b, c.node, "num_heads", n);
        const bool rows = pick(0, 1);
        onnx_set_int(&c.b, c.node, "order_weight", rows);
        add(&c, false, 3, (int64_t[]){b, s, d});
        for (int i = 0; i < 4; i++)
            add(&c, true, 0, NULL);
        for (int i = 0; i < 3; i++)
            case_add(&c, integer_tensor(INT8, 2, (int64_t[]){d, wide[i]}, -99, 99));
        for (int i = 0; i < 3; i++)
            add(&c, true, i == 1, &wide[i]); // a scale for each column, or for all
        for (int i = 0; i < 3; i++)
            add(&c, true, 1, &wide[i]);
        for (int i = 0; i < 3; i++)
            add(&c, true, 0, NULL);
        const uint64_t weights = (uint64_t)(d * (2 * n * h + n * v));
        const uint64_t macs =
            (uint64_t)(b * s) * weights + (uint64_t)(b * n * s * s * (h + v));
        struct sdse_onnx_graph graph;
        struct sdse_onnx_layers layers;
        case_graph(&c, &graph);
        case_make_layers(&graph, &layers);
        uint64_t sum = 0, stored = 0;
        for (size_t l = 0; l < layers.count; l++)
            sum += sdse_layer_macs(&layers.layer[l]);
        assert_int_equal(sum, macs);
        // Each projection has weights and a scale of its own.
        for (size_t l = 0; l < layers.count; l++) {
            const char *last = strrchr(layers.layer[l].name, '.');
            const int i = !last                     ? -1
                          : strcmp(last, ".q") == 0 ? 0
                          : strcmp(last, ".k") == 0 ? 1
                          : strcmp(last, ".v") == 0 ? 2
                                                    : -1;
            struct sdse_onnx_numbers w;
            if (i < 0 || !layers.weights[l].constant)
                continue;
            assert_int_equal(
                sdse_onnx_constant_read(&graph, layers.weights[l].value, &w, &c.diags),
                SDSE_OK);
            assert_int_equal(w.count, d * wide[i]);
            for (int64_t x = 0; x < d * wide[i]; x++) {
                const int64_t row = x / wide[i], column = x % wide[i];
                const double wanted = c.in[5 + i].data[rows ? x : column * d + row] *
                                      c.in[8 + i].data[i == 1 ? column : 0];
                expect_near(w.data[x], wanted);
            }
            stored += w.count;
            free(w.data);
        }
        assert_int_equal(stored, weights);
        case_end(&c);
    }
}

// ---- others -------------------------------------------------------------------

static void convolutions_of_tokens_and_words(void **state) {
    (void)state;
    case_random = 406;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 3), ch = pick(1, 4), k = pick(1, 3), e = pick(1, 3),
                      tokens = pick(b, 3 * b), dilation = pick(1, 2), f = pick(1, 4),
                      words = pick(1, 3), length = k + pick(0, 3);
        struct forward_case c;
        begin(&c, "VarlenCausalConvWithState");
        if (dilation > 1)
            onnx_set_int(&c.b, c.node, "dilation", dilation);
        add(&c, false, 2, (int64_t[]){tokens, ch});
        add(&c, true, 3, (int64_t[]){ch, 1, k});
        add(&c, false, 1, (int64_t[]){b + 1}), case_skip(&c);
        const int64_t before = (k - 1) * dilation;
        if (before > 0) { // an empty state is none that a case has
            add(&c, false, 3, (int64_t[]){b, ch, before});
            const int64_t rows = (tokens + b - 1) / b;
            expect(&c, (uint64_t)(b * rows * ch * k), (uint64_t)(ch * k));
        }
        case_end(&c);
        begin(&c, "WordConvEmbedding");
        add(&c, false, 2, (int64_t[]){words, length});
        add(&c, true, 4, (int64_t[]){f, 1, k, e}), add(&c, true, 1, &f);
        add(&c, true, 2, (int64_t[]){9, e});
        uint64_t macs = 0;
        for (int64_t i = 0; i < words * (length - k + 1) * f; i++)
            for (int64_t j = 0; j < k * e; j++)
                macs++;
        expect(&c, macs, (uint64_t)(f * k * e));
        case_end(&c);
    }
}

// Taps further apart see further back.
static void dilated_causal_convolutions_run(void **state) {
    (void)state;
    case_random = 407;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t ch = pick(1, 3), len = pick(1, 6), k = pick(2, 3),
                      dilation = pick(1, 3), before = (k - 1) * dilation;
        const bool past = pick(0, 1);
        struct forward_case c;
        begin(&c, "CausalConvWithState");
        onnx_set_int(&c.b, c.node, "dilation", dilation);
        add(&c, false, 3, (int64_t[]){1, ch, len});
        add(&c, true, 3, (int64_t[]){ch, 1, k}), case_skip(&c);
        if (past)
            add(&c, false, 3, (int64_t[]){1, ch, before});
        case_expect_run(&c);
        for (int64_t i = 0; i < ch * len; i++) {
            double y = 0;
            for (int64_t j = 0; j < k; j++) {
                const int64_t at = i % len + (j - (k - 1)) * dilation, row = i / len;
                y += c.in[1].data[row * k + j] *
                     (at >= 0 ? c.in[0].data[row * len + at]
                      : past  ? c.in[3].data[(row + 1) * before + at]
                              : 0);
            }
            expect_near(c.out[0].data[i], y);
        }
        case_end(&c);
    }
}

// Padding that a constant gives: every tap of every input, but those that fall off.
static void transposed_with_their_padding(void **state) {
    (void)state;
    case_random = 408;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t ci = pick(1, 2), co = pick(1, 3), l = pick(2, 4), k = pick(2, 3),
                      stride = pick(1, 2), all = (l - 1) * stride + k;
        const int64_t pads[2] = {pick(0, 1), pick(0, 1)}, out = all - pads[0] - pads[1];
        const bool said = pick(0, 1);
        struct forward_case c;
        begin(&c, "ConvTransposeWithDynamicPads");
        onnx_set_ints(&c.b, c.node, "strides", 1, &stride);
        add(&c, false, 3, (int64_t[]){1, ci, l}),
            add(&c, true, 3, (int64_t[]){ci, co, k});
        if (said)
            case_add(&c, list_tensor(2, pads));
        else
            case_skip(&c);
        add(&c, true, 1, &co);
        case_expect_run(&c);
        const int64_t length = said ? out : all, from = said ? pads[0] : 0;
        expect_shape(&c.out[0], 3, (int64_t[]){1, co, length});
        for (int64_t i = 0; i < co * length; i++) {
            double y = c.in[3].data[i / length];
            for (int64_t x = 0; x < ci * l; x++) {
                const int64_t tap = i % length + from - x % l * stride;
                if (tap >= 0 && tap < k)
                    y += c.in[0].data[x] *
                         c.in[1].data[(x / l * co + i / length) * k + tap];
            }
            expect_near(c.out[0].data[i], y);
        }
        case_end(&c);
    }
}

static void sparse_operands_are_dense(void **state) {
    (void)state;
    case_random = 409;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t m = pick(1, 4), k = pick(1, 4), n = pick(1, 4);
        const bool ta = pick(0, 1), tb = pick(0, 1);
        struct forward_case c;
        begin(&c, "SparseToDenseMatMul");
        onnx_set_int(&c.b, c.node, "transA", ta);
        onnx_set_int(&c.b, c.node, "transB", tb);
        add(&c, false, 2, ta ? (int64_t[]){k, m} : (int64_t[]){m, k});
        add(&c, false, 2, tb ? (int64_t[]){n, k} : (int64_t[]){k, n});
        case_expect_run(&c);
        assert_true(sdse_diags_fired(&c.diags, "onnx-approximated"));
        for (int64_t i = 0; i < m * n; i++) {
            double y = 0;
            for (int64_t t = 0; t < k; t++)
                y += c.in[0].data[ta ? t * m + i / n : i / n * k + t] *
                     c.in[1].data[tb ? i % n * k + t : t * n + i % n];
            expect_near(c.out[0].data[i], y);
        }
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_changed_by_each_token),
        cmocka_unit_test(documents_see_their_neighbours),
        cmocka_unit_test(pages_are_full),
        cmocka_unit_test(decoders_run),
        cmocka_unit_test(bytes_attend),
        cmocka_unit_test(convolutions_of_tokens_and_words),
        cmocka_unit_test(dilated_causal_convolutions_run),
        cmocka_unit_test(transposed_with_their_padding),
        cmocka_unit_test(sparse_operands_are_dense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
