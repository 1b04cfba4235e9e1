// Parts that words pass and that keep none of them (converters, quantisers, drivers):
// prices of the networks that the words cross.
#include <math.h>
#include <string.h>

#include "import/accelforge/walk.h"
#include "spec/value.h"

enum { UP = 1, DOWN = 2 };

static unsigned read_direction(struct sdse_af_walk *r, const struct sdse_node *node) {
    static const char *const words[] = {"up", "down", "up_and_down"};
    const char *text = sdse_foreign_text(r->foreign, node, "direction", "");
    for (unsigned i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0)
            return i + 1;
    sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-toll",
                        "`direction` is '%.40s': expected up, down or up_and_down",
                        text);
    return UP | DOWN;
}

// Of a bit that passes; 0: nothing is known of it, or it costs nothing.
static double read_price(struct sdse_af_walk *r, const struct sdse_node *node,
                         const char *name) {
    const struct sdse_node *read = sdse_af_action(node, "read");
    const char *class_name = sdse_foreign_text(r->foreign, node, "component_class", "");
    sdse_af_check_actions(r->foreign, node);
    if (sdse_af_key(node, "total_latency") || (read && sdse_af_rate(r, read) > 0))
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-latency",
                            "'%.60s' takes no time here: what limits its rate is lost",
                            name);
    if (read && sdse_af_key(read, "energy")) {
        const double all = sdse_af_get(r, node, "bits_per_action", 1),
                     bits = sdse_af_get(r, read, "bits_per_action", all),
                     pj = sdse_af_get(r, read, "energy", 0) * 1e12 / bits;
        if (bits > 0 && isfinite(bits) && isfinite(pj))
            return pj;
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-value",
                            "'%.60s' has an energy without end, or of no bits", name);
    } else if (strcmp(class_name, "Dummy") != 0 && strcmp(class_name, "dummy") != 0) {
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-component",
                            "the costs of '%.60s' are those of a model that is not "
                            "here: what passes it costs nothing",
                            name);
    }
    return 0;
}

static void read_area(struct sdse_af_walk *r, const struct sdse_node *node,
                      const char *name) {
    double area_mm2, instances = 1;
    for (unsigned l = 0; l < r->arch->level_count; l++)
        for (unsigned a = 0; a < r->arch->level[l].axis_count; a++)
            instances *= (double)r->arch->level[l].axis[a].fanout;
    for (unsigned a = 0; a < r->axis_count; a++)
        instances *= (double)r->axis[a].fanout;
    if (sdse_af_read_area(r, node, &area_mm2))
        r->arch->toll_area_mm2 += area_mm2 * instances;
    if (sdse_af_read_leakage(r, node) > 0)
        sdse_foreign_refuse(r->foreign, sdse_af_key(node, "leak_power")->loc, true,
                            "accelforge-key", "'%.60s' leaks nothing here", name);
}

void sdse_af_read_toll(struct sdse_af_walk *r, const struct sdse_node *node) {
    static const char *const keys[] = {"name",
                                       "spatial",
                                       "tensors",
                                       "direction",
                                       "component_class",
                                       "extra_attributes_for_component_model",
                                       "actions",
                                       "bits_per_action",
                                       "total_latency",
                                       "leak_power",
                                       "area",
                                       "attributes",
                                       "constraints",
                                       NULL};
    static const char *const kept[] = {"keep", NULL};
    const struct sdse_node *tensors = sdse_af_key(node, "tensors");
    struct sdse_af_toll toll = {
        .name = sdse_foreign_text(r->foreign, node, "name", "toll"), .loc = node->loc};
    sdse_foreign_keys(r->foreign, node, keys, "accelforge-key");
    sdse_foreign_keys(r->foreign, tensors, kept, "accelforge-key");
    sdse_af_check_older(r->foreign, node);
    sdse_af_read_spatial(r, node);
    const unsigned direction = read_direction(r, node),
                   outputs = SDSE_BIT(SDSE_OUTPUTS);
    toll.tensors = sdse_af_get_set(r, tensors, "keep", 0);
    toll.pj_per_bit = read_price(r, node, toll.name);
    toll.up_alone = direction == UP;
    for (unsigned a = 0; a < r->axis_count; a++)
        toll.before |= sdse_af_shared(&r->axis[a]);
    read_area(r, node, toll.name);
    if (direction == UP) // weights and inputs go down
        toll.tensors &= outputs;
    if (direction == DOWN && toll.tensors & outputs && toll.pj_per_bit > 0) {
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-toll",
                            "'%.60s' is passed by sums that come back alone: what they "
                            "cost is lost",
                            toll.name);
        toll.tensors &= ~outputs;
    }
    if (!r->arch->level_count || r->toll_count == SDSE_AF_TOLLS)
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-toll",
                            r->arch->level_count
                                ? "more than %d nodes without memory in a row"
                                : "before the outermost memory: at most %d behind it",
                            SDSE_AF_TOLLS);
    else if (toll.pj_per_bit > 0)
        r->toll[r->toll_count++] = toll;
}

// Prices the network below a level.
static void charge(struct sdse_af_memory *level, const struct sdse_af_toll *toll,
                   unsigned tensor) {
    level->toll_pj_per_bit[tensor] += toll->pj_per_bit;
    if (tensor == SDSE_OUTPUTS && toll->up_alone) {
        level->up_name = toll->name;
        level->up_loc = toll->loc;
    }
}

void sdse_af_settle_tolls(struct sdse_af_walk *r, struct sdse_af_memory *outside,
                          struct sdse_af_memory *inside) {
    for (unsigned i = 0; i < r->toll_count; i++) {
        const struct sdse_af_toll *toll = &r->toll[i];
        for (unsigned t = 0; t < SDSE_TENSORS; t++) {
            if (!(toll->tensors >> t & 1u))
                continue;
            // As many words leave the memory outside, or arrive at one inside that
            // passes them on.
            if (!(toll->before >> t & 1u))
                charge(outside, toll, t);
            else if (inside &&
                     !((inside->keep | inside->may_keep | toll->after) >> t & 1u))
                charge(inside, toll, t);
            else
                sdse_foreign_refuse(
                    r->foreign, toll->loc, true, "accelforge-toll",
                    "'%.60s' stands where %s that places of a fan-out share have come "
                    "apart, and a network has the price of what goes into it: what "
                    "passes it costs nothing",
                    toll->name, sdse_tensor_name((enum sdse_tensor)t));
        }
    }
    r->toll_count = 0;
}

void sdse_af_check_tolls(struct sdse_af_walk *r) {
    const unsigned outputs = SDSE_BIT(SDSE_OUTPUTS);
    bool inside = false; // a memory that sums come back to
    for (unsigned l = r->arch->level_count; l-- > 0;) {
        const struct sdse_af_memory *level = &r->arch->level[l];
        if (level->up_name && inside)
            sdse_foreign_refuse(r->foreign, level->up_loc, true, "accelforge-toll",
                                "'%.60s' is passed on the way up alone: here sums that "
                                "come back pay it too",
                                level->up_name);
        inside |= ((level->keep | level->may_keep) & outputs) != 0;
    }
}
