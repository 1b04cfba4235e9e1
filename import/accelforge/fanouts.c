// Fan-outs between two memories.
#include <math.h>
#include <string.h>

#include "import/accelforge/walk.h"

enum { MOST_PLACES = 65536 };

// Ours have rows and columns: a further fan-out is one of them too, that of which it
// shares the same tensors; else, with a loss, the last.
static void share_axis(struct sdse_af_walk *r, const struct sdse_node *item,
                       const struct sdse_af_axis *more) {
    unsigned a = 0;
    while (a < 2 &&
           (r->axis[a].same != more->same || r->axis[a].may_reuse != more->may_reuse))
        a++;
    if (a == 2) {
        a = 1;
        sdse_foreign_refuse(
            r->foreign, item->loc, true, "accelforge-fanout",
            "ours have rows and columns: a third fan-out, which shares other tensors, "
            "is one with that before it, whose places both may take");
    }
    struct sdse_af_axis *axis = &r->axis[a];
    axis->same = axis->same && more->same ? axis->same | more->same : 0;
    axis->may_reuse &= more->may_reuse;
    if (axis->min_usage > 0 || more->min_usage > 0)
        axis->min_usage = sdse_af_least_usage(axis) * sdse_af_least_usage(more);
    axis->fanout *= more->fanout;
    if (axis->fanout > MOST_PLACES)
        sdse_foreign_refuse(r->foreign, item->loc, false, "accelforge-fanout",
                            "more than %d places along one axis", MOST_PLACES);
    if (axis->fanout > MOST_PLACES)
        axis->fanout = MOST_PLACES;
}

static void read_axis(struct sdse_af_walk *r, const struct sdse_node *node,
                      const struct sdse_node *item) {
    static const char *const keys[] = {"name",      "fanout",    "reuse",
                                       "may_reuse", "min_usage", NULL};
    sdse_foreign_keys(r->foreign, item, keys, "accelforge-key");
    const double fanout = sdse_af_get(r, item, "fanout", 0);
    if (!(fanout >= 1 && fanout <= MOST_PLACES && fanout == floor(fanout))) {
        sdse_foreign_refuse(r->foreign, item->loc, false, "accelforge-fanout",
                            "`fanout` is %g: expected a whole number from 1 to %d",
                            fanout, MOST_PLACES);
        return;
    }
    if (fanout == 1)
        return;
    const unsigned every = SDSE_BIT(SDSE_TENSORS) - 1;
    struct sdse_af_axis axis = {.fanout = (uint64_t)fanout,
                                .same = sdse_af_get_set(r, item, "reuse", 0),
                                .min_usage = sdse_af_get(r, item, "min_usage", 0)};
    const struct sdse_node *limits =
        sdse_af_axis_limits(node, sdse_foreign_text(r->foreign, item, "name", ""));
    axis.same = sdse_af_get_set(r, limits, "reuse", axis.same);
    axis.min_usage = sdse_af_get(r, limits, "min_usage", axis.min_usage);
    axis.may_reuse = sdse_af_get_set(r, item, "may_reuse", every) | axis.same;
    if (axis.same & (axis.same - 1)) {
        sdse_foreign_refuse(r->foreign, item->loc, true, "accelforge-fanout",
                            "several tensors must be the same along it: no loop does "
                            "that, none is asked of");
        axis.same = 0;
    }
    // K leaves inputs alone, C, R and S outputs, N, P and Q weights: any other tensor
    // is moved by all of them, and it does not matter whether it may be the same.
    if (axis.same)
        axis.may_reuse |= every & ~axis.same;
    for (unsigned i = 0; i < r->toll_count; i++)
        r->toll[i].after |= sdse_af_shared(&axis);
    if (r->axis_count < 2)
        r->axis[r->axis_count++] = axis;
    else
        share_axis(r, item, &axis);
}

void sdse_af_read_spatial(struct sdse_af_walk *r, const struct sdse_node *node) {
    sdse_for_each_child (item, sdse_node_get(node, "spatial"))
        read_axis(r, node, item);
}

void sdse_af_close_fanout(struct sdse_af_walk *r, const struct sdse_node *node) {
    if (!r->axis_count)
        return;
    if (!r->arch->level_count) {
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-fanout",
                            "a fan-out before the outermost memory");
    } else {
        struct sdse_af_memory *outside = &r->arch->level[r->arch->level_count - 1];
        outside->axis_count = r->axis_count;
        memcpy(outside->axis, r->axis, sizeof r->axis);
    }
    r->axis_count = 0;
}
