#include "dse/validation/take.h"

#include <string.h>

#include "base/units.h"

bool sdse_quantity_needs_layers(enum sdse_quantity quantity) {
    return quantity != SDSE_QUANTITY_AREA && quantity != SDSE_QUANTITY_PEAK &&
           quantity != SDSE_QUANTITY_REPLAY && !sdse_quantity_takes_turns(quantity);
}

bool sdse_quantity_takes_turns(enum sdse_quantity quantity) {
    return quantity == SDSE_QUANTITY_FUSED_WORDS ||
           quantity == SDSE_QUANTITY_FUSED_BYTES ||
           quantity == SDSE_QUANTITY_LINE_WORDS || quantity == SDSE_QUANTITY_LINE_BYTES;
}

bool sdse_quantity_waits(enum sdse_quantity quantity) {
    return quantity == SDSE_QUANTITY_LINE_WORDS || quantity == SDSE_QUANTITY_LINE_BYTES;
}

bool sdse_level_is_called(const char *name, const char *word) {
    const size_t length = strlen(word);
    return strncmp(name, word, length) == 0 &&
           (name[length] == '\0' || name[length] == '.');
}

static bool has_level(const struct sdse_take *take, const char *name) {
    for (size_t i = 0; i < take->without_count; i++)
        if (sdse_level_is_called(name, take->without[i].text))
            return false;
    for (size_t i = 0; i < take->level_count; i++)
        if (sdse_level_is_called(name, take->levels[i].text))
            return true;
    return take->level_count == 0;
}

static bool has(unsigned set, unsigned member) {
    return set == 0 || (set & (1u << member));
}

// Clock, static and control, as far as they are chosen.
static double overhead(const struct sdse_take *take,
                       const struct sdse_overhead_cost *of) {
    const unsigned chosen = take->components;
    return (has(chosen, SDSE_COMPONENT_CLOCK) ? of->clock_pj : 0) +
           (has(chosen, SDSE_COMPONENT_STATIC) ? of->static_pj : 0) +
           (has(chosen, SDSE_COMPONENT_CONTROL) ? of->control_pj : 0);
}

static double level_energy(const struct sdse_take *take,
                           const struct sdse_level_cost *level) {
    double pj = 0;
    for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
        if (!has(take->tensors, sdse_part_tensor(part)))
            continue;
        const struct sdse_flow_cost *flow = &level->flow[part];
        if (has(take->components, SDSE_COMPONENT_MEMORY))
            pj += flow->read_pj + flow->fill_pj + flow->update_pj;
        if (has(take->components, SDSE_COMPONENT_NETWORK))
            pj += level->network[part].energy_pj;
    }
    if (take->tensors)
        return pj;
    if (has(take->components, SDSE_COMPONENT_LEAKAGE))
        pj += level->leakage_pj;
    if (has(take->components, SDSE_COMPONENT_REFRESH))
        pj += level->refresh_pj;
    return pj + overhead(take, &level->overhead);
}

static double energy(const struct sdse_take *take, const struct sdse_ready_item *item) {
    const struct sdse_cost *cost = &item->cost;
    double pj = 0;
    for (unsigned l = 0; l < cost->level_count; l++)
        if (has_level(take, item->arch->level[l].name))
            pj += level_energy(take, &cost->level[l]);
    // What belongs to no memory, and to no tensor.
    if (take->level_count || take->tensors)
        return pj;
    const unsigned chosen = take->components;
    pj += has(chosen, SDSE_COMPONENT_COMPUTE) ? cost->mac_pj : 0;
    pj += has(chosen, SDSE_COMPONENT_REBUILD) ? cost->rebuild_pj : 0;
    for (unsigned i = 0; i < item->arch->engine_count; i++)
        pj += has(chosen, SDSE_COMPONENT_ENGINES) ? cost->engine_pj[i] : 0;
    pj += has(chosen, SDSE_COMPONENT_ENGINES) ? cost->sum_pj : 0;
    pj += has(chosen, SDSE_COMPONENT_VECTOR) ? cost->vector_pj : 0;
    pj += has(chosen, SDSE_COMPONENT_LEAKAGE) ? cost->compute_leakage_pj : 0;
    return pj + overhead(take, &cost->compute_overhead) +
           overhead(take, &cost->chip_overhead);
}

// Whether there is a network below a level; between siblings, and between positions in
// one memory, words change hands without one.
static bool spreads(const struct sdse_level *level) {
    return level->fanout_x > 1 || level->fanout_y > 1;
}

// Words, or stored bits, of memories (or of the networks below them).
static double moved(const struct sdse_take *take, const struct sdse_ready_item *item,
                    bool bits) {
    const unsigned acts = take->actions;
    const unsigned chosen =
        take->components ? take->components : 1u << SDSE_COMPONENT_MEMORY;
    double sum = 0;
    for (unsigned l = 0; l < item->cost.level_count; l++) {
        if (!has_level(take, item->arch->level[l].name))
            continue;
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &item->cost.level[l].flow[part];
            const struct sdse_network_cost *net = &item->cost.level[l].network[part];
            if (!has(take->tensors, sdse_part_tensor(part)))
                continue;
            if (has(chosen, SDSE_COMPONENT_NETWORK) && spreads(&item->arch->level[l]))
                sum += bits ? net->bits : (double)net->words;
            if (!has(chosen, SDSE_COMPONENT_MEMORY))
                continue;
            if (has(acts, SDSE_ACTION_READS))
                sum += bits ? flow->read_bits - flow->drain_bits : (double)flow->reads;
            if (has(acts, SDSE_ACTION_FILLS))
                sum += bits ? flow->fill_bits : (double)flow->fills;
            if (has(acts, SDSE_ACTION_UPDATES))
                sum += bits ? flow->update_bits : (double)flow->updates;
            if (has(acts, SDSE_ACTION_DRAINS))
                sum += bits ? flow->drain_bits : (double)flow->drain_reads;
        }
    }
    return sum;
}

void sdse_take_add_item(const struct sdse_take *take,
                        const struct sdse_ready_item *item, struct sdse_fraction *sum) {
    const struct sdse_cost *cost = &item->cost;
    const double repeat = (double)item->layer->repeat,
                 cycles = repeat * (double)cost->latency_cycles,
                 busy = repeat * (double)cost->compute_cycles,
                 seconds = sdse_seconds_from_cycles(cycles, item->arch->clock_ghz);
    switch (take->quantity) {
    case SDSE_QUANTITY_MACS:
        sum->above += repeat * (double)cost->macs;
        break;
    case SDSE_QUANTITY_MULTIPLIERS:
        sum->above += busy * (double)cost->multipliers_used;
        sum->below += busy;
        break;
    case SDSE_QUANTITY_UTILIZATION:
        sum->above += cycles * cost->utilization;
        sum->below += cycles;
        break;
    case SDSE_QUANTITY_CYCLES:
        sum->above += cycles;
        break;
    case SDSE_QUANTITY_COMPUTE_CYCLES:
        sum->above += busy;
        break;
    case SDSE_QUANTITY_LATENCY:
        sum->above += seconds;
        break;
    case SDSE_QUANTITY_THROUGHPUT:
        sum->above += 2 * repeat * (double)cost->macs;
        sum->below += seconds;
        break;
    case SDSE_QUANTITY_ENERGY:
        sum->above += repeat * energy(take, item);
        break;
    case SDSE_QUANTITY_POWER:
        sum->above += 1e-12 * repeat * energy(take, item);
        sum->below += seconds;
        break;
    case SDSE_QUANTITY_WORDS:
        sum->above += repeat * moved(take, item, false);
        break;
    case SDSE_QUANTITY_BYTES:
        sum->above += repeat * moved(take, item, true);
        break;
    default:
        break;
    }
}

static double area(const struct sdse_take *take, const struct sdse_arch *arch,
                   bool smartdeal) {
    struct sdse_area all;
    sdse_arch_area(arch, &all);
    double um2 = 0;
    for (unsigned l = 0; l < arch->level_count; l++)
        if (has(take->components, SDSE_COMPONENT_MEMORY) &&
            has_level(take, arch->level[l].name))
            um2 += all.level_um2[l];
    if (take->level_count)
        return um2;
    const unsigned chosen = take->components;
    um2 += has(chosen, SDSE_COMPONENT_COMPUTE) ? all.compute_um2 : 0;
    um2 += has(chosen, SDSE_COMPONENT_REBUILD) && smartdeal ? all.rebuild_um2 : 0;
    for (unsigned i = 0; i < arch->engine_count; i++)
        um2 += has(chosen, SDSE_COMPONENT_ENGINES) ? all.engine_um2[i] : 0;
    return um2 + (has(chosen, SDSE_COMPONENT_OTHER) ? all.other_um2 : 0);
}

void sdse_take_add_turns(const struct sdse_take *take, const struct sdse_turns *turns,
                         const struct sdse_arch *arch, struct sdse_fraction *sum) {
    const bool bits = take->quantity == SDSE_QUANTITY_FUSED_BYTES ||
                      take->quantity == SDSE_QUANTITY_LINE_BYTES;
    if (sdse_quantity_waits(take->quantity)) {
        sum->above += turns->line_words * (bits ? arch->bits[SDSE_INPUTS] : 1);
        return;
    }
    for (unsigned t = 0; t < SDSE_TENSORS; t++)
        if (has(take->tensors, t))
            sum->above += bits ? turns->outside_bits[t] : turns->outside_words[t];
}

void sdse_take_add_case(const struct sdse_take *take, const struct sdse_ready_case *of,
                        bool smartdeal, struct sdse_fraction *sum) {
    const struct sdse_arch *arch = of->arch;
    if (take->quantity == SDSE_QUANTITY_REPLAY)
        sum->above += (double)of->workload->training->replay_bits;
    else if (take->quantity == SDSE_QUANTITY_AREA)
        sum->above += area(take, arch, smartdeal);
    else
        sum->above += 2e9 * arch->clock_ghz *
                      (double)sdse_arch_instances(arch, arch->level_count) /
                      arch->compute.cycles_per_mac;
}
