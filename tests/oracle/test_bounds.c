// Every bound of the mapper's search is at most the cost of every mapping it could cut:
// on generated small problems the search walks the whole space, cuts nothing, and
// compares each mapping with the highest bound on the way to it. Energy and cycles
// apart; also with free bypass and places that do not divide.
//
//     test_bounds [PROBLEMS [FIRST_SEED]]    (default 600 problems)
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/mapper/search.h"
#include "dse/mapper/variants.h"
#include "oracle/support_problems.h"
#include "support/sanitized.h"

static const double TOLERANCE = 1e-9;

static uint64_t problem_count = SANITIZED ? 150 : 600, first_seed = 2000001;
static unsigned long long bounds, mappings;

static void audit(uint64_t seed, const struct sdse_generated_problem *generated,
                  const struct sdse_variant *variant) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_problem *problem = SDSE_ARENA_NEW(arena, struct sdse_problem);
    assert_int_equal(sdse_problem_init(problem, &generated->arch, &generated->layer,
                                       &generated->form, variant, arena),
                     SDSE_OK);
    struct sdse_effort effort;
    sdse_effort_init(&effort, NULL);
    struct sdse_searcher *searcher = sdse_searcher_new(problem, &effort);
    assert_non_null(searcher);
    struct sdse_audit found;
    sdse_search_audit(searcher, &found);
    if (found.pj_ratio > 1 + TOLERANCE || found.cycles_ratio > 1 + TOLERANCE ||
        found.life_ratio > 1 + TOLERANCE || found.sides_ratio > 1 + TOLERANCE)
        fail_msg("seed %llu: a bound is %.12g x the energy, %.12g x the cycles, "
                 "%.12g x those of a side, %.12g x the lives of a mapping below it",
                 (unsigned long long)seed, found.pj_ratio, found.cycles_ratio,
                 found.sides_ratio, found.life_ratio);
    bounds += found.bounds;
    mappings += found.mappings;
    sdse_arena_free(arena);
}

// wide: also with free bypass and padding.
// home: with tensors at home in a shared memory; nothing is done where there is none.
static void audit_problem(uint64_t seed, bool wide, bool home) {
    enum { MOST_VARIANTS = 40 };
    struct sdse_generated_problem generated;
    sdse_make_problem(seed, wide, &generated);
    if (home && !sdse_give_home(seed, &generated))
        return;
    const struct sdse_variant_space space = {.arch = &generated.arch,
                                             .layer = &generated.layer,
                                             .smartdeal = generated.form.smartdeal,
                                             .free_bypass = wide,
                                             .padding_percent = wide ? 50 : 0};
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_variants variants;
    assert_int_equal(sdse_variants_list(&space, arena, &variants), SDSE_OK);
    // Evenly over the list: bypass first, padding last.
    const size_t step = 1 + variants.count / MOST_VARIANTS;
    for (size_t v = 0; v < variants.count; v += step)
        audit(seed, &generated, &variants.variant[v]);
    sdse_arena_free(arena);
}

// Seeds of problems that few others are like: sums that multipliers add while engines
// leave some of them; padding where places share windows on diagonals.
static const uint64_t rare[] = {1405, 1881};

static void bounds_never_exceed_costs(void **state) {
    (void)state;
    for (uint64_t i = 0; i < problem_count; i++)
        audit_problem(first_seed + i, i % 2 == 0, false);
    for (uint64_t i = 0; i < problem_count / 4; i++)
        audit_problem(first_seed + 1000000 + i, i % 2 == 0, true);
    for (size_t i = 0; i < sizeof rare / sizeof *rare; i++)
        audit_problem(rare[i], true, false);
    assert_true(mappings > problem_count);
    print_message("## mapper: %llu bounds on %llu problems, none above the cost of any "
                  "of %llu mappings\n",
                  bounds, (unsigned long long)problem_count, mappings);
}

// A memory for bases between the outermost one and a register too small for the row of
// coefficients: the row must be cut, so coefficients come again for every output, but
// the basis of the whole row stays.
static void bases_rest_where_coefficients_cannot(void **state) {
    (void)state;
    static const char text[] =
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: bases, memory: {class: dram, keeps: [weights.basis], pj_per_bit: 1}}, "
        "{level: register, memory: {class: dram, keeps: [weights], capacity_words: 1,"
        " pj_per_bit: 1}}], compute: {free: true}, engines: [{kind: rebuild,"
        " below: bases, pj_per_shift_add: 1, pj_per_basis_read: 1,"
        " pj_per_basis_write: 1, rows_per_cycle: 1}]}";
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    struct sdse_generated_problem problem = {
        .arch = *arch,
        .layer = {.kind = SDSE_CONV,
                  .nest = {.bound = {1, 2, 1, 5, 5, 3, 1, 1},
                           .stride = {3, 3},
                           .dilation = {1, 1}},
                  .repeat = 1,
                  .density = {1, 1, 1}},
        .form = {.smartdeal = true,
                 .basis_size = 3,
                 .rows = 1,
                 .rows_per_block = 1,
                 .blocks = 2,
                 .density = 1,
                 .row_density = 1,
                 .coefficient_bits_total = 24,
                 .basis_bits_total = 144,
                 .index_bits_total = 2}};
    struct sdse_variants variants;
    assert_int_equal(sdse_variants_list(
                         &(struct sdse_variant_space){
                             .arch = arch, .layer = &problem.layer, .smartdeal = true},
                         arena, &variants),
                     SDSE_OK);
    audit(0, &problem, &variants.variant[0]);
    sdse_arena_free(arena);
}

// Every padded bound of a raw layer on a written accelerator.
static void audit_paddings(const char *levels, const uint64_t bound[SDSE_DIMS]) {
    struct sdse_arena *arena = sdse_arena_new();
    const char *text = sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: [%s], "
        "compute: {free: true}}",
        levels);
    const struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    struct sdse_generated_problem problem = {
        .arch = *arch,
        .layer = {.kind = SDSE_CONV,
                  .nest = {.stride = {1, 1}, .dilation = {1, 1}},
                  .repeat = 1,
                  .density = {1, 1, 1}}};
    memcpy(problem.layer.nest.bound, bound, sizeof problem.layer.nest.bound);
    struct sdse_variants variants;
    assert_int_equal(
        sdse_variants_list(&(struct sdse_variant_space){.arch = arch,
                                                        .layer = &problem.layer,
                                                        .padding_percent = 50},
                           arena, &variants),
        SDSE_OK);
    unsigned temporal = 0;
    for (size_t i = 0; i < variants.count; i++) {
        temporal += variants.variant[i].padding.temporal;
        audit(i, &problem, &variants.variant[i]);
    }
    assert_true(temporal > 0);
    sdse_arena_free(arena);
}

// Sums of places outside a loop that is shorter in the last of them: one sum is added
// less than in a full pass. (Rows inside the loop, over which weights rest, make sums
// leave the register in every iteration.)
static void additions_outside_a_shorter_loop(void **state) {
    (void)state;
    audit_paddings(
        "{level: DRAM, memory: {class: dram, pj_per_bit: 0.001}, fanout: {x: 4}, "
        "network: {topology: tree, pj_per_bit: 0.001, pj_per_add: 100, multicast: "
        "true, "
        "reduce: true}}, "
        "{level: buffer, memory: {class: dram, keeps: [inputs], pj_per_bit: 0.001}}, "
        "{level: register, memory: {class: dram, keeps: [weights, outputs], "
        "pj_per_bit: 0.001}}",
        (const uint64_t[SDSE_DIMS]){1, 1, 5, 2, 1, 1, 1, 1});
}

// Words on a mesh to places of which the far one idles while the others end their pass.
static void hops_to_places_that_idle(void **state) {
    (void)state;
    audit_paddings(
        "{level: DRAM, memory: {class: dram, pj_per_bit: 0.001}, fanout: {x: 2, y: 2}, "
        "network: {topology: mesh, hop_pj_per_bit: 100, router_pj_per_bit: 0.001, "
        "multicast: true, reduce: true}}, "
        "{level: buffer, memory: {class: dram, keeps: [inputs], pj_per_bit: 0.001}}, "
        "{level: register, memory: {class: dram, keeps: [inputs], pj_per_bit: 0.001}}",
        (const uint64_t[SDSE_DIMS]){1, 2, 1, 7, 1, 2, 1, 1});
}

// Windows that slide between passes over output channels: the first channel of a pass
// costs the slide alone.
static void channels_between_slides(void **state) {
    (void)state;
    audit_paddings(
        "{level: DRAM, memory: {class: dram, pj_per_bit: 1}}, "
        "{level: buffer, memory: {class: dram, keeps: [outputs], pj_per_bit: 0.001}}, "
        "{level: register, memory: {class: dram, keeps: [inputs], pj_per_bit: 0.001}}, "
        "{level: latch, memory: {class: dram, keeps: [weights], pj_per_bit: 0.001}}",
        (const uint64_t[SDSE_DIMS]){1, 5, 1, 8, 1, 3, 1, 1});
}

// --- How places are shared out ---

// Every mapping of a raw layer on written levels, whose words have so many bits.
static void audit_levels(const char *levels, const unsigned bits[SDSE_TENSORS],
                         const struct sdse_nest *nest) {
    struct sdse_arena *arena = sdse_arena_new();
    const char *text = sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, tensors: {weights: {bits: "
        "%u}, "
        "inputs: {bits: %u}, outputs: {bits: %u, partial_bits: %u}}, levels: [%s], "
        "compute: {free: true}}",
        bits[0], bits[1], bits[2], bits[2], levels);
    const struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    struct sdse_generated_problem problem = {
        .arch = *arch,
        .layer = {.kind = SDSE_CONV, .nest = *nest, .repeat = 1, .density = {1, 1, 1}}};
    audit(0, &problem, NULL);
    sdse_arena_free(arena);
}

// A fan-out with more ways to share it out, none better than another for every tensor,
// than the bounds list one by one: the others are taken together, at their best.
static void more_shares_than_are_listed(void **state) {
    (void)state;
    static const unsigned bits[][SDSE_TENSORS] = {{8, 8, 8},  {32, 1, 1},  {1, 32, 1},
                                                  {1, 1, 32}, {32, 32, 1}, {32, 1, 32},
                                                  {1, 32, 32}};
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        audit_levels("{level: DRAM, memory: {class: dram, pj_per_bit: 1}, fanout: {x: "
                     "2048, dims_x: [K, C, P]}, network: {topology: bus, multicast: "
                     "true, reduce: true, pj_per_bit: 0.001}}",
                     bits[i],
                     &(struct sdse_nest){.bound = {1, 2048, 2048, 2048, 1, 1, 1, 1},
                                         .stride = {1, 1},
                                         .dilation = {1, 1}});
}

// Windows with padding: what of it meets at places that share words of the map, also
// on a network that joins their windows on its way to other memories.
static void padding_where_windows_coincide(void **state) {
    (void)state;
    static const char *const networks[] = {
        "topology: bus, multicast: true, reduce: true, pj_per_bit: 0.001",
        "topology: bus, multicast: true, window_sharing: true, reduce: true, "
        "pj_per_bit: 0.001"};
    for (int n = 0; n < 2; n++) {
        for (int columns = 0; columns < 2; columns++) {
            struct sdse_nest nest = {.bound = {1, 2, 1, 1, 1, 1, 1, 1},
                                     .stride = {1, 1},
                                     .dilation = {1, 1}};
            nest.bound[columns ? SDSE_Q : SDSE_P] = 2;
            nest.bound[columns ? SDSE_S : SDSE_R] = 2;
            nest.pad[columns] = 1;
            nest.map[columns] = 2;
            nest.map[!columns] = 1;
            struct sdse_arena *arena = sdse_arena_new();
            audit_levels(
                sdse_arena_printf(arena,
                                  "{level: DRAM, memory: {class: dram, pj_per_bit: 1}, "
                                  "fanout: {x: 4, dims_x: [%s]}, network: {%s}}",
                                  columns ? "Q, S" : "P, R", networks[n]),
                (const unsigned[SDSE_TENSORS]){1, 64, 1}, &nest);
            sdse_arena_free(arena);
        }
    }
}

// Windows that the map cuts off to the same rows, at places that share its words: fewer
// words leave the memory than their windows are.
static void windows_that_the_map_makes_equal(void **state) {
    (void)state;
    audit_levels(
        "{level: DRAM, memory: {class: dram, pj_per_bit: 0.001, read_bits_per_cycle: "
        "{inputs: 1}}, fanout: {x: 2, dims_x: [P, R]}, network: {topology: bus, "
        "multicast: true, reduce: true, pj_per_bit: 0.001}}, "
        "{level: buffer, memory: {class: dram, keeps: [inputs], pj_per_bit: 0.001}}, "
        "{level: register, memory: {class: dram, keeps: [weights], pj_per_bit: 0.001}, "
        "fanout: {x: 4, dims_x: [P, R]}, network: {topology: bus, multicast: true, "
        "reduce: true, pj_per_bit: 0.001}}",
        (const unsigned[SDSE_TENSORS]){1, 16, 1},
        &(struct sdse_nest){.bound = {1, 4, 2, 4, 1, 2, 1, 1},
                            .stride = {2, 1},
                            .dilation = {2, 1},
                            .pad = {2, 0},
                            .map = {5, 1}});
}

int main(int argc, char **argv) {
    if (argc > 1)
        problem_count = strtoull(argv[1], NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_never_exceed_costs),
        cmocka_unit_test(bases_rest_where_coefficients_cannot),
        cmocka_unit_test(additions_outside_a_shorter_loop),
        cmocka_unit_test(hops_to_places_that_idle),
        cmocka_unit_test(channels_between_slides),
        cmocka_unit_test(more_shares_than_are_listed),
        cmocka_unit_test(padding_where_windows_coincide),
        cmocka_unit_test(windows_that_the_map_makes_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
