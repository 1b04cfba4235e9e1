#include "spec/network_changes.h"

#include <string.h>

#include "spec/path.h"
#include "spec/tree.h"
#include "spec/value.h"

// ---- Reading ----

static bool make_room(struct sdse_arena *arena, struct sdse_network_changes *out,
                      size_t more) {
    struct sdse_network_change *larger =
        SDSE_ARENA_ARRAY(arena, struct sdse_network_change, out->count + more);
    if (!larger)
        return false;
    if (out->count)
        memcpy(larger, out->changes, out->count * sizeof *larger);
    out->changes = larger;
    return true;
}

bool sdse_read_network_changes(struct sdse_arena *arena, const struct sdse_node *map,
                               struct sdse_diags *diags,
                               struct sdse_network_changes *out) {
    if (!sdse_expect_kind(map, SDSE_NODE_MAPPING, diags))
        return true;
    const struct sdse_node *layers = sdse_node_get(map, "layers");
    if (layers && !sdse_expect_kind(layers, SDSE_NODE_MAPPING, diags))
        layers = NULL;
    size_t count = map->count;
    sdse_for_each_child (layer, layers)
        count += layer->count;
    if (!count)
        return true;
    if (!make_room(arena, out, count))
        return false;
    sdse_for_each_child (node, map)
        if (strcmp(node->key, "layers") != 0)
            out->changes[out->count++] =
                (struct sdse_network_change){NULL, node, node->key_loc};
    sdse_for_each_child (layer, layers) {
        if (!sdse_expect_kind(layer, SDSE_NODE_MAPPING, diags))
            continue;
        sdse_for_each_child (node, layer)
            out->changes[out->count++] =
                (struct sdse_network_change){layer->key, node, layer->key_loc};
    }
    return true;
}

// ---- Writing them into a network's tree ----

// Puts a copy of `value` under its key into a mapping, in the place of what is there.
// It keeps its path, which faults of it are told by.
static bool put_key(struct sdse_arena *arena, struct sdse_node *map,
                    const struct sdse_node *value) {
    struct sdse_node *copy = sdse_tree_copy(arena, value);
    if (!copy)
        return false;
    copy->parent = value->parent;
    copy->next = NULL;
    struct sdse_node **link = &map->first, *before = NULL;
    while (*link && strcmp((*link)->key, value->key) != 0) {
        before = *link;
        link = &before->next;
    }
    if (*link) {
        copy->next = (*link)->next;
        copy->index = (*link)->index;
    } else {
        copy->index = map->count++;
    }
    *link = copy;
    if (!copy->next)
        map->last = copy;
    return true;
}

// Whether a change of layers called `word` is about this layer of a network's tree.
static bool is_meant(const struct sdse_node *layer, const char *word, bool named) {
    static const char *const moving[] = {"pool", "maxpool", "avgpool", "add",
                                         "norm", "softmax", "act",     "update"};
    const struct sdse_node *key = sdse_node_get(layer, named ? "name" : "kind");
    if (!key || !key->text)
        return false;
    if (named)
        return strcmp(key->text, word) == 0;
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++)
        if (strcmp(key->text, moving[i]) == 0)
            return false;
    return strcmp(word, "multiplying") == 0;
}

// Writes a change into the layers that it is about; *found: whether there are any.
// False: memory is out.
static bool change_layers(struct sdse_arena *arena, struct sdse_node *root,
                          const struct sdse_network_change *change, bool *found) {
    struct sdse_node *list = root->first;
    while (list && strcmp(list->key, "layers") != 0)
        list = list->next;
    *found = false;
    for (int named = 1; named >= 0 && !*found; named--) {
        struct sdse_node *layer = list ? list->first : NULL;
        for (; layer; layer = layer->next) {
            if (!is_meant(layer, change->layer, named))
                continue;
            *found = true;
            if (!put_key(arena, layer, change->value))
                return false;
        }
    }
    return true;
}

// Edges are those of layers as the file has them.
static void drop_edges(struct sdse_node *root) {
    struct sdse_node *before = NULL, *node = root->first;
    while (node && strcmp(node->key, "edges") != 0) {
        before = node;
        node = node->next;
    }
    if (!node)
        return;
    *(before ? &before->next : &root->first) = node->next;
    if (root->last == node)
        root->last = before;
    root->count--;
    for (struct sdse_node *later = node->next; later; later = later->next)
        later->index--;
}

// These come last: changes name layers as the network's file does.
static bool renames_layers(const struct sdse_network_change *change) {
    return change->layer && strcmp(change->value->key, "name") == 0;
}

static enum sdse_status load_changed(struct sdse_arena *arena, const char *path,
                                     const struct sdse_network_changes *changes,
                                     struct sdse_diags *diags,
                                     struct sdse_workload **out) {
    struct sdse_node *root = NULL;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    bool all_found = true;
    const size_t count = root->kind == SDSE_NODE_MAPPING ? changes->count : 0;
    bool layers_change = false;
    for (size_t i = 0; i < count; i++)
        layers_change |= changes->changes[i].layer != NULL;
    if (layers_change)
        drop_edges(root);
    for (size_t i = 0; i < 2 * count; i++) {
        const struct sdse_network_change *change = &changes->changes[i % count];
        bool found = true;
        if (renames_layers(change) != (i >= count))
            continue;
        if (change->layer ? !change_layers(arena, root, change, &found)
                          : !put_key(arena, root, change->value))
            return SDSE_NO_MEMORY;
        all_found &= found;
        if (!found)
            sdse_diag_add(diags, SDSE_ERROR, change->loc, "unknown-layer",
                          "the network has no layer '%.80s'", change->layer);
    }
    struct sdse_workload *workload = NULL;
    status = sdse_workload_from_tree(arena, root, diags, &workload);
    if (status == SDSE_OK && !all_found)
        status = SDSE_INVALID;
    if (status == SDSE_OK)
        *out = workload;
    return status;
}

// Whether two faults are one fault of a change, in one layer and in another.
static bool same_fault(const struct sdse_diag *a, const struct sdse_diag *b) {
    static const char layer[] = "layer '";
    return a->loc.line == b->loc.line && a->loc.column == b->loc.column && a->check &&
           b->check && strcmp(a->check, b->check) == 0 &&
           strcmp(a->loc.file, b->loc.file) == 0 &&
           strncmp(a->message, layer, strlen(layer)) == 0 &&
           strncmp(b->message, layer, strlen(layer)) == 0;
}

// Length of "layer 'NAME'".
static size_t subject(const struct sdse_diag *diag) {
    return strcspn(diag->message, ":");
}

// Passes on what the reading of a network found. A fault of a change is that of every
// layer it is written into: the first one is named, in the first network.
static void pass_on(struct sdse_diags *diags, const struct sdse_diags *said) {
    const struct sdse_diag *before = diags->last;
    for (const struct sdse_diag *diag = said->first; diag; diag = diag->next) {
        bool told = false, earlier = before != NULL;
        for (const struct sdse_diag *old = diags->first; old && !told;
             old = old->next) {
            told = same_fault(old, diag) &&
                   (earlier || subject(old) != subject(diag) ||
                    strncmp(old->message, diag->message, subject(diag)) != 0);
            earlier = earlier && old != before;
        }
        if (!told)
            sdse_diag_add_once(diags, diag->severity, diag->loc, diag->check,
                               diag->message);
    }
    if (said->fault && !diags->fault)
        diags->fault = said->fault;
}

enum sdse_status sdse_workload_load_changed(struct sdse_arena *arena, const char *path,
                                            const struct sdse_network_changes *changes,
                                            struct sdse_diags *diags,
                                            struct sdse_workload **out) {
    // A change is read in every layer that it is about.
    struct sdse_diags said;
    sdse_diags_init(&said, arena);
    const enum sdse_status status = load_changed(arena, path, changes, &said, out);
    pass_on(diags, &said);
    return status;
}

// ---- Choosing layers ----

bool sdse_word_is_layer_kind(const char *word) {
    bool kind = strcmp(word, "all") == 0 || strcmp(word, "multiplying") == 0;
    for (int k = 0; k < SDSE_LAYER_KINDS; k++)
        kind |= strcmp(word, sdse_layer_kind_name((enum sdse_layer_kind)k)) == 0;
    return kind;
}

static bool is_kind(const struct sdse_layer *layer, const char *word) {
    return strcmp(word, "all") == 0 ||
           (strcmp(word, "multiplying") == 0 && !sdse_layer_moves(layer)) ||
           strcmp(word, sdse_layer_kind_name(layer->kind)) == 0;
}

bool sdse_word_means_layer(const struct sdse_workload *workload, const char *word,
                           const struct sdse_layer *layer) {
    for (size_t l = 0; l < workload->layer_count; l++)
        if (strcmp(workload->layers[l].name, word) == 0)
            return strcmp(layer->name, word) == 0;
    return is_kind(layer, word);
}
