#include "costmodel/evaluate.h"

#include <math.h>
#include <string.h>

#include "costmodel/charge.h"
#include "costmodel/edge.h"
#include "costmodel/latency.h"
#include "costmodel/lifetime.h"
#include "costmodel/model.h"
#include "costmodel/overhead.h"
#include "costmodel/refresh.h"
#include "costmodel/stream.h"

static void charge_compute(struct sdse_evaluation *e) {
    const double pj = e->model->mac_pj;
    e->energy_pj += pj;
    if (e->cost)
        e->cost->mac_pj = pj;
    for (unsigned i = 0; i < e->model->arch->engine_count; i++) {
        e->energy_pj += e->model->engine_pj[i];
        if (!e->cost)
            continue;
        e->cost->engine_events[i] = (uint64_t)llround(e->model->effects.events[i]);
        e->cost->engine_pj[i] = e->model->engine_pj[i];
    }
    e->energy_pj += e->model->sum_pj;
    if (!e->cost)
        return;
    e->cost->sums = (uint64_t)llround(e->model->effects.sums);
    e->cost->sum_pj = e->model->sum_pj;
}

static void charge_leakage(struct sdse_evaluation *e, uint64_t latency_cycles) {
    const struct sdse_model *model = e->model;
    const double cycles = (double)latency_cycles, ghz = model->arch->clock_ghz;
    for (unsigned l = 0; l < e->view.level_count; l++) {
        const double pj = model->leakage_mw[l] * cycles / ghz;
        e->energy_pj += pj;
        if (e->cost)
            e->cost->level[l].leakage_pj = pj;
    }
    const double pj = model->compute_leakage_mw * cycles / ghz;
    e->energy_pj += pj;
    if (e->cost)
        e->cost->compute_leakage_pj = pj;
}

// Refreshes of all that lives longer than its cells hold, and the time they take.
static void charge_refresh(struct sdse_evaluation *e,
                           const struct sdse_refresh *refresh) {
    for (unsigned l = 0; l < e->view.level_count; l++) {
        e->energy_pj += refresh->pj[l];
        if (!e->cost)
            continue;
        struct sdse_level_cost *level = &e->cost->level[l];
        level->refresh_pj = refresh->pj[l];
        level->refresh_cycles = refresh->cycles[l];
        for (int part = 0; part < SDSE_PARTS; part++) {
            level->flow[part].refreshes = refresh->refreshes[l][part];
            level->flow[part].refresh_bits = refresh->bits[l][part];
        }
    }
}

static void itemise_lives(struct sdse_evaluation *e, double schedule_cycles) {
    const double cycles_per_us = 1000 * e->model->arch->clock_ghz;
    for (unsigned l = 0; l < e->view.level_count; l++) {
        for (int part = 0; part < SDSE_PARTS; part++) {
            struct sdse_flow_cost *flow = &e->cost->level[l].flow[part];
            flow->life_steps = e->lives->steps[l][part];
            flow->lifetime_us =
                sdse_life_cycles(&e->view, flow->life_steps, schedule_cycles) /
                cycles_per_us;
        }
    }
}

// Clocks, static power and control, all components; `dynamic_pj` is spent without them.
static void charge_overheads(struct sdse_evaluation *e,
                             const struct sdse_latency *latency, double dynamic_pj) {
    const struct sdse_model *model = e->model;
    const unsigned levels = e->view.level_count;
    struct sdse_activity activity = {
        .latency_cycles = (double)latency->latency_cycles,
        .compute_cycles = (double)latency->compute_cycles,
        .mac_pj = model->mac_pj,
        .dynamic_pj = dynamic_pj,
    };
    for (unsigned l = 0; l <= levels; l++)
        activity.used[l] = (double)sdse_working_instances(&e->view, l);
    if (sdse_layer_moves(e->model->layer))
        activity.used[levels] = 0; // the multipliers rest
    for (unsigned l = 0; l < levels; l++) {
        activity.level_cycles[l] = (double)latency->level_cycles[l];
        activity.access_pj[l] = e->access_pj[l];
    }
    for (unsigned i = 0; i <= levels + 1; i++) {
        const struct sdse_overhead_cost pj = sdse_overhead_cost(model, i, &activity);
        e->energy_pj += pj.clock_pj;
        e->energy_pj += pj.static_pj;
        e->energy_pj += pj.control_pj;
        if (e->cost)
            *(i < levels    ? &e->cost->level[i].overhead
              : i == levels ? &e->cost->compute_overhead
                            : &e->cost->chip_overhead) = pj;
    }
}

static void itemise_latency(struct sdse_evaluation *e,
                            const struct sdse_latency *latency) {
    struct sdse_cost *cost = e->cost;
    const struct sdse_arch *arch = e->model->arch;
    const bool streamed = sdse_layer_moves(e->model->layer);
    // A fused layer takes no time of its own.
    const double total = cost->latency_cycles ? (double)cost->latency_cycles : 1;
    cost->compute_cycles = latency->compute_cycles;
    cost->bottleneck_level = latency->bottleneck_level;
    cost->bottleneck_port =
        latency->bottleneck_level >= 0 && latency->bottleneck_port.tensor >= 0
            ? sdse_port_text(latency->bottleneck_port)
            : NULL;
    for (unsigned l = 0; l < e->view.level_count; l++) {
        const double used = (double)sdse_working_instances(&e->view, l);
        cost->level[l].cycles = latency->level_cycles[l];
        double read = 0, write = 0;
        for (int t = 0; t < SDSE_PORT_USERS; t++) {
            read += e->moved.read[l][t];
            write += e->moved.write[l][t];
        }
        cost->level[l].read_bits_per_cycle = read / used / total;
        cost->level[l].write_bits_per_cycle = write / used / total;
    }
    cost->macs = e->model->macs;
    cost->multipliers_used =
        streamed ? 0 : sdse_working_instances(&e->view, e->view.level_count);
    cost->utilization = (double)cost->macs * e->model->effects.cycles_per_mac / total /
                        (double)sdse_arch_instances(arch, arch->level_count);
}

static struct sdse_totals evaluate(const struct sdse_model *model,
                                   const struct sdse_mapping *mapping,
                                   struct sdse_reach_memo *memo,
                                   struct sdse_cost *cost) {
    struct sdse_evaluation e;
    e.model = model;
    e.energy_pj = 0;
    e.out_of_memory = false;
    e.rebuild_cycles = e.fill_cycles = e.drain_cycles = 0;
    e.transfers = NULL;
    e.cost = cost;
    struct sdse_lives lives;
    e.lives = cost || model->counts_lives ? &lives : NULL;
    if (e.lives)
        memset(&lives, 0, sizeof lives);
    memcpy(e.keeps, mapping->keeps, sizeof e.keeps);
    sdse_residence_keeps(model->arch, model->layer->residence, e.keeps);
    const bool streamed = sdse_layer_moves(model->layer);
    sdse_view_init(&e.view, model->arch,
                   streamed ? &sdse_stream_nest : &model->layer->nest, mapping);
    e.view.memo = memo;
    for (unsigned l = 0; l < e.view.level_count; l++)
        for (int t = 0; t < SDSE_PORT_USERS; t++)
            e.moved.read[l][t] = e.moved.write[l][t] = 0;
    memset(e.access_pj, 0, sizeof e.access_pj);
    if (streamed)
        sdse_charge_stream(&e);
    for (unsigned f = 0; f < model->flow_count && !streamed; f++)
        sdse_charge_flow(&e, &model->flow[f]);
    // Of streamed layers: a copy is a fused one, which moves nothing else.
    const bool brings = !streamed || model->layer->move.fused;
    for (unsigned f = 0; f < model->flow_count && brings; f++)
        sdse_charge_brought(&e, &model->flow[f]);
    if (!streamed)
        sdse_charge_written_through(&e);
    if (!streamed)
        sdse_charge_continued(&e);
    if (model->layer->addends && !streamed)
        sdse_charge_addends(&e);
    if (e.out_of_memory)
        return (struct sdse_totals){.energy_pj = (double)NAN,
                                    .latency_cycles = (double)NAN};
    charge_compute(&e);
    struct sdse_latency latency;
    sdse_latency(model, &e.view, &e.moved, e.rebuild_cycles, &latency);
    const uint64_t pass_cycles = sdse_pass_cycles(model, &e.view, e.keeps);
    const uint64_t beside_cycles = e.fill_cycles + e.drain_cycles + pass_cycles;
    latency.latency_cycles += beside_cycles;
    const uint64_t schedule_cycles = latency.latency_cycles;
    const double dynamic_pj = e.energy_pj;
    struct sdse_refresh refresh;
    if (model->counts_lives) {
        sdse_refresh_count(model, &e.view, &lives, (double)schedule_cycles, &refresh);
        charge_refresh(&e, &refresh);
        sdse_latency_add(model, refresh.cycles, &latency);
        latency.latency_cycles += beside_cycles;
    }
    charge_leakage(&e, latency.latency_cycles);
    if (model->has_overheads)
        charge_overheads(&e, &latency, dynamic_pj);
    if (cost) {
        cost->level_count = e.view.level_count;
        cost->energy_pj = e.energy_pj;
        cost->latency_cycles = latency.latency_cycles;
        cost->fill_cycles = e.fill_cycles;
        cost->drain_cycles = e.drain_cycles;
        cost->pass_cycles = pass_cycles;
        cost->schedule_cycles = schedule_cycles;
        itemise_latency(&e, &latency);
        itemise_lives(&e, (double)schedule_cycles);
    }
    return (struct sdse_totals){
        .energy_pj = e.energy_pj,
        .latency_cycles = (double)latency.latency_cycles,
        .outer_cycles = (double)(latency.outer_cycles + beside_cycles),
        .inner_cycles = (double)(latency.inner_cycles + beside_cycles),
        .lifetime_cycles = model->counts_lives ? refresh.lifetime_cycles : 0,
        .strain = model->counts_lives ? refresh.strain : 0};
}

struct sdse_totals sdse_evaluate(const struct sdse_model *model,
                                 const struct sdse_mapping *mapping) {
    return evaluate(model, mapping, NULL, NULL);
}

struct sdse_totals sdse_evaluate_next(const struct sdse_model *model,
                                      const struct sdse_mapping *mapping,
                                      struct sdse_reach_memo *memo) {
    return evaluate(model, mapping, memo, NULL);
}

bool sdse_evaluate_full(const struct sdse_model *model,
                        const struct sdse_mapping *mapping, struct sdse_cost *cost) {
    memset(cost, 0, sizeof *cost);
    return !isnan(evaluate(model, mapping, NULL, cost).energy_pj);
}
