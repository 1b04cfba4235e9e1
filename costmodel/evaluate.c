// One file, though long: every charge of a mapping in the order of the sum, and the
// verdict that goes with it.

#include "costmodel/evaluate.h"

#include <math.h>
#include <string.h>

#include "costmodel/edge.h"
#include "costmodel/latency.h"
#include "costmodel/lifetime.h"
#include "costmodel/model.h"
#include "costmodel/overhead.h"
#include "costmodel/rebuild.h"
#include "costmodel/refresh.h"
#include "costmodel/stream.h"
#include "costmodel/traffic.h"
#include "costmodel/walk.h"

// One evaluation under way. `cost` is NULL when only the totals are asked for.
struct evaluation {
    const struct sdse_model *model;
    struct sdse_view view;
    unsigned keeps[SDSE_MAX_LEVELS];
    struct sdse_bits_moved moved;
    double energy_pj;
    double access_pj[SDSE_MAX_LEVELS]; // of the accesses of each level
    uint64_t rebuild_cycles;
    uint64_t fill_cycles, drain_cycles;
    struct sdse_lives *lives; // NULL: not asked for
    struct sdse_cost *cost;
    bool out_of_memory;
};

// Bits of an output word that crosses at level `level`.
static double sum_bits(const struct sdse_model *model, unsigned level, bool finished) {
    return finished ? model->bits[level][SDSE_PART_OUTPUTS]
                    : model->partial_bits[level];
}

// --- Energy of accesses and transfers ---

static double access_pj(const struct sdse_level *level, double bits, double pj) {
    return (level->port_bits ? ceil(bits / level->port_bits) : bits) * pj;
}

static void charge_reads(struct evaluation *e, unsigned l, enum sdse_part part,
                         uint64_t words, uint64_t drained, double bits_per_word) {
    const struct sdse_level *level = &e->model->arch->level[l];
    const double bits = (double)words * bits_per_word;
    const double drained_bits = (double)drained * bits_per_word;
    double pj = access_pj(level, bits, sdse_level_read_pj(level));
    if (drained)
        pj += access_pj(level, drained_bits, sdse_level_read_pj(level));
    e->moved.read[l][sdse_part_tensor(part)] += bits + drained_bits;
    e->access_pj[l] += pj;
    e->energy_pj += pj;
    if (!e->cost)
        return;
    struct sdse_flow_cost *flow = &e->cost->level[l].flow[part];
    flow->reads += words;
    flow->drain_reads += drained;
    flow->read_bits += bits + drained_bits;
    flow->drain_bits += drained_bits;
    flow->read_pj += pj;
}

static void charge_fills(struct evaluation *e, unsigned l, enum sdse_part part,
                         uint64_t words, double bits_per_word) {
    const struct sdse_level *level = &e->model->arch->level[l];
    const double bits = (double)words * bits_per_word;
    const double pj = access_pj(level, bits, sdse_level_fill_pj(level));
    e->moved.write[l][sdse_part_tensor(part)] += bits;
    e->access_pj[l] += pj;
    e->energy_pj += pj;
    if (!e->cost)
        return;
    struct sdse_flow_cost *flow = &e->cost->level[l].flow[part];
    flow->fills += words;
    flow->fill_bits += bits;
    flow->fill_pj += pj;
}

static void charge_updates(struct evaluation *e, unsigned l, uint64_t words,
                           double bits_per_word) {
    const struct sdse_level *level = &e->model->arch->level[l];
    const double bits = (double)words * bits_per_word;
    const double pj = access_pj(level, bits, sdse_level_update_pj(level));
    e->moved.write[l][SDSE_OUTPUTS] += bits;
    e->access_pj[l] += pj;
    e->energy_pj += pj;
    if (!e->cost)
        return;
    struct sdse_flow_cost *flow = &e->cost->level[l].flow[SDSE_PART_OUTPUTS];
    flow->updates += words;
    flow->update_bits += bits;
    flow->update_pj += pj;
}

// Whether distance costs anything; only then are an edge's hops filled for the totals.
static bool charges_hops(const struct sdse_network *network) {
    return network->topology == SDSE_MESH &&
           (network->hop_pj_per_bit.value > 0 || network->router_pj_per_bit.value > 0);
}

// Energy of `words` crossing the network below level `l`.
static void charge_network(struct evaluation *e, unsigned l, enum sdse_part part,
                           enum sdse_tensor tensor, const struct sdse_edge *edge,
                           uint64_t words, uint64_t adds, double bits_per_word) {
    const struct sdse_network *network = &e->model->arch->level[l].network[tensor];
    const double bits = (double)words * bits_per_word;
    double pj =
        bits * network->pj_per_bit.value + (double)adds * network->pj_per_add.value;
    if (charges_hops(network)) {
        const double hops = edge->hops[l];
        pj += bits * (hops * network->hop_pj_per_bit.value +
                      (1 + floor(hops)) * network->router_pj_per_bit.value);
    }
    e->energy_pj += pj;
    if (!e->cost)
        return;
    struct sdse_network_cost *cost = &e->cost->level[l].network[part];
    cost->words += words;
    cost->adds += adds;
    cost->hops = edge->hops[l];
    cost->destinations = edge->destinations[l];
    cost->bits += bits;
    cost->energy_pj += pj;
}

static bool needs_hops(const struct evaluation *e, enum sdse_tensor tensor,
                       unsigned parent, unsigned child) {
    if (e->cost)
        return true;
    for (unsigned l = parent; l < child; l++)
        if (charges_hops(&e->model->arch->level[l].network[tensor]))
            return true;
    return false;
}

static void note_arrivals(struct evaluation *e, unsigned l, enum sdse_part part,
                          uint64_t words) {
    if (e->lives)
        e->lives->arrived[l][part] += words;
}

static void note_tile(struct evaluation *e, unsigned l, enum sdse_part part,
                      uint64_t words, double bits_per_word) {
    if (e->lives)
        e->lives->place_bits[l][part] = bits_per_word;
    if (!e->cost)
        return;
    struct sdse_level_cost *level = &e->cost->level[l];
    level->flow[part].kept = true;
    level->flow[part].tile_words = words;
    level->flow[part].instances = sdse_working_instances(&e->view, l);
    level->stored_bits += (double)words * bits_per_word;
}

// Words of a tensor that one instance of a level that keeps it holds: at home all.
static uint64_t held_words(const struct evaluation *e, enum sdse_tensor tensor,
                           unsigned l) {
    const bool home = l == sdse_model_home(e->model, tensor);
    return sdse_view_tile_words(&e->view, tensor, home ? 0 : l);
}

// --- One edge of each kind of flow ---

static void charge_outputs(struct evaluation *e, const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const struct sdse_view *view = &e->view;
    const unsigned p = edge->parent, c = edge->child;
    const double bits = sum_bits(model, p, edge->arrive_finished);
    const double wire_bits = sum_bits(model, p, edge->leave_finished);
    const double share =
        sdse_effects_share(&model->effects, model->arch, SDSE_OUTPUTS, p, c);
    const uint64_t returned =
        sdse_words_left(share, edge->merged[p] - sdse_distinct_outputs(view, p));
    charge_updates(e, p, sdse_words_left(share, edge->merged[p]), bits);
    charge_reads(e, p, SDSE_PART_OUTPUTS, returned, 0, bits);
    note_tile(e, p, SDSE_PART_OUTPUTS, held_words(e, SDSE_OUTPUTS, p),
              edge->arrive_finished ? model->place_bits[p][SDSE_PART_OUTPUTS] : bits);
    if (c < view->level_count) {
        const double child_bits = sum_bits(model, c, edge->leave_finished);
        note_arrivals(e, c, SDSE_PART_OUTPUTS, sdse_words_left(share, edge->taken));
        charge_fills(
            e, c, SDSE_PART_OUTPUTS,
            sdse_words_left(share, edge->taken - sdse_distinct_outputs(view, c)),
            child_bits);
        charge_reads(
            e, c, SDSE_PART_OUTPUTS, 0,
            model->arch->count_drain_reads ? sdse_words_left(share, edge->taken) : 0,
            child_bits);
    }
    for (unsigned l = p; l < c; l++) {
        const uint64_t arriving = l + 1 < c ? edge->merged[l + 1] : edge->taken;
        // Multipliers get no partial sums back: their memory adds.
        uint64_t back = 0;
        if (!model->arch->count_return_transfers)
            back = l == 0 ? returned : 0; // the reference counts the outermost reads
        else if (c < view->level_count)
            back = sdse_words_left(share, sdse_returned_words(view, edge, l));
        charge_network(e, l, SDSE_PART_OUTPUTS, SDSE_OUTPUTS, edge,
                       sdse_words_left(share, edge->merged[l]) + back,
                       sdse_words_left(share, arriving - edge->merged[l]), wire_bits);
    }
}

// Weights or inputs that stay what they are from parent to child.
static void charge_words(struct evaluation *e, const struct sdse_flow *flow,
                         const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const unsigned p = edge->parent, c = edge->child;
    const enum sdse_part part = sdse_model_part_at(model, flow, p);
    const double bits = model->bits[p][part];
    const double share =
        sdse_effects_share(&model->effects, model->arch, flow->tensor, p, c);
    charge_reads(e, p, part, sdse_words_left(share, edge->merged[p]), 0, bits);
    note_tile(e, p, part, held_words(e, flow->tensor, p), model->place_bits[p][part]);
    if (c < e->view.level_count) {
        note_arrivals(e, c, part, sdse_words_left(share, edge->taken));
        charge_fills(e, c, part, sdse_words_left(share, edge->taken),
                     model->bits[c][part]);
    }
    for (unsigned l = p; l < c; l++)
        charge_network(
            e, l, part, flow->tensor, edge, sdse_words_left(share, edge->merged[l]), 0,
            part < SDSE_PART_COEFFICIENTS ? sdse_model_wire_bits(model, flow->tensor, l)
                                          : bits);
}

// The basis above the engine: blocks travel, n x n words each.
static void charge_basis(struct evaluation *e, const struct sdse_flow *flow,
                         const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const unsigned p = edge->parent, c = edge->child,
                   engine = model->arch->rebuild.below_level;
    const bool into_engine = c > engine;
    const uint64_t arriving = into_engine
                                  ? sdse_basis_loads(model, &e->view, engine, c)
                                  : sdse_basis_words(model, &e->view, c, edge->visits);
    // Children that share coefficients share their basis: the same merging.
    const uint64_t taken_there = into_engine ? edge->merged[engine] : edge->taken;
    const double share = (double)arriving / (double)taken_there;
    const double bits = model->bits[p][flow->part];
    const uint64_t reads = (uint64_t)llround((double)edge->merged[p] * share);
    charge_reads(e, p, flow->part, reads, 0, bits);
    const bool home = p == sdse_model_home(model, SDSE_WEIGHTS);
    note_tile(e, p, flow->part, sdse_basis_words(model, &e->view, home ? 0 : p, 1),
              bits);
    if (!into_engine) {
        note_arrivals(e, c, flow->part, arriving);
        charge_fills(e, c, flow->part, arriving, bits);
    }
    for (unsigned l = p; l < (into_engine ? engine : c); l++)
        charge_network(e, l, flow->part, flow->tensor, edge,
                       (uint64_t)llround((double)edge->merged[l] * share), 0, bits);
    if (!into_engine)
        return;
    const double pj = (double)arriving * model->arch->rebuild.pj_per_basis_write.value;
    e->energy_pj += pj;
    if (!e->cost)
        return;
    e->cost->basis_words_loaded += arriving;
    e->cost->rebuild_pj += pj;
}

// Shifts and adds of the engines below level `engine`, and the cycles they need.
static void charge_rebuild(struct evaluation *e, const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const struct sdse_rebuild *rebuild = &model->arch->rebuild;
    const uint64_t words = edge->merged[rebuild->below_level];
    const double shift_adds =
        (double)words * model->shift_adds_per_weight * model->effects.rebuild_share;
    const double pj = shift_adds * (rebuild->pj_per_shift_add.value +
                                    rebuild->pj_per_basis_read.value);
    const double rows = (double)sdse_rebuilt_rows(model, &e->view, edge->child, words) *
                        model->effects.rebuild_time_share;
    if (rebuild->rows_per_cycle.given)
        e->rebuild_cycles = (uint64_t)ceil(
            rows / (double)sdse_working_instances(&e->view, rebuild->below_level) /
            rebuild->rows_per_cycle.value);
    e->energy_pj += pj;
    if (!e->cost)
        return;
    e->cost->shift_adds += (uint64_t)llround(shift_adds);
    e->cost->rebuild_pj += pj;
    e->cost->rebuild_cycles = e->rebuild_cycles;
}

// Coefficients and index: parts above the engine, rebuilt words below.
static void charge_through_engine(struct evaluation *e, const struct sdse_flow *flow,
                                  const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const unsigned p = edge->parent, c = edge->child,
                   engine = model->arch->rebuild.below_level;
    const double bits = model->bits[p][flow->part];
    const double share =
        sdse_effects_share(&model->effects, model->arch, SDSE_WEIGHTS, p, c);
    charge_reads(e, p, flow->part, sdse_words_left(share, edge->merged[p]), 0, bits);
    note_tile(e, p, flow->part, held_words(e, SDSE_WEIGHTS, p), bits);
    for (unsigned l = p; l < engine; l++)
        charge_network(e, l, flow->part, SDSE_WEIGHTS, edge,
                       sdse_words_left(share, edge->merged[l]), 0, bits);
    if (flow->ends_in_engine)
        return;
    for (unsigned l = engine; l < c; l++)
        charge_network(e, l, SDSE_PART_WEIGHTS, SDSE_WEIGHTS, edge,
                       sdse_words_left(share, edge->merged[l]), 0,
                       model->arch->bits[SDSE_WEIGHTS]);
    if (c < e->view.level_count) {
        note_arrivals(e, c, SDSE_PART_WEIGHTS, sdse_words_left(share, edge->taken));
        charge_fills(e, c, SDSE_PART_WEIGHTS, sdse_words_left(share, edge->taken),
                     model->bits[c][SDSE_PART_WEIGHTS]);
    }
    charge_rebuild(e, edge);
}

// Cycles to bring (or take away) the first (last) tiles of one edge.
static void note_first_tiles(struct evaluation *e, const struct sdse_edge *edge,
                             double bits) {
    const struct sdse_level *parent = &e->model->arch->level[edge->parent];
    if (!e->model->arch->count_fill_drain || !edge->visits)
        return;
    const double tile_bits = (double)edge->merged[edge->parent] / (double)edge->visits *
                             (double)e->view.used[edge->child] * bits;
    const bool outputs = edge->tensor == SDSE_OUTPUTS;
    double read[SDSE_TENSORS] = {0}, write[SDSE_TENSORS] = {0};
    (outputs ? write : read)[edge->tensor] = tile_bits;
    const uint64_t cycles = sdse_transfer_cycles(
        parent, read, write, sdse_working_instances(&e->view, edge->parent), NULL);
    *(outputs ? &e->drain_cycles : &e->fill_cycles) += cycles;
}

static void charge_edge(struct evaluation *e, const struct sdse_flow *flow,
                        const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const bool smartdeal = flow->tensor == SDSE_WEIGHTS && model->form.smartdeal;
    const unsigned engine = model->arch->rebuild.below_level;
    if (flow->tensor == SDSE_OUTPUTS)
        charge_outputs(e, edge);
    else if (smartdeal && flow->part == SDSE_PART_BASIS)
        charge_basis(e, flow, edge);
    else if (smartdeal && edge->parent <= engine && engine < edge->child)
        charge_through_engine(e, flow, edge);
    else
        charge_words(e, flow, edge);
    if (edge->child < e->view.level_count && flow->part != SDSE_PART_BASIS)
        note_first_tiles(
            e, edge,
            model->bits[edge->parent][sdse_model_part_at(model, flow, edge->parent)]);
}

static void note_life(struct evaluation *e, const struct sdse_flow *flow, unsigned l,
                      unsigned child) {
    if (l > sdse_model_home(e->model, flow->tensor) && e->lives)
        e->lives->steps[l][sdse_model_part_at(e->model, flow, l)] =
            sdse_life_steps(&e->view, flow->tensor, l, child);
}

static void charge_flow(struct evaluation *e, const struct sdse_flow *flow) {
    const unsigned levels = e->view.level_count;
    const bool crosses = e->model->form.smartdeal && flow->tensor == SDSE_WEIGHTS;
    struct sdse_edge edge;
    for (unsigned p = sdse_model_home(e->model, flow->tensor), c; p < levels; p = c) {
        for (c = p + 1; c < levels && !sdse_model_keeps(e->model, e->keeps, flow, c);)
            c++;
        if (!sdse_edge_count(&e->view, flow->tensor, p, c,
                             needs_hops(e, flow->tensor, p, c), &edge)) {
            e->out_of_memory = true;
            return;
        }
        charge_edge(e, flow, &edge);
        note_life(e, flow, p, c);
        if (crosses && flow->ends_in_engine && c > e->model->arch->rebuild.below_level)
            return;
    }
}

static void charge_vector(struct evaluation *e, uint64_t operations) {
    const double pj = (double)operations * e->model->arch->vector.pj_per_op.value;
    e->energy_pj += pj;
    if (!e->cost)
        return;
    e->cost->vector_operations = operations;
    e->cost->vector_pj = pj;
}

// Finished outputs that are at home in a shared memory and go on to the outermost one.
static void write_through(struct evaluation *e) {
    const struct sdse_model *model = e->model;
    const struct sdse_residence *residence = model->layer->residence;
    if (!residence || !residence->writes_through)
        return;
    const unsigned home = residence->level;
    const uint64_t words = sdse_model_output_words(model);
    const double bits = model->bits[home][SDSE_PART_OUTPUTS];
    struct sdse_edge edge;
    if (model->arch->count_drain_reads)
        charge_reads(e, home, SDSE_PART_OUTPUTS, 0, words, bits);
    charge_updates(e, 0, words, model->bits[0][SDSE_PART_OUTPUTS]);
    for (unsigned l = 0; l < home; l++) {
        // One instance at each end: the way does not depend on the mapping.
        if (!sdse_edge_count(&e->view, SDSE_OUTPUTS, l, l + 1, true, &edge)) {
            e->out_of_memory = true;
            return;
        }
        charge_network(e, l, SDSE_PART_OUTPUTS, SDSE_OUTPUTS, &edge, words, 0,
                       model->bits[0][SDSE_PART_OUTPUTS]);
    }
    note_tile(e, 0, SDSE_PART_OUTPUTS, words, model->place_bits[0][SDSE_PART_OUTPUTS]);
}

// Words of a flow that are brought in to where they are at home.
static void bring_in(struct evaluation *e, const struct sdse_flow *flow) {
    const struct sdse_model *model = e->model;
    const uint64_t words = sdse_model_brought_words(model, flow);
    const unsigned home = sdse_model_home(model, flow->tensor);
    const enum sdse_part part = flow->part;
    struct sdse_edge edge;
    if (!words)
        return;
    charge_reads(e, 0, part, words, 0, model->bits[0][part]);
    charge_fills(e, home, part, words, model->bits[home][part]);
    for (unsigned l = 0; l < home; l++) {
        // One instance at each end: the way does not depend on the mapping.
        if (!sdse_edge_count(&e->view, flow->tensor, l, l + 1, true, &edge)) {
            e->out_of_memory = true;
            return;
        }
        charge_network(e, l, part, flow->tensor, &edge, words, 0,
                       part < SDSE_PART_COEFFICIENTS
                           ? sdse_model_wire_bits(model, flow->tensor, l)
                           : model->bits[0][part]);
    }
    note_tile(e, 0, part, words, model->place_bits[0][part]);
}

// Maps that are added to finished outputs, or multiplied with them: plain words,
// whatever the layer's inputs are stored as.
static void charge_addends(struct evaluation *e) {
    const struct sdse_arch *arch = e->model->arch;
    struct sdse_stream_step steps[SDSE_MOST_STREAM_STEPS];
    const unsigned count = sdse_addend_steps(arch, e->model->layer, steps);
    const double bits = arch->bits[SDSE_INPUTS];
    for (unsigned i = 0; i < count; i++) {
        const unsigned l = steps[i].level;
        struct sdse_edge edge;
        if (steps[i].action == SDSE_STREAM_READ) {
            charge_reads(e, l, SDSE_PART_INPUTS, steps[i].words, 0, bits);
            if (!e->cost)
                continue;
            e->cost->level[l].flow[SDSE_PART_INPUTS].kept = true;
            e->cost->level[l].flow[SDSE_PART_INPUTS].instances = 1;
            continue;
        }
        if (!sdse_edge_count(&e->view, SDSE_INPUTS, l, l + 1, true, &edge)) {
            e->out_of_memory = true;
            return;
        }
        charge_network(e, l, SDSE_PART_INPUTS, SDSE_INPUTS, &edge, steps[i].words, 0,
                       bits);
    }
    charge_vector(e, sdse_addend_operations(e->model->layer));
}

// --- Layers that multiply nothing ---

static void charge_stream(struct evaluation *e) {
    const struct sdse_model *model = e->model;
    const struct sdse_arch *arch = model->arch;
    struct sdse_stream_step steps[SDSE_MOST_STREAM_STEPS];
    const unsigned count = sdse_stream_steps(arch, model->layer, e->keeps, steps);
    for (unsigned i = 0; i < count; i++) {
        const struct sdse_stream_step *step = &steps[i];
        const unsigned l = step->level;
        const enum sdse_part part = (enum sdse_part)step->tensor;
        const double bits = model->bits[l][part];
        struct sdse_edge edge;
        switch (step->action) {
        case SDSE_STREAM_READ:
            charge_reads(e, l, part, step->words, 0, bits);
            break;
        case SDSE_STREAM_DRAIN:
            charge_reads(e, l, part, 0, step->words, bits);
            break;
        case SDSE_STREAM_FILL:
            charge_fills(e, l, part, step->words, bits);
            break;
        case SDSE_STREAM_UPDATE:
            charge_updates(e, l, step->words, bits);
            break;
        case SDSE_STREAM_CROSS:
            if (!sdse_edge_count(&e->view, step->tensor, l, l + 1, true, &edge)) {
                e->out_of_memory = true;
                return;
            }
            charge_network(e, l, part, step->tensor, &edge, step->words, 0,
                           arch->bits[step->tensor]);
            break;
        }
        if (e->cost && step->action != SDSE_STREAM_CROSS) {
            e->cost->level[l].flow[part].kept = true;
            e->cost->level[l].flow[part].instances = 1;
        }
    }
    charge_vector(e, sdse_stream_of(model->layer).operations);
}

// --- The whole ---

static void charge_compute(struct evaluation *e) {
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

static void charge_leakage(struct evaluation *e, uint64_t latency_cycles) {
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
static void charge_refresh(struct evaluation *e, const struct sdse_refresh *refresh) {
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

static void itemise_lives(struct evaluation *e, double schedule_cycles) {
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
static void charge_overheads(struct evaluation *e, const struct sdse_latency *latency,
                             double dynamic_pj) {
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

static void itemise_latency(struct evaluation *e, const struct sdse_latency *latency) {
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
        for (int t = 0; t < SDSE_TENSORS; t++) {
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
    struct evaluation e;
    e.model = model;
    e.energy_pj = 0;
    e.out_of_memory = false;
    e.rebuild_cycles = e.fill_cycles = e.drain_cycles = 0;
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
        for (int t = 0; t < SDSE_TENSORS; t++)
            e.moved.read[l][t] = e.moved.write[l][t] = 0;
    memset(e.access_pj, 0, sizeof e.access_pj);
    if (streamed)
        charge_stream(&e);
    for (unsigned f = 0; f < model->flow_count && !streamed; f++)
        charge_flow(&e, &model->flow[f]);
    for (unsigned f = 0; f < model->flow_count && !streamed; f++)
        bring_in(&e, &model->flow[f]);
    if (!streamed)
        write_through(&e);
    if (model->layer->addends && !streamed)
        charge_addends(&e);
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
    return (struct sdse_totals){.energy_pj = e.energy_pj,
                                .latency_cycles = (double)latency.latency_cycles,
                                .lifetime_cycles =
                                    model->counts_lives ? refresh.lifetime_cycles : 0,
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

// --- Validity ---

void sdse_mapping_init(const struct sdse_arch *arch, struct sdse_mapping *mapping) {
    memset(mapping, 0, sizeof *mapping);
    mapping->level_count = arch->level_count;
    unsigned kept = 0; // in this memory, further out
    for (unsigned l = 0; l < arch->level_count; l++) {
        const unsigned parts = arch->level[l].keeps;
        mapping->keeps[l] = parts & (SDSE_BIT(SDSE_TENSORS) - 1);
        if (parts & SDSE_SMARTDEAL_PARTS)
            mapping->keeps[l] |= SDSE_BIT(SDSE_WEIGHTS);
        kept = arch->level[l].shares_memory ? kept : 0;
        mapping->keeps[l] &= ~kept;
        kept |= mapping->keeps[l];
    }
    mapping->keeps[0] = SDSE_BIT(SDSE_TENSORS) - 1;
}

void sdse_residence_keeps(const struct sdse_arch *arch,
                          const struct sdse_residence *residence, unsigned *keeps) {
    for (unsigned l = 1;
         residence && l <= sdse_arch_memory_last(arch, residence->level); l++)
        keeps[l] &= ~residence->tensors;
}

// The next level inside `l` that keeps the flow, or level_count.
static unsigned next_keeper(const struct sdse_model *model, const unsigned *keeps,
                            const struct sdse_flow *flow, unsigned l) {
    for (l++; l < model->arch->level_count && !sdse_model_keeps(model, keeps, flow, l);)
        l++;
    return l;
}

// Bits of an output's place at level `l`: those of the words that arrive there.
static double place_bits(const struct sdse_model *model, const struct sdse_view *view,
                         unsigned l, unsigned child) {
    const double finished = model->place_bits[l][SDSE_PART_OUTPUTS],
                 partial = model->partial_bits[l];
    struct sdse_edge edge;
    if (finished == partial)
        return partial;
    const bool counted = sdse_edge_count(view, SDSE_OUTPUTS, l, child, false, &edge);
    return counted && edge.arrive_finished ? finished : partial;
}

// Stored bits of one instance's tiles at level `l`.
static double stored_bits(const struct sdse_model *model, const unsigned *keeps,
                          const struct sdse_view *view, unsigned l) {
    const struct sdse_residence *residence = model->layer->residence;
    double bits = l == 0 && residence && residence->writes_through
                      ? (double)sdse_model_output_words(model) *
                            model->place_bits[0][SDSE_PART_OUTPUTS]
                      : 0;
    for (unsigned f = 0; f < model->flow_count; f++) {
        const struct sdse_flow *flow = &model->flow[f];
        if (l == 0)
            bits += (double)sdse_model_brought_words(model, flow) *
                    model->place_bits[0][flow->part];
        const bool gone = model->form.smartdeal && flow->ends_in_engine &&
                          l > model->arch->rebuild.below_level;
        if (gone || !sdse_model_keeps(model, keeps, flow, l))
            continue;
        if (l > 0 && l == sdse_model_home(model, flow->tensor))
            continue; // reserved
        if (flow->tensor == SDSE_OUTPUTS) {
            const unsigned child = next_keeper(model, keeps, flow, l);
            bits += (double)sdse_view_tile_words(view, SDSE_OUTPUTS, l) *
                    place_bits(model, view, l, child);
        } else if (flow->part == SDSE_PART_BASIS) {
            bits += (double)sdse_basis_words(model, view, l, 1) *
                    model->bits[l][flow->part];
        } else {
            bits += (double)sdse_view_tile_words(view, flow->tensor, l) *
                    model->place_bits[l][sdse_model_part_at(model, flow, l)];
        }
    }
    return bits;
}

// Bits that outputs at home take above what sdse_model_room_bits provides for them.
static double beyond_least(const struct sdse_model *model, const unsigned *keeps,
                           const struct sdse_view *view) {
    const unsigned home = sdse_model_home(model, SDSE_OUTPUTS);
    const struct sdse_flow outputs = {SDSE_OUTPUTS, SDSE_PART_OUTPUTS, false};
    if (home == 0)
        return 0;
    const double least =
        fmin(model->place_bits[home][SDSE_PART_OUTPUTS], model->partial_bits[home]);
    return (double)sdse_model_output_words(model) *
           (place_bits(model, view, home, next_keeper(model, keeps, &outputs, home)) -
            least);
}

// Bits of the tiles of one copy of the memory that starts at level `l`.
static double memory_bits(const struct sdse_model *model, const unsigned *keeps,
                          const struct sdse_view *view, unsigned l) {
    double bits = 0;
    for (unsigned i = l; i <= sdse_arch_memory_last(model->arch, l); i++)
        bits += stored_bits(model, keeps, view, i);
    return bits;
}

double sdse_mapping_taken_bits(const struct sdse_model *model,
                               const struct sdse_mapping *mapping, unsigned level) {
    const bool home = level > 0 && sdse_model_home(model, SDSE_OUTPUTS) == level;
    const double outputs = home ? (double)sdse_model_output_words(model) : 0;
    if (sdse_layer_moves(model->layer))
        return outputs * model->place_bits[level][SDSE_PART_OUTPUTS];
    const struct sdse_flow flow = {SDSE_OUTPUTS, SDSE_PART_OUTPUTS, false};
    struct sdse_view view;
    sdse_view_init(&view, model->arch, &model->layer->nest, mapping);
    double bits = memory_bits(model, mapping->keeps, &view, level) *
                  model->arch->level[level].buffering;
    if (home)
        bits += outputs * place_bits(model, &view, level,
                                     next_keeper(model, mapping->keeps, &flow, level));
    return bits;
}

static enum sdse_verdict fanout_verdict(const struct sdse_arch *arch,
                                        const struct sdse_mapping *mapping,
                                        unsigned *level) {
    for (unsigned l = 0; l < arch->level_count; l++) {
        const uint32_t limit[2] = {arch->level[l].fanout_x, arch->level[l].fanout_y};
        for (int axis = 0; axis < 2; axis++) {
            double used = 1;
            for (unsigned i = 0; i < mapping->level[l].spatial[axis].count; i++)
                used *= (double)mapping->level[l].spatial[axis].loop[i].factor;
            if (used <= limit[axis])
                continue;
            if (level)
                *level = l;
            return SDSE_FANOUT;
        }
    }
    return SDSE_VALID;
}

// A layer that is streamed keeps no tiles: what is reserved must fit.
static enum sdse_verdict streamed_verdict(const struct sdse_model *model,
                                          unsigned *level) {
    const struct sdse_residence *residence = model->layer->residence;
    if (!residence || sdse_model_room_bits(model, model->arch, residence->level) >= 0)
        return SDSE_VALID;
    if (level)
        *level = residence->level;
    return SDSE_TOO_BIG;
}

enum sdse_verdict sdse_mapping_verdict(const struct sdse_model *model,
                                       const struct sdse_mapping *mapping,
                                       unsigned *level) {
    const struct sdse_arch *arch = model->arch;
    if (sdse_layer_moves(model->layer))
        return streamed_verdict(model, level);
    const enum sdse_verdict fanout = fanout_verdict(arch, mapping, level);
    if (fanout != SDSE_VALID)
        return fanout;
    struct sdse_view view;
    sdse_view_init(&view, arch, &model->layer->nest, mapping);
    for (int d = 0; d < SDSE_DIMS; d++) {
        if (view.tile[0][d] < view.nest->bound[d]) {
            if (level)
                *level = 0;
            return SDSE_NOT_COVERED;
        }
    }
    for (unsigned l = 0; l < arch->level_count; l++) {
        if (!arch->level[l].capacity_bits || arch->level[l].shares_memory)
            continue;
        double limit = sdse_model_room_bits(model, arch, l);
        if (model->layer->residence && model->layer->residence->level == l)
            limit -=
                beyond_least(model, mapping->keeps, &view) / arch->level[l].buffering;
        if (memory_bits(model, mapping->keeps, &view, l) <= limit)
            continue;
        if (level)
            *level = l;
        return SDSE_TOO_BIG;
    }
    return SDSE_VALID;
}
