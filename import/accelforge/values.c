// Values of a node: numbers, sets, what actions take, areas.
#include <math.h>

#include "import/accelforge/walk.h"
#include "spec/value.h"

double sdse_af_get(struct sdse_af_walk *r, const struct sdse_node *node,
                   const char *key, double otherwise) {
    const struct sdse_node *value = sdse_af_key(node, key);
    double found = otherwise;
    if (!value)
        return otherwise;
    if (sdse_af_number(r->foreign, r->names, value, &found) && found < 0) {
        sdse_foreign_refuse(r->foreign, value->loc, false, "accelforge-value",
                            "'%s' is %g: expected 0 or more", key, found);
        return otherwise;
    }
    return found;
}

unsigned sdse_af_get_set(struct sdse_af_walk *r, const struct sdse_node *node,
                         const char *key, unsigned otherwise) {
    const struct sdse_node *value = sdse_af_key(node, key);
    unsigned found = otherwise;
    if (value)
        sdse_af_set(r->foreign, r->kept, r->kept_count, value, &found);
    return found;
}

bool sdse_af_is_true(struct sdse_af_walk *r, const struct sdse_node *node,
                     const char *key) {
    return sdse_af_get(r, node, key, 0) != 0;
}

double sdse_af_rate(struct sdse_af_walk *r, const struct sdse_node *action) {
    const double throughput = sdse_af_get(r, action, "throughput", HUGE_VAL),
                 latency = sdse_af_get(r, action, "latency", 0);
    if (isfinite(throughput) && latency > 0)
        sdse_foreign_refuse(r->foreign, action->loc, true, "accelforge-latency",
                            "a latency beside a throughput is not counted");
    if (isfinite(throughput))
        return throughput;
    return latency > 0 ? 1 / latency : 0;
}

void sdse_af_refuse_latency(struct sdse_af_walk *r, const struct sdse_node *total,
                            const char *name) {
    sdse_foreign_refuse(r->foreign, total->loc, true, "accelforge-latency",
                        "a latency that is neither a sum nor a maximum of what actions "
                        "take, or of names that are not known: '%.60s' has no limit of "
                        "its own",
                        name);
}

bool sdse_af_read_area(struct sdse_af_walk *r, const struct sdse_node *node,
                       double *mm2) {
    const double area = sdse_af_get(r, node, "area", 0);
    *mm2 = area * 1e6;
    if (isfinite(area))
        return sdse_af_key(node, "area") != NULL;
    sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-value",
                        "an area without end");
    return false;
}

double sdse_af_read_leakage(struct sdse_af_walk *r, const struct sdse_node *node) {
    const double leakage_mw = sdse_af_get(r, node, "leak_power", 0) * 1e3;
    if (isfinite(leakage_mw))
        return leakage_mw;
    sdse_foreign_refuse(r->foreign, node->loc, false, "accelforge-value",
                        "a leakage without end");
    return 0;
}
