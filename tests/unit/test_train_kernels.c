// Training's kernels against naive loops and finite differences.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "smartdeal/synthetic.h"
#include "smartdeal/train/gemm.h"
#include "smartdeal/train/net.h"

static double uniform(uint64_t *state) {
    return (double)(sdse_random_u64(state) >> 40) * 0x1p-23 - 1;
}

static float *drawn(size_t count, uint64_t *state) {
    float *x = malloc((count + 1) * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = (float)uniform(state);
    return x;
}

static void multiply_once(uint64_t *state, struct sdse_gemm_space *space) {
    static const size_t sizes[] = {1, 3, 4, 5, 8, 9, 63, 64, 65, 255, 256, 257, 300};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    const size_t m = sizes[sdse_random_u64(state) % SIZES];
    const size_t n = sizes[sdse_random_u64(state) % SIZES];
    const size_t k = sizes[sdse_random_u64(state) % SIZES];
    const bool turn_a = sdse_random_u64(state) & 1, turn_b = sdse_random_u64(state) & 1;
    const bool add = sdse_random_u64(state) & 1;
    float *a = drawn(m * k, state), *b = drawn(k * n, state), *c = drawn(m * n, state);
    float *before = malloc(m * n * sizeof *before);
    memcpy(before, c, m * n * sizeof *c);
    const struct sdse_gemm_matrix left = {a, turn_a ? 1 : k, turn_a ? m : 1};
    const struct sdse_gemm_matrix right = {b, turn_b ? 1 : n, turn_b ? k : 1};
    sdse_gemm(m, n, k, left, right, c, add, space);
    for (size_t probe = 0; probe < 300; probe++) {
        const size_t at = probe < 2 ? probe * (m * n - 1)
                                    : (size_t)(sdse_random_u64(state) % (m * n));
        const size_t i = at / n, j = at % n;
        double sum = add ? (double)before[at] : 0;
        for (size_t p = 0; p < k; p++)
            sum += (double)a[i * left.row + p * left.column] *
                   (double)b[p * right.row + j * right.column];
        if (fabs(sum - (double)c[at]) > 1e-4)
            fail_msg("%zu x %zu x %zu, add %d, (%zu, %zu): %.9g, not %.9g", m, n, k,
                     add, i, j, (double)c[at], sum);
    }
    free(a);
    free(b);
    free(c);
    free(before);
}

static void multiplies(void **unused) {
    (void)unused;
    uint64_t state = 7;
    struct sdse_gemm_space *space = malloc(sizeof *space);
    assert_non_null(space);
    for (int i = 0; i < 150; i++)
        multiply_once(&state, space);
    free(space);
}

// ---- a whole network by loops in double -------------------------------------

enum { MOST = 4096 };

static void naive_layer(const struct sdse_net_layer *l, const float *w,
                        const float *bias, const double *in, double *out) {
    static double map[MOST];
    const long height = (long)l->height, width = (long)l->width;
    const long reach = l->conv ? 1 : 0;
    const size_t kernel = l->conv ? 3 : 1;
    for (size_t f = 0; f < l->filters; f++) {
        for (long y = 0; y < height; y++)
            for (long x = 0; x < width; x++) {
                double sum = (double)bias[f];
                for (size_t c = 0; c < l->channels; c++)
                    for (long r = -reach; r <= reach; r++)
                        for (long s = -reach; s <= reach; s++) {
                            const long p = y + r, q = x + s;
                            if (p < 0 || p >= height || q < 0 || q >= width)
                                continue;
                            const size_t tap =
                                (size_t)(r + reach) * kernel + (size_t)(s + reach);
                            sum +=
                                (double)
                                    w[(f * l->channels + c) * kernel * kernel + tap] *
                                in[(long)c * height * width + p * width + q];
                        }
                map[y * width + x] = l->rectify && sum < 0 ? 0 : sum;
            }
        for (long y = 0; y < height; y += l->pool ? 2 : 1)
            for (long x = 0; x < width; x += l->pool ? 2 : 1) {
                const double *at = map + y * width + x;
                *out++ = l->pool
                             ? fmax(fmax(at[0], at[1]), fmax(at[width], at[width + 1]))
                             : at[0];
            }
    }
}

static void naive_outputs(const struct sdse_net *net,
                          const struct sdse_net_values *values, const float *sample,
                          double *out) {
    static double a[MOST], b[MOST];
    for (size_t i = 0; i < sdse_net_inputs(&net->layer[0]); i++)
        a[i] = (double)sample[i];
    for (unsigned n = 0; n < net->count; n++) {
        naive_layer(&net->layer[n], values->weights[n], values->biases[n], a, b);
        memcpy(a, b, sizeof a);
    }
    memcpy(out, a, SDSE_NET_CLASSES * sizeof *out);
}

static double naive_loss(const struct sdse_net *net,
                         const struct sdse_net_values *values, const float *samples,
                         const uint8_t *labels, size_t count) {
    double loss = 0, out[SDSE_NET_CLASSES];
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        naive_outputs(net, values, samples + i * sdse_net_inputs(&net->layer[0]), out);
        for (unsigned c = 0; c < SDSE_NET_CLASSES; c++)
            sum += exp(out[c]);
        loss += log(sum) - out[labels[i]];
    }
    return loss;
}

// (loss at x + step) - (loss at x - step) over the distance, by the naive network. What
// bends in between (rectifiers, maxima) shows in a second, smaller step, and is left
// out.
static void check_slope(const struct sdse_net *net,
                        const struct sdse_net_values *values, const float *samples,
                        const uint8_t *labels, size_t count, float *x, double gradient,
                        double scale, unsigned *checked) {
    double slope[2];
    const float kept = *x;
    for (int i = 0; i < 2; i++) {
        const float step = i ? 0x1p-11F : 0x1p-9F;
        *x = kept + step;
        const float high = *x;
        const double above = naive_loss(net, values, samples, labels, count);
        *x = kept - step;
        const float low = *x;
        const double below = naive_loss(net, values, samples, labels, count);
        slope[i] = scale * (above - below) / ((double)high - (double)low);
    }
    *x = kept;
    if (fabs(slope[0] - slope[1]) > 1e-4 * (fabs(slope[1]) + 0.01))
        return;
    ++*checked;
    if (fabs(slope[1] - gradient) > 1e-3 * (fabs(slope[1]) + 0.01))
        fail_msg("slope %.9g, gradient %.9g", slope[1], gradient);
}

static void check_net(const struct sdse_net *net, size_t count, uint64_t seed) {
    struct sdse_net_values values, gradients;
    struct sdse_net_space *space = sdse_net_space_new(net);
    const size_t inputs = sdse_net_inputs(&net->layer[0]);
    float *samples = drawn(count * inputs, &seed);
    uint8_t labels[SDSE_NET_SAMPLES];
    const float scale = 0.25F;
    unsigned checked = 0;
    assert_non_null(space);
    assert_int_equal(sdse_net_values_new(net, &values), SDSE_OK);
    assert_int_equal(sdse_net_values_new(net, &gradients), SDSE_OK);
    for (unsigned n = 0; n < net->count; n++) {
        sdse_net_draw(&net->layer[n], seed + n, values.weights[n], values.biases[n]);
        for (size_t f = 0; f < net->layer[n].filters; f++)
            values.biases[n][f] = (float)(uniform(&seed) / 4);
    }
    for (size_t i = 0; i < count; i++)
        labels[i] = (uint8_t)(sdse_random_u64(&seed) % SDSE_NET_CLASSES);

    const double loss = sdse_net_backward(net, &values, samples, labels, count, scale,
                                          space, &gradients);
    const double naive = naive_loss(net, &values, samples, labels, count);
    assert_true(fabs(loss - naive) < 1e-5 * naive);
    const float *outputs = sdse_net_forward(net, &values, samples, count, space);
    for (size_t i = 0; i < count; i++) {
        double out[SDSE_NET_CLASSES];
        naive_outputs(net, &values, samples + i * inputs, out);
        for (unsigned c = 0; c < SDSE_NET_CLASSES; c++)
            assert_true(fabs(out[c] - (double)outputs[i * SDSE_NET_CLASSES + c]) <
                        1e-4);
    }
    for (unsigned n = 0; n < net->count; n++) {
        const size_t weights = sdse_net_weights(&net->layer[n]);
        for (int probe = 0; probe < 25; probe++) {
            const size_t i = (size_t)(sdse_random_u64(&seed) % weights);
            const size_t f = (size_t)(sdse_random_u64(&seed) % net->layer[n].filters);
            check_slope(net, &values, samples, labels, count, &values.weights[n][i],
                        (double)gradients.weights[n][i], (double)scale, &checked);
            check_slope(net, &values, samples, labels, count, &values.biases[n][f],
                        (double)gradients.biases[n][f], (double)scale, &checked);
        }
    }
    assert_true(checked > 30 * net->count);
    free(samples);
    sdse_net_values_free(&values);
    sdse_net_values_free(&gradients);
    sdse_net_space_free(space);
}

static void follows_slopes(void **unused) {
    (void)unused;
    const struct sdse_net nets[] = {sdse_net_mlp(4, 8, 13), sdse_net_cnn(8, 12, 3, 5),
                                    sdse_net_cnn(4, 4, 2, 6)};
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++)
        for (size_t count = 1; count <= 5; count += 2)
            check_net(&nets[i], count, 100 * i + count);
}

static void picks_the_first_best(void **unused) {
    (void)unused;
    const float outputs[SDSE_NET_CLASSES] = {-3, 1, 4, 4, 2, 0, 0, 0, 0, 4};
    assert_int_equal(sdse_net_best(outputs), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplies),
        cmocka_unit_test(follows_slopes),
        cmocka_unit_test(picks_the_first_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
