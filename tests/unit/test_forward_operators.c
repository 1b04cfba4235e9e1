// Products, functions and normalisations on random shapes, against plain loops; and
// what is not executed.
#include "support/forward_case.h"

static struct tensor random_of(unsigned rank, int64_t most) {
    int64_t dims[SDSE_ARRAY_MAX_RANK];
    for (unsigned d = 0; d < rank; d++)
        dims[d] = pick(1, most);
    return random_tensor(rank, dims);
}

// ---- products ---------------------------------------------------------------

static void matrices_multiply_with_broadcasting(void **state) {
    (void)state;
    case_random = 21;
    for (unsigned round = 0; round < 1500; round++) {
        unsigned ra = (unsigned)pick(1, 4), rb = (unsigned)pick(1, 4), rank, lead;
        int64_t inner = pick(1, 5), m = pick(1, 6), n = pick(1, 6), da[4], db[4],
                out[4];
        lead = (ra > rb ? ra : rb) > 2 ? (ra > rb ? ra : rb) - 2 : 0;
        for (unsigned d = 0; d < lead; d++) {
            int64_t extent = out[d] = pick(1, 3);
            if (ra > 2 && d + ra - 2 >= lead)
                da[d + ra - 2 - lead] = pick(0, 1) ? extent : 1;
            if (rb > 2 && d + rb - 2 >= lead)
                db[d + rb - 2 - lead] = pick(0, 1) ? extent : 1;
        }
        for (unsigned d = 0; d < lead; d++) { // one of them has the extent
            int64_t a = ra > 2 && d + ra - 2 >= lead ? da[d + ra - 2 - lead] : 1;
            int64_t b = rb > 2 && d + rb - 2 >= lead ? db[d + rb - 2 - lead] : 1;
            out[d] = a > b ? a : b;
        }
        m = ra == 1 ? 1 : m;
        n = rb == 1 ? 1 : n;
        if (ra > 1)
            da[ra - 2] = m;
        da[ra - 1] = inner;
        if (rb > 1)
            db[rb - 1] = n;
        db[rb == 1 ? 0 : rb - 2] = inner;
        rank = lead;
        if (ra > 1)
            out[rank++] = m;
        if (rb > 1)
            out[rank++] = n;
        struct forward_case c;
        case_begin(&c, "MatMul");
        case_add(&c, random_tensor(ra, da));
        case_add(&c, random_tensor(rb, db));
        case_expect_run(&c);
        expect_shape(&c.out[0], rank, out);
        for (size_t i = 0; i < c.out[0].count; i++) {
            int64_t row = (int64_t)i / n % m, column = (int64_t)i % n, at[4];
            size_t stack = i / (size_t)(m * n), pa = 0, pb = 0;
            double sum = 0;
            place_to_at(lead, out, stack, at);
            for (unsigned d = 0; d < lead; d++) {
                if (ra > 2 && d + ra - 2 >= lead) {
                    unsigned own = d + ra - 2 - lead;
                    pa = pa * (size_t)da[own] + (size_t)(da[own] == 1 ? 0 : at[d]);
                }
                if (rb > 2 && d + rb - 2 >= lead) {
                    unsigned own = d + rb - 2 - lead;
                    pb = pb * (size_t)db[own] + (size_t)(db[own] == 1 ? 0 : at[d]);
                }
            }
            for (int64_t k = 0; k < inner; k++)
                sum += c.in[0].data[((int64_t)pa * m + row) * inner + k] *
                       c.in[1].data[((int64_t)pb * inner + k) * n + column];
            expect_near(c.out[0].data[i], sum);
        }
        case_end(&c);
    }
}

static void gemm_transposes_scales_and_adds(void **state) {
    (void)state;
    case_random = 22;
    for (unsigned round = 0; round < 800; round++) {
        int64_t m = pick(1, 9), n = pick(1, 9), k = pick(1, 7);
        bool ta = pick(0, 1), tb = pick(0, 1);
        float alpha = (float)pick_real(), beta = (float)pick_real();
        struct forward_case c;
        case_begin(&c, "Gemm");
        case_add(&c, random_tensor(2, (int64_t[]){ta ? k : m, ta ? m : k}));
        case_add(&c, random_tensor(2, (int64_t[]){tb ? n : k, tb ? k : n}));
        switch (pick(0, 4)) {
        case 0:
            case_add(&c, random_tensor(0, NULL));
            break;
        case 1:
            case_add(&c, random_tensor(1, (int64_t[]){n}));
            break;
        case 2:
            case_add(&c, random_tensor(2, (int64_t[]){m, 1}));
            break;
        case 3:
            case_add(&c, random_tensor(2, (int64_t[]){m, n}));
            break;
        default:
            break;
        }
        onnx_set_int(&c.b, c.node, "transA", ta);
        onnx_set_int(&c.b, c.node, "transB", tb);
        Onnx__AttributeProto *a = onnx_attribute(&c.b, c.node, "alpha");
        a->has_f = 1;
        a->f = alpha;
        a = onnx_attribute(&c.b, c.node, "beta");
        a->has_f = 1;
        a->f = beta;
        case_expect_run(&c);
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                double sum = 0;
                for (int64_t t = 0; t < k; t++)
                    sum += c.in[0].data[ta ? t * m + i : i * k + t] *
                           c.in[1].data[tb ? j * k + t : t * n + j];
                sum *= (double)alpha;
                if (c.inputs > 2)
                    sum += (double)beta *
                           broadcast_at(&c.in[2], 2, (const int64_t[]){i, j});
                expect_near(c.out[0].data[i * n + j], sum);
            }
        case_end(&c);
    }
}

// ---- number by number -------------------------------------------------------

static double two(unsigned op, double a, double b) {
    switch (op) {
    case 0:
        return a + b;
    case 1:
        return a - b;
    case 2:
        return a * b;
    case 3:
        return a / b;
    case 4:
        return a > b ? a : b;
    case 5:
        return a < b ? a : b;
    case 6:
        return a == b;
    case 7:
        return a > b;
    case 8:
        return a < b;
    case 9:
        return a >= b;
    case 10:
        return a <= b;
    case 11:
        return a + b; // Sum
    case 12:
        return (a + b) / 2; // Mean
    default:
        return a < 0 ? a * b : a; // PRelu
    }
}

static void maps_are_joined_with_broadcasting(void **state) {
    static const char *const ops[] = {
        "Add",         "Sub",   "Mul",     "Div",  "Max",
        "Min",         "Equal", "Greater", "Less", "GreaterOrEqual",
        "LessOrEqual", "Sum",   "Mean",    "PRelu"};
    (void)state;
    case_random = 23;
    for (unsigned round = 0; round < 1400; round++) {
        unsigned op = round % 14;
        struct tensor a = random_of((unsigned)pick(0, 4), 4);
        unsigned rank = (unsigned)pick(0, a.rank);
        int64_t dims[4];
        for (unsigned d = 0; d < rank; d++)
            dims[d] = pick(0, 1) ? a.dim[a.rank - rank + d] : 1;
        struct tensor b = random_tensor(rank, dims);
        bool swapped = op != 13 && pick(0, 1);
        if (op == 6 && b.count > 0) // some are equal
            b.data[0] = a.data[0];
        struct forward_case c;
        case_begin(&c, ops[op]);
        case_add(&c, swapped ? b : a);
        case_add(&c, swapped ? a : b);
        case_expect_run(&c);
        expect_shape(&c.out[0], a.rank, a.dim);
        for (size_t i = 0; i < a.count; i++) {
            int64_t at[4];
            place_to_at(a.rank, a.dim, i, at);
            double x = a.data[i], y = broadcast_at(&b, a.rank, at);
            expect_near(c.out[0].data[i], swapped ? two(op, y, x) : two(op, x, y));
        }
        case_end(&c);
    }
}

// Values worked out by hand from the operators' definitions, at 1.5 and -0.5.
static void functions_have_their_values(void **state) {
    static const struct {
        const char *op;
        double positive, negative;
    } known[] = {
        {"Relu", 1.5, 0},
        {"Sigmoid", 0.8175744761936437, 0.3775406687981454},
        {"Tanh", 0.9051482536448664, -0.46211715726000973},
        {"LeakyRelu", 1.5, -0.005},
        {"Elu", 1.5, -0.3934693402873666},
        {"Selu", 1.5760515332222, -0.6917581899652425},
        {"Celu", 1.5, -0.3934693402873666},
        {"HardSigmoid", 0.8, 0.4},
        {"HardSwish", 1.125, -0.20833333333333334},
        {"Softplus", 1.7014132779827524, 0.4740769841801067},
        {"Softsign", 0.6, -0.3333333333333333},
        {"Mish", 1.4033782663958028, -0.22074377465173},
        {"ThresholdedRelu", 1.5, 0},
        {"Shrink", 1.5, 0},
        {"Gelu", 1.3997891981047127, -0.15426876936299344},
        {"Erf", 0.9661051464753108, -0.5204998778130465},
        {"Abs", 1.5, 0.5},
        {"Neg", -1.5, 0.5},
        {"Exp", 4.4816890703380645, 0.6065306597126334},
        {"Reciprocal", 0.6666666666666666, -2},
        {"Floor", 1, -1},
        {"Ceil", 2, 0},
        {"Round", 2, 0},
        {"Sign", 1, -1},
        {"Sin", 0.9974949866040544, -0.479425538604203},
        {"Cos", 0.0707372016677029, 0.8775825618903728},
        {"Atan", 0.982793723247329, -0.4636476090008061},
        {"Identity", 1.5, -0.5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct forward_case c;
        struct tensor x = make_tensor(1, (int64_t[]){2});
        x.data[0] = 1.5;
        x.data[1] = -0.5;
        case_begin(&c, known[i].op);
        case_add(&c, x);
        case_expect_run(&c);
        expect_near(c.out[0].data[0], known[i].positive);
        expect_near(c.out[0].data[1], known[i].negative);
        case_end(&c);
    }
}

static void clip_takes_bounds_from_inputs_or_attributes(void **state) {
    (void)state;
    case_random = 24;
    for (unsigned round = 0; round < 60; round++) {
        bool inputs = round % 2, low = pick(0, 1), high = pick(0, 1);
        struct tensor x = random_of(2, 5);
        struct forward_case c;
        case_begin(&c, "Clip");
        case_add(&c, x);
        for (unsigned i = 0; i < 2; i++) {
            bool there = i == 0 ? low : high;
            struct tensor bound = make_tensor(0, NULL);
            bound.data[0] = i == 0 ? -1 : 0.5;
            bound.stored = true;
            if (inputs && there) {
                case_add(&c, bound);
                continue;
            }
            free(bound.data);
            if (inputs)
                case_skip(&c);
            if (!inputs && there) {
                Onnx__AttributeProto *a =
                    onnx_attribute(&c.b, c.node, i == 0 ? "min" : "max");
                a->has_f = 1;
                a->f = i == 0 ? -1 : 0.5f;
            }
        }
        case_expect_run(&c);
        for (size_t i = 0; i < x.count; i++)
            expect_near(c.out[0].data[i], low && x.data[i] < -1     ? -1
                                          : high && x.data[i] > 0.5 ? 0.5
                                                                    : x.data[i]);
        case_end(&c);
    }
}

// ---- normalisation ----------------------------------------------------------

static void softmax_is_along_its_axis(void **state) {
    static const char *const ops[] = {"Softmax", "LogSoftmax", "Hardmax"};
    (void)state;
    case_random = 25;
    for (unsigned round = 0; round < 600; round++) {
        struct tensor x = random_of((unsigned)pick(1, 4), 4);
        bool old = round % 2;
        int64_t axis = pick(-(int64_t)x.rank, (int64_t)x.rank - 1);
        unsigned at = (unsigned)(axis < 0 ? axis + (int64_t)x.rank : axis);
        struct forward_case c;
        case_begin(&c, ops[round % 3]);
        c.b.opset.version = old ? 11 : 13;
        case_add(&c, x);
        onnx_set_int(&c.b, c.node, "axis", axis);
        case_expect_run(&c);
        for (size_t i = 0; i < x.count; i++) {
            int64_t here[4], there[4];
            double sum = 0, most = (double)-INFINITY;
            size_t first = 0;
            place_to_at(x.rank, x.dim, i, here);
            for (size_t j = 0; j < x.count; j++) {
                bool together = true;
                place_to_at(x.rank, x.dim, j, there);
                for (unsigned d = 0; d < x.rank; d++)
                    if (old ? d < at : d != at)
                        together &= here[d] == there[d];
                if (!together)
                    continue;
                sum += exp(x.data[j]);
                if (x.data[j] > most) {
                    most = x.data[j];
                    first = j;
                }
            }
            double wanted = round % 3 == 0   ? exp(x.data[i]) / sum
                            : round % 3 == 1 ? x.data[i] - log(sum)
                                             : (double)(first == i);
            expect_near(c.out[0].data[i], wanted);
        }
        case_end(&c);
    }
}

// The mean and variance of what `together` says, twice over.
static void maps_are_normalised(void **state) {
    static const char *const ops[] = {"LayerNormalization", "InstanceNormalization",
                                      "GroupNormalization", "RMSNormalization",
                                      "BatchNormalization"};
    (void)state;
    case_random = 26;
    for (unsigned round = 0; round < 600; round++) {
        unsigned kind = round % 5;
        int64_t groups = pick(1, 2), channels = groups * pick(1, 3);
        struct tensor x =
            random_tensor(4, (int64_t[]){pick(1, 2), channels, pick(1, 3), pick(1, 4)});
        unsigned axis = (unsigned)pick(1, 3), numbers = kind == 3 ? 1 : 2;
        bool whole = kind == 0 || kind == 3;
        struct forward_case c;
        case_begin(&c, ops[kind]);
        c.b.opset.version = 21;
        case_add(&c, x);
        if (kind == 4)
            numbers = 4;
        for (unsigned i = 0; i < numbers; i++) {
            struct tensor t = whole ? random_tensor(4 - axis, x.dim + axis)
                                    : random_tensor(1, &channels);
            for (size_t j = 0; i == 3 && j < t.count; j++)
                t.data[j] = fabs(t.data[j]);
            case_add(&c, t);
        }
        if (whole)
            onnx_set_int(&c.b, c.node, "axis", (int64_t)axis - (pick(0, 1) ? 4 : 0));
        if (kind == 2)
            onnx_set_int(&c.b, c.node, "num_groups", groups);
        const double epsilon = (double)1e-5f;
        case_expect_run(&c);
        for (size_t i = 0; i < x.count; i++) {
            int64_t here[4], there[4];
            double count = 0, sum = 0, square = 0;
            place_to_at(4, x.dim, i, here);
            for (unsigned pass = 0; pass < 2; pass++)
                for (size_t j = 0; j < x.count; j++) {
                    place_to_at(4, x.dim, j, there);
                    bool together = here[0] == there[0];
                    for (unsigned d = 1; d < axis && whole; d++)
                        together &= here[d] == there[d];
                    if (kind == 1)
                        together &= here[1] == there[1];
                    if (kind == 2)
                        together &= here[1] / (channels / groups) ==
                                    there[1] / (channels / groups);
                    if (!together)
                        continue;
                    double mean = kind == 3 ? 0 : sum / count;
                    if (pass == 0) {
                        sum += x.data[j];
                        count++;
                    } else {
                        square += (x.data[j] - mean) * (x.data[j] - mean);
                    }
                }
            double mean = kind == 3 ? 0 : sum / count, variance = square / count;
            size_t at = whole ? i % c.in[1].count : (size_t)here[1];
            if (kind == 4) {
                mean = c.in[3].data[at];
                variance = c.in[4].data[at];
            }
            double wanted =
                (x.data[i] - mean) / sqrt(variance + epsilon) * c.in[1].data[at] +
                (kind == 3 ? 0 : c.in[2].data[at]);
            if (fabs(c.out[0].data[i] - wanted) > 1e-5 * (1 + fabs(wanted)))
                fail_msg("%s: got %g, wanted %g", ops[kind], c.out[0].data[i], wanted);
        }
        case_end(&c);
    }
}

static void local_response_sees_channels_around(void **state) {
    (void)state;
    case_random = 27;
    for (unsigned round = 0; round < 100; round++) {
        int64_t size = pick(1, 5), channels = pick(1, 6), inner = pick(1, 4);
        struct forward_case c;
        case_begin(&c, "LRN");
        case_add(&c, random_tensor(3, (int64_t[]){2, channels, inner}));
        onnx_set_int(&c.b, c.node, "size", size);
        Onnx__AttributeProto *a = onnx_attribute(&c.b, c.node, "alpha");
        a->has_f = 1;
        a->f = 0.5f;
        case_expect_run(&c);
        for (int64_t i = 0; i < 2 * channels * inner; i++) {
            int64_t channel = i / inner % channels;
            double sum = 0;
            for (int64_t k = 0; k < channels; k++)
                if (k >= channel - (size - 1) / 2 && k <= channel + size / 2) {
                    double x = c.in[0].data[i + (k - channel) * inner];
                    sum += x * x;
                }
            expect_near(c.out[0].data[i],
                        c.in[0].data[i] / pow(1 + 0.5 / (double)size * sum, 0.75));
        }
        case_end(&c);
    }
}

// ---- refusals ---------------------------------------------------------------

static void what_is_not_executed_is_said_with_its_place(void **state) {
    (void)state;
    struct forward_case c;
    case_begin(&c, "GridSample");
    case_add(&c, random_of(4, 3));
    c.in[0].stored = false;
    Onnx__NodeProto *second = onnx_node(&c.b, "NonZero", "where", "i0", "z");
    (void)second;
    assert_int_equal(case_run(&c), SDSE_INVALID);
    assert_int_equal(c.diags.errors, 2);
    assert_string_equal(c.diags.first->check, "onnx-forward");
    assert_string_equal(c.diags.first->loc.file, "m.onnx");
    assert_non_null(strstr(c.diags.first->message, "node 'node' (GridSample): "));
    assert_non_null(strstr(c.diags.last->message, "node 'where' (NonZero): "));
    case_end(&c);
    case_begin(&c, "MaxPool"); // known, but not with the places of the maxima
    case_add(&c, random_tensor(3, (int64_t[]){1, 1, 4}));
    onnx_set_ints(&c.b, c.node, "kernel_shape", ONNX_DIMS(2));
    c.outputs = 2;
    assert_int_equal(case_run(&c), SDSE_INVALID);
    assert_non_null(
        strstr(c.diags.first->message, "node 'node' (MaxPool): the places"));
    case_end(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrices_multiply_with_broadcasting),
        cmocka_unit_test(gemm_transposes_scales_and_adds),
        cmocka_unit_test(maps_are_joined_with_broadcasting),
        cmocka_unit_test(functions_have_their_values),
        cmocka_unit_test(clip_takes_bounds_from_inputs_or_attributes),
        cmocka_unit_test(softmax_is_along_its_axis),
        cmocka_unit_test(maps_are_normalised),
        cmocka_unit_test(local_response_sees_channels_around),
        cmocka_unit_test(what_is_not_executed_is_said_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
