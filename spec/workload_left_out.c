// What a network's file says it leaves out.
#include <inttypes.h>

#include "spec/value.h"
#include "spec/workload_reader.h"

static void read_entry(const struct sdse_node *map, struct sdse_not_modelled *out,
                       struct sdse_diags *diags) {
    static const char *const keys[] = {"operator", "name", "reason", "weights"};
    const char **texts[] = {&out->op, &out->name, &out->reason};
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return;
    sdse_refuse_unknown_keys(map, keys, 4, diags);
    for (unsigned i = 0; i < 3; i++) {
        const struct sdse_node *node = sdse_node_get(map, keys[i]);
        if (node)
            sdse_read_text(node, diags, texts[i]);
        else
            sdse_report_missing(map, keys[i], diags);
    }
    const struct sdse_node *weights = sdse_node_get(map, "weights");
    if (weights)
        sdse_read_u64(weights, 0, UINT64_MAX, diags, &out->weights);
}

bool sdse_read_not_modelled(struct sdse_arena *arena, const struct sdse_node *root,
                            struct sdse_workload *net, struct sdse_diags *diags) {
    const struct sdse_node *list = sdse_node_get(root, "not_modelled");
    if (!list || !sdse_expect_kind(list, SDSE_NODE_SEQUENCE, diags) || !list->count)
        return true;
    net->not_modelled = SDSE_ARENA_ARRAY(arena, struct sdse_not_modelled, list->count);
    if (!net->not_modelled)
        return false;
    sdse_for_each_child (map, list) {
        struct sdse_not_modelled *entry = &net->not_modelled[net->not_modelled_count++];
        *entry = (struct sdse_not_modelled){.name = "?", .op = "?", .reason = "?"};
        read_entry(map, entry, diags);
    }
    const struct sdse_not_modelled *first = &net->not_modelled[0];
    sdse_diag_add(
        diags, SDSE_WARNING, list->loc, "not-modelled",
        "network '%s': %zu operator%s not modelled, multiplications that "
        "every figure leaves out: '%.60s' (%.40s, %" PRIu64 " weights: %.80s)%s",
        net->name ? net->name : "?", net->not_modelled_count,
        net->not_modelled_count == 1 ? "" : "s", first->name, first->op, first->weights,
        first->reason, net->not_modelled_count > 1 ? " and others" : "");
    return true;
}
