#include "costmodel/price.h"

#include <assert.h>
#include <string.h>

#include "costmodel/overhead.h"
#include "costmodel/stream.h"

// Energy of one stored bit in an access.
static double bit_pj(const struct sdse_level *level, double access_pj) {
    return level->port_bits ? access_pj / level->port_bits : access_pj;
}

// The least by which whole accesses raise the bits of words that a memory of level `p`
// gives multipliers, or takes from them: a transfer is at most one word for each.
static double whole_accesses(const struct sdse_model *model, unsigned p, double bits,
                             uint32_t least) {
    const struct sdse_arch *arch = model->arch;
    const double most = bits * (double)sdse_arch_instances(arch, arch->level_count) /
                        (double)sdse_arch_instances(arch, p);
    return most < least ? least / most : 1;
}

static void price_wires(const struct sdse_model *model, enum sdse_tensor tensor,
                        unsigned l, int stage, double bits,
                        struct sdse_edge_price *price) {
    const struct sdse_network *network = &model->arch->level[l].network[tensor];
    price->wire_pj[l][stage] = bits * network->pj_per_bit.value;
    if (network->topology != SDSE_MESH)
        return;
    price->hop_pj[l][stage] = bits * network->hop_pj_per_bit.value;
    price->router_pj[l][stage] = bits * network->router_pj_per_bit.value;
}

static void price_outputs(const struct sdse_model *model,
                          struct sdse_edge_price *price) {
    const struct sdse_arch *arch = model->arch;
    const unsigned p = price->holder, c = price->child, levels = arch->level_count;
    for (int stage = 0; stage < SDSE_STAGES; stage++) {
        const double bits = stage == SDSE_PARTIAL ? model->partial_bits[p]
                                                  : model->bits[p][SDSE_PART_OUTPUTS];
        price->parent_bits[stage] = bits;
        price->update_pj[stage] =
            bits * bit_pj(&arch->level[p], sdse_level_update_pj(&arch->level[p]));
        price->read_pj[stage] =
            bits * bit_pj(&arch->level[p], sdse_level_read_pj(&arch->level[p]));
        for (unsigned l = p; l < c; l++)
            price_wires(model, SDSE_OUTPUTS, l, stage, bits, price);
        if (c == levels) {
            const struct sdse_level *parent = &arch->level[p];
            const double reads =
                             whole_accesses(model, p, bits, parent->least_read_bits),
                         writes =
                             whole_accesses(model, p, bits, parent->least_write_bits);
            price->read_pj[stage] *= reads;
            price->update_pj[stage] *= writes;
            price->parent_bits[stage] *= reads < writes ? reads : writes;
            continue;
        }
        const double child_bits = stage == SDSE_PARTIAL
                                      ? model->partial_bits[c]
                                      : model->bits[c][SDSE_PART_OUTPUTS];
        price->child_bits[stage] = child_bits;
        price->fill_pj[stage] =
            child_bits * bit_pj(&arch->level[c], sdse_level_fill_pj(&arch->level[c]));
        if (arch->count_drain_reads)
            price->drain_pj[stage] =
                child_bits *
                bit_pj(&arch->level[c], sdse_level_read_pj(&arch->level[c]));
    }
    for (unsigned l = p; l < c; l++) {
        price->add_pj[l] = arch->level[l].network[SDSE_OUTPUTS].pj_per_add.value;
        price->returns[l] = arch->count_return_transfers
                                ? c < levels
                                : l == 0 && (c < levels || p == 0);
    }
}

static void price_words(const struct sdse_model *model, const struct sdse_flow *flow,
                        struct sdse_edge_price *price) {
    const struct sdse_arch *arch = model->arch;
    const unsigned p = price->holder, c = price->child,
                   engine = arch->rebuild.below_level;
    const bool crosses = model->form.smartdeal && flow->tensor == SDSE_WEIGHTS &&
                         p <= engine && engine < c;
    const enum sdse_part part = sdse_model_part_at(model, flow, p);
    const double bits = model->bits[p][part];
    for (int stage = 0; stage < SDSE_STAGES; stage++) {
        price->parent_bits[stage] = bits;
        price->read_pj[stage] =
            bits * bit_pj(&arch->level[p], sdse_level_read_pj(&arch->level[p]));
        for (unsigned l = p; l < c; l++) {
            const bool rebuilt = crosses && l >= engine;
            if (rebuilt && flow->ends_in_engine)
                break;
            price_wires(model, flow->tensor, l, stage,
                        rebuilt ? arch->bits[flow->tensor]
                        : part < SDSE_PART_COEFFICIENTS
                            ? sdse_model_wire_bits(model, flow->tensor, p, l)
                            : bits,
                        price);
        }
        if (c == arch->level_count && flow->part != SDSE_PART_BASIS) {
            const double reads =
                whole_accesses(model, p, bits, arch->level[p].least_read_bits);
            price->read_pj[stage] *= reads;
            price->parent_bits[stage] *= reads;
        }
        if (c == arch->level_count || (crosses && flow->ends_in_engine))
            continue;
        price->child_bits[stage] = model->bits[c][sdse_model_part_at(model, flow, c)];
        price->fill_pj[stage] =
            price->child_bits[stage] *
            bit_pj(&arch->level[c], sdse_level_fill_pj(&arch->level[c]));
    }
    if (crosses && !flow->ends_in_engine)
        price->engine_pj =
            model->shift_adds_per_weight * (arch->rebuild.pj_per_shift_add.value +
                                            arch->rebuild.pj_per_basis_read.value);
}

static void price_tiles(const struct sdse_model *model, const unsigned *keeps,
                        const struct sdse_flow *flow, struct sdse_flow_price *price) {
    for (unsigned l = 0; l < model->arch->level_count; l++) {
        const bool gone = model->form.smartdeal && flow->ends_in_engine &&
                          l > model->arch->rebuild.below_level;
        const unsigned home = sdse_model_home(model, flow->tensor);
        const bool kept = !gone && sdse_model_keeps(model, keeps, flow, l) &&
                          (home == 0 || l != home); // what is there whole is reserved
        const double bits = model->place_bits[l][sdse_model_part_at(model, flow, l)];
        price->tile_bits[l][SDSE_FINISHED] = kept ? bits : -1;
        price->tile_bits[l][SDSE_PARTIAL] = !kept ? -1
                                            : flow->tensor == SDSE_OUTPUTS
                                                ? model->partial_bits[l]
                                                : bits;
    }
}

// What engines leave of the words of an edge.
static void leave_words(const struct sdse_model *model, const struct sdse_flow *flow,
                        struct sdse_edge_price *price) {
    const double share = sdse_effects_share(&model->effects, model->arch, flow->tensor,
                                            price->holder, price->child);
    price->engine_pj *= model->effects.rebuild_share;
    if (share == 1 || flow->part == SDSE_PART_BASIS)
        return;
    for (int s = 0; s < SDSE_STAGES; s++) {
        double *const prices[] = {&price->read_pj[s],     &price->fill_pj[s],
                                  &price->update_pj[s],   &price->drain_pj[s],
                                  &price->parent_bits[s], &price->child_bits[s]};
        for (size_t i = 0; i < sizeof prices / sizeof *prices; i++)
            *prices[i] *= share;
        for (unsigned l = price->parent; l < price->child; l++) {
            price->wire_pj[l][s] *= share;
            price->hop_pj[l][s] *= share;
            price->router_pj[l][s] *= share;
        }
    }
    for (unsigned l = price->parent; l < price->child; l++)
        price->add_pj[l] *= share;
}

static void price_flow(const struct sdse_model *model, const unsigned *keeps,
                       const struct sdse_flow *flow, struct sdse_flow_price *price) {
    const unsigned levels = model->arch->level_count;
    price->tensor = flow->tensor;
    price->part = flow->part;
    price_tiles(model, keeps, flow, price);
    const unsigned home = sdse_model_home(model, flow->tensor);
    for (unsigned p = home, c; p < levels; p = c) {
        for (c = p + 1; c < levels && !sdse_model_keeps(model, keeps, flow, c);)
            c++;
        struct sdse_edge_price *edge = &price->edge[price->edge_count++];
        edge->parent = p == home ? 0 : p;
        edge->holder = p;
        edge->child = c;
        if (flow->tensor == SDSE_OUTPUTS)
            price_outputs(model, edge);
        else
            price_words(model, flow, edge);
        if (model->effects.working)
            leave_words(model, flow, edge);
        if (flow->ends_in_engine && c > model->arch->rebuild.below_level)
            return;
    }
}

// 1 + the share that control adds to energy spent at a level, or (NULL) on the chip.
static double with_control(const struct sdse_arch *arch, const struct sdse_level *level,
                           const struct sdse_overhead *own) {
    double percent = own ? own->control_percent.value : 0;
    if (!level || level->memory_class != SDSE_DRAM)
        percent += arch->chip.control_percent.value;
    return 1 + percent / 100;
}

static void add_control_to_edge(const struct sdse_arch *arch,
                                struct sdse_edge_price *price) {
    const struct sdse_level *parent = &arch->level[price->holder];
    const struct sdse_level *child =
        price->child < arch->level_count ? &arch->level[price->child] : NULL;
    const double above = with_control(arch, parent, &parent->overhead);
    const double below = child ? with_control(arch, child, &child->overhead) : 1;
    const double chip = with_control(arch, NULL, NULL);
    for (int s = 0; s < SDSE_STAGES; s++) {
        price->read_pj[s] *= above;
        price->update_pj[s] *= above;
        price->fill_pj[s] *= below;
        price->drain_pj[s] *= below;
        for (unsigned l = price->parent; l < price->child; l++) {
            price->wire_pj[l][s] *= chip;
            price->hop_pj[l][s] *= chip;
            price->router_pj[l][s] *= chip;
        }
    }
    for (unsigned l = price->parent; l < price->child; l++)
        price->add_pj[l] *= chip;
    price->engine_pj *= chip;
}

// Prices of what crosses from level `from` to level `to`, one of them the outermost and
// the other a shared memory. wire_bits: by the level that a network is below, in all.
static void price_beside(const struct sdse_model *model, enum sdse_tensor tensor,
                         unsigned from, unsigned to, double read_bits,
                         double write_bits, double write_pj,
                         const double wire_bits[SDSE_MAX_LEVELS],
                         struct sdse_prices *prices) {
    const struct sdse_arch *arch = model->arch;
    const struct sdse_level *source = &arch->level[from], *target = &arch->level[to];
    double wires_pj = 0;
    for (unsigned l = 0; l < from + to; l++)
        wires_pj += wire_bits[l] * arch->level[l].network[tensor].pj_per_bit.value;
    prices->beside_read_bits[tensor] += read_bits;
    prices->beside_write_bits[tensor] += write_bits;
    prices->mac_pj += read_bits * bit_pj(source, sdse_level_read_pj(source)) *
                          with_control(arch, source, &source->overhead) +
                      write_bits * bit_pj(target, write_pj) *
                          with_control(arch, target, &target->overhead) +
                      wires_pj * with_control(arch, NULL, NULL);
}

// What sdse_charge_written_through charges.
static void price_through(const struct sdse_model *model, struct sdse_prices *prices) {
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
    if (!residence || !residence->writes_through)
        return;
    const double words = (double)sdse_model_output_words(model);
    const double write = words * model->bits[0][SDSE_PART_OUTPUTS];
    double wire_bits[SDSE_MAX_LEVELS];
    for (unsigned l = 0; l < SDSE_MAX_LEVELS; l++)
        wire_bits[l] = write;
    price_beside(model, SDSE_OUTPUTS, residence->level, 0,
                 model->arch->count_drain_reads
                     ? words * model->bits[residence->level][SDSE_PART_OUTPUTS]
                     : 0,
                 write, sdse_level_update_pj(&model->arch->level[0]), wire_bits,
                 prices);
}

// What sdse_charge_brought charges.
static void price_brought(const struct sdse_model *model, const struct sdse_flow *flow,
                          struct sdse_prices *prices) {
    const unsigned home = sdse_model_home(model, flow->tensor);
    const double words = (double)sdse_model_brought_words(model, flow);
    assert(sdse_model_source(model, flow->tensor) == 0); // copies are not searched for
    double wire_bits[SDSE_MAX_LEVELS];
    for (unsigned l = 0; l < SDSE_MAX_LEVELS; l++)
        wire_bits[l] = words * (flow->part < SDSE_PART_COEFFICIENTS
                                    ? sdse_model_wire_bits(model, flow->tensor, 0, l)
                                    : model->bits[0][flow->part]);
    if (words > 0)
        price_beside(model, flow->tensor, 0, home, words * model->bits[0][flow->part],
                     words * model->bits[home][flow->part],
                     sdse_level_fill_pj(&model->arch->level[home]), wire_bits, prices);
}

// What sdse_charge_addends charges, but for hops and blocks: no more than that.
static void price_addends(const struct sdse_model *model, struct sdse_prices *prices) {
    const struct sdse_arch *arch = model->arch;
    struct sdse_stream_step steps[SDSE_MOST_STREAM_STEPS];
    const unsigned count = sdse_addend_steps(arch, model->layer, steps);
    double chip_pj =
        (double)sdse_addend_operations(model->layer) * arch->vector.pj_per_op.value;
    for (unsigned i = 0; i < count; i++) {
        const struct sdse_level *level = &arch->level[steps[i].level];
        const double bits = (double)steps[i].words *
                            sdse_arch_word_bits(arch, steps[i].holder, SDSE_INPUTS);
        if (steps[i].action == SDSE_STREAM_CROSS) {
            chip_pj += bits * level->network[SDSE_INPUTS].pj_per_bit.value;
            continue;
        }
        prices->addend_bits[steps[i].level] += bits;
        prices->mac_pj += bits * bit_pj(level, sdse_level_read_pj(level)) *
                          with_control(arch, level, &level->overhead);
    }
    prices->mac_pj += chip_pj * with_control(arch, NULL, NULL);
}

// What sdse_charge_continued charges, but for blocks: no more than that.
static void price_continued(const struct sdse_model *model,
                            struct sdse_prices *prices) {
    const struct sdse_residence *residence =
        sdse_residence_of(model->layer->residence, SDSE_OUTPUTS);
    const struct sdse_arch *arch = model->arch;
    if (!residence || !residence->continues)
        return;
    const struct sdse_level *home = &arch->level[residence->level];
    const double partial = model->partial_bits[residence->level];
    const double rescaled = (double)sdse_rescaled_words(model->layer);
    const double read = ((double)sdse_model_output_words(model) + rescaled) * partial,
                 write = rescaled * partial;
    prices->continued_read_bits = read;
    prices->continued_write_bits = write;
    prices->mac_pj +=
        (read * bit_pj(home, sdse_level_read_pj(home)) +
         write * bit_pj(home, sdse_level_update_pj(home))) *
            with_control(arch, home, &home->overhead) +
        rescaled * arch->vector.pj_per_op.value * with_control(arch, NULL, NULL);
}

static void add_overheads(const struct sdse_model *model, struct sdse_prices *prices,
                          double *mw) {
    const struct sdse_arch *arch = model->arch;
    double always_mw, floor_pj;
    sdse_overhead_floor(model, &always_mw, &floor_pj);
    *mw += always_mw;
    prices->control = with_control(arch, NULL, NULL);
    prices->mac_pj *= with_control(arch, NULL, &arch->compute.overhead);
    prices->mac_pj += floor_pj;
    for (unsigned i = 0; i < arch->engine_count; i++)
        prices->mac_pj += model->engine_pj[i] * prices->control;
    prices->mac_pj += model->sum_pj * prices->control;
    for (unsigned f = 0; f < prices->flow_count; f++)
        for (unsigned e = 0; e < prices->flow[f].edge_count; e++)
            add_control_to_edge(arch, &prices->flow[f].edge[e]);
}

void sdse_model_prices(const struct sdse_model *model, const unsigned *keeps,
                       struct sdse_prices *prices) {
    memset(prices, 0, sizeof *prices);
    for (unsigned f = 0; f < model->flow_count; f++)
        price_flow(model, keeps, &model->flow[f], &prices->flow[prices->flow_count++]);
    prices->mac_pj = model->mac_pj;
    double mw = model->compute_leakage_mw;
    for (unsigned l = 0; l < model->arch->level_count; l++)
        mw += model->leakage_mw[l];
    prices->control = 1;
    if (sdse_overheads_any(model->arch)) {
        add_overheads(model, prices, &mw);
    } else {
        for (unsigned i = 0; i < model->arch->engine_count; i++)
            prices->mac_pj += model->engine_pj[i];
        prices->mac_pj += model->sum_pj;
    }
    price_through(model, prices);
    for (unsigned f = 0; f < model->flow_count; f++)
        price_brought(model, &model->flow[f], prices);
    price_addends(model, prices);
    price_continued(model, prices);
    prices->leakage_pj_per_cycle = mw / model->arch->clock_ghz;
}
