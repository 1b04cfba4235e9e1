// Orders of one level's loops, collapsed to classes.
//
// Only the innermost loops matter, up to the point where no tensor that has a keeper
// further inside can rest any more: weights rest in {N, P, Q}, outputs in {C, R, S},
// inputs in {K} and, in part, in the chain of one window axis. What stands outside that
// point multiplies all traffic alike. Among orders that end in the same state one
// stands for all; orders that are worse for one tensor and better for none are left
// out, unless lives of tiles count. docs/mapper.md; oracle:
// tests/oracle/test_mapper_oracle.c.
#ifndef SDSE_DSE_MAPPER_ORDER_H
#define SDSE_DSE_MAPPER_ORDER_H

#include "base/arena.h"
#include "base/status.h"
#include "dse/mapper/rules.h"
#include "spec/types/nest.h"

struct sdse_order {
    unsigned count;
    uint8_t dim[SDSE_DIMS]; // innermost first
};

struct sdse_order_question {
    const struct sdse_nest *nest;
    unsigned dims;    // set: the loops with more than one iteration
    unsigned tensors; // set: tensors that have a keeper further inside
    const struct sdse_level_rules *rules; // what the level asks of its loops' order
    // SmartDeal weights are rebuilt further inside: which loop moves them first, and
    // the loops inside K and G, decide how often; then orders are not left out.
    bool rebuilds;
    // The longer a tensor rests the longer its tiles live: no order is worse than
    // another, all classes are listed.
    bool lives;
};

struct sdse_orders {
    size_t count;
    struct sdse_order *order;
};

// One order of each class; the list lives in `arena`. SDSE_NO_MEMORY.
enum sdse_status sdse_orders_list(const struct sdse_order_question *question,
                                  struct sdse_arena *arena, struct sdse_orders *orders);

#endif
