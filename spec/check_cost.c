// Checks of an accelerator: fan-outs, networks, costs, constraints.
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "spec/check_list.h"
#include "spec/engine_keys.h"

#define sdse_for_each_level(i, s) \
    for (unsigned i = 0; i < (s)->arch->arch->level_count; i++)

static const struct sdse_level *level_at(const struct sdse_subject *s, unsigned i) {
    return &s->arch->arch->level[i];
}

static uint64_t fanout(const struct sdse_level *level) {
    return (uint64_t)level->fanout_x * level->fanout_y;
}

void sdse_check_fanout_positive(struct sdse_subject *s) {
    sdse_for_each_level (i, s)
        if (!fanout(level_at(s, i))) {
            sdse_check_report(s, level_at(s, i)->fanout_loc,
                              "level '%s': the fan-out is %" PRIu32 " x %" PRIu32
                              "; both must be at least 1",
                              level_at(s, i)->name, level_at(s, i)->fanout_x,
                              level_at(s, i)->fanout_y);
        }
}

void sdse_check_fanout_dims(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        if ((level->fanout_x > 1 && !level->dims_x) ||
            (level->fanout_y > 1 && !level->dims_y)) {
            sdse_check_report(s, level->fanout_loc,
                              "level '%s': an axis with several instances that no "
                              "dimension may use",
                              level->name);
        }
    }
}

void sdse_check_instances_absurd(struct sdse_subject *s) {
    uint64_t instances = 1;
    sdse_for_each_level (i, s) {
        if (sdse_mul_u64(instances, fanout(level_at(s, i)), &instances) &&
            instances <= UINT32_MAX)
            continue;
        sdse_check_report(s, level_at(s, i)->fanout_loc,
                          "level '%s': more than 2^32 - 1 instances below it",
                          level_at(s, i)->name);
        return;
    }
}

void sdse_check_network_missing(struct sdse_subject *s) {
    sdse_for_each_level (i, s)
        if (fanout(level_at(s, i)) > 1 &&
            !sdse_node_get(s->arch->level[i].level, "network")) {
            sdse_check_report(s, level_at(s, i)->fanout_loc,
                              "level '%s': a fan-out of %" PRIu64
                              " needs a network (free: true if it costs nothing)",
                              level_at(s, i)->name, fanout(level_at(s, i)));
        }
}

// The place of a tensor's link: its own entry, or the network as a whole.
static struct sdse_loc link_place(const struct sdse_subject *s, unsigned i,
                                  unsigned t) {
    const struct sdse_level_reading *reading = &s->arch->level[i];
    return reading->link[t] ? reading->link[t]->key_loc : reading->network->key_loc;
}

void sdse_check_topology_cost(struct sdse_subject *s) {
    sdse_for_each_level (i, s)
        for (unsigned t = 0; t < SDSE_TENSORS && s->arch->level[i].network; t++) {
            // What holds for the whole network is said for its first tensor.
            if (t && !s->arch->level[i].link[t])
                continue;
            const struct sdse_network *link = &level_at(s, i)->network[t];
            bool hops = link->hop_pj_per_bit.given || link->router_pj_per_bit.given;
            if (hops && link->topology != SDSE_MESH)
                sdse_check_report(s, link_place(s, i, t),
                                  "level '%s', %s: only a mesh has hops",
                                  level_at(s, i)->name, sdse_tensor_words[t]);
            if (link->pj_per_add.given && link->topology != SDSE_TREE)
                sdse_check_report(s, link_place(s, i, t),
                                  "level '%s', %s: only a tree has adders",
                                  level_at(s, i)->name, sdse_tensor_words[t]);
        }
}

void sdse_check_window_sharing(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_network *link = &level_at(s, i)->network[SDSE_INPUTS];
        if (!s->arch->level[i].network || !link->window_sharing)
            continue;
        if (link->topology == SDSE_MESH) {
            sdse_check_report(
                s, link_place(s, i, SDSE_INPUTS),
                "level '%s', inputs: a mesh sends every word to its places "
                "and shares no windows",
                level_at(s, i)->name);
        } else if (!link->multicast) {
            sdse_check_report(s, link_place(s, i, SDSE_INPUTS),
                              "level '%s', inputs: window_sharing needs multicast",
                              level_at(s, i)->name);
        }
    }
}

void sdse_check_port_missing(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        const struct sdse_level_reading *reading = &s->arch->level[i];
        const bool component = level->component && level->memory_class != SDSE_DRAM;
        if (level->port_bits ||
            !(reading->pj_per_access || level->table || component) ||
            reading->keeps_broken || sdse_node_get(reading->memory, "port_bits"))
            continue;
        bool widths = true;
        for (unsigned t = 0; t < SDSE_TENSORS; t++)
            widths &= s->arch->arch->bits[t] > 0;
        if (widths) {
            sdse_check_report(s, reading->memory->loc,
                              "memory '%s' is charged per access and its words differ "
                              "in width: port_bits is missing",
                              level->name);
        }
    }
}

static bool positive(const struct sdse_number *number) {
    return number->given && !(number->value <= 0);
}

static bool link_has_cost(const struct sdse_network *link) {
    return positive(&link->pj_per_bit) || positive(&link->hop_pj_per_bit) ||
           positive(&link->router_pj_per_bit) || positive(&link->pj_per_add);
}

static bool link_is_given(const struct sdse_network *link) {
    return link->pj_per_bit.given || link->hop_pj_per_bit.given ||
           link->router_pj_per_bit.given || link->pj_per_add.given;
}

void sdse_check_free_conflict(struct sdse_subject *s) {
    const struct sdse_compute *compute = &s->arch->arch->compute;
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        if (level->free && (positive(&level->read_pj) || positive(&level->fill_pj) ||
                            positive(&level->update_pj) ||
                            positive(&level->edram.refresh_pj_per_bit) ||
                            level->table || level->component))
            sdse_check_report(s, level->loc, "memory '%s' is free and has a cost",
                              level->name);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (level->network[t].free &&
                (link_has_cost(&level->network[t]) || level->network[t].component) &&
                (!t || s->arch->level[i].link[t])) {
                sdse_check_report(
                    s, link_place(s, i, t),
                    "level '%s': the network of %s is free and has a cost", level->name,
                    sdse_tensor_words[t]);
            }
        }
    }
    if (compute->free && (positive(&compute->pj_per_mac) || compute->component))
        sdse_check_report(s, compute->loc, "compute is free and has a cost");
}

static void missing_link_costs(struct sdse_subject *s, unsigned i) {
    const struct sdse_level *level = level_at(s, i);
    bool whole = false;
    for (unsigned t = 0; t < SDSE_TENSORS && s->arch->level[i].network; t++) {
        const struct sdse_network *link = &level->network[t];
        bool own = s->arch->level[i].link[t];
        if (link->free || link_is_given(link) || link->component ||
            fanout(level) <= 1 || (whole && !own))
            continue;
        sdse_check_report(s, link_place(s, i, t),
                          "level '%s': the network of %s has no energy (free: true if "
                          "it costs nothing)",
                          level->name, own ? sdse_tensor_words[t] : "its tensors");
        whole |= !own;
    }
}

void sdse_check_missing_cost(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        bool known = level->read_pj.given && level->fill_pj.given;
        if (level->keeps & SDSE_BIT(SDSE_OUTPUTS))
            known &= level->update_pj.given;
        if (!known && !level->free && !level->table && !level->component) {
            sdse_check_report(s, level->loc,
                              "memory '%s': read and write energy are not given; there "
                              "is no component or table either, and it is not free",
                              level->name);
        }
        if (level->memory_class == SDSE_EDRAM && !level->free &&
            !level->edram.refresh_pj_per_bit.given)
            sdse_check_report(s, level->loc,
                              "memory '%s': refresh_pj_per_bit is missing, and it is "
                              "not free",
                              level->name);
        missing_link_costs(s, i);
    }
    const struct sdse_compute *compute = &s->arch->arch->compute;
    if (s->arch->compute && !compute->free && !compute->pj_per_mac.given &&
        !compute->component)
        sdse_check_report(s, compute->loc,
                          "compute: pj_per_mac, or a component, is missing");
    const struct sdse_rebuild *engine = &s->arch->arch->rebuild;
    if (s->arch->engine && !engine->component &&
        !(engine->pj_per_shift_add.given && engine->pj_per_basis_read.given &&
          engine->pj_per_basis_write.given))
        sdse_check_report(s, engine->loc,
                          "the rebuild engine needs pj_per_shift_add, "
                          "pj_per_basis_read and pj_per_basis_write, a component, or "
                          "free: true");
    for (unsigned i = 0; i < s->arch->arch->engine_count; i++) {
        const struct sdse_engine *other = &s->arch->arch->engine[i];
        if (!other->pj_per_event.given)
            sdse_check_report(s, other->loc, "engine '%s' needs %s, or free: true",
                              other->name, sdse_engine_price_key(other->kind));
        if (other->kind == SDSE_ENGINE_PRODUCTS && !other->pj_per_sum.given)
            sdse_check_report(s, other->loc,
                              "engine '%s' needs pj_per_sum, or free: "
                              "true",
                              other->name);
    }
}

static bool is_zero(const struct sdse_number *number) {
    return number->given && number->value == 0;
}

void sdse_check_zero_cost(struct sdse_subject *s) {
    sdse_for_each_level (i, s) {
        const struct sdse_level *level = level_at(s, i);
        if (!level->free && (is_zero(&level->read_pj) || is_zero(&level->fill_pj) ||
                             is_zero(&level->update_pj)))
            sdse_check_report(s, level->loc,
                              "memory '%s': an access of 0 pJ must be declared free",
                              level->name);
        if (!level->free && is_zero(&level->edram.refresh_pj_per_bit))
            sdse_check_report(s, level->loc,
                              "memory '%s': a refresh of 0 pJ must be declared free",
                              level->name);
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            const struct sdse_network *link = &level->network[t];
            if (!link->free && link_is_given(link) && !link_has_cost(link) &&
                (!t || s->arch->level[i].link[t]))
                sdse_check_report(s, link_place(s, i, t),
                                  "level '%s': a network of 0 pJ must be declared free",
                                  level->name);
        }
    }
    const struct sdse_compute *compute = &s->arch->arch->compute;
    if (!compute->free && is_zero(&compute->pj_per_mac))
        sdse_check_report(s, compute->loc,
                          "compute: 0 pJ per MAC must be declared free");
    for (unsigned i = 0; i < s->arch->arch->engine_count; i++) {
        const struct sdse_engine *engine = &s->arch->arch->engine[i];
        if (!engine->free &&
            (is_zero(&engine->pj_per_event) || is_zero(&engine->pj_per_sum)))
            sdse_check_report(s, engine->loc, "engine '%s': 0 pJ must be declared free",
                              engine->name);
    }
}

void sdse_check_missing_rate(struct sdse_subject *s) {
    if (s->arch->engine && !s->arch->arch->rebuild.rows_per_cycle.given)
        sdse_check_report(s, s->arch->arch->rebuild.loc,
                          "the rebuild engine needs rows_per_cycle");
    const struct sdse_arch *arch = s->arch->arch;
    for (unsigned i = 0; i < arch->engine_count; i++)
        if (arch->engine[i].kind == SDSE_ENGINE_BIT_SERIAL &&
            !arch->compute.cycles_number.given)
            sdse_check_report(s, arch->engine[i].loc,
                              "engine '%s' needs compute.cycles_per_mac, for layers "
                              "whose digits are not known",
                              arch->engine[i].name);
}

// Calls `visit` for every constraint of every alternative.
static void each_constraint(struct sdse_subject *s,
                            void (*visit)(struct sdse_subject *,
                                          const struct sdse_constraint *)) {
    const struct sdse_arch *arch = s->arch->arch;
    for (size_t f = 0; f < arch->dataflow_count; f++)
        for (size_t c = 0; c < arch->dataflows[f].constraint_count; c++)
            visit(s, &arch->dataflows[f].constraints[c]);
}

static void visit_fanout(struct sdse_subject *s, const struct sdse_constraint *c) {
    const struct sdse_level *level = level_at(s, c->level);
    bool asks = c->kind == SDSE_SPATIAL_EQUAL || c->kind == SDSE_SPATIAL_AT_LEAST;
    if (asks && c->value > fanout(level) && !s->arch->level[c->level].fanout_broken)
        sdse_check_report(
            s, c->loc, "%" PRIu64 " instances are asked for; level '%s' has %" PRIu64,
            c->value, level->name, fanout(level));
}

void sdse_check_constraint_fanout(struct sdse_subject *s) {
    each_constraint(s, visit_fanout);
}

static void visit_dims(struct sdse_subject *s, const struct sdse_constraint *c) {
    const struct sdse_level *level = level_at(s, c->level);
    unsigned allowed = level->dims_x | level->dims_y;
    if (c->kind == SDSE_SPATIAL_X_DIMS)
        allowed = level->dims_x;
    else if (c->kind == SDSE_SPATIAL_Y_DIMS)
        allowed = level->dims_y;
    else if ((c->kind != SDSE_SPATIAL_EQUAL && c->kind != SDSE_SPATIAL_AT_LEAST) ||
             c->value == 1)
        return;
    if (c->dims & ~allowed)
        sdse_check_report(s, c->loc,
                          "level '%s' does not admit this dimension in its fan-out",
                          level->name);
}

void sdse_check_constraint_dims(struct sdse_subject *s) {
    each_constraint(s, visit_dims);
}

static void visit_sibling(struct sdse_subject *s, const struct sdse_constraint *c) {
    const struct sdse_level *level = level_at(s, c->level);
    if (!level->carries_loops)
        sdse_check_report(s, c->loc,
                          "memory '%s' carries no loops; constrain its level '%s'",
                          level->name, level->group);
}

void sdse_check_constraint_sibling(struct sdse_subject *s) {
    each_constraint(s, visit_sibling);
}

void sdse_check_dataflow_unreachable(struct sdse_subject *s) {
    const struct sdse_arch *arch = s->arch->arch;
    unsigned taken = 0;
    for (size_t f = 0; f < arch->dataflow_count; f++) {
        if (!(arch->dataflows[f].kinds & ~taken))
            sdse_check_report(s, arch->dataflows[f].loc,
                              "earlier alternatives take every layer of this one");
        taken |= arch->dataflows[f].kinds;
    }
}
