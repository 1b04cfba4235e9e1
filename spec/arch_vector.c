// The vector unit: what layers that multiply nothing run on.
#include "spec/check_list.h"
#include "spec/reading.h"
#include "spec/schema.h"
#include "spec/value.h"

// The innermost level of which there is one instance.
static unsigned innermost_alone(const struct sdse_arch *arch) {
    unsigned level = 0;
    while (level + 1 < arch->level_count && sdse_arch_instances(arch, level + 1) == 1)
        level++;
    return level;
}

void sdse_read_vector(struct sdse_arch_reading *r) {
    struct sdse_vector *vector = &r->arch->vector;
    const struct sdse_node *map = sdse_node_get(r->root, "vector"), *node;
    if (!map || !sdse_expect_kind(map, SDSE_NODE_MAPPING, r->diags))
        return;
    vector->present = true;
    vector->loc = map->key_loc;
    vector->below_level = innermost_alone(r->arch);
    sdse_schema_refuse_unknown(SDSE_SCHEMA_VECTOR, map, r->diags);
    const char *name;
    if ((node = sdse_node_get(map, "below")) && sdse_read_text(node, r->diags, &name) &&
        !sdse_find_level(r->arch, name, &vector->below_level) && !r->levels_broken)
        sdse_report_unknown_level(r->arch, node->loc, name, r->diags);
    if ((node = sdse_node_get(map, "free")))
        sdse_read_bool(node, r->diags, &vector->free);
    if ((node = sdse_node_get(map, "component")))
        sdse_read_text(node, r->diags, &vector->component);
    sdse_number_read(sdse_node_get(map, "pj_per_op"), 0, 1e9, &r->sources, r->diags,
                     &vector->pj_per_op);
    sdse_number_read(sdse_node_get(map, "ops_per_cycle"), 1e-6, 1e9, &r->sources,
                     r->diags, &vector->ops_per_cycle);
}

void sdse_check_vector_unit(struct sdse_subject *s) {
    const struct sdse_vector *vector = &s->arch->arch->vector;
    if (!vector->present)
        return;
    const struct sdse_level *level = &s->arch->arch->level[vector->below_level];
    if (sdse_arch_instances(s->arch->arch, vector->below_level) > 1)
        sdse_check_report(s, vector->loc,
                          "the vector unit stands below a level of one instance; of "
                          "'%s' there are more",
                          level->name);
    if (vector->free && (vector->pj_per_op.given || vector->component))
        sdse_check_report(s, vector->loc, "vector: free: true contradicts %s",
                          vector->component ? "its component" : "pj_per_op");
    if (vector->free)
        return;
    const bool priced = vector->pj_per_op.given || vector->component;
    if (!priced || !vector->ops_per_cycle.given)
        sdse_check_report(s, vector->loc,
                          "vector: pj_per_op (or a component) and ops_per_cycle are "
                          "needed, or free: true");
    else if (vector->pj_per_op.given && !(vector->pj_per_op.value > 0))
        sdse_check_report(s, vector->loc,
                          "vector: 0 pJ per operation must be declared free");
}
