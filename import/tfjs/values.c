// Maps in the file's order and with their channels first.
#include "import/tfjs/reading.h"

#include <string.h>

struct tfjs_value sdse_tfjs_value(const char *name, unsigned rank, bool planes) {
    return (struct tfjs_value){
        .rank = rank, .plain = planes ? NULL : name, .planes = planes ? name : NULL};
}

bool sdse_tfjs_is_planes(const struct tfjs_value *value) {
    return value->rank > 2 && !value->plain && !value->stored;
}

unsigned sdse_tfjs_plane_axis(unsigned axis, unsigned rank) {
    return rank < 3 || axis == 0 ? axis : axis == rank - 1 ? 1 : axis + 1;
}

// Zeros around a map, as a node.
static const char *padded(struct tfjs_layer *l, const struct tfjs_value *value) {
    const unsigned axes = value->rank - 2;
    int64_t pads[2 * TFJS_MOST_RANK] = {0};
    for (unsigned i = 0; i < axes; i++) {
        pads[2 + i] = value->pad[i];
        pads[value->rank + 2 + i] = value->pad[axes + i];
    }
    struct sdse_rewrite *w = &l->r->w;
    return sdse_rewrite_node(w, "Pad", NULL, value->bare,
                             sdse_rewrite_ints(w, 2 * (size_t)value->rank, pads), NULL);
}

const char *sdse_tfjs_planes(struct tfjs_layer *l, struct tfjs_value *value) {
    int64_t order[TFJS_MOST_RANK] = {0, (int64_t)value->rank - 1};
    if (value->rank < 3)
        return sdse_tfjs_plain(l, value);
    if (!value->planes && value->bare)
        value->planes = padded(l, value);
    for (unsigned i = 2; i < value->rank; i++)
        order[i] = i - 1;
    if (!value->planes)
        value->planes = sdse_rewrite_transpose(&l->r->w, sdse_tfjs_plain(l, value),
                                               value->rank, order);
    return value->planes;
}

// A constant; whole numbers, which say shapes and places, stay whole.
static const char *stored(struct tfjs_layer *l, const struct tfjs_value *value) {
    enum { MOST = 16 };
    const struct sdse_stored_tensor *tensor = &l->r->tensors.tensor[value->stored - 1];
    const bool whole =
        tensor->dtype == SDSE_DTYPE_I32 || tensor->dtype == SDSE_DTYPE_I64;
    struct sdse_rewrite *w = &l->r->w;
    struct sdse_array array;
    int64_t numbers[MOST];
    if (!whole || tensor->rank > 1 || tensor->count > MOST) {
        const Onnx__TensorProto *own =
            sdse_tfjs_stored(l, value->stored - 1, NULL, false);
        return own ? own->name : NULL;
    }
    const enum sdse_status status = sdse_tensor_values(tensor, &array, l->r->diags);
    w->failed |= status == SDSE_NO_MEMORY;
    l->r->broken |= status != SDSE_OK;
    if (status != SDSE_OK)
        return NULL;
    for (size_t i = 0; i < array.count; i++)
        numbers[i] = (int64_t)array.data[i];
    const char *name = sdse_rewrite_ints(w, (size_t)array.count, numbers);
    if (!w->failed && tensor->rank == 0)
        w->tensors[w->tensor_count - 1]->n_dims = 0;
    sdse_array_free(&array);
    return name;
}

const char *sdse_tfjs_plain(struct tfjs_layer *l, struct tfjs_value *value) {
    int64_t order[TFJS_MOST_RANK] = {0};
    if (value->plain)
        return value->plain;
    if (value->stored)
        return value->plain = stored(l, value);
    for (unsigned i = 1; i < value->rank; i++)
        order[i] = i + 1 < value->rank ? i + 1 : 1;
    return value->plain = sdse_rewrite_transpose(&l->r->w, sdse_tfjs_planes(l, value),
                                                 value->rank, order);
}

bool sdse_tfjs_is_last(struct tfjs_layer *l) {
    const char *format = sdse_tfjs_text(l, "data_format", "channels_last");
    const bool last = strcmp(format, "channels_last") == 0;
    if (!last && strcmp(format, "channels_first") != 0)
        sdse_tfjs_wrong(l, "tfjs-config", "data_format",
                        "'%.60s' is neither channels_last nor channels_first", format);
    return last;
}

const char *sdse_tfjs_image(struct tfjs_layer *l, bool *planes) {
    *planes = sdse_tfjs_is_last(l);
    return *planes ? sdse_tfjs_planes(l, l->in[0]) : sdse_tfjs_plain(l, l->in[0]);
}

bool sdse_tfjs_has_rank(struct tfjs_layer *l, size_t input, unsigned rank) {
    return l->in[input]->rank == rank ||
           sdse_tfjs_wrong(l, "tfjs-config", NULL,
                           "it needs a map of %u extents with the samples, and reads "
                           "one of %u",
                           rank, l->in[input]->rank);
}
