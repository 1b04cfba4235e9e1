// Timeloop's constructs, one by one: what each becomes, or how it is refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "costmodel/evaluate.h"
#include "costmodel/resolve.h"
#include "import/timeloop/timeloop.h"
#include "spec/load.h"

// An architecture around what a case says: a storage `b`, and whatever follows it.
#define ARCH(b, after)                                                      \
    "architecture:\n  version: 0.4\n  nodes:\n"                             \
    "    - !Container {name: chip, attributes: {technology: 45nm, "         \
    "global_cycle_seconds: 2e-9, datawidth: 8}}\n"                          \
    "    - !Component {name: DRAM, class: DRAM, attributes: {width: 64}}\n" \
    "    - !Component {name: b, class: SRAM, " b "}\n" after                \
    "    - !Component {name: mac, class: intmac}\n"
#define PROBLEM(instance)                                                             \
    "problem:\n  shape: cnn_layer\n  instance: {C: 4, M: 8, R: 3, S: 5, N: 1, P: 6, " \
    "Q: 7" instance "}\n"

struct made {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    enum sdse_status status;
    struct sdse_timeloop_files files;
};

static struct made make(const char *text, bool lossy) {
    struct made m = {.arena = sdse_arena_new()};
    const struct sdse_timeloop_text texts[] = {{"in.yaml", text}};
    sdse_diags_init(&m.diags, m.arena);
    m.status = sdse_timeloop_import(texts, 1, lossy, NULL, m.arena, &m.diags, &m.files);
    assert_int_equal(m.status == SDSE_OK, m.diags.errors == 0);
    return m;
}

struct becomes {
    const char *text, *part; // of the files together
};

static void check(const struct becomes *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct made m = make(cases[i].text, false);
        if (m.status != SDSE_OK) {
            sdse_diags_print(&m.diags, stderr, false);
            fail_msg("refused: %s", cases[i].text);
        }
        const char *files[] = {m.files.arch, m.files.network, m.files.mapping};
        bool found = false;
        for (unsigned f = 0; f < 3; f++)
            found |= files[f] && strstr(files[f], cases[i].part);
        if (!found)
            fail_msg("no '%s' in\n%s%s%s\nmade of\n%s", cases[i].part,
                     files[0] ? files[0] : "", files[1] ? files[1] : "",
                     files[2] ? files[2] : "", cases[i].text);
        sdse_arena_free(m.arena);
    }
}

#define CHECK(cases) check(cases, sizeof cases / sizeof *(cases))

static void memories_become_memories(void **state) {
    (void)state;
// A storage in a container that says what it has where it does not itself.
#define LARGE(attributes)                                                             \
    "architecture:\n  nodes:\n    - !Container {name: chip, attributes: {datawidth: " \
    "8, depth: 4096, rows: 6}}\n    - !Component {name: D, class: DRAM, attributes: " \
    "{depth: inf, width: rows * 8}}\n    - !Component {name: b, class: SRAM, "        \
    "attributes: {" attributes "}}\n    - !Component {name: m, class: intmac}\n"
    static const struct becomes cases[] = {
        {ARCH("attributes: {depth: 64, width: 32}", ""),
         "capacity_bits: 2048, port_bits: 32"},
        {ARCH("attributes: {memory_depth: 64, memory_width: 32}", ""),
         "capacity_bits: 2048"},
        {ARCH("attributes: {entries: 512}", ""), "capacity_bits: 4096"},
        {ARCH("attributes: {sizeKB: 2}", ""), "capacity_bits: 16384"},
        {ARCH("attributes: {depth: 64, block_size: 4}", ""),
         "capacity_bits: 2048, port_bits: 32"},
        {ARCH("attributes: {depth: 64, multiple_buffering: 2}", ""), "buffering: 2"},
        {ARCH("attributes: {depth: 64, width: 256, n_banks: 2}", ""),
         "capacity_bits: 16384, port_bits: 64, banks: 2"},
        {ARCH("attributes: {depth: 64, read_bandwidth: 0.5, write_bandwidth: 4}", ""),
         "read_bits_per_cycle: 4, write_bits_per_cycle: 32"},
        {ARCH("attributes: {depth: 64, shared_bandwidth: 3}", ""),
         "shared_bits_per_cycle: 24"},
        {ARCH("attributes: {depth: 64}", ""), "clock_ghz: 0.5"},
        {ARCH("attributes: {depth: 64}", ""), "node_nm: 45"},
        {ARCH("attributes: {width: 16, depth: \"max(3, 2) * min(width, 20)\"}", ""),
         "capacity_bits: 768"},
        // To the even neighbour, as Python does.
        {ARCH("attributes: {width: 8, depth: round(4.5)}", ""), "capacity_bits: 32"},
        {"variables: {size: 2 * half, half: 8}\n" ARCH("attributes: {depth: size ** 2}",
                                                       ""),
         "capacity_bits: 2048"},
        {ARCH("attributes: {depth: 9, datawidth: datawidth}", ""), "capacity_bits: 72"},
        // What is said nearest counts, by whichever name.
        {LARGE("sizeKB: 2"), "capacity_bits: 16384"},
        {LARGE("entries: 8, word-bits: 4"), "capacity_bits: 32"},
        {LARGE("depth: None, sizeKB: 2"), "capacity_bits: 16384"},
        {LARGE("read-bandwidth: 3"), "read_bits_per_cycle: 24"},
        {LARGE("depth: 5, memory_depth: 5"), "capacity_bits: 40"},
        // Attributes of a container are for those inside, and for expressions.
        {LARGE("depth: 2 * rows"), "capacity_bits: 96"},
        {ARCH("attributes: {depth: 64, width: 24, datawidth: 24}, constraints: "
              "{dataspace: "
              "{keep_only: [Outputs]}}",
              ""),
         "partial_bits: 24"},
        {ARCH("attributes: {depth: 64, datawidth: 4}, constraints: {dataspace: "
              "{keep_only: [Outputs]}}",
              ""),
         "bits: {outputs: 4}, partial_bits: 4"},
        {ARCH("attributes: {depth: 64, datawidth: 4}, constraints: {dataspace: "
              "{keep_only: [Inputs, Weights]}}",
              ""),
         "bits: {weights: 4, inputs: 4}"},
        // Words that a mapping keeps have their width too.
        {ARCH("attributes: {depth: 64, datawidth: 4}", "")
             PROBLEM("") "mapping: [{target: b, type: bypass, keep: [Weights], bypass: "
                         "[Inputs, Outputs]}]\n",
         "bits: {weights: 4}"},
        // Of three words that are free, what is kept is open.
        {ARCH("attributes: {depth: 64}, constraints: {dataspace: {keep: [Inputs], "
              "bypass: "
              "[Outputs]}}",
              ""),
         "keeps: [weights, inputs]"},
        {ARCH("attributes: {depth: 64}, constraints: {dataspace: {keep: [Inputs], "
              "bypass: "
              "[Outputs]}}",
              ""),
         "may_bypass: [weights]"},
        {ARCH(
             "attributes: {depth: 64}, constraints: {dataspace: {keep_only: [Inputs]}}",
             ""),
         "keeps: [inputs]"},
    };
#undef LARGE
    CHECK(cases);
}

static void costs_are_those_of_tables_and_actions(void **state) {
    (void)state;
#define REAL(bits)                                                                   \
    "architecture:\n  nodes:\n    - !Component {name: D, class: DRAM, attributes: {" \
    "datawidth: " bits "}}\n    - !Component {name: m, class: fpmac}\n"
#define TABLE(name, rest) "ERT: {tables: [{name: " name ", actions: [" rest "]}]}\n"
    static const struct becomes cases[] = {
        {ARCH("attributes: {depth: 64}", "")
             TABLE("\"chip[0..1].b[1..4]\"",
                   "{name: read, energy: 3}, {name: write, energy: 4}, "
                   "{name: leak, energy: 0.5}"),
         "read_pj: 3, fill_pj: 4, update_pj: 4, leakage_mw: 0.25"},
        {ARCH("attributes: {depth: 64}", "")
             TABLE("b", "{name: read, energy: 3}, {name: "
                        "update, energy: 5}"),
         "read_pj: 3, fill_pj: 5, update_pj: 5"},
        {ARCH("attributes: {depth: 64}", "")
             TABLE("b", "{name: read, energy: 0}, {name: "
                        "write, energy: 0}"),
         "free: true"},
        // Actions that Timeloop counts where words are zero, and others' tables.
        {ARCH("attributes: {depth: 64}", "")
             TABLE("b", "{name: read, energy: 3}, {name: gated_read, energy: 0}, "
                        "{name: skipped_metadata_fill, energy: 0}, {name: idle, "
                        "energy: 0}, {name: decompression_count, energy: 0}]}, "
                        "{name: other, actions: [{name: raed, energy: 4}"),
         "read_pj: 3, fill_pj: 3"},
        {ARCH("attributes: {depth: 64}", "")
             TABLE("mac", "{name: mac_random, energy: 0.5}, {name: mac_gated, energy: "
                          "0}, {name: skipped_compute, energy: 0}"),
         "compute: {pj_per_mac: 0.5}"},
        {ARCH("attributes: {depth: 64}", "")
             TABLE("mac", "{name: compute, energy: 0.25}"),
         "compute: {pj_per_mac: 0.25}"},
        {ARCH("attributes: {depth: 64}, actions: [{name: read, energy: 7}]", ""),
         "read_pj: 7, fill_pj: 7"},
        // What a class does beside what is counted is its own affair.
        {"compound_components: {classes: [{name: SRAM, actions: [{name: write, energy: "
         "6}, {name: lookup, energy: 1}]}]}\n" ARCH("attributes: {depth: 64}", ""),
         "read_pj: 6, fill_pj: 6"},
        {ARCH("attributes: {depth: 64}",
              "") "ART: {tables: [{name: a.b, area: 12.5}]}\n",
         "area_um2: 12.5"},
        {ARCH("attributes: {depth: 64}", ""), "component: lpddr4"},
        {ARCH("attributes: {depth: 64}", ""), "compute: {component: mac_int}"},
        {REAL("16"), "compute: {component: mac_fp16}"},
        {REAL("17"), "compute: {component: mac_fp32}"},
    };
#undef TABLE
#undef REAL
    CHECK(cases);
}

static void places_and_limits_become_constraints(void **state) {
    (void)state;
#define BELOW(mesh, limits)                                                       \
    ARCH("attributes: {depth: 64}", "    - !Container {name: pe, spatial: {" mesh \
                                    "}, constraints: {spatial: {" limits "}}}\n")
#define LIMITS(limits) \
    ARCH("attributes: {depth: 64}, constraints: {temporal: {" limits "}}", "")
#define BESIDE(first, second)                                                          \
    "    - !Parallel {nodes: [!Component {name: x, class: SRAM, attributes: {depth: "  \
    "8}, constraints: {dataspace: {keep: [" first "]}}}, !Component {name: y, class: " \
    "SRAM, attributes: {depth: 8}, constraints: {dataspace: {keep: [" second           \
    "]}}}]}\n"
    static const struct becomes cases[] = {
        {ARCH("attributes: {depth: 64}",
              "    - !Container {name: off, enabled: False, spatial: {meshX: 4}}\n"
              "    - !Container {name: on, enabled: true, spatial: {meshX: 2}}\n"),
         "fanout: {x: 2, y: 1}"},
        {BELOW("meshX: 3, meshY: 5", ""), "fanout: {x: 3, y: 5}"},
        {BELOW("meshX: 3", "factors: [C=1, N=1]"), "dims_x: [K, P, Q, R, S]"},
        {BELOW("meshX: 3", "factors: [C<=1, N>=1]"), "dims_x: [N, K, P, Q, R, S]"},
        {BELOW("meshX: 4, meshY: 5",
               "factors_only: [C<=4, M<=5], permutation: [C, M, N, P, Q, R, "
               "S], split: 1"),
         "dims_x: [C], dims_y: [K]"},
        {BELOW("meshY: 4", "factors: [M=4]"), "level: b, spatial: {K: 4}"},
        {BELOW("meshY: 4", "factors: [M<=4]"), "spatial_at_most: {K: 4}"},
        {BELOW("meshY: 4", "factors: M>=2"), "spatial_at_least: {K: 2}"},
        {BELOW("meshY: 4", "min_utilization: 0.75"), "utilization_at_least: 0.75"},
        // What memories beside each other both keep goes through both.
        {ARCH("attributes: {depth: 64}", BESIDE("Weights, Inputs", "Inputs, Outputs")),
         "keeps: [weights, inputs]"},
        {ARCH("attributes: {depth: 64}", BESIDE("Weights, Inputs", "Inputs, Outputs")),
         "keeps: [inputs, outputs]"},
        {LIMITS("factors: C=1 R=1"), "temporal_dims: [N, K, P, Q, S]"},
        {LIMITS("factors_only: [M<=4]"), "temporal_dims: [K], factors_at_most: {K: 4}"},
        {LIMITS("factors: [M=4, C>=2]"), "factors: {K: 4}, factors_at_least: {C: 2}"},
        {LIMITS("factors: [C=1, M>=1]"), "temporal_dims: [N, K, P, Q, R, S]"},
        {LIMITS("factors: [M=-1]"), "factors: {K: all}"},
        {LIMITS("factors: [M=0]"), "factors: {K: all}"},
        {LIMITS("no_iteration_over_dataspaces: [Weights]"), "temporal_dims: [N, P, Q]"},
        // The last of a permutation is outermost.
        {LIMITS("permutation: [C, M, R, S, N, P, Q]"), "order: [Q, P, N, S, R, K, C]"},
        {LIMITS("factors_only: [C<=2, M<=2], permutation: CM"), "order: [K, C]"},
        {ARCH("attributes: {depth: 64}",
              "") "architecture_constraints: {targets: [{target: b, type: "
                  "temporal, factors: M=2}]}\n",
         "factors: {K: 2}"},
        {ARCH("attributes: {depth: 64}",
              "") "mapspace_constraints: {targets: [{target: b, type: "
                  "bypass, keep: [Outputs], bypass: [Inputs]}]}\n",
         "keeps: [weights, outputs]"},
    };
#undef BELOW
#undef BESIDE
#undef LIMITS
    CHECK(cases);
}

// A row of eight words for four instances: each has two of them and a quarter of the
// cost.
static void a_cluster_shares_its_rows(void **state) {
    (void)state;
    struct made m =
        make(ARCH("attributes: {depth: 8, width: 64, cluster_size: 4}",
                  "") "ERT: {tables: [{name: b, actions: [{name: read, energy: 8}, "
                      "{name: write, energy: 12}]}]}\n",
             true);
    assert_int_equal(m.status, SDSE_OK);
    assert_non_null(strstr(m.files.arch,
                           "capacity_bits: 128, port_bits: 16, read_pj: 2, "
                           "fill_pj: 3, update_pj: 3"));
    sdse_arena_free(m.arena);
}

static void zeros_become_formats(void **state) {
    (void)state;
#define CODED(bits, ranks)                                                         \
    ARCH("attributes: {depth: 64" bits                                             \
         "}, sparse_optimizations: {representation_format: {data_spaces: [{name: " \
         "Weights, ranks: [" ranks "]}]}}",                                        \
         "")
    static const struct becomes cases[] = {
        {CODED("", "{format: U}, {format: B}"),
         "format: {weights: {compression: bitmap}}"},
        {CODED(", metadata_datawidth: 5", "{format: RLE}"),
         "compression: run_length, run_bits: 5"},
        {CODED("", "{format: UOP}, {format: CP}"), "compression: csc}"},
        {CODED("", "{format: CP}, {format: CP}"), "compression: coo}"},
        {CODED(", metadata_datawidth: 3", "{format: UOP}, {format: RLE}"),
         "compression: csc_run, run_bits: 3"},
        {CODED(", metadata_datawidth: 3", "{format: CP}") PROBLEM(
             ", densities: {Weights: {density: 0.25, distribution: fixed-structured}}"),
         "compression: nm, n: 2, m: 8"},
    };
#undef CODED
    CHECK(cases);
}

static void problems_become_layers(void **state) {
    (void)state;
    static const struct becomes cases[] = {
        {PROBLEM(""),
         "in: [4, 8, 11], out_channels: 8, kernel: [3, 5], stride: [1, 1]"},
        {PROBLEM(", Wstride: 2, Hstride: 3"), "in: [4, 13, 23]"},
        {PROBLEM(", Wdilation: 2, Hdilation: 3"), "stride: [1, 1], dilation: [2, 3]"},
        {PROBLEM(", densities: {Inputs: 0.5}"),
         "density: {weights: 1, inputs: 0.5, outputs: 1"},
        {"problem: {shape: cnn, C: 4, M: 8, R: 1, S: 1, N: 3, P: 6, Q: 7}\n",
         "batch: 3"},
        {"problem:\n  shape:\n    name: mm\n    dimensions: [I, J, L]\n    "
         "data_spaces:\n"
         "      - {name: A, projection: [[[I]], [[L]]]}\n"
         "      - {name: B, projection: [[[L]], [[J]]]}\n"
         "      - {name: Z, projection: [[[I]], [[J]]], read_write: true}\n"
         "  instance: {I: 3, J: 5, L: 7}\n",
         "kind: fc, in: 7, out_channels: 3, rows: 5"},
        // Inputs by their name, though they come first.
        {"problem:\n  shape:\n    name: mm\n    dimensions: [I, J, L]\n    "
         "data_spaces:\n"
         "      - {name: Inputs, projection: [[[I]], [[L]]]}\n"
         "      - {name: W, projection: [[[L]], [[J]]]}\n"
         "      - {name: Z, projection: [[[I]], [[J]]], read_write: true}\n"
         "  instance: {I: 3, J: 5, L: 7}\n",
         "kind: fc, in: 7, out_channels: 5, rows: 3"},
        {"problem:\n  shape:\n    name: dw\n    dimensions: [D, X, F]\n"
         "    coefficients: [{name: step, default: 2}]\n    data_spaces:\n"
         "      - {name: Weights, projection: [[[D]], [[F]]]}\n"
         "      - {name: Inputs, projection: [[[D]], [[X, step], [F]]]}\n"
         "      - {name: Outputs, projection: [[[D]], [[X]]], read_write: true}\n"
         "  instance: {D: 4, X: 6, F: 3}\n",
         "kind: dwconv, in: [4, 13, 1], out_channels: 4, kernel: [3, 1], stride: [2, "
         "1]"},
    };
    CHECK(cases);
}

static void directives_become_loops(void **state) {
    (void)state;
#define MAPPED(list)                                                           \
    ARCH("attributes: {depth: 64, width: 8}, constraints: {dataspace: {keep: " \
         "[Inputs]}}",                                                         \
         "    - !Container {name: pe, spatial: {meshX: 4, meshY: 4}}\n")       \
    PROBLEM("") "mapping: [" list "]\n"
    static const struct becomes cases[] = {
        {MAPPED("{target: DRAM, type: temporal, factors: C4 M2, permutation: MC}"),
         "level: DRAM, temporal: C4 K2"},
        {MAPPED("{target: b, type: temporal, factors: M0}, {target: DRAM, type: "
                "temporal, factors: "
                "M2}"),
         "level: b, temporal: K4"},
        {MAPPED(
             "{target: pe, type: spatial, factors: C4 M2, permutation: CM, split: 1}"),
         "level: b, spatial_x: C4, spatial_y: K2"},
        {MAPPED(
             "{target: b, type: spatial, factors: C4 M2, permutation: CM, split: 1}"),
         "level: b, spatial_x: C4, spatial_y: K2"},
        {MAPPED("{target: inter_pe_spatial, type: spatial, factors: C4, permutation: "
                "C, split: 0}"),
         "spatial_y: C4"},
        {MAPPED("{target: b, type: dataspace, bypass: [Weights]}"),
         "level: b, keeps: [inputs, outputs]"},
        // Imperfect: 7 = 2 passes of 4 places, the last of 3; as the files say.
        {MAPPED("{target: DRAM, type: temporal, factors: [Q=2]}, {target: pe, type: "
                "spatial, factors: \"Q=4,3\", permutation: Q, split: 1}"),
         "level: b, spatial_x: Q4"},
        {MAPPED("{target: DRAM, type: temporal, factors: \"Q=3,3 M2\"}, {target: b, "
                "type: temporal, factors: \"Q=3,1 C=4,4\"}"),
         "level: DRAM, temporal: Q3 K2"},
    };
#undef MAPPED
    CHECK(cases);
}

// A spad of weights and one of sums beside multipliers, with what they optimize; a
// layer with zeros.
#define GATED(weights, sums, mac, more, densities)                                    \
    "architecture:\n  nodes:\n    - !Container {name: chip, attributes: {datawidth: " \
    "8}}\n    - !Component {name: D, class: DRAM, attributes: {width: 64}}\n    - "   \
    "!Component {name: w, class: regfile, attributes: {depth: 9}, constraints: "      \
    "{dataspace: {keep: [Weights], bypass: [Inputs, Outputs]}}, "                     \
    "sparse_optimizations: "                                                          \
    "{" weights                                                                       \
    "}}\n    - !Component {name: o, class: regfile, attributes: {depth: 9}, "         \
    "constraints: {dataspace: {keep: [Outputs], bypass: [Inputs, Weights]}}, "        \
    "sparse_optimizations: {" sums "}}\n    - !Component {name: m, class: intmac, "   \
    "sparse_optimizations: {" mac "}}\n" more PROBLEM(", densities: {" densities "}")
#define GATING(target, conditions)                                    \
    "action_optimization: [{type: gating, options: [{target: " target \
    ", condition_on: [" conditions "]}]}]"
#define COMPUTES "compute_optimization: [{type: gating}]"

// What the front end writes of a dot product: single iterations, no mapping, a search.
static void single_iterations_are_any_loop(void **state) {
    (void)state;
    static const char text[] =
        "architecture: {nodes: [!Component {name: D, class: DRAM}, !Component {name: "
        "m, "
        "class: intmac}]}\n"
        "problem:\n  shape: {name: dot, dimensions: [K, M, L], data_spaces: [{name: A, "
        "projection: [[[K]], [[L]]]}, {name: B, projection: [[[K]]]}, {name: Z, "
        "projection: [[[M]]], read_write: true}]}\n  instance: {K: 16, M: 1, L: 1}\n"
        "mapping: []\nmapspace: {version: 0.4, template: ruby%s}\n";
    char good[1000], bad[1000];
    snprintf(good, sizeof good, text, "");
    snprintf(bad, sizeof bad, text, ", targets: []");
    struct made m = make(good, false);
    if (m.status != SDSE_OK)
        sdse_diags_print(&m.diags, stderr, false);
    assert_int_equal(m.status, SDSE_OK);
    assert_null(m.files.mapping);
    assert_non_null(
        strstr(m.files.network, "kind: fc, in: 16, out_channels: 1, rows: 1"));
    sdse_arena_free(m.arena);
    m = make(bad, false);
    assert_int_equal(m.status, SDSE_INVALID);
    assert_non_null(strstr(m.diags.first->message, "'targets' of a mapspace"));
    sdse_arena_free(m.arena);
}

struct loss {
    const char *text, *part; // of the message
};

// Each is refused, and passed over where losses are allowed; both say what is lost.
static void are_lost(const struct loss *losses, size_t count) {
    for (size_t i = 0; i < 2 * count; i++) {
        struct made m = make(losses[i / 2].text, i % 2 == 1);
        assert_int_equal(m.status == SDSE_OK, i % 2);
        bool found = false;
        for (const struct sdse_diag *d = m.diags.first; d; d = d->next)
            found |= strstr(d->message, losses[i / 2].part) != NULL;
        if (!found)
            fail_msg("case %zu: no '%s'", i / 2, losses[i / 2].part);
        sdse_arena_free(m.arena);
    }
}

static void gating_becomes_an_engine(void **state) {
    (void)state;
    static const char section[] =
        GATED("", "", "",
              "sparse_optimizations:\n  targets:\n    - {name: w, " GATING(
                  "Weights", "Inputs") "}\n    - {target: o, action-optimization: "
                                       "[{type: gating, options: [{target: Outputs, "
                                       "condition-on: [Inputs]}]}]}\n    - {name: m, "
                                       "compute-optimization: {type: gating}}\n",
              "Inputs: 0.5");
    static const struct becomes cases[] = {
        {GATED(GATING("Weights", "Inputs"), GATING("Outputs", "Inputs"), COMPUTES, "",
               "Inputs: 0.5"),
         "engines: [{kind: gate, operands: inputs, free: true}]"},
        // Computations are gated by every operand that has zeros.
        {GATED(GATING("Weights", "Inputs"), GATING("Outputs", "Inputs, Weights"),
               COMPUTES, "", "Inputs: 0.5, Weights: 0.25"),
         "engines: [{kind: gate, operands: both, free: true}]"},
        {GATED("", GATING("Outputs", "Weights"), COMPUTES, "", "Weights: 0.25"),
         "engines: [{kind: gate, operands: weights, free: true}]"},
        {section, "engines: [{kind: gate, operands: inputs, free: true}]"},
    };
    CHECK(cases);
    // What an engine does otherwise, or not at all, is not passed over.
    static const struct loss losses[] = {
        {GATED(GATING("Weights", "Inputs"), "", COMPUTES, "", "Inputs: 0.5"),
         "gating is an engine here"},
        {GATED("", GATING("Outputs", "Inputs"), "", "", "Inputs: 0.5"),
         "gating is an engine here"},
        {GATED(GATING("Inputs", "Weights"), "", "", "", "Weights: 0.5"),
         "gating is an engine here"},
        {GATED(GATING("Weights", "Inputs"), GATING("Outputs", "Inputs"), COMPUTES, "",
               "Inputs: 0.5, Weights: 0.5"),
         "gating is an engine here"},
        {GATED(GATING("Outputs", "Inputs"), "", "", "", "Inputs: 0.5"),
         "gating of whole tiles"},
        {GATED(GATING("Weights", "Outputs"), "", "", "", "Inputs: 0.5"),
         "gating on sums"},
        {GATED(GATING("Weights", "Weights"), "", "", "", "Inputs: 0.5"),
         "gating on sums, or on its own target"},
        {GATED("action_optimization: [{type: gating, options: [{target: Weights, "
               "condition_on: [Inputs], granularity: 2}]}]",
               GATING("Outputs", "Inputs"), "", "", "Inputs: 0.5"),
         "'granularity' of an option of gating"},
        {GATED("action_optimization: [{type: dreaming, options: [{target: Weights, "
               "condition_on: [Inputs]}]}]",
               "", "", "", "Inputs: 0.5"),
         "'dreaming' of 'w' is lost"},
        {GATED(COMPUTES, "", "", "", "Inputs: 0.5"), "what zeros save of 'w' is lost"},
    };
    are_lost(losses, sizeof losses / sizeof *losses);
}

struct refusal {
    const char *text, *check;
    unsigned line;
    bool lossy; // goes on
};

#define SKIP(target, conditions) "{target: " target ", condition_on: [" conditions "]}"
#define SKIPPING(options) \
    "action_optimization: [{type: skipping, options: [" options "]}]"
#define FAR(options) "sparse_optimizations: [{name: D, " SKIPPING(options) "}]\n"
#define GATHERED "{kind: gather, elements: 1, width: 1, free: true}"
#define SKIPPED \
    "{kind: skip, operands: inputs, grid_rows: 1, grid_columns: 1, free: true}"

// What skips operands and sums by each other's zeros is an engine for each operand that
// is tested, of one element: it waits for nothing.
static void skipping_becomes_engines(void **state) {
    (void)state;
    static const struct becomes cases[] = {
        {GATED(SKIPPING(SKIP("Weights", "Inputs")), SKIPPING(SKIP("Outputs", "Inputs")),
               "", "", "Inputs: 0.5"),
         "engines: [" SKIPPED "]"},
        {GATED("", SKIPPING(SKIP("Outputs", "Weights")), "",
               FAR(SKIP("Inputs", "Weights")), "Weights: 0.5"),
         "engines: [" GATHERED "]"},
        {GATED(SKIPPING(SKIP("Weights", "Inputs")),
               SKIPPING(SKIP("Outputs", "Inputs, Weights")), "",
               FAR(SKIP("Inputs", "Weights")), "Weights: 0.5, Inputs: 0.25"),
         "engines: [" GATHERED ",\n          " SKIPPED "]"},
        // An option beside its type; computations skip what they test as well.
        {GATED("action-optimization: {type: skipping, target: Weights, condition-on: "
               "[Inputs]}",
               SKIPPING(SKIP("Outputs", "Inputs")),
               "compute_optimization: {type: skipping}", "", "Inputs: 0.5"),
         "engines: [" SKIPPED "]"},
        // What is not there is not gated, too.
        {GATED("action_optimization: [{type: gating, options: [" SKIP("Weights",
                                                                      "Inputs") "]}]",
               "action_optimization: [{type: gating, options: [" SKIP(
                   "Outputs", "Inputs, Weights") "]}, {type: skipping, options: "
                                                 "[" SKIP("Outputs", "Weights") "]}]",
               COMPUTES, FAR(SKIP("Inputs", "Weights")), "Weights: 0.5, Inputs: 0.25"),
         "engines: [{kind: gate, operands: inputs, free: true},\n          " GATHERED
         "]"},
    };
    CHECK(cases);
    static const struct loss losses[] = {
        {GATED(SKIPPING(SKIP("Weights", "Inputs")), "", "", "", "Inputs: 0.5"),
         "skipping is engines here"},
        {GATED("", SKIPPING(SKIP("Outputs", "Weights")), "", "", "Weights: 0.5"),
         "skipping is engines here"},
        {GATED("", "", "compute_optimization: {type: skipping}", "", "Weights: 0.5"),
         "skipping is engines here"},
        {GATED("", SKIPPING(SKIP("Outputs", "Inputs")), "",
               FAR(SKIP("Weights", "Inputs")), "Inputs: 0.5"),
         "skipping of whole tiles, further out than multipliers, of 'D'"},
        {GATED(SKIPPING(SKIP("Weights", "Outputs")), "", "", "", "Inputs: 0.5"),
         "skipping on sums, or on its own target, of 'w'"},
        {GATED("action_optimization: [{type: skipping, target: Weights, condition_on: "
               "[Inputs], granularity: 2}]",
               SKIPPING(SKIP("Outputs", "Inputs")), "", "", "Inputs: 0.5"),
         "'granularity' of skipping"},
    };
    are_lost(losses, sizeof losses / sizeof *losses);
}

// What of the text is made, evaluated with its mapping.
static struct sdse_cost evaluate(struct made *m) {
    const char *texts[] = {m->files.arch, m->files.network, m->files.mapping};
    struct sdse_node *root[3];
    struct sdse_arch *arch = NULL;
    struct sdse_workload *net = NULL;
    struct sdse_mapping *mapping = NULL;
    struct sdse_model *model = NULL;
    struct sdse_cost cost;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(sdse_tree_parse_memory(m->arena, "out", texts[i],
                                                strlen(texts[i]), &m->diags, &root[i]),
                         SDSE_OK);
    assert_int_equal(sdse_arch_from_tree(m->arena, root[0], NULL, 0, &m->diags, &arch),
                     SDSE_OK);
    assert_int_equal(sdse_arch_resolve_costs(arch, m->arena, &m->diags), SDSE_OK);
    assert_int_equal(sdse_workload_from_tree(m->arena, root[1], &m->diags, &net),
                     SDSE_OK);
    assert_int_equal(sdse_mapping_from_tree(m->arena, root[2], arch, net->layers,
                                            &m->diags, &mapping),
                     SDSE_OK);
    assert_int_equal(sdse_model_new(arch, net->layers, NULL, m->arena, &model),
                     SDSE_OK);
    sdse_evaluate_full(model, mapping, &cost);
    return cost;
}

// Weights of which a third is not zero slide over a row; inputs and sums are skipped by
// them. Timeloop's published counts of this exercise (03.2.1, conv1d): 9 of 27
// computations in 9 cycles, 9 reads of inputs, 9 updates of sums; and 5 reads of them,
// of 18 * 0.33, where we round up.
static void skipping_has_the_counts_of_timeloop(void **state) {
    (void)state;
    static const char text[] =
        "architecture:\n  version: 0.3\n  subtree:\n  - name: s\n    local:\n"
        "    - {name: far, class: SRAM, attributes: {depth: 512, width: 32, datawidth: "
        "8}}\n    - {name: near, class: regfile, attributes: {depth: 64, width: 8, "
        "metadata_datawidth: 4}}\n    - {name: mac, class: intmac}\n"
        "sparse_optimizations:\n  targets:\n  - name: near\n    representation-format: "
        "{data-spaces: [{name: W, ranks: [{format: RLE}]}]}\n    action-optimization:\n"
        "    - {type: skipping, options: [{target: I, condition-on: [W]}]}\n"
        "    - {type: skipping, options: [{target: O, condition-on: [W]}]}\n"
        "problem:\n  shape: {name: row, dimensions: [S, Q], data-spaces: [{name: W, "
        "projection: [[[S]]]}, {name: I, projection: [[[S], [Q]]]}, {name: O, "
        "projection: [[[Q]]], read-write: True}]}\n  instance: {S: 3, Q: 9, densities: "
        "{W: {distribution: fixed-structured, density: 0.33}}}\nmapping:\n- {target: "
        "far, type: temporal, factors: S=1 Q=1, permutation: SQ}\n- {target: near, "
        "type: "
        "temporal, factors: S=3 Q=9, permutation: SQ}\n";
    struct made m = make(text, true);
    assert_int_equal(m.status, SDSE_OK);
    const struct sdse_cost cost = evaluate(&m);
    const struct sdse_flow_cost *far = cost.level[0].flow, *near = cost.level[1].flow;
    assert_int_equal(cost.compute_cycles, 9);
    assert_int_equal(cost.engine_events[0], 9);
    assert_int_equal(near[SDSE_PART_INPUTS].reads, 9);
    assert_int_equal(near[SDSE_PART_INPUTS].fills, 11);
    assert_int_equal(near[SDSE_PART_OUTPUTS].updates, 9);
    assert_int_equal(near[SDSE_PART_OUTPUTS].reads, 6);
    // 9 weights of 8 bits and as many runs of 4.
    assert_true(fabs(near[SDSE_PART_WEIGHTS].read_bits - 27 * 0.33 * 12) < 0.5);
    assert_int_equal(far[SDSE_PART_INPUTS].reads, 11);
    assert_int_equal(far[SDSE_PART_OUTPUTS].updates, 9);
    sdse_arena_free(m.arena);
}

static void what_has_no_counterpart_is_refused(void **state) {
    (void)state;
#define LINE(node)                                                                  \
    "architecture:\n  nodes:\n    - !Component {name: D, class: DRAM}\n    - " node \
    "\n    - !Component {name: m, class: intmac}\n"
// A convolution of one axis but for what its weights and outputs are indexed by.
#define WINDOW(weights, outputs)                                                 \
    "problem:\n  shape:\n    name: w\n    dimensions: [C, M, P, R]\n    "        \
    "data_spaces:\n      - {name: W, projection: [" weights "]}\n"               \
    "      - {name: I, projection: [[[C]], [[P], [R]]]}\n      - {name: O, "     \
    "projection: [" outputs "], read_write: true}\n  instance: {C: 4, M: 8, P: " \
    "6, R: 3}\n"
#define MAPPED(list) \
    ARCH("attributes: {depth: 64}", "") PROBLEM("") "mapping: [" list "]\n"
#define SHAPE(more, space)                                                    \
    "problem: {shape: {dimensions: [C, M], " more                             \
    ", data_spaces: [{name: W, projection: [[[C]], [[M]]]}, {name: I, " space \
    "}, {name: O, projection: [[[M]]], read_write: true}]}, instance: {C: 4, M: 8}}\n"
    static const struct refusal cases[] = {
        {"architecture: {nodes: []}\nextra: 1\n", "timeloop-section", 2, false},
        {"architecture: {x: 1}\narchitectures: 2\n", "timeloop-section", 2, false},
        {LINE("!Pipelined {nodes: []}"), "timeloop-node", 4, false},
        {LINE("!Component {name: D, class: SRAM}"), "timeloop-node", 4, false},
        {LINE("!Component {name: x, class: adc}"), "timeloop-node", 4, true},
        {LINE("!Container {name: x, colour: red}"), "timeloop-key", 4, true},
        {LINE("!Container {name: x, spatial: {meshZ: 2}}"), "timeloop-key", 4, true},
        {LINE("!Container {name: x, spatial: {meshX: 1.5}}"), "timeloop-value", 4,
         false},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: nothing}}"),
         "timeloop-value", 4, false},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 8, width: 64, "
              "datawidth: 8, "
              "cluster_size: 8}}"),
         "timeloop-key", 4, true},
        {LINE("!Component {name: b, class: SRAM, constraints: {dataspace: {keep: "
              "[Other]}}}"),
         "timeloop-factor", 4, false},
        {LINE("!Component {name: b, class: SRAM, constraints: {dataspace: {keep: "
              "[Inputs], bypass: "
              "[Inputs]}}}"),
         "timeloop-factor", 4, false},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 9}, constraints: "
              "{temporal: "
              "{permutation: C}}}"),
         "timeloop-factor", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 9}, "
              "sparse_optimizations: "
              "{action_optimization: []}}"),
         "timeloop-key", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 9}, constraints: "
              "{temporal: {factors: \"C=4,2\"}}}"),
         "timeloop-factor", 4, true},
        {MAPPED("{target: b, type: temporal, factors: \"Q=4,2\"}, {target: DRAM, type: "
                "temporal, factors: Q=2}"),
         "timeloop-factor", 11, false},
        {MAPPED("{target: b, type: temporal, factors: \"Q=4,4\"}, {target: DRAM, type: "
                "temporal, factors: Q=2}"),
         "timeloop-factor", 11, false},
        {MAPPED("{target: b, type: temporal, factors: \"Q=3,1\"}, {target: DRAM, type: "
                "temporal, factors: Q=2}"),
         "timeloop-factor", 11, false},
        {MAPPED("{target: b, type: temporal, factors: \"Q=3,4\"}"), "timeloop-factor",
         11, false},
        {MAPPED("{target: b, type: temporal, factors: \"Q=3,0\"}"), "timeloop-factor",
         11, false},
        {LINE("!Component {name: b, class: fpmac}"), "timeloop-node", 5, false},
        {LINE("!Component {name: b, class: SRAM, enabled: maybe}"), "timeloop-value", 4,
         false},
        {LINE("!Container {name: x, enabled: [], spatial: {meshX: 4}}"),
         "timeloop-value", 4, false},
        {LINE("!Hierarchical {name: x, spatial: {meshX: 4}, nodes: []}"),
         "timeloop-key", 4, true},
        {LINE("!Hierarchical {attributes: {datawidth: 4}, nodes: []}"), "timeloop-key",
         4, true},
        {LINE("!Parallel {constraints: {dataspace: {keep: [Inputs]}}, nodes: []}"),
         "timeloop-key", 4, true},
        {LINE("!Parallel {nodes: [{nodes: [], spatial: {meshX: 4}}]}"), "timeloop-key",
         4, true},
        {LINE("!Container {name: x, attributes: {global_cycle_seconds: 5}}"),
         "timeloop-value", 4, false},
        {LINE("!Container {name: x, attributes: {global_cycle_seconds: -1e-9}}"),
         "timeloop-value", 4, false},
        {WINDOW("[[C]], [[M]]", "[[M]], [[P]]"), "timeloop-problem", 4, false},
        {WINDOW("[[C]], [[M]], [[R]], [[P]]", "[[M]], [[P]]"), "timeloop-problem", 4,
         false},
        {MAPPED("{target: b, type: bypass, keep: [Inputs], bypass: [Inputs]}"),
         "timeloop-factor", 11, false},
        {MAPPED("{target: b, type: bypass, keep: [Inputs]}, {target: b, type: bypass, "
                "bypass: [Inputs]}"),
         "timeloop-factor", 11, false},
        {MAPPED("{target: b, type: temporal, factors: M2}, {target: b, type: temporal, "
                "factors: M4}"),
         "timeloop-factor", 11, false},
        {MAPPED("{target: b, type: spatial, factors: M1}, {target: b, type: spatial, "
                "factors: M1}"),
         "timeloop-factor", 11, false},
        {MAPPED("{target: b, type: bypass, bypass: [Inputs]}, {target: b, type: "
                "bypass, keep: [Inputs]}"),
         "timeloop-factor", 11, false},
        {LINE("!Container {name: x, attributes: {datawidht: 4}}"), "timeloop-key", 4,
         true},
        // 4 is no use of it, nor is a longer name.
        {LINE("!Container {name: x, attributes: {dept: 4, depth: 2 * depth4}}"),
         "timeloop-key", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 4, rows: rows}}"),
         "timeloop-key", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 8, sizeKB: 2}}"),
         "timeloop-value", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 8, entries: 8}}"),
         "timeloop-value", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {entries: 8, sizeKB: 8}}"),
         "timeloop-value", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 8, datawidth: 8, "
              "word-bits: 16}}"),
         "timeloop-value", 4, true},
        {LINE("!Container {name: x, attributes: {n_banks: 2, num_banks: 4}}"),
         "timeloop-value", 4, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 8}, actions: "
              "[{name: raed, energy: 1}]}"),
         "timeloop-value", 4, true},
        {LINE(
             "!Component {name: b, class: SRAM, attributes: {depth: 8}}") "ERT: "
                                                                          "{tables: "
                                                                          "[{name: b, "
                                                                          "actions: "
                                                                          "[\n{name: "
                                                                          "read, "
                                                                          "energy: "
                                                                          "2},\n{name: "
                                                                          "gated_raed, "
                                                                          "energy: "
                                                                          "1}]}]}\n",
         "timeloop-value", 8, true},
        {LINE("!Component {name: b, class: SRAM, attributes: {depth: 8}, actions: "
              "[{name: read, enrgy: 1}]}"),
         "timeloop-key", 4, true},
        {LINE("!Container {name: x}") "ERT: {tables: [{name: m, actions: [{name: "
                                      "compute, arguments: {},\nenergy_pj: 2}]}]}\n",
         "timeloop-key", 7, true},
        {LINE("!Container {name: x}") "compound_components: {classes: [{name: intmac, "
                                      "actions: [{name: compute, subcomponents: "
                                      "[]},\n{name: leak, Energy: 2}]}]}\n",
         "timeloop-key", 7, true},
        {LINE("!Container {name: x}") "ERT: {tables: [{name: m, actions: [\n{name: "
                                      "mac_radnom, energy: 2}]}]}\n",
         "timeloop-value", 7, true},
        {PROBLEM(", densities: [0.5]"), "timeloop-problem", 3, false},
        {PROBLEM(", densities: {Inputs: {density: 0.5, colour: 5}}"), "timeloop-key", 3,
         true},
        {PROBLEM("") "  densities: {Inputs: 0.5}\n", "timeloop-key", 4, true},
        {WINDOW("[[C]], [[M]], [[R]]", "[[M]], [[P]]") "  shpe: 1\n", "timeloop-key",
         10, true},
        {SHAPE("colour: 3", "projection: [[[C]]]"), "timeloop-key", 1, true},
        {SHAPE("version: 0.4", "projection: [[[C]]], colour: 3"), "timeloop-key", 1,
         true},
        {"problem: {shape: cnn, instance: {C: 1}}\n", "timeloop-problem", 1, false},
        {"problem: {shape: other}\n", "timeloop-problem", 1, false},
        {"problem: !include x\n", "timeloop-include", 1, false},
    };
#undef LINE
#undef WINDOW
#undef MAPPED
#undef SHAPE
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned lossy = 0; lossy < 2; lossy++) {
            struct made m = make(cases[i].text, lossy);
            if ((m.status == SDSE_OK) != (lossy && cases[i].lossy)) {
                sdse_diags_print(&m.diags, stderr, false);
                fail_msg("lossy %u, status %d: %s", lossy, m.status, cases[i].text);
            }
            bool found = false;
            for (const struct sdse_diag *d = m.diags.first; d; d = d->next)
                found |= d->check && strcmp(d->check, cases[i].check) == 0 &&
                         d->loc.line == cases[i].line;
            if (!found) {
                sdse_diags_print(&m.diags, stderr, false);
                fail_msg("no [%s] at line %u: %s", cases[i].check, cases[i].line,
                         cases[i].text);
            }
            sdse_arena_free(m.arena);
        }
}

static void texts_are_told_by_their_sections(void **state) {
    (void)state;
    assert_true(sdse_timeloop_is("# x\nproblem: {}\n"));
    assert_true(sdse_timeloop_is("ERT:\n"));
    assert_true(sdse_timeloop_is("\xEF\xBB\xBFmapping:\n"));
    assert_false(sdse_timeloop_is(" problem: {}\n"));
    assert_false(sdse_timeloop_is("problems: {}\n"));
    assert_false(sdse_timeloop_is("mapping: []\narch: {}\n"));
    assert_false(sdse_timeloop_is(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memories_become_memories),
        cmocka_unit_test(costs_are_those_of_tables_and_actions),
        cmocka_unit_test(places_and_limits_become_constraints),
        cmocka_unit_test(a_cluster_shares_its_rows),
        cmocka_unit_test(zeros_become_formats),
        cmocka_unit_test(problems_become_layers),
        cmocka_unit_test(directives_become_loops),
        cmocka_unit_test(single_iterations_are_any_loop),
        cmocka_unit_test(gating_becomes_an_engine),
        cmocka_unit_test(skipping_becomes_engines),
        cmocka_unit_test(skipping_has_the_counts_of_timeloop),
        cmocka_unit_test(what_has_no_counterpart_is_refused),
        cmocka_unit_test(texts_are_told_by_their_sections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
