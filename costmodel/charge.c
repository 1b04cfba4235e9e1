// One file, though long: every charge of words that move, in the order of the sum.

#include "costmodel/charge.h"

#include <math.h>

#include "costmodel/access.h"
#include "costmodel/edge.h"
#include "costmodel/lifetime.h"
#include "costmodel/rebuild.h"
#include "costmodel/stream.h"
#include "costmodel/traffic.h"
#include "costmodel/walk.h"

// Bits of an output word that crosses at level `level`.
static double sum_bits(const struct sdse_model *model, unsigned level, bool finished) {
    return finished ? model->bits[level][SDSE_PART_OUTPUTS]
                    : model->partial_bits[level];
}

// --- Energy of accesses and transfers ---

static double access_pj(const struct sdse_level *level, double bits, double pj) {
    return (level->port_bits ? ceil(bits / level->port_bits) : bits) * pj;
}

// Bits that an action moves: whole accesses. sizes: of its transfers; NULL = one.
static double read_bits(const struct sdse_level *level, uint64_t words,
                        double bits_per_word, const struct sdse_transfer_sizes *sizes) {
    return (double)words * bits_per_word +
           sdse_access_padding_bits(sizes, words, bits_per_word,
                                    level->least_read_bits);
}
static double written_bits(const struct sdse_level *level, uint64_t words,
                           double bits_per_word,
                           const struct sdse_transfer_sizes *sizes) {
    return (double)words * bits_per_word +
           sdse_access_padding_bits(sizes, words, bits_per_word,
                                    level->least_write_bits);
}

static void charge_reads(struct sdse_evaluation *e, unsigned l, enum sdse_part part,
                         uint64_t words, uint64_t drained, double bits_per_word) {
    const struct sdse_level *level = &e->model->arch->level[l];
    const struct sdse_edge_transfers *sizes = e->transfers;
    const double bits =
        read_bits(level, words, bits_per_word, sizes ? &sizes->reads : NULL);
    const double drained_bits =
        read_bits(level, drained, bits_per_word, sizes ? &sizes->drains : NULL);
    double pj = access_pj(level, bits, sdse_level_read_pj(level));
    if (drained)
        pj += access_pj(level, drained_bits, sdse_level_read_pj(level));
    if (drained && sdse_level_port_up(level, SDSE_PORT_READ) == SDSE_PORT_UP) {
        e->moved.read[l][sdse_part_tensor(part)] += bits;
        e->moved.read[l][SDSE_PORT_UP] += drained_bits;
    } else {
        e->moved.read[l][sdse_part_tensor(part)] += bits + drained_bits;
    }
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

static void charge_fills(struct sdse_evaluation *e, unsigned l, enum sdse_part part,
                         uint64_t words, double bits_per_word) {
    const struct sdse_level *level = &e->model->arch->level[l];
    const double bits = written_bits(level, words, bits_per_word,
                                     e->transfers ? &e->transfers->fills : NULL);
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

static void charge_updates(struct sdse_evaluation *e, unsigned l, uint64_t words,
                           double bits_per_word) {
    const struct sdse_level *level = &e->model->arch->level[l];
    const double bits = written_bits(level, words, bits_per_word,
                                     e->transfers ? &e->transfers->updates : NULL);
    const double pj = access_pj(level, bits, sdse_level_update_pj(level));
    e->moved.write[l][sdse_level_port_up(level, SDSE_PORT_WRITE)] += bits;
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
static void charge_network(struct sdse_evaluation *e, unsigned l, enum sdse_part part,
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

static bool needs_hops(const struct sdse_evaluation *e, enum sdse_tensor tensor,
                       unsigned parent, unsigned child) {
    if (e->cost)
        return true;
    for (unsigned l = parent; l < child; l++)
        if (charges_hops(&e->model->arch->level[l].network[tensor]))
            return true;
    return false;
}

static void note_arrivals(struct sdse_evaluation *e, unsigned l, enum sdse_part part,
                          uint64_t words) {
    if (e->lives)
        e->lives->arrived[l][part] += words;
}

static void note_tile(struct sdse_evaluation *e, unsigned l, enum sdse_part part,
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

// What engines leave of an edge's words, they leave of each of its transfers.
static void leave_share(struct sdse_evaluation *e, double share) {
    if (e->transfers)
        sdse_edge_transfers_scale(e->transfers, share);
}

// Words of a tensor that one instance of a level that keeps it holds: at home all.
static uint64_t held_words(const struct sdse_evaluation *e, enum sdse_tensor tensor,
                           unsigned l) {
    const bool home = l == sdse_model_home(e->model, tensor);
    return sdse_view_tile_words(&e->view, tensor, home ? 0 : l);
}

// --- One edge of each kind of flow ---

static void charge_outputs(struct sdse_evaluation *e, const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const struct sdse_view *view = &e->view;
    const unsigned p = edge->parent, c = edge->child;
    const double bits = sum_bits(model, p, edge->arrive_finished);
    const double wire_bits = sum_bits(model, p, edge->leave_finished);
    const double share =
        sdse_effects_share(&model->effects, model->arch, SDSE_OUTPUTS, p, c);
    leave_share(e, share);
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
static void charge_words(struct sdse_evaluation *e, const struct sdse_flow *flow,
                         const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const unsigned p = edge->parent, c = edge->child;
    const enum sdse_part part = sdse_model_part_at(model, flow, p);
    const double bits = model->bits[p][part];
    const double share =
        sdse_effects_share(&model->effects, model->arch, flow->tensor, p, c);
    leave_share(e, share);
    charge_reads(e, p, part, sdse_words_left(share, edge->merged[p]), 0, bits);
    note_tile(e, p, part, held_words(e, flow->tensor, p), model->place_bits[p][part]);
    if (c < e->view.level_count) {
        note_arrivals(e, c, part, sdse_words_left(share, edge->taken));
        charge_fills(e, c, part, sdse_words_left(share, edge->taken),
                     model->bits[c][part]);
    }
    for (unsigned l = p; l < c; l++)
        charge_network(e, l, part, flow->tensor, edge,
                       sdse_words_left(share, edge->merged[l]), 0,
                       part < SDSE_PART_COEFFICIENTS
                           ? sdse_model_wire_bits(model, flow->tensor, p, l)
                           : bits);
}

// The basis above the engine: blocks travel, n x n words each.
static void charge_basis(struct sdse_evaluation *e, const struct sdse_flow *flow,
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
    if (e->transfers)
        sdse_edge_transfers_level(e->transfers, (double)reads, (double)arriving);
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
static void charge_rebuild(struct sdse_evaluation *e, const struct sdse_edge *edge) {
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
static void charge_through_engine(struct sdse_evaluation *e,
                                  const struct sdse_flow *flow,
                                  const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const unsigned p = edge->parent, c = edge->child,
                   engine = model->arch->rebuild.below_level;
    const double bits = model->bits[p][flow->part];
    const double share =
        sdse_effects_share(&model->effects, model->arch, SDSE_WEIGHTS, p, c);
    leave_share(e, share);
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
static void note_first_tiles(struct sdse_evaluation *e, const struct sdse_edge *edge,
                             double bits) {
    const struct sdse_level *parent = &e->model->arch->level[edge->parent];
    if (!e->model->arch->count_fill_drain || !edge->visits)
        return;
    const bool outputs = edge->tensor == SDSE_OUTPUTS;
    double tile_bits = (double)edge->merged[edge->parent] / (double)edge->visits *
                       (double)e->view.used[edge->child] * bits;
    if (e->transfers) {
        const struct sdse_transfer_sizes *all =
            outputs ? &e->transfers->updates : &e->transfers->reads;
        const struct sdse_transfer_sizes first = {
            .of = {{(double)e->view.used[edge->parent], all->of[0].words}}};
        tile_bits += sdse_access_padding_bits(&first, edge->merged[edge->parent], bits,
                                              outputs ? parent->least_write_bits
                                                      : parent->least_read_bits);
    }
    double read[SDSE_PORT_USERS] = {0}, write[SDSE_PORT_USERS] = {0};
    if (outputs)
        write[sdse_level_port_up(parent, SDSE_PORT_WRITE)] = tile_bits;
    else
        read[edge->tensor] = tile_bits;
    const uint64_t cycles = sdse_transfer_cycles(
        parent, read, write, sdse_working_instances(&e->view, edge->parent), NULL);
    *(outputs ? &e->drain_cycles : &e->fill_cycles) += cycles;
}

static void charge_edge(struct sdse_evaluation *e, const struct sdse_flow *flow,
                        const struct sdse_edge *edge) {
    const struct sdse_model *model = e->model;
    const bool smartdeal = flow->tensor == SDSE_WEIGHTS && model->form.smartdeal;
    const unsigned engine = model->arch->rebuild.below_level;
    // Of whole tiles: before engines leave a share of the transfers.
    if (edge->child < e->view.level_count && flow->part != SDSE_PART_BASIS)
        note_first_tiles(
            e, edge,
            model->bits[edge->parent][sdse_model_part_at(model, flow, edge->parent)]);
    if (flow->tensor == SDSE_OUTPUTS)
        charge_outputs(e, edge);
    else if (smartdeal && flow->part == SDSE_PART_BASIS)
        charge_basis(e, flow, edge);
    else if (smartdeal && edge->parent <= engine && engine < edge->child)
        charge_through_engine(e, flow, edge);
    else
        charge_words(e, flow, edge);
}

static void note_life(struct sdse_evaluation *e, const struct sdse_flow *flow,
                      unsigned l, unsigned child) {
    if (l > sdse_model_home(e->model, flow->tensor) && e->lives)
        e->lives->steps[l][sdse_model_part_at(e->model, flow, l)] =
            sdse_life_steps(&e->view, flow->tensor, l, child);
}

// Charges an edge whose memories may move more than its words.
static void charge_transfers(struct sdse_evaluation *e, const struct sdse_flow *flow,
                             const struct sdse_edge *edge) {
    struct sdse_edge_transfers transfers;
    if (sdse_edge_pads(e->model->arch, edge)) {
        if (!sdse_edge_transfers(&e->view, edge, &transfers)) {
            e->out_of_memory = true;
            return;
        }
        e->transfers = &transfers;
    }
    charge_edge(e, flow, edge);
    e->transfers = NULL;
}

void sdse_charge_flow(struct sdse_evaluation *e, const struct sdse_flow *flow) {
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
        charge_transfers(e, flow, &edge);
        note_life(e, flow, p, c);
        if (crosses && flow->ends_in_engine && c > e->model->arch->rebuild.below_level)
            return;
    }
}

static void charge_vector(struct sdse_evaluation *e, uint64_t operations) {
    const double pj = (double)operations * e->model->arch->vector.pj_per_op.value;
    e->energy_pj += pj;
    if (!e->cost)
        return;
    e->cost->vector_operations += operations;
    e->cost->vector_pj += pj;
}

// Finished outputs that are at home in a shared memory and go on to the outermost one.
void sdse_charge_written_through(struct sdse_evaluation *e) {
    const struct sdse_model *model = e->model;
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
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

// Partial sums that are at home before the nest begins: read as the first sums arrive
// that are added to them, and, if they are rescaled, read and updated before.
void sdse_charge_continued(struct sdse_evaluation *e) {
    const struct sdse_model *model = e->model;
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
    if (!residence || !residence->continues)
        return;
    const unsigned home = residence->level;
    const double bits = model->partial_bits[home];
    charge_reads(e, home, SDSE_PART_OUTPUTS, sdse_model_output_words(model), 0, bits);
    const uint64_t rescaled = sdse_rescaled_words(model->layer);
    if (rescaled == 0)
        return;
    charge_reads(e, home, SDSE_PART_OUTPUTS, rescaled, 0, bits);
    charge_updates(e, home, rescaled, bits);
    charge_vector(e, rescaled);
}

// A memory that keeps no tile of what comes to it, or from it, as where a copy does
// nothing else.
static void note_moved(struct sdse_evaluation *e, unsigned l, enum sdse_part part) {
    if (!e->cost || e->cost->level[l].flow[part].kept)
        return;
    e->cost->level[l].flow[part].kept = true;
    e->cost->level[l].flow[part].instances = 1;
}

// Words of a flow that are brought in to where they are at home; from further in they
// come as finished outputs do.
void sdse_charge_brought(struct sdse_evaluation *e, const struct sdse_flow *flow) {
    const struct sdse_model *model = e->model;
    const uint64_t words = sdse_model_brought_words(model, flow);
    const unsigned home = sdse_model_home(model, flow->tensor),
                   source = sdse_model_source(model, flow->tensor);
    const bool out = source > home;
    const enum sdse_part part = flow->part;
    const enum sdse_tensor as = out ? SDSE_OUTPUTS : flow->tensor;
    struct sdse_edge edge;
    if (!words)
        return;
    charge_reads(e, source, part, out ? 0 : words, out ? words : 0,
                 model->bits[source][part]);
    if (out)
        charge_updates(e, home, words, model->bits[home][part]);
    else
        charge_fills(e, home, part, words, model->bits[home][part]);
    note_moved(e, home, part);
    note_moved(e, source, part);
    for (unsigned l = out ? home : source; l < (out ? source : home); l++) {
        // One instance at each end: the way does not depend on the mapping.
        if (!sdse_edge_count(&e->view, as, l, l + 1, true, &edge)) {
            e->out_of_memory = true;
            return;
        }
        charge_network(e, l, part, as, &edge, words, 0,
                       part < SDSE_PART_COEFFICIENTS
                           ? sdse_model_wire_bits(model, flow->tensor, source, l)
                           : model->bits[0][part]);
    }
    if (source == 0)
        note_tile(e, 0, part, words, model->place_bits[0][part]);
}

// Maps that are added to finished outputs, or multiplied with them: plain words,
// whatever the layer's inputs are stored as.
void sdse_charge_addends(struct sdse_evaluation *e) {
    const struct sdse_arch *arch = e->model->arch;
    struct sdse_stream_step steps[SDSE_MOST_STREAM_STEPS];
    const unsigned count = sdse_addend_steps(arch, e->model->layer, steps);
    for (unsigned i = 0; i < count; i++) {
        const unsigned l = steps[i].level;
        const double bits = sdse_arch_word_bits(arch, steps[i].holder, SDSE_INPUTS);
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

void sdse_charge_stream(struct sdse_evaluation *e) {
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
                           model->plain_bits[step->holder][step->tensor]);
            break;
        }
        if (e->cost && step->action != SDSE_STREAM_CROSS) {
            e->cost->level[l].flow[part].kept = true;
            e->cost->level[l].flow[part].instances = 1;
        }
    }
    charge_vector(e, sdse_stream_of(model->layer).operations);
}
