// The order in which a group is said to run its nests, walked beside a schedule that
// runs.
#ifndef ORACLE_SUPPORT_NESTORDER_H
#define ORACLE_SUPPORT_NESTORDER_H

#include "dse/fusion/order.h"

struct nest_order {
    struct sdse_group_plan plan; // with its runs of tiles
    size_t count, at;
    size_t *kind; // [count]
};

// Lists the kinds of a plan of a group, made anew with its order. *order is freed with
// nest_order_end.
//
// plan   of sdse_group_plan
// kinds  out: listed; kinds->kind is the caller's to free
void nest_order_begin(const struct sdse_fusion_request *request,
                      const struct sdse_group *group,
                      const struct sdse_group_plan *plan, unsigned kept,
                      struct sdse_arena *arena, struct sdse_kinds *kinds,
                      struct nest_order *order);

// Takes the next nest off its kind, and fused functions on the way, each of which
// follows the layer before it. NULL: all have run.
struct sdse_kind *nest_order_next(struct nest_order *order, struct sdse_kinds *kinds);

// All have run, and so has every nest of every kind.
void nest_order_end(struct nest_order *order, struct sdse_kinds *kinds);

#endif
