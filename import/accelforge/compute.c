// What computes: the multipliers, and what works on einsums of two tensors.
#include <math.h>
#include <string.h>

#include "import/accelforge/walk.h"
#include "spec/value.h"

static const char *const keys[] = {"name",
                                   "spatial",
                                   "leak_power",
                                   "area",
                                   "actions",
                                   "enabled",
                                   "component_class",
                                   "extra_attributes_for_component_model",
                                   "total_latency",
                                   "support_concurrent_binding",
                                   "attributes",
                                   "constraints",
                                   NULL};

// Whether einsums of so many tensors are for it.
static bool works_on(struct sdse_af_walk *r, const struct sdse_node *node,
                     unsigned tensors) {
    const struct sdse_af_names *names = r->names;
    struct sdse_af_names some = *names;
    some.tensors = tensors;
    r->names = &some;
    const bool works =
        !sdse_af_key(node, "enabled") || sdse_af_is_true(r, node, "enabled");
    r->names = names;
    return works;
}

static bool is_dummy(struct sdse_af_walk *r, const struct sdse_node *node) {
    const char *name = sdse_foreign_text(r->foreign, node, "component_class", "");
    return strcmp(name, "Dummy") == 0 || strcmp(name, "dummy") == 0;
}

// What gives the energy of a computation: its action, or the node; NULL = neither.
static const struct sdse_node *with_energy(const struct sdse_node *node,
                                           const struct sdse_node *action) {
    if (action && sdse_af_key(action, "energy"))
        return action;
    return sdse_af_key(node, "energy") ? node : NULL;
}

// Computations of one instance in a second; 0: no limit.
static double read_rate(struct sdse_af_walk *r, const struct sdse_node *node,
                        const struct sdse_node *action) {
    const double rate = action ? sdse_af_rate(r, action) : 0;
    const struct sdse_node *total = sdse_af_key(node, "total_latency");
    const double latency[2] = {rate > 0 ? 1 / rate : 0, 0};
    double seconds[2];
    bool wait;
    if (!total)
        return rate;
    if (sdse_af_seconds(r->foreign, r->names, total, latency, seconds, &wait) &&
        seconds[1] == 0)
        return seconds[0] > 0 ? 1 / seconds[0] : 0;
    sdse_af_refuse_latency(r, total, sdse_foreign_text(r->foreign, node, "name", ""));
    return rate;
}

// --- The vector unit ---

// All of them are one unit, at the innermost memory so far of which there is one.
static void read_vector(struct sdse_af_walk *r, const struct sdse_node *node) {
    struct sdse_af_vector *vector = &r->arch->vector;
    const struct sdse_node *action = sdse_af_action(node, "compute");
    const char *name = sdse_foreign_text(r->foreign, node, "name", "");
    const struct sdse_node *priced = with_energy(node, action);
    double instances = 1, area_mm2;
    vector->there = true;
    for (unsigned l = 0; l < r->arch->level_count; l++) {
        if (instances == 1)
            vector->below = l;
        for (unsigned a = 0; a < r->arch->level[l].axis_count; a++)
            instances *= (double)r->arch->level[l].axis[a].fanout;
    }
    for (unsigned a = 0; a < r->axis_count; a++)
        instances *= (double)r->axis[a].fanout;
    sdse_for_each_child (item, sdse_node_get(node, "spatial"))
        instances *= sdse_af_get(r, item, "fanout", 1);
    vector->ops_per_s = read_rate(r, node, action) * instances;
    if (priced)
        vector->pj_per_op = sdse_af_get(r, priced, "energy", 0) * 1e12;
    else if (!is_dummy(r, node))
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-component",
                            "the costs of '%.60s' are those of a model that is not "
                            "here: its operations cost nothing",
                            name);
    if (sdse_af_read_area(r, node, &area_mm2))
        vector->area_mm2 = area_mm2 * instances;
    if (sdse_af_read_leakage(r, node) > 0)
        sdse_foreign_refuse(r->foreign, sdse_af_key(node, "leak_power")->loc, true,
                            "accelforge-key", "a vector unit leaks nothing here");
    if (r->arch->level_count && (vector->below + 1 < r->arch->level_count))
        sdse_foreign_note(r->foreign, node->loc, "accelforge-vector",
                          "'%.60s' is one vector unit here, at '%.60s', the innermost "
                          "memory of which there is one",
                          name, r->arch->level[vector->below].name);
    if (!isfinite(vector->ops_per_s) || !isfinite(vector->pj_per_op) ||
        !isfinite(vector->area_mm2))
        sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-value",
                            "a cost or rate without end");
}

// --- Multipliers ---

static void read_multipliers(struct sdse_af_walk *r, const struct sdse_node *node) {
    const struct sdse_node *action = sdse_af_action(node, "compute"),
                           *priced = with_energy(node, action);
    sdse_af_read_spatial(r, node);
    sdse_af_close_fanout(r, node);
    r->arch->computes = true;
    r->arch->component = !priced && !is_dummy(r, node);
    if (r->arch->component)
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-component",
                            "the costs of the multipliers are those of a model that is "
                            "not here: ours are taken");
    else
        r->arch->pj_per_mac = sdse_af_get(r, priced, "energy", 0) * 1e12;
    r->arch->macs_per_s = read_rate(r, node, action);
    r->arch->leakage_mw = sdse_af_read_leakage(r, node);
    r->arch->has_area = sdse_af_read_area(r, node, &r->arch->area_mm2);
}

void sdse_af_read_compute(struct sdse_af_walk *r, const struct sdse_node *node) {
    const bool multiplies = works_on(r, node, SDSE_TENSORS);
    const bool moves = !multiplies && works_on(r, node, 2);
    sdse_foreign_keys(r->foreign, node, keys, "accelforge-key");
    sdse_af_check_actions(r->foreign, node);
    sdse_af_check_older(r->foreign, node);
    if (!multiplies && !moves)
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-node",
                            "a unit for einsums of neither three nor two tensors has "
                            "no counterpart");
    else if (moves ? r->arch->vector.there : r->arch->computes)
        sdse_foreign_refuse(r->foreign, node->loc, true, "accelforge-node",
                            "a second kind of %s has no counterpart",
                            moves ? "vector units" : "multipliers");
    else if (moves)
        read_vector(r, node);
    else
        read_multipliers(r, node);
}
