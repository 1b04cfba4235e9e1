// What is written for Timeloop, word for word, and what it cannot hold: every loss is
// said, and nothing else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "export/timeloop/timeloop.h"
#include "spec/load.h"

struct world {
    struct sdse_arena *arena;
    struct sdse_diags diags;
    struct sdse_arch *arch;
    struct sdse_layer *layer;
    struct sdse_mapping *mapping;
};

static const struct sdse_node *parse(struct world *w, const char *text) {
    struct sdse_node *root = NULL;
    assert_int_equal(
        sdse_tree_parse_memory(w->arena, "t", text, strlen(text), &w->diags, &root),
        SDSE_OK);
    return root;
}

// Nothing of it is lost: words of 8 bits, networks that are free.
static struct world begin(void) {
    struct world w = {.arena = sdse_arena_new()};
    struct sdse_workload *net = NULL;
    sdse_diags_init(&w.diags, w.arena);
    const struct sdse_node *
        arch = parse(
           &w, "{name: a, source: s, node_nm: 45, clock_ghz: 0.5, tensors: {weights: "
               "{bits: 8}, inputs: {bits: 8}, outputs: {bits: 8, partial_bits: 8}}, "
               "count_drain_reads: false, count_return_transfers: false, levels: ["
               "{level: D, memory: {class: dram, pj_per_bit: 1, fetch_gaps: true}, "
               "fanout: {x: 2, y: 2}, network: {topology: bus, multicast: true, "
               "reduce: true, free: true}}, "
               "{level: R, memory: {class: regfile, capacity_bits: 240, pj_per_bit: 1, "
               "fetch_gaps: true}, fanout: {x: 1, y: 2}, network: {topology: bus, "
               "multicast: true, reduce: true, free: true}}, "
               "{level: I, memory: {class: sram, keeps: [inputs], capacity_bits: 64, "
               "pj_per_bit: 1, fetch_gaps: true}}], compute: {pj_per_mac: 7}}"),
       *layers = parse(&w, "{name: n, source: s, layers: [{name: l, kind: conv, in: "
                           "[2, 9, 10], out_channels: 8, kernel: [3, 2], stride: [1, "
                           "2], dilation: [3, 1]}]}"),
       *mapping = parse(&w, "mapping:\n- {level: D, temporal: P3 K2, spatial_x: K2, "
                            "spatial_y: C2}\n- {level: R, temporal: Q5 R3, "
                            "spatial_y: S2}\n- {level: I, temporal: K2}\n");
    if (sdse_arch_from_tree(w.arena, arch, NULL, 0, &w.diags, &w.arch) ||
        sdse_workload_from_tree(w.arena, layers, &w.diags, &net) ||
        sdse_mapping_from_tree(w.arena, mapping, w.arch, net->layers, &w.diags,
                               &w.mapping)) {
        sdse_diags_print(&w.diags, stderr, false);
        fail();
    }
    w.layer = net->layers;
    return w;
}

static bool is_said(const struct sdse_diags *diags, const char *what) {
    bool said = false;
    for (const struct sdse_diag *d = diags->first; d; d = d->next)
        said |= strstr(d->message, what) != NULL;
    return said;
}

static enum sdse_status export(struct world *w, bool mapped, bool lossy,
                               struct sdse_timeloop_texts *texts) {
    sdse_diags_init(&w->diags, w->arena);
    return sdse_timeloop_export(w->arch, w->layer, mapped ? w->mapping : NULL, lossy,
                                w->arena, &w->diags, texts);
}

static struct sdse_number number(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static void says(const char *text, const char *what) {
    if (!strstr(text, what))
        fail_msg("'%s' is not in\n%s", what, text);
}

// Rows of whole words, bandwidths in words, energies of a row, leakage of a cycle.
static void memories_are_written(void **state) {
    (void)state;
    struct world w = begin();
    struct sdse_level *dram = &w.arch->level[0], *regs = &w.arch->level[1],
                      *inputs = &w.arch->level[2];
    w.arch->bits[SDSE_INPUTS] = 4;
    w.arch->bits[SDSE_OUTPUTS] = 16;
    w.arch->partial_bits = 24;
    dram->port_bits = 40;
    dram->read_pj = number(10);
    dram->fill_pj = number(20);
    dram->update_pj = number(30);
    dram->read_bits_per_cycle = number(32);
    dram->write_bits_per_cycle = number(48);
    dram->shared_bits_per_cycle = number(64);
    regs->keeps = regs->keeps & ~SDSE_BIT(SDSE_INPUTS);
    regs->may_bypass = SDSE_BIT(SDSE_WEIGHTS);
    regs->carries_loops = false;
    regs->port_bits = 48;
    regs->macro_count = regs->buffering = 2;
    regs->read_pj = number(4);
    regs->fill_pj = number(8);
    regs->update_pj = number(12);
    regs->v_over_vmin = 0.5;
    regs->leakage_mw = number(3);
    regs->area_um2 = number(5);
    inputs->read_pj = number(1);
    inputs->fill_pj = number(2);
    inputs->update_pj = number(9);
    w.arch->compute.leakage_mw = number(1);
    struct sdse_timeloop_texts texts;
    assert_int_equal(export(&w, false, true, &texts), SDSE_OK);
    says(texts.arch, "{technology: 45nm, global_cycle_seconds: 2e-09}");
    says(texts.arch,
         "name: D\n      class: DRAM\n      attributes: {datawidth: 16, width: 32, "
         "read_bandwidth: 2, write_bandwidth: 3, shared_bandwidth: 4}\n");
    says(texts.arch, "name: D_x\n      spatial: {meshX: 2}\n    - !Container\n      "
                     "name: D_y\n      spatial: {meshY: 2}\n");
    says(texts.arch,
         "name: R\n      class: regfile\n      attributes: {datawidth: 24, width: 48, "
         "depth: 5, n_banks: 2, multiple_buffering: 2}\n      constraints:\n        "
         "dataspace: {keep: [Outputs], bypass: [Inputs]}\n        temporal: "
         "{factors_only: []}\n");
    says(texts.arch, "{multiplier_width: 8, adder_width: 24}");
    says(texts.arch, "name: design.D\n      actions: [{name: read, energy: 8}, {name: "
                     "write, energy: 16}, {name: update, energy: 24}]\n");
    says(texts.arch, "name: design.R\n      actions: [{name: read, energy: 1}, {name: "
                     "write, energy: 2}, {name: update, energy: 3}, {name: leak, "
                     "energy: 6}]\n");
    says(texts.arch, "name: design.I\n      actions: [{name: read, energy: 4}, {name: "
                     "write, energy: 8}, {name: update, energy: 8}]\n");
    says(texts.arch, "name: design.mac\n      actions: [{name: compute, energy: 7}, "
                     "{name: leak, energy: 2}]\n");
    says(texts.arch, "tables:\n    - {name: design.R, area: 5}\n");
    // What is free costs nothing; what keeps nothing is no node, but a place.
    dram->free = w.arch->compute.free = true;
    inputs->keeps = 0;
    inputs->area_um2 = number(6);
    assert_int_equal(export(&w, false, true, &texts), SDSE_OK);
    says(texts.arch, "name: design.D\n      actions: [{name: read, energy: 0}, {name: "
                     "write, energy: 0}, {name: update, energy: 0}]\n");
    says(texts.arch, "[{name: compute, energy: 0}, {name: leak, energy: 2}]\n");
    assert_null(strstr(texts.arch, "design.I"));
    inputs->fanout_y = 2;
    assert_int_equal(export(&w, false, true, &texts), SDSE_INVALID);
    assert_true(is_said(&w.diags, "loops or places at a memory that keeps no words"));
    sdse_arena_free(w.arena);
}

static void layers_and_mappings_are_written(void **state) {
    (void)state;
    struct world w = begin();
    w.layer->density[SDSE_WEIGHTS] = 0.5;
    w.layer->density[SDSE_INPUTS] = 0.25;
    w.mapping->keeps[1] = SDSE_BIT(SDSE_OUTPUTS);
    struct sdse_timeloop_texts texts;
    assert_int_equal(export(&w, true, false, &texts), SDSE_OK);
    says(texts.problem, "    N: 1\n    M: 8\n    C: 2\n    P: 3\n    Q: 5\n    R: 3\n"
                        "    S: 2\n    G: 1\n    Pstride: 1\n    Rdilation: 3\n    "
                        "Qstride: 2\n    Sdilation: 1\n");
    says(texts.problem, "Weights: {distribution: hypergeometric, density: 0.5}\n      "
                        "Inputs: {distribution: hypergeometric, density: 0.25}\n");
    says(texts.mapping,
         "{target: D, type: temporal, factors: [N=1, M=2, C=1, P=3, Q=1, "
         "R=1, S=1, G=1], permutation: [M, P, N, C, Q, R, S, G]}\n");
    says(texts.mapping,
         "{target: D_x, type: spatial, factors: [N=1, M=2, C=1, P=1, Q=1, "
         "R=1, S=1, G=1], permutation: [M, N, C, P, Q, R, S, G], split: "
         "8}\n");
    says(texts.mapping,
         "{target: D_y, type: spatial, factors: [N=1, M=1, C=2, P=1, Q=1, "
         "R=1, S=1, G=1], permutation: [C, N, M, P, Q, R, S, G], split: "
         "0}\n");
    says(texts.mapping,
         "{target: R, type: dataspace, keep: [Outputs], bypass: [Weights, "
         "Inputs]}\n");
    says(texts.mapping, "{target: R_y, type: spatial");
    sdse_arena_free(w.arena);
}

// --- What is lost ---

static void be_uneven(struct world *w) { w->arch->level[1].uneven = true; }
static void keep_bases(struct world *w) {
    w->arch->level[1].keeps |= SDSE_BIT(SDSE_PART_BASIS);
}
static void keep_nothing(struct world *w) { w->arch->level[1].keeps = 0; }
static void have_port(struct world *w) {
    w->arch->level[1].own_bits_per_cycle[SDSE_PORT_WRITE][SDSE_INPUTS] = number(8);
}
static void have_up_port(struct world *w) {
    w->arch->level[1].own_bits_per_cycle[SDSE_PORT_WRITE][SDSE_PORT_UP] = number(8);
}
static void write_much(struct world *w) { w->arch->level[1].least_write_bits = 64; }
static void transfer_apart(struct world *w) { w->arch->level[1].overlap = false; }
static void be_skewed(struct world *w) {
    w->arch->level[1].pass_skew_cycles = number(2);
}
static void lower_supply(struct world *w) { w->arch->level[1].v_over_vmin = 0.9; }
static void limit_lives(struct world *w) {
    w->arch->level[1].max_lifetime_us = number(4);
}
static void share(struct world *w) { w->arch->level[1].shares_activations = true; }
static void control(struct world *w) {
    w->arch->level[1].overhead.control_percent = number(5);
}
static void code_outputs(struct world *w) {
    w->arch->level[1].format[SDSE_OUTPUTS].compression = SDSE_BITMAP;
}
static void share_windows(struct world *w) {
    w->arch->level[1].network[SDSE_INPUTS].window_sharing = true;
}
static void add_dearly(struct world *w) {
    w->arch->level[1].network[SDSE_OUTPUTS].free = false;
    w->arch->level[1].network[SDSE_OUTPUTS].pj_per_add = number(1);
}
static void hop(struct world *w) {
    w->arch->level[1].network[SDSE_OUTPUTS].free = false;
    w->arch->level[1].network[SDSE_OUTPUTS].hop_pj_per_bit = number(1);
}
static void add_apart(struct world *w) {
    w->arch->level[1].network[SDSE_OUTPUTS].reduce = false;
}
static void have_engine(struct world *w) { w->arch->engine_count = 1; }
static void have_vector(struct world *w) { w->arch->vector.present = true; }
static void draw_power(struct world *w) {
    w->arch->compute.overhead.static_mw = number(1);
}
static void take_cycles(struct world *w) { w->arch->compute.cycles_per_mac = 2; }
static void have_area(struct world *w) { w->arch->other_area_um2 = number(9); }
static void have_odd_port(struct world *w) { w->arch->level[1].port_bits = 12; }
static void have_odd_room(struct world *w) { w->arch->level[1].capacity_bits = 236; }
static void have_widths(struct world *w) { w->arch->bits[SDSE_INPUTS] = 4; }
static void be_named_alike(struct world *w) { w->arch->level[2].name = "R"; }
static void add_maps(struct world *w) { w->layer->addends = 1; }
static void be_imperfect(struct world *w) {
    w->mapping->level[2].temporal.loop[0].factor = 3;
}

// One change at a time, which alone is said.
static void every_loss_is_said(void **state) {
    (void)state;
    static const struct {
        void (*change)(struct world *);
        const char *said;
        bool goes_on;
    } cases[] = {
        {be_uneven, "tiled at different loops", false},
        {keep_bases, "parts of a weight form", true},
        {keep_nothing, "loops or places at a memory that keeps no words", false},
        {have_port, "ports of single tensors", true},
        {have_up_port, "ports of single tensors", true},
        {write_much, "accesses of some bits at least", true},
        {transfer_apart, "transfers that do not overlap", true},
        {be_skewed, "cycles of a pass", true},
        {lower_supply, "a supply below the least", true},
        {limit_lives, "a longest life", true},
        {share, "tensors that stay between layers", true},
        {control, "clock, static or control power ('R')", true},
        {code_outputs, "a format as it is coded here", true},
        {share_windows, "windows that neighbours share", true},
        {add_dearly, "costs of a network", true},
        {hop, "costs of a network", true},
        {add_apart, "does not multicast, or not reduce", true},
        {have_engine, "engines", true},
        {have_vector, "a vector unit", true},
        {draw_power, "power of the chip or the multipliers", true},
        {take_cycles, "2 cycles of a MAC", true},
        {have_area, "area of nothing in particular", true},
        {have_odd_port, "a port of no whole number of words", true},
        {have_odd_room, "a capacity of no whole number of rows", true},
        {have_widths, "inputs of 4 bits are taken as 8", true},
        {be_named_alike, "two nodes of one name", false},
        {add_maps, "maps that are added to the outputs", true},
        {be_imperfect, "factors of K that do not divide", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world w = begin();
        struct sdse_timeloop_texts texts;
        assert_int_equal(export(&w, true, false, &texts), SDSE_OK);
        assert_null(w.diags.first);
        cases[i].change(&w);
        assert_int_equal(export(&w, true, false, &texts), SDSE_INVALID);
        if (!is_said(&w.diags, cases[i].said))
            fail_msg("'%s' is not said", cases[i].said);
        assert_int_equal(export(&w, true, true, &texts),
                         cases[i].goes_on ? SDSE_OK : SDSE_INVALID);
        sdse_arena_free(w.arena);
    }
}

// What costs nothing, whatever it would cost, is no loss; a dataflow is one without a
// mapping alone.
static void what_a_mapping_shows_is_no_loss(void **state) {
    (void)state;
    struct world w = begin();
    struct sdse_timeloop_texts texts;
    struct sdse_dataflow flow = {.name = "f"};
    w.arch->level[1].network[SDSE_OUTPUTS].pj_per_bit = number(1);
    w.arch->dataflows = &flow;
    w.arch->dataflow_count = 1;
    assert_int_equal(export(&w, true, false, &texts), SDSE_OK);
    assert_int_equal(export(&w, false, false, &texts), SDSE_INVALID);
    assert_true(is_said(&w.diags, "a dataflow that is asked for"));
    sdse_arena_free(w.arena);
}

// Where Timeloop counts otherwise a warning says so.
static void other_counts_are_warned_of(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct world w = begin();
        struct sdse_timeloop_texts texts;
        if (i == 0)
            w.arch->count_return_transfers = true;
        else if (i == 1)
            w.arch->level[0].fetch_gaps = false;
        else
            w.layer->nest.pad[1] = 1;
        assert_int_equal(export(&w, true, false, &texts), SDSE_OK);
        assert_true(is_said(&w.diags, i < 2 ? "bounding boxes" : "counts the padding"));
        sdse_arena_free(w.arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memories_are_written),
        cmocka_unit_test(layers_and_mappings_are_written),
        cmocka_unit_test(every_loss_is_said),
        cmocka_unit_test(what_a_mapping_shows_is_no_loss),
        cmocka_unit_test(other_counts_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
