// What verbs say of mappings and their costs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json/groups.h"
#include "cli/support_json_says.h"
#include "cli/support_program.h"
#include "support/close.h"

#define DATA "tests/data/cli/"
#define ON "-a " DATA "arch.yaml -w " DATA "net.yaml "

void of_a_network(void **state) {
    (void)state;
    says_rows("map " ON "-j 1", "sdse.map/1", "layers");
    struct json *json = says("map " ON "--objective energy -j 1", "sdse.map/1");
    char *table = run_text(0, "map " ON "--objective energy -j 1");
    const struct json *layers = json_get(json, "layers"),
                      *total = json_get(json, "total");
    double energy_pj = 0, cycles = 0;
    for (size_t i = 0; i < layers->count; i++) {
        const struct json *layer = json_at(layers, i);
        energy_pj += number(layer, "repeat") * number(layer, "energy_pj");
        cycles += number(layer, "repeat") * number(layer, "latency_cycles");
    }
    assert_true(number(total, "energy_pj") == energy_pj);
    assert_true(number(total, "latency_cycles") == cycles);
    assert_true(number(total, "edp_pj_s") ==
                number(total, "energy_pj") * number(total, "latency_s"));
    names(table, "%.6g uJ, %.0f cycles = %.6g ms", energy_pj / 1e6, cycles,
          number(total, "latency_s") * 1e3);
    assert_string_equal(text(json, "arch"), "small");
    assert_string_equal(text(json, "network"), "tiny");
    assert_true(flag(total, "proved"));
    assert_true(number(total, "gap") < 1e-12);
    free(table);
    json_free(json);
    // Mappings are those that eval takes, with the same figures; here the last of
    // fronts.
    json = says("map " ON "--objective latency --max-energy 1J", "sdse.map/1");
    assert_int_equal(json_get(json, "layer")->kind, JSON_NULL);
    for (size_t i = 0; i < json_get(json, "mappings")->count; i++) {
        const struct json *of = json_at(json_get(json, "mappings"), i),
                          *row = json_at(json_get(json, "layers"), i);
        char line[256];
        write_scratch("m.yaml", text(of, "yaml"));
        snprintf(line, sizeof line, "eval " ON "-l %s -m @m.yaml", text(of, "layer"));
        struct json *eval = says(line, "sdse.eval/1");
        const struct json *totals = json_get(eval, "totals");
        assert_true(number(totals, "energy_pj") == number(row, "energy_pj"));
        assert_true(number(totals, "latency_cycles") == number(row, "latency_cycles"));
        json_free(eval);
    }
    json_free(json);
    json = says("map " ON "-l conv2 -j 1", "sdse.map/1");
    const struct json *mapping = json_at(json_get(json, "mappings"), 0);
    write_scratch("m.yaml", text(mapping, "yaml"));
    struct json *costs = says("eval " ON "-l conv2 -m @m.yaml", "sdse.eval/1");
    const struct json *totals = json_get(costs, "totals");
    assert_true(number(totals, "energy_pj") ==
                number(json_get(json, "total"), "energy_pj"));
    table = run_text(0, "map " ON "-l conv2 -j 1");
    names(table, ", %.0f nodes, %.0f mappings scored)", number(mapping, "nodes"),
          number(mapping, "mappings_scored"));
    free(table);
    assert_string_equal(text(json, "layer"), "conv2");
    json_free(costs);
    json_free(json);
    json =
        says("map " ON "-l conv2 --objective ed2p --form basis_size:~3,~density:~0.5",
             "sdse.map/1");
    assert_string_equal(text(json, "objective"), "ed2p");
    assert_string_equal(text(json, "form"), "basis_size: 3, density: 0.5");
    json_free(json);
}

void of_a_repeated_layer(void **state) {
    (void)state;
    struct json *one = says("map " ON "-l again --objective latency", "sdse.map/1");
    struct json *row =
        says("map " ON "-l again --objective latency --max-energy 1J", "sdse.map/1");
    // Figures are of one execution, and of a pick from a front.
    const struct json *layer = json_at(json_get(one, "layers"), 0);
    assert_true(number(layer, "repeat") == 2);
    assert_true(number(json_get(one, "total"), "energy_pj") ==
                number(layer, "energy_pj"));
    assert_int_equal(json_get(json_get(one, "total"), "front_elements")->kind,
                     JSON_NULL);
    assert_true(number(json_get(row, "total"), "front_elements") >= 1);
    assert_int_equal(json_get(json_get(one, "total"), "longest_life_s")->kind,
                     JSON_NULL);
    json_free(one);
    json_free(row);
}

void of_fronts(void **state) {
    (void)state;
    says_rows("map " ON "--objective pareto", "sdse.map-front/1", "points");
    says_rows("map " ON "-l conv3 --objective pareto", "sdse.map-front/1", "points");
    struct json *json = says("map " ON "--objective pareto", "sdse.map-front/1");
    assert_true(number(json, "front_elements") ==
                (double)json_get(json, "points")->count);
    assert_true(json_get(json, "points")->count > 1);
    json_free(json);
}

void of_what_is_resident(void **state) {
    (void)state;
    write_scratch(
        "large.yaml",
        "{name: small, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, shares: [activations], capacity_bytes: "
        "560, pj_per_bit: 1}}, {level: regs, memory: {class: regfile, capacity_bytes: "
        "16, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, "
        "vector: {below: GLB, pj_per_op: 0.1, ops_per_cycle: 4}}");
    write_scratch(
        "edges.yaml",
        "name: net\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 3, "
        "pad: 1}\n"
        "  - {name: b, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 1}\n"
        "  - {name: c, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 3, "
        "pad: 1}\n"
        "  - {name: sum, kind: add, in: [4, 8, 8], fused: false}\n"
        "  - {name: d, kind: conv, in: [4, 8, 8], out_channels: 2, kernel: 1}\n"
        "edges:\n  - {from: a, to: [b, sum]}\n  - {from: b, to: c}\n"
        "  - {from: c, to: sum}\n  - {from: sum, to: d}\n");
#define RESIDENT "map -a @large.yaml -w @edges.yaml --resident --objective "
    says_rows(RESIDENT "energy", "sdse.map-resident/1", "layers");
    says_rows(RESIDENT "pareto", "sdse.map-resident-front/1", "points");
    struct json *json = says(RESIDENT "energy", "sdse.map-resident/1");
    char *table = run_text(0, RESIDENT "energy");
    const struct json *with = json_get(json, "resident"),
                      *without = json_get(json, "unshared");
    assert_true(number(json, "tensors_in_both") == 1);
    names(table, "unshared  %.6g uJ, %.0f cycles", number(without, "energy_pj") / 1e6,
          number(without, "latency_cycles"));
    names(table, "resident  %.6g uJ, %.0f cycles", number(with, "energy_pj") / 1e6,
          number(with, "latency_cycles"));
    names(table, "of %.0f tensors that layers hand over %.0f stay in %s, %.0f are in",
          number(json, "tensors"), number(json, "tensors_shared"),
          text(json, "shared_memory"), number(json, "tensors_in_both"));
    names(table, "%.0f words cross at %s, %.0f unshared",
          number(with, "outermost_words"), text(json, "outermost_memory"),
          number(without, "outermost_words"));
    names(table, "(%.0f questions, %.0f searches, at most %.0f state",
          number(json, "questions"), number(json, "searches"),
          number(json, "most_states"));
    free(table);
    json_free(json);
    // Where layers may take turns, too.
#define FUSED RESIDENT "energy --fuse 2"
    says_rows(FUSED, "sdse.map-fused/1", "groups");
    says_rows(RESIDENT "pareto --fuse 2", "sdse.map-fused-front/1", "points");
    json = says(FUSED, "sdse.map-fused/1");
    table = run_text(0, FUSED);
    static const char *const optima[] = {"unshared", "resident", "fused"};
    for (size_t i = 0; i < 3; i++) {
        const struct json *optimum = json_get(json, optima[i]);
        names(table, "%-8s  %.6g uJ, %.0f cycles", optima[i],
              number(optimum, "energy_pj") / 1e6, number(optimum, "latency_cycles"));
    }
    names(table,
          "%.0f group%s of several layers; %.0f words cross at %s, %.0f unshared",
          number(json, "groups_of_several"),
          number(json, "groups_of_several") == 1 ? "" : "s",
          number(json_get(json, "fused"), "outermost_words"),
          text(json, "outermost_memory"),
          number(json_get(json, "unshared"), "outermost_words"));
    names(table, "all groups of at most %.0f layers (%.0f possible)",
          number(json, "depth"), number(json, "groups_possible"));
    names(table,
          "of %.0f configurations %.0f do not fit, bounds exclude %.0f, %.0f summed; "
          "%.0f bounds and %.0f searches",
          number(json, "configurations"), number(json, "configurations_too_big"),
          number(json, "configurations_excluded"),
          number(json, "configurations_summed"), number(json, "bounds"),
          number(json, "searches"));
    assert_true(number(json, "groups_untried") == 0);
    free(table);
    json_free(json);
    // How the network runs as a whole.
    free(run_text(0, FUSED " -o @whole.yaml"));
#define WHOLE "eval -a @large.yaml -w @edges.yaml -m @whole.yaml"
    says_rows(WHOLE, "sdse.eval-network/1", "groups");
    json = says(WHOLE, "sdse.eval-network/1");
    table = run_text(0, WHOLE);
    const struct json *total = json_get(json, "total"),
                      *groups = json_get(json, "groups");
    double energy_pj = 0;
    for (size_t i = 0; i < groups->count; i++)
        energy_pj += number(json_at(groups, i), "energy_pj");
    assert_double_within(number(total, "energy_pj"), energy_pj, 1e-12);
    assert_true(number(total, "edp_pj_s") ==
                number(total, "energy_pj") * number(total, "latency_s"));
    names(table, "%.6g uJ, %.0f cycles = %.6g ms", number(total, "energy_pj") / 1e6,
          number(total, "latency_cycles"), number(total, "latency_s") * 1e3);
    names(table, "%.0f words cross at %s", number(total, "outermost_words"),
          text(json, "outermost_memory"));
    free(table);
    json_free(json);
    // Where several memories share, each group is held in one of them.
    write_scratch(
        "two.yaml",
        "{name: two, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: L2, memory: {class: sram, shares: [activations], capacity_bytes: "
        "400, pj_per_bit: 1.5}}, {level: GLB, memory: {class: sram, shares: "
        "[activations], capacity_bytes: 150, pj_per_bit: 0.5}}], "
        "compute: {pj_per_mac: 0.5}, vector: {below: GLB, pj_per_op: 0.1, "
        "ops_per_cycle: 4}}");
#define IN_TWO "map -a @two.yaml -w @edges.yaml --resident --fuse 2 --objective energy"
    says_rows(IN_TWO, "sdse.map-fused/1", "groups");
    free(run_text(0, IN_TWO " -o @two_whole.yaml"));
#define WHOLE_IN_TWO "eval -a @two.yaml -w @edges.yaml -m @two_whole.yaml"
    says_rows(WHOLE_IN_TWO, "sdse.eval-network/1", "groups");
    static const char *const schemas[][2] = {{IN_TWO, "sdse.map-fused/1"},
                                             {WHOLE_IN_TWO, "sdse.eval-network/1"}};
    for (size_t i = 0; i < 2; i++) {
        json = says(schemas[i][0], schemas[i][1]);
        assert_string_equal(text(json_at(json_get(json, "groups"), 0), "memory"), "-");
        assert_string_equal(text(json_at(json_get(json, "groups"), 1), "memory"),
                            "GLB");
        json_free(json);
    }
    // Tensors that are moved: what a makes is not worth its room while c runs.
    write_scratch(
        "tight.yaml",
        "{name: small, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 8}}, "
        "{level: GLB, memory: {class: sram, shares: [activations], capacity_bytes: "
        "160, buffering: 2, pj_per_bit: 1}}, {level: regs, memory: {class: regfile, "
        "capacity_bytes: 8, pj_per_bit: 0.1}}], compute: {pj_per_mac: 0.5}, "
        "vector: {below: GLB, pj_per_op: 0.1, ops_per_cycle: 4}}");
    write_scratch(
        "moved.yaml",
        "name: net\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [2, 8, 8], out_channels: 1, kernel: 1}\n"
        "  - {name: b, kind: conv, in: [1, 8, 8], out_channels: 2, kernel: 1}\n"
        "  - {name: c, kind: conv, in: [2, 8, 8], out_channels: 1, kernel: 1}\n"
        "  - {name: d, kind: conv, in: [1, 8, 8], out_channels: 4, kernel: 1}\n"
        "edges:\n  - {from: a, to: [b, d]}\n  - {from: b, to: c}\n");
#define MOVED "map -a @tight.yaml -w @moved.yaml --resident --copies --objective energy"
    says_rows(MOVED, "sdse.map-resident/1", "layers");
    says_rows(MOVED " --fuse 1 -o @moved.map --force", "sdse.map-fused/1", "groups");
#define MOVES "eval -a @tight.yaml -w @moved.yaml -m @moved.map"
    says_rows(MOVES, "sdse.eval-network/1", "groups");
    json = says(MOVES, "sdse.eval-network/1");
    table = run_text(0, MOVES);
    const struct json *copies = json_get(json, "copies"),
                      *copy = json_at(copies, copies->count - 1);
    names(table, "what %s makes is brought into GLB before %s, until %s: %.0f words",
          text(copy, "of"), text(copy, "before"), text(copy, "until"),
          number(copy, "outermost_words"));
    free(table);
    json_free(json);
    // The memory that was searched for is as large as what was found needs, or larger.
    json = says("why-not -a @tight.yaml -w @moved.yaml -m @moved.map",
                "sdse.why-not-network/1");
    assert_true(flag(json, "fits"));
    const struct json *most =
        json_at(json_get(json, "nests"), (size_t)number(json, "largest"));
    assert_true(number(most, "needed_bits") == number(json, "needed_bits"));
    json_free(json);
#define WHY_NOT "why-not -a @large.yaml -w @pair.yaml --group a..c"
    write_scratch(
        "pair.yaml",
        "name: net\nsource: s\nlayers:\n"
        "  - {name: a, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: 3, "
        "pad: 1}\n"
        "  - {name: b, kind: conv, in: [4, 8, 8], out_channels: 4, kernel: "
        "3}\n"
        "  - {name: c, kind: conv, in: [4, 6, 6], out_channels: 4, kernel: "
        "3}\nedges: chain\n");
    json = says(WHY_NOT, "sdse.why-not/1");
    table = run_text(0, WHY_NOT);
    names(table, "smallest %s that admits it: %.0f bits", text(json, "memory"),
          number(json, "needed_bits"));
    assert_true(flag(json, "fits") ==
                (number(json, "needed_bits") <= number(json, "capacity_bits")));
    const struct json *largest =
        json_at(json_get(json, "nests"), (size_t)number(json, "largest"));
    assert_true(number(largest, "needed_bits") == number(json, "needed_bits"));
    assert_true(number(largest, "tiles_bits") + number(largest, "held_bits") ==
                number(largest, "needed_bits"));
    assert_true(json_get(json, "terms")->count > 0);
    free(table);
    json_free(json);
}

void of_refusals(void **state) {
    (void)state;
    // Registers that must hold more weights than fit.
    char *arch = read_whole(DATA "arch.yaml"), tight[4096];
    snprintf(tight, sizeof tight,
             "%sdataflow:\n  - {name: d, when: {layer: [conv]}, constraints: [{level: "
             "registers, factors_at_least: {K: 8, C: 4, R: 3, S: 3}}]}\n",
             arch);
    write_scratch("tight.yaml", tight);
    free(arch);
    static const char *const lines[] = {"map -a @tight.yaml -w " DATA "net.yaml",
                                        "explain -l conv1 -a @tight.yaml -w " DATA
                                        "net.yaml"};
    for (size_t i = 0; i < 2; i++) {
        struct json *json = said(4, lines[i]);
        struct ran ran = run_program(lines[i]);
        assert_string_equal(text(json, "schema"), "sdse.refusal/1");
        const struct json *refusals = json_get(json, "refusals");
        size_t said = 0, told = 0, changed = 0;
        for (const char *at = ran.err; (at = strstr(at, "has no valid")); at++)
            said++;
        for (const char *at = ran.err; (at = strstr(at, "\n  ")); at++)
            told++;
        assert_int_equal(refusals->count, said);
        assert_true(said > 1 || i == 1);
        for (size_t r = 0; r < refusals->count; r++) {
            const struct json *refusal = json_at(refusals, r),
                              *changes = json_get(refusal, "changes");
            names(ran.err, "layer %s has no valid mapping on", text(refusal, "layer"));
            names(ran.err, "%.100s", text(refusal, "cause"));
            changed += changes->count;
            for (size_t c = 0; c < changes->count; c++)
                names(ran.err, "\n  %.100s", json_text(json_at(changes, c)));
        }
        assert_true(told > 0);
        assert_int_equal(changed, told);
        free_ran(&ran);
        json_free(json);
    }
}

void of_costs(void **state) {
    (void)state;
    static const char *const sections[] = {"totals", "counts", "networks", "energy",
                                           "cycles"};
#define EVAL "eval " ON "-m " DATA "mapping.yaml"
    struct json *all = says(EVAL, "sdse.eval/1");
    struct json *why = says("explain " ON "-m " DATA "mapping.yaml", "sdse.explain/1");
    for (size_t i = 0; i < 5; i++) {
        char line[256];
        snprintf(line, sizeof line, EVAL " --only %s", sections[i]);
        says_rows(line, "sdse.eval/1", sections[i]);
        same_rows(json_get(all, sections[i]), line);
        same_rows(json_get(why, sections[i]), line);
    }
    char *table = run_text(0, "explain " ON "-m " DATA "mapping.yaml");
    const struct json *lines = json_get(why, "derivation");
    assert_true(lines->count > 10);
    for (size_t i = 0; i < lines->count; i++)
        names(table, "%.120s", json_text(json_at(lines, i)));
    names(table, "mapping      %s\n", text(why, "mapping"));
    free(table);
    json_free(why);
    json_free(all);
}
