// Published figures beside ours: what quantities, filters, combinations, units and
// verdicts mean, against sums of the evaluated costs written down here.
//
// One file, though long: one world of two networks, asked for one figure after another.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dse/map.h"
#include "spec/load.h"
#include "spec/split.h"
#include "support/close.h"
#include "support/validation_world.h"

// Relative paths are seen from validation/.
#define FILE_NAME SDSE_SOURCE_DIR "/validation/test.yaml"

#define CASES                                                                          \
    "name: test\n"                                                                     \
    "source: here\n"                                                                   \
    "cases:\n"                                                                         \
    "  raw:\n"                                                                         \
    "    arch: ../archs/eyeriss.yaml\n"                                                \
    "    override: {GLB.fanout.dims_y: [P, R, C, K, G]}\n"                             \
    "    workload: ../workloads/alexnet.yaml\n"                                        \
    "    network: {batch: 4}\n"                                                        \
    "    mappings:\n"                                                                  \
    "      {conv1: eyeriss/conv1.yaml, conv3: eyeriss/conv3.yaml}\n"                   \
    "    layers: [conv1, conv3]\n"                                                     \
    "  thrice: {like: raw, network: {layers: {conv3: {repeat: 3}}}}\n"                 \
    "  fast: {like: raw, override: {clock_ghz: 0.4}}\n"                                \
    "  clocked: {like: raw, override: {chip: {clock_mw: 100, "                         \
    "control_percent: 10, static_mw: 5}, spads.overlap: false}}\n"                     \
    "  coded: {like: raw, override: {DRAM.format: {inputs: bitmap}}, "                 \
    "network: {layers: {conv3: {density: {inputs: 0.5, source: x}}}}}\n"               \
    "  bare: {arch: ../archs/eyeriss.yaml}\n"                                          \
    "  sought: {arch: ../archs/eyeriss.yaml, workload: "                               \
    "../workloads/alexnet.yaml, search: energy, layers: [conv5, conv5.pool]}\n"        \
    "  narrow: {like: raw, override: {psum.capacity_words: 2}}\n"                      \
    "  uneven: {arch: ../archs/eyeriss.yaml, workload: ../workloads/resnet50.yaml, "   \
    "layers: [layer2.0.conv2], search: {objective: energy, uneven: true}}\n"           \
    "  even: {like: uneven, search: energy}\n"                                         \
    "  bypass: {arch: ../archs/eyeriss.yaml, workload: ../workloads/mlp2_mnist.yaml, " \
    "layers: [fc2], search: {objective: energy, free_bypass: true}}\n"                 \
    "  kept: {like: bypass, search: energy}\n"                                         \
    "  padded: {arch: ../archs/shidiannao.yaml, workload: ../workloads/alexnet.yaml, " \
    "network: {layers: {conv5: {in: [8, 13, 13], out_channels: 4, groups: 1}}}, "      \
    "layers: [conv5], search: {objective: energy, imperfect_percent: 25}}\n"           \
    "  exact: {like: padded, search: energy}\n"                                        \
    "  quick: {like: even, search: latency}\n"                                         \
    "  deal: {arch: ../archs/eyeriss.yaml, workload: ../workloads/alexnet.yaml, "      \
    "layers: [conv5], search: energy, form: {density: 0.5, row_density: 0.6}}\n"       \
    "  named: {arch: ../archs/eyeriss.yaml, workload: ../workloads/resnet50.yaml, "    \
    "network: {layers: {fc: {name: conv}}}, search: energy, layers: [conv]}\n"         \
    "  slow: {like: raw, override: {compute.cycles_per_mac: 2}}\n"                     \
    "anchors:\n"

static enum sdse_status prepare(struct world *w, const char *anchors) {
    return world_prepare(w, FILE_NAME, CASES, anchors);
}

static struct world run(const char *anchors) {
    return world_run(FILE_NAME, CASES, anchors);
}

static unsigned level_of(const struct sdse_ready_item *one, const char *name) {
    for (unsigned l = 0; l < one->cost.level_count; l++)
        if (strcmp(one->arch->level[l].name, name) == 0)
            return l;
    fail_msg("no level %s", name);
    return 0;
}

static const struct sdse_flow_cost *flow_of(const struct sdse_ready_item *one,
                                            const char *level, enum sdse_part part) {
    return &one->cost.level[level_of(one, level)].flow[part];
}

#define A(id, rest) "  - {id: " id ", mark: published, published: 1, " rest "}\n"

static void totals_of_layers(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("macs", "quantity: macs, case: raw, unit: MMAC")
        A("macs3", "quantity: macs, case: thrice, unit: MAC")
        A("cycles", "quantity: cycles, case: raw, unit: cycles")
        A("busy", "quantity: compute_cycles, case: raw, unit: Mcycles")
        A("ms", "quantity: latency, case: raw, unit: ms")
        A("ms3", "quantity: latency, case: thrice, unit: ms")
        A("fast", "quantity: latency, case: fast, unit: us")
        A("used", "quantity: multipliers, case: thrice, unit: count")
        A("share", "quantity: utilization, case: raw, unit: '%'")
        A("gops", "quantity: throughput, case: raw, unit: GOPS")
        A("peak", "quantity: peak, case: bare, unit: GOPS")
        A("mw-i", "quantity: power, of: {tensor: inputs}, case: raw, unit: mW")
        A("pj-i", "quantity: energy, of: {tensor: inputs}, case: raw, unit: pJ")
        A("word", "quantity: macs, case: named, unit: MAC")
        A("uj", "quantity: energy, case: thrice, unit: uJ")
        A("mw", "quantity: power, case: raw, unit: mW"));
    // clang-format on
    const struct sdse_ready_item *one = item(&w, "raw", "conv1"),
                                 *three = item(&w, "raw", "conv3");
    const struct sdse_cost *a = &one->cost, *b = &three->cost;
    const double macs = 105415200.0 * 4, macs3 = 149520384.0 * 4;
    expect(&w, "macs", (macs + macs3) * 1e-6);
    expect(&w, "macs3", macs + 3 * macs3);
    const double cycles = (double)(a->latency_cycles + b->latency_cycles);
    const double busy = (double)a->compute_cycles, busy3 = (double)b->compute_cycles;
    expect(&w, "cycles", cycles);
    expect(&w, "busy", (busy + busy3) * 1e-6);
    expect(&w, "ms", cycles / 0.2e9 * 1e3);
    expect(&w, "ms3",
           (double)(a->latency_cycles + 3 * b->latency_cycles) / 0.2e9 * 1e3);
    const double fast = (double)(item(&w, "fast", "conv1")->cost.latency_cycles +
                                 item(&w, "fast", "conv3")->cost.latency_cycles);
    expect(&w, "fast", fast / 0.4e9 * 1e6);
    expect(&w, "used", (154 * busy + 3 * 156 * busy3) / (busy + 3 * busy3));
    // MACs over all multiplier cycles.
    expect(&w, "share", 100 * (macs + macs3) / (cycles * 168));
    expect(&w, "mw-i", result_of(&w, "pj-i")->ours * 1e-12 / (cycles / 0.2e9) * 1e3);
    expect(&w, "word", 2048 * 1000); // the layer of this name, not the kind
    expect(&w, "gops", 2 * (macs + macs3) / (cycles / 0.2e9) * 1e-9);
    expect(&w, "peak", 2 * 168 * 0.2);
    expect(&w, "uj",
           (item(&w, "thrice", "conv1")->cost.energy_pj +
            3 * item(&w, "thrice", "conv3")->cost.energy_pj) *
               1e-6);
    expect(&w, "mw", (a->energy_pj + b->energy_pj) * 1e-12 / (cycles / 0.2e9) * 1e3);
    sdse_arena_free(w.arena);
}

// Each picojoule is in one component, and of those of memories and networks in one
// level and one tensor.
static void parts_of_the_energy(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("all", "quantity: energy, case: clocked, unit: pJ")
        A("memory", "quantity: energy, of: {component: memory}, case: clocked, unit: pJ")
        A("network", "quantity: energy, of: {component: network}, case: clocked, unit: pJ")
        A("compute", "quantity: energy, of: {component: compute}, case: clocked, unit: pJ")
        A("leakage", "quantity: energy, of: {component: leakage}, case: clocked, unit: pJ")
        A("clock", "quantity: energy, of: {component: clock}, case: clocked, unit: pJ")
        A("static", "quantity: energy, of: {component: static}, case: clocked, unit: pJ")
        A("control", "quantity: energy, of: {component: control}, case: clocked, unit: pJ")
        A("dram", "quantity: energy, of: {level: DRAM}, case: clocked, unit: pJ")
        A("glb", "quantity: energy, of: {level: GLB}, case: clocked, unit: pJ")
        A("pads", "quantity: energy, of: {level: [ifmap, filter, psum, bases]}, case: clocked, unit: pJ")
        A("chip", "quantity: energy, of: {without: DRAM}, case: clocked, unit: pJ")
        A("w", "quantity: energy, of: {tensor: weights}, case: clocked, unit: pJ")
        A("i", "quantity: energy, of: {tensor: inputs}, case: clocked, unit: pJ")
        A("o", "quantity: energy, of: {tensor: outputs}, case: clocked, unit: pJ")
        A("glb-i", "quantity: energy, of: {level: GLB, component: memory, tensor: inputs}, case: clocked, unit: pJ"));
    // clang-format on
    const double all = result_of(&w, "all")->ours;
    const struct sdse_cost *a = &item(&w, "clocked", "conv1")->cost,
                           *b = &item(&w, "clocked", "conv3")->cost;
    expect(&w, "all", a->energy_pj + b->energy_pj);
    const char *const components[] = {"memory", "network", "compute", "leakage",
                                      "clock",  "static",  "control"};
    double sum = 0;
    for (size_t i = 0; i < sizeof components / sizeof *components; i++) {
        assert_true(result_of(&w, components[i])->ours > 0);
        sum += result_of(&w, components[i])->ours;
    }
    assert_double_within(sum, all, 1e-12);
    expect(&w, "compute", a->mac_pj + b->mac_pj);
    const double seconds = (double)(a->latency_cycles + b->latency_cycles) / 0.2e9;
    assert_double_within(result_of(&w, "clock")->ours, 100e-3 * seconds * 1e12, 1e-9);
    assert_double_within(result_of(&w, "static")->ours, 5e-3 * seconds * 1e12, 1e-9);
    expect(&w, "chip", all - result_of(&w, "dram")->ours);
    assert_double_within(
        result_of(&w, "w")->ours + result_of(&w, "i")->ours + result_of(&w, "o")->ours,
        result_of(&w, "memory")->ours + result_of(&w, "network")->ours, 1e-12);
    const double leakage_of_macs = a->compute_leakage_pj + b->compute_leakage_pj;
    assert_double_within(result_of(&w, "dram")->ours + result_of(&w, "glb")->ours +
                             result_of(&w, "pads")->ours + leakage_of_macs,
                         result_of(&w, "memory")->ours +
                             result_of(&w, "network")->ours +
                             result_of(&w, "leakage")->ours,
                         1e-12);
    double reads = 0;
    const char *const layers[] = {"conv1", "conv3"};
    for (int i = 0; i < 2; i++) {
        const struct sdse_flow_cost *flow =
            flow_of(item(&w, "clocked", layers[i]), "GLB.2", SDSE_PART_INPUTS);
        reads += flow->read_pj + flow->fill_pj + flow->update_pj;
    }
    expect(&w, "glb-i", reads);
    sdse_arena_free(w.arena);
}

static void words_and_bytes(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("r", "quantity: words, of: {level: GLB, tensor: outputs, action: reads}, layers: conv3, case: raw, unit: words")
        A("f", "quantity: words, of: {level: GLB, tensor: inputs, action: fills}, layers: conv3, case: raw, unit: words")
        A("u", "quantity: words, of: {level: GLB, tensor: outputs, action: updates}, layers: conv3, case: raw, unit: words")
        A("d", "quantity: words, of: {level: GLB, tensor: outputs, action: drains}, layers: conv3, case: raw, unit: kwords")
        A("all", "quantity: words, of: {level: GLB, tensor: outputs}, layers: conv3, case: raw, unit: words")
        A("B", "quantity: bytes, of: {level: GLB, tensor: outputs, action: [reads, updates]}, layers: conv3, case: raw, unit: B")
        A("D", "quantity: bytes, of: {level: GLB, tensor: outputs, action: drains}, layers: conv3, case: raw, unit: bit")
        A("net", "quantity: words, of: {component: network, level: GLB, tensor: weights}, layers: conv3, case: raw, unit: words")
        A("NET", "quantity: bytes, of: {component: network, level: GLB, tensor: weights}, layers: conv3, case: raw, unit: KiB")
        A("coded", "quantity: bytes, of: {level: DRAM, tensor: inputs}, layers: conv3, case: coded, over: {quantity: words, of: {level: DRAM, tensor: inputs}}, unit: bit/words"));
    // clang-format on
    const struct sdse_ready_item *three = item(&w, "raw", "conv3");
    const struct sdse_flow_cost *sums = flow_of(three, "GLB.1", SDSE_PART_OUTPUTS);
    const struct sdse_flow_cost *maps = flow_of(three, "GLB.2", SDSE_PART_INPUTS);
    assert_true(sums->reads > 0 && sums->updates > 0 && sums->drain_reads > 0);
    expect(&w, "r", (double)sums->reads);
    expect(&w, "f", (double)maps->fills);
    expect(&w, "u", (double)sums->updates);
    expect(&w, "d", (double)sums->drain_reads * 1e-3);
    expect(&w, "all",
           (double)(sums->reads + sums->fills + sums->updates + sums->drain_reads));
    expect(&w, "B", 2 * (double)(sums->reads + sums->updates)); // 16-bit words
    expect(&w, "D", 16 * (double)sums->drain_reads);
    const struct sdse_network_cost *net =
        &three->cost.level[level_of(three, "GLB.2")].network[SDSE_PART_WEIGHTS];
    assert_true(net->words > 0);
    expect(&w, "net", (double)net->words);
    expect(&w, "NET", net->bits / 8192);
    expect(&w, "coded", 0.5 * 16 + 1); // a bit for each word, half of the words
    sdse_arena_free(w.arena);
}

static void layers_cases_and_their_combination(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("sum", "quantity: cycles, case: raw, over: {case: clocked}, unit: x")
        A("mean", "quantity: cycles, case: raw, over: {case: clocked}, combine: mean, unit: x")
        A("geo", "quantity: cycles, case: raw, over: {case: clocked}, combine: geomean, unit: '%'")
        A("least", "quantity: cycles, case: raw, combine: least, unit: cycles")
        A("most", "quantity: cycles, case: raw, combine: most, unit: cycles")
        A("cases", "quantity: energy, case: [raw, clocked], over: {case: [clocked, thrice]}, combine: geomean, unit: x")
        A("both", "quantity: cycles, case: [raw, thrice], unit: cycles")
        A("areas", "quantity: area, case: [bare, bare], combine: mean, unit: mm2")
        A("area", "quantity: area, case: bare, unit: um2")
        A("one", "quantity: macs, layers: conv3, case: raw, unit: MAC")
        A("moving", "quantity: macs, case: sought, unit: MAC")
        A("pool", "quantity: words, of: {level: DRAM}, layers: conv5.pool, case: sought, unit: words, restates: true")
        A("per", "quantity: energy, over: {quantity: macs}, case: raw, unit: nJ/MMAC"));
    // clang-format on
    const double a = (double)item(&w, "raw", "conv1")->cost.latency_cycles,
                 b = (double)item(&w, "raw", "conv3")->cost.latency_cycles,
                 c = (double)item(&w, "clocked", "conv1")->cost.latency_cycles,
                 d = (double)item(&w, "clocked", "conv3")->cost.latency_cycles;
    expect(&w, "sum", (a + b) / (c + d));
    expect(&w, "mean", (a / c + b / d) / 2);
    expect(&w, "geo", 100 * sqrt(a / c * b / d));
    expect(&w, "least", fmin(a, b));
    expect(&w, "most", fmax(a, b));
    const double raw = item(&w, "raw", "conv1")->cost.energy_pj +
                       item(&w, "raw", "conv3")->cost.energy_pj,
                 clocked = item(&w, "clocked", "conv1")->cost.energy_pj +
                           item(&w, "clocked", "conv3")->cost.energy_pj,
                 thrice = item(&w, "thrice", "conv1")->cost.energy_pj +
                          3 * item(&w, "thrice", "conv3")->cost.energy_pj;
    expect(&w, "cases", sqrt(raw / clocked * clocked / thrice));
    expect(&w, "both", a + b + a + 3 * b);
    struct sdse_area area;
    sdse_arch_area(w.ready.cases[5].arch, &area);
    expect(&w, "area", area.total_um2 - area.rebuild_um2);
    expect(&w, "areas", (area.total_um2 - area.rebuild_um2) * 1e-6);
    expect(&w, "one", 149520384.0 * 4);
    // conv2, conv4 and conv5 have no mapping in this case: kinds are of its layers only
    // where the anchor names none.
    expect(&w, "moving", 74760192.0);
    // 256 x 13 x 13 in, 256 x 6 x 6 out.
    expect(&w, "pool", 256 * (169 + 36));
    expect(&w, "per", raw * 1e-3 / ((105415200.0 + 149520384.0) * 4e-6));
    sdse_arena_free(w.arena);
}

static const struct sdse_anchor_result *verdict(const struct world *w, const char *id,
                                                enum sdse_anchor_verdict wanted) {
    for (size_t i = 0; i < w->validation->anchor_count; i++) {
        const struct sdse_anchor_result *result = &w->result[i];
        if (strcmp(result->anchor->id, id) != 0)
            continue;
        if (result->verdict != wanted)
            fail_msg("%s: %s, not %s (%g: %g %%)", id,
                     sdse_verdict_name(result->verdict), sdse_verdict_name(wanted),
                     result->ours, result->error_percent);
        return result;
    }
    fail_msg("no anchor %s", id);
    return NULL;
}

#define M(id, mark, rest) "  - {id: " id ", mark: " mark ", quantity: macs, " rest "}\n"

// 4 x (105,415,200 + 149,520,384) = 1,019,742,336 MACs; three times the second:
// 2,215,905,408.
static void verdicts(void **state) {
    (void)state;
    struct world w =
        run(M("exact", "published",
              "case: raw, published: 1019.742336, unit: MMAC, band_percent: 0")
                M("near", "published",
                  "case: raw, published: 1000, unit: MMAC, band_percent: 2")
                    M("edge", "derived",
                      "case: raw, published: 509.871168, unit: MMAC, band_percent: "
                      "100") M("below", "published",
                               "case: raw, published: 2000, unit: MMAC, "
                               "band_percent: 48") M("inside", "read off",
                                                     "case: raw, published: [1000, "
                                                     "1100], unit: MMAC, "
                                                     "band_percent: 0")
                        M("low", "read off",
                          "case: raw, published: [1, 2], unit: MMAC, band_percent: "
                          "10") M("high", "read off",
                                  "case: raw, published: [1200, 1300], unit: MMAC, "
                                  "band_percent: 15.1") M("explained", "published",
                                                          "case: raw, published: "
                                                          "2200, unit: MMAC, "
                                                          "alternative: {assume: "
                                                          "three, case: thrice}")
                            M("neither", "published",
                              "case: raw, published: 4000, unit: MMAC, alternative: "
                              "{assume: three, case: thrice}")
                                M("fitted", "second hand",
                                  "case: raw, published: 1000, unit: MMAC, calibrated: "
                                  "'a constant'") M("misfitted", "published",
                                                    "case: raw, published: 1, unit: "
                                                    "MMAC, calibrated: 'a constant'")
                                    M("recalled", "recalled",
                                      "case: raw, published: 1019, unit: MMAC")
                                        M("restated", "published",
                                          "case: raw, published: 1019, unit: MMAC, "
                                          "restates: true") M("unknown", "published",
                                                              "case: raw, published: "
                                                              "null, why: nobody, "
                                                              "unit: MMAC")
                                            M("none", "published",
                                              "published: 3, why: nothing, unit: MMAC")
                                                M("failed", "published",
                                                  "case: narrow, published: 3, unit: "
                                                  "MMAC") M("half", "published",
                                                            "case: raw, published: "
                                                            "1019, unit: MMAC, "
                                                            "alternative: {assume: "
                                                            "narrow, case: narrow}")
                                                    M("follows", "published",
                                                      "case: raw, over: {quantity: "
                                                      "macs}, published: 1, unit: x, "
                                                      "alternative: {assume: three, "
                                                      "case: thrice}")
                                                        M("stays", "published",
                                                          "case: raw, over: {case: "
                                                          "raw}, published: 2.173, "
                                                          "unit: x, alternative: "
                                                          "{assume: three, case: "
                                                          "thrice}")
                                                            M("moves", "published",
                                                              "case: raw, over: {case: "
                                                              "raw}, published: 0.46, "
                                                              "unit: x, alternative: "
                                                              "{assume: three, case: "
                                                              "raw, over: thrice}")
                                                                M("zero", "published",
                                                                  "case: raw, "
                                                                  "published: 0, unit: "
                                                                  "MMAC"));
    // clang-format on
    verdict(&w, "exact", SDSE_VERDICT_WITHIN);
    assert_true(verdict(&w, "exact", SDSE_VERDICT_WITHIN)->error_percent == 0);
    assert_double_within(verdict(&w, "near", SDSE_VERDICT_WITHIN)->error_percent,
                         1.9742336, 1e-9);
    assert_double_within(verdict(&w, "edge", SDSE_VERDICT_WITHIN)->error_percent, 100,
                         1e-9);
    assert_double_within(verdict(&w, "below", SDSE_VERDICT_OUTSIDE)->error_percent,
                         -49.0128832, 1e-9);
    assert_true(verdict(&w, "inside", SDSE_VERDICT_WITHIN)->error_percent == 0);
    assert_double_within(verdict(&w, "low", SDSE_VERDICT_OUTSIDE)->error_percent,
                         100 * (1019.742336 / 2 - 1), 1e-9);
    assert_double_within(verdict(&w, "high", SDSE_VERDICT_WITHIN)->error_percent,
                         100 * (1019.742336 / 1200 - 1), 1e-9);
    const struct sdse_anchor_result *explained =
        verdict(&w, "explained", SDSE_VERDICT_EXPLAINED);
    assert_double_within(explained->alternative, 2215.905408, 1e-9);
    assert_double_within(explained->alternative_error_percent,
                         100 * (2215.905408 / 2200 - 1), 1e-9);
    verdict(&w, "neither", SDSE_VERDICT_OUTSIDE);
    verdict(&w, "fitted", SDSE_VERDICT_WITHIN);
    verdict(&w, "misfitted", SDSE_VERDICT_OUTSIDE);
    assert_true(isfinite(verdict(&w, "recalled", SDSE_VERDICT_RECALLED)->ours));
    verdict(&w, "restated", SDSE_VERDICT_RESTATED);
    assert_true(isnan(verdict(&w, "unknown", SDSE_VERDICT_NO_FIGURE)->error_percent));
    assert_true(isnan(verdict(&w, "none", SDSE_VERDICT_NOT_MODELLED)->ours));
    assert_non_null(
        strstr(verdict(&w, "failed", SDSE_VERDICT_FAILED)->failure, "conv1"));
    verdict(&w, "half", SDSE_VERDICT_FAILED);
    assert_true(verdict(&w, "follows", SDSE_VERDICT_WITHIN)->alternative == 1);
    assert_double_within(verdict(&w, "stays", SDSE_VERDICT_EXPLAINED)->alternative,
                         2215.905408 / 1019.742336, 1e-12);
    assert_double_within(verdict(&w, "moves", SDSE_VERDICT_EXPLAINED)->alternative,
                         1019.742336 / 2215.905408, 1e-12);
    verdict(&w, "zero", SDSE_VERDICT_OUTSIDE);

    struct sdse_validation_tally tally = {0};
    sdse_validation_count(w.result, w.validation->anchor_count, &tally);
    assert_int_equal(tally.anchors, 21);
    assert_int_equal(tally.verdict[SDSE_VERDICT_WITHIN], 7);
    assert_int_equal(tally.verdict[SDSE_VERDICT_EXPLAINED], 3);
    assert_int_equal(tally.verdict[SDSE_VERDICT_OUTSIDE], 5);
    assert_int_equal(tally.calibrated, 2);
    assert_int_equal(tally.uncalibrated, 13);
    // exact, near, inside, follows.
    assert_int_equal(tally.within_15, 4);
    sdse_arena_free(w.arena);
}

// Repeats, units, components of an area, ends of a range.
static void what_else_counts(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("words3", "quantity: words, of: {level: DRAM, tensor: inputs}, layers: conv3, case: thrice, over: {case: raw}, unit: x")
        A("bytes3", "quantity: bytes, of: {level: DRAM, tensor: inputs}, layers: conv3, case: thrice, over: {case: raw}, unit: x")
        A("bit", "quantity: bytes, of: {level: DRAM, tensor: inputs}, layers: conv3, case: raw, unit: bit")
        A("kB", "quantity: bytes, of: {level: DRAM, tensor: inputs}, layers: conv3, case: raw, unit: kB")
        A("MiB", "quantity: bytes, of: {level: DRAM, tensor: inputs}, layers: conv3, case: raw, unit: MiB")
        A("rebuild", "quantity: energy, of: {component: rebuild}, case: deal, unit: pJ")
        A("compute", "quantity: energy, of: {component: compute}, case: deal, unit: pJ")
        A("memories", "quantity: area, of: {component: memory}, case: bare, unit: um2")
        A("multipliers", "quantity: area, of: {component: compute}, case: bare, unit: um2")
        A("other", "quantity: area, of: {component: other}, case: bare, unit: um2")
        A("peak", "quantity: peak, case: slow, unit: GOPS")
        A("mw", "quantity: power, case: raw, unit: mW")
        A("pj", "quantity: energy, of: {tensor: inputs}, case: raw, unit: pJ")
        A("whole", "quantity: energy, of: {tensor: inputs}, over: {quantity: power}, case: raw, unit: pJ/mW")
        "  - {id: point, mark: published, quantity: macs, case: raw, published: [1019.742336, 1019.742336], unit: MMAC}\n"
        "  - {id: negative, mark: published, quantity: macs, case: raw, published: -1, unit: MMAC}\n"
        "  - {id: twice, mark: recalled, restates: true, quantity: macs, case: raw, published: 1, unit: MMAC}\n");
    // clang-format on
    expect(&w, "words3", 3);
    expect(&w, "bytes3", 3);
    expect(&w, "kB", result_of(&w, "bit")->ours / 8000);
    expect(&w, "MiB", result_of(&w, "bit")->ours / 8 / 1024 / 1024);
    const struct sdse_cost *deal = &item(&w, "deal", "conv5")->cost;
    assert_true(deal->rebuild_pj > 0 && deal->mac_pj > 0);
    expect(&w, "rebuild", deal->rebuild_pj);
    expect(&w, "compute", deal->mac_pj);
    struct sdse_area area;
    sdse_arch_area(w.ready.cases[5].arch, &area);
    expect(&w, "multipliers", area.compute_um2);
    expect(&w, "other", area.other_um2);
    expect(&w, "memories",
           area.total_um2 - area.compute_um2 - area.rebuild_um2 - area.other_um2);
    expect(&w, "peak", 168 * 0.2); // two operations in two cycles
    expect(&w, "whole", result_of(&w, "pj")->ours / result_of(&w, "mw")->ours);
    assert_true(verdict(&w, "point", SDSE_VERDICT_WITHIN)->error_percent == 0);
    assert_true(verdict(&w, "negative", SDSE_VERDICT_OUTSIDE)->error_percent > 0);
    verdict(&w, "twice", SDSE_VERDICT_RECALLED);
    sdse_arena_free(w.arena);
}

// What a case is searched with is what the mapper is asked for.
static void searches(void **state) {
    (void)state;
    // clang-format off
    struct world w = run(
        A("uneven", "quantity: energy, case: uneven, unit: pJ")
        A("even", "quantity: energy, case: even, unit: pJ")
        A("bypass", "quantity: energy, case: bypass, unit: pJ")
        A("kept", "quantity: energy, case: kept, unit: pJ")
        A("padded", "quantity: energy, case: padded, unit: pJ")
        A("exact", "quantity: energy, case: exact, unit: pJ")
        A("quick", "quantity: energy, case: quick, unit: pJ")
        A("deal", "quantity: energy, case: deal, unit: pJ"));
    // clang-format on
    static const struct {
        const char *name;
        bool uneven, bypass, deal;
        unsigned padding;
        enum sdse_map_objective objective;
    } asked[] = {{"uneven", true, false, false, 0, SDSE_MAP_ENERGY},
                 {"even", false, false, false, 0, SDSE_MAP_ENERGY},
                 {"bypass", false, true, false, 0, SDSE_MAP_ENERGY},
                 {"kept", false, false, false, 0, SDSE_MAP_ENERGY},
                 {"padded", false, false, false, 25, SDSE_MAP_ENERGY},
                 {"exact", false, false, false, 0, SDSE_MAP_ENERGY},
                 {"quick", false, false, false, 0, SDSE_MAP_LATENCY},
                 {"deal", false, false, true, 0, SDSE_MAP_ENERGY}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        size_t c = 0;
        while (strcmp(w.validation->cases[c].name, asked[i].name) != 0)
            c++;
        struct sdse_arch *arch = w.ready.cases[c].arch;
        if (asked[i].uneven)
            assert_int_equal(
                sdse_arch_split(arch, sdse_arch_may_split(arch), w.arena, &arch),
                SDSE_OK);
        const struct sdse_ready_item *one =
            item(&w, asked[i].name, w.validation->cases[c].layers[0].text);
        assert_int_equal(one->form.smartdeal, asked[i].deal);
        const struct sdse_map_request request = {.arch = arch,
                                                 .layer = one->layer,
                                                 .form = &one->form,
                                                 .objective = asked[i].objective,
                                                 .free_bypass = asked[i].bypass,
                                                 .padding_percent = asked[i].padding};
        struct sdse_map_answer answer;
        assert_int_equal(sdse_map(&request, w.arena, &answer), SDSE_OK);
        assert_int_equal(answer.status, SDSE_MAP_OPTIMAL);
        if (fabs(result_of(&w, asked[i].name)->ours / answer.point[0].totals.energy_pj -
                 1) > 1e-12)
            fail_msg("%s: %g, not %g", asked[i].name,
                     result_of(&w, asked[i].name)->ours,
                     answer.point[0].totals.energy_pj);
    }
    // Else the above would be no test.
    assert_true(result_of(&w, "uneven")->ours < result_of(&w, "even")->ours);
    assert_true(result_of(&w, "bypass")->ours < result_of(&w, "kept")->ours);
    assert_true(result_of(&w, "padded")->ours < result_of(&w, "exact")->ours);
    assert_true(result_of(&w, "even")->ours < result_of(&w, "quick")->ours);
    sdse_arena_free(w.arena);
}

// What a file names must be there: each at its place, all at once.
static void names_are_checked(void **state) {
    (void)state;
    enum { FIRST = 30 }; // line of the first anchor
    struct world w;
    assert_int_equal(
        prepare(
            &w,
            A("level", "quantity: words, of: {level: GBL}, case: raw, unit: words") A(
                "without",
                "quantity: words, of: {without: psums}, case: raw, unit: words")
                A("layer", "quantity: macs, layers: conv9, case: raw, unit: MAC")
                    A("unmapped", "quantity: macs, layers: conv2, case: raw, unit: MAC")
                        A("bare", "quantity: macs, case: bare, unit: MAC") A(
                            "over",
                            "quantity: macs, case: raw, over: {layers: conv7}, unit: x")
                            A("alt", "quantity: macs, case: raw, unit: MAC, "
                                     "alternative: {assume: x, case: bare}")),
        SDSE_INVALID);
    static const struct {
        const char *check;
        unsigned line;
    } expected[] = {{"unknown-level", FIRST + 0}, {"unknown-level", FIRST + 1},
                    {"unknown-layer", FIRST + 2}, {"case-workload", FIRST + 4},
                    {"unknown-layer", FIRST + 5}, {"case-workload", FIRST + 6},
                    {"case-mapping", 4}};
    size_t count = 0;
    for (const struct sdse_diag *diag = w.diags.first; diag; diag = diag->next) {
        assert_true(count < sizeof expected / sizeof *expected);
        if (strcmp(diag->check, expected[count].check) != 0 ||
            diag->loc.line != expected[count].line)
            fail_msg("%s at line %u: %s", diag->check, diag->loc.line, diag->message);
        count++;
    }
    assert_int_equal(count, sizeof expected / sizeof *expected);
    sdse_arena_free(w.arena);
    assert_int_equal(
        prepare(&w, A("pairs", "quantity: macs, case: [raw, thrice], over: {case: "
                               "raw}, combine: mean, unit: x")
                        A("uneven", "quantity: macs, case: raw, over: {layers: conv1}, "
                                    "combine: geomean, unit: x")),
        SDSE_OK + SDSE_INVALID);
    assert_true(sdse_diags_fired(&w.diags, "pair-count"));
    sdse_arena_free(w.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_of_layers),
        cmocka_unit_test(parts_of_the_energy),
        cmocka_unit_test(words_and_bytes),
        cmocka_unit_test(layers_cases_and_their_combination),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(what_else_counts),
        cmocka_unit_test(searches),
        cmocka_unit_test(names_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
