#include "oracle/support_enginefile.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engines/engine.h"
#include "spec/value.h"

void engine_fault(struct engine_file *file, const char *format, ...) {
    va_list args;
    if (file->fault[0])
        return;
    va_start(args, format);
    vsnprintf(file->fault, sizeof file->fault, format, args);
    va_end(args);
}

enum sdse_status engine_file_read(struct sdse_arena *arena, const char *path,
                                  struct sdse_diags *diags, struct engine_file *file) {
    struct sdse_node *root;
    enum sdse_status status = sdse_tree_parse_file(arena, path, diags, &root);
    if (status != SDSE_OK)
        return status;
    *file = (struct engine_file){
        .arena = arena,
        .params = sdse_node_get(root, "params"),
        .tensors = sdse_node_get(root, "tensors"),
        .distribution = sdse_node_get(root, "distribution"),
        .expect = sdse_node_get(root, "expect"),
    };
    const struct sdse_node *name = sdse_node_get(root, "name");
    const struct sdse_node *engine = sdse_node_get(root, "engine");
    if (!engine || !engine->text || !file->params || !file->expect ||
        !(file->tensors || file->distribution))
        engine_fault(file, "not a case of an engine");
    file->engine = engine && engine->text ? engine->text : "?";
    file->name = name && name->text ? name->text : path;
    return SDSE_OK;
}

static const struct sdse_node *ask(struct engine_file *file, const char *key) {
    if (file->asked_count < ENGINE_PARAMS)
        file->asked[file->asked_count++] = key;
    return sdse_node_get(file->params, key);
}

static uint32_t as_u32(struct engine_file *file, const char *key,
                       const struct sdse_node *node) {
    const char *text = node ? sdse_node_as_text(node) : NULL;
    uint64_t value = 0;
    if (text && strcmp(text, "inf") == 0)
        return SDSE_UNLIMITED;
    if (!node || !sdse_node_as_u64(node, &value) || value >= UINT32_MAX)
        engine_fault(file, "parameter '%s' must be a whole number or \"inf\"", key);
    return (uint32_t)value;
}

uint32_t engine_u32(struct engine_file *file, const char *key) {
    return as_u32(file, key, ask(file, key));
}

uint32_t engine_u32_or(struct engine_file *file, const char *key, uint32_t otherwise) {
    const struct sdse_node *node = ask(file, key);
    return node ? as_u32(file, key, node) : otherwise;
}

bool engine_bool(struct engine_file *file, const char *key) {
    const struct sdse_node *node = ask(file, key);
    bool value = false;
    if (!node || !sdse_node_as_bool(node, &value))
        engine_fault(file, "parameter '%s' must be true or false", key);
    return value;
}

unsigned engine_word(struct engine_file *file, const char *key,
                     const char *const *words, unsigned count, int otherwise) {
    const struct sdse_node *node = ask(file, key);
    const char *text = node ? sdse_node_as_text(node) : NULL;
    if (!node && otherwise >= 0)
        return (unsigned)otherwise;
    for (unsigned i = 0; text && i < count; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    engine_fault(file, "parameter '%s': unknown word '%s'", key, text ? text : "");
    return 0;
}

void engine_pair(struct engine_file *file, const char *key, uint32_t pair[2]) {
    const struct sdse_node *node = ask(file, key);
    for (unsigned i = 0; i < 2; i++)
        pair[i] = as_u32(file, key, sdse_node_at(node, i));
}

double engine_number(struct engine_file *file, const char *key, double otherwise) {
    const struct sdse_node *node = sdse_node_get(file->distribution, key);
    double value = otherwise;
    if ((node && !sdse_node_as_double(node, &value)) || (!node && isnan(otherwise)))
        engine_fault(file, "the distribution needs a number '%s'", key);
    return value;
}

const char *engine_param_unused(const struct engine_file *file) {
    for
        SDSE_EACH_CHILD(child, file->params) {
            bool asked = false;
            for (unsigned i = 0; i < file->asked_count; i++)
                asked = asked || strcmp(file->asked[i], child->key) == 0;
            if (!asked)
                return child->key;
        }
    return NULL;
}

// Extents along the first children; then every element in order.
static bool flatten(const struct sdse_node *node, unsigned axes, const uint64_t *shape,
                    int32_t **next) {
    if (axes == 0) {
        char *end;
        const long value = node->text ? strtol(node->text, &end, 10) : 0;
        if (!node->text || end == node->text || *end)
            return false;
        *(*next)++ = (int32_t)value;
        return value >= INT32_MIN && value <= INT32_MAX;
    }
    if (node->kind != SDSE_NODE_SEQUENCE || node->count != shape[0])
        return false;
    for
        SDSE_EACH_CHILD(child, node) {
            if (!flatten(child, axes - 1, shape + 1, next))
                return false;
        }
    return true;
}

struct engine_tensor engine_tensor(struct engine_file *file, const char *key,
                                   unsigned axes) {
    const struct sdse_node *node = sdse_node_get(file->tensors, key);
    struct engine_tensor tensor = {0};
    uint64_t elements = 1;
    const struct sdse_node *at = node;
    for (unsigned i = 0; i < axes; i++) {
        tensor.shape[i] = at ? at->count : 0;
        elements *= tensor.shape[i];
        at = at ? at->first : NULL;
    }
    tensor.data = sdse_arena_alloc(file->arena, elements + 1, sizeof *tensor.data);
    int32_t *next = tensor.data;
    if (!node || !tensor.data || !flatten(node, axes, tensor.shape, &next))
        engine_fault(file, "tensor '%s' must have %u axes of whole numbers", key, axes);
    return tensor;
}
