// One file, though long: one generator. All that a case may have is drawn here in one
// order, so that a seed stays the same case.
#include "oracle/support_cases.h"

#include <math.h>
#include <string.h>

#include "oracle/support_simulator.h"

const char *oracle_feature_text(enum oracle_feature feature) {
    static const char *const text[] = {
#define ORACLE_FEATURE_TEXT(name, text) text,
        ORACLE_FEATURE_MAP(ORACLE_FEATURE_TEXT)
#undef ORACLE_FEATURE_TEXT
    };
    return text[feature];
}

// Source: Vigna, "An experimental exploration of Marsaglia's xorshift generators".
uint64_t oracle_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

uint64_t oracle_below(uint64_t *state, uint64_t n) {
    return (oracle_random(state) >> 33) % n;
}

static bool chance(uint64_t *state, unsigned percent) {
    return oracle_below(state, 100) < percent;
}

static struct sdse_number given(double value) {
    return (struct sdse_number){.value = value, .given = true};
}

static struct sdse_number cost(uint64_t *state) {
    return given((double)(1 + oracle_below(state, 4000)) / 64);
}

// ---- accelerator --------------------------------------------------------------------

static struct sdse_number bandwidth(uint64_t *state) {
    if (!chance(state, 25))
        return (struct sdse_number){0};
    return given((double)(1 + oracle_below(state, 200)) / 4);
}

// Ports of single tensors, and fractions of a cycle per MAC; drawn apart, so that the
// rest of a case does not depend on them.
static void make_ports(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 0x7654321u;
    if (chance(&state, 35))
        arch->compute.cycles_per_mac = (double)(1 + oracle_below(&state, 80)) / 20;
    if (!chance(&state, 40))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        for (unsigned i = 0; i < SDSE_PORTS * SDSE_TENSORS; i++)
            if (level->shares_memory)
                level->own_bits_per_cycle[i / SDSE_TENSORS][i % SDSE_TENSORS] =
                    arch->level[l - 1]
                        .own_bits_per_cycle[i / SDSE_TENSORS][i % SDSE_TENSORS];
            else
                level->own_bits_per_cycle[i / SDSE_TENSORS][i % SDSE_TENSORS] =
                    bandwidth(&state);
    }
}

static void make_overhead(uint64_t *state, struct sdse_overhead *overhead) {
    if (chance(state, 60))
        overhead->clock_mw = cost(state);
    if (chance(state, 40))
        overhead->static_mw = cost(state);
    if (chance(state, 50))
        overhead->control_percent = cost(state);
    overhead->gated = chance(state, 50);
}

// Clocks, static power and control, drawn apart.
static void make_overheads(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 0x3456789u;
    if (!chance(&state, 25))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        arch->level[l].memory_class = chance(&state, 40) ? SDSE_DRAM : SDSE_SRAM;
        make_overhead(&state, &arch->level[l].overhead);
        if (!arch->level[l].shares_memory)
            continue;
        arch->level[l].overhead = arch->level[l - 1].overhead;
        arch->level[l].memory_class = arch->level[l - 1].memory_class;
    }
    make_overhead(&state, &arch->compute.overhead);
    make_overhead(&state, &arch->chip);
}

static void make_network(uint64_t *state, enum sdse_tensor tensor,
                         struct sdse_network *network) {
    *network = (struct sdse_network){
        .topology = chance(state, 60)   ? SDSE_MESH
                    : chance(state, 50) ? SDSE_BUS
                                        : SDSE_TREE,
        .multicast = chance(state, 80),
        .reduce = chance(state, 80),
        .pj_per_bit = given(0),
        .hop_pj_per_bit = given(0),
        .router_pj_per_bit = given(0),
        .pj_per_add = given(0),
    };
    if (network->topology == SDSE_BUS)
        network->pj_per_bit = cost(state);
    if (network->topology == SDSE_TREE)
        network->pj_per_add = cost(state);
    if (network->topology == SDSE_MESH) {
        network->hop_pj_per_bit = cost(state);
        network->router_pj_per_bit = cost(state);
    }
    if (tensor == SDSE_INPUTS)
        // A mesh sends words to places, it has no window buffers: the reader refuses
        // it.
        network->window_sharing = network->topology != SDSE_MESH && chance(state, 20);
}

static void make_level(uint64_t *state, struct sdse_level *level) {
    static const char *const names[] = {"L0", "L1", "L2", "L3"};
    static const uint32_t ports[] = {0, 1, 8, 16, 24, 64};
    unsigned index = (unsigned)oracle_below(state, 4);
    *level = (struct sdse_level){
        .name = names[index],
        .group = names[index],
        .memory_class = SDSE_SRAM,
        .carries_loops = true,
        .macro_count = 1,
        .port_bits = ports[oracle_below(state, 6)],
        .buffering = 1,
        .read_bits_per_cycle = bandwidth(state),
        .write_bits_per_cycle = bandwidth(state),
        .shared_bits_per_cycle = bandwidth(state),
        .overlap = chance(state, 80),
        .read_pj = cost(state),
        .fill_pj = cost(state),
        .update_pj = cost(state),
        .leakage_mw = chance(state, 30) ? cost(state) : given(0),
        .area_um2 = cost(state),
        .dims_x = SDSE_BIT(SDSE_DIMS) - 1,
        .dims_y = SDSE_BIT(SDSE_DIMS) - 1,
        .fanout_x = 1,
        .fanout_y = 1,
    };
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        make_network(state, t, &level->network[t]);
}

// Makes `level` a second position in the memory of the level outside it.
static void share_memory(uint64_t *state, struct sdse_level *outside,
                         struct sdse_level *level) {
    struct sdse_level copy = *outside;
    if (chance(state, 30)) {
        make_network(state, SDSE_INPUTS, &copy.network[SDSE_INPUTS]);
        copy.network[SDSE_INPUTS].multicast = true;
        copy.network[SDSE_INPUTS].window_sharing =
            copy.network[SDSE_INPUTS].topology != SDSE_MESH;
    }
    copy.name = copy.group = level->name;
    copy.shares_memory = true;
    // The fan-out stays behind the innermost position; there is none in between.
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        outside->network[t] = (struct sdse_network){.free = true};
    *level = copy;
}

static void make_arch(uint64_t *state, struct sdse_arch *arch) {
    *arch = (struct sdse_arch){
        .name = "generated",
        .node_nm = 65,
        .clock_ghz = (double)(1 + oracle_below(state, 16)) / 8,
        .count_drain_reads = chance(state, 50),
        .count_return_transfers = chance(state, 50),
        .other_area_um2 = given(0),
        .compute = {.cycles_per_mac = 1 + (uint32_t)oracle_below(state, 3),
                    .cycles_number = given(1),
                    .pj_per_mac = cost(state),
                    .leakage_mw = chance(state, 30) ? cost(state) : given(0),
                    .area_um2 = given(0)},
    };
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        arch->bits[t] = 1 + (uint32_t)oracle_below(state, 24);
    arch->partial_bits = arch->bits[SDSE_OUTPUTS];
    if (chance(state, 50))
        arch->partial_bits += 1 + (uint32_t)oracle_below(state, 16);
    unsigned dice = (unsigned)oracle_below(state, 20);
    arch->level_count = dice < 1 ? 1 : dice < 6 ? 2 : dice < 13 ? 3 : 4;
    for (unsigned l = 0; l < arch->level_count; l++)
        make_level(state, &arch->level[l]);
    for (unsigned l = 0; l < arch->level_count; l++)
        if (chance(state, 15))
            arch->level[l].partial_bits =
                arch->bits[SDSE_OUTPUTS] + (uint32_t)oracle_below(state, 16);
    for (unsigned l = 2; l < arch->level_count; l++)
        if (chance(state, 40))
            share_memory(state, &arch->level[l - 1], &arch->level[l]);
}

// ---- loops --------------------------------------------------------------------------

// What a mapping is made from: some have no spatial loops, so that windows slide far.
struct maker {
    uint64_t *state;
    const struct sdse_arch *arch;
    struct sdse_mapping *mapping;
    unsigned temporal_percent;
};

// Whether the next level is inside the same memory: nothing fans out to it.
static bool shares_next(const struct sdse_arch *arch, unsigned l) {
    return l + 1 < arch->level_count && arch->level[l + 1].shares_memory;
}

static struct sdse_loops *pick_loops(const struct maker *maker) {
    uint64_t *state = maker->state;
    unsigned l = (unsigned)oracle_below(state, maker->mapping->level_count);
    struct sdse_mapping_level *level = &maker->mapping->level[l];
    return chance(state, maker->temporal_percent) || shares_next(maker->arch, l)
               ? &level->temporal
               : &level->spatial[oracle_below(state, 2)];
}

// Puts a factor on the loop of `dim` in the list, where the new one goes anywhere.
static void put_factor(uint64_t *state, struct sdse_loops *loops, enum sdse_dim dim,
                       uint64_t factor) {
    for (unsigned i = 0; i < loops->count; i++) {
        if (loops->loop[i].dim == dim) {
            loops->loop[i].factor *= factor;
            return;
        }
    }
    unsigned at = (unsigned)oracle_below(state, loops->count + 1u);
    memmove(&loops->loop[at + 1], &loops->loop[at],
            (loops->count - at) * sizeof *loops->loop);
    loops->loop[at] = (struct sdse_loop){dim, factor};
    loops->count++;
}

static uint64_t make_bound(uint64_t *state, enum sdse_dim dim) {
    bool rare = dim == SDSE_N || dim == SDSE_G;
    if (chance(state, rare ? 70 : 25))
        return 1;
    return 2 + oracle_below(state, chance(state, 20) ? 8 : 3);
}

static void make_perfect(const struct maker *maker, enum sdse_dim dim, uint64_t bound) {
    uint64_t *state = maker->state;
    for (uint64_t prime = 2; bound > 1; prime++) {
        for (; bound % prime == 0; bound /= prime)
            put_factor(state, pick_loops(maker), dim, prime);
    }
    if (chance(state, 10))
        put_factor(state, pick_loops(maker), dim, 1);
}

// Factors whose product exceeds the bound.
static void make_imperfect(const struct maker *maker, enum sdse_dim dim,
                           uint64_t bound) {
    uint64_t *state = maker->state;
    uint64_t product = 1;
    while (product < bound) {
        uint64_t left = (bound + product - 1) / product;
        uint64_t factor = 2 + oracle_below(state, 3);
        if (factor > left && !chance(state, 10))
            factor = left;
        put_factor(state, pick_loops(maker), dim, factor);
        product *= factor;
    }
}

static void make_loops(const struct maker *maker, bool imperfect,
                       struct sdse_nest *nest) {
    uint64_t *state = maker->state;
    for (unsigned d = 0; d < SDSE_DIMS; d++) {
        nest->bound[d] = make_bound(state, d);
        if (imperfect && chance(state, 60))
            make_imperfect(maker, d, nest->bound[d]);
        else
            make_perfect(maker, d, nest->bound[d]);
    }
    for (unsigned a = 0; a < 2; a++) {
        nest->stride[a] = chance(state, 65) ? 1 : 2 + (uint32_t)oracle_below(state, 2);
        nest->dilation[a] = chance(state, 75) ? 1 : 2;
    }
}

static uint64_t factor_of(const struct sdse_loops *loops, enum sdse_dim dim) {
    for (unsigned i = 0; i < loops->count; i++)
        if (loops->loop[i].dim == dim)
            return loops->loop[i].factor;
    return 1;
}

static uint64_t factors_inside(const struct sdse_mapping *mapping, unsigned level,
                               enum sdse_dim dim) {
    uint64_t product = 1;
    for (unsigned l = level; l < mapping->level_count; l++)
        product *= factor_of(&mapping->level[l].temporal, dim) *
                   factor_of(&mapping->level[l].spatial[0], dim) *
                   factor_of(&mapping->level[l].spatial[1], dim);
    return product;
}

// Gives a dimension a loop of three or more iterations, another one outside, and a
// bound that cuts the last pass of the former.
static void make_tail(const struct maker *maker, struct sdse_nest *nest) {
    uint64_t *state = maker->state;
    struct sdse_mapping *mapping = maker->mapping;
    const enum sdse_dim dim = (enum sdse_dim)oracle_below(state, SDSE_DIMS);
    if (mapping->level_count == 1)
        return;
    const unsigned level = 1 + (unsigned)oracle_below(state, mapping->level_count - 1);
    const unsigned outer = (unsigned)oracle_below(state, level);
    struct sdse_loops *loops = &mapping->level[level].temporal;
    put_factor(state, loops, dim, 3);
    put_factor(state, &mapping->level[outer].temporal, dim, 2);
    const uint64_t factor = factor_of(loops, dim);
    const uint64_t weight = factors_inside(mapping, level, dim) / factor;
    nest->bound[dim] = factors_inside(mapping, 0, dim) -
                       weight * (1 + oracle_below(state, factor - 2));
}

static uint64_t product_of(const struct sdse_loops *loops) {
    uint64_t product = 1;
    for (unsigned i = 0; i < loops->count; i++)
        product *= loops->loop[i].factor;
    return product;
}

static void make_fanouts(uint64_t *state, struct oracle_case *out) {
    for (unsigned l = 0; l < out->arch.level_count; l++) {
        struct sdse_level *level = &out->arch.level[l];
        struct sdse_mapping_level *loops = &out->mapping.level[l];
        level->fanout_x = (uint32_t)product_of(&loops->spatial[0]);
        level->fanout_y = (uint32_t)product_of(&loops->spatial[1]);
        if (shares_next(&out->arch, l))
            continue;
        if (chance(state, 20))
            level->fanout_x += (uint32_t)oracle_below(state, 3);
        if (chance(state, 20))
            level->fanout_y += (uint32_t)oracle_below(state, 3);
    }
}

static void make_keeps(uint64_t *state, struct oracle_case *out) {
    unsigned all = SDSE_BIT(SDSE_TENSORS) - 1;
    bool bypass = chance(state, 60);
    for (unsigned l = 0; l < out->arch.level_count; l++) {
        unsigned keeps = all;
        for (unsigned t = 0; l > 0 && bypass && t < SDSE_TENSORS; t++)
            if (chance(state, 35))
                keeps &= ~SDSE_BIT(t);
        out->arch.level[l].keeps = out->mapping.keeps[l] = keeps;
    }
    // A memory holds a tensor at one of its levels.
    for (unsigned first = 1, end; first < out->arch.level_count; first = end) {
        for (end = first + 1; shares_next(&out->arch, end - 1);)
            end++;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            unsigned only = first + (unsigned)oracle_below(state, end - first);
            for (unsigned l = first; l < end; l++)
                if (l != only)
                    out->mapping.keeps[l] &= ~SDSE_BIT(t);
        }
        for (unsigned l = first; l < end; l++)
            out->arch.level[l].keeps = out->mapping.keeps[l];
    }
}

// ---- the case -----------------------------------------------------------------------

static void classify_mapping(struct oracle_case *subject) {
    uint64_t product[SDSE_DIMS];
    unsigned fanouts = 0, features = 0;
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        product[d] = 1;
    for (unsigned l = 0; l < subject->mapping.level_count; l++) {
        const struct sdse_mapping_level *level = &subject->mapping.level[l];
        const struct sdse_level *memory = &subject->arch.level[l];
        const struct sdse_loops *lists[] = {&level->temporal, &level->spatial[0],
                                            &level->spatial[1]};
        unsigned seen[3] = {0};
        for (unsigned a = 0; a < 3; a++) {
            for (unsigned i = 0; i < lists[a]->count; i++) {
                product[lists[a]->loop[i].dim] *= lists[a]->loop[i].factor;
                if (lists[a]->loop[i].factor > 1)
                    seen[a] |= SDSE_BIT(lists[a]->loop[i].dim);
            }
        }
        fanouts += (seen[1] | seen[2]) != 0;
        features |= seen[1] & seen[2] ? SDSE_BIT(ORACLE_SPLIT) : 0;
        uint64_t used = product_of(lists[1]) * product_of(lists[2]);
        if (used < (uint64_t)memory->fanout_x * memory->fanout_y)
            features |= SDSE_BIT(ORACLE_UNDERUSED);
        if (subject->mapping.keeps[l] != SDSE_BIT(SDSE_TENSORS) - 1)
            features |= SDSE_BIT(ORACLE_BYPASS);
    }
    features |= fanouts > 0 ? SDSE_BIT(ORACLE_SPATIAL) : 0;
    features |= fanouts > 1 ? SDSE_BIT(ORACLE_SEVERAL_FANOUTS) : 0;
    bool perfect = memcmp(product, subject->layer.nest.bound, sizeof product) == 0;
    features |= SDSE_BIT(perfect ? ORACLE_PERFECT : ORACLE_IMPERFECT);
    subject->features |= features;
}

static void classify_arch(struct oracle_case *subject) {
    const struct sdse_arch *arch = &subject->arch;
    unsigned features = 0;
    for (unsigned l = 0; l < arch->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        const struct sdse_network *network = level->network;
        if (!network[SDSE_WEIGHTS].multicast || !network[SDSE_INPUTS].multicast)
            features |= SDSE_BIT(ORACLE_NO_MULTICAST);
        if (!network[SDSE_OUTPUTS].reduce)
            features |= SDSE_BIT(ORACLE_NO_REDUCE);
        if (network[SDSE_INPUTS].window_sharing)
            features |= SDSE_BIT(ORACLE_WINDOW_SHARING);
        if (level->read_bits_per_cycle.given || level->write_bits_per_cycle.given ||
            level->shared_bits_per_cycle.given)
            features |= SDSE_BIT(ORACLE_BANDWIDTH);
        for (unsigned p = 0; p < SDSE_PORTS; p++)
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                if (level->own_bits_per_cycle[p][t].given)
                    features |= SDSE_BIT(ORACLE_OWN_PORT);
        if (level->own_bits_per_cycle[SDSE_PORT_READ][SDSE_PORT_UP].given ||
            level->own_bits_per_cycle[SDSE_PORT_WRITE][SDSE_PORT_UP].given)
            features |= SDSE_BIT(ORACLE_UP_PORT);
        if (!level->overlap)
            features |= SDSE_BIT(ORACLE_NO_OVERLAP);
        if (level->shares_memory)
            features |= SDSE_BIT(ORACLE_SHARED_MEMORY);
        if (level->least_read_bits || level->least_write_bits)
            features |= SDSE_BIT(ORACLE_ACCESS);
    }
    if (arch->count_drain_reads)
        features |= SDSE_BIT(ORACLE_DRAIN_READS);
    if (arch->chip.clock_mw.given || arch->chip.static_mw.given ||
        arch->chip.control_percent.given)
        features |= SDSE_BIT(ORACLE_OVERHEAD);
    if (arch->compute.cycles_per_mac != floor(arch->compute.cycles_per_mac))
        features |= SDSE_BIT(ORACLE_FRACTION);
    if (arch->count_return_transfers)
        features |= SDSE_BIT(ORACLE_RETURNS);
    if (arch->partial_bits > arch->bits[SDSE_OUTPUTS])
        features |= SDSE_BIT(ORACLE_WIDE_SUMS);
    for (unsigned l = 1; l < arch->level_count; l++)
        if (arch->level[l].memory_class == SDSE_EDRAM)
            features |= SDSE_BIT(ORACLE_EDRAM);
    subject->features |= features;
}

void oracle_case_classify(struct oracle_case *subject) {
    subject->features = 0;
    classify_mapping(subject);
    classify_arch(subject);
    const struct sdse_nest *nest = &subject->layer.nest;
    if (nest->stride[0] > 1 || nest->stride[1] > 1)
        subject->features |= SDSE_BIT(ORACLE_STRIDE);
    if (nest->dilation[0] > 1 || nest->dilation[1] > 1)
        subject->features |= SDSE_BIT(ORACLE_DILATION);
    unsigned gaps = 0;
    for (unsigned a = 0; a < 2; a++) {
        const uint64_t p = nest->bound[a ? SDSE_Q : SDSE_P],
                       r = nest->bound[a ? SDSE_S : SDSE_R];
        const uint64_t reach =
            sdse_window_extent(p, r, nest->stride[a], nest->dilation[a]);
        if (nest->map[a] &&
            (nest->pad[a] > 0 || nest->pad[a] + (int64_t)nest->map[a] < (int64_t)reach))
            subject->features |= SDSE_BIT(ORACLE_PADDED);
        if ((p > 1 && nest->stride[a] > 1) || (r > 1 && nest->dilation[a] > 1))
            gaps = SDSE_BIT(ORACLE_GAPS);
    }
    subject->features |= gaps;
    for (unsigned l = 1; l < subject->arch.level_count; l++)
        if (gaps && subject->arch.level[l].fetch_gaps)
            subject->features |= SDSE_BIT(ORACLE_FETCHED_GAPS);
    if (nest->bound[SDSE_G] > 1)
        subject->features |= SDSE_BIT(ORACLE_GROUPS);
}

// Padding before and behind, of each side its own; rows that no window reads; windows
// that end before the map, or small maps that they leave on both sides.
static void make_map(uint64_t *state, struct sdse_nest *nest) {
    if (chance(state, 40))
        return;
    for (unsigned a = 0; a < 2; a++) {
        const int64_t reach = (int64_t)sdse_window_extent(
            nest->bound[a ? SDSE_Q : SDSE_P], nest->bound[a ? SDSE_S : SDSE_R],
            nest->stride[a], nest->dilation[a]);
        const int64_t before = (int64_t)oracle_below(state, 6) - 2;
        const int64_t behind = (int64_t)oracle_below(state, 6) - 2;
        const int64_t map = reach - before - behind;
        nest->pad[a] = before;
        nest->map[a] = map > 0 ? (uint64_t)map : 1 + oracle_below(state, 3);
    }
}

// Cells that forget within some steps, drawn apart. Lives of imperfect mappings are
// estimates: they have none.
static void make_edram(uint64_t seed, struct oracle_case *subject) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 0x456789au;
    struct sdse_arch *arch = &subject->arch;
    if (!(subject->features >> ORACLE_PERFECT & 1u) || !chance(&state, 50))
        return;
    for (unsigned l = 1; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        level->edram = level[-1].edram;
        level->memory_class = level[-1].memory_class;
        if (level->shares_memory)
            continue;
        level->memory_class = chance(&state, 50) ? SDSE_EDRAM : SDSE_SRAM;
        level->edram = (struct sdse_edram){
            .retention_us = given(0.001 * (double)(1 + oracle_below(&state, 40))),
            .refresh_pj_per_bit = cost(&state),
            .row_bits = 1 + (uint32_t)oracle_below(&state, 64),
            .cycles_per_row = given((double)oracle_below(&state, 4))};
        if (level->memory_class == SDSE_SRAM)
            level->edram = (struct sdse_edram){.row_bits = 0};
    }
    oracle_case_classify(subject);
}

// Ports of sums that go up; drawn apart.
static void make_up_ports(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 0x13579bdu;
    if (!chance(&state, 25))
        return;
    for (unsigned l = 0; l < arch->level_count; l++)
        for (unsigned p = SDSE_PORT_READ; p <= SDSE_PORT_WRITE; p++)
            arch->level[l].own_bits_per_cycle[p][SDSE_PORT_UP] =
                arch->level[l].shares_memory
                    ? arch->level[l - 1].own_bits_per_cycle[p][SDSE_PORT_UP]
                    : bandwidth(&state);
}

// Accesses of some bits at least; drawn apart, so that the rest of a case does not
// depend on them.
static void make_accesses(uint64_t seed, struct sdse_arch *arch) {
    static const uint32_t least[] = {0, 8, 12, 24, 64, 96};
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 0x2468acfu;
    if (!chance(&state, 12))
        return;
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        level->least_read_bits = least[oracle_below(&state, 6)];
        level->least_write_bits = least[oracle_below(&state, 6)];
        if (level->shares_memory) {
            level->least_read_bits = level[-1].least_read_bits;
            level->least_write_bits = level[-1].least_write_bits;
        }
    }
}

// Memories with words of their own widths; drawn apart too.
static void make_widths(uint64_t seed, struct sdse_arch *arch) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 43;
    for (unsigned l = 0; l < arch->level_count; l++) {
        struct sdse_level *level = &arch->level[l];
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            if (chance(&state, 20))
                level->word_bits[t] = 1 + (uint32_t)oracle_below(&state, 24);
        if (level->shares_memory)
            memcpy(level->word_bits, level[-1].word_bits, sizeof level->word_bits);
        if (level->partial_bits && level->partial_bits < level->word_bits[SDSE_OUTPUTS])
            level->partial_bits = level->word_bits[SDSE_OUTPUTS];
    }
}

void oracle_case_make(uint64_t seed, const struct oracle_options *options,
                      struct oracle_case *out) {
    uint64_t state = seed * 0x9e3779b97f4a7c15u + 0x1234567u;
    *out = (struct oracle_case){.seed = seed};
    make_arch(&state, &out->arch);
    make_ports(seed, &out->arch);
    make_overheads(seed, &out->arch);
    make_up_ports(seed, &out->arch);
    make_accesses(seed, &out->arch);
    make_widths(seed, &out->arch);
    bool imperfect = options->imperfect && chance(&state, 50);
    // Most cases small, some large.
    uint64_t most_work = 128;
    while (most_work < options->most_work && chance(&state, 80))
        most_work *= 2;
    struct maker maker = {&state, &out->arch, &out->mapping,
                          chance(&state, 25) ? 100 : 65};
    do {
        out->mapping = (struct sdse_mapping){.level_count = out->arch.level_count};
        out->layer = (struct sdse_layer){
            .name = "layer", .kind = SDSE_CONV, .repeat = 1, .density = {1, 1, 1}};
        make_loops(&maker, imperfect, &out->layer.nest);
        if (options->tail)
            make_tail(&maker, &out->layer.nest);
    } while (simulation_work(&out->mapping) > most_work ||
             simulation_work(&out->mapping) > options->most_work);
    struct sdse_nest *nest = &out->layer.nest;
    out->layer.in_height = sdse_window_extent(nest->bound[SDSE_P], nest->bound[SDSE_R],
                                              nest->stride[0], nest->dilation[0]);
    out->layer.in_width = sdse_window_extent(nest->bound[SDSE_Q], nest->bound[SDSE_S],
                                             nest->stride[1], nest->dilation[1]);
    make_fanouts(&state, out);
    make_keeps(&state, out);
    for (unsigned l = 0; l < out->arch.level_count; l++) {
        struct sdse_network *network = &out->arch.level[l].network[SDSE_INPUTS];
        network->window_sharing = network->window_sharing && network->multicast;
    }
    make_map(&state, nest);
    for (unsigned l = 0; l < out->arch.level_count; l++)
        out->arch.level[l].fetch_gaps = chance(&state, 12);
    oracle_case_classify(out);
    make_edram(seed, out);
}

// ---- text ---------------------------------------------------------------------------

static void print_loops(const char *name, const struct sdse_loops *loops, FILE *out) {
    fprintf(out, ", %s:", name);
    for (unsigned i = 0; i < loops->count; i++)
        fprintf(out, " %c%llu", sdse_dim_letters[loops->loop[i].dim],
                (unsigned long long)loops->loop[i].factor);
}

static void print_level(const struct oracle_case *subject, unsigned l, FILE *out) {
    const struct sdse_level *level = &subject->arch.level[l];
    const struct sdse_mapping_level *loops = &subject->mapping.level[l];
    fprintf(out, "  - {level: %u, %skeeps: ", l,
            level->shares_memory ? "in the memory outside, " : "");
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        fputc(subject->mapping.keeps[l] >> t & 1u ? "WIO"[t] : '-', out);
    print_loops("temporal", &loops->temporal, out);
    print_loops("spatial_x", &loops->spatial[0], out);
    print_loops("spatial_y", &loops->spatial[1], out);
    fprintf(out,
            "}\n    {bits: %u/%u/%u/%u, fanout: %ux%u, port_bits: %u, access_bits: "
            "%u/%u, overlap: %d, "
            "free: %d",
            level->word_bits[0], level->word_bits[1], level->word_bits[2],
            level->partial_bits, level->fanout_x, level->fanout_y, level->port_bits,
            level->least_read_bits, level->least_write_bits, level->overlap,
            level->free);
    fprintf(out,
            ", pj: %g/%g/%g, bits_per_cycle: %g/%g/%g, leakage_mw: %g, "
            "gaps: %d}\n",
            level->read_pj.value, level->fill_pj.value, level->update_pj.value,
            level->read_bits_per_cycle.value, level->write_bits_per_cycle.value,
            level->shared_bits_per_cycle.value, level->leakage_mw.value,
            level->fetch_gaps);
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        static const char *const topology[] = {"mesh", "bus", "tree", "systolic"};
        const struct sdse_network *network = &level->network[t];
        fprintf(out,
                "    {network: %c, %s, multicast: %d, reduce: %d, window_sharing: %d, "
                "free: %d, pj: %g/%g/%g/%g}\n",
                "WIO"[t], topology[network->topology], network -> multicast,
                network -> reduce, network -> window_sharing, network -> free,
                network -> pj_per_bit.value, network->hop_pj_per_bit.value,
                network->router_pj_per_bit.value, network->pj_per_add.value);
    }
}

void oracle_case_print(const struct oracle_case *subject, FILE *out) {
    const struct sdse_nest *nest = &subject->layer.nest;
    const struct sdse_arch *arch = &subject->arch;
    fprintf(out, "seed %llu:", (unsigned long long)subject->seed);
    for (unsigned d = 0; d < SDSE_DIMS; d++)
        fprintf(out, " %c%llu", sdse_dim_letters[d],
                (unsigned long long)nest->bound[d]);
    fprintf(out, ", stride %u %u, dilation %u %u, pad %lld %lld, map %llu %llu\n",
            nest->stride[0], nest->stride[1], nest->dilation[0], nest->dilation[1],
            (long long)nest->pad[0], (long long)nest->pad[1],
            (unsigned long long)nest->map[0], (unsigned long long)nest->map[1]);
    fprintf(out,
            "  bits %u %u %u, drain reads %d, returns %d, clock %g GHz, %g cycles per "
            "MAC, %g pJ per MAC, %g mW, free %d\n",
            arch->bits[0], arch->bits[1], arch->bits[2], arch->count_drain_reads,
            arch->count_return_transfers, arch->clock_ghz, arch->compute.cycles_per_mac,
            arch->compute.pj_per_mac.value, arch->compute.leakage_mw.value,
            arch->compute.free);
    for (unsigned l = 0; l < arch->level_count; l++)
        print_level(subject, l, out);
}

// ---- simpler cases ------------------------------------------------------------------

// The loop number `index` of a mapping, in a fixed order; NULL beyond the last.
static struct sdse_loops *loops_at(struct sdse_mapping *mapping, unsigned list) {
    struct sdse_mapping_level *level = &mapping->level[list / 3];
    return list % 3 == 0 ? &level->temporal : &level->spatial[list % 3 - 1];
}

static bool drop_loop(struct oracle_case *subject, unsigned list, unsigned index) {
    if (list / 3 >= subject->mapping.level_count)
        return false;
    struct sdse_loops *loops = loops_at(&subject->mapping, list);
    if (index >= loops->count)
        return false;
    struct sdse_loop loop = loops->loop[index];
    uint64_t *bound = &subject->layer.nest.bound[loop.dim];
    if (*bound % loop.factor == 0)
        *bound /= loop.factor;
    else
        *bound = *bound / loop.factor + 1;
    memmove(&loops->loop[index], &loops->loop[index + 1],
            (loops->count - index - 1) * sizeof loop);
    loops->count--;
    return true;
}

static bool lower_bound(struct oracle_case *subject, unsigned dim) {
    if (!(subject->features & SDSE_BIT(ORACLE_IMPERFECT)) ||
        subject->layer.nest.bound[dim] < 2)
        return false;
    subject->layer.nest.bound[dim]--;
    return true;
}

static bool keep_more(struct oracle_case *subject, unsigned level, unsigned tensor) {
    if (level >= subject->mapping.level_count ||
        subject->mapping.keeps[level] >> tensor & 1u)
        return false;
    for (unsigned l = 0; l < subject->arch.level_count; l++)
        if (subject->arch.level[l].shares_memory)
            return false; // another of its levels may keep it
    subject->mapping.keeps[level] |= SDSE_BIT(tensor);
    subject->arch.level[level].keeps |= SDSE_BIT(tensor);
    return true;
}

static bool merge_more(struct oracle_case *subject, unsigned level, unsigned tensor) {
    struct sdse_network *network = &subject->arch.level[level].network[tensor];
    bool *flag = tensor == SDSE_OUTPUTS ? &network->reduce : &network->multicast;
    if (*flag)
        return false;
    *flag = true;
    return true;
}

enum {
    WAYS_LOOPS = 3 * 4 * SDSE_DIMS,
    WAYS_BOUNDS = SDSE_DIMS,
    WAYS_KEEPS = 4 * SDSE_TENSORS,
    WAYS_WINDOWS = 4,
    WAYS_GAPS = 4,
    WAYS_MAPS = 2
};

static bool clear(bool *flag) {
    const bool was = *flag;
    *flag = false;
    return was;
}

unsigned oracle_ways(void) {
    return WAYS_LOOPS + WAYS_BOUNDS + 2 * WAYS_KEEPS + WAYS_WINDOWS + WAYS_GAPS +
           WAYS_MAPS;
}

bool oracle_case_simplify(struct oracle_case *subject, unsigned way) {
    bool changed;
    if (way < WAYS_LOOPS) {
        changed = drop_loop(subject, way / SDSE_DIMS, way % SDSE_DIMS);
    } else if ((way -= WAYS_LOOPS) < WAYS_BOUNDS) {
        changed = lower_bound(subject, way);
    } else if ((way -= WAYS_BOUNDS) < WAYS_KEEPS) {
        changed = keep_more(subject, way / SDSE_TENSORS, way % SDSE_TENSORS);
    } else if ((way -= WAYS_KEEPS) < WAYS_KEEPS) {
        changed = merge_more(subject, way / SDSE_TENSORS, way % SDSE_TENSORS);
    } else if ((way -= WAYS_KEEPS) < WAYS_WINDOWS) {
        changed = clear(&subject->arch.level[way].network[SDSE_INPUTS].window_sharing);
    } else if ((way -= WAYS_WINDOWS) < WAYS_GAPS) {
        changed = clear(&subject->arch.level[way].fetch_gaps);
    } else {
        way -= WAYS_GAPS;
        changed = subject->layer.nest.map[way] > 0;
        subject->layer.nest.map[way] = 0;
        subject->layer.nest.pad[way] = 0;
    }
    if (changed)
        oracle_case_classify(subject);
    return changed;
}
