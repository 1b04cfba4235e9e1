// An older way of writing nodes: attributes and arguments whose names begin with _ are
// the node's own, and constraints stand beside them.
#include <string.h>

#include "import/accelforge/walk.h"
#include "spec/value.h"

static const struct sdse_node *inside(const struct sdse_node *node, const char *place,
                                      const char *key) {
    char own[48] = "_";
    const size_t length = strlen(key);
    if (length + 2 > sizeof own)
        return NULL;
    memcpy(own + 1, key, length + 1);
    return sdse_node_get(sdse_node_get(node, place), own);
}

const struct sdse_node *sdse_af_key(const struct sdse_node *node, const char *key) {
    const struct sdse_node *constraints = sdse_node_get(node, "constraints"),
                           *found = sdse_node_get(node, key);
    if (!found)
        found = inside(node, "attributes", key);
    if (!found)
        found = inside(node, "arguments", key);
    if (!found && strcmp(key, "tensors") == 0)
        found = sdse_node_get(constraints, key);
    if (!found && strcmp(key, "enabled") == 0)
        found = sdse_node_get(sdse_node_get(constraints, "misc"), key);
    return found;
}

const struct sdse_node *sdse_af_axis_limits(const struct sdse_node *node,
                                            const char *name) {
    sdse_for_each_child (item,
                         sdse_node_get(sdse_node_get(node, "constraints"), "spatial")) {
        const struct sdse_node *own = sdse_node_get(item, "name");
        const char *text = own ? sdse_node_as_text(own) : NULL;
        if (text && strcmp(text, name) == 0)
            return item;
    }
    return NULL;
}

// Refuses what begins with _ and is not among `keys`: it is of the node itself.
static void refuse_own(struct sdse_foreign *foreign, const struct sdse_node *place,
                       const char *const *keys, size_t count) {
    sdse_for_each_child (item, place)
        if (item->key && *item->key == '_' &&
            !sdse_is_among(item->key + 1, keys, count))
            sdse_foreign_refuse(foreign, item->key_loc, true, "accelforge-key",
                                "'%.60s' has no counterpart: what it asks for is lost",
                                item->key);
}

static bool is_axis(const struct sdse_node *node, const char *name) {
    sdse_for_each_child (item, sdse_node_get(node, "spatial")) {
        const struct sdse_node *own = sdse_node_get(item, "name");
        const char *text = own ? sdse_node_as_text(own) : NULL;
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

void sdse_af_check_older(struct sdse_foreign *foreign, const struct sdse_node *node) {
    static const char *const attributes[] = {"size",   "area",      "leak_power",
                                             "energy", "datawidth", "total_latency",
                                             "latency"};
    static const char *const arguments[] = {"bits_per_action", "energy", "latency",
                                            "throughput"};
    static const char *const constraints[] = {"tensors", "spatial", "misc", NULL},
                             *const misc[] = {"enabled", NULL},
                             *const limits[] = {"name", "reuse", "min_usage", NULL};
    const struct sdse_node *own = sdse_node_get(node, "constraints");
    refuse_own(foreign, sdse_node_get(node, "attributes"), attributes,
               sizeof attributes / sizeof *attributes);
    sdse_for_each_child (action, sdse_node_get(node, "actions"))
        refuse_own(foreign, sdse_node_get(action, "arguments"), arguments,
                   sizeof arguments / sizeof *arguments);
    sdse_foreign_keys(foreign, own, constraints, "accelforge-key");
    sdse_foreign_keys(foreign, sdse_node_get(own, "misc"), misc, "accelforge-key");
    sdse_for_each_child (item, sdse_node_get(own, "spatial")) {
        const char *name = sdse_foreign_text(foreign, item, "name", "");
        sdse_foreign_keys(foreign, item, limits, "accelforge-key");
        if (!is_axis(node, name))
            sdse_foreign_refuse(foreign, item->loc, true, "accelforge-fanout",
                                "'%.60s' is no fan-out of this node: what it asks for "
                                "is lost",
                                name);
    }
}
