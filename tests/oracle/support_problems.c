#include "oracle/support_problems.h"

#include <string.h>

#include "oracle/support_homes.h"
#include "spec/load.h"

enum { MOST_MAPPINGS = 100000, FEWEST_MAPPINGS = 20 };

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned below(uint64_t *state, unsigned n) {
    return (unsigned)(next_random(state) >> 33) % n;
}

static bool chance(uint64_t *state, unsigned percent) {
    return below(state, 100) < percent;
}

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static double cost(uint64_t *state) { return 0.25 * (1 + below(state, 40)); }

// A real map: padded on each side by its own, or longer than the windows reach.
static void make_map(uint64_t *state, struct sdse_nest *nest) {
    for (unsigned a = 0; a < 2; a++) {
        const int64_t reach = (int64_t)sdse_window_extent(
            nest->bound[a ? SDSE_Q : SDSE_P], nest->bound[a ? SDSE_S : SDSE_R],
            nest->stride[a], nest->dilation[a]);
        const int64_t before = (int64_t)below(state, 5) - 1;
        const int64_t map = reach - before - (int64_t)below(state, 4) + 1;
        nest->pad[a] = before;
        nest->map[a] = map > 0 ? (uint64_t)map : 1;
    }
}

static void make_layer(uint64_t *state, struct sdse_layer *layer) {
    static const uint64_t sizes[] = {1, 1, 1, 2, 2, 3, 4, 6};
    layer->name = "generated";
    layer->repeat = 1;
    layer->kind = (enum sdse_layer_kind)below(state, SDSE_MAPPED_KINDS);
    for (int d = 0; d < SDSE_DIMS; d++)
        layer->nest.bound[d] = sizes[below(state, 8)];
    if (chance(state, 60)) // halo
        layer->nest.bound[SDSE_R] = 2 + below(state, 2);
    if (chance(state, 40))
        layer->nest.bound[SDSE_G] = 1;
    if (chance(state, 60))
        layer->nest.bound[SDSE_N] = 1;
    for (int axis = 0; axis < 2; axis++) {
        layer->nest.stride[axis] = 1 + below(state, 3) % 3;
        layer->nest.dilation[axis] = chance(state, 80) ? 1 : 2;
    }
    for (int t = 0; t < SDSE_TENSORS; t++)
        layer->density[t] = chance(state, 80) ? 1 : 0.5;
    if (chance(state, 60))
        make_map(state, &layer->nest);
}

static void make_network(uint64_t *state, struct sdse_network *network) {
    network->multicast = chance(state, 75);
    network->reduce = chance(state, 75);
    network->window_sharing = chance(state, 15);
    network->free = true;
    if (chance(state, 50))
        network->pj_per_bit = given(0.01 * below(state, 20));
    if (chance(state, 30)) {
        network->topology = SDSE_MESH;
        network->hop_pj_per_bit = given(0.02 * below(state, 10));
        network->router_pj_per_bit = given(0.01 * below(state, 10));
    } else {
        network->topology = SDSE_TREE;
        network->pj_per_add = given(0.1 * below(state, 10));
    }
}

static void make_level(uint64_t *state, unsigned l, unsigned levels,
                       struct sdse_level *level) {
    static const char *const names[] = {"DRAM", "A", "B", "C"};
    level->name = level->group = names[l];
    level->keeps = l ? below(state, 8) : 7;
    level->carries_loops = l + 1 == levels || l == 0 || chance(state, 80);
    level->port_bits = chance(state, 50) ? 0 : 16u << below(state, 3);
    level->buffering = chance(state, 80) ? 1 : 2;
    level->fetch_gaps = chance(state, 12);
    level->overlap = chance(state, 85);
    level->read_pj = given(cost(state) * (l ? 1 : 8));
    level->fill_pj = given(cost(state) * (l ? 1 : 8));
    level->update_pj = given(cost(state) * (l ? 1 : 8));
    level->leakage_mw = given(chance(state, 30) ? 0.5 : 0);
    if (l && chance(state, 70))
        level->capacity_bits = 16 + 8 * below(state, l == 1 ? 120 : 40);
    if (chance(state, 35))
        level->read_bits_per_cycle = given(1 + below(state, 64));
    if (chance(state, 35))
        level->write_bits_per_cycle = given(1 + below(state, 64));
    if (chance(state, 20))
        level->shared_bits_per_cycle = given(1 + below(state, 64));
    level->fanout_x = level->fanout_y = 1;
    if (level->carries_loops && chance(state, 50)) {
        level->fanout_x = 1 + below(state, 6);
        level->fanout_y = chance(state, 50) ? 1 : 1 + below(state, 4);
        level->dims_x = below(state, 256);
        level->dims_y = below(state, 256);
    }
    for (int t = 0; t < SDSE_TENSORS; t++) {
        make_network(state, &level->network[t]);
        if (chance(state, 10))
            level->format[t].compression = SDSE_BITMAP;
    }
}

static void make_arch(uint64_t *state, struct sdse_arch *arch) {
    arch->name = "generated";
    arch->clock_ghz = 0.5;
    for (int t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = chance(state, 50) ? 8 : 16;
    arch->partial_bits = arch->bits[SDSE_OUTPUTS] + 8 * below(state, 3);
    arch->count_drain_reads = chance(state, 50);
    arch->count_return_transfers = chance(state, 50);
    arch->count_fill_drain = chance(state, 20);
    arch->level_count = 2 + below(state, 3);
    for (unsigned l = 0; l < arch->level_count; l++)
        make_level(state, l, arch->level_count, &arch->level[l]);
    for (unsigned l = 0; l < arch->level_count; l++)
        if (chance(state, 25))
            arch->level[l].partial_bits =
                arch->bits[SDSE_OUTPUTS] + 4 * below(state, 6);
    arch->compute.cycles_per_mac = chance(state, 80) ? 1 : 4;
    arch->compute.pj_per_mac = given(1);
    arch->compute.leakage_mw = given(chance(state, 30) ? 0.1 : 0);
}

// Ports of single tensors, and fractions of a cycle per MAC; drawn apart, so that the
// rest of a problem does not depend on them.
static void make_ports(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 7;
    if (chance(&state, 35))
        arch->compute.cycles_per_mac = (1 + below(&state, 60)) / 20.0;
    if (!chance(&state, 40))
        return;
    for (unsigned l = 0; l < arch->level_count; l++)
        for (unsigned p = 0; p < SDSE_PORTS; p++)
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                if (chance(&state, 25))
                    arch->level[l].own_bits_per_cycle[p][t] =
                        given(1 + below(&state, 32));
}

// Ports of sums that go up; drawn apart too.
static void make_up_ports(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 41;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 25))
        return;
    for (unsigned l = 0; l < arch->level_count; l++)
        for (unsigned p = SDSE_PORT_READ; p <= SDSE_PORT_WRITE; p++)
            if (chance(&state, 50))
                arch->level[l].own_bits_per_cycle[p][SDSE_PORT_UP] =
                    given(1 + below(&state, 16));
}

// Memories with words of their own widths; drawn apart too.
static void make_widths(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 43;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 35))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (chance(&state, 40))
                level->word_bits[t] = 4 * (1 + below(&state, 8));
        if (level->partial_bits && level->partial_bits < level->word_bits[SDSE_OUTPUTS])
            level->partial_bits = level->word_bits[SDSE_OUTPUTS];
    }
}

// Accesses of some bits at least; drawn apart too.
static void make_accesses(uint64_t seed, struct sdse_arch *arch) {
    static const uint32_t least[] = {0, 12, 32, 128};
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 37;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 25))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        arch->level[l].least_read_bits = least[below(&state, 4)];
        arch->level[l].least_write_bits = least[below(&state, 4)];
    }
}

// Cycles that passes lose; drawn apart too.
static void make_passes(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 17;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 25))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        if (chance(&state, 50))
            arch->level[l].pass_start_cycles = given(0.5 * below(&state, 12));
        if (chance(&state, 50))
            arch->level[l].pass_skew_cycles = given(0.5 * below(&state, 4));
    }
}

// Other formats than bitmaps, and places for the worst; drawn apart too.
static void make_formats(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 13;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 30))
        return;
    for (unsigned l = 0; l < arch->level_count; l++)
        for (int t = 0; t < SDSE_TENSORS; t++)
            if (chance(&state, 40))
                arch->level[l].format[t] = (struct sdse_format){
                    .compression = (enum sdse_compression)below(
                        &state, t ? SDSE_STRUCTURED : SDSE_COMPRESSIONS),
                    .run_bits = 1 + below(&state, 4),
                    .rows = below(&state, 4),
                    .columns = below(&state, 4),
                    .kept = 1,
                    .group = 2 + below(&state, 3),
                    .worst = chance(&state, 50),
                    .only_if_smaller = chance(&state, 20)};
}

// Supplies below the least, and analogue cells; drawn apart too.
static void make_cells(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 23;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 25))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        if (chance(&state, 50))
            arch->level[l].v_over_vmin = 0.75 + 0.05 * below(&state, 6);
        if (!chance(&state, 30))
            continue;
        arch->level[l].memory_class = SDSE_NVCIM;
        arch->level[l].cells.verified_share = 0.25 * below(&state, 5);
        arch->level[l].cells.pulses = 1 + below(&state, 9);
    }
}

// Cells that forget, and lives that are limited; drawn apart too.
static void make_edram(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 29;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 40))
        return;
    const bool limited = chance(&state, 50);
    for (unsigned l = 1; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        if (limited && chance(&state, 60))
            level->max_lifetime_us = given(0.002 * (1 << below(&state, 9)));
        if (!chance(&state, 60))
            continue;
        level->memory_class = SDSE_EDRAM;
        level->edram =
            (struct sdse_edram){.retention_us = given(0.002 * (1 + below(&state, 100))),
                                .refresh_pj_per_bit = given(cost(&state)),
                                .row_bits = 1 + below(&state, 64),
                                .cycles_per_row = given(0.5 * below(&state, 6))};
    }
}

static double share(uint64_t *state) {
    return chance(state, 40) ? 1 : (1 + below(state, 20)) / 20.0;
}

// What engines leave: any shares, whatever engine would have them; drawn apart too.
static void make_effects(uint64_t seed, struct sdse_generated_problem *problem) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 11;
    struct sdse_arch *arch = &problem->arch;
    struct sdse_effects *effects = &problem->effects;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (!chance(&state, 33))
        return;
    arch->engine_count = 1;
    arch->engine[0].name = "engine";
    arch->engine[0].pj_per_event = given(cost(&state));
    *effects = (struct sdse_effects){.working = 1,
                                     .cycles_per_mac = (1 + below(&state, 60)) / 20.0,
                                     .mac_share = share(&state),
                                     .rebuild_share = share(&state),
                                     .rebuild_time_share = share(&state)};
    if (chance(&state, 25))
        effects->own_cycles = (1 + below(&state, 4000)) / 4.0;
    effects->events[0] = below(&state, 50) / 2.0;
    for (unsigned l = 0; l < SDSE_MAX_LEVELS; l++)
        for (int t = 0; t < SDSE_TENSORS; t++)
            effects->word_share[l][t] = share(&state);
    if (chance(&state, 25))
        effects->least_cycles = (1 + below(&state, 4000)) / 4.0;
    problem->layer.effects = effects;
}

// An engine that makes products first, and weights in such a form; drawn apart too.
static void make_products_first(uint64_t seed, struct sdse_generated_problem *problem) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 19;
    struct sdse_arch *arch = &problem->arch;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    if (problem->form.smartdeal || arch->engine_count || !chance(&state, 25))
        return;
    arch->engine_count = 1;
    arch->engine[0] =
        (struct sdse_engine){.kind = SDSE_ENGINE_PRODUCTS,
                             .name = "products",
                             .below_level = below(&state, arch->level_count),
                             .layer_kinds = SDSE_BIT(SDSE_MAPPED_KINDS) - 1,
                             .multipliers = 1 + below(&state, 4),
                             .pj_per_event = given(cost(&state)),
                             .pj_per_sum = given(cost(&state))};
    const double weights = (double)sdse_tile_words(&problem->layer.nest, SDSE_WEIGHTS,
                                                   problem->layer.nest.bound);
    problem->form = (struct sdse_weight_form){
        .first = chance(&state, 50) ? SDSE_UNIQUE_FIRST : SDSE_BASIS_FIRST,
        .products = 1 + below(&state, 60),
        .sums_per_weight = (1 + below(&state, 30)) / 20.0,
        .coefficient_bits_total = weights * below(&state, 4),
        .index_bits_total = weights * (1 + below(&state, 3)),
        .basis_bits_total = 1 + below(&state, 200)};
}

static void make_overhead(uint64_t *state, struct sdse_overhead *overhead) {
    if (chance(state, 50))
        overhead->clock_mw = given(0.1 * below(state, 8));
    if (chance(state, 40))
        overhead->static_mw = given(0.1 * below(state, 8));
    if (chance(state, 50))
        overhead->control_percent = given(5 * below(state, 10));
    overhead->gated = chance(state, 50);
}

static void make_overheads(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 11;
    if (!chance(&state, 30))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        arch->level[l].memory_class = chance(&state, 50) ? SDSE_DRAM : SDSE_SRAM;
        make_overhead(&state, &arch->level[l].overhead);
    }
    make_overhead(&state, &arch->compute.overhead);
    make_overhead(&state, &arch->chip);
}

static void make_constraint(uint64_t *state,
                            const struct sdse_generated_problem *problem,
                            struct sdse_constraint *constraint) {
    const uint64_t values[] = {1, 2, 2, 3, 4, UINT64_MAX};
    constraint->kind = (enum sdse_constraint_kind)below(state, 11);
    if (constraint->kind == SDSE_LOOP_ORDER)
        constraint->kind = SDSE_UTILIZATION_AT_LEAST;
    constraint->level = below(state, problem->arch.level_count);
    const bool list = constraint->kind >= SDSE_TEMPORAL_DIMS;
    constraint->dims =
        list ? below(state, 256) | below(state, 256) : SDSE_BIT(below(state, 8));
    constraint->value = values[below(state, 5)];
    if (constraint->kind == SDSE_FACTOR_EQUAL)
        constraint->value = values[below(state, 6)];
    if (constraint->kind == SDSE_FACTOR_AT_LEAST && chance(state, 70))
        constraint->value = 1;
    constraint->fraction = 0.25 * below(state, 3);
    constraint->tensor = (enum sdse_tensor)below(state, 3);
}

// Two to five dims in any order; every fourth constraint, where they may be.
static void make_order(uint64_t *state, struct sdse_constraint *constraint) {
    uint8_t dims[SDSE_DIMS];
    for (uint8_t d = 0; d < SDSE_DIMS; d++)
        dims[d] = d;
    constraint->kind = SDSE_LOOP_ORDER;
    constraint->dims = 0;
    constraint->order_count = 2 + below(state, 4);
    for (unsigned i = 0; i < constraint->order_count; i++) {
        const unsigned j = i + below(state, SDSE_DIMS - i);
        const uint8_t d = dims[j];
        dims[j] = dims[i];
        constraint->order[i] = dims[i] = d;
        constraint->dims |= SDSE_BIT(d);
    }
}

static void add_constraints(struct sdse_generated_problem *problem, unsigned count) {
    problem->dataflow.name = "generated";
    problem->dataflow.kinds = SDSE_BIT(SDSE_MAPPED_KINDS) - 1;
    problem->dataflow.constraint_count += count;
    problem->dataflow.constraints = problem->constraint;
    problem->arch.dataflows = &problem->dataflow;
    problem->arch.dataflow_count = 1;
}

static void make_constraints(uint64_t *state, bool orders,
                             struct sdse_generated_problem *problem) {
    if (chance(state, 55))
        return;
    add_constraints(problem, 1 + below(state, 3));
    for (size_t i = 0; i < problem->dataflow.constraint_count; i++)
        make_constraint(state, problem, &problem->constraint[i]);
    for (size_t i = 0; orders && i < problem->dataflow.constraint_count; i++)
        if (chance(state, 25))
            make_order(state, &problem->constraint[i]);
}

// A rebuild engine, and weights in the form it takes.
static void make_smartdeal(uint64_t *state, struct sdse_generated_problem *problem) {
    struct sdse_arch *arch = &problem->arch;
    const uint64_t *bound = problem->layer.nest.bound;
    const unsigned all = SDSE_BIT(SDSE_PARTS) - 1;
    arch->level[0].keeps = all;
    if (chance(state, 75))
        return;
    arch->rebuild.present = true;
    arch->rebuild.below_level = below(state, arch->level_count);
    arch->rebuild.pj_per_shift_add = given(0.1 * below(state, 5));
    arch->rebuild.pj_per_basis_read = given(0.1 * below(state, 3));
    arch->rebuild.pj_per_basis_write = given(0.1 * below(state, 10));
    if (chance(state, 50))
        arch->rebuild.rows_per_cycle = given(0.5 * (1 + below(state, 4)));
    for (unsigned l = 1; l <= arch->rebuild.below_level; l++)
        if (arch->level[l].keeps & SDSE_BIT(SDSE_WEIGHTS) && chance(state, 60)) {
            arch->level[l].keeps &= ~SDSE_BIT(SDSE_WEIGHTS);
            arch->level[l].keeps |= (1 + below(state, 7)) << SDSE_PART_COEFFICIENTS;
        }
    struct sdse_weight_form *form = &problem->form;
    form->smartdeal = true;
    problem->space.whole_filters = true;
    form->basis_size = 2 + below(state, 2);
    const uint64_t elements = bound[SDSE_C] * bound[SDSE_R] * bound[SDSE_S];
    form->rows = (elements + form->basis_size - 1) / form->basis_size;
    form->rows_per_block = 1 + below(state, (unsigned)form->rows);
    const uint64_t filters = bound[SDSE_G] * bound[SDSE_K];
    form->blocks =
        filters * ((form->rows + form->rows_per_block - 1) / form->rows_per_block);
    form->density = form->row_density = 0.5;
    form->coefficient_bits = 4;
    form->basis_bits = 8;
    form->index = SDSE_INDEX_ROW;
    const double rows = (double)(filters * form->rows);
    form->coefficient_bits_total = rows * form->basis_size * 4 * 0.5;
    form->index_bits_total = rows;
    form->basis_bits_total =
        (double)form->blocks * (form->basis_size * form->basis_size * 8);
}

// What the space holds besides perfect factors under fixed keepers.
static void make_space(uint64_t *state, struct sdse_generated_problem *problem) {
    static const unsigned percents[] = {20, 35, 50, 100};
    if (chance(state, 25))
        problem->space.free_bypass = true;
    else if (chance(state, 40))
        for (unsigned l = 1; l < problem->arch.level_count; l++)
            problem->arch.level[l].may_bypass = below(state, 8);
    if (chance(state, 40))
        problem->space.padding_percent = percents[below(state, 4)];
    for (int d = 0; d < SDSE_DIMS && problem->space.padding_percent; d++)
        if (problem->layer.nest.bound[d] > 3 && chance(state, 50))
            problem->layer.nest.bound[d] = 5;
}

void sdse_make_problem(uint64_t seed, bool wide,
                       struct sdse_generated_problem *problem) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 8; i++)
        next_random(&state);
    for (;;) {
        memset(problem, 0, sizeof *problem);
        make_layer(&state, &problem->layer);
        make_arch(&state, &problem->arch);
        make_ports(seed, &problem->arch);
        make_overheads(seed, &problem->arch);
        make_effects(seed, problem);
        make_formats(seed, &problem->arch);
        make_up_ports(seed, &problem->arch);
        make_accesses(seed, &problem->arch);
        make_widths(seed, &problem->arch);
        make_passes(seed, &problem->arch);
        make_cells(seed, &problem->arch);
        make_edram(seed, &problem->arch);
        if (wide)
            make_space(&state, problem);
        make_smartdeal(&state, problem);
        make_products_first(seed, problem);
        make_constraints(&state, wide, problem);
        // Most problems small, a few as large as may be.
        const uint64_t most = chance(&state, 3)    ? MOST_MAPPINGS
                              : chance(&state, 30) ? MOST_MAPPINGS / 10
                                                   : MOST_MAPPINGS / 50;
        const uint64_t count = sdse_enumerate_count(&problem->arch, &problem->layer,
                                                    &problem->space, most);
        if (count >= FEWEST_MAPPINGS && count <= most)
            return;
    }
}

// Of a problem some of whose tensors are at home moves some to another memory.
static void give_other_home(uint64_t *state, unsigned level,
                            struct sdse_generated_problem *problem) {
    struct sdse_residence *at = &problem->residence, *other = &problem->residence_also;
    struct sdse_level *memory = &problem->arch.level[level];
    const bool weights =
        !problem->form.first &&
        !(problem->form.smartdeal && level > problem->arch.rebuild.below_level);
    oracle_divide_home(state, level, weights ? ~0u : ~SDSE_BIT(SDSE_WEIGHTS), at,
                       other);
    const uint64_t outputs =
        sdse_tile_words(&problem->layer.nest, SDSE_OUTPUTS, problem->layer.nest.bound);
    if (memory->capacity_bits)
        memory->capacity_bits +=
            (uint64_t)other->reserved_bits +
            (other->tensors >> SDSE_OUTPUTS & 1u && chance(state, 90)
                 ? outputs * problem->arch.partial_bits
                 : 0);
    if (problem->arch.vector.below_level >= level)
        other->addends =
            (uint32_t)below(state, problem->layer.addends - at->addends + 1);
}

bool sdse_give_home(uint64_t seed, struct sdse_generated_problem *problem) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
    unsigned candidate[SDSE_MAX_LEVELS], count = 0;
    for (unsigned l = 1; l < problem->arch.level_count; l++)
        if (sdse_arch_instances(&problem->arch, l) == 1)
            candidate[count++] = l;
    if (!count)
        return false;
    struct sdse_residence *at = &problem->residence;
    at->level = candidate[below(&state, count)];
    at->tensors = 1 + (unsigned)below(&state, (1u << SDSE_TENSORS) - 1);
    // Weights beyond an engine would have to pass it on the way in.
    if ((problem->form.smartdeal && at->level > problem->arch.rebuild.below_level) ||
        problem->form.first)
        at->tensors &= ~SDSE_BIT(SDSE_WEIGHTS);
    if (!at->tensors)
        at->tensors = SDSE_BIT(SDSE_INPUTS);
    at->operands = 1;
    at->writes_through = at->tensors >> SDSE_OUTPUTS & 1u && chance(&state, 40);
    at->loads_weights = at->tensors >> SDSE_WEIGHTS & 1u && chance(&state, 50);
    at->continues = at->tensors >> SDSE_OUTPUTS & 1u && chance(&state, 30);
    at->unfinished =
        at->tensors >> SDSE_OUTPUTS & 1u && !at->writes_through && chance(&state, 30);
    at->rescales = at->continues && chance(&state, 50);
    at->loaded_inputs =
        at->tensors >> SDSE_INPUTS & 1u && chance(&state, 40) ? below(&state, 60) : 0;
    struct sdse_level *memory = &problem->arch.level[at->level];
    const uint64_t outputs =
        sdse_tile_words(&problem->layer.nest, SDSE_OUTPUTS, problem->layer.nest.bound);
    at->reserved_bits = 8 * below(&state, 40);
    // What the generator gave is for tiles; a few places of outputs do not fit.
    if (memory->capacity_bits)
        memory->capacity_bits +=
            (uint64_t)at->reserved_bits +
            (chance(&state, 90) ? outputs * problem->arch.partial_bits : 0);
    problem->layer.residence = at;
    // Maps that are added beside it or beside the outermost memory.
    problem->layer.addends = (uint32_t)below(&state, 3);
    problem->arch.vector.present = true;
    problem->arch.vector.pj_per_op = (struct sdse_number){.value = 0.5, .given = true};
    problem->arch.vector.below_level = chance(&state, 70) ? at->level : 0;
    if (problem->arch.vector.below_level)
        at->addends = (uint32_t)below(&state, problem->layer.addends + 1);
    const unsigned other = oracle_other_level(&state, candidate, count, at->level);
    if (other && chance(&state, 50))
        give_other_home(&state, other, problem);
    at->ahead = (unsigned)below(&state, 1u << SDSE_TENSORS);
    return true;
}

void sdse_add_order(struct sdse_generated_problem *problem, unsigned level,
                    const uint8_t *dims, unsigned count) {
    struct sdse_constraint *order =
        &problem->constraint[problem->dataflow.constraint_count];
    add_constraints(problem, 1);
    *order = (struct sdse_constraint){
        .kind = SDSE_LOOP_ORDER, .level = level, .order_count = count};
    for (unsigned i = 0; i < count; i++) {
        order->order[i] = dims[i];
        order->dims |= SDSE_BIT(dims[i]);
    }
}

struct sdse_arch *sdse_written_arch(const char *text, struct sdse_arena *arena) {
    struct sdse_diags diags;
    sdse_diags_init(&diags, arena);
    struct sdse_node *root = NULL;
    struct sdse_arch *arch = NULL;
    if (sdse_tree_parse_memory(arena, "written", text, strlen(text), &diags, &root) ||
        sdse_arch_from_tree(arena, root, NULL, 0, &diags, &arch))
        sdse_diags_print(&diags, stderr, false);
    return arch;
}
