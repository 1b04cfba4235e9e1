// Actions of a node.
#include <string.h>

#include "import/accelforge/reading.h"
#include "spec/value.h"

const struct sdse_node *sdse_af_action(const struct sdse_node *node, const char *name) {
    sdse_for_each_child (action, sdse_node_get(node, "actions")) {
        const struct sdse_node *own = sdse_node_get(action, "name");
        const char *text = own ? sdse_node_as_text(own) : NULL;
        if (text && strcmp(text, name) == 0)
            return action;
    }
    return NULL;
}

void sdse_af_check_actions(struct sdse_foreign *foreign, const struct sdse_node *node) {
    static const char *const keys[] = {"name",    "energy",          "throughput",
                                       "latency", "bits_per_action", "arguments",
                                       NULL};
    static const char *const counted[] = {"read", "write", "compute"};
    sdse_for_each_child (action, sdse_node_get(node, "actions")) {
        const char *name = sdse_foreign_text(foreign, action, "name", "");
        sdse_foreign_keys(foreign, action, keys, "accelforge-key");
        if (!sdse_is_among(name, counted, 3))
            sdse_foreign_refuse(foreign, action->loc, true, "accelforge-key",
                                "'%.60s' is no action that is counted: what it costs "
                                "is lost",
                                name);
    }
}
