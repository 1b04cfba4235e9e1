// Layers that multiply nothing: the closed form against carrying every word through
// every memory, on generated layers and accelerators.
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
#include "costmodel/stream.h"

enum { CASES = 4000, MOST_LEVELS = 6, MOST_MAP = 24 };

struct problem {
    struct sdse_arch arch;
    struct sdse_layer layer;
    struct sdse_broadcast broadcasts[3];
};

// What moved, word by word.
struct carried {
    uint64_t reads[MOST_LEVELS][SDSE_TENSORS], fills[MOST_LEVELS][SDSE_TENSORS];
    uint64_t updates[MOST_LEVELS], drains[MOST_LEVELS];
    uint64_t crossed[MOST_LEVELS][SDSE_TENSORS],
        crossed_bits[MOST_LEVELS][SDSE_TENSORS];
    uint64_t operations;
};

static uint64_t below(uint64_t *state, uint64_t limit) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (*state >> 33) % limit;
}

static struct sdse_number number(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static double cost(uint64_t *state) { return (double)(1 + below(state, 40)) / 8; }

static void make_level(uint64_t *state, struct sdse_level *level, bool outermost) {
    *level = (struct sdse_level){.name = "m",
                                 .group = "m",
                                 .keeps = (unsigned)(1 + below(state, 7)),
                                 .carries_loops = true,
                                 .macro_count = 1,
                                 .buffering = 1,
                                 .overlap = below(state, 4) > 0,
                                 .port_bits = (uint32_t)(8 * below(state, 5)),
                                 .fanout_x = 1,
                                 .fanout_y = 1};
    if (outermost)
        level->keeps = SDSE_BIT(SDSE_TENSORS) - 1;
    level->read_pj = number(cost(state));
    level->fill_pj = number(cost(state));
    level->update_pj = number(cost(state));
    if (below(state, 2))
        level->leakage_mw = number(cost(state));
    if (below(state, 2))
        level->read_bits_per_cycle = number((double)(1 + below(state, 64)));
    if (below(state, 2))
        level->write_bits_per_cycle = number((double)(1 + below(state, 64)));
    if (below(state, 3) == 0)
        level->shared_bits_per_cycle = number((double)(1 + below(state, 64)));
    for (int t = 0; t < SDSE_TENSORS; t++)
        level->network[t] = (struct sdse_network){
            .topology = SDSE_BUS,
            .pj_per_bit = number(below(state, 2) ? cost(state) : 0)};
}

static void make_arch(uint64_t *state, struct sdse_arch *arch) {
    *arch = (struct sdse_arch){.name = "a",
                               .clock_ghz = (double)(1 + below(state, 4)) / 2,
                               .bits = {8, 4 + (uint32_t)below(state, 3) * 4,
                                        8 + (uint32_t)below(state, 3) * 4},
                               .partial_bits = 24,
                               .count_drain_reads = below(state, 3) > 0,
                               .level_count = 1 + (unsigned)below(state, MOST_LEVELS)};
    for (unsigned l = 0; l < arch->level_count; l++)
        make_level(state, &arch->level[l], l == 0);
    uint64_t apart = *state ^ 0x9e3779b97f4a7c15u;
    for (unsigned l = 0; l < arch->level_count; l++)
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (below(&apart, 4) == 0)
                arch->level[l].word_bits[t] = 1 + (uint32_t)below(&apart, 32);
    const unsigned unit = (unsigned)below(state, arch->level_count);
    arch->vector = (struct sdse_vector){.present = true, .below_level = unit};
    arch->vector.pj_per_op = number(cost(state));
    if (below(state, 4))
        arch->vector.ops_per_cycle = number((double)(1 + below(state, 9)) / 2);
    for (unsigned l = unit; l < arch->level_count; l++)
        arch->level[l].fanout_x = 1 + (uint32_t)below(state, 3);
    arch->compute = (struct sdse_compute){.cycles_per_mac = 1};
    arch->compute.pj_per_mac = number(7);
}

static void make_window(uint64_t *state, struct sdse_nest *nest, unsigned axis) {
    nest->bound[SDSE_P + axis] = 1 + below(state, 6);
    nest->bound[SDSE_R + axis] = 1 + below(state, 4);
    nest->stride[axis] = 1 + (uint32_t)below(state, 4);
    nest->dilation[axis] = 1 + (uint32_t)below(state, 3);
    nest->pad[axis] = (int64_t)below(state, 6) - 2;
    nest->map[axis] = below(state, 8) ? 1 + below(state, MOST_MAP) : 0;
}

// A divisor of a size.
static uint64_t divisor(uint64_t *state, uint64_t size) {
    uint64_t d = 1 + below(state, size);
    while (size % d)
        d--;
    return d;
}

// Smaller maps beside those of the layer's size.
static void make_broadcasts(uint64_t *state, struct problem *problem) {
    struct sdse_move *move = &problem->layer.move;
    const uint64_t *bound = problem->layer.nest.bound;
    const uint64_t whole[3] = {bound[SDSE_G], bound[SDSE_P], bound[SDSE_Q]};
    move->broadcasts = problem->broadcasts;
    move->broadcast_count = (uint32_t)below(state, 4);
    for (uint32_t i = 0; i < move->broadcast_count; i++) {
        problem->broadcasts[i].shared = below(state, 2);
        for (unsigned d = 0; d < 3; d++)
            problem->broadcasts[i].size[d] = divisor(state, whole[d]);
    }
    move->addends = (uint32_t)below(state, 3) + (move->broadcast_count < 2);
}

static void make_layer(uint64_t *state, struct sdse_layer *layer) {
    *layer = (struct sdse_layer){
        .name = "l",
        .kind = (enum sdse_layer_kind)(
            SDSE_MAPPED_KINDS + below(state, SDSE_LAYER_KINDS - SDSE_MAPPED_KINDS)),
        .repeat = 1,
        .density = {1, 1, 1},
        .nest = {.bound = {1 + below(state, 3), 1, 1, 1 + below(state, 6),
                           1 + below(state, 6), 1, 1, 1 + below(state, 5)},
                 .stride = {1, 1},
                 .dilation = {1, 1}}};
    layer->move = (struct sdse_move){.fused = below(state, 8) == 0,
                                     .addends = 1,
                                     .passes = 1 + (uint32_t)below(state, 3),
                                     .operations = 1 + (uint32_t)below(state, 9)};
    if (layer->kind == SDSE_UPDATE)
        layer->move.update =
            (struct sdse_update){.read_words = (double)below(state, 3),
                                 .read_bits = (double)below(state, 70),
                                 .write_bits = (double)below(state, 70),
                                 .copy_below_bits = (uint32_t)below(state, 20)};
    if (layer->kind == SDSE_ADD)
        layer->move.addends = 2 + (uint32_t)below(state, 3);
    for (unsigned axis = 0; axis < 2; axis++) {
        if (layer->kind == SDSE_POOL)
            make_window(state, &layer->nest, axis);
        else
            layer->nest.map[axis] = layer->nest.bound[SDSE_P + axis];
    }
}

// As a memory stores a word.
static uint32_t width(const struct sdse_arch *arch, unsigned level, unsigned tensor) {
    const uint32_t own = arch->level[level].word_bits[tensor];
    return own ? own : arch->bits[tensor];
}

// One input word from the outermost memory to the unit.
static void carry_in(const struct sdse_arch *arch, struct carried *c) {
    unsigned holder = 0;
    for (unsigned l = 1; l <= arch->vector.below_level; l++) {
        c->crossed[l - 1][SDSE_INPUTS]++;
        c->crossed_bits[l - 1][SDSE_INPUTS] += width(arch, holder, SDSE_INPUTS);
        if (!(arch->level[l].keeps >> SDSE_INPUTS & 1u))
            continue;
        c->reads[holder][SDSE_INPUTS]++;
        c->fills[l][SDSE_INPUTS]++;
        holder = l;
    }
    c->reads[holder][SDSE_INPUTS]++;
}

// One output word from the unit to the outermost memory.
static void carry_out(const struct sdse_arch *arch, struct carried *c) {
    int holder = -1; // the unit
    for (int l = (int)arch->vector.below_level; l >= 0; l--) {
        unsigned to = l > 0 ? (unsigned)l - 1 : 0;
        while (to > 0 && !(arch->level[to].keeps >> SDSE_OUTPUTS & 1u))
            to--;
        if (l > 0) {
            c->crossed[l - 1][SDSE_OUTPUTS]++;
            c->crossed_bits[l - 1][SDSE_OUTPUTS] += width(arch, to, SDSE_OUTPUTS);
        }
        if (l > 0 && !(arch->level[l].keeps >> SDSE_OUTPUTS & 1u))
            continue;
        if (holder >= 0)
            c->drains[holder]++;
        c->updates[l]++;
        holder = l;
    }
}

// Marks the words that some window reads; where there is no map, as far as they reach.
static void touch(const struct sdse_nest *nest, bool touched[2][2 * MOST_MAP + 8]) {
    for (unsigned axis = 0; axis < 2; axis++)
        for (uint64_t p = 0; p < nest->bound[SDSE_P + axis]; p++)
            for (uint64_t r = 0; r < nest->bound[SDSE_R + axis]; r++) {
                const int64_t h =
                    (int64_t)(p * nest->stride[axis] + r * nest->dilation[axis]) -
                    nest->pad[axis];
                if (h >= 0 && (!nest->map[axis] || h < (int64_t)nest->map[axis]))
                    touched[axis][h] = true;
            }
}

// Every output looks for its word of a smaller map; one that the unit has is not
// carried again.
static void carry_repeated(const struct problem *problem,
                           const struct sdse_broadcast *map, struct carried *c) {
    const uint64_t *bound = problem->layer.nest.bound;
    static bool has[4][8][8][8];
    memset(has, 0, sizeof has);
    for (uint64_t n = 0; n < bound[SDSE_N]; n++)
        for (uint64_t g = 0; g < bound[SDSE_G]; g++)
            for (uint64_t p = 0; p < bound[SDSE_P]; p++)
                for (uint64_t q = 0; q < bound[SDSE_Q]; q++) {
                    bool *word = &has[map->shared ? 0 : n][g % map->size[0]]
                                     [p % map->size[1]][q % map->size[2]];
                    if (!*word)
                        carry_in(&problem->arch, c);
                    *word = true;
                }
}

// Each weight brings and takes its bits; words go when they are full, and at the end.
static struct carried simulate_update(const struct problem *problem) {
    struct carried c = {.operations = 0};
    const struct sdse_arch *arch = &problem->arch;
    const struct sdse_nest *nest = &problem->layer.nest;
    const struct sdse_move *move = &problem->layer.move;
    const struct sdse_update *update = &move->update;
    const uint64_t weights = nest->bound[SDSE_N] * nest->bound[SDSE_G] *
                             nest->bound[SDSE_P] * nest->bound[SDSE_Q];
    const uint32_t word[] = {width(arch, 0, SDSE_WEIGHTS), width(arch, 0, SDSE_INPUTS),
                             width(arch, 0, SDSE_OUTPUTS)};
    const bool copied = word[SDSE_WEIGHTS] < update->copy_below_bits;
    uint64_t in = 0, out = 0;
    for (uint64_t w = 0; w < weights; w++) {
        c.operations += move->operations;
        in += (uint64_t)update->read_words * word[SDSE_INPUTS] +
              (uint64_t)update->read_bits;
        out += (uint64_t)update->write_bits + (copied ? word[SDSE_WEIGHTS] : 0);
        for (; in >= word[SDSE_INPUTS]; in -= word[SDSE_INPUTS])
            if (!move->fused)
                carry_in(arch, &c);
        for (; out >= word[SDSE_OUTPUTS]; out -= word[SDSE_OUTPUTS])
            if (!move->fused)
                carry_out(arch, &c);
    }
    if (in && !move->fused)
        carry_in(arch, &c);
    if (out && !move->fused)
        carry_out(arch, &c);
    return c;
}

static struct carried simulate(const struct problem *problem) {
    if (problem->layer.kind == SDSE_UPDATE)
        return simulate_update(problem);
    struct carried c = {.operations = 0};
    const struct sdse_layer *layer = &problem->layer;
    const struct sdse_nest *nest = &layer->nest;
    const struct sdse_move *move = &layer->move;
    bool touched[2][2 * MOST_MAP + 8] = {{false}};
    touch(nest, touched);
    for (uint32_t i = 0; i < move->broadcast_count * !move->fused; i++)
        for (unsigned times = 0; times < move->passes; times++)
            carry_repeated(problem, &move->broadcasts[i], &c);
    for (uint64_t map = 0; map < nest->bound[SDSE_N] * nest->bound[SDSE_G]; map++) {
        for (unsigned times = 0; times < move->addends * move->passes; times++)
            for (unsigned h = 0; h < 2 * MOST_MAP + 8; h++)
                for (unsigned w = 0; w < 2 * MOST_MAP + 8; w++)
                    if (touched[0][h] && touched[1][w] && !move->fused)
                        carry_in(&problem->arch, &c);
        for (uint64_t out = 0; out < nest->bound[SDSE_P] * nest->bound[SDSE_Q]; out++) {
            c.operations += move->operations;
            if (!move->fused)
                carry_out(&problem->arch, &c);
        }
    }
    return c;
}

static double accesses(const struct sdse_level *level, uint64_t words, uint32_t bits) {
    const uint64_t all = words * bits;
    return level->port_bits ? (double)((all + level->port_bits - 1) / level->port_bits)
                            : (double)all;
}

static uint64_t divided(double bits, const struct sdse_number *rate) {
    return rate->given ? (uint64_t)ceil(bits / rate->value) : 0;
}

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

// Cycles and energy of what was carried.
static void price(const struct problem *problem, const struct carried *c,
                  uint64_t *latency, double *energy_pj) {
    const struct sdse_arch *arch = &problem->arch;
    const bool fused = problem->layer.move.fused;
    uint64_t longest =
        fused ? 0 : divided((double)c->operations, &arch->vector.ops_per_cycle);
    uint64_t added = 0;
    double pj = (double)c->operations * arch->vector.pj_per_op.value, leaks = 0;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        const uint32_t in = width(arch, l, SDSE_INPUTS),
                       out = width(arch, l, SDSE_OUTPUTS);
        const uint64_t drains = arch->count_drain_reads ? c->drains[l] : 0;
        pj += (accesses(level, c->reads[l][SDSE_INPUTS], in) +
               accesses(level, drains, out)) *
                  level->read_pj.value +
              accesses(level, c->fills[l][SDSE_INPUTS], in) * level->fill_pj.value +
              accesses(level, c->updates[l], out) * level->update_pj.value;
        pj += (double)c->crossed_bits[l][SDSE_INPUTS] *
                  level->network[SDSE_INPUTS].pj_per_bit.value +
              (double)c->crossed_bits[l][SDSE_OUTPUTS] *
                  level->network[SDSE_OUTPUTS].pj_per_bit.value;
        const double read = (double)(c->reads[l][SDSE_INPUTS] * in + drains * out);
        const double write =
            (double)(c->fills[l][SDSE_INPUTS] * in + c->updates[l] * out);
        const uint64_t cycles =
            most(divided(read, &level->read_bits_per_cycle),
                 most(divided(write, &level->write_bits_per_cycle),
                      divided(read + write, &level->shared_bits_per_cycle)));
        if (level->overlap)
            longest = most(longest, cycles);
        else
            added += cycles;
        leaks += level->leakage_mw.value * (double)sdse_arch_instances(arch, l);
    }
    *latency = longest + added;
    *energy_pj = pj + leaks * (double)*latency / arch->clock_ghz;
}

static void compare(const struct problem *problem, const struct carried *c,
                    const struct sdse_cost *cost_of) {
    for (unsigned l = 0; l < problem->arch.level_count; l++) {
        const struct sdse_level_cost *level = &cost_of->level[l];
        const struct sdse_flow_cost *in = &level->flow[SDSE_PART_INPUTS],
                                    *out = &level->flow[SDSE_PART_OUTPUTS];
        assert_int_equal(in->reads, c->reads[l][SDSE_INPUTS]);
        assert_int_equal(in->fills, c->fills[l][SDSE_INPUTS]);
        assert_int_equal(out->updates, c->updates[l]);
        assert_int_equal(out->drain_reads,
                         problem->arch.count_drain_reads ? c->drains[l] : 0);
        assert_int_equal(in->updates + in->drain_reads + out->reads + out->fills, 0);
        assert_int_equal(level->network[SDSE_PART_INPUTS].words,
                         c->crossed[l][SDSE_INPUTS]);
        assert_int_equal(level->network[SDSE_PART_OUTPUTS].words,
                         c->crossed[l][SDSE_OUTPUTS]);
        assert_false(level->flow[SDSE_PART_WEIGHTS].kept);
    }
    uint64_t latency;
    double energy_pj;
    price(problem, c, &latency, &energy_pj);
    assert_int_equal(cost_of->macs, 0);
    assert_int_equal(cost_of->multipliers_used, 0);
    assert_int_equal(cost_of->vector_operations, c->operations);
    assert_int_equal(cost_of->latency_cycles, latency);
    assert_true(fabs(cost_of->energy_pj - energy_pj) <= 1e-9 * energy_pj);
}

static void closed_form_equals_carrying(void **state) {
    (void)state;
    struct problem *problem = calloc(1, sizeof *problem);
    struct sdse_cost *cost_of = calloc(1, sizeof *cost_of);
    assert_non_null(problem);
    assert_non_null(cost_of);
    unsigned kinds[SDSE_LAYER_KINDS] = {0}, buffers = 0, fused = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint64_t at = seed * 0x9E3779B97F4A7C15u;
        make_arch(&at, &problem->arch);
        make_layer(&at, &problem->layer);
        if (problem->layer.kind == SDSE_ADD && below(&at, 2))
            make_broadcasts(&at, problem);
        struct sdse_arena *arena = sdse_arena_new();
        struct sdse_model *model = NULL;
        struct sdse_mapping mapping;
        assert_int_equal(
            sdse_model_new(&problem->arch, &problem->layer, NULL, arena, &model),
            SDSE_OK);
        sdse_mapping_init(&problem->arch, &mapping);
        mapping.streamed = true;
        assert_int_equal(sdse_mapping_verdict(model, &mapping, NULL), SDSE_VALID);
        sdse_evaluate_full(model, &mapping, cost_of);
        const struct sdse_totals totals = sdse_evaluate(model, &mapping);
        assert_true(totals.energy_pj == cost_of->energy_pj);
        assert_true(totals.latency_cycles == (double)cost_of->latency_cycles);
        const struct carried carried = simulate(problem);
        compare(problem, &carried, cost_of);
        kinds[problem->layer.kind]++;
        buffers += problem->arch.vector.below_level >= 2;
        fused += problem->layer.move.fused;
        sdse_arena_free(arena);
    }
    for (int k = SDSE_MAPPED_KINDS; k < SDSE_LAYER_KINDS; k++)
        assert_true(kinds[k] > CASES / 10);
    printf(
        "## streamed layers equal to carrying every word: %d (%u with three memories "
        "or more, %u fused)\n",
        CASES, buffers, fused);
    free(problem);
    free(cost_of);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_form_equals_carrying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
