// Attention in its many forms against its definition: numbers of a run, MACs and
// weights of the layers.
#include "support/forward_case.h"

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
    ROUNDS = 300,
    MOST = 4096, // numbers of one map
};

// q [B][N][S][H], k [B][M][T][H], v [B][M][T][V]; `added` [B][N][S][T].
struct problem {
    int64_t b, n, m, s, t, h, v;
    double q[MOST], k[MOST], val[MOST], added[MOST], out[MOST]; // out [B][S][N][V]
    double scale, cap;
    bool causal;
    int64_t window;
    uint64_t macs; // counted as they are executed
};

static void solve(struct problem *p) {
    const double scale = p->scale != 0 ? p->scale : 1 / sqrt((double)p->h);
    p->macs = 0;
    for (int64_t at = 0; at < p->b * p->n * p->s; at++) {
        const int64_t b = at / p->n / p->s, n = at / p->s % p->n, s = at % p->s;
        const int64_t m = n / (p->n / p->m), last = s + p->t - p->s;
        double x[64], most = -(double)INFINITY, sum = 0;
        for (int64_t t = 0; t < p->t; t++) {
            x[t] = 0;
            for (int64_t h = 0; h < p->h; h++, p->macs++)
                x[t] +=
                    p->q[at * p->h + h] * p->k[((b * p->m + m) * p->t + t) * p->h + h];
            x[t] *= scale;
            if (p->cap > 0)
                x[t] = p->cap * tanh(x[t] / p->cap);
            x[t] += p->added[at * p->t + t];
            if ((p->causal && t > last) || (p->window > 0 && t <= last - p->window))
                x[t] = -(double)INFINITY;
            most = fmax(most, x[t]);
        }
        for (int64_t t = 0; t < p->t; t++)
            sum += x[t] = exp(x[t] - most);
        for (int64_t v = 0; v < p->v; v++) {
            double y = 0;
            for (int64_t t = 0; t < p->t; t++, p->macs++)
                y += x[t] / sum * p->val[((b * p->m + m) * p->t + t) * p->v + v];
            p->out[((b * p->s + s) * p->n + n) * p->v + v] = y;
        }
    }
}

static struct problem *new_problem(bool shared, bool differ) {
    struct problem *p = calloc(1, sizeof *p);
    p->b = pick(1, 2), p->m = pick(1, 3), p->n = shared ? p->m * pick(1, 3) : p->m;
    p->s = pick(1, 4), p->t = pick(1, 5), p->h = 2 * pick(1, 2);
    p->v = differ ? pick(1, 3) : p->h;
    return p;
}

static void begin(struct forward_case *c, const char *domain, const char *op) {
    case_begin(c, op);
    c->node->domain = onnx_text(&c->b, domain);
}

static void set_real(struct forward_case *c, const char *name, double value) {
    Onnx__AttributeProto *attribute = onnx_attribute(&c->b, c->node, name);
    attribute->has_f = 1;
    attribute->f = (float)value;
}

static struct tensor given(unsigned rank, const int64_t *dims) {
    struct tensor t = random_tensor(rank, dims);
    t.stored = false;
    for (size_t i = 0; i < t.count; i++)
        t.data[i] /= 4;
    return t;
}

// A map of heads [B][N][S][H] from [B][S][…] whose rows begin at `from`, plus a bias.
static void take_heads(double *out, const struct tensor *x, int64_t b, int64_t n,
                       int64_t s, int64_t h, int64_t from, const struct tensor *bias,
                       int64_t bias_from, int64_t t0, int64_t t) {
    const int64_t width = (int64_t)x->count / b / s;
    for (int64_t i = 0; i < b * n * s * h; i++) {
        const int64_t ib = i / (n * s * h), in = i / (s * h) % n, is = i / h % s,
                      ih = i % h, column = in * h + ih;
        out[((ib * n + in) * t + t0 + is) * h + ih] =
            x->data[(ib * s + is) * width + from + column] +
            (bias && bias->count ? bias->data[bias_from + column] : 0);
    }
}

// What was kept, [B][N][P][H], before the rows that come now.
static void take_past(double *out, const double *past, int64_t heads, int64_t p,
                      int64_t h, int64_t t) {
    for (int64_t i = 0; i < heads * p * h; i++)
        out[(i / (p * h) * t + i / h % p) * h + i % h] = past[i];
}

static void expect_out(struct forward_case *c, const struct problem *p) {
    if (case_run(c) != SDSE_OK)
        sdse_diags_print(&c->diags, stderr, false);
    assert_int_equal(c->status, SDSE_OK);
    assert_int_equal(c->out[0].count, p->b * p->s * p->n * p->v);
    for (uint64_t i = 0; i < c->out[0].count; i++)
        if (!(fabs(c->out[0].data[i] - p->out[i]) <= 1e-5))
            fail_msg("number %d: got %.9g, wanted %.9g", (int)i, c->out[0].data[i],
                     p->out[i]);
}

// The layers multiply as often as the definition did, `more` for projections.
static void expect_layers_of(struct forward_case *c, const struct problem *p,
                             uint64_t more, uint64_t weights) {
    c->b.graph.n_initializer = c->b.graph.n_input = 0;
    const struct case_layers made = case_layers(c);
    assert_int_equal(made.macs, p->macs + more);
    assert_int_equal(made.weights, weights);
    for (size_t i = 0; i < made.layers.count; i++) {
        const struct sdse_layer *layer = &made.layers.layer[i];
        if (layer->kind != SDSE_MATMUL)
            continue;
        // Keys and values are read once for the heads that share them.
        assert_int_equal(layer->nest.bound[SDSE_G], p->b * p->m);
        assert_int_equal(layer->nest.bound[SDSE_N], p->n / p->m);
        assert_int_equal(layer->nest.bound[SDSE_P], p->s);
    }
}

static struct tensor additions(struct problem *p) {
    struct tensor t =
        given(4, (int64_t[]){pick(0, 1) ? p->b : 1, pick(0, 1) ? p->n : 1, p->s, p->t});
    for (int64_t i = 0; i < p->b * p->n * p->s * p->t; i++) {
        const int64_t at[4] = {i / (p->n * p->s * p->t), i / (p->s * p->t) % p->n,
                               i / p->t % p->s, i % p->t};
        p->added[i] += broadcast_at(&t, 4, at);
    }
    return t;
}

// ---- Attention and QAttention of com.microsoft -------------------------------

static void with_projections(void **state) {
    (void)state;
    case_random = 81;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool quantized = round % 3 == 0, each = pick(0, 1);
        const bool kept = pick(0, 1), biased = pick(0, 1), differ = !kept && pick(0, 1);
        const int masked = (int)pick(0, 2); // not, rows, squares
        struct problem *p = new_problem(false, differ && !quantized);
        const int64_t past = kept ? pick(1, 2) : 0, d = pick(1, 4);
        const int64_t all = p->n * p->h, wide = 2 * all + p->n * p->v;
        p->t = p->s + past;
        p->causal = pick(0, 1);
        p->scale = pick(0, 1) ? 0.25 : 0;
        struct forward_case c;
        begin(&c, "com.microsoft", quantized ? "QAttention" : "Attention");
        struct tensor x = given(3, (int64_t[]){p->b, p->s, d}), bias = {0}, w,
                      mask = {0};
        struct tensor one = make_tensor(0, NULL), sw = {0}, zx = {0}, zw = {0},
                      kv = {0};
        one.data[0] = 1.0 / 64;
        one.stored = true;
        if (quantized) {
            free(x.data);
            x = integer_tensor(UINT8, 3, (int64_t[]){p->b, p->s, d}, 0, 255);
            x.stored = false;
            w = integer_tensor(INT8, 2, (int64_t[]){d, wide}, -20, 20);
            sw = each ? make_tensor(1, &wide) : make_tensor(0, NULL);
            for (size_t i = 0; i < sw.count; i++)
                sw.data[i] = ldexp(1, -(int)pick(3, 6));
            sw.stored = true;
            zx = integer_tensor(UINT8, 0, NULL, 100, 140);
            zw = integer_tensor(INT8, each, &wide, -5, 5);
        } else {
            w = random_tensor(2, (int64_t[]){d, wide});
            w.stored = true;
        }
        case_add(&c, x), case_add(&c, w);
        if (biased)
            case_add(&c, bias = random_tensor(1, &wide)), bias.stored = true;
        else
            case_skip(&c);
        c.in[2].stored = true;
        if (quantized)
            case_add(&c, one), case_add(&c, sw);
        if (masked == 1)
            case_add(&c,
                     mask = integer_tensor(INT32, 2, (int64_t[]){p->b, p->t}, 0, 1));
        else if (masked == 2)
            case_add(&c, mask = integer_tensor(INT32, 3, (int64_t[]){p->b, p->s, p->t},
                                               0, 1));
        else
            case_skip(&c);
        for (size_t i = 0; i < mask.count; i += (size_t)p->t)
            mask.data[i] = 1; // every query sees something
        for (int64_t i = 0; masked && i < p->b * p->n * p->s * p->t; i++) {
            const int64_t b = i / (p->n * p->s * p->t), s = i / p->t % p->s;
            const int64_t at =
                masked == 1 ? b * p->t + i % p->t : (b * p->s + s) * p->t + i % p->t;
            p->added[i] = mask.data[at] != 0 ? 0 : -10000;
        }
        if (quantized)
            case_add(&c, zx), case_add(&c, zw);
        if (kept)
            case_add(&c, kv = given(5, (int64_t[]){2, p->b, p->n, past, p->h}));
        else
            case_skip(&c);
        if (!quantized && pick(0, 1))
            case_add(&c, additions(p));
        onnx_set_int(&c.b, c.node, "num_heads", p->n);
        onnx_set_int(&c.b, c.node, "unidirectional", p->causal);
        if (p->scale != 0)
            set_real(&c, "scale", p->scale);
        if (differ && !quantized)
            onnx_set_ints(&c.b, c.node, "qkv_hidden_sizes",
                          ONNX_DIMS(all, all, p->n * p->v));
        // The projection, executed.
        uint64_t macs = 0;
        struct tensor y = make_tensor(3, (int64_t[]){p->b, p->s, wide});
        for (int64_t i = 0; i < p->b * p->s * wide; i++) {
            const int64_t f = i % wide;
            y.data[i] = biased ? bias.data[f] : 0;
            for (int64_t l = 0; l < d; l++, macs++) {
                double a = x.data[i / wide * d + l], e = w.data[l * wide + f];
                if (quantized) {
                    a = (a - zx.data[0]) * one.data[0];
                    e = (e - zw.data[each ? f : 0]) * sw.data[each ? f : 0];
                }
                y.data[i] += a * e;
            }
        }
        const int64_t b = p->b, n = p->n, s = p->s, h = p->h, t = p->t;
        take_heads(p->q, &y, b, n, s, h, 0, NULL, 0, 0, s);
        take_heads(p->k, &y, b, n, s, h, all, NULL, 0, past, t);
        take_heads(p->val, &y, b, n, s, p->v, 2 * all, NULL, 0, past, t);
        if (kept) {
            take_past(p->k, kv.data, b * n, past, h, t);
            take_past(p->val, kv.data + kv.count / 2, b * n, past, h, t);
        }
        solve(p);
        c.outputs = kept ? 2 : 1;
        expect_out(&c, p);
        for (int64_t i = 0; kept && i < 2 * b * n * t * h; i++)
            expect_near(c.out[1].data[i],
                        i < b * n * t * h ? p->k[i] : p->val[i - b * n * t * h]);
        expect_layers_of(&c, p, macs, (uint64_t)(d * wide));
        free(y.data);
        if (!quantized)
            free(one.data);
        free(p);
        case_end(&c);
    }
}

// ---- queries, keys and values that come separately ---------------------------

static void without_projections(void **state) {
    (void)state;
    case_random = 82;
    for (unsigned round = 0; round < ROUNDS; round++) {
        // All apart; keys with values; all together; heads first.
        const int layout = (int)(round % 4);
        const bool kept = pick(0, 1), biased = layout == 0 && pick(0, 1);
        const bool masked = pick(0, 1);
        struct problem *p = new_problem(false, layout == 0 || layout == 3);
        const int64_t b = p->b, n = p->n, s = p->s, h = p->h;
        const int64_t now = layout == 2 ? s : pick(1, 4), past = kept ? pick(1, 2) : 0;
        const int64_t t = p->t = now + past;
        const bool last = t < s; // then a causal query would see nothing
        p->causal = !last && pick(0, 1);
        struct forward_case c;
        begin(&c, "com.microsoft", "MultiHeadAttention");
        struct tensor bias = {0}, past_k = {0}, past_v = {0}, mask = {0};
        const int64_t all = n * h, wide = 2 * all + n * p->v;
        if (biased)
            bias = random_tensor(1, &wide), bias.stored = true;
        if (layout == 0) {
            struct tensor q = given(3, (int64_t[]){b, s, all}),
                          k = given(3, (int64_t[]){b, now, all}),
                          v = given(3, (int64_t[]){b, now, n * p->v});
            case_add(&c, q), case_add(&c, k), case_add(&c, v);
            take_heads(p->q, &q, b, n, s, h, 0, &bias, 0, 0, s);
            take_heads(p->k, &k, b, n, now, h, 0, &bias, all, past, t);
            take_heads(p->val, &v, b, n, now, p->v, 0, &bias, 2 * all, past, t);
        } else if (layout == 3) {
            struct tensor q = given(3, (int64_t[]){b, s, all}),
                          k = given(4, (int64_t[]){b, n, now, h}),
                          v = given(4, (int64_t[]){b, n, now, p->v});
            case_add(&c, q), case_add(&c, k), case_add(&c, v);
            take_heads(p->q, &q, b, n, s, h, 0, NULL, 0, 0, s);
            for (int64_t i = 0; i < b * n * now * h; i++)
                p->k[(i / (now * h) * t + past + i / h % now) * h + i % h] = k.data[i];
            for (int64_t i = 0; i < b * n * now * p->v; i++)
                p->val[(i / (now * p->v) * t + past + i / p->v % now) * p->v +
                       i % p->v] = v.data[i];
        } else {
            const int64_t parts = layout == 2 ? 3 : 2;
            struct tensor q = given(3, (int64_t[]){b, s, all});
            struct tensor m = given(5, (int64_t[]){b, now, n, parts, h});
            const double *at = m.data;
            for (int64_t i = 0; i < b * now * n * parts * h; i++) {
                const int64_t ib = i / (now * n * parts * h),
                              row = i / (n * parts * h) % now, in = i / (parts * h) % n,
                              ih = i % h;
                int64_t part = i / h % parts + (layout == 2 ? 0 : 1);
                double *to = part == 0 ? p->q : part == 1 ? p->k : p->val;
                if (part == 0)
                    to[((ib * n + in) * s + row) * h + ih] = at[i];
                else
                    to[((ib * n + in) * t + past + row) * h + ih] = at[i];
            }
            if (layout == 1) {
                take_heads(p->q, &q, b, n, s, h, 0, NULL, 0, 0, s);
                case_add(&c, q), case_add(&c, m), case_skip(&c);
            } else {
                free(q.data);
                case_add(&c, m), case_skip(&c), case_skip(&c);
            }
        }
        if (biased)
            case_add(&c, bias);
        else
            case_skip(&c);
        if (masked)
            case_add(&c, mask = integer_tensor(INT32, 2, (int64_t[]){b, t}, 0, 1));
        else
            case_skip(&c);
        for (int64_t i = 0; masked && i < b * n * s * t; i++)
            p->added[i] = mask.data[i / (n * s * t) * t + i % t] != 0 ? 0 : -50;
        if (pick(0, 1))
            case_add(&c, additions(p));
        else
            case_skip(&c);
        if (kept) {
            case_add(&c, past_k = given(4, (int64_t[]){b, n, past, h}));
            case_add(&c, past_v = given(4, (int64_t[]){b, n, past, p->v}));
            take_past(p->k, past_k.data, b * n, past, h, t);
            take_past(p->val, past_v.data, b * n, past, p->v, t);
        }
        onnx_set_int(&c.b, c.node, "num_heads", n);
        onnx_set_int(&c.b, c.node, "unidirectional", p->causal);
        set_real(&c, "mask_filter_value", -50);
        solve(p);
        c.outputs = masked || p->causal ? 3 : 4; // the products too
        expect_out(&c, p);
        for (int64_t i = 0; c.outputs == 4 && i < b * n * s * t; i++) {
            double x = p->added[i];
            for (int64_t j = 0; j < h; j++)
                x += p->q[i / t * h + j] * p->k[(i / (s * t) * t + i % t) * h + j] /
                     sqrt((double)h);
            assert_true(fabs(c.out[3].data[i] - x) <= 1e-5);
        }
        for (int64_t i = 0; i < b * n * t * h; i++)
            expect_near(c.out[1].data[i], p->k[i]);
        for (int64_t i = 0; i < b * n * t * p->v; i++)
            expect_near(c.out[2].data[i], p->val[i]);
        expect_layers_of(&c, p, 0, 0);
        free(p);
        case_end(&c);
    }
}

static void of_groups_of_queries(void **state) {
    (void)state;
    case_random = 83;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool packed = pick(0, 1), kept = pick(0, 1);
        struct problem *p = new_problem(true, false);
        const int64_t b = p->b, n = p->n, m = p->m, s = p->s, h = p->h;
        const int64_t past = kept ? pick(1, 2) : 0, t = p->t = s + past;
        p->causal = true;
        p->window = pick(0, 1) ? pick(1, 3) : 0;
        p->cap = pick(0, 1) ? 2 : 0;
        struct forward_case c;
        begin(&c, "com.microsoft", "GroupQueryAttention");
        struct tensor q, k = {0}, v = {0};
        if (packed) {
            q = given(3, (int64_t[]){b, s, (n + 2 * m) * h});
            case_add(&c, q), case_skip(&c), case_skip(&c);
        } else {
            q = given(3, (int64_t[]){b, s, n * h});
            k = given(3, (int64_t[]){b, s, m * h}),
            v = given(3, (int64_t[]){b, s, m * h});
            case_add(&c, q), case_add(&c, k), case_add(&c, v);
        }
        take_heads(p->q, &q, b, n, s, h, 0, NULL, 0, 0, s);
        take_heads(p->k, packed ? &q : &k, b, m, s, h, packed ? n * h : 0, NULL, 0,
                   past, t);
        take_heads(p->val, packed ? &q : &v, b, m, s, h, packed ? (n + m) * h : 0, NULL,
                   0, past, t);
        if (kept) {
            struct tensor past_k = given(4, (int64_t[]){b, m, past, h}),
                          past_v = given(4, (int64_t[]){b, m, past, h});
            case_add(&c, past_k), case_add(&c, past_v);
            take_past(p->k, past_k.data, b * m, past, h, t);
            take_past(p->val, past_v.data, b * m, past, h, t);
        } else {
            case_skip(&c), case_skip(&c);
        }
        case_add(&c, integer_tensor(INT32, 1, &b, t - 1, t - 1));
        case_add(&c, integer_tensor(INT32, 0, NULL, t, t));
        case_skip(&c), case_skip(&c), case_skip(&c);
        if (pick(0, 1))
            case_add(&c, additions(p));
        onnx_set_int(&c.b, c.node, "num_heads", n);
        onnx_set_int(&c.b, c.node, "kv_num_heads", m);
        if (p->window)
            onnx_set_int(&c.b, c.node, "local_window_size", p->window);
        if (p->cap > 0)
            set_real(&c, "softcap", p->cap);
        solve(p);
        c.outputs = 3;
        expect_out(&c, p);
        for (int64_t i = 0; i < b * m * t * h; i++) {
            expect_near(c.out[1].data[i], p->k[i]);
            expect_near(c.out[2].data[i], p->val[i]);
        }
        expect_layers_of(&c, p, 0, 0);
        // Places that are turned in are of no account to layers, but nothing runs them.
        onnx_set_int(&c.b, c.node, "do_rotary", 1);
        expect_layers_of(&c, p, 0, 0);
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        sdse_diags_init(&c.diags, c.arena);
        struct sdse_onnx_graph graph;
        case_graph(&c, &graph);
        assert_int_equal(sdse_forward_check(&graph, &c.diags), SDSE_INVALID);
        assert_non_null(strstr(c.diags.first->message, "'node' (GroupQueryAttention)"));
        free(p);
        case_end(&c);
    }
}

static void of_the_standard(void **state) {
    (void)state;
    case_random = 84;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool flat = pick(0, 1), kept = pick(0, 1);
        const int masked = (int)pick(0, 2); // not, boolean, added
        struct problem *p = new_problem(true, true);
        const int64_t b = p->b, n = p->n, m = p->m, s = p->s, h = p->h, v = p->v;
        const int64_t now = pick(1, 4), past = kept ? pick(1, 2) : 0;
        const int64_t t = p->t = now + past;
        p->causal = t == s && pick(0, 1);
        p->scale = pick(0, 1) ? 0.25 : 0;
        p->cap = masked == 0 && pick(0, 1) ? 2 : 0;
        struct forward_case c;
        begin(&c, "", "Attention");
        c.b.opset.version = 23;
        struct tensor q = flat ? given(3, (int64_t[]){b, s, n * h})
                               : given(4, (int64_t[]){b, n, s, h});
        struct tensor k = flat ? given(3, (int64_t[]){b, now, m * h})
                               : given(4, (int64_t[]){b, m, now, h});
        struct tensor x = flat ? given(3, (int64_t[]){b, now, m * v})
                               : given(4, (int64_t[]){b, m, now, v});
        case_add(&c, q), case_add(&c, k), case_add(&c, x);
        if (flat) {
            take_heads(p->q, &q, b, n, s, h, 0, NULL, 0, 0, s);
            take_heads(p->k, &k, b, m, now, h, 0, NULL, 0, past, t);
            take_heads(p->val, &x, b, m, now, v, 0, NULL, 0, past, t);
        } else {
            memcpy(p->q, q.data, q.count * sizeof(double));
            for (int64_t i = 0; i < b * m * now * h; i++)
                p->k[(i / (now * h) * t + past + i / h % now) * h + i % h] = k.data[i];
            for (int64_t i = 0; i < b * m * now * v; i++)
                p->val[(i / (now * v) * t + past + i / v % now) * v + i % v] =
                    x.data[i];
        }
        if (masked == 1) {
            struct tensor mask = integer_tensor(BOOL, 2, (int64_t[]){s, t}, 0, 1);
            for (int64_t i = 0; i < s; i++)
                mask.data[i * t] = 1; // all see something
            for (int64_t i = 0; i < b * n * s * t; i++)
                p->added[i] = mask.data[i % (s * t)] != 0 ? 0 : -1e30;
            case_add(&c, mask);
        } else if (masked == 2) {
            case_add(&c, additions(p));
        } else {
            case_skip(&c);
        }
        if (kept) {
            struct tensor past_k = given(4, (int64_t[]){b, m, past, h}),
                          past_v = given(4, (int64_t[]){b, m, past, v});
            case_add(&c, past_k), case_add(&c, past_v);
            take_past(p->k, past_k.data, b * m, past, h, t);
            take_past(p->val, past_v.data, b * m, past, v, t);
        }
        if (flat) {
            onnx_set_int(&c.b, c.node, "q_num_heads", n);
            onnx_set_int(&c.b, c.node, "kv_num_heads", m);
        }
        onnx_set_int(&c.b, c.node, "is_causal", p->causal);
        if (p->scale != 0)
            set_real(&c, "scale", p->scale);
        if (p->cap > 0)
            set_real(&c, "softcap", p->cap);
        solve(p);
        if (!flat) { // heads stay first
            double *copy = calloc(MOST, sizeof *copy);
            for (int64_t i = 0; i < b * s * n * v; i++)
                copy[((i / (s * n * v) * n + i / v % n) * s + i / (n * v) % s) * v +
                     i % v] = p->out[i];
            memcpy(p->out, copy, sizeof p->out);
            free(copy);
        }
        expect_out(&c, p);
        expect_layers_of(&c, p, 0, 0);
        free(p);
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_projections),
        cmocka_unit_test(without_projections),
        cmocka_unit_test(of_groups_of_queries),
        cmocka_unit_test(of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
