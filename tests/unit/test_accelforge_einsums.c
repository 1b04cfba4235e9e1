// AccelForge's einsums as layers; products against arithmetic by hand.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/close.h"
#include "support/data_text.h"
#include "support_accelforge.h"

// A layer makes `rows` of `columns` words, sums of `terms` products.
static void is_product(const struct forge_read *r, size_t layer, uint64_t rows,
                       uint64_t columns, uint64_t terms) {
    const struct sdse_nest *nest = &r->net->layers[layer].nest;
    assert_int_equal(nest->bound[SDSE_P], rows);
    assert_int_equal(nest->bound[SDSE_K], columns);
    assert_int_equal(nest->bound[SDSE_C], terms);
}

// The operand that is made is the left one, wherever it stands; of two the first.
static void made_operands_are_left(void **state) {
    (void)state;
    struct forge_read r =
        forge_read("workload:\n  rank_sizes: {M: 3, N: 5, K: 7, H: 2}\n"
                   "  einsums:\n  - 'A[m, k] = I[m, n] * V[n, k]'\n"
                   "  - 'B[m, n] = W[n, k] * A[m, k]'\n"
                   "  - 'C[h, m, n] = X[h, m, k] * Y[h, k, n]'\n"
                   "  - 'D[k, n] = A[m, k] * B[m, n]'\n",
                   NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    is_product(&r, 1, 3, 5, 7);
    is_product(&r, 3, 7, 5, 3);
    assert_non_null(strstr(r.net_text, "n: 5, role: parameter}"));
    sdse_arena_free(r.arena);
}

// Functions of each word are layers; copies are where layers find them.
static void einsums_of_one_operand_are_functions(void **state) {
    (void)state;
    struct forge_read r = forge_read(
        "workload:\n  rank_sizes: {M: 3, N: 5, K: 7}\n  einsums:\n"
        "  - 'X[m, k] = copy( X_in[m, k] )'\n"
        "  - {einsum: 'Y[m, k] = X[m, k]', is_copy_operation: True}\n"
        "  - 'O[m, n] = W[n, k] * Y[m, k]'\n"
        "  - 'S[n, m] = O[m, n]'\n"
        "  - {name: F, tensor_accesses: [{name: S, projection: [n, m]}, {name: F, "
        "projection: {M: m, Q: n}, output: True}]}\n",
        NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->layer_count, 3);
    // Y is made, though by a copy: it is the left operand.
    assert_int_equal(r.net->layers[0].kind, SDSE_FC);
    assert_int_equal(r.net->layers[0].nest.bound[SDSE_P], 3);
    for (unsigned l = 1; l < 3; l++) {
        assert_int_equal(r.net->layers[l].kind, SDSE_ACT);
        assert_false(r.net->layers[l].move.fused);
        uint64_t words = 1;
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            words *= r.net->layers[l].nest.bound[d];
        assert_int_equal(words, 15);
    }
    assert_string_equal(r.net->layers[1].name, "S");
    sdse_arena_free(r.arena);
}

static void einsums_become_products(void **state) {
    (void)state;
    char *text = data_text("accelforge", "products");
    struct forge_read r = forge_read(text, NULL, false);
    free(text);
    assert_int_equal(r.status, SDSE_OK);
    static const struct {
        const char *name;
        uint64_t bound[SDSE_DIMS]; // N K C P Q R S G
    } layers[] = {{"Q", {1, 128, 192, 128, 1, 1, 1, 1}},
                  {"K", {1, 128, 192, 128, 1, 1, 1, 1}},
                  {"QK", {1, 64, 32, 64, 1, 1, 1, 8}},
                  {"Z", {1, 64, 256, 128, 1, 1, 1, 1}}};
    assert_int_equal(r.net->layer_count, 4);
    for (size_t l = 0; l < 4; l++) {
        assert_string_equal(r.net->layers[l].name, layers[l].name);
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            if (r.net->layers[l].nest.bound[d] != layers[l].bound[d])
                fail_msg("%s: %c is %llu", layers[l].name, sdse_dim_letters[d],
                         (unsigned long long)r.net->layers[l].nest.bound[d]);
    }
    sdse_arena_free(r.arena);
    // Windows: a stride, a dilation, groups, padding where a rank is short of them;
    // taps that an einsum has of its own; widths that all accesses state.
    r = forge_read(
        "workload:\n  rank_sizes: {N: 2, M: 128, C: 64, P: 24, Q: 20, R: 3, S: 5, T: "
        "7, "
        "H: 40}\n  einsums:\n"
        "  - {name: Conv, tensor_accesses: [{name: I, bits_per_value: 4, projection: "
        "{N: "
        "n, C: c, H: 2*p+r, W: q + s * 3}}, {name: F, projection: [m, c, r, s], "
        "bits_per_value: 4}, {name: O, projection: [n, m, p, q], output: True, "
        "bits_per_value: 4}]}\n"
        "  - {name: Depthwise, tensor_accesses: [{name: F2, projection: [t, u], "
        "bits_per_value: 4}, {name: O, projection: {T: t, X: 3 * u + p * 2}, "
        "bits_per_value: "
        "4},"
        " {name: O2, projection: [t, p], output: true, bits_per_value: 4}], "
        "iteration_space_shape: [0 <= u < 9]}\n"
        "  - {name: Again, tensor_accesses: [{name: F4, projection: [t, u], "
        "bits_per_value: 4}, {name: O4, projection: {T: t, X: u + p}, bits_per_value: "
        "4}, {name: O5, projection: [t, p], output: true, bits_per_value: 4}], "
        "iteration_space_shape: [0 <= u < 5]}\n"
        "  - {name: Step, tensor_accesses: [{name: A, projection: {C: c, Y: 3 * p}, "
        "bits_per_value: 4}, {name: B, projection: [c, m], bits_per_value: 4}, {name: "
        "O3, "
        "projection: [m, p], output: True, bits_per_value: 4}]}\n"
        "  - {name: Grouped, tensor_accesses: [{name: A2, projection: {T: t, C: c, Y: "
        "p + r}, bits_per_value: 4}, {name: B2, projection: [t, c, m, r], "
        "bits_per_value: 4}, {name: O6, projection: [t, m, p], output: True, "
        "bits_per_value: 4}]}\n",
        NULL, false);
    if (r.status != SDSE_OK)
        sdse_diags_print(&r.diags, stderr, false);
    assert_int_equal(r.status, SDSE_OK);
    static const struct {
        uint64_t bound[SDSE_DIMS], stride[2], dilation[2], map[2];
    } windows[] = {
        {{2, 128, 64, 24, 20, 3, 5, 1}, {2, 1}, {1, 3}, {40, 32}},
        {{1, 1, 1, 24, 1, 9, 1, 7}, {2, 1}, {3, 1}, {71, 1}},
        {{1, 1, 1, 24, 1, 5, 1, 7}, {1, 1}, {1, 1}, {28, 1}},
        {{1, 128, 64, 24, 1, 1, 1, 1}, {3, 1}, {1, 1}, {70, 1}},
        {{1, 128, 64, 24, 1, 3, 1, 7}, {1, 1}, {1, 1}, {26, 1}},
    };
    assert_int_equal(r.net->layer_count, 5);
    for (size_t l = 0; l < 5; l++) {
        const struct sdse_nest *nest = &r.net->layers[l].nest;
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            if (nest->bound[d] != windows[l].bound[d])
                fail_msg("%zu: %c is %llu", l, sdse_dim_letters[d],
                         (unsigned long long)nest->bound[d]);
        for (unsigned axis = 0; axis < 2; axis++) {
            assert_int_equal(nest->stride[axis], windows[l].stride[axis]);
            assert_int_equal(nest->dilation[axis], windows[l].dilation[axis]);
            if (nest->map[axis])
                assert_int_equal(nest->map[axis], windows[l].map[axis]);
        }
    }
    sdse_arena_free(r.arena);
    // Ranges of variables, counted from their beginning.
    r = forge_read(
        "workload:\n  iteration_space_shape: {m: 0 <= m < 2 * 4, n: 1 <= n < "
        "4, k: 0 <= k < 5}\n  einsums:\n  - 'O[m, n] = I[m, k] * W[n, k]'\n",
        NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    is_product(&r, 0, 8, 3, 5);
    sdse_arena_free(r.arena);
}

// 16 rows of 192 inputs times 192 x 32 weights fill the NVDLA-like array.
static void a_product_on_the_nvdla_is_charged_as_by_hand(void **state) {
    (void)state;
    static const char net[] = "workload:\n  rank_sizes: {M: 16, K: 192, N: 32}\n"
                              "  einsums:\n  - 'O[m, n] = I[m, k] * W[k, n]'\n";
    static const char mapping[] =
        "mapping:\n- {level: dram}\n- {level: buffer, temporal: P16, spatial_x: K32, "
        "spatial_y: C192}\n- {level: register}\n";
    char *text = data_text("accelforge", "nvdla_like");
    struct forge_read r = forge_read(text, net, false);
    free(text);
    assert_int_equal(r.status, SDSE_OK);
    const struct sdse_cost cost = forge_cost(&r, mapping);
    // Every word crosses both memories once, inputs for all columns at a time, and sums
    // arrive added up.
    const double words = 192 * 32 + 16 * 192 + 16 * 32, bits = 8 * words;
    assert_double_within(cost.energy_pj,
                         bits * (7.03 + 0.249 + 0.293) + 16. * 192 * 32 * 0.084, 1e-12);
    assert_int_equal(cost.latency_cycles, 254); // 77,824 bits at 307.2 a cycle
    assert_int_equal(cost.compute_cycles, 16);
    sdse_arena_free(r.arena);
}

// Writes of 2 ns: 40 weights, 240 inputs and 240 sums in 4 places take 260 cycles, not
// one more for the last digit of a rate.
static void latencies_are_whole_cycles(void **state) {
    (void)state;
    static const char text[] =
        "arch:\n  nodes:\n"
        "  - !Memory {name: dram, size: inf, tensors: {keep: All}, actions: [{name: "
        "read, energy: 1e-11}, {name: write, energy: 1e-11}]}\n"
        "  - !Fanout {name: x, spatial: [{fanout: 4, may_reuse: input}]}\n"
        "  - !Memory {name: reg, size: 4096, tensors: {keep: All}, actions: [{name: "
        "read, energy: 1e-12, bits_per_action: 8, latency: 1e-9}, {name: write, "
        "energy: 2e-12, bits_per_action: 8, latency: 2e-9}], total_latency: "
        "'max(read_latency, write_latency)'}\n"
        "  - !Compute {name: mac, actions: [{name: compute, energy: 1e-12, throughput: "
        "1e9}]}\n";
    static const char net[] =
        "workload:\n  rank_sizes: {M: 6, K: 5, N: 8}\n  bits_per_value: {All: 8}\n"
        "  einsums:\n  - 'O[m, n] = I[m, k] * W[k, n]'\n";
    static const char mapping[] = "mapping:\n- {level: dram, temporal: K2 P6, "
                                  "spatial_x: K4}\n- {level: reg, temporal: C5}\n";
    struct forge_read r = forge_read(text, net, false);
    assert_int_equal(r.status, SDSE_OK);
    const struct sdse_cost cost = forge_cost(&r, mapping);
    assert_int_equal(cost.latency_cycles, 260);
    sdse_arena_free(r.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_operands_are_left),
        cmocka_unit_test(einsums_of_one_operand_are_functions),
        cmocka_unit_test(einsums_become_products),
        cmocka_unit_test(a_product_on_the_nvdla_is_charged_as_by_hand),
        cmocka_unit_test(latencies_are_whole_cycles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
