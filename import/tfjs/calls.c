// What a layer's calls read. Keras 2 writes [["conv1", 0, 0, {}], ["x", 0, 0, {}]],
// Keras 3 {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history":
// ["conv1", 0, 0]}}], "kwargs": {}}; both name the layer, its call and its output.
#include <string.h>

#include "base/arena_grow.h"
#include "import/tfjs/reading.h"

struct collector {
    struct sdse_arena *arena;
    struct tfjs_reference *list;
    size_t count, room;
    bool failed;
};

static bool is_reference(const json_t *value) {
    return json_is_array(value) && json_array_size(value) >= 3 &&
           json_is_string(json_array_get(value, 0)) &&
           json_is_integer(json_array_get(value, 1)) &&
           json_is_integer(json_array_get(value, 2));
}

static void add(struct collector *c, const json_t *value) {
    const json_int_t call = json_integer_value(json_array_get(value, 1)),
                     output = json_integer_value(json_array_get(value, 2));
    struct tfjs_reference *more =
        sdse_arena_grow(c->arena, c->list, c->count, &c->room, sizeof *more);
    c->failed |= !more;
    if (c->failed)
        return;
    c->list = more;
    c->list[c->count++] = (struct tfjs_reference){
        json_string_value(json_array_get(value, 0)), call < 0 ? SIZE_MAX : (size_t)call,
        output < 0 ? SIZE_MAX : (size_t)output};
}

// As deep as jansson reads.
static void collect(struct collector *c, json_t *value) {
    const char *key;
    json_t *entry;
    const bool reference = is_reference(value);
    if (reference)
        add(c, value);
    for (size_t i = reference ? 3 : 0; i < json_array_size(value) && !c->failed; i++)
        collect(c, json_array_get(value, i));
    if (!json_is_object(value))
        return;
    const char *name = json_string_value(json_object_get(value, "class_name"));
    if (name && strcmp(name, "__keras_tensor__") == 0) {
        collect(c, json_object_get(json_object_get(value, "config"), "keras_history"));
        return;
    }
    json_object_foreach(value, key, entry) {
        if (!c->failed)
            collect(c, entry);
    }
}

bool sdse_tfjs_references(struct sdse_arena *arena, json_t *call,
                          struct tfjs_reference **out, size_t *count) {
    struct collector c = {.arena = arena};
    collect(&c, call);
    *out = c.list;
    *count = c.count;
    return !c.failed;
}
