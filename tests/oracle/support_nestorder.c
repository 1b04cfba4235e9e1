#include "oracle/support_nestorder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static void expand(const struct sdse_fused_turn *turn, struct nest_order *order) {
    assert_true(turn->times > 0);
    for (uint64_t t = 0; t < turn->times; t++) {
        for (size_t i = 0; i < turn->count; i++)
            expand(&turn->turn[i], order);
        if (turn->count)
            continue;
        if (order->kind)
            order->kind[order->count] = turn->kind;
        order->count++;
    }
}

void nest_order_begin(const struct sdse_fusion_request *request,
                      const struct sdse_group *group,
                      const struct sdse_group_plan *plan, unsigned kept,
                      struct sdse_arena *arena, struct sdse_kinds *kinds,
                      struct nest_order *order) {
    struct sdse_fusion_request asked = *request;
    const struct sdse_fusion_config config = sdse_group_config(group, plan, kept);
    struct sdse_fused_turn all;
    bool fits;
    asked.ordered = true;
    *order = (struct nest_order){.at = 0};
    assert_int_equal(sdse_group_plan_one(&asked, group, &config, arena, &order->plan),
                     SDSE_OK);
    kinds->note =
        SDSE_ARENA_ARRAY(arena, struct sdse_kind_note,
                         order->plan.count * (group->last - group->first + 1));
    assert_non_null(kinds->note);
    assert_int_equal(sdse_kinds_list(kinds, &order->plan, kept, &fits), SDSE_OK);
    assert_true(fits);
    assert_int_equal(sdse_order_find(kinds, &order->plan, arena, &all), SDSE_OK);
    expand(&all, order);
    order->kind = calloc(order->count, sizeof *order->kind);
    assert_non_null(order->kind);
    order->count = 0;
    expand(&all, order);
}

// A function that works on what another layer makes, as it makes it.
static bool is_fused(const struct sdse_kinds *kinds, size_t layer) {
    const struct sdse_layer *at =
        &kinds->nests->request->residency.workload->layers[layer];
    return sdse_layer_moves(at) && at->move.fused;
}

struct sdse_kind *nest_order_next(struct nest_order *order, struct sdse_kinds *kinds) {
    for (; order->at < order->count; order->at++) {
        struct sdse_kind *kind = &kinds->kind[order->kind[order->at]];
        assert_true(kind->times > 0);
        kind->times--;
        if (!is_fused(kinds, kind->layer)) {
            order->at++;
            return kind;
        }
        assert_true(order->at > 0);
        assert_int_equal(kinds->kind[order->kind[order->at - 1]].layer + 1,
                         kind->layer);
    }
    return NULL;
}

void nest_order_end(struct nest_order *order, struct sdse_kinds *kinds) {
    assert_null(nest_order_next(order, kinds));
    for (size_t k = 0; k < kinds->count; k++)
        assert_int_equal(kinds->kind[k].times, 0);
    free(order->kind);
}
