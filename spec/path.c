#include "spec/path.h"

#include <string.h>

#include "spec/value.h"

enum { STEPS = 16, WORDS = 96, PATH_BYTES = 512 };

struct walk {
    char *step[STEPS];
    unsigned count;
    struct sdse_path_target *targets;
    size_t found;
    unsigned deepest;         // first step that led nowhere
    const char *words[WORDS]; // what could have stood there
    size_t word_count;
};

static struct sdse_node *child_called(const struct sdse_node *node, const char *key) {
    if (node && node->kind == SDSE_NODE_MAPPING)
        for (struct sdse_node *child = node->first; child; child = child->next)
            if (strcmp(child->key, key) == 0)
                return child;
    return NULL;
}

static bool is_named(const struct sdse_node *item, const char *key, const char *name) {
    const char *text = sdse_node_as_text(sdse_node_get(item, key));
    return text && strcmp(text, name) == 0;
}

static void suggest(struct walk *w, unsigned at, const char *word) {
    if (at > w->deepest) {
        w->deepest = at;
        w->word_count = 0;
    }
    if (word && at == w->deepest && w->word_count < WORDS)
        w->words[w->word_count++] = word;
}

static void suggest_keys(struct walk *w, unsigned at, enum sdse_schema kind) {
    size_t count;
    const struct sdse_schema_key *keys = sdse_schema_keys(kind, &count);
    suggest(w, at, NULL);
    for (size_t i = 0; i < count; i++)
        suggest(w, at, keys[i].name);
}

static void step_into(struct walk *w, struct sdse_node *node, enum sdse_schema kind,
                      unsigned at);

static void arrive(struct walk *w, struct sdse_node *container, const char *key,
                   struct sdse_node *node) {
    for (size_t i = 0; i < w->found; i++)
        if (w->targets[i].container == container && w->targets[i].node == node &&
            strcmp(w->targets[i].key, key) == 0)
            return;
    if (w->found < SDSE_PATH_TARGETS)
        w->targets[w->found++] = (struct sdse_path_target){container, key, node};
}

// Takes step `at` from `container` to `value` (NULL: known but not written).
static void take(struct walk *w, struct sdse_node *container, const char *key,
                 struct sdse_node *value, enum sdse_schema below, unsigned at) {
    if (at + 1 == w->count)
        arrive(w, container, key, value);
    else if (value)
        step_into(w, value, below, at + 1);
    else
        suggest(w, at + 1, NULL);
}

// A list whose items are named by one of their keys.
static void step_list(struct walk *w, struct sdse_node *list, const char *key,
                      const char *other_key, enum sdse_schema below, unsigned at) {
    const char *wanted = w->step[at];
    suggest(w, at, NULL);
    for (struct sdse_node *item = list ? list->first : NULL; item; item = item->next) {
        bool all = strcmp(wanted, "*") == 0;
        const char *name = sdse_node_as_text(sdse_node_get(item, key));
        if (name)
            suggest(w, at, name);
        if (all || is_named(item, key, wanted) ||
            (other_key && is_named(item, other_key, wanted)))
            take(w, list, "", item, below, at);
    }
}

static void step_memories(struct walk *w, struct sdse_node *level, unsigned at) {
    struct sdse_node *memory = child_called(level, "memory");
    if (memory && is_named(memory, "name", w->step[at]))
        take(w, level, "memory", memory, SDSE_SCHEMA_MEMORY, at);
    step_list(w, child_called(level, "memories"), "name", NULL, SDSE_SCHEMA_MEMORY, at);
}

static void step_mapping(struct walk *w, struct sdse_node *node, enum sdse_schema kind,
                         unsigned at) {
    const char *step = w->step[at];
    suggest_keys(w, at, kind);
    if (strcmp(step, "*") == 0) {
        for (struct sdse_node *child = node->first; child; child = child->next) {
            const struct sdse_schema_key *key =
                child->key ? sdse_schema_find(kind, child->key) : NULL;
            if (key)
                take(w, node, key->name, child, key->below, at);
        }
        return;
    }
    const struct sdse_schema_key *key = sdse_schema_find(kind, step);
    if (key)
        take(w, node, key->name, child_called(node, step), key->below, at);
}

static void step_level(struct walk *w, struct sdse_node *level, unsigned at) {
    const char *step = w->step[at];
    struct sdse_node *memory = child_called(level, "memory");
    bool in_memory = sdse_schema_find(SDSE_SCHEMA_MEMORY, step) && memory;
    if (sdse_schema_find(SDSE_SCHEMA_LEVEL, step) &&
        !(in_memory && !child_called(level, step))) {
        step_mapping(w, level, SDSE_SCHEMA_LEVEL, at);
        return;
    }
    step_memories(w, level, at);
    suggest_keys(w, at, SDSE_SCHEMA_LEVEL);
    if (memory)
        step_mapping(w, memory, SDSE_SCHEMA_MEMORY, at);
}

static void step_levels(struct walk *w, struct sdse_node *levels, unsigned at) {
    step_list(w, levels, "level", NULL, SDSE_SCHEMA_LEVEL, at);
    if (!levels || w->found)
        return;
    for (struct sdse_node *level = levels->first; level; level = level->next)
        step_memories(w, level, at);
}

static void step_into(struct walk *w, struct sdse_node *node, enum sdse_schema kind,
                      unsigned at) {
    switch (kind) {
    case SDSE_SCHEMA_VALUE:
        suggest(w, at, NULL);
        break;
    case SDSE_SCHEMA_LEVELS:
        step_levels(w, node, at);
        break;
    case SDSE_SCHEMA_LEVEL:
        step_level(w, node, at);
        break;
    case SDSE_SCHEMA_MEMORIES:
        step_list(w, node, "name", NULL, SDSE_SCHEMA_MEMORY, at);
        break;
    case SDSE_SCHEMA_ENGINES:
        step_list(w, node, "name", "kind", SDSE_SCHEMA_ENGINE, at);
        break;
    case SDSE_SCHEMA_ARCH:
        step_mapping(w, node, kind, at);
        if (!w->found && !sdse_schema_find(SDSE_SCHEMA_ARCH, w->step[at]))
            step_levels(w, child_called(node, "levels"), at);
        break;
    default:
        step_mapping(w, node, kind, at);
    }
}

static bool split(struct walk *w, char *path) {
    for (char *step = path; step;) {
        char *dot = strchr(step, '.');
        if (dot)
            *dot = '\0';
        if (!*step || w->count == STEPS)
            return false;
        w->step[w->count++] = step;
        step = dot ? dot + 1 : NULL;
    }
    return true;
}

size_t sdse_path_resolve(struct sdse_node *arch_root, const char *path,
                         struct sdse_loc loc, struct sdse_diags *diags,
                         struct sdse_path_target targets[SDSE_PATH_TARGETS]) {
    struct walk w = {.targets = targets};
    char copy[PATH_BYTES];
    size_t length = strlen(path);
    if (length < sizeof copy)
        memcpy(copy, path, length + 1);
    if (length >= sizeof copy || !split(&w, copy)) {
        sdse_diag_add(diags, SDSE_ERROR, loc, "unknown-path",
                      "'%.120s' is not a path like GLB.capacity_kib", path);
        return 0;
    }
    step_into(&w, arch_root, SDSE_SCHEMA_ARCH, 0);
    if (w.found)
        return w.found;
    const char *wrong = w.step[w.deepest < w.count ? w.deepest : w.count - 1];
    const char *nearest = sdse_nearest(wrong, w.words, w.word_count);
    sdse_diag_add(diags, SDSE_ERROR, loc, "unknown-path",
                  "'%.120s' leads nowhere: no '%.60s' there%s%s%s", path, wrong,
                  nearest ? "; did you mean '" : "", nearest ? nearest : "",
                  nearest ? "'?" : "");
    return 0;
}

struct sdse_node *sdse_tree_copy(struct sdse_arena *arena,
                                 const struct sdse_node *node) {
    struct sdse_node *copy = SDSE_ARENA_NEW(arena, struct sdse_node);
    if (!copy)
        return NULL;
    *copy = *node;
    copy->parent = copy->first = copy->last = copy->next = NULL;
    for (const struct sdse_node *child = node->first; child; child = child->next) {
        struct sdse_node *item = sdse_tree_copy(arena, child);
        if (!item)
            return NULL;
        item->parent = copy;
        if (copy->last)
            copy->last->next = item;
        else
            copy->first = item;
        copy->last = item;
    }
    return copy;
}

static void relocate(struct sdse_node *node, struct sdse_loc loc) {
    node->loc = node->key_loc = loc;
    for (struct sdse_node *child = node->first; child; child = child->next)
        relocate(child, loc);
}

// A capacity that the file gives in another unit than `key`, which takes its place; one
// that was put there like `value` stays, and contradicts it.
static struct sdse_node *other_capacity(const struct sdse_path_target *target,
                                        const struct sdse_node *value) {
    static const char capacity[] = "capacity_";
    const size_t length = sizeof capacity - 1;
    if (target->node || strncmp(target->key, capacity, length) != 0)
        return NULL;
    for (struct sdse_node *child = target->container->first; child; child = child->next)
        if (strncmp(child->key, capacity, length) == 0 &&
            child->loc.file != value->loc.file)
            return child;
    return NULL;
}

// Puts `value` in the place of `target`, or at the end of its container.
static void put(const struct sdse_path_target *target, struct sdse_node *value) {
    struct sdse_node *container = target->container;
    struct sdse_node *other = other_capacity(target, value);
    struct sdse_node *node = target->node ? target->node : other;
    value->parent = container;
    value->key = target->node ? target->node->key : target->key;
    if (!node) {
        value->index = container->count++;
        if (container->last)
            container->last->next = value;
        else
            container->first = value;
        container->last = value;
        return;
    }
    value->index = node->index;
    value->next = node->next;
    struct sdse_node **link = &container->first;
    while (*link != node)
        link = &(*link)->next;
    *link = value;
    if (container->last == node)
        container->last = value;
}

enum sdse_status sdse_path_override(struct sdse_arena *arena,
                                    struct sdse_node *arch_root, const char *path,
                                    const char *text, struct sdse_loc loc,
                                    struct sdse_diags *diags) {
    struct sdse_path_target targets[SDSE_PATH_TARGETS];
    size_t count = sdse_path_resolve(arch_root, path, loc, diags, targets);
    if (!count)
        return SDSE_INVALID;
    struct sdse_diags inner;
    sdse_diags_init(&inner, diags->arena);
    struct sdse_node *value = NULL;
    enum sdse_status status =
        sdse_tree_parse_memory(arena, "override", text, strlen(text), &inner, &value);
    if (status == SDSE_NO_MEMORY)
        return status;
    if (status != SDSE_OK) {
        sdse_diag_add(diags, SDSE_ERROR, loc, "override-value",
                      "the value '%.80s' for '%.80s' is not readable: %s", text, path,
                      inner.first ? inner.first->message : "?");
        return SDSE_INVALID;
    }
    relocate(value, loc);
    for (size_t i = 0; i < count; i++) {
        struct sdse_node *copy = i ? sdse_tree_copy(arena, value) : value;
        if (!copy)
            return SDSE_NO_MEMORY;
        put(&targets[i], copy);
    }
    return SDSE_OK;
}
