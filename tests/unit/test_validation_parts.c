// Published figures, on an accelerator and a network made for it: engines, vector
// units, networks of one direction, areas, layers that only move words, files of
// mappings, and what is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dse/map.h"
#include "spec/load.h"
#include "spec/quantity.h"
#include "spec/split.h"
#include "spec/write.h"
#include "support/close.h"
#include "support/scratch_folder.h"
#include "support/validation_world.h"

#define ARCH(name, glb, more)                                                         \
    "name: " name "\nsource: made up for this test\nnode_nm: 45\nclock_ghz: 1\n"      \
    "word_bits: 8\nlevels:\n"                                                         \
    "  - level: DRAM\n"                                                               \
    "    memory: {class: dram, pj_per_bit: 10, shared_bits_per_cycle: 64}\n"          \
    "  - level: GLB\n"                                                                \
    "    memory: {class: sram, capacity_kib: 8, port_bits: 64, read_pj: 5, "          \
    "write_pj: 6, area_um2: 50000" glb "}\n"                                          \
    "    fanout: {y: 4, dims_y: [K, C]}\n"                                            \
    "    network: {topology: bus, pj_per_bit: 0.01, multicast: true, reduce: true}\n" \
    "  - level: RF\n"                                                                 \
    "    memory: {class: regfile, capacity_words: 32, access_pj: 0.1, area_um2: "     \
    "100}\n"                                                                          \
    "compute: {class: parallel, pj_per_mac: 0.3, area_um2: 400}\n"                    \
    "area: {other_um2: 7000}\n" more
#define REBUILD                                                                  \
    "  - {kind: rebuild, below: RF, pj_per_shift_add: 0.02, pj_per_basis_read: " \
    "0.01, pj_per_basis_write: 0.01, rows_per_cycle: 1, area_um2: 50}\n"
#define ENGINES                                                                    \
    "vector: {below: GLB, pj_per_op: 0.25, ops_per_cycle: 4}\n"                    \
    "engines:\n" REBUILD                                                           \
    "  - {kind: gate, operands: inputs, pj_per_test: 0.003, area_um2: 30}\n"       \
    "  - {kind: gather, below: GLB, elements: 4, width: 8, pj_per_gathered_word: " \
    "0.2, area_um2: 70}\n"

static const char cases[] =
    "name: parts\nsource: here\ncases:\n"
    "  all: {arch: a.yaml, workload: n.yaml, search: energy}\n"
    "  deal: {like: all, form: {density: 0.5, row_density: 0.5}}\n"
    "  area: {arch: a.yaml}\n"
    "  dealt: {like: area, form: {density: 0.5, row_density: 0.5}}\n"
    "  fixed: {arch: plain.yaml, workload: n.yaml, layers: [fc], mappings: {fc: "
    "one.yaml}}\n"
    "  later: {like: fixed, mappings: {fc: two.yaml}}\n"
    "  split: {arch: uneven.yaml, workload: n.yaml, layers: [tiny], search: energy}\n"
    "  ed2p: {arch: " SDSE_SOURCE_DIR "/archs/eyeriss.yaml, workload: " SDSE_SOURCE_DIR
    "/workloads/alexnet.yaml, layers: [conv4], search: ed2p}\n"
    "  small: {arch: plain.yaml, workload: n.yaml, layers: [tiny], search: "
    "energy}\n"
    "  plain: {like: small, layers: [a]}\n"
    "  seer: {arch: plain.yaml, workload: " SDSE_SOURCE_DIR
    "/workloads/seer_dmc.yaml, network: {training: {batch: 2, optimiser: sgd, frozen: "
    "features, stored: true, replay: {samples: 16}}}}\n"
    "  none: {like: fixed, override: {RF.capacity_words: 3}}\n"
    "anchors:\n";

static enum sdse_status prepare(struct world *w, const char *before,
                                const char *anchors) {
    return world_prepare(w, at("v.yaml"), before, anchors);
}

static struct world run(const char *anchors) {
    return world_run(at("v.yaml"), cases, anchors);
}

#define A(id, rest) "  - {id: " id ", mark: published, published: 1, " rest "}\n"

// `a` stands three times; `pool` moves words.
static void parts_of_the_energy(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("all", "quantity: energy, case: all, unit: pJ")
        A("pool", "quantity: energy, layers: pool, case: all, unit: pJ")
        A("every", "quantity: energy, layers: all, case: all, unit: pJ")
        A("engines", "quantity: energy, of: {component: engines}, layers: all, case: all, unit: pJ")
        A("vector", "quantity: energy, of: {component: vector}, layers: all, case: all, unit: pJ")
        A("compute", "quantity: energy, of: {component: compute}, layers: all, case: all, unit: pJ")
        A("net", "quantity: words, of: {component: network, level: GLB, tensor: weights}, layers: a, case: all, unit: words")
        A("mw", "quantity: power, layers: a, case: all, unit: mW")
        A("over", "quantity: energy, of: {tensor: inputs}, layers: a, over: {of: {level: DRAM}}, case: all, unit: x")
        A("i", "quantity: energy, of: {tensor: inputs}, layers: a, case: all, unit: pJ")
        A("dram", "quantity: energy, of: {level: DRAM}, layers: a, case: all, unit: pJ")
        A("least", "quantity: macs, combine: least, layers: [fc, tiny], case: all, unit: MAC")
        A("most", "quantity: macs, combine: most, layers: [fc, tiny], case: all, unit: MAC")
        A("J", "quantity: energy, case: all, unit: J")
        A("replay", "quantity: replay, case: seer, unit: kB"));
    // clang-format on
    const struct sdse_cost *a = &item(&w, "all", "a")->cost,
                           *fc = &item(&w, "all", "fc")->cost,
                           *tiny = &item(&w, "all", "tiny")->cost,
                           *pool = &item(&w, "all", "pool")->cost;
    const double multiplying = 3 * a->energy_pj + fc->energy_pj + tiny->energy_pj;
    expect(&w, "all", multiplying);
    expect(&w, "pool", pool->energy_pj);
    expect(&w, "every", multiplying + pool->energy_pj);
    expect(&w, "J", multiplying * 1e-12);
    expect(&w, "replay", 16 * 50 * 4 * 1e-3);
    double engines = 0;
    for (unsigned i = 0; i < 3; i++)
        engines += 3 * a->engine_pj[i] + fc->engine_pj[i] + tiny->engine_pj[i] +
                   pool->engine_pj[i];
    unsigned paid = 0;
    for (unsigned i = 0; i < 3; i++)
        paid += a->engine_pj[i] > 0;
    assert_true(paid >= 2);
    expect(&w, "engines", engines);
    assert_true(pool->vector_pj > 0);
    expect(&w, "vector", pool->vector_pj);
    expect(&w, "compute", 3 * a->mac_pj + fc->mac_pj + tiny->mac_pj);
    const struct sdse_network_cost *net = &a->level[1].network[SDSE_PART_WEIGHTS];
    assert_true(net->words > 0);
    expect(&w, "net", 3 * (double)net->words);
    expect(&w, "mw", a->energy_pj / (double)a->latency_cycles); // pJ in ns is mW
    expect(&w, "over", result_of(&w, "i")->ours / result_of(&w, "dram")->ours);
    expect(&w, "least", 1150);
    expect(&w, "most", 64 * 40);
    sdse_arena_free(w.arena);
}

static void parts_of_the_area(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("raw", "quantity: area, case: area, unit: um2")
        A("dealt", "quantity: area, case: dealt, unit: mm2")
        A("mean", "quantity: area, case: area, combine: mean, unit: um2")
        A("memory", "quantity: area, of: {component: memory}, case: area, unit: um2")
        A("compute", "quantity: area, of: {component: compute}, case: area, unit: um2")
        A("rebuild", "quantity: area, of: {component: rebuild}, case: dealt, unit: um2")
        A("unbuilt", "quantity: area, of: {component: rebuild}, case: area, unit: um2")
        A("engines", "quantity: area, of: {component: engines}, case: area, unit: um2")
        A("other", "quantity: area, of: {component: other}, case: area, unit: um2")
        A("glb", "quantity: area, of: {level: GLB}, case: area, unit: um2")
        A("rest", "quantity: area, of: {without: GLB}, case: area, unit: um2"));
    // clang-format on
    struct sdse_area area;
    sdse_arch_area(w.ready.cases[2].arch, &area);
    double engines = 0;
    for (unsigned i = 0; i < 3; i++)
        engines += area.engine_um2[i];
    assert_true(engines > 0 && area.other_um2 >= 7000 && area.rebuild_um2 > 0);
    expect(&w, "raw", area.total_um2 - area.rebuild_um2);
    expect(&w, "mean", area.total_um2 - area.rebuild_um2);
    expect(&w, "dealt", area.total_um2 * 1e-6);
    expect(&w, "compute", area.compute_um2);
    expect(&w, "rebuild", area.rebuild_um2);
    expect(&w, "unbuilt", 0);
    expect(&w, "engines", engines);
    expect(&w, "other", area.other_um2);
    expect(&w, "glb", area.level_um2[1]);
    expect(&w, "rest", area.total_um2 - area.rebuild_um2 - area.level_um2[1]);
    expect(&w, "memory", area.level_um2[0] + area.level_um2[1] + area.level_um2[2]);
    sdse_arena_free(w.arena);
}

static void optimum(struct world *w, const char *of, const char *layer,
                    struct sdse_arch *arch, enum sdse_map_objective objective,
                    struct sdse_map_answer *answer) {
    const struct sdse_ready_item *one = item(w, of, layer);
    const struct sdse_map_request request = {
        .arch = arch, .layer = one->layer, .form = &one->form, .objective = objective};
    assert_int_equal(sdse_map(&request, w->arena, answer), SDSE_OK);
    assert_int_equal(answer->status, SDSE_MAP_OPTIMAL);
}

// Mapping files: the later one wins. Searches: memories that are uneven by themselves,
// each objective.
static void mappings_and_searches(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("one", "quantity: energy, case: fixed, unit: pJ")
        A("two", "quantity: energy, case: later, unit: pJ")
        A("split", "quantity: energy, case: split, unit: pJ")
        A("ed2p", "quantity: energy, case: ed2p, unit: pJ"));
    // clang-format on
    assert_true(result_of(&w, "one")->ours < result_of(&w, "two")->ours);
    struct sdse_arch *eyeriss = w.ready.cases[7].arch, *uneven = w.ready.cases[6].arch;
    struct sdse_map_answer answer, edp;
    assert_true(sdse_arch_uneven(uneven) != 0);
    assert_int_equal(
        sdse_arch_split(uneven, sdse_arch_uneven(uneven), w.arena, &uneven), SDSE_OK);
    optimum(&w, "split", "tiny", uneven, SDSE_MAP_ENERGY, &answer);
    expect(&w, "split", answer.point[0].totals.energy_pj);
    assert_int_equal(item(&w, "split", "tiny")->arch->level_count, uneven->level_count);
    optimum(&w, "ed2p", "conv4", eyeriss, SDSE_MAP_ED2P, &answer);
    optimum(&w, "ed2p", "conv4", eyeriss, SDSE_MAP_EDP, &edp);
    expect(&w, "ed2p", answer.point[0].totals.energy_pj);
    assert_true(answer.point[0].totals.energy_pj != edp.point[0].totals.energy_pj);
    sdse_arena_free(w.arena);
}

// 1150 MACs.
static void bands_and_failures(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        "  - {id: edge, mark: published, quantity: macs, case: small, published: 1000, unit: MAC}\n"
        "  - {id: below, mark: published, quantity: macs, case: small, published: 1400, unit: MAC}\n"
        "  - {id: above, mark: published, quantity: macs, case: small, published: 999, unit: MAC}\n"
        "  - {id: neither, mark: published, quantity: macs, why: nobody, published: null, unit: MAC}\n"
        "  - {id: lost, mark: published, quantity: macs, case: none, published: 1150, unit: MAC, alternative: {assume: x, case: small}}\n"
        "  - {id: kept, mark: published, quantity: macs, case: small, published: 1150, unit: MAC, alternative: {assume: x, case: none}}\n"
        "  - {id: layers, mark: published, quantity: macs, case: small, over: {layers: [fc]}, published: 1, unit: x, alternative: {assume: x, case: plain}}\n"
        "  - {id: cases, mark: published, quantity: macs, case: small, over: {case: small}, published: 1, unit: x, alternative: {assume: x, case: small, over: fixed}}\n");
    // clang-format on
    assert_int_equal(result_of(&w, "edge")->verdict, SDSE_VERDICT_WITHIN);
    assert_true(result_of(&w, "edge")->error_percent == 15);
    assert_int_equal(result_of(&w, "below")->verdict, SDSE_VERDICT_OUTSIDE);
    assert_int_equal(result_of(&w, "above")->verdict, SDSE_VERDICT_OUTSIDE);
    assert_int_equal(result_of(&w, "neither")->verdict, SDSE_VERDICT_NO_FIGURE);
    assert_int_equal(result_of(&w, "lost")->verdict, SDSE_VERDICT_FAILED);
    assert_non_null(strstr(result_of(&w, "lost")->failure, "case none, layer fc"));
    assert_int_equal(result_of(&w, "kept")->verdict, SDSE_VERDICT_FAILED);
    assert_non_null(strstr(result_of(&w, "kept")->failure, "case none, layer fc"));
    expect(&w, "layers", 1150.0 / (64 * 40));
    assert_double_within(result_of(&w, "layers")->alternative,
                         3.0 * 16 * 8 * 36 * 9 / (64 * 40), 1e-12);
    expect(&w, "cases", 1);
    assert_double_within(result_of(&w, "cases")->alternative, 1150.0 / (64 * 40),
                         1e-12);
    struct sdse_validation_tally tally = {0};
    sdse_validation_count(w.result, w.validation->anchor_count, &tally);
    assert_int_equal(tally.within_15, 2); // edge and cases
    sdse_arena_free(w.arena);
    // Interrupted, no mapping is proved and no figure taken.
    const atomic_bool stop = true;
    assert_int_equal(
        prepare(&w, cases, A("x", "quantity: energy, case: all, unit: pJ")), SDSE_OK);
    assert_int_equal(sdse_validation_run(&w.ready, 1, &stop, w.arena, &w.result),
                     SDSE_OK);
    assert_int_equal(w.result[0].verdict, SDSE_VERDICT_FAILED);
    sdse_arena_free(w.arena);
}

static void refuses(const char *before, const char *anchors, const char *check,
                    size_t errors) {
    struct world w;
    assert_int_equal(prepare(&w, before, anchors), SDSE_INVALID);
    if (!sdse_diags_fired(&w.diags, check) || w.diags.errors != errors) {
        sdse_diags_print(&w.diags, stderr, false);
        fail_msg("%s did not fire, or not alone", check);
    }
    sdse_arena_free(w.arena);
}

static void faults_are_said(void **state) {
    (void)state;
    refuses(cases,
            A("x", "quantity: macs, layers: [fc, a], case: all, over: {layers: [fc, a, "
                   "tiny]}, combine: mean, unit: x"),
            "pair-count", 1);
#define HEAD "name: x\nsource: x\ncases:\n"
    refuses(HEAD
            "  a: {arch: a.yaml, workload: n.yaml, layers: [fc], search: edp}\n"
            "  b: {arch: short.yaml, workload: n.yaml, layers: [fc], search: edp}\n"
            "anchors:\n",
            A("x", "quantity: energy, of: {level: RF}, case: [a, b], unit: pJ"),
            "unknown-level", 1);
    refuses(HEAD "  a: {arch: plain.yaml, workload: n.yaml, layers: [pool], search: "
                 "edp}\nanchors:\n",
            A("x", "quantity: energy, case: a, unit: pJ"), "vector-missing", 1);
    refuses(HEAD "  a: {arch: plain.yaml, workload: n.yaml, search: edp, form: "
                 "{density: 0.5}}\nanchors:\n",
            A("x", "quantity: area, case: a, unit: um2"), "case-form", 1);
    refuses(HEAD
            "  a: {arch: plain.yaml, workload: n.yaml, search: edp, mappings: {fd: "
            "one.yaml}}\nanchors:\n",
            A("x", "quantity: area, case: a, unit: um2"), "unknown-layer", 1);
}

// Every unit is its symbol's worth.
static void units_are_worth(void **state) {
    (void)state;
    static const struct {
        enum sdse_dimension dimension;
        const char *text;
        double base;
    } units[] = {
        {SDSE_DIMENSION_COUNT, "kwords", 1e3},
        {SDSE_DIMENSION_COUNT, "Mwords", 1e6},
        {SDSE_DIMENSION_COUNT, "MAC", 1},
        {SDSE_DIMENSION_COUNT, "MMAC", 1e6},
        {SDSE_DIMENSION_COUNT, "cycles", 1},
        {SDSE_DIMENSION_COUNT, "Mcycles", 1e6},
        {SDSE_DIMENSION_FRACTION, "1", 1},
        {SDSE_DIMENSION_FRACTION, "%", 0.01},
        {SDSE_DIMENSION_TIME, "s", 1},
        {SDSE_DIMENSION_TIME, "ms", 1e-3},
        {SDSE_DIMENSION_TIME, "us", 1e-6},
        {SDSE_DIMENSION_TIME, "ns", 1e-9},
        {SDSE_DIMENSION_RATE, "GOPS", 1e9},
        {SDSE_DIMENSION_RATE, "TOPS", 1e12},
        {SDSE_DIMENSION_ENERGY, "pJ", 1},
        {SDSE_DIMENSION_ENERGY, "nJ", 1e3},
        {SDSE_DIMENSION_ENERGY, "uJ", 1e6},
        {SDSE_DIMENSION_ENERGY, "mJ", 1e9},
        {SDSE_DIMENSION_ENERGY, "J", 1e12},
        {SDSE_DIMENSION_POWER, "W", 1},
        {SDSE_DIMENSION_POWER, "mW", 1e-3},
        {SDSE_DIMENSION_DATA, "bit", 1},
        {SDSE_DIMENSION_DATA, "B", 8},
        {SDSE_DIMENSION_DATA, "kB", 8e3},
        {SDSE_DIMENSION_DATA, "MB", 8e6},
        {SDSE_DIMENSION_DATA, "KiB", 8 * 1024},
        {SDSE_DIMENSION_DATA, "MiB", 8 * 1048576.0},
        {SDSE_DIMENSION_AREA, "um2", 1},
        {SDSE_DIMENSION_AREA, "mm2", 1e6},
    };
    double base;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_true(sdse_unit_of(units[i].dimension, units[i].text, &base));
        assert_true(base == units[i].base);
    }
    assert_false(sdse_unit_of(SDSE_DIMENSION_TIME, "pJ", &base));
    assert_true(
        sdse_ratio_unit_of(SDSE_DIMENSION_ENERGY, SDSE_DIMENSION_ENERGY, "x", &base));
    assert_true(base == 1);
    assert_true(
        sdse_ratio_unit_of(SDSE_DIMENSION_ENERGY, SDSE_DIMENSION_ENERGY, "%", &base));
    assert_true(base == 0.01);
    assert_true(
        sdse_ratio_unit_of(SDSE_DIMENSION_ENERGY, SDSE_DIMENSION_DATA, "nJ/kB", &base));
    assert_true(base == 1e3 / 8e3);
    assert_false(
        sdse_ratio_unit_of(SDSE_DIMENSION_ENERGY, SDSE_DIMENSION_DATA, "x", &base));
}

// A mapping of the layer fc as a file: the cheapest, or all loops at the outermost
// level.
static void write_mapping(const char *name, bool cheapest) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_arch *arch = NULL;
    struct sdse_workload *net = NULL;
    char path[300];
    snprintf(path, sizeof path, "%s", at("plain.yaml"));
    assert_int_equal(sdse_arch_load(arena, path, &diags, &arch), SDSE_OK);
    snprintf(path, sizeof path, "%s", at("n.yaml"));
    assert_int_equal(sdse_workload_load(arena, path, &diags, &net), SDSE_OK);
    const struct sdse_nest *nest = &net->layers[2].nest;
    const struct sdse_map_request request = {
        .arch = arch, .layer = &net->layers[2], .objective = SDSE_MAP_ENERGY};
    struct sdse_map_answer answer;
    assert_int_equal(sdse_map(&request, arena, &answer), SDSE_OK);
    struct sdse_mapping outermost;
    sdse_mapping_init(arch, &outermost);
    struct sdse_loops *loops = &outermost.level[0].temporal;
    loops->count = 0;
    for (int d = 0; d < SDSE_DIMS; d++)
        loops->loop[loops->count++] =
            (struct sdse_loop){(enum sdse_dim)d, nest->bound[d]};
    make(name, sdse_mapping_text(arena, arch, nest,
                                 cheapest ? &answer.point[0].mapping : &outermost));
    sdse_arena_free(arena);
}

static int begin(void **state) {
    if (make_folder(state) != 0)
        return -1;
    make("a.yaml", ARCH("full", "", ENGINES));
    make("plain.yaml", ARCH("plain", "", ""));
    make("uneven.yaml", ARCH("split", ", uneven: true", ""));
    make("short.yaml",
         "name: short\nsource: x\nnode_nm: 45\nclock_ghz: 1\nword_bits: 8\nlevels:\n"
         "  - level: DRAM\n"
         "    memory: {class: dram, pj_per_bit: 10, shared_bits_per_cycle: 64}\n"
         "  - level: GLB\n"
         "    memory: {class: sram, capacity_kib: 8, port_bits: 64, read_pj: 5, "
         "write_pj: 6, area_um2: 50000}\n"
         "compute: {class: parallel, pj_per_mac: 0.3, area_um2: 400}\n");
    make(
        "n.yaml",
        "name: n\nsource: made up\nlayers:\n"
        "  - {name: a, kind: conv, in: [8, 6, 6], out_channels: 16, kernel: 3, pad: 1, "
        "repeat: 3, density: {inputs: 0.5, weights: 0.5, source: x}}\n"
        "  - {name: pool, kind: pool, in: [16, 6, 6], kernel: 2, stride: 2}\n"
        "  - {name: fc, kind: fc, in: 64, out_channels: 40}\n"
        "  - {name: tiny, kind: fc, in: 23, out_channels: 50}\n");
    write_mapping("one.yaml", true);
    write_mapping("two.yaml", false);
    return 0;
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_the_energy),   cmocka_unit_test(parts_of_the_area),
        cmocka_unit_test(mappings_and_searches), cmocka_unit_test(bands_and_failures),
        cmocka_unit_test(faults_are_said),       cmocka_unit_test(units_are_worth),
    };
    return cmocka_run_group_tests(tests, begin, remove_folder);
}
