#include "import/onnx/expand/inline.h"

#include <string.h>

void sdse_rename(struct sdse_rewrite *w, struct sdse_renames *names, const char *from,
                 const char *to) {
    if (!from || !from[0] || w->failed)
        return;
    if (names->count == names->room) {
        const size_t room = names->room ? 2 * names->room : 16;
        const char **more = SDSE_ARENA_ARRAY(w->arena, const char *, 2 * room);
        w->failed |= !more;
        if (w->failed)
            return;
        if (names->count) {
            memcpy(more, names->from, names->count * sizeof *more);
            memcpy(more + room, names->to, names->count * sizeof *more);
        }
        names->from = more;
        names->to = more + room;
        names->room = room;
    }
    names->from[names->count] = from;
    names->to[names->count++] = to;
}

const char *sdse_renamed(const struct sdse_renames *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->from[i], name) == 0)
            return names->to[i];
    return name;
}

static char *copy_name(struct sdse_rewrite *w, const struct sdse_renames *names,
                       const char *name) {
    char *copy = sdse_arena_strdup(w->arena, sdse_renamed(names, name));
    w->failed |= !copy;
    return copy;
}

static char **copy_names(struct sdse_rewrite *w, const struct sdse_renames *names,
                         size_t count, char *const *list) {
    char **copy = SDSE_ARENA_ARRAY(w->arena, char *, count + 1);
    w->failed |= !copy;
    for (size_t i = 0; copy && i < count; i++)
        copy[i] = copy_name(w, names, list[i]);
    return copy;
}

static Onnx__NodeProto *copy_node(struct sdse_rewrite *w, const Onnx__NodeProto *node,
                                  const struct sdse_renames *names,
                                  const Onnx__NodeProto *caller);

static Onnx__ValueInfoProto *copy_info(struct sdse_rewrite *w,
                                       const struct sdse_renames *names,
                                       const Onnx__ValueInfoProto *info) {
    Onnx__ValueInfoProto *copy = SDSE_ARENA_NEW(w->arena, Onnx__ValueInfoProto);
    w->failed |= !copy;
    if (w->failed)
        return NULL;
    *copy = *info;
    if (info->name)
        copy->name = copy_name(w, names, info->name);
    return copy;
}

static Onnx__TensorProto *copy_tensor(struct sdse_rewrite *w,
                                      const struct sdse_renames *names,
                                      const Onnx__TensorProto *tensor) {
    Onnx__TensorProto *copy = SDSE_ARENA_NEW(w->arena, Onnx__TensorProto);
    w->failed |= !copy;
    if (w->failed)
        return NULL;
    *copy = *tensor;
    if (tensor->name)
        copy->name = copy_name(w, names, tensor->name);
    return copy;
}

// A graph inside a node: it may read values that have other names now.
static Onnx__GraphProto *copy_graph(struct sdse_rewrite *w,
                                    const Onnx__GraphProto *graph,
                                    const struct sdse_renames *names,
                                    const Onnx__NodeProto *caller) {
    Onnx__GraphProto *copy = SDSE_ARENA_NEW(w->arena, Onnx__GraphProto);
    Onnx__NodeProto **nodes =
        SDSE_ARENA_ARRAY(w->arena, Onnx__NodeProto *, graph->n_node + 1);
    Onnx__ValueInfoProto **outputs =
        SDSE_ARENA_ARRAY(w->arena, Onnx__ValueInfoProto *, graph->n_output + 1);
    w->failed |= !copy || !nodes || !outputs;
    if (w->failed)
        return NULL;
    *copy = *graph;
    for (size_t i = 0; i < graph->n_node; i++)
        nodes[i] = copy_node(w, graph->node[i], names, caller);
    for (size_t i = 0; i < graph->n_output; i++)
        outputs[i] = copy_info(w, names, graph->output[i]);
    copy->node = nodes;
    copy->output = outputs;
    return copy;
}

// NULL: the node has it not, a reference to what the caller does not say.
static const Onnx__AttributeProto *referred(const Onnx__AttributeProto *attribute,
                                            const Onnx__NodeProto *caller) {
    if (!attribute->ref_attr_name || !attribute->ref_attr_name[0])
        return attribute;
    for (size_t i = 0; caller && i < caller->n_attribute; i++)
        if (caller->attribute[i]->name &&
            strcmp(caller->attribute[i]->name, attribute->ref_attr_name) == 0)
            return caller->attribute[i];
    return NULL;
}

static void copy_attributes(struct sdse_rewrite *w, Onnx__NodeProto *copy,
                            const Onnx__NodeProto *node,
                            const struct sdse_renames *names,
                            const Onnx__NodeProto *caller) {
    Onnx__AttributeProto **list =
        SDSE_ARENA_ARRAY(w->arena, Onnx__AttributeProto *, node->n_attribute + 1);
    w->failed |= !list;
    copy->attribute = list;
    copy->n_attribute = 0;
    for (size_t i = 0; i < node->n_attribute && !w->failed; i++) {
        const Onnx__AttributeProto *from = referred(node->attribute[i], caller);
        Onnx__AttributeProto *attribute =
            SDSE_ARENA_NEW(w->arena, Onnx__AttributeProto);
        w->failed |= !attribute;
        if (!from || w->failed)
            continue;
        *attribute = *from;
        attribute->name = node->attribute[i]->name;
        attribute->ref_attr_name = NULL;
        if (from->g)
            attribute->g = copy_graph(w, from->g, names, caller);
        list[copy->n_attribute++] = attribute;
    }
}

static Onnx__NodeProto *copy_node(struct sdse_rewrite *w, const Onnx__NodeProto *node,
                                  const struct sdse_renames *names,
                                  const Onnx__NodeProto *caller) {
    Onnx__NodeProto *copy = SDSE_ARENA_NEW(w->arena, Onnx__NodeProto);
    w->failed |= !copy;
    if (w->failed)
        return NULL;
    *copy = *node;
    copy->input = copy_names(w, names, node->n_input, node->input);
    copy->output = copy_names(w, names, node->n_output, node->output);
    copy_attributes(w, copy, node, names, caller);
    return copy;
}

void sdse_inline_repeat(struct sdse_rewrite *w, Onnx__NodeProto *node, int64_t steps) {
    static char name[] = SDSE_ONNX_STEPS;
    const size_t count = node->n_attribute;
    if (steps <= 1 || w->failed)
        return;
    for (size_t i = 0; i < count; i++) {
        int64_t *old = &node->attribute[i]->i;
        if (!node->attribute[i]->name || strcmp(node->attribute[i]->name, name) != 0)
            continue;
        if (__builtin_mul_overflow(*old, steps, old))
            *old = INT64_MAX;
        return;
    }
    Onnx__AttributeProto *attribute = SDSE_ARENA_NEW(w->arena, Onnx__AttributeProto);
    Onnx__AttributeProto **list =
        SDSE_ARENA_ARRAY(w->arena, Onnx__AttributeProto *, count + 1);
    w->failed |= !attribute || !list;
    if (w->failed)
        return;
    if (count)
        memcpy(list, node->attribute, count * sizeof *list);
    onnx__attribute_proto__init(attribute);
    attribute->name = name;
    attribute->has_i = 1;
    attribute->i = steps;
    list[count] = attribute;
    node->attribute = list;
    node->n_attribute = count + 1;
}

void sdse_inline_node(struct sdse_rewrite *w, const Onnx__NodeProto *node,
                      const struct sdse_renames *names, const Onnx__NodeProto *caller,
                      int64_t steps) {
    Onnx__NodeProto *copy = copy_node(w, node, names, caller);
    if (!copy)
        return;
    sdse_inline_repeat(w, copy, steps);
    sdse_rewrite_take_node(w, copy);
}

void sdse_inline_graph(struct sdse_rewrite *w, const Onnx__GraphProto *graph,
                       struct sdse_renames *names,
                       bool (*taken)(void *context, const char *name), void *context,
                       int64_t steps) {
    for (size_t i = 0; taken && i < graph->n_initializer; i++)
        if (graph->initializer[i]->name && taken(context, graph->initializer[i]->name))
            sdse_rename(w, names, graph->initializer[i]->name, sdse_rewrite_name(w));
    for (size_t i = 0; taken && i < graph->n_node; i++)
        for (size_t j = 0; j < graph->node[i]->n_output; j++)
            if (graph->node[i]->output[j][0] &&
                taken(context, graph->node[i]->output[j]))
                sdse_rename(w, names, graph->node[i]->output[j], sdse_rewrite_name(w));
    for (size_t i = 0; i < graph->n_initializer; i++)
        sdse_rewrite_take_tensor(w, copy_tensor(w, names, graph->initializer[i]));
    for (size_t i = 0; i < graph->n_value_info; i++)
        sdse_rewrite_take_info(w, copy_info(w, names, graph->value_info[i]));
    for (size_t i = 0; i < graph->n_node; i++)
        sdse_inline_node(w, graph->node[i], names, NULL, steps);
}
