// RNN, GRU and LSTM on random sequences against the equations of ONNX, written out gate
// by gate on matrices of their own.
#include "support/forward_case.h"

enum { MOST = 6 };

struct sizes {
    int64_t steps, batch, inputs, hidden, directions, gates;
    bool batch_first;
};

// What the equations read, in ONNX's order; NULL: not given.
struct given {
    struct sizes n;
    const double *x, *w, *r, *b, *lengths, *h0, *c0, *p;
    int direction; // 0 forward, 1 reverse, 2 both
    bool input_forget, linear_before_reset;
    double clip;
    const char *names[6];
    double alpha[6], beta[6];
};

static double function(const struct given *g, int64_t d, int which, double x) {
    const int per = g->n.gates == 4 ? 3 : g->n.gates == 3 ? 2 : 1;
    const int64_t at = d * per + which;
    const char *name = g->names[at];
    const double a = g->alpha[at], b = g->beta[at];
    if (g->clip > 0 && x > g->clip)
        x = g->clip;
    if (g->clip > 0 && x < -g->clip)
        x = -g->clip;
    if (strcmp(name, "Sigmoid") == 0)
        return 1 / (1 + exp(-x));
    if (strcmp(name, "Tanh") == 0)
        return tanh(x);
    if (strcmp(name, "Relu") == 0)
        return x > 0 ? x : 0;
    if (strcmp(name, "Affine") == 0)
        return a * x + b;
    if (strcmp(name, "HardSigmoid") == 0) {
        const double y = a * x + b;
        return y < 0 ? 0 : y > 1 ? 1 : y;
    }
    if (strcmp(name, "ScaledTanh") == 0)
        return a * tanh(b * x);
    if (strcmp(name, "LeakyRelu") == 0)
        return x < 0 ? a * x : x;
    assert_string_equal(name, "Softsign");
    return x / (1 + fabs(x));
}

static double input_at(const struct given *g, int64_t t, int64_t n, int64_t i) {
    const struct sizes *s = &g->n;
    return s->batch_first ? g->x[(n * s->steps + t) * s->inputs + i]
                          : g->x[(t * s->batch + n) * s->inputs + i];
}

// Rows of W for gate `gate` times x_t, and its bias.
static double from_input(const struct given *g, int64_t d, int64_t gate, int64_t k,
                         int64_t t, int64_t n) {
    const struct sizes *s = &g->n;
    double sum = g->b ? g->b[(d * 2 * s->gates + gate) * s->hidden + k] : 0;
    for (int64_t i = 0; i < s->inputs; i++)
        sum += g->w[((d * s->gates + gate) * s->hidden + k) * s->inputs + i] *
               input_at(g, t, n, i);
    return sum;
}

// Rows of R times a state, and the other bias.
static double from_state(const struct given *g, int64_t d, int64_t gate, int64_t k,
                         const double *h) {
    const struct sizes *s = &g->n;
    double sum = g->b ? g->b[((d * 2 + 1) * s->gates + gate) * s->hidden + k] : 0;
    for (int64_t j = 0; j < s->hidden; j++)
        sum += g->r[((d * s->gates + gate) * s->hidden + k) * s->hidden + j] * h[j];
    return sum;
}

static void step(const struct given *g, int64_t d, int64_t t, int64_t n, double *h,
                 double *c) {
    const int64_t H = g->n.hidden;
    double next[MOST], cells[MOST];
    for (int64_t k = 0; k < H; k++) {
        if (g->n.gates == 1) {
            next[k] = function(
                g, d, 0, from_input(g, d, 0, k, t, n) + from_state(g, d, 0, k, h));
        } else if (g->n.gates == 3) {
            double z = function(g, d, 0,
                                from_input(g, d, 0, k, t, n) +
                                    from_state(g, d, 0, k, h)),
                   r[MOST], kept[MOST], hidden;
            for (int64_t j = 0; j < H; j++) {
                r[j] = function(
                    g, d, 0, from_input(g, d, 1, j, t, n) + from_state(g, d, 1, j, h));
                kept[j] = r[j] * h[j];
            }
            hidden = g->linear_before_reset ? r[k] * from_state(g, d, 2, k, h)
                                            : from_state(g, d, 2, k, kept);
            hidden = function(g, d, 1, from_input(g, d, 2, k, t, n) + hidden);
            next[k] = (1 - z) * hidden + z * h[k];
        } else {
            const double *p = g->p ? g->p + d * 3 * H : NULL;
            double a[4];
            for (int64_t gate = 0; gate < 4; gate++)
                a[gate] =
                    from_input(g, d, gate, k, t, n) + from_state(g, d, gate, k, h);
            double i = function(g, d, 0, a[0] + (p ? p[k] * c[k] : 0));
            double f = g->input_forget
                           ? 1 - i
                           : function(g, d, 0, a[2] + (p ? p[2 * H + k] * c[k] : 0));
            cells[k] = f * c[k] + i * function(g, d, 1, a[3]);
            double o = function(g, d, 0, a[1] + (p ? p[H + k] * cells[k] : 0));
            next[k] = o * function(g, d, 2, cells[k]);
        }
    }
    for (int64_t k = 0; k < H; k++) {
        h[k] = next[k];
        c[k] = g->n.gates == 4 ? cells[k] : 0;
    }
}

static void expect(const struct given *g, const struct sdse_onnx_numbers *out,
                   unsigned outputs) {
    const struct sizes *s = &g->n;
    for (int64_t d = 0; d < s->directions; d++)
        for (int64_t n = 0; n < s->batch; n++) {
            const int64_t length = g->lengths ? (int64_t)g->lengths[n] : s->steps;
            const bool back = g->direction == 1 || d == 1;
            const int64_t state = s->batch_first ? (n * s->directions + d) * s->hidden
                                                 : (d * s->batch + n) * s->hidden;
            double h[MOST], c[MOST], y[MOST][MOST] = {{0}};
            for (int64_t k = 0; k < s->hidden; k++) {
                h[k] = g->h0 ? g->h0[state + k] : 0;
                c[k] = g->c0 ? g->c0[state + k] : 0;
            }
            for (int64_t i = 0; i < length; i++) {
                const int64_t t = back ? length - 1 - i : i;
                step(g, d, t, n, h, c);
                memcpy(y[t], h, sizeof h);
            }
            for (int64_t k = 0; k < s->hidden; k++) {
                for (int64_t t = 0; t < s->steps && out[0].data; t++) {
                    const int64_t at =
                        s->batch_first
                            ? ((n * s->steps + t) * s->directions + d) * s->hidden
                            : ((t * s->directions + d) * s->batch + n) * s->hidden;
                    expect_near(out[0].data[at + k], y[t][k]);
                }
                if (outputs > 1)
                    expect_near(out[1].data[state + k], h[k]);
                if (outputs > 2)
                    expect_near(out[2].data[state + k], c[k]);
            }
        }
}

static struct tensor small_tensor(unsigned rank, const int64_t *dims) {
    struct tensor t = random_tensor(rank, dims);
    for (size_t i = 0; i < t.count; i++)
        t.data[i] = (double)(float)(t.data[i] / 4);
    return t;
}

static void set_texts(struct forward_case *c, const char *name,
                      const char *const *texts, size_t count) {
    Onnx__AttributeProto *a = onnx_attribute(&c->b, c->node, name);
    a->strings = SDSE_ARENA_ARRAY(c->arena, ProtobufCBinaryData, count);
    a->n_strings = count;
    for (size_t i = 0; i < count; i++) {
        a->strings[i].data = (uint8_t *)sdse_arena_strdup(c->arena, texts[i]);
        a->strings[i].len = strlen(texts[i]);
    }
}

static void set_numbers(struct forward_case *c, const char *name, const float *numbers,
                        size_t count) {
    Onnx__AttributeProto *a = onnx_attribute(&c->b, c->node, name);
    a->floats = SDSE_ARENA_ARRAY(c->arena, float, count + 1);
    a->n_floats = count;
    memcpy(a->floats, numbers, count * sizeof *numbers);
}

static void choose_functions(struct forward_case *c, struct given *g, size_t count) {
    static const struct {
        const char *name;
        bool alpha, beta;
        float usual_alpha, usual_beta;
    } known[] = {{"Sigmoid", false, false, 0, 0},
                 {"Tanh", false, false, 0, 0},
                 {"Relu", false, false, 0, 0},
                 {"Affine", true, true, 1, 0},
                 {"HardSigmoid", true, true, 0.2F, 0.5F},
                 {"ScaledTanh", true, true, 1, 1},
                 {"LeakyRelu", true, false, 0.01F, 0},
                 {"Softsign", false, false, 0, 0}};
    float alphas[6], betas[6];
    size_t alpha = 0, beta = 0;
    const bool said = pick(0, 2) > 0; // alphas and betas
    for (size_t i = 0; i < count; i++) {
        const size_t f = (size_t)pick(0, 7);
        g->names[i] = known[f].name;
        g->alpha[i] = (double)known[f].usual_alpha;
        g->beta[i] = (double)known[f].usual_beta;
        if (f == 4 && !said) { // in doubles, as ONNX has them
            g->alpha[i] = 0.2;
            g->beta[i] = 0.5;
        }
        if (f == 6 && !said)
            g->alpha[i] = 0.01;
        if (said && known[f].alpha)
            g->alpha[i] = (double)(alphas[alpha++] = (float)pick(1, 8) / 8);
        if (said && known[f].beta)
            g->beta[i] = (double)(betas[beta++] = (float)pick(1, 8) / 8);
    }
    set_texts(c, "activations", g->names, count);
    if (said) {
        set_numbers(c, "activation_alpha", alphas, alpha);
        set_numbers(c, "activation_beta", betas, beta);
    }
}

static void add(struct forward_case *c, bool there, struct tensor t,
                const double **out) {
    if (there) {
        case_add(c, t);
        *out = t.data;
    } else {
        free(t.data);
        case_skip(c);
    }
}

static void one_case(int kind, unsigned round) {
    static const char *const ops[] = {"RNN", "GRU", "LSTM"};
    static const char *const ways[] = {"forward", "reverse", "bidirectional"};
    static const int gates[] = {1, 3, 4}, functions[] = {1, 2, 3};
    struct forward_case c;
    struct given g = {.n = {.steps = pick(1, 5),
                            .batch = pick(1, 4),
                            .inputs = pick(1, 4),
                            .hidden = pick(1, 5),
                            .gates = gates[kind],
                            .batch_first = pick(0, 1)},
                      .direction = (int)pick(0, 2)};
    struct sizes *s = &g.n;
    const int64_t D = s->directions = g.direction == 2 ? 2 : 1, H = s->hidden,
                  G = s->gates;
    case_begin(&c, ops[kind]);
    const bool few = round % 4 == 0; // none but what is required
    struct tensor x =
        small_tensor(3, s->batch_first ? (int64_t[]){s->batch, s->steps, s->inputs}
                                       : (int64_t[]){s->steps, s->batch, s->inputs});
    add(&c, true, x, &g.x);
    add(&c, true, small_tensor(3, (int64_t[]){D, G * H, s->inputs}), &g.w);
    add(&c, true, small_tensor(3, (int64_t[]){D, G * H, H}), &g.r);
    if (!few) {
        const int64_t first[3] = {s->batch, D, H}, usual[3] = {D, s->batch, H};
        const int64_t *state = s->batch_first ? first : usual;
        add(&c, pick(0, 1), small_tensor(2, (int64_t[]){D, 2 * G * H}), &g.b);
        add(&c, pick(0, 1),
            integer_tensor(ONNX__TENSOR_PROTO__DATA_TYPE__INT32, 1,
                           (int64_t[]){s->batch}, 1, s->steps),
            &g.lengths);
        add(&c, pick(0, 1), small_tensor(3, state), &g.h0);
        if (kind == 2) {
            add(&c, pick(0, 1), small_tensor(3, state), &g.c0);
            add(&c, pick(0, 1), small_tensor(2, (int64_t[]){D, 3 * H}), &g.p);
        }
    }
    while (c.left_out[c.inputs - 1])
        c.inputs--;
    onnx_set_int(&c.b, c.node, "hidden_size", H);
    if (g.direction || pick(0, 1))
        onnx_set_text(&c.b, c.node, "direction", ways[g.direction]);
    if (s->batch_first)
        onnx_set_int(&c.b, c.node, "layout", 1);
    if (kind == 1 && pick(0, 1))
        onnx_set_int(&c.b, c.node, "linear_before_reset", g.linear_before_reset = 1);
    if (kind == 2 && pick(0, 2) == 0)
        onnx_set_int(&c.b, c.node, "input_forget", g.input_forget = 1);
    if (pick(0, 3) == 0) {
        Onnx__AttributeProto *clip = onnx_attribute(&c.b, c.node, "clip");
        clip->has_f = 1;
        g.clip = (double)(clip->f = 0.25F);
    }
    static const char *const usual[3][3] = {
        {"Tanh"}, {"Sigmoid", "Tanh"}, {"Sigmoid", "Tanh", "Tanh"}};
    const size_t count = (size_t)(functions[kind] * D);
    for (size_t i = 0; i < count; i++)
        g.names[i] = usual[kind][i % (size_t)functions[kind]];
    if (pick(0, 1))
        choose_functions(&c, &g, count);
    c.outputs = (unsigned)pick(1, kind == 2 ? 3 : 2);
    case_expect_run(&c);
    const int64_t all[4] = {s->steps, D, s->batch, H},
                  first[4] = {s->batch, s->steps, D, H};
    expect_shape(&c.out[0], 4, s->batch_first ? first : all);
    expect(&g, c.out, c.outputs);
    case_end(&c);
}

static void follow_the_equations(void **state) {
    (void)state;
    case_random = 91;
    for (unsigned round = 0; round < 2400; round++)
        one_case((int)(round % 3), round / 3);
}

// Only the last state is asked for.
static void the_sequence_may_be_left_out(void **state) {
    (void)state;
    case_random = 92;
    for (int kind = 0; kind < 3; kind++) {
        static const char *const ops[] = {"RNN", "GRU", "LSTM"};
        static const int64_t gates[] = {1, 3, 4};
        struct forward_case whole, last;
        struct tensor t[3];
        t[0] = small_tensor(3, (int64_t[]){4, 2, 3});
        t[1] = small_tensor(3, (int64_t[]){1, gates[kind] * 5, 3});
        t[2] = small_tensor(3, (int64_t[]){1, gates[kind] * 5, 5});
        case_begin(&whole, ops[kind]);
        case_begin(&last, ops[kind]);
        for (int i = 0; i < 3; i++) {
            struct tensor copy = t[i];
            copy.data = malloc((t[i].count + 1) * sizeof *copy.data);
            assert_non_null(copy.data);
            memcpy(copy.data, t[i].data, t[i].count * sizeof *copy.data);
            case_add(&whole, t[i]);
            case_add(&last, copy);
        }
        whole.outputs = 2;
        last.outputs = 1;
        last.first_left_out = true;
        case_expect_run(&whole);
        case_expect_run(&last);
        assert_int_equal(last.out[0].count, 10);
        for (int i = 0; i < 10; i++)
            assert_true(last.out[0].data[i] == whole.out[1].data[i]);
        case_end(&whole);
        case_end(&last);
    }
}

static void wrong_ones_are_refused(void **state) {
    (void)state;
    case_random = 93;
    for (int fault = 0; fault < 5; fault++) {
        struct forward_case c;
        case_begin(&c, "LSTM");
        case_add(&c, small_tensor(3, (int64_t[]){4, 2, 3}));
        case_add(&c, small_tensor(3, (int64_t[]){1, fault == 0 ? 16 : 20, 3}));
        case_add(&c, small_tensor(3, (int64_t[]){1, 20, 5}));
        case_add(&c, small_tensor(2, (int64_t[]){1, fault == 1 ? 20 : 40}));
        if (fault == 2)
            onnx_set_text(&c.b, c.node, "direction", "bidirectional");
        if (fault == 3)
            set_texts(&c, "activations", (const char *[]){"Sigmoid", "Tanh"}, 2);
        if (fault == 4)
            set_texts(&c, "activations", (const char *[]){"Sigmoid", "Tanh", "Cube"},
                      3);
        assert_int_equal(case_run(&c), SDSE_INVALID);
        assert_true(c.diags.errors == 1);
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follow_the_equations),
        cmocka_unit_test(the_sequence_may_be_left_out),
        cmocka_unit_test(wrong_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
