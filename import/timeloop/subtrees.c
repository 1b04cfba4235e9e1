// The tree of version 0.3, which the front end writes too: subtrees of local elements,
// with their numbers of instances in brackets.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/checked.h"
#include "import/timeloop/reading.h"

enum { MOST_INSTANCES = 1 << 24, DEEPEST = 32 };

// Instances so far, of all that is outside too: of the last part, and how many columns.
struct walk {
    struct sdse_tl *r;
    uint64_t instances, columns;
};

// "PE[0..167]": 168. No brackets: 1. 0 after a diagnostic.
static uint64_t instances_of(struct sdse_tl *r, const struct sdse_node *name) {
    const char *text = sdse_tl_word(name);
    const char *open = text ? strchr(text, '[') : NULL;
    if (!open)
        return 1;
    const char *dots = strstr(open, "..");
    const char *close = strchr(open, ']');
    if (dots && close && close > dots && close[1] == '\0') {
        double first, last;
        const char *from = sdse_tl_text(r, "%.*s", (int)(dots - open - 1), open + 1);
        const char *to = sdse_tl_text(r, "%.*s", (int)(close - dots - 2), dots + 2);
        if (!sdse_tl_expression(r, from, name->loc, r->scope, &first) ||
            !sdse_tl_expression(r, to, name->loc, r->scope, &last))
            return 0;
        const double count = last - first + 1;
        if (count >= 1 && count <= MOST_INSTANCES && count == (double)(uint64_t)count)
            return (uint64_t)count;
    }
    sdse_tl_refuse(r, name->loc, false, "timeloop-value",
                   "'%.60s': expected NAME[0..N], of 1 to %d instances", text,
                   MOST_INSTANCES);
    return 0;
}

static void read_local(struct walk *w, const struct sdse_node *node, uint64_t outside,
                       const struct sdse_tl_scope *outer) {
    struct sdse_tl *r = w->r;
    const struct sdse_node *name = sdse_node_get(node, "name");
    const char *class = sdse_tl_word(sdse_node_get(node, "class"));
    const char *subclass = sdse_tl_word(sdse_node_get(node, "subclass"));
    const uint64_t own = instances_of(r, name);
    uint64_t total;
    if (!class) {
        sdse_tl_refuse(r, node->loc, false, "timeloop-key", "an element has no class");
        return;
    }
    const enum sdse_tl_kind kind = sdse_tl_kind_of(class, subclass ? subclass : "");
    if (kind == SDSE_TL_CONTAINER && strcasecmp(class, "dummy_storage") != 0) {
        sdse_tl_refuse(r, node->loc, true, "timeloop-node",
                       "class '%.60s' is no storage and no compute: its energy is lost",
                       class);
        return;
    }
    const struct sdse_tl_scope *scope = sdse_tl_enter(r, node, outer, false);
    struct sdse_tl_part *part = sdse_tl_add_part(r, kind, node, scope);
    if (!part || !own || !sdse_mul_u64(outside, own, &total))
        return;
    uint64_t columns = total;
    const struct sdse_node *mesh = sdse_node_get(part->attributes, "meshX");
    if (mesh && !sdse_tl_count(r, mesh, scope, 1, MOST_INSTANCES, &columns))
        return;
    if (total % w->instances || columns % w->columns ||
        total / w->instances % (columns / w->columns)) {
        sdse_tl_refuse(r, node->loc, false, "timeloop-value",
                       "%llu instances in %llu columns are no whole number of those "
                       "outside",
                       (unsigned long long)total, (unsigned long long)columns);
        return;
    }
    part->mesh_x = columns / w->columns;
    part->mesh_y = total / w->instances / part->mesh_x;
    w->instances = total;
    w->columns = columns;
}

static void read_subtree(struct walk *w, const struct sdse_node *node, uint64_t outside,
                         const struct sdse_tl_scope *outer, unsigned depth) {
    struct sdse_tl *r = w->r;
    static const char *const known[] = {"name", "attributes", "local", "subtree"};
    const uint64_t own = instances_of(r, sdse_node_get(node, "name"));
    uint64_t total;
    if (!own || depth == DEEPEST || !sdse_mul_u64(outside, own, &total) ||
        total > MOST_INSTANCES) {
        sdse_tl_refuse(r, node->loc, false, "timeloop-node",
                       "more than %d instances, or %d subtrees inside each other",
                       MOST_INSTANCES, DEEPEST);
        return;
    }
    const char *name = sdse_tl_word(sdse_node_get(node, "name"));
    if (!r->name && name)
        r->name = sdse_tl_text(r, "%.*s", (int)strcspn(name, "["), name);
    sdse_for_each_child (child, node)
        if (!child->key || !sdse_is_among(child->key, known, 4))
            sdse_tl_refuse(r, child->key_loc, true, "timeloop-key",
                           "'%.60s' of a subtree has no counterpart",
                           child->key ? child->key : "an item");
    const struct sdse_tl_scope *scope = sdse_tl_enter(r, node, outer, true);
    for
        SDSE_EACH_CHILD(local, sdse_node_get(node, "local")) {
            read_local(w, local, total, scope);
        }
    for
        SDSE_EACH_CHILD(inner, sdse_node_get(node, "subtree")) {
            read_subtree(w, inner, total, scope, depth + 1);
        }
}

void sdse_tl_read_subtrees(struct sdse_tl *r, const struct sdse_node *architecture) {
    struct walk w = {r, 1, 1};
    for
        SDSE_EACH_CHILD(subtree, sdse_node_get(architecture, "subtree")) {
            read_subtree(&w, subtree, 1, r->scope, 0);
        }
}
