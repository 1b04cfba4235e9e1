// Packed, floating and ordered weights against their definitions: numbers of a run, or
// of the weights themselves where nothing runs.
#include "support/forward_case.h"

enum {
    UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    E4M3 = 17,
    E8M0 = 24,
    ROUNDS = 100,
};

static void begin(struct forward_case *c, const char *op) {
    case_begin(c, op);
    c->node->domain = onnx_text(&c->b, "com.microsoft");
}

static struct tensor *add(struct forward_case *c, bool stored, unsigned rank,
                          const int64_t *dims) {
    struct tensor t = random_tensor(rank, dims);
    t.stored = stored;
    case_add(c, t);
    return &c->in[c->inputs - 1];
}

static struct tensor *add_bytes(struct forward_case *c, int32_t type, unsigned rank,
                                const int64_t *dims, int64_t least, int64_t most) {
    case_add(c, integer_tensor(type, rank, dims, least, most));
    return &c->in[c->inputs - 1];
}

static void expect_close(double got, double wanted, double size) {
    if (!(fabs(got - wanted) <= 1e-5 * fmax(1, size)))
        fail_msg("got %.9g, wanted %.9g", got, wanted);
}

// Number i of those of so many bits that lie one behind the other from `first` on.
static double number(const struct tensor *bytes, int64_t first, int64_t i,
                     int64_t bits) {
    const unsigned byte = (unsigned)bytes->data[first + i * bits / 8];
    return (double)(byte >> (i * bits % 8) & ((1u << bits) - 1));
}

// Two floating bits of exponent and one of fraction, a sign above them.
static double e2m1(double bits) {
    static const double real[8] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    const unsigned b = (unsigned)bits;
    return b & 8 ? -real[b & 7] : real[b & 7];
}
static double e4m3(double bits) {
    const unsigned b = (unsigned)bits, exponent = b >> 3 & 15, fraction = b & 7;
    const double real = exponent ? ldexp(1 + fraction / 8.0, (int)exponent - 7)
                                 : ldexp(fraction / 8.0, -6);
    return b & 128 ? -real : real;
}

static double root_mean_square(const double *x, int64_t k) {
    double sum = 0;
    for (int64_t i = 0; i < k; i++)
        sum += x[i] * x[i];
    return sqrt(sum / (double)k + 1e-5);
}

// ---- one input, two or three products ----------------------------------------

// `in` · the packed weights of input `at`, scales and a bias behind them, in the middle
// of their range.
static double row_times(const struct forward_case *c, unsigned at, const double *x,
                        int64_t row, int64_t k, int64_t block, int64_t bits) {
    const int64_t blocks = (k + block - 1) / block;
    double sum = c->left_out[at + 2] ? 0 : c->in[at + 2].data[row];
    for (int64_t i = 0; i < k; i++)
        sum += x[i] * c->in[at + 1].data[row * blocks + i / block] *
               (number(&c->in[at], row * blocks * block * bits / 8, i, bits) -
                ldexp(1, (int)bits - 1));
    return sum;
}

static void add_packed(struct forward_case *c, int64_t n, int64_t k, int64_t block,
                       int64_t bits) {
    const int64_t blocks = (k + block - 1) / block;
    add_bytes(c, UINT8, 3, (int64_t[]){n, blocks, block * bits / 8}, 0, 255);
    add(c, true, 2, (int64_t[]){n, blocks});
    if (pick(0, 1))
        add(c, true, 1, &n);
    else
        case_skip(c);
}

static void packed_products_share_an_input(void **state) {
    (void)state;
    case_random = 301;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool three = pick(0, 1), skip = pick(0, 1), norm = three || pick(0, 1);
        const int64_t bits = (int64_t[]){4, 8}[pick(0, 1)], block = 8, k = pick(1, 20),
                      m = pick(1, 3), q = pick(1, 4), kv = pick(1, 4);
        const char *function = (const char *[]){"silu", "relu", "gelu"}[pick(0, 2)];
        struct forward_case c;
        begin(&c, three ? "MatMulNBitsQkv" : "MatMulNBitsMlp");
        onnx_set_int(&c.b, c.node, "K", k);
        onnx_set_int(&c.b, c.node, "bits", bits);
        onnx_set_int(&c.b, c.node, "block_size", block);
        onnx_set_int(&c.b, c.node, three ? "Nq" : "N", q);
        if (three)
            onnx_set_int(&c.b, c.node, "Nkv", kv);
        else
            onnx_set_text(&c.b, c.node, "activation", function);
        add(&c, false, 3, (int64_t[]){1, m, k});
        if (skip)
            add(&c, false, 3, (int64_t[]){1, m, k});
        else
            case_skip(&c);
        if (norm)
            add(&c, true, 1, &k);
        else
            case_skip(&c);
        for (int i = 0; i < (three ? 3 : 2); i++)
            add_packed(&c, three && i ? kv : q, k, block, bits);
        c.outputs = three ? 3 : 1;
        c.outputs += skip && pick(0, 1); // the sum is the last
        const bool sum = c.outputs == (three ? 4u : 2u);
        case_expect_run(&c);
        for (int64_t row = 0; row < m; row++) {
            double x[32];
            for (int64_t i = 0; i < k; i++) {
                x[i] =
                    c.in[0].data[row * k + i] + (skip ? c.in[1].data[row * k + i] : 0);
                if (sum)
                    expect_close(c.out[c.outputs - 1].data[row * k + i], x[i], 1);
            }
            const double by = norm ? root_mean_square(x, k) : 1;
            for (int64_t i = 0; i < k; i++)
                x[i] = x[i] / by * (norm ? c.in[2].data[i] : 1);
            for (int64_t i = 0; three && i < q + 2 * kv; i++) {
                const int64_t part = i < q        ? 0
                                     : i < q + kv ? 1
                                                  : 2,
                              at = part ? (i - q) % kv : i;
                expect_close(
                    c.out[part].data[row * (part ? kv : q) + at],
                    row_times(&c, 3 + 3 * (unsigned)part, x, at, k, block, bits), 6000);
            }
            for (int64_t i = 0; !three && i < q; i++) {
                const double gate = row_times(&c, 3, x, i, k, block, bits),
                             up = row_times(&c, 6, x, i, k, block, bits);
                const double act = *function == 's' ? gate / (1 + exp(-gate))
                                   : *function == 'r'
                                       ? fmax(gate, 0)
                                       : gate * (1 + erf(gate / sqrt(2))) / 2;
                expect_close(c.out[0].data[row * q + i], act * up,
                             fabs(act * up) + 6000 * (fabs(up) + fabs(act)) / 100);
            }
        }
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        const uint64_t weights = (uint64_t)(k * (three ? q + 2 * kv : 2 * q));
        assert_int_equal(made.weights, weights);
        assert_int_equal(made.macs, weights * (uint64_t)m);
        case_end(&c);
    }
}

static void floating_weights_are_their_numbers(void **state) {
    (void)state;
    case_random = 302;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const bool four = pick(0, 1), biased = pick(0, 1);
        const int64_t k = 2 * pick(1, 12), n = pick(1, 4), m = pick(1, 3),
                      block = four ? 16 : 4, blocks = (k + block - 1) / block;
        struct forward_case c;
        begin(&c,
              four ? "MatMulBlockQuantizedFp4Weight" : "MatMulBlockQuantizedFp8Weight");
        if (!four)
            onnx_set_int(&c.b, c.node, "block_size", block);
        add(&c, false, 2, (int64_t[]){m, k});
        if (four) {
            add_bytes(&c, UINT8, 2, (int64_t[]){n, k / 2}, 0, 255);
            add_bytes(&c, UINT8, 2, (int64_t[]){n, blocks}, 0, 126);
            add(&c, true, 0, NULL);
            case_skip(&c); // the scale of the activations is not used
        } else {
            add_bytes(&c, E4M3, 2, (int64_t[]){n, k}, 0, 126);
            add(&c, true, 2, (int64_t[]){n, blocks});
            case_skip(&c);
        }
        if (biased)
            add(&c, true, 1, &n);
        case_expect_run(&c);
        const unsigned bias = four ? 5 : 4;
        for (int64_t i = 0; i < m * n; i++) {
            double sum = biased ? c.in[bias].data[i % n] : 0, size = 0;
            for (int64_t t = 0; t < k; t++) {
                const int64_t at = i % n * blocks + t / block;
                const double w =
                    four ? e2m1(number(&c.in[1], 0, i % n * k + t, 4)) *
                               e4m3(c.in[2].data[at]) * c.in[3].data[0]
                         : e4m3(c.in[1].data[i % n * k + t]) * c.in[2].data[at];
                sum += c.in[0].data[i / n * k + t] * w;
                size += fabs(c.in[0].data[i / n * k + t] * w);
            }
            expect_close(c.out[0].data[i], sum, size);
        }
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.weights, k * n);
        assert_int_equal(made.macs, m * k * n);
        case_end(&c);
    }
}

// Weights of a layer as the graph has them: [experts][in][out].
static struct sdse_onnx_numbers weights_of(struct forward_case *c,
                                           const struct sdse_onnx_graph *graph,
                                           const struct sdse_onnx_layers *layers,
                                           const char *name) {
    struct sdse_onnx_numbers out = {0};
    for (size_t i = 0; i < layers->count; i++)
        if (strcmp(layers->layer[i].name, name) == 0)
            assert_int_equal(sdse_onnx_constant_read(graph, layers->weights[i].value,
                                                     &out, &c->diags),
                             SDSE_OK);
    assert_non_null(out.data);
    return out;
}

// A float and then nibbles, sixteen numbers apart, of each block.
static void blocks_with_their_scale_in_them(void **state) {
    (void)state;
    case_random = 305;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t type = (int64_t[]){0, 2, 4}[round % 3];
        const int64_t length = (int64_t[]){32, 64, 128}[round % 3], k = pick(1, 200),
                      n = pick(1, 3), m = pick(1, 2),
                      blocks = (k + length - 1) / length, bytes = 4 + length / 2;
        struct forward_case c;
        begin(&c, "MatMulFpQ4");
        onnx_set_int(&c.b, c.node, "blk_quant_type", type);
        add(&c, false, 2, (int64_t[]){m, k});
        const size_t size = (size_t)(n * blocks * bytes);
        uint8_t *blob = SDSE_ARENA_ARRAY(c.arena, uint8_t, size);
        for (size_t i = 0; i < size; i++)
            blob[i] = (uint8_t)pick(0, 255);
        for (int64_t i = 0; i < n * blocks; i++) {
            const float scale = (float)pick_real();
            memcpy(blob + i * bytes, &scale, sizeof scale);
        }
        Onnx__TensorProto *stored =
            onnx_tensor(&c.b, "blob", UINT8, 1, (int64_t[]){(int64_t)size});
        stored->has_raw_data = 1;
        stored->raw_data = (ProtobufCBinaryData){size, blob};
        onnx_initializer(&c.b, stored);
        case_add(&c, list_tensor(2, (int64_t[]){k, n}));
        c.inputs_text = "i0,blob,i1";
        case_expect_run(&c);
        for (int64_t i = 0; i < m * n; i++) {
            double y = 0, sum = 0;
            for (int64_t t = 0; t < k; t++) {
                const uint8_t *block = blob + (i % n * blocks + t / length) * bytes;
                const int64_t in = t % length, half = in % 32 / 16;
                const int nibble =
                    block[4 + in / 32 * 16 + in % 16] >> (half ? 4 : 0) & 15;
                float scale;
                memcpy(&scale, block, sizeof scale);
                const double term =
                    c.in[0].data[i / n * k + t] * (nibble - 8) * (double)scale;
                y += term;
                sum += fabs(term);
            }
            expect_close(c.out[0].data[i], y, sum);
        }
        case_end(&c);
    }
}

// Zero points of rows that do not fill their bytes, more than are folded.
static void zero_points_of_many_rows(void **state) {
    (void)state;
    case_random = 306;
    const int64_t n = 700, k = 48, block = 16, blocks = 3;
    struct forward_case c;
    begin(&c, "MatMulNBits");
    onnx_set_int(&c.b, c.node, "K", k);
    onnx_set_int(&c.b, c.node, "N", n);
    onnx_set_int(&c.b, c.node, "block_size", block);
    add(&c, false, 2, (int64_t[]){1, k});
    add_bytes(&c, UINT8, 3, (int64_t[]){n, blocks, block / 2}, 0, 255);
    add(&c, true, 2, (int64_t[]){n, blocks});
    add_bytes(&c, UINT8, 2, (int64_t[]){n, 2}, 0, 255);
    struct sdse_onnx_graph graph;
    struct sdse_onnx_layers layers;
    case_graph(&c, &graph);
    case_make_layers(&graph, &layers);
    assert_int_equal(layers.count, 1);
    struct sdse_onnx_numbers w = weights_of(&c, &graph, &layers, "node");
    for (int64_t i = 0; i < k * n; i++) {
        const int64_t row = i % n, column = i / n, at = row * blocks + column / block;
        const double wanted = (number(&c.in[1], 0, row * k + column, 4) -
                               number(&c.in[3], row * 2, column / block, 4)) *
                              c.in[2].data[at];
        expect_close(w.data[i], wanted, fabs(wanted));
    }
    free(w.data);
    case_end(&c);
}

// ---- experts -----------------------------------------------------------------

// How the weights of a stack are: integers in blocks or rows, with zero points or
// without, or floating in one of three ways.
enum { ROWS, BLOCKS, MXFP4, NVFP4, FP8, KINDS };

struct stack {
    unsigned weights, scales, zeros, global; // inputs; 0: none
    int64_t out, in, block, bits;
    int kind;
};

static double expert_weight(const struct forward_case *c, const struct stack *s,
                            int64_t e, int64_t o, int64_t i) {
    const int64_t row = e * s->out + o, blocks = s->in / s->block,
                  at = row * blocks + i / s->block;
    const double q = number(&c->in[s->weights], row * s->in * s->bits / 8, i, s->bits);
    if (s->kind == FP8)
        return e4m3(c->in[s->weights].data[row * s->in + i]) * c->in[s->global].data[e];
    if (s->kind == MXFP4)
        return e2m1(q) * ldexp(1, (int)c->in[s->scales].data[at] - 127) *
               c->in[s->global].data[e];
    if (s->kind == NVFP4)
        return e2m1(q) * e4m3(c->in[s->scales].data[at]) * c->in[s->global].data[e];
    const double zero = s->zeros ? number(&c->in[s->zeros], 0, at, s->bits)
                                 : ldexp(1, (int)s->bits - 1);
    return (q - zero) * c->in[s->scales].data[at];
}

static void add_stack(struct forward_case *c, struct stack *s, int64_t experts) {
    const int64_t blocks = s->in / s->block;
    s->weights = c->inputs;
    if (s->kind == FP8) {
        add_bytes(c, E4M3, 3, (int64_t[]){experts, s->out, s->in}, 0, 126);
        case_skip(c);
    } else {
        add_bytes(c, UINT8, 3, (int64_t[]){experts, s->out, s->in * s->bits / 8}, 0,
                  255);
        s->scales = c->inputs;
        if (s->kind == MXFP4)
            add_bytes(c, E8M0, 3, (int64_t[]){experts, s->out, blocks}, 120, 132);
        else if (s->kind == NVFP4)
            add_bytes(c, E4M3, 3, (int64_t[]){experts, s->out, blocks}, 0, 126);
        else if (s->kind == ROWS)
            add(c, true, 2, (int64_t[]){experts, s->out});
        else
            add(c, true, 3, (int64_t[]){experts, s->out, blocks});
    }
    case_skip(c); // the bias
}

static void packed_experts_are_their_numbers(void **state) {
    (void)state;
    case_random = 303;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int kind = (int)(round % KINDS);
        const int64_t bits = kind == FP8     ? 8
                             : kind >= MXFP4 ? 4
                                             : (int64_t[]){2, 4, 8}[pick(0, 2)];
        const int64_t block = kind == MXFP4 ? 32 : kind == NVFP4 ? 16 : 16 * (8 / bits);
        const int64_t e = pick(1, 3), k = pick(1, e), t = pick(1, 6),
                      d = block * pick(1, 2), inner = block * pick(1, 2);
        const bool gated = pick(0, 1), zeros = kind <= BLOCKS && pick(0, 1);
        struct forward_case c;
        begin(&c, "QMoE");
        onnx_set_int(&c.b, c.node, "k", k);
        if (kind <= BLOCKS && bits != 4)
            onnx_set_int(&c.b, c.node, "expert_weight_bits", bits);
        if (kind == BLOCKS)
            onnx_set_int(&c.b, c.node, "block_size", block);
        if (kind >= MXFP4)
            onnx_set_text(&c.b, c.node, "quant_type",
                          kind == MXFP4   ? "fp4"
                          : kind == NVFP4 ? "nvfp4"
                                          : "fp8");
        struct stack up = {.out = gated ? 2 * inner : inner, .in = d},
                     down = {.out = d, .in = inner};
        up.kind = down.kind = kind;
        up.bits = down.bits = bits;
        up.block = kind == ROWS || kind == FP8 ? d : block;
        down.block = kind == ROWS || kind == FP8 ? inner : block;
        add(&c, false, 2, (int64_t[]){t, d}), add(&c, false, 2, (int64_t[]){t, e});
        add_stack(&c, &up, e), add_stack(&c, &down, e);
        // Zero points are inputs 11 and 12, scales of experts 15 and 16: beyond what a
        // case may have, so that the node is given them by hand.
        struct tensor extra[2] = {{0}, {0}};
        const unsigned first = kind >= MXFP4 ? 15 : 11;
        char text[256] = "i0,i1";
        for (unsigned i = 2; i < c.inputs; i++) {
            char name[16];
            snprintf(name, sizeof name, ",i%u", i);
            strcat(text, c.left_out[i] ? "," : name);
        }
        const unsigned inputs = c.inputs;
        if (kind >= MXFP4 || zeros) {
            struct stack *stacks[2] = {&up, &down};
            for (int i = 0; i < 2; i++) {
                const struct stack *s = stacks[i];
                extra[i] =
                    kind >= MXFP4
                        ? random_tensor(1, &e)
                        : integer_tensor(
                              UINT8, 1,
                              (int64_t[]){e * s->out * (s->in / s->block) * bits / 8},
                              0, 255);
                extra[i].stored = true;
                *(kind >= MXFP4 ? &stacks[i]->global : &stacks[i]->zeros) = c.inputs;
                case_add(&c, extra[i]);
            }
            for (unsigned i = inputs; i < first; i++)
                strcat(text, ",");
            char names[32];
            snprintf(names, sizeof names, ",i%u,i%u", inputs, inputs + 1);
            strcat(text, names);
        }
        c.inputs_text = text;
        struct sdse_onnx_graph graph;
        struct sdse_onnx_layers layers;
        case_graph(&c, &graph);
        case_make_layers(&graph, &layers);
        if (layers.not_modelled_count)
            fail_msg("kind %d, %lld bits", kind, (long long)bits);
        assert_true(sdse_diags_fired(&c.diags, "onnx-approximated"));
        struct stack *stacks[2] = {&up, &down};
        uint64_t macs = 0;
        for (int s = 0; s < 2; s++) {
            struct sdse_onnx_numbers w =
                weights_of(&c, &graph, &layers, s ? "node.fc2" : "node.fc1");
            for (int64_t i = 0; i < e * stacks[s]->out * stacks[s]->in; i++) {
                const int64_t expert = i / (stacks[s]->out * stacks[s]->in),
                              in = i / stacks[s]->out % stacks[s]->in,
                              out = i % stacks[s]->out;
                const double wanted = expert_weight(&c, stacks[s], expert, out, in);
                expect_close(w.data[i], wanted, fabs(wanted));
            }
            free(w.data);
        }
        for (size_t i = 0; i < layers.count; i++)
            macs += sdse_layer_macs(&layers.layer[i]);
        const int64_t rows = (t * k + e - 1) / e;
        assert_int_equal(macs, rows * e * d * (up.out + inner));
        case_end(&c);
    }
}

// ---- signed bytes, row by row or column by column ------------------------------

static void ordered_products_run(void **state) {
    (void)state;
    case_random = 304;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t b = pick(1, 2), m = pick(1, 3), k = pick(1, 6), n = pick(1, 5),
                      columns = pick(0, 1) ? n : 1;
        const bool turned = pick(0, 1), biased = pick(0, 1), added = pick(0, 1);
        struct forward_case c;
        begin(&c, "QOrderedMatMul");
        onnx_set_int(&c.b, c.node, "order_A", 1);
        onnx_set_int(&c.b, c.node, "order_B", turned ? 0 : 1);
        onnx_set_int(&c.b, c.node, "order_Y", 1);
        add_bytes(&c, INT8, 3, (int64_t[]){b, m, k}, -128, 127)->stored = false;
        c.in[0].type = 0; // graph inputs of a case are real; these are whole numbers
        case_add(&c, make_tensor(0, NULL));
        add_bytes(&c, INT8, 2, (int64_t[]){k, n}, -128, 127);
        case_add(&c, make_tensor(1, &columns));
        case_add(&c, make_tensor(0, NULL));
        for (unsigned i = 1; i < 5; i++)
            for (size_t j = 0; i != 2 && j < c.in[i].count; j++) {
                c.in[i].data[j] = ldexp((double)pick(1, 8), i == 4 ? 0 : -5);
                c.in[i].stored = true;
            }
        if (biased)
            add(&c, true, 1, &n);
        else
            case_skip(&c);
        if (added) {
            add_bytes(&c, INT8, 3, (int64_t[]){b, m, n}, -128, 127);
            case_add(&c, make_tensor(0, NULL));
            c.in[7].data[0] = 0.25;
            c.in[7].stored = true;
        }
        case_expect_run(&c);
        for (int64_t i = 0; i < b * m * n; i++) {
            double y = biased ? c.in[5].data[i % n] : 0;
            if (added)
                y += c.in[6].data[i] * 0.25;
            for (int64_t t = 0; t < k; t++) {
                // Of an order of columns the numbers of a column lie together.
                const int64_t at = turned ? i % n * k + t : t * n + i % n;
                y += c.in[0].data[i / n * k + t] * c.in[1].data[0] * c.in[2].data[at] *
                     c.in[3].data[columns == n ? i % n : 0];
            }
            const double wanted = fmax(-128, fmin(127, nearbyint(y / c.in[4].data[0])));
            assert_true(fabs(c.out[0].data[i] - wanted) <= 1); // ties, and f32
            assert_true(c.out[0].data[i] >= -128 && c.out[0].data[i] <= 127);
        }
        c.b.graph.n_initializer = c.b.graph.n_input = 0;
        const struct case_layers made = case_layers(&c);
        assert_int_equal(made.weights, k * n);
        assert_int_equal(made.macs, b * m * k * n);
        case_end(&c);
    }
}

// Orders of tensor cores are not read: the node stays.
static void other_orders_are_said(void **state) {
    (void)state;
    for (unsigned fault = 0; fault < 2; fault++) {
        struct forward_case c;
        struct sdse_onnx_graph graph;
        struct sdse_onnx_layers layers;
        begin(&c, "QOrderedMatMul");
        onnx_set_int(&c.b, c.node, "order_A", fault ? 2 : 1);
        onnx_set_int(&c.b, c.node, "order_B", fault ? 1 : 3);
        add(&c, false, 3, (int64_t[]){1, 2, 4}), add(&c, true, 0, NULL);
        add_bytes(&c, INT8, 2, (int64_t[]){4, 4}, -128, 127), add(&c, true, 0, NULL);
        add(&c, true, 0, NULL);
        case_graph(&c, &graph);
        case_make_layers(&graph, &layers);
        assert_int_equal(layers.not_modelled_count, 1);
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_products_share_an_input),
        cmocka_unit_test(floating_weights_are_their_numbers),
        cmocka_unit_test(blocks_with_their_scale_in_them),
        cmocka_unit_test(zero_points_of_many_rows),
        cmocka_unit_test(packed_experts_are_their_numbers),
        cmocka_unit_test(ordered_products_run),
        cmocka_unit_test(other_orders_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
