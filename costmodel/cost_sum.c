#include "costmodel/cost_sum.h"

#include <string.h>

#include "base/checked.h"

// --- One figure ---

// Adds times · value. False: more than 64 bits.
static bool add(uint64_t *sum, uint64_t times, uint64_t value) {
    uint64_t more;
    return sdse_mul_u64(times, value, &more) && sdse_add_u64(*sum, more, sum);
}

static void add_f64(double *sum, uint64_t times, double value) {
    *sum += (double)times * value;
}

static void most(uint64_t *sum, uint64_t value) {
    if (value > *sum)
        *sum = value;
}

static void most_f64(double *sum, double value) {
    if (value > *sum)
        *sum = value;
}

// --- Levels ---

static bool add_flow(const struct sdse_flow_cost *flow, uint64_t times,
                     struct sdse_flow_cost *sum) {
    sum->kept |= flow->kept;
    most(&sum->tile_words, flow->tile_words);
    most(&sum->instances, flow->instances);
    most(&sum->life_steps, flow->life_steps);
    most_f64(&sum->lifetime_us, flow->lifetime_us);
    most(&sum->refreshes, flow->refreshes);
    add_f64(&sum->read_bits, times, flow->read_bits);
    add_f64(&sum->fill_bits, times, flow->fill_bits);
    add_f64(&sum->update_bits, times, flow->update_bits);
    add_f64(&sum->drain_bits, times, flow->drain_bits);
    add_f64(&sum->refresh_bits, times, flow->refresh_bits);
    add_f64(&sum->read_pj, times, flow->read_pj);
    add_f64(&sum->fill_pj, times, flow->fill_pj);
    add_f64(&sum->update_pj, times, flow->update_pj);
    return add(&sum->reads, times, flow->reads) &&
           add(&sum->fills, times, flow->fills) &&
           add(&sum->updates, times, flow->updates) &&
           add(&sum->drain_reads, times, flow->drain_reads);
}

// Hops and destinations as sums over words, until all are added.
static bool add_network(const struct sdse_network_cost *network, uint64_t times,
                        struct sdse_network_cost *sum) {
    const double words = (double)network->words;
    add_f64(&sum->hops, times, words * network->hops);
    add_f64(&sum->destinations, times, words * network->destinations);
    add_f64(&sum->bits, times, network->bits);
    add_f64(&sum->energy_pj, times, network->energy_pj);
    return add(&sum->words, times, network->words) &&
           add(&sum->adds, times, network->adds);
}

static void add_overhead(const struct sdse_overhead_cost *overhead, uint64_t times,
                         struct sdse_overhead_cost *sum) {
    add_f64(&sum->clock_pj, times, overhead->clock_pj);
    add_f64(&sum->static_pj, times, overhead->static_pj);
    add_f64(&sum->control_pj, times, overhead->control_pj);
}

// Rates as sums over cycles, until all are added.
static bool add_level(const struct sdse_level_cost *level, uint64_t times,
                      double latency_cycles, struct sdse_level_cost *sum) {
    bool fits = add(&sum->cycles, times, level->cycles) &&
                add(&sum->refresh_cycles, times, level->refresh_cycles);
    for (unsigned part = 0; part < SDSE_PARTS; part++)
        fits = add_flow(&level->flow[part], times, &sum->flow[part]) &&
               add_network(&level->network[part], times, &sum->network[part]) && fits;
    most_f64(&sum->stored_bits, level->stored_bits);
    add_f64(&sum->read_bits_per_cycle, times,
            latency_cycles * level->read_bits_per_cycle);
    add_f64(&sum->write_bits_per_cycle, times,
            latency_cycles * level->write_bits_per_cycle);
    add_f64(&sum->leakage_pj, times, level->leakage_pj);
    add_f64(&sum->refresh_pj, times, level->refresh_pj);
    add_overhead(&level->overhead, times, &sum->overhead);
    return fits;
}

// --- One nest ---

static bool add_counts(const struct sdse_cost *cost, uint64_t times,
                       struct sdse_cost *sum) {
    bool fits = add(&sum->macs, times, cost->macs) &&
                add(&sum->shift_adds, times, cost->shift_adds) &&
                add(&sum->basis_words_loaded, times, cost->basis_words_loaded) &&
                add(&sum->rebuild_cycles, times, cost->rebuild_cycles) &&
                add(&sum->sums, times, cost->sums) &&
                add(&sum->vector_operations, times, cost->vector_operations) &&
                add(&sum->compute_cycles, times, cost->compute_cycles) &&
                add(&sum->fill_cycles, times, cost->fill_cycles) &&
                add(&sum->drain_cycles, times, cost->drain_cycles) &&
                add(&sum->pass_cycles, times, cost->pass_cycles) &&
                add(&sum->schedule_cycles, times, cost->schedule_cycles) &&
                add(&sum->latency_cycles, times, cost->latency_cycles);
    for (unsigned i = 0; i < SDSE_MAX_ENGINES; i++)
        fits = add(&sum->engine_events[i], times, cost->engine_events[i]) && fits;
    return fits;
}

static void add_energies(const struct sdse_cost *cost, uint64_t times,
                         struct sdse_cost *sum) {
    add_f64(&sum->mac_pj, times, cost->mac_pj);
    add_f64(&sum->compute_leakage_pj, times, cost->compute_leakage_pj);
    add_overhead(&cost->compute_overhead, times, &sum->compute_overhead);
    add_overhead(&cost->chip_overhead, times, &sum->chip_overhead);
    add_f64(&sum->rebuild_pj, times, cost->rebuild_pj);
    for (unsigned i = 0; i < SDSE_MAX_ENGINES; i++)
        add_f64(&sum->engine_pj[i], times, cost->engine_pj[i]);
    add_f64(&sum->sum_pj, times, cost->sum_pj);
    add_f64(&sum->vector_pj, times, cost->vector_pj);
    add_f64(&sum->energy_pj, times, cost->energy_pj);
}

static bool add_nest(const struct sdse_cost *cost, uint64_t times,
                     struct sdse_cost *sum) {
    const double cycles = (double)cost->latency_cycles;
    bool fits = add_counts(cost, times, sum);
    sum->level_count = cost->level_count;
    for (unsigned l = 0; l < cost->level_count; l++)
        fits = add_level(&cost->level[l], times, cycles, &sum->level[l]) && fits;
    most(&sum->multipliers_used, cost->multipliers_used);
    add_f64(&sum->utilization, times, cycles * cost->utilization);
    add_energies(cost, times, sum);
    return fits;
}

// --- All of them ---

static bool waits_alike(const struct sdse_cost *a, const struct sdse_cost *b) {
    const char *x = a->bottleneck_port, *y = b->bottleneck_port;
    return a->bottleneck_level == b->bottleneck_level &&
           (x && y ? strcmp(x, y) == 0 : x == y);
}

static void find_bottleneck(const struct sdse_cost_times *nest, size_t count,
                            struct sdse_cost *sum) {
    double longest = -1;
    for (size_t i = 0; i < count; i++) {
        double cycles = 0;
        for (size_t k = 0; k < count; k++)
            if (waits_alike(nest[i].cost, nest[k].cost))
                cycles += (double)nest[k].times * (double)nest[k].cost->latency_cycles;
        if (cycles <= longest)
            continue;
        longest = cycles;
        sum->bottleneck_level = nest[i].cost->bottleneck_level;
        sum->bottleneck_port = nest[i].cost->bottleneck_port;
    }
}

static void take_means(struct sdse_cost *sum) {
    const double cycles = sum->latency_cycles ? (double)sum->latency_cycles : 1;
    sum->utilization /= cycles;
    for (unsigned l = 0; l < sum->level_count; l++) {
        struct sdse_level_cost *level = &sum->level[l];
        level->read_bits_per_cycle /= cycles;
        level->write_bits_per_cycle /= cycles;
        for (unsigned part = 0; part < SDSE_PARTS; part++) {
            struct sdse_network_cost *network = &level->network[part];
            const double words = network->words ? (double)network->words : 1;
            network->hops /= words;
            network->destinations /= words;
        }
    }
}

static bool add_all(const struct sdse_cost_times *nest, size_t count,
                    struct sdse_cost *sum) {
    bool fits = true;
    memset(sum, 0, sizeof *sum);
    for (size_t i = 0; i < count; i++)
        fits = add_nest(nest[i].cost, nest[i].times, sum) && fits;
    find_bottleneck(nest, count, sum);
    return fits;
}

bool sdse_cost_sum(const struct sdse_cost_times *nest, size_t count,
                   struct sdse_cost *sum) {
    const bool fits = add_all(nest, count, sum);
    take_means(sum);
    return fits;
}

bool sdse_cost_sum_within(const struct sdse_cost_times *nest, size_t count,
                          uint64_t latency_cycles, struct sdse_cost *sum) {
    const bool fits = add_all(nest, count, sum);
    sum->latency_cycles = latency_cycles;
    take_means(sum);
    return fits;
}
