// ZigZag's files as ours: chains of memories, ports, layers by their equations, what is
// refused and where; counts of a layer against arithmetic by hand.
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
#include "import/zigzag/zigzag.h"
#include "spec/load.h"
#include "support/close.h"
#include "support/data_text.h"

struct read {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    enum sdse_status status;
    const char *text; // of the accelerator
    struct sdse_arch *arch;
    struct sdse_workload *net;
};

static const struct sdse_node *parse(struct read *r, const char *text,
                                     const char *name) {
    struct sdse_node *root = NULL;
    if (!text)
        return NULL;
    assert_int_equal(
        sdse_tree_parse_memory(r->arena, name, text, strlen(text), &r->diags, &root),
        SDSE_OK);
    return root;
}

// Translates, and reads back what comes of it.
static struct read read_design(const char *hardware, const char *mapping,
                               const char *workload, bool lossy) {
    struct read r = {.arena = sdse_arena_new()};
    sdse_diags_init(&r.diags, r.arena);
    const struct sdse_node *net = parse(&r, workload, "net");
    const char *yaml = NULL;
    if (hardware) {
        assert_int_equal(sdse_zigzag_kind(hardware), SDSE_ZIGZAG_HARDWARE);
        r.status = sdse_zigzag_accelerator(parse(&r, hardware, "hw"), net,
                                           parse(&r, mapping, "map"), lossy, r.arena,
                                           &r.diags, &yaml);
        assert_int_equal(r.status == SDSE_OK, r.diags.errors == 0);
        if (r.status == SDSE_OK) {
            r.text = yaml;
            r.status = sdse_arch_from_tree(r.arena, parse(&r, yaml, "out"), NULL, 0,
                                           &r.diags, &r.arch);
            if (r.status != SDSE_OK)
                sdse_diags_print(&r.diags, stderr, false);
            assert_int_equal(r.status, SDSE_OK);
            assert_int_equal(sdse_arch_resolve_costs(r.arch, r.arena, &r.diags),
                             SDSE_OK);
        }
    }
    if (net) {
        assert_int_equal(sdse_zigzag_kind(workload), SDSE_ZIGZAG_WORKLOAD);
        const enum sdse_status status =
            sdse_zigzag_workload(net, lossy, r.arena, &r.diags, &yaml);
        if (status == SDSE_OK && r.status == SDSE_OK) {
            r.status = sdse_workload_from_tree(r.arena, parse(&r, yaml, "out"),
                                               &r.diags, &r.net);
            if (r.status != SDSE_OK)
                sdse_diags_print(&r.diags, stderr, false);
            assert_int_equal(r.status, SDSE_OK);
        } else if (status != SDSE_OK) {
            r.status = status;
        }
    }
    return r;
}

static struct read read_shipped(const char *name, bool lossy) {
    char file[64];
    char *hardware = data_text("zigzag", name);
    snprintf(file, sizeof file, "%s.mapping", name);
    char *mapping = data_text("zigzag", file);
    assert_int_equal(sdse_zigzag_kind(mapping), SDSE_ZIGZAG_MAPPING);
    struct read r = read_design(hardware, mapping, NULL, lossy);
    free(mapping);
    free(hardware);
    return r;
}

static bool fired(const struct read *r, const char *check, const char *part) {
    for (const struct sdse_diag *d = r->diags.first; d; d = d->next)
        if (d->check && strcmp(d->check, check) == 0 && strstr(d->message, part))
            return true;
    return false;
}

static void fails_with(struct read r, const char *check, const char *part) {
    if (!fired(&r, check, part)) {
        sdse_diags_print(&r.diags, stderr, false);
        fail_msg("no [%s] with '%s'", check, part);
    }
    sdse_arena_free(r.arena);
}

// --- Accelerators ---

static unsigned instances(const struct sdse_arch *arch, unsigned level) {
    uint64_t count = 1;
    for (unsigned l = 0; l < level; l++)
        count *= (uint64_t)arch->level[l].fanout_x * arch->level[l].fanout_y;
    return (unsigned)count;
}

// The chain of each design: names, and how many there are of each.
static void designs_become_chains(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *level[9];
        unsigned count[9]; // the last: multipliers
    } cases[] = {
        {"meta_like",
         {"dram", "w_big", "io_sram", "i_sram", "w_sram", "w_reg", "o_reg"},
         {1, 1, 1, 1, 1, 64, 1024, 1024}},
        {"tpu_like", {"dram", "io_sram", "o_reg", "w_reg"}, {1, 1, 32, 1024, 1024}},
        {"edge_tpu_like",
         {"dram", "io_sram", "w_sram", "w_reg", "o_reg"},
         {1, 1, 1, 64, 1024, 1024}},
        {"ascend_like",
         {"dram", "w_sram", "io_sram", "o_sram", "w_buf", "i_buf", "o_reg", "w_reg"},
         {1, 1, 1, 1, 1, 1, 64, 1024, 1024}},
        {"tesla_like",
         {"dram", "w_sram", "io_sram", "w_buf", "i_buf", "w_reg", "o_reg"},
         {1, 1, 1, 1, 1, 32, 4096, 4096}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read r = read_shipped(cases[i].name, true);
        assert_int_equal(r.status, SDSE_OK);
        unsigned l = 0;
        for (; cases[i].level[l]; l++) {
            assert_true(l < r.arch->level_count);
            assert_string_equal(r.arch->level[l].name, cases[i].level[l]);
            assert_int_equal(instances(r.arch, l), cases[i].count[l]);
        }
        assert_int_equal(r.arch->level_count, l);
        assert_int_equal(instances(r.arch, l), cases[i].count[l]);
        sdse_arena_free(r.arena);
        // Without --lossy each is refused, with what is lost.
        r = read_shipped(cases[i].name, false);
        assert_int_equal(r.status, i == 1 || i == 4 ? SDSE_OK : SDSE_INVALID);
        assert_false(fired(&r, "zigzag-port", ""));
        assert_false(fired(&r, "zigzag-granule", ""));
        const bool chain = i == 1 || i == 4;
        assert_int_equal(fired(&r, "zigzag-shared", ""), !chain);
        sdse_arena_free(r.arena);
    }
}

// What is no chain loses the sharing that is worth least, and says how much.
static void what_is_no_chain_is_told_apart(void **state) {
    (void)state;
    fails_with(read_shipped("meta_like", false), "zigzag-shared",
               "'o_reg' is shared along D2, 'w_reg' outside it is not: levels are "
               "nested, so each place along these has one of its own, 1024 in place of "
               "512");
    fails_with(read_shipped("ascend_like", false), "zigzag-shared",
               "'w_reg' is shared along D3 D4, 'o_reg' outside it is not: levels are "
               "nested, so each place along these has one of its own, 1024 in place of "
               "256");
    fails_with(read_shipped("ascend_like", false), "zigzag-shared",
               "taken as one memory, not 4");
}

// A design of two memories; the holes are the array's and the memories' keys.
#define HARDWARE(array, inner, outer)                                                \
    "name: h\noperational_array: {input_precision: [8, 4], unit_energy: 0.5, " array \
    "}\nmemories:\n  reg: {size: 64, r_bw: 8, w_bw: 8, r_cost: 0.8, w_cost: 1.6, "   \
    "r_port: 1, w_port: 1, latency: 1, " inner                                       \
    "}\n  top: {size: 9000, r_bw: 16, w_bw: 16, min_r_granularity: 4, "              \
    "min_w_granularity: 4, r_cost: 16, w_cost: 32, rw_port: 1, latency: 1, " outer   \
    "}\n"
#define ARRAY "dimensions: [D1, D2], sizes: [4, 2]"
#define INNER \
    "operands: [I1], served_dimensions: [D2], ports: [{fh: w_port_1, tl: r_port_1}]"
#define OUTER                                                                      \
    "operands: [O, I2, I1], served_dimensions: [D1, D2], ports: [{fh: rw_port_1, " \
    "tl: rw_port_1, fl: rw_port_1, th: rw_port_1}, {fh: rw_port_1, tl: "           \
    "rw_port_1}, {fh: rw_port_1, tl: rw_port_1}]"

#define PORT(type)                                                               \
    "operands: [I1], served_dimensions: [D2], ports: [{name: r, bandwidth_max: " \
    "8, allocation: ['I1, tl'], type: " type                                     \
    "}, {name: w, bandwidth_max: 8, allocation: ['I1, fh'], type: write}]"

static void numbers_are_those_of_the_file(void **state) {
    (void)state;
    struct read r = read_design(HARDWARE(ARRAY, INNER, OUTER), NULL, NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    const struct sdse_level *top = &r.arch->level[0], *reg = &r.arch->level[1];
    assert_string_equal(r.arch->name, "h");
    assert_double_within(top->read_pj.value, 1, 1e-15);
    assert_double_within(top->fill_pj.value, 2, 1e-15);
    assert_double_within(reg->read_pj.value, 0.1, 1e-15);
    assert_double_within(reg->fill_pj.value, 0.2, 1e-15);
    assert_int_equal(r.arch->bits[SDSE_WEIGHTS], 4);
    assert_int_equal(r.arch->bits[SDSE_INPUTS], 8);
    assert_int_equal(r.arch->partial_bits, 12);
    assert_int_equal(reg->fanout_x * reg->fanout_y, 2);
    assert_int_equal(top->fanout_x * top->fanout_y, 4);
    assert_int_equal(sdse_level_tensors(reg), SDSE_BIT(SDSE_INPUTS));
    // Words of 8 bits fill accesses of 8, and of 4 those of 4.
    assert_int_equal(reg->least_read_bits | reg->least_write_bits, 0);
    assert_int_equal(top->least_read_bits | top->least_write_bits, 0);
    sdse_arena_free(r.arena);
    r = read_design(HARDWARE(ARRAY, INNER ", min_r_granularity: 24", OUTER), NULL, NULL,
                    false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.arch->level[1].least_read_bits, 24);
    assert_int_equal(r.arch->level[1].least_write_bits, 0);
    sdse_arena_free(r.arena);
    // The links of a mapping say which operand is which.
    static const char links[] =
        "- name: default\n  spatial_mapping: {D1: ['K, 2', 'C, 2'], D2: ['OY, 2']}\n"
        "  memory_operand_links: {O: O, W: I1, I: I2}\n";
    r = read_design(HARDWARE(ARRAY, INNER, OUTER), links, NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.arch->bits[SDSE_WEIGHTS], 8);
    assert_int_equal(sdse_level_tensors(&r.arch->level[1]), SDSE_BIT(SDSE_WEIGHTS));
    sdse_arena_free(r.arena);
}

// Reads and writes, shared or not, of all tensors or of one.
static void ports_become_bandwidths(void **state) {
    (void)state;
    struct read r = read_shipped("tpu_like", true);
    const struct sdse_level *top = &r.arch->level[0], *reg = &r.arch->level[2];
    assert_double_within(top->shared_bits_per_cycle.value, 64, 0);
    assert_false(top->read_bits_per_cycle.given);
    assert_string_equal(reg->name, "o_reg");
    // Sums that go up have ports of their own, 16 bits each.
    for (unsigned way = SDSE_PORT_READ; way <= SDSE_PORT_WRITE; way++)
        assert_double_within(reg->own_bits_per_cycle[way][SDSE_PORT_UP].value, 16, 0);
    assert_double_within(reg->read_bits_per_cycle.value, 16, 0);
    assert_double_within(reg->write_bits_per_cycle.value, 16, 0);
    assert_int_equal(r.arch->level[1].fanout_x, 32);
    assert_int_equal(r.arch->level[1].fanout_y, 1);
    sdse_arena_free(r.arena);
    r = read_shipped("meta_like", true);
    assert_int_equal(r.arch->level[4].fanout_x, 32);
    assert_int_equal(r.arch->level[4].fanout_y, 2);
    sdse_arena_free(r.arena);
    // Different widths; a port for both ways takes the narrower.
    static const char wide[] =
        "name: h\noperational_array: {input_precision: [8, 8], unit_energy: 1, "
        "dimensions: [D1], sizes: [1]}\nmemories:\n"
        "  reg: {size: 64, r_bw: 8, w_bw: 16, r_cost: 4, w_cost: 4, r_port: 1, w_port: "
        "1, latency: 1, operands: [I1], served_dimensions: [], ports: [{fh: w_port_1, "
        "tl: r_port_1}]}\n"
        "  top: {size: 9000, r_bw: 16, w_bw: 32, r_cost: 16, w_cost: 64, rw_port: 1, "
        "latency: 1, operands: [O, I2, I1], served_dimensions: [], ports: [{fh: "
        "rw_port_1, tl: rw_port_1, fl: rw_port_1, th: rw_port_1}, {fh: rw_port_1, tl: "
        "rw_port_1}, {fh: rw_port_1, tl: rw_port_1}]}\n";
    r = read_design(wide, NULL, NULL, true);
    assert_int_equal(r.status, SDSE_OK);
    assert_false(fired(&r, "zigzag-shared", "")); // along one place
    assert_double_within(r.arch->level[0].shared_bits_per_cycle.value, 16, 0);
    assert_double_within(r.arch->level[0].fill_pj.value, 2, 1e-15);
    assert_double_within(r.arch->level[1].read_bits_per_cycle.value, 8, 0);
    assert_double_within(r.arch->level[1].write_bits_per_cycle.value, 16, 0);
    assert_double_within(r.arch->level[1].read_pj.value, 0.5, 1e-15);
    assert_double_within(r.arch->level[1].fill_pj.value, 0.25, 1e-15);
    sdse_arena_free(r.arena);
    // Weights have a port of their own; inputs and outputs share one, on which a last
    // port for reads of outputs and writes of inputs has no counterpart.
    static const char named[] =
        "name: h\noperational_array: {input_precision: [8, 8], unit_energy: 1, "
        "dimensions: [D1], sizes: [1]}\nmemories:\n"
        "  top:\n    size: 9000\n    r_cost: 1\n    w_cost: 1\n    latency: 1\n"
        "    operands: [I1, I2, O]\n    served_dimensions: [D1]\n    ports:\n"
        "    - {name: w, type: read, bandwidth_min: 8, bandwidth_max: 24, allocation: "
        "['I2, tl']}\n"
        "    - {name: io, type: read, bandwidth_min: 8, bandwidth_max: 24, allocation: "
        "['I1, tl', 'O, tl', 'O, th']}\n%s";
    char text[1200];
    snprintf(text, sizeof text, named, "");
    r = read_design(text, NULL, NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_double_within(r.arch->level[0].own_bits_per_cycle[0][SDSE_WEIGHTS].value, 24,
                         0);
    assert_double_within(r.arch->level[0].read_bits_per_cycle.value, 24, 0);
    assert_non_null(strstr(r.text, "read_bits_per_cycle: {weights: 24, others: 24}"));
    sdse_arena_free(r.arena);
    // Outputs that go up with inputs that come down are not told apart, nor those that
    // have two ports.
    snprintf(text, sizeof text, named,
             "    - {name: w1, type: write, bandwidth_min: 8, bandwidth_max: 8, "
             "allocation: ['O, fh']}\n"
             "    - {name: w2, type: write, bandwidth_min: 8, bandwidth_max: 16, "
             "allocation: ['I1, fh', 'O, fl']}\n");
    r = read_design(text, NULL, NULL, true);
    assert_int_equal(r.status, SDSE_OK);
    assert_true(fired(&r, "zigzag-port", "several ports"));
    assert_double_within(r.arch->level[0].write_bits_per_cycle.value, 24, 0);
    assert_false(r.arch->level[0].own_bits_per_cycle[1][SDSE_PORT_UP].given);
    sdse_arena_free(r.arena);
    snprintf(text, sizeof text, named,
             "    - {name: w1, type: write, bandwidth_min: 8, bandwidth_max: 8, "
             "allocation: ['O, fh', 'I1, fh']}\n"
             "    - {name: w2, type: write, bandwidth_min: 8, bandwidth_max: 16, "
             "allocation: ['O, fl']}\n");
    r = read_design(text, NULL, NULL, true);
    assert_int_equal(r.status, SDSE_OK);
    assert_non_null(strstr(r.text, "write_bits_per_cycle: {updates: 16, others: 8}"));
    sdse_arena_free(r.arena);
    // Nor where two ports carry what goes up, or its port also goes the other way.
    static const char *const more[] = {
        "    - {name: w1, type: write, bandwidth_min: 8, bandwidth_max: 8, allocation: "
        "['O, fh']}\n"
        "    - {name: w2, type: write, bandwidth_min: 8, bandwidth_max: 8, allocation: "
        "['O, fl']}\n"
        "    - {name: w3, type: write, bandwidth_min: 8, bandwidth_max: 8, allocation: "
        "['O, fl', 'I1, fh']}\n",
        "    - {name: w1, type: write, bandwidth_min: 8, bandwidth_max: 8, allocation: "
        "['O, fh']}\n"
        "    - {name: rw, type: read_write, bandwidth_min: 8, bandwidth_max: 8, "
        "allocation: ['O, fl', 'I2, tl']}\n"};
    for (unsigned i = 0; i < 2; i++) {
        snprintf(text, sizeof text, named, more[i]);
        r = read_design(text, NULL, NULL, true);
        assert_true(fired(&r, "zigzag-port", "several ports"));
        assert_null(strstr(r.text, "updates"));
        sdse_arena_free(r.arena);
    }
    // A last port that both of them share words with makes the three one.
    snprintf(text, sizeof text, named,
             "    - {name: both, type: read, bandwidth_min: 8, bandwidth_max: 40, "
             "allocation: ['I2, tl', 'O, tl']}\n");
    r = read_design(text, NULL, NULL, true);
    assert_int_equal(r.status, SDSE_OK);
    assert_non_null(strstr(r.text, "read_bits_per_cycle: 88"));
    sdse_arena_free(r.arena);
    snprintf(text, sizeof text, named,
             "    - {name: odd, type: read_write, bandwidth_min: 8, bandwidth_max: 24, "
             "allocation: ['I1, fh', 'O, tl']}\n");
    fails_with(read_design(text, NULL, NULL, true), "zigzag-port",
               "reads other tensors than it writes");
}

// Entries for some kinds come first; factors on several dimensions multiply.
static void spatial_choices_become_dataflows(void **state) {
    (void)state;
    static const char mapping[] =
        "- name: default\n  spatial_mapping: {D1: ['K, 4'], D2: ['K, 2']}\n"
        "- name: Conv\n  spatial_mapping: {D1: ['OX, 2', 'FY, 2'], D2: ['OY, 2']}\n"
        "- name: Gemm\n  spatial_mapping_hint: {D1: [C, B], D2: [G]}\n";
    struct read r = read_design(
        HARDWARE(ARRAY,
                 "operands: [I1], served_dimensions: [], ports: [{fh: w_port_1, tl: "
                 "r_port_1}]",
                 OUTER),
        mapping, NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    const char *conv = strstr(r.text, "name: Conv\n    when: {layer: [conv, conv1x1, "
                                      "dwconv]}"),
               *general = strstr(r.text, "name: default"),
               *hint = strstr(r.text, "name: Gemm\n    when: {layer: [fc, matmul]}");
    assert_true(conv && general && hint && conv < general && hint < general);
    assert_non_null(strstr(conv, "spatial_x_dims: [Q, R], spatial_y_dims: [P], "
                                 "spatial_at_most: {P: 2, Q: 2, R: 2}"));
    assert_non_null(strstr(hint, "spatial_x_dims: [N, C], spatial_y_dims: [G]}"));
    assert_non_null(strstr(general, "spatial_x_dims: [K], spatial_y_dims: [K], "
                                    "spatial_at_most: {K: 8}"));
    sdse_arena_free(r.arena);
}

static void workloads_say_how_wide_words_are(void **state) {
    (void)state;
    static const char net[] =
        "- id: 0\n  operator_type: Gemm\n  equation: O[k]+=W[k][c]*I[c]\n"
        "  loop_dims: [K, C]\n  loop_sizes: [4, 4]\n"
        "  operand_precision: {W: 4, I: 8, O: 24%s}\n";
    char text[300];
    snprintf(text, sizeof text, net, "");
    struct read r = read_design(HARDWARE(ARRAY, INNER, OUTER), NULL, text, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.arch->bits[SDSE_OUTPUTS], 24);
    assert_int_equal(r.arch->partial_bits, 24);
    sdse_arena_free(r.arena);
    snprintf(text, sizeof text, net, ", O_final: 6");
    r = read_design(HARDWARE(ARRAY, INNER, OUTER), NULL, text, false);
    assert_int_equal(r.arch->bits[SDSE_WEIGHTS], 4);
    assert_int_equal(r.arch->bits[SDSE_OUTPUTS], 6);
    assert_int_equal(r.arch->partial_bits, 24);
    sdse_arena_free(r.arena);
}

static void what_has_no_counterpart_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *hardware, *mapping, *check, *part;
        bool goes_on;
    } cases[] = {
        {HARDWARE("dimensions: [D1], sizes: [4, 2]", INNER, OUTER), NULL,
         "zigzag-dimension", "as many", false},
        {HARDWARE("dimensions: [D1, D1], sizes: [4, 2]", INNER, OUTER), NULL,
         "zigzag-dimension", "'D1' is there twice", false},
        {HARDWARE("dimensions: [D1, D3], sizes: [4, 2]", INNER, OUTER), NULL,
         "zigzag-dimension", "'D2' is no dimension", false},
        {HARDWARE(ARRAY ", is_imc: True", INNER, OUTER), NULL, "zigzag-imc",
         "inside its memory cells", false},
        {HARDWARE(ARRAY ", adc_resolution: 4", INNER, OUTER), NULL, "zigzag-key",
         "'adc_resolution'", true},
        {HARDWARE(ARRAY ", unit_area: 2", INNER, OUTER), NULL, "zigzag-area",
         "taken as mm2", true},
        {HARDWARE(ARRAY ", multiplier_area: 2", INNER, OUTER), NULL, "zigzag-area",
         "taken as mm2", true},
        {HARDWARE(ARRAY, INNER ", area: 3", OUTER), NULL, "zigzag-area", "taken as mm2",
         true},
        {HARDWARE(ARRAY, INNER ", shared: 3", OUTER), NULL, "zigzag-key", "'shared'",
         true},
        {"name: h\noperational_array: {input_precision: [8, 8], unit_energy: 1, "
         "dimensions: [D1], sizes: [1]}\nmemories:\n  top: {size: 524288, r_bw: 64, "
         "w_bw: 64, min_r_granularity: 24, auto_cost_extraction: True, rw_port: 1, "
         "latency: 1, operands: [O, I2, I1], served_dimensions: [D1], ports: [{fh: "
         "rw_port_1, tl: rw_port_1, fl: rw_port_1, th: rw_port_1}, {fh: rw_port_1, tl: "
         "rw_port_1}, {fh: rw_port_1, tl: rw_port_1}]}\n",
         NULL, "zigzag-granule", "'top' moves at least 24 bits", true},
        {HARDWARE(ARRAY,
                  "operands: [I1], served_dimensions: [D2], ports: [{fh: w_port_1, "
                  "tl: r_port_2}]",
                  OUTER),
         NULL, "zigzag-port", "one port more", true},
        {HARDWARE(ARRAY,
                  "operands: [I1], served_dimensions: [D2], ports: [{fh: x_port_1}]",
                  OUTER),
         NULL, "zigzag-port", "'x_port_1': expected a port", false},
        {HARDWARE(ARRAY,
                  "operands: [I1], served_dimensions: [D2], ports: [{xx: r_port_1}]",
                  OUTER),
         NULL, "zigzag-port", "expected fh, tl", false},
        {HARDWARE(ARRAY, "operands: [I3], served_dimensions: [D2], ports: [{}]", OUTER),
         NULL, "zigzag-operand", "'I3': expected", false},
        {HARDWARE(ARRAY, INNER,
                  "operands: [I1], served_dimensions: [D1, D2], ports: [{tl: "
                  "rw_port_1, fh: rw_port_1}]"),
         NULL, "zigzag-operand", "does not hold I1, I2 and O", false},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: default\n  spatial_mapping: {D1: ['K, 8']}\n", "zigzag-mapping",
         "spread over 8 of 4 places", false},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: default\n  spatial_mapping: {D1: ['K, 4', 'C, 2']}\n",
         "zigzag-mapping", "8 places are taken of 4", false},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: default\n  spatial_mapping: {D1: ['K, 2', 'K, 2']}\n",
         "zigzag-mapping", "K comes twice", false},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: default\n  spatial_mapping: {D1: ['K, 2']}\n  "
         "spatial_mapping_hint: {D2: [C]}\n",
         "zigzag-mapping", "a hint beside", true},
        {HARDWARE(ARRAY, INNER, OUTER) "dataflows: [{D1: [K]}]\n", NULL, "zigzag-key",
         "`dataflows`", true},
        {HARDWARE(ARRAY, PORT("read, bandwith_min: 8"), OUTER), NULL, "zigzag-key",
         "'bandwith_min'", true},
        {HARDWARE(ARRAY, PORT("raed"), OUTER), NULL, "zigzag-port", "'raed': expected",
         false},
        {HARDWARE(ARRAY, PORT("read"), OUTER), NULL, "zigzag-key",
         "'r_bw' is not read: the ports of 'reg'", true},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: default\n  spatial_mapping: {D1: ['H, 2']}\n", "zigzag-mapping",
         "'H' is no loop", true},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: /conv1\n  spatial_mapping: {D1: ['K, 2']}\n", "zigzag-mapping",
         "no kind of layers", true},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: Conv\n  spatial_mapping: {D1: ['K, 2']}\n"
         "- name: Conv_downsample\n  spatial_mapping: {D1: ['C, 2']}\n",
         "zigzag-mapping", "which holds", true},
        {HARDWARE(ARRAY, INNER, OUTER),
         "- name: default\n  memory_operand_links: {O: O, W: I1, I: I1}\n",
         "zigzag-operand", "each once", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct read r = read_design(cases[i].hardware, cases[i].mapping, NULL, true);
        if ((r.status == SDSE_OK) != cases[i].goes_on)
            fail_msg("case %zu: goes on wrongly", i);
        fails_with(r, cases[i].check, cases[i].part);
        r = read_design(cases[i].hardware, cases[i].mapping, NULL, false);
        assert_int_equal(r.status, SDSE_INVALID);
        fails_with(r, cases[i].check, cases[i].part);
    }
}

// Areas have no unit there: they are mm2, as those that CACTI gives it, a multiplier's
// of one of them. Of a memory that CACTI prices the file's own counts for nothing.
static void areas_are_those_of_an_instance(void **state) {
    (void)state;
    struct read r =
        read_design(HARDWARE(ARRAY ", unit_area: 0.25", INNER ", area: 0.5", OUTER),
                    NULL, NULL, true);
    assert_int_equal(r.status, SDSE_OK);
    assert_double_within(r.arch->compute.area_um2.value, 0.25e6, 1e-12);
    double area_um2 = 0;
    for (unsigned l = 0; l < r.arch->level_count; l++)
        area_um2 += r.arch->level[l].area_um2.value;
    assert_double_within(area_um2, 0.5e6, 1e-12);
    sdse_arena_free(r.arena);
    r = read_design(HARDWARE(ARRAY ", unit_area: 0", INNER ", area: 0", OUTER), NULL,
                    NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_false(fired(&r, "zigzag-area", ""));
    assert_false(r.arch->compute.area_um2.given);
    sdse_arena_free(r.arena);
    r = read_design("name: h\noperational_array: {input_precision: [8, 8], unit_energy: "
                    "1, dimensions: [D1], sizes: [1]}\nmemories:\n  top: {size: 524288, "
                    "r_bw: 64, w_bw: 64, area: 7, auto_cost_extraction: True, rw_port: "
                    "1, latency: 1, operands: [O, I2, I1], served_dimensions: [D1], "
                    "ports: [{fh: rw_port_1, tl: rw_port_1, fl: rw_port_1, th: "
                    "rw_port_1}, {fh: rw_port_1, tl: rw_port_1}, {fh: rw_port_1, tl: "
                    "rw_port_1}]}\n",
                    NULL, NULL, false);
    assert_int_equal(r.status, SDSE_OK);
    assert_null(strstr(r.text, "area"));
    sdse_arena_free(r.arena);
}

// What adds or pools works on the vector unit: a warning, that need not stop.
static void layers_that_add_are_spread_over_nothing(void **state) {
    (void)state;
    static const char *const names[] = {"Add", "Pooling"};
    for (unsigned i = 0; i < 2; i++) {
        char mapping[160];
        snprintf(mapping, sizeof mapping,
                 "- name: default\n  spatial_mapping: {D1: ['K, 4']}\n"
                 "- name: %s\n  spatial_mapping: {D1: ['G, 2']}\n",
                 names[i]);
        struct read r =
            read_design(HARDWARE(ARRAY, INNER, OUTER), mapping, NULL, false);
        assert_int_equal(r.status, SDSE_OK);
        assert_int_equal(r.arch->dataflow_count, 1);
        assert_string_equal(r.arch->dataflows[0].name, "default");
        fails_with(r, "zigzag-vector", names[i]);
    }
}

// --- Counts ---

// 8 rows of 32 inputs times 32 x 32 weights, spread over the whole TPU-like array. Each
// word moves once, but for the weights, which the multipliers take in every step.
static void a_product_on_the_tpu_is_charged_as_by_hand(void **state) {
    (void)state;
    static const char net[] =
        "- id: 0\n  operator_type: Gemm\n  equation: O[d][k]+=I[d][c]*W[c][k]\n"
        "  loop_dims: [D, K, C]\n  loop_sizes: [8, 32, 32]\n"
        "  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}\n";
    static const char mapping[] =
        "mapping:\n- {level: dram}\n- {level: io_sram, temporal: P8, spatial_x: K32}\n"
        "- {level: o_reg, spatial_x: C32}\n- {level: w_reg}\n";
    char *hardware = data_text("zigzag", "tpu_like");
    struct read r = read_design(hardware, NULL, net, true);
    free(hardware);
    assert_int_equal(r.status, SDSE_OK);
    struct sdse_mapping *read = NULL;
    struct sdse_model *model = NULL;
    const struct sdse_layer *layer = &r.net->layers[0];
    assert_int_equal(sdse_mapping_from_tree(r.arena, parse(&r, mapping, "m"), r.arch,
                                            layer, &r.diags, &read),
                     SDSE_OK);
    assert_int_equal(sdse_model_new(r.arch, layer, NULL, r.arena, &model), SDSE_OK);
    struct sdse_cost cost;
    sdse_evaluate_full(model, read, &cost);
    const double w = 32 * 32, in = 8 * 32, out = 8 * 32, macs = 8 * 32 * 32;
    const double dram = 8 * ((w + in) * 700 + out * 750) / 64;
    // Inputs: in, and to the array. Outputs: in, and out.
    const double sram = 8 * ((in + out) * 378.4 + (in + out) * 416.16) / 2048;
    // A finished sum of 8 bits takes a whole access of 16.
    const double sums = (out + out) * 0.021;
    const double registers = (w + macs) * 0.095;
    assert_double_within(cost.energy_pj, dram + sram + sums + registers + macs * 0.04,
                         1e-12);
    assert_int_equal(cost.macs, 8192);
    assert_int_equal(cost.compute_cycles, 8);
    // 64 bits a cycle to and from outside: 1,536 bytes.
    assert_int_equal(cost.latency_cycles, 1536 * 8 / 64);
    sdse_arena_free(r.arena);
}

// --- Networks ---

#define LAYER(id, type, equation, dims, sizes, more)                 \
    "- id: " id "\n  operator_type: " type "\n  equation: " equation \
    "\n  loop_dims: [" dims "]\n  loop_sizes: [" sizes "]\n"         \
    "  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}\n" more
#define CONV "O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]"
#define RELATIONS "  dimension_relations: [ix=2*ox+3*fx, iy=1*oy+1*fy]\n"

static void layers_are_what_their_equations_say(void **state) {
    (void)state;
    struct read r = read_design(
        NULL, NULL,
        LAYER("0", "Conv", CONV, "B, K, C, OY, OX, FY, FX", "2, 64, 3, 10, 20, 3, 5",
              RELATIONS)
        // Padding, and a map on which the last stride does not reach the end.
        LAYER("1", "Conv", CONV, "B, K, C, OY, OX, FY, FX", "1, 4, 3, 10, 5, 3, 3",
              "  dimension_relations: [ix=2*ox+1*fx, iy=1*oy+1*fy]\n"
              "  pr_loop_dims: [IX, IY]\n  pr_loop_sizes: [12, 10]\n"
              "  padding: [[0, 0], [1, 1]]\n")
            LAYER("2", "Conv", "O[b][g][oy][ox]+=W[g][fy][fx]*I[b][g][iy][ix]",
                  "B, G, OY, OX, FY, FX", "1, 16, 4, 4, 3, 3",
                  "  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]\n"
                  "  pr_loop_dims: [IX, IY]\n  padding: [[0, 2], [1, 0]]\n")
                LAYER("3", "Conv",
                      "O[b][g][k][oy][ox]+=W[g][k][c][fy][fx]*I[b][g][c][iy][ix]",
                      "B, G, K, C, OY, OX, FY, FX", "1, 4, 6, 5, 4, 4, 3, 3",
                      "  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]\n")
                    LAYER("4", "Gemm", "O[b][d][k]+=I[b][d][c]*W[c][k]", "B, D, K, C",
                          "3, 7, 11, 13", "")
                        LAYER("5", "Gemm", "O[g][d][k]+=W[g][c][k]*I[g][d][c]",
                              "G, D, K, C", "12, 7, 11, 13",
                              "  operand_source: {I: 5, W: 4}\n")
                            LAYER("6", "Add",
                                  "O[b][g][oy][ox]=W[b][g][oy][ox]+I[b][g][oy][ox]",
                                  "B, G, OY, OX", "2, 8, 9, 10", "")
                                LAYER("7", "MaxPool",
                                      "O[b][g][oy][ox]+=W[fx][fy]*I[b][g][iy][ix]",
                                      "B, G, OY, OX, FX, FY", "2, 8, 4, 5, 3, 2",
                                      "  dimension_relations: [ix=2*ox+1*fx, "
                                      "iy=2*oy+1*fy]\n"),
        true);
    assert_int_equal(r.status, SDSE_OK);
    static const uint64_t bounds[8][SDSE_DIMS] = {
        // N K C P Q R S G
        {2, 64, 3, 10, 20, 3, 5, 1}, {1, 4, 3, 10, 5, 3, 3, 1},
        {1, 1, 1, 4, 4, 3, 3, 16},   {1, 6, 5, 4, 4, 3, 3, 4},
        {3, 11, 13, 7, 1, 1, 1, 1},  {1, 11, 13, 7, 1, 1, 1, 12},
        {2, 1, 1, 9, 10, 1, 1, 8},   {2, 1, 1, 4, 5, 2, 3, 8}};
    assert_int_equal(r.net->layer_count, 8);
    for (size_t l = 0; l < 8; l++)
        for (unsigned d = 0; d < SDSE_DIMS; d++)
            if (r.net->layers[l].nest.bound[d] != bounds[l][d])
                fail_msg("layer %zu: %c is %llu", l, sdse_dim_letters[d],
                         (unsigned long long)r.net->layers[l].nest.bound[d]);
    const struct sdse_nest *first = &r.net->layers[0].nest,
                           *second = &r.net->layers[1].nest,
                           *third = &r.net->layers[2].nest;
    assert_int_equal(first->stride[0], 1);
    assert_int_equal(first->stride[1], 2);
    assert_int_equal(first->dilation[0], 1);
    assert_int_equal(first->dilation[1], 3);
    // As large as the windows reach.
    assert_int_equal(second->map[0], 10);
    assert_int_equal(second->pad[0], 1);
    assert_int_equal(second->pad[1], 0);
    // What windows reach less the padding of both ends.
    assert_int_equal(third->map[0], 5);
    assert_int_equal(third->map[1], 4);
    assert_int_equal(third->pad[0], 1);
    assert_int_equal(third->pad[1], 0);
    assert_string_equal(r.net->layers[4].name, "layer4");
    sdse_arena_free(r.arena);
}

static void layers_that_are_none_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *net, *check, *part;
        bool goes_on;
    } cases[] = {
        {LAYER("0", "Conv", "O[k]=W[k]-I[k]", "K", "2", ""), "zigzag-equation",
         "no equation", false},
        {LAYER("0", "Conv", "O[k]+=W[k][c]*X[c]", "K, C", "2, 2", ""),
         "zigzag-equation", "no equation", false},
        {LAYER("0", "Conv", CONV, "K, C", "2", ""), "zigzag-loops", "as many", false},
        {LAYER("0", "Conv", CONV, "K, K", "2, 2", ""), "zigzag-loops", "twice", false},
        {LAYER("0", "Conv", CONV, "K, H", "2, 2", ""), "zigzag-loops", "'H'", false},
        {LAYER("0", "Conv", CONV, "OX", "2", "  dimension_relations: [ix=ox-fx]\n"),
         "zigzag-equation", "expected an index of I", false},
        {LAYER("0", "Conv", CONV, "OX", "2", "  dimension_relations: [kx=ox+fx]\n"),
         "zigzag-equation", "expected an index of I", false},
        {LAYER("0", "Conv", CONV, "OX, FX", "9, 3",
               "  dimension_relations: [ix=ox+fx]\n  pr_loop_dims: [IX]\n"
               "  padding: [[1]]\n"),
         "zigzag-padding", "expected padding before and after", false},
        {LAYER("0", "Conv", CONV, "OX, FX", "9, 3",
               "  dimension_relations: [ix=ox+fx]\n  pr_loop_dims: [IX]\n"
               "  pr_loop_sizes: [8]\n  padding: [[1, 1]]\n"),
         "zigzag-padding", "reach 11 places of 'ix', of which there are 8 and 1 + 1",
         false},
        {LAYER("0", "Conv", CONV, "K", "2", "  operand_source: {I: 7}\n"),
         "zigzag-source", "no layer 7", false},
        {LAYER("0", "Conv", CONV, "K", "2", "  time_dim: K\n"), "zigzag-key",
         "'time_dim'", true},
        {LAYER("0", "Conv", CONV, "K", "2", "")
             LAYER("1", "Conv", CONV, "C", "3", "  operand_source: {I: 0}\n"),
         "zigzag-edge", "'layer0' puts out 2 x 1 x 1, 'layer1' reads 3 x 1 x 1", true},
        {LAYER("0", "Conv", CONV, "K", "2",
               "") "- id: 1\n  operator_type: Conv\n  equation: " CONV
                   "\n  loop_dims: [C]\n  loop_sizes: [2]\n"
                   "  operand_precision: {W: 4, I: 8, O: 16, O_final: 8}\n",
         "zigzag-precision", "different widths", true},
        {"[]\n#equation:\n#loop_dims:\n", "zigzag-key", "expected a list of layers",
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int lossy = 0; lossy < 2; lossy++) {
            struct read r = {.arena = sdse_arena_new()};
            sdse_diags_init(&r.diags, r.arena);
            const char *yaml = NULL;
            r.status = sdse_zigzag_workload(parse(&r, cases[i].net, "net"), lossy,
                                            r.arena, &r.diags, &yaml);
            if ((r.status == SDSE_OK) != (lossy && cases[i].goes_on))
                fail_msg("case %zu, lossy %d", i, lossy);
            fails_with(r, cases[i].check, cases[i].part);
        }
    }
}

#define ONE_BY_ONE "  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]\n"

// Who reads what: a chain, a sum of two; a maker with one reader that disagrees has no
// edges.
static void sources_become_edges(void **state) {
    (void)state;
    struct read r = read_design(
        NULL, NULL,
        LAYER("5", "Conv", CONV, "K, C, OY, OX", "8, 4, 6, 6", ONE_BY_ONE)
            LAYER("6", "Conv", CONV, "K, C, OY, OX", "8, 8, 6, 6",
                  ONE_BY_ONE "  operand_source: {I: 5, W: 6}\n")
                LAYER("7", "Add", "O[b][g][oy][ox]=W[b][g][oy][ox]+I[b][g][oy][ox]",
                      "B, G, OY, OX", "1, 8, 6, 6", "  operand_source: {I: 6, W: 5}\n")
                    LAYER("8", "Conv", CONV, "K, C, OY, OX", "2, 8, 6, 6",
                          ONE_BY_ONE "  operand_source: {I: 7}\n")
                        LAYER("9", "Conv", CONV, "K, C, OY, OX", "2, 8, 3, 6",
                              ONE_BY_ONE "  operand_source: {I: 7}\n"),
        true);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->edge_count, 3);
    assert_true(
        fired(&r, "zigzag-edge", "'layer7' puts out 8 x 6 x 6, 'layer9' reads"));
    sdse_arena_free(r.arena);
}

// Depth-wise makers put out all their groups; another number of samples is another map.
static void edges_agree_in_channels_and_samples(void **state) {
    (void)state;
    struct read r =
        read_design(NULL, NULL,
                    LAYER("1", "Conv", "O[b][g][oy][ox]+=W[g][fy][fx]*I[b][g][iy][ix]",
                          "G, OY, OX, FY, FX", "16, 4, 4, 3, 3", ONE_BY_ONE)
                        LAYER("2", "Conv", CONV, "K, C, OY, OX", "8, 16, 4, 4",
                              ONE_BY_ONE "  operand_source: {I: 1}\n")
                            LAYER("3", "Conv", CONV, "B, K, C, OY, OX", "2, 8, 8, 4, 4",
                                  ONE_BY_ONE "  operand_source: {I: 2}\n"),
                    true);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->edge_count, 1);
    assert_true(fired(&r, "zigzag-edge", "'layer2'"));
    sdse_arena_free(r.arena);
    // Samples of a product whose right operand is made are rows of its left one.
    r = read_design(NULL, NULL,
                    LAYER("1", "Gemm", "O[k]+=W[k][c]*I[c]", "K, C", "4, 4", "") LAYER(
                        "2", "Gemm", "O[b][d][k]+=W[c][k]*I[b][d][c]", "B, D, K, C",
                        "3, 7, 11, 13", "  operand_source: {W: 1}\n"),
                    true);
    assert_int_equal(r.status, SDSE_OK);
    assert_int_equal(r.net->layers[1].nest.bound[SDSE_P], 21);
    sdse_arena_free(r.arena);
}

static void files_are_told_by_their_keys(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum sdse_zigzag_kind kind;
    } cases[] = {
        {"", SDSE_ZIGZAG_NONE},
        {"memories: {}\nmultipliers: {}\n", SDSE_ZIGZAG_HARDWARE},
        {"\xEF\xBB\xBF# x\nname: a\nmemories:\n  a: 1\noperational_array: 2\n",
         SDSE_ZIGZAG_HARDWARE},
        {"memories: {}\n", SDSE_ZIGZAG_NONE},
        {" memories: {}\nmultipliers: {}\n", SDSE_ZIGZAG_NONE},
        {"\n# a\n- id: 0\n  equation: 1\n  loop_dims: 2\n", SDSE_ZIGZAG_WORKLOAD},
        {"- id: 0\n  equation: 1\n", SDSE_ZIGZAG_NONE},
        {"- spatial_mapping: 1\n", SDSE_ZIGZAG_MAPPING},
        {"---\n- name: 1\n  memory_operand_links: 1\n", SDSE_ZIGZAG_MAPPING},
        {"name: 1\nspatial_mapping: 1\n", SDSE_ZIGZAG_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(sdse_zigzag_kind(cases[i].text), cases[i].kind);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(designs_become_chains),
        cmocka_unit_test(what_is_no_chain_is_told_apart),
        cmocka_unit_test(numbers_are_those_of_the_file),
        cmocka_unit_test(ports_become_bandwidths),
        cmocka_unit_test(spatial_choices_become_dataflows),
        cmocka_unit_test(workloads_say_how_wide_words_are),
        cmocka_unit_test(what_has_no_counterpart_is_refused),
        cmocka_unit_test(areas_are_those_of_an_instance),
        cmocka_unit_test(layers_that_add_are_spread_over_nothing),
        cmocka_unit_test(a_product_on_the_tpu_is_charged_as_by_hand),
        cmocka_unit_test(layers_are_what_their_equations_say),
        cmocka_unit_test(layers_that_are_none_are_refused),
        cmocka_unit_test(sources_become_edges),
        cmocka_unit_test(edges_agree_in_channels_and_samples),
        cmocka_unit_test(files_are_told_by_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
