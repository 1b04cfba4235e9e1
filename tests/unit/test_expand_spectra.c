// Transforms, distances and grids against their definitions: numbers of a run, MACs of
// the layers.
#include "support/forward_case.h"

enum { ROUNDS = 150 };

static const double tau = 6.28318530717958647692;

static void add_real(struct forward_case *c, bool stored, unsigned rank,
                     const int64_t *dims) {
    struct tensor t = random_tensor(rank, dims);
    t.stored = stored;
    case_add(c, t);
}

static void expect_close(const struct forward_case *c, uint64_t i, double wanted,
                         double largest) {
    if (!(fabs(c->out[0].data[i] - wanted) <= 4e-6 * fmax(largest, 1)))
        fail_msg("number %u: got %.9g, wanted %.9g", (unsigned)i, c->out[0].data[i],
                 wanted);
}

// What the layers of a case that was run are. It is not run again.
static void expect_layers(struct forward_case *c, uint64_t macs, uint64_t weights) {
    c->b.graph.n_initializer = c->b.graph.n_input = 0;
    const struct case_layers made = case_layers(c);
    assert_int_equal(made.macs, macs);
    assert_int_equal(made.weights, weights);
    assert_string_equal(made.layers.layer[0].name, "node");
}

// x [a][n][b][parts] along its second axis, as the operator says.
static void dft_is_its_sum(void **state) {
    (void)state;
    case_random = 201;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t a = pick(1, 3), n = pick(1, 8), b = pick(1, 3),
                      parts = pick(1, 2);
        const bool onesided = pick(0, 1), inverse = !onesided && pick(0, 1),
                   newer = pick(0, 1), said = pick(0, 1);
        const int64_t length = said ? pick(1, 9) : n,
                      bins = onesided ? length / 2 + 1 : length;
        struct forward_case c;
        case_begin(&c, "DFT");
        c.b.opset.version = newer ? 20 : 17;
        add_real(&c, false, 4, (int64_t[]){a, n, b, parts});
        if (said)
            case_add(&c, list_tensor(1, &length));
        else
            case_skip(&c);
        if (newer)
            case_add(&c, list_tensor(1, (int64_t[]){pick(0, 1) ? 1 : -3}));
        else if (pick(0, 1))
            onnx_set_int(&c.b, c.node, "axis", 1);
        onnx_set_int(&c.b, c.node, "onesided", onesided);
        onnx_set_int(&c.b, c.node, "inverse", inverse);
        case_expect_run(&c);
        expect_shape(&c.out[0], 4, (int64_t[]){a, bins, b, 2});
        uint64_t macs = 0;
        const int64_t points = n < length ? n : length;
        for (int64_t i = 0; i < a * bins * b; i++) {
            const int64_t row = i / (bins * b), k = i / b % bins, column = i % b;
            double sum[2] = {0, 0}, size = 0;
            for (int64_t t = 0; t < points; t++) {
                const size_t at = (size_t)(((row * n + t) * b + column) * parts);
                const double re = c.in[0].data[at],
                             im = parts == 2 ? c.in[0].data[at + 1] : 0,
                             angle = (inverse ? tau : -tau) * (double)(k * t) /
                                     (double)length;
                sum[0] += re * cos(angle) - im * sin(angle);
                sum[1] += re * sin(angle) + im * cos(angle);
                size += fabs(re) + fabs(im);
                macs += 2 * (uint64_t)parts;
            }
            for (int p = 0; p < 2; p++)
                expect_close(&c, (uint64_t)(2 * i + p),
                             sum[p] / (inverse ? (double)length : 1), size);
        }
        expect_layers(&c, macs, (uint64_t)(points * parts * bins * 2));
        case_end(&c);
    }
}

// Which axis it is if nobody says: the second, or since opset 20 the one before the
// parts.
static void axes_that_are_not_said(void **state) {
    (void)state;
    for (int newer = 0; newer < 2; newer++) {
        struct forward_case c;
        case_begin(&c, "DFT");
        c.b.opset.version = newer ? 20 : 17;
        onnx_set_int(&c.b, c.node, "onesided", 1);
        add_real(&c, false, 4, (int64_t[]){1, 6, 8, 1});
        case_expect_run(&c);
        expect_shape(&c.out[0], 4,
                     newer ? (int64_t[]){1, 6, 5, 2} : (int64_t[]){1, 4, 8, 2});
        case_end(&c);
    }
}

// A spectrum of real numbers, and back to them.
static void real_spectra_are_their_sums(void **state) {
    (void)state;
    case_random = 202;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t rows = pick(1, 4), n = 2 * pick(1, 5), bins = n / 2 + 1;
        const bool back = pick(0, 1);
        struct forward_case c;
        case_begin(&c, back ? "Irfft" : "Rfft");
        c.node->domain = onnx_text(&c.b, "com.microsoft");
        onnx_set_int(&c.b, c.node, "signal_ndim", 1);
        if (back)
            add_real(&c, false, 3, (int64_t[]){rows, bins, 2});
        else
            add_real(&c, false, 2, (int64_t[]){rows, n});
        case_expect_run(&c);
        for (int64_t i = 0; i < rows * (back ? n : bins * 2); i++) {
            double sum = 0;
            if (!back) {
                const int64_t row = i / (2 * bins), k = i / 2 % bins;
                for (int64_t t = 0; t < n; t++) {
                    const double angle = tau * (double)(k * t) / (double)n,
                                 x = c.in[0].data[row * n + t];
                    sum += i % 2 ? -x * sin(angle) : x * cos(angle);
                }
                expect_close(&c, (uint64_t)i, sum, 4.0 * (double)n);
                continue;
            }
            // All n bins: those that are not given are the conjugates of others.
            const int64_t row = i / n, t = i % n;
            for (int64_t k = 0; k < n; k++) {
                const int64_t from = k < bins ? k : n - k;
                const double *x = &c.in[0].data[(row * bins + from) * 2];
                const double angle = tau * (double)(k * t) / (double)n;
                // The imaginary parts of the first and the last are none.
                const double im = from == 0 || 2 * from == n ? 0
                                  : k < bins                 ? x[1]
                                                             : -x[1];
                sum += x[0] * cos(angle) - im * sin(angle);
            }
            expect_close(&c, (uint64_t)i, sum / (double)n, 4);
        }
        expect_layers(&c, (uint64_t)(rows * bins * 2 * n), (uint64_t)(bins * 2 * n));
        case_end(&c);
    }
}

// Frames of a signal, each times a window, and their spectra.
static void frames_are_their_spectra(void **state) {
    (void)state;
    case_random = 203;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t batch = pick(1, 2), frame = pick(1, 6), step = pick(1, 4),
                      signal = frame + pick(0, 9), parts = pick(1, 2),
                      count = (signal - frame) / step + 1;
        const bool windowed = pick(0, 1), said = !windowed || pick(0, 1),
                   onesided = pick(0, 1), flat = parts == 1 && pick(0, 1);
        const int64_t bins = onesided ? frame / 2 + 1 : frame;
        struct forward_case c;
        case_begin(&c, "STFT");
        c.b.opset.version = 17;
        add_real(&c, false, flat ? 2 : 3, (int64_t[]){batch, signal, parts});
        case_add(&c, list_tensor(1, &step));
        if (windowed)
            add_real(&c, true, 1, &frame);
        else
            case_skip(&c);
        if (said)
            case_add(&c, list_tensor(1, &frame));
        if (!onesided || pick(0, 1))
            onnx_set_int(&c.b, c.node, "onesided", onesided);
        case_expect_run(&c);
        expect_shape(&c.out[0], 4, (int64_t[]){batch, count, bins, 2});
        uint64_t macs = 0;
        for (int64_t i = 0; i < batch * count * bins; i++) {
            const int64_t row = i / (count * bins), f = i / bins % count, k = i % bins;
            double sum[2] = {0, 0}, size = 0;
            for (int64_t t = 0; t < frame; t++) {
                const size_t at = (size_t)((row * signal + f * step + t) * parts);
                const double w = windowed ? c.in[2].data[t] : 1;
                const double re = w * c.in[0].data[at],
                             im = parts == 2 ? w * c.in[0].data[at + 1] : 0;
                const double angle = -tau * (double)(k * t) / (double)frame;
                sum[0] += re * cos(angle) - im * sin(angle);
                sum[1] += re * sin(angle) + im * cos(angle);
                size += fabs(re) + fabs(im);
                macs += 2 * (uint64_t)parts;
            }
            for (int p = 0; p < 2; p++)
                expect_close(&c, (uint64_t)(2 * i + p), sum[p], size);
        }
        expect_layers(&c, macs, (uint64_t)(frame * parts * bins * 2));
        case_end(&c);
    }
}

// What a transform is not, or what would be too large a matrix, stays a node.
static void others_stay(void **state) {
    (void)state;
    static const char *const ops[] = {"DFT",   "DFT",        "STFT",
                                      "Irfft", "AffineGrid", "Det"};
    for (unsigned fault = 0; fault < 6; fault++) {
        struct forward_case c;
        struct sdse_onnx_graph graph;
        struct sdse_onnx_layers layers;
        case_begin(&c, ops[fault]);
        c.node->domain = onnx_text(&c.b, fault == 3 ? "com.microsoft" : "");
        c.b.opset.version = 17;
        add_real(&c, false, 3,
                 (int64_t[]){2, fault == 1 ? 4096 : 6, fault == 5 ? 3 : 2});
        if (fault == 0) { // one-sided and inverse
            onnx_set_int(&c.b, c.node, "onesided", 1);
            onnx_set_int(&c.b, c.node, "inverse", 1);
        } else if (fault == 2) { // a step that is not known
            add_real(&c, false, 1, (int64_t[]){1});
            case_skip(&c);
            case_add(&c, list_tensor(1, (int64_t[]){4}));
        } else if (fault == 3) {
            onnx_set_int(&c.b, c.node, "signal_ndim", 2);
        } else if (fault == 4) { // not theta's
            case_add(&c, list_tensor(4, (int64_t[]){2, 1, 4, 4}));
        }
        case_graph(&c, &graph);
        case_make_layers(&graph, &layers);
        assert_int_equal(layers.not_modelled_count, 1);
        assert_string_equal(layers.not_modelled[0].op, ops[fault]);
        case_end(&c);
    }
}

static void distances_are_those_of_all_pairs(void **state) {
    (void)state;
    case_random = 204;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t m = pick(1, 5), n = pick(1, 5), k = pick(1, 5);
        const bool plain = pick(0, 1), stored = pick(0, 1);
        struct forward_case c;
        case_begin(&c, "CDist");
        c.node->domain = onnx_text(&c.b, "com.microsoft");
        add_real(&c, false, 2, (int64_t[]){m, k});
        add_real(&c, stored, 2, (int64_t[]){n, k});
        if (plain || pick(0, 1))
            onnx_set_text(&c.b, c.node, "metric", plain ? "euclidean" : "sqeuclidean");
        case_expect_run(&c);
        for (int64_t i = 0; i < m * n; i++) {
            double sum = 0, size = 0;
            for (int64_t t = 0; t < k; t++) {
                const double a = c.in[0].data[i / n * k + t],
                             b = c.in[1].data[i % n * k + t];
                sum += (a - b) * (a - b);
                size += a * a + b * b;
            }
            // What is taken off loses digits where the points are near.
            const double got = c.out[0].data[i];
            assert_true(fabs((plain ? got * got : got) - sum) <=
                        1e-6 * (size + sum + 1));
        }
        expect_layers(&c, (uint64_t)(m * n * k), stored ? (uint64_t)(n * k) : 0);
        case_end(&c);
    }
}

// Each place of the map, the last axis first, through each sample's matrix.
static void grids_are_their_places(void **state) {
    (void)state;
    case_random = 205;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t axes = pick(2, 3), n = pick(1, 3);
        const bool corners = pick(0, 1);
        int64_t size[5] = {n, pick(1, 3), pick(2, 4), pick(2, 4), pick(2, 4)},
                points = 1;
        struct forward_case c;
        case_begin(&c, "AffineGrid");
        c.b.opset.version = 20;
        add_real(&c, false, 3, (int64_t[]){n, axes, axes + 1});
        case_add(&c, list_tensor((size_t)axes + 2, size));
        if (corners || pick(0, 1))
            onnx_set_int(&c.b, c.node, "align_corners", corners);
        case_expect_run(&c);
        for (int64_t d = 0; d < axes; d++)
            points *= size[d + 2];
        uint64_t macs = 0;
        for (int64_t i = 0; i < n * points * axes; i++) {
            const int64_t sample = i / (points * axes), axis = i % axes;
            int64_t rest = i / axes % points;
            const double *row = &c.in[0].data[(sample * axes + axis) * (axes + 1)];
            double sum = row[axes];
            for (int64_t d = axes; d-- > 0; rest /= size[d + 2]) {
                const double e = (double)size[d + 2], at = (double)(rest % size[d + 2]);
                sum += row[axes - 1 - d] *
                       (corners ? -1 + 2 * at / (e - 1) : -1 + (2 * at + 1) / e);
                macs++;
            }
            macs++; // the constant is one more
            expect_close(&c, (uint64_t)i, sum, 16);
        }
        expect_layers(&c, macs, (uint64_t)(points * (axes + 1)));
        case_end(&c);
    }
}

// Multiplications of an elimination, one by one; the layer has no fewer, and at most a
// matrix of them more.
static void eliminations_are_counted(void **state) {
    (void)state;
    case_random = 206;
    for (unsigned round = 0; round < ROUNDS; round++) {
        const int64_t batch = pick(1, 3), n = pick(1, 7);
        const bool inverse = pick(0, 1), flat = pick(0, 1);
        struct forward_case c;
        case_begin(&c, inverse ? "Inverse" : "Det");
        c.node->domain = onnx_text(&c.b, inverse ? "com.microsoft" : "");
        add_real(&c, false, flat ? 2 : 3,
                 flat ? (int64_t[]){n, n} : (int64_t[]){batch, n, n});
        const struct case_layers made = case_layers(&c);
        assert_true(sdse_diags_fired(&c.diags, "onnx-approximated"));
        uint64_t count = 0;
        for (int64_t pivot = 0; pivot < n; pivot++)
            for (int64_t row = inverse ? 0 : pivot + 1; row < n; row++)
                for (int64_t column = inverse ? 0 : pivot; column < n; column++)
                    count++; // a factor of the row first, then the columns behind
        if (!inverse)
            count += (uint64_t)(n - 1);
        const uint64_t one = made.macs / (flat ? 1 : (uint64_t)batch);
        assert_int_equal(made.macs, one * (flat ? 1 : (uint64_t)batch));
        assert_true(one >= count && one <= count + (inverse ? 0 : (uint64_t)(n * n)));
        case_end(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dft_is_its_sum),
        cmocka_unit_test(axes_that_are_not_said),
        cmocka_unit_test(real_spectra_are_their_sums),
        cmocka_unit_test(frames_are_their_spectra),
        cmocka_unit_test(others_stay),
        cmocka_unit_test(distances_are_those_of_all_pairs),
        cmocka_unit_test(grids_are_their_places),
        cmocka_unit_test(eliminations_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
