// A partial mapping, from the outside in, and the least any completion can cost.
//
// At level l the levels outside are decided: their temporal loops with their order, and
// the places on their fan-outs. What that fixes is exact; what it leaves open is taken
// at its best: every open run and chain goes on, every network merges as well as it
// can.
#ifndef SDSE_DSE_MAPPER_PARTIAL_H
#define SDSE_DSE_MAPPER_PARTIAL_H

#include "dse/mapper/lanes.h"
#include "dse/mapper/sharing.h"
#include "dse/mapper/trail.h"

// One lane on its current edge.
struct sdse_lane_state {
    unsigned edge;
    bool at_macs; // the current edge ends at the multipliers
    // Per base word and visit (at_macs: per word of the multipliers): price of the
    // wires so far, and words at the parent.
    double wires_pj[SDSE_STAGE_CASES];
    double words;
    // Returning lanes: what the free first visits save, per base word.
    double saved_wires_pj[SDSE_STAGE_CASES];
    double saved_words; // at the parent
};

struct sdse_partial {
    uint16_t index[SDSE_DIMS];          // tile of one instance of the level
    double used;                        // instances of the level
    double outer_used[SDSE_MAX_LEVELS]; // of the levels outside
    double places[SDSE_TENSORS];        // of them that rest the tensor
    struct sdse_trail trail;
    double decided_pj;
    double rebuild_cycles; // of the engines; 0 until it is settled
    double read_bits[SDSE_MAX_LEVELS][SDSE_PORT_USERS];
    double write_bits[SDSE_MAX_LEVELS][SDSE_PORT_USERS];
    struct sdse_lane_state lane[SDSE_MAX_LANES];
};

// Energy of a completion whose tensors are taken visits[t] times: base + shared + sum
// of rate x visits.
struct sdse_outlook {
    double base_pj;
    double shared_pj; // above it, as the places still to come are shared out
    struct sdse_shared shared[SDSE_MAX_LANES];
    double rate_pj[SDSE_MOVERS];
};

// The root: nothing decided.
void sdse_partial_init(const struct sdse_problem *problem, struct sdse_partial *node);

// The node stands at level `level`: edges that end there are settled. block_visits: of
// the bases the engine loads, if that is known here; 0 = their least.
void sdse_partial_enter(const struct sdse_problem *problem, unsigned level,
                        double block_visits, struct sdse_partial *node);

// Decides the places below `level`; spread: one of problem->spreads[level], whose
// crossings are listed (sdse_lanes_tabulate). The tile index becomes that of one child,
// temporal loops of the level included.
void sdse_partial_spread(const struct sdse_problem *problem, unsigned level,
                         const struct sdse_spread *spread, struct sdse_partial *node);

// After the child's tile is known: windows of neighbours that do not coincide after
// all.
void sdse_partial_correct_windows(const struct sdse_problem *problem, unsigned level,
                                  const struct sdse_spread *spread,
                                  const uint16_t *child_index,
                                  struct sdse_partial *node);

// What completions cost when levels from `level` on are open. Leakage is left out.
void sdse_partial_outlook(const struct sdse_problem *problem, unsigned level,
                          const struct sdse_partial *node,
                          struct sdse_outlook *outlook);

// Least visits of each mover, given the trail and the tile `index` inside it. spread:
// places that split the tile, so that one child's part of it has gaps; NULL = none.
void sdse_partial_visits(const struct sdse_problem *problem,
                         const struct sdse_trail *trail, const uint16_t *index,
                         const struct sdse_spread *spread, double visits[SDSE_MOVERS]);

// Stages of the sums of a lane: whether they are finished (costmodel/edge.h).
// Other tensors: 0.
struct sdse_sum_stages {
    int arrive; // at the parent of the edge
    int leave;  // the child: wires, fills, drains; of all edges further inside too
};

// Of the current edge, still open: what is not known is taken at its best.
struct sdse_sum_stages sdse_open_stages(const struct sdse_lane *lane,
                                        const struct sdse_partial *node,
                                        const struct sdse_lane_state *state);
// Of the edge into the multipliers.
struct sdse_sum_stages sdse_mac_stages(const struct sdse_problem *problem,
                                       unsigned level, const struct sdse_lane *lane,
                                       const struct sdse_partial *node,
                                       const struct sdse_lane_state *state);

// Who uses the port through which a lane's words pass at a level: where they leave its
// parent or arrive there (outer), or at its child.
static inline unsigned sdse_lane_user(const struct sdse_problem *problem,
                                      const struct sdse_lane *lane, unsigned level,
                                      bool outer) {
    return lane->up ? sdse_level_port_up(&problem->arch->level[level],
                                         outer ? SDSE_PORT_WRITE : SDSE_PORT_READ)
                    : (unsigned)lane->tensor;
}

// Visits of blocks: those of the loops that rest them, more if C cuts them or if they
// never stay.
static inline double sdse_block_visits(const struct sdse_problem *problem,
                                       double closed, double closed_channels) {
    const double cuts = closed_channels / problem->blocks_per_filter;
    const double visits = cuts > 1 ? closed * cuts : closed;
    return visits > problem->least_block_visits ? visits : problem->least_block_visits;
}

// Positions the open part of the trail and the tile below it touch along an axis.
double sdse_open_line(const struct sdse_problem *problem,
                      const struct sdse_trail *trail, const uint16_t *index,
                      const struct sdse_spread *spread, int axis);

#endif
