#include "dse/mapper/transfers.h"

#include <math.h>
#include <string.h>

// Bits as a function of visits, by rate.
struct flow {
    double base, rate[SDSE_MOVERS];
    unsigned lanes; // into the multipliers, in it
};

// Of the tensors that share the ports of a level together: 0; of one with a port of its
// own: 1 + tensor.
enum { SLOTS = 1 + SDSE_PORT_USERS };

enum way { READ, WRITE, WAYS };

struct moved {
    unsigned left_out; // tensors that are not counted
    struct flow by[WAYS][SDSE_MAX_LEVELS][SLOTS];
    struct sdse_shared *bits; // by lane, into the multipliers
};

static unsigned slot_of(const struct sdse_problem *problem, unsigned level,
                        unsigned tensor) {
    return problem->port_tensors[level] >> tensor & 1u ? 1 + tensor : 0;
}

static unsigned slots_at(const struct sdse_problem *problem, unsigned level) {
    return problem->port_tensors[level] ? SLOTS : 1;
}

static struct flow *flow_of(const struct sdse_problem *problem, struct moved *moved,
                            enum way way, unsigned level, unsigned tensor) {
    return &moved->by[way][level][slot_of(problem, level, tensor)];
}

static void add_flow(struct flow *to, const struct flow *more) {
    to->base += more->base;
    to->lanes |= more->lanes;
    for (int t = 0; t < SDSE_MOVERS; t++)
        to->rate[t] += more->rate[t];
}

// Words between single multipliers and their keeper do not depend on visits.
static void add_mac_bits(const struct sdse_problem *problem, unsigned level,
                         const struct sdse_partial *node, unsigned i, double places,
                         struct moved *moved) {
    const struct sdse_lane *lane = &problem->lane[i];
    const struct sdse_lane_state *state = &node->lane[i];
    const struct sdse_lane_edge *edge = &lane->edge[lane->edge_count - 1];
    const bool current = state->at_macs;
    double saved = current ? state->saved_words : places;
    for (unsigned l = level; !current && l < edge->parent; l++)
        saved *= problem->most_resting[l][lane->tensor];
    const double taken = current ? state->words * edge->rest_words[level]
                                 : edge->rest_words[edge->parent];
    const double macs =
        lane->tensor == SDSE_INPUTS ? problem->input_macs : problem->macs;
    const enum way way = lane->up ? WRITE : READ;
    const double bits =
        edge->head_bits[sdse_mac_stages(problem, level, lane, node, state).arrive];
    const double all = macs * taken * bits;
    const double first = lane->returns ? lane->base_words * saved * bits : 0;
    struct flow *flow = flow_of(problem, moved, way, edge->holder,
                                sdse_lane_user(problem, lane, edge->holder, true));
    flow->base += fmax(0, all - first);
    flow->lanes |= SDSE_BIT(i);
    const unsigned from = current ? level : edge->parent;
    for (unsigned l = level; l < problem->levels; l++) {
        moved->bits[i].cost[l] = l < from ? 0 : all;
        moved->bits[i].saved[l] = first;
    }
}

static void add_lane_bits(const struct sdse_problem *problem, unsigned level,
                          const struct sdse_partial *node, unsigned i,
                          struct moved *moved) {
    const struct sdse_lane *lane = &problem->lane[i];
    const struct sdse_lane_state *state = &node->lane[i];
    const double places = node->places[lane->tensor];
    const double base = lane->base_words, free_visits = lane->returns ? 1 : 0;
    for (unsigned e = state->edge; e < lane->edge_count; e++) {
        const struct sdse_lane_edge *edge = &lane->edge[e];
        const bool current = e == state->edge;
        if (lane->feeds_macs && edge->child == problem->levels) {
            add_mac_bits(problem, level, node, i, places, moved);
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
            flow_of(problem, moved, lane->up ? WRITE : READ, edge->holder,
                    sdse_lane_user(problem, lane, edge->holder, true));
        outer->base -= head * free_visits * saved;
        outer->rate[edge->mover] += head * words;
        if (edge->child == problem->levels)
            continue;
        struct flow *inner =
            flow_of(problem, moved, lane->up ? READ : WRITE, edge->child,
                    sdse_lane_user(problem, lane, edge->child, false));
        inner->base -= tail * free_visits * places;
        inner->rate[edge->mover] += tail * places;
    }
}

static void sum_bits(const struct sdse_problem *problem, unsigned level,
                     const struct sdse_partial *node, struct moved *moved) {
    for (unsigned l = 0; l < problem->levels; l++) {
        for (unsigned i = 0; i < slots_at(problem, l); i++)
            moved->by[READ][l][i] = moved->by[WRITE][l][i] = (struct flow){.base = 0};
        for (unsigned t = 0; t < SDSE_PORT_USERS; t++) {
            if (moved->left_out >> (t == SDSE_PORT_UP ? SDSE_OUTPUTS : t) & 1u)
                continue;
            flow_of(problem, moved, READ, l, t)->base += node->read_bits[l][t];
            flow_of(problem, moved, WRITE, l, t)->base += node->write_bits[l][t];
        }
    }
    for (unsigned i = 0; i < problem->lane_count; i++)
        if (!(moved->left_out >> problem->lane[i].tensor & 1u))
            add_lane_bits(problem, level, node, i, moved);
    // Levels of one memory share its ports.
    for (unsigned l = problem->levels; l-- > 1;) {
        if (!problem->arch->level[l].shares_memory)
            continue;
        for (unsigned i = 0; i < slots_at(problem, l); i++) {
            add_flow(&moved->by[READ][l - 1][i], &moved->by[READ][l][i]);
            add_flow(&moved->by[WRITE][l - 1][i], &moved->by[WRITE][l][i]);
        }
    }
}

static void add_port(struct sdse_transfers *transfers, unsigned level, bool overlaps,
                     const struct flow *bits, double bits_per_cycle) {
    struct sdse_port_bits *port = &transfers->port[transfers->count++];
    port->level = level;
    port->overlaps = overlaps;
    port->inside = false;
    port->cycles_per_bit = (1 - 1e-12) / bits_per_cycle;
    port->base = bits->base;
    port->lanes = bits->lanes;
    port->shared = 0;
    transfers->lanes |= bits->lanes;
    memcpy(port->rate, bits->rate, sizeof port->rate);
}

// The ports of one kind at a level: those of single tensors, and that of the others.
static void add_ports(const struct sdse_problem *problem, unsigned level,
                      enum sdse_port kind, double share, const struct flow *bits,
                      struct sdse_transfers *transfers) {
    const struct sdse_level *at = &problem->arch->level[level];
    const struct sdse_number *const others[SDSE_PORTS] = {&at->read_bits_per_cycle,
                                                          &at->write_bits_per_cycle,
                                                          &at->shared_bits_per_cycle};
    const struct sdse_number *const own = at->own_bits_per_cycle[kind];
    struct flow rest = bits[0];
    for (unsigned t = 0; t < SDSE_PORT_USERS; t++) {
        if (slot_of(problem, level, t) == 0)
            continue;
        struct flow its = bits[1 + t];
        // What goes up without a port of its own is with what comes down.
        if (slot_of(problem, level, SDSE_PORT_UP) && !own[SDSE_PORT_UP].given) {
            if (t == SDSE_OUTPUTS)
                add_flow(&its, &bits[1 + SDSE_PORT_UP]);
            else if (t == SDSE_PORT_UP && slot_of(problem, level, SDSE_OUTPUTS))
                continue;
        }
        if (own[t].given)
            add_port(transfers, level, at->overlap, &its, own[t].value * share);
        else
            add_flow(&rest, &its);
    }
    if (others[kind]->given)
        add_port(transfers, level, at->overlap, &rest, others[kind]->value * share);
}

// The ports of level `l`.
static void add_level(const struct sdse_problem *problem, unsigned level,
                      const struct sdse_partial *node, unsigned l, struct moved *moved,
                      struct sdse_transfers *transfers) {
    const unsigned kinds = problem->port_kinds[l];
    if (!kinds || problem->arch->level[l].shares_memory)
        return;
    // Used instances of inner levels are not known yet: as many as can be.
    const double used =
        l < level ? node->outer_used[l]
                  : node->used * problem->most_used[level] / problem->most_used[l];
    const double share = used / problem->bound_scale;
    if (kinds >> SDSE_PORT_READ & 1u)
        add_ports(problem, l, SDSE_PORT_READ, share, moved->by[READ][l], transfers);
    if (kinds >> SDSE_PORT_WRITE & 1u)
        add_ports(problem, l, SDSE_PORT_WRITE, share, moved->by[WRITE][l], transfers);
    if (!(kinds >> SDSE_PORT_SHARED & 1u))
        return;
    for (unsigned i = 0; i < slots_at(problem, l); i++)
        add_flow(&moved->by[READ][l][i], &moved->by[WRITE][l][i]);
    add_ports(problem, l, SDSE_PORT_SHARED, share, moved->by[READ][l], transfers);
}

void sdse_transfers_init(const struct sdse_problem *problem, unsigned level,
                         const struct sdse_partial *node,
                         struct sdse_transfers *transfers) {
    transfers->count = transfers->lanes = 0;
    transfers->all_inside = false;
    if (!problem->has_bandwidth)
        return;
    const unsigned ahead = sdse_residence_ahead(problem->layer->residence);
    transfers->all_inside = !ahead;
    if (ahead) { // the others by themselves
        struct moved bound = {.left_out = ahead | SDSE_BIT(SDSE_OUTPUTS),
                              .bits = transfers->bits};
        sum_bits(problem, level, node, &bound);
        add_level(problem, level, node, 0, &bound, transfers);
        for (unsigned i = 0; i < transfers->count; i++)
            transfers->port[i].inside = true;
    }
    struct moved moved = {.bits = transfers->bits};
    sum_bits(problem, level, node, &moved);
    for (unsigned l = 0; l < problem->levels; l++)
        add_level(problem, level, node, l, &moved, transfers);
    if (transfers->lanes)
        sdse_transfers_share(problem, level, node->index, transfers);
}

void sdse_transfers_share(const struct sdse_problem *problem, unsigned level,
                          const uint16_t index[SDSE_DIMS],
                          struct sdse_transfers *transfers) {
    for (unsigned i = 0; transfers->lanes && i < transfers->count; i++) {
        struct sdse_port_bits *port = &transfers->port[i];
        if (port->lanes)
            port->shared =
                sdse_sharing_cost(problem, level, index, port->lanes, transfers->bits);
    }
}

static const double ROUNDING = 1e-4; // [cycles]

static double port_cycles(const struct sdse_port_bits *port,
                          const double visits[SDSE_MOVERS]) {
    double bits = port->base + port->shared;
    for (int t = 0; t < SDSE_MOVERS; t++)
        bits += port->rate[t] * visits[t];
    return bits * port->cycles_per_bit;
}

struct sdse_sides sdse_transfers_sides(const struct sdse_transfers *transfers,
                                       const double visits[SDSE_MOVERS],
                                       double compute) {
    struct sdse_sides sides = {0, compute};
    double added = 0, serial = 0;
    for (unsigned i = 0; i < transfers->count; i++) {
        const struct sdse_port_bits *port = &transfers->port[i];
        const double cycles = port_cycles(port, visits) - ROUNDING;
        double *most = !port->overlaps                     ? &serial
                       : port->level == 0 && !port->inside ? &sides.outer
                                                           : &sides.inner;
        if (cycles > *most)
            *most = ceil(cycles);
        if (i + 1 == transfers->count || port[1].level != port->level) {
            added += serial;
            serial = 0;
        }
    }
    if (transfers->all_inside)
        sides.inner = fmax(sides.inner, sides.outer);
    sides.outer += added;
    sides.inner += added;
    return sides;
}

double sdse_transfers_cycles(const struct sdse_transfers *transfers,
                             const double visits[SDSE_MOVERS], double compute) {
    double longest = compute, added = 0, serial = 0;
    for (unsigned i = 0; i < transfers->count; i++) {
        const struct sdse_port_bits *port = &transfers->port[i];
        const double cycles = port_cycles(port, visits);
        double *most = port->overlaps ? &longest : &serial;
        // What should cancel out may leave a trace.
        if (cycles - ROUNDING > *most)
            *most = ceil(cycles - ROUNDING);
        // The memory's last port.
        if (i + 1 == transfers->count || port[1].level != port->level) {
            added += serial;
            serial = 0;
        }
    }
    return longest + added;
}
