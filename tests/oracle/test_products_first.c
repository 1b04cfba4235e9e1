// Weights whose products are made first: distinct words with indices, and kernels that
// a layer shares. The layers are executed by plain loops, lists are counted by brute
// force, and what the evaluator charges is compared with what the loops did.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "dse/sweep/forms.h"
#include "dse/sweep/measured.h"
#include "oracle/support_problems.h"
#include "smartdeal/basis_first.h"
#include "smartdeal/coded.h"
#include "smartdeal/synthetic.h"
#include "smartdeal/unique.h"
#include "support/sanitized.h"

enum { MOST = 24, CASES = SANITIZED ? 400 : 3000 };

static uint64_t below(uint64_t *state, uint64_t limit) {
    return sdse_random_u64(state) % limit;
}

// --- Distinct words ---

struct lists {
    uint64_t outputs, inputs;
    uint32_t bits;
    struct sdse_unique_lists setting;
    int16_t words[MOST * MOST];
};

static void draw_lists(uint64_t *state, struct lists *l) {
    *l = (struct lists){.outputs = 1 + below(state, MOST),
                        .inputs = 1 + below(state, MOST),
                        .bits = 2 + (uint32_t)below(state, 7),
                        .setting = {below(state, 5), below(state, 9)}};
    const int top = (1 << (l->bits - 1)) - 1;
    const int range = 1 + (int)below(state, (uint64_t)top);
    for (uint64_t i = 0; i < l->outputs * l->inputs; i++)
        l->words[i] = (int16_t)((int)below(state, 2 * (uint64_t)range + 1) - range);
}

// Distinct words of input i among the outputs [first, end), by comparing all pairs.
static uint64_t distinct(const struct lists *l, uint64_t i, uint64_t first,
                         uint64_t end) {
    uint64_t count = 0;
    for (uint64_t o = first; o < end; o++) {
        bool seen = false;
        for (uint64_t before = first; before < o; before++)
            seen |= l->words[before * l->inputs + i] == l->words[o * l->inputs + i];
        count += !seen;
    }
    return count;
}

static unsigned bits_of_index(uint64_t words) {
    unsigned bits = 0;
    for (uint64_t last = words - 1; last; last /= 2)
        bits++;
    return bits;
}

static void lists_are_counted(void **state) {
    (void)state;
    uint64_t seed = 5;
    for (int n = 0; n < CASES; n++) {
        struct lists l;
        draw_lists(&seed, &l);
        struct sdse_unique_counts counts;
        assert_int_equal(sdse_unique_count(l.words, l.outputs, l.inputs, l.bits,
                                           &l.setting, &counts),
                         SDSE_OK);
        const uint64_t block =
            l.setting.outputs_per_block ? l.setting.outputs_per_block : l.outputs;
        const uint64_t group =
            l.setting.inputs_per_width ? l.setting.inputs_per_width : l.inputs;
        uint64_t words = 0, lists = 0, index = 0, most = 0;
        for (uint64_t first = 0; first < l.outputs; first += block) {
            const uint64_t end = first + block < l.outputs ? first + block : l.outputs;
            for (uint64_t g = 0; g < l.inputs; g += group) {
                uint64_t longest = 0, together = 0;
                for (uint64_t i = g; i < l.inputs && i < g + group; i++, together++) {
                    const uint64_t u = distinct(&l, i, first, end);
                    words += u;
                    lists++;
                    longest = u > longest ? u : longest;
                    most = u > most ? u : most;
                }
                index += together * (end - first) * bits_of_index(longest);
            }
        }
        assert_int_equal(counts.words, words);
        assert_int_equal(counts.lists, lists);
        assert_int_equal(counts.index_bits, index);
        assert_int_equal(counts.word_bits, words * l.bits);
        assert_int_equal(counts.table_bits, lists * l.bits);
        assert_int_equal(counts.most, most);
    }
}

static void sums_of_products_are_the_plain_ones(void **state) {
    (void)state;
    uint64_t seed = 6;
    for (int n = 0; n < CASES; n++) {
        struct lists l;
        draw_lists(&seed, &l);
        const uint64_t positions = 1 + below(&seed, 4);
        int8_t in[4 * MOST];
        int32_t out[4 * MOST];
        for (uint64_t i = 0; i < positions * l.inputs; i++)
            in[i] = (int8_t)((int)below(&seed, 256) - 128);
        uint64_t products, sums;
        struct sdse_unique_counts counts;
        assert_int_equal(sdse_unique_forward(l.words, l.outputs, l.inputs, l.bits,
                                             &l.setting, in, positions, out, &products,
                                             &sums),
                         SDSE_OK);
        sdse_unique_count(l.words, l.outputs, l.inputs, l.bits, &l.setting, &counts);
        for (uint64_t p = 0; p < positions; p++) {
            for (uint64_t o = 0; o < l.outputs; o++) {
                int32_t plain = 0;
                for (uint64_t i = 0; i < l.inputs; i++)
                    plain += in[p * l.inputs + i] * l.words[o * l.inputs + i];
                assert_int_equal(out[p * l.outputs + o], plain);
            }
        }
        assert_int_equal(products, positions * counts.words);
        assert_int_equal(sums, positions * l.outputs * l.inputs);
    }
}

// A number of the law with variance 1, from uniform ones.
static double drawn(uint64_t *state, bool laplace) {
    const double u = ((double)(sdse_random_u64(state) >> 11) + 0.5) * 0x1p-53;
    const double v = ((double)(sdse_random_u64(state) >> 11) + 0.5) * 0x1p-53;
    return laplace ? (v < 0.5 ? 1 : -1) * log(u) / sqrt(2)
                   : sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

// Mean and variance of the distinct words of many draws; index bits likewise.
static void expected_lists_are_those_of_draws(void **state) {
    (void)state;
    enum { DRAWS = SANITIZED ? 60 : 400 };
    static const struct {
        bool laplace;
        double range;
        unsigned bits, outputs;
    } cases[] = {{false, 5, 8, 512}, {true, 12, 8, 300}, {false, 20, 8, 1024},
                 {true, 3, 6, 64},   {false, 1, 4, 40},  {true, 30, 8, 17},
                 {false, 8, 2, 5},   {false, 2, 8, 1}};
    uint64_t seed = 7;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const int top = (1 << (cases[c].bits - 1)) - 1;
        const struct sdse_unique_expected expected = sdse_unique_expect(
            cases[c].laplace ? SDSE_WORDS_LAPLACE : SDSE_WORDS_GAUSSIAN, cases[c].range,
            cases[c].bits, cases[c].outputs);
        double sum = 0, square = 0, bits = 0;
        for (int n = 0; n < DRAWS; n++) {
            bool seen[256] = {false};
            unsigned count = 0;
            for (unsigned o = 0; o < cases[c].outputs; o++) {
                double word =
                    nearbyint(drawn(&seed, cases[c].laplace) * (top / cases[c].range));
                word = fmin(fmax(word, -top), top);
                bool *at = &seen[(int)word + 128];
                count += !*at;
                *at = true;
            }
            sum += count;
            square += (double)count * count;
            bits += bits_of_index(count);
        }
        const double mean = sum / DRAWS, variance = square / DRAWS - mean * mean;
        const double error = sqrt(expected.variance / DRAWS);
        if (fabs(mean - expected.mean) > 4 * error + 1e-9)
            fail_msg("case %zu: %g distinct words, expected %g +- %g", c, mean,
                     expected.mean, error);
        // The variance of a variance: 2 v^2 / DRAWS of normal numbers, v / DRAWS of
        // rare ones.
        const double v = expected.variance;
        assert_true(fabs(variance - v) <= 5 * sqrt((2 * v * v + v) / DRAWS) + 1e-9);
        assert_true(fabs(bits / DRAWS - expected.index_bits) < 0.12);
    }
}

// Computed apart from this code, rounded: mean distinct 8-bit words among M Gaussian,
// Laplacian ones, by range.
static void expected_lists_are_the_known_ones(void **state) {
    (void)state;
    static const struct {
        double range;
        double words[4][2]; // 512, 1024, 2048, 4096
    } known[] = {{5, {{114, 116}, {129, 141}, {143, 165}, {155, 189}}},
                 {8, {{78, 83}, {87, 99}, {95, 114}, {102, 130}}},
                 {12, {{55, 62}, {61, 72}, {66, 82}, {71, 93}}},
                 {20, {{36, 42}, {39, 48}, {42, 54}, {44, 60}}},
                 {30, {{25, 30}, {27, 34}, {29, 38}, {31, 43}}}};
    for (size_t r = 0; r < 5; r++)
        for (unsigned m = 0; m < 4; m++)
            for (int law = 0; law < 2; law++) {
                const double mean =
                    sdse_unique_expect((enum sdse_word_distribution)law, known[r].range,
                                       8, UINT64_C(512) << m)
                        .mean;
                if (fabs(mean - known[r].words[m][law]) > 1.5)
                    fail_msg("range %g, %u outputs, law %d: %g words, not %g",
                             known[r].range, 512u << m, law, mean,
                             known[r].words[m][law]);
            }
}

// --- What is charged ---

// Two memories over four multipliers in two places, and the engine below the first or
// the second.
static struct sdse_arch *machine(unsigned below_level, unsigned multipliers,
                                 struct sdse_arena *arena) {
    const char *text = sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 1}, fanout: {x: 2, dims_x: "
        "[K]}, network: {topology: bus, pj_per_bit: 0.5}}, "
        "{level: pad, memory: {class: regfile, capacity_kib: 1024, pj_per_bit: 0.1}, "
        "fanout: {x: 2, dims_x: [K]}, network: {topology: bus, pj_per_bit: 0.25}}], "
        "compute: {class: parallel, cycles_per_mac: 1, pj_per_mac: 2}, engines: "
        "[{kind: "
        "products_first, below: %s, multipliers: %u, pj_per_product: 3, pj_per_sum: "
        "0.5}]}",
        below_level ? "pad" : "DRAM", multipliers);
    struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    return arch;
}

static void evaluate(const struct sdse_arch *arch, const struct sdse_layer *layer,
                     const struct sdse_weight_form *form, struct sdse_cost *cost) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, layer, form, arena, &model), SDSE_OK);
    struct sdse_mapping mapping;
    sdse_mapping_init(arch, &mapping);
    struct sdse_loops *inner = &mapping.level[1].temporal;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (layer->nest.bound[d] > 1)
            inner->loop[inner->count++] =
                (struct sdse_loop){(enum sdse_dim)d, layer->nest.bound[d]};
    assert_true(sdse_evaluate_full(model, &mapping, cost));
    sdse_arena_free(arena);
}

static struct sdse_layer fc_layer(uint64_t outputs, uint64_t inputs,
                                  uint64_t positions) {
    return (struct sdse_layer){
        .name = "l",
        .kind = SDSE_FC,
        .nest = {.bound = {1, outputs, inputs, positions, 1, 1, 1, 1},
                 .stride = {1, 1},
                 .dilation = {1, 1}},
        .repeat = 1,
        .steps = 1,
        .in_height = positions,
        .in_width = 1,
        .density = {1, 1, 1}};
}

static struct sdse_weight_form unique_form(const struct lists *l) {
    struct sdse_unique_counts counts;
    assert_int_equal(sdse_unique_count(l->words, l->outputs, l->inputs, l->bits,
                                       &l->setting, &counts),
                     SDSE_OK);
    return (struct sdse_weight_form){
        .first = SDSE_UNIQUE_FIRST,
        .products = (double)counts.words,
        .sums_per_weight = 1,
        .index_bits_total = (double)counts.index_bits,
        .basis_bits_total = (double)(counts.word_bits + counts.table_bits)};
}

static void close(const char *what, double ours, double wanted) {
    if (fabs(ours - wanted) > 1e-9 * (1 + fabs(wanted)))
        fail_msg("%s: %.17g, not %.17g", what, ours, wanted);
}

// Weights go once through everything: all that is stored above the engine, indices
// below it.
static void what_the_loops_did_is_charged(void **state) {
    (void)state;
    uint64_t seed = 8;
    for (int n = 0; n < CASES / 10; n++) {
        struct lists l;
        draw_lists(&seed, &l);
        const uint64_t positions = 1 + below(&seed, 4);
        const unsigned at = (unsigned)n % 2,
                       multipliers = 1 + (unsigned)below(&seed, 3);
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch = machine(at, multipliers, arena);
        const struct sdse_layer layer = fc_layer(l.outputs, l.inputs, positions);
        const struct sdse_weight_form form = unique_form(&l);
        int8_t in[4 * MOST] = {0};
        int32_t out[4 * MOST];
        uint64_t products, sums;
        sdse_unique_forward(l.words, l.outputs, l.inputs, l.bits, &l.setting, in,
                            positions, out, &products, &sums);
        struct sdse_cost cost;
        evaluate(arch, &layer, &form, &cost);
        assert_int_equal(cost.engine_events[0], products);
        assert_int_equal(cost.sums, sums);
        close("products", cost.engine_pj[0], 3.0 * (double)products);
        close("sums", cost.sum_pj, 0.5 * (double)sums);
        assert_true(cost.mac_pj == 0);
        // One of two places is used, but engines are in both.
        const uint64_t units = multipliers * (at ? 2 : 1);
        const uint64_t made = (products + units - 1) / units;
        assert_int_equal(cost.compute_cycles, made > sums ? made : sums);
        assert_int_equal(cost.bottleneck_level, made > sums ? -4 : -1);
        const double weights = (double)(l.outputs * l.inputs);
        const double index = form.index_bits_total;
        const double all = index + form.basis_bits_total;
        close("DRAM", cost.level[0].flow[SDSE_PART_WEIGHTS].read_bits, all);
        close("wires", cost.level[0].network[SDSE_PART_WEIGHTS].bits, at ? all : index);
        close("fills", cost.level[1].flow[SDSE_PART_WEIGHTS].fill_bits,
              at ? all : index);
        close("reads", cost.level[1].flow[SDSE_PART_WEIGHTS].read_bits,
              (double)positions * (at ? all : index));
        close("inner wires", cost.level[1].network[SDSE_PART_WEIGHTS].bits,
              (double)positions * index);
        close("words", (double)cost.level[0].flow[SDSE_PART_WEIGHTS].reads, weights);
        // A raw layer does not know that the engine is there.
        struct sdse_cost plain;
        evaluate(arch, &layer, NULL, &plain);
        assert_true(plain.engine_pj[0] == 0 && plain.sums == 0 && plain.sum_pj == 0);
        close("raw", plain.level[0].flow[SDSE_PART_WEIGHTS].read_bits, 8 * weights);
        close("MACs", plain.mac_pj, 2 * weights * (double)positions);
        assert_int_equal(plain.compute_cycles, sums);
        sdse_arena_free(arena);
    }
}

// --- Shared kernels ---

enum { K = 5, C = 4, R = 3, S = 3, H = 7, W = 6, P = H - R + 1, Q = W - S + 1 };

static void draw_kernels(uint64_t *state, float weights[K * C * R * S]) {
    for (int i = 0; i < K * C * R * S; i++)
        weights[i] = (float)(drawn(state, i % 3 == 0) * 0.1);
}

static double word(const struct sdse_basis_first *shared, uint64_t kernel,
                   unsigned tap) {
    double sum = 0;
    for (unsigned b = 0; b < shared->bases; b++)
        sum += shared->coefficient[kernel * shared->bases + b] *
               shared->basis[b * shared->taps + tap];
    return sum;
}

static double relative_error(const struct sdse_basis_first *shared,
                             const float *weights) {
    double error = 0, all = 0;
    for (uint64_t k = 0; k < shared->kernels; k++)
        for (unsigned i = 0; i < shared->taps; i++) {
            const double is = (double)weights[k * shared->taps + i];
            const double d = is - ldexp(word(shared, k, i), shared->basis_exponent);
            error += d * d;
            all += is * is;
        }
    return sqrt(error / all);
}

// Convolving with the shared kernels first and adding what comes out is convolving with
// the combined ones; products and sums are those that the evaluator charges.
static void maps_of_shared_kernels_add_up(void **state) {
    (void)state;
    uint64_t seed = 9;
    for (int n = 0; n < CASES / 30; n++) {
        float weights[K * C * R * S];
        draw_kernels(&seed, weights);
        const uint32_t bases = 1 + (uint32_t)below(&seed, 11);
        struct sdse_basis_first shared;
        assert_int_equal(sdse_basis_first(weights, K * C, R * S, bases, 8, &shared),
                         SDSE_OK);
        assert_int_equal(shared.bases, bases < R * S ? bases : R * S);
        close("error", shared.rel_error, relative_error(&shared, weights));
        int in[C * H * W];
        for (int i = 0; i < C * H * W; i++)
            in[i] = (int)below(&seed, 256) - 128;
        uint64_t products = 0, sums = 0, nonzero = 0;
        double out[K * P * Q] = {0};
        for (int c = 0; c < C; c++) {
            for (int p = 0; p < P; p++) {
                for (int q = 0; q < Q; q++) {
                    for (unsigned b = 0; b < shared.bases; b++) {
                        double map = 0;
                        for (int t = 0; t < R * S; t++, products++)
                            map += in[(c * H + p + t / S) * W + q + t % S] *
                                   (double)shared.basis[b * R * S + (unsigned)t];
                        for (int k = 0; k < K; k++) {
                            const int8_t s =
                                shared.coefficient[((unsigned)(k * C + c)) *
                                                       shared.bases +
                                                   b];
                            sums += s != 0;
                            out[(k * P + p) * Q + q] += s * map;
                        }
                    }
                }
            }
        }
        for (int k = 0; k < K; k++)
            for (int p = 0; p < P; p++)
                for (int q = 0; q < Q; q++) {
                    double plain = 0;
                    for (int c = 0; c < C; c++)
                        for (int t = 0; t < R * S; t++)
                            plain += in[(c * H + p + t / S) * W + q + t % S] *
                                     word(&shared, (uint64_t)(k * C + c), (unsigned)t);
                    assert_true(out[(k * P + p) * Q + q] == plain);
                }
        for (uint64_t i = 0; i < shared.kernels * shared.bases; i++)
            nonzero += shared.coefficient[i] != 0;
        assert_int_equal(shared.nonzero, nonzero);
        // The same by the declared form.
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch = machine(1, 1, arena);
        const struct sdse_layer layer = {.name = "l",
                                         .kind = SDSE_CONV,
                                         .nest = {.bound = {1, K, C, P, Q, R, S, 1},
                                                  .stride = {1, 1},
                                                  .dilation = {1, 1}},
                                         .repeat = 1,
                                         .steps = 1,
                                         .in_height = H,
                                         .in_width = W,
                                         .density = {1, 1, 1}};
        const struct sdse_form_setting setting = {
            .first = SDSE_BASIS_FIRST,
            .bases = bases,
            .basis_bits = 8,
            .density = (double)nonzero / (double)(shared.kernels * shared.bases)};
        struct sdse_weight_form form;
        sdse_layer_form_declare(&layer, &setting, &form);
        struct sdse_cost cost;
        evaluate(arch, &layer, &form, &cost);
        assert_int_equal(cost.engine_events[0], products);
        assert_int_equal(cost.sums, sums);
        close("stored", sdse_layer_weight_bits(&layer, &form, 8),
              (double)(K * C * shared.bases + nonzero + shared.bases * R * S * 8));
        assert_true(cost.mac_pj == 0 && form.rel_error < 0);
        // Of what multipliers took of inputs, and gave of sums, additions are left.
        const double left = fmin(1, (double)sums / (double)(K * C * R * S * P * Q));
        const double macs = (double)K * C * R * S * P * Q;
        assert_true(fabs((double)cost.level[1].flow[SDSE_PART_INPUTS].reads -
                         ceil(macs * left - 1e-6)) <= 1);
        assert_true(fabs((double)cost.level[1].flow[SDSE_PART_OUTPUTS].updates -
                         ceil(macs * left - 1e-6)) <= 1);
        // Adders take as long as their additions, products as long as theirs.
        const double added = ceil((double)sums - 1e-6);
        const double made = ceil((double)products / 2);
        assert_int_equal(cost.compute_cycles, (uint64_t)fmax(added, made));
        sdse_basis_first_free(&shared);
        sdse_arena_free(arena);
    }
}

// No kernel that is shared can be moved to a smaller error; what is combined of ternary
// kernels is found again; more kernels never hurt by much.
static void shared_kernels_fit_best(void **state) {
    (void)state;
    uint64_t seed = 10;
    for (int n = 0; n < 20; n++) {
        float weights[K * C * R * S];
        draw_kernels(&seed, weights);
        struct sdse_basis_first shared;
        assert_int_equal(sdse_basis_first(weights, K * C, R * S, 4, 16, &shared),
                         SDSE_OK);
        const double best = shared.rel_error;
        assert_true(best > 0 && best < 1);
        for (unsigned i = 0; i < shared.bases * R * S; i++) {
            for (int step = -300; step <= 300; step += 600) {
                shared.basis[i] = (int16_t)(shared.basis[i] + step);
                assert_true(relative_error(&shared, weights) > best);
                shared.basis[i] = (int16_t)(shared.basis[i] - step);
            }
        }
        sdse_basis_first_free(&shared);
        // All kernels plus or minus one of them.
        for (int k = 1; k < K * C; k++)
            for (int t = 0; t < R * S; t++)
                weights[k * R * S + t] = weights[t] * (below(&seed, 2) ? 1.0f : -1.0f);
        for (int k = 1; k < K * C; k++) // one sign for a kernel
            for (int t = 1; t < R * S; t++)
                weights[k * R * S + t] =
                    weights[t] * (weights[k * R * S] * weights[0] < 0 ? -1.0f : 1.0f);
        assert_int_equal(sdse_basis_first(weights, K * C, R * S, 1, 16, &shared),
                         SDSE_OK);
        assert_true(shared.rel_error < 1e-3 && shared.nonzero == K * C);
        sdse_basis_first_free(&shared);
    }
    // Two taps, kernels along one of them or the other: projections are the weights.
    // Of the first tap 0.2 … 1.1 in steps of 0.1, mean 0.65: seven reach 0.7 of it.
    float along[2 * 14] = {0};
    for (int k = 0; k < 10; k++)
        along[2 * k] = (k % 2 ? -1.0f : 1.0f) * (0.2f + 0.1f * (float)k);
    for (int k = 10; k < 14; k++)
        along[2 * k + 1] = 0.01f;
    struct sdse_basis_first one;
    assert_int_equal(sdse_basis_first(along, 14, 2, 1, 16, &one), SDSE_OK);
    uint64_t reach = 0;
    for (int k = 0; k < 10; k++)
        reach += fabs((double)along[2 * k]) >= 0.7 * 6.5 / 14;
    assert_int_equal(one.nonzero, reach);
    assert_true(reach == 8 && one.coefficient[9] == -one.coefficient[8]);
    sdse_basis_first_free(&one);
    const float zero[R * S] = {0};
    struct sdse_basis_first shared;
    assert_int_equal(sdse_basis_first(zero, 1, R * S, 3, 8, &shared), SDSE_OK);
    assert_true(shared.rel_error == 0 && shared.nonzero == 0);
    sdse_basis_first_free(&shared);
}

// --- Forms of layers ---

static void forms_of_layers(void **state) {
    (void)state;
    const struct sdse_form_setting unique = {.first = SDSE_UNIQUE_FIRST,
                                             .inputs_per_width = 1,
                                             .laplace = true,
                                             .range_sigmas = 12};
    struct sdse_layer layer = fc_layer(1024, 300, 2);
    struct sdse_weight_form form;
    const struct sdse_unique_expected expected =
        sdse_unique_expect(SDSE_WORDS_LAPLACE, 12, 8, 1024);
    sdse_layer_form_declare(&layer, &unique, &form);
    close("words", form.products, 300 * expected.mean);
    close("index", form.index_bits_total, 300 * 1024 * expected.index_bits);
    close("lists", form.basis_bits_total, 300 * (expected.mean + 1) * 8);
    assert_true(form.rel_error == 0 && form.sums_per_weight == 1);
    // Blocks of outputs: ten of a hundred, and the rest.
    struct sdse_form_setting blocks = unique;
    blocks.outputs_per_block = 100;
    const struct sdse_unique_expected full =
        sdse_unique_expect(SDSE_WORDS_LAPLACE, 12, 8, 100);
    const struct sdse_unique_expected rest =
        sdse_unique_expect(SDSE_WORDS_LAPLACE, 12, 8, 24);
    sdse_layer_form_declare(&layer, &blocks, &form);
    close("words", form.products, 300 * (10 * full.mean + rest.mean));
    close("index", form.index_bits_total,
          300 * (1000 * full.index_bits + 24 * rest.index_bits));
    close("lists", form.basis_bits_total,
          300 * (10 * (full.mean + 1) + rest.mean + 1) * 8);
    // Other kinds stay raw: convolutions here, single taps there.
    layer.kind = SDSE_CONV1X1;
    assert_true(sdse_layer_stays_raw(&layer, &unique));
    const struct sdse_form_setting shared = {
        .first = SDSE_BASIS_FIRST, .bases = 6, .basis_bits = 8, .density = 0.5};
    assert_true(sdse_layer_stays_raw(&layer, &shared));
    layer.kind = SDSE_CONV;
    layer.nest.bound[SDSE_R] = 3;
    assert_false(sdse_layer_stays_raw(&layer, &shared));
    layer.kind = SDSE_DWCONV;
    assert_true(sdse_layer_stays_raw(&layer, &shared));
    layer.kind = SDSE_MATMUL;
    assert_true(sdse_layer_stays_raw(&layer, &unique));
}

// Measured words are those that raw layers store, and their lists those of brute force.
static void measured_words_are_the_plain_ones(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_layer layer = fc_layer(MOST, 20, 1);
    const struct sdse_workload net = {.name = "n", .layers = NULL};
    const struct sdse_form_setting setting = {.first = SDSE_UNIQUE_FIRST,
                                              .measured = true,
                                              .inputs_per_width = 3,
                                              .outputs_per_block = 7};
    struct sdse_measured entry = {
        .workload = &net, .layer = &layer, .setting = &setting, .word_bits = 6};
    assert_int_equal(sdse_measure(&entry, 1, arena), SDSE_OK);
    const struct sdse_weight_shape shape = sdse_layer_weight_shape(&layer);
    float values[MOST * 20];
    sdse_synthetic_weights(&shape, sdse_synthetic_seed("n", "l"), values);
    const struct sdse_layer_weights weights = {"l", shape, values, {0}};
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_coded_layer coded;
    assert_int_equal(sdse_encode_raw(&weights, 6, &coded, NULL, &diags), SDSE_OK);
    struct lists l = {.outputs = MOST, .inputs = 20, .bits = 6, .setting = {3, 7}};
    memcpy(l.words, coded.raw_words, sizeof(int16_t) * MOST * 20);
    const struct sdse_weight_form wanted = unique_form(&l);
    const struct sdse_weight_form *form = &entry.record.form;
    assert_true(form->products == wanted.products &&
                form->index_bits_total == wanted.index_bits_total &&
                form->basis_bits_total == wanted.basis_bits_total &&
                form->rel_error == 0 && form->measured);
    assert_true(entry.record.weight_bits ==
                wanted.index_bits_total + wanted.basis_bits_total);
    sdse_coded_free(&coded);
    sdse_arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_counted),
        cmocka_unit_test(sums_of_products_are_the_plain_ones),
        cmocka_unit_test(expected_lists_are_those_of_draws),
        cmocka_unit_test(expected_lists_are_the_known_ones),
        cmocka_unit_test(what_the_loops_did_is_charged),
        cmocka_unit_test(maps_of_shared_kernels_add_up),
        cmocka_unit_test(shared_kernels_fit_best),
        cmocka_unit_test(forms_of_layers),
        cmocka_unit_test(measured_words_are_the_plain_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
