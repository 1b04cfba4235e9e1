#include "import/timeloop/timeloop.h"

#include <stdarg.h>

#include "import/timeloop/reading.h"

void sdse_tl_refuse(struct sdse_tl *r, struct sdse_loc loc, bool can_go_on,
                    const char *check, const char *format, ...) {
    va_list args;
    va_start(args, format);
    sdse_foreign_vrefuse(&r->foreign, loc, can_go_on, check, format, args);
    va_end(args);
    r->broken |= !can_go_on;
}

void sdse_tl_known_keys(struct sdse_tl *r, const struct sdse_node *mapping,
                        const char *const *known, const char *what) {
    size_t count = 0;
    while (known[count])
        count++;
    sdse_for_each_child (child, mapping)
        if (child->key && !sdse_is_among(child->key, known, count))
            sdse_tl_refuse(r, child->key_loc, true, "timeloop-key",
                           "'%.60s' of %s has no counterpart: what it asks for is lost",
                           child->key, what);
}

const char *sdse_tl_text(struct sdse_tl *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = sdse_arena_vprintf(r->foreign.arena, format, args);
    va_end(args);
    r->foreign.out_of_memory |= !text;
    return text ? text : "";
}

static void read_architecture(struct sdse_tl *r) {
    const struct sdse_node *node = r->section[SDSE_TL_ARCHITECTURE].node[0];
    if (sdse_node_get(node, "nodes"))
        sdse_tl_read_nodes(r, node);
    else if (sdse_node_get(node, "subtree"))
        sdse_tl_read_subtrees(r, node);
    else
        sdse_tl_refuse(r, node->loc, false, "timeloop-section",
                       "an architecture has nodes (version 0.4) or a subtree (0.3)");
    if (!r->broken)
        sdse_tl_chain(r);
}

// How mappings are searched is ours; what limits them stands in constraints.
static void refuse_mapspaces(struct sdse_tl *r) {
    static const char *const keys[] = {"version", "template", NULL};
    const struct sdse_tl_list *list = &r->section[SDSE_TL_MAP_SPACE];
    for (unsigned i = 0; i < list->count; i++)
        sdse_tl_known_keys(r, list->node[i], keys, "a mapspace");
}

// Whether there is a mapping; an empty list is what Timeloop's front end writes of
// none.
static bool is_mapped(const struct sdse_tl *r) {
    const struct sdse_tl_list *list = &r->section[SDSE_TL_MAPPING];
    return list->count &&
           !(list->node[0]->kind == SDSE_NODE_SEQUENCE && list->node[0]->count == 0);
}

enum sdse_status sdse_timeloop_import(const struct sdse_timeloop_text *texts,
                                      size_t count, bool lossy,
                                      const struct sdse_foreign_files *includes,
                                      struct sdse_arena *arena,
                                      struct sdse_diags *diags,
                                      struct sdse_timeloop_files *files) {
    struct sdse_tl *r = SDSE_ARENA_NEW(arena, struct sdse_tl);
    if (!r)
        return SDSE_NO_MEMORY;
    *r = (struct sdse_tl){.foreign = {.arena = arena, .diags = diags, .lossy = lossy},
                          .includes = includes,
                          .path = texts[0].path,
                          .compute = -1,
                          .pj_per_mac = -1,
                          .mac_leak_mw = -1,
                          .mac_area_um2 = -1,
                          .clock_ghz = 1};
    sdse_tl_read_document(r, texts, count);
    const bool designed = r->section[SDSE_TL_ARCHITECTURE].count != 0;
    if (!r->broken && !designed && !r->section[SDSE_TL_PROBLEM].count)
        sdse_tl_refuse(r, (struct sdse_loc){r->path, 0, 0}, false, "timeloop-section",
                       "there is no architecture and no problem in it");
    if (!r->broken)
        sdse_tl_read_problem(r);
    if (!r->broken && designed)
        read_architecture(r);
    if (!r->broken && designed) {
        refuse_mapspaces(r);
        sdse_tl_read_constraints(r);
        if (is_mapped(r))
            sdse_tl_read_mapping(r);
        sdse_tl_read_sparse(r);
        sdse_tl_read_memories(r);
        if (!r->broken)
            sdse_tl_read_costs(r);
    } else if (!r->broken && r->section[SDSE_TL_MAPPING].count) {
        sdse_tl_refuse(r, r->section[SDSE_TL_MAPPING].node[0]->loc, false,
                       "timeloop-section", "a mapping is of an architecture");
    }
    enum sdse_status status = sdse_foreign_status(&r->foreign);
    if (status != SDSE_NO_MEMORY && r->fault != SDSE_OK)
        status = r->fault;
    if (status != SDSE_OK)
        return status;
    struct sdse_timeloop_files made = {0};
    sdse_tl_write(r, &made);
    status = sdse_foreign_status(&r->foreign);
    if (status == SDSE_OK)
        *files = made;
    return status;
}
