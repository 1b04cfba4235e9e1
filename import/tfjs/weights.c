// The weights of a layer, found by name: "conv1/kernel", "model/lstm/lstm_cell/bias:0".
// The last part is what they are, one before it is the layer's name; further parts are
// of cells, wrappers and models that it is in.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "import/onnx/tensor.h"
#include "import/tfjs/reading.h"

static const char *last_part(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

bool sdse_tfjs_index_weights(struct tfjs_reader *r) {
    r->by_part = json_object();
    r->loaded = SDSE_ARENA_ARRAY(r->arena, Onnx__TensorProto *, r->tensors.count + 1);
    r->order = SDSE_ARENA_ARRAY(r->arena, uint32_t, r->tensors.count + 1);
    if (!r->by_part || !r->loaded || !r->order)
        return false;
    for (size_t i = 0; i < r->tensors.count; i++) {
        const char *name = r->tensors.tensor[i].name, *end = last_part(name);
        for (const char *at = name; at < end;) {
            const size_t length = strcspn(at, "/");
            const char *part = sdse_arena_copy(r->arena, at, length);
            json_t *list = part ? json_object_get(r->by_part, part) : NULL;
            if (part && !list) {
                list = json_array();
                if (json_object_set_new_nocheck(r->by_part, part, list) != 0)
                    list = NULL;
            }
            if (!list || json_array_append_new(list, json_integer((json_int_t)i)) != 0)
                return false;
            at += length + 1;
        }
    }
    return true;
}

static bool is_role(const char *name, const char *role) {
    const char *last = last_part(name);
    const size_t length = strlen(role);
    return strncmp(last, role, length) == 0 &&
           (last[length] == '\0' || last[length] == ':');
}

static bool has_part(const char *name, const char *part) {
    const size_t length = strlen(part);
    for (const char *at = name; length > 0 && (at = strstr(at, part)); at++)
        if ((at == name || at[-1] == '/') && at[length] == '/')
            return true;
    return false;
}

// A part that begins with this.
static bool has_beginning(const char *name, const char *beginning) {
    const char *end = last_part(name);
    const size_t length = strlen(beginning);
    for (const char *at = name; at < end; at += strcspn(at, "/") + 1)
        if (strncmp(at, beginning, length) == 0)
            return true;
    return false;
}

// SIZE_MAX: none. One that also has the name of what the layer is in comes first.
static size_t find(const struct tfjs_layer *l, const char *part, const char *role) {
    const json_t *list = json_object_get(l->r->by_part, part);
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const size_t at = (size_t)json_integer_value(json_array_get(list, i));
        const char *name = l->r->tensors.tensor[at].name;
        if (!is_role(name, role) || !has_beginning(name, l->prefix))
            continue;
        if (l->outer && has_part(name, l->outer))
            return at;
        if (found == SIZE_MAX)
            found = at;
    }
    return found;
}

// How wide the file stores what is read as f32.
static bool note_bits(struct tfjs_reader *r, const struct sdse_stored_tensor *stored,
                      Onnx__TensorProto *tensor) {
    const size_t bytes = sdse_dtype_bytes(stored->dtype);
    Onnx__StringStringEntryProto *entry =
        SDSE_ARENA_NEW(r->arena, Onnx__StringStringEntryProto);
    Onnx__StringStringEntryProto **list =
        SDSE_ARENA_ARRAY(r->arena, Onnx__StringStringEntryProto *, 1);
    if (bytes >= sizeof(float))
        return true;
    if (!entry || !list)
        return false;
    onnx__string_string_entry_proto__init(entry);
    entry->key = sdse_arena_strdup(r->arena, SDSE_ONNX_STORED_BITS);
    entry->value = sdse_arena_printf(r->arena, "%zu", 8 * bytes);
    list[0] = entry;
    tensor->n_external_data = 1;
    tensor->external_data = list;
    return entry->key && entry->value;
}

// The numbers as f32, turned; NULL: reported, or memory is out.
static Onnx__TensorProto *load(struct tfjs_layer *l,
                               const struct sdse_stored_tensor *stored,
                               const unsigned *from) {
    struct tfjs_reader *r = l->r;
    struct sdse_stored_tensor turned = *stored;
    struct sdse_array array;
    int64_t dims[TFJS_MOST_RANK];
    const char *name;
    for (unsigned i = 0; i < stored->rank; i++) {
        turned.shape[i] = stored->shape[from ? from[i] : i];
        turned.stride[i] = stored->stride[from ? from[i] : i];
        dims[i] = (int64_t)turned.shape[i];
    }
    if (r->w.failed)
        return NULL;
    const enum sdse_status status = sdse_tensor_values(&turned, &array, r->diags);
    if (status != SDSE_OK) {
        r->broken |= status != SDSE_NO_MEMORY;
        r->w.failed |= status == SDSE_NO_MEMORY;
        return NULL;
    }
    float *numbers = sdse_rewrite_floats(&r->w, stored->rank, dims, &name);
    if (numbers)
        memcpy(numbers, array.data, (size_t)array.count * sizeof *numbers);
    sdse_array_free(&array);
    Onnx__TensorProto *tensor = numbers ? r->w.tensors[r->w.tensor_count - 1] : NULL;
    r->w.failed |= tensor && !note_bits(r, stored, tensor);
    return tensor;
}

static const char *shape_text(struct tfjs_layer *l,
                              const struct sdse_stored_tensor *stored) {
    struct sdse_onnx_shape shape = {.known = true, .rank = stored->rank};
    memcpy(shape.dim, stored->shape, sizeof shape.dim);
    return sdse_arena_printf(l->r->arena, "%s", sdse_onnx_shape_text(&shape).at);
}

// Of the layer by its own name, or of the wrapper's.
static size_t find_any(const struct tfjs_layer *l, const char *role) {
    const size_t at = find(l, l->name, role);
    return at == SIZE_MAX && l->wrapper ? find(l, l->wrapper, role) : at;
}

// An order of extents as a number, never 0.
static uint32_t order_of(unsigned rank, const unsigned *from) {
    uint32_t order = 1;
    for (unsigned i = 0; i < rank; i++)
        order = order << 3 | (from ? from[i] : i);
    return order;
}

Onnx__TensorProto *sdse_tfjs_stored(struct tfjs_layer *l, size_t at,
                                    const unsigned *from, bool *fresh) {
    struct tfjs_reader *r = l->r;
    const struct sdse_stored_tensor *stored = &r->tensors.tensor[at];
    const uint32_t order = order_of(stored->rank, from);
    *fresh = r->order[at] != order;
    if (*fresh) {
        r->loaded[at] = load(l, stored, from);
        r->order[at] = order;
    }
    return r->loaded[at];
}

bool sdse_tfjs_has_weights(const struct tfjs_layer *l, const char *role) {
    return find_any(l, role) != SIZE_MAX;
}

bool sdse_tfjs_weights(struct tfjs_layer *l, const char *role, unsigned rank,
                       const unsigned *from, struct tfjs_weights *out) {
    const size_t at = find_any(l, role);
    if (at == SIZE_MAX)
        return sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                               "weightsManifest has no %s of it", role);
    const struct sdse_stored_tensor *stored = &l->r->tensors.tensor[at];
    if (stored->rank != rank || stored->dtype == SDSE_DTYPES || stored->count == 0)
        return sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                               "%u extents of real numbers are needed, '%.100s' is %s",
                               rank, stored->name, shape_text(l, stored));
    *out = (struct tfjs_weights){.rank = rank};
    memcpy(out->shape, stored->shape, sizeof out->shape);
    out->tensor = sdse_tfjs_stored(l, at, from, &out->fresh);
    out->name = out->tensor ? out->tensor->name : NULL;
    return out->tensor != NULL;
}

void sdse_tfjs_view(struct tfjs_layer *l, struct tfjs_weights *weights, size_t rank,
                    const int64_t *dims) {
    int64_t *own = SDSE_ARENA_ARRAY(l->r->arena, int64_t, rank);
    if (!own) {
        l->r->w.failed = true;
        return;
    }
    memcpy(own, dims, rank * sizeof *own);
    weights->tensor->n_dims = rank;
    weights->tensor->dims = own;
}

const char *sdse_tfjs_row(struct tfjs_layer *l, const char *role, uint64_t count) {
    struct tfjs_weights row;
    if (!sdse_tfjs_weights(l, role, 1, NULL, &row))
        return NULL;
    if (row.shape[0] == count)
        return row.name;
    sdse_tfjs_wrong(l, "tfjs-weights", NULL,
                    "its %s has %" PRIu64 " numbers, for %" PRIu64 " channels", role,
                    row.shape[0], count);
    return NULL;
}

const char *sdse_tfjs_bias(struct tfjs_layer *l, uint64_t count) {
    return sdse_tfjs_flag(l, "use_bias", true) ? sdse_tfjs_row(l, "bias", count) : NULL;
}

const char *sdse_tfjs_zeros(struct tfjs_layer *l, int64_t count) {
    struct sdse_rewrite *w = &l->r->w;
    return sdse_rewrite_node(w, "ConstantOfShape", NULL,
                             sdse_rewrite_ints(w, 1, &count), NULL, NULL);
}

const char *sdse_tfjs_ones(struct tfjs_layer *l, int64_t count) {
    return sdse_rewrite_node(&l->r->w, "Exp", NULL, sdse_tfjs_zeros(l, count), NULL,
                             NULL);
}
