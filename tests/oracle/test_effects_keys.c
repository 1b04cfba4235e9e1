// What of an accelerator's engine and of a layer reaches its expectation: each key of
// the file, its default, each side of the shape, each statistic; and which words, sums,
// additions, rows and picojoules are less for it. The expectations themselves are
// checked against machines (test_engines_expect.c, test_effects.c), on tensors alike in
// both directions; here no two sides, groups or samples are alike.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "engines/expect/cartesian.h"
#include "engines/expect/gather.h"
#include "engines/expect/selector.h"
#include "engines/expect/serial.h"
#include "engines/expect/skip.h"
#include "oracle/support_problems.h"

enum { STEPS = 1024, SHAPES = 3, LEVELS = 3 };

static const char *const level_names[LEVELS] = {"DRAM", "glb", "pad"};

// What is left of a dense layer.
struct left {
    double rate, own_cycles; // of a MAC; of all, where the engine counts them
    double macs, weights, inputs, outputs, events, rebuilt, rebuilding;
};

struct known {
    struct sdse_layer layer;
    struct sdse_activations activations;
    struct sdse_weight_form form;
};

// N K C P Q R S G, stride, padding before each axis. K is even, and C.
static const struct {
    uint64_t bound[SDSE_DIMS];
    uint32_t stride;
    int64_t pad[2];
    uint64_t map[2];
} shapes[SHAPES] = {{{2, 6, 4, 5, 7, 3, 2, 1}, 1, {1, 0}, {5, 8}},
                    {{1, 4, 2, 4, 5, 2, 3, 3}, 2, {0, 1}, {8, 9}},
                    {{3, 8, 4, 6, 3, 3, 1, 2}, 1, {2, 0}, {4, 3}}};

static void know(int shape, struct known *known) {
    *known = (struct known){
        .layer = {.name = "l",
                  .kind = SDSE_CONV,
                  .nest = {.dilation = {1, 1}},
                  .repeat = 1,
                  .in_height = shapes[shape].map[0],
                  .in_width = shapes[shape].map[1],
                  .density = {0.45, 0.9, 1}},
        .activations = {.mark = "assumed",
                        .bits = shape == 1 ? 6 : 8,
                        .is_signed = shape != 1,
                        .density = 0.35},
        .form = {
            .smartdeal = true, .basis_size = 2, .density = 0.3, .row_density = 0.6}};
    struct sdse_nest *nest = &known->layer.nest;
    memcpy(nest->bound, shapes[shape].bound, sizeof nest->bound);
    for (int a = 0; a < 2; a++) {
        nest->stride[a] = shapes[shape].stride;
        nest->pad[a] = shapes[shape].pad[a];
        nest->map[a] = shapes[shape].map[a];
    }
    static const double digits[SDSE_ENCODINGS][4] = {
        {65, 10, 15, 10}, {65, 5, 10, 20}, {65, 20, 10, 5}};
    for (int e = 0; e < SDSE_ENCODINGS; e++) {
        known->activations.bins[e] = 4;
        memcpy(known->activations.digits[e], digits[e], sizeof digits[e]);
    }
    known->layer.activations = &known->activations;
    const uint64_t *b = nest->bound, words = b[SDSE_C] * b[SDSE_R] * b[SDSE_S];
    known->form.rows = known->form.rows_per_block = words / 2;
    known->form.blocks = b[SDSE_K] * b[SDSE_G];
    known->form.coefficient_bits_total = 100;
    known->form.basis_bits_total = 1000;
    known->form.index_bits_total = 50;
}

static double macs_of(const struct known *known) {
    double macs = 1;
    for (int d = 0; d < SDSE_DIMS; d++)
        macs *= (double)known->layer.nest.bound[d];
    return macs;
}

// MACs whose input is not in the padding.
static double real(const struct known *known) {
    const struct sdse_nest *n = &known->layer.nest;
    uint64_t count = 0, all = 0;
    for (uint64_t p = 0; p < n->bound[SDSE_P]; p++)
        for (uint64_t q = 0; q < n->bound[SDSE_Q]; q++)
            for (uint64_t r = 0; r < n->bound[SDSE_R]; r++)
                for (uint64_t s = 0; s < n->bound[SDSE_S]; s++) {
                    const int64_t y = (int64_t)(p * n->stride[0] + r) - n->pad[0],
                                  x = (int64_t)(q * n->stride[1] + s) - n->pad[1];
                    all++;
                    count += y >= 0 && x >= 0 && y < (int64_t)n->map[0] &&
                             x < (int64_t)n->map[1];
                }
    return (double)count / (double)all;
}

static void run(const char *engines, const struct known *known, bool smartdeal,
                struct sdse_cost *cost) {
    struct sdse_arena *arena = sdse_arena_new();
    const char *text = sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 1}}, "
        "{level: glb, memory: {class: regfile, capacity_kib: 1024, pj_per_bit: 0.5}, "
        "fanout: {x: 2, dims_x: [K]}, network: {topology: bus, multicast: true, "
        "reduce: "
        "true, pj_per_bit: 0.25}}, "
        "{level: pad, memory: {class: regfile, capacity_kib: 1024, pj_per_bit: 0.1}, "
        "fanout: {x: 2, dims_x: [C]}, network: {topology: tree, multicast: true, "
        "reduce: true, pj_per_bit: 0.125, pj_per_add: 3}}], "
        "compute: {class: bit_serial, cycles_per_mac: 1, pj_per_mac: 2}, engines: ["
        "{kind: rebuild, below: glb, pj_per_shift_add: 1, pj_per_basis_read: 1, "
        "pj_per_basis_write: 1, rows_per_cycle: 0.25}%s%s]}",
        *engines ? ", " : "", engines);
    const struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, &known->layer,
                                    smartdeal ? &known->form : NULL, arena, &model),
                     SDSE_OK);
    struct sdse_mapping mapping;
    sdse_mapping_init(arch, &mapping);
    const uint64_t *bound = known->layer.nest.bound;
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        const bool split = d == SDSE_K || d == SDSE_C;
        const uint64_t rest = bound[d] / (split ? 2 : 1);
        if (rest == 1)
            continue;
        struct sdse_loops *at =
            &mapping.level[d == SDSE_K || d == SDSE_P ? 1 : 2].temporal;
        at->loop[at->count++] = (struct sdse_loop){(enum sdse_dim)d, rest};
    }
    for (int l = 1; l < LEVELS; l++) {
        mapping.level[l].spatial[0].count = 1;
        mapping.level[l].spatial[0].loop[0] =
            (struct sdse_loop){l == 1 ? SDSE_K : SDSE_C, 2};
    }
    assert_int_equal(sdse_mapping_verdict(model, &mapping, NULL), SDSE_VALID);
    assert_true(sdse_evaluate_full(model, &mapping, cost));
    sdse_arena_free(arena);
}

static void same(const char *engine, const char *what, unsigned level, double ours,
                 double wanted, double room) {
    if (!(fabs(ours - wanted) <= room + 1e-9 * fabs(wanted)))
        fail_msg("%s: %s at level %u: %.17g, not %.17g", engine, what, level, ours,
                 wanted);
}

static void compare_words(const char *engine, unsigned below, const struct left *left,
                          const struct sdse_cost *cost, const struct sdse_cost *dense) {
    for (unsigned l = 0; l < LEVELS; l++) {
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *a = &cost->level[l].flow[part],
                                        *b = &dense->level[l].flow[part];
            const struct sdse_network_cost *n = &cost->level[l].network[part],
                                           *m = &dense->level[l].network[part];
            const bool outputs = part == SDSE_PART_OUTPUTS,
                       basis = part == SDSE_PART_BASIS;
            const double part_left = outputs                    ? left->outputs
                                     : part == SDSE_PART_INPUTS ? left->inputs
                                                                : left->weights;
            // Sums are less at the multipliers only.
            const double here =
                basis || (outputs ? l + 1 < LEVELS : l < below) ? 1 : part_left;
            const double above =
                outputs || basis || l == 0 || l - 1 < below ? 1 : part_left;
            // (Where a level has both from its own child and to its parent, words to
            // the parent are drained or counted as fills.)
            same(engine, "reads", l, (double)a->reads, ceil(here * (double)b->reads),
                 1);
            same(engine, "fills", l, (double)a->fills, ceil(above * (double)b->fills),
                 1);
            same(engine, "updates", l, (double)a->updates,
                 ceil(here * (double)b->updates), 1);
            same(engine, "drains", l, (double)a->drain_reads, (double)b->drain_reads,
                 0);
            same(engine, "crossing", l, (double)n->words, ceil(here * (double)m->words),
                 1);
            same(engine, "additions", l, (double)n->adds, ceil(here * (double)m->adds),
                 1);
        }
    }
}

// An engine below one level after the other, against the dense layer.
static void check(const char *engine, const struct known *known, bool smartdeal,
                  const struct left *left) {
    struct sdse_cost cost, dense;
    run("", known, smartdeal, &dense);
    const double macs = macs_of(known);
    static unsigned next;
    const unsigned below = next++ % LEVELS;
    struct sdse_arena *arena = sdse_arena_new();
    const char *text =
        sdse_arena_printf(arena, "{%s, below: %s}", engine, level_names[below]);
    run(text, known, smartdeal, &cost);
    compare_words(text, below, left, &cost, &dense);
    same(text, "MACs", 0, cost.mac_pj / 2, left->macs * macs, 0);
    same(text, "events", 0, (double)cost.engine_events[0], left->events, 1);
    same(text, "energy of events", 0, cost.engine_pj[0], left->events / 4, 0);
    same(text, "cycles", 0, (double)cost.compute_cycles,
         left->own_cycles > 0 ? ceil(left->own_cycles)
                              : ceil(left->rate * (double)dense.compute_cycles),
         1);
    same(text, "shifts", 0, (double)cost.shift_adds,
         left->rebuilt * (double)dense.shift_adds, 1);
    same(text, "rebuilding", 0, (double)cost.rebuild_cycles,
         ceil(left->rebuilding * (double)dense.rebuild_cycles), 4);
    const double busy = left->own_cycles > 0 ? 1 : left->rate;
    same(text, "utilization", 0, cost.utilization,
         macs * busy / (double)cost.latency_cycles / 4, 0);
    sdse_arena_free(arena);
}

static const struct left whole = {1, 0, 1, 1, 1, 1, 0, 1, 1};

// --- The engines ---

static void serial(void **state) {
    (void)state;
    static const char *const names[] = {"plain", "booth4", "csd"};
    static const struct {
        const char *keys;
        uint32_t columns, registers, first;
    } written[] = {{"columns: 3, registers: 1", 3, 1, SDSE_UNLIMITED},
                   {"columns: 3, registers: inf", 3, SDSE_UNLIMITED, SDSE_UNLIMITED},
                   {"columns: 5", 5, 0, SDSE_UNLIMITED},
                   {"first_stage_bits: 1", 1, 0, 1}};
    for (int i = 0; i < 12; i++) {
        const int e = i % 3, w = i / 3;
        struct known known;
        struct sdse_serial_means means;
        know(i % 2 ? 1 : 2, &known);
        const struct sdse_serial engine = {.operand = {(enum sdse_recoding)e,
                                                       known.activations.bits,
                                                       known.activations.is_signed},
                                           .first_stage_bits = written[w].first,
                                           .lanes = 4,
                                           .columns = written[w].columns,
                                           .registers = written[w].registers};
        struct sdse_serial_stats stats = {
            .values = (uint64_t)STEPS * 4 * engine.columns, .least_cycles = 1};
        double mean = 0;
        for (unsigned d = 0; d < 4; d++) {
            stats.digits.share[d] = known.activations.digits[e][d] / 100;
            mean += d * stats.digits.share[d];
        }
        assert_int_equal(sdse_serial_expect(&engine, &stats, &means), SDSE_OK);
        struct left left = whole;
        left.rate = means.cycles / STEPS;
        left.events = macs_of(&known) * real(&known) * mean; // padding has none
        char text[160];
        snprintf(text, sizeof text,
                 "kind: bit_serial, encoding: %s, lanes: 4, %s, pj_per_digit: 0.25",
                 names[e], written[w].keys);
        check(text, &known, false, &left);
    }
}

static void gates(void **state) {
    (void)state;
    static const char *const operands[] = {"inputs", "weights", "both"};
    for (int i = 0; i < 12; i++) {
        const bool smartdeal = i >= 9;
        struct known known;
        know(i / 3 % 3, &known);
        if (i == 4) // declared with the layer, not measured
            known.layer.activations = NULL;
        const double a = (i == 4 ? 0.9 : 0.35) * real(&known),
                     w = smartdeal ? 0.6 : 0.45;
        struct left left = whole;
        left.macs = left.outputs = i % 3 == 0 ? a : i % 3 == 1 ? w : a * w;
        left.weights = i % 3 == 1 ? 1 : a;
        left.events = macs_of(&known);
        char text[100];
        snprintf(text, sizeof text, "kind: gate, operands: %s, pj_per_test: 0.25",
                 operands[i % 3]);
        check(text, &known, smartdeal, &left);
    }
}

static void skips(void **state) {
    (void)state;
    static const char *const operands[] = {"inputs", "weights", "both"};
    static const enum sdse_skip_mode modes[] = {SDSE_SKIP_ACTS, SDSE_SKIP_WEIGHTS,
                                                SDSE_SKIP_BOTH};
    static const struct {
        const char *keys;
        uint32_t simd, bubble, tile;
    } written[] = {{"", 1, 0, 0},
                   {"simd: 3, ", 3, 0, 0},
                   {"bubble: 1, ", 1, 1, 0},
                   {"tile_columns: 5, ", 1, 0, 5}};
    for (int i = 0; i < 12; i++) {
        struct known known;
        struct sdse_skip_means some, all;
        know(i % 3, &known);
        const uint64_t *b = known.layer.nest.bound;
        struct sdse_skip engine = {.mode = modes[i % 3],
                                   .grid = {3, 2},
                                   .simd = written[i / 3].simd,
                                   .bubble = written[i / 3].bubble,
                                   .tile_cols = written[i / 3].tile};
        const struct sdse_skip_stats stats = {
            .shape = {b[SDSE_C] * b[SDSE_R] * b[SDSE_S],
                      b[SDSE_N] * b[SDSE_P] * b[SDSE_Q], b[SDSE_K]},
            .act_density = 0.35 * real(&known),
            .weight_density = 0.45};
        assert_int_equal(sdse_skip_expect(&engine, &stats, &some), SDSE_OK);
        engine.mode = SDSE_SKIP_NONE;
        assert_int_equal(sdse_skip_expect(&engine, &stats, &all), SDSE_OK);
        struct left left = whole;
        left.rate = fmin(1, some.cycles / all.cycles);
        left.macs = left.outputs = fmin(1, some.issued / all.issued);
        left.weights = fmin(1, some.act_visits / all.act_visits);
        left.events = macs_of(&known) * left.macs;
        char text[160];
        snprintf(text, sizeof text,
                 "kind: skip, operands: %s, grid_rows: 3, grid_columns: 2, "
                 "%spj_per_issue: 0.25",
                 operands[i % 3], written[i / 3].keys);
        check(text, &known, false, &left);
    }
}

static void gathers(void **state) {
    (void)state;
    static const struct {
        const char *keys;
        uint32_t outputs, inputs;
    } written[] = {{"", 0, 0}, {"tile_outputs: 3, ", 3, 0}, {"tile_inputs: 5, ", 0, 5}};
    for (int i = 0; i < 9; i++) {
        struct known known;
        struct sdse_gather_means some, all;
        know(i / 3, &known);
        const uint64_t *b = known.layer.nest.bound;
        const struct sdse_gather engine = {.pes = 4,
                                           .width = 3,
                                           .tile_outputs = written[i % 3].outputs,
                                           .tile_inputs = written[i % 3].inputs};
        struct sdse_gather_stats stats = {.outputs = b[SDSE_G] * b[SDSE_K],
                                          .inputs = b[SDSE_C] * b[SDSE_R] * b[SDSE_S],
                                          .density = 0.45};
        assert_int_equal(sdse_gather_expect(&engine, &stats, &some), SDSE_OK);
        stats.density = 1;
        assert_int_equal(sdse_gather_expect(&engine, &stats, &all), SDSE_OK);
        struct left left = whole;
        left.rate = fmin(1, some.cycles / all.cycles);
        left.macs = left.inputs = left.outputs = 0.45;
        left.events = macs_of(&known) * 0.45;
        char text[120];
        snprintf(text, sizeof text,
                 "kind: gather, elements: 4, width: 3, %spj_per_gathered_word: 0.25",
                 written[i % 3].keys);
        check(text, &known, false, &left);
    }
}

static void selects(void **state) {
    (void)state;
    static const char *const operands[] = {"operands: inputs, ", "operands: weights, ",
                                           ""};
    static const char *const syncs[] = {"step", "tile", "pack"};
    for (int i = 0; i < 27; i++) {
        const bool smartdeal = i % 2;
        const int o = i % 3, sync = i / 9;
        struct known known;
        struct sdse_selector_means means;
        know(i / 3 % 3, &known);
        const uint64_t *b = known.layer.nest.bound;
        known.activations.rows_known = i % 4 < 2;
        known.activations.row_density = 0.7;
        const double rows = smartdeal ? 0.6 : 1 - pow(1 - 0.45, (double)b[SDSE_S]),
                     maps = known.activations.rows_known
                                ? 0.7
                                : 1 - pow(1 - 0.35, (double)known.layer.in_width);
        // One group of more filters than there are is a group of all.
        const uint32_t group = i % 5 ? 2 : 8,
                       held = group < b[SDSE_K] ? group : (uint32_t)b[SDSE_K];
        const struct sdse_selector engine = {.stride =
                                                 (uint32_t)known.layer.nest.stride[0],
                                             .pad = (uint32_t)known.layer.nest.pad[0],
                                             .slices = 8,
                                             .group = held,
                                             .lines = 3,
                                             .sync = (enum sdse_selector_sync)sync,
                                             .skip_weight_rows = o != 0,
                                             .skip_act_rows = o != 1,
                                             .cost = SDSE_SELECTOR_CONST,
                                             .row_cycles = 1};
        const struct sdse_selector_stats stats = {
            .shape = {b[SDSE_K], b[SDSE_C], b[SDSE_R], b[SDSE_S], known.layer.in_height,
                      known.layer.in_width},
            .row_density = rows,
            .joint_density = sdse_selector_joint(rows, held),
            .act_row_density = maps};
        assert_int_equal(sdse_selector_expect(&engine, &stats, &means), SDSE_OK);
        struct left left = whole;
        left.rate = fmin(1, means.cycles / means.cycles_no_selector);
        left.macs = left.outputs = left.rebuilding = means.rebuilds / means.pairs;
        left.inputs = (o != 0 ? stats.joint_density : 1) * (o != 1 ? maps : 1);
        left.rebuilt = fmin(1, left.macs / rows);
        left.events = (double)(b[SDSE_N] * b[SDSE_G]) * means.pairs;
        char text[160];
        snprintf(text, sizeof text,
                 "kind: index_selector, %sslices: 8, group: %u, lines: 3, sync: %s, "
                 "pj_per_row: 0.25",
                 operands[o], group, syncs[sync]);
        check(text, &known, smartdeal, &left);
    }
}

static void multiplies_all_by_all(void **state) {
    (void)state;
    static const struct {
        const char *keys;
        uint32_t banks, queue;
        enum sdse_cartesian_barrier barrier;
        enum sdse_cartesian_halo halo;
    } written[] = {
        {"", 32, 8, SDSE_CARTESIAN_GROUP, SDSE_CARTESIAN_HALO_MAX},
        {"banks: 3, ", 3, 8, SDSE_CARTESIAN_GROUP, SDSE_CARTESIAN_HALO_MAX},
        {"banks: 3, queue: 0, ", 3, 0, SDSE_CARTESIAN_GROUP, SDSE_CARTESIAN_HALO_MAX},
        {"barrier: channel, halo: sum, ", 32, 8, SDSE_CARTESIAN_CHANNEL,
         SDSE_CARTESIAN_HALO_SUM},
        {"halo: none, ", 32, 8, SDSE_CARTESIAN_GROUP, SDSE_CARTESIAN_HALO_NONE}};
    for (int i = 0; i < 15; i++) {
        struct known known;
        struct sdse_cartesian_means means;
        know(i / 5, &known);
        const uint64_t *b = known.layer.nest.bound;
        const struct sdse_cartesian engine = {.stride =
                                                  (uint32_t)known.layer.nest.stride[0],
                                              .pad = (uint32_t)known.layer.nest.pad[0],
                                              .grid = {3, 2},
                                              .weight_vector = 4,
                                              .act_vector = 3,
                                              .banks = written[i % 5].banks,
                                              .queue = written[i % 5].queue,
                                              .acc_entries = 60,
                                              .barrier = written[i % 5].barrier,
                                              .halo = written[i % 5].halo};
        const struct sdse_cartesian_stats stats = {
            .shape = {b[SDSE_C], known.layer.in_height, known.layer.in_width, b[SDSE_K],
                      b[SDSE_R], b[SDSE_S]},
            .act_density = 0.35,
            .weight_density = 0.45};
        assert_int_equal(sdse_cartesian_expect(&engine, &stats, &means), SDSE_OK);
        struct sdse_cartesian_stats full = stats;
        struct sdse_cartesian_means all;
        full.act_density = full.weight_density = 1;
        assert_int_equal(sdse_cartesian_expect(&engine, &full, &all), SDSE_OK);
        const double times = (double)(b[SDSE_N] * b[SDSE_G]), macs = macs_of(&known);
        struct left left = whole;
        left.own_cycles = times * means.cycles;
        left.events = times * means.products;
        left.macs = left.events / macs;
        left.outputs = fmin(1, times * means.valid / macs);
        // A vector of weights for each of inputs that is not empty; inputs each step.
        left.weights = fmin(1, means.act_reads / all.act_reads);
        left.inputs = fmin(1, means.steps / all.steps);
        char text[200];
        snprintf(text, sizeof text,
                 "kind: cartesian, grid_rows: 3, grid_columns: 2, weight_vector: 4, "
                 "input_vector: 3, accumulators: 60, %spj_per_product: 0.25",
                 written[i % 5].keys);
        check(text, &known, false, &left);
    }
}

// --- Several, and where one cannot work ---

// The bit-serial one says what a MAC takes, others what is left of it; whichever is
// written first.
static void engines_multiply(void **state) {
    (void)state;
    static const char serially[] =
        "{kind: bit_serial, encoding: booth4, lanes: 4, pj_per_digit: 1}";
    static const char gathered[] =
        "{kind: gather, elements: 4, width: 3, pj_per_gathered_word: 1}";
    char both[2][160];
    snprintf(both[0], sizeof both[0], "%s, %s", serially, gathered);
    snprintf(both[1], sizeof both[1], "%s, %s", gathered, serially);
    for (int shape = 0; shape < SHAPES; shape++) {
        struct known known;
        struct sdse_cost dense, one, other, cost;
        know(shape, &known);
        run("", &known, false, &dense);
        run(serially, &known, false, &one);
        run(gathered, &known, false, &other);
        for (int i = 0; i < 2; i++) {
            run(both[i], &known, false, &cost);
            const double wanted = (double)one.compute_cycles *
                                  (double)other.compute_cycles /
                                  (double)dense.compute_cycles;
            same(both[i], "cycles", 0, (double)cost.compute_cycles, wanted, 4);
            // Digits of MACs that are not done are not paid.
            same(both[i], "digits", 0, cost.engine_pj[i], 0.45 * one.engine_pj[0], 0);
            same(both[i], "words", 0, cost.engine_pj[1 - i], other.engine_pj[0], 0);
        }
    }
}

// Rows and planes need one stride and no dilation: else the layer is dense.
static void without_plain_rows_all_is_dense(void **state) {
    (void)state;
    static const char *const engines[] = {
        "{kind: index_selector, slices: 8, group: 2, lines: 3, sync: step, pj_per_row: "
        "1}",
        "{kind: cartesian, grid_rows: 3, grid_columns: 2, weight_vector: 4, "
        "input_vector: 3, accumulators: 60, pj_per_product: 1}"};
    for (int i = 0; i < 8; i++) {
        struct known known;
        struct sdse_cost cost, dense;
        know(i / 2 == 3 ? 1 : 0, &known);
        struct sdse_nest *nest = &known.layer.nest;
        if (i / 2 < 2) {
            nest->dilation[i / 2] = 2;
            nest->map[i / 2] += nest->bound[i / 2 ? SDSE_S : SDSE_R] - 1;
            *(i / 2 ? &known.layer.in_width : &known.layer.in_height) =
                nest->map[i / 2];
        } else if (i / 2 == 2) {
            nest->stride[1] = 2;
            known.layer.in_width = nest->map[1] = 14;
        } else {
            known.layer.in_height = known.layer.in_width = 0;
        }
        run("", &known, false, &dense);
        run(engines[i % 2], &known, false, &cost);
        assert_true(cost.compute_cycles == dense.compute_cycles);
        assert_true(cost.mac_pj == dense.mac_pj);
        compare_words(engines[i % 2], 2, &whole, &cost, &dense);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serial),
        cmocka_unit_test(gates),
        cmocka_unit_test(skips),
        cmocka_unit_test(gathers),
        cmocka_unit_test(selects),
        cmocka_unit_test(multiplies_all_by_all),
        cmocka_unit_test(engines_multiply),
        cmocka_unit_test(without_plain_rows_all_is_dense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
