// Pools, and what puts zeros around a map, cuts it or repeats it.
#include <string.h>

#include "import/tfjs/reading.h"

static unsigned axes_of(const char *class_name) {
    return strstr(class_name, "1D") ? 1 : strstr(class_name, "3D") ? 3 : 2;
}

static bool put(struct tfjs_layer *l, const char *name, bool planes) {
    l->out[0] = sdse_tfjs_value(name, l->in[0]->rank, planes);
    l->out_count = 1;
    return name != NULL;
}

bool sdse_tfjs_pool(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned axes = axes_of(l->class_name);
    const char *padding = sdse_tfjs_text(l, "padding", "valid");
    const bool same = strcmp(padding, "same") == 0;
    struct tfjs_value *in = l->in[0];
    int64_t taps[TFJS_MOST_AXES] = {2, 2, 2}, stride[TFJS_MOST_AXES];
    bool planes;
    if (!sdse_tfjs_has_rank(l, 0, axes + 2) ||
        !sdse_tfjs_ints(l, "pool_size", axes, 1, taps))
        return false;
    if (!same && strcmp(padding, "valid") != 0)
        return sdse_tfjs_wrong(l, "tfjs-config", "padding",
                               "'%.60s' is neither valid nor same", padding);
    memcpy(stride, taps, sizeof stride);
    if (!sdse_tfjs_ints(l, "strides", axes, 1, stride))
        return false;
    const bool most = strncmp(l->class_name, "Max", 3) == 0;
    planes = sdse_tfjs_is_last(l);
    // Zeros before a pool of largest numbers: the words that it reads are the map's.
    const bool bare = most && planes && in->bare && !same;
    const char *map = bare     ? in->bare
                      : planes ? sdse_tfjs_planes(l, in)
                               : sdse_tfjs_plain(l, in);
    const char *out =
        sdse_rewrite_node(w, most ? "MaxPool" : "AveragePool", "", map, NULL, NULL);
    sdse_rewrite_set_ints(w, "kernel_shape", axes, taps);
    sdse_rewrite_set_ints(w, "strides", axes, stride);
    if (same)
        sdse_rewrite_set_text(w, "auto_pad", "SAME_UPPER");
    else if (bare)
        sdse_rewrite_set_ints(w, "pads", 2 * (size_t)axes, in->pad);
    return put(l, out, planes);
}

bool sdse_tfjs_global_pool(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const bool most = strncmp(l->class_name, "GlobalMax", 9) == 0;
    bool planes;
    if (!sdse_tfjs_has_rank(l, 0, axes_of(l->class_name) + 2))
        return false;
    const char *map = sdse_tfjs_image(l, &planes);
    const char *out = sdse_rewrite_node(w, most ? "GlobalMaxPool" : "GlobalAveragePool",
                                        "", map, NULL, NULL);
    if (sdse_tfjs_flag(l, "keepdims", false))
        return put(l, out, planes);
    out = sdse_rewrite_node(w, "Flatten", NULL, out, NULL, NULL);
    l->out[0] = sdse_tfjs_value(out, 2, false);
    l->out_count = 1;
    return true;
}

// A setting that is one number for all ends, one for each axis, or [before, behind] of
// each; of one axis a number or [before, behind].
static bool take_ends(struct tfjs_layer *l, const char *key, unsigned axes,
                      int64_t *ends) {
    const json_t *value = json_object_get(l->config, key);
    const bool list = json_is_array(value);
    for (unsigned i = 0; i < axes; i++) {
        const json_t *one = list && axes > 1 ? json_array_get(value, i) : value;
        const json_t *before = json_is_array(one) ? json_array_get(one, 0) : one,
                     *behind = json_is_array(one) ? json_array_get(one, 1) : one;
        if ((list && axes > 1 && json_array_size(value) != axes) ||
            (json_is_array(one) && json_array_size(one) != 2) ||
            !json_is_integer(before) || !json_is_integer(behind) ||
            json_integer_value(before) < 0 || json_integer_value(behind) < 0 ||
            json_integer_value(before) > 1 << 20 ||
            json_integer_value(behind) > 1 << 20)
            return sdse_tfjs_wrong(l, "tfjs-config", key,
                                   "a number from 0 on, or two for each of %u axes, is "
                                   "needed",
                                   axes);
        ends[i] = json_integer_value(before);
        ends[axes + i] = json_integer_value(behind);
    }
    return true;
}

bool sdse_tfjs_padding(struct tfjs_layer *l) {
    const unsigned axes = axes_of(l->class_name);
    struct tfjs_value out = {.rank = axes + 2};
    bool planes;
    if (!sdse_tfjs_has_rank(l, 0, axes + 2) || !take_ends(l, "padding", axes, out.pad))
        return false;
    const char *map = sdse_tfjs_image(l, &planes);
    if (planes) {
        out.bare = map; // a window behind it may take the zeros for its own
    } else {
        struct tfjs_value first = {.rank = axes + 2, .bare = map};
        memcpy(first.pad, out.pad, sizeof out.pad);
        out.plain = sdse_tfjs_planes(l, &first);
    }
    l->out[0] = out;
    l->out_count = 1;
    return true;
}

bool sdse_tfjs_cropping(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned axes = axes_of(l->class_name);
    int64_t ends[2 * TFJS_MOST_AXES], places[TFJS_MOST_AXES];
    bool planes;
    if (!sdse_tfjs_has_rank(l, 0, axes + 2) || !take_ends(l, "cropping", axes, ends))
        return false;
    for (unsigned i = 0; i < axes; i++) {
        ends[axes + i] = ends[axes + i] ? -ends[axes + i] : INT64_MAX;
        places[i] = 2 + i;
    }
    const char *map = sdse_tfjs_image(l, &planes);
    const char *const in[4] = {map, sdse_rewrite_ints(w, axes, ends),
                               sdse_rewrite_ints(w, axes, ends + axes),
                               sdse_rewrite_ints(w, axes, places)};
    const char *out = NULL;
    sdse_rewrite_wide(w, "Slice", NULL, 4, in, 1, &out);
    return put(l, out, planes);
}

bool sdse_tfjs_upsampling(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned axes = axes_of(l->class_name);
    int64_t times[TFJS_MOST_AXES] = {2, 2, 2};
    double scales[2 + TFJS_MOST_AXES] = {1, 1};
    bool planes;
    if (!sdse_tfjs_has_rank(l, 0, axes + 2) ||
        !sdse_tfjs_ints(l, "size", axes, 1, times))
        return false;
    for (unsigned i = 0; i < axes; i++)
        scales[2 + i] = (double)times[i];
    const char *map = sdse_tfjs_image(l, &planes);
    const char *const in[3] = {map, NULL,
                               sdse_rewrite_reals(w, 2 + (size_t)axes, scales)};
    const char *out = NULL;
    sdse_rewrite_wide(w, "Resize", NULL, 3, in, 1, &out);
    sdse_rewrite_set_text(
        w, "mode",
        sdse_tfjs_text_is(l, "interpolation", "nearest", true) ? "nearest" : "linear");
    return put(l, out, planes);
}
