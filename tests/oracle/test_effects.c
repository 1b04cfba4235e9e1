// Engines in an accelerator: what the evaluator makes of a layer's statistics against
// machines that execute tensors of these statistics, cycle by cycle.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "costmodel/evaluate.h"
#include "oracle/support_engines.h"
#include "oracle/support_problems.h"

enum { C = 12, H = 18, W = 18, K = 16, R = 3, S = 3, P = 18, Q = 18, DRAWS = 12 };

static int32_t acts[C * H * W], weights[K * C * R * S];
static int32_t columns[C * R * S * P * Q], filters[C * R * S * K];

// DRAM, a memory of all words for one multiplier, and an engine.
static struct sdse_arch *machine(const char *engine, struct sdse_arena *arena) {
    const char *text = sdse_arena_printf(
        arena,
        "{name: a, source: s, node_nm: 28, clock_ghz: 1, word_bits: 8, levels: ["
        "{level: DRAM, memory: {class: dram, pj_per_bit: 1}}, "
        "{level: pad, memory: {class: regfile, capacity_kib: 1024, pj_per_bit: 0.1}}], "
        "compute: {class: parallel, cycles_per_mac: 1, pj_per_mac: 2}, engines: [%s]}",
        engine);
    struct sdse_arch *arch = sdse_written_arch(text, arena);
    assert_non_null(arch);
    return arch;
}

// A layer of these tensors, and what is known of them.
struct known {
    struct sdse_layer layer;
    struct sdse_activations activations;
};

static double nonzero(const int32_t *values, size_t count) {
    size_t live = 0;
    for (size_t i = 0; i < count; i++)
        live += values[i] != 0;
    return (double)live / (double)count;
}

static void know(struct known *known) {
    *known =
        (struct known){.layer = {.name = "l",
                                 .kind = SDSE_CONV,
                                 .nest = {.bound = {1, K, C, P, Q, R, S, 1},
                                          .stride = {1, 1},
                                          .dilation = {1, 1},
                                          .pad = {1, 1},
                                          .map = {H, W}},
                                 .repeat = 1,
                                 .in_height = H,
                                 .in_width = W,
                                 .density = {nonzero(weights, K * C * R * S), 1, 1}},
                       .activations = {.mark = "measured",
                                       .bits = 8,
                                       .density = nonzero(acts, C * H * W),
                                       .rows_known = true}};
    size_t rows = 0;
    for (size_t i = 0; i < C * H; i++)
        rows += nonzero(acts + i * W, W) > 0;
    known->activations.row_density = (double)rows / (C * H);
    known->layer.activations = &known->activations;
}

// All loops at the memory that feeds the multiplier.
static void run_form(const struct sdse_arch *arch, const struct sdse_layer *layer,
                     const struct sdse_weight_form *form, struct sdse_cost *cost) {
    struct sdse_arena *arena = sdse_arena_new();
    struct sdse_model *model;
    assert_int_equal(sdse_model_new(arch, layer, form, arena, &model), SDSE_OK);
    struct sdse_mapping mapping;
    sdse_mapping_init(arch, &mapping);
    struct sdse_loops *inner = &mapping.level[arch->level_count - 1].temporal;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        if (layer->nest.bound[d] > 1)
            inner->loop[inner->count++] =
                (struct sdse_loop){(enum sdse_dim)d, layer->nest.bound[d]};
    assert_true(sdse_evaluate_full(model, &mapping, cost));
    sdse_arena_free(arena);
}

static void run(const struct sdse_arch *arch, const struct sdse_layer *layer,
                struct sdse_cost *cost) {
    run_form(arch, layer, NULL, cost);
}

static void draw(uint64_t *state, unsigned acts_percent, unsigned weights_percent) {
    engines_draw(state, acts, C * H * W, acts_percent, 1, 255);
    engines_draw(state, weights, K * C * R * S, weights_percent, -9, 9);
}

// Means over the draws, of ours and of the machine's.
struct pair {
    double ours, machine;
};

static void add(struct pair *pair, double ours, double machine) {
    pair->ours += ours;
    pair->machine += machine;
}

static void near(const char *what, const struct pair *pair, double tolerance) {
    if (!(fabs(pair->ours - pair->machine) <= tolerance * pair->machine))
        fail_msg("%s: %g, the machine counts %g", what, pair->ours, pair->machine);
}

// MACs that read a word of the map, not padding.
static const double REAL_INPUTS = (double)K * C * (P * R - 2) * (Q * S - 2);

static const double MACS = (double)K * C * R * S * P * Q;

// --- The engines ---

static void gates(void **state) {
    (void)state;
    static const char *const operands[] = {"inputs", "weights", "both"};
    static const enum sdse_gate_condition conditions[] = {
        SDSE_GATE_INPUT, SDSE_GATE_WEIGHT, SDSE_GATE_EITHER};
    uint64_t seed = 11;
    for (int o = 0; o < 3; o++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch = machine(
            sdse_arena_printf(arena, "{kind: gate, operands: %s, pj_per_test: 0.25}",
                              operands[o]),
            arena);
        struct pair macs = {0, 0}, reads = {0, 0}, sums = {0, 0};
        for (int i = 0; i < DRAWS; i++) {
            struct known known;
            struct sdse_cost cost;
            struct sdse_gate_counts counts;
            draw(&seed, 45, 35);
            know(&known);
            run(arch, &known.layer, &cost);
            const struct sdse_gate gate = {conditions[o], 1, 1};
            naive_gate(&gate, &(struct sdse_gate_shape){C, H, W, K, R, S}, acts,
                       weights, &counts);
            add(&macs, cost.mac_pj / 2, (double)counts.executed);
            add(&reads, (double)cost.level[1].flow[SDSE_WEIGHTS].reads,
                (double)counts.weight_reads);
            // A first sum starts from zero and is not read.
            add(&sums, (double)cost.level[1].flow[SDSE_OUTPUTS].updates,
                (double)counts.executed);
            assert_true(cost.engine_events[0] == (uint64_t)MACS);
            assert_true(fabs(cost.engine_pj[0] - 0.25 * MACS) < 1);
            assert_true(cost.compute_cycles == (uint64_t)MACS);
            assert_true(cost.level[0].flow[SDSE_WEIGHTS].reads >= K * C * R * S);
        }
        near("MACs", &macs, 0.01);
        near("weights read", &reads, 0.01);
        near("sums", &sums, 0.01);
        sdse_arena_free(arena);
    }
}

// Activations as columns of taps, weights alike: what the skipping elements take.
static void unfold(void) {
    memset(columns, 0, sizeof columns);
    for (int c = 0; c < C; c++)
        for (int r = 0; r < R; r++)
            for (int s = 0; s < S; s++)
                for (int k = 0; k < K; k++)
                    filters[((c * R + r) * S + s) * K + k] =
                        weights[((k * C + c) * R + r) * S + s];
    for (int j = 0; j < C * R * S; j++) {
        const int c = j / (R * S), r = j / S % R, s = j % S;
        for (int p = 0; p < P; p++)
            for (int q = 0; q < Q; q++)
                if (p + r >= 1 && p + r <= H && q + s >= 1 && q + s <= W)
                    columns[(j * P + p) * Q + q] =
                        acts[(c * H + p + r - 1) * W + q + s - 1];
    }
}

static void skips(void **state) {
    (void)state;
    static const char *const operands[] = {"inputs", "weights", "both"};
    static const enum sdse_skip_mode modes[] = {SDSE_SKIP_ACTS, SDSE_SKIP_WEIGHTS,
                                                SDSE_SKIP_BOTH};
    uint64_t seed = 12;
    for (int o = 0; o < 3; o++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(arena,
                                      "{kind: skip, operands: %s, grid_rows: 3, "
                                      "grid_columns: 2, simd: 2, pj_per_issue: 0.5}",
                                      operands[o]),
                    arena);
        struct pair cycles = {0, 0}, issued = {0, 0}, reads = {0, 0};
        for (int i = 0; i < DRAWS; i++) {
            struct known known;
            struct sdse_cost cost;
            struct sdse_skip_counts left, all;
            draw(&seed, 40, 50);
            know(&known);
            run(arch, &known.layer, &cost);
            unfold();
            struct sdse_skip skip = {modes[o], {3, 2}, 2, 0, 0};
            const struct sdse_skip_shape shape = {C * R * S, P * Q, K};
            naive_skip(&skip, &shape, columns, filters, &left);
            skip.mode = SDSE_SKIP_NONE;
            naive_skip(&skip, &shape, columns, filters, &all);
            add(&cycles, (double)cost.compute_cycles / MACS,
                (double)left.cycles / (double)all.cycles);
            add(&issued, cost.mac_pj / 2, (double)left.issued);
            add(&reads, (double)cost.level[1].flow[SDSE_WEIGHTS].reads / MACS,
                (double)left.act_visits / (double)all.act_visits);
            assert_true(fabs(cost.engine_pj[0] - 0.25 * cost.mac_pj) < 1);
        }
        near("cycles", &cycles, 0.04);
        near("issued", &issued, 0.02);
        near("weights read", &reads, 0.02);
        sdse_arena_free(arena);
    }
}

// Zeros of inputs and of weights that come in the same channels, or in opposite ones:
// what pairs are left is known where the densities of both are known by channel, and
// off by a quarter and more where they are not.
struct channels {
    double acts[C], weights[C];
    struct sdse_weight_digits words;
};

static void draw_channels(uint64_t *state, bool alike) {
    for (int c = 0; c < C; c++) {
        const unsigned rare = (unsigned)(10 + 70 * c / (C - 1)), most = 90 - rare;
        engines_draw(state, acts + c * H * W, H * W, rare, 1, 255);
        for (int k = 0; k < K; k++)
            engines_draw(state, weights + (k * C + c) * R * S, R * S,
                         alike ? rare : most, 1, 9);
    }
}

static void know_channels(struct known *known, struct channels *channels) {
    know(known);
    double live = 0;
    for (int c = 0; c < C; c++) {
        channels->acts[c] = nonzero(acts + c * H * W, H * W);
        channels->weights[c] = 0;
        for (int k = 0; k < K; k++)
            channels->weights[c] += nonzero(weights + (k * C + c) * R * S, R * S) / K;
        live += channels->weights[c] / C;
    }
    known->activations.channels = C;
    known->activations.channel_density = channels->acts;
    channels->words = (struct sdse_weight_digits){.mark = "measured",
                                                  .bits = 8,
                                                  .bins = {2},
                                                  .digits = {{1 - live, live}},
                                                  .channels = C,
                                                  .channel_density = channels->weights};
    known->layer.weight_digits = &channels->words;
}

// Columns whose taps share no inputs: each drawn by itself, padding as in the map.
static void draw_taps_apart(uint64_t *state, const struct channels *channels) {
    for (int j = 0; j < C * R * S; j++) {
        const int r = j / S % R, s = j % S;
        for (int p = 0; p < P; p++)
            for (int q = 0; q < Q; q++) {
                const bool inside =
                    p + r >= 1 && p + r <= H && q + s >= 1 && q + s <= W;
                int32_t live;
                engines_draw(state, &live, 1,
                             (unsigned)lround(100 * channels->acts[j / (R * S)]), 1,
                             255);
                columns[(j * P + p) * Q + q] = inside ? live : 0;
            }
    }
}

static void skips_by_channel(void **state) {
    (void)state;
    static const struct sdse_skip engines[] = {
        {SDSE_SKIP_BOTH, {3, 2}, 2, 0, 0},
        {SDSE_SKIP_BOTH, {1, 1}, 1, 0, 0},
        {SDSE_SKIP_BOTH, {2, 4}, 1, 0, R * S}, // a channel at a time
    };
    uint64_t seed = 112;
    for (int o = 0; o < 6; o++) {
        struct sdse_skip skip = engines[o / 2];
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(arena,
                                      "{kind: skip, operands: both, grid_rows: %u, "
                                      "grid_columns: %u, simd: %u, tile_columns: %u, "
                                      "pj_per_issue: 0.5}",
                                      skip.grid[0], skip.grid[1], skip.simd,
                                      (unsigned)skip.tile_cols),
                    arena);
        struct pair cycles = {0, 0}, issued = {0, 0}, reads = {0, 0}, means = {0, 0},
                    apart = {0, 0};
        for (int i = 0; i < DRAWS / 2; i++) {
            struct known known;
            struct channels channels;
            struct sdse_cost cost;
            struct sdse_skip_counts left, all;
            draw_channels(&seed, o % 2 == 0);
            know_channels(&known, &channels);
            run(arch, &known.layer, &cost);
            unfold();
            const struct sdse_skip_shape shape = {C * R * S, P * Q, K};
            skip.mode = SDSE_SKIP_BOTH;
            naive_skip(&skip, &shape, columns, filters, &left);
            skip.mode = SDSE_SKIP_NONE;
            naive_skip(&skip, &shape, columns, filters, &all);
            add(&cycles, (double)cost.compute_cycles / MACS,
                (double)left.cycles / (double)all.cycles);
            add(&issued, cost.mac_pj / 2, (double)left.issued);
            add(&reads, (double)cost.level[1].flow[SDSE_WEIGHTS].reads / MACS,
                (double)left.act_visits / (double)all.act_visits);
            draw_taps_apart(&seed, &channels);
            skip.mode = SDSE_SKIP_BOTH;
            struct sdse_skip_counts alone;
            naive_skip(&skip, &shape, columns, filters, &alone);
            add(&apart, (double)cost.compute_cycles / MACS,
                (double)alone.cycles / (double)all.cycles);
            // One of them unknown: the product of the means.
            known.activations.channels = i % 2 ? C : 0;
            channels.words.channels = i % 2 ? 0 : C;
            run(arch, &known.layer, &cost);
            add(&means, cost.mac_pj / 2, (double)left.issued);
        }
        print_message("## skip, both by channel, case %d: cycles %+.2f %%, of taps "
                      "apart %+.2f %%\n",
                      o, 100 * (cycles.ours / cycles.machine - 1),
                      100 * (apart.ours / apart.machine - 1));
        near("cycles of taps apart", &apart, 0.04);
        // The taps of a channel see the same inputs; they are drawn apart.
        near("cycles", &cycles, 0.055);
        near("issued", &issued, 0.01);
        near("weights read", &reads, 0.02);
        if (!(fabs(means.ours / means.machine - 1) > 0.15))
            fail_msg("means alone: %g of %g", means.ours, means.machine);
        sdse_arena_free(arena);
    }
}

static void gates_by_channel(void **state) {
    (void)state;
    uint64_t seed = 111;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: gate, operands: both, pj_per_test: 0.25}", arena);
    for (int o = 0; o < 2; o++) {
        struct pair macs = {0, 0}, reads = {0, 0};
        for (int i = 0; i < DRAWS / 2; i++) {
            struct known known;
            struct channels channels;
            struct sdse_cost cost;
            struct sdse_gate_counts counts;
            draw_channels(&seed, o == 0);
            know_channels(&known, &channels);
            run(arch, &known.layer, &cost);
            naive_gate(&(struct sdse_gate){SDSE_GATE_EITHER, 1, 1},
                       &(struct sdse_gate_shape){C, H, W, K, R, S}, acts, weights,
                       &counts);
            add(&macs, cost.mac_pj / 2, (double)counts.executed);
            add(&reads, (double)cost.level[1].flow[SDSE_WEIGHTS].reads,
                (double)counts.weight_reads);
        }
        near("MACs", &macs, 0.01);
        near("weights read", &reads, 0.01);
    }
    sdse_arena_free(arena);
}

// Weights that a form rebuilds are not those whose channels are known.
static void rebuilt_weights_have_no_channels(void **state) {
    (void)state;
    static const char *const engines[] = {
        "{kind: rebuild, below: DRAM, rows_per_cycle: 1, free: true}, "
        "{kind: gate, operands: both, free: true}",
        "{kind: rebuild, below: DRAM, rows_per_cycle: 1, free: true}, "
        "{kind: skip, operands: both, grid_rows: 1, grid_columns: 1, free: true}"};
    uint64_t seed = 114;
    struct known known;
    struct channels channels;
    struct sdse_cost cost;
    const struct sdse_weight_form form = {.smartdeal = true,
                                          .basis_size = S,
                                          .rows = C * R,
                                          .rows_per_block = C * R,
                                          .blocks = K,
                                          .density = 0.25,
                                          .row_density = 0.25,
                                          .coefficient_bits_total = 1,
                                          .basis_bits_total = 1,
                                          .index_bits_total = 1};
    draw_channels(&seed, true);
    know_channels(&known, &channels);
    const double share = 0.25 * known.activations.density * REAL_INPUTS;
    for (int e = 0; e < 2; e++) {
        struct sdse_arena *arena = sdse_arena_new();
        run_form(machine(engines[e], arena), &known.layer, &form, &cost);
        if (!(fabs(cost.mac_pj / 2 / share - 1) < 0.01))
            fail_msg("engine %d: %g, not %g", e, cost.mac_pj / 2, share);
        sdse_arena_free(arena);
    }
}

// Of many channels, or groups, some are drawn and stand for all: every fourth, here,
// has other densities than the rest.
static void channels_drawn_stand_for_all(void **state) {
    (void)state;
    enum { MANY = 1024 };
    static double a[MANY], w[MANY];
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: skip, operands: both, grid_rows: 1, grid_columns: 1, "
                "pj_per_issue: 0.5}",
                arena);
    for (int groups = 0; groups < 2; groups++) {
        double pairs = 0, mean_a = 0, mean_w = 0;
        for (int c = 0; c < MANY; c++) {
            a[c] = c % 4 == 0 ? 0.75 : 0.25;
            w[c] = c % 4 == 0 ? 0.5 : c < MANY / 2 ? 0.125 : 0.375;
            pairs += a[c] * w[c] / MANY;
            mean_a += a[c] / MANY;
            mean_w += w[c] / MANY;
        }
        const struct sdse_activations activations = {.mark = "measured",
                                                     .bits = 8,
                                                     .density = mean_a,
                                                     .channels = MANY,
                                                     .channel_density = a};
        const struct sdse_weight_digits words = {.mark = "measured",
                                                 .bits = 8,
                                                 .bins = {2},
                                                 .digits = {{1 - mean_w, mean_w}},
                                                 .channels = MANY,
                                                 .channel_density = w};
        struct sdse_layer layer = {
            .name = "l",
            .kind = groups ? SDSE_DWCONV : SDSE_CONV1X1,
            .nest = {.bound = {1, groups ? 1 : 8, MANY, 6, 6, 1, 1, 1},
                     .stride = {1, 1},
                     .dilation = {1, 1},
                     .map = {6, 6}},
            .repeat = 1,
            .in_height = 6,
            .in_width = 6,
            .density = {1, 1, 1},
            .activations = &activations,
            .weight_digits = &words};
        if (groups) {
            layer.nest.bound[SDSE_C] = 1;
            layer.nest.bound[SDSE_G] = MANY;
        }
        const double macs = (double)sdse_layer_macs(&layer);
        struct sdse_cost cost;
        run(arch, &layer, &cost);
        struct pair issued = {cost.mac_pj / 2, pairs * macs},
                    cycles = {(double)cost.compute_cycles, pairs * macs},
                    reads = {(double)cost.level[1].flow[SDSE_WEIGHTS].reads,
                             mean_a * macs};
        near("issued", &issued, 1e-6);
        near("cycles", &cycles, 0.02);
        near("weights read", &reads, 1e-6);
    }
    sdse_arena_free(arena);
}

// A price that is written is paid, whatever is free beside it.
static void written_prices_are_paid(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: gate, operands: inputs, free: true, pj_per_test: 0.25}", arena);
    assert_true(arch->engine[0].pj_per_event.value == 0.25);
    const struct sdse_arch *rebuilding =
        machine("{kind: rebuild, below: DRAM, free: true, rows_per_cycle: 1, "
                "pj_per_shift_add: 0.5}",
                arena);
    assert_true(rebuilding->rebuild.pj_per_shift_add.value == 0.5);
    assert_true(rebuilding->rebuild.pj_per_basis_read.value == 0 &&
                rebuilding->rebuild.pj_per_basis_read.given);
    sdse_arena_free(arena);
}

static void multiplies_by_channel(void **state) {
    (void)state;
    uint64_t seed = 113;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: cartesian, grid_rows: 2, grid_columns: 2, weight_vector: 4, "
                "input_vector: 4, accumulators: 600, banks: 32, pj_per_product: 0.5}",
                arena);
    for (int o = 0; o < 2; o++) {
        struct pair cycles = {0, 0}, products = {0, 0};
        for (int i = 0; i < DRAWS / 2; i++) {
            struct known known;
            struct channels channels;
            struct sdse_cost cost;
            struct sdse_cartesian_counts counts;
            draw_channels(&seed, o == 0);
            know_channels(&known, &channels);
            run(arch, &known.layer, &cost);
            const struct sdse_engine *e = &arch->engine[0];
            const struct sdse_cartesian product = {
                .stride = 1,
                .pad = 1,
                .grid = {2, 2},
                .weight_vector = 4,
                .act_vector = 4,
                .banks = 32,
                .queue = e->queue,
                .acc_entries = 600,
                .barrier = (enum sdse_cartesian_barrier)e->barrier,
                .halo = (enum sdse_cartesian_halo)e->halo};
            naive_cartesian(&product, &(struct sdse_cartesian_shape){C, H, W, K, R, S},
                            acts, weights, &counts);
            add(&cycles, (double)cost.compute_cycles, (double)counts.cycles);
            add(&products, cost.mac_pj / 2, (double)counts.products);
        }
        near("cycles", &cycles, 0.04);
        near("products", &products, 0.01);
    }
    sdse_arena_free(arena);
}

static void gathers(void **state) {
    (void)state;
    uint64_t seed = 13;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch = machine(
        "{kind: gather, elements: 4, width: 8, pj_per_gathered_word: 1}", arena);
    struct pair cycles = {0, 0}, reads = {0, 0};
    for (int i = 0; i < DRAWS; i++) {
        struct known known;
        struct sdse_cost cost;
        struct sdse_gather_counts left, all;
        draw(&seed, 40, 30);
        know(&known);
        run(arch, &known.layer, &cost);
        const struct sdse_gather gather = {.pes = 4, .width = 8};
        naive_gather(&gather, weights, K, C * R * S, &left);
        for (int w = 0; w < K * C * R * S; w++)
            weights[w] = 1;
        naive_gather(&gather, weights, K, C * R * S, &all);
        add(&cycles, (double)cost.compute_cycles / MACS,
            (double)left.cycles / (double)all.cycles);
        add(&reads, (double)cost.level[1].flow[SDSE_INPUTS].reads,
            (double)cost.level[1].flow[SDSE_WEIGHTS].reads * (double)left.macs /
                (K * C * R * S));
        assert_true(fabs((double)cost.engine_events[0] - P * Q * (double)left.macs) <
                    1);
        assert_true(fabs(cost.mac_pj - 2.0 * P * Q * (double)left.macs) < 1);
    }
    near("cycles", &cycles, 0.03);
    // Words of the padding are not read anyway.
    assert_true(reads.ours < reads.machine && reads.ours > 0.9 * reads.machine);
    sdse_arena_free(arena);
}

// Whole rows of inputs and of kernels are zero.
static void draw_rows(uint64_t *state, unsigned acts_percent,
                      unsigned weights_percent) {
    static int32_t live[C * H + K * C * R];
    draw(state, 100, 100);
    engines_draw(state, live, C * H, acts_percent, 1, 1);
    for (int i = 0; i < C * H * W; i++)
        acts[i] *= live[i / W];
    engines_draw(state, live, K * C * R, weights_percent, 1, 1);
    for (int i = 0; i < K * C * R * S; i++)
        weights[i] = live[i / S];
}

static void selects(void **state) {
    (void)state;
    static const char *const operands[] = {"inputs", "weights", "both"};
    static const char *const syncs[] = {"step", "tile", "pack"};
    uint64_t seed = 14;
    for (int o = 0; o < 3; o++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(
                        arena,
                        "{kind: index_selector, operands: %s, slices: 8, group: 2, "
                        "lines: 3, sync: %s, pj_per_row: 1}",
                        operands[o], syncs[o]),
                    arena);
        struct pair cycles = {0, 0}, working = {0, 0}, rows = {0, 0};
        for (int i = 0; i < DRAWS; i++) {
            struct known known;
            struct sdse_cost cost;
            struct sdse_selector_counts counts;
            draw_rows(&seed, 70, 40);
            know(&known);
            // Of raw weights rows are taken for independent words.
            known.layer.density[SDSE_WEIGHTS] =
                1 - cbrt(1 - nonzero(weights, K * C * R * S));
            run(arch, &known.layer, &cost);
            const struct sdse_selector lines = {.stride = 1,
                                                .pad = 1,
                                                .slices = 8,
                                                .group = 2,
                                                .lines = 3,
                                                .sync = (enum sdse_selector_sync)o,
                                                .skip_weight_rows = o != 0,
                                                .skip_act_rows = o != 1,
                                                .cost = SDSE_SELECTOR_CONST,
                                                .row_cycles = 1};
            naive_selector(&lines, &(struct sdse_selector_shape){K, C, R, S, H, W},
                           weights, acts, &counts);
            add(&cycles, (double)cost.compute_cycles / MACS,
                (double)counts.cycles / (double)counts.cycles_no_selector);
            add(&working, cost.mac_pj / 2 / MACS,
                (double)counts.rebuilds / (double)counts.pairs);
            add(&rows, (double)cost.engine_events[0], (double)counts.pairs);
        }
        near("cycles", &cycles, 0.03);
        near("working", &working, 0.02);
        near("rows", &rows, 1e-9);
        sdse_arena_free(arena);
    }
}

// Rows that filters of a sharing group lose together: what is measured of the groups
// says so, what single filters have does not. Also groups that the layer, or a pass, is
// too small for.
static void selects_what_groups_share(void **state) {
    (void)state;
    static const uint32_t groups[][2] = {{4, 8}, {3, 8}, {32, 64}, {8, 4}};
    uint64_t seed = 24;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        const uint32_t group = groups[g][0], slices = groups[g][1];
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(
                        arena,
                        "{kind: rebuild, below: pad, rows_per_cycle: 100, free: "
                        "true}, {kind: index_selector, operands: weights, slices: "
                        "%u, group: %u, lines: 3, sync: tile, pj_per_row: 1}",
                        slices, group),
                    arena);
        struct pair cycles = {0, 0}, alone = {0, 0}, working = {0, 0};
        for (int i = 0; i < DRAWS; i++) {
            static int32_t pruned[C * R];
            struct known known;
            struct sdse_cost cost;
            struct sdse_selector_counts counts;
            const uint32_t size = group < slices ? group : slices;
            draw_rows(&seed, 100, 60);
            for (int k = 0; k < K; k++) {
                if (k % (int)slices % (int)size == 0)
                    engines_draw(&seed, pruned, C * R, 50, 1, 1);
                for (int w = 0; w < C * R * S; w++)
                    weights[k * C * R * S + w] *= pruned[w / S];
            }
            know(&known);
            // Of full groups only.
            uint64_t all = 0, live = 0, rows = 0;
            for (int k = 0; k < K; k++)
                for (int row = 0; row < C * R; row++)
                    rows += weights[(k * C * R + row) * S] != 0;
            for (uint32_t pass = 0; pass < K; pass += slices)
                for (uint32_t k = pass; k < K && k < pass + slices; k += size) {
                    if (k + size > K || k + size > pass + slices)
                        if (size < K)
                            continue;
                    for (int row = 0; row < C * R; row++) {
                        bool needed = false;
                        for (uint32_t f = k; f < k + size && f < K; f++)
                            needed |= weights[(f * C * R + (uint32_t)row) * S] != 0;
                        all++;
                        live += needed;
                    }
                }
            struct sdse_weight_form form = {
                .smartdeal = true,
                .basis_size = S,
                .rows = C * R,
                .rows_per_block = C * R,
                .blocks = K,
                .density = (double)rows / (K * C * R),
                .row_density = (double)rows / (K * C * R),
                .coefficient_bits_total = 1,
                .basis_bits_total = 1,
                .index_bits_total = 1,
                .sharing = {group, slices},
                .joint_row_density = (double)live / (double)all,
            };
            run_form(arch, &known.layer, &form, &cost);
            const double measured = (double)cost.compute_cycles;
            add(&working, cost.mac_pj / 2 / MACS, form.row_density);
            form.sharing.slices++; // measured for other groups
            run_form(arch, &known.layer, &form, &cost);
            const struct sdse_selector lines = {.stride = 1,
                                                .pad = 1,
                                                .slices = slices,
                                                .group = group,
                                                .lines = 3,
                                                .sync = SDSE_SELECTOR_TILE,
                                                .skip_weight_rows = true,
                                                .cost = SDSE_SELECTOR_CONST,
                                                .row_cycles = 1};
            naive_selector(&lines, &(struct sdse_selector_shape){K, C, R, S, H, W},
                           weights, acts, &counts);
            const double share =
                (double)counts.cycles / (double)counts.cycles_no_selector;
            add(&cycles, measured / MACS, share);
            add(&alone, (double)cost.compute_cycles / MACS, share);
        }
        near("cycles", &cycles, 0.04);
        near("working", &working, 1e-9);
        if (!(alone.ours > 1.2 * alone.machine)) // independence would be far off
            fail_msg("%u %u: %g %g", group, slices, alone.ours, alone.machine);
        sdse_arena_free(arena);
    }
}

// Digits of all inputs that multipliers take; of non-zero weights only, if these alone
// are multiplied. The padding has none.
static double digits_taken(const struct sdse_operand *operand, bool live_weights) {
    double digits[C * H * W], sum = 0;
    for (int i = 0; i < C * H * W; i++)
        digits[i] = __builtin_popcountll(sdse_digit_offsets(operand, acts[i]));
    for (int w = 0; w < K * C * R * S; w++) {
        const int c = w / (R * S) % C, r = w / S % R, s = w % S;
        for (int h = r - 1; h < r - 1 + P && !(live_weights && weights[w] == 0); h++)
            for (int x = s - 1; x < s - 1 + Q; x++)
                if (h >= 0 && h < H && x >= 0 && x < W)
                    sum += digits[(c * H + h) * W + x];
    }
    return sum;
}

static void know_digits(const struct sdse_operand *operand, struct known *known) {
    uint64_t histogram[SDSE_DIGITS_MOST + 1] = {0};
    know(known);
    assert_int_equal(sdse_digit_histogram(operand, acts, C * H * W, histogram),
                     SDSE_OK);
    for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++)
        known->activations.digits[operand->recoding][d] = (double)histogram[d];
    known->activations.bins[operand->recoding] = 6;
}

// A group larger than the layer's filters, or than a pass, is a group of these.
static void groups_are_no_larger_than_passes(void **state) {
    (void)state;
    static const unsigned groups[] = {16, 17, 64};
    uint64_t cycles = 0;
    struct sdse_arena *arena = sdse_arena_new();
    struct known known;
    uint64_t seed = 34;
    draw_rows(&seed, 70, 40);
    know(&known);
    known.layer.density[SDSE_WEIGHTS] = 0.04;
    for (int g = 0; g < 3; g++) {
        struct sdse_cost cost;
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(
                        arena,
                        "{kind: index_selector, operands: both, slices: 64, group: "
                        "%u, lines: 3, sync: tile, pj_per_row: 1}",
                        groups[g]),
                    arena);
        run(arch, &known.layer, &cost);
        if (g == 0)
            cycles = cost.compute_cycles;
        assert_int_equal(cost.compute_cycles, cycles);
    }
    sdse_arena_free(arena);
}

static void takes_digits(void **state) {
    (void)state;
    uint64_t seed = 15;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: bit_serial, encoding: booth4, lanes: 8, columns: 3, "
                "registers: 0, pj_per_digit: 0.5}",
                arena);
    const struct sdse_operand operand = {SDSE_RECODE_BOOTH4, 8, false};
    struct pair cycles = {0, 0}, digits = {0, 0};
    for (int i = 0; i < DRAWS; i++) {
        struct known known;
        struct sdse_cost cost;
        struct sdse_serial_counts counts;
        draw(&seed, 55, 60);
        know_digits(&operand, &known);
        run(arch, &known.layer, &cost);
        const struct sdse_serial serial = {.operand = operand,
                                           .first_stage_bits = SDSE_UNLIMITED,
                                           .lanes = 8,
                                           .columns = 3};
        naive_serial(&serial, acts, C * H * W, &counts);
        add(&cycles, (double)cost.compute_cycles / MACS,
            (double)counts.cycles / ((double)(C * H * W) / 24));
        add(&digits, cost.engine_pj[0] / 0.5, digits_taken(&operand, false));
        assert_true(cost.mac_pj == 2 * MACS);
    }
    near("cycles", &cycles, 0.02);
    near("digits", &digits, 0.01);
    sdse_arena_free(arena);
}

// Zeros have no digits: an engine that leaves out zero inputs leaves all of them, one
// that leaves out zero weights those of its MACs.
static void takes_digits_of_what_is_done(void **state) {
    (void)state;
    static const struct {
        const char *engine;
        bool weights;
    } others[] = {
        {"{kind: gate, operands: inputs, free: true}", false},
        {"{kind: gate, operands: weights, free: true}", true},
        {"{kind: gate, operands: both, free: true}", true},
        {"{kind: skip, operands: inputs, grid_rows: 3, grid_columns: 2, free: true}",
         false},
        {"{kind: skip, operands: weights, grid_rows: 3, grid_columns: 2, free: true}",
         true},
        {"{kind: skip, operands: both, grid_rows: 3, grid_columns: 2, free: true}",
         true},
        {"{kind: gather, elements: 4, width: 8, free: true}", true},
        {"{kind: cartesian, grid_rows: 3, grid_columns: 2, weight_vector: 4, "
         "input_vector: 4, accumulators: 1024, free: true}",
         true},
    };
    const struct sdse_operand operand = {SDSE_RECODE_CSD, 8, false};
    for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
        uint64_t seed = 20 + o;
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(arena,
                                      "%s, {kind: bit_serial, encoding: csd, lanes: 8, "
                                      "pj_per_digit: 0.5}",
                                      others[o].engine),
                    arena);
        struct pair digits = {0, 0};
        for (int i = 0; i < DRAWS; i++) {
            struct known known;
            struct sdse_cost cost;
            draw(&seed, 45, 40);
            know_digits(&operand, &known);
            run(arch, &known.layer, &cost);
            add(&digits, cost.engine_pj[1] / 0.5,
                digits_taken(&operand, others[o].weights));
        }
        near(others[o].engine, &digits, 0.02);
        sdse_arena_free(arena);
    }
}

// Rows that the selector leaves out: zero rows of inputs have no digits, those of
// weights take theirs away.
static void takes_digits_of_rows_that_work(void **state) {
    (void)state;
    static const char *const operands[] = {"inputs", "weights", "both"};
    const struct sdse_operand operand = {SDSE_RECODE_PLAIN, 8, false};
    for (int o = 0; o < 3; o++) {
        uint64_t seed = 30 + (uint64_t)o;
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch = machine(
            sdse_arena_printf(arena,
                              "{kind: bit_serial, encoding: plain, lanes: 8, "
                              "pj_per_digit: 1}, {kind: index_selector, operands: %s, "
                              "slices: 8, group: 2, lines: 3, sync: tile, free: true}",
                              operands[o]),
            arena);
        struct pair digits = {0, 0};
        for (int i = 0; i < DRAWS; i++) {
            struct known known;
            struct sdse_cost cost;
            draw_rows(&seed, 70, 40);
            know_digits(&operand, &known);
            known.activations.bins[SDSE_ENCODING_PLAIN] = 9;
            known.layer.density[SDSE_WEIGHTS] =
                1 - cbrt(1 - nonzero(weights, K * C * R * S));
            run(arch, &known.layer, &cost);
            add(&digits, cost.engine_pj[0], digits_taken(&operand, o != 0));
        }
        near(operands[o], &digits, 0.02);
        sdse_arena_free(arena);
    }
}

// Without a histogram a MAC takes the cycles declared, and no value is cheaper than one
// with all the digits that its bits allow.
static void unknown_digits_are_all_digits(void **state) {
    (void)state;
    static const struct {
        const char *encoding;
        bool is_signed;
        double most; // of 6 bits
    } cases[] = {{"plain", false, 6}, {"plain", true, 5}, {"booth4", false, 4},
                 {"booth4", true, 3}, {"csd", false, 4},  {"csd", true, 3}};
    const double real_macs = (double)K * C * (R * P - 2) * (S * Q - 2);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(arena,
                                      "{kind: bit_serial, encoding: %s, lanes: 8, "
                                      "pj_per_digit: 0.5}",
                                      cases[i].encoding),
                    arena);
        struct known known;
        struct sdse_cost cost;
        uint64_t seed = 40;
        draw(&seed, 55, 60);
        know(&known);
        known.activations.bits = 6;
        known.activations.is_signed = cases[i].is_signed;
        run(arch, &known.layer, &cost);
        assert_true(cost.compute_cycles == (uint64_t)MACS);
        assert_true(fabs(cost.engine_pj[0] - 0.5 * cases[i].most * real_macs *
                                                 known.activations.density) < 1);
        // Nothing known at all: words of 8 bits, unsigned, none of them zero.
        const double most = cases[i].encoding[0] == 'p' ? 8 : 5;
        known.layer.activations = NULL;
        run(arch, &known.layer, &cost);
        assert_true(fabs(cost.engine_pj[0] - 0.5 * most * real_macs) < 1);
        sdse_arena_free(arena);
    }
}

// Layers of dilated or unequally strided windows: the product and the selector cannot
// say what they leave of them, and pay all of it.
static void without_plain_rows_all_is_paid(void **state) {
    (void)state;
    static const struct {
        const char *engine;
        double per_event; // MACs
    } engines[] = {
        {"{kind: cartesian, grid_rows: 3, grid_columns: 2, weight_vector: 4, "
         "input_vector: 4, accumulators: 1024, pj_per_product: 0.5}",
         1},
        {"{kind: index_selector, operands: both, slices: 8, group: 2, lines: 3, sync: "
         "tile, pj_per_row: 0.5}",
         2 * Q / 2.0},
    };
    for (int e = 0; e < 2; e++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch = machine(engines[e].engine, arena);
        uint64_t seed = 50;
        draw(&seed, 45, 40);
        for (int odd = 0; odd < 4; odd++) {
            struct known known;
            struct sdse_cost cost;
            know(&known);
            known.layer.nest.bound[SDSE_S] = 2;
            known.layer.nest.bound[SDSE_Q] = Q / 2;
            if (odd == 0) {
                known.layer.nest.dilation[0] = 2;
                known.layer.nest.pad[0] = 2;
            } else if (odd == 1) {
                known.layer.nest.dilation[1] = 2;
                known.layer.nest.pad[1] = 2;
            } else if (odd == 2) {
                known.layer.nest.stride[1] = 2;
                known.layer.nest.map[1] = Q;
            } else {
                known.layer.in_height = known.layer.in_width = 0;
            }
            run(arch, &known.layer, &cost);
            assert_true(cost.mac_pj == 2 * MACS / 3);
            assert_true(cost.compute_cycles == (uint64_t)MACS / 3);
            assert_true(cost.engine_pj[0] == MACS / 6 / engines[e].per_event);
        }
        sdse_arena_free(arena);
    }
}

// The same of weights, as plain words and as rebuilt ones; the inputs' digits are
// nothing to it.
static void takes_digits_of_weights(void **state) {
    (void)state;
    enum { COUNT = K * C * R * S };
    uint64_t seed = 18;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: bit_serial, serial: weights, encoding: csd, lanes: 4, columns: "
                "2, registers: 0, pj_per_digit: 0.5}, {kind: rebuild, below: DRAM, "
                "rows_per_cycle: 1000, free: true}",
                arena);
    const struct sdse_operand operand = {SDSE_RECODE_CSD, 8, true};
    struct pair cycles = {0, 0};
    struct known known;
    struct sdse_cost cost, rebuilt;
    for (int i = 0; i < DRAWS; i++) {
        struct sdse_weight_digits words = {.mark = "measured", .bits = 8};
        struct sdse_weight_form form = {.smartdeal = true,
                                        .basis_size = 3,
                                        .rows = C * R,
                                        .rows_per_block = C * R,
                                        .blocks = K,
                                        .density = 1,
                                        .row_density = 1,
                                        .digit_bits = 8,
                                        .digit_encoding = SDSE_ENCODING_CSD};
        struct sdse_serial_counts counts;
        uint64_t histogram[SDSE_DIGITS_MOST + 1] = {0};
        double mean = 0;
        engines_draw(&seed, acts, C * H * W, 55, 1, 255);
        engines_draw(&seed, weights, COUNT, 60, -128, 127);
        know(&known);
        assert_int_equal(sdse_digit_histogram(&operand, weights, COUNT, histogram),
                         SDSE_OK);
        for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++) {
            words.digits[SDSE_ENCODING_CSD][d] = (double)histogram[d];
            form.digit_words[d] = (double)histogram[d];
            mean += d * (double)histogram[d] / COUNT;
        }
        words.bins[SDSE_ENCODING_CSD] = 5;
        known.activations.bins[SDSE_ENCODING_CSD] = 2;
        known.activations.digits[SDSE_ENCODING_CSD][1] = 1;
        known.layer.weight_digits = &words;
        run(arch, &known.layer, &cost);
        const struct sdse_serial serial = {.operand = operand,
                                           .first_stage_bits = SDSE_UNLIMITED,
                                           .lanes = 4,
                                           .columns = 2};
        naive_serial(&serial, weights, COUNT, &counts);
        add(&cycles, (double)cost.compute_cycles / MACS,
            (double)counts.cycles / ((double)COUNT / 8));
        assert_true(fabs(cost.engine_pj[0] - 0.5 * mean * MACS) < 1e-6 * MACS);
        // Rebuilt words have digits of their own.
        words.digits[SDSE_ENCODING_CSD][4] = 1e9;
        run_form(arch, &known.layer, &form, &rebuilt);
        assert_true(rebuilt.compute_cycles == cost.compute_cycles);
        assert_true(rebuilt.engine_pj[0] == cost.engine_pj[0]);
        // In another encoding, or not counted, they are not known: all of 8 bits'.
        form.digit_encoding = SDSE_ENCODING_BOOTH4;
        form.row_density = 0.75;
        run_form(arch, &known.layer, &form, &rebuilt);
        assert_true(rebuilt.compute_cycles == (uint64_t)MACS);
        assert_true(rebuilt.engine_pj[0] == 0.5 * 4 * 0.75 * MACS);
    }
    near("cycles", &cycles, 0.02);
    know(&known);
    known.activations.bins[SDSE_ENCODING_CSD] = 2;
    known.activations.digits[SDSE_ENCODING_CSD][1] = 1;
    run(arch, &known.layer, &cost);
    assert_true(cost.compute_cycles == (uint64_t)MACS);
    const double density = known.layer.density[SDSE_WEIGHTS];
    assert_true(fabs(cost.engine_pj[0] - 0.5 * 4 * density * MACS) < 1);
    // Words of 5 bits, whose digits are known in another encoding.
    const struct sdse_weight_digits narrow = {
        .bits = 5, .bins = {2}, .digits = {{1, 1}}};
    known.layer.weight_digits = &narrow;
    run(arch, &known.layer, &cost);
    assert_true(fabs(cost.engine_pj[0] - 0.5 * 3 * density * MACS) < 1);
    sdse_arena_free(arena);
}

// Weights' digits where MACs are left out: zero weights have none; zero inputs, or
// whole rows of them, take theirs away.
enum left { ALL, LIVE, LIVE_ROWS, PRODUCTS };

static double weight_digits_taken(const struct sdse_operand *operand, enum left left) {
    double sum = 0;
    for (int w = 0; w < K * C * R * S; w++) {
        const int c = w / (R * S) % C, r = w / S % R, s = w % S;
        const int digits =
            __builtin_popcountll(sdse_digit_offsets(operand, weights[w]));
        // All non-zero weights of a channel meet all its non-zero inputs.
        if (left == PRODUCTS)
            sum += digits * nonzero(acts + c * H * W, H * W) * H * W;
        for (int h = r - 1; h < r - 1 + P && left != PRODUCTS; h++) {
            const bool real = h >= 0 && h < H;
            const int32_t *row = acts + (c * H + (real ? h : 0)) * W;
            const bool row_lives = real && nonzero(row, W) > 0;
            for (int x = s - 1; x < s - 1 + Q; x++) {
                const bool lives = left == LIVE_ROWS
                                       ? row_lives
                                       : real && x >= 0 && x < W && row[x] != 0;
                sum += left == ALL || lives ? digits : 0;
            }
        }
    }
    return sum;
}

static void takes_digits_of_weights_of_what_is_done(void **state) {
    (void)state;
    static const struct {
        const char *engine;
        enum left left;
    } others[] = {
        {"{kind: gate, operands: inputs, free: true}", LIVE},
        {"{kind: gate, operands: weights, free: true}", ALL},
        {"{kind: gate, operands: both, free: true}", LIVE},
        {"{kind: skip, operands: inputs, grid_rows: 3, grid_columns: 2, free: true}",
         LIVE},
        {"{kind: skip, operands: weights, grid_rows: 3, grid_columns: 2, free: true}",
         ALL},
        {"{kind: skip, operands: both, grid_rows: 3, grid_columns: 2, free: true}",
         LIVE},
        {"{kind: gather, elements: 4, width: 8, free: true}", ALL},
        {"{kind: index_selector, operands: weights, slices: 8, group: 2, lines: 3, "
         "sync: tile, free: true}",
         ALL},
        {"{kind: index_selector, operands: both, slices: 8, group: 2, lines: 3, sync: "
         "tile, free: true}",
         LIVE_ROWS},
        {"{kind: index_selector, operands: inputs, slices: 8, group: 2, lines: 3, "
         "sync: tile, free: true}",
         LIVE_ROWS},
        {"{kind: cartesian, grid_rows: 3, grid_columns: 2, weight_vector: 4, "
         "input_vector: 4, accumulators: 1024, free: true}",
         PRODUCTS},
    };
    const struct sdse_operand operand = {SDSE_RECODE_CSD, 8, true};
    for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
        uint64_t seed = 60 + o;
        struct sdse_arena *arena = sdse_arena_new();
        const bool rows = strstr(others[o].engine, "selector");
        const struct sdse_arch *arch =
            machine(sdse_arena_printf(arena,
                                      "%s, {kind: bit_serial, serial: weights, "
                                      "encoding: csd, lanes: 8, pj_per_digit: 0.5}",
                                      others[o].engine),
                    arena);
        struct pair digits = {0, 0};
        for (int i = 0; i < DRAWS; i++) {
            struct known known;
            struct sdse_cost cost;
            struct sdse_weight_digits words = {.mark = "measured", .bits = 8};
            uint64_t histogram[SDSE_DIGITS_MOST + 1] = {0};
            if (rows)
                draw_rows(&seed, 45, 40);
            else
                draw(&seed, 45, 40);
            know(&known);
            assert_int_equal(
                sdse_digit_histogram(&operand, weights, K * C * R * S, histogram),
                SDSE_OK);
            for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++)
                words.digits[SDSE_ENCODING_CSD][d] = (double)histogram[d];
            words.bins[SDSE_ENCODING_CSD] = 5;
            known.layer.weight_digits = &words;
            if (rows)
                known.layer.density[SDSE_WEIGHTS] =
                    1 - cbrt(1 - nonzero(weights, K * C * R * S));
            run(arch, &known.layer, &cost);
            add(&digits, cost.engine_pj[1] / 0.5,
                weight_digits_taken(&operand, others[o].left));
        }
        near(others[o].engine, &digits, 0.02);
        sdse_arena_free(arena);
    }
}

// Where digits can be depends on the words' width and sign: a narrow first stage waits
// for it.
static void places_digits_of_weights(void **state) {
    (void)state;
    enum { COUNT = K * C * R * S };
    uint64_t seed = 19;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: bit_serial, serial: weights, encoding: booth4, lanes: 8, "
                "columns: 1, registers: 0, first_stage_bits: 0, pj_per_digit: 0.5}, "
                "{kind: rebuild, below: DRAM, rows_per_cycle: 1000, free: true}",
                arena);
    const struct sdse_operand operand = {SDSE_RECODE_BOOTH4, 8, true};
    struct pair plain = {0, 0}, rebuilt = {0, 0};
    for (int i = 0; i < DRAWS; i++) {
        struct known known;
        struct sdse_cost cost;
        struct sdse_weight_digits words = {.mark = "measured", .bits = 8};
        struct sdse_weight_form form = {.smartdeal = true,
                                        .basis_size = 3,
                                        .rows = C * R,
                                        .rows_per_block = C * R,
                                        .blocks = K,
                                        .density = 1,
                                        .row_density = 1,
                                        .digit_bits = 8,
                                        .digit_encoding = SDSE_ENCODING_BOOTH4};
        struct sdse_serial_counts counts;
        engines_draw(&seed, weights, COUNT, 90, -128, 127);
        engines_draw(&seed, acts, C * H * W, 55, 1, 255);
        uint64_t histogram[SDSE_DIGITS_MOST + 1] = {0};
        know(&known);
        assert_int_equal(sdse_digit_histogram(&operand, weights, COUNT, histogram),
                         SDSE_OK);
        for (unsigned d = 0; d <= SDSE_ACTIVATION_DIGITS; d++) {
            words.digits[SDSE_ENCODING_BOOTH4][d] = (double)histogram[d];
            form.digit_words[d] = (double)histogram[d];
        }
        words.bins[SDSE_ENCODING_BOOTH4] = 5;
        known.layer.weight_digits = &words;
        const struct sdse_serial serial = {
            .operand = operand, .lanes = 8, .columns = 1};
        naive_serial(&serial, weights, COUNT, &counts);
        const double machine_cycles = (double)counts.cycles / ((double)COUNT / 8);
        run(arch, &known.layer, &cost);
        add(&plain, (double)cost.compute_cycles / MACS, machine_cycles);
        run_form(arch, &known.layer, &form, &cost);
        add(&rebuilt, (double)cost.compute_cycles / MACS, machine_cycles);
        // As many digits in wider words, as the form says, are farther apart.
        const uint64_t near_cycles = cost.compute_cycles;
        form.digit_bits = 16;
        run_form(arch, &known.layer, &form, &cost);
        assert_true((double)cost.compute_cycles > 1.05 * (double)near_cycles);
    }
    near("cycles of plain words", &plain, 0.01);
    near("cycles of rebuilt words", &rebuilt, 0.01);
    sdse_arena_free(arena);
}

static void multiplies_all_by_all(void **state) {
    (void)state;
    uint64_t seed = 16;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: cartesian, grid_rows: 3, grid_columns: 2, weight_vector: 4, "
                "input_vector: 4, accumulators: 1024, pj_per_product: 0.5}",
                arena);
    struct pair cycles = {0, 0}, products = {0, 0}, reads = {0, 0}, taken = {0, 0};
    for (int i = 0; i < DRAWS; i++) {
        struct known known;
        struct sdse_cost cost;
        struct sdse_cartesian_counts counts, dense;
        draw(&seed, 45, 40);
        know(&known);
        run(arch, &known.layer, &cost);
        const struct sdse_cartesian engine = {.stride = 1,
                                              .pad = 1,
                                              .grid = {3, 2},
                                              .weight_vector = 4,
                                              .act_vector = 4,
                                              .banks = 32,
                                              .queue = 8,
                                              .acc_entries = 1024,
                                              .halo = SDSE_CARTESIAN_HALO_MAX};
        naive_cartesian(&engine, &(struct sdse_cartesian_shape){C, H, W, K, R, S}, acts,
                        weights, &counts);
        add(&cycles, (double)cost.compute_cycles, (double)counts.cycles);
        add(&products, cost.mac_pj / 2, (double)counts.products);
        assert_true(fabs(cost.engine_pj[0] * 4 - cost.mac_pj) < 2);
        // Weights are read for each vector of inputs that there is.
        draw(&seed, 100, 100);
        naive_cartesian(&engine, &(struct sdse_cartesian_shape){C, H, W, K, R, S}, acts,
                        weights, &dense);
        add(&reads, (double)cost.level[1].flow[SDSE_WEIGHTS].reads / MACS,
            (double)counts.act_reads / (double)dense.act_reads);
        // And inputs are taken once a step.
        add(&taken, (double)cost.level[1].flow[SDSE_INPUTS].reads,
            REAL_INPUTS * (double)counts.steps / (double)dense.steps);
    }
    near("inputs taken", &taken, 0.01);
    near("weights read", &reads, 0.01);
    near("cycles", &cycles, 0.05);
    near("products", &products, 0.02);
    sdse_arena_free(arena);
}

// --- Where they do nothing ---

static void works_on_its_kinds_alone(void **state) {
    (void)state;
    uint64_t seed = 17;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: gate, operands: inputs, for: [fc, dwconv], free: true}", arena);
    struct known known;
    struct sdse_cost cost;
    draw(&seed, 30, 30);
    know(&known);
    run(arch, &known.layer, &cost);
    assert_true(cost.mac_pj == 2 * MACS && cost.engine_events[0] == 0);
    known.layer.kind = SDSE_FC;
    run(arch, &known.layer, &cost);
    assert_true(cost.mac_pj < MACS && cost.engine_events[0] == (uint64_t)MACS);
    sdse_arena_free(arena);
}

// Dense operands: nothing is left out but what padding is.
static void dense_is_dense(void **state) {
    (void)state;
    static const char *const engines[] = {
        "{kind: gate, operands: weights, free: true}",
        "{kind: skip, operands: weights, grid_rows: 2, grid_columns: 2, free: true}",
        "{kind: gather, elements: 4, width: 4, free: true}",
        "{kind: index_selector, operands: weights, slices: 4, group: 4, lines: 4, "
        "sync: "
        "step, free: true}"};
    for (int e = 0; e < 4; e++) {
        struct sdse_arena *arena = sdse_arena_new();
        const struct sdse_arch *arch = machine(engines[e], arena);
        struct known known;
        struct sdse_cost cost;
        uint64_t seed = 18;
        draw(&seed, 100, 100);
        know(&known);
        known.layer.density[SDSE_WEIGHTS] = 1;
        known.activations.density = known.activations.row_density = 1;
        run(arch, &known.layer, &cost);
        assert_true(cost.compute_cycles == (uint64_t)MACS);
        assert_true(fabs(cost.mac_pj - 2 * MACS) < 1e-6 * MACS);
        sdse_arena_free(arena);
    }
}

// Of dense maps every vector of inputs is there, whatever stride, border and element.
static void dense_vectors_are_all_there(void **state) {
    (void)state;
    struct sdse_arena *arena = sdse_arena_new();
    const struct sdse_arch *arch =
        machine("{kind: cartesian, grid_rows: 4, grid_columns: 3, weight_vector: 4, "
                "input_vector: 4, accumulators: 200, pj_per_product: 0.5}",
                arena);
    for (unsigned i = 0; i < 3 * 3 * 4; i++) {
        const uint32_t stride = 1 + i % 3, pad = i / 3 % 3;
        const uint64_t rows = 11 + i / 9, out = (rows + 2 * pad - R) / stride + 1;
        struct known known;
        struct sdse_cost cost;
        uint64_t seed = 19;
        draw(&seed, 100, 100);
        know(&known);
        known.layer.density[SDSE_WEIGHTS] = 1;
        known.activations.density = known.activations.row_density = 1;
        known.layer.nest = (struct sdse_nest){.bound = {1, K, C, out, out, R, S, 1},
                                              .stride = {stride, stride},
                                              .dilation = {1, 1},
                                              .pad = {pad, pad},
                                              .map = {rows, rows}};
        known.layer.in_height = known.layer.in_width = rows;
        run(arch, &known.layer, &cost);
        assert_int_equal(cost.level[1].flow[SDSE_WEIGHTS].reads,
                         K * C * R * S * out * out);
    }
    sdse_arena_free(arena);
}

// What the multipliers do not take leaves no memory that feeds them, whichever of them
// stands innermost.
static void reaches_all_that_feed_the_multipliers(void **state) {
    (void)state;
    static const char *const orders[] = {"weights, inputs, outputs",
                                         "outputs, weights, inputs",
                                         "inputs, outputs, weights"};
    for (int o = 0; o < 3; o++) {
        struct sdse_arena *arena = sdse_arena_new();
        char order[64];
        snprintf(order, sizeof order, "%s", orders[o]);
        const char *first = strtok(order, ", "), *second = strtok(NULL, ", "),
                   *third = strtok(NULL, ", ");
        struct sdse_arch *arch = sdse_written_arch(
            sdse_arena_printf(arena,
                              "{name: a, source: s, node_nm: 28, clock_ghz: 1, "
                              "word_bits: 8, levels: ["
                              "{level: DRAM, memory: {class: dram, pj_per_bit: 1}}, "
                              "{level: pad, memories: ["
                              "{name: one, keeps: [%s], class: regfile, capacity_kib: "
                              "1024, pj_per_bit: 1}, "
                              "{name: two, keeps: [%s], class: regfile, capacity_kib: "
                              "1024, pj_per_bit: 1}, "
                              "{name: three, keeps: [%s], class: regfile, "
                              "capacity_kib: 1024, pj_per_bit: 1}"
                              "]}], compute: {class: parallel, pj_per_mac: 2}, "
                              "engines: [{kind: gate, operands: inputs, free: true}]}",
                              first, second, third),
            arena);
        assert_non_null(arch);
        struct known known;
        struct sdse_cost cost;
        uint64_t seed = 20;
        draw(&seed, 40, 100);
        know(&known);
        run(arch, &known.layer, &cost);
        uint64_t weights_read = 0, sums = 0;
        for (unsigned l = 1; l < 4; l++) {
            weights_read += cost.level[l].flow[SDSE_WEIGHTS].reads;
            sums += cost.level[l].flow[SDSE_OUTPUTS].updates;
        }
        const double left = known.activations.density * REAL_INPUTS;
        assert_true(fabs((double)weights_read - left) < 2);
        assert_true(fabs((double)sums - left) < 2);
        assert_true(cost.level[0].flow[SDSE_WEIGHTS].reads == K * C * R * S);
        sdse_arena_free(arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates),
        cmocka_unit_test(skips),
        cmocka_unit_test(skips_by_channel),
        cmocka_unit_test(gates_by_channel),
        cmocka_unit_test(multiplies_by_channel),
        cmocka_unit_test(rebuilt_weights_have_no_channels),
        cmocka_unit_test(channels_drawn_stand_for_all),
        cmocka_unit_test(written_prices_are_paid),
        cmocka_unit_test(gathers),
        cmocka_unit_test(selects),
        cmocka_unit_test(selects_what_groups_share),
        cmocka_unit_test(groups_are_no_larger_than_passes),
        cmocka_unit_test(takes_digits),
        cmocka_unit_test(takes_digits_of_what_is_done),
        cmocka_unit_test(takes_digits_of_rows_that_work),
        cmocka_unit_test(unknown_digits_are_all_digits),
        cmocka_unit_test(without_plain_rows_all_is_paid),
        cmocka_unit_test(takes_digits_of_weights),
        cmocka_unit_test(takes_digits_of_weights_of_what_is_done),
        cmocka_unit_test(places_digits_of_weights),
        cmocka_unit_test(multiplies_all_by_all),
        cmocka_unit_test(works_on_its_kinds_alone),
        cmocka_unit_test(dense_is_dense),
        cmocka_unit_test(dense_vectors_are_all_there),
        cmocka_unit_test(reaches_all_that_feed_the_multipliers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
