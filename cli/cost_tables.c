#include "cli/cost_tables.h"

#include <inttypes.h>
#include <math.h>

#include "base/units.h"
#include "costmodel/evaluate.h"

static double latency_s(const struct cli_costed *costed) {
    return sdse_seconds_from_cycles((double)costed->cost->latency_cycles,
                                    costed->arch->clock_ghz);
}

static double area_mm2(const struct cli_costed *costed) {
    struct sdse_area area;
    sdse_arch_area(costed->arch, &area);
    return sdse_mm2_from_um2(sdse_design_area_um2(&area, costed->smartdeal));
}

// Operations, two for a MAC, per byte that crosses the DRAM's interface; NAN where none
// does. Source: the roofline model (Williams et al., CACM 2009).
static double ops_per_dram_byte(const struct cli_costed *costed) {
    const struct sdse_cost *cost = costed->cost;
    double bits = 0;
    for (unsigned l = 0; l < cost->level_count; l++) {
        if (costed->arch->level[l].memory_class != SDSE_DRAM)
            continue;
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &cost->level[l].flow[part];
            bits += flow->read_bits + flow->fill_bits + flow->update_bits;
        }
    }
    const double operations = 2 * (double)cost->macs + (double)cost->vector_operations;
    return bits > 0 ? operations / (bits / 8) : (double)NAN;
}

static void add_energy_column(struct sdse_table *table, const char *name, bool people) {
    char column[64], title[64];
    snprintf(column, sizeof column, "%s%s_%s", name, *name ? "_energy" : "energy",
             people ? "uj" : "pj");
    snprintf(title, sizeof title, "%s [uJ]", *name ? name : "energy");
    sdse_table_add_column(table, column, people ? title : NULL, 5);
}

static void add_energy(struct sdse_table *table, double energy_pj, bool people) {
    sdse_table_add_f64(table, people ? sdse_uj_from_pj(energy_pj) : energy_pj);
}

static void fill_totals(struct sdse_table *table, const struct cli_costed *costed) {
    static const char *const columns[] = {
        "arch",       "workload",       "layer",
        "kind",       "form",           "macs",
        "energy_pj",  "latency_cycles", "latency_s",
        "edp_pj_s",   "utilization",    "multipliers_used",
        "bottleneck", "area_mm2",       "ops_per_dram_byte"};
    sdse_table_add_columns(table, columns, sizeof columns / sizeof columns[0]);
    const struct sdse_cost *cost = costed->cost;
    sdse_table_add_text(table, costed->arch->name);
    sdse_table_add_text(table, costed->workload->name);
    sdse_table_add_text(table, costed->layer->name);
    sdse_table_add_text(table, sdse_layer_kind_name(costed->layer->kind));
    sdse_table_add_text(table, costed->form);
    sdse_table_add_u64(table, cost->macs);
    sdse_table_add_f64(table, cost->energy_pj);
    sdse_table_add_u64(table, cost->latency_cycles);
    sdse_table_add_f64(table, latency_s(costed));
    sdse_table_add_f64(table, cost->energy_pj * latency_s(costed));
    sdse_table_add_f64(table, cost->utilization);
    sdse_table_add_u64(table, cost->multipliers_used);
    sdse_table_add_text(table, sdse_bottleneck_name(costed->arch, cost).text);
    sdse_table_add_f64(table, area_mm2(costed));
    sdse_table_add_f64(table, ops_per_dram_byte(costed));
}

static void fill_counts(struct sdse_table *table, const struct cli_costed *costed,
                        bool people) {
    static const char *const columns[][2] = {{"level", NULL},
                                             {"part", NULL},
                                             {"instances", NULL},
                                             {"tile_words", "tile"},
                                             {"reads_words", "reads"},
                                             {"fills_words", "fills"},
                                             {"updates_words", "updates"},
                                             {"drain_reads_words", "drains"}};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        sdse_table_add_column(table, columns[i][0], columns[i][1], 0);
    add_energy_column(table, "", people);
    for (unsigned l = 0; l < costed->cost->level_count; l++) {
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &costed->cost->level[l].flow[part];
            if (!flow->kept)
                continue;
            sdse_table_add_text(table, costed->arch->level[l].name);
            sdse_table_add_text(table, sdse_part_name(part));
            sdse_table_add_u64(table, flow->instances);
            sdse_table_add_u64(table, flow->tile_words);
            sdse_table_add_u64(table, flow->reads);
            sdse_table_add_u64(table, flow->fills);
            sdse_table_add_u64(table, flow->updates);
            sdse_table_add_u64(table, flow->drain_reads);
            add_energy(table, flow->read_pj + flow->fill_pj + flow->update_pj, people);
        }
    }
}

static void fill_networks(struct sdse_table *table, const struct cli_costed *costed,
                          bool people) {
    sdse_table_add_column(table, "below_level", "below", 0);
    sdse_table_add_column(table, "part", NULL, 0);
    sdse_table_add_column(table, "words", NULL, 0);
    sdse_table_add_column(table, "adds", NULL, 0);
    sdse_table_add_column(table, "destinations", NULL, 5);
    sdse_table_add_column(table, "hops", NULL, 5);
    sdse_table_add_column(table, "bits", NULL, 0);
    add_energy_column(table, "", people);
    for (unsigned l = 0; l < costed->cost->level_count; l++) {
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_network_cost *network =
                &costed->cost->level[l].network[part];
            const bool idle = network->words == 0 && !(network->energy_pj > 0);
            const bool free = people && !(network->energy_pj > 0);
            if (idle || free)
                continue;
            sdse_table_add_text(table, costed->arch->level[l].name);
            sdse_table_add_text(table, sdse_part_name(part));
            sdse_table_add_u64(table, network->words);
            sdse_table_add_u64(table, network->adds);
            sdse_table_add_f64(table, network->destinations);
            sdse_table_add_f64(table, network->hops);
            sdse_table_add_f64(table, network->bits);
            add_energy(table, network->energy_pj, people);
        }
    }
}

// One component's row: energy by tensor (all parts of weights together), or the total
// alone.
static void add_component(struct sdse_table *table, const struct cli_costed *costed,
                          const char *name, const double *by_tensor, double total_pj,
                          bool people) {
    if (!(total_pj > 0))
        return;
    sdse_table_add_text(table, name);
    for (int t = 0; t < SDSE_TENSORS; t++)
        add_energy(table, by_tensor ? by_tensor[t] : (double)NAN, people);
    add_energy(table, total_pj, people);
    sdse_table_add_f64(table, (people ? 100 : 1) * total_pj / costed->cost->energy_pj);
}

static void add_overhead(struct sdse_overhead_cost *sum,
                         const struct sdse_overhead_cost *more) {
    sum->clock_pj += more->clock_pj;
    sum->static_pj += more->static_pj;
    sum->control_pj += more->control_pj;
}

static void fill_energy(struct sdse_table *table, struct sdse_arena *arena,
                        const struct cli_costed *costed, bool people) {
    sdse_table_add_column(table, "component", NULL, 0);
    for (int t = 0; t < SDSE_TENSORS; t++)
        add_energy_column(table, sdse_tensor_name((enum sdse_tensor)t), people);
    add_energy_column(table, "", people);
    sdse_table_add_column(table, "share", people ? "share [%]" : NULL, 3);
    const struct sdse_cost *cost = costed->cost;
    double leakage = cost->compute_leakage_pj;
    double refresh = 0;
    bool forgets = false;
    struct sdse_overhead_cost overhead = cost->compute_overhead;
    add_overhead(&overhead, &cost->chip_overhead);
    for (unsigned l = 0; l < cost->level_count; l++) {
        const char *name = costed->arch->level[l].name;
        double memory[SDSE_TENSORS] = {0}, network[SDSE_TENSORS] = {0};
        double memory_pj = 0, network_pj = 0;
        for (enum sdse_part part = 0; part < SDSE_PARTS; part++) {
            const struct sdse_flow_cost *flow = &cost->level[l].flow[part];
            const double pj = flow->read_pj + flow->fill_pj + flow->update_pj;
            memory[sdse_part_tensor(part)] += pj;
            memory_pj += pj;
            network[sdse_part_tensor(part)] += cost->level[l].network[part].energy_pj;
            network_pj += cost->level[l].network[part].energy_pj;
        }
        add_component(table, costed, name, memory, memory_pj, people);
        add_component(table, costed, sdse_arena_printf(arena, "%s network", name),
                      network, network_pj, people);
        leakage += cost->level[l].leakage_pj;
        refresh += cost->level[l].refresh_pj;
        forgets |= costed->arch->level[l].memory_class == SDSE_EDRAM;
        add_overhead(&overhead, &cost->level[l].overhead);
    }
    add_component(table, costed, "rebuild engine", NULL, cost->rebuild_pj, people);
    double engines_pj = cost->sum_pj;
    for (unsigned i = 0; i < costed->arch->engine_count; i++)
        engines_pj += cost->engine_pj[i];
    if (costed->arch->engine_count)
        add_component(table, costed, "engines", NULL, engines_pj, people);
    add_component(table, costed, "MAC", NULL, cost->mac_pj, people);
    add_component(table, costed, "vector unit", NULL, cost->vector_pj, people);
    add_component(table, costed, "leakage", NULL, leakage, people);
    if (forgets)
        add_component(table, costed, "refresh", NULL, refresh, people);
    add_component(table, costed, "clock", NULL, overhead.clock_pj, people);
    add_component(table, costed, "static", NULL, overhead.static_pj, people);
    add_component(table, costed, "control", NULL, overhead.control_pj, people);
}

static void add_cycles(struct sdse_table *table, const struct cli_costed *costed,
                       const char *resource, uint64_t cycles,
                       const struct sdse_level_cost *level, const char *note,
                       bool people) {
    sdse_table_add_text(table, resource);
    sdse_table_add_u64(table, cycles);
    const uint64_t latency = costed->cost->latency_cycles;
    // A fused layer takes no time of its own.
    sdse_table_add_f64(table, (people ? 100 : 1) * (double)cycles /
                                  (latency ? (double)latency : 1));
    sdse_table_add_f64(table, level ? level->read_bits_per_cycle : (double)NAN);
    sdse_table_add_f64(table, level ? level->write_bits_per_cycle : (double)NAN);
    sdse_table_add_text(table, note);
}

static void fill_cycles(struct sdse_table *table, const struct cli_costed *costed,
                        bool people) {
    sdse_table_add_column(table, "resource", NULL, 0);
    sdse_table_add_column(table, "cycles", NULL, 0);
    sdse_table_add_column(table, "share", people ? "of latency [%]" : NULL, 4);
    sdse_table_add_column(table, "read_bits_per_cycle",
                          people ? "reads [bit/cycle]" : NULL, 4);
    sdse_table_add_column(table, "write_bits_per_cycle",
                          people ? "writes [bit/cycle]" : NULL, 4);
    sdse_table_add_column(table, "note", NULL, 0);
    const struct sdse_cost *cost = costed->cost;
    const int worst = cost->bottleneck_level;
    add_cycles(table, costed,
               sdse_layer_moves(costed->layer) ? "vector unit" : "compute",
               cost->compute_cycles, NULL,
               worst == -1 || worst == -3 || worst == -4 ? "bottleneck" : NULL, people);
    if (cost->rebuild_cycles)
        add_cycles(table, costed, "rebuild engine", cost->rebuild_cycles, NULL,
                   worst == -2 ? "bottleneck" : NULL, people);
    for (unsigned l = 0; l < cost->level_count; l++) {
        const struct sdse_level *level = &costed->arch->level[l];
        const char *note = worst == (int)l              ? "bottleneck"
                           : level->shares_memory       ? "in the memory outside"
                           : cost->level[l].cycles == 0 ? "no bandwidth limit"
                           : level->overlap             ? NULL
                                                        : "adds to the latency";
        add_cycles(table, costed, level->name, cost->level[l].cycles, &cost->level[l],
                   note, people);
    }
    if (cost->fill_cycles || cost->drain_cycles) {
        add_cycles(table, costed, "first fill", cost->fill_cycles, NULL,
                   "adds to the latency", people);
        add_cycles(table, costed, "last drain", cost->drain_cycles, NULL,
                   "adds to the latency", people);
    }
    if (cost->pass_cycles)
        add_cycles(table, costed, "passes", cost->pass_cycles, NULL,
                   "adds to the latency", people);
}

struct sdse_table *cli_cost_table(struct sdse_arena *arena,
                                  const struct cli_costed *costed,
                                  enum cli_section section, bool for_people) {
    struct sdse_table *table = sdse_table_new(arena);
    switch (section) {
    case CLI_SECTION_TOTALS:
        fill_totals(table, costed);
        break;
    case CLI_SECTION_COUNTS:
        fill_counts(table, costed, for_people);
        break;
    case CLI_SECTION_NETWORKS:
        fill_networks(table, costed, for_people);
        break;
    case CLI_SECTION_ENERGY:
        fill_energy(table, arena, costed, for_people);
        break;
    default:
        fill_cycles(table, costed, for_people);
        break;
    }
    return table;
}

void cli_cost_json(struct sdse_json *json, struct sdse_arena *arena,
                   const struct cli_costed *costed, enum cli_section section) {
    static const char *const words[CLI_SECTIONS] = {
#define WORD(name, word, title) word,
        CLI_SECTION_MAP(WORD)
#undef WORD
    };
    const struct sdse_table *table = cli_cost_table(arena, costed, section, false);
    if (section == CLI_SECTION_TOTALS)
        sdse_json_row(json, words[section], table);
    else
        sdse_json_rows(json, words[section], table);
}

void cli_cost_json_all(struct sdse_json *json, struct sdse_arena *arena,
                       const struct cli_costed *costed) {
    for (int i = 0; i < CLI_SECTIONS; i++)
        cli_cost_json(json, arena, costed, (enum cli_section)i);
}

void cli_print_totals(const struct cli_costed *costed, FILE *out) {
    const struct sdse_cost *cost = costed->cost;
    const uint64_t *bound = costed->layer->nest.bound;
    fprintf(out, "%s %s on %s, %s weights\n", costed->workload->name,
            costed->layer->name, costed->arch->name, costed->form);
    fprintf(out, "  %s:", sdse_layer_kind_name(costed->layer->kind));
    for (int d = 0; d < SDSE_DIMS; d++)
        if (bound[d] > 1)
            fprintf(out, " %c%" PRIu64, sdse_dim_letters[d], bound[d]);
    const bool moves = sdse_layer_moves(costed->layer);
    const uint64_t work = moves ? cost->vector_operations : cost->macs;
    fprintf(out, ", %" PRIu64 " %s%s\n\n", work, moves ? "vector operations" : "MACs",
            moves && costed->layer->move.fused ? ", fused into the layer before" : "");
    fprintf(out, "energy       %.6g uJ  (%.4g pJ per %s)\n",
            sdse_uj_from_pj(cost->energy_pj), cost->energy_pj / (double)work,
            moves ? "operation" : "MAC");
    fprintf(out, "latency      %" PRIu64 " cycles = %.6g ms at %g GHz, set by %s\n",
            cost->latency_cycles, latency_s(costed) * 1e3, costed->arch->clock_ghz,
            sdse_bottleneck_name(costed->arch, cost).text);
    fprintf(out, "EDP          %.6g uJ*s\n",
            sdse_uj_from_pj(cost->energy_pj) * latency_s(costed));
    fprintf(out,
            "utilization  %.2f %% of all multiplier cycles  (%" PRIu64 " of %" PRIu64
            " multipliers used)\n",
            100 * cost->utilization, cost->multipliers_used,
            sdse_arch_instances(costed->arch, costed->arch->level_count));
    const double intensity = ops_per_dram_byte(costed);
    if (!isnan(intensity))
        fprintf(out, "DRAM         %.4g operations per byte\n", intensity);
    fprintf(out, "area         %.4g mm2\n", area_mm2(costed));
}
