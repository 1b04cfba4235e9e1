// The tree of nodes (version 0.4) as a chain of parts, outermost first.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "import/timeloop/reading.h"

enum { MOST_INSTANCES = 65536 };

// --- Parts ---

// Whether a class' name holds one of the words, in whatever case.
static bool holds(const char *class, const char *const *words, size_t count) {
    char plain[128];
    size_t length = 0;
    for (; class[length] && length + 1 < sizeof plain; length++)
        plain[length] = (char)tolower((unsigned char)class[length]);
    plain[length] = '\0';
    for (size_t i = 0; i < count; i++)
        if (strstr(plain, words[i]))
            return true;
    return false;
}

enum sdse_tl_kind sdse_tl_kind_of(const char *class, const char *subclass) {
    static const char *const compute[] = {"compute", "mac", "mult"};
    static const char *const storage[] = {"ram",  "storage", "buf",    "reg",  "rf",
                                          "fifo", "spad",    "memory", "cache"};
    if (strcasecmp(class, "dummy_storage") == 0)
        return SDSE_TL_CONTAINER;
    if (holds(class, storage, sizeof storage / sizeof *storage))
        return SDSE_TL_STORAGE;
    if (holds(class, compute, sizeof compute / sizeof *compute))
        return SDSE_TL_COMPUTE;
    return *subclass ? sdse_tl_kind_of(subclass, "") : SDSE_TL_CONTAINER;
}

struct sdse_tl_part *sdse_tl_add_part(struct sdse_tl *r, enum sdse_tl_kind kind,
                                      const struct sdse_node *node,
                                      const struct sdse_tl_scope *scope) {
    if (r->part_count == SDSE_TL_PARTS) {
        sdse_tl_refuse(r, node->loc, false, "timeloop-node", "more than %d nodes",
                       SDSE_TL_PARTS);
        return NULL;
    }
    const char *name = sdse_tl_word(sdse_node_get(node, "name"));
    const char *class = sdse_tl_word(sdse_node_get(node, "class"));
    const char *subclass = sdse_tl_word(sdse_node_get(node, "subclass"));
    struct sdse_tl_part *part = &r->part[r->part_count];
    *part = (struct sdse_tl_part){
        .kind = kind,
        // PE[0..167] is PE
        .name = name ? sdse_tl_text(r, "%.*s", (int)strcspn(name, "["), name) : "",
        .class = class ? class : "",
        .subclass = subclass ? subclass : "",
        .node = node,
        .attributes = sdse_node_get(node, "attributes"),
        .scope = scope,
        .loc = node->loc,
        .mesh_x = 1,
        .mesh_y = 1,
        .above = -1,
    };
    if (!*part->name) {
        sdse_tl_refuse(r, node->loc, false, "timeloop-key", "a node has no name");
        part->name = "node";
    }
    for (unsigned i = 0; i < r->part_count; i++)
        if (strcmp(r->part[i].name, part->name) == 0)
            sdse_tl_refuse(r, node->loc, false, "timeloop-node",
                           "a second node is called '%.60s'", part->name);
    r->part_count++;
    return part;
}

struct sdse_tl_part *sdse_tl_part_of(struct sdse_tl *r, const char *name) {
    size_t length = strcspn(name, "[");
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < r->part_count; i++)
            if (strncmp(r->part[i].name, name, length) == 0 && !r->part[i].name[length])
                return &r->part[i];
        // What the front end makes of the instances of a container.
        if (strncmp(name, "inter_", 6) != 0 || length < 15 ||
            strncmp(name + length - 8, "_spatial", 8) != 0)
            break;
        name += 6;
        length -= 14;
    }
    return NULL;
}

void sdse_tl_chain(struct sdse_tl *r) {
    int above = -1;
    r->compute = -1;
    for (unsigned i = 0; i < r->part_count; i++) {
        struct sdse_tl_part *part = &r->part[i];
        part->above = above;
        if (r->compute >= 0)
            sdse_tl_refuse(r, part->loc, false, "timeloop-node",
                           "'%.60s' is inside '%.60s', or a second kind of compute",
                           part->name, r->part[r->compute].name);
        if (above < 0 && (part->mesh_x > 1 || part->mesh_y > 1))
            sdse_tl_refuse(r, part->loc, false, "timeloop-node",
                           "'%.60s' has instances and no storage outside", part->name);
        if (part->kind == SDSE_TL_COMPUTE)
            r->compute = (int)i;
        if (part->kind != SDSE_TL_STORAGE)
            continue;
        if (r->level_count == SDSE_MAX_LEVELS) {
            sdse_tl_refuse(r, part->loc, false, "timeloop-node",
                           "more than %d storages", SDSE_MAX_LEVELS);
            return;
        }
        part->level = r->level_count;
        r->level_part[r->level_count++] = (int)i;
        above = (int)i;
    }
    const struct sdse_node *node = r->section[SDSE_TL_ARCHITECTURE].node[0];
    if (!r->level_count)
        sdse_tl_refuse(r, node->loc, false, "timeloop-node", "there is no storage");
    if (r->compute < 0)
        sdse_tl_refuse(r, node->loc, false, "timeloop-node",
                       "there is no compute: a class that is one has 'mac', 'mult' or "
                       "'compute' in its name");
}

// --- Nodes ---

static void read_mesh(struct sdse_tl *r, struct sdse_tl_part *part) {
    const struct sdse_node *spatial = sdse_node_get(part->node, "spatial");
    sdse_for_each_child (child, spatial) {
        const bool x = child->key && strcmp(child->key, "meshX") == 0;
        if (x || (child->key && strcmp(child->key, "meshY") == 0)) {
            sdse_tl_count(r, child, part->scope, 1, MOST_INSTANCES,
                          x ? &part->mesh_x : &part->mesh_y);
            part->own_mesh = true;
        } else {
            sdse_tl_refuse(r, child->loc, true, "timeloop-key",
                           "'%.60s' of a mesh has no counterpart",
                           child->key ? child->key : "an item");
        }
    }
}

static void refuse_unknown_keys(struct sdse_tl *r, const struct sdse_node *node) {
    static const char *const known[] = {"name",
                                        "class",
                                        "subclass",
                                        "attributes",
                                        "spatial",
                                        "constraints",
                                        "nodes",
                                        "enabled",
                                        "required_actions",
                                        "actions",
                                        "sparse_optimizations"};
    sdse_for_each_child (child, node) {
        if (child->key &&
            sdse_is_among(child->key, known, sizeof known / sizeof *known))
            continue;
        sdse_tl_refuse(r, child->key_loc, true, "timeloop-key",
                       "'%.60s' of a node has no counterpart: what it asks for is lost",
                       child->key ? child->key : "an item");
    }
}

static bool is_tag(const struct sdse_node *node, const char *tag) {
    return node->tag && strcmp(node->tag, tag) == 0;
}

static bool is_enabled(struct sdse_tl *r, const struct sdse_node *node) {
    const struct sdse_node *given = sdse_node_get(node, "enabled");
    const char *enabled = sdse_tl_word(given);
    if (!given || (enabled && strcasecmp(enabled, "true") == 0))
        return true;
    if (!enabled || strcasecmp(enabled, "false") != 0)
        sdse_tl_refuse(r, given->loc, false, "timeloop-value",
                       "'enabled' is '%.40s': expected true or false",
                       enabled ? enabled : "no word");
    return false;
}

// What holds nodes together has a name and nodes: nothing of its own is inherited.
static void refuse_own_keys(struct sdse_tl *r, const struct sdse_node *group) {
    static const char *const keys[] = {"name", "nodes", NULL};
    sdse_tl_known_keys(r, group, keys, "a group of nodes");
}

// Nodes that are read: where they are, and the attributes they inherit.
struct walk {
    struct sdse_tl *r;
    const struct sdse_tl_scope *scope;
    unsigned group;
};

static void read_list(struct walk *w, const struct sdse_node *nodes);

static void read_part(struct walk *w, const struct sdse_node *node,
                      enum sdse_tl_kind kind) {
    const struct sdse_tl_scope *outside = w->scope;
    w->scope = sdse_tl_enter(w->r, node, outside, kind == SDSE_TL_CONTAINER);
    struct sdse_tl_part *part = sdse_tl_add_part(w->r, kind, node, w->scope);
    if (part) {
        part->group = w->group;
        if (!w->r->name)
            w->r->name = part->name;
        refuse_unknown_keys(w->r, node);
        read_mesh(w->r, part);
        if (w->group && (part->mesh_x > 1 || part->mesh_y > 1))
            sdse_tl_refuse(w->r, node->loc, false, "timeloop-node",
                           "'%.60s' has instances of its own in a !Parallel: memories "
                           "beside each other have as many here",
                           part->name);
    }
    if (kind != SDSE_TL_CONTAINER)
        w->scope = outside;
}

static void read_component(struct walk *w, const struct sdse_node *node) {
    const char *class = sdse_tl_word(sdse_node_get(node, "class"));
    const char *subclass = sdse_tl_word(sdse_node_get(node, "subclass"));
    if (!is_enabled(w->r, node))
        return;
    if (!class) {
        sdse_tl_refuse(w->r, node->loc, false, "timeloop-key",
                       "a component has no class");
        return;
    }
    const enum sdse_tl_kind kind = sdse_tl_kind_of(class, subclass ? subclass : "");
    if (kind == SDSE_TL_CONTAINER && strcasecmp(class, "dummy_storage") != 0) {
        sdse_tl_refuse(w->r, node->loc, true, "timeloop-node",
                       "class '%.60s' is no storage and no compute: its energy is lost",
                       class);
        return;
    }
    read_part(w, node, kind);
}

static void read_parallel(struct walk *w, const struct sdse_node *node) {
    const unsigned group = w->group;
    const struct sdse_tl_scope *scope = w->scope;
    refuse_own_keys(w->r, node);
    if (!group && w->r->group_count + 1 < SDSE_TL_PARTS)
        w->group = ++w->r->group_count;
    for
        SDSE_EACH_CHILD(branch, sdse_node_get(node, "nodes")) {
            if (is_tag(branch, "!Nothing")) {
                const struct sdse_node *passes = sdse_node_get(
                    sdse_node_get(sdse_node_get(branch, "constraints"), "dataspace"),
                    "keep");
                w->r->group_passed[w->group] |= sdse_tl_read_tensors(w->r, passes);
            } else if (is_tag(branch, "!Component") || is_tag(branch, "!Element")) {
                read_component(w, branch);
            } else if (sdse_node_get(branch, "nodes")) {
                refuse_own_keys(w->r, branch);
                read_list(w, sdse_node_get(branch, "nodes"));
            } else {
                sdse_tl_refuse(w->r, branch->loc, false, "timeloop-node",
                               "a branch of !Parallel is a component, !Nothing or a "
                               "list of nodes");
            }
            w->scope = scope;
        }
    w->group = group;
}

static void read_node(struct walk *w, const struct sdse_node *node) {
    if (node->kind != SDSE_NODE_MAPPING) {
        if (!is_tag(node, "!Nothing"))
            sdse_tl_refuse(w->r, node->loc, false, "timeloop-node",
                           "a node is a mapping");
    } else if (is_tag(node, "!Container")) {
        if (is_enabled(w->r, node))
            read_part(w, node, SDSE_TL_CONTAINER);
    } else if (is_tag(node, "!Parallel")) {
        read_parallel(w, node);
    } else if (is_tag(node, "!Hierarchical")) {
        refuse_own_keys(w->r, node);
        read_list(w, sdse_node_get(node, "nodes"));
    } else if (is_tag(node, "!Component") || is_tag(node, "!Element") ||
               (!node->tag && sdse_node_get(node, "class"))) {
        read_component(w, node);
    } else if (!is_tag(node, "!Nothing")) {
        sdse_tl_refuse(w->r, node->loc, false, "timeloop-node",
                       "'%.40s' has no counterpart: a node is a !Container, "
                       "!Component, !Parallel, !Hierarchical or !Nothing",
                       node->tag ? node->tag : "a node without tag");
    }
}

static void read_list(struct walk *w, const struct sdse_node *nodes) {
    sdse_for_each_child (node, nodes)
        read_node(w, node);
}

void sdse_tl_read_nodes(struct sdse_tl *r, const struct sdse_node *architecture) {
    struct walk w = {r, r->scope, 0};
    sdse_for_each_child (child, architecture) {
        static const char *const known[] = {"version", "nodes"};
        if (!child->key || !sdse_is_among(child->key, known, 2))
            sdse_tl_refuse(r, child->key_loc, true, "timeloop-key",
                           "'%.60s' of the architecture has no counterpart",
                           child->key ? child->key : "an item");
    }
    read_list(&w, sdse_node_get(architecture, "nodes"));
}
