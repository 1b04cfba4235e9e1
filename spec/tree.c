#include "spec/tree.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/whole_file.h"
#include "spec/tree_copy.h"

// A name for a node, from the last.
struct anchor {
    struct anchor *before;
    const char *name;
    const struct sdse_node *node;
};

// What is under construction: the tree so far and the path to the open container.
struct builder {
    struct sdse_arena *arena;
    struct sdse_diags *diags;
    const char *file;
    const char *bytes;
    size_t length;
    struct sdse_node *root;
    struct sdse_node *open; // innermost unfinished sequence or mapping
    struct sdse_node
        *pending; // key read, value still to come (only key fields are set)
    size_t depth;
    size_t nodes;
    unsigned documents;
    bool alias_reported;
    bool out_of_memory;
    bool stop;      // a limit was exceeded: nothing more can be said
    bool decorated; // anchors, aliases, tags and merges are accepted
    struct anchor *anchors;
};

static struct sdse_loc place(const struct builder *b, yaml_mark_t mark) {
    return (struct sdse_loc){.file = b->file,
                             .line = (unsigned)mark.line + 1,
                             .column = (unsigned)mark.column + 1};
}

// The place of a byte; columns count characters, as libyaml's marks do.
static struct sdse_loc place_of_byte(const struct builder *b, size_t offset) {
    struct sdse_loc loc = {.file = b->file, .line = 1, .column = 1};
    for (size_t i = 0; i < offset && i < b->length; i++) {
        unsigned char c = (unsigned char)b->bytes[i];
        if (c == '\n') {
            loc.line++;
            loc.column = 1;
        } else if ((c & 0xC0) != 0x80) {
            loc.column++;
        }
    }
    return loc;
}

static struct sdse_node *new_node(struct builder *b, enum sdse_node_kind kind,
                                  struct sdse_loc loc) {
    if (++b->nodes > SDSE_TREE_NODES) {
        sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-nodes",
                      "more than %d values in one file", SDSE_TREE_NODES);
        b->stop = true;
        return NULL;
    }
    struct sdse_node *node = SDSE_ARENA_NEW(b->arena, struct sdse_node);
    if (!node) {
        b->out_of_memory = true;
        return NULL;
    }
    node->kind = kind;
    node->loc = node->key_loc = loc;
    return node;
}

// Hangs a finished scalar or a just opened container where it belongs.
static void attach(struct builder *b, struct sdse_node *node) {
    struct sdse_node *parent = b->open;
    if (!parent) {
        if (!b->root)
            b->root = node;
        return;
    }
    if (b->pending) {
        node->key = b->pending->key;
        node->key_loc = b->pending->key_loc;
        b->pending = NULL;
    }
    node->parent = parent;
    node->index = parent->count++;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
}

static bool wants_key(const struct builder *b) {
    return b->open && b->open->kind == SDSE_NODE_MAPPING && !b->pending;
}

static void refuse_alias(struct builder *b, struct sdse_loc loc) {
    if (!b->alias_reported)
        sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-alias",
                      "anchors (&) and aliases (*) are not accepted: write the value");
    b->alias_reported = true;
}

// What stands before a value: kept with the node, or refused.
static void take_decoration(struct builder *b, struct sdse_node *node,
                            const unsigned char *anchor, const unsigned char *tag,
                            struct sdse_loc loc) {
    if (b->decorated) {
        struct anchor *entry =
            anchor && node ? SDSE_ARENA_NEW(b->arena, struct anchor) : NULL;
        const char *name =
            entry ? sdse_arena_strdup(b->arena, (const char *)anchor) : NULL;
        b->out_of_memory |= anchor && node && !name;
        if (name) {
            *entry = (struct anchor){b->anchors, name, node};
            b->anchors = entry;
        }
        if (tag && node) {
            node->tag = sdse_arena_strdup(b->arena, (const char *)tag);
            b->out_of_memory |= !node->tag;
        }
        return;
    }
    if (anchor)
        refuse_alias(b, loc);
    if (tag)
        sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-tag",
                      "tags (%s) are not accepted", (const char *)tag);
}

static void add_scalar(struct builder *b, const yaml_event_t *event) {
    struct sdse_loc loc = place(b, event->start_mark);
    const char *value = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (memchr(value, '\0', length))
        sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-nul",
                      "a string contains a NUL character");
    struct sdse_node *node = new_node(b, SDSE_NODE_SCALAR, loc);
    take_decoration(b, node, event->data.scalar.anchor, event->data.scalar.tag, loc);
    if (!node)
        return;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = sdse_arena_copy(b->arena, value, length);
    if (!node->text) {
        b->out_of_memory = true;
        return;
    }
    if (wants_key(b)) {
        if (length > SDSE_TREE_KEY_BYTES)
            sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-key",
                          "a key of more than %d bytes", SDSE_TREE_KEY_BYTES);
        node->key = node->text;
        b->pending = node;
    } else {
        attach(b, node);
    }
}

static void open_container(struct builder *b, enum sdse_node_kind kind,
                           const unsigned char *anchor, const unsigned char *tag,
                           struct sdse_loc loc) {
    if (wants_key(b)) {
        sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-key",
                      "a key must be a plain word, not a list or a mapping");
        b->stop = true;
        return;
    }
    if (++b->depth > SDSE_TREE_DEPTH) {
        sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-depth",
                      "nested deeper than %d levels", SDSE_TREE_DEPTH);
        b->stop = true;
        return;
    }
    struct sdse_node *node = new_node(b, kind, loc);
    take_decoration(b, node, anchor, tag, loc);
    if (!node)
        return;
    attach(b, node);
    b->open = node;
}

static int by_key_then_place(const void *left, const void *right) {
    const struct sdse_node *a = *(const struct sdse_node *const *)left;
    const struct sdse_node *b = *(const struct sdse_node *const *)right;
    int order = strcmp(a->key, b->key);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

// Sorting keeps a mapping of a million keys from costing a million squared.
static void refuse_duplicates(struct builder *b, const struct sdse_node *mapping) {
    if (mapping->count < 2)
        return;
    const struct sdse_node **sorted =
        SDSE_ARENA_ARRAY(b->arena, const struct sdse_node *, mapping->count);
    if (!sorted) {
        b->out_of_memory = true;
        return;
    }
    size_t count = 0;
    sdse_for_each_child (child, mapping)
        sorted[count++] = child;
    qsort(sorted, count, sizeof(struct sdse_node *), by_key_then_place);
    const struct sdse_node *first = sorted[0];
    for (size_t i = 1; i < count; i++) {
        if (strcmp(first->key, sorted[i]->key) != 0) {
            first = sorted[i];
            continue;
        }
        sdse_diag_add(b->diags, SDSE_ERROR, sorted[i]->key_loc, "yaml-duplicate-key",
                      "key '%s' appears twice", sorted[i]->key);
        sdse_diag_add(b->diags, SDSE_NOTE, first->key_loc, NULL,
                      "'%s' first appears here", first->key);
    }
}

// Copies count as values of the file.
static struct sdse_tree_copier copier(struct builder *b) {
    return (struct sdse_tree_copier){b->arena, b->diags, &b->nodes, SDSE_TREE_NODES,
                                     b->depth, false,    false};
}
static void end_copying(struct builder *b, const struct sdse_tree_copier *done) {
    b->stop |= done->stop;
    b->out_of_memory |= done->out_of_memory;
}

static void close_container(struct builder *b) {
    assert(b->open); // libyaml ends only what it has started
    if (b->decorated && b->open->kind == SDSE_NODE_MAPPING) {
        struct sdse_tree_copier merging = copier(b);
        sdse_tree_merge(&merging, b->open);
        end_copying(b, &merging);
    }
    if (b->open->kind == SDSE_NODE_MAPPING)
        refuse_duplicates(b, b->open);
    b->open = b->open->parent;
    b->depth--;
}

// Whether the container is not finished yet.
static bool is_open(const struct builder *b, const struct sdse_node *node) {
    for (const struct sdse_node *open = b->open; open; open = open->parent)
        if (open == node)
            return true;
    return false;
}

// A copy of what the anchor is on.
static void expand_alias(struct builder *b, const char *name, struct sdse_loc loc) {
    const struct anchor *anchor = b->anchors;
    while (anchor && strcmp(anchor->name, name) != 0)
        anchor = anchor->before;
    if (!anchor || wants_key(b) || is_open(b, anchor->node)) {
        sdse_diag_add(b->diags, SDSE_ERROR, loc, "yaml-alias", "'*%.60s': %s", name,
                      !anchor        ? "no anchor of that name comes before"
                      : wants_key(b) ? "an alias is no key"
                                     : "it stands within what it names");
        b->stop = true;
        return;
    }
    struct sdse_tree_copier copying = copier(b);
    struct sdse_node *copy = sdse_tree_limited_copy(&copying, anchor->node);
    end_copying(b, &copying);
    if (!copy)
        return;
    copy->key = NULL;
    copy->key_loc = copy->loc;
    attach(b, copy);
}

static void take_alias(struct builder *b, const yaml_event_t *event) {
    struct sdse_loc loc = place(b, event->start_mark);
    if (b->decorated) {
        expand_alias(b, (const char *)event->data.alias.anchor, loc);
        return;
    }
    refuse_alias(b, loc);
    struct sdse_node *node = new_node(b, SDSE_NODE_SCALAR, loc);
    if (!node)
        return;
    node->text = "";
    if (wants_key(b)) {
        node->key = "";
        b->pending = node;
    } else {
        attach(b, node);
    }
}

static void take_document(struct builder *b, const yaml_event_t *event) {
    if (++b->documents < 2)
        return;
    sdse_diag_add(b->diags, SDSE_ERROR, place(b, event->start_mark), "yaml-documents",
                  "a second document starts here; one file holds one");
    b->stop = true;
}

static void take_event(struct builder *b, const yaml_event_t *event) {
    struct sdse_loc loc = place(b, event->start_mark);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        take_document(b, event);
        break;
    case YAML_ALIAS_EVENT:
        take_alias(b, event);
        break;
    case YAML_SCALAR_EVENT:
        add_scalar(b, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        open_container(b, SDSE_NODE_SEQUENCE, event->data.sequence_start.anchor,
                       event->data.sequence_start.tag, loc);
        break;
    case YAML_MAPPING_START_EVENT:
        open_container(b, SDSE_NODE_MAPPING, event->data.mapping_start.anchor,
                       event->data.mapping_start.tag, loc);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_container(b);
        break;
    default:
        break;
    }
}

static void report_parser_error(struct builder *b, const yaml_parser_t *parser) {
    if (parser->error == YAML_MEMORY_ERROR) {
        b->out_of_memory = true;
        return;
    }
    const char *problem = parser->problem ? parser->problem : "not readable";
    if (parser->error == YAML_READER_ERROR) {
        sdse_diag_add(b->diags, SDSE_ERROR, place_of_byte(b, parser->problem_offset),
                      "yaml-encoding", "%s (text must be UTF-8)", problem);
        return;
    }
    sdse_diag_add(b->diags, SDSE_ERROR, place(b, parser->problem_mark), "yaml-syntax",
                  "%s%s%s", problem, parser->context ? " " : "",
                  parser->context ? parser->context : "");
    if (parser->context && parser->context_mark.line != parser->problem_mark.line)
        sdse_diag_add(b->diags, SDSE_NOTE, place(b, parser->context_mark), NULL,
                      "%s that starts here", parser->context);
}

static void build(struct builder *b) {
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser)) {
        b->out_of_memory = true;
        return;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)b->bytes, b->length);
    bool done = false;
    while (!done && !b->stop && !b->out_of_memory) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            report_parser_error(b, &parser);
            break;
        }
        done = event.type == YAML_STREAM_END_EVENT;
        take_event(b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static enum sdse_status too_large(struct sdse_diags *diags, const char *name) {
    sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = name}, "yaml-size",
                  "larger than %d MiB, the most that is read",
                  SDSE_TREE_BYTES / (1024 * 1024));
    return SDSE_INVALID;
}

static enum sdse_status parse(struct sdse_arena *arena, const char *name,
                              const char *bytes, size_t length, bool decorated,
                              struct sdse_diags *diags, struct sdse_node **root) {
    name = sdse_arena_strdup(arena, name);
    if (!name)
        return SDSE_NO_MEMORY;
    if (length > SDSE_TREE_BYTES)
        return too_large(diags, name);
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) { // byte order mark
        bytes += 3;
        length -= 3;
    }
    struct builder b = {.arena = arena,
                        .diags = diags,
                        .file = name,
                        .bytes = bytes,
                        .length = length,
                        .decorated = decorated};
    size_t errors = diags->errors;
    build(&b);
    if (b.out_of_memory)
        return SDSE_NO_MEMORY;
    if (diags->errors == errors && !b.root)
        sdse_diag_add(diags, SDSE_ERROR, (struct sdse_loc){.file = name}, "yaml-empty",
                      "the file is empty");
    if (diags->errors != errors)
        return SDSE_INVALID;
    *root = b.root;
    return SDSE_OK;
}

enum sdse_status sdse_tree_parse_memory(struct sdse_arena *arena, const char *name,
                                        const char *bytes, size_t length,
                                        struct sdse_diags *diags,
                                        struct sdse_node **root) {
    return parse(arena, name, bytes, length, false, diags, root);
}

enum sdse_status sdse_tree_parse_decorated(struct sdse_arena *arena, const char *name,
                                           const char *bytes, size_t length,
                                           struct sdse_diags *diags,
                                           struct sdse_node **root) {
    return parse(arena, name, bytes, length, true, diags, root);
}

enum sdse_status sdse_tree_parse_file(struct sdse_arena *arena, const char *path,
                                      struct sdse_diags *diags,
                                      struct sdse_node **root) {
    size_t length = 0;
    // One byte more, so that a larger file shows.
    char *bytes = sdse_read_file(path, SDSE_TREE_BYTES + 1, &length);
    if (!bytes) {
        return sdse_diag_errno(diags, (struct sdse_loc){.file = path}, "file-read",
                               "cannot read the file", errno);
    }
    enum sdse_status status =
        sdse_tree_parse_memory(arena, path, bytes, length, diags, root);
    free(bytes);
    return status;
}

const struct sdse_node *sdse_node_get(const struct sdse_node *mapping,
                                      const char *key) {
    if (!mapping || mapping->kind != SDSE_NODE_MAPPING)
        return NULL;
    sdse_for_each_child (child, mapping)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

const struct sdse_node *sdse_node_at(const struct sdse_node *node, size_t index) {
    sdse_for_each_child (child, node)
        if (child->index == index)
            return child;
    return NULL;
}

const char *sdse_node_path(struct sdse_arena *arena, const struct sdse_node *node) {
    if (!node->parent)
        return "file";
    const char *path;
    bool top = !node->parent->parent;
    const char *above = top ? "" : sdse_node_path(arena, node->parent);
    if (node->key)
        path = sdse_arena_printf(arena, "%s%s%s", above, top ? "" : ".", node->key);
    else
        path = sdse_arena_printf(arena, "%s[%zu]", above, node->index);
    return path ? path : "?";
}
