#include "dse/mapper/transfers.h"

#include <math.h>
#include <string.h>

// Bits as a function of visits, by rate.
struct flow {
    double base, rate[SDSE_MOVERS];
};

struct moved {
    struct flow read[SDSE_MAX_LEVELS][SDSE_TENSORS],
        write[SDSE_MAX_LEVELS][SDSE_TENSORS];
};

static void add_flow(struct flow *to, const struct flow *more) {
    to->base += more->base;
    for (int t = 0; t < SDSE_MOVERS; t++)
        to->rate[t] += more->rate[t];
}

// Words between single multipliers and their keeper do not depend on visits.
static void add_mac_bits(const struct sdse_problem *problem, unsigned level,
                         const struct sdse_partial *node, const struct sdse_lane *lane,
                         const struct sdse_lane_state *state, double places,
                         struct moved *moved) {
    const struct sdse_lane_edge *edge = &lane->edge[lane->edge_count - 1];
    const bool current = state->at_macs;
    double saved = current ? state->saved_words : places;
    for (unsigned l = level; !current && l < edge->parent; l++)
        saved *= problem->most_resting[l][lane->tensor];
    const double taken = current ? state->words * edge->rest_words[level]
                                 : edge->rest_words[edge->parent];
    const double words =
        problem->macs * taken - (lane->returns ? lane->base_words * saved : 0);
    if (words > 0)
        (lane->up ? moved->write : moved->read)[edge->parent][lane->tensor].base +=
            words *
            edge->head_bits[sdse_mac_stages(problem, level, lane, node, state).arrive];
}

static void add_lane_bits(const struct sdse_problem *problem, unsigned level,
                          const struct sdse_partial *node, const struct sdse_lane *lane,
                          const struct sdse_lane_state *state, struct moved *moved) {
    const double places = node->places[lane->tensor];
    const double base = lane->base_words, free_visits = lane->returns ? 1 : 0;
    for (unsigned e = state->edge; e < lane->edge_count; e++) {
        const struct sdse_lane_edge *edge = &lane->edge[e];
        const bool current = e == state->edge;
        if (lane->feeds_macs && edge->child == problem->levels) {
            add_mac_bits(problem, level, node, lane, state, places, moved);
            continue;
        }
        struct sdse_sum_stages s = sdse_open_stages(lane, node, state);
        if (!current) // what leaves the current edge arrives at later ones
            s.arrive = s.leave;
        const double words = current ? state->words * edge->rest_words[level]
                                     : places * edge->rest_words[edge->parent];
        const double saved = current ? state->saved_words : places;
        const double head = base * edge->head_bits[s.arrive];
        const double tail = base * edge->tail_bits[s.leave];
        struct flow *outer =
            &(lane->up ? moved->write : moved->read)[edge->parent][lane->tensor];
        outer->base -= head * free_visits * saved;
        outer->rate[edge->mover] += head * words;
        if (edge->child == problem->levels)
            continue;
        struct flow *inner =
            &(lane->up ? moved->read : moved->write)[edge->child][lane->tensor];
        inner->base -= tail * free_visits * places;
        inner->rate[edge->mover] += tail * places;
    }
}

static void sum_bits(const struct sdse_problem *problem, unsigned level,
                     const struct sdse_partial *node, struct moved *moved) {
    for (unsigned l = 0; l < problem->levels; l++) {
        for (int t = 0; t < SDSE_TENSORS; t++) {
            moved->read[l][t] = (struct flow){.base = node->read_bits[l][t]};
            moved->write[l][t] = (struct flow){.base = node->write_bits[l][t]};
        }
    }
    for (unsigned i = 0; i < problem->lane_count; i++)
        add_lane_bits(problem, level, node, &problem->lane[i], &node->lane[i], moved);
    // Levels of one memory share its ports.
    for (unsigned l = problem->levels; l-- > 1;) {
        if (!problem->arch->level[l].shares_memory)
            continue;
        for (int t = 0; t < SDSE_TENSORS; t++) {
            add_flow(&moved->read[l - 1][t], &moved->read[l][t]);
            add_flow(&moved->write[l - 1][t], &moved->write[l][t]);
        }
    }
}

static void add_port(struct sdse_transfers *transfers, unsigned level, bool overlaps,
                     const struct flow *bits, double bits_per_cycle) {
    struct sdse_port_bits *port = &transfers->port[transfers->count++];
    port->level = level;
    port->overlaps = overlaps;
    port->cycles_per_bit = (1 - 1e-12) / bits_per_cycle;
    port->base = bits->base;
    memcpy(port->rate, bits->rate, sizeof port->rate);
}

// The ports of one kind at a level: those of single tensors, and that of the others.
static void add_ports(struct sdse_transfers *transfers, const struct sdse_level *at,
                      unsigned level, enum sdse_port kind, double share,
                      const struct flow *bits) {
    const struct sdse_number *others[SDSE_PORTS] = {&at->read_bits_per_cycle,
                                                    &at->write_bits_per_cycle,
                                                    &at->shared_bits_per_cycle};
    struct flow rest = {.base = 0};
    for (unsigned t = 0; t < SDSE_TENSORS; t++) {
        const struct sdse_number *own = &at->own_bits_per_cycle[kind][t];
        if (own->given)
            add_port(transfers, level, at->overlap, &bits[t], own->value * share);
        else if (others[kind]->given)
            add_flow(&rest, &bits[t]);
    }
    if (others[kind]->given)
        add_port(transfers, level, at->overlap, &rest, others[kind]->value * share);
}

void sdse_transfers_init(const struct sdse_problem *problem, unsigned level,
                         const struct sdse_partial *node,
                         struct sdse_transfers *transfers) {
    transfers->count = 0;
    if (!problem->has_bandwidth)
        return;
    struct moved moved;
    sum_bits(problem, level, node, &moved);
    for (unsigned l = 0; l < problem->levels; l++) {
        const struct sdse_level *at = &problem->arch->level[l];
        if (at->shares_memory)
            continue;
        // Used instances of inner levels are not known yet: as many as can be.
        const double used =
            l < level ? node->outer_used[l]
                      : node->used * problem->most_used[level] / problem->most_used[l];
        const double share = used / problem->bound_scale;
        add_ports(transfers, at, l, SDSE_PORT_READ, share, moved.read[l]);
        add_ports(transfers, at, l, SDSE_PORT_WRITE, share, moved.write[l]);
        for (int t = 0; t < SDSE_TENSORS; t++)
            add_flow(&moved.read[l][t], &moved.write[l][t]);
        add_ports(transfers, at, l, SDSE_PORT_SHARED, share, moved.read[l]);
    }
}

double sdse_transfers_cycles(const struct sdse_transfers *transfers,
                             const double visits[SDSE_MOVERS], double compute) {
    double longest = compute, added = 0, serial = 0;
    for (unsigned i = 0; i < transfers->count; i++) {
        const struct sdse_port_bits *port = &transfers->port[i];
        double bits = port->base;
        for (int t = 0; t < SDSE_MOVERS; t++)
            bits += port->rate[t] * visits[t];
        const double cycles = bits * port->cycles_per_bit;
        double *most = port->overlaps ? &longest : &serial;
        if (cycles > *most)
            *most = ceil(cycles);
        // The memory's last port.
        if (i + 1 == transfers->count || port[1].level != port->level) {
            added += serial;
            serial = 0;
        }
    }
    return longest + added;
}
