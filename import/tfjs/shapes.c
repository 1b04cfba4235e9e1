// Layers that change the order or the extents of a map, or put maps together.
#include <string.h>

#include "import/tfjs/reading.h"

static bool put(struct tfjs_layer *l, const char *name, unsigned rank, bool planes) {
    l->out[0] = sdse_tfjs_value(name, rank, planes);
    l->out_count = 1;
    return name != NULL;
}

bool sdse_tfjs_flatten(struct tfjs_layer *l) {
    return put(l,
               sdse_rewrite_node(&l->r->w, "Flatten", NULL,
                                 sdse_tfjs_plain(l, l->in[0]), NULL, NULL),
               2, false);
}

// A setting of 1 to 7 whole numbers, none below `least`.
static bool take_list(struct tfjs_layer *l, const char *key, int64_t least,
                      int64_t *out, unsigned *count) {
    const json_t *list = json_object_get(l->config, key);
    bool good = json_array_size(list) >= 1 && json_array_size(list) < TFJS_MOST_RANK;
    *count = good ? (unsigned)json_array_size(list) : 0;
    for (unsigned i = 0; i < *count; i++) {
        const json_t *value = json_array_get(list, i);
        out[i] = json_integer_value(value);
        good &= json_is_integer(value) && out[i] >= least && out[i] <= 1 << 30;
    }
    return good ||
           sdse_tfjs_wrong(l, "tfjs-config", key, "1 to 7 whole numbers are needed");
}

bool sdse_tfjs_reshape(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    int64_t dims[TFJS_MOST_RANK] = {0}; // 0: the samples stay
    unsigned count;
    if (!take_list(l, "target_shape", -1, dims + 1, &count))
        return false;
    for (unsigned i = 1; i <= count; i++)
        if (dims[i] == 0)
            return sdse_tfjs_wrong(l, "tfjs-config", "target_shape",
                                   "an extent of 0 is none");
    return put(l,
               sdse_rewrite_node(w, "Reshape", NULL, sdse_tfjs_plain(l, l->in[0]),
                                 sdse_rewrite_ints(w, count + 1, dims), NULL),
               count + 1, false);
}

bool sdse_tfjs_permute(struct tfjs_layer *l) {
    int64_t order[TFJS_MOST_RANK] = {0};
    unsigned count, seen = 1;
    if (!take_list(l, "dims", 1, order + 1, &count))
        return false;
    for (unsigned i = 1; i <= count; i++)
        seen |= order[i] <= count ? 1u << order[i] : 0;
    if (seen + 1 != 1u << (count + 1) || count + 1 != l->in[0]->rank)
        return sdse_tfjs_wrong(l, "tfjs-config", "dims",
                               "each of the map's extents is needed once");
    return put(l,
               sdse_rewrite_transpose(&l->r->w, sdse_tfjs_plain(l, l->in[0]), count + 1,
                                      order),
               count + 1, false);
}

bool sdse_tfjs_repeat(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    int64_t times;
    const int64_t axis = 1;
    if (!sdse_tfjs_has_rank(l, 0, 2) || !sdse_tfjs_int(l, "n", 1, &times))
        return false;
    const char *x =
        sdse_rewrite_node(w, "Unsqueeze", NULL, sdse_tfjs_plain(l, l->in[0]),
                          sdse_rewrite_ints(w, 1, &axis), NULL);
    x = sdse_rewrite_node(w, "Expand", NULL, x,
                          sdse_rewrite_ints(w, 3, (const int64_t[]){1, times, 1}),
                          NULL);
    return put(l, x, 3, false);
}

// All inputs in one order: channels first if one of them is so. NULL: memory is out, or
// ranks differ, which is reported.
static const char **in_one_order(struct tfjs_layer *l, bool *planes) {
    const char **names = SDSE_ARENA_ARRAY(l->r->arena, const char *, l->in_count);
    *planes = false;
    l->r->w.failed |= !names;
    for (size_t i = 0; i < l->in_count && names; i++) {
        *planes |= sdse_tfjs_is_planes(l->in[i]);
        if (l->in[i]->rank == l->in[0]->rank)
            continue;
        sdse_tfjs_wrong(l, "tfjs-config", NULL,
                        "it reads maps of %u and of %u extents with the samples",
                        l->in[0]->rank, l->in[i]->rank);
        return NULL;
    }
    for (size_t i = 0; i < l->in_count && names; i++)
        names[i] =
            *planes ? sdse_tfjs_planes(l, l->in[i]) : sdse_tfjs_plain(l, l->in[i]);
    return names;
}

bool sdse_tfjs_merge(struct tfjs_layer *l) {
    static const struct {
        const char *class_name, *op;
    } rows[] = {{"Add", "Sum"},      {"Subtract", "Sub"}, {"Multiply", "Mul"},
                {"Average", "Mean"}, {"Maximum", "Max"},  {"Minimum", "Min"}};
    struct sdse_rewrite *w = &l->r->w;
    const char *op = NULL;
    bool planes;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].class_name, l->class_name) == 0)
            op = rows[i].op;
    const char **in = in_one_order(l, &planes);
    if (!in || !op)
        return false;
    const char *out = in[0];
    const bool pairs = strcmp(op, "Sub") == 0 || strcmp(op, "Mul") == 0;
    if (!pairs && l->in_count > 1)
        sdse_rewrite_wide(w, l->in_count == 2 && strcmp(op, "Sum") == 0 ? "Add" : op,
                          "", l->in_count, in, 1, &out);
    for (size_t i = 1; pairs && i < l->in_count; i++)
        out = sdse_rewrite_node(w, op, "", out, in[i], NULL);
    return put(l, out, l->in[0]->rank, planes);
}

bool sdse_tfjs_concatenate(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    const unsigned rank = l->in[0]->rank;
    unsigned axis;
    bool planes;
    if (!sdse_tfjs_axis(l, "axis", -1, rank, &axis))
        return false;
    const char **in = in_one_order(l, &planes), *out = NULL;
    if (!in)
        return false;
    sdse_rewrite_wide(w, "Concat", NULL, l->in_count, in, 1, &out);
    sdse_rewrite_set_int(w, "axis", planes ? sdse_tfjs_plane_axis(axis, rank) : axis);
    return put(l, out, rank, planes);
}

// Extents `from` … of a value, as a constant that the shapes' rules work out.
static const char *extents(struct sdse_rewrite *w, const char *x, int64_t from,
                           int64_t to) {
    return sdse_rewrite_slice(w, sdse_rewrite_node(w, "Shape", NULL, x, NULL, NULL), 0,
                              from, to);
}

// The layer at each step: steps are samples of it.
bool sdse_tfjs_time_distributed(struct tfjs_layer *l) {
    struct sdse_rewrite *w = &l->r->w;
    json_t *layer = json_object_get(l->config, "layer");
    const char *name = json_string_value(json_object_get(layer, "class_name"));
    json_t *config = json_object_get(layer, "config");
    const tfjs_class translate = name ? sdse_tfjs_class(name) : NULL;
    const unsigned rank = l->in[0]->rank;
    const int64_t any = -1;
    if (!translate || rank < 3)
        return sdse_tfjs_wrong(l, "tfjs-config", "layer",
                               "a layer of a known class and a map of three extents or "
                               "more are needed, not '%.60s'",
                               name ? name : "");
    const char *x = sdse_tfjs_plain(l, l->in[0]);
    const char *own = json_string_value(json_object_get(config, "name"));
    struct tfjs_value each = sdse_tfjs_value(
        sdse_rewrite_node(w, "Reshape", NULL, x,
                          sdse_rewrite_concat(w, sdse_rewrite_ints(w, 1, &any),
                                              extents(w, x, 2, INT64_MAX), 0),
                          NULL),
        rank - 1, false);
    struct tfjs_value *const in[] = {&each};
    struct tfjs_layer inner = *l;
    inner.class_name = name;
    inner.config = config;
    inner.name = own ? own : l->name;
    inner.wrapper = l->name;
    inner.in = in;
    inner.in_count = 1;
    if (++l->r->depth > 16)
        return sdse_tfjs_wrong(l, "tfjs-config", "layer", "it is nested too deep");
    const bool good = translate(&inner);
    l->r->depth--;
    if (!good || inner.out[0].rank == TFJS_MOST_RANK)
        return false;
    const char *y = sdse_tfjs_plain(l, &inner.out[0]);
    return put(l,
               sdse_rewrite_node(w, "Reshape", NULL, y,
                                 sdse_rewrite_concat(w, extents(w, x, 0, 2),
                                                     extents(w, y, 1, INT64_MAX), 0),
                                 NULL),
               inner.out[0].rank + 1, false);
}
