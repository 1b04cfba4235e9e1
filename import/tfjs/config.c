// Settings of a layer, checked.
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "import/tensors/list.h"
#include "import/tfjs/reading.h"

bool sdse_tfjs_wrong(struct tfjs_layer *l, const char *check, const char *key,
                     const char *format, ...) {
    struct tfjs_reader *r = l->r;
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *said = sdse_tensors_plain(
        r->arena, sdse_arena_printf(r->arena, "%s%s%s: layer '%.100s' (%.100s): %s",
                                    l->path, key ? ".config." : "", key ? key : "",
                                    l->name, l->class_name, text));
    r->broken = true;
    if (said)
        sdse_diag_add(r->diags, SDSE_ERROR, (struct sdse_loc){.file = r->file}, check,
                      "%s", said);
    else
        r->w.failed = true;
    return false;
}

static bool take_int(struct tfjs_layer *l, const char *key, const json_t *value,
                     int64_t least, int64_t *out) {
    enum { MOST = 1 << 30 };
    const int64_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < least || number > MOST)
        return sdse_tfjs_wrong(l, "tfjs-config", key,
                               "a whole number of %" PRId64 " … %d is needed", least,
                               MOST);
    *out = number;
    return true;
}

bool sdse_tfjs_ints(struct tfjs_layer *l, const char *key, unsigned count,
                    int64_t least, int64_t *out) {
    const json_t *value = json_object_get(l->config, key);
    const bool list = json_is_array(value);
    if (!value || json_is_null(value))
        return true;
    if (list && json_array_size(value) != count)
        return sdse_tfjs_wrong(l, "tfjs-config", key, "%u numbers are needed, not %zu",
                               count, json_array_size(value));
    for (unsigned i = 0; i < count; i++)
        if (!take_int(l, key, list ? json_array_get(value, i) : value, least, &out[i]))
            return false;
    return true;
}

bool sdse_tfjs_int(struct tfjs_layer *l, const char *key, int64_t least, int64_t *out) {
    return take_int(l, key, json_object_get(l->config, key), least, out);
}

// NULL: absent or null, or of another type, which is reported.
static const json_t *find(struct tfjs_layer *l, const char *key,
                          bool (*is)(const json_t *value), const char *needed) {
    const json_t *value = json_object_get(l->config, key);
    if (!value || json_is_null(value) || is(value))
        return json_is_null(value) ? NULL : value;
    sdse_tfjs_wrong(l, "tfjs-config", key, "%s is needed", needed);
    return NULL;
}

static bool is_real(const json_t *value) { return json_is_number(value); }
static bool is_flag(const json_t *value) { return json_is_boolean(value); }
static bool is_text(const json_t *value) { return json_is_string(value); }

double sdse_tfjs_real(struct tfjs_layer *l, const char *key, double absent) {
    const json_t *value = find(l, key, is_real, "a number");
    return value ? json_number_value(value) : absent;
}

bool sdse_tfjs_flag(struct tfjs_layer *l, const char *key, bool absent) {
    const json_t *value = find(l, key, is_flag, "true or false");
    return value ? json_is_true(value) : absent;
}

const char *sdse_tfjs_text(struct tfjs_layer *l, const char *key, const char *absent) {
    const json_t *value = find(l, key, is_text, "a text");
    return value ? json_string_value(value) : absent;
}

bool sdse_tfjs_text_is(struct tfjs_layer *l, const char *key, const char *text,
                       bool absent) {
    const char *own = sdse_tfjs_text(l, key, NULL);
    return own ? strcmp(own, text) == 0 : absent;
}

bool sdse_tfjs_axis(struct tfjs_layer *l, const char *key, int64_t absent,
                    unsigned rank, unsigned *out) {
    const json_t *value = json_object_get(l->config, key);
    if (json_is_array(value) && json_array_size(value) == 1)
        value = json_array_get(value, 0);
    const int64_t axis = json_is_integer(value) ? json_integer_value(value) : absent;
    const bool said = value && !json_is_null(value) && !json_is_integer(value);
    if (said || axis < -(int64_t)rank || axis >= (int64_t)rank)
        return sdse_tfjs_wrong(l, "tfjs-config", key,
                               "one axis of a map of %u extents is needed", rank);
    *out = (unsigned)(axis < 0 ? axis + rank : axis);
    return true;
}
