#include "oracle/support_costing.h"

#include <assert.h>
#include <math.h>
#include <string.h>

// Blocks of `port_bits` that hold `bits`; with no port every bit is an access.
static double accesses(uint64_t bits, uint32_t port_bits) {
    if (port_bits == 0)
        return (double)bits;
    uint64_t blocks = (bits + port_bits - 1) / port_bits;
    return (double)blocks;
}

// Bits of `words`, each of so many, and what their transfers move beyond them: each is
// whole accesses of at least `least` bits.
static uint64_t moved_bits(const struct simulated_transfers *transfers, uint64_t words,
                           uint64_t each, uint64_t least) {
    uint64_t bits = words * each;
    if (words == 0 || least == 0)
        return bits;
    assert(SIMULATION_PERIOD % least == 0);
    for (uint64_t i = 0; i < SIMULATION_PERIOD; i++)
        bits += transfers->times[i] * ((least - i * each % least) % least);
    return bits + (least - transfers->alone * each % least) % least;
}

// Of one transfer.
static uint64_t moved_at_once(uint64_t words, uint64_t each, uint64_t least) {
    const struct simulated_transfers one = {.alone = words};
    return moved_bits(&one, words, each, least);
}

// The next level inside `level` that keeps outputs; level_count: the multipliers.
static unsigned sums_from(const struct simulation *run, unsigned level) {
    do
        level++;
    while (level < run->level_count && !run->flow[level][SDSE_OUTPUTS].kept);
    return level;
}

// Words of outputs that leave the instances of a level, or the multipliers.
static uint64_t sums_leaving(const struct simulation *run, unsigned level) {
    return level == run->level_count ? run->macs
                                     : run->flow[level][SDSE_OUTPUTS].drained;
}

// A memory's own word for its partial sums, or the accelerator's.
static uint64_t partial_sum_bits(const struct sdse_arch *arch, unsigned level) {
    const uint32_t own = arch->level[level].partial_bits,
                   word = arch->level[level].word_bits[SDSE_OUTPUTS];
    if (own != 0)
        return own;
    return word > arch->partial_bits ? word : arch->partial_bits;
}

// The memory outside the network below `level` that keeps the tensor.
static unsigned holder_outside(const struct simulation *run, unsigned level,
                               unsigned tensor) {
    while (level > 0 && !run->flow[level][tensor].kept)
        level--;
    return level;
}

// A memory's own word, or the accelerator's.
static uint64_t finished_bits(const struct sdse_arch *arch, unsigned level,
                              unsigned tensor) {
    const uint32_t own = arch->level[level].word_bits[tensor];
    return own != 0 ? own : arch->bits[tensor];
}

// Bits of each of `words` words at the width of `level`: of a crossing where every
// output crosses once, all of it crosses at once.
static uint64_t width(const struct sdse_arch *arch, const struct simulation *run,
                      unsigned level, unsigned tensor, uint64_t words) {
    return tensor == SDSE_OUTPUTS && (words != run->outputs || run->unfinished)
               ? partial_sum_bits(arch, level)
               : finished_bits(arch, level, tensor);
}

uint64_t place_bits(const struct sdse_arch *arch, const struct simulation *run,
                    unsigned level, unsigned tensor) {
    const uint64_t bits =
        width(arch, run, level, tensor, run->flow[level][tensor].updates);
    // Where sums wait that are not finished there is room for them.
    const bool waits = tensor == SDSE_OUTPUTS && run->continued[level] > 0;
    return waits && partial_sum_bits(arch, level) > bits ? partial_sum_bits(arch, level)
                                                         : bits;
}

static void cost_flow(const struct sdse_arch *arch, unsigned level, unsigned tensor,
                      const struct simulation *run, struct sdse_flow_cost *out) {
    const struct simulated_flow *flow = &run->flow[level][tensor];
    const struct sdse_level *memory = &arch->level[level];
    // Inwards and at the memory; outwards and back.
    const uint64_t bits = width(arch, run, level, tensor, flow->updates);
    const uint64_t outer_bits = width(arch, run, level, tensor, flow->drained);
    uint64_t drain_reads = arch->count_drain_reads ? flow->drained : 0;
    // Maps that are added to finished outputs come as inputs do, by reads of their own.
    const uint64_t added = tensor == SDSE_INPUTS ? run->added[level] : 0;
    const uint64_t waiting = tensor == SDSE_OUTPUTS ? run->continued[level] : 0,
                   rescaled = tensor == SDSE_OUTPUTS ? run->rescaled[level] : 0,
                   partial = partial_sum_bits(arch, level);
    const uint64_t least = memory->least_read_bits, least_in = memory->least_write_bits;
    *out = (struct sdse_flow_cost){
        .kept = flow->kept || added > 0,
        .tile_words = flow->tile_words,
        .instances = run->used[level],
        .reads = flow->reads + added + waiting + rescaled,
        .fills = flow->fills,
        .updates = flow->updates + rescaled,
        .drain_reads = drain_reads,
    };
    // Reading out to drain is an action of its own: its blocks round up by themselves.
    const uint64_t read[] = {
        moved_bits(&flow->read, flow->reads, bits, least),
        moved_at_once(added, finished_bits(arch, level, SDSE_INPUTS), least),
        moved_at_once(waiting, partial, least), moved_at_once(rescaled, partial, least),
        moved_bits(&flow->drain, drain_reads, outer_bits, least)};
    for (unsigned i = 0; i < sizeof read / sizeof *read; i++) {
        out->read_bits += (double)read[i];
        out->read_pj += accesses(read[i], memory->port_bits) * memory->read_pj.value;
    }
    out->drain_bits = (double)read[4];
    const uint64_t filled = moved_bits(&flow->fill, flow->fills, outer_bits, least_in),
                   updated = moved_bits(&flow->update, flow->updates, bits, least_in),
                   put_back = moved_at_once(rescaled, partial, least_in);
    out->fill_bits = (double)filled;
    out->update_bits = (double)(updated + put_back);
    out->fill_pj = accesses(filled, memory->port_bits) * memory->fill_pj.value;
    out->update_pj =
        (accesses(updated, memory->port_bits) + accesses(put_back, memory->port_bits)) *
        memory->update_pj.value;
}

static void cost_network(const struct sdse_arch *arch, unsigned level, unsigned tensor,
                         const struct simulation *run, struct sdse_network_cost *out) {
    const struct simulated_network *moved = &run->network[level][tensor];
    const struct sdse_network *network = &arch->level[level].network[tensor];
    *out = (struct sdse_network_cost){.words = moved->words, .adds = moved->adds};
    // Partial sums that come back cross the network too. The reference counts them
    // below the outermost level only, and as what is read there to be added to.
    if (arch->count_return_transfers)
        out->words += moved->returned;
    else if (tensor == SDSE_OUTPUTS && level == 0)
        out->words += run->flow[0][SDSE_OUTPUTS].reads;
    // Words are as wide as where they come from, or go to.
    uint64_t bits = 0, others = out->words;
    for (unsigned l = 0; l < run->level_count && tensor == SDSE_INPUTS; l++) {
        bits += run->added_crossed[level][l] * finished_bits(arch, l, SDSE_INPUTS);
        others -= run->added_crossed[level][l];
    }
    bits += others * width(arch, run, holder_outside(run, level, tensor), tensor,
                           sums_leaving(run, sums_from(run, level)));
    out->bits = (double)bits;
    uint64_t whole_hops = 0;
    // What comes back travels as far as what went up, on average.
    if (moved->hops_words > 0) {
        out->hops = (double)moved->half_hops_words / (double)(2 * moved->hops_words);
        whole_hops = moved->half_hops_words / (2 * moved->hops_words);
    }
    out->energy_pj = out->bits * network->pj_per_bit.value;
    if (network->topology == SDSE_MESH)
        out->energy_pj +=
            out->bits * (out->hops * network->hop_pj_per_bit.value +
                         (double)(1 + whole_hops) * network->router_pj_per_bit.value);
    if (network->topology == SDSE_TREE)
        out->energy_pj += (double)moved->adds * network->pj_per_add.value;
}

// Cycles to move `bits` of all used instances over ports of that many bits per cycle
// each. The bandwidths used in tests are multiples of 1/4 bit, so this is exact.
static uint64_t transfer_cycles(uint64_t bits, uint64_t instances,
                                struct sdse_number rate) {
    if (!rate.given || rate.value <= 0)
        return 0;
    uint64_t quarter_bits = (uint64_t)llround(rate.value * 4) * instances;
    return (4 * bits + quarter_bits - 1) / quarter_bits;
}

// Bits that go through ports of a kind of the memory that starts at `level`, by who
// uses them: tensors, and outputs that go up, read to drain or brought by updates.
static void port_bits(const struct sdse_arch *arch, unsigned level, unsigned port,
                      const struct sdse_cost *cost, uint64_t bits[SDSE_PORT_USERS]) {
    memset(bits, 0, SDSE_PORT_USERS * sizeof *bits);
    for (unsigned l = level; l < cost->level_count; l++) {
        if (l > level && !arch->level[l].shares_memory)
            break;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct sdse_flow_cost *flow = &cost->level[l].flow[t];
            const uint64_t drained = (uint64_t)flow->drain_bits;
            if (port != SDSE_PORT_WRITE) {
                bits[t] += (uint64_t)flow->read_bits - drained;
                bits[SDSE_PORT_UP] += drained;
            }
            if (port != SDSE_PORT_READ) {
                bits[t] += (uint64_t)flow->fill_bits;
                bits[SDSE_PORT_UP] += (uint64_t)flow->update_bits;
            }
        }
    }
    if (!arch->level[level].own_bits_per_cycle[port][SDSE_PORT_UP].given) {
        bits[SDSE_OUTPUTS] += bits[SDSE_PORT_UP];
        bits[SDSE_PORT_UP] = 0;
    }
}

// A memory has its ports once: what it moves for all the levels in it goes through
// them.
static uint64_t memory_cycles(const struct sdse_arch *arch, unsigned level,
                              const struct simulation *run,
                              const struct sdse_cost *cost) {
    const struct sdse_level *memory = &arch->level[level];
    if (memory->shares_memory)
        return 0;
    uint64_t most = 0;
    for (unsigned port = 0; port < SDSE_PORTS; port++) {
        const struct sdse_number common =
            port == SDSE_PORT_READ    ? memory->read_bits_per_cycle
            : port == SDSE_PORT_WRITE ? memory->write_bits_per_cycle
                                      : memory->shared_bits_per_cycle;
        uint64_t together = 0, bits[SDSE_PORT_USERS];
        port_bits(arch, level, port, cost, bits);
        for (unsigned t = 0; t < SDSE_PORT_USERS; t++) {
            const struct sdse_number own = memory->own_bits_per_cycle[port][t];
            const uint64_t alone = transfer_cycles(bits[t], run->used[level], own);
            most = alone > most ? alone : most;
            together += own.given ? 0 : bits[t];
        }
        const uint64_t rest = transfer_cycles(together, run->used[level], common);
        most = rest > most ? rest : most;
    }
    return most;
}

// Transfers of levels that overlap hide behind compute; the others add.
static void hide_transfers(const struct sdse_arch *arch, const struct simulation *run,
                           struct sdse_cost *cost) {
    uint64_t longest = cost->compute_cycles, added = 0;
    for (unsigned l = 0; l < run->level_count; l++) {
        const uint64_t cycles = cost->level[l].cycles;
        if (!arch->level[l].overlap)
            added += cycles;
        else if (cycles > longest)
            longest = cycles;
    }
    cost->latency_cycles = longest + added;
}

// What lives longer than its cells hold it is refreshed, all words that arrive; rows
// are refreshed one after the other, and the memory does nothing else.
static void cost_refresh(const struct sdse_arch *arch, const struct simulation *run,
                         struct sdse_cost *cost) {
    for (unsigned l = 1; l < run->level_count; l++) {
        struct sdse_level_cost *level = &cost->level[l];
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct simulated_flow *flow = &run->flow[l][t];
            const double cycles =
                (double)flow->life * (double)cost->latency_cycles / (double)run->steps;
            if (arch->level[l].memory_class != SDSE_EDRAM || !flow->kept)
                continue;
            level->flow[t].refreshes =
                (uint64_t)floor(cycles / (arch->level[l].edram.retention_us.value *
                                          1000 * arch->clock_ghz));
            const uint64_t words = t == SDSE_OUTPUTS ? flow->drained : flow->fills;
            level->flow[t].refresh_bits = (double)(words * place_bits(arch, run, l, t) *
                                                   level->flow[t].refreshes);
            level->refresh_pj += level->flow[t].refresh_bits *
                                 arch->level[l].edram.refresh_pj_per_bit.value;
        }
        cost->energy_pj += level->refresh_pj;
    }
    for (unsigned l = 1; l < run->level_count; l++) {
        double bits = 0;
        unsigned i = l;
        do
            for (unsigned t = 0; t < SDSE_TENSORS; t++)
                bits += cost->level[i].flow[t].refresh_bits;
        while (++i < run->level_count && arch->level[i].shares_memory);
        const struct sdse_edram *edram = &arch->level[l].edram;
        if (arch->level[l].shares_memory || bits == 0)
            continue;
        cost->level[l].refresh_cycles =
            (uint64_t)ceil(bits / (double)run->used[l] / edram->row_bits *
                           edram->cycles_per_row.value);
        cost->level[l].cycles += cost->level[l].refresh_cycles;
    }
    hide_transfers(arch, run, cost);
}

static void cost_time(const struct sdse_arch *arch, const struct simulation *run,
                      struct sdse_cost *cost) {
    // Cycles per MAC are multiples of 1/20 in tests.
    const uint64_t twentieths = (uint64_t)llround(arch->compute.cycles_per_mac * 20);
    cost->compute_cycles = (run->steps * twentieths + 19) / 20;
    for (unsigned l = 0; l < run->level_count; l++)
        cost->level[l].cycles = memory_cycles(arch, l, run, cost);
    hide_transfers(arch, run, cost);
    cost->schedule_cycles = cost->latency_cycles;
    cost_refresh(arch, run, cost);
    double multipliers = (double)sdse_arch_instances(arch, arch->level_count);
    cost->utilization = (double)cost->macs * arch->compute.cycles_per_mac /
                        ((double)cost->latency_cycles * multipliers);
}

static double leakage(const struct sdse_arch *arch, const struct sdse_cost *cost,
                      struct sdse_number mw, unsigned level) {
    double ns = (double)cost->latency_cycles / arch->clock_ghz;
    return mw.given ? mw.value * ns * (double)sdse_arch_instances(arch, level) : 0;
}

// Clock and static power of `count` instances for so many cycles. [pJ]
static double power(const struct sdse_arch *arch, struct sdse_number mw, uint64_t count,
                    uint64_t cycles) {
    return mw.given ? mw.value * (double)count * (double)cycles / arch->clock_ghz : 0;
}

// What is drawn besides accesses: `busy` cycles and `used` of `count` instances matter
// where the clock is gated; control is a share of `dynamic`.
static double cost_overhead(const struct sdse_arch *arch,
                            const struct sdse_overhead *overhead,
                            const struct sdse_cost *cost, uint64_t count, uint64_t used,
                            uint64_t busy, double dynamic) {
    double pj = power(arch, overhead->static_mw, count, cost->latency_cycles);
    if (overhead->gated)
        pj += power(arch, overhead->clock_mw, used, busy);
    else
        pj += power(arch, overhead->clock_mw, count, cost->latency_cycles);
    return pj + dynamic * overhead->control_percent.value / 100;
}

static void cost_overheads(const struct sdse_arch *arch, const struct simulation *run,
                           double dynamic, struct sdse_cost *cost) {
    double on_chip = dynamic, pj = 0;
    for (unsigned l = 0; l < run->level_count; l++) {
        const struct sdse_level *level = &arch->level[l];
        double accesses_pj = 0;
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct sdse_flow_cost *flow = &cost->level[l].flow[t];
            accesses_pj += flow->read_pj + flow->fill_pj + flow->update_pj;
        }
        if (level->memory_class == SDSE_DRAM)
            on_chip -= accesses_pj;
        uint64_t busy = cost->level[l].cycles;
        if (busy < cost->compute_cycles)
            busy = cost->compute_cycles;
        const uint64_t count = level->shares_memory ? 0 : sdse_arch_instances(arch, l);
        pj += cost_overhead(arch, &level->overhead, cost, count,
                            count ? run->used[l] : 0, busy, accesses_pj);
    }
    pj +=
        cost_overhead(arch, &arch->compute.overhead, cost,
                      sdse_arch_instances(arch, run->level_count),
                      run->used[run->level_count], cost->compute_cycles, cost->mac_pj);
    pj += cost_overhead(arch, &arch->chip, cost, 1, 1, cost->compute_cycles, on_chip);
    cost->energy_pj += pj;
}

void cost_simulation(const struct sdse_arch *arch, const struct simulation *run,
                     struct sdse_cost *cost) {
    *cost = (struct sdse_cost){.level_count = run->level_count, .macs = run->macs};
    for (unsigned l = 0; l < run->level_count; l++) {
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            struct sdse_level_cost *level = &cost->level[l];
            cost_flow(arch, l, t, run, &level->flow[t]);
            cost_network(arch, l, t, run, &level->network[t]);
            const struct sdse_flow_cost *flow = &level->flow[t];
            level->stored_bits +=
                (double)(flow->tile_words * place_bits(arch, run, l, t));
            cost->energy_pj += flow->read_pj + flow->fill_pj + flow->update_pj +
                               level->network[t].energy_pj;
        }
    }
    for (unsigned l = 0; l < run->level_count; l++)
        cost->vector_operations += run->added[l] + run->rescaled[l];
    cost->vector_pj = (double)cost->vector_operations * arch->vector.pj_per_op.value;
    cost->energy_pj += cost->vector_pj;
    const double dynamic = cost->energy_pj;
    cost_time(arch, run, cost);
    for (unsigned l = 0; l < run->level_count; l++) {
        // A memory leaks once, however many levels are in it.
        if (!arch->level[l].shares_memory)
            cost->level[l].leakage_pj =
                leakage(arch, cost, arch->level[l].leakage_mw, l);
        cost->energy_pj += cost->level[l].leakage_pj;
    }
    cost->multipliers_used = run->used[run->level_count];
    cost->mac_pj = (double)run->macs * arch->compute.pj_per_mac.value;
    cost->compute_leakage_pj =
        leakage(arch, cost, arch->compute.leakage_mw, run->level_count);
    cost->energy_pj += cost->mac_pj + cost->compute_leakage_pj;
    cost_overheads(arch, run, dynamic + cost->mac_pj, cost);
}
